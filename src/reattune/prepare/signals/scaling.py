"""Bringing signals of different size onto one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from reattune.core.checks import check_option
from reattune.core.streams import Signal
from reattune.prepare.signals.compat import scale_like_rmea
from reattune.prepare.signals.steps import (
    Compat,
    FloatArray,
    Prepared,
    SignalStep,
    check_compat,
    make_note,
    varies,
    with_values,
)

ScaleMethod = Literal["z", "unit", "sd", "robust"]
# Median absolute deviation of a normal distribution, as a share of its SD, inverted.
MAD_TO_SD = 1.482602218505602


@dataclass(frozen=True)
class Scaling(SignalStep):
    """A signal over its own spread.

    Parameters
    ----------
    method : {"z", "unit", "sd", "robust"}
        ``"z"``: (x - mean) / SD; ``"unit"``: (x - least) / (greatest - least); ``"sd"``: x / SD;
        ``"robust"``: (x - median) / (1.4826 MAD). SD with n - 1.
    compat : {None, "rmea"}
        ``"rmea"`` is ``"sd"`` without the care for a constant signal, for parity only.

    Notes
    -----
    Centre and spread are those of the observed samples. A signal without spread has no scale: a
    constant one, or under ``"robust"`` one with more than half of its samples equal (motion energy
    often is), becomes missing throughout, with a warning note; it is never made 0.

    Examples
    --------
    >>> raw = Signal("infant", "motion", [2, 4, float("nan"), 6], 1)
    >>> Scaling("unit")(raw).signal.values.tolist()
    [0.0, 0.5, nan, 1.0]
    """

    method: ScaleMethod = "z"
    compat: Compat = None

    def __post_init__(self) -> None:
        check_option("method", self.method, get_args(ScaleMethod))
        check_compat(self.compat)

    def _prepare(self, signal: Signal, cuts: Sequence[float]) -> Prepared:
        values = signal.values
        seen = values[np.isfinite(values)]
        n = int(seen.size)
        if self.compat == "rmea":
            note = make_note("signal_scaled", signal, f"Divided by its SD; {n} samples.", n)
            return Prepared(with_values(signal, scale_like_rmea(values)), (note,))
        centre, spread = find_scale(seen, self.method)
        if not spread > 0:
            why = "no sample is observed" if n == 0 else "it does not vary"
            if n and self.method == "robust" and varies(seen):
                why = "more than half of its samples are equal; another method fits better"
            words = f"No {self.method} scale: {why}. All {n} samples set to missing."
            note = make_note("signal_no_scale", signal, words, n, "warning")
            return Prepared(with_values(signal, np.full(values.size, np.nan)), (note,))
        words = f"Scaled ({self.method}): minus {centre:.6g}, over {spread:.6g}; {n} samples."
        scaled = (values - centre) / spread
        return Prepared(
            with_values(signal, scaled), (make_note("signal_scaled", signal, words, n),)
        )


def find_scale(seen: FloatArray, method: ScaleMethod) -> tuple[float, float]:
    """Centre and spread of finite values; the spread is 0 or nan where there is none."""
    if not varies(seen):
        return (float("nan"), 0.0)
    if method == "unit":
        return float(seen.min()), float(np.ptp(seen))
    if method == "robust":
        centre = float(np.median(seen))
        return centre, MAD_TO_SD * float(np.median(np.abs(seen - centre)))
    centre = float(seen.mean()) if method == "z" else 0.0
    return centre, float(seen.std(ddof=1))
