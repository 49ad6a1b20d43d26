"""Rows of text kept by column and in little room, read like a list of rows.

A million rows as tuples of texts take fifteen times the room of their file. Here a column is cut
into chunks; a chunk with few different cells is kept as their numbers in a list of words, any
other as one text with marks between the cells.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import overload

import numpy as np
from numpy.typing import NDArray

Row = tuple[str, ...]
Codes = NDArray[np.uint16]
# Words and their numbers, or the cells themselves and None.
Piece = tuple[Sequence[str], Codes | None]

# Tables up to this size are kept as plain rows.
CHUNK_ROWS = 8192
_MARK = "\x00"
_MAX_WORDS = 65_535
# A chunk is kept as numbers when each of its words comes this often, on average.
_REPEATS = 8


class _Column:
    """One column: chunks of numbers, of joined text, or (with marks in the cells) of cells."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.index: dict[str, int] = {}
        self.chunks: list[Codes | bytes | list[str]] = []

    def add(self, cells: Sequence[str]) -> None:
        different = dict.fromkeys(cells)
        if len(different) * _REPEATS <= len(cells):
            fresh = different.keys() - self.index.keys()
            if len(self.words) + len(fresh) <= _MAX_WORDS:
                for word in different if fresh else ():
                    if word in fresh:
                        self.index[word] = len(self.words)
                        self.words.append(word)
                numbers = map(self.index.__getitem__, cells)
                self.chunks.append(np.fromiter(numbers, np.uint16, len(cells)))
                return
        joined = _MARK.join(cells)
        if joined.count(_MARK) == len(cells) - 1:
            self.chunks.append(joined.encode("utf-8", "surrogatepass"))
        else:
            self.chunks.append(list(cells))

    def piece(self, at: int) -> Piece:
        chunk = self.chunks[at]
        if isinstance(chunk, np.ndarray):
            return self.words, chunk
        if isinstance(chunk, bytes):
            return chunk.decode("utf-8", "surrogatepass").split(_MARK), None
        return chunk, None

    def cells(self, at: int) -> list[str]:
        words, codes = self.piece(at)
        if codes is None:
            return list(words)
        return list(map(words.__getitem__, codes.tolist()))


class StoredRows(Sequence[Row]):
    """Rows of equal width, kept by column.

    Going through the rows in order is cheap, and so is a column. A reader that jumps about in
    the rows is, after a while, given all of them as tuples.

    Parameters
    ----------
    width : int
        Cells in each row, one at least.
    """

    def __init__(self, width: int) -> None:
        self._columns = [_Column() for _ in range(width)]
        self._ends: list[int] = []
        self._cached: tuple[int, list[Row]] = (-1, [])
        self._decoded = 0
        self._all: list[Row] | None = None

    def add(self, rows: Sequence[Sequence[str]]) -> None:
        """Append rows as one chunk; each must have the width."""
        self._ends.append(len(self) + len(rows))
        for column, cells in zip(self._columns, zip(*rows, strict=True), strict=True):
            column.add(cells)

    def pop(self) -> list[Row]:
        """The rows of the last chunk, taken off."""
        rows = self._chunk(len(self._ends) - 1)
        self._ends.pop()
        for column in self._columns:
            column.chunks.pop()
        return rows

    def with_first(self, row: Row) -> StoredRows:
        """The same rows below one more."""
        made = StoredRows(len(self._columns))
        made.add([row])
        made._ends += [end + 1 for end in self._ends]
        for column, old in zip(made._columns, self._columns, strict=True):
            column.words, column.index = old.words, old.index
            column.chunks += old.chunks
        return made

    def pieces(self, index: int) -> Iterator[Piece]:
        """A column chunk by chunk: words (always the same list) and numbers, or cells and None."""
        column = self._columns[index]
        return map(column.piece, range(len(column.chunks)))

    def column(self, index: int) -> list[str]:
        """All cells of one column, equal ones mostly one object."""
        column = self._columns[index]
        return list(chain.from_iterable(map(column.cells, range(len(column.chunks)))))

    def _chunk(self, at: int) -> list[Row]:
        return list(zip(*(column.cells(at) for column in self._columns), strict=True))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Row]:
        if self._all is not None:
            return iter(self._all)
        return chain.from_iterable(map(self._chunk, range(len(self._ends))))

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, slice):
            return [self[row] for row in range(*at.indices(len(self)))]
        row = range(len(self))[at]
        if self._all is not None:
            return self._all[row]
        number = bisect_right(self._ends, row)
        if self._cached[0] != number:
            self._decoded += 1
            if self._decoded > 3 * len(self._ends) + 8:
                self._all = list(self)
                return self._all[row]
            self._cached = (number, self._chunk(number))
        return self._cached[1][row - self._ends[number]]


class Gatherer:
    """Rows made equally wide as they come, and stored.

    Short rows are filled; those with text beyond the width are emptied.

    Parameters
    ----------
    width : int

    Attributes
    ----------
    lines : array of int
        Line of each row, where lines were given.
    short, long : array of int
        Positions of the rows that had fewer cells (but one at least), and of those with text
        beyond the width.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.lines = array("q")
        self.short = array("q")
        self.long = array("q")
        self._stored = StoredRows(width)
        self._waiting: list[Sequence[str]] = []

    def add(self, rows: Sequence[Sequence[str]], lines: Sequence[int]) -> None:
        """Append rows; ``lines`` is empty when they simply follow one another."""
        self.lines.extend(lines)
        if not set(map(len, rows)) <= {self.width}:
            first = len(self._stored) + len(self._waiting)
            rows = [self._square(row, at) for at, row in enumerate(rows, start=first)]
        self._waiting += rows
        while len(self._waiting) > CHUNK_ROWS:
            self._stored.add(self._waiting[:CHUNK_ROWS])
            del self._waiting[:CHUNK_ROWS]

    def _square(self, row: Sequence[str], at: int) -> Row:
        width = self.width
        if len(row) <= width:
            if 0 < len(row) < width:
                self.short.append(at)
            return (*row, *[""] * (width - len(row)))
        if any(cell.strip() for cell in row[width:]):
            # Its cells cannot be told apart any more, but its place in the table counts.
            self.long.append(at)
            return ("",) * width
        return tuple(row[:width])

    def finish(self) -> Sequence[Row]:
        """All rows; wholly empty ones at the end are left out."""
        kept = self.long[-1] + 1 if self.long else 0
        waiting, stored = self._waiting, self._stored
        size = len(stored) + len(waiting)
        while size > kept:
            if not waiting:
                waiting += stored.pop()
            if any(cell.strip() for cell in waiting[-1]):
                break
            waiting.pop()
            size -= 1
        del self.short[bisect_left(self.short, size) :]
        del self.lines[size:]
        if not stored:
            return list(map(tuple, waiting))
        if waiting:
            stored.add(waiting)
        return stored
