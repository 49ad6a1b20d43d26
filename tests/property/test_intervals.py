"""Sets of time against sets of whole seconds, and steps against a list of codes."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.core.intervals import Intervals
from reattune.core.steps import MISSING, find_moments, make_steps, merge_edges

from .strategies import runs_of

small = settings(max_examples=100, deadline=None, derandomize=True)

END = 30
pairs = st.lists(
    st.tuples(st.integers(0, END), st.integers(0, END)).map(lambda p: (min(p), max(p))), max_size=8
)


def seconds(rows: list[tuple[int, int]]) -> set[int]:
    """The naive twin: every whole second covered."""
    return {second for start, end in rows for second in range(start, end)}


def back(intervals: Intervals) -> set[int]:
    assert all(start < end for start, end in intervals)
    # Sorted, disjoint, not touching.
    assert (intervals.starts[1:] > intervals.ends[:-1]).all()
    return seconds([(int(a), int(b)) for a, b in intervals])


@small
@given(a=pairs, b=pairs)
def test_algebra_is_that_of_sets(a: list, b: list) -> None:
    x, y = Intervals.from_pairs(a), Intervals.from_pairs(b)
    assert back(x) == seconds(a)
    assert back(x & y) == seconds(a) & seconds(b)
    assert back(x | y) == seconds(a) | seconds(b)
    assert back(x - y) == seconds(a) - seconds(b)
    assert x.total == len(seconds(a))
    assert (x == y) == (seconds(a) == seconds(b))
    if x == y:
        assert hash(x) == hash(y)


@small
@given(a=pairs, b=pairs, c=pairs)
def test_laws(a: list, b: list, c: list) -> None:
    x, y, z = (Intervals.from_pairs(p) for p in (a, b, c))
    assert x & y == y & x
    assert x | y == y | x
    assert (x & y) & z == x & (y & z)
    assert (x | y) | z == x | (y | z)
    assert x & (y | z) == (x & y) | (x & z)
    assert x - y == x & y.complement(0, END)
    assert (x | y).complement(0, END) == x.complement(0, END) & y.complement(0, END)
    assert (x & y).complement(0, END) == x.complement(0, END) | y.complement(0, END)
    assert x.complement(0, END).complement(0, END) == x
    assert x.total + y.total == (x & y).total + (x | y).total


@small
@given(a=pairs, start=st.integers(0, END), length=st.integers(0, 20), by=st.integers(-50, 50))
def test_clip_shift_gaps(a: list, start: int, length: int, by: int) -> None:
    x = Intervals.from_pairs(a)
    held = seconds(a)
    assert back(x.clip(start, start + length)) == held & set(range(start, start + length))
    assert back(x.shift(by)) == {s + by for s in held}
    assert x.shift(by).total == x.total
    assert x.shift(by).shift(-by) == x
    whole = set(range(min(held), max(held) + 1)) if held else set()
    assert back(x.gaps()) == whole - held
    inside = x.contains(np.arange(END + 1))
    assert set(np.flatnonzero(inside)) == held


codes = st.lists(st.one_of(st.none(), st.integers(0, 2)), min_size=1, max_size=40)


@small
@given(frames=codes, first=st.integers(-5, 20), length=st.integers(1, 40))
def test_steps_hold_the_code_of_every_second(frames: list, first: int, length: int) -> None:
    rows = [run for run in runs_of(tuple(frames)) if run[2] is not None]
    # One interval in two pieces is one run.
    rows = [
        piece
        for a, b, code in rows
        for piece in ([(a, a + 1, code), (a + 1, b, code)] if b - a > 1 else [(a, b, code)])
    ]
    steps = make_steps(
        np.array([r[0] for r in rows], dtype=float),
        np.array([r[1] for r in rows], dtype=float),
        np.array([r[2] for r in rows], dtype=np.int64),
        (float(first), float(first + length)),
    )
    wanted = [
        frames[s] if 0 <= s < len(frames) and frames[s] is not None else MISSING
        for s in range(first, first + length)
    ]
    assert (steps.edges[0], steps.edges[-1]) == (first, first + length)
    assert steps.at(np.arange(first, first + length) + 0.5).tolist() == wanted
    assert steps.observed_s == sum(code != MISSING for code in wanted)
    assert (np.diff(steps.edges) > 0).all()
    assert (steps.codes[1:] != steps.codes[:-1]).all()
    assert steps.n_runs == len([r for r in runs_of(tuple(wanted)) if r[2] != MISSING])
    assert steps.observed().total == steps.observed_s


@small
@given(a=st.lists(st.integers(0, 50), min_size=1), b=st.lists(st.integers(0, 50)))
def test_edges_of_one_moment_are_one(a: list[int], b: list[int]) -> None:
    noisy = np.sort(np.array(b, dtype=float)) + 3e-10
    edges = merge_edges(np.sort(np.array(a, dtype=float)), noisy)
    assert np.allclose(edges, sorted({*a, *b}), rtol=0, atol=1e-9)
    assert edges.size == len({*a, *b})
    hit = find_moments(edges, np.unique(noisy))
    assert set(np.round(edges[hit]).astype(int)) == set(b)
