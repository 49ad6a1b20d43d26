"""Shares, counts and lengths of coded ruptures, with intervals and what they stand on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan, nan
from typing import NamedTuple

import numpy as np

from reattune.course_tests.spans import MIN_CASES, leave_one_out
from reattune.measures import Value, compute_pooled, pool_tallies
from reattune.measures.limits import wilson_limits
from reattune.segment_codes.cards import INDEPENDENT
from reattune.segment_codes.meeting import mean_known
from reattune.segment_codes.ruptures import CodedRupture, MeetingAnalysis


class MeasureRow(NamedTuple):
    """One measure of one meeting, one dyad, or all meetings.

    Attributes
    ----------
    level : str
        ``meeting``, ``dyad`` or ``all``.
    dyad, meeting, measure : str
    value, low, high, n : float
        95 % limits, nan where there are none; n is what the value stands on.
    unit, interval : str
    """

    level: str
    dyad: str
    meeting: str
    measure: str
    value: float
    low: float
    high: float
    n: float
    unit: str
    interval: str


def unit_of_pool(analyses: Sequence[MeetingAnalysis]) -> tuple[str, list[list[MeetingAnalysis]]]:
    """What intervals leave out: dyads where there are five or more, else meetings."""
    dyads: dict[str, list[MeetingAnalysis]] = {}
    for analysis in analyses:
        dyads.setdefault(analysis.meeting.dyad, []).append(analysis)
    if len(dyads) >= MIN_CASES:
        return "dyads", list(dyads.values())
    return "meetings", [[analysis] for analysis in analyses]


def compute_rows(analyses: Sequence[MeetingAnalysis]) -> list[MeasureRow]:
    """Every measure of every meeting, of each dyad with several meetings, and of all meetings."""
    rows: list[MeasureRow] = []
    dyads: dict[str, list[MeetingAnalysis]] = {}
    for analysis in analyses:
        dyads.setdefault(analysis.meeting.dyad, []).append(analysis)
        rows += _rows("meeting", analysis.meeting.dyad, analysis.meeting.id, [analysis])
    for dyad, own in dyads.items():
        if len(own) > 1 and len(dyads) > 1:
            rows += _rows("dyad", dyad, "", own)
    return [*rows, *_rows("all", "", "", list(analyses))]


def _rows(
    level: str, dyad: str, meeting: str, analyses: Sequence[MeetingAnalysis]
) -> list[MeasureRow]:
    unit_name, groups = unit_of_pool(analyses)
    where = {id(a): str(at) for at, group in enumerate(groups) for a in group}
    jack = f"jackknife over {unit_name}"
    rows: list[MeasureRow] = []

    def add(name: str, value: Value, unit: str, interval: str = "") -> None:
        told = interval if not (isnan(value.low) and isnan(value.high)) else ""
        rows.append(MeasureRow(level, dyad, meeting, name, *value, unit, told))

    def share(name: str, count: Callable[[MeetingAnalysis], tuple[float, float]]) -> None:
        def value(some: list[MeetingAnalysis]) -> float:
            parts = [count(a) for a in some]
            whole = sum(n for _, n in parts)
            return float(sum(part for part, _ in parts) / whole) if whole else nan

        of, among = (sum(x) for x in zip(*(count(a) for a in analyses), strict=True))
        low, high = leave_one_out(list(analyses), lambda a: where[id(a)], value)
        told = jack
        # Where leaving one out changes nothing there is nothing to take a spread from.
        if isnan(low) or high - low < 1e-12:
            (low, high), told = wilson_limits(int(of), int(among)), INDEPENDENT
        else:
            low, high = max(0.0, low), min(1.0, high)
        add(name, Value(value(list(analyses)), low, high, float(among)), "share", told)

    def per(name: str, part: Callable[[list[MeetingAnalysis]], float], n: float, unit: str) -> None:
        low, high = leave_one_out(list(analyses), lambda a: where[id(a)], part)
        add(name, Value(part(list(analyses)), low, high, n), unit, jack)

    first = analyses[0]
    coded = sum(int(a.states.known.sum()) for a in analyses)
    total = sum(len(a.meeting) for a in analyses)
    add("segments_coded", Value(coded, n=total), "count")
    add("segments_missing", Value(total - coded, n=total), "count")
    share("rupture_segment_prop", lambda a: (a.states.rupture.sum(), a.states.known.sum()))
    for kind in first.states.kinds:
        share(f"{kind}_segment_prop", lambda a, k=kind: (  # type: ignore[misc]
            a.states.of_kind(k).sum(), a.states.known.sum()))  # fmt: skip
    for side in first.meeting.sides:
        share(f"{side}_segment_prop", lambda a, s=side: (  # type: ignore[misc]
            a.states.of_side(s).sum(), a.states.known.sum()))  # fmt: skip
    ruptured = sum(int(a.states.rupture.sum()) for a in analyses)
    per("salience_mean", _salience, ruptured, "points")
    seen = [r for a in analyses for r in a.entered]
    add("n_ruptures", Value(len(seen)), "count")
    for outcome in ("resolved", "unresolved", "censored"):
        add(f"n_{outcome}", Value(sum(r.outcome == outcome for r in seen)), "count")
    add("n_not_entered", Value(sum(len(a.ruptures) - len(a.entered) for a in analyses)), "count")
    if level != "meeting":
        per("ruptures_per_meeting", lambda some: sum(len(a.entered) for a in some) / len(some),
            len(analyses), "count")  # fmt: skip
    share("resolved_prop", lambda a: _resolved(a.entered))
    lengths = {round(a.meeting.length_s, 3) for a in analyses}
    _add_chain(add, groups, unit_name, first.meeting.sides, lengths)
    if first.meeting.strategies:
        share("strategy_segment_prop", lambda a: _with_strategy(a, None))
        for at, name in enumerate(first.meeting.strategies):
            share(f"strategy_{name}_prop", lambda a, s=at: _with_strategy(a, s))  # type: ignore[misc]
    for rating in dict.fromkeys(name for a in analyses for name in a.meeting.overall):
        given = [mean_known(a.meeting.overall[rating], 0) for a in analyses
                 if rating in a.meeting.overall]  # fmt: skip
        per(f"overall_{rating}", lambda some, r=rating: _overall(some, r),  # type: ignore[misc]
            len(given), "points")  # fmt: skip
    return rows


def _add_chain(
    add: Callable[..., None],
    groups: Sequence[Sequence[MeetingAnalysis]],
    unit_name: str,
    sides: tuple[str, str],
    lengths: set[float],
) -> None:
    """Rates, lengths and openers from the measures that serve every kind of input."""
    known = [[a.tally for a in group if a.tally is not None] for group in groups]
    tallies = [pool_tallies(group) for group in known if group]
    if not tallies:
        return
    values, told = compute_pooled(tallies, unit_name)
    length_s = lengths.pop() if len(lengths) == 1 else nan
    for name, source, scale, unit in (
        ("ruptures_per_hour", "ruptures_per_min", 60.0, "1/h"),
        ("rupture_length_q50_min", "repair_latency_q50_s", 1 / 60, "min"),
        ("rupture_length_q50_segments", "repair_latency_q50_s", 1 / length_s, "segments"),
        *((f"opened_by_{s}_prop", f"opened_by_{s}_prop", 1.0, "share") for s in sides),
        ("opened_by_both_prop", "opened_by_both_prop", 1.0, "share"),
    ):
        if source in values:
            v = values[source]
            how = "Brookmeyer and Crowley" if "q50" in source else told
            add(name, Value(v.value * scale, v.low * scale, v.high * scale, v.n), unit, how)


def _resolved(ruptures: Sequence[CodedRupture]) -> tuple[float, float]:
    ends = [r.outcome for r in ruptures]
    return ends.count("resolved"), ends.count("resolved") + ends.count("unresolved")


def _with_strategy(analysis: MeetingAnalysis, strategy: int | None) -> tuple[float, float]:
    shown = analysis.states.strategies
    on = shown.any(axis=1) if strategy is None else shown[:, strategy]
    return float((on & analysis.states.rupture).sum()), float(analysis.states.rupture.sum())


def _salience(some: Sequence[MeetingAnalysis]) -> float:
    values = np.concatenate([a.states.salience[a.states.rupture] for a in some])
    return float(values.mean()) if values.size else nan


def _overall(some: Sequence[MeetingAnalysis], rating: str) -> float:
    values = [
        float(mean_known(a.meeting.overall[rating], 0)) for a in some if rating in a.meeting.overall
    ]
    return sum(values) / len(values) if values else nan
