"""How the results change with the smallest mismatch and the smallest match that count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reattune.core.attunement import Attunement
from reattune.core.criteria import Criteria
from reattune.measures import Value, compute_measures, make_tally, pool_tallies
from reattune.repair import find_ruptures

if TYPE_CHECKING:
    import pandas as pd

    from reattune.results import PhaseAnalysis

# Seconds. A coding of one second shows equal rows, and may: nothing shorter is in it.
DURATIONS_S = (0.0, 0.5, 1.0, 2.0)
MEASURES = (
    "n_ruptures",
    "n_repaired",
    "repair_hazard_per_s",
    "repairs_per_min",
    "repair_latency_q50_s",
)


def vary_criteria(
    attunements: Sequence[Attunement],
    criteria: Criteria | None = None,
    durations_s: Sequence[float] = DURATIONS_S,
) -> list[tuple[Criteria, dict[str, Value]]]:
    """The measures under longer and longer smallest ruptures, then smallest matches.

    Parameters
    ----------
    attunements : sequence of Attunement
        One window, or several whose events and exposure are pooled.
    criteria : Criteria, optional
        What else holds (tie and repair windows).
    durations_s : sequence of float
        Tried for ``min_rupture_s`` with every match counting, then for ``merge_gap_s`` with every
        mismatch counting.
    """
    base = replace(criteria or Criteria(), min_rupture_s=0.0, merge_gap_s=0.0)
    tried = [replace(base, min_rupture_s=s) for s in durations_s]
    tried += [replace(base, merge_gap_s=s) for s in durations_s if s > 0]
    raw = [find_ruptures(attunement, base) for attunement in attunements]
    found = []
    for chosen in tried:
        tallies = [
            make_tally(attunement, find_ruptures(attunement, chosen), plain)
            for attunement, plain in zip(attunements, raw, strict=True)
        ]
        found.append((chosen, compute_measures(pool_tallies(tallies))))
    return found


def sensitivity_frame(parts: Sequence[PhaseAnalysis]) -> pd.DataFrame:
    """One row per pair of smallest durations: min_rupture_s, merge_gap_s, and core measures.

    Whether flicker counts is a choice: on one published dyad, ignoring spells under one second
    turns 18 repairs into 13. This table shows what it does to yours.

    Parameters
    ----------
    parts : sequence of PhaseAnalysis
        One phase of one session, or the same phase of several sessions, which are pooled.
    """
    import pandas as pd

    attunements = [part.attunement for part in parts]
    rows = [
        (chosen.min_rupture_s, chosen.merge_gap_s, *(values[name].value for name in MEASURES))
        for chosen, values in vary_criteria(attunements, parts[0].ruptures.criteria)
    ]
    return pd.DataFrame(rows, columns=["min_rupture_s", "merge_gap_s", *MEASURES])
