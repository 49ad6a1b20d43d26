"""Tables of the report: rounded for reading, the null beside each value that has one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isinf, isnan

from reattune.core.session import Clock
from reattune.measures import Tally, Value, compute_pooled, find_card
from reattune.results import WHOLE, Analysis, PhaseAnalysis, Pooled, StudyAnalysis, unit_of
from reattune.show.phrases import (
    length,
    moment,
    number,
    p_value,
    percent,
    percent_range,
    phase_name,
)

CORE = (
    "matched_prop",
    "match_kappa",
    "n_ruptures",
    "n_repaired",
    "repair_hazard_per_s",
    "repair_ratio",
    "repair_latency_q50_s",
    "repaired_within_3s",
)
# Column heads; the cards have the full names.
SHORT = {
    "matched_prop": "matched",
    "expected_prop": "by base rates",
    "match_kappa": "K",
    "n_ruptures": "ruptures",
    "n_repaired": "repaired",
    "repair_hazard_per_s": "repairs per s of mismatch",
    "repair_ratio": "over base rates",
    "repair_latency_q50_s": "half repaired within (s)",
    "repaired_within_3s": "repaired within 3 s",
}
MAX_RUPTURES = 400
MAX_LEVELS = 8
EMPTY = "–"


@dataclass(frozen=True)
class Table:
    """Headings and rows of text. The first ``names`` columns are names, the others figures."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int = 1
    note: str = ""


def show_value(value: float, unit: str) -> str:
    """A value as its unit is read: shares in percent, seconds to a tenth, hazards to 3 digits."""
    if isnan(value):
        return EMPTY
    if isinf(value):
        return "not reached"
    if unit == "share":
        return percent(value)
    if unit == "count":
        return number(value, 0 if value == round(value) else 1)
    if unit in ("s", "1/min"):
        return number(value, 1)
    if unit == "1":
        return number(value, 2)
    return f"{value:.3g}".replace("-", "−")


def show_range(low: float, high: float, unit: str) -> str:
    """Two limits; an open side is named."""
    if isnan(low) and isnan(high):
        return EMPTY
    if isnan(high):
        return f"from {show_value(low, unit)}"
    if isnan(low):
        return f"to {show_value(high, unit)}"
    return f"{show_value(low, unit)} to {show_value(high, unit)}"


def measures_table(analysis: Analysis, part: PhaseAnalysis) -> Table:
    """Every measure of a phase with interval, null and p."""
    partners = analysis.session.partners
    rows = []
    for name, value in part.measures.items():
        unit = unit_of(name, partners)
        mean, low, high, p = null_of(part, name)
        rows.append(
            (
                label_of(name, partners),
                show_value(value.value, unit),
                show_range(value.low, value.high, unit),
                show_value(mean, unit),
                show_range(low, high, unit),
                _show_p(p),
                name,
            )
        )
    headings = ("measure", "value", "95 % interval", "null", "null, middle 95 %", "p", "name")
    return Table(f"Measures, {_phase_title(part)}", headings, tuple(rows))


def null_of(part: PhaseAnalysis, name: str) -> tuple[float, float, float, float]:
    """Null, its band and p; the null's median where its mean leans on a quartile not reached."""
    mean, low, high, p = part.null(name)
    if isinf(mean) and part.chance is not None:
        mean = part.chance[name].null_median
    return (mean, low, high, p)


def _show_p(p: float) -> str:
    return EMPTY if isnan(p) else p_value(p).removeprefix("p = ").removeprefix("p ")


def ruptures_table(analysis: Analysis) -> Table:
    """Every rupture with onset, duration, depth, who and how it ended."""
    clock = analysis.session.clock
    rows = []
    for part in analysis.parts:
        for at, rupture in enumerate(part.ruptures, start=1):
            ended = (
                rupture.outcome if not rupture.reason else f"{rupture.outcome} ({rupture.reason})"
            )
            rows.append(
                (
                    _phase_title(part),
                    str(at),
                    moment(rupture.onset, clock),
                    length(rupture.latency, clock),
                    show_value(rupture.depth, "1"),
                    rupture.by or ("already running" if not rupture.entered else EMPTY),
                    ended,
                    rupture.repaired_by or EMPTY,
                )
            )
    note = ""
    if len(rows) > MAX_RUPTURES:
        note = f"The first {MAX_RUPTURES} of {len(rows):,}; all of them are in ruptures.csv."
    headings = ("phase", "no.", "onset", "duration", "depth", "opened by", "ended", "repaired by")
    return Table("Ruptures", headings, tuple(rows[:MAX_RUPTURES]), names=1, note=note)


def phases_table(analysis: Analysis) -> Table:
    """Core measures of every phase side by side, the null beside."""
    columns = {_phase_title(part): part for part in analysis.parts}
    rows = []
    for name in CORE:
        unit = unit_of(name, analysis.session.partners)
        cells = [
            _with_null(part.measures[name], null_of(part, name), unit) for part in columns.values()
        ]
        rows.append((label_of(name, analysis.session.partners), *cells))
    return Table("Phases side by side", ("measure", *columns), tuple(rows))


def _with_null(value: Value, null: tuple[float, float, float, float], unit: str) -> str:
    shown = show_value(value.value, unit)
    return shown if isnan(null[0]) else f"{shown} (null {show_value(null[0], unit)})"


def pooled_table(study: StudyAnalysis) -> Table:
    """Core measures over all sessions, by phase."""
    partners = _partners(study)
    pools = [pool for pool in study.pooled if not pool.dyad]
    headings = ("measure", *(_phase_label(pool.phase) for pool in pools))
    rows = []
    for name in (*CORE, "expected_prop", "expected_repair_hazard_per_s", "observed_s"):
        unit = unit_of(name, partners)
        cells = []
        for pool in pools:
            value = pool.measures[name]
            limits = show_range(value.low, value.high, unit)
            shown = show_value(value.value, unit)
            cells.append(shown if limits == EMPTY else f"{shown} ({limits})")
        if any(cell != EMPTY for cell in cells):
            rows.append((label_of(name, partners), *cells))
    interval = "; ".join(dict.fromkeys(pool.interval for pool in pools))
    return Table("All sessions", headings, tuple(rows), note=f"Intervals: {interval}.")


def sessions_table(study: StudyAnalysis) -> Table:
    """Core measures of every session and phase."""
    partners = _partners(study)
    rows = []
    for analysis in study.analyses:
        for part in analysis.parts:
            null = part.null("matched_prop")
            rows.append(
                (
                    analysis.session.id,
                    analysis.session.dyad,
                    _phase_title(part),
                    *(show_value(part.measures[n].value, unit_of(n, partners)) for n in CORE),
                    show_value(null[0], "share"),
                    _show_p(null[3]),
                )
            )
    headings = ("session", "dyad", "phase", *(SHORT[n] for n in CORE))
    return without_empty(
        Table("Every session", (*headings, "null of matched", "p"), tuple(rows), names=3)
    )


def group_tables(study: StudyAnalysis) -> list[Table]:
    """Core measures pooled by the levels of each covariate that has few; described, not tested."""
    found = []
    names = dict.fromkeys(key for row in study.covariates.values() for key in row)
    for name in names:
        levels: dict[str, set[str]] = {}
        for session, row in study.covariates.items():
            level = row.get(name)
            if isinstance(level, float) and not isnan(level) and level != round(level):
                levels = {}
                break
            if level is not None and str(level).strip() not in ("", "nan"):
                levels.setdefault(str(level), set()).add(session)
        repeated = len(levels) < len(study.analyses)
        if 2 <= len(levels) <= MAX_LEVELS and repeated:
            found.append(_group_table(study, str(name), levels))
    return found


def _group_table(study: StudyAnalysis, name: str, levels: Mapping[str, set[str]]) -> Table:
    shown = ("matched_prop", "expected_prop", "match_kappa", "n_ruptures", "repair_hazard_per_s",
             "repair_ratio", "repair_latency_q50_s")  # fmt: skip
    rows = []
    for phase in study.phases:
        for level, sessions in sorted(levels.items()):
            tallies = [
                part.tally
                for analysis in study.analyses
                for part in analysis.parts
                if part.phase.label == phase and analysis.session.id in sessions
            ]
            if tallies:
                rows.append(
                    (_phase_label(phase), level, str(len(tallies)), *_pooled(tallies, shown))
                )
    headings = ("phase", name, "sessions", *(SHORT[n] for n in shown))
    note = "Described, not tested: seconds and events summed within each group."
    return without_empty(Table(f"By {name}", headings, tuple(rows), names=2, note=note))


def _pooled(tallies: Sequence[Tally], names: Sequence[str]) -> tuple[str, ...]:
    values, _ = compute_pooled(tallies)
    return tuple(show_value(values[n].value, unit_of(n, tallies[0].partners)) for n in names)


def chance_table(study: StudyAnalysis) -> Table | None:
    """Both nulls of the study, statistic by statistic."""
    rows = []
    for chance in study.chance:
        for test, kind in ((chance.combined, "rotated in blocks"), (chance.pairing, "re-paired")):
            for row in test.statistics if test is not None else ():
                unit = unit_of(row.name, _partners(study))
                rows.append(
                    (
                        _phase_label(chance.phase),
                        kind,
                        label_of(row.name, _partners(study)),
                        show_value(row.observed, unit),
                        show_value(row.null_mean, unit),
                        show_range(row.null_low, row.null_high, unit),
                        _show_p(row.p),
                    )
                )
    if not rows:
        return None
    headings = ("phase", "null", "mean over dyads or sessions", "seen", "null", "middle 95 %", "p")
    return Table("The study beside its two nulls", headings, tuple(rows), names=3)


def label_of(name: str, partners: tuple[str, str]) -> str:
    """What to call a measure, with the partner put in."""
    card = find_card(name, partners)
    if card is None:
        return name.replace("_", " ")
    label = f"{card.label} (s)" if card.unit == "s" else card.label
    for partner in partners:
        if partner in name:
            return label.replace("<partner>", partner)
    return label


def without_empty(table: Table) -> Table:
    """The table without columns that hold nothing."""
    keep = [
        at
        for at in range(len(table.headings))
        if at < table.names or any(row[at] != EMPTY for row in table.rows)
    ]
    return replace(
        table,
        headings=tuple(table.headings[at] for at in keep),
        rows=tuple(tuple(row[at] for at in keep) for row in table.rows),
    )


def _phase_title(part: PhaseAnalysis) -> str:
    return _phase_label(part.phase.label)


def _phase_label(label: str) -> str:
    return "whole session" if label == WHOLE else phase_name(label)


def _partners(study: StudyAnalysis) -> tuple[str, str]:
    return study.analyses[0].session.partners if study.analyses else ("", "")


def tiles(part: PhaseAnalysis, clock: Clock) -> list[tuple[str, str, str]]:
    """The three headline figures of a phase: what it is, the value, its null."""
    minutes = clock == "second"
    found = []
    for name, what in (
        ("matched_prop", "of the observed time matched"),
        ("repair_hazard_per_s", f"repairs per {'minute' if minutes else 'meeting'} of mismatch"),
        ("repair_latency_q50_s", "until half of the ruptures were repaired"),
    ):
        if part.phase.imposed and name != "matched_prop":
            continue
        value = part.measures[name].value
        found.append((what, _tile(name, value, clock), _tile_null(part, name, clock)))
    return found


def pooled_tiles(
    pool: Pooled, clock: Clock, *, imposed: bool = False
) -> list[tuple[str, str, str]]:
    """The headline figures over all sessions, beside what base rates alone give."""
    found = []
    for name, what, expected in (
        ("matched_prop", "of the observed time matched", "expected_prop"),
        (
            "repair_hazard_per_s",
            f"repairs per {'minute' if clock == 'second' else 'meeting'} of mismatch",
            "expected_repair_hazard_per_s",
        ),
        ("repair_latency_q50_s", "until half of the ruptures were repaired", ""),
    ):
        if imposed and name != "matched_prop":
            continue
        value = pool.measures[name]
        limits = ""
        if not (isnan(value.low) or isnan(value.high)):
            ends = [_tile(name, end, clock) for end in value[1:3]]
            limits = f"95 % interval {ends[0].removesuffix(' %').removesuffix(' s')} to {ends[1]}"
        base = pool.measures[expected].value if expected else float("nan")
        beside = "" if isnan(base) else f"base rates give {_tile(name, base, clock)}"
        found.append(
            (what, _tile(name, value.value, clock), "; ".join(filter(None, (beside, limits))))
        )
    return found


def _tile(name: str, value: float, clock: Clock) -> str:
    if isnan(value):
        return EMPTY
    if name == "matched_prop":
        return percent(value)
    if name == "repair_hazard_per_s":
        return number(60 * value if clock == "second" else value, 1 if clock == "second" else 2)
    return length(value, clock) if not isinf(value) else "not reached"


def _tile_null(part: PhaseAnalysis, name: str, clock: Clock) -> str:
    if part.chance is None or name not in part.chance:
        return "no null drawn"
    row = part.chance[name]
    # A quartile that is not reached lies beyond every value, so the median of the null is named.
    mean = row.null_median if isinf(row.null_mean) else row.null_mean
    if isnan(mean):
        return "no null drawn"
    if name == "matched_prop":
        limits = percent_range(row.null_low, row.null_high)
    elif isinf(row.null_high):
        limits = f"from {_tile(name, row.null_low, clock)} on"
    else:
        limits = f"{_tile(name, row.null_low, clock)} to {_tile(name, row.null_high, clock)}"
    return f"chance gives {_tile(name, mean, clock)} ({limits}), {p_value(row.p)}"
