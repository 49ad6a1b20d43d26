"""Datavyu projects and the CSV export of their columns: both give the same tracks."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.datavyu import read_datavyu, sniff_datavyu
from reattune.io.datavyu_csv import read_datavyu_csv, sniff_datavyu_csv

Write = Callable[..., Path]

DB = """#4
affect (MATRIX,true,)-code01|NOMINAL
00:00:01:000,00:00:02:500,(pos)
00:00:02:000,00:00:04:000,(neg)
00:00:05:000,00:00:05:000,(pos)
infant.gaze (MATRIX,false,second pass)-where|NOMINAL,how sure|NOMINAL
00:00:00:040,00:01:00:000,(toy\\, left,1)
01:00:00:001,01:00:00:002,(,2)
"""
PROJECT = """!project
dbFile: a.opf
name: a
version: 5
viewerSettings:
- !!python/object/apply:os.system ['echo no']
- !vs
  feed: C:\\videos\\family 07\\play.mp4
  offset: '40'
"""


def opf(db: str | bytes = DB, *, folder: str = "", project: str = PROJECT) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{folder}project", project)
        archive.writestr(f"{folder}db", db)
        if folder:
            archive.writestr("__MACOSX/" + folder + "db", b"\x00\x05\x16\x07")
    return out.getvalue()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(content: str | bytes, name: str = "dyad1.opf") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return put


def one(path: Path) -> Recording:
    (recording,) = read_datavyu(path, {})
    return recording


def counts(recording: Recording) -> dict[str, int]:
    return {note.code: note.count for note in recording.notes}


def shape(recording: Recording) -> list[tuple[object, ...]]:
    return [
        (t.name, t.kind, t.starts.tolist(), t.ends.tolist(), t.labels) for t in recording.tracks
    ]


def test_a_track_for_every_column_and_code(write: Write) -> None:
    recording = one(write(opf()))
    assert (recording.id, recording.format, recording.span) == ("dyad1", "datavyu", None)
    assert shape(recording) == [
        ("affect", "intervals", [1.0, 2.0], [2.5, 4.0], ("pos", "neg")),
        ("affect", "points", [5.0], [5.0], ("pos",)),
        ("infant.gaze.where", "intervals", [0.04], [60.0], ("toy, left",)),
        ("infant.gaze.how sure", "intervals", [0.04, 3600.001], [60.0, 3600.002], ("1", "2")),
    ]
    assert {track.person for track in recording.tracks} == {""}
    assert recording.tracks[2].meta == {
        "column": "infant.gaze",
        "code": "where",
        "visible": False,
    }
    assert recording.media == ({"name": "play.mp4"},)
    assert counts(recording) == {"rows_read": 5, "values_empty": 1, "end_not_known": 1}


@pytest.mark.parametrize("header", ["#4\n", "#2\n", "", "\ufeff#4\r\n"])
def test_the_version_line_may_differ_or_be_absent(write: Write, header: str) -> None:
    assert shape(one(write(opf(header + DB.removeprefix("#4\n"))))) == shape(one(write(opf())))


def test_a_project_in_a_folder_beside_what_macos_adds(write: Write) -> None:
    assert shape(one(write(opf(folder="dyad 1/")))) == shape(one(write(opf())))


def test_of_two_projects_the_one_at_the_top_is_read_and_told(write: Write) -> None:
    out = io.BytesIO(opf())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("backup/db", "other (MATRIX,true,)-a|NOMINAL\n")
    recording = one(write(out.getvalue()))
    assert shape(recording) == shape(one(write(opf())))
    assert counts(recording)["several_projects"] == 2


def test_old_columns_without_codes_and_an_empty_value(write: Write) -> None:
    db = "talk (TEXT,true,)\n00:00:00:000,00:00:01:000,hello (you), there\n"
    db += "00:00:01:000,00:00:02:000,\n"
    recording = one(write(opf(db)))
    # In a column of one code an empty value is an event, as in ELAN.
    assert [t.labels for t in recording.tracks] == [("hello (you), there", "")]
    assert [t.name for t in recording.tracks] == ["talk"]


def test_a_value_may_go_on_in_the_next_line(write: Write) -> None:
    db = "talk (MATRIX,true,)-a|NOMINAL,b|NOMINAL\n00:00:00:000,00:00:01:000,(one\\\ntwo,x)\n"
    recording = one(write(opf(db)))
    assert recording.tracks[0].labels == ("one\ntwo",)
    assert recording.tracks[1].labels == ("x",)


def test_odd_cells_are_counted_with_their_reason(write: Write) -> None:
    db = DB + (
        "00:00:09:000,00:00:08:000,(a,b)\n"
        "-00:00:09:000,00:00:10:000,(a,b)\n"
        "00:00:61:000,00:02:10:000,(a,b)\n"
        "00:00:09:000,00:00:10:000,(a,b,c)\n"
        "00:00:09:000,00:00:10:000,(a\n"
        "what is this\n"
    )
    recording = one(write(opf(db)))
    assert shape(recording) == shape(one(write(opf())))
    assert counts(recording) == {
        **{"rows_read": 5, "rows_without_time": 2, "rows_reversed": 1, "cells_cut": 1},
        **{"cells_with_other_codes": 1, "lines_not_understood": 1},
        **{"values_empty": 1, "end_not_known": 1},
    }
    assert "5 of 10 cell(s)" in str(recording.notes[0])


def test_cp1252_is_read_and_told(write: Write) -> None:
    recording = one(write(opf(DB.replace("pos", "fröhlich").encode("cp1252"))))
    assert recording.tracks[0].labels[0] == "fröhlich"
    assert counts(recording)["encoding_assumed"] == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04 and no more", "not a sound zip"),
        (opf()[:120], "not a sound zip"),
        (b"just text", "not a sound zip"),
        (opf(""), "has no columns"),
        (opf("#4\n"), "has no columns"),
        (opf("00:00:01:000,00:00:02:500,(pos)\n"), "not the text of a Datavyu"),
        (opf(b"\x00\x01\x02"), "NUL"),
        (opf("a (MATRIX,true,)-" + ",".join(["c|NOMINAL"] * 1001)), "too many codes"),
    ],
)
def test_what_is_no_project_is_refused(write: Write, content: bytes, words: str) -> None:
    with pytest.raises(ReadError, match=words):
        read_datavyu(write(content), {})


def test_an_archive_without_db_names_what_it_holds(write: Write) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../db.txt", "x")
        archive.writestr("project", PROJECT)
    with pytest.raises(ReadError, match=r"without a member 'db'.*db\.txt"):
        read_datavyu(write(out.getvalue()), {})


def test_members_outside_the_archive_are_never_written(write: Write, tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../db", DB)
        archive.writestr("project", PROJECT)
    path = write(out.getvalue())
    before = sorted(tmp_path.parent.rglob("*"))
    assert len(one(path).tracks) == 4
    assert sorted(tmp_path.parent.rglob("*")) == before


def test_bombs_and_lying_sizes_are_refused(write: Write) -> None:
    with pytest.raises(ReadError, match="bomb"):
        read_datavyu(write(opf("#4\n" + " " * 60_000_000)), {})
    data = bytearray(opf())
    # The size of db in the central directory, claimed to be one byte.
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (1).to_bytes(4, "little")
    with pytest.raises(ReadError):
        read_datavyu(write(bytes(data)), {})
    data[at + 24 : at + 28] = (2**31).to_bytes(4, "little")
    with pytest.raises(ReadError, match="bomb"):
        read_datavyu(write(bytes(data)), {})


CSV = """file,column,ordinal,onset,offset,hand,look
d1,left,1,28846,157944,open,
d1,left,2,177790,177790,,1
d2,left,1,0,1000,"a,b",0
"""


def test_a_recording_for_every_file_in_the_table(write: Write) -> None:
    first, second = read_datavyu_csv(write(CSV, "left.csv"), {})
    assert (first.id, second.id) == ("d1", "d2")
    assert shape(first) == [
        ("left.hand", "intervals", [28.846], [157.944], ("open",)),
        ("left.look", "points", [177.79], [177.79], ("1",)),
    ]
    assert [t.labels for t in second.tracks] == [("a,b",), ("0",)]


def test_stacked_columns_have_the_codes_they_fill_in(write: Write) -> None:
    text = "file,column,ordinal,onset,offset,affect,gaze,sure\n"
    text += "d,face,1,0,1000,pos,,\nd,eyes,1,0,500,,toy,1\n"
    (recording,) = read_datavyu_csv(write(text, "all.csv"), {})
    assert [track.name for track in recording.tracks] == ["face", "eyes.gaze", "eyes.sure"]


def test_odd_rows_of_the_table_are_counted(write: Write) -> None:
    text = CSV.splitlines()[0] + "\nd,c,1,100,200,a,b\nd,c,2,-5,200,a,b\nd,c,3,nan,2,a,b\n"
    text += "d,c,4,300,200,a,b\nd,c,5,soon,200,a,b\nd,c,6,1,1e300,a,b\n"
    (recording,) = read_datavyu_csv(write(text, "a.csv"), {})
    assert counts(recording) == {
        **{"rows_read": 1, "rows_without_time": 2, "rows_not_finite": 1, "rows_negative": 1},
        **{"rows_reversed": 1, "end_not_known": 1},
    }


@pytest.mark.parametrize(
    "text",
    ["", "file,column,onset,offset,a\n", "file,column,ordinal,onset,offset\nd,c,1,0,1\n", CSV[:20]],
)
def test_tables_that_are_no_export_are_refused(write: Write, text: str) -> None:
    with pytest.raises(ReadError):
        read_datavyu_csv(write(text, "a.csv"), {})


def test_the_specimen_project_and_its_tables_agree(shared: Path) -> None:
    folder = shared / "formats" / "datavyu"
    project = one(folder / "dyad1.opf")
    tables = [
        read_datavyu_csv(folder / f"{name}__dyad1.csv", {})[0]
        for name in ("childhands", "parenthands")
    ]
    assert [table.id for table in tables] == [project.id] * 2
    assert shape(project) == [row for table in tables for row in shape(table)]
    assert [(t.name, len(t)) for t in project.tracks] == [
        ("childhands.hand", 41),
        ("childhands.look", 33),
        ("parenthands.hand", 44),
        ("parenthands.look", 35),
    ]
    # The first cell is 00:00:28:846,00:02:37:944,(left,): 28846 and 157944 ms in the table.
    assert (project.tracks[0].starts[0], project.tracks[0].ends[0]) == (28.846, 157.944)


def test_only_their_own_files_are_recognised(write: Write, shared: Path) -> None:
    assert sniff_datavyu(write(opf()), opf()[:8192])
    assert sniff_datavyu_csv(write(CSV, "a.csv"), CSV.encode())
    claimed = {
        path.name: (sniff_datavyu(path, head), sniff_datavyu_csv(path, head))
        for path in sorted((shared / "formats").rglob("*"))
        if path.is_file() and (head := path.read_bytes()[:8192])
    }
    assert [name for name, (a, _) in claimed.items() if a] == ["dyad1.opf"]
    assert [name for name, (_, b) in claimed.items() if b] == [
        "childhands__dyad1.csv",
        "parenthands__dyad1.csv",
    ]
