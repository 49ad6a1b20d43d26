"""Tables and INTERACT exports mutated at random: `ReadError` or a sound recording, nothing else."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.interact import read_interact
from reattune.io.register import FORMATS
from reattune.io.table import read_table

from .fuzzing import few

Rows = list[list[str]]
Reader = Callable[[Path, Mapping[str, object]], tuple[Recording, ...]]
FEW = few(100)

INTERVALS: Rows = [
    ["session", "person", "tier", "onset", "offset", "code"],
    *[
        [f"s{i // 6}", "ab"[i % 2], "affect", f"{i}", f"{i + 1}", "pos neu".split()[i % 2]]
        for i in range(12)
    ],
]
SAMPLES: Rows = [
    ["id", "sec", "x", "word"],
    *[[f"{i // 6}", f"{i % 6}", f"{i}.5", "u"] for i in range(12)],
]
WIDE: Rows = [
    ["couple", "A1", "A2", "A3", "B1", "B2", "B3"],
    *[[f"c{i}", *"010101"] for i in range(4)],
]
INTERACT: Rows = [
    ["Level", "Description", "Number", "Onset_Time", "Offset_Time", "Duration_Time", "M", "I"],
    ["1", "play", "1", "100", "120", "20", "", ""],
    *[
        ["3", "", f"{i}", f"{100 + i}", f"{100.96 + i}", "0.96", "1" * (i % 2), "A"]
        for i in range(10)
    ],
]
NASTY = (
    *("", "NaN", "-1", "1e309", "1e-309", "inf", "999999999999", "1e11", "-0.0", "0", "0.5", "3"),
    *("00:00:01", "1:61", "12:00:00:99", '"', '""', "a,b", "a;b", "\t", "|", "\n", "\r", "\x00"),
    *(
        "=1+1",
        "é",
        "\u2028",
        "\ufeff",
        "1_0",
        "\u0661",
        "onset",
        "time",
        "code",
        "level",
        "x" * 200,
    ),
)
OPTIONS: tuple[dict[str, object], ...] = (
    *({}, {"rate_hz": 10}, {"fps": 25, "unit": "frame"}, {"unit": "ms"}, {"session": "onset"}),
    *({"wide": {"A": "a", "B": "b"}, "interval_s": 10}, {"code": ["code", "tier"]}, {"fps": "x"}),
    *(
        {"columns": ["a", "b", "c", "d"], "rate_hz": 1},
        {"time": "sec"},
        {"start": "sec", "code": "x"},
    ),
    *({"delimiter": "tab"}, {"sheet": 9}, {"decimal": ","}, {"wide": {}}, {"time": ["x", "sec"]}),
)


@st.composite
def mutated(draw: st.DrawFn, base: Rows) -> Rows:
    rows = [list(row) for row in base]
    for _ in range(draw(st.integers(0, 4))):
        if not rows:
            break
        at = draw(st.integers(0, len(rows) - 1))
        kind = draw(
            st.sampled_from(["cell", "cell", "cell", "drop", "add", "twice", "gone", "swap"])
        )
        row = rows[at]
        cell = draw(st.integers(0, max(0, len(row) - 1)))
        if kind == "cell" and row:
            row[cell] = draw(st.sampled_from(NASTY))
        elif kind == "drop" and row:
            del row[cell]
        elif kind == "add":
            row.insert(cell, draw(st.sampled_from(NASTY)))
        elif kind == "twice":
            rows.insert(at, list(row))
        elif kind == "gone":
            del rows[at]
        elif kind == "swap":
            other = draw(st.integers(0, len(rows) - 1))
            rows[at], rows[other] = rows[other], rows[at]
    return rows


@st.composite
def as_bytes(draw: st.DrawFn, base: Rows) -> bytes:
    rows = draw(mutated(base))
    mark = draw(st.sampled_from([",", ",", ";", "\t", "|"]))
    newline = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    data = newline.join(mark.join(row) for row in rows).encode(encoding, errors="ignore")
    if draw(st.integers(0, 3)) == 0 and data:
        cut = draw(st.integers(0, len(data)))
        data = data[:cut] + draw(st.binary(max_size=3)) + data[cut + draw(st.integers(0, 5)) :]
    return data[: draw(st.integers(0, len(data)))] if draw(st.integers(0, 5)) == 0 else data


def check(reader: Reader, data: bytes, options: dict[str, object], ending: str = ".csv") -> int:
    """Reads the bytes; anything but `ReadError` escapes, anything read is sound."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"mutated{ending}"
        path.write_bytes(data)
        for name in ("table", "interact"):
            assert FORMATS[name].sniff(path, data[:8192]) in (True, False)
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
        if track.kind == "samples":
            assert np.isfinite(track.start_s) and 0 < track.rate_hz < np.inf
            assert (track.values is None) != (track.labels == ())
            assert track.values is None or not np.isinf(track.values).any()
        else:
            assert np.isfinite(track.starts).all() and (track.starts >= 0).all()
            assert (np.diff(track.starts) >= 0).all()
            assert (track.ends >= track.starts).all()
            assert all(track.labels)
    first, last = recording.extent()
    assert first <= last


@FEW
@given(
    data=st.one_of(as_bytes(INTERVALS), as_bytes(SAMPLES), as_bytes(WIDE)), at=st.integers(0, 15)
)
def test_mutated_tables(data: bytes, at: int) -> None:
    check(read_table, data, OPTIONS[at])


@FEW
@given(data=st.one_of(as_bytes(INTERVALS), as_bytes(SAMPLES)))
def test_mutated_tables_without_options(data: bytes) -> None:
    check(read_table, data, {})


@FEW
@given(data=as_bytes(INTERACT), fps=st.sampled_from([None, 25, "x"]))
def test_mutated_interact(data: bytes, fps: object) -> None:
    check(read_interact, data, {} if fps is None else {"fps": fps})


@pytest.mark.parametrize(
    ("rows", "reader", "options", "sessions"),
    [
        (INTERVALS, read_table, {}, 2),
        (SAMPLES, read_table, {}, 2),
        (WIDE, read_table, OPTIONS[5], 4),
        (INTERACT, read_interact, {}, 1),
    ],
)
def test_the_specimens_themselves_are_read(
    rows: Rows, reader: Reader, options: dict[str, object], sessions: int
) -> None:
    data = "\n".join(",".join(row) for row in rows).encode()
    assert check(reader, data, options) == sessions


@cache
def specimen_workbook() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    for row in INTERVALS:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@FEW
@given(
    member=st.integers(0, 20),
    at=st.integers(0, 4000),
    length=st.integers(0, 12),
    put=st.sampled_from(
        [
            b"",
            b"<",
            b">",
            b'"',
            b"9" * 12,
            b"&a;",
            b"\x00",
            b"</row>",
            b't="s"',
            b"ZZZ",
            b"-1",
            b"NaN",
        ]
    ),
)
def test_mutated_workbooks(member: int, at: int, length: int, put: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(specimen_workbook())) as archive:
        bodies = {name: archive.read(name) for name in archive.namelist()}
    # Half of the time the sheet itself.
    names = [*bodies, *["xl/worksheets/sheet1.xml"] * len(bodies)]
    name = names[member % len(names)]
    cut = at % (len(bodies[name]) + 1)
    bodies[name] = bodies[name][:cut] + put + bodies[name][cut + length :]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", 8) as archive:
        for key, body in bodies.items():
            archive.writestr(key, body)
    check(read_table, out.getvalue(), {}, ".xlsx")


@FEW
@given(at=st.integers(0, 10_000), value=st.integers(0, 255))
def test_flipped_bytes_of_a_workbook(at: int, value: int) -> None:
    data = bytearray(specimen_workbook())
    data[at % len(data)] = value
    check(read_table, bytes(data), {}, ".xlsx")
