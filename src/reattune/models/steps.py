"""The compiled pass over interval codes. Imported only when used."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reattune.models.arousal import (
    FOCAL_AGENDA,
    FOCAL_FOLLOW,
    Z_MAX,
    find_drive,
    step_arousal,
)
from reattune.models.passes import answer, choose, find_followed

FloatArray = NDArray[np.float64]
ByteArray = NDArray[np.int8]

_FREE = 0
_LEFT_OVER = 1e-13
_MAX_TERMS = 100_000


@njit(cache=True, nogil=True)
def flow(
    v: FloatArray,
    shown: FloatArray,
    agenda: float,
    joining: float,
    follow: ByteArray,
    hazards: FloatArray,
    free: bool,
    out: FloatArray,
) -> None:
    """Write v Q, shape (4, 5): how fast probability flows, from the hazards at one arousal."""
    for y in range(5):
        mass = v[0, y] + v[1, y] + v[2, y] + v[3, y]
        for x in range(4):
            out[x, y] = agenda * (shown[x] * mass - v[x, y])
        for x in range(4):
            if follow[x, y] >= 0:
                moved = joining * v[x, y]
                out[x, y] -= moved
                out[follow[x, y], y] += moved
    if free:
        for x in range(4):
            mass = v[x, 0] + v[x, 1] + v[x, 2] + v[x, 3] + v[x, 4]
            leave = 0.0
            for y in range(5):
                leave += hazards[x, y]
            for y in range(5):
                out[x, y] += hazards[x, y] * mass - leave * v[x, y]


@njit(cache=True, nogil=True)
def run_grid(
    p: FloatArray,
    focal: ByteArray,
    responder: ByteArray,
    modes: ByteArray,
    step: float,
    a: float,
    seen_focal: ByteArray,
    seen_responder: ByteArray,
    session: FloatArray,
) -> float:
    """Log likelihood of one grid; ``session`` as in `passes.run`."""
    tolerance, trust, rest, strain = session[0], session[1], session[2], session[3]
    hazards, looks, own = np.empty((4, 5)), np.empty((4, 5)), np.empty(5)
    answer(p, seen_responder, hazards, own, looks)
    joining = p[FOCAL_FOLLOW] * trust
    follow = np.empty((4, 5), dtype=np.int8)
    for x in range(4):
        for y in range(5):
            follow[x, y] = find_followed(p, x, y, seen_focal)
    out_most = 0.0
    for x in range(4):
        out_most = max(out_most, hazards[x].sum())
    bound = p[FOCAL_AGENDA] + joining + out_most
    bound = max(bound, 1e-12)
    # Poisson weights of the number of jumps at the bounding rate; in pieces where the step is long.
    pieces = int(np.ceil(bound * step / 30.0))
    mean = bound * step / pieces
    chances, shown = np.empty(4), np.empty(4)
    now, nxt, term = np.empty((4, 5)), np.empty((4, 5)), np.empty((4, 5))
    total = 0.0
    keep_half = np.exp(-session[5] * step / 2.0)
    for i in range(focal.size - 1):
        x, y = int(focal[i]), int(responder[i])
        if x >= 0 and y >= 0:
            u, b = find_drive(p, x, y, rest, strain)
            a = step_arousal(a, u, b, step / 2.0)
        else:
            a = session[4] + (a - session[4]) * keep_half
        to_x, to_y = int(focal[i + 1]), int(responder[i + 1])
        if x >= 0 and y >= 0 and to_x >= 0 and to_y >= 0 and modes[i] == modes[i + 1]:
            free = modes[i] == _FREE
            choose(p, min(a / tolerance, Z_MAX), seen_focal, chances, shown)
            now[:] = 0.0
            now[x, y] = 1.0
            for _ in range(pieces):
                weight = np.exp(-mean)
                left = 1.0 - weight
                term[:] = now
                for k in range(20):
                    now[k // 5, k % 5] = weight * term[k // 5, k % 5]
                n = 0
                while left > _LEFT_OVER and n < _MAX_TERMS:
                    n += 1
                    flow(term, shown, p[FOCAL_AGENDA], joining, follow, hazards, free, nxt)
                    weight *= mean / n
                    left -= weight
                    for s in range(4):
                        for r in range(5):
                            term[s, r] += nxt[s, r] / bound
                            now[s, r] += weight * term[s, r]
                    if n > mean and weight < 1e-17:
                        break
            chance = now[to_x, to_y]
            if chance <= 0.0:
                return -np.inf
            total += np.log(chance)
        if to_x >= 0 and to_y >= 0:
            u, b = find_drive(p, to_x, to_y, rest, strain)
            a = step_arousal(a, u, b, step / 2.0)
        else:
            a = session[4] + (a - session[4]) * keep_half
    return total
