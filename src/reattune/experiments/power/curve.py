"""Curve: power against one dimension of a design, and the value from which on it suffices."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, inf, isfinite, log, nan

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError, did_you_mean
from reattune.core.study import Progress
from reattune.experiments.power.design import (
    DIMENSIONS,
    MAX_MINUTES,
    MIN_MINUTES,
    Design,
    change_design,
)
from reattune.experiments.power.result import PowerCurve, PowerResult, Reach, Reached
from reattune.experiments.power.run import estimate_power
from reattune.provenance import make_rng

FloatArray = NDArray[np.float64]

GOAL = 0.8
_DRAWS = 2000
# Multiples of a design's own value that a curve looks at unless it is told.
_AROUND = (0.25, 0.5, 1.0, 2.0, 4.0)


def plan_curve(
    design: Design | None = None,
    vary: str = "minutes",
    values: Iterable[float] | None = None,
    *,
    goal: float = GOAL,
    studies: int | None = None,
    seed: int = 1,
    workers: int = 1,
    on_progress: Progress | None = None,
) -> PowerCurve:
    """Power as one dimension of a design varies, and how much of it is needed.

    Parameters
    ----------
    design : Design, optional
        What stays; two groups of 20 dyads by default.
    vary : {"minutes", "dyads", "sessions", "effect", "step"}
    values : iterable of float, optional
        Two or more. By default some around the design's own.
    goal : float, default .8
        Share of studies that should find it.
    studies : int, optional
        For every value; by default half the question's usual number.
    seed, workers
        As in `estimate_power`.
    on_progress : callable(done, total, what), optional

    Returns
    -------
    PowerCurve

    Raises
    ------
    SettingError
        For a dimension there is not, or effects on both sides of none.

    Notes
    -----
    Where the goal is crossed is interpolated on the logit of power between neighbouring values (on
    the log of minutes, dyads, sessions and ratios), after power was made not to fall where the
    design gets better (pooling neighbours; Ayer and others 1955, Ann Math Stat 26, 641-647). Its
    limits come from drawing every power anew from what the simulated studies leave open.
    """
    plan = design or Design()
    if vary not in DIMENSIONS:
        raise SettingError("vary", vary, "a dimension." + did_you_mean(str(vary), DIMENSIONS))
    if not 0 < goal < 1:
        raise SettingError("goal", goal, "a number between 0 and 1")
    chosen = _choose(plan, vary, values)
    designs = [change_design(plan, vary, value) for value in chosen]
    n = max(50, plan.asked.studies // 2) if studies is None else studies
    results: list[PowerResult] = []
    for at, one in enumerate(designs):

        def show(done: int, total: int, what: str, at: int = at) -> None:
            if on_progress:
                told = f"{vary} {chosen[at]:g}"
                on_progress(at * total + done, len(designs) * total, told)

        results.append(estimate_power(one, studies=n, seed=seed, workers=workers, on_progress=show))
    found = [(result.power.found, result.power.studies) for result in results]
    scale = [_to_scale(plan, vary, value) for value in chosen]
    rng = make_rng(seed, "power", "reach")
    low, value, high, status = find_reach(scale, found, goal, rng=rng)
    smaller = chosen[0] < plan.asked.no_effect
    back = [_from_scale(plan, vary, end, smaller=smaller) for end in (low, value, high)]
    return PowerCurve(
        plan, vary, tuple(chosen), tuple(results), Reach(goal, back[1], back[0], back[2], status)
    )


def _choose(design: Design, vary: str, values: Iterable[float] | None) -> list[float]:
    if values is None:
        values = suggest_values(design, vary)
    try:
        chosen = sorted({float(value) for value in values})
    except (TypeError, ValueError) as error:
        raise SettingError("values", values, "numbers") from error
    if len(chosen) < 2 or not all(map(isfinite, chosen)):
        raise SettingError("values", chosen, "two different numbers or more")
    if vary == "effect":
        none = design.asked.no_effect
        if chosen[0] < none < chosen[-1]:
            raise SettingError("values", chosen, f"effects on one side of none at all ({none:g})")
    return chosen


def suggest_values(design: Design, vary: str) -> list[float]:
    """Values around the design's own."""
    if vary == "step":
        return [0.0, 0.2, 0.5, 1.0]
    own = design.amount(DIMENSIONS[vary])
    if vary == "effect":
        none = design.asked.no_effect
        if own == none:
            own = design.asked.effect
        shares = (0.25, 0.5, 0.75, 1.0, 1.5)
        if none == 0:
            return [share * own for share in shares]
        return [round(none * (own / none) ** share, 4) for share in shares]
    around = [own * share for share in _AROUND]
    if vary == "minutes":
        return [value for value in around if MIN_MINUTES <= value <= MAX_MINUTES]
    # A slope needs three sessions of a dyad.
    least = 3.0 if vary == "sessions" and design.question == "growth_load" else 1.0
    return sorted({max(least, float(round(value))) for value in around})


def _to_scale(design: Design, vary: str, value: float) -> float:
    """A number that grows as the design gets better."""
    if vary == "step":
        return -value
    if vary == "effect":
        none = design.asked.no_effect
        return abs(log(value / none)) if none > 0 else value
    return log(value)


def _from_scale(design: Design, vary: str, value: float, *, smaller: bool) -> float:
    if not isfinite(value):
        return value
    if vary == "step":
        return -value
    if vary == "effect":
        none = design.asked.no_effect
        if none == 0:
            return value
        return none * exp(-value if smaller else value)
    return exp(value)


def find_reach(
    scale: Iterable[float],
    found: Iterable[tuple[int, int]],
    goal: float,
    *,
    rng: np.random.Generator,
) -> tuple[float, float, float, Reached]:
    """Where power crosses a goal: lower limit, value, upper limit, status.

    Parameters
    ----------
    scale : iterable of float
        Grows as the design gets better.
    found : iterable of (int, int)
        Studies that found it, and all, at each.
    goal : float
    rng : numpy.random.Generator
    """
    x = np.array(list(scale), dtype=np.float64)
    hits, sizes = (np.array(side, dtype=np.float64) for side in zip(*found, strict=True))
    order = np.argsort(x)
    x, hits, sizes = x[order], hits[order], sizes[order]
    half = 0.5 / (sizes + 1)
    value = cross(x, pool_neighbours(np.clip(hits / sizes, half, 1 - half), sizes), goal)
    drawn = rng.beta(hits + 0.5, sizes - hits + 0.5, size=(_DRAWS, x.size))
    ends = np.array([cross(x, pool_neighbours(row, sizes), goal) for row in drawn])
    ends.sort()
    low, high = float(ends[int(0.025 * _DRAWS)]), float(ends[int(0.975 * _DRAWS)])
    if value == -inf:
        return low, nan, high, "at once"
    if value == inf:
        return low, nan, high, "not reached"
    return low, value, high, "reached"


def pool_neighbours(rates: FloatArray, weights: FloatArray) -> FloatArray:
    """The nearest rates that never fall: neighbours that do are pooled."""
    blocks: list[list[float]] = []
    for rate, weight in zip(rates.tolist(), weights.tolist(), strict=True):
        blocks.append([rate, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            last, before = blocks.pop(), blocks[-1]
            total = before[1] + last[1]
            before[0] = (before[0] * before[1] + last[0] * last[1]) / total
            before[1], before[2] = total, before[2] + last[2]
    return np.repeat([block[0] for block in blocks], [int(block[2]) for block in blocks])


def cross(x: FloatArray, rates: FloatArray, goal: float) -> float:
    """Where rates that never fall cross the goal; minus infinity before the first, infinity past.

    Interpolated linearly on the logit.
    """
    if rates[0] >= goal:
        return -inf
    above = np.flatnonzero(rates >= goal)
    if not above.size:
        return inf
    at = int(above[0])
    ends = np.log(rates[at - 1 : at + 1] / (1 - rates[at - 1 : at + 1]))
    share = (log(goal / (1 - goal)) - ends[0]) / (ends[1] - ends[0])
    return float(x[at - 1] + share * (x[at] - x[at - 1]))
