"""From files of signals to sessions: motion energy, landmarks, physiology, tables of samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from reattune.core.errors import ReadError
from reattune.core.mapping import Mapping as StreamMapping
from reattune.core.mapping import Source
from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.core.session import Session
from reattune.core.study import Entry, LoadFailure, Study
from reattune.io.read import read_recordings, sniff
from reattune.io.studyfile import read_study_file
from reattune.prepare.build import build_session
from reattune.prepare.guess import guess_mapping
from reattune.prepare.people import choose_people, find_owners
from reattune.prepare.phases import note_short_phases
from reattune.reading import read_study
from reattune.reading.files import list_files, make_reader, unique_ids
from reattune.reading.study import STUDY_FILE

Partners = tuple[str, str]
# Formats that hold measured values and nothing else.
SIGNAL_FORMATS = frozenset(
    {"mea", "openface", "pyfeat", "openpose", "landmarks", "physio", "empatica", "edf"}
)

_LOOKED_AT = 5


def is_signals(path: str | Path, *, rate_hz: float | None = None) -> bool:
    """Whether a path holds signals and no codes: a file, a folder of such files, or a study file.

    Parameters
    ----------
    path : path-like
    rate_hz : float, optional
        Samples per second, for tables without a time column.
    """
    path = Path(path)
    if path.suffix.lower() == ".toml" or (path / STUDY_FILE).is_file():
        return _is_signal_study(path if path.is_file() else path / STUDY_FILE)
    if not path.is_dir() or _is_recording(path):
        return _kinds(path, rate_hz) == {"signal"}
    # The first few that tell; a folder of anything else is left to others.
    kinds: set[str] = set()
    for file in list_files(path)[:_LOOKED_AT]:
        kinds |= _kinds(file, rate_hz)
        if kinds - {"signal"}:
            return False
    return bool(kinds)


def _is_signal_study(path: Path) -> bool:
    try:
        file = read_study_file(path)
    except ReadError:
        return False
    if file.rule:
        return False
    return file.synchrony is not None or all(s.kind == "signal" for s in file.mapping.sources)


def _kinds(path: Path, rate_hz: float | None) -> set[str]:
    """The kinds of streams that two people of a file have; empty where it cannot be told."""
    try:
        name = sniff(path).name
        if name in SIGNAL_FORMATS:
            return {"signal"}
        if name != "table":
            return {"states"}
        found = read_recordings(path, options=_options(rate_hz))
        mapping, _ = guess_mapping(found[0])
    except (ReadError, IndexError):
        return set()
    return {source.kind for source in mapping.sources}


def _options(rate_hz: float | None, given: Mapping[str, object] | None = None) -> dict[str, object]:
    rate = {} if rate_hz is None else {"rate_hz": rate_hz, "fps": rate_hz}
    return {**rate, **(given or {})}


def read_signals(
    path: str | Path | Sequence[str | Path],
    *,
    partners: Partners | None = None,
    rate_hz: float | None = None,
    stream: str | None = None,
    format: str | None = None,
    options: Mapping[str, object] | None = None,
) -> Study:
    """The sessions in a file of signals, in a folder of such files, or under a study file.

    Parameters
    ----------
    path : path-like, or a sequence of two
        Motion energy, OpenFace, OpenPose, Py-Feat, landmarks, BIDS physiology, Empatica, EDF, or a
        table of samples; a folder of them (every file a session, its name the id); a
        ``study.toml``; or two files of one session, the first partner's first.
    partners : (str, str), optional
        Names of the two people; those in the file by default. In a file whose columns have other
        names, the first column is the first partner's, and a note says so.
    rate_hz : float, optional
        Samples per second, where the file does not say (motion energy, landmarks).
    stream : str, optional
        A column of a table that is a signal although it has few different values.
    format : str, optional
        By default recognised by content.
    options : mapping, optional
        Other words of the reader.

    Returns
    -------
    Study
        Read when asked for. A file that cannot be read costs no other.

    Raises
    ------
    ReadError
        When there is nothing to read.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp(), "d01.txt")
    >>> rows = ["patient therapist", *(f"{i * 7 % 31} {i * 5 % 37}" for i in range(60))]
    >>> _ = path.write_text(chr(10).join(rows), "utf-8")
    >>> read_signals(path, rate_hz=25)["d01"].stream_names
    ('motion_energy',)
    """
    words = _options(rate_hz, options)
    if not isinstance(path, str | Path):
        return _two_files([Path(one) for one in path], partners, format, words)
    path = Path(path)
    if path.suffix.lower() == ".toml" or (path / STUDY_FILE).is_file():
        return read_study(path, partners=partners)
    read = make_reader(format, words)
    # A folder can be one recording: a file per video frame.
    if not path.is_dir() or _is_recording(path):
        recordings = read(path)
        listed = [(path, at, one.id) for at, one in enumerate(recordings)]
        name = path.name.split(".")[0]
        return _as_study(name, listed, (), read, partners, stream, path.parent)
    files = list_files(path)
    if not files:
        raise ReadError("holds no file of a known format.", path=path)
    listed, failures = [], []
    for file in files:
        try:
            listed += [(file, at, one.id) for at, one in enumerate(read(file))]
        except ReadError as error:
            failures.append(LoadFailure(file.name.split(".")[0], file.name, str(error)))
    return _as_study(path.resolve().name, listed, failures, read, partners, stream, path)


def _is_recording(folder: Path) -> bool:
    try:
        return sniff(folder).name in SIGNAL_FORMATS
    except ReadError:
        return False


def _as_study(
    name: str,
    listed: Sequence[tuple[Path, int, str]],
    failures: Sequence[LoadFailure],
    read: Callable[[Path], tuple[Recording, ...]],
    partners: Partners | None,
    stream: str | None,
    folder: Path,
) -> Study:
    def loader(path: Path, at: int, session_id: str) -> Callable[[], Session]:
        return lambda: build_signals(read(path)[at], partners, session_id, stream)

    prefixes = [file.relative_to(folder).parent.as_posix().strip(".") for file, _, _ in listed]
    ids = unique_ids([(one[2], prefix) for one, prefix in zip(listed, prefixes, strict=True)])
    entries = []
    for session_id, prefix, (path, at, _) in zip(ids, prefixes, listed, strict=True):
        # The folder a file lies in is often its group.
        more = {"folder": prefix} if prefix else {}
        entries.append(Entry(session_id, session_id, path.name, loader(path, at, session_id), more))
    return Study(name, tuple(entries), failures=tuple(failures), finish=note_short_phases)


def build_signals(
    recording: Recording,
    partners: Partners | None = None,
    session_id: str = "",
    stream: str | None = None,
) -> Session:
    """The session of a recording, whose columns of measured values are signals.

    Parameters
    ----------
    recording : Recording
    partners : (str, str), optional
    session_id : str
        That of the recording by default.
    stream : str, optional
        A column that is a signal whatever its values look like.

    Raises
    ------
    ReadError
        When two people cannot be told apart.
    """
    recording, assumed = _name_by_order(recording, partners)
    mapping, comments = guess_mapping(recording, partners)
    # A signal with few different values (a constant one) is a signal all the same.
    whole = recording.format in SIGNAL_FORMATS
    forced = {s.stream for s in mapping.sources if whole or s.stream == stream}
    sources = tuple(
        replace(s, kind="signal", uncodable=()) if s.stream in forced else s
        for s in mapping.sources
    )
    mapping = replace(mapping, sources=sources)
    told = tuple(
        text.replace(" is taken as states ", " is taken as signal ")
        if any(f" {name} is taken as " in text for name in forced)
        else text
        for text in comments
    )
    session = build_session([recording], mapping, session_id=session_id or recording.id)
    return session.with_notes(*(Note("assumed", text) for text in (*assumed, *told)))


def _name_by_order(
    recording: Recording, partners: Partners | None
) -> tuple[Recording, tuple[str, ...]]:
    """Two people whose names fit neither partner are the partners in order."""
    people = recording.people
    if partners is None or len(people) != 2:
        return recording, ()
    if any(_fits(partner, recording) for partner in partners):
        return recording, ()
    named = dict(zip(people, partners, strict=True))
    tracks = tuple(replace(t, person=named.get(t.person, t.person)) for t in recording.tracks)
    told = ", ".join(f"{old!r} is the {new}" for old, new in named.items())
    return replace(recording, tracks=tracks), (f"by order, {told}.",)


def _fits(partner: str, recording: Recording) -> bool:
    """Whether somebody in the recording has that name, or a word for the same role."""
    try:
        choose_people(find_owners(recording), (partner, ""), recording)
    except ReadError as error:
        return f"partner {partner!r}" not in str(error)
    return True


def _two_files(
    paths: Sequence[Path],
    partners: Partners | None,
    format: str | None,
    options: Mapping[str, object],
) -> Study:
    """One session from a file for each partner, the first partner's first."""
    if len(paths) != 2:
        raise ReadError(f"{len(paths)} files.", expected="two, one for each partner")
    names = partners or ("first", "second")
    found = []
    for path in paths:
        recordings = read_recordings(path, format=format, options=options)
        if len(recordings) != 1 or len(recordings[0].people) > 1:
            raise ReadError(
                "holds more than one person or recording.",
                path=path,
                expected="one person's signals, or a study file that says whose are whose",
            )
        found.append(recordings[0])
    sources = tuple(
        Source(
            partner,
            track.name,
            (track.name,),
            kind="signal",
            file=recording.path.as_posix(),
        )
        for partner, recording in zip(names, found, strict=True)
        for track in recording.tracks
        if track.values is not None
    )
    session_id = found[0].id if found[0].id == found[1].id else f"{found[0].id}+{found[1].id}"
    session = build_session(found, StreamMapping(names, sources), session_id=session_id)
    return Study.from_sessions([session], session_id)
