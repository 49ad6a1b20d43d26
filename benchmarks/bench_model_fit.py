"""CPU time of the model's likelihoods and fits: `python benchmarks/bench_model_fit.py`.

Ten minutes of simulated play. Budgets: likelihood of the events with all derivatives at most
0.5 ms; a fit of eight parameters at most 0.3 s once compiled. Beside them, codes every second and
the plain loop of the tests.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from reattune.models.fit import fit_session
from reattune.models.likelihood import evaluate, start_slow
from reattune.models.panel import panel_log_likelihood, sample_grid
from reattune.models.paradigms import play
from reattune.models.parameters import DyadParameters
from reattune.models.path import path_of
from reattune.models.simulate import simulate_course

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests import naive_likelihood as naive

RUNS = 7


def cpu_s(function: Callable[[], object], repeats: int) -> float:
    """Median CPU seconds of one call."""
    function()
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        for _ in range(repeats):
            function()
        times.append((time.process_time() - start) / repeats)
    return statistics.median(times)


def main() -> None:
    parameters = DyadParameters()
    course = simulate_course(
        parameters, 1, play(600.0), rng=np.random.default_rng(1), start_arousal=0.3
    )
    record = course.record(0)
    path, grid = path_of(record), sample_grid(record, 1.0)
    slow = [start_slow(parameters)]
    changes = list(zip(record.times, record.who, record.state, strict=True))
    start = (naive.M, naive.ATTEND, 0.3)
    print(f"changes of state              {len(changes)}")
    quick = cpu_s(lambda: evaluate(parameters, [path], slow), 100)
    print(f"likelihood and gradient       {1e3 * quick:8.3f} ms  (budget 0.5)")
    panel = cpu_s(lambda: panel_log_likelihood(parameters, grid), 20)
    print(f"likelihood, codes every 1 s   {1e3 * panel:8.3f} ms")
    loop = cpu_s(
        lambda: naive.log_likelihood(naive.DEFAULTS, changes, (), 600.0, start, T=slow[0].trust), 1
    )
    print(f"plain loop, no gradient       {1e3 * loop:8.1f} ms  ({loop / quick:.0f} times)")
    print(f"fit, 8 parameters             {cpu_s(lambda: fit_session(record), 5):8.3f} s   (0.3)")
    print(f"fit, codes every 1 s          {cpu_s(lambda: fit_session(grid), 1):8.3f} s")


if __name__ == "__main__":
    main()
