"""Rules: sessions in, the dyad over time out."""

from __future__ import annotations

import json

import numpy as np
import pytest

from reattune.core.errors import MissingStreamError, SettingError
from reattune.core.intervals import Intervals
from reattune.core.session import Session
from reattune.core.streams import Events, Signal, States
from reattune.repair import find_ruptures
from reattune.rules import Coded, Contact, Contingent, OwnTable, Rule, StateMatch, make_rule

PARTNERS = ("child", "adult")


def states(partner: str, rows: list, name: str = "affect", tick_s: float = 0.04) -> States:
    a, b, labels = zip(*rows, strict=True) if rows else ((), (), ())
    return States(partner, name, a, b, labels, tick_s)


def events(partner: str, rows: list, name: str, end: float = 20, labels=None) -> Events:
    seen = Intervals([0], [end])
    a, b = zip(*rows, strict=True) if rows else ((), ())
    return Events(partner, name, a, b, labels, observed=seen, tick_s=0.04)


def dyad(*streams: object, end: float = 20, cuts: tuple = ()) -> Session:
    return Session("s", PARTNERS, (0, end), streams, cuts=cuts)


# -- StateMatch ------------------------------------------------------------------------------------


def test_state_match_by_hand() -> None:
    session = dyad(
        states("child", [(0, 5, "a"), (5, 8, "b"), (8, 20, "a")]),
        states("adult", [(0, 6, "a"), (6, 10, "b"), (12, 20, "a")]),
    )
    attunement = StateMatch("affect")(session)
    assert list(attunement.matched) == [(0, 5), (6, 8), (12, 20)]
    assert list(attunement.mismatched) == [(5, 6), (8, 10)]
    assert list(attunement.unobserved) == [(10, 12)]
    assert attunement.change_times(0).tolist() == [5, 8]
    assert attunement.change_times(1).tolist() == [6]
    assert "18 s observed, 83.3% matched" in repr(attunement)
    frame = attunement.to_frame()
    assert frame.loc[frame["state"] == "unobserved", "distance"].isna().all()


def test_two_names_for_the_two_partners() -> None:
    session = dyad(states("child", [(0, 20, "a")], "mood"), states("adult", [(0, 20, "a")], "tone"))
    assert StateMatch(("mood", "tone"))(session).matched.total == 20
    with pytest.raises(MissingStreamError, match=r"'tone' of child.*'mood'"):
        StateMatch(("tone", "mood"))(session)
    with pytest.raises(MissingStreamError, match="'mood'"):
        StateMatch("affect")(session)


def test_no_change_is_followed_across_a_cut() -> None:
    child = states("child", [(0, 5, "a"), (5, 20, "b")])
    adult = states("adult", [(0, 20, "a")])
    assert len(StateMatch("affect")(dyad(child, adult)).change_times(0)) == 1
    cut = StateMatch("affect")(dyad(child, adult, cuts=(5.0,)))
    assert len(cut.change_times(0)) == 0
    assert not find_ruptures(cut).entered.any()


def test_a_session_that_could_not_be_coded_is_unobserved() -> None:
    for table in ("same_category", "same_valence"):
        attunement = StateMatch("affect", table)(dyad(states("child", []), states("adult", [])))
        assert attunement.unobserved.total == 20
        assert len(find_ruptures(attunement)) == 0


@pytest.mark.parametrize("window", [(5, 5), (5, 3), (np.nan, 3), (0, np.inf)])
@pytest.mark.parametrize(
    "rule",
    [StateMatch("affect"), Contact("affect", 1, labels="a"), Coded("affect", ("a",))],
    ids=["StateMatch", "Contact", "Coded"],
)
def test_a_window_has_length(rule: Rule, window: tuple[float, float]) -> None:
    session = dyad(states("child", [(0, 20, "a")]), states("adult", [(0, 20, "a")]))
    with pytest.raises(SettingError) as caught:
        rule(session, window)
    assert caught.value.parameter == "window"


def test_signals_are_no_states() -> None:
    session = dyad(Signal("child", "affect", [1, 2], 1), states("adult", [(0, 20, "a")]))
    with pytest.raises(MissingStreamError, match="Signal, not States"):
        StateMatch("affect")(session)


# -- Contact ---------------------------------------------------------------------------------------


def test_contact_lasts_patience_beyond_each_bout() -> None:
    session = dyad(events("adult", [(4, 5), (6, 7), (14, 15)], "voice"))
    attunement = Contact("voice", 2, partners="adult")(session)
    assert list(attunement.matched) == [(4, 9), (14, 17)]
    # Before anything was shown the state is unknown for as long as the patience.
    assert list(attunement.unobserved) == [(0, 2)]
    assert list(attunement.mismatched) == [(2, 4), (9, 14), (17, 20)]
    assert [r.entered for r in find_ruptures(attunement)] == [False, True, True]


def test_contact_looks_back_across_the_start_of_a_phase() -> None:
    session = dyad(events("adult", [(4, 5)], "voice"))
    attunement = Contact("voice", 3, partners=("adult",))(session, (6, 12))
    assert list(attunement.matched) == [(6, 8)]
    assert [r.entered for r in find_ruptures(attunement)] == [True]


def test_contact_of_both_partners() -> None:
    session = dyad(events("child", [(3, 8)], "gaze"), events("adult", [(5, 12)], "gaze"))
    attunement = Contact("gaze", 1)(session)
    assert list(attunement.matched) == [(5, 9)]
    [opened] = [r for r in find_ruptures(attunement) if r.entered]
    assert (opened.onset, opened.by) == (9, "child")


def test_a_point_event_is_one_frame_of_the_behaviour() -> None:
    session = dyad(events("adult", [(5, 5)], "smile"))
    [(start, end)] = Contact("smile", 2, partners="adult")(session).matched
    assert (start, end) == (5, pytest.approx(7.04))


def test_contact_by_some_labels_and_from_states() -> None:
    session = dyad(
        events("adult", [(3, 4), (9, 10)], "voice", labels=["sing", "speak"]),
        states("child", [(0, 5, "look"), (5, 20, "away")], "gaze"),
    )
    assert list(Contact("voice", 1, "adult", "speak")(session).matched) == [(9, 11)]
    assert list(Contact("gaze", 1, "child", "look")(session).matched) == [(0, 6)]
    with pytest.raises(SettingError, match="away, look") as caught:
        Contact("gaze", 1, "child")(session)
    assert caught.value.parameter == "labels"


def test_contact_names_what_is_missing() -> None:
    session = dyad(events("adult", [(3, 4)], "voice"), Signal("child", "voice", [0, 1], 1))
    with pytest.raises(MissingStreamError, match=r"partner 'mum'.*'child' and 'adult'"):
        Contact("voice", 1, "mum")(session)
    with pytest.raises(SettingError, match="threshold"):
        Contact("voice", 1)(session)


# -- Contingent ------------------------------------------------------------------------------------


def contingent(cues: list, answers: list, window_s: float = 2, end: float = 20, cuts=()):
    session = dyad(
        events("child", cues, "cue", end), events("adult", answers, "answer", end), cuts=cuts
    )
    session = Session("s", PARTNERS, (0, end), session.streams, cuts=cuts)
    attunement = Contingent("cue", "answer", window_s)(session)
    return attunement, list(find_ruptures(attunement))


def told(attunement) -> dict[str, int]:
    return {name: n for name, n in attunement.extras.items() if n}


def test_a_cue_is_picked_up_or_opens_a_rupture() -> None:
    attunement, [rupture] = contingent([(2, 3), (8, 9)], [(3, 4), (12, 13)])
    assert told(attunement) == {"cues": 2, "picked_up": 1, "missed": 1}
    assert (rupture.onset, rupture.end) == (10, 12)
    assert (rupture.by, rupture.repaired_by) == ("adult", "adult")
    assert (rupture.entered, rupture.outcome) == (True, "repaired")
    assert attunement.matched.total == 18


def test_an_answer_when_the_window_ends_leaves_no_rupture() -> None:
    attunement, ruptures = contingent([(2, 3)], [(4, 5)])
    assert told(attunement) == {"cues": 1, "late_at_expiry": 1}
    assert ruptures == []


def test_an_answer_may_have_begun_before() -> None:
    assert told(contingent([(2, 3)], [(1, 2.5)])[0]) == {"cues": 1, "picked_up": 1}
    # But not have ended when the cue begins.
    assert told(contingent([(2, 3)], [(1, 2)])[0]) == {"cues": 1, "missed": 1}


def test_cues_during_a_rupture_change_nothing() -> None:
    attunement, [rupture] = contingent([(2, 3), (5, 6)], [(10, 11)])
    assert told(attunement) == {"cues": 2, "missed": 1, "during_rupture": 1}
    assert (rupture.onset, rupture.end) == (4, 10)


def test_a_window_beyond_the_observation_is_undecided() -> None:
    assert told(contingent([(19, 20)], [])[0]) == {"cues": 1, "undecided": 1}


def test_a_rupture_that_outlasts_the_observation_is_censored() -> None:
    _, [rupture] = contingent([(2, 3)], [])
    assert (rupture.outcome, rupture.reason, rupture.end) == ("censored", "end", 20)


def test_a_cue_already_running_gives_a_rupture_that_is_not_entered() -> None:
    _, [rupture] = contingent([(0, 3)], [(10, 11)])
    assert (rupture.onset, rupture.entered, rupture.by) == (2, False, "")
    assert rupture.outcome == "repaired"


def test_points_can_be_cues_and_answers() -> None:
    attunement, [rupture] = contingent([(2, 2), (8, 8)], [(3, 3), (13, 13)])
    assert told(attunement) == {"cues": 2, "picked_up": 1, "missed": 1}
    assert (rupture.onset, rupture.end) == (10, 13)


def test_a_cut_ends_a_rupture() -> None:
    _, [rupture] = contingent([(2, 3)], [(10, 11)], cuts=(7.0,))
    assert (rupture.end, rupture.outcome, rupture.reason) == (7, "censored", "cut")


def test_the_other_partner_may_give_the_cue() -> None:
    session = dyad(events("child", [(9, 10)], "answer"), events("adult", [(2, 3)], "cue"))
    [rupture] = find_ruptures(Contingent("cue", "answer", 2, cue_by="adult")(session))
    assert (rupture.onset, rupture.end, rupture.by) == (4, 9, "child")
    with pytest.raises(MissingStreamError, match="'mum'"):
        Contingent("cue", "answer", 2, cue_by="mum")(session)


# -- Coded -----------------------------------------------------------------------------------------


def test_coded_marks_are_mismatches() -> None:
    session = dyad(
        events("child", [(2, 5)], "marks", labels=["withdraw"]),
        events("adult", [(4, 8), (15, 20)], "marks", labels=["confront", "other"]),
    )
    attunement = Coded("marks")(session)
    ruptures = list(find_ruptures(attunement))
    assert [(r.onset, r.end, r.by, r.repaired_by) for r in ruptures] == [
        (2, 8, "child", ""),
        (15, 20, "adult", ""),
    ]
    assert [r.outcome for r in ruptures] == ["repaired", "censored"]
    assert attunement.pair is None
    only = find_ruptures(Coded("marks", ("withdraw", "confront"))(session))
    assert len(only) == 1


def test_coded_needs_the_stream_of_one_partner() -> None:
    session = dyad(events("adult", [(4, 8)], "marks"))
    assert Coded("marks")(session).mismatched.total == 4
    with pytest.raises(MissingStreamError, match="'marks'"):
        Coded("mark")(session)


def test_a_mark_without_length_is_refused() -> None:
    session = dyad(events("adult", [(4, 4), (6, 9)], "marks"))
    with pytest.raises(SettingError, match="1 marks without length, the first at 4 s"):
        Coded("marks")(session)


# -- settings --------------------------------------------------------------------------------------

RULES = [
    StateMatch("affect", "same_valence"),
    StateMatch(("a", "b"), OwnTable(match=(("x", "y"),), order=("x", "y"))),
    Contact("voice", 3.0, partners=("adult",), labels=("on",)),
    Contingent("cue", "answer", 2.0, cue_by="child", cue_labels=("1",)),
    Coded("marks", ("withdraw",)),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_settings_make_the_same_rule_again(rule: Rule) -> None:
    text = json.dumps(rule.to_dict())
    assert make_rule(json.loads(text)) == rule
    assert hash(make_rule(json.loads(text))) == hash(rule)
    assert make_rule(json.loads(text)).describe() == rule.describe()


@pytest.mark.parametrize(
    ("settings", "parameter"),
    [
        ({"type": "StateMach", "stream": "a"}, "rule.type"),
        ({"stream": "a"}, "rule.type"),
        ({"type": "StateMatch", "stream": "a", "tabel": "x"}, "rule.tabel"),
        ({"type": "Contact", "stream": "a"}, "rule of type Contact"),
        ({"type": "Contact", "stream": "a", "patience_s": 0}, "patience_s"),
        ({"type": "Contact", "stream": "a", "patience_s": float("nan")}, "patience_s"),
        ({"type": "Contingent", "cue": "a", "response": "b", "window_s": -1}, "window_s"),
        ({"type": "StateMatch", "stream": "a", "table": "same"}, "table"),
        ({"type": "StateMatch", "stream": "a", "table": 5}, "table"),
        ({"type": "StateMatch", "stream": ["a", "b", "c"]}, "stream"),
        ({"type": "StateMatch", "stream": "a", "table": {"mach": []}}, "table"),
    ],
)
def test_wrong_settings_name_their_parameter(settings: dict, parameter: str) -> None:
    with pytest.raises(SettingError) as caught:
        make_rule(settings)
    assert caught.value.parameter == parameter


def test_every_rule_says_what_it_does() -> None:
    told = [rule.describe() for rule in RULES]
    assert "same sign (table 'same_valence')" in told[0]
    assert "a / b matches for the pairs x+y" in told[1]
    assert "voice (on) of adult was shown within the last 3 s" in told[2]
    assert "cue cue of child not answered by answer within 2 s" in told[3]
    assert told[4] == "ruptures as coded in marks (withdraw)"
    assert "an approximation" in StateMatch("a", "social_positive_only").describe()
