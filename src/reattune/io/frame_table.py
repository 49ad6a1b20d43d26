"""Tables with one row per video frame and person: columns as signals on a regular grid."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from reattune.core.errors import ReadError, did_you_mean
from reattune.core.notes import Note
from reattune.core.recording import Track
from reattune.io.cells import Cells, guess_delimiter, read_cells
from reattune.io.columns import (
    BoolArray,
    Column,
    FloatArray,
    Table,
    parse_numbers,
    split_unit,
)
from reattune.io.safe import decode, read_bytes, sha256

_EMPTY = np.zeros(0)
_FAST_CELLS = 200_000


@dataclass(frozen=True, eq=False)
class FrameTable:
    """A table of numbers, whose columns are asked for one by one.

    Attributes
    ----------
    table : Table
        Names, options and places for messages. Its rows are empty when ``matrix`` holds them.
    size : int
        Number of rows.
    matrix : float array, shape (rows, columns), or None
        All cells, where the whole file holds nothing but numbers.
    """

    table: Table
    size: int
    matrix: FloatArray | None

    @property
    def columns(self) -> tuple[Column, ...]:
        """The named columns."""
        return self.table.columns

    def first(self, *names: str) -> Column | None:
        """The column of the first of these names (lower case) that there is."""
        by_name = {column.name.casefold(): column for column in reversed(self.columns)}
        return next((by_name[name] for name in names if name in by_name), None)

    def numbers(self, column: Column) -> tuple[FloatArray, BoolArray]:
        """Cells as float array (nan = missing), and which cells hold something else."""
        if self.matrix is not None:
            return self.matrix[:, column.index].copy(), np.zeros(self.size, dtype=np.bool_)
        return self.table.numbers(column)

    def texts(self, column: Column) -> list[str]:
        """Cells as stripped text; whole numbers without a decimal point."""
        if self.matrix is not None:
            return [f"{value:.12g}" for value in self.matrix[:, column.index].tolist()]
        return self.table.texts(column)

    def times(self, column: Column) -> tuple[FloatArray, BoolArray]:
        """Cells as seconds, and which cells are no time; frames need the option ``fps``."""
        if self.matrix is None:
            return self.table.times(column)
        written = Cells((column.name,), [], 2, ",", "utf-8")
        single = Table(self.table.path, written, (column,), self.table.options, "", ())
        unit = single.unit(column)
        rate = single.rate("fps") or single.rate("rate_hz")
        values, odd = self.numbers(column)
        if unit == "frame" and rate is None:
            single.times(Column(0, column.name, column.unit))
        factor = {"s": 1.0, "ms": 1e-3, "min": 60.0}
        return (values / rate if unit == "frame" and rate else values * factor[unit]), odd


def open_frames(path: Path, options: Mapping[str, object]) -> FrameTable:
    """The table in a file, read fast where it holds nothing but numbers.

    Raises
    ------
    ReadError
        When it is no table or has no rows below its header.
    """
    path = Path(path)
    data = read_bytes(path)
    given = options.get("delimiter")
    fast = None if given is not None else _read_fast(path, data)
    if fast is None:
        cells = read_cells(path, data, delimiter=None if given is None else str(given))
        size, matrix = len(cells.rows), None
    else:
        cells, matrix = fast
        size = matrix.shape[0]
    if not size:
        raise ReadError("has no rows below its header.", path=path)
    columns, notes = name_columns(cells.header)
    table = Table(path, cells, columns, options, sha256(data), (*cells.notes, *notes))
    return FrameTable(table, size, matrix)


def _read_fast(path: Path, data: bytes) -> tuple[Cells, FloatArray] | None:
    """Header and numbers of a large plain table; None sends it to the careful reader."""
    if data[:2] == b"PK":
        return None
    text, encoding = decode(data, path)
    if encoding == "cp1252" or text.count(",") < _FAST_CELLS or '"' in text or ";" in text:
        return None
    if guess_delimiter(text[:65_536]) != ",":
        return None
    first, _, body = text.partition("\n")
    header = tuple(cell.strip() for cell in first.split(","))
    lines = body.count("\n") + (not body.endswith("\n"))
    # Rows of unequal length, blank lines and "1_0" need the careful reader.
    if body.count(",") != lines * (len(header) - 1) or not any(header) or "_" in body:
        return None
    try:
        matrix = np.loadtxt(io.StringIO(body), delimiter=",", comments=None, ndmin=2)
    except ValueError:
        return None
    if matrix.shape != (lines, len(header)):
        return None
    return Cells(header, [], 2, ",", encoding), np.asarray(matrix, dtype=np.float64)


def name_columns(header: Sequence[str]) -> tuple[tuple[Column, ...], list[Note]]:
    """Named columns that differ in name; of equal names only the first is kept, with a note."""
    seen: dict[str, Column] = {}
    twice = []
    for index, name in enumerate(header):
        if name in seen:
            twice.append(name)
        elif name:
            seen[name] = Column(index, name, split_unit(name)[1])
    if not twice:
        return tuple(seen.values()), []
    names = ", ".join(repr(name) for name in dict.fromkeys(twice))[:200]
    note = Note(
        "columns_twice",
        f"{len(twice)} column(s) have the name of an earlier one and were not read: {names}.",
        count=len(twice),
        level="warning",
    )
    return tuple(seen.values()), [note]


def choose_columns(table: Table, columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns that the option ``tracks`` names (``*`` stands for anything); all without it.

    Raises
    ------
    ReadError
        When a name fits no column, or nothing is left.
    """
    given = table.options.get("tracks")
    if given is None:
        chosen = list(columns)
    else:
        patterns = [str(name) for name in (given if isinstance(given, list | tuple) else [given])]
        folded = {column: column.name.casefold() for column in columns}
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern.strip().casefold()) for name in folded.values()):
                known = did_you_mean(pattern, [column.name for column in columns])
                raise ReadError(
                    f"has no column {pattern!r} (option tracks).{known}", path=table.path
                )
        chosen = [
            column
            for column, name in folded.items()
            if any(fnmatchcase(name, pattern.strip().casefold()) for pattern in patterns)
        ]
    if not chosen:
        raise table.read_error("has no column with a signal.")
    return tuple(chosen)


def clean_values(frames: FrameTable, column: Column) -> tuple[FloatArray, int]:
    """Finite numbers of a column, nan elsewhere, and how many cells were no numbers."""
    values, odd = frames.numbers(column)
    infinite = np.isinf(values)
    values[infinite] = np.nan
    return values, int(odd.sum() + infinite.sum())


def odd_cells_note(odd: Mapping[str, int]) -> tuple[Note, ...]:
    """A warning for cells that were no finite numbers and are taken as missing."""
    told = {name: count for name, count in odd.items() if count}
    if not told:
        return ()
    names = ", ".join(repr(name) for name in list(told)[:6])
    more = ", ..." if len(told) > 6 else ""
    return (
        Note(
            "cells_not_numeric",
            f"{sum(told.values())} cell(s) are no finite numbers and were taken as missing "
            f"(column {names}{more}).",
            count=sum(told.values()),
            level="warning",
        ),
    )


def make_samples(
    name: str,
    values: FloatArray,
    rate_hz: float,
    *,
    person: str = "",
    start_s: float = 0.0,
    meta: Mapping[str, object] | None = None,
) -> Track:
    """A track of numeric samples."""
    return Track(
        name=name,
        kind="samples",
        starts=_EMPTY,
        ends=_EMPTY,
        labels=(),
        person=person,
        values=values,
        start_s=start_s,
        rate_hz=rate_hz,
        tick_s=1 / rate_hz,
        meta=dict(meta or {}),
    )


def is_number_row(cells: Sequence[str]) -> bool:
    """Whether every cell is a number, and there is one at least."""
    values, odd = parse_numbers(list(cells))
    return bool(cells) and not odd.any() and bool(np.isfinite(values).all())
