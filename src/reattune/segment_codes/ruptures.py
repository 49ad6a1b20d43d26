"""Ruptures of a coded meeting: runs of rupture segments, what was tried, and how they ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import nan
from typing import Literal

import numpy as np

from reattune.measures import Tally, make_tally
from reattune.repair import find_ruptures
from reattune.rules import Coded
from reattune.segment_codes.criteria import RESOLVED_BY, SegmentCriteria
from reattune.segment_codes.kinds import BOTH
from reattune.segment_codes.meeting import CodedMeeting
from reattune.segment_codes.states import STREAM, SegmentStates, find_states, make_session

Outcome = Literal["resolved", "unresolved", "censored"]
OUTCOMES: tuple[Outcome, ...] = ("resolved", "unresolved", "censored")
_SLACK_S = 1e-6
_CHAIN = {"repaired": "resolved", "unrepaired": "unresolved", "censored": "censored"}
_WHY = {
    "end": "the meeting's coding ended",
    "missing": "a segment was not coded",
    "cut": "the coding was interrupted",
    "window": "it outlasted the window",
    "": "",
}


@dataclass(frozen=True)
class CodedRupture:
    """One rupture of a meeting.

    Attributes
    ----------
    meeting, dyad : str
    number : int or None
        Which meeting of the dyad.
    rupture : int
        From 1, within the meeting.
    first, last : int
        Place of its first and last segment in the meeting, from 0.
    onset_s, end_s : float
    kind : str
        ``withdrawal``, ``confrontation``, ``rupture``, ``other``, or ``both`` (several kinds).
    side : str
        Whose markers are in it: a side, or ``both``.
    opened_by : str
        Whose marker began it; empty where its beginning was not seen.
    peak, mean : float
        Highest, and mean over its segments, of the highest mean salience of any marker.
    strategies : tuple of str
        Coded in it or in the segments after it that still count, in order of appearance.
    first_strategy : float
        Segments from the onset to the first strategy (0 = in the first segment); nan without.
    extent : float
        Highest extent resolved in these segments; nan where not rated.
    outcome : {"resolved", "unresolved", "censored"}
    reason : str
        Why it is not resolved, in words.
    over : bool
        Whether enough coded segments without a rupture follow it, whatever the outcome.
    entered : bool
        Whether its beginning was seen: a coded segment without a rupture comes before it. If not,
        its segments count, but it is in no number of ruptures and no latency.
    """

    meeting: str
    dyad: str
    number: int | None
    rupture: int
    first: int
    last: int
    onset_s: float
    end_s: float
    kind: str
    side: str
    opened_by: str
    peak: float
    mean: float
    strategies: tuple[str, ...]
    first_strategy: float
    extent: float
    outcome: Outcome
    reason: str
    over: bool
    entered: bool

    @property
    def segments(self) -> int:
        """How many segments it lasts (or was watched)."""
        return self.last - self.first + 1

    @property
    def latency_min(self) -> float:
        """Minutes from its onset to its end (or as long as it was watched)."""
        return (self.end_s - self.onset_s) / 60


@dataclass(frozen=True, eq=False)
class MeetingAnalysis:
    """One meeting: its states, its ruptures, and its tally for the measures."""

    meeting: CodedMeeting
    states: SegmentStates
    ruptures: tuple[CodedRupture, ...]
    tally: Tally | None

    @property
    def entered(self) -> tuple[CodedRupture, ...]:
        """The ruptures whose beginning was seen."""
        return tuple(rupture for rupture in self.ruptures if rupture.entered)


def find_coded_ruptures(
    meeting: CodedMeeting, criteria: SegmentCriteria | None = None
) -> MeetingAnalysis:
    """The ruptures of one meeting.

    The chain is that of every other input: `Coded` says when the dyad is in a rupture,
    `find_ruptures` finds the runs. Kind, salience, strategies and the criterion of resolution are
    added here.

    Parameters
    ----------
    meeting : CodedMeeting
    criteria : SegmentCriteria, optional
    """
    rule = criteria or SegmentCriteria()
    states = find_states(meeting, rule)
    if not states.known.any():
        return MeetingAnalysis(meeting, states, (), None)
    attunement = Coded(STREAM)(make_session(states))
    runs = find_ruptures(attunement, rule.for_runs(meeting.length_s))
    found = []
    for at, run in enumerate(runs, start=1):
        first = int(np.searchsorted(meeting.starts, run.onset - _SLACK_S))
        last = int(np.searchsorted(meeting.ends, run.end - _SLACK_S))
        end = last + 1
        quiet = _quiet_after(states, end)
        followed = quiet >= rule.quiet
        closed = run.outcome == "repaired" and followed
        outcome, reason = _CHAIN[run.outcome], _WHY[run.reason]
        if run.outcome == "repaired" and not closed:
            outcome = "censored"
            reason = _WHY["end" if end + quiet >= len(meeting) else "missing"]
        inside = slice(first, min(len(meeting), end + (rule.after if closed else 0)))
        shown = states.strategies[inside]
        order = [int(s) for row in shown for s in np.flatnonzero(row)]
        strategies = tuple(meeting.strategies[s] for s in dict.fromkeys(order))
        extents = states.extent[inside]
        extent = float(np.nanmax(extents)) if not np.isnan(extents).all() else nan
        if closed:
            outcome, reason = _resolve(rule, bool(strategies), extent)
        saliences = states.salience[first:end]
        found.append(
            CodedRupture(
                meeting=meeting.id,
                dyad=meeting.dyad,
                number=meeting.number,
                rupture=at,
                first=first,
                last=last,
                onset_s=run.onset,
                end_s=run.end,
                kind=_kind(states, first, end),
                side=_side(states, first, end),
                opened_by=run.by,
                peak=float(np.nanmax(saliences)),
                mean=float(np.nanmean(saliences)),
                strategies=strategies,
                first_strategy=float(np.flatnonzero(shown.any(axis=1))[0]) if order else nan,
                extent=extent,
                outcome=outcome,  # type: ignore[arg-type]
                reason=reason,
                over=followed,
                entered=run.entered,
            )
        )
    tally = _tally(make_tally(attunement, runs), found)
    return MeetingAnalysis(meeting, states, tuple(found), tally)


def _tally(tally: Tally, found: list[CodedRupture]) -> Tally:
    """The chain's tally with the endings the criteria give: over or not, resolved or not."""
    seen = [rupture for rupture in found if rupture.entered]
    over = np.array([rupture.over for rupture in seen], dtype=np.bool_)
    ends = [rupture.outcome for rupture in seen]
    return replace(
        tally,
        events=over,
        raw_durations=tally.durations,
        raw_events=over,
        n_repairs=sum(rupture.over for rupture in found),
        outcomes=(ends.count("resolved"), ends.count("censored"), ends.count("unresolved")),
    )


def _quiet_after(states: SegmentStates, end: int) -> int:
    """Coded segments in a row without a rupture, from that place on."""
    calm = states.known[end:] & ~states.rupture[end:]
    stops = np.flatnonzero(~calm)
    return int(stops[0]) if stops.size else int(calm.size)


def _resolve(rule: SegmentCriteria, tried: bool, extent: float) -> tuple[str, str]:
    """Outcome and reason of a rupture that is over."""
    if rule.resolved_by == "strategy" and not tried:
        return "unresolved", "no strategy was coded"
    if rule.resolved_by == "extent":
        if np.isnan(extent):
            return "censored", "the extent resolved was not rated"
        if extent < rule.least_extent - 1e-9:
            return "unresolved", "the extent resolved stayed lower"
    return "resolved", ""


def _kind(states: SegmentStates, first: int, end: int) -> str:
    here = [kind for kind in states.kinds if states.of_kind(kind)[first:end].any()]
    return here[0] if len(here) == 1 else BOTH


def _side(states: SegmentStates, first: int, end: int) -> str:
    here = [s for s in states.meeting.sides if states.of_side(s)[first:end].any()]
    return here[0] if len(here) == 1 else "both"


def compare_criteria(
    meetings: tuple[CodedMeeting, ...], criteria: SegmentCriteria
) -> list[tuple[str, int, int, int, int]]:
    """What each criterion of resolution would make of the same ruptures.

    Returns
    -------
    list of (criterion, ruptures, resolved, unresolved, censored)
        Ruptures whose beginning was seen. Criteria that need what was not coded are left out.
    """
    rows = []
    for by in RESOLVED_BY:
        rule = replace(criteria, resolved_by=by)
        found = [r for m in meetings for r in find_coded_ruptures(m, rule).entered]
        can = {
            "quiet": True,
            "strategy": any(len(m.strategies) for m in meetings),
            "extent": any(np.isfinite(m.extent).any() for m in meetings),
        }[by]
        if can:
            ends = [r.outcome for r in found]
            rows.append((by, len(ends), *(ends.count(outcome) for outcome in OUTCOMES)))
    return rows  # type: ignore[return-value]
