"""Guessing a mapping: two people, their streams, uncodable tracks, phases. Never the last word."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.mapping import Mapping, PhaseSource, Source, SourceKind
from reattune.core.recording import Recording, Track
from reattune.prepare.people import Owned, choose_people, find_owners
from reattune.prepare.recode import tidy_code
from reattune.prepare.words import (
    PHASE_TRACKS,
    UNCODABLE_CODES,
    UNCODABLE_TRACK,
    guess_valence,
    is_free_text,
    split_name,
)

# More numbers or codes than this are measured values or free text.
_MAX_STATE_NUMBERS = 12
_MAX_CODES = 24
DEFAULT_STREAM = "state"


def guess_mapping(
    recording: Recording, partners: tuple[str, str] | None = None
) -> tuple[Mapping, tuple[str, ...]]:
    """A mapping that fits the names in a recording, and what was assumed for it.

    The two people are found by participant, subject, or by words in tier and column names
    ("Infant Affect", "affect_mom", "p_looking" beside "t_looking"); what is left of a name is the
    stream. Tracks named after problems or uncodable time cut their person's streams. Codes are
    taken as they stand.

    Parameters
    ----------
    recording : Recording
    partners : (str, str), optional
        Names for the two people, in order. Words for the same role are recognised, so
        ``("infant", "caregiver")`` finds a mother and her baby.

    Returns
    -------
    mapping : Mapping
    comments : tuple of str
        One sentence for each thing that was assumed or left out.

    Raises
    ------
    ReadError
        When there are not exactly two people and ``partners`` does not say which.
    """
    owners = find_owners(_without_empty(recording))
    chosen = choose_people(owners, partners, recording)
    comments: list[str] = []
    sources: list[Source] = []
    named = partners or _two(tuple(chosen.values()), recording)
    people = {partner: person for person, partner in chosen.items()}
    own = {p: [o for o in owners if o.person == people[p]] for p in named}
    streams = {partner: _group(own[partner]) for partner in named}
    # A stream is of one kind for both, even if one of them showed a single code only.
    kinds = {
        stream: guess_kind([t for grouped in streams.values() for t in grouped.get(stream, ())])
        for grouped in streams.values()
        for stream in grouped
    }
    for partner in named:
        hidden = tuple(o.track.name for o in own[partner] if is_uncodable_track(o.track))
        for stream, tracks in streams[partner].items():
            source = _make_source(partner, stream, tracks, kinds[stream], hidden, recording)
            sources.append(source)
            comments.append(_describe(source))
    phase_track = _phase_track(owners)
    if phase_track:
        comments.append(f"phases are taken from {phase_track!r}.")
    used = {n for s in sources for n in (*s.tracks, *s.uncodable_tracks)} | {phase_track}
    rest = [o.track.name for o in owners if o.track.name not in used]
    if rest:
        shown = ", ".join(repr(name) for name in rest[:12])
        comments.append(f"not used: {shown}{', ...' if len(rest) > 12 else ''}.")
    if not sources:
        raise ReadError("holds no code of either partner.", path=recording.path)
    return Mapping(named, tuple(sources), PhaseSource(track=phase_track)), tuple(comments)


def _two(names: tuple[str, ...], recording: Recording) -> tuple[str, str]:
    if len(set(names)) != 2:
        raise ReadError("has two people of one name.", path=recording.path, found=", ".join(names))
    return (names[0], names[1])


def _without_empty(recording: Recording) -> Recording:
    """The recording without tracks that hold nothing (templates leave many)."""
    return Recording(
        recording.id,
        recording.format,
        recording.path,
        tuple(track for track in recording.tracks if len(track)),
        recording.span,
    )


def _phase_track(owners: Sequence[Owned]) -> str:
    for owned in owners:
        words = split_name(owned.track.name)
        if not owned.person and owned.track.kind == "intervals" and PHASE_TRACKS & set(words):
            return owned.track.name
    return ""


def _group(own: Sequence[Owned]) -> dict[str, list[Track]]:
    """Stream name -> tracks of one person."""
    streams: dict[str, list[Track]] = {}
    for owned in own:
        if not is_uncodable_track(owned.track):
            streams.setdefault(owned.rest or DEFAULT_STREAM, []).append(owned.track)
    return streams


def _make_source(
    partner: str,
    stream: str,
    tracks: Sequence[Track],
    kind: SourceKind,
    hidden: Sequence[str],
    recording: Recording,
) -> Source:
    names = tuple(dict.fromkeys(track.name for track in tracks))
    owners = {track.person for track in recording.tracks if track.name in names}
    return Source(
        partner,
        stream,
        names,
        tracks[0].person if len(owners) > 1 else "",
        kind,
        uncodable=guess_uncodable(tracks) if kind == "states" else (),
        uncodable_tracks=() if kind == "signal" else tuple(dict.fromkeys(hidden)),
    )


def _describe(source: Source) -> str:
    """What was assumed, in one sentence."""
    text = f"{source.partner} {source.stream} is taken as {source.kind} from "
    text += ", ".join(repr(name) for name in source.tracks)
    text += f" of {source.person!r}" if source.person else ""
    if source.uncodable_tracks:
        named = ", ".join(repr(name) for name in source.uncodable_tracks)
        text += f", without the time in {named}"
    if source.uncodable:
        text += f"; {', '.join(repr(c) for c in source.uncodable)} counts as uncodable"
    return f"{text}."


def is_uncodable_track(track: Track) -> bool:
    """Whether the name says that its intervals are problems or could not be coded."""
    return UNCODABLE_TRACK.search(track.name) is not None


def guess_kind(tracks: Sequence[Track]) -> SourceKind:
    """The kind that fits all of ``tracks``.

    "states" for exclusive codes, "events" for bouts and free text, "signal" for measured values.
    """
    if any(track.kind == "samples" for track in tracks):
        values = [track.values for track in tracks if track.values is not None]
        if not values:
            return "states"
        known = np.unique(np.concatenate(values))
        known = known[np.isfinite(known)]
        whole = bool((known == np.round(known)).all())
        return "states" if whole and known.size <= _MAX_STATE_NUMBERS else "signal"
    if any(is_free_text(track) for track in tracks):
        return "events"
    rows = [track for track in tracks if track.kind == "intervals"]
    codes = {tidy_code(label) for track in rows for label in track.codes}
    n = sum(len(track) for track in rows)
    if len(codes) < 2 or (len(codes) > _MAX_CODES and len(codes) > n / 3):
        return "events"
    crossing = sum(int((t.starts[1:] < t.ends[:-1] - 1e-6).sum()) for t in rows)
    return "events" if crossing > 0.2 * n else "states"


def guess_uncodable(tracks: Sequence[Track]) -> tuple[str, ...]:
    """The codes in use that by convention mean "could not be coded"."""
    return tuple(
        code
        for code in list_codes(tracks)
        if code.casefold().replace(" ", "_").replace("-", "_") in UNCODABLE_CODES
        or code in UNCODABLE_CODES
    )


def list_codes(tracks: Sequence[Track]) -> list[str]:
    """The codes in use: numbers by value, then words by alphabet."""
    codes: set[str] = set()
    for track in tracks:
        if track.values is not None:
            values = np.unique(track.values[np.isfinite(track.values)])
            codes |= {tidy_code(f"{v:g}") for v in values}
        else:
            codes |= {tidy_code(label) for label in track.codes}
    return sorted(codes - {""}, key=_by_value)


def _by_value(code: str) -> tuple[int, float, str]:
    try:
        return (0, float(code), code)
    except ValueError:
        return (1, 0.0, code)


def guess_codes(first: Sequence[str], second: Sequence[str]) -> tuple[dict[str, str], ...]:
    """For two partners' codes of one stream: code -> valence for each, or empty for each.

    Numbers without a sign ("0", "1", "2") are read as valence only beside a partner whose codes
    are clearly valence.
    """
    one, two = guess_valence(list(first)), guess_valence(list(second))
    if one and not two:
        two = guess_valence(list(second), signed=True)
    elif two and not one:
        one = guess_valence(list(first), signed=True)
    if one and two and {"1", "-1"} & ({*one.values()} | {*two.values()}):
        return one, two
    return {}, {}
