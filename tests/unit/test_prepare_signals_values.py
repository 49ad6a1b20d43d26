"""Scales, outliers, derived signals, sessions as a whole."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.core.errors import MissingStreamError, SettingError
from reattune.core.session import Session
from reattune.core.streams import Signal
from reattune.prepare.signals import (
    Derivative,
    Envelope,
    MovingAverage,
    Outliers,
    Scaling,
    add_speed,
    find_speed,
    prepare_signals,
)

NAN = float("nan")


def make(values: object, rate_hz: float = 10, partner: str = "infant", name: str = "x") -> Signal:
    return Signal(partner, name, values, rate_hz)


def values_of(signal: Signal) -> np.ndarray:
    return np.asarray(signal.values)


def pair(one: object, two: object, rate_hz: float = 10, cuts: tuple[float, ...] = ()) -> Session:
    signals = make(one, rate_hz), make(two, rate_hz, "caregiver")
    return Session("d", ("infant", "caregiver"), (0, 100), signals, cuts=cuts)


# -- scaling -----------------------------------------------------------------------------------


def test_scales_are_what_they_say() -> None:
    values = np.append(np.random.default_rng(2).gamma(2, 3, 500), NAN)
    seen = values[:-1]
    z = values_of(Scaling("z")(make(values)).signal)
    assert z[:-1].mean() == pytest.approx(0, abs=1e-12)
    assert z[:-1].std(ddof=1) == pytest.approx(1)
    unit = values_of(Scaling("unit")(make(values)).signal)
    assert (np.nanmin(unit), np.nanmax(unit)) == (0, 1)
    sd = values_of(Scaling("sd")(make(values)).signal)
    np.testing.assert_allclose(sd[:-1], seen / seen.std(ddof=1))
    robust = values_of(Scaling("robust")(make(values)).signal)
    assert np.nanmedian(robust) == pytest.approx(0, abs=1e-12)
    assert np.median(np.abs(robust[:-1])) == pytest.approx(1 / 1.482602218505602)
    for scaled in (z, unit, sd, robust):
        assert np.isnan(scaled[-1])


def test_robust_scale_is_that_of_a_normal_distribution() -> None:
    values = np.random.default_rng(3).normal(5, 2, 20001)
    values[:200] = 1e6
    scaled = values_of(Scaling("robust")(make(values)).signal)
    assert scaled[200:].std() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("method", ["z", "unit", "sd", "robust"])
@pytest.mark.parametrize("values", [[], [4.0], [4.0, 4.0, NAN, 4.0], [NAN, NAN]])
def test_no_spread_no_scale(method: str, values: list[float]) -> None:
    done = Scaling(method)(make(values))
    assert np.isnan(values_of(done.signal)).all()
    assert done.notes[-1].code == "signal_no_scale"
    assert done.notes[-1].level == "warning"


def test_mostly_zeros_have_no_robust_scale_but_another() -> None:
    values = [0.0] * 60 + list(range(40))
    done = Scaling("robust")(make(values))
    assert np.isnan(values_of(done.signal)).all()
    assert "another method" in done.notes[0].message
    assert np.isfinite(values_of(Scaling("z")(make(values)).signal)).all()


# -- outliers ----------------------------------------------------------------------------------


def test_both_signs_go_and_are_counted_apart() -> None:
    values = np.append(np.tile([0.0, 1.0], 100), [50, -50, 60])
    done = Outliers(k=5)(make(values))
    assert np.isnan(values_of(done.signal)[-3:]).all()
    assert np.isfinite(values_of(done.signal)[:-3]).all()
    assert done.notes[0].message == "3 of 203 samples set to missing: 2 high, 1 low."
    high = values_of(Outliers(k=5, side="high")(make(values)).signal)
    assert np.isnan(high[-3:]).tolist() == [True, False, True]
    low = values_of(Outliers(k=5, side="low")(make(values)).signal)
    assert np.isnan(low[-3:]).tolist() == [False, True, False]


def test_negating_a_signal_negates_what_is_left() -> None:
    values = np.random.default_rng(4).standard_t(2, 3000)
    for spread in ("sd", "robust"):
        step = Outliers(k=4, spread=spread)
        one, two = step(make(values)).signal, step(make(-values)).signal
        np.testing.assert_array_equal(values_of(one), -values_of(two))
        assert np.isnan(values_of(one)).sum() > 3


def test_impossible_values_go_whatever_the_spread() -> None:
    done = Outliers(k=None, lowest=30, highest=200)(make([60, 0, 70, 400, NAN]))
    assert np.isnan(values_of(done.signal)).tolist() == [False, True, False, True, True]


def test_pooled_limits_come_from_both() -> None:
    rng = np.random.default_rng(5)
    quiet, wild = rng.normal(0, 1, 1000), rng.normal(0, 20, 1000)
    quiet[0] = 30.0
    alone = prepare_signals(pair(quiet, wild), [Outliers(k=10)])
    together = prepare_signals(pair(quiet, wild), [Outliers(k=10, pooled=True)])
    assert np.isnan(values_of(alone.stream("x", "infant", Signal))[0])
    assert values_of(together.stream("x", "infant", Signal))[0] == 30
    with pytest.raises(SettingError, match="both partners"):
        Outliers(pooled=True)(make(quiet))


def test_compat_measures_from_zero_on_the_high_side_only() -> None:
    one, two = np.zeros(1000), np.zeros(1000)
    one[:4] = 5.0, -100.0, 100.0, 4.0
    theirs = Outliers(compat="rmea").prepare_all([make(one), make(two, partner="caregiver")])
    assert np.isnan(values_of(theirs[0].signal)).nonzero()[0].tolist() == [2]
    ours = Outliers()(make(one)).signal
    assert np.isnan(values_of(ours)).nonzero()[0].tolist() == [1, 2]


@pytest.mark.parametrize("values", [[], [2.0], [7.0] * 20, [NAN] * 4])
def test_nothing_is_far_where_nothing_varies(values: list[float]) -> None:
    done = Outliers(k=1)(make(values))
    np.testing.assert_array_equal(values_of(done.signal), values)
    assert done.notes[0].count == 0


# -- derived -----------------------------------------------------------------------------------


def test_derivatives_of_a_line_and_around_gaps() -> None:
    values = 2.0 * np.arange(40) / 10
    values[[10, 12]] = NAN
    for step in (Derivative(), Derivative(0.5)):
        slopes = values_of(step(make(values)).signal)
        seen = np.isfinite(slopes)
        np.testing.assert_allclose(slopes[seen], 2)
        # Sample 11 stands alone between two gaps: it has no change.
        assert np.isnan(slopes[[10, 11, 12]]).all()
        assert seen[13:].all()


def test_speed_does_not_depend_on_axes_turned_or_moved() -> None:
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(2, 200)).cumsum(axis=1)
    x[50] = NAN
    angle = 0.7
    turned = np.cos(angle) * x - np.sin(angle) * y + 9, np.sin(angle) * x + np.cos(angle) * y - 4
    plain = find_speed((make(x), make(y))).signal
    other = find_speed((make(turned[0]), make(turned[1]))).signal
    np.testing.assert_allclose(values_of(plain), values_of(other), rtol=1e-9)
    # Where one coordinate is missing neither neighbour may use the other coordinate across it.
    y_gap = np.where(np.isnan(x), NAN, y)
    np.testing.assert_array_equal(
        values_of(plain), values_of(find_speed((make(x), make(y_gap))).signal)
    )


def test_speed_in_one_to_three_dimensions() -> None:
    line = 3.0 * np.arange(20) / 10
    assert np.allclose(values_of(find_speed([make(-line)]).signal), 3)
    three = [make(line), make(line * 4 / 3), make(line * 0 + 2)]
    assert np.allclose(values_of(find_speed(three).signal), 5)
    for axes in ([], [*three, make(line)]):
        with pytest.raises(SettingError, match="axes"):
            find_speed(axes)
    with pytest.raises(SettingError, match="resample"):
        find_speed([make(line), make(line, 20)])
    with pytest.raises(SettingError, match="one partner"):
        find_speed([make(line), make(line, partner="caregiver")])


def test_speed_of_every_partner_who_has_the_landmark() -> None:
    line = np.arange(10.0)
    signals = (
        make(line, name="nose_x"),
        make(line, name="nose_y"),
        make(line, partner="caregiver", name="heart"),
    )
    session = Session("d", ("infant", "caregiver"), (0, 1), signals)
    done = add_speed(session, ("nose_x", "nose_y"), "nose_speed")
    assert done.has("nose_speed", "infant")
    assert not done.has("nose_speed", "caregiver")
    assert any("nose_x, nose_y" in note.message for note in done.notes)


def test_envelopes_follow_the_size_of_swings() -> None:
    t = np.arange(0, 60, 0.02)
    size = 1 + 0.5 * np.sin(2 * np.pi * 0.05 * t)
    swing = 100 + size * np.sin(2 * np.pi * 3 * t)
    inner = slice(300, -300)
    hilbert = values_of(Envelope()(make(swing, 50)).signal)
    np.testing.assert_allclose(hilbert[inner], size[inner], atol=0.02)
    rms = values_of(Envelope("rms", 1.0)(make(swing, 50)).signal)
    np.testing.assert_allclose(rms[inner], size[inner] / np.sqrt(2), atol=0.02)
    short = Envelope("rms", 2.0)(make([1.0, 2.0, 3.0], 50))
    assert np.isnan(values_of(short.signal)).all()
    assert (values_of(Envelope("rms", 0.1)(make([4.0] * 50, 50)).signal) == 0).all()


# -- sessions ----------------------------------------------------------------------------------


def test_a_session_goes_through_the_steps_in_order() -> None:
    rng = np.random.default_rng(7)
    one, two = rng.normal(size=(2, 300))
    one[9] = 1000.0
    session = pair(one, two)
    done = prepare_signals(session, [Outliers(), MovingAverage(0.5), Scaling("z")])
    by_hand = Scaling("z")(MovingAverage(0.5)(Outliers()(make(one)).signal).signal).signal
    np.testing.assert_array_equal(values_of(done.stream("x", "infant", Signal)), values_of(by_hand))
    codes = [note.code for note in done.notes]
    assert codes == ["signal_outliers"] * 2 + ["signal_filtered"] * 2 + ["signal_scaled"] * 2
    assert session.notes == ()
    np.testing.assert_array_equal(values_of(session.stream("x", "infant", Signal)), one)


def test_swapping_partners_and_moving_the_clock_change_nothing_else() -> None:
    rng = np.random.default_rng(8)
    one, two = rng.normal(size=(2, 300))
    steps = [Outliers(k=2, pooled=True), MovingAverage(0.37), Scaling("unit")]
    session = pair(one, two, cuts=(13.0,))
    plain = prepare_signals(session, steps)
    swapped = prepare_signals(session.swap(), steps)
    moved = prepare_signals(session.shift(77.7), steps)
    for partner in session.partners:
        values = values_of(plain.stream("x", partner, Signal))
        np.testing.assert_array_equal(values, values_of(swapped.stream("x", partner, Signal)))
        np.testing.assert_array_equal(values, values_of(moved.stream("x", partner, Signal)))


def test_cuts_of_the_session_are_respected() -> None:
    step = np.repeat([0.0, 9.0], 50)
    done = prepare_signals(pair(step, step, cuts=(5.0,)), [MovingAverage(1)])
    np.testing.assert_array_equal(values_of(done.stream("x", "infant", Signal)), step)


def test_wrong_names_and_steps_say_so() -> None:
    session = pair([1, 2], [3, 4])
    with pytest.raises(MissingStreamError, match="Did you mean"):
        prepare_signals(session, [Scaling()], names=["X"])
    with pytest.raises(SettingError, match="steps"):
        prepare_signals(session, ["smooth"])  # type: ignore[list-item]


@pytest.mark.parametrize(
    "make_step",
    [
        lambda: Scaling("other"),
        lambda: Outliers(k=0),
        lambda: Outliers(k=None),
        lambda: Outliers(lowest=3, highest=2),
        lambda: Outliers(side="left"),
        lambda: Derivative(-1),
        lambda: Envelope("peak"),
        lambda: Envelope(window_s=0),
    ],
)
def test_wrong_settings_say_so(make_step: object) -> None:
    with pytest.raises(SettingError):
        make_step()
