"""Codes of segments of a session, as observer systems for alliance ruptures (3RS) give them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.cells import guess_delimiter, peek_text, read_cells
from reattune.io.columns import Table, split_unit
from reattune.io.frame_table import name_columns
from reattune.io.register import Format, register_reader
from reattune.io.safe import read_bytes, sha256
from reattune.io.segment_rows import (
    MARKER,
    RESOLUTION,
    SALIENCE,
    SEGMENT,
    SIDE,
    START,
    Codes,
    Segments,
    find_wide,
    read_codes,
    read_segments,
)
from reattune.io.table_groups import group_rows, rows_read_note, session_columns, session_names

_CODER = ("coder", "rater", "observer", "coded_by")
_NO_MARKS = np.zeros(0)


def read_segment_codes(path: Path, options: Mapping[str, object]) -> tuple[Recording, ...]:
    """One recording per session and coder: tracks ``rupture``, ``resolution``, ``salience``.

    Each person has the three tracks, with the segment as interval and marker, strategy or salience
    as label; empty ones say that segments were coded and nothing was found. The track ``segment``
    holds every coded segment. ``meta["salience"]`` of the ruptures is one number per mark.

    Parameters
    ----------
    path : Path
        Long: a row per segment, side and marker (``segment`` or ``start``, ``side``, ``marker``,
        ``salience``, ``resolution``). Wide: a row per segment and columns such as
        ``patient_withdrawal`` with saliences.
    options : mapping
        Columns: ``segment``, ``start``, ``end``, ``side``, ``marker``, ``salience``,
        ``resolution``, ``session``, ``coder``. ``segment_s``: length of a segment in seconds,
        needed where there are only numbers or starts. ``min_salience`` (default 2): from which
        salience on a segment counts as a rupture, because 1 means "none". ``unit``, ``sheet``,
        ``delimiter``, ``decimal``.

    Raises
    ------
    ReadError
        When segments cannot be placed in time, or nothing says what was coded.

    Notes
    -----
    Layout after the Rupture Resolution Rating System (Eubanks, Muran & Safran, 2015; revised
    2022): segments of 5 or 1 minutes, saliences from 1 (none) to 5.
    """
    path = Path(path)
    table = _open(path, options)
    segments = read_segments(table)
    codes = read_codes(table, segments)
    sessions = tuple(c for c in session_columns(table) if c not in segments.columns)
    names = session_names(table, sessions)
    coder = next((c for c in table.columns if split_unit(c.name)[0] in _CODER), None)
    if "coder" in options:
        coder = table.named("coder", options["coder"])
    coders = table.texts(coder) if coder is not None else [""] * len(names)
    everything = np.arange(len(names))
    groups = group_rows(list(zip(names, coders, strict=True)), everything)
    shared = (*segments.notes, *codes.notes, *table.notes)
    several = len(set(coders)) > 1
    recordings = []
    for key, rows in groups.items():
        name, who = key if isinstance(key, tuple) else ("", "")
        good = rows[~np.isnan(segments.starts[rows])]
        if not name or not good.size:
            continue
        recordings.append(
            Recording(
                id=f"{name}_{who}" if several and who else str(name),
                format="segments",
                path=path,
                tracks=_tracks(segments, codes, good),
                span=(float(segments.starts[good].min()), float(segments.ends[good].max())),
                meta={"sha256": table.sha256, "coder": str(who)},
                notes=(rows_read_note(good.size, rows.size), *_gaps(segments, good), *shared),
            )
        )
    if not recordings:
        told = " ".join(str(note) for note in shared)
        raise ReadError(f"has no row that could be read. {told}".strip(), path=path)
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


def _tracks(segments: Segments, codes: Codes, good: np.ndarray) -> tuple[Track, ...]:
    """The track of segments, and three tracks for every person who was coded in these rows."""
    tick_s = segments.length_s(good)
    keep = set(good.tolist())
    order: dict[tuple[float, float], str] = {}
    for row in sorted(keep, key=lambda r: (segments.starts[r], segments.ends[r], r)):
        order.setdefault((segments.starts[row], segments.ends[row]), segments.names[row])
    tracks = [
        Track(
            "segment",
            "intervals",
            np.array([start for start, _ in order]),
            np.array([end for _, end in order]),
            tuple(order.values()),
            tick_s=tick_s,
        )
    ]
    people = dict.fromkeys(person for row, person in codes.rated if row in keep)
    for person in people:
        for name, marks in (
            ("rupture", codes.ruptures),
            ("resolution", codes.resolutions),
            ("salience", codes.saliences),
        ):
            own = [m for m in marks if m.row in keep and m.person == person]
            own.sort(key=lambda m: (segments.starts[m.row], segments.ends[m.row], m.row))
            meta: dict[str, object] = {}
            if name == "rupture":
                meta["salience"] = tuple(mark.salience for mark in own)
            tracks.append(
                Track(
                    name,
                    "intervals",
                    np.array([segments.starts[mark.row] for mark in own]),
                    np.array([segments.ends[mark.row] for mark in own]),
                    tuple(mark.label for mark in own),
                    person=person,
                    tick_s=tick_s,
                    meta=meta,
                )
            )
    return tuple(tracks)


def _gaps(segments: Segments, good: np.ndarray) -> tuple[Note, ...]:
    """Time between the first and the last segment that no segment covers."""
    order = np.argsort(segments.starts[good], kind="stable")
    starts, ends = segments.starts[good][order], segments.ends[good][order]
    reached = np.maximum.accumulate(ends)
    gaps = starts[1:] - reached[:-1]
    holes = gaps > 1e-6
    if not holes.any():
        return ()
    return (
        Note(
            "segments_missing",
            f"{gaps[holes].sum():g} s in {int(holes.sum())} place(s) between the first and the "
            "last segment have no row: they were not coded.",
            count=int(holes.sum()),
            level="warning",
        ),
    )


def _sniff(path: Path, head: bytes) -> bool:
    text = peek_text(head)
    mark = guess_delimiter(text) if text else None
    if text is None or mark is None:
        return False
    try:
        stream = io.StringIO(text.lstrip("\ufeff \r\n"), newline="")
        header = next(csv.reader(stream, delimiter=mark, skipinitialspace=True), [])
    except csv.Error:
        return False
    plain = {split_unit(name)[0] for name in header}
    numbered = bool(plain & set(SEGMENT))
    placed = numbered or bool(plain & set(START))
    if len(find_wide(header)) >= 2:
        return placed
    salient = bool(plain & set(SALIENCE[:2]))
    marked = bool(plain & set(MARKER[:3])) or bool(plain & set(RESOLUTION[:3]))
    return placed and bool(plain & set(SIDE)) and (salient or (marked and numbered))


register_reader(
    Format(
        name="segments",
        title="Segment codes of ruptures (3RS and similar; csv)",
        suffixes=(".csv", ".tsv", ".xlsx"),
        sniff=_sniff,
        read=read_segment_codes,
    )
)
