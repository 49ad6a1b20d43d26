"""Dyads of the mechanistic model in which tolerance W and trust T are known, as coders see them.

Everything is simulated by `reattune.models` and measured with what users call. One wide cohort
lives courses in which W and T follow the lived repairs, or drift at random instead; and there are
worlds in which only one thing changes from the first session to the last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reattune.core.attunement import Attunement
from reattune.core.ruptures import Ruptures
from reattune.growth import Affect, measure_challenge, read_affect
from reattune.measures import make_tally
from reattune.measures.tally import Tally
from reattune.models import (
    Codebook,
    CoderError,
    DyadParameters,
    Observation,
    Paradigm,
    PlannedPhase,
    SimulatedCourse,
    find_codebook,
    new_state,
    play,
    simulate_course,
    simulate_session,
)
from reattune.repair import find_ruptures
from reattune.rules import OwnTable, StateMatch

FloatArray = NDArray[np.float64]
TWO_MIN = 120.0
CHALLENGE = Paradigm(
    "challenge", (PlannedPhase("play", TWO_MIN), PlannedPhase("still_face", TWO_MIN, "still_face"))
)


@dataclass(frozen=True)
class Coding:
    """What a coder writes down, and the rule that reads it."""

    observation: Observation
    rule: StateMatch


def _code(book: Codebook, **options: object) -> Coding:
    table = OwnTable(match=book.match_pairs())
    return Coding(Observation(book, **options), StateMatch(book.stream, table=table))  # type: ignore[arg-type]


def _mistake(signs: tuple[str, ...], share: float) -> tuple[tuple[float, ...], ...]:
    """Chances of coding each state as another sign, ``share`` in all, the other signs alike."""
    rows = np.eye(len(signs)) * (1 - share)
    for at, sign in enumerate(signs):
        for other in {"negative", "neutral", "positive"} - {sign}:
            rows[at, signs.index(other)] += share / 2
    return tuple(map(tuple, rows.tolist()))


_FIRST = ("negative", "neutral", "neutral", "positive")
_SECOND = (*_FIRST, "neutral")
SIGNS = Codebook("signs", focal=_FIRST, responder=_SECOND)
MISTAKEN = CoderError(_mistake(_FIRST, 0.05), _mistake(_SECOND, 0.05))
FINE = _code(find_codebook("plain"), step_s=0.04)
SECONDS = _code(find_codebook("plain"), step_s=1.0)
COARSE = Coding(
    Observation(SIGNS, coder_error=MISTAKEN), StateMatch("affect", table="same_category")
)


@dataclass(frozen=True)
class Seen:
    """One session as it is measured, and the latents it was lived with."""

    attunement: Attunement
    affect: Affect
    ruptures: Ruptures
    tally: Tally
    tolerance: float
    trust: float


def look(lived: SimulatedCourse, coding: Coding = FINE) -> Seen:
    """The first session of a course through a coder's eyes."""
    session = lived.session(0, coding.observation)
    attunement = coding.rule(session)
    ruptures = find_ruptures(attunement)
    affect = read_affect(attunement, session.partners[0], ["negative"])
    tolerance, trust = lived.latents[0, :2].tolist()
    tally = make_tally(attunement, ruptures)
    return Seen(attunement, affect, ruptures, tally, tolerance, trust)


def draw_dyad(rng: np.random.Generator) -> DyadParameters:
    """A dyad of the wide cohort: some repair ten times as readily as others."""

    def between(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    return DyadParameters(
        focal_agenda_per_s=between(0.2, 0.8),
        focal_follow_per_s=between(0.04, 0.3),
        responder_agenda_per_s=between(0.03, 0.5),
        reading_prob=float(rng.uniform(0.2, 0.9)),
        readiness_prob=between(0.06, 0.9),
        logit_negative=-0.8 + float(rng.normal(0, 0.35)),
        logit_positive=0.4 + float(rng.normal(0, 0.3)),
        arousal_gain_per_s=0.06 * float(np.exp(rng.normal(0, 0.2))),
        tolerance_prior=float(np.exp(rng.normal(0, 0.2))),
        learning_rate=0.006,
    )


def vary(dyad: DyadParameters, rng: np.random.Generator) -> DyadParameters:
    """The same dyad on another day."""
    agenda, look_, gain = np.exp(rng.normal(0, 0.2, 3)).tolist()
    return replace(
        dyad,
        focal_agenda_per_s=dyad.focal_agenda_per_s * agenda,
        responder_look_per_s=dyad.responder_look_per_s * look_,
        arousal_gain_per_s=dyad.arousal_gain_per_s * gain,
        logit_negative=dyad.logit_negative + float(rng.normal(0, 0.2)),
    )


def live(
    dyad: DyadParameters,
    sessions: int,
    duration_s: float,
    rng: np.random.Generator,
    *,
    drift: tuple[float, float] | None = None,
) -> list[SimulatedCourse]:
    """A course of single sessions, each on a day of its own; W and T are learned, or drift.

    ``drift`` holds the SD of a random step of ln W and of logit T.
    """
    state = new_state(dyad)
    w, t = state.tolerance, state.trust
    lived = []
    for _ in range(sessions):
        held = {} if drift is None else {"tolerance": w, "trust": t}
        day = simulate_course(vary(dyad, rng), 1, play(duration_s), rng=rng, state=state, **held)
        lived.append(day)
        state = day.state
        if drift is not None:
            w = float(np.clip(w * np.exp(rng.normal(0, drift[0])), 0.35, 3.0))
            t = float(1 / (1 + (1 - t) / t * np.exp(rng.normal(0, drift[1]))))
    return lived


def challenge(
    dyad: DyadParameters, rng: np.random.Generator, tolerance: float, trust: float
) -> float:
    """Negative share of two minutes without response, after two minutes of play."""
    session = simulate_session(
        *(dyad, CHALLENGE), rng=rng, tolerance=tolerance, trust=trust, observation=FINE.observation
    )
    affect = read_affect(FINE.rule(session, (TWO_MIN, 2 * TWO_MIN)), "focal", ["negative"])
    return measure_challenge(affect)["challenge_negative_prop"].value


# -- worlds: what changes from the first session (t = 0) to the last (t = 1) -------------------

GREW = 1.34
World = Callable[[DyadParameters, float], tuple[DyadParameters, float]]


def grow(dyad: DyadParameters, t: float) -> tuple[DyadParameters, float]:
    """Tolerance up by a third."""
    return dyad, 1.0 + (GREW - 1.0) * t


def stay(dyad: DyadParameters, t: float) -> tuple[DyadParameters, float]:
    return dyad, 1.0


def match_better(dyad: DyadParameters, t: float) -> tuple[DyadParameters, float]:
    """The other partner goes three quarters of the way to reading and responding at .9; W stays."""
    reading, ready = dyad.reading_prob, dyad.readiness_prob
    better = replace(
        dyad,
        reading_prob=reading + (0.9 - reading) * 0.75 * t,
        readiness_prob=ready * (0.9 / ready) ** (0.75 * t),
    )
    return better, 1.0


WORLDS: dict[str, World] = {"grow": grow, "stay": stay, "match_better": match_better}


def draw_world_dyad(rng: np.random.Generator) -> DyadParameters:
    return replace(draw_dyad(rng), tolerance_prior=1.0)


def live_in(
    world: World,
    dyad: DyadParameters,
    sessions: int,
    duration_s: float,
    rng: np.random.Generator,
) -> list[SimulatedCourse]:
    """Sessions spread over the span of the world; trust stays, nothing is learned."""
    trust = new_state(dyad).trust
    lived = []
    for t in np.linspace(0, 1, sessions).tolist():
        now, tolerance = world(dyad, t)
        lived.append(
            simulate_course(
                *(vary(now, rng), 1, play(duration_s)), rng=rng, tolerance=tolerance, trust=trust
            )
        )
    return lived
