"""Experiments with the mechanistic model: what follows from it, and what a study could show."""

from reattune.experiments.claims import CLAIMS, ClaimsResult, run_claims
from reattune.experiments.fit_result import StudyFit
from reattune.experiments.fitting import fit_study
from reattune.experiments.folder import write_simulation
from reattune.experiments.predictive import check_predictions
from reattune.experiments.predictive_result import Predictive
from reattune.experiments.simulating import SimulationPlan, plan_simulation

__all__ = [
    "CLAIMS",
    "ClaimsResult",
    "Predictive",
    "SimulationPlan",
    "StudyFit",
    "check_predictions",
    "fit_study",
    "plan_simulation",
    "run_claims",
    "write_simulation",
]
