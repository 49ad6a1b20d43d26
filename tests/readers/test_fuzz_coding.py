"""Coded files changed at random, knowing their structure: `ReadError` or a sound recording."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.datavyu import read_datavyu
from reattune.io.datavyu_csv import read_datavyu_csv
from reattune.io.elan_tab import read_elan_tab
from reattune.io.gridware import read_gridware
from reattune.io.observer import read_observer
from reattune.io.register import FORMATS
from reattune.io.sdis import read_sdis

from .fuzzing import few

Reader = Callable[[Path, Mapping[str, object]], tuple[Recording, ...]]
FEW = few(100)

DB = """#4
affect (MATRIX,true,)-code01|NOMINAL
00:00:01:000,00:00:02:500,(pos)
00:00:05:000,00:00:05:000,(a\\, b)
gaze (MATRIX,true,note)-where|NOMINAL,sure|NOMINAL
00:00:00:040,00:01:00:000,(toy,1)
talk (TEXT,true,)
00:00:00:040,00:01:00:000,hello
"""
DATAVYU_CSV = """file,column,ordinal,onset,offset,hand,look
d1,left,1,28846,157944,open,
d1,right,2,177790,177790,"a, b",1
d2,left,1,0,1000,both,0
"""
LONG = """Tier\tParticipant\tBegin Time - hh:mm:ss.ms\tBegin Time - msec\t\
End Time - msec\tAnnotation
gaze\tinfant\t00:00:00.500\t500\t1500\tat
affect\tmother\t00:00:01.500\t1500\t3661250\tpos
"""
BARE = """gaze\t\t00:00:00.500\t0.500\t00:00:01.500\t1.500\t00:00:01.000\t1.000\tat
gaze\t\t00:00:02.500\t2.500\t00:00:03.500\t3.500\t00:00:01.000\t1.000\toff
"""
WIDE = """Family\tBegin Time - ss.msec\tEnd Time - ss.msec\tinfant\tmother\tFile Name
f1\t0.000\t1.000\tat\t\tD:\\one.eaf
f2\t0.500\t1.000\t\tpos\tD:\\two.eaf
"""
OBSERVER = """Observation,Time_Relative_hms,Time_Relative_sf,Duration_sf,Subject,Behavior,\
Modifier_1,Event_Type
d1,00:00:00,0.0,2.5,Infant,smile,open,State start
d1,00:00:02,2.5,0,Infant,smile,open,State stop
d1,00:00:03,3.0,,Mother,touch,,State start
d1,00:00:04,4.0,,Mother,touch,,State stop
d2,00:00:04,4.0,,Mother,touch,,Point
"""
TIMED = """% made by BORIS
Timed <seconds> ($Mother = talk quiet) * age (3mo 6mo);
<one> ,0 talk,0- quiet,1:30-100 Mother_touch,2.000-2.001 ,120 (1);
talk,0-4 & quiet,2-3 /
"""
STATE = "State ($B = a b);\na=2 b=1:30 & a,0 b,5 ,7 /\n"
INTERVAL = "Interval=10 ($B = a b);\n<x> a b, a *3, , b /\n"
EVENT = "Event;\na b, a (1)/ b /\n"
TRJ = "Onset\tinfant\tmother\n0\tneg\tpos\n1.5\tneu\t--\n2.25\tneu\tneg\n4\n"
GWF = """<GridWare>
<Config>
identifier\tcategorical\tID\t01\t02
state\tcategorical\tinfant\tneg\tneu
MissingValueSymbol\t--
</Config>
<Trajectories>
ID\tphase\tFilename
01\tplay\tone.trj
02\tplay\tone.trj
</Trajectories>
</GridWare>
"""

TEXTS: dict[str, tuple[Reader, str, dict[str, object]]] = {
    "datavyu_csv": (read_datavyu_csv, DATAVYU_CSV, {}),
    "elan_long": (read_elan_tab, LONG, {}),
    "elan_bare": (read_elan_tab, BARE, {}),
    "elan_wide": (read_elan_tab, WIDE, {}),
    "elan_wide_file": (read_elan_tab, WIDE, {"file": "Family"}),
    "observer": (read_observer, OBSERVER, {}),
    "observer_groups": (read_observer, OBSERVER, {"groups": {"a": ["smile"]}, "fps": 25}),
    "timed": (read_sdis, TIMED, {}),
    "timed_subjects": (read_sdis, TIMED, {"subjects": ["Mother", ""], "fps": 25}),
    "state": (read_sdis, STATE, {}),
    "interval": (read_sdis, INTERVAL, {"interval_s": 5}),
    "event": (read_sdis, EVENT, {}),
    "trajectory": (read_gridware, TRJ, {}),
    "project": (read_gridware, GWF, {}),
}
NASTY = (
    *("", "-1", "1e999", "nan", "NaN", "inf", "9" * 40, "1e11", "0x10", "-0.0", "0", "\u0661"),
    *("\x00", "\ud7ff", "\u2028", "\ufeff", "'", '"', "\\", "(", ")", "<", ">", ",", ";", "/"),
    *("%", "&", "*", "*99999999", "$", "=", "\t", "\n", "\r", "--", "00:00:99", "1:1:1:1", "../x"),
    *("State stop", "Onset", "Filename", "Tier", "Annotation", "x" * 200, "é", "#4", "=1+1"),
)


@st.composite
def damaged(draw: st.DrawFn, text: str) -> bytes:
    """The text with words, cells or lines deleted, doubled, moved or changed; perhaps cut."""
    pattern = draw(st.sampled_from([r"\w+|\s|[^\w\s]", r"[^\t\n,]+|[\t\n,]", r"[^\n]*\n"]))
    parts = re.findall(pattern, text)
    for _ in range(draw(st.integers(0, 4))):
        if not parts:
            break
        at = draw(st.integers(0, len(parts) - 1))
        how = draw(st.sampled_from(["change", "change", "delete", "double", "swap", "block"]))
        if how == "change":
            parts[at] = draw(st.sampled_from(NASTY))
        elif how == "delete":
            del parts[at : at + draw(st.integers(1, 3))]
        elif how == "double":
            parts.insert(at, parts[at])
        elif how == "swap":
            other = draw(st.integers(0, len(parts) - 1))
            parts[at], parts[other] = parts[other], parts[at]
        else:
            parts[at:at] = parts[at : at + draw(st.integers(2, 40))]
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    data = bytearray("".join(parts).encode(encoding, errors="ignore"))
    if data and draw(st.integers(0, 4)) == 0:
        del data[draw(st.integers(0, len(data))) :]
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 3]))):
        if data:
            data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


def check(reader: Reader, data: bytes, options: Mapping[str, object], name: str = "x.txt") -> int:
    """How many recordings are read; anything but `ReadError` escapes, all that is read is sound."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        (Path(folder) / "one.trj").write_text(TRJ)
        path.write_bytes(data)
        for known in ("datavyu", "datavyu_csv", "elan_tab", "observer", "sdis", "gridware"):
            assert FORMATS[known].sniff(path, data[:8192]) in (True, False)
        try:
            recordings = reader(path, options)
        except ReadError as error:
            assert str(error)
            return 0
    assert recordings
    for recording in recordings:
        sound(recording)
    return len(recordings)


def sound(recording: Recording) -> None:
    assert recording.id
    assert any(note.code == "rows_read" for note in recording.notes)
    for track in recording.tracks:
        assert track.name
        assert np.isfinite(track.starts).all() and np.isfinite(track.ends).all()
        assert (track.starts >= 0).all() and (np.diff(track.starts) >= 0).all()
        if track.kind == "points":
            assert (track.ends == track.starts).all()
        else:
            assert (track.ends > track.starts).all()
    if recording.span is not None:
        assert 0 <= recording.span[0] < recording.span[1] < np.inf


@pytest.mark.parametrize("name", TEXTS)
def test_the_specimens_themselves_are_read(name: str) -> None:
    reader, text, options = TEXTS[name]
    expected = {"datavyu_csv": 2, "elan_wide": 2, "elan_wide_file": 2, "observer": 2}
    expected |= {"observer_groups": 2, "timed": 2, "timed_subjects": 2, "event": 2, "project": 2}
    assert check(reader, text.encode(), options) == expected.get(name, 1)


@pytest.mark.parametrize("name", TEXTS)
def test_damaged_texts(name: str) -> None:
    reader, text, options = TEXTS[name]

    @FEW
    @given(data=damaged(text))
    def run(data: bytes) -> None:
        check(reader, data, options)

    run()


def packed(db: bytes, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("project", "!project\nname: a\n")
        archive.writestr("db", db)
    return out.getvalue()


@FEW
@given(db=damaged(DB))
def test_damaged_datavyu_texts(db: bytes) -> None:
    check(read_datavyu, packed(db), {}, "x.opf")


@FEW
@given(
    at=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4),
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA]),
    cut=st.integers(0, 400),
)
def test_flipped_bytes_of_a_datavyu_archive(
    at: list[tuple[int, int]], method: int, cut: int
) -> None:
    data = bytearray(packed(DB.encode(), method=method))
    for place, value in at:
        data[place % len(data)] = value
    if cut < 40:
        del data[len(data) - cut :]
    check(read_datavyu, bytes(data), {}, "x.opf")


def test_the_datavyu_specimen_itself_is_read() -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA):
        assert check(read_datavyu, packed(DB.encode(), method=method), {}, "x.opf") == 1
