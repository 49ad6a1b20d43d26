"""GSEQ's SDIS files: four data types, declarations, comments, and what BORIS writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.sdis import read_sdis, sniff_sdis

Write = Callable[..., Path]

BORIS = """% SDIS file created by BORIS (www.boris.unito.it) at 2024-01-01T10:00:00
Timed <seconds>;

<dyad 1/play>
Big_Sister_social_smile,1.000-2.500 mother_touch,2.000-2.001 No_focal_subject_noise,3.000-4.000 /


<dyad 2>
mother_look_away,0.500-1.500 /

"""
TIMED = """Timed ($Mother = talk quiet) ($Baby = fuss, calm) (wave point);
% two sessions of one unit %
<unit 1> ,0 talk,0- quiet,1:30- fuss,5-7.5 calm,10-00:00:20 "noise outside" wave,12 ,100 (1,2);
talk,0-4 /   % to the end of the line
<unit 2> calm,3-5 /
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(content: str | bytes, name: str = "data.sds") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return put


def counts(recording: Recording) -> dict[str, int]:
    return {note.code: note.count for note in recording.notes}


def shape(recording: Recording) -> list[tuple[object, ...]]:
    return [
        (t.name, t.person, t.kind, t.starts.tolist(), t.ends.tolist(), t.labels)
        for t in recording.tracks
    ]


def test_what_boris_writes_is_split_at_the_subjects_named(write: Write) -> None:
    options = {"subjects": ["mother", "Big Sister", "Big"]}
    first, second = read_sdis(write(BORIS), options)
    assert (first.id, second.id, first.format) == ("dyad 1/play", "dyad 2", "sdis")
    assert shape(first) == [
        ("codes", "Big Sister", "intervals", [1.0], [2.5], ("social_smile",)),
        ("codes", "mother", "points", [2.0], [2.0], ("touch",)),
        ("codes", "", "intervals", [3.0], [4.0], ("noise",)),
    ]
    assert shape(second) == [("codes", "mother", "intervals", [0.5], [1.5], ("look_away",))]
    assert counts(first) == {"rows_read": 3, "points_restored": 1, "end_not_known": 1}


def test_without_subjects_nobody_is_guessed(write: Write) -> None:
    first, _ = read_sdis(write(BORIS), {})
    assert {track.person for track in first.tracks} == {""}
    assert first.tracks[0].labels == ("Big_Sister_social_smile", "noise")
    (note,) = [n for n in first.notes if n.code == "person_not_known"]
    assert (note.level, note.count) == ("warning", 2)


def test_declared_sets_are_tracks_and_sessions_have_bounds(write: Write) -> None:
    first, second, third = read_sdis(write(TIMED), {})
    assert [r.id for r in (first, second, third)] == ["unit 1", "unit 1_2", "unit 2"]
    assert shape(first) == [
        ("Mother", "Mother", "intervals", [0.0, 90.0], [90.0, 100.0], ("talk", "quiet")),
        ("Baby", "Baby", "intervals", [5.0, 10.0], [7.5, 20.0], ("fuss", "calm")),
        ("codes", "", "points", [12.0], [12.0], ("wave",)),
    ]
    assert (first.span, second.span) == ((0.0, 100.0), None)
    assert first.meta["covariates"] == {"factor 1": "1", "factor 2": "2"}
    assert counts(first) == {"rows_read": 5, "ends_implied": 2, "person_not_known": 1}
    assert shape(second) == [("Mother", "Mother", "intervals", [0.0], [4.0], ("talk",))]


def test_in_an_exclusive_set_an_onset_alone_lasts_until_the_next(write: Write) -> None:
    (recording,) = read_sdis(write("Timed ($Gaze = at off);\nat,0 off,2 at,5 ,9/"), {})
    assert shape(recording) == [
        ("Gaze", "Gaze", "intervals", [0.0, 2.0, 5.0], [2.0, 5.0, 9.0], ("at", "off", "at"))
    ]


def test_an_open_code_without_anything_after_it_is_dropped(write: Write) -> None:
    (recording,) = read_sdis(write("Timed ($Gaze = at off);\nat,0- off,2- /"), {})
    assert recording.tracks[0].labels == ("at",)
    assert counts(recording)["codes_without_end"] == 1


def test_sets_with_subjects_keep_their_names(write: Write) -> None:
    text = "Timed ($Baby_gaze = at off) ($Mother = talk);\nat,0-1 talk,1-2 /"
    (recording,) = read_sdis(write(text), {"subjects": ["Baby", "Mother"]})
    assert [(t.name, t.person) for t in recording.tracks] == [
        ("Baby_gaze", "Baby"),
        ("Mother", "Mother"),
    ]


def test_factors_have_their_declared_names(write: Write) -> None:
    text = "Timed ($B = a b) * age (3mo 6mo) sex (girl boy);\na,0-1 (2,1)/"
    (recording,) = read_sdis(write(text), {})
    assert recording.meta["covariates"] == {"age": "6mo", "sex": "girl"}


def test_states_with_durations_and_with_onsets(write: Write) -> None:
    text = "State ($B = a b c);\na=2 b=1:30 c=0 a=1 /\na,0 b,2 a,92 ,93 /"
    first, second = read_sdis(write(text), {})
    expected = [("B", "B", "intervals", [0.0, 2.0, 92.0], [2.0, 92.0, 93.0], ("a", "b", "a"))]
    assert shape(first) == shape(second) == expected
    assert first.span == second.span == (0.0, 93.0)


def test_a_state_without_a_duration_moves_nothing_silently(write: Write) -> None:
    (recording,) = read_sdis(write("State;\na=2 b=soon c=3 /"), {})
    assert recording.tracks[0].labels == ("a",)
    assert counts(recording)["rows_without_time"] == 2


def test_a_second_stream_begins_at_the_start_again(write: Write) -> None:
    (recording,) = read_sdis(write("State ($A = a) ($B = b);\na=2 a=1 & b=3 /"), {})
    assert shape(recording) == [
        ("A", "A", "intervals", [0.0, 2.0], [2.0, 3.0], ("a", "a")),
        ("B", "B", "intervals", [0.0], [3.0], ("b",)),
    ]


def test_intervals_need_their_length(write: Write) -> None:
    body = "($M = t q) ($B = f c);\nt f, q, , t c *2, q/"
    (recording,) = read_sdis(write(f"Interval=10 {body}"), {})
    assert shape(recording) == [
        ("M", "M", "intervals", [0.0, 10.0, 30.0, 40.0, 50.0], [10.0, 20.0, 40.0, 50.0, 60.0],
         ("t", "q", "t", "t", "q")),
        ("B", "B", "intervals", [0.0, 30.0, 40.0], [10.0, 40.0, 50.0], ("f", "c", "c")),
    ]  # fmt: skip
    assert recording.span == (0.0, 60.0)
    assert {track.tick_s for track in recording.tracks} == {10.0}
    with pytest.raises(ReadError, match="interval_s"):
        read_sdis(write(f"Interval {body}"), {})
    (other,) = read_sdis(write(f"Interval {body}"), {"interval_s": 0.5})
    assert other.span == (0.0, 3.0)


def test_events_have_an_order_and_a_warning(write: Write) -> None:
    (recording,) = read_sdis(write("Event;\na b, a\nc/"), {})
    assert shape(recording) == [
        ("codes", "", "intervals", [0.0, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0], tuple("abac"))
    ]
    assert counts(recording)["no_times"] == 1


def test_units_of_time(write: Write) -> None:
    text = "Timed <frames>;\na,25-50 /"
    with pytest.raises(ReadError, match="fps"):
        read_sdis(write(text), {})
    (recording,) = read_sdis(write(text), {"fps": 25})
    assert (recording.tracks[0].starts[0], recording.tracks[0].ends[0]) == (1.0, 2.0)
    (recording,) = read_sdis(write(text.replace("frames", "msec")), {})
    assert recording.tracks[0].ends[0] == 0.05
    (recording,) = read_sdis(write(text.replace("frames", "ells")), {})
    assert counts(recording)["unit_not_known"] == 1


def test_odd_codes_are_counted_with_their_reason(write: Write) -> None:
    text = "Timed;\na,0-1 b,5-4 c,-1-2 d,1e9-2 e,99999999999999-999999999999999 f alone,x /"
    (recording,) = read_sdis(write(text), {})
    assert shape(recording) == [("codes", "", "intervals", [0.0], [1.0], ("a",))]
    found = counts(recording)
    assert {k: found[k] for k in ("rows_read", "rows_reversed", "rows_not_finite")} == {
        **{"rows_read": 1, "rows_reversed": 1, "rows_not_finite": 1},
    }
    assert found["words_not_understood"] == 4


def test_codes_outside_the_session_are_kept_and_told(write: Write) -> None:
    (recording,) = read_sdis(write("Timed;\n,10 a,5-12 b,12-30 ,20 /"), {})
    assert recording.span == (10.0, 20.0)
    assert counts(recording)["events_outside_span"] == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("Timed (a b)", "does not declare"),
        ("Hello;", "does not declare"),
        ("Timed ;", "holds no codes"),
        ("Timed ;\na /", "holds no codes"),
        ("Multievent (a b);\na b . c /", "multievent"),
        ("Timed ((a);\na,1-2 /", "not understood"),
        ("Interval=1;\na *9999999/", "too many intervals"),
        pytest.param(
            "Interval=1;\n" + "a *99999/" * 9, "too many intervals", marks=pytest.mark.slow
        ),
        (b"Timed \x00;", "NUL"),
    ],
)
def test_what_is_no_sequence_is_refused(write: Write, content: str | bytes, words: str) -> None:
    with pytest.raises(ReadError, match=words):
        read_sdis(write(content), {})


def test_only_its_own_files_are_recognised(write: Write, shared: Path) -> None:
    for text in (BORIS, TIMED, "Interval=10;\na,b/", "Event;\na b/", "State ($B = a);\na=1/"):
        assert sniff_sdis(write(text), text.encode())
    for text in (
        "Event;Time\na;1\n",
        "Event; Time; Code\na; 1; 2\nb; 2; 3\n",
        "State,Onset,Offset\na,1,2\n",
        "event\tonset\na\t1\n",
        "interval;code\n1;2\n",
    ):
        assert not sniff_sdis(write(text), text.encode())
    claimed = [
        path.name
        for path in sorted((shared / "formats").rglob("*"))
        if path.is_file() and sniff_sdis(path, path.read_bytes()[:8192])
    ]
    assert claimed == []
