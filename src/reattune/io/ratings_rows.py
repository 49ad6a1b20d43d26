"""Rows of a rating table: whose case, which meeting, which rater."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.io.cells import plain_stem
from reattune.io.columns import BoolArray, Column, FloatArray, Table, split_unit

MAX_MEETING = 10_000

# Plain names of columns; earlier names win.
CASE = (
    *("case", "case_id", "patient", "patient_id", "client", "client_id", "dyad", "dyad_id"),
    *("couple", "couple_id", "therapy", "treatment_id", "participant", "participant_id"),
    *("subject", "subject_id", "id", "code"),
)
MEETING = (
    *("meeting", "meeting_number", "meeting_nr", "session", "session_number", "session_nr"),
    *("session_no", "occasion", "appointment", "visit", "visit_number", "week", "time_point"),
)
DATE = ("date", "session_date", "meeting_date", "date_of_session", "day_of_session")
RATER = ("rater", "rated_by", "perspective", "informant", "respondent", "rater_role", "role", "who")
_NUMBERED = re.compile(
    r"(?:session|meeting|occasion|visit|week|sitzung|s|t)?[ _#.\-]*(\d{1,5})(?:\.0+)?",
    re.IGNORECASE | re.ASCII,
)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?", re.ASCII)
_DOTS = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: .*)?", re.ASCII)


@dataclass(frozen=True, eq=False)
class Entries:
    """One entry per rating occasion, in the order of the table.

    Attributes
    ----------
    cases, raters : list of str
    meetings : float array, shape (n,)
        Whole numbers; nan where the row cannot be used.
    days : float array, shape (n,)
        Day of the meeting as a day count; nan when there are no dates.
    rows : int array, shape (n,)
        Row of the table each entry stands in.
    notes : tuple of Note
    """

    cases: list[str]
    raters: list[str]
    meetings: FloatArray
    days: FloatArray
    rows: np.ndarray
    notes: tuple[Note, ...] = ()


def find_column(table: Table, role: str, names: Sequence[str]) -> Column | None:
    """The column the option names, else the first known name; None when there is neither."""
    given = table.options.get(role)
    if given is not None:
        return table.named(role, given)
    taken = {str(v) for key, v in table.options.items() if key in _ROLE_OPTIONS}
    plain = {split_unit(column.name)[0]: column for column in reversed(table.columns)}
    # "week" and the like keep their unit word, "date" has none.
    plain |= {column.name.strip().casefold(): column for column in reversed(table.columns)}
    return next((plain[n] for n in names if n in plain and plain[n].name not in taken), None)


_ROLE_OPTIONS = ("case", "meeting", "date", "rater")


def read_entries(
    table: Table,
    case: Column | None,
    meeting: Column | None,
    date: Column | None,
    rater: Column | None,
) -> Entries:
    """Case, meeting, rater and day of every row; rows that say too little are told.

    Raises
    ------
    ReadError
        When no row says when it was, or dates can be read in two ways.
    """
    total = len(table.cells.rows)
    cases = [plain_stem(table.path)] * total if case is None else table.texts(case)
    raters = [str(table.options.get("person") or "")] * total
    if rater is not None:
        raters = table.texts(rater)
    notes: list[Note] = []
    days = np.full(total, np.nan)
    if date is not None:
        days = parse_days(table, date)
    use = np.array([bool(name) for name in cases], dtype=np.bool_)
    _tell(table, notes, ~use, "rows_without_case", "name no case")
    if rater is not None:
        unnamed = use & np.array([not name for name in raters], dtype=np.bool_)
        _tell(table, notes, unnamed, "rows_without_rater", "name no rater")
        use &= ~unnamed
    if meeting is not None:
        meetings = np.array([meeting_number(cell) for cell in table.texts(meeting)])
    elif date is not None:
        meetings = _by_date(cases, days, use)
        notes.append(
            Note(
                "meetings_by_date",
                "Meetings were numbered by the order of their dates: a meeting without any row "
                "is not counted as missing.",
                where=f"column {date.name!r}",
            )
        )
    else:
        raise table.read_error(
            "does not say which meeting a row belongs to.",
            "a column session, meeting or date, or the option meeting or date",
        )
    lost = use & np.isnan(meetings)
    _tell(table, notes, lost, "rows_without_meeting", "have no readable meeting or date")
    meetings = np.where(use, meetings, np.nan)
    if np.isnan(meetings).all():
        told = " ".join(str(note) for note in notes)
        raise ReadError(f"has no row that could be read. {told}".strip(), path=table.path)
    return Entries(cases, raters, meetings, days, np.arange(total), tuple(notes))


def _tell(table: Table, notes: list[Note], rows: BoolArray, code: str, words: str) -> None:
    if rows.any():
        count = int(rows.sum())
        first = table.cells.line(int(np.argmax(rows)))
        notes.append(
            Note(
                code,
                f"{count} row(s) {words} and were skipped (first at line {first}).",
                count=count,
                level="warning",
            )
        )


def meeting_number(cell: str) -> float:
    """The number of a meeting: ``"7"``, ``"S7"`` or ``"session 7"`` gives 7; nan otherwise."""
    match = _NUMBERED.fullmatch(cell.strip())
    number = float(match[1]) if match else float("nan")
    return number if number <= MAX_MEETING else float("nan")


def parse_days(table: Table, date: Column) -> FloatArray:
    """Dates as day counts, nan where a cell is no date.

    ``2024-03-01`` and ``1.3.2024`` are clear; ``1/3/2024`` needs a cell that shows the order, or
    the option ``date_order`` ("dmy" or "mdy").
    """
    texts = table.texts(date)
    order = _slash_order(table, date, texts)
    days = np.full(len(texts), np.nan)
    for at, text in enumerate(texts):
        if match := _ISO.fullmatch(text):
            year, month, day = (int(part) for part in match.groups())
        elif match := _DOTS.fullmatch(text):
            day, month, year = (int(part) for part in match.groups())
        elif match := _SLASHES.fullmatch(text):
            first, second, year = (int(part) for part in match.groups())
            day, month = (first, second) if order == "dmy" else (second, first)
        else:
            continue
        try:
            days[at] = datetime.date(year, month, day).toordinal()
        except ValueError:
            continue
    return days


def _slash_order(table: Table, date: Column, texts: Sequence[str]) -> str:
    given = table.options.get("date_order")
    if given is not None:
        if given not in ("dmy", "mdy"):
            raise ReadError(
                f"date_order = {given!r} is not known.", path=table.path, expected="dmy or mdy"
            )
        return str(given)
    matches = [match for text in texts if (match := _SLASHES.fullmatch(text))]
    firsts = any(int(match[1]) > 12 for match in matches)
    seconds = any(int(match[2]) > 12 for match in matches)
    if matches and firsts == seconds:
        raise ReadError(
            "writes dates in a way that can be read twice.",
            path=table.path,
            where=f"column {date.name!r}",
            found=repr(matches[0][0]),
            expected='the option date_order ("dmy" or "mdy"), or dates such as 2024-03-01',
        )
    return "dmy" if firsts else "mdy"


def _by_date(cases: Sequence[str], days: FloatArray, use: BoolArray) -> FloatArray:
    """Meetings of each case numbered from 1 by their dates."""
    known: dict[str, set[float]] = {}
    good = use & ~np.isnan(days)
    for at in np.flatnonzero(good).tolist():
        known.setdefault(cases[at], set()).add(float(days[at]))
    number: Mapping[str, dict[float, float]] = {
        case: {day: float(i) for i, day in enumerate(sorted(found), start=1)}
        for case, found in known.items()
    }
    meetings = np.full(days.size, np.nan)
    for at in np.flatnonzero(good).tolist():
        meetings[at] = number[cases[at]][float(days[at])]
    return meetings
