"""Rating tables with one row per case (and rater) and one column per meeting (s1, s2, ...)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.io.cells import plain_stem
from reattune.io.columns import Column, FloatArray, Table
from reattune.io.ratings_rows import MAX_MEETING, Entries

Block = dict[int, Column]

_NUMBERED = re.compile(r"(.*?)[ _.\-]*(\d{1,5})", re.ASCII)
# A prefix that only says "meeting" names no score.
_MEETING_WORDS = frozenset({"s", "t", "session", "meeting", "occasion", "visit", "week", "sitzung"})
_SCORE_WORDS = frozenset(
    {
        *("wai", "srs", "ors", "haq", "calpas", "alliance", "rating", "score"),
    }
)
_LEAST = 3


def is_score_name(name: str) -> bool:
    """Whether a column is called like a rating form: wai, srs_total, WAI-SR."""
    return name.strip().casefold().replace("-", "_").split("_")[0] in _SCORE_WORDS


def is_meeting_name(name: str) -> bool:
    """Whether a column is named like one of the meetings of a wide table: s1, session_2, wai3."""
    match = _NUMBERED.fullmatch(name.strip().casefold())
    return match is not None and match[1] in (_MEETING_WORDS | _SCORE_WORDS)


def wide_blocks(table: Table, columns: Sequence[Column]) -> dict[str, Block]:
    """Columns by score and meeting, by the option ``wide`` (prefix -> name) or by their names.

    Raises
    ------
    ReadError
        When a prefix of the option fits no column.
    """
    given = table.options.get("wide")
    found: dict[str, Block] = {}
    for column in columns:
        match = _NUMBERED.fullmatch(column.name.strip())
        if match and int(match[2]) <= MAX_MEETING:
            found.setdefault(match[1].casefold(), {}).setdefault(int(match[2]), column)
    if given is None:
        known = {
            prefix: block
            for prefix, block in found.items()
            if len(block) >= _LEAST and any(is_meeting_name(c.name) for c in block.values())
        }
        return {("rating" if p in _MEETING_WORDS else p): known[p] for p in known}
    if not isinstance(given, Mapping) or not given:
        raise table.read_error(f"wide = {given!r} is not allowed.", 'a table such as {s = "wai"}')
    blocks: dict[str, Block] = {}
    for prefix, name in given.items():
        key = str(prefix).strip().casefold().rstrip(" _.-")
        if key not in found:
            raise table.read_error(
                f"has no columns named {prefix!r} and a number.", f"{prefix}1, {prefix}2, ..."
            )
        blocks[str(name)] = found[key]
    return blocks


def read_wide_scores(
    table: Table, case: Column | None, rater: Column | None, blocks: Mapping[str, Block]
) -> tuple[Entries, dict[str, FloatArray], tuple[Note, ...]]:
    """Entries (one per row and meeting), scores of each entry, and what was odd.

    Raises
    ------
    ReadError
        When there are no columns of meetings, or several rows and no column of cases.
    """
    if not blocks:
        raise table.read_error(
            "has no columns of meetings.", 'names such as s1, s2, ..., or wide = {s = "wai"}'
        )
    if case is None and len(table.cells.rows) > 1:
        raise table.read_error("does not say which case a row is.", "the option case")
    rows = np.arange(len(table.cells.rows))
    numbers = sorted({number for block in blocks.values() for number in block})
    numbers = list(range(numbers[0], numbers[-1] + 1))
    if len(numbers) * rows.size * len(blocks) > 25_000_000:
        raise ReadError(f"would make {len(numbers)} meetings of {rows.size}.", path=table.path)
    cases = table.texts(case) if case else [plain_stem(table.path)] * rows.size
    raters = table.texts(rater) if rater else [str(table.options.get("person") or "")] * rows.size
    notes = []
    nameless = [at for at, name in enumerate(cases) if not name]
    if nameless:
        line = table.cells.line(nameless[0])
        told = f"{len(nameless)} row(s) name no case and were skipped (first at line {line})."
        notes.append(Note("rows_without_case", told, "", len(nameless), "warning"))
    meetings = np.tile(np.array(numbers, dtype=np.float64), rows.size)
    meetings[np.repeat([not name for name in cases], len(numbers))] = np.nan
    if np.isnan(meetings).all():
        raise ReadError("has no row that names its case.", path=table.path)
    values = {}
    odd_cells = 0
    for score, block in blocks.items():
        grid = np.full((rows.size, len(numbers)), np.nan)
        for number, column in block.items():
            cells, odd = table.numbers(column)
            odd |= np.isinf(cells)
            cells[odd] = np.nan
            odd_cells += int(odd.sum())
            grid[:, number - numbers[0]] = cells
        values[score] = grid.reshape(-1)
    if odd_cells:
        told = f"{odd_cells} cell(s) are no numbers and were taken as missing."
        notes.append(Note("cells_not_numeric", told, "", odd_cells, "warning"))
    entries = Entries(
        [name for name in cases for _ in numbers],
        [name for name in raters for _ in numbers],
        meetings,
        np.full(meetings.size, np.nan),
        np.repeat(rows, len(numbers)),
    )
    return entries, values, tuple(notes)
