"""Which stretch of the second signal every window of the first meets in each surrogate.

A window is moved whole: it goes on comparing two stretches of real signal, so a surrogate has no
seams inside a window and as many cells as the data. Only which windows meet is changed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_positive
from reattune.core.errors import SettingError
from reattune.synchrony import Grid

IntArray = NDArray[np.int64]

# A block holds at least so many windows with their lags: in shorter ones, neighbours that overlap
# are torn apart so often that the surrogates vary less than independent partners do.
WINDOWS_PER_BLOCK = 5
MIN_BLOCK_S = 120.0


@dataclass(frozen=True, eq=False)
class Moves:
    """All surrogates of a rotation, fixed before any is computed.

    Attributes
    ----------
    moves : int array, shape (n, n_windows)
        Window k of surrogate i takes the second signal so many samples later.
    edges : int array, shape (n_blocks + 1,)
        Blocks of places at which a window can begin, in samples.
    n_alignments : float
        Different surrogates there are.
    """

    moves: IntArray
    edges: IntArray
    n_alignments: float

    @property
    def n_blocks(self) -> int:
        """Blocks inside which windows move; 1 = all over the phase."""
        return self.edges.size - 1


def plan_moves(
    grid: Grid, *, rng: np.random.Generator, n: int, blocks: float | str | None = "auto"
) -> Moves:
    """The moves of ``n`` rotations of the second signal's windows inside blocks.

    Parameters
    ----------
    grid : Grid
    rng : numpy.random.Generator
    n : int
    blocks : "auto", float or None
        ``"auto"``: equal blocks of at least 120 s and five windows with their lags. A number:
        blocks of at least so many seconds. None: one block, the whole phase.

    Notes
    -----
    Let P be the places at which a window can begin. An offset is drawn uniformly from all samples
    of each block, 0 included, and a window that began at place s takes the second signal from
    ``a + (s - a + offset) mod length`` on, ``a`` being the start of its block.
    """
    if n < 1:
        raise SettingError("surrogates", n, "at least 1")
    low, span = find_reach(grid)
    places = grid.n_samples - span + 1
    edges = np.rint(np.linspace(0, places, _count_blocks(grid, blocks, span) + 1)).astype(np.int64)
    begin = grid.starts + low
    block = np.searchsorted(edges, begin, side="right") - 1
    lengths = np.diff(edges)
    offsets = rng.integers(0, lengths, size=(n, lengths.size), dtype=np.int64)[:, block]
    origin, length = edges[block], lengths[block]
    target = origin + (begin - origin + offsets) % length
    ways = float(np.exp(min(700.0, float(np.log(lengths.astype(np.float64)).sum()))))
    return Moves(target - begin, edges, math.inf if ways > 1e300 else float(round(ways)))


def find_reach(grid: Grid) -> tuple[int, int]:
    """First sample a window uses at any lag, from its start, and how many samples it spans."""
    low = min(int(grid.first_offsets.min()), int(grid.second_offsets.min()))
    ends = np.maximum(grid.first_offsets, grid.second_offsets) + grid.lengths
    return low, int(ends.max()) - low


def _count_blocks(grid: Grid, blocks: float | str | None, span: int) -> int:
    if blocks is None:
        return 1
    if blocks == "auto":
        width = max(MIN_BLOCK_S, WINDOWS_PER_BLOCK * span / grid.rate_hz)
    elif isinstance(blocks, str):
        raise SettingError("blocks", blocks, '"auto", a number of seconds, or None')
    else:
        width = check_positive("blocks", blocks)
    length_s = grid.n_samples / grid.rate_hz
    return max(1, min(math.floor(length_s / width + 1e-9), grid.starts.size))
