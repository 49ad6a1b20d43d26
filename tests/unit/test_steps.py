"""Steps: a piecewise constant code over a window."""

from __future__ import annotations

import numpy as np

from reattune.core.steps import MISSING, constant_steps, find_moments, make_steps, merge_edges


def steps(rows: list[tuple[float, float, int]], window: tuple[float, float]):
    a, b, c = (np.array(column) for column in zip(*rows, strict=True))
    return make_steps(a.astype(float), b.astype(float), c.astype(np.int64), window)


def test_holes_are_missing_and_equal_neighbours_are_one_run() -> None:
    made = steps([(1, 2, 0), (2, 3, 0), (5, 6, 1)], (0, 8))
    assert made.edges.tolist() == [0, 1, 3, 5, 6, 8]
    assert made.codes.tolist() == [MISSING, 0, MISSING, 1, MISSING]
    assert made.n_runs == 2
    assert made.observed_s == 3
    assert made.durations.sum() == 8


def test_the_window_cuts() -> None:
    made = steps([(0, 4, 0), (4, 9, 1)], (3, 5))
    assert made.edges.tolist() == [3, 4, 5]
    assert made.codes.tolist() == [0, 1]
    outside = steps([(0, 4, 0)], (6, 8))
    assert outside.edges.tolist() == [6, 8]
    assert outside.codes.tolist() == [MISSING]


def test_noise_of_the_clock_leaves_no_hole() -> None:
    made = steps([(0, 3 * 0.1, 0), (0.3, 0.7, 1), (0.7 + 1e-12, 1 - 1e-12, 0)], (1e-12, 1))
    assert made.codes.tolist() == [0, 1, 0]
    assert made.edges[0] == 1e-12
    assert made.edges[-1] == 1


def test_a_gap_between_equal_codes_stays_a_gap() -> None:
    assert steps([(0, 1, 2), (1.04, 2, 2)], (0, 2)).codes.tolist() == [2, MISSING, 2]


def test_looking_up() -> None:
    made = steps([(0, 1, 5), (1, 2, 7)], (0, 2))
    assert made.at(np.array([0, 0.999, 1, 1.5])).tolist() == [5, 5, 7, 7]
    assert list(made.observed()) == [(0, 2)]
    assert repr(made) == "Steps(2 runs over [0, 2))"


def test_one_code_all_the_time() -> None:
    made = constant_steps((2, 5), 3)
    assert (made.edges.tolist(), made.codes.tolist()) == ([2, 5], [3])


def test_moments() -> None:
    edges = merge_edges(np.array([0.0, 1, 2]), np.array([1 + 5e-10, 1.5, 2]))
    assert np.allclose(edges, [0, 1, 1.5, 2])
    assert edges.size == 4
    assert find_moments(edges, np.array([1.0, 1.7, 2 + 5e-10, 9])).tolist() == [0, 1, 0, 1]
    assert not find_moments(edges, np.empty(0)).any()
