"""Sheets of .xlsx workbooks as rows of text; formulas are never computed."""

from __future__ import annotations

import datetime
import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from reattune.core.errors import ReadError, did_you_mean
from reattune.core.notes import Note
from reattune.io.safe import MAX_BYTES, open_zip

Row = tuple[str, ...]

MAX_SHEET_ROWS = 1_048_576


def is_workbook(path: Path, head: bytes) -> bool:
    """Whether the file is a zip archive with an .xlsx workbook in it."""
    if head[:4] != b"PK\x03\x04":
        return False
    if b"xl/workbook.xml" in head:
        return True
    try:
        if path.stat().st_size > MAX_BYTES:
            return False
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


class OpenSheet:
    """A sheet whose rows are taken as text, some at a time.

    Attributes
    ----------
    name : str
    notes : list of Note
        Complete when the last row has been taken.
    """

    def __init__(
        self, path: Path, name: str, values: Iterator[tuple[object, ...]], max_cells: int
    ) -> None:
        self.name = name
        self.notes: list[Note] = []
        self._path, self._values, self._max_cells = path, values, max_cells
        self._rows = self._cells = self._formulas = self._clocks = 0

    def take(self, count: int) -> tuple[list[Row], tuple[int, ...]]:
        """The next rows, at most ``count``; no lines, since rows follow one another."""
        try:
            with _quiet():
                return self._next(count), ()
        except ReadError:
            raise
        except Exception as error:
            raise _unsound(self._path, error) from error

    def _next(self, count: int) -> list[Row]:
        rows: list[Row] = []
        for row in islice(self._values, count):
            self._rows += 1
            self._cells += len(row)
            if self._rows > MAX_SHEET_ROWS or self._cells > self._max_cells:
                raise ReadError(
                    "is too large.",
                    path=self._path,
                    where=f"sheet {self.name!r}",
                    expected=f"at most {MAX_SHEET_ROWS} rows and {self._max_cells} cells",
                )
            self._clocks += sum(isinstance(value, datetime.time) for value in row)
            cells = tuple(map(_cell_text, row))
            self._formulas += sum(cell.startswith("=") for cell in cells)
            rows.append(cells)
        return rows

    def close(self, others: Sequence[str]) -> None:
        """Write the notes; ``others`` are the sheets that were not asked for."""
        where = f"sheet {self.name!r}"
        if others:
            told = ", ".join(repr(title) for title in others[:6])
            self.notes.append(
                Note(
                    "other_sheets", f"Only the sheet {self.name!r} was read; there is also {told}."
                )
            )
        if self._formulas:
            self.notes.append(
                Note(
                    "formula_cells",
                    f"{self._formulas} cell(s) hold a formula, which is read as text and never "
                    "computed; in the spreadsheet, paste them as values.",
                    where=where,
                    count=self._formulas,
                    level="warning",
                )
            )
        if self._clocks:
            self.notes.append(
                Note(
                    "clock_cells",
                    f"{self._clocks} cell(s) are times of day, read as hours:minutes:seconds; "
                    "1:30 typed into a spreadsheet is an hour and a half, not 90 seconds.",
                    where=where,
                    count=self._clocks,
                    level="warning",
                )
            )


@contextmanager
def read_sheet(
    path: Path, data: bytes, asked: str | int | None, max_cells: int
) -> Iterator[OpenSheet]:
    """One sheet, whose rows are to be taken inside the ``with`` block.

    Parameters
    ----------
    path : Path
        For messages only.
    data : bytes
    asked : str, int or None
        Sheet by name or by number from 1; None takes the first.
    max_cells : int

    Raises
    ------
    ReadError
        When it is no sound workbook, has no such sheet, or is too large.
    """
    with open_zip(data, path) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            raise ReadError("is a zip archive but not an .xlsx workbook.", path=path)
    import openpyxl

    try:
        with _quiet():
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False)
            sheets = {ws.title: ws for ws in book.worksheets}
    except Exception as error:
        raise _unsound(path, error) from error
    try:
        name = _known_sheet(path, list(sheets), asked)
        try:
            # The size a sheet claims is not believed: rows are as wide as their cells.
            sheets[name].reset_dimensions()
            rows = sheets[name].iter_rows(values_only=True)
        except Exception as error:
            raise _unsound(path, error) from error
        opened = OpenSheet(path, name, rows, max_cells)
        yield opened
    finally:
        book.close()
    opened.close(list(sheets)[1:] if asked is None else ())


@contextmanager
def _quiet() -> Iterator[None]:
    """Without openpyxl's warnings of styles and extensions, which do not touch the cells."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _unsound(path: Path, error: Exception) -> ReadError:
    # A damaged workbook makes openpyxl raise almost anything (KeyError, TypeError, ...).
    return ReadError(
        f"is not a sound .xlsx workbook ({type(error).__name__}: {str(error)[:120]}).", path=path
    )


def _known_sheet(path: Path, titles: list[str], asked: str | int | None) -> str:
    if not titles:
        raise ReadError("has no sheet with cells.", path=path)
    if asked is None:
        return titles[0]
    if isinstance(asked, str) and asked in titles:
        return asked
    number = str(asked).strip()
    if number.isascii() and number.isdigit() and 1 <= int(number[:9]) <= len(titles):
        return titles[int(number) - 1]
    raise ReadError(f"has no sheet {asked!r}." + did_you_mean(str(asked), titles), path=path)


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 1e15
        return str(int(value)) if whole else repr(value)
    if isinstance(value, datetime.timedelta):
        minutes, seconds = divmod(value.total_seconds(), 60)
        return f"{int(minutes) // 60}:{int(minutes) % 60:02d}:{seconds:06.3f}"
    if isinstance(value, datetime.time | datetime.datetime):
        return value.isoformat(*((" ",) if isinstance(value, datetime.datetime) else ()))
    return str(getattr(value, "text", value))
