"""The sessions that a study file names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reattune.core.errors import ReadError
from reattune.core.mapping import Mapping, PhaseSource
from reattune.core.recording import Recording
from reattune.core.session import Phase, Session
from reattune.core.study import Entry, LoadFailure, Study
from reattune.io.cells import plain_stem
from reattune.io.sessions_table import read_sessions_table
from reattune.io.studyfile import SessionRow, StudyFile, find_line, read_study_file
from reattune.prepare.build import build_session, name_files
from reattune.prepare.phases import (
    TimeFormat,
    make_phase,
    note_short_phases,
    parse_time,
    phases_from_row,
)
from reattune.reading.files import ReadFile, make_reader, unique_ids
from reattune.reading.session import choose_recording


def list_study(path: Path) -> Study:
    """The study that a study file describes; its sessions are read when they are asked for.

    Raises
    ------
    ReadError
        When the study file or the sessions table is wrong, or no session is named.
    """
    file = read_study_file(path)
    folder = path.parent
    read = make_reader(file.format or None, file.table)
    rows = list(file.rows)
    if file.sessions:
        rows += read_sessions_table(folder / _local(file.sessions, path))
    found, failures = _find_files(file, folder, read)
    if not rows and not found and not failures:
        raise ReadError(
            "names no session.",
            path=path,
            expected='[[session]] tables, sessions = "sessions.csv", or files = "*.eaf"',
        )
    _check_ids(rows, path)
    listed = _join(rows, found, file, failures)
    phases = fixed_phases(file)
    ids = unique_ids([(row.id, places[0].path.parent.name) for row, places in listed])
    used = {name for pair in file.mapping.phases.columns.values() for name in pair}
    entries = [
        Entry(
            session_id,
            row.dyad or session_id,
            ", ".join(dict.fromkeys(name_files([place.path for place in places]))),
            _loader(file, replace(row, id=session_id), places, phases, read),
            {name: value for name, value in row.covariates.items() if name not in used},
        )
        for session_id, (row, places) in zip(ids, listed, strict=True)
    ]
    return Study(
        file.name,
        tuple(entries),
        file.rule,
        file.criteria,
        file.surrogates,
        "ignore" if file.ignore_phases else "apart",
        tuple(failures),
        from_file=True,
        finish=note_short_phases,
        growth=file.growth,
        synchrony=file.synchrony,
    )


@dataclass(frozen=True)
class Place:
    """A file, and the observation in it ("" when the row or the file says)."""

    path: Path
    observation: str = ""


def _local(name: str, study_file: Path) -> str:
    """The name of a file on this machine; addresses of the network are refused."""
    if "://" in name:
        raise ReadError(
            "is an address, and only files on this machine are read.",
            path=study_file,
            found=repr(name),
        )
    return name


def _find_files(
    file: StudyFile, folder: Path, read: ReadFile
) -> tuple[list[Place], list[LoadFailure]]:
    """Every observation in the files that the patterns name."""
    places: list[Place] = []
    failures: list[LoadFailure] = []
    for pattern in file.files:
        paths = _glob(folder, _local(pattern, file.path))
        if not paths:
            raise ReadError(f"no file fits {pattern!r}.", path=file.path, where="files")
        for path in paths:
            try:
                places += [Place(path, recording.id) for recording in read(path)]
            except ReadError as error:
                failures.append(LoadFailure(plain_stem(path), path.name, str(error)))
    return list(dict.fromkeys(places)), failures


def _glob(folder: Path, pattern: str) -> list[Path]:
    plain = folder / pattern
    if plain.is_file():
        return [plain]
    whole = Path(pattern)
    # A pattern may start at the root of a disc; Path.glob takes relative ones only.
    start = Path(whole.anchor) if whole.is_absolute() else folder
    relative = str(whole.relative_to(whole.anchor)) if whole.is_absolute() else pattern
    return sorted(path for path in start.glob(relative) if path.is_file())


def _join(
    rows: Sequence[SessionRow],
    found: Sequence[Place],
    file: StudyFile,
    failures: list[LoadFailure],
) -> list[tuple[SessionRow, tuple[Place, ...]]]:
    """Every session with its files: rows first, then files that no row names."""
    folder = file.path.parent
    left = list(found)
    listed: list[tuple[SessionRow, tuple[Place, ...]]] = []
    for row in rows:
        places: tuple[Place, ...]
        if row.files:
            local = [folder / _local(name, file.path) for name in row.files]
            places = tuple(Place(path, row.observation) for path in local)
            first = plain_stem(local[0])
            row = row if row.id else replace(row, id=row.observation or first)
        else:
            places = _by_source(row, file.mapping, folder) or _by_name(row, left)
        if not places:
            message = f"{row.where}: no file was found for session {row.id!r}."
            failures.append(LoadFailure(row.id, "", message))
            continue
        listed.append((row, places))
        left = [place for place in left if place not in places]
    taken = {place.path for _, places in listed for place in places if not place.observation}
    for place in left:
        if place.path not in taken:
            empty = SessionRow(place.observation, "", (), "", (None, None), {}, {})
            listed.append((empty, (place,)))
    return listed


def _by_source(row: SessionRow, mapping: Mapping, folder: Path) -> tuple[Place, ...]:
    """Files that the streams name with the row's own words, e.g. "voice/{id}.csv"."""
    patterns = [source.file for source in mapping.sources]
    if not all("{" in pattern for pattern in patterns):
        return ()
    names = dict.fromkeys(fill(pattern, row) for pattern in patterns)
    return tuple(Place(folder / name) for name in names)


def _by_name(row: SessionRow, left: Sequence[Place]) -> tuple[Place, ...]:
    """The observation, or else the file, that is called like the row."""
    asked = row.observation or row.id
    for name_of in (lambda p: p.observation, lambda p: plain_stem(p.path)):
        for place in left:
            if asked and name_of(place) == asked:
                return (place,)
    return ()


def fill(pattern: str, row: SessionRow) -> str:
    """A file name with "{id}", "{dyad}" or any column of the row put in.

    Raises
    ------
    ReadError
        When the row has no such column.
    """
    text = pattern
    words = {**row.covariates, "id": row.id, "dyad": row.dyad or row.id}
    for name, value in words.items():
        text = text.replace("{" + name + "}", "" if value is None else str(value))
    if "{" in text:
        raise ReadError(
            f"{row.where}: the file name {pattern!r} cannot be filled in.",
            expected="one of " + ", ".join("{" + name + "}" for name in words),
        )
    return text


def _check_ids(rows: Sequence[SessionRow], path: Path) -> None:
    seen: set[str] = set()
    for row in rows:
        if row.id and row.id in seen:
            raise ReadError(f"session {row.id!r} is named twice.", path=path, where=row.where)
        seen.add(row.id)


# -- phases ----------------------------------------------------------------------------------------


def time_format(file: StudyFile) -> TimeFormat:
    """How the study file's phases are written."""
    return "mm:ss:ff" if file.time_format == "mm:ss:ff" else "clock"


def _make(
    label: str, times: tuple[object, object], file: StudyFile, imposed: Sequence[str], where: str
) -> Phase:
    try:
        start, end = (parse_time(time, time_format(file)) for time in times)
        return make_phase(label, start, end, imposed)
    except ReadError as error:
        raise ReadError(f"phase {label!r}: {error}", path=file.path, where=where) from error


def fixed_phases(file: StudyFile) -> tuple[Phase, ...]:
    """The phases that are the same for every session."""
    text = file.path.read_text(encoding="utf-8", errors="replace") if file.phase_times else ""
    imposed = file.mapping.phases.imposed
    return tuple(
        _make(label, times, file, imposed, find_line(text, ("phases", "times", label)))
        for label, times in file.phase_times.items()
    )


def _row_phases(row: SessionRow, file: StudyFile, fixed: tuple[Phase, ...]) -> tuple[Phase, ...]:
    source: PhaseSource = file.mapping.phases
    if row.phase_times:
        return tuple(
            _make(label, times, file, source.imposed, row.where)
            for label, times in row.phase_times.items()
        )
    if source.columns:
        try:
            return phases_from_row(row.covariates, source, time_format(file))
        except ReadError as error:
            raise ReadError(f"{row.where}: {error}") from error
    return fixed


# -- reading one -----------------------------------------------------------------------------------


def _loader(
    file: StudyFile,
    row: SessionRow,
    places: Sequence[Place],
    fixed: tuple[Phase, ...],
    read: ReadFile,
) -> Callable[[], Session]:
    def load() -> Session:
        mapping = replace(
            file.mapping,
            sources=tuple(replace(s, file=fill(s.file, row)) for s in file.mapping.sources),
        )
        return build_session(
            [_choose(read(place.path), place, row) for place in places],
            mapping,
            session_id=row.id,
            dyad=row.dyad,
            phases=_row_phases(row, file, fixed),
            window=row.window,
            meta=row.covariates,
        )

    return load


def _choose(found: Sequence[Recording], place: Place, row: SessionRow) -> Recording:
    named = place.observation or row.observation
    return choose_recording(found, named or (row.id if len(found) > 1 else None))
