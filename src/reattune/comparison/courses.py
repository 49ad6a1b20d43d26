"""The counts of courses of ratings: from an analysis, or from the tables it wrote."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from pathlib import Path

import numpy as np

from reattune.comparison.read import read_settings, read_table
from reattune.comparison.source import Record, Source
from reattune.core.errors import ReadError
from reattune.course_pipeline import CourseAnalysis
from reattune.io.sessions_table import as_number

# Of the two nulls, the one that keeps each case's trend and carry-over.
NULL = "trend_ar1"
_EXPECTED = {"ruptures": "expected_ruptures", "repaired": "expected_repaired"}
_AS_GIVEN = ", as in the file"
_PROVENANCE = ("format", "source", "sha256", "clock_origin_s", "scale", "days", "remarks")
Chance = Mapping[tuple[str, str, str], float]
Follows = Mapping[tuple[str, str], list[tuple[float, bool, str]]]


def from_courses(analysis: CourseAnalysis) -> Source:
    """The counts of an analysed sample of courses."""
    chance = {
        (result.name, case.case, name): case[name].null_mean
        for result in analysis.results
        if (test := result.chance.get(NULL)) is not None
        for case in test.cases
        if not case.refused
        for name in _EXPECTED
    }
    follows: dict[tuple[str, str], list[tuple[float, bool, str]]] = {}
    for row in analysis.events_frame().to_dict("records"):
        if row["entered"]:
            follows.setdefault((str(row["case"]), str(row["criterion_name"])), []).append(
                (float(row["followed_meetings"]), row["status"] == "repaired", str(row["status"]))
            )
    records = []
    for result in analysis.results:
        classes = result.classes()
        for course in analysis.judged:
            if course.case in result.not_applied:
                continue
            ratings = int(np.isfinite(course.only()).sum())
            records.append(
                _record(course.case, result.name, ratings, classes[course.case], follows, chance)
            )
    return Source(
        *(analysis.name, "case", "meeting", tuple(records)),
        {course.case: _covariates(course.meta) for course in analysis.judged},
        settings=analysis.settings,
    )


def read_course_result(folder: Path) -> Source:
    """The counts of a sample of courses, from the folder it was written to.

    Raises
    ------
    ReadError
        With file and line for a table that is damaged or cut off.
    """
    events = read_table(
        folder, "events.csv", ("case", "criterion_name", "status", "entered", "followed_meetings")
    )
    follows: dict[tuple[str, str], list[tuple[float, bool, str]]] = {}
    for line, row in events:
        if row["entered"] == "1":
            time = events.number(line, row, "followed_meetings")
            follows.setdefault((row["case"], row["criterion_name"]), []).append(
                (time, row["status"] == "repaired", row["status"])
            )
    measures = read_table(folder, "measures.csv", ("study", "criterion", "case", "statistic"))
    chance: dict[tuple[str, str, str], float] = {}
    study = ""
    for line, row in measures:
        study = row["study"]
        wanted = (
            row.get("null") == NULL and row.get("level") == "case" and row["statistic"] in _EXPECTED
        )
        if wanted:
            value = measures.number(line, row, "null_mean")
            chance[row["criterion"], row["case"], row["statistic"]] = value
    book = read_table(folder, "codebook.csv", ("name", "label", "criterion"))
    own = {row["name"]: row for _, row in book}
    criteria = list(dict.fromkeys(row["criterion"] for row in own.values() if row["criterion"]))
    wide = read_table(folder, "courses_wide.csv", ("case", "n_ratings"))
    held = {row["case"] for _, row in measures if row["case"]}
    records, covariates = [], {}
    for line, row in wide:
        case = row["case"]
        covariates[case] = {
            about["label"].removesuffix(_AS_GIVEN): as_number(row[name])
            for name, about in own.items()
            if about["label"].endswith(_AS_GIVEN) and name in row
        }
        if held and case not in held:
            raise ReadError(
                f"is damaged or was cut off: case {case!r} is not in it.",
                path=measures.path,
                where=f"line {measures.lines[-1]}",
            )
        for criterion in criteria:
            label = _cell(row, own, "class of the case", criterion)
            if label:
                ratings = int(wide.number(line, row, "n_ratings"))
                records.append(_record(case, criterion, ratings, label, follows, chance))
    return Source(
        *(study, "case", "meeting", tuple(records), covariates), settings=read_settings(folder)
    )


def _covariates(meta: Mapping[str, object]) -> dict[str, object]:
    """What the file says of a case, without where that comes from."""
    return {
        name: value
        for name, value in meta.items()
        if name not in _PROVENANCE and isinstance(value, str | int | float)
    }


def _cell(
    row: Mapping[str, str], own: Mapping[str, Mapping[str, str]], label: str, criterion: str
) -> str:
    for name, about in own.items():
        if about["label"] == label and about["criterion"] == criterion:
            return row.get(name, "")
    return ""


def _record(
    case: str, criterion: str, ratings: int, label: str, follows: Follows, chance: Chance
) -> Record:
    events = follows.get((case, criterion), [])
    counts = {
        "ratings": float(ratings),
        "ruptures": float(len(events)),
        "repaired": float(sum(status == "repaired" for _, _, status in events)),
        **{count: chance.get((criterion, case, name), nan) for name, count in _EXPECTED.items()},
    }
    return Record(
        *(case, case, criterion, counts),
        np.array([time for time, _, _ in events], dtype=np.float64),
        np.array([hit for _, hit, _ in events], dtype=np.bool_),
        label,
    )
