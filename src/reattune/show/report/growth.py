"""The report's section on growth over sessions."""

from __future__ import annotations

from math import isfinite
from typing import Any

from reattune.growth.planning import PLANNING
from reattune.growth_pipeline import DyadGrowth, GrowthAnalysis
from reattune.measures import Value
from reattune.show import growth_data as data
from reattune.show.growth_words import describe_growth, dyad_sentences
from reattune.show.phrases import count, phase_name
from reattune.show.plots.growth_challenge import plot_growth_challenge
from reattune.show.plots.growth_course import plot_growth_course
from reattune.show.plots.growth_load import plot_growth_load
from reattune.show.plots.growth_rivals import plot_growth_rivals
from reattune.show.plots.growth_sensitivity import plot_growth_sensitivity
from reattune.show.plots.growth_slopes import plot_growth_slopes
from reattune.show.report.figures import Figure, make_figure
from reattune.show.report.tables import EMPTY, Table, show_range, show_value

MAX_DYADS_DRAWN = 40
_COURSE = (
    "Top: repair expectancy before each session (the band holds 90 %), below it the ruptures of "
    "the session that were repaired in time and those that were not. Middle: turns to negative "
    "affect over what the study expects at equal mismatch load (grey: 1; a grey stroke at 0: too "
    "little to expect a turn). Bottom: time matched, grey: what base rates give."
)


def growth_section(growth: GrowthAnalysis) -> dict[str, Any]:
    """What the section shows: sentences, pictures, tables, and every dyad folded away."""
    said = describe_growth(growth)
    return {
        "basis": list(said.basis),
        "blocks": [
            (heading, list(texts))
            for heading, texts in (
                ("", said.growth),
                ("The record of repair", said.record),
                ("Described only", said.described),
                ("How sure", said.sure),
            )
            if texts
        ],
        "figures": growth_figures(growth),
        "tables": growth_tables(growth),
        "dyads": _folds(growth),
        "not_drawn": _not_drawn(growth),
    }


# -- pictures ---------------------------------------------------------------------------------


def growth_figures(growth: GrowthAnalysis) -> list[Figure]:
    """The pictures of the study that there is something to draw for."""
    found = []
    if growth.challenge is not None:
        found.append(_challenge_figure(growth))
    if growth.growth is not None:
        if any(not fit.refused for fit in growth.growth.forest.values()):
            found.append(_slopes_figure(growth))
        if growth.load_bins:
            found.append(_load_figure(growth))
    if growth.rivals is not None and not growth.rivals.refused:
        found.append(_rivals_figure(growth))
    if growth.pooled_outcomes.known:
        found.append(_sensitivity_figure(growth))
    return found


def _challenge_figure(growth: GrowthAnalysis) -> Figure:
    frame = data.challenge_data(growth)
    name = phase_name(growth.challenge.label) if growth.challenge else ""
    return make_figure(
        plot_growth_challenge(growth).figure,  # type: ignore[arg-type]
        frame,
        name="growth-challenge",
        title=f"{name.capitalize()} before and after",
        caption="A line per dyad, its mean over the challenges at each end (the first and last "
        "third of its visits); the bar is the mean of the dyads. Diamond: mean change with 95 % "
        "interval; grey: no change.",
        alternative=f"Negative share of {name} before and after, for "
        f"{count(int((frame['layer'] == 'dyad').sum()), 'dyad')}.",
    )


def _slopes_figure(growth: GrowthAnalysis) -> Figure:
    frame = data.slopes_data(growth)
    told = "; ".join(
        f"{row['label']} {row['value']:.2f}"
        for row in frame.to_dict("records")
        if isfinite(row["value"]) and not row["group"]
    )
    return make_figure(
        plot_growth_slopes(growth).figure,  # type: ignore[arg-type]
        frame,
        name="growth-slopes",
        title="End of the span over its start",
        caption="One slope over all dyads, each at its own level, with 95 % intervals (from "
        "the spread between dyads). Negative affect is never shown without matching and repair. "
        "Open and dashed: not adjusted for load, fooled whenever matching improves; no evidence of "
        "growth.",
        alternative=f"Ratios of end over start: {told or 'none'}.",
    )


def _load_figure(growth: GrowthAnalysis) -> Figure:
    load = growth.load
    return make_figure(
        plot_growth_load(growth).figure,  # type: ignore[arg-type]
        data.load_data(growth),
        name="growth-load",
        title="Turns to negative by mismatch load",
        caption=f"Load gathers over {load.up_s:g} s of mismatch and wears off over "
        f"{load.down_s:g} s of match. A lower curve late in the course is what growth would look "
        "like; more time at low load is not. Strokes: 95 % interval (over dyads "
        "from five on). Bars: time at risk. Loads with less than 10 s are left out."
        + (f" These codes are {load.mark}." if load.mark else ""),
        alternative="Turns to negative per minute against mismatch load, first and last third.",
    )


def _rivals_figure(growth: GrowthAnalysis) -> Figure:
    return make_figure(
        plot_growth_rivals(growth).figure,  # type: ignore[arg-type]
        data.rivals_data(growth),
        name="growth-rivals",
        title="Two accounts of the rating",
        caption="Grey dot: a dyad, left out while the accounts were fitted to the others. "
        "Diamonds: means with 95 % interval. That repair gains over ratings alone proves nothing "
        "by itself.",
        alternative="Gain of repair over attunement in predicting the next rating, by dyad.",
    )


def _sensitivity_figure(growth: GrowthAnalysis) -> Figure:
    return make_figure(
        plot_growth_sensitivity(growth).figure,  # type: ignore[arg-type]
        data.sensitivity_data(growth),
        name="growth-sensitivity",
        title="Under every choice looked at",
        caption="Left: repair expectancy after the last session, mean over dyads, by the time "
        "within which a repair counts and by what is kept from session to session; filled: the "
        "choice made. Grey: shifted streams, all kept. Right, where codes are fine enough: the "
        "slope for every pair of time constants, the chosen one bold.",
        alternative="Repair expectancy by window and forgetting, and the slope by time constants.",
    )


# -- tables -----------------------------------------------------------------------------------


def growth_tables(growth: GrowthAnalysis) -> list[Table]:
    """Every dyad, the sensitivity of its expectancy, and what studies of which size find."""
    return [_dyads_table(growth), _sensitivity_table(growth), planning_table()]


def _dyads_table(growth: GrowthAnalysis) -> Table:
    challenged = growth.challenge is not None
    rows = []
    for dyad in growth.dyads:
        total, plain = dyad.expectancy.total, dyad.expectancy.plain
        cells = [
            dyad.dyad,
            *([dyad.group or EMPTY] if growth.group_name else []),
            str(len(dyad.sessions)),
            f"{total.hits:.0f} / {total.misses:.0f} / {total.undecided}",
            _with_limits(plain, "1") if total.known else EMPTY,
            _with_limits(dyad.chance, "1") if dyad.chance is not None else EMPTY,
            _with_limits(dyad.turn_ratio, "1"),
            _with_limits(dyad.affect["negative_mismatch_prop"], "share"),
            show_value(_matched(dyad), "share"),
        ]
        if challenged:
            cells.append(_change(growth, dyad))
        rows.append(tuple(cells))
    headings = [
        "dyad",
        *(["group"] if growth.group_name else []),
        "sessions",
        "repaired / not / cut off",
        "repair expectancy (5 to 95 %)",
        "shifted streams",
        "turns, seen over expected",
        "negative share of mismatch",
        "matched",
    ]
    if challenged:
        headings.append("challenge, after minus before")
    units = {d.interval for d in growth.dyads}
    note = (
        "No dyad is judged. Intervals: " + "; ".join(sorted(units)) + ". The lower end of repair "
        "expectancy rises with the length of recording: do not compare it between dyads."
    )
    if growth.load.mark:
        note += f" Turns over expected: {growth.load.mark}."
    return Table("Every dyad", tuple(headings), tuple(rows), note=note)


def _matched(dyad: DyadGrowth) -> float:
    known = [s.matched_prop for s in dyad.sessions if isfinite(s.matched_prop)]
    return sum(known) / len(known) if known else float("nan")


def _change(growth: GrowthAnalysis, dyad: DyadGrowth) -> str:
    comparison = growth.challenge.comparison if growth.challenge else None
    if comparison is None or dyad.dyad not in comparison.before:
        return EMPTY
    change = comparison.after[dyad.dyad] - comparison.before[dyad.dyad]
    needed = f" (repetition alone: {dyad.reliable.needed:.2f})" if dyad.reliable else ""
    return f"{change:+.2f}".replace("-", "−") + needed


def _with_limits(value: Value, unit: str) -> str:
    shown, limits = show_value(value.value, unit), show_range(value.low, value.high, unit)
    return shown if limits == EMPTY or shown == EMPTY else f"{shown} ({limits})"


def _sensitivity_table(growth: GrowthAnalysis) -> Table:
    first = growth.dyads[0].sensitivity
    headings = ("dyad", *(f"{row.window:g} s, keeping {row.forgetting:g}" for row in first))
    rows = [
        (dyad.dyad, *(show_value(row.value, "1") for row in dyad.sensitivity))
        for dyad in growth.dyads
    ]
    by_window = {row.window for row in first}
    null = tuple(
        show_value(growth.chance_by_window[row.window].value, "1")
        if row.forgetting == 1 and row.window in growth.chance_by_window
        else EMPTY
        for row in first
    )
    if growth.chance_by_window and by_window:
        rows.append(("shifted streams, all dyads", *null))
    note = (
        "Repair expectancy after the last session, by the time within which a repair counts and by "
        f"what is kept from one session to the next. Used: {growth.chosen.window_s:g} s, keeping "
        f"{growth.chosen.forgetting:g}."
    )
    return Table("Repair expectancy under other choices", headings, tuple(rows), note=note)


def planning_table() -> Table:
    """What studies of which size find, as simulated."""
    rows = []
    for row in PLANNING:
        false = "" if row.false is None else f"{row.false[0]:.2f} to {row.false[1]:.2f}"
        rows.append(
            (
                row.question,
                str(row.dyads) if row.dyads else "any",
                str(row.sessions),
                EMPTY if row.power is None else f"{row.power:.2f}",
                false or EMPTY,
                row.note,
            )
        )
    headings = (
        *("question", "dyads", "sessions", "finds growth by a third"),
        *("finds growth where only matching improves", "with"),
    )
    note = "Shares of simulated studies; your dyads are not simulated."
    return Table("What studies of which size find", headings, tuple(rows), note=note)


# -- dyad by dyad -----------------------------------------------------------------------------


def _drawn(growth: GrowthAnalysis) -> tuple[DyadGrowth, ...]:
    return tuple(dyad for dyad in growth.dyads if len(dyad.sessions) > 1)[:MAX_DYADS_DRAWN]


def _not_drawn(growth: GrowthAnalysis) -> str:
    left = sum(len(dyad.sessions) > 1 for dyad in growth.dyads) - MAX_DYADS_DRAWN
    if left <= 0:
        return ""
    return f"{count(left, 'further dyad')} left out of this page; growth.csv holds them all."


def _folds(growth: GrowthAnalysis) -> list[dict[str, Any]]:
    found = []
    for at, dyad in enumerate(_drawn(growth), start=1):
        total = dyad.expectancy.total
        figure = make_figure(
            plot_growth_course(growth, dyad.dyad).figure,  # type: ignore[arg-type]
            data.course_data(growth, dyad.dyad),
            name=f"growth-course-{at}",
            title=f"Dyad {dyad.dyad} over its sessions",
            caption=_COURSE if at == 1 else "",
            alternative=f"Dyad {dyad.dyad}: repair record, turns to negative and matching over "
            f"{count(len(dyad.sessions), 'session')}.",
        )
        found.append(
            {
                "name": f"Dyad {dyad.dyad}",
                "line": f"{count(len(dyad.sessions), 'session')}; {total.hits:.0f} of "
                f"{total.known:.0f} ruptures repaired within {growth.chosen.window_s:g} s",
                "figure": figure,
                "texts": dyad_sentences(growth, dyad),
            }
        )
    return found
