"""Turns, floor transfers and segments of tiny dialogues, worked out by hand."""

from __future__ import annotations

from math import isnan, nan

import pytest

from reattune.core.errors import SettingError
from reattune.core.intervals import Intervals
from reattune.core.session import Phase
from reattune.core.streams import Events
from reattune.talk.segments import cut_segments
from reattune.talk.turns import Turns, find_turns

Said = list[tuple[float, float, str]]


def stream(partner: str, said: Said, observed: Intervals | None = None) -> Events:
    starts, ends = [row[0] for row in said], [row[1] for row in said]
    seen = Intervals([0], [100]) if observed is None else observed
    return Events(partner, "utterances", starts, ends, [row[2] for row in said], observed=seen)


def turns_of(a: Said, b: Said, cuts: tuple[float, ...] = (), **kw: Intervals) -> Turns:
    return find_turns((stream("ada", a, **kw), stream("ben", b, **kw)), cuts)


def told(turns: Turns) -> list[tuple[int, float, float, int, str]]:
    return [(t.side, t.start_s, t.end_s, t.n_utterances, " ".join(t.words)) for t in turns.turns]


def test_utterances_of_one_partner_in_a_row_are_one_turn() -> None:
    found = turns_of([(0, 1, "One"), (1.5, 3, "two."), (6, 7, "Four")], [(3.5, 5, "Three!")])
    assert told(found) == [(0, 0, 3, 2, "one two"), (1, 3.5, 5, 1, "three"), (0, 6, 7, 1, "four")]
    assert [(t.turn, t.side, t.offset_s) for t in found.transfers] == [(1, 1, 0.5), (2, 0, 1.0)]
    assert [t.follows for t in found.turns] == [False, True, True]


def test_an_early_start_is_a_negative_offset() -> None:
    found = turns_of([(0, 4, "a")], [(3.25, 6, "b")])
    assert [(t.side, t.offset_s) for t in found.transfers] == [(1, -0.75)]


def test_talk_inside_the_others_talk_takes_no_floor() -> None:
    found = turns_of([(0, 10, "a"), (10.5, 12, "b")], [(4, 5, "mm-hmm"), (13, 14, "c")])
    assert [(t.side, t.offset_s) for t in found.transfers] == [(1, 1.0)]
    assert found.inside == ((1, 1),)
    assert len(found.turns) == 4


def test_points_give_transfers_without_offset() -> None:
    found = turns_of([(0, 0, "a"), (9, 9, "c")], [(4, 4, "b")])
    assert [t.side for t in found.transfers] == [1, 0]
    assert all(isnan(t.offset_s) for t in found.transfers)
    assert all(isnan(t.end_s) for t in found.turns)


def test_an_end_that_is_known_later_is_used() -> None:
    mixed = turns_of([(0, 0, "a"), (2, 3, "b")], [(4, 4, "c")])
    assert [t.offset_s for t in mixed.transfers] == [1.0]
    unsure = turns_of([(0, 5, "a")], [(4, 4, "c")])
    assert [isnan(t.offset_s) for t in unsure.transfers] == [True]


def test_at_equal_starts_the_one_who_did_not_speak_last_goes_first() -> None:
    found = turns_of([(0, 0, "a"), (3, 3, "d")], [(2, 2, "b"), (3, 3, "c")])
    # ben spoke last, so ada's turn at 3 s is put before ben's.
    assert [t.plain for t in found.turns] == ["a", "b", "d", "c"]
    assert found.n_ties == 1


@pytest.mark.parametrize("order", [("ada", "ben"), ("ben", "ada")])
def test_a_tie_at_the_very_start_goes_by_name_whatever_the_order(order: tuple[str, str]) -> None:
    texts = {"ada": "a", "ben": "b"}
    found = find_turns(tuple(stream(p, [(0, 0, texts[p])]) for p in order))  # type: ignore[arg-type]
    assert [t.plain for t in found.turns] == ["a", "b"]


def test_nothing_is_followed_across_missing_time_or_a_cut() -> None:
    a: Said = [(0, 2, "a"), (20, 21, "c")]
    b: Said = [(15, 16, "b")]
    hole = Intervals([0, 12], [10, 100])
    found = turns_of(a, b, observed=hole)
    assert [t.follows for t in found.turns] == [False, False, True]
    assert [(t.turn, t.offset_s) for t in found.transfers] == [(2, 4.0)]
    assert found.n_broken == 1
    assert [t.follows for t in turns_of(a, b, (18.0,)).turns] == [False, True, False]
    # One partner's talk is split by a cut too; a cut inside an utterance splits nothing.
    assert len(turns_of([(0, 2, "a"), (5, 6, "b")], [], (3.0,)).turns) == 2
    assert turns_of([(0, 4, "a")], [(5, 6, "b")], (2.0,)).turns[1].follows


def test_a_cut_right_at_an_edge_cuts() -> None:
    for at in (4.0, 5.0):
        assert not turns_of([(0, 4, "a")], [(5, 6, "b")], (at,)).turns[1].follows, at


def test_no_text_is_in_a_repr() -> None:
    found = turns_of([(0, 1, "secretword")], [(2, 3, "otherword")])
    assert "word" not in repr(found).replace("words", "")


def test_segments_by_seconds() -> None:
    pieces = cut_segments([0.0, 4.0, 5.0, 9.0, 12.0], (0.0, 12.0), segment_s=5)
    assert [(p.label, p.start_s, p.end_s, p.first, p.last) for p in pieces] == [
        ("1", 0, 5, 0, 2),
        ("2", 5, 10, 2, 4),
        ("3", 10, 12, 4, 5),  # a last point at the very end is inside
    ]
    assert len(cut_segments([], (0.0, 0.3), segment_s=0.1)) == 3


def test_segments_by_turns_and_by_phases() -> None:
    starts = [1.0, 2.0, 3.0, 4.0, 5.0]
    pieces = cut_segments(starts, (0.0, 9.0), segment_turns=2)
    assert [(p.start_s, p.end_s, p.first, p.last) for p in pieces] == [
        (0, 3, 0, 2),
        (3, 5, 2, 4),
        (5, 9, 4, 5),
    ]
    phases = (Phase("play", 2, 4), Phase("reunion", 4.5, 9))
    pieces = cut_segments(starts, (0.0, 9.0), phases=phases)
    assert [(p.label, p.first, p.last) for p in pieces] == [("play", 1, 3), ("reunion", 4, 5)]
    assert cut_segments([], (0.0, 9.0), segment_turns=2) == ()
    assert cut_segments(starts, (0.0, 9.0)) == ()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"segment_s": 0}, "segment_s"),
        ({"segment_s": nan}, "segment_s"),
        ({"segment_s": 1e-9}, "at most 10000"),
        ({"segment_turns": 0}, "segment_turns"),
        ({"segment_turns": 1.5}, "whole number"),
        ({"segment_turns": True}, "whole number"),
        ({"segment_turns": 2, "segment_s": 2}, "either"),
    ],
)
def test_wrong_segments_are_refused(options: dict[str, float], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        cut_segments([1.0], (0.0, 60.0), **options)  # type: ignore[arg-type]
