"""Values that cannot be movement or cannot be measured right: made missing, and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from reattune.core.checks import check_option, check_positive
from reattune.core.errors import SettingError
from reattune.core.streams import Signal
from reattune.prepare.signals.compat import drop_outliers_like_rmea
from reattune.prepare.signals.scaling import find_scale
from reattune.prepare.signals.steps import (
    Compat,
    FloatArray,
    Prepared,
    SignalStep,
    check_compat,
    drop_infinite,
    make_note,
    with_values,
)

Side = Literal["both", "high", "low"]
OutlierSpread = Literal["sd", "robust"]


@dataclass(frozen=True)
class Outliers(SignalStep):
    """Samples far from the centre, or outside what is possible, become missing.

    Parameters
    ----------
    k : float or None, default 10
        Farthest distance from the centre in spreads; None: only ``lowest`` and ``highest`` count.
    spread : {"sd", "robust"}
        Centre and spread: mean and SD (n - 1), or median and 1.4826 MAD.
    side : {"both", "high", "low"}
    pooled : bool, default False
        Centre and spread of both partners' samples together.
    lowest, highest : float, optional
        Values outside are impossible (a heart rate of 400): missing whatever ``k`` says.
    compat : {None, "rmea"}
        ``"rmea"``: above k SD of both partners together, measured from 0, high side only; for
        parity only.

    Notes
    -----
    One pass: the spread includes the outliers, so SD is a cautious choice. The note counts high and
    low ones apart.

    Examples
    --------
    >>> steady = [0.0, 1.0] * 50
    >>> done = Outliers(k=5)(Signal("infant", "motion", [*steady, 40.0, -40.0], 25))
    >>> str(done.notes[0])
    'infant motion: 2 of 102 samples set to missing: 1 high, 1 low.'
    """

    k: float | None = 10.0
    spread: OutlierSpread = "sd"
    side: Side = "both"
    pooled: bool = False
    lowest: float | None = None
    highest: float | None = None
    compat: Compat = None

    def __post_init__(self) -> None:
        if self.k is not None:
            check_positive("k", self.k)
        check_option("spread", self.spread, get_args(OutlierSpread))
        check_option("side", self.side, get_args(Side))
        check_compat(self.compat)
        if self.k is None and self.lowest is None and self.highest is None:
            raise SettingError("k", None, "a number, or a lowest or highest value")
        if self.k is None and self.compat == "rmea":
            raise SettingError("k", None, "a number where compat is 'rmea'")
        if None not in (self.lowest, self.highest) and not self.lowest < self.highest:  # type: ignore[operator]
            raise SettingError("lowest", self.lowest, f"below highest = {self.highest}")

    def prepare_all(
        self, signals: Sequence[Signal], cuts: Sequence[float] = ()
    ) -> tuple[Prepared, ...]:
        """Each signal without its outliers; limits of both together where pooled."""
        if self.compat == "rmea":
            if len(signals) != 2:
                raise SettingError("signals", len(signals), "both partners' where compat is 'rmea'")
            kept = drop_outliers_like_rmea(signals[0].values, signals[1].values, float(self.k or 0))
            return tuple(_told(s, v) for s, v in zip(signals, kept, strict=True))
        if not self.pooled or not signals:
            return super().prepare_all(signals, cuts)
        clean = [drop_infinite(signal) for signal in signals]
        limits = self._limits(np.concatenate([item.signal.values for item in clean]))
        done = [_told(item.signal, _keep(item.signal.values, *limits)) for item in clean]
        return tuple(
            Prepared(after.signal, (*before.notes, *after.notes))
            for before, after in zip(clean, done, strict=True)
        )

    def _prepare(self, signal: Signal, cuts: Sequence[float]) -> Prepared:
        if self.compat == "rmea" or self.pooled:
            raise SettingError(
                "pooled" if self.pooled else "compat",
                self.pooled or self.compat,
                "both partners' signals: call prepare_signals or prepare_all",
            )
        return _told(signal, _keep(signal.values, *self._limits(signal.values)))

    def _limits(self, values: FloatArray) -> tuple[float, float]:
        """Lowest and highest value that stays."""
        low, high = -np.inf, np.inf
        if self.k is not None:
            centre, spread = find_scale(
                values[np.isfinite(values)], "z" if self.spread == "sd" else "robust"
            )
            # Without spread nothing can be far away.
            if spread > 0:
                if self.side != "high":
                    low = centre - self.k * spread
                if self.side != "low":
                    high = centre + self.k * spread
        if self.lowest is not None:
            low = max(low, self.lowest)
        if self.highest is not None:
            high = min(high, self.highest)
        return low, high


def _keep(values: FloatArray, low: float, high: float) -> FloatArray:
    with np.errstate(invalid="ignore"):
        return np.where((values < low) | (values > high), np.nan, values)


def _told(signal: Signal, kept: FloatArray) -> Prepared:
    gone = np.isfinite(signal.values) & ~np.isfinite(kept)
    count, seen = int(gone.sum()), int(np.isfinite(signal.values).sum())
    if count:
        remaining = kept[np.isfinite(kept)]
        middle = float(np.median(remaining)) if remaining.size else 0.0
        high = int((signal.values[gone] > middle).sum())
        words = f"{count} of {seen} samples set to missing: {high} high, {count - high} low."
    else:
        words = f"No outlier among {seen} samples."
    note = make_note("signal_outliers", signal, words, count)
    return Prepared(with_values(signal, kept), (note,))
