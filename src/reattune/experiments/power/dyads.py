"""Dyads of simulated studies: drawn around a preset, and changed by what there is to find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from reattune.experiments.power.design import Design
from reattune.models import (
    DyadParameters,
    Paradigm,
    PlannedPhase,
    SimulatedCourse,
    play,
    preset,
    simulate_study,
    still_face,
)
from reattune.models.coordinates import COORDINATES, FREE, place, read_coordinate
from reattune.models.likelihood import set_rates

FloatArray = NDArray[np.float64]

# How much better the responder answers cues where only matching improves.
MATCHING_RATIO = 3.0
# SD over dyads of the mood that both partners share, on the logits of what they show.
MOOD = 0.7
# The recording begins after so many time units, called so.
LEAD, BEFORE = 30.0, "before"
PHASES = ("play", "still_face", "reunion")
_AROUSAL_SESSIONS = 50
_FROZEN = ("slope_negative", "slope_away", "slope_positive")


def lead_s(design: Design) -> float:
    """Seconds that a dyad has been together when the recording begins."""
    return LEAD * preset(design.preset).time_unit_s


def make_paradigm(design: Design) -> Paradigm:
    """The phases of every session, with an unrecorded beginning before play.

    Simulated dyads all begin matched; recordings begin anywhere.
    """
    rest = still_face(*[design.phase_s] * 3) if design.still_face else play(design.phase_s)
    return Paradigm(rest.name, (PlannedPhase(BEFORE, lead_s(design)), *rest.phases))


def find_window(design: Design, phase: str) -> tuple[float, float]:
    """Start and end of a phase: ``play``, ``still_face`` or ``reunion``."""
    at = PHASES.index(phase)
    start = lead_s(design) + at * design.phase_s
    return (start, start + design.phase_s)


def draw_dyads(design: Design, n: int, rng: np.random.Generator) -> list[DyadParameters]:
    """So many dyads around the preset; the first ones of more are those of fewer.

    They learn nothing from session to session, so that only what is planned changes.
    """
    base = replace(preset(design.preset), learning_rate=0.0)
    centre = np.array([read_coordinate(base, name) for name in FREE])
    low = np.array([COORDINATES[name].low for name in FREE])
    high = np.array([COORDINATES[name].high for name in FREE])
    vectors = centre + design.spread * rng.standard_normal((n, len(FREE)))
    return [place(base, FREE, vector) for vector in np.clip(vectors, low, high)]


def live(
    design: Design, dyads: Sequence[DyadParameters], sessions: int, rng: np.random.Generator
) -> list[list[SimulatedCourse]]:
    """Every session of every dyad as a course of one, no two days of a dyad quite alike."""
    days = design.session_spread * rng.standard_normal((len(dyads), sessions, 4))
    lived = [
        vary_day(dyad, day) if design.session_spread > 0 else dyad
        for dyad, row in zip(dyads, days, strict=True)
        for day in row
    ]
    start = preset(design.preset).start_arousal
    paradigm = make_paradigm(design)
    courses = simulate_study(lived, 1, paradigm, rng=rng, start_arousal=start).courses
    return [list(courses[i : i + sessions]) for i in range(0, len(courses), sessions)]


def vary_day(dyad: DyadParameters, day: FloatArray) -> DyadParameters:
    """The dyad on one day: agenda, looking and strain up or down, negative affect more or less."""
    agenda, look, strain = np.exp(day[:3]).tolist()
    return replace(
        dyad,
        focal_agenda_per_s=agenda * dyad.focal_agenda_per_s,
        responder_look_per_s=look * dyad.responder_look_per_s,
        arousal_gain_per_s=strain * dyad.arousal_gain_per_s,
        logit_negative=dyad.logit_negative + float(day[3]),
    )


def answer_more(dyad: DyadParameters, ratio: float) -> DyadParameters:
    """The dyad with a responder who gives the fitting answer so many times as often."""
    return set_rates(dyad, ratio * dyad.contingent_per_s, dyad.misread_per_s)


def grow(dyad: DyadParameters, ratio: float) -> DyadParameters:
    """The dyad with tolerance W times ``ratio``, and trust T as it was.

    Tolerance is where the belief 1 / (1 + exp((u - W) / k)) crosses one half and trust its value
    at .5, so that k times (ratio W - .5) / (W - .5) keeps trust.
    """
    tolerance = ratio * dyad.tolerance_prior
    width = dyad.prior_width * (tolerance - 0.5) / (dyad.tolerance_prior - 0.5)
    return replace(dyad, tolerance_prior=tolerance, prior_width=width)


def couple(dyad: DyadParameters, coupling: float, arousal: float) -> DyadParameters:
    """The dyad taking less (or more) notice of each other; at 0 the partners are independent.

    Parameters
    ----------
    dyad : DyadParameters
    coupling : float
        Power of (kappa / nu), factor of following, and, up to 1, of what arousal does.
    arousal : float
        At which arousal (over tolerance) the focal partner's choices stand still in so far as
        they do not follow it. Arousal depends on mismatch, and so on the other partner.
    """
    nu = dyad.misread_per_s
    kappa = nu * (dyad.contingent_per_s / nu) ** coupling
    kept = min(coupling, 1.0)
    still = (1 - kept) * arousal
    out = replace(
        dyad,
        focal_follow_per_s=coupling * dyad.focal_follow_per_s,
        # The logit of negative is b + slope (z - 1), of away b + slope z, of positive b - slope z.
        logit_negative=dyad.logit_negative + dyad.slope_negative * (still - (1 - kept)),
        logit_away=dyad.logit_away + dyad.slope_away * still,
        logit_positive=dyad.logit_positive - dyad.slope_positive * still,
        **{name: kept * getattr(dyad, name) for name in _FROZEN},
    )
    return set_rates(out, kappa, nu)


def share_mood(dyad: DyadParameters, mood: float) -> DyadParameters:
    """An uncoupled dyad (see `couple`) whose partners lean the same way in what they show.

    Looks that read nothing are moves to any of four responses alike; they are taken into the
    responder's own agenda, which then leans to play or to soothing.
    """
    blind = dyad.misread_per_s
    rate = dyad.responder_agenda_per_s + 4 * blind
    shares = dyad.responder_agenda_per_s * np.array(dyad.responder_agenda)
    shares[:4] += blind
    shares *= np.exp(mood * np.array([-1.0, 0.0, 0.0, 1.0, 0.0]))
    shares /= shares.sum()
    shares[-1] += 1 - shares.sum()
    out = replace(
        dyad,
        responder_agenda_per_s=rate,
        responder_agenda=tuple(shares.tolist()),
        logit_negative=dyad.logit_negative - mood,
        logit_positive=dyad.logit_positive + mood,
    )
    return set_rates(out, 0.0, 0.0)


@lru_cache(maxsize=32)
def find_arousal(preset_name: str, minutes: float) -> float:
    """Mean arousal over tolerance of the preset in play so long."""
    dyad = replace(preset(preset_name), learning_rate=0.0)
    course = simulate_study(
        [dyad] * _AROUSAL_SESSIONS,
        1,
        play(60 * minutes),
        rng=np.random.default_rng(1),
        start_arousal=dyad.start_arousal,
        keep_events=False,
    )
    frame = [one.describe_sums(one.sums.sum(axis=(0, 1))) for one in course]
    means = [row["arousal_mean"] / dyad.tolerance_prior for row in frame]
    return float(np.mean(means))


def at_time(ratio: float, time: float) -> float:
    """The ratio that is reached at a share ``time`` of the course, growing by equal factors."""
    return exp(time * log(ratio))
