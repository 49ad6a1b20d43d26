"""Looking before analysing: what is in a file, what reading found, a drafted study file."""

from __future__ import annotations

import os
from collections.abc import Mapping as MappingABC
from pathlib import Path

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.core.session import Session
from reattune.io.ratings_studyfile import is_ratings_study, read_ratings_study
from reattune.io.read import read_recordings
from reattune.prepare.describe import Description, describe_recordings
from reattune.prepare.draft import draft_text
from reattune.prepare.ratings import describe_courses, draft_courses, is_course
from reattune.prepare.report import ReadReport, make_report
from reattune.reading.files import list_files
from reattune.reading.session import Partners
from reattune.reading.study import read_study

# Files described and drafted from; more of a kind say nothing new.
_MAX_DESCRIBED = 200


def read_report(session: Session) -> ReadReport:
    """What reading found: rows skipped and why, holes filled, overlaps, uncodable time, ...

    Parameters
    ----------
    session : Session

    Returns
    -------
    ReadReport
        With ``.summary()``, ``.to_frame()``, ``.to_dict()``.
    """
    return make_report(session)


def describe(
    path: str | Path,
    *,
    partners: Partners | None = None,
    format: str | None = None,
    options: MappingABC[str, object] | None = None,
) -> Description:
    """What is in a file or folder: format, people, tracks, codes, spans, holes, warnings.

    Nothing is analysed. For a study file: its sessions as they are read under it.

    Parameters
    ----------
    path : path-like
    partners : (str, str), optional
        Names of the two people, where guessing cannot tell.
    format : str, optional
        Name of the format; recognised from the content by default.
    options : mapping, optional
        Options of the table reader.

    Returns
    -------
    Description
        With ``.summary()`` (text) and ``.to_dict()``.

    Raises
    ------
    ReadError
        When the file cannot be read, or the folder holds nothing that can.
    """
    path = Path(path)
    if is_ratings_study(path):
        return _describe_ratings_study(path)
    if path.suffix.lower() == ".toml":
        study = read_study(path)
        sessions, failures = study.load_all()
        lines = [f"study {study.name!r}, {len(study)} sessions", *map(repr, sessions)]
        failed = tuple((f.file, f.message) for f in failures)
        return Description(path.name, failures=failed, lines=tuple(lines))
    found, lost = _read_all(path, format, options)
    if is_course(found):
        told = tuple(describe_courses(found))
        return Description(path.name or str(path), failures=tuple(lost), lines=told)
    return describe_recordings(path.name or str(path), found, lost, partners)


def _describe_ratings_study(path: Path) -> Description:
    """A study file for ratings: its tables as they are read under it, and what it asks for."""
    study = read_ratings_study(path)
    words = ("partners", "instrument", "reverse", "scales")
    options = {key: value for key, value in study.options.items() if key not in words}
    lines = [f"study {study.name!r} of ratings; judged: {study.scale or 'the only score'}"]
    for file in study.files:
        lines += describe_courses(read_recordings(file, format="ratings", options=options))
    named = [c if isinstance(c, str) else str(c.get("type")) for c in study.criteria]
    lines.append(f"  criteria: {', '.join(named) or 'the default ones'}")
    if study.cases:
        lines.append(f"  table of cases: {len(study.cases)} cases")
    return Description(path.name, lines=tuple(lines))


def _read_all(
    path: Path, format: str | None, options: MappingABC[str, object] | None
) -> tuple[list[Recording], list[tuple[str, str]]]:
    """Every recording of a file or folder, and what could not be read."""
    if not path.is_dir():
        return list(read_recordings(path, format=format, options=options)), []
    found: list[Recording] = []
    lost: list[tuple[str, str]] = []
    files = list_files(path)
    for file in files[:_MAX_DESCRIBED]:
        try:
            found += read_recordings(file, format=format, options=options)
        except ReadError as error:
            lost.append((file.name, str(error)))
    if not found:
        why = lost[0][1] if lost else "it has no file of a known format"
        raise ReadError(f"holds nothing that can be read: {why}", path=path)
    if len(files) > _MAX_DESCRIBED:
        told = f"only the first {_MAX_DESCRIBED} of {len(files)} files were looked at."
        lost.append((path.name, told))
    return found, lost


def draft_study(
    path: str | Path,
    *,
    partners: Partners | None = None,
    options: MappingABC[str, object] | None = None,
    relative_to: str | Path | None = None,
) -> str:
    """The text of a study file for a file or folder; it usually runs unchanged.

    What a person must decide is marked ``CHECK``.

    Parameters
    ----------
    path : path-like
        A session file, or a folder of files of one kind.
    partners : (str, str), optional
        Names of the two people.
    options : mapping, optional
        Options of the table reader that the files need.
    relative_to : path-like, optional
        Folder the study file will stand in; by default the current one.

    Raises
    ------
    ReadError
        When nothing can be read.
    """
    path = Path(path)
    found, _ = _read_all(path, None, options)
    base = Path(relative_to) if relative_to is not None else Path()
    if path.is_dir():
        # Files of the commonest format; a study has one mapping.
        formats = [recording.format for recording in found]
        most = max(dict.fromkeys(formats), key=formats.count)
        found = [recording for recording in found if recording.format == most]
        places = {(one.path.parent, _ending(one.path)) for one in found}
        names = sorted(_relative(folder / f"*{ending}", base) for folder, ending in places)
    else:
        names = [_relative(path, base)]
    name = path.resolve().name if path.is_dir() else path.resolve().parent.name
    if is_course(found):
        if path.is_dir():
            names = [_relative(place, base) for place in dict.fromkeys(one.path for one in found)]
        return draft_courses(found, names, name, options)
    return draft_text(found, names, name, partners=partners, options=options)


def _ending(path: Path) -> str:
    suffixes = path.suffixes
    packed = len(suffixes) > 1 and suffixes[-1].lower() in (".gz", ".xz")
    return "".join(suffixes[-2:]) if packed else path.suffix


def _relative(path: Path, base: Path) -> str:
    try:
        return Path(os.path.relpath(path, base)).as_posix()
    except ValueError:
        # Another drive on Windows.
        return path.resolve().as_posix()
