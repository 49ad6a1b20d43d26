"""Tables of a comparison: every test, every group, every dyad."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite, isnan

from reattune.comparison import Comparison
from reattune.comparison.result import Effect
from reattune.measures import find_card
from reattune.show import comparison_words as words
from reattune.show.phrases import p_value, phase_name
from reattune.show.report.tables import (
    EMPTY,
    SHORT,
    Table,
    show_range,
    show_value,
    without_empty,
)


def effects_table(comparison: Comparison) -> Table:
    """Every comparison with interval, p, adjusted p, and what could have been seen."""
    several = len({(e.level, e.reference) for e in comparison.effects}) > 1
    rows = []
    for e in comparison.effects:
        measure = comparison.measures[e.measure]
        name = words.name_effect(comparison, e)
        part = words.part_title(comparison, e.part) or EMPTY
        label = SHORT.get(e.measure, measure.label)
        rows.append(
            (
                *(part, label, name if several else EMPTY),
                *_shown(e, measure.unit),
                *(_p(e.p), _p(e.p_holm), _p(e.p_model), str(e.units)),
            )
        )
    head = ("phase" if comparison.unit == "dyad" else "criterion", "measure", "what", "seen")
    more = ("95 % interval", "could be seen", "p", "adjusted", "by model", f"{comparison.unit}s")
    what = "Every comparison"
    if not several and comparison.column.kind == "category":
        second, first = (phase_name(v) for v in reversed(comparison.column.levels[:2]))
        what += f", {second} against {first}"
    table = Table(
        what,
        (*head, *more),
        tuple(rows),
        names=3,
        note="Ratios stand without, differences with their sign. Could be seen: beyond these, four "
        "of five such studies have p < .05. p: labels exchanged; adjusted: Holm, over all tests of "
        "this page; by model: from the interval.",
    )
    keep = [at for at in range(len(table.headings)) if any(row[at] != EMPTY for row in rows)]
    return replace(
        table,
        headings=tuple(table.headings[at] for at in keep),
        rows=tuple(tuple(row[at] for at in keep) for row in rows),
        names=sum(at < table.names for at in keep),
    )


def _shown(e: Effect, unit: str) -> tuple[str, str, str]:
    """The value, its limits, and what could have been seen."""
    value, low, high, below, above = (
        EMPTY if isnan(v) else words.show_effect(v, e.ratio, unit)
        for v in (e.value, e.low, e.high, e.seen_below, e.seen_above)
    )
    limits = EMPTY if low == EMPTY else f"{low.removesuffix(' points')} to {high}"
    if above == EMPTY:
        return value, limits, EMPTY
    return value, limits, f"{below}, {above}" if e.ratio else above.replace("+", "±")


def _p(p: float) -> str:
    return EMPTY if isnan(p) else p_value(p).removeprefix("p = ").removeprefix("p ")


def details_tables(comparison: Comparison) -> list[Table]:
    """Groups, classes of cases, and every dyad."""
    found = []
    if comparison.groups:
        found.append(groups_table(comparison))
    if comparison.classes:
        found.append(_classes_table(comparison))
    found.append(units_table(comparison))
    return [table for table in found if table.rows]


def groups_table(comparison: Comparison) -> Table:
    """Every measure in every group, also those that are described only."""
    rows = []
    for g in comparison.groups:
        label, unit = _label(comparison, g.measure)
        rows.append(
            (
                words.part_title(comparison, g.part) or EMPTY,
                label if g.tested else f"{label} (described)",
                phase_name(g.level),
                show_value(g.value, unit),
                show_range(g.low, g.high, unit),
                EMPTY if isnan(g.events) else show_value(g.events, "count"),
                str(g.units),
                str(g.sessions),
            )
        )
    head = ("phase" if comparison.unit == "dyad" else "criterion", "measure", "group", "value")
    headings = (*head, "95 % interval", "events", f"{comparison.unit}s", "sessions")
    return without_empty(Table("Groups", headings, tuple(rows), names=3))


def _label(comparison: Comparison, name: str) -> tuple[str, str]:
    if name in comparison.measures:
        measure = comparison.measures[name]
        return measure.label, measure.unit
    card = find_card(name)
    if card is not None:
        return card.label, card.unit
    unit = "share" if name.startswith(("repaired_within", "expected_repaired")) else "1"
    return name.replace("_", " ").replace("q50", "median"), unit


def _classes_table(comparison: Comparison) -> Table:
    rows = [
        (
            words.part_title(comparison, c.part),
            phase_name(c.level),
            c.label,
            f"{c.n} of {c.units}",
            show_value(c.n / c.units, "share") if c.units else EMPTY,
        )
        for c in comparison.classes
    ]
    note = "The class of a case grows with the number of its ratings."
    headings = ("criterion", "group", "class", "cases", "share")
    return Table("Classes of cases", headings, tuple(rows), names=3, note=note)


def units_table(comparison: Comparison) -> Table:
    """Every dyad's value of every measure."""
    rows: dict[tuple[str, str, str, float], dict[str, float]] = {}
    for u in comparison.units:
        x = u.x if isfinite(u.x) else float("inf")
        rows.setdefault((u.part, u.level, u.unit, x), {})[u.measure] = u.value
    names = [name for name in comparison.measures if any(name in own for own in rows.values())]
    cells = [
        (
            words.part_title(comparison, part) or EMPTY,
            phase_name(level) if level else f"{x:.4g}",
            unit,
            *(show_value(own.get(n, float("nan")), comparison.measures[n].unit) for n in names),
        )
        for (part, level, unit, x), own in rows.items()
    ]
    labels = [comparison.measures[name].label for name in names]
    head = ("phase" if comparison.unit == "dyad" else "criterion", comparison.column.name)
    return Table(
        f"Every {comparison.unit}", (*head, comparison.unit, *labels), tuple(cells), names=3
    )
