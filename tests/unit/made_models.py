"""Sessions of the model for tests, drawn by the plain loop of the naive twin."""

from __future__ import annotations

from reattune.models.record import Record
from tests import naive_likelihood as naive

# Seconds and modes of a still-face session.
STILL_FACE = ((120.0, 1), (240.0, 0))


def make_changes(
    length: float, phases: tuple[tuple[float, int], ...], seed: int, **changes: object
):
    """Plain changes ``(time, who, state)`` of one session."""
    return naive.simulate({**naive.DEFAULTS, **changes}, length, phases, seed=seed)


def make_record(length: float = 180.0, phases=(), seed: int = 1, **changes: object) -> Record:
    """The same as a record."""
    return as_record(make_changes(length, tuple(phases), seed, **changes), length, phases)


def as_record(changes, length: float, phases=()) -> Record:
    """A record of plain changes."""
    times, who, states = zip(*changes, strict=True) if changes else ((), (), ())
    starts = [0.0, *(t for t, _ in phases if t > 0)]
    modes = [dict(phases).get(0.0, 0), *(mode for t, mode in phases if t > 0)]
    return Record(times, who, states, starts, modes, naive.M, naive.ATTEND, 0.3, length)
