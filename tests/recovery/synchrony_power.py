"""How often rules for "these two are synchronous" say yes, with and without coupling.

Ours, and those that users of rMEA and SUSY take. One record: SUSY's effect size (mean absolute z of
segments at the same time, less that of segments at other times, over the spread of the latter's
profile) read against 1 or 1.96. A study: mean absolute z of real dyads set beside that of all other
pairings of the same signals by a t test or by Cohen's d, as rMEA does with its shuffled pairs.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from reattune.core.streams import Signal
from reattune.synchrony import (
    CrossCorrelation,
    Windows,
    describe_segments,
    measure_pairings,
    use_preset,
)
from reattune.synchrony_tests import combine_records, compare_record, pair_all, permute_partners
from tests.recovery.signal_generators import draw_ar1, draw_bursts, draw_coupled, drift

FloatArray = NDArray[np.float64]
Draw = Callable[[np.random.Generator], tuple[FloatArray, FloatArray]]

RATE, N = 5.0, 3000
SETTINGS = CrossCorrelation(Windows(30.0, 10.0, 5.0))
SUSY = use_preset("susy", Windows(30.0, 30.0, 5.0))
DELAY = 5
ALPHA = 0.05
PERMUTATIONS = 199
OURS = ("mean_abs_z", "lag_zero_z", "mean_z")


def coupled(share: float, phi: float = 0.9) -> Draw:
    """Ten minutes at 5 Hz; that share of the second's shocks are the first's, a second later."""
    return lambda rng: draw_coupled(N, phi, share, DELAY, rng)


def bursts(rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Independent bursts, 0 for three quarters of the time."""
    return draw_bursts(N, RATE, rng), draw_bursts(N, RATE, rng)


def common_line(rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Independent, but both rise over the ten minutes."""
    x, y = draw_ar1(N, 0.9, rng), draw_ar1(N, 0.9, rng)
    return drift(x, 6.0, "line"), drift(y, 6.0, "line")


def growing_bursts(rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Independent bursts that grow in both over the ten minutes."""
    x, y = bursts(rng)
    return drift(x, 1.2, "amplitude"), drift(y, 1.2, "amplitude")


def alike_in_tempo(rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Independent, but both partners of a dyad are quick, or both are slow."""
    phi = float(rng.choice([0.8, 0.98]))
    return draw_ar1(N, phi, rng), draw_ar1(N, phi, rng)


UNCOUPLED: dict[str, Draw] = {
    **{f"AR(1) {phi:g}": coupled(0.0, phi) for phi in (0.0, 0.9, 0.98, 0.995)},
    "bursts": bursts,
    "common line": common_line,
    "bursts that grow": growing_bursts,
    "alike in tempo": alike_in_tempo,
}


def measure_records(
    draw: Draw, *, records: int, seed: int, surrogates: int = 199
) -> dict[str, FloatArray]:
    """Per record: p of our statistics, and SUSY's effect size (``es``)."""
    rows: dict[str, list[float]] = {name: [] for name in (*OURS, "es")}
    for rng in np.random.default_rng(seed).spawn(records):
        x, y = draw(rng)
        test = compare_record(x, y, SETTINGS, rate_hz=RATE, rng=rng, n=surrogates)
        for name in OURS:
            rows[name].append(test[name].p)
        rows["es"].append(describe_segments(x, y, SUSY, rate_hz=RATE).to_dict()["es_abs"])
    return {name: np.array(found) for name, found in rows.items()}


def measure_studies(
    draw: Draw, *, studies: int, seed: int, dyads: int = 10, surrogates: int = 39
) -> dict[str, FloatArray]:
    """Per study: p of re-paired partners and of combined rotations, rMEA's t test and Cohen's d.

    39 rotations of every record are few; they cost power, not calibration.
    """
    rows: dict[str, list[float]] = {name: [] for name in ("pairing", "rotation", "t", "d")}
    for rng in np.random.default_rng(seed).spawn(studies):
        pairs = [draw(rng) for _ in range(dyads)]
        own = {
            f"d{i}": (Signal("a", "energy", x, RATE), Signal("b", "energy", y, RATE))
            for i, (x, y) in enumerate(pairs)
        }
        table = pair_all(own, SETTINGS)
        test = permute_partners(own, SETTINGS, rng=rng, n=PERMUTATIONS, pairings=table)
        rows["pairing"].append(test["mean_abs_z"].p)
        turned = [
            compare_record(x, y, SETTINGS, rate_hz=RATE, rng=rng, n=surrogates) for x, y in pairs
        ]
        rows["rotation"].append(combine_records(turned)["mean_abs_z"].p)
        t, d = _like_rmea(table.values["mean_abs_z"], pairs)
        rows["t"].append(t)
        rows["d"].append(d)
    return {name: np.array(found) for name, found in rows.items()}


def _like_rmea(
    across: FloatArray, pairs: list[tuple[FloatArray, FloatArray]]
) -> tuple[float, float]:
    """p of a t test of real against all other pairings, and Cohen's d with pooled variance."""
    from scipy.stats import ttest_ind

    size = len(pairs)
    block = across[:size, size:]
    real = np.diag(block)
    made = [block[~np.eye(size, dtype=bool)]]
    for side in range(2):
        made.append(measure_pairings([p[side] for p in pairs], SETTINGS, rate_hz=RATE).mean_abs)
    pseudo = np.concatenate(made)
    freedom = real.size + pseudo.size - 2
    pooled = ((real.size - 1) * real.var(ddof=1) + (pseudo.size - 1) * pseudo.var(ddof=1)) / freedom
    d = (real.mean() - pseudo.mean()) / np.sqrt(pooled)
    return float(ttest_ind(real, pseudo).pvalue), float(d)


def outside(values: FloatArray, null: FloatArray) -> FloatArray:
    """Whether each value lies outside the middle 95 % of what the same rule gives by chance."""
    low, high = np.quantile(null, [ALPHA / 2, 1 - ALPHA / 2])
    return np.asarray((values < low) | (values > high))


def rate_records(found: dict[str, FloatArray], null_es: FloatArray) -> dict[str, float]:
    """Share of the records every rule calls synchronous; ``null_es`` calibrates SUSY's."""
    es = found["es"]
    return {
        **{name: float((found[name] <= ALPHA).mean()) for name in OURS},
        "es_above_1": float((es > 1).mean()),
        "es_above_1.96": float((es > 1.96).mean()),
        "es_calibrated": float(outside(es, null_es).mean()),
    }


def rate_studies(found: dict[str, FloatArray], null_d: FloatArray) -> dict[str, float]:
    """Share of the studies every rule calls synchronous; ``null_d`` calibrates Cohen's d."""
    d = found["d"]
    return {
        "pairing": float((found["pairing"] <= ALPHA).mean()),
        "rotation": float((found["rotation"] <= ALPHA).mean()),
        "t_test": float((found["t"] <= ALPHA).mean()),
        "d_above_0.2": float((d > 0.2).mean()),
        "d_above_0.5": float((d > 0.5).mean()),
        "d_calibrated": float(outside(d, null_d).mean()),
    }
