"""py-feat tables: frames need a rate, faces need an identity, videos become recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.pyfeat import read_pyfeat
from reattune.io.register import FORMATS

HEADER = (
    "FaceRectX,FaceRectY,FaceRectWidth,FaceRectHeight,FaceScore,AU12,happiness,Identity,"
    "Identity_1,input,frame,approx_time"
)


def row(frame: int, who: str = "Person_0", value: float = 0.5, video: str = "a/play.mp4") -> str:
    return f"10,20,30,40,0.99,{value},0.1,{who},0.7,{video},{frame},00:00"


def put(folder: Path, rows: list[str], header: str = HEADER) -> Path:
    path = folder / "fex.csv"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


def read(path: Path, **options: object) -> tuple[Recording, ...]:
    return read_pyfeat(path, {"fps": 25, **options})


def values(recording: Recording, name: str, person: str | None = None) -> list[float]:
    (track,) = recording.find(name, person)
    assert track.values is not None
    return track.values.tolist()


def test_columns_become_tracks_of_the_faces_named(tmp_path: Path) -> None:
    rows = []
    for i in range(5):
        rows += [row(i, "Person_0", i), row(i, "Person_1", 10 + i)]
    (recording,) = read(put(tmp_path, rows))
    assert (recording.id, recording.people) == ("fex", ("Person_0", "Person_1"))
    assert values(recording, "AU12", "Person_1") == [10, 11, 12, 13, 14]
    assert {t.rate_hz for t in recording.tracks} == {25.0}
    names = {t.name for t in recording.tracks}
    assert names == {
        *("FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight", "FaceScore"),
        *("AU12", "happiness"),
    }


def test_a_frame_without_a_face_is_unobserved(tmp_path: Path) -> None:
    rows = [row(i) for i in range(5)]
    rows[2] = ",,,,,,,,,a/play.mp4,2,00:00"
    rows.append(rows[2].replace(",2,", ",5,"))
    (recording,) = read(put(tmp_path, rows), person="infant")
    assert recording.people == ("infant",)
    assert np.isnan(values(recording, "AU12")).tolist() == [False, False, True, False, False, True]
    assert recording.span == (0.0, 6 / 25)
    assert {n.code: n.count for n in recording.notes} == {"rows_read": 6, "face_not_found": 2}


def test_skipped_frames_lower_the_rate(tmp_path: Path) -> None:
    (recording,) = read(put(tmp_path, [row(i * 5, value=i) for i in range(6)]))
    assert recording.tracks[0].rate_hz == 5.0
    assert values(recording, "AU12") == [0, 1, 2, 3, 4, 5]


def test_without_identity_faces_are_numbered_and_told(tmp_path: Path) -> None:
    header = HEADER.replace("Identity,Identity_1,", "")
    rows = [row(i // 2, "x", i).replace(",x,0.7", "") for i in range(8)]
    (recording,) = read(put(tmp_path, rows, header))
    assert recording.people == ("0", "1")
    assert values(recording, "AU12", "1") == [1, 3, 5, 7]
    (note,) = [n for n in recording.notes if n.code == "faces_without_identity"]
    assert (note.count, note.level) == (4, "warning")


def test_several_videos_are_several_recordings(tmp_path: Path) -> None:
    rows = [row(i, video=f"b/{name}.mp4") for name in ("one", "two") for i in range(4)]
    assert [r.id for r in read(put(tmp_path, rows))] == ["one", "two"]
    pictures = [row(0, video=f"{i}.jpg") for i in range(4)]
    with pytest.raises(ReadError, match="pictures have no time"):
        read(put(tmp_path, pictures))


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="option fps"):
        read_pyfeat(put(tmp_path, [row(0), row(1)]), {})
    with pytest.raises(ReadError, match="fall in one frame"):
        read(put(tmp_path, [row(0), row(1), row(1)]))
    with pytest.raises(ReadError, match="no column frame"):
        read(put(tmp_path, ["1,2,3,4,0.5"], "FaceRectX,FaceRectY,a,b,FaceScore"))
    with pytest.raises(ReadError, match="FaceScore"):
        read(put(tmp_path, ["1,2"], "FaceRectX,frame"))


def test_the_sniffer(tmp_path: Path) -> None:
    sniff = FORMATS["pyfeat"].sniff
    path = put(tmp_path, [row(0)])
    assert sniff(path, path.read_bytes())
    assert not sniff(path, b"frame,face_id,timestamp,confidence,success\n")
