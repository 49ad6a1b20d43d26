"""How often the tests of synchrony reject where partners are independent, and where they are not.

Ten minutes at 5 Hz, windows of 30 s every 10 s, lags to 5 s. Bare p, nominal .05. A two-sided p of
.05 needs 39, 79, 119, 199 ... surrogates to be met exactly: with 99 a right test rejects .04.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from reattune.core.streams import Signal
from reattune.synchrony import CrossCorrelation, Windows
from reattune.synchrony_tests import compare_record, permute_partners
from tests.recovery.signal_generators import draw_ar1, draw_bursts, draw_coupled, drift

FloatArray = NDArray[np.float64]
RATE, N = 5.0, 3000
SETTINGS = CrossCorrelation(Windows(30.0, 10.0, 5.0))
TESTED = ("mean_abs_z", "mean_z")

Draw = Callable[[np.random.Generator], tuple[FloatArray, FloatArray]]


def independent(phi: float) -> Draw:
    return lambda rng: (draw_ar1(N, phi, rng), draw_ar1(N, phi, rng))


def bursts(rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    return draw_bursts(N, RATE, rng), draw_bursts(N, RATE, rng)


def drifting(size: float, curve: str, make: Draw) -> Draw:
    def draw(rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        x, y = make(rng)
        return drift(x, size, curve), drift(y, size, curve)

    return draw


NULL_CELLS: dict[str, Draw] = {
    **{f"AR(1) {phi}": independent(phi) for phi in (0.0, 0.98, 0.995)},
    "bursts": bursts,
    "line": drifting(6.0, "line", independent(0.9)),
    "bursts that grow": drifting(1.2, "amplitude", bursts),
}


def rejections(
    draw: Draw, *, records: int, surrogates: int, seed: int, **options: object
) -> dict[str, float]:
    found = []
    for rng in np.random.default_rng(seed).spawn(records):
        x, y = draw(rng)
        test = compare_record(x, y, SETTINGS, rate_hz=RATE, rng=rng, n=surrogates, **options)  # type: ignore[arg-type]
        found.append([test[name].p <= 0.05 for name in TESTED])
    return dict(zip(TESTED, np.mean(found, axis=0).tolist(), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("cell", list(NULL_CELLS))
def test_rotation_rejects_independent_partners_as_often_as_it_says(cell: str) -> None:
    rates = rejections(NULL_CELLS[cell], records=400, surrogates=199, seed=11)
    assert all(0.02 <= rate <= 0.08 for rate in rates.values()), rates


@pytest.mark.slow
def test_signals_of_random_phase_are_calibrated_for_autoregressions() -> None:
    rates = rejections(
        independent(0.9), records=300, surrogates=119, seed=12, null="phase_randomised"
    )
    assert all(0.02 <= rate <= 0.08 for rate in rates.values()), rates


@pytest.mark.slow
def test_signals_of_the_same_values_are_calibrated_for_autoregressions() -> None:
    """Five minutes: each such signal takes many rounds to make. 39 surrogates can reach .05."""
    rates = rejections(
        lambda rng: (draw_ar1(N // 2, 0.9, rng), draw_ar1(N // 2, 0.9, rng)),
        records=200,
        surrogates=39,
        seed=12,
        null="iaaft",
    )
    assert all(0.02 <= rate <= 0.08 for rate in rates.values()), rates


@pytest.mark.slow
def test_shuffled_segments_reject_too_often() -> None:
    rates = rejections(
        independent(0.98), records=300, surrogates=99, seed=13, null="segment_shuffle"
    )
    assert max(rates.values()) > 0.06, rates


@pytest.mark.slow
def test_rotation_finds_coupling() -> None:
    found = [
        rejections(
            lambda rng, share=share: draw_coupled(N, 0.9, share, 5, rng),  # type: ignore[misc]
            records=100,
            surrogates=99,
            seed=14,
        )["mean_abs_z"]
        for share in (0.15, 0.4, 0.6)
    ]
    assert found == sorted(found)
    assert found[-1] > 0.9


def as_dyads(draw: Draw, size: int, rng: np.random.Generator) -> dict[str, tuple[Signal, Signal]]:
    found = {}
    for i in range(size):
        x, y = draw(rng)
        found[f"d{i}"] = (
            Signal("a", "energy", x, rate_hz=RATE),
            Signal("b", "energy", y, rate_hz=RATE),
        )
    return found


@pytest.mark.slow
@pytest.mark.parametrize("roles", [True, False])
@pytest.mark.parametrize("cell", ["AR(1) 0.98", "bursts that grow"])
def test_pairing_rejects_strangers_as_often_as_it_says(cell: str, roles: bool) -> None:
    found = []
    for rng in np.random.default_rng(15).spawn(200):
        dyads = as_dyads(NULL_CELLS[cell], 10, rng)
        test = permute_partners(dyads, SETTINGS, rng=rng, n=119, roles=roles)
        found.append([test[name].p <= 0.05 for name in TESTED])
    rates = np.mean(found, axis=0)
    # 200 studies: a right test lies within .02 and .08 unless the draw is unlucky (SE .015).
    assert (rates <= 0.08).all() and (rates >= 0.015).all(), rates
