"""The shuffled null on real courses, beside an independent count."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from reattune.course_tests import chance
from reattune.courses import Course, Criterion, Decline, Drop, SampleConstants, sample_constants

CRITERIA: dict[str, Criterion] = {
    "V_k1_meanSD_rho75_W3": Drop(k=1.0),
    "V_k2_meanSD_rho75_W3": Drop(k=2.0),
    "V_k1_meanSD_return25_W3": Drop(k=1.0, repair="return", tau=0.25),
    # The reference compares ratings exactly, without a tolerance for ties.
    "DECL_k1_maxSD_rho75": Decline(k=1.0, tie=0.0),
    "DECL_k2_maxSD_rho75": Decline(k=2.0, tie=0.0),
}
NAMES = {
    "episodes": "ruptures",
    "repaired": "repaired",
    "unrepaired": "unrepaired",
    "censored": "censored",
    "repaired_share": "repaired_share",
    "median_latency": "legacy_median_latency",
}
SEED = 20240511


def read_courses(shared: Path) -> list[Course]:
    """All 57 patients: mean of at least 7 of 9 items per occasion."""
    ratings: dict[str, list[float]] = {}
    with (shared / "wai_sessions_flueckiger" / "wai_bai_long.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            items = [
                float(text)
                for name, text in row.items()
                if name.startswith(("task", "goal", "bond")) and text not in ("", "NA")
            ]
            mean = sum(items) / len(items) if len(items) >= 7 else float("nan")
            ratings.setdefault(row["patient"], []).append(mean)
    return [
        Course(case, range(1, len(values) + 1), {("patient", "wai"): values})
        for case, values in ratings.items()
    ]


@pytest.fixture(scope="module")
def sample(shared: Path) -> tuple[list[Course], SampleConstants]:
    courses = read_courses(shared)
    return courses, sample_constants(courses)


@pytest.mark.parametrize("name", list(CRITERIA))
def test_shuffled_ratings_give_the_reference_null(
    shared: Path, sample: tuple[list[Course], SampleConstants], name: str
) -> None:
    courses, constants = sample
    first = [course for course in courses if int(course.case) <= 30]
    test = chance.test_courses(
        first, CRITERIA[name], rng=SEED, null="permutation", beside=None, constants=constants
    )
    with (shared / "reference" / "wai_sessions" / "permutation_null.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["criterion"] == name]
    assert len(rows) == len(NAMES)
    for row in rows:
        mine = test[NAMES[row["statistic"]]]
        assert mine.observed == pytest.approx(float(row["observed"]), rel=1e-9), row
        assert mine.null_mean == pytest.approx(float(row["null_mean"]), rel=1e-9), row
        assert mine.null_low == pytest.approx(float(row["null_low"]), rel=1e-9), row
        assert mine.null_high == pytest.approx(float(row["null_high"]), rel=1e-9), row
        assert mine.p == pytest.approx(float(row["p"]), abs=1e-12), row


def test_both_nulls_beside_the_whole_sample(
    sample: tuple[list[Course], SampleConstants],
) -> None:
    courses, _ = sample
    steps: list[tuple[int, int, str]] = []
    test = chance.test_courses(
        courses, Drop(), rng=1, n=199, on_progress=lambda *step: steps.append(step)
    )
    assert test["ruptures"].observed == 72
    assert [step[0] for step in steps] == list(range(1, 115))
    assert {step[1] for step in steps} == {114}
    beside = test.beside
    assert beside is not None
    assert 120 < beside["ruptures"].null_mean < 133
    # What follows each patient's own trend and wobble lies much nearer than shuffled ratings.
    assert 72 < test["ruptures"].null_mean < 100
    assert 0.1 < test.phi < 0.45
    told = test.summary()
    assert "72 ruptures in 35 of 57 cases" in told
    assert "trend and wobble" in told
    assert "which only says that ratings change smoothly" in told
