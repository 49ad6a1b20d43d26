"""Turns: two streams of utterances in order, joined to turns, with who took the floor when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isnan, nan

from reattune.core.intervals import Intervals
from reattune.core.streams import Events
from reattune.talk.words import plain_text, split_words


@dataclass(frozen=True)
class Turn:
    """What one partner said before the other spoke. Its text is in no repr.

    Attributes
    ----------
    side : int
        0 or 1: which partner.
    start_s, end_s : float
        Start of its first and end of its last utterance; the end is nan where the end of one of
        its utterances is not known.
    n_utterances : int
    follows : bool
        Whether it follows the turn before it without missing time or a cut between them.
    plain : str
        See `reattune.talk.words.plain_text`.
    words : tuple of str
    """

    side: int
    start_s: float
    end_s: float
    n_utterances: int
    follows: bool
    plain: str = field(repr=False)
    words: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class Transfer:
    """One taking of the floor.

    Attributes
    ----------
    turn : int
        Index of the turn in which it happens.
    side : int
        Who takes the floor.
    offset_s : float
        Start of the new talk minus end of the other's talk so far: a gap above 0, an overlap
        below 0; nan where an end is not known.
    """

    turn: int
    side: int
    offset_s: float


@dataclass(frozen=True)
class Turns:
    """The turns of a meeting, in order of their starts.

    Attributes
    ----------
    turns : tuple of Turn
    transfers : tuple of Transfer
    inside : tuple of (int, int)
        Turn and side of utterances that lie wholly inside the other's talk ("mm-hmm"); they take
        no floor.
    n_ties : int
        Utterances of both partners with the same start.
    n_broken : int
        Changes of speaker across missing time or a cut; they are no transfers.
    """

    turns: tuple[Turn, ...]
    transfers: tuple[Transfer, ...]
    inside: tuple[tuple[int, int], ...]
    n_ties: int
    n_broken: int


@dataclass(frozen=True)
class _Utterance:
    side: int
    start_s: float
    end_s: float
    text: str = field(repr=False)


def _utterances(stream: Events, side: int) -> list[_Utterance]:
    """A point has no known end."""
    return [
        _Utterance(side, start, end if end > start else nan, text)
        for start, end, text in zip(
            stream.starts.tolist(), stream.ends.tolist(), stream.labels, strict=True
        )
    ]


def order_utterances(streams: tuple[Events, Events]) -> tuple[list[_Utterance], int]:
    """Both partners' utterances by start, and how many starts were tied between them.

    At a tie the partner who did not speak last goes first: transcripts with whole seconds have
    many ties, and most talk alternates. At the very start the partner whose name comes first in
    the alphabet does, so that the order of the partners has no part in it.
    """
    left, right = (_utterances(stream, side) for side, stream in enumerate(streams))
    first = 0 if streams[0].partner <= streams[1].partner else 1
    ordered: list[_Utterance] = []
    at, ties = [0, 0], 0
    own = (left, right)
    while at[0] < len(left) or at[1] < len(right):
        if at[0] == len(left) or at[1] == len(right):
            side = 0 if at[0] < len(left) else 1
        else:
            starts = left[at[0]].start_s, right[at[1]].start_s
            if starts[0] == starts[1]:
                ties += 1
                side = 1 - ordered[-1].side if ordered else first
            else:
                side = 0 if starts[0] < starts[1] else 1
        ordered.append(own[side][at[side]])
        at[side] += 1
    return ordered, ties


class _Breaks:
    """Moments across which talk is not followed: time unobserved in either stream, and cuts."""

    def __init__(self, observed: Intervals, cuts: Sequence[float]) -> None:
        holes = [*observed.gaps(), *((cut, cut) for cut in cuts)]
        self.holes = sorted(holes)
        self.starts = [start for start, _ in self.holes]

    def between(self, before: _Utterance, reach_s: float, start_s: float) -> bool:
        """Whether a break lies between the talk that began with ``before`` and ``start_s``."""
        low = before.start_s if isnan(reach_s) else reach_s
        at = bisect_right(self.starts, start_s) - 1
        while at >= 0 and self.starts[at] > before.start_s:
            if self.holes[at][1] >= low:
                return True
            at -= 1
        return False


def find_turns(streams: tuple[Events, Events], cuts: Sequence[float] = ()) -> Turns:
    """The turns of two streams of utterances.

    Parameters
    ----------
    streams : (Events, Events)
        Labels are the texts. Points have a start only.
    cuts : sequence of float
        Moments at which continuity is broken.

    Notes
    -----
    A turn is a run of utterances of one partner, by order of starts. A *transfer* is counted where
    the partner who does not hold the floor begins and does not end within the other's talk; its
    offset is the floor transfer offset of conversation research (de Ruiter, Mitterer & Enfield
    2006; Heldner & Edlund 2010).
    """
    ordered, ties = order_utterances(streams)
    breaks = _Breaks(streams[0].observed & streams[1].observed, cuts)
    groups: list[list[_Utterance]] = []
    follows: list[bool] = []
    transfers: list[Transfer] = []
    inside: list[tuple[int, int]] = []
    broken_changes, holder, reach = 0, -1, nan
    for at, said in enumerate(ordered):
        before = ordered[at - 1] if at else None
        broken = before is not None and breaks.between(before, before.end_s, said.start_s)
        if before is None or broken or said.side != before.side:
            groups.append([])
            follows.append(before is not None and not broken)
        groups[-1].append(said)
        turn = len(groups) - 1
        if before is None or broken:
            broken_changes += before is not None and said.side != before.side
            holder, reach = said.side, said.end_s
        elif said.side == holder:
            reach = said.end_s if isnan(reach) or isnan(said.end_s) else max(reach, said.end_s)
        elif said.end_s <= reach:
            inside.append((turn, said.side))
        else:
            # Without an end it cannot be known whether early talk stayed inside the other's.
            unsure = isnan(said.end_s) and said.start_s < reach
            transfers.append(Transfer(turn, said.side, nan if unsure else said.start_s - reach))
            holder, reach = said.side, said.end_s
    turns = tuple(_turn(group, link) for group, link in zip(groups, follows, strict=True))
    return Turns(turns, tuple(transfers), tuple(inside), ties, broken_changes)


def _turn(group: list[_Utterance], follows: bool) -> Turn:
    plain = plain_text(" ".join(said.text for said in group))
    known = not any(isnan(said.end_s) for said in group)
    end = max(said.end_s for said in group) if known else nan
    return Turn(
        group[0].side, group[0].start_s, end, len(group), follows, plain, split_words(plain)
    )
