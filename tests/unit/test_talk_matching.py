"""Style matching and topics: the formulas, against hand values and slow twins."""

from __future__ import annotations

import math
from itertools import pairwise
from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.talk.matching import match_styles, match_turns, mean_by_class, to_percent
from reattune.talk.topics import add_vectors, compare_topics, weigh_words

percents = st.floats(0, 100, allow_nan=False)
small = settings(max_examples=60, deadline=None, derandomize=True)


def test_the_formula_by_hand() -> None:
    # 1 - |10 - 5| / (10 + 5 + .0001); one used it and the other not; both alike.
    got = match_styles([10.0, 4.0, 3.0], [5.0, 0.0, 3.0])
    expected = [1 - 5 / 15.0001, 1 - 4 / 4.0001, 1.0]
    assert got.tolist() == pytest.approx(expected, abs=1e-15)


def test_a_class_neither_used_is_not_likeness() -> None:
    assert isnan(match_styles([0.0], [0.0])[0])
    assert isnan(match_styles([nan], [1.0])[0])


@small
@given(percents, percents)
def test_matching_is_symmetric_and_within_0_and_1(p1: float, p2: float) -> None:
    there, back = match_styles([p1], [p2])[0], match_styles([p2], [p1])[0]
    if p1 == p2 == 0:
        assert isnan(there) and isnan(back)
    else:
        assert there == back
        assert 0 <= there <= 1


def naive_follow(turns: list[tuple[list[int], int]], side: int) -> tuple[float, int]:
    """Following, turn by turn, with plain loops; a turn is (counts, words), sides alternate."""
    n_classes = len(turns[0][0])
    by_class: list[list[float]] = [[] for _ in range(n_classes)]
    pairs = 0
    for at in range(1, len(turns)):
        if at % 2 != side:
            continue
        (cue, cue_words), (answer, answer_words) = turns[at - 1], turns[at]
        if not cue_words or not answer_words or not any(cue):
            continue
        pairs += 1
        for k in range(n_classes):
            if cue[k] > 0:
                p1, p2 = 100 * cue[k] / cue_words, 100 * answer[k] / answer_words
                by_class[k].append(1 - abs(p1 - p2) / (p1 + p2 + 0.0001))
    means = [sum(each) / len(each) for each in by_class if each]
    return (sum(means) / len(means), pairs) if means else (nan, 0)


def fast_follow(turns: list[tuple[list[int], int]], side: int) -> tuple[float, int]:
    counts, words = np.array([t[0] for t in turns]), np.array([t[1] for t in turns])
    linked = np.arange(len(turns)) > 0
    matched = match_turns(to_percent(counts, words), linked)
    return mean_by_class(matched[np.arange(len(turns)) % 2 == side])


one_turn = st.lists(st.integers(0, 3), min_size=3, max_size=3).flatmap(
    lambda counts: st.tuples(st.just(counts), st.integers(sum(counts), sum(counts) + 6))
)


@small
@given(st.lists(one_turn, min_size=1, max_size=12), st.integers(0, 1))
def test_following_equals_the_slow_twin(turns: list[tuple[list[int], int]], side: int) -> None:
    slow, fast = naive_follow(turns, side), fast_follow(turns, side)
    assert fast[0] == pytest.approx(slow[0], abs=1e-12, nan_ok=True)
    assert fast[1] == slow[1]


def test_following_has_a_direction() -> None:
    # The second always takes up the class of the first; the first never that of the second.
    turns = [([2, 0], 10), ([2, 0], 10), ([0, 3], 10), ([0, 3], 10)]
    assert fast_follow(turns, 1) == (1.0, 2)
    value, n = fast_follow(turns, 0)
    assert n == 1
    assert value == pytest.approx(0.0, abs=1e-4)


def naive_cosines(turns: list[list[str]]) -> list[float]:
    """TF-IDF cosines of neighbours with whole vectors over the vocabulary."""
    used = [t for t in turns if t]
    vocabulary = sorted({w for t in turns for w in t})
    idf = [math.log((1 + len(used)) / (1 + sum(1 for t in used if w in t))) + 1 for w in vocabulary]
    rows = [[t.count(w) * f for w, f in zip(vocabulary, idf, strict=True)] for t in turns]
    found = []
    for a, b in pairwise(rows):
        lengths = math.sqrt(sum(x * x for x in a)) * math.sqrt(sum(x * x for x in b))
        dot = sum(x * y for x, y in zip(a, b, strict=True))
        found.append(dot / lengths if lengths else nan)
    return found


@small
@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), min_size=2, max_size=8))
def test_topics_equal_the_slow_twin(turns: list[list[str]]) -> None:
    vectors = weigh_words(turns)
    got = [compare_topics(a, b) for a, b in pairwise(vectors)]
    assert got == pytest.approx(naive_cosines(turns), abs=1e-12, nan_ok=True)


def test_topics_by_hand() -> None:
    # N = 2; dog in both: idf 1; cat and bird in one: idf ln(3 / 2) + 1.
    vectors = weigh_words([["dog", "cat", "the"], ["dog", "bird"], []], {"the"})
    other = math.log(1.5) + 1
    assert dict(vectors[0]) == pytest.approx({"dog": 1.0, "cat": other})
    assert compare_topics(vectors[0], vectors[1]) == pytest.approx(1 / (1 + other**2))
    assert isnan(compare_topics(vectors[0], vectors[2]))
    assert compare_topics(vectors[0], vectors[0]) == pytest.approx(1.0)
    assert dict(add_vectors([vectors[0], vectors[1]]))["dog"] == 2.0
    assert compare_topics({"a": 1.0}, {"b": 1.0}) == 0.0
