"""Regular grids of samples: the rate behind a time column, its holes and its irregular steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.ticks import detect_tick
from reattune.io.columns import BoolArray, Column, FloatArray, Table
from reattune.io.table_groups import IntArray

# A step may differ from the usual one by this share before it is called irregular.
STEP_TOLERANCE = 0.01
_PIECE = 65_536


@dataclass(frozen=True, eq=False)
class Grid:
    """Where the rows of one person and session lie on a regular grid.

    Attributes
    ----------
    start_s, rate_hz : float
    places : int array, shape (n,)
        Sample number of each row, strictly rising.
    notes : tuple of Note
    """

    start_s: float
    rate_hz: float
    places: IntArray
    notes: tuple[Note, ...] = ()

    @property
    def size(self) -> int:
        """Number of samples, holes included."""
        return int(self.places[-1]) + 1


def lay_grid(
    table: Table,
    time: Column | None,
    times: FloatArray | None,
    rows: IntArray,
    rate_hz: float | None,
    counts_frames: bool,
) -> Grid:
    """The grid on which the samples of some rows lie.

    Parameters
    ----------
    table : Table
    time : Column or None
        None without a time column; ``rate_hz`` is then needed.
    times : float array, shape (n,), or None
        Seconds.
    rows : int array, shape (n,)
        The rows, for messages.
    rate_hz : float or None
        Samples per second where the user states it.
    counts_frames : bool
        Whether the time column counts frames.

    Raises
    ------
    ReadError
        When time does not rise, a rate cannot be seen or does not fit, or the samples are not
        on a grid.
    """
    if time is None or times is None:
        if rate_hz is None:
            raise table.read_error("has no time column.", "the option rate_hz")
        return Grid(0.0, rate_hz, np.arange(rows.size))
    # A rate beside a frame counter says how long a frame is, not how far apart rows are.
    rate = None if counts_frames else rate_hz
    steps = np.diff(times)
    _check_order(table, time, steps, rows)
    if rate is None and not steps.size:
        raise table.read_error(
            f"has only one sample at line {table.cells.line(int(rows[0]))}, which does not show "
            "how far apart samples are.",
            "the option rate_hz",
        )
    usual = 1 / rate if rate is not None else float(np.median(steps))
    slack = STEP_TOLERANCE * usual + _written_to_s(times)
    # Arrays are worked on in place: a million samples are common, and so are their copies.
    jumps = steps / usual
    np.maximum(np.rint(jumps, out=jumps), 1.0, out=jumps)
    if rate is not None and steps.size:
        middle = float(np.median(steps / jumps))
        if abs(middle - usual) > slack or np.median(jumps) > 1:
            raise ReadError(
                "has time steps that do not fit the rate given.",
                path=table.path,
                where=f"column {time.name!r}",
                found=f"{float(np.median(steps)):g} s",
                expected=f"{usual:g} s (rate_hz = {rate:g}), or no option rate_hz",
            )
    n_steps = float(jumps.sum())
    jumps *= usual
    np.subtract(steps, jumps, out=jumps)
    off = np.abs(jumps, out=jumps) > slack
    del jumps, steps
    step = usual
    if rate is None and not off.any():
        step = _exact_step(times, n_steps)
    # A sample halfway between two places belongs to the earlier one.
    places = times - times[0]
    places /= step
    places -= 0.5
    places -= 1e-9
    np.ceil(places, out=places)
    _check_places(table, time, places, rows, step)
    return Grid(
        float(times[0]),
        _plain(1 / step),
        places.astype(np.int64),
        _grid_notes(table, time, rows, places, off, times, usual),
    )


def _check_order(table: Table, time: Column, steps: FloatArray, rows: IntArray) -> None:
    if steps.size and steps.min() <= 0:
        at = int(np.argmax(steps <= 0))
        backwards = steps[at] < 0
        raise ReadError(
            f"time runs {'backwards' if backwards else 'on without a step'} in column "
            f"{time.name!r}; samples are never reordered.",
            path=table.path,
            where=f"line {table.cells.line(int(rows[at + 1]))}",
            found=f"a step of {steps[at]:g} s",
            expected="rising times; if the table holds several sessions or persons, name their "
            "columns with the options session and person"
            + ("; if each row is an event, name its start and code" if table.find("code") else ""),
        )


def _check_places(
    table: Table, time: Column, places: FloatArray, rows: IntArray, step: float
) -> None:
    moved = np.diff(places)
    if moved.size and moved.min() < 1:
        at = int(np.argmax(moved < 1))
        raise ReadError(
            f"has samples that do not lie on a grid of {step:g} s in column {time.name!r}: two "
            "fall on the same place.",
            path=table.path,
            where=f"line {table.cells.line(int(rows[at + 1]))}",
            expected="regular samples; if each row is an event, name its start and code with the "
            f"options start = {time.name!r} and code",
        )
    if moved.size and places[-1] > 20 * places.size + 100:
        at = int(np.argmax(moved))
        raise ReadError(
            f"time jumps by {moved[at] * step:g} s in column {time.name!r}.",
            path=table.path,
            where=f"line {table.cells.line(int(rows[at + 1]))}",
            expected=f"samples about {step:g} s apart",
        )


def _written_to_s(times: FloatArray) -> float:
    """The last decimal the times are written to, 0 for whole seconds."""
    for decimals in range(7):
        if all(_are_whole(times[at : at + _PIECE] * 10**decimals) for at in _starts(times)):
            return float(10.0**-decimals) if decimals else 0.0
    return 0.0


def _starts(times: FloatArray) -> range:
    return range(0, times.size, _PIECE)


def _are_whole(scaled: FloatArray) -> bool:
    return bool(np.abs(scaled - np.rint(scaled)).max() < 1e-4)


def _exact_step(times: FloatArray, n_steps: float) -> float:
    """The step over the whole length, on the frame grid where the rounded times show one."""
    step = float(times[-1] - times[0]) / n_steps
    slack = _written_to_s(times) + 1e-9 * step
    for shift in (0.0, float(times[0])):
        tick = _tick(times, shift)
        if abs(tick - step) * n_steps <= slack:
            return tick
    return step


def _tick(times: FloatArray, shift: float) -> float:
    """`detect_tick` of the shifted times, for many of them piece by piece where that is exact."""
    if times.size > 2 * _PIECE:
        pieces = np.array_split(times, times.size // _PIECE)
        ticks = {detect_tick(piece - shift) for piece in pieces}
        tick = ticks.pop()
        # The common divisor of equal divisors is the same; a frame rate needs a look at all.
        if not ticks and tick == round(tick * 1e6) / 1e6:
            return tick
    return detect_tick(times - shift)


def _plain(rate: float) -> float:
    """25.0 for 25.000000000000004."""
    short = float(f"{rate:.6g}")
    return short if abs(short - rate) <= 1e-9 * rate else rate


def _grid_notes(
    table: Table,
    time: Column,
    rows: IntArray,
    places: FloatArray,
    off: BoolArray,
    times: FloatArray,
    usual: float,
) -> tuple[Note, ...]:
    notes = []
    holes = np.diff(places) - 1
    if holes.any():
        first = table.cells.line(int(rows[int(np.argmax(holes > 0))]))
        notes.append(
            Note(
                "grid_holes",
                f"{int(holes.sum())} sample(s) are missing in {int((holes > 0).sum())} place(s) "
                f"and left empty (first after line {first}).",
                where=f"column {time.name!r}",
                count=int(holes.sum()),
                level="warning",
            )
        )
    if off.any():
        at = int(np.argmax(off))
        step = times[at + 1] - times[at]
        notes.append(
            Note(
                "irregular_steps",
                f"{int(off.sum())} of {off.size} time steps are irregular (first at line "
                f"{table.cells.line(int(rows[at + 1]))}: {step:g} s instead of {usual:g} s); "
                "each sample was put on the nearest place of a regular grid.",
                where=f"column {time.name!r}",
                count=int(off.sum()),
                level="warning",
            )
        )
    return tuple(notes)
