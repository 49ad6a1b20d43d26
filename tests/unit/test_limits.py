"""Limits with a closed form, against scipy and statsmodels."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from reattune.measures.limits import poisson_limits, wilson_limits


@pytest.mark.parametrize("events", [1, 2, 3, 7, 20, 150, 4000])
@pytest.mark.parametrize("exposure", [0.5, 60.0, 1e5])
def test_poisson_limits_are_the_chi_square_ones(events: int, exposure: float) -> None:
    from scipy.stats import chi2

    low, high = poisson_limits(events, exposure)
    assert low == pytest.approx(chi2.ppf(0.025, 2 * events) / 2 / exposure, rel=1e-9)
    assert high == pytest.approx(chi2.ppf(0.975, 2 * events + 2) / 2 / exposure, rel=1e-9)
    assert low < events / exposure < high


def test_poisson_limits_of_the_printed_table() -> None:
    # Garwood 1936, table of limits: 5 events give 1.623 and 11.668, 10 events 4.795 and 18.390.
    assert np.round(poisson_limits(5, 1), 3).tolist() == [1.623, 11.668]
    assert np.round(poisson_limits(10, 1), 2).tolist() == [4.80, 18.39]


def test_without_events_the_upper_limit_is_one_sided() -> None:
    assert poisson_limits(0, 30) == (0, -log(0.05) / 30)


@pytest.mark.parametrize("exposure", [0, -1, np.nan])
def test_without_exposure_there_is_nothing_to_say(exposure: float) -> None:
    assert np.isnan(poisson_limits(0, exposure)).all()
    assert np.isnan(poisson_limits(3, exposure)).all()


@pytest.mark.parametrize(("hits", "n"), [(0, 1), (0, 9), (1, 9), (5, 9), (9, 9), (480, 1000)])
def test_wilson_limits_are_those_of_statsmodels(hits: int, n: int) -> None:
    from statsmodels.stats.proportion import proportion_confint

    wanted = proportion_confint(hits, n, method="wilson")
    assert wilson_limits(hits, n) == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    assert np.isnan(wilson_limits(0, 0)).all()
