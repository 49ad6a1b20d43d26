"""Surrogates of a course of ratings: what the same case could have looked like without ruptures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reattune.core.checks import check_option
from reattune.core.errors import SettingError
from reattune.courses import Course
from reattune.courses.ratings import TOLERANCE, observed

FloatArray = NDArray[np.float64]
Null = Literal["trend_ar1", "permutation"]
NULLS: tuple[Null, ...] = ("trend_ar1", "permutation")
Courses: TypeAlias = Iterable[Course] | Mapping[str, ArrayLike]
# phi is looked for in these steps; beyond the last one a line and a drift cannot be told apart.
_GRID = np.round(np.arange(-0.9, 0.951, 0.01), 2)
# A line leaves n - 2 directions; below two of them there is next to nothing to draw.
FEWEST = 4


@dataclass(frozen=True, eq=False)
class Case:
    """The observed ratings of one case.

    Attributes
    ----------
    name : str
    ratings : list of float
    meetings : list of int
        Their meeting numbers.
    scale : (float, float) or None
    """

    name: str
    ratings: list[float]
    meetings: list[int]
    scale: tuple[float, float] | None = None


def list_cases(courses: Courses) -> list[Case]:
    """The observed ratings of every case, in the order given.

    Raises
    ------
    SettingError
        For two cases of one name, or a course with several series.
    """
    if isinstance(courses, Mapping):
        cases = [Case(str(name), *observed(ratings)) for name, ratings in courses.items()]
    else:
        cases = [Case(course.case, *observed(course), course.scale) for course in courses]
    names = [case.name for case in cases]
    for name in names:
        if names.count(name) > 1:
            raise SettingError("courses", f"case {name!r} twice", "each case once")
    return cases


def case_generator(seed: int, case: str, null: Null) -> np.random.Generator:
    """The generator of one case: its draws do not depend on the other cases or their order.

    Notes
    -----
    ``default_rng([seed, key])`` for the permutation, ``default_rng([seed, key, 1])`` for the trend
    with noise. The key is the case's number where its name is one, else the first eight bytes of
    the name's SHA-256.
    """
    if case.isascii() and case.isdigit() and len(case) < 18:
        key = int(case)
    else:
        key = int.from_bytes(hashlib.sha256(case.encode()).digest()[:8], "big")
    return np.random.default_rng([seed, key] if null == "permutation" else [seed, key, 1])


# -- a line with noise around it -----------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Trend:
    """Least-squares line of one case and what is left over.

    Attributes
    ----------
    fitted, residuals : float array, shape (n,)
    remover : float array, shape (n, n)
        The projection that takes level and slope out of n numbers.
    """

    fitted: FloatArray
    residuals: FloatArray
    remover: FloatArray


def fit_trend(values: Sequence[float], meetings: Sequence[int]) -> Trend:
    """The least-squares line of ratings over meeting numbers."""
    y = np.asarray(values, dtype=np.float64)
    x = np.asarray(meetings, dtype=np.float64)
    n = y.size
    remover = np.eye(n)
    if n:
        remover = remover - 1 / n
        x = x - x.mean()
        square = float(x @ x)
        if square > 0:
            remover = remover - np.outer(x, x) / square
    residuals = remover @ y
    # What the arithmetic leaves of a straight line is no wobble.
    if n and np.abs(residuals).max() <= 1e-9 * max(1.0, float(np.abs(y).max())):
        residuals = np.zeros(n)
    return Trend(y - residuals, residuals, remover)


def estimate_phi(cases: Sequence[Case]) -> float:
    """Lag-1 autocorrelation of ratings around each case's own line, pooled over the sample.

    Parameters
    ----------
    cases : sequence of Case

    Returns
    -------
    float
        From -0.9 to 0.95; nan where no case has four ratings, two of them in adjacent meetings,
        and any wobble around its line.

    Notes
    -----
    Residuals of a fitted line are correlated even where the noise is not: their plain lag-1
    correlation is about -.12 for white noise with 16 ratings, and pulls every phi down. So phi
    maximises the restricted likelihood of the residuals, which knows what the line took (Patterson
    and Thompson 1971), summed over cases with each case's SD profiled out: with R the AR(1)
    correlations between its rated meetings, X its level and slope and n its ratings,
    -1/2 log|R| - 1/2 log|X'R^-1 X| - (n - 2)/2 log(e'R^-1 e - e'R^-1 X (X'R^-1 X)^-1 X'R^-1 e).
    Found on steps of 0.01 and a parabola through the best three.
    """
    total = np.zeros(_GRID.size)
    used = 0
    for case in cases:
        n = len(case.ratings)
        if n < FEWEST or 1 not in np.diff(case.meetings):
            continue
        left = fit_trend(case.ratings, case.meetings).residuals
        if not left.any():
            continue
        used += 1
        apart = np.abs(np.subtract.outer(case.meetings, case.meetings))
        related = np.power(_GRID[:, None, None], apart[None])
        x = np.stack([np.ones(n), np.asarray(case.meetings) - np.mean(case.meetings)], axis=1)
        solved = np.linalg.solve(related, np.broadcast_to(np.c_[x, left], (_GRID.size, n, 3)))
        inner = x.T @ solved[:, :, :2]
        cross = x.T @ solved[:, :, 2:]
        power = solved[:, :, 2] @ left
        power = power - (cross * np.linalg.solve(inner, cross)).sum(axis=(1, 2))
        total -= np.linalg.slogdet(related)[1] / 2 + np.linalg.slogdet(inner)[1] / 2
        total -= (n - 2) / 2 * np.log(np.maximum(power, TOLERANCE * float(left @ left)))
    if not used:
        return nan
    best = int(np.argmax(total))
    if best in (0, _GRID.size - 1):
        return float(_GRID[best])
    before, at, after = total[best - 1 : best + 2]
    step = (before - after) / (2 * (before - 2 * at + after))
    return float(_GRID[best] + 0.01 * step)


def noise_sd(case: Case, phi: float) -> float:
    """SD of the noise around the line of one case: sqrt(e'e / tr(M R(phi))); nan below 3 ratings.

    Notes
    -----
    The divisor is n - 2 without autocorrelation and smaller with it, because the line takes up part
    of the drift.
    """
    if len(case.ratings) < 3:
        return nan
    trend = fit_trend(case.ratings, case.meetings)
    left = float((trend.remover * _correlations(case.meetings, phi)).sum())
    return float(np.sqrt(trend.residuals @ trend.residuals / left))


def _correlations(meetings: Sequence[int], phi: float) -> FloatArray:
    apart = np.abs(np.subtract.outer(meetings, meetings))
    return np.asarray(np.power(float(phi), apart))


def draw_trend_ar1(
    case: Case, phi: float, n: int, rng: np.random.Generator, *, clip: bool = False
) -> FloatArray:
    """Ratings with the case's own line and SD around it, but noise of their own. Shape (n, rated).

    Parameters
    ----------
    case : Case
    phi : float
        Autocorrelation of the noise from one meeting to the next, between -1 and 1.
    n : int
        How many.
    rng : numpy Generator
    clip : bool, default False
        Cut ratings off at the ends of the scale.

    Notes
    -----
    Stationary normal AR(1) noise over the rated meetings (holes keep their width), its own line
    taken out, its sum of squares set to that of the case's residuals, and the case's line added. So
    every surrogate has exactly the case's level, slope, SD and missing meetings, and thresholds
    stay as they are. Normal residuals without autocorrelation are spread evenly over the sphere of
    that radius, whatever line and SD: the test is then exact. With clipping SDs shrink a little.
    """
    if not -1 < phi < 1:
        raise SettingError("phi", phi, "a number between -1 and 1")
    if clip and case.scale is None:
        raise SettingError("clip", clip, f"the scale of case {case.name!r} with it")
    trend = fit_trend(case.ratings, case.meetings)
    size = len(case.ratings)
    radius = float(np.linalg.norm(trend.residuals))
    if radius == 0:
        drawn = np.tile(np.asarray(case.ratings, dtype=np.float64), (n, 1))
    else:
        root = np.linalg.cholesky(_correlations(case.meetings, phi))
        noise = rng.standard_normal((n, size)) @ (trend.remover @ root).T
        length = np.linalg.norm(noise, axis=1, keepdims=True)
        drawn = trend.fitted + noise * (radius / np.maximum(length, TOLERANCE))
    if clip and case.scale is not None:
        drawn = np.clip(drawn, *case.scale)
    return np.asarray(drawn)


def draw_permutation(case: Case, n: int, rng: np.random.Generator) -> FloatArray:
    """The case's ratings in random order, at the meetings that were rated. Shape (n, rated).

    Notes
    -----
    Keeps the ratings and so every SD, but destroys trend and autocorrelation: fewer ruptures than
    it gives says only that ratings change smoothly.
    """
    values = np.asarray(case.ratings, dtype=np.float64)
    drawn = np.empty((n, values.size))
    for row in drawn:
        row[:] = rng.permutation(values)
    return drawn


def draw_surrogates(
    case: Case, null: Null, n: int, *, seed: int, phi: float = nan, clip: bool = False
) -> FloatArray:
    """``n`` surrogates of one case under one null, from the case's own generator."""
    check_option("null", null, NULLS)
    rng = case_generator(seed, case.name, null)
    if null == "permutation":
        return draw_permutation(case, n, rng)
    return draw_trend_ar1(case, 0.0 if isnan(phi) else phi, n, rng, clip=clip)


def simulate_noise(
    cases: int, ratings: int, *, phi: float = 0.0, rng: np.random.Generator
) -> FloatArray:
    """Pure noise: stationary normal AR(1) series with mean 0 and SD 1. Shape (cases, ratings)."""
    if not -1 < phi < 1:
        raise SettingError("phi", phi, "a number between -1 and 1")
    series = rng.standard_normal((cases, ratings))
    for t in range(1, ratings):
        series[:, t] = phi * series[:, t - 1] + np.sqrt(1 - phi * phi) * series[:, t]
    return series
