"""The tracks of one source as one sequence of labelled rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import MissingStreamError, ReadError, did_you_mean
from reattune.core.intervals import Intervals
from reattune.core.mapping import Source
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.core.ticks import detect_tick
from reattune.prepare.recode import run_lengths, sample_labels

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rows:
    """Labelled rows of one source, sorted by start.

    Attributes
    ----------
    starts, ends : float array, shape (n,)
        Seconds on the file's clock, with the source's offset.
    labels : tuple of str
    uncodable : bool array, shape (n,)
        Rows of tracks that are uncodable time throughout.
    tick_s : float
        Time base of the coding.
    sampled : bool
        Whether all codes come from samples.
    observed : Intervals or None
        For samples taken as events: when there was a sample.
    """

    starts: FloatArray
    ends: FloatArray
    labels: tuple[str, ...]
    uncodable: NDArray[np.bool_]
    tick_s: float
    sampled: bool
    observed: Intervals | None = None

    @property
    def written(self) -> tuple[tuple[str, float], ...]:
        """Code and onset of every row that was no sample and not in an uncodable track."""
        if self.sampled:
            return ()
        rows = zip(self.labels, self.starts.tolist(), self.uncodable, strict=True)
        return tuple((text, start) for text, start, cut in rows if text and not cut)


def find_tracks(
    source: Source, recording: Recording
) -> tuple[tuple[Track, ...], tuple[Track, ...]]:
    """The tracks with codes and those with uncodable time."""
    person = source.person or None
    where = f"{source.partner} {source.stream}"
    try:
        hidden = tuple(t for n in source.uncodable_tracks for t in recording.find(n, person))
        if source.tracks:
            return tuple(t for n in source.tracks for t in recording.find(n, person)), hidden
    except MissingStreamError as error:
        told = str(error).removeprefix(f"{recording.path.name}: ")
        raise ReadError(told, path=recording.path, where=where) from error
    wanted = source.person.strip().casefold()
    coded = tuple(t for t in recording.tracks if t.person.strip().casefold() == wanted)
    if not coded or not wanted:
        raise ReadError(
            f"person {source.person!r} not found." + did_you_mean(source.person, recording.people),
            path=recording.path,
            where=where,
        )
    return tuple(t for t in coded if t not in hidden), hidden


def without_points(coded: tuple[Track, ...], notes: list[Note], where: str) -> tuple[Track, ...]:
    """The tracks without those of single moments, where others of that name have a duration."""
    points = [track for track in coded if track.kind == "points"]
    if not points or len(points) == len(coded):
        return coded
    total = sum(len(track) for track in points)
    named = ", ".join(repr(code) for track in points for code in track.codes)
    notes.append(
        Note(
            "points_left_out",
            f"{total} single moments ({named}) have no duration and are no states; they are "
            "left out.",
            where,
            total,
            "warning",
        )
    )
    return tuple(track for track in coded if track.kind != "points")


def gather_rows(
    source: Source, recording: Recording, coded: Sequence[Track], hidden: Sequence[Track]
) -> Rows:
    """All rows of the tracks as one sequence."""
    starts, ends, cut = [], [], []
    labels: list[str] = []
    observed: Intervals | None = None
    for track in (*coded, *hidden):
        uncodable = track in hidden
        if track.kind == "points" and (uncodable or source.kind == "states"):
            raise ReadError(
                "holds single moments, and a state needs a duration.",
                path=recording.path,
                where=f"track {track.name!r}",
                expected='tracks with start and end; or kind = "events"',
            )
        if track.kind == "samples":
            rate = source.fps or track.rate_hz
            texts = sample_labels(track.values, track.labels, track.name)
            if uncodable:
                texts = ["uncodable" if text not in ("", "0") else "" for text in texts]
            elif source.kind == "events":
                # An empty cell is a moment nobody looked at; a 0 is a moment without the event.
                seen = run_lengths(["seen" if text else "" for text in texts], rate, track.start_s)
                observed = Intervals(seen[0], seen[1]).shift(source.offset_s) | (
                    observed or Intervals()
                )
                if source.codes is None:
                    texts = ["" if text == "0" else text for text in texts]
            first, last, runs = run_lengths(texts, rate, track.start_s)
        else:
            first, last, runs = track.starts, track.ends, [t.strip() for t in track.labels]
        starts.append(first)
        ends.append(last)
        labels += runs
        cut.append(np.full(len(runs), uncodable))
    first, last = np.concatenate(starts), np.concatenate(ends)
    order = np.argsort(first, kind="stable")
    stated = [1 / t.rate_hz if t.kind == "samples" else t.tick_s for t in coded]
    known = [tick for tick in stated if tick]
    tick = 1 / source.fps if source.fps else min(known, default=0.0)
    return Rows(
        first[order] + source.offset_s,
        last[order] + source.offset_s,
        tuple(labels[i] for i in order),
        np.concatenate(cut)[order],
        tick or detect_tick(np.concatenate([first, last])),
        all(track.kind == "samples" for track in coded),
        observed,
    )


def drop_backwards(rows: Rows, notes: list[Note], where: str, *, points: bool) -> Rows:
    """Rows that end before they start are left out, and said; those of no length as well."""
    backwards = rows.ends < rows.starts
    empty = (rows.ends == rows.starts) & (not points)
    if backwards.any():
        first = float(rows.starts[backwards][0])
        notes.append(
            Note(
                "time_backwards",
                f"{int(backwards.sum())} rows end before they start and are left out; "
                f"the first starts at {first:g} s.",
                where,
                int(backwards.sum()),
                "warning",
            )
        )
    if empty.any():
        notes.append(
            Note(
                "zero_length",
                f"{int(empty.sum())} rows have no duration and are left out.",
                where,
                int(empty.sum()),
            )
        )
    keep = ~(backwards | empty)
    if keep.all():
        return rows
    return Rows(
        rows.starts[keep],
        rows.ends[keep],
        tuple(t for t, kept in zip(rows.labels, keep, strict=True) if kept),
        rows.uncodable[keep],
        rows.tick_s,
        rows.sampled,
        rows.observed,
    )
