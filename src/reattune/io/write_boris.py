"""Making BORIS projects (.boris), format 7.0."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.boris_common import NO_SUBJECT, UNCATEGORISED
from reattune.io.fitting import (
    Made,
    as_events,
    finite,
    in_milliseconds,
    of_track,
    overlap_layers,
    plain_names,
    rows_of,
    unique_name,
)

_TARGET = "BORIS"
# BORIS needs a date; a real one would make equal inputs give different bytes.
_NO_DATE = "1970-01-01T00:00:00"
_NO_CODE = "no code"


@dataclass
class _Ethogram:
    """Behaviours in order of first use: name -> (category, is a point, modifiers)."""

    behaviours: dict[str, tuple[str, bool, dict[str, None]]] = field(default_factory=dict)
    names: dict[tuple[str, str, bool], str] = field(default_factory=dict)
    renamed: list[str] = field(default_factory=list)

    def name(self, label: str, category: str, point: bool) -> str:
        """The behaviour of a code; one code is of one kind and category in BORIS."""
        key = (label, category, point)
        if key not in self.names:
            wished = label or _NO_CODE
            if wished in self.behaviours:
                wished = f"{category}: {wished}" + (" (point)" if point else "")
                wished = unique_name(wished, self.behaviours)
            if wished != label:
                self.renamed.append(f"{label!r} of {category!r} is {wished!r}")
            self.names[key] = wished
            self.behaviours[wished] = (category, point, {})
        return self.names[key]


def make_boris(recordings: Sequence[Recording], *, name: str = "reattune") -> Made:
    """A BORIS project with an observation for each recording, and an ethogram of what they hold.

    A track becomes a behavioural category, its codes behaviours, its person the subject. States are
    stored as BORIS stores them, a key press at the start and one at the end; points once.
    ``track.meta["modifier_of"]``, one text per event, becomes a modifier. Media are named, with
    their offset; observations without media are live ones.

    Parameters
    ----------
    recordings : sequence of Recording
    name : str
        Of the project.

    Raises
    ------
    SettingError
        When nothing but measured values is there.
    """
    notes: list[Note] = []
    ethogram = _Ethogram()
    subjects: dict[str, None] = {}
    observations: dict[str, object] = {}
    for recording in recordings:
        tracks = in_milliseconds(
            finite(plain_names(as_events(recording.tracks, notes)), notes), _TARGET, notes
        )
        subjects.update(dict.fromkeys(t.person for t in tracks if t.person))
        events = [event for track in tracks for event in _events(track, ethogram, notes)]
        events.sort(key=lambda event: event[0])
        observations[unique_name(recording.id or "observation", observations)] = _observation(
            recording, [list(event) for event in events]
        )
        if any(len(track) == 0 for track in tracks):
            notes.append(Note("empty_tracks_lost", "tracks without any event are not kept."))
    if ethogram.renamed:
        words = "one code has one kind and category in BORIS: " + ", ".join(ethogram.renamed[:12])
        count = len(ethogram.renamed)
        more = ", ..." if count > 12 else "."
        notes.append(Note("codes_renamed", words + more, count=count, level="warning"))
    project = {
        "time_format": "hh:mm:ss",
        "project_date": _NO_DATE,
        "project_name": name,
        "project_description": "",
        "project_format_version": "7.0",
        "subjects_conf": {
            str(at): {"key": "", "name": subject, "description": ""}
            for at, subject in enumerate(subjects)
        },
        "behaviors_conf": {
            str(at): _behaviour(code, *kind)
            for at, (code, kind) in enumerate(ethogram.behaviours.items())
        },
        "behavioral_categories": sorted({c for c, _, _ in ethogram.behaviours.values() if c}),
        "independent_variables": {},
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
        "observations": observations,
    }
    text = json.dumps(project, indent=1, ensure_ascii=True, allow_nan=False) + "\n"
    return Made(text.encode("ascii"), tuple(notes))


def _events(
    track: Track, ethogram: _Ethogram, notes: list[Note]
) -> list[tuple[float, str, str, str, str]]:
    """Key presses of a track: (time, subject, behaviour, modifier, comment)."""
    point = track.kind == "points"
    category = "" if track.name == UNCATEGORISED else track.name.strip()
    subject = "" if track.person.casefold() == NO_SUBJECT else track.person
    modifiers = track.meta.get("modifier_of")
    told = modifiers if isinstance(modifiers, tuple) and len(modifiers) == len(track) else None
    if point:
        rows = []
        for at, (start, _, label) in enumerate(rows_of(track)):
            code = ethogram.name(label, category, True)
            modifier = str(told[at]) if told else ""
            if modifier:
                ethogram.behaviours[code][2].setdefault(modifier)
            rows.append((start, subject, code, modifier, ""))
        return rows
    by_label: dict[str, list[tuple[float, float, str]]] = {}
    for row in rows_of(track):
        by_label.setdefault(row[2], []).append(row)
    rows = []
    spread = 0
    for label, members in by_label.items():
        layers = overlap_layers(members)
        spread += sum(map(len, layers[1:]))
        for number, layer in enumerate(layers, start=1):
            written = label if number == 1 else f"{label} +{number}"
            code = ethogram.name(written, category, False)
            for start, end, _ in layer:
                rows += [(start, subject, code, "", ""), (end, subject, code, "", "")]
    if spread:
        words = (
            f"a behaviour cannot overlap itself in BORIS; {spread} state(s) were written as "
            "behaviours of their own, 'code +2' and so on."
        )
        notes.append(Note("overlaps_spread", words, of_track(track), spread, "warning"))
    return rows


def _behaviour(
    code: str, category: str, point: bool, modifiers: Mapping[str, None]
) -> dict[str, object]:
    choices = {"0": {"name": "who", "type": 0, "values": list(modifiers)}} if modifiers else {}
    return {
        "type": "Point event" if point else "State event",
        "key": "",
        "code": code,
        "description": "",
        "color": "",
        "category": category,
        "modifiers": choices,
        "excluded": "",
        "coding map": "",
    }


def _observation(recording: Recording, events: list[list[object]]) -> dict[str, object]:
    media = [(str(m.get("name", "")), m.get("origin_s", 0.0)) for m in recording.media]
    media = [(name, origin) for name, origin in media if name]
    files = {str(at): [name] for at, (name, _) in enumerate(media, start=1)}
    offsets = {
        str(at): 0.0 - origin if isinstance(origin, int | float) else 0.0
        for at, (_, origin) in enumerate(media, start=1)
    }
    span = recording.span
    known = span is not None and span[1] > span[0]
    variables = recording.meta.get("variables")
    return {
        "type": "MEDIA" if media else "LIVE",
        "date": str(recording.meta.get("date") or _NO_DATE)[:19],
        "description": str(recording.meta.get("description") or ""),
        "time offset": 0.0,
        "file": files if media else [],
        "media_info": {
            "length": {}, "fps": {}, "hasVideo": {}, "hasAudio": {}, "offset": offsets,
        },
        "observation time interval": list(span) if known and span is not None else [0, 0],
        "independent_variables": dict(variables) if isinstance(variables, Mapping) else {},
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "close_behaviors_between_videos": False,
        "scan_sampling_time": 0,
        "events": events,
    }  # fmt: skip
