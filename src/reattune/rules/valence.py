"""Which states are positive, neutral or negative, from numbers and everyday code words."""

from __future__ import annotations

from math import isfinite

NEGATIVE, NEUTRAL, POSITIVE = -1, 0, 1
VALENCES = (NEGATIVE, NEUTRAL, POSITIVE)

# Words as coding schemes write them. Only whole words count: "non_negative" is not "negative".
_WORDS: dict[int, frozenset[str]] = {
    POSITIVE: frozenset(
        "positive pos joy joyful happy smile smiling laugh laughing play social_positive "
        "positive_engagement social_positive_engagement approach".split()
    ),
    NEUTRAL: frozenset(
        "neutral neu interest interested object environment object_engagement monitor "
        "social_monitor object_environment_engagement calm".split()
    ),
    NEGATIVE: frozenset(
        "negative neg sad sadness anger angry cry crying fuss fussing protest distress distressed "
        "withdrawn withdrawal withdraw hostile intrusive negative_engagement".split()
    ),
}
_ENGAGEMENT = ("object", "monitor", "environment")


def find_valence(label: str) -> int | None:
    """-1, 0 or 1 when the label is a number or a known word; None otherwise.

    Examples
    --------
    >>> find_valence("2"), find_valence("Neutral"), find_valence("avert")
    (1, 0, None)
    """
    text = label.strip().casefold().replace("-", "_").replace(" ", "_")
    try:
        number = float(label)
    except ValueError:
        for valence, words in _WORDS.items():
            if text in words:
                return valence
        return None
    # "nan" and "inf" read as numbers, and are codes for something else.
    return (number > 0) - (number < 0) if isfinite(number) else None


def is_engagement(label: str) -> bool:
    """Whether the label belongs to an engagement scheme (object play, social monitoring)."""
    return any(word in label.casefold() for word in _ENGAGEMENT)
