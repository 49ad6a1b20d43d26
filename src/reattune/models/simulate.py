"""Simulate: sessions, courses and studies of the mechanistic model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reattune.core.checks import check_not_negative, check_positive
from reattune.core.errors import SettingError
from reattune.core.session import Session
from reattune.models.course import CourseEvents, SimulatedCourse, SimulatedStudy
from reattune.models.dropout import DropOut
from reattune.models.observation import Observation
from reattune.models.paradigms import Paradigm, play
from reattune.models.parameters import FOCAL_STATES, RANGES, RESPONDER_STATES, DyadParameters
from reattune.models.state import DyadState, new_state

# Clock ticks that one session may expect (some ten seconds of computing), and a course that keeps
# its events (some gigabytes).
MAX_TICKS = 1e8
MAX_KEPT_TICKS = 5e8
MAX_AROUSAL = 1e3
MAX_SESSIONS = 1_000_000
SOON = 5.0


@dataclass(frozen=True)
class _Plan:
    """What all dyads of a simulation share."""

    sessions: int
    paradigm: Paradigm
    start_arousal: float
    drop_out: DropOut | None
    soon: float
    observation: Observation
    keep_events: bool

    def __post_init__(self) -> None:
        if isinstance(self.sessions, bool) or not isinstance(self.sessions, int | np.integer):
            raise SettingError("sessions", self.sessions, "a whole number")
        if not 1 <= self.sessions <= MAX_SESSIONS:
            raise SettingError("sessions", self.sessions, f"1 to {MAX_SESSIONS:,}")
        if check_not_negative("start_arousal", self.start_arousal) > MAX_AROUSAL:
            raise SettingError("start_arousal", self.start_arousal, f"0 to {MAX_AROUSAL:g}")
        check_positive("soon", self.soon)


def simulate_session(
    parameters: DyadParameters,
    paradigm: Paradigm | None = None,
    *,
    rng: np.random.Generator,
    state: DyadState | None = None,
    tolerance: float | None = None,
    trust: float | None = None,
    observation: Observation | None = None,
    dyad: str = "simulated",
) -> Session:
    """One session of a simulated dyad: an ordinary `Session`.

    Parameters
    ----------
    parameters : DyadParameters
    paradigm : Paradigm, optional
        10 minutes of play by default.
    rng : numpy.random.Generator
        One number is drawn from it.
    state : DyadState, optional
        What the dyad brings; a dyad that has lived nothing by default.
    tolerance, trust : float, optional
        W and T themselves, in place of those that ``state`` holds.
    observation : Observation, optional
        By default every change is seen exactly.
    dyad : str

    Returns
    -------
    Session
        Two coded streams in seconds. ``meta`` holds the latents under names that begin with
        ``model_``.

    Notes
    -----
    Four Poisson clocks run (agenda and following of the focal partner, agenda and looking of the
    responder); between their ticks arousal follows da/dt = u - b a in closed form. Attuned:
    u = 0, b = b_0 W^nu + b_1 (times b_1N while negative). Mismatched: u = alpha delta (1 + psi S)
    (times w_off while the responder is off), b = b_0 W^nu (times 1 + eta_A while away). The model
    is this package's own. It puts into equations what Tronick (1989, American Psychologist 44,
    112-119), Schore (1994, Affect Regulation and the Origin of the Self) and Safran and Muran
    (2000, Negotiating the Therapeutic Alliance) say in words.

    Examples
    --------
    >>> import numpy as np
    >>> from reattune.models import DyadParameters, play, simulate_session
    >>> session = simulate_session(DyadParameters(), play(60), rng=np.random.default_rng(1))
    >>> session.partners, session.span
    (('focal', 'responder'), (0.0, 60.0))
    """
    course = simulate_course(
        parameters,
        1,
        paradigm,
        rng=rng,
        state=state,
        tolerance=tolerance,
        trust=trust,
        observation=observation,
        dyad=dyad,
        start_arousal=parameters.start_arousal,
    )
    return course.session(0)


def simulate_course(
    parameters: DyadParameters,
    sessions: int,
    paradigm: Paradigm | None = None,
    *,
    rng: np.random.Generator,
    state: DyadState | None = None,
    tolerance: ArrayLike | None = None,
    trust: ArrayLike | None = None,
    start_arousal: float = 0.0,
    drop_out: DropOut | None = None,
    soon: float = SOON,
    observation: Observation | None = None,
    keep_events: bool = True,
    dyad: str = "simulated",
    covariates: Mapping[str, object] | None = None,
) -> SimulatedCourse:
    """Many sessions of one dyad, with what ruptures and repairs teach from one to the next.

    Parameters
    ----------
    parameters : DyadParameters
    sessions : int
    paradigm : Paradigm, optional
        Of every session; 10 minutes of play by default.
    rng : numpy.random.Generator
        One number is drawn from it. With the same number, the first sessions of a longer course
        are those of a shorter one.
    state : DyadState, optional
        What the dyad brings from before. To change parameters or paradigm on the way, simulate a
        further course from ``course.state``.
    tolerance, trust : float, or one for each session, optional
        W in [0.35, 3] and T in [0, 1] themselves, for worlds in which they do not follow repair.
        What ruptures teach is still added up in ``course.state``. With a prescribed T there is no
        confident trust (nan).
    start_arousal : float, default 0
        At the start of every session.
    drop_out : DropOut, optional
        By default nobody leaves.
    soon : float, default 5
        Time units within which a repair counts as soon in the tally.
    observation : Observation, optional
        How `SimulatedCourse.session` sees the sessions.
    keep_events : bool, default True
        Without them there are no sessions to look at, only latents and the model's own tally.
    dyad : str
    covariates : mapping, optional
        Put into every session's ``meta``.

    Returns
    -------
    SimulatedCourse

    Raises
    ------
    SettingError
        For a number of sessions, or rates times duration, that no machine should be asked for.

    Notes
    -----
    When a rupture ends, A_u += w R k(u) and B_u += w (1 - R) k(u), with
    R = 1 / (1 + (L / L_st)^3) / (1 + (z_D / z_c)^4) if it was repaired and 0 if it was still open
    more than L_st before the session ended; w = c q E / (1 + E / d_0). Tolerance, trust, stress and
    depth are read off at the start of a session and held through it.

    Examples
    --------
    >>> import numpy as np
    >>> from reattune.models import DyadParameters, simulate_course
    >>> course = simulate_course(DyadParameters(), 30, rng=np.random.default_rng(1))
    >>> len(course), course.state.tolerance > course.before.tolerance
    (30, True)
    """
    plan = _Plan(
        sessions,
        paradigm or play(),
        start_arousal,
        drop_out,
        soon,
        observation or Observation(),
        keep_events,
    )
    held = _hold(sessions, tolerance, trust)
    key = int(rng.integers(0, 2**64, dtype=np.uint64))
    return _live(key, parameters, plan, state, dyad, covariates or {}, held)


def simulate_study(
    dyads: Mapping[str, DyadParameters] | Sequence[DyadParameters],
    sessions: int,
    paradigm: Paradigm | None = None,
    *,
    rng: np.random.Generator,
    name: str = "simulated",
    states: Mapping[str, DyadState] | None = None,
    start_arousal: float = 0.0,
    drop_out: DropOut | None = None,
    soon: float = SOON,
    observation: Observation | None = None,
    keep_events: bool = True,
    covariates: Mapping[str, Mapping[str, object]] | None = None,
    workers: int = 1,
) -> SimulatedStudy:
    """Courses of many dyads, independent of each other.

    Parameters
    ----------
    dyads : mapping of name to DyadParameters, or a sequence of them
        A sequence gets the names ``dyad001``, ``dyad002``, ...
    sessions, paradigm, start_arousal, drop_out, soon, observation, keep_events
        As in `simulate_course`.
    rng : numpy.random.Generator
        One number is drawn for each dyad, in order: what a dyad lives depends neither on the
        number of dyads after it nor on ``workers``.
    name : str
        Of the study.
    states : mapping of name to DyadState, optional
        What dyads bring; those that are absent have lived nothing.
    covariates : mapping of name to mapping, optional
        Such as ``{"dyad001": {"group": "a"}}``.
    workers : int, default 1
        Threads. The compiled loop lets go of the interpreter.

    Returns
    -------
    SimulatedStudy
    """
    named = _name_dyads(dyads)
    for given, what in ((states, "states"), (covariates, "covariates")):
        for dyad in given or {}:
            if dyad not in named:
                raise SettingError(what, dyad, "names of the dyads")
    if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= 256:
        raise SettingError("workers", workers, "a whole number from 1 to 256")
    plan = _Plan(
        sessions,
        paradigm or play(),
        start_arousal,
        drop_out,
        soon,
        observation or Observation(),
        keep_events,
    )
    keys = [int(key) for key in rng.integers(0, 2**64, size=len(named), dtype=np.uint64)]

    def live(task: tuple[str, int]) -> SimulatedCourse:
        dyad, key = task
        before, facts = (states or {}).get(dyad), (covariates or {}).get(dyad, {})
        return _live(key, named[dyad], plan, before, dyad, facts)

    tasks = list(zip(named, keys, strict=True))
    if workers == 1:
        return SimulatedStudy(name, tuple(map(live, tasks)))
    with ThreadPoolExecutor(workers) as pool:
        return SimulatedStudy(name, tuple(pool.map(live, tasks)))


def _live(
    key: int,
    parameters: DyadParameters,
    plan: _Plan,
    state: DyadState | None,
    dyad: str,
    covariates: Mapping[str, object],
    held: NDArray[np.float64] | None = None,
) -> SimulatedCourse:
    from reattune.models.arousal import pack
    from reattune.models.kernel import run_course

    before = state or new_state(parameters)
    paradigm, drop_out, unit_s = plan.paradigm, plan.drop_out, parameters.time_unit_s
    length = paradigm.duration_s / unit_s
    _check_work(parameters, plan, length)
    evidence = before.evidence.copy()
    groups = paradigm.groups
    place = [groups.index(phase.group) for phase in paradigm.phases]
    drop = () if drop_out is None else (drop_out.base, drop_out.over, -drop_out.trust)
    lived, dropped, stress, latents, sums, times, who, states, offsets = run_course(
        pack(parameters),
        plan.sessions,
        before.sessions,
        np.uint64(key),
        evidence,
        before.stress,
        FOCAL_STATES.index(parameters.start_focal),
        RESPONDER_STATES.index(parameters.start_responder),
        float(plan.start_arousal),
        paradigm.starts_s / unit_s,
        paradigm.modes,
        np.array(place, dtype=np.int64),
        len(groups),
        length,
        float(plan.soon),
        np.array(drop, dtype=np.float64),
        plan.keep_events,
        _hold(plan.sessions) if held is None else held,
    )
    return SimulatedCourse(
        dyad=dyad,
        parameters=parameters,
        paradigm=paradigm,
        observation=plan.observation,
        key=key,
        before=before,
        state=DyadState(evidence, stress, before.sessions + lived),
        start_arousal=float(plan.start_arousal),
        soon=float(plan.soon),
        latents=latents,
        sums=sums,
        dropped=dropped,
        events=CourseEvents(times, who, states, offsets) if plan.keep_events else None,
        covariates=covariates,
        prescribed=() if held is None else _name_prescribed(held),
    )


def _hold(
    sessions: int, tolerance: ArrayLike | None = None, trust: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Prescribed W and T of every session, shape (sessions, 2); nan where they are learned."""
    held = np.full((sessions, 2), np.nan)
    asked = (("tolerance", tolerance, *RANGES["tolerance_prior"]), ("trust", trust, 0.0, 1.0))
    for column, (name, given, low, high) in enumerate(asked):
        if given is None:
            continue
        allowed = f"a number from {low:g} to {high:g}, or one for each of {sessions} sessions"
        try:
            values = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise SettingError(name, given, allowed) from error
        if values.shape not in ((), (sessions,)) or not np.all((low <= values) & (values <= high)):
            raise SettingError(name, given, allowed)
        held[:, column] = values
    return held


def _name_prescribed(held: NDArray[np.float64]) -> tuple[str, ...]:
    names = ("tolerance", "trust")
    return tuple(name for at, name in enumerate(names) if not np.isnan(held[:, at]).all())


def _name_dyads(
    dyads: Mapping[str, DyadParameters] | Sequence[DyadParameters],
) -> dict[str, DyadParameters]:
    if isinstance(dyads, Mapping):
        named = dict(dyads)
    else:
        width = max(3, len(str(len(dyads))))
        named = {f"dyad{n:0{width}d}": item for n, item in enumerate(dyads, start=1)}
    if not named:
        raise SettingError("dyads", dyads, "one dyad or more")
    return named


def _check_work(parameters: DyadParameters, plan: _Plan, length: float) -> None:
    rate = (
        parameters.focal_agenda_per_s
        + parameters.focal_follow_per_s
        + parameters.responder_agenda_per_s
        + parameters.responder_look_per_s
    )
    if rate * length > MAX_TICKS:
        raise SettingError(
            "duration_s",
            length * parameters.time_unit_s,
            f"less: at {rate:g} ticks per time unit a session may last "
            f"{MAX_TICKS / rate * parameters.time_unit_s:.4g} s",
        )
    if plan.keep_events and rate * length * plan.sessions > MAX_KEPT_TICKS:
        raise SettingError("keep_events", True, "False for so many sessions, or several courses")
