"""The meeting after: classes of meetings, change of the rating, and the test within cases."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.courses import Course
from reattune.segment_codes import Following, SegmentCriteria, find_coded_ruptures, follow_meetings
from reattune.segment_codes.following import classify_meeting
from reattune.segment_codes.ruptures import MeetingAnalysis

from .test_segment_codes_ruptures import meeting

QUIET = [1.0, 1, 1, 1, 1]
RESOLVED = [1.0, 3, 1, 1, 1]
OPEN = [1.0, 1, 1, 1, 3]
LONG = [1.0, 3, 3, 3, 1]
RULE = SegmentCriteria(within=2)


def coded(values: list[float], case: str, number: int) -> MeetingAnalysis:
    one = replace(meeting(values, name=f"{case}_{number}", dyad=case), number=number)
    return find_coded_ruptures(one, RULE)


def follow(
    plan: dict[str, list[list[float]]], ratings: dict[str, list[float]], n: int = 199
) -> Following:
    """Meetings of every case from 1 on, and its ratings."""
    found = [coded(v, case, at) for case, own in plan.items() for at, v in enumerate(own, 1)]
    courses = [
        Course(case, range(1, len(own) + 1), {("patient", "wai"): own})
        for case, own in ratings.items()
    ]
    return follow_meetings(found, courses, rng=np.random.default_rng(1), n=n)


def test_classes_of_meetings() -> None:
    kinds = [classify_meeting(coded(v, "c", 1)) for v in (QUIET, RESOLVED, LONG, OPEN)]
    assert kinds == ["none", "resolved", "unresolved", "open"]
    assert classify_meeting(coded([1, 3, 1, 1, 3], "c", 1)) == "open"
    assert classify_meeting(coded([1, 3, 3, 3, 1, 3], "c", 1)) == "unresolved"
    assert classify_meeting(coded([np.nan] * 3, "c", 1)) == ""
    # Already there when coding began: in no number of ruptures, but how it ended was seen.
    assert classify_meeting(coded([3, 1, 1], "c", 1)) == "resolved"


def test_change_to_the_next_meeting_by_hand() -> None:
    found = follow(
        {"a": [RESOLVED, QUIET, RESOLVED, QUIET], "b": [RESOLVED, QUIET, QUIET]},
        {"a": [4, 6, 5, 6, 6], "b": [5, 5.5, 5.5, np.nan]},
    )
    changes = {(m.case, m.meeting): m.change for m in found.meetings}
    assert changes == {("a", 1): 2, ("a", 2): -1, ("a", 3): 1, ("a", 4): 0,
                       ("b", 1): 0.5, ("b", 2): 0}  # fmt: skip
    means = {kind: (n, value) for kind, n, _, value, _, _ in found.by_class()}
    assert means["resolved"] == (3, pytest.approx(3.5 / 3))
    assert means["none"] == (3, pytest.approx(-1 / 3))
    contrast = found.contrasts[0]
    # a: 1.5 - (-.5) = 2 with weight 2*2/4 = 1; b: .5 - 0 with weight 1*1/2 = .5.
    assert contrast.difference == pytest.approx((2 * 1 + 0.5 * 0.5) / 1.5)
    assert (contrast.n_first, contrast.n_second, contrast.cases) == (3, 3, 2)
    assert found.left_out == ("1 lack this or the next rating",)


def test_a_straight_trend_drops_out() -> None:
    plan = {f"c{at}": [RESOLVED, QUIET, QUIET, RESOLVED, QUIET, QUIET] for at in range(6)}
    rng = np.random.default_rng(3)
    flat = {case: rng.normal(5, 0.5, 7).tolist() for case in plan}
    rising = {case: [v + 0.4 * at for at, v in enumerate(own)] for case, own in flat.items()}
    a, b = follow(plan, flat).contrasts[0], follow(plan, rising).contrasts[0]
    assert a.difference == pytest.approx(b.difference)
    assert a.p == b.p


def test_a_planted_rise_is_found_with_an_interval() -> None:
    rng = np.random.default_rng(5)
    plan, ratings = {}, {}
    for at in range(10):
        resolved = rng.random(12) < 0.4
        plan[f"c{at}"] = [RESOLVED if on else QUIET for on in resolved]
        level = 4 + np.concatenate([[0.0], np.cumsum(np.where(resolved, 0.5, -0.2))])
        ratings[f"c{at}"] = (level + rng.normal(0, 0.2, 13)).tolist()
    change, beyond = follow(plan, ratings).contrasts
    assert (change.outcome, beyond.outcome) == ("change", "beyond")
    assert change.low < 0.7 < change.high
    assert change.low > 0
    assert change.p <= 0.02 and beyond.p <= 0.02


def test_too_little_is_described_only() -> None:
    found = follow({"a": [RESOLVED, QUIET, QUIET]}, {"a": [4, 5, 5, 5]})
    (contrast, _) = found.contrasts
    assert contrast.refused == "R_CLASSES"
    assert isnan(contrast.p) and isnan(contrast.low)
    assert contrast.difference == 1
    found = follow({"a": [RESOLVED, QUIET] * 3}, {"a": [4, 5, 4.5, 5, 4, 5, 5]})
    assert found.contrasts[0].refused == "R_ARRANGEMENTS"
    many = {"a": [RESOLVED, QUIET] * 4}
    assert follow(many, {"a": [4.0, 5] * 4 + [4.5]}, n=0).contrasts[0].refused == "R_NONE"


def test_meetings_that_cannot_be_joined_are_told() -> None:
    found = [coded(QUIET, "a", 1), coded(QUIET, "stranger", 1)]
    found.append(find_coded_ruptures(replace(meeting(QUIET, name="x"), number=None)))
    courses = [Course("a", [1, 2], {("patient", "wai"): [5, 6]})]
    joined = follow_meetings(found, courses, rng=np.random.default_rng(1))
    assert len(joined.meetings) == 1
    assert joined.left_out == (
        "1 have no meeting number",
        "1 belong to a dyad without a course",
    )


def test_a_meeting_number_apart_is_not_the_next_meeting() -> None:
    courses = [Course("a", [1, 3], {("patient", "wai"): [5, 6]})]
    joined = follow_meetings([coded(QUIET, "a", 1)], courses, rng=np.random.default_rng(1))
    assert not joined.meetings


def test_wrong_input_is_named() -> None:
    rng = np.random.default_rng(1)
    course = Course("a", [1, 2], {("patient", "wai"): [5, 6]})
    with pytest.raises(SettingError, match="each meeting once"):
        follow_meetings([coded(QUIET, "a", 1)] * 2, [course], rng=rng)
    with pytest.raises(SettingError, match="series"):
        follow_meetings([coded(QUIET, "a", 1)], [course], series=("therapist", "wai"), rng=rng)
    with pytest.raises(SettingError, match="ratings"):
        follow_meetings([coded(QUIET, "a", 1)], [Course("a", [1], {})], rng=rng)


@pytest.mark.slow
@pytest.mark.parametrize("stay", [0.4, 0.75])
def test_false_positives_with_ratings_that_carry_over(stay: float) -> None:
    """Classes in runs, ratings with trend and carry-over, unrelated: at most .08 of 150 samples."""
    pools = {kind: coded(values, "x", 1) for kind, values in (("on", RESOLVED), ("off", QUIET))}
    rejected = {"change": 0, "beyond": 0}
    for seed in range(150):
        rng = np.random.default_rng([13, seed])
        found, courses = [], []
        for case in range(8):
            on, wobble, values = False, 0.0, []
            for at in range(15):
                wobble = 0.4 * wobble + rng.normal()
                values.append(5 + 0.1 * at + wobble)
            for at in range(14):
                on = rng.random() < (stay if on else 0.3)
                base = pools["on" if on else "off"]
                own = replace(base.meeting, id=f"{case}_{at}", dyad=f"{case}", number=at + 1)
                found.append(replace(base, meeting=own))
            courses.append(Course(f"{case}", range(1, 16), {("patient", "wai"): values}))
        joined = follow_meetings(found, courses, rng=rng, n=199)
        for contrast in joined.contrasts:
            rejected[contrast.outcome] += contrast.p <= 0.05
    assert rejected["change"] <= 12
    assert 2 <= rejected["beyond"] <= 13
