"""Comparing groups, numbers, phases and time: known answers, a slow twin, peers, invariances."""

from __future__ import annotations

import itertools
from math import exp, isnan, log, sqrt

import numpy as np
import pytest
from numpy.typing import NDArray

from reattune.comparison import Comparison, Record, Source, compare
from reattune.comparison.estimate import fit_groups, fit_number, solve_slopes
from reattune.comparison.latency import Followed, cumulative_hazard, fit_cox
from reattune.comparison.paired import fit_means_over, fit_pairs, fit_rates_over
from reattune.comparison.permute import (
    arrange_labels,
    count_arrangements,
    flip_signs,
    permute_groups,
    permute_number,
)
from reattune.comparison.result import Effect
from reattune.comparison.run import adjust
from reattune.core.errors import SettingError

FloatArray = NDArray[np.float64]
RATE = "repair_hazard_per_s"
SHARE = "matched_prop"

# Repairs in mismatched seconds, matched seconds of 100: three dyads in each group.
HAND = {
    "a": ("x", 4, 60, 30),
    "b": ("x", 6, 60, 40),
    "c": ("x", 5, 60, 35),
    "d": ("y", 9, 60, 60),
    "e": ("y", 12, 60, 55),
    "f": ("y", 9, 60, 65),
}


def hand_made(groups: dict[str, str] | None = None, order: str = "abcdef") -> Source:
    records = [
        Record.of(
            dyad, repairs=HAND[dyad][1], time_mismatched=HAND[dyad][2],
            matched=HAND[dyad][3], observed=100,
        )
        for dyad in order
    ]  # fmt: skip
    own = groups or {dyad: row[0] for dyad, row in HAND.items()}
    return Source.of(records, {dyad: {"group": own[dyad]} for dyad in order})


def study(
    sizes: tuple[int, int] = (8, 10), seed: int = 3, sessions: int = 3, cv: float = 0.5
) -> Source:
    """Dyads of one kind in two groups, unlike in speed and in how long they were seen."""
    rng = np.random.default_rng(seed)
    records, covariates = [], {}
    for at in range(sum(sizes)):
        speed = 0.2 * np.exp(rng.normal(0, cv))
        age = float(rng.normal(20, 4))
        for number in range(sessions):
            seen = float(rng.uniform(30, 120))
            session = f"d{at:02d}s{number}"
            records.append(
                Record.of(
                    f"d{at:02d}", session=session, part="play",
                    repairs=float(rng.poisson(speed * seen)), time_mismatched=seen,
                    expected_repairs=0.2 * seen * float(rng.uniform(0.8, 1.2)),
                    matched=seen * float(rng.beta(4, 4)), observed=2 * seen,
                    expected_matched=seen * 0.6,
                )
            )  # fmt: skip
            covariates[session] = {
                "group": "one" if at < sizes[0] else "two", "age": age, "visit": number,
            }  # fmt: skip
    return Source.of(records, covariates)


def arrays(source: Source) -> tuple[list[str], FloatArray, FloatArray]:
    """Dyads with their summed repairs and seconds, by plain addition."""
    sums: dict[str, list[float]] = {}
    for record in source.records:
        row = sums.setdefault(record.unit, [0.0, 0.0])
        row[0] += record.counts["repairs"]
        row[1] += record.counts["time_mismatched"]
    names = sorted(sums)
    return names, *(np.array([sums[n][i] for n in names]) for i in (0, 1))


# -- an answer known by hand -----------------------------------------------------------------------


def test_a_ratio_and_its_p_by_hand() -> None:
    effect = compare(hand_made(), "group", measures=[RATE]).effect(RATE)
    # 15 repairs in 180 s against 30 in 180 s; of the 20 ways to make such groups two (this and its
    # mirror image) put all slow dyads on one side.
    assert effect.value == pytest.approx(2.0, rel=1e-12)
    assert (effect.level, effect.reference) == ("y", "x")
    assert (effect.p, effect.arrangements, effect.exact) == (pytest.approx(2 / 20), 20, True)
    left = [log((15 - n) / 120) for n in (4, 6, 5)], [log((30 - n) / 120) for n in (9, 12, 9)]
    v = [2 / 3 * sum((value - sum(own) / 3) ** 2 for value in own) for own in left]
    df = sum(v) ** 2 / sum(part**2 / 2 for part in v)
    from scipy.stats import t

    half = float(t.ppf(0.975, df)) * sqrt(sum(v))
    assert effect.low == pytest.approx(2 * exp(-half), rel=1e-10)
    assert effect.high == pytest.approx(2 * exp(half), rel=1e-10)
    seen = float(t.ppf(0.975, df) + t.ppf(0.8, df)) * sqrt(sum(v))
    assert effect.seen_above == pytest.approx(exp(seen), rel=1e-10)
    assert effect.seen_below == pytest.approx(exp(-seen), rel=1e-10)


def test_shares_are_compared_as_means_by_welch() -> None:
    from scipy.stats import ttest_ind

    effect = compare(hand_made(), "group", measures=[SHARE]).effect(SHARE)
    peer = ttest_ind([0.6, 0.55, 0.65], [0.3, 0.4, 0.35], equal_var=False)
    assert effect.value == pytest.approx(0.25)
    assert effect.p_model == pytest.approx(peer.pvalue, rel=1e-9)
    interval = peer.confidence_interval()
    assert (effect.low, effect.high) == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert not effect.ratio


def test_sessions_of_a_dyad_are_pooled_and_never_counted_as_dyads() -> None:
    whole = study(sessions=3)
    names, y, x = arrays(whole)
    summed = Source.of(
        [
            Record.of(name, part="play", repairs=events, time_mismatched=seen)
            for name, events, seen in zip(names, y, x, strict=True)
        ],
        {name: {"group": whole.covariates[f"{name}s0"]["group"]} for name in names},
    )
    one, other = (compare(s, "group", measures=[RATE]).effect(RATE) for s in (whole, summed))
    assert one == other
    assert one.units == 18


# -- a slow twin -----------------------------------------------------------------------------------


def naive_t(y: list[float], x: list[float], labels: list[int]) -> float:
    """The studentised log ratio of two groups, in loops."""
    centres, spreads = [], []
    for group in (0, 1):
        own = [(a, b) for a, b, g in zip(y, x, labels, strict=True) if g == group]
        events, seconds = sum(a for a, _ in own), sum(b for _, b in own)
        squares = sum((a - events / seconds * b) ** 2 for a, b in own)
        centres.append(log(events / seconds))
        spreads.append(len(own) / (len(own) - 1) * squares / events**2)
    return (centres[1] - centres[0]) / sqrt(sum(spreads))


def naive_p(y: list[float], x: list[float], labels: list[int]) -> float:
    """Every way to choose who is in the second group, one after the other."""
    seen = abs(naive_t(y, x, labels))
    as_far = ways = 0
    for second in itertools.combinations(range(len(y)), sum(labels)):
        drawn = abs(naive_t(y, x, [int(i in second) for i in range(len(y))]))
        as_far += drawn >= seen - 1e-9
        ways += 1
    return as_far / ways


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pooled_ratio_and_permutation_agree_with_the_slow_twin(seed: int) -> None:
    source = study((4, 5), seed)
    names, y, x = arrays(source)
    labels = [int(i >= 4) for i in range(len(names))]
    effect = compare(source, "group", measures=[RATE]).effect(RATE)
    first, second = (
        [(a, b) for a, b, g in zip(y, x, labels, strict=True) if g == k] for k in (0, 1)
    )
    rates = [sum(a for a, _ in own) / sum(b for _, b in own) for own in (first, second)]
    assert effect.value == pytest.approx(rates[1] / rates[0], rel=1e-12)
    assert effect.p == pytest.approx(naive_p(y.tolist(), x.tolist(), labels), abs=1e-12)
    assert effect.exact


def test_random_permutations_come_close_to_all_of_them() -> None:
    source = study((5, 6), seed=8)
    _, y, x = arrays(source)
    labels = np.repeat([0, 1], [5, 6])
    every = permute_groups(y, x, labels, True, 10_000, np.random.default_rng(1))
    some = permute_groups(y, x, labels, True, 400, np.random.default_rng(1))
    assert every.exact and every.n == 462
    assert not some.exact and some.n == 400
    # Three binomial standard errors.
    assert some.p == pytest.approx(every.p, abs=3 * sqrt(every.p * (1 - every.p) / 400))


def test_all_arrangements_are_different_and_complete() -> None:
    rows, exact = arrange_labels(np.array([0, 0, 1, 1, 2]), 1000, np.random.default_rng(0))
    assert exact
    assert len({tuple(row) for row in rows.tolist()}) == count_arrangements([2, 2, 1]) == 30
    assert (np.sort(rows, axis=1) == [0, 0, 1, 1, 2]).all()


# -- peers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["group", "age"])
def test_rates_equal_a_generalised_linear_model_with_clusters(column: str) -> None:
    """Coefficients of sessions with an offset, and the sandwich the permutation studentises by."""
    import statsmodels.api as sm

    source = study((8, 10))
    raw = [source.covariates[r.session][column] for r in source.records]
    z = np.array([float(v == "two") if column == "group" else float(str(v)) for v in raw])
    y = np.array([r.counts["repairs"] for r in source.records])
    x = np.array([r.counts["time_mismatched"] for r in source.records])
    who = np.array([r.unit for r in source.records])
    peer = sm.GLM(y, sm.add_constant(z), family=sm.families.Poisson(), offset=np.log(x)).fit(
        cov_type="cluster", cov_kwds={"groups": np.unique(who, return_inverse=True)[1],
                                      "use_correction": False}, tol=1e-12,
    )  # fmt: skip
    _, sums, seconds = arrays(source)
    each = np.array([z[who == name][0] for name in np.unique(who)])
    ours = solve_slopes(sums, seconds, each, True)
    assert ours.slope[0] == pytest.approx(peer.params[1], rel=1e-8)
    assert ours.level[0] == pytest.approx(peer.params[0], rel=1e-8)
    assert ours.se[0] == pytest.approx(peer.bse[1], rel=1e-6)
    effect = compare(source, column, measures=[RATE]).effect(RATE)
    found = log(effect.value if column == "group" else effect.per_unit[0])
    assert found == pytest.approx(peer.params[1], rel=1e-8)


def test_means_on_a_number_equal_least_squares_with_robust_errors() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(4)
    z, v = rng.normal(size=15), rng.normal(size=15)
    peer = sm.OLS(v, sm.add_constant(z)).fit(cov_type="HC0")
    ours = solve_slopes(v, np.ones(15), z, False)
    assert ours.slope[0] == pytest.approx(peer.params[1], rel=1e-10)
    assert ours.se[0] == pytest.approx(peer.bse[1], rel=1e-10)
    fit, level, *_ = fit_number(v, np.ones(15), z, False)
    assert (fit.value, level, fit.df) == pytest.approx((peer.params[1], peer.params[0], 13))
    # Leaving out one at a time is a little wider than the sandwich, and of its size.
    assert peer.bse[1] < fit.se < 1.6 * peer.bse[1]


def test_paired_differences_equal_a_paired_t() -> None:
    from scipy.stats import ttest_rel

    rng = np.random.default_rng(5)
    first, second, ones = rng.random(9), rng.random(9), np.ones(9)
    fit, scores = fit_pairs((first, ones), (second, ones), False)
    assert fit.p == pytest.approx(ttest_rel(second, first).pvalue, rel=1e-10)
    found = flip_signs(scores, 1000, np.random.default_rng(1))
    flips = [
        abs(sum(s * d for s, d in zip(signs, second - first, strict=True)))
        for signs in itertools.product((1, -1), repeat=9)
    ]
    as_far = sum(value >= abs(sum(second - first)) - 1e-9 for value in flips)
    assert (found.p, found.n, found.exact) == (pytest.approx(as_far / 512), 512, True)


def test_paired_rates_solve_the_conditional_likelihood() -> None:
    y0, x0 = np.array([3.0, 5, 0, 8]), np.array([20.0, 30, 10, 40])
    y1, x1 = np.array([6.0, 4, 2, 12]), np.array([25.0, 20, 12, 40])
    fit, scores = fit_pairs((y0, x0), (y1, x1), True)
    expected = (y0 + y1) * x1 * exp(fit.value) / (x0 + x1 * exp(fit.value))
    assert float((y1 - expected).sum()) == pytest.approx(0, abs=1e-8)
    assert scores == pytest.approx(y1 - (y0 + y1) * x1 / (x0 + x1))
    other, mirrored = fit_pairs((y1, x1), (y0, x0), True)
    assert (other.value, other.se) == pytest.approx((-fit.value, fit.se), rel=1e-8)
    assert mirrored == pytest.approx(-scores)


def test_slopes_within_dyads_equal_dummies_for_every_dyad() -> None:
    import statsmodels.api as sm

    source = study((6, 6), seed=6, sessions=4)
    y = np.array([r.counts["repairs"] for r in source.records])
    x = np.array([r.counts["time_mismatched"] for r in source.records])
    who = [r.unit for r in source.records]
    time = np.array([float(r.session[-1]) for r in source.records]) / 3 - 0.5
    dummies = (np.array(who)[:, None] == np.unique(who)).astype(float)
    design = np.column_stack([time, dummies])
    peer = sm.GLM(y, design, family=sm.families.Poisson(), offset=np.log(x)).fit(tol=1e-12)
    fit, scores = fit_rates_over(y, x, time, who)
    assert fit.value == pytest.approx(peer.params[0], rel=1e-8)
    assert scores.size == 12
    effect = compare(source, "visit", measures=[RATE, "match_kappa"])
    assert effect.effect(RATE).value == pytest.approx(exp(peer.params[0]), rel=1e-8)
    values = np.array([0.2 * t + 0.1 * ord(w[-1]) for t, w in zip(time, who, strict=True)])
    assert fit_means_over(values, time, who)[0].value == pytest.approx(0.2)
    assert effect.effect("match_kappa").level == "end - start"


def followed(seed: int = 2, units: int = 10) -> Followed:
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(units), 12)
    z = (unit % 2).astype(np.float64)
    time = np.round(rng.exponential(4 * np.exp(0.5 * z)), 1) + 0.1
    return Followed(time, rng.random(time.size) < 0.85, unit, z)


def test_the_cox_ratio_is_that_of_lifelines_and_its_error_of_the_size_of_clustered_ones() -> None:
    import pandas as pd
    from lifelines import CoxPHFitter

    rows = followed()
    frame = pd.DataFrame(
        {"t": rows.time, "e": rows.repaired, "z": rows.z, "unit": rows.unit.astype(float)}
    )
    peer = CoxPHFitter().fit(frame, "t", "e", cluster_col="unit")
    assert fit_cox(rows, strata=False) == pytest.approx(peer.params_["z"], rel=1e-6)
    left = np.array(
        [fit_cox(rows.keep(np.delete(np.arange(10), i)), strata=False) for i in range(10)]
    )
    groups = np.arange(10) % 2
    v = sum(4 / 5 * ((left[groups == g] - left[groups == g].mean()) ** 2).sum() for g in (0, 1))
    assert 0.9 < sqrt(v) / peer.standard_errors_["z"] < 1.6


def test_log_rank_scores_equal_a_loop() -> None:
    rows = followed(7)
    seen = float((rows.z * (rows.repaired - cumulative_hazard(rows.time, rows.repaired))).sum())
    total = 0.0
    for at in sorted(set(rows.time[rows.repaired].tolist())):
        still = [i for i in range(rows.time.size) if rows.time[i] >= at]
        now = [i for i in still if rows.repaired[i] and rows.time[i] == at]
        share = sum(rows.z[i] == 1 for i in still) / len(still)
        total += sum(rows.z[i] == 1 for i in now) - len(now) * share
    assert seen == pytest.approx(total, abs=1e-9)


def test_adjusted_p_equal_holm() -> None:
    from statsmodels.stats.multitest import multipletests

    p = [0.01, 0.04, 0.03, 0.005, float("nan"), 0.8]
    rows, _ = adjust([Effect("", str(i), "b", "a", True, p=v) for i, v in enumerate(p)])
    peer = multipletests([v for v in p if v == v], method="holm")[1]
    assert [r.p_holm for r in rows if r.p == r.p] == pytest.approx(peer)
    assert isnan(rows[4].p_holm)


# -- what must not matter --------------------------------------------------------------------------


def same_bytes(comparison: Comparison) -> str:
    import json

    from reattune.show.export import to_csv

    return to_csv(comparison.to_frame()) + json.dumps(comparison.to_dict(), allow_nan=False)


def test_exchanging_the_groups_inverts_ratios_and_turns_differences() -> None:
    source = study((7, 12))
    there = compare(source, "group", measures=[RATE, SHARE])
    back = compare(source, "group", measures=[RATE, SHARE], reference="two")
    a, b = there.effect(RATE), back.effect(RATE)
    assert (b.value, b.low, b.high) == pytest.approx((1 / a.value, 1 / a.high, 1 / a.low))
    assert (a.p, a.p_holm) == pytest.approx((b.p, b.p_holm))
    c, d = there.effect(SHARE), back.effect(SHARE)
    assert (d.value, d.low, d.high) == pytest.approx((-c.value, -c.high, -c.low))
    assert c.p == d.p


def test_the_order_of_rows_and_the_names_of_groups_do_not_matter() -> None:
    source = study((7, 12))
    turned = Source.of(source.records[::-1], dict(reversed(source.covariates.items())))
    assert same_bytes(compare(source, "group")) == same_bytes(compare(turned, "group"))
    renamed = {
        session: {"group": {"one": "zz", "two": "aa"}[str(row["group"])]}
        for session, row in source.covariates.items()
    }
    effect = compare(source, "group", measures=[RATE]).effect(RATE)
    other = compare(Source.of(source.records, renamed), "group", measures=[RATE]).effect(RATE)
    assert other.value == pytest.approx(1 / effect.value)
    assert other.p == effect.p


def test_same_seed_same_bytes_and_another_seed_another_draw() -> None:
    source = study((8, 10))
    first = compare(source, "group", permutations=199)
    assert same_bytes(first) == same_bytes(compare(source, "group", permutations=199))
    other = compare(source, "group", permutations=199, seed=2)
    assert [e.p for e in first.effects] != [e.p for e in other.effects]
    assert [e.value for e in first.effects] == [e.value for e in other.effects]


def test_unobserved_dyads_and_units_of_time_change_no_ratio() -> None:
    source = study((8, 10))
    empty = Record.of("dxx", part="play", repairs=0, time_mismatched=0, matched=0, observed=0)
    more = Source.of((*source.records, empty), {**source.covariates, "dxx": {"group": "one"}})
    a, b = (compare(s, "group", measures=[RATE, SHARE]) for s in (source, more))
    assert a.effects == b.effects
    half = [
        Record.of(r.unit, session=r.session, part=r.part, repairs=r.counts["repairs"],
                  time_mismatched=r.counts["time_mismatched"] / 60)
        for r in source.records
    ]  # fmt: skip
    c = compare(Source.of(half, source.covariates), "group", measures=[RATE]).effect(RATE)
    assert c.value == pytest.approx(a.effect(RATE).value, rel=1e-12)
    assert c.p == a.effect(RATE).p


def test_a_group_without_any_event_has_no_ratio_but_a_p() -> None:
    records = [
        Record.of(f"d{i}", repairs=0 if i < 4 else 5 + i, time_mismatched=60) for i in range(8)
    ]
    groups = {f"d{i}": {"group": "none" if i < 4 else "some"} for i in range(8)}
    effect = compare(Source.of(records, groups), "group", measures=[RATE]).effect(RATE)
    assert effect.value == float("inf")
    assert isnan(effect.low) and "without any event" in effect.remark
    assert effect.p == pytest.approx(2 / 70)


def test_three_groups_stand_against_the_first_and_together() -> None:
    source = study((6, 12))
    third = {session: {"group": "abc"[int(session[1:3]) % 3]} for session in source.covariates}
    found = compare(Source.of(source.records, third), "group", measures=[RATE, SHARE])
    assert [(e.measure, e.level, e.reference) for e in found.effects] == [
        (RATE, "b", "a"), (RATE, "c", "a"), (SHARE, "b", "a"), (SHARE, "c", "a"),
    ]  # fmt: skip
    assert [(o.measure, o.units) for o in found.overall] == [(RATE, 18), (SHARE, 18)]
    assert found.tests == 4
    frame = found.to_frame()
    assert set(frame["row"]) == {"group", "beside", "effect", "overall"}


def test_numbers_give_slopes_per_sd_and_per_unit() -> None:
    source = study((8, 10))
    found = compare(source, "age", measures=[RATE, SHARE])
    effect = found.effect(RATE)
    assert effect.level == "per SD"
    assert log(effect.per_unit[0]) * found.step == pytest.approx(log(effect.value))
    ages = {s[:3]: float(str(row["age"])) for s, row in source.covariates.items()}
    assert found.step == pytest.approx(np.std(list(ages.values()), ddof=1))
    assert len(found.line) == 50
    assert all(p.low < p.value < p.high for p in found.line)
    z = np.array([1.0, 2, 3, 4, 5, 6])
    y, x = np.array([3.0, 4, 9, 8, 20, 21]), np.ones(6)
    every = permute_number(y, x, z, False, 1000, np.random.default_rng(1))
    assert every.exact and every.n == 720
    # Reversing the order of the numbers gives the steepest slope downwards, as far out.
    assert permute_number(y, x, z[::-1], False, 1000, np.random.default_rng(1)).p == every.p


def test_dyads_without_the_column_are_left_out_and_named() -> None:
    source = study((8, 10))
    some = {s: dict(row) for s, row in source.covariates.items()}
    for session in ("d03s0", "d03s1", "d03s2"):
        some[session]["group"] = None
    found = compare(Source.of(source.records, some), "group", measures=[RATE])
    assert found.sizes["one"] == (7, 21)
    (note,) = [n for n in found.notes if n.code == "no_covariate"]
    assert "d03s0" in note.message and note.count == 3


def test_groups_below_three_dyads_are_described_and_not_compared() -> None:
    groups = dict(zip("abcdef", "xxxxyy", strict=True))
    found = compare(hand_made(groups), "group", measures=[RATE])
    effect = found.effect(RATE)
    assert isnan(effect.value) and isnan(effect.p)
    assert effect.remark == "2 dyads in y; at least 3 are needed in each group"
    assert [g.level for g in found.groups if g.tested] == ["x", "y"]
    assert any(n.code == "few_units" for n in found.notes)


def test_few_dyads_are_warned_about_with_the_smallest_p_there_can_be() -> None:
    (note,) = [n for n in compare(hand_made(), "group").notes if n.code == "few_units"]
    assert "3 dyads in x, 3 dyads in y" in note.message
    assert "No p can be below 0.1." in note.message


@pytest.mark.parametrize(
    ("change", "by", "options", "sentence"),
    [
        ({"group": "x"}, "group", {}, "at least two groups; every dyad with a value has 'x'"),
        ({"group": None}, "group", {}, "every cell of it is empty"),
        ({"group": 1.5}, "group", {"kind": "number"}, "different numbers"),
        ({}, "gruop", {}, "Did you mean 'group'?"),
        ({}, "group", {"kind": "number"}, "numbers throughout 'group'"),
        ({}, "group", {"kind": "sort"}, "one of 'auto', 'category', 'number'"),
        ({}, "group", {"reference": "z"}, "one of the groups. There is 'x', 'y'"),
        ({}, "group", {"measures": ["matched_prob"]}, "Did you mean 'matched_prop'?"),
        ({}, "group", {"measures": ["depth_q50"]}, "cannot be compared between groups here"),
        ({}, "group", {"phases": ["play"]}, "There is 'all'."),
        ({}, "group", {"criteria": ["drop"]}, "criteria are of courses of ratings"),
        ({}, "group", {"on": "dyad"}, "a table to join as well"),
        ({}, "group", {"permutations": 10}, "at least 99"),
        ({}, "phase", {}, "two phases or more; there is all"),
    ],
)
def test_what_cannot_be_compared_says_why(
    change: dict[str, object], by: str, options: dict[str, object], sentence: str
) -> None:
    source = hand_made()
    rows = {s: {**row, **change} for s, row in source.covariates.items()}
    with pytest.raises(SettingError, match="is not allowed") as caught:
        compare(Source.of(source.records, rows), by, **options)  # type: ignore[arg-type]
    assert sentence in str(caught.value)


def test_forty_levels_ask_whether_it_is_a_number_or_a_name() -> None:
    records = [Record.of(f"d{i}", repairs=3, time_mismatched=60) for i in range(40)]
    numbers = {f"d{i}": {"score": i, "name": f"n{i}"} for i in range(40)}
    source = Source.of(records, numbers)
    with pytest.raises(SettingError, match="40 different values: is it a number"):
        compare(source, "score", kind="category")
    with pytest.raises(SettingError, match="40 different values: it tells dyads apart"):
        compare(source, "name")
    assert compare(source, "score", measures=[RATE]).column.kind == "number"


def test_a_group_that_changes_within_a_few_dyads_is_a_mistake_in_the_table() -> None:
    source = study((8, 10))
    rows = {s: dict(row) for s, row in source.covariates.items()}
    rows["d02s1"]["group"] = "two"
    with pytest.raises(SettingError, match="changes within d02 and in no other"):
        compare(Source.of(source.records, rows), "group")


def test_a_condition_within_dyads_compares_each_with_itself() -> None:
    source = study((8, 10))
    rows = {s: {"task": "free" if s.endswith("0") else "given"} for s in source.covariates}
    found = compare(Source.of(source.records, rows), "task", measures=[RATE, SHARE])
    assert found.column.within
    assert found.effect(RATE).units == 18
    assert "each dyad is compared with itself" in found.summary()


def test_empty_counts_and_unknown_counts_are_refused() -> None:
    with pytest.raises(SettingError, match="Did you mean 'repairs'"):
        Record.of("a", repaires=3)
    with pytest.raises(SettingError, match="a result with sessions"):
        compare(Source.of([], {}), "group")
    with pytest.raises(SettingError, match="an analysed study, or its folder"):
        compare(3, "group")  # type: ignore[arg-type]


# -- calibration -----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "second", "cv"), [(6, 6, 0.6), (4, 16, 0.6), (20, 20, 0.6), (10, 10, 1.0)]
)
def test_groups_of_one_truth_differ_in_one_of_twenty_studies(
    first: int, second: int, cv: float
) -> None:
    """Dyads differ in speed and length; sessions of a dyad share its speed. 600 studies."""
    rng = np.random.default_rng(20)
    labels = np.repeat([0, 1], [first, second])
    n, runs = first + second, 600
    found = np.zeros(4)
    for _ in range(runs):
        seen = rng.lognormal(3.5, 0.5, (n, 3)) * (rng.random((n, 3)) < 0.8)
        seen[:, 0] += 20
        y = rng.poisson(0.2 * rng.lognormal(-(cv**2) / 2, cv, (n, 1)) * seen).sum(axis=1) * 1.0
        x = seen.sum(axis=1)
        model = fit_groups((y[labels == 0], x[labels == 0]), (y[labels == 1], x[labels == 1]), True)
        number = rng.normal(size=n)
        found += [
            model.p < 0.05,
            permute_groups(y, x, labels, True, 199, rng).p <= 0.05,
            fit_number(y, x, number, True)[0].p < 0.05,
            permute_number(y, x, number, True, 199, rng).p <= 0.05,
        ]
    assert ((found / runs > 0.02) & (found / runs < 0.08)).all(), found / runs


@pytest.mark.slow
def test_the_plain_sandwich_would_not_have_held() -> None:
    """Why limits leave out one dyad at a time: 4 against 16 dyads, sandwich with G - 2."""
    from scipy.special import stdtr

    rng = np.random.default_rng(21)
    z = np.repeat([0.0, 1.0], [4, 16])
    runs, found = 600, 0
    for _ in range(runs):
        x = rng.lognormal(3.5, 0.5, 20)
        y = rng.poisson(0.2 * rng.lognormal(-0.18, 0.6, 20) * x) * 1.0
        slopes = solve_slopes(y, x, z, True)
        t = abs(float(slopes.slope[0] / slopes.se[0])) / sqrt(20 / 18)
        found += 2 * float(stdtr(18, -t)) < 0.05
    assert found / runs > 0.1


@pytest.mark.slow
@pytest.mark.parametrize("dyads", [7, 12])
def test_sides_of_one_truth_differ_in_one_of_twenty_studies(dyads: int) -> None:
    rng = np.random.default_rng(22)
    runs, found = 500, np.zeros(2)
    for _ in range(runs):
        own = rng.lognormal(0, 0.7, dyads)

        def side(own: FloatArray = own) -> tuple[FloatArray, FloatArray]:
            x = rng.lognormal(3.5, 0.4, dyads)
            return rng.poisson(0.2 * own * rng.lognormal(0, 0.3, dyads) * x) * 1.0, x

        fit, scores = fit_pairs(side(), side(), True)
        found += [fit.p < 0.05, flip_signs(scores, 999, rng).p <= 0.05]
    assert ((found / runs > 0.02) & (found / runs < 0.08)).all(), found / runs
