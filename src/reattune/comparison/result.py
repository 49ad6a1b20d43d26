"""Comparison: groups, numbers or phases beside each other, with what could have been seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reattune.comparison.columns import Column
from reattune.comparison.latency import Curve
from reattune.comparison.measures import Measure
from reattune.core.notes import Note

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = (
    *("study", "by", "part", "measure", "row", "level", "reference", "units", "sessions", "events"),
    *("value", "low", "high", "scale", "p", "p_holm", "p_model", "seen_below", "seen_above"),
    *("remark",),
)
NAN = float("nan")


@dataclass(frozen=True)
class GroupValue:
    """A measure in one group.

    Attributes
    ----------
    part, measure, level : str
    units, sessions : int
        Dyads (or cases) and sessions behind it.
    events : float
        Events summed; nan for means.
    value, low, high : float
        With 95 % limits over dyads; nan below three of them.
    tested : bool
        False for what is only described beside a tested measure.
    """

    part: str
    measure: str
    level: str
    units: int
    sessions: int
    events: float
    value: float
    low: float
    high: float
    tested: bool = True


@dataclass(frozen=True)
class Effect:
    """One comparison: a group against the reference, or a slope.

    Attributes
    ----------
    part, measure, level, reference : str
        ``level`` is "per SD" for a number between dyads and "end / start" for one within them.
    ratio : bool
        Whether the value is a ratio (level / reference); otherwise a difference.
    value, low, high : float
        With 95 % limits; nan where refused.
    p : float
        By permutation, two-sided.
    p_holm : float
        Adjusted over all tests of the comparison (Holm 1979, Scand J Stat 6, 65-70).
    p_model : float
        From the estimate and its error.
    seen_below, seen_above : float
        The nearest values that four of five such studies would have told from none at all.
    units : int
    arrangements : int
        Permutations behind p; all there are when ``exact``.
    exact : bool
    per_unit : (float, float, float)
        For a number: value and limits for one unit of the column.
    remark : str
        Why a number is missing.
    """

    part: str
    measure: str
    level: str
    reference: str
    ratio: bool
    value: float = NAN
    low: float = NAN
    high: float = NAN
    p: float = NAN
    p_holm: float = NAN
    p_model: float = NAN
    seen_below: float = NAN
    seen_above: float = NAN
    units: int = 0
    arrangements: int = 0
    exact: bool = False
    per_unit: tuple[float, float, float] = (NAN, NAN, NAN)
    remark: str = ""


@dataclass(frozen=True)
class Overall:
    """Whether several groups differ at all, or groups of cases in their classes.

    Attributes
    ----------
    part, measure : str
        ``"class"`` for the classes of cases.
    p : float
        By permutation.
    units : int
    p_holm : float
        For classes, which are a test of their own; nan elsewhere.
    """

    part: str
    measure: str
    p: float
    units: int
    p_holm: float = NAN


@dataclass(frozen=True)
class UnitValue:
    """A measure of one dyad in one group, or at one number.

    Attributes
    ----------
    part, measure, unit, level : str
    x : float
        The number compared by; nan for a category.
    value : float
    """

    part: str
    measure: str
    unit: str
    level: str
    x: float
    value: float


@dataclass(frozen=True)
class LinePoint:
    """A place on the line of a measure over a number, with 95 % limits.

    Attributes
    ----------
    part, measure : str
    x, value, low, high : float
    """

    part: str
    measure: str
    x: float
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ClassShare:
    """How many cases of a group are in a class.

    Attributes
    ----------
    part, level, label : str
    n, units : int
    """

    part: str
    level: str
    label: str
    n: int
    units: int


@dataclass(frozen=True, eq=False)
class Comparison:
    """What differs by a column, how sure one can be, and what this study could have shown.

    Attributes
    ----------
    study : str
    column : Column
    unit : {"dyad", "case"}
    clock : {"second", "meeting"}
    parts : tuple of str
        Phases or criteria compared; one empty name where phases are compared with each other.
    sizes : mapping of str to (int, int)
        Level -> dyads, sessions; the empty level for a number.
    measures : mapping of str to Measure
        Those tested.
    step : float
        SD of a number over dyads, or the span of one within them; nan for a category.
    groups, effects, overall, units, line, classes : tuples
    curves : tuple of Curve
        Kaplan-Meier, by part and level.
    settings : mapping
        Column, measures, seed, permutations, versions, and the settings of the result compared.
    notes : tuple of Note
    """

    study: str
    column: Column
    unit: str
    clock: str
    parts: tuple[str, ...]
    sizes: Mapping[str, tuple[int, int]]
    measures: Mapping[str, Measure]
    step: float
    groups: tuple[GroupValue, ...]
    effects: tuple[Effect, ...]
    overall: tuple[Overall, ...]
    units: tuple[UnitValue, ...]
    line: tuple[LinePoint, ...]
    classes: tuple[ClassShare, ...]
    curves: tuple[Curve, ...]
    settings: Mapping[str, object]
    notes: tuple[Note, ...] = field(default=())

    @property
    def tests(self) -> int:
        """How many tests p is adjusted for."""
        adjusted = [*(e.p_holm for e in self.effects), *(o.p_holm for o in self.overall)]
        return sum(p == p for p in adjusted)

    def effect(self, measure: str, part: str | None = None, level: str | None = None) -> Effect:
        """The effect on a measure; the first part and level when not named.

        Raises
        ------
        KeyError
            When nothing of that name was compared.
        """
        for row in self.effects:
            if row.measure == measure and part in (None, row.part) and level in (None, row.level):
                return row
        raise KeyError(f"no comparison of {measure!r}; there is {', '.join(self.measures)}")

    def to_frame(self) -> pd.DataFrame:
        """Groups and comparisons, one row each, columns as in ``comparison.csv``.

        ``row`` is ``group`` (a measure in one group), ``beside`` (described, not tested),
        ``effect`` (level against reference, or a slope per SD), ``per unit`` (the same slope for
        one unit of the column), ``overall`` (do several groups differ at all) or ``class``.
        """
        import pandas as pd

        return pd.DataFrame(self._rows(), columns=list(COLUMNS))

    def _rows(self) -> list[tuple[object, ...]]:
        head = (self.study, self.column.name)
        rows: list[tuple[object, ...]] = []
        for g in self.groups:
            rows.append(
                (*head, g.part, g.measure, "group" if g.tested else "beside", g.level, "", g.units,
                 g.sessions, g.events, g.value, g.low, g.high, "value", *(NAN,) * 5, "")
            )  # fmt: skip
        for e in self.effects:
            scale = "ratio" if e.ratio else "difference"
            rows.append(
                (*head, e.part, e.measure, "effect", e.level, e.reference, e.units, None, NAN,
                 e.value, e.low, e.high, scale, e.p, e.p_holm, e.p_model, e.seen_below,
                 e.seen_above, e.remark)
            )  # fmt: skip
            if e.per_unit[0] == e.per_unit[0]:
                rows.append(
                    (*head, e.part, e.measure, "per unit", "per unit", "", e.units, None, NAN,
                     *e.per_unit, scale, *(NAN,) * 5, "")
                )  # fmt: skip
        for o in self.overall:
            rows.append(
                (*head, o.part, o.measure, "overall", "", "", o.units, None, *(NAN,) * 4, "",
                 o.p, o.p_holm, *(NAN,) * 3, "")
            )  # fmt: skip
        for c in self.classes:
            share = c.n / c.units if c.units else NAN
            rows.append(
                (*head, c.part, f"class_{c.label}", "class", c.level, "", c.units, None, c.n,
                 share, NAN, NAN, "value", *(NAN,) * 5, "")
            )  # fmt: skip
        return rows

    def summary(self) -> str:
        """What differs and how sure one can be, in sentences."""
        from reattune.show.comparison_words import summarize_comparison

        return "\n".join(summarize_comparison(self))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Every comparison with its interval: a forest."""
        from reattune.show.plots.comparison import plot_forest

        return plot_forest(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document of everything."""
        from reattune.show.comparison_export import comparison_to_dict

        return comparison_to_dict(self)

    def __repr__(self) -> str:
        return self.summary()
