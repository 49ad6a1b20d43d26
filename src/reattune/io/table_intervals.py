"""Tables whose rows are coded intervals or points in time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.columns import LARGEST_TIME_S, BoolArray, Coded, Column, FloatArray, Table
from reattune.io.table_groups import (
    IntArray,
    Reason,
    constant,
    group_coded,
    rows_of,
    rows_read_note,
    session_codes,
    session_columns,
    skipped_notes,
    too_many,
    unit_notes,
)

# In this order: a row is counted under the first that holds.
REASONS = (
    Reason("rows_without_session", "name no session"),
    Reason("rows_without_start", "have no readable start"),
    Reason("rows_with_unreadable_end", "have an end or duration that is no time"),
    Reason("rows_not_finite", "have a time that is not finite"),
    Reason("rows_negative", "have a time before 0"),
    Reason("rows_reversed", "end before they start"),
    Reason("rows_without_code", "have no code"),
    Reason("rows_without_end", "have no end although others of their track do"),
)
_NO_END = len(REASONS)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Interval rows as arrays over all rows of the table."""

    table: Table
    starts: FloatArray
    ends: FloatArray
    why: NDArray[np.int8]
    people: Coded
    streams: Coded
    codes: tuple[tuple[Column, Coded], ...]
    tick_s: float | None


def read_intervals(table: Table, start: Column) -> tuple[Recording, ...]:
    """One recording per session; in it, one track per person and stream, sorted by start.

    Without an end or duration column every row is a point. Rows that cannot be placed are
    skipped and counted in notes.

    Raises
    ------
    ReadError
        When no row is left, or an option names a column that is not there.
    """
    end, duration = table.find("end"), table.find("duration")
    codes = _code_columns(table)
    person = table.find("person") or table.find("person_of_event")
    stream = table.find("track")
    sessions = tuple(c for c in session_columns(table) if c not in (start, *codes))

    starts, no_start = table.times(start)
    ends, bad_end = _ends(table, starts, end, duration)
    blank = np.zeros(starts.size, dtype=np.bool_)
    for row in np.flatnonzero(np.isnan(starts)).tolist():
        blank[row] = not any(map(str.strip, table.cells.rows[row]))
    names = session_codes(table, sessions)
    texts = tuple((column, table.coded(column)) for column in codes)
    no_code = np.all([column.where("") for _, column in texts], axis=0)
    with np.errstate(invalid="ignore"):
        wild = (np.abs(starts) > LARGEST_TIME_S) | (np.abs(ends) > LARGEST_TIME_S)
        checks = (
            names.where(""),
            no_start | np.isnan(starts),
            bad_end,
            wild,
            (starts < 0) | (ends < 0),
            ends < starts,
            no_code,
        )
    why = np.zeros(starts.size, dtype=np.int8)
    for number in range(len(checks), 0, -1):
        why[checks[number - 1]] = number
    del checks, wild, no_code, no_start, bad_end
    why[blank] = -1

    rows = _Rows(
        table=table,
        starts=starts,
        ends=ends,
        why=why,
        people=table.coded(person) if person else constant("", starts.size),
        streams=table.coded(stream) if stream else constant("", starts.size),
        codes=texts,
        tick_s=_tick(table, start),
    )
    if (end is not None or duration is not None) and np.isnan(ends[why == 0]).any():
        _mark_open_rows(rows, names)
    everything = np.flatnonzero(~blank)
    if not (why[everything] == 0).any():
        told = " ".join(str(note) for note in skipped_notes(table, everything, why, REASONS))
        raise ReadError(f"has no row that could be read. {told}".strip(), path=table.path)

    used = (start, end, duration, person, stream, *codes, *sessions)
    notes = (*table.notes, _used_note(table, used), *unit_notes(table, start, *_placed(rows)))
    # A row without a session belongs to no recording; the first one tells of it.
    groups = group_coded([names], everything)
    lost = groups.pop(("",), np.zeros(0, dtype=np.int64))
    too_many(table, "sessions", sessions, len(groups))
    made: list[Recording] = []
    constants = _constants(table, used, names, blank)
    for (name,), members in groups.items():
        told_of = np.concatenate([lost, members]) if not made and lost.size else members
        own = constants.get(name, {})
        made.append(_recording(rows, name, members, told_of, notes, used, own))
    return tuple(made)


def _placed(rows: _Rows) -> tuple[FloatArray, FloatArray]:
    """Starts of the rows that are read, and ends of those that have one."""
    good = rows.why == 0
    ended = good & ~np.isnan(rows.ends)
    return (
        rows.starts if good.all() else rows.starts[good],
        rows.ends if ended.all() else rows.ends[ended],
    )


def _code_columns(table: Table) -> tuple[Column, ...]:
    given = table.options.get("code")
    if isinstance(given, list | tuple) and given:
        return tuple(table.named("code", name) for name in given)
    found = table.find("code")
    return () if found is None else (found,)


def _ends(
    table: Table, starts: FloatArray, end: Column | None, duration: Column | None
) -> tuple[FloatArray, NDArray[np.bool_]]:
    ends = np.full(starts.size, np.nan)
    bad = np.zeros(starts.size, dtype=np.bool_)
    if end is not None:
        ends, bad = table.times(end)
    if duration is not None:
        lengths, odd = table.times(duration)
        open_ = np.isnan(ends) & ~bad
        ends[open_] = starts[open_] + lengths[open_]
        bad |= odd & open_
    return ends, bad


def _mark_open_rows(rows: _Rows, names: Coded) -> None:
    """Rows without an end are points only where their whole track has none."""
    left = np.flatnonzero(rows.why == 0)
    for members in group_coded([names, rows.people, rows.streams], left).values():
        without = np.isnan(rows.ends[members])
        if not without.all():
            rows.why[members[without]] = _NO_END


def _tick(table: Table, start: Column) -> float | None:
    rate = table.rate("fps") or table.rate("rate_hz")
    return 1 / rate if table.unit(start) == "frame" and rate else None


def _recording(
    rows: _Rows,
    name: str,
    members: IntArray,
    told_of: IntArray,
    notes: tuple[Note, ...],
    used: tuple[Column | None, ...],
    covariates: dict[str, str],
) -> Recording:
    table = rows.table
    good = rows.why[members] == 0
    good = members if good.all() else members[good]
    tracks: list[Track] = []
    for column, texts in rows.codes:
        coded = good if len(rows.codes) == 1 else good[~texts.where("")[good]]
        for (person, stream), own in group_coded([rows.people, rows.streams], coded).items():
            tracks.append(_track(rows, column, texts, person, stream, own))
    too_many(table, "tracks", [c for c in used if c is not None], len(tracks))
    return Recording(
        id=name,
        format="table",
        path=table.path,
        tracks=tuple(tracks),
        meta={"sha256": table.sha256, "shape": "intervals", "covariates": covariates},
        notes=(
            rows_read_note(int(good.size), int(members.size)),
            *skipped_notes(table, told_of, rows.why, REASONS),
            *notes,
        ),
    )


def _track(
    rows: _Rows, column: Column, texts: Coded, person: str, stream: str, own: IntArray
) -> Track:
    starts, ends = rows_of(rows.starts, own), rows_of(rows.ends, own)
    points = bool(np.isnan(ends).all())
    ends = starts.copy() if points else ends
    codes = rows_of(texts.codes, own)
    if not _in_order(starts, ends):
        order = np.lexsort((ends, starts))
        starts, ends, codes = starts[order], ends[order], codes[order]
    several = len(rows.codes) > 1
    return Track(
        name=(f"{stream} {column.name}" if several else stream) if stream else column.name,
        kind="points" if points else "intervals",
        starts=starts,
        ends=ends,
        labels=Coded(codes, texts.words).labels(),
        person=person,
        tick_s=rows.tick_s,
    )


def _in_order(starts: FloatArray, ends: FloatArray) -> bool:
    """Whether rows are sorted by start, those of the same start by end."""
    on = starts[1:] > starts[:-1]
    return bool(on.all() or (on | ((starts[1:] == starts[:-1]) & (ends[1:] >= ends[:-1]))).all())


def _constants(
    table: Table, used: tuple[Column | None, ...], names: Coded, blank: BoolArray
) -> dict[str, dict[str, str]]:
    """For each session, other columns that hold one and the same text throughout it."""
    constants: dict[str, dict[str, str]] = {}
    nobody = len(names.words)
    sessions = np.where(blank, nobody, names.codes)
    for column in table.columns:
        if column in used:
            continue
        first: dict[int, str] = {}
        varies = np.zeros(nobody + 1, dtype=np.bool_)
        varies[nobody] = True
        at = 0
        for words, codes in table.cells.pieces(column.index):
            size = len(words) if codes is None else codes.size
            own = sessions[at : at + size]
            at += size
            if varies[own].all():
                continue
            pairs: Iterable[tuple[int, str]]
            if codes is None:
                pairs = zip(own.tolist(), words, strict=True)
            else:
                joint = np.unique(own.astype(np.int64) * len(words) + codes)
                pairs = ((both // len(words), words[both % len(words)]) for both in joint.tolist())
            for session, cell in pairs:
                if first.setdefault(session, cell) != cell:
                    varies[session] = True
        for session, cell in first.items():
            if not varies[session]:
                constants.setdefault(names.words[session], {})[column.name] = cell.strip()
    return constants


def _used_note(table: Table, used: tuple[Column | None, ...]) -> Note:
    names = [column.name for column in used if column is not None]
    rest = [column.name for column in table.columns if column.name not in names]
    text = f"Interval rows from the columns {', '.join(names)}."
    if rest:
        text += f" Not read as behaviour: {', '.join(rest[:12])}{', ...' if rest[12:] else ''}."
    return Note("columns_used", text)
