"""Drop, ReliableChange and PersonCentred on small series whose answer can be read off."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from reattune.core.errors import SettingError
from reattune.courses import (
    CourseEvent,
    Drop,
    PersonCentred,
    ReliableChange,
    SampleConstants,
    find_events,
    split_trait_state,
)

NAN = float("nan")
ONE = Drop(sd="fixed", fixed_sd=1.0)


def short(events: tuple[CourseEvent, ...]) -> list[tuple[object, ...]]:
    return [(e.pre, e.onset, e.repair, e.latency, e.status, e.reason) for e in events]


def test_a_drop_and_its_return() -> None:
    (event,) = ONE([5.0, 4.0, 4.5, 4.75, 5.0])
    assert (event.pre, event.onset, event.nadir, event.repair) == (1, 2, 2, 4)
    assert (event.level, event.drop, event.drop_sd, event.latency) == (5.0, 1.0, 1.0, 2)
    assert event.target == 4.75
    assert math.isnan(event.drop_prop)
    (event,) = find_events([5.0, 4.0, 5.0], ONE, SampleConstants(scale=(1, 7)))
    assert event.drop_prop == pytest.approx(1 / 6)


def test_the_threshold_is_met_in_spite_of_noise() -> None:
    assert 5.3 - 5.0 < 0.3  # in floating point
    third = replace(ONE, fixed_sd=0.3)
    assert len(third([5.3, 5.0, 5.3])) == 1
    assert third([5.3, 5.001, 5.3]) == ()
    assert short(third([5.3, 5.0, 5.0 + 0.75 * 0.3 - 1e-15]))[0][2] == 3


@pytest.mark.parametrize(
    ("ratings", "wanted"),
    [
        ([5, 4, 4, 4, 5], [(1, 2, 5, 3, "repaired", "")]),
        ([5, 4, 4, 4, 4, 5], [(1, 2, None, None, "unrepaired", "window")]),
        ([5, 4, 4, 4], [(1, 2, None, None, "censored", "end")]),
        ([5, 4], [(1, 2, None, None, "censored", "end")]),
        ([5, 4, NAN, 5], [(1, 2, 4, 2, "repaired", "")]),
        ([5, NAN, 4, 5], [(1, 3, 4, 1, "repaired", "")]),
        ([5, 4, NAN, NAN, NAN, 5], [(1, 2, None, None, "censored", "missing")]),
        ([5, 4, NAN, 4, NAN, 5], [(1, 2, None, None, "unrepaired", "window")]),
        ([NAN, 5, 4, 5, NAN], [(2, 3, 4, 1, "repaired", "")]),
        ([NAN, NAN], []),
        ([], []),
        ([5], []),
        ([5, 5, 5, 5, 5, 5], []),
        ([4, 5, 6, 7], []),
    ],
)
def test_windows_count_meetings(ratings: list[float], wanted: list[object]) -> None:
    assert short(ONE(ratings)) == wanted


def test_windows_may_count_ratings_or_not_end() -> None:
    ratings = [5, 4, NAN, NAN, NAN, 4.2, 5]
    assert short(replace(ONE, count="ratings")(ratings)) == [(1, 2, 7, 2, "repaired", "")]
    assert short(ONE(ratings))[0][4:] == ("censored", "missing")
    assert short(replace(ONE, window=None)(ratings)) == [(1, 2, 7, 5, "repaired", "")]


def test_strict_drops_do_not_cross_a_hole() -> None:
    assert replace(ONE, strict=True)([5, NAN, 4, 5]) == ()
    assert len(replace(ONE, strict=True)([5, NAN, 5, 4, 5])) == 1


def test_meeting_numbers_can_be_given() -> None:
    found = find_events([5, 4, 5], ONE, meetings=[3, 7, 8])
    assert short(found) == [(3, 7, 8, 1, "repaired", "")]
    with pytest.raises(SettingError, match="in order"):
        find_events([5, 4, 5], ONE, meetings=[3, 3, 8])
    with pytest.raises(SettingError, match="one for each of 3"):
        find_events([5, 4, 5], ONE, meetings=[3, 4])


def test_return_to_within_a_share_of_an_sd() -> None:
    back = replace(ONE, repair="return", tau=0.25)
    assert short(back([5, 3, 4.5, 4.74, 4.8]))[0][2] == 5
    assert short(back([5, 3, 4.75]))[0][2] == 3


def test_after_a_repair_the_scan_goes_on_behind_it() -> None:
    found = ONE([6, 5, 6, 5, 6])
    assert [(e.onset, e.repair) for e in found] == [(2, 3), (4, 5)]
    found = ONE([6, 5, 4, 6])
    assert [(e.onset, e.repair) for e in found] == [(2, 4)]
    found = replace(ONE, window=1)([6, 5, 4, 4, 4, 4])
    assert [(e.onset, e.status) for e in found] == [(2, "unrepaired"), (3, "unrepaired")]


def test_a_constant_series_has_no_drop_even_of_no_size() -> None:
    assert Drop(sd="own")([4.0] * 8) == ()
    assert Drop(sd="own", min_ratings=2)([4.0, 4.0]) == ()


def test_own_sds_need_six_ratings() -> None:
    own = Drop(sd="own")
    assert own([5, 3, 5, 5, 5]) == ()
    assert own.why_not([5, 3, 5, 5, NAN, 5]) == "5 ratings, at least 6 are needed"
    assert own.why_not([5, 3, 5, 5, 5, 5]) == ""
    assert len(own([5, 3, 5, 5, 5, 5])) == 1
    assert len(Drop(sd="own", min_ratings=3)([5, 3, 5])) == 1


def test_constants_of_the_sample_are_asked_for() -> None:
    for sd in ("mean", "pooled", "between", "max_own_pooled", "max_own_between"):
        with pytest.raises(SettingError, match="constants of the sample"):
            Drop(sd=sd)([5, 4, 5])  # type: ignore[arg-type]
    sample = SampleConstants(mean_sd=3.0, pooled_sd=0.1, between_sd=0.1)
    assert find_events([5, 4, 5], Drop(sd="mean"), sample) == ()
    assert len(find_events([5, 4, 5], Drop(sd="pooled"), sample)) == 1
    (event,) = find_events([5, 4, 5], Drop(sd="max_own_between"), sample)
    assert event.drop_sd == pytest.approx(1 / math.sqrt(1 / 3))


def test_reliable_change_uses_the_numbers_it_is_given() -> None:
    change = ReliableChange(sd=1.0, reliability=0.5)
    assert change.error_sd == pytest.approx(1.0)
    assert change([6, 4.05, 6]) == ()
    (event,) = change([6, 4.04, 6])
    assert event.drop_sd == pytest.approx(1.96)
    assert len(replace(change, critical=1.28)([6, 4.7, 6])) == 1
    assert change.indices([6, NAN, 4]) == [(3, pytest.approx(-2.0))]
    assert replace(change, strict=True).indices([6, NAN, 4]) == []


def test_person_centred_ruptures_lie_below_the_own_mean() -> None:
    ratings = [5, 5, 5, 2, 5, 5, 5, 5]
    (event,) = PersonCentred()(ratings)
    assert (event.pre, event.onset, event.repair, event.latency) == (3, 4, 5, 1)
    assert event.level == pytest.approx(37 / 8)
    (first,) = PersonCentred()([2, 5, 5, 5, 5, 5])
    assert (first.entered, first.pre) == (False, None)
    (last,) = PersonCentred()([5, 5, 5, 5, 5, 2])
    assert (last.status, last.reason) == ("censored", "end")
    assert PersonCentred()([5, 2, 5]) == ()
    assert PersonCentred()([3.0] * 9) == ()
    assert PersonCentred(min_drop=4)(ratings) == ()


def test_trait_and_state_add_up() -> None:
    trait, state = split_trait_state([4, NAN, 6])
    assert trait == 5
    assert state.tolist()[0] == -1 and math.isnan(state[1]) and state[2] == 1
    trait, state = split_trait_state([NAN])
    assert math.isnan(trait) and math.isnan(state[0])


@pytest.mark.parametrize(
    "make",
    [
        lambda: Drop(k=0),
        lambda: Drop(sd="standard"),  # type: ignore[arg-type]
        lambda: Drop(sd="fixed"),
        lambda: Drop(fixed_sd=1.0),
        lambda: Drop(rho=1.5),
        lambda: Drop(rho=0),
        lambda: Drop(tau=-1),
        lambda: Drop(window=0),
        lambda: Drop(window=1.5),  # type: ignore[arg-type]
        lambda: Drop(min_drop=-0.1),
        lambda: Drop(repair="somehow"),  # type: ignore[arg-type]
        lambda: Drop(count="weeks"),  # type: ignore[arg-type]
        lambda: Drop(min_ratings=1),
        lambda: ReliableChange(sd=1, reliability=1),
        lambda: ReliableChange(sd=0, reliability=0.9),
        lambda: ReliableChange(sd=1, reliability=-0.1),
        lambda: PersonCentred(repair_k=2),
        lambda: PersonCentred(k=float("nan")),
        lambda: ONE([1.0, float("inf")]),
        lambda: ONE([[1.0], [2.0]]),
        lambda: ONE(["five", "four"]),
        lambda: SampleConstants(scale=(7, 1)),
    ],
)
def test_what_is_not_allowed_says_so(make: object) -> None:
    with pytest.raises(SettingError):
        make()  # type: ignore[operator]
