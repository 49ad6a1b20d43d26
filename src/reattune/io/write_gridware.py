"""Making GridWare projects: a trajectory of states for each recording."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from reattune.core.errors import SettingError
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.fitting import (
    Made,
    as_events,
    clean_texts,
    finite,
    from_zero,
    in_milliseconds,
    of_track,
    overlap_layers,
    plain_names,
    rows_of,
    unique_name,
)

_TARGET = "GridWare"
MISSING = "--"
_BREAKS = re.compile("[\x00-\x1f\x7f\u2028\u2029\x85\ud800-\udfff]+")
_QUOTE = re.compile('"')


def make_gridware(recordings: Sequence[Recording], stem: str) -> Made:
    """A GridWare project (.gwf) and, beside it, a trajectory (.trj) for each recording.

    Every track of intervals is a variable, called ``person_track``; a row stands at each change of
    any of them, and ``--`` where a variable has no code. Of codes that overlap, the one that began
    last holds.

    Parameters
    ----------
    recordings : sequence of Recording
    stem : str
        What the names of the trajectory files begin with.

    Raises
    ------
    SettingError
        When no track holds intervals.
    """
    notes: list[Note] = []
    fitted = [(recording, _states(recording, notes)) for recording in recordings]
    names = _variables([track for _, tracks in fitted for track in tracks])
    if not names:
        raise SettingError("tracks", "no intervals", "at least one track of states, for a grid")
    if len(names) != 2:
        words = f"a grid has two axes; choose two of the {len(names)} variables in GridWare."
        notes.append(Note("not_two_variables", words, count=len(names), level="warning"))
    if len(names) > 1:
        words = (
            "a row stands at each change of any variable, so states are cut where others change."
        )
        notes.append(Note("states_cut", words))
    values: dict[str, dict[str, None]] = {name: {} for name in names.values()}
    beside: dict[str, bytes] = {}
    listed = []
    for recording, tracks in fitted:
        wished = stem if len(fitted) == 1 else f"{stem}_{_file_part(recording.id)}"
        taken = [name.removesuffix(".trj") for name in beside]
        file = unique_name(wished, taken, "{name}_{number}") + ".trj"
        own = {names[track.person, track.name]: track for track in tracks}
        for name, track in own.items():
            values[name].update(dict.fromkeys(_value(label) for label in track.labels))
        beside[file] = _trajectory(recording, own, list(values))
        listed.append(f"{_BREAKS.sub(' ', recording.id)}\t{file}")
    lines = ["<GridWare>", "<Config>", f"MissingValueSymbol\t{MISSING}", "identifier\tstring\tID"]
    for name, codes in values.items():
        kept = sorted(set(codes) - {MISSING}, key=_natural)
        lines.append("\t".join(["state", "categorical", name, *kept]))
    lines += ["</Config>", "<Trajectories>", "ID\tFilename", *listed]
    lines += ["</Trajectories>", "</GridWare>", ""]
    return Made("\n".join(lines).encode("utf-8"), tuple(notes), beside)


def _states(recording: Recording, notes: list[Note]) -> list[Track]:
    tracks = plain_names(as_events(recording.tracks, notes))
    tracks = clean_texts(tracks, _BREAKS, " ", _TARGET, notes)
    tracks = clean_texts(tracks, _QUOTE, "'", _TARGET, notes)
    kept: list[Track] = []
    for track in from_zero(finite(tracks, notes), _TARGET, notes):
        if track.kind == "points" and len(track):
            words = f"GridWare has no points in time; {len(track)} were left out."
            notes.append(Note("points_left_out", words, of_track(track), len(track), "warning"))
        elif track.kind == "intervals":
            others = [other.name for other in kept if other.person == track.person]
            kept.append(replace(track, name=unique_name(track.name, others)))
            _tell(track, notes)
    return in_milliseconds(kept, _TARGET, notes)


def _tell(track: Track, notes: list[Note]) -> None:
    rows = rows_of(track)
    overlaps = sum(map(len, overlap_layers(rows)[1:]))
    again = sum(a[2] == b[2] and abs(a[1] - b[0]) < 1e-6 for a, b in pairwise(rows))
    short = sum(end <= start for start, end, _ in rows)
    empty = sum(_value(label) == MISSING for label in track.labels)
    for code, count, words in (
        ("overlaps_lost", overlaps, "overlap others; of these the one that began last holds."),
        ("no_length_lost", short, "have no length; left out."),
        ("empty_codes_lost", empty, f"have no code or {MISSING!r}, which means missing here."),
        ("repeats_joined", again, "follow one of the same code, which cannot be told from one."),
    ):
        if count:
            note = Note(code, f"{count} event(s) {words}", of_track(track), count, "warning")
            notes.append(note)


def _variables(tracks: Sequence[Track]) -> dict[tuple[str, str], str]:
    names: dict[tuple[str, str], str] = {}
    for track in tracks:
        key = (track.person, track.name)
        if key not in names:
            wished = " ".join("_".join(part for part in key if part).split()) or "state"
            names[key] = unique_name(wished, [*names.values(), "ID", "Filename"])
    return names


def _trajectory(recording: Recording, tracks: dict[str, Track], names: list[str]) -> bytes:
    """Onset and values at every change; last the time at which the trajectory ended."""
    edges = {t for track in tracks.values() for row in rows_of(track) for t in row[:2]}
    span = recording.span
    if span is not None and span[1] > max(span[0], 0.0):
        edges |= {round(max(span[0], 0.0), 3), round(span[1], 3)}
    times = np.array(sorted(edges or {0.0, 1.0}))
    columns = []
    for name in names:
        values = [MISSING] * (times.size - 1)
        for start, end, label in rows_of(tracks[name]) if name in tracks else ():
            first, last = np.searchsorted(times, [start, end])
            values[first:last] = [_value(label)] * int(last - first)
        columns.append(values)
    lines = ["\t".join(["Onset", *names])]
    # A row that says nothing new would only count as an event that was never coded.
    before: tuple[str, ...] = ()
    for at, row in zip(times.tolist(), zip(*columns, strict=True), strict=False):
        if row != before:
            lines.append("\t".join([_seconds(at), *row]))
        before = row
    lines += [_seconds(float(times[-1])), ""]
    return "\n".join(lines).encode("utf-8")


def _seconds(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _value(label: str) -> str:
    return " ".join(label.split()) or MISSING


def _natural(text: str) -> tuple[int, float, str]:
    try:
        return (0, float(text), text)
    except ValueError:
        return (1, 0.0, text)


def _file_part(text: str) -> str:
    return re.sub(r"[^\w.-]+", "_", text).strip("._") or "session"
