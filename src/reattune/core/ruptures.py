"""Rupture and the table of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from reattune.core.criteria import Criteria

if TYPE_CHECKING:
    import pandas as pd

Outcome = Literal["repaired", "censored", "unrepaired"]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

NOBODY, FIRST, SECOND, BOTH = 0, 1, 2, 3
OUTCOMES: tuple[Outcome, ...] = ("repaired", "censored", "unrepaired")
REASONS = ("", "end", "missing", "cut", "window")


@dataclass(frozen=True)
class Rupture:
    """One mismatch that passes the criteria.

    Attributes
    ----------
    onset, end : float
        Seconds from the session's start; half-open.
    depth : float
        Peak of the rule's distance, 0 to 1.
    area : float
        Integral of the distance over the rupture, in seconds.
    by, repaired_by : str
        The partner whose own change opened or closed it, ``"both"``, or ``""`` for nobody
        (it was already running, or no match was seen to end it). A rupture that counts as
        unrepaired because its repair window ran out still names who closed it later.
    outcome : {"repaired", "censored", "unrepaired"}
    reason : str
        Why it is not repaired: ``"end"`` of the window, ``"missing"`` time, ``"cut"``, or
        ``"window"`` (the criteria's repair window ran out).
    entered : bool
        Whether its beginning was seen. If not, it counts as mismatched time and as exposure, but
        in no count and no duration.
    """

    onset: float
    end: float
    depth: float
    area: float
    by: str
    repaired_by: str
    outcome: Outcome
    reason: str
    entered: bool

    @property
    def latency(self) -> float:
        """Seconds from onset to end."""
        return self.end - self.onset


@dataclass(frozen=True, eq=False)
class Ruptures:
    """All ruptures of one window, as columns of equal length n.

    Attributes
    ----------
    partners : (str, str)
    onset, end, depth, area : float array
        As in `Rupture`.
    entered : bool array
    closed : bool array
        Whether it ended in a match that was seen (whatever the repair window says).
    by, repaired_by : int array
        0 nobody, 1 first partner, 2 second, 3 both.
    outcome, reason : int array
        Indices into ``OUTCOMES`` and ``REASONS``.
    matched_s, mismatched_s : float
        Exposure: seconds matched and mismatched after the criteria were applied.
    criteria : Criteria
    tie_s : float
        The tie window used.
    """

    partners: tuple[str, str]
    onset: FloatArray
    end: FloatArray
    depth: FloatArray
    area: FloatArray
    entered: BoolArray
    closed: BoolArray
    by: NDArray[np.int64]
    repaired_by: NDArray[np.int64]
    outcome: NDArray[np.int64]
    reason: NDArray[np.int64]
    matched_s: float
    mismatched_s: float
    criteria: Criteria
    tie_s: float

    def __len__(self) -> int:
        return int(self.onset.size)

    def who(self, mask: int) -> str:
        """The word for a 0-3 partner mask."""
        return ("", *self.partners, "both")[mask]

    def __getitem__(self, i: int) -> Rupture:
        return Rupture(
            float(self.onset[i]),
            float(self.end[i]),
            float(self.depth[i]),
            float(self.area[i]),
            self.who(int(self.by[i])),
            self.who(int(self.repaired_by[i])),
            OUTCOMES[int(self.outcome[i])],
            REASONS[int(self.reason[i])],
            bool(self.entered[i]),
        )

    def __iter__(self) -> Iterator[Rupture]:
        return (self[i] for i in range(len(self)))

    @property
    def latency(self) -> FloatArray:
        """Seconds from onset to end. Shape (n,)."""
        return np.asarray(self.end - self.onset)

    def __repr__(self) -> str:
        seen = self.entered
        return (
            f"Ruptures({int(seen.sum())} seen to begin: "
            f"{int((seen & (self.outcome == 0)).sum())} repaired, "
            f"{int((seen & (self.outcome == 1)).sum())} censored, "
            f"{int((seen & (self.outcome == 2)).sum())} unrepaired; "
            f"{int((~seen).sum())} already running)"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per rupture, columns as in ``ruptures.csv`` without session, dyad and phase."""
        import pandas as pd

        words = np.array(["", *self.partners, "both"], dtype=object)
        return pd.DataFrame(
            {
                "rupture": np.arange(1, len(self) + 1),
                "onset_s": self.onset,
                "end_s": self.end,
                "latency_s": self.latency,
                "depth": self.depth,
                "area": self.area,
                "by": words[self.by],
                "outcome": np.array(OUTCOMES, dtype=object)[self.outcome],
                "reason": np.array(REASONS, dtype=object)[self.reason],
                "repaired_by": words[self.repaired_by],
                "entered": self.entered,
            }
        )
