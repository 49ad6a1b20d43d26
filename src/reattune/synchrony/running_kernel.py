"""Running sums: every window of a run of lags by sums that grow outwards and never shrink.

Compiled; imported only when something is computed. The windows that share a sample form a group.
From that sample the sums run down to the first window's start and up to the last one's end, so the
cost per lag is about twice the length of the signal however dense the windows, and no sum ever
has anything subtracted from it.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reattune.synchrony.exact import ILL, Cells, Samples, exact_cell, finish_cell, is_flat
from reattune.synchrony.grid import Half

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# The sums of a cell.
XY, PAIRS, X, Y, XX, YY = range(6)


@njit(cache=True, nogil=True, fastmath={"contract"})
def _add(
    sums: FloatArray, a: FloatArray, i: int, b: FloatArray, j: int, length: int, moves: int
) -> None:
    """Add ``length`` samples of products to the sum of every lag.

    ``b`` goes up with the lag; ``a`` stays, or with ``moves`` goes up too (it holds its signal
    backwards). Slices, because an index that might be negative keeps the compiler from doing
    several lags at once; eight samples at a time, because the sums then are written less often.
    """
    n = sums.size
    t = 0
    if moves:
        for t in range(length):
            c, d = a[i - t : i - t + n], b[j + t : j + t + n]
            for lag in range(n):
                sums[lag] += c[lag] * d[lag]
        return
    while t + 8 <= length:
        p0, p1, p2, p3 = a[i + t], a[i + t + 1], a[i + t + 2], a[i + t + 3]
        p4, p5, p6, p7 = a[i + t + 4], a[i + t + 5], a[i + t + 6], a[i + t + 7]
        c = b[j + t : j + t + n + 7]
        for lag in range(n):
            sums[lag] += ((p0 * c[lag] + p1 * c[lag + 1]) + (p2 * c[lag + 2] + p3 * c[lag + 3])) + (
                (p4 * c[lag + 4] + p5 * c[lag + 5]) + (p6 * c[lag + 6] + p7 * c[lag + 7])
            )
        t += 8
    while t < length:
        p = a[i + t]
        c = b[j + t : j + t + n]
        for lag in range(n):
            sums[lag] += p * c[lag]
        t += 1


@njit(cache=True, nogil=True)
def _sum_windows(
    out: FloatArray, a: FloatArray, b: FloatArray, starts: IntArray, window: int, moves: int
) -> None:
    """Sums of products for each window of a group and each lag. ``starts`` count from the first."""
    n = starts.size
    top = starts[n - 1] + window - 1 if moves else 0
    sign = -1 if moves else 1
    sums = np.zeros(out.shape[1])
    out[n - 1] = 0.0
    for k in range(n - 2, -1, -1):
        _add(sums, a, top + sign * starts[k], b, starts[k], starts[k + 1] - starts[k], moves)
        out[k] = sums
    sums[:] = 0.0
    done = starts[n - 1]
    for k in range(n):
        end = starts[k] + window
        _add(sums, a, top + sign * done, b, done, end - done, moves)
        out[k] += sums
        done = end


@njit(cache=True, nogil=True)
def _mean(v: FloatArray, mask: FloatArray, start: int, end: int) -> tuple[float, bool]:
    """Mean of the observed samples, and whether all are observed."""
    total = n = 0.0
    for t in range(start, end):
        total += v[t]
        n += mask[t]
    return (total / n if n > 0.0 else 0.0), n == end - start


@njit(cache=True, nogil=True)
def _centred(
    v: FloatArray, mask: FloatArray, start: int, end: int, centre: float, reverse: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Values less ``centre`` (0 where missing), their squares, and the mask; maybe backwards."""
    n = end - start
    value, square, seen = np.empty(n), np.empty(n), np.empty(n)
    for t in range(n):
        i = n - 1 - t if reverse else t
        d = (v[start + t] - centre) * mask[start + t]
        value[i], square[i], seen[i] = d, d * d, mask[start + t]
    return value, square, seen


@njit(cache=True, nogil=True)
def correlate_half(
    f: Samples,
    m: Samples,
    half: Half,
    rows: IntArray,
    f_starts: IntArray,
    m_starts: IntArray,
    window: int,
    min_pairs: IntArray,
    cells: Cells,
) -> None:
    """Fill some rows of the cells for one run of lags.

    ``f`` is the partner held in place, ``m`` the other. Rows that meet the other at equal distance
    are done together.
    """
    reach = half.n - 1
    back = reach if half.moves else 0
    first = 0
    while first < rows.size:
        begin = f_starts[rows[first]]
        apart = m_starts[rows[first]] - begin
        last = first
        while last + 1 < rows.size:
            row = rows[last + 1]
            if f_starts[row] > begin + window or m_starts[row] - f_starts[row] != apart:
                break
            last += 1
        n = last - first + 1
        end = f_starts[rows[last]] + window
        f_from, f_to = begin + half.fixed_offset - back, end + half.fixed_offset
        m_from = begin + apart + half.moving_offset
        m_to = end + apart + half.moving_offset + reach
        f_centre, f_whole = _mean(f.values, f.mask, f_from, f_to)
        m_centre, m_whole = _mean(m.values, m.mask, m_from, m_to)
        a, a2, a_seen = _centred(f.values, f.mask, f_from, f_to, f_centre, half.moves)
        b, b2, b_seen = _centred(m.values, m.mask, m_from, m_to, m_centre, 0)
        local = np.empty(n, dtype=np.int64)
        for k in range(n):
            local[k] = f_starts[rows[first + k]] - begin
        # With everything observed the sums of products are all that is needed.
        whole = f_whole and m_whole
        sums = np.empty((1 if whole else 6, n, half.n))
        _sum_windows(sums[XY], a, b, local, window, half.moves)
        if not whole:
            _sum_windows(sums[PAIRS], a_seen, b_seen, local, window, half.moves)
            _sum_windows(sums[X], a, b_seen, local, window, half.moves)
            _sum_windows(sums[Y], a_seen, b, local, window, half.moves)
            _sum_windows(sums[XX], a2, b_seen, local, window, half.moves)
            _sum_windows(sums[YY], a_seen, b2, local, window, half.moves)
        for k in range(n):
            row = rows[first + k]
            for j in range(half.n):
                column = half.column + half.column_step * j
                i_f = f_starts[row] + half.fixed_offset - half.moves * j
                i_m = m_starts[row] + half.moving_offset + j
                fewest = min_pairs[column]
                cov = sums[XY, k, j]
                if whole:
                    pairs = float(window)
                    df, dm = f.mean[i_f] - f_centre, m.mean[i_m] - m_centre
                    ff, mm = f.ss[i_f], m.ss[i_m]
                    flat = f.flat[i_f] or m.flat[i_m]
                    raw_f, raw_m = ff + pairs * df * df, mm + pairs * dm * dm
                    ill = not flat and raw_f * raw_m > ILL * ILL * ff * mm
                else:
                    pairs = sums[PAIRS, k, j]
                    df, dm = sums[X, k, j] / max(pairs, 1.0), sums[Y, k, j] / max(pairs, 1.0)
                    raw_f, raw_m = sums[XX, k, j], sums[YY, k, j]
                    ff, mm = raw_f - pairs * df * df, raw_m - pairs * dm * dm
                    flat = False
                    ill = raw_f > ILL * ff or raw_m > ILL * mm
                cov -= pairs * df * dm
                if pairs >= fewest and (ill or not whole):
                    f_at, m_at = df + f_centre, dm + m_centre
                    if ill:
                        _, cov, ff, mm, f_at, m_at = exact_cell(
                            f.values, f.mask, i_f, m.values, m.mask, i_m, window
                        )
                    flat = is_flat(ff, f_at, pairs, f.level, f.floor)
                    flat = flat or is_flat(mm, m_at, pairs, m.level, m.floor)
                cells.counts[row, column] = int(pairs)
                cells.r[row, column], cells.state[row, column] = finish_cell(
                    pairs, fewest, cov, ff, mm, flat
                )
        first = last + 1


@njit(cache=True, nogil=True)
def finish_products(
    cov: FloatArray,
    skip: int,
    block_ss: FloatArray,
    f: Samples,
    m: Samples,
    half: Half,
    rows: IntArray,
    starts: IntArray,
    window: int,
    cells: Cells,
) -> None:
    """Fill complete rows from covariances another kernel found (columns from ``skip`` on).

    An error of the Fourier transform spreads over all lags of a row, so what counts is the other
    partner's sum of squares over everything the row spans, ``block_ss``.
    """
    for k in range(rows.size):
        row = rows[k]
        i_f = starts[row] + half.fixed_offset
        for j in range(half.n):
            column = half.column + half.column_step * j
            i_m = starts[row] + half.moving_offset + j
            flat = f.flat[i_f] or m.flat[i_m]
            ff, mm, value = f.ss[i_f], m.ss[i_m], cov[k, skip + j]
            if not flat and block_ss[k] > ILL * ILL * mm:
                _, value, ff, mm, _, _ = exact_cell(
                    f.values, f.mask, i_f, m.values, m.mask, i_m, window
                )
            cells.counts[row, column] = window
            cells.r[row, column], cells.state[row, column] = finish_cell(
                window, 0, value, ff, mm, flat
            )


@njit(cache=True, nogil=True)
def finish_segments(
    cov: FloatArray,
    skip: int,
    f: Samples,
    m: Samples,
    half: Half,
    rows: IntArray,
    starts: IntArray,
    lengths: IntArray,
    cells: Cells,
) -> None:
    """Fill complete segments from the sums of products another kernel found."""
    for k in range(rows.size):
        row = rows[k]
        s = starts[row]
        flat = f.flat[s] or m.flat[s]
        for j in range(half.n):
            column = half.column + half.column_step * j
            cells.counts[row, column] = lengths[column]
            cells.r[row, column], cells.state[row, column] = finish_cell(
                1.0, 0.0, cov[k, skip + j], f.ss[s], m.ss[s], flat
            )


@njit(cache=True, nogil=True)
def correlate_segments(
    x: Samples,
    y: Samples,
    rows: IntArray,
    x_starts: IntArray,
    y_starts: IntArray,
    window: int,
    max_lag: int,
    min_pairs: IntArray,
    cells: Cells,
) -> None:
    """Fill rows of segments: means and sums of squares of each partner's whole segment.

    With missing samples the mean product of the observed pairs stands for that of all.
    """
    ones = np.ones(window)
    n_lags = max_lag + 1
    # Products and pairs of lags from 0 up, then of those from 0 down. Behind a segment are zeros.
    sums = np.zeros((4, n_lags))
    behind = np.zeros((4, window + max_lag + 8))
    for row in rows:
        i, j = x_starts[row], y_starts[row]
        nx, _, xx, _, x_mean, _ = exact_cell(x.values, x.mask, i, ones, ones, 0, window)
        ny, _, yy, _, y_mean, _ = exact_cell(y.values, y.mask, j, ones, ones, 0, window)
        flat = is_flat(xx, x_mean, nx, x.level, x.floor)
        flat = flat or is_flat(yy, y_mean, ny, y.level, y.floor)
        a, _, a_seen = _centred(x.values, x.mask, i, i + window, x_mean, 0)
        b, _, b_seen = _centred(y.values, y.mask, j, j + window, y_mean, 0)
        behind[0, :window], behind[1, :window] = b, b_seen
        behind[2, :window], behind[3, :window] = a, a_seen
        sums[:] = 0.0
        _add(sums[0], a, 0, behind[0], 0, window, 0)
        _add(sums[1], a_seen, 0, behind[1], 0, window, 0)
        _add(sums[2], b, 0, behind[2], 0, window, 0)
        _add(sums[3], b_seen, 0, behind[3], 0, window, 0)
        for column in range(2 * max_lag + 1):
            lag = column - max_lag
            at = 0 if lag >= 0 else 2
            cov, pairs = sums[at, abs(lag)], sums[at + 1, abs(lag)]
            if pairs > 0.0:
                cov *= (window - abs(lag)) / pairs / window
            cells.counts[row, column] = int(pairs)
            cells.r[row, column], cells.state[row, column] = finish_cell(
                pairs, min_pairs[column], cov, xx / max(nx, 1.0), yy / max(ny, 1.0), flat
            )
