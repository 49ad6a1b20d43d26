"""PersonCentred: ratings well below the own mean; trait and state parts of ratings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reattune.core.checks import check_not_negative, check_positive
from reattune.core.errors import SettingError
from reattune.courses.criteria import MIN_OWN, Criterion, check_least, ratio
from reattune.courses.events import CourseEvent
from reattune.courses.ratings import TOLERANCE
from reattune.courses.spread import SampleConstants, Spread, check_spread, find_spread, spread_words


@dataclass(frozen=True)
class PersonCentred(Criterion):
    """A rupture is a rating lower than the case's own mean by more than ``k`` SDs.

    Parameters
    ----------
    k : float, default 1
    sd, fixed_sd
        Which SD; see `reattune.courses.Drop`. The case's own by default.
    repair_k : float, default 0
        Repaired at the first later rating at or above the own mean minus so many SDs.
    min_drop : float, default 0
        Least distance below the mean in points of the scale.
    min_ratings : int or None
        Fewest ratings of a case; by default 6 with an own SD, else 2.

    Notes
    -----
    x[t] < own mean - k s. Chen et al. (2018) used a rule of this kind; their k was not seen. The
    mean rests on later ratings too, so nothing here could have been known at the time. A case that
    only rises starts with such a rating (``entered`` False).
    """

    k: float = 1.0
    sd: Spread = "own"
    fixed_sd: float | None = None
    repair_k: float = 0.0
    min_drop: float = 0.0
    min_ratings: int | None = None

    def __post_init__(self) -> None:
        check_positive("k", self.k)
        check_spread("PersonCentred", self.sd, self.fixed_sd)
        check_not_negative("repair_k", self.repair_k)
        if self.repair_k > self.k:
            raise SettingError("repair_k", self.repair_k, f"at most k = {self.k:g}")
        check_not_negative("min_drop", self.min_drop)
        check_least(self.min_ratings)

    @property
    def least(self) -> int:
        """Fewest ratings a case must have."""
        if self.min_ratings is not None:
            return self.min_ratings
        return MIN_OWN if self.sd == "own" else 2

    def find(
        self, values: Sequence[float], meetings: Sequence[int], sample: SampleConstants
    ) -> list[CourseEvent]:
        """Events in the observed ``values`` at ``meetings``."""
        n = len(values)
        events: list[CourseEvent] = []
        if n < self.least:
            return events
        sd = find_spread(values, self.sd, self.fixed_sd, sample)
        mean = sum(values) / n
        below = mean - max(self.k * sd, self.min_drop) - TOLERANCE
        target = mean - self.repair_k * sd
        t = 0
        while t < n:
            if not values[t] < below:
                t += 1
                continue
            s = t + 1
            while s < n and values[s] < target - TOLERANCE:
                s += 1
            nadir = min(range(t, s), key=values.__getitem__)
            drop, seen = mean - values[nadir], s < n
            events.append(
                CourseEvent(
                    self,
                    meetings[t - 1] if t else None,
                    meetings[t],
                    meetings[nadir],
                    meetings[nadir],
                    mean,
                    drop,
                    ratio(drop, sd),
                    ratio(drop, sample.width),
                    target,
                    meetings[s] if seen else None,
                    meetings[s] - meetings[t] if seen else None,
                    "repaired" if seen else "censored",
                    "" if seen else "end",
                    entered=t > 0,
                )
            )
            t = s + 1
        return events

    def describe(self) -> str:
        """The criterion in words."""
        back = f" minus {self.repair_k:g} SD" if self.repair_k else ""
        least = f" and {self.min_drop:g} points" if self.min_drop else ""
        return (
            f"a rating more than {self.k:g} x {spread_words(self.sd, self.fixed_sd)}{least} below "
            f"the case's own mean, repaired at the next rating at or above that mean{back}"
        )


def split_trait_state(ratings: ArrayLike) -> tuple[float, NDArray[np.float64]]:
    """The case's mean (trait-like part) and what each rating adds to it (state-like part).

    Parameters
    ----------
    ratings : array_like of float, shape (n,)
        nan = missing.

    Returns
    -------
    float, array of shape (n,)
        nan where missing; both sum to the ratings.
    """
    values = np.asarray(ratings, dtype=np.float64)
    seen = values[np.isfinite(values)]
    mean = float(seen.mean()) if seen.size else nan
    return mean, values - mean
