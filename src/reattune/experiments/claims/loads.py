"""Claim 3: small and graded ruptures build, massive ones do not."""

from __future__ import annotations

import numpy as np

from reattune.experiments.claims.ablations import WHOLE, Ablation
from reattune.experiments.claims.cells import (
    COLLAPSED,
    Cell,
    Found,
    Lived,
    live_blocks,
    make_cell,
    take_part,
)
from reattune.experiments.claims.claim import Statement
from reattune.experiments.claims.designs import NEAR, ORDINARY, SPELLS, make_intense
from reattune.experiments.claims.estimates import Estimate, estimate_difference
from reattune.experiments.claims.plan import Plan
from reattune.models import imposed

DURATION, ORDINARY_DURATION = "duration", "duration, ordinary dyad"
INTENSITY, RAMP = "intensity", "ramp"
FACTORS = (1.0, 2.5, 5.0, 7.5, 10.0, 15.0)
FEW_FACTORS = (1.0, 5.0, 10.0)
SPELLS_OF_3_S, STEPS, RAMP_FROM, RAMP_TO = 20, 16, 2.5, 20.0
NONE = "none"

STATEMENTS = (
    Statement(
        "many short widen",
        "On a mostly matched dyad, sixty absences of 2 s per session end with wider tolerance than "
        "none.",
        "tolerance with 60 x 2 s less that with none",
    ),
    Statement(
        "repeated long narrow",
        "Six absences of 20 s, 120 s in all as well, end with narrower tolerance than none.",
        "tolerance with none less that with 6 x 20 s",
    ),
    Statement(
        "one massive narrows",
        "One absence of 120 s ends with narrower tolerance than none.",
        "tolerance with none less that with 1 x 120 s",
    ),
    Statement(
        "repeated long below one massive",
        "The narrowest is not the single massive absence but long ones again and again.",
        "tolerance with 1 x 120 s less that with 6 x 20 s",
        limit=True,
    ),
    Statement(
        "an ordinary dyad bears no more",
        "On a dyad that is matched a third of the time anyway, the same short absences do not "
        "widen: there they narrow.",
        "tolerance of an ordinary dyad with none less that with 60 x 2 s",
        0.02,
        limit=True,
    ),
    Statement(
        "intense widens",
        "At 3 s each, five times the strain ends with wider tolerance than the usual strain.",
        "tolerance at 5 times the strain less that at the usual one",
    ),
    Statement(
        "too intense narrows",
        "Ten times the strain ends with narrower tolerance than five times.",
        "tolerance at 5 times the strain less that at 10 times",
    ),
    Statement(
        "ramp over at once",
        "The same greatest strain, reached by steps, ends with wider tolerance than when it is "
        "there from the start.",
        "tolerance at the end of the ramp less that with the greatest strain from the start",
    ),
)


def build(plan: Plan, change: Ablation) -> list[Cell]:
    """Loads by duration on two dyads, by intensity, and ramped or at once."""
    whole = change is WHOLE
    near, ordinary = change.change(NEAR), change.change(ORDINARY)
    few = (SPELLS[0], SPELLS[4], SPELLS[6])
    near_spells = few if plan.quick or not whole else SPELLS
    cells = [make_cell(DURATION, NONE, 0.0, near, plan)]
    cells += [_spell_cell(DURATION, near, plan, *spell) for spell in near_spells]
    cells.append(make_cell(ORDINARY_DURATION, NONE, 0.0, ordinary, plan))
    for spell in near_spells if whole else few[:1]:
        cells.append(_spell_cell(ORDINARY_DURATION, ordinary, plan, *spell))
    for factor in FACTORS if whole and not plan.quick else FEW_FACTORS:
        dyad = change.change(make_intense(factor))
        paradigm = imposed(SPELLS_OF_3_S, 3.0)
        cells.append(make_cell(INTENSITY, f"x{factor:g}", factor, dyad, plan, paradigm))
    ramp = np.linspace(RAMP_FROM, RAMP_TO, STEPS)
    cells.append(_block_cell("by steps", ramp, plan, change))
    cells.append(_block_cell("at once", np.full(STEPS, RAMP_TO), plan, change))
    return cells


def judge(found: Found, plan: Plan) -> dict[str, Estimate]:
    """The differences of the statements."""
    tolerance = {key: lived["tolerance"] for key, lived in found.items()}
    none = tolerance[DURATION, NONE]
    short, long, single = (
        tolerance[DURATION, name] for name in ("60 x 2 s", "6 x 20 s", "1 x 120 s")
    )
    return {
        "many short widen": estimate_difference(short, none),
        "repeated long narrow": estimate_difference(none, long),
        "one massive narrows": estimate_difference(none, single),
        "repeated long below one massive": estimate_difference(single, long),
        "an ordinary dyad bears no more": estimate_difference(
            tolerance[ORDINARY_DURATION, NONE], tolerance[ORDINARY_DURATION, "60 x 2 s"]
        ),
        "intense widens": estimate_difference(
            tolerance[INTENSITY, "x5"], tolerance[INTENSITY, "x1"]
        ),
        "too intense narrows": estimate_difference(
            tolerance[INTENSITY, "x5"], tolerance[INTENSITY, "x10"]
        ),
        "ramp over at once": estimate_difference(
            *(lived["tolerance"] for lived in take_part(found, RAMP).values())
        ),
    }


def _spell_cell(part: str, dyad: object, plan: Plan, spells: int, spell_s: float) -> Cell:
    name = f"{spells} x {spell_s:g} s"
    return make_cell(part, name, spell_s, dyad, plan, imposed(spells, spell_s))  # type: ignore[arg-type]


def _block_cell(name: str, factors: np.ndarray, plan: Plan, change: Ablation) -> Cell:
    """Sixteen blocks of sessions, each with its own strain."""
    blocks = [change.change(make_intense(float(factor))) for factor in factors]

    def live(rng: np.random.Generator) -> Lived:
        ends, followed = [], []
        for _ in range(plan.cell_dyads):
            state, tolerance = live_blocks(blocks, plan.block, imposed(SPELLS_OF_3_S, 3.0), rng=rng)
            ends.append((state.tolerance, state.trust, state.confident_trust))
            followed.append(tolerance)
        table = np.array(ends)
        values = {
            "tolerance": table[:, 0],
            "trust": table[:, 1],
            "confident_trust": table[:, 2],
            "collapsed_prop": (table[:, 0] < COLLAPSED).astype(np.float64),
        }
        return Lived(values, {"tolerance": np.array(followed)})

    return Cell(RAMP, name, float("nan"), live)
