"""Signs that the two partners' data are not two people's data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from reattune.core.notes import Note
from reattune.core.session import Session
from reattune.core.steps import MISSING
from reattune.core.streams import Events, Signal, States, Stream

_MIN_CHANGES = 8
_NEARLY = 0.999
_MIN_SHARED_EVENTS = 8


def find_identical(session: Session) -> tuple[Note, ...]:
    """A warning for every stream that is the same, or nearly the same, for both partners.

    Two public data sets carry one person's data under both names; perfect synchrony there is no
    finding. States count as nearly identical when at least 99.9 % of the jointly coded time is
    equal and all of at least eight changes lie at the same times.
    """
    notes = []
    for name in session.stream_names:
        pair = [s for s in session.streams if s.name == name]
        if len(pair) == 2 and (told := _alike(pair[0], pair[1], session.span)):
            notes.append(
                Note(
                    "identical_partners",
                    f"the stream of {session.partners[0]} and that of {session.partners[1]} are "
                    f"{told}. Probably one person's data stand under both names.",
                    name,
                    level="warning",
                )
            )
    return tuple(notes)


def _alike(one: Stream, two: Stream, span: tuple[float, float]) -> str:
    if isinstance(one, States) and isinstance(two, States):
        return _alike_states(one, two, span)
    if isinstance(one, Events) and isinstance(two, Events):
        same = len(one) >= 2 and one.labels == two.labels
        same = (
            same and np.array_equal(one.starts, two.starts) and np.array_equal(one.ends, two.ends)
        )
        return "identical" if same else ""
    if isinstance(one, Signal) and isinstance(two, Signal):
        return _alike_signals(one, two)
    return ""


def _alike_states(one: States, two: States, span: tuple[float, float]) -> str:
    number = {
        label: i for i, label in enumerate({**dict.fromkeys(one.categories + two.categories)})
    }
    a, b = one.steps(span, number), two.steps(span, number)
    if a.n_runs < 2 or b.n_runs < 2:
        return ""
    if np.array_equal(a.edges, b.edges) and np.array_equal(a.codes, b.codes):
        return "identical"
    edges = np.union1d(a.edges, b.edges)
    length = np.diff(edges)
    code_a, code_b = a.at(edges[:-1]), b.at(edges[:-1])
    joint = (code_a != MISSING) & (code_b != MISSING)
    if not joint.any():
        return ""
    equal = float(length[joint & (code_a == code_b)].sum() / length[joint].sum())
    both = joint[1:] & joint[:-1]
    moves_a, moves_b = both & (np.diff(code_a) != 0), both & (np.diff(code_b) != 0)
    changes = int((moves_a | moves_b).sum())
    if equal >= _NEARLY and changes >= _MIN_CHANGES and np.array_equal(moves_a, moves_b):
        return f"nearly identical ({equal:.2%} of the time, all {changes} changes)"
    return ""


def _alike_signals(one: Signal, two: Signal) -> str:
    if abs(one.rate_hz - two.rate_hz) > 1e-9 or abs(one.start_s - two.start_s) > 1e-9:
        return ""
    n = min(len(one), len(two))
    a, b = one.values[:n], two.values[:n]
    known = np.isfinite(a) & np.isfinite(b)
    if known.sum() < _MIN_CHANGES or np.ptp(a[known]) == 0:
        return ""
    equal = float(np.mean(a[known] == b[known]))
    # An on/off column of two silent people is equal most of the time, so moves must agree too.
    moves = (np.diff(a[known]) != 0) | (np.diff(b[known]) != 0)
    together = (np.diff(a[known]) == np.diff(b[known]))[moves]
    if equal == 1.0:
        return "identical"
    if equal >= _NEARLY and moves.sum() >= _MIN_CHANGES and float(together.mean()) >= _NEARLY:
        return f"nearly identical ({equal:.2%} of the samples)"
    return ""


Rows = Sequence[tuple[str, float]]


def find_same_counts(name: str, one: Rows, two: Rows, partners: tuple[str, str]) -> Note | None:
    """A warning when both partners carry every shared code equally often.

    That is how a file looks whose one partner's codes were written under the other's name, some
    codes left out. Asked of coded rows as written (code, onset): at least two shared codes and
    eight shared rows, and one partner without codes of their own. Two codes that alternate have
    equal counts easily, so with only two of them half of the onsets must agree as well.
    """
    count_one, count_two = Counter(code for code, _ in one), Counter(code for code, _ in two)
    shared = set(count_one) & set(count_two)
    if len(shared) < 2 or shared not in (set(count_one), set(count_two)):
        return None
    total = sum(count_one[code] for code in shared)
    if total < _MIN_SHARED_EVENTS or any(count_one[c] != count_two[c] for c in shared):
        return None
    if len(shared) == 2:
        onsets = [{round(t, 1) for code, t in rows if code in shared} for rows in (one, two)]
        if len(onsets[0] & onsets[1]) < total / 2:
            return None
    shown = ", ".join(f"{code!r} {count_one[code]} times" for code in sorted(shared))
    return Note(
        "same_counts",
        f"{partners[0]} and {partners[1]} both have {shown}. "
        "Please check that these are two people's codes and not one person's twice.",
        name,
        total,
        "warning",
    )
