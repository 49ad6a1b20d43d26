"""OpenPose: body landmarks, as a table of columns 0..74 or a folder with a JSON file per frame."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.cells import peek_text, plain_stem
from reattune.io.columns import Column, FloatArray, number_option
from reattune.io.frame_table import (
    choose_columns,
    clean_values,
    make_samples,
    odd_cells_note,
    open_frames,
)
from reattune.io.openpose_json import Frames, looks_like_frame, read_folder
from reattune.io.register import Format, register_reader
from reattune.io.table_groups import rows_read_note

_UPPER = ("Nose", "Neck", "RShoulder", "RElbow", "RWrist", "LShoulder", "LElbow", "LWrist")
_LEGS = ("RHip", "RKnee", "RAnkle", "LHip", "LKnee", "LAnkle", "REye", "LEye", "REar", "LEar")
_FEET = ("LBigToe", "LSmallToe", "LHeel", "RBigToe", "RSmallToe", "RHeel")
# Landmark names by how many there are: the models BODY_25 and COCO.
LANDMARKS = {25: (*_UPPER, "MidHip", *_LEGS, *_FEET), 18: (*_UPPER, *_LEGS)}
AXES = ("x", "y", "confidence")


def read_openpose(path: Path, options: Mapping[str, object]) -> tuple[Recording, ...]:
    """The one recording of OpenPose output: per person and landmark, tracks of x, y, confidence.

    Tracks are called ``Nose_x``, ``Nose_y``, ``Nose_confidence`` and so on. Where OpenPose wrote
    0, 0, 0 the landmark was not detected: x and y are nan there, and the confidence stays 0.

    Parameters
    ----------
    path : Path
        A table with the header 0, 1, ..., 74 (x, y, confidence of 25 landmarks), one row per
        frame; or the folder with one JSON file per frame.
    options : mapping
        ``fps``, frames per second, which no file states. ``tracks`` (names, ``*`` stands for
        anything; all by default). ``person`` (whose table it is).

    Raises
    ------
    ReadError
        Without ``fps``; for another header, damaged JSON, or a single frame instead of a folder.
    """
    path = Path(path)
    rate = number_option(path, options, "fps") or number_option(path, options, "rate_hz")
    if path.is_dir():
        return (_from_folder(path, options, rate),)
    if rate is None:
        raise _no_rate(path)
    return (_from_table(path, options, rate),)


def _no_rate(path: Path) -> ReadError:
    return ReadError(
        "does not say how many frames there are per second.",
        path=path,
        expected="the option fps (frames per second of the video)",
    )


# -- the table -----------------------------------------------------------------------------


def _from_table(path: Path, options: Mapping[str, object], rate: float) -> Recording:
    if _is_json(path):
        raise ReadError(
            "is a single frame of OpenPose.",
            path=path,
            expected="the folder with all frames, or a table with the header 0, 1, 2, ...",
        )
    frames = open_frames(path, options)
    table = frames.table
    names = [column.name for column in frames.columns]
    if names != [str(i) for i in range(len(names))] or len(names) // 3 not in LANDMARKS:
        raise table.read_error(
            "has not the columns of OpenPose landmarks.",
            "0, 1, ..., 74: x, y and confidence of 25 landmarks (or 0 to 53 for 18)",
        )
    odd: dict[str, int] = {}
    columns: list[FloatArray] = []
    for column in frames.columns:
        values, odd[column.name] = clean_values(frames, column)
        columns.append(values)
    body = np.stack(columns, axis=1).reshape(frames.size, -1, 3)
    tracks, notes = _tracks({str(options.get("person") or ""): body}, rate, 0.0, path, options)
    return Recording(
        id=plain_stem(path),
        format="openpose",
        path=path,
        tracks=tracks,
        span=(0.0, frames.size / rate),
        meta={"sha256": table.sha256},
        notes=(
            rows_read_note(frames.size, frames.size),
            *notes,
            *odd_cells_note(odd),
            *table.notes,
        ),
    )


def _is_json(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(64).lstrip()[:1] == b"{"
    except OSError:
        return False


# -- the folder ----------------------------------------------------------------------------


def _from_folder(path: Path, options: Mapping[str, object], rate: float | None) -> Recording:
    frames: Frames = read_folder(path, tuple(LANDMARKS))
    if rate is None:
        raise _no_rate(path)
    start_s = frames.first / rate
    tracks, notes = _tracks(frames.people, rate, start_s, path, options)
    return Recording(
        id=path.resolve().name,
        format="openpose",
        path=path,
        tracks=tracks,
        span=(start_s, start_s + frames.size / rate),
        meta={"sha256": frames.sha256},
        notes=(*frames.notes, *notes),
    )


# -- both ----------------------------------------------------------------------------------


def _tracks(
    people: Mapping[str, FloatArray],
    rate: float,
    start_s: float,
    path: Path,
    options: Mapping[str, object],
) -> tuple[tuple[Track, ...], tuple[Note, ...]]:
    """Tracks of bodies of shape (frames, landmarks, 3), and what was not detected."""
    tracks: list[Track] = []
    notes: list[Note] = []
    for person, body in people.items():
        body = body.copy()
        with np.errstate(invalid="ignore"):
            lost = ~(body[:, :, 2] > 0) & ~((body[:, :, :2] != 0) & ~np.isnan(body[:, :, :2])).any(
                axis=2
            )
        body[:, :, 0][lost] = np.nan
        body[:, :, 1][lost] = np.nan
        nobody = int(lost.all(axis=1).sum())
        who = f" of {person!r}" if person else ""
        if lost.any():
            notes.append(
                Note(
                    "landmarks_not_detected",
                    f"{int(lost.sum())} of {lost.size} landmark positions{who} were not detected "
                    f"and are unobserved; {nobody} of {len(body)} frames have none at all.",
                    count=int(lost.sum()),
                    level="warning" if nobody == len(body) else "info",
                )
            )
        for at, column in _chosen(path, options, LANDMARKS[body.shape[1]]):
            landmark, axis = divmod(at, 3)
            tracks.append(
                make_samples(
                    column,
                    body[:, landmark, axis].copy(),
                    rate,
                    person=person,
                    start_s=start_s,
                    meta={"landmark": landmark},
                )
            )
    return tuple(tracks), tuple(notes)


def _chosen(
    path: Path, options: Mapping[str, object], landmarks: tuple[str, ...]
) -> list[tuple[int, str]]:
    from reattune.io.cells import Cells
    from reattune.io.columns import Table

    names = [f"{landmark}_{axis}" for landmark in landmarks for axis in AXES]
    columns = tuple(Column(i, name) for i, name in enumerate(names))
    table = Table(path, Cells(tuple(names), [], 2, ",", ""), columns, options, "", ())
    return [(column.index, column.name) for column in choose_columns(table, columns)]


def _sniff(path: Path, head: bytes) -> bool:
    if not head:
        return looks_like_frame(path)
    text = peek_text(head)
    if text is None:
        return False
    plain = text.lstrip()
    if plain.startswith("{"):
        return '"people"' in plain and ("keypoints_2d" in plain or '"people":[]' in plain)
    cells = [cell.strip().strip('"') for cell in plain.partition("\n")[0].split(",")]
    names = cells[1:] if cells and not cells[0] else cells
    return len(names) // 3 in LANDMARKS and names == [str(i) for i in range(len(names))]


register_reader(
    Format(
        name="openpose",
        title="OpenPose landmarks (csv, or a folder of JSON files)",
        suffixes=(".csv", ".json"),
        sniff=_sniff,
        read=read_openpose,
    )
)
