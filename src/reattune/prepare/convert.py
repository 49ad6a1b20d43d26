"""One source of a mapping, applied to one recording: a stream on the file's clock."""

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
from reattune.core.streams import Events, Signal, States, Stream
from reattune.core.ticks import detect_tick
from reattune.prepare.gaps import close_gaps
from reattune.prepare.recode import (
    UNCODABLE,
    UNKNOWN,
    Recoded,
    cut_and_merge,
    make_exclusive,
    recode,
    run_lengths,
    sample_labels,
)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Converted:
    """A stream on the file's clock, what was found, and the rows as written.

    Attributes
    ----------
    stream : States, Events or Signal
    notes : tuple of Note
    rows : tuple of (str, float)
        Code and onset of every interval or point; empty for samples.
    """

    stream: Stream
    notes: tuple[Note, ...]
    rows: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, eq=False)
class _Rows:
    """Labelled rows of one source, sorted by start."""

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


def convert_source(
    source: Source,
    recording: Recording,
    span: tuple[float, float],
    *,
    max_gap_frames: float = 2.5,
    max_gap_s: float = 0.1,
) -> Converted:
    """The stream a source describes, in the recording's own seconds (with ``offset_s`` added).

    Parameters
    ----------
    source : Source
    recording : Recording
        The file that holds this partner.
    span : (float, float)
        When the recording was observed; used for events, which need to know it.
    max_gap_frames, max_gap_s : float
        Holes between codes of at most so many frames (and seconds) are filled.

    Raises
    ------
    ReadError
        When a track is missing, or is not what the source says it is.
    """
    where = f"{source.partner} {source.stream}"
    coded, hidden = _find_tracks(source, recording)
    if source.kind == "signal" or source.threshold is not None:
        return _from_numbers(source, recording, coded, where)
    notes: list[Note] = []
    if source.kind == "states":
        coded = _without_points(coded, notes, where)
    rows = _gather(source, recording, coded, hidden)
    rows = _drop_backwards(rows, notes, where, points=source.kind == "events")
    told = recode(rows.labels, source.codes, source.uncodable)
    _note_unknown(told, source, notes, where)
    cut = rows.uncodable | np.array([s == UNCODABLE for s in told.states], dtype=np.bool_)
    if source.kind == "events":
        stream: Stream = _events(source, rows, told, cut, span)
    else:
        gap_s = 0.0 if rows.sampled else min(max_gap_frames * rows.tick_s, max_gap_s)
        stream = _states(source, rows, told, cut, gap_s, notes, where)
    hidden_s = Intervals(rows.starts[cut], rows.ends[cut]).clip(*span).total
    if hidden_s:
        share = hidden_s / (span[1] - span[0])
        notes.append(
            Note(
                "uncodable",
                f"{hidden_s:g} s could not be coded ({share:.1%} of the recording).",
                where,
                int(cut.sum()),
                "warning" if share > 0.5 else "info",
            )
        )
    if not len(stream):
        notes.append(Note("stream_empty", "nothing was coded.", where, level="warning"))
    return Converted(stream, tuple(notes), rows.written)


def _find_tracks(
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


def _without_points(coded: tuple[Track, ...], notes: list[Note], where: str) -> tuple[Track, ...]:
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


def _gather(
    source: Source, recording: Recording, coded: Sequence[Track], hidden: Sequence[Track]
) -> _Rows:
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
    return _Rows(
        first[order] + source.offset_s,
        last[order] + source.offset_s,
        tuple(labels[i] for i in order),
        np.concatenate(cut)[order],
        tick or detect_tick(np.concatenate([first, last])),
        all(track.kind == "samples" for track in coded),
        observed,
    )


def _drop_backwards(rows: _Rows, notes: list[Note], where: str, *, points: bool) -> _Rows:
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
    return _Rows(
        rows.starts[keep],
        rows.ends[keep],
        tuple(t for t, kept in zip(rows.labels, keep, strict=True) if kept),
        rows.uncodable[keep],
        rows.tick_s,
        rows.sampled,
        rows.observed,
    )


def _note_unknown(told: Recoded, source: Source, notes: list[Note], where: str) -> None:
    if told.unknown:
        total = sum(told.unknown.values())
        shown = ", ".join(f"{code!r} ({n})" for code, n in list(told.unknown.items())[:8])
        known = ", ".join(repr(code) for code in source.codes or ())
        notes.append(
            Note(
                "undocumented_codes",
                f"{shown} {'is' if len(told.unknown) == 1 else 'are'} not among the codes named "
                f"({known}); that time counts as unobserved.",
                where,
                total,
                "warning",
            )
        )


def _states(
    source: Source,
    rows: _Rows,
    told: Recoded,
    cut: NDArray[np.bool_],
    gap_s: float,
    notes: list[Note],
    where: str,
) -> States:
    blank = np.array([s == "" for s in told.states], dtype=np.bool_) & ~cut
    if blank.any() and not rows.sampled and source.codes is None:
        notes.append(
            Note("empty_codes", f"{int(blank.sum())} rows hold no code.", where, int(blank.sum()))
        )
    closed = close_gaps(rows.starts, rows.ends, max_gap_s=gap_s)
    if closed.n_closed:
        lengths = [h for h in closed.histogram if h <= gap_s + 1e-6]
        span = f"{lengths[0]:g}" + (f" to {lengths[-1]:g}" if len(lengths) > 1 else "")
        notes.append(
            Note(
                "gaps_closed",
                f"{closed.n_closed} holes of {span} s between codes were filled by the event "
                f"before them ({closed.seconds_closed:g} s in all).",
                where,
                closed.n_closed,
            )
        )
    coded = ~cut & ~blank
    rows_in = [s for s, kept in zip(told.states, coded, strict=True) if kept]
    single = make_exclusive(rows.starts[coded], closed.ends[coded], rows_in)
    if single.duplicates:
        notes.append(
            Note(
                "duplicates",
                f"{single.duplicates} rows stood there twice and were counted once.",
                where,
                single.duplicates,
            )
        )
    if single.joined:
        notes.append(
            Note(
                "overlaps_joined",
                f"{single.joined} rows overlapped one of the same code and were joined with it.",
                where,
                single.joined,
            )
        )
    if single.overlaps:
        notes.append(
            Note(
                "overlaps",
                f"{single.overlaps} codes began while another one was on, the first at "
                f"{single.first_s:g} s of the file; the earlier code is taken to end there.",
                where,
                single.overlaps,
                "warning",
            )
        )
    unknown = np.array([s == UNKNOWN for s in single.states], dtype=np.bool_)
    hidden = Intervals(rows.starts[cut], closed.ends[cut]) | Intervals(
        single.starts[unknown], single.ends[unknown]
    )
    first, last, states = cut_and_merge(single.starts, single.ends, single.states, hidden)
    return States(source.partner, source.stream, first, last, states, rows.tick_s)


def _events(
    source: Source,
    rows: _Rows,
    told: Recoded,
    cut: NDArray[np.bool_],
    span: tuple[float, float],
) -> Events:
    unknown = np.array([s == UNKNOWN for s in told.states], dtype=np.bool_)
    # Without a code table an empty text is an event all the same (a bout on a bare tier).
    absent = np.array([s == "" for s in told.states], dtype=np.bool_) & (source.codes is not None)
    keep = ~(cut | unknown | absent)
    away = cut | unknown
    observed = Intervals([span[0]], [span[1]]) if rows.observed is None else rows.observed
    observed = observed - Intervals(rows.starts[away], rows.ends[away])
    return Events(
        source.partner,
        source.stream,
        rows.starts[keep],
        rows.ends[keep],
        [s for s, kept in zip(told.states, keep, strict=True) if kept],
        observed=observed,
        tick_s=rows.tick_s,
    )


def _from_numbers(
    source: Source, recording: Recording, tracks: Sequence[Track], where: str
) -> Converted:
    """A signal, or the bouts in which it reaches a threshold."""
    values = [track.values for track in tracks if track.values is not None]
    if len(tracks) != 1 or len(values) != 1:
        raise ReadError(
            f"cannot be taken as {'a signal' if source.kind == 'signal' else 'a threshold'}.",
            path=recording.path,
            where=where,
            found=", ".join(f"{t.kind} {t.name!r}" for t in tracks),
            expected="one column of numbers",
        )
    track = tracks[0]
    signal = Signal(
        source.partner,
        source.stream,
        values[0],
        source.fps or track.rate_hz,
        track.start_s + source.offset_s,
    )
    notes = []
    if not signal.observed:
        notes.append(Note("stream_empty", "no number in it.", where, level="warning"))
    stream: Stream = signal
    if source.threshold is not None:
        if source.kind != "events":
            raise ReadError(
                "a threshold makes events.",
                path=recording.path,
                where=where,
                found=f"kind = {source.kind!r}",
                expected='kind = "events"',
            )
        stream = signal.above(source.threshold)
    return Converted(stream, tuple(notes))
