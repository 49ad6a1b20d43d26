"""Windowed cross-correlation and what is read from it, as loops; imports nothing of ours."""

from __future__ import annotations

import itertools
import math

import numpy as np


def naive_cell(a: np.ndarray, b: np.ndarray, fewest: int) -> tuple[float, int]:
    """Correlation of the pairs observed in both, and how many there are."""
    seen = ~(np.isnan(a) | np.isnan(b))
    a, b = a[seen], b[seen]
    if len(a) < fewest:
        return math.nan, len(a)
    for v in (a, b):
        if np.var(v) <= 1e-20 * np.mean(v**2):
            return math.nan, len(a)
    return float(np.corrcoef(a, b)[0, 1]), len(a)


def naive_windows(n: int, window: int, step: int, lag: int, anchor: str, drop: bool) -> list[int]:
    """First sample of every window."""
    if anchor == "segment":
        first, room = 0, window
    else:
        first, room = {"leader": 0, "follower": lag, "centre": lag // 2}[anchor], window + lag
    begins = []
    k = 0
    while k * step + room <= n:
        begins.append(first + k * step)
        k += 1
    return begins[:-1] if drop else begins


def naive_places(begin: int, lag: int, anchor: str) -> tuple[int, int]:
    """First samples of the two windows at a lag; the first partner leads at a positive one."""
    if anchor == "follower":
        return (begin - lag, begin) if lag > 0 else (begin, begin + lag)
    if anchor == "centre":
        return begin - math.floor(lag / 2), begin + math.ceil(lag / 2)
    return (begin, begin + lag) if lag > 0 else (begin - lag, begin)


def naive_table(
    x: np.ndarray,
    y: np.ndarray,
    *,
    window: int,
    step: int,
    lag: int,
    anchor: str = "leader",
    share: float = 0.5,
    drop: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """r and observed pairs, windows by lags."""
    begins = naive_windows(len(x), window, step, lag, anchor, drop)
    r = np.full((len(begins), 2 * lag + 1), math.nan)
    n = np.zeros((len(begins), 2 * lag + 1), dtype=int)
    for row, begin in enumerate(begins):
        for column, shift in enumerate(range(-lag, lag + 1)):
            if anchor == "segment":
                one, other = x[begin : begin + window], y[begin : begin + window]
                r[row, column], n[row, column] = naive_segment(one, other, shift, share)
                continue
            i, j = naive_places(begin, shift, anchor)
            fewest = max(3, math.ceil(share * window - 1e-9))
            r[row, column], n[row, column] = naive_cell(
                x[i : i + window], y[j : j + window], fewest
            )
    return r, n


def naive_segment(a: np.ndarray, b: np.ndarray, lag: int, share: float) -> tuple[float, int]:
    """Correlation of two segments at a lag by the moments of the whole segments."""
    length = len(a) - abs(lag)
    if np.isnan(a).all() or np.isnan(b).all():
        return math.nan, 0
    mean_a, mean_b = np.nanmean(a), np.nanmean(b)
    products = []
    for t in range(len(a)):
        if 0 <= t + lag < len(b):
            product = (a[t] - mean_a) * (b[t + lag] - mean_b)
            if not math.isnan(product):
                products.append(product)
    if len(products) < max(3, math.ceil(share * length - 1e-9)):
        return math.nan, len(products)
    for v in (a, b):
        if np.nanvar(v) <= 1e-20 * np.nanmean(v**2):
            return math.nan, len(products)
    spread = np.nanstd(a) * np.nanstd(b)
    covariance = np.mean(products) * length / len(a)
    return min(1.0, max(-1.0, float(covariance / spread))), len(products)


def naive_susy(x: np.ndarray, y: np.ndarray, *, window: int, lag: int) -> dict[str, object]:
    """Mean absolute z and signed z by lag, of segments at the same and at different times."""
    n = len(x) // window
    real, pseudo = [], []
    for i, j in itertools.product(range(n), repeat=2):
        a, b = x[i * window : (i + 1) * window], y[j * window : (j + 1) * window]
        z = [math.atanh(naive_segment(a, b, shift, 0.5)[0]) for shift in range(-lag, lag + 1)]
        (real if i == j else pseudo).append(z)
    return {
        "abs_real": np.mean(np.abs(real), axis=0),
        "abs_pseudo": np.mean(np.abs(pseudo), axis=0),
        "real": np.mean(real, axis=0),
        "pseudo": np.mean(pseudo, axis=0),
    }


def naive_loess(values: np.ndarray, span: float) -> np.ndarray:
    """Local quadratics at the corners of a halved grid, joined by cubics (loess of R)."""
    n = len(values)
    near = int(n * span + 1e-5)
    most = int(n * span * 0.2)
    x = np.arange(1.0, n + 1)
    corners = [1 - 0.005 * (n - 1), n + 0.005 * (n - 1)]

    def halve(low: int, high: int) -> None:
        if high - low + 1 <= most:
            return
        middle = (low + high) // 2
        corners.append(float(middle))
        halve(low, middle)
        halve(middle + 1, high)

    halve(1, n)
    fits = []
    for corner in sorted(corners):
        distance = np.abs(x - corner)
        reach = sorted(distance)[near - 1]
        weight = np.where(distance < reach, (1 - (distance / reach) ** 3) ** 3, 0.0)
        _, slope, level = np.polyfit(x - corner, values, 2, w=np.sqrt(weight))
        fits.append((corner, level, slope))
    out = np.empty(n)
    for k, place in enumerate(x):
        for (left, a, da), (right, b, db) in itertools.pairwise(fits):
            if left <= place <= right:
                h = right - left
                t = (place - left) / h
                out[k] = (
                    a * (2 * t**3 - 3 * t**2 + 1)
                    + h * da * (t**3 - 2 * t**2 + t)
                    + b * (-2 * t**3 + 3 * t**2)
                    + h * db * (t**3 - t**2)
                )
                break
    return out


def naive_peak(curve: np.ndarray, reach: int) -> tuple[float, float]:
    """Position from the middle and height of the peak nearest to it, widening by one point."""
    middle = len(curve) // 2
    best, waited, region = -math.inf, 0, (middle, middle + 1)
    for width in range(1, middle + 1):
        region = (middle - width, middle + width + 1)
        top = max(curve[region[0] : region[1]])
        if top > best:
            best, waited = top, 0
        else:
            waited += 1
            if waited >= reach:
                break
    position = region[0] + list(curve[region[0] : region[1]]).index(best) - middle
    if abs(position) > middle - reach:
        return math.nan, math.nan
    return position, best


def naive_path(score: np.ndarray, reach: int) -> float:
    """Largest sum of any path that moves at most ``reach`` columns a row, by trying all."""
    rows, columns = score.shape
    best = -math.inf
    for path in itertools.product(range(columns), repeat=rows):
        if all(abs(a - b) <= reach for a, b in itertools.pairwise(path)):
            best = max(best, sum(score[k, j] for k, j in enumerate(path)))
    return best


def naive_slopes(values: np.ndarray, length: int, step: int, share: float) -> np.ndarray:
    """Slope of the straight line through each stretch, of what is observed of it."""
    out = []
    for begin in range(0, len(values) - length + 1, step):
        stretch = values[begin : begin + length]
        seen = ~np.isnan(stretch)
        if seen.sum() < max(2, math.ceil(share * length - 1e-9)):
            out.append(math.nan)
        else:
            out.append(float(np.polyfit(np.arange(length)[seen], stretch[seen], 1)[0]))
    return np.array(out)
