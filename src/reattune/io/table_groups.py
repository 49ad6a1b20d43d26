"""Rows of a table by session and by person, and what is said of those left out."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.notes import Note
from reattune.io.cells import plain_stem
from reattune.io.columns import ROLES, Column, FloatArray, Table, split_unit

IntArray = NDArray[np.int64]

# More than this says that a row number was taken for a session, or a free text for a person.
MAX_GROUPS = 10_000


@dataclass(frozen=True)
class Reason:
    """Why rows were left out: a stable code, and the words that follow "12 row(s) "."""

    code: str
    words: str


def group_rows(keys: Sequence[Hashable], rows: IntArray) -> dict[Hashable, IntArray]:
    """Rows with the same key, in order of first appearance, each in file order.

    Parameters
    ----------
    keys : sequence, as long as ``rows``
    rows : int array, shape (n,)
    """
    index = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    codes = np.fromiter(map(index.__getitem__, keys), np.int64, rows.size)
    order = np.argsort(codes, kind="stable")
    cuts = np.searchsorted(codes[order], np.arange(1, len(index)))
    return dict(zip(index, np.split(rows[order], cuts), strict=False))


def pick(texts: Sequence[str], rows: IntArray) -> list[str]:
    """The texts of some rows."""
    return [texts[row] for row in rows.tolist()]


def session_columns(table: Table) -> tuple[Column, ...]:
    """The columns whose values together name a session: the option, else all known names.

    A column named only ``id`` or ``file`` counts when nothing better is there and its values
    repeat; otherwise it is taken for a row number.
    """
    given = table.options.get("session")
    if given is not None:
        names = given if isinstance(given, list | tuple) else [given]
        return tuple(table.named("session", name) for name in names)
    time = table.options.get("time")
    by_name = tuple(
        column
        for column in table.columns
        if split_unit(column.name)[0] in ROLES["session"] and column.name != time
    )
    if by_name:
        return by_name
    weak = table.find("weak_session")
    if weak is not None and (weak.name == time or not _repeats(table, weak)):
        weak = None
    return () if weak is None else (weak,)


def _repeats(table: Table, column: Column) -> bool:
    texts = table.texts(column)
    return len(set(texts)) < len(texts)


def session_names(table: Table, columns: Sequence[Column]) -> list[str]:
    """The session of each row: values joined by "_", "" where one is missing; length n."""
    if not columns:
        return [plain_stem(table.path)] * len(table.cells.rows)
    texts = [_whole(table.texts(column)) for column in columns]
    if len(texts) == 1:
        return texts[0]
    joined = {parts: "_".join(parts) for parts in zip(*texts, strict=True) if all(parts)}
    if len(set(joined.values())) < len(joined):
        # "1_2" and "3" must not become the same session as "1" and "2_3".
        names = [column.name for column in columns]
        joined = {
            parts: ", ".join(f"{n}={p}" for n, p in zip(names, parts, strict=True))
            for parts in joined
        }
    return [joined.get(parts, "") for parts in zip(*texts, strict=True)]


def _whole(texts: list[str]) -> list[str]:
    """Numbers that a program wrote as 1.0, 2.0, ... as 1, 2, ...; anything else as it stands."""
    if all(re.fullmatch(r"(-?\d+\.0+)?", text) for text in texts):
        return [text.partition(".")[0] for text in texts]
    return texts


def too_many(table: Table, what: str, columns: Sequence[Column], count: int) -> None:
    """Refuse a table that falls into absurdly many groups."""
    if count > MAX_GROUPS:
        names = ", ".join(repr(column.name) for column in columns)
        raise table.read_error(
            f"falls into {count} {what} by {names}.",
            f"at most {MAX_GROUPS}; name the right column with the option {what.rstrip('s')}",
        )


def skipped_notes(
    table: Table, rows: IntArray, why: IntArray, reasons: Sequence[Reason]
) -> tuple[Note, ...]:
    """One warning for each reason among ``rows``; ``why[row]`` counts reasons from 1, 0 = read."""
    notes = []
    for number, reason in enumerate(reasons, start=1):
        left_out = rows[why[rows] == number]
        if left_out.size:
            first = table.cells.line(int(left_out[0]))
            notes.append(
                Note(
                    reason.code,
                    f"{left_out.size} row(s) {reason.words} and were skipped "
                    f"(first at line {first}).",
                    count=int(left_out.size),
                    level="warning",
                )
            )
    return tuple(notes)


def rows_read_note(read: int, total: int) -> Note:
    """How many rows were read, of how many."""
    return Note("rows_read", f"{read} of {total} row(s) were read.", count=read)


def unit_notes(table: Table, column: Column, times_s: FloatArray) -> tuple[Note, ...]:
    """A warning where whole numbers without a unit reach ten hours: often milliseconds."""
    if column.unit or "unit" in table.options or times_s.max(initial=0.0) <= 36_000:
        return ()
    if (times_s != np.rint(times_s)).any() or any(
        ":" in c for c in table.cells.column(column.index)
    ):
        return ()
    return (
        Note(
            "unit_suspect",
            f"Times reach {times_s.max():g} and no unit is stated; they were taken as seconds. "
            'If they are milliseconds, give unit = "ms".',
            where=f"column {column.name!r}",
            level="warning",
        ),
    )
