"""What is counted once per meeting: words, cues and likeness of every turn, talk as time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.intervals import Intervals
from reattune.core.streams import Events
from reattune.talk.matching import match_turns, to_percent
from reattune.talk.topics import Vector, compare_topics, weigh_words
from reattune.talk.turns import Turns
from reattune.talk.words import Lexicon, count_listed, has_cue, split_sentences

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Prepared:
    """Arrays over the T turns of a meeting; no text is in them but the words of `topics`.

    Attributes
    ----------
    partners : (str, str)
    turns : Turns
    side : int array, shape (T,)
    n_words : int array, shape (T,)
    linked : bool array, shape (T,)
        Whether a turn follows one of the other partner.
    style_counts : int array, shape (T, classes)
    list_counts : int array, shape (T, lists)
    cues : bool array, shape (T, cues)
    n_sentences : int array, shape (T,)
    cue_sentences : int array, shape (T, cues)
        Sentences with a cue.
    matched : float array, shape (T, classes)
        See `reattune.talk.matching.match_turns`.
    topics : tuple of Vector
    topic_similarity : float array, shape (T,)
        Cosine with the turn before it, where linked.
    talk : (Intervals, Intervals)
        When each partner spoke.
    observed : Intervals
        When both could be heard.
    without_end : (float array, float array)
        Starts of each partner's utterances with a start only.
    utterance_starts : (float array, float array)
    """

    partners: tuple[str, str]
    lexicon: Lexicon
    turns: Turns
    side: IntArray
    n_words: IntArray
    linked: BoolArray
    style_counts: IntArray
    list_counts: IntArray
    cues: BoolArray
    n_sentences: IntArray
    cue_sentences: IntArray
    matched: FloatArray
    topics: tuple[Vector, ...]
    topic_similarity: FloatArray
    talk: tuple[Intervals, Intervals]
    observed: Intervals
    without_end: tuple[FloatArray, FloatArray]
    utterance_starts: tuple[FloatArray, FloatArray]

    def __repr__(self) -> str:
        return f"Prepared({len(self.side)} turns of {' and '.join(self.partners)})"


def prepare_talk(streams: tuple[Events, Events], turns: Turns, lexicon: Lexicon) -> Prepared:
    """Everything about the turns that the segments are summed up from."""
    own = turns.turns
    words = [turn.words for turn in own]
    side = np.array([turn.side for turn in own], dtype=np.int64)
    n_words = np.array([len(each) for each in words], dtype=np.int64)
    linked = np.array([turn.follows for turn in own], dtype=np.bool_)
    linked[1:] &= side[1:] != side[:-1]
    style = count_listed(words, lexicon.function_words)
    topics = weigh_words(words, lexicon.style_words | _fillers(lexicon))
    near = np.full(len(own), np.nan)
    for at in np.flatnonzero(linked).tolist():
        near[at] = compare_topics(topics[at - 1], topics[at])
    sentences = [split_sentences(turn.plain) for turn in own]
    cued = [
        [
            sum(has_cue(sentence, patterns) for sentence in each)
            for patterns in lexicon.cues.values()
        ]
        for each in sentences
    ]
    cues = [[has_cue(turn.plain, patterns) for patterns in lexicon.cues.values()] for turn in own]
    return Prepared(
        (streams[0].partner, streams[1].partner),
        lexicon,
        turns,
        side,
        n_words,
        linked,
        style,
        count_listed(words, lexicon.word_lists),
        np.array(cues, dtype=np.bool_).reshape(len(own), len(lexicon.cues)),
        np.array([len(each) for each in sentences], dtype=np.int64),
        np.array(cued, dtype=np.int64).reshape(len(own), len(lexicon.cues)),
        match_turns(to_percent(style, n_words), linked),
        topics,
        near,
        (streams[0].active(), streams[1].active()),
        streams[0].observed & streams[1].observed,
        (_points(streams[0]), _points(streams[1])),
        (streams[0].starts, streams[1].starts),
    )


def _points(stream: Events) -> FloatArray:
    return stream.starts[stream.ends <= stream.starts]


def _fillers(lexicon: Lexicon) -> frozenset[str]:
    """Single words of hesitation are no topic either."""
    return frozenset(lexicon.word_lists.get("nonfluency", ()))
