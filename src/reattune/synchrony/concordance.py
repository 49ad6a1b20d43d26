"""Concordance of slopes (Marci et al., 2007): do both rise and fall together?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reattune.core.checks import check_positive
from reattune.core.errors import SettingError
from reattune.synchrony.settings import CrossCorrelation, Windows
from reattune.synchrony.table import cross_correlate
from reattune.synchrony.tracks import check_length, check_values

FloatArray = NDArray[np.float64]

LIMIT = 10.0


@dataclass(frozen=True, eq=False)
class Concordance:
    """Correlations of slopes over time and the one index of the session.

    Attributes
    ----------
    index : float
        Logarithm of the sum of the positive correlations over the sum of the negative ones,
        held within plus and minus 10; 0: as much of either; nan without any correlation.
    r : array of float, shape (n,)
        nan where missing.
    time_s : array of float, shape (n,)
    n_missing : int
    settings : mapping
    """

    index: float
    r: FloatArray
    time_s: FloatArray
    n_missing: int
    settings: Mapping[str, object]


def concordance_index(r: ArrayLike, *, limit: float = LIMIT) -> float:
    """Logarithm of the sum of positive over the sum of negative correlations, within the limit.

    Examples
    --------
    >>> round(concordance_index([0.5, 0.5, -0.25, float("nan")]), 3)
    1.386
    """
    values = np.asarray(r, dtype=np.float64)
    seen = values[np.isfinite(values)]
    up, down = float(seen[seen > 0].sum()), float(-seen[seen < 0].sum())
    if up == 0 and down == 0:
        return float("nan")
    with np.errstate(divide="ignore"):
        return float(np.clip(np.log(up) - np.log(down), -limit, limit))


def find_concordance(
    x: ArrayLike,
    y: ArrayLike,
    *,
    rate_hz: float,
    slope_s: float = 5.0,
    window_s: float = 15.0,
    step_s: float = 1.0,
    min_valid_prop: float = 0.5,
    start_s: float = 0.0,
) -> Concordance:
    """Correlations of the slopes of two signals in moving windows, and their index.

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        nan = missing.
    rate_hz : float
    slope_s : float, default 5
        Each slope is that of a straight line through this much of a signal.
    window_s : float, default 15
        Each correlation rests on the slopes of this much time.
    step_s : float, default 1
        Between slopes, and between correlations.
    min_valid_prop : float, default 0.5
        Share of a slope's samples, and of a correlation's pairs of slopes, that must be observed.
    start_s : float, default 0

    Raises
    ------
    SettingError

    Notes
    -----
    The index has no zero of chance: two independent signals that both drift upwards have a
    positive one. It needs a null. The slopes are least-squares slopes at lag zero.

    Source: Marci, Ham, Moran & Orr (2007), Journal of Nervous and Mental Disease 195, 103,
    from its description; no program of theirs was compared.
    """
    first, second = check_values("x", x), check_values("y", y)
    check_length("y", second, first)
    rate = check_positive("rate_hz", rate_hz)
    length = round(check_positive("slope_s", slope_s) * rate)
    step = round(check_positive("step_s", step_s) * rate)
    if length < 2:
        raise SettingError("slope_s", slope_s, f"at least two samples at {rate:g} Hz")
    if step < 1:
        raise SettingError("step_s", step_s, f"at least one sample at {rate:g} Hz")
    if first.size < length:
        raise SettingError("slope_s", slope_s, f"at most the {first.size / rate:g} s of the signal")
    spacing_s = step / rate
    table = cross_correlate(
        find_slopes(first, length, step, min_valid_prop),
        find_slopes(second, length, step, min_valid_prop),
        CrossCorrelation(Windows(window_s, spacing_s, 0.0), min_valid_prop=min_valid_prop),
        rate_hz=1 / spacing_s,
        # A slope is dated by the middle of its stretch, and holds for one step around it.
        start_s=start_s + length / rate / 2 - spacing_s / 2,
    )
    r = table.r[:, 0]
    return Concordance(
        index=concordance_index(r),
        r=r,
        time_s=table.centres_s,
        n_missing=int(table.missing.sum()),
        settings={
            "rate_hz": rate,
            "slope_s": length / rate,
            "window_s": table.grid.window_s,
            "step_s": spacing_s,
            "min_valid_prop": min_valid_prop,
        },
    )


def find_slopes(values: FloatArray, length: int, step: int, min_valid_prop: float) -> FloatArray:
    """Least-squares slope per sample of stretches of a signal; nan where too little is observed."""
    stretches = np.lib.stride_tricks.sliding_window_view(values, length)[::step]
    seen = np.isfinite(stretches)
    n = seen.sum(axis=1)
    enough = n >= max(2, np.ceil(length * min_valid_prop - 1e-9))
    safe = np.maximum(n, 1)[:, None]
    times = np.where(seen, np.arange(length, dtype=np.float64), 0.0)
    times = np.where(seen, times - times.sum(axis=1, keepdims=True) / safe, 0.0)
    there = np.where(seen, stretches, 0.0)
    there = np.where(seen, there - there.sum(axis=1, keepdims=True) / safe, 0.0)
    spread = (times**2).sum(axis=1)
    slopes = (times * there).sum(axis=1) / np.where(spread > 0, spread, 1.0)
    return np.where(enough & (spread > 0), slopes, np.nan)
