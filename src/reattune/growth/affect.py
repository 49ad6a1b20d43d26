"""One partner's affect in one window, beside the dyad's matching; and the counts made from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from reattune.core.attunement import Attunement
from reattune.core.errors import SettingError, did_you_mean
from reattune.core.pair import MISMATCH, UNDEFINED
from reattune.core.steps import MISSING
from reattune.core.streams import States

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Affect:
    """The focal partner's affect over one window, in segments in which nothing changes.

    Attributes
    ----------
    focal : str
        The partner whose affect is followed.
    labels : tuple of str
        The mapped states that count as negative.
    edges : float array, shape (n + 1,)
        Seconds; segment i is ``[edges[i], edges[i + 1])``.
    state : int array, shape (n,)
        The dyad: 1 matched, 0 mismatched, -1 undefined.
    observed, negative : bool array, shape (n,)
        Whether the focal partner was coded, and coded negative.
    cut : bool array, shape (n + 1,)
        Edges that nothing is followed across.
    tick_s : float
        Time base of the coding in seconds.
    n_categories : int
        States that the rule tells apart, in the partner with fewer of them.
    """

    focal: str
    labels: tuple[str, ...]
    edges: FloatArray
    state: IntArray
    observed: BoolArray
    negative: BoolArray
    cut: BoolArray
    tick_s: float
    n_categories: int

    @property
    def lengths(self) -> FloatArray:
        """Seconds of each segment. Shape (n,)."""
        return np.diff(self.edges)

    @property
    def turns(self) -> BoolArray:
        """Whether segment i ends with a change into negative, nothing missing. Shape (n,)."""
        return self._changes(self.observed & ~self.negative, self.negative)

    @property
    def ends(self) -> BoolArray:
        """Whether segment i ends with a change out of negative, nothing missing. Shape (n,)."""
        return self._changes(self.negative, self.observed & ~self.negative)

    def _changes(self, before: BoolArray, after: BoolArray) -> BoolArray:
        found = np.zeros(self.state.size, dtype=np.bool_)
        found[:-1] = before[:-1] & after[1:] & ~self.cut[1:-1]
        return found


def read_affect(
    attunement: Attunement, focal: str, negative: Iterable[str] | None = None
) -> Affect:
    """The focal partner's affect in the window of an attunement.

    Parameters
    ----------
    attunement : Attunement
        By a rule that compares two streams of states.
    focal : str
        One of its partners.
    negative : iterable of str, optional
        Mapped states (as the rule's table names them) that are negative. Default: those that the
        table itself marks.

    Raises
    ------
    SettingError
        When the rule has no states, the focal partner is none of the two, or a state is unknown.
    """
    if focal not in attunement.partners:
        raise SettingError("focal", focal, f"one of the partners {attunement.partners}")
    if attunement.pair is None or attunement.codes is None:
        raise SettingError(
            "rule", attunement.rule, "a rule that compares two streams of states (StateMatch)"
        )
    side = attunement.partners.index(focal)
    table = attunement.pair.table
    states = table.states[side]
    if negative is None:
        marked = table.negative.any(axis=1 - side)
        if not marked.any():
            raise SettingError("negative", None, f"the negative ones among the states {states}")
        bad = np.flatnonzero(marked)
    else:
        bad = np.array(find_states("negative", states, negative), dtype=np.int64)
    codes = attunement.codes[side]
    return Affect(
        focal=focal,
        labels=tuple(states[i] for i in bad),
        edges=attunement.edges,
        state=attunement.state,
        observed=codes != MISSING,
        negative=np.isin(codes, bad),
        cut=attunement.cut,
        tick_s=attunement.tick_s,
        n_categories=min(len(table.states[0]), len(table.states[1])),
    )


def read_affect_alone(
    states: States, window: tuple[float, float], negative: Iterable[str]
) -> Affect:
    """The affect of one coded stream, where the other partner was not coded (a challenge).

    Parameters
    ----------
    states : States
    window : (float, float)
        Seconds.
    negative : iterable of str
        Labels of the stream that are negative. A label that this stream does not contain is
        allowed: nobody has to show every state.
    """
    start, end = window
    if not end > start:
        raise SettingError("window", window, "an end after its start")
    bad = {str(label) for label in negative}
    if not bad:
        raise SettingError("negative", (), "at least one state")
    steps = states.steps((float(start), float(end)))
    known = [i for i, label in enumerate(states.categories) if label in bad]
    cut = np.zeros(steps.edges.size, dtype=np.bool_)
    cut[0] = cut[-1] = True
    return Affect(
        focal=states.partner,
        labels=tuple(sorted(bad)),
        edges=steps.edges,
        state=np.full(steps.codes.size, UNDEFINED, dtype=np.int64),
        observed=steps.codes != MISSING,
        negative=np.isin(steps.codes, np.array(known, dtype=np.int64)),
        cut=cut,
        tick_s=states.tick_s,
        n_categories=0,
    )


def find_states(parameter: str, states: Sequence[str], asked: Iterable[str]) -> list[int]:
    """The codes of the asked states in a rule's list.

    A rule may have made one of several states that it treats alike ("cry/fuss"); such a state is
    found when all its parts are asked for.

    Raises
    ------
    SettingError
        For a state that the rule does not have, an empty list, or one part of a joined state.
    """
    wanted = {str(name) for name in ([asked] if isinstance(asked, str) else asked)}
    if not wanted:
        raise SettingError(parameter, (), "at least one state")
    found: list[int] = []
    seen: set[str] = set()
    for code, name in enumerate(states):
        parts = {name} if name in wanted else set(name.split("/"))
        hit = parts & wanted
        if hit and hit != parts:
            raise SettingError(
                parameter,
                sorted(hit),
                f"states that the rule tells apart; its table has them in one, {name!r}",
            )
        if hit:
            found.append(code)
            seen |= hit
    missing = sorted(wanted - seen)
    if missing:
        raise SettingError(
            parameter, missing[0], "a state of the rule." + did_you_mean(missing[0], states)
        )
    return found


@dataclass(frozen=True)
class AffectCounts:
    """Counts and seconds of one window, or of several pooled ones.

    Attributes
    ----------
    turns : int
        Changes of the focal partner into negative, mismatched before the change.
    mismatched_s : float
        U, mismatched seconds.
    open_s : float
        U+, mismatched seconds in which the focal partner is observed and not negative.
    negative_mismatched_s : float
        Mismatched seconds in which the focal partner is negative.
    negative_s : float
        Seconds in which the focal partner is negative, whatever the other does.
    ends : int
        Changes of the focal partner out of negative.
    coded_s, window_s : float
        Seconds in which the focal partner was coded, and length of the window.
    """

    turns: int = 0
    mismatched_s: float = 0.0
    open_s: float = 0.0
    negative_mismatched_s: float = 0.0
    negative_s: float = 0.0
    ends: int = 0
    coded_s: float = 0.0
    window_s: float = 0.0

    def __add__(self, other: AffectCounts) -> AffectCounts:
        """Both pooled: sums."""
        return AffectCounts(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        )


def count_affect(affect: Affect) -> AffectCounts:
    """The counts of one window; a change counts only with nothing missing at it."""
    lengths = affect.lengths
    mismatch = affect.state == MISMATCH

    def seconds(where: BoolArray) -> float:
        return float(lengths[where].sum())

    return AffectCounts(
        turns=int((affect.turns & mismatch).sum()),
        mismatched_s=seconds(mismatch),
        open_s=seconds(mismatch & affect.observed & ~affect.negative),
        negative_mismatched_s=seconds(mismatch & affect.negative),
        negative_s=seconds(affect.negative),
        ends=int(affect.ends.sum()),
        coded_s=seconds(affect.observed),
        window_s=float(affect.edges[-1] - affect.edges[0]),
    )
