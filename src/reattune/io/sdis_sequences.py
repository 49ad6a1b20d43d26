"""Sessions of the four SDIS data types as codes with start and end in seconds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.io.coded import TIME_FAULTS, Skipped, rows_read, time_fault
from reattune.io.columns import parse_times
from reattune.io.sdis_text import Header, Session

MAX_INTERVALS = 500_000
_TIMES = re.compile(r"([\d:.]+)(-)?([\d:.]+)?")
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_REPEAT = re.compile(r"\*(\d{1,7})")
_FAULTS = {
    **TIME_FAULTS,
    "words_not_understood": "are no code with a time",
    "codes_without_end": "have no end, and nothing follows that could end them",
}

# Code -> (person, track, whether the codes of that track exclude one another).
Groups = Mapping[str, tuple[str, str, bool]]


@dataclass(frozen=True)
class Sequence_:
    """Codes as (start, end, code) in seconds, the session's span, and notes."""

    events: tuple[tuple[float, float, str], ...]
    span: tuple[float, float] | None
    notes: tuple[Note, ...]


def read_sequence(
    session: Session,
    header: Header,
    interval_s: float,
    fps: float | None,
    groups: Groups,
    path: Path,
) -> Sequence_:
    """The codes of a session, by the rules of its data type.

    Raises
    ------
    ReadError
        When interval data repeat more often than is allowed.
    """
    if header.kind == "timed":
        return _timed(session, header.unit, fps, groups)
    if header.kind == "state":
        return _states(session, header.unit, fps)
    if header.kind == "interval":
        return _intervals(session, interval_s, path)
    events = tuple((float(at), at + 1.0, word) for at, word in enumerate(_plain(session)))
    span = (0.0, float(len(events))) if events else None
    return Sequence_(events, span, (rows_read(len(events), len(events), "code(s)"),))


def _plain(session: Session) -> list[str]:
    return [code for word in session.words for code in word.split(",") if code and code != "&"]


def _seconds(text: str | None, unit: str, fps: float | None) -> float:
    if text and _NUMBER.fullmatch(text):
        value = float(text)
        if unit == "frame":
            return value / fps if fps else math.nan
        return value / 1000 if unit == "ms" else value * (60 if unit == "min" else 1)
    values, odd = parse_times([text or ""], rate_hz=fps)
    return math.nan if odd[0] else float(values[0])


# -- timed ---------------------------------------------------------------------------------


def _timed(session: Session, unit: str, fps: float | None, groups: Groups) -> Sequence_:
    skipped = Skipped("code(s)")
    bounds: list[tuple[int, float]] = []
    closed: list[tuple[float, float, str]] = []
    open_: list[tuple[float, str]] = []
    there = 0
    for at, word in enumerate(session.words):
        if word == "&":
            continue
        code, _, written = word.rpartition(",")
        match = _TIMES.fullmatch(written)
        start_s = _seconds(match.group(1), unit, fps) if match else math.nan
        if not code and match is not None and not time_fault(start_s, start_s):
            bounds.append((at, start_s))
            continue
        there += 1
        if not code or match is None:
            skipped.add("words_not_understood", repr(word[:40]))
            continue
        end_s = _seconds(match.group(3), unit, fps) if match.group(3) else start_s
        fault = time_fault(start_s, end_s)
        if fault:
            skipped.add(fault, repr(word[:40]))
        elif match.group(2) is None and not groups[code][2]:
            closed.append((start_s, start_s, code))
        elif match.group(3):
            closed.append((start_s, end_s, code))
        else:
            open_.append((start_s, code))
    low = next((time for at, time in bounds if at == 0), None)
    high = next((time for at, time in reversed(bounds) if at > 0), None)
    ended, implied = _ended(open_, closed, high, groups, skipped)
    events = sorted([*closed, *ended])
    notes = [rows_read(len(events), there, "code(s)"), *skipped.notes(_FAULTS)]
    if implied:
        notes.append(
            Note(
                "ends_implied",
                f"{implied} code(s) have no end of their own; each lasts until the next code of "
                "its set or person, the last one until the session ends.",
                count=implied,
            )
        )
    if high is None:
        return Sequence_(tuple(events), None, tuple(notes))
    first = low if low is not None else min([0.0, *(event[0] for event in events)])
    outside = sum(event[0] < first or event[1] > high for event in events)
    if outside:
        notes.append(
            Note(
                "events_outside_span",
                f"{outside} code(s) reach beyond the session ({first:g} to {high:g} s).",
                count=outside,
                level="warning",
            )
        )
    return Sequence_(tuple(events), (first, high) if high > first else None, tuple(notes))


def _ended(
    open_: list[tuple[float, str]],
    closed: list[tuple[float, float, str]],
    high: float | None,
    groups: Groups,
    skipped: Skipped,
) -> tuple[list[tuple[float, float, str]], int]:
    """Codes written without an end, ended by the next one of their group or by the session."""
    onsets: dict[tuple[str, str], list[float]] = {}
    for start_s, code in [(s, c) for s, e, c in closed if e > s] + open_:
        onsets.setdefault(groups[code][:2], []).append(start_s)
    following: dict[tuple[str, str], dict[float, float]] = {}
    for key, times in onsets.items():
        rising = sorted(set(times))
        following[key] = dict(pairwise(rising))
    ended = []
    for start_s, code in open_:
        end_s = following[groups[code][:2]].get(start_s, high)
        if end_s is None or end_s <= start_s:
            skipped.add("codes_without_end", repr(code[:40]))
        else:
            ended.append((start_s, end_s, code))
    return ended, len(ended)


# -- states --------------------------------------------------------------------------------


def _states(session: Session, unit: str, fps: float | None) -> Sequence_:
    """Codes that follow one another: ``code=duration``, or ``code,onset`` until the next."""
    skipped = Skipped("code(s)")
    events: list[tuple[float, float, str]] = []
    pending: tuple[float, str] | None = None
    clock, there, last, stated = 0.0, 0, 0.0, False
    for word in session.words:
        if word == "&":
            # Another stream of the same session begins at its start again.
            if pending is not None:
                skipped.add("codes_without_end", repr(pending[1][:40]))
            clock, pending = 0.0, None
            continue
        code, sign, written = _state_parts(word)
        value = _seconds(written, unit, fps)
        there += bool(code)
        fault = time_fault(value, value) if sign else "words_not_understood"
        if fault:
            # Where the next state begins is then unknown, unless it says so itself.
            skipped.add(fault, repr(word[:40]))
            if pending is not None and code:
                skipped.add("codes_without_end", repr(pending[1][:40]))
                pending = None
            clock = math.nan if sign != "," else clock
            continue
        if sign == ",":
            if pending is not None:
                _close(events, pending, value, skipped)
            pending = (value, code) if code else None
            clock, stated = value, stated or not code
        else:
            if pending is not None:
                skipped.add("codes_without_end", repr(pending[1][:40]))
                pending = None
            if math.isnan(clock):
                skipped.add("rows_without_time", repr(word[:40]))
            elif value > 0:
                events.append((clock, clock + value, code))
            clock, stated = clock + value, True
        last = last if math.isnan(clock) else max(last, clock)
    if pending is not None:
        skipped.add("codes_without_end", repr(pending[1][:40]))
    events.sort()
    notes = (rows_read(len(events), there, "code(s)"), *skipped.notes(_FAULTS))
    first = events[0][0] if events else 0.0
    return Sequence_(tuple(events), (first, last) if stated and last > first else None, notes)


def _state_parts(word: str) -> tuple[str, str, str]:
    """Code, sign between ("=" or ","), and what is written behind it."""
    for sign in ("=", ","):
        code, found, written = word.rpartition(sign)
        if found and (code or sign == ","):
            return code, sign, written
    return word, "", ""


def _close(
    events: list[tuple[float, float, str]],
    pending: tuple[float, str],
    end_s: float,
    skipped: Skipped,
) -> None:
    start_s, code = pending
    if end_s > start_s:
        events.append((start_s, end_s, code))
    else:
        skipped.add("rows_reversed", repr(code[:40]))


# -- intervals -----------------------------------------------------------------------------


def _intervals(session: Session, interval_s: float, path: Path) -> Sequence_:
    """Codes of one interval after the other, between commas; ``*3`` repeats an interval."""
    cut: list[list[str]] = [[]]
    for word in session.words:
        parts = word.split(",")
        for at, part in enumerate(parts):
            if at:
                cut.append([])
            if part:
                cut[-1].append(part)
    if not cut[-1]:
        cut.pop()
    events: list[tuple[float, float, str]] = []
    at = 0
    for codes in cut:
        times = 1
        held = []
        for code in codes:
            repeat = _REPEAT.fullmatch(code)
            if repeat is not None:
                times = int(repeat.group(1))
            else:
                held.append(code)
        if at + times > MAX_INTERVALS or len(events) + times * len(held) > MAX_INTERVALS:
            raise ReadError(
                "has too many intervals.", path=path, expected=f"at most {MAX_INTERVALS}"
            )
        for _ in range(times):
            events += [(at * interval_s, (at + 1) * interval_s, code) for code in held]
            at += 1
    notes = (rows_read(at, at, "interval(s)"),)
    return Sequence_(tuple(events), (0.0, at * interval_s) if at else None, notes)
