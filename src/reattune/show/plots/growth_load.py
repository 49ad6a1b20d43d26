"""Turns to negative by mismatch load, early and late: the curve's shift is what is looked for."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.growth_pipeline import GrowthAnalysis
from reattune.show import style as look
from reattune.show.growth_data import load_data
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MIN_EXPOSURE_S = 10.0
_MARKS = {"early": (-0.13, "o", look.QUIET, "white"), "late": (0.13, "o", look.INK, look.INK)}
_STATES = {"mismatched": "while mismatched", "matched": "while matched"}


def plot_growth_load(growth: GrowthAnalysis, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Turns per minute against load in the first and the last third of the study's span.

    Parameters
    ----------
    growth : GrowthAnalysis
    ax : Axes, optional
        Draws mismatched time alone there, without the exposure.
    **style
        Matplotlib settings.

    Returns
    -------
    Axes
        The first panel.
    """
    frame = load_data(growth)
    with drawing(**style):
        states = list(_STATES)
        if ax is not None:
            curves, bars, states = [ax], [], states[:1]
        else:
            figure = new_figure(9.0, 4.0)
            grid = figure.subplots(2, 2, sharex=True, sharey="row", height_ratios=[3, 1])
            curves, bars = list(grid[0]), list(grid[1])
        for at, state in enumerate(states):
            part = frame[frame["state"] == state]
            clear_ground(curves[at])
            curves[at].grid(axis="y", color=look.FAINT, lw=0.6)
            curves[at].set_axisbelow(True)
            curves[at].set_title(_STATES[state])
            _draw_curves(curves[at], part)
            if bars:
                clear_ground(bars[at])
                _draw_exposure(bars[at], part)
        labels = _bins(frame)
        for panel in (bars or curves)[: len(states)]:
            panel.set_xticks(range(len(labels)), labels)
            panel.set_xlabel("mismatch load (s)")
        curves[0].set_ylabel("turns to negative\nper minute")
        curves[0].set_ylim(0, _top(frame[frame["state"].isin(states)]))
        if bars:
            bars[0].set_ylabel("minutes\nat risk")
            _explain(curves[0])
    return curves[0]


def _bins(frame: pd.DataFrame) -> list[str]:
    edges = sorted(set(zip(frame["load_from_s"], frame["load_to_s"], strict=True)))
    return [f"{low:g}–{high:g}" if high < inf else f"{low:g}–" for low, high in edges]


def _draw_curves(ax: Axes, frame: pd.DataFrame) -> None:
    for third, (shift, shape, colour, fill) in _MARKS.items():
        part = frame[frame["third"] == third].sort_values("load_from_s").reset_index(drop=True)
        known = part[part["exposure_s"] >= MIN_EXPOSURE_S]
        if not len(known):
            continue
        x = known.index.to_numpy(dtype=np.float64) + shift
        face = "none" if fill == "white" else fill
        ax.vlines(x, known["low"], known["high"], color=colour, lw=1.0, gid=f"{third}-limits")
        ax.plot(
            x, known["value"], marker=shape, ms=5, lw=1.1, color=colour, mfc=face,
            ls="--" if third == "early" else "-", gid=third,
        )  # fmt: skip


def _top(frame: pd.DataFrame) -> float:
    """Twice the highest rate: wide limits of rare loads are cut off there and do not flatten it."""
    known = frame[frame["exposure_s"] >= MIN_EXPOSURE_S]
    highest = float(known["value"].max()) if len(known) else 0.0
    return min(2 * highest, 1.05 * float(known["high"].max())) if highest > 0 else 1.0


def _draw_exposure(ax: Axes, frame: pd.DataFrame) -> None:
    for third, (shift, _, colour, fill) in _MARKS.items():
        part = frame[frame["third"] == third].sort_values("load_from_s").reset_index(drop=True)
        ax.bar(
            part.index.to_numpy(dtype=np.float64) + 1.3 * shift, part["exposure_s"] / 60,
            width=0.32, ec=colour, fc="none" if fill == "white" else colour, lw=0.8,
            gid=f"{third}-exposure",
        )  # fmt: skip


def _explain(ax: Axes) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=look.QUIET, marker="o", mfc="none", ls="--", label="first third"),
        Line2D([], [], color=look.INK, marker="o", label="last third"),
    ]
    ax.figure.legend(handles=handles, loc="outside lower left", ncols=2)
