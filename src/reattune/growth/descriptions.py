"""Descriptions of coded sessions: matching after a repair against before, small and large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, nan

import numpy as np
from numpy.typing import NDArray

from reattune.core.attunement import Attunement
from reattune.core.checks import check_positive
from reattune.core.errors import SettingError
from reattune.core.pair import MATCH, UNDEFINED
from reattune.core.ruptures import Ruptures
from reattune.growth.outcomes import WINDOWS, Outcomes
from reattune.measures.cards import Value
from reattune.measures.limits import wilson_limits

FloatArray = NDArray[np.float64]
AROUND_S = 10.0
_SLACK = 1e-9


@dataclass(frozen=True)
class Recovery:
    """Repairs after which the partners matched more, as much and less than before the rupture.

    Attributes
    ----------
    above, level, below : int
        Repaired ruptures, by matched time after the repair against before the onset.
    unseen : int
        Repaired ruptures around which something was not observed, or another window ends.
    """

    above: int = 0
    level: int = 0
    below: int = 0
    unseen: int = 0

    def __add__(self, other: Recovery) -> Recovery:
        """Both pooled: sums."""
        return Recovery(
            self.above + other.above,
            self.level + other.level,
            self.below + other.below,
            self.unseen + other.unseen,
        )

    @property
    def share(self) -> Value:
        """Share above among those above or below (Wilson limits); nan without any."""
        n = self.above + self.below
        return Value(self.above / n if n else nan, *wilson_limits(self.above, n), n)


def count_recovery(
    attunement: Attunement, ruptures: Ruptures, around_s: float = AROUND_S
) -> Recovery:
    """Is matching after a repair above its level before the rupture?

    Parameters
    ----------
    attunement : Attunement
    ruptures : Ruptures
        Found in it; those seen to begin and to end in a match count.
    around_s : float, default 10
        Seconds before the onset, and after the repair, whose matched time is compared.

    Notes
    -----
    The moment before an onset and the moment after a repair are both matched, so that in streams
    without drift either side is as likely to be higher: one half is what chance gives.
    """
    width = check_positive("around_s", around_s)
    lengths = np.diff(attunement.edges)
    matched = _running(lengths * (attunement.state == MATCH))
    seen = _running(lengths * (attunement.state != UNDEFINED))
    cuts = attunement.edges[attunement.cut]
    counts = [0, 0, 0, 0]
    for onset, end in _closed(ruptures):
        sides = ((onset - width, onset), (end, end + width))
        if not all(_whole(side, attunement.edges, seen, cuts) for side in sides):
            counts[3] += 1
            continue
        before, after = (_between(side, attunement.edges, matched) for side in sides)
        counts[0 if after > before + _SLACK else 2 if after < before - _SLACK else 1] += 1
    return Recovery(*counts)


def _closed(ruptures: Ruptures) -> list[tuple[float, float]]:
    kept = ruptures.entered & ruptures.closed
    return list(zip(ruptures.onset[kept].tolist(), ruptures.end[kept].tolist(), strict=True))


def _running(parts: FloatArray) -> FloatArray:
    return np.concatenate([[0.0], np.cumsum(parts)])


def _between(side: tuple[float, float], edges: FloatArray, running: FloatArray) -> float:
    low, high = np.interp(side, edges, running)
    return float(high - low)


def _whole(
    side: tuple[float, float], edges: FloatArray, seen: FloatArray, cuts: FloatArray
) -> bool:
    start, end = side
    if start < edges[0] - _SLACK or end > edges[-1] + _SLACK:
        return False
    if ((cuts > start + _SLACK) & (cuts < end - _SLACK)).any():
        return False
    return _between(side, edges, seen) > end - start - 1e-6


@dataclass(frozen=True)
class SizeRow:
    """What became of the ruptures of one size.

    Attributes
    ----------
    size_from, size_to : float
        Distance at the onset, from 0 to 1: ``[size_from, size_to)``.
    outcomes : Outcomes
    """

    size_from: float
    size_to: float
    outcomes: Outcomes


def compare_onset_sizes(
    attunement: Attunement,
    ruptures: Ruptures,
    edges: Sequence[float],
    window: float | None = None,
) -> tuple[SizeRow, ...]:
    """What became of ruptures that began small and of those that began large.

    Parameters
    ----------
    attunement : Attunement
    ruptures : Ruptures
        Found in it.
    edges : sequence of float
        Increasing distances between 0 and 1 that you set; ``[0.75]`` gives below .75 and from .75.
    window : float, optional
        Seconds within which a repair counts; default 10.

    Notes
    -----
    The size is the rule's distance *at the onset*. By the largest distance a rupture reached, long
    ruptures would be large ones because they had the time to become so.
    """
    limits = check_sizes(edges)
    within = check_positive("window", WINDOWS["second"] if window is None else window)
    at = np.searchsorted(attunement.edges, ruptures.onset + _SLACK, side="right") - 1
    size = attunement.distance[at]
    hit = ruptures.closed & (ruptures.latency <= within + _SLACK)
    miss = ruptures.latency > within + _SLACK
    rows = []
    for low, high in pairwise(limits):
        inside = ruptures.entered & (size >= low - _SLACK) & (size < high - _SLACK)
        counts = Outcomes(
            float((inside & hit).sum()),
            float((inside & miss).sum()),
            int((inside & ~hit & ~miss).sum()),
        )
        rows.append(SizeRow(low, high, counts))
    return tuple(rows)


def check_sizes(edges: Sequence[float]) -> tuple[float, ...]:
    """0, the edges and infinity.

    Raises
    ------
    SettingError
        Unless they increase and lie above 0 and at most at 1.
    """
    limits = (0.0, *(float(edge) for edge in edges), inf)
    if not edges or any(not b > a for a, b in pairwise(limits)) or limits[-2] > 1:
        raise SettingError("sizes", list(edges), "increasing distances above 0 and at most 1")
    return limits
