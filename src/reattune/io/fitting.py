"""Fitting tracks to what a format can hold; every change becomes a note."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.core.notes import Note
from reattune.core.recording import Track

FloatArray = NDArray[np.float64]

# Samples of more different numbers than this are measured values, not codes.
MAX_CODES = 24
SHORTEST_S = 0.001
_SAME_S = 1e-9


@dataclass(frozen=True)
class Made:
    """A file that is made but not yet written.

    Attributes
    ----------
    data : bytes
    notes : tuple of Note
        What the format cannot express, and what was done instead.
    beside : mapping of str to bytes
        Further files that belong in the same folder, by name.
    """

    data: bytes
    notes: tuple[Note, ...] = ()
    beside: Mapping[str, bytes] = field(default_factory=dict)


def of_track(track: Track) -> str:
    """The place of a note: track and person."""
    return f"{track.name!r} of {track.person}" if track.person else repr(track.name)


def with_rows(track: Track, rows: Sequence[tuple[float, float, str]]) -> Track:
    """The track with these ``(start_s, end_s, label)`` as its events, sorted by start."""
    ordered = sorted(rows, key=lambda row: row[:2])
    return replace(
        track,
        starts=np.array([row[0] for row in ordered], dtype=np.float64),
        ends=np.array([row[1] for row in ordered], dtype=np.float64),
        labels=tuple(row[2] for row in ordered),
    )


def rows_of(track: Track) -> list[tuple[float, float, str]]:
    """The events of a track as ``(start_s, end_s, label)``."""
    return list(zip(track.starts.tolist(), track.ends.tolist(), track.labels, strict=True))


# -- samples -----------------------------------------------------------------------------------


def samples_to_runs(track: Track) -> Track:
    """A track of samples as intervals, one for each run of equal codes.

    Words, or at most 24 different whole numbers, are codes. Empty cells (nan, "") give no
    interval. Sample i holds from ``start_s + i / rate_hz`` to ``start_s + (i + 1) / rate_hz``.

    Raises
    ------
    SettingError
        When the samples are measured values.
    """
    if track.values is None:
        words = np.array(track.labels, dtype=object)
        shown = np.array([bool(word) for word in track.labels], dtype=np.bool_)
        codes = np.unique(np.where(shown, words, "").astype(str), return_inverse=True)[1]
        texts = list(track.labels)
    else:
        values = track.values
        shown = np.isfinite(values)
        kinds = np.unique(values[shown])
        if (kinds != np.round(kinds)).any() or kinds.size > MAX_CODES:
            raise SettingError(
                f"samples of {of_track(track)}",
                f"{kinds.size} different numbers from {kinds[0]:g} to {kinds[-1]:g}",
                f"codes: words, or at most {MAX_CODES} different whole numbers; measured values "
                "have no start and end, so code them first (a threshold in the study file makes "
                "events of them)",
            )
        codes = np.where(shown, values, 0.0).astype(np.int64)
        texts = [str(code) for code in codes.tolist()]
    if not shown.size:
        return _runs(track, np.zeros(0), np.zeros(0), ())
    fresh = np.ones(shown.size, dtype=np.bool_)
    fresh[1:] = (codes[1:] != codes[:-1]) | (shown[1:] != shown[:-1])
    first = np.flatnonzero(fresh)
    last = np.append(first[1:], shown.size)
    kept = shown[first]
    labels = tuple(texts[at] for at in first[kept].tolist())
    return _runs(
        track,
        first[kept] / track.rate_hz + track.start_s,
        last[kept] / track.rate_hz + track.start_s,
        labels,
    )


def _runs(track: Track, starts: FloatArray, ends: FloatArray, labels: tuple[str, ...]) -> Track:
    return Track(
        track.name, "intervals", starts, ends, labels, track.person, tick_s=1 / track.rate_hz,
        meta=track.meta,
    )  # fmt: skip


def as_events(tracks: Iterable[Track], notes: list[Note]) -> list[Track]:
    """The tracks without samples: runs of codes become intervals, measured values are left out.

    Raises
    ------
    SettingError
        When nothing but measured values is there.
    """
    kept: list[Track] = []
    refused: list[tuple[Track, SettingError]] = []
    for track in tracks:
        if track.kind != "samples":
            kept.append(track)
            continue
        try:
            runs = samples_to_runs(track)
        except SettingError as error:
            refused.append((track, error))
            continue
        kept.append(runs)
        words = f"{len(track)} samples were written as {len(runs)} runs of equal codes."
        notes.append(Note("samples_as_runs", words, of_track(track), len(runs)))
    if refused and not any(len(track) for track in kept):
        raise refused[0][1]
    for track, _ in refused:
        words = "measured values have no start and end; the track was left out."
        notes.append(Note("samples_left_out", words, of_track(track), len(track), "warning"))
    return kept


def plain_names(tracks: Iterable[Track]) -> list[Track]:
    """The tracks, ``name@person`` of that person called ``name`` where that is free.

    ELAN tiers carry the person so, because two tiers cannot have one name.
    """
    listed = list(tracks)
    taken = {(track.person, track.name) for track in listed}
    found = []
    for track in listed:
        name = track.name.removesuffix(f"@{track.person}") if track.person else track.name
        if name and (track.person, name) not in taken:
            taken.add((track.person, name))
            track = replace(track, name=name)
        found.append(track)
    return found


# -- times -------------------------------------------------------------------------------------


def finite(tracks: Iterable[Track], notes: list[Note]) -> list[Track]:
    """The tracks without events whose times are not finite or run backwards."""
    return _keep(
        tracks, notes, lambda a, b: bool(np.isfinite(a) and np.isfinite(b) and a <= b),
        "times_not_usable", "have no finite start and end in this order; left out.",
    )  # fmt: skip


def from_zero(tracks: Iterable[Track], target: str, notes: list[Note]) -> list[Track]:
    """The tracks from 0 s on: what ends before is left out, what reaches across is cut."""
    kept = _keep(
        tracks, notes, lambda a, b: b > 0 or a >= 0,
        "before_zero", f"lie before 0 s, where {target} has no time; left out.",
    )  # fmt: skip
    cut = []
    for track in kept:
        early = int((track.starts < 0).sum())
        if early:
            words = f"{early} event(s) begin before 0 s, where {target} has no time; cut there."
            notes.append(Note("cut_at_zero", words, of_track(track), early, "warning"))
            track = replace(track, starts=np.maximum(track.starts, 0.0))
        cut.append(track)
    return cut


def _keep(
    tracks: Iterable[Track],
    notes: list[Note],
    good: Callable[[float, float], bool],
    code: str,
    words: str,
) -> list[Track]:
    found = []
    for track in tracks:
        rows = rows_of(track)
        kept = [row for row in rows if good(row[0], row[1])]
        if len(kept) < len(rows):
            lost = len(rows) - len(kept)
            notes.append(Note(code, f"{lost} event(s) {words}", of_track(track), lost, "warning"))
            track = with_rows(track, kept)
        found.append(track)
    return found


def in_milliseconds(tracks: Iterable[Track], target: str, notes: list[Note]) -> list[Track]:
    """The tracks with times rounded to whole milliseconds."""
    found, changed = [], 0
    for track in tracks:
        starts, ends = np.round(track.starts * 1000) / 1000, np.round(track.ends * 1000) / 1000
        moved = (np.abs(starts - track.starts) > _SAME_S) | (np.abs(ends - track.ends) > _SAME_S)
        changed += int(moved.sum())
        found.append(replace(track, starts=starts + 0.0, ends=ends + 0.0))
    if changed:
        words = (
            f"{target} counts time in milliseconds; {changed} event(s) were moved to the nearest "
            "one, by at most half a millisecond."
        )
        notes.append(Note("times_rounded", words, count=changed))
    return found


def points_as_intervals(tracks: Iterable[Track], target: str, notes: list[Note]) -> list[Track]:
    """The tracks with points, and intervals without length, made one millisecond long."""
    found = []
    for track in tracks:
        short = track.ends <= track.starts
        count = int(short.sum())
        if count:
            what = "point(s)" if track.kind == "points" else "interval(s) without length"
            words = f"{target} has no points in time; {count} {what} were made 1 ms long."
            notes.append(Note("points_lengthened", words, of_track(track), count, "warning"))
        # Thousandths from whole milliseconds, so that the end is what would be read back.
        ends = np.where(short, np.round(track.starts * 1000 + 1) / 1000, track.ends)
        found.append(replace(track, kind="intervals", ends=ends))
    return found


def without_overlaps(tracks: Iterable[Track], target: str, notes: list[Note]) -> list[Track]:
    """The tracks, those with overlapping events followed by tracks that hold what overlaps.

    The further tracks are called ``name +2``, ``name +3``. Points overlap when they are at one
    moment.
    """
    found = []
    for track in tracks:
        layers = overlap_layers(rows_of(track), points=track.kind == "points")
        found.append(with_rows(track, layers[0]))
        for number, layer in enumerate(layers[1:], start=2):
            found.append(replace(with_rows(track, layer), name=f"{track.name} +{number}"))
        lost = sum(map(len, layers[1:]))
        if lost:
            words = (
                f"events in one {target} tier cannot overlap; {lost} were written to "
                f"{len(layers) - 1} further tier(s), {track.name} +2 and so on."
            )
            notes.append(Note("overlaps_spread", words, of_track(track), lost, "warning"))
    return found


def overlap_layers(
    rows: Iterable[tuple[float, float, str]], *, points: bool = False
) -> list[list[tuple[float, float, str]]]:
    """The events dealt out so that none overlap within a list; at least one list."""
    layers: list[list[tuple[float, float, str]]] = [[]]
    reach: list[float] = [-np.inf]
    for row in sorted(rows, key=lambda row: row[:2]):
        free = (row[0] > end + _SAME_S if points else row[0] >= end - _SAME_S for end in reach)
        at = next((at for at, is_free in enumerate(free) if is_free), len(layers))
        if at == len(layers):
            layers.append([])
            reach.append(-np.inf)
        layers[at].append(row)
        reach[at] = row[1]
    return layers


# -- text --------------------------------------------------------------------------------------


def clean_texts(
    tracks: Iterable[Track],
    pattern: re.Pattern[str],
    instead: str,
    target: str,
    notes: list[Note],
) -> list[Track]:
    """The tracks with every match of ``pattern`` in names, people and codes replaced."""
    found, changed = [], 0
    for track in tracks:
        texts = [track.name, track.person, *track.labels]
        cleaned = [pattern.sub(instead, text) for text in texts]
        changed += sum(a != b for a, b in zip(texts, cleaned, strict=True))
        found.append(replace(track, name=cleaned[0], person=cleaned[1], labels=tuple(cleaned[2:])))
    if changed:
        words = (
            f"{changed} text(s) hold characters that {target} cannot hold; {instead!r} stands in "
            "their place."
        )
        notes.append(Note("characters_replaced", words, count=changed, level="warning"))
    return found


def unique_name(wished: str, taken: Iterable[str], form: str = "{name} ({number})") -> str:
    """``wished``, or with a number behind it when it is taken (compared without case)."""
    known = {name.casefold() for name in taken}
    name, number = wished, 1
    while name.casefold() in known:
        number += 1
        name = form.format(name=wished, number=number)
    return name
