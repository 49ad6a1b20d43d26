"""Descriptions of courses and ruptures: trait and state, repair above the old level, sizes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf, nan, sqrt
from typing import TYPE_CHECKING, Literal

import numpy as np

from reattune.core.checks import check_option
from reattune.core.errors import SettingError
from reattune.course_tests.surrogates import Courses, list_cases
from reattune.course_tests.tally import median_latency, tally_events
from reattune.courses import (
    CourseEvent,
    Criterion,
    SampleConstants,
    find_events,
    sample_constants,
    split_trait_state,
)
from reattune.courses.ratings import TOLERANCE
from reattune.measures.limits import wilson_limits

if TYPE_CHECKING:
    import pandas as pd


def describe_trait_state(courses: Courses) -> pd.DataFrame:
    """Each rating as its case's mean and the deviation from it. One row per rating.

    Columns ``case``, ``meeting``, ``rating``, ``trait`` (mean of the case's ratings), ``state``
    (rating minus that). A description: the mean of a case that rises is no fixed property of it.
    """
    import pandas as pd

    rows = []
    for case in list_cases(courses):
        trait, state = split_trait_state(case.ratings)
        for meeting, rating, part in zip(case.meetings, case.ratings, state.tolist(), strict=True):
            rows.append((case.name, meeting, rating, trait, part))
    return pd.DataFrame(rows, columns=["case", "meeting", "rating", "trait", "state"])


def split_variance(courses: Courses) -> dict[str, float]:
    """How much ratings differ between cases and inside them.

    Returns
    -------
    dict
        ``cases``, ``ratings``; ``within_sd`` (pooled, n - 1 per case); ``between_sd`` (of case
        means, as they are); ``trait_share``: variance between cases over all variance, from the
        one-way analysis of variance with unequal n, ICC(1); can be below 0 where cases differ less
        than their wobble alone would make them. nan where undefined.
    """
    cases = [case.ratings for case in list_cases(courses) if case.ratings]
    k, total = len(cases), sum(len(values) for values in cases)
    means = [sum(values) / len(values) for values in cases]
    inside = sum((x - m) ** 2 for v, m in zip(cases, means, strict=True) for x in v)
    within = inside / (total - k) if total > k else nan
    between = trait = nan
    if k > 1:
        centre = sum(means) / k
        between = sqrt(sum((m - centre) ** 2 for m in means) / (k - 1))
        grand = sum(map(sum, cases)) / total
        among = sum(len(v) * (m - grand) ** 2 for v, m in zip(cases, means, strict=True)) / (k - 1)
        size = (total - sum(len(v) ** 2 for v in cases) / total) / (k - 1)
        below = among + (size - 1) * within
        trait = (among - within) / below if below > 0 else nan
    return {
        "cases": float(k),
        "ratings": float(total),
        "within_sd": sqrt(within) if within == within else nan,
        "between_sd": between,
        "trait_share": trait,
    }


def count_overshoot(
    courses: Courses,
    criterion: Criterion,
    *,
    by: float = 0.0,
    constants: SampleConstants | None = None,
) -> dict[str, float]:
    """Repairs that end above the level before the rupture, with a Wilson interval.

    Parameters
    ----------
    courses : iterable of Course, or mapping of case to ratings
    criterion : Criterion
    by : float, default 0
        Points above the old level the rating at the repair must exceed.

    Returns
    -------
    dict
        ``repaired``, ``above``, ``share``, ``low``, ``high``. Where ratings rise over a course, or
        wobble, a share above 0 is what chance gives; the interval treats ruptures as independent.
    """
    repaired = above = 0
    for values, meetings, events in _found(courses, criterion, constants):
        rating = dict(zip(meetings, values, strict=True))
        for event in events:
            if event.repair is not None:
                repaired += 1
                above += rating[event.repair] > event.level + by + TOLERANCE
    low, high = wilson_limits(above, repaired)
    share = above / repaired if repaired else nan
    return {
        "repaired": float(repaired),
        "above": float(above),
        "share": share,
        "low": low,
        "high": high,
    }


def compare_sizes(
    courses: Courses,
    criterion: Criterion,
    edges: Sequence[float],
    *,
    unit: Literal["points", "sd", "scale"] = "points",
    constants: SampleConstants | None = None,
) -> pd.DataFrame:
    """What became of small and large ruptures, with sizes you set.

    Parameters
    ----------
    courses, criterion, constants
        As in `count_overshoot`.
    edges : sequence of float
        Increasing; between them and beyond the last lie the sizes. ``[0.5, 1.5]`` gives below 0.5,
        0.5 to below 1.5, and from 1.5.
    unit : {"points", "sd", "scale"}
        Points of the scale, the criterion's SD, or share of the scale's width.

    Returns
    -------
    pandas.DataFrame
        ``size_from``, ``size_to``, ``ruptures``, ``repaired``, ``unrepaired``, ``censored``,
        ``repaired_share`` (of those decided: repaired + unrepaired), ``low``, ``high`` (Wilson),
        ``median_latency`` (Kaplan-Meier; infinite where not reached). Larger drops are regained
        later by chance alone when the target is the old level.
    """
    import pandas as pd

    check_option("unit", unit, ("points", "sd", "scale"))
    limits = [0.0, *(float(edge) for edge in edges), inf]
    if any(not b > a for a, b in pairwise(limits)):
        raise SettingError("edges", list(edges), "increasing numbers above 0")
    sized: list[tuple[float, CourseEvent, tuple[float, bool]]] = []
    for _, meetings, events in _found(courses, criterion, constants):
        follows = tally_events([events], meetings, criterion).follows[0]
        for event, follow in zip(events, follows, strict=True):
            size = {"points": event.drop, "sd": event.drop_sd, "scale": event.drop_prop}[unit]
            if size != size:
                raise SettingError("unit", unit, "a unit the ruptures have a size in")
            sized.append((size, event, follow))
    rows = []
    for low, high in pairwise(limits):
        inside = [(e, f) for s, e, f in sized if low - TOLERANCE <= s < high - TOLERANCE]
        status = [event.status for event, _ in inside]
        repaired, unrepaired = status.count("repaired"), status.count("unrepaired")
        decided = repaired + unrepaired
        share = repaired / decided if decided else nan
        counts = (len(inside), repaired, unrepaired, status.count("censored"))
        limit = wilson_limits(repaired, decided)
        rows.append((low, high, *counts, share, *limit, median_latency([f for _, f in inside])))
    head = ["size_from", "size_to", "ruptures", "repaired", "unrepaired", "censored"]
    return pd.DataFrame(rows, columns=[*head, "repaired_share", "low", "high", "median_latency"])


def _found(
    courses: Courses, criterion: Criterion, constants: SampleConstants | None
) -> list[tuple[list[float], list[int], list[CourseEvent]]]:
    """Ratings, meetings and ruptures seen to begin of every case."""
    cases = list_cases(courses)
    known = constants or sample_constants([np.array(case.ratings) for case in cases])
    return [
        (
            case.ratings,
            case.meetings,
            [
                event
                for event in find_events(case.ratings, criterion, known, meetings=case.meetings)
                if event.entered
            ],
        )
        for case in cases
    ]
