"""Nulls of synchrony: what they keep, what they reach, when they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.core.intervals import Intervals
from reattune.core.streams import Signal
from reattune.synchrony import (
    CrossCorrelation,
    Windows,
    average_windows,
    cross_correlate,
    lay_out,
    use_preset,
)
from reattune.synchrony_tests import (
    combine_records,
    compare_epochs,
    compare_record,
    pair_all,
    permute_partners,
    plan_moves,
    randomize_phases,
    randomize_phases_keeping_values,
    shuffle_segments,
)
from tests.recovery.signal_generators import draw_ar1, draw_bursts, draw_coupled

FloatArray = NDArray[np.float64]
RATE = 5.0
SETTINGS = CrossCorrelation(Windows(20.0, 10.0, 3.0))


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def pair(seed: int = 1, n: int = 2000) -> tuple[FloatArray, FloatArray]:
    source = rng(seed)
    return draw_ar1(n, 0.9, source), draw_ar1(n, 0.9, source)


# -- moves ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", ["rmea", "boker", "susy", "syncpy"])
@pytest.mark.parametrize("blocks", [None, 130.0])
def test_moved_windows_stay_inside_the_signal_and_their_block(
    preset: str, blocks: float | None
) -> None:
    settings = use_preset(preset, Windows(20.0, 7.0, 3.0))
    grid = lay_out(2011, RATE, settings)
    plan = plan_moves(grid, rng=rng(), n=200, blocks=blocks)
    low = np.minimum(grid.first_offsets, grid.second_offsets)
    high = np.maximum(grid.first_offsets, grid.second_offsets) + grid.lengths
    begin = grid.starts + low.min()
    target = begin + plan.moves
    assert target.min() >= 0
    assert (grid.starts + plan.moves).max() + high.max() <= 2011
    own = np.searchsorted(plan.edges, begin, side="right")
    assert (np.searchsorted(plan.edges, target, side="right") == own).all()
    # Every place of a block is reached about equally often: offsets are uniform.
    assert plan.n_blocks == (1 if blocks is None else 3)


def test_no_two_windows_of_a_block_meet_the_same_stretch() -> None:
    grid = lay_out(2000, RATE, SETTINGS)
    plan = plan_moves(grid, rng=rng(), n=50, blocks=None)
    for row in plan.moves:
        assert len(set((grid.starts + row).tolist())) == grid.starts.size


def test_blocks_are_long_enough_by_default_and_never_more_than_windows() -> None:
    grid = lay_out(int(600 * RATE), RATE, CrossCorrelation(Windows(30.0, 10.0, 5.0)))
    assert plan_moves(grid, rng=rng(), n=1).n_blocks == 3
    short = lay_out(int(100 * RATE), RATE, SETTINGS)
    assert plan_moves(short, rng=rng(), n=1).n_blocks == 1


# -- made signals --------------------------------------------------------------------------------


def test_random_phases_keep_the_spectrum_and_the_gaps() -> None:
    y = draw_ar1(1001, 0.95, rng())
    made = randomize_phases(y, rng=rng(2))
    assert np.abs(np.fft.rfft(made)) == pytest.approx(np.abs(np.fft.rfft(y)), abs=1e-8)
    assert np.corrcoef(made, y)[0, 1] < 0.5
    y[100:200] = np.nan
    assert (np.isnan(randomize_phases(y, rng=rng(3))) == np.isnan(y)).all()


def test_iaaft_keeps_the_values_exactly_and_the_spectrum_nearly() -> None:
    y = np.exp(draw_ar1(1500, 0.9, rng()) / 2)
    made = randomize_phases_keeping_values(y, rng=rng(2))
    assert np.sort(made) == pytest.approx(np.sort(y), abs=0)
    own, other = (np.corrcoef(v[:-1], v[1:])[0, 1] for v in (y, made))
    assert own == pytest.approx(other, abs=0.02)
    assert not np.array_equal(made, y)
    # Zeros stay zeros, and as many.
    bursts = draw_bursts(1500, RATE, rng())
    made = randomize_phases_keeping_values(bursts, rng=rng(2))
    assert np.sort(made) == pytest.approx(np.sort(bursts), abs=0)


def test_shuffled_segments_keep_every_segment() -> None:
    y = np.arange(25.0)
    made = shuffle_segments(y, 10, rng=rng(4))
    assert sorted(made[:20].reshape(2, 10)[:, 0].tolist()) == [0.0, 10.0]
    assert made[20:].tolist() == y[20:].tolist()
    with pytest.raises(SettingError, match="segment"):
        shuffle_segments(y, 20, rng=rng())


def test_a_signal_without_samples_cannot_be_made_anew() -> None:
    with pytest.raises(SettingError, match="0 observed samples"):
        randomize_phases(np.full(10, np.nan), rng=rng())


# -- one record ----------------------------------------------------------------------------------


def test_observed_statistics_are_those_of_the_table() -> None:
    x, y = pair()
    test = compare_record(x, y, SETTINGS, rate_hz=RATE, rng=rng(), n=20)
    table = cross_correlate(x, y, SETTINGS, rate_hz=RATE)
    zero = table.grid.max_lag
    assert test["mean_z"].observed == pytest.approx(table.z.mean(), abs=1e-12)
    assert test["mean_abs_z"].observed == pytest.approx(np.abs(table.z).mean(), abs=1e-12)
    assert test["lag_zero_z"].observed == pytest.approx(table.z[:, zero].mean(), abs=1e-12)
    leads = [np.abs(part).mean() for part in (table.z[:, zero + 1 :], table.z[:, :zero])]
    assert test["lead_difference"].observed == pytest.approx(leads[0] - leads[1], abs=1e-12)
    profile = test.profiles["window_mean_abs_z"]
    assert profile.observed == pytest.approx(average_windows(table, absolute=True).all_lags)


def test_a_surrogate_is_a_table_of_moved_windows() -> None:
    """The naive twin: each window computed by itself from the two stretches it compares."""
    x, y = pair(3, 1200)
    plan = plan_moves(lay_out(1200, RATE, SETTINGS), rng=rng(9), n=3, blocks=None)
    test = compare_record(x, y, SETTINGS, rate_hz=RATE, rng=rng(9), n=3, blocks=None)
    window, step, lag = 100, 50, 15
    for row, drawn in zip(plan.moves, test.draws["mean_abs_z"], strict=True):
        cells = []
        for k, move in enumerate(row):
            s = k * step
            for shift in range(-lag, lag + 1):
                a, b = s + max(-shift, 0), s + int(move) + max(shift, 0)
                r = np.corrcoef(x[a : a + window], y[b : b + window])[0, 1]
                cells.append(abs(math.atanh(r)))
        assert drawn == pytest.approx(np.mean(cells), abs=1e-9)


def test_coupling_is_found_with_its_leader_and_lag() -> None:
    x, y = draw_coupled(3000, 0.9, 0.8, 5, rng(5))
    test = compare_record(
        x, y, SETTINGS, rate_hz=RATE, rng=rng(), n=199, partners=("patient", "therapist")
    )
    assert test["mean_abs_z"].p <= 0.02
    assert test["lead_difference"].observed > 0 and test["lead_difference"].p <= 0.02
    lag = test.profiles["lag_mean_z"]
    best = int(np.nanargmax(lag.observed))
    assert lag.at_s[best] == pytest.approx(1.0, abs=0.21)
    assert lag.p[best] <= 0.02
    assert "where the patient leads" in test.summary().lower()


def test_swapping_partners_turns_the_lead_and_nothing_else() -> None:
    x, y = draw_coupled(3000, 0.9, 0.8, 5, rng(5))
    one = compare_record(x, y, SETTINGS, rate_hz=RATE, rng=rng(), n=99)
    other = compare_record(y, x, SETTINGS, rate_hz=RATE, rng=rng(), n=99)
    assert other["mean_abs_z"].observed == pytest.approx(one["mean_abs_z"].observed)
    assert other["lead_difference"].observed == pytest.approx(-one["lead_difference"].observed)


def test_equal_seeds_give_equal_results() -> None:
    x, y = pair()
    one, other = (compare_record(x, y, SETTINGS, rate_hz=RATE, rng=rng(7), n=30) for _ in "ab")
    assert one.to_dict() == other.to_dict()


@pytest.mark.parametrize("null", ["phase_randomised", "iaaft", "segment_shuffle"])
def test_other_nulls_say_what_they_lose(null: str) -> None:
    x, y = pair()
    test = compare_record(x, y, SETTINGS, rate_hz=RATE, rng=rng(), n=19, null=null)  # type: ignore[arg-type]
    assert f"W_{null.upper()}" in [warning.code for warning in test.warnings]
    assert math.isfinite(test["mean_abs_z"].p)


@pytest.mark.parametrize("null", ["phase_randomised", "iaaft"])
def test_signals_with_rests_are_not_judged_by_signals_made_anew(null: str) -> None:
    """Of unrelated bursts these nulls reject .88 and .50 (docs/concepts/synchrony-limits.md)."""
    source = rng(3)
    x, y = draw_bursts(2000, RATE, source), draw_ar1(2000, 0.9, source)
    for first, second in ((x, y), (y, x)):
        test = compare_record(first, second, SETTINGS, rate_hz=RATE, rng=rng(), n=19, null=null)  # type: ignore[arg-type]
        assert {row.refused for row in test.statistics} == {"R_RESTS"}
        assert "rests" in test.summary()


def test_few_windows_get_no_p_and_an_unknown_null_an_error() -> None:
    x, y = pair(1, 400)
    test = compare_record(x, y, SETTINGS, rate_hz=RATE, rng=rng(), n=19)
    assert {row.refused for row in test.statistics} == {"R_WINDOWS"}
    assert math.isnan(test["mean_abs_z"].p)
    assert "no p" in test.summary()
    with pytest.raises(SettingError, match="null"):
        compare_record(x, y, SETTINGS, rate_hz=RATE, rng=rng(), null="shuffle")  # type: ignore[arg-type]


def test_constant_and_missing_signals_are_refused_not_judged() -> None:
    x, _ = pair()
    for other in (np.zeros(2000), np.full(2000, np.nan)):
        test = compare_record(x, other, SETTINGS, rate_hz=RATE, rng=rng(), n=19)
        assert math.isnan(test["mean_abs_z"].observed)
        assert test["mean_abs_z"].refused == "R_WINDOWS"


def test_missing_time_is_warned_about() -> None:
    x, y = pair()
    y[:600] = np.nan
    test = compare_record(x, y, SETTINGS, rate_hz=RATE, rng=rng(), n=19)
    assert "W_MISSING" in [warning.code for warning in test.warnings]


def test_combining_records_is_the_mean_of_each() -> None:
    tests = [
        compare_record(*pair(seed), SETTINGS, rate_hz=RATE, rng=rng(seed), n=39)
        for seed in (1, 2, 3)
    ]
    both = combine_records(tests)
    assert both.n_records == 3
    mean = np.mean([test["mean_z"].observed for test in tests])
    assert both["mean_z"].observed == pytest.approx(mean)
    assert both.draws["mean_z"] == pytest.approx(
        np.mean([test.draws["mean_z"] for test in tests], axis=0)
    )
    with pytest.raises(SettingError, match="records"):
        combine_records([])


# -- many dyads ----------------------------------------------------------------------------------


def dyads(size: int, share: float, seed: int = 1) -> dict[str, tuple[Signal, Signal]]:
    source = rng(seed)
    found = {}
    for i in range(size):
        x, y = draw_coupled(1500, 0.8, share, 3, source)
        found[f"d{i}"] = (Signal("a", "e", x, rate_hz=RATE), Signal("b", "e", y, rate_hz=RATE))
    return found


def test_the_table_of_pairings_holds_real_and_strange_pairs() -> None:
    held = dyads(3, 0.5)
    table = pair_all(held, SETTINGS)
    own = cross_correlate(*held["d1"], SETTINGS)
    assert table.values["mean_z"][1, 4] == pytest.approx(own.z.mean())
    strange = cross_correlate(held["d0"][0], held["d2"][1], SETTINGS)
    assert table.values["mean_z"][0, 5] == pytest.approx(strange.z.mean())
    assert np.isnan(table.values["mean_z"][:3, :3]).all()
    anybody = pair_all(held, SETTINGS, roles=False)
    assert anybody.values["mean_z"][1, 4] == pytest.approx(own.z.mean())
    assert anybody.values["mean_z"][0, 1] == pytest.approx(
        cross_correlate(held["d0"][0], held["d1"][0], SETTINGS).z.mean()
    )


@pytest.mark.parametrize("roles", [True, False])
def test_coupled_dyads_go_together_more_than_strangers(roles: bool) -> None:
    test = permute_partners(dyads(10, 0.6), SETTINGS, rng=rng(), n=199, roles=roles)
    assert test["mean_abs_z"].p <= 0.02
    assert test["mean_abs_z"].observed > test["mean_abs_z"].null_high
    assert ("lead_difference" in test) == roles
    assert "Strangers laid side by side" in test.summary()
    assert "W_ALIKE" in [warning.code for warning in test.warnings]


def test_six_dyads_are_enumerated_and_five_refused() -> None:
    six = permute_partners(dyads(6, 0.0), SETTINGS, rng=rng(), n=10)
    assert six.exact and six.n_drawn == 719
    five = permute_partners(dyads(5, 0.0), SETTINGS, rng=rng(), n=10)
    assert five["mean_abs_z"].refused == "R_PAIRS"
    with pytest.raises(SettingError, match="dyads"):
        permute_partners(dyads(1, 0.0), SETTINGS, rng=rng())


def test_sessions_of_a_dyad_are_averaged() -> None:
    one, two = dyads(3, 0.5), dyads(3, 0.5, seed=2)
    both = {name: [one[name], two[name]] for name in one}
    mean = (pair_all(one, SETTINGS).values["mean_z"] + pair_all(two, SETTINGS).values["mean_z"]) / 2
    found = pair_all(both, SETTINGS)
    assert found.n_records == 6
    assert found.values["mean_z"][:3, 3:] == pytest.approx(mean[:3, 3:])


# -- epochs --------------------------------------------------------------------------------------


def with_epochs(seed: int) -> tuple[FloatArray, FloatArray, Intervals]:
    """Coupled inside two epochs only."""
    source = rng(seed)
    x, y = draw_coupled(6000, 0.8, 0.95, 0, source)
    apart = draw_ar1(6000, 0.8, source)
    inside = np.zeros(6000, dtype=bool)
    for start, end in ((200, 400), (700, 900)):
        inside[int(start * RATE) : int(end * RATE)] = True
    return x, np.where(inside, y, apart), Intervals([200.0, 700.0], [400.0, 900.0])


def test_synchrony_inside_epochs_is_found() -> None:
    x, y, epochs = with_epochs(1)
    table = cross_correlate(x, y, SETTINGS, rate_hz=RATE)
    test = compare_epochs([(table, epochs)], rng=rng())
    assert test.exact and test.n_drawn == table.grid.shape[0] - 1
    assert test["difference"].observed > test["difference"].null_high
    assert test["difference"].p <= 0.05
    rows = average_windows(table, absolute=True)
    inside = ((rows.time_s >= 200) & (rows.time_s < 400)) | (
        (rows.time_s >= 700) & (rows.time_s < 900)
    )
    assert test["inside"].observed == pytest.approx(rows.all_lags[inside].mean())
    around = test.profiles["around_onset"]
    assert around.observed[around.at_s == 30.0] > around.observed[around.at_s == -30.0]


def test_several_records_turn_by_themselves() -> None:
    records = []
    for seed in (1, 2, 3):
        x, y, epochs = with_epochs(seed)
        records.append((cross_correlate(x, y, SETTINGS, rate_hz=RATE), epochs))
    test = compare_epochs(records, rng=rng(), n=199)
    assert not test.exact and test.n_records == 3
    assert test["difference"].p <= 0.02


def test_epochs_without_a_window_are_an_error() -> None:
    x, y = pair()
    table = cross_correlate(x, y, SETTINGS, rate_hz=RATE)
    with pytest.raises(SettingError, match="windows inside epochs"):
        compare_epochs([(table, Intervals([9000.0], [9010.0]))], rng=rng())
