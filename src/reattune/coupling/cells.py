"""The compiled loop over pairs of moments. Imported only when used."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@njit(cache=True, nogil=True, inline="always")
def _distance(one: FloatArray, two: FloatArray, metric: int) -> float:
    """Euclidean (0), manhattan (1) or greatest difference (2) of two points."""
    total = 0.0
    for axis in range(one.size):
        away = abs(one[axis] - two[axis])
        if metric == 0:
            total += away * away
        elif metric == 1:
            total += away
        elif away > total:
            total = away
    return np.sqrt(total) if metric == 0 else total


@njit(cache=True, nogil=True)
def scan_distances(
    first: FloatArray,
    second: FloatArray,
    seen_first: BoolArray,
    seen_second: BoolArray,
    metric: int,
) -> tuple[float, float, int]:
    """Mean and greatest distance over all pairs of observed moments, and how many there are."""
    total, most, n = 0.0, 0.0, 0
    for i in range(first.shape[0]):
        if not seen_first[i]:
            continue
        # Row by row, so that few digits are lost.
        row = 0.0
        for j in range(second.shape[0]):
            if seen_second[j]:
                away = _distance(first[i], second[j], metric)
                row += away
                n += 1
                if away > most:
                    most = away
        total += row
    return (total / n if n else np.nan), most, n


@njit(cache=True, nogil=True)
def scan_cells(
    first: FloatArray,
    second: FloatArray,
    seen_first: BoolArray,
    seen_second: BoolArray,
    radius: float,
    scale: float,
    metric: int,
    lowest_lag: int,
    highest_lag: int,
    theiler: int,
) -> tuple[int, int, IntArray, IntArray, IntArray]:
    """Cells, recurrent cells, and how many lines of each length along three directions.

    Cell (i, j) is in the plot when lowest_lag <= j - i <= highest_lag and |j - i| >= theiler, and
    both moments are observed. Lines: along diagonals, along j at one i, along i at one j. Any
    other cell ends a line. Memory grows with the samples, not with the cells.
    """
    n, m = first.shape[0], second.shape[0]
    diagonal = np.zeros(n + m, np.int64)
    down = np.zeros(m, np.int64)
    lines = np.zeros(n + m + 1, np.int64)
    along_second = np.zeros(m + 1, np.int64)
    along_first = np.zeros(n + 1, np.int64)
    cells, recurrent = 0, 0
    for i in range(n):
        across = 0
        for j in range(m):
            lag = j - i
            hit = False
            inside = lowest_lag <= lag <= highest_lag and abs(lag) >= theiler
            if inside and seen_first[i] and seen_second[j]:
                cells += 1
                hit = _distance(first[i], second[j], metric) / scale <= radius
            at = lag + n
            if hit:
                recurrent += 1
                diagonal[at] += 1
                down[j] += 1
                across += 1
                continue
            if diagonal[at]:
                lines[diagonal[at]] += 1
                diagonal[at] = 0
            if down[j]:
                along_first[down[j]] += 1
                down[j] = 0
            if across:
                along_second[across] += 1
                across = 0
        if across:
            along_second[across] += 1
    for at in range(diagonal.size):
        if diagonal[at]:
            lines[diagonal[at]] += 1
    for j in range(m):
        if down[j]:
            along_first[down[j]] += 1
    return cells, recurrent, lines, along_second, along_first
