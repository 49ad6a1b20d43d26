"""Transcripts as tables (CSV, TSV, .xlsx): a row for every turn, with speaker, start and text."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.cells import DELIMITERS, Row, is_workbook, peek_text, read_cells
from reattune.io.columns import LARGEST_TIME_S, ROLES, Column, Table, split_unit
from reattune.io.register import Format, register_reader
from reattune.io.safe import open_zip, read_bytes, sha256
from reattune.io.table_groups import group_rows, session_columns, session_names
from reattune.io.table_intervals import read_intervals
from reattune.io.turns import backwards_note, overlap_notes

# Names as `split_unit` writes them; earlier names win. Those marked "sure" name nothing else.
SURE_TEXT = (
    *("utterance", "utterance_text", "transcript", "transcription", "transcript_text"),
    *("spoken_text", "speech", "sentence", "caption", "subtitle"),
)
TEXT = (*SURE_TEXT, "text", "content", "words", "message", "turn_text")
SURE_SPEAKER = ("speaker", "speaker_name", "speaker_label", "speaker_id", "talker", "interlocutor")
SPEAKER = (
    *SURE_SPEAKER,
    *("participant", "person", "subject", "partner", "role", "who", "actor", "name"),
)
START = (*ROLES["start"], "timecode", "time_code", "in", "timestamp", "time_stamp", "time")
SESSION = (
    *("transcript_id", "conversation", "conversation_id", "dialogue", "dialogue_id"),
    *("interview", "interview_id", "meeting", "meeting_id"),
)
# Rows of a sheet in which the header is looked for.
_HEADER_ROWS = 50
# Columns that tables of behaviour use for streams and durations, and transcripts for the sound
# channel or the number of words.
_NOT_HERE = frozenset(ROLES["track"]) | {"length"}
# A table with a column of this name is one of codes, whatever else stands in it.
_CODES = frozenset(ROLES["code"]) - {"text", "value", "event", "annotation"}


def _column(header: Sequence[str], names: Sequence[str]) -> str | None:
    """The column that has the earliest of those names, as written."""
    plain: dict[str, str] = {}
    for name in header:
        plain.setdefault(split_unit(name)[0], name)
    return next((plain[name] for name in names if name in plain), None)


def _is_header(row: Row) -> bool:
    """Whether these are the columns of a transcript and of nothing else."""
    plain = {split_unit(cell.strip())[0] for cell in row}
    if not plain.intersection(START) or plain & _CODES:
        return False
    if plain.intersection(SURE_TEXT):
        return bool(plain.intersection(SPEAKER))
    return bool(plain.intersection(TEXT) and plain.intersection(SURE_SPEAKER))


def sniff_transcript_table(path: Path, head: bytes) -> bool:
    """Whether the header names a speaker, a start and a text, and no column of codes."""
    if is_workbook(path, head):
        return _is_header(_sheet_header(path))
    text = peek_text(head)
    first = (text or "").lstrip("\ufeff\r\n ").partition("\n")[0]
    for mark in DELIMITERS:
        try:
            row = next(csv.reader(io.StringIO(first), delimiter=mark, skipinitialspace=True), [])
        except csv.Error:
            continue
        if len(row) >= 3 and _is_header(tuple(row)):
            return True
    return False


def _sheet_header(path: Path) -> Row:
    """The first row with text of a workbook's first sheet; empty when it cannot be had."""
    import openpyxl

    try:
        data = read_bytes(path)
        open_zip(data, path).close()
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
        try:
            book.worksheets[0].reset_dimensions()
            for row in islice(book.worksheets[0].iter_rows(values_only=True), _HEADER_ROWS):
                if any(cell is not None for cell in row):
                    return tuple(str(cell) for cell in row if cell is not None)
        finally:
            book.close()
    except Exception:
        # A damaged workbook makes openpyxl raise almost anything; the reader will say what.
        return ()
    return ()


def read_transcript_table(
    path: Path, options: Mapping[str, object] | None = None
) -> tuple[Recording, ...]:
    """One recording per session in a table of turns; in it, a track ``utterances`` per speaker.

    Without an end or duration column the turns are points: that one turn lasts until the next
    begins is not assumed. Rows are put in order of time; how often the file's order runs against
    it is told.

    Parameters
    ----------
    path : Path
    options : mapping, optional
        Column names: ``person`` (the speaker), ``start``, ``end``, ``duration``, ``text``,
        ``session`` (one or a list), ``code`` (one or a list: columns that become further tracks
        of codes). Layout: ``unit`` ("s", "ms", "min", "frame"), ``fps``, ``decimal``, ``sheet``,
        ``delimiter``.

    Raises
    ------
    ReadError
        When a column is missing or no row can be read.
    """
    path = Path(path)
    options = {key: value for key, value in (options or {}).items() if key != "track"}
    table, start, text = _open(path, options)
    made = read_intervals(table, start)
    backwards = _backwards(table, start)
    nameless = table.find("person") is None
    return tuple(_transcript(item, text, backwards.get(item.id, 0), nameless) for item in made)


def _open(path: Path, options: dict[str, object]) -> tuple[Table, Column, str]:
    data = read_bytes(path)
    sheet, delimiter = options.get("sheet"), options.get("delimiter")
    cells = read_cells(
        path,
        data,
        sheet=None if sheet is None else str(sheet),
        delimiter=None if delimiter is None else str(delimiter),
    )
    places: dict[str, int] = {}
    doubled: dict[str, None] = {}
    for at, name in enumerate(cells.header):
        if name and places.setdefault(name, at) != at:
            doubled[name] = None
    notes = cells.notes
    if doubled:
        words = f"Columns with the same name; the first of each was read: {', '.join(doubled)}."
        notes = (*notes, Note("columns_doubled", words, count=len(doubled), level="warning"))
    named = {str(name) for name in options.values() if isinstance(name, str)}
    columns = tuple(
        Column(at, name, split_unit(name)[1])
        for name, at in places.items()
        if name in named or split_unit(name)[0] not in _NOT_HERE
    )
    table = Table(path, cells, columns, options, sha256(data), notes)
    if not cells.rows:
        raise table.read_error("has no rows below its header.")
    start = _known(table, "start", START, "a column named start or onset, or the option start")
    text = _known(table, "text", TEXT, "a column named text or utterance, or the option text")
    person = options.get("person") or _column(tuple(places), SPEAKER)
    codes = options.get("code")
    codes = list(codes) if isinstance(codes, list | tuple) else [codes] if codes else []
    filled = {"start": start.name, "code": [text.name, *(c for c in codes if c != text.name)]}
    if person is not None:
        filled["person"] = str(person)
    session = _column(tuple(places), SESSION)
    if session is not None and "session" not in options and not session_columns(table):
        filled["session"] = session
    return replace(table, options={**options, **filled}), start, text.name


def _known(table: Table, option: str, names: Sequence[str], expected: str) -> Column:
    given = table.options.get(option)
    found = str(given) if given else _column([c.name for c in table.columns], names)
    if found is None:
        raise table.read_error(f"has no column for the {option} of turns.", expected)
    return table.named(option, found)


def _backwards(table: Table, start: Column) -> dict[str, int]:
    """Session -> how often a row starts before the one above it, both with sound times."""
    times, _ = table.times(start)
    names = session_names(table, session_columns(table))
    rows = np.flatnonzero((times >= 0) & (times <= LARGEST_TIME_S))
    groups = group_rows([names[row] for row in rows.tolist()], rows)
    return {str(name): int((np.diff(times[own]) < 0).sum()) for name, own in groups.items()}


def _transcript(item: Recording, text: str, backwards: int, nameless: bool) -> Recording:
    tracks = tuple(_named(track, text) for track in item.tracks)
    notes = list(item.notes)
    points = sum(
        len(track) for track in tracks if track.kind == "points" and track.name == "utterances"
    )
    if points:
        words = (
            f"{points} turn(s) have a start but no end and were read as points in time; that a "
            "turn lasts until the next begins is not assumed."
        )
        notes.append(Note("turns_without_end", words, count=points, level="warning"))
    if backwards:
        notes.append(backwards_note(backwards))
    if nameless:
        words = "No column names the speaker; all turns are a track of nobody."
        notes.append(Note("speaker_unknown", words, level="warning"))
    meta = {**item.meta, "shape": "turns"}
    return replace(
        item,
        format="transcript_table",
        tracks=tracks,
        meta=meta,
        notes=(*notes, *overlap_notes(tracks)),
    )


def _named(track: Track, text: str) -> Track:
    """The text column's track under the name all transcripts give it."""
    return replace(track, name="utterances") if track.name == text else track


register_reader(
    Format(
        "transcript_table",
        "Transcript as a table (speaker, start, text)",
        (".csv", ".tsv", ".xlsx"),
        sniff_transcript_table,
        read_transcript_table,
    )
)
