"""Starts and stops of an Observer event log made into intervals and points, and into tracks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reattune.core.notes import Note
from reattune.core.recording import Track
from reattune.io.coded import Coded, coded_tracks

UNGROUPED = "behaviours"
# A stop belongs to a start with a duration when it stands at its end, to this many seconds:
# exports round times and durations separately.
_SLACK_S = 0.1
# Unpaired starts and stops that get a note of their own.
_SHOWN = 20


@dataclass(frozen=True)
class Press:
    """One row of the log; ``duration_s`` is nan when the row states none."""

    time_s: float
    duration_s: float
    kind: str
    subject: str
    code: str
    modifiers: tuple[str, ...]
    place: str


@dataclass(frozen=True)
class Bout:
    """One finished behaviour."""

    start_s: float
    end_s: float
    subject: str
    code: str
    modifiers: tuple[str, ...]


def pair_presses(presses: Sequence[Press]) -> tuple[list[Bout], list[Note]]:
    """Finished behaviours in time order, and notes on what could not be paired.

    A stop ends the open start of its subject, behaviour and modifiers; where none is open, that
    of its subject and behaviour, since a modifier may be scored at one end only. A start that
    nothing ends is dropped, and so is a stop that ends nothing.
    """
    notes = []
    backwards = sum(b.time_s < a.time_s for a, b in pairwise(presses))
    if backwards:
        notes.append(
            Note(
                "time_backwards",
                f"{backwards} row(s) stand after a later one; all were sorted by time.",
                count=backwards,
            )
        )
    bouts: list[Bout] = []
    open_: dict[tuple[str, str], dict[tuple[str, ...], Press]] = {}
    ends: dict[tuple[str, str], list[float]] = {}
    unpaired: list[tuple[Press, str]] = []
    for press in sorted(presses, key=lambda press: press.time_s):
        key = (press.subject, press.code)
        waiting = open_.setdefault(key, {})
        if press.kind == "point":
            bouts.append(_bout(press, press.time_s, press.modifiers))
        elif press.kind == "start" and not math.isnan(press.duration_s):
            end_s = press.time_s + press.duration_s
            bouts.append(_bout(press, end_s, press.modifiers))
            ends.setdefault(key, []).append(end_s)
        elif press.kind == "start":
            same = waiting.pop(press.modifiers, None)
            if same is not None:
                unpaired.append((same, "start without a stop"))
            waiting[press.modifiers] = press
        elif _closes_a_timed_one(ends.get(key, []), press.time_s):
            continue
        elif waiting:
            began = waiting.pop(
                press.modifiers if press.modifiers in waiting else next(iter(waiting))
            )
            chosen = began.modifiers if any(began.modifiers) else press.modifiers
            bouts.append(_bout(began, press.time_s, chosen))
        else:
            unpaired.append((press, "stop without a start"))
    unpaired += [
        (press, "start without a stop") for held in open_.values() for press in held.values()
    ]
    bouts.sort(key=lambda bout: (bout.start_s, bout.end_s))
    notes += [_unpaired(press, what) for press, what in unpaired[:_SHOWN]]
    if len(unpaired) > _SHOWN:
        rest = len(unpaired) - _SHOWN
        notes.append(
            Note(
                "unpaired_state",
                f"{rest} more starts or stops could not be paired and were dropped.",
                count=rest,
                level="warning",
            )
        )
    return bouts, notes


def _closes_a_timed_one(ends: list[float], time_s: float) -> bool:
    """Whether the stop stands where a start with a duration ended; that end is then used up."""
    # Stops come in time order: no later one can belong to an end left behind.
    ends[:] = [end for end in ends if end >= time_s - _SLACK_S]
    near = min(ends, key=lambda end: abs(end - time_s), default=math.inf)
    if abs(near - time_s) > _SLACK_S:
        return False
    ends.remove(near)
    return True


def _bout(began: Press, end_s: float, modifiers: tuple[str, ...]) -> Bout:
    return Bout(began.time_s, end_s, began.subject, began.code, modifiers)


def _unpaired(press: Press, what: str) -> Note:
    return Note(
        "unpaired_state",
        f"state {press.code!r} of {press.subject or 'no subject'} at {press.time_s:.3f} s is a "
        f"{what}; it was dropped.",
        where=press.place,
        level="warning",
    )


def build_tracks(bouts: Sequence[Bout], groups: Mapping[str, str]) -> tuple[Track, ...]:
    """Tracks for every subject and group, in order of first appearance.

    Labels are behaviours; the modifiers scored with them are counted in ``meta["modifiers"]``.
    """
    members: dict[tuple[str, str], list[Bout]] = {}
    for bout in bouts:
        key = (bout.subject, groups.get(bout.code, UNGROUPED))
        members.setdefault(key, []).append(bout)
    tracks: list[Track] = []
    for (subject, name), own in members.items():
        counts: dict[str, int] = {}
        for bout in own:
            chosen = list(bout.modifiers)
            while chosen and not chosen[-1]:
                chosen.pop()
            words = "|".join(part or "None" for part in chosen)
            if words:
                counts[words] = counts.get(words, 0) + 1
        tracks += coded_tracks(
            name,
            [Coded(bout.start_s, bout.end_s, bout.code) for bout in own],
            person=subject,
            meta={"modifiers": counts} if counts else {},
        )
    return tuple(tracks)
