"""Pairs with a known truth: independent partners, and partners coupled in two ways.

Three states; mean dwell of state a = D x (1.6, 1.1, 0.6), next state with weights (1, 1.5, 2) among
the others; per partner and state both times exp(.3 z); exponential dwells; a burn-in of 15 to 45
mean dwells. Imports nothing that it helps to test.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.pair import MatchTable, Pair
from reattune.core.steps import Steps, make_steps

STATES = ("low", "middle", "high")
DWELL = np.array([1.6, 1.1, 0.6])
WEIGHT = np.array([1.0, 1.5, 2.0])
TILT = np.array([-1.0, 0.0, 1.0])
FINE_TICK_S = 1e-5

# A stream: times of its changes (the first at or before 0) and the state from each on.
Stream = tuple[list[float], list[int]]


def same_table(k: int = 3) -> MatchTable:
    same = np.eye(k, dtype=np.int64)
    states = STATES[:k]
    return MatchTable("same", (states, states), same, 1.0 - same, np.zeros((k, k), np.bool_))


@dataclass(frozen=True)
class Kind:
    """One partner's mean dwells and weights."""

    dwell: NDArray[np.float64]
    weight: NDArray[np.float64]


def draw_kind(
    rng: np.random.Generator, dwell_s: float, *, trait: float = 0.0, tempo: float = 1.0
) -> Kind:
    return Kind(
        dwell_s * tempo * DWELL * np.exp(0.3 * rng.standard_normal(3)) * np.exp(trait * TILT),
        WEIGHT * np.exp(0.3 * rng.standard_normal(3)),
    )


class Chances:
    """Random numbers in batches (single draws are slow)."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.exponentials: list[float] = []
        self.uniforms: list[float] = []

    def exponential(self) -> float:
        if not self.exponentials:
            self.exponentials = self.rng.standard_exponential(256).tolist()
        return self.exponentials.pop()

    def uniform(self) -> float:
        if not self.uniforms:
            self.uniforms = self.rng.random(256).tolist()
        return self.uniforms.pop()


class Walker:
    """Draws the next state and its dwell, with or without slow drift."""

    def __init__(self, kind: Kind, chances: Chances, total_s: float, drift: bool) -> None:
        self.dwell, self.weight = kind.dwell.tolist(), kind.weight.tolist()
        self.chances, self.total_s, self.drift = chances, total_s, drift

    def dwell_from(self, state: int, time: float) -> float:
        mean = self.dwell[state]
        if self.drift:
            mean *= float(np.exp(self.tilt(time) * (state - 1)))
        return mean * self.chances.exponential()

    def after(self, state: int, time: float) -> int:
        weight = self.weight
        if self.drift:
            tilt = np.exp(self.tilt(time))
            weight = [weight[0] / tilt, weight[1], weight[2] * tilt]
        first, second = [b for b in range(3) if b != state]
        share = weight[first] / (weight[first] + weight[second])
        return first if self.chances.uniform() < share else second

    def tilt(self, time: float) -> float:
        return 0.8 * (2 * min(max(time / self.total_s, 0.0), 1.0) - 1)

    def start(self) -> tuple[float, int]:
        burn = (15 + 30 * self.chances.uniform()) * sum(self.dwell) / 3
        return -burn, int(3 * self.chances.uniform())


def draw_stream(
    rng: np.random.Generator, kind: Kind, total_s: float, *, drift: bool = False
) -> Stream:
    """One partner alone, from before 0 to beyond ``total_s``."""
    walker = Walker(kind, Chances(rng), total_s, drift)
    time, state = walker.start()
    times, states = [time], [state]
    while True:
        time += walker.dwell_from(state, time)
        if time >= total_s:
            return times, states
        state = walker.after(state, time)
        times.append(time)
        states.append(state)


def draw_coupled(
    rng: np.random.Generator,
    dwell_s: float,
    total_s: float,
    *,
    follow: float = 0.0,
    repair: float = 0.0,
) -> Pair:
    """Two partners of whom the second follows the first, or repairs.

    follow: after each change of x, with this probability, y goes to x's new state after a gamma
    lag (shape 2, mean 1.2 s; a later one replaces it) and draws a new dwell. repair: while the
    states differ, y has the additional hazard ``repair / dwell_s`` of moving to x's state.
    """
    x = draw_stream(rng, draw_kind(rng, dwell_s), total_s)
    walker = Walker(draw_kind(rng, dwell_s), Chances(rng), total_s, False)
    chances = walker.chances
    time, state = walker.start()
    times, states = [time], [state]
    leave = time + walker.dwell_from(state, time)
    never = float("inf")
    goes_at, goes_to = never, -1
    at = 0
    x_times, x_states = x
    while at < len(x_times) and x_times[at] <= time:
        at += 1
    x_state = x_states[max(at - 1, 0)]
    while True:
        x_next = x_times[at] if at < len(x_times) else never
        repairs_at = never
        if repair and state != x_state:
            repairs_at = time + chances.exponential() * dwell_s / repair
        time = min(x_next, leave, goes_at, repairs_at)
        if time >= total_s:
            break
        if time == x_next:
            x_state = x_states[at]
            at += 1
            if follow and chances.uniform() < follow:
                goes_at, goes_to = time + float(rng.gamma(2.0, 0.6)), x_state
            continue
        if time == goes_at:
            new, goes_at = goes_to, never
        elif time == repairs_at:
            new = x_state
        else:
            new = walker.after(state, time)
        leave = time + walker.dwell_from(new, time)
        if new != state:
            state = new
            times.append(time)
            states.append(state)
    return pair_of(x, (times, states), total_s)


def holes(
    rng: np.random.Generator, total_s: float, share: float, mean_s: float
) -> list[tuple[float, float]]:
    """Missing stretches of mean length ``mean_s`` that cover ``share`` of the time."""
    found = []
    time = -rng.exponential(mean_s * (1 - share) / share) if rng.random() < share else 0.0
    time += rng.exponential(mean_s * (1 - share) / share)
    while time < total_s:
        end = time + rng.exponential(mean_s)
        found.append((max(time, 0.0), min(end, total_s)))
        time = end + rng.exponential(mean_s * (1 - share) / share)
    return [(a, b) for a, b in found if b > a]


def steps_of(
    stream: Stream, total_s: float, missing: list[tuple[float, float]] | None = None
) -> Steps:
    times = np.clip(np.array(stream[0]), 0.0, total_s)
    ends = np.append(times[1:], total_s)
    states = np.array(stream[1], dtype=np.int64)
    keep = ends > times
    steps = make_steps(times[keep], ends[keep], states[keep], (0.0, total_s))
    if not missing:
        return steps
    edges = np.unique(np.concatenate([steps.edges, np.array(missing).ravel()]))
    codes = steps.at(edges[:-1])
    for begin, end in missing:
        codes[(edges[:-1] >= begin) & (edges[:-1] < end)] = -1
    return make_steps(edges[:-1], edges[1:], codes, (0.0, total_s))


def pair_of(
    x: Stream,
    y: Stream,
    total_s: float,
    *,
    missing: tuple[list[tuple[float, float]], list[tuple[float, float]]] | None = None,
) -> Pair:
    gone = missing or ([], [])
    return Pair(
        ("first", "second"),
        steps_of(x, total_s, gone[0]),
        steps_of(y, total_s, gone[1]),
        same_table(),
        (FINE_TICK_S, FINE_TICK_S),
    )


def draw_independent(
    rng: np.random.Generator, dwell_s: float, total_s: float, cell: str = "plain"
) -> Pair:
    """Two partners who know nothing of each other. Cells: plain, drift, missing."""
    drift = cell == "drift"
    x = draw_stream(rng, draw_kind(rng, dwell_s), total_s, drift=drift)
    y = draw_stream(rng, draw_kind(rng, dwell_s), total_s, drift=drift)
    missing = None
    if cell == "missing":
        missing = (holes(rng, total_s, 0.20, 8.0), holes(rng, total_s, 0.05, 5.0))
    return pair_of(x, y, total_s, missing=missing)


def draw_study(
    rng: np.random.Generator,
    n_dyads: int,
    *,
    dwell_s: float = 7.0,
    total_s: float = 180.0,
    trait: bool = False,
    drift: bool = False,
) -> dict[str, Pair]:
    """Independent partners of n dyads who share a tempo and, with ``trait``, a mood."""
    study = {}
    for k in range(n_dyads):
        tempo = float(np.exp(0.3 * rng.standard_normal()))
        z = 0.7 * float(rng.standard_normal()) if trait else 0.0
        streams = [
            draw_stream(rng, draw_kind(rng, dwell_s, trait=z, tempo=tempo), total_s, drift=drift)
            for _ in range(2)
        ]
        study[f"{k:02d}"] = pair_of(streams[0], streams[1], total_s)
    return study


def draw_seconds(rng: np.random.Generator, dwell_s: float, total_s: float) -> Pair:
    """Independent partners coded once per second: the state at the start of each second."""
    made = draw_independent(rng, dwell_s, total_s)
    grid = np.arange(int(total_s) + 1, dtype=np.float64)
    x, y = (
        make_steps(grid[:-1], grid[1:], steps.at(grid[:-1]), (0.0, float(int(total_s))))
        for steps in (made.x, made.y)
    )
    return Pair(made.partners, x, y, made.table, (1.0, 1.0))


def draw_contact(
    rng: np.random.Generator, dwell_s: float, total_s: float, patience_s: float
) -> Pair:
    """Independent partners, each in contact while it showed the state "high" within the patience.

    The derived states (0 out of contact, 1 in contact) are what the pair holds; before the first
    bout the state is unknown for the patience. Attuned while both are in contact.
    """
    made = draw_independent(rng, dwell_s, total_s)
    sides = []
    for steps in (made.x, made.y):
        shown = steps.codes == 2
        begin, end = steps.edges[:-1][shown], steps.edges[1:][shown] + patience_s
        inner = np.unique(np.concatenate([[0.0, patience_s, total_s], begin, end]))
        inner = inner[(inner >= 0) & (inner <= total_s)]
        left = inner[:-1]
        on = ((left[:, None] >= begin) & (left[:, None] < end)).any(axis=1)
        first = begin[0] if begin.size else total_s
        unknown = (left < patience_s) & (left < first)
        codes = np.where(unknown, -1, on.astype(np.int64))
        sides.append(make_steps(left, inner[1:], codes, (0.0, total_s)))
    match = np.array([[0, 0], [0, 1]])
    states = (("out", "in"), ("out", "in"))
    table = MatchTable("contact", states, match, 1.0 - match, np.zeros((2, 2), np.bool_))
    return Pair(made.partners, sides[0], sides[1], table, made.ticks_s)
