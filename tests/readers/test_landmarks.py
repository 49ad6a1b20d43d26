"""MediaPipe landmarks in wide and long tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.landmarks import read_landmarks
from reattune.io.register import FORMATS


def put(folder: Path, text: str) -> Path:
    path = folder / "hands.csv"
    path.write_text(text, "utf-8")
    return path


def one(path: Path, **options: object) -> Recording:
    (recording,) = read_landmarks(path, options)
    return recording


def values(recording: Recording, name: str, person: str | None = None) -> list[float]:
    (track,) = recording.find(name, person)
    assert track.values is not None
    return track.values.tolist()


WIDE = "frame,x0,y0,z0,visibility0,x1,y1,z1,visibility1\n" + "".join(
    f"{i},{i}.5,2,3,0.9,4,5,6,0.8\n" if i != 2 else "2,0,0,0,0,0,0,0,0\n" for i in range(5)
)
LONG = "timestamp_ms,person,landmark,x,y,z\n" + "".join(
    f"{i * 40},{who},{mark},{i},{k},0.1\n"
    for i in range(4)
    for who in ("a", "b")
    for k, mark in enumerate(("WRIST", "THUMB_TIP"))
    if (i, who) != (2, "b")
)


def test_wide_columns_are_tracks_and_zeros_nobody(tmp_path: Path) -> None:
    recording = one(put(tmp_path, WIDE), fps=25, person="infant")
    assert [t.name for t in recording.tracks][:4] == ["x0", "y0", "z0", "visibility0"]
    assert np.array_equal(values(recording, "x0"), [0.5, 1.5, np.nan, 3.5, 4.5], equal_nan=True)
    assert {(t.rate_hz, t.start_s, t.person) for t in recording.tracks} == {(25.0, 0.0, "infant")}
    assert {n.code: n.count for n in recording.notes} == {
        "rows_read": 5,
        "landmarks_not_detected": 1,
    }
    with pytest.raises(ReadError, match="option fps"):
        one(put(tmp_path, WIDE))


def test_wide_tables_may_hold_times_and_people(tmp_path: Path) -> None:
    text = "timestamp,hand,x_0,y_0\n" + "".join(
        f"{i * 0.1:.1f},{who},{i + 1},{k + 1}\n" for i in range(3) for k, who in enumerate("LR")
    )
    recording = one(put(tmp_path, text))
    assert recording.people == ("L", "R")
    assert values(recording, "x_0", "R") == [1, 2, 3]
    assert recording.tracks[0].rate_hz == 10.0


def test_long_rows_are_spread_over_landmarks(tmp_path: Path) -> None:
    recording = one(put(tmp_path, LONG))
    assert recording.people == ("a", "b")
    assert {t.name for t in recording.tracks} == {
        f"{mark}_{axis}" for mark in ("WRIST", "THUMB_TIP") for axis in "xyz"
    }
    assert values(recording, "WRIST_x", "a") == [0, 1, 2, 3]
    assert np.array_equal(values(recording, "THUMB_TIP_x", "b"), [0, 1, np.nan, 3], equal_nan=True)
    assert recording.tracks[0].rate_hz == 25.0
    few = one(put(tmp_path, LONG), tracks="wrist_*")
    assert {t.name for t in few.tracks} == {"WRIST_x", "WRIST_y", "WRIST_z"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LONG + "120,a,WRIST,1,1,1\n", "twice in one frame"),
        ("frame,a,b\n1,2,3\n", "no landmarks"),
        ("x0,y0\n1,2\n", "neither a column of times"),
        ("frame,x0,y0\n", "no rows"),
        ("time,x0,y0\n0,1,2\n1,1,2\n1,1,2\n", "fall in one frame"),
        ("time,x0,y0\na,1,2\nb,1,2\n", "no readable time"),
    ],
)
def test_refusals(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ReadError, match=told):
        one(put(tmp_path, text))


def test_the_sniffer(tmp_path: Path) -> None:
    sniff = FORMATS["landmarks"].sniff
    path = tmp_path / "a.csv"
    assert sniff(path, WIDE.encode()) and sniff(path, LONG.encode())
    # A header of 478 landmarks is longer than what a sniffer gets to see.
    long = "frame," + ",".join(f"{axis}{i}" for i in range(478) for axis in "xyz")
    assert sniff(path, long.encode()[:4000])
    for other in (
        b"frame,x,y\n1,2,3\n",
        b"time,code\n1,a\n",
        b"frame, face_id, timestamp, confidence, success, x_0, y_0, AU01_r\n1,0,0,1,1,2,3,4\n",
    ):
        assert not sniff(path, other)
