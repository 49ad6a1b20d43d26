"""MediaPipe landmarks in a table: one row per frame (x0, y0, z0, ...) or per frame and landmark."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.cells import guess_delimiter, peek_text, plain_stem
from reattune.io.columns import Column, FloatArray, split_unit
from reattune.io.frame_grid import MAX_SAMPLES, FrameGrid, lay_frames, person_tracks
from reattune.io.frame_table import (
    FrameTable,
    choose_columns,
    clean_values,
    make_samples,
    odd_cells_note,
    open_frames,
)
from reattune.io.register import Format, register_reader
from reattune.io.table_groups import group_rows, rows_read_note

_WIDE = re.compile(r"(?:[xyz]|v|vis|visibility|presence)_?\d{1,4}", re.IGNORECASE | re.ASCII)
_POSITION = re.compile(r"[xyz]_?\d{1,4}", re.IGNORECASE | re.ASCII)
_LANDMARK = ("landmark", "landmark_id", "landmark_index", "landmark_name", "keypoint")
_PERSON = ("person", "pose", "hand", "face", "person_id", "pose_id", "hand_id", "face_id")
_MAX_LANDMARKS = 2000


def read_landmarks(path: Path, options: Mapping[str, object]) -> tuple[Recording, ...]:
    """The one recording of a landmark table: a track per coordinate of a landmark and person.

    In the wide shape tracks are called as the columns are (``x0``, ``y0``, ...), in the long shape
    ``<landmark>_x``, ``<landmark>_y``, ... Frames in which every coordinate is 0 or empty hold
    nobody and are unobserved.

    Parameters
    ----------
    path : Path
    options : mapping
        ``fps`` where the table counts frames instead of giving times. ``time`` (column),
        ``tracks`` (names, ``*`` stands for anything; all by default), ``person`` (name of the one
        person).

    Raises
    ------
    ReadError
        When it has neither shape, or frames do not lie on a grid.
    """
    path = Path(path)
    frames = open_frames(path, {key: v for key, v in options.items() if key != "person"})
    table = frames.table
    landmark = frames.first(*_LANDMARK)
    person = frames.first(*_PERSON)
    frame, time = table.find("counter"), table.find("time")
    single = str(options.get("person") or "")
    everything = np.arange(frames.size)
    if landmark is not None and frames.first("x") is not None:
        tracks, notes, grid = _long(frames, frame, time, landmark, person, single)
    else:
        wide = [column for column in frames.columns if _WIDE.fullmatch(column.name)]
        if not wide:
            raise table.read_error(
                "has no landmarks.",
                "columns x0, y0, z0, x1, ..., or frame, landmark, x, y, z",
            )
        grid = lay_frames(frames, frame, time, everything)
        people = [""] * frames.size if person is None else frames.texts(person)
        seen, notes = _seen(frames, wide)
        chosen = choose_columns(table, wide)
        tracks, odd = person_tracks(frames, grid, people, chosen, seen, single=single)
        notes = (*notes, *odd)
    return (
        Recording(
            id=plain_stem(path),
            format="landmarks",
            path=path,
            tracks=tracks,
            span=(grid.start_s, grid.start_s + grid.size / grid.rate_hz),
            meta={"sha256": table.sha256},
            notes=(
                rows_read_note(grid.rows.size, frames.size),
                *notes,
                *grid.notes,
                *table.notes,
            ),
        ),
    )


def _seen(frames: FrameTable, wide: list[Column]) -> tuple[np.ndarray, tuple[Note, ...]]:
    """Rows in which some coordinate is neither 0 nor empty."""
    seen = np.zeros(frames.size, dtype=np.bool_)
    for column in wide:
        if _POSITION.fullmatch(column.name):
            values, _ = clean_values(frames, column)
            seen |= np.isfinite(values) & (values != 0)
    return seen, _unseen_note(int((~seen).sum()), frames.size, "row(s)")


def _unseen_note(lost: int, total: int, what: str) -> tuple[Note, ...]:
    if not lost:
        return ()
    return (
        Note(
            "landmarks_not_detected",
            f"{lost} of {total} {what} hold only zeros or nothing; they are unobserved.",
            count=lost,
            level="warning" if lost == total else "info",
        ),
    )


def _long(
    frames: FrameTable,
    frame: Column | None,
    time: Column | None,
    landmark: Column,
    person: Column | None,
    single: str,
) -> tuple[tuple[Track, ...], tuple[Note, ...], FrameGrid]:
    table = frames.table
    grid = lay_frames(frames, frame, time, np.arange(frames.size))
    used = {column for column in (frame, time, landmark, person) if column is not None}
    axes = [column for column in frames.columns if column not in used]
    values: dict[Column, FloatArray] = {}
    odd: dict[str, int] = {}
    for column in axes:
        values[column], odd[column.name] = clean_values(frames, column)
    seen = np.zeros(frames.size, dtype=np.bool_)
    for column in axes:
        if column.name.casefold() in ("x", "y", "z"):
            seen |= np.isfinite(values[column]) & (values[column] != 0)
    # A column of words (a landmark's name beside its number) is no coordinate.
    axes = [column for column in axes if odd[column.name] < frames.size]
    odd = {column.name: odd[column.name] for column in axes}

    marks = frames.texts(landmark)
    people = [""] * frames.size if person is None else frames.texts(person)
    at = np.arange(grid.rows.size)
    keys = [(people[row], marks[row]) for row in grid.rows.tolist()]
    groups = group_rows(keys, at)
    names = {str(key[0]) for key in keys}
    if len(groups) > _MAX_LANDMARKS or grid.size * len(groups) * len(axes) > MAX_SAMPLES:
        raise ReadError(
            f"holds {len(groups)} landmarks in {grid.size} frames.",
            path=table.path,
            expected=f"at most {_MAX_LANDMARKS} landmarks and {MAX_SAMPLES} samples",
        )
    chosen = _chosen(frames, axes, [str(key[1]) for key in dict.fromkeys(keys)])
    tracks = []
    for key, members in groups.items():
        who, mark = key if isinstance(key, tuple) else ("", "")
        places, rows = grid.places[members], grid.rows[members]
        if np.unique(places).size < places.size:
            order = np.argsort(places, kind="stable")
            twice = int(rows[order][1:][np.diff(places[order]) == 0][0])
            raise ReadError(
                f"holds landmark {mark!r} twice in one frame.",
                path=table.path,
                where=f"line {table.cells.line(twice)}",
                expected="a column person where there are several",
            )
        for column in axes:
            name = f"{mark}_{column.name}"
            if name not in chosen:
                continue
            out = np.full(grid.size, np.nan)
            out[places] = np.where(seen[rows], values[column][rows], np.nan)
            tracks.append(
                make_samples(
                    name,
                    out,
                    grid.rate_hz,
                    person=str(who) if len(names) > 1 else single or str(who),
                    start_s=grid.start_s,
                    meta={"landmark": mark},
                )
            )
    notes = (*_unseen_note(int((~seen).sum()), frames.size, "row(s)"), *odd_cells_note(odd))
    return tuple(tracks), notes, grid


def _chosen(frames: FrameTable, axes: list[Column], marks: list[str]) -> set[str]:
    names = [f"{mark}_{column.name}" for mark in dict.fromkeys(marks) for column in axes]
    columns = [Column(i, name) for i, name in enumerate(names)]
    return {column.name for column in choose_columns(frames.table, columns)}


def _sniff(path: Path, head: bytes) -> bool:
    """Names of landmarks beside nothing but frames, times and persons."""
    text = peek_text(head)
    if text is None:
        return False
    mark = guess_delimiter(text)
    if mark is None:
        return False
    first = text.lstrip("\ufeff \r\n").partition("\n")[0]
    names = [cell.strip().strip('"').casefold() for cell in first.split(mark)]
    plain = {split_unit(name)[0] for name in names}
    timed = bool(plain & {"frame", "time", "timestamp", "time_stamp", "frame_number"})
    if set(names) & set(_LANDMARK):
        return timed and {"x", "y"} <= set(names)
    # A header longer than what is seen is cut in the middle of a name.
    if "\n" not in text:
        names = names[:-1]
    marks = [name for name in names if _WIDE.fullmatch(name)]
    rest = len(names) - len(marks) - sum(name == "" or name in _PERSON for name in names)
    both = {"x0", "y0"} <= set(names) or {"x_0", "y_0"} <= set(names)
    return both and timed and rest <= 2


register_reader(
    Format(
        name="landmarks",
        title="MediaPipe landmarks (csv)",
        suffixes=(".csv", ".tsv"),
        sniff=_sniff,
        read=read_landmarks,
    )
)
