"""Comparing fitted rates between two groups of dyads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.core.notes import Note
from reattune.models.coordinates import COORDINATES, REPORTED
from reattune.models.fitted import Fit
from reattune.models.population import estimate_population, fit_line, sum_up, weigh

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

# In each group: fewer dyads give no comparison.
MIN_DYADS = 4
COLUMNS = (
    *("parameter", "symbol", "first", "second", "unit"),
    *("ratio", "low", "high", "p", "null_low", "null_high"),
)


@dataclass(frozen=True, eq=False)
class FitComparison:
    """How two groups of dyads differ in their fitted rates.

    Attributes
    ----------
    groups : (str, str)
    n : (int, int)
        Dyads of each.
    rows : tuple of tuple
        As the columns of `to_frame`.
    settings : dict
    notes : tuple of Note
    """

    groups: tuple[str, str]
    n: tuple[int, int]
    rows: tuple[tuple[object, ...], ...]
    settings: dict[str, object]
    notes: tuple[Note, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """One row per reported parameter.

        ``first``, ``second``: centre of each group. ``ratio``: second over first with 95 % limits;
        for ``reading_prob`` it is the ratio of odds. ``null_low``, ``null_high``: where 95 % of the
        ratios lie when dyads are dealt to the groups at random; ``p`` from the same draws.
        """
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(COLUMNS))

    def summary(self) -> str:
        """The differences beside chance, in sentences."""
        first, second = self.groups
        out = [f"{self.n[0]} dyads in {first}, {self.n[1]} in {second}."]
        for row in self.to_frame().itertuples():
            what = "odds" if row.parameter == "reading_prob" else "rate"
            out.append(
                f"{row.parameter} ({row.symbol}): {what} in {second} {row.ratio:.2f} times that in "
                f"{first} ({row.low:.2f} to {row.high:.2f}); groups dealt at random give "
                f"{row.null_low:.2f} to {row.null_high:.2f}, p = {row.p:.2g}."
            )
        out += [f"{note.level.capitalize()}: {note}" for note in self.notes]
        return "\n".join(out)

    def plot(self, ax: Axes | None = None) -> Axes:
        """The ratios with their limits, and the range that chance gives."""
        from reattune.show.plots.model_groups import plot_fit_comparison

        return plot_fit_comparison(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document."""
        return {
            "schema": "reattune.fit_comparison/1",
            "groups": list(self.groups),
            "n": list(self.n),
            "rows": [dict(zip(COLUMNS, row, strict=True)) for row in self.rows],
            "settings": self.settings,
            "notes": [note.to_dict() for note in self.notes],
        }

    def __repr__(self) -> str:
        return self.summary()


def compare_fits(
    first: Sequence[Fit],
    second: Sequence[Fit],
    *,
    groups: tuple[str, str] = ("first", "second"),
    n_permutations: int = 999,
    rng: np.random.Generator,
) -> FitComparison:
    """How two groups of dyads differ in kappa, nu, s, gI and gC.

    Parameters
    ----------
    first, second : sequence of Fit
        One fit per dyad, all with the same free parameters; of `fit_session`, or ``fits`` of
        `fit_dyads`.
    groups : (str, str)
    n_permutations : int, default 999
    rng : numpy.random.Generator

    Raises
    ------
    SettingError
        With fewer than 4 dyads that converged in a group, or different free parameters.

    Notes
    -----
    Each dyad's prior is taken out again, and every dyad counts with what its data say: the
    difference is that of a normal distribution of dyads around each group's centre, with the errors
    of estimation on top of the spread between dyads (generalised least squares; limits by t with
    n - 2 degrees of freedom). Comparing the pooled estimates themselves would understate a
    difference, because pooling has pulled them together. p: dyads dealt anew to the two groups,
    the spread between dyads held at its value without groups.
    """
    from scipy.stats import t as student

    kept = [[fit for fit in side if fit.converged] for side in (first, second)]
    free = _check(kept, n_permutations)
    fits = [*kept[0], *kept[1]]
    n = len(fits)
    x = np.column_stack([np.ones(n), np.repeat([0.0, 1.0], [len(side) for side in kept])])
    curvatures, pulls = sum_up(fits)
    start = np.mean([fit.prior.sd(free) for fit in fits], axis=0)
    found = estimate_population(curvatures, pulls, start, x)
    alone = estimate_population(curvatures, pulls, start)
    contrasts = _contrasts(free)
    estimates, errors = _differences(found.effects, found.covariance, contrasts)
    weights, weighted = weigh(curvatures, pulls, alone.sd)
    effects, covariance = fit_line(weights, weighted, x)
    seen, seen_se = _differences(effects, covariance, contrasts)
    drawn = np.empty((n_permutations, len(contrasts)))
    ratios = np.empty_like(drawn)
    for draw in range(n_permutations):
        dealt = np.column_stack([x[:, 0], rng.permutation(x[:, 1])])
        values, se = _differences(*fit_line(weights, weighted, dealt), contrasts)
        drawn[draw], ratios[draw] = np.abs(values / se), values
    beyond = (drawn >= np.abs(seen / seen_se) - 1e-12).sum(axis=0)
    p = (1 + beyond) / (1 + n_permutations)
    low, high = np.quantile(ratios, [0.025, 0.975], axis=0)
    reach = float(student.ppf(0.975, n - 2))
    unit = fits[0].parameters.time_unit_s
    rows = [
        (
            name,
            "s" if name == "reading_prob" else COORDINATES[name].symbol,
            *(
                _centre(name, weight @ row, unit)
                for row in (found.effects[0], found.effects.sum(0))
            ),
            "share" if name == "reading_prob" else "per s",
            math.exp(estimates[i]),
            math.exp(estimates[i] - reach * errors[i]),
            math.exp(estimates[i] + reach * errors[i]),
            float(p[i]),
            math.exp(low[i]),
            math.exp(high[i]),
        )
        for i, (name, weight) in enumerate(contrasts.items())
    ]
    lost = len(first) + len(second) - n
    notes = []
    if lost:
        told = f"{lost} dyads without a maximum take no part."
        notes.append(Note("left_out", told, count=lost, level="warning"))
    return FitComparison(
        groups=groups,
        n=(len(kept[0]), len(kept[1])),
        rows=tuple(rows),
        settings={"groups": list(groups), "n_permutations": n_permutations, "free": list(free)},
        notes=tuple(notes),
    )


def _check(kept: Sequence[Sequence[Fit]], n_permutations: int) -> tuple[str, ...]:
    for side, where in zip(kept, ("first", "second"), strict=True):
        if len(side) < MIN_DYADS:
            raise SettingError(
                where, f"{len(side)} dyads with a fit", f"at least {MIN_DYADS} in each group"
            )
    kinds = {fit.free for side in kept for fit in side}
    if len(kinds) > 1:
        raise SettingError("free", sorted(kinds), "fits with the same free parameters")
    units = {fit.parameters.time_unit_s for side in kept for fit in side}
    if len(units) > 1:
        raise SettingError("time_unit_s", sorted(units), "fits with one time unit")
    if n_permutations < 1:
        raise SettingError("n_permutations", n_permutations, "at least 1")
    return kept[0][0].free


def _contrasts(free: tuple[str, ...]) -> dict[str, FloatArray]:
    out: dict[str, FloatArray] = {}
    for name in REPORTED:
        weight = np.zeros(len(free))
        if name == "reading_prob":
            if "contingent_per_s" not in free or "misread_per_s" not in free:
                continue
            weight[free.index("contingent_per_s")] = 1.0
            weight[free.index("misread_per_s")] = -1.0
        elif name in free:
            weight[free.index(name)] = 1.0
        else:
            continue
        out[name] = weight
    if not out:
        raise SettingError("free", free, f"at least one of {', '.join(REPORTED)}")
    return out


def _differences(
    effects: FloatArray, covariance: FloatArray, contrasts: dict[str, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    d = effects.shape[1]
    weights = np.array(list(contrasts.values()))
    block = covariance[d:, d:]
    return weights @ effects[1], np.sqrt(np.einsum("ci,ij,cj->c", weights, block, weights))


def _centre(name: str, moved: float, unit: float) -> float:
    if name == "reading_prob":
        return 1 / (1 + math.exp(-(moved - math.log(3))))
    return math.exp(moved) / unit
