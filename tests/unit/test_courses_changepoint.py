"""Partitions against all partitions, and what steps down become ruptures."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import exp, log, pi

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.courses import ChangePoint
from reattune.courses.partition import find_boundary_probabilities, find_partition

NAN = float("nan")
STEPS = [6.0, 6.1, 5.9, 6.0, 4.1, 3.9, 4.0, 4.1, 6.0, 6.1, 5.9, 6.1]


def partitions(n: int, least: int) -> Iterator[list[int]]:
    """Every partition of n ratings into stretches of at least so many."""
    for count in range(n):
        for inner in combinations(range(1, n), count):
            edges = [0, *inner, n]
            if min(np.diff(edges)) >= least:
                yield edges


def squared_error(x: np.ndarray, edges: list[int]) -> float:  # type: ignore[type-arg]
    return sum(((p - p.mean()) ** 2).sum() for p in np.split(x, edges[1:-1]))


@pytest.mark.parametrize("least", [1, 2, 3])
def test_the_partition_is_the_best_of_all(least: int) -> None:
    rng = np.random.default_rng(5)
    sizes = set()
    for _ in range(40):
        n = int(rng.integers(least, 10))
        x = np.round(rng.normal(0, 1, n) + np.repeat(rng.normal(0, 2, 5), 2)[:n], 2)
        penalty = float(rng.uniform(0.1, 3))
        edges = find_partition(x.tolist(), penalty, least)
        cost = squared_error(x, edges) + penalty * (len(edges) - 2)
        best = min(squared_error(x, e) + penalty * (len(e) - 2) for e in partitions(n, least))
        assert cost == pytest.approx(best, abs=1e-9)
        assert min(np.diff(edges)) >= least
        sizes.add(len(edges))
    assert len(sizes) > 1


@pytest.mark.parametrize("least", [1, 2])
def test_boundary_probabilities_are_sums_over_all_partitions(least: int) -> None:
    rng = np.random.default_rng(6)
    for _ in range(10):
        n = int(rng.integers(2, 9))
        x = rng.normal(5, 1, n)
        sigma, level, prior = 0.7, 1.3, 0.15
        weights, marks = [], []
        for edges in partitions(n, least):
            told = (len(edges) - 2) * log(prior) + (n - len(edges) + 1) * log(1 - prior)
            for part in np.split(x - x.mean(), edges[1:-1]):
                cover = sigma**2 * np.eye(part.size) + level**2 * np.ones((part.size,) * 2)
                _, size = np.linalg.slogdet(cover)
                told -= 0.5 * (part.size * log(2 * pi) + size + part @ np.linalg.solve(cover, part))
            weights.append(exp(told))
            marks.append([t in edges[1:-1] for t in range(n)])
        wanted = np.array(weights) @ np.array(marks, dtype=float) / sum(weights)
        got = find_boundary_probabilities(
            x.tolist(), sigma=sigma, level_sd=level, change_prior=prior, min_segment=least
        )
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("method", ["exact", "bayes"])
def test_a_step_down_and_back(method: str) -> None:
    criterion = ChangePoint(method=method)  # type: ignore[arg-type]
    (event,) = criterion(STEPS)
    assert (event.pre, event.onset, event.nadir, event.repair) == (4, 5, 6, 9)
    assert event.latency == 4
    assert event.level == pytest.approx(6.0)
    assert event.drop == pytest.approx(6.0 - 4.025)
    assert [level[:2] for level in criterion.levels(STEPS)] == [(1, 4), (5, 8), (9, 12)]
    (event,) = criterion(STEPS[:8])
    assert (event.status, event.reason) == ("censored", "end")
    assert criterion(STEPS[4:]) == (), "a step up is no rupture"
    assert criterion([3.0] * 9) == ()
    assert criterion(STEPS[:5]) == ()
    assert ChangePoint(method=method, min_drop=2.0)(STEPS) == ()  # type: ignore[arg-type]


def test_holes_do_not_move_the_meetings() -> None:
    (event,) = ChangePoint()([*STEPS[:2], NAN, *STEPS[2:6], NAN, *STEPS[6:]])
    assert (event.pre, event.onset, event.repair) == (5, 6, 11)


def test_steps_further_down_belong_to_the_same_rupture() -> None:
    ratings = [6, 6.1, 6, 6.1, 4, 4.1, 4, 4.1, 2, 2.1, 2, 2.1, 6, 6.1, 6, 6.1]
    (event,) = ChangePoint()(ratings)
    assert (event.onset, event.first_nadir, event.repair) == (5, 9, 13)
    assert event.drop == pytest.approx(4.0)


def test_probabilities_are_given_per_rating() -> None:
    told = ChangePoint(method="bayes").boundary_probabilities(STEPS)
    assert told.shape == (12,)
    assert told[0] == 0
    assert set(np.flatnonzero(told > 0.5)) == {4, 8}
    assert ChangePoint().boundary_probabilities([5.0] * 8).tolist() == [0.0] * 8
    assert ChangePoint().boundary_probabilities([]).tolist() == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"method": "tree"},
        {"min_segment": 0},
        {"min_segment": 1.5},
        {"penalty": -1},
        {"probability": 1.0},
        {"change_prior": 0},
        {"level_sd": 0},
        {"tolerance_sigma": -1},
        {"min_ratings": 1},
    ],
)
def test_what_is_not_allowed_says_so(parameters: dict[str, object]) -> None:
    with pytest.raises(SettingError):
        ChangePoint(**parameters)  # type: ignore[arg-type]
