"""Growth by turns to negative affect at equal mismatch load, over a course of play."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from reattune.core.pair import MISMATCH
from reattune.experiments.power.design import Design
from reattune.experiments.power.dyads import (
    MATCHING_RATIO,
    answer_more,
    at_time,
    draw_dyads,
    find_window,
    grow,
    live,
)
from reattune.experiments.power.outcome import Outcome, name_rng
from reattune.experiments.power.questions import EFFECT, MATCHING, NONE
from reattune.experiments.power.see import make_rule, read_pairs
from reattune.growth import (
    Affect,
    AffectCounts,
    count_affect,
    fit_slope,
    read_affect,
    scale_time,
)
from reattune.growth.load import LOAD_EDGES_S
from reattune.growth.slope import SlopeFit, refuse
from reattune.growth.turns import DOWN_S, UP_S, is_separable
from reattune.models import DyadParameters
from reattune.rules.join import join

FloatArray = NDArray[np.float64]
Change = Callable[[DyadParameters, float], DyadParameters]

GRID = tuple(product(UP_S, DOWN_S))


@dataclass(frozen=True, eq=False)
class LoadTable:
    """Turns and exposure of every session at every pair of time constants.

    Attributes
    ----------
    turns, exposure_s : float arrays, shape (pairs, sessions, strata)
    """

    turns: FloatArray
    exposure_s: FloatArray

    def choose(self) -> tuple[FloatArray, FloatArray]:
        """Those of the pair that sorts the turns of the whole study best, as `choose_load` does."""
        scores = []
        for turns, exposure in zip(
            self.turns.sum(axis=1), self.exposure_s.sum(axis=1), strict=True
        ):
            some = turns > 0
            scores.append(float((turns[some] * np.log(turns[some] / exposure[some])).sum()))
        best = int(np.argmax(scores))
        return self.turns[best], self.exposure_s[best]


def tabulate_load(affects: Sequence[Affect]) -> LoadTable:
    """The counts of `reattune.growth.count_at_load` of each window, for the whole grid."""
    from reattune.experiments.power.load_kernel import count_loads

    up, down = (np.array(side) for side in zip(*GRID, strict=True))
    inner = np.array(LOAD_EDGES_S[1:-1])
    rows = []
    for affect in affects:
        defined = affect.state >= 0
        anew = np.ones(defined.size, dtype=np.bool_)
        anew[1:] = ~defined[:-1] | affect.cut[1:-1]
        at_risk = defined & affect.observed & ~affect.negative
        turned = at_risk & affect.turns
        lengths = affect.lengths
        rows.append(count_loads(lengths, affect.state, anew, at_risk, turned, up, down, inner))
    turns, exposure = (np.stack(side, axis=1) for side in zip(*rows, strict=True))
    return LoadTable(turns, exposure)


def run_load(design: Design, seed: int, study: int) -> Outcome:
    """One study: slopes over a course, adjusted and crude, in three worlds."""
    drawn = draw_dyads(design, design.size("dyads"), name_rng(seed, study, "dyads"))
    changes: Mapping[str, Change] = {
        EFFECT: lambda dyad, t: grow(dyad, at_time(design.amount("effect"), t)),
        NONE: lambda dyad, t: dyad,
        MATCHING: lambda dyad, t: answer_more(dyad, at_time(MATCHING_RATIO, t)),
    }
    p: dict[tuple[str, str], float] = {}
    values: dict[tuple[str, str], float] = {(MATCHING, "one"): 1.0}
    codes: dict[str, float] = {}
    for world, change in changes.items():
        found, refused = _test(design, _see(design, drawn, change, name_rng(seed, study, "live")))
        p |= {(world, name): fit.p for name, fit in found.items()}
        values |= {(world, f"ratio {name}"): fit.ratio for name, fit in found.items()}
        codes |= dict.fromkeys(refused, 1.0)
    return Outcome(p, values, codes)


def _see(
    design: Design, dyads: Sequence[DyadParameters], change: Change, rng: np.random.Generator
) -> list[Affect]:
    """The affect of every session, dyad by dyad."""
    rule, window = make_rule(design.codebook), find_window(design, design.measured)
    ways = [design.observation()]
    times = np.linspace(0, 1, design.size("sessions")).tolist()
    changed = [change(dyad, time) for dyad in dyads for time in times]
    found = []
    for (course,) in live(design, changed, 1, rng):
        pair = read_pairs(course, ways, rule, window)[0]
        found.append(read_affect(join(pair), pair.partners[0], [rule.negative]))
    return found


def _test(design: Design, affects: Sequence[Affect]) -> tuple[dict[str, SlopeFit], list[str]]:
    """The slopes of `reattune.growth.measure_growth`, and why one is not made."""
    sessions = design.size("sessions")
    names = np.repeat(np.arange(design.size("dyads")), sessions).tolist()
    time = scale_time(np.tile(np.arange(sessions), design.size("dyads")))
    counts = [count_affect(affect) for affect in affects]
    observed = np.array([_observed_s(affect) for affect in affects])
    mismatched = np.array([count.mismatched_s for count in counts])
    share = np.divide(mismatched, observed, out=np.zeros_like(observed), where=observed > 0)
    turns = np.array([float(count.turns) for count in counts])
    open_s = np.array([count.open_s for count in counts])
    found = {
        "turns_beside_mismatch": fit_slope(turns, open_s, np.column_stack([time, share]), names),
        "turns_crude": fit_slope(turns, open_s, time, names),
        "negative_share": fit_slope(*_shares(counts), time, names),
    }
    separable, why = is_separable(affects)
    if separable:
        equal = fit_slope(*tabulate_load(affects).choose(), time, names)
    else:
        equal = refuse(f"not separable from matching: {why}")
    return {"turns_at_equal_load": equal, **found}, [equal.refused] if equal.refused else []


def _observed_s(affect: Affect) -> float:
    return float(affect.lengths[affect.state >= MISMATCH].sum())


def _shares(counts: Sequence[AffectCounts]) -> tuple[FloatArray, FloatArray]:
    return (
        np.array([count.negative_s for count in counts]),
        np.array([count.coded_s for count in counts]),
    )
