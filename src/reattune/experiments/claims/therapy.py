"""Claim 5: in therapy, repair at a depth that trust and tolerance can bear."""

from __future__ import annotations

from functools import cache

import numpy as np

from reattune.experiments.claims.ablations import Ablation
from reattune.experiments.claims.cells import COLLAPSED, Cell, Found, Lived, summarise
from reattune.experiments.claims.claim import Statement
from reattune.experiments.claims.designs import LITTLE_REPAIR, THERAPISTS, make_therapist
from reattune.experiments.claims.estimates import Estimate, estimate_difference
from reattune.experiments.claims.plan import Plan
from reattune.models import (
    DropOut,
    DyadState,
    SimulatedCourse,
    SimulatedStudy,
    simulate_study,
    therapy_hour,
)
from reattune.provenance import make_rng

THERAPY, UNPACED = "therapy", "much repair, unpaced"
EARLY = 5
FOLLOWED = ("tolerance", "trust", "confident_trust", "stress", "depth")

STATEMENTS = (
    Statement(
        "much repair widens",
        "Patients from years of little repair end with wider tolerance with a therapist who "
        "repairs much.",
        "tolerance at the end less that at the start",
    ),
    Statement(
        "repair at nearly the same match",
        "A therapist who repairs at an average rate ends with wider tolerance than one who repairs "
        "little, though both are matched about as much.",
        "tolerance at the end with the average therapist less that with little repair",
    ),
    Statement(
        "always attuned assures less",
        "With a therapist who is always attuned, confident trust ends lower than with one who "
        "repairs much.",
        "confident trust at the end with much repair less that with always attuned",
    ),
    Statement(
        "pacing spares",
        "Material paced by trust and tolerance takes patients over their tolerance for less of the "
        "early sessions than material at full depth.",
        "share of early time over tolerance, unpaced less paced",
    ),
    Statement(
        "pacing keeps",
        "Fewer patients leave when the material is paced.",
        "share who left, unpaced less paced",
    ),
    Statement(
        "pacing widens",
        "Pacing also ends with wider tolerance.",
        "tolerance at the end, paced less unpaced",
    ),
)


def build(plan: Plan, change: Ablation) -> list[Cell]:
    """Four therapists with paced material, and much repair with material at full depth."""
    # The same patients for all therapists; made once, by whichever cell comes first.
    patients = cache(lambda: _make_patients(plan, change))

    def cell(name: str, therapist: str, paced: bool) -> Cell:
        dyad = change.change(make_therapist(therapist, paced=paced))

        def live(rng: np.random.Generator) -> Lived:
            study = simulate_study(
                dict.fromkeys(patients(), dyad),
                plan.therapy_sessions,
                therapy_hour(),
                rng=rng,
                states=patients(),
                keep_events=False,
            )
            return _follow(study, plan)

        return Cell(THERAPY, name, float("nan"), live)

    return [
        *(cell(name, name, True) for name in THERAPISTS),
        cell(UNPACED, "much repair", False),
    ]


def judge(found: Found, plan: Plan) -> dict[str, Estimate]:
    """Ends against starts and between therapists; patients are the same throughout."""
    much, average, little, always, unpaced = (
        found[THERAPY, name] for name in (*THERAPISTS, UNPACED)
    )

    def less(first: Lived, second: Lived, outcome: str) -> Estimate:
        return estimate_difference(first[outcome], second[outcome], paired=True)

    start = much["tolerance_start"]
    return {
        "much repair widens": estimate_difference(much["tolerance"], start, paired=True),
        "repair at nearly the same match": less(average, little, "tolerance"),
        "always attuned assures less": less(much, always, "confident_trust"),
        "pacing spares": less(unpaced, much, "early_over_prop"),
        "pacing keeps": less(unpaced, much, "left_prop"),
        "pacing widens": less(much, unpaced, "tolerance"),
    }


def _make_patients(plan: Plan, change: Ablation) -> dict[str, DyadState]:
    rng = make_rng(plan.seed, "claims", THERAPY, "patients")
    dyads = [change.change(LITTLE_REPAIR)] * plan.cell_dyads
    study = simulate_study(dyads, plan.sessions, rng=rng, keep_events=False)
    return {course.dyad: course.state for course in study}


def _follow(study: SimulatedStudy, plan: Plan) -> Lived:
    """Starts and ends, early strain, and the chance of having left.

    Whether somebody leaves changes nothing before it, so the chance of having left by a session is
    one less the product of the chances of staying: no draw is needed, and no draw's noise comes in.
    """
    values = summarise(study, slice(None))
    latents = np.array([course.latents for course in study])
    for at, name in enumerate(FOLLOWED):
        values[name] = latents[:, -1, at]
        values[f"{name}_start"] = latents[:, 0, at]
    values["collapsed_prop"] = (latents[:, -1, 0] < COLLAPSED).astype(np.float64)
    early = max(1, min(EARLY, plan.therapy_sessions // 4))
    values["early_over_prop"] = np.array([_over(course, slice(early)) for course in study])
    left = np.array([_leave(course) for course in study])
    values["left_prop"] = left[:, plan.leaving_sessions - 1]
    courses = {name: latents[:, :, at] for at, name in enumerate(FOLLOWED)}
    return Lived(values, {**courses, "left_prop": left})


def _over(course: SimulatedCourse, window: slice) -> float:
    told = course.describe_sums(course.sums[window].sum(axis=(0, 1)))
    return told["over_tolerance_prop"]


def _leave(course: SimulatedCourse) -> np.ndarray:
    """Chance of having left after each session."""
    rule = DropOut()
    stay = 1.0
    out = []
    for at in range(len(course)):
        stay *= 1 - rule.chance(_over(course, slice(at, at + 1)), float(course.latents[at, 1]))
        out.append(1 - stay)
    return np.array(out)
