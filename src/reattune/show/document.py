"""Results as JSON-safe documents: the machine-readable face of everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import PurePath
from typing import Any

import numpy as np

from reattune.results import (
    RUPTURE_COLUMNS,
    SCHEMA,
    Analysis,
    PhaseAnalysis,
    Pooled,
    StudyAnalysis,
    unit_of,
)
from reattune.show.words import describe_part, summarize_analysis, summarize_study
from reattune.surrogates.chance import ChanceTest
from reattune.surrogates.ranks import json_number


def analysis_to_dict(analysis: Analysis) -> dict[str, object]:
    """One session: measures, ruptures, chance, notes, settings; nan is None, infinity ``"inf"``."""
    return {
        "schema": SCHEMA,
        "kind": "analysis",
        **_session_part(analysis),
        "settings": json_safe(analysis.settings),
    }


def study_to_dict(study: StudyAnalysis) -> dict[str, object]:
    """A study: every session, pooled measures, the study's chance tests, failures, settings."""
    return {
        "schema": SCHEMA,
        "kind": "study",
        "study": study.name,
        "summary": [line for line in summarize_study(study) if line],
        "sessions": [_session_part(analysis) for analysis in study.analyses],
        "pooled": [_pooled(pool, study) for pool in study.pooled],
        "chance": [
            {
                "phase": row.phase,
                "pairing": _chance(row.pairing),
                "combined": _chance(row.combined),
                "no_pairing": row.no_pairing,
                "no_combined": row.no_combined,
            }
            for row in study.chance
        ],
        "covariates": json_safe(study.covariates),
        "failures": [asdict(failure) for failure in study.failures],
        **({} if study.growth is None else {"growth": study.growth.to_dict()}),
        "notes": [note.to_dict() for note in study.notes],
        "settings": json_safe(study.settings),
    }


def _session_part(analysis: Analysis) -> dict[str, object]:
    session = analysis.session
    return {
        "session": session.id,
        "dyad": session.dyad,
        "partners": list(session.partners),
        "clock": session.clock,
        "span": [float(edge) for edge in session.span],
        "meta": json_safe(session.meta),
        "rule": json_safe(analysis.rule.to_dict()),
        "rule_in_words": analysis.rule.describe(),
        "criteria": json_safe(analysis.criteria.to_dict()),
        "summary": [line for line in summarize_analysis(analysis) if line],
        "phases": [_phase(analysis, part) for part in analysis.parts],
        "notes": [note.to_dict() for note in analysis.notes],
    }


def _phase(analysis: Analysis, part: PhaseAnalysis) -> dict[str, object]:
    partners = analysis.session.partners
    measures = {}
    for name, value in part.measures.items():
        null = part.null(name)
        measures[name] = {
            **{key: json_number(float(number)) for key, number in value._asdict().items()},
            "unit": unit_of(name, partners),
            **dict(
                zip(
                    ("null_mean", "null_low", "null_high", "p"),
                    (json_number(float(number)) for number in null),
                    strict=True,
                )
            ),
        }
    first = part.first_repair
    columns = [c for c in RUPTURE_COLUMNS if c not in ("session", "dyad", "phase")]
    frame = part.ruptures.to_frame()[columns]
    return {
        "phase": part.phase.label,
        "start": float(part.phase.start),
        "end": float(part.phase.end),
        "imposed": part.phase.imposed,
        "sentences": [asdict(sentence) for sentence in describe_part(analysis, part)],
        "measures": measures,
        "ruptures": json_safe(frame.to_dict("records")),
        "chance": _chance(part.chance),
        "no_chance": part.no_chance,
        "first_repair": None if first is None else json_safe(asdict(first)),
    }


def _pooled(pool: Pooled, study: StudyAnalysis) -> dict[str, object]:
    partners = study.analyses[0].session.partners if study.analyses else ("", "")
    return {
        "dyad": pool.dyad,
        "phase": pool.phase,
        "n_sessions": pool.n_sessions,
        "n_dyads": pool.n_dyads,
        "interval": pool.interval,
        "measures": {
            name: {
                **{key: json_number(float(v)) for key, v in value._asdict().items()},
                "unit": unit_of(name, partners),
            }
            for name, value in pool.measures.items()
        },
    }


def _chance(test: ChanceTest | None) -> dict[str, object] | None:
    return None if test is None else json_safe(test.to_dict())


def json_safe(value: Any) -> Any:
    """A copy that every JSON reader takes: plain types, nan as None, infinity as ``"inf"``."""
    if isinstance(value, Mapping):
        return {str(key): json_safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [json_safe(item) for item in items]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return json_number(float(value))
    if isinstance(value, PurePath):
        return value.as_posix()
    return str(value)
