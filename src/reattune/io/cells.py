"""Delimited text and spreadsheets as a header and rows of text, with size caps."""

from __future__ import annotations

import csv
import io
import lzma
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.io.safe import decode
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

Row = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Cells:
    """A table as text: nothing is interpreted yet.

    Attributes
    ----------
    header : tuple of str
        Cells of the header row, stripped.
    rows : list of tuple of str
        Each as long as the header. Wholly empty rows at the end are left out.
    first_line : int
        Line (or sheet row) of the first row below the header, counted from 1.
    delimiter : str
        Empty for a spreadsheet.
    encoding : str
        ``"xlsx"`` for a spreadsheet.
    lines : tuple of int or None
        Line of every row, when they do not simply follow one another.
    preamble : tuple of tuple of str
        Rows above the header.
    sheet : str
        Name of the sheet read, for a spreadsheet.
    notes : tuple of Note
    """

    header: Row
    rows: list[Row]
    first_line: int
    delimiter: str
    encoding: str
    lines: tuple[int, ...] | None = None
    preamble: tuple[Row, ...] = ()
    sheet: str = ""
    notes: tuple[Note, ...] = ()

    def line(self, row: int) -> int:
        """Line in the file (or row in the sheet) of ``rows[row]``, counted from 1."""
        return self.lines[row] if self.lines is not None else self.first_line + row

    def column(self, index: int) -> list[str]:
        """All cells of one column, as written."""
        return [row[index] for row in self.rows]


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
        rows, lines, name, notes = read_sheet(path, data, sheet, MAX_CELLS)
        mark, encoding = "", "xlsx"
    else:
        text, encoding = decode(data, path)
        mark = _known_delimiter(path, delimiter) or guess_delimiter(text) or ","
        rows, lines, notes = _text_rows(path, text, mark)
        name = ""
        if encoding == "cp1252":
            notes.append(
                Note(
                    "encoding_assumed",
                    "The text is not UTF-8; it was read as Windows-1252. "
                    "Check letters such as ä or é.",
                    level="warning",
                )
            )
    return _with_header(path, rows, lines, is_header, mark, encoding, name, notes)


def _with_header(
    path: Path,
    rows: list[Row],
    lines: list[int] | None,
    is_header: Callable[[Row], bool] | None,
    delimiter: str,
    encoding: str,
    sheet: str,
    notes: list[Note],
) -> Cells:
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    at = 0
    header: Row = ()
    for at, row in enumerate(rows):  # noqa: B007
        header = tuple(cell.strip() for cell in row)
        if any(header) and (is_header is None or is_header(header)):
            break
    else:
        raise ReadError("has no header row.", path=path, expected="a row with the column names")
    if len(header) > MAX_COLUMNS:
        raise ReadError(
            "has too many columns.",
            path=path,
            found=str(len(header)),
            expected=f"at most {MAX_COLUMNS}",
        )
    body = rows[at + 1 :]
    kept_lines = tuple(lines[at + 1 :]) if lines is not None else None
    first_line = kept_lines[0] if kept_lines else at + 2
    made = Cells(header, body, first_line, delimiter, encoding, kept_lines)
    body, more = _square(made, len(header))
    return Cells(
        header,
        body,
        first_line,
        delimiter,
        encoding,
        kept_lines,
        tuple(rows[:at]),
        sheet,
        (*notes, *more),
    )


def _square(cells: Cells, width: int) -> tuple[list[Row], list[Note]]:
    """Rows of equal width: short ones are filled, those with text beyond the header emptied."""
    if set(map(len, cells.rows)) <= {width}:
        return cells.rows, []
    square: list[Row] = []
    short: list[int] = []
    long: list[int] = []
    for at, row in enumerate(cells.rows):
        if len(row) < width:
            if row:
                short.append(at)
            row = row + ("",) * (width - len(row))
        elif len(row) > width:
            if any(cell.strip() for cell in row[width:]):
                # Its cells cannot be told apart any more, but its place in the table counts.
                long.append(at)
                row = ("",) * width
            row = row[:width]
        square.append(row)
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
    return square, notes


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


def _text_rows(path: Path, text: str, mark: str) -> tuple[list[Row], list[int] | None, list[Note]]:
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise ReadError("is not a text file (it holds NUL bytes).", path=path, where=f"line {line}")
    if text.count(mark) + text.count("\n") > MAX_CELLS:
        raise ReadError(
            "has too many cells.",
            path=path,
            found=f"{text.count(mark) + text.count(chr(10))}",
            expected=f"at most {MAX_CELLS}",
        )

    def parse() -> Any:
        stream = io.StringIO(text, newline="")
        return csv.reader(stream, delimiter=mark, strict=True, skipinitialspace=True)

    reader = parse()
    try:
        rows: list[Row] = list(map(tuple, reader))
        if rows and reader.line_num == len(rows) and all(rows):
            return rows, None, []
        reader = parse()
        numbered: list[tuple[int, Row]] = []
        line = 1
        for cells in reader:
            if cells:
                numbered.append((line, tuple(cells)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ReadError(
            f"cannot be cut into cells ({error}).",
            path=path,
            where=f"line {reader.line_num}",
            expected="every opening quote to be closed before the next delimiter",
        ) from error
    return [row for _, row in numbered], [line for line, _ in numbered], []


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
