"""One small run of all claims, for the tests that look at it."""

from __future__ import annotations

from functools import cache

from reattune.experiments.claims import ClaimsResult, run_claims


@cache
def run_small() -> ClaimsResult:
    """All claims, all ablations, as few dyads and sessions as there may be."""
    return run_claims(quick=True, dyads=20, sessions=15, workers=2)
