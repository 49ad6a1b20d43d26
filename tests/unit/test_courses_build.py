"""Courses and sessions of ratings: where they come from, and what is told about them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reattune.core.errors import MissingStreamError, ReadError, SettingError
from reattune.core.recording import Recording, Track
from reattune.core.session import Session
from reattune.core.streams import Signal
from reattune.courses import (
    INSTRUMENTS,
    Course,
    Drop,
    Instrument,
    build_course_session,
    ceiling_rate,
    check_ratings,
    course_from_session,
    find_events,
    find_instrument,
    sample_constants,
)
from reattune.io.ratings import read_ratings

NAN = float("nan")


def track(name: str, values: list[float], person: str = "patient", start: float = 1) -> Track:
    return Track(
        name,
        "samples",
        np.empty(0),
        np.empty(0),
        (),
        person=person,
        values=np.array(values),
        start_s=start,
        rate_hz=1.0,
    )


def recording(*tracks: Track, **meta: object) -> Recording:
    return Recording(
        "07", "ratings", Path("wai.csv"), tracks, meta={"clock": "meeting", "sha256": "x", **meta}
    )


def codes(session: Session) -> set[str]:
    return {note.code for note in session.notes}


# -- courses -------------------------------------------------------------------------------


def test_a_course_keeps_missing_ratings_and_numbers() -> None:
    course = Course("07", [2, 3, 5], {("patient", "wai"): [5, NAN, 4]}, meta={"outcome": 3})
    assert course.meetings == (2, 3, 5)
    assert np.isnan(course.series("wai", "patient")[1])
    assert repr(course) == "Course('07': 3 meetings from 2 to 5; patient wai 2 of 3 rated)"
    assert course.meta["outcome"] == 3
    (event,) = find_events(course, Drop(sd="fixed", fixed_sd=1))
    assert (event.pre, event.onset) == (2, 5)
    with pytest.raises(ValueError, match="read-only"):
        course.series("wai", "patient")[0] = 1


def test_several_series_have_to_be_chosen_from() -> None:
    ratings = {("patient", "wai"): [5, 4], ("therapist", "wai"): [6, 6]}
    course = Course("07", [1, 2], ratings)
    with pytest.raises(SettingError, match=r"select\(scale, rater\)"):
        find_events(course, Drop(sd="fixed", fixed_sd=1))
    assert len(find_events(course.select("wai", "patient"), Drop(sd="fixed", fixed_sd=1))) == 1
    with pytest.raises(MissingStreamError, match="Did you mean 'therapist wai'"):
        course.series("wai", "theraist")
    assert sample_constants([course.select("wai", "patient")]).ratings == 2


def test_scales_can_be_turned_round() -> None:
    course = Course("07", [1, 2], {("", "distress"): [1, 3]}, scale=(1, 5))
    assert course.reverse().only().tolist() == [5, 3]
    assert course.reverse(0, 10).only().tolist() == [9, 7]
    assert course.reverse().notes[0].code == "scale_reversed"
    with pytest.raises(SettingError, match="ends of the scale"):
        Course("07", [1], {("", "x"): [1]}).reverse()


@pytest.mark.parametrize(
    ("meetings", "ratings", "words"),
    [
        ([1, 1], [5, 5], "each meeting once"),
        ([2, 1], [5, 5], "meetings in order"),
        ([1.5, 2], [5, 5], "whole numbers"),
        ([1, 2], [5], "one value for each of 2"),
        ([1, 2], [5, float("inf")], "infinity"),
    ],
)
def test_odd_courses_are_refused(meetings: list[int], ratings: list[float], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        Course("07", meetings, {("patient", "wai"): ratings})


# -- sessions ------------------------------------------------------------------------------


def test_a_recording_becomes_a_session_on_the_clock_of_meetings() -> None:
    source = recording(
        track("wai", [5.0, NAN, 4.0], start=3),
        track("wai", [6.0, 6.0, 5.0], "therapist", start=3),
        covariates={"group": "a"},
    )
    session = build_course_session(source, instrument="WAI-S", meta={"outcome": 2})
    assert session.clock == "meeting"
    assert session.span == (3.0, 6.0)
    assert session.partners == ("patient", "therapist")
    assert session.meta["group"] == "a" and session.meta["outcome"] == 2
    assert session.meta["scale"] == (1.0, 7.0)
    assert "instrument_unverified" in codes(session)
    course = course_from_session(session)
    assert course.meetings == (3, 4, 5)
    assert set(course.ratings) == {("patient", "wai"), ("therapist", "wai")}
    assert np.isnan(course.series("wai", "patient")[1])
    assert course.scale == (1.0, 7.0)
    one = course_from_session(session, "wai", "therapist")
    assert one.only().tolist() == [6, 6, 5]
    with pytest.raises(MissingStreamError, match="no ratings 'patient srs'"):
        course_from_session(session, "srs", "patient")


def test_from_a_table_to_events(tmp_path: Path) -> None:
    rows = [5.5, 5.6, 5.7, 4.2, None, 5.7, 5.8]
    path = tmp_path / "wai.csv"
    text = "case,session,rater,wai\n"
    text += "".join(f"a,{m},patient,{'' if x is None else x}\n" for m, x in enumerate(rows, 1))
    path.write_text(text, encoding="utf-8")
    (source,) = read_ratings(path, {})
    session = build_course_session(source)
    (event,) = find_events(course_from_session(session), Drop(sd="fixed", fixed_sd=0.5))
    assert (event.pre, event.onset, event.repair, event.latency) == (3, 4, 6, 2)


def test_ratings_without_a_rater_belong_to_the_first_partner() -> None:
    session = build_course_session(recording(track("srs", [30.0, 36.0], person="")))
    assert session.streams[0].partner == "patient"
    assert "rater_not_named" in codes(session)


def test_raters_can_be_named_and_others_are_left_out_with_a_word() -> None:
    source = recording(track("wai", [5.0, 4.0], "P"), track("wai", [5.0, 5.0], "observer"))
    session = build_course_session(source, raters={"patient": "P"})
    assert [s.partner for s in session.streams] == ["patient"]
    assert "raters_left_out" in codes(session)
    session = build_course_session(source, raters={"therapist": "observer", "patient": "p"})
    assert [s.partner for s in session.streams] == ["patient", "therapist"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"raters": {"nurse": "patient"}}, "who is no partner"),
        ({"raters": {"patient": "nobody"}}, "no ratings by a partner"),
        ({"scales": ["srs"]}, "no score 'srs'"),
        ({"reverse": ["srs"]}, "no score 'srs' to turn round"),
        ({"reverse": ["wai"]}, "without the ends of their scale"),
    ],
)
def test_what_does_not_fit_is_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(ReadError, match=words):
        build_course_session(recording(track("wai", [5.0, 4.0])), **options)  # type: ignore[arg-type]


def test_only_courses_become_courses() -> None:
    other = Recording("07", "elan", Path("a.eaf"), (track("wai", [1.0]),))
    with pytest.raises(ReadError, match="no table of ratings"):
        build_course_session(other)
    seconds = Session("s", ("a", "b"), (0, 2), (Signal("a", "x", [1, 2], 1),))
    with pytest.raises(SettingError, match="meeting"):
        course_from_session(seconds)
    halves = Session("s", ("a", "b"), (0, 2), (Signal("a", "x", [1, 2], 2),), clock="meeting")
    with pytest.raises(SettingError, match="one sample per meeting"):
        course_from_session(halves)


# -- what is told --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratings", "code", "words"),
    [
        ([5, 7.5, 4, 5, 5], "ratings_outside_scale", "first 7.5 at meeting 2"),
        ([NAN, NAN], "no_ratings", "no meeting was rated"),
        ([NAN, 4, NAN], "one_rating", "only one meeting"),
        ([4, 4, NAN, 4], "ratings_constant", "all 3 ratings are 4"),
        (
            [5, *[NAN] * 10, 4],
            "ratings_hole",
            "10 meetings in a row without a rating after meeting 1",
        ),
        ([7, 7, 6, 5], "ratings_ceiling", "50% of the ratings"),
    ],
)
def test_odd_ratings_are_told(ratings: list[float], code: str, words: str) -> None:
    (note,) = check_ratings(np.array(ratings), (1, 7), where="case 07")
    assert (note.code, note.level, note.where) == (code, "warning", "case 07")
    assert words in note.message


def test_ordinary_ratings_are_not_told() -> None:
    assert check_ratings(np.array([5, 4, NAN, 5.5, *[NAN] * 9, 6]), (1, 7)) == ()
    assert check_ratings(np.array([90.0, 3.0])) == ()


def test_a_scale_that_seems_reversed_is_told_and_can_be_turned() -> None:
    up, down = [4.0, 4.5, 5.0, 5.5, 6.0], [4.0, 3.5, 3.0, 2.5, 2.0]
    source = recording(track("wai", up), track("strain", down))
    session = build_course_session(source, scale=(1, 7))
    assert "scale_maybe_reversed" in codes(session)
    turned = build_course_session(source, scale=(1, 7), reverse=["strain"])
    assert "scale_maybe_reversed" not in codes(turned)
    assert "scale_reversed" in codes(turned)
    assert turned.stream("strain", "patient", Signal).values.tolist() == [8 - x for x in down]
    short = recording(track("wai", up[:4]), track("strain", down[:4]))
    assert "scale_maybe_reversed" not in codes(build_course_session(short))


def test_a_form_in_which_lower_is_better_is_turned() -> None:
    form = Instrument("X", "X", 0, 4, 10, direction="lower_better")
    session = build_course_session(recording(track("x", [0.0, 4.0])), instrument=form)
    assert session.stream("x", "patient", Signal).values.tolist() == [4, 0]


def test_dates_that_run_backwards_are_told() -> None:
    source = recording(track("wai", [5.0, 4.0, 5.0]), days=(0.0, 14.0, 7.0))
    assert "dates_out_of_order" in codes(build_course_session(source))
    source = recording(track("wai", [5.0, 4.0, 5.0]), days=(0.0, NAN, 7.0))
    assert "dates_out_of_order" not in codes(build_course_session(source))


def test_forms_are_data_and_say_that_they_are_unverified() -> None:
    assert not any(form.verified for form in INSTRUMENTS.values())
    assert find_instrument("srs").scale == (0, 40)
    assert "check it" in find_instrument("WAI-SR").describe()
    for form in INSTRUMENTS.values():
        numbers = [item for items in form.subscales.values() for item in items]
        assert sorted(numbers) == list(range(1, form.items + 1)) or not numbers
    with pytest.raises(SettingError, match="Did you mean 'CALPAS'"):
        find_instrument("calpa")
    with pytest.raises(SettingError):
        Instrument("X", "X", 5, 1, 3)
    with pytest.raises(SettingError):
        Instrument("X", "X", 1, 5, 3, subscales={"a": (4,)})


def test_ceiling_rate() -> None:
    assert ceiling_rate([7, NAN, 6.9, 5], 7) == pytest.approx(1 / 3)
    assert ceiling_rate([7, NAN, 6.9, 5], 7, within=0.25) == pytest.approx(2 / 3)
    assert np.isnan(ceiling_rate([NAN], 7))
