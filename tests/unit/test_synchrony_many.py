"""Many pairings give what each gives by itself."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.core.streams import Signal
from reattune.synchrony import (
    CrossCorrelation,
    CrossStatistics,
    CrossTable,
    Windows,
    average_lags,
    average_windows,
    correlate_moved,
    correlate_shifted,
    correlate_surrogates,
    cross_correlate,
    cross_correlate_many,
    measure_pairings,
    summarize,
    use_preset,
)
from tests.naive_synchrony import naive_cell, naive_segment

WINDOWS = Windows(5, 2, 1)
SETTINGS = CrossCorrelation(WINDOWS)


def make_signals(sizes: tuple[int, ...] = (300, 300, 260, 340)) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    made = [np.cumsum(rng.normal(size=n)) for n in sizes]
    made[1][100:160] = np.nan
    made[0][200:260] = 0.0
    return made


def check_row(found: CrossStatistics, i: int, table: CrossTable) -> None:
    """One row of the statistics against the summaries of a table."""
    told = summarize(table)
    values = table.values[~table.missing]
    assert found.mean[i] == pytest.approx(told.signed.all_lags, abs=1e-12)
    assert found.mean_abs[i] == pytest.approx(told.absolute.all_lags, abs=1e-12)
    assert found.high[i] == pytest.approx(values.max(), abs=1e-12)
    assert found.low[i] == pytest.approx(values.min(), abs=1e-12)
    assert found.high_abs[i] == pytest.approx(np.abs(values).max(), abs=1e-12)
    assert found.n_cells[i] == told.n_cells
    n = table.grid.shape[0]
    for absolute, by_window, by_lag in (
        (False, found.window_mean, found.lag_mean),
        (True, found.window_mean_abs, found.lag_mean_abs),
    ):
        rows = average_windows(table, absolute=absolute).all_lags
        np.testing.assert_allclose(by_window[i, :n], rows, atol=1e-12)
        assert np.isnan(by_window[i, n:]).all()
        np.testing.assert_allclose(by_lag[i], average_lags(table, absolute=absolute), atol=1e-12)


@pytest.mark.parametrize("kernel", ["fft", "running"])
@pytest.mark.parametrize("name", ["", "rmea", "susy", "boker"])
def test_pairings_are_those_of_one_pair_at_a_time(name: str, kernel: str) -> None:
    settings = use_preset(name, WINDOWS) if name else SETTINGS
    signals = make_signals()
    pairs = [(0, 1), (1, 0), (2, 3), (0, 2), (3, 1), (2, 2)]
    tables = cross_correlate_many(signals, settings, rate_hz=10, pairs=pairs, kernel=kernel)  # type: ignore[arg-type]
    found = measure_pairings(signals, settings, rate_hz=10, pairs=pairs, kernel=kernel)  # type: ignore[arg-type]
    assert len(found) == len(pairs)
    for i, ((a, b), table) in enumerate(zip(pairs, tables, strict=True)):
        n = min(signals[a].size, signals[b].size)
        alone = cross_correlate(signals[a][:n], signals[b][:n], settings, rate_hz=10)
        np.testing.assert_array_equal(table.state, alone.state)
        np.testing.assert_array_equal(table.counts, alone.counts)
        np.testing.assert_allclose(table.r, alone.r, rtol=0, atol=1e-9)
        check_row(found, i, table)


def test_every_two_signals_once_and_their_names() -> None:
    signals = [
        Signal(f"person {i}", "motion", v, 10, start_s=7 * i) for i, v in enumerate(make_signals())
    ]
    tables = cross_correlate_many(signals, SETTINGS)
    assert len(tables) == 6
    assert tables[0].partners == ("person 0", "person 1")
    named = cross_correlate_many(signals[:2], SETTINGS, names=["a", "b"])
    assert named[0].partners == ("a", "b")


@pytest.mark.parametrize("kernel", ["fft", "running"])
def test_shifts_are_the_signal_turned_round(kernel: str) -> None:
    x, y, *_ = make_signals()
    offsets = np.array([0, 1, -7, 150, 299, 300, 1000])
    found = correlate_shifted(x, y, offsets, SETTINGS, rate_hz=10, kernel=kernel)  # type: ignore[arg-type]
    for i, offset in enumerate(offsets):
        turned = np.array([y[(t - offset) % 300] for t in range(300)])
        check_row(found, i, cross_correlate(x, turned, SETTINGS, rate_hz=10))
    assert found.mean[5] == pytest.approx(found.mean[0], abs=1e-12)


@pytest.mark.parametrize("anchor", ["leader", "follower", "centre", "segment"])
@pytest.mark.parametrize("missing", [False, True])
def test_moved_windows_meet_what_lies_where_they_are_moved_to(anchor: str, missing: bool) -> None:
    x, y, *_ = make_signals()
    if not missing:
        y = np.nan_to_num(y)
    settings = CrossCorrelation(WINDOWS, anchor=anchor)  # type: ignore[arg-type]
    table = cross_correlate(x, y, settings, rate_hz=10)
    grid = table.grid
    rng = np.random.default_rng(3)
    low = grid.starts + grid.second_offsets.min()
    high = 300 - grid.starts - (grid.second_offsets + grid.lengths).max()
    apart = np.array([rng.integers(-a, b + 1) for a, b in zip(low, high, strict=True)])
    together = np.where(np.arange(low.size) < 4, high.min(), -low[4])
    moves = np.stack([np.zeros_like(apart), apart, together])
    found = correlate_moved(x, y, moves, settings, rate_hz=10)
    check_row(found, 0, table)
    for i in (1, 2):
        for k, start in enumerate(grid.starts):
            r = []
            for a, b, n, lag in zip(
                grid.first_offsets, grid.second_offsets, grid.lengths, grid.lags, strict=True
            ):
                at = start + moves[i, k]
                if anchor == "segment":
                    one, other = x[start : start + 50], y[at : at + 50]
                    r.append(naive_segment(one, other, int(lag), 0.5)[0])
                else:
                    one, other = x[start + a : start + a + n], y[at + b : at + b + n]
                    r.append(naive_cell(one, other, 25)[0])
            z = np.arctanh(np.array(r))
            if np.isnan(z).all():
                assert np.isnan(found.window_mean[i, k])
            else:
                assert found.window_mean[i, k] == pytest.approx(np.nanmean(z), abs=1e-9)


def test_moves_that_cannot_be() -> None:
    x, y, *_ = make_signals()
    n = cross_correlate(x, y, SETTINGS, rate_hz=10).grid.starts.size
    for moves, told in (
        (np.zeros((2, n - 1), int), "one per window"),
        (np.zeros((2, n)), "whole numbers"),
        (np.full((1, n), 1000), "inside"),
        (np.full((1, n), -1), "inside"),
    ):
        with pytest.raises(SettingError, match=told):
            correlate_moved(x, y, moves, SETTINGS, rate_hz=10)


def test_surrogates_as_a_matrix_or_one_at_a_time() -> None:
    x, *_ = make_signals()
    made = np.random.default_rng(2).normal(size=(4, 300))
    made[2, 50:90] = np.nan
    settings = CrossCorrelation(WINDOWS, fisher_z=False)
    found = correlate_surrogates(x, made, settings, rate_hz=10)
    again = correlate_surrogates(x, (row for row in made), settings, rate_hz=10)
    for i, row in enumerate(made):
        check_row(found, i, cross_correlate(x, row, settings, rate_hz=10))
    np.testing.assert_array_equal(found.mean, again.mean)


def test_z_at_1_is_held_at_the_limit_here_too() -> None:
    x = np.random.default_rng(2).normal(size=300)
    settings = CrossCorrelation(WINDOWS, z_limit=4)
    found = correlate_shifted(x, x, [0], settings, rate_hz=10)
    assert found.high[0] == 4
    constant = correlate_shifted(x, np.ones(300), [0], settings, rate_hz=10)
    assert constant.n_cells[0] == 0
    assert np.isnan(constant.mean[0])
    assert np.isnan(constant.high_abs[0])


@pytest.mark.parametrize(
    ("run", "told"),
    [
        (lambda s: cross_correlate_many([], SETTINGS, rate_hz=10), "at least one signal"),
        (lambda s: cross_correlate_many(s, SETTINGS), "rate_hz"),
        (lambda s: cross_correlate_many(s, SETTINGS, rate_hz=10, pairs=[(0, 4)]), "from 0 to 3"),
        (lambda s: cross_correlate_many(s, SETTINGS, rate_hz=10, names=["a"]), "one per signal"),
        (lambda s: correlate_shifted(s[0], s[1], [0.5], SETTINGS, rate_hz=10), "whole numbers"),
        (lambda s: correlate_shifted(s[0], s[2], [1], SETTINGS, rate_hz=10), "260 samples"),
        (lambda s: correlate_surrogates(s[0], [s[2]], SETTINGS, rate_hz=10), "260 samples"),
        (
            lambda s: measure_pairings([Signal("a", "m", s[0], 10), s[1]], SETTINGS, rate_hz=25),
            "one rate",
        ),
    ],
)
def test_what_cannot_be_paired(run: object, told: str) -> None:
    with pytest.raises(SettingError, match=told):
        run(make_signals())  # type: ignore[operator]
