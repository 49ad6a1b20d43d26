"""The elements of an ELAN file as they come, without a tree of all of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from reattune.core.notes import Note
from reattune.io.safe import scan_xml

if TYPE_CHECKING:
    from pyexpat import XMLParserType

Attributes = Mapping[str, str]
_ANNOTATIONS = ("ALIGNABLE_ANNOTATION", "REF_ANNOTATION")


@dataclass
class Tier:
    """A tier while it is read: its annotations as written, then their spans in ms."""

    name: str
    attributes: Attributes
    constraint: str = ""
    # (annotation, first slot, last slot, text) and (annotation, parent, previous, text).
    aligned: list[tuple[str, str, str, str]] = field(default_factory=list)
    references: list[tuple[str, str, str, str]] = field(default_factory=list)
    spans: list[tuple[float, float, str]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def skip(self, code: str, count: int, reason: str) -> None:
        """Note that annotations were left out."""
        if count:
            text = f"{count} annotation(s) {reason}; skipped."
            self.notes.append(Note(code, text, f"tier {self.name!r}", count, "warning"))


@dataclass
class Document:
    """What is in a file, unchecked.

    Attributes
    ----------
    root : str
        Name of the outermost element.
    attributes, header : mapping
        Attributes of the outermost element and of the first HEADER.
    media : list of mapping
        Attributes of the MEDIA_DESCRIPTORs in that header.
    slots : dict of str to float or None
        Milliseconds of the time slots of the first TIME_ORDER.
    bad_slot : (str, str or None) or None
        Name and value of the first slot whose value is no whole number; none after it is read.
    tiers : list of Tier
        In the file's order, with their annotations as written.
    nameless : int
        Number of the first tier without a name, counted from 1; 0 without one.
    """

    root: str = ""
    attributes: Attributes = field(default_factory=dict)
    header: Attributes = field(default_factory=dict)
    media: list[Attributes] = field(default_factory=list)
    slots: dict[str, float | None] = field(default_factory=dict)
    bad_slot: tuple[str, str | None] | None = None
    tiers: list[Tier] = field(default_factory=list)
    nameless: int = 0
    constraints: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def enter(self, tag: str, attributes: Attributes) -> str:
        """Take up an element below the outermost one; its name, or "" when it is not read."""
        get = attributes.get
        if tag == "TIER":
            name = get("TIER_ID")
            self.tiers.append(Tier(name or "", attributes))
            if name is None and not self.nameless:
                self.nameless = len(self.tiers)
            return tag
        if tag == "LINGUISTIC_TYPE":
            self.constraints[get("LINGUISTIC_TYPE_ID", "")] = get("CONSTRAINTS", "")
        if tag not in ("HEADER", "TIME_ORDER") or tag in self.seen:
            return ""
        self.seen.add(tag)
        if tag == "HEADER":
            self.header = attributes
        return tag

    def add_slot(self, attributes: Attributes) -> None:
        """Take up a time slot."""
        name, value = attributes.get("TIME_SLOT_ID", ""), attributes.get("TIME_VALUE")
        if self.bad_slot is None:
            try:
                self.slots[name] = None if value is None else float(int(value))
            except (ValueError, OverflowError):
                self.bad_slot = (name, value)


def scan_document(data: bytes, path: Path) -> Document:
    """The elements of an ELAN file.

    Raises
    ------
    ReadError
        When it is not well-formed XML, or tries what `reattune.io.safe.parse_xml` refuses.
    """
    document = Document()
    scan_xml(data, path, partial(_listen, document))
    for tier in document.tiers:
        kind = tier.attributes.get("LINGUISTIC_TYPE_REF", "")
        tier.constraint = document.constraints.get(kind, "")
    return document


def _listen(document: Document, parser: XMLParserType) -> None:
    """Make the parser tell the document of what it meets.

    Annotations stand at the fourth level (document, tier, annotation, its kind), their texts at
    the fifth; of a text that holds elements only its beginning counts.
    """
    depth = 0
    room = kind = ""
    own: Attributes = {}
    text: str | None = None
    collects = False
    parts: list[str] = []
    # Equal codes are one object, which is most of the room they would take.
    words: dict[str, str] = {}
    ignore = deque[str](maxlen=0).append

    def stop() -> None:
        nonlocal collects, text
        collects = False
        parser.CharacterDataHandler = ignore
        whole = "".join(parts).strip()
        text = words.setdefault(whole, whole)
        parts.clear()

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, room, kind, own, text, collects
        depth += 1
        if collects:
            stop()
        elif depth == 5:
            if kind and text is None and tag == "ANNOTATION_VALUE":
                collects = True
                parser.CharacterDataHandler = parts.append
        elif depth == 4:
            if room == "TIER" and tag in _ANNOTATIONS:
                kind, own, text = tag, attributes, None
        elif depth == 3:
            if room == "TIME_ORDER":
                document.add_slot(attributes)
            elif room == "HEADER" and tag == "MEDIA_DESCRIPTOR":
                document.media.append(attributes)
        elif depth == 2:
            room = document.enter(tag, attributes)
        elif depth == 1:
            # Expat writes a name with a namespace as "address}name".
            document.root = f"{{{tag}" if "}" in tag else tag
            document.attributes = attributes

    def end(tag: str) -> None:
        nonlocal depth, room, kind
        if collects:
            stop()
        elif depth == 4 and kind:
            get, tier = own.get, document.tiers[-1]
            name = get("ANNOTATION_ID", "")
            if kind == "REF_ANNOTATION":
                parent, previous = get("ANNOTATION_REF", ""), get("PREVIOUS_ANNOTATION", "")
                tier.references.append((name, parent, previous, text or ""))
            else:
                first, last = get("TIME_SLOT_REF1", ""), get("TIME_SLOT_REF2", "")
                tier.aligned.append((name, first, last, text or ""))
            kind = ""
        elif depth == 2:
            room = ""
        depth -= 1

    parser.ordered_attributes = False
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    # Without a handler the text would go to the one for undefined entities.
    parser.CharacterDataHandler = ignore
