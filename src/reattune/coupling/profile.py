"""Recurrence by lag: how often two partners are in the same state so many samples apart."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from reattune.core.errors import SettingError
from reattune.coupling.embedding import Points, Recurrence, embed_pair, find_distance_scale
from reattune.coupling.pairs import FloatArray, IntArray, check_count
from reattune.coupling.results import CouplingResult

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class LagProfile(CouplingResult):
    """Share of recurrent moments at each lag.

    Attributes
    ----------
    lags : int array, shape (2 L + 1,)
        Samples; **above 0 the first leads**: the second is where the first was so long ago.
    profile : float array, same shape
        Recurrent over observed pairs of moments; nan where there is none.
    n : int array, same shape
        Observed pairs.
    used : Recurrence
    """

    measure: ClassVar[str] = "recurrence_profile"
    lags: IntArray
    profile: FloatArray
    n: IntArray
    used: Recurrence

    @property
    def peak(self) -> float:
        """The highest share."""
        return float(np.nanmax(self.profile)) if np.isfinite(self.profile).any() else nan

    @property
    def peak_lag(self) -> float:
        """The lag of the highest share, the one nearest 0 of several; nan where two are as near."""
        best = self.lags[self.profile == self.peak]
        if best.size == 0:
            return nan
        nearest = best[np.abs(best) == np.abs(best).min()]
        return float(nearest[0]) if nearest.size == 1 else nan

    def to_frame(self) -> pd.DataFrame:
        """One row per lag: lag, recurrence_prop, n."""
        import pandas as pd

        return pd.DataFrame({"lag": self.lags, "recurrence_prop": self.profile, "n": self.n})

    def summary(self) -> str:
        """Height and place of the peak, and who leads there."""
        lag = self.peak_lag
        if np.isnan(lag):
            where = "at no single lag"
        elif lag == 0:
            where = "at lag 0"
        else:
            leader = "first" if lag > 0 else "second"
            where = f"where the {leader} partner is {abs(lag):g} samples ahead"
        return (
            f"{self.measure}: highest share {self.peak:.4g} {where}, "
            f"mean over {self.lags.size} lags {_mean(self.profile):.4g}"
        )


def profile_recurrence(
    first: ArrayLike,
    second: ArrayLike,
    max_lag: int,
    settings: Recurrence | None = None,
) -> LagProfile:
    """The diagonal-wise recurrence profile, one lag at a time.

    Parameters
    ----------
    first, second : array_like of float, shape (n,) or (n, d)
        As in `reattune.coupling.recurrence.measure_recurrence`, of one length.
    max_lag : int
        Lags from -max_lag to max_lag samples.
    settings : Recurrence, optional
        Radius, embedding, normalising, rescaling and metric are used; lines, side, Theiler
        window and denominator are not.

    Returns
    -------
    LagProfile

    Raises
    ------
    SettingError
        For different lengths, or as `measure_recurrence`.

    Notes
    -----
    Profile at lag k: share of t at which x[t] and y[t + k] are within the radius (Dale,
    Warlaumont & Richardson 2011). Numbers agree with ``drpfromts`` of crqa 2.1.0, which builds the
    whole matrix; here memory grows with n.

    Examples
    --------
    >>> profile = profile_recurrence([1, 2, 3, 4, 5], [0, 0, 1, 2, 3], 2)
    >>> profile.peak_lag, profile.profile.tolist()
    (2.0, [0.0, 0.0, 0.0, 0.0, 1.0])
    """
    check_count("max_lag", max_lag, 0)
    used = Recurrence() if settings is None else settings
    points = embed_pair(first, second, used)
    if points.first.shape[0] != points.second.shape[0]:
        raise SettingError(
            "second", np.shape(second)[0], f"as many samples as the first: {np.shape(first)[0]}"
        )
    lags = np.arange(-max_lag, max_lag + 1)
    hits, n = _count(points, lags, used)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = hits / n
    return LagProfile(lags, shares, n, used)


@dataclass(frozen=True, eq=False)
class WindowedProfile(CouplingResult):
    """The mean recurrence over all lags, window by window.

    Attributes
    ----------
    starts : int array, shape (w,)
        First sample of each window.
    mean : float array, shape (w,)
        Mean of the profile over its lags.
    profiles : tuple of LagProfile
    window, step, max_lag : int
    used : Recurrence
    """

    measure: ClassVar[str] = "recurrence_profile_windows"
    starts: IntArray
    mean: FloatArray
    profiles: tuple[LagProfile, ...]
    window: int
    step: int
    max_lag: int
    used: Recurrence

    def to_frame(self) -> pd.DataFrame:
        """One row per window: start, mean, peak, peak_lag."""
        import pandas as pd

        return pd.DataFrame(
            {
                "start": self.starts,
                "mean": self.mean,
                "peak": [p.peak for p in self.profiles],
                "peak_lag": [p.peak_lag for p in self.profiles],
            }
        )

    def summary(self) -> str:
        """How many windows, and the mean of their means."""
        return f"{self.measure}: {self.starts.size} windows, mean {_mean(self.mean):.4g}"


def profile_recurrence_windows(
    first: ArrayLike,
    second: ArrayLike,
    *,
    window: int,
    step: int,
    max_lag: int,
    settings: Recurrence | None = None,
) -> WindowedProfile:
    """Recurrence profiles in windows of both series.

    Parameters
    ----------
    first, second : array_like of float, shape (n,) or (n, d)
    window, step : int
        Samples; a last window that is not full is left out.
    max_lag : int
        Below ``window``.
    settings : Recurrence, optional
        Normalising and rescaling happen inside each window.
    """
    check_count("window", window, 2)
    check_count("step", step)
    check_count("max_lag", max_lag, 0)
    if max_lag >= window:
        raise SettingError("max_lag", max_lag, f"below window = {window}")
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.shape[:1] != two.shape[:1]:
        raise SettingError("second", two.shape, f"as many samples as the first: {one.shape[:1]}")
    used = Recurrence() if settings is None else settings
    starts = np.arange(0, one.shape[0] - window + 1, step)
    profiles = tuple(
        profile_recurrence(one[at : at + window], two[at : at + window], max_lag, used)
        for at in starts
    )
    means = np.array([_mean(p.profile) for p in profiles])
    return WindowedProfile(starts, means, profiles, window, step, max_lag, used)


def _count(points: Points, lags: IntArray, used: Recurrence) -> tuple[IntArray, IntArray]:
    """Recurrent and observed pairs at each lag."""
    scale = find_distance_scale(points, used)
    one, two = points.first, points.second
    flat = one.shape[1] == 1
    if flat:
        one, two = one[:, 0], two[:, 0]
    size = one.shape[0]
    whole = bool(points.seen_first.all() and points.seen_second.all())
    hits, n = np.zeros(lags.size, np.int64), np.zeros(lags.size, np.int64)
    for at, lag in enumerate(lags.tolist()):
        a, b = max(0, -lag), max(0, lag)
        length = size - a - b
        if length <= 0:
            continue
        away = np.abs(one[a : a + length] - two[b : b + length])
        if not flat:
            away = _combine(away, used.metric)
        if scale != 1.0:
            away = away / scale
        # A missing moment gives nan, which is within no radius.
        hits[at] = np.count_nonzero(away <= used.radius)
        seen = points.seen_first[a : a + length], points.seen_second[b : b + length]
        n[at] = length if whole else np.count_nonzero(seen[0] & seen[1])
    return hits, n


def _combine(away: FloatArray, metric: str) -> FloatArray:
    if metric == "manhattan":
        return np.asarray(away.sum(axis=1), dtype=np.float64)
    if metric == "maximum":
        return np.asarray(away.max(axis=1), dtype=np.float64)
    return np.asarray(np.sqrt((away**2).sum(axis=1)), dtype=np.float64)


def _mean(values: FloatArray) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else nan
