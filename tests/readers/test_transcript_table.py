"""Transcripts as tables: columns by name, points where no end is given, order of rows told."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording, Track
from reattune.io.transcript_table import read_transcript_table, sniff_transcript_table

TABLE = """speaker,start_s,end_s,text,topic
therapist,0.5,2.0,"How, then?",sleep
client,2.0,4.5,Well.,sleep
therapist,4.0,4.25,hm,sleep
"""


def write(folder: Path, text: str | bytes, name: str = "hour1.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def read(folder: Path, content: str | bytes, /, **options: object) -> Recording:
    (recording,) = read_transcript_table(write(folder, content), options)
    return recording


def events(track: Track) -> list[tuple[float, float, str]]:
    return list(zip(track.starts.tolist(), track.ends.tolist(), track.labels, strict=True))


def codes(recording: Recording) -> dict[str, int]:
    return {note.code: note.count for note in recording.notes}


def test_turns_by_speaker(tmp_path: Path) -> None:
    recording = read(tmp_path, TABLE)
    assert recording.format == "transcript_table" and recording.id == "hour1"
    assert [(t.name, t.kind) for t in recording.tracks] == [("utterances", "intervals")] * 2
    assert {t.person: events(t) for t in recording.tracks} == {
        "therapist": [(0.5, 2.0, "How, then?"), (4.0, 4.25, "hm")],
        "client": [(2.0, 4.5, "Well.")],
    }
    assert recording.meta["covariates"] == {"topic": "sleep"}
    assert codes(recording) == {"rows_read": 3, "columns_used": 1}


@pytest.mark.parametrize(
    "header",
    [
        "Speaker;Onset (ms);Offset (ms);Utterance",
        "who;Begin Time - msec;End Time - msec;Transcript",
        "Participant;start_ms;stop_ms;transcription",
        "speaker_label;Start msec;End msec;content",
    ],
)
def test_columns_by_other_names_and_units(tmp_path: Path, header: str) -> None:
    path = write(tmp_path, f"{header}\nA;500;2000;a\nB;2000;2250;b\n")
    assert sniff_transcript_table(path, path.read_bytes())
    (recording,) = read_transcript_table(path, {})
    assert {t.person: events(t) for t in recording.tracks} == {
        "A": [(0.5, 2.0, "a")],
        "B": [(2.0, 2.25, "b")],
    }


def test_a_start_alone_makes_points_and_is_told(tmp_path: Path) -> None:
    text = "time\tspeaker\tutterance\n0:00:01\tA\ta\n00:00:05\tB\tb\n0:00:03\tA\tc\n"
    recording = read(tmp_path, text)
    assert {t.person: (t.kind, events(t)) for t in recording.tracks} == {
        "A": ("points", [(1.0, 1.0, "a"), (3.0, 3.0, "c")]),
        "B": ("points", [(5.0, 5.0, "b")]),
    }
    assert codes(recording) == {
        "rows_read": 3,
        "columns_used": 1,
        "turns_without_end": 3,
        "time_backwards": 1,
    }


def test_sessions_and_codes_of_turns(tmp_path: Path) -> None:
    text = "transcript_id,speaker,start,text,talk\n7,A,1,a,change\n8,A,0,b,\n7,B,2,c,neutral\n"
    path = write(tmp_path, text)
    first, second = read_transcript_table(path, {"code": "talk"})
    assert (first.id, second.id) == ("7", "8")
    assert [(t.name, t.person, t.labels) for t in first.tracks] == [
        ("utterances", "A", ("a",)),
        ("utterances", "B", ("c",)),
        ("talk", "A", ("change",)),
        ("talk", "B", ("neutral",)),
    ]
    assert codes(first)["turns_without_end"] == 2
    assert "time_backwards" not in codes(first)


def test_sound_channels_and_word_counts_are_no_streams(tmp_path: Path) -> None:
    text = "speaker,start,channel,length,text\nA,1,2,7,hello\nB,2,1,5,there\n"
    recording = read(tmp_path, text)
    assert [(t.name, t.kind) for t in recording.tracks] == [("utterances", "points")] * 2


def test_columns_given_by_name(tmp_path: Path) -> None:
    text = "a,b,c,length\nA,1,hello,0.5\n"
    options = {"person": "a", "start": "b", "text": "c", "duration": "length"}
    recording = read(tmp_path, text, **options)
    assert events(recording.tracks[0]) == [(1.0, 1.5, "hello")]
    with pytest.raises(ReadError, match="'d'"):
        read(tmp_path, text, person="a", start="b", text="d")


def test_bad_rows_are_skipped_and_told(tmp_path: Path) -> None:
    rows = ["A,1,2,ok", "A,3,2,x", "A,-1,2,x", "A,later,2,x", "A,inf,2,x", "A,5,6,", "A,7,,x"]
    rows += ["A,1.5,4,overlap", ",8,9,who"]
    recording = read(tmp_path, "speaker,start,end,text\n" + "\n".join(rows) + "\n")
    assert {t.person: t.labels for t in recording.tracks} == {"A": ("ok", "overlap"), "": ("who",)}
    counts = codes(recording)
    assert counts["rows_read"] == 3 and counts["overlap"] == 1 and counts["time_backwards"] == 1
    for code in ("reversed", "negative", "without_start", "not_finite", "without_code"):
        assert counts[f"rows_{code}"] == 1, code
    assert counts["rows_without_end"] == 1


def test_without_speakers_and_with_doubled_columns(tmp_path: Path) -> None:
    recording = read(tmp_path, "start,end,utterance,utterance\n1,2,a,b\n")
    assert [(t.person, t.labels) for t in recording.tracks] == [("", ("a",))]
    assert {"speaker_unknown", "columns_doubled"} <= set(codes(recording))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    recording = read(tmp_path, "speaker,start,text\nJörg,1,grün\n".encode(encoding))
    assert recording.people == ("Jörg",) and recording.tracks[0].labels == ("grün",)
    assert ("encoding_assumed" in codes(recording)) == (encoding == "cp1252")


def workbook(path: Path, rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_workbooks(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["Speaker", "Start", "End", "Text"], ["A", 1.5, 2, "hi"]])
    assert sniff_transcript_table(path, path.read_bytes()[:8192])
    (recording,) = read_transcript_table(path, {})
    assert events(recording.tracks[0]) == [(1.5, 2.0, "hi")]
    other = workbook(tmp_path / "b.xlsx", [["code", "start"], ["x", 1], ["speaker", "start"]])
    assert not sniff_transcript_table(other, other.read_bytes()[:8192])
    broken = write(tmp_path, path.read_bytes()[:-300], "c.xlsx")
    assert not sniff_transcript_table(broken, broken.read_bytes()[:8192])
    with pytest.raises(ReadError, match=r"c\.xlsx"):
        read_transcript_table(broken, {})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"speaker,start,text\n", "no rows"),
        (b"speaker,text\nA,a\n", "no column for the start"),
        (b"speaker,start\nA,1\n", "no column for the text"),
        (b"speaker,start,text\nA,x,a\n", "no row that could be read"),
        (b'speaker,start,text\nA,1,"a\n', "cut into cells"),
        (b"speaker,start,text\nA,1,\x00\n", "NUL"),
        (b"speaker,frame,start_frame,text\nA,1,2,a\n", "fps"),
    ],
)
def test_what_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(ReadError, match=message) as caught:
        read(tmp_path, data)
    assert "hour1.csv" in str(caught.value)


@pytest.mark.parametrize(
    "header",
    [
        "person,start,end,code",
        "subject,behavior,start,stop,text",
        "session,person,track,start,end,label",
        "speaker,start,end,code,text",
        "time,mother,infant",
        "person,start,end,text",
        "Speaker,Text,Order",
        "start,end,utterance",
    ],
)
def test_the_sniffer_leaves_tables_of_behaviour_alone(tmp_path: Path, header: str) -> None:
    row = ",".join("1" for _ in header.split(","))
    assert not sniff_transcript_table(tmp_path, f"{header}\n{row}\n".encode())
    assert sniff_transcript_table(tmp_path, TABLE.encode())


def test_real_file(shared: Path) -> None:
    path = shared / "transcripts" / "annomi_selection.csv"
    codes_asked = ["main_therapist_behaviour", "client_talk_type"]
    recordings = read_transcript_table(path, {"code": codes_asked})
    assert len(recordings) == 18
    assert sum(len(t) for r in recordings for t in r.find("utterances")) == 2559
    assert {
        r.id: codes(r)["time_backwards"] for r in recordings if "time_backwards" in codes(r)
    } == {
        "56": 1,
        "121": 2,
        "131": 1,
    }
    longest = max(recordings, key=lambda r: sum(len(t) for t in r.find("utterances")))
    assert longest.id == "121" and sum(len(t) for t in longest.find("utterances")) == 598
    assert set(longest.people) == {"therapist", "client"}
    with path.open("rb") as stream:
        assert sniff_transcript_table(path, stream.read(8192))
