"""Do changes come as the fitted model has them come: waiting times beside those of a true model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.models.residuals import Residuals
from reattune.show import style as look
from reattune.show.model_data import PARTNERS, residual_data
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def plot_residuals(
    residuals: Residuals,
    *,
    ax: Axes | None = None,
    partners: Sequence[str] = PARTNERS,
    **style: Any,
) -> Axes:
    """Quantiles of the rescaled waiting times against those of a true model, with its 95 % band.

    Parameters
    ----------
    residuals : Residuals
    ax : Axes, optional
        Draws both partners there; by default a panel for each.
    partners : sequence of 2 str
        Names of focal partner and responder.
    **style
        Matplotlib settings.
    """
    frame = residual_data(residuals, partners)
    shown = list(dict.fromkeys(frame["process"])) or ["focal"]
    with drawing(**style):
        if ax is not None:
            panels = [ax] * len(shown)
        else:
            figure = new_figure(3.6 * len(shown) + 0.4, 3.6)
            panels = list(figure.subplots(1, len(shown), squeeze=False)[0])
        for panel, process in zip(panels, shown, strict=True):
            side = 0 if process == "focal" else 1
            _draw_panel(panel, frame[frame["process"] == process], side)
    return panels[0]


def _draw_panel(ax: Axes, frame: pd.DataFrame, side: int) -> None:
    clear_ground(ax)
    if frame.empty:
        ax.text(0.5, 0.5, "no change was seen", ha="center", color=look.QUIET)
        return
    top = float(max(frame["expected"].max(), frame["seen"].max())) * 1.05
    high = np.where(np.isfinite(frame["high"]), frame["high"], top * 2)
    ax.fill_between(
        frame["expected"], frame["low"], high, color=look.NULL_BAND, lw=0, gid="null-band"
    )
    ax.plot([0, top], [0, top], color=look.NULL, lw=1.2, gid="null")
    ax.plot(
        frame["expected"], frame["seen"], "os"[side], ms=2.6, color=look.PARTNERS[side],
        mfc=look.PARTNERS[side] if side == 0 else "none", mew=0.7, gid=f"seen-{side + 1}",
        clip_on=False,
    )  # fmt: skip
    ax.set_xlim(0, top)
    ax.set_ylim(0, top)
    ax.set_title(f"{frame['label'].iloc[0]} ({len(frame)})")
    ax.set_xlabel("waiting time of a true model (mean 1)", loc="left")
    ax.set_ylabel("waiting time seen")
