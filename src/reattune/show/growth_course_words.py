"""The repair record of rated courses in sentences."""

from __future__ import annotations

from math import isfinite

from reattune.growth.words import say_repair_adds, share
from reattune.growth_pipeline.courses import CourseGrowth
from reattune.measures import Value
from reattune.show.phrases import count, listed


def say_course_growth(found: CourseGrowth) -> list[str]:
    """What the repair record of a sample says, with its null, and what it leaves open."""
    total = found.outcomes
    if total.known == 0:
        return ["No rupture with a known outcome was seen: nothing can be said of expected repair."]
    null = (
        f"Noise around each case's own trend gives {_limits(found.chance)}."
        if found.chance is not None
        else "No comparison with chance was made."
    )
    left = ""
    if total.undecided:
        left = (
            f"; {total.undecided} {'was' if total.undecided == 1 else 'were'} cut off before that"
        )
    said = [
        f"{total.hits:.0f} of {total.known:.0f} ruptures with a known outcome were repaired within "
        f"{_meetings(found.window)}{left}. As one record of all cases that is "
        f"{_limits(found.pooled)}. {null} This describes what happened to the ratings, not what "
        "anybody expects.",
        _say_known(found),
        _say_windows(found),
        say_repair_adds(found.adds),
    ]
    over = found.overshoot
    if over["repaired"]:
        said.append(
            f"{over['above']:.0f} of {over['repaired']:.0f} repairs ended above the level before "
            f"the rupture ({share(over['share'])}, {share(over['low'])} to {share(over['high'])}). "
            "Where ratings rise or wobble, some do so by chance."
        )
    return said


def _limits(value: Value) -> str:
    if not isfinite(value.low):
        return share(value.value)
    return f"{share(value.value)} ({share(value.low)} to {share(value.high)})"


def _meetings(window: float) -> str:
    return "one meeting" if window == 1 else f"{window:g} meetings"


def _say_known(found: CourseGrowth) -> str:
    known = found.known
    parts = [
        f"{known[key]} {'has' if known[key] == 1 else 'have'} {words}"
        for key, words in (
            ("none", "none"),
            ("one_or_two", "one or two"),
            ("three_or_four", "three or four"),
            ("five", "five or more"),
        )
        if known[key]
    ]
    cases = count(sum(known.values()), "case")
    given = (
        "a number for a single case is given from five on"
        if known["five"]
        else "no case has enough for a number of its own, which takes five"
    )
    return f"Known outcomes in {cases}: {listed(parts)}; {given}."


def _say_windows(found: CourseGrowth) -> str:
    told = listed(
        f"{_limits(value)} within {_meetings(window)}"
        for window, (value, outcomes) in found.by_window.items()
        if outcomes.known
    )
    return f"By the time within which a repair counts: {told}."
