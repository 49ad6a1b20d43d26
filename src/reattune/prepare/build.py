"""Recordings and a mapping make a session."""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

from reattune.core.errors import ReadError, SettingError
from reattune.core.mapping import Mapping, Source
from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.core.session import Phase, Session
from reattune.core.streams import Signal, Stream
from reattune.prepare.convert import Converted, convert_source
from reattune.prepare.phases import find_phases, fit_phases
from reattune.prepare.suspicions import find_identical, find_same_counts


def build_session(
    recordings: Sequence[Recording],
    mapping: Mapping,
    *,
    session_id: str,
    dyad: str = "",
    phases: Sequence[Phase] = (),
    window: tuple[float | None, float | None] = (None, None),
    meta: MappingABC[str, object] | None = None,
) -> Session:
    """The session that a mapping makes of one recording, or of two with one partner each.

    Parameters
    ----------
    recordings : sequence of Recording
        Of one meeting. With several, ``Source.file`` (a pattern of the file's name, or of the end
        of its path) says which one holds which partner.
    mapping : Mapping
    session_id, dyad : str
        The dyad is the session when not given.
    phases : sequence of Phase
        On the file's clock; they replace those of the mapping.
    window : (float or None, float or None)
        Start and end of what is analysed, on the file's clock; the recording's own by default.
    meta : mapping, optional
        Covariates and whatever else should travel with the session.

    Returns
    -------
    Session
        Its clock starts at 0; ``meta["clock_origin_s"]`` is where that is on the file's clock.
        ``notes`` hold everything that was odd or decided on the way.

    Raises
    ------
    ReadError
        When a partner, a track or a file is missing, or phases overlap.
    """
    if not recordings:
        raise ReadError(f"session {session_id!r} has no file.")
    if not mapping.sources:
        raise ReadError(f"session {session_id!r}: no stream is named for it.")
    chosen = [(source, _choose(source, recordings)) for source in mapping.sources]
    span = _span(recordings, chosen, window)
    converted = [
        convert_source(
            source,
            recording,
            _own_span(source, recording, span),
            max_gap_frames=mapping.max_gap_frames,
            max_gap_s=mapping.max_gap_s,
        )
        for source, recording in chosen
    ]
    notes = _reading_notes(recordings)
    streams: list[Stream] = []
    for result in converted:
        notes += result.notes
        streams.append(_inside(result.stream, span, notes, told=window == (None, None)))
    try:
        found = tuple(phases) or find_phases(mapping.phases, recordings)
        fitted, phase_notes = fit_phases(found, span)
        session = Session(
            session_id,
            mapping.partners,
            span,
            tuple(streams),
            dyad,
            fitted,
            meta={**_origin(recordings), **(meta or {}), "clock_origin_s": span[0]},
        ).shift(-span[0])
    except SettingError as error:
        raise ReadError(str(error), path=recordings[0].path) from error
    notes += phase_notes
    notes += _same_counts(mapping, converted)
    notes += find_identical(session)
    return session.with_notes(*notes)


def _choose(source: Source, recordings: Sequence[Recording]) -> Recording:
    """The recording a source is taken from."""
    if not source.file:
        if len(recordings) == 1:
            return recordings[0]
        raise ReadError(
            f"{source.partner} {source.stream}: there are several files and none is named.",
            found=", ".join(r.path.name for r in recordings),
            expected='file = "a pattern of the file name" for each partner',
        )
    pattern = source.file
    for recording in recordings:
        name, path = recording.path.name, recording.path.as_posix()
        tail = (fnmatch(path, p) for p in (pattern, f"*/{pattern}"))
        if pattern in (name, path) or fnmatch(name, pattern) or any(tail):
            return recording
    raise ReadError(
        f"{source.partner} {source.stream}: no file fits {pattern!r}.",
        found=", ".join(r.path.name for r in recordings),
    )


def _span(
    recordings: Sequence[Recording],
    chosen: Sequence[tuple[Source, Recording]],
    window: tuple[float | None, float | None],
) -> tuple[float, float]:
    """When the session was observed, on the file's clock."""
    first, last = [], []
    for source, recording in chosen:
        start, end = recording.extent()
        named = {name.strip().casefold() for name in source.tracks}
        for track in recording.tracks:
            # A frame rate from the study file stretches the samples that use it.
            if track.kind == "samples" and source.fps and track.name.strip().casefold() in named:
                end = track.start_s + len(track) / source.fps
        first.append(start + source.offset_s)
        last.append(end + source.offset_s)
    start = min(first) if window[0] is None else window[0]
    end = max(last) if window[1] is None else window[1]
    if not end > start:
        raise ReadError(
            "holds no time to analyse.",
            path=recordings[0].path,
            found=f"start {start:g} s, end {end:g} s",
        )
    return start, end


def _own_span(
    source: Source, recording: Recording, span: tuple[float, float]
) -> tuple[float, float]:
    """The part of the session that this partner's file covers."""
    start, end = recording.extent()
    start, end = max(start + source.offset_s, span[0]), min(end + source.offset_s, span[1])
    return (start, end) if end > start else span


def _inside(stream: Stream, span: tuple[float, float], notes: list[Note], *, told: bool) -> Stream:
    """The part of a stream inside the session; what lies outside is said."""
    if isinstance(stream, Signal):
        first, last = stream.start_s, stream.start_s + len(stream) / stream.rate_hz
        slack = stream.tick_s
    elif len(stream):
        first, last, slack = float(stream.starts.min()), float(stream.ends.max()), 1e-6
    else:
        return stream
    if first >= span[0] - slack and last <= span[1] + slack and not isinstance(stream, Signal):
        return stream
    if told and (first < span[0] - slack or last > span[1] + slack):
        notes.append(
            Note(
                "outside_recording",
                f"coded from {first:g} to {last:g} s, but the recording runs from {span[0]:g} to "
                f"{span[1]:g} s; what lies outside is left out.",
                f"{stream.partner} {stream.name}",
                level="warning",
            )
        )
    return stream.clip(*span)


def _origin(recordings: Sequence[Recording]) -> dict[str, object]:
    """Where the data come from: never more of a path than the file's name."""
    known = dict.fromkeys(str(r.meta.get("sha256", "")) for r in recordings)
    media = [dict(m) for r in recordings for m in r.media]
    origin: dict[str, object] = {}
    for recording in recordings:
        covariates = recording.meta.get("covariates")
        if isinstance(covariates, MappingABC):
            origin.update({str(key): value for key, value in covariates.items()})
    origin |= {
        "format": ", ".join(dict.fromkeys(r.format for r in recordings)),
        "source": ", ".join(dict.fromkeys(name_files([r.path for r in recordings]))),
        "sha256": ", ".join(known),
    }
    if media:
        origin["media"] = media
    return origin


def _reading_notes(recordings: Sequence[Recording]) -> list[Note]:
    """What the readers found; with the file's name in front when there are several."""
    if len(recordings) == 1:
        return list(recordings[0].notes)
    labels = name_files([recording.path for recording in recordings])
    return [
        replace(note, where=", ".join(part for part in (label, note.where) if part))
        for recording, label in zip(recordings, labels, strict=True)
        for note in recording.notes
    ]


def name_files(paths: Sequence[Path]) -> list[str]:
    """The names of files; with their folder where two have one name."""
    names = [path.name for path in paths]
    return [
        f"{path.parent.name}/{path.name}" if names.count(path.name) > 1 else path.name
        for path in paths
    ]


def _same_counts(mapping: Mapping, converted: Sequence[Converted]) -> list[Note]:
    notes = []
    one, two = mapping.partners
    for name in dict.fromkeys(source.stream for source in mapping.sources):
        rows = {c.stream.partner: c.rows for c in converted if c.stream.name == name}
        if one in rows and two in rows:
            note = find_same_counts(name, rows[one], rows[two], mapping.partners)
            notes += [note] if note else []
    return notes
