"""What a rating table says in words about single meetings: remarks, and marks of yes or no."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reattune.core.errors import ReadError
from reattune.io.columns import MISSING, Column, Table
from reattune.io.ratings_rows import Entries
from reattune.io.table_groups import IntArray

# Plain names of columns whose words are remarks; earlier names win.
REMARKS = (
    *("remarks", "remark", "events", "event", "notes", "note", "comments", "comment"),
    *("bemerkungen", "bemerkung", "ereignisse", "ereignis"),
)
_YES = frozenset({"1", "1.0", "yes", "y", "true", "x", "ja", "j", "rupture"})
_NO = frozenset({"0", "0.0", "no", "n", "false", "-", "nein", "none"})


def find_remarks(table: Table, columns: Sequence[Column]) -> Column | None:
    """The column of remarks: the option ``remarks``, else one with such a name that holds words."""
    given = table.options.get("remarks")
    if given is not None:
        return table.named("remarks", given) if given else None
    plain = {column.name.strip().casefold(): column for column in reversed(columns)}
    for name in REMARKS:
        if name in plain and table.numbers(plain[name])[1].any():
            return plain[name]
    return None


def find_marks(table: Table) -> Column | None:
    """The column of the option ``marks``; None without the option."""
    given = table.options.get("marks")
    return None if given is None else table.named("marks", given)


def read_remarks(table: Table, column: Column, entries: Entries, rows: IntArray) -> dict[int, str]:
    """Meeting -> what was written about it; different texts of one meeting are joined."""
    found: dict[int, dict[str, None]] = {}
    for at in rows.tolist():
        text = " ".join(_cell(table, column, int(entries.rows[at])).split())
        if text:
            found.setdefault(int(entries.meetings[at]), {})[text] = None
    return {meeting: "; ".join(texts) for meeting, texts in sorted(found.items())}


def read_marks(table: Table, column: Column, entries: Entries, rows: IntArray) -> dict[int, bool]:
    """Meeting -> whether it was marked; meetings without a mark are not there.

    Raises
    ------
    ReadError
        For a cell that is neither yes nor no, or two marks of one meeting that differ.
    """
    found: dict[int, bool] = {}
    for at in rows.tolist():
        row = int(entries.rows[at])
        text = _cell(table, column, row)
        if not text:
            continue
        meeting, word = int(entries.meetings[at]), text.casefold()
        where = f"line {table.cells.line(row)}, column {column.name!r}"
        if word not in _YES | _NO:
            raise ReadError(
                "marks a meeting neither with yes nor with no.",
                path=table.path, where=where, found=repr(text[:40]), expected="yes or no, 1 or 0",
            )  # fmt: skip
        if found.setdefault(meeting, word in _YES) != (word in _YES):
            told = f"marks meeting {meeting} of {entries.cases[at]!r} with yes and with no."
            raise ReadError(told, path=table.path, where=where)
    return found


def _cell(table: Table, column: Column, row: int) -> str:
    text = table.cells.rows[row][column.index].strip()
    return "" if text in MISSING else text


def words_by_meeting(
    table: Table,
    columns: tuple[Column | None, Column | None],
    entries: Entries,
    rows: IntArray,
) -> dict[str, object]:
    """``remarks`` and ``marks`` of one case's rows, where the table has such columns."""
    remarks, marks = columns
    good = rows[~np.isnan(entries.meetings[rows])]
    found: dict[str, object] = {}
    if remarks is not None:
        found["remarks"] = read_remarks(table, remarks, entries, good)
    if marks is not None:
        found["marks"] = read_marks(table, marks, entries, good)
    return found
