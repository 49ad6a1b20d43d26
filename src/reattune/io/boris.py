"""BORIS projects (.boris, .boris.gz): one recording per observation."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.io.boris_common import (
    MAX_SECONDS,
    Event,
    build_tracks,
    check_bouts,
    clean_modifiers,
    clean_subject,
    end_not_known,
    pair_events,
)
from reattune.io.boris_json import EVENT_FIELDS, PackedEvent, load_project
from reattune.io.register import Format, register_reader
from reattune.io.safe import decode, read_bytes, sha256

# Keys that only a BORIS project has; one within the first bytes is enough.
_KEYS = (
    b'"behaviors_conf"',
    b'"subjects_conf"',
    b'"project_format_version"',
    b'"behavioral_categories"',
    b'"behaviors_coding_map"',
    b'"close_behaviors_between_videos"',
)


def sniff_boris(path: Path, head: bytes) -> bool:
    """Whether the first bytes look like a BORIS project."""
    plain = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return plain.startswith(b"{") and any(key in plain for key in _KEYS)


def read_boris(path: Path, options: Mapping[str, object] | None = None) -> tuple[Recording, ...]:
    """One recording per observation of a BORIS project, in the project's order.

    Each subject and behavioural category is a track; states are paired by parity (see
    `pair_events`), point events are a track of points of the same name. Times are the project's
    own, so a time offset of the observation is part of them.

    Parameters
    ----------
    path : Path
        A project, plain or packed with gzip or xz.
    options : mapping, optional
        Not used.

    Raises
    ------
    ReadError
        When it is no BORIS project, or an observation holds something BORIS does not write; the
        message names observation and event number.
    """
    path = Path(path)
    data = read_bytes(path)
    digest = sha256(data)
    text, _ = decode(data, path)
    del data
    project = _parse(text, path)
    del text
    behaviours = _behaviours(project, path)
    observations = _mapping(project.get("observations"), path, "observations")
    return tuple(
        _observation(
            name, _mapping(content, path, f"observation {name!r}"), behaviours, path, digest
        )
        for name, content in observations.items()
    )


def _parse(text: str, path: Path) -> Mapping[str, object]:
    try:
        project = load_project(text)
    except json.JSONDecodeError as error:
        raise ReadError(
            f"is not a complete JSON file ({error.msg}).", path=path, where=f"line {error.lineno}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ReadError(f"cannot be read as JSON ({type(error).__name__}).", path=path) from error
    if not isinstance(project, dict) or "observations" not in project:
        raise ReadError(
            "is not a BORIS project.",
            path=path,
            found=f"JSON of type {type(project).__name__} without 'observations'",
            expected="the keys 'observations' and 'behaviors_conf'",
        )
    return project


def _behaviours(project: Mapping[str, object], path: Path) -> dict[str, tuple[bool, str]]:
    """Code -> (is a point event, category) from the ethogram."""
    where = "behaviors_conf"
    found: dict[str, tuple[bool, str]] = {}
    for number, entry in _mapping(project.get(where), path, where).items():
        behaviour = _mapping(entry, path, f"{where} {number!r}")
        code = _text(behaviour.get("code"), path, f"{where} {number!r}, code")
        kind = _text(behaviour.get("type"), path, f"{where} {number!r}, type").casefold()
        if not kind.startswith(("state", "point")):
            raise ReadError(
                f"behaviour {code!r} has a type that is not known.",
                path=path,
                where=f"{where} {number!r}",
                found=repr(kind),
                expected="'State event' or 'Point event'",
            )
        category = behaviour.get("category")
        found[code] = (
            kind.startswith("point"),
            category.strip() if isinstance(category, str) else "",
        )
    return found


def _observation(
    name: str,
    content: Mapping[str, object],
    behaviours: Mapping[str, tuple[bool, str]],
    path: Path,
    digest: str,
) -> Recording:
    where = f"observation {name!r}"
    events, notes = _events(content, behaviours, path, where)
    bouts, pairing = pair_events(events)
    offset_s = _number(content.get("time offset") or 0, path, f"{where}, time offset")
    media, length_s = _media(content, offset_s, path, where)
    span = _span(content, offset_s, length_s, path, where)
    notes += pairing + check_bouts(bouts, span)
    if span is None:
        notes.append(end_not_known())
    variables = content.get("independent_variables")
    return Recording(
        id=name,
        format="boris",
        path=path,
        tracks=build_tracks(bouts),
        span=span,
        media=media,
        meta={
            "sha256": digest,
            "date": str(content.get("date") or ""),
            "description": str(content.get("description") or ""),
            "type": str(content.get("type") or ""),
            "time_offset_s": offset_s,
            "variables": {str(key): str(value) for key, value in variables.items()}
            if isinstance(variables, dict)
            else {},
        },
        notes=tuple(
            Note(note.code, note.message, note.where or where, note.count, note.level)
            for note in notes
        ),
    )


def _events(
    content: Mapping[str, object],
    behaviours: Mapping[str, tuple[bool, str]],
    path: Path,
    where: str,
) -> tuple[list[Event], list[Note]]:
    rows = content.get("events")
    if not isinstance(rows, list):
        raise ReadError("has no list of events.", path=path, where=where, found=type(rows).__name__)
    events: list[Event] = []
    unknown: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        place = f"{where}, event {number}"
        if not isinstance(row, PackedEvent) and (
            not isinstance(row, list) or len(row) < EVENT_FIELDS
        ):
            raise ReadError(
                "is not an event.",
                path=path,
                where=place,
                found=f"{len(row)} fields" if isinstance(row, list) else type(row).__name__,
                expected="time, subject, behaviour, modifiers, comment",
            )
        time_s = _number(row[0], path, f"{place}, time", text_allowed=False)
        subject, code, modifiers = (
            _text(value, path, f"{place}, {word}")
            for value, word in zip(row[1:4], ("subject", "behaviour", "modifiers"), strict=True)
        )
        if code not in behaviours:
            unknown[code] = unknown.get(code, 0) + 1
            continue
        point, category = behaviours[code]
        events.append(
            Event(
                time_s,
                clean_subject(subject),
                code.strip(),
                clean_modifiers(modifiers.split("|")),
                category,
                "POINT" if point else "TOGGLE",
            )
        )
    notes = [
        Note(
            "unknown_code",
            f"behaviour {code!r} is not in the ethogram, so nobody knows whether it is a state "
            f"or a point; its {count} event(s) were skipped.",
            count=count,
            level="warning",
        )
        for code, count in unknown.items()
    ]
    return events, notes


def _media(
    content: Mapping[str, object], offset_s: float, path: Path, where: str
) -> tuple[tuple[Mapping[str, object], ...], float | None]:
    """The media of all players, and the length in seconds of those queued in the first.

    ``origin_s`` is what has to be added to the recording's clock to get the media file's own.
    """
    players = content.get("file")
    info = content.get("media_info")
    info = info if isinstance(info, dict) else {}
    lengths, offsets = info.get("length"), info.get("offset")
    lengths = lengths if isinstance(lengths, dict) else {}
    offsets = offsets if isinstance(offsets, dict) else {}
    media: list[Mapping[str, object]] = []
    total_s: float | None = None
    if not isinstance(players, dict):  # live observations hold an empty list
        return (), None
    for player, files in players.items():
        if not isinstance(files, list):
            raise ReadError(f"player {player!r} has no list of files.", path=path, where=where)
        known_s: float | None = 0.0
        shift_s = _number(offsets.get(player) or 0, path, f"{where}, offset of player {player!r}")
        for file in files:
            name = _text(file, path, f"{where}, file of player {player!r}")
            if known_s is not None:
                media.append(
                    {
                        "name": name.replace("\\", "/").rsplit("/", 1)[-1],
                        "origin_s": -(offset_s + shift_s + known_s) + 0.0,
                    }
                )
            length = lengths.get(name)
            if length is None or known_s is None:
                known_s = None
            else:
                known_s += _number(length, path, f"{where}, length of {name!r}", least=0.0)
        if player == "1" and files:
            total_s = known_s
    return tuple(media), total_s


def _span(
    content: Mapping[str, object], offset_s: float, length_s: float | None, path: Path, where: str
) -> tuple[float, float] | None:
    """Start and end on the project's clock: the stated interval, else the media in player 1."""
    start_s = 0.0
    end_s = length_s
    interval = content.get("observation time interval")
    if isinstance(interval, list) and len(interval) == 2:
        first, last = (
            _number(value or 0, path, f"{where}, observation time interval") for value in interval
        )
        start_s = first
        end_s = last or length_s  # an end of 0 means "to the end of the media"
    if not end_s:
        return None
    if end_s < start_s:
        raise ReadError(
            "ends before it starts.",
            path=path,
            where=f"{where}, observation time interval",
            found=f"{start_s:g} to {end_s:g} s",
        )
    return (start_s + offset_s, end_s + offset_s)


def _mapping(value: object, path: Path, where: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ReadError(
            "is not what BORIS writes.",
            path=path,
            where=where,
            found="nothing" if value is None else type(value).__name__,
            expected="an object with named entries",
        )
    return value


def _text(value: object, path: Path, where: str) -> str:
    if not isinstance(value, str):
        raise ReadError(
            "is not what BORIS writes.",
            path=path,
            where=where,
            found=repr(value)[:60],
            expected="text",
        )
    return value


def _number(
    value: object, path: Path, where: str, *, text_allowed: bool = True, least: float = -MAX_SECONDS
) -> float:
    """``value`` as finite seconds. Settings may be stored as text, times of events may not."""
    number = math.nan
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value) if abs(value) <= MAX_SECONDS else math.inf
    elif text_allowed and isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            number = math.nan
    if not (math.isfinite(number) and least <= number <= MAX_SECONDS):
        raise ReadError(
            "is not a time.",
            path=path,
            where=where,
            found=repr(value)[:60],
            expected="a finite number of seconds",
        )
    return number


BORIS = register_reader(
    Format("boris", "BORIS project", (".boris", ".boris.gz"), sniff_boris, read_boris)
)
