"""The mechanistic dyad as a loop anybody can read. Imports nothing of what it checks.

Numbers are drawn in the order in which the text of the model asks for them: when does a clock tick,
which clock, then what that clock needs.
"""

from __future__ import annotations

import math
from collections.abc import Callable

NEGATIVE, AWAY, MONITOR, POSITIVE = 0, 1, 2, 3
SOOTHE, WAIT, ATTEND, PLAY, OFF = 0, 1, 2, 3, 4

DEFAULTS = {
    **{"gI": 0.45, "phi0": 0.10, "gC": 0.15, "om": 1.0, "s": 0.35, "rho": 0.35},
    **{"bN": -0.8, "bA": 0.0, "bP": 0.4, "thN": 2.5, "thA": 0.6, "thP": 1.5},
    **{"alpha": 0.06, "woff": 1.2, "b0": 0.045, "b1": 0.15, "b1N": 0.4, "etaA": 0.25},
    **{"nuS": 0.5, "psi": 0.2, "c": 0.0015, "sig": 0.4, "n0": 2.0, "kap0": 1.0, "W0": 1.0},
    **{"Lst": 10.0, "zc": 2.0, "selfc": 0.4, "d0": 10.0, "eps": 0.05, "NS": 10.0},
    **{"depth0": 1.0, "depth1": 0.0},
}
AGENDA = (0.1, 0.2, 0.3, 0.25, 0.15)
DEPTHS = [k / 10 for k in range(31)]

Draw = Callable[[], float]


def counter(key: int) -> Draw:
    """Uniform numbers from a 64-bit counter whose values are scrambled."""
    now = key

    def draw() -> float:
        nonlocal now
        now = (now + 0x9E3779B97F4A7C15) % 2**64
        return (scramble(now) >> 11) / 2**53

    return draw


def scramble(value: int) -> int:
    """The bits of a whole number, well mixed."""
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) % 2**64
    return value ^ (value >> 31)


def session_key(key: int, session: int) -> int:
    """The key of session number 0, 1, ... of the dyad with that key."""
    return scramble((key + scramble(session + 1)) % 2**64)


def draw_from(chances, number):
    """The first place at which the running sum of the chances exceeds the number."""
    for place, chance in enumerate(chances[:-1]):
        if number < chance:
            return place
        number -= chance
    return len(chances) - 1


def targets(q, arousal, tolerance):
    """Chances of the focal partner's four states when it chooses anew."""
    z = min(arousal / tolerance, 2.0)
    weights = [
        math.exp(q["bN"] + q["thN"] * (z - 1)),
        math.exp(q["bA"] + q["thA"] * z),
        1.0,
        math.exp(q["bP"] - q["thP"] * z),
    ]
    return [w / sum(weights) for w in weights]


def drift(q, x, y, tolerance, stress, depth):
    """u and b of da/dt = u - b a."""
    own = q["b0"] * tolerance ** q["nuS"]
    if x == y:
        return 0.0, own + q["b1"] * (q["b1N"] if x == NEGATIVE else 1.0)
    u = q["alpha"] * depth * (1 + q["psi"] * stress) * (q["woff"] if y == OFF else 1.0)
    return u, own * (1 + q["etaA"] if x == AWAY else 1.0)


def after(arousal, u, b, h):
    """Arousal h later."""
    return arousal * math.exp(-b * h) + u * -math.expm1(-b * h) / b if b > 0 else arousal + u * h


def area(arousal, u, b, h):
    """Integral of arousal over h."""
    if b == 0:
        return arousal * h + u * h * h / 2
    return (u * h + arousal - after(arousal, u, b, h)) / b


def above(arousal, u, b, h, bound):
    """Time above a bound within h, and the integral of what lies above it; crossing by halving."""
    end = after(arousal, u, b, h)
    if max(arousal, end) <= bound:
        return 0.0, 0.0
    if min(arousal, end) >= bound:
        return h, area(arousal, u, b, h) - bound * h
    low, high = 0.0, h
    for _ in range(100):
        middle = (low + high) / 2
        if (after(arousal, u, b, middle) > bound) == (arousal > bound):
            low = middle
        else:
            high = middle
    if arousal > bound:
        return low, area(arousal, u, b, low) - bound * low
    return h - low, area(bound, u, b, h - low) - bound * (h - low)


def live_session(q, tolerance, trust, stress, depth, draw, length, *, phases=((0.0, 0),), a=0.0):
    """One session: its events (time, who, state), what it teaches, and a tally."""
    x, y, t = MONITOR, ATTEND, 0.0
    events, lessons = [], []
    tally = {"matched": 0.0, "arousal": 0.0, "over": 0.0, "above": 0.0, "focal": [0.0] * 4}
    clocks = [q["gI"], q["phi0"], q["gC"], q["om"]]
    rupture = None
    for number, (start, mode) in enumerate(phases):
        end = phases[number + 1][0] if number + 1 < len(phases) else length
        if mode != 0 and y != OFF:
            if x == y:
                rupture = {"begun": start, "from": a, "peak": a, "area": 0.0}
            y = OFF
        while True:
            h = -math.log(1 - draw()) / sum(clocks)
            ticks = t + h < end
            if not ticks:
                h = end - t
            u, b = drift(q, x, y, tolerance, stress, depth)
            time_above, over = above(a, u, b, h, tolerance)
            tally["matched"] += h if x == y else 0.0
            tally["arousal"] += area(a, u, b, h)
            tally["above"] += time_above
            tally["over"] += over
            tally["focal"][x] += h
            if rupture:
                rupture["area"] += area(a, u, b, h)
            a = after(a, u, b, h)
            if rupture:
                rupture["peak"] = max(rupture["peak"], a)
            t = t + h if ticks else end
            if not ticks:
                break
            was, who = (x, y), None
            clock = draw_from([c / sum(clocks) for c in clocks], draw())
            if clock == 0:
                x, who = draw_from(targets(q, a, tolerance), draw()), "focal"
            elif clock == 1:
                if x != y and y in (ATTEND, PLAY) and draw() < trust:
                    x, who = (MONITOR if y == ATTEND else POSITIVE), "focal"
            elif mode != 0:
                pass
            elif clock == 2:
                y, who = draw_from(AGENDA, draw()), "responder"
            else:
                seen = x
                if draw() >= q["s"]:
                    seen = (x + 1 + int(3 * draw())) % 4  # any of the three others
                if seen != y and draw() < q["rho"]:
                    y, who = seen, "responder"
            if (x, y) == was:
                continue
            events.append((t, who, x if who == "focal" else y))
            if was[0] == was[1]:
                rupture = {"begun": t, "from": a, "peak": a, "area": 0.0}
            elif x == y and rupture:
                lessons.append({**rupture, "latency": t - rupture["begun"], "by": who})
                rupture = None
    if rupture and length - rupture["begun"] > q["Lst"]:
        lessons.append({**rupture, "latency": length - rupture["begun"], "by": None})
    return events, lessons, tally


def live_course(q, sessions, key, length, *, phases=((0.0, 0),), a=0.0):
    """Many sessions; for each its events, latents and tally; and the latents after the last."""
    prior = [1 / (1 + math.exp((u - q["W0"]) / q["kap0"])) for u in DEPTHS]
    good0, bad0 = [q["n0"] * p for p in prior], [q["n0"] * (1 - p) for p in prior]
    good, bad, stress = list(good0), list(bad0), 0.0
    lived = []
    for number in range(sessions):
        tolerance, trust, confident = read(good, bad)
        depth = min(max(q["depth0"] + q["depth1"] * trust * tolerance, 0.0), 1.5)
        events, lessons, tally = live_session(
            *(q, tolerance, trust, stress, depth, counter(session_key(key, number)), length),
            **{"phases": phases, "a": a},
        )
        latents = (tolerance, trust, confident, stress, depth)
        lived.append({"events": events, "latents": latents, "tally": tally, "lessons": lessons})
        for lesson in lessons:
            worth = 0.0
            if lesson["by"] is not None:
                worth = 1 / (1 + (lesson["latency"] / q["Lst"]) ** 3)
                worth /= 1 + (lesson["peak"] / tolerance / q["zc"]) ** 4
            credit = q["selfc"] if lesson["by"] == "focal" else 1.0
            weight = q["c"] * credit * lesson["area"] / (1 + lesson["area"] / q["d0"])
            for k, u in enumerate(DEPTHS):
                outside = max(lesson["from"] - u, u - lesson["peak"], 0.0)
                near = math.exp(-(outside**2) / (2 * q["sig"] ** 2))
                good[k] += weight * worth * near
                bad[k] += weight * (1 - worth) * near
        for k in range(31):
            good[k] = good0[k] + (1 - q["eps"]) * (good[k] - good0[k])
            bad[k] = bad0[k] + (1 - q["eps"]) * (bad[k] - bad0[k])
        stress += (tally["over"] / length - stress) / q["NS"]
    return lived, (*read(good, bad), stress)


def read(good, bad):
    """Tolerance, trust and confident trust."""
    belief = [g / (g + b) for g, b in zip(good, bad, strict=True)]
    tolerance = 3.0
    for k in range(31):
        if belief[k] < 0.5:
            tolerance = DEPTHS[k]
            if k > 0:
                part = (belief[k - 1] - 0.5) / (belief[k - 1] - belief[k])
                tolerance = DEPTHS[k - 1] + 0.1 * part
            break
    trust, weight = belief[5], good[5] + bad[5]
    confident = trust - 1.645 * math.sqrt(trust * (1 - trust) / (weight + 1))
    return min(max(tolerance, 0.35), 3.0), trust, confident
