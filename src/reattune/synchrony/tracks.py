"""Track: one signal made ready, with everything about it that many pairings can share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reattune.core.checks import check_positive
from reattune.core.errors import SettingError
from reattune.core.streams import Signal
from reattune.synchrony.words import PARTNERS

if TYPE_CHECKING:
    from reattune.synchrony.exact import Samples

FloatArray = NDArray[np.float64]


def check_values(name: str, values: ArrayLike) -> FloatArray:
    """The samples as one row of floats, nan = missing.

    Raises
    ------
    SettingError
        Not one row, or infinite values.
    """
    array = np.ascontiguousarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise SettingError(name, f"an array of shape {array.shape}", "one row of samples")
    infinite = np.isinf(array)
    if infinite.any():
        at = int(np.argmax(infinite))
        raise SettingError(
            name, f"an infinite value at sample {at}", "finite samples, with nan where missing"
        )
    return array


@dataclass(frozen=True, eq=False)
class Track:
    """A signal for the kernels.

    Attributes
    ----------
    raw : array of float
        As given; nan = missing.
    values : array of float
        Divided by a power of two and less their mean; 0 where missing.
    mask : array of float
        1 where observed, 0 where missing.
    level : float
        The mean that was subtracted.
    floor : float
        Variance below which a window is constant whatever its own values (see `exact.is_flat`).
    window : int
        Samples of a window.
    """

    raw: FloatArray
    values: FloatArray
    mask: FloatArray
    level: float
    floor: float
    window: int

    @classmethod
    def make(cls, raw: FloatArray, window: int) -> Track:
        """The track of checked samples."""
        from reattune.synchrony.exact import FLAT_IN_SIGNAL

        seen = np.isfinite(raw)
        whole = bool(seen.all())
        values = raw if whole else np.where(seen, raw, 0.0)
        peak = float(np.max(np.abs(values), initial=0.0))
        if peak > 0:
            # A power of two loses no digit.
            values = values / 2.0 ** np.floor(np.log2(peak))
        n = int(seen.sum())
        level = float(values.sum()) / n if n else 0.0
        floor = FLAT_IN_SIGNAL * float(np.dot(values, values)) / n if n else 0.0
        values = values - level
        if not whole:
            values[~seen] = 0.0
        return cls(raw, values, seen.astype(np.float64), level, floor, window)

    def __len__(self) -> int:
        return int(self.values.size)

    @cached_property
    def samples(self) -> Samples:
        """The signal with mean, sum of squares and constancy of the window at every sample."""
        from reattune.synchrony.exact import Samples, window_moments

        mean, ss, flat = window_moments(self.values, self.window, self.level, self.floor)
        return Samples(self.values, self.mask, mean, ss, flat, self.level, self.floor)

    @cached_property
    def unseen(self) -> NDArray[np.int64] | None:
        """Missing samples before each sample and at the end; None when all were observed."""
        if self.mask.all():
            return None
        return np.concatenate([[0], np.cumsum(self.mask == 0)])

    @cached_property
    def spectra(self) -> dict[tuple[int, int, int], tuple[NDArray[np.complex128], FloatArray]]:
        """Spectra already computed, by what they are of; filled by the FFT kernel."""
        return {}


def cut_to_common(
    x: ArrayLike | Signal,
    y: ArrayLike | Signal,
    rate_hz: float | None = None,
    partners: tuple[str, str] | None = None,
) -> tuple[FloatArray, FloatArray, float, tuple[str, str]]:
    """Samples of both over their common time, checked; their rate; and the partners' names.

    Parameters
    ----------
    x, y : Signal, or array_like of float, shape (n,)
        Arrays must be equally long.
    rate_hz : float, optional
        Needed for arrays.
    partners : (str, str), optional
        Those of the signals by default.

    Raises
    ------
    SettingError
        Different lengths of arrays, different rates, samples that lie between each other, no
        common time, infinite values.
    """
    if isinstance(x, Signal) and isinstance(y, Signal):
        if rate_hz is not None and not np.isclose(rate_hz, x.rate_hz):
            raise SettingError("rate_hz", rate_hz, f"{x.rate_hz:g}, the signals' own, or nothing")
        first, second = _overlap(x, y)
        names = partners or (x.partner, y.partner)
        return check_values("x", first), check_values("y", second), x.rate_hz, names
    if isinstance(x, Signal) or isinstance(y, Signal):
        raise SettingError("x, y", "a Signal and an array", "two Signals or two arrays")
    first, second = check_values("x", x), check_values("y", y)
    if rate_hz is None:
        raise SettingError("rate_hz", None, "the samples per second of the two arrays")
    check_length("y", second, first)
    return first, second, check_positive("rate_hz", rate_hz), partners or PARTNERS


def check_length(name: str, values: FloatArray, x: FloatArray) -> None:
    """Raise where a signal does not have as many samples as the first."""
    if values.size != x.size:
        told = f"{x.size}, as many as x; cut both to the same time"
        raise SettingError(name, f"{values.size} samples", told)


def _overlap(x: Signal, y: Signal) -> tuple[FloatArray, FloatArray]:
    if not np.isclose(x.rate_hz, y.rate_hz, rtol=1e-9, atol=0):
        told = f"{x.rate_hz:g} and {y.rate_hz:g}"
        raise SettingError("rate_hz", told, "one rate for both signals; resample one of them first")
    apart = (y.start_s - x.start_s) * x.rate_hz
    samples = round(apart)
    if abs(apart - samples) > 1e-3:
        raise SettingError(
            "start_s",
            f"{x.start_s:g} and {y.start_s:g}",
            f"starts a whole number of samples ({1 / x.rate_hz:g} s) apart; resample one first",
        )
    first, second = max(samples, 0), max(-samples, 0)
    n = min(len(x) - first, len(y) - second)
    if n < 1:
        raise SettingError("signals", f"{x!r} and {y!r}", "signals that share some time")
    return x.values[first : first + n], y.values[second : second + n]
