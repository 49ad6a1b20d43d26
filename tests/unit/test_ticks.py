"""The time base of a coding."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.core.ticks import FINEST_TICK_S, detect_tick

FRAMES = np.array([0, 3, 8, 11, 25, 31, 40, 77, 101, 250])


# Every frame of 15 or 12 per second is also one of 30 or 60.
@pytest.mark.parametrize("rate", [25, 50, 10, 4, 2, 1, 30, 60, 24, 15, 12, 30000 / 1001])
def test_frames_give_their_frame(rate: float) -> None:
    assert detect_tick(FRAMES / rate) == pytest.approx(1 / rate, rel=1e-9)


@pytest.mark.parametrize("rate", [30, 60, 24, 30000 / 1001])
def test_milliseconds_that_fit_a_frame_rate_give_that_frame(rate: float) -> None:
    assert detect_tick(np.round(FRAMES / rate, 3)) == pytest.approx(1 / rate, rel=1e-9)


def test_a_slow_grid_is_never_longer_than_a_second() -> None:
    assert detect_tick(np.arange(12) * 10.0) == 1.0


def test_few_times_say_little() -> None:
    assert detect_tick([0, 10, 20]) == 0.001
    assert detect_tick([]) == 0.001
    assert detect_tick([np.nan]) == 0.001


def test_times_without_a_grid() -> None:
    times = np.random.default_rng(1).uniform(0, 100, 50)
    assert FINEST_TICK_S <= detect_tick(times) <= 1e-5
