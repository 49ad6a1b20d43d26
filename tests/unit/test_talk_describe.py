"""Describing talk: a dialogue worked out by hand, what must hold always, and privacy."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.core.errors import MissingStreamError, ReattuneError, SettingError
from reattune.core.intervals import Intervals
from reattune.core.notes import Note
from reattune.core.session import Phase, Session
from reattune.core.streams import Events, States
from reattune.talk import Lexicon, TalkDescription, describe_talk, rank_unusual
from reattune.talk.summary import COLUMNS

Said = list[tuple[float, float, str]]
ADA: Said = [
    (0, 2, "How was the garden?"),
    (6, 9, "So you watered the garden. You should rest."),
    (12, 13, "Um, we could, you know, walk"),
]
BEN: Said = [
    (3, 5, "I watered the roses."),
    (8.5, 11, "No, I don't rest."),
    (12.5, 12.75, "Mm-hmm"),
]


def events(partner: str, said: Said, end: float = 20.0) -> Events:
    starts, ends = [row[0] for row in said], [row[1] for row in said]
    seen = Intervals([0], [end])
    return Events(partner, "utterances", starts, ends, [row[2] for row in said], observed=seen)


def session(a: Said = ADA, b: Said = BEN, end: float = 20.0, **more: object) -> Session:
    streams = (events("ada", a, end), events("ben", b, end))
    return Session("s1", ("ada", "ben"), (0.0, end), streams, **more)  # type: ignore[arg-type]


def test_a_dialogue_by_hand() -> None:
    talk = describe_talk(session())
    expected = {
        ("n_turns", "ada"): 3,
        ("n_words", "ada"): 4 + 8 + 6,
        ("n_words", "ben"): 4 + 4 + 1,
        ("turn_words_q50", "ada"): 6,
        ("turn_words_mean", "ben"): 3,
        ("turn_duration_q50_s", "ada"): 2,
        ("short_turn_prop", "ada"): 0,
        ("short_turn_prop", "ben"): 1 / 3,
        ("talk_words_prop", "ada"): 18 / 27,
        ("talk_s", "ada"): 6,
        ("talk_s", "ben"): 4.75,
        ("talk_time_prop", "ada"): 6 / 10.75,
        # 8.5-9 and 12.5-12.75 together; 0-2, 3-5, 6-11, 12-13 anybody.
        ("overlap_prop", ""): 0.75 / 10,
        ("silence_prop", ""): 0.5,
        # ben +1, ada +1, ben -0.5, ada +1; "mm-hmm" lies inside.
        ("n_transfers", ""): 4,
        ("transfer_offset_q50_s", ""): 1,
        ("transfer_offset_q50_s", "ben"): 0.25,
        ("gap_q50_s", "ben"): 1,
        ("transfer_overlap_prop", "ben"): 0.5,
        ("transfer_overlap_prop", "ada"): 0,
        ("n_inside", ""): 1,
        ("question_turn_prop", "ada"): 1 / 3,
        ("question_sentence_prop", "ada"): 1 / 4,
        ("reflection_sentence_prop", "ada"): 1 / 4,
        ("advice_sentence_prop", "ada"): 1 / 4,
        ("advice_turn_prop", "ben"): 0,
        ("negation_prop", "ben"): 2 / 9,
        ("i_prop", "ben"): 2 / 9,
        ("you_prop", "ada"): 3 / 18,
        ("we_prop", "ada"): 1 / 18,
        ("nonfluency_prop", "ada"): 2 / 18,
        ("complaint_prop", "ben"): 0,
    }
    got = {key: talk.value(*key) for key in expected}
    assert got == pytest.approx(expected, abs=1e-12)


def test_style_matching_by_hand_with_own_lists() -> None:
    own = Lexicon("made up", {"a": ["x"], "b": ["y"], "c": ["z"]}, {}, {"ask": [r"\?"]})
    a: Said = [(0, 1, "x w w w"), (4, 5, "y w")]
    b: Said = [(2, 3, "x w"), (6, 7, "y y")]
    talk = describe_talk(session(a, b), lexicon=own)
    # ada: x 1, y 1 of 6 words; ben: x 1, y 2 of 4.
    x = 1 - abs(100 / 6 - 25) / (100 / 6 + 25 + 0.0001)
    y = 1 - abs(100 / 6 - 50) / (100 / 6 + 50 + 0.0001)
    assert talk.value("style_matching_a") == pytest.approx(x)
    assert talk.value("style_matching_b") == pytest.approx(y)
    assert isnan(talk.value("style_matching_c"))
    assert talk.value("style_matching") == pytest.approx((x + y) / 2)
    # ben follows: x 25 -> 50, y 50 -> 100. ada follows: x 50 -> 0.
    both = 1 - 25 / 75.0001
    assert talk.value("reciprocal_matching", "ben") == pytest.approx((both + 1 - 50 / 150.0001) / 2)
    assert talk.value("reciprocal_matching", "ada") == pytest.approx(1 - 50 / 50.0001)
    assert talk.language == "made up"
    assert talk.settings["lexicon_sha256"] == own.sha256


def test_starts_only() -> None:
    ada, ben = ([(s, s, t) for s, _, t in said] for said in (ADA, BEN))
    talk = describe_talk(session(ada, ben))
    for partner in ("ada", "ben"):
        for name in ("talk_time_prop", "talk_s", "transfer_offset_q50_s", "turn_duration_q50_s"):
            assert isnan(talk.value(name, partner))
        assert talk.whole.features["transfer_offset_q50_s", partner].n == 0
    assert isnan(talk.value("overlap_prop")) and isnan(talk.value("silence_prop"))
    # Without ends "mm-hmm" is a turn like any other.
    assert talk.value("n_transfers") == 5
    assert talk.whole.features["n_transfers", ""].n == 0
    assert talk.value("talk_words_prop", "ada") == pytest.approx(18 / 27)
    assert [n.code for n in talk.notes] == ["turns_without_end"]
    assert "by words" in talk.summary()


def test_segments_hold_their_own_turns_and_add_up() -> None:
    talk = describe_talk(session(), segment_s=6)
    assert [s.label for s in talk.segments] == ["1", "2", "3", "4"]
    assert [s.value("n_turns", "ada") for s in talk.segments] == [1, 1, 1, 0]
    for name in ("n_words", "n_turns", "talk_s"):
        total = sum(s.value(name, "ada") for s in talk.segments[:3])
        assert total == pytest.approx(talk.value(name, "ada"))
    assert isnan(talk.segments[3].value("talk_words_prop", "ada"))
    # The pair across the border belongs to neither segment.
    pairs = sum(s.features["topic_similarity", ""].n for s in talk.segments)
    assert pairs < talk.whole.features["topic_similarity", ""].n
    for name in ("topic_similarity", "reciprocal_matching"):
        assert talk.whole.features[name, "ada"].n > 0
        assert talk.segments[1].features[name, "ada"].n == 0


def test_phases_are_the_segments_where_nothing_else_is_asked() -> None:
    phases = (Phase("greeting", 0, 6), Phase("work", 6, 20))
    talk = describe_talk(session(phases=phases))
    assert [s.label for s in talk.segments] == ["greeting", "work"]
    assert talk.value("n_turns", "ada", "work") == 2
    assert talk.settings["segments"] == "phases"
    assert [s.label for s in describe_talk(session(phases=phases), segment_turns=4).segments] == [
        "1",
        "2",
    ]


def test_two_streams_do_as_well_as_a_session() -> None:
    pair = describe_talk((events("ada", ADA), events("ben", BEN)))
    assert same(key_swap(pair), key_swap(describe_talk(session())))
    assert (pair.session, pair.partners) == ("", ("ada", "ben"))


def key_swap(talk: TalkDescription) -> dict[tuple[str, str], tuple[float, float, str]]:
    return {key: tuple(found) for key, found in talk.whole.features.items()}  # type: ignore[misc]


def same(first: dict[tuple[str, str], tuple[float, float, str]], second: object) -> bool:
    return repr(sorted(first.items())) == repr(sorted(second.items()))  # type: ignore[attr-defined]


words = st.lists(
    st.sampled_from("i you we the a not so what garden rain um ? .".split()), max_size=6
).map(" ".join)


@st.composite
def dialogues(draw: st.DrawFn) -> tuple[Said, Said]:
    both: tuple[Said, Said] = ([], [])
    for said in both:
        for start in sorted(draw(st.lists(st.integers(0, 30), max_size=8))):
            length = draw(st.sampled_from([0.0, 0.5, 1.0, 4.0]))
            said.append((float(start), start + length, draw(words)))
    return both


@pytest.mark.slow
@settings(max_examples=60, deadline=None, derandomize=True)
@given(dialogues(), st.sampled_from([None, 7.0]))
def test_what_holds_for_every_dialogue(both: tuple[Said, Said], segment_s: float | None) -> None:
    made = session(*both, end=40.0)
    talk = describe_talk(made, segment_s=segment_s)
    # The order of the partners is only an order.
    assert same(key_swap(talk), key_swap(describe_talk(made.swap(), segment_s=segment_s)))
    # Exchanging who said what exchanges the numbers, and nothing else, where no tie decides.
    tied = {s for s, _, _ in both[0]} & {s for s, _, _ in both[1]}
    if not tied:
        other = describe_talk(session(both[1], both[0], end=40.0), segment_s=segment_s)
        name = {"ada": "ben", "ben": "ada", "": ""}
        renamed = {(f, name[p]): v for (f, p), v in key_swap(other).items()}
        assert same(key_swap(talk), renamed)
    # A later clock changes nothing.
    later = describe_talk(made.shift(64.0), segment_s=segment_s)
    assert same(key_swap(talk), key_swap(later))
    for segment in (talk.whole, *talk.segments):
        for (feature, _), found in segment.features.items():
            if found.unit == "share" and not isnan(found.value):
                assert -1e-12 <= found.value <= 1 + 1e-12, feature
            assert found.n >= 0
    json.dumps(talk.to_dict(), allow_nan=False)
    assert list(talk.to_frame().columns) == list(COLUMNS)
    assert repr(talk) == talk.summary()


def test_one_speaker_no_text_and_nobody() -> None:
    alone = describe_talk(session(ADA, []))
    assert alone.value("talk_words_prop", "ada") == 1
    assert isnan(alone.value("style_matching"))
    assert isnan(alone.value("reciprocal_matching", "ada"))
    assert alone.value("n_transfers") == 0
    assert "no_words" in [n.code for n in alone.notes]
    mute = describe_talk(session([(0, 1, ""), (4, 5, "[sighs]")], [(2, 3, "")]))
    assert mute.value("n_empty_turns", "ada") == 2
    assert mute.value("transfer_offset_q50_s", "ben") == 1
    assert mute.value("talk_time_prop", "ada") == pytest.approx(2 / 3)
    assert isnan(mute.value("short_turn_prop", "ada"))
    assert isnan(mute.value("question_turn_prop", "ada"))
    nobody = describe_talk(session([], []), segment_s=5)
    assert nobody.value("n_turns", "ada") == 0
    assert isnan(nobody.value("overlap_prop"))
    assert "not known" in nobody.summary()


def test_a_few_missing_ends_do_not_hide_time_and_many_do() -> None:
    a: Said = [(float(2 * k), 2 * k + 1.0, "yes it is") for k in range(40)]
    b: Said = [(float(2 * k + 1), 2 * k + 1.9, "so it is") for k in range(40)]
    some = describe_talk(session([*a[:-4], *((s, s, t) for s, _, t in a[-4:])], b, 100.0))
    assert some.value("talk_s", "ada") == pytest.approx(36)
    many = describe_talk(session([*a[:-5], *((s, s, t) for s, _, t in a[-5:])], b, 100.0))
    assert isnan(many.value("talk_s", "ada"))


def test_notes_on_what_is_odd() -> None:
    a: Said = [(float(2 * k), 2 * k + 1.0, "yes") for k in range(8)]
    b: Said = [(float(2 * k + 1), 2 * k + 2.0, "no") for k in range(8)]
    filled = describe_talk(session(a, b))
    assert [n.code for n in filled.notes] == ["ends_filled_in"]
    long = describe_talk(session([(0, 1, "word " * 100)], [(2, 3, "word " * 100)]))
    assert [n.code for n in long.notes] == ["few_sentence_marks"]
    told = Note("time_backwards", "planted secretword", count=3, level="warning")
    back = describe_talk(session(notes=(told,)))
    assert [(n.code, n.count) for n in back.notes] == [("time_backwards", 3)]
    assert "secretword" not in back.summary()


def test_wrong_input_is_refused() -> None:
    with pytest.raises(MissingStreamError, match="utterances"):
        describe_talk(session(), stream="speech")
    states = States("ben", "utterances", [0], [1], ["x"])
    with pytest.raises(MissingStreamError, match="not Events"):
        describe_talk(session().with_streams(states))
    with pytest.raises(SettingError, match="clock"):
        describe_talk(replace(session(), clock="meeting"))
    with pytest.raises(SettingError, match="two different partners"):
        describe_talk((events("ada", ADA), events("ada", BEN)))
    with pytest.raises(SettingError, match="a Session or two streams"):
        describe_talk([events("ada", ADA)])  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="either"):
        describe_talk(session(), segment_s=3, segment_turns=3)
    talk = describe_talk(session())
    with pytest.raises(SettingError, match="Did you mean 'n_words'"):
        talk.value("n_word", "ada")
    with pytest.raises(SettingError, match="'whole'"):
        talk.value("n_words", "ada", "12")


# -- privacy ----------------------------------------------------------------------------------

PLANTED = ("zanzibar", "quokka", "petrichor")


def test_nothing_that_was_said_is_in_any_result(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    a: Said = [(float(4 * k), 4 * k + 1.5, "You should see Zanzibar, quokka?") for k in range(9)]
    b: Said = [(4 * k + 2.0, 4 * k + 3.0, "I hate petrichor (Quokka).") for k in range(9)]
    made = session(a, b, 40.0)
    texts = []
    ways: list[dict[str, object]] = [{}, {"segment_s": 5.0}, {"segment_turns": 3}]
    for options in ways:
        talk = describe_talk(made, **options)  # type: ignore[arg-type]
        unusual = rank_unusual(talk)
        texts += [repr(talk), str(talk), talk.summary(), json.dumps(talk.to_dict())]
        texts += [talk.to_frame().to_csv(), repr(talk.whole), repr(talk.segments)]
        texts += [repr(unusual), json.dumps(unusual.to_dict()), unusual.to_frame().to_csv()]
    wrong: list[dict[str, object]] = [
        {"segment_s": -1},
        {"segment_turns": 0.5},
        {"stream": "nothing"},
        {"segment_s": 1e-9},
    ]
    for options in wrong:
        with pytest.raises(ReattuneError) as error:
            describe_talk(made, **options)  # type: ignore[arg-type]
        texts += [str(error.value), repr(error.value)]
    with pytest.raises(ReattuneError) as error:
        describe_talk((made.streams[0], made.streams[0]))  # type: ignore[arg-type]
    texts += [str(error.value), caplog.text, *capsys.readouterr()]
    for word in PLANTED:
        assert not [text for text in texts if word in text.casefold()], word


# -- unusual segments -------------------------------------------------------------------------


def uneven(odd: int, n: int = 12) -> Session:
    """Segments of 60 s alike but for one in which ben answers with a word."""
    rng = np.random.default_rng(3)
    a: Said = []
    b: Said = []
    for segment in range(n):
        for k in range(6):
            start = 60.0 * segment + 10 * k
            long = " ".join(rng.choice("we saw the rain and a garden".split(), 9))
            a.append((start, start + 4, " ".join(["so", long])))
            answer = "yes" if segment == odd else " ".join(["but", *long.split()[::-1][:6]])
            b.append((start + 5, start + 8, answer))
    return session(a, b, 60.0 * n)


@pytest.mark.parametrize("odd", [0, 5, 11])
def test_the_odd_segment_comes_first_and_is_not_called_a_rupture(odd: int) -> None:
    unusual = rank_unusual(describe_talk(uneven(odd), segment_s=60))
    assert unusual.segments[0].label == str(odd + 1)
    assert len(unusual.segments) == 12
    scores = [s.score for s in unusual.segments]
    assert scores == sorted(scores, reverse=True)
    assert "Ruptures are not detected" in unusual.summary()
    assert "Ruptures are not detected" in str(unusual.to_dict()["caveat"])


def test_change_is_measured_against_the_other_segments_by_hand() -> None:
    counts = [4, 5, 6, 7, 8, 20]
    a: Said = [(10.0 * k, 10.0 * k + 4, "x " * count) for k, count in enumerate(counts)]
    b: Said = [(10.0 * k + 5, 10.0 * k + 6, "y") for k in range(6)]
    talk = describe_talk(session(a, b, 60.0), segment_s=10)
    first = rank_unusual(talk, ["n_words"]).segments[0]
    # Others 4..8: median 6, MAD 1; 20 lies 14 / 1.4826 above; the score stops at 6.
    assert first.label == "6"
    assert [change[:2] for change in first.changes] == [("n_words", "ada")]
    assert first.changes[0][2] == pytest.approx(14 / 1.4826)
    assert (first.score, first.n_features) == (6.0, 1)


def test_too_few_segments_or_too_little_talk_give_no_order() -> None:
    few = rank_unusual(describe_talk(uneven(2, n=5), segment_s=60))
    assert all(isnan(s.score) for s in few.segments)
    assert "too few segments" in few.summary()
    none = rank_unusual(describe_talk(uneven(2), segment_s=60), ["short_turn_prop"], min_n=7)
    assert all(isnan(s.score) for s in none.segments)
    assert rank_unusual(describe_talk(uneven(2))).segments == ()
    with pytest.raises(SettingError, match="n_words"):
        rank_unusual(describe_talk(uneven(2)), ["n_word"])


def test_segments_alike_in_everything_have_no_score() -> None:
    a: Said = [(10.0 * k, 10.0 * k + 2, "the garden") for k in range(8)]
    b: Said = [(10.0 * k + 3, 10.0 * k + 5, "the rain") for k in range(8)]
    unusual = rank_unusual(describe_talk(session(a, b, 80.0), segment_s=10), min_n=1)
    assert [s.score for s in unusual.segments] == pytest.approx([nan] * 8, nan_ok=True)
