"""Whole ticks: a pair of streams on the integer time base that rotations move on."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.pair import Pair
from reattune.core.steps import MISSING, Steps

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_MICROSECONDS = 1_000_000
_WHOLE = 1e-6


@dataclass(frozen=True, eq=False)
class TickRuns:
    """One stream on whole ticks.

    Attributes
    ----------
    edges : int array, shape (n + 1,)
        Ticks from the start of the window; the first is 0.
    codes : int array, shape (n,)
        ``codes[i]`` holds in ``[edges[i], edges[i + 1])``; -1 where unobserved; neighbours differ.
    """

    edges: IntArray
    codes: IntArray


@dataclass(frozen=True, eq=False)
class TickPair:
    """A pair of streams on whole ticks.

    Attributes
    ----------
    x, y : TickRuns
        Both over ``[0, n_steps * step)``. Where the window is no whole number of steps the last
        part is missing in both.
    cuts : int array
        Moments strictly inside the window that no run and no change is followed across.
    unit_s : float
        Seconds per tick.
    step : int
        Ticks per step; a rotation moves by whole steps (the coarser of the two time bases).
    n_steps : int
        Steps in the window.
    match : int array, shape (kx, ky)
        1 match, 0 mismatch, -1 excluded.
    """

    x: TickRuns
    y: TickRuns
    cuts: IntArray
    unit_s: float
    step: int
    n_steps: int
    match: IntArray

    @property
    def n_ticks(self) -> int:
        """Ticks in the window."""
        return self.n_steps * self.step


def common_unit(ticks_s: Iterable[float]) -> tuple[float, int]:
    """The tick in seconds that all time bases are whole multiples of, and the coarsest in ticks.

    The finest of them where the others are whole multiples of it (within 1e-6), otherwise the
    greatest common divisor in microseconds.

    Examples
    --------
    >>> common_unit((0.04, 1.0))
    (0.04, 25)
    >>> common_unit((0.04, 0.03))
    (0.01, 4)
    """
    sizes = sorted({float(tick) for tick in ticks_s})
    finest, coarsest = sizes[0], sizes[-1]
    ratios = [size / finest for size in sizes]
    if all(abs(ratio - round(ratio)) <= _WHOLE * ratio for ratio in ratios):
        return finest, round(coarsest / finest)
    micro = [max(1, round(size * _MICROSECONDS)) for size in sizes]
    unit = math.gcd(*micro)
    return unit / _MICROSECONDS, micro[-1] // unit


def to_runs(steps: Steps, unit_s: float, n_ticks: int) -> TickRuns:
    """The stream on ticks from the start of its window, missing beyond its end.

    Every edge goes to the nearest tick; runs that lose all their length there drop out.
    """
    edges = np.rint((steps.edges - steps.edges[0]) / unit_s).astype(np.int64)
    codes = np.asarray(steps.codes, dtype=np.int64)
    if edges[-1] < n_ticks:
        edges, codes = np.append(edges, n_ticks), np.append(codes, MISSING)
    edges = np.minimum(edges, n_ticks)
    return tidy_runs(edges, codes)


def tidy_runs(edges: IntArray, codes: IntArray) -> TickRuns:
    """The same stream without empty runs and with equal neighbours joined."""
    keep = edges[1:] > edges[:-1]
    left, values = edges[:-1][keep], codes[keep]
    fresh = np.ones(values.size, dtype=np.bool_)
    fresh[1:] = values[1:] != values[:-1]
    return TickRuns(np.append(left[fresh], edges[-1]), values[fresh])


def to_ticks(pair: Pair) -> TickPair:
    """The pair on whole ticks.

    The unit is the finer of the two time bases and one step is the coarser one; see
    `common_unit`. Rotating in integers matters: rounding of seconds breaks ties between the
    partners and moves the null.
    """
    unit_s, step = common_unit(pair.ticks_s)
    start, end = pair.window
    n_units = max(1, round((end - start) / unit_s))
    n_steps = -(-n_units // step)
    n_ticks = n_steps * step
    cuts = np.unique(np.rint((np.array(pair.cuts, dtype=np.float64) - start) / unit_s))
    cuts = cuts.astype(np.int64)
    return TickPair(
        x=to_runs(pair.x, unit_s, n_ticks),
        y=to_runs(pair.y, unit_s, n_ticks),
        cuts=cuts[(cuts > 0) & (cuts < n_ticks)],
        unit_s=unit_s,
        step=step,
        n_steps=n_steps,
        match=np.ascontiguousarray(pair.table.match, dtype=np.int64),
    )
