"""ELAN tab-delimited exports: a row per annotation (long) or a column per tier (wide)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.cells import MAX_CELLS, MAX_COLUMNS, Cells, Row, peek_text, plain_stem, read_cells
from reattune.io.coded import (
    Coded,
    Skipped,
    coded_tracks,
    encoding_notes,
    end_not_known,
    rows_read,
    time_fault,
)
from reattune.io.columns import FloatArray, parse_times
from reattune.io.elan_tab_bare import bare_header
from reattune.io.register import Format, register_reader
from reattune.io.safe import decode, read_bytes, sha256

_TIME = re.compile(r"(begin|end|duration) time - (.+)|duration - (.+)")
# How a time is written -> unit of a plain number; the most exact first.
_WRITTEN = {"msec": "ms", "ss.msec": "s", "hh:mm:ss.ms": "s", "hh:mm:ss.msec": "s"}
# Names of the column that tells several annotation files apart; earlier ones win.
_FILES = ("file", "file name", "filename", "file path", "transcription name", "transcription")
_CLIPS = (*_FILES, "clip name", "clip_name", "clip", "linked media")
_MAX_ROWS = 2_000_000


@dataclass(frozen=True, eq=False)
class _Sheet:
    """The rows with their times, and which columns mean what."""

    cells: Cells
    starts: FloatArray
    ends: FloatArray
    names: tuple[str, ...]
    timed: frozenset[int]
    first_time: int


def read_elan_tab(path: Path, options: Mapping[str, object]) -> tuple[Recording, ...]:
    """One recording for every annotation file in an ELAN tab-delimited export.

    In the long form every tier (and participant) becomes a track, and an empty annotation is an
    event with the code ``""``. In the wide form every column behind the times is a tier and an
    empty cell means that nothing was annotated; columns before the times describe the file and
    become covariates where they do not change in it. Of several ways to write a time the most
    exact is used: milliseconds, then seconds, then hh:mm:ss.ms.

    Parameters
    ----------
    path : Path
    options : mapping
        ``file``: name of the column that tells the annotation files apart.

    Raises
    ------
    ReadError
        When there are no begin and end times, or no annotation can be read.
    """
    path = Path(path)
    data = read_bytes(path)
    sheet = _sheet(path, _cells(path, data))
    file_column = _file_column(path, sheet, options.get("file"))
    groups: dict[str, list[int]] = {}
    for row, written in enumerate(sheet.cells.rows):
        if any(cell.strip() for cell in written):
            stem = written[file_column].strip() if file_column is not None else ""
            groups.setdefault(_plain_name(stem) or plain_stem(path), []).append(row)
    if not groups:
        raise ReadError("has no rows below its header.", path=path)
    digest = sha256(data)
    return tuple(
        _recording(name, rows, sheet, file_column, path, digest) for name, rows in groups.items()
    )


# -- columns -------------------------------------------------------------------------------


def _cells(path: Path, data: bytes) -> Cells:
    """The table; between tabs ELAN writes no quotes, so a quote is an ordinary character."""
    if data[:4] == b"PK\x03\x04":
        raise ReadError("is a zip archive, not a text.", path=path, expected="tab-delimited text")
    text, encoding = decode(data, path)
    if "\t" not in text.partition("\n")[0]:
        return read_cells(path, data, is_header=_is_header)
    if "\x00" in text:
        raise ReadError("is not a text file (it holds NUL bytes).", path=path)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > _MAX_ROWS or text.count("\t") > MAX_CELLS:
        raise ReadError("is too large.", path=path, expected=f"at most {_MAX_ROWS} rows")
    rows = [tuple(_unquoted(cell) for cell in line.split("\t")) for line in lines]
    numbered = [(at, row) for at, row in enumerate(rows, start=1) if any(c.strip() for c in row)]
    if not numbered:
        raise ReadError("holds only blanks.", path=path)
    header = tuple(cell.strip() for cell in numbered[0][1])
    if _is_header(header):
        numbered = numbered[1:]
    else:
        header = bare_header([row for _, row in numbered]) or header
    width = len(header)
    if width > MAX_COLUMNS or width * len(numbered) > MAX_CELLS:
        raise ReadError(
            "has too many cells.",
            path=path,
            found=f"{width} columns, {len(numbered)} rows",
            expected=f"at most {MAX_COLUMNS} columns and {MAX_CELLS} cells",
        )
    long = [line for line, row in numbered if any(cell.strip() for cell in row[width:])]
    notes = list(encoding_notes(encoding))
    if long:
        notes.append(
            Note(
                "rows_too_long",
                f"{len(long)} row(s) have more cells than the header; the cells beyond it were "
                f"not read (first at line {long[0]}).",
                count=len(long),
                level="warning",
            )
        )
    return Cells(
        header,
        [(*row, *[""] * (width - len(row)))[:width] for _, row in numbered],
        numbered[0][0] if numbered else 2,
        "\t",
        encoding,
        tuple(line for line, _ in numbered),
        notes=tuple(notes),
    )


def _unquoted(cell: str) -> str:
    """A spreadsheet puts quotes round cells that hold quotes; ELAN does not."""
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell


def _role(name: str) -> tuple[str, str] | None:
    """("begin", "end" or "duration", way it is written) of a time column, else None."""
    match = _TIME.fullmatch(" ".join(name.split()).casefold())
    if match is None:
        return None
    role, written, of_duration = match.groups()
    return (role, written) if role else ("duration", of_duration)


def _is_header(row: Sequence[str]) -> bool:
    roles = {role[0] for role in map(_role, row) if role}
    return "begin" in roles and bool(roles & {"end", "duration"})


def _sheet(path: Path, cells: Cells) -> _Sheet:
    found: dict[str, dict[str, int]] = {"begin": {}, "end": {}, "duration": {}}
    timed = set()
    for index, name in enumerate(cells.header):
        role = _role(name)
        if role is not None:
            found[role[0]].setdefault(role[1], index)
            timed.add(index)
    begin = _times(cells, found["begin"])
    end = _times(cells, found["end"])
    if begin is not None and end is None:
        duration = _times(cells, found["duration"])
        end = None if duration is None else begin + duration
    if begin is None or end is None:
        raise ReadError(
            "has no begin and end times.",
            path=path,
            found=", ".join(repr(name[:40]) for name in cells.header[:8]),
            expected="columns such as 'Begin Time - msec' and 'End Time - msec', written as one "
            "of " + ", ".join(_WRITTEN),
        )
    names = tuple(" ".join(name.split()).casefold() for name in cells.header)
    return _Sheet(cells, begin, end, names, frozenset(timed), min(timed))


def _times(cells: Cells, columns: Mapping[str, int]) -> FloatArray | None:
    """Seconds from the most exact of these columns, nan = not readable; None without one."""
    for written, unit in _WRITTEN.items():
        if written in columns:
            values, odd = parse_times(
                cells.column(columns[written]), cells.delimiter in ("\t", ";"), unit
            )
            return np.where(odd, np.nan, values)
    return None


def _file_column(path: Path, sheet: _Sheet, asked: object) -> int | None:
    wanted = _CLIPS if asked is None else (" ".join(str(asked).split()).casefold(),)
    for name in wanted:
        if name in sheet.names:
            return sheet.names.index(name)
    if asked is None:
        return None
    raise ReadError(
        f"has no column {asked!r} (option file).",
        path=path,
        found=", ".join(repr(name[:40]) for name in sheet.cells.header[:12]),
    )


def _plain_name(text: str) -> str:
    """The name in a path, without the ending of annotation files."""
    name = re.split(r"[\\/]", text)[-1].strip()
    return name[:-4] if name.casefold().endswith(".eaf") else name


# -- one annotation file -------------------------------------------------------------------


def _recording(
    name: str,
    rows: list[int],
    sheet: _Sheet,
    file_column: int | None,
    path: Path,
    digest: str,
) -> Recording:
    skipped = Skipped()
    placed = []
    for row in rows:
        fault = time_fault(float(sheet.starts[row]), float(sheet.ends[row]))
        if fault:
            skipped.add(fault, f"line {sheet.cells.line(row)}")
        else:
            placed.append(row)
    long = "tier" in sheet.names and "annotation" in sheet.names
    covariates: dict[str, str] = {}
    if long:
        tracks = _long_tracks(sheet, placed)
    else:
        tracks, covariates = _wide_tracks(sheet, rows, placed, file_column)
    return Recording(
        id=name,
        format="elan_tab",
        path=path,
        tracks=tracks,
        meta={
            "sha256": digest,
            "shape": "long" if long else "wide",
            "covariates": covariates,
        },
        notes=(
            rows_read(len(placed), len(rows)),
            *skipped.notes(),
            *sheet.cells.notes,
            end_not_known(),
        ),
    )


def _event(sheet: _Sheet, row: int, code: str) -> Coded:
    return Coded(float(sheet.starts[row]), float(sheet.ends[row]), code)


def _long_tracks(sheet: _Sheet, rows: list[int]) -> tuple[Track, ...]:
    tier, annotation = sheet.names.index("tier"), sheet.names.index("annotation")
    who = sheet.names.index("participant") if "participant" in sheet.names else None
    events: dict[tuple[str, str], list[Coded]] = {}
    for row in rows:
        cells = sheet.cells.rows[row]
        key = (cells[tier].strip() or "annotations", cells[who].strip() if who is not None else "")
        events.setdefault(key, []).append(_event(sheet, row, cells[annotation].strip()))
    return tuple(
        track
        for (name, person), members in events.items()
        for track in coded_tracks(name, members, person=person)
    )


def _wide_tracks(
    sheet: _Sheet, rows: list[int], placed: list[int], file_column: int | None
) -> tuple[tuple[Track, ...], dict[str, str]]:
    """Tracks of the tiers, and the columns before the times that do not change."""
    cells = sheet.cells
    tracks: list[Track] = []
    covariates: dict[str, str] = {}
    for index, name in enumerate(cells.header):
        if index in sheet.timed or index == file_column or sheet.names[index] in _FILES or not name:
            continue
        if index < sheet.first_time:
            values = {cells.rows[row][index].strip() for row in rows}
            if len(values) == 1:
                covariates[name] = values.pop()
                continue
        events = [
            _event(sheet, row, code) for row in placed if (code := cells.rows[row][index].strip())
        ]
        tracks.extend(coded_tracks(name, events))
    return tuple(tracks), covariates


# -- recognising ---------------------------------------------------------------------------


def sniff_elan_tab(path: Path, head: bytes) -> bool:
    """Whether the first row names ELAN's time columns, or all first rows are such annotations."""
    text = peek_text(head)
    if text is None:
        return False
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    whole = lines[:-1] if len(lines) > 1 else lines
    rows: list[Row] = [tuple(line.split("\t")) for line in whole if line.strip()][:50]
    if not rows:
        return False
    first = rows[0] if len(rows[0]) > 1 else tuple(c.strip('"') for c in re.split("[,;]", whole[0]))
    return _is_header(first) or bare_header(rows) is not None


register_reader(
    Format(
        name="elan_tab",
        title="ELAN tab-delimited export (txt)",
        suffixes=(".txt", ".csv", ".tsv"),
        sniff=sniff_elan_tab,
        read=read_elan_tab,
    )
)
