"""Session: one meeting of one dyad."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.core.errors import MissingStreamError, SettingError
from reattune.core.intervals import Intervals
from reattune.core.notes import Note
from reattune.core.session import Phase, Session, is_imposed
from reattune.core.streams import Events, States

CHILD = States("child", "affect", [0, 5], [5, 10], ["a", "b"])
ADULT = States("adult", "affect", [0, 4], [4, 10], ["a", "b"])
VOICE = Events("adult", "voice", [1], [2], observed=Intervals([0], [10]))


def session(**changes: object) -> Session:
    settings = {
        "id": "s1",
        "partners": ("child", "adult"),
        "span": (0, 10),
        "streams": (CHILD, ADULT, VOICE),
    }
    return Session(**{**settings, **changes})


def test_looking_up_streams() -> None:
    made = session()
    assert made.dyad == "s1"
    assert made.stream_names == ("affect", "voice")
    assert made.stream("affect", "adult", States) is ADULT
    assert made.has("voice", "adult")
    assert not made.has("voice", "child")


def test_a_missing_stream_names_what_there_is() -> None:
    with pytest.raises(MissingStreamError, match=r"no stream 'afect' of child.*'affect'.*Did you"):
        session().stream("afect", "child")
    with pytest.raises(MissingStreamError, match=r"no partner 'mum'.*'child', 'adult'"):
        session().stream("affect", "mum")
    with pytest.raises(MissingStreamError, match="'voice' is Events, not States"):
        session().stream("voice", "adult", States)


def test_copies_leave_the_original_alone() -> None:
    made = session(cuts=(3.0,), phases=(Phase("play", 0, 6),))
    moved = made.shift(100)
    assert moved.span == (100, 110)
    assert moved.cuts == (103,)
    assert moved.phases[0].window == (100, 106)
    assert moved.stream("voice", "adult").starts.tolist() == [101]
    assert made.span == (0, 10)
    assert made.swap().partners == ("adult", "child")
    assert made.swap().streams == made.streams
    new = States("adult", "affect", [0], [10], ["z"])
    assert made.with_streams(new).stream("affect", "adult") is new
    assert len(made.with_streams(new).streams) == 3
    noted = made.with_notes(Note("odd", "Something is odd.", level="warning"))
    assert "warning: Something is odd." in repr(noted)
    assert made.notes == ()


def test_printing_says_what_is_there() -> None:
    text = repr(session(phases=(Phase("play", 0, 6), Phase("reunion", 6, 10))))
    assert "child and adult, 10 seconds" in text
    assert "phases: play [0, 6), reunion [6, 10)" in text


def test_meta_cannot_be_changed() -> None:
    source = {"age": 4}
    made = session(meta=source)
    source["age"] = 5
    assert made.meta["age"] == 4
    with pytest.raises(TypeError):
        made.meta["age"] = 6


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"partners": ("child",)}, "partners"),
        ({"partners": ("child", "child")}, "partners"),
        ({"partners": ("child", "mother", "father")}, "partners"),
        ({"span": (5, 5)}, "span"),
        ({"span": (0, np.nan)}, "span"),
        ({"clock": "minute"}, "clock"),
        ({"partners": ("child", "mother")}, "partner of stream 'affect'"),
        ({"phases": (Phase("a", 0, 5), Phase("b", 4, 9))}, "phases"),
        ({"phases": (Phase("a", 5, 9), Phase("b", 0, 5))}, "phases"),
    ],
)
def test_wrong_parameters_are_named(changes: dict, parameter: str) -> None:
    with pytest.raises(SettingError) as caught:
        session(**changes)
    assert caught.value.parameter == parameter


@pytest.mark.parametrize("end", [0, -1, np.nan])
def test_a_phase_has_length(end: float) -> None:
    with pytest.raises(SettingError, match="phase 'play'"):
        Phase("play", 0, end)


def test_still_face_is_imposed_however_it_is_spelled() -> None:
    assert all(map(is_imposed, ("still_face", "Still-Face", " still face ", "SF")))
    assert not any(map(is_imposed, ("play", "reunion", "face")))
    assert Phase("play", 1, 4).duration == 3
