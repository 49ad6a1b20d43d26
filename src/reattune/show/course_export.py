"""Results of courses as files and as a document: events, cases, statistics, settings, report."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reattune.core.study import Progress
from reattune.course_pipeline import CourseAnalysis
from reattune.results import SCHEMA
from reattune.show.course_words import summarize_courses
from reattune.show.document import json_safe
from reattune.show.export import safe_name, to_csv, write_together

if TYPE_CHECKING:
    import pandas as pd


def write_courses(
    analysis: CourseAnalysis,
    out_dir: str | Path,
    *,
    report: bool = True,
    on_progress: Progress | None = None,
) -> list[Path]:
    """Write a result's files into a folder and return their paths.

    ``report.html``, ``events.csv`` (one row per rupture and criterion), ``courses_wide.csv`` with
    ``codebook.csv`` (one row per case), ``measures.csv`` (every statistic of the sample and of each
    case beside both nulls), ``agreement.csv`` (kappa of every two criteria), ``recognition.csv``
    (what a second rater or marks noticed, where there are such) and ``settings.json``.
    All are made first and then take their names; equal results give equal bytes.

    Parameters
    ----------
    analysis : CourseAnalysis
    out_dir : path-like
        Made when it does not exist.
    report : bool, default True
    on_progress : callable(done, total, what), optional
        Told while the report's pictures are drawn.
    """
    texts: dict[str, str] = {}
    if report:
        from reattune.show.report.courses import render_course_report

        texts["report.html"] = render_course_report(analysis, on_progress)
    texts["events.csv"] = to_csv(_plain(analysis.events_frame()))
    wide, codebook = make_courses_wide(analysis)
    texts["courses_wide.csv"] = to_csv(wide)
    texts["codebook.csv"] = to_csv(codebook)
    texts["measures.csv"] = to_csv(measures_frame(analysis))
    if len(analysis.results) > 1:
        texts["agreement.csv"] = to_csv(analysis.agreement_frame())
    if analysis.recognitions:
        texts["recognition.csv"] = to_csv(analysis.recognition_frame())
    settings = {"schema": SCHEMA, **json_safe(analysis.settings)}
    texts["settings.json"] = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
    return write_together(Path(out_dir), texts)


def measures_frame(analysis: CourseAnalysis) -> pd.DataFrame:
    """Every statistic beside both nulls; without surrogates, counts alone."""
    import pandas as pd

    frame = analysis.to_frame()
    if len(frame):
        frame.insert(0, "study", analysis.name)
        return frame
    rows = []
    for result in analysis.results:
        groups = [("sample", "", result.entered)] + [
            ("case", case, [e for e in events if e.entered])
            for case, events in result.events.items()
            if case not in result.not_applied
        ]
        for level, case, events in groups:
            for name in ("repaired", "unrepaired", "censored"):
                n = sum(event.status == name for event in events)
                rows.append((analysis.name, result.name, level, case, name, n))
            rows.append((analysis.name, result.name, level, case, "ruptures", len(events)))
    columns = ["study", "criterion", "level", "case", "statistic", "observed"]
    return pd.DataFrame(rows, columns=columns)


def make_courses_wide(analysis: CourseAnalysis) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per case with names any statistics program takes, and their codebook.

    Returns
    -------
    wide : DataFrame
        case, covariates of the file, ratings given, mean, SD, then class and counts per criterion.
    codebook : DataFrame
        name, label, criterion: one row per column of ``wide``.
    """
    import numpy as np
    import pandas as pd

    classes = {result.name: result.classes() for result in analysis.results}
    covariates = _covariates(analysis)
    names: dict[str, str] = {}
    book: list[tuple[str, str, str]] = []

    def column(plain: str, label: str, criterion: str = "") -> str:
        key = f"{plain}|{criterion}"
        if key not in names:
            full = f"{plain} {criterion}" if criterion else plain
            names[key] = safe_name(full, names.values())
            book.append((names[key], label, criterion))
        return names[key]

    rows = []
    for course in analysis.judged:
        values = course.only()
        seen = values[np.isfinite(values)]
        row: dict[str, Any] = {column("case", "case"): course.case}
        for name in covariates:
            row[column(name, f"{name}, as in the file")] = course.meta.get(name, "")
        row[column("n_meetings", "meetings")] = len(course)
        row[column("n_ratings", "ratings given")] = seen.size
        row[column("mean", "mean rating")] = float(seen.mean()) if seen.size else math.nan
        row[column("sd", "own SD of the ratings")] = (
            float(seen.std(ddof=1)) if seen.size > 1 else math.nan
        )
        for result in analysis.results:
            told = result.name
            events = [e for e in result.events[course.case] if e.entered]
            row[column("class", "class of the case", told)] = classes[told].get(course.case, "")
            applies = course.case not in result.not_applied
            for status in ("ruptures", "repaired", "unrepaired", "censored"):
                n = sum(status in ("ruptures", event.status) for event in events)
                row[column(f"n_{status}", f"number: {status}", told)] = n if applies else math.nan
        rows.append(row)
    wide = pd.DataFrame(rows, columns=list(names.values()))
    return wide, pd.DataFrame(book, columns=["name", "label", "criterion"])


def _covariates(analysis: CourseAnalysis) -> list[str]:
    """Columns of the file that tell cases apart: plain values that are no provenance."""
    own = ("format", "source", "sha256", "clock_origin_s")
    found: dict[str, None] = {}
    for course in analysis.judged:
        for name, value in course.meta.items():
            if name not in own and isinstance(value, str | int | float):
                found[name] = None
    return list(found)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Whole numbers that may be missing as plain objects, so that cells come out empty."""
    import pandas as pd

    out = frame.copy()
    for name in out.columns:
        if str(out[name].dtype) == "Int64":
            cells = [None if pd.isna(v) else int(v) for v in out[name]]
            out[name] = pd.Series(cells, dtype=object, index=out.index)
    return out


def courses_to_dict(analysis: CourseAnalysis) -> dict[str, object]:
    """A JSON-safe document: sample, criteria with events and chance, notes, settings."""
    constants = analysis.constants
    return {
        "schema": SCHEMA,
        "kind": "courses",
        "study": analysis.name,
        "summary": [line for line in summarize_courses(analysis) if line],
        "sample": json_safe(
            {
                "cases": constants.cases,
                "ratings": constants.ratings,
                "mean_sd": constants.mean_sd,
                "pooled_sd": constants.pooled_sd,
                "between_sd": constants.between_sd,
                "missing_prop": analysis.missing_prop,
                "ceiling_prop": analysis.ceiling_prop,
                "carry_over": analysis.phi,
            }
        ),
        "criteria": [
            {
                "name": result.name,
                "preset": result.criterion.preset,
                "approximation": result.criterion.approximation,
                "in_words": result.criterion.describe(),
                "events": {
                    case: [event.to_dict() for event in events]
                    for case, events in result.events.items()
                    if events
                },
                "classes": result.classes(),
                "not_applied": dict(result.not_applied),
                "chance": None if result.test is None else json_safe(result.test.to_dict()),
            }
            for result in analysis.results
        ],
        "recognition": [
            {"criterion_name": row.criterion, "other": row.other, "source": row.source}
            | {key: value for key, value in row.found.to_dict().items() if key != "criterion"}
            for row in analysis.recognitions
        ],
        "notes": [note.to_dict() for note in analysis.all_notes()],
        "settings": json_safe(analysis.settings),
    }
