"""Datavyu columns exported as CSV by the R package datavyur: one row per cell, times in ms."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.cells import Cells, peek_text, plain_stem, read_cells
from reattune.io.coded import Skipped, end_not_known, rows_read, time_fault
from reattune.io.columns import parse_numbers
from reattune.io.datavyu import MAX_ARGUMENTS, Column, empty_note, new_column
from reattune.io.register import Format, register_reader
from reattune.io.safe import read_bytes, sha256

_FIXED = ("file", "column", "ordinal", "onset", "offset")


def read_datavyu_csv(path: Path, options: Mapping[str, object]) -> tuple[Recording, ...]:
    """One recording for every file named in the table, with a track for every column and code.

    Tracks are named as `read_datavyu` names them, so the export of a project reads like the
    project. Where several columns stand in one table, a column has those codes that any of its
    cells fills in.

    Parameters
    ----------
    path : Path
    options : mapping
        ``delimiter``.

    Raises
    ------
    ReadError
        When one of the columns file, column, ordinal, onset, offset is missing, or no code column
        is there.
    """
    path = Path(path)
    data = read_bytes(path)
    delimiter = options.get("delimiter")
    cells = read_cells(path, data, delimiter=None if delimiter is None else str(delimiter))
    at = {name.casefold(): index for index, name in reversed(list(enumerate(cells.header)))}
    missing = [name for name in _FIXED if name not in at]
    if missing:
        raise ReadError(
            "is not a Datavyu export.",
            path=path,
            found=", ".join(repr(name[:40]) for name in cells.header[:12]),
            expected="the columns " + ", ".join(_FIXED) + " and one for each code",
        )
    taken = {at[name] for name in _FIXED}
    codes = [i for i, name in enumerate(cells.header) if name and i not in taken]
    if not codes or len(codes) > MAX_ARGUMENTS:
        raise ReadError(
            "has no column of codes." if not codes else "has too many columns of codes.",
            path=path,
            found=", ".join(repr(name[:40]) for name in cells.header[:12]),
            expected=f"beside {', '.join(_FIXED)} one for each code, at most {MAX_ARGUMENTS}",
        )
    files: dict[str, list[int]] = {}
    for row, written in enumerate(cells.rows):
        if any(cell.strip() for cell in written):
            files.setdefault(written[at["file"]].strip() or plain_stem(path), []).append(row)
    if not files:
        raise ReadError("has no rows below its header.", path=path)
    digest = sha256(data)
    return tuple(
        _recording(name, rows, cells, at, codes, path, digest) for name, rows in files.items()
    )


def _recording(
    name: str,
    rows: list[int],
    cells: Cells,
    at: Mapping[str, int],
    codes: list[int],
    path: Path,
    digest: str,
) -> Recording:
    skipped = Skipped()
    by_column: dict[str, list[int]] = {}
    for row in rows:
        by_column.setdefault(cells.rows[row][at["column"]].strip() or "column", []).append(row)
    columns = []
    for column_name, members in by_column.items():
        filled = [i for i in codes if any(cells.rows[row][i].strip() for row in members)]
        own = filled if len(by_column) > 1 and filled else codes
        column = new_column(column_name, "MATRIX", tuple(cells.header[i] for i in own))
        _fill(column, members, own, cells, at, skipped)
        columns.append(column)
    return Recording(
        id=name,
        format="datavyu_csv",
        path=path,
        tracks=tuple(track for column in columns for track in column.tracks()),
        meta={"sha256": digest},
        notes=(
            rows_read(sum(column.cells for column in columns), len(rows)),
            *skipped.notes(),
            *empty_note(columns),
            *cells.notes,
            end_not_known(),
        ),
    )


def _fill(
    column: Column,
    rows: list[int],
    codes: list[int],
    cells: Cells,
    at: Mapping[str, int],
    skipped: Skipped,
) -> None:
    onsets, odd_onset = parse_numbers([cells.rows[row][at["onset"]] for row in rows])
    offsets, odd_offset = parse_numbers([cells.rows[row][at["offset"]] for row in rows])
    for row, onset, offset, odd in zip(
        rows, onsets.tolist(), offsets.tolist(), (odd_onset | odd_offset).tolist(), strict=True
    ):
        start_s, end_s = (None, None) if odd else (onset / 1000, offset / 1000)
        fault = time_fault(start_s, end_s)
        if fault or start_s is None or end_s is None:
            skipped.add(fault, f"line {cells.line(row)}")
        else:
            column.put(start_s, end_s, tuple(cells.rows[row][i].strip() for i in codes))


def sniff_datavyu_csv(path: Path, head: bytes) -> bool:
    """Whether the header begins as datavyur writes it."""
    text = peek_text(head)
    if text is None:
        return False
    first = text.lstrip("\ufeff \r\n").partition("\n")[0].strip()
    for mark in ",;\t":
        names = [cell.strip().strip('"').casefold() for cell in first.split(mark)]
        if tuple(names[:5]) == _FIXED and len(names) > 5:
            return True
    return False


register_reader(
    Format(
        name="datavyu_csv",
        title="Datavyu columns exported by datavyur (csv)",
        suffixes=(".csv",),
        sniff=sniff_datavyu_csv,
        read=read_datavyu_csv,
    )
)
