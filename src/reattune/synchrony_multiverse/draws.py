"""Surrogates that are the same for every combination of settings.

Whether several combinations agree by chance can only be judged when a surrogate is *one* thing: one
rearrangement of the record that every combination then looks at, as all of them look at the one
real record.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.synchrony import Grid
from reattune.synchrony_tests import (
    plan_moves,
    randomize_phases,
    randomize_phases_keeping_values,
)
from reattune.synchrony_tests.moves import find_reach

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def count_blocks(grids: Sequence[Grid], blocks: float | str | None) -> int:
    """Blocks inside which windows of all lengths are moved: as many as the longest allow."""
    rng = np.random.default_rng(0)
    return min(plan_moves(grid, rng=rng, n=1, blocks=blocks).n_blocks for grid in grids)


def plan_common(
    grids: Sequence[Grid], n_blocks: int, *, rng: np.random.Generator, n: int
) -> tuple[list[IntArray], float]:
    """Moves of the windows of every length by one set of offsets, and how many sets there are.

    Parameters
    ----------
    grids : sequence of Grid
        Of one record, one per window length.
    n_blocks : int
    rng : numpy.random.Generator
    n : int
        Surrogates.

    Returns
    -------
    list of int array, each of shape (n, n_windows)
    float

    Notes
    -----
    Offsets are drawn per block, in samples, from minus to plus half of the longest block, and
    taken modulo the length of each grid's own block, which differs by the length of its window.
    So windows of 15 and of 60 s meet the same stretch of the second signal; offsets near zero
    occur, and the two signs of the largest offsets overlap by what the blocks differ in.
    """
    edges = []
    for grid in grids:
        _, span = find_reach(grid)
        places = grid.n_samples - span + 1
        edges.append(np.rint(np.linspace(0, places, n_blocks + 1)).astype(np.int64))
    longest = max(int(np.diff(edge).max()) for edge in edges)
    offsets = rng.integers(-(longest // 2), longest - longest // 2, size=(n, n_blocks))
    moves = []
    for grid, edge in zip(grids, edges, strict=True):
        low, _ = find_reach(grid)
        begin = grid.starts + low
        block = np.searchsorted(edge, begin, side="right") - 1
        origin, length = edge[block], np.diff(edge)[block]
        target = origin + (begin - origin + offsets[:, block]) % length
        moves.append(target - begin)
    shortest = min(int(np.diff(edge).min()) for edge in edges)
    ways = n_blocks * math.log(shortest)
    return moves, math.inf if ways > 600 else math.exp(ways)


def make_signals(
    values: FloatArray, null: str, n: int, rng: np.random.Generator
) -> list[FloatArray]:
    """The second signal made anew, once for all combinations."""
    if null not in ("phase_randomised", "iaaft"):
        raise SettingError("null", null, "'phase_randomised' or 'iaaft'")
    make = randomize_phases if null == "phase_randomised" else randomize_phases_keeping_values
    return [make(values, rng=child) for child in rng.spawn(n)]
