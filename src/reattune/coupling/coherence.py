"""Coherence in a band: whether two signals swing together in one rhythm, at any delay."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, pi
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from reattune.core.checks import check_not_negative, check_positive
from reattune.core.errors import SettingError
from reattune.coupling.pairs import FloatArray, check_pair, find_stretches
from reattune.coupling.results import CouplingResult

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Band:
    """A band of frequencies and the segments it is estimated from.

    Parameters
    ----------
    low_hz, high_hz : float
        Both ends are inside.
    segment_s : float
        Length of a segment; frequencies are 1 / segment_s apart.
    overlap : float, default 0.5
        Share of a segment that the next one covers again.
    """

    low_hz: float
    high_hz: float
    segment_s: float
    overlap: float = 0.5

    def __post_init__(self) -> None:
        check_not_negative("low_hz", self.low_hz)
        check_positive("high_hz", self.high_hz)
        check_positive("segment_s", self.segment_s)
        if self.low_hz > self.high_hz:
            raise SettingError("low_hz", self.low_hz, f"at most high_hz = {self.high_hz:g}")
        if not 0 <= self.overlap < 1:
            raise SettingError("overlap", self.overlap, "at least 0 and below 1")


@dataclass(frozen=True, eq=False)
class Coherence(CouplingResult):
    """Magnitude-squared coherence of two signals in a band.

    Attributes
    ----------
    coherence : float
        Mean over the frequencies of the band, 0 ... 1.
    expected_independent : float
        Its mean for unrelated signals: 1 / (effective number of segments).
    phase_rad : float
        Angle of the summed cross-spectrum of the band, -pi ... pi; **above 0 the first leads**.
    n_segments, n_effective : int, float
        Segments, and how many independent ones they are worth.
    n_samples : int
        Samples in at least one segment.
    frequencies_hz, coherences : float arrays, shape (b,)
        Of the band.
    used : Band
    """

    measure: ClassVar[str] = "coherence"
    coherence: float
    expected_independent: float
    phase_rad: float
    n_segments: int
    n_effective: float
    n_samples: int
    frequencies_hz: FloatArray
    coherences: FloatArray
    used: Band

    def to_frame(self) -> pd.DataFrame:
        """One row per frequency: frequency_hz, coherence, expected_independent, n_segments."""
        import pandas as pd

        return pd.DataFrame(
            {
                "frequency_hz": self.frequencies_hz,
                "coherence": self.coherences,
                "expected_independent": self.expected_independent,
                "n_segments": self.n_segments,
            }
        )


def measure_coherence(first: ArrayLike, second: ArrayLike, rate_hz: float, band: Band) -> Coherence:
    """The coherence of two signals in a band, from Welch's averaged segments.

    Parameters
    ----------
    first, second : array_like of float, shape (n,)
        nan = missing: segments are laid into the stretches in which both are observed.
    rate_hz : float
    band : Band

    Returns
    -------
    Coherence
        nan with fewer than two segments (one alone always gives 1), or where a signal has no power
        in the band.

    Raises
    ------
    SettingError
        When the band lies beyond half of the rate or between two frequencies of the segments.

    Notes
    -----
    abs(mean of conj(X) Y)^2 / (mean of abs(X)^2 x mean of abs(Y)^2) over Hann-windowed segments
    without their means (Welch 1967). Unrelated signals do not give 0 but 1 over the number of
    independent segments (Carter, Knapp & Nuttall 1973). Overlapping segments are worth fewer: K /
    (1 + 2 sum_k (1 - k / K) rho_k^2), rho_k the correlation of the windows of segments k apart.

    Examples
    --------
    >>> t = np.arange(0, 60, 0.1)
    >>> one, two = np.sin(2 * pi * 0.5 * t), np.sin(2 * pi * 0.5 * (t - 0.25))
    >>> result = measure_coherence(one, two, 10, Band(0.4, 0.6, segment_s=10))
    >>> round(result.coherence, 3), round(result.phase_rad / pi, 3)
    (1.0, 0.25)
    """
    one, two = check_pair(first, second)
    check_positive("rate_hz", rate_hz)
    if band.high_hz > rate_hz / 2:
        raise SettingError("high_hz", band.high_hz, f"at most half of the rate: {rate_hz / 2:g}")
    size = max(2, round(band.segment_s * rate_hz))
    step = max(1, size - int(band.overlap * size))
    frequencies = np.asarray(np.arange(size // 2 + 1) * (rate_hz / size), dtype=np.float64)
    inside = (frequencies >= band.low_hz - 1e-9) & (frequencies <= band.high_hz + 1e-9)
    if not inside.any():
        raise SettingError(
            "segment_s", band.segment_s, "longer segments: no frequency falls into the band"
        )
    starts = [
        at
        for a, b in find_stretches(np.isfinite(one) & np.isfinite(two))
        for at in range(a, b - size + 1, step)
    ]
    used = np.zeros(one.size, dtype=bool)
    for at in starts:
        used[at : at + size] = True
    n, samples = len(starts), int(used.sum())
    nothing = np.full(int(inside.sum()), nan)
    if n < 2:
        return Coherence(nan, nan, nan, n, float(n), samples, frequencies[inside], nothing, band)
    window = 0.5 - 0.5 * np.cos(2 * pi * np.arange(size) / size)
    spectra = [_spectra(x, starts, size, window)[:, inside] for x in (one, two)]
    cross = (spectra[0].conj() * spectra[1]).mean(axis=0)
    power = [(np.abs(s) ** 2).mean(axis=0) for s in spectra]
    # No power but rounding: what is left after taking the mean away.
    floors = [1e-20 * size * float((x[used] ** 2).sum()) / samples for x in (one, two)]
    alive = (power[0] > floors[0]) & (power[1] > floors[1])
    values = nothing.copy()
    values[alive] = np.abs(cross[alive]) ** 2 / (power[0] * power[1])[alive]
    effective = _effective(window, step, n)
    return Coherence(
        float(values[alive].mean()) if alive.any() else nan,
        1 / effective,
        float(-np.angle(cross[alive].sum())) if alive.any() else nan,
        n,
        effective,
        samples,
        frequencies[inside],
        values,
        band,
    )


def _spectra(
    x: FloatArray, starts: list[int], size: int, window: FloatArray
) -> np.ndarray[tuple[int, ...], np.dtype[np.complex128]]:
    pieces = np.stack([x[at : at + size] for at in starts])
    centred = pieces - pieces.mean(axis=1, keepdims=True)
    return np.asarray(np.fft.rfft(centred * window, axis=1), dtype=np.complex128)


def _effective(window: FloatArray, step: int, n: int) -> float:
    """How many independent segments ``n`` overlapping ones are worth."""
    whole = float((window**2).sum())
    total = 0.0
    for k in range(1, n):
        if k * step >= window.size:
            break
        shared = float((window[k * step :] * window[: window.size - k * step]).sum()) / whole
        total += (1 - k / n) * shared**2
    return n / (1 + 2 * total)
