"""Claim, Statement: what the theory says, in sentences that a simulation can answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reattune.experiments.claims.ablations import Ablation
from reattune.experiments.claims.cells import Cell, Found
from reattune.experiments.claims.estimates import Estimate
from reattune.experiments.claims.evidence import Evidence
from reattune.experiments.claims.plan import Plan

# A difference that counts: a twentieth of the tolerance a dyad begins with, or 5 in 100.
SMALLEST = 0.05


@dataclass(frozen=True)
class Statement:
    """One sentence, and the difference that has to be positive for it to hold.

    Attributes
    ----------
    name : str
    says : str
    difference : str
        What is taken from what.
    smallest : float
        Differences below count as none.
    limit : bool
        It says where the claim ends, not the claim.
    """

    name: str
    says: str
    difference: str
    smallest: float = SMALLEST
    limit: bool = False


@dataclass(frozen=True, eq=False)
class Claim:
    """One claim of the theory.

    Attributes
    ----------
    number : int
    title : str
    theory : str
        The claim in a sentence.
    statements : tuple of Statement
    build : callable(plan, ablation) -> list of Cell
        Fewer cells for an ablation: those the statements need.
    judge : callable(found, plan) -> mapping of str to Estimate
        The difference of every statement, by its name.
    count : callable(found, plan) -> mapping of (part, cell, outcome) to Estimate
        Further numbers, which belong to no cell alone.
    evidence : tuple of Evidence
    tests : tuple of str
        Which data and which measures of this package would test it in people.
    """

    number: int
    title: str
    theory: str
    statements: tuple[Statement, ...]
    build: Callable[[Plan, Ablation], list[Cell]]
    judge: Callable[[Found, Plan], Mapping[str, Estimate]]
    count: Callable[[Found, Plan], Mapping[tuple[str, str, str], Estimate]] = field(
        default=lambda found, plan: {}
    )
    evidence: tuple[Evidence, ...] = ()
    tests: tuple[str, ...] = ()

    def statement(self, name: str) -> Statement:
        """The statement of that name."""
        return next(item for item in self.statements if item.name == name)
