"""Pair: the two partners' mapped states on one clock, and the table that says what matches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.core.steps import Steps

MATCH, MISMATCH, UNDEFINED = 1, 0, -1
# The states of a partner whom the rule does not look at.
ANY = ("any",)


@dataclass(frozen=True, eq=False)
class MatchTable:
    """Which pairs of states match: the match rule as data.

    Attributes
    ----------
    name : str
        Preset or "own table".
    states : (tuple of str, tuple of str)
        Mapped states of the first and of the second partner, kx and ky of them.
    match : int array, shape (kx, ky)
        1 match, 0 mismatch, -1 excluded (counts as unobserved).
    distance : float array, shape (kx, ky)
        Depth of the pair, in [0, 1]; 0 where it matches.
    negative : bool array, shape (kx, ky)
        Pairs in which both are negative.
    """

    name: str
    states: tuple[tuple[str, ...], tuple[str, ...]]
    match: NDArray[np.int64]
    distance: NDArray[np.float64]
    negative: NDArray[np.bool_]

    def __post_init__(self) -> None:
        shape = (len(self.states[0]), len(self.states[1]))
        for field_name in ("match", "distance", "negative"):
            if getattr(self, field_name).shape != shape:
                raise SettingError(
                    field_name, getattr(self, field_name).shape, f"a table of shape {shape}"
                )

    @property
    def one_sided(self) -> bool:
        """Whether one partner's behaviour does not matter to the rule."""
        return ANY in (self.states[0], self.states[1])

    @cached_property
    def hits(self) -> NDArray[np.float64]:
        """1 where the pair matches, else 0."""
        return np.where(self.match == MATCH, 1.0, 0.0)

    @cached_property
    def misses(self) -> NDArray[np.float64]:
        """1 where the pair is a mismatch, else 0."""
        return np.where(self.match == MISMATCH, 1.0, 0.0)

    @cached_property
    def complete(self) -> bool:
        """Whether no pair is excluded."""
        return bool((self.match != UNDEFINED).all())

    def transpose(self) -> MatchTable:
        """The same table with the partners exchanged."""
        return MatchTable(
            self.name,
            (self.states[1], self.states[0]),
            np.ascontiguousarray(self.match.T),
            np.ascontiguousarray(self.distance.T),
            np.ascontiguousarray(self.negative.T),
        )


@dataclass(frozen=True, eq=False)
class Pair:
    """The two partners' mapped states over one window: what a rule looks at.

    Rules turn a session into a pair, surrogates turn pairs into other pairs, and `rules.join`
    turns a pair into an `Attunement`. So the same counting serves data and chance.

    Attributes
    ----------
    partners : (str, str)
    x, y : Steps
        Mapped state of the first and of the second partner, over the same window.
    table : MatchTable
    ticks_s : (float, float)
        Time base of each partner's coding, in seconds.
    cuts : tuple of float
        Moments that no run and no change is followed across.
    """

    partners: tuple[str, str]
    x: Steps
    y: Steps
    table: MatchTable
    ticks_s: tuple[float, float]
    cuts: tuple[float, ...] = ()

    @property
    def window(self) -> tuple[float, float]:
        """Start and end in seconds."""
        return (float(self.x.edges[0]), float(self.x.edges[-1]))

    @property
    def tick_s(self) -> float:
        """The coarser of the two time bases: the step of every rotation."""
        return max(self.ticks_s)

    @property
    def tie_s(self) -> float:
        """Default tie window: one frame where both code ten or more per second, otherwise 0."""
        return self.tick_s if self.tick_s <= 0.1 + 1e-9 else 0.0

    def swap(self) -> Pair:
        """The pair with its partners exchanged."""
        return replace(
            self,
            partners=(self.partners[1], self.partners[0]),
            x=self.y,
            y=self.x,
            table=self.table.transpose(),
            ticks_s=(self.ticks_s[1], self.ticks_s[0]),
        )
