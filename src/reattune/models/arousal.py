"""Compiled pieces that simulator and likelihood share: parameter vector, arousal, choice of state.

Imported only when a kernel is used. Compiled callers in other modules keep an old version in their
cache when something changes here: delete ``__pycache__`` then.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reattune.models.parameters import AWAY, NEGATIVE, OFF, DyadParameters

FloatArray = NDArray[np.float64]

# Fields of `DyadParameters` in the order of the vector, and the place of each.
PACKED = (
    *("focal_agenda_per_s", "focal_follow_per_s", "responder_agenda_per_s"),
    *("responder_look_per_s", "reading_prob", "readiness_prob"),
    *("logit_negative", "logit_away", "logit_positive"),
    *("slope_negative", "slope_away", "slope_positive"),
    *("arousal_gain_per_s", "off_gain", "recovery_per_s", "matched_recovery_per_s"),
    *("negative_recovery", "away_recovery", "tolerance_exponent", "stress_gain"),
    *("learning_rate", "generalisation", "prior_weight", "prior_width", "tolerance_prior"),
    *("late_s", "overwhelm", "self_repair_credit", "evidence_saturation"),
    *("forgetting", "stress_sessions", "depth_base", "depth_slope"),
)
FOCAL_AGENDA, FOCAL_FOLLOW, RESPONDER_AGENDA, LOOK, READING, READINESS = range(6)
LOGIT_NEGATIVE, LOGIT_AWAY, LOGIT_POSITIVE = range(6, 9)
SLOPE_NEGATIVE, SLOPE_AWAY, SLOPE_POSITIVE = range(9, 12)
AROUSAL_GAIN, OFF_GAIN, RECOVERY, MATCHED_RECOVERY = range(12, 16)
NEGATIVE_RECOVERY, AWAY_RECOVERY, TOLERANCE_EXPONENT, STRESS_GAIN = range(16, 20)
LEARNING_RATE, GENERALISATION, PRIOR_WEIGHT, PRIOR_WIDTH, TOLERANCE_PRIOR = range(20, 25)
LATE, OVERWHELM, SELF_REPAIR_CREDIT, EVIDENCE_SATURATION = range(25, 29)
FORGETTING, STRESS_SESSIONS, DEPTH_BASE, DEPTH_SLOPE = range(29, 33)
AGENDA = 33  # five chances from here on
FIT = 38  # G[x, y] at FIT + 5 x + y
N_PACKED = 58

Z_MAX = 2.0
_SMALL = 1e-4


def pack(parameters: DyadParameters) -> FloatArray:
    """The parameters as one vector of shape (58,), for kernels; see the named places above."""
    out = np.empty(N_PACKED)
    out[:AGENDA] = [getattr(parameters, name) for name in PACKED]
    out[AGENDA:FIT] = parameters.responder_agenda
    out[FIT:] = np.array(parameters.fit_table, dtype=np.float64).reshape(-1)
    return out


@njit(cache=True, nogil=True)
def fits(p: FloatArray, x: int, y: int) -> bool:
    """Whether the dyad is attuned: G[x, y]."""
    return bool(p[FIT + 5 * x + y] > 0.5)


@njit(cache=True, nogil=True)
def scale_session(
    p: FloatArray, tolerance: float, stress: float, depth: float
) -> tuple[float, float]:
    """``(rest, strain)`` of a session: b_0 W^nu_S, and alpha delta (1 + psi S)."""
    rest = p[RECOVERY] * tolerance ** p[TOLERANCE_EXPONENT]
    strain = p[AROUSAL_GAIN] * depth * (1.0 + p[STRESS_GAIN] * stress)
    return rest, strain


@njit(cache=True, nogil=True)
def find_drive(p: FloatArray, x: int, y: int, rest: float, strain: float) -> tuple[float, float]:
    """``(u, b)`` of da/dt = u - b a in joint state (x, y); rest and strain of `scale_session`.

    Attuned: u = 0, b = rest + b_1 (b_1 b_1N while negative). Mismatched: u = strain (times w_off
    while the responder is off), b = rest (times 1 + eta_A while away).
    """
    if fits(p, x, y):
        b = p[MATCHED_RECOVERY]
        if x == NEGATIVE:
            b *= p[NEGATIVE_RECOVERY]
        return 0.0, rest + b
    u = strain
    if y == OFF:
        u *= p[OFF_GAIN]
    b = rest
    if x == AWAY:
        b *= 1.0 + p[AWAY_RECOVERY]
    return u, b


@njit(cache=True, nogil=True)
def advance_arousal(a: float, u: float, b: float, h: float) -> tuple[float, float]:
    """Arousal after ``h``, and its integral over ``h``, in a joint state that holds.

    a(t + h) = u/b + (a - u/b) exp(-b h), with integral (u/b) h + (a - a(t + h)) / b; where b h is
    so small that these would lose digits, their series to third order.
    """
    if b * h < _SMALL:
        slope = u - b * a
        late = a + slope * h * (1.0 - 0.5 * b * h * (1.0 - b * h / 3.0))
        return late, a * h + slope * h * h * (0.5 - b * h / 6.0)
    level = u / b
    left = (a - level) * np.exp(-b * h)
    return level + left, level * h + (a - level - left) / b


@njit(cache=True, nogil=True)
def step_arousal(a: float, u: float, b: float, h: float) -> float:
    """a(t + h); see `advance_arousal`."""
    return advance_arousal(a, u, b, h)[0]


@njit(cache=True, nogil=True)
def integrate_arousal(a: float, u: float, b: float, h: float) -> float:
    """Integral of a over [t, t + h]; see `advance_arousal`."""
    return advance_arousal(a, u, b, h)[1]


@njit(cache=True, nogil=True)
def find_excess(
    a: float, late: float, u: float, b: float, h: float, bound: float
) -> tuple[float, float]:
    """Time that arousal spends above ``bound`` in ``h``, and the integral of max(a - bound, 0).

    ``a`` and ``late`` are arousal at both ends; between them it moves one way only.
    """
    if a <= bound and late <= bound:
        return 0.0, 0.0
    if a >= bound and late >= bound:
        return h, advance_arousal(a, u, b, h)[1] - bound * h
    slope = u - b * a
    if b > 0.0:
        cross = -np.log1p(-b * (bound - a) / slope) / b
    else:
        cross = (bound - a) / slope
    cross = min(max(cross, 0.0), h)
    if late > a:
        above = h - cross
        return above, advance_arousal(bound, u, b, above)[1] - bound * above
    return cross, advance_arousal(a, u, b, cross)[1] - bound * cross


@njit(cache=True, nogil=True)
def find_targets(p: FloatArray, a: float, tolerance: float, out: FloatArray) -> None:
    """Write the chances with which the focal partner chooses each of its 4 states; they sum to 1.

    z = min(a / W, 2); logits b_N + theta_N (z - 1), b_A + theta_A z, 0, b_P - theta_P z.
    """
    z = min(a / tolerance, Z_MAX)
    out[0] = np.exp(p[LOGIT_NEGATIVE] + p[SLOPE_NEGATIVE] * (z - 1.0))
    out[1] = np.exp(p[LOGIT_AWAY] + p[SLOPE_AWAY] * z)
    out[2] = 1.0
    out[3] = np.exp(p[LOGIT_POSITIVE] - p[SLOPE_POSITIVE] * z)
    total = out[0] + out[1] + out[2] + out[3]
    for k in range(4):
        out[k] /= total
