"""Empatica E4: one file per sensor; the first line is the start, the second the rate."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from reattune.core.checks import check_option
from reattune.core.errors import ReadError, SettingError
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.cells import peek_text, plain_stem
from reattune.io.columns import FloatArray, parse_numbers
from reattune.io.frame_table import make_samples
from reattune.io.register import Format, register_reader
from reattune.io.safe import decode, read_bytes, sha256

# Seconds since 1970: between 2001 and 2096.
_EPOCH = (1.0e9, 4.0e9)
_MAX_RATE_HZ = 4096.0
MAX_CELLS = 25_000_000
_UNITS = {"ACC": "1/64 g", "BVP": "", "EDA": "µS", "HR": "1/min", "TEMP": "°C"}


def read_empatica(path: Path, options: Mapping[str, object]) -> tuple[Recording, ...]:
    """The one recording of an E4 file (ACC, BVP, EDA, HR, TEMP, IBI or tags).

    Sensors give tracks of samples. ``IBI.csv`` gives a track of points, one per beat, labelled with
    the interval in seconds as written (numbers in ``meta["values"]``); ``tags.csv`` one of points.

    Parameters
    ----------
    path : Path
    options : mapping
        ``clock``: ``"epoch"`` (default) keeps seconds since 1970, so that files of two people
        and of several sensors lie together although they begin at different moments; ``"start"``
        begins at 0. ``person``.

    Raises
    ------
    ReadError
        When the first two lines are no start and rate, or a cell is no number.
    """
    path = Path(path)
    data = read_bytes(path)
    text, _ = decode(data, path)
    lines = text.splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    rows = [[cell.strip() for cell in line.split(",")] for line in lines]
    if not rows or sum(map(len, rows)) > MAX_CELLS:
        raise ReadError("holds no lines, or too many.", path=path)
    try:
        clock = check_option("clock", str(options.get("clock") or "epoch"), ("epoch", "start"))
    except SettingError as error:
        raise ReadError(str(error), path=path) from error
    person = str(options.get("person") or "")
    kind = _kind(path)
    if kind == "TAGS":
        start, track, notes = _tags(path, rows, person)
        tracks: tuple[Track, ...] = (track,)
    else:
        start = _start(path, rows[0])
        if len(rows[0]) == 2 and rows[0][1].upper() == "IBI":
            tracks, notes = _beats(path, rows, start, person)
        else:
            tracks, notes = _sensor(path, rows, start, kind, person)
    if clock == "start":
        tracks = tuple(_shift(track, -start) for track in tracks)
    began = datetime.datetime.fromtimestamp(start, datetime.UTC).isoformat()
    clock_note = Note(
        "clock_of_device",
        "Times are seconds since 1970 (UTC)."
        if clock == "epoch"
        else f"Second 0 is {began}: files of one session begin at different moments.",
    )
    size = len(tracks[0])
    return (
        Recording(
            id=plain_stem(path),
            format="empatica",
            path=path,
            tracks=tracks,
            meta={"sha256": sha256(data), "start_epoch_s": start, "start_utc": began},
            notes=(Note("rows_read", f"{size} row(s) were read.", count=size), *notes, clock_note),
        ),
    )


def _kind(path: Path) -> str:
    """The sensor the file is named after, or its plain name."""
    words = re.split(r"[^A-Z0-9]+", plain_stem(path).upper())
    known = (*_UNITS, "IBI", "TAGS")
    return next((word for word in words if word in known), plain_stem(path))


def _start(path: Path, row: list[str]) -> float:
    cells = row[:1] if len(row) == 2 and row[1].upper() == "IBI" else row
    values, odd = parse_numbers(cells)
    if odd.any() or not ((values >= _EPOCH[0]) & (values <= _EPOCH[1])).all():
        raise ReadError(
            "does not begin with its start.",
            path=path,
            where="line 1",
            found=", ".join(cells)[:80],
            expected="seconds since 1970",
        )
    if (values != values[0]).any():
        raise ReadError(
            "has columns that begin at different moments.",
            path=path,
            where="line 1",
            found=", ".join(cells)[:80],
        )
    return float(values[0])


def _matrix(path: Path, rows: list[list[str]], first_line: int, width: int) -> FloatArray:
    for at, row in enumerate(rows):
        if len(row) != width:
            raise ReadError(
                "has rows of unequal length.",
                path=path,
                where=f"line {first_line + at}",
                found=f"{len(row)} cells",
                expected=str(width),
            )
    values, odd = parse_numbers([cell for row in rows for cell in row])
    if odd.any():
        at = int(np.argmax(odd))
        raise ReadError(
            "holds a cell that is no number.",
            path=path,
            where=f"line {first_line + at // width}",
            found=repr(rows[at // width][at % width][:40]),
        )
    return values.reshape(-1, width)


def _sensor(
    path: Path, rows: list[list[str]], start: float, kind: str, person: str
) -> tuple[tuple[Track, ...], list[Note]]:
    width = len(rows[0])
    if len(rows) < 3:
        raise ReadError("has no samples below its start and rate.", path=path)
    rates = _matrix(path, rows[1:2], 2, width)[0]
    rate = float(rates[0])
    if not 0 < rate <= _MAX_RATE_HZ or (rates != rate).any():
        raise ReadError(
            "states no single rate.",
            path=path,
            where="line 2",
            found=", ".join(rows[1])[:80],
            expected="samples per second, above 0, equal in every column",
        )
    values = _matrix(path, rows[2:], 3, width)
    values[np.isinf(values)] = np.nan
    missing = int(np.isnan(values).sum())
    notes = []
    if missing:
        notes.append(Note("values_missing", f"{missing} value(s) are missing.", count=missing))
    names = [kind] if width == 1 else [f"{kind}_{axis}" for axis in _axes(width)]
    unit = _UNITS.get(kind, "")
    return (
        tuple(
            make_samples(
                name,
                values[:, i].copy(),
                rate,
                person=person,
                start_s=start,
                meta={"unit": unit} if unit else {},
            )
            for i, name in enumerate(names)
        ),
        notes,
    )


def _axes(width: int) -> list[str]:
    return ["x", "y", "z"] if width == 3 else [str(i + 1) for i in range(width)]


def _beats(
    path: Path, rows: list[list[str]], start: float, person: str
) -> tuple[tuple[Track, ...], list[Note]]:
    values = _matrix(path, rows[1:], 2, 2) if len(rows) > 1 else np.zeros((0, 2))
    good = np.isfinite(values).all(axis=1) & (values[:, 0] >= 0) & (values[:, 1] > 0)
    labels = [row[1] for row, ok in zip(rows[1:], good.tolist(), strict=True) if ok]
    values = values[good]
    notes = []
    if not good.all():
        at = int(np.argmax(~good)) + 2
        count = int((~good).sum())
        told = f"{count} row(s) are no beat and were skipped (first at line {at})."
        notes.append(Note("rows_without_beat", told, "", count, "warning"))
    steps = np.diff(values[:, 0])
    if steps.size and steps.min() < 0:
        at = int(np.argmax(steps < 0))
        raise ReadError(
            "has beats whose time runs backwards.",
            path=path,
            found=f"{values[at + 1, 0]:g} s after {values[at, 0]:g} s",
        )
    # The sensor leaves out beats it is not sure of: a longer step is a hole, not a long interval.
    holes = int((steps > values[1:, 1] * 1.05 + 1 / 64).sum()) if steps.size else 0
    if holes:
        told = f"In {holes} place(s) beats were left out by the device; nothing was filled in."
        notes.append(Note("beats_left_out", told, count=holes))
    moments = start + values[:, 0]
    meta = {"values": tuple(values[:, 1].tolist()), "unit": "s"}
    track = Track("IBI", "points", moments, moments, tuple(labels), person=person, meta=meta)
    return (track,), notes


def _tags(path: Path, rows: list[list[str]], person: str) -> tuple[float, Track, list[Note]]:
    values = _matrix(path, rows, 1, 1)[:, 0]
    if not ((values >= _EPOCH[0]) & (values <= _EPOCH[1])).all():
        raise ReadError("holds a tag that is no moment.", path=path, expected="seconds since 1970")
    values = np.sort(values)
    labels = ("tag",) * values.size
    return float(values[0]), Track("tags", "points", values, values, labels, person=person), []


def _shift(track: Track, by: float) -> Track:
    """The same track on a clock that begins elsewhere."""
    return Track(
        track.name,
        track.kind,
        track.starts + by,
        track.ends + by,
        track.labels,
        track.person,
        track.values,
        track.start_s + by if track.kind == "samples" else track.start_s,
        track.rate_hz,
        track.tick_s,
        track.meta,
    )


def _sniff(path: Path, head: bytes) -> bool:
    text = peek_text(head)
    if text is None:
        return False
    lines = text.splitlines()[:3]
    rows = [[cell.strip() for cell in line.split(",")] for line in lines]
    if not rows or not all(rows):
        return False
    try:
        _start(path, rows[0])
    except ReadError:
        return False
    if rows[0][-1].upper() == "IBI":
        return True
    if _kind(path) == "TAGS":
        return len(rows[0]) == 1
    if len(rows) < 3 or len(rows[0]) not in (1, 3) or {len(row) for row in rows} != {len(rows[0])}:
        return False
    rates, odd = parse_numbers(rows[1])
    same = bool((rates == rates[0]).all())
    return same and not odd.any() and bool(0 < rates[0] <= _MAX_RATE_HZ)


register_reader(
    Format(
        name="empatica",
        title="Empatica E4 sensor file (csv)",
        suffixes=(".csv",),
        sniff=_sniff,
        read=read_empatica,
    )
)
