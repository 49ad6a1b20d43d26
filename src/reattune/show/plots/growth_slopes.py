"""Every slope of a study in one forest: negative affect never without matching and repair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.growth_pipeline import GrowthAnalysis
from reattune.show import style as look
from reattune.show.growth_data import slopes_data
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MOST = 10.0
_FEW = (0.1, 0.2, 0.5, 1, 2, 5, 10)
_MANY = (0.4, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 2.5)


def plot_growth_slopes(growth: GrowthAnalysis, *, ax: Axes | None = None, **style: Any) -> Axes:
    """End over start with 95 % limits, on a log scale; grey line: no change.

    Parameters
    ----------
    growth : GrowthAnalysis
    ax : Axes, optional
    **style
        Matplotlib settings.
    """
    frame = slopes_data(growth)
    with drawing(**style):
        if ax is None:
            ax = new_figure(8.6, 1.2 + 0.28 * max(len(frame), 2)).subplots()
        clear_ground(ax)
        ax.set_xscale("log")
        ax.axvline(1.0, color=look.NULL, lw=1.2, zorder=0, gid="null")
        low, high = _reach(frame)
        for y, row in enumerate(frame.to_dict("records")):
            _draw_row(ax, y, row, low, high)
        texts = [
            str(row["label"]) if not row["group"] else f"{row['group']}  "
            for row in frame.to_dict("records")
        ]
        ax.set_yticks(range(len(texts)), texts)
        for tick, group in zip(ax.get_yticklabels(), frame["group"], strict=True):
            tick.set_color(look.QUIET if group else look.INK)
            tick.set_fontsize(8.0 if group else 9.0)
        ax.set_ylim(max(len(texts), 1) - 0.4, -0.6)
        ax.set_xlim(low, high)
        ticks = [tick for tick in (_FEW if high > 2.5 else _MANY) if low <= tick <= high]
        ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
        ax.minorticks_off()
        ax.spines["left"].set_visible(False)
        ax.set_xlabel("end of the span over its start")
        if frame.empty:
            ax.text(1.0, 0, "no course to follow", ha="center", color=look.QUIET)
    return ax


def _reach(frame: pd.DataFrame) -> tuple[float, float]:
    """Symmetric limits on the log scale that hold every value, cut at 1/10 and 10."""
    ends = frame[["low", "high"]].to_numpy(dtype=np.float64).ravel()
    ends = ends[np.isfinite(ends) & (ends > 0)]
    far = float(np.exp(np.abs(np.log(ends)).max())) if ends.size else 2.0
    far = min(max(far * 1.08, 1.6), MOST)
    return 1 / far, far


def _draw_row(ax: Axes, y: int, row: dict[Any, Any], low: float, high: float) -> None:
    ax.plot([low, high], [y, y], color=look.FAINT, lw=0.6, zorder=0)
    if row["refused"]:
        ax.text(
            1.0, y, "  too little for a slope", va="center", color=look.QUIET, size=8,
            gid="refused",
        )  # fmt: skip
        return
    colour = look.INK if row["evidence"] and not row["group"] else look.QUIET
    limits = np.clip([row["low"], row["high"]], low, high)
    ax.plot(limits, [y, y], color=colour, lw=1.4, ls="-" if row["evidence"] else (0, (2, 1.5)))
    ax.plot(
        row["value"], y, "D" if not row["group"] else "o", ms=5.5 if not row["group"] else 4.0,
        color=colour, mfc=colour if row["evidence"] else "none", mew=1.0,
        gid="slope" if row["evidence"] else "crude",
    )  # fmt: skip
    ax.text(
        1.01, y, f"{row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f})", va="center",
        transform=ax.get_yaxis_transform(), size=8.5, color=colour,
    )  # fmt: skip
