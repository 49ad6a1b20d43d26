"""The multiverse of synchrony: nested tables, common surrogates, joint tests, files, command."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from numpy.typing import NDArray
from typer.testing import CliRunner

from reattune.cli import app
from reattune.core.errors import ReattuneError, SettingError
from reattune.core.session import Phase, Session
from reattune.core.streams import Signal
from reattune.show.plots.synchrony_multiverse import (
    plot_multiverse_map,
    plot_synchrony_multiverse,
)
from reattune.show.synchrony_multiverse import (
    CO_MOVEMENT,
    curve_data,
    summarize_multiverse,
    write_multiverse,
)
from reattune.synchrony import CrossCorrelation, Windows, lay_out
from reattune.synchrony_multiverse import SettingsGrid, SynchronyMultiverse, vary_settings
from reattune.synchrony_multiverse.draws import plan_common
from reattune.synchrony_multiverse.joint import join, rank_all
from reattune.synchrony_multiverse.settings import STATISTICS
from reattune.synchrony_pipeline import Preparation
from reattune.synchrony_tests import compare_record, permute_partners
from reattune.synchrony_tests.moves import find_reach
from tests.recovery.signal_generators import draw_ar1, draw_coupled

from .test_report import Reader

FloatArray = NDArray[np.float64]
RATE = 5.0
PLAIN = Preparation(outlier_sd=None, smooth_s=0.0)
SMALL = SettingsGrid((10.0, 20.0), (1.0, 2.0), (5.0, 10.0), (0.0,))


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def pair(seed: int = 1, n: int = 1500, share: float = 0.0) -> tuple[Signal, Signal]:
    x, y = draw_coupled(n, 0.8, share, 3, rng(seed))
    return Signal("patient", "motion", x, RATE), Signal("therapist", "motion", y, RATE)


def outcome(found: SynchronyMultiverse, **wanted: object):
    rows = [
        row
        for row in found.outcomes
        if all(getattr(row.specification, key) == value for key, value in wanted.items())
    ]
    assert len(rows) == 1, rows
    return rows[0]


@pytest.fixture(scope="module")
def study() -> SynchronyMultiverse:
    dyads = {f"d{i}": pair(10 + i, 1000, 0.4) for i in range(6)}
    return vary_settings(dyads, SMALL, preparation=PLAIN, surrogates=39)


# -- what a combination is -------------------------------------------------------------------------


def naive(x: FloatArray, y: FloatArray, windows: Windows, reach: int, name: str) -> float:
    """Every cell by numpy.corrcoef, windows that fit ``reach`` samples of lag."""
    width, step, lag = (
        round(RATE * s) for s in (windows.window_s, windows.step_s, windows.max_lag_s)
    )
    by_lag: dict[int, list[float]] = {}
    for start in range(0, x.size - width - reach + 1, step):
        for shift in range(-lag, lag + 1):
            a = x[start + max(-shift, 0) :][:width]
            b = y[start + max(shift, 0) :][:width]
            both = np.isfinite(a) & np.isfinite(b)
            if both.sum() >= width / 2:
                r = np.corrcoef(a[both], b[both])[0, 1]
                by_lag.setdefault(shift, []).append(math.atanh(r))
    if name == "lead_difference":
        means = {shift: np.mean(np.abs(v)) for shift, v in by_lag.items()}
        first = np.mean([m for shift, m in means.items() if shift > 0])
        return float(first - np.mean([m for shift, m in means.items() if shift < 0]))
    lags = [0] if name.startswith("lag_zero") else list(by_lag)
    cells = np.array([z for shift in lags for z in by_lag[shift]])
    return float(np.mean(np.abs(cells) if name.endswith("abs_z") else cells))


@pytest.mark.parametrize("name", STATISTICS)
def test_every_combination_is_what_a_loop_over_its_cells_gives(name: str) -> None:
    first, second = pair(3, 700)
    values = first.values.copy()
    values[100:160] = np.nan
    first = Signal("patient", "motion", values, RATE)
    grid = SettingsGrid((8.0, 12.0), (1.0, 2.0), (2.0, 5.0), (0.0,), (name,), ("rotate",))
    found = vary_settings((first, second), grid, preparation=PLAIN, surrogates=39)
    for row in found.outcomes:
        made = row.specification
        windows = Windows(made.window_s, made.step_s, made.max_lag_s)
        expected = naive(first.values, second.values, windows, 10, name)
        assert row.observed == pytest.approx(expected, abs=1e-9)


def test_the_largest_lag_and_densest_step_give_what_one_record_gives() -> None:
    first, second = pair(4)
    grid = SettingsGrid((20.0,), (1.0, 2.0), (5.0, 10.0), (0.0,), STATISTICS, ("rotate",))
    found = vary_settings((first, second), grid, preparation=PLAIN, surrogates=399)
    test = compare_record(first, second, CrossCorrelation(Windows(20, 5, 2)), rng=rng(), n=199)
    for name in STATISTICS:
        lag = 0.0 if name.startswith("lag_zero") else 2.0
        row = outcome(found, statistic=name, step_s=5.0, max_lag_s=lag)
        assert row.observed == pytest.approx(test[name].observed, abs=1e-12)
        # Other surrogates of the same null: equal within their own spread.
        spread = 4 * row.null_sd / math.sqrt(199)
        assert row.null_mean == pytest.approx(test[name].null_mean, abs=2 * spread)


def test_six_dyads_are_paired_in_all_ways_so_p_is_that_of_the_pairing_test() -> None:
    dyads = {f"d{i}": pair(20 + i, 900, 0.3) for i in range(6)}
    grid = SettingsGrid((10.0, 20.0), (2.0,), (5.0,), (0.0,), ("mean_abs_z",), ("pairing",))
    found = vary_settings(dyads, grid, preparation=PLAIN, surrogates=39)
    for row in found.outcomes:
        settings = CrossCorrelation(Windows(row.specification.window_s, 5, 2))
        test = permute_partners(dyads, settings, rng=rng())["mean_abs_z"]
        assert row.p == test.p
        assert row.observed == pytest.approx(test.observed, abs=1e-12)
        assert row.null_low == pytest.approx(test.null_low, abs=1e-12)


def test_smoothing_happens_before_correlating() -> None:
    first, second = pair(5)
    grid = SettingsGrid((20.0,), (2.0,), (5.0,), (0.0, 1.0), ("mean_abs_z",), ("rotate",))
    found = vary_settings((first, second), grid, preparation=PLAIN, surrogates=39)
    by_hand = replace(PLAIN, smooth_s=1.0).clean(RATE)
    smooth = [step(s).signal for step in by_hand for s in (first, second)]
    test = compare_record(*smooth, CrossCorrelation(Windows(20, 5, 2)), rng=rng(), n=19)
    row = outcome(found, smoothing_s=1.0)
    assert row.observed == pytest.approx(test["mean_abs_z"].observed, abs=1e-12)


# -- common surrogates -----------------------------------------------------------------------------


@pytest.mark.parametrize("n_blocks", [1, 3])
def test_windows_of_every_length_are_moved_by_the_same_offset(n_blocks: int) -> None:
    grids = [
        lay_out(2011, RATE, CrossCorrelation(Windows(length, 3.0, 2.0))) for length in (10, 40)
    ]
    plans, ways = plan_common(grids, n_blocks, rng=rng(), n=200)
    assert ways > 100
    offsets = []
    for grid, moves in zip(grids, plans, strict=True):
        low, span = find_reach(grid)
        begin = grid.starts + low + moves
        assert begin.min() >= 0 and (begin + span).max() <= 2011
        places = grid.n_samples - span + 1
        edges = np.rint(np.linspace(0, places, n_blocks + 1)).astype(int)
        block = np.searchsorted(edges, grid.starts + low, side="right") - 1
        assert (np.searchsorted(edges, begin, side="right") - 1 == block).all()
        length = np.diff(edges)[block]
        offsets.append((moves[:, 0] % length[0], int(length[0])))
    # In the first block: the same distance forward, or backward round the end of the block.
    (short, one), (long, other) = offsets
    forward = short == long
    backward = one - short == other - long
    assert (forward | backward).mean() > 0.9
    assert forward.mean() > 0.3 and backward.mean() > 0.3


# -- joint tests -----------------------------------------------------------------------------------


def test_joint_ranks_are_those_of_a_loop() -> None:
    source = rng(7)
    draws = source.normal(size=(5, 39)) + source.normal(size=39)
    observed = source.normal(size=5) + 1.0
    pooled = [[float(observed[k]), *draws[k].tolist()] for k in range(5)]
    scaled, counts = [], [0] * 40
    for row in pooled:
        mean = sum(row) / 40
        spread = math.sqrt(sum((v - mean) ** 2 for v in row) / 40)
        scaled.append([(v - mean) / spread for v in row])
        for place, value in enumerate(row):
            up = sum(v >= value for v in row) / 40
            down = sum(v <= value for v in row) / 40
            counts[place] += min(1.0, 2 * min(up, down)) <= 0.05
    medians = [sorted(row[place] for row in scaled)[2] for place in range(40)]
    above = sum(m >= medians[0] for m in medians) / 40
    below = sum(m <= medians[0] for m in medians) / 40
    found = join(observed, draws)
    assert found.median == pytest.approx(medians[0])
    assert found.p_median == pytest.approx(min(1.0, 2 * min(above, below)))
    assert found.n_significant == counts[0]
    assert found.null_significant == pytest.approx(sum(counts[1:]) / 39)
    assert found.p_significant == pytest.approx(sum(c >= counts[0] for c in counts) / 40)


def test_combinations_that_say_the_same_say_it_once() -> None:
    draws = np.tile(rng(8).normal(size=99), (4, 1))
    one = float(np.quantile(draws[0], 0.95))
    found = join(np.full(4, one), draws)
    assert found.p_median == pytest.approx(float(rank_all(np.array([one, *draws[0]]))[0]))


def test_undefined_values_count_neither_way() -> None:
    assert rank_all(np.array([np.nan, 1.0, 2.0, 3.0])).tolist() == [1.0, 2 / 3, 1.0, 2 / 3]


def test_coupling_shows_under_every_combination(study: SynchronyMultiverse) -> None:
    (joint,) = [j for j in study.joint if (j.statistic, j.null) == ("mean_abs_z", "rotate")]
    assert joint.n_combinations == 8
    assert joint.median_effect > 2 and joint.same_sign_prop == 1
    assert joint.p_median <= 0.05 and joint.p_significant <= 0.05
    assert joint.null_significant < 2
    assert study.nulls == ("rotate", "pairing")
    assert len(study.outcomes) == 8 * 2 * 2


# -- what must not matter --------------------------------------------------------------------------


def test_swapping_the_partners_swaps_who_leads_and_nothing_else() -> None:
    first, second = pair(9, 900, 0.4)
    grid = replace(SMALL, statistic=("mean_abs_z", "mean_z", "lead_difference"), null=("rotate",))
    one = vary_settings((first, second), grid, preparation=PLAIN, surrogates=39)
    other = vary_settings((second, first), grid, preparation=PLAIN, surrogates=39)
    for a, b in zip(one.outcomes, other.outcomes, strict=True):
        sign = -1 if a.specification.statistic == "lead_difference" else 1
        assert a.observed == pytest.approx(sign * b.observed, abs=1e-12)
    assert other.partners == ("therapist", "patient")


def test_moving_the_clock_changes_nothing_and_a_seed_decides_everything() -> None:
    first, second = pair(11, 900)
    one = vary_settings((first, second), SMALL, surrogates=39)
    moved = vary_settings((first.shift(77), second.shift(77)), SMALL, surrogates=39)
    assert json.dumps(one.to_dict()) == json.dumps(moved.to_dict())
    other = vary_settings((first, second), SMALL, surrogates=39, seed=2)
    assert [o.observed for o in other.outcomes] == [o.observed for o in one.outcomes]
    assert [o.null_mean for o in other.outcomes] != [o.null_mean for o in one.outcomes]


@pytest.mark.parametrize("null", ["phase_randomised", "iaaft"])
def test_signals_made_anew_are_the_same_for_every_combination(null: str) -> None:
    grid = SettingsGrid((10.0,), (2.0,), (5.0,), (0.0, 0.2), ("mean_z",), (null,))
    found = vary_settings(pair(12, 700), grid, preparation=PLAIN, surrogates=39)
    plain, smoothed = found.outcomes
    # 0.2 s at 5 Hz is one sample: no smoothing at all, so nothing may differ.
    assert plain.null_mean == pytest.approx(smoothed.null_mean, abs=1e-12)
    assert any("made anew" in note for note in found.notes)


# -- refusals --------------------------------------------------------------------------------------


def test_combinations_with_too_few_windows_are_named_and_counted() -> None:
    grid = SettingsGrid((10.0, 20.0, 400.0), (2.0,), (5.0, 20.0), (0.0,), ("mean_z",), ("rotate",))
    found = vary_settings(pair(13, 700), grid, preparation=PLAIN, surrogates=39)
    reasons = {
        (o.specification.window_s, o.specification.step_s): o.refused for o in found.outcomes
    }
    assert reasons[10.0, 5.0] == "" and reasons[10.0, 20.0] == "R_WINDOWS"
    assert reasons[400.0, 5.0] == "R_LENGTH"
    assert all(math.isnan(o.p) for o in found.outcomes if o.refused)
    assert found.joint[0].n_refused == 4
    text = found.summary()
    assert "2 combinations without p: Fewer than ten windows" in text
    assert "2 combinations without p: Longer, with its lags" in text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"window_s": ()}, "window_s"),
        ({"window_s": (0.0,)}, "above 0"),
        ({"step_s": (5.0, 5.0)}, "every value once"),
        ({"max_lag_s": (-1.0,)}, "at least 0"),
        ({"smoothing_s": (math.nan,)}, "numbers"),
        ({"statistic": ("best",)}, "statistic"),
        ({"statistic": ()}, "statistic"),
        ({"null": ("shuffle",)}, "null"),
        ({"window_s": tuple(range(1, 1000))}, "at most 5000"),
    ],
)
def test_a_grid_says_what_it_cannot_be(given: dict[str, object], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        SettingsGrid(**given)  # type: ignore[arg-type]


def test_what_cannot_be_gone_through_is_refused_in_words() -> None:
    first, second = pair(14, 700)
    with pytest.raises(SettingError, match="at least 6 dyads; there are 1"):
        vary_settings((first, second), replace(SMALL, null=("pairing",)))
    with pytest.raises(SettingError, match="fit the longest record"):
        vary_settings((first, second), SettingsGrid((500.0,), (2.0,), (5.0,), (0.0,)))
    with pytest.raises(SettingError, match="at least 39"):
        vary_settings((first, second), SMALL, surrogates=19)
    with pytest.raises(SettingError, match="at least one session"):
        vary_settings([], SMALL)
    with pytest.raises(SettingError, match="pairs of two Signals"):
        vary_settings([("a", "b")], SMALL)  # type: ignore[list-item]


def test_phases_are_never_pooled_unasked() -> None:
    first, second = pair(15, 1400)
    phases = (Phase("play", 0, 140), Phase("reunion", 140, 280))
    session = Session("s1", ("patient", "therapist"), (0, 280), (first, second), phases=phases)
    grid = SettingsGrid((10.0,), (2.0,), (5.0,), (0.0,), ("mean_z",))
    with pytest.raises(SettingError, match="one of play, reunion, or 'all'"):
        vary_settings(session, grid)
    play = vary_settings(session, grid, phase="play", surrogates=39)
    whole = vary_settings([session], grid, phase="all", surrogates=39)
    assert play.outcomes[0].n_windows < whole.outcomes[0].n_windows
    with pytest.raises(SettingError, match="phase"):
        vary_settings(session, grid, phase="lunch")


# -- pictures, words, files, command ---------------------------------------------------------------


def test_the_curve_and_the_map_draw_the_null_and_every_combination(
    study: SynchronyMultiverse,
) -> None:
    frame = curve_data(study, "mean_abs_z", "rotate")
    assert len(frame) == 8 and frame["effect"].is_monotonic_increasing
    ax = plot_synchrony_multiverse(study)
    assert isinstance(ax, Axes)
    gids = {a.get_gid() for lane in ax.figure.axes for a in lane.get_children()}
    assert {"null", "null-band", "median", "small-p", "window_s-small"} <= gids
    drawn = [a for a in ax.get_children() if a.get_gid() in ("small-p", "large-p")]
    assert sum(len(a.get_xdata()) for a in drawn) == 8  # type: ignore[attr-defined]
    cells = plot_multiverse_map(study, "mean_z", "pairing")
    assert sum(a.get_gid() == "cell" for a in cells.get_children()) == 8
    with pytest.raises(SettingError, match="under rotate, pairing"):
        plot_synchrony_multiverse(study, "mean_abs_z", "iaaft")


def test_sentences_set_the_null_beside_and_pick_nothing(study: SynchronyMultiverse) -> None:
    text = "\n".join(summarize_multiverse(study))
    assert "more than chance, under every combination" in text
    assert "for strangers laid side by side" in text
    assert "chance gives" in text and "joint p" in text
    assert CO_MOVEMENT in text and "No combination is the right one" in text
    assert "best" not in text


def test_files_are_whole_and_equal_for_equal_results(tmp_path: Path) -> None:
    grid = replace(SMALL, statistic=("mean_z",), step_s=(5.0,), null=("rotate",))
    found = vary_settings(pair(16, 700), grid, surrogates=39)
    paths = write_multiverse(found, tmp_path / "a")
    write_multiverse(found, tmp_path / "b")
    assert [p.name for p in paths] == [
        *("multiverse.html", "multiverse.csv", "joint.csv", "settings.json"),
    ]
    for path in paths:
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    page = Reader(paths[0].read_text("utf-8"))
    assert page.open == [] and not {"script", "img", "link"} & set(page.tags)
    assert len(paths[1].read_text("utf-8").splitlines()) == 1 + len(found.outcomes)
    json.dumps(found.to_dict(), allow_nan=False)


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout


def test_the_command_goes_through_signals_and_says_so_of_codes(tmp_path: Path) -> None:
    x, y = (np.abs(draw_ar1(900, 0.8, rng(seed))) for seed in (1, 2))
    rows = "\n".join(f"{100 * a:.0f} {100 * b:.0f}" for a, b in zip(x, y, strict=True))
    path = tmp_path / "d1.txt"
    path.write_text(f"patient therapist\n{rows}\n", "utf-8")
    options = ("--window-s", "10,20", "--max-lag-s", "2", "--step-s", "5", "--smooth-s", "0,1")
    code, text = run(
        "multiverse", path, "--rate", "5", *options, "--surrogates", "39",
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert code == 0
    assert "4 combinations of windows of 10 and 20 s" in text
    assert (tmp_path / "out" / "multiverse.html").is_file()
    with pytest.raises(SettingError, match="numbers with commas"):
        run("multiverse", path, "--rate", "5", "--window-s", "10,ten")
    codes = tmp_path / "codes.csv"
    codes.write_text("person,start,end,code\na,0,5,up\na,5,9,down\nb,0,4,up\nb,4,9,down\n", "utf-8")
    with pytest.raises(ReattuneError, match="this version runs the multiverse for"):
        run("multiverse", codes)


@pytest.mark.slow
def test_the_joint_test_rejects_independent_partners_as_often_as_it_says() -> None:
    grid = SettingsGrid((15.0, 30.0), (2.0, 4.0), (5.0, 10.0), (0.0, 1.0), null=("rotate",))
    hits = []
    for source in rng(41).spawn(250):
        x, y = draw_ar1(2000, 0.9, source), draw_ar1(2000, 0.9, source)
        signals = (Signal("a", "motion", x, RATE), Signal("b", "motion", y, RATE))
        seed = int(source.integers(2**31))
        found = vary_settings(signals, grid, preparation=PLAIN, surrogates=39, seed=seed)
        hits.append([p <= 0.05 for j in found.joint for p in (j.p_median, j.p_significant)])
    rates = np.mean(hits, axis=0)
    # 250 records: a right test lies within .015 and .09 (three standard errors of .014). The test
    # of counts is discrete and may only be too careful.
    assert (rates <= 0.09).all() and (rates[::2] >= 0.015).all(), rates
