"""Mismatch load: how long a mismatch has lasted, worn off by match; and the turns made under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_positive
from reattune.core.pair import MATCH, MISMATCH
from reattune.growth.affect import Affect

FloatArray = NDArray[np.float64]

# Seconds of load. Crossed with matched / mismatched they make the strata.
LOAD_EDGES_S = (0.0, 1.0, 2.0, 4.0, 6.0, 9.0, 13.0, 18.0, float("inf"))
N_STRATA = 2 * (len(LOAD_EDGES_S) - 1)
_HALF = len(LOAD_EDGES_S) - 1


@dataclass(frozen=True, eq=False)
class LoadCounts:
    """Turns to negative and time at risk by mismatch load, of one session or several pooled.

    Attributes
    ----------
    turns : float array, shape (16,)
        N_s: changes into negative by the load and dyadic state just before; mismatched first.
    exposure_s : float array, shape (16,)
        E_s: seconds in which the focal partner is observed and not negative.
    load_s2 : float
        Integral of the load over all time in which the dyad is observed.
    observed_s : float
        That time.
    """

    turns: FloatArray
    exposure_s: FloatArray
    load_s2: float
    observed_s: float

    def __add__(self, other: LoadCounts) -> LoadCounts:
        """Both pooled: sums."""
        return LoadCounts(
            self.turns + other.turns,
            self.exposure_s + other.exposure_s,
            self.load_s2 + other.load_s2,
            self.observed_s + other.observed_s,
        )

    @property
    def mean_load_s(self) -> float:
        """Mean load over the observed time in seconds; nan without any."""
        return self.load_s2 / self.observed_s if self.observed_s > 0 else nan


def find_load(affect: Affect, up_s: float, down_s: float) -> tuple[FloatArray, FloatArray]:
    """Mismatch load at the start and the end of every segment, each of shape (n,), in seconds.

    Notes
    -----
    ``l' = 1 - l / up`` while mismatched, ``l' = -l / down`` while matched, in closed form between
    the edges; 0 at the start of every observed stretch, nan outside.
    """
    lengths = affect.lengths
    mismatch, match = affect.state == MISMATCH, affect.state == MATCH
    kept = np.where(mismatch, np.exp(-lengths / up_s), np.exp(-lengths / down_s))
    added = np.where(mismatch, up_s * (1 - kept), 0.0)
    defined = mismatch | match
    fresh = np.ones(lengths.size, dtype=np.bool_)
    fresh[1:] = ~defined[:-1] | affect.cut[1:-1]
    starts = []
    load = 0.0
    for anew, keep, add in zip(fresh.tolist(), kept.tolist(), added.tolist(), strict=True):
        if anew:
            load = 0.0
        starts.append(load)
        load = load * keep + add
    first = np.array(starts, dtype=np.float64)
    last = first * kept + added
    return np.where(defined, first, nan), np.where(defined, last, nan)


def _seconds_below(
    load: FloatArray, lengths: FloatArray, mismatch: NDArray[np.bool_], up_s: float, down_s: float
) -> FloatArray:
    """Seconds of each segment in which the load is below each inner edge. Shape (n, edges)."""
    edges = np.array(LOAD_EDGES_S[1:-1])
    start = load[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        reached = np.where(edges < up_s, np.log((up_s - start) / (up_s - edges)), np.inf) * up_s
        fallen = np.log(start / edges) * down_s
    rising = np.where(edges <= start, 0.0, reached)
    falling = np.where(start < edges, 0.0, fallen)
    whole = lengths[:, None]
    below_up = np.clip(rising, 0.0, whole)
    below_down = whole - np.clip(falling, 0.0, whole)
    return np.where(mismatch[:, None], below_up, below_down)


def count_at_load(
    affect: Affect, up_s: float, down_s: float, *, burn_in: bool = False
) -> LoadCounts:
    """Turns and exposure of one window in the 16 strata.

    Parameters
    ----------
    affect : Affect
    up_s, down_s : float
        Time constants in seconds with which load gathers in mismatch and wears off in match.
    burn_in : bool, default False
        Leave out the first ``up_s`` seconds of every observed stretch, in which the load still
        depends on the assumption that it began at 0. Segments count by where they begin.
    """
    check_positive("up_s", up_s)
    check_positive("down_s", down_s)
    first, last = find_load(affect, up_s, down_s)
    lengths, mismatch = affect.lengths, affect.state == MISMATCH
    defined = np.isfinite(first)
    at_risk = defined & affect.observed & ~affect.negative
    if burn_in:
        at_risk &= _since_start(affect, defined) >= up_s
    below = _seconds_below(first[at_risk], lengths[at_risk], mismatch[at_risk], up_s, down_s)
    edged = np.column_stack([np.zeros(below.shape[0]), below, lengths[at_risk]])
    inside = np.diff(edged, axis=1)
    exposure = np.concatenate(
        [inside[mismatch[at_risk]].sum(axis=0), inside[~mismatch[at_risk]].sum(axis=0)]
    )
    turned = at_risk & affect.turns
    at = np.searchsorted(LOAD_EDGES_S, last[turned], side="right") - 1
    stratum = at + np.where(mismatch[turned], 0, _HALF)
    turns = np.bincount(stratum, minlength=N_STRATA).astype(np.float64)
    return LoadCounts(
        turns,
        exposure,
        _integrate(first, last, lengths, affect.state, up_s, down_s),
        float(lengths[defined].sum()),
    )


def _since_start(affect: Affect, defined: NDArray[np.bool_]) -> FloatArray:
    """Seconds since the observed stretch began, at the start of each segment."""
    fresh = defined.copy()
    fresh[1:] = defined[1:] & (~defined[:-1] | affect.cut[1:-1])
    began = np.maximum.accumulate(np.where(fresh, affect.edges[:-1], -np.inf))
    return np.asarray(affect.edges[:-1] - began)


def _integrate(
    first: FloatArray,
    last: FloatArray,
    lengths: FloatArray,
    state: NDArray[np.int64],
    up_s: float,
    down_s: float,
) -> float:
    # From l' = 1 - l/up follows the integral up (h - (l1 - l0)); from l' = -l/down, down (l0 - l1).
    rising = up_s * (lengths - (last - first))
    falling = down_s * (first - last)
    return float(rising[state == MISMATCH].sum() + falling[state == MATCH].sum())


def pool_load(counts: Sequence[LoadCounts]) -> LoadCounts:
    """The counts of several sessions summed."""
    return LoadCounts(
        np.sum([c.turns for c in counts], axis=0),
        np.sum([c.exposure_s for c in counts], axis=0),
        sum(c.load_s2 for c in counts),
        sum(c.observed_s for c in counts),
    )


def score_load(pooled: LoadCounts) -> float:
    """sum_s N_s ln(N_s / E_s); strata without turns add nothing."""
    some = pooled.turns > 0
    turns = pooled.turns[some]
    return float((turns * np.log(turns / pooled.exposure_s[some])).sum())
