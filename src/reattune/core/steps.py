"""Steps: a piecewise constant code over a window; the form in which streams are computed with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.intervals import Intervals

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MISSING = -1
# Change times closer than this are one moment. Arithmetic on a clock (subtracting the session's
# start, frame / rate, adding a patience) leaves noise of about 1e-12 s; without this two partners
# who change on the same frame would seem to change one after the other.
SAME_MOMENT_S = 1e-9


@dataclass(frozen=True, eq=False)
class Steps:
    """A code at every moment of ``[edges[0], edges[-1])``; ``MISSING`` (-1) where unobserved.

    Attributes
    ----------
    edges : float array, shape (n + 1,)
        Seconds, strictly increasing.
    codes : int array, shape (n,)
        ``codes[i]`` holds in ``[edges[i], edges[i + 1])``; neighbours differ.
    """

    edges: FloatArray
    codes: IntArray

    def __repr__(self) -> str:
        return f"Steps({self.codes.size} runs over [{self.edges[0]:g}, {self.edges[-1]:g}))"

    @property
    def durations(self) -> FloatArray:
        """Seconds of each run. Shape (n,)."""
        return np.diff(self.edges)

    @property
    def observed_s(self) -> float:
        """Seconds with a code."""
        return float(self.durations[self.codes != MISSING].sum())

    @property
    def n_runs(self) -> int:
        """Number of maximal observed runs of one code."""
        return int((self.codes != MISSING).sum())

    def at(self, times: FloatArray) -> IntArray:
        """The code at each time inside the window."""
        return np.asarray(self.codes[np.searchsorted(self.edges, times, side="right") - 1])

    def observed(self) -> Intervals:
        """The time with a code."""
        keep = self.codes != MISSING
        return Intervals(self.edges[:-1][keep], self.edges[1:][keep])


def make_steps(
    starts: FloatArray, ends: FloatArray, codes: IntArray, window: tuple[float, float]
) -> Steps:
    """Steps over ``window`` from sorted, disjoint labelled intervals; the rest is missing."""
    t0, t1 = window
    first, last = np.clip(starts, t0, t1), np.clip(ends, t0, t1)
    n = first.size
    # Each interval contributes itself and the hole after it; holes of no length drop out below.
    edges = np.empty(2 * n + 2)
    edges[0], edges[-1] = t0, t1
    edges[1:-1:2], edges[2:-1:2] = first, last
    values = np.full(2 * n + 1, MISSING, dtype=np.int64)
    values[1::2] = codes
    keep = edges[1:] - edges[:-1] > SAME_MOMENT_S
    left, values = edges[:-1][keep], values[keep]
    fresh = np.ones(values.size, dtype=np.bool_)
    fresh[1:] = values[1:] != values[:-1]
    left[:1] = t0
    return Steps(np.append(left[fresh], t1), values[fresh])


def constant_steps(window: tuple[float, float], code: int = 0) -> Steps:
    """One code all the time."""
    return Steps(np.array(window, dtype=np.float64), np.array([code], dtype=np.int64))


def merge_edges(*edges: FloatArray) -> FloatArray:
    """All edges in order, those of one moment made one (the earliest of them)."""
    joined = np.concatenate(edges)
    joined.sort()
    fresh = np.ones(joined.size, dtype=np.bool_)
    fresh[1:] = joined[1:] - joined[:-1] > SAME_MOMENT_S
    return joined[fresh]


def find_moments(edges: FloatArray, times: FloatArray) -> NDArray[np.bool_]:
    """Whether each edge is the same moment as one of ``times``. Shape as ``edges``."""
    hit = np.zeros(edges.size, dtype=np.bool_)
    if times.size:
        at = np.searchsorted(edges, times - SAME_MOMENT_S)
        at = at[at < edges.size]
        near = np.abs(edges[at] - times[: at.size]) <= SAME_MOMENT_S
        hit[at[near]] = True
    return hit
