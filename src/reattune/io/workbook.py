"""Sheets of .xlsx workbooks as rows of text; formulas are never computed."""

from __future__ import annotations

import datetime
import io
import warnings
import zipfile
from collections.abc import Iterable
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


def read_sheet(
    path: Path, data: bytes, asked: str | int | None, max_cells: int
) -> tuple[list[Row], None, str, list[Note]]:
    """Rows of one sheet as text, None (rows follow one another), its name, and notes.

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
        with warnings.catch_warnings():
            # openpyxl warns of styles and extensions that do not touch the cells.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False)
            try:
                sheets = {ws.title: ws for ws in book.worksheets}
                name = _known_sheet(path, list(sheets), asked)
                # The size a sheet claims is not believed: rows are as wide as their cells.
                sheets[name].reset_dimensions()
                rows, clock_cells = _capped_rows(
                    path, name, sheets[name].iter_rows(values_only=True), max_cells
                )
            finally:
                book.close()
    except ReadError:
        raise
    except Exception as error:
        # A damaged workbook makes openpyxl raise almost anything (KeyError, TypeError, ...).
        raise ReadError(
            f"is not a sound .xlsx workbook ({type(error).__name__}: {str(error)[:120]}).",
            path=path,
        ) from error
    notes = []
    if len(sheets) > 1 and asked is None:
        others = ", ".join(repr(title) for title in list(sheets)[1:7])
        notes.append(
            Note("other_sheets", f"Only the sheet {name!r} was read; there is also {others}.")
        )
    formulas = sum(cell.startswith("=") for row in rows for cell in row)
    if formulas:
        notes.append(
            Note(
                "formula_cells",
                f"{formulas} cell(s) hold a formula, which is read as text and never computed; "
                "in the spreadsheet, paste them as values.",
                where=f"sheet {name!r}",
                count=formulas,
                level="warning",
            )
        )
    if clock_cells:
        notes.append(
            Note(
                "clock_cells",
                f"{clock_cells} cell(s) are times of day, read as hours:minutes:seconds; "
                "1:30 typed into a spreadsheet is an hour and a half, not 90 seconds.",
                where=f"sheet {name!r}",
                count=clock_cells,
                level="warning",
            )
        )
    return rows, None, name, notes


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


def _capped_rows(
    path: Path, name: str, values: Iterable[tuple[object, ...]], max_cells: int
) -> tuple[list[Row], int]:
    rows: list[Row] = []
    n_cells = clock_cells = 0
    for row in values:
        n_cells += len(row)
        if len(rows) >= MAX_SHEET_ROWS or n_cells > max_cells:
            raise ReadError(
                "is too large.",
                path=path,
                where=f"sheet {name!r}",
                expected=f"at most {MAX_SHEET_ROWS} rows and {max_cells} cells",
            )
        clock_cells += sum(isinstance(value, datetime.time) for value in row)
        rows.append(tuple(_cell_text(value) for value in row))
    return rows, clock_cells


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
