"""Coupled oscillators: each partner's acceleration from both partners' level and slope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import nan, pi, sqrt
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from reattune.core.checks import check_option, check_positive
from reattune.core.errors import SettingError
from reattune.coupling.inertia import prepare_pair
from reattune.coupling.lines import BoolArray, LeastSquares, adjust_r2, fit_least_squares
from reattune.coupling.pairs import FloatArray, check_count, check_samples, varies
from reattune.coupling.results import CouplingResult

if TYPE_CHECKING:
    import pandas as pd

_PARTS = 10


@dataclass(frozen=True)
class Oscillator:
    """How derivatives are estimated, and which terms are fitted.

    Parameters
    ----------
    embed : int, default 5
        Samples in one local parabola.
    tau : int, default 1
        Samples between them.
    coupled : bool, default True
        Whether the partner's level and slope take part.
    detrend : bool, default True
        Take each partner's own line over time away first.
    compat : {None, "rties"}
        ``"rties"`` repeats that R package, for parity only: rows with missing values are removed
        and the rest joined, R2 is about 0, a period is given for a positive level term too, and
        coefficients are rounded to 5 decimals.
    """

    embed: int = 5
    tau: int = 1
    coupled: bool = True
    detrend: bool = True
    compat: str | None = None

    def __post_init__(self) -> None:
        check_count("embed", self.embed, 3)
        check_count("tau", self.tau)
        check_option("compat", self.compat, (None, "rties"))


@dataclass(frozen=True)
class OscillatorPartner:
    """One partner's terms.

    Attributes
    ----------
    level, slope : float
        Weight of the own level (below 0: drawn back, 1 / s^2) and slope (below 0: damped, 1 / s).
        In a series that goes on as it began the slope is near 0 whatever happens in it (the sum
        of x' x'' is half of the last x'^2 minus the first), so it has no standard error.
    partner_level, partner_slope : float
        The same of the other; nan without coupling, or where not to be told apart.
    level_se, partner_level_se, partner_slope_se : float
        Delete-one-tenth jackknife over stretches of time: rows share samples, so ordinary errors
        would be far too small. nan with fewer than 50 rows. In simulated steady series they are
        0.84 to 1.3 times the true spread; in series that wander like a random walk half of it.
    period_s : float
        2 pi / sqrt(-level); nan where the level is not drawn back.
    n : int
        Rows.
    """

    level: float
    slope: float
    partner_level: float
    partner_slope: float
    level_se: float
    partner_level_se: float
    partner_slope_se: float
    period_s: float
    n: int


@dataclass(frozen=True)
class OscillatorFit(CouplingResult):
    """Coupled (or uncoupled) oscillators of both partners.

    Attributes
    ----------
    first, second : OscillatorPartner
    r2_adjusted : float
        Of both partners together.
    n : int
        Rows of both.
    rate_hz : float
    used : Oscillator
    """

    measure: ClassVar[str] = "coupled_oscillator"
    first: OscillatorPartner
    second: OscillatorPartner
    r2_adjusted: float
    n: int
    rate_hz: float
    used: Oscillator

    def summary(self) -> str:
        """Both partners' terms with their standard errors."""
        rows = [
            f"{name}: level {p.level:.3g} (SE {p.level_se:.2g}), slope {p.slope:.3g}, "
            f"partner level {p.partner_level:.3g} (SE "
            f"{p.partner_level_se:.2g}), partner slope {p.partner_slope:.3g} (SE "
            f"{p.partner_slope_se:.2g}); period {p.period_s:.4g} s, {p.n} rows"
            for name, p in (("first", self.first), ("second", self.second))
        ]
        return "\n".join([*rows, f"adjusted R2 {self.r2_adjusted:.3g}"])


def make_glla_weights(embed: int, tau: int = 1, rate_hz: float = 1.0) -> FloatArray:
    """Weights that turn ``embed`` samples into level, slope and acceleration at their middle.

    Parameters
    ----------
    embed : int
        Samples, at least 3.
    tau : int, default 1
        Samples between them.
    rate_hz : float, default 1

    Returns
    -------
    float array, shape (embed, 3)
        L (L'L)^-1 with L = (1, t, t^2 / 2), t the times around their middle: generalised local
        linear approximation (Boker, Deboeck, Edler & Keel 2010).

    Examples
    --------
    >>> np.round(make_glla_weights(3)[:, 2], 12).tolist()
    [1.0, -2.0, 1.0]
    """
    check_count("embed", embed, 3)
    check_count("tau", tau)
    check_positive("rate_hz", rate_hz)
    times = (np.arange(embed) - (embed - 1) / 2) * tau / rate_hz
    columns = np.column_stack([np.ones(embed), times, times**2 / 2])
    return np.asarray(columns @ np.linalg.inv(columns.T @ columns), dtype=np.float64)


def estimate_derivatives(
    values: ArrayLike, embed: int = 5, tau: int = 1, rate_hz: float = 1.0
) -> FloatArray:
    """Level, slope and acceleration at the middle of every ``embed`` samples.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        nan = missing: a row that touches one is nan.
    embed, tau, rate_hz
        See `make_glla_weights`.

    Returns
    -------
    float array, shape (n - (embed - 1) tau, 3)
        Row i is at sample i + (embed - 1) tau / 2.
    """
    x = check_samples("values", values)
    weights = make_glla_weights(embed, tau, rate_hz)
    rows = max(0, x.size - (embed - 1) * tau)
    pieces = [x[k * tau : k * tau + rows] for k in range(embed)]
    return np.asarray(np.column_stack(pieces) @ weights, dtype=np.float64)


def fit_oscillator(
    first: ArrayLike,
    second: ArrayLike,
    rate_hz: float = 1.0,
    settings: Oscillator | None = None,
) -> OscillatorFit:
    """The coupled-oscillator model of two series.

    Parameters
    ----------
    first, second : array_like of float, shape (n,)
        nan = missing: no row touches one or reaches over removed samples.
    rate_hz : float, default 1
        Samples per second; 1 gives coefficients per sample.
    settings : Oscillator, optional

    Returns
    -------
    OscillatorFit
        nan where a series is constant, too short or missing; partner terms are nan for identical
        series, which cannot be told apart.

    Notes
    -----
    x'' = a x + b x' + c y + d y', for each partner, without intercept, by least squares on GLLA
    derivatives (Boker & Nesselroade 2002; Butler & Barnard 2019). **Any** series that returns to
    its mean gets a negative level term and so a "period": white noise too. Neither a period nor
    a high R2 shows an oscillation; compare with chance.

    Examples
    --------
    >>> t = np.arange(0, 100, 0.1)
    >>> alone = Oscillator(coupled=False, detrend=False)
    >>> fit = fit_oscillator(np.sin(t), np.cos(1.3 * t), 10, alone)
    >>> round(fit.first.period_s, 1), round(fit.second.period_s, 1)
    (6.3, 4.8)
    """
    used = Oscillator() if settings is None else settings
    check_positive("rate_hz", rate_hz)
    return _fit(prepare_pair(first, second, used.detrend, used.compat), rate_hz, used)


@dataclass(frozen=True, eq=False)
class OscillatorChoice(CouplingResult):
    """The embedding with the highest adjusted R2.

    Attributes
    ----------
    tau, embed : int
        0 where no combination has an R2.
    r2_adjusted : float
    tried : tuple of (int, int, float)
        tau, embed and adjusted R2 of every combination.
    used : Oscillator
        The settings with the chosen embedding.
    """

    measure: ClassVar[str] = "oscillator_embedding"
    tau: int
    embed: int
    r2_adjusted: float
    tried: tuple[tuple[int, int, float], ...]
    used: Oscillator

    def to_frame(self) -> pd.DataFrame:
        """One row per combination: tau, embed, r2_adjusted."""
        import pandas as pd

        return pd.DataFrame(self.tried, columns=["tau", "embed", "r2_adjusted"])


def choose_embedding(
    first: ArrayLike,
    second: ArrayLike,
    *,
    taus: Sequence[int],
    embeds: Sequence[int],
    rate_hz: float = 1.0,
    settings: Oscillator | None = None,
) -> OscillatorChoice:
    """The tau and embed with which the model explains most of the acceleration.

    Parameters
    ----------
    first, second, rate_hz, settings
        As `fit_oscillator`; embed and tau of the settings are replaced.
    taus, embeds : sequence of int

    Notes
    -----
    As rties chooses. Longer windows smooth more, so R2 prefers them whatever the data: a chosen
    embedding must be the same in a null.
    """
    if not (len(taus) and len(embeds)):
        raise SettingError("taus, embeds", (taus, embeds), "at least one of each")
    used = Oscillator() if settings is None else settings
    check_positive("rate_hz", rate_hz)
    series = prepare_pair(first, second, used.detrend, used.compat)
    tried = []
    for tau in taus:
        for embed in embeds:
            settled = replace(used, tau=tau, embed=embed)
            fit = _fit(series, rate_hz, settled, with_errors=False)
            tried.append((tau, embed, fit.r2_adjusted))
    defined = [row for row in tried if np.isfinite(row[2])]
    if not defined:
        return OscillatorChoice(0, 0, nan, tuple(tried), used)
    tau, embed, r2 = max(defined, key=lambda row: row[2])
    return OscillatorChoice(tau, embed, r2, tuple(tried), replace(used, tau=tau, embed=embed))


def _fit(
    series: tuple[FloatArray, FloatArray],
    rate_hz: float,
    used: Oscillator,
    *,
    with_errors: bool = True,
) -> OscillatorFit:
    parts = [estimate_derivatives(x, used.embed, used.tau, rate_hz) for x in series]
    later = used.compat == "rties"
    partners, fits, totals = [], [], []
    for side in (0, 1):
        own, other = parts[side], parts[1 - side]
        x = np.column_stack([own[:, :2], other[:, :2]]) if used.coupled else own[:, :2]
        y = own[:, 2]
        seen = np.isfinite(x).all(axis=1) & np.isfinite(y)
        if seen.sum() <= x.shape[1] or not varies(own[seen, 0]):
            seen = np.zeros_like(seen)
        fit = fit_least_squares(x[seen], y[seen], drop_later=later)
        reach = (used.embed - 1) * used.tau
        errors = np.full(x.shape[1], nan)
        if with_errors:
            errors = _jackknife(x, y, seen, fit, reach, later)
        centre = 0.0 if later or not seen.any() else float(y[seen].mean())
        totals.append(float(((y[seen] - centre) ** 2).sum()) if seen.any() else nan)
        fits.append(fit)
        partners.append(_partner(fit, errors, used))
    n = sum(fit.n for fit in fits)
    r2 = adjust_r2(
        sum(fit.rss for fit in fits),
        sum(totals),
        n,
        sum(fit.rank for fit in fits),
        0 if later else 2,
    )
    return OscillatorFit(partners[0], partners[1], r2, n, rate_hz, used)


def _jackknife(
    x: FloatArray, y: FloatArray, seen: BoolArray, fit: LeastSquares, reach: int, later: bool
) -> FloatArray:
    """Standard errors from leaving out one tenth of the time after the other."""
    rows = np.flatnonzero(seen)
    if rows.size < 5 * _PARTS:
        return np.full(x.shape[1], nan)
    points = []
    for part in np.array_split(rows, _PARTS):
        # Rows that share samples with the part go too.
        away = (rows < part[0] - reach) | (rows > part[-1] + reach)
        kept = rows[away]
        if kept.size <= x.shape[1]:
            return np.full(x.shape[1], nan)
        points.append(fit_least_squares(x[kept], y[kept], drop_later=later).coefficients)
    spread = np.array(points)
    around = spread - spread.mean(axis=0)
    errors = np.sqrt((_PARTS - 1) / _PARTS * (around**2).sum(axis=0))
    return np.where(np.isfinite(fit.coefficients), errors, nan)


def _partner(fit: LeastSquares, errors: FloatArray, used: Oscillator) -> OscillatorPartner:
    values = fit.coefficients
    if used.compat == "rties":
        values = np.array([round(float(v), 5) if np.isfinite(v) else nan for v in values])
    padded = np.full(4, nan), np.full(4, nan)
    padded[0][: values.size], padded[1][: values.size] = values, errors
    level = float(fit.coefficients[0])
    if used.compat == "rties":
        period = 2 * pi / sqrt(abs(level)) if abs(level) > 0 else nan
    else:
        period = 2 * pi / sqrt(-level) if level < 0 else nan
    own, slope, other, other_slope = map(float, padded[0])
    errors_of = map(float, padded[1])
    own_se, _, other_se, other_slope_se = errors_of
    return OscillatorPartner(
        own, slope, other, other_slope, own_se, other_se, other_slope_se, period, fit.n
    )
