"""Adding tiers to an ELAN file and leaving every other byte as it is."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from reattune.core.errors import ReadError
from reattune.core.recording import Track
from reattune.io.safe import parse_xml
from reattune.io.write import xml_attribute, xml_content

TYPE = "reattune"
_PROPERTY = "lastUsedAnnotationId"


@dataclass
class _Element:
    """Where an element of the file begins and ends, in bytes, and its attributes."""

    start: int
    opened: int
    attributes: dict[str, str]
    end: int = 0


@dataclass
class _Map:
    """The parts of the file that matter here."""

    order: _Element | None = None
    slots: list[_Element] = field(default_factory=list)
    tiers: list[_Element] = field(default_factory=list)
    types: list[_Element] = field(default_factory=list)
    counter: _Element | None = None
    counted: str = ""
    # Tier number -> identifiers of its annotations, and the time slots they use.
    annotations: list[list[str]] = field(default_factory=list)
    used: list[set[str]] = field(default_factory=list)


def append_tiers(data: bytes, tracks: Sequence[Track], path: Path) -> bytes:
    """The ELAN file with a tier for each track; tiers added by an earlier call are replaced.

    Header, media, other tiers, types and vocabularies keep their bytes. Time slots are put where
    their time belongs, identifiers are new ones, and a linguistic type ``reattune`` without
    constraint is added once. Only the counter ``lastUsedAnnotationId`` is raised where the file
    has it. Calling it on its own result gives the same bytes.

    Parameters
    ----------
    data : bytes
        The unpacked file.
    tracks : sequence of Track
        Of intervals, in seconds on the file's clock, at or after 0 s, not overlapping. Where the
        file has another tier of that name, ``name (reattune)`` is taken.
    path : Path
        For messages.

    Raises
    ------
    ReadError
        When it is no sound ELAN file, or other tiers hang on those that would be replaced.
    SettingError
        When a text holds characters XML cannot hold.
    """
    root = parse_xml(data, path)
    if root.tag != "ANNOTATION_DOCUMENT":
        raise ReadError("is not an ELAN file.", path=path, found=f"<{root.tag[:60]}>")
    data = _as_plain_bytes(data)
    found = _locate(data)
    if found.order is None:
        raise ReadError("has no list of time slots.", path=path, expected="<TIME_ORDER>")
    old = [
        at for at, t in enumerate(found.tiers) if t.attributes.get("LINGUISTIC_TYPE_REF") == TYPE
    ]
    _check_children(found, old, path)
    edits = _removals(data, found, old)
    kept_tiers = [tier for at, tier in enumerate(found.tiers) if at not in old]
    edits += _additions(data, found, old, kept_tiers, tracks)
    return _apply(data, edits)


def _as_plain_bytes(data: bytes) -> bytes:
    """The file in an encoding in which ASCII is ASCII: UTF-16 becomes UTF-8."""
    if data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return data
    text = data.decode("utf-16")
    head, mark, rest = text.partition("?>")
    return (re.sub(r"encoding=(['\"])[^'\"]*\1", 'encoding="UTF-8"', head) + mark + rest).encode()


# -- where things are --------------------------------------------------------------------------


def _locate(data: bytes) -> _Map:
    """Byte places of tiers, slots and types. The bytes were found sound and harmless before."""
    found = _Map()
    parser = expat.ParserCreate()
    stack: list[tuple[str, _Element]] = []

    def begin(tag: str, attributes: dict[str, str]) -> None:
        at = parser.CurrentByteIndex
        element = _Element(at, _tag_end(data, at), attributes)
        stack.append((tag, element))
        if tag == "TIME_ORDER":
            found.order = element
        elif tag == "TIME_SLOT":
            found.slots.append(element)
        elif tag == "TIER":
            found.tiers.append(element)
            found.annotations.append([])
            found.used.append(set())
        elif tag == "LINGUISTIC_TYPE":
            found.types.append(element)
        elif tag == "PROPERTY" and attributes.get("NAME") == _PROPERTY:
            found.counter = element
        elif tag in ("ALIGNABLE_ANNOTATION", "REF_ANNOTATION") and found.tiers:
            found.annotations[-1].append(attributes.get("ANNOTATION_ID", ""))
            slots = (attributes.get(key, "") for key in ("TIME_SLOT_REF1", "TIME_SLOT_REF2"))
            found.used[-1].update(slots)

    def finish(tag: str) -> None:
        _, element = stack.pop()
        # For <A/> the parser is already behind the tag.
        empty = data[element.opened - 2 : element.opened] == b"/>"
        closing = parser.CurrentByteIndex
        element.end = element.opened if empty else data.index(b">", closing) + 1

    def text(words: str) -> None:
        if stack and stack[-1][1] is found.counter:
            found.counted += words

    parser.StartElementHandler = begin
    parser.EndElementHandler = finish
    parser.CharacterDataHandler = text
    parser.Parse(data, True)
    return found


def _tag_end(data: bytes, at: int) -> int:
    """The place behind a tag's ``>``; one inside quotes does not end it."""
    match = re.compile(rb"<[^>\"']*(?:\"[^\"]*\"[^>\"']*|'[^']*'[^>\"']*)*>").match(data, at)
    return match.end() if match else at


def _check_children(found: _Map, old: list[int], path: Path) -> None:
    names = {found.tiers[at].attributes.get("TIER_ID") for at in old}
    for at, tier in enumerate(found.tiers):
        if at not in old and tier.attributes.get("PARENT_REF") in names:
            raise ReadError(
                "hangs on a result tier, which would be replaced.",
                path=path,
                where=f"tier {tier.attributes.get('TIER_ID', '')!r}",
                found=f"parent {tier.attributes['PARENT_REF']!r}",
                expected="a copy without the result tiers, or this tier without a parent",
            )


# -- what changes ------------------------------------------------------------------------------

# (from, to, instead); two at one place are kept in their order.
_Edit = tuple[int, int, bytes]


def _removals(data: bytes, found: _Map, old: list[int]) -> list[_Edit]:
    """Old result tiers and the slots that nobody else uses, each with the blanks before it."""
    gone = set().union(*(found.used[at] for at in old))
    needed = set().union(*(used for at, used in enumerate(found.used) if at not in old))
    elements = [found.tiers[at] for at in old]
    elements += [s for s in found.slots if s.attributes.get("TIME_SLOT_ID") in gone - needed]
    return [(_before_blanks(data, e.start), e.end, b"") for e in elements]


def _before_blanks(data: bytes, at: int) -> int:
    while at > 0 and data[at - 1] in b" \t\r\n":
        at -= 1
    return at


def _additions(
    data: bytes, found: _Map, old: list[int], kept: list[_Element], tracks: Sequence[Track]
) -> list[_Edit]:
    order = found.order
    assert order is not None
    line = "\r\n" if b"\r\n" in data[:4096] else "\n"
    gone = {place for place, _, _ in _removals(data, found, old)}
    slots = [s for s in found.slots if _before_blanks(data, s.start) not in gone]
    next_slot = _highest("ts", [s.attributes.get("TIME_SLOT_ID", "") for s in slots]) + 1
    others = [i for at, own in enumerate(found.annotations) if at not in old for i in own]
    next_annotation = first = _highest("a", others) + 1
    names = {tier.attributes.get("TIER_ID", "") for tier in kept}
    times: list[tuple[int, int]] = []
    tiers: list[str] = []
    for track in tracks:
        name = track.name if track.name not in names else f"{track.name} ({TYPE})"
        lines = [
            f'    <TIER ANNOTATOR="{TYPE}" LINGUISTIC_TYPE_REF="{TYPE}" '
            f"TIER_ID={xml_attribute(name)}>"
        ]
        for start, end, label in zip(
            track.starts.tolist(), track.ends.tolist(), track.labels, strict=True
        ):
            refs = (next_slot, next_slot + 1)
            first_ms = round(start * 1000)
            times += zip((first_ms, max(round(end * 1000), first_ms + 1)), refs, strict=True)
            lines += [
                "        <ANNOTATION>",
                f'            <ALIGNABLE_ANNOTATION ANNOTATION_ID="a{next_annotation}" '
                f'TIME_SLOT_REF1="ts{refs[0]}" TIME_SLOT_REF2="ts{refs[1]}">',
                f"                <ANNOTATION_VALUE>{xml_content(label)}</ANNOTATION_VALUE>",
                "            </ALIGNABLE_ANNOTATION>",
                "        </ANNOTATION>",
            ]
            next_slot, next_annotation = next_slot + 2, next_annotation + 1
        tiers += [*lines, "    </TIER>"]
    edits = _slot_edits(data, order, slots, sorted(times), line)
    edits.append(_insert(kept[-1].end if kept else order.end, tiers, line))
    if not any(t.attributes.get("LINGUISTIC_TYPE_ID") == TYPE for t in found.types):
        place = found.types[-1].end if found.types else kept[-1].end if kept else order.end
        words = (
            f'    <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="{TYPE}" '
            'TIME_ALIGNABLE="true"/>'
        )
        edits.append(_insert(place, [words], line))
    counter = found.counter
    last = next_annotation - 1
    if counter is not None and last >= first and _is_less(found.counted, last):
        start = counter.opened
        edits.append((start, data.index(b"<", start), str(last).encode()))
    return edits


def _slot_edits(
    data: bytes, order: _Element, slots: list[_Element], times: list[tuple[int, int]], line: str
) -> list[_Edit]:
    """New time slots, each behind the last one that is not later."""
    written = [
        (ms, f'        <TIME_SLOT TIME_SLOT_ID="ts{number}" TIME_VALUE="{ms}"/>')
        for ms, number in times
    ]
    if order.end == order.opened:  # <TIME_ORDER/>
        inside = line.join(["<TIME_ORDER>", *(text for _, text in written), "    </TIME_ORDER>"])
        return [(order.start, order.end, inside.encode("ascii"))] if written else []
    # What stands behind a later one never comes before it, even where the file is not in order.
    reach: list[int] = []
    for slot in slots:
        value = slot.attributes.get("TIME_VALUE", "")
        known = int(value) if value.isascii() and value.isdigit() else 0
        reach.append(max(known, reach[-1] if reach else 0))
    groups: dict[int, list[str]] = {}
    for ms, text in written:
        at = bisect_right(reach, ms)
        groups.setdefault(slots[at - 1].end if at else order.opened, []).append(text)
    return [_insert(place, texts, line) for place, texts in groups.items()]


def _insert(place: int, lines: Sequence[str], line: str) -> _Edit:
    text = "".join(line + one for one in lines)
    return (place, place, text.encode("ascii", "xmlcharrefreplace"))


def _highest(prefix: str, identifiers: Sequence[str]) -> int:
    numbers = [i[len(prefix) :] for i in identifiers if i.startswith(prefix)]
    return max([0, *(int(n) for n in numbers if n.isascii() and n.isdigit() and len(n) < 16)])


def _is_less(written: str, number: int) -> bool:
    text = written.strip()
    return text.isascii() and text.isdigit() and int(text) < number


def _apply(data: bytes, edits: list[_Edit]) -> bytes:
    pieces = []
    at = 0
    # At one place, what is put in follows the element before it, and comes before a removal.
    for start, end, instead in sorted(edits, key=lambda edit: edit[:2]):
        pieces += [data[at:start], instead]
        at = end
    return b"".join([*pieces, data[at:]])
