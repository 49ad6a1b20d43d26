"""Whisper and WhisperX: segments, words, speakers that are missing or change, bad numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording, Track
from reattune.io.whisper import read_whisper, sniff_whisper


def word(text: str, start: object = None, end: object = None, speaker: object = None) -> dict:
    parts = {"word": text, "start": start, "end": end, "speaker": speaker}
    return {key: value for key, value in parts.items() if value is not None}


def segment(start: object, end: object, text: object = "x", **more: object) -> dict:
    return {"start": start, "end": end, "text": text, **more}


def read(folder: Path, content: object) -> Recording:
    path = folder / "hour1.json"
    if not isinstance(content, bytes):
        content = json.dumps(content).encode()
    path.write_bytes(content)
    (recording,) = read_whisper(path, {})
    return recording


def events(track: Track) -> list[tuple[float, float, str]]:
    return list(zip(track.starts.tolist(), track.ends.tolist(), track.labels, strict=True))


def found(recording: Recording, name: str) -> dict[str, list[tuple[float, float, str]]]:
    return {t.person: events(t) for t in recording.tracks if t.name == name}


def codes(recording: Recording) -> dict[str, int]:
    return {note.code: note.count for note in recording.notes}


def test_segments_and_words_by_speaker(tmp_path: Path) -> None:
    words = [word("In", 0.5, 0.7), word("2019", speaker="S0"), word("we", 1.1, 1.5)]
    recording = read(
        tmp_path,
        {
            "segments": [
                segment(0.5, 1.5, "  In 2019\nwe", words=words, speaker="S0"),
                segment(2, 3.25, "yes", words=[word("yes", 2, 3.25, "S1")]),
                segment(4.0, 5.0, "who", words=[]),
            ],
            "word_segments": words,
            "language": "en",
        },
    )
    assert recording.format == "whisper" and recording.id == "hour1"
    assert recording.meta["language"] == "en"
    assert found(recording, "utterances") == {
        "S0": [(0.5, 1.5, "In 2019 we")],
        "S1": [(2.0, 3.25, "yes")],
        "": [(4.0, 5.0, "who")],
    }
    assert found(recording, "words") == {
        "S0": [(0.5, 0.7, "In"), (1.1, 1.5, "we")],
        "S1": [(2.0, 3.25, "yes")],
    }
    assert codes(recording) == {"words_without_time": 1, "speaker_unknown": 1}


def test_a_segment_is_cut_where_the_speaker_changes(tmp_path: Path) -> None:
    words = [
        word("how", 1.1, 1.3, "A"),
        word("so"),
        word("well", 2.0, 2.4, "B"),
        word("9", speaker="B"),
        word("ah", 2.6, 2.9, "A"),
    ]
    recording = read(tmp_path, [segment(1, 3, "how so well 9 ah", words=words, speaker="A")])
    assert found(recording, "utterances") == {
        "A": [(1.0, 1.3, "how so"), (2.6, 3.0, "ah")],
        "B": [(2.0, 2.4, "well 9")],
    }
    assert codes(recording) == {"segments_cut": 1, "words_without_time": 2}


def test_a_segment_is_kept_whole_where_the_cut_has_no_time(tmp_path: Path) -> None:
    words = [word("how", speaker="A"), word("so", speaker="B")]
    recording = read(tmp_path, [segment(1, 3, "how so", words=words, speaker="A")])
    assert found(recording, "utterances") == {"A": [(1.0, 3.0, "how so")]}


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), True, "1.0", None, [1], 10**400])
def test_times_that_are_no_numbers_are_refused(tmp_path: Path, bad: object) -> None:
    good = segment(0, 1, "good", words=[word("good", bad, 1), word("on", 0, bad)])
    content = json.dumps([good, segment(bad, 2), segment(1, bad)])
    recording = read(tmp_path, content.encode())
    assert found(recording, "utterances") == {"": [(0.0, 1.0, "good")]}
    assert "words" not in {t.name for t in recording.tracks}
    counts = codes(recording)
    assert counts["words_without_time"] == 2
    assert counts.get("times_missing", 0) + counts.get("times_not_finite", 0) == 2


def test_odd_segments_are_skipped_and_told(tmp_path: Path) -> None:
    recording = read(
        tmp_path,
        [
            segment(5, 6, "late", speaker=3),
            segment(1, 2, "early", speaker=3),
            segment(1.5, 4, "over\ud800lap", speaker=3),
            segment(3, 2),
            segment(-1, 2),
            segment(0, 1e15),
            segment(0, 1, None),
            segment(0, 1, " "),
            "text",
            segment(7, 8, "odd", words="none", speaker=["x"]),
        ],
    )
    assert found(recording, "utterances") == {
        "3": [(1.0, 2.0, "early"), (1.5, 4.0, "over\ufffdlap"), (5.0, 6.0, "late")],
        "": [(7.0, 8.0, "odd")],
    }
    assert codes(recording) == {
        "times_reversed": 1,
        "times_negative": 1,
        "times_too_large": 1,
        "segments_malformed": 1,
        "segments_empty": 2,
        "time_backwards": 1,
        "speaker_unknown": 1,
        "overlap": 1,
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b'{"segments": [', "not sound JSON"),
        (b"[" * 100_000, "not sound JSON"),
        (b'[{"start": ' + b"1" * 5000 + b"}]", "not sound JSON"),
        (b'{"text": "a"}', "no list of segments"),
        (b"3", "no list of segments"),
        (b'{"segments": []}', "no segment"),
        (b'{"segments": [{"start": 2, "end": 1, "text": "x"}]}', "1 segment.s. end before"),
        (b"\x00\x01", "NUL"),
    ],
)
def test_what_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(ReadError, match=message) as caught:
        read(tmp_path, data)
    assert "hour1.json" in str(caught.value)


def test_a_billion_segments_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reattune.io.turns.too_many.__defaults__", (2,))
    with pytest.raises(ReadError, match="too many segments"):
        read(tmp_path, [segment(0, 1)] * 3)


def test_the_sniffer_looks_into_the_file_where_the_text_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    content = {"text": "talk " * 5000, "segments": [segment(0, 1)], "language": "en"}
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    assert sniff_whisper(path, path.read_bytes()[:8192])
    del content["segments"]
    path.write_text(json.dumps(content), encoding="utf-8")
    assert not sniff_whisper(path, path.read_bytes()[:8192])


def test_the_sniffer(tmp_path: Path) -> None:
    for content in (
        {"segments": [segment(0, 1, words=[word("x")])]},
        {"language": "de", "segments": []},
        {"segments": [{"id": 0, "seek": 0, "start": 0.0, "end": 1.0, "text": "[laughs] {x}"}]},
        [segment(0, 1)],
    ):
        assert sniff_whisper(tmp_path, json.dumps(content).encode())
        assert sniff_whisper(tmp_path, json.dumps(content, indent=2).encode("utf-16"))
    for text in ('{"a": 1}', "[1, 2]", '[{"x": 1}]', '{"segments": 3}', "", "[", '{"text": "a"}'):
        assert not sniff_whisper(tmp_path, text.encode())
