"""Who moved away, and who moved back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reattune.core.attunement import Attunement

# Two change times on one grid differ by noise of the clock's arithmetic only.
_SLACK_S = 1e-9


def find_who(attunement: Attunement, edges: NDArray[np.int64], tie_s: float) -> NDArray[np.int64]:
    """Who changed at each edge: 0 nobody, 1 first partner, 2 second, 3 both.

    Parameters
    ----------
    edges : int array
        Indices into ``attunement.edges``: the beginnings or ends of mismatches.
    tie_s : float
        The other partner counts too when one of that partner's own changes lies at most this far
        away.
    """
    who = np.zeros(edges.size, dtype=np.int64)
    at_edge = attunement.changed[:, edges]
    anybody = at_edge[0] | at_edge[1]
    times = attunement.edges[edges]
    for partner in (0, 1):
        hit = at_edge[partner]
        if tie_s > 0:
            changes = attunement.change_times(partner)
            low = np.searchsorted(changes, times - tie_s - _SLACK_S, side="left")
            high = np.searchsorted(changes, times + tie_s + _SLACK_S, side="right")
            # A neighbouring change only joins in a change; it is no change of the dyad by itself.
            hit = hit | ((high > low) & anybody)
        who += np.where(hit, partner + 1, 0)
    return who
