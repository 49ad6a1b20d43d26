"""ClaimsResult: every number of the rerun claims, and which statement outlives which assumption."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isnan, nan
from typing import TYPE_CHECKING, Literal, NamedTuple

from reattune.experiments.claims.claim import Statement
from reattune.experiments.claims.estimates import Estimate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Verdict = Literal["holds", "gone", "reversed", "open"]
NUMBER_COLUMNS = (
    *("claim", "part", "ablation", "cell", "x", "session", "outcome"),
    *("value", "low", "high", "n"),
)
FINDING_COLUMNS = (
    *("claim", "statement", "says", "limit", "ablation", "verdict"),
    *("difference", "low", "high", "n", "smallest", "kept"),
)


class Number(NamedTuple):
    """One number: where it comes from, and its estimate.

    ``ablation`` is empty for the model as it is, ``session`` 0 for a summary over sessions.
    """

    claim: int
    part: str
    ablation: str
    cell: str
    x: float
    session: int
    outcome: str
    estimate: Estimate


@dataclass(frozen=True)
class Finding:
    """How one statement fares, in the model as it is or without one assumption.

    Attributes
    ----------
    claim : int
    statement : Statement
    ablation : str
        Empty for the model as it is.
    estimate : Estimate
        Of the difference that has to be positive.
    kept : float
        The difference as a share of that in the model as it is, where the statement holds; nan
        otherwise, and for the model itself.
    """

    claim: int
    statement: Statement
    ablation: str
    estimate: Estimate
    kept: float = nan

    @property
    def verdict(self) -> Verdict:
        """Holds, gone, reversed, or open.

        Holds: the 95 % limits lie wholly above the smallest difference that counts. Reversed:
        wholly below its negative. Gone: wholly below it, and not reversed. Open: anything else,
        limits that are missing included.
        """
        low, high, least = self.estimate.low, self.estimate.high, self.statement.smallest
        if isnan(low) or isnan(high):
            return "open"
        if low > least:
            return "holds"
        if high < -least:
            return "reversed"
        return "gone" if high < least else "open"


@dataclass(frozen=True, eq=False)
class ClaimsResult:
    """The claims, rerun.

    Attributes
    ----------
    numbers : tuple of Number
    findings : tuple of Finding
    dyads : mapping of str to tuple of float
        The random dyads of claim 2, a column each; empty where it was not run.
    settings : mapping
        Sizes, seed, assumptions taken away, versions; no clock time.
    """

    numbers: tuple[Number, ...]
    findings: tuple[Finding, ...]
    dyads: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def claims(self) -> tuple[int, ...]:
        """Numbers of the claims that were run."""
        return tuple(dict.fromkeys(finding.claim for finding in self.findings))

    @property
    def ablations(self) -> tuple[str, ...]:
        """Names of the assumptions that were taken away."""
        return tuple(dict.fromkeys(f.ablation for f in self.findings if f.ablation))

    @property
    def quick(self) -> bool:
        """Whether this is a short run, too small to judge by."""
        return bool(self.settings.get("quick"))

    def find(self, claim: int, statement: str, ablation: str = "") -> Finding:
        """One finding.

        Raises
        ------
        KeyError
            When there is none.
        """
        for finding in self.findings:
            if (finding.claim, finding.statement.name, finding.ablation) == (
                claim,
                statement,
                ablation,
            ):
                return finding
        raise KeyError(f"no finding {statement!r} of claim {claim} under {ablation or 'the model'}")

    def value(self, claim: int, part: str, cell: str, outcome: str, ablation: str = "") -> Estimate:
        """One number that is no course over sessions.

        Raises
        ------
        KeyError
            When there is none.
        """
        for row in self.numbers:
            if row.session == 0 and (row.claim, row.part, row.cell, row.outcome, row.ablation) == (
                claim,
                part,
                cell,
                outcome,
                ablation,
            ):
                return row.estimate
        raise KeyError(f"no number {outcome!r} of {part!r}, {cell!r} in claim {claim}")

    def carried_by(self, claim: int, statement: str) -> tuple[str, ...]:
        """Assumptions without which a statement that holds is gone or reversed."""
        if self.find(claim, statement).verdict != "holds":
            return ()
        return tuple(
            finding.ablation
            for finding in self._of(claim, statement)
            if finding.verdict in ("gone", "reversed")
        )

    def _of(self, claim: int, statement: str) -> Iterator[Finding]:
        return (
            f for f in self.findings
            if f.ablation and (f.claim, f.statement.name) == (claim, statement)
        )  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """Every number: claim, part, ablation, cell, x, session, outcome, value, low, high, n.

        ``x`` is what the part varies (nan where it is no number). ``session`` is empty for
        summaries. ``low`` and ``high`` are Monte-Carlo limits (95 %) over ``n`` dyads.
        """
        import pandas as pd

        rows = [(*row[:5], row.session or nan, row.outcome, *row.estimate) for row in self.numbers]
        return pd.DataFrame(rows, columns=list(NUMBER_COLUMNS))

    def findings_frame(self) -> pd.DataFrame:
        """Every statement under every assumption taken away, with its verdict."""
        import pandas as pd

        rows = [
            (
                *(f.claim, f.statement.name, f.statement.says, f.statement.limit),
                *(f.ablation, f.verdict, *f.estimate, f.statement.smallest, f.kept),
            )
            for f in self.findings
        ]
        return pd.DataFrame(rows, columns=list(FINDING_COLUMNS))

    def summary(self) -> str:
        """Every claim: what the model says, what carries it, evidence, what would test it."""
        from reattune.show.claims_words import summarize_claims

        return "\n".join(summarize_claims(self))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Which statement outlives which assumption."""
        from reattune.show.plots.claims.verdicts import plot_verdicts

        return plot_verdicts(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document: claims with findings and evidence, numbers, settings."""
        from reattune.show.claims_export import claims_to_dict

        return claims_to_dict(self)

    def __repr__(self) -> str:
        return self.summary()
