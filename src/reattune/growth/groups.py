"""Slopes of groups, and of one dyad alone."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import exp, isfinite, nan, sqrt

import numpy as np
from numpy.typing import ArrayLike

from reattune.core.errors import SettingError
from reattune.growth.slope import SlopeFit, fit_slope, refuse, score_slope

MIN_SESSIONS_ONE_DYAD = 10
MIN_SESSIONS_WITH_EVENT = 3


@dataclass(frozen=True, eq=False)
class SlopeDifference:
    """The slopes of two groups and their difference.

    Attributes
    ----------
    groups : (str, str)
    first, second : SlopeFit
        Each group's own slope.
    difference : SlopeFit
        Second minus first, as a log ratio of ratios.
    """

    groups: tuple[str, str]
    first: SlopeFit
    second: SlopeFit
    difference: SlopeFit


def compare_slopes(
    events: ArrayLike,
    exposure: ArrayLike,
    times: ArrayLike,
    dyads: Sequence[Hashable],
    groups: Sequence[str],
    *,
    check: bool = True,
) -> SlopeDifference:
    """The slopes of two groups of dyads and how far they differ.

    Parameters
    ----------
    events, exposure, dyads, check
        As in `fit_slope`.
    times : array_like, shape (n,)
        On -1/2 .. 1/2, scaled over both groups together.
    groups : sequence of str, length n
        Two different names; a dyad belongs to one of them.

    Notes
    -----
    One model with a column of time and one of time x (second group): the coefficient of the
    latter is the difference, with errors clustered by dyad. Each group needs ten dyads with an
    event.
    """
    names = tuple(dict.fromkeys(groups))
    if len(names) != 2:
        raise SettingError("groups", names, "two groups")
    belongs: dict[Hashable, str] = {}
    for dyad, group in zip(dyads, groups, strict=True):
        if belongs.setdefault(dyad, group) != group:
            raise SettingError("groups", dyad, "each dyad in one group")
    t = np.asarray(times, dtype=np.float64)
    second = np.array([group == names[1] for group in groups])
    y, e = np.asarray(events, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    alone = []
    for inside in (~second, second):
        rows = [dyad for dyad, kept in zip(dyads, inside, strict=True) if kept]
        alone.append(fit_slope(y[inside], e[inside], t[inside], rows, check=check))
    reasons = [
        f"{name}: {fit.refused}" for name, fit in zip(names, alone, strict=True) if fit.refused
    ]
    if reasons:
        difference = refuse("; ".join(reasons), dyads=sum(f.dyads for f in alone))
    else:
        # Time x group first, so that it is the slope that is reported.
        difference = fit_slope(y, e, np.column_stack([t * second, t]), dyads, check=check)
    return SlopeDifference((names[0], names[1]), alone[0], alone[1], difference)


@dataclass(frozen=True)
class DyadSlope:
    """One dyad's own course, and what its recording could have shown. No verdict.

    Attributes
    ----------
    slope, se, low, high : float
        Log ratio end / start with 95 % limits; nan where refused.
    dispersion : float
        phi, how much more sessions differ than counts alone would, at least 1.
    sessions : int
    events : float
    detectable_fall, detectable_rise : float
        The ratios below and above 1 that would have been found with 80 % probability.
    refused : str
    """

    slope: float
    se: float
    low: float
    high: float
    dispersion: float
    sessions: int
    events: float
    detectable_fall: float
    detectable_rise: float
    refused: str = ""

    @property
    def ratio(self) -> float:
        """End over start."""
        return exp(self.slope) if isfinite(self.slope) else nan

    @property
    def limits(self) -> tuple[float, float]:
        """95 % limits of the ratio."""
        if not isfinite(self.slope):
            return (nan, nan)
        return (exp(self.low), exp(self.high))


def follow_dyad(events: ArrayLike, exposure: ArrayLike, times: ArrayLike) -> DyadSlope:
    """The slope of one dyad with a band that allows for restless sessions.

    Parameters
    ----------
    events, exposure : array_like, shape (J,) or (J, S)
        Counts and exposure of each session, in strata where there are some.
    times : array_like, shape (J,)
        On -1/2 .. 1/2 (see `scale_time`).

    Notes
    -----
    The model of `fit_slope` with one dyad; phi = max(1, Pearson / (J - 2)) over session totals,
    t on J - 2 degrees of freedom. Needs ten sessions, three of them with an event. In simulated
    dyads whose tolerance grew by a third over 40 sessions, 6 to 10 in 100 showed a slope beyond
    its band: a course is shown, growth of one dyad is hardly ever certain.
    """
    from scipy.special import stdtrit

    y, e = np.asarray(events, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    y, e = (part[:, None] if part.ndim == 1 else part for part in (y, e))
    t = np.asarray(times, dtype=np.float64)
    if y.shape != e.shape or t.shape != y.shape[:1]:
        raise SettingError("times", t.shape, f"one time for each of {y.shape[0]} sessions")
    seen = e.sum(axis=1) > 0
    y, e, t = y[seen], e[seen], t[seen]
    sessions, total = int(t.size), float(y.sum())

    def refused(reason: str) -> DyadSlope:
        return DyadSlope(nan, nan, nan, nan, nan, sessions, total, nan, nan, reason)

    if sessions < MIN_SESSIONS_ONE_DYAD:
        return refused(f"{sessions} sessions, at least {MIN_SESSIONS_ONE_DYAD} are needed")
    with_event = int((y.sum(axis=1) > 0).sum())
    if with_event < MIN_SESSIONS_WITH_EVENT:
        return refused(
            f"{with_event} sessions with an event, at least {MIN_SESSIONS_WITH_EVENT} are needed"
        )
    alone = np.zeros(sessions, dtype=np.int64)
    b = np.zeros(1)
    for _ in range(100):
        scores, h = score_slope(b, y, e, t[:, None], alone, 1)
        if not h[0, 0] > 0:
            return refused("all exposure lies at one time")
        step = float(scores.sum() / h[0, 0])
        b = b + np.clip(step, -2.0, 2.0)
        if abs(step) < 1e-10:
            break
    else:
        return refused("the sessions do not settle a slope")
    weight = e * np.exp(b[0] * t)[:, None]
    share = np.divide(weight, weight.sum(axis=0), out=np.zeros_like(weight), where=weight > 0)
    mean = (share * y.sum(axis=0)).sum(axis=1)
    some = mean > 0
    pearson = float(((y.sum(axis=1)[some] - mean[some]) ** 2 / mean[some]).sum())
    phi = max(1.0, pearson / (sessions - 2))
    se = sqrt(phi / float(h[0, 0]))
    t975, t80 = (float(stdtrit(sessions - 2, q)) for q in (0.975, 0.8))
    slope, half = float(b[0]), t975 * se
    detectable = exp(min((t975 + t80) * se, 700.0))
    return DyadSlope(
        slope,
        se,
        slope - half,
        slope + half,
        phi,
        sessions,
        total,
        1 / detectable,
        detectable,
    )
