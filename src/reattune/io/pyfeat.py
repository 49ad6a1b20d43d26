"""py-feat: faces in a video, as its "Fex" tables are saved."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.io.cells import peek_text, plain_stem
from reattune.io.columns import BoolArray, Column
from reattune.io.frame_grid import FrameGrid, lay_frames, person_tracks
from reattune.io.frame_table import FrameTable, choose_columns, open_frames
from reattune.io.register import Format, register_reader
from reattune.io.table_groups import IntArray, group_rows, rows_read_note

_NEEDED = {"facerectx", "facescore"}
_NOT_SIGNALS = frozenset({"frame", "input", "identity", "approx_time", "face_id"})
# A vector of hundreds of numbers per face that only serves to tell faces apart.
_EMBEDDING = re.compile(r"identity_\d+", re.IGNORECASE)
_RECT = ("facerectx", "facerecty", "facerectwidth", "facerectheight", "facescore")
_MAX_VIDEOS = 1000


def read_pyfeat(path: Path, options: Mapping[str, object]) -> tuple[Recording, ...]:
    """One recording per video in a py-feat table: a track of samples per column and face.

    Frames without a face are unobserved. Faces are told apart by the column ``Identity``; without
    it by their order within a frame, with a warning, because that order is no identity.

    Parameters
    ----------
    path : Path
    options : mapping
        ``fps``, frames per second of the video: the table counts frames, and its ``approx_time``
        is too coarse. ``tracks`` (names, ``*`` stands for anything; all by default), ``person``
        (name of the one face).

    Raises
    ------
    ReadError
        Without ``fps``, or when frames do not lie on a grid.
    """
    path = Path(path)
    frames = open_frames(path, options)
    table = frames.table
    if frames.first("facescore") is None:
        raise table.read_error("has no column FaceScore.", "a table saved by py-feat")
    frame = frames.first("frame")
    if frame is None:
        raise table.read_error("has no column frame.", "a table of a video, saved by py-feat")
    streams = choose_columns(
        table,
        [
            column
            for column in frames.columns
            if column.name.casefold() not in _NOT_SIGNALS and not _EMBEDDING.fullmatch(column.name)
        ],
    )
    seen = _seen(frames)
    videos = _videos(frames)
    single = str(options.get("person") or "")
    recordings = []
    for name, rows in videos.items():
        grid = lay_frames(frames, frame, None, rows)
        people, notes = _people(frames, grid, seen)
        # A frame without a face belongs to nobody, but it was looked at.
        found = _only(grid, seen)
        tracks, odd_notes = person_tracks(
            frames, found, people, streams, seen, always=(), single=single
        )
        recordings.append(
            Recording(
                id=name,
                format="pyfeat",
                path=path,
                tracks=tracks,
                span=(grid.start_s, grid.start_s + grid.size / grid.rate_hz),
                meta={"sha256": table.sha256},
                notes=(
                    rows_read_note(grid.rows.size, rows.size),
                    *_empty_note(grid, seen),
                    *notes,
                    *grid.notes,
                    *odd_notes,
                    *table.notes,
                ),
            )
        )
    return tuple(recordings)


def _seen(frames: FrameTable) -> BoolArray:
    """Rows with a face: the score and the rectangle are numbers."""
    seen = np.ones(frames.size, dtype=np.bool_)
    for name in _RECT:
        column = frames.first(name)
        if column is not None:
            seen &= np.isfinite(frames.numbers(column)[0])
    return seen


def _videos(frames: FrameTable) -> dict[str, IntArray]:
    """Rows of each video, by the column ``input``; its folders are left out of the name."""
    column = frames.first("input")
    everything = np.arange(frames.size)
    stem = plain_stem(frames.table.path)
    if column is None:
        return {stem: everything}
    groups = group_rows(frames.texts(column), everything)
    if len(groups) == 1:
        return {stem: everything}
    if len(groups) == frames.size or len(groups) > _MAX_VIDEOS:
        raise ReadError(
            f"holds {len(groups)} different inputs in {frames.size} rows.",
            path=frames.table.path,
            where="column 'input'",
            expected="the frames of one video, or of a few; pictures have no time",
        )
    names: dict[str, IntArray] = {}
    for key, rows in groups.items():
        plain = PurePosixPath(str(key).replace("\\", "/")).stem or stem
        name, number = plain, 2
        while name in names:
            name, number = f"{plain}_{number}", number + 1
        names[name] = rows
    return names


def _people(
    frames: FrameTable, grid: FrameGrid, seen: BoolArray
) -> tuple[Sequence[str], tuple[Note, ...]]:
    column: Column | None = frames.first("identity", "face_id")
    if column is not None:
        return frames.texts(column), ()
    people = [""] * frames.size
    counts: dict[int, int] = {}
    for row, place in zip(grid.rows.tolist(), grid.places.tolist(), strict=True):
        if seen[row]:
            people[row] = str(counts.get(place, 0))
            counts[place] = counts.get(place, 0) + 1
    shared = sum(count > 1 for count in counts.values())
    if not shared:
        return people, ()
    return people, (
        Note(
            "faces_without_identity",
            f"{shared} frame(s) hold several faces and no column Identity tells them apart; they "
            "are numbered by their order in the frame, which can change from frame to frame.",
            count=shared,
            level="warning",
        ),
    )


def _only(grid: FrameGrid, seen: BoolArray) -> FrameGrid:
    keep = seen[grid.rows]
    if not keep.any():
        return grid
    return FrameGrid(
        grid.start_s, grid.rate_hz, grid.size, grid.rows[keep], grid.places[keep], grid.notes
    )


def _empty_note(grid: FrameGrid, seen: BoolArray) -> tuple[Note, ...]:
    empty = int((~seen[grid.rows]).sum())
    if not empty:
        return ()
    return (
        Note(
            "face_not_found",
            f"{empty} of {grid.rows.size} row(s) hold no face; they are unobserved.",
            count=empty,
            level="info" if empty < grid.rows.size else "warning",
        ),
    )


def _sniff(path: Path, head: bytes) -> bool:
    text = peek_text(head)
    if text is None:
        return False
    first = text.lstrip().partition("\n")[0]
    return {cell.strip().strip('"').casefold() for cell in first.split(",")} >= _NEEDED


register_reader(
    Format(
        name="pyfeat",
        title="py-feat table of faces (csv)",
        suffixes=(".csv",),
        sniff=_sniff,
        read=read_pyfeat,
    )
)
