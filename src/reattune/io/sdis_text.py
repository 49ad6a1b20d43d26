"""The text of an SDIS file: comments, the declaration, and the sessions behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from reattune.core.errors import ReadError
from reattune.core.notes import Note

KINDS = ("timed", "state", "interval", "event")
_TYPE = re.compile(r"\s*(timed|state|interval|event|multievent)\b", re.IGNORECASE)
_DECLARATION = re.compile(
    r"\s*(?:=\s*(?P<length>\d+(?:\.\d+)?)|<(?P<unit>[^<>;]*)>|\((?P<set>[^();]*)\)|"
    r"(?P<bare>\$\w+\s*=[^$();*<>]*)|(?P<star>\*)|(?P<factor>[\w.]+)\s*\((?P<levels>[^();]*)\)|,)"
)
_MORE = re.compile(r"\s*\S")
_SET = re.compile(r"\s*(\$?)\s*([^\s=$]+)\s*=\s*(.*)", re.DOTALL)
# A comment sign inside a word is part of the word: BORIS keeps such signs in names.
_COMMENT = re.compile(r"(?:(?<=\s)|\A)%[^%\n]*(?:%|(?=\n)|\Z)")
_QUOTED = re.compile(r'"[^"\n]*"')
_TOKEN = re.compile(r"<([^<>\n]*)>|\(([^()\n]*)\)|([;/])|([^\s;/<>()][^\s;/<>]*)|(\S)")
_LENGTH_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("frame", "frames"), "frame"),
}


@dataclass(frozen=True, eq=False)
class Header:
    """What stands before the first semicolon.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    unit : str
        Unit of plain numbers: "s", "min", "ms" or "frame".
    interval_s : float or None
    set_of : mapping
        Code -> name of the declared set it is in.
    exclusive : frozenset of str
        Sets declared with ``$``: one code at a time.
    factors : tuple of (name, levels)
    end : int
        Place of the first character behind the semicolon.
    notes : tuple of Note
    """

    kind: str
    unit: str
    interval_s: float | None
    set_of: Mapping[str, str]
    exclusive: frozenset[str]
    factors: tuple[tuple[str, tuple[str, ...]], ...]
    end: int
    notes: tuple[Note, ...]

    def factors_of(self, written: str) -> dict[str, str]:
        """Names and levels of the factors in a session's brackets, as ``(1,2)``."""
        found = {}
        for at, level in enumerate(re.split(r"[\s,]+", written.strip()) if written.strip() else ()):
            name, levels = self.factors[at] if at < len(self.factors) else (f"factor {at + 1}", ())
            number = int(level) if level.isascii() and level.isdigit() and len(level) < 6 else 0
            found[name] = levels[number - 1] if 1 <= number <= len(levels) else level
        return found


@dataclass(frozen=True)
class Session:
    """The words of one session, with its label and the brackets behind it."""

    label: str
    words: tuple[str, ...]
    factors: str

    def possible_codes(self) -> set[str]:
        """Every text that could be a code in these words, whatever the data type."""
        found: set[str] = set()
        for word in self.words:
            found.update((word, word.rpartition(",")[0], word.rpartition("=")[0]))
            found.update(word.split(","))
        return found - {""}


def without_comments(text: str, *, quotes: bool) -> str:
    """The text with comments blanked: ``% ... %``, ``%`` to the end of its line, and quotes."""
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    text = _COMMENT.sub(" ", text)
    return _QUOTED.sub(" ", text) if quotes else text


def find_header(text: str, path: Path) -> Header:
    """The declaration at the beginning.

    Raises
    ------
    ReadError
        When there is none, or it declares multievent data.
    """
    match = _TYPE.match(text)
    semicolon = text.find(";")
    if match is None or semicolon < 0:
        raise ReadError(
            "does not declare a type of sequential data.",
            path=path,
            found=repr(text.strip()[:40]),
            expected="Timed, State, Interval or Event, its codes, and a semicolon",
        )
    kind = match.group(1).casefold()
    if kind == "multievent":
        raise ReadError(
            "holds multievent data, which are not read.",
            path=path,
            expected="Timed, State, Interval or Event",
        )
    return _declared(text, kind, match.end(), semicolon, path)


def _declared(text: str, kind: str, at: int, semicolon: int, path: Path) -> Header:
    unit, length = "s", None
    set_of: dict[str, str] = {}
    exclusive: set[str] = set()
    factors: list[tuple[str, tuple[str, ...]]] = []
    notes: list[Note] = []
    while _MORE.match(text, at, semicolon):
        part = _DECLARATION.match(text, at, semicolon)
        if part is None:
            raise ReadError(
                "has a declaration that is not understood.",
                path=path,
                where="before the first semicolon",
                found=repr(text[at:semicolon].strip()[:40]),
                expected="sets such as ($Baby = smile fuss), an interval length, or factors",
            )
        at = part.end()
        if part["length"]:
            length = float(part["length"]) or None
        elif part["unit"] is not None:
            unit, more = _unit(part["unit"])
            notes += more
        elif part["set"] is not None or part["bare"]:
            one = _SET.fullmatch(part["set"] or part["bare"] or "")
            codes = re.split(r"[\s,]+", (one.group(3) if one else part["set"] or "").strip())
            for code in codes:
                if one and code:
                    set_of.setdefault(code, one.group(2))
            if one and one.group(1):
                exclusive.add(one.group(2))
        elif part["factor"]:
            levels = tuple(word for word in re.split(r"[\s,]+", part["levels"].strip()) if word)
            factors.append((part["factor"], levels))
    if length is not None and unit != "s":
        length *= {"min": 60.0, "ms": 0.001}.get(unit, 1.0)
    return Header(
        kind, unit, length, set_of, frozenset(exclusive), tuple(factors), semicolon + 1,
        tuple(notes),
    )  # fmt: skip


def _unit(written: str) -> tuple[str, list[Note]]:
    word = written.strip().casefold()
    if word in _LENGTH_UNITS:
        return _LENGTH_UNITS[word], []
    note = Note(
        "unit_not_known",
        f"the unit of time {written.strip()[:40]!r} is not known; times were read as seconds.",
        level="warning",
    )
    return "s", [note]


def sessions(body: str) -> Iterator[Session]:
    """Sessions between ``;`` and ``/``; those without a word are left out."""
    label, factors = "", ""
    words: list[str] = []
    for match in _TOKEN.finditer(body):
        named, brackets, mark, word, other = match.groups()
        if named is not None:
            label = named.strip()
        elif brackets is not None:
            factors = brackets
        elif mark:
            if words:
                yield Session(label, tuple(words), factors)
                words, factors = [], ""
            if mark == "/":
                label = ""
        else:
            words.append(word or other)
    if words:
        yield Session(label, tuple(words), factors)
