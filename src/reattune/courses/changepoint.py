"""ChangePoint: levels that hold for a while, and a step down from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_not_negative, check_option, check_positive
from reattune.core.errors import SettingError
from reattune.courses.criteria import MIN_OWN, Criterion, check_least, ratio
from reattune.courses.events import CourseEvent
from reattune.courses.lines import find_sigma
from reattune.courses.partition import find_boundary_probabilities, find_partition
from reattune.courses.ratings import TOLERANCE, Ratings, observed, own_sd
from reattune.courses.spread import SampleConstants

Piece = tuple[int, int, float]


@dataclass(frozen=True)
class ChangePoint(Criterion):
    """A rupture is a step down between two levels of the case.

    Parameters
    ----------
    method : {"exact", "bayes"}
        The partition into levels of least penalised squared error, found exactly; or boundaries
        whose posterior probability is at least ``probability``.
    min_segment : int, default 2
        Fewest ratings of a level.
    penalty : float, default 2
        Each boundary of the exact partition costs this times sigma^2 log n.
    probability : float, default 0.5
    change_prior : float, default 0.1
        Prior probability of a boundary between two ratings.
    level_sd : float, optional
        Prior SD of the levels around the case's mean; by default the case's own SD.
    tolerance_sigma : float, default 1
        Repaired with the first later level at or above the old one minus so many sigma.
    min_drop : float, default 0
        Smallest step in points of the scale.
    strict : bool, default False
        Moving ranges between adjacent meetings only.
    min_ratings : int or None
        Fewest ratings of a case; 6 by default.

    Notes
    -----
    sigma = mean |x[t] - x[t-1]| / 1.128. Exact: dynamic programming over all partitions. Bayes: the
    product partition model (Barry and Hartigan 1993) with normal levels, normal noise of that sigma
    and a constant prior per boundary, summed over all partitions; prior and tolerance are our
    choices. Where two neighbouring boundaries share the probability neither may reach 0.5.
    """

    method: Literal["exact", "bayes"] = "exact"
    min_segment: int = 2
    penalty: float = 2.0
    probability: float = 0.5
    change_prior: float = 0.1
    level_sd: float | None = None
    tolerance_sigma: float = 1.0
    min_drop: float = 0.0
    strict: bool = False
    min_ratings: int | None = None

    def __post_init__(self) -> None:
        check_option("method", self.method, ("exact", "bayes"))
        if isinstance(self.min_segment, bool) or not isinstance(self.min_segment, int):
            raise SettingError("min_segment", self.min_segment, "a whole number of ratings")
        if self.min_segment < 1:
            raise SettingError("min_segment", self.min_segment, "at least 1")
        check_not_negative("penalty", self.penalty)
        for name in ("probability", "change_prior"):
            if not 0 < check_positive(name, getattr(self, name)) < 1:
                raise SettingError(name, getattr(self, name), "a probability between 0 and 1")
        if self.level_sd is not None:
            check_positive("level_sd", self.level_sd)
        check_not_negative("tolerance_sigma", self.tolerance_sigma)
        check_not_negative("min_drop", self.min_drop)
        check_least(self.min_ratings)

    @property
    def least(self) -> int:
        """Fewest ratings a case must have."""
        return MIN_OWN if self.min_ratings is None else self.min_ratings

    def boundary_probabilities(self, ratings: Ratings) -> NDArray[np.float64]:
        """Posterior probability of a boundary before each observed rating. Shape (ratings given,).

        The first is 0: nothing lies before it.
        """
        values, meetings = observed(ratings)
        return self._probabilities(values, find_sigma(values, meetings, strict=self.strict))

    def _probabilities(self, values: Sequence[float], sigma: float) -> NDArray[np.float64]:
        spread = own_sd(values) if self.level_sd is None else self.level_sd
        if len(values) < self.least or not (sigma > 0 and spread > 0):
            return np.zeros(len(values))
        return find_boundary_probabilities(
            values,
            sigma=sigma,
            level_sd=spread,
            change_prior=self.change_prior,
            min_segment=self.min_segment,
        )

    def levels(self, ratings: Ratings) -> list[tuple[int, int, float]]:
        """First and last rated meeting and mean of each level, in order."""
        values, meetings = observed(ratings)
        sigma = find_sigma(values, meetings, strict=self.strict)
        return [
            (meetings[first], meetings[last - 1], mean)
            for first, last, mean in self._pieces(values, sigma)
        ]

    def _pieces(self, values: Sequence[float], sigma: float) -> list[Piece]:
        """Levels as (first, last + 1, mean) over the observed ratings."""
        n = len(values)
        if n < self.least:
            return []
        if self.method == "bayes":
            likely = self._probabilities(values, sigma) >= self.probability
            edges = [0, *np.flatnonzero(likely).tolist(), n]
        else:
            cost = self.penalty * sigma * sigma * log(n)
            edges = find_partition(values, cost, self.min_segment)
        return [
            (first, last, sum(values[first:last]) / (last - first))
            for first, last in pairwise(edges)
        ]

    def find(
        self, values: Sequence[float], meetings: Sequence[int], sample: SampleConstants
    ) -> list[CourseEvent]:
        """Events in the observed ``values`` at ``meetings``."""
        sigma = find_sigma(values, meetings, strict=self.strict)
        pieces = self._pieces(values, sigma)
        slack = self.tolerance_sigma * sigma if sigma == sigma else 0.0
        events: list[CourseEvent] = []
        k = 1
        while k < len(pieces):
            level = pieces[k - 1][2]
            if level - pieces[k][2] < max(self.min_drop - TOLERANCE, TOLERANCE):
                k += 1
                continue
            # A step smaller than the tolerance is at once as good as repaired: it is no rupture.
            target = level - slack
            back = k
            while back < len(pieces) and pieces[back][2] < target - TOLERANCE:
                back += 1
            if back == k:
                k += 1
                continue
            events.append(self._event(values, meetings, pieces, (k, back), target, sigma, sample))
            k = back + 1
        return events

    def _event(
        self,
        values: Sequence[float],
        meetings: Sequence[int],
        pieces: Sequence[Piece],
        span: tuple[int, int],
        target: float,
        sigma: float,
        sample: SampleConstants,
    ) -> CourseEvent:
        """The event from the first low level up to the one that repairs it."""
        k, back = span
        level = pieces[k - 1][2]
        onset = pieces[k][0]
        low = min(pieces[k:back], key=lambda piece: piece[2])
        nadir = min(range(low[0], low[1]), key=values.__getitem__)
        seen = back < len(pieces)
        repair = meetings[pieces[back][0]] if seen else None
        drop = level - low[2]
        return CourseEvent(
            self,
            meetings[onset - 1],
            meetings[onset],
            meetings[low[0]],
            meetings[nadir],
            level,
            drop,
            ratio(drop, sigma),
            ratio(drop, sample.width),
            target,
            repair,
            None if repair is None else repair - meetings[onset],
            "repaired" if seen else "censored",
            "" if seen else "end",
        )

    def describe(self) -> str:
        """The criterion in words."""
        how = (
            f"least squares with {self.penalty:g} sigma^2 log n per boundary"
            if self.method == "exact"
            else f"boundaries with a posterior probability of at least {self.probability:g}"
        )
        least = f" of at least {self.min_drop:g} points" if self.min_drop else ""
        return (
            f"a step down{least} between levels ({how}), repaired by the first later level at or "
            f"above the old one minus {self.tolerance_sigma:g} sigma"
        )
