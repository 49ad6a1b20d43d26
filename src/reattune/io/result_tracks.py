"""Results and sessions as tracks, on the clock of the file they came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from reattune.core.attunement import Attunement
from reattune.core.recording import Track
from reattune.core.ruptures import Rupture, Ruptures
from reattune.core.session import Phase, Session
from reattune.core.streams import Signal, States
from reattune.io.coded import Coded, coded_tracks

DYAD = "dyad"
MATCH, RUPTURE, REPAIR = "match", "rupture", "repair"
# A repair is a moment; where a program only knows intervals, it lasts so long to be seen.
SHOWN_S = 0.5
_REASONS = {"": "unknown", "end": "end", "missing": "missing", "cut": "cut", "window": "window"}

Part = tuple[Phase, Attunement, Ruptures]


def describe_rupture(rupture: Rupture) -> str:
    """How a rupture began and ended, in words.

    Examples
    --------
    >>> from reattune.core.ruptures import Rupture
    >>> describe_rupture(Rupture(1, 3, 1, 2, "infant", "both", "repaired", "", True))
    'opened by infant; repaired by both'
    >>> describe_rupture(Rupture(1, 3, 1, 2, "", "", "censored", "missing", False))
    'already running; cut off (missing)'
    """
    if not rupture.entered:
        began = "already running"
    else:
        began = f"opened by {rupture.by}" if rupture.by else "opened"
    if rupture.outcome == "repaired":
        ended = f"repaired by {rupture.repaired_by}" if rupture.repaired_by else "repaired"
    elif rupture.outcome == "censored":
        ended = f"cut off ({_REASONS[rupture.reason]})"
    else:
        ended = "not repaired within the window"
    return f"{began}; {ended}"


def describe_repair(rupture: Rupture) -> str:
    """Who repaired, and after how long, where the beginning was seen."""
    who = f"repaired by {rupture.repaired_by}" if rupture.repaired_by else "repaired"
    return f"{who} after {rupture.latency:.1f} s" if rupture.entered else who


def chapter(rupture: Rupture, number: int, phase: str = "") -> str:
    """A rupture as the title of a chapter.

    Examples
    --------
    >>> from reattune.core.ruptures import Rupture
    >>> chapter(Rupture(1, 5.2, 1, 2, "infant", "caregiver", "repaired", "", True), 3)
    'rupture 3: opened by infant, repaired by caregiver after 4.2 s'
    """
    words = describe_rupture(rupture).replace("; ", ", ")
    after = f" after {rupture.latency:.1f} s" if rupture.entered else ""
    words += after if rupture.outcome == "repaired" else ""
    return f"{f'{phase}, ' if phase else ''}rupture {number}: {words}"


def result_tracks(parts: Iterable[Part], shift_s: float = 0.0) -> tuple[Track, Track, Track]:
    """Match, ruptures and repairs of a session as three tracks of the dyad.

    Parameters
    ----------
    parts : iterable of (Phase, Attunement, Ruptures)
    shift_s : float
        Added to all times.

    Returns
    -------
    match, rupture : Track
        Intervals. Labels of ruptures say who opened and repaired them, or why they are cut off.
    repair : Track
        Points; ``meta["modifier_of"]`` holds who repaired each.
    """
    matched: list[Coded] = []
    broken: list[Coded] = []
    repaired: list[tuple[float, str, str]] = []
    for _, attunement, ruptures in parts:
        matched += [Coded(a + shift_s, b + shift_s, "match") for a, b in attunement.matched]
        for one in ruptures:
            end = one.end + shift_s
            broken.append(Coded(one.onset + shift_s, end, describe_rupture(one)))
            if one.outcome == "repaired":
                repaired.append((end, describe_repair(one), one.repaired_by))
    repaired.sort()
    times = np.array([row[0] for row in repaired], dtype=np.float64)
    return (
        coded_tracks(MATCH, matched, person=DYAD)[0],
        coded_tracks(RUPTURE, broken, person=DYAD)[0],
        Track(
            REPAIR,
            "points",
            times,
            times,
            tuple(row[1] for row in repaired),
            person=DYAD,
            meta={"modifier_of": tuple(row[2] for row in repaired)},
        ),
    )


def elan_tiers(tracks: tuple[Track, Track, Track]) -> tuple[Track, ...]:
    """The tiers MATCH, RUPTURE and REPAIR: annotations only, of nobody in particular.

    A repair begins at its moment and is 0.5 s long to be seen, or as long as until the next.
    """
    match, rupture, repair = tracks
    following = np.append(repair.starts[1:], np.inf)
    ends = np.minimum(repair.starts + SHOWN_S, following)
    shown = replace(repair, kind="intervals", ends=np.maximum(ends, repair.starts + 0.001))
    return tuple(
        replace(track, name=name, person="", meta={"annotator": "reattune"})
        for track, name in ((match, "MATCH"), (rupture, "RUPTURE"), (shown, "REPAIR"))
    )


def plain_codes(tracks: Iterable[Track], codes: Mapping[str, str]) -> tuple[Track, ...]:
    """The tracks with one code for all events: that of their name."""
    return tuple(
        replace(t, labels=(codes[t.name],) * len(t)) if t.name in codes else t for t in tracks
    )


def stream_tracks(session: Session, shift_s: float = 0.0) -> tuple[Track, ...]:
    """The streams of a session, and its phases, as tracks.

    Parameters
    ----------
    session : Session
    shift_s : float
        Added to all times.
    """
    tracks: list[Track] = []
    for stream in session.streams:
        if isinstance(stream, Signal):
            start_s = stream.start_s + shift_s
            tracks.append(
                Track(
                    stream.name, "samples", np.zeros(0), np.zeros(0), (), stream.partner,
                    stream.values, start_s, stream.rate_hz,
                )
            )  # fmt: skip
            continue
        starts, ends = stream.starts + shift_s, stream.ends + shift_s
        rows = zip(starts.tolist(), ends.tolist(), stream.labels, strict=True)
        if isinstance(stream, States):
            events = [Coded(start, end, label) for start, end, label in rows]
        else:
            # An event of a behaviour that has no further code is called by the behaviour.
            events = [Coded(start, end, label or stream.name) for start, end, label in rows]
        tracks += coded_tracks(stream.name, events, person=stream.partner, tick_s=stream.tick_s)
    if session.phases:
        phases = [Coded(p.start + shift_s, p.end + shift_s, p.label) for p in session.phases]
        tracks += coded_tracks("phase", phases)
    return tuple(tracks)
