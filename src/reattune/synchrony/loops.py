"""Small compiled loops over a table; imported only when something is computed."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@njit(cache=True, nogil=True)
def reduce_cells(
    r: FloatArray,
    fisher_z: bool,
    limit: float,
    whole: FloatArray,
    window_mean: FloatArray,
    window_abs: FloatArray,
    lag_mean: FloatArray,
    lag_abs: FloatArray,
) -> int:
    """Fill mean, mean absolute, largest, smallest and largest absolute value, and the margins.

    Returns the number of cells with a value. ``whole`` has room for the five.
    """
    rows, columns = r.shape
    lag_mean[:] = 0.0
    lag_abs[:] = 0.0
    lag_n = np.zeros(columns)
    total = total_abs = 0.0
    n = 0
    high, low = -np.inf, np.inf
    for k in range(rows):
        row_sum = row_abs = 0.0
        row_n = 0
        for j in range(columns):
            v = r[k, j]
            if v != v:
                continue
            if fisher_z:
                # atanh by one logarithm; infinite at +-1, which the limit then holds.
                v = 0.5 * math.log((1.0 + v) / (1.0 - v)) if abs(v) < 1.0 else v * np.inf
                v = min(limit, max(-limit, v))
            a = abs(v)
            row_sum += v
            row_abs += a
            row_n += 1
            lag_mean[j] += v
            lag_abs[j] += a
            lag_n[j] += 1.0
            high, low = max(high, v), min(low, v)
        window_mean[k] = row_sum / row_n if row_n else np.nan
        window_abs[k] = row_abs / row_n if row_n else np.nan
        total += row_sum
        total_abs += row_abs
        n += row_n
    for j in range(columns):
        lag_mean[j] = lag_mean[j] / lag_n[j] if lag_n[j] else np.nan
        lag_abs[j] = lag_abs[j] / lag_n[j] if lag_n[j] else np.nan
    if n == 0:
        whole[:] = np.nan
    else:
        whole[0], whole[1] = total / n, total_abs / n
        whole[2], whole[3], whole[4] = high, low, max(high, -low)
    return n


@njit(cache=True, nogil=True)
def trace_path(score: FloatArray, reach: int) -> IntArray:
    """Column of the path with the largest sum that moves at most ``reach`` columns per row.

    Among equal sums the path that moves least, then the one nearest the middle column.
    """
    rows, columns = score.shape
    middle = columns // 2
    best = score[0].copy()
    came = np.zeros((rows, columns), dtype=np.int64)
    for k in range(1, rows):
        now = np.empty(columns)
        for j in range(columns):
            at = j
            for move in range(1, reach + 1):
                nearer, farther = (j - move, j + move) if j > middle else (j + move, j - move)
                if 0 <= nearer < columns and best[nearer] > best[at]:
                    at = nearer
                if 0 <= farther < columns and best[farther] > best[at]:
                    at = farther
            came[k, j] = at
            now[j] = best[at] + score[k, j]
        best = now
    at = middle
    for move in range(1, columns):
        for j in (middle - move, middle + move):
            if 0 <= j < columns and best[j] > best[at]:
                at = j
    path = np.empty(rows, dtype=np.int64)
    for k in range(rows - 1, -1, -1):
        path[k] = at
        at = came[k, at]
    return path
