"""Courses in sentences: what was seen, the null beside it, and what limits the reading."""

from __future__ import annotations

from math import isfinite, isinf, isnan

from reattune.course_pipeline import CourseAnalysis, CriterionResult
from reattune.course_tests.results import CourseChance, CourseStatistic
from reattune.course_tests.words import verdict
from reattune.show.phrases import (
    count,
    listed,
    number,
    p_value,
    percent,
    percent_range,
    start_upper,
)

MUCH_MISSING = 0.2
FEW = 5


def begin_with(name: str) -> str:
    """A criterion's name at the head of a sentence; presets are written as they are."""
    return name if "_like" in name else start_upper(name)


def summarize_courses(analysis: CourseAnalysis) -> list[str]:
    """The result as text: the sample, every criterion beside chance, cautions."""
    lines = [heading(analysis), ""]
    for result in analysis.results:
        lines += [f"{begin_with(result.name)}: {' '.join(describe_result(result))}", ""]
    noticed = recognition_words(analysis)
    return [*lines, *([*noticed, ""] if noticed else []), *cautions(analysis)]


def recognition_words(analysis: CourseAnalysis) -> list[str]:
    """What the other partner noticed of the first criterion's ruptures, from every source."""
    first = analysis.results[0].name
    return [
        f"{begin_with(first)}, noticed by the {row.other} ({row.source}): "
        + row.found.summary().replace(f" ({row.found.how})", "")
        for row in analysis.recognitions
        if row.criterion == first
    ]


def heading(analysis: CourseAnalysis) -> str:
    """Cases, ratings, missingness, ceiling: ``57 cases, 707 ratings of wai by the patient ...``."""
    constants = analysis.constants
    told = (
        f"{count(constants.cases, 'case')} with {number(constants.ratings, 0)} ratings "
        f"({analysis.scale} by the {analysis.rater})"
    )
    if not isnan(analysis.missing_prop):
        told += f"; {percent(analysis.missing_prop)} of the meetings between were not rated"
    return told + "."


def what_chance_is(analysis: CourseAnalysis) -> list[str]:
    """The two nulls, named as what they are."""
    if not analysis.results[0].chance:
        return ["No surrogates were drawn: nothing here says what chance alone gives."]
    carry = "0" if isnan(analysis.phi) else number(analysis.phi, 2)
    return [
        "Chance here means courses without ruptures of their own: each case keeps its straight "
        "trend, the size of its wobble and its missing meetings, and the wobble carries over from "
        f"meeting to meeting as in the sample ({carry}). The same ratings in random order stand "
        "beside it; shuffling destroys trend and carry-over as well, so fewer ruptures than "
        "shuffled ratings have says only that ratings change smoothly."
    ]


def describe_result(result: CriterionResult) -> list[str]:
    """What one criterion found, beside both nulls where they were drawn; then its repairs."""
    test = result.test
    events = result.entered
    cases = sum(any(e.entered for e in own) for own in result.events.values())
    applied = count(len(result.events) - len(result.not_applied), "case")
    where = f" in {cases} of {applied}" if len(result.events) > 1 else ""
    told = f"{count(len(events), 'rupture')}{where} ({result.name})"
    if events:
        told += "; " + _ended(result)
    if test is None:
        return [f"{told}. What chance alone gives was not drawn."]
    if isnan(test["ruptures"].observed):
        return [f"No case has enough ratings for {result.name}."]
    said = [f"{told}. {chance_words(test)}"]
    if events:
        said.append(" ".join(text for text in repair_words(test) if text))
    return said


def _ended(result: CriterionResult) -> str:
    """How the ruptures ended: ``46 were repaired and 23 cut off when the ratings ended``."""
    kinds = [
        f"{result.count(status)} {words}"
        for status, words in (
            ("repaired", "was repaired" if result.count("repaired") == 1 else "were repaired"),
            ("unrepaired", "not within the window"),
            ("censored", "cut off before it was decided"),
        )
        if result.count(status) or status == "repaired"
    ]
    return listed(kinds)


def chance_words(test: CourseChance) -> str:
    """The number of ruptures under each null, and what p can mean."""
    row = test["ruptures"]
    said = f"Chance gives {_band(row)}, {verdict(row).replace('than that', 'than chance gives')}"
    said = said.replace("does not differ from that", "does not differ from chance") + "."
    if test.beside is not None:
        other = test.beside["ruptures"]
        said += f" Shuffled ratings give {_band(other)}, {p_value(other.p)}."
    return said


def _band(row: CourseStatistic, scale: float = 1.0) -> str:
    mean, low, high = (scale * v for v in (row.null_mean, row.null_low, row.null_high))
    digits = 0 if mean >= 10 else 1
    return f"{number(mean, digits)} ({number(low, 0)} to {number(high, 0)})"


def repair_words(test: CourseChance) -> list[str]:
    """Share repaired and median latency beside the null that keeps trend and wobble."""
    share, latency = test["repaired_share"], test["median_latency"]
    said = []
    # A share of fewer ruptures says no more than the counts before it.
    if not share.refused and test["ruptures"].observed >= FEW:
        said.append(
            f"{percent(share.observed)} were repaired while watched; chance gives "
            f"{percent(share.null_mean)} ({percent_range(share.null_low, share.null_high)}), "
            f"{p_value(share.p)}."
        )
    if isinf(latency.observed):
        said.append("Fewer than half came back while watched: no median latency.")
    elif isfinite(latency.observed):
        told = f"Half had come back within {count(latency.observed, 'meeting')}"
        if not latency.refused:
            told += f"; chance gives {number(latency.null_median, 0)}, {p_value(latency.p)}"
        said.append(f"{told}.")
    return said


def describe_shortly(result: CriterionResult) -> str:
    """One sentence or two for a further criterion: ruptures beside both nulls, and repairs."""
    first = describe_result(result)[0]
    return f"{begin_with(result.name)}: {first.replace(f' ({result.name})', '', 1)}"


def notes_of_tests(analysis: CourseAnalysis) -> list[str]:
    """What the chance tests noted, equal notes told once with their criteria."""
    found: dict[str, list[str]] = {}
    for result in analysis.results:
        for note in result.test.notes if result.test is not None else ():
            if note.code != "too_few_ratings":
                found.setdefault(str(note), []).append(result.name)
        starts = sum(not e.entered for own in result.events.values() for e in own)
        if starts:
            told = (
                f"{count(starts, 'signal')} at a first rating: no rupture was seen to begin there, "
                "and none is counted."
            )
            found.setdefault(told, []).append(result.name)
    everywhere = len(analysis.results)
    return [
        start_upper(text if len(names) == everywhere else f"{listed(names)}: {text}")
        for text, names in found.items()
    ]


def describe_case(analysis: CourseAnalysis, case: str) -> list[str]:
    """One case: ratings given, and what the criteria found, beside its own null."""
    course = analysis.judged_course(case)
    values = course.only()
    rated = int((values == values).sum())
    said = [f"{rated} of {count(len(course), 'meeting')} rated."]
    for result in analysis.results:
        if case in result.not_applied:
            said.append(f"{begin_with(result.name)}: {result.not_applied[case]}.")
            continue
        seen = [event for event in result.events[case] if event.entered]
        repaired = sum(event.status == "repaired" for event in seen)
        told = f"{begin_with(result.name)}: {count(len(seen), 'rupture')}"
        told += f", {repaired} repaired" if seen else ""
        if result.test is not None:
            own = next(c for c in result.test.cases if c.case == case)
            told += f"; chance {number(own['ruptures'].null_mean)}"
        said.append(told + ".")
    return said


def warnings_told(analysis: CourseAnalysis) -> list[str]:
    """What is odd in the table, each kind once, with how many series it concerns."""
    found: dict[str, list[str]] = {}
    for note in analysis.all_notes():
        if note.level == "warning" and note.code != "no_chance":
            found.setdefault(note.code, []).append(str(note))
    if "ratings_outside_scale" in found:
        # The reader told the same of whole columns.
        found.pop("values_outside_range", None)
    said = []
    for texts in found.values():
        different = list(dict.fromkeys(texts))
        more = f" So in {len(different) - 1} more." if len(different) > 1 else ""
        said.append(f"Check: {different[0]}{more}")
    return said


def cautions(analysis: CourseAnalysis) -> list[str]:
    """What limits the reading: missing ratings, ceiling, few cases, several criteria, presets."""
    said = warnings_told(analysis)
    presets = [r.name for r in analysis.results if r.criterion.approximation]
    if presets:
        said.append(
            f"{', '.join(presets)}: an approximation of what the paper did. Its exact criterion is "
            "not known here; do not report it as that criterion."
        )
    if len(analysis.results) > 1:
        said.append(
            f"{len(analysis.results)} criteria look at the same ratings. Read the one chosen "
            "before looking; a small p of another one is to be expected now and then."
        )
    if analysis.missing_prop >= MUCH_MISSING:
        said.append(
            f"{percent(analysis.missing_prop)} of the meetings were not rated: drops and repairs "
            "there could not be seen, and latencies count those meetings."
        )
    if isnan(analysis.ceiling_prop):
        said.append(
            "The ends of the scale were not given, so nothing can be said about ratings at its top "
            "(scale_range or instrument)."
        )
    else:
        said.append(
            f"{percent(analysis.ceiling_prop)} of the ratings are at the top of the scale; where "
            "that is much, own SDs are small and small wobbles count as drops."
        )
    spread = analysis.constants
    if not isnan(spread.mean_sd):
        said.append(
            f"SDs the criteria use: {number(spread.mean_sd, 2)} (mean of the cases' own), "
            f"{number(spread.pooled_sd, 2)} (pooled)"
            + (
                f"; case means differ by {number(spread.between_sd, 2)}."
                if not isnan(spread.between_sd)
                else "."
            )
        )
    for result in analysis.results:
        if result.not_applied:
            said.append(
                f"{begin_with(result.name)} does not apply to "
                f"{count(len(result.not_applied), 'case')} with too few ratings; these are in none "
                "of its counts."
            )
        sure = getattr(result.criterion, "reliability", None)
        if sure is not None:
            sd = getattr(result.criterion, "sd", float("nan"))
            said.append(f"{begin_with(result.name)}: reliability {sure:g} and SD {sd:g} as given.")
    return said


def method_words(analysis: CourseAnalysis) -> list[str]:
    """Every criterion in words."""
    return [
        f"{begin_with(result.name)}: {result.criterion.describe()}." for result in analysis.results
    ]


def method_head(analysis: CourseAnalysis) -> list[str]:
    """The first criterion in words, and the names of the others."""
    first, *others = method_words(analysis)
    names = [result.name for result in analysis.results[1:]]
    return [first, f"Beside it: {listed(names)}."] if others else [first]
