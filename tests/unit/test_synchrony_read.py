"""What is read from a table: peaks, paths; and concordance and segments, each beside a loop."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from reattune.core.errors import SettingError
from reattune.synchrony import (
    CrossCorrelation,
    CrossTable,
    Windows,
    concordance_index,
    cross_correlate,
    describe_segments,
    find_concordance,
    find_lag_path,
    find_peaks,
    use_preset,
)
from reattune.synchrony.concordance import find_slopes
from reattune.synchrony.peaks import smoother
from tests.naive_synchrony import (
    naive_loess,
    naive_path,
    naive_peak,
    naive_segment,
    naive_slopes,
    naive_susy,
)


def smooth_noise(rng: np.random.Generator, n: int, width: int = 9) -> np.ndarray:
    return np.convolve(rng.normal(size=n + width - 1), np.ones(width) / width, "valid")


def make_table(seed: int = 1, n: int = 900, lag_s: float = 3.0) -> CrossTable:
    rng = np.random.default_rng(seed)
    x, y = smooth_noise(rng, n), smooth_noise(rng, n)
    return cross_correlate(x, y, use_preset("boker", Windows(12, 4, lag_s)), rate_hz=10)


def with_r(table: CrossTable, r: np.ndarray) -> CrossTable:
    """The table with other correlations; nan makes a cell missing."""
    return replace(table, r=r, state=np.isnan(r).astype(np.uint8))


# -- peaks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lag_s", "span"), [(3.0, 0.25), (1.2, 0.5), (2.0, 0.9)])
def test_the_smooth_curve_is_that_of_the_direct_loop(lag_s: float, span: float) -> None:
    table = make_table(lag_s=lag_s)
    n = table.grid.shape[1]
    matrix = smoother(n, span)
    for row in table.r[:5]:
        np.testing.assert_allclose((matrix @ row)[::2], naive_loess(row, span), atol=1e-11)


def test_the_smooth_curve_keeps_a_quadratic() -> None:
    lags = np.arange(-30.0, 31)
    row = 0.3 - 0.02 * lags + 3e-4 * lags**2
    half = np.arange(-30, 30.5, 0.5)
    expected = 0.3 - 0.02 * half + 3e-4 * half**2
    np.testing.assert_allclose(smoother(61, 0.25) @ row, expected, atol=1e-12)


@pytest.mark.parametrize("lowest", [False, True])
@pytest.mark.parametrize("reach", [1, 4, 8, 20])
def test_peaks_against_the_direct_loop(reach: int, lowest: bool) -> None:
    table = make_table()
    found = find_peaks(table, reach=reach, lowest=lowest)
    sign = -1 if lowest else 1
    n = table.grid.shape[1]
    expected, missing = [], 0
    for row in table.r:
        places = np.arange(n)
        spline = CubicSpline(places, naive_loess(row, 0.25))
        position, _ = naive_peak(sign * spline(np.arange(2 * n - 1) / 2), reach)
        expected.append(position / 2)
        missing += math.isnan(position)
    np.testing.assert_array_equal(np.isnan(found.lag_s), np.isnan(expected))
    np.testing.assert_allclose(found.lag_s * 10, expected, atol=1e-9)
    assert found.n_without == missing
    assert found.n_missing == 0


def test_a_window_with_a_missing_cell_has_no_peak() -> None:
    table = make_table()
    r = table.r.copy()
    r[3, 7] = np.nan
    found, before = find_peaks(with_r(table, r)), find_peaks(table)
    assert math.isnan(found.lag_s[3])
    assert found.n_missing == 1
    others = np.arange(found.lag_s.size) != 3
    np.testing.assert_array_equal(found.lag_s[others], before.lag_s[others])


def test_a_curve_that_rises_to_the_end_has_no_peak() -> None:
    table = make_table()
    n_windows, n_lags = table.grid.shape
    rising = with_r(table, np.tile(np.linspace(-0.5, 0.5, n_lags), (n_windows, 1)))
    assert find_peaks(rising).n_without == n_windows


def test_settings_of_peaks_that_cannot_be() -> None:
    table = make_table()
    with pytest.raises(SettingError, match="reach"):
        find_peaks(table, reach=0)
    with pytest.raises(SettingError, match="1 to 30"):
        find_peaks(table, reach=31)
    with pytest.raises(SettingError, match="span_prop"):
        find_peaks(table, span_prop=0.05)


# -- the path ----------------------------------------------------------------------------------


@pytest.mark.parametrize("absolute", [False, True])
def test_the_path_is_the_best_of_all_paths(absolute: bool) -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(2, 60))
    table = cross_correlate(x, y, CrossCorrelation(Windows(10, 11, 2)), rate_hz=1)
    for seed in range(10):
        made = np.random.default_rng(seed).uniform(-0.9, 0.9, table.grid.shape)
        one = with_r(table, made)
        for speed, reach in ((1 / 11, 1), (2.9 / 11, 2), (1.0, 11)):
            path = find_lag_path(one, max_speed=speed, absolute=absolute)
            score = np.abs(one.z) if absolute else one.z
            columns = np.round(path.lag_s + 2).astype(int)
            assert np.abs(np.diff(columns)).max() <= reach
            collected = score[np.arange(columns.size), columns].sum()
            assert collected == pytest.approx(naive_path(score, reach))
            np.testing.assert_array_equal(path.value, one.z[np.arange(columns.size), columns])


def test_the_path_follows_a_lead_that_moves_and_crosses_missing_time() -> None:
    rng = np.random.default_rng(8)
    n = 3000
    x = smooth_noise(rng, n + 200, 5)
    lag = np.round(20 * np.sin(np.arange(n) / 500)).astype(int)
    y = x[100 + np.arange(n) - lag] + 0.3 * rng.normal(size=n)
    x = x[100 : 100 + n].copy()
    x[1400:1650] = np.nan
    settings = CrossCorrelation(Windows(15, 1, 4), anchor="centre")
    table = cross_correlate(x, y, settings, rate_hz=10)
    path = find_lag_path(table, max_speed=0.2)
    assert path.n_missing > 0
    assert np.isnan(path.lag_s).sum() == path.n_missing
    true = 2 * np.sin(path.time_s / 50)
    off = np.abs(path.lag_s - true)
    assert np.nanmedian(off) < 0.2
    assert path.mean > 0.5


def test_a_path_through_nothing_has_no_value() -> None:
    table = make_table()
    path = find_lag_path(with_r(table, np.full(table.grid.shape, np.nan)))
    assert path.n_missing == table.grid.shape[0]
    assert math.isnan(path.mean)
    with pytest.raises(SettingError, match=r"at least 0\.025"):
        find_lag_path(table, max_speed=0.02)


# -- concordance -------------------------------------------------------------------------------


def test_slopes_against_straight_lines() -> None:
    rng = np.random.default_rng(2)
    values = np.cumsum(rng.normal(size=300))
    values[rng.random(300) < 0.2] = np.nan
    values[100:140] = np.nan
    found = find_slopes(values, 25, 7, 0.5)
    expected = naive_slopes(values, 25, 7, 0.5)
    assert np.isnan(expected).any()
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_concordance_is_the_correlation_of_slopes() -> None:
    rng = np.random.default_rng(2)
    x, y = np.cumsum(rng.normal(size=(2, 600)), axis=1)
    found = find_concordance(x, y, rate_hz=5, start_s=10)
    one, other = naive_slopes(x, 25, 5, 0.5), naive_slopes(y, 25, 5, 0.5)
    expected = [np.corrcoef(one[k : k + 15], other[k : k + 15])[0, 1] for k in range(len(one) - 14)]
    np.testing.assert_allclose(found.r, expected, atol=1e-9)
    positive = sum(r for r in expected if r > 0)
    negative = sum(-r for r in expected if r < 0)
    assert found.index == pytest.approx(math.log(positive / negative))
    # Slopes of seconds 0-5, ..., 14-19 of the signal: their middle is 9.5 s after its start.
    assert found.time_s[0] == pytest.approx(19.5)
    assert found.n_missing == 0


def test_the_index_at_its_limits() -> None:
    assert concordance_index([0.5, 0.2]) == 10
    assert concordance_index([-0.5]) == -10
    assert concordance_index([0.5, -0.5]) == 0
    assert math.isnan(concordance_index([math.nan, 0.0]))
    assert math.isnan(concordance_index([]))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"slope_s": 0.1}, "slope_s"),
        ({"slope_s": 500}, "slope_s"),
        ({"step_s": 0.01}, "step_s"),
        ({"window_s": 1}, "window_s"),
    ],
)
def test_settings_of_concordance_that_cannot_be(options: dict[str, float], told: str) -> None:
    x = np.arange(600.0)
    with pytest.raises(SettingError, match=told):
        find_concordance(x, x, rate_hz=5, **options)  # type: ignore[arg-type]


# -- segments ----------------------------------------------------------------------------------


def test_segments_against_the_loop() -> None:
    rng = np.random.default_rng(6)
    x, y = np.cumsum(rng.normal(size=(2, 215)), axis=1)
    found = describe_segments(x, y, use_preset("susy", Windows(4, 4, 1)), rate_hz=10)
    expected = naive_susy(x, y, window=40, lag=10)
    assert found.segment_abs_r.size == 5
    for mine, theirs in (
        (found.real.abs_z, "abs_real"),
        (found.pseudo.abs_z, "abs_pseudo"),
        (found.real.z, "real"),
        (found.pseudo.z, "pseudo"),
    ):
        np.testing.assert_allclose(mine, expected[theirs], atol=1e-10)
    assert (found.real.n == 5).all()
    assert (found.pseudo.n == 20).all()
    told = found.to_dict()
    spread = np.std(expected["abs_pseudo"], ddof=1)
    effect = (np.mean(expected["abs_real"]) - np.mean(expected["abs_pseudo"])) / spread
    assert told["es_abs"] == pytest.approx(effect)
    assert "tests nothing" in found.summary()
    frame = found.to_frame()
    assert len(frame) == 21
    np.testing.assert_array_equal(frame["pseudo_abs_z"], found.pseudo.abs_z)


def test_segments_agree_with_the_table_of_the_same_preset() -> None:
    rng = np.random.default_rng(6)
    x, y = np.cumsum(rng.normal(size=(2, 400)), axis=1)
    x[rng.random(400) < 0.2] = np.nan
    settings = use_preset("susy", Windows(8, 8, 2))
    found = describe_segments(x, y, settings, rate_hz=10)
    table = cross_correlate(x, y, settings, rate_hz=10)
    np.testing.assert_allclose(found.real.z, table.z.mean(axis=0), atol=1e-10)
    np.testing.assert_allclose(found.segment_abs_r, np.abs(table.r).mean(axis=1), atol=1e-10)
    pairs = [(i, j) for i in range(5) for j in range(5) if i != j]
    signed = [
        naive_segment(x[80 * i : 80 * i + 80], y[80 * j : 80 * j + 80], 7, 0.5)[0] for i, j in pairs
    ]
    assert found.pseudo.z[27] == pytest.approx(np.mean(np.arctanh(signed)), abs=1e-10)


def test_a_constant_segment_is_left_out_and_counted_not_divided_by() -> None:
    """SUSY counts it in the divisor, which pulls every mean towards 0. Ours is the mean of four."""
    rng = np.random.default_rng(6)
    x, y = np.cumsum(rng.normal(size=(2, 200)), axis=1)
    x[80:120] = 3.0
    found = describe_segments(x, y, use_preset("susy", Windows(4, 4, 1)), rate_hz=10)
    assert found.n_segments_missing == 1
    assert (found.real.n == 4).all()
    z = [
        math.atanh(naive_segment(x[i : i + 40], y[i : i + 40], 0, 0.5)[0])
        for i in (0, 40, 120, 160)
    ]
    assert found.real.abs_z[10] == pytest.approx(np.mean(np.abs(z)))
    assert found.real.abs_z[10] > np.sum(np.abs(z)) / 5
    assert math.isnan(found.segment_abs_r[2])


def test_time_is_not_joined_over_a_gap() -> None:
    """SUSY deletes rows and so moves what follows. Ours leaves every later segment as it was."""
    rng = np.random.default_rng(6)
    x, y = np.cumsum(rng.normal(size=(2, 400)), axis=1)
    settings = use_preset("susy", Windows(8, 8, 2))
    before = describe_segments(x, y, settings, rate_hz=10)
    x[30:50] = np.nan
    after = describe_segments(x, y, settings, rate_hz=10)
    np.testing.assert_allclose(after.segment_abs_r[1:], before.segment_abs_r[1:], atol=1e-12)
    assert after.segment_abs_r[0] != pytest.approx(before.segment_abs_r[0], abs=1e-6)


def test_identical_segments_stay_finite() -> None:
    x = np.random.default_rng(6).normal(size=200)
    found = describe_segments(x, x, use_preset("susy", Windows(4, 4, 1)), rate_hz=10)
    assert found.real.abs_z[10] == pytest.approx(10.0)
    assert all(math.isfinite(v) for k, v in found.to_dict().items() if "phase" not in k)


def test_one_segment_has_nothing_to_compare_with() -> None:
    x, y = np.random.default_rng(6).normal(size=(2, 60))
    found = describe_segments(x, y, use_preset("susy", Windows(4, 4, 1)), rate_hz=10)
    assert np.isfinite(found.real.z).all()
    assert np.isnan(found.pseudo.z).all()
    assert math.isnan(found.to_dict()["es_abs"])
    assert math.isnan(found.to_dict()["above_pseudo_prop"])


def test_segments_need_segments() -> None:
    x = np.arange(500.0)
    with pytest.raises(SettingError, match="anchor"):
        describe_segments(x, x, CrossCorrelation(), rate_hz=10)
    with pytest.raises(SettingError, match="400 samples"):
        describe_segments(x, x[:400], rate_hz=10)
