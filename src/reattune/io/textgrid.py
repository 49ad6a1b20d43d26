"""Praat TextGrid files, long and short: every tier is a track."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.cells import plain_stem
from reattune.io.columns import LARGEST_TIME_S
from reattune.io.register import Format, register_reader
from reattune.io.safe import read_bytes, sha256
from reattune.io.turns import MAX_BYTES, decode_text, recording

FloatArray = NDArray[np.float64]

# Praat reads a text file as free-standing texts, numbers and flags; all else is comment, so one
# grammar covers the long and the short form. A text without its closing quote runs to the end.
_TOKEN = re.compile(
    r"""(?<![^\s=]) (?: "(?:[^"]++|"")*+"? | [-+.\d][^\s"=]*+ | <\w+> | ![^\n]*+ )""",
    re.VERBOSE | re.ASCII,
)
_NUMBER = re.compile(r"[+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?", re.ASCII)
_OTHER_FORMS = {
    "ooBinaryFile": "the binary form of Praat",
    "chronological TextGrid": "the chronological form of Praat",
}
# Numbers and text of one interval and of one point.
_WIDTH = {"IntervalTier": 3, "TextTier": 2}
MAX_TIERS = 10_000
_EVENTS_AT_ONCE = 4096


def sniff_textgrid(path: Path, head: bytes) -> bool:
    """Whether the first bytes look like a TextGrid."""
    start = head[:400].replace(b"\x00", b"")
    plain = b"ooTextFile" in start or b"ooBinaryFile" in start or b"Praat chronological" in start
    return plain and b"TextGrid" in start


def read_textgrid(path: Path, options: Mapping[str, object] | None = None) -> tuple[Recording, ...]:
    """The one recording in a TextGrid: a track for every tier, empty ones too.

    Interval tiers give intervals; an interval without a label is no event. Point tiers give
    points, those without a label too. Tier names are kept as written, blanks included; a name
    that occurs again gets ``_2``, ``_3``.

    Parameters
    ----------
    path : Path
        The file, plain or packed with gzip or xz.
    options : mapping, optional
        Not used.

    Raises
    ------
    ReadError
        When it is no TextGrid of text, or ends before all its tiers are complete.
    """
    path = Path(path)
    data = read_bytes(path, MAX_BYTES)
    digest = sha256(data)
    text, notes = _decoded(data, path)
    del data
    reader = _Tokens(text, path)
    xmin, xmax, n_tiers = _header(reader)
    tracks: list[Track] = []
    told: list[Note] = list(notes)
    names: set[str] = set()
    for number in range(1, n_tiers + 1):
        track, more = _tier(reader, number, n_tiers, names)
        tracks.append(track)
        told += more
    left = sum(1 for _ in reader.tokens)
    if left:
        words = f"{left} text(s) or number(s) stand after the last tier and were not read."
        told.append(Note("rest_not_read", words, count=left, level="warning"))
    span, more = _span(xmin, xmax, tracks)
    name = plain_stem(path)
    return (recording(name, "textgrid", path, digest, tuple(tracks), (*told, *more), span=span),)


def _decoded(data: bytes, path: Path) -> tuple[str, tuple[Note, ...]]:
    start = data[:400].replace(b"\x00", b"").decode("latin-1")
    for mark, name in _OTHER_FORMS.items():
        if mark in start:
            raise ReadError(
                f"is a TextGrid in {name}, which is not read.",
                path=path,
                expected='a file saved in Praat with "Save as text file" or "Save as short text '
                'file"',
            )
    return decode_text(data, path)


class _Tokens:
    """The texts, numbers and flags of a file, taken one after another."""

    def __init__(self, text: str, path: Path) -> None:
        # As a list of texts they would take ten times the room of a file in the short form.
        found = map(re.Match.group, _TOKEN.finditer(text))
        self.tokens: Iterator[str] = (token for token in found if token[0] != "!")
        self.path = path

    def next(self, where: str) -> str:
        """The next token."""
        token = next(self.tokens, None)
        if token is None:
            raise self.ends(where)
        return token

    def starts_text(self) -> bool:
        """Whether the next token is a text; it is not taken."""
        token = next(self.tokens, None)
        if token is None:
            return False
        self.tokens = chain([token], self.tokens)
        return token[0] == '"'

    def take(self, count: int, where: str) -> list[str]:
        """The next ``count`` tokens; the file says how many, so it is not believed."""
        tokens = list(islice(self.tokens, count))
        if len(tokens) < count:
            raise self.ends(where)
        return tokens

    def events(self, size: int, width: int, where: str) -> tuple[FloatArray, FloatArray, list[str]]:
        """Starts, ends and labels of ``size`` intervals (width 3) or points (width 2)."""
        starts, ends = array("d"), array("d")
        labels: list[str] = []
        known: dict[str, str] = {}
        # Of several things that are wrong the one is told that a column by column reading meets.
        wrong: list[tuple[int, ReadError]] = []
        left = size
        while left:
            now = min(left, _EVENTS_AT_ONCE)
            tokens = self.take(now * width, where)
            left -= now
            try:
                column = 0
                starts.frombytes(self.numbers(tokens[0::width], where).tobytes())
                column = 1
                if width == 3:
                    ends.frombytes(self.numbers(tokens[1::width], where).tobytes())
                column = 2
                for token in tokens[width - 1 :: width]:
                    label = known.get(token)
                    if label is None:
                        label = known[token] = self.unquote(token, where).strip()
                    labels.append(label)
            except ReadError as error:
                wrong.append((column, error))
        if wrong:
            raise min(wrong, key=lambda found: found[0])[1]
        first = np.asarray(starts)
        return first, np.asarray(ends) if width == 3 else first, labels

    def text(self, where: str) -> str:
        """The next token, which must be a text."""
        return self.unquote(self.next(where), where)

    def unquote(self, token: str, where: str) -> str:
        """A text without its quotes; doubled ones inside stand for one."""
        if token[0] != '"':
            raise ReadError(
                "has something else where a text should be.",
                path=self.path,
                where=where,
                found=token[:60],
                expected="a text in double quotes",
            )
        if len(token) < 2 or token[-1] != '"' or token.count('"') % 2:
            raise self.ends(where)
        return token[1:-1].replace('""', '"')

    def numbers(self, tokens: list[str], where: str) -> FloatArray:
        """Tokens as numbers."""
        try:
            if "_" not in "".join(tokens):
                values = np.array(list(map(float, tokens)), dtype=np.float64)
                if np.isfinite(values).all():
                    return values
        except ValueError:
            pass
        bad = next((t for t in tokens if not _NUMBER.fullmatch(t)), None)
        bad = bad or next(t for t in tokens if not np.isfinite(float(t)))
        raise ReadError(
            "has something else where a number should be.",
            path=self.path,
            where=where,
            found=bad[:60],
            expected="a time in seconds or a count",
        )

    def count(self, where: str) -> int:
        """The next token as a number of things."""
        token = self.next(where)
        if not re.fullmatch(r"\d{1,12}", token, re.ASCII):
            raise ReadError(
                "has no count.",
                path=self.path,
                where=where,
                found=token[:60],
                expected="a whole number",
            )
        return int(token)

    def ends(self, where: str) -> ReadError:
        """The error for a file that is cut short."""
        return ReadError(
            "ends before it is complete.",
            path=self.path,
            where=where,
            found="the end of the file",
            expected="as many tiers and intervals as the file announces",
        )


def _header(reader: _Tokens) -> tuple[float, float, int]:
    kind = reader.text("header")
    # The object class follows; in some old short files it is a word without quotes.
    class_ = reader.text("header") if reader.starts_text() else ""
    if not kind.startswith("ooTextFile") or class_ not in ("TextGrid", ""):
        raise ReadError(
            "is not a TextGrid.",
            path=reader.path,
            where="header",
            found=f"{kind[:40]!r}, {class_[:40]!r}",
            expected='"ooTextFile", "TextGrid"',
        )
    xmin, xmax = reader.numbers(reader.take(2, "header"), "header").tolist()
    flag = reader.next("header")
    if flag == "<absent>":
        return xmin, xmax, 0
    if flag != "<exists>":
        raise ReadError(
            "does not say whether it has tiers.",
            path=reader.path,
            where="header",
            found=flag[:60],
            expected="<exists>",
        )
    n_tiers = reader.count("header, number of tiers")
    if n_tiers > MAX_TIERS:
        raise ReadError(
            "announces too many tiers.",
            path=reader.path,
            where="header",
            found=str(n_tiers),
            expected=f"at most {MAX_TIERS}",
        )
    return xmin, xmax, n_tiers


def _tier(reader: _Tokens, number: int, of: int, names: set[str]) -> tuple[Track, tuple[Note, ...]]:
    where = f"tier {number} of {of}"
    class_ = reader.text(where)
    width = _WIDTH.get(class_)
    if width is None:
        raise ReadError(
            "has a tier of an unknown class.",
            path=reader.path,
            where=where,
            found=repr(class_[:60]),
            expected=" or ".join(_WIDTH),
        )
    written = reader.text(where)
    name, repeat = written, 1
    while name in names:
        repeat += 1
        name = f"{written}_{repeat}"
    names.add(name)
    where = f"tier {number} {name[:60]!r}"
    reader.numbers(reader.take(2, where), where)
    size = reader.count(where)
    starts, ends, labels = reader.events(size, width, where)
    track, notes = _track(name, starts, ends, labels, points=width == 2)
    if repeat > 1:
        words = f"A tier named {written[:60]!r} exists already; this one is called {name[:60]!r}."
        notes = (Note("tier_renamed", words, where, level="warning"), *notes)
    return track, notes


def _track(
    name: str, starts: FloatArray, ends: FloatArray, labels: list[str], points: bool
) -> tuple[Track, tuple[Note, ...]]:
    full = np.ones(starts.size, dtype=np.bool_)
    if not points:
        full = np.array([bool(label) for label in labels], dtype=np.bool_)
    wild = (np.abs(starts) > LARGEST_TIME_S) | (np.abs(ends) > LARGEST_TIME_S)
    negative = ~wild & ((starts < 0) | (ends < 0))
    reversed_ = ~wild & ~negative & (ends < starts)
    kept = full & ~wild & ~negative & ~reversed_
    notes = []
    for code, mask, reason in (
        ("times_too_large", wild, "have a time beyond three thousand years"),
        ("times_negative", negative, "have a time before 0"),
        ("times_reversed", reversed_, "end before they start"),
    ):
        count = int((mask & full).sum())
        if count:
            words = f"{count} label(s) {reason}; skipped."
            notes.append(Note(code, words, f"tier {name!r}", count, "warning"))
    rows = np.flatnonzero(kept)
    back = int((np.diff(starts[rows]) < 0).sum())
    if back:
        words = f"time runs backwards {back} time(s) in the tier; it was put in order."
        notes.append(Note("time_backwards", words, f"tier {name!r}", back, "warning"))
        rows = rows[np.lexsort((ends[rows], starts[rows]))]
    track = Track(
        name,
        "points" if points else "intervals",
        # Adding 0 makes the -0.0 of some programs a plain 0.
        starts[rows] + 0.0,
        ends[rows] + 0.0,
        tuple([labels[row] for row in rows.tolist()]),
        meta={"unlabelled": int((~full).sum())} if not points else {},
    )
    return track, tuple(notes)


def _span(
    xmin: float, xmax: float, tracks: list[Track]
) -> tuple[tuple[float, float] | None, tuple[Note, ...]]:
    """The time the file says it covers, when that can be."""
    if not 0 <= xmin <= xmax <= LARGEST_TIME_S:
        words = f"The file says it lasts from {xmin:g} to {xmax:g} s, which was not used."
        return None, (Note("span_not_used", words, level="warning"),)
    filled = [track for track in tracks if len(track)]
    low = min([xmin, *(float(track.starts[0]) for track in filled)])
    high = max([xmax, *(float(track.ends.max()) for track in filled)])
    # Programs round the last time of a tier and of the file differently.
    if low < xmin - 1e-6 or high > xmax + 1e-6:
        words = (
            f"Labels reach from {low:g} to {high:g} s, beyond the {xmin:g} to {xmax:g} s that the "
            "file says it covers; the latter was not used."
        )
        return None, (Note("span_not_used", words, level="warning"),)
    return (low + 0.0, high + 0.0), ()


register_reader(Format("textgrid", "Praat TextGrid", (".textgrid",), sniff_textgrid, read_textgrid))
