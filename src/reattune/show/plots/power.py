"""Pictures of power: rates by test, curves against what varies, naive values beside true ones."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.experiments.power import PowerCurve, PowerResult
from reattune.experiments.power.questions import EFFECT, MATCHING, MOOD, NONE
from reattune.show import style as look
from reattune.show.power_curve_words import name_of
from reattune.show.power_data import bias_data, curve_data, rates_data, width_data
from reattune.show.power_words import SHORT, USUAL
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# World -> mark, filled or not, colour, place beside the row's middle.
_MARKS: dict[str, tuple[str, bool, str, float]] = {
    EFFECT: ("D", True, look.INK, -0.16),
    NONE: ("o", False, look.QUIET, 0.16),
    MATCHING: ("s", False, look.BOTH, 0.36),
    MOOD: ("s", False, look.BOTH, 0.36),
}
_ROW = 0.42
_DASHES = ((0, (5, 2)), (0, (1.2, 1.4)), (0, (6, 2, 1, 2)), (0, (3, 1)))


def plot_rates(result: PowerResult, *, ax: Axes | None = None, **style: Any) -> Axes:
    """How often every test finds something, with the effect and without.

    Parameters
    ----------
    result : PowerResult
    ax : Axes, optional
    **style
        Matplotlib settings.
    """
    frame = rates_data(result)
    tests = list(dict.fromkeys(frame["test"]))
    worlds = list(dict.fromkeys(frame["world"]))
    with drawing(**style):
        own_figure = ax is None
        if ax is None:
            ax = new_figure(7.4, 1.3 + _ROW * len(tests)).subplots()
        clear_ground(ax)
        if NONE in worlds:
            _draw_alpha(ax, result.design.alpha, across=True)
        ax.axvline(100 * USUAL, color=look.NULL, lw=0.9, ls=(0, (1.2, 1.6)), zorder=0.5)
        for world in worlds:
            own = frame[frame["world"] == world]
            mark, filled, colour, away = _MARKS[world]
            y = np.array([tests.index(test) for test in own["test"]]) + away
            ax.hlines(y, 100 * own["low"], 100 * own["high"], color=colour, lw=1.3, gid="limits")
            ax.plot(
                100 * own["rate"], y, ls="none", marker=mark, ms=5, color=colour, mew=1.1,
                mfc=colour if filled else "none", gid=world, label=SHORT[world],
            )  # fmt: skip
        _name_rows(ax, frame, tests)
        ax.set_xlim(-2, 102)
        close = len(worlds) == 1
        ax.set_xlabel("recordings that come close (%)" if close else "studies that find it (%)")
        ax.spines["left"].set_visible(False)
        if not close and own_figure:
            ax.figure.legend(loc="outside upper left", ncols=len(worlds), handlelength=1.2)
        elif not close:
            ax.legend(loc="lower right", handlelength=1.2)
    return ax


def _draw_alpha(ax: Axes, alpha: float, *, across: bool) -> None:
    draw = ax.axvline if across else ax.axhline
    draw(100 * alpha, color=look.NULL, lw=1.0, ls=(0, (4, 2)), zorder=0.6, gid="null")


def _name_rows(ax: Axes, frame: pd.DataFrame, tests: list[str]) -> None:
    rows = frame.drop_duplicates("test").to_dict("records")
    texts = [f"{row['label']} (naive)" if row["naive"] else str(row["label"]) for row in rows]
    ax.set_yticks(range(len(tests)), texts)
    for label, row in zip(ax.get_yticklabels(), rows, strict=True):
        if row["chosen"]:
            label.set_fontweight("bold")
        if row["naive"]:
            label.set_color(look.QUIET)
    naive = [at for at, row in enumerate(rows) if row["naive"]]
    if naive and naive[0] > 0:
        ax.axhline(naive[0] - 0.45, color=look.FAINT, lw=0.8)
    ax.set_ylim(len(tests) - 0.4, -0.55)


def plot_bias(result: PowerResult, *, ax: Axes | None = None, **style: Any) -> Axes:
    """What naive analyses give as a multiple of what is so.

    Parameters
    ----------
    result : PowerResult
    ax : Axes, optional
    **style
        Matplotlib settings.
    """
    frame = bias_data(result)
    y = np.arange(len(frame), dtype=np.float64)
    with drawing(**style):
        if ax is None:
            ax = new_figure(7.4, 1.0 + 0.36 * max(len(frame), 1)).subplots()
        clear_ground(ax)
        ax.axvline(1.0, color=look.NULL, lw=1.0, ls=(0, (4, 2)), gid="null", zorder=0.6)
        ax.hlines(y, frame["low"], frame["high"], color=look.INK, lw=1.5, gid="limits")
        ax.plot(frame["times"], y, ls="none", marker="D", ms=5, mew=0, color=look.INK, gid="bias")
        ends = [1.0, *frame["low"], *frame["high"]]
        room = 0.06 * (max(ends) - min(ends)) + 0.02
        ax.set_xlim(min(ends) - room, max(ends) + room)
        ax.set_yticks(y, frame["label"])
        ax.set_ylim(len(frame) - 0.4, -0.6)
        ax.spines["left"].set_visible(False)
        ax.set_xlabel("naive value / true value")
        ax.grid(axis="x", color=look.FAINT, lw=0.6)
        ax.set_axisbelow(True)
    return ax


def plot_curve(curve: PowerCurve, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Studies that find the effect against what varies, with limits; other tests as thin lines.

    Parameters
    ----------
    curve : PowerCurve
    ax : Axes, optional
    **style
        Matplotlib settings.
    """
    frame = curve_data(curve)
    with drawing(**style):
        if ax is None:
            ax = new_figure(6.6, 3.9).subplots()
        clear_ground(ax)
        _scale(ax, curve)
        others = frame[(frame["world"] == EFFECT) & ~frame["chosen"] & ~frame["naive"]]
        for at, (test, own) in enumerate(others.groupby("test", sort=False)):
            ax.plot(
                own["at"], 100 * own["rate"], color=look.QUIET, lw=0.9, ls=_DASHES[at % 4],
                label=str(own["label"].iloc[0]), gid=str(test),
            )  # fmt: skip
        null = frame[(frame["world"] == NONE) & frame["chosen"]]
        if len(null):
            _draw_alpha(ax, curve.design.alpha, across=False)
            _draw_line(ax, null, look.NULL, "o", SHORT[NONE], filled=False)
        own = frame[(frame["world"] == EFFECT) & frame["chosen"]]
        _draw_line(ax, own, look.INK, "D", str(own["label"].iloc[0]), filled=True)
        _draw_goal(ax, curve)
        ax.set_ylim(0, 102)
        close = curve.design.question == "precision"
        ax.set_ylabel("recordings that come close (%)" if close else "studies that find it (%)")
        handles, labels = ax.get_legend_handles_labels()
        order = [len(labels) - 1, *range(len(labels) - 1)]
        ax.legend(
            [handles[i] for i in order], [labels[i] for i in order], loc="lower left",
            bbox_to_anchor=(-0.01, 1.0), ncols=2, handlelength=2.4, fontsize=8,
        )  # fmt: skip
    return ax


def _draw_line(
    ax: Axes, own: pd.DataFrame, colour: str, mark: str, label: str, *, filled: bool
) -> None:
    ax.fill_between(
        own["at"], 100 * own["low"], 100 * own["high"], color=colour, alpha=0.15, lw=0, gid="band"
    )
    ax.plot(
        own["at"], 100 * own["rate"], color=colour, lw=1.8 if filled else 1.1, marker=mark, ms=5,
        mfc=colour if filled else "none", label=label, gid="curve" if filled else "null-curve",
    )  # fmt: skip


def _draw_goal(ax: Axes, curve: PowerCurve) -> None:
    """The goal, and the stretch of values in which it may be reached first."""
    reach = curve.reach
    goal = 100 * reach.goal
    ax.axhline(goal, color=look.NULL, lw=0.9, ls=(0, (1.2, 1.6)), zorder=0.5, gid="goal")
    low, high = min(curve.values), max(curve.values)
    first, last = sorted(float(np.clip(end, low, high)) for end in (reach.low, reach.high))
    if reach.status == "reached":
        ax.hlines(goal, first, last, color=look.BOTH, lw=4, alpha=0.5, gid="reach-limits")
        ax.plot([reach.value], [goal], marker="v", ms=9, color=look.BOTH, ls="none", gid="reach")


def _scale(ax: Axes, curve: PowerCurve) -> None:
    values = list(curve.values)
    if min(values) > 0 and curve.vary != "effect":
        ax.set_xscale("log")
    ax.set_xticks(values, [f"{value:.3g}" for value in values])
    ax.minorticks_off()
    unit = {
        "dyads": "dyads in each group" if curve.design.question == "group_difference" else "dyads",
        "minutes": "minutes of each phase" if curve.design.still_face else "minutes per session",
        "sessions": "sessions of each dyad",
        "effect": f"effect: {curve.design.asked.effect_is}",
        "step": "seconds per code (0: event times)",
    }
    ax.set_xlabel(unit.get(curve.vary, name_of(curve.vary)))


def plot_widths(curve: PowerCurve, *, ax: Axes | None = None, **style: Any) -> Axes:
    """How wide the interval of the repair hazard of one dyad is, and how far K is off.

    Parameters
    ----------
    curve : PowerCurve
        Of the question ``precision``.
    ax : Axes, optional
        Draws the interval there and leaves out the distances.
    **style
        Matplotlib settings.

    Returns
    -------
    Axes
        The first panel.
    """
    frame = width_data(curve)
    panels: list[Axes]
    with drawing(**style):
        if ax is None:
            panels = list(new_figure(7.4, 3.1).subplots(1, 2))
        else:
            panels = [ax]
        first = frame[frame["name"] == "interval_factor"]
        rest = frame[frame["name"] != "interval_factor"]
        for panel, own in zip(panels, (first, rest), strict=False):
            clear_ground(panel)
            _scale(panel, curve)
            for at, (name, rows) in enumerate(own.groupby("name", sort=False)):
                shade = (look.INK, look.QUIET)[at]
                panel.fill_between(
                    rows["at"], rows["low"], rows["high"], color=shade, alpha=0.15, lw=0
                )
                panel.plot(
                    rows["at"], rows["value"], color=shade, marker="Ds"[at], ms=4, lw=1.5,
                    ls=("-", _DASHES[0])[at], label=("K", "matched share")[at], gid=str(name),
                )  # fmt: skip
            panel.grid(axis="y", color=look.FAINT, lw=0.6)
            panel.set_axisbelow(True)
        top = float(first["high"].max()) if isfinite(float(first["high"].max())) else 2.0
        panels[0].set_ylim(1.0, 1.02 * top)
        panels[0].set_ylabel("f: interval from value / f to value × f")
        panels[0].set_title("repair hazard of one dyad", fontsize=9.0)
        if len(panels) > 1:
            panels[1].set_ylim(0, 1.15 * float(rest["high"].max()))
            panels[1].set_ylabel("mean distance from the long run")
            panels[1].set_title("K and matched share", fontsize=9.0)
            panels[1].legend(loc="upper right")
    return panels[0]
