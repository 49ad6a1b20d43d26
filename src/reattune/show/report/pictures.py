"""Which pictures a report shows, with their captions."""

from __future__ import annotations

from reattune.results import WHOLE, Analysis, StudyAnalysis
from reattune.show import data
from reattune.show.phrases import count, percent, phase_name
from reattune.show.plots.latency import plot_latency
from reattune.show.plots.null import plot_null
from reattune.show.plots.overview import plot_overview
from reattune.show.plots.raster import plot_raster
from reattune.show.plots.timeline import plot_timeline
from reattune.show.report.figures import Figure, make_figure
from reattune.show.style import drawing, new_figure

READING_THE_TIMELINE = (
    "Above and below, what each partner showed; between them the dyad. Teal: matched. An open "
    "bracket: a rupture, in the colour and on the side of the partner who opened it. A triangle: "
    "its repair, pointing to the partner who made it. An open arrow: we stopped seeing it. "
    "Hatched: not observed."
)


def timeline_figure(analysis: Analysis, name: str = "timeline", caption: str = "") -> Figure:
    """The session from left to right."""
    shares = ", ".join(
        f"{phase_name(part.phase.label) if part.phase.label != WHOLE else 'whole session'}: "
        f"{percent(part.measures['matched_prop'].value)} matched, "
        f"{count(sum(part.tally.outcomes), 'rupture')}"
        for part in analysis.parts
    )
    return make_figure(
        plot_timeline(analysis, title="").figure,  # type: ignore[arg-type]
        data.timeline_data(analysis),
        name=name,
        title="The session over time",
        caption=caption,
        alternative=f"Timeline of session {analysis.session.id}. {shares}.",
    )


def null_figure(analysis: Analysis) -> Figure | None:
    """Headline measures beside their null; None where none was drawn."""
    frame = data.null_data(analysis)
    if frame.empty:
        return None
    return make_figure(
        plot_null(analysis).figure,  # type: ignore[arg-type]
        frame,
        name="null",
        title="What was seen beside what chance gives",
        caption="Dot: what was seen. Grey hill: the same two streams, not timed to each other. The "
        "grey band holds the middle 95 % of these. A dot inside the band is what chance gives "
        "often; how far outside it lies says how rarely. Each row has a scale of its own.",
        alternative="Measures beside their null: "
        + "; ".join(
            f"{row['phase']} {row['label']} {row['value']:.2g}, null {row['null_mean']:.2g}"
            for row in frame.to_dict("records")
        ),
    )


def latency_figure(analysis: Analysis) -> Figure | None:
    """Kaplan-Meier curves, one panel per phase with ruptures; None where there is none."""
    frame = data.latency_data(analysis)
    imposed = {part.phase.label for part in analysis.parts if part.phase.imposed}
    labels = [label for label in dict.fromkeys(frame["phase"]) if label not in imposed]
    if not labels:
        return None
    columns = min(len(labels), 3)
    rows = -(-len(labels) // columns)
    with drawing():
        figure = new_figure(3.4 * columns if columns > 1 else 5.6, 2.9 * rows)
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for at, (panel, label) in enumerate(zip(panels, labels, strict=False)):
            plot_latency(analysis, ax=panel, phase=label, legend=at == len(labels) - 1)
        for panel in panels[len(labels) :]:
            panel.set_axis_off()
    return make_figure(
        figure,
        frame[frame["phase"].isin(labels)],
        name="latency",
        title="How long until repair",
        caption="Share of ruptures repaired within a time (Kaplan-Meier: ruptures that were cut "
        "off count as long as we saw them). Teal: 95 % interval. Strokes: cut off. Grey: streams "
        "not timed to each other, at 1, 3, 5 and 10 s.",
        alternative="Share of ruptures repaired against seconds since they began, for "
        + ", ".join(phase_name(label) for label in labels),
    )


def raster_figure(study: StudyAnalysis) -> Figure:
    """All sessions one below the other."""
    zero = data.aligned_on(study)
    aligned = f" All sessions stand so that {phase_name(zero)} begins at 0." if zero else ""
    return make_figure(
        plot_raster(study).figure,  # type: ignore[arg-type]
        data.raster_data(study),
        name="raster",
        title="All sessions over time",
        caption=f"One row per session. Teal: matched. Strokes: edges of phases. Hatched: not "
        f"observed.{aligned}",
        alternative=f"When the partners of {count(len(study.analyses), 'session')} were matched.",
    )


def overview_figure(study: StudyAnalysis) -> Figure:
    """Matched share of every session beside its null."""
    frame = data.overview_data(study)
    grey = ""
    if frame["null_mean"].notna().any():
        grey = " Grey band and stroke: the middle 95 % and the mean of its rotated streams."
    elif frame["expected"].notna().any():
        grey = " Grey stroke: what base rates give."
    return make_figure(
        plot_overview(study).figure,  # type: ignore[arg-type]
        frame,
        name="overview",
        title="Every session",
        caption=f"Dot: matched share of a session.{grey} Diamond: all sessions together, with 95 % "
        "interval.",
        alternative="Matched share by session and phase beside its null.",
    )
