"""The report of synchrony: what was seen, how sure, every record, and how it was computed."""

from __future__ import annotations

from math import isnan
from typing import Any, NamedTuple

from reattune.core.study import Progress
from reattune.show import synchrony_words as words
from reattune.show.phrases import count, number, p_value, phase_name, start_upper
from reattune.show.report import synchrony_pictures as pictures
from reattune.show.report import synchrony_tables as tables
from reattune.show.report.page import MAX_SESSION_CHARACTERS, list_notes, render_page
from reattune.show.report.synchrony_also import also_tables
from reattune.show.report.tables import EMPTY
from reattune.show.synchrony_study_words import describe_epochs, describe_study
from reattune.synchrony_pipeline.frames import MEASURES, measure_part, unit_of
from reattune.synchrony_pipeline.result import (
    SignalPart,
    StudySynchrony,
    SynchronyAnalysis,
)

COMPUTED = (
    "A window is dated by the middle of both partners' windows over all lags. Missing samples are "
    "left out pair by pair; constant windows have no correlation; nothing is filled in or joined. "
    "Every p is two-sided. No value here is a norm or a target: all of them depend on signal, "
    "windows, lags and smoothing."
)
GLOSSARY = {
    "synchrony": "two signals that rise and fall together within a window, at once or one after "
    "the other. It is not matching, and not attunement.",
    "z": "Fisher's z of a correlation: nearly the correlation where it is small.",
    "absolute, signed": "with the absolute value, movement in opposite directions counts as well; "
    "with the sign, it counts against. They answer different questions and stand side by side.",
    "lag, leads": "how much later the second signal is looked at. The one whose movement comes "
    "first leads; that says nothing about who caused what.",
    "null, other moments": "the same two signals, with every window of the first set beside "
    "another stretch of the second: what two people like these give without being timed to each "
    "other.",
    "strangers": "first partners beside second partners of other dyads.",
    "anywhere": "corrected for looking at all windows or lags at once: one surrogate in twenty "
    "passes that limit at any place.",
    "p": "how often the null lies at least as far out as what was seen. A large p is no proof that "
    "there is nothing.",
}


class SynchronyCard(NamedTuple):
    """How one measure is computed."""

    name: str
    label: str
    unit: str
    formula: str
    interval: str
    source: str
    caveat: str


SOURCES = {
    "concordance_index": "Marci et al. (2007)",
    "peak_prop": "Boker et al. (2002)",
    "peak_lag_median_s": "Boker et al. (2002)",
}
CAVEATS = {
    "mean_abs_z": "Above 0 without any coupling. Compare with its own null only.",
    "mean_z": "Movement in opposite directions cancels movement together.",
    "main_lag_s": "One of many lags is always the largest.",
    "path_mean_z": "Large by construction.",
    "concordance_index": "Positive where both signals drift; needs its null.",
}


def render_synchrony_report(
    analysis: SynchronyAnalysis, on_progress: Progress | None = None
) -> str:
    """The report as HTML text; equal results give equal text.

    Parameters
    ----------
    analysis : SynchronyAnalysis
    on_progress : callable(done, total, what), optional
        Told while the records are drawn.
    """
    several = len(analysis.records) > 1
    folds, left = _folds(analysis, on_progress) if several else ([], "")
    compared = (
        tables.tests_table(analysis),
        tables.epochs_table(analysis),
        tables.legacy_table(analysis),
    )
    method = words.method_words(analysis)
    page = {
        "title": f"Synchrony of {analysis.name}" if several else f"Synchrony, {analysis.name}",
        "facts": _facts(analysis),
        "head": [words.CO_MOVEMENT],
        "rule": method,
        "seen": _seen(analysis),
        "sure": _sure(analysis),
        "sure_figures": pictures.sure_figures(analysis),
        "sure_tables": [],
        "look_figures": [] if several else pictures.look_figures(analysis),
        "sessions": folds,
        "one_by_one": "Record by record",
        "not_drawn": left,
        "compare_figures": pictures.compare_figures(analysis),
        "compare_tables": [table for table in compared if table is not None],
        "details_tables": [
            table
            for table in (
                tables.measures_table(analysis),
                *also_tables(analysis),
                tables.artefacts_table(analysis),
            )
            if table is not None
        ],
        "computed": COMPUTED,
        "notes": list_notes(
            [
                *(("", note) for note in analysis.notes),
                *((record.id, note) for record in analysis.records for note in record.notes),
            ]
        ),
        "failures": [
            f"{f.session or f.file} could not be analysed: {f.message}" for f in analysis.failures
        ],
        "one_input": "record",
        "inputs": [
            (r.id, str(r.session.meta.get("source", "") or EMPTY),
             str(r.session.meta.get("sha256", "") or EMPTY))
            for r in analysis.records
        ],
        "cards": _cards(analysis),
    }  # fmt: skip
    return render_page(page, analysis.settings, GLOSSARY)


def _facts(analysis: SynchronyAnalysis) -> list[str]:
    windows = analysis.options.windows
    dyads = {record.session.dyad for record in analysis.records}
    first, second = analysis.partners
    return [
        f"{first} and {second}",
        phase_name(analysis.stream),
        *([count(len(dyads), "dyad")] if len(dyads) > 1 else []),
        *([count(len(analysis.records), "record")] if len(analysis.records) > 1 else []),
        f"windows of {windows.window_s:g} s every {windows.step_s:g} s",
        f"lags to {windows.max_lag_s:g} s",
    ]


def _cards(analysis: SynchronyAnalysis) -> list[SynchronyCard]:
    named = dict.fromkeys(
        name for record in analysis.records for part in record.parts for name in measure_part(part)
    )
    return [
        SynchronyCard(
            name,
            start_upper(name.replace("_", " ")),
            unit_of(name, analysis),
            MEASURES[name][1],
            "middle 95 % of the surrogates of the null",
            SOURCES.get(name, "reattune"),
            CAVEATS.get(name, ""),
        )
        for name in named
    ]


# -- what was seen and how sure --------------------------------------------------------------------


def _seen(analysis: SynchronyAnalysis) -> list[dict[str, Any]]:
    if len(analysis.records) > 1:
        blocks = [
            {
                "heading": pictures.where_of(row),
                "tiles": _study_tiles(row),
                "sentences": describe_study(analysis, row),
            }
            for row in analysis.study
        ]
    else:
        record = analysis.records[0]
        blocks = [
            {
                "heading": pictures.title_of(part),
                "tiles": _tiles(part),
                "sentences": words.describe_part(analysis, record, part),
            }
            for part in record.parts
        ]
    told = [text for epoch in analysis.epochs for text in describe_epochs(epoch)]
    if told:
        blocks.append({"heading": "Inside epochs", "tiles": [], "sentences": told})
    return blocks


TILES = {"mean_abs_z": "mean absolute z", "mean_z": "mean z, with sign", "lag_zero_z": "at lag 0"}


def _tiles(part: SignalPart) -> list[tuple[str, str, str]]:
    found = []
    values = measure_part(part)
    for name, told in TILES.items():
        value = values[name][0]
        if isnan(value):
            continue
        mean, low, high, p = part.null(name)
        null = "chance was not drawn"
        if not isnan(mean):
            null = f"chance {number(mean, 2)} ({number(low, 2)} to {number(high, 2)}), {p_value(p)}"
        found.append((told, number(value, 2), null))
    return found


def _study_tiles(row: StudySynchrony) -> list[tuple[str, str, str]]:
    found = []
    for name, told in list(TILES.items())[:2]:
        tests = [("strangers", row.pairing), ("other moments", row.combined)]
        known = [(label, t[name]) for label, t in tests if t is not None and name in t]
        if known:
            null = "; ".join(
                f"{label} {number(r.null_mean, 3)}, {p_value(r.p)}" for label, r in known
            )
            found.append((f"{told}, mean over dyads", number(known[0][1].observed, 3), null))
    return found


def _sure(analysis: SynchronyAnalysis) -> list[tuple[str, list[str]]]:
    shared = words.cautions(analysis)[1:]
    if len(analysis.records) > 1:
        return [("", shared)]
    record = analysis.records[0]
    own = [(pictures.title_of(part), words.limits_of_part(record, part)) for part in record.parts]
    return [*((title, texts) for title, texts in own if texts), ("", shared)]


def _folds(
    analysis: SynchronyAnalysis, on_progress: Progress | None
) -> tuple[list[dict[str, Any]], str]:
    """Every record folded away, while the page is small."""
    folds: list[dict[str, Any]] = []
    size, n = 0, 0
    every = [(record, part) for record in analysis.records for part in record.parts]
    for at, (record, part) in enumerate(every):
        if on_progress:
            on_progress(at, len(every), f"drawing {record.id}")
        if part.table is None:
            continue
        if size > MAX_SESSION_CHARACTERS:
            left = count(len(every) - at, "further record")
            return folds, (
                f"{left} left out of this page to keep it small; windows.csv and measures.csv hold "
                "them all."
            )
        n += 1
        figure = pictures.heat_figure(part, part.table, f"record-{n}", "Lags over time", small=True)
        size += len(figure.svg) + len(figure.svg_uri) + len(figure.csv_uri)
        title = pictures.title_of(part)
        folds.append(
            {
                "name": f"{record.id}, {title.lower()}" if title else record.id,
                "line": _line(part),
                "figure": figure,
                "parts": [
                    ("What was seen", words.describe_part(analysis, record, part)),
                    ("How sure", words.limits_of_part(record, part)),
                ],
            }
        )
    return folds, ""


def _line(part: SignalPart) -> str:
    value, p = measure_part(part)["mean_abs_z"][0], part.null("mean_abs_z")[3]
    told = "" if isnan(p) else f", {p_value(p)}"
    return (
        f"mean absolute z {number(value, 2)} (chance {number(part.null('mean_abs_z')[0], 2)}{told})"
    )
