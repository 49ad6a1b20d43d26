"""Between formats: a recording into the file of another program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reattune.core.errors import ReadError, SettingError, did_you_mean
from reattune.core.mapping import Mapping
from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.core.session import Session
from reattune.io.fitting import Made
from reattune.io.read import read_recordings
from reattune.io.result_tracks import stream_tracks
from reattune.io.write import write_bytes_safely
from reattune.io.write_boris import make_boris
from reattune.io.write_eaf import make_eaf
from reattune.io.write_gridware import make_gridware
from reattune.io.write_sdis import make_sdis
from reattune.io.write_textgrid import make_textgrid
from reattune.io.write_tidy import make_tidy
from reattune.io.write_vtt import make_vtt
from reattune.reading import read_session


@dataclass(frozen=True)
class Target:
    """A format that can be written.

    Attributes
    ----------
    suffixes : tuple of str
        Endings that mean it; the first is the one written.
    one : callable(recording) -> Made, or None
        For formats that hold one recording in a file.
    many : callable(recordings, stem) -> Made, or None
        For formats that hold several.
    """

    suffixes: tuple[str, ...]
    one: Callable[[Recording], Made] | None = None
    many: Callable[[Sequence[Recording], str], Made] | None = None


TARGETS: dict[str, Target] = {
    "eaf": Target((".eaf",), one=make_eaf),
    "tidy": Target((".csv",), many=lambda recordings, stem: make_tidy(recordings)),
    "boris": Target((".boris",), many=lambda recordings, stem: make_boris(recordings, name=stem)),
    "textgrid": Target((".TextGrid",), one=make_textgrid),
    "sdis": Target((".sds", ".sdis"), many=lambda recordings, stem: make_sdis(recordings)),
    "gridware": Target((".gwf", ".trj"), many=make_gridware),
    "vtt": Target((".vtt",), one=make_vtt),
}
_OTHER_NAMES = {"elan": "eaf", "csv": "tidy", "praat": "textgrid", "gseq": "sdis", "sds": "sdis",
                "gwf": "gridware", "trj": "gridware"}  # fmt: skip


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes
    ----------
    paths : tuple of Path
    notes : tuple of Note
        What the target cannot express and what was done instead, and why something is missing.
    """

    paths: tuple[Path, ...]
    notes: tuple[Note, ...] = ()


def convert(
    in_path: str | Path,
    out_path: str | Path,
    *,
    to: str | None = None,
    study: Mapping | str | Path | None = None,
    observation: str | None = None,
    format: str | None = None,
) -> Written:
    """Write what a file holds as a file of another program.

    Parameters
    ----------
    in_path : path-like
        A file in any format that can be read.
    out_path : path-like
        The file to write. Formats that hold one observation in a file get a file for each,
        ``NAME_observation.ending``, when there are several.
    to : str, optional
        ``"eaf"``, ``"tidy"``, ``"boris"``, ``"textgrid"``, ``"sdis"``, ``"gridware"`` or ``"vtt"``;
        by default what the ending of ``out_path`` says.
    study : Mapping or path of a study file, optional
        Writes the partners' mapped streams (roles, states, closed gaps, phases) instead of the
        tracks as they are, on the file's own clock.
    observation : str, optional
        Which one, when the file holds several.
    format : str, optional
        Name of the input's format; by default recognised by content.

    Returns
    -------
    Written
        Its paths, and notes on everything the target cannot express. Notes of reading come first.

    Raises
    ------
    ReadError
        When the input cannot be read.
    SettingError
        When the format is not known, the two paths are one file, the output cannot be written,
        or nothing in the input can be expressed.
    """
    source, out = Path(in_path), Path(out_path)
    name = find_target(to, out)
    check_apart(source, out)
    recordings = _read(source, study, observation, format)
    notes = [note for recording in recordings for note in recording.notes]
    files, more = _make(name, recordings, out)
    more += _not_carried(name, recordings)
    for path in files:
        check_apart(source, path)
    return Written(tuple(write_files(files)), (*notes, *more))


def find_target(to: str | None, out: Path) -> str:
    """The name of the format that ``to``, or else the ending of ``out``, means.

    Raises
    ------
    SettingError
        When none is meant; with the closest one.
    """
    if to is not None:
        wished = to.strip().casefold().lstrip(".")
        found = _OTHER_NAMES.get(wished, wished)
        if found not in TARGETS:
            raise SettingError("to", to, "a format to write." + did_you_mean(wished, TARGETS))
        return found
    ending = out.suffix.casefold()
    for name, target in TARGETS.items():
        if ending in (suffix.casefold() for suffix in target.suffixes):
            return name
    known = [suffix for target in TARGETS.values() for suffix in target.suffixes]
    raise SettingError(
        "OUT", out.name, "an ending that says the format, or the option to." + did_you_mean(
            ending, known
        ),
    )  # fmt: skip


def check_apart(source: Path, out: Path) -> None:
    """Refuse to write over the file that is read.

    Raises
    ------
    SettingError
        When the two are one file, whatever they are called.
    """
    try:
        same = source.samefile(out)
    except OSError:
        same = source.resolve() == out.resolve()
    if same:
        raise SettingError("OUT", str(out), "another file than the one that is read")


def write_files(files: dict[Path, bytes]) -> list[Path]:
    """Write made files, each whole or not at all; folders are made.

    Raises
    ------
    SettingError
        When a folder or file cannot be written.
    """
    written = []
    for path, data in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            written.append(write_bytes_safely(path, data))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise SettingError(
                "OUT", str(path), f"a file that can be written ({reason or error})"
            ) from error
    return written


def safe_stem(text: str) -> str:
    """``text`` as part of a file name that every system takes.

    Examples
    --------
    >>> safe_stem("dyad 7/play: A")
    'dyad_7_play_A'
    """
    kept = "".join(c if c.isalnum() or c in "-." else "_" for c in text)
    return "_".join(part for part in kept.split("_") if part).strip("._")[:100] or "session"


# -- reading and making ------------------------------------------------------------------------


def _read(
    source: Path, study: Mapping | str | Path | None, observation: str | None, format: str | None
) -> tuple[Recording, ...]:
    if study is not None:
        session = read_session(source, mapping=study, format=format, observation=observation)
        return (session_recording(session, source),)
    recordings = read_recordings(source, format=format)
    if observation is None:
        return recordings
    chosen = tuple(recording for recording in recordings if recording.id == observation)
    if not chosen:
        known = [recording.id for recording in recordings]
        raise ReadError(
            f"has no observation {observation!r}." + did_you_mean(observation, known), path=source
        )
    return chosen


def session_recording(session: Session, path: Path) -> Recording:
    """A session's streams and phases as a recording on the clock of its file."""
    origin = session.meta.get("clock_origin_s", 0.0)
    shift = float(origin) if isinstance(origin, int | float) else 0.0
    media = session.meta.get("media")
    return Recording(
        id=session.id,
        format=str(session.meta.get("format", "")),
        path=path,
        tracks=stream_tracks(session, shift),
        span=(session.span[0] + shift, session.span[1] + shift),
        media=tuple(media) if isinstance(media, list | tuple) else (),
        notes=session.notes,
    )


def _make(
    name: str, recordings: Iterable[Recording], out: Path
) -> tuple[dict[Path, bytes], list[Note]]:
    """All files with their bytes, before any of them is written."""
    target = TARGETS[name]
    listed = tuple(recordings)
    files: dict[Path, bytes] = {}
    notes: list[Note] = []
    if target.many is not None:
        made = target.many(listed, out.stem)
        # A trajectory alone does not say what its variables are; the project does.
        files[out.with_suffix(".gwf") if name == "gridware" else out] = made.data
        files |= {out.parent / file: data for file, data in made.beside.items()}
        return files, list(made.notes)
    assert target.one is not None
    for recording in listed:
        made = target.one(recording)
        path = out
        if len(listed) > 1:
            path = _free(out, safe_stem(recording.id), files)
            notes += [_of_observation(note, recording.id) for note in made.notes]
        else:
            notes += made.notes
        files[path] = made.data
    if len(listed) > 1:
        words = f"{len(listed)} observations were written to a file each."
        notes.insert(0, Note("files_for_observations", words, count=len(listed)))
    return files, notes


def _not_carried(name: str, recordings: Sequence[Recording]) -> list[Note]:
    """Notes on what recordings know beside their events and the target has no place for."""
    found: dict[str, int] = {}
    for recording in recordings:
        metas = [track.meta for track in recording.tracks]
        facts = {
            "when the observation began and ended": recording.span is not None
            and name in ("eaf", "tidy", "vtt"),
            "the media files": bool(recording.media) and name not in ("eaf", "boris"),
            "covariates": any(recording.meta.get(key) for key in ("covariates", "variables"))
            and not (name == "boris" and recording.meta.get("variables")),
            "modifiers": any(meta.get("modifiers") for meta in metas),
            "which tier hangs on which": any(meta.get("parent") for meta in metas),
            "who coded": any(meta.get("annotator") for meta in metas) and name != "eaf",
        }
        for fact, lost in facts.items():
            found[fact] = found.get(fact, 0) + bool(lost)
    lost_facts = {fact: count for fact, count in found.items() if count}
    if not lost_facts:
        return []
    words = f"{name} has no place for: {', '.join(lost_facts)}. The input keeps them."
    return [Note("not_carried", words, count=max(lost_facts.values()))]


def _free(out: Path, part: str, files: dict[Path, bytes]) -> Path:
    """``NAME_part.ending``, with a number when two observations would share it."""
    taken = {path.name.casefold() for path in files}
    path, number = out.with_name(f"{out.stem}_{part}{out.suffix}"), 1
    while path.name.casefold() in taken:
        number += 1
        path = out.with_name(f"{out.stem}_{part}_{number}{out.suffix}")
    return path


def _of_observation(note: Note, name: str) -> Note:
    return replace(note, where=", ".join(part for part in (f"{name!r}", note.where) if part))
