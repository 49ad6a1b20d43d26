"""Slopes of studies, groups and single dyads; challenges; planning."""

from __future__ import annotations

from dataclasses import replace
from math import exp, isnan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from reattune.core.errors import SettingError
from reattune.growth import (
    PLANNING,
    ChallengeVisit,
    challenge_power,
    compare_challenges,
    compare_slopes,
    find_spread_within,
    fit_slope,
    follow_dyad,
    judge_change,
    measure_challenge,
    plan_challenge,
    read_affect_alone,
    rivals_power,
    scale_time,
)
from reattune.growth.challenge import find_first_negative

from .test_growth_affect import stream


def draw_study(
    seed: int, dyads: int = 14, sessions: int = 5, slope: float = -0.5, strata: int = 2
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    rng = np.random.default_rng(seed)
    time = np.tile(scale_time(np.arange(sessions)), dyads)
    exposure = rng.uniform(20, 80, (dyads * sessions, strata))
    level = np.repeat(rng.normal(-2.2, 0.5, (dyads, strata)), sessions, axis=0)
    events = rng.poisson(exposure * np.exp(level + slope * time[:, None])).astype(float)
    names = [f"d{i}" for i in range(dyads) for _ in range(sessions)]
    return events, exposure, time, names


def naive_slope(events: np.ndarray, exposure: np.ndarray, t: np.ndarray, dyads: list[str]) -> float:
    """The maximum of the conditional log-likelihood, found by search."""

    def minus(b: float) -> float:
        total = 0.0
        for name in set(dyads):
            rows = [i for i, d in enumerate(dyads) if d == name]
            for s in range(events.shape[1]):
                weight = exposure[rows, s] * np.exp(b * t[rows])
                total -= float((events[rows, s] * np.log(weight / weight.sum())).sum())
        return total

    return float(optimize.minimize_scalar(minus, bounds=(-5, 5), method="bounded").x)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_the_slope_is_the_conditional_maximum(seed: int) -> None:
    events, exposure, time, names = draw_study(seed)
    fit = fit_slope(events, exposure, time, names)
    assert fit.slope == pytest.approx(naive_slope(events, exposure, time, names), abs=1e-4)
    assert fit.ratio_low < fit.ratio < fit.ratio_high


def test_what_may_not_matter_does_not() -> None:
    events, exposure, time, names = draw_study(1)
    fit = fit_slope(events, exposure, time, names)
    order = np.random.default_rng(0).permutation(len(names))
    shuffled = fit_slope(events[order], exposure[order], time[order], [names[i] for i in order])
    scaled = fit_slope(events, exposure * 60, time + 3, names)
    for other in (shuffled, scaled):
        assert other.slope == pytest.approx(fit.slope)
        assert other.se == pytest.approx(fit.se)
    # A dyad without any event drops out by itself.
    more = fit_slope(
        np.vstack([events, np.zeros((3, 2))]),
        np.vstack([exposure, np.ones((3, 2))]),
        np.append(time, [-0.5, 0, 0.5]),
        [*names, "new", "new", "new"],
    )
    assert (more.slope, more.without_event) == (pytest.approx(fit.slope), 1)


def test_few_dyads_events_or_sessions_give_no_number() -> None:
    events, exposure, time, names = draw_study(2, dyads=9)
    assert "9 dyads" in fit_slope(events, exposure, time, names).refused
    events, exposure, time, names = draw_study(2, dyads=12)
    few = fit_slope(
        np.minimum(events, events * (np.arange(60) % 5 == 0)[:, None]) > 4, exposure, time, names
    )
    assert few.refused
    assert isnan(few.ratio)
    keep = np.array([i for i in range(60) if i % 5 < 2])
    short = fit_slope(events[keep], exposure[keep], time[keep], [names[i] for i in keep])
    assert "at least 3 sessions" in short.refused
    flat = fit_slope(events, exposure, np.zeros(60), names)
    assert "do not settle" in flat.refused


def test_bad_counts_are_refused() -> None:
    with pytest.raises(SettingError):
        fit_slope([1, 2], [1, 2, 3], [0, 1], ["a", "a"])
    with pytest.raises(SettingError):
        fit_slope([1, 2], [1, 0], [0, 1], ["a", "a"])
    with pytest.raises(SettingError):
        fit_slope([1, float("nan")], [1, 1], [0, 1], ["a", "a"])
    with pytest.raises(SettingError):
        scale_time([1, 1])
    assert scale_time([2, 4, 10]).tolist() == [-0.5, -0.25, 0.5]


def test_groups_differ_by_the_difference_of_their_slopes() -> None:
    one = draw_study(3, slope=-1.0)
    two = draw_study(4, slope=0.0)
    events, exposure, time = (np.concatenate([a, b]) for a, b in zip(one[:3], two[:3], strict=True))
    names = [f"a{n}" for n in one[3]] + [f"b{n}" for n in two[3]]
    groups = ["therapy"] * len(one[3]) + ["waiting"] * len(two[3])
    found = compare_slopes(events, exposure, time, names, groups)
    assert found.groups == ("therapy", "waiting")
    assert found.difference.slope == pytest.approx(found.second.slope - found.first.slope)
    joint = sqrt(found.first.se**2 + found.second.se**2)
    assert found.difference.se == pytest.approx(joint, rel=0.05)
    assert found.difference.low > 0
    with pytest.raises(SettingError, match="two groups"):
        compare_slopes(events, exposure, time, names, ["x"] * len(names))
    with pytest.raises(SettingError, match="one group"):
        compare_slopes(events, exposure, time, names, [*groups[::-1][1:], "therapy"])
    small = compare_slopes(events[:90], exposure[:90], time[:90], names[:90], groups[:90])
    assert "waiting" in small.difference.refused


def test_one_dyad_alone_against_a_quasi_poisson_regression() -> None:
    sm = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(5)
    t, exposure = scale_time(np.arange(15)), rng.uniform(50, 100, 15)
    events = rng.poisson(exposure * 0.1 * np.exp(rng.normal(0, 0.7, 15)))
    ours = follow_dyad(events, exposure, t)
    glm = sm.GLM(events, sm.add_constant(t), family=sm.families.Poisson(), offset=np.log(exposure))
    theirs = glm.fit(scale="X2")
    assert ours.slope == pytest.approx(theirs.params[1], abs=1e-6)
    assert ours.dispersion == pytest.approx(theirs.scale, abs=1e-6)
    assert ours.dispersion > 1
    assert ours.se == pytest.approx(theirs.bse[1], abs=1e-6)
    reach = stats.t.ppf(0.975, 13) + stats.t.ppf(0.8, 13)
    assert ours.detectable_fall == pytest.approx(exp(-reach * ours.se))
    assert ours.limits[0] < ours.ratio < ours.limits[1]


def test_one_dyad_needs_sessions_and_events() -> None:
    t = scale_time(np.arange(12))
    assert "at least 10" in follow_dyad([1] * 9, [1] * 9, t[:9]).refused
    assert "with an event" in follow_dyad([5, 5] + [0] * 10, [1.0] * 12, t).refused
    assert isnan(follow_dyad([5, 5] + [0] * 10, [1.0] * 12, t).ratio)
    with pytest.raises(SettingError):
        follow_dyad([1, 2], [1, 2], [0.0])


# -- challenge ---------------------------------------------------------------------------------


def test_challenge_measures_by_hand() -> None:
    first = read_affect_alone(
        stream("infant", [(0, 5, "0"), (5, 8, "-1"), (8, 10, "0")]), (0, 10), ["-1"]
    )
    onset = read_affect_alone(stream("infant", [(0, 10, "-1")]), (0, 10), ["-1"])
    never = read_affect_alone(stream("infant", [(0, 10, "0")]), (0, 10), ["-1"])
    lost = read_affect_alone(stream("infant", [(0, 4, "0"), (6, 10, "-1")]), (0, 10), ["-1"])
    assert [find_first_negative(c) for c in (first, onset, never, lost)] == [
        (5, True),
        (0, True),
        (10, False),
        (4, False),
    ]
    values = measure_challenge([first, onset, never])
    assert values["challenge_negative_prop"].value == pytest.approx(13 / 30)
    assert values["challenge_first_negative_s"].value == 5
    assert values["challenge_first_negative_s"].n == 2
    assert measure_challenge(onset)["challenge_first_negative_s"].value == 0
    assert isnan(measure_challenge(never)["challenge_first_negative_s"].value)
    half = read_affect_alone(stream("infant", [(0, 4, "-1")]), (0, 10), ["-1"])
    assert isnan(measure_challenge(half)["challenge_negative_prop"].value)
    assert isnan(measure_challenge([])["challenge_first_negative_s"].value)


def draw_visits(n: int, change: float, seed: int, group: str = "") -> list[ChallengeVisit]:
    rng = np.random.default_rng(seed)
    return [
        ChallengeVisit(
            f"{group}{i}", after, 0.3 + change * after + rng.normal(0, 0.1), 120, 120, group
        )
        for i in range(n)
        for after in (False, True)
    ]


def test_challenges_before_and_after_are_a_paired_t() -> None:
    visits = draw_visits(14, -0.13, 1)
    found = compare_challenges(visits)
    theirs = stats.ttest_rel(list(found.after.values()), list(found.before.values()))
    assert found.change.t == pytest.approx(theirs.statistic)
    assert found.change.p == pytest.approx(theirs.pvalue)
    assert (found.change.low, found.change.high) == pytest.approx(theirs.confidence_interval())
    assert found.change.dyads == 14


def test_a_comparison_group_is_subtracted() -> None:
    visits = draw_visits(14, -0.2, 2, "therapy") + draw_visits(12, -0.05, 3, "waiting")
    found = compare_challenges(visits, control="waiting")
    assert found.groups == ("therapy", "waiting")
    changes = [
        [found.after[d] - found.before[d] for d in found.before if d.startswith(g)]
        for g in found.groups
    ]
    theirs = stats.ttest_ind(*changes, equal_var=False)
    assert found.difference is not None
    assert found.difference.t == pytest.approx(theirs.statistic)
    assert found.difference.p == pytest.approx(theirs.pvalue)
    assert found.comparison is not None
    with pytest.raises(SettingError, match="control"):
        compare_challenges(visits)
    with pytest.raises(SettingError, match="control"):
        compare_challenges(visits, control="other")


def test_unequal_lengths_and_small_studies_are_refused() -> None:
    visits = draw_visits(12, -0.1, 4)
    visits[1] = replace(visits[1], duration_s=90)
    visits[3] = replace(visits[3], play_before_s=60)
    visits[5] = replace(visits[5], negative_prop=float("nan"))
    found = compare_challenges(visits)
    assert {dyad for dyad, _ in found.left_out} == {"0", "1", "2"}
    assert "from 90 to 120 s" in dict(found.left_out)["0"]
    assert "play before" in dict(found.left_out)["1"]
    assert "9 dyads" in found.refused
    assert isnan(found.change.difference)


def test_reliable_change_by_hand() -> None:
    spread = find_spread_within([[0.1, 0.3], [0.5, 0.5, 0.8], [0.2]])
    assert spread == pytest.approx(sqrt((0.02 + 0.06) / 3))
    one = judge_change([0.4], [0.2], 0.094)
    assert one.needed == pytest.approx(1.96 * 0.094 * sqrt(2))
    assert not one.reliable
    three = judge_change([0.4] * 3, [0.2] * 3, 0.094)
    assert three.needed == pytest.approx(0.15, abs=0.005)
    assert three.reliable
    assert isnan(find_spread_within([[0.1]]))
    with pytest.raises(SettingError):
        judge_change([], [0.2], 0.1)
    with pytest.raises(SettingError):
        judge_change([0.1], [0.2], float("nan"))


# -- planning ----------------------------------------------------------------------------------


def test_planning_figures() -> None:
    assert plan_challenge() == 12
    assert challenge_power(20) == pytest.approx(0.98, abs=0.02)
    assert challenge_power(12) >= 0.8 > challenge_power(11)
    assert challenge_power(30, difference=1e-9) == pytest.approx(0.05, abs=1e-3)
    assert challenge_power(20, difference=0.13) == pytest.approx(challenge_power(20))
    for bad in (0.0, 1.0):
        with pytest.raises(SettingError):
            plan_challenge(bad)
    with pytest.raises(SettingError):
        plan_challenge(0.8, 0.0)
    with pytest.raises(SettingError):
        challenge_power(1)


def test_challenge_power_against_simulation() -> None:
    rng = np.random.default_rng(6)
    x = rng.normal(-0.13, 0.145, (20_000, 12))
    t = x.mean(axis=1) / x.std(axis=1, ddof=1) * sqrt(12)
    assert challenge_power(12) == pytest.approx(float((np.abs(t) > 2.201).mean()), abs=0.01)


def test_a_contest_needs_many_dyads_and_sessions() -> None:
    assert rivals_power(60, 40) > rivals_power(60, 20) > rivals_power(40, 20) > rivals_power(57, 15)
    assert rivals_power(57, 15) <= 0.09
    assert rivals_power(60, 40, effect="weak") < 0.2
    assert all(row.question != "rivals" for row in PLANNING)
    # Crude turns are in the table with the warning only.
    assert all("no evidence" in row.note for row in PLANNING if row.question == "crude turns")
