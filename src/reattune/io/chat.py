"""CHAT transcripts (.cha) of CHILDES and TalkBank: utterances by speaker, with their bullets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.io.cells import peek_text, plain_stem
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
)

# Milliseconds between two NAK characters; older files name the sound file before them.
_BULLET = re.compile(r'\x15(?:%(?:snd|mov):"[^"\x15]*"_)?(-?\d{1,15})_(-?\d{1,15})-?\x15', re.ASCII)
_ANY_BULLET = re.compile(r"\x15[^\x15]*\x15?")
_POSTCODE = re.compile(r"\[\+ ?([^\][]*)\]")
_MAIN = re.compile(r"\*([^\s:*]{1,40}):")
_DEPENDENT = re.compile(r"%([^\s:%]{1,40}):")
_HEADER = re.compile(r"@([^\t:]{1,60})(?::|$)")
# Headers that are lists or occur once per participant.
_ID_FIELDS = (
    *("language", "corpus", "code", "age", "sex", "group", "ses", "role", "education", "custom"),
)


@dataclass
class _Utterance:
    speaker: str
    line: int
    text: str
    dependents: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class _Transcript:
    """A file's lines, sorted by kind."""

    headers: dict[str, list[str]] = field(default_factory=dict)
    utterances: list[_Utterance] = field(default_factory=list)
    strays: list[int] = field(default_factory=list)
    after_end: int = 0


def sniff_chat(path: Path, head: bytes) -> bool:
    """Whether the first bytes look like a CHAT transcript."""
    text = (peek_text(head) or "").lstrip("\ufeff \t\r\n")
    if not text.startswith("@"):
        return False
    return any(re.search(rf"^@{word}\b", text, re.MULTILINE) for word in ("Begin", "Participants"))


def read_chat(path: Path, options: Mapping[str, object] | None = None) -> tuple[Recording, ...]:
    """The one recording in a CHAT transcript: a track ``utterances`` for every speaker.

    Labels are the main line as transcribed, without bullets and postcodes. Postcodes
    (``[+ id]``) are a further track ``postcode`` of the speaker, and every dependent tier one of
    its own name (``%add``), with the times of the utterance they belong to. What a bullet says in
    milliseconds becomes seconds; utterances without a bullet have no time, are counted and left
    out.

    Parameters
    ----------
    path : Path
        The file, plain or packed with gzip or xz.
    options : mapping, optional
        Not used.

    Raises
    ------
    ReadError
        When it is no CHAT transcript, or no utterance has a time.
    """
    path = Path(path)
    data = read_bytes(path, MAX_BYTES)
    text, notes = decode_text(data, path)
    too_many(path, "utterances", text.count("\n*"))
    script = _sort_lines(text)
    skipped = Skipped("utterance")
    turns, extra, more = _timed(script, skipped)
    if not turns:
        raise skipped.refuse(path, "main lines such as *CHI: with a time bullet at their end")
    participants = _participants(script)
    tracks = turn_tracks(turns, path=path, meta=participants)
    for name, own in extra.items():
        tracks += turn_tracks(own, name, path=path)
    media = tuple({"name": name, "origin_s": 0.0} for name in _media(script))
    return (
        recording(
            plain_stem(path),
            "chat",
            path,
            sha256(data),
            tracks,
            (
                *notes,
                *skipped.notes(),
                *more,
                *order_notes(turns),
                *_script_notes(script, participants, path),
            ),
            media=media,
            participants={code: dict(known) for code, known in participants.items()},
            languages=_first(script, "Languages"),
            date=_first(script, "Date"),
        ),
    )


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their continuations (which begin with a tab) joined, and their numbers."""
    start, parts = 0, [""]
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith(("\t", " ")) and start:
            parts.append(line.strip())
            continue
        if start:
            yield start, " ".join(parts)
        start, parts = (number, [line]) if line.strip() else (0, [""])
    if start:
        yield start, " ".join(parts)


def _sort_lines(text: str) -> _Transcript:
    script = _Transcript()
    ended = False
    for number, line in _logical_lines(text):
        if ended:
            script.after_end += 1
            continue
        mark = line[0]
        if mark == "*" and (match := _MAIN.match(line)):
            script.utterances.append(_Utterance(match[1], number, line[match.end() :]))
        elif mark == "%" and script.utterances and (match := _DEPENDENT.match(line)):
            script.utterances[-1].dependents.append((match[1], line[match.end() :]))
        elif mark == "@" and (match := _HEADER.match(line)):
            name = match[1].strip()
            script.headers.setdefault(name, []).append(line[match.end() :].strip())
            ended = name == "End"
        else:
            script.strays.append(number)
    return script


def _timed(
    script: _Transcript, skipped: Skipped
) -> tuple[list[Turn], dict[str, list[Turn]], tuple[Note, ...]]:
    """Utterances with a time; what stands with them, by track; and notes."""
    turns: list[Turn] = []
    extra: dict[str, list[Turn]] = {}
    several = 0
    for said in script.utterances:
        place = f"line {said.line}"
        bullets = _BULLET.findall(said.text)
        if not bullets:
            skipped.add("utterances_without_time", "have no time bullet", place)
            continue
        several += len(bullets) > 1
        start_s, end_s = int(bullets[0][0]) / 1000, int(bullets[-1][1]) / 1000
        if not skipped.accepts(start_s, end_s, place):
            continue
        main = _ANY_BULLET.sub(" ", said.text)
        codes = [code.strip() for code in _POSTCODE.findall(main)]
        label = clean(" ".join(_POSTCODE.sub(" ", main).split()))
        turns.append(Turn(said.speaker, start_s, end_s, label))
        beside = [("postcode", code) for code in codes]
        beside += [(f"%{name}", _ANY_BULLET.sub(" ", text)) for name, text in said.dependents]
        for name, text in beside:
            words = clean(" ".join(text.split()))
            extra.setdefault(name, []).append(Turn(said.speaker, start_s, end_s, words))
    if not several:
        return turns, extra, ()
    words = (
        f"{several} utterance(s) have more than one bullet; they last from the start of the first "
        "to the end of the last."
    )
    return turns, extra, (Note("several_bullets", words, count=several),)


def _participants(script: _Transcript) -> dict[str, dict[str, object]]:
    """Speaker code -> role, name and what its @ID line says."""
    known: dict[str, dict[str, object]] = {}
    for listed in script.headers.get("Participants", []):
        for entry in listed.split(","):
            code, *rest = entry.split()[:3] or [""]
            if code:
                known[code] = {
                    "role": rest[-1] if rest else "",
                    "name": rest[0] if len(rest) > 1 else "",
                }
    for line in script.headers.get("ID", []):
        fields = dict(zip(_ID_FIELDS, (part.strip() for part in line.split("|")), strict=False))
        own = known.get(fields.get("code", ""))
        if own is not None:
            own.update({key: text for key, text in fields.items() if text and key != "code"})
    return known


def _media(script: _Transcript) -> list[str]:
    names = [line.split(",")[0].strip().strip('"') for line in script.headers.get("Media", [])]
    return [name.replace("\\", "/").rsplit("/", 1)[-1] for name in names if name]


def _first(script: _Transcript, name: str) -> str:
    return (script.headers.get(name) or [""])[0]


def _script_notes(
    script: _Transcript, participants: Mapping[str, object], path: Path
) -> tuple[Note, ...]:
    notes = []
    speaking = dict.fromkeys(said.speaker for said in script.utterances)
    unlisted = [code for code in speaking if code not in participants]
    silent = [code for code in participants if code not in speaking]
    if unlisted:
        words = f"Speakers that @Participants does not list: {', '.join(unlisted[:12])}."
        notes.append(Note("speaker_not_listed", words, count=len(unlisted), level="warning"))
    if silent:
        words = f"Participants without an utterance: {', '.join(silent[:12])}."
        notes.append(Note("participant_silent", words, count=len(silent)))
    if "Begin" not in script.headers:
        notes.append(Note("begin_missing", "There is no @Begin line.", level="warning"))
    if "End" not in script.headers:
        words = "There is no @End line; the file may have been cut short."
        notes.append(Note("end_missing", words, level="warning"))
    if script.after_end:
        words = f"{script.after_end} line(s) stand after @End and were not read."
        notes.append(Note("rest_not_read", words, count=script.after_end, level="warning"))
    if script.strays:
        words = (
            f"{len(script.strays)} line(s) are no header, main line or dependent tier; skipped "
            f"(first at line {script.strays[0]})."
        )
        notes.append(Note("lines_skipped", words, count=len(script.strays), level="warning"))
    named = [name for name in _media(script) if Path(name).stem != plain_stem(path)]
    if named:
        words = f"@Media names {named[0][:60]!r}, which differs from the file's own name."
        notes.append(Note("media_name_differs", words))
    return tuple(notes)


register_reader(
    Format("chat", "CHAT transcript (CHILDES, TalkBank)", (".cha",), sniff_chat, read_chat)
)
