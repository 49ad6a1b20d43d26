"""Fit: what the sessions of one dyad say about its parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.core.notes import Note
from reattune.models.coordinates import COORDINATES, REPORTED, read_coordinate
from reattune.models.panel import Grid
from reattune.models.parameters import DyadParameters
from reattune.models.path import Path
from reattune.models.priors import Prior

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

Z95 = 1.959963984540054
# Share of the prior's variance that the data must have taken away before a value is this dyad's.
TOLD = 0.5
FRAME_COLUMNS = (
    *("parameter", "symbol", "value", "low", "high", "unit", "standing"),
    *("prior_value", "told_prop"),
)


@dataclass(frozen=True, eq=False)
class Fit:
    """What the sessions of one dyad say about its parameters.

    Attributes
    ----------
    id : str
    parameters : DyadParameters
        At the estimate; a simulation can be run from it. Looking, reading and readiness are one
        choice among many that give the same kappa and nu.
    free : tuple of str, length d
    estimate : float array, shape (d,)
        Highest posterior density, on the scale each coordinate is moved on.
    covariance : float array, shape (d, d)
        Inverse of the curvature of the log posterior there.
    information : float array, shape (d, d)
        The part of that curvature that comes from the data.
    prior : Prior
    log_likelihood : float
    design : {"events", "interval"}
    converged : bool
    message : str
        How the search ended.
    at_bounds : tuple of str
        Coordinates that ended at the edge of what is allowed.
    sessions, focal_changes, responder_changes : int
    observed_s, challenged_s : float
        Seconds in which both partners were seen, and those under an instruction not to respond.
    step_s : float
        Step of interval codes; nan for events.
    learning : bool
    settings : dict
    notes : tuple of Note
    data : tuple of Path or Grid
    """

    id: str
    parameters: DyadParameters
    free: tuple[str, ...]
    estimate: FloatArray
    covariance: FloatArray
    information: FloatArray
    prior: Prior
    log_likelihood: float
    design: str
    converged: bool
    message: str
    at_bounds: tuple[str, ...]
    sessions: int
    focal_changes: int
    responder_changes: int
    observed_s: float
    challenged_s: float
    step_s: float
    learning: bool
    settings: dict[str, object] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    data: tuple[Path, ...] | tuple[Grid, ...] = field(default=(), repr=False)

    @property
    def se(self) -> FloatArray:
        """Standard errors on the moved scale, shape (d,)."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def told(self) -> dict[str, float]:
        """Share of the prior's variance that the data took away, by coordinate."""
        left = np.diag(self.covariance) / self.prior.sd(self.free) ** 2
        return dict(zip(self.free, np.clip(1 - left, 0.0, 1.0).tolist(), strict=True))

    def value(self, name: str) -> tuple[float, float, float]:
        """Estimate and 95 % limits of a parameter; rates per second, ``reading_prob`` a share.

        Raises
        ------
        SettingError
            When the fit did not move it.
        """
        if name == "reading_prob":
            centre, se = self.reading
            return tuple(  # type: ignore[return-value]
                1 / (1 + math.exp(-(centre + k * se))) for k in (0, -Z95, Z95)
            )
        if name not in self.free:
            raise SettingError("name", name, f"one of {', '.join((*self.free, 'reading_prob'))}")
        i, item = self.free.index(name), COORDINATES[name]
        moved = [self.estimate[i] + k * self.se[i] for k in (0, -Z95, Z95)]
        values = [math.exp(v) if item.log else float(v) for v in moved]
        unit = self.parameters.time_unit_s if item.per_time else 1.0
        return values[0] / unit, values[1] / unit, values[2] / unit

    @property
    def reading(self) -> tuple[float, float]:
        """Logit of s = kappa / (kappa + 3 nu) and its standard error."""
        names = ("contingent_per_s", "misread_per_s")
        values = [
            self.estimate[self.free.index(name)]
            if name in self.free
            else read_coordinate(self.parameters, name)
            for name in names
        ]
        weights = np.array([{names[0]: 1.0, names[1]: -1.0}.get(n, 0.0) for n in self.free])
        variance = float(weights @ self.covariance @ weights)
        return float(values[0] - values[1] - math.log(3)), math.sqrt(max(variance, 0.0))

    def to_frame(self) -> pd.DataFrame:
        """One row per parameter: value, 95 % limits, what the value stands on.

        ``standing`` is "this dyad" (may be told for one dyad), "mostly prior" (could be, but these
        sessions say too little) or "pooled" (held near dyads in general; not to be read as this
        dyad's). ``told_prop`` is the share of the prior's variance that the data took away.
        """
        import pandas as pd

        names = [name for name in REPORTED if name == "reading_prob" or name in self.free]
        names += [name for name in self.free if name not in REPORTED]
        rows = []
        for name in names:
            item = COORDINATES.get(name)
            unit = "share" if item is None else "per s" if item.per_time else ""
            rows.append(
                (
                    name,
                    "s" if item is None else item.symbol,
                    *self.value(name),
                    unit,
                    self.standing(name),
                    self.prior_value(name),
                    float("nan") if item is None else self.told[name],
                )
            )
        return pd.DataFrame(rows, columns=list(FRAME_COLUMNS))

    def standing(self, name: str) -> str:
        """What a value stands on: this dyad, mostly the prior, or pooled; see `to_frame`."""
        if name not in REPORTED:
            return "pooled"
        behind = ("contingent_per_s", "misread_per_s") if name == "reading_prob" else (name,)
        told = all(self.told.get(other, 0.0) >= TOLD for other in behind)
        return "this dyad" if told else "mostly prior"

    def prior_value(self, name: str) -> float:
        """The prior's centre of a parameter, in the unit in which it is reported."""
        if name == "reading_prob":
            kappa, nu = (
                math.exp(self.prior.mean([n])[0]) for n in ("contingent_per_s", "misread_per_s")
            )
            return kappa / (kappa + 3 * nu)
        item = COORDINATES[name]
        centre = float(self.prior.mean([name])[0])
        value = math.exp(centre) if item.log else centre
        return value / (self.parameters.time_unit_s if item.per_time else 1.0)

    def summary(self) -> str:
        """What the fit says and how sure one can be, in short sentences."""
        from reattune.models.fit_words import summarize_fit

        return "\n".join(summarize_fit(self))

    def plot(self, ax: Axes | None = None) -> Axes:
        """The reported parameters with their intervals, beside dyads in general."""
        from reattune.show.plots.model_forest import plot_fit

        return plot_fit(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document."""
        return {
            "schema": "reattune.fit/1",
            "id": self.id,
            "parameters": self.parameters.to_dict(),
            "rows": [
                {key: _json(value) for key, value in row.items()}
                for row in self.to_frame().to_dict("records")
            ],
            "free": list(self.free),
            "estimate": self.estimate.tolist(),
            "covariance": self.covariance.tolist(),
            "log_likelihood": _json(self.log_likelihood),
            "design": self.design,
            "converged": self.converged,
            "message": self.message,
            "at_bounds": list(self.at_bounds),
            "sessions": self.sessions,
            "focal_changes": self.focal_changes,
            "responder_changes": self.responder_changes,
            "observed_s": self.observed_s,
            "challenged_s": self.challenged_s,
            "step_s": _json(self.step_s),
            "settings": self.settings,
            "notes": [note.to_dict() for note in self.notes],
        }

    def __repr__(self) -> str:
        return self.summary()


def _json(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
