"""The belief curve: what ended ruptures teach, and what is read off it. Compiled, loaded when used.

A Beta belief, indexed by arousal depth u, that "a rupture which takes me to depth u gets repaired".
Trust is that belief at an ordinary depth, tolerance the depth at which it crosses one half. One
rule gives both. Three parts of it are theory and not findings: a late repair counts little
(`late_s`), the repair of an overwhelming rupture counts little (`overwhelm`), and what holds at one
depth is believed to hold nearby (`generalisation`).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reattune.models.arousal import (
    EVIDENCE_SATURATION,
    FORGETTING,
    GENERALISATION,
    LATE,
    LEARNING_RATE,
    OVERWHELM,
    PRIOR_WEIGHT,
    PRIOR_WIDTH,
    SELF_REPAIR_CREDIT,
    STRESS_SESSIONS,
    TOLERANCE_PRIOR,
)

FloatArray = NDArray[np.float64]

# Depths u = 0, 0.1 ... 3.0.
N_DEPTHS = 31
DEPTH_STEP = 0.1
TOLERANCE_FLOOR, TOLERANCE_CAP = 0.35, 3.0
ORDINARY = 5  # u = 0.5
CONFIDENCE = 1.645
STRESS_CAP = 1e3


@njit(cache=True, nogil=True)
def find_prior(p: FloatArray) -> FloatArray:
    """A_0 = n_0 p_0 and B_0 = n_0 (1 - p_0), shape (2, 31); p_0(u) = 1 / (1 + e^((u - W0)/k0))."""
    out = np.empty((2, N_DEPTHS))
    for i in range(N_DEPTHS):
        share = 1.0 / (1.0 + np.exp((i * DEPTH_STEP - p[TOLERANCE_PRIOR]) / p[PRIOR_WIDTH]))
        out[0, i] = p[PRIOR_WEIGHT] * share
        out[1, i] = p[PRIOR_WEIGHT] * (1.0 - share)
    return out


@njit(cache=True, nogil=True)
def judge_repair(p: FloatArray, latency: float, depth: float) -> float:
    """R of a repaired rupture: 1 / (1 + (L / L_st)^3) / (1 + (z_D / z_c)^4), z_D in tolerances."""
    late = latency / p[LATE]
    deep = depth / p[OVERWHELM]
    worth: float = 1.0 / (1.0 + late * late * late) / (1.0 + deep * deep * deep * deep)
    return worth


@njit(cache=True, nogil=True)
def add_evidence(
    p: FloatArray,
    gain: FloatArray,
    latency: float,
    onset: float,
    peak: float,
    area: float,
    tolerance: float,
    repaired: bool,
    by_responder: bool,
) -> None:
    """Add what one ended rupture teaches to ``gain``, shape (2, 31): evidence for and against.

    Weight w = c q E / (1 + E / d_0) with E the ``area`` of arousal, q = 1 for a repair by the
    responder and for a rupture that stayed open, self_repair_credit for one that the focal partner
    ended. Kernel k(u) = 1 from arousal at onset to peak, falling off as a Gaussian outside.
    """
    credit = 1.0
    worth = 0.0
    if repaired:
        worth = judge_repair(p, latency, peak / tolerance)
        if not by_responder:
            credit = p[SELF_REPAIR_CREDIT]
    weight = p[LEARNING_RATE] * credit * area / (1.0 + area / p[EVIDENCE_SATURATION])
    if weight <= 0.0:
        return
    scale = -0.5 / (p[GENERALISATION] * p[GENERALISATION])
    for i in range(N_DEPTHS):
        u = i * DEPTH_STEP
        away = 0.0
        if u < onset:
            away = onset - u
        elif u > peak:
            away = u - peak
        near = weight * np.exp(scale * away * away) if away > 0.0 else weight
        gain[0, i] += worth * near
        gain[1, i] += (1.0 - worth) * near


@njit(cache=True, nogil=True)
def read_belief(belief: FloatArray) -> tuple[float, float, float]:
    """``(W, T, Tc)`` of a belief curve, shape (2, 31).

    W is the first depth at which p = A / (A + B) falls below one half, by linear interpolation, in
    [0.35, 3]; T = p(0.5); Tc = T - 1.645 sqrt(T (1 - T) / (A + B + 1)) at 0.5.
    """
    tolerance = TOLERANCE_CAP
    before = 1.0
    for i in range(N_DEPTHS):
        share = belief[0, i] / (belief[0, i] + belief[1, i])
        if share < 0.5:
            tolerance = i * DEPTH_STEP
            if i > 0:
                tolerance -= DEPTH_STEP * (0.5 - share) / (before - share)
            break
        before = share
    tolerance = min(max(tolerance, TOLERANCE_FLOOR), TOLERANCE_CAP)
    total = belief[0, ORDINARY] + belief[1, ORDINARY]
    trust = belief[0, ORDINARY] / total
    confident = trust - CONFIDENCE * np.sqrt(trust * (1.0 - trust) / (total + 1.0))
    return tolerance, trust, confident


@njit(cache=True, nogil=True)
def end_session(
    p: FloatArray,
    prior: FloatArray,
    belief: FloatArray,
    gain: FloatArray,
    stress: float,
    over: float,
) -> float:
    """Add a session's evidence to ``belief``, forget a part of all evidence; return the new stress.

    A <- A_0 + (1 - epsilon) (A - A_0), the same for B; S <- S + (O - S) / N_S, where ``over`` is O,
    the session's mean of max(a - W, 0). S is held below 1000 to stay finite.
    """
    kept = 1.0 - p[FORGETTING]
    for k in range(2):
        for i in range(N_DEPTHS):
            evidence = belief[k, i] + gain[k, i] - prior[k, i]
            belief[k, i] = prior[k, i] + kept * evidence
    after: float = min(stress + (over - stress) / p[STRESS_SESSIONS], STRESS_CAP)
    return after
