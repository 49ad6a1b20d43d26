"""Estimates with errors from leaving out one dyad at a time, and what could have been seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, isfinite, log, nan, sqrt

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_STEPS = 60
_MAX_STEP = 2.0
_DONE = 1e-11


@dataclass(frozen=True)
class Fit:
    """A log ratio or a difference.

    Attributes
    ----------
    value, se, df : float
        On the scale of the fit; nan where not defined.
    refused : str
        Why a number is missing; empty otherwise.
    """

    value: float = nan
    se: float = nan
    df: float = nan
    refused: str = ""

    @property
    def p(self) -> float:
        """Two-sided p of t = value / se on df degrees of freedom."""
        from scipy.special import stdtr

        if not self.se > 0:
            return nan
        return 2 * float(stdtr(self.df, -abs(self.value) / self.se))

    def limits(self) -> tuple[float, float]:
        """95 % limits."""
        half = self._quantile(0.975) * self.se
        return (self.value - half, self.value + half)

    @property
    def seen(self) -> float:
        """The size that four of five such studies would have told from nothing at p < .05."""
        return (self._quantile(0.975) + self._quantile(0.8)) * self.se

    def _quantile(self, q: float) -> float:
        from scipy.special import stdtrit

        return float(stdtrit(self.df, q)) if self.se > 0 else nan


def jackknife(value: float, left_out: FloatArray, groups: IntArray) -> Fit:
    """An estimate with the error of leaving out one dyad at a time, groups apart.

    Parameters
    ----------
    value : float
        From all dyads.
    left_out : float array, shape (n,)
        Without each dyad in turn.
    groups : int array, shape (n,)
        Which group each dyad belongs to; one group for slopes and paired differences.

    Notes
    -----
    v_g = (n_g - 1)/n_g sum (theta_(-i) - mean)^2 (Efron & Stein 1981, Ann Stat 9, 586-596), summed
    over groups; degrees of freedom as in Satterthwaite (1946, Biometrics Bull 2, 110-114):
    (sum v_g)^2 / sum v_g^2/(n_g - 1). For means this is Welch's t.
    """
    if not isfinite(value):
        return Fit(refused="the estimate is not defined")
    if not np.isfinite(left_out).all():
        return Fit(value, refused="it hangs on one of them alone: no interval")
    total, below = 0.0, 0.0
    for group in np.unique(groups):
        own = left_out[groups == group]
        n = own.size
        if n < 2:
            return Fit(value, refused="one in a group: no interval")
        v = (n - 1) / n * float(((own - own.mean()) ** 2).sum())
        total, below = total + v, below + v * v / (n - 1)
    if not total > 1e-24 * max(1.0, value * value):
        return Fit(value, refused="they do not differ at all: no interval")
    return Fit(value, sqrt(total), total * total / below)


def pool(y: FloatArray, x: FloatArray, log_scale: bool) -> float:
    """The sum of y over the sum of x, or its logarithm (minus infinity without events)."""
    top, bottom = float(y.sum()), float(x.sum())
    if not bottom > 0:
        return nan
    if not log_scale:
        return top / bottom
    return log(top / bottom) if top > 0 else -inf


def leave_one_out(y: FloatArray, x: FloatArray, log_scale: bool) -> FloatArray:
    """`pool` without each dyad in turn."""
    with np.errstate(divide="ignore", invalid="ignore"):
        left = (y.sum() - y) / (x.sum() - x)
        return np.asarray(np.log(left) if log_scale else left)


def fit_one(y: FloatArray, x: FloatArray, log_scale: bool) -> Fit:
    """The pooled value of one group."""
    value = pool(y, x, log_scale)
    if value == -inf:
        return Fit(value, refused="no event")
    return jackknife(value, leave_one_out(y, x, log_scale), np.zeros(y.size, dtype=np.int64))


def fit_groups(
    first: tuple[FloatArray, FloatArray], second: tuple[FloatArray, FloatArray], log_scale: bool
) -> Fit:
    """Second group against the first: log ratio or difference of their pooled values."""
    ends = [pool(*group, log_scale) for group in (first, second)]
    if -inf in ends:
        return Fit(ends[1] - ends[0], refused="a group without any event: no interval")
    left = np.concatenate(
        [
            ends[1] - leave_one_out(*first, log_scale),
            leave_one_out(*second, log_scale) - ends[0],
        ]
    )
    groups = np.repeat(np.arange(2), [first[0].size, second[0].size])
    return jackknife(ends[1] - ends[0], left, groups)


def left_out_by_refit(n: int, fit: Callable[[IntArray], float]) -> FloatArray:
    """What ``fit`` gives on all dyads but one, for each of n; it is told which to keep."""
    every = np.arange(n)
    return np.array([fit(np.delete(every, i)) for i in range(n)], dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Slopes:
    """Slopes of several weightings or orders at once.

    Attributes
    ----------
    level, slope, se : float arrays, shape (B,)
        Value at z = 0 and slope (on the log scale for rates), and the sandwich error of the slope.
    """

    level: FloatArray
    slope: FloatArray
    se: FloatArray


def solve_slopes(y: FloatArray, x: FloatArray, z: FloatArray, log_scale: bool) -> Slopes:
    """Events over exposure on a number, dyads as units.

    Parameters
    ----------
    y, x, z : float arrays, shape (n,) or (B, n)
        Events, exposure and number; a dyad without exposure has no weight.
    log_scale : bool
        Poisson with exposure as offset, by Newton steps; otherwise least squares of y/x weighted
        by x.

    Notes
    -----
    The error is the sandwich over dyads, without a correction for their number: it studentises
    the permutation and is the same as that of a generalised linear model with clusters
    (Liang & Zeger 1986, Biometrika 73, 13-22).
    """
    y, x, z = np.broadcast_arrays(*(np.atleast_2d(part) for part in (y, x, z)))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if log_scale:
            return _newton(y, x, z)
        total = x.sum(axis=1, keepdims=True)
        centre = (x * z).sum(axis=1, keepdims=True) / total
        away = z - centre
        spread = (x * away * away).sum(axis=1)
        slope = (away * y).sum(axis=1) / spread
        mean = y.sum(axis=1, keepdims=True) / total
        left = y - x * (mean + slope[:, None] * away)
        se = np.sqrt(((away * left) ** 2).sum(axis=1)) / spread
        return Slopes((mean - slope[:, None] * centre)[:, 0], slope, se)


def _newton(y: FloatArray, x: FloatArray, z: FloatArray) -> Slopes:
    total = y.sum(axis=1, keepdims=True)
    slope = np.zeros(y.shape[0])
    for _ in range(_STEPS):
        weight = x * np.exp(slope[:, None] * z)
        expected = total * weight / weight.sum(axis=1, keepdims=True)
        away = z - (expected * z).sum(axis=1, keepdims=True) / total
        information = (expected * away * away).sum(axis=1)
        step = (y * away).sum(axis=1) / information
        slope = slope + np.clip(step, -_MAX_STEP, _MAX_STEP)
        if not (np.abs(step) > _DONE).any():
            break
    solved = np.abs(step) <= 1e-6
    slope = np.where(solved, slope, nan)
    weight = x * np.exp(slope[:, None] * z)
    expected = total * weight / weight.sum(axis=1, keepdims=True)
    away = z - (expected * z).sum(axis=1, keepdims=True) / total
    information = (expected * away * away).sum(axis=1)
    se = np.sqrt(((away * (y - expected)) ** 2).sum(axis=1)) / information
    return Slopes(np.log(total[:, 0] / weight.sum(axis=1)), slope, se)


def fit_number(
    y: FloatArray, x: FloatArray, z: FloatArray, log_scale: bool
) -> tuple[Fit, float, FloatArray, FloatArray]:
    """The slope on a number, the level at z = 0, and both without each dyad in turn."""
    whole = solve_slopes(y, x, z, log_scale)
    keep = 1.0 - np.eye(y.size)
    left = solve_slopes(y * keep, x * keep, z, log_scale)
    fit = jackknife(float(whole.slope[0]), left.slope, np.zeros(y.size, dtype=np.int64))
    if isfinite(fit.se):
        fit = Fit(fit.value, fit.se, float(y.size - 2))
    return fit, float(whole.level[0]), left.level, left.slope


def from_log(value: float) -> float:
    """exp(value) that overflows to infinity."""
    return exp(value) if value < 700 else inf if value == value else nan
