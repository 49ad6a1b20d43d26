"""Claim 1: the middle builds most."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reattune.experiments.claims.ablations import WHOLE, Ablation
from reattune.experiments.claims.cells import Cell, Found, make_cell, take_part
from reattune.experiments.claims.claim import Statement
from reattune.experiments.claims.designs import READS_WELL, make_caregiver
from reattune.experiments.claims.estimates import Estimate, estimate_best, estimate_difference
from reattune.experiments.claims.plan import Plan

KNOB, OWN_MOVES = "caregiver", "own moves only"
MOVES_PER_S = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0)
FEW_MOVES_PER_S = (0.0, 0.5, 2.0)

STATEMENTS = (
    Statement(
        "left side (tolerance)",
        "Tolerance ends wider in the middle than where little is read and answered.",
        "tolerance at the widest setting less that at the lowest",
    ),
    Statement(
        "right side (tolerance)",
        "Tolerance ends wider in the middle than where nearly everything is matched.",
        "tolerance at the widest setting less that at the highest",
    ),
    Statement(
        "left side (trust)",
        "Confident trust ends higher in the middle than where little is read and answered.",
        "confident trust at its peak less that at the lowest setting",
    ),
    Statement(
        "right side (trust)",
        "Confident trust ends higher in the middle than where nearly everything is matched.",
        "confident trust at its peak less that at the highest setting",
    ),
    Statement(
        "more ruptures at good reading",
        "Where reading stays good and only the responder's own moves vary, more ruptures end with "
        "wider tolerance: no middle there.",
        "tolerance with most own moves less that with none",
        limit=True,
    ),
)


def build(plan: Plan, change: Ablation) -> list[Cell]:
    """The knob from end to end, and own moves alone."""
    few = plan.quick or change is not WHOLE
    knob = np.linspace(0, 1, 7 if few else 21)
    cells = [
        make_cell(KNOB, f"{q:.3f}", float(q), change.change(make_caregiver(float(q))), plan)
        for q in knob
    ]
    for rate in FEW_MOVES_PER_S if few else MOVES_PER_S:
        dyad = change.change(replace(READS_WELL, responder_agenda_per_s=rate))
        cells.append(make_cell(OWN_MOVES, f"{rate:g}", rate, dyad, plan))
    return cells


def judge(found: Found, plan: Plan) -> dict[str, Estimate]:
    """The best setting against both ends, and most own moves against none."""
    knob = list(take_part(found, KNOB).values())
    moves = list(take_part(found, OWN_MOVES).values())
    out: dict[str, Estimate] = {}
    for word, outcome in (("tolerance", "tolerance"), ("trust", "confident_trust")):
        cells = [lived[outcome] for lived in knob]
        for side, end in (("left", 0), ("right", -1)):
            out[f"{side} side ({word})"] = estimate_best(cells, cells[end])[1]
    out["more ruptures at good reading"] = estimate_difference(
        moves[-1]["tolerance"], moves[0]["tolerance"]
    )
    return out
