"""What the readers of coded files share: timed codes, the rows left out, tracks, notes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from reattune.core.notes import Note
from reattune.core.recording import Track
from reattune.io.columns import LARGEST_TIME_S

# What can be wrong with a pair of times, and what the note says of it.
TIME_FAULTS = {
    "rows_without_time": "have a time that is missing or not readable",
    "rows_not_finite": "have a time that is not finite",
    "rows_negative": "have a time before 0",
    "rows_reversed": "end before they start",
}


@dataclass(frozen=True)
class Coded:
    """One code with its time in seconds; ``end_s == start_s`` is a point."""

    start_s: float
    end_s: float
    code: str


@dataclass
class Skipped:
    """Rows that were left out, by reason, with the place of the first one."""

    what: str = "row(s)"
    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, reason: str, place: str) -> None:
        """One more row left out for this reason."""
        self.counts[reason] = self.counts.get(reason, 0) + 1
        self.first.setdefault(reason, place)

    def notes(self, words: Mapping[str, str] = TIME_FAULTS) -> tuple[Note, ...]:
        """One warning for every reason, in the order of ``words``."""
        return tuple(
            Note(
                reason,
                f"{self.counts[reason]} {self.what} {text} and were skipped "
                f"(first at {self.first[reason]}).",
                count=self.counts[reason],
                level="warning",
            )
            for reason, text in words.items()
            if reason in self.counts
        )


def time_fault(start_s: float | None, end_s: float | None) -> str:
    """The key of `TIME_FAULTS` that says why these times are no interval; "" when they are.

    Examples
    --------
    >>> time_fault(2.0, 1.0), time_fault(1.0, 1.0)
    ('rows_reversed', '')
    """
    if start_s is None or end_s is None or math.isnan(start_s) or math.isnan(end_s):
        return "rows_without_time"
    if max(abs(start_s), abs(end_s)) > LARGEST_TIME_S:
        return "rows_not_finite"
    if start_s < 0 or end_s < 0:
        return "rows_negative"
    return "rows_reversed" if end_s < start_s else ""


def coded_tracks(
    name: str,
    events: Iterable[Coded],
    *,
    person: str = "",
    tick_s: float | None = None,
    meta: Mapping[str, object] | None = None,
) -> tuple[Track, ...]:
    """A track of intervals and, where some have no length, one of points with the same name.

    A track without any event is one of intervals: that it is there says it was coded for.
    """
    ordered = sorted(events, key=lambda event: (event.start_s, event.end_s))
    points = [event for event in ordered if event.end_s == event.start_s]
    longer = [event for event in ordered if event.end_s > event.start_s]
    tracks = []
    if longer or not points:
        tracks.append(_track(name, "intervals", longer, person, tick_s, meta))
    if points:
        tracks.append(_track(name, "points", points, person, tick_s, meta))
    return tuple(tracks)


def _track(
    name: str,
    kind: str,
    events: Sequence[Coded],
    person: str,
    tick_s: float | None,
    meta: Mapping[str, object] | None,
) -> Track:
    return Track(
        name,
        "points" if kind == "points" else "intervals",
        np.array([event.start_s for event in events], dtype=np.float64),
        np.array([event.end_s for event in events], dtype=np.float64),
        tuple(event.code for event in events),
        person=person,
        tick_s=tick_s,
        meta=meta or {},
    )


def rows_read(read: int, there: int, what: str = "row(s)") -> Note:
    """The note on how much was read."""
    return Note("rows_read", f"{read} of {there} {what} were read.", count=read)


def end_not_known() -> Note:
    """The note on a file that does not say when the observation ended."""
    return Note(
        "end_not_known",
        "the file does not say when the observation began and ended; time before the first and "
        "after the last code is unknown, so say where it ends if you can.",
        level="warning",
    )


def encoding_notes(encoding: str) -> tuple[Note, ...]:
    """A warning when the text had to be read as Windows-1252."""
    if encoding != "cp1252":
        return ()
    return (
        Note(
            "encoding_assumed",
            "The text is not UTF-8; it was read as Windows-1252. Check letters such as ä or é.",
            level="warning",
        ),
    )


def words_option(options: Mapping[str, object], key: str) -> tuple[str, ...]:
    """An option that is one word or a list of words, as stripped words; empty when not given."""
    given = options.get(key)
    if given is None:
        return ()
    several = given if isinstance(given, list | tuple) else [given]
    return tuple(word for word in (str(item).strip() for item in several) if word)
