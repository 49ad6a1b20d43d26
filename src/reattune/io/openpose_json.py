"""A folder of OpenPose frames: one JSON file each, people without identity."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.io.columns import FloatArray
from reattune.io.safe import decode, read_bytes

MAX_FRAMES = 500_000
MAX_PEOPLE = 64
_MAX_BYTES = 8 * 1024 * 1024
_MAX_SAMPLES = 50_000_000
# video_000000000012_keypoints.json
_FRAME = re.compile(r"(?:.*?[^0-9])?(\d{1,12})(?:_keypoints)?\.json", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, eq=False)
class Frames:
    """All bodies of a folder.

    Attributes
    ----------
    first, size : int
        Number of the first frame, and how many there are to the last.
    people : dict of str to float array, shape (size, landmarks, 3)
        x, y, confidence; nan in frames where that person is not.
    sha256 : str
        Over names and bytes of all files, in order.
    notes : tuple of Note
    """

    first: int
    size: int
    people: dict[str, FloatArray]
    sha256: str
    notes: tuple[Note, ...]


def looks_like_frame(path: Path) -> bool:
    """Whether a folder holds at least one file named as OpenPose names its frames."""
    try:
        return path.is_dir() and next(iter(path.glob("*_keypoints.json")), None) is not None
    except OSError:
        return False


def read_folder(path: Path, allowed: tuple[int, ...]) -> Frames:
    """All frames of a folder, by the number in their names.

    Parameters
    ----------
    path : Path
    allowed : tuple of int
        Numbers of landmarks that are known.

    Raises
    ------
    ReadError
        When there is no frame, a file is damaged, or frames differ in their landmarks.
    """
    files = _files(path)
    digest = hashlib.sha256()
    bodies: dict[tuple[str, int], FloatArray] = {}
    landmarks = 0
    crowded = tracked = untracked = 0
    extra: set[str] = set()
    for number, file in files.items():
        data = read_bytes(file, _MAX_BYTES)
        digest.update(file.name.encode("utf-8", "surrogateescape") + b"\0" + data)
        people = _people(file, data)
        crowded += len(people) > 1
        for place, person in enumerate(people):
            body = _body(file, place, person, allowed)
            if body is None:
                continue
            if landmarks and len(body) != landmarks:
                raise ReadError(
                    "has another number of landmarks than the frames before it.",
                    path=file,
                    found=str(len(body)),
                    expected=str(landmarks),
                )
            landmarks = len(body)
            identity = _identity(person)
            tracked, untracked = tracked + (identity >= 0), untracked + (identity < 0)
            name = str(identity if identity >= 0 else place)
            if (name, number) in bodies:
                raise ReadError(f"holds person {name} twice.", path=file)
            bodies[name, number] = body
            extra |= {key for key in _OTHER if person.get(key)}
    names = sorted({name for name, _ in bodies}, key=int)
    first, size = min(files), max(files) - min(files) + 1
    if len(names) > MAX_PEOPLE or size * landmarks * 3 * len(names) > _MAX_SAMPLES:
        raise ReadError(
            "holds too much.",
            path=path,
            found=f"{len(names)} people in {size} frames",
            expected=f"at most {MAX_PEOPLE} people and {_MAX_SAMPLES} samples",
        )
    if not names:
        raise ReadError(
            f"holds no person in any of its {len(files)} frames.", path=path, expected="a body"
        )
    made = {name: np.full((size, landmarks, 3), np.nan) for name in names}
    for (name, number), body in bodies.items():
        made[name][number - first] = body
    notes = _notes(len(files), size, crowded, tracked, untracked, extra)
    return Frames(first, size, made, digest.hexdigest(), notes)


_OTHER = ("face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d")


def _files(path: Path) -> dict[int, Path]:
    """Files of frames by number, in order."""
    try:
        found = sorted(file for file in path.iterdir() if file.suffix.casefold() == ".json")
    except OSError as error:
        raise ReadError(f"cannot be opened ({error.strerror or error}).", path=path) from error
    files: dict[int, Path] = {}
    for file in found:
        match = _FRAME.fullmatch(file.name)
        if match is None:
            continue
        number = int(match[1])
        if number in files:
            raise ReadError(
                f"holds frame {number} twice.",
                path=path,
                found=f"{files[number].name} and {file.name}",
                expected="the frames of one video",
            )
        files[number] = file
    if not files:
        raise ReadError(
            "holds no frames.",
            path=path,
            expected="files such as video_000000000000_keypoints.json",
        )
    span = max(files) - min(files) + 1
    if len(files) > MAX_FRAMES or span > 20 * len(files) + 100:
        raise ReadError(
            "holds frames that are no sequence.",
            path=path,
            found=f"{len(files)} files, numbers {min(files)} to {max(files)}",
        )
    return dict(sorted(files.items()))


def _people(file: Path, data: bytes) -> list[dict[str, object]]:
    text, _ = decode(data, file)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReadError(f"is not sound JSON ({str(error)[:120]}).", path=file) from error
    people = content.get("people") if isinstance(content, dict) else None
    if not isinstance(people, list) or not all(isinstance(person, dict) for person in people):
        raise ReadError('has no list "people".', path=file, expected="a frame of OpenPose")
    if len(people) > MAX_PEOPLE:
        raise ReadError(
            "holds too many people.",
            path=file,
            found=str(len(people)),
            expected=f"at most {MAX_PEOPLE}",
        )
    return people


def _body(
    file: Path, place: int, person: dict[str, object], allowed: tuple[int, ...]
) -> FloatArray | None:
    """Landmarks of one person, shape (landmarks, 3); None when there are none."""
    # OpenPose 1.0 wrote "pose_keypoints".
    points = person.get("pose_keypoints_2d", person.get("pose_keypoints"))
    where = f"person {place}"
    if points == []:
        return None
    if not isinstance(points, list) or not all(type(point) in (int, float) for point in points):
        raise ReadError("has no list of numbers pose_keypoints_2d.", path=file, where=where)
    if len(points) % 3 or len(points) // 3 not in allowed:
        raise ReadError(
            "has an unknown number of landmarks.",
            path=file,
            where=where,
            found=f"{len(points)} numbers",
            expected=" or ".join(f"{3 * count} (x, y, confidence of {count})" for count in allowed),
        )
    try:
        body = np.array([float(point) for point in points], dtype=np.float64).reshape(-1, 3)
    except OverflowError as error:
        raise ReadError("holds a number that is too large.", path=file, where=where) from error
    if not np.isfinite(body).all():
        raise ReadError("holds a number that is not finite.", path=file, where=where)
    return body


def _identity(person: dict[str, object]) -> int:
    """The number a tracker gave to this person, or -1."""
    given = person.get("person_id")
    if isinstance(given, list) and len(given) == 1:
        given = given[0]
    return given if type(given) is int and 0 <= given < 10**9 else -1


def _notes(
    read: int, size: int, crowded: int, tracked: int, untracked: int, extra: set[str]
) -> tuple[Note, ...]:
    notes = [Note("rows_read", f"{read} frame(s) were read.", count=read)]
    if size > read:
        notes.append(
            Note(
                "grid_holes",
                f"{size - read} frame(s) between the first and the last are missing and left "
                "empty.",
                count=size - read,
                level="warning",
            )
        )
    if tracked and untracked:
        notes.append(
            Note(
                "people_partly_tracked",
                f"{tracked} bodies carry a person_id and {untracked} do not; those are numbered "
                "by their order in the frame.",
                count=untracked,
                level="warning",
            )
        )
    elif crowded and not tracked:
        notes.append(
            Note(
                "people_without_identity",
                f"{crowded} frame(s) hold several people. OpenPose numbers them by their order in "
                "the frame, which can change from frame to frame: check who is who.",
                count=crowded,
                level="warning",
            )
        )
    if extra:
        notes.append(
            Note(
                "landmarks_left_out",
                f"Only the body was read; the frames also hold {', '.join(sorted(extra))}.",
                count=len(extra),
            )
        )
    return tuple(notes)
