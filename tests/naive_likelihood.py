"""The mechanistic model once more, in loops anybody can read. Imports nothing of the package.

A session is a list of changes ``(time, who, state)`` and a list of phases ``(start, mode)``; modes
are 0 free, 1 still-face, 2 imposed non-response. Parameters are a dict with the names of the
published equations.
"""

from __future__ import annotations

import itertools
import math
import random

from scipy.integrate import quad

N, A, M, P = range(4)
SOOTHE, WAIT, ATTEND, PLAY, OFF = range(5)

DEFAULTS = {
    "gI": 0.45, "phi0": 0.10, "gC": 0.15, "om": 1.0, "s": 0.35, "rho": 0.35,
    "pi": (0.1, 0.2, 0.3, 0.25, 0.15),
    "bN": -0.8, "bA": 0.0, "bP": 0.4, "theta_N": 2.5, "theta_A": 0.6, "theta_P": 1.5,
    "alpha": 0.06, "woff": 1.2, "b0": 0.045, "b1": 0.15, "b1N": 0.4, "etaA": 0.25, "nuS": 0.5,
    "psi": 0.2,
}  # fmt: skip
# Which response fits which state: 4 rows, 5 columns.
IDENTITY = [[1 if k == x else 0 for k in range(5)] for x in range(4)]


def target_probs(p: dict, a: float, W: float) -> list[float]:
    """Where the focal partner's own agenda leads, at arousal a."""
    z = min(a / W, 2.0)
    logits = [
        p["bN"] + p["theta_N"] * (z - 1),
        p["bA"] + p["theta_A"] * z,
        0.0,
        p["bP"] - p["theta_P"] * z,
    ]
    top = max(logits)
    weights = [math.exp(v - top) for v in logits]
    return [w / sum(weights) for w in weights]


def drive(p: dict, x: int, y: int, fits: bool, W: float, S: float) -> tuple[float, float]:
    """u and b of da/dt = u - b a."""
    calm = p["b0"] * W ** p["nuS"]
    if fits:
        return 0.0, calm + p["b1"] * (p["b1N"] if x == N else 1.0)
    u = p["alpha"] * (1 + p["psi"] * S) * (p["woff"] if y == OFF else 1.0)
    return u, calm * (1 + p["etaA"] if x == A else 1.0)


def arousal_after(a: float, u: float, b: float, h: float) -> float:
    """Exact solution over a time h."""
    return u / b + (a - u / b) * math.exp(-b * h)


def focal_hazard(p: dict, x: int, k: int, y: int, a: float, W: float, T: float, fit) -> float:
    """Rate at which the focal partner goes from x to k."""
    rate = p["gI"] * target_probs(p, a, W)[k]
    if not fit[x][y] and y in (ATTEND, PLAY) and k == y:
        rate += p["phi0"] * T
    return rate


def responder_hazard(p: dict, x: int, k: int) -> float:
    """Rate at which the responder takes up response k while the focal partner is in x."""
    rate = p["gC"] * p["pi"][k]
    if k == x:
        rate += p["om"] * p["rho"] * p["s"]
    elif k != OFF:
        rate += p["om"] * p["rho"] * (1 - p["s"]) / 3
    return rate


def log_likelihood(p, changes, phases, length, start, *, W=1.0, T=0.62, S=0.0, fit=IDENTITY):
    """Log likelihood of one session, interval by interval, each integral by quadrature."""
    x, y, a = start
    mode = 0
    moments = [(t, 0, who, state) for t, who, state in changes]
    moments += [(t, -1, -1, mode_) for t, mode_ in phases]
    moments.append((length, 1, -2, 0))
    moments.sort()
    now, total = 0.0, 0.0
    for t, _, who, state in moments:
        h = t - now
        if h > 0:
            u, b = drive(p, x, y, bool(fit[x][y]), W, S)

            def leave(r, x=x, y=y, a=a, u=u, b=b):
                at = arousal_after(a, u, b, r)
                return sum(focal_hazard(p, x, k, y, at, W, T, fit) for k in range(4) if k != x)

            # The probabilities have a corner where arousal passes twice the window.
            corners = [0.0, h]
            if (a - 2 * W) * (arousal_after(a, u, b, h) - 2 * W) < 0:
                corners.insert(1, math.log((a - u / b) / (2 * W - u / b)) / b)
            for low, high in itertools.pairwise(corners):
                total -= quad(leave, low, high, epsabs=1e-13, epsrel=1e-12)[0]
            if mode == 0:
                out = sum(responder_hazard(p, x, k) for k in range(5) if k != y)
                total -= out * h
            a = arousal_after(a, u, b, h)
        now = t
        if who == 0:
            total += math.log(focal_hazard(p, x, state, y, a, W, T, fit))
            x = state
        elif who == 1:
            total += math.log(responder_hazard(p, x, state))
            y = state
        elif who == -1:
            mode = state
            if mode in (1, 2):
                y = OFF
    return total


def simulate(p, length, phases=(), *, start=(M, ATTEND, 0.3), W=1.0, T=0.62, S=0.0, seed=0):
    """One session by drawing clock ticks one after another: changes ``(time, who, state)``."""
    rng = random.Random(seed)
    fit = IDENTITY
    x, y, a = start
    total = p["gI"] + p["phi0"] + p["gC"] + p["om"]
    ends = [*sorted(t for t, _ in phases), length]
    mode, now, changes = 0, 0.0, []
    plan = dict(phases)
    if 0.0 in plan:
        mode = plan[0.0]
        y = OFF if mode in (1, 2) else y
        ends.remove(0.0)
    while ends:
        step = rng.expovariate(total)
        u, b = drive(p, x, y, bool(fit[x][y]), W, S)
        if now + step >= ends[0]:
            a = arousal_after(a, u, b, ends[0] - now)
            now = ends.pop(0)
            if now in plan:
                mode = plan[now]
                y = OFF if mode in (1, 2) else y
            continue
        a, now = arousal_after(a, u, b, step), now + step
        clock = rng.random() * total
        if clock < p["gI"]:
            new = rng.choices(range(4), target_probs(p, a, W))[0]
            if new != x:
                x = new
                changes.append((now, 0, x))
        elif clock < p["gI"] + p["phi0"]:
            if not fit[x][y] and y in (ATTEND, PLAY) and rng.random() < T:
                x = y
                changes.append((now, 0, x))
        elif mode:
            continue
        elif clock < p["gI"] + p["phi0"] + p["gC"]:
            new = rng.choices(range(5), p["pi"])[0]
            if new != y:
                y = new
                changes.append((now, 1, y))
        else:
            read = x
            if rng.random() >= p["s"]:
                read = rng.choice([k for k in range(4) if k != x])
            if read != y and rng.random() < p["rho"]:
                y = read
                changes.append((now, 1, y))
    return changes
