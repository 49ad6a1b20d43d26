"""Estimates over simulated studies: shares and means with their Monte-Carlo limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import nan, sqrt
from typing import NamedTuple

import numpy as np

from reattune.measures.limits import wilson_limits


class Estimate(NamedTuple):
    """A number with 95 % Monte-Carlo limits over ``n`` simulated studies."""

    value: float
    low: float
    high: float
    n: int


def average(values: Iterable[float]) -> Estimate:
    """The mean over studies, undefined ones left out, with t limits."""
    from scipy.special import stdtrit

    known = np.array([value for value in values if np.isfinite(value)])
    n = int(known.size)
    if n == 0:
        return Estimate(nan, nan, nan, 0)
    mean = float(known.mean())
    if n < 2:
        return Estimate(mean, nan, nan, n)
    half = float(stdtrit(n - 1, 0.975)) * float(known.std(ddof=1)) / sqrt(n)
    return Estimate(mean, mean - half, mean + half, n)


@dataclass(frozen=True)
class Finding:
    """How often a test finds something, in one world.

    Attributes
    ----------
    world, test, label : str
    naive : bool
    found, studies : int
        Studies in which p is at most alpha, and all.
    refused : int
        Studies in which the test could not be made; they count as not found.
    """

    world: str
    test: str
    label: str
    naive: bool
    found: int
    studies: int
    refused: int = 0

    @property
    def rate(self) -> Estimate:
        """Share of studies that find something, with Wilson's limits."""
        share = self.found / self.studies if self.studies else nan
        return Estimate(share, *wilson_limits(self.found, self.studies), self.studies)


@dataclass(frozen=True)
class Bias:
    """What a naive analysis gives beside what is so.

    Attributes
    ----------
    name, label, unit, world : str
    naive, truth, bias : Estimate
        ``bias`` is naive less truth, study by study.
    """

    name: str
    label: str
    unit: str
    world: str
    naive: Estimate
    truth: Estimate
    bias: Estimate


@dataclass(frozen=True)
class Limit:
    """What limits a study of this design.

    Attributes
    ----------
    code : str
        ``"W_FEW"``, ...; empty for a reason that has no code.
    words : str
    share : float
        Of sessions, or of studies where ``whole``.
    whole : bool
    """

    code: str
    words: str
    share: float
    whole: bool
