"""How two groups of dyads differ in their fitted rates, beside groups dealt at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.models.fit_comparison import FitComparison
from reattune.show import style as look
from reattune.show.model_data import PARTNERS, label_parameter
from reattune.show.phrases import p_value
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TICKS = (0.1, 0.2, 0.33, 0.5, 0.67, 1, 1.5, 2, 3, 5, 10)


def plot_fit_comparison(
    comparison: FitComparison,
    *,
    ax: Axes | None = None,
    partners: Sequence[str] = PARTNERS,
    **style: Any,
) -> Axes:
    """Second group over first with 95 % limits, on a log scale; grey: groups dealt at random.

    Parameters
    ----------
    comparison : FitComparison
    ax : Axes, optional
    partners : sequence of 2 str
        Names of focal partner and responder.
    **style
        Matplotlib settings.
    """
    frame = comparison.to_frame()
    first, second = comparison.groups
    with drawing(**style):
        if ax is None:
            ax = new_figure(8.8, 1.1 + 0.36 * len(frame)).subplots()
        clear_ground(ax)
        ax.set_xscale("log")
        ends = frame[["low", "high", "null_low", "null_high"]].to_numpy(dtype=np.float64)
        far = float(np.exp(np.abs(np.log(ends)).max())) * 1.1
        for y, row in enumerate(frame.to_dict("records")):
            ax.fill_between(
                [row["null_low"], row["null_high"]], y - 0.3, y + 0.3, color=look.NULL_BAND, lw=0,
                gid="null-band",
            )  # fmt: skip
            ax.plot([row["low"], row["high"]], [y, y], color=look.INK, lw=1.4, gid="limits")
            ax.plot(row["ratio"], y, "D", ms=5.5, color=look.INK, gid="ratio", zorder=5)
            text = (
                f"{row['ratio']:.2f} ({row['low']:.2f} to {row['high']:.2f}), {p_value(row['p'])}"
            )
            ax.text(1.01, y, text, transform=ax.get_yaxis_transform(), va="center", size=8.5)
        ax.axvline(1.0, color=look.NULL, lw=1.2, zorder=0.5, gid="null")
        texts = [
            label_parameter(name, partners) + (" (odds)" if name == "reading_prob" else "")
            for name in frame["parameter"]
        ]
        ax.set_yticks(range(len(frame)), texts)
        ax.set_ylim(len(frame) - 0.45, -0.55)
        ax.set_xlim(1 / far, far)
        ticks = [tick for tick in _TICKS if 1 / far <= tick <= far]
        ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
        ax.spines["left"].set_visible(False)
        ax.set_xlabel(f"{second} over {first}", loc="left")
    return ax
