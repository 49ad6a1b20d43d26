"""What is seen of a simulated session: codes, steps, mistakes, missing time, signal, rating."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.core.session import Session
from reattune.core.streams import Signal, States
from reattune.models import (
    CODEBOOKS,
    ArousalSignal,
    Codebook,
    CoderError,
    DyadParameters,
    Observation,
    SessionRating,
    SimulatedCourse,
    find_codebook,
    play,
    simulate_course,
    still_face,
)
from reattune.models.parameters import FIT, FOCAL_STATES, RESPONDER_STATES


@pytest.fixture(scope="module")
def course() -> SimulatedCourse:
    return simulate_course(
        DyadParameters(), 2, still_face(100, 50, 101.3), rng=np.random.default_rng(3)
    )


def look(course: SimulatedCourse, **options: object) -> Session:
    return course.session(1, Observation(**options))  # type: ignore[arg-type]


def state_at(stream: States, time: float) -> str:
    return str(states_at(stream, np.array([time]))[0])


def states_at(stream: States, times: np.ndarray) -> np.ndarray:
    """The label at each moment; empty where nothing was coded."""
    at = np.searchsorted(stream.starts, times, side="right") - 1
    there = (at >= 0) & (times < stream.ends[at])
    return np.where(there, np.array(stream.labels)[at], "")


# -- codebooks --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(CODEBOOKS))
def test_a_codebook_goes_there_and_back(name: str) -> None:
    book = find_codebook(name)
    for states, labels, read in (
        (FOCAL_STATES, book.focal, book.read_focal),
        (RESPONDER_STATES, book.responder, book.read_responder),
    ):
        for place in range(len(states)):
            back = read(labels[place])
            assert back is not None
            assert labels[back] == labels[place]
            if labels.count(labels[place]) == 1:
                assert back == place
    assert book.read_focal("no such code") is None
    assert book.approximate == (name != "plain")


def test_a_label_for_two_responses_is_read_as_the_one_that_the_book_names() -> None:
    book = find_codebook("icep_like")
    assert book.responder[0] == book.responder[2]
    assert book.read_responder(book.responder[0]) == RESPONDER_STATES.index("attend")
    assert book.read_focal("protest") == 0
    assert FIT[0][2] == 0
    assert (book.see_fit()[0][2], book.see_fit()[2][0], book.see_fit()[3][0]) == (1, 1, 0)
    assert len(book.match_pairs()) == 4
    assert set(book.match_pairs()) == set(book.match_pairs(book.see_fit()))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"focal": ("a", "b")}, "focal"),
        ({"responder": ("a", "b", "c", "d", "")}, "responder"),
        ({"focal_back": {"cry": "negatve"}}, "Did you mean 'negative'"),
    ],
)
def test_a_codebook_with_a_mistake_says_which(options: dict[str, object], told: str) -> None:
    with pytest.raises(SettingError, match=told):
        Codebook("mine", **options)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="icep_like"):
        find_codebook("icep")


def test_partners_are_data(course: SimulatedCourse) -> None:
    assert look(course).partners == ("focal", "responder")
    assert look(course, codebook=find_codebook("3rs_like")).partners == ("patient", "therapist")
    named = look(course, partners=("Ann", "Bo"))
    assert {stream.partner for stream in named.streams} == {"Ann", "Bo"}


# -- steps ------------------------------------------------------------------------------------


@pytest.mark.parametrize("step_s", [0.2, 1.0, 5.0])
def test_point_sampling_writes_the_state_at_the_start_of_each_step(
    course: SimulatedCourse, step_s: float
) -> None:
    exact, coded = look(course), look(course, step_s=step_s)
    for partner in exact.partners:
        true, seen = (s.stream("affect", partner, States) for s in (exact, coded))
        assert seen.tick_s == step_s
        assert seen.observed.total == pytest.approx(251.3)
        for n in range(int(251.3 / step_s)):
            wanted = state_at(true, n * step_s + 1e-9)
            assert state_at(seen, (n + 0.1) * step_s) == wanted


def test_the_longest_state_of_each_step(course: SimulatedCourse) -> None:
    exact, coded = look(course), look(course, step_s=3.0, sampling="longest")
    for partner in exact.partners:
        true, seen = (s.stream("affect", partner, States) for s in (exact, coded))
        for n in range(83):
            part = true.clip(3.0 * n, 3.0 * (n + 1))
            shares = part.shares()
            got = state_at(seen, 3.0 * n + 0.5)
            assert shares[got] == pytest.approx(max(shares.values()))


def test_neighbouring_states_differ_and_cover_the_session(course: SimulatedCourse) -> None:
    for options in ({}, {"step_s": 1.0}, {"codebook": find_codebook("icep_like")}):
        for stream in look(course, **options).streams:
            assert isinstance(stream, States)
            assert all(a != b for a, b in zip(stream.labels, stream.labels[1:], strict=False))
            assert np.array_equal(stream.starts[1:], stream.ends[:-1])
            assert (stream.starts[0], stream.ends[-1]) == (0, pytest.approx(251.3))


# -- mistakes ---------------------------------------------------------------------------------


def test_a_coder_without_mistakes_changes_nothing(course: SimulatedCourse) -> None:
    for options in ({}, {"step_s": 1.0}):
        plain = look(course, **options)
        sure = look(course, coder_error=CoderError.even(1.0), **options)
        for a, b in zip(plain.streams, sure.streams, strict=True):
            assert a.labels == b.labels
            assert np.array_equal(a.starts, b.starts)


def test_a_coder_is_right_as_often_as_said() -> None:
    course = simulate_course(DyadParameters(), 1, play(6000), rng=np.random.default_rng(1))
    for accuracy in (0.0, 0.8):
        coder = CoderError.even(accuracy)
        exact, coded = look_at(course, step_s=1.0), look_at(course, step_s=1.0, coder_error=coder)
        for partner in exact.partners:
            true, seen = (s.stream("affect", partner, States) for s in (exact, coded))
            # What is coded for a second is the state at its start, if it is not mistaken.
            seconds = np.arange(6000)
            right = states_at(true, seconds + 1e-9) == states_at(seen, seconds + 0.5)
            spread = np.sqrt(accuracy * (1 - accuracy) / 6000)
            assert abs(np.mean(right) - accuracy) <= 4 * spread


def look_at(course: SimulatedCourse, **options: object) -> Session:
    return course.session(0, Observation(**options))  # type: ignore[arg-type]


def test_mistakes_go_where_the_matrix_says(course: SimulatedCourse) -> None:
    """Every negative is coded as away, nothing else is mistaken."""
    focal = np.eye(4)
    focal[0] = [0, 1, 0, 0]
    coder = CoderError(focal, np.eye(5))
    exact, coded = look(course), look(course, coder_error=coder)
    true, seen = (s.stream("affect", "focal", States).shares() for s in (exact, coded))
    assert "negative" not in seen
    assert seen["away"] == pytest.approx(true["away"] + true["negative"])
    assert seen["monitor"] == pytest.approx(true["monitor"])


@pytest.mark.parametrize(
    "rows", [np.eye(3), np.full((4, 4), 0.3), -np.eye(4), np.full((4, 4), np.nan), [["a"]]]
)
def test_a_matrix_that_is_none_is_refused(rows: object) -> None:
    with pytest.raises(SettingError, match="focal"):
        CoderError(rows, np.eye(5))  # type: ignore[arg-type]


# -- missing time -----------------------------------------------------------------------------


@pytest.mark.parametrize("step_s", [None, 0.5])
def test_missing_time_is_missing_and_what_is_left_is_true(
    course: SimulatedCourse, step_s: float | None
) -> None:
    whole = look(course, step_s=step_s)
    part = look(course, step_s=step_s, missing_per_min=4.0, missing_s=2.0)
    lost = []
    for partner in whole.partners:
        true, seen = (s.stream("affect", partner, States) for s in (whole, part))
        lost.append(251.3 - seen.observed.total)
        for start, end, label in zip(seen.starts, seen.ends, seen.labels, strict=True):
            for time in (start + 1e-6, (start + end) / 2, end - 1e-6):
                assert state_at(true, time) == label
    assert min(lost) > 5
    assert lost[0] != lost[1]


def test_asking_for_one_thing_does_not_change_another(course: SimulatedCourse) -> None:
    coder = CoderError.even(0.7)
    plain = look(course, step_s=1.0, coder_error=coder)
    more = look(
        course, step_s=1.0, coder_error=coder, arousal=ArousalSignal(noise_sd=1.0),
        rating=SessionRating(),
    )  # fmt: skip
    for a, b in zip(plain.streams, more.streams[:2], strict=True):
        assert a.labels == b.labels


# -- signal and rating ------------------------------------------------------------------------


def test_the_signal_is_arousal_as_the_model_lived_it(course: SimulatedCourse) -> None:
    session = look(course, arousal=ArousalSignal(rate_hz=50.0))
    signal = session.stream("arousal", "focal", Signal)
    assert len(signal) == 12565
    means = course.to_frame("phase").query("session == 2").set_index("phase")["arousal_mean"]
    for phase in session.phases:
        mean = signal.clip(phase.start, phase.end).values.mean()
        assert mean == pytest.approx(means[phase.label], abs=2e-3)
    assert signal.values[0] == 0  # where courses start


def test_gain_offset_and_lag(course: SimulatedCourse) -> None:
    plain, changed = (
        look(course, arousal=ArousalSignal(rate_hz=10.0, **options)).stream(
            "arousal", "focal", Signal
        )
        for options in ({}, {"gain": 2.0, "offset": 5.0, "lag_s": 1.5})
    )
    assert changed.values[15:] == pytest.approx(5 + 2 * plain.values[:-15])
    assert (changed.values[:15] == 5 + 2 * plain.values[0]).all()


def test_noise_has_the_spread_and_memory_that_were_asked_for() -> None:
    course = simulate_course(DyadParameters(), 1, play(4000), rng=np.random.default_rng(1))
    made = [
        look_at(course, arousal=ArousalSignal(5.0, **options)).stream("arousal", "focal", Signal)
        for options in ({}, {"noise_sd": 0.5, "noise_memory": 0.6})
    ]
    noise = made[1].values - made[0].values
    assert noise.std() == pytest.approx(0.5, rel=0.05)
    assert np.corrcoef(noise[1:], noise[:-1])[0, 1] == pytest.approx(0.6, abs=0.03)


def test_a_rating_is_a_line_in_trust_and_match(course: SimulatedCourse) -> None:
    latents = course.session_latents(1)
    seen = look(course, rating=SessionRating("wai", base=2, trust=3, match=4, noise_sd=0))
    assert seen.meta["wai"] == pytest.approx(2 + 3 * latents.trust + 4 * latents.matched_prop)
    noisy = look(course, rating=SessionRating("wai", noise_sd=1.0))
    assert noisy.meta["wai"] != look(course, rating=SessionRating("wai", noise_sd=0)).meta["wai"]
    again = look(course, rating=SessionRating("wai", noise_sd=1.0))
    assert noisy.meta["wai"] == again.meta["wai"]


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Observation(step_s=0), "step_s"),
        (lambda: Observation(sampling="middle"), "sampling"),
        (lambda: Observation(missing_per_min=-1), "missing_per_min"),
        (lambda: Observation(missing_s=0), "missing_s"),
        (lambda: ArousalSignal(rate_hz=0), "rate_hz"),
        (lambda: ArousalSignal(noise_memory=1.0), "noise_memory"),
        (lambda: SessionRating(noise_sd=-1), "noise_sd"),
        (lambda: SessionRating(trust=float("nan")), "trust"),
        (lambda: CoderError.even(1.2), "accuracy"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make: object, told: str) -> None:
    with pytest.raises(SettingError, match=told):
        make()  # type: ignore[operator]


def test_more_samples_than_a_machine_can_hold_are_refused(course: SimulatedCourse) -> None:
    for options in (
        {"step_s": 1e-6},
        {"arousal": ArousalSignal(rate_hz=1e6)},
        {"missing_per_min": 1e9},
    ):
        with pytest.raises(SettingError):
            look(course, **options)


def test_an_observation_can_be_changed_in_part() -> None:
    assert replace(Observation(), step_s=2.0).step_s == 2.0
    assert hash(Observation()) == hash(Observation())
