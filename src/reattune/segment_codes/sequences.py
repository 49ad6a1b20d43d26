"""Named sequences of states that a user brings: counted and tested, never enforced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError, did_you_mean
from reattune.segment_codes.meeting import BoolArray
from reattune.segment_codes.rotation import (
    MIN_ALIGNMENTS,
    MIN_EXPECTED,
    MIN_RUNS,
    count_runs,
    places,
    verdict,
)
from reattune.segment_codes.states import SegmentStates
from reattune.segment_codes.transitions import NO_RUPTURE, make_streams
from reattune.surrogates.ranks import rank


@dataclass(frozen=True)
class NamedSequence:
    """States in an order, as a theory of resolution expects them.

    Parameters
    ----------
    name : str
    states : tuple of str
        Two or more: kinds (``withdrawal``), markers, strategies, ``any rupture``,
        ``any strategy`` or ``no rupture``, as the table calls them.
    within : int, default 2
        Each state must come at most so many segments after the one before it, and at least one.

    Raises
    ------
    SettingError
        For fewer than two states or a window below 1.
    """

    name: str
    states: tuple[str, ...]
    within: int = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "states", tuple(self.states))
        if len(self.states) < 2:
            raise SettingError(f"states of {self.name!r}", self.states, "two states or more")
        if isinstance(self.within, bool) or not isinstance(self.within, int) or self.within < 1:
            raise SettingError("within", self.within, "a whole number of at least 1")

    def describe(self) -> str:
        """The sequence in words."""
        span = "the next segment" if self.within == 1 else f"{self.within} segments"
        return f"{self.name}: {' -> '.join(self.states)}, each within {span} of the one before"


@dataclass(frozen=True)
class SequenceCount:
    """How often a sequence was seen, beside what unrelated streams give.

    Attributes
    ----------
    sequence : NamedSequence
    reached : tuple of int
        Runs of the first state; of these, followed by the second; by second and third; ...
    null_mean, null_low, null_high, p : float
        Of the last of these, among surrogates.
    refused : str
        Why there is no p: a code of `rotation.WORDS`.
    """

    sequence: NamedSequence
    reached: tuple[int, ...]
    null_mean: float = nan
    null_low: float = nan
    null_high: float = nan
    p: float = nan
    refused: str = ""

    @property
    def count(self) -> int:
        """Runs of the first state after which the whole sequence followed."""
        return self.reached[-1]

    def verdict(self) -> str:
        """The p with what may be said about it."""
        return verdict(self.p, self.count, self.null_mean, self.refused)


def make_sequences(given: object) -> tuple[NamedSequence, ...]:
    """Sequences from data: ``{"name": ["withdrawal", "clarify", "self-assertion"]}``.

    A value may also be ``{"states": [...], "within": 3}``.

    Raises
    ------
    SettingError
        When it is something else.
    """
    if given is None:
        return ()
    if isinstance(given, Mapping):
        found = []
        for name, value in given.items():
            if isinstance(value, Mapping):
                states, within = value.get("states", ()), value.get("within", 2)
            else:
                states, within = value, 2
            if isinstance(states, str) or not isinstance(states, Sequence):
                raise SettingError(f"sequences[{name!r}]", value, "a list of states")
            found.append(NamedSequence(str(name), tuple(map(str, states)), within))
        return tuple(found)
    if isinstance(given, Sequence) and all(isinstance(item, NamedSequence) for item in given):
        return tuple(given)
    raise SettingError("sequences", given, "name -> list of states")


def find_state(states: SegmentStates, name: str) -> BoolArray:
    """When a state of that name holds in a meeting: a kind, a marker or a strategy.

    Raises
    ------
    SettingError
        When the table has none of that name.
    """
    streams = make_streams(states)
    known: dict[str, BoolArray] = {}
    for label, on in (*streams.ruptures.items(), *streams.strategies.items()):
        known.setdefault(label.casefold(), on)
    for at, marker in enumerate(states.meeting.markers):
        on = states.above[:, at] & states.known
        known[marker.name.casefold()] = on
        if marker.label.casefold() not in streams.ruptures:
            old = known.get(marker.label.casefold())
            known[marker.label.casefold()] = on if old is None else old | on
    known["any rupture"] = states.rupture & states.known
    known["any strategy"] = np.asarray(states.strategies.any(axis=1))
    known[NO_RUPTURE] = states.known & ~states.rupture
    if name.casefold() not in known:
        raise SettingError("state", name, "a state of the table." + did_you_mean(name, known))
    return known[name.casefold()]


def test_sequence(
    meetings: Sequence[SegmentStates],
    sequence: NamedSequence,
    *,
    along: str = "all",
    rng: np.random.Generator,
    n: int = 999,
) -> SequenceCount:
    """How often a named sequence follows a run of its first state, beside unrelated streams.

    Parameters
    ----------
    meetings : sequence of SegmentStates
    sequence : NamedSequence
    along : {"all", "ruptures"}, default "all"
        Segments the strategies turn along; see `test_transitions`.
    rng : numpy.random.Generator
    n : int, default 999
        Surrogates: the first state stays, every further one turns on its own circle inside each
        meeting, so that its runs and how often it is shown stay. 0 = counted only.

    Returns
    -------
    SequenceCount
    """
    streams = [[find_state(m, name) for name in sequence.states] for m in meetings]
    reached = tuple(
        sum(int(_follow([s[None, :] for s in own[:depth]], sequence.within)[0]) for own in streams)
        for depth in range(1, len(sequence.states) + 1)
    )
    if not n:
        return SequenceCount(sequence, reached, refused="R_NONE")
    null = np.zeros(n)
    alignments = 1.0
    for states, own in zip(meetings, streams, strict=True):
        flat = make_streams(states)
        turned = [np.repeat(own[0][None, :], n, axis=0)]
        for name, on in zip(sequence.states[1:], own[1:], strict=True):
            skill = name.casefold() in {s.casefold() for s in flat.strategies}
            at = places(flat, along if skill else "all")
            turned.append(_drawn(on, at, rng, n))
            alignments *= max(1, at.size) if on.any() and not on[at].all() else 1
        null += _follow(turned, sequence.within)
    refused = ""
    if alignments < MIN_ALIGNMENTS:
        refused = "R_SHIFTS"
    if min(sum(count_runs(own[k]) for own in streams) for k in range(len(sequence.states))) < (
        MIN_RUNS
    ):
        refused = "R_RUNS"
    row = rank(sequence.name, float(reached[-1]), null, refused=refused)
    if not row.refused and row.null_mean < MIN_EXPECTED:
        refused = "R_EXPECTED"
    return SequenceCount(
        sequence,
        reached,
        row.null_mean,
        row.null_low,
        row.null_high,
        nan if refused else row.p,
        refused or row.refused,
    )


test_sequence.__test__ = False  # type: ignore[attr-defined]


def _drawn(
    on: BoolArray, at: NDArray[np.int64], rng: np.random.Generator, n: int
) -> NDArray[np.bool_]:
    """The stream at n drawn offsets along these segments. Shape (n, segments)."""
    out = np.zeros((n, on.size), dtype=np.bool_)
    if at.size:
        offsets = rng.integers(0, at.size, n)
        shifts = (np.arange(at.size)[None, :] - offsets[:, None]) % at.size
        out[:, at] = on[at][shifts]
    return out


def _follow(states: Sequence[NDArray[np.bool_]], within: int) -> NDArray[np.int64]:
    """Runs of the first state after which the others follow. States of shape (k, n), result (k,).

    Read backwards: a moment of a state leads on when a moment of the next one that leads on comes
    within the window.
    """
    leads = states[-1]
    for earlier in reversed(states[:-1]):
        ahead = np.zeros_like(leads)
        for step in range(1, within + 1):
            if step < leads.shape[1]:
                ahead[:, :-step] |= leads[:, step:]
        leads = earlier & ahead
    first = states[0]
    begins = first.copy()
    begins[:, 1:] &= ~first[:, :-1]
    run = np.cumsum(begins, axis=1) * first
    # A run counts once, at the first of its moments that leads on.
    at = run * leads
    before = np.maximum.accumulate(at, axis=1)
    fresh = leads.copy()
    fresh[:, 1:] &= at[:, 1:] > before[:, :-1]
    return np.asarray(fresh.sum(axis=1))
