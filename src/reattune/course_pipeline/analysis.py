"""From courses to a result: series chosen, criteria applied, chance drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isnan

import numpy as np

from reattune.core.errors import ReadError, SettingError, did_you_mean
from reattune.core.notes import Note
from reattune.core.study import Progress
from reattune.course_pipeline.result import CourseAnalysis, CriterionResult
from reattune.course_tests.chance import test_courses
from reattune.course_tests.results import CourseChance
from reattune.course_tests.surrogates import NULLS, estimate_phi, list_cases
from reattune.courses import (
    Course,
    CourseEvent,
    Criterion,
    Decline,
    Drop,
    SampleConstants,
    choose_criteria,
    default_criteria,
    sample_constants,
)
from reattune.courses.centred import PersonCentred
from reattune.courses.changepoint import ChangePoint
from reattune.courses.chart import ControlChart
from reattune.courses.cusum import Cusum
from reattune.courses.ewma import Ewma
from reattune.courses.reliable import ReliableChange

# The null that only breaks the order of ratings answers a lesser question: fewer draws will do.
MOST_PERMUTATIONS = 99
# Below this many ratings in every case there is no SD to judge by.
FEWEST = 3


def analyze_courses(
    courses: Iterable[Course],
    criteria: Iterable[str | Mapping[str, object] | Criterion] | None = None,
    *,
    scale: str | None = None,
    rater: str | None = None,
    surrogates: int = 999,
    seed: int = 1,
    name: str = "",
    notes: Iterable[Note] = (),
    on_progress: Progress | None = None,
) -> CourseAnalysis:
    """Ruptures and repairs in a sample of courses by several criteria, beside chance.

    Parameters
    ----------
    courses : iterable of Course
    criteria : iterable of Criterion, str or mapping, optional
        `default_criteria` when not given; also written as ``"Decline:k=2"``, ``"stiles_like"``,
        ``"all"`` or ``{"type": "Decline", "k": 2}``. Pictures shade what the first one finds.
    scale : str, optional
        The score to judge; needed where the courses have several.
    rater : str, optional
        Whose ratings to judge: by default those of the first rater.
    surrogates : int, default 999
        Draws of the null that keeps each case's trend and carry-over; of random orders at most
        99. 0 = no test, and every result then says so.
    seed : int, default 1
    name : str
        Of the sample, for titles.
    notes : iterable of Note
        What is known of the sample already.
    on_progress : callable(done, total, what), optional

    Returns
    -------
    CourseAnalysis

    Raises
    ------
    SettingError
        Without courses or criteria, for two cases of one name, or where the series to judge is
        not clear.
    ReadError
        Where no case has three ratings.
    """
    whole = tuple(courses)
    chosen = default_criteria() if criteria is None else tuple(choose_criteria(criteria))
    if not whole:
        raise SettingError("courses", "none", "at least one course")
    if not chosen:
        raise SettingError("criteria", "none", "at least one criterion")
    key = choose_series(whole, scale, rater)
    judged = tuple(course.select(key[1], key[0]) for course in whole if key in course.ratings)
    most = max(int(np.isfinite(course.only()).sum()) for course in judged)
    if most < FEWEST:
        raise ReadError(
            f"No case has more than {most} rating(s) of {' '.join(key)}.",
            expected=f"at least {FEWEST}: fewer show no drop that could be judged",
        )
    constants = sample_constants(judged, scale=_shared_scale(judged))
    found = estimate_phi(list_cases(judged))
    phi = 0.0 if isnan(found) else found
    names = name_criteria(chosen)
    results = []
    for at, (criterion, told) in enumerate(zip(chosen, names, strict=True)):
        if on_progress:
            on_progress(at, len(chosen), f"{told}: comparing with chance")
        events, not_applied = _find(judged, criterion, constants)
        chance: dict[str, CourseChance] = {}
        if surrogates:
            for null in NULLS:
                n = surrogates if null == "trend_ar1" else min(surrogates, MOST_PERMUTATIONS)
                chance[null] = test_courses(
                    judged, criterion, rng=seed, n=n, null=null, beside=None,
                    constants=constants, phi=phi,
                )  # fmt: skip
        results.append(CriterionResult(criterion, told, events, not_applied, chance))
    if on_progress:
        on_progress(len(chosen), len(chosen), "criteria done")
    return CourseAnalysis(
        name=name,
        courses=whole,
        judged=judged,
        rater=key[0],
        scale=key[1],
        constants=constants,
        results=tuple(results),
        phi=found,
        settings=_settings(whole, chosen, names, key, surrogates, seed),
        notes=(*notes, *_notes(whole, key, surrogates)),
    )


def choose_series(
    courses: Sequence[Course], scale: str | None = None, rater: str | None = None
) -> tuple[str, str]:
    """Rater and scale to judge.

    Raises
    ------
    SettingError
        When asked for something that is not there, or not asked where there are several scales.
    """
    keys = list(dict.fromkeys(key for course in courses for key in course.ratings))
    raters = list(dict.fromkeys(who for who, _ in keys))
    if rater is not None and rater not in raters:
        raise SettingError("rater", rater, "somebody who rated." + did_you_mean(rater, raters))
    who = rater if rater is not None else raters[0] if raters else ""
    scales = [name for other, name in keys if other == who]
    if scale is None and len(scales) == 1:
        return who, scales[0]
    if scale is None:
        few = ", ".join(map(repr, scales[:12])) + (" ..." if len(scales) > 12 else "")
        told = (
            f"the score to judge, one of {few or 'none'}; or, where these are items of one form, "
            'the items of a scale (items, or --items "name=item1,item2")'
        )
        raise SettingError("scale", "not given", told)
    if scale not in scales:
        raise SettingError("scale", scale, "a score of the table." + did_you_mean(scale, scales))
    return who, scale


def name_criteria(criteria: Sequence[Criterion]) -> tuple[str, ...]:
    """A short name for every criterion; two alike are told apart by all their parameters."""
    short = [_short_name(criterion) for criterion in criteria]
    named = [
        text if short.count(text) == 1 else criterion.label()
        for text, criterion in zip(short, criteria, strict=True)
    ]
    return tuple(
        text if text not in named[:at] else f"{text} #{at + 1}" for at, text in enumerate(named)
    )


def _short_name(criterion: Criterion) -> str:
    if criterion.preset:
        size = f" {criterion.k:g} SD" if isinstance(criterion, Decline) else ""
        return f"{criterion.preset}{size} (approximation)"
    if isinstance(criterion, Drop | Decline):
        return f"{type(criterion).__name__.lower()} of {criterion.k:g} SD"
    if isinstance(criterion, ControlChart) and criterion.rules == ("R1",):
        return f"chart, {criterion.limit:g} sigma"
    if isinstance(criterion, Cusum | Ewma):
        name = "CUSUM" if isinstance(criterion, Cusum) else "EWMA"
        return f"{name}, trend taken out" if criterion.detrend else name
    if isinstance(criterion, ChangePoint):
        return "step down" if criterion.method == "exact" else "step down, Bayesian"
    if isinstance(criterion, PersonCentred):
        return f"below own mean by {criterion.k:g} SD"
    if isinstance(criterion, ReliableChange):
        return f"reliable drop, {criterion.critical:g}"
    return criterion.label()


def _find(
    judged: Sequence[Course], criterion: Criterion, constants: SampleConstants
) -> tuple[dict[str, tuple[CourseEvent, ...]], dict[str, str]]:
    """Events of every case, and the cases the criterion does not apply to."""
    reasons = {course.case: criterion.why_not(course) for course in judged}
    events = {course.case: criterion(course, constants) for course in judged}
    return events, {case: reason for case, reason in reasons.items() if reason}


def _shared_scale(courses: Sequence[Course]) -> tuple[float, float] | None:
    known = {course.scale for course in courses}
    return known.pop() if len(known) == 1 else None


def _notes(courses: Sequence[Course], key: tuple[str, str], surrogates: int) -> list[Note]:
    notes: list[Note] = []
    without = [course.case for course in courses if key not in course.ratings]
    if without:
        told = f"{', '.join(without[:8])}: no ratings {' '.join(key)}; left out."
        notes.append(Note("case_without_series", told, count=len(without), level="warning"))
    scales = {course.scale for course in courses}
    if len(scales) > 1:
        told = "the cases have different scales: SDs of the sample mix them."
        notes.append(Note("scales_differ", told, count=len(scales), level="warning"))
    if not surrogates:
        told = "no surrogates were drawn: counts stand without what chance gives."
        notes.append(Note("no_chance", told, level="warning"))
    return notes


def _settings(
    courses: Sequence[Course],
    criteria: Sequence[Criterion],
    names: Sequence[str],
    key: tuple[str, str],
    surrogates: int,
    seed: int,
) -> dict[str, object]:
    """Everything needed to compute the same again; JSON-safe."""
    from importlib.metadata import version

    inputs = dict.fromkeys(
        (str(c.meta.get("source", "")), str(c.meta.get("sha256", ""))) for c in courses
    )
    return {
        "series": {"rater": key[0], "scale": key[1]},
        "criteria": [
            {
                "name": name,
                "preset": criterion.preset,
                "approximation": criterion.approximation,
                **criterion.to_dict(),
                "in_words": criterion.describe(),
            }
            for name, criterion in zip(names, criteria, strict=True)
        ],
        "surrogates": {
            "trend_ar1": surrogates,
            "permutation": min(surrogates, MOST_PERMUTATIONS),
            "seed": seed,
        },
        "versions": {name: version(name) for name in ("reattune", "numpy", "scipy")},
        "inputs": [{"source": source, "sha256": digest} for source, digest in inputs],
    }
