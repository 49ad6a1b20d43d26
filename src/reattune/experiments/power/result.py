"""PowerResult, PowerCurve: what a study of some design would find, and from which size on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from reattune.experiments.power.design import DIMENSIONS, Design
from reattune.experiments.power.estimates import Bias, Estimate, Finding, Limit
from reattune.experiments.power.questions import EFFECT, NONE

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = (
    *("row", "world", "name", "label", "naive"),
    *("value", "low", "high", "studies", "refused", "unit"),
)
Reached = Literal["reached", "at once", "not reached"]


@dataclass(frozen=True, eq=False)
class PowerResult:
    """What studies of one design find, as simulated.

    Attributes
    ----------
    design : Design
    findings : tuple of Finding
        Every test in every world.
    biases : tuple of Bias
    limits : tuple of Limit
    numbers : mapping of str to Estimate
        Further means over studies, by name.
    studies : int
    settings : mapping
        Design, studies, seed, versions; neither clock time nor workers.
    """

    design: Design
    findings: tuple[Finding, ...]
    biases: tuple[Bias, ...]
    limits: tuple[Limit, ...]
    numbers: Mapping[str, Estimate]
    studies: int
    settings: Mapping[str, object] = field(default_factory=dict)

    def find(self, test: str, world: str = EFFECT) -> Finding:
        """One finding.

        Raises
        ------
        KeyError
            When there is none.
        """
        for finding in self.findings:
            if (finding.test, finding.world) == (test, world):
                return finding
        raise KeyError(f"no test {test!r} in the world {world!r}")

    @property
    def power(self) -> Finding:
        """The test the answer is about, with the planned effect."""
        return self.find(str(self.design.measure))

    @property
    def false_positive(self) -> Finding | None:
        """The same test where there is nothing to find; none for precision."""
        if NONE not in self.design.asked.worlds:
            return None
        return self.find(str(self.design.measure), NONE)

    def to_frame(self) -> pd.DataFrame:
        """Rates, biases, numbers and limits: one row each.

        ``row`` is ``rate`` (share of studies with p at most alpha; for precision, of recordings
        that come close), ``naive``, ``truth`` and ``bias``, ``number``, or ``limit`` (share of
        sessions or studies). Limits are Monte-Carlo ones, 95 %, over ``studies`` studies.
        """
        import pandas as pd

        rows: list[tuple[object, ...]] = [
            ("rate", f.world, f.test, f.label, f.naive, *f.rate, f.refused, "share")
            for f in self.findings
        ]
        for b in self.biases:
            for what, estimate in (("naive", b.naive), ("truth", b.truth), ("bias", b.bias)):
                rows.append((what, b.world, b.name, b.label, True, *estimate, 0, b.unit))
        for name, estimate in self.numbers.items():
            rows.append(("number", EFFECT, name, "", False, *estimate, 0, ""))
        nan = float("nan")
        for limit in self.limits:
            unit = "share of studies" if limit.whole else "share of sessions"
            head = ("limit", EFFECT, limit.code, limit.words, False)
            rows.append((*head, limit.share, nan, nan, self.studies, 0, unit))
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def summary(self) -> str:
        """The answer in sentences, with what it rests on."""
        from reattune.show.power_words import summarize_power

        return "\n".join(summarize_power(self))

    def plot(self, ax: Axes | None = None) -> Axes:
        """How often every test finds something, with the effect and without."""
        from reattune.show.plots.power import plot_rates

        return plot_rates(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document."""
        from reattune.show.power_export import power_to_dict

        return power_to_dict(self)

    def __repr__(self) -> str:
        return self.summary()


@dataclass(frozen=True)
class Reach:
    """From which value on a study finds what there is often enough.

    Attributes
    ----------
    goal : float
        Share of studies.
    value : float
        Interpolated; nan where it is not reached or was reached at once.
    low, high : float
        95 % limits of it by the number of simulated studies; minus or plus infinity where they lie
        beyond the values that were looked at.
    status : {"reached", "at once", "not reached"}
        ``"at once"``: already by the least favourable value looked at.
    """

    goal: float
    value: float
    low: float
    high: float
    status: Reached


@dataclass(frozen=True, eq=False)
class PowerCurve:
    """What studies find as one dimension of the design varies.

    Attributes
    ----------
    design : Design
        What stays.
    vary : str
    values : tuple of float
    results : tuple of PowerResult
        One for each value.
    reach : Reach
    """

    design: Design
    vary: str
    values: tuple[float, ...]
    results: tuple[PowerResult, ...]
    reach: Reach

    @property
    def falling(self) -> bool:
        """Whether smaller values are the ones that find more."""
        less = self.vary == "effect" and self.values[0] < self.design.asked.no_effect
        return self.vary == "step" or less

    @property
    def settings(self) -> dict[str, object]:
        """What was varied, and the settings of the first point."""
        first = dict(self.results[0].settings)
        return {
            **first,
            "design": self.design.to_dict(),
            "vary": DIMENSIONS[self.vary],
            "values": list(self.values),
            "goal": self.reach.goal,
        }

    def to_frame(self) -> pd.DataFrame:
        """The rows of `PowerResult.to_frame` for every value.


        ``vary`` names the dimension and ``at`` its value.
        """
        import pandas as pd

        frames = []
        for value, result in zip(self.values, self.results, strict=True):
            frame = result.to_frame()
            frame.insert(0, "at", value)
            frame.insert(0, "vary", self.vary)
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def summary(self) -> str:
        """How much is needed, in sentences."""
        from reattune.show.power_curve_words import summarize_curve

        return "\n".join(summarize_curve(self))

    def plot(self, ax: Axes | None = None) -> Axes:
        """The share of studies that find the effect against what varies."""
        from reattune.show.plots.power import plot_curve

        return plot_curve(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document."""
        from reattune.show.power_export import curve_to_dict

        return curve_to_dict(self)

    def __repr__(self) -> str:
        return self.summary()
