"""Decline against its slow twin, and what must hold for every series of ratings."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.courses import (
    ControlChart,
    CourseEvent,
    Criterion,
    Cusum,
    Decline,
    Drop,
    Ewma,
    SampleConstants,
    find_events,
    reverse_ratings,
)
from tests.naive_decline import Found, naive_declines

QUICK = settings(max_examples=60, deadline=None, derandomize=True)
SAMPLE = SampleConstants(mean_sd=0.6, pooled_sd=0.6, between_sd=0.4, scale=(1, 7))
# Halves and quarters: sums and differences of them are exact.
RATINGS = st.lists(
    st.one_of(st.integers(4, 28).map(lambda n: n / 4), st.just(float("nan"))), max_size=20
)
CRITERIA: tuple[Criterion, ...] = (
    *(Drop(), Drop(k=2, repair="return"), Drop(sd="own"), Drop(window=None, strict=True)),
    *(Decline(), Decline(k=2), Decline(gap=1), Decline(window=2), Decline(count="ratings")),
    *(ControlChart(rules=("R1", "R2", "R3", "R4")), ControlChart(detrend=True), Cusum(), Ewma()),
)


def told(event: CourseEvent) -> Found:
    return (
        *(event.pre or 0, event.onset, event.first_nadir, event.nadir, event.drop),
        *(event.repair, event.latency, event.fall or 0, event.plateau or 0, event.rise),
        event.pattern,
    )


@pytest.mark.slow
def test_no_mismatch_with_the_slow_twin_on_20000_series() -> None:
    rng = np.random.default_rng(20240511)
    events, patterns, holes = 0, set(), 0
    for trial in range(20_000):
        n = int(rng.integers(0, 21))
        series = rng.normal(5, 1, n) + (np.cumsum(rng.normal(0, 0.3, n)) if trial % 3 else 0)
        if trial % 2:
            series = np.round(series / (0.5 if trial % 4 == 1 else 0.1)) * (
                0.5 if trial % 4 == 1 else 0.1
            )
        if trial % 5 < 3:
            series[rng.random(n) < 0.2] = np.nan
            holes += int(np.isnan(series).any())
        k = 1.0 + trial % 2
        pooled = float(rng.uniform(0.1, 1.2))
        found = find_events(series, Decline(k=k), SampleConstants(pooled_sd=pooled))
        wanted = naive_declines(series.tolist(), k=k, pooled=pooled)
        assert [told(event) for event in found] == wanted, series.tolist()
        events += len(found)
        patterns |= {event.pattern for event in found}
    assert events > 20_000 and holes > 5_000
    assert len(patterns) == 6


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda c: c.label())
@QUICK
@given(ratings=RATINGS, shift=st.integers(-8, 8))
def test_adding_a_constant_changes_nothing(
    criterion: Criterion, ratings: list[float], shift: int
) -> None:
    one = find_events(ratings, criterion, SAMPLE)
    two = find_events([x + shift for x in ratings], criterion, SAMPLE)
    assert [(e.onset, e.nadir, e.repair, e.status, e.pattern) for e in one] == [
        (e.onset, e.nadir, e.repair, e.status, e.pattern) for e in two
    ]
    assert [e.drop for e in two] == pytest.approx([e.drop for e in one], abs=1e-9)


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda c: c.label())
@QUICK
@given(ratings=RATINGS, factor=st.sampled_from([0.5, 2.0, 4.0]))
def test_scaling_scales_the_drops(
    criterion: Criterion, ratings: list[float], factor: float
) -> None:
    sample = replace(SAMPLE, mean_sd=0.6 * factor, pooled_sd=0.6 * factor, scale=None)
    one = find_events(ratings, criterion, SAMPLE)
    two = find_events([x * factor for x in ratings], criterion, sample)
    assert [(e.onset, e.repair, e.status) for e in one] == [
        (e.onset, e.repair, e.status) for e in two
    ]
    assert [e.drop for e in two] == pytest.approx([e.drop * factor for e in one])
    assert [e.drop_sd for e in two] == pytest.approx([e.drop_sd for e in one], nan_ok=True)


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda c: c.label())
@QUICK
@given(ratings=RATINGS)
def test_a_scale_turned_round_twice_is_the_scale(
    criterion: Criterion, ratings: list[float]
) -> None:
    """Ratings in which lower is better give the same events once they are turned round."""
    lower_is_better = [8 - x for x in ratings]
    turned = reverse_ratings(lower_is_better, 1, 7)
    one, two = find_events(ratings, criterion, SAMPLE), find_events(turned, criterion, SAMPLE)
    assert one == two


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda c: c.label())
@QUICK
@given(ratings=RATINGS)
def test_events_are_in_order_and_add_up(criterion: Criterion, ratings: list[float]) -> None:
    events = find_events(ratings, criterion, SAMPLE)
    for event in events:
        assert not isnan(ratings[event.onset - 1])
        assert event.onset <= event.nadir
        assert event.entered == (event.pre is not None)
        assert (event.repair is not None) == (event.status == "repaired") == (event.reason == "")
        if event.repair is not None:
            assert event.repair > event.nadir
            assert event.latency is not None and event.latency >= 1
        if event.repair and event.fall and isinstance(criterion, Decline):
            assert event.plateau is not None and event.rise is not None and event.pre is not None
            if criterion.count == "meetings":
                assert event.fall + event.plateau + event.rise == event.repair - event.pre
    for before, after in pairwise(events):
        assert before.onset < after.onset
        if before.repair is not None:
            assert before.repair < after.onset


@QUICK
@given(ratings=RATINGS, extra=st.integers(1, 3))
def test_meetings_nobody_rated_at_the_end_change_nothing(ratings: list[float], extra: int) -> None:
    longer = [*ratings, *[float("nan")] * extra]
    for criterion in CRITERIA:
        assert find_events(ratings, criterion, SAMPLE) == find_events(longer, criterion, SAMPLE)


@QUICK
@given(ratings=RATINGS)
def test_a_larger_threshold_never_finds_a_smaller_fall(ratings: list[float]) -> None:
    for event in find_events(ratings, Decline(k=2, sd="pooled"), SAMPLE):
        assert event.drop >= 2 * 0.6 - 1e-12
        assert any(
            e.onset <= event.onset and (e.repair is None or e.repair >= event.onset)
            for e in find_events(ratings, Decline(k=1, sd="pooled"), SAMPLE)
        )
