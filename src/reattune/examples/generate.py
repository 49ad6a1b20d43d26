"""A small synthetic study: two coded streams per dyad with stated hazards, and a fixed seed.

Nobody was recorded for it. Each partner is negative, neutral or positive. Both change of their own
accord at a low rate; while they differ, each also moves towards the other at a repair rate of its
own. The two groups differ in one number only: how fast the caregiver repairs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reattune.core.recording import Track

STATES = ("negative", "neutral", "positive")
UNCODABLE = "uncodable"
FPS = 25
SEED = 20250101
PARTNERS = ("infant", "caregiver")


@dataclass(frozen=True)
class DyadHazards:
    """Rates of one dyad, per second.

    Attributes
    ----------
    own : (float, float)
        How often infant and caregiver change of their own accord.
    repair : (float, float)
        Additional rate at which each moves to the other's state while they differ.
    up : (float, float)
        Share of each partner's own changes that go towards positive.
    still_up : float
        The same for the infant while the caregiver does not respond.
    uncodable_per_min, uncodable_s : float
        How often and how long the infant's face is out of view.
    """

    own: tuple[float, float] = (0.30, 0.15)
    repair: tuple[float, float] = (0.05, 0.30)
    up: tuple[float, float] = (0.6, 0.7)
    still_up: float = 0.3
    uncodable_per_min: float = 0.4
    uncodable_s: float = 3.0


GROUPS = {
    "quick": DyadHazards(),
    "slow": replace(DyadHazards(), repair=(0.05, 0.10)),
}
# Seconds; in the still-face the caregiver keeps a neutral face and does not respond.
PHASES = (("play", 0.0, 120.0), ("still_face", 120.0, 240.0), ("reunion", 240.0, 360.0))
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
    dyads: list[ExampleDyad] = []
    for _ in range(n_per_group):
        for group, hazards in GROUPS.items():
            name = f"dyad{len(dyads) + 1:02d}"
            dyads.append(ExampleDyad(name, group, generate_tracks(hazards, rng=rng)))
    return tuple(dyads)


def generate_tracks(hazards: DyadHazards, *, rng: np.random.Generator) -> tuple[Track, Track]:
    """Infant's and caregiver's affect over the three phases, coded at 25 frames per second."""
    n_frames = round(PHASES[-1][2] * FPS)
    codes = np.empty((2, n_frames), dtype=np.int64)
    infant, caregiver = 1, 2
    draws = rng.random((n_frames, 4))
    for frame in range(n_frames):
        still = PHASES[1][1] <= frame / FPS < PHASES[1][2]
        before = (infant, caregiver)
        infant = _step(infant, before[1], draws[frame, :2], hazards, 0, still)
        caregiver = 1 if still else _step(before[1], before[0], draws[frame, 2:], hazards, 1, False)
        codes[:, frame] = (infant, caregiver)
    labels = [[STATES[code] for code in row] for row in codes]
    for start in np.flatnonzero(rng.random(n_frames) < hazards.uncodable_per_min / 60 / FPS):
        length = max(1, round(rng.exponential(hazards.uncodable_s) * FPS))
        stop = min(n_frames, int(start) + length)
        labels[0][start:stop] = [UNCODABLE] * (stop - int(start))
    return (_track("infant", labels[0]), _track("caregiver", labels[1]))


def _step(
    own: int,
    other: int,
    draws: np.ndarray[tuple[int], np.dtype[np.float64]],
    hazards: DyadHazards,
    side: int,
    still: bool,
) -> int:
    """The state in the next frame."""
    repair = hazards.repair[side] if own != other and not still else 0.0
    if draws[0] < repair / FPS:
        return other
    if draws[0] < (repair + hazards.own[side]) / FPS:
        up = hazards.still_up if still else hazards.up[side]
        target = own + (1 if draws[1] < up else -1)
        return target if 0 <= target <= 2 else own
    return own


def _track(person: str, labels: list[str]) -> Track:
    change = [i for i in range(len(labels)) if i == 0 or labels[i] != labels[i - 1]]
    starts = np.array(change) / FPS
    ends = np.append(starts[1:], len(labels) / FPS)
    return Track(
        name=f"{person}_affect",
        kind="intervals",
        starts=starts,
        ends=ends,
        labels=tuple(labels[i] for i in change),
        person=person,
        tick_s=1 / FPS,
    )
