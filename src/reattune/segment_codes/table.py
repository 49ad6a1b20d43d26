"""A table of segment codes, row by row: who coded what of whom, in which segment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan, nan
from pathlib import Path

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.io.cells import read_cells
from reattune.io.columns import Column, Table, split_unit
from reattune.io.frame_table import name_columns
from reattune.io.ratings_rows import MEETING, find_column, meeting_number
from reattune.io.safe import read_bytes, sha256
from reattune.io.segment_rows import (
    END,
    MARKER,
    RESOLUTION,
    SALIENCE,
    SIDE,
    START,
    Segments,
    find_wide,
    read_segments,
)
from reattune.io.table_groups import session_columns, session_names
from reattune.segment_codes.sides import UNNAMED, find_sides, own_side

DYAD = (
    *("dyad", "dyad_id", "case", "case_id", "patient_id", "client_id", "couple", "couple_id"),
    *("pair", "pair_id", "family", "family_id"),
)
CODER = ("coder", "rater", "observer", "coded_by")
EXTENT = ("extent", "resolution_extent", "segment_extent")
# Ratings of the whole meeting: name in the results -> names of the column.
OVERALL: Mapping[str, tuple[str, ...]] = {
    "extent_resolved": ("extent_resolved", "overall_extent_resolved", "overall_resolution"),
    "significance": ("overall_significance", "significance_overall"),
    "therapist_contribution": ("therapist_contribution",),
}
_NOTHING = frozenset({"", "none", "no", "0", "-", "n/a", "na", "false", "keine", "kein"})
_YES = frozenset({"yes", "true", "ja", "x", "1"})
_UNCODABLE = ("uncodable", "not codable", "not coded", "uncoded", "missing")


@dataclass(frozen=True, eq=False)
class Entries:
    """What stands in the rows.

    Attributes
    ----------
    table : Table
    segments : Segments
    sessions, dyads, coders : list of str
        One per row.
    numbers : list of float
        Meeting number of each row; nan where none is given.
    sides : (str, str)
    given : mapping of (row, side, label) to float
        Saliences; nan where a marker was named without one.
    looked : mapping of row to bool
        Rows in which a coder coded: all else is "none" (long tables), or only what is given (wide).
    fills : bool
        Whether what a coder did not name in a coded segment is "none".
    strategies : mapping of row to tuple of str
    has_strategies : bool
    extents : mapping of row to float
    overall : mapping of str to mapping of row to float
    scale : (float, float)
    notes : tuple of Note
    """

    table: Table
    segments: Segments
    sessions: list[str]
    dyads: list[str]
    coders: list[str]
    numbers: list[float]
    sides: tuple[str, str]
    given: Mapping[tuple[int, str, str], float]
    looked: Mapping[int, bool]
    fills: bool
    strategies: Mapping[int, tuple[str, ...]]
    has_strategies: bool
    extents: Mapping[int, float]
    overall: Mapping[str, Mapping[int, float]]
    scale: tuple[float, float]
    notes: tuple[Note, ...] = field(default=())


def open_table(path: Path, options: Mapping[str, object]) -> Table:
    """The table with named columns.

    Raises
    ------
    ReadError
        When it cannot be read or has no rows.
    """
    data = read_bytes(path)
    sheet, delimiter = options.get("sheet"), options.get("delimiter")
    cells = read_cells(
        path,
        data,
        sheet=None if sheet is None else str(sheet),
        delimiter=None if delimiter is None else str(delimiter),
    )
    if not cells.rows:
        raise ReadError("has no rows below its header.", path=path)
    columns, notes = name_columns(cells.header)
    return Table(path, cells, columns, options, sha256(data), (*cells.notes, *notes))


def read_entries(path: Path, options: Mapping[str, object]) -> Entries:
    """The rows of a table of segment codes.

    Raises
    ------
    ReadError
        When segments cannot be placed, nothing says what was coded, a salience lies outside its
        range, or there are more than two sides.
    """
    table = open_table(path, options)
    segments = read_segments(table)
    placed = [c.name for c in segments.columns]
    marker, salience = _find(table, "marker", MARKER), _find(table, "salience", SALIENCE)
    wide = find_wide([column.name for column in table.columns])
    by_column = bool(wide) and "marker" not in options and salience is None
    side = None if by_column else _find(table, "side", SIDE)
    resolution = _find(table, "resolution", RESOLUTION)
    if marker is None and salience is None and not by_column:
        raise table.read_error("does not say what was coded.", "a column marker or salience")
    scale = _scale(table)
    low = scale[0]
    notes: list[Note] = [*segments.notes, *table.notes]
    good = np.flatnonzero(~np.isnan(segments.starts)).tolist()
    given: dict[tuple[int, str, str], float] = {}
    looked: dict[int, bool] = {}
    extents: dict[int, float] = {}
    if by_column:
        people = {column: who for column, (who, _) in wide.items()}
        sides = find_sides(table, list(people.values()))
        _read_wide(table, wide, good, sides, scale, given, looked, extents, notes)
    else:
        people_of = table.texts(side) if side is not None else [UNNAMED[0]] * len(segments.names)
        sides = find_sides(table, [people_of[row] for row in good])
        if side is None:
            told = "No column says whose side was coded: who opened a rupture is not known."
            notes.append(Note("side_unknown", told, level="warning"))
        labels = table.texts(marker) if marker is not None else [""] * len(people_of)
        _read_long(table, (people_of, labels, salience), good, sides, scale, given, looked, notes)
    strategies, fits = _strategies(table, resolution, good, extents, low)
    extent = _find(table, "extent", EXTENT)
    if extent is not None:
        extents |= _numbers(table, extent, good)
    coder = find_column(table, "coder", CODER)
    dyad = find_column(table, "case" if "case" in options else "dyad", DYAD)
    meeting = find_column(table, "meeting", MEETING)
    asked = session_columns(table)
    if "session" in options:
        own = list(asked)
    else:
        own = [c for c in (dyad, meeting, *asked) if c is not None and c.name not in placed]
        own = list(dict.fromkeys(c for c in own if side is None or c.name != side.name))
    sessions = session_names(table, own)
    return Entries(
        table=table,
        segments=segments,
        sessions=sessions,
        dyads=table.texts(dyad) if dyad is not None else list(sessions),
        coders=table.texts(coder) if coder is not None else [""] * len(sessions),
        numbers=[meeting_number(text) for text in table.texts(meeting)]
        if meeting is not None
        else [nan] * len(sessions),
        sides=sides,
        given=given,
        looked=looked,
        fills=not by_column,
        strategies=strategies,
        has_strategies=fits,
        extents=extents,
        overall=_overall(table, good),
        scale=scale,
        notes=tuple(notes),
    )


def numbers_without_start(segments: Segments, options: Mapping[str, object]) -> bool:
    """Whether segments are placed by their number, so that number 1 (or 0) is the beginning."""
    names = {split_unit(column.name)[0] for column in segments.columns}
    return "start" not in options and not names & set(START) and bool(names - set(END))


def _find(table: Table, role: str, names: Sequence[str]) -> Column | None:
    given = table.options.get(role)
    if given is not None:
        return table.named(role, given)
    taken = {str(v) for key, v in table.options.items() if key in ("coder", "dyad", "meeting")}
    plain = {split_unit(c.name)[0]: c for c in reversed(table.columns) if c.name not in taken}
    return next((plain[name] for name in names if name in plain), None)


def _scale(table: Table) -> tuple[float, float]:
    given = table.options.get("salience_range", (1.0, 5.0))
    try:
        low, high = (float(end) for end in given)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        low, high = nan, nan
    if not low < high:
        raise ReadError(
            f"salience_range = {given!r} is not allowed.",
            path=table.path,
            expected="(lowest = none, highest), such as (1, 5)",
        )
    return low, high


def _numbers(table: Table, column: Column, rows: Sequence[int]) -> dict[int, float]:
    values, odd = table.numbers(column)
    bad = [row for row in rows if odd[row] or np.isinf(values[row])]
    if bad:
        raise ReadError(
            f"column {column.name!r} holds something that is no number.",
            path=table.path,
            where=f"line {table.cells.line(bad[0])}",
            found=repr(table.texts(column)[bad[0]]),
            expected="a number, or an empty cell for missing",
        )
    return {row: float(values[row]) for row in rows if not isnan(values[row])}


def _saliences(
    table: Table, column: Column, rows: Sequence[int], scale: tuple[float, float]
) -> dict[int, float]:
    values = _numbers(table, column, rows)
    for row, value in values.items():
        if not scale[0] <= value <= scale[1]:
            raise ReadError(
                f"a salience in column {column.name!r} lies outside its range.",
                path=table.path,
                where=f"line {table.cells.line(row)}",
                found=f"{value:g}",
                expected=f"{scale[0]:g} (none) to {scale[1]:g}; another range is stated by the "
                "option salience_range",
            )
    return values


def _read_long(
    table: Table,
    columns: tuple[list[str], list[str], Column | None],
    good: Sequence[int],
    sides: tuple[str, str],
    scale: tuple[float, float],
    given: dict[tuple[int, str, str], float],
    looked: dict[int, bool],
    notes: list[Note],
) -> None:
    people, labels, salience = columns
    low = scale[0]
    strengths = _saliences(table, salience, good, scale) if salience is not None else {}
    nobody = unsaid = presence = 0
    for row in good:
        label = labels[row]
        if not people[row]:
            nobody += 1
            continue
        if label.casefold() in _UNCODABLE:
            continue
        looked[row] = True
        side, strength = own_side(people[row], sides), strengths.get(row, nan)
        if label.casefold() in _NOTHING:
            if strength > low:
                given[row, side, "rupture"] = strength
            continue
        if salience is None:
            strength = low + 1.0
            presence += 1
        unsaid += isnan(strength)
        given[row, side, label] = strength
    if nobody:
        told = f"{nobody} row(s) do not say whose side was coded; their segments count as not coded"
        notes.append(
            Note("rows_without_side", f"{told} unless another row has them.", "", nobody, "warning")
        )
    if unsaid:
        told = f"{unsaid} marker(s) were named without a salience and count as not rated."
        notes.append(Note("marker_without_salience", told, "", unsaid, "warning"))
    if presence:
        told = f"The table has no saliences: a marker that is named counts as {low + 1:g}."
        notes.append(Note("salience_absent", told, "", presence, "warning"))


def _read_wide(
    table: Table,
    wide: Mapping[str, tuple[str, str]],
    good: Sequence[int],
    sides: tuple[str, str],
    scale: tuple[float, float],
    given: dict[tuple[int, str, str], float],
    looked: dict[int, bool],
    extents: dict[int, float],
    notes: list[Note],
) -> None:
    for name, (person, label) in wide.items():
        column = table.named("marker", name)
        for row, value in _saliences(table, column, good, scale).items():
            if label == "resolution":
                extents[row] = max(value, extents.get(row, value))
            else:
                looked[row] = True
                given[row, own_side(person, sides), label] = value
    if not looked:
        raise ReadError("holds no salience in its columns.", path=table.path, found=", ".join(wide))
    blank = sum(row not in looked for row in good)
    if blank:
        told = f"{blank} row(s) hold no salience: their segments were not coded."
        notes.append(Note("segments_blank", told, "", blank, "warning"))


def _strategies(
    table: Table,
    column: Column | None,
    good: Sequence[int],
    extents: dict[int, float],
    low: float,
) -> tuple[dict[int, tuple[str, ...]], bool]:
    """Strategies by row, and whether the table says anything of strategies."""
    if column is None:
        return _resolved(extents, low), bool(extents)
    values, odd = table.numbers(column)
    known = values[np.isfinite(values)]
    if known.size and not odd.any() and not np.isin(known, (0.0, 1.0)).all():
        extents |= _numbers(table, column, good)
        return _resolved(extents, low), True
    texts = table.texts(column)
    found: dict[int, tuple[str, ...]] = {}
    for row in good:
        parts = [part.strip() for part in re.split(r"[;|]", texts[row])]
        names = ["resolution" if p.casefold() in _YES else p for p in parts]
        kept = tuple(dict.fromkeys(n for n in names if n.casefold() not in _NOTHING))
        if kept:
            found[row] = kept
    return found, True


def _resolved(extents: Mapping[int, float], low: float) -> dict[int, tuple[str, ...]]:
    """Rows whose extent is more than none: something was resolved, by a strategy without a name."""
    return {row: ("resolution",) for row, value in extents.items() if value > low}


def _overall(table: Table, good: Sequence[int]) -> dict[str, dict[int, float]]:
    """Ratings of the whole meeting, by row."""
    asked = table.options.get("overall")
    if isinstance(asked, Mapping):
        columns = {str(name): table.named("overall", column) for name, column in asked.items()}
    elif asked is not None:
        names = asked if isinstance(asked, list | tuple) else (asked,)
        columns = {str(name): table.named("overall", name) for name in names}
    else:
        found = {name: _find(table, f"overall {name}", known) for name, known in OVERALL.items()}
        columns = {name: column for name, column in found.items() if column is not None}
    return {name: _numbers(table, column, good) for name, column in columns.items()}
