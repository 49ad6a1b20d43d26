"""What was seen and how sure one can be, in sentences made from the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reattune.core.session import Clock
from reattune.results import WHOLE, Analysis, PhaseAnalysis, StudyAnalysis
from reattune.show.longest import find_longest
from reattune.show.phrases import length, listed, moment, percent, phase_name, start_upper
from reattune.show.sentences import (
    caution_sentences,
    first_repair_sentence,
    hazard_sentence,
    latency_sentence,
    matching_sentence,
    negative_sentence,
    ruptures_sentence,
    who_sentence,
)

About = Literal["seen", "sure", "method"]


@dataclass(frozen=True)
class Sentence:
    """One sentence and what it speaks about.

    Attributes
    ----------
    about : {"seen", "sure", "method"}
        What was seen (with its null beside it), what limits the reading, how it was done.
    text : str
    """

    about: About
    text: str


def summarize_analysis(analysis: Analysis) -> list[str]:
    """The lines of a session's summary."""
    session = analysis.session
    lines = [
        f"Session {session.id} of dyad {session.dyad}: {session.partners[0]} and "
        f"{session.partners[1]}, {length(session.span[1] - session.span[0], session.clock)}."
    ]
    for part in analysis.parts:
        if part.phase.label != WHOLE:
            lines += ["", phase_heading(part, session.clock)]
        lines += [sentence.text for sentence in describe_part(analysis, part)]
    lines += ["", *method_sentences(analysis)]
    warnings = [str(note) for note in session.notes if note.level == "warning"]
    return lines + [f"Warning: {text}" for text in warnings]


def summarize_study(study: StudyAnalysis) -> list[str]:
    """The lines of a study's summary."""
    from reattune.show.study_words import describe_study

    lines = describe_study(study)
    if study.growth is not None:
        lines += ["", *study.growth.summary().splitlines()]
    return lines


def phase_heading(part: PhaseAnalysis, clock: Clock = "second") -> str:
    """``Play, 0:00 to 2:00``."""
    phase = part.phase
    name = "Whole session" if phase.label == WHOLE else start_upper(phase_name(phase.label))
    return f"{name}, {moment(phase.start, clock)} to {moment(phase.end, clock)}"


def method_sentences(analysis: Analysis) -> list[str]:
    """Rule and criteria, in words, and what must be said beside the rule."""
    said = [f"Rule: {analysis.rule.describe()}.", analysis.rule.caveat]
    return [*(text for text in said if text), analysis.criteria.describe()]


def describe_part(analysis: Analysis, part: PhaseAnalysis) -> list[Sentence]:
    """Everything there is to say about one phase, most important first."""
    clock = analysis.session.clock
    said = []
    if part.phase.label == WHOLE and analysis.session.phases:
        names = listed(phase_name(phase.label) for phase in analysis.session.phases)
        said.append(f"The phases {names} were taken together.")
    if part.phase.imposed:
        said.append(
            f"In {phase_name(part.phase.label)} one partner was asked not to respond: the rupture "
            "was imposed, and repair is not defined here. Figures are given for completeness."
        )
    said.append(matching_sentence(part, clock))
    if part.attunement.observed:
        said.append(negative_sentence(part))
        said.append(ruptures_sentence(part, clock))
        if not part.phase.imposed:
            said += [
                latency_sentence(part, clock),
                hazard_sentence(part, clock),
                who_sentence(part),
            ]
    said += [first_repair_sentence(part, clock), *longest_sentences(analysis)]
    sentences = [Sentence("seen", text) for text in said if text]
    return sentences + [Sentence("sure", text) for text in caution_sentences(part)]


def longest_sentences(analysis: Analysis) -> list[str]:
    """The longest rupture beside an imposed phase, when the session was taken as a whole."""
    found = find_longest(analysis)
    if found is None:
        return []
    clock = analysis.session.clock
    by = f"opened by {_who(found.by)}" if found.by else "opened by nobody we saw"
    ended = f"ended by {_who(found.repaired_by)}" if found.repaired_by else "not seen to end"
    name = phase_name(found.phase)
    return [
        f"The longest rupture lasted {length(found.end - found.onset, clock)} from "
        f"{moment(found.onset, clock)} on, {by} and {ended}. It covers {percent(found.covered)} of "
        f"{name} (time in both over time in either {percent(found.overlap)}); a stretch of that "
        f"length placed anywhere in the session covers half of it in "
        f"{percent(found.covers_half_by_chance)} of places."
    ]


def _who(name: str) -> str:
    return "both at once" if name == "both" else f"the {name}"


__all__ = [
    "Sentence",
    "describe_part",
    "method_sentences",
    "phase_heading",
    "summarize_analysis",
    "summarize_study",
]
