"""Writing codings: ELAN annotation files and tidy CSV."""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from reattune.core.errors import SettingError
from reattune.core.recording import Track

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# The file has to state a date; a real one would make equal inputs give different bytes.
_NO_DATE = "1970-01-01T00:00:00+00:00"
_MIME = {
    ".mp4": "video/mp4", ".mov": "video/quicktime", ".mpg": "video/mpeg", ".avi": "video/x-msvideo",
    ".wav": "audio/x-wav", ".mp3": "audio/mpeg",
}  # fmt: skip
_CONSTRAINTS = (
    ("Time_Subdivision", "Time subdivision of the parent's interval, without gaps"),
    ("Symbolic_Subdivision", "Ordered parts of the parent, without times of their own"),
    ("Symbolic_Association", "One annotation for one parent"),
    ("Included_In", "Annotations with times inside the parent's interval, gaps allowed"),
)


def write_bytes_safely(path: str | Path, data: bytes) -> Path:
    """The path, after the file was written whole: a crash leaves the old file or the new one."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def write_eaf(
    path: str | Path,
    tracks: Iterable[Track],
    *,
    media: Sequence[Mapping[str, object]] = (),
    author: str = "",
    date: str = _NO_DATE,
    own_slots: bool = False,
) -> Path:
    """The path of an ELAN file (EAF 3.0) with one tier per track.

    The person of a track becomes the PARTICIPANT of its tier. Times are rounded to whole
    milliseconds, the finest ELAN knows. Tier names have to differ in ELAN: of tracks with one
    name, the later ones are called ``name@person``.

    Parameters
    ----------
    path : path-like
    tracks : iterable of Track
        Of kind "intervals", at or after 0 s.
    media : sequence of mapping, optional
        ``{"name": ..., "origin_s": ...}``: written as a reference beside the file.
    author : str, optional
    date : str, default 1970-01-01
        As ISO 8601. A fixed one by default, so that equal codings give equal bytes.
    own_slots : bool, default False
        Whether each annotation has time slots of its own, as ELAN writes them: moving one in
        ELAN then never moves another. By default equal times share a slot.

    Raises
    ------
    SettingError
        When a track has no intervals, a time ELAN cannot hold, or text XML cannot hold.
    """
    data = make_eaf_bytes(tracks, media=media, author=author, date=date, own_slots=own_slots)
    return write_bytes_safely(path, data)


def make_eaf_bytes(
    tracks: Iterable[Track],
    *,
    media: Sequence[Mapping[str, object]] = (),
    author: str = "",
    date: str = _NO_DATE,
    own_slots: bool = False,
) -> bytes:
    """The bytes that `write_eaf` writes; parameters and errors as there."""
    checked = list(tracks)
    pairs = [pair for track in checked for pair in _milliseconds(track)]
    if own_slots:
        keys = [(ms, at, end) for at, pair in enumerate(pairs) for end, ms in enumerate(pair)]
    else:
        keys = [(ms, 0, 0) for ms in {ms for pair in pairs for ms in pair}]
    keys.sort()
    slot = {key: f"ts{number}" for number, key in enumerate(keys, start=1)}
    names = tier_names(checked)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<ANNOTATION_DOCUMENT AUTHOR={xml_attribute(author)} DATE={xml_attribute(date)} "
        'FORMAT="3.0" VERSION="3.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">',
        '<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">',
        *(_media_line(entry) for entry in media),
        f'<PROPERTY NAME="lastUsedAnnotationId">{sum(len(t) for t in checked)}</PROPERTY>',
        "</HEADER>",
        "<TIME_ORDER>",
        *(f'<TIME_SLOT TIME_SLOT_ID="{slot[key]}" TIME_VALUE="{key[0]}"/>' for key in keys),
        "</TIME_ORDER>",
    ]
    number = 0
    for track, name in zip(checked, names, strict=True):
        person = f" PARTICIPANT={xml_attribute(track.person)}" if track.person else ""
        annotator = str(track.meta.get("annotator") or "")
        coder = f" ANNOTATOR={xml_attribute(annotator)}" if annotator else ""
        lines.append(
            f'<TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID={xml_attribute(name)}{person}{coder}>'
        )
        for (first, last), label in zip(_milliseconds(track), track.labels, strict=True):
            one, two = ((first, number, 0), (last, number, 1))
            one, two = (one, two) if own_slots else ((first, 0, 0), (last, 0, 0))
            number += 1
            lines.append(
                f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{number}" '
                f'TIME_SLOT_REF1="{slot[one]}" TIME_SLOT_REF2="{slot[two]}">'
                f"<ANNOTATION_VALUE>{xml_content(label)}</ANNOTATION_VALUE>"
                "</ALIGNABLE_ANNOTATION></ANNOTATION>"
            )
        lines.append("</TIER>")
    lines.append(
        '<LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="default-lt" '
        'TIME_ALIGNABLE="true"/>'
    )
    lines += [
        f'<CONSTRAINT DESCRIPTION="{text}" STEREOTYPE="{name}"/>' for name, text in _CONSTRAINTS
    ]
    lines.append("</ANNOTATION_DOCUMENT>\n")
    return "\n".join(lines).encode("utf-8")


def write_tidy_csv(path: str | Path, tracks: Iterable[Track]) -> Path:
    """The path of a CSV file with one row per event: person, track, start_s, end_s, code.

    UTF-8, comma separated, full precision; rows in order of the tracks, then of time. Text that
    a spreadsheet would run as a formula gets a leading apostrophe; numbers such as "-1" do not.

    Raises
    ------
    SettingError
        When a track holds samples, which have no start and end.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["person", "track", "start_s", "end_s", "code"])
    for track in tracks:
        if track.kind == "samples":
            raise SettingError(f"kind of {track.name!r}", track.kind, "intervals or points")
        person, name = harmless(track.person), harmless(track.name)
        for start, end, label in zip(
            track.starts.tolist(), track.ends.tolist(), track.labels, strict=True
        ):
            writer.writerow([person, name, repr(start), repr(end), harmless(label)])
    return write_bytes_safely(path, out.getvalue().encode("utf-8", errors="replace"))


def _milliseconds(track: Track) -> list[tuple[int, int]]:
    if track.kind != "intervals":
        raise SettingError(f"kind of {track.name!r}", track.kind, "intervals (ELAN has no points)")
    pairs = []
    for start, end in zip(track.starts.tolist(), track.ends.tolist(), strict=True):
        if not (math.isfinite(start) and math.isfinite(end) and 0 <= start <= end):
            raise SettingError(
                f"times of {track.name!r}", (start, end), "finite seconds, 0 <= start <= end"
            )
        pairs.append((round(start * 1000), round(end * 1000)))
    return pairs


def tier_names(tracks: Sequence[Track]) -> list[str]:
    """A name for every track that no other has: ``name``, ``name@person``, ``name (2)``."""
    names: list[str] = []
    taken: set[str] = set()
    for track in tracks:
        wished = name = track.name
        if name in taken and track.person:
            wished = name = f"{track.name}@{track.person}"
        number = 2
        while name in taken:
            name, number = f"{wished} ({number})", number + 1
        taken.add(name)
        names.append(name)
    return names


def _media_line(entry: Mapping[str, object]) -> str:
    name = str(entry.get("name", ""))
    origin = entry.get("origin_s", 0.0)
    origin_ms = round(float(origin) * 1000) if isinstance(origin, int | float) else 0
    kind = _MIME.get(Path(name).suffix.lower(), "unknown")
    shift = f' TIME_ORIGIN="{origin_ms}"' if origin_ms else ""
    url = xml_attribute(f"./{name}")
    return f'<MEDIA_DESCRIPTOR MEDIA_URL={url} MIME_TYPE="{kind}" RELATIVE_MEDIA_URL={url}{shift}/>'


def _checked(text: str) -> str:
    wrong = _NOT_XML.search(text)
    if wrong:
        raise SettingError("text", text[:60], f"no character U+{ord(wrong.group()):04X} in XML")
    return text


def xml_attribute(text: str) -> str:
    """The text in quotes, as an XML attribute.

    Raises
    ------
    SettingError
        When it holds a character XML cannot hold.
    """
    return quoteattr(_checked(text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def xml_content(text: str) -> str:
    """The text as XML content; errors as for `xml_attribute`."""
    return escape(_checked(text), {"\r": "&#13;"})


def harmless(text: str) -> str:
    """``text`` with a leading apostrophe when a spreadsheet would run it."""
    if text[:1] in ("=", "+", "-", "@", "\t", "\r"):
        try:
            float(text)
        except ValueError:
            return "'" + text
    return text
