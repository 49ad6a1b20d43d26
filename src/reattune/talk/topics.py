"""Topics: how much of their content words turns share, by TF-IDF and cosine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import log, nan, sqrt

Vector = Mapping[str, float]


def weigh_words(
    turns: Sequence[Sequence[str]], leave_out: Collection[str] = ()
) -> tuple[Vector, ...]:
    """TF-IDF vector of each turn; empty for a turn without content words.

    Parameters
    ----------
    turns : sequence of sequences of str
        The words of every turn of the meeting.
    leave_out : collection of str
        Words that carry style and no topic.

    Notes
    -----
    Weight of a word = its count in the turn x ``(ln((1 + N) / (1 + d)) + 1)``; N turns with content
    words in the meeting, d of them with that word (the smoothed idf most programs use).

    Examples
    --------
    >>> weigh_words([("red", "red", "the"), ("blue",)], {"the"})[0]
    {'red': 2.8109302162163288}
    """
    counts = [Counter(word for word in words if word not in leave_out) for words in turns]
    n = sum(1 for count in counts if count)
    documents = Counter(word for count in counts for word in count)
    idf = {word: log((1 + n) / (1 + d)) + 1.0 for word, d in documents.items()}
    return tuple({word: k * idf[word] for word, k in count.items()} for count in counts)


def compare_topics(first: Vector, second: Vector) -> float:
    """Cosine of two vectors, 0 (no word shared) to 1; nan when one is empty.

    Examples
    --------
    >>> compare_topics({"a": 3.0, "b": 4.0}, {"a": 1.0})
    0.6
    """
    if not first or not second:
        return nan
    if len(second) < len(first):
        first, second = second, first
    shared = sum(weight * second[word] for word, weight in first.items() if word in second)
    lengths = [sqrt(sum(weight * weight for weight in v.values())) for v in (first, second)]
    return min(1.0, shared / (lengths[0] * lengths[1]))


def add_vectors(vectors: Iterable[Vector]) -> Vector:
    """The sum of vectors: the words of several turns together."""
    total: dict[str, float] = {}
    for vector in vectors:
        for word, weight in vector.items():
            total[word] = total.get(word, 0.0) + weight
    return total
