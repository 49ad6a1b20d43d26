"""Confidence limits with a closed form."""

from __future__ import annotations

from functools import lru_cache
from math import log, nan, sqrt

from reattune.measures.survival import Z


def poisson_limits(events: int, exposure: float) -> tuple[float, float]:
    """Exact 95 % limits of a rate (Garwood 1936, Biometrika 28, 437-442).

    Without any event the lower limit is 0 and the upper one is one-sided, -ln(.05) / exposure.
    """
    if not exposure > 0:
        return (nan, nan)
    low, high = _count_limits(events)
    return (low / exposure, high / exposure)


@lru_cache(maxsize=1024)
def _count_limits(events: int) -> tuple[float, float]:
    """Limits of the expected number; few different numbers occur, and each takes a while."""
    if events == 0:
        return (0.0, -log(0.05))
    from scipy.special import gammaincinv

    return (float(gammaincinv(events, 0.025)), float(gammaincinv(events + 1, 0.975)))


def wilson_limits(hits: int, n: int) -> tuple[float, float]:
    """95 % limits of a share (Wilson 1927, J Am Stat Assoc 22, 209-212)."""
    if n == 0:
        return (nan, nan)
    p, square = hits / n, Z * Z
    centre = (p + square / (2 * n)) / (1 + square / n)
    half = Z / (1 + square / n) * sqrt(p * (1 - p) / n + square / (4 * n * n))
    return (max(0.0, centre - half), min(1.0, centre + half))
