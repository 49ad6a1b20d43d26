"""What the pictures of courses are drawn from: one tidy frame per picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from reattune.course_pipeline import CourseAnalysis, CriterionResult
from reattune.course_pipeline.curves import around_onsets, follow_events
from reattune.courses import Course, Criterion
from reattune.courses.chart import ControlChart
from reattune.courses.criteria import observed
from reattune.courses.cusum import Cusum
from reattune.measures.survival import fit_survival

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("case", "layer", "who", "meeting", "end_meeting", "value", "low", "high", "label")
Rows = list[tuple[object, ...]]
Kind = TypeVar("Kind", bound=Criterion)


def case_data(analysis: CourseAnalysis, case: str) -> pd.DataFrame:
    """One case: ratings, lines, events of every criterion, CUSUM and remarks.

    Returns
    -------
    DataFrame
        case, layer, who, meeting, end_meeting, value, low, high, label. Layers: ``rating`` (who =
        rater), ``centre`` (value, with the sigma in ``low``), ``event`` (who = criterion, meeting =
        onset, end_meeting = repair or last rating, value = nadir meeting, low = latency, label =
        status), ``signal`` (who = criterion: the ticks of the strip), ``cusum`` (value, ``high`` =
        its limit), ``missing`` (who = rater) and ``remark``.
    """
    import pandas as pd

    course, judged = analysis.course(case), analysis.judged_course(case)
    rows: Rows = []
    nan = float("nan")

    def add(
        layer: str,
        who: str,
        meeting: float,
        end: float = nan,
        value: float = nan,
        low: float = nan,
        high: float = nan,
        label: str = "",
    ) -> None:
        rows.append((case, layer, who, meeting, end, value, low, high, label))

    for (rater, scale), values in course.ratings.items():
        if scale != analysis.scale:
            continue
        for meeting, value in zip(course.meetings, values.tolist(), strict=True):
            layer = "rating" if value == value else "missing"
            add(layer, rater, meeting, value=value)
    chart = _of_type(analysis, ControlChart) or ControlChart()
    for meeting, centre, sigma in zip(*chart.lines(judged), strict=True):
        if centre == centre and sigma == sigma:
            add("centre", analysis.rater, meeting, value=centre, low=sigma)
    for result in analysis.results:
        for event in result.events.get(case, ()):
            last = _last_seen(judged, event.onset)
            end = event.repair if event.repair is not None else last
            latency = nan if event.latency is None else event.latency
            add(
                *("event", result.name, event.onset, end, event.nadir, latency),
                label=event.status if event.entered else "not seen to begin",
            )
    cusum = _of_type(analysis, Cusum) or Cusum(detrend=True)
    meetings, _, sigmas = cusum.lines(judged)
    if len(meetings) >= cusum.least:
        sums = cusum.statistic(judged).tolist()
        for meeting, total, sigma in zip(meetings, sums, sigmas, strict=True):
            if sigma > 0:
                add("cusum", "", meeting, value=total / sigma, high=cusum.limit)
    for meeting, text in sorted(_remarks(course).items()):
        add("remark", "", meeting, label=text)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _of_type(analysis: CourseAnalysis, kind: type[Kind]) -> Kind | None:
    return next((c for c in analysis.criteria if isinstance(c, kind)), None)


def _last_seen(course: Course, onset: int) -> int:
    values = course.only()
    seen = [m for m, v in zip(course.meetings, values.tolist(), strict=True) if v == v]
    return max([onset, *seen])


def _remarks(course: Course) -> dict[int, str]:
    """What was written about single meetings: ``meta["remarks"]``, meeting -> text."""
    given = course.meta.get("remarks")
    return {int(m): str(t) for m, t in given.items()} if isinstance(given, dict) else {}


# -- the sample --------------------------------------------------------------------------------


COUNTS = ("ruptures", "repaired", "cases_with_rupture", "cases_with_repair")
CLASSES = ("none", "repaired", "unrepaired", "censored")


def chance_data(
    analysis: CourseAnalysis, statistics: tuple[str, ...] = COUNTS, case: str = ""
) -> pd.DataFrame:
    """Counts of every criterion beside both nulls: rows of `CourseAnalysis.to_frame`.

    Without surrogates the observed counts stand alone, with ``null`` empty.
    """
    import pandas as pd

    frame = analysis.to_frame()
    chosen = frame[frame["statistic"].isin(statistics) & (frame["case"] == case)]
    if len(frame):
        return chosen.reset_index(drop=True)
    rows = []
    for result in analysis.results:
        seen = [e for e in result.entered if not case] or list(result.events.get(case, ()))
        values = {"ruptures": len(seen), "repaired": sum(e.status == "repaired" for e in seen)}
        rows += [
            {"criterion": result.name, "null": "", "statistic": name, "observed": value}
            for name, value in values.items()
            if name in statistics
        ]
    return pd.DataFrame(rows, columns=list(frame.columns))


def class_data(analysis: CourseAnalysis) -> pd.DataFrame:
    """Share of cases in each class by criterion, beside the null that keeps trend and carry-over.

    Returns
    -------
    DataFrame
        criterion, class, n, share, null_share, null_low, null_high, p.
    """
    import pandas as pd

    rows: Rows = []
    for result in analysis.results:
        classes = list(result.classes().values())
        total = len(classes) or 1
        test = result.chance.get("trend_ar1")
        for name in CLASSES:
            null: tuple[float, ...] = (float("nan"),) * 4
            if test is not None:
                row = test[f"cases_{name}"]
                scaled = (row.null_mean, row.null_low, row.null_high)
                null = (*(value / total for value in scaled), row.p)
            n = classes.count(name)
            rows.append((result.name, name, n, n / total, *null))
    columns = ["criterion", "class", "n", "share", "null_share", "null_low", "null_high", "p"]
    return pd.DataFrame(rows, columns=columns)


def latency_data(analysis: CourseAnalysis, criterion: str | None = None) -> pd.DataFrame:
    """Kaplan-Meier curve of one criterion beside its null.

    Returns
    -------
    DataFrame
        layer (``curve``, ``censored``, ``null``), meetings, share, low, high. Time runs from the
        first nadir (charts: from the onset); a window that passed cuts off at its end.
    """
    import pandas as pd

    result = analysis.result(criterion)
    nan = float("nan")
    followed = follow(analysis, result)
    rows: Rows = [("null", *row) for row in analysis.null_curves(criterion)[0].rows()]
    if followed:
        times = np.array([time for time, _ in followed])
        happened = np.array([hit for _, hit in followed])
        curve = fit_survival(times, happened)
        rows.append(("curve", 0.0, 0.0, 0.0, 0.0))
        share, low, high = 0.0, 0.0, 0.0
        for at, time in enumerate(curve.times):
            share = 1 - curve.share[at]
            high, low = (1 - limit for limit in curve.band(at))
            rows.append(("curve", time, share, low, high))
        rows.append(("curve", curve.longest, share, low, high))
        for time in sorted(times[~happened].tolist()):
            at = int(np.searchsorted(curve.times, time, side="right")) - 1
            rows.append(("censored", time, 0.0 if at < 0 else 1 - curve.share[at], nan, nan))
    return pd.DataFrame(rows, columns=["layer", "meetings", "share", "low", "high"])


def follow(analysis: CourseAnalysis, result: CriterionResult) -> list[tuple[float, bool]]:
    """How long every event of the sample was followed, and whether to its repair."""
    found: list[tuple[float, bool]] = []
    for course in analysis.judged:
        _, meetings = observed(course)
        found += follow_events(result.events[course.case], meetings, result.criterion)
    return found


def onset_data(analysis: CourseAnalysis, criterion: str | None = None) -> pd.DataFrame:
    """Ratings around every onset of one criterion, as differences from the rating before the drop.

    Returns
    -------
    DataFrame
        layer (``seen``, ``mean``, ``null``), case, event, offset (meetings from the onset, -5 to
        5), value, low, high. Meetings nobody rated are left out.
    """
    import pandas as pd

    result = analysis.result(criterion)
    nan = float("nan")
    seen: Rows = []
    sums: dict[int, list[float]] = {}
    for course in analysis.judged:
        for number, offset, value in around_onsets(result.events[course.case], *observed(course)):
            seen.append(("seen", course.case, number, offset, value, nan, nan))
            sums.setdefault(offset, []).append(value)
    means: Rows = [
        ("mean", "", 0, offset, float(np.mean(sums[offset])), nan, nan) for offset in sorted(sums)
    ]
    null: Rows = [("null", "", 0, *row) for row in analysis.null_curves(criterion)[1].rows()]
    columns = ["layer", "case", "event", "offset", "value", "low", "high"]
    return pd.DataFrame([*seen, *means, *null], columns=columns)


def heat_data(analysis: CourseAnalysis, criterion: str | None = None) -> pd.DataFrame:
    """Cases by meetings: case, meeting, value, deviation (in own SDs), onset, repair.

    ``onset`` and ``repair`` are 1 where the criterion dates one; rows nobody rated are left out.
    """
    import pandas as pd

    result = analysis.result(criterion)
    rows: Rows = []
    for course in analysis.judged:
        values: NDArray[np.float64] = course.only()
        seen = values[np.isfinite(values)]
        spread = float(seen.std(ddof=1)) if seen.size > 1 else float("nan")
        mean = float(seen.mean()) if seen.size else float("nan")
        events = [e for e in result.events.get(course.case, ()) if e.entered]
        onsets, repairs = {e.onset for e in events}, {e.repair for e in events}
        for meeting, value in zip(course.meetings, values.tolist(), strict=True):
            if value != value:
                continue
            away = (value - mean) / spread if spread > 1e-12 else 0.0
            rows.append(
                (course.case, meeting, value, away, int(meeting in onsets), int(meeting in repairs))
            )
    columns = ["case", "meeting", "value", "deviation", "onset", "repair"]
    return pd.DataFrame(rows, columns=columns)
