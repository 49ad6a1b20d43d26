"""Pairs of signals with a known truth; imports nothing that it helps to test.

Independent partners: AR(1), or bursts like motion energy (rests of zeros, heavy-tailed bursts).
Coupled ones: the second partner repeats a part of the first one's innovations after a delay.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BURN_IN = 2000


def smooth(shocks: FloatArray, phi: float) -> FloatArray:
    """AR(1) of the shocks, without its first samples."""
    from scipy.signal import lfilter

    return np.asarray(lfilter([1.0], [1.0, -phi], shocks))[BURN_IN:]


def draw_ar1(n: int, phi: float, rng: np.random.Generator) -> FloatArray:
    """One AR(1) signal."""
    return smooth(rng.standard_normal(n + BURN_IN), phi)


def draw_bursts(n: int, rate_hz: float, rng: np.random.Generator) -> FloatArray:
    """Counts that are 0 for about three quarters of the time and heavy-tailed between."""
    on = np.zeros(n, dtype=bool)
    at, state = 0, False
    while at < n:
        length = 1 + int(rng.exponential(2.0 if state else 6.0) * rate_hz)
        on[at : at + length] = state
        at, state = at + length, not state
    size = np.exp(0.5 * draw_ar1(n, 0.9, rng)) * rng.exponential(1.0, n)
    return np.where(on, np.floor(5 * size), 0.0)


def draw_coupled(
    n: int, phi: float, share: float, delay: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Two AR(1) signals; ``share`` of the second's shocks are the first's, ``delay`` later."""
    common = rng.standard_normal(n + BURN_IN + delay)
    own = rng.standard_normal(n + BURN_IN)
    late = share * common[: n + BURN_IN] + np.sqrt(1 - share**2) * own
    return smooth(common[delay:], phi), smooth(late, phi)


def drift(values: FloatArray, size: float, curve: str) -> FloatArray:
    """The signal with slow change added (line, cubic), or multiplied to it (amplitude)."""
    t = np.linspace(-1.0, 1.0, values.size)
    if curve == "amplitude":
        return values * np.exp(size * t)
    return values + size * values.std() * (t if curve == "line" else t**3)
