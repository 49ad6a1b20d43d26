"""What became of a session's ruptures: repaired in time, not in time, or not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reattune.core.checks import check_option, check_positive
from reattune.core.ruptures import Ruptures
from reattune.core.session import Clock

Weight = Literal["plain", "latency"]

WINDOWS: dict[str, float] = {"second": 10.0, "meeting": 3.0}
_SLACK = 1e-9


@dataclass(frozen=True)
class Outcomes:
    """What became of the ruptures of one session.

    Attributes
    ----------
    hits, misses : float
        Repaired within the window, and still open when it had passed. Whole numbers, except with
        latency weights.
    undecided : int
        Censored within the window: not counted, only told.
    """

    hits: float = 0.0
    misses: float = 0.0
    undecided: int = 0

    @property
    def known(self) -> float:
        """Ruptures with a known outcome."""
        return self.hits + self.misses

    def __add__(self, other: Outcomes) -> Outcomes:
        """Both pooled: sums."""
        return Outcomes(
            self.hits + other.hits, self.misses + other.misses, self.undecided + other.undecided
        )


def count_outcomes(
    ruptures: Ruptures,
    window: float | None = None,
    *,
    clock: Clock = "second",
    weight: Weight = "plain",
) -> Outcomes:
    """Hits, misses and undecided ruptures of one session.

    Parameters
    ----------
    ruptures : Ruptures
        Only those that were seen to begin count.
    window : float, optional
        Seconds (meetings in a course); default 10 s, or 3 meetings.
    clock : {"second", "meeting"}
    weight : {"plain", "latency"}
        ``"latency"``: a repair after L counts 1 / (1 + (L / window)^3) as a hit and the rest as a
        miss, however late it came.

    Notes
    -----
    A hit is a rupture repaired within the window; a miss one that lasted longer, whatever came
    later; one that was cut off within the window is undecided.
    """
    check_option("weight", weight, ("plain", "latency"))
    check_option("clock", clock, tuple(WINDOWS))
    limit = check_positive("window", WINDOWS[clock] if window is None else window)
    latency = ruptures.latency[ruptures.entered]
    closed = ruptures.closed[ruptures.entered]
    within = latency <= limit + _SLACK
    undecided = int((within & ~closed).sum())
    if weight == "plain":
        return Outcomes(float((within & closed).sum()), float((~within).sum()), undecided)
    hits = float((1 / (1 + (latency[closed] / limit) ** 3)).sum())
    known = closed | ~within
    return Outcomes(hits, float(known.sum()) - hits, undecided)
