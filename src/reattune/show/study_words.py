"""A study in sentences: pooled figures, the two nulls, and the longest ruptures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isnan
from statistics import median

from reattune.results import WHOLE, Analysis, PhaseChance, Pooled, StudyAnalysis
from reattune.show.longest import LongestRupture, find_all_longest
from reattune.show.phrases import (
    count,
    interval,
    length,
    listed,
    number,
    observed,
    percent,
    percent_range,
    phase_name,
    start_upper,
)
from reattune.show.sentences import subject_clause
from reattune.show.words import Sentence, method_sentences
from reattune.surrogates.chance import ChanceTest
from reattune.surrogates.wording import sentences, study_sentences, verdict


def describe_study(study: StudyAnalysis) -> list[str]:
    """The lines of a study's summary."""
    lines = [study_heading(study)]
    for label in study.phases:
        if label != WHOLE:
            lines += ["", start_upper(phase_name(label))]
        lines += [sentence.text for sentence in describe_study_phase(study, label)]
    if study.analyses:
        lines += ["", *method_sentences(study.analyses[0])]
    return lines + failure_sentences(study)


def study_heading(study: StudyAnalysis) -> str:
    """``Study play: 48 sessions of 40 dyads.``"""
    dyads = len({analysis.session.dyad for analysis in study.analyses})
    name = f"Study {study.name}: " if study.name else ""
    return f"{name}{count(len(study.analyses), 'session')} of {count(dyads, 'dyad')}."


def failure_sentences(study: StudyAnalysis) -> list[str]:
    """One line for every session that could not be analysed."""
    if not study.failures:
        return []
    n = len(study.failures)
    head = f"{start_upper(count(n, 'session'))} could not be analysed; the others went on:"
    return [head, *(f"  {failure.session}: {failure.message}" for failure in study.failures)]


def describe_study_phase(study: StudyAnalysis, label: str) -> list[Sentence]:
    """What the study shows in one phase, most important first."""
    parts = [part for a in study.analyses for part in a.parts if part.phase.label == label]
    said: list[str] = []
    intervals: list[Sentence] = []
    named = dict.fromkeys(p.label for analysis in study.analyses for p in analysis.session.phases)
    if label == WHOLE and named:
        said.append(f"The phases {listed(map(phase_name, named))} were taken together.")
    if any(part.phase.imposed for part in parts):
        said.append(
            "One partner was asked not to respond here: the rupture was imposed, and repair is not "
            "defined. Figures are given for completeness."
        )
    imposed = bool(parts) and all(part.phase.imposed for part in parts)
    for pool in study.pooled:
        if pool.phase == label and not pool.dyad:
            said += pooled_sentences(pool, study, imposed=imposed)
            intervals = [Sentence("sure", f"Intervals of pooled figures: {pool.interval}.")]
    found = [Sentence("seen", text) for text in said] + intervals
    for chance in study.chance:
        if chance.phase == label:
            found += chance_sentences(chance, imposed=imposed)
    found += [Sentence("seen", text) for text in first_repair_sentences(study, label)]
    if label == WHOLE:
        found += [Sentence("seen", text) for text in longest_sentences(study.analyses)]
    return found


def pooled_sentences(pool: Pooled, study: StudyAnalysis, *, imposed: bool = False) -> list[str]:
    """Matching, ruptures, latency and hazard over all sessions of a phase."""
    analysis = study.analyses[0]
    clock = analysis.session.clock
    values = pool.measures
    matched, expected = values["matched_prop"], values["expected_prop"].value
    if isnan(matched.value):
        return ["Nothing was observed of both partners at once."]
    limits = ""
    if not isnan(matched.low):
        limits = f" (95 % interval {percent_range(matched.low, matched.high)})"
    beside = f"; base rates alone would give {percent(expected)}"
    if isnan(expected):
        beside = "; base rates give nothing to compare with under this rule"
    said = [
        f"{subject_clause(analysis.parts[0].attunement)} for {percent(matched.value)}"
        f"{limits} of {observed(values['observed_s'].value, clock)} in "
        f"{count(pool.n_sessions, 'session')}{beside}."
    ]
    if not imposed:
        said += _repair_sentences(pool, analysis)
    return said


def _repair_sentences(pool: Pooled, analysis: Analysis) -> list[str]:
    clock, values = analysis.session.clock, pool.measures
    n, repaired, cut = (values[name].value for name in ("n_ruptures", "n_repaired", "n_censored"))
    if not n:
        return ["No rupture was seen to begin."]
    ends = [f"{number(repaired, 0)} were repaired while we watched"]
    if cut:
        ends.append(f"{number(cut, 0)} were cut off")
    if values["n_unrepaired"].value:
        ends.append(f"{number(values['n_unrepaired'].value, 0)} were not repaired in the window")
    said = [f"{count(n, 'rupture')} were seen to begin: {listed(ends)}."]
    half = values["repair_latency_q50_s"]
    if not isnan(half.value):
        said.append(
            f"Half of the ruptures were repaired within {length(half.value, clock)}"
            f"{interval(half.low, half.high)}."
        )
    hazard, chance = values["repair_hazard_per_s"], values["expected_repair_hazard_per_s"].value
    if not isnan(hazard.value):
        factor, per = (60.0, "minute") if clock == "second" else (1.0, "meeting")
        beside = "" if isnan(chance) else f"; base rates alone would give {number(factor * chance)}"
        said.append(
            f"Per {per} of mismatch there were {number(factor * hazard.value)} repairs"
            f"{interval(factor * hazard.low, factor * hazard.high)}{beside}."
        )
    return said


def chance_sentences(chance: PhaseChance, *, imposed: bool = False) -> list[Sentence]:
    """What the two nulls of a study say, together where there are both."""
    pairing, combined = chance.pairing, chance.combined
    tests = [test for test in (combined, pairing) if test is not None]
    found: list[Sentence] = []
    if pairing is not None and combined is not None:
        found += [Sentence("seen", text) for text in study_sentences(pairing, combined)]
        found += [Sentence("seen", _repair_beside(test)) for test in tests if not imposed]
    else:
        for test in tests:
            told = sentences(test)
            known = {warning.message for warning in test.warnings}
            found += [Sentence("seen", text) for text in told if text not in known]
    missing = [text for text in (chance.no_combined, chance.no_pairing) if text]
    warnings = [warning.message for test in tests for warning in test.warnings]
    return found + [Sentence("sure", text) for text in dict.fromkeys((*missing, *warnings))]


def _repair_beside(test: ChanceTest) -> str:
    """Repair beside one null of a study: excess repairs by pairing, the ratio by rotation."""
    if test.method == "permute_pairs":
        row, what = test["excess_repairs"], "Repairs beyond base rates, mean over dyads"
        null = "re-paired strangers give"
    else:
        row, what = test["repair_ratio"], "Repairs over what base rates give"
        null = "rotated streams give"
    said = verdict(row, test.information.expected_repairs)
    if isnan(row.null_mean):
        return f"{what}: {number(row.observed, 2)}; {said}."
    return (
        f"{what}: {number(row.observed, 2)}; {null} {number(row.null_mean, 2)} "
        f"({number(row.null_low, 2)} to {number(row.null_high, 2)}), {said}."
    )


def first_repair_sentences(study: StudyAnalysis, label: str) -> list[str]:
    """The first repair after an imposed phase over all sessions."""
    first = [
        part.first_repair
        for analysis in study.analyses
        for part in analysis.parts
        if part.phase.label == label and part.first_repair is not None
    ]
    if not first:
        return []
    clock = study.analyses[0].session.clock
    at_once = sum(row.status == "matched_at_onset" for row in first)
    came = [row.latency_s for row in first if row.status == "repaired"]
    never = len(first) - at_once - len(came)
    told = []
    if at_once:
        told.append(f"{at_once} {'was' if at_once == 1 else 'were'} already matched")
    if came:
        told.append(
            f"in {len(came)} the first repair came after {length(min(came), clock)} to "
            f"{length(max(came), clock)} (median {length(median(came), clock)})"
        )
    if never:
        told.append(f"in {never} no repair was seen")
    where = phase_name(label)
    return [f"At the onset of {where}, in {count(len(first), 'session')}: {listed(told)}."]


def longest_sentences(analyses: Iterable[Analysis]) -> list[str]:
    """The longest rupture of each session beside its imposed phase."""
    analyses = list(analyses)
    found = find_all_longest(analyses)
    if len(found) < 2:
        return []
    n, phase = len(found), phase_name(found[0].phase)
    half = sum(row.covers_half for row in found)
    by_chance = sum(row.covers_half_by_chance for row in found)
    return [
        f"In {half} of {count(n, 'session')} the longest rupture covers at least half of {phase}; "
        f"ruptures of the same lengths placed anywhere would do so in "
        f"{number(by_chance, 0)}. Time in both over time in either: median "
        f"{percent(median(row.overlap for row in found))}.",
        _who_opened(found, analyses[0].session.partners),
    ]


def _who_opened(found: Sequence[LongestRupture], partners: tuple[str, str]) -> str:
    told = []
    for who in (*partners, "both"):
        opened = sum(row.by == who for row in found)
        ended = sum(row.repaired_by == who for row in found)
        if opened or ended:
            name = "both at once" if who == "both" else f"the {who}"
            told.append(f"{name} opened {opened} and ended {ended}")
    unseen = sum(not row.repaired_by for row in found)
    if unseen:
        told.append(f"{unseen} {'was' if unseen == 1 else 'were'} not seen to end")
    return f"Of these {len(found)} longest ruptures {listed(told)}."
