"""Each session, and each dyad over its sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from reattune.core.ruptures import Ruptures
from reattune.growth import (
    DyadSlope,
    FollowCounts,
    LoadModel,
    Outcomes,
    ReliableChange,
    count_affect,
    count_at_load,
    count_follows,
    count_outcomes,
    follow_dyad,
    follow_expectancy,
    measure_affect,
    measure_follows,
    measure_turns,
    vary_expectancy,
)
from reattune.growth.course import find_third
from reattune.growth.ratios import name_interval
from reattune.growth_pipeline.chance import ShiftedOutcomes, pool_chance
from reattune.growth_pipeline.reading import OrdinaryTime
from reattune.growth_pipeline.result import DyadGrowth, SessionGrowth
from reattune.growth_pipeline.settings import GrowthSettings
from reattune.measures import Value

FloatArray = NDArray[np.float64]
NAN = float("nan")


def measure_session(
    row: OrdinaryTime, time: float, model: LoadModel, settings: GrowthSettings
) -> SessionGrowth:
    """One session's counts and measures.

    Parameters
    ----------
    row : OrdinaryTime
    time : float
        On -1/2 .. 1/2 of the study's span; nan where all sessions have one time.
    model : LoadModel
        Of the whole study.
    settings : GrowthSettings
    """
    counts = count_affect(row.affect)
    at_load = count_at_load(row.affect, model.up_s, model.down_s)
    tally = row.tally
    seen = tally.observed_s > 0
    return SessionGrowth(
        session=row.session,
        dyad=row.dyad,
        group=row.group,
        time=row.time,
        third=find_third(time),
        outcomes=count_ruptures(row.ruptures, settings.window_s, settings),
        counts=counts,
        load_counts=at_load,
        affect=measure_affect(counts),
        turn_ratio=measure_turns(at_load, model),
        matched_prop=tally.matched_s / tally.observed_s if seen else NAN,
        expected_prop=tally.expected_matched_s / tally.observed_s if seen else NAN,
        repairs=tally.n_repairs,
        mismatched_s=tally.run_mismatched_s,
    )


def count_ruptures(
    ruptures: Sequence[Ruptures], window_s: float, settings: GrowthSettings
) -> Outcomes:
    """The outcomes of a session's ruptures, its parts summed."""
    counted = [count_outcomes(part, window_s, weight=settings.weight) for part in ruptures]
    return sum(counted, Outcomes())


def measure_dyad(
    rows: Sequence[OrdinaryTime],
    sessions: Sequence[SessionGrowth],
    times: FloatArray,
    model: LoadModel,
    settings: GrowthSettings,
    *,
    focal: str,
    shifted: Mapping[str, ShiftedOutcomes],
    windows: Sequence[float],
    reliable: ReliableChange | None,
) -> DyadGrowth:
    """One dyad over its sessions.

    Parameters
    ----------
    rows, sessions
        Of this dyad, in order of time.
    times : float array, shape (J,)
        On -1/2 .. 1/2 of the study's span.
    model, settings, focal
    shifted : mapping of session to ShiftedOutcomes
        Empty without a null.
    windows : sequence of float
        For which a null was drawn.
    reliable : ReliableChange or None
    """
    record = follow_expectancy(
        [session.outcomes for session in sessions],
        forgetting=settings.forgetting,
        window=settings.window_s,
        weight=settings.weight,
    )
    own = [shifted[row.session] for row in rows if row.session in shifted]
    tallies = [row.tally for row in rows]
    chance = {}
    for window in windows if own else ():
        known = sum(count_ruptures(row.ruptures, window, settings).known for row in rows)
        chance[window] = pool_chance(own, known, window, settings.weight)

    def follow(events: Sequence[object], exposure: Sequence[object], why: str = "") -> DyadSlope:
        if why or not np.isfinite(times).all():
            told = why or "all sessions have the same time"
            return DyadSlope(*(NAN,) * 5, len(rows), NAN, NAN, NAN, told)
        return follow_dyad(np.array(events), np.array(exposure), times)

    return DyadGrowth(
        dyad=rows[0].dyad,
        group=rows[0].group,
        sessions=tuple(sessions),
        expectancy=record,
        chance=chance.get(settings.window_s),
        sensitivity=vary_expectancy(
            [row.ruptures for row in rows],
            weight=settings.weight,
            window=settings.window_s,
            forgetting=settings.forgetting,
        ),
        chance_by_window=chance,
        affect=measure_affect([session.counts for session in sessions]),
        turn_ratio=measure_turns([session.load_counts for session in sessions], model),
        follows=_follow(rows, focal, settings.contact) if settings.contact else None,
        slope=follow(
            [session.load_counts.turns for session in sessions],
            [session.load_counts.exposure_s for session in sessions],
            "" if model.separable or settings.force else model.mark,
        ),
        match_slope=follow([t.matched_s for t in tallies], [t.observed_s for t in tallies]),
        repair_slope=follow([t.n_repairs for t in tallies], [t.run_mismatched_s for t in tallies]),
        reliable=reliable,
        interval=name_interval(len(sessions)),
    )


def _follow(rows: Sequence[OrdinaryTime], focal: str, contact: Sequence[str]) -> Value:
    counted = [count_follows(a, focal, contact) for row in rows for a in row.attunements]
    return measure_follows(sum(counted, FollowCounts()))["offer_follow_excess_per_s"]
