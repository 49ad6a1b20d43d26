"""Recognition of ruptures, discrepancy, and descriptions of ruptures."""

from __future__ import annotations

import json
from math import isnan, nan, sqrt
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.core.errors import MissingStreamError, SettingError
from reattune.course_tests.descriptions import (
    compare_sizes,
    count_overshoot,
    describe_trait_state,
    split_variance,
)
from reattune.course_tests.recognition import find_d_prime, find_discrepancy, find_recognition
from reattune.courses import Course, Drop

ONE = Drop(sd="fixed", fixed_sd=1.0)


def make_course(case: str, patient: list[float], therapist: list[float] | None = None) -> Course:
    ratings = {("patient", "wai"): patient}
    if therapist is not None:
        ratings["therapist", "wai"] = therapist
    return Course(case, range(1, len(patient) + 1), ratings)


@given(*[st.integers(0, 40)] * 4)
@settings(max_examples=80, deadline=None, derandomize=True)
def test_d_prime_is_that_of_the_formula(a: int, b: int, c: int, d: int) -> None:
    value, low, high = find_d_prime(a, b, c, d)
    if a + b == 0 or c + d == 0:
        assert isnan(value)
        return
    normal = NormalDist()
    h, f = (a + 0.5) / (a + b + 1), (c + 0.5) / (c + d + 1)
    zh, zf = normal.inv_cdf(h), normal.inv_cdf(f)
    assert value == pytest.approx(zh - zf, abs=1e-9)
    error = sqrt(
        h * (1 - h) / ((a + b) * normal.pdf(zh) ** 2)
        + f * (1 - f) / ((c + d) * normal.pdf(zf) ** 2)
    )
    assert high - low == pytest.approx(2 * 1.959963984540054 * error, rel=1e-9)


def test_guessing_has_no_sensitivity() -> None:
    value, low, high = find_d_prime(5, 5, 10, 10)
    assert value == 0
    assert low == -high


def test_marks_by_hand() -> None:
    course = make_course("1", [5.0, 3.5, 5.0, 5.1, 3.6, 5.1, nan, 5.0])
    marks = {"1": {1: True, 2: True, 3: False, 4: True, 5: False, 6: False, 7: True}}
    found = find_recognition(
        [course], ONE, scale="wai", rater="patient", other="therapist", marks=marks
    )
    # Meeting 1 has no drop to notice, 7 no rating, 8 no mark.
    assert found.counts == {"hit": 1, "miss": 1, "false_alarm": 1, "correct_rejection": 2}
    frame = found.to_frame()
    assert frame.meeting.tolist() == [2, 3, 4, 5, 6]
    np.testing.assert_allclose(frame.next_change, [1.5, 0.1, -1.5, 1.5, nan])
    table = found.next_changes().set_index("cell")
    assert table.loc["hit_minus_miss", "change"] == pytest.approx(0)
    assert isnan(table.loc["hit", "low"])
    assert found.rates()["hit_rate"][0] == 0.5
    assert "1 of 2 meetings with a rupture" in found.summary()
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["counts"]["hit"] == 1


def test_ratings_of_the_other_stand_for_marks() -> None:
    course = make_course("1", [5.0, 3.5, 5.0, 5.1, 3.6, 5.1], [6.0, 4.5, 6.0, 6.0, 6.0, 4.0])
    found = find_recognition([course], ONE, scale="wai", rater="patient", other="therapist")
    assert found.counts == {"hit": 1, "miss": 1, "false_alarm": 1, "correct_rejection": 2}
    assert "ratings of the therapist" in found.how
    with pytest.raises(MissingStreamError, match="observer"):
        find_recognition([course], ONE, scale="wai", rater="patient", other="observer")


def test_next_changes_have_limits_from_five_cases_on() -> None:
    courses = [make_course(str(i), [5.0, 3.5, 4.0 + 0.1 * i, 5.0, 3.4, 3.5, 5.2]) for i in range(6)]
    marks = {str(i): {2: True, 5: False} for i in range(6)}
    found = find_recognition(
        courses, ONE, scale="wai", rater="patient", other="therapist", marks=marks
    )
    table = found.next_changes().set_index("cell")
    rises = [0.5 + 0.1 * i for i in range(6)]
    assert table.loc["hit", "change"] == pytest.approx(np.mean(rises))
    # One value per case: leaving out one at a time is the t interval of the mean.
    half = 2.570581835636314 * np.std(rises, ddof=1) / sqrt(6)
    assert table.loc["hit", "high"] - table.loc["hit", "change"] == pytest.approx(half)
    assert table.loc["hit_minus_miss", "change"] == pytest.approx(np.mean(rises) - 0.1)


def test_nothing_to_notice_gives_no_d_prime() -> None:
    course = make_course("1", [5.0, 5.1, 5.0], [5.0, 5.1, 5.2])
    found = find_recognition([course], ONE, scale="wai", rater="patient", other="therapist")
    assert isnan(found.sensitivity()[0])
    assert "needs both kinds" in found.summary()
    with pytest.raises(SettingError, match="twice"):
        find_recognition([course] * 2, ONE, scale="wai", rater="patient", other="therapist")


def test_discrepancy_by_hand() -> None:
    courses = [
        make_course("1", [5.0, 4.0, nan, 6.0], [6.0, 5.0, 5.0, 6.0]),
        make_course("2", [3.0], [2.0]),
        make_course("3", [nan, 4.0], [4.0, nan]),
    ]
    table = find_discrepancy(courses, scale="wai", rater="patient", other="therapist")
    assert table.n.tolist() == [3, 1, 0, 4]
    np.testing.assert_allclose(table.difference, [2 / 3, -1, nan, 0.25])
    np.testing.assert_allclose(table.other_higher, [1, 0, nan, 2 / 3])
    assert table.r[0] == pytest.approx(np.corrcoef([5, 4, 6], [6, 5, 6])[0, 1])
    assert isnan(table.low.iloc[-1])


# -- descriptions -----------------------------------------------------------------------------


def test_trait_and_state_sum_to_the_rating() -> None:
    table = describe_trait_state({"1": [1.0, nan, 3.0], "2": [nan]})
    assert table.meeting.tolist() == [1, 3]
    assert table.trait.tolist() == [2.0, 2.0]
    np.testing.assert_allclose(table.trait + table.state, table.rating)


def test_variance_by_hand() -> None:
    # Two cases of two: means 2 and 6, each with SD sqrt(2). MSB 16, MSW 2: (16 - 2) / (16 + 2).
    found = split_variance({"1": [1.0, 3.0], "2": [5.0, 7.0]})
    assert found["within_sd"] == pytest.approx(sqrt(2))
    assert found["between_sd"] == pytest.approx(sqrt(8))
    assert found["trait_share"] == pytest.approx(14 / 18)
    assert isnan(split_variance({"1": [1.0]})["trait_share"])
    assert isnan(split_variance({})["within_sd"])


def test_overshoot_by_hand() -> None:
    sample = {"1": [5.0, 3.0, 5.5, 5.5, 4.0, 5.3], "2": [5.0, 3.0, 5.0, 5.0], "3": [5.0, 3.0]}
    found = count_overshoot(sample, ONE)
    assert (found["repaired"], found["above"]) == (3, 1)
    assert found["low"] < found["share"] < found["high"]
    assert count_overshoot(sample, ONE, by=0.5)["above"] == 0
    assert isnan(count_overshoot({"1": [5.0] * 4}, ONE)["share"])


def test_sizes_by_hand() -> None:
    sample = {
        "1": [5.0, 4.0, 5.0, 5.0, 2.0, 2.0, 2.0, 2.0],
        "2": [6.0, 3.0, 6.0, 6.0, 4.9, 5.0, 5.0, 5.0],
    }
    table = compare_sizes(sample, ONE, [2.0])
    assert table.ruptures.tolist() == [2, 2]
    assert table.repaired.tolist() == [1, 1]
    assert table.unrepaired.tolist() == [1, 1]
    assert table.repaired_share.tolist() == [0.5, 0.5]
    assert table.ruptures.sum() == compare_sizes(sample, ONE, [1.0, 2.5], unit="sd").ruptures.sum()
    for edges, unit in (([2.0, 1.0], "points"), ([0.0], "points"), ([0.5], "scale")):
        with pytest.raises(SettingError):
            compare_sizes(sample, ONE, edges, unit=unit)  # type: ignore[arg-type]
