"""Growth from rated courses: outcomes, the pooled record beside noise, and little more."""

from __future__ import annotations

import csv
from math import isnan
from pathlib import Path

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.courses import Course, Decline, Drop, sample_constants
from reattune.growth import Outcomes
from reattune.growth_pipeline.courses import CourseGrowth, describe_course_growth, judge_event
from reattune.show.growth_course_words import say_course_growth


def describe(courses: list[Course], criterion: Drop | Decline, **options: object) -> CourseGrowth:
    constants = sample_constants(courses)
    events = {course.case: criterion(course, constants) for course in courses}
    return describe_course_growth(courses, events, criterion, constants=constants, **options)


def make(case: str, ratings: list[float]) -> Course:
    return Course(case, range(1, len(ratings) + 1), {("patient", "wai"): ratings})


NAN = float("nan")
FIXED = Drop(sd="fixed", fixed_sd=1.0)
BACK_AT_ONCE = [5.0, 5.0, 3.0, 5.0, 5.0, 5.0, 5.0]
BACK_AFTER_THREE = [5.0, 5.0, 3.0, 3.0, 3.0, 5.0, 5.0]
NEVER = [5.0, 5.0, 3.0, 3.0, 3.0, 3.0, 3.0]
CUT_OFF = [5.0, 5.0, 5.0, 5.0, 5.0, 3.0, 3.0]


@pytest.mark.parametrize(
    ("ratings", "by_window"),
    [
        (BACK_AT_ONCE, {1: (1, 0, 0), 2: (1, 0, 0), 3: (1, 0, 0)}),
        (BACK_AFTER_THREE, {1: (0, 1, 0), 2: (0, 1, 0), 3: (1, 0, 0)}),
        (NEVER, {1: (0, 1, 0), 2: (0, 1, 0), 3: (0, 1, 0), 5: (0, 0, 1)}),
        # Watched for one meeting after the drop: open after one, not known after three.
        (CUT_OFF, {1: (0, 1, 0), 2: (0, 0, 1), 3: (0, 0, 1)}),
    ],
)
def test_outcomes_by_hand(ratings: list[float], by_window: dict[int, tuple[int, int, int]]) -> None:
    course = make("a", ratings)
    (event,) = FIXED(course)
    for window, expected in by_window.items():
        assert judge_event(event, course.meetings, window) == Outcomes(*expected), window


def test_the_sample_is_counted_and_nobody_below_five_has_a_number() -> None:
    courses = [
        make("a", BACK_AT_ONCE),
        make("b", BACK_AFTER_THREE),
        make("c", NEVER),
        make("d", CUT_OFF),
        make("e", [5.0] * 7),
        make("f", [5.0, 3.0] * 6),
    ]
    found = describe(courses, FIXED, surrogates=0)
    assert found.chance is None
    assert found.known == {"none": 2, "one_or_two": 3, "three_or_four": 0, "five": 1}
    assert found.outcomes == Outcomes(7, 1, 2)
    assert found.cases["a"].refused and not found.cases["f"].refused
    assert set(found.cases) == {"a", "b", "c", "d", "f"}
    assert found.adds.refused
    # The outcome stands at the meeting where it became known, and not before.
    assert [o.hits for o in found.cases["b"].outcomes] == [0, 0, 0, 0, 0, 1, 0]
    assert [o.misses for o in found.cases["c"].outcomes] == [0, 0, 0, 0, 0, 1, 0]
    said = " ".join(say_course_growth(found))
    assert "No comparison with chance" in said and "five or more" in said


def test_a_sample_without_outcomes_says_so() -> None:
    found = describe([make("a", [5.0, NAN, 5.0, 5.1])], FIXED, surrogates=0)
    assert found.outcomes == Outcomes() and isnan(found.overshoot["share"])
    assert say_course_growth(found) == [
        "No rupture with a known outcome was seen: nothing can be said of expected repair."
    ]


def test_the_same_seed_gives_the_same_null_whatever_the_order() -> None:
    rng = np.random.default_rng(2)
    courses = [make(str(i), list(rng.normal(5, 0.6, 14).round(2))) for i in range(8)]
    one = describe(courses, Drop(), surrogates=20, seed=4, phi=0.2)
    two = describe(courses[::-1], Drop(), surrogates=20, seed=4, phi=0.2)
    other = describe(courses, Drop(), surrogates=20, seed=5, phi=0.2)
    assert one.chance == two.chance and one.pooled == two.pooled
    assert one.chance != other.chance
    assert one.chance is not None and one.chance.low < one.pooled.value < one.chance.high


def test_draws_are_a_number() -> None:
    with pytest.raises(SettingError, match="surrogates"):
        describe([make("a", BACK_AT_ONCE)], FIXED, surrogates=-1)


def test_the_57_real_patients_give_the_reference_figures(shared: Path) -> None:
    ratings: dict[str, list[float]] = {}
    with (shared / "wai_sessions_flueckiger" / "wai_bai_long.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            items = [
                float(text)
                for name, text in row.items()
                if name.startswith(("task", "goal", "bond")) and text not in ("", "NA")
            ]
            mean = sum(items) / len(items) if len(items) >= 7 else NAN
            ratings.setdefault(row["patient"], []).append(mean)
    found = describe([make(case, values) for case, values in ratings.items()], Drop(), phi=0.3)
    assert found.outcomes == Outcomes(37, 22, 13)
    assert [round(v, 2) for v in found.pooled[:3]] == [0.62, 0.52, 0.72]
    assert found.known == {"none": 23, "one_or_two": 30, "three_or_four": 4, "five": 0}
    assert all(case.refused for case in found.cases.values())
    # Printed: .65 (.57 to .75) for alliance-like noise around each patient's own trend.
    assert found.chance is not None
    assert abs(found.chance.value - 0.65) < 0.03
    assert abs(found.chance.low - 0.57) < 0.04 and abs(found.chance.high - 0.75) < 0.04
    # No evidence that outcomes add to earlier ratings, with either size of drop.
    assert not found.adds.adds and abs(found.adds.gain.t) < 1
    said = " ".join(say_course_growth(found))
    assert "37 of 59" in said and ".62 (.52 to .72)" in said
