"""What each segment of a meeting is: which markers count, of which kind, which strategies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reattune.core.intervals import Intervals
from reattune.core.session import Session
from reattune.core.streams import Events
from reattune.segment_codes.criteria import SegmentCriteria
from reattune.segment_codes.kinds import BOTH, KINDS, NONE
from reattune.segment_codes.meeting import BoolArray, CodedMeeting, FloatArray

STREAM = "rupture"
_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class SegmentStates:
    """One meeting under the criteria, n segments.

    Attributes
    ----------
    known : bool array, shape (n,)
        Whether the segment says rupture or no rupture. False: not coded, or too little of it.
    rupture : bool array, shape (n,)
    above : bool array, shape (n, m)
        Markers whose mean salience exceeds the threshold (also codes that are no ruptures).
    salience : float array, shape (n,)
        Highest mean salience of any marker of a rupture; nan where not known.
    strategies : bool array, shape (n, s)
    extent : float array, shape (n,)
    """

    meeting: CodedMeeting
    known: BoolArray
    rupture: BoolArray
    above: BoolArray
    salience: FloatArray
    strategies: BoolArray
    extent: FloatArray

    def of_kind(self, kind: str) -> BoolArray:
        """Segments with a marker of that kind."""
        chosen = [marker.kind == kind for marker in self.meeting.markers]
        return np.asarray(self.above[:, chosen].any(axis=1) & self.known)

    def of_side(self, side: str) -> BoolArray:
        """Segments with a rupture marker of that side."""
        chosen = [m.side == side and m.kind != NONE for m in self.meeting.markers]
        return np.asarray(self.above[:, chosen].any(axis=1) & self.known)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds the table knows, in order."""
        return tuple(k for k in KINDS if any(m.kind == k for m in self.meeting.markers))

    def words(self) -> list[str]:
        """Each segment in a word: ``""`` none, a kind, ``"both"`` several kinds, ``"missing"``."""
        per_kind = {kind: self.of_kind(kind) for kind in self.kinds}
        told = []
        for at, known in enumerate(self.known.tolist()):
            if not known:
                told.append("missing")
                continue
            here = [kind for kind, on in per_kind.items() if on[at]]
            told.append("" if not here else here[0] if len(here) == 1 else BOTH)
        return told


def find_states(meeting: CodedMeeting, criteria: SegmentCriteria | None = None) -> SegmentStates:
    """What each segment is under the criteria.

    Notes
    -----
    A segment with a marker above the threshold is a rupture segment. One without is "no rupture"
    only where every marker that was rated in this meeting at all was rated there; else it is
    missing.
    """
    rule = criteria or SegmentCriteria()
    mean = meeting.mean_salience()
    with np.errstate(invalid="ignore"):
        above = mean > rule.threshold + _TOLERANCE
    marks = np.array([marker.kind != NONE for marker in meeting.markers], dtype=np.bool_)
    rated = ~np.isnan(mean)
    used = marks & rated.any(axis=0)
    rupture = np.asarray((above & marks).any(axis=1))
    known = rupture | (rated[:, used].all(axis=1) & meeting.coded)
    if not used.any():
        known[:] = False
    best = np.full(len(meeting), np.nan)
    if used.any():
        filled = np.where(rated[:, used], mean[:, used], -np.inf).max(axis=1)
        best[known] = filled[known]
    with np.errstate(invalid="ignore"):
        shown = meeting.mean_shown() >= rule.strategy_share - _TOLERANCE
    return SegmentStates(
        meeting=meeting,
        known=known,
        rupture=rupture,
        above=above,
        salience=best,
        strategies=shown & known[:, None],
        extent=meeting.mean_extent(),
    )


def make_session(states: SegmentStates) -> Session:
    """The meeting as a session: each side's rupture segments as marks in the known time."""
    meeting = states.meeting
    observed = Intervals(meeting.starts[states.known], meeting.ends[states.known])
    streams = []
    for side in meeting.sides:
        own = [m for m in meeting.markers if m.side == side and m.kind != NONE]
        if not own:
            continue
        on = states.of_side(side)
        streams.append(
            Events(
                side,
                STREAM,
                meeting.starts[on],
                meeting.ends[on],
                ["rupture"] * int(on.sum()),
                observed=observed,
                tick_s=meeting.length_s,
            )
        )
    return Session(
        id=meeting.id,
        partners=meeting.sides,
        span=(float(meeting.starts[0]), float(meeting.ends[-1])),
        streams=tuple(streams),
        dyad=meeting.dyad,
        notes=meeting.notes,
    )
