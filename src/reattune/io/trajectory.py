"""Trajectories of GridWare: rows of onset and values, and at the end the time it stopped."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Track
from reattune.io.coded import Coded, coded_tracks, encoding_notes, rows_read
from reattune.io.columns import LARGEST_TIME_S, parse_times
from reattune.io.gridware_project import State

MAX_VARIABLES = 1000


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A trajectory file: its variables, its rows as (start, end, values), and what was odd."""

    name: str
    variables: tuple[str, ...]
    rows: tuple[tuple[float, float, tuple[str, ...]], ...]
    span: tuple[float, float] | None
    missing: str
    size: int
    notes: tuple[Note, ...]


def parse_trajectory(text: str, encoding: str, path: Path, missing: str) -> Trajectory:
    """The trajectory in a text of tab or comma separated rows below ``Onset`` and variable names.

    Each row lasts until the onset of the next, so an onset that cannot be read would give another
    row a wrong length: it is an error, never skipped.

    Raises
    ------
    ReadError
        When the header is missing, a row is broken, or an onset is no time or before the last.
    """
    lines = [
        (number, line)
        for number, line in enumerate(re.split(r"\r\n|\r|\n", text.lstrip("\ufeff")), start=1)
        if line.strip()
    ]
    mark = "\t" if lines and "\t" in lines[0][1] else ","
    cells = [(number, [c.strip().strip('"') for c in line.split(mark)]) for number, line in lines]
    header = _without_trailing(cells[0][1]) if cells else []
    if len(header) < 2 or header[0].casefold() != "onset" or len(header) > MAX_VARIABLES:
        raise ReadError(
            "is not a GridWare trajectory.",
            path=path,
            where="line 1",
            found=", ".join(repr(name[:40]) for name in header[:8]) or "nothing",
            expected="'Onset' and the names of the variables",
        )
    rows = [(number, _cut(row, len(header), path, number)) for number, row in cells[1:]]
    if not rows:
        raise ReadError("has no rows below its header.", path=path)
    onsets = _onsets(rows, mark == "\t", path)
    for (number, _), before, onset in zip(rows[1:], onsets, onsets[1:], strict=False):
        if onset < before:
            raise ReadError(
                "goes back in time.",
                path=path,
                where=f"line {number}",
                found=f"{onset:g} after {before:g}",
                expected="onsets in rising order",
            )
    return _timed(rows, onsets, header, missing, len(text), path, encoding)


def _without_trailing(row: list[str]) -> list[str]:
    """The cells up to the last one with text."""
    filled = [at for at, cell in enumerate(row) if cell]
    return row[: filled[-1] + 1] if filled else []


def _cut(row: list[str], width: int, path: Path, number: int) -> list[str]:
    row = _without_trailing(row) or row[:1]
    if len(row) > width:
        raise ReadError(
            "has a row with more values than there are variables.",
            path=path,
            where=f"line {number}",
            found=str(len(row) - 1),
            expected=str(width - 1),
        )
    return row


def _onsets(rows: list[tuple[int, list[str]]], decimal_comma: bool, path: Path) -> list[float]:
    values, odd = parse_times([row[0] for _, row in rows], decimal_comma)
    for (number, row), value, wrong in zip(rows, values.tolist(), odd.tolist(), strict=True):
        if wrong or math.isnan(value) or not 0 <= value <= LARGEST_TIME_S:
            raise ReadError(
                "has an onset that is no time.",
                path=path,
                where=f"line {number}",
                found=repr(row[0][:40]),
                expected="seconds from 0 on",
            )
    return list(map(float, values))


def _timed(
    rows: list[tuple[int, list[str]]],
    onsets: list[float],
    header: list[str],
    missing: str,
    size: int,
    path: Path,
    encoding: str,
) -> Trajectory:
    """Rows with their ends; the last line is the end when it has a time only."""
    notes = list(encoding_notes(encoding))
    ended = len(rows[-1][1]) == 1
    if not ended:
        notes.append(
            Note(
                "end_not_known",
                f"the last line ({rows[-1][0]}) is not an end time, so how long its values held is "
                "not known; they were left out.",
                where=path.name,
                level="warning",
            )
        )
    timed = []
    without_length = short = 0
    for (_, row), onset, end in zip(rows, onsets, onsets[1:], strict=False):
        if end == onset:
            without_length += 1
            continue
        short += len(row) < len(header)
        timed.append((onset, end, (*row[1:], *[""] * (len(header) - len(row)))))
    if without_length:
        notes.append(
            Note(
                "rows_without_length",
                f"{without_length} row(s) have the onset of the next row and were skipped.",
                count=without_length,
                level="warning",
            )
        )
    if short:
        notes.append(
            Note(
                "rows_too_short",
                f"{short} row(s) have fewer values than there are variables; those at their end "
                "are taken as missing.",
                count=short,
                level="warning",
            )
        )
    notes.insert(0, rows_read(len(timed), len(rows) - ended))
    return Trajectory(
        path.name,
        tuple(name or f"variable {at}" for at, name in enumerate(header[1:], start=1)),
        tuple(timed),
        (onsets[0], onsets[-1]) if onsets[-1] > onsets[0] else None,
        missing,
        size,
        tuple(notes),
    )


def trajectory_tracks(
    trajectory: Trajectory, states: Mapping[str, State]
) -> tuple[tuple[Track, ...], tuple[Note, ...]]:
    """A track of intervals per variable, and notes on missing and undeclared values."""
    tracks: list[Track] = []
    notes: list[Note] = []
    for at, name in enumerate(trajectory.variables):
        events = [
            Coded(start, end, values[at])
            for start, end, values in trajectory.rows
            if values[at] not in ("", trajectory.missing)
        ]
        gone = len(trajectory.rows) - len(events)
        if gone:
            notes.append(
                Note(
                    "values_missing",
                    f"{gone} row(s) of {name!r} have no value; nothing is known of it then.",
                    where=trajectory.name,
                    count=gone,
                )
            )
        state = states.get(name)
        meta: dict[str, object] = {}
        if state is not None:
            meta = {"scale": state.scale, "values": state.values}
            notes += _undeclared(state, events, trajectory.name)
        tracks += coded_tracks(name, events, meta=meta)
    return tuple(tracks), tuple(notes)


def _undeclared(state: State, events: list[Coded], where: str) -> list[Note]:
    """A warning on values a categorical variable does not declare."""
    if state.scale != "categorical" or not state.values:
        return []
    unknown = [event.code for event in events if event.code not in state.values]
    if not unknown:
        return []
    shown = ", ".join(repr(code[:40]) for code in list(dict.fromkeys(unknown))[:6])
    return [
        Note(
            "codes_not_declared",
            f"{len(unknown)} value(s) of {state.name!r} are not among those the project declares: "
            f"{shown}.",
            where=where,
            count=len(unknown),
            level="warning",
        )
    ]
