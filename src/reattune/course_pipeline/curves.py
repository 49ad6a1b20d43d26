"""What chance draws into two pictures: how fast drops return, and ratings around an onset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.course_tests.surrogates import Case, draw_surrogates
from reattune.course_tests.tally import follow_up
from reattune.courses import CourseEvent, Criterion, SampleConstants
from reattune.measures.survival import fit_survival

FloatArray = NDArray[np.float64]
# Meetings on either side of an onset, and the longest latency a null is drawn for.
AROUND = 5
LONGEST = 10
# Below this share of draws a place of the curve is not drawn.
_ENOUGH = 0.5
# The first surrogates draw the curves; means and bands need fewer than a p.
DRAWS = 99


@dataclass(frozen=True)
class NullBand:
    """Mean and middle 95 % of surrogate curves at some places.

    Attributes
    ----------
    at, mean, low, high : tuple of float
    """

    at: tuple[float, ...] = ()
    mean: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    def rows(self) -> list[tuple[float, float, float, float]]:
        """One tuple per place."""
        return list(zip(self.at, self.mean, self.low, self.high, strict=True))


def follow_events(
    events: Sequence[CourseEvent], meetings: Sequence[int], criterion: Criterion
) -> list[tuple[float, bool]]:
    """How long each event that was seen to begin was followed, and whether to its repair."""
    window = getattr(criterion, "window", None)
    by_rating = getattr(criterion, "count", "meetings") == "ratings"
    return [
        (float(event.latency), True)
        if event.latency is not None
        else (follow_up(event, meetings, window, by_rating), False)
        for event in events
        if event.entered
    ]


def around_onsets(
    events: Sequence[CourseEvent], values: Sequence[float], meetings: Sequence[int]
) -> list[tuple[int, int, float]]:
    """Event (from 1), meetings from its onset and rating minus the one before the drop."""
    ratings = dict(zip(meetings, values, strict=True))
    rows = []
    for number, event in enumerate((e for e in events if e.entered), start=1):
        base = None if event.pre is None else ratings.get(event.pre)
        if base is None:
            continue
        for offset in range(-AROUND, AROUND + 1):
            if event.onset + offset in ratings:
                rows.append((number, offset, ratings[event.onset + offset] - base))
    return rows


def draw_curves(
    cases: Sequence[Case],
    criterion: Criterion,
    sample: SampleConstants,
    drawn: Mapping[str, FloatArray],
) -> tuple[NullBand, NullBand]:
    """Bands of the latency curve and of the mean rating around onsets, from surrogates.

    Parameters
    ----------
    cases : sequence of Case
    criterion : Criterion
    sample : SampleConstants
        Of the observed ratings; the surrogates keep every case's SD.
    drawn : mapping of case to float array, shape (surrogates, rated)
    """
    size = min((len(series) for series in drawn.values()), default=0)
    shares = np.full((size, LONGEST + 1), np.nan)
    means = np.full((size, 2 * AROUND + 1), np.nan)
    for draw in range(size):
        followed: list[tuple[float, bool]] = []
        sums, counts = np.zeros(2 * AROUND + 1), np.zeros(2 * AROUND + 1)
        for case in cases:
            values = drawn[case.name][draw].tolist()
            events = criterion.find(values, case.meetings, sample)
            followed += follow_events(events, case.meetings, criterion)
            for _, offset, value in around_onsets(events, values, case.meetings):
                sums[offset + AROUND] += value
                counts[offset + AROUND] += 1
        np.divide(sums, counts, out=means[draw], where=counts > 0)
        if followed:
            curve = fit_survival(
                np.array([time for time, _ in followed]), np.array([hit for _, hit in followed])
            )
            shares[draw] = [curve.repaired_by(float(t))[0] for t in range(LONGEST + 1)]
    return _band(range(LONGEST + 1), shares), _band(range(-AROUND, AROUND + 1), means)


def draw_cases(cases: Sequence[Case], n: int, *, seed: int, phi: float) -> dict[str, FloatArray]:
    """The first ``n`` trend surrogates of every case."""
    return {case.name: draw_surrogates(case, "trend_ar1", n, seed=seed, phi=phi) for case in cases}


def _band(places: Sequence[int], curves: FloatArray) -> NullBand:
    kept = [
        (float(place), column[np.isfinite(column)])
        for place, column in zip(places, curves.T, strict=True)
        if column.size and np.isfinite(column).mean() >= _ENOUGH
    ]
    if not kept:
        return NullBand()
    return NullBand(
        at=tuple(place for place, _ in kept),
        mean=tuple(float(column.mean()) for _, column in kept),
        low=tuple(float(np.quantile(column, 0.025)) for _, column in kept),
        high=tuple(float(np.quantile(column, 0.975)) for _, column in kept),
    )
