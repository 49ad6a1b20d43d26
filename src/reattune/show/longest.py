"""The longest rupture of a session beside the phase in which a partner was asked not to respond."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from reattune.core.ruptures import Ruptures
from reattune.core.session import Phase
from reattune.results import WHOLE, Analysis


@dataclass(frozen=True)
class LongestRupture:
    """How the longest rupture of a session and its imposed phase lie to each other.

    Attributes
    ----------
    session : str
    phase : str
        The imposed phase.
    onset, end : float
        Of the longest rupture seen to begin (the earliest of equals).
    by, repaired_by, outcome : str
    covered : float
        Share of the phase inside the rupture.
    overlap : float
        Time in both over time in either.
    covers_half_by_chance : float
        Share of all placements of a rupture of this length in the session at which it would cover
        half of the phase or more.
    """

    session: str
    phase: str
    onset: float
    end: float
    by: str
    repaired_by: str
    outcome: str
    covered: float
    overlap: float
    covers_half_by_chance: float

    @property
    def covers_half(self) -> bool:
        """Whether at least half of the phase is inside."""
        return self.covered >= 0.5


def find_longest(analysis: Analysis) -> LongestRupture | None:
    """The longest rupture against the imposed phase; None without an analysis of the whole.

    Only for a session analysed as a whole (be it beside its phases) that has exactly one imposed
    phase and at least one rupture seen to begin: inside a phase a rupture ends at the phase's edge.
    """
    imposed = [phase for phase in analysis.session.phases if phase.imposed]
    whole = [part for part in analysis.parts if part.phase.label == WHOLE]
    if len(imposed) != 1 or len(whole) != 1:
        return None
    part = whole[0]
    return compare_longest(analysis.session.id, part.ruptures, imposed[0], part.attunement.window)


def compare_longest(
    session: str, ruptures: Ruptures, phase: Phase, window: tuple[float, float]
) -> LongestRupture | None:
    """The longest rupture seen to begin against a phase; None without any."""
    entered = np.flatnonzero(ruptures.entered)
    if entered.size == 0:
        return None
    row = ruptures[int(entered[np.argmax(np.round(ruptures.latency[entered], 9))])]
    shared = max(0.0, min(row.end, phase.end) - max(row.onset, phase.start))
    joint = row.latency + phase.duration - shared
    return LongestRupture(
        session=session,
        phase=phase.label,
        onset=row.onset,
        end=row.end,
        by=row.by,
        repaired_by=row.repaired_by,
        outcome=row.outcome,
        covered=shared / phase.duration,
        overlap=shared / joint,
        covers_half_by_chance=_place_anywhere(row.latency, phase, window),
    )


def _place_anywhere(duration: float, phase: Phase, window: tuple[float, float]) -> float:
    """Share of placements of a stretch in the window that cover half of the phase or more."""
    start, end = window
    half = phase.duration / 2
    if duration < half - 1e-9:
        return 0.0
    # The onsets at which half is covered lie between these two; all onsets between start and last.
    first, final = phase.start + half - duration, phase.end - half
    last = end - duration
    if last - start <= 1e-9:
        return 1.0 if first <= start + 1e-9 <= final + 2e-9 else 0.0
    return max(0.0, min(final, last) - max(first, start)) / (last - start)


def find_all_longest(analyses: Iterable[Analysis]) -> list[LongestRupture]:
    """`find_longest` of every session for which it is defined."""
    found = (find_longest(analysis) for analysis in analyses)
    return [row for row in found if row is not None]
