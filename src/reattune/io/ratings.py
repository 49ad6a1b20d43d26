"""Ratings of every meeting (WAI, SRS or any other): a course on the clock of meetings."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.cells import guess_delimiter, is_workbook, peek_text, read_cells
from reattune.io.columns import MISSING, Column, FloatArray, Table, parse_numbers, split_unit
from reattune.io.frame_table import make_samples, name_columns
from reattune.io.ratings_rows import (
    CASE,
    DATE,
    MEETING,
    RATER,
    Entries,
    find_column,
    meeting_number,
    read_entries,
)
from reattune.io.ratings_scores import form_columns, is_numeric, read_scores
from reattune.io.ratings_wide import (
    is_meeting_name,
    is_score_name,
    read_wide_scores,
    wide_blocks,
)
from reattune.io.ratings_words import find_marks, find_remarks, words_by_meeting
from reattune.io.register import Format, register_reader
from reattune.io.safe import read_bytes, sha256
from reattune.io.table_groups import IntArray, group_rows, rows_read_note, too_many

_SNIFF_ROWS = 200
_SNIFF_BYTES = 4 * 1024 * 1024
# Tables with these columns hold events, samples or files, not ratings.
_OTHER = frozenset(
    "start onset begin end offset stop duration time timestamp frame sample behavior behaviour "
    "annotation label file filename path segment marker landmark".split()
)


def read_ratings(path: Path, options: Mapping[str, object]) -> tuple[Recording, ...]:
    """One recording per case: a track of samples per score and rater, one sample per meeting.

    Time counts meetings: ``rate_hz`` is 1 and ``start_s`` the number of the first meeting; missing
    meetings are nan. ``meta["clock"]`` is ``"meeting"``; ``meta["days"]`` holds the days since the
    first meeting where the table has dates. Columns that do not change within a case are
    covariates.

    Parameters
    ----------
    path : Path
        Long: a row per case, meeting and rater. Wide: a row per case (and rater), a column per
        meeting.
    options : mapping
        Columns: ``case``, ``meeting``, ``date``, ``rater``. Scores: ``scores`` (names),
        ``items`` (scale -> items), ``min_items`` (default: three quarters, rounded up),
        ``reversed`` with ``scale_range``. ``raters`` (rater -> scores, or rater -> {score: name})
        where columns and not rows tell raters apart; ``person`` where there is one rater.
        ``wide`` (prefix -> name) for a column per meeting. ``remarks``: a column of words, kept by
        meeting (found by names such as "events" and "notes"). ``marks``: a column of yes and no.
        ``form``: item numbers of a rating form, see `read_scores`. ``date_order``, ``sheet``,
        ``delimiter``, ``decimal``.

    Raises
    ------
    ReadError
        When case, meeting or scores cannot be told, or dates can be read in two ways.
    """
    path = Path(path)
    table = _open(path, options)
    case = find_column(table, "case", CASE)
    rater = find_column(table, "rater", RATER)
    meeting, date = find_column(table, "meeting", MEETING), find_column(table, "date", DATE)
    named = [column for column in (case, rater, meeting, date) if column is not None]
    rest = [column for column in table.columns if column not in named]
    words = (find_remarks(table, rest), find_marks(table))
    rest = [column for column in rest if column not in words]
    by_column = "wide" in options or (meeting is None and date is None)
    blocks = wide_blocks(table, rest) if by_column else {}
    if "wide" in options or blocks:
        rest = [c for c in rest if all(c not in b.values() for b in blocks.values())]
        entries, values, notes = read_wide_scores(table, case, rater, blocks)
        covariates = rest
    else:
        entries = read_entries(table, case, meeting, date, rater)
        stated = "scores" in options or "items" in options
        rated = {name.casefold() for name in _columns_of_raters(options)}
        rated |= {name.casefold() for name in form_columns(table, rest)}
        free = [column for column in rest if column.name.strip().casefold() not in rated]
        covariates = [] if stated else _guess_covariates(table, entries, free)
        scores = read_scores(table, [column for column in rest if column not in covariates])
        if stated:
            unused = [column for column in rest if column not in scores.used]
            covariates = _constant(table, entries, unused)
        values, notes = dict(scores.values), (*scores.notes, *_constant_note(table, covariates))
    groups = group_rows(entries.cases, np.arange(len(entries.cases)))
    too_many(table, "cases", [case] if case else [], len(groups))
    shared = (*entries.notes, *notes, *table.notes)
    recordings = []
    for name, members in groups.items():
        good = members[~np.isnan(entries.meetings[members])]
        if name and good.size:
            recordings.append(
                _course(
                    table,
                    str(name),
                    entries,
                    good,
                    members.size,
                    values,
                    covariates,
                    shared,
                    words_by_meeting(table, words, entries, good),
                )
            )
    return tuple(recordings)


def _open(path: Path, options: Mapping[str, object]) -> Table:
    data = read_bytes(path)
    sheet, delimiter = options.get("sheet"), options.get("delimiter")
    cells = read_cells(
        path,
        data,
        sheet=None if sheet is None else str(sheet),
        delimiter=None if delimiter is None else str(delimiter),
    )
    if not cells.rows:
        raise ReadError("has no rows below its header.", path=path)
    columns, notes = name_columns(cells.header)
    return Table(path, cells, columns, options, sha256(data), (*cells.notes, *notes))


def _guess_covariates(table: Table, entries: Entries, columns: Sequence[Column]) -> list[Column]:
    """Columns that tell cases apart, as long as something is left to be a rating."""
    found = _constant(table, entries, columns)
    rest = [column for column in columns if column not in found]
    if any(is_numeric(table, column) for column in rest) or "raters" in table.options:
        return found
    # Nothing changes within any case: then these flat columns are the ratings.
    return [column for column in found if not is_numeric(table, column)]


def _constant(table: Table, entries: Entries, columns: Sequence[Column]) -> list[Column]:
    """Columns that never change within a case, and either hold words or are no flat rating.

    One case has nobody to differ from: there a number that stands in every row is taken for
    something about the case where another column changes.
    """
    good = np.flatnonzero(~np.isnan(entries.meetings))
    groups = group_rows([entries.cases[at] for at in good.tolist()], good)
    several = [rows for rows in groups.values() if rows.size > 1]
    found = []
    for column in columns:
        texts = table.texts(column)
        own = [{texts[row] for row in rows.tolist()} - {""} for rows in groups.values()]
        words = bool(table.numbers(column)[1].any())
        alike = all(len(cells) <= 1 for cells in own)
        differ = len({cell for cells in own for cell in cells}) > 1
        alone = len(groups) == len(several) == 1 and not is_score_name(column.name)
        if alike and (words or alone or (len(several) > 1 and differ)):
            found.append(column)
    return found


def _constant_note(table: Table, covariates: Sequence[Column]) -> tuple[Note, ...]:
    """Says which columns of numbers were not taken for ratings."""
    names = [c.name for c in covariates if not table.numbers(c)[1].any()]
    if not names:
        return ()
    told = (
        f"{', '.join(names)[:200]}: never changes within a case and was taken as a covariate; name "
        "it in the option scores if it is a rating."
    )
    return (Note("constant_columns", told, count=len(names)),)


def _course(
    table: Table,
    name: str,
    entries: Entries,
    good: IntArray,
    total: int,
    values: Mapping[str, FloatArray],
    covariates: Sequence[Column],
    shared: tuple[Note, ...],
    words: Mapping[str, object],
) -> Recording:
    first, last = int(entries.meetings[good].min()), int(entries.meetings[good].max())
    size = last - first + 1
    tracks: list[Track] = []
    twice: list[str] = []
    groups = group_rows([entries.raters[at] for at in good.tolist()], good)
    for rater, rows in groups.items():
        places = entries.meetings[rows].astype(np.int64) - first
        for score, column in values.items():
            spread, clashes = _spread(places, column[rows], size)
            twice += [f"{score} at meeting {first + place}" for place in clashes]
            for person, shown in _raters(table, score, str(rater)):
                tracks.append(make_samples(shown, spread, 1.0, person=person, start_s=float(first)))
    meta: dict[str, object] = {
        "sha256": table.sha256,
        "clock": "meeting",
        "covariates": _covariates(table, entries.rows[good], covariates),
        **words,
    }
    days = _days(entries, good, first, size)
    if days is not None:
        meta["days"] = days
    notes = [rows_read_note(good.size, total)]
    if twice:
        told = (
            f"{len(twice)} score(s) stand in the table twice with different values and were left "
            f"empty ({', '.join(twice[:4])})."
        )
        notes.append(Note("ratings_twice", told, f"case {name!r}", len(twice), "warning"))
    rated = np.zeros(size, dtype=np.bool_)
    rated[entries.meetings[good].astype(np.int64) - first] = True
    if not rated.all():
        gaps = int((~rated).sum())
        told = f"{gaps} meeting(s) between {first} and {last} have no row and are missing."
        notes.append(Note("meetings_missing", told, f"case {name!r}", gaps))
    return Recording(
        id=name,
        format="ratings",
        path=table.path,
        tracks=tuple(tracks),
        span=(float(first), float(last + 1)),
        meta=meta,
        notes=(*notes, *shared),
    )


def _spread(places: IntArray, values: FloatArray, size: int) -> tuple[FloatArray, list[int]]:
    """Values by meeting, and the meetings for which different values are given (left empty)."""
    out = np.full(size, np.nan)
    clashes: list[int] = []
    for place, value in zip(places.tolist(), values.tolist(), strict=True):
        if np.isnan(value) or place in clashes:
            continue
        if np.isnan(out[place]) or out[place] == value:
            out[place] = value
        else:
            out[place] = np.nan
            clashes.append(place)
    return out, clashes


def _columns_of_raters(options: Mapping[str, object]) -> list[str]:
    """The columns that the option ``raters`` names; they are ratings whatever they hold."""
    given = options.get("raters")
    found: list[str] = []
    for names in given.values() if isinstance(given, Mapping) else ():
        found += [str(n).strip() for n in ([names] if isinstance(names, str) else list(names))]
    return found


def _raters(table: Table, score: str, rater: str) -> list[tuple[str, str]]:
    """Rater and name of a score: by the option ``raters``, else as the row says."""
    given = table.options.get("raters")
    if given is None:
        return [(rater, score)]
    if not isinstance(given, Mapping):
        raise ReadError(
            f"raters = {given!r} is not allowed.",
            path=table.path,
            expected='a table such as {patient = "wai_p", therapist = "wai_t"}',
        )
    found = []
    for person, names in given.items():
        if isinstance(names, Mapping):
            renamed = {str(key): str(value) for key, value in names.items()}
        else:
            listed = names if isinstance(names, list | tuple) else [names]
            renamed = {str(key): str(key) for key in listed}
        if score in renamed:
            found.append((str(person), renamed[score]))
    return found or [(rater, score)]


def _covariates(table: Table, rows: IntArray, columns: Sequence[Column]) -> dict[str, str]:
    found = {}
    for column in columns:
        cells = [table.cells.rows[row][column.index].strip() for row in rows.tolist()]
        found[column.name] = next((cell for cell in cells if cell not in MISSING), "")
    return found


def _days(entries: Entries, good: IntArray, first: int, size: int) -> tuple[float, ...] | None:
    """Days since the first dated meeting, one per meeting (nan = no date)."""
    if np.isnan(entries.days[good]).all():
        return None
    out = np.full(size, np.nan)
    for at in good.tolist():
        place = int(entries.meetings[at]) - first
        if np.isnan(out[place]):
            out[place] = entries.days[at]
    return tuple((out - np.nanmin(out)).tolist())


# -- recognising ---------------------------------------------------------------------------


def _sniff(path: Path, head: bytes) -> bool:
    if is_workbook(path, head):
        try:
            if path.stat().st_size > _SNIFF_BYTES:
                return False
            cells = read_cells(path, read_bytes(path, _SNIFF_BYTES))
        except (ReadError, OSError):
            return False
        return looks_like_ratings(cells.header, cells.rows[:_SNIFF_ROWS])
    text = peek_text(head)
    mark = guess_delimiter(text) if text else None
    if text is None or mark is None:
        return False
    try:
        stream = io.StringIO(text.lstrip("\ufeff \r\n"), newline="")
        rows = [tuple(r) for r in csv.reader(stream, delimiter=mark, skipinitialspace=True) if r]
    except csv.Error:
        return False
    if not text.endswith(("\n", "\r")) and len(rows) > 3:
        rows = rows[:-1]
    return bool(rows) and looks_like_ratings(rows[0], rows[1 : _SNIFF_ROWS + 1])


def looks_like_ratings(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether each case, meeting and rater occurs once (a few slips apart), with numbers beside it.

    Tables with a column of times, frames, codes or files are something else.
    """
    plain = [split_unit(name)[0] for name in header]
    rows = [row for row in rows if len(row) == len(header)]
    if not rows or set(plain) & _OTHER:
        return False

    def at(names: Sequence[str]) -> int | None:
        return next((plain.index(name) for name in names if name in plain), None)

    case, meeting, date, rater = at(CASE), at(MEETING), at(DATE), at(RATER)
    used = {index for index in (case, meeting, date, rater) if index is not None}
    scores = [i for i in range(len(header)) if i not in used and _numbers(rows, i, header[i])]
    if not scores:
        return False
    if meeting is None and date is None:
        numbered = [i for i in scores if is_meeting_name(header[i])]
        return case is not None and len(numbered) >= 3 and len(rows) > 1
    if meeting is None:
        dated = all(re.search(r"\d", row[date or 0]) for row in rows)
        return case is not None and dated and len(rows) > 1
    numbers = [meeting_number(row[meeting]) for row in rows]
    if not np.isfinite(numbers).all() or (case is None and min(numbers) > 1):
        return False
    keys = [
        (row[case] if case is not None else "", row[rater] if rater is not None else "", number)
        for row, number in zip(rows, numbers, strict=True)
    ]
    # A few rows may have been entered twice; one meeting alone must say more than its number.
    twice = len(keys) - len(set(keys))
    if len(set(numbers)) == 1:
        return twice == 0 and any(is_score_name(header[i]) for i in scores)
    if case is None:
        return twice == 0
    return twice <= max(1, len(keys) // 10) and len(set(numbers)) > 2 * bool(twice)


def _numbers(rows: Sequence[Sequence[str]], index: int, name: str) -> bool:
    """Whether a column holds numbers, but for a slip: reading then says where it stands."""
    cells = [row[index].strip().replace(",", ".") for row in rows]
    values, odd = parse_numbers(cells)
    slips = 0.5 if is_score_name(name) else 0.1
    return odd.mean() <= slips and bool(np.isfinite(values).any())


register_reader(
    Format(
        name="ratings",
        title="Ratings of every meeting (csv, xlsx)",
        suffixes=(".csv", ".tsv", ".xlsx"),
        sniff=_sniff,
        read=read_ratings,
    )
)
