"""Decline on small series whose answer can be read off."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reattune.core.errors import SettingError
from reattune.courses import Decline

NAN = float("nan")
ONE = Decline(sd="fixed", fixed_sd=1.0)


@pytest.mark.parametrize(
    ("ratings", "pattern", "lengths", "repair"),
    [
        ([6, 4, 6], "V", (1, 0, 1), 3),
        ([6, 5, 4, 6], "slow-fall/sudden-rise", (2, 0, 1), 4),
        ([6, 4, 5, 6], "sudden-fall/slow-rise", (1, 0, 2), 4),
        ([6, 5, 4, 5, 6], "slow-fall/slow-rise", (2, 0, 2), 5),
        ([6, 4, 4, 4, 6], "U", (1, 2, 1), 5),
        ([6, 4, 4.5, 3, 6], "U", (1, 2, 1), 5),
        ([6, 4, 4.5, 4, 6], "sudden-fall/slow-rise", (1, 0, 3), 5),
        ([6, 4, 4.5, 4.2], "open", (1, 2, None), None),
        ([6, 4, NAN, 6], "V", (1, 0, 2), 4),
        ([6, NAN, 4, 6], "V", (2, 0, 1), 4),
        ([4, 5, 6, 5, 4, 6], "slow-fall/sudden-rise", (2, 0, 1), 6),
    ],
)
def test_shapes(
    ratings: list[float], pattern: str, lengths: tuple[int, int, int | None], repair: int | None
) -> None:
    (event,) = ONE(ratings)
    assert event.pattern == pattern
    assert (event.fall, event.plateau, event.rise) == lengths
    assert event.repair == repair
    assert event.status == ("repaired" if repair else "censored")


def test_a_lower_rating_on_the_way_back_moves_the_target() -> None:
    (event,) = ONE([6, 4, 4.5, 2, 4.9, 5.0])
    assert (event.first_nadir, event.nadir, event.drop, event.repair) == (2, 4, 4, 6)
    assert event.latency == 4
    assert event.target == 5.0


def test_falls_below_the_threshold_are_passed_over() -> None:
    assert ONE([6, 5.5, 5.2, 6]) == ()
    (event,) = ONE([6, 5.5, 5.8, 4, 6])
    assert (event.pre, event.onset) == (3, 4)


def test_counter_moves_can_be_allowed() -> None:
    ratings = [6, 5.5, 5.6, 5, 6]
    assert ONE(ratings) == ()
    (event,) = replace(ONE, gap=1)(ratings)
    assert (event.pre, event.nadir, event.fall, event.repair) == (1, 4, 3, 5)
    assert replace(ONE, gap=1)([6, 5.5, 5.6, 5.6, 5, 6]) == ()
    assert len(replace(ONE, gap=2)([6, 5.5, 5.6, 5.6, 5, 6])) == 1
    # Back at the start of the fall is no counter-move inside it.
    (event,) = replace(ONE, gap=1)([6, 5.5, 6, 5, 6])
    assert event.pre == 3


def test_a_window_makes_events_unrepaired() -> None:
    two = replace(ONE, window=2)
    (event,) = two([6, 4, 4.5, 4.6, 4.7, 6])
    assert (event.status, event.reason, event.plateau, event.rise) == (
        *("unrepaired", "window"),
        *(2, None),
    )
    (event,) = two([6, 4, 4.5])
    assert (event.status, event.reason) == ("censored", "end")
    (event,) = two([6, 4, NAN, NAN, 6])
    assert (event.status, event.reason) == ("censored", "missing")
    (event,) = two([6, 4, 4.5, 6])
    assert (event.status, event.latency) == ("repaired", 2)
    found = two([6, 4, 3.9, 4.0, 4.0, 2.0, 4.0])
    assert [(e.onset, e.status) for e in found] == [(2, "unrepaired"), (6, "repaired")]


def test_strict_falls_do_not_cross_a_hole() -> None:
    assert replace(ONE, strict=True)([6, NAN, 4, 6]) == ()
    assert len(replace(ONE, strict=True)([6, 5, 4, 6])) == 1
    assert replace(ONE, strict=True)([6, 5.5, NAN, 4.6, 6]) == ()


def test_lengths_can_count_ratings() -> None:
    (event,) = replace(ONE, count="ratings")([6, NAN, 4, NAN, NAN, 6])
    assert (event.fall, event.rise, event.latency) == (1, 1, 1)
    assert (event.onset, event.repair) == (3, 6)


def test_ratings_that_differ_by_noise_are_equal() -> None:
    ratings = [6, 5, 5 + 4e-16 * 4, 4.9, 6]
    assert ratings[2] > 5
    (event,) = replace(ONE, k=1.05)(ratings)
    assert (event.pre, event.nadir) == (1, 4)
    assert replace(ONE, k=1.05, tie=0)(ratings) == ()


def test_after_a_repair_the_next_fall_starts_there() -> None:
    found = ONE([6, 4, 6, 5, 3, 6])
    assert [(e.pre, e.onset, e.repair) for e in found] == [(1, 2, 3), (3, 4, 6)]
    found = ONE([6, 3, 5.5, 3, 6])
    assert [(e.pre, e.onset, e.repair) for e in found] == [(1, 2, 3), (3, 4, 5)]


@pytest.mark.parametrize("gap", [-1, 1.0, True])
def test_gap_is_a_whole_number(gap: object) -> None:
    with pytest.raises(SettingError, match="gap"):
        Decline(gap=gap)  # type: ignore[arg-type]


def test_tie_is_not_negative() -> None:
    with pytest.raises(SettingError, match="tie"):
        Decline(tie=-1.0)
