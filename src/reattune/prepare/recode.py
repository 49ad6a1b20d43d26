"""From codes as written to states: recoding, run lengths, overlaps, uncodable time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import ReadError
from reattune.core.intervals import Intervals

FloatArray = NDArray[np.float64]

# What a recoded row can be besides a state.
UNCODABLE = "\x00uncodable"
UNKNOWN = "\x00unknown"

_EMPTY = {"", "nan", "NaN", "<NA>"}
_MAX_NUMERIC_STATES = 50


def tidy_code(code: object) -> str:
    """The code as text without outer blanks; whole numbers without decimals ("1.0" -> "1").

    Examples
    --------
    >>> tidy_code(" -1.0 "), tidy_code(2), tidy_code("A")
    ('-1', '2', 'A')
    """
    text = str(code).strip()
    if text in _EMPTY:
        return ""
    if isinstance(code, bool) or not any(c.isdigit() for c in text):
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    # Codes such as "007" or "1e3" are names, not numbers.
    plain = text.lstrip("+-")
    if number == int(number) and "e" not in plain.lower() and not (plain[0] == "0" and number):
        return str(int(number))
    return text


class Recoded(NamedTuple):
    """States, and what was not in the code table.

    Attributes
    ----------
    states : list of str
        One per label: a state, "" (known, nothing), `UNCODABLE` or `UNKNOWN`.
    unknown : dict of str to int
        Codes that the table does not name, and how often they occur.
    """

    states: list[str]
    unknown: dict[str, int]


def recode(
    labels: Sequence[str], codes: Mapping[str, str] | None, uncodable: Sequence[str] = ()
) -> Recoded:
    """The state of every label under a code table.

    Parameters
    ----------
    labels : sequence of str
    codes : mapping or None
        Code -> state; compared as written first, then without outer blanks and decimals. None
        takes every code as it stands. A code mapped to "" is known and stands for nothing.
    uncodable : sequence of str
        Codes that mean "could not be coded".

    Examples
    --------
    >>> recode(["W", "U", "Q"], {"W": "-1"}, ["U"]).unknown
    {'Q': 1}
    """
    table = None if codes is None else {tidy_code(k): str(v) for k, v in codes.items()}
    cut = {tidy_code(code) for code in uncodable}
    unknown: dict[str, int] = {}
    states: list[str] = []
    for label in labels:
        code = tidy_code(label)
        if code and code in cut:
            states.append(UNCODABLE)
        elif table is None:
            states.append(code)
        elif code in table:
            states.append(table[code].strip())
        elif code:
            unknown[code] = unknown.get(code, 0) + 1
            states.append(UNKNOWN)
        else:
            states.append("")
    return Recoded(states, dict(sorted(unknown.items(), key=lambda item: (-item[1], item[0]))))


def sample_labels(values: FloatArray | None, labels: Sequence[str], name: str) -> list[str]:
    """Numeric or word samples as codes, one per sample; "" where the cell is empty.

    Raises
    ------
    ReadError
        When the numbers are no codes: more than fifty different values that are not whole.
    """
    if values is None:
        return [tidy_code(label) for label in labels]
    kinds = np.unique(values[np.isfinite(values)])
    if kinds.size > _MAX_NUMERIC_STATES and (kinds != np.round(kinds)).any():
        raise ReadError(
            "holds measured values, not codes.",
            where=f"column {name!r}",
            found=f"{kinds.size} different numbers",
            expected='codes; use kind = "signal", or kind = "events" with a threshold',
        )
    words = {float(v): tidy_code(f"{v:g}") for v in kinds}
    return [words.get(v, "") for v in values.tolist()]


def run_lengths(
    labels: Sequence[str], rate_hz: float, start_s: float = 0.0
) -> tuple[FloatArray, FloatArray, list[str]]:
    """Starts, ends (seconds) and labels of the maximal runs of equal samples; "" is skipped.

    Sample i holds in ``[start_s + i / rate_hz, start_s + (i + 1) / rate_hz)``.
    """
    if not labels:
        return np.empty(0), np.empty(0), []
    words, codes = np.unique(np.asarray(labels, dtype=object).astype(str), return_inverse=True)
    change = np.flatnonzero(np.diff(codes)) + 1
    first = np.concatenate([[0], change])
    last = np.concatenate([change, [len(labels)]])
    texts = words[codes[first]]
    keep = texts != ""
    return (
        start_s + first[keep] / rate_hz,
        start_s + last[keep] / rate_hz,
        [str(text) for text in texts[keep]],
    )


class Exclusive(NamedTuple):
    """Rows of which at most one holds at any moment, and what had to be done for that.

    Attributes
    ----------
    starts, ends : float array
    states : list of str
    duplicates : int
        Rows dropped because the same row stood there already.
    joined : int
        Rows joined with an overlapping one of the same state.
    overlaps : int
        Rows cut short by the onset of a later one of another state.
    first_s : float
        When the first of those happened; nan without any.
    """

    starts: FloatArray
    ends: FloatArray
    states: list[str]
    duplicates: int = 0
    joined: int = 0
    overlaps: int = 0
    first_s: float = float("nan")


def make_exclusive(starts: FloatArray, ends: FloatArray, states: Sequence[str]) -> Exclusive:
    """The rows with overlaps resolved: the onset of a state ends the state before it.

    Identical rows are dropped, overlapping rows of one state are joined, and of two different
    states the later onset cuts the earlier row (what was left of it after the later one ended is
    then unobserved). Rows must be sorted by start.
    """
    if starts.size < 2 or not (starts[1:] < ends[:-1]).any():
        return Exclusive(starts, ends, list(states))
    rows: list[list[float | str]] = []
    seen: set[tuple[float, float, str]] = set()
    duplicates = joined = overlaps = 0
    first_s = float("nan")
    for start, end, state in zip(starts.tolist(), ends.tolist(), states, strict=True):
        key = (round(start, 6), round(end, 6), state)
        if key in seen:
            duplicates += 1
            continue
        seen.add(key)
        if rows and start < float(rows[-1][1]):
            before = rows[-1]
            if before[2] == state:
                joined += 1
                before[1] = max(float(before[1]), end)
                continue
            if start < float(before[1]) - 1e-6:
                overlaps += 1
                first_s = start if overlaps == 1 else first_s
            before[1] = start
            if start <= float(before[0]):
                rows.pop()
        rows.append([start, end, state])
    return Exclusive(
        np.array([row[0] for row in rows], dtype=np.float64),
        np.array([row[1] for row in rows], dtype=np.float64),
        [str(row[2]) for row in rows],
        duplicates,
        joined,
        overlaps,
        first_s,
    )


def cut_and_merge(
    starts: FloatArray, ends: FloatArray, states: Sequence[str], hidden: Intervals
) -> tuple[FloatArray, FloatArray, list[str]]:
    """Exclusive rows without ``hidden`` time, touching rows of one state joined."""
    if not starts.size:
        return starts, ends, []
    edges = np.unique(np.concatenate([starts, ends, hidden.starts, hidden.ends]))
    left, right = edges[:-1], edges[1:]
    owner = np.searchsorted(starts, left, side="right") - 1
    keep = (owner >= 0) & ~hidden.contains(left)
    keep[keep] &= left[keep] < ends[owner[keep]]
    left, right, owner = left[keep], right[keep], owner[keep]
    if not left.size:
        return left, right, []
    names, numbers = np.unique(np.asarray(states, dtype=object).astype(str), return_inverse=True)
    codes = numbers[owner]
    opens = np.concatenate([[True], (left[1:] > right[:-1]) | (codes[1:] != codes[:-1])])
    closes = np.concatenate([opens[1:], [True]])
    return left[opens], right[closes], [str(name) for name in names[codes[opens]]]
