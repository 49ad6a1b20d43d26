from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.prepare.gaps import close_gaps


def test_a_hole_of_one_or_two_frames_is_filled_by_the_event_before_it():
    closed = close_gaps([0, 1, 2.08, 5], [0.96, 2.0, 3.0, 6.0], max_gap_s=0.1)
    assert closed.ends.tolist() == [1.0, 2.08, 3.0, 6.0]
    assert closed.n_closed == 2
    assert closed.seconds_closed == pytest.approx(0.12)
    assert closed.histogram == {0.04: 1, 0.08: 1, 2.0: 1}


def test_the_threshold_includes_itself_and_nothing_beyond():
    assert close_gaps([0, 1.1], [1, 2], max_gap_s=0.1).n_closed == 1
    assert close_gaps([0, 1.1001], [1, 2], max_gap_s=0.1).n_closed == 0


def test_nothing_is_added_to_the_last_event_and_zero_closes_nothing():
    closed = close_gaps([0, 1], [0.96, 1.96], max_gap_s=0)
    assert closed.ends.tolist() == [0.96, 1.96]
    assert closed.histogram == {0.04: 1}
    assert close_gaps([3], [4], max_gap_s=9).ends.tolist() == [4]


def test_a_row_inside_another_does_not_hide_the_hole_after_the_outer_one():
    # 3 to 5 is uncodable time inside the code 0 to 10.
    closed = close_gaps([0, 3, 10.04], [10, 5, 12], max_gap_s=0.1)
    assert closed.ends.tolist() == [10.04, 5, 12]


def test_rounding_noise_is_closed_but_not_counted():
    closed = close_gaps([0, 1 + 1e-9], [1, 2], max_gap_s=0)
    assert closed.n_closed == 0
    assert closed.ends[0] == 1 + 1e-9


def naive(starts, ends, max_gap):
    """Row by row: look for the next onset at or after the end."""
    made, n = [], 0
    for i, end in enumerate(ends):
        later = [s for j, s in enumerate(starts) if j > i and s >= end - 1e-6]
        hole = min(later) - end if later else None
        if hole is not None and 1e-6 < hole <= max_gap + 1e-6:
            n += 1
        made.append(min(later) if hole is not None and hole <= max_gap + 1e-6 else end)
    return made, n


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 12)), min_size=1, max_size=12),
    st.integers(0, 4),
)
def test_the_same_as_row_by_row(rows, frames):
    rows = sorted(rows)
    starts = np.array([0.04 * a for a, _ in rows])
    ends = np.array([0.04 * (a + b) for a, b in rows])
    closed = close_gaps(starts, ends, max_gap_s=0.04 * frames)
    expected, n = naive(starts.tolist(), ends.tolist(), 0.04 * frames)
    np.testing.assert_allclose(closed.ends, expected, atol=1e-9)
    assert closed.n_closed == n
    assert (closed.ends >= ends - 1e-9).all()
