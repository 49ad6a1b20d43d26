"""Facts: a tally with the survival curves that several measures share."""

from __future__ import annotations

from dataclasses import dataclass

from reattune.measures.survival import Survival, fit_survival
from reattune.measures.tally import Tally


@dataclass(frozen=True, eq=False)
class Facts:
    """What a measure looks at.

    Attributes
    ----------
    tally : Tally
    survival : Survival
        Of entered ruptures.
    raw_survival : Survival
        Of entered mismatches before any criteria.
    """

    tally: Tally
    survival: Survival
    raw_survival: Survival


def make_facts(tally: Tally) -> Facts:
    """The facts of a tally."""
    survival = fit_survival(tally.durations, tally.events)
    # Without criteria the two are one and the same array.
    same = tally.raw_durations is tally.durations
    raw = survival if same else fit_survival(tally.raw_durations, tally.raw_events)
    return Facts(tally, survival, raw)
