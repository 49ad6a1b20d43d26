"""Phases: play, still-face, reunion; or the segments of a therapy hour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Literal

from reattune.core.errors import ReadError
from reattune.core.mapping import PhaseSource
from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.core.session import Phase, Session, is_imposed

TimeFormat = Literal["clock", "mm:ss:ff"]


def parse_time(value: object, time_format: TimeFormat = "clock") -> float:
    """Seconds from a number, ``mm:ss`` or ``hh:mm:ss`` (the last part may have decimals).

    Parameters
    ----------
    value : object
        E.g. ``95``, ``"95.2"``, ``"1:35"``, ``"0:01:35.2"``.
    time_format : {"clock", "mm:ss:ff"}
        ``"mm:ss:ff"`` is for editors that write minutes, seconds and frames; the third part is
        then dropped, because its unit is not known.

    Raises
    ------
    ReadError
        When it is none of these.

    Examples
    --------
    >>> parse_time("2:05.5"), parse_time("1:00:00"), parse_time("2:09:10", "mm:ss:ff")
    (125.5, 3600.0, 129.0)
    """
    text = str(value).strip()
    parts = text.split(":")
    try:
        if not text or len(parts) > 3:
            raise ValueError
        numbers = [float(part) for part in parts]
        if any(n < 0 or n != n or n == float("inf") for n in numbers):
            raise ValueError
        if any(n >= 60 for n in numbers[1:]):
            raise ValueError
    except ValueError:
        raise ReadError(
            "is not a time.", found=repr(text), expected="seconds, mm:ss or hh:mm:ss"
        ) from None
    if time_format == "mm:ss:ff" and len(numbers) == 3:
        numbers = numbers[:2]
    seconds = 0.0
    for number in numbers:
        seconds = seconds * 60 + number
    return seconds


def make_phase(label: str, start: object, end: object, imposed: Iterable[str] = ()) -> Phase:
    """One phase from two times; imposed when its name is still-face or among ``imposed``.

    Raises
    ------
    ReadError
        When the end is not after the start.
    """
    first, last = parse_time(start), parse_time(end)
    if last <= first:
        raise ReadError(
            f"phase {label!r} ends at or before its start.", found=f"{first:g} to {last:g} s"
        )
    named = {name.strip().casefold() for name in imposed}
    return Phase(label, first, last, is_imposed(label) or label.strip().casefold() in named)


def find_phases(source: PhaseSource, recordings: Sequence[Recording]) -> tuple[Phase, ...]:
    """The phases of one session on the file's clock: the fixed times, or a track's intervals.

    A label that occurs twice gets a number ("play", "play_2").

    Raises
    ------
    ReadError
        When the track is in none of the recordings.
    """
    if not source.track:
        return tuple(
            replace(p, imposed=p.imposed or is_imposed(p.label) or p.label in source.imposed)
            for p in source.times
        )
    wanted = source.track.strip().casefold()
    for recording in recordings:
        tracks = [t for t in recording.tracks if t.name.strip().casefold() == wanted]
        if tracks and tracks[0].kind == "intervals":
            break
    else:
        names = sorted({t.name for r in recordings for t in r.tracks})
        raise ReadError(
            f"no track {source.track!r} of intervals to take the phases from.",
            path=recordings[0].path if recordings else None,
            found=", ".join(repr(n) for n in names[:12]),
        )
    phases: list[Phase] = []
    seen: dict[str, int] = {}
    rows = sorted(zip(tracks[0].starts, tracks[0].ends, tracks[0].labels, strict=True))
    for start, end, text in rows:
        label = text.strip()
        if source.labels:
            if label not in source.labels:
                continue
            label = source.labels[label]
        if not label or end <= start:
            continue
        seen[label] = seen.get(label, 0) + 1
        imposed = is_imposed(label) or label in source.imposed
        name = label if seen[label] == 1 else f"{label}_{seen[label]}"
        phases.append(Phase(name, float(start), float(end), imposed))
    return tuple(phases)


def phases_from_row(
    row: Mapping[str, object], source: PhaseSource, time_format: TimeFormat = "clock"
) -> tuple[Phase, ...]:
    """The phases whose start and end stand in columns of one row of the sessions table.

    A phase with an empty cell is left out (it did not take place in that session).

    Raises
    ------
    ReadError
        When a column is missing or a cell is no time.
    """
    phases = []
    for label, columns in source.columns.items():
        times: list[float] = []
        for column in columns:
            if column not in row:
                raise ReadError(
                    f"phase {label!r} needs a column {column!r}.",
                    found=", ".join(repr(c) for c in row),
                )
            cell = row[column]
            if cell is None or str(cell).strip() in ("", "nan"):
                break
            times.append(parse_time(cell, time_format))
        if len(times) == 2:
            phases.append(make_phase(label, times[0], times[1], source.imposed))
    return tuple(phases)


def fit_phases(
    phases: Iterable[Phase], span: tuple[float, float]
) -> tuple[tuple[Phase, ...], tuple[Note, ...]]:
    """The phases sorted and cut to the recording, and a note for each that did not fit.

    Raises
    ------
    ReadError
        When two phases overlap.
    """
    kept: list[Phase] = []
    notes: list[Note] = []
    for phase in sorted(phases, key=lambda p: (p.start, p.end)):
        start, end = max(phase.start, span[0]), min(phase.end, span[1])
        outside = phase.duration - max(end - start, 0.0)
        if outside > 1e-6:
            fate = "is left out" if end <= start else f"is cut to {end - start:g} s"
            notes.append(
                Note(
                    "phase_outside",
                    f"the phase lies {outside:g} s outside the recording and {fate}.",
                    f"phase {phase.label}",
                    level="warning",
                )
            )
        if end <= start:
            continue
        if kept and start < kept[-1].end - 1e-9:
            raise ReadError(
                f"phases {kept[-1].label!r} and {phase.label!r} overlap.",
                found=f"{kept[-1].end - start:g} s in both",
                expected="phases one after the other",
            )
        kept.append(replace(phase, start=start, end=end))
    return tuple(kept), tuple(notes)


def clip(session: Session, start: float, end: float) -> Session:
    """The part of a session inside ``[start, end)``, on the same clock.

    Parameters
    ----------
    session : Session
    start, end : float
        Seconds (meetings in a course).
    """
    phases = (
        replace(p, start=max(p.start, start), end=min(p.end, end))
        for p in session.phases
        if p.end > start and p.start < end
    )
    return replace(
        session,
        span=(start, end),
        streams=tuple(stream.clip(start, end) for stream in session.streams),
        phases=tuple(phases),
        cuts=tuple(c for c in session.cuts if start < c < end),
    )


def note_short_phases(sessions: Sequence[Session]) -> tuple[Session, ...]:
    """The sessions, with a warning on each phase shorter than half of its median in the study."""
    lengths: dict[str, list[float]] = {}
    for session in sessions:
        for phase in session.phases:
            lengths.setdefault(phase.label, []).append(phase.duration)
    usual = {label: median(values) for label, values in lengths.items() if len(values) > 2}
    noted = []
    for session in sessions:
        notes = [
            Note(
                "phase_short",
                f"lasts {p.duration:g} s; {usual[p.label]:g} s is the median of the study. "
                "What was cut short counts as censored.",
                f"phase {p.label}",
                level="warning",
            )
            for p in session.phases
            if p.label in usual and p.duration < usual[p.label] / 2
        ]
        noted.append(session.with_notes(*notes) if notes else session)
    return tuple(noted)
