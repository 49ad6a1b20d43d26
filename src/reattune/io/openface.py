"""OpenFace: faces in a video, one row per frame and face."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.io.cells import peek_text, plain_stem
from reattune.io.columns import Column
from reattune.io.frame_grid import lay_frames, person_tracks
from reattune.io.frame_table import FrameTable, choose_columns, open_frames
from reattune.io.register import Format, register_reader
from reattune.io.table_groups import rows_read_note

_NEEDED = {"frame", "timestamp", "confidence", "success"}
_ALWAYS = ("confidence", "success")
# OpenFace 2 writes these action units, each as AUxx_r (intensity) or AUxx_c (presence).
_ACTION_UNIT = re.compile(r"au_?0*(\d+)(_[rc])?", re.IGNORECASE | re.ASCII)
_KNOWN_UNITS = frozenset({1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 28, 45})


def read_openface(path: Path, options: Mapping[str, object]) -> tuple[Recording, ...]:
    """The one recording of an OpenFace table: a track of samples per column and face.

    Frames without success are unobserved (nan) in every column but ``confidence`` and
    ``success``. A file with several faces gives one person per ``face_id``.

    Parameters
    ----------
    path : Path
    options : mapping
        ``tracks`` (names, ``*`` stands for anything; all by default), ``fps`` (where times are
        missing or wrong), ``min_confidence`` (0 to 1; rows below are unobserved), ``person``
        (name of the one face).

    Raises
    ------
    ReadError
        When columns are missing, frames do not lie on a grid, or a face is twice in a frame.
    """
    path = Path(path)
    frames = open_frames(path, options)
    table = frames.table
    found = {name: frames.first(name) for name in (*_NEEDED, "face_id")}
    missing = sorted(name for name in _NEEDED if found[name] is None)
    if missing:
        raise table.read_error(
            f"lacks the column(s) {', '.join(missing)}.",
            "frame, timestamp, confidence, success, as OpenFace writes them",
        )
    grid = lay_frames(frames, found["frame"], found["timestamp"], np.arange(frames.size), 1)
    faces = _faces(frames, found["face_id"])
    seen, seen_notes = _seen(frames, found)
    skip = {c for key in ("frame", "timestamp", "face_id") if (c := found[key]) is not None}
    streams = choose_columns(table, [c for c in frames.columns if c not in skip])
    tracks, odd_notes = person_tracks(
        frames,
        grid,
        faces,
        streams,
        seen,
        always=_ALWAYS,
        single=str(options.get("person") or ""),
    )
    return (
        Recording(
            id=plain_stem(path),
            format="openface",
            path=path,
            tracks=tracks,
            span=(grid.start_s, grid.start_s + grid.size / grid.rate_hz),
            meta={"sha256": table.sha256},
            notes=(
                rows_read_note(grid.rows.size, frames.size),
                *seen_notes,
                *_face_notes(list(dict.fromkeys(faces[row] for row in grid.rows.tolist()))),
                *_unit_notes(streams),
                *grid.notes,
                *odd_notes,
                *table.notes,
            ),
        ),
    )


def _faces(frames: FrameTable, column: Column | None) -> list[str]:
    if column is None:
        return [""] * frames.size
    return frames.texts(column)


def _seen(
    frames: FrameTable, found: Mapping[str, Column | None]
) -> tuple[np.ndarray, tuple[Note, ...]]:
    """Which rows hold a face that was tracked, and how many do not."""
    success, confidence = found["success"], found["confidence"]
    ok = np.ones(frames.size, dtype=np.bool_)
    notes = []
    with np.errstate(invalid="ignore"):
        if success is not None:
            ok = frames.numbers(success)[0] > 0
        lost = int((~ok).sum())
        if lost:
            notes.append(
                Note(
                    "face_not_tracked",
                    f"In {lost} of {frames.size} row(s) the face was not tracked (success 0); "
                    "they are unobserved.",
                    count=lost,
                )
            )
        limit = frames.table.rate("min_confidence")
        if limit is not None and confidence is not None:
            unsure = ok & ~(frames.numbers(confidence)[0] >= limit)
            ok &= ~unsure
            notes.append(
                Note(
                    "confidence_low",
                    f"{int(unsure.sum())} row(s) with a confidence below {limit:g} are unobserved.",
                    count=int(unsure.sum()),
                )
            )
    if not ok.any():
        notes.append(
            Note("no_face", "No row holds a tracked face.", count=frames.size, level="warning")
        )
    return ok, tuple(notes)


def _face_notes(names: list[str]) -> tuple[Note, ...]:
    if len(names) < 2:
        return ()
    return (
        Note(
            "several_faces",
            f"The file holds {len(names)} faces ({', '.join(names[:8])}), read as one person each. "
            "A face that was lost and found again can come back under another number: check who "
            "is who.",
            where="column 'face_id'",
            count=len(names),
            level="warning",
        ),
    )


def _unit_notes(streams: tuple[Column, ...]) -> tuple[Note, ...]:
    """A warning where action units are not labelled as OpenFace 2 labels them."""
    units = [(c.name, m) for c in streams if (m := _ACTION_UNIT.fullmatch(c.name.strip()))]
    odd = [n for n, m in units if m[2] is None or int(m[1]) not in _KNOWN_UNITS]
    if not odd:
        return ()
    return (
        Note(
            "action_units_doubtful",
            f"{len(odd)} action unit column(s) are not named as OpenFace 2 names them "
            f"({', '.join(odd[:8])}). OpenFace 3 gives eight unlabelled outputs, and tables of it "
            "number them by position: do not take the names for facial action units unchecked.",
            count=len(odd),
            level="warning",
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
        name="openface",
        title="OpenFace table of faces (csv)",
        suffixes=(".csv",),
        sniff=_sniff,
        read=read_openface,
    )
)
