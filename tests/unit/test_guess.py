from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording, Track
from reattune.prepare.guess import guess_codes, guess_kind, guess_mapping
from reattune.prepare.words import guess_valence, split_name


def track(name, person="", labels=("x", "y", "x", "y")):
    n = len(labels)
    starts = np.arange(n, dtype=float)
    return Track(name, "intervals", starts, starts + 1, tuple(labels), person)


def column(name, values, person=""):
    empty = np.zeros(0)
    return Track(name, "samples", empty, empty, (), person, np.array(values, float), 0.0, 1.0)


def guess(*tracks, partners=None):
    recording = Recording("d1", "test", Path("d1.csv"), tracks)
    return guess_mapping(recording, partners)


def told(mapping):
    return {(s.partner, s.stream): s.tracks for s in mapping.sources}


@pytest.mark.parametrize(
    ("names", "partners", "streams"),
    [
        (("infant_affect", "mother_affect"), ("infant", "caregiver"), {"affect"}),
        (("affect_mom", "affect_baby"), ("infant", "caregiver"), {"affect"}),
        (("affect@FA1", "affect@CHI"), ("infant", "caregiver"), {"affect"}),
        (("Maternal Affect", "Infant Affect"), ("infant", "caregiver"), {"affect"}),
        (("InfantGaze", "ParentGaze"), ("infant", "caregiver"), {"gaze"}),
        (("t_looking", "p_looking"), ("patient", "therapist"), {"looking"}),
        (("Client mood", "Therapist mood"), ("patient", "therapist"), {"mood"}),
        (("ID_1_Gaze", "ID-2_Gaze"), ("id1", "id2"), {"gaze"}),
        (("child1", "child2"), ("child1", "child2"), {"state"}),
        (("mother_gaze", "father_gaze"), ("mother", "father"), {"gaze"}),
        (("husband_affect", "wife_affect"), ("husband", "wife"), {"affect"}),
    ],
)
def test_two_people_by_the_names_of_tracks(names, partners, streams):
    mapping, comments = guess(*(track(name) for name in names))
    assert mapping.partners == partners
    assert {s.stream for s in mapping.sources} == streams
    assert {s.partner for s in mapping.sources} == set(partners)
    assert len(comments) == 2


def test_two_people_as_the_file_states_them():
    mapping, _ = guess(track("affect", "Baby Tom"), track("affect", "Mum"))
    assert mapping.partners == ("infant", "caregiver")
    assert [(s.partner, s.stream, s.person) for s in mapping.sources] == [
        ("infant", "affect", "Baby Tom"),
        ("caregiver", "affect", "Mum"),
    ]


def test_names_of_the_user_are_found_through_words_for_the_role():
    tracks = [track("affect", "Mother"), track("affect", "Child"), track("affect", "Examiner")]
    mapping, comments = guess(*tracks, partners=("infant", "caregiver"))
    assert [(s.partner, s.person) for s in mapping.sources] == [
        ("infant", "Child"),
        ("caregiver", "Mother"),
    ]
    mapping, _ = guess(*tracks, partners=("Examiner", "child"))
    assert mapping.partners == ("Examiner", "child")
    del comments


def test_the_order_of_the_user_is_kept():
    mapping, _ = guess(track("mom_x"), track("baby_x"), partners=("caregiver", "infant"))
    assert mapping.partners == ("caregiver", "infant")
    assert told(mapping) == {("caregiver", "x"): ("mom_x",), ("infant", "x"): ("baby_x",)}


@pytest.mark.parametrize(
    ("tracks", "partners", "message"),
    [
        ([track("a", "Tom"), track("a", "Ann"), track("a", "Bob")], None, "3 people.*which two"),
        ([track("a", "Tom")], None, "two people could not be told apart"),
        ([track("affect"), track("gaze")], None, "two people could not be told apart"),
        ([], None, "two people could not be told apart"),
        ([track("a", "Tom"), track("a", "Ann")], ("Tom", "An"), "'An' was not found.*'Ann'"),
        (
            [track("a", "Mother"), track("a", "Father"), track("a", "Baby")],
            ("infant", "caregiver"),
            "'caregiver' could be several people.*'Mother', 'Father'",
        ),
    ],
)
def test_what_cannot_be_guessed_is_asked_for(tracks, partners, message):
    with pytest.raises(ReadError, match=message):
        guess(*tracks, partners=partners)


def test_uncodable_tracks_phases_and_the_rest():
    mapping, comments = guess(
        track("Infant Affect"),
        track("Infant Problem Data", labels=("XX",)),
        track("Mother Affect", labels=("x", "y", "uncodable", "x")),
        track("Phase"),
        track("Weather"),
    )
    first, second = mapping.sources
    assert first.uncodable_tracks == ("Infant Problem Data",) and second.uncodable_tracks == ()
    assert second.uncodable == ("uncodable",)
    assert mapping.phases.track == "Phase"
    assert comments[-1] == "not used: 'Weather'."


def test_empty_tracks_of_a_template_are_nobody():
    empty = Track("affect", "intervals", np.zeros(0), np.zeros(0), (), "Granny")
    mapping, _ = guess(track("affect", "Child"), track("affect", "Mum"), empty)
    assert mapping.partners == ("infant", "caregiver")


def test_kinds():
    assert guess_kind([track("a")]) == "states"
    assert guess_kind([track("a", labels=("smile",) * 5)]) == "events"
    assert guess_kind([track("a", labels=[f"sentence {i}" for i in range(60)])]) == "events"
    moments = Track("a", "points", np.array([1.0]), np.array([1.0]), ("x",))
    assert guess_kind([moments]) == "events"
    over = Track("a", "intervals", np.arange(4.0), np.arange(4.0) + 5, ("x", "y", "x", "y"))
    assert guess_kind([over]) == "events"
    assert guess_kind([column("a", [0, 1, 2, np.nan])]) == "states"
    assert guess_kind([column("a", [0, 0.5, 1])]) == "signal"
    assert guess_kind([column("a", range(40))]) == "signal"


def test_a_stream_is_of_one_kind_for_both():
    mapping, _ = guess(track("infant_x", labels=("a", "a")), track("mother_x", labels=("a", "b")))
    assert {s.kind for s in mapping.sources} == {"states"}


def test_valence_is_guessed_from_words_signs_and_known_letters_only():
    assert guess_valence(["positive", "Negative", "neutral"])["Negative"] == "-1"
    assert guess_valence(["N", "W"]) == {"N": "0", "W": "-1"}
    assert guess_valence(["-1", "0", "2"]) == {"-1": "-1", "0": "0", "2": "1"}
    assert guess_valence(["0", "1", "2"]) == {}
    assert guess_valence(["P", "N"]) == {} and guess_valence([]) == {}
    first, second = guess_codes(["A", "N", "W"], ["0", "1", "2"])
    assert first["W"] == "-1" and second == {"0": "0", "1": "1", "2": "1"}
    assert guess_codes(["0", "1"], ["0", "1"]) == ({}, {})


def test_words_of_a_name():
    assert split_name("Partner 2 Gaze") == ["partner2", "gaze"]
    assert split_name(" *vcm@CHI ") == ["vcm", "chi"]
