"""Tables of the report of synchrony: the null beside every value."""

from __future__ import annotations

from math import isnan

from reattune.show.phrases import moment, number, p_value, percent, phase_name
from reattune.show.report.tables import EMPTY, Table
from reattune.show.synchrony_data import cohens_d, split_pairings
from reattune.surrogates.ranks import ChanceStatistic
from reattune.synchrony_pipeline.frames import measure_part, unit_of
from reattune.synchrony_pipeline.result import StudySynchrony, SynchronyAnalysis

MAX_ROWS = 400
TESTED = ("mean_abs_z", "mean_z", "lag_zero_z", "first_leads_abs_z", "second_leads_abs_z",
          "lead_difference")  # fmt: skip
TESTS = {"pairing": "strangers", "combined": "other moments"}


def measures_table(analysis: SynchronyAnalysis) -> Table:
    """Every measure of every record and phase with its null."""
    rows = []
    for record in analysis.records:
        for part in record.parts:
            for name, (value, n) in measure_part(part).items():
                mean, low, high, p = part.null(name)
                unit = unit_of(name, analysis)
                rows.append(
                    (
                        record.id,
                        phase_name(part.phase.label),
                        name,
                        _show(value, unit),
                        _show(mean, unit),
                        EMPTY if isnan(low) else f"{_show(low, unit)} to {_show(high, unit)}",
                        EMPTY if isnan(p) else p_value(p).removeprefix("p = "),
                        number(n, 0),
                        unit,
                    )
                )
    note = "The cards below say what each measure is. "
    if len(rows) > MAX_ROWS:
        note += f"The first {MAX_ROWS} of {len(rows):,}; all of them are in measures.csv."
    headings = ("record", "phase", "measure", "value", "null", "null, middle 95 %", "p", "n")
    return Table(
        "Measures of every record", (*headings, "unit"), tuple(rows[:MAX_ROWS]), 3, note.strip()
    )


def _show(value: float, unit: str) -> str:
    if isnan(value):
        return EMPTY
    if unit == "proportion":
        return percent(value)
    return number(value, 2 if unit == "s" else 3)


def tests_table(analysis: SynchronyAnalysis) -> Table | None:
    """Both tests over records, for every phase and condition."""
    rows: list[tuple[str, ...]] = []
    for row in analysis.study:
        where = ", ".join(t for t in (phase_name(row.phase), row.condition) if t)
        for kind, told in TESTS.items():
            test = getattr(row, kind)
            for name in TESTED if test is not None else ():
                if name in test:
                    rows.append((where, told, name, *_numbers(test[name])))
    if not rows:
        return None
    headings = ("phase", "beside", "statistic", "observed", "null", "null, middle 95 %", "p")
    note = (
        "Strangers: partners re-paired between dyads, studentised, so that lively dyads do not "
        "count for more. Other moments: every record's windows moved by themselves."
    )
    return Table("Tests over records", headings, tuple(rows), 3, note)


def _numbers(row: ChanceStatistic) -> tuple[str, str, str, str]:
    p = EMPTY if isnan(row.p) else p_value(row.p).removeprefix("p = ")
    band = f"{number(row.null_low, 3)} to {number(row.null_high, 3)}"
    return number(row.observed, 3), number(row.null_mean, 3), band, p


def legacy_table(analysis: SynchronyAnalysis) -> Table | None:
    """Cohen's d of dyads against strangers, which other programs print; a description only."""
    rows = []
    for row in analysis.study:
        rows += _legacy_rows(row)
    if not rows:
        return None
    return Table(
        "Cohen's d, for comparison with other programs (legacy)",
        ("phase", "statistic", "d", "dyads", "pairs of strangers"),
        tuple(rows),
        2,
        "Every signal takes part in many pairs of strangers, so these are not independent and d "
        "has neither interval nor test here. Read the tests over records.",
    )


def _legacy_rows(row: StudySynchrony) -> list[tuple[str, ...]]:
    if row.pairings is None:
        return []
    where = ", ".join(t for t in (phase_name(row.phase), row.condition) if t)
    rows: list[tuple[str, ...]] = []
    for name in ("mean_abs_z", "mean_z"):
        own, strangers = split_pairings(row.pairings, name)
        own = own[own == own]
        d = cohens_d(own, strangers)
        told = EMPTY if isnan(d) else number(d, 2)
        rows.append((where, name, told, str(own.size), str(strangers.size)))
    return rows


def epochs_table(analysis: SynchronyAnalysis) -> Table | None:
    """Inside and outside epochs beside the same epochs placed elsewhere."""
    rows: list[tuple[str, ...]] = []
    for epoch in analysis.epochs:
        for name in ("inside", "outside", "difference") if epoch.chance is not None else ():
            row = epoch.chance[name]  # type: ignore[index]
            rows.append((epoch.name, phase_name(epoch.phase), epoch.kind, name, *_numbers(row)))
    if not rows:
        return None
    headings = ("epochs", "phase", "kind", "mean", "observed", "null", "null, middle 95 %", "p")
    return Table("Inside epochs and outside", headings, tuple(rows), 4)


def artefacts_table(analysis: SynchronyAnalysis) -> Table | None:
    """Every suspicious stretch."""
    rows = [
        (record.id, a.kind, a.partner or "both", moment(a.start_s), moment(a.end_s),
         number(a.end_s - a.start_s, 1))
        for record in analysis.records
        for a in record.artefacts.found
    ]  # fmt: skip
    if not rows:
        return None
    more = f"The first {MAX_ROWS} of {len(rows):,}. " if len(rows) > MAX_ROWS else ""
    note = (
        f"{more}zero_lag: both run alike at the same moment (one camera may have seen both); "
        "identical: equal movements; zeros: long zeros; clipped: at one extreme value. Nothing was "
        "removed because of them."
    )
    headings = ("record", "kind", "whose", "from", "to", "seconds")
    return Table("Stretches to look at", headings, tuple(rows[:MAX_ROWS]), 3, note)
