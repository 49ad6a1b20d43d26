"""A comparison in sentences: the groups, the difference, and what this study could have shown."""

from __future__ import annotations

from math import isfinite, isnan

from reattune.comparison import Comparison
from reattune.comparison.measures import LATENCY
from reattune.comparison.result import Effect, GroupValue
from reattune.show.phrases import (
    count,
    listed,
    number,
    p_value,
    percent,
    phase_name,
    start_upper,
)
from reattune.surrogates.wording import format_p

ALPHA = 0.05


def summarize_comparison(comparison: Comparison) -> list[str]:
    """The result as text: what was compared, part by part, and how to read it."""
    lines = [heading(comparison), ""]
    for part in comparison.parts:
        title = part_title(comparison, part)
        lines += [title] if title else []
        lines += [*describe_part(comparison, part), ""]
    return [*lines, *(str(note) for note in comparison.notes), *readings(comparison)]


def part_title(comparison: Comparison, part: str) -> str:
    """The phase or criterion; empty where there is nothing to tell apart."""
    if not part or part == "all":
        return ""
    return start_upper(phase_name(part))


def heading(comparison: Comparison) -> str:
    """What was compared by what: ``By group: quick (4 dyads), slow (4 dyads).``"""
    column, unit = comparison.column, comparison.unit
    study = f"Study {comparison.study}, by" if comparison.study else "By"
    if column.kind == "category":
        sizes = [f"{phase_name(level)} ({_size(comparison, level)})" for level in column.levels]
        told = f"{study} {column.name}: {', '.join(sizes)}"
        return f"{told}; each {unit} is compared with itself." if column.within else f"{told}."
    units, sessions = comparison.sizes[""]
    if column.within:
        return (
            f"{study} {column.name}, within {unit}s: {count(sessions, 'session')} of "
            f"{count(units, unit)}, over a span of {_figure(comparison.step)}."
        )
    return (
        f"{study} {column.name}, a number that each {unit} has once: {count(units, unit)}, "
        f"SD {_figure(comparison.step)}."
    )


def _size(comparison: Comparison, level: str) -> str:
    units, sessions = comparison.sizes[level]
    told = count(units, comparison.unit)
    return (
        told
        if units == sessions or comparison.unit == "case"
        else f"{told}, {count(sessions, 'session')}"
    )


def describe_part(comparison: Comparison, part: str) -> list[str]:
    """One sentence or two for every measure, what base rates or chance give beside it."""
    said = []
    for name in comparison.measures:
        told = describe_measure(comparison, part, name)
        if told:
            said.append(told)
    if any(o.measure == "class" and o.part == part for o in comparison.overall):
        said.append(_classes(comparison, part))
    return said or ["Nothing could be compared here."]


def describe_measure(comparison: Comparison, part: str, name: str) -> str:
    """A measure in every group, the difference, and the verdict on it; empty when not compared."""
    effects = [e for e in comparison.effects if e.part == part and e.measure == name]
    if not effects:
        return ""
    measure = comparison.measures[name]
    said = f"{start_upper(measure.label)}: "
    groups = [g for g in comparison.groups if g.part == part and g.measure == name]
    if groups:
        said += f"{', '.join(_in_group(g, measure.unit) for g in groups)}; "
    # Names of groups are data: they keep their letters, also at the beginning of a sentence.
    said += "; ".join(_told(comparison, effect) for effect in effects) + "."
    overall = [o for o in comparison.overall if o.part == part and o.measure == name]
    for row in overall:
        said += f" All groups together: {p_value(row.p)}."
    return said + _beside(comparison, part, name)


def _in_group(group: GroupValue, unit: str) -> str:
    limits = ""
    if isfinite(group.low) and isfinite(group.high):
        limits = f" ({show_figure(group.low, unit)} to {show_figure(group.high, unit)})"
    return f"{show_figure(group.value, unit)} in {phase_name(group.level)}{limits}"


def show_figure(value: float, unit: str) -> str:
    """A value of a measure as its unit is read."""
    if isnan(value):
        return "not defined"
    if unit == "share":
        return percent(value)
    if unit == "s":
        return f"{number(value)} s"
    return number(value, 2) if abs(value) < 10 else number(value, 1)


def show_effect(value: float, ratio: bool, unit: str) -> str:
    """A ratio, or a difference with its sign; differences of shares in percentage points."""
    if isnan(value):
        return "not defined"
    if ratio:
        if value == float("inf"):
            return "infinity"
        return number(value, 2) if value < 100 else "over 100"
    told = f"{number(100 * value, 0)} points" if unit == "share" else number(value, 2)
    return told if value < 0 or told.startswith(("0.00", "0 ")) else f"+{told}"


def name_effect(comparison: Comparison, effect: Effect) -> str:
    """What the number is: ``slow / quick``, ``slow - quick``, ``per SD of age``."""
    if effect.reference:
        mark = "/" if effect.ratio else "−"
        return f"{phase_name(effect.level)} {mark} {phase_name(effect.reference)}"
    if effect.level == "per SD":
        kind = "ratio" if effect.ratio else "difference"
        return f"{kind} per SD of {comparison.column.name}"
    return f"{effect.level.replace(' - ', ' − ')} of the span, within {comparison.unit}s"


def _told(comparison: Comparison, effect: Effect) -> str:
    name = name_effect(comparison, effect)
    if isnan(effect.value) or (effect.remark and isnan(effect.p)):
        return f"{name} is not compared ({effect.remark or 'not defined'})"
    unit = comparison.measures[effect.measure].unit
    value = show_effect(effect.value, effect.ratio, unit)
    limits = ""
    if isfinite(effect.low):
        ends = (
            show_effect(v, effect.ratio, unit).removesuffix(" points")
            for v in (effect.low, effect.high)
        )
        limits = f" (95 % interval {' to '.join(ends)})"
    elif effect.remark:
        limits = f" ({effect.remark})"
    return f"{name} {value}{limits}, {verdict(comparison, effect)}"


def verdict(comparison: Comparison, effect: Effect) -> str:
    """The p and what it can mean; beside a large one what such studies would have seen."""
    tests = comparison.tests
    if isnan(effect.p):
        return "no p"
    told = p_value(effect.p)
    if effect.p > ALPHA:
        return f"{told}: too little to tell{_could(comparison, effect)}"
    adjusted = f", {_bare(effect.p_holm)} adjusted for {tests} tests"
    if tests == 1:
        return f"{told}: more than exchanging the labels gives"
    if effect.p_holm <= ALPHA:
        return f"{told}{adjusted}: more than exchanging the labels gives"
    return f"{told}{adjusted}: it would stand out alone, among {tests} it does not"


def _bare(p: float) -> str:
    """The p without its letter: ``.03``, ``< .001``."""
    return format_p(p).removeprefix("p = ").removeprefix("p ")


def _could(comparison: Comparison, effect: Effect) -> str:
    if not isfinite(effect.seen_above):
        return ""
    unit = comparison.measures[effect.measure].unit
    if unit == "share" and not effect.ratio and effect.seen_above >= 1:
        return " (four of five such studies would have missed any difference there can be)"
    if effect.ratio:
        over = show_effect(effect.seen_above, True, unit)
        ends = f"a ratio under {number(effect.seen_below, 2)} or over {over}"
    else:
        size = show_effect(effect.seen_above, False, unit).removeprefix("+")
        ends = f"a difference of {size} or more"
    return f" (four of five such studies would have seen {ends})"


def _beside(comparison: Comparison, part: str, name: str) -> str:
    """What base rates or chance give each group; for latency, how fast half were repaired."""
    rows = [g for g in comparison.groups if g.part == part and not g.tested]
    if name == LATENCY:
        half = [g for g in rows if g.measure.startswith("repair_latency_q50")]
        within = [g for g in rows if g.measure.startswith("repaired_within_3")]
        unit = "s" if comparison.clock == "second" else "meetings"
        told = [
            f"{number(g.value)} {unit} in {phase_name(g.level)}" for g in half if isfinite(g.value)
        ]
        shares = [f"{percent(g.value)}" for g in within]
        said = f" Half were repaired within {listed(told)}" if told else ""
        return (
            f"{said}; within 3 {unit} {listed(shares)}."
            if said and shares
            else f"{said}."
            if said
            else ""
        )
    expected = {
        "matched_prop": "expected_prop",
        "repair_hazard_per_s": "expected_repair_hazard_per_s",
        "ruptures_per_rating": "expected_ruptures_per_rating",
        "repaired_prop": "expected_repaired_prop",
    }.get(name)
    own = [g for g in rows if g.measure == expected and isfinite(g.value)]
    if not own:
        return ""
    unit = comparison.measures[name].unit
    what = "Base rates alone give" if comparison.unit == "dyad" else "Chance gives"
    told = [f"{show_figure(g.value, unit)} in {phase_name(g.level)}" for g in own]
    return f" {what} {listed(told)}."


def _classes(comparison: Comparison, part: str) -> str:
    told = []
    for level in comparison.column.levels:
        rows = [c for c in comparison.classes if c.part == part and c.level == level]
        shares = [f"{c.label} {percent(c.n / c.units)}" for c in rows if c.units]
        told.append(f"{level}: {', '.join(shares)}")
    row = next(o for o in comparison.overall if o.part == part and o.measure == "class")
    if isnan(row.p):
        return f"Classes of the cases: {'; '.join(told)}. Not compared: all are in one class."
    end = ""
    if row.p > ALPHA:
        end = ": too little to tell"
    elif comparison.tests > 1:
        end = f" ({_bare(row.p_holm)} adjusted for {comparison.tests} tests)"
    return f"Classes of the cases: {'; '.join(told)}; {p_value(row.p)}{end}."


def readings(comparison: Comparison) -> list[str]:
    """What a comparison of this kind can and cannot say."""
    unit = comparison.unit
    column = comparison.column
    said = []
    if column.within and column.kind == "category":
        said.append(
            f"Each {unit} was compared with itself; what always came first or last may differ "
            "because of its place and not because of what it is."
        )
    elif column.within:
        said.append(
            f"Change within {unit}s over time may be age, practice or anything else that went on."
        )
    else:
        said.append(
            f"Whatever else goes with {column.name} in these {unit}s can be the reason for a "
            "difference, unless it was given out by lot."
        )
    said.append(
        f"A difference between groups says nothing about any one {unit}, and a p above .05 is not "
        "evidence that there is none."
    )
    if any(measure.caveat for measure in comparison.measures.values()) and unit == "dyad":
        said.append(
            "Matched time, hazards and speed of repair mix base rates with timing: read them "
            "beside K and repairs over what base rates give."
        )
    return said


def _figure(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


__all__ = [
    "describe_measure",
    "describe_part",
    "heading",
    "name_effect",
    "readings",
    "show_effect",
    "show_figure",
    "summarize_comparison",
    "verdict",
]
