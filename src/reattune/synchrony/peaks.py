"""Peak picking of Boker et al. (2002): the peak of every window that is nearest to lag zero."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_positive
from reattune.core.errors import SettingError
from reattune.synchrony.table import CrossTable

FloatArray = NDArray[np.float64]

# Share of the span that a cell of the interpolating grid may hold, and how far the grid reaches
# beyond the data; both as in the loess of Cleveland & Grosse (1991).
_CELL, _MARGIN = 0.2, 0.005
_FEWEST_NEAR = 4


@dataclass(frozen=True, eq=False)
class Peaks:
    """One peak per window, or none; arrays of shape (n_windows,).

    Attributes
    ----------
    lag_s : array of float
        Positive: the first partner leads. In steps of half a sample; nan where there is no peak.
    value : array of float
        Of the smoothed correlations at the peak.
    time_s : array of float
        Middle of the window over both partners and all lags.
    n_missing : int
        Windows left out because a cell of them is missing.
    n_without : int
        Windows without a peak inside the range of lags.
    """

    lag_s: FloatArray
    value: FloatArray
    time_s: FloatArray
    n_missing: int
    n_without: int


def find_peaks(
    table: CrossTable, *, reach: int = 8, span_prop: float = 0.25, lowest: bool = False
) -> Peaks:
    """The peak of every window that is nearest to lag zero, after smoothing over lags.

    Parameters
    ----------
    table : CrossTable
        Correlations, not their z, are searched.
    reach : int, default 8
        The search widens from lag zero by half a sample to both sides at a time; it ends when this
        many widenings brought nothing higher. A peak so near to the largest lag that fewer would
        fit behind it is no peak.
    span_prop : float, default 0.25
        Share of the lags each point of the smooth curve rests on.
    lowest : bool, default False
        Search the lowest point instead: movement in opposite directions.

    Raises
    ------
    SettingError
        A reach that does not fit into the lags, or a span of too few lags.

    Notes
    -----
    Local quadratic regression with tricube weights, evaluated at the corners of a grid and joined
    by cubics (Cleveland & Grosse, 1991), then a cubic spline to half samples. Windows with a
    missing cell have no peak.

    Source: Boker, Xu, Rotondo & King (2002), Psychological Methods 7, 338, with the constants of
    the script of Behrens & Boker (2018). The positions agree with those found in R to the half
    sample.
    """
    n = table.grid.shape[1]
    if not 1 <= reach <= n // 2:
        raise SettingError("reach", reach, f"1 to {n // 2}, half the number of lags")
    curves = np.full((table.grid.shape[0], 2 * n - 1), np.nan)
    whole = ~table.missing.any(axis=1)
    curves[whole] = table.r[whole] @ smoother(n, check_positive("span_prop", span_prop)).T
    sign = -1.0 if lowest else 1.0
    lag, value = np.full(whole.size, np.nan), np.full(whole.size, np.nan)
    for k in np.flatnonzero(whole):
        position, height = pick_peak(sign * curves[k], reach)
        lag[k], value[k] = position / 2 / table.grid.rate_hz, sign * height
    return Peaks(
        lag_s=lag,
        value=value,
        time_s=table.centres_s,
        n_missing=int((~whole).sum()),
        n_without=int((whole & np.isnan(lag)).sum()),
    )


def pick_peak(curve: FloatArray, reach: int) -> tuple[float, float]:
    """Position (from the middle) and height of the highest point before ``reach`` vain steps."""
    middle = curve.size // 2
    right = np.maximum.accumulate(curve[middle:])
    left = np.maximum.accumulate(curve[middle::-1])
    # The highest point of a region that grew by one to both sides, 1 to `middle` times.
    highest = np.maximum(right, left)[1:]
    gained = np.concatenate([[0], np.flatnonzero(np.diff(highest) > 0) + 1])
    waits = np.diff(np.concatenate([gained, [highest.size + reach]]))
    last = int(gained[np.argmax(waits > reach)])
    height = float(highest[last])
    first = middle - last - 1
    position = int(np.argmax(curve[first : middle + last + 2] == height)) + first - middle
    if abs(position) > middle - reach:
        return float("nan"), float("nan")
    return float(position), height


@lru_cache(maxsize=8)
def smoother(n: int, span_prop: float) -> FloatArray:
    """Matrix from ``n`` values to the ``2n - 1`` of the smooth curve, at whole and half steps."""
    from scipy.interpolate import CubicSpline

    near = min(n, int(n * span_prop + 1e-5))
    if near < _FEWEST_NEAR:
        raise SettingError("span_prop", span_prop, f"at least {_FEWEST_NEAR / n:.3g} for {n} lags")
    places = np.arange(n, dtype=np.float64)
    corners = _corners(n, max(1, int(n * span_prop * _CELL)))
    level, slope = _fit(corners, places, near)
    k = np.clip(np.searchsorted(corners, places, side="right") - 1, 0, corners.size - 2)
    width = (corners[k + 1] - corners[k])[:, None]
    t = (places - corners[k])[:, None] / width
    smooth = (
        (1 + 2 * t) * (1 - t) ** 2 * level[k]
        + t * (1 - t) ** 2 * width * slope[k]
        + t**2 * (3 - 2 * t) * level[k + 1]
        + t**2 * (t - 1) * width * slope[k + 1]
    )
    return np.asarray(CubicSpline(places, smooth, axis=0)(np.arange(2 * n - 1) / 2))


def _corners(n: int, most: int) -> FloatArray:
    """Corners of the grid: the range is halved at a data point until few enough lie between."""
    beyond = _MARGIN * (n - 1)
    corners = {-beyond, n - 1 + beyond}
    todo = [(0, n - 1)]
    while todo:
        low, high = todo.pop()
        if high - low + 1 > most and high > low:
            middle = (low + high + 2) // 2 - 1
            corners.add(float(middle))
            todo += [(low, middle), (middle + 1, high)]
    return np.array(sorted(corners))


def _fit(at: FloatArray, places: FloatArray, near: int) -> tuple[FloatArray, FloatArray]:
    """Rows that give level and slope of the local quadratic at each of ``at``."""
    level, slope = np.empty((at.size, places.size)), np.empty((at.size, places.size))
    for i, centre in enumerate(at):
        distance = np.abs(places - centre)
        bandwidth = np.sort(distance)[near - 1]
        root = np.sqrt(np.clip(1 - (distance / bandwidth) ** 3, 0, None) ** 3)
        design = np.vander(places - centre, 3, increasing=True) * root[:, None]
        level[i], slope[i], _ = np.linalg.pinv(design) * root
    return level, slope
