"""The designs behind the claims: which dyads live, and what is varied."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reattune.models import DyadParameters, preset

FloatArray = NDArray[np.float64]

ORDINARY = DyadParameters()
# A dyad that is matched most of the time, for loads imposed from outside.
NEAR = replace(
    ORDINARY,
    reading_prob=0.9,
    readiness_prob=0.9,
    responder_look_per_s=1.5,
    responder_agenda_per_s=0.02,
)
# A responder who reads and answers well; what else it does is varied.
READS_WELL = replace(ORDINARY, reading_prob=0.8, readiness_prob=0.8, responder_look_per_s=1.2)
# A patient's years before therapy: little is repaired.
LITTLE_REPAIR = replace(ORDINARY, readiness_prob=0.06, focal_follow_per_s=0.05)
RATES = (
    "focal_agenda_per_s",
    "focal_follow_per_s",
    "responder_agenda_per_s",
    "responder_look_per_s",
)
# Seconds per session of imposed non-response, always 120: how many spells of how long.
SPELLS = ((60, 2.0), (24, 5.0), (15, 8.0), (10, 12.0), (6, 20.0), (3, 40.0), (1, 120.0))
# Spread between random dyads: of log rates, and of logits of chances.
RATE_SD, CHANCE_SD = 0.5, 0.8

THERAPISTS: dict[str, dict[str, float]] = {
    "much repair": {"reading_prob": 0.5, "readiness_prob": 0.5},
    "average": {},
    "little repair": {"readiness_prob": 0.06},
    "always attuned": {
        "reading_prob": 1.0,
        "readiness_prob": 1.0,
        "responder_look_per_s": 5.0,
        "responder_agenda_per_s": 0.0,
    },
}


def make_caregiver(q: float) -> DyadParameters:
    """One knob, 0 to 1, from a responder who reads and answers little to one who always does.

    Parameters
    ----------
    q : float
        Moves reading, looking, readiness and the responder's own agenda together.
    """
    return replace(
        ORDINARY,
        reading_prob=0.2 + 0.8 * q,
        responder_look_per_s=0.6 * 8**q,
        readiness_prob=0.05 * 20**q,
        responder_agenda_per_s=0.2 * (1 - q),
    )


def change_speed(dyad: DyadParameters, factor: float) -> DyadParameters:
    """The same dyad with everything both partners do so many times as fast.

    Which states follow each other stays, so the matched share hardly moves; latencies do.
    """
    return replace(dyad, **{name: factor * getattr(dyad, name) for name in RATES})


def make_intense(factor: float) -> DyadParameters:
    """A mostly matched dyad in which non-response strains so many times as much as usual."""
    return replace(NEAR, responder_agenda_per_s=0.0, off_gain=factor * ORDINARY.off_gain)


def draw_dyads(n: int, rng: np.random.Generator) -> list[DyadParameters]:
    """Random dyads around the ordinary one: every rate and both chances vary independently.

    Parameters
    ----------
    n : int
    rng : numpy.random.Generator
        Six numbers are drawn for each dyad, in order.
    """
    out = []
    for _ in range(n):
        factors = np.exp(rng.normal(0.0, RATE_SD, len(RATES)))
        chances = [_shift(share, rng) for share in (ORDINARY.reading_prob, ORDINARY.readiness_prob)]
        out.append(
            replace(
                ORDINARY,
                **{
                    name: float(factor) * getattr(ORDINARY, name)
                    for name, factor in zip(RATES, factors, strict=True)
                },
                reading_prob=chances[0],
                readiness_prob=chances[1],
            )
        )
    return out


def make_therapist(name: str, *, paced: bool = True) -> DyadParameters:
    """A therapist of `THERAPISTS`; unpaced, the material is always at full depth."""
    depth = {} if paced else {"depth_base": 1.0, "depth_slope": 0.0}
    return preset("patient_therapist", **THERAPISTS[name], **depth)


def _shift(share: float, rng: np.random.Generator) -> float:
    logit = np.log(share / (1 - share)) + rng.normal(0.0, CHANCE_SD)
    return float(1 / (1 + np.exp(-logit)))
