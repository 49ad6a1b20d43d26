"""Do the combinations together say more than the same surrogates do?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reattune.surrogates.ranks import BAND, TOLERANCE, quantile, two_sided_p

FloatArray = NDArray[np.float64]
ALPHA = 0.05


class Joined(NamedTuple):
    """The two joint tests of a set of combinations.

    ``median`` and its null band are in null SDs; ``n_significant`` counts combinations with a bare
    p of at most .05.
    """

    median: float
    median_low: float
    median_high: float
    p_median: float
    n_significant: int
    null_significant: float
    null_significant_high: float
    p_significant: float


def join(observed: FloatArray, draws: FloatArray) -> Joined:
    """Both joint tests of some combinations, judged by surrogates they have in common.

    Parameters
    ----------
    observed : array of float, shape (k,)
        The statistic of every combination.
    draws : array of float, shape (k, B)
        Column b is surrogate b, looked at by every combination.

    Notes
    -----
    After the joint tests of specification curves (Simonsohn, Simmons and Nelson 2020, Nature Human
    Behaviour 4:1208). Every combination is put on one scale, less its mean and over its SD, both
    over the B surrogates *and* the real value, so that the real one is treated like any other
    column. The median over combinations of the real column is ranked among those of the others
    (two-sided). Likewise every column gets its p in every combination, by its rank among all B + 1,
    and the number of p <= .05 of the real column is ranked among those of the others (one-sided:
    more). Under the null the B + 1 columns are exchangeable, however much the combinations depend
    on each other.
    """
    pooled = np.column_stack([observed, draws])
    with np.errstate(invalid="ignore", divide="ignore"):
        known = np.isfinite(pooled)
        n = known.sum(axis=1, keepdims=True)
        held = np.where(known, pooled, 0.0)
        mean = held.sum(axis=1, keepdims=True) / n
        spread = np.sqrt((np.where(known, pooled - mean, 0.0) ** 2).sum(axis=1, keepdims=True) / n)
        scaled = (pooled - mean) / spread
    median = np.array(
        [np.median(c[np.isfinite(c)]) if np.isfinite(c).any() else 0.0 for c in scaled.T]
    )
    counts = np.sum([rank_all(row) <= ALPHA + TOLERANCE for row in pooled], axis=0)
    above = int((counts[1:] >= counts[0]).sum())
    return Joined(
        median=float(median[0]),
        median_low=quantile(median[1:], BAND[0]),
        median_high=quantile(median[1:], BAND[1]),
        p_median=two_sided_p(float(median[0]), median[1:]),
        n_significant=int(counts[0]),
        null_significant=float(counts[1:].mean()),
        null_significant_high=quantile(counts[1:].astype(np.float64), 0.95),
        p_significant=(1 + above) / counts.size,
    )


def rank_all(row: FloatArray) -> FloatArray:
    """The two-sided p of every value among all of them; 1 where undefined."""
    p = np.ones(row.size)
    known = np.isfinite(row)
    values = row[known]
    ordered = np.sort(values)
    n = values.size
    up = n - np.searchsorted(ordered, values - TOLERANCE, side="left")
    down = np.searchsorted(ordered, values + TOLERANCE, side="right")
    p[known] = np.minimum(1.0, 2 * np.minimum(up, down) / max(n, 1))
    return p
