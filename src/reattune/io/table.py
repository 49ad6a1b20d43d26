"""Tidy tables (CSV, TSV, .xlsx): interval rows, sampled columns, or one wide row per session."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.io.cell_store import StoredRows
from reattune.io.cells import Cells, looks_tabular, peek_text, read_cells
from reattune.io.columns import MISSING, Column, Table, parse_numbers, split_unit
from reattune.io.register import Format, register_reader
from reattune.io.safe import read_bytes, sha256
from reattune.io.table_intervals import read_intervals
from reattune.io.table_samples import read_samples
from reattune.io.table_wide import read_wide
from reattune.io.workbook import is_workbook


def read_table(path: Path, options: Mapping[str, object]) -> tuple[Recording, ...]:
    """One recording per session in a table of text or an .xlsx workbook.

    Three shapes are told apart by the header: *interval rows* (a start column and a code column),
    *sampled columns* (rows are samples, columns are streams) and, with the option ``wide``, *one
    row per session* with a column for each interval.

    Parameters
    ----------
    path : Path
    options : mapping
        Column names: ``start``, ``end``, ``duration``, ``code`` (one or a list), ``person``,
        ``track``, ``session`` (one or a list), ``time``. Layout: ``unit`` ("s", "ms", "min",
        "frame"), ``fps``, ``rate_hz``, ``decimal``, ``sheet``, ``delimiter``, ``columns``
        (names, for a file without a header), ``wide`` (prefix -> track) with ``interval_s``.

    Raises
    ------
    ReadError
        When the table cannot be read as any of these.
    """
    path = Path(path)
    table = _open(path, options)
    if not table.cells.rows:
        raise table.read_error("has no rows below its header.")
    if "wide" in options:
        return read_wide(table)
    start, code = table.find("start"), table.find("code")
    time = table.find("time")
    if start is None and time is not None and code is not None:
        # "time" with an end or a duration beside it can only be the start of an interval.
        end = table.find("end") or table.find("duration")
        start = time if end is not None and "time" not in options else None
    if start is not None and code is not None:
        return read_intervals(table, start)
    stated = options.get("start") is not None
    if start is not None and (stated or table.find("end") or not _sampled(table)):
        raise table.read_error(
            f"has a start column ({start.name!r}) but none with codes.",
            "a column named code, behavior or label, or the option code",
        )
    return read_samples(table)


def _sampled(table: Table) -> bool:
    times = ("rate_hz", "fps")
    return any(key in table.options for key in times) or _time_column(table) is not None


def _time_column(table: Table) -> Column | None:
    return table.find("time") or table.find("counter")


def _open(path: Path, options: Mapping[str, object]) -> Table:
    data = read_bytes(path)
    digest = sha256(data)
    sheet, delimiter = options.get("sheet"), options.get("delimiter")
    cells = read_cells(
        path,
        data,
        sheet=None if sheet is None else str(sheet),
        delimiter=None if delimiter is None else str(delimiter),
    )
    # Nothing reads the bytes again, and those of a large file take room.
    del data
    named = options.get("columns")
    if named is not None:
        cells = _without_header(path, cells, named)
    elif _all_numeric(cells):
        raise ReadError(
            "has no header: its first row holds only numbers.",
            path=path,
            where=f"line {cells.first_line - 1}",
            found=", ".join(repr(cell) for cell in cells.header[:12]),
            expected='a row of column names, or the option columns = ["...", ...]',
        )
    columns, notes = _columns(cells)
    return Table(path, cells, columns, options, digest, (*cells.notes, *notes))


def _without_header(path: Path, cells: Cells, named: object) -> Cells:
    names = tuple(str(name) for name in named) if isinstance(named, list | tuple) else ()
    if len(names) != len(cells.header):
        raise ReadError(
            "has another number of columns than the option columns names.",
            path=path,
            found=str(len(cells.header)),
            expected=str(len(names)),
        )
    lines, rows = cells.lines, cells.rows
    first = max(1, cells.first_line - 1)
    return Cells(
        names,
        rows.with_first(cells.header) if isinstance(rows, StoredRows) else [cells.header, *rows],
        first,
        cells.delimiter,
        cells.encoding,
        None if lines is None else array("q", [first, *lines]),
        sheet=cells.sheet,
        notes=cells.notes,
    )


def _all_numeric(cells: Cells) -> bool:
    _, odd = parse_numbers(cells.header, cells.delimiter == ";")
    return not odd.any() and any(cell not in MISSING for cell in cells.header)


def _columns(cells: Cells) -> tuple[tuple[Column, ...], list[Note]]:
    """Columns with a name that differs from every other, and notes on the rest."""
    counts: Counter[str] = Counter()
    columns, renamed, nameless = [], [], 0
    known = set(cells.header)
    for index, name in enumerate(cells.header):
        if not name:
            nameless += any(any(map(str.strip, words)) for words, _ in cells.pieces(index))
            continue
        counts[name] += 1
        shown = name
        while counts[name] > 1 and shown in known:
            shown = f"{name} ({counts[name]})"
            counts[name] += shown in known
        if shown != name:
            renamed.append(shown)
            known.add(shown)
        columns.append(Column(index, shown, split_unit(name)[1]))
    notes = []
    if renamed:
        notes.append(
            Note(
                "columns_renamed",
                f"Column names occur twice; the later ones are called {', '.join(renamed[:6])}.",
                count=len(renamed),
                level="warning",
            )
        )
    if nameless:
        notes.append(
            Note(
                "columns_without_name",
                f"{nameless} column(s) with cells have no name and were not read.",
                count=nameless,
                level="warning",
            )
        )
    return tuple(columns), notes


def _sniff(path: Path, head: bytes) -> bool:
    if is_workbook(path, head):
        return True
    text = peek_text(head)
    return text is not None and looks_tabular(text)


register_reader(
    Format(
        name="table",
        title="Table of text or spreadsheet (CSV, TSV, xlsx)",
        suffixes=(".csv", ".tsv", ".txt", ".xlsx", ".csv.gz", ".tsv.gz"),
        sniff=_sniff,
        read=read_table,
    )
)
