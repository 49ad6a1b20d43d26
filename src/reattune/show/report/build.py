"""The report: one self-contained page: what was seen, how sure, and how it was computed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from reattune.core.study import Progress
from reattune.growth_pipeline import GrowthAnalysis
from reattune.measures import CARDS
from reattune.results import WHOLE, Analysis, StudyAnalysis
from reattune.show.export import write_together
from reattune.show.phrases import count, number, percent, phase_name, start_upper, unit
from reattune.show.report import pictures, tables
from reattune.show.report.growth import growth_section
from reattune.show.report.page import MAX_SESSION_CHARACTERS, list_notes, render_page
from reattune.show.report.sensitivity_table import sensitivity_table
from reattune.show.study_words import describe_study_phase, failure_sentences, study_heading
from reattune.show.words import describe_part, method_sentences, phase_heading

if TYPE_CHECKING:
    pass

Result = Analysis | StudyAnalysis
GLOSSARY = {
    "match, mismatch": "the two partners' states correspond under the rule, or do not. A mismatch "
    "is no mistake; every dyad is mismatched for part of the time.",
    "rupture, repair": "a mismatch that was seen to begin, and the moment it turns into a match.",
    "hazard": "how often something happens per time in which it could happen: repairs per minute "
    "of mismatch.",
    "censored, cut off": "we stopped seeing before it was decided. Such a rupture counts for as "
    "long as it was seen, neither as repaired nor as unrepaired.",
    "null, chance": "what two streams like these give when they are not timed to each other: one "
    "partner's codes are rotated in time; how long and how often each shows what stays.",
    "p": "how often the null lies at least as far out as what was seen. A large p is no proof that "
    "there is nothing; where too little was seen to show a difference, the text says so.",
    "95 % interval": "the range of values that the recording leaves open.",
    "imposed": "a phase in which one partner was asked not to respond.",
}


def build_report(result: Result, path: str | Path) -> Path:
    """Write the report of a session or a study to ``path`` and return it.

    The page is one file: no script, no font, no picture from elsewhere. It is written under a
    temporary name and renamed, so a crash leaves the old file or the new one.
    """
    path = Path(path)
    return write_together(path.parent, {path.name: render_report(result)})[0]


def render_report(result: Result, on_progress: Progress | None = None) -> str:
    """The report as HTML text; equal results give equal text.

    Parameters
    ----------
    result : Analysis or StudyAnalysis
    on_progress : callable(done, total, what), optional
        Told while the sessions of a study are drawn.
    """
    own = (
        _study_page(result, on_progress)
        if isinstance(result, StudyAnalysis)
        else _session_page(result)
    )
    return render_page(own, result.settings, GLOSSARY)


# -- a session -------------------------------------------------------------------------------------


def _session_page(analysis: Analysis) -> dict[str, Any]:
    session = analysis.session
    facts = [
        f"{session.partners[0]} and {session.partners[1]}",
        f"dyad {session.dyad}",
        f"{number(session.span[1] - session.span[0], 0)} {unit(session.clock)}",
    ]
    several = len(analysis.parts) > 1
    look = [
        pictures.timeline_figure(analysis, caption=pictures.READING_THE_TIMELINE),
        pictures.latency_figure(analysis),
    ]
    null = pictures.null_figure(analysis)
    return {
        "title": f"Session {session.id}",
        "facts": facts,
        "rule": method_sentences(analysis),
        "seen": [
            {
                "heading": phase_heading(part, session.clock) if several else "",
                "tiles": tables.tiles(part, session.clock),
                "sentences": _texts(analysis, part, "seen"),
            }
            for part in analysis.parts
        ],
        "sure": _sure_by_phase(analysis),
        "sure_figures": [null] if null else [],
        "sure_tables": [],
        "look_figures": [figure for figure in look if figure],
        "sessions": [],
        "not_drawn": "",
        "compare_figures": [],
        "compare_tables": [tables.phases_table(analysis)] if several else [],
        "details_tables": [
            *(tables.measures_table(analysis, part) for part in analysis.parts),
            *(
                sensitivity_table([part], phase_name(part.phase.label))
                for part in analysis.parts
                if len(part.ruptures)
            ),
            tables.ruptures_table(analysis),
        ],
        "notes": list_notes([("", note) for note in session.notes]),
        "failures": [],
        "inputs": _inputs(analysis),
        "cards": _cards([analysis]),
    }


def _texts(analysis: Analysis, part: Any, about: str) -> list[str]:
    return [s.text for s in describe_part(analysis, part) if s.about == about]


def _sure_by_phase(analysis: Analysis) -> list[tuple[str, list[str]]]:
    found = []
    for part in analysis.parts:
        texts = _texts(analysis, part, "sure") or ([part.no_chance] if part.no_chance else [])
        name = "" if part.phase.label == WHOLE else start_upper(phase_name(part.phase.label))
        if texts:
            found.append((name, texts))
    return found


# -- a study ---------------------------------------------------------------------------------------


def _study_page(study: StudyAnalysis, on_progress: Progress | None) -> dict[str, Any]:
    drawn = bool(study.analyses)
    sessions, left = _session_folds(study, on_progress)
    both = tables.chance_table(study)
    facts = [study_heading(study).removeprefix(f"Study {study.name}: ").rstrip(".")]
    if drawn:
        partners = study.analyses[0].session.partners
        facts.insert(0, f"{partners[0]} and {partners[1]}")
    if study.failures:
        facts.append(f"{count(len(study.failures), 'session')} could not be analysed")
    notes = [(a.session.id, note) for a in study.analyses for note in a.session.notes]
    return {
        "title": f"Study {study.name}" if study.name else "Study",
        "facts": facts,
        "rule": method_sentences(study.analyses[0]) if drawn else [],
        "seen": [
            {
                "heading": start_upper(phase_name(label)) if label != WHOLE else "",
                "tiles": _study_tiles(study, label),
                "sentences": [
                    s.text for s in describe_study_phase(study, label) if s.about == "seen"
                ],
            }
            for label in study.phases
        ],
        "sure": _sure_once(study),
        "sure_figures": [],
        "sure_tables": [both] if both else [],
        "look_figures": [pictures.raster_figure(study)] if drawn else [],
        "sessions": sessions,
        "not_drawn": left,
        "growth": growth_section(study.growth)
        if isinstance(study.growth, GrowthAnalysis)
        else None,
        "compare_figures": [pictures.overview_figure(study)] if drawn else [],
        "compare_tables": [tables.pooled_table(study), *tables.group_tables(study)]
        if drawn
        else [],
        "details_tables": [tables.sessions_table(study), *_sensitivity(study)] if drawn else [],
        "notes": list_notes([*(("", note) for note in study.notes), *notes]),
        "failures": failure_sentences(study),
        "inputs": [row for analysis in study.analyses for row in _inputs(analysis)],
        "cards": _cards(study.analyses),
    }


def _study_tiles(study: StudyAnalysis, label: str) -> list[tuple[str, str, str]]:
    parts = [part for a in study.analyses for part in a.parts if part.phase.label == label]
    imposed = all(part.phase.imposed for part in parts)
    clock = study.analyses[0].session.clock
    return [
        tile
        for pool in study.pooled
        if pool.phase == label and not pool.dyad
        for tile in tables.pooled_tiles(pool, clock, imposed=imposed)
    ]


def _sure_once(study: StudyAnalysis) -> list[tuple[str, list[str]]]:
    """What limits the reading, by phase; what holds for every phase is told once."""
    found = {
        label: [s.text for s in describe_study_phase(study, label) if s.about == "sure"]
        for label in study.phases
    }
    shared = [
        text
        for text in next(iter(found.values()), [])
        if all(text in texts for texts in found.values())
    ]
    rows = [
        ("" if label == WHOLE else start_upper(phase_name(label)), own)
        for label, texts in found.items()
        if (own := [text for text in texts if text not in shared])
    ]
    return [("", shared), *rows] if shared else rows


def _sensitivity(study: StudyAnalysis) -> list[tables.Table]:
    found = []
    for label in study.phases:
        parts = [p for a in study.analyses for p in a.parts if p.phase.label == label]
        if any(len(part.ruptures) for part in parts) and not parts[0].phase.imposed:
            found.append(sensitivity_table(parts, phase_name(label)))
    return found


def _session_folds(
    study: StudyAnalysis, on_progress: Progress | None
) -> tuple[list[dict[str, Any]], str]:
    """Every session folded away: a line, its sentences, its timeline, while the page is small."""
    folds: list[dict[str, Any]] = []
    size = 0
    for at, analysis in enumerate(study.analyses):
        if on_progress:
            on_progress(at, len(study.analyses), f"drawing {analysis.session.id}")
        if size > MAX_SESSION_CHARACTERS:
            left = len(study.analyses) - at
            return folds, (
                f"{count(left, 'further session')} left out of this page to keep it small; "
                "measures.csv and ruptures.csv hold them all."
            )
        figure = pictures.timeline_figure(analysis, name=f"timeline-{at + 1}")
        size += len(figure.svg) + len(figure.svg_uri) + len(figure.csv_uri)
        folds.append(
            {
                "name": analysis.session.id,
                "line": "; ".join(_short(part) for part in analysis.parts),
                "figure": figure,
                "parts": [
                    (
                        phase_heading(part, analysis.session.clock),
                        _texts(analysis, part, "seen") + _texts(analysis, part, "sure"),
                    )
                    for part in analysis.parts
                ],
            }
        )
    return folds, ""


def _short(part: Any) -> str:
    name = "" if part.phase.label == WHOLE else f"{phase_name(part.phase.label)} "
    return f"{name}{percent(part.measures['matched_prop'].value)} matched"


# -- how it was computed ---------------------------------------------------------------------------


def _inputs(analysis: Analysis) -> list[tuple[str, str, str]]:
    meta = analysis.session.meta
    return [
        (
            analysis.session.id,
            str(meta.get("source", "") or "–"),
            str(meta.get("sha256", "") or "–"),
        )
    ]


def _cards(analyses: Any) -> list[Any]:
    """The card of every measure that was computed."""
    general = {
        name.replace(f"_{partner}", "_<partner>") if partner in name else name
        for analysis in analyses
        for part in analysis.parts
        for name in part.measures
        for partner in (*analysis.session.partners, "")
    }
    return [card for name, card in CARDS.items() if name in general]
