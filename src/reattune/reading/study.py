"""Many sessions: of one file, of a folder, or of a study file."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as MappingABC
from pathlib import Path

from reattune.core.errors import ReadError, SettingError
from reattune.core.mapping import Mapping
from reattune.core.recording import Recording
from reattune.core.session import Session
from reattune.core.study import Entry, LoadFailure, Study
from reattune.io.read import known_formats, read_recordings
from reattune.prepare.phases import note_short_phases
from reattune.reading.files import list_files, make_reader, unique_ids
from reattune.reading.listing import list_study
from reattune.reading.session import Partners, build_one

STUDY_FILE = "study.toml"


def read_many(
    path: str | Path,
    partners: Partners | None = None,
    mapping: Mapping | None = None,
    *,
    format: str | None = None,
    options: MappingABC[str, object] | None = None,
) -> Study:
    """Every observation of one file (a BORIS project, a table of couples) as a study.

    Parameters
    ----------
    path, partners, mapping, format, options
        As in `read_session`.

    Raises
    ------
    ReadError
        When the file itself cannot be read. Observations that cannot be used stand in the
        failures that `Study.load_all` hands back.
    """
    path = Path(path)
    found = read_recordings(path, format=format, options=options)
    ids = unique_ids([(recording.id, "") for recording in found])
    entries = [
        Entry(
            session_id,
            session_id,
            path.name,
            _loader(recording, mapping, partners, session_id),
            _covariates(recording),
        )
        for session_id, recording in zip(ids, found, strict=True)
    ]
    return Study(
        found[0].path.name if found else path.name, tuple(entries), finish=note_short_phases
    )


def _loader(
    recording: Recording, mapping: Mapping | None, partners: Partners | None, session_id: str
) -> Callable[[], Session]:
    return lambda: build_one([recording], mapping, partners, session_id)


def _covariates(recording: Recording) -> dict[str, object]:
    given = recording.meta.get("covariates")
    return {str(k): v for k, v in given.items()} if isinstance(given, MappingABC) else {}


def read_study(path: str | Path, *, partners: Partners | None = None) -> Study:
    """A study from a study file or a folder; sessions are read when they are asked for.

    Parameters
    ----------
    path : path-like
        A ``study.toml``, a folder with one in it, a folder of session files (every readable file
        is a session, or several), or a file with several observations.
    partners : (str, str), optional
        Names of the two people where there is no study file.

    Raises
    ------
    ReadError
        When the study file is wrong, or there is nothing to read. A session that cannot be read
        never costs the others: it stands in the failures that `Study.load_all` hands back.
    """
    path = Path(path)
    if path.is_dir():
        inside = path / STUDY_FILE
        if inside.is_file():
            path = inside
        else:
            return _folder_study(path, partners)
    if path.suffix.lower() == ".toml":
        study = list_study(path)
        if partners is not None:
            raise SettingError("partners", partners, "none: the study file names them")
        return study
    return read_many(path, partners)


def _folder_study(folder: Path, partners: Partners | None) -> Study:
    files = list_files(folder)
    if not files:
        raise ReadError(
            "holds no file of a known format.",
            path=folder,
            expected=", ".join(format_.title for format_ in known_formats()),
        )
    read = make_reader()
    listed: list[tuple[Path, int, str]] = []
    failures: list[LoadFailure] = []
    for path in files:
        try:
            listed += [(path, at, one.id) for at, one in enumerate(read(path))]
        except ReadError as error:
            failures.append(LoadFailure(path.stem, path.name, str(error)))

    def loader(path: Path, at: int, session_id: str) -> Callable[[], Session]:
        return lambda: build_one([read(path)[at]], None, partners, session_id)

    prefixes = [path.relative_to(folder).parent.as_posix().strip(".") for path, _, _ in listed]
    ids = unique_ids([(one[2], prefix) for one, prefix in zip(listed, prefixes, strict=True)])
    entries = [
        Entry(session_id, session_id, path.name, loader(path, at, session_id))
        for session_id, (path, at, _) in zip(ids, listed, strict=True)
    ]
    name = folder.resolve().name
    return Study(name, tuple(entries), failures=tuple(failures), finish=note_short_phases)
