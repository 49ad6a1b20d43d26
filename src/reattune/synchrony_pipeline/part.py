"""SignalPart: one phase of one record, correlated by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.session import Phase
from reattune.core.streams import Signal
from reattune.surrogates.ranks import ChanceStatistic
from reattune.synchrony import (
    BestLags,
    Concordance,
    CrossSummary,
    CrossTable,
    LagPath,
    Peaks,
    WindowAverages,
)
from reattune.synchrony_pipeline.also_row import CouplingRow
from reattune.synchrony_tests import SynchronyChance

FloatArray = NDArray[np.float64]
NAN = float("nan")


@dataclass(frozen=True)
class SignalFacts:
    """What there is of one partner's signal in a phase.

    Attributes
    ----------
    partner : str
    n_samples : int
    n_missing : int
        Not observed, or made missing by the preparation.
    mean, sd : float
        Of the observed samples as they were recorded, before smoothing; nan where undefined.
    zero_prop : float
        Share of the observed samples that are exactly 0.
    constant : bool
        All observed samples are equal: nothing can be correlated.
    """

    partner: str
    n_samples: int
    n_missing: int
    mean: float
    sd: float
    zero_prop: float
    constant: bool

    @property
    def missing_prop(self) -> float:
        """Share of the samples that are missing; nan without samples."""
        return self.n_missing / self.n_samples if self.n_samples else NAN


@dataclass(frozen=True, eq=False)
class SignalPart:
    """One phase of one record (or all of it), correlated by itself.

    Attributes
    ----------
    phase : Phase
        Label ``"all"`` when the record is taken as a whole.
    signals : (Signal, Signal)
        Prepared signals of both partners in this phase, on one grid, in the order of the partners.
    facts : (SignalFacts, SignalFacts)
    table : CrossTable or None
        Windows by lags; None where nothing could be correlated.
    no_table : str
        Why there is no table, in words; empty when there is one. All that follows is then None.
    summary : CrossSummary or None
        Signed and absolute side by side, by leader, with what is missing.
    windows, windows_abs : WindowAverages or None
        Mean over the lags in every window: of z with its sign, and of its absolute value.
    lags, lags_abs : array of float, shape (n_lags,), or None
        Mean over the windows at every lag of ``table.lags_s``.
    best : BestLags or None
        The lag of the largest absolute value in every window.
    path : LagPath or None
        The lag over time that changes slowly.
    no_path : str
        Why there is no path (no lags, or too large a step); empty when there is one.
    peaks : Peaks or None
        Under the preset ``"boker"`` only.
    concordance : Concordance or None
        Of slopes (Marci et al., 2007); it needs no lag.
    concordance_chance : ChanceStatistic or None
        Its index beside windows of slopes that meet at other moments.
    chance : SynchronyChance or None
        Statistics beside their null, with profiles over windows and over lags.
    no_chance : str
        Why there is no test, in words; empty when there is one.
    also : tuple of CouplingRow
        Other measures of coupling; empty where none was asked for.
    """

    phase: Phase
    signals: tuple[Signal, Signal]
    facts: tuple[SignalFacts, SignalFacts]
    table: CrossTable | None = None
    no_table: str = ""
    summary: CrossSummary | None = None
    windows: WindowAverages | None = None
    windows_abs: WindowAverages | None = None
    lags: FloatArray | None = None
    lags_abs: FloatArray | None = None
    best: BestLags | None = None
    path: LagPath | None = None
    no_path: str = ""
    peaks: Peaks | None = None
    concordance: Concordance | None = None
    concordance_chance: ChanceStatistic | None = None
    chance: SynchronyChance | None = None
    no_chance: str = ""
    also: tuple[CouplingRow, ...] = ()

    def null(self, name: str) -> tuple[float, float, float, float]:
        """Null mean, its 2.5 and 97.5 % limits, and p of a measure; nan where not tested."""
        row: ChanceStatistic | None = None
        if name == "concordance_index":
            row = self.concordance_chance
        elif self.chance is not None and name in self.chance:
            row = self.chance[name]
        return (row.null_mean, row.null_low, row.null_high, row.p) if row else (NAN,) * 4

    @property
    def main_lag_s(self) -> float:
        """The lag at which the mean absolute value over the windows is largest; nan without one.

        Positive: the first partner leads.
        """
        if self.table is None or self.lags_abs is None or not np.isfinite(self.lags_abs).any():
            return NAN
        return float(self.table.lags_s[int(np.nanargmax(self.lags_abs))])

    def say_lead(self) -> str:
        """Who leads at `main_lag_s`, in words: "the patient leads by 1.2 s"."""
        return self.table.say_lag(self.main_lag_s) if self.table is not None else "nothing to tell"
