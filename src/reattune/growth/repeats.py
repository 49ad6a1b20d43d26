"""Repeated challenges of one dyad: is a change larger than repetition alone would give?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan, sqrt

import numpy as np

from reattune.core.checks import check_positive
from reattune.core.errors import SettingError

Z = 1.96


def find_spread_within(repeats: Sequence[Sequence[float]]) -> float:
    """SD of challenges repeated within dyads at one end, pooled; nan without repeats.

    Parameters
    ----------
    repeats : sequence of sequences of float
        ``challenge_negative_prop`` of each dyad's challenges at one end of the same study.
    """
    squares, degrees = 0.0, 0
    for values in repeats:
        kept = np.array([v for v in values if isfinite(v)])
        if kept.size > 1:
            squares += float(((kept - kept.mean()) ** 2).sum())
            degrees += kept.size - 1
    return sqrt(squares / degrees) if degrees else nan


@dataclass(frozen=True)
class ReliableChange:
    """One dyad's change in repeated challenges, beside what repetition alone would give.

    Attributes
    ----------
    difference : float
        Mean after minus mean before.
    needed : float
        The size that repetition alone exceeds in one of twenty dyads.
    n_before, n_after : int
    """

    difference: float
    needed: float
    n_before: int
    n_after: int

    @property
    def reliable(self) -> bool:
        """Whether the change is larger than that."""
        return abs(self.difference) > self.needed


def judge_change(
    before: Sequence[float], after: Sequence[float], spread_within: float
) -> ReliableChange:
    """Reliable change of one dyad: |difference| > 1.96 SD_within sqrt(1/n1 + 1/n2).

    Parameters
    ----------
    before, after : sequence of float
        The dyad's challenges at each end.
    spread_within : float
        From `find_spread_within`, of the same study.
    """
    check_positive("spread_within", spread_within)
    if not before or not after:
        raise SettingError("before, after", (len(before), len(after)), "challenges at both ends")
    needed = Z * spread_within * sqrt(1 / len(before) + 1 / len(after))
    difference = float(np.mean(after) - np.mean(before))
    return ReliableChange(difference, needed, len(before), len(after))
