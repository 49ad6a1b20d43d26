"""The first repair after a phase of imposed non-response, timed from the next phase's onset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from reattune.core.attunement import Attunement
from reattune.core.pair import MATCH, MISMATCH

FirstStatus = Literal["matched_at_onset", "repaired", "censored"]


@dataclass(frozen=True)
class FirstRepair:
    """When the partners first matched in a window.

    Attributes
    ----------
    latency_s : float
        Seconds from the window's onset to the first match; 0 when it begins matched; the time
        watched in vain, up to the end or to the first missing moment, when censored.
    status : {"matched_at_onset", "repaired", "censored"}
    """

    latency_s: float
    status: FirstStatus


def find_first_repair(attunement: Attunement) -> FirstRepair:
    """Time from the window's onset to the first match.

    Notes
    -----
    After a still-face the onset of the reunion is a legitimate time zero although the mismatch was
    already running: the caregiver was free to respond from that moment on (Mueller et al. 2015
    time repair in the reunion likewise). Missing time censors it, as it does every rupture: a
    match may have come and gone unseen. Without any match it is censored at the window's end.
    """
    state, edges = attunement.state, attunement.edges
    if state[0] == MATCH:
        return FirstRepair(0.0, "matched_at_onset")
    stops = state != MISMATCH
    stops[1:] |= attunement.cut[1:-1]
    at = int(np.argmax(stops)) if stops.any() else state.size
    repaired = at < state.size and state[at] == MATCH and not (at and attunement.cut[at])
    return FirstRepair(float(edges[at] - edges[0]), "repaired" if repaired else "censored")
