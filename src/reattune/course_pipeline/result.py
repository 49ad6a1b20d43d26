"""CourseAnalysis: what every criterion found in a sample of courses, beside chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from reattune.core.errors import SettingError, did_you_mean
from reattune.core.notes import Note
from reattune.course_pipeline.curves import (
    DRAWS,
    NullBand,
    draw_cases,
    draw_curves,
    follow_events,
)
from reattune.course_pipeline.noticed import Noticed, find_noticed, noticed_frame
from reattune.course_tests.surrogates import list_cases
from reattune.courses import (
    Course,
    CourseEvent,
    Criterion,
    SampleConstants,
    classify_events,
    events_frame,
)
from reattune.courses.criteria import observed
from reattune.courses.instruments import ceiling_rate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from reattune.course_tests.results import CourseChance

FRAME_COLUMNS = (
    *("criterion", "preset", "null", "level", "case", "statistic", "observed"),
    *("null_mean", "null_median", "null_low", "null_high", "p", "n_defined", "refused"),
)


@dataclass(frozen=True, eq=False)
class CriterionResult:
    """What one criterion found in the sample, and what chance gives.

    Attributes
    ----------
    criterion : Criterion
    name : str
        Short name, unique in the analysis.
    events : mapping of case to tuple of CourseEvent
        Every case, also those without any.
    not_applied : mapping of case to str
        Cases the criterion does not apply to, and why.
    chance : mapping of null to CourseChance
        ``"trend_ar1"`` keeps each case's trend and its carry-over from meeting to meeting;
        ``"permutation"`` puts its ratings in random order. Empty without surrogates.
    """

    criterion: Criterion
    name: str
    events: Mapping[str, tuple[CourseEvent, ...]]
    not_applied: Mapping[str, str]
    chance: Mapping[str, CourseChance]

    @property
    def test(self) -> CourseChance | None:
        """The test against the first null, the other beside it; None without surrogates."""
        tests = list(self.chance.values())
        if len(tests) < 2:
            return tests[0] if tests else None
        return replace(tests[0], beside=tests[1])

    @property
    def entered(self) -> list[CourseEvent]:
        """The events that were seen to begin, of all cases."""
        return [event for events in self.events.values() for event in events if event.entered]

    def count(self, status: str) -> int:
        """How many events seen to begin ended so."""
        return sum(event.status == status for event in self.entered)

    def classes(self) -> dict[str, str]:
        """Class of every case the criterion applies to."""
        return {
            case: classify_events(events)
            for case, events in self.events.items()
            if case not in self.not_applied
        }


@dataclass(frozen=True, eq=False)
class CourseAnalysis:
    """A sample of courses (or one): events by every criterion, beside chance.

    Attributes
    ----------
    name : str
    courses : tuple of Course
        With every series.
    judged : tuple of Course
        The series the criteria judge, of the cases that have it.
    rater, scale : str
        Which series that is.
    constants : SampleConstants
    results : tuple of CriterionResult
        In the order of the criteria; the first is the one pictures shade.
    phi : float
        Carry-over from meeting to meeting around the cases' own lines, pooled; nan where too
        little was rated.
    settings : dict
        Criteria, surrogates, seed, versions, input hashes; no clock time.
    notes : tuple of Note
    """

    name: str
    courses: tuple[Course, ...]
    judged: tuple[Course, ...]
    rater: str
    scale: str
    constants: SampleConstants
    results: tuple[CriterionResult, ...]
    phi: float = float("nan")
    settings: dict[str, object] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    _curves: dict[str, tuple[NullBand, NullBand]] = field(default_factory=dict, repr=False)

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """The criteria, in order."""
        return tuple(result.criterion for result in self.results)

    @property
    def cases(self) -> tuple[str, ...]:
        """Names of the cases that were judged."""
        return tuple(course.case for course in self.judged)

    @property
    def raters(self) -> tuple[str, ...]:
        """Everyone who rated, in the order of the courses."""
        return tuple(dict.fromkeys(who for course in self.courses for who, _ in course.ratings))

    @property
    def side(self) -> int:
        """Place of the judged rater among the raters: 0 for the first."""
        return self.raters.index(self.rater)

    def course(self, case: str) -> Course:
        """The course of a case with every series."""
        return _pick(self.courses, case)

    def judged_course(self, case: str) -> Course:
        """The judged series of a case."""
        return _pick(self.judged, case)

    def result(self, criterion: str | None = None) -> CriterionResult:
        """What the criterion of that name found; the first one's by default.

        Raises
        ------
        SettingError
            When there is none of that name.
        """
        names = [result.name for result in self.results]
        if criterion is None:
            return self.results[0]
        if criterion not in names:
            told = "the name of a criterion." + did_you_mean(criterion, names)
            raise SettingError("criterion", criterion, told)
        return self.results[names.index(criterion)]

    def null_curves(self, criterion: str | None = None) -> tuple[NullBand, NullBand]:
        """What the first null draws into the pictures of one criterion; empty without surrogates.

        Returns
        -------
        latency, onset : NullBand
            Share repaired by meetings since the nadir, and mean rating around an onset.
        """
        result = self.result(criterion)
        test = result.chance.get("trend_ar1")
        if test is None:
            return NullBand(), NullBand()
        if result.name not in self._curves:
            cases = [c for c in list_cases(self.judged) if c.name not in result.not_applied]
            drawn = draw_cases(cases, min(test.n, DRAWS), seed=test.seed, phi=test.phi)
            found = draw_curves(cases, result.criterion, self.constants, drawn)
            self._curves[result.name] = found
        return self._curves[result.name]

    @property
    def missing_prop(self) -> float:
        """Share of meetings between a case's first and last that have no rating."""
        total = sum(_span(course) for course in self.judged)
        return 1 - self.constants.ratings / total if total else float("nan")

    @property
    def ceiling_prop(self) -> float:
        """Share of ratings at the top of the scale; nan where its ends are not known."""
        known = [(c.only(), c.scale[1]) for c in self.judged if c.scale is not None]
        if not known or len(known) < len(self.judged):
            return float("nan")
        counts = [np.isfinite(values).sum() for values, _ in known]
        rates = [ceiling_rate(values, top) for values, top in known]
        weights = [n for n, rate in zip(counts, rates, strict=True) if rate == rate]
        kept = [rate for rate in rates if rate == rate]
        return float(np.average(kept, weights=weights)) if kept else float("nan")

    def to_frame(self) -> pd.DataFrame:
        """Every statistic beside both nulls: criterion, preset, null, statistic, observed, ..."""
        return self._frame.copy()

    @cached_property
    def _frame(self) -> pd.DataFrame:
        import pandas as pd

        frames = []
        for result in self.results:
            for chance in result.chance.values():
                frame = chance.to_frame()
                frame.insert(0, "criterion", result.name)
                frame.insert(1, "preset", result.criterion.preset)
                frames.append(frame)
        if not frames:
            return pd.DataFrame(columns=list(FRAME_COLUMNS))
        return pd.concat(frames, ignore_index=True)[list(FRAME_COLUMNS)]

    def events_frame(self) -> pd.DataFrame:
        """One row per event of every criterion; `reattune.courses.events_frame` has the columns.

        Besides: ``followed_meetings``, how long it was followed, to its repair or as long as it
        could be seen; nan for one that was not seen to begin.
        """
        import pandas as pd

        frames = []
        for result in self.results:
            frame = events_frame(result.events)
            frame.insert(1, "criterion_name", result.name)
            frame.insert(2, "preset", result.criterion.preset)
            frame["followed_meetings"] = self._followed(result)
            frames.append(frame)
        filled = [frame for frame in frames if len(frame)]
        return pd.concat(filled, ignore_index=True) if filled else frames[0]

    def _followed(self, result: CriterionResult) -> list[float]:
        """Follow-up of every event, in the order of the frame of events."""
        rated = {course.case: observed(course)[1] for course in self.judged}
        times: list[float] = []
        for case, events in result.events.items():
            seen = iter(follow_events(events, rated[case], result.criterion))
            times += [next(seen)[0] if event.entered else float("nan") for event in events]
        return times

    def classes_frame(self) -> pd.DataFrame:
        """Case, criterion, class, n_ruptures, n_repaired: the class of every case."""
        import pandas as pd

        rows = []
        for result in self.results:
            classes = result.classes()
            for case, events in result.events.items():
                seen = [event for event in events if event.entered]
                repaired = sum(event.status == "repaired" for event in seen)
                rows.append((case, result.name, classes.get(case, ""), len(seen), repaired))
        return pd.DataFrame(
            rows, columns=["case", "criterion", "class", "n_ruptures", "n_repaired"]
        )

    def agreement_frame(self) -> pd.DataFrame:
        """Kappa of every two criteria, by meeting and by case: see `compare_criteria`."""
        from reattune.course_tests.compare import compare_criteria

        criteria = {result.name: result.criterion for result in self.results}
        return compare_criteria(self.judged, criteria, constants=self.constants).agreement()

    @cached_property
    def recognitions(self) -> tuple[Noticed, ...]:
        """What every other rater, and whoever marked meetings, noticed; empty without either."""
        criteria = {result.name: result.criterion for result in self.results}
        return find_noticed(
            self.courses, criteria, rater=self.rater, scale=self.scale, constants=self.constants
        )

    def recognition_frame(self) -> pd.DataFrame:
        """Hits, misses, d' and the change to the next meeting; see `noticed_frame`."""
        return noticed_frame(self.recognitions)

    def all_notes(self) -> tuple[Note, ...]:
        """What reading and analysing found: of the sample, then of every course."""
        return (*self.notes, *(note for course in self.courses for note in course.notes))

    def summary(self) -> str:
        """What was seen, beside chance, in short sentences."""
        from reattune.show.course_words import summarize_courses

        return "\n".join(summarize_courses(self))

    def plot(self, ax: Axes | None = None) -> Axes:
        """The case over its meetings; for several cases, counts beside chance."""
        if len(self.judged) == 1:
            from reattune.show.plots.course import plot_course

            return plot_course(self, self.cases[0], ax=ax)
        from reattune.show.plots.cases import plot_course_chance

        return plot_course_chance(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document."""
        from reattune.show.course_export import courses_to_dict

        return courses_to_dict(self)

    def __repr__(self) -> str:
        return (
            f"CourseAnalysis({self.name!r}: {len(self.judged)} cases, {self.rater} {self.scale}, "
            f"{len(self.results)} criteria)"
        )


def _pick(courses: Sequence[Course], case: str) -> Course:
    found = next((course for course in courses if course.case == case), None)
    if found is None:
        names = [course.case for course in courses]
        raise SettingError("case", case, "a case of the sample" + did_you_mean(case, names))
    return found


def _span(course: Course) -> int:
    return course.meetings[-1] - course.meetings[0] + 1 if course.meetings else 0
