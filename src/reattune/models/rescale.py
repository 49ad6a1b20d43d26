"""The compiled pass that measures waiting times in the ticks the model expects."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reattune.models.arousal import FOCAL_AGENDA, FOCAL_FOLLOW, find_drive
from reattune.models.passes import answer, find_followed, integrate

FloatArray = NDArray[np.float64]
ByteArray = NDArray[np.int8]

# Processes: any change of the focal partner, of the responder; then each target state of either.
N_PROCESSES = 11
TO_FOCAL, TO_RESPONDER = 2, 6
_FREE, _UNOBSERVED = 0, 3
_FOCAL, _RESPONDER, _SET_FOCAL, _SET_RESPONDER, _MODE = range(5)


@njit(cache=True, nogil=True)
def rescale(
    p: FloatArray,
    times: FloatArray,
    kinds: ByteArray,
    states: ByteArray,
    start: FloatArray,
    length: float,
    seen_focal: ByteArray,
    seen_responder: ByteArray,
    session: FloatArray,
    waited: FloatArray,
) -> tuple[ByteArray, FloatArray]:
    """Process and rescaled waiting time of every scored change, two rows each.

    ``waited``, (11,), is what each process has waited so far; it is carried on in place, so that
    sessions follow one another without an end. Arguments otherwise as in `passes.run`.
    """
    x, y, mode = int(start[0]), int(start[1]), int(start[3])
    tolerance, trust, rest, strain = session[0], session[1], session[2], session[3]
    state, drive, part = np.array([start[2], 0.0]), np.zeros(3), np.empty(12)
    hazards, looks, own = np.empty((4, 5)), np.empty((4, 5)), np.empty(5)
    answer(p, seen_responder, hazards, own, looks)
    which = np.empty(2 * times.size, dtype=np.int8)
    out = np.empty(2 * times.size)
    n = 0
    now = 0.0
    for i in range(times.size + 1):
        t = times[i] if i < times.size else length
        h = t - now
        if h > 0.0 and mode == _UNOBSERVED:
            state[0] = session[4] + (state[0] - session[4]) * np.exp(-session[5] * h)
        elif h > 0.0:
            drive[0], drive[1] = find_drive(p, x, y, rest, strain)
            integrate(p, x, drive, state, h, tolerance, seen_focal, part)
            waited[0] += p[FOCAL_AGENDA] * (h - part[x])
            for k in range(4):
                if k != x:
                    waited[TO_FOCAL + k] += p[FOCAL_AGENDA] * part[k]
            k = find_followed(p, x, y, seen_focal)
            if k >= 0:
                waited[0] += p[FOCAL_FOLLOW] * trust * h
                waited[TO_FOCAL + k] += p[FOCAL_FOLLOW] * trust * h
            if mode == _FREE:
                for k in range(5):
                    if k != y:
                        waited[1] += hazards[x, k] * h
                        waited[TO_RESPONDER + k] += hazards[x, k] * h
        now = t
        if i == times.size:
            break
        kind, k = kinds[i], int(states[i])
        if kind == _MODE:
            mode = k
            continue
        if kind in (_FOCAL, _RESPONDER):
            first = 0 if kind == _FOCAL else 1
            to = TO_FOCAL + k if kind == _FOCAL else TO_RESPONDER + k
            for process in (first, to):
                which[n] = process
                out[n] = waited[process]
                waited[process] = 0.0
                n += 1
        if kind in (_FOCAL, _SET_FOCAL):
            x = k
        else:
            y = k
    return which[:n].copy(), out[:n].copy()
