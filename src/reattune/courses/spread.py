"""How much ratings vary: what a criterion knows of the sample, and the SD it measures drops in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite, nan, sqrt
from typing import Literal

from reattune.core.checks import check_option, check_positive
from reattune.core.errors import SettingError
from reattune.courses.ratings import Ratings, observed, own_sd

Spread = Literal["own", "mean", "pooled", "between", "max_own_pooled", "max_own_between", "fixed"]
SPREADS: tuple[Spread, ...] = (
    "own",
    "mean",
    "pooled",
    "between",
    "max_own_pooled",
    "max_own_between",
    "fixed",
)


@dataclass(frozen=True)
class SampleConstants:
    """What a criterion has to know of the whole sample. nan where not known.

    Attributes
    ----------
    mean_sd : float
        S_mean, the mean of the cases' own SDs (cases with at least 3 ratings).
    pooled_sd : float
        S_pooled = sqrt(sum (n_i - 1) s_i^2 / sum (n_i - 1)) (cases with at least 2 ratings).
    between_sd : float
        SD of the case means.
    scale : (float, float) or None
        Lowest and highest possible rating; only for drops as a share of the scale.
    cases, ratings : int
        How many they rest on.
    """

    mean_sd: float = nan
    pooled_sd: float = nan
    between_sd: float = nan
    scale: tuple[float, float] | None = None
    cases: int = 0
    ratings: int = 0

    def __post_init__(self) -> None:
        if self.scale is not None:
            low, high = self.scale
            if not (isfinite(low) and isfinite(high) and low < high):
                raise SettingError("scale", self.scale, "(lowest, highest)")

    @property
    def width(self) -> float:
        """Highest minus lowest possible rating; nan where the scale is not known."""
        return nan if self.scale is None else self.scale[1] - self.scale[0]


NO_SAMPLE = SampleConstants()


def sample_constants(
    courses: Iterable[Ratings], *, scale: tuple[float, float] | None = None
) -> SampleConstants:
    """S_mean, S_pooled and S_between of a sample of courses.

    Parameters
    ----------
    courses : iterable of array_like or Course
        One series of ratings per case, nan = missing.
    scale : (float, float), optional
        Lowest and highest possible rating.

    Examples
    --------
    >>> round(sample_constants([[5, 6, 7], [4, 4, 7, 5]]).pooled_sd, 4)
    1.2649
    """
    own: list[float] = []
    means: list[float] = []
    squares, freedom, cases, count = 0.0, 0, 0, 0
    for course in courses:
        values, _ = observed(course)
        if not values:
            continue
        cases, count = cases + 1, count + len(values)
        means.append(sum(values) / len(values))
        if len(values) >= 2:
            spread = own_sd(values)
            squares += spread * spread * (len(values) - 1)
            freedom += len(values) - 1
            if len(values) >= 3:
                own.append(spread)
    return SampleConstants(
        mean_sd=sum(own) / len(own) if own else nan,
        pooled_sd=sqrt(squares / freedom) if freedom else nan,
        between_sd=own_sd(means) if len(means) > 1 else nan,
        scale=scale,
        cases=cases,
        ratings=count,
    )


def find_spread(
    values: Sequence[float], spread: Spread, fixed_sd: float | None, sample: SampleConstants
) -> float:
    """The SD of that name for one case.

    Raises
    ------
    SettingError
        When it rests on the sample and the sample's constants were not given.
    """
    if spread == "fixed":
        return nan if fixed_sd is None else fixed_sd
    if spread == "own":
        return own_sd(values)
    if spread == "mean":
        shared = sample.mean_sd
    elif spread in ("pooled", "max_own_pooled"):
        shared = sample.pooled_sd
    else:
        shared = sample.between_sd
    if shared != shared:
        raise SettingError(
            "sd",
            spread,
            "the constants of the sample with it: sample_constants(all courses); "
            'sd="own" or "fixed" need none',
        )
    if spread in ("max_own_pooled", "max_own_between") and len(values) > 1:
        return max(own_sd(values), shared)
    return shared


def check_spread(criterion: str, spread: Spread, fixed_sd: float | None) -> None:
    """Raise unless the SD's name is known and a fixed one, and only that, has its value."""
    check_option(f"sd of {criterion}", spread, SPREADS)
    if spread == "fixed":
        if fixed_sd is None:
            raise SettingError("fixed_sd", fixed_sd, "the SD, for sd='fixed'")
        check_positive("fixed_sd", fixed_sd)
    elif fixed_sd is not None:
        raise SettingError("fixed_sd", fixed_sd, "None unless sd='fixed'")


def spread_words(spread: Spread, fixed_sd: float | None) -> str:
    """The SD in words."""
    return {
        "own": "the case's own SD",
        "mean": "the mean own SD of the sample",
        "pooled": "the pooled SD of the sample",
        "between": "the SD between cases",
        "max_own_pooled": "the larger of own and pooled SD",
        "max_own_between": "the larger of own SD and SD between cases",
        "fixed": f"{fixed_sd:g}" if fixed_sd is not None else "",
    }[spread]
