"""OpenFace tables: blanks in names, several faces, frames without success, odd action units."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.openface import read_openface
from reattune.io.register import FORMATS

HEADER = "frame, face_id, timestamp, confidence, success, pose_Rx, AU12_r, AU12_c"


def put(folder: Path, rows: list[str], header: str = HEADER) -> Path:
    path = folder / "dyad.csv"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


def one(path: Path, **options: object) -> Recording:
    (recording,) = read_openface(path, options)
    return recording


def codes(recording: Recording) -> dict[str, int]:
    return {note.code: note.count for note in recording.notes}


def single(frames: int = 6, fps: float = 30) -> list[str]:
    return [
        f"{i + 1}, 0, {i / fps:.3f}, 0.98, {int(i != 2)}, {i}.25, 1.{i}, 1" for i in range(frames)
    ]


def values(recording: Recording, name: str, person: str | None = None) -> list[float]:
    (track,) = recording.find(name, person)
    assert track.values is not None
    return track.values.tolist()


def test_blanks_in_names_are_taken_away_and_lost_frames_are_unobserved(tmp_path: Path) -> None:
    recording = one(put(tmp_path, single(12)))
    assert [t.name for t in recording.tracks] == [
        *["confidence", "success", "pose_Rx", "AU12_r", "AU12_c"]
    ]
    assert {(t.rate_hz, t.start_s, t.person) for t in recording.tracks} == {(30.0, 0.0, "")}
    wanted = [i + 0.25 if i != 2 else np.nan for i in range(12)]
    assert np.array_equal(values(recording, "pose_Rx"), wanted, equal_nan=True)
    assert values(recording, "success") == [1, 1, 0] + [1] * 9
    assert values(recording, "confidence") == [0.98] * 12
    assert codes(recording) == {"rows_read": 12, "face_not_tracked": 1}


def test_rows_of_one_time_are_people(tmp_path: Path) -> None:
    rows = []
    for i in range(8):
        for face in (0, 3):
            if (i, face) != (4, 3):
                rows.append(f"{i + 1}, {face}, {i * 0.04:.3f}, 0.9, 1, {face}, {i}, 0")
    recording = one(put(tmp_path, rows))
    assert recording.people == ("0", "3")
    assert values(recording, "AU12_r", "0") == list(range(8))
    assert np.array_equal(
        values(recording, "AU12_r", "3"), [0, 1, 2, 3, np.nan, 5, 6, 7], equal_nan=True
    )
    assert {t.rate_hz for t in recording.tracks} == {25.0}
    assert codes(recording)["several_faces"] == 2


def test_low_confidence_tracks_and_person(tmp_path: Path) -> None:
    rows = single()
    rows[0] = rows[0].replace("0.98", "0.31")
    recording = one(put(tmp_path, rows), min_confidence=0.5, tracks=["au*"], person="infant")
    assert [t.name for t in recording.tracks] == ["AU12_r", "AU12_c"]
    assert recording.people == ("infant",)
    assert np.isnan(values(recording, "AU12_r")[0])
    assert codes(recording)["confidence_low"] == 1
    with pytest.raises(ReadError, match=r"no column 'AU21.*Did you mean 'AU12_r'"):
        one(put(tmp_path, rows), tracks=["AU21_r"])


def test_missing_frames_leave_holes(tmp_path: Path) -> None:
    rows = single(12)
    del rows[5:7]
    recording = one(put(tmp_path, rows))
    assert np.isnan(values(recording, "AU12_r")[5:7]).all()
    assert len(recording.tracks[0]) == 12
    assert codes(recording)["grid_holes"] == 2


def test_frames_and_fps_where_times_say_nothing(tmp_path: Path) -> None:
    rows = [f"{i + 1}, 0, 0, 0.98, 1, {i}, 1, 1" for i in range(5)]
    with pytest.raises(ReadError, match="option fps"):
        one(put(tmp_path, rows))
    recording = one(put(tmp_path, rows), fps=25)
    assert {(t.rate_hz, t.start_s) for t in recording.tracks} == {(25.0, 0.0)}


@pytest.mark.parametrize("header", ["AU0,AU1,AU2,AU3,AU4,AU5,AU6,AU7", "AU03_r,AU12_r"])
def test_action_units_that_are_not_openface_2_bring_a_warning(tmp_path: Path, header: str) -> None:
    names = "frame,timestamp,confidence,success," + header
    width = header.count(",") + 1
    rows = [f"{i + 1},{i / 25:.3f},0.9,1" + ",0.5" * width for i in range(4)]
    notes = one(put(tmp_path, rows, names)).notes
    (note,) = [note for note in notes if note.code == "action_units_doubtful"]
    assert note.level == "warning" and "OpenFace 3" in note.message
    assert "action_units_doubtful" not in codes(one(put(tmp_path, single())))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda rows: [*rows, rows[-1]], "two rows of '0' fall in one frame"),
        (lambda rows: rows[::-1], "frames run backwards"),
        (lambda rows: [r.replace(", 0,", ", 0, x,", 1) for r in rows], "no readable time|success"),
        (lambda rows: [], "no rows"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, change: object, told: str) -> None:
    rows = change(single())  # type: ignore[operator]
    with pytest.raises(ReadError, match=told):
        one(put(tmp_path, rows))


def test_a_column_that_is_missing_is_named(tmp_path: Path) -> None:
    path = put(tmp_path, ["1,0.0,0.9"], "frame,timestamp,confidence")
    with pytest.raises(ReadError, match=r"lacks the column\(s\) success"):
        one(path)


def test_words_among_numbers_are_missing_and_told(tmp_path: Path) -> None:
    rows = single()
    rows[1] = rows[1].replace("1.1", "oops")
    recording = one(put(tmp_path, rows))
    assert np.isnan(values(recording, "AU12_r")[1])
    assert codes(recording)["cells_not_numeric"] == 1


def test_large_plain_files_take_the_fast_way_to_the_same_result(tmp_path: Path) -> None:
    header = HEADER + "".join(f", x_{i}" for i in range(60))
    rows = [row + f", {i}.5" * 60 for i, row in enumerate(single(3600))]
    fast = one(put(tmp_path, rows, header))
    quoted = one(put(tmp_path, rows, '"frame"' + header[5:]))
    assert len(fast.tracks) == len(quoted.tracks) == 65
    for a, b in zip(fast.tracks, quoted.tracks, strict=True):
        assert (a.name, a.rate_hz, a.start_s) == (b.name, b.rate_hz, b.start_s)
        assert np.array_equal(a.values, b.values, equal_nan=True)
    assert fast.notes == quoted.notes
    rows[7] += ", 1"
    assert codes(one(put(tmp_path, rows, header)))["rows_too_long"] == 1


def test_the_sniffer_wants_its_four_columns(tmp_path: Path) -> None:
    sniff = FORMATS["openface"].sniff
    path = put(tmp_path, single())
    assert sniff(path, path.read_bytes()[:8192])
    assert not sniff(path, b"frame,timestamp,x0,y0\n1,0,2,3\n")
    assert not sniff(path, b"\x00\x01")
