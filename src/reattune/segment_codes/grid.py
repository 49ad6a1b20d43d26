"""From rows to meetings: segments on a grid, gaps kept, several coders side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import isnan, nan
from pathlib import Path

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.io.table_groups import group_rows
from reattune.segment_codes.kinds import KINDS, NONE, OTHER, find_kind
from reattune.segment_codes.meeting import CodedMeeting, FloatArray, Marker
from reattune.segment_codes.table import Entries, numbers_without_start, read_entries

# Holes shorter than this share of a segment are a matter of rounding and are closed, with a note.
SMALL_HOLE = 0.1
# More than this is a slip in a number.
MAX_SLOTS = 20_000
Slot = tuple[float, float]


def read_coded_meetings(
    path: str | Path, options: Mapping[str, object] | None = None
) -> tuple[CodedMeeting, ...]:
    """The meetings in a table of segment codes, every coder's codes side by side.

    Parameters
    ----------
    path : path-like
        Long (a row per segment, side and marker) or wide (columns such as ``patient_withdrawal``).
    options : mapping, optional
        Columns: ``segment``, ``start``, ``end``, ``side``, ``marker``, ``salience``,
        ``resolution`` (strategies, several joined by ";", or a number: the extent), ``extent``,
        ``coder``, ``dyad`` (or ``case``), ``meeting``, ``session``; ``overall`` (name -> column)
        for ratings of the whole meeting. ``segment_s``: seconds per segment, where the table has
        no ends.
        ``salience_range`` (default (1, 5)), ``sides`` (two names), ``kinds`` (marker ->
        withdrawal, confrontation, rupture, other or none), ``sheet``, ``delimiter``, ``decimal``.

    Returns
    -------
    tuple of CodedMeeting
        All with the same markers and strategies, so that they can be pooled.

    Raises
    ------
    ReadError
        When a segment was coded twice and differently, segments overlap, a salience lies outside
        its range, or there are more than two sides.

    Notes
    -----
    In a long table a coder who has a row for a segment and did not name a marker there gave it the
    lowest salience (none). A segment without a row of any coder, or with blank cells, was not
    coded; it stays missing.
    """
    path = Path(path)
    given = dict(options or {})
    entries = read_entries(path, given)
    kinds = given.get("kinds")
    markers = _markers(entries, kinds if isinstance(kinds, Mapping) else {})
    spelled: dict[str, str] = {}
    for names in entries.strategies.values():
        for name in names:
            spelled.setdefault(name.casefold(), name)
    groups = group_rows(entries.sessions, np.arange(len(entries.sessions)))
    whole = numbers_without_start(entries.segments, given)
    notes = _notes(entries, markers)
    meetings = []
    for key, rows in groups.items():
        name = str(key)
        own = [row for row in rows.tolist() if not isnan(entries.segments.starts[row])]
        if name and own:
            meetings.append(
                _build(entries, name, own, markers, tuple(spelled.values()), whole, notes)
            )
    if not meetings:
        raise ReadError("has no row that could be read.", path=path)
    return tuple(meetings)


def _markers(entries: Entries, kinds: Mapping[str, str]) -> tuple[Marker, ...]:
    """All markers of the table, by kind, then by side; one for each side where there is none."""
    found: dict[tuple[str, str], Marker] = {}
    for _, side, label in entries.given:
        key = (side, label.casefold())
        if key not in found:
            found[key] = Marker(side, label, find_kind(label, kinds))
    if not any(marker.kind != NONE for marker in found.values()):
        for side in entries.sides:
            found.setdefault((side, "rupture"), Marker(side, "rupture", "rupture"))
    order = (*KINDS, NONE)
    return tuple(
        sorted(found.values(), key=lambda m: (order.index(m.kind), entries.sides.index(m.side)))
    )


def _notes(entries: Entries, markers: Sequence[Marker]) -> tuple[Note, ...]:
    unclear = list(dict.fromkeys(m.label for m in markers if m.kind == OTHER))
    if not unclear:
        return entries.notes
    told = (
        f"{', '.join(unclear[:8])}: neither withdrawal nor confrontation by name; counted as other "
        "ruptures. The option kinds says what they are."
    )
    note = Note("kind_unclear", told, count=len(unclear), level="warning")
    return (*entries.notes, note)


def _build(
    entries: Entries,
    name: str,
    rows: Sequence[int],
    markers: tuple[Marker, ...],
    strategies: tuple[str, ...],
    whole: bool,
    shared: tuple[Note, ...],
) -> CodedMeeting:
    path = entries.table.path
    notes = list(shared)
    slots, names = _slots(entries, name, rows, whole, notes)
    place = {slot: at for at, slot in enumerate(slots)}
    tidy = {_key(entries, row): at for at, row in _nearest(entries, rows, place)}
    coders = tuple(dict.fromkeys(entries.coders[row] for row in rows))
    column = {(m.side, m.label.casefold()): at for at, m in enumerate(markers)}
    skill = {s.casefold(): at for at, s in enumerate(strategies)}
    shape = (len(coders), len(slots))
    salience = np.full((*shape, len(markers)), nan)
    shown = np.full((*shape, len(strategies)), nan)
    extent = np.full(shape, nan)
    said: dict[tuple[int, int, int], int] = {}
    twice = 0
    by_row: dict[int, list[tuple[str, str, float]]] = {}
    for (row, side, label), value in entries.given.items():
        by_row.setdefault(row, []).append((side, label, value))
    for row in rows:
        if not entries.looked.get(row):
            continue
        c, n = coders.index(entries.coders[row]), tidy[_key(entries, row)]
        if entries.has_strategies:
            shown[c, n] = np.where(np.isnan(shown[c, n]), 0.0, shown[c, n])
        if entries.fills:
            # A cell of the coder's that holds nothing yet: coded, and none.
            blank = np.isnan(salience[c, n]) & ~np.array(
                [(c, n, m) in said for m in range(len(markers))], dtype=np.bool_
            )
            salience[c, n, blank] = entries.scale[0]
        for side, label, value in by_row.get(row, ()):
            m = column[side, label.casefold()]
            if (c, n, m) in said:
                old = float(salience[c, n, m])
                if not (old == value or (isnan(old) and isnan(value))):
                    raise ReadError(
                        f"codes a segment of meeting {name!r} twice.",
                        path=path,
                        where=f"line {entries.table.cells.line(row)}",
                        found=f"{side} {label} {value:g}, and {old:g} in line "
                        f"{entries.table.cells.line(said[c, n, m])}",
                        expected="one salience for each coder, segment, side and marker",
                    )
                twice += 1
                continue
            said[c, n, m] = row
            salience[c, n, m] = value
    for row in rows:
        c, n = coders.index(entries.coders[row]), tidy[_key(entries, row)]
        for strategy in entries.strategies.get(row, ()):
            shown[c, n, skill[strategy.casefold()]] = 1.0
        if row in entries.extents:
            extent[c, n] = np.fmax(extent[c, n], entries.extents[row])
    if twice:
        told = f"{twice} code(s) stand twice with the same salience and were counted once."
        notes.append(Note("codes_twice", told, name, twice))
    numbers = {entries.numbers[row] for row in rows if not isnan(entries.numbers[row])}
    dyads = {entries.dyads[row] for row in rows}
    missing = sum(not text for text in names)
    if missing:
        told = f"{missing} segment(s) have no row: they were not coded and stay missing."
        notes.append(Note("segments_missing", told, name, missing, "warning"))
    return CodedMeeting(
        id=name,
        dyad=dyads.pop() if len(dyads) == 1 else name,
        number=int(numbers.pop()) if len(numbers) == 1 else None,
        sides=entries.sides,
        starts=np.array([start for start, _ in slots]),
        ends=np.array([end for _, end in slots]),
        names=names,
        coders=coders,
        markers=markers,
        salience=salience,
        strategies=strategies,
        shown=shown,
        extent=extent,
        overall=_overall(entries, name, rows, coders),
        scale=entries.scale,
        notes=tuple(notes),
    )


def _key(entries: Entries, row: int) -> Slot:
    return (float(entries.segments.starts[row]), float(entries.segments.ends[row]))


def _nearest(
    entries: Entries, rows: Sequence[int], place: Mapping[Slot, int]
) -> list[tuple[int, int]]:
    """Slot of each row: by its start, since ends may have been closed up."""
    starts = {round(start, 6): at for (start, _), at in place.items()}
    return [(starts[round(_key(entries, row)[0], 6)], row) for row in rows]


def _slots(
    entries: Entries, name: str, rows: Sequence[int], whole: bool, notes: list[Note]
) -> tuple[list[Slot], tuple[str, ...]]:
    """Every segment in order, those without a row included, and their names."""
    known: dict[float, tuple[Slot, str]] = {}
    for row in rows:
        start, end = _key(entries, row)
        old = known.setdefault(round(start, 6), ((start, end), entries.segments.names[row]))
        if abs(old[0][1] - end) > 1e-6:
            raise _clash(entries, name, row, old[0])
    order = [known[start] for start in sorted(known)]
    length = float(np.median([end - start for (start, end), _ in order]))
    slots: list[Slot] = []
    names: list[str] = []
    reached = 0.0 if whole else order[0][0][0]
    closed = 0
    for (start, end), label in order:
        hole = start - reached
        if hole < -1e-6:
            raise _clash(entries, name, rows[0], (start, end))
        if hole > SMALL_HOLE * length:
            pieces = max(1, round(hole / length))
            if pieces + len(slots) > MAX_SLOTS:
                raise ReadError(
                    f"leaves {pieces} segments of meeting {name!r} without a row.",
                    path=entries.table.path,
                    expected="segment numbers or starts without a slip",
                )
            edges = np.linspace(reached, start, pieces + 1).tolist()
            slots += list(pairwise(edges))
            names += [""] * pieces
        elif hole > 1e-6 and slots:
            slots[-1] = (slots[-1][0], start)
            closed += 1
        slots.append((start, end))
        names.append(label or f"{len(slots)}")
        reached = end
    if closed:
        told = f"{closed} hole(s) shorter than a tenth of a segment were closed."
        notes.append(Note("holes_closed", told, name, closed))
    return slots, tuple(names)


def _clash(entries: Entries, name: str, row: int, other: Slot) -> ReadError:
    return ReadError(
        f"has segments of meeting {name!r} that overlap.",
        path=entries.table.path,
        where=f"line {entries.table.cells.line(row)}",
        found=f"one from {other[0]:g} to {other[1]:g} s beside another that reaches into it",
        expected="segments one after another, the same for all coders",
    )


def _overall(
    entries: Entries, name: str, rows: Sequence[int], coders: Sequence[str]
) -> dict[str, FloatArray]:
    """Ratings of the whole meeting, one per coder."""
    found: dict[str, FloatArray] = {}
    for rating, by_row in entries.overall.items():
        values = np.full(len(coders), nan)
        for row in rows:
            if row not in by_row:
                continue
            c = coders.index(entries.coders[row])
            if not isnan(values[c]) and values[c] != by_row[row]:
                raise ReadError(
                    f"rates {rating!r} of meeting {name!r} differently from row to row.",
                    path=entries.table.path,
                    where=f"line {entries.table.cells.line(row)}",
                    found=f"{by_row[row]:g} and {values[c]:g}",
                    expected="one rating of the whole meeting for each coder",
                )
            values[c] = by_row[row]
        if not np.isnan(values).all():
            found[rating] = values
    return found
