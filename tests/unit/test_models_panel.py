"""The likelihood of interval codes: against matrix exponentials, and what it repairs."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm

from reattune.core.errors import SettingError
from reattune.models.likelihood import log_likelihood, start_slow
from reattune.models.panel import Grid, panel_log_likelihood, record_of, sample_grid
from reattune.models.parameters import DyadParameters
from reattune.models.path import path_of
from tests import naive_likelihood as naive

from .made_models import STILL_FACE, make_changes, make_record

P = DyadParameters()
TRUST = start_slow(P).trust


def generator(p: dict, a: float, free: bool) -> np.ndarray:
    """The 20 x 20 matrix of hazards between pairs of states, entry by entry."""
    q = np.zeros((20, 20))
    for x in range(4):
        for y in range(5):
            for k in range(4):
                if k != x:
                    q[5 * x + y, 5 * k + y] = naive.focal_hazard(
                        p, x, k, y, a, 1.0, TRUST, naive.IDENTITY
                    )
            for k in range(5):
                if free and k != y:
                    q[5 * x + y, 5 * x + k] = naive.responder_hazard(p, x, k)
    return q - np.diag(q.sum(axis=1))


def by_exponentials(grid: Grid) -> float:
    """The whole likelihood with scipy's matrix exponential."""
    p, a, total = naive.DEFAULTS, grid.start_arousal, 0.0
    for i in range(grid.focal.size - 1):
        x, y = int(grid.focal[i]), int(grid.responder[i])
        to = int(grid.focal[i + 1]), int(grid.responder[i + 1])
        u, b = naive.drive(p, x, y, x == y, 1.0, 0.0)
        a = naive.arousal_after(a, u, b, grid.step / 2)
        if grid.modes[i] == grid.modes[i + 1]:
            chances = expm(generator(p, a, grid.modes[i] == 0) * grid.step)
            total += math.log(chances[5 * x + y, 5 * to[0] + to[1]])
        u, b = naive.drive(p, *to, to[0] == to[1], 1.0, 0.0)
        a = naive.arousal_after(a, u, b, grid.step / 2)
    return total


@pytest.mark.parametrize("step", [0.2, 1.0, 10.0])
@pytest.mark.parametrize("phases", [(), STILL_FACE])
def test_equal_to_matrix_exponentials(step: float, phases: tuple) -> None:
    grid = sample_grid(make_record(300.0 if step > 1 else 250.0, phases, 3), step)
    short = replace(
        grid, focal=grid.focal[:140], responder=grid.responder[:140], modes=grid.modes[:140]
    )
    assert panel_log_likelihood(P, short) == pytest.approx(by_exponentials(short), rel=1e-9)


def test_very_long_steps_do_not_underflow() -> None:
    grid = Grid([2, 3, 0], [2, 2, 4], [0, 0, 0], 500.0, 0.3)
    assert panel_log_likelihood(P, grid) == pytest.approx(by_exponentials(grid), rel=1e-8)


def test_ever_finer_codes_approach_the_event_likelihood() -> None:
    """With dt per change taken out: the chance of a change in a step is hazard x dt."""
    record = make_record(60.0, (), 4)
    exact = log_likelihood(P, record)
    gaps = []
    for step in (0.02, 0.005):
        grid = sample_grid(record, step)
        changes = grid.count(0) + grid.count(1)
        assert changes == record.times.size
        gaps.append(abs(panel_log_likelihood(P, grid) - changes * math.log(step) - exact))
    assert gaps[1] < 0.1
    assert gaps[1] < gaps[0] / 2


def test_unseen_codes_are_left_out() -> None:
    grid = sample_grid(make_record(60.0, (), 5), 1.0)
    focal, responder = grid.focal.copy(), grid.responder.copy()
    focal[20:30] = -1
    responder[20:30] = -1
    holed = replace(grid, focal=focal, responder=responder)
    assert holed.observed == pytest.approx(grid.observed - 11.0)
    assert panel_log_likelihood(P, holed) > panel_log_likelihood(P, grid)
    first = replace(grid, focal=focal[:20], responder=responder[:20], modes=grid.modes[:20])
    rest = replace(
        grid, focal=focal[30:], responder=responder[30:], modes=grid.modes[30:], start_arousal=0.47
    )
    parts = panel_log_likelihood(P, first) + panel_log_likelihood(P, rest)
    assert panel_log_likelihood(P, holed) == pytest.approx(parts, abs=0.5)


def test_a_grid_sees_what_was_there_at_its_moments() -> None:
    changes = make_changes(50.0, (), 6)
    from .made_models import as_record

    grid = sample_grid(as_record(changes, 50.0), 0.5)
    for i in range(grid.focal.size):
        x, y = naive.M, naive.ATTEND
        for t, who, state in changes:
            if t <= 0.5 * i:
                x, y = (state, y) if who == 0 else (x, state)
        assert (grid.focal[i], grid.responder[i]) == (x, y)


def test_codes_taken_for_events_lose_changes() -> None:
    record = make_record(300.0, (), 7)
    path = path_of(record)
    coarse = record_of(sample_grid(record, 1.0))
    assert coarse.times.size < 0.85 * path.times.size
    fine = record_of(sample_grid(record, 0.001))
    assert fine.times.size == path.times.size
    np.testing.assert_allclose(fine.times, path.times, atol=0.0011)


def test_a_clamped_responder_is_not_scored() -> None:
    grid = sample_grid(make_record(360.0, STILL_FACE, 8), 1.0)
    inside = slice(122, 236)
    part = Grid(grid.focal[inside], grid.responder[inside], grid.modes[inside], 1.0, 0.3)
    assert part.challenged == part.observed
    quiet = replace(P, responder_agenda_per_s=0.9)
    assert panel_log_likelihood(quiet, part) == pytest.approx(panel_log_likelihood(P, part))


def test_wrong_grids_are_refused() -> None:
    with pytest.raises(SettingError, match="step"):
        Grid([2, 2], [2, 2], [0, 0], 0.0, 0.3)
    with pytest.raises(SettingError, match="as many"):
        Grid([2, 2], [2], [0, 0], 1.0, 0.3)
