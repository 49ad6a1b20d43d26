"""One slope over all dyads: conditional Poisson counts with errors that hold between dyads."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import exp, isfinite, nan, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reattune.core.errors import SettingError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MIN_DYADS = 10
MIN_EVENTS = 30
MIN_SESSIONS_PER_DYAD = 3
_STEPS = 100
_MAX_STEP = 2.0
_DONE = 1e-10


@dataclass(frozen=True, eq=False)
class SlopeFit:
    """A log ratio over the study's span, and what it rests on.

    Attributes
    ----------
    slope, se, p : float
        b, its standard error, two-sided p; nan where refused.
    low, high : float
        95 % limits of b.
    dyads : int
        With at least one event: those the number rests on.
    without_event : int
        Dyads that drop out by themselves.
    events : float
        Counts, or seconds where time is counted.
    refused : str
        Why there is no number; empty otherwise.
    mark : str
        What must be said beside the number; empty otherwise.
    columns : float array, shape (p,)
        All coefficients, the slope first.
    covariance : float array, shape (p, p)
    """

    slope: float
    se: float
    p: float
    low: float
    high: float
    dyads: int
    without_event: int
    events: float
    refused: str = ""
    mark: str = ""
    columns: FloatArray | None = None
    covariance: FloatArray | None = None

    @property
    def ratio(self) -> float:
        """End over start, exp(b)."""
        return exp(self.slope) if isfinite(self.slope) else nan

    @property
    def ratio_low(self) -> float:
        """Lower 95 % limit of the ratio."""
        return exp(self.low) if isfinite(self.low) else nan

    @property
    def ratio_high(self) -> float:
        """Upper 95 % limit of the ratio."""
        return exp(self.high) if isfinite(self.high) else nan


def refuse(reason: str, *, dyads: int = 0, without: int = 0, events: float = 0.0) -> SlopeFit:
    """A fit that is not made, with the reason."""
    return SlopeFit(nan, nan, nan, nan, nan, dyads, without, events, reason)


def scale_time(times: ArrayLike) -> FloatArray:
    """Times on -1/2 .. 1/2 over the study's span, so that a slope is end against start.

    Raises
    ------
    SettingError
        When every session has the same time, or a time is missing.
    """
    t = np.asarray(times, dtype=np.float64)
    if t.size == 0 or not np.isfinite(t).all():
        raise SettingError("times", times, "a finite time for each session")
    low, high = float(t.min()), float(t.max())
    if high <= low:
        raise SettingError("times", low, "sessions at different times")
    return np.asarray((t - low) / (high - low) - 0.5)


def _sorted(
    events: ArrayLike, exposure: ArrayLike, columns: ArrayLike, dyads: Sequence[Hashable]
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """Events and exposure (n, S), columns (n, p), dyad codes (n,), checked."""
    y, e = np.asarray(events, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    x = np.asarray(columns, dtype=np.float64)
    y, e, x = (part[:, None] if part.ndim == 1 else part for part in (y, e, x))
    n = len(dyads)
    if y.shape != e.shape or y.shape[0] != n or x.shape[0] != n:
        raise SettingError(
            "events", (y.shape, e.shape, x.shape), f"events, exposure and columns of {n} sessions"
        )
    if not (np.isfinite(y).all() and np.isfinite(e).all() and np.isfinite(x).all()):
        raise SettingError("events, exposure, columns", "nan or infinity", "finite numbers")
    if (y < 0).any() or (e < 0).any() or (y[e == 0] > 0).any():
        raise SettingError("exposure", "events without exposure", "exposure wherever events are")
    index = {name: i for i, name in enumerate(dict.fromkeys(dyads))}
    return y, e, x, np.array([index[name] for name in dyads], dtype=np.int64)


def fit_slope(
    events: ArrayLike,
    exposure: ArrayLike,
    columns: ArrayLike,
    dyads: Sequence[Hashable],
    *,
    check: bool = True,
) -> SlopeFit:
    """The common slope of counts over time, every dyad (and stratum) at its own level.

    Parameters
    ----------
    events, exposure : array_like, shape (n,) or (n, S)
        Counts and exposure of n sessions in S strata; seconds may stand for counts.
    columns : array_like, shape (n,) or (n, p)
        Time first (see `scale_time`); further columns are held constant.
    dyads : sequence, length n
        Which dyad each session belongs to.
    check : bool, default True
        Refuse below 10 dyads with an event, 30 events, or for dyads with under 3 sessions (those
        are left out). Without it toy examples can be computed.

    Returns
    -------
    SlopeFit

    Notes
    -----
    Poisson with a free intercept for each dyad x stratum, conditioned out: with
    w_j = E_j e^{x_j b} / sum, the score of dyad i is u_i = sum_s (sum_j y x - n_is xbar_is(b)) and
    H = sum n_is var_w(x). Newton with steps cut at 2. Covariance H^-1 (sum u_i u_i') H^-1 G/(G-1)
    over the G dyads with an event, t on G - p degrees of freedom (G - 1 for one column). The same
    as a Poisson regression with dummies and errors clustered by dyad (Liang & Zeger 1986,
    Biometrika 73, 13-22); quasi-likelihood where seconds are counted.

    Examples
    --------
    >>> t = [0, 1, 2, 3] * 2
    >>> fit = fit_slope([8, 6, 5, 3, 9, 9, 6, 5], [60] * 8, t, "aaaabbbb", check=False)
    >>> round(fit.slope, 3)
    -0.247
    """
    y, e, x, who = _sorted(events, exposure, columns, dyads)
    if check:
        sessions = np.bincount(who)
        enough = sessions[who] >= MIN_SESSIONS_PER_DYAD
        y, e, x, who = y[enough], e[enough], x[enough], who[enough]
    all_dyads = int(np.unique(who).size)
    total = np.zeros(int(who.max(initial=-1)) + 1)
    np.add.at(total, who, y.sum(axis=1))
    keep = total[who] > 0
    y, e, x = y[keep], e[keep], x[keep]
    _, who = np.unique(who[keep], return_inverse=True)
    dyads_n, n_events = int(np.unique(who).size), float(y.sum())
    without = all_dyads - dyads_n
    if check and dyads_n < MIN_DYADS:
        return refuse(
            f"{dyads_n} dyads with an event and at least {MIN_SESSIONS_PER_DYAD} sessions, at "
            f"least {MIN_DYADS} are needed",
            dyads=dyads_n,
            without=without,
            events=n_events,
        )
    if (check and n_events < MIN_EVENTS) or dyads_n < 2:
        return refuse(
            f"{n_events:.0f} events of {dyads_n} dyads, at least {MIN_EVENTS} are needed",
            dyads=dyads_n,
            without=without,
            events=n_events,
        )
    solved = _solve(y, e, x, who, dyads_n)
    if solved is None:
        return refuse(
            "the sessions do not settle a slope (events at one time only, or no variation)",
            dyads=dyads_n,
            without=without,
            events=n_events,
        )
    return _conclude(*solved, dyads_n, without, n_events)


def _conclude(
    b: FloatArray, scores: FloatArray, h: FloatArray, dyads: int, without: int, events: float
) -> SlopeFit:
    from scipy.special import stdtr, stdtrit

    inverse = np.linalg.inv(h)
    covariance = inverse @ (scores.T @ scores) @ inverse * (dyads / (dyads - 1))
    slope, se = float(b[0]), sqrt(float(covariance[0, 0]))
    degrees = max(1, dyads - b.size)
    half = float(stdtrit(degrees, 0.975)) * se
    p = 2 * float(stdtr(degrees, -abs(slope) / se)) if se > 0 else nan
    return SlopeFit(
        slope,
        se,
        p,
        slope - half,
        slope + half,
        dyads,
        without,
        events,
        columns=b,
        covariance=covariance,
    )


def _solve(
    y: FloatArray, e: FloatArray, x: FloatArray, who: IntArray, dyads: int
) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    """Coefficients, score of each dyad and information at the maximum; None without one."""
    b = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        scores, h = score_slope(b, y, e, x, who, dyads)
        if np.linalg.matrix_rank(h) < b.size:
            return None
        step = np.linalg.solve(h, scores.sum(axis=0))
        b = b + np.clip(step, -_MAX_STEP, _MAX_STEP)
        if np.abs(step).max() < _DONE:
            scores, h = score_slope(b, y, e, x, who, dyads)
            return (b, scores, h) if np.linalg.matrix_rank(h) == b.size else None
    return None


def score_slope(
    b: FloatArray, y: FloatArray, e: FloatArray, x: FloatArray, who: IntArray, dyads: int
) -> tuple[FloatArray, FloatArray]:
    """Score of each dyad, shape (G, p), and information, shape (p, p), at coefficients b."""
    columns, strata = x.shape[1], y.shape[1]
    eta = x @ b
    weight = e * np.exp(eta - eta.max())[:, None]

    def by_dyad(values: FloatArray) -> FloatArray:
        out = np.zeros((dyads, *values.shape[1:]))
        np.add.at(out, who, values)
        return out

    base = by_dyad(weight)
    safe = np.where(base > 0, base, 1.0)
    events = by_dyad(y)
    first = by_dyad(weight[:, :, None] * x[:, None, :]) / safe[:, :, None]
    pairs = x[:, :, None] * x[:, None, :]
    second = by_dyad(weight[:, :, None, None] * pairs[:, None]) / safe[:, :, None, None]
    spread = second - first[..., :, None] * first[..., None, :]
    information = (events[:, :, None, None] * spread).reshape(-1, columns, columns).sum(axis=0)
    seen = by_dyad(y.sum(axis=1)[:, None] * x)
    scores = seen - (events[:, :, None] * first).reshape(dyads, strata, columns).sum(axis=1)
    return scores, information
