"""Chance: ticks, blocks, p, refusals, studies, sentences."""

from __future__ import annotations

import itertools
import json
import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from reattune.core.criteria import Criteria
from reattune.core.errors import SettingError
from reattune.core.pair import MatchTable, Pair
from reattune.core.steps import Steps, make_steps
from reattune.measures.expected import find_expected
from reattune.rules.join import join
from reattune.surrogates import (
    STATISTICS,
    ChanceTest,
    block_edges,
    combine_rotations,
    compare_redrawn,
    expected,
    fitted_semi_markov,
    pairing_table,
    permute_pairs,
    place_dyad,
    rotate_blocks,
    rotate_generic,
    rotate_whole,
    rotated_pair,
    run_permutation,
    sentences,
    stationary_bootstrap,
    study_sentences,
    two_sided_p,
)
from reattune.surrogates.alignments import plan
from reattune.surrogates.components import count, count_pair
from reattune.surrogates.decide import information, lost_prop, refusal
from reattune.surrogates.measured import nearest_offset_rate
from reattune.surrogates.permute import mean_and_t, permutations_of
from reattune.surrogates.ranks import quantile, rank
from reattune.surrogates.ticks import common_unit, to_runs, to_ticks
from reattune.surrogates.wording import format_p

MATCHING = ("matched_prop", "match_kappa")


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def table(rows: list[list[int]] | None = None) -> MatchTable:
    match = np.array(rows or np.eye(3, dtype=int).tolist(), dtype=np.int64)
    kx, ky = match.shape
    states = (tuple("abcdef"[:kx]), tuple("abcdef"[:ky]))
    return MatchTable("test", states, match, 1.0 - match, np.zeros(match.shape, np.bool_))


def steps(codes: list[int], tick_s: float = 1.0, start_s: float = 0.0) -> Steps:
    values = np.array(codes, dtype=np.int64)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(values)) + 1])
    edges = np.append(starts, values.size)
    return Steps(np.round(start_s + edges * tick_s, 10), values[starts])


def pair(
    x: list[int],
    y: list[int],
    *,
    match: list[list[int]] | None = None,
    tick_s: float = 1.0,
    start_s: float = 0.0,
    cuts: tuple[float, ...] = (),
) -> Pair:
    return Pair(
        ("infant", "caregiver"),
        steps(x, tick_s, start_s),
        steps(y, tick_s, start_s),
        table(match),
        (tick_s, tick_s),
        cuts,
    )


def random_codes(seed: int, n: int, mean_run: float, k: int = 3) -> list[int]:
    draw = rng(seed)
    codes: list[int] = []
    state = int(draw.integers(k))
    while len(codes) < n:
        codes += [state] * int(draw.geometric(1 / mean_run))
        state = (state + int(draw.integers(1, k))) % k
    return codes[:n]


def random_pair(seed: int, n: int = 3000, mean_run: float = 60, tick_s: float = 0.04) -> Pair:
    return pair(
        random_codes(2 * seed, n, mean_run), random_codes(2 * seed + 1, n, mean_run), tick_s=tick_s
    )


# -- ticks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ticks_s", "unit_s", "step"),
    [
        ((0.04, 0.04), 0.04, 1),
        ((1.0, 0.04), 0.04, 25),
        ((1 / 30, 1.0), 1 / 30, 30),
        ((0.04, 0.1), 0.02, 5),
        ((10.0, 10.0), 10.0, 1),
    ],
)
def test_unit_and_step(ticks_s: tuple[float, float], unit_s: float, step: int) -> None:
    found = common_unit(ticks_s)
    assert found[0] == pytest.approx(unit_s, rel=1e-12)
    assert found[1] == step


def test_edges_go_to_the_nearest_tick_from_the_windows_start() -> None:
    made = to_runs(Steps(np.array([2.5, 3.51, 3.9, 6.5]), np.array([0, 1, 0])), 1.0, 5)
    # The run of .39 s falls between two ticks and drops out; the rest is missing.
    assert made.edges.tolist() == [0, 4, 5]
    assert made.codes.tolist() == [0, -1]


def test_frame_rates_without_whole_microseconds_stay_on_their_grid() -> None:
    codes = random_codes(3, 9000, 20)
    ticks = to_ticks(pair(codes, codes[::-1], tick_s=1 / 30, start_s=12.4))
    assert ticks.n_steps == 9000
    back = np.repeat(ticks.x.codes, np.diff(ticks.x.edges))
    assert back.tolist() == codes


def test_a_window_of_no_whole_step_is_missing_at_its_end_in_both() -> None:
    made = Pair(
        ("a", "b"),
        steps([0, 1, 2] * 21, 0.1),
        make_steps(np.arange(6.0), np.arange(6.0) + 1, np.arange(6) % 3, (0.0, 6.3)),
        table(),
        (0.1, 1.0),
    )
    ticks = to_ticks(made)
    assert (ticks.step, ticks.n_steps) == (10, 7)
    assert ticks.x.codes[-1] == ticks.y.codes[-1] == -1
    assert count(ticks).observed_s[0] == pytest.approx(6.0)


# -- blocks and offsets ------------------------------------------------------------------------


def test_blocks_are_equal_and_hold_eight_runs_of_the_slower_partner() -> None:
    made = random_pair(1, n=7500, mean_run=120)
    longer = max(s.observed_s / s.n_runs for s in (made.x, made.y))
    edges = block_edges(made)
    width = max(30.0, 8 * longer)
    assert edges.size - 1 == math.floor(300 / width)
    assert np.diff(edges) == pytest.approx(300 / (edges.size - 1), abs=0.04)
    assert edges / 0.04 == pytest.approx(np.rint(edges / 0.04), abs=1e-6)
    assert block_edges(made, 60.0).size - 1 == 5
    assert block_edges(made, None).tolist() == [0.0, 300.0]


def test_fast_partners_still_get_blocks_of_thirty_seconds() -> None:
    assert np.diff(block_edges(random_pair(2, n=7500, mean_run=10))).min() >= 30 - 0.04


@pytest.mark.parametrize("blocks", [0.0, -3.0, "eight"])
def test_impossible_blocks(blocks: object) -> None:
    with pytest.raises(SettingError, match="blocks"):
        block_edges(random_pair(1), blocks)  # type: ignore[arg-type]


def test_offsets_are_uniform_with_zero_and_fixed_before_any_is_used() -> None:
    made = random_pair(4, n=250, mean_run=10, tick_s=1.0)
    ticks = to_ticks(made)
    drawn = plan(made, ticks, rng=rng(), n=9000, blocks=100.0)
    sizes = np.diff(drawn.edges)
    assert drawn.offsets.shape == (10_000, sizes.size)
    assert drawn.offsets.min() == 0
    for k, size in enumerate(sizes):
        seen = np.bincount(drawn.offsets[:, k], minlength=size)
        assert seen.size == size
        expected_count = 10_000 / size
        chi2 = ((seen - expected_count) ** 2 / expected_count).sum()
        assert chi2 < size + 5 * math.sqrt(2 * size)


def test_offsets_are_whole_steps_of_the_coarser_partner() -> None:
    fine = steps(random_codes(1, 3000, 20), 0.04)
    coarse = steps(random_codes(2, 120, 4), 1.0)
    made = Pair(("a", "b"), fine, coarse, table(), (0.04, 1.0))
    drawn = plan(made, to_ticks(made), rng=rng(), n=100, blocks=30.0)
    assert (drawn.offsets % 25 == 0).all()
    assert (drawn.edges % 25 == 0).all()


def test_a_minimum_offset_must_fit() -> None:
    with pytest.raises(SettingError, match="min_offset_s"):
        rotate_whole(random_pair(1, n=400), rng=rng(), min_offset_s=9)


# -- rotation tests ----------------------------------------------------------------------------


def test_equal_seeds_give_equal_tests_and_other_seeds_do_not() -> None:
    made = random_pair(5, n=7500)
    one, two = (rotate_blocks(made, rng=rng(7), n=99).to_dict() for _ in range(2))
    assert json.dumps(one, allow_nan=False) == json.dumps(two, allow_nan=False)
    other = rotate_blocks(made, rng=rng(8), n=99).to_dict()
    assert other["statistics"] != one["statistics"]


def test_each_surrogate_is_the_pair_turned_by_its_offsets() -> None:
    made = random_pair(6, n=2500)
    ticks = to_ticks(made)
    drawn = plan(made, ticks, rng=rng(), n=20, blocks=30.0)
    values = count(ticks, blocks=drawn.edges, offsets=drawn.offsets).statistics()
    for k in (0, 7, 19):
        turned = rotated_pair(made, drawn.offsets[k], edges=drawn.edges)
        assert len(turned.cuts) >= drawn.edges.size - 2
        for name, value in count_pair(turned).statistics().items():
            np.testing.assert_allclose(value[0], values[name][k], rtol=1e-12)


def test_enumeration_is_exact_and_needs_no_seed() -> None:
    made = random_pair(7, n=500, mean_run=25)
    one, two = (rotate_whole(made, rng=rng(seed)) for seed in (1, 2))
    assert one.exact
    assert one.n_drawn == 499
    assert one.to_dict() == two.to_dict()
    # By hand: every other alignment, the observed one counted once.
    obs = count_pair(made).statistics()["matched_prop"][0]
    others = np.array(
        [count_pair(rotated_pair(made, [k])).statistics()["matched_prop"][0] for k in range(1, 500)]
    )
    up = (1 + (others >= obs - 1e-12).sum()) / 500
    down = (1 + (others <= obs + 1e-12).sum()) / 500
    assert one["matched_prop"].p == pytest.approx(min(1, 2 * min(up, down)), rel=1e-12)
    assert one["matched_prop"].null_mean == pytest.approx(others.mean(), rel=1e-12)


def test_draws_agree_with_the_enumeration() -> None:
    made = random_pair(8, n=3000)
    exact = rotate_whole(made, rng=rng(), keep_draws=True)
    ticks = to_ticks(made)
    drawn = plan(made, ticks, rng=rng(3), n=4000, blocks=None, enumerate_up_to=0)
    values = count(ticks, offsets=drawn.offsets[:4000]).statistics()
    for name in ("matched_prop", "repair_hazard_per_s", "repair_ratio", "excess_repairs"):
        spread = np.std(exact.draws[name])
        assert abs(values[name].mean() - exact[name].null_mean) < 4 * spread / math.sqrt(4000)
        drawn_p = rank(name, exact[name].observed, values[name], n=4000).p
        assert drawn_p == pytest.approx(exact[name].p, abs=0.04)


def test_criteria_change_repair_and_not_matching() -> None:
    made = random_pair(9, n=5000, mean_run=15)
    plain = rotate_blocks(made, rng=rng(), n=99)
    strict = rotate_blocks(
        made, rng=rng(), n=99, criteria=Criteria(min_rupture_s=1.0, merge_gap_s=0.5)
    )
    for name in MATCHING:
        assert strict[name] == plain[name]
    assert strict["repair_hazard_per_s"].observed < plain["repair_hazard_per_s"].observed
    assert strict["repair_hazard_per_s"].null_mean < plain["repair_hazard_per_s"].null_mean


def test_generic_path_gives_what_the_kernel_gives() -> None:
    made = random_pair(10, n=2500)

    def evaluate(turned: Pair) -> dict[str, float]:
        counted = count_pair(turned)
        values = {name: float(v[0]) for name, v in counted.statistics().items()}
        return {**values, "n_repairs": float(counted.repairs[0])}

    fast = rotate_blocks(made, rng=rng(4), n=60, blocks=30.0)
    slow = rotate_generic(made, evaluate, rng=rng(4), n=60, blocks=30.0)
    for name in STATISTICS:
        if not slow[name].refused and not fast[name].refused:
            assert slow[name].p == fast[name].p, name
            assert slow[name].null_mean == pytest.approx(fast[name].null_mean, rel=1e-9)
    assert slow.information.expected_repairs == pytest.approx(slow["n_repairs"].null_mean, rel=0.2)


def test_keep_draws_and_missing_names() -> None:
    test = rotate_blocks(random_pair(11), rng=rng(), n=50, keep_draws=True)
    assert set(test.draws) == set(STATISTICS)
    assert "matched_prop" in test
    with pytest.raises(KeyError, match="match_kappa"):
        test["tolerance"]
    with pytest.raises(SettingError, match="seam"):
        rotate_blocks(random_pair(11), rng=rng(), seam="glue")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="n = 0"):
        rotate_blocks(random_pair(11), rng=rng(), n=0)


def test_frame_and_dict() -> None:
    test = rotate_blocks(random_pair(12), rng=rng(), n=50)
    frame = test.to_frame()
    assert frame["statistic"].tolist() == list(STATISTICS)
    assert {"observed", "null_mean", "null_low", "null_high", "p", "n_defined", "refused"} <= set(
        frame.columns
    )
    assert json.loads(json.dumps(test.to_dict(), allow_nan=False))["method"] == "rotate_blocks"


# -- identities of the analytic chance ---------------------------------------------------------


def even_and_odd(seed: int) -> Pair:
    """Changes of x at even ticks, of y at odd ones, so that even offsets never tie them."""
    x = [code for code in random_codes(seed, 600, 8) for _ in range(2)]
    y = random_codes(seed + 1, 599, 8)
    shifted = [y[0]] + [code for code in y for _ in range(2)] + [y[0]]
    return replace(pair(x, shifted, tick_s=0.02), ticks_s=(0.02, 0.04))


@pytest.mark.parametrize("seed", [1, 5, 9])
def test_mean_over_all_rotations_is_the_analytic_chance(seed: int) -> None:
    made = even_and_odd(seed)
    assert made.y.codes[0] == made.y.codes[-1]
    ticks = to_ticks(made)
    assert (ticks.step, ticks.n_steps) == (2, 600)
    everywhere = 2 * np.arange(600)[:, None]
    counted = count(ticks, offsets=everywhere, seam="join")
    chance = expected(made)
    assert counted.statistics()["matched_prop"].mean() == pytest.approx(
        chance.expected_prop, rel=1e-9
    )
    assert counted.repairs.mean() == pytest.approx(chance.expected_repairs, rel=1e-9)


def test_excluded_pairs_carry_no_weight_and_the_mean_still_agrees() -> None:
    rows = [[1, 0, -1], [0, 1, 0], [-1, 0, 1]]
    means = []
    for seed in range(30):
        made = pair(
            random_codes(2 * seed, 4000, 40), random_codes(2 * seed + 1, 4000, 40), match=rows
        )
        counted = count(to_ticks(made), offsets=np.arange(0, 4000, 37)[:, None], seam="join")
        means.append([counted.repairs.mean(), counted.expected_repairs.mean()])
    found, chance = np.mean(means, axis=0)
    assert found == pytest.approx(chance, rel=0.02)


@pytest.mark.parametrize("seed", range(6))
def test_measures_and_surrogates_expect_the_same(seed: int) -> None:
    rows = [[1, 0, -1], [0, 1, 0], [-1, 0, 1]] if seed % 2 else None
    made = pair(
        [c if k % 17 else -1 for k, c in enumerate(random_codes(seed, 400, 6))],
        random_codes(seed + 50, 400, 5),
        match=rows,
        cuts=(100.0, 260.0),
    )
    theirs, ours = find_expected(join(made)), expected(made)
    assert ours.expected_prop == pytest.approx(theirs.matched_prop, rel=1e-9)
    assert ours.expected_repairs == pytest.approx(theirs.repairs, rel=1e-9)
    assert ours.expected_repair_hazard_per_s == pytest.approx(theirs.repair_hazard_per_s, rel=1e-9)


# -- p -----------------------------------------------------------------------------------------


def test_p_counts_ties_on_both_sides_and_the_observed_once() -> None:
    null = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0])
    assert two_sided_p(10.0, null) == pytest.approx(0.2)
    assert two_sided_p(9.0 + 1e-13, null) == pytest.approx(0.4)
    assert two_sided_p(9.0 + 1e-11, null) == pytest.approx(0.2)
    assert two_sided_p(0.0, null) == pytest.approx(0.2)
    assert two_sided_p(5.0, null) == 1.0
    assert two_sided_p(math.inf, np.array([1.0, math.inf, 2.0])) == 1.0
    assert two_sided_p(math.inf, np.arange(19.0)) == pytest.approx(0.1)


def test_undefined_surrogates_are_dropped_up_to_a_tenth() -> None:
    null = np.arange(10.0)
    null[3] = math.nan
    assert rank("x", 4.0, null).n_defined == 9
    assert rank("x", 4.0, null).refused == ""
    null[4] = math.nan
    assert rank("x", 4.0, null).refused == "R_UNDEFINED"
    assert math.isnan(rank("x", 4.0, null).p)
    assert rank("x", math.nan, np.arange(9.0)).refused == "R_UNDEFINED"
    first = rank("x", 4.0, np.array([1.0, math.nan, 2.0, 30.0]), n=2)
    assert (first.n_defined, first.null_mean) == (2, 1.5)


def test_quantiles_with_quartiles_that_were_not_reached() -> None:
    values = np.array([3.0, 1.0, math.inf, 2.0, math.inf])
    assert quantile(values, 0.5) == 3.0
    assert quantile(values, 0.6) == math.inf
    assert quantile(values, 1.0) == math.inf
    assert quantile(np.arange(11.0), 0.25) == pytest.approx(2.5)
    assert math.isnan(quantile(np.array([]), 0.5))
    assert rank("x", 2.0, values).null_mean == math.inf


# -- refusals and warnings ---------------------------------------------------------------------


def test_few_runs_are_refused_with_the_null_shown() -> None:
    x = [0] * 1500 + [1] * 1500
    test = rotate_blocks(pair(x, random_codes(3, 3000, 60), tick_s=0.04), rng=rng())
    assert {row.refused for row in test.statistics} == {"R_RUNS"}
    assert all(math.isnan(row.p) for row in test.statistics)
    assert 0 < test["matched_prop"].null_mean < 1


def test_few_expected_repairs_leave_matching_tested() -> None:
    # Nobody's change can lead to a match.
    rows = [[1, 1, 0], [1, 1, 0], [1, 1, 0]]
    x = random_codes(1, 3000, 60, k=2)
    y = random_codes(2, 3000, 60, k=2)
    y[1000:1100] = [2] * 100
    test = rotate_blocks(pair(x, y, match=rows, tick_s=0.04), rng=rng())
    assert test.information.expected_repairs < 2
    for row in test.statistics:
        assert row.refused == ("" if row.name == "matched_prop" else row.refused)
        if row.name not in MATCHING:
            assert row.refused == "R_EXPECTED"
    assert "W_FEW" in test.warning_codes


def test_fewer_than_forty_alignments_are_refused() -> None:
    short = rotate_blocks(random_pair(1, n=39, mean_run=3, tick_s=1.0), rng=rng())
    assert {row.refused for row in short.statistics} == {"R_SHIFTS"}
    enough = rotate_blocks(random_pair(1, n=40, mean_run=3, tick_s=1.0), rng=rng(), blocks=None)
    assert enough["matched_prop"].refused == ""


def test_no_entered_rupture_is_undefined_and_a_quartile_not_reached_is_infinite() -> None:
    # Matched from the third second on; the only mismatch runs when observation begins.
    x = [0] * 3 + [1, 2, 0] * 30
    y = [1] * 3 + [1, 2, 0] * 30
    test = rotate_whole(pair(x, y), rng=rng())
    assert math.isnan(test["repair_latency_q50_s"].observed)
    assert test["repair_latency_q50_s"].refused == "R_UNDEFINED"
    # One rupture that outlasts the observation: no quartile is reached.
    open_end = count_pair(pair([0] * 20, [0] * 10 + [1] * 10)).statistics()
    assert open_end["repair_latency_q25_s"][0] == math.inf
    assert open_end["repaired_within_5s"][0] == 0.0
    # At the horizon of the longest observed duration it is still known, beyond it is not.
    assert open_end["repaired_within_10s"][0] == 0.0
    shorter = count_pair(pair([0] * 19, [0] * 10 + [1] * 9)).statistics()
    assert math.isnan(shorter["repaired_within_10s"][0])


def test_nothing_observed_together() -> None:
    x = [0] * 30 + [-1] * 30
    y = [-1] * 30 + [1] * 30
    test = rotate_blocks(pair(x, y), rng=rng(), n=50)
    assert all(row.refused for row in test.statistics)
    assert test.observed_s == 0
    assert "Nothing was observed" in test.summary()


def test_warnings_by_code() -> None:
    one_block = rotate_blocks(random_pair(3, n=1200), rng=rng())
    assert "W_DRIFT" in one_block.warning_codes
    many = rotate_blocks(random_pair(3, n=45000, mean_run=40), rng=rng(), n=99)
    assert many.warning_codes == ()
    assert many.information.expected_repairs >= 40
    half = rotate_blocks(random_pair(3, n=4000, mean_run=75), rng=rng(), n=99)
    assert 5 <= half.information.expected_repairs < 40
    assert half.warning_codes == ("W_MODERATE",)
    codes = random_codes(1, 9000, 75)
    codes[:2000] = [-1] * 2000
    missing = rotate_blocks(pair(codes, random_codes(2, 9000, 75), tick_s=0.04), rng=rng(), n=99)
    assert "W_MISSING" in missing.warning_codes
    offset = rotate_whole(random_pair(3), rng=rng(), min_offset_s=10)
    assert "W_OFFSET" in offset.warning_codes
    said = next(w.message for w in offset.warnings if w.code == "W_OFFSET")
    assert "where 5 % was meant" in said


def test_nearest_measured_row() -> None:
    assert nearest_offset_rate(2.2, 70).matching == 0.129
    assert nearest_offset_rate(9.0, 3600).session_s == 300
    assert nearest_offset_rate(30.0, 100).dwell_s == 25


def test_coarse_codes_with_short_runs_lose_repairs_to_the_cuts() -> None:
    """One-second codes, runs of 2.5 s, half an hour: 6 % of all seconds are cuts."""
    made = random_pair(4, n=1800, mean_run=2.5, tick_s=1.0)
    assert lost_prop([made], 2 * 60 - 1) == pytest.approx(119 / 1800)
    test = rotate_blocks(made, rng=rng(), n=199)
    assert test["repair_hazard_per_s"].refused == "R_GRID"
    assert test["excess_repairs"].refused == "R_GRID"
    assert test["repair_ratio"].refused == ""
    assert "times" in " ".join(sentences(test))
    # On frames the same loss is a thousandth, and rotating the whole makes one cut.
    fine = rotate_blocks(random_pair(4, n=45000, mean_run=62, tick_s=0.04), rng=rng(), n=199)
    assert fine["repair_hazard_per_s"].refused == ""
    assert rotate_whole(made, rng=rng())["repair_hazard_per_s"].refused == ""


def test_refusal_table() -> None:
    made = random_pair(1)
    good = information(made, n_alignments=3000, blocks=2)
    assert refusal("repair_ratio", good) == ""
    assert refusal("matched_prop", replace(good, n_alignments=39)) == "R_SHIFTS"
    assert refusal("repair_ratio", replace(good, expected_repairs=1.9)) == "R_EXPECTED"
    assert refusal("match_kappa", replace(good, expected_repairs=1.9)) == ""
    assert refusal("repair_ratio", replace(good, expected_repairs=math.nan)) == "R_EXPECTED"
    assert refusal("match_kappa", replace(good, runs=(2, 90))) == "R_RUNS"


# -- studies -----------------------------------------------------------------------------------


def study(n: int, *, follow: bool = False, length: int = 2000) -> dict[str, Pair]:
    made = {}
    for k in range(n):
        one = random_pair(100 + k, n=length, mean_run=40)
        if follow:
            codes = np.repeat(one.x.codes, np.rint(np.diff(one.x.edges) / 0.04).astype(int))
            late = np.concatenate([np.full(20, codes[0]), codes[:-20]])
            one = pair(codes.tolist(), late.tolist(), tick_s=0.04)
        made[f"dyad {k}"] = one
    return made


def test_pairing_table_holds_each_pairs_own_statistics() -> None:
    dyads = study(3)
    made = pairing_table(dyads)
    names = list(dyads)
    for i, j in itertools.product(range(3), range(3)):
        mixed = replace(dyads[names[i]], y=dyads[names[j]].y)
        found = count_pair(mixed).statistics()
        for name in ("match_kappa", "excess_repairs", "repair_ratio", "repaired_within_3s"):
            np.testing.assert_allclose(made.values[name][i, j], found[name][0], rtol=1e-9)
    assert made.used_s.tolist() == [[80.0] * 3] * 3


def test_paired_streams_are_cut_to_their_common_span_from_the_onset() -> None:
    long, short = random_pair(1, n=2000, mean_run=40), random_pair(2, n=1500, mean_run=40)
    moved = replace(
        short,
        x=Steps(short.x.edges + 300, short.x.codes),
        y=Steps(short.y.edges + 300, short.y.codes),
    )
    made = pairing_table({"long": long, "short": moved})
    assert made.used_s.tolist() == [[80.0, 60.0], [60.0, 60.0]]
    assert made.cut_prop[0, 1] == pytest.approx(0.25)
    x = np.repeat(long.x.codes, np.rint(np.diff(long.x.edges) / 0.04).astype(int))[:1500]
    y = np.repeat(short.y.codes, np.rint(np.diff(short.y.edges) / 0.04).astype(int))
    found = count_pair(pair(x.tolist(), y.tolist(), tick_s=0.04)).statistics()
    for name in ("match_kappa", "excess_repairs"):
        assert made.values[name][0, 1] == pytest.approx(found[name][0], rel=1e-9)


def test_lengths_are_named_when_they_differ() -> None:
    dyads = study(7)
    dyads["short"] = random_pair(900, n=1200, mean_run=30)
    test = permute_pairs(dyads, rng=rng(), n=99)
    assert "W_LENGTHS" in test.warning_codes
    assert "48 s" in next(w.message for w in test.warnings if w.code == "W_LENGTHS")


def test_sessions_of_a_dyad_are_averaged_and_never_permuted() -> None:
    one, two = study(3), {name: random_pair(300 + k, n=2000) for k, name in enumerate(study(3))}
    both = {name: [one[name], two[name]] for name in one}
    both["dyad 2"] = [one["dyad 2"]]
    made = pairing_table(both).values["match_kappa"]
    first, second = (pairing_table(s).values["match_kappa"] for s in (one, two))
    assert made[0, 1] == pytest.approx((first[0, 1] + second[0, 1]) / 2)
    assert made[0, 2] == pytest.approx(first[0, 2])
    assert made[2, 2] == pytest.approx(first[2, 2])


def test_six_dyads_are_enumerated() -> None:
    dyads = study(6)
    test = permute_pairs(dyads, rng=rng(1))
    assert test.exact
    assert test.n_drawn == 719
    assert test.to_dict() == permute_pairs(dyads, rng=rng(2)).to_dict()
    values = pairing_table(dyads).values["match_kappa"]
    ts = []
    for order in itertools.permutations(range(6)):
        picked = np.array([values[i, j] for i, j in enumerate(order)])
        ts.append(picked.mean() / (picked.std(ddof=1) / math.sqrt(6)))
    ts_all = np.array(ts)
    up, down = (ts_all >= ts_all[0] - 1e-12).mean(), (ts_all <= ts_all[0] + 1e-12).mean()
    assert test["match_kappa"].p == pytest.approx(min(1, 2 * min(up, down)), rel=1e-12)
    assert test["match_kappa"].observed == pytest.approx(np.diag(values).mean())


def test_partners_who_follow_each_other_stand_out_and_five_dyads_are_refused() -> None:
    coupled = permute_pairs(study(8, follow=True), rng=rng(), n=199)
    assert coupled["match_kappa"].p <= 0.02
    assert coupled["match_kappa"].observed > 0.3
    five = permute_pairs(study(5, follow=True), rng=rng())
    assert {row.refused for row in five.statistics} == {"R_PAIRS"}


def test_draws_of_pairings_may_hold_the_identity() -> None:
    drawn, exact = permutations_of(7, 20_000, rng())
    assert not exact
    assert (drawn == np.arange(7)).all(axis=1).any()
    every, exact = permutations_of(4, 10, rng())
    assert exact
    assert every.shape == (23, 4)


def test_undefined_pairs_are_left_out_of_a_mean() -> None:
    values = np.array([[1.0, 2.0], [math.nan, 3.0]])
    mean, t = mean_and_t(values, np.array([[0, 1], [1, 0]]))
    assert mean.tolist() == [2.0, 2.0]
    assert t[0] == pytest.approx(2 / (math.sqrt(2) / math.sqrt(2)))
    assert math.isnan(t[1])


def test_one_dyad_among_its_own_pairings() -> None:
    made = pairing_table(study(12, follow=True))
    placed = place_dyad(made, "dyad 3")
    assert placed.n_defined == 22
    assert placed.p == pytest.approx(2 / 23)
    with pytest.raises(SettingError, match="dyad"):
        place_dyad(made, "dyad 33")
    with pytest.raises(SettingError, match="statistic"):
        place_dyad(made, "dyad 3", "matched_prop")


def test_studies_need_one_rule_and_two_dyads() -> None:
    dyads = study(2)
    with pytest.raises(SettingError, match="at least two dyads"):
        pairing_table({"alone": dyads["dyad 0"]})
    other = replace(dyads["dyad 1"], table=table([[1, 1, 0], [1, 1, 0], [0, 0, 1]]))
    with pytest.raises(SettingError, match="another table"):
        pairing_table({"a": dyads["dyad 0"], "b": other})
    with pytest.raises(SettingError, match="without a session"):
        pairing_table({"a": dyads["dyad 0"], "b": []})
    with pytest.raises(SettingError, match="at least one session"):
        combine_rotations([], rng=rng())


def test_combined_rotation_sums_events_and_exposure() -> None:
    pairs = list(study(4).values())
    test = combine_rotations(pairs, rng=rng(), n=99)
    counted = [count_pair(p) for p in pairs]
    repairs = sum(c.repairs[0] for c in counted)
    u = sum(c.mismatched_s[0] for c in counted)
    chance = sum(c.expected_hazard_per_s[0] * c.mismatched_s[0] for c in counted)
    assert test["repair_hazard_per_s"].observed == pytest.approx(repairs / u)
    assert test["repair_ratio"].observed == pytest.approx(repairs / chance)
    assert test["matched_prop"].observed == pytest.approx(
        np.mean([c.raw_matched_s[0] / c.observed_s[0] for c in counted])
    )
    assert test.n_sessions == 4
    assert "W_DRIFT" in test.warning_codes
    beside = combine_rotations(pairs, rng=rng(), n=99, beside_pairing=True)
    assert "W_DRIFT" not in beside.warning_codes
    assert beside["matched_prop"] == test["matched_prop"]


def test_a_sessions_offsets_do_not_depend_on_the_sessions_after_it() -> None:
    pairs = list(study(3).values())
    alone = combine_rotations(pairs[:1], rng=rng(5), n=99)
    drawn = plan(
        pairs[0], to_ticks(pairs[0]), rng=rng(5).spawn(3)[0], n=99, blocks="auto", enumerate_up_to=0
    )
    values = count(to_ticks(pairs[0]), blocks=drawn.edges, offsets=drawn.offsets).statistics()
    assert alone["matched_prop"].null_mean == pytest.approx(values["matched_prop"][:99].mean())


# -- redrawn streams ---------------------------------------------------------------------------


@pytest.mark.parametrize("make", [run_permutation, fitted_semi_markov, stationary_bootstrap])
def test_redrawn_streams_are_ordinary_pairs(make: object) -> None:
    codes = random_codes(5, 3000, 40)
    codes[500:700] = [-1] * 200
    made = pair(random_codes(4, 3000, 40), codes, tick_s=0.04, start_s=20.0)
    one, two = (make(made, rng=rng(3)) for _ in range(2))  # type: ignore[operator]
    assert one.y.codes.tolist() == two.y.codes.tolist()
    assert one.y.edges.tolist() == two.y.edges.tolist()
    assert one.window == made.window == (20.0, 140.0)
    assert one.x.codes.tolist() == made.x.codes.tolist()
    assert (np.diff(one.y.edges) > 0).all()
    assert (one.y.codes[1:] != one.y.codes[:-1]).all()
    assert one.y.codes.tolist() != made.y.codes.tolist()
    if make is run_permutation:
        for code in range(-1, 3):
            assert one.y.durations[one.y.codes == code].sum() == pytest.approx(
                made.y.durations[made.y.codes == code].sum()
            )
    if make is fitted_semi_markov:
        assert one.y.observed() == made.y.observed()


def test_redrawn_streams_of_one_state_do_not_hang() -> None:
    made = pair([0, 1] * 60, [0] * 120)
    for make in (run_permutation, fitted_semi_markov, stationary_bootstrap):
        assert make(made, rng=rng()).y.codes.tolist() == [0]


def test_redrawn_tests_carry_their_measured_rate() -> None:
    test = compare_redrawn(random_pair(2), "stationary_bootstrap", rng=rng(), n=30)
    assert "W_MODEL" in test.warning_codes
    assert "%" in next(w.message for w in test.warnings if w.code == "W_MODEL")
    with pytest.raises(SettingError, match="how"):
        compare_redrawn(random_pair(2), "phase_shuffle", rng=rng())  # type: ignore[arg-type]


# -- sentences ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.41, "p = .41"),
        (0.004, "p = .004"),
        (0.0004, "p < .001"),
        (1.0, "p = 1"),
        (0.05, "p = .05"),
    ],
)
def test_p_in_words(p: float, text: str) -> None:
    assert format_p(p) == text


def fixed(test: ChanceTest, **values: dict[str, float]) -> ChanceTest:
    rows = tuple(replace(row, **values.get(row.name, {})) for row in test.statistics)
    return replace(test, statistics=rows)


def test_the_report_sentences() -> None:
    test = rotate_blocks(random_pair(1, n=4450, mean_run=170), rng=rng(), n=99, blocks=56.0)
    said = sentences(
        fixed(
            replace(test, information=replace(test.information, expected_repairs=12.0)),
            matched_prop={
                "observed": 0.31, "null_mean": 0.27, "null_low": 0.19, "null_high": 0.36, "p": 0.41,
            },
            repair_hazard_per_s={
                "observed": 4.1 / 60,
                "null_mean": 3.3 / 60,
                "null_low": 2.1 / 60,
                "null_high": 4.9 / 60,
                "p": 0.28,
            },
        )
    )  # fmt: skip
    assert said[0] == (
        "Matched 31 % of 178 s. When the caregiver's codes are rotated against the infant's inside "
        "blocks of 59 s, keeping how long and how often each shows what, they match 27 % (19 to "
        "36 %), p = .41: too little to tell."
    )
    assert said[1] == (
        "4.1 repairs per minute of mismatch; two streams like these, not timed to each other, give "
        "3.3 (2.1 to 4.9), p = .28: too little to tell."
    )
    assert said[2] == "Only strong coupling could show in a session of this size."


def test_no_difference_is_said_only_where_one_could_have_been_seen() -> None:
    test = rotate_blocks(random_pair(1, n=9000), rng=rng(), n=99)
    for repairs, told in ((40.0, "does not differ from chance"), (39.9, "too little to tell")):
        one = fixed(
            replace(test, information=replace(test.information, expected_repairs=repairs)),
            matched_prop={"p": 0.3},
        )
        assert told in sentences(one)[0]
    far = fixed(test, matched_prop={"p": 0.002, "observed": 0.9, "null_median": 0.3})
    assert "p = .002, more than chance gives" in sentences(far)[0]


def test_one_block_little_information_and_refusals_are_said() -> None:
    short = rotate_blocks(random_pair(3, n=800, mean_run=130), rng=rng())
    said = short.summary()
    assert "too short to separate slow change" in said
    assert "A session this short" in said
    few = rotate_blocks(pair([0] * 1500 + [1] * 1500, [0, 1] * 1500, tick_s=0.04), rng=rng())
    assert "no p (A partner shows fewer than three runs" in few.summary()


def test_study_sentences() -> None:
    dyads = study(8, follow=True)
    pairing = permute_pairs(dyads, rng=rng(), n=199)
    turned = combine_rotations(list(dyads.values()), rng=rng(), n=199)
    assert study_sentences(pairing, turned)[0].startswith(
        "Over 8 dyads matching exceeds that of re-paired strangers (mean K "
    )
    no = {"p": 0.6}
    only_pairing = study_sentences(pairing, fixed(turned, matched_prop=no))
    assert "not beyond what slow change" in only_pairing[-1]
    only_blocks = study_sentences(fixed(pairing, match_kappa=no), turned)
    assert "match more than rotated streams; beside strangers" in only_blocks[-1]
    neither = study_sentences(fixed(pairing, match_kappa=no), fixed(turned, matched_prop=no))
    assert "either null" in neither[-1]
    assert pairing.summary().startswith("Over 8 dyads, mean K is ")
    assert "Over 8 sessions" in turned.summary()


def test_nothing_heavy_loads_before_a_rotation_is_asked_for() -> None:
    code = (
        "import sys, reattune.surrogates; "
        "print([m for m in ('numba', 'pandas', 'scipy', 'matplotlib') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
