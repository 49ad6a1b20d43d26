"""Rows of text from the tables BORIS exports: tab, comma or semicolon separated, or xlsx."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from reattune.core.errors import ReadError
from reattune.io.safe import MAX_BYTES, decode, open_zip, read_bytes

# A spreadsheet has no more rows; a file that claims more is damaged or hostile.
MAX_ROWS = 1_048_576
MAX_CELLS = 20_000_000
# The old preamble is about 18 rows; independent variables and media make it longer.
HEADER_WITHIN = 200
_DELIMITERS = ("\t", ",", ";")

Row = tuple[str, ...]


class IsHeader(Protocol):
    """Whether a row is the header that is looked for."""

    def __call__(self, row: Row) -> bool: ...


@dataclass(frozen=True)
class Table:
    """One table: what stands above the header, the header, and the numbered rows below."""

    preamble: tuple[Row, ...]
    header: Row
    rows: tuple[tuple[int, Row], ...]
    sheet: str = ""

    def place(self, line: int) -> str:
        """The place of a row, as a person would look it up."""
        return f"sheet {self.sheet!r}, row {line}" if self.sheet else f"line {line}"


def find_tables(data: bytes, path: Path, is_header: IsHeader) -> tuple[Table, ...]:
    """Every table in the file whose header ``is_header`` knows; empty when there is none.

    Raises
    ------
    ReadError
        When the file is neither text nor a sound xlsx workbook, or holds too many cells.
    """
    if data.startswith(b"PK"):
        found = [_split(rows, name, is_header) for name, rows in _sheets(data, path)]
    else:
        text, _ = decode(data, path)
        found = []
        for delimiter in _DELIMITERS:
            table = _split(_text_rows(text, delimiter, path), "", is_header)
            if table is not None:
                found = [table]
                break
    return tuple(table for table in found if table is not None)


def has_header(head: bytes, path: Path, is_header: IsHeader) -> bool:
    """Whether a header is among the first bytes (or in the workbook); never raises."""
    try:
        if head.startswith(b"PK"):
            for _, rows in _sheets(read_bytes(path), path):
                if any(is_header(row) for _, row in zip(range(HEADER_WITHIN), rows, strict=False)):
                    return True
            return False
        text, _ = decode(head, path)
        return any(
            is_header(row) for delimiter in _DELIMITERS for row in _text_rows(text, delimiter, path)
        )
    except ReadError:
        return False


def _split(rows: Iterator[Row], sheet: str, is_header: IsHeader) -> Table | None:
    above: list[Row] = []
    for line, row in enumerate(rows, start=1):
        if is_header(row):
            body = tuple(
                (number, below)
                for number, below in enumerate(rows, start=line + 1)
                if any(cell for cell in below)
            )
            return Table(tuple(above), row, body, sheet)
        if line >= HEADER_WITHIN:
            return None
        above.append(row)
    return None


def _text_rows(text: str, delimiter: str, path: Path) -> Iterator[Row]:
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        for number, row in enumerate(reader):
            if number >= MAX_ROWS:
                raise ReadError("has too many rows.", path=path, expected=f"at most {MAX_ROWS}")
            yield tuple(cell.strip() for cell in row)
    except csv.Error as error:
        raise ReadError(f"is not a sound table ({error}).", path=path) from error


def _sheets(data: bytes, path: Path) -> Iterator[tuple[str, Iterator[Row]]]:
    """Name and rows of every sheet. The archive's claims are checked before it is opened."""
    with open_zip(data, path, MAX_BYTES) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            raise ReadError("is a zip archive but not an xlsx workbook.", path=path)
    import openpyxl

    # openpyxl meets damaged parts with whatever exception its parsing runs into.
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = list(book.worksheets)
    except Exception as error:
        raise ReadError(f"is not a sound xlsx workbook ({error}).", path=path) from error
    for sheet in sheets:
        yield str(sheet.title), _sheet_rows(sheet, path)


def _sheet_rows(sheet: object, path: Path) -> Iterator[Row]:
    cells = 0
    try:
        # The size a sheet claims for itself is not believed: rows end where their cells end.
        sheet.reset_dimensions()  # type: ignore[attr-defined]
        for number, row in enumerate(sheet.iter_rows(values_only=True)):  # type: ignore[attr-defined]
            cells += len(row)
            if number >= MAX_ROWS or cells > MAX_CELLS:
                raise ReadError(
                    "holds more rows or cells than a coding can have.",
                    path=path,
                    expected=f"at most {MAX_ROWS} rows and {MAX_CELLS} cells",
                )
            yield tuple(_cell(value) for value in row)
    except ReadError:
        raise
    except Exception as error:
        raise ReadError(f"is not a sound xlsx workbook ({error}).", path=path) from error


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return str(value).strip()
