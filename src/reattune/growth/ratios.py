"""Sums over sums with limits that fit: jackknife over sessions, Poisson where there are few."""

from __future__ import annotations

from math import exp, log, nan, sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reattune.core.checks import check_option
from reattune.core.errors import SettingError
from reattune.measures.cards import Value
from reattune.measures.compute import MIN_SESSIONS
from reattune.measures.limits import poisson_limits

Kind = Literal["rate", "share"]


def pool_ratio(above: ArrayLike, below: ArrayLike, kind: Kind = "rate") -> Value:
    """The ratio of two sums over sessions, with 95 % limits.

    Parameters
    ----------
    above : array_like, shape (J,)
        Events of each session (``"rate"``) or seconds (``"share"``).
    below : array_like, shape (J,)
        Exposure of each session: seconds, or an expected number.
    kind : {"rate", "share"}
        A rate has its jackknife on the log scale, a share on its own, cut at 0 and 1.

    Returns
    -------
    Value
        nan where the exposure is 0. From five sessions with exposure on a delete-one-session
        jackknife with t on J - 1 degrees of freedom; below, exact Poisson limits of a rate, which
        describe the recording and not the dyad, and none of a share. A rate without any event has
        the limits 0 and -ln(.05) / exposure. ``n`` is the sum above.
    """
    check_option("kind", kind, ("rate", "share"))
    top = np.atleast_1d(np.asarray(above, dtype=np.float64))
    base = np.atleast_1d(np.asarray(below, dtype=np.float64))
    if top.shape != base.shape or top.ndim != 1:
        raise SettingError("below", base.shape, f"one exposure for each of {top.shape} sessions")
    keep = base > 0
    top, base = top[keep], base[keep]
    n, exposure = float(top.sum()), float(base.sum())
    if exposure <= 0:
        return Value(nan, n=n)
    value = n / exposure
    if kind == "rate" and (n == 0 or top.size < MIN_SESSIONS):
        return Value(value, *poisson_limits(round(n), exposure), n)
    if top.size < MIN_SESSIONS:
        return Value(value, n=n)
    points = (n - top) / (exposure - base)
    if kind == "rate":
        if (points <= 0).any():
            # One session holds every event: nothing to vary between sessions.
            return Value(value, n=n)
        half = _half_width(np.log(points))
        return Value(value, exp(log(value) - half), exp(log(value) + half), n)
    half = _half_width(points)
    return Value(value, max(0.0, value - half), min(1.0, value + half), n)


def _half_width(points: NDArray[np.float64]) -> float:
    from scipy.special import stdtrit

    count = points.size
    spread = sqrt((count - 1) / count * float(((points - points.mean()) ** 2).sum()))
    return float(stdtrit(count - 1, 0.975)) * spread


def name_interval(sessions: int) -> str:
    """What the limits of a pooled ratio are, in words."""
    if sessions >= MIN_SESSIONS:
        return f"jackknife over {sessions} sessions"
    return "as for one recording; they do not describe the dyad"


def times(value: Value, factor: float) -> Value:
    """A value and its limits in another unit; the count stays."""
    return Value(value.value * factor, value.low * factor, value.high * factor, value.n)
