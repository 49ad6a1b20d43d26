"""RTTM files of speaker diarisation: who spoke when, without words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.io.cells import peek_text
from reattune.io.register import Format, register_reader
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

# The label of every interval: the format says that somebody speaks, not what.
SPEECH = "speech"
MAX_FILES = 10_000
# Line types of the NIST RT-09 plan.
_TYPES = frozenset(
    "SPEAKER SPKR-INFO SEGMENT LEXEME NON-LEX NON-SPEECH NOSCORE NO_RT_METADATA FILLER EDIT SU IP "
    "CB A/P".split()
)
_NUMBER = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,3})?", re.ASCII)
_NONE = "<NA>"


def sniff_rttm(path: Path, head: bytes) -> bool:
    """Whether the first line that is no comment is one of RTTM."""
    text = peek_text(head) or ""
    for line in text.lstrip("\ufeff").splitlines():
        fields = line.split()
        if fields and not fields[0].startswith(";;"):
            return _is_line(fields)
    return False


def _is_line(fields: list[str]) -> bool:
    if not (8 <= len(fields) <= 10 and fields[0] in _TYPES):
        return False
    return all(field == _NONE or _NUMBER.fullmatch(field) for field in fields[3:5])


def read_rttm(path: Path, options: Mapping[str, object] | None = None) -> tuple[Recording, ...]:
    """One recording per file named in an RTTM; in it, a track ``speech`` for every speaker.

    Only SPEAKER lines are read: onset and duration in seconds. The end is the exact decimal sum
    of the two, so turns written without a gap have none.

    Parameters
    ----------
    path : Path
        The file, plain or packed with gzip or xz.
    options : mapping, optional
        Not used.

    Raises
    ------
    ReadError
        When there is no SPEAKER line with sound times.
    """
    path = Path(path)
    data = read_bytes(path, MAX_BYTES)
    text, notes = decode_text(data, path)
    lines = text.removeprefix("\ufeff").split("\n")
    too_many(path, "lines", len(lines))
    skipped = Skipped("line")
    others: Counter[str] = Counter()
    files: dict[str, list[Turn]] = {}
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        if not fields or fields[0].startswith(";;"):
            continue
        if fields[0] != "SPEAKER":
            if fields[0] in _TYPES:
                others[fields[0]] += 1
            else:
                skipped.add("lines_unknown", "are of no type RTTM has", f"line {number}")
            continue
        turn = _turn(fields, f"line {number}", skipped)
        if turn is not None:
            files.setdefault(clean(fields[1]), []).append(turn)
    if not files:
        raise skipped.refuse(
            path, "lines such as SPEAKER session1 1 0.50 1.25 <NA> <NA> anna <NA> <NA>"
        )
    too_many(path, "recordings", len(files), MAX_FILES)
    told = [*notes, *skipped.notes()]
    if others:
        listed = ", ".join(f"{count} {name}" for name, count in sorted(others.items()))
        words = f"Lines of other types were not read: {listed}."
        told.append(Note("types_not_read", words, count=others.total()))
    digest = sha256(data)
    made: list[Recording] = []
    for name, turns in files.items():
        tracks = turn_tracks(turns, SPEECH, path=path)
        # What concerns the whole file is told by its first recording.
        own = (*(told if not made else ()), *order_notes(turns), *unnamed_note(tracks))
        made.append(recording(name, "rttm", path, digest, tracks, own))
    return tuple(made)


def _turn(fields: list[str], place: str, skipped: Skipped) -> Turn | None:
    if len(fields) < 8:
        skipped.add("lines_too_short", "have fewer than the eight fields of a speaker", place)
        return None
    onset, duration = fields[3:5]
    if not (_NUMBER.fullmatch(onset) and _NUMBER.fullmatch(duration)):
        skipped.add("times_unreadable", "have an onset or duration that is no number", place)
        return None
    if not skipped.accepts(float(onset), float(onset) + float(duration), place):
        return None
    end_s = float(Decimal(onset) + Decimal(duration))
    person = "" if fields[7] == _NONE else clean(fields[7])
    return Turn(person, float(onset), end_s, SPEECH, {"channel": fields[2]})


register_reader(Format("rttm", "RTTM speaker diarisation", (".rttm",), sniff_rttm, read_rttm))
