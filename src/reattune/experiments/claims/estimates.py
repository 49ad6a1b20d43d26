"""Estimates over simulated dyads, with Monte-Carlo limits."""

from __future__ import annotations

from math import inf, nan, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

DRAWS = 1000
_LIMIT = 0.975
_Z2 = 1.959963984540054**2


class Estimate(NamedTuple):
    """A value with its 95 % limits over dyads, and how many dyads it rests on."""

    value: float
    low: float
    high: float
    n: int


def estimate_mean(values: FloatArray, lowest: float = -inf, highest: float = inf) -> Estimate:
    """Mean with t limits; undefined dyads left out, no limits from one dyad alone.

    Parameters
    ----------
    values : float array, shape (dyads,)
    lowest, highest : float
        What values can be; limits are kept within.

    Examples
    --------
    >>> estimate_mean(np.array([1.0, 2.0, 3.0])).value
    2.0
    """
    known = values[np.isfinite(values)]
    if known.size == 0:
        return Estimate(nan, nan, nan, 0)
    mean = float(known.mean())
    if known.size == 1:
        return Estimate(mean, nan, nan, 1)
    half = _t(known.size - 1) * sqrt(float(known.var(ddof=1)) / known.size)
    low, high = max(lowest, mean - half), min(highest, mean + half)
    return Estimate(mean, low, high, int(known.size))


def estimate_share(happened: FloatArray) -> Estimate:
    """Share of dyads, with the limits of Wilson (1927, J Am Stat Assoc 22, 209-212).

    Parameters
    ----------
    happened : float array, shape (dyads,)
        0 or 1 for each.

    Examples
    --------
    >>> [round(value, 2) for value in estimate_share(np.zeros(40))]
    [0.0, 0.0, 0.09, 40]
    """
    n = int(happened.size)
    if n == 0:
        return Estimate(nan, nan, nan, 0)
    share = float(happened.mean())
    middle = (share + _Z2 / (2 * n)) / (1 + _Z2 / n)
    half = sqrt(_Z2 * (share * (1 - share) / n + _Z2 / (4 * n * n))) / (1 + _Z2 / n)
    return Estimate(share, max(0.0, middle - half), min(1.0, middle + half), n)


def estimate_difference(first: FloatArray, second: FloatArray, *, paired: bool = False) -> Estimate:
    """Mean of ``first`` less mean of ``second``, with limits after Welch (1947, Biometrika 34, 28).

    Parameters
    ----------
    first, second : float arrays, shape (dyads,)
    paired : bool
        The same dyads in the same order: limits of the mean difference instead.
    """
    if paired:
        return estimate_mean(first - second)
    a, b = first[np.isfinite(first)], second[np.isfinite(second)]
    if not a.size or not b.size:
        return Estimate(nan, nan, nan, 0)
    value = float(a.mean() - b.mean())
    n = int(a.size + b.size)
    if a.size < 2 or b.size < 2:
        return Estimate(value, nan, nan, n)
    parts = np.array([a.var(ddof=1) / a.size, b.var(ddof=1) / b.size])
    if not parts.sum() > 0:
        return Estimate(value, value, value, n)
    freedom = parts.sum() ** 2 / (parts**2 / np.array([a.size - 1, b.size - 1])).sum()
    half = _t(float(freedom)) * sqrt(float(parts.sum()))
    return Estimate(value, value - half, value + half, n)


def estimate_best(cells: list[FloatArray], against: FloatArray) -> tuple[int, Estimate]:
    """Which cell has the largest mean, and by how much it exceeds ``against``.

    Every second dyad chooses, the others tell the size: the largest of many means, looked at with
    the dyads that made it the largest, would be too large.

    Parameters
    ----------
    cells : list of float arrays, shape (dyads,)
    against : float array, shape (dyads,)
        Of the cell to compare with.
    """
    best = int(np.argmax([np.nanmean(cell[0::2]) for cell in cells]))
    return best, estimate_difference(cells[best][1::2], against[1::2])


def regress(
    match: FloatArray, repair: FloatArray, outcome: FloatArray, *, rng: np.random.Generator
) -> dict[str, Estimate]:
    """How two measures go with an outcome, alone and together; limits by resampling dyads.

    Parameters
    ----------
    match, repair, outcome : float arrays, shape (dyads,)
    rng : numpy.random.Generator

    Returns
    -------
    dict of str to Estimate
        ``r_match``, ``r_repair``, ``r_predictors``, standardised ``beta_match`` and
        ``beta_repair`` with both in one regression, and ``advantage`` = beta_repair -
        abs(beta_match).
    """
    data = np.stack([match, repair, outcome])
    data = data[:, np.isfinite(data).all(axis=0)]
    n = data.shape[1]
    names = ("r_match", "r_repair", "r_predictors", "beta_match", "beta_repair", "advantage")
    if n < 5:
        return dict.fromkeys(names, Estimate(nan, nan, nan, n))
    value = _standardise(data[:, None, :])[:, 0]
    drawn = _standardise(data[:, rng.integers(0, n, size=(DRAWS, n))])
    with np.errstate(invalid="ignore"):
        limits = np.nanpercentile(drawn, [2.5, 97.5], axis=1)
    return {
        name: Estimate(float(value[at]), float(limits[0, at]), float(limits[1, at]), n)
        for at, name in enumerate(names)
    }


def _standardise(data: FloatArray) -> FloatArray:
    """Correlations and betas, (6, draws), of data (3, draws, n)."""
    centred = data - data.mean(axis=2, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=2))
    with np.errstate(invalid="ignore", divide="ignore"):
        unit = centred / length[..., None]
        r_match = (unit[0] * unit[2]).sum(axis=1)
        r_repair = (unit[1] * unit[2]).sum(axis=1)
        both = (unit[0] * unit[1]).sum(axis=1)
        left = 1 - both**2
        beta_match = (r_match - r_repair * both) / left
        beta_repair = (r_repair - r_match * both) / left
    return np.stack(
        [r_match, r_repair, both, beta_match, beta_repair, beta_repair - np.abs(beta_match)]
    )


def _t(freedom: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, _LIMIT))
