"""Language style matching: how alike two partners use function words, in all and turn by turn."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
# The constant of the published formula; it keeps 0 / 0 away.
SMALL = 0.0001


def match_styles(first: ArrayLike, second: ArrayLike) -> FloatArray:
    """Style matching of each class, from 0 to 1; nan where neither used the class or one is nan.

    Parameters
    ----------
    first, second : array_like of float, shape (..., classes)
        Words of the class per 100 words.

    Notes
    -----
    ``1 - |p1 - p2| / (p1 + p2 + .0001)`` (Gonzales, Hancock & Pennebaker 2010; Ireland &
    Pennebaker 2010), p in percent. The formula gives 1 to a class that neither used. That is no
    likeness of use, and in short stretches it would lift the mean; here such a class is left out.

    Examples
    --------
    >>> match_styles([10.0, 4.0, 0.0], [5.0, 4.0, 0.0]).round(4).tolist()
    [0.6667, 1.0, nan]
    """
    p1, p2 = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    matched = 1.0 - np.abs(p1 - p2) / (p1 + p2 + SMALL)
    return np.asarray(np.where((p1 == 0) & (p2 == 0), np.nan, matched), dtype=np.float64)


def to_percent(counts: ArrayLike, words: ArrayLike) -> FloatArray:
    """Words of each class per 100 words; nan without words.

    Parameters
    ----------
    counts : array_like of int, shape (..., classes)
    words : array_like of int, shape (...)
    """
    total = np.asarray(words, dtype=np.float64)[..., None]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, 100.0 * np.asarray(counts, np.float64) / total, np.nan)


def match_turns(percents: FloatArray, linked: NDArray[np.bool_]) -> FloatArray:
    """How each turn matches the other partner's turn before it, by class. Shape (turns, classes).

    Only classes the earlier turn used are compared: to follow, there must be something to follow.
    This is what gives it a direction. Not linked turns and turns without words are nan.

    Parameters
    ----------
    percents : float array, shape (turns, classes)
        See `to_percent`.
    linked : bool array, shape (turns,)
        Whether a turn follows one of the other partner.
    """
    matched = np.full(percents.shape, np.nan)
    if len(percents) > 1:
        cue, answer = percents[:-1], percents[1:]
        use = (cue > 0) & linked[1:, None]
        matched[1:] = np.where(use, match_styles(cue, answer), np.nan)
    return matched


def mean_by_class(matched: FloatArray) -> tuple[float, int]:
    """Mean over classes of the mean over turns, and how many turns it rests on; nan and 0 if none.

    Every class weighs the same, as in the measure over all words.
    """
    known = np.isfinite(matched)
    turns = known.any(axis=1) if matched.size else np.zeros(0, dtype=np.bool_)
    if not turns.any():
        return float("nan"), 0
    used = known.any(axis=0)
    sums = np.where(known, matched, 0.0).sum(axis=0)[used] / known.sum(axis=0)[used]
    return float(sums.mean()), int(turns.sum())
