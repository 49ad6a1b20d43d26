"""Pooling: dyads fitted together, each one leaning on all the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError, did_you_mean
from reattune.core.notes import Note
from reattune.core.session import Session
from reattune.models.coordinates import COORDINATES, FREE, REPORTED, check_free
from reattune.models.fit import Design, fit_data, fit_session
from reattune.models.fitted import Z95, Fit
from reattune.models.population import estimate_population, step_population, sum_up
from reattune.models.priors import Prior
from reattune.models.reading import Data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from reattune.models.codebooks import Codebook

FloatArray = NDArray[np.float64]

MIN_DYADS = 5
_ROUNDS = 40
# Rounds end when no centre or log spread moves by more than this (centres: in spreads).
_DONE = 0.01
POOLED_COLUMNS = (
    *("parameter", "symbol", "centre", "low", "high", "unit"),
    *("dyads_low", "dyads_high", "sd"),
)


@dataclass(frozen=True, eq=False)
class PooledFit:
    """Several dyads fitted together.

    Attributes
    ----------
    fits : tuple of Fit
        Each dyad under the distribution of all; in the order given.
    free : tuple of str, length d
    prior : Prior
        Centre and spread of dyads as estimated: the prior of ``fits``, and one for further dyads.
    mean, mean_se, sd : float arrays, shape (d,)
        Centre of the dyads, its standard error, spread between dyads; on the moved scale.
    rounds : int
    converged : bool
    settings : dict
    notes : tuple of Note
    """

    fits: tuple[Fit, ...]
    free: tuple[str, ...]
    prior: Prior
    mean: FloatArray
    mean_se: FloatArray
    sd: FloatArray
    rounds: int
    converged: bool
    settings: dict[str, object] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def __getitem__(self, name: str) -> Fit:
        """The fit of the dyad of that name."""
        for fit in self.fits:
            if fit.id == name:
                return fit
        known = [fit.id for fit in self.fits]
        raise SettingError("dyad", name, "a dyad of the fit." + did_you_mean(name, known))

    def to_frame(self) -> pd.DataFrame:
        """One row per parameter: centre of dyads with 95 % limits, range of 95 % of dyads, sd.

        Rates are per second; ``sd`` is on the log scale for them.
        """
        import pandas as pd

        return pd.DataFrame(self._rows(), columns=list(POOLED_COLUMNS))

    def _rows(self) -> list[tuple[str, str, float, float, float, str, float, float, float]]:
        names = [n for n in REPORTED if n in self.free]
        names += [n for n in self.free if n not in REPORTED]
        rows = []
        for name in names:
            i, item = self.free.index(name), COORDINATES[name]
            unit = self.prior.base.time_unit_s if item.per_time else 1.0
            centre, se, sd = self.mean[i], self.mean_se[i], self.sd[i]
            moved = [centre, centre - Z95 * se, centre + Z95 * se]
            moved += [centre - Z95 * sd, centre + Z95 * sd]
            told = [(math.exp(v) if item.log else float(v)) / unit for v in moved]
            what = "per s" if item.per_time else ""
            top, low, high, dyads_low, dyads_high = told
            rows.append((name, item.symbol, top, low, high, what, dyads_low, dyads_high, float(sd)))
        return rows

    def dyads_frame(self) -> pd.DataFrame:
        """The rows of every dyad's `Fit.to_frame`, with a column ``dyad`` in front."""
        import pandas as pd

        frames = [fit.to_frame().assign(dyad=fit.id) for fit in self.fits]
        out = pd.concat(frames, ignore_index=True)
        return out[["dyad", *(c for c in out.columns if c != "dyad")]]

    def summary(self) -> str:
        """Centre and spread of the dyads, in sentences."""
        out = [f"{len(self.fits)} dyads fitted together."]
        for name, symbol, centre, low, high, unit, dyads_low, dyads_high, _ in self._rows():
            if name in REPORTED:
                out.append(
                    f"{name} ({symbol}): {centre:.3g} {unit} ({low:.3g} to {high:.3g}); "
                    f"95 in 100 dyads between {dyads_low:.3g} and {dyads_high:.3g}."
                )
        failed = [fit.id for fit in self.fits if not fit.converged]
        if failed:
            out.append(f"No maximum was found for {len(failed)}: {', '.join(failed)}.")
        out += [f"{note.level.capitalize()}: {note}" for note in self.notes]
        return "\n".join(out)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Every dyad's reported parameters beside centre and spread of all."""
        from reattune.show.plots.model_shrinkage import plot_pooled

        return plot_pooled(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document."""
        return {
            "schema": "reattune.pooled_fit/1",
            "free": list(self.free),
            "mean": self.mean.tolist(),
            "mean_se": self.mean_se.tolist(),
            "sd": self.sd.tolist(),
            "rounds": self.rounds,
            "converged": self.converged,
            "fits": [fit.to_dict() for fit in self.fits],
            "settings": self.settings,
            "notes": [note.to_dict() for note in self.notes],
        }

    def __repr__(self) -> str:
        return self.summary()


def fit_dyads(
    dyads: Sequence[Data | Sequence[Data]],
    *,
    names: Sequence[str] | None = None,
    codebook: Codebook | None = None,
    design: Design = "auto",
    prior: Prior | None = None,
    free: Sequence[str] = FREE,
    learning: bool = False,
    hold_sd: bool = False,
) -> PooledFit:
    """The parameters of several dyads, each leaning on all the others.

    Parameters
    ----------
    dyads : sequence of sessions, or of sequences of sessions
        One item per dyad. Single `Session` objects of one dyad are put together in their order.
    names : sequence of str, optional
        One per dyad; the sessions' dyads, or numbers, when absent.
    codebook, design, prior, free, learning
        As in `fit_session`; ``prior`` is where the search starts.
    hold_sd : bool, default False
        Estimate the centre only and leave the prior's spread.

    Returns
    -------
    PooledFit

    Notes
    -----
    Empirical Bayes by EM (Dempster, Laird & Rubin 1977) with a normal approximation around each
    dyad's maximum: every dyad is fitted under the current distribution of dyads, the distribution
    is estimated from all of them (see `population.step_population`), and so on. With fewer than 5
    dyads the prior is kept as it is. Dyads that could not be fitted take no part and are named.
    """
    chosen = check_free(free)
    base = prior or Prior()
    grouped, labels = group_dyads(dyads, names)
    fits = [
        fit_session(
            many, codebook=codebook, design=design, prior=base, free=chosen,
            learning=learning and len(many) > 1, name=label,
        )
        for many, label in zip(grouped, labels, strict=True)
    ]  # fmt: skip
    base = fits[0].prior
    notes: list[Note] = []
    sound = [fit for fit in fits if fit.converged]
    if len(sound) < MIN_DYADS:
        told = (
            f"{len(sound)} dyads could be fitted: too few to learn how dyads differ; "
            "the prior is kept."
        )
        notes.append(Note("prior_kept", told, count=len(sound), level="warning"))
        unknown = np.full(len(chosen), np.nan)
        return _pack(fits, chosen, base, unknown, 0, True, notes, hold_sd)
    expected = base.mean(chosen), base.sd(chosen)
    (mean, sd), rounds, settled = expected, 0, False
    while rounds < _ROUNDS and not settled:
        rounds += 1
        sound = [fit for fit in fits if fit.converged]
        estimates = np.array([fit.estimate for fit in sound])
        covariances = np.array([fit.covariance for fit in sound])
        fresh, spread = step_population(estimates, covariances, mean, sd, expected)
        spread = sd if hold_sd else spread
        moved = max(np.abs((fresh - mean) / spread).max(), np.abs(np.log(spread / sd)).max())
        settled = bool(moved < _DONE)
        mean, sd = _inside(chosen, fresh), spread
        base = base.with_values(chosen, mean, sd)
        fits = [
            fit_data(
                fit.data, chosen, base,
                learning=fit.learning, name=fit.id, notes=_reading(fit), start=fit.estimate,
            )
            for fit in fits
        ]  # fmt: skip
    if not settled:
        told = f"The distribution of dyads still moved after {rounds} rounds."
        notes.append(Note("not_converged", told, level="warning"))
    found = estimate_population(*sum_up([f for f in fits if f.converged]), sd, hold_sd=True)
    mean_se = np.sqrt(np.diag(found.covariance)[: len(chosen)])
    return _pack(fits, chosen, base, mean_se, rounds, settled, notes, hold_sd)


def group_dyads(
    dyads: Sequence[Data | Sequence[Data]], names: Sequence[str] | None = None
) -> tuple[list[list[Data]], list[str]]:
    """Sessions by dyad, and the dyads' names."""
    grouped: dict[str, list[Data]] = {}
    given = list(names) if names is not None else None
    if given is not None and len(given) != len(dyads):
        raise SettingError("names", f"{len(given)} names", f"{len(dyads)}, one per dyad")
    for at, item in enumerate(dyads):
        many: list[Data] = [item] if isinstance(item, Data) else list(item)
        if given is not None:
            label = given[at]
        elif many and isinstance(many[0], Session):
            label = many[0].dyad
        else:
            label = str(at + 1)
        grouped.setdefault(label, []).extend(many)
    if not grouped:
        raise SettingError("dyads", [], "at least one dyad")
    return list(grouped.values()), list(grouped)


def _reading(fit: Fit) -> tuple[Note, ...]:
    made_here = ("not_converged", "at_bounds", "too_little_seen")
    return tuple(note for note in fit.notes if note.code not in made_here)


def _inside(free: tuple[str, ...], mean: FloatArray) -> FloatArray:
    low = np.array([COORDINATES[name].low for name in free])
    high = np.array([COORDINATES[name].high for name in free])
    return np.clip(mean, low, high)


def _pack(
    fits: Sequence[Fit],
    free: tuple[str, ...],
    base: Prior,
    mean_se: FloatArray,
    rounds: int,
    settled: bool,
    notes: Sequence[Note],
    hold_sd: bool,
) -> PooledFit:
    return PooledFit(
        fits=tuple(fits),
        free=free,
        prior=base,
        mean=base.mean(free),
        mean_se=mean_se,
        sd=base.sd(free),
        rounds=rounds,
        converged=settled,
        settings={
            "free": list(free),
            "hold_sd": hold_sd,
            "prior": base.to_dict(),
            "dyads": [fit.id for fit in fits],
            "design": fits[0].design,
        },
        notes=tuple(notes),
    )
