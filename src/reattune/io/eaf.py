"""ELAN annotation files (.eaf): every tier is a track."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.cells import plain_stem
from reattune.io.eaf_scan import Tier, scan_document
from reattune.io.eaf_time import TimeSlots, divide, order_siblings
from reattune.io.register import Format, register_reader
from reattune.io.safe import read_bytes, sha256

Span = tuple[float, float]


def sniff_eaf(path: Path, head: bytes) -> bool:
    """Whether the first bytes look like an ELAN annotation file."""
    return b"<ANNOTATION_DOCUMENT" in head.replace(b"\x00", b"")


def read_eaf(path: Path, options: Mapping[str, object] | None = None) -> tuple[Recording, ...]:
    """The one recording in an ELAN file: a track of intervals for every tier, empty ones too.

    Tiers with their own times keep them. Annotations of a symbolic association take the span of
    their parent; those of a symbolic subdivision share it equally, in their order. Time slots
    without a value are placed evenly between their timed neighbours in the tier. The clock is
    that of the annotations, in seconds; ``media[i]["origin_s"]`` is what has to be added to it to
    get the clock of that media file.

    Parameters
    ----------
    path : Path
        The file, plain or packed with gzip or xz.
    options : mapping, optional
        Not used.

    Raises
    ------
    ReadError
        When it is no sound ELAN file, or refers to slots or annotations that it does not have.
    """
    path = Path(path)
    data = read_bytes(path)
    digest = sha256(data)
    document = scan_document(data, path)
    del data
    if document.root != "ANNOTATION_DOCUMENT":
        raise ReadError(
            "is XML but not an ELAN file.",
            path=path,
            found=f"<{document.root[:60]}>",
            expected="<ANNOTATION_DOCUMENT>",
        )
    unit = document.header.get("TIME_UNITS", "milliseconds")
    if unit != "milliseconds":
        raise ReadError(
            "counts time in a unit that is not supported.",
            path=path,
            where="HEADER, TIME_UNITS",
            found=repr(unit[:60]),
            expected="'milliseconds'",
        )
    slots = TimeSlots.checked(document.slots, document.bad_slot, path)
    tiers = document.tiers
    if document.nameless:
        where = f"tier {document.nameless}"
        raise ReadError("has no name.", path=path, where=where, expected="TIER_ID")
    about = document.attributes
    _resolve(tiers, slots, path)
    return (
        Recording(
            id=plain_stem(path),
            format="elan",
            path=path,
            tracks=tuple(_track(tier) for tier in tiers),
            media=_media(document.media, path),
            meta={
                "sha256": digest,
                "author": about.get("AUTHOR", ""),
                "date": about.get("DATE", ""),
                "version": about.get("FORMAT", ""),
            },
            notes=tuple(note for tier in tiers for note in tier.notes),
        ),
    )


def _resolve(tiers: list[Tier], slots: TimeSlots, path: Path) -> None:
    """Give every annotation its span in ms, parents before children."""
    known: set[str] = set()
    for tier in tiers:
        expected = len(known) + len(tier.aligned) + len(tier.references)
        known.update([row[0] for row in tier.aligned], [row[0] for row in tier.references])
        doubled = expected - len(known)
        if doubled:
            text = f"{doubled} annotation(s) have the identifier of another one."
            where = f"tier {tier.name!r}"
            tier.notes.append(Note("doubled_identifier", text, where, doubled, "warning"))
    spans: dict[str, Span] = {}
    for tier in _parents_first(tiers):
        _place_aligned(tier, slots, spans, path)
        if tier.references:
            _place_references(tier, known, spans, path)


def _parents_first(tiers: list[Tier]) -> list[Tier]:
    by_name = {tier.name: tier for tier in tiers}
    depth: dict[str, int] = {}
    for tier in tiers:
        chain: dict[str, None] = {}
        name: str | None = tier.name
        # A circle of parents ends where it meets itself.
        while name in by_name and name not in depth and name not in chain:
            chain[name] = None
            name = by_name[name].attributes.get("PARENT_REF")
        below = depth.get(name, -1) if name is not None else -1
        for steps, link in enumerate(reversed(chain), start=1):
            depth[link] = below + steps
    return sorted(tiers, key=lambda tier: depth[tier.name])


def _place_aligned(tier: Tier, slots: TimeSlots, spans: dict[str, Span], path: Path) -> None:
    times = slots.times
    try:
        pairs = [(times[row[1]], times[row[2]]) for row in tier.aligned]
    except KeyError as error:
        raise ReadError(
            "has an annotation at a time slot that the file does not have.",
            path=path,
            where=f"tier {tier.name!r}",
            found=f"time slot {error.args[0][:60]!r}",
        ) from None
    if any(first is None or last is None for first, last in pairs):
        bounds = [(row[1], row[2]) for row in tier.aligned]
        filled = slots.interpolate(bounds, seamless=tier.constraint == "Time_Subdivision")
        if filled:
            text = (
                f"{filled} time slot(s) have no time of their own; they were placed evenly between "
                "the timed ones beside them."
            )
            where = f"tier {tier.name!r}"
            tier.notes.append(Note("slots_interpolated", text, where, filled))
        pairs = [(times[row[1]], times[row[2]]) for row in tier.aligned]
    kept = [
        (row, first, last)
        for row, (first, last) in zip(tier.aligned, pairs, strict=True)
        if first is not None and last is not None and 0 <= first <= last
    ]
    tier.spans += [(first, last, row[3]) for row, first, last in kept]
    spans.update({row[0]: (first, last) for row, first, last in kept})
    if len(kept) == len(pairs):
        return
    timed = [(a, b) for a, b in pairs if a is not None and b is not None]
    backwards = sum(last < first for first, last in timed)
    untimed = len(pairs) - len(timed)
    negative = len(timed) - backwards - len(kept)
    tier.skip("no_time", untimed, "have no time, nor a timed neighbour on both sides")
    tier.skip("reversed", backwards, "end before they start")
    tier.skip("negative_time", negative, "start before 0")


def _place_references(tier: Tier, known: set[str], spans: dict[str, Span], path: Path) -> None:
    missing = [row[1] for row in tier.references if row[1] not in known]
    if missing:
        raise ReadError(
            "refers to an annotation that the file does not have.",
            path=path,
            where=f"tier {tier.name!r}",
            found=f"annotation {missing[0][:60]!r}",
        )
    if tier.constraint == "Symbolic_Association":
        placed = [(row, spans[row[1]]) for row in tier.references if row[1] in spans]
        tier.spans += [(*span, row[3]) for row, span in placed]
        spans.update({row[0]: span for row, span in placed})
        _skip_orphans(tier, len(tier.references) - len(placed))
        return
    children: dict[str, list[tuple[str, str, str, str]]] = {}
    for row in tier.references:
        children.setdefault(row[1], []).append(row)
    orphans = broken = 0
    for parent, rows in children.items():
        span = spans.get(parent)
        if span is None:
            orphans += len(rows)
            continue
        order, whole = order_siblings([(row[0], row[2]) for row in rows])
        broken += not whole
        parts = divide(span, len(rows))
        for (identifier, _, _, text), part in zip([rows[at] for at in order], parts, strict=True):
            tier.spans.append((*part, text))
            spans[identifier] = part
    _skip_orphans(tier, orphans)
    if broken:
        text = (
            f"the order of the parts is not clear for {broken} annotation(s) that are divided; the "
            "order in the file was used where it is not."
        )
        tier.notes.append(Note("order_unclear", text, f"tier {tier.name!r}", broken, "warning"))


def _skip_orphans(tier: Tier, count: int) -> None:
    tier.skip("parent_skipped", count, "belong to an annotation that was skipped")


def _track(tier: Tier) -> Track:
    rows = sorted(tier.spans, key=lambda span: span[:2])
    starts = np.array([row[0] for row in rows], dtype=np.float64) / 1000.0
    ends = np.array([row[1] for row in rows], dtype=np.float64) / 1000.0
    overlaps = int((starts[1:] < ends[:-1]).sum())
    if overlaps:
        text = f"{overlaps} annotation(s) start before the one before them ends."
        tier.notes.append(Note("overlap", text, f"tier {tier.name!r}", overlaps, "warning"))
    get = tier.attributes.get
    return Track(
        tier.name,
        "intervals",
        starts,
        ends,
        tuple(row[2] for row in rows),
        person=get("PARTICIPANT", "").strip(),
        meta={
            "annotator": get("ANNOTATOR", ""),
            "parent": get("PARENT_REF", ""),
            "linguistic_type": get("LINGUISTIC_TYPE_REF", ""),
            "constraint": tier.constraint,
        },
    )


def _media(described: Sequence[Mapping[str, str]], path: Path) -> tuple[Mapping[str, object], ...]:
    media = []
    for node in described:
        address = node.get("MEDIA_URL") or node.get("RELATIVE_MEDIA_URL") or ""
        origin = node.get("TIME_ORIGIN", "0")
        try:
            origin_s = int(origin) / 1000.0
        except (ValueError, OverflowError):
            raise ReadError(
                "is not a whole number of milliseconds.",
                path=path,
                where="MEDIA_DESCRIPTOR, TIME_ORIGIN",
                found=repr(origin[:60]),
            ) from None
        name = address.replace("\\", "/").rsplit("/", 1)[-1]
        media.append({"name": name, "origin_s": origin_s})
    return tuple(media)


ELAN = register_reader(Format("elan", "ELAN annotation file", (".eaf",), sniff_eaf, read_eaf))
