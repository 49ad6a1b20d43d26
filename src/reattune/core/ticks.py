"""The time base of a coding: the grid (frame, second, interval) on which its changes lie."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

# Frame rates whose frame length is not a whole number of microseconds. The slow ones first: times
# on 15 frames per second also fit 30 and 60, but not the other way round.
_FRACTIONAL_RATES_HZ = (12.0, 15.0, 24000 / 1001, 24.0, 30000 / 1001, 30.0, 60000 / 1001, 60.0)
_MICROSECONDS = 1_000_000
_MIN_EDGES = 8
FINEST_TICK_S = 1e-6


def detect_tick(times_s: ArrayLike) -> float:
    """The grid in seconds on which all ``times_s`` lie.

    The greatest common divisor of the times in whole microseconds, but never longer than one
    second (a few events can share a coarser grid by accident; interval coding is declared by
    its reader instead). Times written with three decimals that fit a video frame rate to half a
    millisecond (30, 29.97, 60, 59.94, 24, 23.976, 15 or 12 per second) give that frame.

    Returns
    -------
    float
        Seconds; at least a microsecond. With fewer than eight distinct times, which say little
        about a grid, at most a millisecond.

    Examples
    --------
    >>> detect_tick([0.04, 0.32, 1.0, 9.96, 12.2, 13.4, 15.0, 15.08])
    0.04
    """
    times = np.unique(np.asarray(times_s, dtype=np.float64))
    times = times[np.isfinite(times)]
    if times.size == 0:
        return 0.001
    micro = np.round(times * _MICROSECONDS).astype(np.int64)
    common = math.gcd(int(np.gcd.reduce(micro)), _MICROSECONDS)
    if times.size < _MIN_EDGES:
        return min(common / _MICROSECONDS, 0.001)
    # Beyond a microsecond the decimals are noise of the arithmetic that made the times.
    if common <= 1000:
        slack = 5.1e-4 if common == 1000 else 2e-6
        for rate in _FRACTIONAL_RATES_HZ:
            if np.abs(times - np.round(times * rate) / rate).max() <= slack:
                return 1.0 / rate
    return max(common / _MICROSECONDS, FINEST_TICK_S)
