"""Coded sessions per CPU second, one core, no surrogates: `python benchmarks/bench_throughput.py`.

Sessions of five minutes at 25 frames per second are made in memory first; then every one goes
through rule -> ruptures -> all measures. Budget: at least 500 a second (aim 1,000).
"""

from __future__ import annotations

import statistics
import time

from bench_session import analyze, make_session

RUNS, N_SESSIONS = 5, 400


def main() -> None:
    sessions = [make_session(seed)[0] for seed in range(N_SESSIONS)]
    analyze(sessions[0])
    rates = []
    for _ in range(RUNS):
        start = time.process_time()
        for session in sessions:
            analyze(session)
        rates.append(N_SESSIONS / (time.process_time() - start))
    print(f"sessions per second   {statistics.median(rates):7.0f}   (budget 500, aim 1000)")
    print(f"of {RUNS} runs             {min(rates):.0f} to {max(rates):.0f}")


if __name__ == "__main__":
    main()
