"""Time to repair: curves by group, Cox models, and the log-rank scores that are permuted."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from reattune.measures.survival import fit_survival

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
MOST_PLACES = 60
_ROUND = 9


@dataclass(frozen=True, eq=False)
class Followed:
    """Ruptures that were seen to begin, one row each.

    Attributes
    ----------
    time, repaired, unit, z : arrays, shape (n,)
        How long followed, whether to the repair, whose (0 .. units - 1), and the covariate.
    """

    time: FloatArray
    repaired: BoolArray
    unit: IntArray
    z: FloatArray

    def keep(self, units: IntArray) -> Followed:
        """Only these units."""
        chosen = np.isin(self.unit, units)
        return Followed(self.time[chosen], self.repaired[chosen], self.unit[chosen], self.z[chosen])


def cumulative_hazard(time: FloatArray, repaired: BoolArray) -> FloatArray:
    """Nelson and Aalen's cumulative hazard of all, at each one's own time, shape (n,).

    With d repairs among n still followed at a time, d / n is added (Nelson 1972, Technometrics 14,
    945-966). Summed over a group it is the number of repairs the group would have had at the
    speed of all: repairs minus this sum is the log-rank score.
    """
    if not time.size:
        return np.zeros(0)
    rounded = np.round(time, _ROUND)
    at = np.unique(rounded[repaired])
    if not at.size:
        return np.zeros(time.size)
    ordered = np.sort(rounded)
    still = time.size - np.searchsorted(ordered, at, side="left")
    happened = np.searchsorted(np.sort(rounded[repaired]), at, side="right")
    counts = np.diff(happened, prepend=0)
    summed = np.cumsum(counts / still)
    place = np.searchsorted(at, rounded, side="right") - 1
    return np.where(place < 0, 0.0, summed[np.maximum(place, 0)])


def fit_cox(rows: Followed, *, strata: bool) -> float:
    """Log hazard ratio for one unit of z; nan where it is not settled.

    Cox (1972, J R Stat Soc B 34, 187-220), Efron's ties, by `lifelines`. With ``strata`` every
    dyad has a speed of its own and only differences within dyads count.
    """
    import pandas as pd
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError, ConvergenceWarning

    seen = np.round(rows.time, _ROUND) > 0
    frame = pd.DataFrame(
        {
            # End minus onset carries rounding, which would break ties between equal times.
            "time": np.round(rows.time[seen], _ROUND),
            "repaired": rows.repaired[seen],
            "z": rows.z[seen],
            "unit": rows.unit[seen],
        }
    )
    if not frame["repaired"].any() or frame["z"].nunique() < 2:
        return nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", category=ConvergenceWarning)
        try:
            fitted = CoxPHFitter().fit(
                frame if strata else frame.drop(columns="unit"),
                "time",
                "repaired",
                strata=["unit"] if strata else None,
            )
        except (ConvergenceError, ConvergenceWarning, ValueError, np.linalg.LinAlgError):
            return nan
    value = float(fitted.params_["z"])
    # A monotone likelihood climbs until the steps are stopped.
    return value if abs(value) < 10 else nan


@dataclass(frozen=True, eq=False)
class Curve:
    """Share repaired within a time, of one group.

    Attributes
    ----------
    part, level : str
    times, share, low, high : float arrays, shape (n,)
        A step function; limits over dyads, nan below five of them.
    censored : float array
        Times at which a rupture was cut off.
    median : (float, float, float)
        Time by which half are repaired; nan where not reached, its limits always nan.
    units, ruptures : int
    """

    part: str
    level: str
    times: FloatArray
    share: FloatArray
    low: FloatArray
    high: FloatArray
    censored: FloatArray
    median: tuple[float, float, float]
    units: int
    ruptures: int


def share_by(rows: Followed, times: FloatArray) -> FloatArray:
    """Kaplan-Meier share repaired by each time; nan beyond the longest follow-up, shape (n,)."""
    fitted = fit_survival(rows.time, rows.repaired)
    return np.array([fitted.repaired_by(float(t))[0] for t in times])


def share_limits(rows: Followed, times: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The share by each time with 95 % limits over dyads (delete-one jackknife, t)."""
    from scipy.special import stdtrit

    share = share_by(rows, times)
    units = np.unique(rows.unit)
    n = units.size
    if n < 5:
        return share, np.full(times.size, nan), np.full(times.size, nan)
    left = np.stack([share_by(rows.keep(units[units != unit]), times) for unit in units])
    half = float(stdtrit(n - 1, 0.975)) * np.sqrt(
        (n - 1) / n * ((left - left.mean(axis=0)) ** 2).sum(axis=0)
    )
    return share, np.clip(share - half, 0, 1), np.clip(share + half, 0, 1)


def draw_curve(rows: Followed, part: str, level: str) -> Curve:
    """The Kaplan-Meier curve of a group."""
    units = int(np.unique(rows.unit).size)
    fitted = fit_survival(rows.time, rows.repaired)
    times = np.array(fitted.times)
    if times.size > MOST_PLACES:
        chosen = np.unique(np.linspace(0, times.size - 1, MOST_PLACES).round().astype(np.int64))
        times = times[chosen]
    times = np.concatenate([[0.0], times, [fitted.longest]]) if rows.time.size else times
    share, low, high = share_limits(rows, times)
    return Curve(
        *(part, level, times, share, low, high),
        np.sort(rows.time[~rows.repaired]),
        # Its usual limits take ruptures of one dyad for independent.
        (fitted.quantile(0.5)[0], nan, nan),
        units,
        int(rows.time.size),
    )


def gather(follows: Sequence[FloatArray], hits: Sequence[BoolArray], z: FloatArray) -> Followed:
    """One table of the ruptures of several units, each with its covariate."""
    sizes = [row.size for row in follows]
    unit = np.repeat(np.arange(len(sizes)), sizes)
    time = np.concatenate([*follows, np.empty(0)])
    repaired = np.concatenate([*hits, np.empty(0, dtype=np.bool_)])
    return Followed(time, repaired, unit, z[unit] if len(sizes) else np.empty(0))
