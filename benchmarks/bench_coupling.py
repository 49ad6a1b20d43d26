"""CPU time of signal preparation and coupling: `python benchmarks/bench_coupling.py`.

Budget: a recurrence profile of 5,800 samples over 201 lags in 5 ms. Everything is made here. Each
line is the median of interleaved runs after one warm run (which compiles the loop over cells).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from reattune.core.streams import Signal
from reattune.coupling import (
    Band,
    PhaseBand,
    Recurrence,
    Symbols,
    fit_inertia,
    fit_oscillator,
    measure_coherence,
    measure_information,
    measure_phase_synchrony,
    measure_recurrence,
    measure_symbolic_entropy,
    profile_recurrence,
)
from reattune.prepare.signals import Butterworth, MovingAverage, Resample, find_artefacts

BUDGET_MS = 5.0
RUNS = 15


def make_series(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Two walks of Gaussian steps, one of which follows the other by 12 samples."""
    rng = np.random.default_rng(seed)
    one = rng.normal(size=n).cumsum() / 20
    return one, np.roll(one, 12) + rng.normal(size=n)


def make_codes(n: int, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Codes of five states in runs of about 8 samples."""
    rng = np.random.default_rng(seed)
    runs = [np.repeat(rng.integers(0, 5, n), rng.integers(1, 16, n))[:n] for _ in range(2)]
    return runs[0].astype(float), runs[1].astype(float)


def profile_with_a_matrix(one: np.ndarray, two: np.ndarray, max_lag: int) -> np.ndarray:
    """The same profile from the whole matrix, as most programs make it."""
    recurrent = one[:, None] == two[None, :]
    return np.array([np.diagonal(recurrent, k).mean() for k in range(-max_lag, max_lag + 1)])


def main() -> None:
    one, two = make_series(5800)
    codes = make_codes(5800)
    holed = codes[0].copy()
    holed[1000:1100] = np.nan
    short = make_series(1500)
    short_codes = make_codes(1500)
    a, b = Signal("infant", "motion", one, 25), Signal("caregiver", "motion", two, 25)
    jobs: dict[str, Callable[[], object]] = {
        "profile, codes, 5,800 x 201 lags": lambda: profile_recurrence(*codes, 100),
        "  with missing samples": lambda: profile_recurrence(holed, codes[1], 100),
        "  continuous, z": lambda: profile_recurrence(
            one, two, 100, Recurrence(0.4, normalize="z")
        ),
        "  the same from a matrix": lambda: profile_with_a_matrix(*codes, 100),
        "recurrence measures, codes, 1,500": lambda: measure_recurrence(*short_codes),
        "  embedded 3, rescaled, 1,500": lambda: measure_recurrence(
            *short, Recurrence(0.3, delay=5, embed=3, normalize="z", rescale="mean")
        ),
        "coherence, 5,800": lambda: measure_coherence(one, two, 25, Band(0.1, 1, 20)),
        "phase synchrony, 5,800": lambda: measure_phase_synchrony(
            one, two, 25, PhaseBand(0.2, 0.4)
        ),
        "symbolic entropy, 5,800": lambda: measure_symbolic_entropy(one, two),
        "mutual information, 5,800": lambda: measure_information(one, two, Symbols()),
        "inertia, 5,800": lambda: fit_inertia(one, two),
        "oscillator with errors, 5,800": lambda: fit_oscillator(one, two),
        "moving average, 5,800": lambda: MovingAverage(0.5)(a),
        "Butterworth, 5,800": lambda: Butterworth(high_hz=2)(a),
        "25 to 10 Hz, low-pass, 5,800": lambda: Resample(10)(a),
        "artefacts, 5,800": lambda: find_artefacts(a, b),
    }
    spent: dict[str, list[float]] = {name: [] for name in jobs}
    for job in jobs.values():
        job()
    for _ in range(RUNS):
        for name, job in jobs.items():
            start = time.process_time()
            job()
            spent[name].append(time.process_time() - start)
    for name, times in spent.items():
        print(f"{name:38s} {1000 * statistics.median(times):9.2f} ms")
    profile = 1000 * statistics.median(spent["profile, codes, 5,800 x 201 lags"])
    print(
        f"budget {BUDGET_MS:g} ms for the profile: {'kept' if profile <= BUDGET_MS else 'MISSED'}"
    )


if __name__ == "__main__":
    main()
