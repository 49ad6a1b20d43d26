"""What is counted of the ruptures of a case and of a sample, in observed and surrogate ratings."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf, nan

import numpy as np
from numpy.typing import NDArray

from reattune.courses import CourseEvent

FloatArray = NDArray[np.float64]
CASE_STATISTICS = (
    "ruptures",
    "repaired",
    "unrepaired",
    "censored",
    "repaired_share",
    "mean_drop",
    "median_latency",
    "legacy_median_latency",
    "signals_at_start",
)
SAMPLE_STATISTICS = (
    *CASE_STATISTICS,
    "cases_with_rupture",
    "cases_with_repair",
    "cases_none",
    "cases_repaired",
    "cases_unrepaired",
    "cases_censored",
)
_HALF = 0.5 + 1e-12
Follow = tuple[float, bool]


@dataclass
class Tally:
    """Counts of one case over several series of ratings (surrogates, or the observed one).

    Attributes
    ----------
    counts : int array, shape (series, 4)
        Repaired, unrepaired, censored, and signals at the first rating.
    follows : list of list of (float, bool)
        For every series: time each rupture was followed, and whether to its repair.
    drops : float array, shape (series,)
        Sum of the drops of its ruptures, in points of the scale.
    """

    counts: NDArray[np.int64]
    drops: FloatArray
    follows: list[list[Follow]] = field(default_factory=list)


_COLUMN = {"repaired": 0, "unrepaired": 1, "censored": 2}


def tally_events(
    found: Sequence[Sequence[CourseEvent]], meetings: Sequence[int], criterion: object
) -> Tally:
    """Counts and follow-up times of the events in each series of one case.

    Parameters
    ----------
    found : sequence of sequences of CourseEvent
        One per series.
    meetings : sequence of int
        The rated meetings, the same for all.
    criterion : Criterion
    """
    # Plain lists: adding to single cells of an array costs ten times as much.
    counts: list[list[int]] = []
    drops: list[float] = []
    follows: list[list[Follow]] = []
    window = getattr(criterion, "window", None)
    by_rating = getattr(criterion, "count", "meetings") == "ratings"
    for events in found:
        followed: list[Follow] = []
        tally, total = [0, 0, 0, 0], 0.0
        for event in events:
            if not event.entered:
                tally[3] += 1
                continue
            tally[_COLUMN[event.status]] += 1
            total += event.drop
            followed.append(
                (float(event.latency), True)
                if event.latency is not None
                else (follow_up(event, meetings, window, by_rating), False)
            )
        counts.append(tally)
        drops.append(total)
        follows.append(followed)
    table = np.array(counts, dtype=np.int64).reshape(len(found), 4)
    return Tally(table, np.array(drops, dtype=np.float64), follows)


def follow_up(
    event: CourseEvent, meetings: Sequence[int], window: int | None, by_rating: bool = False
) -> float:
    """How long a rupture without a repair was watched: to the last rating inside the window.

    Counted from where its latency would be: the first nadir under the decline criterion, else the
    onset. 0 where nobody rated in the window.
    """
    start = event.onset if event.fall is None else event.first_nadir
    if by_rating:
        first, last = bisect_right(meetings, start) - 1, len(meetings) - 1
        return float(last - first if window is None else min(last - first, window))
    last = len(meetings) if window is None else bisect_right(meetings, start + window)
    return float(meetings[last - 1] - start)


def median_latency(followed: Sequence[Follow]) -> float:
    """Kaplan-Meier median of times to repair: the smallest t with S(t) <= .5.

    Infinite where half were not repaired while watched, nan without a rupture. Repairs come before
    censorings at equal times (Kaplan and Meier 1958).
    """
    if not followed:
        return nan
    ordered = sorted([(time, not repaired) for time, repaired in followed])
    left, share, i = len(ordered), 1.0, 0
    while i < len(ordered):
        time, at_risk, repairs = ordered[i][0], left, 0
        while i < len(ordered) and ordered[i][0] == time:
            repairs += not ordered[i][1]
            left -= 1
            i += 1
        if repairs:
            share *= 1 - repairs / at_risk
            if share <= _HALF:
                return time
    return inf


def legacy_median(followed: Sequence[Follow]) -> float:
    """Median latency of the repaired ruptures alone: too short, because open ones are left out."""
    times = sorted([time for time, repaired in followed if repaired])
    if not times:
        return nan
    middle = len(times) // 2
    return times[middle] if len(times) % 2 else (times[middle - 1] + times[middle]) / 2


def case_statistics(tally: Tally) -> dict[str, FloatArray]:
    """Every statistic of one case, one value per series. nan where undefined."""
    return _statistics(tally.counts, tally.drops, tally.follows)


def sample_statistics(tallies: Sequence[Tally]) -> dict[str, FloatArray]:
    """Every statistic of the sample, one value per series."""
    size = len(tallies[0].follows)
    pooled: list[list[Follow]] = [[] for _ in range(size)]
    for tally in tallies:
        for row, followed in zip(pooled, tally.follows, strict=True):
            row += followed
    stacked = np.stack([tally.counts for tally in tallies])
    out = _statistics(stacked.sum(axis=0), np.sum([t.drops for t in tallies], axis=0), pooled)
    repaired, unrepaired, censored = (stacked[:, :, k] > 0 for k in range(3))
    some = repaired | unrepaired | censored
    parts = {
        "cases_with_rupture": some,
        "cases_with_repair": repaired,
        "cases_none": ~some,
        "cases_repaired": repaired & ~unrepaired & ~censored,
        "cases_unrepaired": unrepaired,
        "cases_censored": censored & ~unrepaired,
    }
    return out | {name: part.sum(axis=0).astype(np.float64) for name, part in parts.items()}


def _statistics(
    counts: NDArray[np.int64], drops: FloatArray, follows: Sequence[Sequence[Follow]]
) -> dict[str, FloatArray]:
    numbers = counts.astype(np.float64)
    ruptures = numbers[:, :3].sum(axis=1)
    share, mean = np.full(ruptures.size, nan), np.full(ruptures.size, nan)
    np.divide(numbers[:, 0], ruptures, out=share, where=ruptures > 0)
    np.divide(drops, ruptures, out=mean, where=ruptures > 0)
    return {
        "ruptures": ruptures,
        "repaired": numbers[:, 0],
        "unrepaired": numbers[:, 1],
        "censored": numbers[:, 2],
        "repaired_share": share,
        "mean_drop": mean,
        "median_latency": np.array([median_latency(f) for f in follows]),
        "legacy_median_latency": np.array([legacy_median(f) for f in follows]),
        "signals_at_start": numbers[:, 3],
    }
