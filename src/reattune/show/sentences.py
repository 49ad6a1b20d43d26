"""One phase of one session, one sentence at a time, each with its null beside the value."""

from __future__ import annotations

from math import isinf, isnan

import numpy as np

from reattune.core.attunement import Attunement
from reattune.core.pair import MATCH
from reattune.core.ruptures import REASONS
from reattune.core.session import Clock
from reattune.results import WHOLE, PhaseAnalysis
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
from reattune.surrogates.chance import ChanceTest
from reattune.surrogates.decide import WORDS
from reattune.surrogates.wording import verdict


def matching_sentence(part: PhaseAnalysis, clock: Clock = "second") -> str:
    """How much they matched, with the null beside it."""
    first, second = part.attunement.partners
    matched = part.measures["matched_prop"].value
    if isnan(matched):
        return f"Nothing was observed of {first} and {second} at once; nothing could be computed."
    seen = (
        f"{subject_clause(part.attunement)} for {percent(matched)} of "
        f"{observed(part.tally.observed_s, clock)}."
    )
    if part.chance is None or "matched_prop" not in part.chance:
        return f"{seen} {_without_chance(part)}"
    row = part.chance["matched_prop"]
    said = _verdict(part.chance, "matched_prop")
    if isnan(row.null_mean):
        return f"{seen} {start_upper(said)}."
    null = f"{percent(row.null_mean)} ({percent_range(row.null_low, row.null_high)})"
    return f"{seen} {null_clause(part.chance)} they match {null}, {said}."


def subject_clause(attunement: Attunement) -> str:
    """Who did what, as the beginning of a sentence about the share matched."""
    if attunement.pair is not None and attunement.pair.table.one_sided:
        # A rule that looks at one partner says nothing about a match of the two.
        return "The rule was met"
    first, second = attunement.partners
    return f"{start_upper(first)} and {second} were matched"


def null_clause(test: ChanceTest) -> str:
    """What was done to one partner's codes, as the beginning of a sentence."""
    first, second = test.partners
    if test.method == "move_windows":
        return f"When windows of the {second} meet those of the {first} at other moments,"
    moved = f"When the codes of the {second} are rotated against those of the {first}"
    keeps = "keeping how long and how often each shows what,"
    if test.method == "rotate_blocks" and test.blocks > 1:
        return f"{moved} inside blocks of {number(test.block_s, 0)} s, {keeps}"
    if test.method.startswith("rotate"):
        return f"{moved} over the whole phase, {keeps}"
    return f"When the codes of the {second} are redrawn ({test.method.replace('_', ' ')}),"


def _verdict(test: ChanceTest, name: str) -> str:
    """The p with what may be said about it, or why there is none."""
    row = test[name]
    if row.refused:
        return f"no p ({_lower(WORDS[row.refused].rstrip('.'))})"
    return verdict(row, test.information.expected_repairs)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _without_chance(part: PhaseAnalysis) -> str:
    why = part.no_chance or "No chance test was made."
    expected = part.measures["expected_prop"].value
    one_sided = 1 in part.attunement.pair.table.match.shape if part.attunement.pair else True
    if isnan(expected) or one_sided:
        return why
    return f"Base rates alone would give {percent(expected)}. {why}"


def negative_sentence(part: PhaseAnalysis) -> str:
    """Shared negative time, reported apart; empty when there is none."""
    share = part.measures["negative_match_prop"].value
    if not share > 0:
        return ""
    both = part.attunement.negative
    counted = "counts" if bool((part.attunement.state[both] == MATCH).all()) else "does not count"
    return f"Both were negative at once for {percent(share)}, which the rule {counted} as match."


def ruptures_sentence(part: PhaseAnalysis, clock: Clock = "second") -> str:
    """How many ruptures began in view, and how each kind ended."""
    repaired, cut, unrepaired = part.tally.outcomes
    n = repaired + cut + unrepaired
    running = part.tally.n_not_entered
    were = count(running, "mismatch", "mismatches")
    are = "is" if running == 1 else "are"
    before = (
        f" {were} already running when observation began or went on {are} in no count."
        if running
        else ""
    )
    if n == 0:
        return f"No rupture was seen to begin.{before}"
    ends = []
    if repaired:
        ends.append(f"{repaired} {_was(repaired)} repaired while we watched")
    ends += _cut_off(part)
    if unrepaired:
        window = part.ruptures.criteria.repair_window_s
        within = f" within {length(window, clock)}" if window is not None else ""
        ends.append(f"{unrepaired} {_was(unrepaired)} not repaired{within}")
    return f"{count(n, 'rupture')} {_was(n)} seen to begin: {listed(ends)}.{before}"


def _was(n: int) -> str:
    return "was" if n == 1 else "were"


def _cut_off(part: PhaseAnalysis) -> list[str]:
    words = {
        "end": "by the end of the observation",
        "missing": "by missing time",
        "cut": "by a break in the recording",
    }
    ruptures = part.ruptures
    reasons = ruptures.reason[ruptures.entered & (ruptures.outcome == 1)]
    tally = {REASONS[code]: int((reasons == code).sum()) for code in np.unique(reasons)}
    return [f"{tally[r]} {_was(tally[r])} cut off {words[r]}" for r in words if tally.get(r)]


def latency_sentence(part: PhaseAnalysis, clock: Clock = "second") -> str:
    """Kaplan-Meier median of the time to repair, with its null."""
    value = part.measures["repair_latency_q50_s"]
    if not sum(part.tally.outcomes):
        return "How long repair takes could not be computed (no rupture was seen to begin)."
    if isnan(value.value):
        return (
            "Fewer than half of the ruptures were repaired before we stopped seeing them, so no "
            "median time to repair can be given." + _latency_null(part, clock)
        )
    limits = interval(value.low, value.high)
    return (
        f"Half of the ruptures were repaired within {length(value.value, clock)}{limits}"
        f"{_latency_null(part, clock)}"
    )


def _latency_null(part: PhaseAnalysis, clock: Clock) -> str:
    name = "repair_latency_q50_s"
    joint = " Streams" if isnan(part.measures[name].value) else "; streams"
    if part.chance is None or name not in part.chance:
        return "" if joint == " Streams" else "; no null was drawn for this."
    row = part.chance[name]
    if isnan(row.null_median):
        return "" if joint == " Streams" else f"; {_verdict(part.chance, name)}."
    limits = "" if isinf(row.null_low) else interval(row.null_low, row.null_high, what="")
    # A quartile that is not reached lies beyond every value, so the median of the null is named.
    mean = row.null_median if isinf(row.null_mean) else row.null_mean
    told = f"take {length(mean, clock)}{limits}"
    if isinf(mean):
        told = "mostly do not get that far either"
    said = "no p" if row.refused else verdict(row, part.chance.information.expected_repairs)
    said = said.replace("more than", "longer than").replace("less than", "shorter than")
    return f"{joint} not timed to each other {told}, {said}."


def hazard_sentence(part: PhaseAnalysis, clock: Clock = "second") -> str:
    """Repairs per minute (or meeting) of mismatch, with the null."""
    value = part.measures["repair_hazard_per_s"]
    if isnan(value.value):
        return "There was no mismatch, so no rate of repair."
    factor, per = (60.0, "minute") if clock == "second" else (1.0, "meeting")
    decimals = 1 if clock == "second" else 2
    seen = (
        f"Per {per} of mismatch there were {number(factor * value.value, decimals)} repairs"
        f"{interval(factor * value.low, factor * value.high, decimals)}"
    )
    if part.chance is None or "repair_hazard_per_s" not in part.chance:
        return f"{seen}; no null was drawn for this."
    row = part.chance["repair_hazard_per_s"]
    said = _verdict(part.chance, "repair_hazard_per_s")
    if isnan(row.null_mean):
        return f"{seen}; {said}."
    null = (
        f"{number(factor * row.null_mean, decimals)} ({number(factor * row.null_low, decimals)} to "
        f"{number(factor * row.null_high, decimals)})"
    )
    return (
        f"{seen}; two streams like these, not timed to each other, give {null}, {said}."
        f"{_ratio_instead(part.chance) if row.refused else ''}"
    )


def _ratio_instead(test: ChanceTest) -> str:
    """The repair ratio, where the hazard cannot be tested and the ratio can."""
    if "repair_ratio" not in test or test["repair_ratio"].refused:
        return ""
    row = test["repair_ratio"]
    return (
        f" The repair ratio is {number(row.observed, 2)}; rotation gives "
        f"{number(row.null_mean, 2)} ({number(row.null_low, 2)} to {number(row.null_high, 2)}), "
        f"{_verdict(test, 'repair_ratio')}."
    )


def who_sentence(part: PhaseAnalysis) -> str:
    """Who opened and who repaired, beside each partner's share of all changes."""
    tally, partners = part.tally, part.tally.partners
    pair = part.attunement.pair
    if pair is not None and 1 in pair.table.match.shape:
        sides = pair.table.match.shape
        if sides[0] == sides[1]:
            return ""
        who = partners[0] if sides[1] == 1 else partners[1]
        return f"The rule looks at the {who} alone, who therefore opens and repairs every rupture."
    n, repaired = sum(tally.outcomes), tally.outcomes[0]
    if n == 0:
        return ""
    said = [f"The {_shared(tally.opened, partners, 'opened', n)}"] if sum(tally.opened) else []
    if repaired and sum(tally.repaired):
        said.append(f"the {_shared(tally.repaired, partners, 'repaired', repaired)}")
    elif repaired:
        said.append("who repaired is not in these data")
    changes = sum(tally.changes)
    if changes:
        said.append(
            f"of all changes of state, {percent(tally.changes[0] / changes)} are the "
            f"{partners[0]}'s and {percent(tally.changes[1] / changes)} the {partners[1]}'s"
        )
    return start_upper("; ".join(said)) + "." if said else ""


def _shared(counts: tuple[int, int, int], partners: tuple[str, str], verb: str, total: int) -> str:
    text = f"{partners[0]} {verb} {counts[0]} and the {partners[1]} {counts[1]} of {total}"
    return text + (f" ({counts[2]} by both at once)" if counts[2] else "")


def first_repair_sentence(part: PhaseAnalysis, clock: Clock = "second") -> str:
    """The first repair after an imposed phase, from the onset of this one."""
    first = part.first_repair
    if first is None:
        return ""
    here = phase_name(part.phase.label)
    if first.status == "matched_at_onset":
        return f"The partners were already matched at the onset of {here}."
    if first.status == "repaired":
        return f"The first repair came {length(first.latency_s, clock)} after the onset of {here}."
    return f"No repair was seen in the {length(first.latency_s, clock)} of {here}."


def caution_sentences(part: PhaseAnalysis) -> list[str]:
    """What limits the reading: few changes, one block, missing time, a comparison null."""
    test = part.chance
    if test is None:
        return []
    said = []
    for warning in test.warnings:
        text = warning.message
        if warning.code == "W_FEW":
            repairs = test.information.expected_repairs
            known = "none" if isnan(repairs) else number(repairs, 0)
            text = (
                f"Repairs expected by chance: {known}. So little shows a difference about one time "
                "in ten even where coupling is strong."
            )
        elif warning.code == "W_MODERATE":
            repairs = test.information.expected_repairs
            text = (
                f"Repairs expected by chance: {number(repairs, 0)}. Only strong coupling could "
                f"show in {unit_span(part)} of this size."
            )
        elif warning.code == "W_DRIFT":
            text = (
                "The phase is too short to separate slow change common to both partners from "
                "timing; p takes both together."
            )
        said.append(text)
    return said


def unit_span(part: PhaseAnalysis) -> str:
    """``a session`` or ``a phase``."""
    return "a session" if part.phase.label == WHOLE else "a phase"
