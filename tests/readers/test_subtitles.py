"""Subtitles and captions: cues, speakers, encodings, and what is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording, Track
from reattune.io.speakers import accepted_names, split_prefix
from reattune.io.subtitles import read_subtitles, sniff_srt, sniff_vtt

SRT = """1
00:00:01,000 --> 00:00:02,500
Hello <i>there</i>

2
00:00:02,500 --> 00:00:04,040
two
lines {\\an8}<3

"""


def read(folder: Path, text: str | bytes, **options: object) -> Recording:
    path = folder / "hour1.srt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    (recording,) = read_subtitles(path, options)
    return recording


def events(track: Track) -> list[tuple[float, float, str]]:
    return list(zip(track.starts.tolist(), track.ends.tolist(), track.labels, strict=True))


def people(recording: Recording) -> dict[str, list[tuple[float, float, str]]]:
    return {track.person: events(track) for track in recording.tracks}


def codes(recording: Recording) -> dict[str, int]:
    return {note.code: note.count for note in recording.notes}


def vtt(*cues: str, head: str = "WEBVTT") -> str:
    return "\n\n".join((head, *cues)) + "\n"


def test_subtitles_are_turns_of_nobody(tmp_path: Path) -> None:
    recording = read(tmp_path, SRT)
    assert recording.format == "srt" and recording.id == "hour1" and recording.span is None
    assert people(recording) == {"": [(1.0, 2.5, "Hello there"), (2.5, 4.04, "two lines <3")]}
    assert recording.tracks[0].name == "utterances"
    assert recording.tracks[0].meta["identifier"] == ("1", "2")
    assert codes(recording) == {"speaker_unknown": 2}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, ends: str) -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\nGrüße\n".replace("\n", ends)
    recording = read(tmp_path, text.encode(encoding))
    assert people(recording) == {"": [(1.0, 2.0, "Grüße")]}
    assert ("encoding_assumed" in codes(recording)) == (encoding == "cp1252")


def test_missing_numbers_and_blank_lines(tmp_path: Path) -> None:
    recording = read(
        tmp_path,
        "00:00:01,000 --> 00:00:02,000\nfirst\n\n"
        "5\n00:00:02,000 --> 00:00:03,000\nsecond\n6\n00:00:03,000 --> 00:00:04,000\nthird 7\n"
        "00:00:04.5 --> 1:00:00.25 X1:40 X2:60\nfourth",
    )
    assert people(recording)[""] == [
        (1.0, 2.0, "first"),
        (2.0, 3.0, "second"),
        (3.0, 4.0, "third 7"),
        (4.5, 3600.25, "fourth"),
    ]


def test_voice_tags_name_speakers(tmp_path: Path) -> None:
    recording = read(
        tmp_path,
        vtt(
            "00:01.000 --> 00:02.000 align:left\n<v.loud  Anna  Berg>Hi &amp; <b>welcome</b></v>",
            "intro\n00:00:02.000 --> 00:00:03.000\n<v Tom &amp; Co>yes\nand no\n<v Anna Berg>oh",
            "00:03.000 --> 00:04.000\nbefore <v Tom &amp; Co><00:00:03.500><c.red>late</c>",
        ),
    )
    assert recording.format == "vtt"
    assert people(recording) == {
        "Anna Berg": [(1.0, 2.0, "Hi & welcome"), (2.0, 3.0, "oh")],
        "Tom & Co": [(2.0, 3.0, "yes and no"), (3.0, 4.0, "late")],
        "": [(3.0, 4.0, "before")],
    }
    assert codes(recording) == {"cues_shared": 2, "speaker_unknown": 1}
    assert recording.tracks[0].meta["identifier"] == ("", "intro")


def test_names_before_a_colon(tmp_path: Path) -> None:
    lines = ["Therapist: So?", "- Client: One thing: no.", "Client: yes\nTherapist: ah", "hm"]
    cues = [f"00:0{at}.000 --> 00:0{at + 1}.000\n{line}" for at, line in enumerate(lines)]
    recording = read(tmp_path, vtt(*cues))
    assert people(recording) == {
        "Therapist": [(0.0, 1.0, "So?"), (2.0, 3.0, "ah")],
        "Client": [(1.0, 2.0, "One thing: no."), (2.0, 3.0, "yes")],
        "": [(3.0, 4.0, "hm")],
    }
    assert codes(recording)["speakers_from_prefix"] == 2
    assert set(people(read(tmp_path, vtt(*cues), speakers=["Client"]))) == {"", "Client"}
    assert set(people(read(tmp_path, vtt(*cues), speakers=[]))) == {""}


def test_a_colon_alone_makes_no_speaker() -> None:
    texts = ["I know", "One thing: no", "at 10: 30", "http://x", "well", "so"]
    assert accepted_names(texts) == frozenset()
    assert split_prefix("One thing: no", frozenset()) == [("", "One thing: no")]
    assert split_prefix("oh\n[Dr. Li]: ah", frozenset({"Dr. Li"})) == [
        ("", "oh\n"),
        ("Dr. Li", " ah"),
    ]


def test_notes_styles_and_regions_are_skipped(tmp_path: Path) -> None:
    recording = read(
        tmp_path,
        vtt(
            "STYLE\n::cue { color: red }",
            "REGION\nid:fred",
            "NOTE a comment\nover two lines",
            "00:01.000 --> 00:02.000\nhello",
            "NOTE",
            head="WEBVTT - title\nKind: captions\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:9",
        ),
    )
    assert people(recording) == {"": [(1.0, 2.0, "hello")]}
    assert codes(recording) == {"comments_not_read": 4, "timestamp_map": 1, "speaker_unknown": 1}


def test_a_header_without_a_blank_line(tmp_path: Path) -> None:
    recording = read(tmp_path, "WEBVTT\n00:01.000 --> 00:02.000\nhello")
    assert people(recording) == {"": [(1.0, 2.0, "hello")]}
    assert "identifier" not in recording.tracks[0].meta


def test_bad_cues_are_skipped_and_told(tmp_path: Path) -> None:
    recording = read(
        tmp_path,
        "a block\nof text\n\n"
        "1\n00:00:01,000 --> later\nx\n\n"
        "2\n00:61:01,000 --> 00:62:00,000\nx\n\n"
        "3\n-00:00:01,000 --> 00:00:02,000\nx\n\n"
        "4\n00:00:05,000 --> 00:00:04,000\nreversed\n\n"
        "5\n00:00:09,000 --> 00:00:10,000\nlate\n\n"
        "6\n00:00:06,000 --> 00:00:09,500\nearly\n\n"
        "7\n00:00:11,000 --> 00:00:12,000\n<i> </i>\n\n",
    )
    assert people(recording)[""] == [(6.0, 9.5, "early"), (9.0, 10.0, "late")]
    assert codes(recording) == {
        "cues_without_time": 1,
        "times_unreadable": 3,
        "times_reversed": 1,
        "cues_empty": 1,
        "time_backwards": 1,
        "speaker_unknown": 2,
        "overlap": 1,
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"WEBVTT\n", "no cue"),
        (b"WEBVTT\n\n00:02.000 --> 00:01.000\nx\n", "1 cue.s. end before they start"),
        (b"1\n00:00:01,000 --> 00:00:02,000\n\n", "no cue"),
        (b"just text", "have no timing line"),
        (b"\x00\x01\x02\x03", "NUL"),
        (b"\xff\xfe1\x00\n", "utf-16"),
        (bytes(range(128, 256)) * 4, "no cue"),
    ],
)
def test_what_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(ReadError, match=message) as caught:
        read(tmp_path, data)
    assert "hour1.srt" in str(caught.value)


def test_a_billion_cues_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reattune.io.turns.too_many.__defaults__", (2,))
    with pytest.raises(ReadError, match="too many cues"):
        read(tmp_path, SRT * 2)


def test_rows_of_half_tags_cost_nothing(tmp_path: Path) -> None:
    # A pattern that tries every cut would not come back from these.
    for junk in ("<v" + " " * 50_000, "<a" * 50_000, "{\\" * 50_000, "<v a" * 50_000):
        assert len(read(tmp_path, vtt("00:01.000 --> 00:02.000\nx " + junk)).tracks) == 1


def test_the_sniffers(tmp_path: Path) -> None:
    assert sniff_srt(tmp_path, SRT.encode()) and not sniff_vtt(tmp_path, SRT.encode())
    assert sniff_srt(tmp_path, SRT.encode("utf-16"))
    for head in (b"WEBVTT", b"\xef\xbb\xbfWEBVTT\n", b"WEBVTT - x\n\n00:01.000 --> 00:02.000\n"):
        assert sniff_vtt(tmp_path, head) and not sniff_srt(tmp_path, head)
    for head in (b"WEBVTTX", b"a,b\n1,2\n", b"a --> b\n", b"{}"):
        assert not sniff_vtt(tmp_path, head) and not sniff_srt(tmp_path, head)


def test_real_file(shared: Path) -> None:
    (recording,) = read_subtitles(shared / "formats" / "vtt" / "using_identifiers.vtt")
    (track,) = recording.tracks
    assert len(track) == 6 and track.labels[5] == "Caption text #6"
    assert track.meta["identifier"] == ("", "second caption", "", "4", "", "")
    assert (track.starts[1], track.ends[1], track.ends[5]) == (7.0, 11.89, 27.28)
