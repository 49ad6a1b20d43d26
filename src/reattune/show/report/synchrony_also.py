"""Tables of other measures of coupling: the null beside every value, and a sentence on each."""

from __future__ import annotations

from math import isnan

from reattune.show.phrases import listed, number, p_value, phase_name
from reattune.show.report.tables import EMPTY, Table
from reattune.show.synchrony_also_words import SLOW, TOLD, describe_each, show_value
from reattune.synchrony_pipeline.also_row import CouplingRow
from reattune.synchrony_pipeline.result import SynchronyAnalysis

MAX_ROWS = 400


def also_tables(analysis: SynchronyAnalysis) -> tuple[Table, ...]:
    """Every value of every other measure, and the measures in words; empty where none was asked."""
    every = [
        (record.id, phase_name(part.phase.label), row)
        for record in analysis.records
        for part in record.parts
        for row in part.also
    ]
    if not every:
        return ()
    note = SLOW
    if len(every) > MAX_ROWS:
        note += f" The first {MAX_ROWS} of {len(every):,}; all of them are in measures.csv."
    headings = ("record", "phase", "measure", "value", "null", "null, middle 95 %", "p", "n")
    rows = tuple((name, phase, *_cells(row)) for name, phase, row in every[:MAX_ROWS])
    words = tuple(
        (of, text, _reasons([row for _, _, row in every if row.of == of]), TOLD[of].source)
        for of, text in describe_each(analysis).items()
    )
    said = ("measure", "what was found, and what it cannot say", "no null or no value", "after")
    return (
        Table("Other measures of coupling", headings, rows, 3, note),
        Table("Other measures of coupling in words", said, words, 4),
    )


def _cells(row: CouplingRow) -> tuple[str, ...]:
    low, high = (show_value(v, row.unit) for v in (row.null_low, row.null_high))
    return (
        row.measure,
        _show(row.value, row.unit),
        _show(row.null_mean, row.unit),
        EMPTY if isnan(row.null_low) else f"{low} to {high}",
        EMPTY if isnan(row.p) else p_value(row.p).removeprefix("p = "),
        number(row.n, 0),
    )


def _show(value: float, unit: str) -> str:
    return EMPTY if isnan(value) else show_value(value, unit)


def _reasons(rows: list[CouplingRow]) -> str:
    """Every reason once, with the values it holds for."""
    why: dict[str, list[str]] = {}
    for row in rows:
        if row.refused:
            why.setdefault(row.refused, []).append(row.measure)
    told = [f"{listed(list(dict.fromkeys(names)))}: {text}" for text, names in why.items()]
    return " ".join(told) or EMPTY
