"""GSEQ's sequential data files (SDIS): timed, state, interval and event sequences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.cells import peek_text, plain_stem
from reattune.io.coded import (
    Coded,
    coded_tracks,
    encoding_notes,
    end_not_known,
    words_option,
)
from reattune.io.columns import number_option
from reattune.io.register import Format, register_reader
from reattune.io.safe import decode, read_bytes, sha256
from reattune.io.sdis_sequences import MAX_INTERVALS, Sequence_, read_sequence
from reattune.io.sdis_text import Header, find_header, sessions, without_comments

# Track of codes that no declared set holds.
_UNDECLARED = "codes"
_NO_SUBJECT = "no focal subject"
# BORIS writes a point as an interval of this length.
_POINT_S = 0.001


@dataclass(frozen=True)
class _Place:
    """Whose code it is, on which track, and what is left of it as label."""

    person: str
    track: str
    label: str
    exclusive: bool


def read_sdis(path: Path, options: Mapping[str, object]) -> tuple[Recording, ...]:
    """One recording for every session in an SDIS file.

    A declared set of codes, ``($Baby = smile fuss)``, becomes a track of its name; without the
    option ``subjects`` the name is also the person. Codes written ``Subject_Behaviour``, as BORIS
    does, are split at the subjects that the option names; without them nobody can tell where a
    subject's name ends, and the person stays empty.

    Parameters
    ----------
    path : Path
    options : mapping
        ``subjects``: names of the subjects. ``interval_s``: length of an interval in interval
        data, when the file does not state it. ``fps``: for times in frames.

    Raises
    ------
    ReadError
        When the data type is not declared or not read, or no session holds a code.
    """
    path = Path(path)
    data = read_bytes(path)
    text, encoding = decode(data, path)
    by_boris = "BORIS" in text[:400]
    plain = without_comments(text, quotes=not by_boris)
    header = find_header(plain, path)
    interval_s = number_option(path, options, "interval_s") or header.interval_s
    if header.kind == "interval" and interval_s is None:
        raise ReadError(
            "does not say how long an interval is.",
            path=path,
            expected="'Interval=10;' in its first line, or the option interval_s (in seconds)",
        )
    fps = number_option(path, options, "fps")
    if header.unit == "frame" and fps is None:
        raise ReadError(
            "counts time in frames.", path=path, expected="the option fps (frames per second)"
        )
    subjects = words_option(options, "subjects")
    notes = (*header.notes, *encoding_notes(encoding))
    digest = sha256(data)
    recordings: list[Recording] = []
    used: Counter[str] = Counter()
    total = 0
    for session in sessions(plain[header.end :]):
        places = {
            code: _place(code, header, subjects, by_boris) for code in session.possible_codes()
        }
        groups = {code: (p.person, p.track, p.exclusive) for code, p in places.items()}
        sequence = read_sequence(session, header, interval_s or 1.0, fps, groups, path)
        total += len(sequence.events) if header.kind == "interval" else 0
        if total > MAX_INTERVALS:
            raise ReadError(
                "has too many intervals.", path=path, expected=f"at most {MAX_INTERVALS}"
            )
        name = session.label or plain_stem(path)
        used[name] += 1
        recordings.append(
            Recording(
                id=name if used[name] == 1 else f"{name}_{used[name]}",
                format="sdis",
                path=path,
                tracks=_tracks(sequence, places, header, interval_s, by_boris),
                span=sequence.span,
                meta={
                    "sha256": digest,
                    "data_type": header.kind,
                    "covariates": header.factors_of(session.factors),
                },
                notes=(
                    *sequence.notes,
                    *_notes(sequence, places, header, by_boris),
                    *notes,
                ),
            )
        )
    if not any(len(track) for recording in recordings for track in recording.tracks):
        raise ReadError(
            "holds no codes that could be read.",
            path=path,
            found=f"{header.kind} data, {len(recordings)} session(s)",
            expected="codes between the declaration and '/'",
        )
    return tuple(recordings)


# -- whose code ----------------------------------------------------------------------------


def _place(code: str, header: Header, subjects: Sequence[str], by_boris: bool) -> _Place:
    declared = header.set_of.get(code)
    if declared is not None:
        exclusive = declared in header.exclusive
        if not subjects:
            return _Place(declared, declared, code, exclusive)
        person, _ = _split(declared, subjects)
        if not person:
            person, _ = _split(code, subjects)
        return _Place(person, declared, code, exclusive)
    person, label = _split(code, (*subjects, *([_NO_SUBJECT] if by_boris else [])))
    if person == _NO_SUBJECT:
        person = ""
    return _Place(person, _UNDECLARED, label or code, False)


def _split(code: str, subjects: Sequence[str]) -> tuple[str, str]:
    """The subject a code begins with and what follows it; ("", code) when there is none."""
    for subject in sorted(subjects, key=len, reverse=True):
        # BORIS replaces these characters in the names it writes.
        written = subject
        for character in " -/":
            written = written.replace(character, "_")
        for name in (subject, written):
            if code.casefold() == name.casefold():
                return subject, ""
            if code.casefold().startswith(f"{name}_".casefold()):
                return subject, code[len(name) + 1 :]
    return "", code


# -- recordings ----------------------------------------------------------------------------


def _tracks(
    sequence: Sequence_,
    places: Mapping[str, _Place],
    header: Header,
    interval_s: float | None,
    by_boris: bool,
) -> tuple[Track, ...]:
    events: dict[tuple[str, str], list[Coded]] = {}
    for start_s, end_s, code in sequence.events:
        place = places[code]
        if by_boris and abs(end_s - start_s - _POINT_S) < 1e-9 * max(1.0, end_s):
            end_s = start_s
        key = (place.person, place.track)
        events.setdefault(key, []).append(Coded(start_s, end_s, place.label))
    tick_s = {"interval": interval_s, "event": 1.0}.get(header.kind)
    return tuple(
        track
        for (person, name), members in events.items()
        for track in coded_tracks(name, members, person=person, tick_s=tick_s)
    )


def _notes(
    sequence: Sequence_, places: Mapping[str, _Place], header: Header, by_boris: bool
) -> list[Note]:
    notes = []
    nobody = sorted({c for _, _, c in sequence.events if not places[c].person})
    if by_boris:
        nobody = [code for code in nobody if places[code].label == code]
    if nobody:
        shown = ", ".join(repr(code[:40]) for code in nobody[:6])
        notes.append(
            Note(
                "person_not_known",
                f"the file does not say whose {len(nobody)} code(s) are ({shown}); name the "
                "people in the option subjects, as the codes begin.",
                count=len(nobody),
                level="warning",
            )
        )
    points = sum(
        abs(end - start - _POINT_S) < 1e-9 * max(1.0, end) for start, end, _ in sequence.events
    )
    if by_boris and points:
        notes.append(
            Note(
                "points_restored",
                f"{points} code(s) of 0.001 s, which is how BORIS writes points here, were read "
                "as points.",
                count=points,
            )
        )
    if header.kind == "event":
        notes.append(
            Note(
                "no_times",
                "event data have an order but no times: each code was given one second, so "
                "durations, latencies and rates per second mean places in the sequence.",
                level="warning",
            )
        )
    elif sequence.span is None:
        notes.append(end_not_known())
    return notes


# -- recognising ---------------------------------------------------------------------------


def sniff_sdis(path: Path, head: bytes) -> bool:
    """Whether the text declares a type of sequential data and a semicolon ends the declaration."""
    text = peek_text(head)
    if text is None:
        return False
    try:
        plain = without_comments(text, quotes=True)
        header = find_header(plain, Path(path))
    except ReadError:
        return False
    rest = plain[header.end :]
    if rest[:1].strip() and rest[0] != "<":
        return False
    # A table between semicolons goes on with column names; sequences begin in the next line, or
    # end in the same one.
    same_line = rest.partition("\n")[0]
    return not same_line.strip() or "/" in same_line or same_line.lstrip().startswith("<")


register_reader(
    Format(
        name="sdis",
        title="GSEQ sequential data (SDIS)",
        suffixes=(".sds", ".txt"),
        sniff=sniff_sdis,
        read=read_sdis,
    )
)
