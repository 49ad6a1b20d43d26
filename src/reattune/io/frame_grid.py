"""Where the rows of a table of frames lie in time, and each person's signals on that grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Track
from reattune.io.columns import LARGEST_TIME_S, BoolArray, Column, FloatArray, Table
from reattune.io.frame_table import FrameTable, clean_values, make_samples, odd_cells_note
from reattune.io.sample_grid import lay_grid
from reattune.io.table_groups import IntArray

MAX_SAMPLES = 50_000_000


@dataclass(frozen=True, eq=False)
class FrameGrid:
    """Where rows lie in time: several rows (persons) may share a place.

    Attributes
    ----------
    start_s, rate_hz : float
    size : int
        Samples from the first to the last place.
    rows, places : int array, shape (n,)
        Rows that could be placed, and the sample number of each.
    notes : tuple of Note
    """

    start_s: float
    rate_hz: float
    size: int
    rows: IntArray
    places: IntArray
    notes: tuple[Note, ...]

    def spread(self, values: FloatArray, keep: BoolArray) -> FloatArray:
        """Values of the rows marked in ``keep`` at their places, nan elsewhere; shape (size,)."""
        out = np.full(self.size, np.nan)
        chosen = keep[self.rows]
        out[self.places[chosen]] = values[self.rows[chosen]]
        return out


def lay_frames(
    frames: FrameTable,
    frame: Column | None,
    time: Column | None,
    rows: IntArray,
    first_frame: int = 0,
) -> FrameGrid:
    """The grid of some rows, by their time column or, with the option ``fps``, their frames.

    Frame number ``first_frame`` is second 0.

    Raises
    ------
    ReadError
        When neither says when frames were taken, or they do not lie on a grid.
    """
    table = frames.table
    rate = table.rate("fps") or table.rate("rate_hz")
    if frame is not None and (rate is not None or time is None):
        time = frame
    if time is None:
        raise table.read_error("has neither a column of times nor one of frame numbers.")
    times, odd = frames.times(time)
    if time is frame and rate is not None:
        times = times - first_frame / rate
    with np.errstate(invalid="ignore"):
        bad = odd | ~np.isfinite(times) | (times < 0) | (np.abs(times) > LARGEST_TIME_S)
    good = rows[~bad[rows]]
    notes = []
    if good.size < rows.size:
        lost = int(rows.size - good.size)
        first = table.cells.line(int(rows[bad[rows]][0]))
        notes.append(
            Note(
                "rows_without_time",
                f"{lost} row(s) have no readable time and were skipped (first at line {first}).",
                where=f"column {time.name!r}",
                count=lost,
                level="warning",
            )
        )
    if not good.size:
        raise table.read_error(f"has no readable time in column {time.name!r}.")
    moments, first_rows, inverse = np.unique(times[good], return_index=True, return_inverse=True)
    counts = time is frame
    if moments.size == 1 and rate is not None:
        places = np.zeros(good.size, dtype=np.int64)
        return FrameGrid(float(moments[0]), rate, 1, good, places, tuple(notes))
    if moments.size == 1 and good.size > 1 and frame is not None:
        raise table.read_error(
            f"has the same time in every row of column {time.name!r}.",
            "the option fps (frames per second)",
        )
    grid = lay_grid(table, time, moments, good[first_rows], None if counts else rate, counts)
    places = grid.places[inverse.reshape(-1)]
    return FrameGrid(grid.start_s, grid.rate_hz, grid.size, good, places, (*notes, *grid.notes))


def check_rising(table: Table, grid: FrameGrid, keep: BoolArray, person: str) -> None:
    """Refuse a person who stands twice in one frame, or whose frames run backwards."""
    chosen = keep[grid.rows]
    steps = np.diff(grid.places[chosen])
    if steps.size and steps.min() < 1:
        at = int(grid.rows[chosen][int(np.argmax(steps < 1)) + 1])
        who = f" of {person!r}" if person else ""
        raise ReadError(
            f"two rows{who} fall in one frame, or frames run backwards.",
            path=table.path,
            where=f"line {table.cells.line(at)}",
            expected="one row per frame and person, in the order of time",
        )


def person_tracks(
    frames: FrameTable,
    grid: FrameGrid,
    people: Sequence[str],
    streams: Sequence[Column],
    seen: BoolArray,
    *,
    always: Sequence[str] = (),
    single: str | None = None,
) -> tuple[tuple[Track, ...], tuple[Note, ...]]:
    """One track per person and column, and notes on cells that are no numbers.

    Parameters
    ----------
    people : sequence of str, one per row of the table
    seen : bool array, one per row
        False where the person was not found: unobserved in every column but ``always``.
    always : sequence of str
        Columns (lower case) that are kept where the person was not found.
    single : str, optional
        Name of the person where the file holds one only.

    Raises
    ------
    ReadError
        When a person stands twice in a frame, or there would be too many samples.
    """
    names = list(dict.fromkeys(people[row] for row in grid.rows.tolist()))
    total = grid.size * len(streams) * len(names)
    if total > MAX_SAMPLES:
        raise ReadError(
            f"would make {total} samples.",
            path=frames.table.path,
            expected=f"at most {MAX_SAMPLES}; name fewer columns with the option tracks",
        )
    whose = np.array(people, dtype=object)
    keeps = {name: whose == name for name in names}
    for name in names:
        check_rising(frames.table, grid, keeps[name], name)
    columns: dict[Column, FloatArray] = {}
    odd: dict[str, int] = {}
    for column in streams:
        values, odd[column.name] = clean_values(frames, column)
        if column.name.casefold() not in always:
            values[~seen] = np.nan
        columns[column] = values
    tracks = tuple(
        make_samples(
            column.name,
            grid.spread(values, keeps[name]),
            grid.rate_hz,
            person=name if len(names) > 1 or single is None else single,
            start_s=grid.start_s,
        )
        for name in names
        for column, values in columns.items()
    )
    return tracks, odd_cells_note(odd)
