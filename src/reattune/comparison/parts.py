"""One phase or criterion after the other: groups, tests, curves and classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from reattune.comparison.between import (
    Plan,
    compare_groups,
    compare_number,
    describe_groups,
    list_units,
)
from reattune.comparison.columns import Column
from reattune.comparison.latency import Curve, draw_curve, share_limits
from reattune.comparison.measures import Measure, known_measures
from reattune.comparison.permute import permute_classes
from reattune.comparison.result import (
    ClassShare,
    Effect,
    GroupValue,
    LinePoint,
    Overall,
    UnitValue,
)
from reattune.comparison.rows import Row, follow_rows, pool_rows, take_numbers
from reattune.comparison.source import Source
from reattune.comparison.within import compare_sides, compare_time

# Times by which shares of repaired ruptures are told.
WITHIN = {"second": (1.0, 3.0, 5.0, 10.0), "meeting": (1.0, 2.0, 3.0)}
CLASSES = ("none", "repaired", "unrepaired", "censored")


@dataclass(eq=False)
class Found:
    """What the parts of a comparison add up to; filled part by part."""

    groups: list[GroupValue] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    overall: list[Overall] = field(default_factory=list)
    units: list[UnitValue] = field(default_factory=list)
    line: list[LinePoint] = field(default_factory=list)
    classes: list[ClassShare] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)

    def add(
        self, source: Source, column: Column, part: str, measures: Sequence[Measure], plan: Plan
    ) -> None:
        """Compare one part."""
        rows = pool_rows(source, column, part)
        for measure, tested in _described(source, measures).items():
            if measure.needs_both and part in source.imposed:
                continue
            levels = [
                level
                for level in column.levels
                if not (measure.needs_both and column.phases and level in source.imposed)
            ]
            if column.kind == "category":
                usable = [row for row in rows if row.level in levels]
                if len(levels) > 1:
                    self._category(source, column, usable, levels, measure, tested, plan)
            elif tested:
                self._number(source, column, rows, measure, plan)
        if source.unit == "case" and column.kind == "category":
            self._classes(rows, column, part, plan)

    def _category(
        self,
        source: Source,
        column: Column,
        rows: Sequence[Row],
        levels: Sequence[str],
        measure: Measure,
        tested: bool,
        plan: Plan,
    ) -> None:
        numbers = take_numbers(rows, measure)
        if not numbers.rows:
            return
        if measure.form == "latency":
            self._latency(source, rows, levels, plan.part)
        else:
            self.groups += describe_groups(numbers, measure, levels, plan.part, tested=tested)
        if not tested:
            return
        self.units += list_units(numbers, measure, plan.part)
        if column.within:
            self.effects += compare_sides(numbers, measure, levels, plan)
        else:
            effects, overall = compare_groups(numbers, measure, levels, plan)
            self.effects += effects
            self.overall += overall

    def _number(
        self, source: Source, column: Column, rows: Sequence[Row], measure: Measure, plan: Plan
    ) -> None:
        numbers = take_numbers(rows, measure)
        if not numbers.rows:
            return
        self.units += list_units(numbers, measure, plan.part)
        if column.within:
            span = [float(value) for value in column.values.values()]
            self.effects.append(compare_time(numbers, measure, (min(span), max(span)), plan))
        else:
            effect, line = compare_number(numbers, measure, *find_centre(source, column), plan)
            self.effects.append(effect)
            self.line += line

    def _latency(
        self, source: Source, rows: Sequence[Row], levels: Sequence[str], part: str
    ) -> None:
        """Curves, medians and shares repaired within a time, by group."""
        times = np.array(WITHIN[source.clock])
        mark = "s" if source.clock == "second" else "_meetings"
        for level in levels:
            own = [row for row in rows if row.level == level and row.follow.size]
            followed = follow_rows(own, np.zeros(len(own)))
            if not followed.time.size:
                continue
            curve = draw_curve(followed, part, level)
            self.curves.append(curve)
            head = (level, curve.units, sum(row.sessions for row in own), float(curve.ruptures))
            name = f"repair_latency_q50{'_s' if mark == 's' else mark}"
            self.groups.append(GroupValue(part, name, *head, *curve.median, False))
            for time, share, low, high in zip(times, *share_limits(followed, times), strict=True):
                name = f"repaired_within_{time:g}{mark}"
                value = (float(share), float(low), float(high))
                self.groups.append(GroupValue(part, name, *head, *value, False))

    def _classes(self, rows: Sequence[Row], column: Column, part: str, plan: Plan) -> None:
        labelled = [row for row in rows if row.label in CLASSES]
        for level in column.levels:
            own = [row.label for row in labelled if row.level == level]
            self.classes += [
                ClassShare(part, level, label, own.count(label), len(own)) for label in CLASSES
            ]
        sizes = [sum(row.level == level for row in labelled) for level in column.levels]
        if labelled and min(sizes) > 0:
            kinds = np.array([CLASSES.index(row.label) for row in labelled], dtype=np.int64)
            labels = np.array([column.levels.index(row.level) for row in labelled], dtype=np.int64)
            found = permute_classes(kinds, labels, plan.n, plan.rng())
            self.overall.append(Overall(part, "class", found.p, len(labelled)))


def _described(source: Source, measures: Sequence[Measure]) -> dict[Measure, bool]:
    """Measures to describe, and whether they are tested."""
    known = known_measures(source)
    found = dict.fromkeys(measures, True)
    for measure in measures:
        for name in measure.beside:
            found.setdefault(known[name], False)
    return found


def find_centre(source: Source, column: Column) -> tuple[float, float]:
    """Mean and SD of a number over dyads, the same for every part and measure."""
    by_unit = {source.unit_of[s]: float(value) for s, value in column.values.items()}
    values = np.array([by_unit[unit] for unit in sorted(by_unit)])
    return float(values.mean()), float(values.std(ddof=1))
