"""Measures of tallies: undefined ones, pooled ones, intervals."""

from __future__ import annotations

from dataclasses import replace
from math import isnan, log

import numpy as np
import pytest

from reattune.core.criteria import Criteria
from reattune.core.errors import SettingError
from reattune.measures import Tally, compute_measures, compute_pooled, make_tally, pool_tallies
from reattune.repair import find_ruptures
from reattune.rules import Contact, StateMatch

from .test_find_ruptures import RANKED, attune
from .test_rules import dyad, events


def tally(child: str, adult: str, *, rule=RANKED, criteria=None, tick_s: float = 1.0) -> Tally:
    attunement = attune(child, adult, rule=rule, tick_s=tick_s)
    ruptures = find_ruptures(attunement, criteria)
    return make_tally(attunement, ruptures, find_ruptures(attunement))


def values(*args: str, **options: object) -> dict[str, float]:
    return {k: v.value for k, v in compute_measures(tally(*args, **options)).items()}


def test_a_session_by_hand() -> None:
    got = compute_measures(tally("pp00ppnnpp", "pppppppppp"))
    value = {name: v.value for name, v in got.items()}
    assert (value["observed_s"], value["matched_s"], value["mismatched_s"]) == (10, 6, 4)
    assert value["matched_prop"] == value["expected_prop"] == 0.6
    assert value["match_kappa"] == 0
    assert value["repair_hazard_per_s"] == 2 / 4
    assert value["rupture_hazard_per_s"] == 2 / 6
    assert value["repairs_per_min"] == value["ruptures_per_min"] == 12
    assert value["seconds_per_repair"] == 2
    assert value["match_duration_s"] == 3
    assert value["depth_q50"] == 0.75
    assert value["repair_latency_q50_s"] == value["mismatch_duration_q50_s"] == 2
    assert value["repaired_within_1s"] == 0
    assert value["repaired_within_3s"] == 1
    assert value["opened_by_child_prop"] == value["change_share_child"] == 1
    assert value["negative_match_prop"] == 0
    assert got["repair_hazard_per_s"].n == 2
    # Each change of the child meets the adult's only state: exactly as many repairs as happen.
    assert value["expected_repair_hazard_per_s"] == pytest.approx(0.5)
    assert (value["repair_ratio"], value["excess_repairs"]) == pytest.approx((1, 0))
    low, high = got["seconds_per_repair"][1:3]
    hazard = got["repair_hazard_per_s"]
    assert (low, high) == pytest.approx((1 / hazard.high, 1 / hazard.low))


def test_nothing_observed_is_undefined_and_never_zero() -> None:
    got = compute_measures(tally("----", "pppp"))
    for name, value in got.items():
        if name.startswith("n_") or name in ("observed_s", "matched_s", "mismatched_s"):
            assert value.value == 0, name
        else:
            assert isnan(value.value), name
            assert isnan(value.low), name
            assert isnan(value.high), name
    for name in (
        "repair_hazard_per_s",
        "opened_by_child_prop",
        "repair_latency_q50_s",
        "depth_q50",
    ):
        assert got[name].n == 0


def test_without_a_repair_the_hazard_is_zero_with_an_upper_limit() -> None:
    got = compute_measures(tally("pp00000000", "pppppppppp"))
    assert got["repair_hazard_per_s"][:3] == (0, 0, pytest.approx(-log(0.05) / 8))
    assert isnan(got["seconds_per_repair"].value)
    assert got["seconds_per_repair"].low == pytest.approx(8 / -log(0.05))
    assert isnan(got["repair_latency_q25_s"].value)
    assert got["repaired_within_5s"].value == 0
    assert isnan(got["repaired_within_10s"].value)
    assert (got["n_ruptures"].value, got["n_censored"].value) == (1, 1)


def test_always_matched_leaves_nothing_to_repair() -> None:
    for child in ("pppp", "0000"):
        value = values(child, child, rule=StateMatch("affect"))
        assert (value["matched_prop"], value["expected_prop"]) == (1, 1)
        assert isnan(value["match_kappa"])
        assert isnan(value["repair_hazard_per_s"])
        assert isnan(value["repair_ratio"])
        assert value["rupture_hazard_per_s"] == 0


def test_a_rule_about_one_partner_expects_nothing() -> None:
    session = dyad(events("adult", [(4, 5), (9, 12)], "voice"))
    attunement = Contact("voice", 2, partners="adult")(session)
    value = compute_measures(make_tally(attunement, find_ruptures(attunement)))
    for name in ("expected_prop", "match_kappa", "expected_repair_hazard_per_s", "excess_repairs"):
        assert isnan(value[name].value), name


def test_criteria_change_exposure_but_not_the_matched_share() -> None:
    text = ("ppp0ppp000pp", "pppppppppppp")
    plain, strict = values(*text), values(*text, criteria=Criteria(min_rupture_s=2))
    assert (plain["n_ruptures"], strict["n_ruptures"]) == (2, 1)
    assert plain["matched_prop"] == strict["matched_prop"] == 8 / 12
    assert strict["repair_hazard_per_s"] == 1 / 3
    assert strict["match_duration_s"] == 9
    # The length of a mismatch is taken before any criteria.
    assert plain["mismatch_duration_q50_s"] == strict["mismatch_duration_q50_s"] == 1


def test_the_length_before_criteria_is_undefined_without_them() -> None:
    attunement = attune("ppp0ppp000pp", "pppppppppppp")
    strict = find_ruptures(attunement, Criteria(min_rupture_s=2))
    got = compute_measures(make_tally(attunement, strict))["mismatch_duration_q50_s"]
    assert isnan(got.value)
    assert got.n == 0


# -- pooling ---------------------------------------------------------------------------------------

PARTS = (("pp00pp0npp", "pppppp0ppp"), ("00pppp000p", "pppp0ppppp"), ("p0p0p0pp00", "pppppppppn"))


def test_pooling_sums_events_and_exposure() -> None:
    parts = [tally(*texts) for texts in PARTS]
    pooled = compute_measures(pool_tallies(parts))
    events_, exposure = sum(p.n_repairs for p in parts), sum(p.mismatched_s for p in parts)
    assert pooled["repair_hazard_per_s"].value == events_ / exposure
    assert pooled["observed_s"].value == 30
    expected = sum(p.expected_matched_s for p in parts) / 30
    assert pooled["expected_prop"].value == pytest.approx(expected)
    lengths = sorted(np.concatenate([p.durations for p in parts]))
    assert pool_tallies(parts).durations.size == len(lengths)
    one = compute_measures(parts[0])
    again = compute_measures(pool_tallies(parts[:1]))
    assert all(np.array_equal(one[k], again[k], equal_nan=True) for k in one)


def test_order_does_not_matter_in_a_pool() -> None:
    parts = [tally(*texts) for texts in PARTS]
    one, two = (compute_measures(pool_tallies(p)) for p in (parts, parts[::-1]))
    for name, value in one.items():
        assert value == pytest.approx(two[name], nan_ok=True), name


def test_an_empty_session_changes_nothing_in_a_pool() -> None:
    parts = [tally(*texts) for texts in PARTS]
    for silent in (tally("----------", "pppppppppp"), tally("----------", "----------")):
        one, two = (compute_measures(pool_tallies(p)) for p in (parts, [*parts, silent]))
        for name, value in one.items():
            assert value == pytest.approx(two[name], nan_ok=True), name


def test_an_always_matched_session_does_not_blind_a_pool() -> None:
    parts = [tally(*texts, rule=StateMatch("affect")) for texts in PARTS]
    calm = tally("pppppppppp", "pppppppppp", rule=StateMatch("affect"))
    pooled = compute_measures(pool_tallies([*parts, calm]))
    for name in ("expected_prop", "match_kappa", "repair_ratio", "excess_repairs"):
        assert not isnan(pooled[name].value), name
    expected = (sum(p.expected_matched_s for p in parts) + 10) / 40
    assert pooled["expected_prop"].value == pytest.approx(expected)
    # No negative state occurs in the calm session: it adds none, and its time counts.
    assert isnan(calm.negative_s)
    sad = sum(p.negative_s for p in parts if not isnan(p.negative_s))
    assert pooled["negative_match_prop"].value == sad / 40


def test_pools_of_nothing_or_of_different_partners_are_refused() -> None:
    with pytest.raises(SettingError, match="tallies"):
        pool_tallies([])
    with pytest.raises(SettingError, match="tallies"):
        compute_pooled([])
    one = tally(*PARTS[0])
    with pytest.raises(SettingError, match="the same partners"):
        pool_tallies([one, replace(one, partners=("adult", "child"))])


# -- intervals over sessions -----------------------------------------------------------------------


def many(n: int, seed: int = 1) -> list[Tally]:
    rng = np.random.default_rng(seed)
    letters = np.array(list("pp0n"))
    return [
        tally(*("".join(np.repeat(rng.choice(letters, 20), 3)) for _ in range(2))) for _ in range(n)
    ]


def test_below_five_sessions_the_limits_are_those_of_one_recording() -> None:
    parts = many(4)
    got, how = compute_pooled(parts)
    assert how == "as for one recording"
    plain = compute_measures(pool_tallies(parts))
    assert got["repair_hazard_per_s"] == plain["repair_hazard_per_s"]


def test_from_five_sessions_on_it_is_the_jackknife() -> None:
    from scipy.stats import t

    parts = many(6)
    got, how = compute_pooled(parts)
    assert how == "jackknife over sessions"
    assert compute_pooled(parts, "dyads")[1] == "jackknife over dyads"
    # The jackknife as in the textbook, from pseudo-values on the log scale.
    events_ = np.array([p.n_repairs for p in parts])
    exposure = np.array([p.mismatched_s for p in parts])
    full = log(events_.sum() / exposure.sum())
    left = np.log((events_.sum() - events_) / (exposure.sum() - exposure))
    pseudo = 6 * full - 5 * left
    half = t.ppf(0.975, 5) * pseudo.std(ddof=1) / np.sqrt(6)
    hazard = got["repair_hazard_per_s"]
    assert np.log(hazard[:3]) == pytest.approx([full, full - half, full + half])
    assert hazard.n == events_.sum()
    # Quantiles keep their own limits.
    plain = compute_measures(pool_tallies(parts))
    assert got["repair_latency_q50_s"] == plain["repair_latency_q50_s"]


def test_the_limits_of_a_total_are_those_of_a_sum() -> None:
    from scipy.stats import t

    parts = many(7)
    excess = np.array([p.n_repairs - p.expected_repairs for p in parts])
    half = t.ppf(0.975, 6) * excess.std(ddof=1) * np.sqrt(7)
    got = compute_pooled(parts)[0]["excess_repairs"]
    assert (got.low, got.high) == pytest.approx((excess.sum() - half, excess.sum() + half))


def test_shares_stay_between_nothing_and_all() -> None:
    for seed in range(6):
        for name, value in compute_pooled(many(5, seed))[0].items():
            if name.endswith("_prop") or name.startswith(("repaired_within", "change_share")):
                assert not value.low < 0, name
                assert not value.high > 1, name


def test_where_nothing_happened_the_limits_of_the_recording_stand() -> None:
    never = [tally("pp00000000", "pppppppppp")] * 5
    got, _ = compute_pooled(never)
    plain = compute_measures(pool_tallies(never))
    assert got["repair_hazard_per_s"] == plain["repair_hazard_per_s"]
    assert got["seconds_per_repair"].low == plain["seconds_per_repair"].low
    # Five ruptures, none opened by both: the share is 0, but not for certain.
    assert got["opened_by_both_prop"] == plain["opened_by_both_prop"]
    assert got["opened_by_both_prop"].high > 0.4


def test_one_session_with_all_the_repairs_leaves_no_limits() -> None:
    parts = [tally("pp00000000", "pppppppppp")] * 4 + [tally("pp0pp0ppp0", "pppppppppp")]
    hazard = compute_pooled(parts)[0]["repair_hazard_per_s"]
    assert hazard.value == pytest.approx(2 / 35)
    assert isnan(hazard.low)
    assert isnan(hazard.high)
    assert hazard.n == 2
