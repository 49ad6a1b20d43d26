"""Words, lists and cues: what is counted, in sentences made up for this test."""

from __future__ import annotations

import re
import time

import pytest

from reattune.core.errors import SettingError
from reattune.talk import ENGLISH, Lexicon
from reattune.talk.words import count_listed, has_cue, plain_text, split_sentences, split_words


def words(text: str) -> tuple[str, ...]:
    return split_words(plain_text(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("...?!", ()),
        ("[laughs] [inaudible 00:12]", ()),
        ("xxx", ()),
        ("&=coughs No.", ("no",)),
        ("I\u2019m fine, thanks - really", ("i'm", "fine", "thanks", "really")),
        ("Mm-hmm. 3.5 or 1,000?", ("mm-hmm", "3.5", "or", "1,000")),
        ("STRASSE Straße", ("strasse", "strasse")),
        ("ol' 'cause 'quoted'", ("ol", "cause", "quoted")),
        ("a_b", ("a", "b")),
    ],
)
def test_words(text: str, expected: tuple[str, ...]) -> None:
    assert words(text) == expected


def test_sentences_without_words_are_none() -> None:
    assert split_sentences("well... ok! ?! and then") == ("well...", "ok!", "and then")
    assert split_sentences("") == ()


def test_phrases_count_once_and_in_every_list_that_has_them() -> None:
    lists = {"a": ["fed up", "up"], "b": ["up"], "c": ["fed"], "d": ["fed up with it all"]}
    turn = ("fed", "up", "and", "up")
    assert count_listed([turn, ()], lists).tolist() == [[3, 2, 1, 0], [0, 0, 0, 0]]
    assert count_listed([], lists).shape == (0, 4)


def test_english_has_nine_classes_and_contractions_are_in_all_of_theirs() -> None:
    assert ENGLISH.language == "English"
    assert len(ENGLISH.function_words) == 9
    counted = dict(
        zip(
            ENGLISH.function_words,
            count_listed([words("I don't think it's theirs")], ENGLISH.function_words)[0].tolist(),
            strict=True,
        )
    )
    assert counted == {
        "personal_pronouns": 2,  # i, theirs
        "impersonal_pronouns": 1,  # it's
        "articles": 0,
        "prepositions": 0,
        "auxiliary_verbs": 2,  # don't, it's
        "adverbs": 0,
        "conjunctions": 0,
        "negations": 1,  # don't
        "quantifiers": 0,
    }


def test_every_english_entry_can_be_found() -> None:
    for lists in (ENGLISH.function_words, ENGLISH.word_lists):
        for name, entries in lists.items():
            for entry in entries:
                found = count_listed([split_words(entry)], {name: [entry]})
                assert found.tolist() == [[1]], (name, entry)


@pytest.mark.parametrize(
    ("cue", "text"),
    [
        ("question", "You came by bus?"),
        ("question", "what brings you here today"),
        ("question", "Okay, so, how did that go"),
        ("question", "Tell me more about the garden."),
        ("reflection", "It sounds like the garden matters."),
        ("reflection", "So you planted them twice."),
        ("reflection", "You're feeling torn."),
        ("reflection", "You really want them to grow."),
        ("reflection", "On the one hand it rains."),
        ("advice", "You should water them."),
        ("advice", "You really need to water them."),
        ("advice", "I'd recommend more water."),
        ("advice", "If I were you, more water."),
        ("advice", "You could try more water."),
        ("advice", "Have you thought about rain?"),
    ],
)
def test_cues_that_are_found(cue: str, text: str) -> None:
    assert has_cue(plain_text(text), ENGLISH.cues[cue])


@pytest.mark.parametrize(
    ("cue", "text"),
    [
        ("question", "What a day."),
        ("question", "When I was young it rained."),
        ("question", "I do."),
        ("reflection", "So you planted them twice?"),
        ("reflection", "The garden is large."),
        ("reflection", "I heard of it."),
        ("advice", "I should water them."),
        ("advice", "They need to grow."),
        ("advice", "Thank you."),
    ],
)
def test_cues_that_are_not(cue: str, text: str) -> None:
    assert not has_cue(plain_text(text), ENGLISH.cues[cue])


@pytest.mark.parametrize(
    "text", ["so, " * 20_000, "you feel " * 20_000, "you really " * 20_000, "so " * 20_000]
)
def test_no_text_makes_a_search_slow(text: str) -> None:
    start = time.process_time()
    for patterns in ENGLISH.cues.values():
        has_cue(text, patterns)
    # Quadratic searching takes minutes here; straight searching well under a second.
    assert time.process_time() - start < 20


def test_lists_of_another_language() -> None:
    german = Lexicon("German", {"articles": ["Der", "die"]}, {"ich": ["ich"]}, {"frage": [r"\?"]})
    assert german.function_words["articles"] == ("der", "die")
    assert german.style_words == {"der", "die"}
    assert "German" in repr(german)
    same = Lexicon("German", {"articles": ["die", "der"]}, {"ich": ["ich"]}, {"frage": [r"\?"]})
    assert (german == same, hash(german) == hash(same)) == (True, True)
    other = Lexicon("German", {"articles": ["das"]}, {"ich": ["ich"]}, {"frage": [r"\?"]})
    assert german.sha256 == same.sha256 != other.sha256
    assert re.fullmatch("[0-9a-f]{64}", german.sha256)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"language": " "}, "language"),
        ({"function_words": {"Big": ["a"]}}, "function_words = 'Big'"),
        ({"function_words": {"a": []}}, "list 'a'"),
        ({"function_words": {"a": "the"}}, "list 'a'"),
        ({"word_lists": {"a": ["  "]}}, "list 'a'"),
        ({"word_lists": {"short_turn": ["a"]}}, "short_turn"),
        ({"word_lists": {"ask_turn": ["a"]}, "cues": {"ask": ["b"]}}, "ask_turn"),
        ({"cues": {"short": ["b"]}}, "short"),
        ({"cues": {"ask": ["("]}}, r"cue 'ask' = '\('.*regular expression"),
    ],
)
def test_wrong_lists_are_refused(change: dict[str, object], message: str) -> None:
    sound = {"language": "x", "function_words": {"a": ["b"]}, "word_lists": {}, "cues": {}}
    Lexicon(**sound)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match=message):
        Lexicon(**{**sound, **change})  # type: ignore[arg-type]
