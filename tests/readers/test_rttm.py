"""RTTM: speakers by file, exact ends, and lines that are not read."""

from __future__ import annotations

from pathlib import Path

import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording, Track
from reattune.io.rttm import read_rttm, sniff_rttm

LINES = """;; a comment
SPKR-INFO hour1 1 <NA> <NA> <NA> unknown anna <NA> <NA>
SPEAKER hour1 1 0.1 0.2 <NA> <NA> anna <NA> <NA>
SPEAKER hour1 1 0.3 1.5 <NA> <NA> tom 0.98 <NA>

SPEAKER hour2 1 5 1e-1 <NA> <NA> anna <NA>
SPEAKER hour1 2 2.00 3.00 <NA> <NA> anna <NA> <NA>
NON-SPEECH hour1 1 9.0 1.0 <NA> noise <NA> <NA> <NA>
"""


def read(folder: Path, text: str | bytes) -> tuple[Recording, ...]:
    path = folder / "talk.rttm"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return read_rttm(path, {})


def events(track: Track) -> list[tuple[float, float, str]]:
    return list(zip(track.starts.tolist(), track.ends.tolist(), track.labels, strict=True))


def codes(recording: Recording) -> dict[str, int]:
    return {note.code: note.count for note in recording.notes}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_recording_per_file_and_a_track_per_speaker(tmp_path: Path, encoding: str) -> None:
    first, second = read(tmp_path, LINES.replace("\n", "\r\n").encode(encoding))
    assert (first.id, second.id) == ("hour1", "hour2") and first.format == "rttm"
    assert {t.person: events(t) for t in first.tracks} == {
        # 0.1 + 0.2 ends exactly where the next begins.
        "anna": [(0.1, 0.3, "speech"), (2.0, 5.0, "speech")],
        "tom": [(0.3, 1.8, "speech")],
    }
    assert {t.name for t in first.tracks} == {"speech"}
    assert first.tracks[0].meta["channel"] == ("1", "2")
    assert events(second.tracks[0]) == [(5.0, 5.1, "speech")]
    assert codes(first) == {"types_not_read": 2} and codes(second) == {}


def test_odd_lines_are_skipped_and_told(tmp_path: Path) -> None:
    line = "SPEAKER h 1 {} {} <NA> <NA> {} <NA> <NA>\n"
    times = [("5", "1", "a"), ("1", "5", "a"), ("2", "1", "a"), ("3", "1", "<NA>")]
    bad = [("1", "-1", "a"), ("-1", "1", "a"), ("nan", "1", "a"), ("1", "<NA>", "a")]
    bad += [("1e99", "1", "a"), ("1e999", "1", "a"), ("9" * 99, "1", "a")]
    text = "".join(line.format(*row) for row in times + bad)
    (recording,) = read(tmp_path, text + "SPEAKER h 1 0 1\nHELLO\n")
    assert {t.person: len(t) for t in recording.tracks} == {"a": 3, "": 1}
    assert codes(recording) == {
        "times_reversed": 1,
        "times_negative": 1,
        "times_unreadable": 3,
        "times_too_large": 1,
        "times_not_finite": 1,
        "lines_too_short": 1,
        "lines_unknown": 1,
        "time_backwards": 1,
        "speaker_unknown": 1,
        "overlap": 2,
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b";; nothing\n", "no line"),
        (b"SPEAKER h 1 1 -0.5 <NA> <NA> a <NA> <NA>\n", "1 line.s. end before"),
        (b"SPEAKER h 1 1 2 <NA>", "fewer than the eight"),
        (b"\x00\x01", "NUL"),
        (bytes(range(128, 256)), "no line"),
    ],
)
def test_what_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(ReadError, match=message) as caught:
        read(tmp_path, data)
    assert "talk.rttm" in str(caught.value)


def test_absurd_numbers_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reattune.io.rttm.MAX_FILES", 1)
    with pytest.raises(ReadError, match="too many recordings"):
        read(tmp_path, LINES)
    monkeypatch.setattr("reattune.io.turns.too_many.__defaults__", (2,))
    with pytest.raises(ReadError, match="too many lines"):
        read(tmp_path, LINES)


def test_the_sniffer(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert sniff_rttm(tmp_path, LINES.encode(encoding))
    for head in (b"", b";; x\n", b"SPEAKER,start,end\n", b"SPEAKER a b c d e f g h i\n", b"a b c"):
        assert not sniff_rttm(tmp_path, head)
