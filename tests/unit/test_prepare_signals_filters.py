"""Filters: nothing is moved, biased or filled; edges and gaps are where faults would show."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.core.streams import Signal
from reattune.prepare.signals import Butterworth, MovingAverage, SavitzkyGolay
from reattune.prepare.signals.compat import smooth_like_rmea
from tests import naive_coupling as naive

FILTERS = [
    MovingAverage(0.5),
    SavitzkyGolay(0.5),
    Butterworth(high_hz=2),
]


def make(values: object, rate_hz: float = 25, start_s: float = 0) -> Signal:
    return Signal("infant", "motion", values, rate_hz, start_s)


def values_of(signal: Signal) -> np.ndarray:
    return np.asarray(signal.values)


def gappy(n: int = 400, seed: int = 1) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=n).cumsum()
    values[120:140] = np.nan
    values[[200, 202]] = np.nan
    return values


@pytest.mark.parametrize("step", FILTERS)
@pytest.mark.parametrize("level", [0.0, 1.0, -3e6])
def test_a_constant_stays_that_constant_at_edges_and_gaps(step: object, level: float) -> None:
    values = np.full(300, level)
    values[100:110] = np.nan
    done = step(make(values)).signal
    np.testing.assert_allclose(values_of(done), values, rtol=1e-9, atol=1e-12)


def test_the_average_keeps_a_line() -> None:
    values = np.linspace(5, 9, 200)
    values[60:70] = np.nan
    done = values_of(MovingAverage(0.5)(make(values)).signal)
    np.testing.assert_allclose(done, values, rtol=1e-12)


@pytest.mark.parametrize("width", [1, 2, 3, 12, 12.5, 13, 25.3, 1000])
def test_average_against_the_naive_twin(width: float) -> None:
    values = gappy()
    ours = values_of(MovingAverage(width / 25)(make(values)).signal)
    listed = [None if np.isnan(v) else v for v in values.tolist()]
    theirs = [np.nan if v is None else v for v in naive.smooth(listed, width)]
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


def test_an_impulse_stays_in_the_middle() -> None:
    # Long, because running both ways is the same from both sides only away from the ends.
    values = np.zeros(601)
    values[300] = 1
    for step in FILTERS:
        done = values_of(step(make(values)).signal)
        np.testing.assert_allclose(done, done[::-1], atol=1e-9)
        assert done[300] >= done.max() - 1e-12
    theirs = smooth_like_rmea(values, 12.5)
    assert (np.arange(601) * theirs).sum() / theirs.sum() == pytest.approx(300.5)


def test_the_faults_of_rmea_are_in_compat_only() -> None:
    ones = np.ones(40)
    ours = values_of(MovingAverage(0.5)(make(ones)).signal)
    theirs = values_of(MovingAverage(0.5, compat="rmea")(make(ones)).signal)
    assert (ours == 1).all()
    assert theirs[:3].tolist() == [0.48, 0.56, 0.64]
    assert theirs[20] == 0.96
    assert theirs[-5:].tolist() == [0, 0, 0, 0, 0]
    ones[20] = np.nan
    ours = values_of(MovingAverage(0.5)(make(ones)).signal)
    theirs = values_of(MovingAverage(0.5, compat="rmea")(make(ones)).signal)
    assert np.isnan(ours[20])
    assert np.isnan(theirs[20])
    assert (np.delete(ours, 20) == 1).all()
    assert theirs[15:20].tolist() == [0] * 5


def test_zeros_and_constant_runs_stay_exact() -> None:
    # Windows of zeros have no correlation; rounding in their place would have one.
    rng = np.random.default_rng(9)
    values = rng.gamma(1, 1e5, 1000)
    values[300:400], values[600:700] = 0, 1 / 3
    done = values_of(MovingAverage(0.5)(make(values)).signal)
    assert (done[307:393] == 0).all()
    assert (done[607:693] == 1 / 3).all()


@pytest.mark.parametrize("step", FILTERS)
def test_missing_stays_missing_and_nothing_leaks_over_a_gap(step: object) -> None:
    values = gappy()
    done = values_of(step(make(values)).signal)
    assert np.isnan(done[np.isnan(values)]).all()
    other = values.copy()
    other[140:] += 1000
    again = values_of(step(make(other)).signal)
    np.testing.assert_array_equal(done[:120], again[:120])


@pytest.mark.parametrize("step", FILTERS)
def test_nothing_leaks_over_a_cut(step: object) -> None:
    values = np.concatenate([np.zeros(100), np.full(100, 50.0)])
    done = values_of(step(make(values, start_s=3), cuts=(7.0,)).signal)
    np.testing.assert_allclose(done, values, atol=1e-9)
    blurred = values_of(step(make(values, start_s=3)).signal)
    assert np.abs(blurred - values).max() > 5


@pytest.mark.parametrize("step", FILTERS)
def test_shifting_the_clock_changes_no_value(step: object) -> None:
    signal = make(gappy())
    np.testing.assert_array_equal(
        values_of(step(signal).signal), values_of(step(signal.shift(1234.56)).signal)
    )


@pytest.mark.parametrize("step", FILTERS)
@pytest.mark.parametrize("values", [[], [3.0], [np.nan] * 50, [np.nan, 1.0, np.nan]])
def test_too_little_gives_missing_or_the_sample_itself(step: object, values: list[float]) -> None:
    done = step(make(values))
    out = values_of(done.signal)
    assert out.size == len(values)
    if isinstance(step, MovingAverage):
        np.testing.assert_array_equal(out, values)
    else:
        assert np.isnan(out).all()
        lost = int(np.isfinite(values).sum())
        assert sum(n.count for n in done.notes if n.code == "signal_too_short") == lost


@pytest.mark.parametrize("step", FILTERS)
def test_infinite_values_become_missing_and_are_counted(step: object) -> None:
    values = np.zeros(200)
    values[[50, 60]] = np.inf, -np.inf
    done = step(make(values))
    assert np.isnan(values_of(done.signal)[[50, 60]]).all()
    assert np.isfinite(values_of(done.signal)[:50]).all()
    note = done.notes[0]
    assert (note.code, note.count, note.level) == ("signal_infinite", 2, "warning")


def test_input_is_not_changed() -> None:
    values = gappy()
    signal = make(values)
    for step in FILTERS:
        step(signal)
    np.testing.assert_array_equal(values_of(signal), values)


def test_butterworth_passes_its_band_and_no_other() -> None:
    t = np.arange(0, 60, 0.04)
    slow, fast = np.sin(2 * np.pi * 0.5 * t), np.sin(2 * np.pi * 6 * t)
    inner = slice(200, -200)
    low = values_of(Butterworth(high_hz=2)(make(slow + fast)).signal)
    high = values_of(Butterworth(low_hz=2)(make(slow + fast)).signal)
    np.testing.assert_allclose(low[inner], slow[inner], atol=2e-3)
    np.testing.assert_allclose(high[inner], fast[inner], atol=2e-3)
    at_edge = values_of(Butterworth(high_hz=2)(make(np.sin(2 * np.pi * 2 * t))).signal)
    assert np.abs(at_edge[inner]).max() == pytest.approx(0.5, abs=0.01)
    band = values_of(Butterworth(0.3, 1)(make(slow + fast + 7)).signal)
    np.testing.assert_allclose(band[inner], slow[inner], atol=0.02)


def test_a_local_parabola_is_kept() -> None:
    t = np.arange(100) / 25
    values = 3 * t**2 - t
    done = values_of(SavitzkyGolay(0.5, 2)(make(values)).signal)
    np.testing.assert_allclose(done, values, atol=1e-10)


@pytest.mark.parametrize(
    "make_step",
    [
        lambda: MovingAverage(0),
        lambda: MovingAverage(np.nan),
        lambda: MovingAverage(1, compat="other"),
        lambda: SavitzkyGolay(0.5, -1),
        lambda: SavitzkyGolay(0.5, 1.5),
        lambda: Butterworth(),
        lambda: Butterworth(3, 2),
        lambda: Butterworth(high_hz=-1),
        lambda: Butterworth(high_hz=1, order=0),
        lambda: MovingAverage(0.01)(make([1, 2, 3])),
        lambda: SavitzkyGolay(0.04, 2)(make([1, 2, 3])),
        lambda: Butterworth(high_hz=12.5)(make([1, 2, 3])),
    ],
)
def test_wrong_settings_say_so(make_step: object) -> None:
    with pytest.raises(SettingError):
        make_step()
