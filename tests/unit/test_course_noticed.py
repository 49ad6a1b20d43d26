"""What the other partner noticed: ratings, marks, and what came after; against plain counting."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reattune.course_pipeline import CourseAnalysis, analyze_courses, read_courses
from reattune.courses import Course, Drop
from reattune.show.course_words import summarize_courses
from reattune.show.report.course_tables import patterns_table, recognition_tables

from .made_courses import made_courses

ONE = Drop(sd="fixed", fixed_sd=0.8)
OWN = Drop(sd="fixed", fixed_sd=0.8, k=1.0)


def with_marks(courses: list[Course]) -> list[Course]:
    rng = np.random.default_rng(3)
    return [
        Course(
            c.case,
            c.meetings,
            c.ratings,
            c.scale,
            {
                "partners": ["patient", "therapist"],
                "marks": {m: bool(rng.random() < 0.4) for m in c.meetings if m % 4},
            },
        )
        for c in courses
    ]


@pytest.fixture(scope="module")
def marked() -> CourseAnalysis:
    return analyze_courses(with_marks(made_courses(8)), [ONE], surrogates=0)


def plain_onsets(course: Course, rater: str) -> set[int]:
    """Meetings at which a rating lies 0.8 or more below the one before, naively followed."""
    rated = [
        (m, v) for m, v in zip(course.meetings, course.series("wai", rater), strict=True) if v == v
    ]
    found, at = set(), 1
    while at < len(rated):
        (_, before), (meeting, low) = rated[at - 1], rated[at]
        if before - low < 0.8 - 1e-12:
            at += 1
            continue
        found.add(meeting)
        back = [
            i
            for i in range(at + 1, len(rated))
            if rated[i][0] <= meeting + 3 and rated[i][1] >= low + 0.75 * (before - low) - 1e-12
        ]
        at = back[0] + 1 if back else at + 1
    return found


def test_cells_equal_a_plain_count(marked: CourseAnalysis) -> None:
    sources = {(row.other, row.source): row.found for row in marked.recognitions}
    assert set(sources) == {("therapist", "ratings"), ("therapist", "marks")}
    for (_, source), found in sources.items():
        cells = dict.fromkeys(("hit", "miss", "false_alarm", "correct_rejection"), 0)
        changes: list[float] = []
        for course in marked.courses:
            own, other = plain_onsets(course, "patient"), plain_onsets(course, "therapist")
            values = course.series("wai", "patient").tolist()
            rated = [m for m, v in zip(course.meetings, values, strict=True) if v == v]
            marks = course.meta["marks"]
            assert isinstance(marks, dict)
            for meeting in rated[1:]:
                if source == "marks" and meeting not in marks:
                    continue
                noticed = marks[meeting] if source == "marks" else meeting in other
                cell = {
                    (True, True): "hit",
                    (True, False): "miss",
                    (False, True): "false_alarm",
                    (False, False): "correct_rejection",
                }[meeting in own, noticed]
                cells[cell] += 1
                if cell == "miss" and meeting + 1 in rated:
                    changes.append(values[meeting] - values[meeting - 1])
        assert found.counts == cells
        assert cells["miss"] and cells["hit"]
        row = marked.recognition_frame().set_index("source").loc[source]
        assert row["change_after_miss"] == pytest.approx(float(np.mean(changes)))
        assert row["change_after_miss_n"] == len(changes)


def test_it_is_told_everywhere(marked: CourseAnalysis) -> None:
    text = "\n".join(summarize_courses(marked))
    assert "noticed by the therapist (ratings)" in text
    assert "noticed by the therapist (marks)" in text
    captions = [table.caption for table in recognition_tables(marked)]
    assert len(captions) == 4 and "the therapist marked" in captions[2]
    document = marked.to_dict()["recognition"]
    assert [row["source"] for row in document] == ["ratings", "marks"]  # type: ignore[union-attr]


def test_one_rater_without_marks_has_nobody_to_notice(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(
        "case,session,wai\n" + "".join(f"a,{m},{m % 4}\n" for m in range(1, 9)), "utf-8"
    )
    analysis = analyze_courses(read_courses(path), [ONE], surrogates=0)
    assert analysis.recognitions == ()
    assert recognition_tables(analysis) == []
    assert analysis.recognition_frame().empty
    assert patterns_table(analysis) is None


def test_oddities_are_said_in_the_summary(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    rows = [f"{case},{m},{55 if m == 3 else m % 4}" for case in "ab" for m in range(1, 9)]
    path.write_text("\n".join(["case,session,wai", *rows]), "utf-8")
    courses = read_courses(path, {"scale_range": [0, 7]})
    text = "\n".join(summarize_courses(analyze_courses(courses, [ONE], surrogates=0)))
    assert text.count("Check: ") == 1
    assert "outside 0 to 7 (first 55 at meeting 3); kept. So in 1 more." in text
