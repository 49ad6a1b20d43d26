"""Repair expectancy: counting outcomes, forgetting, dispersion, refusal."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from reattune.core.criteria import Criteria
from reattune.core.errors import SettingError
from reattune.core.ruptures import Ruptures
from reattune.growth import (
    Outcomes,
    count_outcomes,
    expect_by_chance,
    expect_repair,
    follow_expectancy,
    vary_expectancy,
)
from reattune.growth.expectancy import find_dispersion


def make_ruptures(rows: list[tuple[float, bool, bool]]) -> Ruptures:
    """(latency, closed, entered) rows, one after the other."""
    latency = np.array([row[0] for row in rows], dtype=np.float64)
    closed = np.array([row[1] for row in rows], dtype=np.bool_)
    entered = np.array([row[2] for row in rows], dtype=np.bool_)
    onset = np.arange(len(rows)) * 1000.0
    nothing = np.zeros(len(rows), dtype=np.int64)
    return Ruptures(
        ("a", "b"),
        onset,
        onset + latency,
        np.ones(len(rows)),
        latency,
        entered,
        closed,
        nothing,
        nothing,
        np.where(closed, 0, 1),
        nothing,
        10.0,
        10.0,
        Criteria(),
        0.0,
    )


ROWS = [
    (2.0, True, True),  # hit
    (10.0, True, True),  # hit, at the window's very end
    (12.0, True, True),  # repaired, but late: miss
    (30.0, False, True),  # never: miss
    (10.0, False, True),  # cut off: undecided
    (3.0, True, False),  # not seen to begin: nothing
]


def test_outcomes_by_hand() -> None:
    assert count_outcomes(make_ruptures(ROWS)) == Outcomes(2, 2, 1)
    assert count_outcomes(make_ruptures(ROWS), 5.0) == Outcomes(1, 4, 0)
    assert count_outcomes(make_ruptures(ROWS), clock="meeting") == Outcomes(1, 4, 0)


def test_latency_weights() -> None:
    got = count_outcomes(make_ruptures(ROWS), weight="latency")
    hits = 1 / (1 + 0.2**3) + 1 / 2 + 1 / (1 + 1.2**3)
    assert got.hits == pytest.approx(hits)
    assert got.known == 4
    assert got.undecided == 1


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=12),
    st.floats(0.05, 1.0),
)
@settings(max_examples=80, deadline=None, derandomize=True)
def test_the_course_against_its_definition(pairs: list[tuple[int, int]], g: float) -> None:
    course = follow_expectancy([Outcomes(h, m) for h, m in pairs], forgetting=g)
    last = len(pairs) - 1
    a = 1 + sum(h * g ** (last - j) for j, (h, _) in enumerate(pairs))
    b = 1 + sum(m * g ** (last - j) for j, (_, m) in enumerate(pairs))
    assert course.after[-1] == pytest.approx(a / (a + b))
    assert course.before[0] == 0.5
    assert (course.low < course.after).all()
    assert (course.after < course.high).all()
    # What is held before a session does not know it.
    changed = follow_expectancy([*course.outcomes[:-1], Outcomes(9, 0)], forgetting=g)
    assert changed.before.tolist() == course.before.tolist()


def test_five_restless_sessions_widen_the_interval() -> None:
    rows = [Outcomes(8, 0), Outcomes(0, 8), Outcomes(8, 0), Outcomes(0, 8), Outcomes(8, 0)]
    hits, known = np.array([8.0, 0, 8, 0, 8]), np.full(5, 8.0)
    p = 24 / 40
    phi = float(((hits - 8 * p) ** 2 / (8 * p * (1 - p))).sum() / 4)
    assert find_dispersion(hits, known) == pytest.approx(phi)
    value = expect_repair(rows)
    assert value.low == pytest.approx(stats.beta.ppf(0.05, 1 + 24 / phi, 1 + 16 / phi))
    assert value.high == pytest.approx(stats.beta.ppf(0.95, 1 + 24 / phi, 1 + 16 / phi))
    four = expect_repair([Outcomes(24, 16)])
    assert value.high - value.low > 1.5 * (four.high - four.low)
    assert value.value == four.value
    assert find_dispersion(np.array([3.0, 3.0]), np.array([3.0, 3.0])) == 1
    # Sessions without outcomes do not make it five.
    assert expect_repair([Outcomes(24, 16), *[Outcomes()] * 4])[:3] == four[:3]


def test_the_pooled_alliance_figures() -> None:
    value = expect_repair([Outcomes(37, 22, 13)])
    assert (round(value.value, 2), round(value.low, 2), round(value.high, 2)) == (0.62, 0.52, 0.72)


def test_a_course_of_meetings_needs_five_known_outcomes() -> None:
    few = follow_expectancy([Outcomes(2, 1), Outcomes(1, 0)], clock="meeting")
    assert few.few
    assert "at least 5" in few.refused
    assert isnan(few.value.value)
    enough = follow_expectancy([Outcomes(2, 1), Outcomes(1, 1)], clock="meeting")
    assert not enough.refused
    assert enough.value.value == enough.after[-1]
    seconds = follow_expectancy([Outcomes(2, 1)])
    assert seconds.few
    assert not seconds.refused
    assert not isnan(seconds.value.value)
    assert follow_expectancy([Outcomes()]).value.value == 0.5


def test_sensitivity_has_every_window_and_forgetting() -> None:
    rows = vary_expectancy([make_ruptures(ROWS), make_ruptures(ROWS[:1])])
    assert {(r.window, r.forgetting) for r in rows} == {
        (w, g) for w in (3.0, 5.0, 10.0) for g in (0.8, 0.95, 1.0)
    }
    plain = next(r for r in rows if (r.window, r.forgetting) == (10.0, 1.0))
    assert plain.value == pytest.approx(4 / 7)
    course = vary_expectancy([make_ruptures(ROWS)], clock="meeting")
    assert {r.window for r in course} == {1.0, 2.0, 3.0}


def test_chance_is_the_same_number_on_shifted_streams() -> None:
    value = expect_by_chance([[Outcomes(1, 1)], [Outcomes(3, 1)], [Outcomes(2, 1), Outcomes(1, 0)]])
    assert value.value == pytest.approx((0.5 + 4 / 6 + 4 / 6) / 3)
    assert value.low < value.value < value.high


@pytest.mark.parametrize("forgetting", [0.0, -1.0, 1.1, float("nan")])
def test_bad_settings(forgetting: float) -> None:
    with pytest.raises(SettingError):
        follow_expectancy([Outcomes(1, 1)], forgetting=forgetting)
    with pytest.raises(SettingError):
        follow_expectancy([])
    with pytest.raises(SettingError):
        expect_by_chance([])
    with pytest.raises(SettingError):
        count_outcomes(make_ruptures(ROWS), 0.0)
    with pytest.raises(SettingError):
        count_outcomes(make_ruptures(ROWS), weight="other")  # type: ignore[arg-type]
