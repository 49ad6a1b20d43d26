"""The compiled inner loop: what every surrogate of a pair amounts to. Imported only when used."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

# Columns of what `evaluate_rotations` returns.
OBSERVED, MATCHED, MISMATCHED, REPAIRS, RUPTURES, EXPECTED, EXPECTED_REPAIRS = range(7)
LATENCIES = 7
MATCHED_RAW = 14
N_COLUMNS = 15

_TOLERANCE = 1e-12
_TIME_TOLERANCE = 1e-9
_HORIZONS_S = (1.0, 3.0, 5.0, 10.0)
_SURVIVING = (0.75, 0.50, 0.25)


@njit(cache=True, nogil=True)
def _rotate(
    starts: IntArray,
    codes: IntArray,
    breaks: BoolArray,
    first: IntArray,
    blocks: IntArray,
    offsets: IntArray,
    cut_seam: bool,
    out_start: IntArray,
    out_code: IntArray,
    out_break: BoolArray,
) -> int:
    """Write the rotated stream as runs; return how many. ``first[k]`` is block k's first run."""
    n = 0
    for k in range(blocks.size - 1):
        begin, end = blocks[k], blocks[k + 1]
        length = end - begin
        offset = offsets[k] % length
        i0, i1 = first[k], first[k + 1]
        if offset == 0:
            for i in range(i0, i1):
                out_start[n], out_code[n], out_break[n] = starts[i], codes[i], breaks[i]
                n += 1
            continue
        # What stood at `fold` comes to the start of the block.
        fold = end - offset
        low, high = i0, i1 - 1
        while low < high:
            middle = (low + high + 1) // 2
            if starts[middle] <= fold:
                low = middle
            else:
                high = middle - 1
        j = low
        out_start[n], out_code[n] = begin, codes[j]
        out_break[n] = breaks[j] and starts[j] == fold
        n += 1
        for i in range(j + 1, i1):
            out_start[n], out_code[n] = starts[i] + offset - length, codes[i]
            out_break[n] = breaks[i]
            n += 1
        for i in range(i0, j + 1):
            if starts[i] == fold:
                break
            out_start[n], out_code[n] = starts[i] + offset, codes[i]
            out_break[n] = breaks[i] or (i == i0 and cut_seam)
            n += 1
    return n


@njit(cache=True, nogil=True)
def _fill(
    state: IntArray, length: IntArray, joined: BoolArray, n: int, which: int, below: float
) -> int:
    """Give runs of state ``which`` shorter than ``below`` between two others their state."""
    for i in range(1, n - 1):
        if state[i] == which and joined[i] and joined[i + 1] and length[i] < below:
            state[i] = -2
    kept = 0
    for i in range(n):
        value = state[i]
        if value == -2:
            value = 1 - which
        if kept > 0 and joined[i] and state[kept - 1] == value:
            length[kept - 1] += length[i]
        else:
            state[kept], length[kept], joined[kept] = value, length[i], joined[i]
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def _latencies(keys: IntArray, unit_s: float, out: FloatArray) -> None:
    """Kaplan-Meier quartiles and shares within 1, 3, 5, 10 s. Keys: 2 x duration + censored."""
    n = keys.size
    for q in range(7):
        out[q] = np.nan
    if n == 0:
        return
    keys.sort()
    for q in range(3):
        out[q] = np.inf
    longest = (keys[n - 1] // 2) * unit_s
    surviving = 1.0
    reached = 0
    horizon = 0
    i = 0
    while i < n:
        duration = keys[i] // 2
        time = duration * unit_s
        while horizon < 4 and _HORIZONS_S[horizon] < time - _TIME_TOLERANCE:
            out[3 + horizon] = 1.0 - surviving
            horizon += 1
        at_risk = n - i
        events = 0
        while i < n and keys[i] // 2 == duration:
            if keys[i] % 2 == 0:
                events += 1
            i += 1
        if events == at_risk:
            surviving = 0.0
        elif events > 0:
            surviving *= 1.0 - events / at_risk
        while reached < 3 and surviving <= _SURVIVING[reached] + _TOLERANCE:
            out[reached] = time
            reached += 1
    while horizon < 4:
        if surviving == 0.0 or _HORIZONS_S[horizon] <= longest + _TIME_TOLERANCE:
            out[3 + horizon] = 1.0 - surviving
        horizon += 1


@njit(cache=True, nogil=True)
def _expected(
    p: FloatArray, q: FloatArray, n_x: IntArray, n_y: IntArray, match: IntArray
) -> tuple[float, float]:
    """Expected share of matched time and expected number of repairs, from the marginals."""
    kx, ky = match.shape
    weight = 0.0
    matched = 0.0
    for a in range(kx):
        for b in range(ky):
            if match[a, b] >= 0:
                weight += p[a] * q[b]
                if match[a, b] == 1:
                    matched += p[a] * q[b]
    if weight <= 0.0:
        return np.nan, np.nan
    repairs = 0.0
    for a in range(kx):
        for c in range(kx):
            if n_x[a, c] > 0:
                share = 0.0
                seen = 0.0
                for b in range(ky):
                    if match[a, b] >= 0 and match[c, b] >= 0:
                        seen += q[b]
                        if match[a, b] == 0 and match[c, b] == 1:
                            share += q[b]
                if seen > 0.0:
                    repairs += n_x[a, c] * share / seen
    for b in range(ky):
        for d in range(ky):
            if n_y[b, d] > 0:
                share = 0.0
                seen = 0.0
                for a in range(kx):
                    if match[a, b] >= 0 and match[a, d] >= 0:
                        seen += p[a]
                        if match[a, b] == 0 and match[a, d] == 1:
                            share += p[a]
                if seen > 0.0:
                    repairs += n_y[b, d] * share / seen
    return matched / weight, repairs


@njit(cache=True, nogil=True)
def evaluate_rotations(
    x_start: IntArray,
    x_code: IntArray,
    x_break: BoolArray,
    y_start: IntArray,
    y_code: IntArray,
    y_break: BoolArray,
    y_first: IntArray,
    match: IntArray,
    blocks: IntArray,
    offsets: IntArray,
    cut_seam: bool,
    unit_s: float,
    min_rupture_s: float,
    merge_gap_s: float,
) -> FloatArray:
    """Raw components of every surrogate, shape (n, 15); see the column names at the top.

    Runs are given by their starts in ticks, code (-1 missing) and whether they begin at a cut;
    ``blocks`` (m + 1) closes the last run; ``offsets`` has shape (n, m), in ticks.
    """
    kx, ky = match.shape
    total = blocks[-1]
    size = y_start.size + blocks.size
    r_start = np.empty(size, dtype=np.int64)
    r_code = np.empty(size, dtype=np.int64)
    r_break = np.empty(size, dtype=np.bool_)
    room = size + x_start.size
    state = np.empty(room, dtype=np.int64)
    length = np.empty(room, dtype=np.int64)
    joined = np.empty(room, dtype=np.bool_)
    keys = np.empty(room, dtype=np.int64)
    out = np.empty((offsets.shape[0], N_COLUMNS))
    for row in range(offsets.shape[0]):
        ny = _rotate(
            y_start, y_code, y_break, y_first, blocks, offsets[row], cut_seam,
            r_start, r_code, r_break,
        )  # fmt: skip
        p, q = np.zeros(kx), np.zeros(ky)
        n_x, n_y = np.zeros((kx, kx), np.int64), np.zeros((ky, ky), np.int64)
        observed = 0
        matched_raw = 0
        n = 0
        i = j = 0
        now = 0
        before, a_before, b_before = -1, -1, -1
        cut = True
        while now < total:
            next_x = x_start[i + 1] if i + 1 < x_start.size else total
            next_y = r_start[j + 1] if j + 1 < ny else total
            then = min(next_x, next_y)
            a, b = x_code[i], r_code[j]
            now_state = match[a, b] if a >= 0 and b >= 0 else -1
            ticks = then - now
            if now_state >= 0:
                observed += ticks
                p[a] += ticks
                q[b] += ticks
                if now_state == 1:
                    matched_raw += ticks
                follows = before >= 0 and not cut
                if follows:
                    if a != a_before:
                        n_x[a_before, a] += 1
                    if b != b_before:
                        n_y[b_before, b] += 1
                if follows and now_state == before:
                    length[n - 1] += ticks
                else:
                    state[n], length[n], joined[n] = now_state, ticks, follows
                    n += 1
            before, a_before, b_before = now_state, a, b
            cut = False
            if next_x == then and i + 1 < x_start.size:
                i += 1
                cut = cut or x_break[i]
            if next_y == then and j + 1 < ny:
                j += 1
                cut = cut or r_break[j]
            now = then
        if merge_gap_s > 0.0:
            n = _fill(state, length, joined, n, 1, (merge_gap_s - _TIME_TOLERANCE) / unit_s)
        if min_rupture_s > 0.0:
            n = _fill(state, length, joined, n, 0, (min_rupture_s - _TIME_TOLERANCE) / unit_s)
        matched = mismatched = repairs = ruptures = entered = 0
        for k in range(n):
            if state[k] == 1:
                matched += length[k]
                if joined[k]:
                    repairs += 1
            else:
                mismatched += length[k]
                if joined[k]:
                    ruptures += 1
                    censored = 0 if k + 1 < n and joined[k + 1] else 1
                    keys[entered] = 2 * length[k] + censored
                    entered += 1
        if observed > 0:
            p /= observed
            q /= observed
        share, expected_repairs = _expected(p, q, n_x, n_y, match)
        out[row, OBSERVED] = observed * unit_s
        out[row, MATCHED] = matched * unit_s
        out[row, MISMATCHED] = mismatched * unit_s
        out[row, REPAIRS] = repairs
        out[row, RUPTURES] = ruptures
        out[row, EXPECTED] = share
        out[row, EXPECTED_REPAIRS] = expected_repairs
        _latencies(keys[:entered], unit_s, out[row, LATENCIES : LATENCIES + 7])
        out[row, MATCHED_RAW] = matched_raw * unit_s
    return out
