"""Criteria side by side: the same courses under each, and how far they agree."""

from __future__ import annotations

import warnings
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Literal

import numpy as np

from reattune.core.checks import check_option
from reattune.core.errors import DataWarning, SettingError
from reattune.course_tests.results import CourseChance
from reattune.course_tests.surrogates import Case, Courses, list_cases
from reattune.courses import (
    CourseEvent,
    Criterion,
    SampleConstants,
    classify_events,
    sample_constants,
)
from reattune.courses.events import CaseClass

if TYPE_CHECKING:
    import pandas as pd

State = Literal["none", "rupture", "repaired"]
CASE_CLASSES: tuple[CaseClass, ...] = ("none", "repaired", "unrepaired", "censored")


@dataclass(frozen=True, eq=False)
class CriteriaComparison:
    """The same cases under several criteria.

    Attributes
    ----------
    criteria : mapping of name to Criterion
    cases : tuple of Case
    events : mapping of name to mapping of case to events
        Only cases to which the criterion applies.
    censored_as : str
        The class of cases whose only undecided events were cut off.
    """

    criteria: Mapping[str, Criterion]
    cases: tuple[Case, ...]
    events: Mapping[str, Mapping[str, tuple[CourseEvent, ...]]]
    censored_as: CaseClass = "censored"

    def strip(self) -> pd.DataFrame:
        """One row per case, rated meeting and criterion: case, meeting, criterion, state.

        ``state`` is ``"rupture"`` from the onset to the last rating before the repair (unrepaired:
        to the last one in the window), ``"repaired"`` at the meeting of the repair, else
        ``"none"``. Criteria that do not apply to a case have no rows.
        """
        import pandas as pd

        rows = [
            (case.name, meeting, name, state)
            for case in self.cases
            for name, found in self.events.items()
            if case.name in found
            for meeting, state in zip(
                case.meetings, find_states(found[case.name], case.meetings), strict=True
            )
        ]
        return pd.DataFrame(rows, columns=["case", "meeting", "criterion", "state"])

    def classes(self) -> dict[str, dict[str, CaseClass]]:
        """Class of every case under every criterion that applies to it."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)
            return {
                name: {
                    case: classify_events(events, censored_as=self.censored_as)
                    for case, events in found.items()
                }
                for name, found in self.events.items()
            }

    def agreement(self) -> pd.DataFrame:
        """Cohen's kappa of every pair of criteria, per meeting and per case.

        Columns ``criterion_a``, ``criterion_b``, ``unit`` (meeting: states; case: classes),
        ``n``, ``agreement`` (share equal), ``kappa`` (nan where both use one and the same class).
        Only cases to which both apply. Meetings of one case depend on each other: there is no
        interval.
        """
        import pandas as pd

        names, classes, rows = list(self.events), self.classes(), []
        for at, a in enumerate(names):
            for b in names[at + 1 :]:
                both = [
                    case
                    for case in self.cases
                    if case.name in self.events[a].keys() & self.events[b].keys()
                ]
                states = [
                    [
                        state
                        for case in both
                        for state in find_states(self.events[name][case.name], case.meetings)
                    ]
                    for name in (a, b)
                ]
                labels = [[classes[name][case.name] for case in both] for name in (a, b)]
                for unit, (x, y) in (("meeting", states), ("case", labels)):
                    rows.append((a, b, unit, len(x), *cohen_kappa(x, y)))
        columns = ["criterion_a", "criterion_b", "unit", "n", "agreement", "kappa"]
        return pd.DataFrame(rows, columns=columns)

    def patterns(self) -> pd.DataFrame:
        """How often each shape occurs: criterion, pattern, count, share of its ruptures.

        Only criteria that tell shapes; only ruptures seen to begin.
        """
        import pandas as pd

        rows = []
        for name, found in self.events.items():
            shapes = [
                e.pattern for events in found.values() for e in events if e.entered and e.pattern
            ]
            for shape in sorted(set(shapes), key=lambda s: (-shapes.count(s), s)):
                rows.append((name, shape, shapes.count(shape), shapes.count(shape) / len(shapes)))
        return pd.DataFrame(rows, columns=["criterion", "pattern", "count", "share"])

    def class_counts(self, chance: Mapping[str, CourseChance]) -> pd.DataFrame:
        """Cases of each class beside what surrogates give; needs a chance test per criterion.

        Columns ``criterion``, ``null``, ``case_class``, ``cases``, ``null_mean``, ``null_low``,
        ``null_high``, ``p``. A share of repaired cases without its expectation means little, so
        there is no table without.

        Parameters
        ----------
        chance : mapping of name to CourseChance
            From `test_courses` on the same courses.

        Raises
        ------
        SettingError
            For a criterion without a chance test, or with that of another criterion, and when
            censored cases were counted as another class.
        """
        import pandas as pd

        if self.censored_as != "censored":
            raise SettingError("censored_as", self.censored_as, "'censored', beside chance")
        rows: list[tuple[object, ...]] = []
        for name, criterion in self.criteria.items():
            test = chance.get(name)
            if test is None or test.criterion != criterion:
                raise SettingError("chance", name, "the chance test of every criterion")
            for each in (test, *([test.beside] if test.beside else [])):
                for kind in CASE_CLASSES:
                    row = each[f"cases_{kind}"]
                    null = (row.null_mean, row.null_low, row.null_high, row.p)
                    rows.append((name, each.null, kind, row.observed, *null))
        columns = ["criterion", "null", "case_class", "cases"]
        return pd.DataFrame(rows, columns=[*columns, "null_mean", "null_low", "null_high", "p"])


def compare_criteria(
    courses: Courses,
    criteria: Mapping[str, Criterion],
    *,
    constants: SampleConstants | None = None,
    censored_as: CaseClass = "censored",
) -> CriteriaComparison:
    """The ruptures of the same courses under several criteria.

    Parameters
    ----------
    courses : iterable of Course, or mapping of case to ratings
    criteria : mapping of name to Criterion
    constants : SampleConstants, optional
        Of these courses by default.
    censored_as : {"censored", "none", "repaired", "unrepaired"}
        For three-class studies; any other choice than the first claims what nobody saw.

    Warns
    -----
    DataWarning
        Once, with the number of cases, when censored cases are counted as something else.
    """
    check_option("censored_as", censored_as, ("censored", "none", "repaired", "unrepaired"))
    if not criteria:
        raise SettingError("criteria", dict(criteria), "at least one criterion")
    cases = list_cases(courses)
    if constants is None:
        constants = sample_constants([np.array(case.ratings) for case in cases])
    events = {
        name: {
            case.name: tuple(criterion.find(case.ratings, case.meetings, constants))
            for case in cases
            if len(case.ratings) >= criterion.least
        }
        for name, criterion in criteria.items()
    }
    if censored_as != "censored":
        moved = {
            name: sum(classify_events(e) == "censored" for e in found.values())
            for name, found in events.items()
        }
        if any(moved.values()):
            told = ", ".join(f"{name} {count}" for name, count in moved.items())
            warnings.warn(
                f"Cases whose ratings end before a drop was decided are counted as "
                f"{censored_as!r} ({told}): that was not seen.",
                DataWarning,
                stacklevel=2,
            )
    return CriteriaComparison(dict(criteria), tuple(cases), events, censored_as)


def find_states(events: Sequence[CourseEvent], meetings: Sequence[int]) -> list[State]:
    """State of each rated meeting under one criterion; see `CriteriaComparison.strip`."""
    states: list[State] = ["none"] * len(meetings)
    for event in events:
        if not event.entered:
            continue
        first = bisect_right(meetings, event.onset) - 1
        window = getattr(event.criterion, "window", None)
        if event.repair is not None:
            last = bisect_right(meetings, event.repair) - 1
        elif event.status == "unrepaired" and window is not None:
            start = event.onset if event.fall is None else event.first_nadir
            if getattr(event.criterion, "count", "meetings") == "ratings":
                last = min(bisect_right(meetings, start) + window, len(meetings))
            else:
                last = bisect_right(meetings, start + window)
        else:
            last = len(meetings)
        for at in range(first, last):
            states[at] = "rupture"
    for event in events:
        if event.entered and event.repair is not None:
            states[bisect_right(meetings, event.repair) - 1] = "repaired"
    return states


def cohen_kappa(a: Sequence[str], b: Sequence[str]) -> tuple[float, float]:
    """Share of equal labels and Cohen's kappa (1960, Educ Psychol Meas 20, 37-46).

    kappa = (p_o - p_e) / (1 - p_e); nan without labels, or where all labels are one and the same.

    Examples
    --------
    >>> cohen_kappa(["x", "x", "y", "y"], ["x", "x", "y", "x"])
    (0.75, 0.5)
    """
    n = len(a)
    if n == 0:
        return (nan, nan)
    equal = sum(x == y for x, y in zip(a, b, strict=True)) / n
    expected = sum(list(a).count(k) * list(b).count(k) for k in set(a) | set(b)) / (n * n)
    return (equal, nan if expected >= 1 else (equal - expected) / (1 - expected))
