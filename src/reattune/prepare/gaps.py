"""Closing the holes that exporters leave between codes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

# Below this a hole is noise of the arithmetic that made the times.
TOLERANCE_S = 1e-6


class ClosedGaps(NamedTuple):
    """What `close_gaps` did.

    Attributes
    ----------
    ends : float array, shape (n,)
        The ends after closing; starts do not change.
    n_closed : int
        Rows whose hole was filled.
    seconds_closed : float
        Their total length.
    histogram : dict of float to int
        Length of every hole in seconds, closed or not, and how often it occurs; shortest
        first.
    """

    ends: FloatArray
    n_closed: int
    seconds_closed: float
    histogram: dict[float, int]


def close_gaps(starts: ArrayLike, ends: ArrayLike, *, max_gap_s: float) -> ClosedGaps:
    """Ends moved to the next onset where the hole before it is at most ``max_gap_s``.

    Programs that write the *last frame* of an event as its end leave a hole of one or two frames
    before the next event. Such a hole sits exactly where the code changes; left open it hides
    the rupture or the repair at that change. Codes and uncodable rows of one partner belong into
    one call, because a hole between a code and an uncodable row is of the same kind.

    Parameters
    ----------
    starts, ends : array_like of float, shape (n,)
        Seconds; sorted by start. Rows may overlap; the hole after a row ends at the next onset at
        or after its end.
    max_gap_s : float
        Longest hole that is filled, in seconds (compared with a tolerance of 1e-6 s); 0 fills none.

    Returns
    -------
    ClosedGaps
        ``(ends, n_closed, seconds_closed, histogram)``. Nothing is added after the last event.
        Holes of at most 1e-6 s are closed as rounding noise and not counted.

    Examples
    --------
    >>> close_gaps([0, 1, 5], [0.96, 4, 6], max_gap_s=0.1).ends.tolist()
    [1.0, 4.0, 6.0]
    """
    first = np.asarray(starts, dtype=np.float64).reshape(-1)
    last = np.array(ends, dtype=np.float64).reshape(-1)
    if first.size < 2:
        return ClosedGaps(last, 0, 0.0, {})
    # The next onset at or after each end; never the row's own.
    after = np.searchsorted(first, last - TOLERANCE_S, side="left")
    after = np.maximum(after, np.arange(first.size) + 1)
    followed = np.flatnonzero(after < first.size)
    onset = first[after[followed]]
    holes = onset - last[followed]
    real = holes > TOLERANCE_S
    closed = real & (holes <= max_gap_s + TOLERANCE_S)
    near = closed | (np.abs(holes) <= TOLERANCE_S)
    last[followed[near]] = onset[near]
    lengths, counts = np.unique(np.round(holes[real], 6), return_counts=True)
    return ClosedGaps(
        last,
        int(closed.sum()),
        float(holes[closed].sum()),
        dict(zip(lengths.tolist(), counts.tolist(), strict=True)),
    )
