"""Kaplan-Meier with its limits against lifelines.

Where ours differs on purpose:

* lifelines sets the limits of S to 0 where S is 0; the log(-log) band is undefined there, and
  ours is nan.
* lifelines reads the limits of the median off the limits of S, with that 0 among them, so an upper
  limit of the median is the last event time when everybody had the event. Ours leaves it open (nan)
  unless the band itself comes down to one half; lifelines says infinity where ours says nan.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.measures.survival import fit_survival

pytestmark = pytest.mark.filterwarnings("ignore:Approximating using")
Rows = list[tuple[int, bool]]
rows = st.lists(st.tuples(st.integers(1, 25), st.booleans()), min_size=3, max_size=40).filter(
    lambda found: any(event for _, event in found)
)


def both(data: Rows):
    from lifelines import KaplanMeierFitter

    durations = np.array([t for t, _ in data], dtype=float)
    events = np.array([e for _, e in data])
    return fit_survival(durations, events), KaplanMeierFitter().fit(durations, events)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(data=rows)
def test_curve_and_band(data: Rows) -> None:
    ours, theirs = both(data)
    at = theirs.survival_function_.loc[ours.times].to_numpy().ravel()
    assert ours.share == pytest.approx(at, rel=1e-9, abs=1e-12)
    band = theirs.confidence_interval_.loc[ours.times].to_numpy()
    for i, (low, high) in enumerate(band):
        if 0 < ours.share[i] < 1:
            assert ours.band(i) == pytest.approx((low, high), rel=1e-6)
        else:
            assert np.isnan(ours.band(i)).all()


@settings(max_examples=30, deadline=None, derandomize=True)
@given(data=rows, q=st.sampled_from((0.25, 0.5, 0.75)))
def test_quantiles_and_their_limits(data: Rows, q: float) -> None:
    from lifelines.utils import qth_survival_times

    ours, theirs = both(data)
    value, low, high = ours.quantile(q)
    # lifelines compares without tolerance; a step that falls on 1 - q by rounding may be missed.
    if min(abs(s - (1 - q)) for s in ours.share) > 1e-9:
        wanted = theirs.percentile(1 - q)
        assert value == wanted or (np.isnan(value) and np.isinf(wanted))
    limits = qth_survival_times(1 - q, theirs.confidence_interval_)
    their_low, their_high = limits.to_numpy().ravel()
    last = ours.times[-1]
    for got, wanted in ((low, their_low), (high, their_high)):
        if np.isnan(got):
            # Open here; there infinity, or the last event, at which S is set to 0.
            assert np.isinf(wanted) or (ours.share[-1] == 0 and wanted == last)
        else:
            assert got == wanted


def test_the_open_side_is_shown() -> None:
    """All repaired, few: lifelines closes the upper limit at the last event, ours stays open."""
    from lifelines.utils import median_survival_times

    ours, theirs = both([(1, True), (2, True), (3, True)])
    assert median_survival_times(theirs.confidence_interval_).to_numpy()[0, 1] == 3
    assert np.isnan(ours.quantile(0.5)[2])


def test_share_repaired_within_a_time() -> None:
    ours, theirs = both([(1, True), (2, False), (3, True), (3, True), (6, False), (9, True)])
    for time in (1, 2.5, 3, 5):
        value, low, high = ours.repaired_by(time)
        assert value == pytest.approx(1 - theirs.predict(time))
        band = theirs.confidence_interval_
        their_low, their_high = band[band.index <= time].to_numpy()[-1]
        assert (low, high) == pytest.approx((1 - their_high, 1 - their_low), rel=1e-6)
