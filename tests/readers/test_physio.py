"""BIDS physiology: the table, the JSON beside it, and what happens when they disagree."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.physio import read_physio
from reattune.io.register import FORMATS

SIDE: dict[str, object] = {
    "SamplingFrequency": 62.5,
    "StartTime": -22.345,
    "Columns": ["cardiac", "respiratory"],
    "cardiac": {"Units": "mV"},
}
ROWS = "1.5\t2\n3\tn/a\n-1e-3\t4\n"


def put(folder: Path, rows: str = ROWS, side: object = SIDE, packed: bool = True) -> Path:
    path = folder / f"sub-07_task-play_physio.tsv{'.gz' * packed}"
    path.write_bytes(gzip.compress(rows.encode()) if packed else rows.encode())
    beside = folder / "sub-07_task-play_physio.json"
    if side is not None:
        beside.write_text(side if isinstance(side, str) else json.dumps(side))
    return path


def one(path: Path, **options: object) -> Recording:
    (recording,) = read_physio(path, options)
    return recording


def test_rate_start_columns_and_units_come_from_the_json(tmp_path: Path) -> None:
    for packed in (True, False):
        recording = one(put(tmp_path, packed=packed))
        assert (recording.id, recording.format) == ("sub-07_task-play_physio", "physio")
        assert recording.people == ("sub-07",)
        cardiac, breath = recording.tracks
        assert (cardiac.name, cardiac.rate_hz, cardiac.start_s) == ("cardiac", 62.5, -22.345)
        assert cardiac.meta == {"unit": "mV"} and breath.meta == {}
        assert cardiac.values is not None and cardiac.values.tolist() == [1.5, 3, -0.001]
        assert np.array_equal(breath.values, [2, np.nan, 4], equal_nan=True)
        assert recording.span == (-22.345, -22.345 + 3 / 62.5)
        assert {n.code: n.count for n in recording.notes} == {"rows_read": 3, "values_missing": 1}


def test_the_quick_and_the_careful_way_agree(tmp_path: Path) -> None:
    rows = [f"{i / 7:.9g}\t{i * i}" for i in range(500)]
    quick = one(put(tmp_path, "\n".join(rows) + "\n"))
    careful = one(put(tmp_path, "\n".join([*rows[:-1], f"{499 / 7:.9g}\tn/a"])))
    for a, b in zip(quick.tracks, careful.tracks, strict=True):
        assert a.values is not None and b.values is not None
        assert a.values[:-1].tolist() == b.values[:-1].tolist()


def test_options_replace_the_json_or_stand_for_it(tmp_path: Path) -> None:
    recording = one(put(tmp_path), person="infant", rate_hz=100, start_s=0)
    assert recording.people == ("infant",)
    assert recording.span == (0.0, 0.03)
    path = tmp_path / "other.tsv"
    path.write_text("1\t2\n")
    found = one(path, rate_hz=10, columns=["a", "b"])
    assert [(t.name, t.person) for t in found.tracks] == [("a", ""), ("b", "")]
    with pytest.raises(ReadError, match=r"other\.json, or the options"):
        one(path)


def test_a_header_that_should_not_be_there_is_skipped_and_told(tmp_path: Path) -> None:
    recording = one(put(tmp_path, "cardiac\trespiratory\n" + ROWS))
    assert len(recording.tracks[0]) == 3
    assert "header_unexpected" in {note.code for note in recording.notes}


@pytest.mark.parametrize(
    ("rows", "side", "told"),
    [
        ("1\t2\t3\n", SIDE, "line 1: does not fit the columns"),
        ("1\t2\n3\n", SIDE, "line 2: does not fit"),
        ("1\t2\n\n3\t4\n", SIDE, "line 2: does not fit"),
        ("1\t2\n3\tx\n", SIDE, "line 2, column 'respiratory': holds a cell"),
        ("1\t1_0\n", SIDE, "holds a cell"),
        ("\n", SIDE, "no rows"),
        (ROWS, "{", "not sound JSON"),
        (ROWS, "[]", "not a JSON object"),
        (ROWS, {**SIDE, "SamplingFrequency": "62"}, "SamplingFrequency: states no number"),
        (ROWS, {**SIDE, "SamplingFrequency": 0}, "no possible rate"),
        (ROWS, {**SIDE, "SamplingFrequency": True}, "states no number"),
        (ROWS, {**SIDE, "StartTime": None}, "StartTime: states no number"),
        (ROWS, {**SIDE, "Columns": "cardiac"}, "does not name its columns"),
        (ROWS, {**SIDE, "Columns": ["a", "a"]}, "names a column twice"),
        (ROWS, {**SIDE, "StartTime": 1e300}, "too far away"),
        (ROWS, '{"SamplingFrequency": 1' + "0" * 400 + "}", "states no number"),
    ],
)
def test_refusals(tmp_path: Path, rows: str, side: object, told: str) -> None:
    with pytest.raises(ReadError, match=told):
        one(put(tmp_path, rows, side))


def test_the_sniffer_looks_beside_the_file(tmp_path: Path) -> None:
    sniff = FORMATS["physio"].sniff
    assert sniff(put(tmp_path), b"")
    path = tmp_path / "table.tsv"
    path.write_text("a\tb\n1\t2\n")
    assert not sniff(path, path.read_bytes())
    (tmp_path / "table.json").write_text(json.dumps({"Columns": []}))
    assert not sniff(path, path.read_bytes())
    (tmp_path / "table.json").write_text(json.dumps(SIDE))
    assert sniff(path, path.read_bytes())
    assert not sniff(tmp_path / "a.csv", b"1,2\n")
