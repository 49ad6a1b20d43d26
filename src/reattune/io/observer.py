"""Noldus The Observer XT: event logs exported as text or spreadsheet, read by column names."""

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
from reattune.io.cells import (
    DELIMITERS,
    Cells,
    Row,
    is_workbook,
    peek_text,
    plain_stem,
    read_cells,
)
from reattune.io.coded import TIME_FAULTS, Skipped, end_not_known, rows_read, time_fault
from reattune.io.columns import (
    BoolArray,
    FloatArray,
    number_option,
    parse_times,
    uses_decimal_comma,
)
from reattune.io.observer_pairs import Press, build_tracks, pair_presses
from reattune.io.register import Format, register_reader
from reattune.io.safe import read_bytes, sha256

_NEEDED = ("behavior", "event_type")
# Ways to write a time, the most exact first.
_TIMES = ("sf", "hmsf", "f", "hms", "s")
_MODIFIER = re.compile(r"modifier_\d+")
_KINDS = {
    "state start": "start",
    "state stop": "stop",
    "state point": "point",
    "point": "point",
    "point event": "point",
}
_FAULTS = {
    **TIME_FAULTS,
    "rows_without_code": "name no behaviour",
    "rows_of_other_kinds": "are neither State start, State stop nor a point",
}
UNTESTED = Note(
    "format_untested",
    "The reader for The Observer XT was written from public descriptions of the exported columns "
    "and was not tested on an original export; compare a few rows with the program.",
    level="warning",
)


@dataclass
class _Observation:
    """What has been read of one observation so far."""

    presses: list[Press] = field(default_factory=list)
    skipped: Skipped = field(default_factory=Skipped)
    rows: list[int] = field(default_factory=list)


def read_observer(path: Path, options: Mapping[str, object]) -> tuple[Recording, ...]:
    """One recording for every observation in an exported event log of The Observer XT.

    A ``State start`` with a duration is an interval. Without one it lasts until the next ``State
    stop`` of the same subject and behaviour. Points are points. Behaviours of a subject make one
    track ``behaviours``; the option ``groups`` makes a track for every group.

    Parameters
    ----------
    path : Path
    options : mapping
        ``groups``: group name -> list of behaviours, for behaviours that are not coded on one
        scale (gaze and affect, say). ``delimiter``, ``decimal``, ``sheet``.

    Raises
    ------
    ReadError
        When needed columns are missing or no row can be read.
    """
    path = Path(path)
    data = read_bytes(path)
    delimiter, sheet = options.get("delimiter"), options.get("sheet")
    cells = read_cells(
        path,
        data,
        sheet=None if sheet is None else str(sheet),
        delimiter=None if delimiter is None else str(delimiter),
        is_header=_is_header,
    )
    names = [_plain(name) for name in cells.header]
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if doubled:
        raise ReadError(
            "has two columns of one name.", path=path, where="header", found=repr(doubled[0][:60])
        )
    at = {name: index for index, name in enumerate(names) if name}
    groups = _groups(path, options.get("groups"))
    observations = _read_rows(path, cells, at, options)
    digest = sha256(data)
    return tuple(
        _recording(name, seen, cells, at, groups, path, digest)
        for name, seen in observations.items()
    )


def _plain(name: str) -> str:
    plain = re.sub(r"[\W_]+", "_", name.casefold()).strip("_")
    return plain.replace("behaviour", "behavior")


def _is_header(row: Row) -> bool:
    names = {_plain(cell) for cell in row}
    return names.issuperset(_NEEDED) and _time_column("time_relative", names) is not None


def _time_column(stem: str, names: Mapping[str, int] | set[str]) -> str | None:
    return next((f"{stem}_{way}" for way in _TIMES if f"{stem}_{way}" in names), None)


def _groups(path: Path, given: object) -> dict[str, str]:
    """Behaviour -> group, from the option."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ReadError(
            "the option groups is not understood.",
            path=path,
            found=repr(given)[:60],
            expected='group names with their behaviours, such as {affect = ["pos", "neg"]}',
        )
    return {
        str(code).strip(): str(group)
        for group, codes in given.items()
        for code in (codes if isinstance(codes, list | tuple) else [codes])
    }


# -- rows ----------------------------------------------------------------------------------


def _read_rows(
    path: Path, cells: Cells, at: Mapping[str, int], options: Mapping[str, object]
) -> dict[str, _Observation]:
    times, _ = _seconds(path, cells, at, "time_relative", options)
    durations, odd = _seconds(path, cells, at, "duration", options)
    modifiers = [index for name, index in at.items() if _MODIFIER.fullmatch(name)]
    observations: dict[str, _Observation] = {}
    for row, written in enumerate(cells.rows):
        if not any(cell.strip() for cell in written):
            continue
        name = _cell(written, at, "observation") or plain_stem(path)
        seen = observations.setdefault(name, _Observation())
        seen.rows.append(row)
        place = f"line {cells.line(row)}"
        kind = _KINDS.get(" ".join(_cell(written, at, "event_type").casefold().split()))
        code = _cell(written, at, "behavior")
        time_s = math.nan if times is None else float(times[row])
        duration_s = math.nan if durations is None or kind != "start" else float(durations[row])
        fault = "" if kind else "rows_of_other_kinds"
        fault = fault or ("" if code else "rows_without_code")
        fault = fault or time_fault(time_s, time_s)
        if not fault and odd is not None and odd[row] and kind == "start":
            fault = "rows_without_time"
        if not fault and not math.isnan(duration_s):
            fault = time_fault(time_s, time_s + duration_s)
        if fault or kind is None:
            seen.skipped.add(fault, place)
            continue
        chosen = tuple(written[index].strip() for index in modifiers)
        seen.presses.append(
            Press(time_s, duration_s, kind, _cell(written, at, "subject"), code, chosen, place)
        )
    if not any(seen.presses for seen in observations.values()):
        notes = (note for seen in observations.values() for note in seen.skipped.notes(_FAULTS))
        told = " ".join(str(note) for note, _ in zip(notes, range(3), strict=False))
        raise ReadError(f"has no event that could be read. {told}".strip(), path=path)
    return observations


def _cell(row: Row, at: Mapping[str, int], name: str) -> str:
    return row[at[name]].strip() if name in at else ""


def _seconds(
    path: Path, cells: Cells, at: Mapping[str, int], stem: str, options: Mapping[str, object]
) -> tuple[FloatArray | None, BoolArray | None]:
    """Seconds (nan = missing or not readable) and which are not; None without such a column."""
    fps = number_option(path, options, "fps")
    # Frames can only be read when their rate is given; any other way comes first otherwise.
    usable = {name for name in at if fps is not None or not name.endswith("_f")}
    name = _time_column(stem, usable) or _time_column(stem, dict(at))
    if name is None:
        return None, None
    texts = cells.column(at[name])
    unit = "s"
    if name.endswith("_f"):
        if fps is None:
            raise ReadError(
                f"column {cells.header[at[name]]!r} counts frames.",
                path=path,
                expected="the option fps (frames per second)",
            )
        unit = "frame"
    values, odd = parse_times(texts, uses_decimal_comma(path, cells, options), unit, fps)
    values[odd] = math.nan
    return values, odd


# -- recordings ----------------------------------------------------------------------------


def _recording(
    name: str,
    seen: _Observation,
    cells: Cells,
    at: Mapping[str, int],
    groups: Mapping[str, str],
    path: Path,
    digest: str,
) -> Recording:
    bouts, pairing = pair_presses(seen.presses)
    return Recording(
        id=name,
        format="observer",
        path=path,
        tracks=build_tracks(bouts, groups),
        meta={"sha256": digest, "covariates": _covariates(seen.rows, cells, at)},
        notes=(
            UNTESTED,
            rows_read(len(seen.presses), len(seen.rows)),
            *seen.skipped.notes(_FAULTS),
            *pairing,
            *cells.notes,
            end_not_known(),
        ),
    )


def _covariates(rows: Sequence[int], cells: Cells, at: Mapping[str, int]) -> dict[str, str]:
    """Other columns (independent variables) whose cells are the same in all rows."""
    found = {}
    for plain, index in at.items():
        own = plain.startswith(("time_", "date_", "duration_", "modifier_", "comment"))
        if own or plain in (*_NEEDED, "observation", "subject"):
            continue
        values = {cells.rows[row][index].strip() for row in rows}
        if len(values) == 1 and (value := values.pop()):
            found[cells.header[index]] = value
    return found


def sniff_observer(path: Path, head: bytes) -> bool:
    """Whether a row near the beginning names the columns of an Observer XT event log."""
    if is_workbook(path, head):
        try:
            read_cells(path, read_bytes(path), is_header=_is_header)
        except ReadError:
            return False
        return True
    text = peek_text(head)
    if text is None:
        return False
    for mark in DELIMITERS:
        try:
            rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
            if any(_is_header(tuple(row)) for row in rows):
                return True
        except csv.Error:
            continue
    return False


register_reader(
    Format(
        name="observer",
        title="The Observer XT event log (csv, xlsx)",
        suffixes=(".csv", ".txt", ".xlsx"),
        sniff=sniff_observer,
        read=read_observer,
    )
)
