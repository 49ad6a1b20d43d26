"""Power against what is known: the level of its tests, figures of growth, biases of 1-s coding."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest

from reattune.experiments.power import Design, PowerResult, estimate_power, plan_curve
from reattune.experiments.power.questions import EFFECT, MATCHING, MOOD, NONE

SEED = 20250611


@cache
def challenge() -> PowerResult:
    return estimate_power(Design("growth_challenge"), studies=300, seed=SEED)


@cache
def chance() -> PowerResult:
    return estimate_power(Design("above_chance", dyads=15, minutes=1.5), studies=300, seed=SEED)


@pytest.mark.slow
def test_groups_without_a_difference_are_found_different_as_often_as_alpha_says() -> None:
    """The two groups are drawn alike: 400 studies, standard error .011."""
    result = estimate_power(Design(dyads=12, minutes=3, effect=1), studies=400, seed=SEED)
    for name in ("repair_hazard_per_s", "repair_ratio", "match_kappa", "matched_prop"):
        assert 0.02 <= result.find(name, NONE).rate.value <= 0.08, name


@pytest.mark.slow
def test_sessions_taken_for_dyads_make_differences_that_are_not_there() -> None:
    """The naive t-test takes six sessions of a dyad for six dyads."""
    design = Design(dyads=6, sessions=6, minutes=2, effect=1)
    result = estimate_power(design, studies=120, seed=SEED)
    assert result.find("latency_t", NONE).rate.value >= 0.15
    assert result.find("repair_hazard_per_s", NONE).rate.value <= 0.11


@pytest.mark.slow
def test_partners_who_take_no_notice_are_found_to_as_often_as_alpha_says() -> None:
    result = chance()
    for name in ("match_kappa", "excess_repairs", "matched_prop", "repair_hazard_per_s"):
        assert 0.02 <= result.find(name, NONE).rate.value <= 0.08, name


@pytest.mark.slow
def test_a_mood_in_common_fools_the_plain_share_and_not_k() -> None:
    result = chance()
    assert result.find("raw_matched", MOOD).rate.value >= 0.25
    for name in ("match_kappa", "excess_repairs"):
        assert result.find(name, MOOD).rate.value <= 0.09, name


@pytest.mark.slow
def test_a_challenge_of_twenty_dyads_finds_growth_by_a_third() -> None:
    """Power above .9; a mean change of -.13; nothing where only matching improves."""
    result = challenge()
    assert result.power.rate.value > 0.9
    null = result.false_positive
    assert null is not None
    assert 0.02 <= null.rate.value <= 0.08
    assert result.find("challenge_negative_prop", MATCHING).rate.value < 0.09
    assert result.numbers["challenge_change"].value == pytest.approx(-0.13, abs=0.03)


@pytest.mark.slow
def test_crude_turns_are_fooled_by_better_matching_and_turns_at_equal_load_hardly() -> None:
    design = Design("growth_load", dyads=20, sessions=6)
    result = estimate_power(design, studies=60, seed=SEED)
    assert result.find("turns_crude", MATCHING).rate.value >= 0.5
    assert result.find("turns_at_equal_load", MATCHING).rate.value <= 0.2
    assert result.find("turns_at_equal_load", NONE).rate.value <= 0.15
    assert result.power.rate.value >= 0.4
    crude = next(bias for bias in result.biases if bias.name == "crude_ratio")
    assert crude.bias.high < -0.2


@pytest.mark.slow
def test_coding_once_a_second_makes_three_and_a_half_seconds_of_five_and_a_half() -> None:
    """Ten minutes of the preset itself: 5.4 +- .3 s against 3.5; the matched share stays."""
    design = Design(dyads=20, minutes=10, spread=0, session_spread=0, effect=1)
    result = estimate_power(design, studies=12, seed=SEED)
    biases = {bias.name: bias for bias in result.biases}
    latency = biases["latency_at_1s"]
    assert latency.naive.value == pytest.approx(5.4, abs=0.3)
    assert latency.truth.value == pytest.approx(3.5, abs=0.12)
    assert biases["latency_as_coded"].naive.value == pytest.approx(3.5, abs=0.12)
    ruptures = biases["ruptures_at_1s"]
    assert ruptures.truth.value == pytest.approx(12.0, abs=0.3)
    assert ruptures.naive.value == pytest.approx(7.7, abs=0.3)
    assert biases["matched_at_1s"].bias.value == pytest.approx(0, abs=0.01)
    coarse = estimate_power(replace(design, step_s=1.0), studies=2, seed=SEED)
    as_coded = next(bias for bias in coarse.biases if bias.name == "latency_as_coded")
    assert as_coded.naive.value == pytest.approx(5.4, abs=0.3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("vary", "values"),
    [("dyads", (6, 12, 24)), ("minutes", (0.5, 1.5, 4.5)), ("effect", (1.2, 1.6, 2.4))],
)
def test_more_is_never_less(vary: str, values: tuple[float, ...]) -> None:
    """Neighbours may fall by no more than three standard errors; the ends differ by far more."""
    design = Design(dyads=12, minutes=2, effect=1.8, spread=0.3)
    curve = plan_curve(design, vary, values, studies=60, seed=SEED)
    rates = [result.power.rate.value for result in curve.results]
    error = (2 * 0.25 / 60) ** 0.5
    assert all(after >= before - 3 * error for before, after in pairwise(rates))
    assert rates[-1] >= rates[0] + 0.2


@pytest.mark.slow
def test_more_minutes_show_one_dyad_more_exactly() -> None:
    curve = plan_curve(Design("precision"), "minutes", [1, 4, 16], studies=150, seed=SEED)
    widths = [result.numbers["interval_factor"].value for result in curve.results]
    assert widths == sorted(widths, reverse=True)
    # A factor of 4 in time makes half the width on the log scale.
    assert 1.6 <= (widths[0] - 1) / (widths[1] - 1) <= 2.8
    assert curve.results[2].power.found > curve.results[0].power.found
    alike = replace(Design("precision"), session_spread=0.0)
    held = estimate_power(alike, studies=200, seed=SEED).numbers["interval_holds"]
    assert held.value >= 0.9


@pytest.mark.slow
def test_the_effect_is_there_in_the_worlds_it_should_be() -> None:
    result = estimate_power(Design(dyads=40, minutes=5, spread=0.1), studies=40, seed=SEED)
    assert result.find("repair_hazard_per_s", EFFECT).rate.value > 0.95
    assert result.find("repair_hazard_per_s", NONE).rate.value < 0.2
    assert result.numbers["r"].low > 0.3
