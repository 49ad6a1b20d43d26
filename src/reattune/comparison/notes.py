"""What has to be known before a comparison is believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import factorial, isfinite

from reattune.comparison.columns import Column
from reattune.comparison.measures import Measure
from reattune.comparison.permute import count_arrangements
from reattune.comparison.result import Effect
from reattune.comparison.source import Source
from reattune.core.notes import Note

FEW = 6
UNEQUAL = 4.0
ALPHA = 0.05


def list_notes(
    source: Source,
    column: Column,
    sizes: Mapping[str, tuple[int, int]],
    effects: Sequence[Effect],
    measures: Sequence[Measure],
) -> list[Note]:
    """Small groups, what cannot be compared, unequal recordings."""
    notes = [*_small(source, column, sizes, effects), *_imposed(source, column, measures)]
    remarks: dict[str, list[str]] = {}
    for effect in effects:
        if effect.remark:
            where = f"{effect.part} {effect.measure}".strip()
            remarks.setdefault(effect.remark, []).append(where)
    for remark, places in remarks.items():
        told = f"{', '.join(dict.fromkeys(places))}: {remark}."
        notes.append(Note("not_compared", told, count=len(places), level="warning"))
    return [*notes, *_unequal(source, column, measures)]


def _small(
    source: Source, column: Column, sizes: Mapping[str, tuple[int, int]], effects: Sequence[Effect]
) -> list[Note]:
    small = {level: n for level, (n, _) in sizes.items() if n < FEW}
    if not small:
        return []
    told = ", ".join(
        f"{n} {source.unit}{'s' * (n != 1)}" + (f" in {level}" if level else "")
        for level, n in small.items()
    )
    least = _least(column, [n for n, _ in sizes.values()])
    tests = sum(isfinite(effect.p) for effect in effects)
    more = ""
    if least > 0.002:
        more = f" No p can be below {least:.2g}."
        if least <= ALPHA < tests * least:
            more += (
                f" Adjusted for {tests} tests none can be below {min(1.0, tests * least):.2g}: "
                "name the measures you planned (measures, --measures)."
            )
    text = f"{told}: so few that only very large differences can show.{more}"
    return [Note("few_units", text, count=len(small), level="warning")]


def _least(column: Column, counts: Sequence[int]) -> float:
    """The smallest p that exchanging labels can give."""
    if column.within:
        return float(2 / 2 ** min(counts))
    if column.kind == "number":
        return float(2 / factorial(min(counts[0], 20)))
    # With two groups of one size every arrangement has a mirror image that is as far apart.
    mirrored = len(counts) == 2 and counts[0] == counts[1]
    return (2 if mirrored else 1) / count_arrangements(list(counts))


def _imposed(source: Source, column: Column, measures: Sequence[Measure]) -> list[Note]:
    parts = set(column.phases or source.parts) & source.imposed
    if not parts or not any(measure.needs_both for measure in measures):
        return []
    told = (
        f"{', '.join(sorted(parts))}: one partner was asked not to respond; repair, ruptures and K "
        "say nothing there and were not compared."
    )
    return [Note("imposed", told, count=len(parts))]


def _unequal(source: Source, column: Column, measures: Sequence[Measure]) -> list[Note]:
    """Means give every dyad the same weight, however little was seen of it."""
    if not any(measure.form == "mean" for measure in measures):
        return []
    seconds: dict[str, float] = {}
    for record in source.records:
        if column.phases or record.session in column.values:
            held = record.counts.get("observed", 0.0)
            seconds[record.unit] = seconds.get(record.unit, 0.0) + held
    seen = [value for value in seconds.values() if value > 0]
    if not seen or not isfinite(max(seen)) or max(seen) <= UNEQUAL * min(seen):
        return []
    told = (
        f"{source.unit.capitalize()}s were observed for {min(seen):.0f} to {max(seen):.0f} s; "
        "in shares and K each counts the same."
    )
    return [Note("unequal_time", told, level="warning")]
