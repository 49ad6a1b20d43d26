"""Statistics of agreement: Krippendorff's alpha and intraclass correlations, from scratch."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_option

FloatArray = NDArray[np.float64]
Level = Literal["nominal", "ordinal"]


class Icc(NamedTuple):
    """Two-way random intraclass correlations of one rating.

    Attributes
    ----------
    single, average : float
        ICC(2,1): one coder; ICC(2,k): the mean of all k.
    n, k : int
        Targets all coders rated, and coders.
    """

    single: float
    average: float
    n: int
    k: int


def krippendorff_alpha(ratings: FloatArray, level: Level = "ordinal") -> float:
    """Krippendorff's alpha of ratings by several coders, some of which may be missing.

    Parameters
    ----------
    ratings : float array, shape (coders, units)
        nan = not rated. Units fewer than two coders rated do not count.
    level : {"ordinal", "nominal"}

    Returns
    -------
    float
        1 = always alike, 0 = as pairs drawn at random from all ratings; nan without variation.

    Notes
    -----
    ``alpha = 1 - D_o / D_e`` from the matrix of coincidences, in which every ordered pair of
    ratings of a unit with m ratings counts ``1 / (m - 1)``. Differences: 1 where not equal
    (nominal); ``(sum_{g=c..k} n_g - (n_c + n_k) / 2)^2`` (ordinal). Krippendorff (2004), Content
    analysis, 2nd ed., chapter 11.

    Examples
    --------
    >>> round(krippendorff_alpha(np.array([[1, 2, 3, 3.0], [1, 2, 3, 2]]), "nominal"), 3)
    0.667
    """
    check_option("level", level, ("ordinal", "nominal"))
    values, table = count_coincidences([np.asarray(ratings, dtype=np.float64)])
    return alpha_of(table[0], level) if values.size else nan


def count_coincidences(units: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """The different ratings in order, and one matrix of coincidences per group of units."""
    known = [array[np.isfinite(array)] for array in units]
    values = np.unique(np.concatenate(known)) if known else np.empty(0)
    out = np.zeros((len(units), values.size, values.size))
    for at, array in enumerate(units):
        m = np.isfinite(array).sum(axis=0)
        paired = array[:, m > 1]
        places = np.searchsorted(values, paired)
        for a in range(array.shape[0]):
            for b in range(array.shape[0]):
                if a == b:
                    continue
                both = np.isfinite(paired[a]) & np.isfinite(paired[b])
                weight = 1.0 / (m[m > 1][both] - 1)
                np.add.at(out[at], (places[a][both], places[b][both]), weight)
    return values, out


def alpha_of(table: FloatArray, level: str) -> float:
    """Alpha from a matrix of coincidences; matrices of several groups of units add up."""
    totals = table.sum(axis=1)
    n = float(totals.sum())
    if n < 2:
        return nan
    if level == "nominal":
        away = 1.0 - np.eye(totals.size)
    else:
        reached = np.cumsum(totals)
        # Ratings from c to k, both halves of the ends taken off.
        between = np.abs(reached[None, :] - reached[:, None])
        low = np.minimum(np.arange(totals.size)[:, None], np.arange(totals.size)[None, :])
        span = between + totals[low]
        away = (span - (totals[:, None] + totals[None, :]) / 2) ** 2
        np.fill_diagonal(away, 0.0)
    expected = float((np.outer(totals, totals) * away).sum()) / (n - 1)
    return 1 - float((table * away).sum()) / expected if expected > 1e-12 else nan


def compute_icc(ratings: FloatArray) -> Icc:
    """ICC(2,1) and ICC(2,k) of targets rated by the same coders.

    Parameters
    ----------
    ratings : float array, shape (coders, targets)
        Targets with a missing rating are left out.

    Notes
    -----
    Two-way random effects, absolute agreement: with the mean squares of targets R, coders C and
    error E, ``ICC(2,1) = (R - E) / (R + (k - 1) E + k (C - E) / n)`` and ``ICC(2,k) = (R - E) / (R
    + (C - E) / n)`` (Shrout and Fleiss 1979, Psychol Bull 86, 420-428). nan with fewer than two
    targets or coders, or where no rating varies.

    Examples
    --------
    >>> [round(v, 2) for v in compute_icc(np.array(
    ...     [[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7.0]]
    ... ))[:2]]
    [0.29, 0.62]
    """
    return icc_of(icc_sums(np.asarray(ratings, dtype=np.float64)))


def icc_sums(ratings: FloatArray) -> FloatArray:
    """What the mean squares need, as sums that add up over meetings: n, squares, rows, coders."""
    whole = ratings[:, np.isfinite(ratings).all(axis=0)]
    k = ratings.shape[0]
    head = [
        float(whole.shape[1]),
        float((whole**2).sum()),
        float((whole.sum(axis=0) ** 2).sum() / k) if k else 0.0,
    ]
    return np.array([*head, *whole.sum(axis=1)])


def icc_of(sums: FloatArray) -> Icc:
    """Both correlations from the sums of `icc_sums`."""
    n, squares, rows, by_coder = float(sums[0]), float(sums[1]), float(sums[2]), sums[3:]
    k = by_coder.size
    if n < 2 or k < 2:
        return Icc(nan, nan, int(n), k)
    centre = float(by_coder.sum()) ** 2 / (n * k)
    between, coders = rows - centre, float((by_coder**2).sum()) / n - centre
    rest = squares - centre - between - coders
    r, c, e = between / (n - 1), coders / (k - 1), rest / ((n - 1) * (k - 1))
    single = r + (k - 1) * e + k * (c - e) / n
    average = r + (c - e) / n
    return Icc(
        (r - e) / single if single > 1e-12 else nan,
        (r - e) / average if average > 1e-12 else nan,
        int(n),
        k,
    )
