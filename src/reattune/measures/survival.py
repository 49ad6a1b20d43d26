"""Kaplan-Meier: how long mismatches last when some are cut off before they are repaired."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from math import exp, inf, log, nan, sqrt

import numpy as np
from numpy.typing import NDArray

# Two-sided 95 %.
Z = 1.959963984540054
_EQUAL = 1e-12


@dataclass(frozen=True)
class Survival:
    """Share of ruptures not yet repaired, as a step function.

    Attributes
    ----------
    times : list of float
        Seconds at which a repair was seen, increasing.
    share : list of float
        S(t) from each of these times on.
    spread : list of float
        Greenwood's sum d / (n (n - d)) up to each time; infinite where S is 0.
    n : int
        Ruptures.
    longest : float
        The longest observed duration, repaired or not; nan without any.
    """

    times: list[float]
    share: list[float]
    spread: list[float]
    n: int
    longest: float

    def band(self, i: int) -> tuple[float, float]:
        """95 % interval of S at step i, on the log(-log) scale; nan where S is 0 or 1."""
        return self._bands[i]

    @cached_property
    def _bands(self) -> list[tuple[float, float]]:
        found = []
        for s, spread in zip(self.share, self.spread, strict=True):
            if not 0 < s < 1:
                found.append((nan, nan))
                continue
            width = Z * sqrt(spread) / abs(log(s))
            centre = log(-log(s))
            found.append((exp(-exp(centre + width)), exp(-exp(centre - width))))
        return found

    def quantile(self, q: float) -> tuple[float, float, float]:
        """Time by which a share q is repaired, with its 95 % interval; nan where not reached.

        The interval holds the times whose band covers 1 - q (Brookmeyer and Crowley 1982).
        """
        level = 1 - q + _EQUAL
        value = low = high = nan
        for i, time in enumerate(self.times):
            if value != value and self.share[i] <= level:
                value = time
            below, above = self._bands[i]
            if low != low and below <= level:
                low = time
            if high != high and above <= level:
                high = time
            if value == value and low == low and high == high:
                break
        return (value, low, high)

    def repaired_by(self, time: float) -> tuple[float, float, float]:
        """Share repaired within ``time`` (events at exactly that time included), with interval.

        nan beyond the longest observed duration, unless all were repaired by then.
        """
        at = bisect_right(self.times, time + 1e-9) - 1
        s = 1.0 if at < 0 else self.share[at]
        if self.n == 0 or (time > self.longest + 1e-9 and s > 0):
            return (nan, nan, nan)
        if at < 0:
            return (0.0, nan, nan)
        low, high = self._bands[at]
        return (1 - s, 1 - high, 1 - low)


def fit_survival(durations: NDArray[np.float64], events: NDArray[np.bool_]) -> Survival:
    """Kaplan and Meier's product-limit estimate (1958, J Am Stat Assoc 53, 457-481).

    Parameters
    ----------
    durations : float array, shape (n,)
        Seconds; equal values (to a nanosecond) are one time.
    events : bool array, shape (n,)
        True for a repair, False for censored. At equal times repairs come before censorings.
    """
    n = int(durations.size)
    if n == 0:
        return Survival([], [], [], 0, nan)
    order = np.lexsort((~events, durations))
    rounded = np.round(durations[order], 9).tolist()
    exact = durations[order].tolist()
    happened = events[order].tolist()
    times: list[float] = []
    share: list[float] = []
    spread: list[float] = []
    s, greenwood, i = 1.0, 0.0, 0
    while i < n:
        repaired, at_risk, start = 0, n - i, i
        while i < n and rounded[i] == rounded[start]:
            repaired += happened[i]
            i += 1
        if repaired:
            s *= 1 - repaired / at_risk
            left = at_risk - repaired
            greenwood = greenwood + repaired / (at_risk * left) if left else inf
            times.append(exact[start])
            share.append(s if left else 0.0)
            spread.append(greenwood)
    return Survival(times, share, spread, n, exact[-1])
