"""Between dyads: groups side by side, and slopes on a number that each dyad has once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan

import numpy as np
from numpy.typing import NDArray

from reattune.comparison.estimate import (
    Fit,
    fit_groups,
    fit_number,
    fit_one,
    from_log,
    jackknife,
    left_out_by_refit,
)
from reattune.comparison.latency import fit_cox
from reattune.comparison.measures import Measure
from reattune.comparison.permute import Permuted, permute_groups, permute_number
from reattune.comparison.result import Effect, GroupValue, LinePoint, Overall, UnitValue
from reattune.comparison.rows import Numbers, follow_rows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
MIN_UNITS = 3
PLACES = 25


@dataclass(frozen=True)
class Plan:
    """How tests are made.

    Attributes
    ----------
    part : str
    n, seed : int
        Permutations, and what they are drawn with.
    unit : str
        Dyad or case, for reasons.
    """

    part: str
    n: int
    seed: int
    unit: str

    def rng(self) -> np.random.Generator:
        """The same draws for every test of a comparison."""
        return np.random.default_rng(self.seed)


def describe_groups(
    numbers: Numbers, measure: Measure, levels: Sequence[str], part: str, *, tested: bool
) -> list[GroupValue]:
    """The pooled value of every group with limits over its dyads."""
    found = []
    for level in levels:
        own = numbers.keep([name == level for name in numbers.levels])
        log_scale = measure.form == "rate"
        fit = fit_one(own.y, own.x, log_scale) if own.y.size else Fit()
        low, high = fit.limits() if own.y.size >= MIN_UNITS else (nan, nan)
        if log_scale:
            values = [measure.scale_factor * from_log(v) for v in (fit.value, low, high)]
        elif measure.unit == "share":
            values = (
                [fit.value, max(0.0, low), min(1.0, high)]
                if isfinite(low)
                else [fit.value, nan, nan]
            )
        else:
            values = [fit.value, low, high]
        events = float(own.y.sum()) if measure.form in ("rate", "share") else nan
        sessions = sum(row.sessions for row in own.rows)
        units = len({row.unit for row in own.rows})
        found.append(
            GroupValue(
                *(part, measure.name, level, units, sessions, events),
                *(values[0], values[1], values[2]),
                tested,
            )
        )
    return found


def list_units(numbers: Numbers, measure: Measure, part: str) -> list[UnitValue]:
    """The value of every dyad (side, session)."""
    if measure.form == "latency":
        return []
    numbers = numbers.keep(numbers.x > 0)
    values = numbers.y / numbers.x * measure.scale_factor
    return [
        UnitValue(part, measure.name, row.unit, row.level, row.z, float(value))
        for row, value in zip(numbers.rows, values, strict=True)
    ]


def conclude(
    fit: Fit,
    permuted: Permuted,
    *,
    part: str,
    measure: Measure,
    level: str,
    reference: str,
    ratio: bool,
    units: int,
    step: float = nan,
) -> Effect:
    """The effect of a fit: back from the log scale, with what could have been seen."""
    low, high = fit.limits()
    if reference and measure.unit == "share" and isfinite(low):
        low, high = max(-1.0, low), min(1.0, high)
    seen = fit.seen
    back = from_log if ratio else float
    per_unit = (nan, nan, nan)
    if isfinite(step) and isfinite(fit.se):
        per_unit = (back(fit.value / step), back(low / step), back(high / step))
    return Effect(
        *(part, measure.name, level, reference, ratio),
        value=back(fit.value),
        low=back(low),
        high=back(high),
        p=permuted.p,
        p_model=fit.p,
        seen_below=back(-seen),
        seen_above=back(seen),
        units=units,
        arrangements=permuted.n,
        exact=permuted.exact,
        per_unit=per_unit,
        remark=fit.refused,
    )


def too_few(numbers: Numbers, levels: Sequence[str], unit: str) -> str:
    """Why groups of these sizes are not compared; empty when they are."""
    sizes = {level: len({r.unit for r in numbers.rows if r.level == level}) for level in levels}
    small = [
        f"{n} {unit}{'s' * (n != 1)} in {level}" for level, n in sizes.items() if n < MIN_UNITS
    ]
    if not small:
        return ""
    return f"{' and '.join(small)}; at least {MIN_UNITS} are needed in each group"


def compare_groups(
    numbers: Numbers, measure: Measure, levels: Sequence[str], plan: Plan
) -> tuple[list[Effect], list[Overall]]:
    """Every group against the first, and for more than two whether they differ at all."""
    reference, *others = levels
    log_scale = measure.ratio
    effects = []
    for level in others:
        two = numbers.keep([name in (reference, level) for name in numbers.levels])
        why = too_few(two, (reference, level), plan.unit)
        if why:
            effects.append(
                Effect(
                    *(plan.part, measure.name, level, reference, measure.ratio),
                    units=len(two.rows),
                    remark=why,
                )
            )
            continue
        labels = np.array([int(name == level) for name in two.levels], dtype=np.int64)
        first, second = ((two.y[labels == g], two.x[labels == g]) for g in (0, 1))
        if measure.form == "latency":
            fit = _fit_latency(two, labels.astype(np.float64), labels)
        else:
            fit = fit_groups(first, second, log_scale)
        permuted = permute_groups(two.y, two.x, labels, log_scale, plan.n, plan.rng())
        effects.append(
            conclude(
                *(fit, permuted),
                part=plan.part,
                measure=measure,
                level=level,
                reference=reference,
                ratio=measure.ratio,
                units=len(two.rows),
            )
        )
    enough = [level for level in levels if not too_few(numbers, (level,), plan.unit)]
    overall = []
    if len(levels) > 2 and len(enough) > 2:
        kept = numbers.keep([name in enough for name in numbers.levels])
        labels = np.array([enough.index(name) for name in kept.levels], dtype=np.int64)
        found = permute_groups(kept.y, kept.x, labels, log_scale, plan.n, plan.rng())
        overall.append(Overall(plan.part, measure.name, found.p, len(kept.rows)))
    return effects, overall


def _fit_latency(numbers: Numbers, z: FloatArray, groups: IntArray) -> Fit:
    """Cox's log hazard ratio, its error from leaving out one dyad at a time."""
    rows = follow_rows(numbers.rows, z)
    value = fit_cox(rows, strata=False)
    if not isfinite(value):
        return Fit(refused="the ruptures seen do not settle a ratio")
    left = left_out_by_refit(len(numbers.rows), lambda kept: fit_cox(rows.keep(kept), strata=False))
    return jackknife(value, left, groups)


def compare_number(
    numbers: Numbers, measure: Measure, centre: float, sd: float, plan: Plan
) -> tuple[Effect, list[LinePoint]]:
    """The slope per SD of the number, and the line it stands for."""
    n = len(numbers.rows)
    head = (plan.part, measure.name, "per SD", "", measure.ratio)
    z = (numbers.z - centre) / sd
    if n < 2 * MIN_UNITS or np.unique(z).size < 2:
        why = f"{n} {plan.unit}s with both; at least {2 * MIN_UNITS} are needed for a slope"
        return Effect(*head, units=n, remark=why), []
    log_scale = measure.ratio
    line: list[LinePoint] = []
    if measure.form == "latency":
        fit = _fit_latency(numbers, z, np.zeros(n, dtype=np.int64))
        if isfinite(fit.se):
            fit = Fit(fit.value, fit.se, float(n - 2))
    elif log_scale and not numbers.y.sum() > 0:
        fit = Fit(refused="no event")
    else:
        fit, level, left_level, left_slope = fit_number(numbers.y, numbers.x, z, log_scale)
        if isfinite(fit.se):
            line = _draw_line(numbers, measure, z, fit, (level, left_level, left_slope), plan)
            line = [
                LinePoint(p.part, p.measure, centre + sd * p.x, p.value, p.low, p.high)
                for p in line
            ]
    permuted = permute_number(numbers.y, numbers.x, z, log_scale, plan.n, plan.rng())
    effect = conclude(
        *(fit, permuted),
        part=plan.part,
        measure=measure,
        level="per SD",
        reference="",
        ratio=measure.ratio,
        units=n,
        step=sd,
    )
    return effect, line


def _draw_line(
    numbers: Numbers,
    measure: Measure,
    z: FloatArray,
    fit: Fit,
    found: tuple[float, FloatArray, FloatArray],
    plan: Plan,
) -> list[LinePoint]:
    level, left_level, left_slope = found
    points = []
    for at in np.linspace(float(z.min()), float(z.max()), PLACES):
        left = left_level + left_slope * at
        value = level + fit.value * float(at)
        own = jackknife(value, left, np.zeros(left.size, dtype=np.int64))
        low, high = Fit(value, own.se, fit.df).limits()
        ends = [value, low, high]
        if measure.ratio:
            ends = [measure.scale_factor * from_log(v) for v in ends]
        points.append(LinePoint(plan.part, measure.name, float(at), *ends))
    return points
