"""Columns of a table: which is which by name, and their cells as numbers and times."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import ReadError, did_you_mean
from reattune.core.notes import Note
from reattune.io.cell_numbers import (
    MISSING,
    BoolArray,
    FloatArray,
    parse_numbers,
    parse_pieces,
    parse_times,
)
from reattune.io.cells import Cells

__all__ = [
    "LARGEST_TIME_S",
    "MISSING",
    "ROLES",
    "UNITS",
    "UNIT_WORDS",
    "BoolArray",
    "Coded",
    "Column",
    "FloatArray",
    "Table",
    "number_option",
    "parse_numbers",
    "parse_times",
    "split_unit",
    "uses_decimal_comma",
]
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
class Coded:
    """A column of texts: the number of each row's word, shape (n,), and the different words."""

    codes: NDArray[np.int32]
    words: list[str]

    def texts(self) -> list[str]:
        """The text of each row; equal ones are one object."""
        return list(self._each())

    def labels(self) -> tuple[str, ...]:
        """The same as a tuple, as a track keeps them."""
        return tuple(self._each())

    def _each(self) -> NDArray[np.object_]:
        # The None keeps numpy from making anything but an array of objects out of the words.
        return np.array([*self.words, None], dtype=object)[self.codes]

    def renamed(self, words: Sequence[str]) -> Coded:
        """The same rows with other words, which may be fewer."""
        numbers = {word: at for at, word in enumerate(dict.fromkeys(words))}
        if len(numbers) == len(words):
            return Coded(self.codes, list(words))
        new = np.fromiter(map(numbers.__getitem__, words), np.int32, len(words))
        return Coded(new[self.codes], list(numbers))

    def where(self, word: str) -> BoolArray:
        """The rows of one word."""
        if word not in self.words:
            return np.zeros(self.codes.size, dtype=np.bool_)
        found: BoolArray = self.codes == self.words.index(word)
        return found


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
        """Stripped cells, equal ones one object; a missing-value word becomes the empty text."""
        return self.coded(column).texts()

    def coded(self, column: Column) -> Coded:
        """The same as numbers of words."""
        codes, words = self.cells.coded(column.index)
        plain = [word.strip() for word in words]
        plain = ["" if word in MISSING else word for word in plain]
        coded = Coded(codes, words)
        return coded if plain == words else coded.renamed(plain)

    def numbers(self, column: Column) -> tuple[FloatArray, BoolArray]:
        """Cells as numbers (nan = missing), and which cells hold something else."""
        pieces = partial(self.cells.pieces, column.index)
        return parse_pieces(pieces, len(self.cells.rows), self.decimal_comma)

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
        pieces = partial(self.cells.pieces, column.index)
        return parse_pieces(pieces, len(self.cells.rows), self.decimal_comma, unit, rate)

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
