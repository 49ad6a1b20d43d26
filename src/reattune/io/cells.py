"""Delimited text and spreadsheets as a header and rows of text, with size caps."""

from __future__ import annotations

import csv
import io
import lzma
import zlib
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.io.cell_store import Gatherer, Piece, Row, StoredRows
from reattune.io.safe import decode, find_encoding, open_text
from reattune.io.workbook import is_workbook, read_sheet

__all__ = [
    "DELIMITERS",
    "Cells",
    "Row",
    "guess_delimiter",
    "is_workbook",
    "looks_tabular",
    "peek_text",
    "plain_stem",
    "read_cells",
]

MAX_CELLS = 25_000_000
MAX_COLUMNS = 16_384
# In this order when several fit equally well: in "0,04;0,08" both marks cut every row alike.
DELIMITERS = ("\t", ";", "|", ",")
_DELIMITER_WORDS = {"tab": "\t", "\\t": "\t", "semicolon": ";", "comma": ",", "pipe": "|"}
_SAMPLE_CHARACTERS = 65_536
_SAMPLE_ROWS = 50

# Rows are taken this many at a time: as texts they need fifteen times the room of their file.
_ROWS_AT_ONCE = 8192

# The next rows, at most so many, and their lines (empty when rows simply follow one another).
Take = Callable[[int], tuple[Sequence[Sequence[str]], Sequence[int]]]


@dataclass(frozen=True, eq=False)
class Cells:
    """A table as text: nothing is interpreted yet.

    Attributes
    ----------
    header : tuple of str
        Cells of the header row, stripped.
    rows : sequence of tuple of str
        Each as long as the header. Wholly empty rows at the end are left out. A list, or for
        large tables a `StoredRows`, in which columns and rows in order are cheap to reach.
    first_line : int
        Line (or sheet row) of the first row below the header, counted from 1.
    delimiter : str
        Empty for a spreadsheet.
    encoding : str
        ``"xlsx"`` for a spreadsheet.
    lines : sequence of int or None
        Line of every row, when they do not simply follow one another.
    preamble : tuple of tuple of str
        Rows above the header.
    sheet : str
        Name of the sheet read, for a spreadsheet.
    notes : tuple of Note
    """

    header: Row
    rows: Sequence[Row]
    first_line: int
    delimiter: str
    encoding: str
    lines: Sequence[int] | None = None
    preamble: tuple[Row, ...] = ()
    sheet: str = ""
    notes: tuple[Note, ...] = ()

    def line(self, row: int) -> int:
        """Line in the file (or row in the sheet) of ``rows[row]``, counted from 1."""
        return self.lines[row] if self.lines is not None else self.first_line + row

    def column(self, index: int) -> list[str]:
        """All cells of one column, as written."""
        if isinstance(self.rows, StoredRows):
            return self.rows.column(index)
        return [row[index] for row in self.rows]

    def pieces(self, index: int) -> Iterator[Piece]:
        """One column piece by piece, for work in little room.

        A piece is words (the same list in all pieces) and the number of each row's word in them,
        or cells and None.
        """
        if isinstance(self.rows, StoredRows):
            yield from self.rows.pieces(index)
        elif self.rows:
            yield [row[index] for row in self.rows], None

    def coded(self, index: int) -> tuple[NDArray[np.int32], list[str]]:
        """The number of each row's word, shape (n,), and the different cells of a column."""
        codes = np.zeros(len(self.rows), dtype=np.int32)
        numbers: dict[str, int] = {}
        known: NDArray[np.int32] | None = None
        at = 0
        for words, piece in self.pieces(index):
            found = known
            if found is None or piece is None:
                each = (numbers.setdefault(word, len(numbers)) for word in words)
                found = np.fromiter(each, np.int32, len(words))
            if piece is not None:
                known, found = found, found[piece]
            codes[at : at + found.size] = found
            at += found.size
        return codes, list(numbers)


def read_cells(
    path: Path,
    data: bytes,
    *,
    sheet: str | int | None = None,
    delimiter: str | None = None,
    is_header: Callable[[Row], bool] | None = None,
) -> Cells:
    """Header and rows of a delimited text or an .xlsx workbook.

    Parameters
    ----------
    path : Path
        For messages only; the bytes are in ``data``.
    data : bytes
        Unpacked content, as `reattune.io.safe.read_bytes` returns it.
    sheet : str or int, optional
        Sheet of a workbook, by name or by number from 1; the first when absent.
    delimiter : str, optional
        ``","``, ``";"``, ``"|"``, tab, or their names; found from the first rows when absent.
    is_header : callable, optional
        Given the stripped cells of a row, says whether it is the header. Rows above it become the
        preamble. The first row that is not empty when absent.

    Raises
    ------
    ReadError
        When it is not text or a sound workbook, is too large, or has no header.
    """
    if data[:4] == b"PK\x03\x04":
        with read_sheet(path, data, sheet, MAX_CELLS) as opened:
            parts = _gather(path, opened.take, is_header)
        return _finished(path, parts, "", "xlsx", opened.name, opened.notes)
    encoding = find_encoding(data, path)
    mark = _known_delimiter(path, delimiter) or guess_delimiter(_sample(data, path)) or ","
    _check_size(path, data, encoding, mark)
    try:
        parts = _gather(path, _text_rows(path, data, mark, numbered=False), is_header)
    except _LinesDifferError:
        parts = _gather(path, _text_rows(path, data, mark, numbered=True), is_header)
    notes = []
    if encoding == "cp1252":
        notes.append(
            Note(
                "encoding_assumed",
                "The text is not UTF-8; it was read as Windows-1252. Check letters such as ä or é.",
                level="warning",
            )
        )
    return _finished(path, parts, mark, encoding, "", notes)


class _LinesDifferError(Exception):
    """Rows are not the lines of the file one by one."""


@dataclass(frozen=True, eq=False)
class _Parts:
    """The rows above the header, the header, and the rows below, with what was odd in them."""

    preamble: list[Row]
    header: Row
    rows: Sequence[Row]
    found: Gatherer
    lines: Sequence[int] | None


def _gather(path: Path, take: Take, is_header: Callable[[Row], bool] | None) -> _Parts:
    preamble: list[Row] = []
    found: Gatherer | None = None
    header: Row = ()
    numbered = False
    while (taken := take(_ROWS_AT_ONCE))[0]:
        rows, lines = taken
        numbered = numbered or bool(lines)
        if found is not None:
            found.add(rows, lines)
            continue
        for at, row in enumerate(rows):  # noqa: B007
            header = tuple(cell.strip() for cell in row)
            if any(header) and (is_header is None or is_header(header)):
                found = Gatherer(len(header))
                break
            preamble.append(tuple(row))
        if found is not None:
            if len(header) > MAX_COLUMNS:
                # A row further on that cannot be read is told of first.
                deque(iter(lambda: bool(take(_ROWS_AT_ONCE)[0]), False), maxlen=0)
                raise ReadError(
                    "has too many columns.",
                    path=path,
                    found=str(len(header)),
                    expected=f"at most {MAX_COLUMNS}",
                )
            found.add(rows[at + 1 :], lines[at + 1 :])
    if found is None:
        raise ReadError("has no header row.", path=path, expected="a row with the column names")
    body = found.finish()
    return _Parts(preamble, header, body, found, found.lines if numbered else None)


def _finished(
    path: Path, parts: _Parts, delimiter: str, encoding: str, sheet: str, notes: Sequence[Note]
) -> Cells:
    lines = parts.lines
    first_line = lines[0] if lines else len(parts.preamble) + 2
    made = Cells(parts.header, parts.rows, first_line, delimiter, encoding, lines)
    notes = (*notes, *_width_notes(made, parts.found))
    return replace(made, preamble=tuple(parts.preamble), sheet=sheet, notes=notes)


def _width_notes(cells: Cells, found: Gatherer) -> list[Note]:
    """Notes on rows with fewer or more cells than the header."""
    short, long = found.short, found.long
    notes = []
    if short and cells.delimiter:
        notes.append(
            Note(
                "rows_too_short",
                f"{len(short)} row(s) have fewer cells than the header; the missing cells at "
                f"their end are taken as empty (first at line {cells.line(short[0])}).",
                count=len(short),
                level="warning",
            )
        )
    if long:
        notes.append(
            Note(
                "rows_too_long",
                f"{len(long)} row(s) have more cells than the header and were not read "
                f"(first at line {cells.line(long[0])}); a text with the delimiter in it "
                "needs quotes.",
                count=len(long),
                level="warning",
            )
        )
    return notes


# -- text ----------------------------------------------------------------------------------


def guess_delimiter(text: str) -> str | None:
    """The mark that cuts the first rows into equally many cells (two at least), or None."""
    best: tuple[float, ...] = ()
    found = None
    for mark in DELIMITERS:
        counts = _cell_counts(text, mark)
        usual, times = Counter(counts).most_common(1)[0] if counts else (0, 0)
        if usual < 2:
            continue
        score = (counts[0] == usual, times / len(counts))
        if score > best:
            best, found = score, mark
    return found


def looks_tabular(text: str) -> bool:
    """Whether some delimiter cuts the header and nearly all first rows into equally many cells."""
    start = text.lstrip()[:1]
    if not start or start in "{[<" or any(c < " " and c not in "\t\r\n\f" for c in text):
        return False
    mark = guess_delimiter(text)
    if mark is None:
        return False
    counts = _cell_counts(text, mark)
    return counts[0] >= 2 and counts.count(counts[0]) >= 0.8 * len(counts)


def _cell_counts(text: str, mark: str) -> list[int]:
    sample = text[:_SAMPLE_CHARACTERS]
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=mark, skipinitialspace=True)
    counts: list[int] = []
    try:
        counts.extend(len(row) for row in islice(reader, _SAMPLE_ROWS) if row)
    except csv.Error:
        return []
    # The last row of a sample is usually cut in the middle.
    cut = len(counts) > 1 and len(counts) < _SAMPLE_ROWS and not sample.endswith(("\n", "\r"))
    return counts[:-1] if cut else counts


def _known_delimiter(path: Path, asked: str | None) -> str | None:
    if asked is None:
        return None
    mark = _DELIMITER_WORDS.get(asked.strip().casefold(), asked)
    if mark not in DELIMITERS:
        raise ReadError(
            f"delimiter = {asked!r} is not known.",
            path=path,
            expected="',', ';', '|', 'tab', or none to have it found",
        )
    return mark


def _sample(data: bytes, path: Path) -> str:
    stream, _ = open_text(data, path)
    return stream.read(_SAMPLE_CHARACTERS)


def _check_size(path: Path, data: bytes, encoding: str, mark: str) -> None:
    """Refuse NUL characters and too many cells, counted in the bytes where they are letters."""
    if encoding.startswith(("utf-16", "utf-32")):
        data = data.decode(encoding).encode("utf-8")
    nul = data.find(b"\x00")
    if nul >= 0:
        line = data.count(b"\n", 0, nul) + 1
        raise ReadError("is not a text file (it holds NUL bytes).", path=path, where=f"line {line}")
    size = data.count(mark.encode()) + data.count(b"\n")
    if size > MAX_CELLS:
        limit = f"at most {MAX_CELLS}"
        raise ReadError("has too many cells.", path=path, found=f"{size}", expected=limit)


def _text_rows(path: Path, data: bytes, mark: str, *, numbered: bool) -> Take:
    """Rows of a text, without the empty ones; with their lines when ``numbered``.

    Without, it gives up with `_LinesDifferError` where a row is not one line.
    """
    stream, _ = open_text(data, path)
    reader = csv.reader(stream, delimiter=mark, strict=True, skipinitialspace=True)
    taken = 0

    def filled() -> Iterator[tuple[int, list[str]]]:
        line = 1
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1

    lined = filled()

    def take(count: int) -> tuple[list[list[str]], list[int]]:
        nonlocal taken
        try:
            if numbered:
                pairs = list(islice(lined, count))
                return [row for _, row in pairs], [line for line, _ in pairs]
            rows = list(islice(reader, count))
        except csv.Error as error:
            raise ReadError(
                f"cannot be cut into cells ({error}).",
                path=path,
                where=f"line {reader.line_num}",
                expected="every opening quote to be closed before the next delimiter",
            ) from error
        taken += len(rows)
        if reader.line_num != taken or not all(rows):
            raise _LinesDifferError
        return rows, []

    return take


# -- looking at a file's beginning ---------------------------------------------------------


def peek_text(head: bytes) -> str | None:
    """Text of a file's first bytes, unpacked from gzip or xz; None when they are no text."""
    try:
        if head[:2] == b"\x1f\x8b":
            head = zlib.decompressobj(wbits=31).decompress(head, _SAMPLE_CHARACTERS)
        elif head[:6] == b"\xfd7zXZ\x00":
            head = lzma.LZMADecompressor().decompress(head, _SAMPLE_CHARACTERS)
        return decode(head[: len(head) // 4 * 4] if head[:1] in b"\xff\xfe" else head, Path())[0]
    except (ReadError, zlib.error, lzma.LZMAError, EOFError):
        return None


def plain_stem(path: Path) -> str:
    """The file's name without its endings: ``t0102`` for ``t0102.csv.gz``."""
    name = Path(path.name)
    if name.suffix.casefold() in {".gz", ".xz"}:
        name = Path(name.stem)
    return name.stem
