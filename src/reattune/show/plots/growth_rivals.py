"""Repair against plain attunement as accounts of a rating: a dot per dyad."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.growth import rivals_power
from reattune.growth_pipeline import GrowthAnalysis
from reattune.show import style as look
from reattune.show.growth_data import rivals_data
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_growth_rivals(growth: GrowthAnalysis, *, ax: Axes | None = None, **style: Any) -> Axes:
    """How much better repair than attunement predicts the next rating, in nats.

    Parameters
    ----------
    growth : GrowthAnalysis
        With a rating.
    ax : Axes, optional
    **style
        Matplotlib settings.
    """
    frame = rivals_data(growth)
    dots = np.sort(frame.loc[frame["layer"] == "dyad", "value"].to_numpy(dtype=np.float64))
    means = frame[frame["layer"] == "mean"]
    with drawing(**style):
        if ax is None:
            ax = new_figure(8.0, 2.9).subplots()
        clear_ground(ax)
        ax.axvline(0, color=look.NULL, lw=1.2, zorder=0, gid="null")
        # Dots are spread in the order of their values: nothing is drawn by lot.
        height = np.tile([0.0, 0.12, -0.12, 0.24, -0.24], dots.size // 5 + 1)[: dots.size]
        ax.plot(dots, height, "o", ms=4.5, color=look.HATCH, mew=0, gid="dyad")
        for at, row in enumerate(means.to_dict("records")):
            y = 0.62 + at * 0.42
            colour = look.INK if at == 0 else look.QUIET
            ax.plot([row["low"], row["high"]], [y, y], color=colour, lw=1.6, gid="mean-limits")
            ax.plot(row["value"], y, "D", ms=5.5, color=colour, mew=0, gid="mean")
        ax.set_yticks(
            [0.0, *(0.62 + at * 0.42 for at in range(len(means)))],
            ["dyads, repair over attunement", *means["name"]],
        )
        ax.set_ylim(0.62 + 0.42 * max(len(means), 1), -0.5)
        ax.spines["left"].set_visible(False)
        ax.set_xlabel("gain in predicting the next rating (nats per dyad)")
        contest = growth.rivals
        if contest is None or contest.refused:
            ax.text(0, 0, "not compared", ha="center", color=look.QUIET)
        else:
            power = rivals_power(len(contest.dyads), contest.sessions)
            told = (
                f"had repair been the truth with a strong effect, {100 * power:.0f} of 100 such "
                "studies would have said so"
            )
            ax.set_title(told, size=8.5, weight="normal", color=look.QUIET)
    return ax
