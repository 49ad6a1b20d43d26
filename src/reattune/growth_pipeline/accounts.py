"""The two accounts of a rating, and what is only described."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reattune.course_tests import split_variance
from reattune.growth import (
    Outcomes,
    Recovery,
    RivalContest,
    compare_accounts,
    compare_onset_sizes,
    count_recovery,
    describe_depth,
)
from reattune.growth.ratios import pool_ratio
from reattune.growth.rivals import WINDOW_S
from reattune.growth.session import DepthRow
from reattune.growth_pipeline.chance import ShiftedOutcomes, pool_recovery
from reattune.growth_pipeline.columns import Covariates, as_number
from reattune.growth_pipeline.dyads import count_ruptures
from reattune.growth_pipeline.reading import OrdinaryTime
from reattune.growth_pipeline.result import Descriptions
from reattune.growth_pipeline.settings import GrowthSettings


def compare_rating(
    dyads: Mapping[str, Sequence[OrdinaryTime]],
    covariates: Covariates,
    settings: GrowthSettings,
) -> RivalContest:
    """Repair against plain attunement as accounts of the rating after each session.

    Parameters
    ----------
    dyads : mapping of dyad to its sessions
        In order of time.
    covariates : mapping of session to mapping
    settings : GrowthSettings
        Names the rating; a session without a number in it has none.
    """
    ratings, hits, misses, matched = [], [], [], []
    for rows in dyads.values():
        found = [count_ruptures(row.ruptures, WINDOW_S, settings) for row in rows]
        rated = [covariates.get(row.session, {}).get(settings.rating) for row in rows]
        ratings.append([as_number(value) for value in rated])
        hits.append([o.hits for o in found])
        misses.append([o.misses for o in found])
        matched.append([_share(row) for row in rows])
    return compare_accounts(ratings, hits, misses, matched, dyads=list(dyads))


def describe_study(
    dyads: Mapping[str, Sequence[OrdinaryTime]],
    settings: GrowthSettings,
    shifted: Mapping[str, ShiftedOutcomes],
) -> Descriptions:
    """Depth, recovery above the old level, small and large ruptures, trait and state."""
    rows = [row for own in dyads.values() for row in own]
    recovery = sum(
        (
            count_recovery(attunement, ruptures, settings.around_s)
            for row in rows
            for attunement, ruptures in zip(row.attunements, row.ruptures, strict=True)
        ),
        Recovery(),
    )
    return Descriptions(
        depth=_pool_depth(dyads),
        recovery=recovery,
        recovery_chance=pool_recovery(list(shifted.values())) if shifted else None,
        around_s=settings.around_s,
        sizes=_pool_sizes(rows, settings),
        levels=split_variance({dyad: [_share(row) for row in own] for dyad, own in dyads.items()}),
    )


def _share(row: OrdinaryTime) -> float:
    """Matched share of a session; nan where nothing was observed."""
    seen = row.tally.observed_s
    return row.tally.matched_s / seen if seen > 0 else float("nan")


def _pool_depth(dyads: Mapping[str, Sequence[OrdinaryTime]]) -> tuple[DepthRow, ...]:
    """Repairs and seconds by current distance; dyads are the units of the limits."""
    found = {
        dyad: [describe_depth(a) for row in own for a in row.attunements]
        for dyad, own in dyads.items()
    }
    rows = []
    for at, name in enumerate(("near", "middle", "far")):
        events = [sum(d[at].repairs for d in own) for own in found.values()]
        seconds = [sum(d[at].mismatched_s for d in own) for own in found.values()]
        rows.append(DepthRow(name, sum(events), float(sum(seconds)), pool_ratio(events, seconds)))
    return tuple(rows)


def _pool_sizes(
    rows: Sequence[OrdinaryTime], settings: GrowthSettings
) -> tuple[tuple[float, float, Outcomes], ...]:
    if not settings.sizes:
        return ()
    pooled: dict[tuple[float, float], Outcomes] = {}
    for row in rows:
        for attunement, ruptures in zip(row.attunements, row.ruptures, strict=True):
            for size in compare_onset_sizes(
                attunement, ruptures, settings.sizes, settings.window_s
            ):
                key = (size.size_from, size.size_to)
                pooled[key] = pooled.get(key, Outcomes()) + size.outcomes
    return tuple((*key, outcomes) for key, outcomes in pooled.items())
