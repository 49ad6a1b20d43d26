"""Symbolic entropy, mutual information, event synchronisation: twins, bounds, odd inputs."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.core.intervals import Intervals
from reattune.coupling import (
    EventWindow,
    Symbols,
    make_symbols,
    measure_event_synchrony,
    measure_information,
    measure_symbolic_entropy,
    rotate_events,
)
from tests import naive_coupling as naive

NAN = float("nan")


def listed(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(v) else v for v in values.tolist()]


# -- entropy -----------------------------------------------------------------------------------


def test_limits_of_symbolic_entropy() -> None:
    rng = np.random.default_rng(1)
    one, two = rng.normal(size=(2, 30000))
    same = measure_symbolic_entropy(one, 3 * one + 1)
    assert same.entropy == pytest.approx(log(3), abs=1e-6)
    assert same.entropy == pytest.approx(same.lowest)
    mirrored = measure_symbolic_entropy(one, -one)
    assert mirrored.entropy == pytest.approx(log(3), abs=1e-3)
    unrelated = measure_symbolic_entropy(one, two)
    assert unrelated.entropy == pytest.approx(log(9), abs=1e-3)
    assert unrelated.lowest < unrelated.entropy <= unrelated.highest


def test_missing_is_never_a_pattern() -> None:
    rng = np.random.default_rng(2)
    one, two = rng.normal(size=(2, 300))
    whole = measure_symbolic_entropy(one, two)
    holed = np.insert(one, [10, 200, 290], NAN)
    other = np.insert(two, [10, 200, 290], [5.0, -7.0, NAN])
    partly = measure_symbolic_entropy(holed, other)
    assert partly.entropy == whole.entropy
    assert (partly.n, partly.n_missing) == (300, 3)
    nothing = measure_symbolic_entropy(np.full(300, NAN), two)
    assert np.isnan([nothing.entropy, nothing.lowest, nothing.highest]).all()
    assert (nothing.n, nothing.n_missing) == (0, 300)


def test_symbols_by_hand() -> None:
    symbols = make_symbols([1, 2, 3, 4, 5, 6, NAN])
    np.testing.assert_array_equal(symbols, [0, 0, 1, 1, 2, 2, NAN])
    tied = make_symbols([0] * 8 + [1, 2])
    assert tied[:8].tolist() == [0] * 8
    assert tied[8:].tolist() == [2, 2]
    for values in ([], [1.0], [1.0, 2.0], [4.0] * 10, [NAN] * 4):
        assert np.isnan(make_symbols(values)).all()


@pytest.mark.parametrize("values", [[], [1.0], [2.0] * 50, [NAN] * 50])
def test_no_classes_no_entropy(values: list[float]) -> None:
    other = np.arange(len(values), dtype=float)
    for result in (
        measure_symbolic_entropy(values, other).entropy,
        measure_information(values, other, Symbols()).information,
        measure_information(values, other).information,
    ):
        assert np.isnan(result)


def test_entropy_against_the_naive_twin_and_swapped() -> None:
    rng = np.random.default_rng(3)
    one, two = rng.integers(0, 9, (2, 90)).astype(float)
    pairs = list(zip(make_symbols(one).tolist(), make_symbols(two).tolist(), strict=True))
    ours = measure_symbolic_entropy(one, two)
    assert ours.entropy == pytest.approx(naive.entropy(pairs))
    assert ours.entropy_first == pytest.approx(naive.entropy([a for a, _ in pairs]))
    swapped = measure_symbolic_entropy(two, one)
    assert swapped.entropy == pytest.approx(ours.entropy)
    assert swapped.entropy_first == ours.entropy_second


# -- information -------------------------------------------------------------------------------


def test_information_against_the_naive_twin() -> None:
    rng = np.random.default_rng(4)
    one = rng.integers(0, 4, 120).astype(float)
    two = np.where(rng.random(120) < 0.5, one, rng.integers(0, 4, 120))
    one[rng.random(120) < 0.1] = NAN
    ours = measure_information(one, two)
    assert ours.information == pytest.approx(
        naive.mutual_information(listed(one), listed(np.asarray(two, dtype=float)))
    )
    assert 0 < ours.share < 1
    assert ours.n + ours.n_missing == 120
    assert measure_information(two, one).information == pytest.approx(ours.information)
    renamed = measure_information(10 - one, two * two)
    assert renamed.information == pytest.approx(ours.information)


def test_unrelated_codes_share_about_the_stated_bias() -> None:
    rng = np.random.default_rng(5)
    results = [measure_information(*rng.integers(0, 3, (2, 200)).astype(float)) for _ in range(300)]
    mean = np.mean([r.information for r in results])
    assert mean == pytest.approx(results[0].expected_independent, rel=0.1)
    assert results[0].expected_independent == 4 / 400


def test_identical_codes_share_everything() -> None:
    codes = np.array([0, 1, 2, 2, 1, 0, 0])
    result = measure_information(codes, codes)
    assert result.share == pytest.approx(1)
    assert result.information == pytest.approx(naive.entropy(codes.tolist()))


# -- events ------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [None, 0.4, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_events_against_every_pair(most: float | None, seed: int) -> None:
    rng = np.random.default_rng(seed)
    # On a grid of 0.25 s ties and exact halves are common.
    x, y = (np.sort(rng.choice(np.arange(400), n, replace=False)) / 4 for n in (25, 40))
    expected = naive.event_synchrony(x.tolist(), y.tolist(), most)
    ours = measure_event_synchrony(x, y, settings=EventWindow(most))
    assert (ours.strength, ours.lead) == pytest.approx(expected)
    swapped = measure_event_synchrony(y, x, settings=EventWindow(most))
    assert (swapped.strength, swapped.lead) == pytest.approx((expected[0], -expected[1]))
    moved = measure_event_synchrony(x + 64, y + 64, settings=EventWindow(most))
    assert (moved.strength, moved.lead) == pytest.approx(expected)
    assert 0 <= ours.strength <= 1


def test_events_that_follow_are_fully_synchronous_and_led() -> None:
    x = np.arange(10) * 5.0
    led = measure_event_synchrony(x, x + 0.3)
    assert (led.strength, led.lead) == (1, 1)
    same = measure_event_synchrony(x, x)
    assert (same.strength, same.lead) == (1, 0)
    # Exactly half way between two events: close to neither, where "at most" would count both.
    between = measure_event_synchrony([0, 2], [1])
    assert between.strength == 0


def test_events_are_not_close_across_a_gap() -> None:
    seen = Intervals([0, 10], [9.9, 20])
    plain = measure_event_synchrony([5, 9.8], [10.1, 15])
    apart = measure_event_synchrony([5, 9.8], [10.1, 15], observed=seen)
    assert plain.n_second_after == 1
    assert apart.n_second_after == 0
    outside = measure_event_synchrony([2, 9.95], [9.96], observed=seen)
    assert (outside.n_first, outside.n_second) == (1, 0)
    assert np.isnan(outside.strength)


@pytest.mark.parametrize(("x", "y"), [([], []), ([1.0], []), ([], [1.0, 2.0])])
def test_no_events_no_synchrony(x: list[float], y: list[float]) -> None:
    result = measure_event_synchrony(x, y)
    assert np.isnan([result.strength, result.lead]).all()
    assert (result.n_first, result.n_second) == (len(x), len(y))


def test_two_single_events_need_a_limit() -> None:
    assert measure_event_synchrony([1], [1.1]).strength == 0
    assert measure_event_synchrony([1], [1.1], settings=EventWindow(0.2)).lead == 1


def test_rotated_events_keep_number_and_stretch() -> None:
    rng = np.random.default_rng(6)
    seen = Intervals([0, 50], [30, 90])
    times = np.concatenate([rng.uniform(0, 30, 12), rng.uniform(50, 90, 7), [40.0]])
    turned = rotate_events(times, seen, np.random.default_rng(1))
    assert ((turned < 30).sum(), (turned >= 50).sum()) == (12, 7)
    assert seen.contains(turned).all()
    np.testing.assert_array_equal(turned, rotate_events(times, seen, np.random.default_rng(1)))
    assert rotate_events([], Intervals(), rng).size == 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: Symbols(1),
        lambda: EventWindow(0),
        lambda: make_symbols([1, 2], 0),
        lambda: measure_symbolic_entropy([1, 2], [1, 2, 3]),
        lambda: measure_information([1, np.inf], [1, 2]),
        lambda: measure_information(["a", "b"], [1, 2]),
        lambda: measure_event_synchrony([1, NAN], [2]),
    ],
)
def test_wrong_input_says_so(make: object) -> None:
    with pytest.raises(SettingError):
        make()
