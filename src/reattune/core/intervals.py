"""Sets of time: sorted, disjoint, half-open intervals in seconds, and their algebra."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reattune.core.errors import SettingError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Intervals:
    """A set of time ``[start, end)``, sorted, disjoint and not touching.

    Two sets of time are equal when they hold the same instants: overlapping or touching
    input is joined on construction, empty intervals (start = end) are dropped.

    Parameters
    ----------
    starts, ends : array_like of float, shape (n,)
        Seconds. Every end must be at or after its start; all values finite.

    Examples
    --------
    >>> a, b = Intervals([0, 10], [5, 20]), Intervals([3], [12])
    >>> (a & b).total
    4.0
    >>> (a | b).total
    20.0
    """

    starts: FloatArray
    ends: FloatArray

    def __init__(self, starts: ArrayLike = (), ends: ArrayLike = ()) -> None:
        first = np.array(starts, dtype=np.float64).reshape(-1)
        last = np.array(ends, dtype=np.float64).reshape(-1)
        if first.shape != last.shape:
            raise SettingError("ends", last.size, f"as many ends as starts ({first.size})")
        if not (np.isfinite(first).all() and np.isfinite(last).all()):
            raise SettingError("starts, ends", "nan or infinity", "finite seconds")
        if (last < first).any():
            at = int(np.argmax(last < first))
            raise SettingError("ends", float(last[at]), f"an end at or after {first[at]}")
        first, last = _join(first, last)
        first.flags.writeable = last.flags.writeable = False
        object.__setattr__(self, "starts", first)
        object.__setattr__(self, "ends", last)

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[float, float]]) -> Intervals:
        """The set covered by ``(start, end)`` pairs."""
        rows = list(pairs)
        return cls([a for a, _ in rows], [b for _, b in rows])

    # -- looking ---------------------------------------------------------------------------

    def __len__(self) -> int:
        return int(self.starts.size)

    def __iter__(self) -> Iterator[tuple[float, float]]:
        return iter(zip(self.starts.tolist(), self.ends.tolist(), strict=True))

    def __bool__(self) -> bool:
        return self.starts.size > 0

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Intervals):
            return NotImplemented
        return np.array_equal(self.starts, other.starts) and np.array_equal(self.ends, other.ends)

    def __hash__(self) -> int:
        return hash((self.starts.tobytes(), self.ends.tobytes()))

    def __repr__(self) -> str:
        shown = ", ".join(f"[{a:g}, {b:g})" for a, b in list(self)[:4])
        more = f", ... {len(self)} in all" if len(self) > 4 else ""
        return f"Intervals({shown}{more}; {self.total:g} s)"

    @property
    def total(self) -> float:
        """Seconds covered."""
        return float((self.ends - self.starts).sum())

    @property
    def span(self) -> tuple[float, float]:
        """First start and last end; ``(nan, nan)`` when empty."""
        if not self:
            return (float("nan"), float("nan"))
        return (float(self.starts[0]), float(self.ends[-1]))

    def contains(self, times: ArrayLike) -> NDArray[np.bool_]:
        """Whether each time lies inside. Shape as ``times``."""
        t = np.asarray(times, dtype=np.float64)
        at = np.searchsorted(self.starts, t, side="right") - 1
        inside = np.zeros(t.shape, dtype=np.bool_)
        known = at >= 0
        inside[known] = t[known] < self.ends[at[known]]
        return inside

    # -- algebra ---------------------------------------------------------------------------

    def __or__(self, other: Intervals) -> Intervals:
        return Intervals(
            np.concatenate([self.starts, other.starts]), np.concatenate([self.ends, other.ends])
        )

    def __and__(self, other: Intervals) -> Intervals:
        return self._sweep(other, both=True)

    def __sub__(self, other: Intervals) -> Intervals:
        return self._sweep(other, both=False)

    def _sweep(self, other: Intervals, *, both: bool) -> Intervals:
        """The instants of self that are (``both``) or are not in ``other``."""
        edges = np.unique(np.concatenate([self.starts, self.ends, other.starts, other.ends]))
        if edges.size < 2:
            return Intervals()
        left = edges[:-1]
        keep = self.contains(left) & (other.contains(left) == both)
        return Intervals(left[keep], edges[1:][keep])

    def complement(self, start: float, end: float) -> Intervals:
        """The instants of ``[start, end)`` that are not in the set."""
        return Intervals([start], [end]) - self

    def gaps(self) -> Intervals:
        """The holes between the first start and the last end."""
        return Intervals(self.ends[:-1], self.starts[1:]) if self else Intervals()

    def clip(self, start: float, end: float) -> Intervals:
        """The part inside ``[start, end)``."""
        return self & Intervals([start], [end]) if end > start else Intervals()

    def shift(self, seconds: float) -> Intervals:
        """The same set on a clock moved by ``seconds``."""
        return Intervals(self.starts + seconds, self.ends + seconds)


def _join(starts: FloatArray, ends: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sorted, without empty ones, touching and overlapping ones joined."""
    keep = ends > starts
    starts, ends = starts[keep], ends[keep]
    if starts.size < 2:
        return starts, ends
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], ends[order]
    reach = np.maximum.accumulate(ends)
    opens = np.concatenate([[True], starts[1:] > reach[:-1]])
    closes = np.concatenate([opens[1:], [True]])
    return starts[opens], reach[closes]
