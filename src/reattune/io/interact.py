"""Mangold INTERACT: events exported as text, one column per class of codes."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.core.ticks import detect_tick
from reattune.io.cells import DELIMITERS, Cells, peek_text, plain_stem, read_cells
from reattune.io.columns import (
    LARGEST_TIME_S,
    FloatArray,
    number_option,
    parse_times,
    split_unit,
    uses_decimal_comma,
)
from reattune.io.register import Format, register_reader
from reattune.io.safe import read_bytes, sha256

# Columns that are not classes, lower case with "_" between words.
_NEEDED = ("level", "onset_time", "offset_time")
_FIXED = (*_NEEDED, "description", "number", "duration_time")
_EVENT_LEVEL = 3


@dataclass(frozen=True, eq=False)
class _Events:
    """All rows as arrays; ``fault`` names why a row cannot be placed, "" where it can."""

    cells: Cells
    levels: list[int | None]
    onsets: FloatArray
    offsets: FloatArray
    faults: list[str]


_FAULTS = {
    "rows_without_level": "have no level (1, 2 or 3)",
    "rows_without_time": "have an onset or offset that is no time",
    "rows_not_finite": "have a time that is not finite",
    "rows_negative": "have a time before 0",
    "rows_reversed": "end before they start",
}


def read_interact(path: Path, options: Mapping[str, object]) -> tuple[Recording, ...]:
    """The one recording of an INTERACT export: one track of intervals per class.

    Rows of level 1 (group) and 2 (set) contain the events of level 3; they give the span and the
    description. Times are seconds on the file's clock, which seldom starts at 0. An offset is the
    *last frame* of its event and is left as written.

    Parameters
    ----------
    path : Path
    options : mapping
        ``delimiter``, ``decimal``, and ``fps`` for times written as hh:mm:ss:ff.

    Raises
    ------
    ReadError
        When needed columns are missing or no event can be read.
    """
    path = Path(path)
    data = read_bytes(path)
    delimiter = options.get("delimiter")
    cells = read_cells(
        path,
        data,
        delimiter=None if delimiter is None else str(delimiter),
        is_header=_is_header,
    )
    at = {_plain(name): index for index, name in reversed(list(enumerate(cells.header)))}
    classes = {
        name: index
        for index, name in reversed(list(enumerate(cells.header)))
        if name and _plain(name) not in _FIXED
    }
    if not classes:
        raise ReadError(
            "has no class column.",
            path=path,
            found=", ".join(cells.header),
            expected="one column per class beside the times",
        )
    decimal_comma = uses_decimal_comma(path, cells, options)
    events = _read_rows(cells, at, decimal_comma, number_option(path, options, "fps"))
    placed = [row for row, fault in enumerate(events.faults) if not fault]
    coded = [row for row in placed if (events.levels[row] or 0) >= _EVENT_LEVEL]
    if not coded:
        told = " ".join(str(note) for note in _fault_notes(events))
        raise ReadError(
            f"has no event row (level {_EVENT_LEVEL}) that could be read. {told}".strip(), path=path
        )
    times = np.concatenate([events.onsets[placed], events.offsets[placed]])
    tick_s = detect_tick(times)
    in_order = sorted(classes, key=lambda name: classes[name])
    tracks = tuple(_track(events, coded, name, classes[name], tick_s) for name in in_order)
    span, description, span_notes = _container(events, placed, at.get("description"))
    blank = [r for r in coded if not any(cells.rows[r][i].strip() for i in classes.values())]
    read = Note(
        "rows_read",
        f"{len(placed) - len(blank)} of {len(cells.rows)} row(s) were read.",
        count=len(placed) - len(blank),
    )
    return (
        Recording(
            id=plain_stem(path),
            format="interact",
            path=path,
            tracks=tracks,
            span=span,
            meta={"sha256": sha256(data), "description": description},
            notes=(
                read,
                *_fault_notes(events),
                *_blank_notes(cells, blank),
                *span_notes,
                *_outside_notes(events, coded, span),
                *cells.notes,
            ),
        ),
    )


def _plain(name: str) -> str:
    return split_unit(name)[0]


def _is_header(row: tuple[str, ...]) -> bool:
    return set(_NEEDED) <= {_plain(cell) for cell in row}


def _read_rows(
    cells: Cells, at: Mapping[str, int], decimal_comma: bool, fps: float | None
) -> _Events:
    onsets, odd_onset = parse_times(cells.column(at["onset_time"]), decimal_comma, rate_hz=fps)
    offsets, odd_offset = parse_times(cells.column(at["offset_time"]), decimal_comma, rate_hz=fps)
    levels = [_level(cell) for cell in cells.column(at["level"])]
    unreadable = odd_onset | odd_offset | np.isnan(onsets) | np.isnan(offsets)
    faults = []
    for row, level in enumerate(levels):
        onset, offset = onsets[row], offsets[row]
        if not any(cell.strip() for cell in cells.rows[row]):
            fault = "blank"
        elif level is None:
            fault = "rows_without_level"
        elif unreadable[row]:
            fault = "rows_without_time"
        elif max(abs(onset), abs(offset)) > LARGEST_TIME_S:
            fault = "rows_not_finite"
        elif onset < 0 or offset < 0:
            fault = "rows_negative"
        else:
            fault = "rows_reversed" if offset < onset else ""
        faults.append(fault)
    return _Events(cells, levels, onsets, offsets, faults)


def _level(cell: str) -> int | None:
    text = cell.strip()
    return int(text) if text in {"1", "2", "3", "4", "5", "6", "7", "8", "9"} else None


def _track(events: _Events, rows: list[int], name: str, index: int, tick_s: float) -> Track:
    cells = events.cells.rows
    own = np.array([row for row in rows if cells[row][index].strip()], dtype=np.int64)
    own = own[np.lexsort((events.offsets[own], events.onsets[own]))]
    return Track(
        name=name,
        kind="intervals",
        starts=events.onsets[own],
        ends=events.offsets[own],
        labels=tuple(cells[row][index].strip() for row in own),
        tick_s=tick_s,
    )


def _container(
    events: _Events, placed: list[int], described: int | None
) -> tuple[tuple[float, float] | None, str, tuple[Note, ...]]:
    """Span and description of the group (level 1), else of the set (level 2)."""
    for level in (1, 2):
        rows = [row for row in placed if events.levels[row] == level]
        if not rows:
            continue
        span = (float(events.onsets[rows].min()), float(events.offsets[rows].max()))
        text = "" if described is None else events.cells.rows[rows[0]][described].strip()
        if len(rows) == 1:
            return span, text, ()
        note = Note(
            "several_sets",
            f"The file holds {len(rows)} groups or sets; they were read as one observation from "
            f"{span[0]:g} to {span[1]:g} s.",
            count=len(rows),
            level="warning",
        )
        return span, text, (note,)
    note = Note(
        "span_unknown",
        "No row of level 1 or 2 says how long was observed.",
        level="warning",
    )
    return None, "", (note,)


def _fault_notes(events: _Events) -> tuple[Note, ...]:
    notes = []
    for fault, words in _FAULTS.items():
        rows = [row for row, found in enumerate(events.faults) if found == fault]
        if rows:
            notes.append(_skipped(fault, words, events.cells, rows))
    return tuple(notes)


def _blank_notes(cells: Cells, rows: list[int]) -> tuple[Note, ...]:
    if not rows:
        return ()
    return (_skipped("rows_without_code", "have no code in any class", cells, rows),)


def _skipped(code: str, words: str, cells: Cells, rows: list[int]) -> Note:
    return Note(
        code,
        f"{len(rows)} row(s) {words} and were skipped (first at line {cells.line(rows[0])}).",
        count=len(rows),
        level="warning",
    )


def _outside_notes(
    events: _Events, rows: list[int], span: tuple[float, float] | None
) -> tuple[Note, ...]:
    if span is None:
        return ()
    outside = [
        row
        for row in rows
        if events.onsets[row] < span[0] - 1e-9 or events.offsets[row] > span[1] + 1e-9
    ]
    if not outside:
        return ()
    return (
        Note(
            "events_outside_span",
            f"{len(outside)} event(s) reach beyond the observation ({span[0]:g} to {span[1]:g} s; "
            f"first at line {events.cells.line(outside[0])}).",
            count=len(outside),
            level="warning",
        ),
    )


def _sniff(path: Path, head: bytes) -> bool:
    text = peek_text(head)
    if text is None:
        return False
    first = text.lstrip().partition("\n")[0]
    for mark in DELIMITERS:
        try:
            row = next(csv.reader(io.StringIO(first), delimiter=mark, skipinitialspace=True), [])
        except csv.Error:
            continue
        if _is_header(tuple(row)):
            return True
    return False


register_reader(
    Format(
        name="interact",
        title="Mangold INTERACT export (csv)",
        suffixes=(".csv", ".txt"),
        sniff=_sniff,
        read=read_interact,
    )
)
