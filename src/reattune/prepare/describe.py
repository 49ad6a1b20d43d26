"""What is in a file, before anybody has said what it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.intervals import Intervals
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.core.ticks import detect_tick
from reattune.prepare.gaps import close_gaps
from reattune.prepare.guess import guess_mapping
from reattune.prepare.words import is_free_text

_SHORT_HOLE_S = 0.1
_SHOWN_CODES = 10
_SHOWN_TRACKS = 30
_SHOWN_RECORDINGS = 3


@dataclass(frozen=True)
class TrackDescription:
    """One tier, class, category or column.

    Attributes
    ----------
    name, person, kind : str
    n : int
        Events or samples.
    codes : mapping of str to int
        The most frequent codes and how often each occurs.
    n_codes : int
        How many different ones there are.
    first_s, last_s : float
        First and last moment, on the file's clock.
    coded_s : float
        Seconds covered (for samples, with a value).
    tick_s : float
        Time base of the coding.
    short_holes, holes, overlaps : int
        Holes of at most 0.1 s between codes, longer ones, and codes that begin inside another.
    """

    name: str
    person: str
    kind: str
    n: int
    codes: dict[str, int]
    n_codes: int
    first_s: float
    last_s: float
    coded_s: float
    tick_s: float
    short_holes: int
    holes: int
    overlaps: int


@dataclass(frozen=True)
class RecordingDescription:
    """One observation: what it holds, what was odd, and what would be assumed of it."""

    id: str
    file: str
    format: str
    span_s: tuple[float, float]
    people: tuple[str, ...]
    tracks: tuple[TrackDescription, ...]
    media: tuple[str, ...]
    notes: tuple[Note, ...]
    guess: tuple[str, ...]
    problem: str

    def summary(self) -> str:
        """A few lines of text."""
        start, end = self.span_s
        lines = [f"{self.id}  ({self.format}, {start:g} to {end:g} s, {end - start:g} s)"]
        if self.people:
            lines.append(f"  people: {', '.join(self.people)}")
        if self.media:
            lines.append(f"  media: {', '.join(self.media)}")
        filled = [track for track in self.tracks if track.n]
        empty = len(self.tracks) - len(filled)
        lines += [line for track in filled[:_SHOWN_TRACKS] for line in _track_lines(track)]
        if len(filled) > _SHOWN_TRACKS:
            lines.append(f"  ... and {len(filled) - _SHOWN_TRACKS} more tracks")
        if empty:
            lines.append(f"  {empty} more without any entry")
        lines += [f"  {'warning: ' * (n.level == 'warning')}{n}" for n in self.notes]
        if self.guess:
            lines.append("  without a study file this would be assumed:")
            lines += [f"    {comment}" for comment in self.guess]
        if self.problem:
            lines.append(f"  without a study file it cannot be analysed: {self.problem}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Description:
    """What `reattune info` says of a file or a folder.

    Attributes
    ----------
    path : str
        Name of the file or folder.
    recordings : tuple of RecordingDescription
    failures : tuple of (str, str)
        File and why it could not be read.
    lines : tuple of str
        Anything else, e.g. the sessions of a study file.
    """

    path: str
    recordings: tuple[RecordingDescription, ...] = ()
    failures: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()

    def summary(self) -> str:
        """Text: the first observations in full, the others in one line each."""
        parts = [self.path, *self.lines]
        parts += [recording.summary() for recording in self.recordings[:_SHOWN_RECORDINGS]]
        rest = self.recordings[_SHOWN_RECORDINGS:]
        if rest:
            parts.append(f"and {len(rest)} more:")
            for one in rest[:200]:
                n = sum(track.n for track in one.tracks)
                length = one.span_s[1] - one.span_s[0]
                parts.append(f"  {one.id}: {len(one.tracks)} tracks, {n} entries, {length:g} s")
        parts += [f"not read: {message}" for _, message in self.failures]
        return "\n".join(parts)

    def to_dict(self) -> dict[str, object]:
        """JSON-safe content."""
        return {
            "path": self.path,
            "recordings": [
                {**asdict(one), "notes": [note.to_dict() for note in one.notes]}
                for one in self.recordings
            ],
            "failures": [{"file": file, "message": message} for file, message in self.failures],
            "lines": list(self.lines),
        }

    def __repr__(self) -> str:
        return self.summary()


def _track_lines(track: TrackDescription) -> list[str]:
    who = f" of {track.person}" if track.person else ""
    text = f"  {track.name}{who}: {track.n} {track.kind}"
    if track.kind != "points":
        text += f", {track.coded_s:g} s coded"
    text += f", {track.first_s:g} to {track.last_s:g} s, time base {track.tick_s:g} s"
    if track.short_holes or track.holes:
        text += f", holes: {track.short_holes} up to 0.1 s and {track.holes} longer"
    if track.overlaps:
        text += f", {track.overlaps} overlaps"
    codes = ", ".join(f"{code!r} {count}" for code, count in track.codes.items())
    more = f", ... {track.n_codes} different" if track.n_codes > len(track.codes) else ""
    if codes:
        return [text, f"      codes: {codes}{more}"]
    if track.n_codes and track.kind != "samples":
        return [text, "      what was said is not shown"]
    return [text]


def describe_track(track: Track) -> TrackDescription:
    """The figures of one track."""
    codes, n_codes = _count_codes(track)
    if track.kind == "samples":
        n = len(track)
        if track.values is not None:
            known = int(np.isfinite(track.values).sum())
        else:
            known = sum(1 for label in track.labels if label)
        first, last = track.start_s, track.start_s + n / track.rate_hz
        tick = 1 / track.rate_hz
        return TrackDescription(
            track.name,
            track.person,
            track.kind,
            n,
            codes,
            n_codes,
            first,
            last,
            known * tick,
            tick,
            0,
            0,
            0,
        )
    if not len(track):
        return TrackDescription(
            track.name, track.person, track.kind, 0, {}, 0, 0.0, 0.0, 0.0, 0.0, 0, 0, 0
        )
    histogram: dict[float, int] = {}
    overlaps = 0
    if track.kind == "intervals":
        histogram = close_gaps(track.starts, track.ends, max_gap_s=0.0).histogram
        overlaps = int((track.starts[1:] < track.ends[:-1] - 1e-6).sum())
    short = sum(n for hole, n in histogram.items() if hole <= _SHORT_HOLE_S + 1e-6)
    forwards = track.ends >= track.starts
    return TrackDescription(
        track.name,
        track.person,
        track.kind,
        len(track),
        codes,
        n_codes,
        float(track.starts.min()),
        float(track.ends.max()),
        Intervals(track.starts[forwards], track.ends[forwards]).total,
        track.tick_s or detect_tick(np.concatenate([track.starts, track.ends])),
        short,
        sum(histogram.values()) - short,
        overlaps,
    )


def _count_codes(track: Track) -> tuple[dict[str, int], int]:
    if is_free_text(track):
        return {}, len(track.codes)
    if track.values is not None:
        values, counts = np.unique(track.values[np.isfinite(track.values)], return_counts=True)
        if values.size > 50:
            return {}, int(values.size)
        every = {f"{v:g}": int(n) for v, n in zip(values, counts, strict=True)}
        every = dict(sorted(every.items(), key=lambda item: -item[1]))
    else:
        every = track.codes
    return dict(list(every.items())[:_SHOWN_CODES]), len(every)


def describe_recording(
    recording: Recording, partners: tuple[str, str] | None = None
) -> RecordingDescription:
    """What one observation holds, and what would be assumed of it without a study file."""
    guess: tuple[str, ...] = ()
    problem = ""
    try:
        _, guess = guess_mapping(recording, partners)
    except ReadError as error:
        problem = str(error).removeprefix(f"{recording.path.name}: ")
    return RecordingDescription(
        recording.id,
        recording.path.name,
        recording.format,
        recording.extent(),
        recording.people,
        tuple(describe_track(track) for track in recording.tracks),
        tuple(str(medium.get("name", "")) for medium in recording.media),
        recording.notes,
        guess,
        problem,
    )


def describe_recordings(
    name: str,
    recordings: Sequence[Recording],
    failures: Sequence[tuple[str, str]] = (),
    partners: tuple[str, str] | None = None,
) -> Description:
    """The description of a file or folder."""
    return Description(
        name,
        tuple(describe_recording(recording, partners) for recording in recordings),
        tuple(failures),
    )
