"""Pictures of segment codes: one meeting as a heat map, all meetings, sequences beside chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reattune.segment_codes import SegmentAnalysis
from reattune.show import style as look
from reattune.show.phrases import number, p_value
from reattune.show.plots.marks import Span, add_hatch, add_spans
from reattune.show.segment_data import (
    following_data,
    heat_data,
    lane_names,
    meetings_data,
    transition_data,
)
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

WIDTH = 10.0
# Up to so many segments a cell has room for its figure; beyond, its height says the same.
MOST_FIGURES = 30
LEVELS = 4
LETTERS = {"withdrawal": "w", "confrontation": "c", "rupture": "r", "other": "o", "both": "b"}
ENDS = {"resolved": "^", "unresolved": "X", "censored": ">"}


def plot_segments(
    analysis: SegmentAnalysis,
    meeting: str | None = None,
    *,
    ax: Axes | None = None,
    legend: bool = True,
    title: str | None = None,
    **style: Any,
) -> Axes:
    """One meeting: segments by markers, salience as depth of colour and as figure.

    The colour is that of the side; below stand the strategies; hatched segments were not coded.
    Brackets on top are ruptures: a triangle at the end says resolved, a cross unresolved, an open
    arrow cut off. A bracket that is open at the left was not seen to begin.

    Parameters
    ----------
    analysis : SegmentAnalysis
    meeting : str, optional
        Its name; the first by default.
    ax : Axes, optional
    legend : bool, default True
    title : str, optional
    **style
        Matplotlib settings.
    """
    frame = heat_data(analysis, meeting)
    one = analysis.meeting(meeting).meeting
    markers, skills = lane_names(analysis, meeting)
    rows: dict[Any, float] = {name: at for at, name in enumerate(markers)}
    low, high = one.scale
    # A little room between markers and strategies.
    rows |= {("s", name): len(markers) + 0.35 + at for at, name in enumerate(skills)}
    bottom = len(markers) + (len(skills) + 0.35 if skills else 0) - 0.4
    with drawing(**style):
        if ax is None:
            ax = new_figure(WIDTH, 1.25 + 0.3 * (len(rows) + 1)).subplots()
        clear_ground(ax)
        small = len(one) <= MOST_FIGURES
        for side, colour in zip(one.sides, look.PARTNERS, strict=True):
            own = frame[(frame["layer"] == "marker") & (frame["side"] == side)]
            _draw_markers(ax, own, rows, colour, (low, high), small=small, side=side)
        _draw_strategies(ax, frame[frame["layer"] == "strategy"], rows, small=small)
        missing = frame[frame["layer"] == "missing"]["segment"]
        add_hatch(ax, missing - 0.5, missing + 0.5, -0.5, bottom, "missing")
        _draw_ruptures(ax, frame[frame["layer"] == "rupture"], one.sides)
        names = [*markers, *skills]
        places = [rows[m] for m in markers] + [rows["s", s] for s in skills]
        ax.set_yticks(places, [n if len(n) < 34 else f"{n[:32]}…" for n in names])
        ax.set_ylim(bottom + 0.15, -1.35)
        ax.set_xlim(0.4, len(one) + 0.6)
        step = max(1, -(-len(one) // MOST_FIGURES))
        ticks = list(range(1, len(one) + 1, step))
        ax.set_xticks(ticks, [one.names[t - 1] or "–" for t in ticks])
        minutes = one.length_s / 60
        ax.set_xlabel(f"segment of {minutes:g} min", loc="left")
        ax.spines["left"].set_visible(False)
        ax.set_title(f"Meeting {one.id}" if title is None else title)
        if legend:
            _heat_legend(ax, one.sides, bool(skills), small=small)
    return ax


def _depth(value: float, scale: tuple[float, float]) -> float:
    """How strong the colour of a salience is; the lowest salience is hardly there."""
    part = (value - scale[0]) / (scale[1] - scale[0])
    return 0.06 + 0.62 * min(1.0, max(0.0, part))


def _draw_markers(
    ax: Axes,
    frame: pd.DataFrame,
    rows: dict[Any, float],
    colour: str,
    scale: tuple[float, float],
    *,
    small: bool,
    side: str,
) -> None:
    # Cells of like depth are one patch, so that the drawing stays small.
    steps: dict[int, list[Span]] = {}
    for cell in frame.to_dict("records"):
        at, y = float(cell["segment"]), rows[cell["row"]]
        part = (cell["value"] - scale[0]) / (scale[1] - scale[0])
        tall = 0.42 if small else 0.06 + 0.78 * part
        low = y - 0.42 if small else y + 0.42 - tall
        steps.setdefault(round(LEVELS * 2 * part), []).append((at - 0.46, at + 0.46, low, y + 0.42))
        if small and cell["value"] > scale[0] + 1e-9:
            text = f"{cell['value']:.1f}".removesuffix(".0")
            weight = "bold" if cell["counts"] else "normal"
            ax.text(at, y, text, ha="center", va="center", size=7.5, color=look.INK, weight=weight,
                    gid="figure")  # fmt: skip
    for level, spans in steps.items():
        value = scale[0] + level / (LEVELS * 2) * (scale[1] - scale[0])
        add_spans(ax, spans, colour, gid=f"cell-{side}-{level}", alpha=_depth(value, scale))


def _draw_strategies(ax: Axes, frame: pd.DataFrame, rows: dict[Any, float], *, small: bool) -> None:
    for counts, alpha in ((1, 1.0), (0, 0.4)):
        own = frame[frame["counts"] == counts]
        spans = [
            (at - 0.4, at + 0.4, rows["s", name] - 0.28, rows["s", name] + 0.28)
            for at, name in zip(own["segment"], own["row"], strict=True)
        ]
        add_spans(ax, spans, look.MATCH, gid=f"strategy-{counts}", alpha=alpha)
        if counts and small:
            ax.plot(own["segment"], [rows["s", n] for n in own["row"]], ls="none", marker="|",
                    ms=6, mew=1.2, color=look.INK, gid="strategy-mark")  # fmt: skip


def _draw_ruptures(ax: Axes, frame: pd.DataFrame, sides: tuple[str, str]) -> None:
    top, foot = -0.95, -0.62
    colours = {sides[0]: look.PARTNERS[0], sides[1]: look.PARTNERS[1], "both": look.BOTH}
    for cell in frame.to_dict("records"):
        start, end = cell["segment"] - 0.45, cell["value"] + 0.45
        colour = colours.get(cell["side"], look.NULL)
        left = [(start, foot), (start, top)] if cell["counts"] else [(start, top)]
        ax.plot([x for x, _ in left] + [end], [y for _, y in left] + [top], color=colour, lw=1.5,
                gid="rupture", solid_capstyle="butt")  # fmt: skip
        open_ = cell["label"] == "censored"
        ax.plot(end, top, marker=ENDS[cell["label"]], ms=6, color=colour, mew=1.2,
                mfc="none" if open_ else colour, gid=f"end-{cell['label']}")  # fmt: skip


def _heat_legend(ax: Axes, sides: tuple[str, str], skills: bool, *, small: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    more = "darker" if small else "darker, taller"
    handles: list[Any] = [
        Patch(
            fc=colour,
            alpha=0.6,
            label=f"{side}: {more} = more salient",
        )
        for side, colour in zip(sides, look.PARTNERS, strict=True)
    ]
    if skills:
        handles.append(Patch(fc=look.MATCH, label="strategy"))
    handles.append(Patch(fc="none", ec=look.HATCH, hatch=look.HATCH_PATTERN, lw=0,
                         label="not coded"))  # fmt: skip
    handles += [
        Line2D([], [], ls="none", marker=mark, ms=6, color=look.INK,
               mfc="none" if name == "censored" else look.INK,
               label="cut off" if name == "censored" else name)
        for name, mark in ENDS.items()
    ]  # fmt: skip
    ax.figure.legend(handles=handles, loc="outside lower center", ncols=4)


def plot_meetings(analysis: SegmentAnalysis, *, ax: Axes | None = None, **style: Any) -> Axes:
    """All meetings over their segments: letter = kind, depth = salience, dot = a strategy."""
    frame = meetings_data(analysis)
    names = [one.meeting.id for one in analysis.meetings]
    rows = {name: at for at, name in enumerate(names)}
    longest = int(frame["segment"].max())
    low, high = analysis.meetings[0].meeting.scale
    with drawing(**style):
        if ax is None:
            ax = new_figure(WIDTH, 1.2 + 0.24 * max(len(names), 3)).subplots()
        clear_ground(ax)
        there = frame[(frame["state"] != "missing") & (frame["state"] == "")]
        quiet = [(s - 0.46, s + 0.46, rows[m] - 0.4, rows[m] + 0.4)
                 for m, s in zip(there["meeting"], there["segment"], strict=True)]  # fmt: skip
        add_spans(ax, quiet, look.FAINT, gid="quiet")
        steps: dict[int, list[Span]] = {}
        ruptures = frame[~frame["state"].isin(["", "missing"])].to_dict("records")
        for cell in ruptures:
            level = round(LEVELS * (cell["salience"] - low) / (high - low))
            at, y = cell["segment"], rows[cell["meeting"]]
            steps.setdefault(level, []).append((at - 0.46, at + 0.46, y - 0.4, y + 0.4))
            if longest <= 2 * MOST_FIGURES:
                ax.text(at, y, LETTERS.get(cell["state"], "?"), ha="center", va="center", size=7.0,
                        color=look.INK, gid="letter")  # fmt: skip
        for level, spans in steps.items():
            add_spans(ax, spans, look.BOTH, gid=f"rupture-{level}", alpha=0.2 + 0.12 * level)
        for name in names:
            gone = frame[(frame["meeting"] == name) & (frame["state"] == "missing")]["segment"]
            add_hatch(ax, gone - 0.46, gone + 0.46, rows[name] - 0.4, rows[name] + 0.4, "missing")
        tried = frame[frame["strategy"] == 1]
        ax.plot(tried["segment"] + 0.3, [rows[m] + 0.22 for m in tried["meeting"]], ls="none",
                marker="o", ms=2.6, mew=0, color=look.INK, gid="strategy")  # fmt: skip
        ax.set_yticks(range(len(names)), [n if len(n) < 22 else f"{n[:20]}…" for n in names])
        for label in ax.get_yticklabels():
            label.set_fontsize(7.0)
        ax.set_ylim(len(names) - 0.4, -0.6)
        ax.set_xlim(0.3, longest + 0.7)
        ax.set_xlabel("segment", loc="left")
        ax.spines["left"].set_visible(False)
        _meetings_legend(ax, {cell["state"] for cell in ruptures})
    return ax


def _meetings_legend(ax: Axes, kinds: set[str]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    told = ", ".join(f"{LETTERS[kind]} {kind}" for kind in LETTERS if kind in kinds)
    handles: list[Any] = [
        Patch(fc=look.FAINT, label="coded, no rupture"),
        Patch(fc=look.BOTH, alpha=0.6, label=f"rupture, darker = more salient ({told})"),
        Line2D([], [], ls="none", marker="o", ms=3, color=look.INK, label="strategy"),
        Patch(fc="none", ec=look.HATCH, hatch=look.HATCH_PATTERN, lw=0, label="not coded"),
    ]
    ax.figure.legend(handles=handles, loc="outside lower center", ncols=4)


def plot_transitions(analysis: SegmentAnalysis, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Counts of every tested sequence (dot) beside rotated strategies (grey)."""
    frame = transition_data(analysis)
    with drawing(**style):
        if ax is None:
            ax = new_figure(WIDTH, 1.1 + 0.24 * max(len(frame), 2)).subplots()
        _draw_rows(ax, frame, "count", "null_mean", "pairs of segments")
    return ax


def plot_following(analysis: SegmentAnalysis, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Differences in the change to the next meeting (dot, line = 95 %) beside shuffled classes."""
    frame = following_data(analysis)
    own = frame[frame["outcome"] == "change"].reset_index(drop=True)
    with drawing(**style):
        if ax is None:
            ax = new_figure(WIDTH, 1.2 + 0.34 * max(len(own), 2)).subplots()
        _draw_rows(ax, own, "difference", "", "points of the rating")
        for at, row in enumerate(own.to_dict("records")):
            if row["low"] == row["low"]:
                ax.plot([row["low"], row["high"]], [at, at], color=look.INK, lw=1.2, gid="interval")
        ax.axvline(0, color=look.QUIET, lw=0.6, zorder=0)
    return ax


def _draw_rows(ax: Axes, frame: pd.DataFrame, value: str, mean: str, unit: str) -> None:
    """One row per statistic: grey null, dot, and in words what p says."""
    clear_ground(ax)
    columns = [value, "null_low", "null_high", *([mean] if mean else ["low", "high"])]
    values = frame[columns].to_numpy(dtype=float).ravel()
    known = values[values == values]
    least, most = (min(0.0, known.min()), known.max()) if known.size else (0.0, 1.0)
    room = max(most - least, 1e-9)
    for at, row in enumerate(frame.to_dict("records")):
        ax.plot([least, most], [at, at], color=look.FAINT, lw=0.6, zorder=0)
        if row["null_low"] == row["null_low"]:
            ax.fill_between([row["null_low"], row["null_high"]], at - 0.3, at + 0.3,
                            color=look.NULL_BAND, lw=0, zorder=1, gid="null-band")  # fmt: skip
            middle = row[mean] if mean else (row["null_low"] + row["null_high"]) / 2
            ax.plot([middle] * 2, [at - 0.3, at + 0.3], color=look.NULL, lw=1.6, gid="null")
        ax.plot(row[value], at, "o", ms=6, color=look.INK, mew=0, gid="seen", zorder=5)
        if mean:
            told = f"{row[value]:.0f}, chance {number(row[mean])}, {p_value(row['p_max'])}"
        else:
            told = f"{number(row[value], 2)}, {p_value(row['p'])}, {row['n_first']:.0f} and "
            told += f"{row['n_second']:.0f} meetings"
        ax.text(most + 0.04 * room, at, told, va="center", size=7.5, color=look.QUIET)
    ax.set_yticks(range(len(frame)), list(frame["name"]))
    ax.set_ylim(max(len(frame), 1) - 0.4, -0.6)
    ax.set_xlim(least - 0.03 * room, most + 0.55 * room)
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set_bounds(least, most)
    ticks = [tick for tick in ax.get_xticks() if least - 1e-9 <= tick <= most + 1e-9]
    ax.set_xticks(ticks)
    ax.set_xlabel(unit, loc="left")
