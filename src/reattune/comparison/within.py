"""Within dyads: phases or conditions of each dyad against each other, and change over sessions."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from reattune.comparison.between import MIN_UNITS, Plan, conclude
from reattune.comparison.estimate import Fit, jackknife, left_out_by_refit
from reattune.comparison.latency import cumulative_hazard, fit_cox
from reattune.comparison.measures import Measure
from reattune.comparison.paired import fit_means_over, fit_pairs, fit_rates_over
from reattune.comparison.permute import flip_signs
from reattune.comparison.result import Effect
from reattune.comparison.rows import Numbers, Row, follow_rows
from reattune.growth.slope import scale_time

FloatArray = NDArray[np.float64]


def compare_sides(
    numbers: Numbers, measure: Measure, levels: Sequence[str], plan: Plan
) -> list[Effect]:
    """Every phase or condition against the first, dyad by dyad."""
    reference, *others = levels
    numbers = numbers.keep(numbers.x > 0)
    by_level = {
        level: {row.unit: i for i, row in enumerate(numbers.rows) if row.level == level}
        for level in levels
    }
    effects = []
    for level in others:
        units = sorted(set(by_level[reference]) & set(by_level[level]))
        if len(units) < MIN_UNITS:
            why = f"{len(units)} {plan.unit}s with both; at least {MIN_UNITS} are needed"
            effects.append(
                Effect(
                    *(plan.part, measure.name, level, reference, measure.ratio),
                    units=len(units),
                    remark=why,
                )
            )
            continue
        at = [np.array([by_level[side][u] for u in units]) for side in (reference, level)]
        if measure.form == "latency":
            rows = [numbers.rows[i] for side in at for i in side.tolist()]
            fit, scores = _fit_latency(rows, np.repeat([0.0, 1.0], len(units)))
        else:
            first, second = ((numbers.y[i], numbers.x[i]) for i in at)
            fit, scores = fit_pairs(first, second, measure.ratio)
        effects.append(
            conclude(
                *(fit, flip_signs(scores, plan.n, plan.rng())),
                part=plan.part,
                measure=measure,
                level=level,
                reference=reference,
                ratio=measure.ratio,
                units=len(units),
            )
        )
    return effects


def compare_time(
    numbers: Numbers, measure: Measure, span: tuple[float, float], plan: Plan
) -> Effect:
    """Change over the study's span within dyads: end against start.

    Seconds count as events for shares of time (quasi-likelihood); K has no counts, so its
    difference is by least squares.
    """
    low, high = span
    numbers = numbers.keep(numbers.x > 0)
    rows = numbers.rows
    dyads = [row.unit for row in rows]
    ratio = measure.ratio or bool(measure.above)
    head = (plan.part, measure.name, "end / start", "", ratio)
    units = len(set(dyads))
    moving = {u for u in dyads if len({row.z for row in rows if row.unit == u}) > 1}
    if len(moving) < MIN_UNITS:
        why = f"{len(moving)} {plan.unit}s seen at different times; at least {MIN_UNITS} are needed"
        return Effect(*head, units=units, remark=why)
    time = scale_time([low, high, *(row.z for row in rows)])[2:]
    if measure.form == "latency":
        fit, scores = _fit_latency(rows, time)
    elif ratio:
        y = np.array([row.counts[measure.above] for row in rows])
        x = np.array([row.counts[measure.below] for row in rows])
        fit, scores = fit_rates_over(y, x, time, dyads)
    else:
        fit, scores = fit_means_over(numbers.y / numbers.x, time, dyads)
    tested = scores if isfinite(fit.se) else np.zeros(1)
    return conclude(
        *(fit, flip_signs(tested, plan.n, plan.rng())),
        part=plan.part,
        measure=measure,
        level="end / start" if ratio else "end - start",
        reference="",
        ratio=ratio,
        units=units,
        step=high - low,
    )


def _fit_latency(rows: Sequence[Row], z: FloatArray) -> tuple[Fit, FloatArray]:
    """Cox's log hazard ratio with a speed of its own for each dyad, and each dyad's score.

    The score is the dyad's own log-rank sum, z (repaired - expected at the dyad's own speed).
    """
    followed = follow_rows(rows, z)
    scores = []
    informative = []
    for unit in np.unique(followed.unit).tolist():
        own = followed.keep(np.array([unit]))
        away = own.repaired - cumulative_hazard(own.time, own.repaired)
        score = float((own.z * away).sum())
        if np.unique(own.z).size > 1 and own.repaired.any():
            informative.append(unit)
            scores.append(score)
    kept = np.array(informative, dtype=np.int64)
    if kept.size < 2:
        return Fit(refused="fewer than two dyads with a repair on both sides"), np.array(scores)
    value = fit_cox(followed.keep(kept), strata=True)
    left = left_out_by_refit(
        kept.size, lambda chosen: fit_cox(followed.keep(kept[chosen]), strata=True)
    )
    fit = jackknife(value, left, np.zeros(kept.size, dtype=np.int64))
    return fit, np.array(scores)
