"""What the other partner noticed of the ruptures in one partner's ratings, for a whole analysis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from reattune.course_tests.recognition import CELLS, Recognition, find_recognition
from reattune.courses import Course, Criterion, SampleConstants

if TYPE_CHECKING:
    import pandas as pd


class Noticed(NamedTuple):
    """Ruptures of one criterion against one source of what the other partner noticed.

    Attributes
    ----------
    criterion : str
        Its name in the analysis.
    other : str
        Who noticed.
    source : str
        ``"ratings"`` (a drop begins in the other's own ratings) or ``"marks"`` (yes or no).
    found : Recognition
    """

    criterion: str
    other: str
    source: str
    found: Recognition


def find_noticed(
    courses: Iterable[Course],
    criteria: Mapping[str, Criterion],
    *,
    rater: str,
    scale: str,
    constants: SampleConstants,
) -> tuple[Noticed, ...]:
    """Recognition by every other rater, and by marks, where a table has them.

    Parameters
    ----------
    courses : iterable of Course
        With every series; ``meta["marks"]`` (meeting -> bool) where meetings were marked.
    criteria : mapping of name to Criterion
    rater, scale : str
        The series that is judged.
    constants : SampleConstants
        Of that series.
    """
    judged = [course for course in courses if (rater, scale) in course.ratings]
    raters = dict.fromkeys(who for c in judged for who, name in c.ratings if name == scale)
    rows = []
    for other in raters:
        both = [course for course in judged if (other, scale) in course.ratings]
        if other != rater and both:
            for name, criterion in criteria.items():
                found = find_recognition(
                    both, criterion, scale=scale, rater=rater, other=other, constants=constants
                )
                rows.append(Noticed(name, other, "ratings", found))
    marks = {course.case: _marks(course) for course in judged}
    marked = [course for course in judged if marks[course.case]]
    if marked:
        other = _other_partner(marked, rater)
        for name, criterion in criteria.items():
            found = find_recognition(
                marked, criterion, scale=scale, rater=rater, other=other, marks=marks,
                constants=constants,
            )  # fmt: skip
            rows.append(Noticed(name, other, "marks", found))
    return tuple(rows)


def _marks(course: Course) -> dict[int, bool]:
    given = course.meta.get("marks")
    return {int(m): bool(v) for m, v in given.items()} if isinstance(given, Mapping) else {}


def _other_partner(courses: Sequence[Course], rater: str) -> str:
    partners = courses[0].meta.get("partners")
    names = partners if isinstance(partners, list | tuple) else ()
    return next((str(name) for name in names if name != rater), "other partner")


def noticed_frame(rows: Iterable[Noticed]) -> pd.DataFrame:
    """One row per criterion and source.

    Columns ``criterion``, ``other``, ``source``, the four cells, ``hit_rate``,
    ``false_alarm_rate`` and ``d_prime`` with ``_low`` and ``_high``, then the change of the rating
    to the next meeting after a hit, a miss and their difference, with its limits and counts.
    """
    import pandas as pd

    told = []
    for name, other, source, found in rows:
        row: dict[str, object] = {"criterion": name, "other": other, "source": source}
        row |= {cell: found.counts[cell] for cell in CELLS}
        for key, values in {**found.rates(), "d_prime": found.sensitivity()}.items():
            row |= dict(zip((key, f"{key}_low", f"{key}_high"), values, strict=True))
        change = found.next_changes().set_index("cell")
        for cell in ("hit", "miss"):
            row[f"change_after_{cell}"] = change.loc[cell, "change"]
            row[f"change_after_{cell}_n"] = change.loc[cell, "n"]
        for key, column in (("", "change"), ("_low", "low"), ("_high", "high")):
            row[f"change_hit_minus_miss{key}"] = change.loc["hit_minus_miss", column]
        told.append(row)
    return pd.DataFrame(told)
