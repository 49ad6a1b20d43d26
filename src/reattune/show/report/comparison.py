"""The report of a comparison: what differs, how sure, every dyad, and how it was computed."""

from __future__ import annotations

from math import isfinite, isnan
from pathlib import Path
from typing import NamedTuple

from reattune.comparison import Comparison
from reattune.comparison.measures import LATENCY, Measure
from reattune.measures import find_card
from reattune.show import comparison_data as data
from reattune.show import comparison_words as words
from reattune.show.export import write_together
from reattune.show.phrases import count, p_value, phase_name, start_upper
from reattune.show.plots import comparison as plots
from reattune.show.report import comparison_tables
from reattune.show.report.figures import Figure, make_figure
from reattune.show.report.page import list_notes, render_page
from reattune.show.report.tables import EMPTY

COMPUTED = (
    "Sessions of a {unit} are pooled by summing events and exposure. Rates are compared as ratios "
    "of pooled rates, shares and K as differences of the means over {unit}s, speed of repair by a "
    "Cox model. 95 % intervals come from leaving out one {unit} at a time; p from exchanging the "
    "labels of whole {unit}s (their two sides, where each is compared with itself), two-sided; "
    "beside it p adjusted by Holm's method. What could have been seen: the size that four of five "
    "such studies would have told from none at p < .05. No value here is a norm or a target."
)
GLOSSARY = {
    "ratio, difference": "the second group over, or minus, the first. A ratio of 1 and a "
    "difference of 0 mean alike.",
    "per SD": "for a number: what goes with one standard deviation more of it.",
    "base rates": "what streams that show the same things as often, but are not timed to each "
    "other, would give.",
    "K": "matching beyond base rates: 0 is what base rates give, 1 is always matched.",
    "speed of repair": "how many times as likely a repair is at every moment since the rupture "
    "began (Cox's hazard ratio). Over 1: repaired sooner.",
    "p": "how often groups made by exchanging labels lie at least as far apart. A large p is no "
    "evidence that there is no difference.",
    "adjusted p": "p allowing for the number of tests: among twenty, one is below .05 by chance.",
    "too little to tell": "the interval holds no difference as well as differences of a size that "
    "such a study often misses.",
}


class ComparisonCard(NamedTuple):
    """How one measure of the comparison is computed."""

    name: str
    label: str
    unit: str
    formula: str
    interval: str
    source: str
    caveat: str


def build_comparison_report(comparison: Comparison, path: str | Path) -> Path:
    """Write the report of a comparison to ``path`` and return it (one file, no network)."""
    path = Path(path)
    return write_together(path.parent, {path.name: render_comparison(comparison)})[0]


def render_comparison(comparison: Comparison) -> str:
    """The report as HTML text; equal comparisons give equal text."""
    page = {
        "title": f"By {comparison.column.name}",
        "facts": _facts(comparison),
        "head": [words.heading(comparison), *_rule(comparison)],
        "rule": _rule(comparison),
        "seen": [
            {
                "heading": words.part_title(comparison, part),
                "tiles": _tiles(comparison, part),
                "sentences": words.describe_part(comparison, part),
            }
            for part in comparison.parts
        ],
        "sure": [("", [*(str(note) for note in comparison.notes), *words.readings(comparison)])],
        "sure_figures": _forest(comparison),
        "sure_tables": [],
        "look_figures": [*_dots(comparison), *_curves(comparison)],
        "sessions": [],
        "not_drawn": "",
        "compare_figures": [],
        "compare_tables": [comparison_tables.effects_table(comparison)],
        "details_tables": comparison_tables.details_tables(comparison),
        "computed": COMPUTED.format(unit=comparison.unit),
        "notes": list_notes([("", note) for note in comparison.notes]),
        "failures": [],
        "one_input": comparison.unit if comparison.unit == "case" else "session",
        "inputs": _inputs(comparison),
        "cards": [_card(comparison, measure) for measure in comparison.measures.values()],
    }
    return render_page(page, comparison.settings, GLOSSARY)


def _facts(comparison: Comparison) -> list[str]:
    facts = [f"study {comparison.study}"] if comparison.study else []
    for level, (units, _) in comparison.sizes.items():
        named = f" in {phase_name(level)}" if level else ""
        facts.append(f"{count(units, comparison.unit)}{named}")
    return [*facts, count(comparison.tests, "test")]


def _rule(comparison: Comparison) -> list[str]:
    result = comparison.settings.get("result")
    told = result.get("rule_in_words") if isinstance(result, dict) else None
    return [f"Rule: {told}."] if told else []


def _tiles(comparison: Comparison, part: str) -> list[tuple[str, str, str]]:
    """The first three comparisons of a part: what, how much, how sure."""
    found: list[tuple[str, str, str]] = []
    for effect in comparison.effects:
        if effect.part != part or isnan(effect.value) or isnan(effect.p) or len(found) == 3:
            continue
        measure = comparison.measures[effect.measure]
        value = words.show_effect(effect.value, effect.ratio, measure.unit)
        ends = [words.show_effect(v, effect.ratio, measure.unit) for v in (effect.low, effect.high)]
        limits = f"{ends[0].removesuffix(' points')} to {ends[1]}, " if isfinite(effect.low) else ""
        name = words.name_effect(comparison, effect)
        found.append((f"{measure.label}, {name}", value, f"{limits}{p_value(effect.p)}"))
    return found


# -- pictures --------------------------------------------------------------------------------------


def _forest(comparison: Comparison) -> list[Figure]:
    frame = data.forest_data(comparison)
    if frame.empty:
        return []
    return [
        make_figure(
            plots.plot_forest(comparison).figure,  # type: ignore[arg-type]
            frame,
            name="forest",
            title="Every comparison",
            caption="Diamond and line: what was seen, with its 95 % interval. Broken line: no "
            "difference. Grey: what this study could not have told from none (four of five such "
            "studies would have seen what lies outside). Intervals are not adjusted for the number "
            "of tests.",
            alternative="; ".join(
                f"{row['part']} {row['label']} {row['value']:.2f} ({row['low']:.2f} to "
                f"{row['high']:.2f})".strip()
                for row in frame.to_dict("records")
            ),
        )
    ]


def _dots(comparison: Comparison) -> list[Figure]:
    frame = data.dots_data(comparison)
    shown = [name for name in comparison.measures if (frame["measure"] == name).any()]
    if not shown:
        return []
    unit = comparison.unit
    if comparison.column.kind == "number":
        what = f"every {unit}" if not comparison.column.within else f"every session, {unit}s joined"
        more = (
            "" if comparison.column.within else " Line and band: the slope with its 95 % interval."
        )
        caption = f"Open dots: {what}.{more}"
    else:
        joined = f" Thin lines join the sides of a {unit}." if comparison.column.within else ""
        caption = (
            f"Open marks: every {unit}. Diamond: the group, with its 95 % interval over {unit}s "
            f"(rates: events summed over exposure summed).{joined}"
        )
    return [
        make_figure(
            plots.draw_dots(comparison, shown),
            frame,
            name="dots",
            title=f"Every {unit}",
            caption=caption,
            alternative=f"{count(len(shown), 'measure')} of every {unit}, by "
            f"{comparison.column.name}.",
        )
    ]


def _curves(comparison: Comparison) -> list[Figure]:
    if not comparison.curves:
        return []
    return [
        make_figure(
            plots.draw_curves(comparison),
            data.curves_data(comparison),
            name="curves",
            title="How long until repair",
            caption="Share of ruptures repaired within a time (Kaplan-Meier: ruptures that were "
            f"cut off count as long as they were seen). Bands: 95 % over {comparison.unit}s, from "
            "five of them on. Strokes: cut off.",
            alternative="Share of ruptures repaired against time, by group.",
        )
    ]


# -- how it was computed ---------------------------------------------------------------------------


def _card(comparison: Comparison, measure: Measure) -> ComparisonCard:
    card = find_card(measure.name)
    if measure.name == LATENCY:
        formula, source = (
            "hazard ratio of a Cox model, ruptures seen to begin",
            ("Cox 1972, J R Stat Soc B 34, 187-220"),
        )
    else:
        formula = card.formula if card else f"sum of {measure.above} / sum of {measure.below}"
        formula = formula.replace("_", " ") if card is None else formula
        source = card.source if card and card.source else "reattune"
    how = {
        "rate": "ratio of pooled rates",
        "share": "difference of pooled shares",
        "mean": f"difference of means over {comparison.unit}s",
        "latency": "hazard ratio",
    }[measure.form]
    interval = f"compared as {how}; limits from leaving out one {comparison.unit} at a time"
    return ComparisonCard(
        measure.name, start_upper(measure.label), measure.unit, formula, interval, source,
        measure.caveat,
    )  # fmt: skip


def _inputs(comparison: Comparison) -> list[tuple[str, str, str]]:
    found = []
    joined = comparison.settings.get("covariates")
    if isinstance(joined, dict):
        found.append(("covariates", joined["source"], joined["sha256"]))
    result = comparison.settings.get("result")
    rows = result.get("inputs") if isinstance(result, dict) else None
    for row in rows if isinstance(rows, list) else []:
        found.append(
            (
                str(row.get("session", comparison.study)),
                str(row.get("source") or EMPTY),
                str(row.get("sha256") or EMPTY),
            )
        )
    return found
