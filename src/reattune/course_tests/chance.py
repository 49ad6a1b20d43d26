"""test_courses: a criterion on ratings, and on ratings that have no ruptures of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import isnan, nan
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_option
from reattune.core.errors import SettingError
from reattune.core.notes import Note
from reattune.course_tests.results import CaseChance, CourseChance, CourseStatistic
from reattune.course_tests.surrogates import (
    FEWEST,
    NULLS,
    Case,
    Courses,
    Null,
    draw_surrogates,
    estimate_phi,
    list_cases,
)
from reattune.course_tests.tally import (
    CASE_STATISTICS,
    SAMPLE_STATISTICS,
    Tally,
    case_statistics,
    sample_statistics,
    tally_events,
)
from reattune.courses import Criterion, SampleConstants, sample_constants

FloatArray = NDArray[np.float64]
Progress = Callable[[int, int, str], None]
Method = Literal["linear", "lower"]
TOLERANCE = 1e-12
# A statistic that fewer surrogates define has no p: those that do are a choice of their own.
MIN_DEFINED = 0.9
# Beyond this carry-over the size of drops hangs on the phi that was estimated: in simulated samples
# of 12 cases with phi .7 a true null was rejected in 1 of 10.
STRONG = 0.6


def two_sided_p(observed: float, null: FloatArray) -> float:
    """Twice the smaller rank of a value among surrogates, at most 1; the value counts as one.

    ``p = min(1, 2 min(1 + #{s >= observed}, 1 + #{s <= observed}) / (1 + B))``.
    """
    up = 1 + int((null >= observed - TOLERANCE).sum())
    down = 1 + int((null <= observed + TOLERANCE).sum())
    return min(1.0, 2 * min(up, down) / (1 + null.size))


def test_courses(
    courses: Courses,
    criterion: Criterion,
    *,
    rng: np.random.Generator | int,
    n: int = 999,
    null: Null = "trend_ar1",
    beside: Null | None = "permutation",
    constants: SampleConstants | None = None,
    phi: float | None = None,
    clip: bool = False,
    on_progress: Progress | None = None,
) -> CourseChance:
    """Ruptures and repairs under a criterion, beside ratings that have none of their own.

    Parameters
    ----------
    courses : iterable of Course, or mapping of case to ratings
        One series each; nan = missing.
    criterion : Criterion
    rng : numpy Generator or whole number
        A whole number is the seed itself; a generator gives one. Every case has its own generator,
        so a case's surrogates do not depend on the others.
    n : int, default 999
        Surrogates of every case.
    null : {"trend_ar1", "permutation"}
        ``"trend_ar1"``: each case's own straight line, with noise of its own size around it that
        carries over from meeting to meeting. ``"permutation"``: its ratings in random order; that
        destroys trend and carry-over as well.
    beside : Null or None, default "permutation"
        A second null for comparison.
    constants : SampleConstants, optional
        Of these courses by default. They are the same for all surrogates.
    phi : float, optional
        Carry-over from meeting to meeting; estimated over the sample by default.
    clip : bool, default False
        Cut surrogates off at the ends of the scale (trend null only).
    on_progress : callable(done, total, what), optional

    Returns
    -------
    CourseChance

    Raises
    ------
    SettingError
        For two cases of one name, settings that are not allowed, or missing sample constants.

    Notes
    -----
    Signals at the first rating (``entered`` False) are counted apart. Cases to which the criterion
    does not apply are in no count and in no surrogate.
    """
    check_option("null", null, NULLS)
    if isinstance(n, bool) or n < 1:
        raise SettingError("n", n, "a whole number of at least 1")
    seed = int(rng.integers(2**32)) if isinstance(rng, np.random.Generator) else rng
    if isinstance(seed, bool) or seed < 0:
        raise SettingError("rng", rng, "a Generator, or a whole number of at least 0")
    cases = list_cases(courses)
    if constants is None:
        constants = sample_constants([np.array(case.ratings) for case in cases])
    carry = estimate_phi(cases) if phi is None else float(phi)
    nulls = [null] + ([beside] if beside is not None and beside != null else [])
    seen = _find(cases, criterion, constants)
    tests: list[CourseChance] = []
    for at, kind in enumerate(nulls):
        check_option("beside", kind, NULLS)
        drawn: dict[str, Tally] = {}
        used = nan if kind == "permutation" else 0.0 if isnan(carry) else carry
        for number, case in enumerate(cases):
            if case.name in seen:
                series = draw_surrogates(
                    case, kind, n, seed=seed, phi=carry, clip=clip and kind == "trend_ar1"
                )
                found = [criterion.find(x, case.meetings, constants) for x in series.tolist()]
                drawn[case.name] = tally_events(found, case.meetings, criterion)
            if on_progress is not None:
                on_progress(
                    at * len(cases) + number + 1, len(nulls) * len(cases), f"case {case.name}"
                )
        tests.append(
            CourseChance(
                criterion,
                kind,
                n,
                seed,
                used,
                clip and kind == "trend_ar1",
                _beside(
                    SAMPLE_STATISTICS,
                    sample_statistics(list(seen.values())) if seen else {},
                    sample_statistics(list(drawn.values())) if seen else {},
                    used,
                ),
                tuple(_case(case, criterion, seen, drawn, used) for case in cases),
                _notes(cases, seen, carry, kind, phi is None),
            )
        )
    if len(tests) == 1:
        return tests[0]
    return replace(tests[0], beside=tests[1])


def _find(cases: list[Case], criterion: Criterion, constants: SampleConstants) -> dict[str, Tally]:
    """The observed counts of every case the criterion applies to."""
    return {
        case.name: tally_events(
            [criterion.find(case.ratings, case.meetings, constants)], case.meetings, criterion
        )
        for case in cases
        if len(case.ratings) >= criterion.least
    }


def _case(
    case: Case,
    criterion: Criterion,
    seen: Mapping[str, Tally],
    drawn: Mapping[str, Tally],
    phi: float,
) -> CaseChance:
    count = len(case.ratings)
    if case.name not in seen:
        why = f"{count} ratings, at least {criterion.least} are needed"
        blank = tuple(CourseStatistic(name, nan, refused=why) for name in CASE_STATISTICS)
        return CaseChance(case.name, count, blank, why)
    rows = _beside(
        CASE_STATISTICS, case_statistics(seen[case.name]), case_statistics(drawn[case.name]), phi
    )
    return CaseChance(case.name, count, rows)


def _beside(
    names: tuple[str, ...],
    seen: Mapping[str, FloatArray],
    drawn: Mapping[str, FloatArray],
    phi: float,
) -> tuple[CourseStatistic, ...]:
    """Each statistic with its null."""
    if not seen:
        return tuple(CourseStatistic(name, nan, refused="no case applies") for name in names)
    rows = []
    for name in names:
        observed, null = float(seen[name][0]), drawn[name]
        defined = null[~np.isnan(null)]
        refused = ""
        if isnan(observed):
            refused = "undefined in these ratings"
        elif defined.size < MIN_DEFINED * null.size:
            refused = f"undefined in {null.size - defined.size} of {null.size} surrogates"
        elif name == "mean_drop" and phi > STRONG:
            refused = f"carry-over above {STRONG:g}: this test would reject too often"
        figures = (nan, nan, nan, nan)
        if defined.size:
            # Between a number and an infinite latency nothing can be interpolated.
            method: Method = "linear" if np.isfinite(defined).all() else "lower"
            low, middle, high = np.quantile(defined, (0.025, 0.5, 0.975), method=method).tolist()
            figures = (float(defined.mean()), middle, low, high)
        p = nan if refused else two_sided_p(observed, defined)
        rows.append(CourseStatistic(name, observed, *figures, p, int(defined.size), refused))
    return tuple(rows)


def _notes(
    cases: list[Case], seen: Mapping[str, Tally], phi: float, null: Null, estimated: bool
) -> tuple[Note, ...]:
    told: list[Note] = []
    out = len(cases) - len(seen)
    if out:
        message = f"{out} case(s) have too few ratings for this criterion and are in no count."
        told.append(Note("too_few_ratings", message, "", out, "warning"))
    few = sum(len(case.ratings) < FEWEST for case in cases if case.name in seen)
    if null == "trend_ar1" and few:
        message = (
            f"{few} case(s) have fewer than {FEWEST} ratings: a line leaves almost nothing to "
            "draw, so their surrogates are nearly themselves."
        )
        told.append(Note("surrogates_fixed", message, "", few))
    if null == "trend_ar1" and estimated and isnan(phi):
        message = "carry-over from meeting to meeting could not be estimated and was taken as 0."
        told.append(Note("phi_unknown", message, level="warning"))
    return tuple(told)
