"""From rupture to strategy and back to no rupture: counts at lags, described by residuals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from reattune.segment_codes.meeting import BoolArray
from reattune.segment_codes.states import SegmentStates

ANY_RUPTURE, ANY_STRATEGY, NO_RUPTURE = "any rupture", "any strategy", "no rupture"
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Transition:
    """One cell: how often something is followed by something else, so many segments later.

    Attributes
    ----------
    block : str
        ``answer`` (rupture, then strategy), ``relief`` (strategy in a rupture segment, then no
        rupture) or ``course`` (kind of rupture, then no rupture).
    given, target : str
    lag : int
        Segments.
    count, expected : float
        Pairs of segments with both; expected from the margins of the pooled table.
    n_given, n_target, n : float
        Pairs with the given state, with the target, and all pairs of coded segments.
    residual : float
        Adjusted residual; nan where a margin is empty or full.
    null_mean, null_low, null_high, p, p_max : float
        Of the count among surrogates; ``p`` of this cell alone, ``p_max`` corrected over the table.
    refused : str
        Why there is no p: a code; empty where there is one.
    """

    block: str
    given: str
    target: str
    lag: int
    count: float
    expected: float
    n_given: float
    n_target: float
    n: float
    residual: float
    null_mean: float = nan
    null_low: float = nan
    null_high: float = nan
    p: float = nan
    p_max: float = nan
    refused: str = ""

    @property
    def name(self) -> str:
        """``withdrawal -> validates, 1 later``."""
        return f"{self.given} -> {self.target}, {self.lag} later"


@dataclass(frozen=True, eq=False)
class Streams:
    """One meeting as two streams of indicators, n segments.

    Attributes
    ----------
    known : bool array, shape (n,)
    ruptures : mapping of name to bool array, shape (n,)
        Kinds, and any rupture.
    strategies : mapping of name to bool array, shape (n,)
        Single ones, and any of them.
    """

    known: BoolArray
    ruptures: dict[str, BoolArray] = field(default_factory=dict)
    strategies: dict[str, BoolArray] = field(default_factory=dict)

    @property
    def any_rupture(self) -> BoolArray:
        """Segments with any rupture."""
        if not self.ruptures:
            return np.zeros_like(self.known)
        return np.asarray(np.any(list(self.ruptures.values()), axis=0))


def make_streams(states: SegmentStates) -> Streams:
    """The two streams of a meeting."""
    ruptures = {kind: states.of_kind(kind) for kind in states.kinds}
    if len(ruptures) > 1:
        ruptures[ANY_RUPTURE] = states.rupture & states.known
    names = states.meeting.strategies
    strategies = {name: states.strategies[:, at] for at, name in enumerate(names)}
    if len(strategies) > 1:
        strategies[ANY_STRATEGY] = np.asarray(states.strategies.any(axis=1))
    return Streams(states.known, ruptures, strategies)


def adjusted_residual(count: float, n_given: float, n_target: float, n: float) -> float:
    """How far a count lies from its expectation, in standard errors; nan without variation.

    Notes
    -----
    ``(f - e) / sqrt(e (1 - r/N) (1 - c/N))`` with ``e = r c / N`` (Haberman 1973, Biometrics 29,
    205-220). For one given and one target state this is the z of Allison and Liker (1982, Psychol
    Bull 91, 393-403). Segments in a row depend on each other, so it is a description here and its
    normal p is not used.

    Examples
    --------
    >>> round(adjusted_residual(20, 30, 40, 100), 3)
    3.563
    """
    if not n or not 0 < n_given < n or not 0 < n_target < n:
        return nan
    expected = n_given * n_target / n
    value = (count - expected) / sqrt(expected * (1 - n_given / n) * (1 - n_target / n))
    return value if isfinite(value) else nan


def count_transitions(streams: Sequence[Streams], lags: Sequence[int]) -> list[Transition]:
    """Counts of every pair of states at every lag, pooled over meetings.

    Only pairs of segments of one meeting that are both coded count; a pair may span a segment that
    was not coded, its lag is then what the clock says.

    Returns
    -------
    list of Transition
        Blocks ``answer``, ``relief``, ``course``, without any null.
    """
    if not streams:
        return []
    found = []
    kinds, skills = list(streams[0].ruptures), list(streams[0].strategies)
    for block, givens, targets in (
        ("answer", kinds, skills),
        ("relief", skills, [NO_RUPTURE]),
        ("course", kinds, [NO_RUPTURE]),
    ):
        for given in givens:
            for target in targets:
                for lag in lags:
                    if lag == 0 and block != "answer":
                        continue
                    r, c, f, n = (
                        float(sum(parts))
                        for parts in zip(
                            *(_cell(s, block, given, target, lag) for s in streams), strict=True
                        )
                    )
                    expected = r * c / n if n else nan
                    residual = adjusted_residual(f, r, c, n)
                    found.append(
                        Transition(block, given, target, lag, f, expected, r, c, n, residual)
                    )
    return found


def _cell(
    streams: Streams, block: str, given: str, target: str, lag: int
) -> tuple[int, int, int, int]:
    """Pairs with the given state, with the target, with both, and all, of one meeting."""
    before, after = given_and_target(streams, block, given, target)
    size = streams.known.size - lag
    if size <= 0:
        return (0, 0, 0, 0)
    pairs = streams.known[:size] & streams.known[lag:]
    if block == "relief":
        # Among rupture segments only: does what was tried there go with the end of it?
        pairs = pairs & streams.any_rupture[:size]
    a, b = before[:size] & pairs, after[lag:] & pairs
    return int(a.sum()), int(b.sum()), int((a & b).sum()), int(pairs.sum())


def given_and_target(
    streams: Streams, block: str, given: str, target: str
) -> tuple[BoolArray, BoolArray]:
    """The two indicators of a cell."""
    calm = streams.known & ~streams.any_rupture
    if block == "answer":
        return streams.ruptures[given], streams.strategies[target]
    if block == "relief":
        return streams.strategies[given] & streams.any_rupture, calm
    return streams.ruptures[given], calm
