"""The profile over lags, signed and absolute, beside chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.show import style as look
from reattune.show.style import clear_ground, drawing, new_figure
from reattune.show.synchrony_data import ALPHA, lag_data
from reattune.synchrony_tests import SynchronyChance

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

KINDS = {
    "absolute": "Absolute: also opposite directions",
    "signed": "With sign: above 0 together, below 0 opposite",
}


def plot_synchrony_lags(
    chance: SynchronyChance, *, ax: Axes | None = None, kind: str = "absolute", **style: Any
) -> Axes:
    """Mean over the windows at every lag beside chance; right of zero the first partner leads.

    Grey band: the middle 95 % of the surrogates at that lag. Dotted: what one surrogate in twenty
    passes at any lag. Dots: lags beyond that.

    Parameters
    ----------
    chance : SynchronyChance
        From `compare_record`.
    ax : Axes, optional
        Draws one kind alone there.
    kind : {"absolute", "signed"}
        Which, on ``ax``.
    **style
        Matplotlib settings.

    Returns
    -------
    Axes
        The first panel.
    """
    frame = lag_data(chance)
    with drawing(**style):
        panels: list[Axes]
        if ax is None:
            panels, kinds = list(new_figure(9.4, 3.5).subplots(1, 2)), list(KINDS)
        else:
            panels, kinds = [ax], [kind]
        for panel, name in zip(panels, kinds, strict=True):
            clear_ground(panel)
            part = frame[frame["kind"] == name]
            draw_profile(panel, part, "lag_s")
            _label_sides(panel, part["lag_s"].to_numpy(dtype=np.float64), chance.partners)
            panel.set_title(KINDS[name])
        panels[0].set_ylabel("mean over windows")
    return panels[0]


def draw_profile(ax: Axes, frame: pd.DataFrame, at: str) -> None:
    """A row of values on its null: band, mean, limits anywhere, line, dots beyond."""
    x = frame[at].to_numpy(dtype=np.float64)
    value = frame["value"].to_numpy(dtype=np.float64)
    ax.fill_between(
        x, frame["null_low"], frame["null_high"], color=look.NULL_BAND, lw=0, gid="null-band"
    )
    ax.plot(x, frame["null_mean"], color=look.NULL, lw=1.4, gid="null")
    for limit in ("limit_low", "limit_high"):
        ax.plot(x, frame[limit], ":", color=look.NULL, lw=1.0, gid="limit")
    ax.plot(x, value, color=look.INK, lw=1.4, gid="profile")
    beyond = frame["p"].to_numpy(dtype=np.float64) <= ALPHA
    ax.plot(x[beyond], value[beyond], "o", ms=3.0, color=look.INK, gid="beyond")
    ax.axvline(0, color=look.FAINT, lw=1.0, zorder=0)


def _label_sides(ax: Axes, lags: np.ndarray, partners: tuple[str, str]) -> None:
    top = float(lags[-1]) if lags.size else 0.0
    if top > 0:
        ticks = [-top, -top / 2, 0, top / 2, top]
        ax.set_xticks(ticks, [f"{abs(t):g}" for t in ticks])
        ax.set_xlim(-top, top)
    for x, who, colour, side in (
        (0.01, partners[1], look.PARTNERS[1], "left"),
        (0.99, partners[0], look.PARTNERS[0], "right"),
    ):
        text = f"← {who} leads" if side == "left" else f"{who} leads →"
        ax.text(
            x, 0.985, text, transform=ax.transAxes, ha=side, va="top", color=colour, weight="bold"
        )
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + 0.12 * (high - low))
    ax.set_xlabel("lag (s)")
