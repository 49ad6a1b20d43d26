"""GridWare state space grids: a project (.gwf) with its trajectories, or one trajectory alone."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.io.cells import peek_text, plain_stem
from reattune.io.gridware_project import Project, State, parse_project
from reattune.io.register import Format, register_reader
from reattune.io.safe import MAX_BYTES, decode, read_bytes, sha256
from reattune.io.trajectory import Trajectory, parse_trajectory, trajectory_tracks

_PROJECT = re.compile(r"\s*<GridWare>", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, eq=False)
class _Found:
    """A trajectory with the digest of its bytes."""

    trajectory: Trajectory
    sha256: str


def read_gridware(path: Path, options: Mapping[str, object]) -> tuple[Recording, ...]:
    """One recording for every trajectory of a GridWare project, or the one of a trajectory file.

    Every variable becomes a track of intervals: a value holds from its onset to the onset of the
    next row, the last line of a trajectory has the end time only. A missing value makes no
    interval. Trajectory files are looked for in the folder of the project, by plain name.

    Parameters
    ----------
    path : Path
        A ``.gwf`` project or a ``.trj``/``.txt`` trajectory.
    options : mapping
        ``missing``: the sign for a missing value, ``--`` unless the project says otherwise.

    Raises
    ------
    ReadError
        When it is neither, or none of the project's trajectories can be read.
    """
    path = Path(path)
    data = read_bytes(path)
    text, encoding = decode(data, path)
    given = options.get("missing")
    if not _PROJECT.match(text):
        trajectory = parse_trajectory(text, encoding, path, "--" if given is None else str(given))
        return (_recording(plain_stem(path), path, _Found(trajectory, sha256(data)), (), {}),)
    project = parse_project(text, encoding, path)
    missing = project.missing if given is None else str(given)
    return _project_recordings(project, path, missing, sha256(data))


def _project_recordings(
    project: Project, path: Path, missing: str, digest: str
) -> tuple[Recording, ...]:
    found: dict[str, _Found | ReadError] = {}
    left = MAX_BYTES
    failures: list[Note] = []
    read: list[tuple[str, _Found, Mapping[str, str]]] = []
    twice: list[int] = []
    for row in project.rows:
        if row.filename in found:
            twice.append(row.line)
        else:
            found[row.filename] = _load(path, row.filename, missing, left)
        result = found[row.filename]
        # A file counts as often as it is listed: a short list may name a long one many times.
        left -= result.trajectory.size if isinstance(result, _Found) else 0
        if left < 0:
            raise ReadError("lists more data than is allowed.", path=path, where=f"line {row.line}")
        if isinstance(result, ReadError):
            failures.append(
                Note(
                    "trajectory_not_read",
                    f"session {row.id!r} was left out: {result}",
                    where=f"line {row.line}",
                    level="warning",
                )
            )
        else:
            read.append((row.id, result, row.factors))
    if not read:
        raise ReadError(
            "none of its trajectories can be read. " + " ".join(n.message for n in failures[:3]),
            path=path,
            expected="the trajectory files in the same folder",
        )
    notes = [*project.notes, *failures]
    if twice:
        notes.append(
            Note(
                "trajectory_listed_twice",
                f"{len(twice)} line(s) name a trajectory file that an earlier line names too "
                f"(first at line {twice[0]}); both were read, so two sessions are the same.",
                count=len(twice),
                level="warning",
            )
        )
    return tuple(
        _recording(name, path, one, project.states, factors, notes, digest)
        for name, one, factors in read
    )


def _load(path: Path, filename: str, missing: str, max_bytes: int) -> _Found | ReadError:
    """The trajectory of that plain name beside the project, or why it cannot be read."""
    plain = not re.search(r'[\\/:*?"<>|\x00-\x1f]', filename) and filename.strip(". ") != ""
    if not plain:
        return ReadError(
            "names a trajectory file that is not in its own folder.",
            path=path,
            found=repr(filename[:80]),
            expected="a plain file name",
        )
    file = path.parent / filename
    try:
        data = read_bytes(file, max_bytes=max(1, max_bytes))
        text, encoding = decode(data, file)
        return _Found(parse_trajectory(text, encoding, file, missing), sha256(data))
    except ReadError as error:
        return error
    except ValueError as error:
        return ReadError(f"cannot be opened ({error}).", path=file)


def _recording(
    name: str,
    path: Path,
    found: _Found,
    states: Sequence[State],
    factors: Mapping[str, str],
    notes: Sequence[Note] = (),
    project_digest: str = "",
) -> Recording:
    trajectory = found.trajectory
    tracks, more = trajectory_tracks(trajectory, {state.name: state for state in states})
    meta: dict[str, object] = {"sha256": found.sha256, "covariates": dict(factors)}
    if project_digest:
        meta["trajectory"] = trajectory.name
        meta["project_sha256"] = project_digest
    return Recording(
        id=name,
        format="gridware",
        path=path,
        tracks=tracks,
        span=trajectory.span,
        meta=meta,
        notes=(*trajectory.notes, *more, *notes),
    )


# -- recognising ---------------------------------------------------------------------------


def sniff_gridware(path: Path, head: bytes) -> bool:
    """Whether it begins as a project, or as a trajectory and ends with a time alone."""
    text = peek_text(head)
    if text is None:
        return False
    text = text.lstrip("\ufeff")
    if _PROJECT.match(text):
        return True
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if line.strip()]
    mark = "\t" if lines and "\t" in lines[0] else ","
    try:
        rows = list(csv.reader(io.StringIO("\n".join(lines[:2])), delimiter=mark))
    except csv.Error:
        return False
    if len(rows) < 2 or len(rows[0]) < 2 or rows[0][0].strip().casefold() != "onset":
        return False
    if len(rows[1]) != len(rows[0]) or not _NUMBER.fullmatch(rows[1][0].strip()):
        return False
    last = _last_line(path, lines[-1])
    return _NUMBER.fullmatch(last.strip().strip(mark).strip()) is not None


def _last_line(path: Path, seen: str) -> str:
    """Last line with text, from the end of the file when it is longer than its head."""
    try:
        with Path(path).open("rb") as stream:
            if stream.read(2) == b"\x1f\x8b":
                return seen
            size = stream.seek(0, 2)
            stream.seek(max(0, size - 4096))
            tail = stream.read().decode("latin-1").replace("\x00", "")
    except (OSError, ValueError):
        return seen
    return next((line for line in reversed(re.split(r"[\r\n]+", tail)) if line.strip()), seen)


register_reader(
    Format(
        name="gridware",
        title="GridWare project or trajectory (.gwf, .trj)",
        suffixes=(".gwf", ".trj", ".txt"),
        sniff=sniff_gridware,
        read=read_gridware,
    )
)
