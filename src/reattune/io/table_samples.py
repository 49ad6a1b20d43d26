"""Tables whose rows are samples and whose columns are streams."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.columns import (
    LARGEST_TIME_S,
    BoolArray,
    Coded,
    Column,
    FloatArray,
    Table,
    split_unit,
)
from reattune.io.sample_grid import Grid, lay_grid
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

REASONS = (
    Reason("rows_without_session", "name no session"),
    Reason("rows_without_time", "have no readable time"),
    Reason("rows_not_finite", "have a time that is not finite"),
    Reason("rows_negative", "have a time before 0"),
)
MAX_SAMPLES = 50_000_000
_EMPTY = np.zeros(0)


def read_samples(table: Table) -> tuple[Recording, ...]:
    """One recording per session; in it, one track of samples per column (and person).

    Raises
    ------
    ReadError
        When neither a time column nor a rate says when the samples were taken, when time runs
        backwards, or when samples do not lie on a regular grid.
    """
    time = table.find("time") or table.find("counter")
    rate_hz = table.rate("rate_hz")
    if time is None and rate_hz is None and (rate_hz := table.rate("fps")) is None:
        raise table.read_error(
            "has neither a start column with codes nor a time column, so it does not say when "
            "its rows were taken.",
            "the option rate_hz (rows per second), or columns named as the page on tables says "
            "(ratings of meetings: columns case and session, or --columns)",
        )
    sessions = tuple(column for column in session_columns(table) if column != time)
    person = table.find("person")
    streams = tuple(
        column
        for column in table.columns
        if column not in (time, person, *sessions) and not _row_number(table, column)
    )
    if not streams:
        raise table.read_error("has no column besides time, person and session.")

    names = session_codes(table, sessions)
    people = table.coded(person) if person else constant("", names.codes.size)
    times, why = _checked_times(table, time, names)
    good = np.flatnonzero(why == 0)
    everything = good if good.size == why.size else np.arange(why.size)
    if not good.size:
        told = " ".join(str(note) for note in skipped_notes(table, everything, why, REASONS))
        raise ReadError(f"has no row that could be read. {told}".strip(), path=table.path)

    groups = group_coded([names, people], good)
    too_many(table, "sessions", [*sessions, *([person] if person else [])], len(groups))
    counts = _counts_frames(table, time)
    grids = {
        key: lay_grid(
            table, time, None if times is None else rows_of(times, rows), rows, rate_hz, counts
        )
        for key, rows in groups.items()
    }
    n_samples = sum(grid.size for grid in grids.values()) * len(streams)
    if n_samples > MAX_SAMPLES:
        raise table.read_error(f"would make {n_samples} samples.", f"at most {MAX_SAMPLES}")

    contents = [_Content(table, column) for column in streams]
    tracks: dict[str, list[Track]] = {}
    notes: dict[str, list[Note]] = {}
    for (name, who), rows in groups.items():
        grid = grids[name, who]
        tracks.setdefault(name, []).extend(content.track(who, rows, grid) for content in contents)
        notes.setdefault(name, []).extend(grid.notes)
    shared = [*table.notes, *(note for content in contents for note in content.notes)]
    if time is not None and times is not None:
        shared.extend(unit_notes(table, time, rows_of(times, good)))
    del grids, times
    by_session = group_coded([names], everything)
    lost = by_session.pop(("",), np.zeros(0, dtype=np.int64))
    recordings: list[Recording] = []
    for (name,), members in by_session.items():
        told_of = members if recordings or not lost.size else np.concatenate([lost, members])
        recordings.append(
            Recording(
                id=name,
                format="table",
                path=table.path,
                tracks=tuple(tracks.get(name, ())),
                meta={"sha256": table.sha256, "shape": "samples"},
                notes=(
                    rows_read_note(int((why[members] == 0).sum()), members.size),
                    *skipped_notes(table, told_of, why, REASONS),
                    *notes.get(name, ()),
                    *shared,
                ),
            )
        )
    return tuple(recordings)


def _row_number(table: Table, column: Column) -> bool:
    """An ``id`` that differs in every row numbers the rows and measures nothing."""
    if split_unit(column.name)[0] != "id":
        return False
    coded = table.coded(column)
    return len(coded.words) == coded.codes.size


def _counts_frames(table: Table, time: Column | None) -> bool:
    return time is not None and table.unit(time) == "frame"


def _checked_times(
    table: Table, time: Column | None, names: Coded
) -> tuple[FloatArray | None, NDArray[np.int8]]:
    """Seconds of each row (None without a time column), and why rows are left out (0 = read)."""
    why = np.zeros(names.codes.size, dtype=np.int8)
    times = None
    if time is not None:
        times, odd = table.times(time)
        with np.errstate(invalid="ignore"):
            why[times < 0] = 4
            why[np.abs(times) > LARGEST_TIME_S] = 3
        why[odd | np.isnan(times)] = 2
    why[names.where("")] = 1
    return times, why


# -- what the columns hold -----------------------------------------------------------------


def sample_values(table: Table, column: Column) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Cells as numbers (nan = missing or infinite), and which cells hold words."""
    values, odd = table.numbers(column)
    values[~np.isfinite(values)] = np.nan
    return values, odd


class _Content:
    """One column over all rows: numbers, or words when any cell is a word."""

    def __init__(self, table: Table, column: Column) -> None:
        raw, odd = table.numbers(column)
        infinite = np.isinf(raw)
        self.name = column.name
        self.notes: list[Note] = []
        self.values: FloatArray | None = None
        self.texts = constant("", 0)
        if not odd.any():
            raw[infinite] = np.nan
            self.values = raw
            if infinite.any():
                self._tell(
                    "values_not_finite", infinite, table, "infinite values were taken as missing"
                )
            return
        self.texts = table.coded(column)
        if np.isfinite(raw).sum() >= 9 * odd.sum():
            word = self.texts.words[self.texts.codes[np.argmax(odd)]][:40]
            self._tell(
                "mixed_column", odd, table, f"cells are no numbers ({word!r}): read as words"
            )

    def _tell(self, code: str, cells: BoolArray, table: Table, words: str) -> None:
        count = int(cells.sum())
        line = table.cells.line(int(np.argmax(cells)))
        self.notes.append(
            Note(
                code,
                f"{count} {words} (first at line {line}).",
                where=f"column {self.name!r}",
                count=count,
                level="warning",
            )
        )

    def track(self, person: str, rows: IntArray, grid: Grid) -> Track:
        """The samples of some rows, laid out on their grid."""
        values: FloatArray | None = None
        labels: tuple[str, ...] = ()
        if self.values is not None:
            whole = grid.size == rows.size
            values = rows_of(self.values, rows)
            if not whole:
                filled = np.full(grid.size, np.nan)
                filled[grid.places] = values
                values = filled
        else:
            # The word after the last one stands for a hole.
            codes = np.full(grid.size, len(self.texts.words), dtype=np.int32)
            codes[grid.places] = self.texts.codes[rows]
            labels = Coded(codes, [*self.texts.words, ""]).labels()
        return Track(
            name=self.name,
            kind="samples",
            starts=_EMPTY,
            ends=_EMPTY,
            labels=labels,
            person=person,
            values=values,
            start_s=grid.start_s,
            rate_hz=grid.rate_hz,
            tick_s=1 / grid.rate_hz,
        )
