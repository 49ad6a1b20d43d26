"""ELAN exports without a header row: which column is which, from the cells themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reattune.io.columns import parse_times

_SAMPLE_ROWS = 50
_CLOCK = re.compile(r"\d+:[0-5]\d:[0-5]\d\.\d{3}", re.ASCII)
_SECONDS = re.compile(r"\d+\.\d{3}", re.ASCII)
_MILLISECONDS = re.compile(r"\d+", re.ASCII)
_FORMS = (("hh:mm:ss.ms", _CLOCK), ("ss.msec", _SECONDS), ("msec", _MILLISECONDS))
_ROLES = ("Begin Time", "End Time", "Duration")


def bare_header(rows: Sequence[tuple[str, ...]]) -> tuple[str, ...] | None:
    """The header ELAN left out of an export of one annotation per row, or None.

    Such rows hold the tier, the participant (often empty), begin, end and duration - each written
    in one to three ways - and the annotation, sometimes with the file behind it. They are taken
    for an ELAN export only where every duration is the end less the begin.

    Examples
    --------
    >>> rows = [("gaze", "", "0.000", "1.500", "1.500", "at"), ("gaze", "", "2.000", "2.250",
    ...         "0.250", "away")]
    >>> bare_header(rows)[2:]
    ('Begin Time - ss.msec', 'End Time - ss.msec', 'Duration - ss.msec', 'Annotation')
    """
    sample = [tuple(cell.strip() for cell in row) for row in rows[:_SAMPLE_ROWS]]
    width = min(map(len, sample), default=0)
    if len(sample) < 2 or width < 5 or any(_looks_numeric(row[0]) for row in sample):
        return None
    forms = [_form([row[index] for row in sample]) for index in range(width)]
    for first in (2, 1):
        for ways in (3, 2, 1):
            last = first + 3 * ways
            written = forms[first : first + ways]
            if last >= width or None in written or forms[first:last] != written * 3:
                continue
            if len(set(written)) == ways and _adds_up(sample, first, ways, written):
                return _names(first, written, max(map(len, sample)))
    return None


def _looks_numeric(cell: str) -> bool:
    return not cell or cell[0] in "0123456789.+-"


def _form(cells: Sequence[str]) -> str | None:
    for name, pattern in _FORMS:
        if all(pattern.fullmatch(cell) for cell in cells):
            return name
    return None


def _adds_up(
    rows: Sequence[tuple[str, ...]], first: int, ways: int, written: Sequence[str | None]
) -> bool:
    unit = "ms" if written[0] == "msec" else "s"
    begin, end, duration = (
        parse_times([row[first + role * ways] for row in rows], unit=unit)[0] for role in range(3)
    )
    return bool((abs(end - begin - duration) < 0.0005).all() and (end > begin).any())


def _names(first: int, written: Sequence[str | None], width: int) -> tuple[str, ...]:
    names = ["Tier", "Participant"][:first]
    names += [f"{role} - {form}" for role in _ROLES for form in written]
    names += ["Annotation", "File"]
    names += [f"column {at}" for at in range(len(names) + 1, width + 1)]
    return tuple(names[:width])
