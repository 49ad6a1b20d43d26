"""The example study: dyads of the mechanistic model, seen by a coder of affect. Nobody was filmed.

The groups differ in one number only: how ready the caregiver is to respond to what was read in the
infant. The coder writes down negative, neutral or positive, frame by frame. An infant who looks
away or watches is neutral, and so is a caregiver who waits, attends or does not respond; the face
of a caregiver who soothes takes up the distress and is coded as negative.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reattune.core.recording import Track
from reattune.core.session import Session
from reattune.core.steps import MISSING
from reattune.core.streams import States
from reattune.models.codebooks import Codebook
from reattune.models.observation import Observation
from reattune.models.paradigms import still_face
from reattune.models.parameters import DyadParameters

SEED = 20250101
FPS = 25
UNCODABLE = "uncodable"
AFFECT = Codebook(
    "affect",
    focal=("negative", "neutral", "neutral", "positive"),
    responder=("negative", "neutral", "neutral", "positive", "neutral"),
    partners=("infant", "caregiver"),
)
OBSERVATION = Observation(AFFECT, step_s=1 / FPS, missing_per_min=0.2, missing_s=3.0)
PARADIGM = still_face(120.0, 120.0, 120.0)


def _example(readiness: float) -> DyadParameters:
    """Unhurried dyads whose infants protest readily, so that a timeline can be read."""
    return DyadParameters(
        readiness_prob=readiness,
        focal_agenda_per_s=0.2,
        responder_agenda_per_s=0.05,
        responder_look_per_s=0.5,
        reading_prob=0.7,
        logit_negative=0.0,
        logit_away=-0.6,
        logit_positive=0.8,
        arousal_gain_per_s=0.07,
    )


GROUPS = {"quick": _example(0.9), "slow": _example(0.3)}
N_PER_GROUP = 4


@dataclass(frozen=True)
class ExampleDyad:
    """One synthetic dyad: its name, its group and the two coded tracks."""

    id: str
    group: str
    tracks: tuple[Track, Track]


def generate_dyads(
    *, rng: np.random.Generator, n_per_group: int = N_PER_GROUP
) -> tuple[ExampleDyad, ...]:
    """The dyads of the example study, alternating between the groups.

    Parameters
    ----------
    rng : numpy.random.Generator
        ``np.random.default_rng(SEED)`` gives the bundled study.
    n_per_group : int, default 4
    """
    from reattune.models.simulate import simulate_session

    dyads: list[ExampleDyad] = []
    for _ in range(n_per_group):
        for group, parameters in GROUPS.items():
            name = f"dyad{len(dyads) + 1:02d}"
            session = simulate_session(parameters, PARADIGM, rng=rng, observation=OBSERVATION)
            infant, caregiver = (_write_down(session, person) for person in session.partners)
            dyads.append(ExampleDyad(name, group, (infant, caregiver)))
    return tuple(dyads)


def _write_down(session: Session, person: str) -> Track:
    """One partner's codes on whole frames, with what was out of view as a code of its own."""
    stream = session.stream(AFFECT.stream, person, States)
    steps = stream.steps(session.span)
    edges = np.round(steps.edges * FPS) / FPS
    return Track(
        name=f"{person}_{AFFECT.stream}",
        kind="intervals",
        starts=edges[:-1],
        ends=edges[1:],
        labels=tuple(
            UNCODABLE if code == MISSING else stream.categories[code] for code in steps.codes
        ),
        person=person,
        tick_s=1 / FPS,
    )
