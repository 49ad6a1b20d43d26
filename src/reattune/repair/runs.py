"""Runs: maximal stretches of one dyadic state without missing time, and the criteria on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.attunement import Attunement
from reattune.core.criteria import Criteria
from reattune.core.pair import MATCH, MISMATCH, UNDEFINED

IntArray = NDArray[np.int64]
# Slack for comparing a run's length with a criterion: 25 frames of 0.04 s are one second.
SLACK_S = 1e-9


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of an attunement, undefined ones included; run i is segments ``[first[i], last[i])``.

    Attributes
    ----------
    state, first, last : int array, shape (n,)
    """

    state: IntArray
    first: IntArray
    last: IntArray

    def neighbours(self, attunement: Attunement) -> tuple[IntArray, IntArray]:
        """State of the run before and after each; undefined at a cut or at the window's edge."""
        before = np.full(self.state.size, UNDEFINED, dtype=np.int64)
        after = before.copy()
        before[1:] = np.where(attunement.cut[self.first[1:]], UNDEFINED, self.state[:-1])
        after[:-1] = np.where(attunement.cut[self.last[:-1]], UNDEFINED, self.state[1:])
        return before, after


def find_runs(attunement: Attunement) -> Runs:
    """The runs of one dyadic state, broken at cuts."""
    state = attunement.state
    opens = np.ones(state.size, dtype=np.bool_)
    opens[1:] = (state[1:] != state[:-1]) | attunement.cut[1:-1]
    first = np.flatnonzero(opens).astype(np.int64)
    return Runs(state[first].astype(np.int64), first, np.append(first[1:], state.size))


def apply_criteria(runs: Runs, attunement: Attunement, criteria: Criteria) -> Runs:
    """Runs in which spells too short to count have joined their surroundings.

    First matches shorter than ``merge_gap_s`` between two mismatches, then mismatches shorter
    than ``min_rupture_s`` between two matches. Each step looks at all runs as they stand before
    it, so the order of time does not matter.
    """
    if criteria.drops_nothing:
        return runs
    runs = _absorb(runs, attunement, MATCH, criteria.merge_gap_s)
    return _absorb(runs, attunement, MISMATCH, criteria.min_rupture_s)


def _absorb(runs: Runs, attunement: Attunement, state: int, shorter_than: float) -> Runs:
    if shorter_than <= 0:
        return runs
    other = MISMATCH if state == MATCH else MATCH
    before, after = runs.neighbours(attunement)
    lengths = attunement.edges[runs.last] - attunement.edges[runs.first]
    short = (
        (runs.state == state)
        & (lengths < shorter_than - SLACK_S)
        & (before == other)
        & (after == other)
    )
    fresh = np.where(short, other, runs.state)
    opens = np.ones(fresh.size, dtype=np.bool_)
    opens[1:] = (fresh[1:] != fresh[:-1]) | attunement.cut[runs.first[1:]]
    first = runs.first[opens]
    return Runs(fresh[opens], first, np.append(first[1:], runs.last[-1]))
