"""What each picture of growth draws, as one tidy frame per picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reattune.growth import Change, Outcomes, SlopeFit, expect_repair
from reattune.growth_pipeline import GrowthAnalysis

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")
# How the slopes are called in a picture; the crude one is marked there as no evidence.
SLOPES = {
    "negative turns at equal load": "turns to negative, at equal load",
    "negative turns, mismatch share held constant": "turns to negative, mismatch share held",
    "negative turns in mismatch, crude": "turns to negative, crude: no evidence",
    "matched time": "time matched",
    "repair hazard": "repairs per mismatched time",
    "rupture hazard": "ruptures per matched time",
    "ends of negative affect": "ends of negative affect",
}


def time_label(growth: GrowthAnalysis) -> str:
    """What the axis of time is called."""
    return growth.time_name.replace("_", " ") or "session"


def course_data(growth: GrowthAnalysis, dyad: str) -> pd.DataFrame:
    """One dyad over its sessions in three lanes on one axis of time.

    Returns
    -------
    DataFrame
        ``lane`` is ``expectancy`` (before the session, 5th to 95th percentile; ``hits``,
        ``misses`` and ``undecided`` of the session), ``turns`` (turns to negative over expected at
        equal load; ``null`` 1) or ``match`` (``null`` what base rates give).
    """
    import pandas as pd

    found = growth.dyad(dyad)
    record = found.expectancy
    rows: list[tuple[object, ...]] = []
    for at, s in enumerate(found.sessions):
        o = s.outcomes
        value = (record.before[at], record.before_low[at], record.before_high[at])
        rows.append(("expectancy", s.session, s.time, *value, NAN, o.hits, o.misses, o.undecided))
        ratio = s.turn_ratio
        turns = (ratio.value, ratio.low, ratio.high, 1.0)
        rows.append(("turns", s.session, s.time, *turns, NAN, NAN, NAN))
        match = (s.matched_prop, NAN, NAN, s.expected_prop)
        rows.append(("match", s.session, s.time, *match, NAN, NAN, NAN))
    columns = ["lane", "session", "time", "value", "low", "high", "null"]
    return pd.DataFrame(rows, columns=[*columns, "hits", "misses", "undecided"])


def load_data(growth: GrowthAnalysis) -> pd.DataFrame:
    """Turns to negative per minute by load, in the early and the late third of the study's span.

    Returns
    -------
    DataFrame
        third, state, load_from_s, load_to_s, turns, exposure_s, value, low, high (per minute).
    """
    import pandas as pd

    rows = [
        (b.third, b.state, b.load_from_s, b.load_to_s, b.turns, b.exposure_s, *b.rate_per_min[:3])
        for b in growth.load_bins
    ]
    columns = ["third", "state", "load_from_s", "load_to_s", "turns", "exposure_s"]
    return pd.DataFrame(rows, columns=[*columns, "value", "low", "high"])


def challenge_data(growth: GrowthAnalysis) -> pd.DataFrame:
    """Negative share of the challenge before and after: each dyad, and the mean change.

    Returns
    -------
    DataFrame
        ``layer`` is ``dyad`` (``before``, ``after``) or ``change`` (``value``, ``low``, ``high``;
        ``dyads``); ``group`` is empty where groups are not compared.
    """
    import pandas as pd

    columns = ["layer", "group", "dyad", "before", "after", "value", "low", "high", "dyads"]
    rows: list[tuple[object, ...]] = []
    found = growth.challenge
    if found is not None:
        comparison = found.comparison
        apart = bool(comparison.groups) and comparison.comparison is not None
        member = {v.dyad: v.group for _, _, _, v in found.visits} if apart else {}
        shown = comparison if apart or found.together is None else found.together
        for dyad, before in shown.before.items():
            after = shown.after[dyad]
            row = ("dyad", member.get(dyad, ""), dyad, before, after, after - before, NAN, NAN, 1)
            rows.append(row)
        changes: list[tuple[str, Change | None]] = [
            (shown.groups[0] if apart else "", shown.change),
            (shown.groups[1] if apart else "", shown.comparison),
            ("difference", shown.difference),
        ]
        for name, change in changes:
            if change is not None:
                size = (change.difference, change.low, change.high, change.dyads)
                rows.append(("change", name, "", NAN, NAN, *size))
    return pd.DataFrame(rows, columns=columns)


def slopes_data(growth: GrowthAnalysis) -> pd.DataFrame:
    """End over start of every slope: all dyads, then each group where there are two.

    Returns
    -------
    DataFrame
        name, label, group, value, low, high, dyads, events, refused, evidence (0 for the crude
        slope, which is never evidence of growth).
    """
    import pandas as pd

    rows: list[tuple[object, ...]] = []
    if growth.growth is not None:
        for name, fit in growth.growth.forest.items():
            rows.append(_slope_row(name, "", fit))
            pair = growth.groups.get(name)
            if pair is not None:
                # The group that is compared stands second in the pair, and first here.
                rows.append(_slope_row(name, pair.groups[1], pair.second))
                rows.append(_slope_row(name, pair.groups[0], pair.first))
    columns = ["name", "label", "group", "value", "low", "high", "dyads", "events", "refused"]
    return pd.DataFrame(rows, columns=[*columns, "evidence"])


def _slope_row(name: str, group: str, fit: SlopeFit) -> tuple[object, ...]:
    limits = (fit.ratio, fit.ratio_low, fit.ratio_high)
    crude = int("crude" not in name)
    return (name, SLOPES[name], group, *limits, fit.dyads, fit.events, fit.refused, crude)


def rivals_data(growth: GrowthAnalysis) -> pd.DataFrame:
    """Gain of repair over attunement in nats, a row for each dyad, then the three means.

    Returns
    -------
    DataFrame
        layer (``dyad`` or ``mean``), name, value, low, high.
    """
    import pandas as pd

    rows: list[tuple[object, ...]] = []
    contest = growth.rivals
    if contest is not None and not contest.refused:
        main = contest.repair_over_attunement
        for dyad, value in zip(contest.dyads, main.per_dyad.tolist(), strict=True):
            rows.append(("dyad", str(dyad), value, NAN, NAN))
        for name, gain in (
            ("repair over attunement", main),
            ("repair over ratings alone", contest.repair_over_baseline),
            ("attunement over ratings alone", contest.attunement_over_baseline),
        ):
            rows.append(("mean", name, *gain.mean[:3]))
    return pd.DataFrame(rows, columns=["layer", "name", "value", "low", "high"])


def sensitivity_data(growth: GrowthAnalysis) -> pd.DataFrame:
    """Repair expectancy and the slope at equal load under every choice looked at.

    Returns
    -------
    DataFrame
        ``what`` is ``expectancy`` (mean over dyads after their last session, by ``window_s`` and
        ``forgetting``), ``record`` (all dyads' plain record with its limits and ``null_*``, by
        ``window_s``) or ``slope`` (by ``up_s`` and ``down_s``); ``chosen`` marks the one used.
    """
    import pandas as pd

    rows: list[tuple[object, ...]] = []
    used = growth.chosen
    cells: dict[tuple[float, float], list[float]] = {}
    totals: dict[float, list[Outcomes]] = {}
    for dyad in growth.dyads:
        for row in dyad.sensitivity:
            if row.outcomes.known > 0:
                cells.setdefault((row.window, row.forgetting), []).append(row.value)
            if row.forgetting == 1:
                totals.setdefault(row.window, []).append(row.outcomes)
    for (window, kept), values in cells.items():
        chosen = int(window == used.window_s and kept == used.forgetting)
        mean = sum(values) / len(values)
        rows.append(("expectancy", window, kept, NAN, NAN, mean, *(NAN,) * 5, chosen))
    for window, outcomes in totals.items():
        value = expect_repair(outcomes)
        null = growth.chance_by_window.get(window, (NAN, NAN, NAN))
        chosen = int(window == used.window_s)
        rows.append(("record", window, 1.0, NAN, NAN, *value[:3], *null[:3], chosen))
    for (up, down), fit in growth.load_grid.items():
        chosen = int((up, down) == (growth.load.up_s, growth.load.down_s))
        limits = (fit.ratio, fit.ratio_low, fit.ratio_high)
        rows.append(("slope", NAN, NAN, up, down, *limits, NAN, NAN, NAN, chosen))
    columns = ["what", "window_s", "forgetting", "up_s", "down_s", "value", "low", "high"]
    return pd.DataFrame(rows, columns=[*columns, "null_mean", "null_low", "null_high", "chosen"])
