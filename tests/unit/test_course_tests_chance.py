"""Surrogates of courses and the chance test: counts, words, properties, failures."""

from __future__ import annotations

import json
from math import inf, isnan, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.core.errors import SettingError
from reattune.course_tests import chance
from reattune.course_tests.chance import two_sided_p
from reattune.course_tests.surrogates import (
    Case,
    draw_permutation,
    draw_surrogates,
    draw_trend_ar1,
    estimate_phi,
    fit_trend,
    list_cases,
    noise_sd,
    simulate_noise,
)
from reattune.course_tests.tally import (
    case_statistics,
    legacy_median,
    median_latency,
    tally_events,
)
from reattune.courses import Course, Decline, Drop, PersonCentred
from reattune.measures.survival import fit_survival

ONE = Drop(sd="fixed", fixed_sd=1.0)
QUICK = settings(max_examples=50, deadline=None, derandomize=True)


def make_courses(seed: int = 0, cases: int = 6, meetings: int = 12) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    noise = simulate_noise(cases, meetings, phi=0.3, rng=rng)
    return {str(i + 1): 5 + 0.05 * np.arange(meetings) + row for i, row in enumerate(noise)}


# -- surrogates -------------------------------------------------------------------------------


def test_trend_surrogates_keep_line_size_and_holes_of_the_case() -> None:
    case = Case("1", [5.0, 4.2, 5.6, 5.1, 6.0, 5.2, 6.3], [1, 2, 3, 6, 7, 8, 12])
    drawn = draw_trend_ar1(case, 0.4, 50, np.random.default_rng(1))
    assert drawn.shape == (50, 7)
    own = fit_trend(case.ratings, case.meetings)
    for series in drawn:
        fit = fit_trend(series, case.meetings)
        np.testing.assert_allclose(fit.fitted, own.fitted, atol=1e-9)
        assert fit.residuals @ fit.residuals == pytest.approx(own.residuals @ own.residuals)
        assert np.std(series) == pytest.approx(np.std(case.ratings))
    assert np.ptp(drawn, axis=0).min() > 0.1
    assert np.polyfit(case.meetings, case.ratings, 1)[0] == pytest.approx(
        (own.fitted[-1] - own.fitted[0]) / 11
    )


def test_trend_surrogates_carry_over_as_asked() -> None:
    case = Case(
        "1", simulate_noise(1, 200, rng=np.random.default_rng(3))[0].tolist(), list(range(200))
    )
    for phi in (-0.4, 0.0, 0.6):
        drawn = draw_trend_ar1(case, phi, 100, np.random.default_rng(2))
        left = np.array([fit_trend(row, case.meetings).residuals for row in drawn])
        plain = (left[:, 1:] * left[:, :-1]).sum(axis=1) / (left**2).sum(axis=1)
        assert plain.mean() == pytest.approx(phi, abs=0.03)


def test_noise_sd_knows_what_the_line_took() -> None:
    rng = np.random.default_rng(4)
    found = [
        noise_sd(Case("1", row.tolist(), list(range(10))), 0.5) ** 2
        for row in simulate_noise(3000, 10, phi=0.5, rng=rng)
    ]
    assert np.mean(found) == pytest.approx(1, abs=0.06)


def test_shuffled_ratings_are_the_same_ratings() -> None:
    case = Case("9", [3.0, 1.0, 2.0, 5.0], [1, 2, 3, 4])
    drawn = draw_permutation(case, 30, np.random.default_rng(0))
    assert (np.sort(drawn, axis=1) == [1, 2, 3, 5]).all()
    assert len({tuple(row) for row in drawn}) > 5


def test_clipped_surrogates_stay_on_the_scale() -> None:
    case = Case("1", [6.9, 7.0, 6.2, 7.0, 6.8, 7.0], list(range(6)), (1.0, 7.0))
    assert draw_surrogates(case, "trend_ar1", 99, seed=1, phi=0.0).max() > 7
    assert draw_surrogates(case, "trend_ar1", 99, seed=1, phi=0.0, clip=True).max() == 7
    with pytest.raises(SettingError, match="scale"):
        draw_surrogates(Case("1", [1.0, 2.0, 1.0], [1, 2, 3]), "trend_ar1", 9, seed=1, clip=True)


def test_two_ratings_or_a_straight_line_leave_nothing_to_draw() -> None:
    for ratings in ([], [4.0], [4.0, 5.0], [1.0, 2.0, 3.0, 4.0], [4.0] * 8):
        case = Case("1", list(ratings), list(range(len(ratings))))
        drawn = draw_trend_ar1(case, 0.3, 3, np.random.default_rng(0))
        np.testing.assert_array_equal(drawn, np.tile(ratings, (3, 1)))
    assert isnan(estimate_phi([Case("1", [4.0] * 8, list(range(8)))]))
    assert isnan(noise_sd(Case("1", [4.0, 5.0], [1, 2]), 0.0))


# -- counts -----------------------------------------------------------------------------------


def test_counts_by_hand() -> None:
    # Drop to 3, back after two meetings; drop at the end, cut off; never repaired in the middle.
    ratings = [5.0, 3.0, 3.2, 5.0, 3.0, 3.0, 3.0, 3.0, 4.0, 2.0]
    events = ONE(ratings)
    tally = tally_events([events, []], list(range(1, 11)), ONE)
    rows = case_statistics(tally)
    assert [rows[k][0] for k in ("ruptures", "repaired", "unrepaired", "censored")] == [3, 1, 1, 1]
    assert rows["repaired_share"][0] == pytest.approx(1 / 3)
    assert rows["mean_drop"][0] == pytest.approx(2.0)
    assert tally.follows[0] == [(2.0, True), (3.0, False), (0.0, False)]
    assert rows["median_latency"][0] == 2.0
    assert rows["ruptures"][1] == 0
    assert isnan(rows["repaired_share"][1])
    assert isnan(rows["median_latency"][1])


def test_signals_at_the_first_rating_are_counted_apart() -> None:
    criterion = PersonCentred(k=1.0)
    sample = {"1": [1.0, 5.0, 5.1, 5.0, 5.2, 5.1, 5.0], "2": [5.0, 5.1, 5.0, 1.0, 5.2, 5.1, 5.0]}
    test = chance.test_courses(sample, criterion, rng=1, n=19)
    assert test["signals_at_start"].observed == 1
    assert test["ruptures"].observed == 1
    assert test.cases[0]["ruptures"].observed == 0
    assert "at a first rating" in test.summary()


@given(
    st.lists(
        st.tuples(st.integers(0, 6).map(float), st.booleans()).filter(
            lambda f: f[0] > 0 or not f[1]
        ),
        min_size=1,
        max_size=15,
    )
)
@QUICK
def test_the_quick_median_is_that_of_kaplan_and_meier(follows: list[tuple[float, bool]]) -> None:
    times, repaired = zip(*follows, strict=True)
    whole = fit_survival(np.array(times), np.array(repaired)).quantile(0.5)[0]
    quick = median_latency(follows)
    assert quick == whole or (isnan(whole) and quick == inf)


def test_medians_without_a_repair() -> None:
    assert isnan(median_latency([]))
    assert median_latency([(3.0, False)]) == inf
    assert isnan(legacy_median([(3.0, False)]))


# -- p ----------------------------------------------------------------------------------------


def test_p_by_hand() -> None:
    null = np.array([1.0, 2.0, 3.0, 4.0])
    assert two_sided_p(9.0, null) == pytest.approx(0.4)
    assert two_sided_p(2.0, null) == 1.0
    assert two_sided_p(0.0, np.zeros(0)) == 1.0


# -- the test itself --------------------------------------------------------------------------


def test_every_view_tells_the_same() -> None:
    test = chance.test_courses(make_courses(), Drop(), rng=3, n=49)
    frame = test.to_frame()
    one = frame[(frame.level == "sample") & (frame.null == "trend_ar1")].set_index("statistic")
    assert one.loc["ruptures", "observed"] == test["ruptures"].observed
    assert set(frame.null) == {"trend_ar1", "permutation"}
    assert frame[frame.level == "case"].case.nunique() == 6
    told = json.loads(json.dumps(test.to_dict(), allow_nan=False))
    assert told["n"] == 49
    assert told["criterion"]["type"] == "Drop"
    assert "Shuffled ratings give" in str(test)
    assert (
        "trend and wobble"
        not in chance.test_courses(
            make_courses(), Drop(), rng=3, n=19, null="permutation", beside=None
        ).summary()
    )
    with pytest.raises(KeyError, match="ruptures"):
        test["nonsense"]


def test_sample_counts_are_sums_of_case_counts() -> None:
    test = chance.test_courses(make_courses(), Drop(), rng=3, n=49)
    for name in ("ruptures", "repaired", "unrepaired", "censored"):
        assert test[name].observed == sum(case[name].observed for case in test.cases)
        assert test[name].null_mean == pytest.approx(
            sum(case[name].null_mean for case in test.cases)
        )
    kinds = ("none", "repaired", "unrepaired", "censored")
    assert sum(test[f"cases_{kind}"].observed for kind in kinds) == 6
    assert sum(test[f"cases_{kind}"].null_mean for kind in kinds) == pytest.approx(6)


@pytest.mark.parametrize("null", ["trend_ar1", "permutation"])
def test_order_of_cases_and_a_constant_change_nothing(null: chance.Null) -> None:
    courses = make_courses()
    turned = dict(reversed(courses.items()))
    moved = {case: ratings + 3 for case, ratings in courses.items()}
    first, second, third = (
        chance.test_courses(c, Decline(), rng=3, n=29, null=null, beside=None)
        for c in (courses, turned, moved)
    )
    for a, b, c in zip(first.statistics, second.statistics, third.statistics, strict=True):
        for name in ("observed", "null_mean", "null_low", "null_high", "p"):
            values = [getattr(row, name) for row in (a, b, c)]
            np.testing.assert_allclose(values[1:], values[0], rtol=1e-9)


def test_equal_seeds_give_equal_results_and_other_seeds_do_not() -> None:
    courses = make_courses()
    one, again, other = (
        chance.test_courses(courses, Drop(), rng=seed, n=29, beside=None).to_dict()
        for seed in (1, 1, 2)
    )
    assert one == again
    assert one["statistics"] != other["statistics"]
    drawn = chance.test_courses(courses, Drop(), rng=np.random.default_rng(5), n=9)
    assert drawn.seed == int(np.random.default_rng(5).integers(2**32))


def test_courses_and_mappings_are_one() -> None:
    courses = make_courses(cases=3)
    listed = [
        Course(case, range(1, 13), {("patient", "wai"): values}) for case, values in courses.items()
    ]
    a = chance.test_courses(courses, Drop(), rng=1, n=19)
    assert a.to_dict() == chance.test_courses(listed, Drop(), rng=1, n=19).to_dict()


# -- failures ---------------------------------------------------------------------------------


def test_constant_single_and_empty_courses() -> None:
    holes = [5.0, 4.0] + [nan] * 10 + [5.5, 4.0, 5.6, 5.2, 5.0, 4.0]
    sample = {"1": [5.0] * 9, "2": [4.0], "3": [nan, nan], "4": holes}
    test = chance.test_courses(sample, Drop(sd="own"), rng=1, n=19)
    assert test.cases[0]["ruptures"].observed == 0
    assert test.cases[0]["ruptures"].p == 1
    assert test.cases[1].refused == "1 ratings, at least 6 are needed"
    assert isnan(test.cases[1]["ruptures"].observed)
    assert test.cases[3].n_ratings == 8
    assert test.cases[3]["ruptures"].observed > 0
    assert [note.code for note in test.notes] == ["too_few_ratings"]
    assert test.notes[0].count == 2


def test_no_case_at_all() -> None:
    test = chance.test_courses({"1": [4.0]}, Drop(sd="own"), rng=1, n=9)
    assert test.summary().startswith("No case has enough ratings")
    assert all(row.refused for row in test.statistics)
    json.dumps(test.to_dict(), allow_nan=False)


def test_undefined_figures_have_no_p() -> None:
    flat = {"1": [5.0, 5.1, 5.0, 5.1, 5.0, 5.1, 5.0], "2": [4.0, 4.1, 4.0, 4.1, 4.0, 4.1, 4.2]}
    test = chance.test_courses(flat, ONE, rng=1, n=19)
    assert test["ruptures"].p == 1
    for name in ("repaired_share", "median_latency", "mean_drop"):
        assert isnan(test[name].p)
        assert test[name].refused == "undefined in these ratings"


def test_strong_carry_over_refuses_the_size_of_drops() -> None:
    test = chance.test_courses(make_courses(), Drop(), rng=1, n=19, phi=0.7)
    assert "carry-over" in test["mean_drop"].refused
    assert not test["ruptures"].refused


def test_few_ratings_are_told() -> None:
    sample = {**make_courses(cases=3), "x": [5.0, 4.0, 5.0]}
    test = chance.test_courses(sample, ONE, rng=1, n=9)
    assert "surrogates_fixed" in [note.code for note in test.notes]


def test_settings_that_are_not_allowed() -> None:
    courses = make_courses(cases=2)
    same = [Course("1", [1, 2], {("a", "b"): [1.0, 2.0]})] * 2
    for given_courses, options, message in (
        (courses, {"null": "phase"}, "null"),
        (courses, {"n": 0}, "n = 0"),
        (courses, {"rng": -1}, "rng"),
        (courses, {"phi": 1.0}, "phi"),
        (same, {}, "twice"),
    ):
        with pytest.raises(SettingError, match=message):
            chance.test_courses(given_courses, Drop(), **{"rng": 1, "n": 9, **options})  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="infinity"):
        list_cases({"1": [1.0, inf]})
