"""Subtitles (.srt) and web captions (.vtt): cues as turns of their speakers."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.io.cells import peek_text, plain_stem
from reattune.io.register import Format, register_reader
from reattune.io.safe import read_bytes, sha256
from reattune.io.speakers import accepted_names, split_prefix
from reattune.io.turns import (
    MAX_BYTES,
    Skipped,
    Turn,
    clean,
    decode_text,
    order_notes,
    recording,
    too_many,
    turn_tracks,
    unnamed_note,
)

_CLOCK = r"(?:(\d{1,6}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMING = re.compile(rf"\s*{_CLOCK}\s*-->\s*{_CLOCK}(?:\s.*)?", re.ASCII)
# Words like "<3" stay; a tag never spans another "<", so a row of them costs nothing.
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t\n]++([^<>]*)>")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<\d[\d:.]*>|\{\\[^{}]*\}")
_ARROW = "-->"


@dataclass
class _Cue:
    """A cue as it stands in the file."""

    line: int
    timing: str
    identifier: str = ""
    lines: list[str] = field(default_factory=list)


@dataclass
class _Cues:
    """All cues of a file and what else it holds."""

    cues: list[_Cue] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    comments: int = 0
    mapped: bool = False


def sniff_vtt(path: Path, head: bytes) -> bool:
    """Whether the first bytes are those of a WebVTT file."""
    return _is_vtt(peek_text(head) or "")


def sniff_srt(path: Path, head: bytes) -> bool:
    """Whether a line among the first is the timing line of a subtitle."""
    text = peek_text(head) or ""
    lines = [line for line in text[:4000].splitlines() if line.strip()][:8]
    return not _is_vtt(text) and any(_TIMING.fullmatch(line) for line in lines)


def _is_vtt(text: str) -> bool:
    return re.match(r"\ufeff?WEBVTT(?:[ \t\r\n]|$)", text) is not None


def read_subtitles(
    path: Path, options: Mapping[str, object] | None = None
) -> tuple[Recording, ...]:
    """The one recording in a file of subtitles: a track ``utterances`` for every speaker.

    Speakers are those of ``<v Name>`` tags, or of ``Name:`` at the beginning of a line where the
    name occurs in at least two cues or half of all cues begin with one. Cues without either are a
    track of nobody. A cue in which several speak gives each of them a turn of its whole length.

    Parameters
    ----------
    path : Path
        The file, plain or packed with gzip or xz.
    options : mapping, optional
        ``speakers``: list of the names that count as ``Name:``; an empty list, none.

    Raises
    ------
    ReadError
        When no cue can be read.
    """
    path = Path(path)
    data = read_bytes(path, MAX_BYTES)
    text, notes = decode_text(data, path)
    text = text.removeprefix("\ufeff")
    too_many(path, "cues", text.count(_ARROW))
    kind = "vtt" if _is_vtt(text) else "srt"
    found = _cut(text, kind == "vtt")
    skipped = Skipped("cue")
    for line in found.lost:
        skipped.add("cues_without_time", "(blocks of text) have no timing line", f"line {line}")
    turns, more = _turns(found, skipped, kind == "vtt", (options or {}).get("speakers"))
    if not turns:
        raise skipped.refuse(path, "timing lines such as 00:00:01,000 --> 00:00:02,500")
    tracks = turn_tracks(turns, path=path)
    return (
        recording(
            plain_stem(path),
            kind,
            path,
            sha256(data),
            tracks,
            (*notes, *skipped.notes(), *more, *order_notes(turns), *unnamed_note(tracks)),
        ),
    )


def _cut(text: str, vtt: bool) -> _Cues:
    """The cues of a text. A timing line always begins one, also where a blank line is missing."""
    found = _Cues()
    cue: _Cue | None = None
    block: list[str] = []
    first = 1
    header = vtt

    def close() -> None:
        """End a block without a timing line."""
        nonlocal block, header
        word = block[0].split()[0] if block else ""
        if header:
            header = False
            found.mapped = any(line.startswith("X-TIMESTAMP-MAP") for line in block)
        elif vtt and word in ("NOTE", "STYLE", "REGION"):
            found.comments += 1
        elif block:
            found.lost.append(first)
        block = []

    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            if cue is None:
                close()
            cue = None
        elif _ARROW in line:
            identifier = ""
            if header:
                close()
            elif cue is None and block:
                identifier = block.pop().strip()
                # Lines above the identifier belong to no cue.
                if block:
                    close()
            elif cue is not None and _ends_with_index(cue):
                identifier = cue.lines.pop().strip()
            block = []
            cue = _Cue(number, line, identifier)
            found.cues.append(cue)
        elif cue is not None:
            cue.lines.append(line)
        else:
            if not block:
                first = number
            block.append(line)
    if cue is None:
        close()
    return found


def _ends_with_index(cue: _Cue) -> bool:
    """Whether the last line of a cue is the number of the next, whose blank line is missing."""
    last = cue.lines[-1].strip() if cue.lines else ""
    if re.fullmatch(r"\d{1,9}", last, re.ASCII) is None:
        return False
    before = re.fullmatch(r"\d{1,9}", cue.identifier, re.ASCII)
    return len(cue.lines) > 1 if before is None else int(last) == int(cue.identifier) + 1


def _turns(
    found: _Cues, skipped: Skipped, vtt: bool, asked: object
) -> tuple[list[Turn], tuple[Note, ...]]:
    timed: list[tuple[_Cue, float, float, list[tuple[str, str]]]] = []
    for cue in found.cues:
        place = f"line {cue.line}"
        times = _times(cue.timing)
        if times is None:
            skipped.add("times_unreadable", "have a timing line that cannot be read", place)
        elif skipped.accepts(*times, place):
            timed.append((cue, *times, _voices("\n".join(cue.lines), vtt)))
    untagged = [text for _, _, _, parts in timed for person, text in parts if not person]
    names = accepted_names(untagged, asked)
    turns: list[Turn] = []
    empty = shared = 0
    for cue, start_s, end_s, parts in timed:
        said: list[tuple[str, str]] = []
        for person, text in parts:
            said += [(person, text)] if person else split_prefix(text, names)
        said = [(person, " ".join(text.split())) for person, text in said]
        said = [(person, text) for person, text in said if text]
        empty += not said
        shared += len({person for person, _ in said}) > 1
        extra = {"identifier": cue.identifier} if cue.identifier else None
        turns += [Turn(person, start_s, end_s, clean(text), extra) for person, text in said]
    return turns, _cue_notes(found, names, empty, shared)


def _times(line: str) -> tuple[float, float] | None:
    match = _TIMING.fullmatch(line)
    if match is None:
        return None
    first, last = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
    return None if first is None or last is None else (first, last)


def _seconds(parts: tuple[str | None, ...]) -> float | None:
    hours, minutes, seconds, fraction = parts
    if int(seconds or 0) >= 60 or (hours and int(minutes or 0) >= 60):
        return None
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    # One division of whole numbers gives the float that is written.
    scale: int = 10 ** len(fraction or "")
    return (whole * scale + int(fraction or 0)) / scale


def _voices(text: str, vtt: bool) -> list[tuple[str, str]]:
    """Text of a cue by speaker: what stands before the first voice tag is nobody's."""
    pieces = _VOICE.split(text)
    parts = [("", pieces[0])] if pieces[0].strip() or len(pieces) == 1 else []
    parts += list(zip(pieces[1::2], pieces[2::2], strict=True))
    plain = []
    for person, said in parts:
        said = _TAG.sub("", said)
        if vtt:
            person, said = html.unescape(person), html.unescape(said)
        plain.append((clean(" ".join(person.split())), said))
    return plain


def _cue_notes(found: _Cues, names: frozenset[str], empty: int, shared: int) -> tuple[Note, ...]:
    notes = []
    if names:
        listed = ", ".join(sorted(names)[:12])
        words = f"Names before a colon were taken as speakers: {listed}."
        notes.append(Note("speakers_from_prefix", words, count=len(names)))
    if shared:
        words = (
            f"In {shared} cue(s) several people speak; each has a turn of the cue's whole length, "
            "because the file does not say when one ended and the other began."
        )
        notes.append(Note("cues_shared", words, count=shared, level="warning"))
    if empty:
        words = f"{empty} cue(s) have no text and are no turn."
        notes.append(Note("cues_empty", words, count=empty))
    if found.comments:
        words = f"{found.comments} block(s) of comments, styles or regions were not read."
        notes.append(Note("comments_not_read", words, count=found.comments))
    if found.mapped:
        words = (
            "The header shifts the times against a broadcast clock (X-TIMESTAMP-MAP); the times "
            "were read as they stand."
        )
        notes.append(Note("timestamp_map", words, level="warning"))
    return tuple(notes)


register_reader(Format("vtt", "WebVTT captions", (".vtt",), sniff_vtt, read_subtitles))
register_reader(Format("srt", "SubRip subtitles", (".srt",), sniff_srt, read_subtitles))
