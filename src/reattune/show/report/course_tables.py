"""Tables of the report of courses: every criterion beside chance, agreement, ruptures, cases."""

from __future__ import annotations

from collections.abc import Sequence
from math import isinf, isnan

from reattune.course_pipeline import CourseAnalysis
from reattune.course_pipeline.noticed import Noticed, noticed_frame
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
    """What the other partner noticed: by own ratings and by marks; and what came after."""
    tables = []
    sources = dict.fromkeys((row.other, row.source) for row in analysis.recognitions)
    for other, source in sources:
        own = [row for row in analysis.recognitions if (row.other, row.source) == (other, source)]
        rows = []
        for name, _, _, found in own:
            n = found.counts
            value, low, high = found.sensitivity()
            limits = EMPTY if isnan(value) else f"{_show(low, 2)} to {_show(high, 2)}"
            cells = [str(n[c]) for c in ("hit", "miss", "false_alarm", "correct_rejection")]
            rows.append((name, *cells, _show(value, 2), limits))
        first, second = f"{analysis.rater}'s", f"{other}'s"
        if source == "marks":
            caption = f"Drops in the {first} ratings and meetings the {other} marked"
            heads = ("both", "drop only", "mark only", "neither")
        else:
            caption = f"Drops in the {first} and in the {second} ratings"
            heads = ("both", f"{first} only", f"{second} only", "neither")
        note = (
            f"Meetings with a {'mark' if source == 'marks' else 'rating by both'}, by whether a "
            "drop begins there. d' = 0: no better than guessing. Meetings count as independent "
            "here, so the true interval is wider."
        )
        tables.append(Table(caption, ("criterion", *heads, "d'", "95 %"), tuple(rows), note=note))
        tables.append(_next_change_table(analysis, own))
    return tables


def _next_change_table(analysis: CourseAnalysis, own: Sequence[Noticed]) -> Table:
    """Change of the rating to the next meeting after drops that were noticed and that were not."""
    rows = []
    for row in noticed_frame(own).to_dict("records"):
        cells = [
            f"{_signed(float(row[f'change_after_{cell}']))} ({row[f'change_after_{cell}_n']})"
            for cell in ("hit", "miss")
        ]
        value, low, high = (
            float(row[f"change_hit_minus_miss{end}"]) for end in ("", "_low", "_high")
        )
        limits = EMPTY if isnan(low) else f"{_signed(low)} to {_signed(high)}"
        rows.append((str(row["criterion"]), *cells, _signed(value), limits))
    return Table(
        f"The {analysis.rater}'s next rating after a drop",
        ("criterion", "noticed", "not noticed", "difference", "95 %"),
        tuple(rows),
        note="Change to the next meeting in points, with the number of meetings. Ratings rise "
        "after any drop: only the difference says something about noticing. Limits leave out one "
        "case at a time, and need five.",
    )


def _signed(value: float) -> str:
    return EMPTY if isnan(value) else ("+" if value > 0 else "") + number(value, 2)


def patterns_table(analysis: CourseAnalysis) -> Table | None:
    """How often each shape occurs, for criteria that tell shapes; None where none does."""
    rows = []
    for result in analysis.results:
        shapes = [event.pattern for event in result.entered if event.pattern]
        for shape in sorted(set(shapes), key=lambda s: (-shapes.count(s), s)):
            n = shapes.count(shape)
            rows.append((result.name, shape, str(n), _show(100 * n / len(shapes))))
    if not rows:
        return None
    return Table(
        "Shapes of the ruptures",
        ("criterion", "shape", "ruptures", "%"),
        tuple(rows),
        names=2,
        note="Fall, bottom and rise in steps of ratings; open: not back when the ratings end. "
        "Noise has all of these shapes as well.",
    )


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
