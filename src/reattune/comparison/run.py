"""Comparing a result by a column: from the counts of sessions to groups, tests and curves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import isfinite, nan
from pathlib import Path

from reattune.comparison.between import Plan
from reattune.comparison.columns import Column, choose_column, join_covariates
from reattune.comparison.courses import from_courses, read_course_result
from reattune.comparison.measures import Measure, choose_measures
from reattune.comparison.notes import list_notes
from reattune.comparison.parts import Found, find_centre
from reattune.comparison.read import find_folder, read_sessions
from reattune.comparison.result import Comparison, Effect, Overall
from reattune.comparison.source import Source, from_study
from reattune.core.errors import SettingError, did_you_mean
from reattune.core.study import Progress
from reattune.course_pipeline import CourseAnalysis
from reattune.results import StudyAnalysis

PERMUTATIONS = 4999


def compare(
    result: StudyAnalysis | CourseAnalysis | Source | str | Path,
    by: str,
    *,
    measures: Iterable[str] | None = None,
    phases: Iterable[str] | None = None,
    criteria: Iterable[str] | None = None,
    covariates: str | Path | None = None,
    on: str | None = None,
    kind: str = "auto",
    reference: str | None = None,
    seed: int = 1,
    permutations: int = PERMUTATIONS,
    on_progress: Progress | None = None,
) -> Comparison:
    """The comparison of a result's dyads (or cases) by a column.

    Parameters
    ----------
    result : StudyAnalysis, CourseAnalysis, Source or path-like
        What an analysis handed back, or the folder it was written to (or the measures.csv in it);
        or counts and exposures of your own.
    by : str
        A covariate of the study file or of ``covariates``, or ``"phase"``. A category makes groups;
        a number gives a slope per SD; phases, and columns that change within dyads (session
        number, age), are compared within each dyad.
    measures : iterable of str, optional
        What to test. Name those you planned: p is adjusted for all that are tested.
    phases : iterable of str, optional
        Which phases; all by default, each by itself.
    criteria : iterable of str, optional
        Which criteria, for courses of ratings; all by default.
    covariates : path-like, optional
        A table with further columns, one row per dyad, case or session.
    on : str, optional
        Its column of ids; found by its usual names when absent.
    kind : {"auto", "category", "number"}
        How to take the column. By default numbers with more than two different values are numbers.
    reference : str, optional
        The group (or phase) that the others are compared with; the first by default.
    seed : int, default 1
    permutations : int, default 4999
        Of the labels over dyads; all distinct ones are taken where there are no more.
    on_progress : callable(done, total, what), optional

    Returns
    -------
    Comparison

    Raises
    ------
    SettingError
        For a column, measure, phase or group that is not there or cannot be compared by.
    ReadError
        For a folder that holds no result, or a damaged table.

    Notes
    -----
    The dyad is the unit: its sessions are pooled by summing events and exposure. Hazards and ratios
    are compared as ratios of pooled rates, shares and K as differences of the dyads' means. Limits
    come from leaving out one dyad at a time, p from exchanging the labels of whole dyads.

    Examples
    --------
    >>> from reattune.comparison import Record, Source
    >>> repairs = {"a": 4, "b": 6, "c": 5, "d": 9, "e": 12, "f": 9}
    >>> records = [Record.of(dyad, repairs=n, time_mismatched=60) for dyad, n in repairs.items()]
    >>> groups = {dyad: {"group": "x" if dyad in "abc" else "y"} for dyad in repairs}
    >>> found = compare(Source.of(records, groups), by="group", measures=["repair_hazard_per_s"])
    >>> effect = found.effect("repair_hazard_per_s")
    >>> round(effect.value, 2), effect.p, effect.exact
    (2.0, 0.1, True)
    """
    if isinstance(permutations, bool) or permutations < 99:
        raise SettingError("permutations", permutations, "at least 99")
    source = _open(result)
    notes = list(source.notes)
    joined: dict[str, str] | None = None
    if covariates is not None:
        source, told, joined = join_covariates(source, covariates, on)
        notes += told
    elif on is not None:
        raise SettingError("on", on, "a table to join as well (covariates, --with TABLE)")
    source = _choose_parts(source, phases, criteria)
    chosen = choose_measures(source, tuple(measures) if measures is not None else None)
    column, told = choose_column(
        source, by, kind=kind, reference=reference, phases=tuple(phases or ())
    )
    notes += told
    parts = ("",) if column.phases else source.parts
    found = Found()
    for at, part in enumerate(parts):
        if on_progress:
            on_progress(at, len(parts), f"comparing {part}".strip())
        found.add(source, column, part, chosen, Plan(part, permutations, seed, source.unit))
    if on_progress:
        on_progress(len(parts), len(parts), "compared")
    effects, overall = adjust(found.effects, found.overall)
    sizes = _sizes(source, column)
    notes += list_notes(source, column, sizes, effects, chosen)
    return Comparison(
        source.study,
        column,
        source.unit,
        source.clock,
        parts,
        sizes,
        {measure.name: measure for measure in chosen},
        _step(source, column),
        tuple(found.groups),
        tuple(effects),
        tuple(overall),
        tuple(found.units),
        tuple(found.line),
        tuple(found.classes),
        tuple(found.curves),
        _settings(source, column, chosen, seed, permutations, joined),
        tuple(notes),
    )


def _open(result: StudyAnalysis | CourseAnalysis | Source | str | Path) -> Source:
    if isinstance(result, Source):
        source = result
    elif isinstance(result, StudyAnalysis):
        source = from_study(result)
    elif isinstance(result, CourseAnalysis):
        source = from_courses(result)
    elif isinstance(result, str | Path):
        folder = find_folder(result)
        courses = (folder / "courses_wide.csv").is_file()
        source = read_course_result(folder) if courses else read_sessions(folder)
    else:
        raise SettingError("result", type(result).__name__, "an analysed study, or its folder")
    if not source.records:
        raise SettingError("result", source.study, "a result with sessions in it")
    return source


def _choose_parts(
    source: Source, phases: Iterable[str] | None, criteria: Iterable[str] | None
) -> Source:
    """Only the phases or criteria asked for."""
    for word, asked, unit in (("phases", phases, "dyad"), ("criteria", criteria, "case")):
        if asked is None:
            continue
        names = [asked] if isinstance(asked, str) else list(asked)
        if source.unit != unit:
            told = "coded sessions" if unit == "dyad" else "courses of ratings"
            raise SettingError(word, names, f"nothing here; {word} are of {told}")
        for name in names:
            if name not in source.parts:
                raise SettingError(
                    word, name, f"{word} there are." + did_you_mean(name, source.parts)
                )
        kept = tuple(record for record in source.records if record.part in names)
        source = replace(source, records=kept)
    return source


def _step(source: Source, column: Column) -> float:
    if column.kind == "category":
        return nan
    values = [float(value) for value in column.values.values()]
    return max(values) - min(values) if column.within else find_centre(source, column)[1]


def adjust(
    effects: Sequence[Effect], overall: Sequence[Overall] = ()
) -> tuple[list[Effect], list[Overall]]:
    """Every p adjusted for all tests: effects, and classes of cases (Holm 1979)."""
    rows: list[Effect | Overall] = [*effects, *overall]
    tested = sorted(
        (row.p, i)
        for i, row in enumerate(rows)
        if isfinite(row.p) and (isinstance(row, Effect) or row.measure == "class")
    )
    adjusted: dict[int, float] = {}
    most = 0.0
    for rank, (p, i) in enumerate(tested):
        most = max(most, min(1.0, (len(tested) - rank) * p))
        adjusted[i] = most
    done = [replace(row, p_holm=adjusted.get(i, nan)) for i, row in enumerate(rows)]
    return (
        [row for row in done if isinstance(row, Effect)],
        [row for row in done if isinstance(row, Overall)],
    )


def _sizes(source: Source, column: Column) -> dict[str, tuple[int, int]]:
    """Dyads and sessions of every level; of a number under the empty name."""
    held: dict[str, set[tuple[str, str]]] = {level: set() for level in column.levels or ("",)}
    for record in source.records:
        if column.phases:
            level = record.part
        elif record.session in column.values:
            level = "" if column.kind == "number" else str(column.values[record.session])
        else:
            continue
        if level in held:
            held[level].add((record.unit, record.session))
    return {level: (len({unit for unit, _ in rows}), len(rows)) for level, rows in held.items()}


def _settings(
    source: Source,
    column: Column,
    measures: Sequence[Measure],
    seed: int,
    permutations: int,
    joined: Mapping[str, str] | None,
) -> dict[str, object]:
    from importlib.metadata import version

    names = ("reattune", "numpy", "scipy", "pandas", "lifelines")
    return {
        "by": column.name,
        "kind": column.kind,
        "within": column.within,
        "levels": list(column.levels),
        "parts": list(column.phases or source.parts),
        "measures": [measure.name for measure in measures],
        "unit": source.unit,
        "seed": seed,
        "permutations": permutations,
        "covariates": dict(joined) if joined else None,
        "versions": {name: version(name) for name in names},
        "result": dict(source.settings),
    }
