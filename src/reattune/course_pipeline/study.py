"""Ratings from a table or from a study file, with what a command says over what the file says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reattune.core.errors import ReadError, SettingError
from reattune.core.notes import Note
from reattune.core.study import Progress
from reattune.course_pipeline.analysis import analyze_courses, choose_series
from reattune.course_pipeline.reading import read_courses
from reattune.course_pipeline.result import CourseAnalysis
from reattune.courses import Course, Criterion, make_criterion, parse_criterion
from reattune.courses.named import SETS
from reattune.io.ratings_studyfile import (
    RatingsStudy,
    is_ratings_study,
    read_cases_table,
    read_ratings_study,
)

Criteria = Iterable[str | Mapping[str, object] | Criterion]


@dataclass(frozen=True, eq=False)
class Chosen:
    """Courses and how to judge them, from a table or a study file.

    Attributes
    ----------
    name : str
    courses : tuple of Course
    criteria : tuple of Criterion or str, or None
    scale, judge : str or None
    surrogates, seed : int
    """

    name: str
    courses: tuple[Course, ...]
    criteria: tuple[str | Mapping[str, object] | Criterion, ...] | None = None
    scale: str | None = None
    judge: str | None = None
    surrogates: int = 999
    seed: int = 1
    notes: tuple[Note, ...] = field(default=())


def analyze_ratings(
    path: str | Path,
    *,
    options: Mapping[str, object] | None = None,
    criteria: Criteria | None = None,
    scale: str | None = None,
    rater: str | None = None,
    cases: str | Path | None = None,
    surrogates: int | None = None,
    seed: int | None = None,
    on_progress: Progress | None = None,
) -> CourseAnalysis:
    """The analysis of a table of ratings, or of a study file with a table ``[ratings]``.

    Parameters
    ----------
    path : path-like
    options : mapping, optional
        As in `read_courses`; they go before what a study file says.
    criteria, scale, rater : optional
        As in `analyze_courses`.
    cases : path-like, optional
        A table with one row per case: outcome, group and other covariates.
    surrogates, seed : int, optional
        999 and 1 where neither the call nor the study file says otherwise.
    on_progress : callable(done, total, what), optional

    Raises
    ------
    ReadError
        When file or table cannot be read; for study files with the line.
    SettingError
        For a setting that is not allowed.

    Examples
    --------
    >>> analyze_ratings("ratings.csv", criteria=["Decline:k=2", "stiles_like"])  # doctest: +SKIP
    """
    given = dict(options or {})
    if Path(path).is_dir():
        path = Path(path) / "study.toml"
    study = read_ratings_study(path) if is_ratings_study(path) else None
    if study is not None:
        chosen = _from_study(study, given)
    else:
        name = Path(path).name.split(".")[0]
        chosen = Chosen(name, read_courses(path, given))
    courses, notes = chosen.courses, chosen.notes
    if cases is not None:
        courses, more = add_covariates(courses, read_cases_table(cases), Path(cases).name)
        notes = (*notes, *more)
    scale, judge = scale or chosen.scale, rater or chosen.judge
    try:
        choose_series(courses, scale, judge)
    except SettingError as error:
        if study is None:
            raise
        key = "judge" if error.parameter == "rater" else "scale"
        raise study.error(str(error), "ratings", key) from error
    return analyze_courses(
        courses,
        chosen.criteria if criteria is None else criteria,
        scale=scale,
        rater=judge,
        surrogates=chosen.surrogates if surrogates is None else surrogates,
        seed=chosen.seed if seed is None else seed,
        name=chosen.name,
        notes=notes,
        on_progress=on_progress,
    )


def _from_study(study: RatingsStudy, given: Mapping[str, object]) -> Chosen:
    options = {**study.options, **given}
    courses: list[Course] = []
    seen: dict[str, str] = {}
    for place in study.files:
        for course in _read(study, place, options):
            if course.case in seen:
                told = f"case {course.case!r} is in {seen[course.case]} and in {place.name}."
                raise study.error(told, "ratings", "file")
            seen[course.case] = place.name
            courses.append(course)
    criteria = [_criterion(study, at, told) for at, told in enumerate(study.criteria)]
    notes: tuple[Note, ...] = ()
    whole = tuple(courses)
    if study.cases:
        whole, notes = add_covariates(whole, study.cases, "the table of cases")
    return Chosen(
        study.name,
        whole,
        tuple(criteria) or None,
        study.scale or None,
        study.judge or None,
        999 if study.surrogates is None else study.surrogates,
        1 if study.seed is None else study.seed,
        notes,
    )


def _read(study: RatingsStudy, place: Path, options: Mapping[str, object]) -> tuple[Course, ...]:
    try:
        return read_courses(place, options)
    except SettingError as error:
        raise study.error(str(error), "ratings", error.parameter) from error


def _criterion(study: RatingsStudy, at: int, told: str | Mapping[str, object]) -> str | Criterion:
    try:
        if isinstance(told, str):
            return told.strip() if told.strip() in SETS else parse_criterion(told)
        return make_criterion(told)
    except SettingError as error:
        key = error.parameter.split()[-1] if error.parameter.split() else ""
        if isinstance(told, Mapping) and key not in told:
            key = "type"
        raise study.error(f"criteria: {error}", "criteria", at, key) from error


def add_covariates(
    courses: Iterable[Course], table: Mapping[str, Mapping[str, object]], source: str = ""
) -> tuple[tuple[Course, ...], tuple[Note, ...]]:
    """The courses with what a table says of each case, and what did not fit.

    Parameters
    ----------
    courses : iterable of Course
    table : mapping of case to covariates
    source : str
        Name of the table, for messages.

    Raises
    ------
    ReadError
        When no case of the table is among the courses.
    """
    whole = tuple(courses)
    known = {course.case for course in whole}
    if not known & table.keys():
        raise ReadError(
            f"{source or 'The table of cases'} has no case of the ratings.",
            found=", ".join(map(repr, list(table)[:6])),
            expected=", ".join(map(repr, [course.case for course in whole][:6])),
        )
    out = tuple(
        Course(c.case, c.meetings, c.ratings, c.scale, {**c.meta, **table.get(c.case, {})}, c.notes)
        for c in whole
    )
    notes = []
    for code, names, words in (
        ("cases_without_covariates", [c for c in known if c not in table], "stand in no row of it"),
        ("cases_without_ratings", [c for c in table if c not in known], "have no ratings"),
    ):
        if names:
            told = f"{source}: {', '.join(sorted(names)[:8])} {words}."
            notes.append(Note(code, told, count=len(names), level="warning"))
    return out, tuple(notes)
