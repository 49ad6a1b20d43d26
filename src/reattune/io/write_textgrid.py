"""Making Praat TextGrids."""

from __future__ import annotations

import re
from dataclasses import replace

from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.fitting import (
    Made,
    as_events,
    clean_texts,
    finite,
    from_zero,
    plain_names,
    points_as_intervals,
    rows_of,
    unique_name,
    without_overlaps,
)

_TARGET = "TextGrid"
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def make_textgrid(recording: Recording) -> Made:
    """A TextGrid (long form) with a tier for every track, named ``track@person``.

    Tracks of points become point tiers. Interval tiers are filled from end to end, so a code
    without text cannot be told from no code. Times are written in full.

    Raises
    ------
    SettingError
        When the recording holds nothing but measured values.
    """
    notes: list[Note] = []
    tracks = plain_names(as_events(recording.tracks, notes))
    tracks = clean_texts(tracks, _UNSEEN, "\ufffd", _TARGET, notes)
    tracks = from_zero(finite(tracks, notes), _TARGET, notes)
    fitted: list[Track] = []
    for track in tracks:
        if track.kind != "points":
            (track,) = points_as_intervals([track], _TARGET, notes)
        fitted += without_overlaps([track], _TARGET, notes)
    _tell(fitted, notes)
    low, high = _extent(recording, fitted)
    names: list[str] = []
    lines = [
        'File type = "ooTextFile"', 'Object class = "TextGrid"', "",
        f"xmin = {low!r}", f"xmax = {high!r}", "tiers? <exists>" if fitted else "tiers? <absent>",
    ]  # fmt: skip
    if fitted:
        lines += [f"size = {len(fitted)}", "item []:"]
    for number, track in enumerate(fitted, start=1):
        names.append(unique_name(_tier_name(track), names))
        lines += [f"    item [{number}]:", *_tier(track, names[-1], low, high)]
    return Made(("\n".join(lines) + "\n").encode("utf-8"), tuple(notes))


def _tier_name(track: Track) -> str:
    return f"{track.name}@{track.person}" if track.person else track.name


def _tell(tracks: list[Track], notes: list[Note]) -> None:
    people = {track.person for track in tracks if track.person}
    if people:
        words = "TextGrids have no field for the person; tiers are called track@person."
        notes.append(Note("person_in_name", words, count=len(people)))
    empty = sum(not label for t in tracks if t.kind != "points" for label in t.labels)
    if empty:
        words = f"{empty} interval(s) without a code cannot be told from time without an interval."
        notes.append(Note("empty_codes_lost", words, count=empty, level="warning"))


def _extent(recording: Recording, tracks: list[Track]) -> tuple[float, float]:
    low, high = recording.span or (0.0, 0.0)
    filled = [track for track in tracks if len(track)]
    low = min([max(low, 0.0), *(float(track.starts.min()) for track in filled)])
    high = max([high, low, *(float(track.ends.max()) for track in filled)])
    # Praat knows no time of no length.
    return low, high if high > low else low + 1.0


def _tier(track: Track, name: str, low: float, high: float) -> list[str]:
    points = track.kind == "points"
    rows = rows_of(track) if points else _filled(track, low, high)
    lines = [
        f"        class = {_quoted('TextTier' if points else 'IntervalTier')}",
        f"        name = {_quoted(name)}",
        f"        xmin = {low!r}",
        f"        xmax = {high!r}",
        f"        {'points' if points else 'intervals'}: size = {len(rows)}",
    ]
    for number, (start, end, label) in enumerate(rows, start=1):
        if points:
            lines += [f"        points [{number}]:", f"            number = {start!r}"]
            lines.append(f"            mark = {_quoted(label)}")
        else:
            lines += [f"        intervals [{number}]:", f"            xmin = {start!r}"]
            lines += [f"            xmax = {end!r}", f"            text = {_quoted(label)}"]
    return lines


def _filled(track: Track, low: float, high: float) -> list[tuple[float, float, str]]:
    """The intervals, and empty ones in the holes."""
    rows = []
    at = low
    for start, end, label in rows_of(replace(track, kind="intervals")):
        if start > at:
            rows.append((at, start, ""))
        rows.append((start, end, label))
        at = max(at, end)
    if high > at or not rows:
        rows.append((at, high, ""))
    return rows


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
