"""From the dyad over time to its ruptures and repairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reattune.core.attunement import Attunement
from reattune.core.criteria import Criteria
from reattune.core.pair import MATCH, MISMATCH
from reattune.core.ruptures import REASONS, Ruptures
from reattune.repair.attribution import find_who
from reattune.repair.runs import SLACK_S, apply_criteria, find_runs

_REPAIRED, _CENSORED, _UNREPAIRED = 0, 1, 2
_REASON = {word: code for code, word in enumerate(REASONS)}


def find_ruptures(attunement: Attunement, criteria: Criteria | None = None) -> Ruptures:
    """Every rupture in the window, with who opened it, who repaired it, and how it ended.

    Parameters
    ----------
    attunement : Attunement
    criteria : Criteria, optional
        The defaults let every mismatch count.

    Returns
    -------
    Ruptures
        In order of time. Mismatches that were already running when observation began (or began
        after missing time or a cut) are in it with ``entered`` False.

    Notes
    -----
    A run is a maximal stretch of one state without missing time in it. A repair is a transition
    from mismatch to match with nothing missing between (Tronick and Cohn 1989). Depth is the peak
    and area the integral of the rule's distance over the run.
    """
    criteria = criteria or Criteria()
    tie_s = attunement.tie_s if criteria.tie_s is None else criteria.tie_s
    runs = apply_criteria(find_runs(attunement), attunement, criteria)
    mismatch = runs.state == MISMATCH
    at = np.flatnonzero(mismatch)
    first, last = runs.first[at], runs.last[at]
    onset, end = attunement.edges[first], attunement.edges[last]
    before, after = runs.neighbours(attunement)
    entered, closed = before[at] == MATCH, after[at] == MATCH
    outcome, reason = _judge(attunement, criteria, first, last, after[at])
    depth, area = _measure_depth(attunement, first, last)
    who = find_who(attunement, np.concatenate([first, last]), tie_s)
    lengths = attunement.edges[runs.last] - attunement.edges[runs.first]
    return Ruptures(
        partners=attunement.partners,
        onset=onset,
        end=end,
        depth=depth,
        area=area,
        entered=entered,
        closed=closed,
        by=np.where(entered, who[: first.size], 0),
        repaired_by=np.where(closed, who[first.size :], 0),
        outcome=outcome,
        reason=reason,
        matched_s=float(lengths[runs.state == MATCH].sum()),
        mismatched_s=float(lengths[mismatch].sum()),
        criteria=criteria,
        tie_s=tie_s,
    )


def _judge(
    attunement: Attunement,
    criteria: Criteria,
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    after: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Outcome and reason of each mismatch run."""
    closed = after == MATCH
    reason = np.where(attunement.cut[last], _REASON["cut"], _REASON["missing"])
    reason[last == attunement.edges.size - 1] = _REASON["end"]
    reason[closed] = _REASON[""]
    outcome = np.where(closed, _REPAIRED, _CENSORED)
    if criteria.repair_window_s is not None:
        length = attunement.edges[last] - attunement.edges[first]
        late = length > criteria.repair_window_s + SLACK_S
        outcome = np.where(late, _UNREPAIRED, outcome)
        reason = np.where(late, _REASON["window"], reason)
    return outcome, reason


def _measure_depth(
    attunement: Attunement, first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Peak and integral of the distance over each run of segments ``[first, last)``."""
    if first.size == 0:
        return np.empty(0), np.empty(0)
    bounds = np.empty(2 * first.size, dtype=np.int64)
    bounds[0::2], bounds[1::2] = first, last
    # reduceat reads up to the next index; every second value is the stretch between two runs.
    distance = np.append(attunement.distance, 0.0)
    weighted = np.append(attunement.distance * np.diff(attunement.edges), 0.0)
    return np.maximum.reduceat(distance, bounds)[::2], np.add.reduceat(weighted, bounds)[::2]
