"""One case over its meetings: ratings, bands, ruptures, every criterion, CUSUM, remarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.course_pipeline import CourseAnalysis
from reattune.show import style as look
from reattune.show.course_data import case_data
from reattune.show.plots.marks import add_hatch, add_lines, add_spans, open_arrow
from reattune.show.style import clear_ground, drawing

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 10.0
RATING, STRIP_ROW, CUSUM, REMARKS = 2.5, 0.2, 0.65, 0.35
GAP, ABOVE, RIGHT = 0.12, 0.3, 0.62
LONGEST_NAME = 36
SIGMAS = (3, 2, 1)


def plot_course(
    analysis: CourseAnalysis,
    case: str,
    *,
    ax: Axes | None = None,
    criterion: str | None = None,
    legend: bool = True,
    title: str | None = None,
    again: Figure | None = None,
    frame: pd.DataFrame | None = None,
    **style: Any,
) -> Axes:
    """A case over its meetings.

    Ratings as lines (the second rater dashed), broken where nobody rated. Grey bands: 1, 2 and 3
    sigma around the centre of the judged ratings. Shaded: ruptures of one criterion, from the last
    rating before the drop to the repair or the last rating. Below: a row of marks for every
    criterion, the CUSUM with its limit, and remarks where there are any.

    Parameters
    ----------
    analysis : CourseAnalysis
    case : str
    ax : Axes, optional
        Draws the ratings alone there; by default a new figure with all lanes.
    criterion : str, optional
        Whose ruptures are shaded; those of the first by default.
    legend : bool, default True
    title : str, optional
        ``Case <name>`` by default.
    again : Figure, optional
        One that an earlier call without a legend drew and that is no longer needed: it is wiped
        and drawn on again where it has the same lanes, which is quicker than a new one.
    frame : DataFrame, optional
        What `case_data` gives for the case, where it was made before.
    **style
        Matplotlib settings.

    Returns
    -------
    Axes
        Of the ratings; ``ax.figure.axes`` has all lanes.
    """
    frame = case_data(analysis, case) if frame is None else frame
    shaded = analysis.result(criterion).name
    names = [result.name for result in analysis.results]
    shown = [_clip(name) for name in names]
    with drawing(**style):
        if ax is not None:
            _draw_ratings(ax, frame, analysis, shaded)
            axes = [ax]
        else:
            axes = _lanes(frame, shown, legend, again)
            _draw_ratings(axes[0], frame, analysis, shaded)
            _draw_strip(axes[1], frame, names, shaded)
            rest = axes[2:]
            if (frame["layer"] == "cusum").any():
                _draw_cusum(rest.pop(0), frame)
            if rest:
                _draw_remarks(rest[0], frame)
        _finish(axes, frame)
        name = f"Case {case}" if title is None else title
        if name:
            axes[0].set_title(name)
        if legend:
            _add_legend(axes[-1], frame, analysis, shaded)
    return axes[0]


def _lanes(
    frame: pd.DataFrame, names: Sequence[str], legend: bool, again: Figure | None
) -> list[Axes]:
    """Axes one below the other, with margins of known size: a study draws many of these."""
    from matplotlib.figure import Figure

    heights = [RATING, STRIP_ROW * max(len(names), 2)]
    if (frame["layer"] == "cusum").any():
        heights.append(CUSUM)
    if (frame["layer"] == "remark").any():
        heights.append(REMARKS)
    below = 0.78 if legend else 0.45
    total = sum(heights) + GAP * (len(heights) - 1) + ABOVE + below
    if again is not None and not legend and not again.legends:
        same = len(again.axes) == len(heights) and abs(again.get_figheight() - total) < 1e-9
        if same:
            return _wipe(again)
    # Without a layout engine matplotlib draws once, not twice.
    figure = Figure(figsize=(WIDTH, total))
    figure.patch.set_alpha(0.0)
    left = max(0.7, 0.066 * max(len(name) for name in names) + 0.15)
    lanes, top = [], total - ABOVE
    for height in heights:
        box = (left / WIDTH, (top - height) / total, 1 - (left + RIGHT) / WIDTH, height / total)
        lanes.append(figure.add_axes(box))
        top -= height + GAP
    return lanes


def _wipe(figure: Figure) -> list[Axes]:
    """The axes of a figure without what was drawn on them; making new ones costs far more."""
    for lane in figure.axes:
        for artist in (*lane.lines, *lane.patches, *lane.collections, *lane.texts):
            artist.remove()
        lane.set_title("")
    return list(figure.axes)


def _finish(axes: Sequence[Axes], frame: pd.DataFrame) -> None:
    """One clock for all lanes, written below the last.

    Numbers are plain texts: a tick costs ten times as much, and a study draws many cases.
    """
    seen = frame[frame["layer"].isin(("rating", "missing"))]["meeting"]
    first, last = (float(seen.min()), float(seen.max())) if len(seen) else (1.0, 1.0)
    for lane in axes:
        lane.xaxis.set_visible(False)
        lane.set_xlim(first - 0.6, last + 0.6)
        lane.spines["bottom"].set_visible(lane is axes[-1])
    below = axes[-1]
    inches = below.get_position().height * below.figure.get_figheight()  # type: ignore[union-attr]
    step = next(s for s in (1, 2, 5, 10, 20, 50, 10**6) if (last - first) / s <= 25)
    numbers = [m for m in range(0, int(last) + 1, step) if m >= first]
    place = {"transform": below.get_xaxis_transform(), "va": "top", "ha": "center"}
    for meeting in numbers:
        below.text(meeting, -0.05 / inches, f"{meeting}", **place)  # type: ignore[arg-type]
    below.text((first + last) / 2, -0.21 / inches, "meeting", **place)  # type: ignore[arg-type]


def _draw_ratings(ax: Axes, frame: pd.DataFrame, analysis: CourseAnalysis, shaded: str) -> None:
    clear_ground(ax)
    ax.set_ylabel(f"{analysis.scale} (points)")
    lines = frame[frame["layer"] == "centre"]
    if len(lines):
        at, centre, sigma = (lines[c].to_numpy() for c in ("meeting", "value", "low"))
        at = np.concatenate([[at[0] - 0.6], at[1:-1], [at[-1] + 0.6]]) if at.size > 1 else at
        level = float(np.ptp(centre)) == 0.0 and float(np.ptp(sigma)) == 0.0
        for times in SIGMAS:
            low, high = centre - times * sigma, centre + times * sigma
            gid, alpha = f"sigma-{times}", 0.38
            if level:
                box = (float(at[0]), float(at[-1]), float(low[0]), float(high[0]))
                add_spans(ax, [box], look.NULL_BAND, gid=gid, alpha=alpha, zorder=0.1)
            else:
                ax.fill_between(
                    at, low, high, color=look.NULL_BAND, alpha=alpha, lw=0, zorder=0.1, gid=gid
                )
        ax.plot(at, centre, color=look.NULL, lw=1.0, zorder=0.2, gid="centre")
        for times in (*SIGMAS, 0):
            place = float(centre[-1] - times * sigma[-1])
            told = f"−{times} sigma" if times else "centre"
            ax.annotate(
                told, (1.0, place), xycoords=("axes fraction", "data"), xytext=(3, 0),
                textcoords="offset points", va="center", size=7.0, color=look.QUIET,
            )  # fmt: skip
    raters = _raters(frame, analysis.rater)
    low, high = _limits(frame[frame["layer"] == "rating"])
    if len(lines):
        low = min(low, float((lines["value"] - 3.2 * lines["low"]).min()))
        high = max(high, float((lines["value"] + 3.2 * lines["low"]).max()))
    ax.set_ylim(low, high)
    for side, who in enumerate(raters[:2]):
        colour = look.PARTNERS[min(analysis.raters.index(who), 1)]
        own = frame[frame["who"] == who]
        seen, gaps = own[own["layer"] == "rating"], own[own["layer"] == "missing"]["meeting"]
        if side == 0:
            add_hatch(ax, gaps - 0.5, gaps + 0.5, low, high, "missing")
        for run in _runs(seen):
            ax.plot(
                run["meeting"], run["value"], color=colour,
                ls="-" if side == 0 else (0, (4, 2)), lw=1.7 if side == 0 else 1.2,
                marker="o" if side == 0 else "s", ms=4.2 if side == 0 else 3.4,
                mfc=colour if side == 0 else "none", gid=f"rating-{side + 1}",
                zorder=4 - side,
            )  # fmt: skip
    _shade(ax, frame, shaded, analysis)


def _raters(frame: pd.DataFrame, judged: str) -> list[str]:
    """The judged rater, then the others."""
    raters = list(dict.fromkeys(frame[frame["layer"] == "rating"]["who"]))
    return sorted(raters, key=lambda who: who != judged)


def _limits(seen: pd.DataFrame) -> tuple[float, float]:
    if seen.empty:
        return 0.0, 1.0
    low, high = float(seen["value"].min()), float(seen["value"].max())
    room = 0.08 * (high - low) or 0.5
    return low - room, high + room


def _runs(seen: pd.DataFrame) -> list[pd.DataFrame]:
    """Ratings of adjacent meetings; a missing meeting breaks the line."""
    if seen.empty:
        return []
    parts = (seen["meeting"].diff() > 1.5).cumsum()
    return [run for _, run in seen.groupby(parts)]


def _shade(ax: Axes, frame: pd.DataFrame, shaded: str, analysis: CourseAnalysis) -> None:
    """Onset, nadir and repair of every rupture of one criterion, with the latency in words."""
    events = frame[(frame["layer"] == "event") & (frame["who"] == shaded)]
    own = frame[(frame["layer"] == "rating") & (frame["who"] == analysis.rater)]
    colour = look.PARTNERS[min(analysis.side, 1)]
    ratings = dict(zip(own["meeting"], own["value"], strict=True))
    low, high = ax.get_ylim()
    for row in events.to_dict("records"):
        start, end, nadir = (float(row[k]) for k in ("meeting", "end_meeting", "value"))
        left = start - 0.5
        right = end if row["label"] == "repaired" else end + 0.5
        add_spans(ax, [(left, right, low, high)], colour, gid="rupture", alpha=0.1, zorder=0.3)
        ax.plot([left, left], [low, high], color=look.QUIET, lw=0.8, ls=(0, (2, 2)), gid="onset")
        ax.plot(nadir, ratings[nadir], "o", ms=9, mfc="none", mec=look.INK, mew=1.1, gid="nadir",
                zorder=5)  # fmt: skip
        told = str(row["label"]) if row["label"] != "repaired" else ""
        if row["label"] == "repaired" and end in ratings:
            ax.plot(end, ratings[end], "^", ms=7.5, color=look.INK, mew=0, gid="repair", zorder=6)
            _draw_way_back(ax, (nadir, ratings[nadir]), (end, ratings[end]))
            told = f"back after {row['low']:g}"
        told = {"censored": "cut off", "unrepaired": "not repaired"}.get(told, told)
        ax.annotate(
            told, (left, 1.0), xycoords=("data", "axes fraction"), xytext=(3, -3),
            textcoords="offset points", va="top", size=7.5, color=look.QUIET,
        )  # fmt: skip
    ax.set_ylim(low, high)


def _draw_way_back(ax: Axes, lowest: tuple[float, float], back: tuple[float, float]) -> None:
    """An arrow from the lowest rating to the one that repairs, bent so that the line shows."""
    from matplotlib.patches import FancyArrowPatch

    arrow = FancyArrowPatch(
        lowest, back, connectionstyle="arc3,rad=0.25", arrowstyle="-|>", mutation_scale=8,
        shrinkA=5, shrinkB=6, lw=0.9, color=look.QUIET, zorder=3.5,
    )  # fmt: skip
    arrow.set_gid("repair-arrow")
    ax.add_patch(arrow)


def _clip(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _draw_strip(ax: Axes, frame: pd.DataFrame, names: Sequence[str], shaded: str) -> None:
    """One row per criterion: a line from onset to end, a mark for how it ended."""
    clear_ground(ax)
    events = frame[frame["layer"] == "event"]
    rows = [names.index(name) for name in events["who"]]
    starts, ends = events["meeting"].tolist(), events["end_meeting"].tolist()
    ticks = [[(x, y - 0.3), (x, y + 0.3)] for x, y in zip(starts, rows, strict=True)]
    lines = [[(a, y), (b, y)] for a, b, y in zip(starts, ends, rows, strict=True)]
    add_lines(
        ax, [[(-9999, y), (9999, y)] for y in range(len(names))], look.FAINT, gid="row", width=0.6
    )
    add_lines(ax, ticks, look.INK, gid="tick", width=1.6)
    add_lines(ax, lines, look.INK, gid="rupture-line", width=1.1)
    for label in dict.fromkeys(events["label"]):
        own = [(b, y) for b, y, k in zip(ends, rows, events["label"], strict=True) if k == label]
        ax.plot(
            *zip(*own, strict=True), marker=_mark(label), ms=5, color=look.INK, ls="none",
            mfc="none" if label == "censored" else look.INK, gid=f"end-{label}", clip_on=False,
        )  # fmt: skip
    for at, name in enumerate(names):
        ax.text(
            -0.006, at, _clip(name), transform=ax.get_yaxis_transform(), ha="right", va="center",
            size=7.5, weight="bold" if name == shaded else "normal",
        )  # fmt: skip
    ax.yaxis.set_visible(False)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.spines["left"].set_visible(False)


def _mark(label: str) -> Any:
    """A repair, an open arrow for a cut-off end, a cross for a window that passed."""
    if label == "censored":
        return open_arrow()
    return {"repaired": "^", "unrepaired": "x"}.get(label, ".")


def _draw_cusum(ax: Axes, frame: pd.DataFrame) -> None:
    clear_ground(ax)
    rows = frame[frame["layer"] == "cusum"]
    limit = float(rows["high"].iloc[0])
    bars = [
        (at - 0.28, at + 0.28, 0.0, value)
        for at, value in zip(rows["meeting"], rows["value"], strict=True)
        if value > 0
    ]
    add_spans(ax, bars, look.NULL, gid="cusum")
    ax.axhline(limit, color=look.QUIET, lw=0.8, ls=(0, (4, 2)), gid="cusum-limit")
    ax.set_ylim(0, max(limit * 1.25, float(rows["value"].max()) * 1.1))
    ax.set_yticks([0, limit], ["0", f"{limit:g}"])
    ax.set_ylabel("CUSUM\n(sigma)", size=7.5)


def _draw_remarks(ax: Axes, frame: pd.DataFrame) -> None:
    clear_ground(ax)
    rows = frame[frame["layer"] == "remark"]
    for at, (meeting, text) in enumerate(zip(rows["meeting"], rows["label"], strict=True)):
        y = 0.7 if at % 2 == 0 else 0.25
        shown = text if len(text) < 30 else f"{text[:28]}…"
        ax.plot(meeting, y, "|", ms=8, color=look.QUIET)
        ax.text(meeting + 0.12, y, shown, size=7.0, va="center", color=look.INK)
    ax.set_ylim(0, 1)
    ax.text(-0.006, 0.5, "remarks", transform=ax.transAxes, ha="right", va="center", size=7.5)
    ax.yaxis.set_visible(False)
    ax.spines["left"].set_visible(False)


def _add_legend(ax: Axes, frame: pd.DataFrame, analysis: CourseAnalysis, shaded: str) -> None:
    """Only what the picture holds."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    raters = _raters(frame, analysis.rater)
    kinds = set(frame[frame["layer"] == "event"]["label"])
    blank: dict[str, Any] = {"ls": "none", "color": look.INK, "ms": 5}
    handles: list[Any] = [
        Line2D(
            [],
            [],
            color=colour,
            ls="-" if at == 0 else (0, (4, 2)),
            marker="os"[at],
            ms=4,
            mfc=colour if at == 0 else "none",
            label=who,
        )
        for at, who in enumerate(raters[:2])
        for colour in [look.PARTNERS[min(analysis.raters.index(who), 1)]]
    ]
    if kinds:
        handles.append(
            Patch(
                fc=look.PARTNERS[min(analysis.side, 1)],
                ec="none",
                alpha=0.12,
                label=f"rupture ({shaded})",
            )
        )
        handles.append(
            Line2D([], [], marker="o", mfc="none", mec=look.INK, label="lowest", **blank)
        )
    if "repaired" in kinds:
        handles.append(Line2D([], [], marker="^", label="repair", **blank))
    if "censored" in kinds:
        handles.append(Line2D([], [], marker=open_arrow(), mfc="none", label="cut off", **blank))
    if "unrepaired" in kinds:
        handles.append(Line2D([], [], marker="x", label="not repaired in the window", **blank))
    if (frame["layer"] == "missing").any():
        handles.append(
            Patch(fc="none", ec=look.HATCH, hatch=look.HATCH_PATTERN, lw=0, label="not rated")
        )
    figure = ax.figure
    figure.legend(
        handles=handles, loc="lower center", ncols=len(handles), handlelength=1.6,
        columnspacing=1.4, borderaxespad=0.1,
    )  # fmt: skip
