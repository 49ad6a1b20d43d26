"""Power of our tests of synchrony beside rules that users of SUSY and rMEA follow."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.recovery.synchrony_power import (
    UNCOUPLED,
    coupled,
    measure_records,
    measure_studies,
    rate_records,
    rate_studies,
)

FloatArray = NDArray[np.float64]


@cache
def null_effects() -> FloatArray:
    """SUSY's effect size without coupling: what calibrates it, for this one process."""
    return measure_records(coupled(0.0), records=600, seed=21, surrogates=1)["es"]


@cache
def null_differences() -> FloatArray:
    """Cohen's d of ten dyads against all other pairings, without coupling."""
    return measure_studies(coupled(0.0), studies=300, seed=22, surrogates=1)["d"]


def error(rate: float, n: int) -> float:
    """Two standard errors of a difference of two rates, as if they were independent."""
    return float(2 * np.sqrt(2 * rate * (1 - rate) / n))


@pytest.mark.slow
def test_an_effect_size_above_one_is_no_test() -> None:
    found = measure_records(UNCOUPLED["AR(1) 0.9"], records=200, seed=23, surrogates=99)
    rates = rate_records(found, null_effects())
    assert rates["es_above_1"] > 0.15 and rates["es_above_1.96"] > 0.06, rates
    assert max(rates[name] for name in ("mean_abs_z", "mean_z", "lag_zero_z")) <= 0.1, rates


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.3, 0.4])
def test_one_record_shows_at_least_what_a_calibrated_effect_size_shows(share: float) -> None:
    rates = rate_records(
        measure_records(coupled(share), records=150, seed=24, surrogates=99), null_effects()
    )
    theirs = rates["es_calibrated"]
    for ours in ("mean_abs_z", "mean_z", "lag_zero_z"):
        assert rates[ours] >= theirs - error(theirs, 150), rates
    # Coupling of one sign is lost in absolute values.
    assert rates["lag_zero_z"] > rates["mean_abs_z"] + 0.15, rates


@pytest.mark.slow
def test_a_small_effect_size_of_a_study_is_no_test_either() -> None:
    rates = rate_studies(
        measure_studies(UNCOUPLED["AR(1) 0.9"], studies=100, seed=25), null_differences()
    )
    assert rates["d_above_0.2"] > 0.12, rates
    assert max(rates["pairing"], rates["rotation"], rates["t_test"]) <= 0.11, rates


@pytest.mark.slow
def test_a_study_loses_little_to_a_difference_calibrated_for_the_process() -> None:
    """Ours do not reach it: they know the spread of ten dyads only, not the process itself."""
    rates = rate_studies(measure_studies(coupled(0.2), studies=100, seed=26), null_differences())
    theirs = rates["d_calibrated"]
    assert rates["rotation"] >= theirs - 0.15 - error(theirs, 100), rates
    assert rates["pairing"] >= theirs - 0.2 - error(theirs, 100), rates
    assert min(rates["rotation"], rates["pairing"]) > 0.2, rates


@pytest.mark.slow
def test_partners_who_are_merely_alike_pass_for_synchronous_beside_strangers() -> None:
    """A limit of pairing, not of rotation: quick with quick, slow with slow, and no coupling."""
    rates = rate_studies(
        measure_studies(UNCOUPLED["alike in tempo"], studies=60, seed=27), null_differences()
    )
    assert rates["pairing"] > 0.6 and rates["d_above_0.2"] > 0.8, rates
    assert rates["rotation"] <= 0.13, rates


@pytest.mark.slow
def test_signals_made_anew_mislead_for_bursts() -> None:
    """The bare p: the test itself refuses signals that rest so much."""
    from reattune.surrogates.ranks import two_sided_p
    from reattune.synchrony_tests import compare_record
    from tests.recovery.synchrony_power import RATE, SETTINGS

    hits = []
    for rng in np.random.default_rng(28).spawn(60):
        x, y = UNCOUPLED["bursts"](rng)
        test = compare_record(x, y, SETTINGS, rate_hz=RATE, rng=rng, n=39, null="phase_randomised")
        row = test["mean_abs_z"]
        assert row.refused == "R_RESTS"
        p = two_sided_p(row.observed, test.draws["mean_abs_z"])
        hits.append((p <= 0.05, row.observed < row.null_mean))
    assert (np.mean(hits, axis=0) > 0.7).all(), np.mean(hits, axis=0)
