"""Contingent: a cue that is not picked up within a window opens a rupture; a response closes it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from reattune.core.attunement import Attunement
from reattune.core.checks import check_positive
from reattune.core.pair import MATCH, MISMATCH, UNDEFINED, MatchTable, Pair
from reattune.core.session import Session
from reattune.core.steps import SAME_MOMENT_S, Steps, find_moments, merge_edges
from reattune.rules.base import Rule, check_partner, find_window
from reattune.rules.shown import find_shown, make_on_off

_COUNTS = ("cues", "picked_up", "late_at_expiry", "undecided", "missed", "during_rupture")


@dataclass(frozen=True)
class Contingent(Rule):
    """Attuned unless a cue went unanswered.

    Parameters
    ----------
    cue, response : str
        Stream of the cues and stream of the responses (events, or states with labels).
    window_s : float
        A response in ``[onset, onset + window_s)`` picks the cue up; it may have begun before.
    cue_by : str, optional
        The partner who gives the cue; the first partner by default. The other one responds.
    cue_labels, response_labels : tuple of str, optional
        Which codes count; needed for exclusive states.

    Notes
    -----
    A rupture runs from the end of a missed cue's window to the start of the next response. A
    response that begins exactly when the window ends leaves no rupture. Further cues during a
    rupture change nothing. A window that reaches beyond the observation is undecided. A cue that
    was already running when observation began may have been answered before: its rupture is not
    entered. Time in which either partner is unobserved is undefined.

    The counts of cues stand in the attunement's ``extras``.
    """

    by_moment: ClassVar[bool] = False

    cue: str
    response: str
    window_s: float
    cue_by: str = ""
    cue_labels: tuple[str, ...] = ()
    response_labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_positive("window_s", self.window_s)
        for name in ("cue_labels", "response_labels"):
            value = getattr(self, name)
            fixed = (value,) if isinstance(value, str) else tuple(value)
            object.__setattr__(self, name, fixed)

    def read(self, session: Session, window: tuple[float, float] | None = None) -> Pair:
        """Cue on or off, response on or off, in the order of the session's partners."""
        span = find_window(session, window)
        cue_side = check_partner(session, self.cue_by) if self.cue_by else 0
        sides: list[Steps] = []
        ticks = []
        for side, partner in enumerate(session.partners):
            cue = side == cue_side
            name = self.cue if cue else self.response
            labels = self.cue_labels if cue else self.response_labels
            on, observed, stream = find_shown(session, name, partner, labels)
            sides.append(make_on_off(on, observed - on, span))
            ticks.append(stream.tick_s)
        words = (("no cue", "cue"), ("no response", "response"))
        table = MatchTable(
            "contingent",
            words if cue_side == 0 else (words[1], words[0]),
            np.ones((2, 2), dtype=np.int64),
            np.zeros((2, 2)),
            np.zeros((2, 2), dtype=np.bool_),
        )
        return Pair(session.partners, sides[0], sides[1], table, (ticks[0], ticks[1]), session.cuts)

    def judge(self, pair: Pair) -> Attunement:
        """Mismatched from each missed cue's expiry to the next response."""
        cue_side = pair.partners.index(self.cue_by) if self.cue_by else 0
        cue, response = (pair.x, pair.y) if cue_side == 0 else (pair.y, pair.x)
        seen = cue.observed() & response.observed()
        counts = dict.fromkeys(_COUNTS, 0)
        ruptures: list[tuple[float, float, bool, bool]] = []
        answers = [
            (float(a), float(b))
            for a, b, code in zip(
                response.edges[:-1], response.edges[1:], response.codes, strict=True
            )
            if code == 1
        ]
        for start, end in seen:
            bounds = [start, *sorted(c for c in pair.cuts if start < c < end), end]
            for piece in pairwise(bounds):
                ruptures += self._search(cue, answers, piece, counts)
        return self._attune(pair, ruptures, cue_side, counts)

    def _search(
        self,
        cue: Steps,
        answers: list[tuple[float, float]],
        piece: tuple[float, float],
        counts: dict[str, int],
    ) -> list[tuple[float, float, bool, bool]]:
        """(onset, end, entered, closed) of every rupture in one uninterrupted piece of time."""
        first, last = piece
        starts, ends = [a for a, _ in answers], [b for _, b in answers]
        found: list[tuple[float, float, bool, bool]] = []
        busy_until = first
        low = max(0, int(np.searchsorted(cue.edges, first, side="right")) - 1)
        for i in range(low, cue.codes.size):
            onset = float(max(cue.edges[i], first))
            if onset >= last - SAME_MOMENT_S:
                break
            if cue.codes[i] != 1:
                continue
            counts["cues"] += 1
            if onset < busy_until - SAME_MOMENT_S:
                counts["during_rupture"] += 1
                continue
            expiry = onset + self.window_s
            # The first answer that ends after the cue's onset.
            at = bisect_right(ends, onset + SAME_MOMENT_S)
            if at < len(starts) and starts[at] < min(expiry, last) - SAME_MOMENT_S:
                counts["picked_up"] += 1
                continue
            if expiry > last + SAME_MOMENT_S:
                counts["undecided"] += 1
                continue
            after = bisect_left(starts, expiry - SAME_MOMENT_S)
            answer = starts[after] if after < len(starts) else last
            seen_out = last - expiry > SAME_MOMENT_S
            if answer - expiry <= SAME_MOMENT_S and seen_out:
                counts["late_at_expiry"] += 1
                continue
            counts["missed"] += 1
            if not seen_out:
                continue
            closed = answer < last - SAME_MOMENT_S
            end = min(answer, last)
            found.append((expiry, end, onset > first, closed))
            busy_until = end
        return found

    def _attune(
        self,
        pair: Pair,
        ruptures: list[tuple[float, float, bool, bool]],
        cue_side: int,
        counts: dict[str, int],
    ) -> Attunement:
        start, end = pair.window
        onsets, ends = ([r[k] for r in ruptures] for k in (0, 1))
        cuts = np.sort(np.array([c for c in pair.cuts if start < c < end], dtype=np.float64))
        edges = merge_edges(pair.x.edges, pair.y.edges, np.array(onsets + ends), cuts)
        middles = (edges[:-1] + edges[1:]) / 2
        seen = (pair.x.at(middles) >= 0) & (pair.y.at(middles) >= 0)
        state = np.where(seen, MATCH, UNDEFINED)
        changed = np.zeros((2, edges.size), dtype=np.bool_)
        cut = find_moments(edges, cuts)
        cut[0] = cut[-1] = True
        for onset, stop, entered, closed in ruptures:
            first, last = np.searchsorted(edges, [onset - SAME_MOMENT_S, stop - SAME_MOMENT_S])
            state[first:last] = MISMATCH
            # Whoever did not answer opened it; an unseen beginning is nobody's and not entered.
            changed[1 - cue_side, first] = entered
            cut[first] |= not entered
            changed[1 - cue_side, last] = closed
        return Attunement(
            partners=pair.partners,
            edges=edges,
            state=state,
            distance=np.where(state == UNDEFINED, np.nan, (state == MISMATCH) * 1.0),
            negative=np.zeros(state.size, dtype=np.bool_),
            changed=changed,
            cut=cut,
            tick_s=pair.tick_s,
            tie_s=0.0,
            rule=self.describe(),
            extras=counts,
        )

    def describe(self) -> str:
        """The rule in words."""
        who = f" of {self.cue_by}" if self.cue_by else ""
        return (
            f"a {self.cue} cue{who} not answered by {self.response} "
            f"within {self.window_s:g} s opens a rupture"
        )
