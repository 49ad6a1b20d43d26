"""Making GSEQ's sequential data files (SDIS), timed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.fitting import (
    Made,
    as_events,
    finite,
    from_zero,
    in_milliseconds,
    plain_names,
    rows_of,
    unique_name,
)

_TARGET = "SDIS"
_NOT_WORD = re.compile(r"\W+")
_NOT_LABEL = re.compile(r"[<>;/%\s]+")
_SIGNED = re.compile(r"(^|\W)([-+])(?=\d)")

Key = tuple[str, str, str]


def make_sdis(recordings: Sequence[Recording]) -> Made:
    """Timed sequential data, one session for each recording.

    A code is written ``Person_code,start-stop``, as BORIS does, a point ``Person_code,time``, and
    where the observation is known to begin and end, ``,start`` and ``,stop`` stand around the
    codes. Only letters, digits and underscores are left in codes.

    Raises
    ------
    SettingError
        When nothing but measured values is there.
    """
    notes: list[Note] = []
    sessions = []
    for recording in recordings:
        tracks = from_zero(
            finite(plain_names(as_events(recording.tracks, notes)), notes), _TARGET, notes
        )
        sessions.append((recording, in_milliseconds(tracks, _TARGET, notes)))
    words = _code_words([track for _, tracks in sessions for track in tracks], notes)
    people = dict.fromkeys(t.person for _, tracks in sessions for t in tracks if t.person)
    listed = ", ".join(_NOT_WORD.sub("_", person) for person in people)
    lines = [f"% Codes begin with the person: {listed} %"] if people else []
    lines.append("Timed <seconds>;")
    for recording, tracks in sessions:
        lines += ["", f"<{_NOT_LABEL.sub(' ', recording.id).strip()}>"]
        lines += _events(recording, tracks, words)
        lines.append("/")
    if any(len(track) == 0 for _, tracks in sessions for track in tracks):
        notes.append(Note("empty_tracks_lost", "tracks without any event are not kept."))
    return Made(("\n".join(lines) + "\n").encode("utf-8"), tuple(notes))


def _events(recording: Recording, tracks: list[Track], words: dict[Key, str]) -> list[str]:
    rows = sorted(
        (start, end, words[track.person, track.name, label], track.kind == "points")
        for track in tracks
        for start, end, label in rows_of(track)
    )
    lines = [
        f"{word},{start:.3f}" if point else f"{word},{start:.3f}-{end:.3f}"
        for start, end, word, point in rows
    ]
    if recording.span is not None and recording.span[1] > max(0.0, recording.span[0]):
        lines = [f",{max(0.0, recording.span[0]):.3f}", *lines, f",{recording.span[1]:.3f}"]
    return lines


def _code_words(tracks: Sequence[Track], notes: list[Note]) -> dict[Key, str]:
    """A word of its own for every person, track and code."""
    keys = dict.fromkeys((t.person, t.name, label) for t in tracks for label in t.labels)
    shared = Counter((person, label) for person, _, label in keys)
    found: dict[Key, str] = {}
    told = []
    for person, name, label in keys:
        parts = [person, name if shared[person, label] > 1 else "", label or "no_code"]
        wished = "_".join(_plain(part) for part in parts if part) or "code"
        found[person, name, label] = unique_name(wished, found.values(), "{name}_{number}")
        if found[person, name, label] != "_".join(part for part in (person, label) if part):
            told.append(f"{label!r} of {person or 'nobody'} is {found[person, name, label]}")
    if told:
        more = ", ..." if len(told) > 12 else ""
        words = "codes are one word in SDIS: " + ", ".join(told[:12]) + more + "."
        notes.append(Note("codes_renamed", words, count=len(told), level="warning"))
    if len({name for _, name, _ in keys}) > 1:
        words = "which track a code belongs to is not kept, only the person and the code."
        notes.append(Note("track_names_lost", words, level="warning"))
    return found


def _plain(text: str) -> str:
    """Letters, digits and underscores; a sign before a number becomes a word."""
    signed = _SIGNED.sub(lambda m: m[1] + ("minus" if m[2] == "-" else "plus"), text.strip())
    return _NOT_WORD.sub("_", signed).strip("_") or "x"
