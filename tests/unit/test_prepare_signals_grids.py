"""One grid for all: rates, clocks, aliasing; and what looks suspicious in two signals."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.core.errors import MissingStreamError, SettingError
from reattune.core.intervals import Intervals
from reattune.core.session import Session
from reattune.core.streams import Signal
from reattune.prepare.signals import (
    ArtefactSettings,
    Clock,
    Resample,
    clear_spans,
    find_artefacts,
    find_offset,
    flag_artefacts,
)
from tests import naive_coupling as naive

NAN = float("nan")


def make(values: object, rate_hz: float = 25, start_s: float = 0, who: str = "infant") -> Signal:
    return Signal(who, "motion", values, rate_hz, start_s)


def values_of(signal: Signal) -> np.ndarray:
    return np.asarray(signal.values)


# -- resample ----------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["auto", "lowpass", "mean", "linear", "nearest"])
@pytest.mark.parametrize("new", [3.0, 10.0, 29.97, 60.0])
def test_a_constant_stays_and_gaps_are_not_filled(how: str, new: float) -> None:
    values = np.full(500, 7.0)
    values[200:300] = NAN
    done = Resample(new, how)(make(values, start_s=1.234)).signal
    out = values_of(done)
    np.testing.assert_allclose(out[np.isfinite(out)], 7.0, rtol=1e-12)
    moments = done.start_s + (np.arange(out.size) + 0.5) / new
    gap = (moments > 1.234 + 200 / 25 + 0.5 / new) & (moments < 1.234 + 300 / 25 - 0.5 / new)
    assert np.isnan(out[gap]).all()
    away = (moments < 1.234 + 200 / 25 - 0.5 / new) | (moments > 1.234 + 300 / 25 + 0.5 / new)
    assert np.isfinite(out[away]).all()
    assert abs(round(done.start_s * new) - done.start_s * new) < 1e-9


def test_signals_of_different_rates_and_starts_share_a_grid() -> None:
    # The same slow wave, seen by two recorders.
    signals = []
    for rate, start in ((25.0, 0.313), (59.94, 0.11)):
        t = start + (np.arange(int(60 * rate)) + 0.5) / rate
        signals.append(make(np.sin(2 * np.pi * 0.2 * t), rate, start))
    done = [Resample(10.0)(signal).signal for signal in signals]
    first = max(s.start_s for s in done)
    parts = [values_of(s.clip(first, first + 58)) for s in done]
    assert parts[0].size == parts[1].size == 580
    np.testing.assert_allclose(parts[0][20:-20], parts[1][20:-20], atol=2e-3)


def test_the_way_down_folds_nothing() -> None:
    t = (np.arange(3000) + 0.5) / 50
    for frequency, most in ((6.0, 2e-4), (9.0, 1e-3), (20.0, 1e-3)):
        fast = make(np.sin(2 * np.pi * frequency * t), 50)
        assert np.abs(values_of(Resample(10)(fast).signal)[30:-30]).max() < most, frequency
    folded = Resample(10, "linear")(make(np.sin(2 * np.pi * 9 * t), 50))
    assert np.abs(values_of(folded.signal)[30:-30]).max() > 0.5
    assert folded.notes[-1].code == "signal_aliasing"
    assert folded.notes[-1].level == "warning"
    slow = np.sin(2 * np.pi * 2.5 * t)
    kept = values_of(Resample(10)(make(slow, 50)).signal)
    wanted = np.sin(2 * np.pi * 2.5 * (np.arange(600) + 0.5) / 10)
    np.testing.assert_allclose(kept[30:-30], wanted[30:-30], atol=2e-3)


def test_cell_means_against_the_naive_twin() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=80)
    values[rng.random(80) < 0.3] = NAN
    done = Resample(7, "mean", min_share=0.6)(make(values, 25, 0.37)).signal
    listed = [None if np.isnan(v) else v for v in values.tolist()]
    theirs = naive.cell_means(listed, 0.37, 25, 7, 0.6)
    assert round(done.start_s * 7) == min(theirs)
    expected = [NAN if v is None else v for v in theirs.values()]
    np.testing.assert_allclose(values_of(done), expected, rtol=1e-9)
    assert np.isnan(expected).any()


@pytest.mark.parametrize("how", ["mean", "lowpass", "linear"])
def test_zeros_stay_zeros(how: str) -> None:
    values = np.random.default_rng(9).gamma(1, 1e5, 1000)
    values[300:500] = 0
    done = Resample(10, how)(make(values)).signal
    assert (values_of(done)[140:180] == 0).all()


def test_the_grid_itself_is_left_alone() -> None:
    signal = make(np.arange(10.0), 10, 0.3)
    done = Resample(10)(signal)
    assert done.signal is signal
    assert done.notes[0].count == 0
    moved = Resample(10, anchor_s=0.05)(signal).signal
    assert moved.start_s == pytest.approx(0.25)
    np.testing.assert_allclose(values_of(moved)[1:], np.arange(9) + 0.5)


def test_moments_of_readings_and_of_cells() -> None:
    # A reading taken at second k says 10 k.
    signal = make(10.0 * np.arange(6), 1)
    at_start = Resample(2, stamp="start")(signal).signal
    moments = at_start.start_s + np.arange(len(at_start)) / 2
    inside = (moments >= 0) & (moments <= 5)
    np.testing.assert_allclose(values_of(at_start)[inside], 10 * moments[inside])
    centre = Resample(2)(signal).signal
    middles = centre.start_s + (np.arange(len(centre)) + 0.5) / 2
    inside = (middles >= 0.5) & (middles <= 5.5)
    np.testing.assert_allclose(values_of(centre)[inside], 10 * (middles[inside] - 0.5))


def test_shifting_by_whole_samples_of_the_grid_changes_no_value() -> None:
    signal = make(np.random.default_rng(2).normal(size=300), 25, 0.017)
    for how in ("lowpass", "mean", "linear", "nearest"):
        one, two = (Resample(10, how)(s).signal for s in (signal, signal.shift(12.3)))
        np.testing.assert_allclose(values_of(one), values_of(two), atol=1e-9)
        assert two.start_s == pytest.approx(one.start_s + 12.3)


@pytest.mark.parametrize("values", [[], [NAN, NAN, NAN], [5.0]])
@pytest.mark.parametrize("how", ["lowpass", "mean", "linear", "nearest"])
def test_too_little_to_resample(values: list[float], how: str) -> None:
    out = values_of(Resample(50, how)(make(values)).signal)
    assert out.size == 2 * len(values)
    assert (np.isnan(out) | (out == 5)).all()


def test_nothing_is_interpolated_across_a_cut() -> None:
    step = make(np.repeat([0.0, 10.0], 25), 25)
    done = values_of(Resample(60)(step, cuts=(1.0,)).signal)
    assert set(np.round(done, 9)) == {0.0, 10.0}
    assert len(set(np.round(values_of(Resample(60)(step).signal), 9))) > 2


# -- clocks ------------------------------------------------------------------------------------


def test_two_marks_tell_offset_and_drift() -> None:
    clock = Clock.from_marks((10.0, 12.5), (3610.0, 3612.86))
    assert clock.drift_ppm == pytest.approx(100)
    moved = clock(make(np.zeros(36100), 10)).signal
    for own, session in ((10.0, 12.5), (3610.0, 3612.86)):
        assert moved.start_s + own * 10 / moved.rate_hz == pytest.approx(session)
    with pytest.raises(SettingError):
        Clock.from_marks((5, 5), (5, 6))
    with pytest.raises(SettingError):
        Clock(NAN)


@pytest.mark.parametrize("offset", [-4.32, 0.0, 0.61, 7.25])
def test_the_offset_of_two_recorders_is_found(offset: float) -> None:
    rng = np.random.default_rng(3)
    fine = np.convolve(rng.normal(size=6000), np.ones(20) / 20, "same")
    t = np.arange(6000) / 50
    own = (np.arange(1400) + 0.5) / 12.5
    other = np.interp(own, t, fine) + 0.05 * rng.normal(size=1400)
    other[100:200] = NAN
    reference = make(fine, 50)
    late = make(other, 12.5, -offset)
    found = find_offset(reference, late, max_offset_s=10)
    assert found.offset_s == pytest.approx(offset, abs=0.02)
    assert found.correlation > 0.9 > 0.5 > found.runner_up
    assert not found.at_edge
    back = find_offset(late, reference, max_offset_s=10)
    assert back.offset_s == pytest.approx(-offset, abs=0.02)


def test_no_offset_without_agreement_to_look_at() -> None:
    flat, wavy = make(np.ones(200)), make(np.sin(np.arange(200.0)))
    assert np.isnan(find_offset(flat, wavy, max_offset_s=2).offset_s)
    assert np.isnan(find_offset(make([]), wavy, max_offset_s=2).offset_s)
    assert np.isnan(find_offset(make([NAN] * 200), wavy, max_offset_s=2).offset_s)
    same = find_offset(wavy, wavy, max_offset_s=2)
    assert same.offset_s == pytest.approx(0, abs=1e-9)
    far = find_offset(wavy, wavy.shift(-50), max_offset_s=2)
    assert np.isnan(far.offset_s)


# -- artefacts ---------------------------------------------------------------------------------


def noise(seed: int = 1, n: int = 2500) -> tuple[np.ndarray, np.ndarray]:
    one, two = np.random.default_rng(seed).gamma(1, 1, size=(2, n))
    return one, two


def kinds(one: object, two: object, **settings: float) -> list[tuple[str, float, float, float]]:
    found = find_artefacts(
        make(one), make(two, who="caregiver"), ArtefactSettings(**settings) if settings else None
    )
    return [(a.kind, a.start_s, a.end_s, a.value) for a in found.found]


def test_unrelated_signals_are_not_suspicious() -> None:
    for seed in range(5):
        assert kinds(*noise(seed)) == []


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_bleed_of_either_sign_is_found_in_its_place(sign: float) -> None:
    one, two = noise()
    two[500:1000] = 3 + sign * 0.4 * one[500:1000] + 0.01 * two[500:1000]
    rows = kinds(one, two)
    assert [row[0] for row in rows] == ["zero_lag"]
    _, start, end, r = rows[0]
    assert (start, end) == (20, 40)
    assert sign * r > 0.99


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_runs_of_equal_steps_are_found(sign: float) -> None:
    one, two = noise()
    two[700:760] = 5 + sign * one[700:760]
    assert kinds(one, two) == [("identical", 28.0, 30.4, sign)]


def test_identical_signals_are_flagged_twice_over_and_swapping_changes_nothing() -> None:
    one, _ = noise()
    assert {row[0] for row in kinds(one, one)} == {"zero_lag", "identical"}
    two = noise(2)[1]
    two[100:900] = one[100:900]
    assert kinds(one, two) == kinds(two, one)


def test_zeros_and_limits_are_told() -> None:
    one, two = noise()
    one[200:1000] = 0
    two[50:60] = two.max() + 1
    found = find_artefacts(make(one), make(two, who="caregiver"))
    rows = [(a.kind, a.partner, a.start_s, a.end_s) for a in found.found]
    assert rows == [("zeros", "infant", 8.0, 40.0), ("clipped", "caregiver", 2.0, 2.4)]
    assert found.both_zero_prop == 0
    two[:500] = 0
    found = find_artefacts(make(one), make(two, who="caregiver"))
    assert found.both_zero_prop == pytest.approx(300 / 2500)
    assert found.both_zero_expected_prop == pytest.approx(800 / 2500 * 500 / 2500)
    assert "12.0%" in found.summary()
    assert found.spans("zeros").total == pytest.approx(32)
    assert len(found.to_frame()) == len(found.found)
    assert found.to_dict()["settings"] == found.settings


@pytest.mark.parametrize("values", [[], [NAN] * 300, [2.0] * 300, [1.0]])
def test_nothing_to_compare(values: list[float]) -> None:
    found = find_artefacts(make(values), make(values, who="caregiver"))
    assert [a for a in found.found if a.kind != "zeros"] == []
    assert found.n_windows == 0
    if not np.isfinite(values).any():
        assert np.isnan(found.both_zero_prop)
        assert found.n_joint == 0
        assert found.summary() == "Nothing could be compared."


def test_different_starts_are_laid_together_and_other_grids_refused() -> None:
    one, two = noise()
    two[700:760] = one[700:760]
    late = make(two[100:], start_s=4, who="caregiver")
    rows = [(a.kind, a.start_s, a.end_s) for a in find_artefacts(make(one), late).found]
    assert rows == [("identical", 28.0, 30.4)]
    with pytest.raises(SettingError, match="resample"):
        find_artefacts(make(one), make(two, 30))
    with pytest.raises(SettingError, match="resample"):
        find_artefacts(make(one), make(two, 25, 0.013))


def test_notes_go_into_the_session_and_spans_can_be_cleared() -> None:
    one, two = noise()
    two[700:760] = one[700:760]
    signals = make(one), make(two, who="caregiver")
    session = Session("d", ("infant", "caregiver"), (0, 100), signals)
    flagged = flag_artefacts(session)
    assert [note.code for note in flagged.notes] == ["signal_identical", "signal_both_zero"]
    assert flagged.streams == session.streams
    with pytest.raises(MissingStreamError):
        flag_artefacts(session, ["gaze"])
    spans = find_artefacts(*signals).spans("identical")
    cleared = clear_spans(signals[0], spans)
    assert np.isnan(values_of(cleared.signal)).nonzero()[0].tolist() == list(range(700, 760))
    assert cleared.notes[0].count == 60
    partly = clear_spans(signals[0], Intervals([-5, 0.99], [0.01, 1.01]))
    assert np.isnan(values_of(partly.signal)).nonzero()[0].tolist() == [0, 24, 25]
