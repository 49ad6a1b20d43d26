"""A curve of power in sentences: how much is needed, every point, and what it rests on."""

from __future__ import annotations

from math import ceil, isfinite, isinf

from reattune.experiments.power import PowerCurve
from reattune.experiments.power.design import DIMENSIONS
from reattune.show.phrases import listed, percent
from reattune.show.power_words import (
    correlation,
    describe_design,
    limit_sentences,
    naive_sentences,
    rests_on,
    share,
    show_value,
    there,
)

# A step of a curve that adds no more than this to power adds little.
_LITTLE = 0.05


def summarize_curve(curve: PowerCurve) -> list[str]:
    """How much is needed, every point, and what it rests on."""
    return [
        f"{curve.design.asked.title} {curve_heading(curve)}",
        "",
        how_much(curve),
        "",
        *points(curve),
        "",
        *best_at(curve),
        *rests_on(curve.results[0]),
    ]


def curve_heading(curve: PowerCurve) -> str:
    """What varies, and what stays."""
    design = curve.design
    values = listed(f"{value:.3g}" for value in curve.values)
    rest = describe_design(design, curve.vary)
    effect = "" if curve.vary == "effect" or design.question == "precision" else there(design)
    return f"Varied: {name_of(curve.vary)}, {values}. Otherwise {rest}.{effect}"


def name_of(vary: str) -> str:
    """What a dimension is called."""
    return {"step": "seconds per code"}.get(vary, vary)


def how_much(curve: PowerCurve) -> str:
    """The answer: from which value on so many of the studies find it."""
    reach, vary = curve.reach, curve.vary
    goal = percent(reach.goal)
    close = curve.design.question == "precision"
    done = "recordings come close" if close else "studies find it"
    by = curve.results[0].power.label
    worst, best = curve.values[0], curve.values[-1]
    if curve.falling:
        worst, best = best, worst
    if reach.status == "not reached":
        top = curve.results[curve.values.index(best)].power.rate
        told = f"{goal} is not reached: at {show_value(vary, best)} {share(top)} of {done}"
        more = ""
        if isfinite(reach.low):
            place = show_value(vary, _rounded(vary, reach.low))
            more = f"; as far as so many simulated studies tell it might be at {place}"
        return f"{told}, by {by}{more}.{_flat(curve)}"
    if reach.status == "at once":
        rate = curve.results[curve.values.index(worst)].power.rate
        return (
            f"{goal} is reached everywhere: already at {show_value(vary, worst)} {share(rate)} of "
            f"{done}, by {by}."
        )
    limits = _limits(curve)
    word = "at most" if curve.falling else "at least"
    value = show_value(vary, _rounded(vary, reach.value))
    return f"You need {word} {value} so that {goal} of {done}, by {by} ({limits})."


def _flat(curve: PowerCurve) -> str:
    """Where the last step of minutes or sessions added next to nothing: what would."""
    if curve.vary not in ("minutes", "sessions") or curve.design.question == "precision":
        return ""
    last, before = (curve.results[i].power.rate.value for i in (-1, -2))
    if last - before > _LITTLE:
        return ""
    return (
        f" More {curve.vary} add little here: what is left is how much dyads differ, and only more "
        "dyads help against that."
    )


def _rounded(vary: str, value: float) -> float:
    return float(ceil(value - 1e-9)) if vary in ("dyads", "sessions") else float(f"{value:.2g}")


def _limits(curve: PowerCurve) -> str:
    reach, vary = curve.reach, curve.vary
    low, high = reach.low, reach.high
    told = "as far as so many simulated studies tell"
    known = sorted(end for end in (low, high) if isfinite(end))
    ends = [show_value(vary, _rounded(vary, end)) for end in known]
    if len(ends) == 2:
        return f"between {ends[0]} and {ends[1]}, {told}"
    if not ends:
        return f"anywhere, {told}"
    beyond = "before" if isinf(low) else "beyond"
    return f"from {ends[0]} to {beyond} what was looked at, {told}"


def points(curve: PowerCurve) -> list[str]:
    """One line for each value: power, and false positives beside it."""
    said = []
    for value, result in zip(curve.values, curve.results, strict=True):
        told = f"{show_value(curve.vary, value)}: {share(result.power.rate)}"
        null = result.false_positive
        if null is not None:
            told += f"; without any effect {percent(null.rate.value)}"
        if curve.vary == "effect" and "r" in result.numbers:
            told += f"; r = {correlation(abs(result.numbers['r'].value))}"
        said.append(told + ".")
    return said


def nearest(curve: PowerCurve) -> int:
    """Place of the value nearest to the design's own."""
    own = curve.design.amount(DIMENSIONS[curve.vary])
    return min(range(len(curve.values)), key=lambda i: abs(curve.values[i] - own))


def best_at(curve: PowerCurve) -> list[str]:
    """What naive analyses would give, and what limits, at the value nearest to the design's own."""
    at = nearest(curve)
    said = naive_sentences(curve.results[at])[2:] + limit_sentences(curve.results[at])
    place = show_value(curve.vary, curve.values[at])
    return [f"What naive analyses would give, at {place}:", *said, ""] if said else []
