"""Claim 2: how soon repair comes matters more than how much is matched."""

from __future__ import annotations

import numpy as np

from reattune.experiments.claims.ablations import WHOLE, Ablation
from reattune.experiments.claims.cells import Cell, Found, Lived, make_cell, summarise, take_part
from reattune.experiments.claims.claim import Statement
from reattune.experiments.claims.designs import (
    ORDINARY,
    change_speed,
    draw_dyads,
    make_caregiver,
)
from reattune.experiments.claims.estimates import Estimate, estimate_difference, regress
from reattune.experiments.claims.plan import Plan
from reattune.models import DyadParameters, simulate_study
from reattune.provenance import make_rng

RANDOM, SPEED, MAP = "random dyads", "speed", "map"
OUTCOMES = ("tolerance", "trust", "confident_trust")
FACTORS = (4.0, 2.0, 1.4, 1.0, 0.85, 0.7, 0.6, 0.5, 0.35)
FEW_FACTORS = (2.0, 1.0, 0.7, 0.35)
# The map: latencies aimed at for settings of the knob. Both are measured, and shown as measured.
MAP_KNOB = (0.0, 0.42, 0.55, 0.66, 0.75, 0.83, 0.92, 1.0)
MAP_LATENCY_S = (1.0, 2.0, 3.5, 5.0, 7.0, 10.0)
FEW_KNOB, FEW_LATENCY_S = (0.0, 0.6, 0.9), (1.5, 4.0, 8.0)
CHUNK = 50

STATEMENTS = (
    Statement(
        "speed over match (tolerance)",
        "Between random dyads, how soon repairs come early on says more about later tolerance than "
        "how much is matched.",
        "standardised weight of the share repaired within 5 s less the size of that of the match",
        0.1,
    ),
    Statement(
        "speed over match (trust)",
        "The same for confident trust.",
        "standardised weight of the share repaired within 5 s less the size of that of the match",
        0.1,
    ),
    Statement(
        "same match at other speeds",
        "At the same matched share, quick repair ends with wider tolerance than slow repair.",
        "tolerance with everything twice as fast less that with everything at .35 of the speed",
    ),
)


def build(plan: Plan, change: Ablation) -> list[Cell]:
    """Random dyads in groups, all rates scaled together, and the map (not for ablations)."""
    dyads = draw_dyads(plan.dyads, make_rng(plan.seed, "claims", RANDOM))
    cells = [
        _group(at, [change.change(dyad) for dyad in dyads[at : at + CHUNK]], plan)
        for at in range(0, len(dyads), CHUNK)
    ]
    few = plan.quick or change is not WHOLE
    for factor in FEW_FACTORS if few else FACTORS:
        dyad = change.change(change_speed(ORDINARY, factor))
        cells.append(make_cell(SPEED, f"{factor:g}", factor, dyad, plan))
    return cells + (_map_cells(plan) if change is WHOLE else [])


def judge(found: Found, plan: Plan) -> dict[str, Estimate]:
    """The regressions of the random dyads, and fast against slow."""
    speed = take_part(found, SPEED)
    return {
        "speed over match (tolerance)": _regress(found, plan, "tolerance")["advantage"],
        "speed over match (trust)": _regress(found, plan, "confident_trust")["advantage"],
        "same match at other speeds": estimate_difference(
            speed["2"]["tolerance"], speed["0.35"]["tolerance"]
        ),
    }


def count(found: Found, plan: Plan) -> dict[tuple[str, str, str], Estimate]:
    """Correlations and weights of both measures for all three outcomes."""
    return {
        (RANDOM, outcome, name): value
        for outcome in OUTCOMES
        for name, value in _regress(found, plan, outcome).items()
    }


def join(found: Found) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """All random dyads: predictors from their first sessions, outcomes from their last."""
    groups = list(take_part(found, RANDOM).values())
    return {name: np.concatenate([g[name] for g in groups]) for name in groups[0].values}


def _regress(found: Found, plan: Plan, outcome: str) -> dict[str, Estimate]:
    dyads = join(found)
    rng = make_rng(plan.seed, "claims", RANDOM, "resampling")
    return regress(
        dyads["first_matched_prop"], dyads["first_repaired_soon_prop"], dyads[outcome], rng=rng
    )


def _group(at: int, dyads: list[DyadParameters], plan: Plan) -> Cell:
    def live(rng: np.random.Generator) -> Lived:
        study = simulate_study(dyads, plan.sessions, rng=rng, keep_events=False)
        values = summarise(study, slice(-plan.late, None))
        early = summarise(study, slice(None, plan.first))
        values |= {f"first_{name}": value for name, value in early.items()}
        return Lived(values)

    return Cell(RANDOM, f"{at + 1} to {at + len(dyads)}", float("nan"), live)


def _map_cells(plan: Plan) -> list[Cell]:
    """Every setting of the knob slowed or hurried until repairs take about so long."""
    cells = []
    for q in FEW_KNOB if plan.quick else MAP_KNOB:
        dyad = make_caregiver(q)
        usual_s = _usual_latency_s(dyad, plan.seed)
        for latency_s in FEW_LATENCY_S if plan.quick else MAP_LATENCY_S:
            scaled = change_speed(dyad, usual_s / latency_s)
            name = f"{q:g} at {latency_s:g} s"
            cells.append(make_cell(MAP, name, q, scaled, plan, dyads=plan.map_dyads))
    return cells


def _usual_latency_s(dyad: DyadParameters, seed: int) -> float:
    """Mean latency in a few sessions, at the speed the dyad has."""
    rng = make_rng(seed, "claims", MAP, "pilot")
    study = simulate_study([dyad] * 4, 5, rng=rng, keep_events=False)
    return float(np.mean(summarise(study, slice(None))["latency_mean_s"]))
