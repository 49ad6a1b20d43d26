"""Partitions of a series into levels: the best one, and the probability of each boundary."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, log, pi

import numpy as np
from numpy.typing import NDArray

from reattune.courses.ratings import TOLERANCE


def find_partition(values: Sequence[float], penalty: float, min_segment: int = 2) -> list[int]:
    """Edges of the partition with the least squared error plus ``penalty`` per boundary.

    Parameters
    ----------
    values : sequence of float, length n
    penalty : float
    min_segment : int

    Returns
    -------
    list of int
        0, the first index of every later segment, and n. Of partitions that cost the same, one
        with fewest boundaries.

    Notes
    -----
    F(j) = min over i of F(i) + SSE(i, j) + penalty, exact in n^2 steps.
    """
    n = len(values)
    sums, squares = _prefix(values)
    best: list[tuple[float, int]] = [(0.0, 0)] + [(inf, 0)] * n
    before = [0] * (n + 1)
    for j in range(1, n + 1):
        for i in range(0, j - min_segment + 1):
            total, boundaries = best[i]
            if total == inf:
                continue
            part = sums[j] - sums[i]
            cost = total + max(squares[j] - squares[i] - part * part / (j - i), 0.0)
            if i:
                cost, boundaries = cost + penalty, boundaries + 1
            least, fewest = best[j]
            if cost < least - TOLERANCE or (cost <= least + TOLERANCE and boundaries < fewest):
                best[j], before[j] = (cost, boundaries), i
    edges = [n]
    while edges[0]:
        edges.insert(0, before[edges[0]])
    return edges


def find_boundary_probabilities(
    values: Sequence[float],
    *,
    sigma: float,
    level_sd: float,
    change_prior: float,
    min_segment: int = 2,
) -> NDArray[np.float64]:
    """Posterior probability that a level begins at each rating, over all partitions.

    Parameters
    ----------
    values : sequence of float, length n
    sigma, level_sd : float
        SD of ratings around their level, and of levels around the mean of the series.
    change_prior : float
        Prior probability of a boundary between two ratings.
    min_segment : int
        Shorter levels are impossible.

    Returns
    -------
    float array, shape (n,)
        The first is 0. All 0 where no partition is possible.

    Notes
    -----
    With A(j) the weight of all partitions of the first j ratings and B(j) that of the rest,
    P(boundary at j) = A(j) B(j) / A(n) (product partitions, Barry and Hartigan 1993).
    """
    n = len(values)
    sums, squares = _prefix(values)
    noise, level = sigma * sigma, level_sd * level_sd
    stay, change = log(1 - change_prior), log(change_prior)

    def weight(i: int, j: int) -> float:
        """Log marginal likelihood of one level over ``i..j-1``, with the prior inside it."""
        m = j - i
        part = sums[j] - sums[i]
        rest = squares[j] - squares[i] - level / (noise + m * level) * part * part
        return (
            -0.5 * (m * log(2 * pi * noise) + log(1 + m * level / noise) + rest / noise)
            + (m - 1) * stay
        )

    ahead, behind = np.full(n + 1, -inf), np.full(n + 1, -inf)
    ahead[0] = behind[n] = 0.0
    weights = {(i, j): weight(i, j) for i in range(n) for j in range(i + min_segment, n + 1)}
    for j in range(1, n + 1):
        ahead[j] = _add_logs(
            [
                ahead[i] + weights[i, j] + (change if i else 0.0)
                for i in range(0, j - min_segment + 1)
            ]
        )
    for i in range(n - 1, -1, -1):
        behind[i] = _add_logs(
            [
                behind[j] + weights[i, j] + (change if j < n else 0.0)
                for j in range(i + min_segment, n + 1)
            ]
        )
    out = np.zeros(n)
    if ahead[n] > -inf:
        out[1:] = np.exp(ahead[1:n] + behind[1:n] + change - ahead[n])
    return out


def _prefix(values: Sequence[float]) -> tuple[list[float], list[float]]:
    """Running sums of the centred values and of their squares."""
    mean = sum(values) / len(values) if values else 0.0
    sums, squares = [0.0], [0.0]
    for value in values:
        sums.append(sums[-1] + value - mean)
        squares.append(squares[-1] + (value - mean) ** 2)
    return sums, squares


def _add_logs(terms: Sequence[float]) -> float:
    """Logarithm of a sum of exponentials."""
    top = max(terms, default=-inf)
    if top == -inf:
        return -inf
    return float(top + np.log(np.exp(np.array(terms) - top).sum()))
