"""Within dyads: two sides of each dyad against each other, and slopes over its sessions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reattune.comparison.estimate import Fit, jackknife, left_out_by_refit
from reattune.growth import fit_slope
from reattune.growth.slope import MIN_SESSIONS_PER_DYAD, score_slope

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Side = tuple[FloatArray, FloatArray]


def fit_pairs(first: Side, second: Side, log_scale: bool) -> tuple[Fit, FloatArray]:
    """Second side against the first, and each dyad's score for exchanging its sides.

    Parameters
    ----------
    first, second : (events, exposure), float arrays of shape (n,)
        Of the same n dyads in the same order; values and ones for means.
    log_scale : bool
        Log ratio with a free level for each dyad (`reattune.growth.fit_slope`); otherwise the mean
        of the differences.
    """
    n = first[0].size
    if not log_scale:
        away = second[0] / second[1] - first[0] / first[1]
        left = (away.sum() - away) / max(n - 1, 1)
        return jackknife(float(away.mean()), left, np.zeros(n, dtype=np.int64)), away
    (y0, x0), (y1, x1) = first, second

    def ratio(chosen: IntArray) -> float:
        side = np.repeat([0.0, 1.0], chosen.size)
        found = fit_slope(
            np.concatenate([y0[chosen], y1[chosen]]),
            np.concatenate([x0[chosen], x1[chosen]]),
            side,
            [*chosen.tolist(), *chosen.tolist()],
            check=False,
        )
        return found.slope

    # A dyad without any event says nothing about the ratio and must not count as one.
    seen = np.flatnonzero(y0 + y1 > 0)
    scores = y1 - (y0 + y1) * x1 / (x0 + x1)
    if seen.size < 2:
        return Fit(refused="fewer than two dyads with an event"), scores[seen]
    left = left_out_by_refit(seen.size, lambda kept: ratio(seen[kept]))
    fit = jackknife(ratio(seen), left, np.zeros(seen.size, dtype=np.int64))
    return fit, scores[seen]


def fit_rates_over(
    y: FloatArray, x: FloatArray, time: FloatArray, dyads: Sequence[str]
) -> tuple[Fit, FloatArray]:
    """End over start with a free level for each dyad, and each dyad's score at no change.

    With the requirements of `reattune.growth.fit_slope`: ten dyads with an event and three sessions
    each, thirty events. The error is that of leaving out one dyad at a time.
    """
    whole = fit_slope(y, x, time, dyads, check=True)
    if whole.refused:
        return Fit(refused=whole.refused), np.zeros(1)
    names = np.array(dyads)
    kept = [
        name
        for name in dict.fromkeys(dyads)
        if (names == name).sum() >= MIN_SESSIONS_PER_DYAD and y[names == name].sum() > 0
    ]
    who = np.array([kept.index(name) if name in kept else -1 for name in dyads])

    def slope(chosen: IntArray) -> float:
        rows = np.isin(who, chosen)
        return fit_slope(y[rows], x[rows], time[rows], who[rows].tolist(), check=False).slope

    n = len(kept)
    fit = jackknife(whole.slope, left_out_by_refit(n, slope), np.zeros(n, dtype=np.int64))
    rows = who >= 0
    scores, _ = score_slope(
        np.zeros(1), y[rows, None], x[rows, None], time[rows, None], who[rows], n
    )
    return fit, scores[:, 0]


def fit_means_over(
    values: FloatArray, time: FloatArray, dyads: Sequence[str]
) -> tuple[Fit, FloatArray]:
    """End minus start with a free level for each dyad (least squares), and each dyad's score."""
    names = {name: i for i, name in enumerate(dict.fromkeys(dyads))}
    who = np.array([names[name] for name in dyads], dtype=np.int64)
    n = len(names)
    sessions = np.bincount(who, minlength=n)

    def away(column: FloatArray) -> FloatArray:
        return column - (np.bincount(who, column, minlength=n) / sessions)[who]

    late, high = away(time), away(values)
    above: FloatArray = np.bincount(who, late * high, minlength=n).astype(np.float64)
    below = np.bincount(who, late * late, minlength=n)
    moving = below > 0
    above, below = above[moving], below[moving]
    if above.size < 2:
        return Fit(refused="fewer than two dyads seen at different times"), above
    with np.errstate(divide="ignore", invalid="ignore"):
        left = (above.sum() - above) / (below.sum() - below)
    groups = np.zeros(above.size, dtype=np.int64)
    return jackknife(float(above.sum() / below.sum()), left, groups), above
