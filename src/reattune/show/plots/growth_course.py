"""One dyad over its sessions: repair record, turns at equal load, and matching."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reattune.growth_pipeline import GrowthAnalysis
from reattune.show import style as look
from reattune.show.growth_data import course_data, time_label
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MAX_MARKS = 12
MAX_RATIO = 4.0


def plot_growth_course(
    growth: GrowthAnalysis, dyad: str, *, ax: Axes | None = None, **style: Any
) -> Axes:
    """Three lanes on one axis of time, so that repair, negative affect and matching stay together.

    Parameters
    ----------
    growth : GrowthAnalysis
    dyad : str
    ax : Axes, optional
        Draws the repair record alone there.
    **style
        Matplotlib settings.

    Returns
    -------
    Axes
        The first lane.
    """
    frame = course_data(growth, dyad)
    with drawing(**style):
        if ax is not None:
            axes = [ax]
        else:
            figure = new_figure(7.2, 5.2)
            axes = list(figure.subplots(3, 1, sharex=True, height_ratios=[1.35, 1, 1]))
        lanes = (_draw_expectancy, _draw_turns, _draw_match)
        for panel, name, draw in zip(axes, ("expectancy", "turns", "match"), lanes, strict=False):
            clear_ground(panel)
            panel.grid(axis="y", color=look.FAINT, lw=0.6)
            panel.set_axisbelow(True)
            draw(panel, frame[frame["lane"] == name])
        if len(axes) > 1:
            axes[1].set_ylabel("turns to negative,\nseen / expected")
            axes[2].set_ylabel("time matched")
        axes[0].set_ylabel("repair expectancy\nbefore the session")
        axes[-1].set_xlabel(time_label(growth))
        times = sorted(set(frame["time"]))
        if len(times) <= 15 and all(t == round(t) for t in times):
            axes[-1].set_xticks(times, [f"{t:g}" for t in times])
    return axes[0]


def _draw_expectancy(ax: Axes, frame: pd.DataFrame) -> None:
    x = frame["time"]
    # A band of its own colour: grey stands for chance elsewhere.
    ax.fill_between(x, frame["low"], frame["high"], color=look.BOTH, alpha=0.22, lw=0, gid="band")
    ax.plot(x, frame["value"], color=look.BOTH, lw=1.4, marker=".", ms=5, gid="expectancy")
    ax.set_ylim(-0.42, 1.03)
    ax.set_yticks([0, 0.5, 1], ["0", ".5", "1"])
    ax.axhline(0.5, color=look.FAINT, lw=0.8, zorder=0)
    for row in frame.to_dict("records"):
        _stack(ax, float(row["time"]), -0.10, row["hits"], "o", look.INK, "hits")
        _stack(ax, float(row["time"]), -0.28, row["misses"], "x", look.QUIET, "misses")
    for y, text in ((-0.10, "repaired"), (-0.28, "not repaired")):
        ax.text(
            1.005, y, text, transform=ax.get_yaxis_transform(), va="center", size=7.5,
            color=look.QUIET,
        )  # fmt: skip


def _stack(ax: Axes, x: float, y: float, n: float, shape: str, colour: str, gid: str) -> None:
    """The number of outcomes of a session as one mark with its figure; nothing for none."""
    if not n > 0:
        return
    ax.plot(x, y, shape, ms=3.2, color=colour, mew=1.0 if shape == "x" else 0, gid=gid)
    ax.annotate(
        f"{n:.0f}" if n == round(n) else f"{n:.1f}", (x, y), xytext=(4, 0), size=7,
        textcoords="offset points", va="center", color=colour,
    )  # fmt: skip


def _draw_turns(ax: Axes, frame: pd.DataFrame) -> None:
    known = frame[frame["value"].notna()]
    top = min(MAX_RATIO, max(2.0, float(known["high"].max()))) if len(known) else 2.0
    ax.axhline(1.0, color=look.NULL, lw=1.2, zorder=0, gid="null")
    ax.vlines(known["time"], known["low"], known["high"].clip(upper=top), color=look.INK, lw=1)
    ax.plot(known["time"], known["value"].clip(upper=top), "o", ms=4, color=look.INK, gid="turns")
    beyond = known[known["high"] > top]
    ax.plot(beyond["time"], [top] * len(beyond), "^", ms=3.5, color=look.INK, mew=0)
    lost = frame[frame["value"].isna()]
    ax.plot(lost["time"], [0.0] * len(lost), "|", ms=6, color=look.HATCH, gid="too-little")
    ax.set_ylim(-0.08 * top, top * 1.06)
    ax.text(
        1.005, 1.0, "expected", transform=ax.get_yaxis_transform(), va="center", size=7.5,
        color=look.QUIET,
    )  # fmt: skip


def _draw_match(ax: Axes, frame: pd.DataFrame) -> None:
    ax.plot(frame["time"], frame["null"], "_", ms=11, mew=1.6, color=look.NULL, gid="null")
    ax.plot(frame["time"], frame["value"], "-o", ms=4, lw=1.0, color=look.INK, gid="match")
    ax.set_ylim(-0.03, 1.03)
    ax.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    known = frame["null"].dropna()
    if len(known):
        ax.text(
            1.005, float(known.iloc[-1]), "base rates", transform=ax.get_yaxis_transform(),
            va="center", size=7.5, color=look.QUIET,
        )  # fmt: skip
