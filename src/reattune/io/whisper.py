"""Whisper and WhisperX transcripts (JSON): segments and words as turns of their speakers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.io.cells import peek_text, plain_stem
from reattune.io.register import HEAD_BYTES, Format, register_reader
from reattune.io.safe import read_bytes, sha256
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

_LISTED = re.compile(r'"segments"\s*:\s*\[\s*(\]|\{)')
_TEXT_FIRST = re.compile(r'\{\s*"(?:text|task|language|duration)"\s*:')
# Characters of a first segment in which its times are looked for.
_LOOK = 4000


@dataclass
class _Found:
    """What has been read so far."""

    turns: list[Turn] = field(default_factory=list)
    words: list[Turn] = field(default_factory=list)
    untimed_words: int = 0
    split: int = 0
    empty: int = 0


def sniff_whisper(path: Path, head: bytes) -> bool:
    """Whether the first bytes look like a list of segments with start and end.

    Some programs write the whole text first; only then is the file itself looked into.
    """
    text = (peek_text(head) or "").lstrip("\ufeff \t\r\n")
    if text.startswith("["):
        inside = text[1:].lstrip()
        return inside.startswith("{") and _is_segment(inside) and '"text"' in inside[:_LOOK]
    if not text.startswith("{"):
        return False
    listed = _LISTED.search(text)
    if listed is None and len(head) >= HEAD_BYTES and _TEXT_FIRST.match(text):
        try:
            text = decode_text(read_bytes(path, MAX_BYTES), path)[0]
        except ReadError:
            return False
        listed = _LISTED.search(text)
    return listed is not None and (listed[1] == "]" or _is_segment(text[listed.end() :][:_LOOK]))


def _is_segment(text: str) -> bool:
    return all(f'"{key}"' in text[:_LOOK] for key in ("start", "end"))


def read_whisper(path: Path, options: Mapping[str, object] | None = None) -> tuple[Recording, ...]:
    """The one recording in a transcript of Whisper, WhisperX or programs that write the same.

    Each speaker has a track ``utterances`` (segments) and, where words have times, a track
    ``words``. A segment whose words belong to different speakers is cut where the speaker
    changes, if the words beside the cut have times.

    Parameters
    ----------
    path : Path
        JSON: an object with a list ``segments``, or such a list alone.
    options : mapping, optional
        Not used.

    Raises
    ------
    ReadError
        When it is no such JSON, or no segment can be read.
    """
    path = Path(path)
    data = read_bytes(path, MAX_BYTES)
    text, notes = decode_text(data, path)
    document = _parse(text, path)
    segments = document.get("segments") if isinstance(document, dict) else document
    if not isinstance(segments, list):
        raise ReadError(
            "has no list of segments.",
            path=path,
            found=type(document).__name__,
            expected='{"segments": [{"start": ..., "end": ..., "text": ...}, ...]}',
        )
    too_many(path, "segments", len(segments))
    skipped = Skipped("segment")
    found = _Found()
    for number, segment in enumerate(segments, start=1):
        _read_segment(segment, f"segment {number}", found, skipped)
    if not found.turns:
        raise skipped.refuse(path, "segments with start, end (numbers of seconds) and text")
    tracks = turn_tracks(found.turns, path=path)
    tracks += turn_tracks(found.words, "words", path=path)
    language = document.get("language") if isinstance(document, dict) else None
    return (
        recording(
            plain_stem(path),
            "whisper",
            path,
            sha256(data),
            tracks,
            (
                *notes,
                *skipped.notes(),
                *_found_notes(found),
                *order_notes(found.turns),
                *unnamed_note([track for track in tracks if track.name == "utterances"]),
            ),
            language=clean(language) if isinstance(language, str) else "",
        ),
    )


def _parse(text: str, path: Path) -> object:
    try:
        return json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise ReadError(
            f"is not sound JSON ({error.msg}).", path=path, where=f"line {error.lineno}"
        ) from error
    except (ValueError, RecursionError) as error:
        # Numbers of thousands of digits, lists inside lists without end.
        raise ReadError(f"is not sound JSON ({str(error)[:80]}).", path=path) from error


def _seconds(value: object) -> float | None:
    """A JSON number as float (nan and infinity too), None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _name(value: object) -> str:
    """A speaker as text; numbers count as names."""
    if isinstance(value, str):
        return clean(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _read_segment(segment: object, place: str, found: _Found, skipped: Skipped) -> None:
    if not isinstance(segment, dict):
        skipped.add("segments_malformed", "are not an object with start, end and text", place)
        return
    start_s, end_s = _seconds(segment.get("start")), _seconds(segment.get("end"))
    if start_s is None or end_s is None:
        skipped.add("times_missing", "have no number as start or end", place)
        return
    if not skipped.accepts(start_s, end_s, place):
        return
    text = segment.get("text")
    listed = segment.get("words")
    words = [w for w in listed if isinstance(w, dict)] if isinstance(listed, list) else []
    speaker = _name(segment.get("speaker"))
    named = {name for w in words if (name := _name(w.get("speaker")))}
    if not speaker and len(named) == 1:
        (speaker,) = named
    _read_words(words, speaker, found)
    runs = _runs(words, speaker, start_s, end_s) if len(named) > 1 else None
    if runs is not None:
        found.split += 1
        found.turns += runs
        return
    said = clean(" ".join(text.split())) if isinstance(text, str) else ""
    if not said:
        found.empty += 1
        return
    found.turns.append(Turn(speaker, start_s, end_s, said))


def _timed_word(word: Mapping[str, object]) -> tuple[float, float] | None:
    start_s, end_s = _seconds(word.get("start")), _seconds(word.get("end"))
    if start_s is None or end_s is None or not Skipped("word").accepts(start_s, end_s, ""):
        return None
    return start_s, end_s


def _word_text(word: Mapping[str, object]) -> str:
    text = word.get("word", word.get("text"))
    return clean(text) if isinstance(text, str) else ""


def _read_words(words: list[dict[str, object]], speaker: str, found: _Found) -> None:
    for word in words:
        times = _timed_word(word)
        if times is None:
            found.untimed_words += 1
        elif text := _word_text(word):
            found.words.append(Turn(_name(word.get("speaker")) or speaker, *times, text))


def _runs(
    words: list[dict[str, object]], speaker: str, start_s: float, end_s: float
) -> list[Turn] | None:
    """A segment cut into one turn per run of words of the same speaker, None if it cannot be.

    A word without a speaker goes on in the run before it.
    """
    runs: list[tuple[str, list[dict[str, object]]]] = []
    for word in words:
        name = _name(word.get("speaker"))
        if not runs:
            runs.append((name or speaker, [word]))
        elif name in ("", runs[-1][0]):
            runs[-1][1].append(word)
        else:
            runs.append((name, [word]))
    turns = []
    for number, (name, own) in enumerate(runs):
        times = [times for word in own if (times := _timed_word(word)) is not None]
        # The outer ends are the segment's own; the inner ones must be known from words.
        first = start_s if number == 0 else (times[0][0] if times else None)
        last = end_s if number == len(runs) - 1 else (times[-1][1] if times else None)
        if first is None or last is None or last < first:
            return None
        text = " ".join(filter(None, map(_word_text, own)))
        if text:
            turns.append(Turn(name, first, last, text))
    return turns if len(turns) > 1 else None


def _found_notes(found: _Found) -> tuple[Note, ...]:
    notes = []
    if found.split:
        words = (
            f"{found.split} segment(s) hold words of several speakers and were cut where the "
            "speaker changes."
        )
        notes.append(Note("segments_cut", words, count=found.split))
    if found.untimed_words:
        words = (
            f"{found.untimed_words} word(s) have no usable time; they stand in their segment's "
            "text only."
        )
        notes.append(Note("words_without_time", words, count=found.untimed_words))
    if found.empty:
        words = f"{found.empty} segment(s) have no text and are no turn."
        notes.append(Note("segments_empty", words, count=found.empty))
    return tuple(notes)


register_reader(
    Format("whisper", "Whisper or WhisperX transcript", (".json",), sniff_whisper, read_whisper)
)
