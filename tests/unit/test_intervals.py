"""Intervals: sorted, half-open sets of time."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.core.intervals import Intervals


def test_touching_and_overlapping_intervals_are_joined_and_empty_ones_dropped() -> None:
    made = Intervals([5, 0, 2, 9, 12], [7, 2, 3, 9, 13])
    assert list(made) == [(0, 3), (5, 7), (12, 13)]
    assert len(made) == 3
    assert made.total == 6
    assert made.span == (0, 13)
    assert list(made.gaps()) == [(3, 5), (7, 12)]


def test_an_interval_inside_another_disappears() -> None:
    assert list(Intervals([0, 1, 4], [10, 2, 5])) == [(0, 10)]


def test_ends_are_outside() -> None:
    made = Intervals([1], [2])
    assert made.contains([0.999, 1, 1.999, 2]).tolist() == [False, True, True, False]
    assert bool(made.contains(1.5))
    assert not made.contains([np.nan]).any()


def test_nothing() -> None:
    nothing = Intervals()
    assert not nothing
    assert nothing.total == 0
    assert np.isnan(nothing.span).all()
    assert nothing.gaps() == nothing
    assert nothing | nothing == nothing & Intervals([0], [1]) == nothing
    assert list(nothing.complement(2, 3)) == [(2, 3)]
    assert Intervals([0], [4]).clip(3, 3) == nothing
    assert not nothing.contains([0.0, 1.0]).any()


def test_sets_are_values() -> None:
    assert Intervals([0, 1], [1, 2]) == Intervals([0], [2])
    assert len({Intervals([0, 1], [1, 2]), Intervals([0], [2])}) == 1
    assert Intervals([0], [1]) != "[0, 1)"
    with pytest.raises(ValueError, match="read-only"):
        Intervals([0], [1]).starts[0] = 5


def test_input_is_copied() -> None:
    starts = np.array([0.0])
    made = Intervals(starts, [1])
    starts[0] = 0.5
    assert made.total == 1


def test_printing_stays_short() -> None:
    assert repr(Intervals([0, 2.5], [1, 3])) == "Intervals([0, 1), [2.5, 3); 1.5 s)"
    assert "... 9 in all" in repr(Intervals(np.arange(9) * 2, np.arange(9) * 2 + 1))


@pytest.mark.parametrize(
    ("starts", "ends", "parameter"),
    [
        ([0, 1], [1], "ends"),
        ([3], [2], "ends"),
        ([np.nan], [2], "starts, ends"),
        ([0], [np.inf], "starts, ends"),
    ],
)
def test_wrong_times_name_their_parameter(starts: list, ends: list, parameter: str) -> None:
    with pytest.raises(SettingError) as caught:
        Intervals(starts, ends)
    assert caught.value.parameter == parameter
    assert parameter in str(caught.value)
