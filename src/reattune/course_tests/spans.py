"""Means, correlations and limits that leave out one case at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite, nan, sqrt
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Item = TypeVar("Item")
# Below so many cases the spread between them says nothing.
MIN_CASES = 5


def mean(values: Sequence[float]) -> float:
    """The mean; nan of nothing."""
    return sum(values) / len(values) if values else nan


def share_above(gap: FloatArray) -> float:
    """Share of differences above 0, those of 0 left out; nan where none is left."""
    moved = gap[np.abs(gap) > 1e-12]
    return float((moved > 0).mean()) if moved.size else nan


def correlate(x: FloatArray, y: FloatArray) -> float:
    """Pearson's r; nan below three pairs or where one does not vary."""
    if x.size < 3 or np.ptp(x) <= 1e-12 or np.ptp(y) <= 1e-12:
        return nan
    return float(np.corrcoef(x, y)[0, 1])


def leave_one_out(
    items: Sequence[Item],
    case_of: Callable[[Item], str],
    value: Callable[[list[Item]], float],
) -> tuple[float, float]:
    """95 % limits of ``value`` from leaving out one case at a time (t with cases - 1).

    nan with fewer than five cases, or where the value is undefined without one of them.
    """
    from scipy.special import stdtrit

    cases = list(dict.fromkeys(case_of(item) for item in items))
    k = len(cases)
    if k < MIN_CASES:
        return (nan, nan)
    left = [value([item for item in items if case_of(item) != case]) for case in cases]
    if not all(isfinite(v) for v in left):
        return (nan, nan)
    centre = sum(left) / k
    error = sqrt((k - 1) / k * sum((v - centre) ** 2 for v in left))
    half = float(stdtrit(k - 1, 0.975)) * error
    whole = value(list(items))
    return (whole - half, whole + half)
