"""Turns of talk: from what a transcript holds to tracks, and what is said of those left out."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.columns import LARGEST_TIME_S
from reattune.io.safe import decode

# A day of talk has some 30,000 turns; more than this is no transcript.
MAX_TURNS = 2_000_000
# More speakers than this says that something else was taken for a name.
MAX_SPEAKERS = 10_000
# Hours of talk with a time for every word are a tenth of it.
MAX_BYTES = 64 * 1024 * 1024

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Turn(NamedTuple):
    """One stretch of talk.

    Attributes
    ----------
    person : str
        Speaker as written; empty when the file does not say.
    start_s, end_s : float
    text : str
    extra : mapping or None
        What else stands with it, by name.
    """

    person: str
    start_s: float
    end_s: float
    text: str
    extra: Mapping[str, str] | None = None


@dataclass
class Skipped:
    """Counts of what was left out of a file, by reason, with the first place of each."""

    what: str
    found: dict[str, tuple[str, int, str]] = field(default_factory=dict)

    def add(self, code: str, reason: str, place: str) -> None:
        """Count one; ``reason`` follows the words "3 cue(s) "."""
        words, count, first = self.found.get(code, (reason, 0, place))
        self.found[code] = (words, count + 1, first)

    def notes(self) -> tuple[Note, ...]:
        """One warning for each reason."""
        return tuple(
            Note(
                code,
                f"{count} {self.what}(s) {words}; skipped (first at {first}).",
                count=count,
                level="warning",
            )
            for code, (words, count, first) in self.found.items()
        )

    def refuse(self, path: Path, expected: str) -> ReadError:
        """The error for a file of which nothing is left; it tells why."""
        told = " ".join(note.message for note in self.notes())
        return ReadError(
            f"holds no {self.what} that could be read. {told}".strip(), path=path, expected=expected
        )

    def accepts(self, start_s: float, end_s: float, place: str) -> bool:
        """Whether these are times of a turn; counts it when they are not."""
        if not (math.isfinite(start_s) and math.isfinite(end_s)):
            self.add("times_not_finite", "have a time that is not finite", place)
        elif start_s < 0 or end_s < 0:
            self.add("times_negative", "have a time before 0", place)
        elif max(start_s, end_s) > LARGEST_TIME_S:
            self.add("times_too_large", "have a time beyond three thousand years", place)
        elif end_s < start_s:
            self.add("times_reversed", "end before they start", place)
        else:
            return True
        return False


def decode_text(data: bytes, path: Path) -> tuple[str, tuple[Note, ...]]:
    """Text with plain line ends, and a note when its encoding was assumed.

    Raises
    ------
    ReadError
        When it is not text.
    """
    text, encoding = decode(data, path)
    if "\x00" in text:
        raise ReadError("is not a text file (it holds NUL characters).", path=path)
    notes: tuple[Note, ...] = ()
    if encoding == "cp1252":
        notes = (
            Note(
                "encoding_assumed",
                "The text is not UTF-8; it was read as Windows-1252. Check letters such as ä or é.",
                level="warning",
            ),
        )
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes


def clean(text: str) -> str:
    """Text without outer blanks and without half characters, which no file could hold."""
    return _LONE_SURROGATE.sub("\ufffd", text.strip())


def too_many(path: Path, what: str, count: int, limit: int = MAX_TURNS) -> None:
    """Refuse absurd numbers before anything is built from them.

    Raises
    ------
    ReadError
        When ``count`` is above ``limit``.
    """
    if count > limit:
        raise ReadError(
            f"holds too many {what}.", path=path, found=str(count), expected=f"at most {limit}"
        )


def turn_tracks(
    turns: Iterable[Turn],
    name: str = "utterances",
    *,
    path: Path,
    meta: Mapping[str, Mapping[str, object]] | None = None,
) -> tuple[Track, ...]:
    """One track of intervals per speaker, in order of first appearance, sorted by time.

    Parameters
    ----------
    turns : iterable of Turn
        With sound times (see `Skipped.accepts`).
    name : str
        Name of every track.
    path : Path
        For messages.
    meta : mapping, optional
        Speaker -> what the track's ``meta`` should hold. What stands with single turns is added
        as tuples, one text for each.

    Raises
    ------
    ReadError
        When there are absurdly many speakers.
    """
    people: dict[str, list[Turn]] = {}
    for turn in turns:
        people.setdefault(turn.person, []).append(turn)
    too_many(path, "speakers", len(people), MAX_SPEAKERS)
    tracks = []
    for person, own in people.items():
        own.sort(key=lambda turn: (turn.start_s, turn.end_s))
        keys = dict.fromkeys(key for turn in own if turn.extra for key in turn.extra)
        extra = {key: tuple((turn.extra or {}).get(key, "") for turn in own) for key in keys}
        tracks.append(
            Track(
                name,
                "intervals",
                # Adding 0 makes the -0.0 of some programs a plain 0.
                np.array([turn.start_s for turn in own], dtype=np.float64) + 0.0,
                np.array([turn.end_s for turn in own], dtype=np.float64) + 0.0,
                tuple(turn.text for turn in own),
                person=person,
                meta={**(meta or {}).get(person, {}), **extra},
            )
        )
    return tuple(tracks)


def order_notes(turns: Iterable[Turn]) -> tuple[Note, ...]:
    """A note when the file's order is not that of time."""
    starts = np.array([turn.start_s for turn in turns], dtype=np.float64)
    back = int((np.diff(starts) < 0).sum())
    if not back:
        return ()
    return (backwards_note(back),)


def backwards_note(count: int) -> Note:
    """That time runs backwards ``count`` times in the file's order."""
    return Note(
        "time_backwards",
        f"Time runs backwards {count} time(s) from one turn to the next; "
        "the turns were put in order of time.",
        count=count,
        level="warning",
    )


def overlap_notes(tracks: Iterable[Track]) -> tuple[Note, ...]:
    """A note per track in which an interval starts before an earlier one has ended."""
    notes = []
    for track in tracks:
        if track.kind != "intervals" or len(track) < 2:
            continue
        latest = np.maximum.accumulate(track.ends)[:-1]
        count = int((track.starts[1:] < latest).sum())
        if count:
            who = f" of {track.person!r}" if track.person else ""
            notes.append(
                Note(
                    "overlap",
                    f"{count} interval(s) start before an earlier one of the same track ends.",
                    where=f"track {track.name!r}{who}",
                    count=count,
                    level="warning",
                )
            )
    return tuple(notes)


def unnamed_note(tracks: Iterable[Track]) -> tuple[Note, ...]:
    """A note on turns nobody is named for."""
    count = sum(len(track) for track in tracks if not track.person)
    if not count:
        return ()
    return (
        Note(
            "speaker_unknown",
            f"{count} turn(s) do not say who speaks; they are a track of nobody.",
            count=count,
            level="warning",
        ),
    )


def recording(
    name: str,
    format_: str,
    path: Path,
    digest: str,
    tracks: tuple[Track, ...],
    notes: Iterable[Note],
    *,
    span: tuple[float, float] | None = None,
    media: tuple[Mapping[str, object], ...] = (),
    **meta: object,
) -> Recording:
    """A recording of talk: the notes given, then those on overlaps."""
    return Recording(
        id=name,
        format=format_,
        path=path,
        tracks=tracks,
        span=span,
        media=media,
        meta={"sha256": digest, **meta},
        notes=(*notes, *overlap_notes(tracks)),
    )
