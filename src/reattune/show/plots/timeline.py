"""The timeline: both partners, and between them match, ruptures and repairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.results import WHOLE, Analysis
from reattune.show import style as look
from reattune.show.data import timeline_data
from reattune.show.phrases import phase_name
from reattune.show.plots.marks import (
    add_hatch,
    add_lines,
    add_spans,
    label_time,
    open_arrow,
)
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

WIDTH = 10.0
MARKS_PER_ROW = 45
MAX_ROWS = 12
# Vertical layout, in lanes: a partner's name stands on a lane of its own above the states.
NAME, GAP, DYAD = 1.0, 0.55, 3.0


class Layout:
    """Where lanes and the dyad's band stand; y runs downwards from 0.

    Attributes
    ----------
    partners : (str, str)
    lanes : mapping of (partner, state) to y of the lane's middle
    names : (float, float)
        y of the partners' names.
    dyad : (float, float)
        Top and bottom of the band between the partners.
    height : float
    """

    def __init__(self, frame: pd.DataFrame, partners: tuple[str, str]) -> None:
        self.partners = partners
        self.lanes: dict[tuple[str, str], float] = {}
        y = self._place(frame, partners[0], 0.0) + GAP
        self.dyad = (y, y + DYAD)
        self.height = self._place(frame, partners[1], y + DYAD + GAP)
        self.names = (
            NAME / 2,
            y + DYAD + GAP + NAME / 2,
        )

    def _place(self, frame: pd.DataFrame, who: str, y: float) -> float:
        states = frame.loc[(frame["layer"] == "lane") & (frame["who"] == who), "label"].tolist()
        y += NAME
        # The last state of the table (the most positive, "in contact") stands on top.
        for state in reversed(states):
            self.lanes[who, state] = y + 0.5
            y += 1
        return y

    def edges(self, side: int) -> tuple[float, float]:
        """Top and bottom of a partner's lanes."""
        middles = [y for (who, _), y in self.lanes.items() if who == self.partners[side]]
        return (min(middles) - 0.5, max(middles) + 0.5)

    def row(self, who: int) -> float:
        """Height of the brackets of ruptures opened by the first, the second, both or nobody."""
        top, bottom = self.dyad
        middle = (top + bottom) / 2
        return {1: top + 0.5, 2: bottom - 0.5}.get(who, middle)


def plot_timeline(
    analysis: Analysis,
    *,
    ax: Axes | None = None,
    rows: int | None = None,
    legend: bool = True,
    title: str | None = None,
    **style: Any,
) -> Axes:
    """The timeline of a session: partners above and below, the dyad between them.

    Matched time is a teal band. A rupture is an open bracket in the colour and on the side of the
    partner who opened it; a repair a small triangle pointing to the partner who made it; a
    censored end an open arrow; unobserved time is hatched.

    Parameters
    ----------
    analysis : Analysis
    ax : Axes, optional
        Where to draw; by default a new figure, in which long sessions run over several rows.
    rows : int, optional
        Rows of a new figure; by default as many as keep the marks apart, at most 12.
    legend : bool, default True
        Explain the marks below the axes.
    title : str, optional
        Above the first row; the session's name by default.
    **style
        Matplotlib settings, e.g. ``font_size=11``.

    Returns
    -------
    Axes
        The first one; ``ax.figure.axes`` has all rows.
    """
    frame = timeline_data(analysis)
    layout = Layout(frame, analysis.session.partners)
    windows = split_rows(analysis, 1 if ax is not None else rows)
    with drawing(**style):
        if ax is not None:
            axes = [ax]
        else:
            inches = 0.17 * layout.height + 0.42
            figure = new_figure(WIDTH, len(windows) * inches + (0.75 if legend else 0.35))
            axes = list(figure.subplots(len(windows), 1, squeeze=False)[:, 0])
        for row, window in zip(axes, windows, strict=True):
            _draw_row(row, frame, layout, window, analysis.session.clock)
        label_time(axes[-1], windows[-1], analysis.session.clock, name=True)
        name = f"Session {analysis.session.id}" if title is None else title
        if name:
            pad = 19 if _named_phases(frame) else 6
            axes[0].set_title(name, loc="left", pad=pad)
        if legend:
            _add_legend(axes[-1], frame, analysis.session.partners)
    return axes[0]


def split_rows(analysis: Analysis, rows: int | None = None) -> list[tuple[float, float]]:
    """Windows of equal length that a long session is shown in, one below the other."""
    start = min(part.phase.start for part in analysis.parts)
    end = max(part.phase.end for part in analysis.parts)
    if rows is None:
        marks = sum(len(part.ruptures) for part in analysis.parts)
        rows = min(MAX_ROWS, max(1, round(marks / MARKS_PER_ROW)))
    if rows == 1:
        return [(start, end)]
    # Whole half minutes (whole tens in short sessions) make rows that read well.
    whole = 30.0 if (end - start) / rows > 60 else 10.0 if (end - start) / rows > 10 else 1.0
    length = float(np.ceil((end - start) / rows / whole - 1e-9)) * whole
    count = int(np.ceil((end - start) / length - 1e-9))
    return [(start + i * length, start + (i + 1) * length) for i in range(count)]


def _draw_row(
    ax: Axes, frame: pd.DataFrame, layout: Layout, window: tuple[float, float], clock: str
) -> None:
    clear_ground(ax)
    frame = _inside(frame, window)
    top, bottom = layout.dyad
    for side, who in enumerate(layout.partners):
        own = frame[frame["who"] == who]
        low, high = layout.edges(side)
        unseen = own[own["layer"] == "unseen"]
        add_hatch(ax, unseen["start"], unseen["end"], low, high, f"unseen-{side + 1}")
        states = own[own["layer"] == "state"]
        spans = [
            (a, b, layout.lanes[who, state] - 0.39, layout.lanes[who, state] + 0.39)
            for a, b, state in zip(states["start"], states["end"], states["label"], strict=True)
        ]
        single = sum(lane == who for lane, _ in layout.lanes) == 1
        alpha = 0.25 if single else 0.82
        add_spans(ax, spans, look.PARTNERS[side], gid=f"state-{side + 1}", alpha=alpha)
    _draw_dyad(ax, frame, layout, window)
    for start, end, label, kind in _phases(frame):
        if start > window[0]:
            ax.plot([start, start], [0, layout.height], color=look.QUIET, lw=0.6, ls=(0, (2, 2)))
        name = phase_name(label) + (" (imposed)" if kind else "")
        shown = max(start, window[0])
        if min(end, window[1]) - shown > 0.05 * (window[1] - window[0]):
            ax.text(shown, -0.25, f" {name}", ha="left", va="bottom", color=look.QUIET, size=8.5)
    last = float(frame["end"].max())
    for y in (top, bottom):
        ax.plot((window[0], min(window[1], last)), (y, y), color=look.FAINT, lw=0.6, zorder=0)
    ax.set_xlim(*window)
    ax.set_ylim(layout.height + 0.1, -0.1)
    _label_lanes(ax, layout)
    label_time(ax, window, clock)


def _draw_dyad(ax: Axes, frame: pd.DataFrame, layout: Layout, window: tuple[float, float]) -> None:
    top, bottom = layout.dyad
    matched = frame[frame["layer"] == "match"]
    add_spans(
        ax,
        [(a, b, top, bottom) for a, b in zip(matched["start"], matched["end"], strict=True)],
        look.MATCH,
        gid="match",
    )
    unseen = frame[frame["layer"] == "unobserved"]
    add_hatch(ax, unseen["start"], unseen["end"], top, bottom, "unobserved")
    ruptures = frame[frame["layer"] == "rupture"]
    names = ("", *layout.partners, "both")
    for who in range(4):
        own = ruptures[ruptures["by"] == names[who]]
        y = layout.row(who)
        # The bracket's foot points away from the middle, to the partner who opened it.
        foot = {1: -0.42, 2: 0.42}.get(who, 0.0)
        lines: list[Sequence[tuple[float, float]]] = []
        for start, end, entered in zip(own["start"], own["end"], own["entered"], strict=True):
            line = [(max(start, window[0]), y), (min(end, window[1]), y)]
            if entered and start >= window[0]:
                feet = [(start, y + foot)] if foot else [(start, y - 0.3), (start, y + 0.3)]
                line = [*feet, *line]
            lines.append(line)
        dash = (0, (1, 1.4)) if who == 0 else "solid"
        add_lines(ax, lines, look.WHO_COLOURS[who], gid=f"rupture-{who}", dash=dash)
    closed = ruptures[ruptures["end"] <= window[1] + 1e-9]
    for who in range(4):
        own = closed[(closed["repaired_by"] == names[who]) & (closed["outcome"] == "repaired")]
        _mark(ax, own, layout, names, look.WHO_MARKS[who], f"repair-{who}", look.WHO_COLOURS[who])
    for outcome, shape in (("censored", open_arrow()), ("unrepaired", "|")):
        for who in range(4):
            own = closed[(closed["outcome"] == outcome) & (closed["by"] == names[who])]
            colour = look.WHO_COLOURS[who]
            _mark(ax, own, layout, names, shape, f"{outcome}-{who}", colour, hollow=True)


def _mark(
    ax: Axes,
    rows: pd.DataFrame,
    layout: Layout,
    names: Sequence[str],
    shape: Any,
    gid: str,
    colour: str,
    *,
    hollow: bool = False,
) -> None:
    if rows.empty:
        return
    y = [layout.row(names.index(by)) for by in rows["by"]]
    ax.plot(
        rows["end"],
        y,
        linestyle="none",
        marker=shape,
        ms=5.0,
        mfc="none" if hollow else colour,
        mec=colour,
        mew=1.2 if hollow else 0.0,
        gid=gid,
        zorder=5,
        clip_on=False,
    )


def _inside(frame: pd.DataFrame, window: tuple[float, float]) -> pd.DataFrame:
    """The rows that show in a window (and the lanes, which have no time)."""
    shown = (frame["end"] > window[0] - 1e-9) & (frame["start"] < window[1] - 1e-9)
    return frame[shown]


def _phases(frame: pd.DataFrame) -> list[tuple[float, float, str, str]]:
    rows = frame[(frame["layer"] == "phase") & (frame["phase"] != WHOLE)]
    columns = ("start", "end", "phase", "label")
    return list(zip(*(rows[column] for column in columns), strict=True))


def _named_phases(frame: pd.DataFrame) -> bool:
    return bool(_phases(frame))


def _label_lanes(ax: Axes, layout: Layout) -> None:
    places = [*layout.names, *layout.lanes.values(), sum(layout.dyad) / 2]
    whose = [who for who, _ in layout.lanes]
    states = [state if whose.count(who) > 1 else "any state" for who, state in layout.lanes]
    texts = [*layout.partners, *states, "together"]
    ax.set_yticks(places, [text if len(text) < 24 else f"{text[:22]}…" for text in texts])
    for at, label in enumerate(ax.get_yticklabels()):
        if at < 2:
            label.set_color(look.PARTNERS[at])
            label.set_fontweight("bold")
        elif at < len(places) - 1:
            label.set_fontsize("small")
            label.set_color(look.QUIET)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _add_legend(ax: Axes, frame: pd.DataFrame, partners: tuple[str, str]) -> None:
    """Only what the picture holds."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    ruptures = frame[frame["layer"] == "rupture"]
    layers = set(frame["layer"])
    names = ("", *partners, "both")
    told = {1: partners[0], 2: partners[1], 3: "both at once"}
    handles: list[Any] = []
    if "match" in layers:
        handles.append(Patch(color=look.MATCH, label="match"))
    for who in (1, 2, 3):
        if (ruptures["by"] == names[who]).any():
            handles.append(
                Line2D([], [], color=look.WHO_COLOURS[who], lw=1.3, label=f"opened by {told[who]}")
            )
    if (ruptures["by"] == "").any():
        handles.append(
            Line2D([], [], color=look.NULL, lw=1.3, ls=(0, (1, 1.4)), label="already running")
        )
    for who in (1, 2, 3):
        if (ruptures["repaired_by"] == names[who]).any():
            handles.append(
                Line2D(
                    [],
                    [],
                    ls="none",
                    marker=look.WHO_MARKS[who],
                    ms=5,
                    mew=0,
                    color=look.WHO_COLOURS[who],
                    label=f"repaired by {told[who]}",
                )
            )
    for outcome, shape, text in (
        ("censored", open_arrow(), "cut off"),
        ("unrepaired", "|", "not repaired in the window"),
    ):
        if (ruptures["outcome"] == outcome).any():
            handles.append(
                Line2D([], [], ls="none", marker=shape, mfc="none", mec=look.INK, ms=5, label=text)
            )
    if layers & {"unobserved", "unseen"}:
        handles.append(
            Patch(fc="none", ec=look.HATCH, hatch=look.HATCH_PATTERN, lw=0, label="not observed")
        )
    figure = ax.figure
    figure.legend(
        handles=handles,
        loc="outside lower left" if figure.get_layout_engine() else "lower left",
        ncols=min(len(handles), 5),
        handlelength=1.4,
        columnspacing=1.6,
        handletextpad=0.5,
    )
