"""What the two BORIS readers share: events, the pairing of states, tracks, notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from reattune.core.notes import Note
from reattune.core.recording import Track

NO_SUBJECT = "no focal subject"
UNCATEGORISED = "behaviours"
# About three centuries: live observations may carry clock times (seconds since 1970).
MAX_SECONDS = 1e10
# BORIS holds times to the millisecond; half of one is rounding, not time outside.
_SLACK_S = 0.0005

Status = Literal["TOGGLE", "START", "STOP", "POINT"]


@dataclass(frozen=True, slots=True)
class Event:
    """One key press as BORIS stores it. ``TOGGLE`` starts or stops a state, whichever is due."""

    time_s: float
    subject: str
    code: str
    modifiers: tuple[str, ...]
    category: str
    status: Status


@dataclass(frozen=True, slots=True)
class Bout:
    """One finished behaviour: a state with start and end, or a point with end = start."""

    start_s: float
    end_s: float
    subject: str
    code: str
    modifiers: tuple[str, ...]
    category: str
    point: bool


def clean_subject(text: str) -> str:
    """The subject's name; empty where BORIS says "No focal subject"."""
    name = text.strip()
    return "" if name.casefold() == NO_SUBJECT else name


def clean_modifiers(parts: Iterable[str]) -> tuple[str, ...]:
    """The chosen modifiers, one per set, "" where none was chosen; trailing empty ones dropped."""
    kept = ["" if part.strip() == "None" else part.strip() for part in parts]
    while kept and not kept[-1]:
        kept.pop()
    return tuple(kept)


def pair_events(events: Sequence[Event]) -> tuple[list[Bout], list[Note]]:
    """Finished behaviours in time order, and a note for every state that could not be paired.

    States are paired over subject, behaviour and modifiers after sorting by time: BORIS itself
    stores key presses, not starts and stops, so the second press of a key ends what the first
    began. A press without its partner is dropped.
    """
    ordered = sorted(events, key=lambda event: event.time_s)
    notes = []
    backwards = sum(b.time_s < a.time_s for a, b in pairwise(events))
    if backwards:
        notes.append(
            Note(
                "time_backwards",
                f"{backwards} event(s) are stored after a later one; all were sorted by time.",
                count=backwards,
            )
        )
    open_: dict[tuple[str, str, tuple[str, ...]], Event] = {}
    bouts: list[Bout] = []
    for event in ordered:
        if event.status == "POINT":
            bouts.append(_bout(event, event, point=True))
            continue
        key = (event.subject, event.code, event.modifiers)
        began = open_.pop(key, None)
        if event.status == "START" or (event.status == "TOGGLE" and began is None):
            if began is not None:
                notes.append(_unpaired(began, "start without a stop"))
            open_[key] = event
        elif began is None:
            notes.append(_unpaired(event, "stop without a start"))
        else:
            bouts.append(_bout(began, event, point=False))
    notes.extend(_unpaired(event, "start without a stop") for event in open_.values())
    bouts.sort(key=lambda bout: bout.start_s)
    return bouts, notes


def _bout(first: Event, last: Event, *, point: bool) -> Bout:
    return Bout(
        first.time_s,
        last.time_s,
        first.subject,
        first.code,
        first.modifiers,
        first.category,
        point,
    )


def _unpaired(event: Event, what: str) -> Note:
    with_ = "|".join(part or "None" for part in event.modifiers)
    return Note(
        "unpaired_state",
        f"state {event.code!r}{f' ({with_})' if with_ else ''} of "
        f"{event.subject or 'no focal subject'} at {event.time_s:.3f} s is a {what}; it was "
        "dropped. One missed key press turns round every later state of that behaviour, so check "
        "it in BORIS.",
        count=1,
        level="warning",
    )


def build_tracks(bouts: Sequence[Bout]) -> tuple[Track, ...]:
    """One track per subject, behavioural category and kind, in order of first appearance.

    States become tracks of intervals, point events tracks of points with the same name. Labels
    are behaviour codes; the modifiers coded with them are counted in ``meta["modifiers"]``.
    """
    groups: dict[tuple[str, str, bool], list[Bout]] = {}
    for bout in bouts:
        name = bout.category or UNCATEGORISED
        groups.setdefault((bout.subject, name, bout.point), []).append(bout)
    tracks = []
    for (subject, name, point), members in groups.items():
        members.sort(key=lambda bout: (bout.start_s, bout.end_s))
        counts: dict[str, int] = {}
        for bout in members:
            words = "|".join(part or "None" for part in bout.modifiers)
            if words:
                counts[words] = counts.get(words, 0) + 1
        tracks.append(
            Track(
                name,
                "points" if point else "intervals",
                np.array([bout.start_s for bout in members]),
                np.array([bout.end_s for bout in members]),
                tuple(bout.code for bout in members),
                person=subject,
                meta={"modifiers": counts} if counts else {},
            )
        )
    return tuple(tracks)


def check_bouts(bouts: Sequence[Bout], span: tuple[float, float] | None) -> list[Note]:
    """Notes on behaviours outside the observation, before zero, or of no length."""
    notes = []
    low, high = span if span is not None else (0.0, float("inf"))
    outside = sum(b.start_s < low - _SLACK_S or b.end_s > high + _SLACK_S for b in bouts)
    if outside:
        where = f"{low:g} - {high:g} s" if span is not None else "before 0 s"
        notes.append(
            Note(
                "outside_span",
                f"{outside} behaviour(s) lie outside the observation ({where}); they were kept."
                if span is not None
                else f"{outside} behaviour(s) lie before 0 s; they were kept.",
                count=outside,
                level="warning",
            )
        )
    empty = sum(not b.point and b.end_s == b.start_s for b in bouts)
    if empty:
        notes.append(
            Note(
                "no_length",
                f"{empty} state(s) start and stop at the same moment; they were kept.",
                count=empty,
            )
        )
    return notes


def end_not_known() -> Note:
    """The note on an observation whose end the file does not hold."""
    return Note(
        "end_not_known",
        "the file does not say when the observation ended (live observation, or media without a "
        "length); time after the last event is unknown, so say where it ends if you can.",
        level="warning",
    )
