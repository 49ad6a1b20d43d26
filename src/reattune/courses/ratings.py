"""Observed ratings of one series, and their standard deviation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf, nan, sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from reattune.core.errors import SettingError
from reattune.courses.course import Course

# Ratings are means of a few whole numbers: differences below this are noise of the arithmetic.
TOLERANCE = 1e-12

Ratings: TypeAlias = ArrayLike | Course


def observed(
    ratings: Ratings, meetings: Sequence[int] | None = None
) -> tuple[list[float], list[int]]:
    """The ratings that were given, and their meeting numbers.

    Raises
    ------
    SettingError
        For anything but one series of finite numbers or nan, or meetings out of order.
    """
    if isinstance(ratings, Course):
        meetings = list(ratings.meetings) if meetings is None else meetings
        ratings = ratings.only()
    if not isinstance(ratings, np.ndarray):
        try:
            ratings = np.asarray(ratings, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise SettingError("ratings", ratings, "numbers, nan where missing") from error
    if ratings.ndim != 1:
        raise SettingError("ratings", f"an array of shape {ratings.shape}", "one series")
    listed: list[float] = ratings.tolist()
    if meetings is None:
        numbers = [at for at, value in enumerate(listed, 1) if value == value]
    else:
        given = [int(number) for number in meetings]
        if len(given) != len(listed):
            raise SettingError("meetings", len(given), f"one for each of {len(listed)} ratings")
        if any(b <= a for a, b in pairwise(given)):
            raise SettingError("meetings", given, "numbers in order, each once")
        numbers = [at for at, value in zip(given, listed, strict=True) if value == value]
    values = listed if len(numbers) == len(listed) else [v for v in listed if v == v]
    if values and (max(values) == inf or min(values) == -inf):
        raise SettingError("ratings", "infinity", "finite numbers, nan where missing")
    return values, numbers


def own_sd(values: Sequence[float]) -> float:
    """Standard deviation with n - 1; nan below two values."""
    n = len(values)
    if n < 2:
        return nan
    mean = sum(values) / n
    return sqrt(sum([(value - mean) ** 2 for value in values]) / (n - 1))
