"""The compiled loop over mismatch load: all time constants of the grid in one pass.

Gives for one window what `reattune.growth.count_at_load` gives for one pair of constants; imported
only when used.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@njit(cache=True, nogil=True)
def _find_bin(load: float, inner: FloatArray) -> int:
    at = 0
    while at < inner.size and load >= inner[at]:
        at += 1
    return at


@njit(cache=True, nogil=True)
def count_loads(
    lengths: FloatArray,
    state: IntArray,
    cut: BoolArray,
    at_risk: BoolArray,
    turned: BoolArray,
    up_s: FloatArray,
    down_s: FloatArray,
    inner: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Turns and exposure by pair of constants and stratum, each of shape (pairs, strata).

    Segments are given by their lengths, the dyad's state (1, 0, -1) and whether load begins anew;
    ``inner`` holds the edges between bins of load. Mismatched strata come first.
    """
    bins = inner.size + 1
    turns = np.zeros((up_s.size, 2 * bins))
    exposure = np.zeros((up_s.size, 2 * bins))
    for pair in range(up_s.size):
        up, down = up_s[pair], down_s[pair]
        load = 0.0
        for i in range(lengths.size):
            if state[i] < 0:
                continue
            if cut[i]:
                load = 0.0
            h = lengths[i]
            begun = load
            rising = state[i] == 0
            if rising:
                kept = np.exp(-h / up)
                load = begun * kept + up * (1.0 - kept)
            else:
                load = begun * np.exp(-h / down)
            if not at_risk[i]:
                continue
            first = 0 if rising else bins
            now, spent = _find_bin(begun, inner), 0.0
            last = _find_bin(load, inner)
            while now != last:
                if rising:
                    then = up * np.log((up - begun) / (up - inner[now]))
                    step = 1
                else:
                    then = down * np.log(begun / inner[now - 1])
                    step = -1
                then = min(max(then, spent), h)
                exposure[pair, first + now] += then - spent
                spent, now = then, now + step
            exposure[pair, first + now] += h - spent
            if turned[i]:
                turns[pair, first + last] += 1.0
    return turns, exposure
