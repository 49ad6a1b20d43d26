"""Columns of a table: which is which by name, and their cells as numbers and times."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import ReadError, did_you_mean
from reattune.core.notes import Note
from reattune.io.cells import Cells

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

# Cells that say "no value".
MISSING = frozenset({"", "NA", "N/A", "#N/A", "NaN", "nan", ".", "-"})

# Times beyond this many seconds (3,000 years) are a slip, and would overflow microseconds.
LARGEST_TIME_S = 1e11

# Last word of a column name -> unit. "Begin Time - msec" and "onset_ms" are both milliseconds.
UNIT_WORDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("frame", "frames"), "frame"),
}
UNITS = ("s", "ms", "min", "frame")

# Names, lower case, words joined by "_", without the unit; earlier names win.
ROLES: dict[str, tuple[str, ...]] = {
    "start": (
        *("start", "onset", "begin", "start_time", "onset_time", "begin_time"),
        *("time_start", "time_onset", "time_begin", "tstart", "t_start", "beginning", "from"),
    ),
    "end": (
        *("end", "offset", "stop", "end_time", "offset_time", "stop_time"),
        *("time_end", "time_offset", "time_stop", "tend", "t_end", "finish", "to"),
    ),
    "duration": ("duration", "dur", "duration_time", "length"),
    "code": (
        *("code", "behavior", "behaviour", "label", "state", "annotation"),
        *("category", "event", "value", "text"),
    ),
    "person": ("person", "subject", "participant", "partner"),
    # A column of this name in a table of samples is what was measured, not whose row it is.
    "person_of_event": ("speaker", "actor", "individual", "role", "who"),
    "track": ("track", "tier", "stream", "channel", "class", "modality", "variable", "layer"),
    "session": (
        *("session", "session_id", "observation", "observation_id", "visit", "visit_id"),
        *("couple", "couple_id", "dyad", "dyad_id", "pair", "pair_id", "family", "family_id"),
        *("recording", "recording_id", "case", "case_id", "trial"),
    ),
    # Sessions only when their values repeat and no better name is there: often a row number.
    "weak_session": ("id", "file", "file_name", "filename"),
    "time": ("time", "t", "timestamp", "time_stamp", "clock"),
    "counter": ("frame", "frame_number", "frame_nr", "sample", "sample_number"),
}

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
_CLOCK = re.compile(
    r"(?:(\d{1,6}):)?(\d{1,6}):(\d{1,2})(?:[.,](\d{1,9}))?(?::(\d{1,3}))?", re.ASCII
)


@dataclass(frozen=True)
class Column:
    """One column: its place, its name as written, and the unit its name states (or "")."""

    index: int
    name: str
    unit: str = ""


def split_unit(name: str) -> tuple[str, str]:
    """A column name in plain form and its unit: ``"Start (ms)"`` gives ``("start", "ms")``.

    Examples
    --------
    >>> split_unit("Begin Time - msec")
    ('begin_time', 'ms')
    >>> split_unit("Seconds")
    ('time', 's')
    """
    plain = re.sub(r"[\W_]+", "_", name.casefold()).strip("_")
    base, _, last = plain.rpartition("_")
    unit = UNIT_WORDS.get(last, "")
    if not unit or plain in ROLES["counter"]:
        return plain, "frame" if plain in ROLES["counter"] else ""
    return base or "time", unit


@dataclass(frozen=True, eq=False)
class Table:
    """A table with named columns, and the options given for it.

    Attributes
    ----------
    path : Path
    cells : Cells
    columns : tuple of Column
        Named columns only; names differ from one another.
    options : mapping
    sha256 : str
    notes : tuple of Note
        What concerns the whole file.
    """

    path: Path
    cells: Cells
    columns: tuple[Column, ...]
    options: Mapping[str, object]
    sha256: str
    notes: tuple[Note, ...]

    def find(self, role: str) -> Column | None:
        """The column of that role: the option of its name (the first of several), else by name."""
        given = self._taken(role)
        if given:
            return self.named(role, given[0])
        # An option says what a column is; it then plays no other role by its name.
        taken = {c for key in ROLES for c in self._taken(key)}
        for name in ROLES[role]:
            for column in self.columns:
                if split_unit(column.name)[0] == name and column.name not in taken:
                    return column
        return None

    def _taken(self, role: str) -> list[str]:
        given = self.options.get(role)
        if given is None:
            return []
        return [str(name) for name in (given if isinstance(given, list | tuple) else [given])]

    def named(self, option: str, name: object) -> Column:
        """The column of exactly that name (else of that name without case and outer blanks)."""
        asked = str(name)
        for fold in (str, lambda text: text.strip().casefold()):
            for column in self.columns:
                if fold(column.name) == fold(asked):
                    return column
        known = [column.name for column in self.columns]
        raise ReadError(
            f"has no column {asked!r} (option {option}).{did_you_mean(asked, known)}",
            path=self.path,
        )

    def texts(self, column: Column) -> list[str]:
        """Stripped cells; a missing-value word becomes the empty text."""
        cells = self.cells.column(column.index)
        clean = {cell: "" if cell.strip() in MISSING else cell.strip() for cell in set(cells)}
        return list(map(clean.__getitem__, cells))

    def numbers(self, column: Column) -> tuple[FloatArray, BoolArray]:
        """Cells as numbers (nan = missing), and which cells hold something else."""
        return parse_numbers(self.cells.column(column.index), self.decimal_comma)

    def times(self, column: Column) -> tuple[FloatArray, BoolArray]:
        """Cells as seconds (nan = missing), and which cells hold something else."""
        unit = self.unit(column)
        rate = self.rate("fps") or self.rate("rate_hz")
        if unit == "frame" and rate is None:
            raise ReadError(
                f"column {column.name!r} counts frames.",
                path=self.path,
                expected="the option fps (frames per second)",
            )
        return parse_times(self.cells.column(column.index), self.decimal_comma, unit, rate)

    def unit(self, column: Column) -> str:
        """Unit of a time column: the option ``unit``, else its name's, else seconds."""
        given = self.options.get("unit")
        if given is None:
            return column.unit or "s"
        if str(given) not in UNITS:
            raise ReadError(
                f"unit = {given!r} is not known.", path=self.path, expected=" or ".join(UNITS)
            )
        return str(given)

    def rate(self, key: str) -> float | None:
        """A positive number among the options, or None when it is not given."""
        return number_option(self.path, self.options, key)

    @property
    def decimal_comma(self) -> bool:
        """Whether ``0,04`` is a number: between semicolons, unless ``decimal`` says otherwise."""
        return uses_decimal_comma(self.path, self.cells, self.options)

    def read_error(self, message: str, expected: str = "") -> ReadError:
        """An error that lists the columns there are."""
        names = ", ".join(repr(column.name) for column in self.columns[:20])
        more = ", ..." if len(self.columns) > 20 else ""
        return ReadError(message, path=self.path, found=f"columns {names}{more}", expected=expected)


def number_option(path: Path, options: Mapping[str, object], key: str) -> float | None:
    """A positive finite number among the options, or None when it is not given.

    Raises
    ------
    ReadError
        When it is something else.
    """
    given = options.get(key)
    if given is None:
        return None
    try:
        value = float(str(given))
    except ValueError:
        value = math.nan
    if not 1e-6 <= value <= 1e9:
        raise ReadError(
            f"{key} = {given!r} is not allowed.", path=path, expected="a number above 0"
        )
    return value


def uses_decimal_comma(path: Path, cells: Cells, options: Mapping[str, object]) -> bool:
    """Whether ``0,04`` is a number: between semicolons, unless ``decimal`` says otherwise."""
    given = options.get("decimal")
    if given is not None and given not in (",", "."):
        raise ReadError(f"decimal = {given!r} is not known.", path=path, expected="',' or '.'")
    return cells.delimiter == ";" if given is None else given == ","


def parse_numbers(
    cells: Sequence[str], decimal_comma: bool = False
) -> tuple[FloatArray, BoolArray]:
    """Cells as float array, shape (n,), nan = missing; and bool array: neither number nor missing.

    Examples
    --------
    >>> values, odd = parse_numbers(["1.5", "NA", "two"])
    >>> values.tolist(), odd.tolist()
    ([1.5, nan, nan], [False, False, True])
    """
    texts = [cell.replace(",", ".") for cell in cells] if decimal_comma else cells
    joined = "".join(texts)
    # float() also takes "1_000" and digits of other scripts, which no recorder writes.
    if joined.isascii() and "_" not in joined:
        try:
            return np.fromiter(map(float, texts), np.float64, len(texts)), np.zeros(
                len(texts), dtype=np.bool_
            )
        except ValueError:
            pass
    values = np.full(len(texts), np.nan)
    odd = np.zeros(len(texts), dtype=np.bool_)
    for at, text in enumerate(texts):
        word = text.strip()
        if word in MISSING:
            continue
        if _NUMBER.fullmatch(word) or _INFINITE.fullmatch(word):
            values[at] = float(word)
        else:
            odd[at] = True
    return values, odd


def parse_times(
    cells: Sequence[str],
    decimal_comma: bool = False,
    unit: str = "s",
    rate_hz: float | None = None,
) -> tuple[FloatArray, BoolArray]:
    """Cells as seconds, float array of shape (n,), nan = missing; and which are neither.

    Numbers are in ``unit``. ``hh:mm:ss``, ``hh:mm:ss.mmm``, ``mm:ss`` and ``mm:ss.mmm`` are clock
    times; ``hh:mm:ss:mmm`` has milliseconds, ``hh:mm:ss:ff`` frames, which need ``rate_hz``.

    Examples
    --------
    >>> parse_times(["1:30", "00:01:30.500", "90"])[0].tolist()
    [90.0, 90.5, 90.0]
    """
    values, odd = parse_numbers(cells, decimal_comma)
    if unit == "ms":
        values = values / 1000
    elif unit == "min":
        values = values * 60
    elif unit == "frame" and rate_hz:
        values = values / rate_hz
    for at in np.flatnonzero(odd).tolist():
        seconds = _clock_seconds(cells[at].strip(), rate_hz)
        if seconds is not None:
            values[at], odd[at] = seconds, False
    return values, odd


def _clock_seconds(text: str, rate_hz: float | None) -> float | None:
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds, fraction, last = match.groups()
    if int(seconds) >= 60 or (hours and int(minutes) >= 60):
        return None
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    # One division of whole numbers gives the float that is written: 104.04, not 104.03999999.
    if last is None:
        scale = 10 ** len(fraction or "")
        return float((whole * scale + int(fraction or 0)) / scale)
    if hours is None or fraction is not None:
        return None
    if len(last) == 3:
        return (whole * 1000 + int(last)) / 1000
    if rate_hz is None or int(last) >= rate_hz:
        return None
    return (whole * rate_hz + int(last)) / rate_hz
