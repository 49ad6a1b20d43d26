"""Counts of the focal partner's affect: on small streams whose answers are known by hand."""

from __future__ import annotations

from dataclasses import replace
from math import isnan, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.core.attunement import Attunement
from reattune.core.errors import SettingError
from reattune.core.session import Session
from reattune.core.streams import States
from reattune.growth import (
    AffectCounts,
    FollowCounts,
    choose_load,
    count_affect,
    count_at_load,
    count_follows,
    describe_depth,
    measure_affect,
    measure_follows,
    measure_turns,
    read_affect,
    read_affect_alone,
)
from reattune.growth.affect import find_states
from reattune.growth.load import LOAD_EDGES_S, find_load, pool_load, score_load
from reattune.growth.ratios import name_interval, pool_ratio
from reattune.measures.limits import poisson_limits
from reattune.rules import OwnTable, StateMatch

Bouts = list[tuple[float, float, str]]


def stream(partner: str, bouts: Bouts, tick: float = 0.1) -> States:
    starts, ends, labels = zip(*bouts, strict=True)
    return States(partner, "affect", starts, ends, list(labels), tick)


def attune(
    infant: Bouts,
    other: Bouts,
    *,
    end: float,
    cuts: tuple[float, ...] = (),
    tick: float = 0.1,
    table: str | OwnTable = "same_valence",
) -> Attunement:
    streams = (stream("infant", infant, tick), stream("other", other, tick))
    session = Session("s", ("infant", "other"), (0.0, end), streams, cuts=cuts)
    return StateMatch("affect", table)(session)


# Mismatched but for [0, 2) and [9, 10); a hole of the infant at [6, 7).
INFANT: Bouts = [(0, 2, "1"), (2, 4, "0"), (4, 6, "-1"), (7, 8, "-1"), (8, 9, "0"), (9, 10, "1")]
OTHER: Bouts = [(0, 10, "1")]


def test_counts_by_hand() -> None:
    counts = count_affect(read_affect(attune(INFANT, OTHER, end=10), "infant"))
    assert counts == AffectCounts(
        turns=1,
        mismatched_s=6,
        open_s=3,
        negative_mismatched_s=3,
        negative_s=3,
        ends=1,
        coded_s=9,
        window_s=10,
    )
    measures = measure_affect(counts)
    assert measures["negative_turns_per_mismatch_min"].value == pytest.approx(20)
    assert measures["negative_mismatch_prop"].value == pytest.approx(0.5)
    assert measures["negative_end_hazard_per_s"].value == pytest.approx(1 / 3)


def test_a_change_across_missing_time_or_a_cut_is_not_counted() -> None:
    gap: Bouts = [(0, 4, "0"), (4.5, 6, "-1"), (6.5, 10, "0")]
    counts = count_affect(read_affect(attune(gap, OTHER, end=10), "infant"))
    assert (counts.turns, counts.ends) == (0, 0)
    whole: Bouts = [(0, 4, "0"), (4, 6, "-1"), (6, 10, "0")]
    cut = count_affect(read_affect(attune(whole, OTHER, end=10, cuts=(4.0,)), "infant"))
    assert (cut.turns, cut.ends) == (0, 1)


def test_a_turn_while_matched_is_no_turn_in_mismatch() -> None:
    infant: Bouts = [(0, 4, "1"), (4, 10, "-1")]
    counts = count_affect(read_affect(attune(infant, OTHER, end=10), "infant"))
    assert (counts.turns, counts.open_s) == (0, 0)
    measures = measure_affect(counts)
    assert isnan(measures["negative_turns_per_mismatch_min"].value)


def test_no_turn_is_a_result_with_an_upper_limit() -> None:
    infant: Bouts = [(0, 10, "0")]
    value = measure_affect(count_affect(read_affect(attune(infant, OTHER, end=10), "infant", "-1")))
    rate = value["negative_turns_per_mismatch_min"]
    assert (rate.value, rate.low) == (0, 0)
    assert rate.high == pytest.approx(60 * -log(0.05) / 10)
    assert isnan(value["negative_end_hazard_per_s"].value)
    assert value["negative_mismatch_prop"].value == 0


def test_the_focal_partner_may_be_the_second() -> None:
    swapped = attune(OTHER, INFANT, end=10)
    ours = count_affect(read_affect(swapped, "other"))
    assert ours == count_affect(read_affect(attune(INFANT, OTHER, end=10), "infant"))


def test_bad_requests_are_refused() -> None:
    attunement = attune(INFANT, OTHER, end=10)
    with pytest.raises(SettingError, match="partners"):
        read_affect(attunement, "nobody")
    with pytest.raises(SettingError, match="state of the rule"):
        read_affect(attunement, "infant", ["crying"])
    with pytest.raises(SettingError, match="at least one state"):
        read_affect(attunement, "infant", [])
    with pytest.raises(SettingError, match="two streams"):
        read_affect(replace(attunement, pair=None, codes=None), "infant")
    plain = attune([(0, 5, "a"), (5, 9, "b")], [(0, 9, "a")], end=9, table="same_category")
    with pytest.raises(SettingError, match="negative"):
        read_affect(plain, "infant")
    with pytest.raises(SettingError, match="at least one session"):
        measure_affect([])


def test_joined_states_are_found_whole_or_not_at_all() -> None:
    assert find_states("negative", ("cry/fuss", "calm"), ["cry", "fuss"]) == [0]
    assert find_states("negative", ("cry/fuss", "calm"), ["cry/fuss"]) == [0]
    with pytest.raises(SettingError, match="tells apart"):
        find_states("negative", ("cry/fuss", "calm"), ["cry"])


def test_one_stream_alone_is_enough_for_a_challenge() -> None:
    affect = read_affect_alone(stream("infant", INFANT), (2.0, 9.0), ["-1", "never shown"])
    counts = count_affect(affect)
    assert (counts.negative_s, counts.coded_s, counts.window_s) == (3, 6, 7)
    assert counts.mismatched_s == 0
    with pytest.raises(SettingError):
        read_affect_alone(stream("infant", INFANT), (9.0, 2.0), ["-1"])
    with pytest.raises(SettingError):
        read_affect_alone(stream("infant", INFANT), (2.0, 9.0), [])


# -- ratios ------------------------------------------------------------------------------------


def test_few_sessions_have_poisson_limits_and_five_a_jackknife() -> None:
    few = pool_ratio([3, 2], [10, 10])
    assert few[1:3] == pytest.approx(poisson_limits(5, 20))
    y, e = np.array([3.0, 5, 2, 8, 4]), np.array([10.0, 12, 9, 11, 10])
    value = pool_ratio(y, e)
    points = np.log((y.sum() - y) / (e.sum() - e))
    half = 2.7764451051977987 * np.sqrt(0.8 * ((points - points.mean()) ** 2).sum())
    assert value.value == pytest.approx(22 / 52)
    assert value.high / value.value == pytest.approx(np.exp(half))
    assert value.low / value.value == pytest.approx(np.exp(-half))
    assert "jackknife" in name_interval(5)
    assert "not describe the dyad" in name_interval(4)


def test_shares_have_no_limits_below_five_sessions_and_stay_in_range() -> None:
    assert isnan(pool_ratio([1, 2], [3, 4], "share").low)
    wide = pool_ratio([0, 0, 0, 0, 5], [5, 5, 5, 5, 5], "share")
    assert (wide.value, wide.low) == (0.2, 0.0)
    assert isnan(pool_ratio([0], [0]).value)
    with pytest.raises(SettingError):
        pool_ratio([1, 2], [1])


# -- load --------------------------------------------------------------------------------------


@st.composite
def dyads(draw: st.DrawFn) -> Attunement:
    """Random streams with holes, in tenths of a second."""
    sides = []
    for _ in range(2):
        at, bouts = 0, []
        while at < 400:
            long = draw(st.integers(1, 120))
            state = draw(st.sampled_from(["-1", "0", "1", ""]))
            if state:
                bouts.append((at / 10, min(400, at + long) / 10, state))
            at += long
        sides.append(bouts or [(0.0, 40.0, "0")])
    cuts = (20.0,) if draw(st.booleans()) else ()
    return attune(sides[0], sides[1], end=40.0, cuts=cuts)


@given(dyads(), st.sampled_from([10.0, 20.0]), st.sampled_from([2.5, 20.0]))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_load_accounts_for_all_time_and_all_turns(
    attunement: Attunement, up: float, down: float
) -> None:
    affect = read_affect(attunement, "infant", ["-1"])
    counts = count_at_load(affect, up, down)
    at_risk = (affect.state >= 0) & affect.observed & ~affect.negative
    assert counts.exposure_s.sum() == pytest.approx(affect.lengths[at_risk].sum(), abs=1e-9)
    assert counts.turns.sum() == (affect.turns & at_risk).sum()
    assert (counts.exposure_s >= 0).all()
    assert (counts.exposure_s[counts.turns > 0] > 0).all()
    first, last = find_load(affect, up, down)
    known = affect.state >= 0
    assert (np.isfinite(first) == known).all()
    assert (first[known] >= 0).all()
    assert (last[known] < up).all()
    assert 0 <= counts.load_s2 <= up * counts.observed_s + 1e-9


def test_load_by_hand() -> None:
    """Mismatch for 10 s from 0: load 10 (1 - e^-t/10) passes 1, 2, 4, 6 at known times."""
    affect = read_affect(attune([(0, 10, "0"), (10, 12, "-1")], [(0, 12, "1")], end=12), "infant")
    counts = count_at_load(affect, 10.0, 5.0)
    passes = [0.0, *(-10 * log(1 - b / 10) for b in (1, 2, 4, 6)), 10.0]
    assert counts.exposure_s[:5].tolist() == pytest.approx(np.diff(passes).tolist())
    assert counts.exposure_s[5:].sum() == 0
    # 10 (1 - 1/e) = 6.32 at the turn: the bin from 6 to 9.
    assert counts.turns.tolist() == [0, 0, 0, 0, 1] + [0] * 11
    first, last = find_load(affect, 10.0, 5.0)
    assert last[0] == pytest.approx(10 * (1 - np.exp(-1)))
    # The integral of the load over [0, 12): up (t - l).
    assert counts.load_s2 == pytest.approx(10 * (12 - last[-1]))
    assert first[0] == 0


def test_load_wears_off_while_matched_and_starts_anew_after_a_hole() -> None:
    infant: Bouts = [(0, 10, "0"), (10, 15, "1"), (20, 25, "0")]
    affect = read_affect(attune(infant, [(0, 25, "1")], end=25), "infant", ["-1"])
    first, last = find_load(affect, 20.0, 5.0)
    assert last[1] == pytest.approx(last[0] * np.exp(-1))
    assert np.isnan(first[2])
    assert first[3] == 0
    burned = count_at_load(affect, 20.0, 5.0, burn_in=True)
    assert burned.exposure_s.sum() == 0
    some = count_at_load(affect, 10.0, 5.0, burn_in=True)
    assert some.exposure_s.sum() == pytest.approx(5)


def test_expected_turns_of_the_whole_study_are_those_seen() -> None:
    rng = np.random.default_rng(3)
    affects = []
    for _ in range(6):
        bouts: Bouts = []
        for side in range(2):
            at = 0.0
            while at < 120:
                end = min(120.0, at + round(rng.exponential(5), 1) + 0.1)
                bouts.append((at, end, f"{side}{rng.integers(4)}"))
                at = end
        infant = [(a, b, s[1]) for a, b, s in bouts if s[0] == "0"]
        other = [(a, b, s[1]) for a, b, s in bouts if s[0] == "1"]
        attunement = attune(infant, other, end=120, table="same_category")
        affects.append(read_affect(attunement, "infant", ["0"]))
    model = choose_load(affects)
    counts = [count_at_load(a, model.up_s, model.down_s) for a in affects]
    assert sum(model.expect(c) for c in counts) == pytest.approx(pool_load(counts).turns.sum())
    assert model.fits[(model.up_s, model.down_s)] == max(model.fits.values())
    assert len(model.fits) == 12
    assert score_load(model.pooled) == model.fits[(model.up_s, model.down_s)]
    assert model.separable
    assert model.mark == ""
    assert measure_turns(counts, model).value == pytest.approx(1)
    # Half the turns at equal load give half the ratio.
    halved = replace(counts[0], turns=counts[0].turns / 2)
    whole = measure_turns(counts[0], model)
    assert measure_turns(halved, model).value == pytest.approx(whole.value / 2)


def test_fewer_than_one_expected_turn_gives_no_ratio() -> None:
    affect = read_affect(attune(INFANT, OTHER, end=10), "infant")
    model = choose_load([affect])
    nothing = replace(model.pooled, exposure_s=model.pooled.exposure_s / 10)
    assert isnan(measure_turns(nothing, model).value)


def test_coarse_codes_are_marked() -> None:
    coarse = choose_load([read_affect(attune(INFANT, OTHER, end=10, tick=1.0), "infant")])
    assert coarse.mark.startswith("not separable from matching")
    assert "codes every 1 s" in coarse.reason
    assert "3 states" in coarse.reason
    assert len(LOAD_EDGES_S) == 9
    with pytest.raises(SettingError):
        choose_load([])


# -- following, depth --------------------------------------------------------------------------


def test_following_by_hand() -> None:
    infant: Bouts = [(0, 40, "0"), (40, 50, "1"), (50, 90, "0"), (90, 100, "1")]
    other: Bouts = [(0, 45, "1"), (45, 95, "0"), (95, 100, "1")]
    attunement = attune(infant, other, end=100)
    counts = count_follows(attunement, "infant", ["1"])
    assert counts == FollowCounts(1, 1, 40.0, 40.0)
    value = measure_follows(counts)["offer_follow_excess_per_s"]
    assert (value.value, value.n) == (0, 2)
    assert value.low < 0 < value.high
    short = measure_follows(FollowCounts(1, 1, 29.0, 40.0))["offer_follow_excess_per_s"]
    assert isnan(short.value)
    with pytest.raises(SettingError):
        count_follows(attunement, "nobody", ["1"])
    with pytest.raises(SettingError):
        count_follows(attunement, "infant", ["away"])


def test_depth_is_by_current_distance() -> None:
    infant: Bouts = [(0, 2, "1"), (2, 5, "-1"), (5, 8, "0"), (8, 10, "1")]
    near, middle, far = describe_depth(attune(infant, OTHER, end=10))
    assert (near.mismatched_s, middle.mismatched_s, far.mismatched_s) == (0, 3, 3)
    # The rupture was as deep as can be, but the repair came from the middle.
    assert (near.repairs, middle.repairs, far.repairs) == (0, 1, 0)
    assert isnan(near.hazard_per_s.value)
