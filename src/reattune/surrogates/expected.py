"""Analytic chance: the centre of the null, from the marginals and the changes of each partner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.pair import MATCH, MISMATCH, UNDEFINED, Pair
from reattune.core.steps import MISSING

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Expected:
    """What two streams like these give when nothing ties them to each other.

    Attributes
    ----------
    observed_s : float
        Seconds in which the rule is defined, V.
    expected_prop : float
        E, the expected share of matched time.
    expected_repairs : float
        e, the expected number of repairs.
    expected_repair_hazard_per_s : float
        e / (V (1 - E)); nan where nothing is expected to mismatch.
    """

    observed_s: float
    expected_prop: float
    expected_repairs: float
    expected_repair_hazard_per_s: float


def expected(pair: Pair) -> Expected:
    """Expected share of matched time, number and hazard of repairs, given both streams' marginals.

    Notes
    -----
    Inside the time in which the rule is defined, with shares p_a and q_b of the states, the match
    R(a, b), and N_x(a -> c) changes of the first partner with the rule defined on both sides::

        E = sum_ab p_a q_b R(a, b) / sum_ab p_a q_b [R defined]
        e = sum_(a -> c) N_x(a -> c) * share of q with R(a, b) = 0 and R(c, b) = 1
            + the same for the second partner

    Excluded pairs carry no weight: the share in e is taken among the b for which the rule is
    defined both before and after the change. Where both partners change at the same moment,
    each change counts with the other's marginal.
    """
    edges = np.unique(np.concatenate([pair.x.edges, pair.y.edges, _inner_cuts(pair)]))
    length = np.diff(edges)
    a, b = pair.x.at(edges[:-1]), pair.y.at(edges[:-1])
    match = np.asarray(pair.table.match)
    seen = (a != MISSING) & (b != MISSING)
    defined = seen.copy()
    defined[seen] = match[a[seen], b[seen]] != UNDEFINED
    total = float(length[defined].sum())
    if total == 0:
        return Expected(0.0, float("nan"), float("nan"), float("nan"))
    kx, ky = match.shape
    p = np.bincount(a[defined], length[defined], minlength=kx) / total
    q = np.bincount(b[defined], length[defined], minlength=ky) / total
    weight = np.outer(p, q)
    share = float(weight[match == MATCH].sum() / weight[match != UNDEFINED].sum())
    inside = defined[1:] & defined[:-1] & ~np.isin(edges[1:-1], _inner_cuts(pair))
    repairs = _repairs(a, inside, match, q) + _repairs(b, inside, match.T, p)
    at_risk = total * (1 - share)
    hazard = repairs / at_risk if at_risk > 1e-15 else float("nan")
    return Expected(total, share, repairs, hazard)


def _inner_cuts(pair: Pair) -> FloatArray:
    start, end = pair.window
    cuts = np.round(np.array(pair.cuts, dtype=np.float64), 10)
    return np.asarray(cuts[(cuts > start) & (cuts < end)])


def _repairs(
    codes: IntArray, inside: NDArray[np.bool_], match: IntArray, other: FloatArray
) -> float:
    """Expected repairs made by one partner's changes; ``other``: shares of the other's states."""
    changes = inside & (codes[1:] != codes[:-1])
    total = 0.0
    for before, after in zip(codes[:-1][changes], codes[1:][changes], strict=True):
        both = (match[before] != UNDEFINED) & (match[after] != UNDEFINED)
        gain = (match[before] == MISMATCH) & (match[after] == MATCH)
        weight = float(other[both].sum())
        if weight > 0:
            total += float(other[gain].sum()) / weight
    return total
