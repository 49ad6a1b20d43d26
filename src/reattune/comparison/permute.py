"""Permutations: labels of dyads exchanged, or the sides within each dyad."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, permutations, product
from math import comb, factorial, nan

import numpy as np
from numpy.typing import NDArray

from reattune.comparison.estimate import solve_slopes

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
# Equal statistics may differ by rounding: sums over the same dyads in another order.
_TIE = 1e-9
_TINY = 1e-12


@dataclass(frozen=True)
class Permuted:
    """A p by permutation.

    Attributes
    ----------
    p : float
        nan where the statistic is not defined.
    n : int
        Arrangements behind it.
    exact : bool
        Whether these are all there are.
    """

    p: float = nan
    n: int = 0
    exact: bool = False


def permute_groups(
    y: FloatArray,
    x: FloatArray,
    labels: IntArray,
    log_scale: bool,
    n: int,
    rng: np.random.Generator,
) -> Permuted:
    """How often groups of the same sizes, made by chance, lie at least as far apart.

    Parameters
    ----------
    y, x : float arrays, shape (n,)
        Events and exposure of each dyad (values and ones for means).
    labels : int array, shape (n,)
        Groups 0 .. k - 1.
    log_scale : bool
    n : int
        Permutations; all distinct arrangements are taken where there are no more than these.
    rng : numpy.random.Generator

    Notes
    -----
    The statistic is studentised, sum_g w_g (theta_g - theta)^2 with w_g = 1 / v_g (for two groups
    t^2 of Welch's kind), so that groups of unequal size and spread do not make false positives
    (Janssen 1997, Stat Probab Lett 36, 9-21).
    """
    if not np.ptp(y / x) > _TINY:
        return Permuted()
    arrangements, exact = arrange_labels(labels, n, rng)
    return _rank(_apart(y, x, labels[None, :], log_scale), _apart(y, x, arrangements, log_scale),
                 exact)  # fmt: skip


def permute_number(
    y: FloatArray,
    x: FloatArray,
    z: FloatArray,
    log_scale: bool,
    n: int,
    rng: np.random.Generator,
) -> Permuted:
    """How often numbers given to the dyads in another order make as steep a slope."""
    exact = y.size <= 9 and factorial(y.size) <= n
    if exact:
        orders = np.array(list(permutations(range(y.size))), dtype=np.int64)
    else:
        orders = rng.permuted(np.tile(np.arange(y.size), (n, 1)), axis=1)

    def statistic(order: IntArray) -> FloatArray:
        found = solve_slopes(y, x, z[order], log_scale)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.abs(found.slope / found.se))

    return _rank(statistic(np.arange(y.size)[None, :]), statistic(orders), exact)


def flip_signs(scores: FloatArray, n: int, rng: np.random.Generator) -> Permuted:
    """How often exchanging the sides within dyads gives as large a sum of their scores.

    Parameters
    ----------
    scores : float array, shape (n,)
        One for each dyad, which changes its sign when the two sides are exchanged.
    """
    size = scores.size
    exact = size <= 20 and 2**size <= n
    if exact:
        signs = np.array(list(product((1.0, -1.0), repeat=size)))
    else:
        signs = rng.integers(0, 2, (n, size)) * 2.0 - 1.0
    if not np.abs(scores).sum() > _TINY:
        return Permuted()
    return _rank(np.abs(scores.sum(keepdims=True)), np.abs(signs @ scores), exact)


def _rank(observed: FloatArray, drawn: FloatArray, exact: bool) -> Permuted:
    seen = float(observed[0])
    kept = drawn[~np.isnan(drawn)]
    # Too few orders in which the statistic exists would be another question.
    if np.isnan(seen) or kept.size < 0.9 * drawn.size:
        return Permuted()
    least = seen - _TIE * max(1.0, abs(seen)) if np.isfinite(seen) else seen
    as_far = int(np.count_nonzero(kept >= least))
    p = as_far / kept.size if exact else (1 + as_far) / (1 + kept.size)
    return Permuted(p, int(kept.size), exact)


def _apart(y: FloatArray, x: FloatArray, labels: IntArray, log_scale: bool) -> FloatArray:
    """The statistic of `permute_groups` for each row of labels, shape (B,)."""
    columns = np.stack([np.ones_like(y), y, x, y * y, x * y, x * x], axis=1)
    middle = y.sum() / x.sum()
    floor = _TINY * max(float(((y - middle * x) ** 2).mean()), _TINY)
    centres, weights = [], []
    for group in range(int(labels.max()) + 1):
        n, sy, sx, syy, sxy, sxx = ((labels == group) @ columns).T
        rate = sy / sx
        left = n / (n - 1) * np.maximum(syy - 2 * rate * sxy + rate**2 * sxx, floor * n)
        if log_scale:
            # A group without events stands as if it had half of one, known to about one event.
            none = sy == 0
            seen = np.where(none, 0.5, sy)
            centres.append(np.log(seen / sx))
            weights.append(seen**2 / np.where(none, np.maximum(left, 1.0), left))
        else:
            centres.append(rate)
            weights.append(sx**2 / left)
    centre, weight = np.stack(centres), np.stack(weights)
    common = (weight * centre).sum(axis=0) / weight.sum(axis=0)
    return np.asarray((weight * (centre - common) ** 2).sum(axis=0))


def arrange_labels(labels: IntArray, n: int, rng: np.random.Generator) -> tuple[IntArray, bool]:
    """All distinct arrangements of the labels, or n random ones; and whether these are all."""
    sizes = np.bincount(labels)
    if count_arrangements(sizes.tolist()) <= n:
        rows = list(_arrangements(tuple(range(labels.size)), sizes.tolist()))
        return np.array(rows, dtype=np.int64), True
    return rng.permuted(np.tile(labels, (n, 1)), axis=1), False


def count_arrangements(sizes: list[int]) -> int:
    """How many ways there are to make groups of these sizes."""
    count, left = 1, sum(sizes)
    for size in sizes:
        count *= comb(left, size)
        left -= size
    return count


def _arrangements(places: tuple[int, ...], sizes: list[int]) -> Iterator[list[int]]:
    total = len(places)

    def fill(free: tuple[int, ...], group: int, row: list[int]) -> Iterator[list[int]]:
        if group == len(sizes) - 1:
            for place in free:
                row[place] = group
            yield list(row)
            return
        for chosen in combinations(free, sizes[group]):
            for place in chosen:
                row[place] = group
            taken = set(chosen)
            yield from fill(tuple(p for p in free if p not in taken), group + 1, row)

    yield from fill(places, 0, [0] * total)


def permute_classes(
    classes: IntArray, labels: IntArray, n: int, rng: np.random.Generator
) -> Permuted:
    """How often groups made by chance differ as much in the shares of classes (Pearson's sum).

    Parameters
    ----------
    classes, labels : int arrays, shape (n,)
        Class and group of each case.
    """
    arrangements, exact = arrange_labels(labels, n, rng)
    kinds = np.eye(int(classes.max()) + 1)[classes]

    def statistic(rows: IntArray) -> FloatArray:
        total = np.zeros(rows.shape[0])
        for group in range(int(labels.max()) + 1):
            member = (rows == group).astype(np.float64)
            expected = member.sum(axis=1, keepdims=True) * kinds.mean(axis=0)
            seen = member @ kinds
            total += ((seen - expected) ** 2 / np.where(expected > 0, expected, 1.0)).sum(axis=1)
        return total

    if np.unique(classes).size < 2:
        return Permuted()
    return _rank(statistic(labels[None, :]), statistic(arrangements), exact)
