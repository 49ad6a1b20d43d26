"""From two streams of mapped states to the dyad over time."""

from __future__ import annotations

import numpy as np

from reattune.core.attunement import Attunement
from reattune.core.pair import UNDEFINED, Pair
from reattune.core.steps import MISSING, find_moments, merge_edges


def join(pair: Pair, *, rule: str = "", grades_negative: bool = False) -> Attunement:
    """The dyad over time: matched, mismatched or undefined in every segment without a change.

    Parameters
    ----------
    pair : Pair
    rule : str
        The rule in words, for printing.
    grades_negative : bool
        Whether the table knows which pairs are negative on both sides.
    """
    x, y, table = pair.x, pair.y, pair.table
    start, end = pair.window
    cuts = np.sort(np.array([c for c in pair.cuts if start < c < end], dtype=np.float64))
    edges = merge_edges(x.edges, y.edges, cuts)
    middles = (edges[:-1] + edges[1:]) / 2
    a, b = x.at(middles), y.at(middles)
    observed = (a != MISSING) & (b != MISSING)
    state = np.where(observed, table.match[a, b], UNDEFINED)
    defined = state != UNDEFINED
    cut = find_moments(edges, cuts)
    cut[0] = cut[-1] = True
    changed = np.zeros((2, edges.size), dtype=np.bool_)
    for row, codes in enumerate((a, b)):
        seen = (codes[:-1] != MISSING) & (codes[1:] != MISSING)
        changed[row, 1:-1] = (codes[1:] != codes[:-1]) & seen & ~cut[1:-1]
    return Attunement(
        partners=pair.partners,
        edges=edges,
        state=state,
        distance=np.where(defined, table.distance[a, b], np.nan),
        negative=defined & table.negative[a, b],
        changed=changed,
        cut=cut,
        tick_s=pair.tick_s,
        tie_s=pair.tie_s,
        rule=rule,
        pair=pair,
        codes=np.array((a, b)),
        grades_negative=grades_negative,
    )
