"""Rules for courses: each criterion for ratings as a rule on the clock of meetings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from reattune import courses
from reattune.core.attunement import Attunement
from reattune.core.checks import check_option
from reattune.core.criteria import Criteria
from reattune.core.errors import SettingError, did_you_mean
from reattune.core.pair import ANY, MATCH, MISMATCH, UNDEFINED, MatchTable, Pair
from reattune.core.session import Session
from reattune.core.steps import MISSING, Steps, constant_steps, make_steps
from reattune.courses import Course, CourseEvent, Criterion, SampleConstants
from reattune.rules.base import Rule, check_partner, find_window

FloatArray = NDArray[np.float64]
_STATES = ("at its level", "in a drop")
_TIE = 1e-12
Own = TypeVar("Own", bound="CourseRule")


@dataclass(frozen=True, eq=False)
class CoursePair(Pair):
    """A pair whose one rated stream also has a depth at every meeting.

    Attributes
    ----------
    first_meeting : int
    depth : tuple of float
        Of every meeting of the window: how far below the level before the drop, 0 to 1; nan where
        nobody rated.
    """

    first_meeting: int = 0
    depth: tuple[float, ...] = ()


@dataclass(frozen=True)
class CourseRule(Rule):
    """Mismatched from the onset to the repair of every event a criterion finds in the ratings.

    Parameters
    ----------
    stream : str
        Name of the scale.
    partner : str
        Whose ratings; the first partner's by default.
    sample : SampleConstants or mapping, optional
        S_mean, S_pooled, S_between of the study, for criteria that use them; see `on_sample`.
    holes : {"carry", "cut"}
        A meeting without a rating keeps the state of the meeting before, as the criteria
        themselves bridge it, or is unobserved and cuts a rupture off.

    Notes
    -----
    A state holds in ``[meeting, meeting + 1)``. Before the first and after the last rating nothing
    is known. An event that was not repaired in its window stays mismatched until the ratings are
    back at its target; with `criteria` it counts as unrepaired. Events that overlap are one
    rupture, so there can be fewer ruptures than events. Who opened and who repaired is not in a
    rating, so nobody did. One rater cannot be rotated against another: the chance test of a course
    shuffles the order of its meetings and is made elsewhere. Depth is the distance below the level
    before the drop, as a share of the scale (of the case's own range where its ends are unknown).
    """

    by_moment: ClassVar[bool] = False
    criterion_type: ClassVar[type[Criterion]]

    stream: str = field(kw_only=True)
    partner: str = field(default="", kw_only=True)
    sample: SampleConstants | None = field(default=None, kw_only=True)
    holes: str = field(default="carry", kw_only=True)

    def __post_init__(self) -> None:
        for f in fields(self):
            if isinstance(value := getattr(self, f.name), list):
                object.__setattr__(self, f.name, tuple(value))
        if isinstance(self.sample, Mapping):
            object.__setattr__(self, "sample", _make_sample(self.sample))
        if not self.stream or not isinstance(self.stream, str):
            raise SettingError("stream", self.stream, "the name of a scale")
        check_option("holes", self.holes, ("carry", "cut"))
        if getattr(self.criterion, "count", "meetings") != "meetings":
            raise SettingError("count", "ratings", '"meetings": the clock of a course')
        if self.criterion_type is courses.Decline and getattr(self, "window", None) is not None:
            raise SettingError("window", getattr(self, "window", None), "None for declines")

    @property
    def criterion(self) -> Criterion:
        """The criterion by itself."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in _OWN}
        return self.criterion_type(**own)

    @property
    def criteria(self) -> Criteria:
        """The criteria with which ruptures get the status of the events they come from."""
        window = getattr(self, "window", None)
        return Criteria(repair_window_s=None if window is None else float(window))

    def on_sample(self: Own, sessions: Iterable[Session]) -> Own:
        """A copy that knows the sample's constants, from the ratings of all its sessions.

        Constants that were given stay; sessions without the ratings are left out.
        """
        if self.sample is not None:
            return self
        found = []
        for session in sessions:
            if session.has(self.stream, self.partner or session.partners[0]):
                found.append(self.course(session))
        scale = next((course.scale for course in found if course.scale), None)
        return replace(self, sample=courses.sample_constants(found, scale=scale))

    def course(self, session: Session) -> Course:
        """The ratings that the rule looks at."""
        partner = self.partner or session.partners[0]
        check_partner(session, partner)
        return courses.course_from_session(session, self.stream, partner)

    def events(
        self, session: Session, window: tuple[float, float] | None = None
    ) -> tuple[CourseEvent, ...]:
        """The events in the session's ratings (those inside ``window``)."""
        return self._find(session, window)[1]

    def _find(
        self, session: Session, window: tuple[float, float] | None
    ) -> tuple[Course, tuple[CourseEvent, ...]]:
        course = self.course(session)
        start, end = find_window(session, window)
        values = course.only().copy()
        numbers = np.array(course.meetings)
        values[(numbers < start) | (numbers >= end)] = np.nan
        key = next(iter(course.ratings))
        inside = Course(course.case, course.meetings, {key: values}, course.scale)
        sample = self.sample or SampleConstants(scale=course.scale)
        return inside, courses.find_events(inside, self.criterion, sample)

    def read(self, session: Session, window: tuple[float, float] | None = None) -> Pair:
        """The rating partner in a drop or not; the other partner is one constant state."""
        span = find_window(session, window)
        course, events = self._find(session, window)
        steps, depth = self._steps(course, events, span)
        first = session.partners.index(self.partner or session.partners[0]) == 0
        other = constant_steps(span)
        match = np.array([[MATCH], [MISMATCH]], dtype=np.int64)
        states: tuple[tuple[str, ...], tuple[str, ...]] = (_STATES, ANY)
        if not first:
            match, states = np.ascontiguousarray(match.T), (ANY, _STATES)
        table = MatchTable(
            "course",
            states,
            match,
            (1 - match).astype(np.float64),
            np.zeros(match.shape, dtype=np.bool_),
        )
        return CoursePair(
            session.partners,
            steps if first else other,
            other if first else steps,
            table,
            (1.0, 1.0),
            session.cuts,
            first_meeting=course.meetings[0] if course.meetings else 0,
            depth=depth,
        )

    def _steps(
        self, course: Course, events: tuple[CourseEvent, ...], span: tuple[float, float]
    ) -> tuple[Steps, tuple[float, ...]]:
        values, numbers = course.only(), np.array(course.meetings)
        rated = np.isfinite(values)
        if not rated.any() or self.criterion.why_not(course):
            nothing = np.full(1, MISSING, dtype=np.int64)
            return Steps(np.array(span), nothing), (np.nan,) * numbers.size
        state = np.where(rated, 0, MISSING)
        depth = np.where(rated, 0.0, np.nan)
        low, high = course.scale or (float(values[rated].min()), float(values[rated].max()))
        unseen = np.zeros(numbers.size, dtype=np.bool_)
        for event in events:
            inside = (numbers >= event.onset) & (numbers < _end(event, values, numbers))
            state[inside & rated] = 1
            below = np.clip((event.level - values) / (high - low), 0.0, 1.0)
            depth[inside & rated] = np.maximum(depth, below)[inside & rated]
            if event.reason == "missing":
                unseen |= inside & ~rated
        if self.holes == "carry":
            last = int(np.flatnonzero(rated)[-1])
            for at in range(1, last):
                if state[at] == MISSING and not unseen[at]:
                    state[at], depth[at] = state[at - 1], depth[at - 1]
        known = np.flatnonzero(state != MISSING)
        starts = np.maximum(numbers[known].astype(np.float64), span[0])
        ends = np.minimum(numbers[known] + 1.0, span[1])
        keep = ends > starts
        steps = make_steps(starts[keep], ends[keep], state[known][keep].astype(np.int64), span)
        return steps, tuple(depth.tolist())

    def judge(self, pair: Pair) -> Attunement:
        """The dyad over time: mismatched in a drop, with its depth at every meeting."""
        depth = pair.depth if isinstance(pair, CoursePair) else ()
        first = pair.first_meeting if isinstance(pair, CoursePair) else 0
        rated = pair.x if pair.table.states[1] == ANY else pair.y
        start, end = pair.window
        meetings = np.arange(np.floor(start) + 1, end)
        inner = np.array([cut for cut in pair.cuts if start < cut < end], dtype=np.float64)
        edges = np.unique(np.concatenate([rated.edges, meetings, inner]))
        middles = (edges[:-1] + edges[1:]) / 2
        codes = rated.at(middles)
        state = np.select([codes == 0, codes == 1], [MATCH, MISMATCH], UNDEFINED)
        places = np.floor(middles).astype(np.int64) - first
        inside = (places >= 0) & (places < len(depth))
        far = np.ones(middles.size)
        far[inside] = np.array(depth, dtype=np.float64)[places[inside]] if depth else far[inside]
        distance = np.select([state == MATCH, state == MISMATCH], [0.0, far], np.nan)
        cut = np.isin(edges, inner)
        cut[0] = cut[-1] = True
        both = np.where(codes == MISSING, MISSING, 0)
        return Attunement(
            partners=pair.partners,
            edges=edges,
            state=state.astype(np.int64),
            distance=distance,
            negative=np.zeros(state.size, dtype=np.bool_),
            changed=np.zeros((2, edges.size), dtype=np.bool_),
            cut=cut,
            tick_s=pair.tick_s,
            tie_s=pair.tie_s,
            rule=self.describe(),
            pair=pair,
            codes=np.array((codes, both) if rated is pair.x else (both, codes)),
        )

    def describe(self) -> str:
        """The rule in words."""
        whose = f" of {self.partner}" if self.partner else ""
        holes = "" if self.holes == "carry" else "; meetings without a rating cut"
        return f"{self.stream}{whose}: {self.criterion.describe()}{holes}"

    def to_dict(self) -> dict[str, object]:
        """Type and parameters, JSON-safe, as the study file writes them."""
        told: dict[str, object] = {"type": type(self).__name__}
        for f in fields(self):
            value = getattr(self, f.name)
            told[f.name] = list(value) if isinstance(value, tuple) else value
        if self.sample is not None:
            told["sample"] = {
                f.name: list(value) if isinstance(value, tuple) else value
                for f in fields(self.sample)
                if (value := getattr(self.sample, f.name)) is not None and value == value
            }
        return told


_OWN = ("stream", "partner", "sample", "holes")


def _make_sample(given: Mapping[str, object]) -> SampleConstants:
    known = [f.name for f in fields(SampleConstants)]
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key not in known:
            raise SettingError(
                f"rule.sample.{key}", value, "a constant." + did_you_mean(key, known)
            )
        values[key] = tuple(value) if isinstance(value, list) else value
    return SampleConstants(**values)


def _end(event: CourseEvent, values: FloatArray, numbers: NDArray[np.int64]) -> float:
    """First meeting that no longer belongs to the event."""
    if event.repair is not None:
        return event.repair
    late = (numbers > event.nadir) & (values >= event.target - _TIE)
    return float(numbers[late][0]) if late.any() else float("inf")


# Each class has the parameters of its criterion and those of `CourseRule`. As a rule it is called
# with a session where the criterion is called with ratings: that is the one thing that differs.


@dataclass(frozen=True)
class Drop(CourseRule, courses.Drop):  # type: ignore[misc]
    """Mismatched from a drop between two ratings to its repair; see `reattune.courses.Drop`.

    Examples
    --------
    >>> Drop(stream="wai", sd="own").describe()
    "wai: a drop of at least 1 x the case's own SD from one rating to the next, repaired when 75% \
of it is regained within 3 meetings"
    """

    criterion_type: ClassVar[type[Criterion]] = courses.Drop


@dataclass(frozen=True)
class Decline(CourseRule, courses.Decline):  # type: ignore[misc]
    """Mismatched from the start of a fall to its repair; see `reattune.courses.Decline`.

    ``window`` is refused: it counts from the nadir, which a rupture on a clock does not know.
    """

    criterion_type: ClassVar[type[Criterion]] = courses.Decline


@dataclass(frozen=True)
class ControlChart(CourseRule, courses.ControlChart):  # type: ignore[misc]
    """Mismatched from a low signal to the centre line; see `reattune.courses.ControlChart`."""

    criterion_type: ClassVar[type[Criterion]] = courses.ControlChart


@dataclass(frozen=True)
class Cusum(CourseRule, courses.Cusum):  # type: ignore[misc]
    """Mismatched while low ratings add up to a signal; see `reattune.courses.Cusum`."""

    criterion_type: ClassVar[type[Criterion]] = courses.Cusum


@dataclass(frozen=True)
class Ewma(CourseRule, courses.Ewma):  # type: ignore[misc]
    """Mismatched from a low moving average to the centre line; see `reattune.courses.Ewma`."""

    criterion_type: ClassVar[type[Criterion]] = courses.Ewma


@dataclass(frozen=True)
class ChangePoint(CourseRule, courses.ChangePoint):  # type: ignore[misc]
    """Mismatched from a step down to a level as high; see `reattune.courses.ChangePoint`."""

    criterion_type: ClassVar[type[Criterion]] = courses.ChangePoint


@dataclass(frozen=True)
class ReliableChange(CourseRule, courses.ReliableChange):  # type: ignore[misc]
    """Mismatched from a reliable drop to its repair; see `reattune.courses.ReliableChange`."""

    criterion_type: ClassVar[type[Criterion]] = courses.ReliableChange


@dataclass(frozen=True)
class PersonCentred(CourseRule, courses.PersonCentred):  # type: ignore[misc]
    """Mismatched from far below the own mean back to it; see `reattune.courses.PersonCentred`."""

    criterion_type: ClassVar[type[Criterion]] = courses.PersonCentred


def make_course_rule(
    criterion: Criterion,
    stream: str,
    partner: str = "",
    *,
    sample: SampleConstants | None = None,
    holes: str = "carry",
) -> CourseRule:
    """The rule that does with a session what a criterion does with ratings.

    Parameters
    ----------
    criterion : Criterion
        From `reattune.courses`, with its parameters.
    stream, partner, sample, holes
        As in `CourseRule`.

    Raises
    ------
    SettingError
        For a criterion without a rule, or parameters that a rule does not allow.

    Examples
    --------
    >>> rule = make_course_rule(courses.Decline(k=2.0, sd="own"), "wai")
    >>> type(rule).__name__, rule.stream, rule.k
    ('Decline', 'wai', 2.0)
    """
    for rule in COURSE_RULES:
        if type(criterion) is rule.criterion_type:
            given: dict[str, Any] = criterion.parameters()
            return rule(**given, stream=stream, partner=partner, sample=sample, holes=holes)
    known = [rule.__name__ for rule in COURSE_RULES]
    raise SettingError(
        "criterion", type(criterion).__name__, "one with a rule." + did_you_mean("", known)
    )


COURSE_RULES: tuple[type[CourseRule], ...] = (
    *(Drop, Decline, ControlChart, Cusum, Ewma),
    *(ChangePoint, ReliableChange, PersonCentred),
)
