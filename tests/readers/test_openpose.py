"""OpenPose landmarks: the table, the folder of JSON files, and five real pairs."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import numpy as np
import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.openpose import LANDMARKS, read_openpose
from reattune.io.register import FORMATS

HEADER = ",".join(str(i) for i in range(75))


def body(x: float, landmarks: int = 25) -> list[float]:
    """Landmark k at (x + k, 2 x + k) with confidence 0.5; the last one was not detected."""
    points = [v for k in range(landmarks - 1) for v in (x + k, 2 * x + k, 0.5)]
    return [*points, 0.0, 0.0, 0.0]


def table(folder: Path, frames: int = 3, name: str = "02_S001_06_op.csv") -> Path:
    path = folder / name
    rows = [",".join(map(str, body(10.0 + i))) for i in range(frames)]
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def frame(*people: list[float], **more: object) -> str:
    listed = [{"person_id": [-1], "pose_keypoints_2d": points, **more} for points in people]
    return json.dumps({"version": 1.3, "people": listed})


def folder_of(path: Path, frames: dict[int, str]) -> Path:
    path.mkdir(exist_ok=True)
    for number, text in frames.items():
        (path / f"clip7_{number:012d}_keypoints.json").write_text(text)
    return path


def one(path: Path, **options: object) -> Recording:
    (recording,) = read_openpose(path, {"fps": 30, **options})
    return recording


def values(recording: Recording, name: str, person: str | None = None) -> list[float]:
    (track,) = recording.find(name, person)
    assert track.values is not None
    return track.values.tolist()


def test_a_table_gives_three_tracks_per_landmark(tmp_path: Path) -> None:
    recording = one(table(tmp_path), person="infant")
    assert len(recording.tracks) == 75
    assert [t.name for t in recording.tracks[:3]] == ["Nose_x", "Nose_y", "Nose_confidence"]
    assert (recording.people, recording.span) == (("infant",), (0.0, 0.1))
    assert values(recording, "Nose_x") == [10, 11, 12]
    assert values(recording, "LHeel_y") == [20 + 21, 22 + 21, 24 + 21]
    assert np.isnan(values(recording, "RHeel_x")).all()
    assert values(recording, "RHeel_confidence") == [0, 0, 0]
    (note,) = [n for n in recording.notes if n.code == "landmarks_not_detected"]
    assert note.count == 3


def test_some_tracks_and_a_rate_are_asked_for(tmp_path: Path) -> None:
    path = table(tmp_path)
    assert [t.name for t in one(path, tracks="*wrist_x").tracks] == ["RWrist_x", "LWrist_x"]
    with pytest.raises(ReadError, match="option fps"):
        read_openpose(path, {})
    with pytest.raises(ReadError, match="option fps"):
        read_openpose(folder_of(tmp_path / "f", {0: frame(body(1))}), {})


def test_another_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("0,1,2\n1,2,3\n")
    with pytest.raises(ReadError, match="columns of OpenPose"):
        one(path)


def test_people_of_a_folder_are_numbered_by_their_place(tmp_path: Path) -> None:
    path = folder_of(
        tmp_path / "clip7",
        {5: frame(body(1), body(100)), 6: frame(body(2)), 8: frame(), 9: frame(body(3), body(9))},
    )
    recording = one(path)
    assert (recording.id, recording.people) == ("clip7", ("0", "1"))
    assert recording.tracks[0].start_s == pytest.approx(5 / 30)
    assert np.array_equal(
        values(recording, "Nose_x", "0"), [1, 2, np.nan, np.nan, 3], equal_nan=True
    )
    assert np.array_equal(
        values(recording, "Nose_x", "1"), [100, np.nan, np.nan, np.nan, 9], equal_nan=True
    )
    found = {note.code: note.count for note in recording.notes}
    assert (found["rows_read"], found["grid_holes"], found["people_without_identity"]) == (4, 1, 2)


def test_a_trackers_numbers_are_kept(tmp_path: Path) -> None:
    frames = {0: frame(body(1), person_id=[7]), 1: frame(body(2), person_id=[7])}
    recording = one(folder_of(tmp_path / "f", frames))
    assert recording.people == ("7",)
    assert [n.code for n in recording.notes] == ["rows_read", "landmarks_not_detected"]


def test_eighteen_landmarks_and_other_parts(tmp_path: Path) -> None:
    path = folder_of(tmp_path / "f", {0: frame(body(1, 18), face_keypoints_2d=[1, 2, 3])})
    recording = one(path)
    assert len(recording.tracks) == 54
    assert recording.tracks[24].name == "RHip_x"
    assert "landmarks_left_out" in {note.code for note in recording.notes}
    assert LANDMARKS[25].index("RHip") == 9 and len(set(LANDMARKS[25])) == 25


@pytest.mark.parametrize(
    ("frames", "told"),
    [
        ({}, "holds no frames"),
        ({0: "{"}, "not sound JSON"),
        ({0: "[1]"}, "no list"),
        ({0: frame()}, "no person in any"),
        ({0: frame([1, 2, 3])}, "unknown number of landmarks"),
        ({0: frame(body(1)), 1: frame(body(1, 18))}, "another number of landmarks"),
        ({0: frame(body(1)), 10**6: frame(body(1))}, "no sequence"),
        ({0: frame(body(1)).replace("0.5", '"x"', 1)}, "no list of numbers"),
        ({0: frame(body(1)).replace("0.5", "NaN", 1)}, "not finite"),
        ({0: frame(body(1)).replace("0.5", "1" + "0" * 400, 1)}, "too large"),
        ({0: frame(body(1), body(2), person_id=[4])}, "person 4 twice"),
    ],
)
def test_damaged_folders_are_refused(tmp_path: Path, frames: dict[int, str], told: str) -> None:
    with pytest.raises(ReadError, match=told):
        one(folder_of(tmp_path / "f", frames))


def test_a_single_frame_is_no_recording(tmp_path: Path) -> None:
    path = tmp_path / "a_000000000000_keypoints.json"
    path.write_text(frame(body(1)))
    assert FORMATS["openpose"].sniff(path, path.read_bytes()[:8192])
    with pytest.raises(ReadError, match="the folder with all frames"):
        one(path)


def test_the_sniffer(tmp_path: Path) -> None:
    sniff = FORMATS["openpose"].sniff
    path = table(tmp_path)
    assert sniff(path, path.read_bytes()[:8192])
    assert sniff(path, lzma.compress(path.read_bytes())[:8192])
    assert sniff(folder_of(tmp_path / "f", {0: frame(body(1))}), b"")
    assert not sniff(tmp_path, b"")
    assert not sniff(path, b"0,1,2\n1,2,3\n")
    assert not sniff(path, b'{"observations": {}}')


def test_real_pairs(shared: Path) -> None:
    folder = shared / "ffsf_klein2020"
    digests = {}
    for side in ("pose_infant", "pose_mom"):
        for path in sorted((folder / side).glob("*.xz")):
            recording = one(path, tracks=["Nose_*"])
            with lzma.open(path, "rt") as stream:
                raw = np.loadtxt(stream, delimiter=",", skiprows=1)
            x, y, confidence = (np.array(t.values) for t in recording.tracks)
            lost = (raw[:, :3] == 0).all(axis=1)
            assert lost.any() and not lost.all()
            assert np.isnan(x[lost]).all() and np.isnan(y[lost]).all()
            assert np.array_equal(x[~lost], raw[~lost, 0])
            assert np.array_equal(confidence, raw[:, 2])
            digests[side, path.name.split("_op")[0]] = recording.meta["sha256"]
    same = {
        visit
        for side, visit in digests
        if digests["pose_mom", visit] == digests["pose_infant", visit]
    }
    assert len(digests) == 10
    assert same == {"02_S038_12"}
