"""Damaged files: whatever is done to a small file, a reader raises ReadError or reads it."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.boris import read_boris, sniff_boris
from reattune.io.boris_export import read_boris_export, sniff_boris_export
from reattune.io.eaf import read_eaf, sniff_eaf

from .fuzzing import few

EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2024-01-01" FORMAT="3.0">
<HEADER TIME_UNITS="milliseconds"><MEDIA_DESCRIPTOR MEDIA_URL="a.mp4" TIME_ORIGIN="40"/></HEADER>
<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="ts2"/>
<TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="900"/></TIME_ORDER>
<TIER TIER_ID="top" LINGUISTIC_TYPE_REF="free" PARTICIPANT="infant"><ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
<ANNOTATION_VALUE>pos</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION><ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3">
<ANNOTATION_VALUE>neg</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER TIER_ID="below" LINGUISTIC_TYPE_REF="parts" PARENT_REF="top"><ANNOTATION>
<REF_ANNOTATION ANNOTATION_ID="a3" ANNOTATION_REF="a1"><ANNOTATION_VALUE>x</ANNOTATION_VALUE>
</REF_ANNOTATION></ANNOTATION><ANNOTATION>
<REF_ANNOTATION ANNOTATION_ID="a4" ANNOTATION_REF="a1" PREVIOUS_ANNOTATION="a3">
<ANNOTATION_VALUE>y</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>
<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="free" TIME_ALIGNABLE="true"/>
<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="parts" CONSTRAINTS="Symbolic_Subdivision"/>
</ANNOTATION_DOCUMENT>"""

PROJECT = {
    "project_format_version": "7.0",
    "behaviors_conf": {
        "0": {"code": "smile", "type": "State event", "category": "affect"},
        "1": {"code": "touch", "type": "Point event", "category": ""},
    },
    "observations": {
        "one": {
            "file": {"1": ["a.mp4"]},
            "time offset": 0.0,
            "observation time interval": [0, 0],
            "events": [
                [1.0, "infant", "smile", "", ""],
                [2.5, "infant", "smile", "m|None", "", 5],
                [2.0, "", "touch", "", ""],
            ],
            "media_info": {"length": {"a.mp4": 60.0}, "offset": {"1": 0.0}},
            "independent_variables": {"age": "4"},
        }
    },
}
TABLE = (
    "Observation id,Media duration (s),Time offset (s),Subject,Behavior,Behavioral category,"
    "Modifier #1,Behavior type,Start (s),Stop (s),age\n"
    'one,60.0,0,infant,smile,affect,,STATE,1.0,2.0,"4, 5"\n'
    "one,60.0,0,No focal subject,touch,,m,POINT,1.5,1.5,4\n"
    "two,NA,0,infant,smile,affect,,STATE,3.0,4.0,4\n"
)
ODD = [
    "", "-1", "1e999", "nan", "9" * 40, "0x10", "\u0661", "\x00", "\ud7ff", "'", '"', "<", "&amp;",
    "None", "ts1", "a3", "true", "[]", "{}", "2024", ";", "\t", "\n", "ts99",
]  # fmt: skip

FEW = few(100)


def check(recordings: tuple[Recording, ...]) -> None:
    """What was read holds together: sorted, finite, no end before its start."""
    for recording in recordings:
        for track in recording.tracks:
            assert np.isfinite(track.starts).all() and np.isfinite(track.ends).all()
            assert (track.ends >= track.starts).all() and (np.diff(track.starts) >= 0).all()
        if recording.span is not None:
            assert recording.span[0] <= recording.span[1]


@st.composite
def damaged(draw: st.DrawFn, text: str) -> bytes:
    """``text`` with tokens deleted, doubled or changed, then perhaps cut or with bytes flipped."""
    tokens = re.findall(r"\w+|\s+|[^\w\s]", text)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(tokens) - 1))
        how = draw(st.sampled_from(["delete", "double", "change", "swap", "block"]))
        if how == "delete":
            tokens[at : at + draw(st.integers(1, 3))] = [""]
        elif how == "double":
            tokens.insert(at, tokens[at])
        elif how == "change":
            tokens[at] = draw(st.sampled_from(ODD))
        elif how == "swap":
            other = draw(st.integers(0, len(tokens) - 1))
            tokens[at], tokens[other] = tokens[other], tokens[at]
        else:
            tokens[at:at] = tokens[at : at + draw(st.integers(4, 60))]
    data = bytearray("".join(tokens).encode("utf-8", errors="replace"))
    if data and draw(st.integers(0, 3)) == 0:
        del data[draw(st.integers(0, len(data))) :]
    for _ in range(draw(st.sampled_from([0, 0, 1, 3]))):
        if data:
            data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "broken"


def test_the_specimens_are_sound(path: Path) -> None:
    path.write_text(EAF, encoding="utf-8")
    (recording,) = read_eaf(path, {})
    assert [len(track) for track in recording.tracks] == [2, 2]
    path.write_text(json.dumps(PROJECT), encoding="utf-8")
    assert len(read_boris(path, {})) == 1
    path.write_text(TABLE, encoding="utf-8")
    assert len(read_boris_export(path, {})) == 2


@FEW
@given(data=damaged(EAF))
def test_damaged_elan(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    assert sniff_eaf(path, data) in (True, False)
    try:
        check(read_eaf(path, {}))
    except ReadError as error:
        assert "broken" in str(error)


@FEW
@given(data=damaged(json.dumps(PROJECT)))
def test_damaged_boris_project(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    assert sniff_boris(path, data) in (True, False)
    try:
        check(read_boris(path, {}))
    except ReadError as error:
        assert "broken" in str(error)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(ODD),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(ODD), inner),
    max_leaves=5,
)


def places(value: object) -> list[list[object]]:
    """The way to every part of a JSON value."""
    found: list[list[object]] = [[]]
    items: list[tuple[object, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, inner in items:
        found += [[key, *rest] for rest in places(inner)]
    return found


@FEW
@given(place=st.sampled_from(places(PROJECT)[1:]), value=JSON, delete=st.booleans())
def test_any_part_of_a_project_may_be_anything(
    path: Path, place: list[object], value: object, delete: bool
) -> None:
    made = json.loads(json.dumps(PROJECT))
    at = made
    for key in place[:-1]:
        at = at[key]
    if delete:
        del at[place[-1]]
    else:
        at[place[-1]] = value
    path.write_text(json.dumps(made), encoding="utf-8")
    try:
        check(read_boris(path, {}))
    except ReadError as error:
        assert "broken" in str(error)


@FEW
@given(data=damaged(TABLE))
def test_damaged_export(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    assert sniff_boris_export(path, data) in (True, False)
    try:
        check(read_boris_export(path, {}))
    except ReadError as error:
        assert "broken" in str(error)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    for line in TABLE.splitlines():
        book.active.append(line.split(","))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


WORKBOOK = workbook()


@few(60)
@given(
    flips=st.lists(
        st.tuples(st.integers(0, len(WORKBOOK) - 1), st.integers(0, 255)), min_size=1, max_size=6
    ),
    cut=st.none() | st.integers(1, len(WORKBOOK)),
)
def test_damaged_workbook(path: Path, flips: list[tuple[int, int]], cut: int | None) -> None:
    data = bytearray(WORKBOOK)
    for at, value in flips:
        data[at] = value
    path.write_bytes(bytes(data[:cut]))
    head = path.read_bytes()[:8192]
    assert sniff_boris_export(path, head) in (True, False)
    try:
        check(read_boris_export(path, {}))
    except ReadError as error:
        assert "broken" in str(error)
