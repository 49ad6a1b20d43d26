"""Criteria side by side: states, classes, kappa, shapes."""

from __future__ import annotations

from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.core.errors import DataWarning, SettingError
from reattune.course_tests import chance
from reattune.course_tests.compare import cohen_kappa, compare_criteria, find_states
from reattune.courses import Decline, Drop

ONE = Drop(sd="fixed", fixed_sd=1.0)
SLOW = Decline(sd="fixed", fixed_sd=1.0)
COURSES = {
    "steady": [5.0, 5.2, 5.1, 5.0, 5.3, 5.2, 5.1],
    "v": [5.0, 5.2, 3.8, 5.2, 5.3, 5.2, 5.4],
    "slow": [5.0, 4.6, 4.2, 3.8, 5.1, 5.2, 5.1],
    "open": [5.0, 5.2, 5.1, 5.0, 5.3, 5.2, 3.5],
    "short": [5.0, 3.0],
}


def naive_kappa(a: list[str], b: list[str]) -> float:
    """From the table of pairs, row by row."""
    labels = sorted(set(a) | set(b))
    table = [[0] * len(labels) for _ in labels]
    for x, y in zip(a, b, strict=True):
        table[labels.index(x)][labels.index(y)] += 1
    n = len(a)
    seen = sum(table[i][i] for i in range(len(labels))) / n
    chance_seen = sum(
        sum(table[i]) / n * sum(row[i] for row in table) / n for i in range(len(labels))
    )
    return nan if abs(1 - chance_seen) < 1e-12 else (seen - chance_seen) / (1 - chance_seen)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=30))
@settings(max_examples=80, deadline=None, derandomize=True)
def test_kappa_is_that_of_the_table(pairs: list[tuple[str, str]]) -> None:
    a, b = [x for x, _ in pairs], [y for _, y in pairs]
    _, kappa = cohen_kappa(a, b)
    np.testing.assert_allclose(kappa, naive_kappa(a, b), atol=1e-12)


def test_kappa_of_nothing_and_of_one_label() -> None:
    assert all(isnan(value) for value in cohen_kappa([], []))
    equal, kappa = cohen_kappa(["x"] * 3, ["x"] * 3)
    assert equal == 1
    assert isnan(kappa)


def test_states_by_hand() -> None:
    ratings = [5.0, 3.0, 3.2, 5.0, 3.0, 3.0, 3.0, 3.0, 4.0, 2.0]
    states = find_states(ONE(ratings), list(range(1, 11)))
    # Meetings 2-3 low, back at 4; 5-8 the window that passed; 10 cut off.
    letters = "".join({"none": ".", "rupture": "r", "repaired": "R"}[s] for s in states)
    assert letters == ".rrRrrrr.r"


def test_states_skip_meetings_nobody_rated() -> None:
    ratings = [5.0, nan, 3.0, nan, 5.0, 5.0]
    events = ONE(ratings)
    assert find_states(events, [1, 3, 5, 6]) == ["none", "rupture", "repaired", "none"]


def test_strip_agreement_and_classes() -> None:
    found = compare_criteria(COURSES, {"V": ONE, "D": SLOW})
    assert found.classes()["V"] == {
        "steady": "none",
        "v": "repaired",
        "slow": "none",
        "open": "censored",
        "short": "censored",
    }
    assert found.classes()["D"]["slow"] == "repaired"
    strip = found.strip()
    assert len(strip) == 2 * (4 * 7 + 2)
    slow = strip[(strip.case == "slow") & (strip.criterion == "D")].state.tolist()
    assert slow == ["none", "rupture", "rupture", "rupture", "repaired", "none", "none"]
    agreement = found.agreement().set_index("unit")
    assert agreement.loc["case", "n"] == 5
    assert agreement.loc["case", "agreement"] == pytest.approx(4 / 5)
    assert agreement.loc["meeting", "agreement"] == pytest.approx(25 / 30)
    # V: 2 none, 1 repaired, 2 censored; D: 1 none, 2 repaired, 2 censored.
    assert agreement.loc["case", "kappa"] == pytest.approx((0.8 - 8 / 25) / (1 - 8 / 25))


def test_a_criterion_agrees_with_itself() -> None:
    agreement = compare_criteria(COURSES, {"a": ONE, "b": ONE}).agreement()
    assert (agreement.kappa == 1).all()


def test_cases_without_enough_ratings_are_left_out_of_both() -> None:
    found = compare_criteria(COURSES, {"V": ONE, "own": Drop(sd="own")})
    assert "short" not in found.events["own"]
    assert found.agreement().set_index("unit").loc["case", "n"] == 4


def test_three_classes_claim_something_and_say_so() -> None:
    with pytest.warns(DataWarning, match="V 2"):
        found = compare_criteria(COURSES, {"V": ONE}, censored_as="unrepaired")
    assert found.classes()["V"]["open"] == "unrepaired"
    with pytest.raises(SettingError, match="censored_as"):
        found.class_counts({})


def test_classes_stand_beside_chance_only() -> None:
    found = compare_criteria(COURSES, {"V": ONE})
    test = chance.test_courses(COURSES, ONE, rng=1, n=19)
    table = found.class_counts({"V": test})
    first = table[table.null == "trend_ar1"].set_index("case_class")
    classes = list(found.classes()["V"].values())
    for kind in ("none", "repaired", "unrepaired", "censored"):
        assert first.loc[kind, "cases"] == classes.count(kind)
    assert len(table) == 8
    with pytest.raises(SettingError, match="chance"):
        found.class_counts({})
    with pytest.raises(SettingError, match="chance"):
        compare_criteria(COURSES, {"V": SLOW}).class_counts({"V": test})


def test_patterns_are_counted() -> None:
    table = compare_criteria(COURSES, {"V": ONE, "D": SLOW}).patterns()
    assert set(table.criterion) == {"D"}
    assert dict(zip(table.pattern, table["count"], strict=True)) == {
        "V": 1,
        "open": 2,
        "slow-fall/sudden-rise": 1,
    }
    assert table.share.sum() == pytest.approx(1)


def test_no_criterion_is_no_comparison() -> None:
    with pytest.raises(SettingError, match="criteria"):
        compare_criteria(COURSES, {})
