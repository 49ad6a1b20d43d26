"""A small simulator of two partners in which the true tolerance and the true trust are known.

It is written for these tests alone and shares no code with the package. One partner is in one of
four states (negative, away, monitor, positive), the other in one of five (soothe, wait, attend,
play, off); the first four of the other's fit one state of the first each, "off" fits none. Matched
while the other's state fits.

Moves come from four Poisson clocks (per second). The first partner's agenda `own`: a state drawn
with chances that depend on arousal over tolerance W. Its following `follow`: when mismatched and
the other attends or plays, it joins with chance T. The other's agenda `other`. The other's looking
`look`: reads the first one's state rightly with chance `read`, else wrongly, and adopts the fitting
response with chance `ready` (rho).

Arousal a rises while mismatched and falls always: a' = u - b a. Tolerance W and trust T follow the
lived ruptures: a belief, by depth of arousal, that a rupture which goes so deep is repaired. W is
the depth where the belief is one half, T the belief at depth .5. Late or overwhelming repairs teach
less. Both can be held, or moved by hand, instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

FIRST = ("negative", "away", "monitor", "positive")
SECOND = ("soothe", "wait", "attend", "play", "off")
FRAME_S = 0.04
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_AGENDA = np.array([0.1, 0.3, 0.6, 0.85, 1.0])  # soothe .1, wait .2, attend .3, play .25, off .15
_GRID = np.arange(31) / 10
_MAX_EVENTS = 8000


@dataclass(frozen=True)
class Dyad:
    """One dyad's rates and sensitivities; the defaults are an ordinary dyad."""

    own: float = 0.45
    follow: float = 0.10
    other: float = 0.15
    look: float = 1.0
    read: float = 0.35
    ready: float = 0.35
    to_negative: float = -0.8
    to_positive: float = 0.4
    strain: float = 0.06
    tolerance: float = 1.0
    trust: float = 0.6
    learning: float = 0.006


@dataclass(frozen=True)
class Simulated:
    """One session: changes on the frame grid, and the latents it was lived with."""

    edges: FloatArray
    first: IntArray
    second: IntArray
    tolerance: float
    trust: float


@njit(cache=False)
def _run(
    rates: FloatArray,
    tolerance: float,
    trust: float,
    stress: float,
    play_s: float,
    still_s: float,
    rng: np.random.Generator,
    gain: FloatArray,
) -> tuple[FloatArray, IntArray, IntArray, float]:
    """Times and states after each move, mean arousal above tolerance; adds to ``gain`` (2, 31)."""
    own, follow, other, look, read, ready, bn, bp, strain, learning = rates
    total_s = play_s + still_s
    times = np.empty(_MAX_EVENTS)
    xs = np.empty(_MAX_EVENTS, dtype=np.int64)
    ys = np.empty(_MAX_EVENTS, dtype=np.int64)
    x, y, a, t = 2, 2, 0.0, 0.0
    times[0], xs[0], ys[0] = 0.0, x, y
    n = 1
    rate = own + follow + other + look
    running, onset, a_onset, peak, area, over = False, 0.0, 0.0, 0.0, 0.0, 0.0
    chances = np.empty(4)
    clamped = False
    while True:
        h = -np.log(1.0 - rng.random()) / rate
        border = play_s if (not clamped and still_s > 0) else total_s
        stop = t + h >= border
        if stop:
            h = border - t
        match = x == y
        if match:
            u, b = 0.0, 0.045 * np.sqrt(tolerance) + 0.15 * (0.4 if x == 0 else 1.0)
        else:
            u = strain * (1 + 0.2 * stress) * (1.2 if y == 4 else 1.0)
            b = 0.045 * np.sqrt(tolerance) * (1.25 if x == 1 else 1.0)
        level = u / b
        late = level + (a - level) * np.exp(-b * h)
        if running:
            area += level * h + (a - level) * (1 - np.exp(-b * h)) / b
            peak = max(peak, late)
        over += max(0.0, 0.5 * (a + late) - tolerance) * h
        a, t = late, t + h
        who = 0
        if stop:
            if border == total_s:
                break
            clamped, y = True, 4
        else:
            pick = rng.random() * rate
            if pick < own:
                z = min(a / tolerance, 2.0)
                chances[0] = np.exp(bn + 2.5 * (z - 1))
                chances[1] = np.exp(0.6 * z)
                chances[2] = 1.0
                chances[3] = np.exp(bp - 1.5 * z)
                draw = rng.random() * chances.sum()
                x = 0
                while draw >= chances[x] and x < 3:
                    draw -= chances[x]
                    x += 1
                who = 1
            elif pick < own + follow:
                if not match and (y == 2 or y == 3) and rng.random() < trust:
                    x, who = y, 1
            elif clamped:
                pass
            elif pick < own + follow + other:
                draw = rng.random()
                y = 0
                while draw >= _AGENDA[y]:
                    y += 1
                who = 2
            else:
                seen = x
                if rng.random() >= read:
                    seen = (x + 1 + int(rng.random() * 3)) % 4
                if y != seen and rng.random() < ready:
                    y, who = seen, 2
        if xs[n - 1] != x or ys[n - 1] != y:
            times[n], xs[n], ys[n] = t, x, y
            n += 1
        if match and x != y:
            running, onset, a_onset, peak, area = True, t, a, a, 0.0
        elif running and x == y:
            running = False
            _learn(gain, learning, t - onset, a_onset, peak, area, tolerance, True, who == 2)
    if running and t - onset > 10.0:
        _learn(gain, learning, t - onset, a_onset, peak, area, tolerance, False, False)
    return times[:n].copy(), xs[:n].copy(), ys[:n].copy(), over / total_s


@njit(cache=False)
def _learn(
    gain: FloatArray,
    learning: float,
    latency: float,
    a_onset: float,
    peak: float,
    area: float,
    tolerance: float,
    repaired: bool,
    by_other: bool,
) -> None:
    worth = 0.0
    if repaired:
        worth = 1 / (1 + (latency / 10.0) ** 3) / (1 + (peak / tolerance / 2.0) ** 4)
    weight = learning * (1.0 if (by_other or not repaired) else 0.4) * area / (1 + area / 10.0)
    for i in range(31):
        u = i / 10
        away = max(0.0, max(a_onset - u, u - peak))
        near = np.exp(-away * away / 0.32)
        gain[0, i] += weight * worth * near
        gain[1, i] += weight * (1 - worth) * near


def simulate(
    dyad: Dyad,
    duration_s: float,
    rng: np.random.Generator,
    *,
    still_s: float = 0.0,
    stress: float = 0.0,
    gain: FloatArray | None = None,
    over: list[float] | None = None,
) -> Simulated:
    """One session of play; then, with ``still_s``, the other stays "off" so long (a challenge)."""
    rates = np.array(
        [
            *(dyad.own, dyad.follow, dyad.other, dyad.look, dyad.read, dyad.ready),
            *(dyad.to_negative, dyad.to_positive, dyad.strain, dyad.learning),
        ]
    )
    kept = np.zeros((2, 31)) if gain is None else gain
    times, x, y, above = _run(
        rates, dyad.tolerance, dyad.trust, stress, duration_s, still_s, rng, kept
    )
    if over is not None:
        over.append(above)
    frames = np.round(times / FRAME_S).astype(np.int64)
    # What happens within one frame is seen as its last state.
    last = np.append(frames[1:] != frames[:-1], True)
    end = round((duration_s + still_s) / FRAME_S)
    last &= frames < end
    edges = np.append(frames[last], end) * FRAME_S
    return Simulated(edges, x[last], y[last], dyad.tolerance, dyad.trust)


def read_belief(a: FloatArray, b: FloatArray) -> tuple[float, float]:
    """Tolerance (where the belief crosses one half) and trust (the belief at depth .5)."""
    p = a / (a + b)
    trust = float(p[5])
    below = np.flatnonzero(p < 0.5)
    if below.size == 0:
        return 3.0, trust
    i = int(below[0])
    w = _GRID[i] if i == 0 else _GRID[i - 1] + 0.1 * (p[i - 1] - 0.5) / (p[i - 1] - p[i])
    return float(np.clip(w, 0.35, 3.0)), trust


def live_course(
    dyad: Dyad, sessions: int, duration_s: float, rng: np.random.Generator, *, learns: bool = True
) -> list[Simulated]:
    """A course in which W and T follow the lived ruptures, or drift at random instead."""
    prior = 1 / (1 + np.exp(_GRID - dyad.tolerance))
    a0, b0 = 2 * prior, 2 * (1 - prior)
    a, b, stress = a0.copy(), b0.copy(), 0.0
    course = []
    w, trust = read_belief(a, b)
    for _ in range(sessions):
        lived = replace(
            dyad,
            own=dyad.own * np.exp(rng.normal(0, 0.2)),
            look=dyad.look * np.exp(rng.normal(0, 0.2)),
            strain=dyad.strain * np.exp(rng.normal(0, 0.2)),
            to_negative=dyad.to_negative + rng.normal(0, 0.2),
            tolerance=w,
            trust=trust,
        )
        gain = np.zeros((2, 31))
        over: list[float] = []
        course.append(simulate(lived, duration_s, rng, stress=stress, gain=gain, over=over))
        if learns:
            a, b = a + gain[0], b + gain[1]
            a, b = a0 + 0.95 * (a - a0), b0 + 0.95 * (b - b0)
            stress += (over[0] - stress) / 10
            w, trust = read_belief(a, b)
        else:
            w = float(np.clip(w * np.exp(rng.normal(0, 0.06)), 0.35, 3.0))
            logit = np.log(trust / (1 - trust)) + rng.normal(0, 0.12)
            trust = float(1 / (1 + np.exp(-logit)))
    return course


def draw_dyad(rng: np.random.Generator) -> Dyad:
    """A dyad of the wide cohort: some repair ten times as readily as others."""

    def between(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    return Dyad(
        own=between(0.2, 0.8),
        follow=between(0.04, 0.3),
        other=between(0.03, 0.5),
        read=float(rng.uniform(0.2, 0.9)),
        ready=between(0.06, 0.9),
        to_negative=-0.8 + float(rng.normal(0, 0.35)),
        to_positive=0.4 + float(rng.normal(0, 0.3)),
        strain=0.06 * float(np.exp(rng.normal(0, 0.2))),
        tolerance=float(np.exp(rng.normal(0, 0.2))),
    )
