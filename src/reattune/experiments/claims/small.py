"""Claim 4: many small repairs build tolerance and trust."""

from __future__ import annotations

from reattune.experiments.claims.ablations import WHOLE, Ablation
from reattune.experiments.claims.cells import Cell, Found, make_cell, take_part
from reattune.experiments.claims.claim import Statement
from reattune.experiments.claims.designs import make_caregiver
from reattune.experiments.claims.estimates import Estimate, estimate_difference
from reattune.experiments.claims.plan import Plan
from reattune.models import imposed

REPAIRS = "small repairs"
COUNTS = (0, 10, 20, 40, 60, 90)
FEW_COUNTS = (0, 40, 90)

STATEMENTS = (
    Statement(
        "small repairs widen",
        "A dyad that is matched nearly always ends with wider tolerance when ninety ruptures of 3 "
        "s per session are repaired than when there are none.",
        "tolerance with 90 small repairs per session less that with none",
    ),
    Statement(
        "small repairs assure",
        "It ends with higher confident trust as well.",
        "confident trust with 90 small repairs per session less that with none",
    ),
    Statement(
        "half as many do less",
        "More of them do more: ninety end with higher confident trust than forty.",
        "confident trust with 90 small repairs per session less that with 40",
    ),
)


def build(plan: Plan, change: Ablation) -> list[Cell]:
    """0 to 90 imposed ruptures of 3 s per session on a dyad that is matched nearly always."""
    dyad = change.change(make_caregiver(1.0))
    few = plan.quick or change is not WHOLE
    return [
        make_cell(REPAIRS, f"{n}", float(n), dyad, plan, imposed(n, 3.0))
        for n in (FEW_COUNTS if few else COUNTS)
    ]


def judge(found: Found, plan: Plan) -> dict[str, Estimate]:
    """Most against none, and against fewer."""
    cells = take_part(found, REPAIRS)
    most, some, none = cells["90"], cells["40"], cells["0"]
    return {
        "small repairs widen": estimate_difference(most["tolerance"], none["tolerance"]),
        "small repairs assure": estimate_difference(
            most["confident_trust"], none["confident_trust"]
        ),
        "half as many do less": estimate_difference(
            most["confident_trust"], some["confident_trust"]
        ),
    }
