"""Both kernels against a loop of corrcoef, on ordinary data and on data that break fast sums."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.synchrony import CrossCorrelation, CrossTable, Windows, cross_correlate, lay_out
from reattune.synchrony.choose import choose_kernel
from tests.naive_synchrony import naive_table

ANCHORS = ("leader", "follower", "centre", "segment")
TOLERANCE = 1e-9


def make_normal(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.normal(size=n)


def make_walk(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.cumsum(rng.normal(size=n))


def make_bursts(rng: np.random.Generator, n: int) -> np.ndarray:
    """Counts with long runs of zeros and a heavy tail: some are millions of times the others."""
    on = np.repeat(rng.random(n // 40 + 1) < 0.4, 40)[:n]
    return np.round(on * np.exp(rng.normal(3, 3, n)))


def make_small_on_large(rng: np.random.Generator, n: int) -> np.ndarray:
    """Variation a millionth of the level, as of a temperature."""
    return 310 + 3e-4 * rng.normal(size=n)


def make_quiet_after_loud(rng: np.random.Generator, n: int) -> np.ndarray:
    """A loud first third; what follows varies by a ten-millionth of it, around another level."""
    loud = np.arange(n) < n // 3
    return np.where(loud, 1e7 * rng.gamma(0.3, size=n), 40 + rng.normal(size=n))


KINDS = (make_normal, make_walk, make_bursts, make_small_on_large, make_quiet_after_loud)


def both_kernels(x: np.ndarray, y: np.ndarray, settings: CrossCorrelation) -> list[CrossTable]:
    kernels = ("running",) if settings.anchor == "centre" else ("running", "fft")
    return [cross_correlate(x, y, settings, rate_hz=10, kernel=kernel) for kernel in kernels]  # type: ignore[arg-type]


def check(x: np.ndarray, y: np.ndarray, settings: CrossCorrelation) -> np.ndarray:
    w = settings.windows
    window, step, lag = (round(10 * s) for s in (w.window_s, w.step_s, w.max_lag_s))
    r, n = naive_table(
        x, y, window=window, step=step, lag=lag, anchor=settings.anchor, drop=settings.drop_last
    )
    for table in both_kernels(x, y, settings):
        np.testing.assert_array_equal(np.isnan(table.r), np.isnan(r), err_msg=table.kernel)
        np.testing.assert_array_equal(table.missing, np.isnan(r))
        np.testing.assert_array_equal(table.counts, n)
        np.testing.assert_allclose(table.r, r, rtol=0, atol=TOLERANCE, err_msg=table.kernel)
    return r


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("anchor", ANCHORS[:3])
def test_every_kind_of_data(make: object, anchor: str) -> None:
    rng = np.random.default_rng(7)
    x, y = make(rng, 700), make(rng, 700)  # type: ignore[operator]
    check(x, y, CrossCorrelation(Windows(6, 2.5, 0.7), anchor=anchor))  # type: ignore[arg-type]


@pytest.mark.parametrize("anchor", ANCHORS)
@pytest.mark.parametrize(
    "windows",
    [
        Windows(5, 0.1, 0.4),
        Windows(5, 5, 1),
        Windows(5, 5.1, 1.1),
        Windows(3, 9.7, 0.9),
        Windows(4, 1.3, 0),
        Windows(4, 1.3, 0.1),
        Windows(0.3, 0.2, 0),
    ],
)
def test_every_layout(anchor: str, windows: Windows) -> None:
    rng = np.random.default_rng(3)
    n = 160 if windows.step_s < 1 else 500
    check(rng.normal(size=n), rng.normal(size=n), CrossCorrelation(windows, anchor=anchor))  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [make_normal, make_bursts])
@pytest.mark.parametrize("anchor", ANCHORS[:3])
def test_missing_samples_leave_out_their_own_pairs_only(make: object, anchor: str) -> None:
    rng = np.random.default_rng(11)
    x, y = make(rng, 700), make(rng, 700)  # type: ignore[operator]
    x[rng.random(700) < 0.2] = np.nan
    y[200:290] = np.nan
    y[610] = np.nan
    r = check(x, y, CrossCorrelation(Windows(6, 2.5, 0.7), anchor=anchor))  # type: ignore[arg-type]
    assert np.isnan(r).any()
    assert not np.isnan(r).all()


def test_segments_with_missing_samples() -> None:
    rng = np.random.default_rng(11)
    x, y = make_walk(rng, 600), make_walk(rng, 600)
    x[rng.random(600) < 0.2] = np.nan
    y[200:245] = np.nan
    r = check(x, y, CrossCorrelation(Windows(6, 6, 1), anchor="segment"))
    assert np.isnan(r).any()


def test_whole_and_broken_windows_side_by_side() -> None:
    """One missing sample sends some windows to the other kernel; the rest stay as they were."""
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(2, 1000))
    settings = CrossCorrelation(Windows(10, 5, 2))
    before = cross_correlate(x, y, settings, rate_hz=10, kernel="fft")
    x[500] = np.nan
    after = cross_correlate(x, y, settings, rate_hz=10, kernel="fft")
    touched = (after.counts < 100).any(axis=1)
    assert 0 < touched.sum() < touched.size
    # The mean of the signal moved a little, and with it the last digit.
    np.testing.assert_allclose(before.r[~touched], after.r[~touched], rtol=0, atol=1e-14)
    check(x, y, settings)


def test_a_constant_window_is_missing_also_when_rounding_makes_it_vary() -> None:
    rng = np.random.default_rng(2)
    y = rng.normal(size=400)
    for level in (0.0, 0.1, 1e9 / 3):
        x = rng.normal(size=400)
        x[100:300] = level
        if level:
            x[150] = np.nextafter(level, 2 * level)
        for table in both_kernels(x, y, CrossCorrelation(Windows(5, 5, 0))):
            assert table.state[:, 0].tolist() == [0, 0, 2, 2, 2, 2, 0, 0], table.kernel
            assert table.count_missing()["constant"] == 4


def test_one_sample_apart_from_constant_is_not_constant() -> None:
    x = np.zeros(100)
    x[40] = 1e-6
    x[80] = 1e3
    y = np.random.default_rng(1).normal(size=100)
    for table in both_kernels(x, y, CrossCorrelation(Windows(5, 5, 0))):
        assert not table.missing.any()
        expected = [np.corrcoef(x[i : i + 50], y[i : i + 50])[0, 1] for i in (0, 50)]
        np.testing.assert_allclose(table.r[:, 0], expected, atol=TOLERANCE)


def test_auto_takes_the_cheaper_kernel() -> None:
    few_windows = CrossCorrelation(Windows(300, 300, 60))
    assert choose_kernel(lay_out(360_000, 100, few_windows)) == "fft"
    dense = CrossCorrelation(Windows(30, 1, 5))
    assert choose_kernel(lay_out(75_000, 25, dense)) == "running"
    assert choose_kernel(lay_out(75_000, 25, CrossCorrelation(anchor="centre"))) == "running"


def test_the_fft_refuses_what_it_cannot_do() -> None:
    x = np.arange(1000.0)
    with pytest.raises(SettingError, match="running"):
        cross_correlate(x, x, CrossCorrelation(anchor="centre"), rate_hz=10, kernel="fft")
    with pytest.raises(SettingError, match="kernel"):
        cross_correlate(x, x, rate_hz=10, kernel="fast")  # type: ignore[arg-type]
