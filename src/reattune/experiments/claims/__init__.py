"""The theory's five claims, rerun on the model, each with its assumptions taken away one by one."""

from reattune.experiments.claims.ablations import ABLATIONS, Ablation
from reattune.experiments.claims.catalogue import CLAIMS
from reattune.experiments.claims.claim import Claim
from reattune.experiments.claims.estimates import Estimate
from reattune.experiments.claims.evidence import Evidence
from reattune.experiments.claims.result import ClaimsResult, Finding, Number
from reattune.experiments.claims.run import run_claims

__all__ = [
    "ABLATIONS",
    "CLAIMS",
    "Ablation",
    "Claim",
    "ClaimsResult",
    "Estimate",
    "Evidence",
    "Finding",
    "Number",
    "run_claims",
]
