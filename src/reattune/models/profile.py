"""Profile-likelihood intervals: how far a parameter can go while the others give way."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.models.coordinates import COORDINATES
from reattune.models.fitted import Fit
from reattune.models.objective import Objective

FloatArray = NDArray[np.float64]

_FURTHEST_SE = 12.0


def profile_interval(fit: Fit, name: str, *, level: float = 0.95) -> tuple[float, float]:
    """Lower and upper limit of one parameter; rates per second.

    Parameters
    ----------
    fit : Fit
    name : str
        One of ``fit.free``.
    level : float, default 0.95

    Returns
    -------
    low, high : float
        nan on a side where the limit lies outside the bounds of the search.

    Notes
    -----
    The values at which the log posterior, maximised over all other parameters, is half a chi-square
    quantile below its maximum (Venzon & Moolgavkar 1988, Applied Statistics 37:87). The prior takes
    part as in the estimate. Unlike the curvature's interval this one need not be symmetric.
    """
    if name not in fit.free:
        raise SettingError("name", name, "one of " + ", ".join(fit.free))
    if not 0 < level < 1:
        raise SettingError("level", level, "a share between 0 and 1")
    if not fit.converged:
        raise SettingError("fit", fit.id or "fit", "a fit that ended at a maximum")
    from scipy.optimize import brentq
    from scipy.stats import chi2

    goal = Objective(fit.data, fit.free, fit.prior, fit.learning)
    at = fit.free.index(name)
    allowed = float(chi2.ppf(level, 1)) / 2
    lowest = goal.penalised(fit.estimate)[0]
    item = COORDINATES[name]
    unit = fit.parameters.time_unit_s if item.per_time else 1.0
    limits = []
    for sign, edge in ((-1.0, item.low), (1.0, item.high)):
        start = fit.estimate.copy()

        def rise(value: float, start: FloatArray = start) -> float:
            return _best_beside(goal, at, value, start) - lowest - allowed

        inner, outer, step = fit.estimate[at], float("nan"), 1.5 * fit.se[at]
        reach = fit.estimate[at]
        for _ in range(math.ceil(_FURTHEST_SE / 1.5)):
            reach = min(max(reach + sign * step, item.low), item.high)
            if rise(reach) > 0:
                outer = reach
                break
            if reach == edge:
                break
            inner = reach
        if math.isnan(outer):
            limits.append(float("nan"))
            continue
        found = brentq(rise, *sorted((inner, outer)), xtol=1e-5)
        limits.append((math.exp(found) if item.log else float(found)) / unit)
    return limits[0], limits[1]


def _best_beside(goal: Objective, at: int, value: float, start: FloatArray) -> float:
    """Smallest penalty with one coordinate held; ``start`` is moved to where it was found."""
    from scipy.optimize import minimize

    keep = np.arange(start.size) != at
    start[at] = value
    if not keep.any():
        return goal.penalised(start)[0]

    def beside(part: FloatArray) -> tuple[float, FloatArray]:
        whole = start.copy()
        whole[keep] = part
        worth, slope = goal.penalised(whole)
        return worth, slope[keep]

    bounds = [b for b, kept in zip(goal.bounds, keep, strict=True) if kept]
    done = minimize(
        beside, start[keep], jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-11}
    )
    start[keep] = done.x
    return float(done.fun)
