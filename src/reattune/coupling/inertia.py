"""Inertia and coordination: how much each partner follows the own, and the other's, last sample."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10, nan
from typing import ClassVar, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from reattune.core.checks import check_option
from reattune.coupling.lines import LeastSquares, adjust_r2, fit_least_squares, remove_line
from reattune.coupling.pairs import FloatArray, check_count, check_pair, varies
from reattune.coupling.results import CouplingResult

InertiaModel = Literal["both", "inertia", "coordination"]


@dataclass(frozen=True)
class Inertia:
    """Which terms are fitted, and how far back they look.

    Parameters
    ----------
    model : {"both", "inertia", "coordination"}
    lag : int, default 1
        Samples back.
    detrend : bool, default True
        Take each partner's own line over time away first.
    compat : {None, "rties"}
        ``"rties"`` repeats that R package, for parity only: rows with missing values are removed
        and the rest joined before looking back, R2 is about 0 instead of the means, coefficients
        are rounded to 5 decimals.
    """

    model: InertiaModel = "both"
    lag: int = 1
    detrend: bool = True
    compat: str | None = None

    def __post_init__(self) -> None:
        check_option("model", self.model, get_args(InertiaModel))
        check_count("lag", self.lag)
        check_option("compat", self.compat, (None, "rties"))


@dataclass(frozen=True)
class InertiaPartner:
    """One partner's line.

    Attributes
    ----------
    intercept, inertia, coordination : float
        Weight of 1, of the own and of the other's sample ``lag`` earlier; nan where not fitted or
        not to be told apart.
    intercept_se, inertia_se, coordination_se : float
        Ordinary standard errors: too small where residuals still depend on their neighbours.
    n : int
        Rows.
    """

    intercept: float
    inertia: float
    coordination: float
    intercept_se: float
    inertia_se: float
    coordination_se: float
    n: int


@dataclass(frozen=True)
class InertiaFit(CouplingResult):
    """Inertia and coordination of both partners.

    Attributes
    ----------
    first, second : InertiaPartner
    r2_adjusted : float
        Of both partners together: residual over total variance about each partner's mean.
    n, n_lost : int
        Rows of both, and rows that missing samples cost beyond the first ``lag``.
    used : Inertia
    """

    measure: ClassVar[str] = "inertia_coordination"
    first: InertiaPartner
    second: InertiaPartner
    r2_adjusted: float
    n: int
    n_lost: int
    used: Inertia

    def summary(self) -> str:
        """Both partners' terms with their standard errors."""
        rows = [
            f"{name}: inertia {p.inertia:.3g} (SE {p.inertia_se:.2g}), coordination "
            f"{p.coordination:.3g} (SE {p.coordination_se:.2g}), {p.n} rows"
            for name, p in (("first", self.first), ("second", self.second))
        ]
        return "\n".join([*rows, f"adjusted R2 {self.r2_adjusted:.3g}"])


def fit_inertia(first: ArrayLike, second: ArrayLike, settings: Inertia | None = None) -> InertiaFit:
    """The inertia-coordination model of two series.

    Parameters
    ----------
    first, second : array_like of float, shape (n,)
        nan = missing: a row needs now, and ``lag`` samples ago, observed. No row reaches
        over removed samples.
    settings : Inertia, optional

    Returns
    -------
    InertiaFit
        nan where a series is constant, too short or missing. Of identical series neither term can
        be told from the other: both are nan under ``"both"``.

    Notes
    -----
    x[t] = a + b x[t - lag] + c y[t - lag], for each partner, by least squares, with one adjusted R2
    (Butler & Barnard 2019; Reed, Barnard & Butler 2015). The R package rties 5.0.0 computes R2
    about 0, which for detrended series differs little.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> noise = rng.normal(size=(2, 3000))
    >>> x = np.zeros((2, 3000))
    >>> for t in range(1, 3000):
    ...     x[0, t] = 0.5 * x[0, t - 1] + 0.3 * x[1, t - 1] + noise[0, t]
    ...     x[1, t] = 0.6 * x[1, t - 1] + noise[1, t]
    >>> fit = fit_inertia(x[0], x[1])
    >>> round(fit.first.inertia, 1), round(fit.first.coordination, 1)
    (0.5, 0.3)
    """
    used = Inertia() if settings is None else settings
    series = prepare_pair(first, second, used.detrend, used.compat)
    lag, size = used.lag, series[0].size
    fits: list[LeastSquares] = []
    totals: list[float] = []
    for side in (0, 1):
        own, other = series[side], series[1 - side]
        now, back = own[lag:], slice(0, max(0, size - lag))
        columns = [np.ones(now.size)]
        if used.model != "coordination":
            columns.append(own[back])
        if used.model != "inertia":
            columns.append(other[back])
        x = np.column_stack(columns)
        seen = np.isfinite(x).all(axis=1) & np.isfinite(now)
        y = now[seen]
        enough = y.size > x.shape[1] and varies(y)
        fits.append(
            fit_least_squares(x[seen], y, drop_later=used.compat == "rties")
            if enough
            else fit_least_squares(x[:0], y[:0])
        )
        centre = 0.0 if used.compat or not y.size else float(y.mean())
        totals.append(float(((y - centre) ** 2).sum()) if enough else nan)
    n = sum(fit.n for fit in fits)
    r2 = adjust_r2(
        sum(fit.rss for fit in fits),
        sum(totals),
        n,
        sum(fit.rank for fit in fits),
        0 if used.compat else 2,
    )
    partners = [_partner(fit, used) for fit in fits]
    lost = 2 * max(0, size - lag) - n
    return InertiaFit(partners[0], partners[1], r2, n, lost, used)


@dataclass(frozen=True)
class BestLag(CouplingResult):
    """Where two series agree most over the whole record.

    Attributes
    ----------
    lag : float
        Samples; **above 0 the first leads**; nan where undefined.
    correlation : float
        With its sign.
    n : int
        Jointly observed samples.
    max_lag : int
    """

    measure: ClassVar[str] = "best_lag"
    lag: float
    correlation: float
    n: int
    max_lag: int


def find_best_lag(
    first: ArrayLike, second: ArrayLike, max_lag: int | None = None, *, detrend: bool = True
) -> BestLag:
    """The lag with the largest absolute cross-correlation of the whole record.

    Parameters
    ----------
    first, second : array_like of float, shape (n,)
        nan = missing: left out of means, sums and products.
    max_lag : int, optional
        By default floor(10 log10(n / 2)) for n joint samples, as R's ``ccf`` has it.
    detrend : bool, default True

    Notes
    -----
    r(k) = sum over t of (x[t] - mean)(y[t + k] - mean) / (n sx sy), the biased estimator. A largest
    of many correlations is large by chance: use `reattune.coupling.chance`. For windows of a
    session see `reattune.synchrony`. rties takes this lag with its sign as "the lag" of its models
    and can so look ahead; we do not offer that.
    """
    one, two = check_pair(first, second)
    if detrend:
        one, two = remove_line(one), remove_line(two)
    both = np.isfinite(one) & np.isfinite(two)
    n = int(both.sum())
    most = max_lag
    if most is None:
        most = max(0, floor(10 * log10(n / 2))) if n >= 2 else 0
    check_count("max_lag", most, 0)
    if n < 2 or not (varies(one[both]) and varies(two[both])):
        return BestLag(nan, nan, n, most)
    centred = [np.where(both, x - x[both].mean(), 0.0) for x in (one, two)]
    scale = float(np.sqrt((centred[0] ** 2).sum() * (centred[1] ** 2).sum()))
    # From lag 0 outwards, so that of equal values the nearest is kept.
    lags = sorted(range(-min(most, one.size - 1), min(most, one.size - 1) + 1), key=abs)
    values = [_product(centred[0], centred[1], lag) / scale for lag in lags]
    at = int(np.argmax(np.abs(values)))
    return BestLag(float(lags[at]), float(values[at]), n, most)


def prepare_pair(
    first: ArrayLike, second: ArrayLike, detrend: bool, compat: str | None
) -> tuple[FloatArray, FloatArray]:
    """Both series, without their lines where asked for; under compat without missing rows."""
    one, two = check_pair(first, second)
    if detrend:
        one, two = remove_line(one), remove_line(two)
    if compat == "rties":
        both = np.isfinite(one) & np.isfinite(two)
        one, two = one[both], two[both]
    return one, two


def _product(x: FloatArray, y: FloatArray, lag: int) -> float:
    if lag >= 0:
        return float(x[: x.size - lag] @ y[lag:])
    return float(x[-lag:] @ y[: y.size + lag])


def _partner(fit: LeastSquares, used: Inertia) -> InertiaPartner:
    values, errors = list(fit.coefficients), list(fit.errors)
    if used.compat == "rties":
        values = [round(float(v), 5) if np.isfinite(v) else nan for v in values]
    for missing, at in (("coordination", 1), ("inertia", 2)):
        if used.model == missing:
            values.insert(at, nan)
            errors.insert(at, nan)
    a, b, c = map(float, values)
    a_se, b_se, c_se = map(float, errors)
    return InertiaPartner(a, b, c, a_se, b_se, c_se, fit.n)
