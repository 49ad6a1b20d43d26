"""Coherence and phase synchrony: known delays, their floors, gaps, odd inputs; and chance."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.coupling import (
    Band,
    PhaseBand,
    compare_with_rotations,
    compare_with_strangers,
    measure_coherence,
    measure_phase_synchrony,
)

NAN = float("nan")
BAND = Band(0.2, 2.0, segment_s=10)
NARROW = PhaseBand(0.2, 0.4)


def coupled(seed: int, n: int = 4000, delay: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    source = rng.normal(size=n + delay)
    return source[delay:] + rng.normal(size=n), source[:n] + rng.normal(size=n)


def autoregressive(rng: np.random.Generator, n: int, phi: float) -> np.ndarray:
    from scipy.signal import lfilter

    return lfilter([1], [1, -phi], rng.normal(size=n + 200))[200:]


# -- coherence ---------------------------------------------------------------------------------


def test_coherence_of_a_shared_source_is_what_theory_says() -> None:
    one, two = coupled(1, 60000, delay=0)
    result = measure_coherence(one, two, 10, BAND)
    # Power of the source over the whole power is 1/2 in each: 1/4.
    assert result.coherence == pytest.approx(0.25, abs=0.02)


def test_unrelated_signals_sit_on_the_stated_floor() -> None:
    rng = np.random.default_rng(2)
    for overlap in (0.0, 0.5, 0.75):
        band = Band(0.5, 4.5, segment_s=10, overlap=overlap)
        results = [measure_coherence(*rng.normal(size=(2, 1000)), 10, band) for _ in range(60)]
        mean = np.mean([r.coherence for r in results])
        assert mean == pytest.approx(results[0].expected_independent, rel=0.08), overlap


def test_phase_tells_who_leads_and_swaps_with_the_partners() -> None:
    one, two = coupled(3, delay=3)  # the second follows by 0.3 s
    a = measure_coherence(one, two, 10, Band(0.3, 0.5, 20))
    b = measure_coherence(two, one, 10, Band(0.3, 0.5, 20))
    assert a.phase_rad == pytest.approx(2 * np.pi * 0.4 * 0.3, abs=0.15)
    assert a.phase_rad == pytest.approx(-b.phase_rad)
    assert a.coherence == pytest.approx(b.coherence)


def test_segments_lie_in_observed_stretches_only() -> None:
    one, two = coupled(4, 1200)
    holed = one.copy()
    holed[350] = NAN
    result = measure_coherence(holed, two, 10, BAND)
    assert result.n_segments == 6 + 15  # 350 and 849 samples in steps of 50, 100 long
    assert result.n_samples == 350 + 800
    apart = [measure_coherence(one[a:b], two[a:b], 10, BAND) for a, b in ((0, 350), (351, 1200))]
    assert result.n_segments == sum(r.n_segments for r in apart)
    padded = [np.concatenate([[NAN] * 70, x, [NAN] * 30]) for x in (one, two)]
    plain, longer = measure_coherence(one, two, 10, BAND), measure_coherence(*padded, 10, BAND)
    np.testing.assert_allclose(plain.coherences, longer.coherences, rtol=1e-12)


def test_one_segment_is_no_coherence() -> None:
    one, two = coupled(5, 120)
    result = measure_coherence(one, two, 10, BAND)
    assert result.n_segments == 1
    assert np.isnan([result.coherence, result.expected_independent, result.phase_rad]).all()


@pytest.mark.parametrize("values", [[], [1.0], [NAN] * 500, [3.3] * 500])
def test_coherence_of_nothing(values: list[float]) -> None:
    other = np.random.default_rng(6).normal(size=len(values))
    result = measure_coherence(values, other, 10, BAND)
    assert np.isnan(result.coherence)
    assert result.n_samples == (500 if values and values[-1] == 3.3 else 0)


def test_identical_and_mirrored_signals_are_fully_coherent() -> None:
    one, _ = coupled(7)
    same, mirror = (measure_coherence(one, s * one + 3, 10, BAND) for s in (1, -0.1))
    assert same.coherence == pytest.approx(1)
    assert same.phase_rad == pytest.approx(0, abs=1e-9)
    assert mirror.coherence == pytest.approx(1)
    assert abs(mirror.phase_rad) == pytest.approx(np.pi)


# -- phase -------------------------------------------------------------------------------------


def rhythm(n: int, delay_s: float = 0.0, seed: int = 1, noise: float = 0.3) -> np.ndarray:
    """A wave of about 0.3 Hz whose rate wanders; the same wander whatever the delay."""
    rng = np.random.default_rng(99)
    t = np.arange(n) / 10
    wander = np.interp(t, np.arange(0, n, 20) / 10, rng.normal(size=-(-n // 20)).cumsum() * 0.2)
    own = np.random.default_rng(seed).normal(size=n) * noise
    return np.sin(2 * np.pi * 0.3 * (t - delay_s) + wander) + own


def test_a_constant_distance_in_the_cycle_is_locked() -> None:
    one, two = rhythm(3000, 0.0, 1), rhythm(3000, 0.5, 2)
    a, b = (measure_phase_synchrony(x, y, 10, NARROW) for x, y in ((one, two), (two, one)))
    assert a.plv > 0.95
    assert a.phase_rad == pytest.approx(2 * np.pi * 0.3 * 0.5, abs=0.1)
    assert b.plv == pytest.approx(a.plv)
    assert b.phase_rad == pytest.approx(-a.phase_rad)
    assert a.n == 3000 - 2 * 50
    assert a.n_cycles == pytest.approx(a.n / 10 * 0.3)
    anti = measure_phase_synchrony(one, -one, 10, NARROW)
    assert (anti.plv, abs(anti.phase_rad)) == (pytest.approx(1), pytest.approx(np.pi))


def test_different_rhythms_are_not_locked() -> None:
    t = np.arange(6000) / 10
    one, two = np.sin(2 * np.pi * 0.25 * t), np.sin(2 * np.pi * 0.35 * t)
    assert measure_phase_synchrony(one, two, 10, NARROW).plv < 0.05


def test_gaps_take_their_surroundings_with_them_and_nothing_else() -> None:
    one, two = rhythm(3000, 0.0, 1), rhythm(3000, 0.5, 2)
    holed = one.copy()
    holed[1000:1010] = NAN
    result = measure_phase_synchrony(holed, two, 10, NARROW)
    missing = np.isnan(result.difference_rad)
    assert missing.nonzero()[0].tolist() == [*range(50), *range(950, 1060), *range(2950, 3000)]
    assert result.plv == pytest.approx(measure_phase_synchrony(one, two, 10, NARROW).plv, abs=0.01)
    short = measure_phase_synchrony(one[:90], two[:90], 10, NARROW)
    assert np.isnan(short.plv)
    assert short.n == 0


@pytest.mark.parametrize("values", [[], [1.0], [NAN] * 500, [3.3] * 500])
def test_phase_of_nothing(values: list[float]) -> None:
    result = measure_phase_synchrony(values, rhythm(max(len(values), 1))[: len(values)], 10, NARROW)
    assert np.isnan([result.plv, result.phase_rad]).all()
    assert (result.n, result.n_cycles) == (0, 0)
    assert result.difference_rad.size == len(values)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Band(2, 1, 10),
        lambda: Band(0.1, 1, 0),
        lambda: Band(0.1, 1, 10, overlap=1),
        lambda: PhaseBand(0.4, 0.4),
        lambda: PhaseBand(0, 0.4),
        lambda: PhaseBand(0.2, 0.4, order=0),
        lambda: measure_coherence([1, 2], [1], 10, BAND),
        lambda: measure_coherence([1, np.inf], [1, 2], 10, BAND),
        lambda: measure_coherence([1, 2], [1, 2], 2, BAND),
        lambda: measure_coherence([1, 2], [1, 2], 10, Band(0.11, 0.19, 10)),
        lambda: measure_phase_synchrony([1, 2], [1, 2], 0.5, NARROW),
        lambda: measure_phase_synchrony([[1, 2]], [[1, 2]], 10, NARROW),
    ],
)
def test_wrong_input_says_so(make: object) -> None:
    with pytest.raises(SettingError):
        make()


# -- chance ------------------------------------------------------------------------------------


def correlate(a: np.ndarray, b: np.ndarray) -> float:
    both = np.isfinite(a) & np.isfinite(b)
    return float(np.corrcoef(a[both], b[both])[0, 1])


def test_chance_is_reproducible_two_sided_and_never_zero() -> None:
    one, two = coupled(8, 400, delay=0)
    runs = [
        compare_with_rotations(correlate, one, s * two, rng=np.random.default_rng(1))
        for s in (1, 1, -1)
    ]
    assert runs[0] == runs[1]
    assert runs[0].p == runs[2].p == 0.01
    assert runs[0].n_defined == 199
    assert "p = 0.01" in runs[0].summary()
    assert runs[0].null_low < runs[0].null_mean < runs[0].null_high < runs[0].value


def test_few_rotations_are_all_looked_at() -> None:
    one, two = coupled(9, 40, delay=0)
    results = {
        compare_with_rotations(correlate, one, two, rng=np.random.default_rng(s)).p
        for s in range(3)
    }
    assert len(results) == 1
    result = compare_with_rotations(correlate, one, two, rng=np.random.default_rng(1), min_shift=10)
    # 40 samples hold three further turns that lie 10 apart.
    assert result.used.n_surrogates == 3


def test_a_peak_over_lags_needs_turns_that_leave_its_lags() -> None:
    from reattune.coupling import profile_recurrence

    rng = np.random.default_rng(12)
    one = np.repeat(rng.integers(0, 4, 200), rng.integers(2, 9, 200))[:900].astype(float)
    two = np.roll(one, 6)

    def peak(a: np.ndarray, b: np.ndarray) -> float:
        return profile_recurrence(a, b, 20).peak

    near, far = (
        compare_with_rotations(peak, one, two, rng=np.random.default_rng(1), min_shift=least)
        for least in (1, 41)
    )
    assert near.null_high == pytest.approx(1)
    assert far.null_high < 0.5
    # 900 samples hold 20 turns that see different lags: p cannot be smaller than 2 / 21.
    assert far.used.n_surrogates == 20
    assert far.p == pytest.approx(2 / 21)


def test_strangers() -> None:
    rng = np.random.default_rng(110)
    one, two = coupled(10, 300, delay=0)
    result = compare_with_strangers(correlate, one, two, [rng.normal(size=250) for _ in range(39)])
    assert result.p == 0.05
    assert result.used.method == "strangers"
    with pytest.raises(SettingError, match="nobody"):
        compare_with_strangers(correlate, one, two, [])


def test_undefined_values_are_counted() -> None:
    one, two = coupled(11, 60, delay=0)
    result = compare_with_rotations(lambda a, b: NAN, one, two, rng=np.random.default_rng(1))
    assert np.isnan([result.value, result.p]).all()
    assert (result.n_defined, result.n_undefined) == (0, 59)
    assert result.to_dict()["p"] is None
    with pytest.raises(SettingError, match="min_shift"):
        compare_with_rotations(correlate, [1.0], [2.0], rng=np.random.default_rng(1))


@pytest.mark.slow
@pytest.mark.parametrize("phi", [0.0, 0.9])
@pytest.mark.parametrize("name", ["coherence", "plv", "information", "recurrence"])
def test_rotations_reject_true_nulls_at_their_level(name: str, phi: float) -> None:
    from reattune.coupling import Recurrence, Symbols, measure_information, profile_recurrence

    measures = {
        "coherence": lambda a, b: measure_coherence(a, b, 5, Band(0.2, 1.0, 20)).coherence,
        "plv": lambda a, b: measure_phase_synchrony(a, b, 5, PhaseBand(0.2, 0.5)).plv,
        "information": lambda a, b: measure_information(a, b, Symbols()).information,
        "recurrence": lambda a, b: profile_recurrence(a, b, 5, Recurrence(0.5)).peak,
    }
    shifts = {"recurrence": 11}  # more than twice its largest lag
    rng = np.random.default_rng(17)
    runs = 300
    rejected = 0
    for _ in range(runs):
        one, two = (autoregressive(rng, 1500, phi) for _ in range(2))
        result = compare_with_rotations(
            measures[name], one, two, rng=rng, n_surrogates=39, min_shift=shifts.get(name, 1)
        )
        rejected += result.p <= 0.05
    # Monte-Carlo error of a share of .05 in 300 runs: .0126.
    assert 0.02 <= rejected / runs <= 0.08, rejected / runs
