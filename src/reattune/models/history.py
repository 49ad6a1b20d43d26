"""What earlier sessions left behind, followed over the sessions that were seen.

The slow update of the simulator, applied to observed paths. Imported only when used.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reattune.models.arousal import (
    LATE,
    advance_arousal,
    find_drive,
    find_excess,
    fits,
)
from reattune.models.learning import add_evidence, end_session, find_prior, read_belief
from reattune.models.likelihood import Slow, find_depth
from reattune.models.path import Path

FloatArray = NDArray[np.float64]
ByteArray = NDArray[np.int8]

_UNOBSERVED = 3
_FOCAL, _RESPONDER, _SET_FOCAL, _SET_RESPONDER, _MODE = range(5)


@njit(cache=True, nogil=True)
def live_through(
    p: FloatArray,
    times: FloatArray,
    kinds: ByteArray,
    states: ByteArray,
    start: FloatArray,
    length: float,
    session: FloatArray,
    gain: FloatArray,
) -> float:
    """Add what a session's ruptures teach to ``gain``, (2, 31); the mean arousal over tolerance.

    ``start`` and ``session`` as in `passes.run`. A rupture during which nobody looked teaches
    nothing: how it ended is not known.
    """
    x, y, a, mode = int(start[0]), int(start[1]), start[2], int(start[3])
    tolerance, rest, strain = session[0], session[2], session[3]
    running = False
    begun = a_begun = peak = area = 0.0
    over = observed = now = 0.0
    match = fits(p, x, y)
    for i in range(times.size + 1):
        t = times[i] if i < times.size else length
        h = t - now
        if h > 0.0 and mode == _UNOBSERVED:
            a = session[4] + (a - session[4]) * np.exp(-session[5] * h)
        elif h > 0.0:
            u, b = find_drive(p, x, y, rest, strain)
            late, lived = advance_arousal(a, u, b, h)
            if a > tolerance or late > tolerance:
                over += find_excess(a, late, u, b, h, tolerance)[1]
            observed += h
            if running:
                area += lived
                peak = max(peak, late)
            a = late
        now = t
        if i == times.size:
            break
        kind, k = kinds[i], int(states[i])
        if kind == _MODE:
            if k == _UNOBSERVED or mode == _UNOBSERVED:
                running = False
                match = fits(p, x, y)
            mode = k
            continue
        if kind in (_FOCAL, _SET_FOCAL):
            x = k
        else:
            y = k
        fit = fits(p, x, y)
        if kind == _SET_FOCAL or (kind == _SET_RESPONDER and mode == _UNOBSERVED):
            match = fit
            continue
        if match and not fit:
            running = True
            begun, a_begun, peak, area = t, a, a, 0.0
        elif fit and running:
            running = False
            add_evidence(
                p, gain, t - begun, a_begun, peak, area, tolerance, True, kind != _FOCAL
            )  # fmt: skip
        match = fit
    if running and length - begun > p[LATE]:
        add_evidence(p, gain, length - begun, a_begun, peak, area, tolerance, False, False)
    return over / observed if observed > 0.0 else 0.0


def follow_history(p: FloatArray, paths: Sequence[Path]) -> tuple[Slow, ...]:
    """Tolerance, trust, stress and depth at the start of every session, in their order."""
    prior = find_prior(p)
    belief = prior.copy()
    stress = 0.0
    out = []
    for path in paths:
        tolerance, trust, _ = read_belief(belief)
        slow = Slow(tolerance, trust, stress, find_depth(p, trust, tolerance))
        out.append(slow)
        gain = np.zeros_like(belief)
        start = (path.start_focal, path.start_responder, path.start_arousal, path.mode)
        over = live_through(
            p,
            path.times,
            path.kinds,
            path.states,
            np.array(start, dtype=np.float64),
            path.length,
            slow.vector(p),
            gain,
        )
        stress = end_session(p, prior, belief, gain, stress, over)
    return tuple(out)
