"""Ewma: a weighted mean of the ratings so far that falls below its own limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_positive
from reattune.courses.criteria import check_share
from reattune.courses.lines import LineChart
from reattune.courses.ratings import TOLERANCE, Ratings, observed


@dataclass(frozen=True)
class Ewma(LineChart):
    """A rupture is a low signal of the exponentially weighted moving average of the case.

    Parameters
    ----------
    weight : float, default 0.2
        Lambda: weight of the newest rating.
    limit : float, default 3
        L: width of the limits.
    centre, first_ratings, detrend, repair_sigma, min_drop, strict, min_ratings
        As in `reattune.courses.lines.LineChart`.

    Notes
    -----
    z[t] = lambda x[t] + (1 - lambda) z[t-1], z[0] = mu; signal where z[t] < mu - L sigma
    sqrt(lambda / (2 - lambda) (1 - (1 - lambda)^(2t))), t counting ratings. Repaired at the first
    later rating at or above the centre at which the chart no longer signals.
    """

    weight: float = 0.2
    limit: float = 3.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share("weight", self.weight)
        check_positive("limit", self.limit)

    def statistic(self, ratings: Ratings) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The average z and its low limit at each observed rating. Shapes (ratings given,)."""
        values, meetings = observed(ratings)
        if len(values) < 2:
            return np.array(values), np.full(len(values), np.nan)
        means, limits = self._means(values, *self._lines(values, meetings))
        return np.array(means), np.array(limits)

    def _means(
        self, values: Sequence[float], centres: Sequence[float], sigmas: Sequence[float]
    ) -> tuple[list[float], list[float]]:
        means: list[float] = []
        limits: list[float] = []
        share, keep, away = self.weight / (2 - self.weight), 1 - self.weight, 0.0
        for t, (value, centre, sigma) in enumerate(zip(values, centres, sigmas, strict=True), 1):
            away = self.weight * (value - centre) + keep * away
            means.append(centre + away)
            limits.append(centre - self.limit * sigma * sqrt(share * (1 - keep ** (2 * t))))
        return means, limits

    def _mark_signals(
        self, values: Sequence[float], centres: Sequence[float], sigmas: Sequence[float]
    ) -> list[bool]:
        means, limits = self._means(values, centres, sigmas)
        return [z < limit - TOLERANCE for z, limit in zip(means, limits, strict=True)]

    def describe(self) -> str:
        """The criterion in words."""
        return (
            f"EWMA: the moving average (weight {self.weight:g}) falls more than {self.limit:g} of "
            f"its sigma {self._line_words()}"
        )
