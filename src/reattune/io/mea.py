"""Motion energy of two people, as MEA and rMEA keep it: columns of numbers, no time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.io.cells import peek_text, plain_stem
from reattune.io.columns import FloatArray, number_option, parse_numbers
from reattune.io.frame_table import is_number_row, make_samples
from reattune.io.register import Format, register_reader
from reattune.io.safe import decode, read_bytes, sha256

MAX_CELLS = 25_000_000
MAX_COLUMNS = 64
_WORD = re.compile(r'"([^"]*)"|([^\s,;]+)')


def read_mea(path: Path, options: Mapping[str, object]) -> tuple[Recording, ...]:
    """The one recording of a motion energy file: a track ``motion_energy`` per column.

    Parameters
    ----------
    path : Path
        Numbers between blanks, tabs, commas or semicolons; a header of names may be above.
    options : mapping
        ``rate_hz`` (or ``fps``), samples per second: the file does not say. ``columns`` or
        ``people``, the names of the columns, instead of those in the header.

    Returns
    -------
    tuple of Recording
        Persons are named as the header names its columns, else ``"1"``, ``"2"``.

    Raises
    ------
    ReadError
        Without a rate; for rows of unequal length and cells that are no numbers.
    """
    path = Path(path)
    data = read_bytes(path)
    text, _ = decode(data, path)
    rate = number_option(path, options, "rate_hz") or number_option(path, options, "fps")
    if rate is None:
        raise ReadError(
            "does not say how many samples per second it holds.",
            path=path,
            expected="the option rate_hz (--rate), the frame rate of the video",
        )
    names, values, first_line = _parse(path, text)
    names = _names(path, options, names, values.shape[1])
    notes = [Note("rows_read", f"{values.shape[0]} row(s) were read.", count=values.shape[0])]
    notes += _odd_values(values, names, first_line)
    tracks = tuple(
        make_samples(
            "motion_energy", values[:, i].copy(), rate, person=name, meta={"column": i + 1}
        )
        for i, name in enumerate(names)
    )
    return (
        Recording(
            id=plain_stem(path),
            format="mea",
            path=path,
            tracks=tracks,
            span=(0.0, values.shape[0] / rate),
            meta={"sha256": sha256(data)},
            notes=tuple(notes),
        ),
    )


def _parse(path: Path, text: str) -> tuple[list[str], FloatArray, int]:
    """Names (may be empty), numbers of shape (rows, columns), line of the first row."""
    lines = text.splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    at = next((i for i, line in enumerate(lines) if line.strip()), None)
    if at is None:
        raise ReadError("holds no numbers.", path=path)
    head = _split(lines[at])
    names: list[str] = []
    if not is_number_row(head):
        names, at = head, at + 1
        if is_number_row([name for name in names if name]) or not names:
            raise ReadError("has a header that is no names.", path=path, where=f"line {at}")
    body = lines[at:]
    if not body:
        raise ReadError("has no rows below its header.", path=path)
    if ";" in body[0] and "," in body[0]:
        raise ReadError(
            "holds both ';' and ','.",
            path=path,
            where=f"line {at + 1}",
            found=repr(body[0][:60]),
            expected="decimal points, not decimal commas",
        )
    width = len(_split(body[0]))
    if width > MAX_COLUMNS or width * len(body) > MAX_CELLS:
        raise ReadError(
            "is too large.",
            path=path,
            found=f"{width} columns, {len(body)} rows",
            expected=f"at most {MAX_COLUMNS} columns and {MAX_CELLS} cells",
        )
    # R writes row numbers as a first column without a name.
    if names and len(names) == width - 1:
        names = ["", *names]
    if names and len(names) != width:
        raise ReadError(
            "has another number of names than of columns.",
            path=path,
            where=f"line {at + 1}",
            found=f"{width} cells",
            expected=f"{len(names)} as in the header",
        )
    values = _numbers(path, body, width, at + 1)
    if names and not names[0]:
        if width < 2 or not np.array_equal(values[:, 0], np.arange(1, len(body) + 1)):
            raise ReadError("has a column without a name.", path=path, where=f"line {at}")
        names, values = names[1:], values[:, 1:]
    return names, values, at + 1


def _split(line: str) -> list[str]:
    return [quoted if quoted or not plain else plain for quoted, plain in _WORD.findall(line)]


def _numbers(path: Path, body: list[str], width: int, first_line: int) -> FloatArray:
    rows = [_split(line) for line in body]
    for at, row in enumerate(rows):
        if len(row) != width:
            raise ReadError(
                "has rows of unequal length.",
                path=path,
                where=f"line {first_line + at}",
                found=f"{len(row)} cells" if row else "an empty line",
                expected=f"{width}",
            )
    flat = [cell for row in rows for cell in row]
    values, odd = parse_numbers(flat)
    if odd.any():
        at = int(np.argmax(odd))
        raise ReadError(
            "holds a cell that is no number.",
            path=path,
            where=f"line {first_line + at // width}, column {at % width + 1}",
            found=repr(flat[at][:40]),
        )
    return values.reshape(-1, width)


def _names(path: Path, options: Mapping[str, object], header: list[str], width: int) -> list[str]:
    given = options.get("columns", options.get("people"))
    if given is None:
        names = header or [str(i + 1) for i in range(width)]
    else:
        names = [str(name) for name in given] if isinstance(given, list | tuple) else []
        if len(names) != width:
            raise ReadError(
                "has another number of columns than the option columns names.",
                path=path,
                found=str(width),
                expected=str(len(names)),
            )
    if len(set(names)) < len(names):
        raise ReadError("names two columns alike.", path=path, found=", ".join(names))
    return names


def _odd_values(values: FloatArray, names: list[str], first_line: int) -> list[Note]:
    """Infinite values become missing, negative ones stay; both are told, and so are twins."""
    notes = []
    infinite = np.isinf(values)
    values[infinite] = np.nan
    with np.errstate(invalid="ignore"):
        negative = values < 0
    for code, cells, words in (
        ("values_not_finite", infinite, "infinite value(s) were taken as missing"),
        ("values_negative", negative, "value(s) are below 0, which motion energy never is"),
    ):
        if cells.any():
            line = first_line + int(np.argmax(cells.any(axis=1)))
            count = int(cells.sum())
            told = f"{count} {words} (first at line {line})."
            notes.append(Note(code, told, "", count, "warning"))
    missing = int(np.isnan(values).sum())
    if missing:
        notes.append(Note("values_missing", f"{missing} value(s) are missing.", count=missing))
    for i in range(values.shape[1]):
        for j in range(i):
            if np.array_equal(values[:, i], values[:, j], equal_nan=True):
                notes.append(
                    Note(
                        "identical_partners",
                        f"Columns {names[j]!r} and {names[i]!r} are identical.",
                        level="warning",
                    )
                )
    return notes


def _sniff(path: Path, head: bytes) -> bool:
    """Columns of whole numbers between blanks; with tabs or commas only where a table has no name.

    A table reader takes named columns between tabs or commas; it is not robbed of them.
    """
    text = peek_text(head)
    if text is None:
        return False
    lines = text.splitlines()
    lines = [line for line in (lines[:-1] if len(lines) > 3 else lines) if line.strip()][:200]
    if len(lines) < 3:
        return False
    blanks = not any(mark in line for line in lines for mark in "\t,;|")
    rows = [_split(line) for line in lines]
    named = not is_number_row(rows[0])
    if named and not blanks:
        return False
    numbers = rows[1:] if named else rows
    width = len(numbers[0])
    if not 2 <= width <= 8 or any(len(row) != width for row in numbers):
        return False
    if not all(cell.isascii() and cell.isdigit() for row in numbers for cell in row):
        return False
    if named and len(rows[0]) not in (width, width - 1):
        return False
    # A first column that only rises counts time or rows: not two people's motion.
    first = np.array([float(row[0][:15]) for row in numbers])
    rises = bool((np.diff(first) > 0).all())
    return not rises or (named and len(rows[0]) == width - 1)


register_reader(
    Format(
        name="mea",
        title="Motion energy of two people (MEA, rMEA text)",
        suffixes=(".txt", ".csv"),
        sniff=_sniff,
        read=read_mea,
    )
)
