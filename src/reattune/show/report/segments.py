"""The report of segment codes: what was seen, how sure, every meeting, and how it was computed."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import Any

from reattune.core.study import Progress
from reattune.segment_codes import SegmentAnalysis
from reattune.segment_codes.cards import CARDS, INDEPENDENT
from reattune.show import segment_data as data
from reattune.show import segment_words as words
from reattune.show.export import write_together
from reattune.show.phrases import count, number, p_value, percent, percent_range
from reattune.show.plots import segments as plots
from reattune.show.report import segment_tables
from reattune.show.report.figures import Figure, make_figure
from reattune.show.report.page import MAX_SESSION_CHARACTERS, list_notes, render_page
from reattune.show.report.tables import EMPTY

COMPUTED = (
    "Segments nobody coded stay missing: they are neither a rupture nor none, and they cut a "
    "rupture off. Every p is two-sided. No value here is a norm or a target: all of them depend on "
    "the manual, the coders, the threshold and the length of a segment."
)
GLOSSARY = {
    "rupture segment": "a segment in which the mean salience of a marker over the coders exceeds "
    "the threshold.",
    "rupture": "a run of rupture segments whose beginning was seen.",
    "resolved, unresolved": "over, and what the criterion asks for was there, or was not. The "
    "criterion is stated at the top.",
    "cut off (censored)": "the coding ended, or a segment is missing, before it was decided.",
    "salience": "how marked a rupture is, as coders rate it; the lowest value means none.",
    "adjusted residual": "how far a count lies from what the margins of its table let expect, in "
    "standard errors. A description here, because segments in a row depend on each other.",
    "chance, null": "the strategies of each meeting turned on a circle against its ruptures.",
    "corrected p": "how often the most extreme of all sequences lies that far out in surrogates. A "
    "large p is no proof that there is nothing.",
    "alpha": "Krippendorff's alpha: agreement beyond chance; 1 = always, 0 = as chance gives.",
    "ICC(2,k)": "how reliable the mean over these k coders is, as a share of all variance.",
}


def build_segment_report(analysis: SegmentAnalysis, path: str | Path) -> Path:
    """Write the report of segment codes to ``path`` and return it (one file, no network)."""
    path = Path(path)
    return write_together(path.parent, {path.name: render_segment_report(analysis)})[0]


def render_segment_report(analysis: SegmentAnalysis, on_progress: Progress | None = None) -> str:
    """The report as HTML text; equal results give equal text.

    Parameters
    ----------
    analysis : SegmentAnalysis
    on_progress : callable(done, total, what), optional
        Told while the meetings are drawn.
    """
    several = len(analysis.meetings) > 1
    folds, left = _folds(analysis, on_progress) if several else ([], "")
    tested = bool(analysis.transitions.tested)
    contrasts = analysis.following is not None and bool(analysis.following.contrasts)
    page = {
        "title": f"Observer codes {analysis.name}".strip(),
        "facts": _facts(analysis),
        "head": [f"{analysis.criteria.describe()}."],
        "rule": [f"{analysis.criteria.describe()}."],
        "seen": _seen(analysis),
        "sure": [
            ("", texts)
            for texts in (words.cautions(analysis), words.describe_agreement(analysis))
            if texts
        ],
        "sure_figures": [_transition_figure(analysis)] if tested else [],
        "sure_tables": [segment_tables.agreement_table(analysis)] if analysis.agreement else [],
        "look_figures": _look(analysis),
        "sessions": folds,
        "one_by_one": "Meeting by meeting",
        "not_drawn": left,
        "compare_figures": [_following_figure(analysis)] if contrasts else [],
        "compare_tables": segment_tables.compare_tables(analysis),
        "details_tables": segment_tables.details_tables(analysis),
        "computed": COMPUTED,
        "notes": list_notes([("", note) for note in analysis.all_notes()]),
        "failures": [],
        "one_input": "input",
        "inputs": _inputs(analysis),
        "cards": CARDS,
    }
    return render_page(page, analysis.settings, GLOSSARY)


def _facts(analysis: SegmentAnalysis) -> list[str]:
    lengths = {round(one.meeting.length_s / 60, 2) for one in analysis.meetings}
    low, high = analysis.meetings[0].meeting.scale
    coders = [coder for coder in analysis.coders if coder]
    facts = [
        count(len(analysis.meetings), "meeting"),
        count(len(analysis.dyads), "dyad"),
        f"segments of {' or '.join(f'{length:g}' for length in sorted(lengths))} min",
        f"salience {low:g} to {high:g}",
    ]
    return [*facts, count(len(coders), "coder")] if coders else facts


def _seen(analysis: SegmentAnalysis) -> list[dict[str, Any]]:
    blocks = [
        ("", _tiles(analysis), words.describe_ruptures(analysis)),
        ("What follows what", [], words.describe_transitions(analysis)),
        ("Named sequences", [], words.describe_sequences(analysis)),
        ("The next meeting", [], words.describe_following(analysis)),
    ]
    return [
        {"heading": heading, "tiles": tiles, "sentences": texts}
        for heading, tiles, texts in blocks
        if texts
    ]


def _tiles(analysis: SegmentAnalysis) -> list[tuple[str, str, str]]:
    share = analysis.value("rupture_segment_prop")
    found = []
    if not isnan(share.value):
        narrow = ", too narrow" if share.interval == INDEPENDENT else ""
        under = f"95 % interval {percent_range(share.low, share.high)}{narrow}"
        found.append(("of coded segments are rupture segments", percent(share.value), under))
    seen, ends = analysis.entered, [r.outcome for r in analysis.entered]
    told = f"{ends.count('resolved')} resolved, {ends.count('unresolved')} unresolved, "
    told += f"{ends.count('censored')} cut off"
    found.append(("ruptures seen to begin", str(len(seen)), told))
    cells = [c for c in analysis.transitions.tested if c.block == "answer"]
    if cells:
        best = min(cells, key=lambda c: c.p_max)
        null = f"chance {number(best.null_mean)} ({number(best.null_low, 0)} to "
        null += f"{number(best.null_high, 0)}), corrected {p_value(best.p_max)}"
        what = f"{best.given}, then {best.target} {count(best.lag, 'segment')} later"
        found.append((what, number(best.count, 0), null))
    return found


# -- pictures --------------------------------------------------------------------------------------

READING = (
    "Blue and vermilion: markers of the two sides, darker (and as a figure, or a taller bar, where "
    "there are many segments) where more salient; bold figures count as a rupture. Teal: "
    "strategies. Hatched: not coded. Brackets: ruptures, coloured by who opened them; triangle "
    "resolved, cross unresolved, open arrow cut off; without a left foot: not seen to begin."
)


def _meeting_figure(
    analysis: SegmentAnalysis, meeting: str, name: str, *, legend: bool = True
) -> Figure:
    one = analysis.meeting(meeting)
    ends = [r.outcome for r in one.ruptures]
    return make_figure(
        plots.plot_segments(analysis, meeting, title="", legend=legend).figure,  # type: ignore[arg-type]
        data.heat_data(analysis, meeting),
        name=name,
        title="Segments by markers",
        caption=READING,
        alternative=f"Meeting {meeting}: {count(int(one.states.rupture.sum()), 'rupture segment')} "
        f"of {int(one.states.known.sum())} coded; {count(len(ends), 'rupture')}, "
        f"{ends.count('resolved')} resolved.",
    )


def _look(analysis: SegmentAnalysis) -> list[Figure]:
    if len(analysis.meetings) == 1:
        return [_meeting_figure(analysis, analysis.meetings[0].meeting.id, "meeting")]
    return [
        make_figure(
            plots.plot_meetings(analysis).figure,  # type: ignore[arg-type]
            data.meetings_data(analysis),
            name="meetings",
            title="All meetings over their segments",
            caption="One row per meeting. Letter and colour: a rupture segment, darker where more "
            "salient. Dot: a resolution strategy. Hatched: not coded. Empty: after the last "
            "segment.",
            alternative=f"Rupture segments of {count(len(analysis.meetings), 'meeting')}.",
        )
    ]


def _transition_figure(analysis: SegmentAnalysis) -> Figure:
    frame = data.transition_data(analysis)
    left = len(analysis.transitions.tested) - len(frame)
    more = f" The {left} with the largest p are left out; transitions.csv has them." if left else ""
    return make_figure(
        plots.plot_transitions(analysis).figure,  # type: ignore[arg-type]
        frame,
        name="transitions",
        title="Sequences beside chance",
        caption="Dot: how often the second came so many segments after the first. Grey: the middle "
        "95 % and the mean when the strategies of each meeting are turned against its ruptures. p "
        f"is corrected over all sequences.{more}",
        alternative="Sequences: "
        + "; ".join(
            f"{row['name']} {row['count']:.0f}, chance {row['null_mean']:.1f}"
            for row in frame.to_dict("records")
        ),
    )


def _following_figure(analysis: SegmentAnalysis) -> Figure:
    frame = data.following_data(analysis)
    return make_figure(
        plots.plot_following(analysis).figure,  # type: ignore[arg-type]
        frame,
        name="following",
        title="Change of the rating to the next meeting",
        caption="Dot: difference between two classes of meetings within cases; line: 95 % interval "
        "(five cases or more). Grey: the middle 95 % when classes are shuffled within cases.",
        alternative="Differences: "
        + "; ".join(f"{r['name']} {r['difference']:.2f}" for r in frame.to_dict("records")),
    )


def _folds(
    analysis: SegmentAnalysis, on_progress: Progress | None
) -> tuple[list[dict[str, Any]], str]:
    """Every meeting folded away, while the page is small."""
    folds: list[dict[str, Any]] = []
    size = 0
    for at, one in enumerate(analysis.meetings):
        name = one.meeting.id
        if on_progress:
            on_progress(at, len(analysis.meetings), f"drawing meeting {name}")
        if size > MAX_SESSION_CHARACTERS:
            left = count(len(analysis.meetings) - at, "further meeting")
            return folds, (
                f"{left} left out of this page to keep it small; ruptures.csv and measures.csv "
                "hold them all."
            )
        figure = _meeting_figure(analysis, name, f"meeting-{at + 1}", legend=at == 0)
        size += len(figure.svg) + len(figure.svg_uri) + len(figure.csv_uri)
        ends = [r.outcome for r in one.entered]
        line = count(len(ends), "rupture")
        if ends:
            line += f", {ends.count('resolved')} resolved"
        texts = words.describe_meeting(analysis, name)
        folds.append({"name": name, "line": line, "figure": figure, "parts": [("Coded", texts)]})
    return folds, ""


def _inputs(analysis: SegmentAnalysis) -> list[tuple[str, str, str]]:
    given = analysis.settings.get("inputs")
    rows = given if isinstance(given, list) else []
    return [
        (analysis.name or "codes", row.get("source") or EMPTY, row.get("sha256") or EMPTY)
        for row in rows
    ]
