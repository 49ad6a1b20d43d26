"""Rows of a table by session and by person, and what is said of those left out."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from reattune.core.notes import Note
from reattune.io.cells import plain_stem
from reattune.io.columns import ROLES, Coded, Column, FloatArray, Table, split_unit

IntArray = NDArray[np.int64]
_T = TypeVar("_T", bound=np.generic)

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


def group_coded(columns: Sequence[Coded], rows: IntArray) -> dict[tuple[str, ...], IntArray]:
    """Rows with the same words in all columns, as `group_rows` gives them, in little room.

    Parameters
    ----------
    columns : sequence of Coded
    rows : int array, shape (n,)
        Rows of the table, rising.
    """
    if not rows.size:
        return {}
    keys, parts = joint_codes(columns, rows)
    if len(parts) == 1:
        return {parts[0]: rows}
    # Written from the last row to the first, so the first of each key stays.
    first = np.zeros(len(parts), dtype=np.int64)
    first[keys[::-1]] = np.arange(rows.size - 1, -1, -1)
    by_first = np.argsort(first)
    rank = np.empty(len(parts), dtype=np.uint16 if len(parts) <= 65_536 else np.int64)
    rank[by_first] = np.arange(len(parts))
    ranks = rank[keys]
    order = np.argsort(ranks, kind="stable")
    cuts = np.cumsum(np.bincount(ranks, minlength=len(parts)))[:-1]
    names = [parts[at] for at in by_first.tolist()]
    return dict(zip(names, np.split(rows[order], cuts), strict=True))


def joint_codes(
    columns: Sequence[Coded], rows: IntArray | None = None
) -> tuple[NDArray[np.int32], list[tuple[str, ...]]]:
    """A number for each row, the same where all columns have the same words; and these words.

    Parameters
    ----------
    columns : sequence of Coded
        One at least.
    rows : int array, shape (n,), optional
        All rows when absent.
    """
    n_rows = columns[0].codes.size if rows is None else rows.size
    keys = constant("", n_rows).codes
    parts: list[tuple[str, ...]] = [()]
    for column in columns:
        size = len(column.words)
        if size == 1:
            parts = [(*before, column.words[0]) for before in parts]
            continue
        codes = column.codes if rows is None else rows_of(column.codes, rows)
        joint = codes if len(parts) == 1 else keys * np.int64(size) + codes
        n_joint = len(parts) * size
        if n_joint <= max(65_536, joint.size):
            seen = np.flatnonzero(np.bincount(joint, minlength=n_joint))
            number_of = np.zeros(n_joint, dtype=np.int32)
            number_of[seen] = np.arange(seen.size, dtype=np.int32)
            keys = number_of[joint]
        else:
            seen, inverse = np.unique(joint, return_inverse=True)
            keys = inverse.reshape(-1).astype(np.int32)
        pairs = (divmod(at, size) for at in seen.tolist())
        parts = [(*parts[before], column.words[word]) for before, word in pairs]
    return keys, parts


def rows_of(values: NDArray[_T], rows: IntArray) -> NDArray[_T]:
    """The values of some rows, rising; no copy where these are all rows."""
    return values if rows.size == values.size else values[rows]


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
    coded = table.coded(column)
    return len(coded.words) < coded.codes.size


def session_names(table: Table, columns: Sequence[Column]) -> list[str]:
    """The session of each row: values joined by "_", "" where one is missing; length n."""
    return session_codes(table, columns).texts()


def session_codes(table: Table, columns: Sequence[Column]) -> Coded:
    """The same as numbers of words."""
    if not columns:
        return constant(plain_stem(table.path), len(table.cells.rows))
    coded = [table.coded(column) for column in columns]
    coded = [Coded(each.codes, _whole(each.words)) for each in coded]
    if len(coded) == 1:
        return coded[0].renamed(coded[0].words)
    keys, parts = joint_codes(coded)
    joined = {own: "_".join(own) for own in parts if all(own)}
    if len(set(joined.values())) < len(joined):
        # "1_2" and "3" must not become the same session as "1" and "2_3".
        names = [column.name for column in columns]
        joined = {
            own: ", ".join(f"{n}={p}" for n, p in zip(names, own, strict=True)) for own in joined
        }
    return Coded(keys, []).renamed([joined.get(own, "") for own in parts])


def constant(word: str, size: int) -> Coded:
    """The same word in every row, in no room."""
    return Coded(np.broadcast_to(np.int32(0), (size,)), [word])


def _whole(words: list[str]) -> list[str]:
    """Numbers that a program wrote as 1.0, 2.0, ... as 1, 2, ...; anything else as it stands."""
    if all(re.fullmatch(r"(-?\d+\.0+)?", word) for word in words):
        return [word.partition(".")[0] for word in words]
    return words


def too_many(table: Table, what: str, columns: Sequence[Column], count: int) -> None:
    """Refuse a table that falls into absurdly many groups."""
    if count > MAX_GROUPS:
        names = ", ".join(repr(column.name) for column in columns)
        raise table.read_error(
            f"falls into {count} {what} by {names}.",
            f"at most {MAX_GROUPS}; name the right column with the option {what.rstrip('s')}",
        )


def skipped_notes(
    table: Table, rows: IntArray, why: NDArray[np.integer[Any]], reasons: Sequence[Reason]
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


def unit_notes(table: Table, column: Column, *times_s: FloatArray) -> tuple[Note, ...]:
    """A warning where whole numbers without a unit reach ten hours: often milliseconds."""
    if column.unit or "unit" in table.options:
        return ()
    latest = max(float(times.max(initial=0.0)) for times in times_s)
    if latest <= 36_000:
        return ()
    whole = not any((times != np.rint(times)).any() for times in times_s)
    pieces = table.cells.pieces(column.index)
    if not whole or any(":" in cell for words, _ in pieces for cell in words):
        return ()
    return (
        Note(
            "unit_suspect",
            f"Times reach {latest:g} and no unit is stated; they were taken as seconds. "
            'If they are milliseconds, give unit = "ms".',
            where=f"column {column.name!r}",
            level="warning",
        ),
    )
