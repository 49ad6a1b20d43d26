"""Tables of the report of courses: every criterion beside chance, agreement, ruptures, cases."""

from __future__ import annotations

from math import isinf, isnan

from reattune.course_pipeline import CourseAnalysis
from reattune.course_tests import find_recognition
from reattune.show.phrases import number, p_value
from reattune.show.report.tables import EMPTY, Table

MAX_EVENTS = 400


def _show(value: float, decimals: int = 0) -> str:
    if isnan(value):
        return EMPTY
    return "not reached" if isinf(value) else number(value, decimals)


def chance_table(analysis: CourseAnalysis) -> Table:
    """Counts of the sample by every criterion beside both nulls."""
    frame = analysis.to_frame()
    frame = frame[frame["level"] == "sample"]
    rows = []
    for result in analysis.results:
        own = frame[frame["criterion"] == result.name]
        for name, told in (
            ("ruptures", "ruptures"),
            ("repaired", "repaired"),
            ("repaired_share", "share repaired (%)"),
            ("median_latency", "median latency (meetings)"),
            ("cases_with_rupture", "cases with a rupture"),
        ):
            cells: list[str] = []
            for null in ("trend_ar1", "permutation"):
                row = own[(own["statistic"] == name) & (own["null"] == null)].to_dict("records")[0]
                scale = 100.0 if name == "repaired_share" else 1.0
                seen, mean, low, high = (
                    scale * float(row[k])
                    for k in ("observed", "null_mean", "null_low", "null_high")
                )
                if not cells:
                    cells.append(_show(seen))
                mean = scale * float(row["null_median"]) if isinf(mean) else mean
                band = "" if isnan(low) else f" ({_show(low)} to {_show(high)})"
                cells += [_show(mean, 1) + band, p_value(float(row["p"])).removeprefix("p = ")]
            rows.append((result.name, told, *cells))
    headings = ("criterion", "what", "seen", "trend and wobble", "p", "shuffled", "p")
    return Table(
        "Every criterion beside both nulls",
        headings,
        tuple(rows),
        names=2,
        note="Shuffled ratings have no trend and no carry-over: that p is no test of ruptures.",
    )


def recognition_tables(analysis: CourseAnalysis) -> list[Table]:
    """Whether drops of the judged rater and of each other rater begin at the same meetings."""
    tables = []
    key = (analysis.rater, analysis.scale)
    for other in analysis.raters:
        both = [
            course
            for course in analysis.courses
            if key in course.ratings and (other, analysis.scale) in course.ratings
        ]
        if other == analysis.rater or not both:
            continue
        rows = []
        for result in analysis.results:
            found = find_recognition(
                both, result.criterion, scale=analysis.scale, rater=analysis.rater, other=other,
                constants=analysis.constants,
            )  # fmt: skip
            n = found.counts
            value, low, high = found.sensitivity()
            limits = EMPTY if isnan(value) else f"{_show(low, 2)} to {_show(high, 2)}"
            cells = [str(n[c]) for c in ("hit", "miss", "false_alarm", "correct_rejection")]
            rows.append((result.name, *cells, _show(value, 2), limits))
        who = f"{analysis.rater}'s", f"{other}'s"
        tables.append(
            Table(
                f"Drops in the {who[0]} and in the {who[1]} ratings",
                ("criterion", "both", f"{who[0]} only", f"{who[1]} only", "neither", "d'", "95 %"),
                tuple(rows),
                note="Meetings both rated, by whether a drop begins there. d' = 0: no better than "
                "guessing. Meetings count as independent here, so the true interval is wider.",
            )
        )
    return tables


def agreement_table(analysis: CourseAnalysis) -> Table:
    """Kappa by meeting above the diagonal and by case below it."""
    frame = analysis.agreement_frame()
    names = [result.name for result in analysis.results]
    found = {
        (row["criterion_a"], row["criterion_b"], row["unit"]): float(row["kappa"])
        for row in frame.to_dict("records")
    }
    rows = []
    for i, a in enumerate(names):
        cells = []
        for j, b in enumerate(names):
            key = (a, b, "meeting") if i < j else (b, a, "case")
            cells.append("" if i == j else _show(found.get(key, float("nan")), 2))
        rows.append((a, *cells))
    return Table(
        "Agreement of the criteria (kappa)",
        ("", *names),
        tuple(rows),
        note="Above the diagonal: states of every meeting. Below: classes of cases. Meetings of "
        "one case depend on each other, so there is no interval.",
    )


def events_table(analysis: CourseAnalysis) -> Table:
    """Every rupture of every criterion."""
    rows = []
    for result in analysis.results:
        for case, events in result.events.items():
            for event in events:
                ended = event.status if event.entered else "not seen to begin"
                rows.append(
                    (
                        result.name,
                        case,
                        str(event.onset),
                        str(event.nadir),
                        number(event.drop, 2),
                        _show(event.drop_sd, 1),
                        EMPTY if event.repair is None else str(event.repair),
                        EMPTY if event.latency is None else str(event.latency),
                        f"{ended} ({event.reason})" if event.reason else ended,
                        event.pattern or EMPTY,
                    )
                )
    note = ""
    if len(rows) > MAX_EVENTS:
        note = f"The first {MAX_EVENTS} of {len(rows):,}; all of them are in events.csv."
    headings = ("criterion", "case", "onset", "lowest", "drop (points)", "in SDs", "repair")
    return Table(
        "Ruptures",
        (*headings, "latency", "ended", "shape"),
        tuple(rows[:MAX_EVENTS]),
        names=2,
        note=note,
    )


def cases_table(analysis: CourseAnalysis) -> Table:
    """Ratings and class of every case."""
    classes = {result.name: result.classes() for result in analysis.results}
    rows = []
    for course in analysis.judged:
        values = course.only()
        seen = values[values == values]
        mean = number(float(seen.mean()), 2) if seen.size else EMPTY
        spread = number(float(seen.std(ddof=1)), 2) if seen.size > 1 else EMPTY
        told = [
            classes[result.name].get(course.case, "does not apply") for result in analysis.results
        ]
        rows.append((course.case, str(len(course)), str(seen.size), mean, spread, *told))
    names = [result.name for result in analysis.results]
    headings = ("case", "meetings", "rated", "mean", "own SD", *names)
    return Table("Cases and their classes", headings, tuple(rows))
