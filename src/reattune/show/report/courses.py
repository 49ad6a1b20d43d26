"""The report of rating tables: what was seen, how sure, every case, and how it was computed."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from reattune.core.study import Progress
from reattune.course_pipeline import CourseAnalysis, CriterionResult
from reattune.show import course_data as data
from reattune.show import course_words as words
from reattune.show.export import write_together
from reattune.show.phrases import count, listed, number, p_value, percent
from reattune.show.plots import cases as sample_plots
from reattune.show.plots.course import plot_course
from reattune.show.report import course_tables
from reattune.show.report.course_growth import course_growth_section
from reattune.show.report.figures import Figure, make_figure
from reattune.show.report.page import MAX_SESSION_CHARACTERS, list_notes, render_page
from reattune.show.report.tables import EMPTY

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

COMPUTED = (
    "Meetings nobody rated stay empty: they are neither a drop nor a repair. A rupture that was "
    "still open when the ratings end is cut off, neither repaired nor unrepaired; a signal at a "
    "first rating counts nowhere, because nobody saw it begin. Every p is two-sided. No value here "
    "is a norm or a target: all of them depend on form, criterion and how often was rated."
)
GLOSSARY = {
    "rupture, repair": "a drop in the ratings as large as the criterion asks for, and the first "
    "later rating that has come back as far as it asks for. What happened in the room may be "
    "something else.",
    "onset, lowest": "the first lower rating, and the lowest before the repair.",
    "latency": "meetings from the lowest rating of the first fall to the repair.",
    "cut off (censored)": "the ratings end before it was decided. Such a rupture counts for as "
    "long as it was seen.",
    "chance: own trend and wobble": "courses with each case's own straight trend, its SD around "
    "it and its missing meetings, in which the wobble carries over from meeting to meeting as in "
    "the sample, and nothing else happens.",
    "shuffled ratings": "the same ratings in random order. That destroys trend and carry-over too, "
    "so it answers a lesser question.",
    "sigma": "the mean difference of two ratings in a row divided by 1.128; bands of the charts.",
    "p": "how often chance lies at least as far out as what was seen. A large p is no proof that "
    "there is nothing.",
    "kappa": "agreement of two criteria beyond what their frequencies give; 1 = always alike.",
}


class CourseCard(NamedTuple):
    """How one statistic of the tables is computed."""

    name: str
    label: str
    unit: str
    formula: str
    interval: str
    source: str
    caveat: str


_NULL = "middle 95 % of the surrogates of the null"
CARDS = (
    CourseCard(
        *("ruptures", "Ruptures", "count", "events seen to begin, summed over cases", _NULL),
        *("reattune", "Depends on criterion, length of the courses and SDs."),
    ),
    CourseCard(
        *("repaired", "Repaired ruptures", "count", "events whose ratings came back", _NULL),
        *("reattune", "Longer courses see more repairs: compare with chance."),
    ),
    CourseCard(
        *("repaired_share", "Share repaired", "share", "repaired / ruptures", _NULL),
        *("reattune", "Counts cut-off ruptures as not repaired; the latency curve does not."),
    ),
    CourseCard(
        *("median_latency", "Median latency", "meetings", "smallest t with S(t) <= .5", _NULL),
        *("Kaplan and Meier (1958)", "Not defined where half were not repaired while watched."),
    ),
    CourseCard(
        *("cases_repaired", "Classes of cases", "count"),
        "none / repaired (all events) / unrepaired (at least one) / censored (none unrepaired)",
        *(_NULL, "classes after McLaughlin et al. (2014)", "The class grows with the course."),
    ),
)


def build_course_report(analysis: CourseAnalysis, path: str | Path) -> Path:
    """Write the report of a sample of courses to ``path`` and return it (one file, no network)."""
    path = Path(path)
    return write_together(path.parent, {path.name: render_course_report(analysis)})[0]


def render_course_report(analysis: CourseAnalysis, on_progress: Progress | None = None) -> str:
    """The report as HTML text; equal results give equal text.

    Parameters
    ----------
    analysis : CourseAnalysis
    on_progress : callable(done, total, what), optional
        Told while the cases are drawn.
    """
    several = len(analysis.judged) > 1
    chance = bool(analysis.results[0].chance)
    folds, left = _case_folds(analysis, on_progress) if several else ([], "")
    compare = [course_tables.chance_table(analysis)] if chance else []
    compare += course_tables.recognition_tables(analysis)
    if len(analysis.results) > 1:
        compare.append(course_tables.agreement_table(analysis))
    shapes = course_tables.patterns_table(analysis)
    page = {
        "title": f"Courses {analysis.name}".strip() if several else f"Case {analysis.cases[0]}",
        "facts": _facts(analysis),
        "head": words.method_head(analysis),
        "rule": words.method_words(analysis),
        "seen": _seen(analysis),
        "sure": [("", [*words.cautions(analysis), *words.notes_of_tests(analysis)])],
        "sure_figures": [_chance_figure(analysis)] if chance else [],
        "sure_tables": [],
        "look_figures": _look(analysis),
        "sessions": folds,
        "one_by_one": "Case by case",
        "not_drawn": left,
        "compare_figures": [_classes_figure(analysis)] if several else [],
        "growth": course_growth_section(analysis),
        "compare_tables": compare,
        "details_tables": [
            course_tables.events_table(analysis),
            course_tables.cases_table(analysis),
            *([shapes] if shapes is not None else []),
        ],
        "computed": COMPUTED,
        "notes": list_notes(
            [
                *(("", note) for note in analysis.notes),
                *((course.case, note) for course in analysis.courses for note in course.notes),
            ]
        ),
        "failures": [],
        "one_input": "sample",
        "inputs": _inputs(analysis),
        "cards": CARDS,
    }
    return render_page(page, analysis.settings, GLOSSARY)


def _facts(analysis: CourseAnalysis) -> list[str]:
    lengths = [len(course) for course in analysis.judged]
    span = f"{min(lengths)} to {max(lengths)}" if min(lengths) < max(lengths) else f"{lengths[0]}"
    facts = [
        count(len(analysis.judged), "case"),
        f"{analysis.scale} rated by the {analysis.rater}",
        f"{number(analysis.constants.ratings, 0)} ratings over {span} meetings",
        f"{percent(analysis.missing_prop)} not rated",
    ]
    if not isnan(analysis.ceiling_prop):
        facts.append(f"{percent(analysis.ceiling_prop)} at the top of the scale")
    forms = {c.scale for c in analysis.judged if c.scale is not None}
    facts += [f"scale {low:g} to {high:g}" for low, high in sorted(forms)]
    return facts


def _seen(analysis: CourseAnalysis) -> list[dict[str, Any]]:
    """The first criterion at length, the others in a sentence or two each."""
    first, *others = analysis.results
    texts = [
        *words.describe_result(first),
        *words.what_chance_is(analysis),
        *(words.describe_shortly(result) for result in others),
    ]
    return [{"heading": "", "tiles": _tiles(first), "sentences": texts}]


def _tiles(result: CriterionResult) -> list[tuple[str, str, str]]:
    test = result.test
    found = []
    for name, told in (
        ("ruptures", "ruptures"),
        ("repaired", "of these, repaired"),
        ("cases_with_rupture", "cases with a rupture"),
    )[: 3 if len(result.events) > 1 else 2]:
        if test is None:
            events = result.entered
            n = {
                "ruptures": len(events),
                "repaired": result.count("repaired"),
                "cases_with_rupture": sum(
                    any(e.entered for e in own) for own in result.events.values()
                ),
            }[name]
            found.append((_one(told, n), str(n), "chance was not drawn"))
            continue
        row = test[name]
        if isnan(row.observed):
            continue
        null = (
            f"chance {number(row.null_mean, 0)} ({number(row.null_low, 0)} to "
            f"{number(row.null_high, 0)}), {p_value(row.p)}"
        )
        found.append((_one(told, row.observed), number(row.observed, 0), null))
    return found


def _one(told: str, n: float) -> str:
    """``1 rupture``, not ``1 ruptures``."""
    return told.replace("ruptures", "rupture").replace("cases", "case") if n == 1 else told


# -- pictures --------------------------------------------------------------------------------------


def _chance_figure(analysis: CourseAnalysis) -> Figure:
    frame = data.chance_data(analysis)
    own = frame[(frame["statistic"] == "ruptures") & (frame["null"] == "trend_ar1")]
    return make_figure(
        sample_plots.plot_course_chance(analysis).figure,  # type: ignore[arg-type]
        frame,
        name="chance",
        title="What every criterion finds, beside chance",
        caption="Dot: seen. Grey: the middle 95 % and the mean of courses with the same trends and "
        "wobble but no ruptures of their own. Dotted: the same for shuffled ratings, which have no "
        "trend and no carry-over and so more drops.",
        alternative="Ruptures by criterion: "
        + "; ".join(
            f"{row['criterion']} {row['observed']:.0f}, chance {row['null_mean']:.1f}"
            for row in own.to_dict("records")
        ),
    )


def _look(analysis: CourseAnalysis) -> list[Figure]:
    name = analysis.results[0].name
    found = []
    if len(analysis.judged) > 1:
        found.append(
            make_figure(
                sample_plots.plot_heat(analysis).figure,  # type: ignore[arg-type]
                data.heat_data(analysis),
                name="cases",
                title="All cases over their meetings",
                caption=f"One row per case. The stronger the colour, the higher the rating in its "
                f"own case. Strokes and triangles: onsets and repairs by {name}. Empty: not rated.",
                alternative=f"Ratings of {count(len(analysis.judged), 'case')} by meeting.",
            )
        )
    else:
        found.append(_case_figure(analysis, analysis.cases[0], "case", READING)[0])
    if not analysis.results[0].entered:
        return found
    found.append(
        make_figure(
            sample_plots.plot_onsets(analysis).figure,  # type: ignore[arg-type]
            data.onset_data(analysis),
            name="onsets",
            title=f"Ratings around an onset ({name})",
            caption="Thin: every rupture, as the difference from the rating before it. Black: "
            "their mean. Grey: the mean that chance gives around the drops it makes. Any drop that "
            "was picked for being one is followed by a rise: only what leaves the grey says more.",
            alternative="Mean rating from five meetings before an onset to five after, and chance.",
        )
    )
    found.append(
        make_figure(
            sample_plots.plot_course_latency(analysis).figure,  # type: ignore[arg-type]
            data.latency_data(analysis),
            name="latency",
            title=f"How many meetings until repair ({name})",
            caption="Share of ruptures repaired within so many meetings (Kaplan-Meier: a rupture "
            "that was cut off counts as long as it was seen). Teal: 95 % interval. Strokes: cut "
            "off. Grey: what chance gives.",
            alternative="Share of ruptures repaired against meetings, beside chance.",
        )
    )
    return found


def _classes_figure(analysis: CourseAnalysis) -> Figure:
    frame = data.class_data(analysis)
    return make_figure(
        sample_plots.plot_case_classes(analysis).figure,  # type: ignore[arg-type]
        frame,
        name="classes",
        title="What a case would be called",
        caption="Share of cases in each class. Dot: seen. Grey: courses with the same trends and "
        "wobble. Cut off: at least one rupture undecided when the ratings end, none unrepaired.",
        alternative="Classes of cases by criterion: "
        + "; ".join(
            f"{row['criterion']} {row['class']} {100 * row['share']:.0f} %"
            for row in frame.to_dict("records")
        ),
    )


READING = (
    "Line: ratings, broken where nobody rated. Grey bands: 1, 2 and 3 sigma around the centre. "
    "Shaded: a rupture from the drop to the repair or the last rating, with meetings until the "
    "repair. Below: what every criterion finds, then the CUSUM with its limit."
)


def _case_figure(
    analysis: CourseAnalysis,
    case: str,
    name: str,
    caption: str = "",
    *,
    legend: bool = True,
    again: Drawing | None = None,
) -> tuple[Figure, Drawing]:
    """The picture of a case for the page, and what it was drawn on, to draw on again."""
    counts = [
        f"{result.name}: {sum(e.entered for e in result.events[case])}"
        for result in analysis.results
    ]
    frame = data.case_data(analysis, case)
    ax = plot_course(analysis, case, title="", legend=legend, again=again, frame=frame)
    drawn: Drawing = ax.figure  # type: ignore[assignment]
    figure = make_figure(
        drawn,
        frame,
        name=name,
        title="The case over its meetings",
        caption=caption,
        alternative=f"Ratings of case {case} by meeting. Ruptures: {', '.join(counts)}.",
    )
    return figure, drawn


def _case_folds(
    analysis: CourseAnalysis, on_progress: Progress | None
) -> tuple[list[dict[str, Any]], str]:
    """Every case folded away, while the page is small."""
    folds: list[dict[str, Any]] = []
    again: Drawing | None = None
    size = 0
    for at, case in enumerate(analysis.cases):
        if on_progress:
            on_progress(at, len(analysis.cases), f"drawing case {case}")
        if size > MAX_SESSION_CHARACTERS:
            left = count(len(analysis.cases) - at, "further case")
            return folds, (
                f"{left} left out of this page to keep it small; events.csv and measures.csv hold "
                "them all."
            )
        figure, again = _case_figure(
            analysis, case, f"case-{at + 1}", READING, legend=at == 0, again=again
        )
        size += len(figure.svg) + len(figure.svg_uri) + len(figure.csv_uri)
        first = analysis.results[0]
        seen = [event for event in first.events[case] if event.entered]
        line = count(len(seen), "rupture")
        if seen:
            ended = [e.status for e in seen]
            kinds = [
                f"{ended.count(status)} {told}"
                for status, told in (
                    ("repaired", "repaired"),
                    ("unrepaired", "not repaired"),
                    ("censored", "cut off"),
                )
                if status in ended
            ]
            line += f": {listed(kinds)}"
        texts = [" ".join(words.describe_case(analysis, case))]
        folds.append(
            {"name": case, "line": line, "figure": figure, "parts": [("By criterion", texts)]}
        )
    return folds, ""


def _inputs(analysis: CourseAnalysis) -> list[tuple[str, str, str]]:
    given = analysis.settings.get("inputs")
    rows = given if isinstance(given, list) else []
    name = analysis.name or "courses"
    return [(name, row["source"] or EMPTY, row["sha256"] or EMPTY) for row in rows]
