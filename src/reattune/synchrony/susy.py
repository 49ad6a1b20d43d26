"""The numbers of SUSY: segments of one signal with their own and with all other segments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reattune.core.errors import SettingError
from reattune.synchrony.grid import Grid, lay_out
from reattune.synchrony.settings import CrossCorrelation, use_preset
from reattune.synchrony.summaries import mean_of
from reattune.synchrony.tracks import Track, check_length, check_values
from reattune.synchrony.words import PARTNERS

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
NAN = float("nan")


@dataclass(frozen=True, eq=False)
class SegmentProfile:
    """Means at every lag over pairs of segments, each an array of shape (n_lags,).

    Attributes
    ----------
    abs_z, z, abs_r : array of float
    n : array of int
        Pairs of segments with a value at that lag.
    """

    abs_z: FloatArray
    z: FloatArray
    abs_r: FloatArray
    n: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SegmentNumbers:
    """Segments of one signal with the other's at the same time, beside those at other times.

    **A description, not a test.** The effect sizes divide by the spread of a smooth profile over
    lags. In independent signals that carry over from sample to sample by 0.9 they exceeded 1 in
    22 % of 300 simulated pairs: no size of them means anything without a null.

    Attributes
    ----------
    lags_s : array of float, shape (n_lags,)
        Positive: the first partner leads. (SUSY's own lags have the opposite sign.)
    real, pseudo : SegmentProfile
        Each segment with the one at the same time; with all at other times.
    segment_abs_r, segment_pseudo_abs_r : array of float, shape (n_segments,)
        Mean absolute r over lags: of each segment of the first signal with its own, and with all
        other segments of the second.
    time_s : array of float, shape (n_segments,)
        Middle of every segment.
    n_segments_missing : int
        Segments without any value at the same time.
    partners : (str, str)
    settings : mapping
    """

    lags_s: FloatArray
    real: SegmentProfile
    pseudo: SegmentProfile
    segment_abs_r: FloatArray
    segment_pseudo_abs_r: FloatArray
    time_s: FloatArray
    n_segments_missing: int
    partners: tuple[str, str]
    settings: Mapping[str, object]

    def to_dict(self) -> dict[str, float]:
        """The summary, by name.

        ``z_abs``, ``z_abs_pseudo`` and their spread over lags; ``es_abs``, over all lags and where
        either leads; ``above_pseudo_prop``; the same of signed z; ``in_phase`` and ``anti_phase``:
        mean signed z over the lags at which it is above, or below, 0, and how many these are.
        """
        first, second = self.lags_s > 0, self.lags_s < 0
        every = np.ones(self.lags_s.size, dtype=np.bool_)
        up, down = self.real.z > 0, self.real.z < 0
        return {
            "z_abs": _mean(self.real.abs_z),
            "z_abs_pseudo": _mean(self.pseudo.abs_z),
            "z_abs_sd": _spread(self.real.abs_z),
            "z_abs_pseudo_sd": _spread(self.pseudo.abs_z),
            "z_abs_first_leads": _mean(self.real.abs_z[first]),
            "z_abs_second_leads": _mean(self.real.abs_z[second]),
            "es_abs": _effect(self.real.abs_z, self.pseudo.abs_z, every),
            "es_abs_first_leads": _effect(self.real.abs_z, self.pseudo.abs_z, first),
            "es_abs_second_leads": _effect(self.real.abs_z, self.pseudo.abs_z, second),
            "above_pseudo_prop": _above(self.real.abs_z, self.pseudo.abs_z),
            "z": _mean(self.real.z),
            "z_pseudo": _mean(self.pseudo.z),
            "es": _effect(self.real.z, self.pseudo.z, every),
            "signed_above_pseudo_prop": _above(self.real.z, self.pseudo.z),
            "in_phase": _mean(self.real.z[up]),
            "anti_phase": _mean(self.real.z[down]),
            "n_in_phase": float(up.sum()),
            "n_anti_phase": float(down.sum()),
            "n_lags": float(self.lags_s.size),
            "n_segments": float(self.time_s.size),
            "n_segments_missing": float(self.n_segments_missing),
        }

    def summary(self) -> str:
        """The numbers in short sentences, with what they cannot say."""
        told = self.to_dict()
        return (
            f"{self.partners[0]} and {self.partners[1]}, {self.time_s.size} segments: mean "
            f"absolute z {told['z_abs']:.3f} at the same time, {told['z_abs_pseudo']:.3f} between "
            f"segments at different times (effect size {told['es_abs']:.2f}). This describes; it "
            "tests nothing. In independent signals effect sizes above 1 are common."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per lag: lag_s, then mean absolute z, z and absolute r, real and pseudo."""
        import pandas as pd

        columns: dict[str, FloatArray] = {"lag_s": self.lags_s}
        for kind, profile in (("real", self.real), ("pseudo", self.pseudo)):
            columns[f"{kind}_abs_z"] = profile.abs_z
            columns[f"{kind}_z"] = profile.z
            columns[f"{kind}_abs_r"] = profile.abs_r
        return pd.DataFrame(columns)


def describe_segments(
    x: ArrayLike,
    y: ArrayLike,
    settings: CrossCorrelation | None = None,
    *,
    rate_hz: float,
    start_s: float = 0.0,
    partners: tuple[str, str] = PARTNERS,
) -> SegmentNumbers:
    """The numbers of SUSY (Tschacher & Meier, 2020) for two signals.

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        nan = missing.
    settings : CrossCorrelation, optional
        `use_preset` ``("susy", Windows(segment, segment, largest lag))``; its defaults by default.
    rate_hz : float
    start_s : float, default 0
    partners : (str, str)

    Raises
    ------
    SettingError
        Settings that do not cut segments, and all of `cross_correlate`.

    Notes
    -----
    Differences from SUSY 0.1.0, all on purpose: missing samples are left out of the pairs they
    belong to, where it deletes rows and joins what is left; a constant segment is left out and
    counted, where it counts in the divisor and so lowers every mean; the sign of the lag; z of
    identical segments is held at the limit of the settings, where it becomes infinite.
    """
    settings = settings or use_preset("susy")
    if settings.anchor != "segment":
        raise SettingError("anchor", settings.anchor, "'segment', as in use_preset('susy')")
    first, second = check_values("x", x), check_values("y", y)
    check_length("y", second, first)
    grid = lay_out(first.size, rate_hz, settings, start_s=start_s)
    whole = bool(np.isfinite(first).all() and np.isfinite(second).all())
    made = [_Segments.make(values, grid, whole=whole) for values in (first, second)]
    n, n_lags = grid.shape
    sums, counts = np.zeros((2, 3, n_lags)), np.zeros((2, n_lags), dtype=np.int64)
    own, others = np.empty(n), np.empty(n)
    missing = 0
    for i in range(n):
        r = _against_all(made[0], made[1], i, grid)
        with np.errstate(divide="ignore"):
            z = np.clip(np.arctanh(r), -settings.z_limit, settings.z_limit)
        pseudo = np.arange(n) != i
        for kind, rows in enumerate((~pseudo, pseudo)):
            for k, values in enumerate((np.abs(z), z, np.abs(r))):
                sums[kind, k] += np.nansum(values[rows], axis=0)
            counts[kind] += np.isfinite(r[rows]).sum(axis=0)
        by_pair = mean_of(np.abs(r), axis=1)
        own[i], others[i] = by_pair[i], float(mean_of(by_pair[pseudo]))
        missing += bool(np.isnan(own[i]))
    profiles = []
    for kind in range(2):
        abs_z, z_mean, abs_r = sums[kind] / np.where(counts[kind] > 0, counts[kind], np.nan)
        profiles.append(SegmentProfile(abs_z, z_mean, abs_r, counts[kind]))
    return SegmentNumbers(
        lags_s=grid.lags_s,
        real=profiles[0],
        pseudo=profiles[1],
        segment_abs_r=own,
        segment_pseudo_abs_r=others,
        time_s=grid.centres_s,
        n_segments_missing=missing,
        partners=partners,
        settings={**settings.to_dict(), "rate_hz": grid.rate_hz, "n_samples": first.size},
    )


@dataclass(frozen=True, eq=False)
class _Segments:
    """Spectra of the segments of one signal, of what is observed of them, and their spread.

    What is observed is None where both signals are whole.
    """

    values: NDArray[np.complex128]
    seen: NDArray[np.complex128] | None
    sd: FloatArray

    @classmethod
    def make(cls, raw: FloatArray, grid: Grid, *, whole: bool) -> _Segments:
        from scipy.fft import rfft

        from reattune.synchrony.exact import FLAT

        track = Track.make(raw, grid.window)
        every = np.lib.stride_tricks.sliding_window_view(track.values, grid.window)
        mask = np.lib.stride_tricks.sliding_window_view(track.mask, grid.window)[grid.starts]
        n = np.maximum(mask.sum(axis=1), 1.0)
        means = every[grid.starts].sum(axis=1) / n
        centred = (every[grid.starts] - means[:, None]) * mask
        variance = np.einsum("ij,ij->i", centred, centred) / n
        raw_square = variance + (means + track.level) ** 2
        flat = variance <= np.maximum(FLAT * raw_square, track.floor)
        length = grid.window + grid.max_lag
        return cls(
            values=rfft(centred, length, axis=1),
            seen=None if whole else rfft(mask, length, axis=1),
            sd=np.where(flat, np.nan, np.sqrt(variance)),
        )


def _against_all(x: _Segments, y: _Segments, i: int, grid: Grid) -> FloatArray:
    """Correlations of one segment of the first signal with every one of the second, by lag."""
    from scipy.fft import irfft

    length, lag = grid.window + grid.max_lag, grid.max_lag

    def lagged(a: NDArray[np.complex128], b: NDArray[np.complex128]) -> FloatArray:
        products = irfft(np.conj(a[i]) * b, length, axis=1)
        return np.concatenate([products[:, length - lag :], products[:, : lag + 1]], axis=1)

    cov = lagged(x.values, y.values) / grid.window
    if x.seen is not None and y.seen is not None:
        pairs = np.round(lagged(x.seen, y.seen))
        cov *= grid.lengths / np.maximum(pairs, 1.0)
        cov[pairs < grid.min_pairs] = np.nan
    return np.asarray(np.clip(cov / (x.sd[i] * y.sd[:, None]), -1.0, 1.0))


def _mean(values: FloatArray) -> float:
    return float(mean_of(values))


def _spread(values: FloatArray) -> float:
    seen = values[np.isfinite(values)]
    return float(seen.std(ddof=1)) if seen.size > 1 else NAN


def _effect(real: FloatArray, pseudo: FloatArray, lags: BoolArray) -> float:
    spread = _spread(pseudo[lags])
    return (_mean(real[lags]) - _mean(pseudo[lags])) / spread if spread > 0 else NAN


def _above(real: FloatArray, pseudo: FloatArray) -> float:
    seen = np.isfinite(real) & np.isfinite(pseudo)
    return float((real[seen] > pseudo[seen]).mean()) if seen.any() else NAN
