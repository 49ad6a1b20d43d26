"""Making tidy tables (CSV): one row per event, and one per partner and time bin."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_positive
from reattune.core.notes import Note
from reattune.core.pair import Pair
from reattune.core.recording import Recording, Track
from reattune.core.steps import MISSING, Steps
from reattune.io.columns import MISSING as NO_CODE
from reattune.io.fitting import Made, as_events, of_track, rows_of
from reattune.io.write import harmless

EVENT_COLUMNS = ("person", "track", "start_s", "end_s", "code")
RESULT_COLUMNS = (
    "session", "dyad", "phase", "person", "track", "start_s", "end_s", "duration_s", "code",
    "clock_origin_s", "source",
)  # fmt: skip
APIM_COLUMNS = (
    "session", "dyad", "phase", "role", "other", "bin", "time_s", "state", "outcome", "actor",
    "partner", "observed_prop",
)  # fmt: skip

FloatArray = NDArray[np.float64]


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Comma-separated UTF-8: nan and None empty, numbers to 12 digits, no cell a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8", errors="replace")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.12g}"
    return str(value) if isinstance(value, int) else harmless(str(value))


# -- events ------------------------------------------------------------------------------------


def make_tidy(recordings: Sequence[Recording]) -> Made:
    """A CSV with one row per event: person, track, start_s, end_s, code.

    With several recordings a first column ``session`` names them. Times are written in full. The
    end of a point is empty, so that it is told from an interval without length; only where a track
    of the same person and name holds intervals is it written, because there an empty end would
    be a missing one.

    Raises
    ------
    SettingError
        When nothing but measured values is there.
    """
    notes: list[Note] = []
    several = len(recordings) > 1
    rows: list[list[str]] = []
    escaped = empty = 0
    for recording in recordings:
        tracks = as_events(recording.tracks, notes)
        for track in tracks:
            open_end = track.kind == "points" and not _has_twin(track, tracks)
            if track.kind == "points" and not open_end and len(track):
                words = (
                    f"{len(track)} point(s) stand in one table with intervals of the same track; "
                    "they have the end of their start."
                )
                notes.append(Note("points_as_intervals", words, of_track(track), len(track)))
            if not len(track):
                words = "a track without any event has no row."
                notes.append(Note("empty_tracks_lost", words, of_track(track)))
            for start, end, label in rows_of(track):
                texts = [recording.id] * several + [track.person, track.name]
                safe = [harmless(text) for text in [*texts, label]]
                escaped += sum(a != b for a, b in zip(safe, [*texts, label], strict=True))
                empty += label in NO_CODE
                rows.append([*safe[:-1], repr(start), "" if open_end else repr(end), safe[-1]])
    if escaped:
        words = (
            f"{escaped} text(s) begin with a sign that spreadsheets take for a formula; an "
            "apostrophe stands before them."
        )
        notes.append(Note("formulas_escaped", words, count=escaped, level="warning"))
    if empty:
        words = (
            f"{empty} event(s) have no code, or one that programs take for a missing cell (NA, .); "
            "they may skip these rows."
        )
        notes.append(Note("empty_codes", words, count=empty, level="warning"))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["session", *EVENT_COLUMNS] if several else EVENT_COLUMNS)
    writer.writerows(rows)
    return Made(out.getvalue().encode("utf-8", errors="replace"), tuple(notes))


def _has_twin(track: Track, tracks: Sequence[Track]) -> bool:
    return any(
        other.kind != "points"
        and len(other)
        and (other.person, other.name) == (track.person, track.name)
        for other in tracks
    )


# -- time bins ---------------------------------------------------------------------------------


def apim_rows(pair: Pair, bin_s: float = 1.0) -> list[tuple[object, ...]]:
    """Rows for an actor-partner model: one per partner, whole time bin and state.

    Bins of ``bin_s`` begin at the start of the window; an incomplete last one is left out.
    ``outcome`` is what the partner in ``role`` did in the bin, ``actor`` what the same partner did
    in the bin before, ``partner`` what the other did in the bin before. What was done is the share
    of the bin's observed time in ``state``; where all states of both are numbers, there are rows
    with the state ``mean`` besides: the mean of the numbers, weighted by time. Without observed
    time (and in the first bin for what was before) it is nan. States of the two partners
    that only one of them can be in have share 0 for the other.

    Returns
    -------
    list of tuple
        role, other, bin (from 1), time_s, state, outcome, actor, partner, observed_prop.
    """
    check_positive("bin_s", bin_s)
    start, end = pair.window
    count = math.floor((end - start) / bin_s + 1e-9)
    edges: FloatArray = np.asarray(start + np.arange(count + 1) * bin_s, dtype=np.float64)
    names = list(dict.fromkeys([*pair.table.states[0], *pair.table.states[1]]))
    sides = [
        _shares(steps, states, names, edges)
        for steps, states in zip((pair.x, pair.y), pair.table.states, strict=True)
    ]
    numbers = [_number(name) for name in names]
    if all(number is not None for number in numbers):
        weights = np.array([float(number or 0.0) for number in numbers])
        sides = [(np.column_stack([shares, shares @ weights]), seen) for shares, seen in sides]
        names.append("mean")
    rows: list[tuple[object, ...]] = []
    for at in range(count):
        for who in (0, 1):
            own, seen = sides[who]
            others = sides[1 - who][0]
            for column, name in enumerate(names):
                before = (
                    (float(own[at - 1, column]), float(others[at - 1, column]))
                    if at
                    else (math.nan, math.nan)
                )
                rows.append(
                    (
                        pair.partners[who],
                        pair.partners[1 - who],
                        at + 1,
                        float(edges[at]),
                        name,
                        float(own[at, column]),
                        *before,
                        float(seen[at]),
                    )
                )
    return rows


def _shares(
    steps: Steps, states: Sequence[str], names: Sequence[str], edges: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Share of each bin's observed time in each named state, and the share that was observed."""
    seconds = np.zeros((edges.size - 1, len(names)))
    for code, state in enumerate(states):
        on = np.where(steps.codes == code, np.diff(steps.edges), 0.0)
        # The time in a state up to any moment is piecewise linear between the changes.
        so_far = np.interp(edges, steps.edges, np.concatenate([[0.0], np.cumsum(on)]))
        seconds[:, names.index(state)] += np.diff(so_far)
    on = np.where(steps.codes != MISSING, np.diff(steps.edges), 0.0)
    seen = np.diff(np.interp(edges, steps.edges, np.concatenate([[0.0], np.cumsum(on)])))
    known = seen > 1e-9
    shares = np.full_like(seconds, np.nan)
    shares[known] = seconds[known] / seen[known, None]
    return shares, seen / np.diff(edges)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
