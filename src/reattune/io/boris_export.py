"""Event tables exported by BORIS: aggregated and tabular, old and new headers, tsv, csv, xlsx."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.io.boris_common import (
    MAX_SECONDS,
    Bout,
    Event,
    Status,
    build_tracks,
    check_bouts,
    clean_modifiers,
    clean_subject,
    end_not_known,
    pair_events,
)
from reattune.io.cells import (
    DELIMITERS,
    Cells,
    Row,
    is_workbook,
    peek_text,
    plain_stem,
    read_cells,
)
from reattune.io.register import Format, register_reader
from reattune.io.safe import open_text, read_bytes, sha256

_AGGREGATED = ("observation id", "behavior", "start (s)", "stop (s)")
# Every column that BORIS itself writes, in any version; what is left are the study's variables.
_OWN_COLUMNS = frozenset(
    """observation id|observation date|description|observation type|source|time offset (s)|
coding duration|observation duration|observation duration by subject by observation|
media duration (s)|total length|fps|fps (frame/s)|media file|media file path|media file name|
subject|behavior|behavioral category|modifiers|behavior type|status|time|start (s)|stop (s)|
duration (s)|comment|comment start|comment stop|image index|image index start|image index stop|
image file path|image file path start|image file path stop""".replace("\n", "").split("|")
)
_MODIFIER = re.compile(r"modif(ier)? ?#? ?\d+")
_CLOCK = re.compile(r"(-?)(\d+):([0-5]?\d):([0-5]?\d(?:\.\d+)?)")
# Characters; the old preamble of metadata above the header is far shorter.
_HEADER_WITHIN = 65_536
_NOT_GIVEN = ("", "na", "nan")
_STATUSES: dict[str, Status] = {"START": "START", "STOP": "STOP", "POINT": "POINT"}


@dataclass
class _Observation:
    """What has been read of one observation so far."""

    events: list[Event] = field(default_factory=list)
    bouts: list[Bout] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)
    place: str = ""
    media: list[str] = field(default_factory=list)


def sniff_boris_export(path: Path, head: bytes) -> bool:
    """Whether the first bytes (or the workbook) hold the header of a BORIS event table."""
    if is_workbook(path, head):
        try:
            read_cells(path, read_bytes(path), is_header=_is_header)
        except ReadError:
            return False
        return True
    text = peek_text(head)
    return text is not None and _delimiter(text) is not None


def read_boris_export(
    path: Path, options: Mapping[str, object] | None = None
) -> tuple[Recording, ...]:
    """One recording per observation in an exported table of events.

    Columns are found by name, in any order. Each subject and behavioural category is a track;
    point events are a track of points of the same name. In tabular exports START and STOP rows
    are paired over subject, behaviour and modifiers.

    Parameters
    ----------
    path : Path
        Tab, comma or semicolon separated text, or xlsx.
    options : mapping, optional
        Not used.

    Raises
    ------
    ReadError
        When there is no header of a BORIS event table, or a time is not a number.
    """
    path = Path(path)
    data = read_bytes(path)
    digest = sha256(data)
    cells = _cells(path, data)
    del data
    observations: dict[str, _Observation] = {}
    _read_rows(cells, path, observations)
    return tuple(
        _recording(name, seen, path, digest, cells.notes) for name, seen in observations.items()
    )


def _cells(path: Path, data: bytes) -> Cells:
    """The table below the header, wherever that is."""
    mark = None
    if not data.startswith(b"PK"):
        mark = _delimiter(open_text(data, path)[0].read(_HEADER_WITHIN))
        if mark is None:
            raise ReadError(
                "has no header of a BORIS event table.",
                path=path,
                expected="columns 'Observation id', 'Behavior', 'Start (s)', 'Stop (s)' "
                "(aggregated events) or 'Time', 'Behavior', 'Status' (tabular events)",
            )
    return read_cells(path, data, delimiter=mark, is_header=_is_header)


def _delimiter(text: str) -> str | None:
    """The mark between cells with which one of the first rows is the header; None without one."""
    beginning = text[:_HEADER_WITHIN]
    for mark in DELIMITERS:
        try:
            rows = csv.reader(io.StringIO(beginning, newline=""), delimiter=mark)
            if any(_is_header(tuple(row)) for row in rows):
                return mark
        except csv.Error:
            continue
    return None


def _is_header(row: Row) -> bool:
    return _kind(row) != ""


def _kind(row: Row) -> str:
    names = {_name(cell) for cell in row}
    if names.issuperset(_AGGREGATED):
        return "aggregated"
    if {"time", "behavior"} <= names and (
        "status" in names or {"observation id", "behavior type"} <= names
    ):
        return "tabular"
    return ""


def _name(cell: str) -> str:
    text = " ".join(cell.split()).casefold().replace("behaviour", "behavior")
    return "time" if text == "time (s)" else text


def _read_rows(table: Cells, path: Path, observations: dict[str, _Observation]) -> None:
    names = [_name(cell) for cell in table.header]
    doubled = sorted({n for n in names if n in _OWN_COLUMNS and n and names.count(n) > 1})
    if doubled:
        raise ReadError(
            "has two columns of one name.", path=path, where="header", found=repr(doubled[0])
        )
    kind = _kind(table.header)
    above = _preamble(table.preamble)
    modifier_columns = [name for name in names if _MODIFIER.fullmatch(name)]
    for number, written in enumerate(table.rows):
        cells = [cell.strip() for cell in written]
        if not any(cells):
            continue
        row = dict(zip(names, cells, strict=True))
        place = f"line {table.line(number)}"
        name = row.get("observation id") or above.get("observation id") or plain_stem(path)
        seen = observations.setdefault(name, _Observation())
        if not seen.first:
            seen.place = place
            variables = {
                original: cell
                for original, cell in zip(table.header, cells, strict=True)
                if original
                and _name(original) not in _OWN_COLUMNS
                and not _MODIFIER.fullmatch(_name(original))
            }
            seen.first.update({**above, **row})
            seen.first.update({f"variable {key}": value for key, value in variables.items()})
        media = row.get("media file") or row.get("media file path") or ""
        if media and media not in seen.media:
            seen.media.append(media)
        code = row.get("behavior", "")
        if not code:
            seen.skipped["name no behaviour"] = seen.skipped.get("name no behaviour", 0) + 1
            continue
        modifiers = clean_modifiers(
            [row.get(column, "") for column in modifier_columns]
            if modifier_columns
            else row.get("modifiers", "").split("|")
        )
        common = (clean_subject(row.get("subject", "")), code, modifiers)
        category = row.get("behavioral category", "")
        if kind == "tabular":
            _tabular_row(row, common, category, seen, path, place)
        else:
            _aggregated_row(row, common, category, seen, path, place)


def _tabular_row(
    row: Mapping[str, str],
    common: tuple[str, str, tuple[str, ...]],
    category: str,
    seen: _Observation,
    path: Path,
    place: str,
) -> None:
    time_s = _seconds(row.get("time", ""), path, f"{place}, Time")
    if time_s is None:
        seen.skipped["have no time"] = seen.skipped.get("have no time", 0) + 1
        return
    word = (row.get("status") or row.get("behavior type") or "").upper()
    if word and word not in _STATUSES:
        raise ReadError(
            "is no kind of event.",
            path=path,
            where=f"{place}, Behavior type",
            found=repr(word),
            expected="START, STOP or POINT",
        )
    # Old exports leave the status of point events empty.
    seen.events.append(Event(time_s, *common, category, _STATUSES.get(word, "POINT")))


def _aggregated_row(
    row: Mapping[str, str],
    common: tuple[str, str, tuple[str, ...]],
    category: str,
    seen: _Observation,
    path: Path,
    place: str,
) -> None:
    start_s = _seconds(row.get("start (s)", ""), path, f"{place}, Start (s)")
    stop_s = _seconds(row.get("stop (s)", ""), path, f"{place}, Stop (s)")
    word = row.get("behavior type", "").upper()
    if word and word not in ("STATE", "POINT"):
        raise ReadError(
            "is no kind of behaviour.",
            path=path,
            where=f"{place}, Behavior type",
            found=repr(word),
            expected="STATE or POINT",
        )
    point = word == "POINT" or (not word and stop_s in (None, start_s))
    reason = ""
    if start_s is None:
        reason = "have no start"
    elif not point and stop_s is None:
        reason = "are states without a stop"
    elif not point and stop_s is not None and stop_s < start_s:
        reason = "stop before they start"
    if reason or start_s is None:
        seen.skipped[reason] = seen.skipped.get(reason, 0) + 1
        return
    end_s = start_s if point or stop_s is None else stop_s
    seen.bouts.append(Bout(start_s, end_s, *common, category, point))


def _preamble(rows: Sequence[Row]) -> dict[str, str]:
    """Names and values above the header of an old tabular export."""
    found: dict[str, str] = {}
    variables = False
    for row in rows:
        key = _name(row[0]) if row else ""
        value = row[1].strip() if len(row) > 1 else ""
        if key == "independent variables":
            variables = True
        elif variables and key not in ("", "variable"):
            found[f"variable {row[0].strip()}"] = value
        elif key and key in _OWN_COLUMNS:
            found[key] = value
    return found


def _recording(
    name: str, seen: _Observation, path: Path, digest: str, of_table: Sequence[Note]
) -> Recording:
    bouts, notes = pair_events(seen.events)
    bouts = sorted([*bouts, *seen.bouts], key=lambda bout: bout.start_s)
    span = _span(seen, path)
    notes += check_bouts(bouts, span)
    notes += [
        Note("rows_skipped", f"{count} row(s) {reason}; skipped.", count=count, level="warning")
        for reason, count in seen.skipped.items()
    ]
    if span is None:
        notes.append(end_not_known())
    where = f"observation {name!r}"
    prefix = "variable "
    return Recording(
        id=name,
        format="boris_export",
        path=path,
        tracks=build_tracks(bouts),
        span=span,
        meta={
            "sha256": digest,
            "date": seen.first.get("observation date", ""),
            "description": seen.first.get("description", ""),
            "media_names": tuple(m.replace("\\", "/").rsplit("/", 1)[-1] for m in seen.media),
            "variables": {
                key.removeprefix(prefix): value
                for key, value in seen.first.items()
                if key.startswith(prefix)
            },
        },
        notes=(
            *of_table,
            *(
                Note(note.code, note.message, note.where or where, note.count, note.level)
                for note in notes
            ),
        ),
    )


def _span(seen: _Observation, path: Path) -> tuple[float, float] | None:
    """From the length of the media; None for live observations, whose end no export holds."""
    first = seen.first
    if any("live" in first.get(key, "").casefold() for key in ("observation type", "source")) or (
        any(media.casefold() in ("live", "live observation") for media in seen.media)
    ):
        return None
    text = first.get("media duration (s)") or first.get("total length") or ""
    # Players are separated by "|", the files queued in one player by ";".
    parts = [part.strip() for part in text.split("|")[0].split(";")]
    lengths = [_seconds(part, path, f"{seen.place}, media duration") for part in parts]
    known = [length for length in lengths if length is not None]
    total_s = math.fsum(known)
    if len(known) < len(lengths) or total_s <= 0:
        return None
    offset_s = _seconds(first.get("time offset (s)", ""), path, f"{seen.place}, Time offset (s)")
    return (offset_s or 0.0, (offset_s or 0.0) + total_s)


def _seconds(text: str, path: Path, where: str) -> float | None:
    """Seconds, or hours:minutes:seconds; None where the cell is empty or NA."""
    plain = text.strip()
    if plain.casefold() in _NOT_GIVEN:
        return None
    clock = _CLOCK.fullmatch(plain)
    try:
        if clock:
            sign, hours, minutes, rest = clock.groups()
            value = float(hours) * 3600 + float(minutes) * 60 + float(rest)
            value = -value if sign else value
        else:
            # A spreadsheet set to another language writes a decimal comma.
            value = float(plain.replace(",", ".") if plain.count(",") == 1 else plain)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or abs(value) > MAX_SECONDS:
        raise ReadError(
            "is not a time.",
            path=path,
            where=where,
            found=repr(text)[:60],
            expected="seconds such as 12.480",
        )
    return value


BORIS_EXPORT = register_reader(
    Format(
        "boris_export",
        "BORIS event export (aggregated or tabular)",
        (".tsv", ".csv", ".xlsx"),
        sniff_boris_export,
        read_boris_export,
    )
)
