"""Pictures of the report of synchrony."""

from __future__ import annotations

from reattune.show import synchrony_data as data
from reattune.show.phrases import phase_name, start_upper
from reattune.show.plots.synchrony_chance import plot_synchrony_chance, plot_synchrony_study
from reattune.show.plots.synchrony_heat import plot_synchrony_heat
from reattune.show.plots.synchrony_lags import plot_synchrony_lags
from reattune.show.plots.synchrony_onset import plot_synchrony_onset
from reattune.show.plots.synchrony_signals import plot_synchrony_signals
from reattune.show.report.figures import Figure, make_figure
from reattune.synchrony import CrossTable
from reattune.synchrony_pipeline.result import (
    SignalPart,
    SignalRecord,
    StudySynchrony,
    SynchronyAnalysis,
)
from reattune.synchrony_tests import SignalPairings, SynchronyChance

READING = (
    "Above lag zero the first partner leads, below it the second. Purple: together; ochre: in "
    "opposite directions; hatched: missing. Line: the lag that changes slowly and collects most. "
    "Below: the mean of every window over all lags, absolute and with sign. Grey: what chance "
    "gives at that moment; dotted: what it gives anywhere."
)


def where_of(row: StudySynchrony) -> str:
    """Phase and condition as a heading; empty for whole records of one kind."""
    told = [] if row.phase == "all" else [phase_name(row.phase)]
    return start_upper(", ".join([*told, *([row.condition] if row.condition else [])]))


def title_of(part: SignalPart) -> str:
    """The phase as a heading; empty for a whole record."""
    return "" if part.phase.label == "all" else start_upper(phase_name(part.phase.label))


def sure_figures(analysis: SynchronyAnalysis) -> list[Figure]:
    """Dyads beside strangers; for one record, its surrogates."""
    if len(analysis.records) > 1:
        return [
            _study_figure(row, row.pairings, f"strangers-{at}")
            for at, row in enumerate(analysis.study, 1)
            if row.pairings is not None
        ]
    return [
        _chance_figure(part.chance, title_of(part), f"chance-{at}")
        for at, part in enumerate(analysis.records[0].parts, 1)
        if part.chance is not None
    ]


def _chance_figure(chance: SynchronyChance, title: str, name: str) -> Figure:
    return make_figure(
        plot_synchrony_chance(chance).figure,  # type: ignore[arg-type]
        data.record_chance_data(chance),
        name=name,
        title=f"Beside chance{f', {title.lower()}' if title else ''}",
        caption="Black: what was seen. Grey: what the same two signals give at other moments, with "
        "the middle 95 % below.",
        alternative="; ".join(
            f"{row.name} {row.observed:.3f}, chance {row.null_mean:.3f}"
            for row in chance.statistics[:3]
        ),
    )


def _study_figure(row: StudySynchrony, pairings: SignalPairings, name: str) -> Figure:
    frame = data.study_chance_data(pairings, row.pairing, row.combined)
    where = where_of(row)
    return make_figure(
        plot_synchrony_study(pairings, row.pairing, row.combined).figure,  # type: ignore[arg-type]
        frame,
        name=name,
        title=f"Dyads beside strangers{f', {where.lower()}' if where else ''}",
        caption="Hill: all first partners with second partners of other dyads. Circles: the dyads; "
        "diamond: their mean with its 95 % interval over dyads. Grey lines: what that mean is by "
        "chance (middle 95 %). The hill is wider than what chance gives for a mean: compare the "
        "diamond with the lines, not with the hill.",
        alternative="Mean absolute z of every dyad beside that of strangers.",
    )


def look_figures(analysis: SynchronyAnalysis) -> list[Figure]:
    """One record over time, by lag, and as it was recorded."""
    record = analysis.records[0]
    found = []
    for at, part in enumerate(record.parts, 1):
        title = title_of(part)
        after = f", {title.lower()}" if title else ""
        if part.table is not None:
            found.append(
                heat_figure(part, part.table, f"lags-over-time-{at}", f"Lags over time{after}")
            )
            if part.chance is not None and part.table.grid.max_lag:
                found.append(_lag_figure(part, part.chance, f"lags-{at}", f"By lag{after}"))
        found.append(_signal_figure(record, part, f"signals-{at}", f"The two signals{after}"))
    return found


def heat_figure(
    part: SignalPart, table: CrossTable, name: str, title: str, *, small: bool = False
) -> Figure:
    """Lags over time; a small one for a page of many."""
    cells = (96, 31) if small else data.CELLS
    frame = data.heat_data(table, part.chance, path=part.path, cells=cells)
    drawn = plot_synchrony_heat(table, part.chance, frame=frame)
    return make_figure(
        drawn.figure,  # type: ignore[arg-type]
        frame,
        name=name,
        title=title,
        caption=READING,
        alternative=f"Correlation by lag over time. {start_upper(part.say_lead())} at the lag "
        "where the absolute mean is largest.",
    )


def _lag_figure(part: SignalPart, chance: SynchronyChance, name: str, title: str) -> Figure:
    return make_figure(
        plot_synchrony_lags(chance).figure,  # type: ignore[arg-type]
        data.lag_data(chance),
        name=name,
        title=title,
        caption="Mean over the windows at every lag. Grey band: chance at that lag; dotted: chance "
        "at any lag; dots: lags beyond that. A curve that stays inside says no lag can be named.",
        alternative=f"Profile over lags: {part.say_lead()} where the absolute mean is largest.",
    )


def _signal_figure(record: SignalRecord, part: SignalPart, name: str, title: str) -> Figure:
    raw = tuple(signal.clip(*part.phase.window) for signal in record.raw)
    pair = (raw[0], raw[1])
    frame = data.signal_data(pair, part.table, part.chance, record.artefacts)
    drawn = plot_synchrony_signals(pair, part.table, part.chance, record.artefacts, frame=frame)
    return make_figure(
        drawn.figure,  # type: ignore[arg-type]
        frame,
        name=name,
        title=title,
        caption="As recorded; light: range within each stretch that is drawn. Strips and shades: "
        "windows that leave what chance gives anywhere, absolute and with sign. Black below a "
        "lane: stretches to look at. Hatched: missing.",
        alternative=f"Signals of {record.partners[0]} and {record.partners[1]} over time.",
    )


def compare_figures(analysis: SynchronyAnalysis) -> list[Figure]:
    """Around the onset of epochs."""
    found = []
    named = dict.fromkeys((epoch.name, epoch.phase) for epoch in analysis.epochs)
    for at, (name, phase) in enumerate(named, 1):
        tests = [
            (epoch.kind, epoch.chance)
            for epoch in analysis.epochs
            if (epoch.name, epoch.phase) == (name, phase) and epoch.chance is not None
        ]
        if not tests:
            continue
        window_s = analysis.options.windows.window_s
        found.append(
            make_figure(
                plot_synchrony_onset(tests, window_s=window_s).figure,  # type: ignore[arg-type]
                data.onset_data(tests),
                name=f"onset-{at}",
                title=f"Around the onset of {name}",
                caption="Mean of the windows by the distance of their middle from an onset. Grey: "
                "the same epochs placed elsewhere; dotted: anywhere. Nothing is sharper in time "
                "than a window is long.",
                alternative=f"Synchrony around the onset of {name}, beside chance.",
            )
        )
    return found
