"""The compiled pass over one session: log likelihood and its gradient, exact up to quadrature.

Imported only when used. All latent quantities follow from what was seen, so one pass is enough.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reattune.models import arousal as ar
from reattune.models.arousal import (
    AGENDA,
    FOCAL_AGENDA,
    FOCAL_FOLLOW,
    LOOK,
    READINESS,
    READING,
    RESPONDER_AGENDA,
    Z_MAX,
    find_drive,
    fits,
)
from reattune.models.parameters import ATTEND, PLAY

FloatArray = NDArray[np.float64]
ByteArray = NDArray[np.int8]

# Places in the gradient: natural scale, except the agenda, whose five places are log weights.
G_FOCAL, G_FOLLOW, G_AGENDA, G_CONTINGENT, G_MISREAD = range(5)
G_NEGATIVE, G_AWAY, G_POSITIVE = range(5, 8)
G_SLOPE_NEGATIVE, G_SLOPE_AWAY, G_SLOPE_POSITIVE, G_GAIN = range(8, 12)
G_PI = 12
N_GRADIENT = 17

_FREE, _UNOBSERVED = 0, 3
_FOCAL, _RESPONDER, _SET_FOCAL, _SET_RESPONDER, _MODE = range(5)
# Gauss-Legendre, three points on [0, 1].
_NODES = (0.5 - np.sqrt(0.15), 0.5, 0.5 + np.sqrt(0.15))
_WEIGHTS = (5.0 / 18.0, 8.0 / 18.0, 5.0 / 18.0)
# Longest piece of one quadrature: in time units, and as a share of arousal's time constant.
_PIECE, _PIECE_OF_CONSTANT = 1.5, 0.25


@njit(cache=True, nogil=True)
def choose(
    p: FloatArray, z: float, seen_as: ByteArray, chances: FloatArray, shown: FloatArray
) -> None:
    """Chances of the focal partner's next state at load z: its own four, and as they are coded.

    ``shown[k]`` sums the chances of all states that are coded as state k.
    """
    chances[0] = p[ar.LOGIT_NEGATIVE] + p[ar.SLOPE_NEGATIVE] * (z - 1.0)
    chances[1] = p[ar.LOGIT_AWAY] + p[ar.SLOPE_AWAY] * z
    chances[2] = 0.0
    chances[3] = p[ar.LOGIT_POSITIVE] - p[ar.SLOPE_POSITIVE] * z
    top = max(max(chances[0], chances[1]), max(0.0, chances[3]))
    total = 0.0
    for k in range(4):
        chances[k] = np.exp(chances[k] - top)
        total += chances[k]
        shown[k] = 0.0
    for k in range(4):
        chances[k] /= total
        shown[seen_as[k]] += chances[k]


@njit(cache=True, nogil=True)
def answer(
    p: FloatArray, seen_as: ByteArray, hazards: FloatArray, own: FloatArray, looks: FloatArray
) -> None:
    """Write the responder's hazards as they are coded, and what they are made of.

    ``hazards[x, k]``, (4, 5): toward k while the focal partner is in x. ``own[k]``: share of k in
    its own agenda. ``looks[x, k]``: how many of the three misread states lead to k.
    """
    rate = p[LOOK] * p[READINESS]
    kappa, nu = rate * p[READING], rate * (1.0 - p[READING]) / 3.0
    own[:] = 0.0
    looks[:] = 0.0
    for k in range(5):
        own[seen_as[k]] += p[AGENDA + k]
    for x in range(4):
        for k in range(4):
            if k != x:
                looks[x, seen_as[k]] += 1.0
        for k in range(5):
            hazards[x, k] = p[RESPONDER_AGENDA] * own[k] + nu * looks[x, k]
        hazards[x, seen_as[x]] += kappa


@njit(cache=True, nogil=True)
def find_followed(p: FloatArray, x: int, y: int, seen_as: ByteArray) -> int:
    """State (as coded) to which following takes the focal partner from x under y; -1 for none."""
    if (y != ATTEND and y != PLAY) or fits(p, x, y) or seen_as[y] == x:
        return -1
    return int(seen_as[y])


@njit(cache=True, nogil=True)
def integrate(
    p: FloatArray,
    x: int,
    drive: FloatArray,
    state: FloatArray,
    h: float,
    tolerance: float,
    seen_as: ByteArray,
    out: FloatArray,
) -> None:
    """Move arousal on by h and write integrals of the choice over that time.

    ``drive`` is (u, b, du/dalpha), ``state`` (a, da/dalpha) and is changed. ``out[:4]``: integrals
    of the coded chances; ``out[4:8]``: of the derivative of the chance to leave x by logit k;
    ``out[8:11]``: the same by the three slopes; ``out[11]``: by alpha.
    """
    u, b, gain = drive[0], drive[1], drive[2]
    out[:] = 0.0
    # Without recovery arousal would rise in a straight line; a very small one serves as well.
    b = max(b, 1e-9)
    level, up = u / b, gain / b
    chances, shown = np.empty(4), np.empty(4)
    bound = Z_MAX * tolerance
    done = 0.0
    while done < h:
        part = h - done
        a, s = state[0], state[1]
        end = level + (a - level) * np.exp(-b * part)
        if (a - bound) * (end - bound) < 0:
            # The choice has a corner where arousal passes twice the tolerance: stop there.
            cross = np.log((a - level) / (bound - level)) / b
            if 0 < cross < part:
                part = cross
                end = bound
        capped = a + end >= 2.0 * bound
        n = 1
        if not capped:
            n = int(np.ceil(part * max(1.0 / _PIECE, b / _PIECE_OF_CONSTANT)))
        piece = part / n
        shrink = np.exp(-b * piece)
        fall = (np.exp(-b * piece * _NODES[0]), np.exp(-b * piece * 0.5),
                np.exp(-b * piece * _NODES[2]))  # fmt: skip
        for _ in range(n):
            for i in range(3):
                at = level + (a - level) * fall[i]
                z = Z_MAX if capped else min(at / tolerance, Z_MAX)
                choose(p, z, seen_as, chances, shown)
                w = _WEIGHTS[i] * piece
                stay = shown[x]
                for k in range(4):
                    out[k] += w * shown[k]
                    out[4 + k] += w * chances[k] * (stay - (1.0 if seen_as[k] == x else 0.0))
                d0 = chances[0] * (stay - (1.0 if seen_as[0] == x else 0.0))
                d1 = chances[1] * (stay - (1.0 if seen_as[1] == x else 0.0))
                d3 = chances[3] * (stay - (1.0 if seen_as[3] == x else 0.0))
                out[8] += w * d0 * (z - 1.0)
                out[9] += w * d1 * z
                out[10] -= w * d3 * z
                if not capped:
                    by_z = (
                        p[ar.SLOPE_NEGATIVE] * d0
                        + p[ar.SLOPE_AWAY] * d1
                        - p[ar.SLOPE_POSITIVE] * d3
                    )
                    out[11] += w * by_z * (up + (s - up) * fall[i]) / tolerance
            a = level + (a - level) * shrink
            s = up + (s - up) * shrink
        done += part
        state[0], state[1] = end, s
        if part <= 0.0:
            break


@njit(cache=True, nogil=True)
def run(
    p: FloatArray,
    times: FloatArray,
    kinds: ByteArray,
    states: ByteArray,
    start: FloatArray,
    length: float,
    seen_focal: ByteArray,
    seen_responder: ByteArray,
    session: FloatArray,
    gradient: FloatArray,
) -> tuple[float, int]:
    """Log likelihood of one session and the place of the first impossible change (-1: none).

    ``start`` is (x, y, a, mode); ``session`` is (W, T, rest, strain, ordinary arousal, rate at
    which it is returned to while nobody sees, strain per unit of alpha). ``gradient`` is added to.
    """
    x, y, mode = int(start[0]), int(start[1]), int(start[3])
    tolerance, trust, rest, strain = session[0], session[1], session[2], session[3]
    state = np.array([start[2], 0.0])
    drive = np.empty(3)
    part = np.empty(12)
    chances, shown = np.empty(4), np.empty(4)
    hazards, looks, own = np.empty((4, 5)), np.empty((4, 5)), np.empty(5)
    answer(p, seen_responder, hazards, own, looks)
    seen = np.zeros((4, 5))  # time in each joint state while the responder is free
    by_pi = np.zeros(5)
    g_i, phi, g_c = p[FOCAL_AGENDA], p[FOCAL_FOLLOW] * trust, p[RESPONDER_AGENDA]
    total, now = 0.0, 0.0
    for i in range(times.size + 1):
        t = times[i] if i < times.size else length
        h = t - now
        if h > 0.0:
            if mode == _UNOBSERVED:
                keep = np.exp(-session[5] * h)
                state[0] = session[4] + (state[0] - session[4]) * keep
                state[1] *= keep
            else:
                drive[0], drive[1] = find_drive(p, x, y, rest, strain)
                drive[2], _ = find_drive(p, x, y, rest, session[6])  # u is alpha times this
                integrate(p, x, drive, state, h, tolerance, seen_focal, part)
                leave = h - part[x]
                total -= g_i * leave
                gradient[G_FOCAL] -= leave
                gradient[G_NEGATIVE] -= g_i * part[4]
                gradient[G_AWAY] -= g_i * part[5]
                gradient[G_POSITIVE] -= g_i * part[7]
                for j in range(3):
                    gradient[G_SLOPE_NEGATIVE + j] -= g_i * part[8 + j]
                gradient[G_GAIN] -= g_i * part[11]
                if find_followed(p, x, y, seen_focal) >= 0:
                    total -= phi * h
                    gradient[G_FOLLOW] -= trust * h
                if mode == _FREE:
                    seen[x, y] += h
        now = t
        if i == times.size:
            break
        kind, k = kinds[i], int(states[i])
        if kind == _MODE:
            mode = k
        elif kind == _SET_FOCAL:
            x = k
        elif kind == _SET_RESPONDER:
            y = k
        elif kind == _RESPONDER:
            rate = hazards[x, k]
            if rate <= 0.0:
                return -np.inf, i
            total += np.log(rate)
            gradient[G_AGENDA] += own[k] / rate
            by_pi[k] += g_c / rate
            gradient[G_MISREAD] += looks[x, k] / rate
            if k == seen_responder[x]:
                gradient[G_CONTINGENT] += 1.0 / rate
            y = k
        else:
            z = min(state[0] / tolerance, Z_MAX)
            choose(p, z, seen_focal, chances, shown)
            joined = phi if k == find_followed(p, x, y, seen_focal) else 0.0
            rate = g_i * shown[k] + joined
            if rate <= 0.0:
                return -np.inf, i
            total += np.log(rate)
            gradient[G_FOCAL] += shown[k] / rate
            if joined > 0.0:
                gradient[G_FOLLOW] += trust / rate
            scale = g_i / rate
            d0 = scale * chances[0] * ((1.0 if seen_focal[0] == k else 0.0) - shown[k])
            d1 = scale * chances[1] * ((1.0 if seen_focal[1] == k else 0.0) - shown[k])
            d3 = scale * chances[3] * ((1.0 if seen_focal[3] == k else 0.0) - shown[k])
            gradient[G_NEGATIVE] += d0
            gradient[G_AWAY] += d1
            gradient[G_POSITIVE] += d3
            gradient[G_SLOPE_NEGATIVE] += d0 * (z - 1.0)
            gradient[G_SLOPE_AWAY] += d1 * z
            gradient[G_SLOPE_POSITIVE] -= d3 * z
            if z < Z_MAX:
                by_z = p[ar.SLOPE_NEGATIVE] * d0 + p[ar.SLOPE_AWAY] * d1 - p[ar.SLOPE_POSITIVE] * d3
                gradient[G_GAIN] += by_z * state[1] / tolerance
            x = k
    for x in range(4):
        for y in range(5):
            h = seen[x, y]
            if h == 0.0:
                continue
            for k in range(5):
                if k == y:
                    continue
                total -= hazards[x, k] * h
                gradient[G_AGENDA] -= own[k] * h
                by_pi[k] -= g_c * h
                gradient[G_MISREAD] -= looks[x, k] * h
                if k == seen_responder[x]:
                    gradient[G_CONTINGENT] -= h
    mean = 0.0
    for k in range(5):
        mean += by_pi[k] * own[k]
    for k in range(5):
        gradient[G_PI + k] += p[AGENDA + k] * (by_pi[seen_responder[k]] - mean)
    return total, -1
