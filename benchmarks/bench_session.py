"""CPU time of one coded session, rule -> measures: `python benchmarks/bench_session.py`.

Five minutes at 25 frames per second, about fifty events of each partner, some time missing, exact
event times. Budget: at most 2 ms (aim 1 ms), and at least 100 times as fast as the frame-by-frame
twin of the tests. Both are timed in this one run, interleaved; with --profile it says where the
time goes.
"""

from __future__ import annotations

import cProfile
import pstats
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from reattune.core.session import Session
from reattune.core.streams import States
from reattune.measures import Value, compute_measures, make_tally
from reattune.repair import find_ruptures
from reattune.rules import StateMatch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests import naive

RUNS, REPEATS = 9, 200
FRAME_S, N_FRAMES, N_EVENTS = 0.04, 7500, 50
STATES = ("negative", "neutral", "positive")
RULE = StateMatch("affect", "same_valence")


def make_events(rng: np.random.Generator) -> list[tuple[float, float, str]]:
    """Fifty events on frames; every tenth is missing."""
    edges = np.unique(rng.integers(1, N_FRAMES, N_EVENTS - 1))
    edges = np.concatenate([[0], edges, [N_FRAMES]])
    codes = np.cumsum(rng.integers(1, 3, edges.size - 1)) % 3
    return [
        (a * FRAME_S, b * FRAME_S, STATES[code])
        for i, (a, b, code) in enumerate(zip(edges, edges[1:], codes, strict=False))
        if i % 10 != 9
    ]


def make_session(seed: int) -> tuple[Session, list[list[tuple[float, float, str]]]]:
    """The session, and its events as plain lists."""
    rng = np.random.default_rng(seed)
    lists = [make_events(rng), make_events(rng)]
    streams = []
    for partner, events in zip(("infant", "caregiver"), lists, strict=True):
        starts, ends, labels = zip(*events, strict=True)
        streams.append(States(partner, "affect", starts, ends, labels, FRAME_S))
    span = (0.0, N_FRAMES * FRAME_S)
    return Session(f"s{seed}", ("infant", "caregiver"), span, tuple(streams)), lists


def analyze(session: Session) -> dict[str, Value]:
    """The chain with every measure and its interval."""
    attunement = RULE(session)
    return compute_measures(make_tally(attunement, find_ruptures(attunement)))


def analyze_by_frames(
    lists: list[list[tuple[float, float, str]]],
) -> dict[str, tuple[float, float, float]]:
    """The same, frame by frame."""
    frames = range(N_FRAMES)
    codes = [naive.frame_codes(events, (), frames, FRAME_S) for events in lists]
    return naive.Session(
        *codes,
        lambda a, b: a == b,
        frame_s=FRAME_S,
        distance=lambda a, b: abs(STATES.index(a) - STATES.index(b)) / 2,
        negative=lambda a, b: a == b == "negative",
        tie=1,
    ).measures_with_limits()


def cpu_s(function: Callable[[], object], repeats: int) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    for _ in range(repeats):
        function()
    return (time.process_time() - start) / repeats


def main() -> None:
    session, lists = make_session(1)
    fast, slow = analyze(session), analyze_by_frames(lists)
    assert fast["n_ruptures"].value == slow["n_ruptures"][0]
    assert np.isclose(fast["repair_hazard_per_s"].value, slow["repair_hazard_per_s"][0])
    times: dict[str, list[float]] = {"fast": [], "slow": []}
    for _ in range(RUNS):
        times["fast"].append(cpu_s(lambda: analyze(session), REPEATS))
        times["slow"].append(cpu_s(lambda: analyze_by_frames(lists), 1))
    quick, naive_s = (statistics.median(times[k]) for k in ("fast", "slow"))
    print(f"ruptures in the session   {slow['n_ruptures'][0]}")
    print(f"rule -> measures          {1e3 * quick:8.3f} ms   (budget 2, aim 1)")
    print(f"frame by frame            {1e3 * naive_s:8.1f} ms")
    print(f"ratio                     {naive_s / quick:8.0f}      (budget 100)")
    pair = RULE.read(session)
    attunement = RULE.judge(pair)
    ruptures = find_ruptures(attunement)
    tally = make_tally(attunement, ruptures)
    parts: dict[str, Callable[[], object]] = {
        "read": lambda: RULE.read(session),
        "judge": lambda: RULE.judge(pair),
        "find_ruptures": lambda: find_ruptures(attunement),
        "make_tally": lambda: make_tally(attunement, ruptures),
        "compute_measures": lambda: compute_measures(tally),
    }
    for name, function in parts.items():
        print(f"  {name:24}{1e3 * cpu_s(function, REPEATS):8.3f} ms")
    if "--profile" in sys.argv:
        profile = cProfile.Profile()
        profile.runcall(lambda: [analyze(session) for _ in range(REPEATS)])
        pstats.Stats(profile).sort_stats("tottime").print_stats(18)


if __name__ == "__main__":
    main()
