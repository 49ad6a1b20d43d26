"""Signals and ratings mutated at random: `ReadError` or a sound recording, and sniffers apart."""

from __future__ import annotations

import copy
import gzip
import importlib.util
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io import (
    edf,
    empatica,
    landmarks,
    mea,
    openface,
    openpose,
    physio,
    pyfeat,
    ratings,
    segments,
)
from reattune.io.register import FORMATS
from tests.readers.test_edf import TWO

from .fuzzing import few

Rows = list[list[str]]
FEW = few(60)
# In the order in which the dispatcher should ask.
OWN = ("openface pyfeat openpose landmarks physio empatica edf mea segments ratings").split()
MODULES = (openface, pyfeat, openpose, landmarks, physio, empatica, edf, mea, segments, ratings)

BODY = [str(i) for i in range(75)]
TABLES: dict[str, Rows] = {
    "openface": [
        "frame,face_id,timestamp,confidence,success,pose_Rx,AU12_r".split(","),
        *[[f"{i // 2 + 1}", f"{i % 2}", f"{i // 2 * 0.04:.3f}", "0.9", "1", "1", f"{i}"]
          for i in range(10)],
    ],
    "pyfeat": [
        "FaceRectX,FaceScore,AU01,Identity,input,frame".split(","),
        *[["1", "0.9", f"{i}", f"P{i % 2}", "a.mp4", f"{i // 2}"] for i in range(8)],
    ],
    "openpose": [BODY, *[[f"{i}.5", *BODY[1:]] for i in range(3)]],
    "landmarks": [
        "time,x0,y0,z0,x1,y1,z1".split(","),
        *[[f"{i * 0.04:.2f}", *"123456"] for i in range(8)],
    ],
    "empatica": [["1700000000.5"], ["4.0"], *[[f"0.{i}"] for i in range(6)]],
    "mea": [["pat", "th"], *[[f"{i * 7 % 5}", f"{i * 3 % 4}"] for i in range(8)]],
    "segments": [
        "session,segment,side,marker,salience,resolution".split(","),
        *[["s", f"{i // 2 + 1}", "pt"[i % 2], "withdrawal", f"{i % 5 + 1}", ""] for i in range(8)],
    ],
    "ratings": [
        "case,session,rater,date,wai1,wai2".split(","),
        *[[f"c{i // 8}", f"{i // 2 % 4 + 1}", "pt"[i % 2], f"2024-01-{i + 1:02d}", f"{i % 7}", "4"]
          for i in range(16)],
    ],
}  # fmt: skip
LONG_LANDMARKS: Rows = [
    "frame,person,landmark,x,y".split(","),
    *[[f"{i // 4}", "ab"[i % 2], f"{i // 2 % 2}", f"{i}", "1"] for i in range(16)],
]
WIDE_RATINGS: Rows = [
    "case,rater,s1,s2,s3,s5".split(","),
    *[[f"c{i // 2}", "pt"[i % 2], *"3456"] for i in range(6)],
]
WIDE_SEGMENTS: Rows = [
    "segment,p_withdrawal,p_confrontation,t_withdrawal".split(","),
    *[[f"{i + 1}", "1", "3", ""] for i in range(5)],
]
OPTIONS: dict[str, tuple[dict[str, object], ...]] = {
    "openface": ({}, {"fps": 25}, {"tracks": ["AU*"]}, {"min_confidence": 0.5}, {"fps": "x"}),
    "pyfeat": ({"fps": 25}, {}, {"fps": 25, "person": "a"}),
    "openpose": ({"fps": 30}, {"fps": 30, "tracks": "nose*"}, {}),
    "landmarks": ({}, {"fps": 25}, {"tracks": "x*"}, {"time": "x0"}),
    "empatica": ({}, {"clock": "start"}, {"clock": 5}),
    "mea": ({"rate_hz": 25}, {"fps": 25, "people": ["a", "b"]}, {"rate_hz": 1e-300}),
    "segments": ({"segment_s": 300}, {}, {"segment_s": 60, "min_salience": 4}, {"start": "side"}),
    "ratings": (
        *({}, {"items": {"a": ["wai*"]}, "min_items": 1}, {"meeting": "date"}, {"raters": {}}),
        *({"scores": "wai1", "reversed": ["wai1"], "scale_range": [1, 7]}, {"wide": {"wai": "x"}}),
        *({"wide": {"s": "wai"}}, {"case": "rater"}, {"date_order": "mdy", "meeting": "wai1"}),
    ),
}
NASTY = (
    *("", "NaN", "-1", "1e309", "-1e300", "1e-309", "inf", "9" * 30, "1e11", "-0.0", "0", "0.5"),
    *("00:01", "1:61", '"', '""', "a,b", ";", "\t", "|", "\n", "\r", "\x00", "=1+1", "é", "\u2028"),
    *("1_0", "\u0661", "x" * 200, "1/2/2024", "13/2/2024", "31.2.2024", "0000-00-00", "frame"),
    *("session", "s99999", "withdrawal", "1700000000", "4000000001", "IBI", "0.99999999"),
)


@st.composite
def as_bytes(draw: st.DrawFn, base: Rows) -> bytes:
    rows = copy.deepcopy(base)
    for _ in range(draw(st.integers(0, 4))):
        if not rows:
            break
        at = draw(st.integers(0, len(rows) - 1))
        row = rows[at]
        cell = draw(st.integers(0, max(0, len(row) - 1)))
        kind = draw(st.sampled_from(["cell", "cell", "cell", "drop", "add", "twice", "gone"]))
        if kind == "cell" and row:
            row[cell] = draw(st.sampled_from(NASTY))
        elif kind == "drop" and row:
            del row[cell]
        elif kind == "add":
            row.insert(cell, draw(st.sampled_from(NASTY)))
        elif kind == "twice":
            rows.insert(draw(st.integers(0, len(rows))), list(row))
        elif kind == "gone":
            del rows[at]
    mark = draw(st.sampled_from([",", ",", ",", ";", "\t", " "]))
    newline = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    data = newline.join(mark.join(row) for row in rows).encode(encoding, errors="ignore")
    if draw(st.integers(0, 5)) == 0 and data:
        cut = draw(st.integers(0, len(data)))
        data = data[:cut] + draw(st.binary(max_size=3)) + data[cut + draw(st.integers(0, 5)) :]
    return data


def check(name: str, path: Path, options: Mapping[str, object]) -> None:
    """Anything but `ReadError` escapes; anything read is sound."""
    head = path.read_bytes()[:8192] if path.is_file() else b""
    for own in OWN:
        assert FORMATS[own].sniff(path, head) in (True, False)
    try:
        recordings = FORMATS[name].read(path, options)
    except ReadError as error:
        assert str(error)
        return
    assert recordings
    for recording in recordings:
        sound(recording)


def sound(recording: Recording) -> None:
    assert recording.id
    assert any(note.code == "rows_read" for note in recording.notes)
    for track in recording.tracks:
        assert track.name
        if track.kind == "samples":
            assert track.values is not None and track.values.size
            assert not np.isinf(track.values).any()
            assert np.isfinite(track.start_s) and 0 < track.rate_hz < np.inf
        else:
            assert np.isfinite(track.starts).all() and (np.diff(track.starts) >= 0).all()
            assert (track.ends >= track.starts).all()
    assert recording.span is None or recording.span[0] < recording.span[1]


@pytest.mark.parametrize("name", [*TABLES])
@FEW
@given(data=st.data())
def test_mutated_tables(name: str, data: st.DataObject) -> None:
    other = {"landmarks": LONG_LANDMARKS, "ratings": WIDE_RATINGS, "segments": WIDE_SEGMENTS}
    base = data.draw(st.sampled_from([TABLES[name], other.get(name, TABLES[name])]))
    content = data.draw(as_bytes(base))
    options = data.draw(st.sampled_from(OPTIONS[name]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / data.draw(st.sampled_from(["a.csv", "IBI.csv", "tags.csv"]))
        path.write_bytes(gzip.compress(content) if data.draw(st.booleans()) else content)
        check(name, path, options)


VALUES = st.sampled_from(
    [None, True, -1, 0, 1e400, float("nan"), 10**400, "", "x", [], {}, [1], ["a", "a"], [[]], 62.5]
)


@FEW
@given(
    key=st.sampled_from(["SamplingFrequency", "StartTime", "Columns", "a", "none"]),
    value=VALUES,
    rows=as_bytes([["1", "2"], ["3", "n/a"], ["5", "6"]]),
    cut=st.integers(0, 400),
)
def test_mutated_physiology(key: str, value: object, rows: bytes, cut: int) -> None:
    side = {"SamplingFrequency": 10, "StartTime": -1, "Columns": ["a", "b"], "a": {"Units": "V"}}
    side[key] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sub-1_physio.tsv"
        path.write_bytes(rows)
        path.with_suffix(".json").write_text(json.dumps(side)[: cut or None])
        check("physio", path, {})


@FEW
@given(data=st.data())
def test_mutated_frames(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "clip"
        folder.mkdir()
        for number in range(data.draw(st.integers(0, 3))):
            person: dict[str, object] = {
                "person_id": [-1],
                "pose_keypoints_2d": [float(i) for i in range(75)],
            }
            frame: dict[str, object] = {"people": [person, dict(person)]}
            kind = data.draw(st.sampled_from(["", "", "person", "people", "point", "cut"]))
            if kind == "person":
                key = data.draw(st.sampled_from(["person_id", "pose_keypoints_2d"]))
                person[key] = data.draw(VALUES)
            elif kind == "people":
                frame["people"] = data.draw(VALUES)
            elif kind == "point":
                points = [float(i) for i in range(75)]
                person["pose_keypoints_2d"] = [*points[:-1], data.draw(VALUES)]
            text = json.dumps(frame)
            if kind == "cut":
                text = text[: data.draw(st.integers(0, len(text)))]
            (folder / f"clip_{number}_keypoints.json").write_text(text)
        check("openpose", folder, {"fps": 25})


@pytest.mark.skipif(
    importlib.util.find_spec("pyedflib") is None, reason="the extra edf is not installed"
)
@FEW
@given(
    changes=st.lists(
        st.tuples(
            st.integers(0, 95),
            st.sampled_from([b"        ", b"-1      ", b"99999999", b"0       ", b"nan", b"\xff"]),
        ),
        max_size=3,
    ),
    length=st.integers(0, 900),
)
def test_mutated_edf(changes: list[tuple[int, bytes]], length: int) -> None:
    data = bytearray(TWO)
    for place, put in changes:
        data[place * 8 : place * 8 + len(put)] = put
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.edf"
        path.write_bytes(bytes(data[: length or None]) if length > 700 else bytes(data))
        check("edf", path, {})


# -- the sniffers ----------------------------------------------------------------------------


def claimed(path: Path) -> list[str]:
    head = b"" if path.is_dir() else path.read_bytes()[:8192]
    return [name for name in OWN if FORMATS[name].sniff(path, head)]


@pytest.mark.parametrize("name", [*TABLES])
def test_each_specimen_is_claimed_by_its_own_reader_only(name: str, tmp_path: Path) -> None:
    mark = " " if name == "mea" else ","
    text = "\n".join(mark.join(row) for row in TABLES[name]) + "\n"
    for packed in (False, True):
        path = tmp_path / "anything.dat"
        path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
        assert claimed(path) == [name]


def test_wide_and_long_forms_too(tmp_path: Path) -> None:
    forms = {"landmarks": LONG_LANDMARKS, "ratings": WIDE_RATINGS, "segments": WIDE_SEGMENTS}
    for name, rows in forms.items():
        path = tmp_path / "anything.dat"
        path.write_text("\n".join(",".join(row) for row in rows) + "\n")
        assert claimed(path) == [name]


def test_tables_of_other_kinds_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    for text in (
        "start,end,person,track,code\n0,1,infant,affect,pos\n1,2,infant,affect,neu\n",
        "time_s,infant,caregiver\n0,1,2\n0.04,2,3\n0.08,1,1\n",
        "session,person,tier,onset,offset,code\ns0,a,affect,0,1,pos\ns0,b,affect,0,1,neu\n",
        "id,sec,x,word\n0,0,0.5,u\n0,1,1.5,u\n1,0,2.5,u\n",
        "couple,A1,A2,A3,B1,B2,B3\nc0,0,1,0,1,0,1\nc1,0,1,0,1,0,1\n",
        "frame,x,y\n1,0.5,0.2\n2,0.1,0.3\n",
        "a\tb\n1\t2\n5\t4\n3\t4\n",
        "Onset\tinfant\tcaregiver\n0\t1\t2\n1.5\t2\t2\n4\n",
        "pitch,baby,mom\n,0,0\n220.5,0,1\n",
    ):
        path.write_text(text)
        assert claimed(path) == [], text


def test_real_specimens_of_other_formats_are_left_alone(shared: Path) -> None:
    own = {"200_01.txt": ["mea"], "test_subsecond.edf": ["edf"]}
    paths = [p for p in sorted((shared / "formats").rglob("*")) if p.is_file()]
    assert len(paths) > 10
    for path in paths:
        assert claimed(path) == own.get(path.name, []), path.name
    for folder in ("ffsf_klein2020", "infant_affect_xu2020", "rties", "transcripts", "reference"):
        for path in sorted((shared / folder).rglob("*"))[:60]:
            if path.is_file() and path.stat().st_size:
                wanted = ["openpose"] if path.parent.name.startswith("pose_") else []
                assert claimed(path) == wanted, path.name


def test_every_module_registers_one_format() -> None:
    assert [module.__name__.rpartition(".")[2] for module in MODULES] == OWN
    for module, name in zip(MODULES, OWN, strict=True):
        assert FORMATS[name].read.__module__ == module.__name__
