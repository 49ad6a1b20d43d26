"""Windowed cross-correlation: against a loop of corrcoef, many pairings, dense steps, surrogates.

Run ``OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/bench_synchrony.py``. CPU time,
median of several runs after one that compiles. Budgets: 100 times the loop for 57 x 251 cells on
15,000 samples; 180 pairings of 20 such signals in 0.3 s; 50 min at 25 Hz in steps of 1 s in 0.1 s;
1,000 circular shifts of one 10-min dyad in 3 s.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from reattune.synchrony import (
    CrossCorrelation,
    Windows,
    correlate_moved,
    correlate_shifted,
    correlate_surrogates,
    cross_correlate,
    cross_correlate_many,
    find_lag_path,
    find_peaks,
    measure_pairings,
)

RATE_HZ, SAMPLES = 25.0, 15_000
WINDOWS = Windows(30, 10, 5)
SPARSE = CrossCorrelation(WINDOWS)
DENSE = CrossCorrelation(Windows(30, 1, 5))


def make_bursts(rng: np.random.Generator, n: int = SAMPLES) -> NDArray[np.float64]:
    """Counts like motion energy: bursts of heavy-tailed size, zeros between."""
    on = np.repeat(rng.random(n // 50 + 1) < 0.6, 50)[:n]
    return np.round(np.exp(rng.normal(4, 1.5, n)) * on)


def cpu_s(run: Callable[[], object], repeats: int = 9) -> float:
    run()
    found = []
    for _ in range(repeats):
        begin = time.process_time()
        run()
        found.append(time.process_time() - begin)
    return statistics.median(found)


def loop_of_corrcoef(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """The table of 57 x 251 cells, one corrcoef each."""
    out = np.full((57, 251), np.nan)
    for k in range(57):
        for lag in range(-125, 126):
            i, j = 250 * k + max(-lag, 0), 250 * k + max(lag, 0)
            out[k, lag + 125] = np.corrcoef(x[i : i + 750], y[j : j + 750])[0, 1]
    return out


def main() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.gamma(0.5, size=(2, SAMPLES))
    loop = cpu_s(lambda: loop_of_corrcoef(x, y), repeats=3)
    away = np.nanmax(np.abs(loop_of_corrcoef(x, y) - cross_correlate(x, y, SPARSE, rate_hz=25).r))
    print(f"loop of corrcoef, 57 x 251 cells {1e3 * loop:9.1f} ms CPU")
    for kernel in ("auto", "fft", "running"):
        own = cpu_s(
            lambda k=kernel: cross_correlate(x, y, SPARSE, rate_hz=RATE_HZ, kernel=k)  # type: ignore[misc]
        )
        print(f"cross_correlate, {kernel:<8}        {1e3 * own:9.2f} ms  {loop / own:6.0f} times")
    print(f"largest difference              {away:9.1e}")

    burst_x, burst_y = make_bursts(rng), make_bursts(rng)
    holes = np.where(rng.random(SAMPLES) < 0.05, np.nan, x)
    for name, a, b in (("bursts and zeros", burst_x, burst_y), ("5 % missing", holes, y)):
        own = cpu_s(lambda a=a, b=b: cross_correlate(a, b, SPARSE, rate_hz=RATE_HZ))  # type: ignore[misc]
        print(f"{name:<31} {1e3 * own:9.2f} ms")

    signals = [make_bursts(rng) for _ in range(20)]
    pairs = [p for p in combinations(range(20), 2) if p[1] != p[0] + 1 or p[0] % 2]
    for name, run in (("tables", cross_correlate_many), ("statistics", measure_pairings)):
        told = cpu_s(lambda f=run: f(signals, SPARSE, rate_hz=RATE_HZ, pairs=pairs), 5)  # type: ignore[misc]
        print(f"180 pairings, {name:<17} {1e3 * told:9.1f} ms  budget 300 ({len(pairs)} pairings)")

    long_x, long_y = rng.gamma(0.5, size=(2, 75_000))
    dense = cpu_s(lambda: cross_correlate(long_x, long_y, DENSE, rate_hz=RATE_HZ), repeats=5)
    print(f"50 min, steps of 1 s            {1e3 * dense:9.1f} ms  budget 100")
    table = cross_correlate(long_x, long_y, DENSE, rate_hz=RATE_HZ)
    print(f"  its lag path                  {1e3 * cpu_s(lambda: find_lag_path(table)):9.1f} ms")
    print(f"  its peaks                     {1e3 * cpu_s(lambda: find_peaks(table)):9.1f} ms")

    offsets = rng.integers(250, SAMPLES - 250, 1000)
    shifted = cpu_s(
        lambda: correlate_shifted(burst_x, burst_y, offsets, SPARSE, rate_hz=RATE_HZ), repeats=3
    )
    print(f"1000 circular shifts            {shifted:9.2f} s   budget 3")
    moves = np.stack([rng.permutation(57) - np.arange(57) for _ in range(1000)]) * 250
    for name, signal in (("1000 times windows moved", burst_x), ("  with 5 % missing", holes)):
        moved = cpu_s(
            lambda s=signal: correlate_moved(s, burst_y, moves, SPARSE, rate_hz=RATE_HZ),  # type: ignore[misc]
            repeats=1,
        )
        print(f"{name:<31} {moved:9.2f} s   (every window to a place of its own)")
    made = [make_bursts(rng) for _ in range(1000)]
    others = cpu_s(lambda: correlate_surrogates(burst_x, made, SPARSE, rate_hz=RATE_HZ), repeats=3)
    print(f"1000 surrogate signals          {others:9.2f} s   budget 3")
    shifted = cpu_s(
        lambda: correlate_shifted(holes, y, offsets, SPARSE, rate_hz=RATE_HZ), repeats=1
    )
    print(f"1000 shifts, 5 % missing        {shifted:9.2f} s")


if __name__ == "__main__":
    main()
