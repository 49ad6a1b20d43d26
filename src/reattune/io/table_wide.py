"""Tables with one row per session and one column per interval (IKCB01, IKCB02, ...)."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.cells import plain_stem
from reattune.io.columns import Column, Table
from reattune.io.table_groups import rows_read_note, session_columns, session_names, too_many
from reattune.io.table_samples import sample_values

_EMPTY = np.zeros(0)


def read_wide(table: Table) -> tuple[Recording, ...]:
    """One recording per row; each prefix in the option ``wide`` gives a track of samples.

    ``wide = {"IKCB": "stress"}`` takes the columns IKCB01, IKCB02, ... in the order of their
    numbers as one value for every ``interval_s`` seconds. Other columns become covariates.

    Raises
    ------
    ReadError
        When a prefix fits no column, or ``interval_s`` is missing.
    """
    interval_s = table.rate("interval_s")
    if interval_s is None:
        raise table.read_error(
            "is read as one column per interval.", "the option interval_s (seconds per interval)"
        )
    wide = table.options["wide"]
    if not isinstance(wide, Mapping) or not wide:
        raise table.read_error(
            f"wide = {wide!r} is not allowed.", 'a table such as {"IKCB" = "stress"}'
        )
    blocks = {str(name): _block(table, str(prefix)) for prefix, name in wide.items()}
    used = {c.index for block in blocks.values() for c in block if c is not None}
    rest = tuple(column for column in table.columns if column.index not in used)
    ids = _id_columns(table, rest)
    names = session_names(table, ids) if ids else [""] * len(table.cells.rows)
    too_many(table, "sessions", ids, len(names))

    lengths = {name: len(block) for name, block in blocks.items()}
    columns = {name: [_column(table, c) for c in block] for name, block in blocks.items()}
    notes = (*table.notes, *_gap_notes(table, blocks), *_odd_notes(blocks, columns))
    made = []
    for row, cells in enumerate(table.cells.rows):
        tracks = tuple(_row_track(name, columns[name], row, interval_s) for name in blocks)
        made.append(
            Recording(
                id=names[row] or f"{plain_stem(table.path)}_{table.cells.line(row)}",
                format="table",
                path=table.path,
                tracks=tracks,
                span=(0.0, max(lengths.values()) * interval_s),
                meta={
                    "sha256": table.sha256,
                    "shape": "wide",
                    "covariates": {c.name: cells[c.index].strip() for c in rest if c not in ids},
                },
                notes=(rows_read_note(1, 1), *notes),
            )
        )
    return tuple(made)


def _block(table: Table, prefix: str) -> list[Column | None]:
    """Columns of one prefix by number, None where a number is left out."""
    pattern = re.compile(re.escape(prefix) + r"[ _.\-]?(\d{1,6})", re.ASCII)
    found = {}
    for column in table.columns:
        match = pattern.fullmatch(column.name)
        if match and int(match[1]) not in found:
            found[int(match[1])] = column
    if not found:
        raise table.read_error(
            f"has no columns named {prefix!r} and a number.", f"{prefix}1, {prefix}2, ..."
        )
    # Interval 1 is the first of the session, also where its column is left out.
    first, last = min(1, *found), max(found)
    if last - first + 1 > 10 * len(found) + 100:
        raise table.read_error(
            f"has {len(found)} columns {prefix!r} with numbers up to {last}.",
            "one column for each interval",
        )
    return [found.get(number) for number in range(first, last + 1)]


def _id_columns(table: Table, rest: tuple[Column, ...]) -> tuple[Column, ...]:
    """The option or a known name; else the first other column that tells all rows apart."""
    named = tuple(c for c in session_columns(table) if c in rest)
    if named:
        return named
    for column in rest:
        texts = table.texts(column)
        if all(texts) and len(set(texts)) == len(texts):
            return (column,)
    return ()


def _column(table: Table, column: Column | None) -> tuple[np.ndarray | None, list[str]]:
    """Values of one column over all rows (None when it holds words), and its texts."""
    if column is None:
        empty = [""] * len(table.cells.rows)
        return np.full(len(empty), np.nan), empty
    values, odd = sample_values(table, column)
    return (None if odd.any() else values), table.texts(column)


def _row_track(
    name: str, columns: list[tuple[np.ndarray | None, list[str]]], row: int, interval_s: float
) -> Track:
    numbers = [values[row] for values, _ in columns if values is not None]
    numeric = len(numbers) == len(columns)
    return Track(
        name=name,
        kind="samples",
        starts=_EMPTY,
        ends=_EMPTY,
        labels=() if numeric else tuple(texts[row] for _, texts in columns),
        values=np.array(numbers, dtype=np.float64) if numeric else None,
        rate_hz=1.0 / interval_s,
        tick_s=interval_s,
    )


def _gap_notes(table: Table, blocks: Mapping[str, list[Column | None]]) -> tuple[Note, ...]:
    return tuple(
        Note(
            "columns_missing",
            f"{block.count(None)} of {len(block)} interval columns are not in the table; "
            "these intervals are left empty.",
            where=f"track {name!r}",
            count=block.count(None),
            level="warning",
        )
        for name, block in blocks.items()
        if None in block
    )


def _odd_notes(
    blocks: Mapping[str, list[Column | None]],
    columns: Mapping[str, list[tuple[np.ndarray | None, list[str]]]],
) -> tuple[Note, ...]:
    """Tracks in which some columns hold numbers and others words."""
    notes = []
    for name in blocks:
        words = sum(values is None for values, _ in columns[name])
        if 0 < words < len(columns[name]):
            notes.append(
                Note(
                    "mixed_column",
                    f"{words} of {len(columns[name])} interval columns hold cells that are no "
                    "numbers; the whole track was read as words.",
                    where=f"track {name!r}",
                    count=words,
                    level="warning",
                )
            )
    return tuple(notes)
