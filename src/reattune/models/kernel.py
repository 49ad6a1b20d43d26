"""The compiled simulator: exact, event by event. Imported only when used.

Four independent Poisson clocks run: the focal partner's agenda and following, the responder's
agenda and looking. The next tick is exponential in their total rate; arousal moves in closed form
from tick to tick; what ticked may leave the state as it is. Nothing is discretised.

Random numbers come from a counter (SplitMix64; Steele, Lea and Flood 2014, OOPSLA): each session of
each dyad has a key of its own, so no session depends on how many others are simulated, or where.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reattune.models.arousal import (
    AGENDA,
    DEPTH_BASE,
    DEPTH_SLOPE,
    FOCAL_AGENDA,
    FOCAL_FOLLOW,
    LATE,
    LOOK,
    READINESS,
    READING,
    RESPONDER_AGENDA,
    advance_arousal,
    find_drive,
    find_excess,
    find_targets,
    fits,
    scale_session,
)
from reattune.models.learning import add_evidence, end_session, find_prior, read_belief
from reattune.models.parameters import ATTEND, OFF, PLAY

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
SmallArray = NDArray[np.int8]
KeyArray = NDArray[np.uint64]

# Columns of the sums of a phase group.
OBSERVED, MATCHED = range(2)
FOCAL_TIME = 2  # four columns
RESPONDER_TIME = 6  # five columns
AROUSAL, OVER, ABOVE = range(11, 14)
RUPTURES, OPENED_BY_FOCAL, OPENED_BY_CLAMP = range(14, 17)
REPAIRED, REPAIRED_BY_RESPONDER, LATENCY, SOON, DEPTH = range(17, 22)
FOCAL_CHANGES, RESPONDER_CHANGES = range(22, 24)
REPAIRS = 24  # those of mismatches that were there at the start as well
N_SUMS = 25
# Columns of the latents of a session.
TOLERANCE, TRUST, CONFIDENT, STRESS, SESSION_DEPTH = range(5)
N_LATENTS = 5

_FOCAL, _RESPONDER, _CLAMP = 0, 1, 2
DEPTH_CAP = 1.5

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_DROP = np.uint64(0xD1B54A32D192ED03)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 2.0**-53


@njit(cache=True, nogil=True)
def mix(value: np.uint64) -> np.uint64:
    """The finishing step of SplitMix64: 64 well-mixed bits."""
    z = np.uint64(value)
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@njit(cache=True, nogil=True)
def key_session(key: np.uint64, session: int) -> np.uint64:
    """The key of one session of the dyad with that key."""
    return mix(np.uint64(key) + mix(np.uint64(session + 1)))


@njit(cache=True, nogil=True)
def draw(counter: KeyArray) -> float:
    """The next uniform number in [0, 1) of ``counter``, shape (1,)."""
    counter[0] += _GAMMA
    return float(mix(counter[0]) >> _S11) * _UNIT


@njit(cache=True, nogil=True)
def _pick_target(p: FloatArray, a: float, tolerance: float, chances: FloatArray, u: float) -> int:
    find_targets(p, a, tolerance, chances)
    k = 0
    while k < 3 and u >= chances[k]:
        u -= chances[k]
        k += 1
    return k


@njit(cache=True, nogil=True)
def _pick_agenda(p: FloatArray, u: float) -> int:
    k = 0
    while k < 4 and u >= p[AGENDA + k]:
        u -= p[AGENDA + k]
        k += 1
    return k


@njit(cache=True, nogil=True)
def _grow(
    times: FloatArray, who: SmallArray, states: SmallArray
) -> tuple[FloatArray, SmallArray, SmallArray]:
    """The same events in arrays twice as long."""
    size = 2 * times.size + 256
    more_times = np.empty(size)
    more_who = np.empty(size, dtype=np.int8)
    more_states = np.empty(size, dtype=np.int8)
    # A loop, because slices take the compiler seconds.
    for i in range(times.size):
        more_times[i], more_who[i], more_states[i] = times[i], who[i], states[i]
    return more_times, more_who, more_states


@njit(cache=True, nogil=True)
def run_session(
    p: FloatArray,
    tolerance: float,
    trust: float,
    stress: float,
    depth: float,
    key: np.uint64,
    x: int,
    y: int,
    a: float,
    phase_start: FloatArray,
    phase_mode: SmallArray,
    phase_group: IntArray,
    length: float,
    soon: float,
    gain: FloatArray,
    sums: FloatArray,
    record: bool,
    times: FloatArray,
    who: SmallArray,
    states: SmallArray,
    n: int,
) -> tuple[FloatArray, SmallArray, SmallArray, int]:
    """Live one session; add to ``gain`` (2, 31) and ``sums`` (groups, 25), append its events.

    Tolerance, trust, stress and depth are held through the session. The event arrays are returned,
    longer ones where they had to grow, with the number of events now in them.
    """
    counter = np.empty(1, dtype=np.uint64)
    counter[0] = key
    chances = np.empty(4)
    rest, strain = scale_session(p, tolerance, stress, depth)
    after_agenda = p[FOCAL_AGENDA]
    after_follow = after_agenda + p[FOCAL_FOLLOW]
    after_own = after_follow + p[RESPONDER_AGENDA]
    rate = after_own + p[LOOK]
    t = 0.0
    phase = 0
    clamped = False
    running = False
    begun = a_begun = peak = area = 0.0
    match = fits(p, x, y)
    x_before, y_before = x, y
    entering = True
    group = phase_group[0]
    border = 0.0
    u, b = find_drive(p, x, y, rest, strain)
    while True:
        mover = -1
        if entering:
            # A phase begins here; a clamp puts the responder to "off".
            entering = False
            group = phase_group[phase]
            border = phase_start[phase + 1] if phase + 1 < phase_start.size else length
            clamped = phase_mode[phase] != 0
            if clamped and y != OFF:
                y, mover = OFF, _CLAMP
        else:
            h = -np.log(1.0 - draw(counter)) / rate if rate > 0.0 else np.inf
            reached = t + h >= border
            if reached:
                h = border - t
            late, lived = advance_arousal(a, u, b, h)
            sums[group, OBSERVED] += h
            sums[group, FOCAL_TIME + x] += h
            sums[group, RESPONDER_TIME + y] += h
            sums[group, AROUSAL] += lived
            if match:
                sums[group, MATCHED] += h
            if a > tolerance or late > tolerance:
                above, over = find_excess(a, late, u, b, h, tolerance)
                sums[group, ABOVE] += above
                sums[group, OVER] += over
            if running:
                area += lived
                peak = max(peak, late)
            a = late
            if reached:
                t = border
                phase += 1
                if phase >= phase_start.size:
                    break
                entering = True
                continue
            t += h
            pick = draw(counter) * rate
            if pick < after_agenda:
                x = _pick_target(p, a, tolerance, chances, draw(counter))
                mover = _FOCAL
            elif pick < after_follow:
                if not match and ATTEND <= y <= PLAY and draw(counter) < trust:
                    x, mover = y, _FOCAL
            elif clamped:
                pass
            elif pick < after_own:
                y = _pick_agenda(p, draw(counter))
                mover = _RESPONDER
            else:
                seen = x
                if draw(counter) >= p[READING]:
                    seen = (x + 1 + int(3.0 * draw(counter))) % 4
                if seen != y and draw(counter) < p[READINESS]:
                    y, mover = seen, _RESPONDER
        if mover < 0 or (x == x_before and y == y_before):
            continue
        x_before, y_before = x, y
        if mover != _CLAMP:
            sums[group, FOCAL_CHANGES if mover == _FOCAL else RESPONDER_CHANGES] += 1.0
            if record:
                if n == times.size:
                    times, who, states = _grow(times, who, states)
                times[n] = t
                who[n] = mover
                states[n] = x if mover == _FOCAL else y
                n += 1
        u, b = find_drive(p, x, y, rest, strain)
        now = fits(p, x, y)
        if match and not now:
            running = True
            begun, a_begun, peak, area = t, a, a, 0.0
            sums[group, RUPTURES] += 1.0
            if mover == _FOCAL:
                sums[group, OPENED_BY_FOCAL] += 1.0
            elif mover == _CLAMP:
                sums[group, OPENED_BY_CLAMP] += 1.0
        elif now and not match:
            sums[group, REPAIRS] += 1.0
            if running:
                running = False
                latency = t - begun
                by_responder = mover != _FOCAL
                sums[group, REPAIRED] += 1.0
                sums[group, LATENCY] += latency
                sums[group, DEPTH] += peak / tolerance
                if by_responder:
                    sums[group, REPAIRED_BY_RESPONDER] += 1.0
                if latency <= soon:
                    sums[group, SOON] += 1.0
                add_evidence(p, gain, latency, a_begun, peak, area, tolerance, True, by_responder)
        match = now
    if running and length - begun > p[LATE]:
        add_evidence(p, gain, length - begun, a_begun, peak, area, tolerance, False, False)
    return times, who, states, n


@njit(cache=True, nogil=True)
def run_course(
    p: FloatArray,
    sessions: int,
    first: int,
    key: np.uint64,
    belief: FloatArray,
    stress: float,
    x: int,
    y: int,
    a: float,
    phase_start: FloatArray,
    phase_mode: SmallArray,
    phase_group: IntArray,
    groups: int,
    length: float,
    soon: float,
    drop: FloatArray,
    record: bool,
    held: FloatArray,
) -> tuple[int, bool, float, FloatArray, FloatArray, FloatArray, SmallArray, SmallArray, IntArray]:
    """Live ``sessions`` sessions, numbered from ``first``; ``belief`` (2, 31) is changed in place.

    ``drop`` holds the three coefficients of drop-out, or nothing; ``held`` (n, 2) the tolerance and
    trust prescribed for each session, nan where they follow the belief. Returned are the number of
    sessions lived, whether the dyad dropped out after the last, the stress, the latents at the
    start of every session (n, 5), the sums (n, groups, 25), the events of all sessions one after
    the other, and where each session's begin (n + 1).
    """
    prior = find_prior(p)
    latents = np.empty((sessions, N_LATENTS))
    sums = np.zeros((sessions, groups, N_SUMS))
    offsets = np.zeros(sessions + 1, dtype=np.int64)
    times = np.empty(0)
    who = np.empty(0, dtype=np.int8)
    states = np.empty(0, dtype=np.int8)
    counter = np.empty(1, dtype=np.uint64)
    n = offsets[0]  # a plain 0 would be a type of its own: run_session would be compiled twice
    lived = 0
    dropped = False
    while lived < sessions and not dropped:
        tolerance, trust, confident = read_belief(belief)
        if not np.isnan(held[lived, TOLERANCE]):
            tolerance = held[lived, TOLERANCE]
        if not np.isnan(held[lived, TRUST]):
            trust, confident = held[lived, TRUST], np.nan
        depth = p[DEPTH_BASE] + p[DEPTH_SLOPE] * trust * tolerance
        depth = min(max(depth, 0.0), DEPTH_CAP)
        latents[lived, TOLERANCE] = tolerance
        latents[lived, TRUST] = trust
        latents[lived, CONFIDENT] = confident
        latents[lived, STRESS] = stress
        latents[lived, SESSION_DEPTH] = depth
        gain = np.zeros(belief.shape)
        seed = key_session(key, first + lived)
        times, who, states, n = run_session(
            p, tolerance, trust, stress, depth, seed, x, y, a, phase_start, phase_mode,
            phase_group, length, soon, gain, sums[lived], record, times, who, states, n,
        )  # fmt: skip
        over = above = 0.0
        for group in range(groups):
            over += sums[lived, group, OVER]
            above += sums[lived, group, ABOVE]
        stress = end_session(p, prior, belief, gain, stress, over / length)
        if drop.size == 3:
            counter[0] = mix(seed ^ _DROP)
            logit = drop[0] + drop[1] * above / length + drop[2] * (trust - 0.5)
            dropped = draw(counter) < 1.0 / (1.0 + np.exp(-logit))
        lived += 1
        offsets[lived] = n
    return (
        lived, dropped, stress, latents[:lived], sums[:lived],
        times[:n].copy(), who[:n].copy(), states[:n].copy(), offsets[: lived + 1],
    )  # fmt: skip
