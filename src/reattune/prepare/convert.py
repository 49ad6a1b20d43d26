"""One source of a mapping, applied to one recording: a stream on the file's clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import ReadError
from reattune.core.intervals import Intervals
from reattune.core.mapping import Source
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.core.streams import Events, Signal, States, Stream
from reattune.prepare.gaps import close_gaps
from reattune.prepare.recode import (
    UNCODABLE,
    UNKNOWN,
    Recoded,
    cut_and_merge,
    make_exclusive,
    recode,
)
from reattune.prepare.rows import Rows, drop_backwards, find_tracks, gather_rows, without_points


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
    coded, hidden = find_tracks(source, recording)
    if source.kind == "signal" or source.threshold is not None:
        return _from_numbers(source, recording, coded, where)
    notes: list[Note] = []
    if source.kind == "states":
        coded = without_points(coded, notes, where)
    rows = gather_rows(source, recording, coded, hidden)
    rows = drop_backwards(rows, notes, where, points=source.kind == "events")
    # What stands in a track of uncodable time is no code of the stream.
    pairs = zip(rows.labels, rows.uncodable, strict=True)
    told = recode(["" if cut else t for t, cut in pairs], source.codes, source.uncodable)
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
    rows: Rows,
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
    rows: Rows,
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
