"""The careful arithmetic behind both kernels: one cell in two passes, and moments of windows.

Compiled; imported only when something is computed. Fast sums lose digits where a window's own
variation is small beside what surrounds it. Both kernels notice that and come here instead.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class Samples(NamedTuple):
    """One signal as the compiled loops take it; see `tracks.Track`.

    Mean, centred sum of squares and constancy are those of the complete window that starts at each
    sample; where samples are missing (0 with mask 0) they mean nothing and are not used.
    """

    values: FloatArray
    mask: FloatArray
    mean: FloatArray
    ss: FloatArray
    flat: BoolArray
    level: float
    floor: float


class Cells(NamedTuple):
    """What a kernel finds: r, observed pairs and state of every cell."""

    r: FloatArray
    counts: NDArray[np.int32]
    state: NDArray[np.uint8]


# States of a cell.
FINE, UNOBSERVED, CONSTANT, ALIKE = range(4)

# A window is constant when its variance is below this share of its mean square, or of a
# millionth of the whole signal's: what remains then is rounding.
FLAT = 1e-20
FLAT_IN_SIGNAL = 1e-26
# Raw over centred sums of squares beyond which centred sums are taken anew.
ILL = 1e4


@njit(cache=True, nogil=True)
def is_flat(ss: float, mean: float, n: float, level: float, floor: float) -> bool:
    """Whether a centred sum of squares is nothing but rounding. ``level`` was subtracted before."""
    raw = ss + n * (mean + level) * (mean + level)
    return ss <= FLAT * raw or ss <= n * floor


@njit(cache=True, nogil=True)
def exact_cell(
    x: FloatArray, x_mask: FloatArray, i: int, y: FloatArray, y_mask: FloatArray, j: int, n: int
) -> tuple[float, float, float, float, float, float]:
    """Pairs, covariance, two sums of squares (centred) and two means, in two passes."""
    pairs = x_sum = y_sum = 0.0
    for t in range(n):
        both = x_mask[i + t] * y_mask[j + t]
        pairs += both
        x_sum += both * x[i + t]
        y_sum += both * y[j + t]
    if pairs == 0.0:
        return 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    x_mean, y_mean = x_sum / pairs, y_sum / pairs
    cov = xx = yy = dx = dy = 0.0
    for t in range(n):
        both = x_mask[i + t] * y_mask[j + t]
        a, b = both * (x[i + t] - x_mean), both * (y[j + t] - y_mean)
        cov += a * b
        xx += a * a
        yy += b * b
        dx += a
        dy += b
    # What rounding left in the means, taken out again.
    cov -= dx * dy / pairs
    xx -= dx * dx / pairs
    yy -= dy * dy / pairs
    return pairs, cov, max(xx, 0.0), max(yy, 0.0), x_mean + dx / pairs, y_mean + dy / pairs


@njit(cache=True, nogil=True)
def window_moments(
    v: FloatArray, window: int, level: float, floor: float
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Mean, centred sum of squares and constancy of the window at every sample.

    Sums run outwards from one middle to all windows that hold it, so nothing is ever subtracted
    from a sum: a burst leaves no trace once the window has passed it. Windows with missing samples
    (zeros in ``v``) come out meaningless and are not used.
    """
    n = v.size - window + 1
    mean, ss = np.zeros(n), np.zeros(n)
    flat = np.zeros(n, dtype=np.bool_)
    k = 0
    while k < n:
        last = min(k + window - 1, n - 1)
        centre = 0.0
        for t in range(k, last + window):
            centre += v[t]
        centre /= last + window - k
        total = square = 0.0
        for t in range(last - 1, k - 1, -1):
            d = v[t] - centre
            total += d
            square += d * d
            mean[t], ss[t] = total, square
        total = square = 0.0
        for t in range(last, last + window):
            d = v[t] - centre
            total += d
            square += d * d
            start = t + 1 - window
            if start >= k:
                m = (mean[start] + total) / window
                raw = ss[start] + square
                mean[start] = m + centre
                ss[start] = raw - window * m * m
                if raw > ILL * ss[start]:
                    ss[start] = -1.0
        k = last + 1
    same = 0
    for t in range(v.size - 1, -1, -1):
        same = same + 1 if t + 1 < v.size and v[t] == v[t + 1] else 1
        if t >= n:
            continue
        if same >= window:
            mean[t], ss[t] = v[t], 0.0
        elif ss[t] < 0.0:
            total = 0.0
            for u in range(t, t + window):
                total += v[u]
            m = total / window
            rest = square = 0.0
            for u in range(t, t + window):
                d = v[u] - m
                rest += d
                square += d * d
            mean[t], ss[t] = m + rest / window, max(square - rest * rest / window, 0.0)
        flat[t] = is_flat(ss[t], mean[t], window, level, floor)
    return mean, ss, flat


@njit(cache=True, nogil=True)
def finish_cell(
    pairs: float,
    fewest: float,
    cov: float,
    xx: float,
    yy: float,
    flat: bool,
) -> tuple[float, int]:
    """Correlation and state of a cell from its centred sums."""
    if pairs < fewest:
        return np.nan, UNOBSERVED
    if flat:
        return np.nan, CONSTANT
    r = cov / (np.sqrt(xx) * np.sqrt(yy))
    return min(1.0, max(-1.0, r)), FINE


@njit(cache=True, nogil=True)
def mark_alike(
    x: FloatArray,
    y: FloatArray,
    x_starts: IntArray,
    y_starts: IntArray,
    x_offsets: IntArray,
    y_offsets: IntArray,
    lengths: IntArray,
    fewest: int,
    r: FloatArray,
    state: NDArray[np.uint8],
) -> None:
    """Blank the cells whose windows differ in fewer than ``fewest`` samples."""
    for k in range(x_starts.size):
        for j in range(x_offsets.size):
            if state[k, j] != FINE:
                continue
            a, b = x_starts[k] + x_offsets[j], y_starts[k] + y_offsets[j]
            found = 0
            for t in range(lengths[j]):
                # A missing value differs from nothing: nan < x and nan > x are both false.
                if x[a + t] < y[b + t] or x[a + t] > y[b + t]:
                    found += 1
                    if found >= fewest:
                        break
            if found < fewest:
                r[k, j] = np.nan
                state[k, j] = ALIKE
