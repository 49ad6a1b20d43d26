"""Cusum: low ratings added up until they are too many to be chance wobbles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_not_negative, check_positive
from reattune.courses.lines import LineChart
from reattune.courses.ratings import TOLERANCE, Ratings, observed


@dataclass(frozen=True)
class Cusum(LineChart):
    """A rupture is a low signal of the cumulative sum of the case.

    Parameters
    ----------
    slack : float, default 0.5
        K: sigmas below the centre that are not yet added up.
    limit : float, default 4
        H: sigmas at which the sum signals.
    centre, first_ratings, detrend, repair_sigma, min_drop, strict, min_ratings
        As in `reattune.courses.lines.LineChart`.

    Notes
    -----
    C[t] = max(0, C[t-1] + mu - K sigma - x[t]), signal where C[t] > H sigma; the onset is the
    meeting after the last C = 0. Repaired at the first later rating at or above the centre at which
    the sum no longer signals. A rising course signals in its first half: set ``detrend``.
    """

    slack: float = 0.5
    limit: float = 4.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_not_negative("slack", self.slack)
        check_positive("limit", self.limit)

    def statistic(self, ratings: Ratings) -> NDArray[np.float64]:
        """C at each observed rating. Shape (ratings given,)."""
        values, meetings = observed(ratings)
        if len(values) < 2:
            return np.zeros(len(values))
        return np.array(self._sums(values, *self._lines(values, meetings)))

    def _sums(
        self, values: Sequence[float], centres: Sequence[float], sigmas: Sequence[float]
    ) -> list[float]:
        sums: list[float] = []
        total = 0.0
        for value, centre, sigma in zip(values, centres, sigmas, strict=True):
            total = max(0.0, total + centre - self.slack * sigma - value)
            sums.append(total)
        return sums

    def _mark_signals(
        self, values: Sequence[float], centres: Sequence[float], sigmas: Sequence[float]
    ) -> list[bool]:
        sums = self._sums(values, centres, sigmas)
        return [c > self.limit * sigma + TOLERANCE for c, sigma in zip(sums, sigmas, strict=True)]

    def _onset(
        self, values: Sequence[float], centres: Sequence[float], sigmas: Sequence[float]
    ) -> Callable[[int], int]:
        sums = self._sums(values, centres, sigmas)

        def first(at: int) -> int:
            while at and sums[at - 1] > 0:
                at -= 1
            return at

        return first

    def describe(self) -> str:
        """The criterion in words."""
        return (
            f"CUSUM: ratings more than {self.slack:g} sigma low add up to over {self.limit:g} "
            f"sigma {self._line_words()}"
        )
