"""Predictive: measures of sessions drawn from a fit, beside those of the sessions it has seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isnan, nan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.measures import Tally, compute_measures, pool_tallies

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

# What is compared, beside each partner's share of time in every state.
MEASURES = (
    *("matched_prop", "expected_prop", "match_kappa"),
    *("repair_hazard_per_s", "rupture_hazard_per_s", "ruptures_per_min"),
    *("repair_latency_q25_s", "repair_latency_q50_s", "repair_latency_q75_s"),
)
COLUMNS = (
    *("id", "phase", "measure", "unit", "seen", "predicted", "low", "high"),
    *("far_prop", "n_defined", "n"),
)
# A share of simulations as far out below this is pointed at; a share, and no test.
FEW = 0.05


class Seen(NamedTuple):
    """What was seen in one phase: its tally, and seconds of each partner in each state."""

    tally: Tally
    seconds: tuple[Mapping[str, float], Mapping[str, float]]
    imposed: bool


@dataclass(frozen=True, eq=False)
class Predictive:
    """Measures of sessions drawn from a fit, and of the sessions it was fitted to.

    Attributes
    ----------
    id : str
        Whose sessions.
    keys : tuple of (str, str, str)
        Phase, measure and unit, one per column of ``draws``.
    seen : float array, shape (m,)
        In the observed sessions; nan where undefined.
    draws : float array, shape (n, m)
        In each simulation; infinite where a quantile of latencies was not reached.
    settings : dict
    parts : tuple
        What each column was computed from, for pooling.
    """

    id: str
    keys: tuple[tuple[str, str, str], ...]
    seen: FloatArray
    draws: FloatArray
    settings: Mapping[str, object] = field(default_factory=dict)
    parts: tuple[Mapping[str, Seen], ...] = field(default=(), repr=False)

    def to_frame(self) -> pd.DataFrame:
        """One row per phase and measure.

        ``predicted`` is the median of the simulations, ``low`` and ``high`` hold the middle 95 % of
        them. ``far_prop`` is the share of simulations as far out as what was seen, on both sides:
        twice the smaller tail, what was seen counted as one of them, at most 1. ``n_defined``
        simulations of ``n`` have the measure at all.
        """
        import pandas as pd

        rows = []
        for at, (phase, measure, unit) in enumerate(self.keys):
            draws = self.draws[:, at]
            known = draws[~np.isnan(draws)]
            seen = float(self.seen[at])
            low, middle, high = find_quantiles(known)
            far = find_far(seen, known)
            rows.append(
                (
                    self.id,
                    phase,
                    measure,
                    unit,
                    seen,
                    middle,
                    low,
                    high,
                    far,
                    known.size,
                    draws.size,
                )
            )
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def column(self, phase: str, measure: str) -> FloatArray:
        """The simulations of one measure, shape (n,)."""
        for at, key in enumerate(self.keys):
            if key[:2] == (phase, measure):
                return self.draws[:, at]
        raise SettingError("measure", (phase, measure), "a phase and a measure that were compared")

    def summary(self) -> str:
        """What the fit reproduces and what it does not, in sentences."""
        from importlib import import_module

        words = import_module("reattune.show.model_words")
        return "\n".join(words.describe_predictive(self))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Where what was seen lies among the simulations."""
        from importlib import import_module

        plots = import_module("reattune.show.plots.model_predictive")
        return plots.plot_predictive(self, ax=ax)  # type: ignore[no-any-return]

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document."""
        rows = [
            {key: _json(value) for key, value in row.items()}
            for row in self.to_frame().to_dict("records")
        ]
        return {
            "schema": "reattune.predictive/1",
            "id": self.id,
            "rows": rows,
            "settings": dict(self.settings),
        }


def find_far(seen: float, draws: FloatArray) -> float:
    """Share of draws as far out as ``seen``, on both sides; nan where either is undefined.

    Twice the smaller of the shares at or beyond it, with what was seen among the draws; at most 1.
    """
    if isnan(seen) or draws.size == 0:
        return nan
    below, above = np.count_nonzero(draws <= seen), np.count_nonzero(draws >= seen)
    return float(min(1.0, 2 * (1 + min(below, above)) / (1 + draws.size)))


def find_quantiles(draws: FloatArray) -> tuple[float, float, float]:
    """Draws that hold the middle 95 %, and the middle one; without mixing with infinite ones."""
    if draws.size == 0:
        return nan, nan, nan
    found = np.quantile(draws, (0.025, 0.5, 0.975), method="inverted_cdf")
    return float(found[0]), float(found[1]), float(found[2])


def pool_seen(parts: Sequence[Seen]) -> Seen:
    """One phase of several sessions, added up."""
    if len(parts) == 1:
        return parts[0]
    seconds = tuple(
        {
            label: sum(part.seconds[side][label] for part in parts)
            for label in parts[0].seconds[side]
        }
        for side in (0, 1)
    )
    return Seen(pool_tallies([part.tally for part in parts]), seconds, parts[0].imposed)  # type: ignore[arg-type]


def compare_seen(
    name: str,
    observed: Mapping[str, Seen],
    drawn: Sequence[Mapping[str, Seen]],
    partners: Sequence[str],
    settings: Mapping[str, object],
) -> Predictive:
    """The comparison of what was seen with what was drawn, column by column."""
    columns = _values(observed, partners)
    keys = tuple(columns)
    seen = np.array([columns[key] for key in keys])
    # A latency quantile that is not reached in what was seen is beyond every value, as in a draw.
    draws = np.array(
        [[found[key] for key in keys] for found in (_values(d, partners) for d in drawn)]
    )
    return Predictive(
        name, keys, seen, draws.reshape(len(drawn), len(keys)), dict(settings), (observed, *drawn)
    )


def _values(
    found: Mapping[str, Seen], partners: Sequence[str]
) -> dict[tuple[str, str, str], float]:
    out: dict[tuple[str, str, str], float] = {}
    for phase, seen in found.items():
        if not seen.imposed:
            measures = compute_measures(seen.tally)
            by = [f"{what}_by_{who}_prop" for what in ("repaired", "opened") for who in partners]
            for name in (*MEASURES, *by):
                value = measures[name].value if name in measures else nan
                if "_latency_q" in name and isnan(value) and seen.tally.durations.size:
                    value = inf
                out[phase, name, _unit(name)] = value
        # In an imposed phase the responder does what it was told: nothing to predict.
        for who, seconds in list(zip(partners, seen.seconds, strict=True))[
            : 1 + (not seen.imposed)
        ]:
            total = sum(seconds.values())
            for label, value in seconds.items():
                share = value / total if total > 0 else nan
                out[phase, f"{who}_{label}_prop", "share"] = share
    return out


def _unit(name: str) -> str:
    endings = (("_per_s", "1/s"), ("_per_min", "1/min"), ("_prop", "share"), ("_s", "s"))
    return next((unit for ending, unit in endings if name.endswith(ending)), "")


def pool_predictive(found: Sequence[Predictive], name: str = "all dyads") -> Predictive:
    """The check of several dyads together: simulation by simulation, sessions added up.

    Only phases that every dyad has.

    Raises
    ------
    SettingError
        Without any, or with different numbers of simulations.
    """
    sizes = {len(one.parts) for one in found}
    if len(sizes) != 1 or 0 in sizes:
        raise SettingError("found", sorted(sizes), "checks with equally many simulations")
    phases = [p for p in found[0].parts[0] if all(p in one.parts[0] for one in found)]
    pooled = [
        {phase: pool_seen([one.parts[at][phase] for one in found]) for phase in phases}
        for at in range(sizes.pop())
    ]
    partners = next(iter(pooled[0].values())).tally.partners if phases else ()
    return compare_seen(name, pooled[0], pooled[1:], partners, found[0].settings)


def _json(value: object) -> object:
    if isinstance(value, float) and not np.isfinite(value):
        return None if isnan(value) else ("inf" if value > 0 else "-inf")
    return value
