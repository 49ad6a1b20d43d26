"""Preparation as the R package rMEA does it, faults included, to compare numbers with it.

Written from the documented behaviour of rMEA 1.3.0 (Kleinbub & Ramseyer 2021). Nothing here is a
default: see `reattune.prepare.signals.filters` for a moving average without these faults.
"""

from __future__ import annotations

from math import ceil, floor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reattune.core.errors import SettingError

FloatArray = NDArray[np.float64]


def smooth_like_rmea(values: ArrayLike, width: float) -> FloatArray:
    """Moving average as ``MEAsmooth`` computes it.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        nan = missing.
    width : float
        Window in samples: seconds times rate, 12.5 for 0.5 s at 25 Hz.

    Returns
    -------
    float array, shape (n,)

    Notes
    -----
    The faults: of 12.5 samples 12 are summed (t - 6 ... t + 5) and divided by 12.5, so that 1
    becomes 0.96 and the window sits half a sample early; at the start fewer samples are divided by
    the same 12.5; where the window passes the end, or touches a missing sample, the result is 0.
    """
    x = np.asarray(values, dtype=np.float64)
    count = floor(width + 1e-9)
    if count < 1:
        raise SettingError("width", width, "at least one sample")
    before = ceil((width - 1) / 2 - 1e-9)
    after = count - 1 - before
    n = x.size
    out = np.zeros(n)
    for t in range(n - max(after, 0)):
        window = x[max(0, t - before) : t + after + 1]
        if not np.isnan(window).any():
            out[t] = window.sum() / width
    out[np.isnan(x)] = np.nan
    return out


def scale_like_rmea(values: ArrayLike) -> FloatArray:
    """The values over their own standard deviation (n - 1), as ``MEAscale`` has it.

    A constant series is divided by 0, which gives infinities or nan.
    """
    x = np.asarray(values, dtype=np.float64)
    seen = x[~np.isnan(x)]
    sd = float(seen.std(ddof=1)) if seen.size > 1 else float("nan")
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled: FloatArray = x / sd
    return scaled


def drop_outliers_like_rmea(
    first: ArrayLike, second: ArrayLike, k: float = 10.0
) -> tuple[FloatArray, FloatArray]:
    """Both series with high values made missing, as ``MEAoutlier`` does by default.

    Parameters
    ----------
    first, second : array_like of float
    k : float, default 10
        The limit is k standard deviations of both series together, measured from 0 and not from
        their mean; low values are never outliers.
    """
    pair = tuple(np.asarray(series, dtype=np.float64) for series in (first, second))
    both = np.concatenate(pair)
    both = both[~np.isnan(both)]
    limit = k * float(both.std(ddof=1)) if both.size > 1 else float("nan")
    with np.errstate(invalid="ignore"):
        kept = [np.where(series > limit, np.nan, series) for series in pair]
    return kept[0], kept[1]
