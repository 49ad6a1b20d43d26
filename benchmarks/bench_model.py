"""The mechanistic model: simulation.

Run ``python benchmarks/bench_model.py``. Budget: at least 3 million dyad-seconds per second of CPU
time on one core, with learning. Prints the median of nine runs.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from reattune.models import DyadParameters, play, simulate_course, simulate_study, still_face

BUDGET_PER_S = 3e6
SESSIONS, SESSION_S = 150, 600.0


def median_cpu_s(run: Callable[[], object], repeats: int = 9) -> float:
    found = []
    for _ in range(repeats):
        begin = time.process_time()
        run()
        found.append(time.process_time() - begin)
    return statistics.median(found)


def simulate(sessions: int = SESSIONS, keep_events: bool = False) -> object:
    return simulate_course(
        DyadParameters(),
        sessions,
        play(SESSION_S),
        rng=np.random.default_rng(1),
        keep_events=keep_events,
    )


def bench_simulation() -> bool:
    begin = time.perf_counter()
    simulate(1)
    print(f"first call (loads the compiled loop)      {time.perf_counter() - begin:8.2f} s")
    lived = SESSIONS * SESSION_S
    cpu_s = median_cpu_s(simulate)
    with_events_s = median_cpu_s(lambda: simulate(keep_events=True))
    print(f"{SESSIONS} sessions of {SESSION_S:g} s, with learning  {1e3 * cpu_s:8.1f} ms")
    print(f"  dyad-seconds per second                 {lived / cpu_s / 1e6:8.1f} million")
    print(f"  with events kept                        {lived / with_events_s / 1e6:8.1f} million")
    course = simulate_course(DyadParameters(), 50, play(SESSION_S), rng=np.random.default_rng(1))
    as_sessions_s = median_cpu_s(lambda: course.sessions) / len(course)
    print(f"one session of {SESSION_S:g} s as streams           {1e3 * as_sessions_s:8.2f} ms")
    dyads = [DyadParameters()] * 200
    study_s = median_cpu_s(
        lambda: simulate_study(
            dyads, 1, still_face(), rng=np.random.default_rng(1), keep_events=False
        )
    )
    print(f"one dyad of 6 min in a study              {1e3 * study_s / len(dyads):8.2f} ms")
    return lived / cpu_s >= BUDGET_PER_S


def main() -> None:
    fast_enough = bench_simulation()
    print(f"budget of {BUDGET_PER_S / 1e6:g} million kept: {'yes' if fast_enough else 'NO'}")


if __name__ == "__main__":
    main()
