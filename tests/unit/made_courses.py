"""Small made-up courses for tests: ratings by a patient and a therapist."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from reattune.courses import Course

# Flat, one deep drop at meeting 5, back at 6.
V = [5.0, 5.1, 5.0, 5.1, 2.0, 5.1, 5.0, 5.1, 5.0, 5.1]


def made_courses(cases: int, meetings: int = 12, seed: int = 5) -> list[Course]:
    """Noisy courses on a scale from 1 to 7, with a meeting missing in every second case."""
    courses = []
    for at in range(cases):
        rng = np.random.default_rng([seed, at])
        own = np.clip(5 + 0.05 * np.arange(meetings) + rng.normal(0, 0.6, meetings), 1, 7).round(2)
        other = np.clip(own + rng.normal(0, 0.4, meetings), 1, 7).round(2)
        if at % 2:
            own[3] = np.nan
        series = {("patient", "wai"): own, ("therapist", "wai"): other}
        courses.append(Course(f"c{at}", range(1, meetings + 1), series, (1, 7)))
    return courses


def write_table(path: Path, courses: list[Course]) -> Path:
    """The courses as a long table: case, session, rater, wai."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["case", "session", "rater", "wai"])
        for course in courses:
            for (rater, _), values in course.ratings.items():
                for meeting, value in zip(course.meetings, values.tolist(), strict=True):
                    if value == value:
                        writer.writerow([course.case, meeting, rater, value])
    return path
