"""The tidy tables of growth: every number with its limits, its null and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from reattune.growth import Change, DyadSlope, SlopeFit
from reattune.growth_pipeline.result import DyadGrowth, GrowthAnalysis
from reattune.measures import Value
from reattune.measures.limits import wilson_limits

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")
NOTHING = Value(NAN)
UNITS = {
    "negative_turns_per_mismatch_min": "1/min",
    "negative_mismatch_prop": "share",
    "negative_end_hazard_per_s": "1/s",
}
EXPECTANCY_COLUMNS = (
    *("study", "dyad", "group", "session", "time", "hits", "misses", "undecided"),
    *("expectancy_before", "expectancy_after", "low", "high", "window_s", "forgetting"),
)


class Row(NamedTuple):
    """One row of ``growth.csv``.

    ``level`` is study, group, dyad or session. ``null_*`` are of shifted streams. ``dyads`` is the
    number a slope or a change rests on, ``remark`` why there is no number or what must be said
    beside it.
    """

    study: str
    level: str
    dyad: str
    session: str
    group: str
    time: float
    measure: str
    value: float
    low: float
    high: float
    n: float
    unit: str
    null_mean: float = NAN
    null_low: float = NAN
    null_high: float = NAN
    window_s: float = NAN
    forgetting: float = NAN
    dyads: float = NAN
    remark: str = ""


class Whose(NamedTuple):
    """Whom a row is about."""

    dyad: str = ""
    session: str = ""
    group: str = ""
    time: float = NAN


def snake(words: str) -> str:
    """``negative turns, crude`` as ``negative_turns_crude``."""
    return "_".join(words.replace(",", "").split())


def make_growth_frame(growth: GrowthAnalysis) -> pd.DataFrame:
    """One row for every number: of the study, of groups, of dyads, of sessions."""
    import pandas as pd

    rows = [
        *_study_rows(growth),
        *_group_rows(growth),
        *(row for dyad in growth.dyads for row in _dyad_rows(growth, dyad)),
        *_session_rows(growth),
    ]
    return pd.DataFrame(rows, columns=list(Row._fields))


def make_expectancy_frame(growth: GrowthAnalysis) -> pd.DataFrame:
    """One row per session: outcomes, and repair expectancy before and after it.

    ``low`` and ``high`` are the 5th and 95th percentile after the session.
    """
    import pandas as pd

    rows = []
    for dyad in growth.dyads:
        record = dyad.expectancy
        for at, session in enumerate(dyad.sessions):
            o = session.outcomes
            rows.append(
                (
                    *(growth.study, dyad.dyad, dyad.group, session.session, session.time),
                    *(o.hits, o.misses, o.undecided, record.before[at], record.after[at]),
                    *(record.low[at], record.high[at], record.window, record.forgetting),
                )
            )
    return pd.DataFrame(rows, columns=list(EXPECTANCY_COLUMNS))


def _row(
    growth: GrowthAnalysis,
    level: str,
    measure: str,
    value: Value,
    unit: str,
    whose: Whose | None = None,
    *,
    null: Value | None = None,
    window_s: float = NAN,
    forgetting: float = NAN,
    dyads: float = NAN,
    remark: str = "",
) -> Row:
    beside, who = null or NOTHING, whose or Whose()
    return Row(
        growth.study, level, *who, measure, *value, unit,
        beside.value, beside.low, beside.high, window_s, forgetting, dyads, remark,
    )  # fmt: skip


def slope_value(fit: SlopeFit | DyadSlope) -> Value:
    """End over start with its limits; ``n`` is the number of events (seconds for time)."""
    if isinstance(fit, DyadSlope):
        return Value(fit.ratio, *fit.limits, fit.events)
    return Value(fit.ratio, fit.ratio_low, fit.ratio_high, fit.events)


def _change(change: Change) -> Value:
    return Value(change.difference, change.low, change.high, change.dyads)


def _study_rows(growth: GrowthAnalysis) -> Iterator[Row]:
    window = growth.chosen.window_s
    yield _row(
        growth, "study", "repair_expectancy", growth.pooled, "share",
        null=growth.pooled_chance, window_s=window, forgetting=1.0, dyads=len(growth.dyads),
        remark=growth.no_chance,
    )  # fmt: skip
    if growth.growth is not None:
        for name, fit in growth.growth.forest.items():
            remark = fit.refused or fit.mark
            yield _row(
                growth, "study", f"ratio_{snake(name)}", slope_value(fit), "1",
                dyads=fit.dyads, remark=remark,
            )  # fmt: skip
        for name, part in (("start", growth.growth.start), ("end", growth.growth.end)):
            n = part.sessions
            matched, load = Value(part.matched_prop, n=n), Value(part.mean_load_s, n=n)
            yield _row(growth, "study", f"matched_prop_{name}", matched, "share")
            yield _row(growth, "study", f"mean_load_{name}_s", load, "s")
    yield from _challenge_rows(growth)
    if growth.rivals is not None:
        contest = growth.rivals
        for name, gain in (
            ("repair_over_attunement", contest.repair_over_attunement),
            ("repair_over_baseline", contest.repair_over_baseline),
            ("attunement_over_baseline", contest.attunement_over_baseline),
        ):
            told = contest.refused or contest.verdict
            yield _row(
                growth, "study", f"{name}_nats", gain.mean, "nats",
                dyads=gain.mean.n, remark=told,
            )  # fmt: skip
    yield from _described_rows(growth)


def _challenge_rows(growth: GrowthAnalysis) -> Iterator[Row]:
    found = growth.challenge
    if found is None:
        return
    comparison = found.comparison
    together = found.together.change if found.together is not None else None
    for name, change in (
        ("challenge_negative_prop_change", comparison.change),
        ("challenge_negative_prop_change_comparison", comparison.comparison),
        ("challenge_negative_prop_change_difference", comparison.difference),
        ("challenge_negative_prop_change_together", together),
    ):
        if change is not None:
            why = comparison.refused if not name.endswith("together") else ""
            yield _row(
                growth, "study", name, _change(change), "share",
                dyads=change.dyads, remark=why,
            )  # fmt: skip
    for end, value in found.first_negative_s.items():
        yield _row(growth, "study", f"challenge_first_negative_{end}_s", value, "s")


def _described_rows(growth: GrowthAnalysis) -> Iterator[Row]:
    found = growth.described
    for row in found.depth:
        name = f"repair_hazard_{row.distance}_per_s"
        yield _row(growth, "study", name, row.hazard_per_s, "1/s", remark="described only")
    yield _row(
        growth, "study", "matched_more_after_repair_prop", found.recovery.share, "share",
        null=found.recovery_chance, window_s=found.around_s,
    )  # fmt: skip
    for low, high, outcomes in found.sizes:
        known = outcomes.known
        share = Value(
            outcomes.hits / known if known else NAN,
            *wilson_limits(round(outcomes.hits), round(known)),
            known,
        )
        name = f"repaired_prop_onset_from_{low:g}"
        told = f"distance at onset {low:g} to {min(high, 1.0):g}; {outcomes.undecided} cut off"
        yield _row(
            growth, "study", name, share, "share",
            window_s=growth.chosen.window_s, remark=told,
        )  # fmt: skip
    for key, value in found.levels.items():
        if key in ("within_sd", "between_sd", "trait_share"):
            yield _row(growth, "study", f"matched_prop_{key}", Value(value), "share")


def _group_rows(growth: GrowthAnalysis) -> Iterator[Row]:
    for name, found in growth.groups.items():
        for group, fit in zip(found.groups, (found.first, found.second), strict=True):
            yield _row(
                growth, "group", f"ratio_{snake(name)}", slope_value(fit), "1",
                Whose(group=group), dyads=fit.dyads, remark=fit.refused or fit.mark,
            )  # fmt: skip
        fit = found.difference
        yield _row(
            growth, "group", f"ratio_of_ratios_{snake(name)}", slope_value(fit), "1",
            Whose(group=f"{found.groups[1]} over {found.groups[0]}"), dyads=fit.dyads,
            remark=fit.refused,
        )  # fmt: skip


def _dyad_rows(growth: GrowthAnalysis, dyad: DyadGrowth) -> Iterator[Row]:
    own = Whose(dyad.dyad, group=dyad.group)
    window = growth.chosen.window_s
    yield _row(
        growth, "dyad", "repair_expectancy", dyad.expectancy.plain, "share", own,
        null=dyad.chance, window_s=window, forgetting=1.0,
        remark="fewer than five known outcomes" if dyad.expectancy.few else "",
    )  # fmt: skip
    for row in dyad.sensitivity:
        null = dyad.chance_by_window.get(row.window) if row.forgetting == 1 else None
        yield _row(
            growth, "dyad", "repair_expectancy_sensitivity",
            Value(row.value, n=row.outcomes.known), "share", own, null=null,
            window_s=row.window, forgetting=row.forgetting,
        )  # fmt: skip
    for name, value in dyad.affect.items():
        yield _row(growth, "dyad", name, value, UNITS[name], own, remark=dyad.interval)
    yield _row(
        growth, "dyad", "negative_turn_ratio", dyad.turn_ratio, "1", own,
        remark=growth.load.mark,
    )  # fmt: skip
    if dyad.follows is not None:
        yield _row(growth, "dyad", "offer_follow_excess_per_s", dyad.follows, "1/s", own)
    for name, slope in (
        ("negative_turns_at_equal_load", dyad.slope),
        ("matched_time", dyad.match_slope),
        ("repair_hazard", dyad.repair_slope),
    ):
        yield _row(
            growth, "dyad", f"ratio_{name}", slope_value(slope), "1", own,
            remark=slope.refused,
        )  # fmt: skip
        if not slope.refused:
            fall, rise = Value(slope.detectable_fall), Value(slope.detectable_rise)
            yield _row(growth, "dyad", f"detectable_fall_{name}", fall, "1", own)
            yield _row(growth, "dyad", f"detectable_rise_{name}", rise, "1", own)
    if dyad.reliable is not None:
        change = dyad.reliable
        told = f"repetition alone exceeds {change.needed:.2f} in one of twenty dyads"
        yield _row(
            growth, "dyad", "challenge_negative_prop_change",
            Value(change.difference, n=change.n_before + change.n_after), "share", own,
            remark=told,
        )  # fmt: skip


def _session_rows(growth: GrowthAnalysis) -> Iterator[Row]:
    for s in growth.sessions:
        own = Whose(s.dyad, s.session, s.group, s.time)
        values = {**s.affect, "negative_turn_ratio": s.turn_ratio}
        for name, value in values.items():
            mark = growth.load.mark if name == "negative_turn_ratio" else ""
            yield _row(growth, "session", name, value, UNITS.get(name, "1"), own, remark=mark)
        yield _row(
            growth, "session", "matched_prop", Value(s.matched_prop), "share", own,
            remark="" if s.expected_prop != s.expected_prop
            else f"base rates alone give {s.expected_prop:.3f}",
        )  # fmt: skip
    if growth.challenge is not None:
        for session, time, end, visit in growth.challenge.visits:
            yield _row(
                growth, "session", "challenge_negative_prop", Value(visit.negative_prop), "share",
                Whose(visit.dyad, session, visit.group, time), remark=end,
            )  # fmt: skip
