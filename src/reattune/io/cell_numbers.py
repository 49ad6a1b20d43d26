"""Cells as numbers and times."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from reattune.io.cell_store import Piece

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
_Parser = Callable[[Sequence[str]], tuple[FloatArray, BoolArray]]

# Cells that say "no value".
MISSING = frozenset({"", "NA", "N/A", "#N/A", "NaN", "nan", ".", "-"})

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
_CLOCK = re.compile(
    r"(?:(\d{1,6}):)?(\d{1,6}):(\d{1,2})(?:[.,](\d{1,9}))?(?::(\d{1,3}))?", re.ASCII
)
_PLAIN_CLOCK = re.compile(r"(\d{1,3}):\d\d:\d\d(?:[.,](\d{1,6}))?", re.ASCII)


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
    return parse_pieces(lambda: iter([(cells, None)]), len(cells), decimal_comma)


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
    return parse_pieces(lambda: iter([(cells, None)]), len(cells), decimal_comma, unit, rate_hz)


def parse_pieces(
    pieces: Callable[[], Iterator[Piece]],
    size: int,
    decimal_comma: bool,
    unit: str = "",
    rate_hz: float | None = None,
) -> tuple[FloatArray, BoolArray]:
    """Numbers, or times when a unit is given, of a column that comes in pieces."""

    def scaled(values: FloatArray) -> FloatArray:
        if unit == "ms":
            return values / 1000
        if unit == "min":
            return values * 60
        return values / rate_hz if unit == "frame" and rate_hz else values

    def pointed(cells: Sequence[str]) -> Sequence[str]:
        return [cell.replace(",", ".") for cell in cells] if decimal_comma else cells

    def quickly(cells: Sequence[str]) -> tuple[FloatArray, BoolArray]:
        return scaled(_floats(pointed(cells))), np.zeros(len(cells), dtype=np.bool_)

    def carefully(cells: Sequence[str]) -> tuple[FloatArray, BoolArray]:
        if unit and (clock := _clock_column(cells)) is not None:
            return clock, np.zeros(clock.size, dtype=np.bool_)
        values, odd = _careful_floats(pointed(cells))
        values = scaled(values)
        for at in np.flatnonzero(odd).tolist() if unit else ():
            seconds = _clock_seconds(cells[at].strip(), rate_hz)
            if seconds is not None:
                values[at], odd[at] = seconds, False
        return values, odd

    # Only a column that holds nothing else is read the quick way, which takes "NAN" for missing.
    try:
        return _parse_pieces(pieces(), size, quickly)
    except ValueError:
        return _parse_pieces(pieces(), size, carefully)


def _parse_pieces(
    pieces: Iterator[Piece], size: int, parser: _Parser
) -> tuple[FloatArray, BoolArray]:
    values = np.zeros(size)
    odd = np.zeros(size, dtype=np.bool_)
    known = None
    at = 0
    for cells, codes in pieces:
        if codes is None:
            numbers, strange = parser(cells)
        else:
            # All pieces with codes share their words.
            known = parser(cells) if known is None else known
            numbers, strange = known[0][codes], known[1][codes]
        values[at : at + numbers.size] = numbers
        odd[at : at + numbers.size] = strange
        at += numbers.size
    return values, odd


def _floats(texts: Sequence[str]) -> FloatArray:
    """Numbers of cells that are nothing but numbers; ValueError for any others."""
    joined = "".join(texts)
    # float() also takes "1_000" and digits of other scripts, which no recorder writes.
    if "_" in joined or not joined.isascii():
        raise ValueError
    return np.fromiter(map(float, texts), np.float64, len(texts))


def _careful_floats(texts: Sequence[str]) -> tuple[FloatArray, BoolArray]:
    """Numbers (nan = missing), and which cells hold something else."""
    missing = {text for text in set(texts) if text.strip() in MISSING}
    filled = ["nan" if text in missing else text for text in texts]
    # Of what float() takes, only "NAN" and its like hold an "a"; they are no numbers here.
    if "a" not in "".join(text for text in texts if text not in missing).casefold():
        try:
            return _floats(filled), np.zeros(len(texts), dtype=np.bool_)
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


def _clock_column(cells: Sequence[str]) -> FloatArray | None:
    """Seconds of cells that are all ``h:mm:ss`` or ``h:mm:ss.mmm`` of one length, else None."""
    shape = _PLAIN_CLOCK.fullmatch(cells[0]) if cells else None
    joined = "".join(cells)
    if shape is None or set(map(len, cells)) != {len(cells[0])} or not joined.isascii():
        return None
    written = np.frombuffer(joined.encode("ascii"), np.uint8).reshape(len(cells), -1)
    hours, decimals = len(shape[1]), len(shape[2] or "")
    marks = [hours, hours + 3, hours + 6][: 3 if decimals else 2]
    if (written[:, marks[:2]] != ord(":")).any():
        return None
    if not np.isin(written[:, marks[2:]], (ord(","), ord("."))).all():
        return None
    digits = np.delete(written, marks, axis=1) - np.uint8(ord("0"))
    if (digits > 9).any() or (digits[:, [hours, hours + 2]] > 5).any():
        return None
    scale = 10**decimals
    places = [3600 * 10**at for at in range(hours - 1, -1, -1)] + [600, 60, 10, 1]
    worth = [place * scale for place in places] + [10**at for at in range(decimals - 1, -1, -1)]
    # One division of whole numbers gives the float that is written.
    result: FloatArray = (digits @ np.array(worth, dtype=np.int64)) / scale
    return result


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
