"""The page of a multiverse: what holds under every combination of settings."""

from __future__ import annotations

from math import isnan

from reattune.show import synchrony_multiverse as words
from reattune.show.phrases import count, number, p_value, percent, start_upper
from reattune.show.plots.synchrony_multiverse import (
    plot_multiverse_map,
    plot_synchrony_multiverse,
)
from reattune.show.report.figures import Figure, make_figure
from reattune.show.report.page import render_page
from reattune.show.report.tables import EMPTY, Table
from reattune.synchrony_multiverse import SynchronyMultiverse

GLOSSARY = {
    "combination": "one choice of window, largest lag, step and smoothing, with one statistic.",
    "effect": "what was seen less the mean of the surrogates, in SDs of the surrogates.",
    "joint p": "the median effect (or the number of small p) of the real records among those of "
    "the surrogates, every combination having looked at the same surrogates.",
    "null": "what two signals like these give without being tied to each other.",
    "p": "how often the null lies at least as far out as what was seen.",
}
COMPUTED = (
    "All combinations share their surrogates: one set of offsets per record (or one re-pairing of "
    "dyads), drawn once. Lags and steps of one window length use the windows that fit its largest "
    "lag. Every p of a single combination is bare: it is not corrected for the others, the joint p "
    "is."
)
MAX_ROWS = 400


def render_multiverse_report(found: SynchronyMultiverse) -> str:
    """The page as HTML text; equal results give equal text."""
    first, second = found.partners
    inputs = found.settings.get("inputs")
    page = {
        "title": "Synchrony under every combination of settings",
        "facts": [
            f"{first} and {second}",
            count(found.n_records, "record"),
            count(found.n_dyads, "dyad"),
            count(len(found.outcomes), "combination"),
        ],
        "head": [words.CO_MOVEMENT],
        "rule": [words.heading(found)],
        "seen": [
            {
                "heading": "",
                "tiles": [],
                "sentences": [words.describe_joint(found, row) for row in found.joint],
            }
        ],
        "sure": [("", [text for text in words.cautions(found) if text != words.CO_MOVEMENT])],
        "sure_figures": [],
        "sure_tables": [joint_table(found)],
        "look_figures": [
            figure
            for at, row in enumerate(found.joint, 1)
            for figure in _figures(found, row.statistic, row.null, at)
        ],
        "sessions": [],
        "not_drawn": "",
        "compare_figures": [],
        "compare_tables": [],
        "details_tables": [combinations_table(found)],
        "computed": COMPUTED,
        "notes": [],
        "failures": [],
        "one_input": "record",
        "inputs": [
            (row["session"], row["source"] or EMPTY, row["sha256"] or EMPTY)
            for row in (inputs if isinstance(inputs, list) else [])
        ],
        "cards": [],
    }
    return render_page(page, found.settings, GLOSSARY)


def _figures(found: SynchronyMultiverse, statistic: str, null: str, at: int) -> list[Figure]:
    told = words.name_statistic(statistic, found.partners)
    beside = {"rotate": "other moments", "pairing": "strangers"}.get(null, "signals made anew")
    title = f"{start_upper(told)} beside {beside}"
    curve = plot_synchrony_multiverse(found, statistic, null)
    drawn = plot_multiverse_map(found, statistic, null)
    return [
        make_figure(
            curve.figure,  # type: ignore[arg-type]
            words.curve_data(found, statistic, null),
            name=f"curve-{at}",
            title=title,
            caption="Every combination in the order of its effect. Grey: the middle 95 % of its "
            "surrogates. Filled: p of at most .05 by itself. Below: its settings. The order is "
            "that of the effects: an end of the curve is no better a result than its middle.",
            alternative=f"Effects of all combinations of {told}, in order, beside chance.",
        ),
        make_figure(
            drawn.figure,  # type: ignore[arg-type]
            words.map_data(found, statistic, null),
            name=f"map-{at}",
            title=f"p of every combination: {told} beside {beside}",
            caption="Each by itself. The darker, the smaller; bold: at most .05; hatched: no p.",
            alternative=f"p of all combinations of {told}.",
        ),
    ]


def joint_table(found: SynchronyMultiverse) -> Table:
    """The joint tests."""
    rows = [
        (
            words.name_statistic(row.statistic, found.partners),
            row.null,
            str(row.n_combinations),
            number(row.median_effect, 1),
            f"{number(row.median_low, 1)} to {number(row.median_high, 1)}",
            p_value(row.p_median).removeprefix("p = "),
            f"{number(row.effect_least, 1)} to {number(row.effect_most, 1)}",
            percent(row.same_sign_prop),
            str(row.n_significant),
            number(row.null_significant, 1),
            p_value(row.p_significant).removeprefix("p = "),
        )
        for row in found.joint
    ]
    headings = (
        *("statistic", "null", "combinations", "median effect", "of surrogates", "joint p"),
        *("range", "of that sign", "p <= .05", "by chance", "joint p of their number"),
    )
    return Table("All combinations together", headings, tuple(rows), 2)


def combinations_table(found: SynchronyMultiverse) -> Table:
    """Every combination."""
    rows = []
    for outcome in found.outcomes[:MAX_ROWS]:
        made = outcome.specification
        rows.append(
            (
                made.statistic,
                made.null,
                f"{made.window_s:g}",
                f"{made.max_lag_s:g}",
                f"{made.step_s:g}",
                f"{made.smoothing_s:g}",
                *(_show(v, 3) for v in (outcome.observed, outcome.null_mean)),
                _show(outcome.effect, 1),
                outcome.refused or p_value(outcome.p).removeprefix("p = "),
                str(outcome.n_windows),
            )
        )
    more = len(found.outcomes) - MAX_ROWS
    note = f"{more} more are in multiverse.csv." if more > 0 else ""
    headings = (
        *("statistic", "null", "window (s)", "lag (s)", "step (s)", "smoothing (s)"),
        *("observed", "null", "effect", "p", "windows"),
    )
    return Table("Every combination", headings, tuple(rows), 2, note)


def _show(value: float, decimals: int) -> str:
    return EMPTY if isnan(value) else number(value, decimals)
