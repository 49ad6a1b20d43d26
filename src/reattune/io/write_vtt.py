"""Making WebVTT files: codes as cues, for players and subtitle editors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.io.fitting import (
    Made,
    as_events,
    clean_texts,
    finite,
    from_zero,
    in_milliseconds,
    points_as_intervals,
)

_TARGET = "WebVTT"
# What ends a cue or cannot be shown; a line break would hide what follows from some players.
_BREAKS = re.compile("[\x00-\x1f\x7f\u2028\u2029\x85\ud800-\udfff]+")

Cue = tuple[float, float, str, str]


def make_vtt(recording: Recording) -> Made:
    """A WebVTT file with a cue for every event, the person as its voice, sorted by time.

    Raises
    ------
    SettingError
        When the recording holds nothing but measured values.
    """
    notes: list[Note] = []
    tracks = as_events(recording.tracks, notes)
    tracks = clean_texts(tracks, _BREAKS, " ", _TARGET, notes)
    tracks = from_zero(finite(tracks, notes), _TARGET, notes)
    tracks = points_as_intervals(in_milliseconds(tracks, _TARGET, notes), _TARGET, notes)
    names = {track.name for track in tracks}
    if len(names) > 1:
        words = f"cues do not say which of {len(names)} tracks they belong to."
        notes.append(Note("track_names_lost", words, count=len(names), level="warning"))
    empty = sum(not label.strip() for track in tracks for label in track.labels)
    if empty:
        words = f"{empty} event(s) without a code are cues without text, which programs drop."
        notes.append(Note("empty_codes_lost", words, count=empty, level="warning"))
    cues = [
        (start, end, track.person, label)
        for track in tracks
        for start, end, label in zip(
            track.starts.tolist(), track.ends.tolist(), track.labels, strict=True
        )
    ]
    return Made(cues_as_bytes(cues), tuple(notes))


def cues_as_bytes(cues: Iterable[Cue], *, numbered: bool = False, header: str = "") -> bytes:
    """WebVTT of ``(start_s, end_s, person, text)``, sorted by time.

    Parameters
    ----------
    cues : iterable of tuple
    numbered : bool, default False
        Whether cues carry their number.
    header : str, optional
        Words behind ``WEBVTT``, shown by no player.
    """
    ordered: Sequence[Cue] = sorted(cues, key=lambda cue: cue[:2])
    blocks = [f"WEBVTT {header}".rstrip()]
    for number, (start, end, person, text) in enumerate(ordered, start=1):
        voice = f"<v {_escape(' '.join(person.split()))}>" if person.strip() else ""
        lines = [str(number)] if numbered else []
        lines += [f"{clock(start)} --> {clock(end)}", f"{voice}{_escape(text)}"]
        blocks.append("\n".join(lines))
    return ("\n\n".join(blocks) + "\n").encode("utf-8")


def clock(seconds: float) -> str:
    """``hh:mm:ss.mmm``.

    Examples
    --------
    >>> clock(3723.5)
    '01:02:03.500'
    """
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
