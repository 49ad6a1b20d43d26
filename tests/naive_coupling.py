"""Signal preparation and coupling counted sample by sample: slow, obvious, and independent.

Nothing here imports `reattune`, numpy or scipy. A series is a list of numbers, None where missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, log, sqrt

Series = Sequence[float | None]
Point = tuple[float, ...]


def smooth(values: Series, width: float) -> list[float | None]:
    """Centred mean; the window narrows on both sides alike until it fits into the stretch."""
    out: list[float | None] = []
    for t, value in enumerate(values):
        if value is None:
            out.append(None)
            continue
        left = 0
        while t - left - 1 >= 0 and values[t - left - 1] is not None:
            left += 1
        right = 0
        while t + right + 1 < len(values) and values[t + right + 1] is not None:
            right += 1
        reach = min((width - 1) / 2, left, right)
        total = weight = 0.0
        for s in range(t - ceil(reach), t + ceil(reach) + 1):
            share = min(1.0, max(0.0, reach - (abs(s - t) - 1)))
            if share > 0:
                total += share * float(values[s] or 0.0)
                weight += share
        out.append(total / weight)
    return out


def cell_means(
    values: Series, start_s: float, rate_hz: float, new_hz: float, min_share: float
) -> dict[int, float | None]:
    """Mean over the observed time of every new cell k, [k / new_hz, (k + 1) / new_hz)."""
    out: dict[int, float | None] = {}
    end_s = start_s + len(values) / rate_hz
    for k in range(ceil(start_s * new_hz - 0.5 - 1e-6), ceil(end_s * new_hz - 0.5 - 1e-6)):
        low, high = k / new_hz, (k + 1) / new_hz
        seconds = area = 0.0
        for i, value in enumerate(values):
            a, b = start_s + i / rate_hz, start_s + (i + 1) / rate_hz
            shared = min(b, high) - max(a, low)
            if value is not None and shared > 0:
                seconds += shared
                area += shared * value
        out[k] = area / seconds if seconds >= min_share / new_hz - 1e-9 else None
    return out


# -- recurrence --------------------------------------------------------------------------------


def plot(
    one: Sequence[Point | None],
    two: Sequence[Point | None],
    radius: float,
    lags: tuple[int, int],
    theiler: int,
) -> list[list[bool | None]]:
    """The whole matrix: recurrent or not; None where a cell does not count."""
    rows: list[list[bool | None]] = []
    for i, p in enumerate(one):
        row: list[bool | None] = []
        for j, q in enumerate(two):
            lag = j - i
            if p is None or q is None or not lags[0] <= lag <= lags[1] or abs(lag) < theiler:
                row.append(None)
            else:
                row.append(sqrt(sum((a - b) ** 2 for a, b in zip(p, q, strict=True))) <= radius)
        rows.append(row)
    return rows


def run_lengths(cells: Sequence[bool | None]) -> list[int]:
    """Lengths of the runs of True."""
    out, now = [], 0
    for cell in [*cells, False]:
        if cell:
            now += 1
        elif now:
            out.append(now)
            now = 0
    return out


def recurrence(rows: list[list[bool | None]], least: int) -> dict[str, float]:
    """Counts and lines of a matrix."""
    n, m = len(rows), len(rows[0])
    diagonals = []
    for lag in range(-(n - 1), m):
        diagonals += run_lengths([rows[i][i + lag] for i in range(n) if 0 <= i + lag < m])
    lines = [length for length in diagonals if length >= least]
    across = [a for row in rows for a in run_lengths(row) if a >= least]
    down = [a for j in range(m) for a in run_lengths([rows[i][j] for i in range(n)]) if a >= least]
    shares = [lines.count(length) / len(lines) for length in set(lines)]
    return {
        "cells": sum(cell is not None for row in rows for cell in row),
        "recurrent": sum(bool(cell) for row in rows for cell in row),
        "n_lines": len(lines),
        "in_lines": sum(lines),
        "longest": max(lines, default=0),
        "entropy": -sum(p * log(p) for p in shares),
        "in_across": sum(across),
        "n_across": len(across),
        "in_down": sum(down),
        "n_down": len(down),
    }


def lag_profile(one: Series, two: Series, radius: float, max_lag: int) -> list[tuple[int, int]]:
    """Recurrent and observed pairs at each lag."""
    out = []
    for lag in range(-max_lag, max_lag + 1):
        hits = pairs = 0
        for t, a in enumerate(one):
            b = two[t + lag] if 0 <= t + lag < len(two) else None
            if a is not None and b is not None:
                pairs += 1
                hits += abs(a - b) <= radius
        out.append((hits, pairs))
    return out


# -- information -------------------------------------------------------------------------------


def entropy(items: Sequence[object]) -> float:
    """-sum p ln p."""
    return -sum(
        items.count(item) / len(items) * log(items.count(item) / len(items)) for item in set(items)
    )


def mutual_information(one: Series, two: Series) -> float:
    """Over the samples both have."""
    pairs = [(a, b) for a, b in zip(one, two, strict=True) if a is not None and b is not None]
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    total = 0.0
    for pair in set(pairs):
        p = pairs.count(pair) / len(pairs)
        p_one, p_two = first.count(pair[0]) / len(pairs), second.count(pair[1]) / len(pairs)
        total += p * log(p / (p_one * p_two))
    return total


# -- events and speech -------------------------------------------------------------------------


def event_synchrony(
    x: Sequence[float], y: Sequence[float], most: float | None
) -> tuple[float, float]:
    """Q and q: every event with every other."""

    def gaps(times: Sequence[float], at: int) -> list[float]:
        before = [times[at] - times[at - 1]] if at else []
        return before + ([times[at + 1] - times[at]] if at + 1 < len(times) else [])

    after = before = 0.0
    for i, a in enumerate(x):
        for j, b in enumerate(y):
            around = gaps(x, i) + gaps(y, j)
            if a == b:
                after, before = after + 0.5, before + 0.5
                continue
            if not around and most is None:
                continue
            near = abs(b - a) < min(around) / 2 if around else True
            if near and (most is None or abs(b - a) <= most):
                after, before = (after + 1, before) if b > a else (after, before + 1)
    base = sqrt(len(x) * len(y))
    return (after + before) / base, (after - before) / base


def floor(one: Sequence[bool], two: Sequence[bool]) -> list[tuple[str, int, int, int]]:
    """Kind, who speaks alone afterwards, first frame, frames; only pure silences and overlaps."""
    out = []
    frames = list(zip(one, two, strict=True))
    alone = [t for t, (a, b) in enumerate(frames) if a != b]
    for t, later in pairwise(alone):
        before, after = int(frames[t][1]), int(frames[later][1])
        between = set(frames[t + 1 : later])
        same = before == after
        if not between:
            if not same:
                out.append(("gap", after, later, 0))
        elif between == {(False, False)}:
            out.append(("pause" if same else "gap", after, t + 1, later - t - 1))
        elif between == {(True, True)}:
            kind = "overlap_within" if same else "overlap_between"
            out.append((kind, after, t + 1, later - t - 1))
    return out


# -- lines -------------------------------------------------------------------------------------


def solve(columns: Sequence[Sequence[float]], y: Sequence[float]) -> list[float]:
    """Least squares by the normal equations and Gauss."""
    k = len(columns)
    rows = [
        [sum(a * b for a, b in zip(columns[i], columns[j], strict=True)) for j in range(k)]
        + [sum(a * b for a, b in zip(columns[i], y, strict=True))]
        for i in range(k)
    ]
    for i in range(k):
        pivot = max(range(i, k), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(k):
            if r != i:
                factor = rows[r][i] / rows[i][i]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i], strict=True)]
    return [rows[i][k] / rows[i][i] for i in range(k)]


def inertia(own: Series, other: Series, lag: int) -> list[float]:
    """Intercept, inertia and coordination of one partner."""
    y, one, level, partner = [], [], [], []
    for t in range(lag, len(own)):
        now, mine, theirs = own[t], own[t - lag], other[t - lag]
        if now is not None and mine is not None and theirs is not None:
            y.append(now)
            one.append(1.0)
            level.append(mine)
            partner.append(theirs)
    return solve([one, level, partner], y)
