"""The report of power: the answer, curves with their data, naive analyses, what it rests on."""

from __future__ import annotations

from math import isnan
from typing import Any, NamedTuple

from reattune.experiments.power import PowerCurve, PowerResult
from reattune.show import power_curve_words as curve_words
from reattune.show import power_data as data
from reattune.show import power_words as words
from reattune.show.phrases import count, number, percent
from reattune.show.plots import power as plots
from reattune.show.report.figures import Figure, make_figure
from reattune.show.report.page import render_page
from reattune.show.report.tables import EMPTY, Table

Result = PowerResult | PowerCurve
COMPUTED = (
    "Dyads were drawn around a preset of the mechanistic model, lived, were coded as the design "
    "says, and were tested by the functions that test real studies. Every study has random numbers "
    "of its own; designs of one curve meet the same dyads and chances. Limits are 95 % limits by "
    "the number of simulated studies: Wilson's for shares, t for means. Where the goal is crossed "
    "is interpolated on the logit of power."
)
GLOSSARY = {
    "power": "share of studies that find an effect of a stated size where there is one.",
    "without any effect": "the same study where there is nothing to find. A test that keeps its "
    "word finds something in as many as its alpha says.",
    "naive": "an analysis that is often made and should not be; shown to say what it does.",
    "where only matching improves": "tolerance stays and the responder answers cues three times as "
    "often in the end. A test of growth should find nothing.",
    "where only a mood is shared": "partners take no notice of each other and lean the same way in "
    "what they show. A test of matching should find nothing.",
    "r": "correlation of group and the dyads' repair hazards.",
    "event times": "changes coded when they happen, not once in so many seconds.",
}


class PowerCard(NamedTuple):
    """How one quantity of the page is computed."""

    name: str
    label: str
    unit: str
    formula: str
    interval: str
    source: str
    caveat: str


CARDS = (
    PowerCard(
        *("rate", "Studies that find it", "share", "studies with p of at most alpha / all studies"),
        "Wilson",
        "Wilson 1927, J Am Stat Assoc 22, 209-212",
        "Studies in which the test could not be made count as not found.",
    ),
    PowerCard(
        *("bias", "Bias of a naive value", "as the value", "mean over studies of naive less true"),
        "t over simulated studies",
        "reattune",
        "True is what the simulated dyads lived, in exact time.",
    ),
    PowerCard(
        *("close", "Recordings that come close", "share"),
        "recordings within the factor (K, matched share: within .1) / all",
        "Wilson",
        "reattune",
        "Compared with a long recording of the same dyad on its ordinary days.",
    ),
)


def render_power(result: Result) -> str:
    """The report as HTML text; equal results give equal text."""
    first = result.results[0] if isinstance(result, PowerCurve) else result
    design, varied = result.design, result.vary if isinstance(result, PowerCurve) else ""
    page = {
        "title": design.asked.title,
        "facts": [
            *words.describe_design(design, varied).split(", "),
            count(first.studies, "simulated study", "simulated studies")
            + (" for each value" if varied else ""),
        ],
        "head": [words.UPPER_BOUND],
        "rule": [f"Rule: {first.settings['rule']}."],
        "seen": _seen(result),
        "sure": [("", words.rests_on(first)[1:] + words.limit_sentences(_own(result)))],
        "sure_figures": [],
        "sure_tables": [],
        "look_figures": _figures(result),
        "sessions": [],
        "not_drawn": "",
        "compare_figures": [],
        "compare_tables": [],
        "details_tables": _tables(result),
        "computed": COMPUTED,
        "notes": [],
        "failures": [],
        "one_input": "source",
        "inputs": [("simulated", "no recording: all of it was simulated", EMPTY)],
        "cards": CARDS,
    }
    return render_page(page, result.settings, GLOSSARY)


def _own(result: Result) -> PowerResult:
    """The point of a curve that is nearest to the design itself."""
    if isinstance(result, PowerResult):
        return result
    return result.results[curve_words.nearest(result)]


def _seen(result: Result) -> list[dict[str, Any]]:
    own = _own(result)
    blocks: list[dict[str, Any]]
    naive: dict[str, Any] = {
        "heading": "What naive analyses would give",
        "tiles": [],
        "sentences": words.naive_sentences(own)[2:],
    }
    if isinstance(result, PowerCurve):
        at = words.show_value(result.vary, result.values[curve_words.nearest(result)])
        naive["heading"] = f"What naive analyses would give, at {at}"
        blocks = [
            {
                "heading": "",
                "tiles": _tiles(result),
                "sentences": [curve_words.how_much(result), curve_words.curve_heading(result)],
            },
            {"heading": f"At {at}", "tiles": [], "sentences": words.answer(own)},
        ]
    else:
        blocks = [{"heading": "", "tiles": _tiles(result), "sentences": words.answer(result)}]
    return [*blocks, *([naive] if naive["sentences"] else [])]


def _tiles(result: Result) -> list[tuple[str, str, str]]:
    if isinstance(result, PowerCurve):
        found = []
        for value, one in zip(result.values, result.results, strict=True):
            rate, null = one.power.rate, one.false_positive
            beside = words.share(rate)
            if null is not None:
                beside = f"without any effect {percent(null.rate.value)}"
            found.append((words.show_value(result.vary, value), percent(rate.value), beside))
        return found
    rate, null = result.power.rate, result.false_positive
    tiles = [(result.power.label, percent(rate.value), words.share(rate))]
    if null is not None:
        same = "the same without any effect"
        tiles.append((same, percent(null.rate.value), words.share(null.rate)))
    return tiles


# -- pictures --------------------------------------------------------------------------------------


def _figures(result: Result) -> list[Figure]:
    own = _own(result)
    figures = []
    if isinstance(result, PowerCurve):
        figures.append(_curve_figure(result))
        if result.design.question == "precision":
            figures.append(_width_figure(result))
    figures.append(_rates_figure(own))
    if not data.bias_data(own).empty:
        figures.append(_bias_figure(own))
    return figures


def _curve_figure(curve: PowerCurve) -> Figure:
    caption = (
        "Line and band: the test the answer is about, with its limits by the number of simulated "
        "studies. Thin lines: other tests of the same studies. Triangle and bar on the dotted "
        "line: where the goal is crossed, as far as so many studies tell."
    )
    if curve.results[0].false_positive is not None:
        caption += " Open dots: the same test without any effect; broken line: its alpha."
    return make_figure(
        plots.plot_curve(curve).figure,  # type: ignore[arg-type]
        data.curve_data(curve),
        name="curve",
        title=f"By {curve_words.name_of(curve.vary)}",
        caption=caption,
        alternative="; ".join(curve_words.points(curve)),
    )


def _width_figure(curve: PowerCurve) -> Figure:
    frame = data.width_data(curve)
    return make_figure(
        plots.plot_widths(curve).figure,  # type: ignore[arg-type]
        frame,
        name="widths",
        title="How exactly one dyad is seen",
        caption="Means over recordings of different dyads. The interval of the hazard describes "
        "the recording; the distance of K is from the same dyad's long-run value. It does not go "
        "to 0: days differ.",
        alternative="; ".join(
            f"{row['at']:g}: {row['label']} {row['value']:.2f}" for row in frame.to_dict("records")
        ),
    )


def _rates_figure(result: PowerResult) -> Figure:
    frame = data.rates_data(result)
    caption = (
        "Diamonds: with the effect. Open dots: without any. Squares: where something else changes. "
        "Strokes: limits by the number of simulated studies. Broken line: alpha; dotted line: "
        "80 %. Bold: the test the answer is about."
    )
    if result.false_positive is None:
        caption = "Diamonds and strokes: recordings that come close, with limits by their number."
    return make_figure(
        plots.plot_rates(result).figure,  # type: ignore[arg-type]
        frame,
        name="rates",
        title="Every test",
        caption=caption,
        alternative="; ".join(
            f"{row['label']}, {words.SHORT[row['world']]}: {100 * row['rate']:.0f} %"
            for row in frame.to_dict("records")
        ),
    )


def _bias_figure(result: PowerResult) -> Figure:
    frame = data.bias_data(result)
    return make_figure(
        plots.plot_bias(result).figure,  # type: ignore[arg-type]
        frame,
        name="bias",
        title="Naive values beside true ones",
        caption="1 is right. Strokes: limits by the number of simulated studies.",
        alternative="; ".join(
            f"{row['label']}: {row['times']:.2f} times what is so"
            for row in frame.to_dict("records")
        ),
    )


# -- tables ----------------------------------------------------------------------------------------


def _tables(result: Result) -> list[Table]:
    varied = isinstance(result, PowerCurve)
    frame = data.curve_data(result) if isinstance(result, PowerCurve) else data.rates_data(result)
    rows = [
        (
            *((f"{row['at']:.3g}",) if varied else ()),
            f"{row['label']}{' (naive)' if row['naive'] else ''}",
            words.SHORT[row["world"]],
            percent(row["rate"]),
            f"{100 * row['low']:.0f} to {100 * row['high']:.0f}",
            str(row["refused"]),
        )
        for row in frame.to_dict("records")
    ]
    head = (curve_words.name_of(result.vary),) if isinstance(result, PowerCurve) else ()
    headings = (*head, "test", "world", "found", "limits (%)", "not made")
    tables = [Table("rates", headings, tuple(rows), names=2 + varied)]
    biases = [row for row in _biases(_own(result)) if row]
    if biases:
        heads = ("quantity", "naive", "true", "bias", "limits")
        tables.append(Table("naive values beside true ones", heads, tuple(biases), names=1))
    return tables


def _biases(result: PowerResult) -> list[tuple[str, ...]]:
    return [
        (
            f"{b.label} ({b.unit})",
            *(number(v, 3) for v in (b.naive.value, b.truth.value, b.bias.value)),
            f"{number(b.bias.low, 3)} to {number(b.bias.high, 3)}",
        )
        for b in result.biases
        if not isnan(b.bias.value)
    ]
