"""Making ELAN files of whole recordings, whatever they hold."""

from __future__ import annotations

import re

from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.io.fitting import (
    Made,
    as_events,
    clean_texts,
    finite,
    from_zero,
    in_milliseconds,
    of_track,
    points_as_intervals,
    without_overlaps,
)
from reattune.io.write import make_eaf_bytes, tier_names

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TARGET = "ELAN"


def make_eaf(recording: Recording) -> Made:
    """An ELAN file with a tier for every track, the person as its participant.

    Times are rounded to milliseconds, points become annotations of 1 ms, events that overlap in
    one track are spread over several tiers, and what lies before 0 s is left out; each with a note.

    Raises
    ------
    SettingError
        When the recording holds nothing but measured values.
    """
    notes: list[Note] = []
    tracks = as_events(recording.tracks, notes)
    tracks = clean_texts(tracks, NOT_XML, "\ufffd", _TARGET, notes)
    tracks = from_zero(finite(tracks, notes), _TARGET, notes)
    tracks = in_milliseconds(tracks, _TARGET, notes)
    tracks = without_overlaps(points_as_intervals(tracks, _TARGET, notes), _TARGET, notes)
    for track, name in zip(tracks, tier_names(tracks), strict=True):
        if name != track.name:
            words = f"two tiers cannot have one name; this one is called {name!r}."
            notes.append(Note("tier_renamed", words, of_track(track)))
    data = make_eaf_bytes(tracks, media=recording.media, own_slots=True)
    return Made(data, tuple(notes))
