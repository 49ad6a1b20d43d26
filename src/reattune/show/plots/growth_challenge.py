"""A challenge before and after: every dyad as a line, the mean change with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.growth_pipeline import GrowthAnalysis
from reattune.show import style as look
from reattune.show.growth_data import challenge_data
from reattune.show.phrases import phase_name
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def plot_growth_challenge(growth: GrowthAnalysis, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Negative share of the challenge before and after, the comparison group beside it.

    Parameters
    ----------
    growth : GrowthAnalysis
    ax : Axes, optional
        Draws the dyads of the first group alone there.
    **style
        Matplotlib settings.

    Returns
    -------
    Axes
        The first panel.
    """
    frame = challenge_data(growth)
    dyads = frame[frame["layer"] == "dyad"]
    groups = sorted(set(dyads["group"])) or [""]
    changes = frame[frame["layer"] == "change"]
    if len(groups) == 2:
        # The group that is compared stands first, the one it is compared with second.
        groups = [name for name in changes["group"] if name in groups]
    with drawing(**style):
        if ax is not None:
            axes, last = [ax], None
        elif not changes["value"].notna().any():
            figure = new_figure(2.6 * len(groups) + 0.8, 3.4)
            axes = list(figure.subplots(1, len(groups), squeeze=False, sharey=True)[0])
            last = None
        else:
            figure = new_figure(2.6 * len(groups) + 3.2, 3.4)
            drawn = figure.subplots(1, len(groups) + 1, width_ratios=[1] * len(groups) + [1.1])
            axes, last = list(drawn[:-1]), drawn[-1]
            for panel in axes[1:]:
                panel.sharey(axes[0])
        for panel, name in zip(axes, groups, strict=False):
            _draw_dyads(panel, dyads[dyads["group"] == name])
            panel.set_title(name)
        highest = dyads[["before", "after"]].max().max() if len(dyads) else 1.0
        axes[0].set_ylim(-0.02, min(1.02, 0.27 * (1 + highest // 0.25)))
        if growth.challenge is not None:
            axes[0].set_ylabel(f"negative share of {phase_name(growth.challenge.label)}")
        if last is not None:
            _draw_changes(last, changes)
    return axes[0]


def _draw_dyads(ax: Axes, frame: pd.DataFrame) -> None:
    clear_ground(ax)
    ax.grid(axis="y", color=look.FAINT, lw=0.6)
    ax.set_axisbelow(True)
    for before, after in zip(frame["before"], frame["after"], strict=True):
        ax.plot([0, 1], [before, after], color=look.HATCH, lw=0.8, zorder=1, gid="dyad-line")
    for x, name in ((0, "before"), (1, "after")):
        values = frame[name].to_numpy(dtype=np.float64)
        ax.plot(np.full(values.size, x), values, "o", ms=4, color=look.INK, mew=0, gid=name)
        if values.size:
            mean = float(values.mean())
            ax.plot([x - 0.13, x + 0.13], [mean, mean], color=look.INK, lw=2.2, gid=f"mean-{name}")
    ax.set_xlim(-0.35, 1.35)
    ax.set_xticks([0, 1], ["before", "after"])
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])


def _draw_changes(ax: Axes, frame: pd.DataFrame) -> None:
    clear_ground(ax)
    ax.axhline(0, color=look.NULL, lw=1.2, zorder=0, gid="null")
    names = []
    for at, row in enumerate(frame.to_dict("records")):
        value, low, high = (float(row[key]) for key in ("value", "low", "high"))
        names.append(str(row["group"]) or "all dyads")
        if np.isfinite(value):
            ax.plot([at, at], [low, high], color=look.INK, lw=1.4, gid="change-limits")
            ax.plot(at, value, "D", ms=6, color=look.INK, mew=0, gid="change")
        else:
            ax.text(at, 0.02, "too few\ndyads", ha="center", va="bottom", color=look.QUIET, size=8)
    ax.set_xticks(range(len(names)), names)
    ax.set_xlim(-0.6, max(len(names), 1) - 0.4)
    low, high = ax.get_ylim()
    reach = max(abs(low), abs(high), 0.1)
    ax.set_ylim(-reach, reach)
    ax.set_title("mean change")
