"""Two groups of described conversations, feature by feature, beside random regrouping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reattune.core.errors import SettingError, did_you_mean
from reattune.talk.summary import TalkDescription

if TYPE_CHECKING:
    import pandas as pd

Covariates = Mapping[str, Mapping[str, object]]
# Shares and medians, never raw counts: these follow the length of a conversation.
OF_PARTNER = (
    *("talk_words_prop", "turn_words_q50", "short_turn_prop", "transfer_offset_q50_s"),
    *("reciprocal_matching", "topic_similarity"),
)
OF_BOTH = ("style_matching", "topic_similarity", "overlap_prop")
DRAWS = 1999
_TIE = 1e-12


def compare_groups(
    talks: Sequence[TalkDescription], covariates: Covariates, by: str, *, seed: int = 1
) -> pd.DataFrame:
    """The features of two groups of conversations, largest difference first.

    Parameters
    ----------
    talks : sequence of TalkDescription
    covariates : mapping of session to its covariates
    by : str
        A covariate with two values.
    seed : int, default 1
        Of the random regroupings.

    Returns
    -------
    DataFrame
        feature, partner, group_a, group_b, n_a, n_b, median_a, median_b, auc (chance that a
        conversation of group b has the larger value; ties count half), null_low, null_high (middle
        95 % of 1,999 random regroupings) and p (two-sided, not corrected for their number).

    Raises
    ------
    SettingError
        When there is no such covariate, or it has not two values.
    """
    import pandas as pd

    one, two = names = _find_groups(covariates, by)
    group = {talk.session: str(covariates.get(talk.session, {}).get(by, "")) for talk in talks}
    chosen = [talk for talk in talks if group[talk.session] in names]
    rng = np.random.default_rng(seed)
    rows = []
    for name, who in _list_features(chosen):
        values = np.array([value_of(talk, name, who) for talk in chosen])
        second = np.array([group[talk.session] == two for talk in chosen])
        known = np.isfinite(values)
        values, second = values[known], second[known]
        if not 0 < second.sum() < second.size:
            continue
        auc = find_auc(values, second)
        drawn = _regroup(values, second, rng)
        p = (1 + int((np.abs(drawn - 0.5) >= abs(auc - 0.5) - _TIE).sum())) / (1 + DRAWS)
        low, high = np.quantile(drawn, (0.025, 0.975)).tolist()
        counts = (int((~second).sum()), int(second.sum()))
        middle = (float(np.median(values[~second])), float(np.median(values[second])))
        rows.append((name, who, one, two, *counts, *middle, auc, low, high, p))
    columns = ["feature", "partner", "group_a", "group_b", "n_a", "n_b", "median_a", "median_b"]
    frame = pd.DataFrame(rows, columns=[*columns, "auc", "null_low", "null_high", "p"])
    order = (frame["auc"] - 0.5).abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def _find_groups(covariates: Covariates, by: str) -> tuple[str, str]:
    known = dict.fromkeys(name for row in covariates.values() for name in row)
    if by not in known:
        told = "a column that tells conversations apart." + did_you_mean(by, known)
        raise SettingError("by", by, told)
    found = (row.get(by) for row in covariates.values())
    values = sorted({str(value) for value in found if value not in (None, "")})
    if len(values) != 2:
        few = ", ".join(map(repr, values[:6])) + (", ..." if len(values) > 6 else "")
        raise SettingError("by", by, f"a column with two values; this one has {few}")
    return values[0], values[1]


def _list_features(talks: Sequence[TalkDescription]) -> list[tuple[str, str]]:
    if not talks:
        return []
    cues = talks[0].settings.get("cue_features")
    own = [*OF_PARTNER, *(cues if isinstance(cues, list) else [])]
    # Two shares of one whole are one fact.
    pairs = [
        (str(name), who)
        for name in own
        for who in talks[0].partners[: 1 if name == "talk_words_prop" else 2]
    ]
    return [*pairs, *((name, "") for name in OF_BOTH)]


def find_auc(values: ArrayLike, second: ArrayLike) -> float:
    """Chance that a value of the second group is the larger one; ties count half.

    Examples
    --------
    >>> find_auc([1, 2, 3, 4], [False, True, False, True])
    0.75
    """
    x, chosen = np.asarray(values, dtype=np.float64), np.asarray(second, dtype=np.bool_)
    one, two = x[~chosen], x[chosen]
    if not one.size or not two.size:
        return nan
    apart = two[:, None] - one[None, :]
    return float(((apart > 0) + 0.5 * (apart == 0)).mean())


def _regroup(
    values: NDArray[np.float64], second: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.float64]:
    """The AUC of `find_auc` for random groups of the same sizes, from ranks."""
    below = (values[:, None] > values[None, :]) + 0.5 * (values[:, None] == values[None, :])
    ranks = below.sum(axis=1) + 0.5
    groups = rng.permuted(np.tile(second, (DRAWS, 1)), axis=1)
    n = int(second.sum())
    sums = groups @ ranks
    found: NDArray[np.float64] = (sums - n * (n + 1) / 2) / (n * (second.size - n))
    return found


def value_of(talk: TalkDescription, name: str, who: str = "") -> float:
    """A feature of the whole conversation; nan where it is not described."""
    found = talk.whole.features.get((name, who))
    return nan if found is None else found.value
