"""What pure noise gives under each criterion, and whether the chance test knows it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from reattune.course_tests import chance
from reattune.course_tests.surrogates import Case, estimate_phi, simulate_noise
from reattune.courses import (
    ControlChart,
    Criterion,
    Decline,
    Drop,
    ReliableChange,
    sample_constants,
)

CASES = 10_000
# Percent of pure-noise cases with at least one repaired rupture (charts: one signal; reliable
# change: one drop), from an independent simulation. Columns as in COLUMNS.
PUBLISHED = {
    (0.0, 8): (62.7, 22.7, 63.1, 26.8, 0.6, 1.1, 14.8),
    (0.0, 16): (92.1, 47.3, 92.3, 67.8, 2.2, 5.3, 32.0),
    (0.0, 30): (99.5, 72.5, 98.4, 93.2, 3.2, 9.6, 53.7),
    (0.4, 8): (50.2, 13.0, 48.8, 17.0, 3.1, 5.3, 18.6),
    (0.4, 16): (81.3, 22.4, 84.9, 50.6, 9.8, 25.8, 33.6),
    (0.4, 30): (96.6, 39.5, 97.0, 82.4, 21.0, 53.2, 53.9),
}
COLUMNS = ("V 1sd", "V 2sd", "D 1sd", "D 2sd", "I-MR rule 1", "I-MR any rule", "RCI drop")


def measure_noise(phi: float, ratings: int, seed: int) -> tuple[float, ...]:
    """Percent of cases with a repaired rupture, a signal, or a drop."""
    noise = simulate_noise(CASES, ratings, phi=phi, rng=np.random.default_rng(seed))
    sample = sample_constants(noise)
    series, meetings = noise.tolist(), list(range(1, ratings + 1))

    def share(criterion: Criterion, counts: Callable[[list[float]], bool]) -> float:
        return 100 * sum(counts(values) for values in series) / CASES

    def repaired(criterion: Criterion) -> float:
        return share(
            criterion,
            lambda values: any(
                event.status == "repaired" for event in criterion.find(values, meetings, sample)
            ),
        )

    def signalled(chart: ControlChart) -> float:
        return share(chart, lambda values: bool(chart.signal_meetings(values)))

    reliable = ReliableChange(sd=1.0, reliability=phi)
    return (
        repaired(Drop(k=1.0)),
        repaired(Drop(k=2.0)),
        repaired(Decline(k=1.0)),
        repaired(Decline(k=2.0)),
        signalled(ControlChart(rules=("R1",))),
        signalled(ControlChart(rules=("R1", "R2", "R3", "R4"))),
        share(reliable, lambda values: bool(reliable.indices(values))),
    )


@pytest.mark.slow
@pytest.mark.parametrize(("phi", "ratings"), list(PUBLISHED))
def test_pure_noise_gives_what_was_published(phi: float, ratings: int) -> None:
    measured = measure_noise(phi, ratings, seed=20240611)
    for name, mine, theirs in zip(COLUMNS, measured, PUBLISHED[phi, ratings], strict=True):
        assert abs(mine - theirs) <= 3, f"{name}: {mine:.1f} beside {theirs}"


# -- the chance test on courses whose truth is known ------------------------------------------


def make_sample(
    rng: np.random.Generator, cases: int, *, phi: float, drops: int = 0, size: float = 0.0
) -> dict[str, NDArray[np.float64]]:
    """Rising courses of 16 meetings with AR(1) wobble and, if asked, V-shaped drops."""
    made = {}
    for number in range(1, cases + 1):
        spread = rng.uniform(0.2, 0.5) if not drops else 0.3
        ratings = rng.normal(0, 0.6) + np.arange(16) * rng.normal(0.04, 0.03)
        ratings = ratings + spread * simulate_noise(1, 16, phi=phi, rng=rng)[0]
        for at in rng.choice(np.arange(2, 14, 3), drops, replace=False):
            ratings[at] -= size * spread
        if not drops:
            ratings[rng.random(16) < 0.15] = np.nan
        made[str(number)] = ratings
    return made


@pytest.mark.slow
@pytest.mark.parametrize("phi", [0.0, 0.4, 0.7])
def test_the_trend_null_is_seldom_rejected_when_it_is_true(phi: float) -> None:
    names = ("ruptures", "repaired", "cases_with_repair", "repaired_share", "mean_drop")
    p: dict[str, list[float]] = {name: [] for name in names}
    phis = []
    for trial in range(200):
        sample = make_sample(np.random.default_rng([7, trial]), 12, phi=phi)
        test = chance.test_courses(sample, Drop(), rng=trial, n=99, beside=None)
        phis.append(test.phi)
        for name in names:
            p[name].append(test[name].p)
    assert abs(np.mean(phis) - phi) <= 0.03
    for name in names:
        # 5 % nominal, a refused p rejects nothing; 200 trials reach 10 % once in 300 times.
        assert np.mean(np.array(p[name]) <= 0.05) <= 0.096, name


@pytest.mark.slow
def test_the_shuffled_null_is_nearly_always_rejected_by_mere_growth() -> None:
    rejected = 0
    for trial in range(20):
        rng = np.random.default_rng([8, trial])
        sample = {
            str(i): np.arange(16) * 0.1 + 0.3 * simulate_noise(1, 16, phi=0.4, rng=rng)[0]
            for i in range(12)
        }
        test = chance.test_courses(sample, Drop(), rng=trial, n=99, null="permutation", beside=None)
        rejected += test["ruptures"].p <= 0.05 and test["ruptures"].observed < 10 * 12
    assert rejected >= 19


@pytest.mark.slow
def test_inserted_v_ruptures_are_found() -> None:
    found = {"cases_with_repair": 0, "repaired": 0, "repaired_share": 0}
    trials = 40
    for trial in range(trials):
        rng = np.random.default_rng([11, trial])
        sample = make_sample(rng, 20, phi=0.3, drops=1, size=4.0)
        test = chance.test_courses(sample, Drop(k=2.0), rng=trial, n=199, beside=None)
        for name in found:
            row = test[name]
            found[name] += row.p <= 0.05 and row.observed > row.null_median
    assert found["cases_with_repair"] >= 0.85 * trials, found
    assert found["repaired"] >= 0.6 * trials, found
    assert found["repaired_share"] >= 0.6 * trials, found


@pytest.mark.slow
def test_a_few_large_drops_mean_fewer_small_ones_than_their_own_null() -> None:
    # Not a fault to be mended but one to know: large drops widen the wobble of the surrogates.
    fewer = deeper = 0
    for trial in range(20):
        rng = np.random.default_rng([11, trial])
        sample = make_sample(rng, 20, phi=0.3, drops=1, size=4.0)
        test = chance.test_courses(sample, Drop(), rng=trial, n=199, beside=None)
        count, drop = test["ruptures"], test["mean_drop"]
        fewer += count.p <= 0.05 and count.observed < count.null_median
        deeper += drop.p <= 0.05 and drop.observed > drop.null_median
    assert fewer >= 15
    assert deeper >= 15


@pytest.mark.slow
def test_phi_is_recovered_where_the_plain_correlation_is_not() -> None:
    plain, found = [], []
    x = np.arange(12.0)
    for seed in range(8):
        noise = simulate_noise(300, 12, phi=0.5, rng=np.random.default_rng(seed))
        cases = [
            Case(str(i), (0.1 * x + row).tolist(), list(range(1, 13)))
            for i, row in enumerate(noise)
        ]
        found.append(estimate_phi(cases))
        for case in cases:
            left = np.array(case.ratings) - np.polyval(np.polyfit(x, case.ratings, 1), x)
            plain.append(float(left[1:] @ left[:-1] / (left @ left)))
    assert np.mean(plain) < 0.25
    # One sample strays by .029 (SD over 60 seeds), the mean of eight by .010.
    assert abs(np.mean(found) - 0.5) < 0.035
