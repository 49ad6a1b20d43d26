"""One session from one file, or from one file for each partner."""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reattune.core.errors import ReadError, SettingError, did_you_mean
from reattune.core.mapping import Mapping
from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.core.session import Phase, Session
from reattune.io.read import read_recordings
from reattune.prepare.build import build_session
from reattune.prepare.guess import guess_mapping
from reattune.prepare.phases import make_phase

Partners = tuple[str, str]
PhaseTimes = Sequence[Phase] | MappingABC[str, tuple[object, object]]


def read_session(
    path: str | Path | Sequence[str | Path],
    partners: Partners | None = None,
    mapping: Mapping | str | Path | None = None,
    *,
    format: str | None = None,
    options: MappingABC[str, object] | None = None,
    observation: str | None = None,
    phases: PhaseTimes | None = None,
) -> Session:
    """One session from a file of any known format.

    Parameters
    ----------
    path : path-like, or a sequence of two
        The file, or one file for each partner (then ``mapping`` must say which is whose).
    partners : (str, str), optional
        Names of the two people, e.g. ``("infant", "caregiver")``. Words for the same role are
        recognised in tier, subject and column names. By default the two people found.
    mapping : Mapping or path of a study file, optional
        What is whose, and what the codes mean. By default it is guessed from the names; the
        session's notes say what was assumed.
    format : str, optional
        Name of the format; by default recognised by content.
    options : mapping, optional
        Words the format needs, e.g. ``{"rate_hz": 25}`` for a table without a time column.
    observation : str, optional
        Which one, when the file holds several.
    phases : sequence of Phase, or mapping of str to (start, end), optional
        On the file's clock; times in seconds or as ``mm:ss``.

    Returns
    -------
    Session

    Raises
    ------
    ReadError
        When it cannot be read, or it is not clear who is who.

    Examples
    --------
    >>> session = read_session("dyad07.eaf", ("infant", "caregiver"))  # doctest: +SKIP
    """
    paths = [Path(path)] if isinstance(path, str | Path) else [Path(one) for one in path]
    if not paths:
        raise ReadError("no file was named.")
    if isinstance(mapping, str | Path):
        from reattune.io.studyfile import read_study_file

        file = read_study_file(mapping)
        mapping = file.mapping
        format, options = format or file.format or None, {**file.table, **(options or {})}
    found = [
        choose_recording(read_recordings(one, format=format, options=options), observation)
        for one in paths
    ]
    return build_one(found, mapping, partners, found[0].id, phases=make_phases(phases))


def make_phases(phases: PhaseTimes | None) -> tuple[Phase, ...]:
    """Phases from phases, or from a table of name to start and end."""
    if phases is None:
        return ()
    if isinstance(phases, MappingABC):
        return tuple(make_phase(label, *times) for label, times in phases.items())
    return tuple(phases)


def choose_recording(found: Sequence[Recording], name: str | None = None) -> Recording:
    """The recording that has ``name`` as its id; without a name, the only one.

    Raises
    ------
    ReadError
        When none has that name, or there are several and none is named.
    """
    known = [recording.id for recording in found]
    path = found[0].path if found else None
    if name:
        if name in known:
            return found[known.index(name)]
        raise ReadError(f"has no observation {name!r}.{did_you_mean(name, known)}", path=path)
    if len(found) == 1:
        return found[0]
    raise ReadError(
        f"holds {len(found) or 'no'} observations.",
        path=path,
        found=", ".join(repr(one) for one in known[:12]),
        expected="the name of one (observation=...), or read_many for all",
    )


def build_one(
    recordings: Sequence[Recording],
    mapping: Mapping | None,
    partners: Partners | None,
    session_id: str,
    *,
    phases: Sequence[Phase] = (),
) -> Session:
    """A session under a mapping, or under a guessed one whose assumptions become notes.

    Raises
    ------
    ReadError
        When nothing can be guessed, or several files have no mapping.
    SettingError
        When ``partners`` are not those of the mapping.
    """
    comments: tuple[str, ...] = ()
    if mapping is None:
        if len(recordings) > 1:
            raise ReadError(
                "two files of one session need a mapping.",
                found=", ".join(recording.path.name for recording in recordings),
                expected="a study file in which each stream names its file",
            )
        mapping, comments = guess_mapping(recordings[0], partners)
    elif partners is not None and set(partners) == set(mapping.partners):
        mapping = replace(mapping, partners=partners)
    elif partners is not None:
        raise SettingError("partners", partners, f"those of the mapping, {mapping.partners}")
    session = build_session(recordings, mapping, session_id=session_id, phases=phases)
    return session.with_notes(*(Note("assumed", comment) for comment in comments))
