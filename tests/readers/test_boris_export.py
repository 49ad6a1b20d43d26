"""Tables exported by BORIS: both generations, aggregated and tabular, text and xlsx."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording, Track
from reattune.io.boris import read_boris
from reattune.io.boris_export import read_boris_export, sniff_boris_export

NEW_AGGREGATED = [
    "Observation id", "Observation date", "Description", "Observation type", "Source",
    "Time offset (s)", "Coding duration", "Media duration (s)", "FPS (frame/s)", "age", "Subject",
    "Observation duration by subject by observation", "Behavior", "Behavioral category",
    "Modifier #1", "Modifier #2", "Behavior type", "Start (s)", "Stop (s)", "Duration (s)",
    "Media file name", "Image index start", "Image index stop", "Image file path start",
    "Image file path stop", "Comment start", "Comment stop",
]  # fmt: skip
OLD_AGGREGATED = [
    "Observation id", "Observation date", "Description", "Media file", "Total length", "FPS", "age",
    "Subject", "Behavior", "Behavioral category", "Modifiers", "Behavior type", "Start (s)",
    "Stop (s)", "Duration (s)", "Comment start", "Comment stop",
]  # fmt: skip
NEW_TABULAR = [
    "Observation id", "Observation date", "Description", "Observation duration", "Observation type",
    "Source", "Time offset (s)", "Media duration (s)", "FPS", "age", "Subject", "Behavior",
    "Behavioral category", "Modifier #1", "Behavior type", "Time", "Media file name", "Image index",
    "Image file path", "Comment",
]  # fmt: skip

BASE = {
    "Observation id": "visit 1",
    "Observation date": "2024-02-01 10:00:00",
    "Observation type": "Media file(s)",
    "Source": "player #1:a.mp4",
    "Time offset (s)": "0.0",
    "Media duration (s)": "60.000",
    "Media file": "/lab/a.mp4",
    "Total length": "60.000",
    "age": "4",
    "Subject": "infant",
    "Behavior": "smile",
    "Behavioral category": "affect",
    "Behavior type": "STATE",
    "Start (s)": "1.000",
    "Stop (s)": "2.500",
}


def row(header: list[str], **more: str) -> list[str]:
    words = {"start": "Start (s)", "stop": "Stop (s)", "who": "Subject", "code": "Behavior"}
    cells = BASE | {words.get(key, key): value for key, value in more.items()}
    return [cells.get(name, "") for name in header]


def text(header: list[str], *rows: list[str], mark: str = "\t") -> bytes:
    return "".join(mark.join(cells) + "\r\n" for cells in (header, *rows)).encode()


def workbook(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for cells in rows:
        book.active.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(folder: Path, data: bytes, name: str = "export.tsv") -> tuple[Recording, ...]:
    path = folder / name
    path.write_bytes(data)
    assert sniff_boris_export(path, data[:8192])
    return read_boris_export(path, {})


def events(track: Track) -> list[tuple[float, float, str]]:
    return list(zip(track.starts.tolist(), track.ends.tolist(), track.labels, strict=True))


def shape(recording: Recording) -> dict[tuple[str, str, str], list[tuple[float, float, str]]]:
    return {(t.person, t.name, t.kind): events(t) for t in recording.tracks}


def codes(recording: Recording) -> dict[str, int]:
    return {note.code: note.count for note in recording.notes}


EXPECTED = {
    ("infant", "affect", "intervals"): [(1.0, 2.5, "smile"), (3.0, 4.0, "cry")],
    ("", "behaviours", "points"): [(2.0, 2.0, "touch")],
}


def rows_of(header: list[str]) -> list[list[str]]:
    point = {"Behavioral category": "", "Behavior type": "POINT"}
    return [
        row(header),
        row(header, who="No focal subject", code="touch", start="2.0", stop="NA", **point),
        row(header, code="cry", start="3", stop="4"),
    ]


@pytest.mark.parametrize("header", [NEW_AGGREGATED, OLD_AGGREGATED], ids=["new", "old"])
@pytest.mark.parametrize("mark", ["\t", ",", ";", "xlsx"])
def test_aggregated_events(tmp_path: Path, header: list[str], mark: str) -> None:
    if mark == "xlsx":
        data = workbook(list(header), *rows_of(header))
    else:
        data = text(header, *rows_of(header), mark=mark)
    (recording,) = read(tmp_path, data)
    assert (recording.id, recording.format) == ("visit 1", "boris_export")
    assert shape(recording) == EXPECTED
    assert recording.span == (0.0, 60.0) and recording.notes == ()
    assert recording.meta["variables"] == {"age": "4"}


def test_columns_are_found_by_name_in_any_order(tmp_path: Path) -> None:
    header = sorted(NEW_AGGREGATED, reverse=True)
    (recording,) = read(tmp_path, text(header, *rows_of(header)))
    assert shape(recording) == EXPECTED
    shouting = [name.upper() for name in header]
    (recording,) = read(tmp_path, text(shouting, *rows_of(header)))
    assert shape(recording) == EXPECTED


def test_several_observations_queued_media_and_live(tmp_path: Path) -> None:
    header = NEW_AGGREGATED
    two = {"Observation id": "visit 2", "Media duration (s)": "60.000;30.500|99.000"}
    live = {
        "Observation id": "visit 3",
        "Observation type": "Live observation",
        "Source": "NA",
        "Media duration (s)": "NA",
    }
    rows = [row(header), row(header, **two, **{"Time offset (s)": "10"}), row(header, **live)]
    recordings = read(tmp_path, text(header, *rows))
    assert [(r.id, r.span) for r in recordings] == [
        ("visit 1", (0.0, 60.0)),
        ("visit 2", (10.0, 100.5)),
        ("visit 3", None),
    ]
    assert "end_not_known" in codes(recordings[2])


def test_new_tabular_events_are_paired(tmp_path: Path) -> None:
    header = NEW_TABULAR

    def press(time: str, kind: str, code: str = "smile", modifier: str = "") -> list[str]:
        more = {"Time": time, "Behavior type": kind, "Modifier #1": modifier}
        return row(header, code=code, **more)

    rows = [
        press("1.0", "START", modifier="big"),
        press("1.5", "START", modifier="None"),
        press("2.0", "POINT", "touch"),
        press("3.0", "STOP", modifier="big"),
        press("4.0", "STOP"),
        press("5.0", "STOP"),
        press("6.0", "START"),
        press("NA", "POINT", "touch"),
    ]
    (recording,) = read(tmp_path, text(header, *rows))
    assert shape(recording) == {
        ("infant", "affect", "intervals"): [(1.0, 3.0, "smile"), (1.5, 4.0, "smile")],
        ("infant", "affect", "points"): [(2.0, 2.0, "touch")],
    }
    assert [n.code for n in recording.notes] == ["unpaired_state", "unpaired_state", "rows_skipped"]
    assert all(n.level == "warning" for n in recording.notes)


def old_tabular(status: str = "STOP") -> list[list[str]]:
    header = [
        "Time", "Media file path", "Total length", "FPS", "Subject", "Behavior",
        "Behavioral category", "Comment", "Status",
    ]  # fmt: skip
    above = [
        ["Observation id", "visit 9"], [""], ["Media file(s)"], [""], ["Player #1", "a.mp4"], [""],
        ["Observation date", "2016-11-27"], [""], ["Description", "a, b"], [""],
        ["Time offset (s)", "0"], [""], ["independent variables"], ["variable", "value"],
        ["age", "4"], ["site", "north"], [""],
    ]  # fmt: skip
    rows = [
        ["00:00:03.300", "/lab/a.mp4", "359.960", "25", "infant", "smile", "", "", "START"],
        ["00:01:07.750", "/lab/a.mp4", "359.960", "25", "infant", "smile", "", "", status],
        ["70.5", "/lab/a.mp4", "359.960", "25", "", "touch", "", "", ""],
    ]
    return [cells + [""] * (9 - len(cells)) for cells in (*above, header, *rows)]


@pytest.mark.parametrize("kind", ["tsv", "xlsx"])
def test_old_tabular_events_below_their_preamble(tmp_path: Path, kind: str) -> None:
    rows = old_tabular()
    data = workbook(*rows) if kind == "xlsx" else text(rows[0], *rows[1:])
    (recording,) = read(tmp_path, data, f"x.{kind}")
    assert recording.id == "visit 9" and recording.span == (0.0, 359.96)
    assert shape(recording) == {
        ("infant", "behaviours", "intervals"): [(3.3, 67.75, "smile")],
        ("", "behaviours", "points"): [(70.5, 70.5, "touch")],
    }
    assert recording.meta["variables"] == {"age": "4", "site": "north"}


def test_odd_rows_are_skipped_and_counted(tmp_path: Path) -> None:
    header = NEW_AGGREGATED
    rows = [
        row(header),
        row(header, start="5", stop="4"),
        row(header, stop=""),
        row(header, start="NA", stop="NA"),
        row(header, start="NaN"),
        row(header, code=""),
        row(header, start="-3", stop="-1"),
        row(header, start="59", stop="61"),
    ]
    (recording,) = read(tmp_path, text(header, *rows))
    assert [e[:2] for e in events(recording.tracks[0])] == [(-3.0, -1.0), (1.0, 2.5), (59.0, 61.0)]
    skipped = {str(n).split(": ")[1]: n.count for n in recording.notes if n.code == "rows_skipped"}
    assert skipped == {
        "1 row(s) stop before they start; skipped.": 1,
        "1 row(s) are states without a stop; skipped.": 1,
        "2 row(s) have no start; skipped.": 2,
        "1 row(s) name no behaviour; skipped.": 1,
    }
    assert codes(recording)["outside_span"] == 2


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"start": "soon"}, "line 2, Start"),
        ({"start": "inf"}, "line 2, Start"),
        ({"stop": "1e300"}, "line 2, Stop"),
        ({"Behavior type": "MOOD"}, "STATE or POINT"),
        ({"Media duration (s)": "long"}, "media duration"),
        ({"Time offset (s)": "x"}, "Time offset"),
    ],
)
def test_wrong_cells_are_refused_with_the_place(
    tmp_path: Path, more: dict[str, str], says: str
) -> None:
    with pytest.raises(ReadError, match=says):
        read(tmp_path, text(NEW_AGGREGATED, row(NEW_AGGREGATED, **more)))


def test_a_doubled_column_and_an_unknown_status_are_refused(tmp_path: Path) -> None:
    header = [*NEW_AGGREGATED, "Behavior"]
    with pytest.raises(ReadError, match="two columns"):
        read(tmp_path, text(header, row(header)))
    rows = old_tabular("PAUSE")
    with pytest.raises(ReadError, match="START, STOP or POINT"):
        read(tmp_path, text(rows[0], *rows[1:]))


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>" + b" " * 60_000_000)
    return out.getvalue()


def far_row() -> bytes:
    """A sound workbook but for one row that claims to be the billionth."""
    data = workbook(NEW_AGGREGATED, row(NEW_AGGREGATED))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith("sheet1.xml"):
                part = part.replace(b'<row r="2"', b'<row r="1000000000"')
            new.writestr(name, part)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"start_s,end_s,code\n0,1,a\n",
        b"\x00\x01\x02",
        b'Observation id\t"',
        b"PK\x03\x04 not a zip",
        workbook(["a", "b"], ["1", "2"]),
        workbook(NEW_AGGREGATED, row(NEW_AGGREGATED))[:-300],
        bomb(),
        pytest.param(far_row(), marks=pytest.mark.slow),
    ],
    ids=["empty", "other", "binary", "quote", "no zip", "no header", "cut", "bomb", "far row"],
)
def test_files_that_are_no_export_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(data)
    assert not sniff_boris_export(path, data[:8192])
    with pytest.raises(ReadError, match=r"x\.xlsx"):
        read_boris_export(path, {})


# -- real exports --------------------------------------------------------------------------


def test_real_exports_agree_with_the_project_they_came_from(shared: Path) -> None:
    folder = shared / "formats/boris"
    project = {r.id: r for r in read_boris(folder / "test.boris", {})}
    for name in ("aggregated_events_old_header.tsv", "events_tabular_preamble.xlsx"):
        path = folder / name
        assert sniff_boris_export(path, path.read_bytes()[:8192])
        (export,) = read_boris_export(path, {})
        assert shape(export) == shape(project[export.id])
        assert export.span == project[export.id].span
        assert export.meta["variables"] == project[export.id].meta["variables"]
        assert export.notes == ()
