"""Empatica E4 files: start, rate, beats, tags, and the clock that joins them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.empatica import read_empatica
from reattune.io.register import FORMATS

START = 1700000000.25


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def one(path: Path, **options: object) -> Recording:
    (recording,) = read_empatica(path, options)
    return recording


def claims(path: Path) -> bool:
    return FORMATS["empatica"].sniff(path, path.read_bytes()[:8192])


def test_the_first_lines_are_start_and_rate(tmp_path: Path) -> None:
    path = put(tmp_path, "p07_EDA.csv", f"{START}\n4.000000\n0.1\n0.2\n\n")
    recording = one(path, person="patient")
    (track,) = recording.tracks
    assert (track.name, track.person, track.rate_hz) == ("EDA", "patient", 4.0)
    assert track.start_s == START and track.meta == {"unit": "µS"}
    assert track.values is not None and track.values.tolist() == [0.1, 0.2]
    assert recording.meta["start_utc"] == "2023-11-14T22:13:20.250000+00:00"
    assert claims(path)
    assert one(path, clock="start").tracks[0].start_s == 0.0


def test_two_devices_lie_on_one_clock(tmp_path: Path) -> None:
    eda = one(put(tmp_path, "EDA.csv", f"{START}\n4\n1\n2\n")).tracks[0]
    heart = one(put(tmp_path, "HR.csv", f"{START + 10}\n1\n80\n81\n")).tracks[0]
    assert heart.start_s - eda.start_s == 10.0


def test_three_axes(tmp_path: Path) -> None:
    path = put(tmp_path, "ACC.csv", f"{START}, {START}, {START}\n32, 32, 32\n1,2,3\n4,5,6\n")
    tracks = one(path).tracks
    assert [t.name for t in tracks] == ["ACC_x", "ACC_y", "ACC_z"]
    assert tracks[2].values is not None and tracks[2].values.tolist() == [3, 6]
    assert claims(path)


def test_beats_are_points_with_their_intervals(tmp_path: Path) -> None:
    text = f"{START}, IBI\n1.0,0.8\n1.75,0.75\n9.0,0.7\n9.5,-1\n"
    path = put(tmp_path, "IBI.csv", text)
    recording = one(path, clock="start")
    (track,) = recording.tracks
    assert (track.kind, track.labels) == ("points", ("0.8", "0.75", "0.7"))
    assert np.allclose(track.starts, [1, 1.75, 9], atol=1e-6)
    assert track.meta["values"] == (0.8, 0.75, 0.7)
    found = {note.code: note.count for note in recording.notes}
    assert (found["beats_left_out"], found["rows_without_beat"]) == (1, 1)
    assert claims(path)


def test_tags_are_points(tmp_path: Path) -> None:
    path = put(tmp_path, "tags.csv", f"{START + 5}\n{START + 2}\n")
    (track,) = one(path).tracks
    assert (track.kind, track.name, track.labels) == ("points", "tags", ("tag", "tag"))
    assert track.starts.tolist() == [START + 2, START + 5]
    assert claims(path)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("EDA.csv", "12\n4\n1\n", "does not begin with its start"),
        ("EDA.csv", f"{START}\n4\n", "no samples"),
        ("EDA.csv", f"{START}\n0\n1\n", "no single rate"),
        ("EDA.csv", f"{START}\nx\n1\n", "no number"),
        ("EDA.csv", f"{START}\n4\n1\n1,2\n", "line 4: has rows of unequal length"),
        ("EDA.csv", f"{START}\n4\n1\ny\n", "line 4: holds a cell that is no number"),
        ("ACC.csv", f"{START},{START + 1},{START}\n32,32,32\n1,2,3\n", "different moments"),
        ("ACC.csv", f"{START},{START},{START}\n32,32,16\n1,2,3\n", "no single rate"),
        ("IBI.csv", f"{START},IBI\n3,0.5\n1,0.5\n", "runs backwards"),
        ("tags.csv", "5\n", "no moment"),
    ],
)
def test_refusals(tmp_path: Path, name: str, text: str, told: str) -> None:
    with pytest.raises(ReadError, match=told):
        one(put(tmp_path, name, text))


def test_an_unknown_clock_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="clock"):
        one(put(tmp_path, "EDA.csv", f"{START}\n4\n1\n"), clock="noon")


def test_the_sniffer_leaves_other_numbers_alone(tmp_path: Path) -> None:
    assert not claims(put(tmp_path, "EDA.csv", "1\n2\n3\n"))
    assert not claims(put(tmp_path, "a.csv", f"{START}\n{START + 1}\n{START + 2}\n"))
    assert not claims(put(tmp_path, "b.csv", "time,x\n1,2\n"))
    assert not claims(put(tmp_path, "c.csv", f"{START},a\n4,b\n1,c\n"))
