"""What must hold for every pair of signals."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.synchrony import (
    CrossCorrelation,
    CrossTable,
    Windows,
    average_lags,
    correlate_shifted,
    cross_correlate,
    find_lag_path,
    find_peaks,
    summarize,
)
from reattune.synchrony.settings import Anchor
from tests.naive_synchrony import naive_table

QUICK = settings(max_examples=40, deadline=None, derandomize=True)
NEAR = {"rtol": 0.0, "atol": 1e-10}


@st.composite
def layouts(draw: st.DrawFn) -> CrossCorrelation:
    """Settings at one sample per second."""
    window = draw(st.integers(8, 20))
    windows = Windows(window, draw(st.integers(1, 25)), draw(st.integers(0, 7)))
    anchor = draw(st.sampled_from(get_args(Anchor)))
    share = draw(st.sampled_from((0.3, 0.5, 0.9)))
    return CrossCorrelation(windows, anchor=anchor, min_valid_prop=share)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Two signals: noise, drift or bursts, with single samples and stretches missing."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    n = draw(st.integers(30, 90))
    made = []
    for _ in range(2):
        v = rng.normal(size=n)
        kind = draw(st.sampled_from(("noise", "drift", "bursts")))
        if kind == "drift":
            v = np.cumsum(v) + 1000
        elif kind == "bursts":
            v = np.round(np.exp(3 * v)) * (rng.random(n) < 0.3)
        if draw(st.booleans()):
            v[rng.random(n) < 0.15] = np.nan
            begin = draw(st.integers(0, n))
            v[begin : begin + draw(st.integers(0, 25))] = np.nan
        made.append(v)
    return made[0], made[1]


def table_of(x: np.ndarray, y: np.ndarray, how: CrossCorrelation) -> CrossTable:
    return cross_correlate(x, y, how, rate_hz=1)


@QUICK
@given(pairs(), layouts())
def test_the_slow_loop_agrees(pair: tuple[np.ndarray, np.ndarray], how: CrossCorrelation) -> None:
    if how.anchor == "segment":
        how = replace(how, anchor="leader")
    w = how.windows
    r, n = naive_table(
        *pair,
        window=int(w.window_s),
        step=int(w.step_s),
        lag=int(w.max_lag_s),
        anchor=how.anchor,
        share=how.min_valid_prop,
    )
    for kernel in ("running", "fft")[: 1 if how.anchor == "centre" else 2]:
        table = cross_correlate(*pair, how, rate_hz=1, kernel=kernel)  # type: ignore[arg-type]
        np.testing.assert_array_equal(table.counts, n)
        np.testing.assert_allclose(table.r, r, rtol=0, atol=1e-9)


@QUICK
@given(pairs(), layouts())
def test_swapping_the_partners_mirrors_the_lags_and_changes_nothing_else(
    pair: tuple[np.ndarray, np.ndarray], how: CrossCorrelation
) -> None:
    x, y = pair
    one, other = table_of(x, y, how), table_of(y, x, how)
    np.testing.assert_allclose(one.r, other.r[:, ::-1], **NEAR)
    np.testing.assert_array_equal(one.counts, other.counts[:, ::-1])
    np.testing.assert_array_equal(one.state, other.state[:, ::-1])
    np.testing.assert_array_equal(one.centres_s, other.centres_s)
    np.testing.assert_allclose(one.grid.cell_centres_s, other.grid.cell_centres_s[:, ::-1])
    a, b = summarize(one), summarize(other)
    assert a.missing == b.missing
    assert a.signed.first_leads == pytest.approx(b.signed.second_leads, abs=1e-10, nan_ok=True)
    assert a.signed.all_lags == pytest.approx(b.signed.all_lags, abs=1e-10, nan_ok=True)


@QUICK
@given(pairs(), layouts(), st.floats(-1e4, 1e4))
def test_moving_the_clock_moves_the_times_and_nothing_else(
    pair: tuple[np.ndarray, np.ndarray], how: CrossCorrelation, by: float
) -> None:
    here = cross_correlate(*pair, how, rate_hz=1)
    there = cross_correlate(*pair, how, rate_hz=1, start_s=by)
    np.testing.assert_array_equal(here.r, there.r)
    np.testing.assert_allclose(here.centres_s + by, there.centres_s, rtol=0, atol=1e-8)


@QUICK
@given(pairs(), layouts(), st.integers(1, 60))
def test_unobserved_time_at_the_end_adds_missing_windows_only(
    pair: tuple[np.ndarray, np.ndarray], how: CrossCorrelation, more: int
) -> None:
    """A share of 1 leaves no window that is partly beyond the end of what was observed."""
    how = replace(how, min_valid_prop=1.0)
    before = table_of(*pair, how)
    after = table_of(*(np.concatenate([v, np.full(more, np.nan)]) for v in pair), how)
    n = before.grid.shape[0]
    np.testing.assert_allclose(after.r[:n], before.r, **NEAR)
    added = after.state[n:]
    beyond = after.grid.starts[n:, None] + np.maximum(
        after.grid.first_offsets, after.grid.second_offsets
    )
    outside = beyond + after.grid.lengths > pair[0].size
    assert (added[outside] == 1).all()
    # Cells at small lags may still fit inside; a whole window never does.
    assert outside.any(axis=1).all()


@QUICK
@given(pairs(), layouts(), st.floats(1e-6, 1e6), st.floats(-1e6, 1e6), st.booleans())
def test_units_and_levels_change_nothing(
    pair: tuple[np.ndarray, np.ndarray],
    how: CrossCorrelation,
    scale: float,
    level: float,
    turn: bool,
) -> None:
    x, y = pair
    before = table_of(x, y, how)
    sign = -1.0 if turn else 1.0
    rounding = 1e-10 + 1e-13 * abs(level) / scale
    if rounding > 1e-6:
        return  # the level has swallowed the signal's digits before we see it
    after = table_of(sign * scale * x + level, y, how)
    np.testing.assert_array_equal(after.state, before.state)
    np.testing.assert_allclose(sign * after.r, before.r, rtol=0, atol=1e3 * rounding)


@QUICK
@given(pairs(), layouts())
def test_every_cell_is_a_correlation_or_is_counted_as_missing(
    pair: tuple[np.ndarray, np.ndarray], how: CrossCorrelation
) -> None:
    table = table_of(*pair, how)
    there = ~table.missing
    assert np.isfinite(table.r[there]).all()
    assert (np.abs(table.r[there]) <= 1).all()
    assert np.isnan(table.r[~there]).all()
    assert sum(table.count_missing().values()) == (~there).sum()
    assert (table.counts[there] >= np.broadcast_to(table.grid.min_pairs, there.shape)[there]).all()
    assert (table.counts <= table.grid.lengths).all()


@QUICK
@given(st.integers(0, 1000), st.integers(-6, 6))
def test_a_shift_of_the_second_moves_the_profile(seed: int, by: int) -> None:
    """Turning the second round by k samples makes the first lead by k more."""
    x = np.random.default_rng(seed).normal(size=400)
    how = CrossCorrelation(Windows(60, 20, 8))
    found = correlate_shifted(x, x, [by], how, rate_hz=1)
    lags = np.arange(-8, 9)
    assert lags[np.argmax(found.lag_mean[0])] == by
    table = table_of(x, np.roll(x, by), how)
    np.testing.assert_allclose(found.lag_mean[0], average_lags(table), **NEAR)


@QUICK
@given(st.integers(0, 1000))
def test_swapping_the_partners_mirrors_paths_and_peaks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, 300))
    how = CrossCorrelation(Windows(30, 6, 10))
    one, other = table_of(x, y, how), table_of(y, x, how)
    np.testing.assert_allclose(find_lag_path(one).lag_s, -find_lag_path(other).lag_s)
    peaks, mirrored = (
        find_peaks(one, reach=3, span_prop=0.5),
        find_peaks(other, reach=3, span_prop=0.5),
    )
    # The grid under the smooth curve is halved at a data point, so it is not quite symmetric.
    both = np.isfinite(peaks.lag_s) & np.isfinite(mirrored.lag_s)
    assert both.any()
    assert (np.abs(peaks.lag_s + mirrored.lag_s)[both] <= 1).mean() > 0.8
