"""Settings, grid, table and its summaries: what is stated, what is missing, what is refused."""

from __future__ import annotations

import json
import math
import warnings

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.core.streams import Signal
from reattune.synchrony import (
    PRESETS,
    CrossCorrelation,
    Windows,
    average_lags,
    average_windows,
    cross_correlate,
    find_best_lags,
    lay_out,
    name_lag,
    summarize,
    use_preset,
)

SETTINGS = CrossCorrelation(Windows(5, 2, 1))


@pytest.fixture(autouse=True)
def no_warning() -> object:
    """Nothing here may warn: empty means and logarithms of 0 are dealt with, not let through."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def noise(seed: int = 1, n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.random.default_rng(seed).normal(size=(2, n))
    return x, y


# -- settings and grid -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "parameter"),
    [
        (lambda: Windows(window_s=0), "window_s"),
        (lambda: Windows(step_s=-1), "step_s"),
        (lambda: Windows(max_lag_s=-0.1), "max_lag_s"),
        (lambda: Windows(window_s=float("nan")), "window_s"),
        (lambda: CrossCorrelation(anchor="middle"), "anchor"),  # type: ignore[arg-type]
        (lambda: CrossCorrelation(min_valid_prop=0), "min_valid_prop"),
        (lambda: CrossCorrelation(min_valid_prop=1.2), "min_valid_prop"),
        (lambda: CrossCorrelation(z_limit=0), "z_limit"),
        (lambda: CrossCorrelation(fewest_differing=-1), "fewest_differing"),
        (lambda: CrossCorrelation(windows=30), "windows"),  # type: ignore[arg-type]
        (lambda: CrossCorrelation(Windows(5, 5, 5), anchor="segment"), "max_lag_s"),
        (lambda: use_preset("rmae"), "Did you mean 'rmea'"),
        (lambda: lay_out(100, 10, CrossCorrelation(Windows(0.2, 1, 0))), "window_s"),
        (lambda: lay_out(100, 10, CrossCorrelation(Windows(5, 0.04, 0))), "step_s"),
        (lambda: lay_out(100, 0, SETTINGS), "rate_hz"),
    ],
)
def test_settings_that_cannot_be(make: object, parameter: str) -> None:
    with pytest.raises(SettingError, match=parameter):
        make()  # type: ignore[operator]


def test_a_signal_shorter_than_a_window_says_what_is_needed() -> None:
    x, y = noise(n=59)
    with pytest.raises(SettingError, match=r"5\.9 s.*need 6 s"):
        cross_correlate(x, y, SETTINGS, rate_hz=10)
    x, y = noise(n=60)
    assert cross_correlate(x, y, SETTINGS, rate_hz=10).grid.shape == (1, 21)
    with pytest.raises(SettingError, match="need 8 s"):
        cross_correlate(x, y, use_preset("boker", Windows(5, 2, 1)), rate_hz=10)


def test_fractions_of_a_second_are_rounded_to_samples_and_said() -> None:
    grid = lay_out(1000, 12.5, CrossCorrelation(Windows(2.5, 0.33, 0.5)))
    assert (grid.window, grid.step, grid.max_lag) == (31, 4, 6)
    assert grid.window_s == pytest.approx(2.48)
    assert np.diff(grid.centres_s) == pytest.approx(np.full(grid.shape[0] - 1, 0.32))


@pytest.mark.parametrize("anchor", ["leader", "follower", "centre", "segment"])
def test_the_grid_stays_inside_the_signal_and_leaves_no_room_for_another(anchor: str) -> None:
    for lag in (0, 1, 4, 5):
        grid = lay_out(203, 1, CrossCorrelation(Windows(20, 7, lag), anchor=anchor))  # type: ignore[arg-type]
        both = np.stack([grid.first_offsets, grid.second_offsets])
        begins = grid.starts[:, None, None] + both
        assert begins.min() == 0
        room = 203 - (begins + grid.lengths).max()
        assert 0 <= room < 7
        np.testing.assert_array_equal(both[1] - both[0], grid.lags)


def test_windows_are_dated_by_the_centre_of_both() -> None:
    windows = Windows(10, 5, 4)
    middle = {}
    for anchor in ("leader", "follower", "centre"):
        grid = lay_out(100, 1, CrossCorrelation(windows, anchor=anchor), start_s=50)  # type: ignore[arg-type]
        zero = grid.cell_centres_s[:, 4]
        middle[anchor] = grid.cell_centres_s[0] - zero[0]
        np.testing.assert_allclose(grid.centres_s, grid.cell_centres_s.mean(axis=1))
        assert grid.starts_s[0] == 50
        assert grid.ends_s[0] == 50 + 14
    np.testing.assert_array_equal(middle["leader"], np.abs(np.arange(-4, 5)) / 2)
    np.testing.assert_array_equal(middle["follower"], -np.abs(np.arange(-4, 5)) / 2)
    assert np.abs(middle["centre"]).max() == 0.5


def test_lags_in_words() -> None:
    partners = ("patient", "therapist")
    assert name_lag(1.2, partners) == "the patient leads by 1.2 s"
    assert name_lag(-0.04, partners) == "the therapist leads by 0.04 s"
    assert name_lag(0.0, partners) == "neither leads"
    assert name_lag(math.nan, partners) == "no lag was found"


# -- which way a lag goes ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", *PRESETS])
def test_a_positive_lag_means_that_the_first_leads_under_every_preset(name: str) -> None:
    rng = np.random.default_rng(4)
    x = np.cumsum(rng.normal(size=800)) % 3
    y = np.full(800, np.nan)
    y[5:] = x[:-5] + 0.1 * rng.normal(size=795)
    windows = Windows(20, 20, 2)
    settings = use_preset(name, windows) if name else CrossCorrelation(windows)
    table = cross_correlate(x, y, settings, rate_hz=10, partners=("infant", "caregiver"))
    best = table.lags_s[np.nanargmax(average_lags(table))]
    assert best == pytest.approx(0.5)
    assert table.say_lag(best) == "the infant leads by 0.5 s"
    assert "infant leads" in str(table.settings["positive_lag"])


def test_every_preset_says_its_own_sign_and_how_far_it_was_checked() -> None:
    assert "SECOND" in PRESETS["susy"].peer_sign
    assert "approximation" in PRESETS["syncpy"].agreement
    for name, preset in PRESETS.items():
        assert preset.settings.preset == name
        assert preset.source
        assert preset.averaging
        assert preset.normalisation


# -- edge cases --------------------------------------------------------------------------------


def test_identical_signals_correlate_by_1_and_z_is_held_at_its_limit() -> None:
    x, _ = noise()
    table = cross_correlate(x, x, SETTINGS, rate_hz=10)
    np.testing.assert_array_equal(table.r[:, 10] > 1 - 1e-12, True)
    assert table.z[:, 10] == pytest.approx(np.full(table.grid.shape[0], 10.0))
    assert (table.r <= 1).all()
    opposite = cross_correlate(x, -3 * x, SETTINGS, rate_hz=10)
    np.testing.assert_allclose(opposite.r, -table.r, atol=1e-12)


def test_the_rmea_preset_leaves_identical_windows_out_as_the_program_does() -> None:
    x, y = noise()
    y[:80] = x[:80]
    y[20] += 1
    mine = cross_correlate(x, y, SETTINGS, rate_hz=10)
    theirs = cross_correlate(x, y, use_preset("rmea", SETTINGS.windows), rate_hz=10)
    # Windows 0 and 1 differ at lag 0 in one sample, the third in some more.
    assert theirs.state[:3, 10].tolist() == [3, 3, 0]
    assert theirs.count_missing()["the same samples"] == 2
    assert not mine.missing.any()
    rest = ~theirs.missing
    np.testing.assert_array_equal(mine.r[rest], theirs.r[rest])


def test_constant_signals_give_missing_cells_never_0() -> None:
    x, _ = noise()
    table = cross_correlate(np.full(300, 0.3), x, SETTINGS, rate_hz=10)
    assert table.missing.all()
    assert np.isnan(table.r).all()
    assert table.count_missing() == {
        "too little observed": 0,
        "constant": table.r.size,
        "the same samples": 0,
    }
    found = summarize(table)
    assert math.isnan(found.signed.all_lags)
    assert found.n_cells == 0
    assert found.missing_prop == 1
    assert found.n_windows_missing == found.n_windows
    assert np.isnan(find_best_lags(table).lag_s).all()
    assert not find_best_lags(table).at_edge.any()
    assert "No correlation could be computed" in table.summary()


def test_all_missing_gives_missing_cells_and_says_why() -> None:
    x, _ = noise()
    table = cross_correlate(np.full(300, np.nan), x, SETTINGS, rate_hz=10)
    assert table.count_missing()["too little observed"] == table.r.size
    assert (table.counts == 0).all()
    assert math.isnan(table.both_zero_prop)
    assert np.isnan(average_windows(table).all_lags).all()
    json.dumps(table.to_dict(), allow_nan=False)


def test_the_share_that_must_be_observed() -> None:
    x, y = noise()
    x[:25] = np.nan
    windows = Windows(5, 5, 0)
    for share, state in ((0.5, 0), (0.51, 1), (1.0, 1)):
        settings = CrossCorrelation(windows, min_valid_prop=share)
        table = cross_correlate(x, y, settings, rate_hz=10)
        assert table.counts[0, 0] == 25
        assert table.state[0, 0] == state
        assert not table.missing[1:].any()
    few = CrossCorrelation(windows, min_valid_prop=0.01)
    x[:48] = np.nan
    table = cross_correlate(x, y, few, rate_hz=10)
    assert table.counts[0, 0] == 2
    assert table.state[0, 0] == 1


@pytest.mark.parametrize(
    ("x", "y", "told"),
    [
        (np.zeros(10), np.zeros(11), "11 samples"),
        (np.zeros((10, 2)), np.zeros(10), "one row"),
        ([1.0, np.inf, 2.0], np.zeros(3), "infinite value at sample 1"),
        (np.zeros(0), np.zeros(0), "window and lag"),
        ([1.0], [1.0], "window and lag"),
    ],
)
def test_signals_that_cannot_be(x: object, y: object, told: str) -> None:
    with pytest.raises(SettingError, match=told):
        cross_correlate(x, y, SETTINGS, rate_hz=10)  # type: ignore[arg-type]


def test_arrays_need_a_rate() -> None:
    with pytest.raises(SettingError, match="rate_hz"):
        cross_correlate(*noise(), SETTINGS)


def test_huge_and_tiny_units_change_nothing() -> None:
    x, y = noise()
    plain = cross_correlate(x, y, SETTINGS, rate_hz=10)
    extreme = cross_correlate(1e300 * x, 1e-300 * y, SETTINGS, rate_hz=10)
    np.testing.assert_allclose(extreme.r, plain.r, rtol=0, atol=1e-13)


def test_inputs_are_not_changed() -> None:
    x, y = noise()
    x[3] = np.nan
    before = x.copy(), y.copy()
    cross_correlate(x, y, use_preset("rmea", SETTINGS.windows), rate_hz=10)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(y, before[1])


# -- signals -----------------------------------------------------------------------------------


def test_signals_are_laid_over_their_common_time() -> None:
    x, y = noise()
    first = Signal("infant", "motion", x, 10, start_s=2)
    second = Signal("caregiver", "motion", y, 10, start_s=3.5)
    table = cross_correlate(first, second, SETTINGS)
    plain = cross_correlate(x[15:], y[:-15], SETTINGS, rate_hz=10, start_s=3.5)
    np.testing.assert_array_equal(table.r, plain.r)
    np.testing.assert_array_equal(table.centres_s, plain.centres_s)
    assert table.partners == ("infant", "caregiver")


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (Signal("b", "m", np.zeros(300), 25), "10 and 25"),
        (Signal("b", "m", np.zeros(300), 10, start_s=0.04), "whole number of samples"),
        (Signal("b", "m", np.zeros(300), 10, start_s=100), "share some time"),
        (np.zeros(300), "two Signals or two arrays"),
    ],
)
def test_signals_that_do_not_fit(other: object, told: str) -> None:
    x, _ = noise()
    with pytest.raises(SettingError, match=told):
        cross_correlate(Signal("a", "m", x, 10), other, SETTINGS)  # type: ignore[arg-type]


def test_a_rate_beside_signals_must_be_theirs() -> None:
    x, y = noise()
    signals = Signal("a", "m", x, 10), Signal("b", "m", y, 10)
    assert cross_correlate(*signals, SETTINGS, rate_hz=10).grid.rate_hz == 10
    with pytest.raises(SettingError, match="rate_hz"):
        cross_correlate(*signals, SETTINGS, rate_hz=25)


# -- summaries ---------------------------------------------------------------------------------


def test_summaries_are_plain_means_of_cells() -> None:
    x, y = noise()
    x[100:140] = np.nan
    y[200:260] = 0.0
    table = cross_correlate(x, y, SETTINGS, rate_hz=10)
    z = np.arctanh(table.r)
    found = summarize(table)
    assert 0 < found.missing_prop < 1
    assert sum(found.missing.values()) + found.n_cells == z.size
    parts = {
        "all_lags": slice(None),
        "first_leads": slice(11, None),
        "second_leads": slice(None, 10),
        "lag_zero": slice(10, 11),
        "first_leads_or_zero": slice(10, None),
        "second_leads_or_zero": slice(None, 11),
    }
    rows = average_windows(table, absolute=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for name, part in parts.items():
            assert getattr(found.signed, name) == pytest.approx(np.nanmean(z[:, part]), abs=1e-14)
            absolute = np.abs(z[:, part])
            assert getattr(found.absolute, name) == pytest.approx(np.nanmean(absolute), abs=1e-14)
            by_row = np.nanmean(absolute, axis=1)
            np.testing.assert_allclose(getattr(rows, name), by_row, atol=1e-14)
        np.testing.assert_allclose(average_lags(table), np.nanmean(z, axis=0), atol=1e-14)
        assert found.sd == pytest.approx(np.nanstd(z, ddof=1))
    assert (found.low, found.high) == (np.nanmin(z), np.nanmax(z))
    assert found.both_zero_prop == 0
    json.dumps(found.to_dict())


def test_best_lags_signed_and_absolute() -> None:
    x, _ = noise(n=400)
    y = np.roll(x, 4) - 1.5 * np.roll(x, -7)
    table = cross_correlate(x, y, CrossCorrelation(Windows(20, 5, 1)), rate_hz=10)
    signed, absolute = find_best_lags(table), find_best_lags(table, absolute=True)
    assert signed.lag_s == pytest.approx(np.full(signed.lag_s.size, 0.4))
    assert absolute.lag_s == pytest.approx(np.full(signed.lag_s.size, -0.7))
    assert (absolute.value < 0).all()
    assert not signed.at_edge.any()
    assert signed.time_s[0] == pytest.approx(10 + 0.2)


def test_zeros_shared_by_both_are_counted_and_told() -> None:
    x, y = noise()
    x[:200], y[50:260] = 0, 0
    x[60] = np.nan
    table = cross_correlate(x, y, SETTINGS, rate_hz=10)
    assert table.both_zero_prop == pytest.approx(149 / 299)
    x[200:255] = 0
    assert "Both signals are 0" in cross_correlate(x, y, SETTINGS, rate_hz=10).summary()


def test_the_text_names_leaders_lags_and_the_null() -> None:
    x, y = noise()
    x[:60] = np.nan
    told = cross_correlate(x, y, SETTINGS, rate_hz=10, partners=("infant", "caregiver")).summary()
    assert "where the infant leads" in told
    assert "null" in told
    assert "too little observed" in told
    for word in ("good", "better", "poor", "error", "fail"):
        assert word not in told


def test_frame_and_document() -> None:
    x, y = noise()
    x[:60] = np.nan
    table = cross_correlate(x, y, SETTINGS, rate_hz=10, start_s=100)
    frame = table.to_frame()
    assert list(frame) == ["time_s", "lag_s", "r", "z", "n_pairs", "missing"]
    assert len(frame) == table.r.size
    assert (frame["missing"] != "").sum() == table.missing.sum()
    assert frame["time_s"].min() >= 102.5
    document = json.loads(json.dumps(table.to_dict(), allow_nan=False))
    assert np.array(document["r"], dtype=float).shape == table.grid.shape
    assert document["settings"]["window_samples"] == 50
    assert repr(table).startswith("CrossTable(first partner with second partner: ")
