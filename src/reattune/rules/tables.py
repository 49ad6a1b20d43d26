"""Match tables: the four presets, and tables of the user's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError, did_you_mean
from reattune.core.pair import MATCH, MISMATCH, UNDEFINED, MatchTable
from reattune.rules.valence import NEGATIVE, VALENCES, find_valence, is_engagement

PRESETS = ("same_category", "same_valence", "social_positive_only", "congruent_nonnegative")
# The published category lists behind these two vary by laboratory and were not checked word by
# word against an original manual.
APPROXIMATIONS = ("social_positive_only", "congruent_nonnegative")
Pairs = tuple[tuple[str, str], ...]
# The caregiver watching while the infant plays with an object supports that play.
_SUPPORT = {"object", "monitor"}
# A table needs a row even where neither partner could be coded at all.
_NOTHING_CODED = ("",)


@dataclass(frozen=True)
class OwnTable:
    """A match table written by the user.

    Parameters
    ----------
    match : pairs of (state of the first partner, state of the second)
        Pairs that match; ``"*"`` stands for any state.
    excluded : pairs, optional
        Pairs that count as unobserved.
    order : sequence of str, optional
        States from lowest to highest; the depth of a mismatch is then the rank distance over the
        largest possible one. Without it every mismatch has depth 1.
    negative : sequence of str, optional
        States that count as negative in ``negative_match_prop``.

    Raises
    ------
    SettingError
        For pairs that are not pairs, or a state that stands twice in ``order``.

    Notes
    -----
    ``excluded`` is stronger than ``match``. States that neither partner shows may be named: a
    table serves many sessions.
    """

    match: Pairs
    excluded: Pairs = ()
    order: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("match", "excluded"):
            object.__setattr__(self, name, _pairs(name, getattr(self, name)))
        for name in ("order", "negative"):
            states = tuple(str(s) for s in _list(name, getattr(self, name)))
            object.__setattr__(self, name, states)
        if len(set(self.order)) < len(self.order):
            raise SettingError("table.order", self.order, "every state once")

    @classmethod
    def from_dict(cls, settings: Mapping[str, object]) -> OwnTable:
        """From the form of the study file: ``{match = [["a", "b"], ...], ...}``."""
        known = {"match", "excluded", "order", "negative"}
        for key in settings:
            if key not in known:
                raise SettingError("table", key, "one of match, excluded, order, negative")
        if "match" not in settings:
            raise SettingError("table", dict(settings), "a list `match` of pairs of states")
        return cls(**settings)  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, object]:
        """JSON-safe, in the form of the study file."""
        return {
            "match": [list(pair) for pair in self.match],
            "excluded": [list(pair) for pair in self.excluded],
            "order": list(self.order),
            "negative": list(self.negative),
        }


def _list(name: str, value: object) -> Sequence[object]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise SettingError(f"table.{name}", value, "a list")
    return value


def _pairs(name: str, value: object) -> Pairs:
    pairs = []
    for pair in _list(name, value):
        row = _list(name, pair)
        if len(row) != 2:
            raise SettingError(f"table.{name}", pair, "pairs [state of first, state of second]")
        pairs.append((str(row[0]), str(row[1])))
    return tuple(pairs)


@lru_cache(maxsize=256)
def build_table(
    table: str | OwnTable, first: tuple[str, ...], second: tuple[str, ...]
) -> tuple[MatchTable, dict[str, int], dict[str, int]]:
    """The match table for these states, and each partner's map from label to code.

    Parameters
    ----------
    table : str or OwnTable
        A preset name, or the user's own.
    first, second : tuple of str
        The labels that occur in each partner's stream. Sessions of a study share theirs, so the
        result is kept; it is not to be written into.

    Raises
    ------
    SettingError
        For an unknown preset, or a state whose valence is not known.
    """
    if isinstance(table, OwnTable):
        return _own(table, first, second)
    if table == "same_category":
        return _same_category(first, second)
    if table == "congruent_nonnegative" and any(map(is_engagement, (*first, *second))):
        return _congruent_engagement(first, second)
    if table in PRESETS:
        return _by_valence(table, first, second)
    raise SettingError("table", table, "a preset or an own table." + did_you_mean(table, PRESETS))


def _index(states: Iterable[str]) -> dict[str, int]:
    return {state: code for code, state in enumerate(states)}


def _same_category(
    first: Sequence[str], second: Sequence[str]
) -> tuple[MatchTable, dict[str, int], dict[str, int]]:
    states = tuple(dict.fromkeys((*first, *second))) or _NOTHING_CODED
    same = np.eye(len(states), dtype=np.int64)
    sad = np.array([find_valence(state) == NEGATIVE for state in states], dtype=np.bool_)
    table = MatchTable(
        "same_category",
        (states, states),
        same,
        (1 - same).astype(np.float64),
        sad[:, None] & sad[None, :],
    )
    return table, _index(states), _index(states)


def _by_valence(
    name: str, first: Sequence[str], second: Sequence[str]
) -> tuple[MatchTable, dict[str, int], dict[str, int]]:
    """Presets that compare the sign of affect: states -1, 0, 1."""
    ranks = np.arange(3)
    apart = np.abs(ranks[:, None] - ranks[None, :])
    match = (apart == 0).astype(np.int64)
    if name == "social_positive_only":
        match = np.zeros((3, 3), dtype=np.int64)
        match[2, 2] = MATCH
    elif name == "congruent_nonnegative":
        match[0, 0] = MISMATCH
    distance = apart / 2
    # A pair that is alike yet no match under this preset is a mismatch without rank distance.
    distance[(match == MISMATCH) & (apart == 0)] = 1.0
    both = np.zeros((3, 3), dtype=np.bool_)
    both[0, 0] = True
    states = tuple(str(v) for v in VALENCES)
    maps = tuple({label: _valence_code(label) for label in side} for side in (first, second))
    return MatchTable(name, (states, states), match, distance, both), maps[0], maps[1]


def _valence_code(label: str) -> int:
    valence = find_valence(label)
    if valence is None:
        raise SettingError(
            "state",
            label,
            "a state whose sign is known: a number, or a word such as positive, neutral, negative. "
            "Map it under `codes` in the study file, or use table = 'same_category'",
        )
    return VALENCES.index(valence)


def _congruent_engagement(
    first: Sequence[str], second: Sequence[str]
) -> tuple[MatchTable, dict[str, int], dict[str, int]]:
    """Engagement schemes: the same non-negative category, or object play that is watched."""
    table, *maps = _same_category(first, second)
    match = table.match.copy()
    words = [state.casefold() for state in table.states[0]]
    for i, a in enumerate(words):
        for j, b in enumerate(words):
            if a == b and find_valence(a) == NEGATIVE:
                match[i, j] = MISMATCH
            elif {kind for word in (a, b) for kind in _SUPPORT if kind in word} == _SUPPORT:
                match[i, j] = MATCH
    distance = np.where(match == MATCH, 0.0, 1.0)
    full = MatchTable("congruent_nonnegative", table.states, match, distance, table.negative)
    return full, maps[0], maps[1]


def _own(
    own: OwnTable, first: Sequence[str], second: Sequence[str]
) -> tuple[MatchTable, dict[str, int], dict[str, int]]:
    named = {s for pair in (*own.match, *own.excluded) for s in pair} - {"*"}
    states = tuple(dict.fromkeys((*own.order, *sorted(named), *first, *second))) or _NOTHING_CODED
    index = _index(states)
    match = np.zeros((len(states), len(states)), dtype=np.int64)
    for pairs, value in ((own.match, MATCH), (own.excluded, UNDEFINED)):
        for a, b in pairs:
            rows = slice(None) if a == "*" else index[a]
            columns = slice(None) if b == "*" else index[b]
            match[rows, columns] = value
    distance = np.where(match == MISMATCH, 1.0, 0.0)
    if len(own.order) > 1:
        rank = np.array([own.order.index(s) if s in own.order else np.nan for s in states])
        apart = np.abs(rank[:, None] - rank[None, :]) / (len(own.order) - 1)
        distance = np.where((match == MISMATCH) & np.isfinite(apart), apart, distance)
    sad = np.array([state in own.negative for state in states], dtype=np.bool_)
    pairs = (*own.match, *own.excluded)
    sides = ({*first, *(a for a, _ in pairs)}, {*second, *(b for _, b in pairs)})
    general = {*own.order, *own.negative}
    # What belongs to the other partner alone names no state of this one.
    foreign = (sides[1] - sides[0] - general, sides[0] - sides[1] - general)
    return _merge_alike(states, match, distance, sad[:, None] & sad[None, :], foreign)


def _merge_alike(
    states: tuple[str, ...],
    match: NDArray[np.int64],
    distance: NDArray[np.float64],
    negative: NDArray[np.bool_],
    foreign: tuple[set[str], set[str]],
) -> tuple[MatchTable, dict[str, int], dict[str, int]]:
    """The table with states that it treats alike made one.

    Moving between two such states is no change that the rule can see, so it must not count as a
    change of the partner.
    """
    full = np.stack([match.astype(np.float64), distance, negative.astype(np.float64)])
    kept: list[NDArray[np.int64]] = []
    maps: list[dict[str, int]] = []
    names: list[tuple[str, ...]] = []
    for side, others in zip((full, full.transpose(0, 2, 1)), foreign, strict=True):
        rows = side.transpose(1, 0, 2).reshape(len(states), -1)
        _, first, group = np.unique(rows, axis=0, return_index=True, return_inverse=True)
        order = np.argsort(first)
        rank = np.empty_like(order)
        rank[order] = np.arange(order.size)
        codes = rank[group.reshape(-1)]
        kept.append(first[order])
        maps.append({state: int(code) for state, code in zip(states, codes, strict=True)})
        names.append(tuple(_name_state(maps[-1], k, others) for k in range(order.size)))
    grid = np.ix_(kept[0], kept[1])
    table = MatchTable(
        "own table", (names[0], names[1]), match[grid], distance[grid], negative[grid]
    )
    return table, maps[0], maps[1]


def _name_state(codes: Mapping[str, int], code: int, others: set[str]) -> str:
    """The labels of one state, without those of the other partner where it has any of its own."""
    alike = [state for state, own in codes.items() if own == code]
    return "/".join([state for state in alike if state not in others] or alike)
