"""Simulated courses and fits of the model as documents and as files."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reattune.core.study import Progress
from reattune.experiments.fit_result import DyadFit, StudyFit
from reattune.experiments.folder import WrittenSimulation
from reattune.models.course import SimulatedCourse, SimulatedStudy
from reattune.results import SCHEMA
from reattune.show.document import json_safe
from reattune.show.export import to_csv, write_together
from reattune.show.model_words import summarize_study_fit
from reattune.show.simulation_words import describe_simulation


def course_to_dict(source: SimulatedCourse | SimulatedStudy) -> dict[str, object]:
    """Latents and the model's own tally, session by session, JSON-safe."""
    return {
        "schema": SCHEMA,
        "kind": "simulation",
        "sessions": json_safe(source.to_frame().to_dict("records")),
        "settings": json_safe(source.settings),
    }


def simulation_to_dict(written: WrittenSimulation) -> dict[str, object]:
    """What was simulated and where it was written, JSON-safe."""
    return {
        "schema": SCHEMA,
        "kind": "simulation",
        "summary": describe_simulation(written),
        "folder": str(written.folder),
        "study_file": str(written.study_file),
        "files": [path.name for path in written.files],
        "sessions": json_safe(written.study.to_frame().to_dict("records")),
        "settings": json_safe(written.plan.to_dict()),
    }


def study_fit_to_dict(study: StudyFit) -> dict[str, object]:
    """Everything a fit says, JSON-safe: nan is None, infinity ``"inf"``."""
    recovery = study.recovery_frame()
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "kind": "fit",
        "study": study.name,
        "summary": [line for line in summarize_study_fit(study) if line],
        "codebook": study.settings.get("codebook"),
        "dyads": [_dyad(one) for one in study.dyads],
        "pooled": None
        if study.pooled is None
        else json_safe(study.pooled.to_frame().to_dict("records")),
        "residuals": None
        if study.residuals is None
        else json_safe(study.residuals.to_frame().to_dict("records")),
        "predictive": None if study.predictive is None else study.predictive.to_dict(),
        "comparison": None if study.comparison is None else study.comparison.to_dict(),
        "recovery": json_safe(recovery.to_dict("records")),
        "failures": [asdict(failure) for failure in study.failures],
        "notes": [note.to_dict() for note in study.notes],
        "settings": study.settings,
    }
    safe: dict[str, object] = json_safe(document)
    return safe


def _dyad(one: DyadFit) -> dict[str, object]:
    return {
        "dyad": one.dyad,
        "group": one.group,
        "sessions": [session.id for session in one.sessions],
        "fit": one.fit.to_dict(),
        "identifiability": one.identifiability.to_frame().to_dict("records"),
        "residuals": None if one.residuals is None else one.residuals.to_frame().to_dict("records"),
        "predictive": None if one.predictive is None else one.predictive.to_dict(),
        "truth": dict(one.truth),
    }


def write_fits(
    study: StudyFit,
    out_dir: str | Path,
    *,
    report: bool = True,
    on_progress: Progress | None = None,
) -> list[Path]:
    """Write a fit's files into a folder and return their paths.

    ``fit.html`` (the report), ``fit.csv`` (a row per dyad and parameter), ``predictive.csv`` (what
    was simulated beside what was seen), ``residuals.csv`` (event codes), ``groups.csv`` (with two
    groups), ``recovery.csv`` (simulated dyads) and ``settings.json``. All of them, or none.

    Parameters
    ----------
    study : StudyFit
    out_dir : path-like
        Made when it does not exist.
    report : bool, default True
    on_progress : callable(done, total, what), optional
    """
    texts: dict[str, str] = {}
    if report:
        from reattune.show.report.model import render_fit_report

        texts["fit.html"] = render_fit_report(study, on_progress)
    texts["fit.csv"] = to_csv(study.to_frame())
    predictive = study.predictive_frame()
    if len(predictive):
        texts["predictive.csv"] = to_csv(predictive)
    frames = [
        one.residuals.to_frame().assign(dyad=one.dyad)
        for one in study.dyads
        if one.residuals is not None
    ]
    if frames:
        import pandas as pd

        residuals = pd.concat(frames, ignore_index=True)
        texts["residuals.csv"] = to_csv(
            residuals[["dyad", *(name for name in residuals.columns if name != "dyad")]]
        )
    if study.comparison is not None:
        texts["groups.csv"] = to_csv(study.comparison.to_frame())
    if study.simulated:
        texts["recovery.csv"] = to_csv(study.recovery_frame())
    settings = {"schema": SCHEMA, **json_safe(study.settings)}
    texts["settings.json"] = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
    return write_together(Path(out_dir), texts)
