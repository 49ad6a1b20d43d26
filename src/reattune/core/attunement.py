"""Attunement: the dyad over time, matched or mismatched, and who changed when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reattune.core.intervals import Intervals
from reattune.core.pair import MATCH, MISMATCH, UNDEFINED, Pair

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Attunement:
    """The dyad over one window, cut into segments in which nothing changes.

    Attributes
    ----------
    partners : (str, str)
    edges : float array, shape (n + 1,)
        Seconds; segment i is ``[edges[i], edges[i + 1])``.
    state : int array, shape (n,)
        1 matched, 0 mismatched, -1 undefined (a partner unobserved, or the pair excluded).
    distance : float array, shape (n,)
        0 where matched, up to 1; nan where undefined.
    negative : bool array, shape (n,)
        Both partners negative.
    changed : bool array, shape (2, n + 1)
        Whether each partner's own mapped state changes at each edge, observed before and after.
    cut : bool array, shape (n + 1,)
        Edges that no run is followed across; the first and the last edge always are.
    tick_s, tie_s : float
        Time base of the coding and the default window in which two changes count as one.
    rule : str
        The rule, in words.
    pair : Pair or None
        The two streams behind it, when the rule compares two streams moment by moment.
    codes : int array, shape (2, n), or None
        Each partner's mapped state in every segment, for rules with a ``pair``.
    grades_negative : bool
        Whether the rule knows which states are negative.
    extras : mapping
        Counts only this rule makes (cues given, picked up, missed).
    """

    partners: tuple[str, str]
    edges: FloatArray
    state: NDArray[np.int64]
    distance: FloatArray
    negative: NDArray[np.bool_]
    changed: NDArray[np.bool_]
    cut: NDArray[np.bool_]
    tick_s: float
    tie_s: float
    rule: str = ""
    pair: Pair | None = None
    codes: NDArray[np.int64] | None = None
    grades_negative: bool = False
    extras: Mapping[str, int] = field(default_factory=dict)

    @property
    def window(self) -> tuple[float, float]:
        """Start and end in seconds."""
        return (float(self.edges[0]), float(self.edges[-1]))

    def _where(self, value: int) -> Intervals:
        keep = self.state == value
        return Intervals(self.edges[:-1][keep], self.edges[1:][keep])

    @property
    def matched(self) -> Intervals:
        """The matched time."""
        return self._where(MATCH)

    @property
    def mismatched(self) -> Intervals:
        """The mismatched time."""
        return self._where(MISMATCH)

    @property
    def unobserved(self) -> Intervals:
        """The time in which the rule is undefined."""
        return self._where(UNDEFINED)

    @property
    def observed(self) -> Intervals:
        """The time in which the rule is defined."""
        return self.matched | self.mismatched

    def change_times(self, partner: int) -> FloatArray:
        """Seconds at which that partner (0 or 1) changed, both sides observed."""
        return np.asarray(self.edges[self.changed[partner]])

    def __repr__(self) -> str:
        start, end = self.window
        total = self.observed.total
        share = f"{self.matched.total / total:.1%} matched" if total else "nothing observed"
        return (
            f"Attunement of {self.partners[0]} and {self.partners[1]} by {self.rule or 'a rule'}: "
            f"[{start:g}, {end:g}), {total:g} s observed, {share}"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per segment: start_s, end_s, state ("matched", ...), distance."""
        import pandas as pd

        words = np.array(["unobserved", "mismatched", "matched"])
        return pd.DataFrame(
            {
                "start_s": self.edges[:-1],
                "end_s": self.edges[1:],
                "state": words[self.state + 1],
                "distance": self.distance,
            }
        )
