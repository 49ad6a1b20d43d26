"""From a recording of ratings to a session on the clock of meetings, with what was odd about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from reattune.core.errors import ReadError, SettingError, did_you_mean
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.core.session import Session
from reattune.core.streams import Signal
from reattune.courses.checks import check_days, check_ratings, find_opposed
from reattune.courses.course import reverse_ratings
from reattune.courses.instruments import Instrument, find_instrument

# What a recording knows of single meetings beside their ratings.
_BY_MEETING = ("days", "remarks", "marks")


def build_course_session(
    recording: Recording,
    *,
    partners: tuple[str, str] = ("patient", "therapist"),
    raters: Mapping[str, str] | None = None,
    scales: Sequence[str] | None = None,
    instrument: str | Instrument | None = None,
    scale: tuple[float, float] | None = None,
    reverse: Sequence[str] = (),
    session_id: str = "",
    meta: Mapping[str, object] | None = None,
) -> Session:
    """The course that a recording of ratings holds: a session whose clock counts meetings.

    Parameters
    ----------
    recording : Recording
        As the reader of rating tables makes it: a track of one sample per meeting for every score
        and rater. Meetings without a rating are nan and stay so.
    partners : (str, str)
        Role names. The session's second partner need not have rated anything.
    raters : mapping of partner to person, optional
        Who in the file is which partner; by default the one with the partner's name. Ratings
        without a rater belong to the first partner.
    scales : sequence of str, optional
        Scores to take; all by default.
    instrument : str or Instrument, optional
        The form: range and direction.
    scale : (float, float), optional
        Lowest and highest possible rating, where there is no instrument (or another range).
    reverse : sequence of str
        Scores to turn round (lowest + highest - value), because lower is better in them.
    session_id : str
        The recording's id when not given.
    meta : mapping, optional
        Outcome and other covariates, beside those of the file.

    Returns
    -------
    Session
        Times are meeting numbers: meeting m holds in ``[m, m + 1)``. ``meta["scale"]`` is the range
        where it is known. ``notes`` hold what `check_ratings` found.

    Raises
    ------
    ReadError
        When the recording is no course, nobody in it is a partner, or a score is not there.
    SettingError
        For an unknown instrument.
    """
    if recording.meta.get("clock") != "meeting":
        raise ReadError(
            "is no table of ratings by meeting.",
            path=recording.path,
            found=f"a recording of format {recording.format!r}",
            expected="a course: one rating per meeting",
        )
    form = find_instrument(instrument) if isinstance(instrument, str) else instrument
    ends = scale or (form.scale if form else None)
    notes: list[Note] = list(recording.notes)
    if form is not None and not form.verified:
        notes.append(Note("instrument_unverified", f"{form.describe()}.", recording.id))
    tracks = _choose(recording, partners, raters, scales, notes)
    known = list(dict.fromkeys(track.name for _, track in tracks))
    turned = set(reverse)
    if form is not None and form.direction == "lower_better":
        turned |= set(known)
    for name in sorted(turned - set(known)):
        raise ReadError(
            f"has no score {name!r} to turn round." + did_you_mean(name, known),
            path=recording.path,
        )
    if turned and ends is None:
        raise ReadError(
            "cannot turn ratings round without the ends of their scale.",
            path=recording.path,
            expected="scale=(lowest, highest) or an instrument",
        )
    start, end = recording.extent()
    streams: list[Signal] = []
    for partner, track in tracks:
        values = np.asarray(track.values, dtype=np.float64)
        where = f"{recording.id}: {partner} {track.name}"
        if track.name in turned and ends is not None:
            values = reverse_ratings(values, *ends)
            told = f"turned round as {ends[0]:g} + {ends[1]:g} minus the rating."
            notes.append(Note("scale_reversed", told, where, int(np.isfinite(values).sum())))
        notes += check_ratings(values, ends, where=where, first_meeting=round(track.start_s))
        streams.append(Signal(partner, track.name, values, track.rate_hz, track.start_s))
    notes += find_opposed(streams, recording.id)
    notes += check_days(recording.meta.get("days"), recording.id)
    covariates = recording.meta.get("covariates")
    origin: dict[str, object] = dict(covariates) if isinstance(covariates, Mapping) else {}
    origin |= {
        "format": recording.format,
        "source": recording.path.name,
        "sha256": str(recording.meta.get("sha256", "")),
        "partners": list(partners),
        **(meta or {}),
        "clock_origin_s": 0.0,
    }
    if ends is not None:
        origin["scale"] = (float(ends[0]), float(ends[1]))
    origin |= {key: recording.meta[key] for key in _BY_MEETING if key in recording.meta}
    try:
        return Session(
            session_id or recording.id,
            partners,
            (float(start), float(end)),
            tuple(streams),
            dyad=recording.id,
            clock="meeting",
            meta=origin,
            notes=tuple(notes),
        )
    except SettingError as error:
        raise ReadError(str(error), path=recording.path) from error


def _choose(
    recording: Recording,
    partners: tuple[str, str],
    raters: Mapping[str, str] | None,
    scales: Sequence[str] | None,
    notes: list[Note],
) -> list[tuple[str, Track]]:
    """Partner and track of every series taken; who is left out is said."""
    for partner in raters or {}:
        if partner not in partners:
            raise ReadError(
                f"raters names {partner!r}, who is no partner." + did_you_mean(partner, partners),
                path=recording.path,
            )
    who = {person.strip().casefold(): partner for partner, person in (raters or {}).items()}
    if raters is None:
        who = {partner.casefold(): partner for partner in partners} | {"": partners[0]}
    names = [track.name for track in recording.tracks]
    for name in scales or ():
        if name not in names:
            raise ReadError(
                f"has no score {name!r}." + did_you_mean(name, names), path=recording.path
            )
    wanted = [t for t in recording.tracks if scales is None or t.name in scales]
    taken: list[tuple[str, Track]] = []
    others: dict[str, None] = {}
    for track in wanted:
        if track.kind != "samples" or track.values is None or track.rate_hz != 1.0:
            raise ReadError(
                f"{track.name!r} is no series with one rating per meeting.", path=recording.path
            )
        partner = who.get(track.person.strip().casefold(), "")
        if not partner:
            others[track.person] = None
        else:
            taken.append((partner, track))
    if not taken:
        raise ReadError(
            "has no ratings by a partner.",
            path=recording.path,
            found="ratings by " + (", ".join(repr(p) for p in recording.people) or "nobody named"),
            expected=f"{partners[0]!r} or {partners[1]!r}, or raters={{partner: rater}}",
        )
    if others:
        told = f"ratings by {', '.join(repr(o) for o in others)} belong to no partner: left out."
        notes.append(Note("raters_left_out", told, recording.id, len(others), "warning"))
    if raters is None and any(not track.person.strip() for _, track in taken):
        told = f"the table does not say who rated; taken as ratings by the {partners[0]}."
        notes.append(Note("rater_not_named", told, recording.id))
    return taken
