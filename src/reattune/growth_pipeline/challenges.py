"""Challenges before against after, with the ordinary time of the same sessions beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reattune.growth import (
    ChallengeVisit,
    Change,
    Growth,
    ReliableChange,
    SlopeDifference,
    SlopeFit,
    compare_challenges,
    compare_ends,
    find_spread_within,
    judge_change,
    measure_challenge,
)
from reattune.growth_pipeline.reading import Challenge
from reattune.growth_pipeline.result import ChallengeGrowth, SessionGrowth

NAN = float("nan")
ENDS = ("before", "after")
_FIRST, _SHARE = "challenge_first_negative_s", "challenge_negative_prop"


def find_ends(challenges: Sequence[Challenge]) -> list[str]:
    """``before``, ``after`` or empty (between) for every challenge.

    The first and the last third of the dyad's own span from its first to its last challenge; with
    two visits, the first and the second.
    """
    spans: dict[str, tuple[float, float]] = {}
    for row in challenges:
        low, high = spans.get(row.dyad, (row.time, row.time))
        spans[row.dyad] = (min(low, row.time), max(high, row.time))
    ends = []
    for row in challenges:
        low, high = spans[row.dyad]
        third = (high - low) / 3
        slack = 1e-9 * max(1.0, abs(high))
        ends.append(
            "before"
            if row.time <= low + third + slack
            else "after"
            if row.time >= high - third - slack
            else ""
        )
    return ends


def compare_visits(
    label: str,
    challenges: Sequence[Challenge],
    sessions: Sequence[SessionGrowth],
    growth: Growth | None,
    groups: Mapping[str, SlopeDifference],
    names: Sequence[str],
) -> ChallengeGrowth:
    """Challenges before against after.

    Parameters
    ----------
    label : str
        The challenge.
    challenges : sequence of Challenge
        By dyad and time.
    sessions : sequence of SessionGrowth
        Ordinary time, for the companions.
    growth : Growth or None
    groups : mapping of str to SlopeDifference
    names : sequence of str
        The group compared and the one it is compared with; empty without.
    """
    ends = find_ends(challenges)
    visits = [
        (row.session, row.time, end, _visit(row, end))
        for row, end in zip(challenges, ends, strict=True)
    ]
    used = [visit for _, _, end, visit in visits if end]
    grouped = [visit for visit in used if visit.group in names]
    together = None
    if len({visit.group for visit in grouped}) == 2:
        comparison = compare_challenges(grouped, control=names[1])
        if comparison.refused:
            together = compare_challenges(_ungrouped(used))
    else:
        comparison = compare_challenges(_ungrouped(used))
    apart = comparison.comparison is not None
    within = {v.dyad for v in used if not apart or v.group == names[0]} & set(comparison.before)
    match, repair = _companions(visits, sessions, within, growth, groups, apart=apart)
    first = {
        end: measure_challenge(
            [row.affect for row, at in zip(challenges, ends, strict=True) if at == end]
        )[_FIRST]
        for end in ENDS
    }
    return ChallengeGrowth(
        label=label,
        visits=tuple(visits),
        comparison=comparison,
        together=together,
        match=match,
        repair=repair,
        first_negative_s=first,
    )


def _visit(row: Challenge, end: str) -> ChallengeVisit:
    return ChallengeVisit(
        dyad=row.dyad,
        after=end == "after",
        negative_prop=measure_challenge(row.affect)[_SHARE].value,
        duration_s=row.duration_s,
        play_before_s=row.play_before_s,
        group=row.group,
    )


def _ungrouped(visits: Sequence[ChallengeVisit]) -> list[ChallengeVisit]:
    return [replace(visit, group="") for visit in visits]


def _companions(
    visits: Sequence[tuple[str, float, str, ChallengeVisit]],
    sessions: Sequence[SessionGrowth],
    dyads: set[str],
    growth: Growth | None,
    groups: Mapping[str, SlopeDifference],
    *,
    apart: bool,
) -> tuple[SlopeFit | Change | None, SlopeFit | Change | None]:
    """Matching and repair over the span: the slopes where there are any, else both ends."""
    slopes: list[SlopeFit] = []
    if apart:
        # The group that is compared stands second in these.
        slopes = [groups[n].second for n in ("matched time", "repair hazard") if n in groups]
    elif growth is not None:
        slopes = [growth.match, growth.repair]
    if len(slopes) == 2 and not any(slope.refused for slope in slopes):
        return slopes[0], slopes[1]
    at = {session: end for session, _, end, _ in visits if end}
    known = [s for s in sessions if s.dyad in dyads and s.session in at]
    if not known:
        return None, None
    found: list[list[tuple[float, float]]] = []
    for end in ENDS:
        own = [[s for s in known if s.dyad == d and at[s.session] == end] for d in sorted(dyads)]
        found.append([_stand(rows) for rows in own])
    before, after = found
    changes = [
        compare_ends([row[which] for row in before], [row[which] for row in after])
        for which in (0, 1)
    ]
    return changes[0], changes[1]


def _stand(rows: Sequence[SessionGrowth]) -> tuple[float, float]:
    """Mean matched share, and repairs per minute of mismatch; nan where nothing was seen."""
    shares = [row.matched_prop for row in rows if row.matched_prop == row.matched_prop]
    exposure = sum(row.mismatched_s for row in rows)
    return (
        sum(shares) / len(shares) if shares else NAN,
        60 * sum(row.repairs for row in rows) / exposure if exposure > 0 else NAN,
    )


def judge_dyads(challenge: ChallengeGrowth) -> dict[str, ReliableChange]:
    """Each dyad's change beside what repetition alone gives; empty without repeats in the study."""
    ends: dict[str, tuple[list[float], list[float]]] = {}
    for _, _, end, visit in challenge.visits:
        comparable = visit.dyad in challenge.comparison.before
        if end and comparable and visit.negative_prop == visit.negative_prop:
            ends.setdefault(visit.dyad, ([], []))[visit.after].append(visit.negative_prop)
    spread = find_spread_within([side for sides in ends.values() for side in sides])
    if not spread > 0:
        return {}
    return {
        dyad: judge_change(before, after, spread)
        for dyad, (before, after) in ends.items()
        if before and after
    }


__all__ = ["ENDS", "compare_visits", "find_ends", "judge_dyads"]
