"""Datavyu project files (.opf): a zip with the coding as text in the member ``db``."""

from __future__ import annotations

import lzma
import re
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.cells import plain_stem
from reattune.io.coded import (
    TIME_FAULTS,
    Coded,
    Skipped,
    coded_tracks,
    encoding_notes,
    end_not_known,
    rows_read,
    time_fault,
)
from reattune.io.register import Format, register_reader
from reattune.io.safe import MAX_BYTES, decode, open_zip, read_bytes, read_member, sha256

# Characters of the line that declares a column; longer ones are no column of a person's making.
_LONGEST_HEADER = 20_000
MAX_ARGUMENTS = 1000
_MAX_COLUMNS = 5000

_COLUMN = re.compile(
    r"((?:\\.|[^(\\])+)\(([A-Za-z_]+)(?:,(true|false))?(?:,((?:\\.|[^)\\])*))?\)\s*(?:-(.*))?",
    re.DOTALL,
)
_CELL = re.compile(
    r"(\d{1,6}):(\d\d):(\d\d):(\d{3}),(\d{1,6}):(\d\d):(\d\d):(\d{3}),(.*)", re.DOTALL
)
_LIKE_A_CELL = re.compile(r"[-+\d:.]+,[-+\d:.]*,")
_FEED = re.compile(r"^[ \t]*(?:-[ \t]+)?feed:[ \t]*(\S.*)$", re.MULTILINE)

_FAULTS = {
    **TIME_FAULTS,
    "cells_cut": "are cut off or have no brackets",
    "cells_with_other_codes": "have more or fewer values than their column has codes",
}


@dataclass
class Column:
    """One column while it is read: its codes and, for every code, its cells with a value."""

    name: str
    kind: str
    codes: tuple[str, ...]
    events: list[list[Coded]]
    cells: int = 0
    empty: int = 0
    meta: dict[str, object] = field(default_factory=dict)

    def put(self, start_s: float, end_s: float, values: tuple[str, ...]) -> None:
        """One cell: a value for every code; empty ones of several are not coded."""
        self.cells += 1
        for events, value in zip(self.events, values, strict=True):
            if value or len(values) == 1:
                events.append(Coded(start_s, end_s, value))
            self.empty += not value

    def tracks(self) -> tuple[Track, ...]:
        """A track for every code, named after the column where it has one code only."""
        return tuple(
            track
            for code, events in zip(self.codes, self.events, strict=True)
            for track in coded_tracks(
                self.name if len(self.codes) == 1 else f"{self.name}.{code}",
                events,
                meta={"column": self.name, "code": code, **self.meta},
            )
        )


def new_column(name: str, kind: str, codes: tuple[str, ...], **meta: object) -> Column:
    """A column without cells."""
    return Column(name, kind, codes, [[] for _ in codes], meta=meta)


def empty_note(columns: list[Column]) -> tuple[Note, ...]:
    """The note on values that nobody filled in."""
    count = sum(column.empty for column in columns)
    if not count:
        return ()
    return (
        Note(
            "values_empty",
            f"{count} value(s) are empty; in a column of several codes they count as not coded, "
            'in a column of one code as the code "".',
            count=count,
        ),
    )


def read_datavyu(path: Path, options: Mapping[str, object]) -> tuple[Recording, ...]:
    """The one recording of a Datavyu project: a track for every column and code.

    A column with one code gives a track of its name, one with several ``column.code``. Cells may
    overlap; cells without length become a track of points of the same name. Times are seconds on
    the project's clock (milliseconds in the file).

    Parameters
    ----------
    path : Path
    options : mapping
        Not used.

    Raises
    ------
    ReadError
        When it is no sound archive, has no ``db``, or no column in it.
    """
    path = Path(path)
    data = read_bytes(path)
    notes: list[Note] = []
    with open_zip(data, path) as archive:
        name = _member(archive, "db", path, notes)
        if name is None:
            raise ReadError(
                "is a zip archive without a member 'db'.",
                path=path,
                found=", ".join(repr(member) for member in archive.namelist()[:6]),
                expected="a Datavyu project (.opf)",
            )
        text, encoding = decode(_bytes(archive, name, path), path)
        project = _member(archive, "project", path, [])
        media = _media(_bytes(archive, project, path)) if project else ()
    skipped = Skipped("cell(s)")
    columns, unknown = _parse(text, path, skipped)
    there = sum(column.cells for column in columns) + sum(skipped.counts.values())
    notes += [
        rows_read(sum(column.cells for column in columns), there, "cell(s)"),
        *skipped.notes(_FAULTS),
        *_unknown_notes(unknown),
        *empty_note(columns),
        *encoding_notes(encoding),
        end_not_known(),
    ]
    return (
        Recording(
            id=plain_stem(path),
            format="datavyu",
            path=path,
            tracks=tuple(track for column in columns for track in column.tracks()),
            media=media,
            meta={"sha256": sha256(data)},
            notes=tuple(notes),
        ),
    )


# -- the archive ---------------------------------------------------------------------------


def _member(archive: zipfile.ZipFile, wanted: str, path: Path, notes: list[Note]) -> str | None:
    """The member of that file name nearest to the top; copies made by macOS do not count."""
    found = [
        name
        for name in archive.namelist()
        if PurePosixPath(name).name == wanted and "__MACOSX" not in PurePosixPath(name).parts
    ]
    found.sort(key=lambda name: (name.count("/"), name))
    if len(found) > 1:
        notes.append(
            Note(
                "several_projects",
                f"The archive holds {len(found)} members called {wanted!r}; {found[0]!r} was read.",
                count=len(found),
                level="warning",
            )
        )
    return found[0] if found else None


def _bytes(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    try:
        return read_member(archive, name, path)
    except (lzma.LZMAError, struct.error, ValueError) as error:
        if isinstance(error, ReadError):
            raise
        raise ReadError(f"member {name!r} cannot be read ({error}).", path=path) from error


def _media(project: bytes) -> tuple[Mapping[str, object], ...]:
    """File names of the videos. The YAML is searched, never loaded; paths are not followed."""
    found = _FEED.findall(project.decode("utf-8", errors="replace")[:1_000_000])
    names = (re.split(r"[\\/]", feed.strip().strip("'\""))[-1].strip() for feed in found)
    return tuple({"name": name} for name in dict.fromkeys(names) if name)


# -- the text ------------------------------------------------------------------------------


def _parse(text: str, path: Path, skipped: Skipped) -> tuple[list[Column], list[int]]:
    """The columns with their cells, and the lines that are neither."""
    columns: list[Column] = []
    unknown: list[int] = []
    for number, line in _lines(text):
        if not line.strip() or (number == 1 and line.strip().lstrip("\ufeff").startswith("#")):
            continue
        cell = _CELL.fullmatch(line.rstrip())
        if cell is not None and columns:
            _put_cell(columns[-1], cell, f"line {number}", skipped)
            continue
        like_a_cell = cell is not None or _LIKE_A_CELL.match(line) is not None
        column = None if like_a_cell else _column(line.strip(), path, number)
        if column is not None:
            columns.append(column)
            if len(columns) > _MAX_COLUMNS:
                raise ReadError(
                    "has too many columns.",
                    path=path,
                    where=f"db, line {number}",
                    expected=f"at most {_MAX_COLUMNS}",
                )
        elif not columns:
            raise ReadError(
                "is not the text of a Datavyu project.",
                path=path,
                where=f"db, line {number}",
                found=repr(line[:60]),
                expected="the name of a column such as 'affect (MATRIX,true,)-code01|NOMINAL'",
            )
        elif like_a_cell:
            skipped.add("rows_without_time", f"line {number}")
        else:
            unknown.append(number)
    if not columns:
        raise ReadError("has no columns.", path=path, where="db")
    return columns, unknown


def _lines(text: str) -> list[tuple[int, str]]:
    """Lines with their number; one that ends with a backslash goes on in the next."""
    joined: list[tuple[int, str]] = []
    held: list[str] = []
    first = 1
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if not held:
            first = number
        trailing = len(line) - len(line.rstrip("\\"))
        if trailing % 2:
            held.append(line[:-1])
            continue
        joined.append((first, "\n".join([*held, line])))
        held = []
    if held:
        joined.append((first, "\n".join(held)))
    return joined


def _column(line: str, path: Path, number: int) -> Column | None:
    if len(line) > _LONGEST_HEADER:
        return None
    match = _COLUMN.fullmatch(line)
    if match is None:
        return None
    name, kind, visible, _, declared = match.groups()
    codes = tuple(
        unescape(split_escaped(code, "|")[0]).strip() or f"code{at:02d}"
        for at, code in enumerate(split_escaped(declared or "", ","), start=1)
    )
    if len(codes) > MAX_ARGUMENTS:
        raise ReadError(
            "has a column with too many codes.",
            path=path,
            where=f"db, line {number}",
            found=str(len(codes)),
            expected=f"at most {MAX_ARGUMENTS}",
        )
    return new_column(unescape(name).strip() or "column", kind, codes, visible=visible != "false")


def _put_cell(column: Column, cell: re.Match[str], place: str, skipped: Skipped) -> None:
    parts = cell.groups()
    start_s, end_s = _seconds(parts[0:4]), _seconds(parts[4:8])
    fault = time_fault(start_s, end_s)
    if not fault:
        values = _values(parts[8], column)
        if values is None:
            fault = "cells_cut"
        elif len(values) != len(column.codes):
            fault = "cells_with_other_codes"
        elif start_s is not None and end_s is not None:
            column.put(start_s, end_s, values)
    if fault:
        skipped.add(fault, place)


def _seconds(parts: tuple[str, ...]) -> float | None:
    hours, minutes, seconds, milliseconds = map(int, parts)
    if minutes >= 60 or seconds >= 60:
        return None
    return ((hours * 60 + minutes) * 60_000 + seconds * 1000 + milliseconds) / 1000


def _values(text: str, column: Column) -> tuple[str, ...] | None:
    """One value per code; None when the brackets of a matrix are missing."""
    bracketed = text.startswith("(") and text.endswith(")")
    if column.kind.upper() == "MATRIX" and not bracketed:
        return None
    inner = text[1:-1] if bracketed else text
    parts = split_escaped(inner, ",") if bracketed else [inner]
    return tuple(unescape(part).strip() for part in parts)


def split_escaped(text: str, mark: str) -> list[str]:
    r"""Parts between marks that have no backslash before them.

    Examples
    --------
    >>> split_escaped(r"a\,b,c", ",")
    ['a\\,b', 'c']
    """
    parts, start, at = [], 0, 0
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        if text[at] == mark:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return [*parts, text[start:]]


def unescape(text: str) -> str:
    """Text without the backslashes that protect characters."""
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _unknown_notes(lines: list[int]) -> tuple[Note, ...]:
    if not lines:
        return ()
    return (
        Note(
            "lines_not_understood",
            f"{len(lines)} line(s) of the coding are neither a column nor a cell and were not "
            f"read (first at line {lines[0]} of db).",
            count=len(lines),
            level="warning",
        ),
    )


def sniff_datavyu(path: Path, head: bytes) -> bool:
    """Whether it is a zip archive with the two members of a Datavyu project."""
    if head[:4] != b"PK\x03\x04":
        return False
    try:
        if Path(path).stat().st_size > MAX_BYTES:
            return False
        with zipfile.ZipFile(path) as archive:
            names = {PurePosixPath(name).name for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
        return False
    return {"db", "project"} <= names


register_reader(
    Format(
        name="datavyu",
        title="Datavyu project (.opf)",
        suffixes=(".opf",),
        sniff=sniff_datavyu,
        read=read_datavyu,
    )
)
