"""Rows of a table of segment codes: when a segment was, and what was coded of whom."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.io.columns import LARGEST_TIME_S, BoolArray, Column, FloatArray, Table, split_unit

# Plain names of columns; earlier names win.
SEGMENT = ("segment", "segment_number", "segment_nr", "segment_no", "segment_id")
START = ("start", "onset", "segment_start", "start_time", "begin")
END = ("end", "offset", "segment_end", "end_time", "stop")
SIDE = ("side", "person", "partner", "who", "participant", "role", "speaker", "subject")
MARKER = ("marker", "rupture_marker", "rupture", "rupture_type", "type", "code")
SALIENCE = ("salience", "significance", "intensity", "rating")
RESOLUTION = ("resolution", "resolution_strategy", "strategy", "repair")
_NONE = frozenset({"", "none", "no", "0", "-", "n/a", "na", "false", "keine", "kein"})
_WIDE = re.compile(
    r"(.+?)[ _.\-]+(withdrawal|confrontation|rupture|resolution)(?:[ _.\-]salience)?",
    re.IGNORECASE,
)
_MAX_SEGMENT = 100_000
_RATED = (1.0, 5.0)


@dataclass(frozen=True, eq=False)
class Segments:
    """When each row's segment was: seconds (nan = cannot be placed), and its name as written."""

    starts: FloatArray
    ends: FloatArray
    names: list[str]
    columns: tuple[Column, ...]
    notes: tuple[Note, ...]

    def length_s(self, rows: np.ndarray) -> float | None:
        """Length of the segments where they are all alike."""
        lengths = self.ends[rows] - self.starts[rows]
        alike = bool(lengths.size) and float(np.ptp(lengths)) < 1e-6 and lengths[0] > 0
        return float(lengths[0]) if alike else None


@dataclass(frozen=True)
class Mark:
    """One code of one person in one row: marker, strategy or salience as label."""

    row: int
    person: str
    label: str
    salience: float


@dataclass(frozen=True, eq=False)
class Codes:
    """All marks, and the (row, person) pairs that were looked at."""

    rated: tuple[tuple[int, str], ...]
    ruptures: tuple[Mark, ...]
    resolutions: tuple[Mark, ...]
    saliences: tuple[Mark, ...]
    notes: tuple[Note, ...]


def _find(table: Table, role: str, names: Sequence[str]) -> Column | None:
    given = table.options.get(role)
    if given is not None:
        return table.named(role, given)
    plain = {split_unit(column.name)[0]: column for column in reversed(table.columns)}
    return next((plain[name] for name in names if name in plain), None)


def find_wide(header: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Columns named ``<person>_<marker>``: name -> (person, marker)."""
    found = {}
    for name in header:
        match = _WIDE.fullmatch(name.strip())
        if match and match[1].strip():
            found[name.strip()] = (match[1].strip(), match[2].casefold())
    return found


# -- when ----------------------------------------------------------------------------------


def read_segments(table: Table) -> Segments:
    """Start and end of every row's segment.

    Raises
    ------
    ReadError
        When there is neither a start nor a number, or a length is needed and not given.
    """
    number, start = _find(table, "segment", SEGMENT), _find(table, "start", START)
    end = _find(table, "end", END)
    length_s = table.rate("segment_s")
    if number is None and start is None:
        raise table.read_error(
            "does not say which segment a row is.", "a column segment or start, or their options"
        )
    if end is None and length_s is None:
        raise table.read_error(
            "does not say how long segments are.",
            "the option segment_s (seconds per segment), or a column end",
        )
    total = len(table.cells.rows)
    notes: list[Note] = []
    if start is not None:
        starts, odd = table.times(start)
        starts[odd] = np.nan
    else:
        starts = np.full(total, np.nan)
    if start is None and number is not None:
        starts = _by_number(table, number, length_s, notes)
    if end is not None and start is not None:
        ends, odd = table.times(end)
        ends[odd] = np.nan
    else:
        if length_s is None:
            raise table.read_error(
                "numbers its segments, so their length is needed.",
                "the option segment_s (seconds per segment)",
            )
        ends = starts + length_s
    with np.errstate(invalid="ignore"):
        bad = ~((starts >= 0) & (ends > starts) & (ends < LARGEST_TIME_S))
    if bad.any():
        count, line = int(bad.sum()), table.cells.line(int(np.argmax(bad)))
        told = (
            f"{count} row(s) have no readable segment, start or end and were skipped (first at "
            f"line {line})."
        )
        notes.append(Note("rows_without_segment", told, "", count, "warning"))
    starts[bad], ends[bad] = np.nan, np.nan
    names = table.texts(number) if number is not None else [f"{value:g}" for value in starts]
    columns = tuple(column for column in (number, start, end) if column is not None)
    return Segments(starts, ends, names, columns, tuple(notes))


def _by_number(
    table: Table, number: Column, length_s: float | None, notes: list[Note]
) -> FloatArray:
    values, odd = table.numbers(number)
    with np.errstate(invalid="ignore"):
        odd |= (values != np.rint(values)) | (values < 0) | (values > _MAX_SEGMENT)
    values[odd] = np.nan
    first = 1.0
    if (values == 0).any():
        first = 0.0
        notes.append(Note("segments_from_zero", "Segments are numbered from 0."))
    return (values - first) * (length_s or np.nan)


# -- what ----------------------------------------------------------------------------------


def read_codes(table: Table, segments: Segments) -> Codes:
    """Ruptures, resolutions and saliences of every row that has a segment.

    Raises
    ------
    ReadError
        When no column says what was coded.
    """
    least = table.rate("min_salience") or 2.0
    good = np.flatnonzero(~np.isnan(segments.starts))
    marker, salience = _find(table, "marker", MARKER), _find(table, "salience", SALIENCE)
    resolution = _find(table, "resolution", RESOLUTION)
    wide = find_wide([column.name for column in table.columns])
    if wide and "marker" not in table.options and salience is None:
        return _read_wide(table, wide, good, least)
    if marker is None and salience is None and resolution is None:
        raise table.read_error(
            "does not say what was coded.", "a column marker, salience or resolution"
        )
    side = _find(table, "side", SIDE)
    blank = [""] * len(table.cells.rows)
    people = table.texts(side) if side is not None else blank
    labels = table.texts(marker) if marker is not None else blank
    strengths, notes = _saliences(table, salience)
    solved = _resolved(table, resolution, least, notes)
    rated: dict[tuple[int, str], None] = {}
    ruptures, resolutions, strong = [], [], []
    seen: set[tuple[float, float, str, str, str]] = set()
    low = twice = nobody = 0
    for row in good.tolist():
        person, label, strength = people[row], labels[row], float(strengths[row])
        if side is not None and not person:
            nobody += 1
            continue
        rated[row, person] = None
        if not np.isnan(strength):
            strong.append(Mark(row, person, f"{strength:g}", strength))
        named = label.casefold() not in _NONE
        if named and strength < least:
            low += 1
        if (named and not strength < least) or (not named and strength >= least):
            mark = Mark(row, person, label if named else "rupture", strength)
            key = (segments.starts[row], segments.ends[row], person, mark.label, _other(table, row))
            if key in seen:
                twice += 1
            else:
                seen.add(key)
                ruptures.append(mark)
        if solved[row]:
            resolutions.append(Mark(row, person, solved[row], np.nan))
    for count, code, words in (
        (nobody, "rows_without_side", "row(s) do not say whose side was coded and were skipped."),
        (low, "marks_below_salience", f"marker(s) have a salience below {least:g}: no rupture."),
        (twice, "marks_twice", "marker(s) stand twice in one segment and were counted once."),
    ):
        if count:
            level = "warning" if code == "rows_without_side" else "info"
            notes.append(Note(code, f"{count} {words}", "", count, level))  # type: ignore[arg-type]
    return Codes(tuple(rated), tuple(ruptures), tuple(resolutions), tuple(strong), tuple(notes))


def _other(table: Table, row: int) -> str:
    """What else tells rows apart (session, coder): cells of columns that are no codes."""
    known = {*SEGMENT, *START, *END, *SIDE, *MARKER, *SALIENCE, *RESOLUTION}
    cells = table.cells.rows[row]
    return "\x1f".join(
        cells[column.index] for column in table.columns if split_unit(column.name)[0] not in known
    )


def _saliences(table: Table, column: Column | None) -> tuple[FloatArray, list[Note]]:
    total = len(table.cells.rows)
    if column is None:
        return np.full(total, np.nan), []
    values, odd = table.numbers(column)
    odd |= np.isinf(values)
    values[odd] = np.nan
    return values, _salience_notes(table, column, values, odd)


def _salience_notes(table: Table, column: Column, values: FloatArray, odd: BoolArray) -> list[Note]:
    with np.errstate(invalid="ignore"):
        outside = (values < _RATED[0]) | (values > _RATED[1])
    notes = []
    for cells, code, words in (
        (odd, "cells_not_numeric", "cell(s) are no numbers and were taken as missing"),
        (outside, "salience_outside_range", "salience(s) lie outside 1 to 5 and were kept"),
    ):
        if cells.any():
            count, line = int(cells.sum()), table.cells.line(int(np.argmax(cells)))
            told = f"{count} {words} (first at line {line})."
            notes.append(Note(code, told, f"column {column.name!r}", count, "warning"))
    return notes


def _resolved(table: Table, column: Column | None, least: float, notes: list[Note]) -> list[str]:
    """The strategy named in each row, "" where there was none.

    A column of 0 and 1 says no or yes; a column of numbers up to 5 is an extent, read as a
    salience is.
    """
    total = len(table.cells.rows)
    if column is None:
        return [""] * total
    texts = table.texts(column)
    values, odd = table.numbers(column)
    if not odd.any() and np.isfinite(values).any():
        binary = bool(np.isin(values[np.isfinite(values)], (0.0, 1.0)).all())
        from_value = 1.0 if binary else least
        told = f"Resolution is a number; from {from_value:g} on it counts as one."
        notes.append(Note("resolution_numeric", told, f"column {column.name!r}"))
        with np.errstate(invalid="ignore"):
            return ["resolution" if value >= from_value else "" for value in values.tolist()]
    yes = {"yes", "true", "ja", "x"}
    plain = ["" if text.casefold() in _NONE else text for text in texts]
    return ["resolution" if text.casefold() in yes else text for text in plain]


def _read_wide(
    table: Table, wide: dict[str, tuple[str, str]], good: np.ndarray, least: float
) -> Codes:
    rated: dict[tuple[int, str], None] = {}
    ruptures: list[Mark] = []
    resolutions: list[Mark] = []
    strong: list[Mark] = []
    notes: list[Note] = []
    for name, (person, marker) in wide.items():
        column = table.named("marker", name)
        values, own = _saliences(table, column)
        notes += own
        for row in good.tolist():
            value = float(values[row])
            if np.isnan(value):
                continue
            rated[row, person] = None
            mark = Mark(row, person, marker, value)
            if marker != "resolution":
                strong.append(Mark(row, person, f"{value:g}", value))
            if value >= least:
                (resolutions if marker == "resolution" else ruptures).append(mark)
    if not rated:
        raise ReadError("holds no salience in its columns.", path=table.path, found=", ".join(wide))
    return Codes(tuple(rated), tuple(ruptures), tuple(resolutions), tuple(strong), tuple(notes))
