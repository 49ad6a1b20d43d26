"""All sessions of a study one below the other: when they were matched, and where phases lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reattune.results import StudyAnalysis
from reattune.show import style as look
from reattune.show.data import aligned_on, raster_data
from reattune.show.phrases import phase_name
from reattune.show.plots.marks import add_hatch, add_lines, add_spans, label_time
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

ROW = 0.34
MAX_NAMED = 80


def plot_raster(study: StudyAnalysis, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Matched time (teal) of every session, one row each, on a common clock.

    The clock runs from the onset of the imposed phase (still-face) where every session has one,
    otherwise from the start of the first phase. Small strokes mark where phases begin and end;
    unobserved time is hatched.

    Parameters
    ----------
    study : StudyAnalysis
    ax : Axes, optional
    **style
        Matplotlib settings.

    Returns
    -------
    Axes
    """
    frame = raster_data(study)
    names = [analysis.session.id for analysis in study.analyses]
    clock = study.analyses[0].session.clock if study.analyses else "second"
    with drawing(**style):
        if ax is None:
            ax = new_figure(10.0, 0.95 + 0.155 * max(len(names), 3)).subplots()
        clear_ground(ax)
        bars = {layer: _bars(frame, layer, names) for layer in ("span", "match", "phase")}
        spans = [[(a, at), (b, at)] for a, b, at in bars["span"]]
        add_lines(ax, spans, look.FAINT, gid="span", width=0.8)
        boxes = [(a, b, at - ROW, at + ROW) for a, b, at in bars["match"]]
        add_spans(ax, boxes, look.MATCH, gid="match", zorder=2)
        for at, name in enumerate(names):
            own = frame[(frame["session"] == name) & (frame["layer"] == "unobserved")]
            add_hatch(ax, own["start"], own["end"], at - ROW, at + ROW, "unobserved")
        strokes = [[(x, at - 0.5), (x, at + 0.5)] for a, b, at in bars["phase"] for x in (a, b)]
        add_lines(ax, strokes, look.QUIET, gid="phase", width=1.0)
        _name_phases(ax, frame)
        window = (float(frame["start"].min()), float(frame["end"].max())) if len(frame) else (0, 1)
        ax.set_xlim(*window)
        ax.set_ylim(len(names) - 0.4, -0.6)
        shown = names if len(names) <= MAX_NAMED else []
        ax.set_yticks(range(len(shown)), [n if len(n) < 18 else f"{n[:16]}…" for n in shown])
        for label in ax.get_yticklabels():
            label.set_fontsize(7.0)
        ax.spines["left"].set_visible(False)
        label_time(ax, window, clock, name=True)
        zero = aligned_on(study)
        if zero:
            ax.set_xlabel(f"{ax.get_xlabel()} from the onset of {phase_name(zero)}", loc="left")
    return ax


def _bars(frame: pd.DataFrame, layer: str, names: list[str]) -> list[tuple[float, float, float]]:
    """Start, end and row of every stretch of a layer."""
    rows = frame[frame["layer"] == layer]
    places = [float(names.index(name)) for name in rows["session"]]
    return list(zip(rows["start"].tolist(), rows["end"].tolist(), places, strict=True))


def _name_phases(ax: Axes, frame: pd.DataFrame) -> None:
    first = frame[frame["layer"] == "phase"].groupby("label", sort=False)
    for label, rows in first:
        x = float((rows["start"].median() + rows["end"].median()) / 2)
        ax.text(x, -0.75, phase_name(str(label)), ha="center", va="bottom", color=look.QUIET)
