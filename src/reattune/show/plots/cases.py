"""Pictures of a sample of courses: counts and classes beside chance, latency, onsets, all cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.course_pipeline import CourseAnalysis
from reattune.show import style as look
from reattune.show.course_data import (
    CLASSES,
    chance_data,
    class_data,
    heat_data,
    latency_data,
    onset_data,
)
from reattune.show.phrases import number, p_value
from reattune.show.plots.marks import add_spans
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MAX_NAMED = 80
# Deviations beyond so many own SDs look alike in the map.
DEEPEST = 2
_TITLES = {"ruptures": "ruptures", "repaired": "of these, repaired"}


def plot_course_chance(analysis: CourseAnalysis, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Ruptures (and repairs) by every criterion: dot = seen, grey = what both nulls give.

    Parameters
    ----------
    analysis : CourseAnalysis
    ax : Axes, optional
        Draws the ruptures alone there.
    **style
        Matplotlib settings.
    """
    frame = chance_data(analysis)
    names = [result.name for result in analysis.results]
    with drawing(**style):
        if ax is not None:
            axes = [ax]
        else:
            figure = new_figure(10.0, 1.4 + 0.36 * len(names))
            axes = list(figure.subplots(1, 2, sharey=True, gridspec_kw={"wspace": 0.06}))
        for panel, (statistic, title) in zip(axes, _TITLES.items(), strict=False):
            _draw_counts(panel, frame[frame["statistic"] == statistic], names)
            panel.set_title(title)
        axes[0].set_yticks(range(len(names)), names)
        axes[0].set_ylim(len(names) - 0.4, -0.6)
        if ax is None:
            _chance_legend(axes[0], frame)
    return axes[0]


def _chance_legend(ax: Axes, frame: pd.DataFrame) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [Line2D([], [], ls="none", marker="o", color=look.INK, label="seen")]
    nulls = set(frame["null"])
    if "trend_ar1" in nulls:
        handles.append(Patch(fc=look.NULL_BAND, label="chance: own trend and wobble"))
    if "permutation" in nulls:
        told = "the same ratings shuffled (no trend, no carry-over)"
        handles.append(Line2D([], [], color=look.NULL, lw=0.9, ls=(0, (1, 1.5)), label=told))
    ax.figure.legend(handles=handles, loc="outside lower center", ncols=3)


def _draw_counts(ax: Axes, frame: pd.DataFrame, names: list[str]) -> None:
    clear_ground(ax)
    top = max(1.0, float(frame[["observed", "null_high"]].max().max())) if len(frame) else 1.0
    for at, name in enumerate(names):
        ax.plot([0, top * 1.03], [at, at], color=look.FAINT, lw=0.6, zorder=0)
        for row in frame[frame["criterion"] == name].to_dict("records"):
            low, mean, high = (float(row[f"null_{k}"]) for k in ("low", "mean", "high"))
            if row["null"] == "trend_ar1":
                ax.fill_between(
                    [low, high], at - 0.27, at + 0.27, color=look.NULL_BAND, lw=0, zorder=1,
                    gid="null-band",
                )  # fmt: skip
                ax.plot([mean, mean], [at - 0.27, at + 0.27], color=look.NULL, lw=1.8, gid="null")
                text = f"{row['observed']:.0f}, chance {number(mean, 0)}"
                told = f"{text}, {p_value(float(row['p']))}"
                ax.text(top * 1.06, at, told, va="center", size=7.5, color=look.QUIET)
            elif low == low:
                ax.plot([low, high], [at, at], color=look.NULL, lw=0.9, ls=(0, (1, 1.5)), zorder=2,
                        gid="order")  # fmt: skip
                ax.plot(mean, at, "|", color=look.NULL, ms=7, mew=1.0, gid="order-mean", zorder=2)
            ax.plot(row["observed"], at, "o", ms=6.5, color=look.INK, mew=0, gid="seen", zorder=5)
    from matplotlib.ticker import MaxNLocator

    ax.set_xlim(0, top * 1.6)
    ticks = MaxNLocator(5, integer=True).tick_values(0, top)
    ax.set_xticks([tick for tick in ticks if 0 <= tick <= top * 1.02])
    ax.spines["bottom"].set_bounds(0, top * 1.03)
    ax.set_xlabel("number in the sample", loc="left")
    ax.spines["left"].set_visible(False)


def plot_case_classes(analysis: CourseAnalysis, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Share of cases in each class by every criterion; grey: what chance gives."""
    frame = class_data(analysis)
    names = [result.name for result in analysis.results]
    titles = ("no rupture", "all repaired", "one not repaired", "cut off")
    with drawing(**style):
        if ax is not None:
            axes = [ax]
        else:
            figure = new_figure(10.0, 1.1 + 0.34 * len(names))
            axes = list(figure.subplots(1, len(CLASSES), sharey=True, sharex=True))
        for panel, kind, title in zip(axes, CLASSES, titles, strict=False):
            clear_ground(panel)
            for at, name in enumerate(names):
                panel.axhline(at, color=look.FAINT, lw=0.6, zorder=0)
                own = frame[(frame["criterion"] == name) & (frame["class"] == kind)]
                for row in own.to_dict("records"):
                    low, mean, high = (100 * row[f"null_{k}"] for k in ("low", "share", "high"))
                    if mean == mean:
                        panel.fill_between(
                            [low, high], at - 0.27, at + 0.27, color=look.NULL_BAND, lw=0,
                            gid="null-band",
                        )  # fmt: skip
                        panel.plot([mean, mean], [at - 0.27, at + 0.27], color=look.NULL, lw=1.8)
                    panel.plot(100 * row["share"], at, "o", ms=6, color=look.INK, mew=0, gid="seen",
                               clip_on=False)  # fmt: skip
            panel.set_title(title)
            panel.set_xlim(0, 100)
            panel.set_xticks([0, 50, 100])
            panel.spines["left"].set_visible(False)
        axes[0].set_xlabel("% of cases", loc="left")
        axes[0].set_yticks(range(len(names)), names)
        axes[0].set_ylim(len(names) - 0.4, -0.6)
    return axes[0]


def plot_course_latency(
    analysis: CourseAnalysis,
    *,
    ax: Axes | None = None,
    criterion: str | None = None,
    **style: Any,
) -> Axes:
    """Share of ruptures repaired within so many meetings, beside chance (grey)."""
    frame = latency_data(analysis, criterion)
    with drawing(**style):
        if ax is None:
            ax = new_figure(5.6, 3.1).subplots()
        clear_ground(ax)
        ax.grid(axis="y", color=look.FAINT, lw=0.6)
        ax.set_axisbelow(True)
        ax.set_ylim(0, 1.02)
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
        ax.set_ylabel("repaired (%)")
        ax.set_xlabel("meetings since the lowest rating")
        parts = {layer: frame[frame["layer"] == layer] for layer in ("curve", "censored", "null")}
        null, curve, cut = parts["null"], parts["curve"], parts["censored"]
        if not null.empty:
            at = null["meetings"].to_numpy()
            ax.fill_between(
                at, null["low"], null["high"], step="post", color=look.NULL_BAND, lw=0,
                gid="null-band", zorder=0.6, label="chance",
            )  # fmt: skip
            ax.step(at, null["share"], where="post",
                    color=look.NULL, lw=1.2, gid="null", zorder=1.5)  # fmt: skip
        if curve.empty:
            ax.text(0.5, 0.5, "no rupture was seen to begin", transform=ax.transAxes, ha="center",
                    color=look.QUIET)  # fmt: skip
        else:
            ax.fill_between(
                curve["meetings"], curve["low"], curve["high"], step="post", color=look.MATCH,
                alpha=0.4, lw=0, gid="band", label="95 % interval",
            )  # fmt: skip
            ax.step(curve["meetings"], curve["share"], where="post", color=look.INK, lw=1.6,
                    gid="curve", label="seen")  # fmt: skip
        if not cut.empty:
            ax.plot(cut["meetings"], cut["share"], ls="none", marker="|", ms=7, mew=1.1,
                    color=look.INK, gid="censored", label="cut off")  # fmt: skip
        last = max([1.0, *frame["meetings"]])
        ax.set_xlim(0, min(last, 12))
        if not frame.empty:
            ax.legend(loc="lower right")
    return ax


def plot_onsets(
    analysis: CourseAnalysis,
    *,
    ax: Axes | None = None,
    criterion: str | None = None,
    **style: Any,
) -> Axes:
    """Ratings around every onset, as differences from the rating before, their mean, and chance."""
    frame = onset_data(analysis, criterion)
    with drawing(**style):
        if ax is None:
            ax = new_figure(5.6, 3.1).subplots()
        clear_ground(ax)
        seen = frame[frame["layer"] == "seen"]
        for _, own in seen.groupby(["case", "event"], sort=False):
            ax.plot(own["offset"], own["value"], color=_colour(analysis), lw=0.6, alpha=0.22,
                    gid="one")  # fmt: skip
        null = frame[frame["layer"] == "null"]
        if not null.empty:
            ax.fill_between(
                null["offset"], null["low"], null["high"], color=look.NULL_BAND, lw=0, zorder=3,
                gid="null-band", label="chance", alpha=0.8,
            )  # fmt: skip
            ax.plot(null["offset"], null["value"], color=look.NULL, lw=1.2, zorder=3.5, gid="null")
        mean = frame[frame["layer"] == "mean"]
        ax.plot(mean["offset"], mean["value"], color=look.INK, lw=1.8, marker="o", ms=4, zorder=5,
                gid="mean", label="mean of the ruptures")  # fmt: skip
        ax.axvline(0, color=look.QUIET, lw=0.7, ls=(0, (2, 2)), zorder=2)
        ax.axhline(0, color=look.FAINT, lw=0.8, zorder=0)
        ax.set_xticks(
            range(-5, 6), [f"{k:+d}".replace("-", "−") if k else "0" for k in range(-5, 6)]
        )
        ax.set_xlabel("meetings from the onset")
        ax.set_ylabel("points from the rating before")
        if len(seen):
            low, high = np.quantile(seen["value"], [0.01, 0.99])
            ax.set_ylim(float(low) - 0.1, float(high) + 0.1)
        ax.legend(loc="lower right")
    return ax


def plot_heat(
    analysis: CourseAnalysis,
    *,
    ax: Axes | None = None,
    criterion: str | None = None,
    **style: Any,
) -> Axes:
    """Cases by meetings: each rating against the case's own mean, with onsets and repairs.

    The stronger a cell, the higher the rating in its own case; a stroke marks an onset, a triangle
    a repair; empty cells were not rated.
    """
    frame = heat_data(analysis, criterion)
    names = list(analysis.cases)
    with drawing(**style):
        if ax is None:
            ax = new_figure(10.0, 1.1 + 0.145 * max(len(names), 3)).subplots()
        clear_ground(ax)
        rows = {name: at for at, name in enumerate(names)}
        level = np.clip(np.rint(frame["deviation"] + DEEPEST), 0, 2 * DEEPEST)
        for at in range(int(2 * DEEPEST) + 1):
            own = frame[level == at]
            spans = [
                (m - 0.47, m + 0.47, rows[case] - 0.42, rows[case] + 0.42)
                for case, m in zip(own["case"], own["meeting"], strict=True)
            ]
            add_spans(ax, spans, _colour(analysis), gid=f"cell-{at}", alpha=_depth(at))
        onset, repair = frame[frame["onset"] == 1], frame[frame["repair"] == 1]
        ax.plot(onset["meeting"] - 0.47, [rows[c] for c in onset["case"]], "|", ms=7, mew=1.8,
                color=look.INK, gid="onset", label="onset of a rupture")  # fmt: skip
        ax.plot(repair["meeting"], [rows[c] for c in repair["case"]], "^", ms=4, mew=0,
                color=look.INK, gid="repair", label="repair")  # fmt: skip
        shown = names if len(names) <= MAX_NAMED else []
        ax.set_yticks(range(len(shown)), [n if len(n) < 18 else f"{n[:16]}…" for n in shown])
        for label in ax.get_yticklabels():
            label.set_fontsize(7.0)
        ax.set_ylim(len(names) - 0.4, -0.6)
        ax.spines["left"].set_visible(False)
        ax.set_xlabel("meeting", loc="left")
        if len(frame):
            ax.set_xlim(frame["meeting"].min() - 0.6, frame["meeting"].max() + 0.6)
        _heat_legend(ax, _colour(analysis))
    return ax


def _colour(analysis: CourseAnalysis) -> str:
    return look.PARTNERS[min(analysis.side, 1)]


def _depth(level: int) -> float:
    """How strong the colour of a rating is, from low to high in its own case."""
    return 0.1 + 0.75 * level / (2 * DEEPEST)


def _heat_legend(ax: Axes, colour: str) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    told = {0: "2 own SDs below the own mean", 2: "at the own mean", 4: "2 above"}
    handles: list[Any] = [
        Patch(fc=colour, alpha=_depth(level), label=text) for level, text in told.items()
    ]
    handles += [
        Line2D([], [], ls="none", marker="|", ms=7, mew=1.8, color=look.INK, label="onset"),
        Line2D([], [], ls="none", marker="^", ms=4, mew=0, color=look.INK, label="repair"),
    ]
    ax.figure.legend(handles=handles, loc="outside lower center", ncols=5)
