"""What can be said of growth from a sample of rated courses: the repair record, and little more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.course_tests import count_overshoot
from reattune.course_tests.surrogates import draw_surrogates, list_cases
from reattune.course_tests.tally import follow_up
from reattune.courses import Course, CourseEvent, Criterion, SampleConstants, find_events
from reattune.growth import (
    Expectancy,
    Outcomes,
    RepairAdds,
    expect_by_chance,
    expect_repair,
    follow_expectancy,
    repair_adds,
)
from reattune.growth.expectancy import FORGETTING, SENSITIVITY_WINDOWS
from reattune.growth.outcomes import WINDOWS
from reattune.measures import Value

FloatArray = NDArray[np.float64]
Events = Mapping[str, Sequence[CourseEvent]]
MOST_DRAWS = 99


@dataclass(frozen=True, eq=False)
class CourseGrowth:
    """The repair record of a sample of courses by one criterion.

    Attributes
    ----------
    criterion : Criterion
    window, forgetting : float
        Meetings within which a repair counts; what is kept from one meeting to the next.
    outcomes : Outcomes
        All cases together.
    pooled : Value
        The plain record of all cases.
    chance : Value or None
        The same for noise around each case's own trend; None without surrogates.
    cases : mapping of case to Expectancy
        From meeting to meeting, of the cases with a rupture. Given (`Expectancy.refused` empty)
        only from five known outcomes on.
    known : mapping of str to int
        How many cases have ``none``, ``one_or_two``, ``three_or_four`` and ``five`` or more known
        outcomes.
    by_window : mapping of float to (Value, Outcomes)
        The pooled record for 1, 2 and 3 meetings.
    adds : RepairAdds
        Whether outcomes help to predict the next rating.
    overshoot : mapping of str to float
        Repairs that end above the old level, as `count_overshoot` counts them.
    """

    criterion: Criterion
    window: float
    forgetting: float
    outcomes: Outcomes
    pooled: Value
    chance: Value | None
    cases: Mapping[str, Expectancy]
    known: Mapping[str, int]
    by_window: Mapping[float, tuple[Value, Outcomes]]
    adds: RepairAdds
    overshoot: Mapping[str, float]


def describe_course_growth(
    courses: Sequence[Course],
    events: Events,
    criterion: Criterion,
    *,
    constants: SampleConstants,
    phi: float = float("nan"),
    surrogates: int = MOST_DRAWS,
    seed: int = 1,
    window: float = WINDOWS["meeting"],
    forgetting: float = FORGETTING,
) -> CourseGrowth:
    """The repair record of a sample of courses, beside chance, with what little it allows to say.

    Parameters
    ----------
    courses : sequence of Course
        Each with the one series that was judged.
    events : mapping of case to events
        What ``criterion`` found in them.
    criterion : Criterion
    constants : SampleConstants
        Of these courses.
    phi : float
        Carry-over from meeting to meeting, for the noise of the null.
    surrogates : int, default 99
        At most 99; 0 for no null.
    seed : int, default 1
        Each case has a generator of its own.
    window : float, default 3
        Meetings within which a repair counts.
    forgetting : float, default .95

    Notes
    -----
    A rupture is repaired in time when its repair comes within the window, counted as its latency
    is; not repaired when somebody rated until the window had passed without one; otherwise it is
    undecided. Ruptures and outcomes come from the same ratings, so repair against attunement as
    accounts of them is not asked: it would name attunement whatever is true.
    """
    if surrogates < 0:
        raise SettingError("surrogates", surrogates, "0 or more")
    cases = list_cases(courses)
    meetings = {case.name: case.meetings for case in cases}
    judged = {
        case.name: [
            judge_event(e, meetings[case.name], window) for e in _entered(events, case.name)
        ]
        for case in cases
    }
    totals = {name: _sum(found) for name, found in judged.items()}
    chance = None
    if surrogates:
        draws: list[list[Outcomes]] = [[] for _ in range(min(surrogates, MOST_DRAWS))]
        for case in cases:
            drawn = draw_surrogates(case, "trend_ar1", len(draws), seed=seed, phi=phi)
            for row, ratings in zip(draws, drawn, strict=True):
                found = find_events(ratings, criterion, constants, meetings=case.meetings)
                row.append(
                    _sum([judge_event(e, case.meetings, window) for e in found if e.entered])
                )
        chance = expect_by_chance(draws)
    by_window = {}
    for limit in sorted({*SENSITIVITY_WINDOWS["meeting"], float(window)}):
        per_case = [
            _sum([judge_event(e, meetings[name], limit) for e in _entered(events, name)])
            for name in meetings
        ]
        by_window[limit] = (expect_repair(per_case), _sum(per_case))
    return CourseGrowth(
        criterion=criterion,
        window=float(window),
        forgetting=float(forgetting),
        outcomes=_sum(list(totals.values())),
        pooled=expect_repair(list(totals.values())),
        chance=chance,
        cases={
            name: _follow(_entered(events, name), meetings[name], window, forgetting)
            for name, found in judged.items()
            if found
        },
        known=_spread(totals),
        by_window=by_window,
        adds=_adds(courses, events, window),
        overshoot=count_overshoot(courses, criterion, constants=constants),
    )


def judge_event(event: CourseEvent, meetings: Sequence[int], window: float) -> Outcomes:
    """One rupture as repaired in time, not in time, or undecided.

    Parameters
    ----------
    event : CourseEvent
        Seen to begin.
    meetings : sequence of int
        The rated meetings of its case.
    window : float
    """
    if event.latency is not None:
        return Outcomes(1, 0) if event.latency <= window else Outcomes(0, 1)
    own = getattr(event.criterion, "window", None)
    if event.status == "unrepaired" and (own is None or own >= window):
        return Outcomes(0, 1)
    by_rating = getattr(event.criterion, "count", "meetings") == "ratings"
    watched = follow_up(event, meetings, own, by_rating)
    return Outcomes(0, 1) if watched >= window else Outcomes(0, 0, 1)


def _entered(events: Events, case: str) -> list[CourseEvent]:
    return [event for event in events.get(case, ()) if event.entered]


def _sum(outcomes: Sequence[Outcomes]) -> Outcomes:
    return sum(outcomes, Outcomes())


def _spread(totals: Mapping[str, Outcomes]) -> dict[str, int]:
    known = [total.known for total in totals.values()]
    return {
        "none": sum(n == 0 for n in known),
        "one_or_two": sum(0 < n <= 2 for n in known),
        "three_or_four": sum(2 < n < 5 for n in known),
        "five": sum(n >= 5 for n in known),
    }


def _when(event: CourseEvent, meetings: Sequence[int], window: float) -> int:
    """The rated meeting at which the outcome became known."""
    start = event.onset if event.fall is None else event.first_nadir
    last = start + window if event.repair is None else min(event.repair, start + window)
    return next((m for m in meetings if m >= last), meetings[-1])


def _follow(
    events: Sequence[CourseEvent], meetings: Sequence[int], window: float, forgetting: float
) -> Expectancy:
    """The record from meeting to meeting, each outcome at the meeting where it became known."""
    at: dict[int, Outcomes] = dict.fromkeys(meetings, Outcomes())
    for event in events:
        at[_when(event, meetings, window)] += judge_event(event, meetings, window)
    return follow_expectancy(
        list(at.values()), forgetting=forgetting, window=window, clock="meeting"
    )


def _adds(courses: Sequence[Course], events: Events, window: float) -> RepairAdds:
    ratings: list[FloatArray] = []
    good: list[FloatArray] = []
    bad: list[FloatArray] = []
    for case in list_cases(courses):
        if not case.meetings:
            continue
        first, size = case.meetings[0], case.meetings[-1] - case.meetings[0] + 1
        series, hits, misses = np.full(size, np.nan), np.zeros(size), np.zeros(size)
        series[np.array(case.meetings) - first] = case.ratings
        for event in _entered(events, case.name):
            outcome = judge_event(event, case.meetings, window)
            place = _when(event, case.meetings, window) - first
            hits[place] += outcome.hits
            misses[place] += outcome.misses
        ratings.append(series)
        good.append(hits)
        bad.append(misses)
    return repair_adds(ratings, good, bad, outcomes_from="ratings")
