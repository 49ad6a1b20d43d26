"""What comes after: the rating of the next meeting, by how the ruptures of this one ended."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError, did_you_mean
from reattune.course_tests.spans import leave_one_out, mean
from reattune.courses import Course
from reattune.segment_codes.ruptures import MeetingAnalysis
from reattune.surrogates.ranks import rank

FloatArray = NDArray[np.float64]
CLASSES = ("none", "resolved", "unresolved", "open")
CONTRASTS = (("resolved", "none"), ("unresolved", "none"), ("resolved", "unresolved"),
             ("resolved", "open"))  # fmt: skip
MIN_MEETINGS = 3
MIN_ARRANGEMENTS = 40
WORDS = {
    "R_CLASSES": "Fewer than three meetings of one of the two classes in cases that have both: "
    "described only.",
    "R_ARRANGEMENTS": "The classes can be arranged in fewer than 40 ways: p could not reach .05.",
    "R_NONE": "No surrogates were drawn.",
    "R_SPREAD": "All arrangements give the same difference.",
}


@dataclass(frozen=True)
class FollowedMeeting:
    """One coded meeting with the ratings of this and the next meeting.

    Attributes
    ----------
    case : str
    meeting : int
    kind : str
        ``none`` (no rupture), ``resolved`` (every rupture), ``unresolved`` (at least one), ``open``
        (at least one cut off, none unresolved).
    rating, next_rating : float
    beyond : float
        Next rating minus this one, less what this rating alone lets expect; nan where it cannot be
        said.
    """

    case: str
    meeting: int
    kind: str
    rating: float
    next_rating: float
    beyond: float = nan

    @property
    def change(self) -> float:
        """Next rating minus this one."""
        return self.next_rating - self.rating


@dataclass(frozen=True)
class Contrast:
    """Difference between two classes of meetings in what follows, within cases.

    Attributes
    ----------
    outcome : str
        ``change`` or ``beyond``.
    first, second : str
        Classes; the difference is first minus second.
    n_first, n_second, cases : int
        Meetings, and cases that have both.
    difference, low, high : float
        95 % limits leave out one case at a time; nan with fewer than five cases.
    null_low, null_high, p : float
        Of the difference with the classes shuffled within cases.
    refused : str
        Code of `WORDS`; empty where there is a p.
    """

    outcome: str
    first: str
    second: str
    n_first: int
    n_second: int
    cases: int
    difference: float
    low: float
    high: float
    null_low: float = nan
    null_high: float = nan
    p: float = nan
    refused: str = ""


@dataclass(frozen=True, eq=False)
class Following:
    """Coded meetings joined with a rating of every meeting.

    Attributes
    ----------
    rater, scale : str
    meetings : tuple of FollowedMeeting
        Those with both ratings.
    contrasts : tuple of Contrast
    n_coded : int
        Coded meetings, with or without ratings.
    carry : float
        Slope of the change on this meeting's rating, within cases; about -1 where ratings only
        wobble around a level. nan where it cannot be said.
    left_out : tuple of str
        Why coded meetings are not among them.
    """

    rater: str
    scale: str
    meetings: tuple[FollowedMeeting, ...]
    contrasts: tuple[Contrast, ...]
    n_coded: int
    carry: float
    left_out: tuple[str, ...] = ()

    def by_class(self) -> list[tuple[str, int, int, float, float, float]]:
        """Class, meetings, cases, mean change, and its limits (five cases or more)."""
        rows = []
        for kind in CLASSES:
            own = [m for m in self.meetings if m.kind == kind]

            def value(some: list[FollowedMeeting]) -> float:
                return mean([m.change for m in some])

            low, high = leave_one_out(own, lambda m: m.case, value)
            rows.append((kind, len(own), len({m.case for m in own}), value(own), low, high))
        return rows


def classify_meeting(analysis: MeetingAnalysis) -> str:
    """``none``, ``resolved``, ``unresolved`` or ``open``; empty where nothing was coded.

    All ruptures count, also those whose beginning was not seen: how they ended was.
    """
    if not analysis.states.known.any():
        return ""
    ends = {rupture.outcome for rupture in analysis.ruptures}
    if not ends:
        return "none"
    if "unresolved" in ends:
        return "unresolved"
    return "open" if "censored" in ends else "resolved"


def follow_meetings(
    analyses: Sequence[MeetingAnalysis],
    courses: Iterable[Course],
    *,
    series: tuple[str, str] | None = None,
    rng: np.random.Generator,
    n: int = 999,
) -> Following:
    """Change of the rating to the next meeting by class of meeting, within cases, beside chance.

    Parameters
    ----------
    analyses : sequence of MeetingAnalysis
        Their dyad is the course's case, their number its meeting.
    courses : iterable of Course
    series : (rater, scale), optional
        Which ratings; the first of the courses by default.
    rng : numpy.random.Generator
    n : int, default 999
        Surrogates; 0 = described only.

    Raises
    ------
    SettingError
        When no course has such ratings, or a dyad has the same meeting twice.

    Notes
    -----
    The difference of two classes is taken inside each case and averaged with weights
    ``a b / (a + b)`` (a and b meetings of the two). A straight trend adds the same to every change
    of a case and so drops out. The null shuffles the classes of a case's meetings, which keeps its
    ratings, their trend and their wobble as they are. Ratings that only wobble fall after a high
    and rise after a low one: ``beyond`` takes out what this meeting's rating alone lets expect
    (one slope within cases).
    """
    known = {course.case: course for course in courses}
    keys = list(dict.fromkeys(key for course in known.values() for key in course.ratings))
    if not keys:
        raise SettingError("courses", "no ratings", "courses with ratings")
    if series is not None and series not in keys:
        told = [" ".join(key) for key in keys]
        raise SettingError("series", series, "one of the ratings" + did_you_mean(
            " ".join(series), told))  # fmt: skip
    rater, scale = series or keys[0]
    found, left = _join(analyses, known, (rater, scale))
    carry = _slope(found)
    meetings = _beyond(found, carry)
    contrasts = [
        _contrast(meetings, outcome, a, b, rng=rng, n=n)
        for outcome in ("change", "beyond")
        for a, b in CONTRASTS
        if any(m.kind == a for m in meetings) and any(m.kind == b for m in meetings)
    ]
    return Following(
        rater, scale, tuple(meetings), tuple(contrasts), len(analyses), carry, tuple(left)
    )


def _join(
    analyses: Sequence[MeetingAnalysis], courses: Mapping[str, Course], key: tuple[str, str]
) -> tuple[list[FollowedMeeting], list[str]]:
    found: list[FollowedMeeting] = []
    seen: set[tuple[str, int]] = set()
    why = {
        "have no meeting number": 0,
        "belong to a dyad without a course": 0,
        "lack this or the next rating": 0,
    }
    for analysis in analyses:
        meeting = analysis.meeting
        kind = classify_meeting(analysis)
        if meeting.number is None:
            why["have no meeting number"] += 1
            continue
        if (meeting.dyad, meeting.number) in seen:
            raise SettingError(
                f"meetings of {meeting.dyad!r}", f"{meeting.number} twice", "each meeting once"
            )
        seen.add((meeting.dyad, meeting.number))
        course = courses.get(meeting.dyad)
        if course is None:
            why["belong to a dyad without a course"] += 1
            continue
        values = course.ratings.get(key)
        ratings = {} if values is None else dict(zip(course.meetings, values.tolist(), strict=True))
        now, then = ratings.get(meeting.number, nan), ratings.get(meeting.number + 1, nan)
        if not kind or now != now or then != then:
            why["lack this or the next rating"] += 1
            continue
        found.append(FollowedMeeting(meeting.dyad, meeting.number, kind, now, then))
    return found, [f"{count} {words}" for words, count in why.items() if count]


def _groups(meetings: Sequence[FollowedMeeting]) -> dict[str, list[FollowedMeeting]]:
    groups: dict[str, list[FollowedMeeting]] = {}
    for meeting in meetings:
        groups.setdefault(meeting.case, []).append(meeting)
    return groups


def _slope(meetings: Sequence[FollowedMeeting]) -> float:
    """Slope of change on rating, both as deviations from their case's means."""
    x: list[float] = []
    y: list[float] = []
    for own in _groups(meetings).values():
        level, step = mean([m.rating for m in own]), mean([m.change for m in own])
        x += [m.rating - level for m in own]
        y += [m.change - step for m in own]
    square = sum(v * v for v in x)
    if len(x) < MIN_MEETINGS or square < 1e-12:
        return nan
    return sum(a * b for a, b in zip(x, y, strict=True)) / square


def _beyond(meetings: Sequence[FollowedMeeting], slope: float) -> list[FollowedMeeting]:
    levels = {case: mean([m.rating for m in own]) for case, own in _groups(meetings).items()}
    return [
        FollowedMeeting(
            m.case, m.meeting, m.kind, m.rating, m.next_rating,
            m.change - slope * (m.rating - levels[m.case]),
        )
        for m in meetings
    ]  # fmt: skip


def _within(meetings: Sequence[FollowedMeeting], outcome: str, a: str, b: str) -> float:
    """First minus second class within cases; nan where no case has both."""
    total = weight = 0.0
    for own in _groups(meetings).values():
        x = [getattr(m, outcome) for m in own if m.kind == a]
        y = [getattr(m, outcome) for m in own if m.kind == b]
        if x and y:
            w = len(x) * len(y) / (len(x) + len(y))
            total += w * (mean(x) - mean(y))
            weight += w
    return total / weight if weight else nan


def _contrast(
    meetings: Sequence[FollowedMeeting],
    outcome: str,
    a: str,
    b: str,
    *,
    rng: np.random.Generator,
    n: int,
) -> Contrast:
    groups = {
        case: [m for m in own if m.kind in (a, b)]
        for case, own in _groups(meetings).items()
        if {a, b} <= {m.kind for m in own}
    }
    used = [m for own in groups.values() for m in own]
    n_a, n_b = (sum(m.kind == k for m in used) for k in (a, b))
    value = _within(used, outcome, a, b)
    low, high = leave_one_out(used, lambda m: m.case, lambda some: _within(some, outcome, a, b))
    made = Contrast(outcome, a, b, n_a, n_b, len(groups), value, low, high)
    arrangements = math.prod(
        math.comb(len(own), sum(m.kind == a for m in own)) for own in groups.values()
    )
    refused = ""
    if min(n_a, n_b) < MIN_MEETINGS or value != value:
        refused = "R_CLASSES"
    elif arrangements < MIN_ARRANGEMENTS:
        refused = "R_ARRANGEMENTS"
    elif not n:
        refused = "R_NONE"
    null = np.zeros(n)
    weight = 0.0
    if not refused:
        for own in groups.values():
            values = np.array([getattr(m, outcome) for m in own])
            k = sum(m.kind == a for m in own)
            w = k * (values.size - k) / values.size
            drawn = rng.permuted(np.repeat(values[None, :], n, axis=0), axis=1)
            null += w * (drawn[:, :k].mean(axis=1) - drawn[:, k:].mean(axis=1))
            weight += w
        null /= weight
        if null.std() < 1e-12:
            refused = "R_SPREAD"
    if refused:
        return replace(made, refused=refused)
    row = rank(outcome, value, null)
    return replace(made, null_low=row.null_low, null_high=row.null_high, p=row.p)
