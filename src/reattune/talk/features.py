"""Features: the numbers that describe one stretch of talk."""

from __future__ import annotations

from math import inf, nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reattune.talk.matching import match_styles, mean_by_class, to_percent
from reattune.talk.prepared import Prepared
from reattune.talk.segments import Piece
from reattune.talk.topics import add_vectors, compare_topics

SHORT_WORDS = 3
# Turns with content words at the head of a segment that make its opening.
OPENING_TURNS = 4
# Shares of time are given where at most this part of the utterances has no end.
MAX_WITHOUT_END = 0.05

Features = dict[tuple[str, str], "Measured"]


class Measured(NamedTuple):
    """A value, the number of things (turns, words, pairs, seconds) behind it, and its unit."""

    value: float
    n: float
    unit: str


def describe_piece(talk: Prepared, piece: Piece) -> Features:
    """(feature, partner) -> value for one stretch; the partner is "" for what belongs to both.

    Undefined values are nan, with the number of things behind them.
    """
    found: Features = {}
    rows = np.arange(piece.first, piece.last)
    opening = _opening(talk, rows)
    for side, partner in enumerate(talk.partners):
        own = rows[talk.side[rows] == side]
        found |= {
            (name, partner): value
            for name, value in {
                **_turns(talk, own),
                **_offsets(talk, piece, side),
                **_wording(talk, own),
                **_following(talk, piece, own, opening),
            }.items()
        }
    found |= {("talk_words_prop", p): v for p, v in _word_shares(talk, rows).items()}
    found |= _times(talk, piece)
    found |= {("style_matching" + end, ""): v for end, v in _styles(talk, rows).items()}
    inside = sum(piece.first <= turn < piece.last for turn, _ in talk.turns.inside)
    found["n_inside", ""] = Measured(inside, inside, "count")
    for name, value in _offsets(talk, piece, None).items():
        found[name, ""] = value
    near = talk.topic_similarity[rows[1:]]
    found["topic_similarity", ""] = _mean(near)
    return found


def _share(count: float, n: float) -> Measured:
    return Measured(float(count) / n if n else nan, n, "share")


def _mean(values: NDArray[np.float64]) -> Measured:
    known = values[np.isfinite(values)]
    return Measured(float(known.mean()) if known.size else nan, known.size, "1")


def _median(values: NDArray[np.float64] | NDArray[np.int64], unit: str) -> Measured:
    known = values[np.isfinite(values)]
    return Measured(float(np.median(known)) if known.size else nan, known.size, unit)


def _turns(talk: Prepared, own: NDArray[np.int64]) -> dict[str, Measured]:
    """Number and length of one partner's turns."""
    words = talk.n_words[own]
    said = words[words > 0]
    lengths = np.array(
        [talk.turns.turns[at].end_s - talk.turns.turns[at].start_s for at in own.tolist()],
        dtype=np.float64,
    )
    return {
        "n_turns": Measured(own.size, own.size, "count"),
        "n_words": Measured(int(words.sum()), own.size, "count"),
        "n_empty_turns": Measured(own.size - said.size, own.size, "count"),
        "turn_words_q50": _median(said, "words"),
        "turn_words_mean": Measured(float(said.mean()) if said.size else nan, said.size, "words"),
        "turn_duration_q50_s": _median(lengths, "s"),
        "short_turn_prop": _share((said <= SHORT_WORDS).sum(), said.size),
    }


def _offsets(talk: Prepared, piece: Piece, side: int | None) -> dict[str, Measured]:
    """How the floor was taken by one partner, or by both."""
    offsets = np.array(
        [
            transfer.offset_s
            for transfer in talk.turns.transfers
            if piece.first <= transfer.turn < piece.last and side in (None, transfer.side)
        ],
        dtype=np.float64,
    )
    known = offsets[np.isfinite(offsets)]
    return {
        "n_transfers": Measured(offsets.size, known.size, "count"),
        "transfer_offset_q50_s": _median(offsets, "s"),
        "gap_q50_s": _median(known[known > 0], "s"),
        "transfer_overlap_prop": _share((known < 0).sum(), known.size),
    }


def _wording(talk: Prepared, own: NDArray[np.int64]) -> dict[str, Measured]:
    """Shares of words in lists, and of turns and sentences with cues."""
    words = int(talk.n_words[own].sum())
    said = own[talk.n_words[own] > 0]
    lists, cues = talk.lexicon.word_lists, talk.lexicon.cues
    counted = {
        f"{name}_prop": _share(talk.list_counts[own, at].sum(), words)
        for at, name in enumerate(lists)
    }
    cued: dict[str, Measured] = {}
    sentences = int(talk.n_sentences[own].sum())
    for at, name in enumerate(cues):
        cued[f"{name}_turn_prop"] = _share(talk.cues[said, at].sum(), said.size)
        cued[f"{name}_sentence_prop"] = _share(talk.cue_sentences[own, at].sum(), sentences)
    return counted | cued


def _opening(talk: Prepared, rows: NDArray[np.int64]) -> list[int]:
    return [at for at in rows.tolist() if talk.topics[at]][:OPENING_TURNS]


def _following(
    talk: Prepared, piece: Piece, own: NDArray[np.int64], opening: list[int]
) -> dict[str, Measured]:
    """How one partner's turns match the other's turn before them, and the segment's opening.

    Pairs whose first turn lies in an earlier segment are left out.
    """
    inner = own[own > piece.first]
    value, n = mean_by_class(talk.matched[inner])
    start = add_vectors(talk.topics[at] for at in opening)
    later = [at for at in own.tolist() if opening and at > opening[-1]]
    far = np.array([compare_topics(start, talk.topics[at]) for at in later], dtype=np.float64)
    return {
        "reciprocal_matching": Measured(value, n, "1"),
        "topic_similarity": _mean(talk.topic_similarity[inner]),
        "topic_similarity_to_opening": _mean(far),
    }


def _word_shares(talk: Prepared, rows: NDArray[np.int64]) -> dict[str, Measured]:
    total = int(talk.n_words[rows].sum())
    return {
        partner: _share(talk.n_words[rows[talk.side[rows] == side]].sum(), total)
        for side, partner in enumerate(talk.partners)
    }


def _times(talk: Prepared, piece: Piece) -> Features:
    """Shares of time: who speaks, both at once, nobody. nan where ends are not known."""
    window = (piece.start_s, piece.end_s)
    # A last point may lie at the very end.
    until = inf if piece.last == talk.side.size else piece.end_s
    spoken = sum(_inside(starts, piece.start_s, until) for starts in talk.utterance_starts)
    missing = sum(_inside(points, piece.start_s, until) for points in talk.without_end)
    first, second = (own.clip(*window) & talk.observed for own in talk.talk)
    known = spoken > 0 and missing <= MAX_WITHOUT_END * spoken
    seconds = first.total + second.total
    anybody, both = (first | second).total, (first & second).total
    heard = talk.observed.clip(*window).total
    found: Features = {}
    for own, partner in zip((first, second), talk.partners, strict=True):
        found["talk_s", partner] = Measured(own.total if known else nan, seconds, "s")
        share = own.total / seconds if known and seconds else nan
        found["talk_time_prop", partner] = Measured(share, seconds, "share")
    overlap = both / anybody if known and anybody else nan
    silence = max(0.0, 1.0 - anybody / heard) if known and heard else nan
    found["overlap_prop", ""] = Measured(overlap, anybody, "share")
    found["silence_prop", ""] = Measured(silence, heard, "share")
    return found


def _inside(times: NDArray[np.float64], start_s: float, end_s: float) -> int:
    return int(((times >= start_s) & (times < end_s)).sum())


def _styles(talk: Prepared, rows: NDArray[np.int64]) -> dict[str, Measured]:
    """Style matching over all words of the stretch: mean and by class."""
    counts, words = [], []
    for side in (0, 1):
        own = rows[talk.side[rows] == side]
        counts.append(talk.style_counts[own].sum(axis=0))
        words.append(int(talk.n_words[own].sum()))
    percents = to_percent(np.array(counts), np.array(words))
    matched = match_styles(percents[0], percents[1])
    by_class = {
        f"_{name}": Measured(float(value), min(words), "1")
        for name, value in zip(talk.lexicon.function_words, matched, strict=True)
    }
    return {"": _mean(matched), **by_class}
