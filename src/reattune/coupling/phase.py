"""Phase synchrony: whether two rhythms keep a constant distance in their cycles."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, nan
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from reattune.core.checks import check_not_negative, check_positive
from reattune.core.errors import SettingError
from reattune.coupling.pairs import FloatArray, check_count, check_pair, find_stretches, varies
from reattune.coupling.results import CouplingResult


@dataclass(frozen=True)
class PhaseBand:
    """The rhythm whose phase is followed.

    Parameters
    ----------
    low_hz, high_hz : float
        A phase means something for one rhythm only: keep the band narrow.
    order : int, default 3
        Of the Butterworth filter, run both ways.
    trim_cycles : float, default 1
        Cycles of ``low_hz`` left out at both ends of every stretch, where filter and Hilbert
        transform have one side only.
    """

    low_hz: float
    high_hz: float
    order: int = 3
    trim_cycles: float = 1.0

    def __post_init__(self) -> None:
        check_positive("low_hz", self.low_hz)
        check_positive("high_hz", self.high_hz)
        check_count("order", self.order)
        check_not_negative("trim_cycles", self.trim_cycles)
        if self.low_hz >= self.high_hz:
            raise SettingError("low_hz", self.low_hz, f"below high_hz = {self.high_hz:g}")


@dataclass(frozen=True, eq=False)
class PhaseSynchrony(CouplingResult):
    """How constant the phase difference is.

    Attributes
    ----------
    plv : float
        Phase-locking value, length of the mean of exp(i difference): 1 constant, near 0 none.
    phase_rad : float
        Mean difference, -pi ... pi; **above 0 the first leads**; near pi: anti-phase.
    n : int
        Samples with a phase of both.
    n_cycles : float
        Cycles of the middle of the band in these samples. With few cycles unrelated rhythms have
        a high value too: compare with chance (`reattune.coupling.chance`).
    difference_rad : float array, shape (n samples of the input,)
        Sample by sample; nan where there is none.
    used : PhaseBand
    """

    measure: ClassVar[str] = "phase_synchrony"
    plv: float
    phase_rad: float
    n: int
    n_cycles: float
    difference_rad: FloatArray
    used: PhaseBand


def measure_phase_synchrony(
    first: ArrayLike, second: ArrayLike, rate_hz: float, band: PhaseBand
) -> PhaseSynchrony:
    """The phase-locking value of two signals in a band.

    Parameters
    ----------
    first, second : array_like of float, shape (n,)
        nan = missing: each stretch in which both are observed is filtered by itself.
    rate_hz : float
    band : PhaseBand

    Returns
    -------
    PhaseSynchrony
        nan where no stretch is long enough, or a signal is constant.

    Raises
    ------
    SettingError
        When the band reaches half of the rate.

    Notes
    -----
    Band-pass without delay, phase of the analytic signal (Hilbert), mean over time of
    exp(i (phase 1 - phase 2)) (Lachaux, Rodriguez, Martinerie & Varela 1999; Tass et al. 1998). Two
    people are compared directly: no phase of a group is formed.

    Examples
    --------
    >>> t = np.arange(0, 120, 0.1)
    >>> one, two = np.sin(t), np.sin(t - 0.8) + 0.1 * np.sin(9 * t)
    >>> result = measure_phase_synchrony(one, two, 10, PhaseBand(0.1, 0.25))
    >>> round(result.plv, 2), round(result.phase_rad, 2)
    (1.0, 0.8)
    """
    from scipy.signal import butter, hilbert, sosfiltfilt

    one, two = check_pair(first, second)
    check_positive("rate_hz", rate_hz)
    if band.high_hz >= rate_hz / 2:
        raise SettingError("high_hz", band.high_hz, f"below half of the rate: {rate_hz / 2:g}")
    sections = butter(band.order, (band.low_hz, band.high_hz), "band", fs=rate_hz, output="sos")
    pad = max(3 * (2 * len(sections) + 1), ceil(rate_hz / band.low_hz))
    trim = ceil(band.trim_cycles * rate_hz / band.low_hz)
    least = max(pad, 2 * trim) + 1
    difference = np.full(one.size, nan)
    for a, b in find_stretches(np.isfinite(one) & np.isfinite(two)):
        parts = one[a:b], two[a:b]
        if b - a < least or not (varies(parts[0]) and varies(parts[1])):
            continue
        angles = [np.angle(hilbert(sosfiltfilt(sections, p - p.mean(), padlen=pad))) for p in parts]
        kept = slice(a + trim, b - trim)
        difference[kept] = np.angle(np.exp(1j * (angles[0] - angles[1])))[trim : b - a - trim]
    seen = np.isfinite(difference)
    n = int(seen.sum())
    cycles = n / rate_hz * (band.low_hz + band.high_hz) / 2
    if n == 0:
        return PhaseSynchrony(nan, nan, 0, 0.0, difference, band)
    mean = np.exp(1j * difference[seen]).mean()
    return PhaseSynchrony(float(np.abs(mean)), float(np.angle(mean)), n, cycles, difference, band)
