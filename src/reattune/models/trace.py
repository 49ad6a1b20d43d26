"""Arousal at any moments of a recorded session. Compiled, loaded when used."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reattune.models.arousal import find_drive, pack, scale_session, step_arousal
from reattune.models.parameters import DyadParameters
from reattune.models.record import Record

FloatArray = NDArray[np.float64]
SmallArray = NDArray[np.int8]


def trace_arousal(
    record: Record,
    parameters: DyadParameters,
    at: FloatArray,
    *,
    tolerance: float,
    stress: float = 0.0,
    depth: float = 1.0,
) -> FloatArray:
    """Arousal a(t) at the moments ``at``, sorted, in time units; exact, shape of ``at``.

    Parameters
    ----------
    record : Record
    parameters : DyadParameters
    at : float array, shape (n,)
        Moments before 0 get the arousal at 0.
    tolerance, stress, depth : float
        The latents that held in the session.
    """
    p = pack(parameters)
    rest, strain = scale_session(p, tolerance, stress, depth)
    x_start, x, y_start, y = record.steps()
    moments = np.asarray(at, dtype=np.float64)
    return np.asarray(
        _trace(p, rest, strain, x_start, x, y_start, y, record.start_arousal, moments)
    )


@njit(cache=True, nogil=True)
def _trace(
    p: FloatArray,
    rest: float,
    strain: float,
    x_start: FloatArray,
    x: SmallArray,
    y_start: FloatArray,
    y: SmallArray,
    a: float,
    at: FloatArray,
) -> FloatArray:
    out = np.empty(at.size)
    i = j = k = 0
    now = 0.0
    while k < at.size:
        next_x = x_start[i + 1] if i + 1 < x_start.size else np.inf
        next_y = y_start[j + 1] if j + 1 < y_start.size else np.inf
        then = min(next_x, next_y)
        u, b = find_drive(p, x[i], y[j], rest, strain)
        while k < at.size and at[k] < then:
            out[k] = step_arousal(a, u, b, max(at[k] - now, 0.0))
            k += 1
        if then == np.inf:
            break
        a = step_arousal(a, u, b, then - now)
        now = then
        if next_x == then:
            i += 1
        if next_y == then:
            j += 1
    return out
