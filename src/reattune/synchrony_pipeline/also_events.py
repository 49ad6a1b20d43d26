"""Onsets and bouts of both partners: event synchronisation, and who is on after whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from reattune.core.session import Phase, Session
from reattune.core.streams import Events
from reattune.coupling import find_onsets, measure_event_synchrony, measure_floor, rotate_events
from reattune.surrogates.ranks import rank
from reattune.synchrony_pipeline.also_row import CouplingRow, rows_without

# Fewer onsets of a partner, and a turned train says little.
FEWEST_ONSETS = 5
_NO_TURNS = "No null: turning bouts against each other would break the very turns that are timed."
_MIXED = "Too few surrogates have a value."


@dataclass(frozen=True)
class Draws:
    """How surrogates are drawn: a fresh generator from words, and how many."""

    make: Callable[..., np.random.Generator]
    n: int
    off: str


def find_events(session: Session, name: str = "") -> tuple[str, str]:
    """The stream of events both partners have, and why there is none."""
    first, second = session.partners
    shared = [
        stream
        for stream in session.stream_names
        if all(
            session.has(stream, who) and isinstance(session.stream(stream, who), Events)
            for who in (first, second)
        )
    ]
    if name:
        told = f"There are no events called {name!r} of both partners."
        return (name, "") if name in shared else ("", told)
    if not shared:
        return "", "There are no events of one name of both partners."
    if len(shared) > 1:
        return "", f"Several streams are events of both ({', '.join(shared)}): name one."
    return shared[0], ""


def measure_onsets(
    session: Session, phase: Phase, name: str, draws: Draws
) -> tuple[CouplingRow, ...]:
    """Q and q of the onsets in a phase beside onsets turned inside the observed stretches."""
    one, two = (session.stream(name, who, Events) for who in session.partners)
    settings = {"stream": name, "fewest_onsets": FEWEST_ONSETS}
    inside = [cut for cut in session.cuts if phase.start < cut < phase.end]
    if inside:
        return rows_without("events", say_cut(inside[0]), settings)
    seen = (one.observed & two.observed).clip(*phase.window)
    moments = [find_onsets(stream) for stream in (one, two)]
    found = measure_event_synchrony(*moments, observed=seen)
    n = found.n_first + found.n_second
    values = {"event_synchrony": found.strength, "event_lead": found.lead}
    why = draws.off
    if not (found.n_first and found.n_second):
        why = "A partner has no onset in this phase."
    elif min(found.n_first, found.n_second) < FEWEST_ONSETS and not why:
        why = f"Fewer than {FEWEST_ONSETS} onsets of a partner: no null."
    if why:
        return tuple(
            CouplingRow("events", key, value, n, refused=why, settings=settings)
            for key, value in values.items()
        )
    rng = draws.make("events")
    turned = [
        measure_event_synchrony(moments[0], rotate_events(moments[1], seen, rng), observed=seen)
        for _ in range(draws.n)
    ]
    settings = {**settings, "null": "rotated onsets", "n_surrogates": draws.n}
    drawn = {
        "event_synchrony": [t.strength for t in turned],
        "event_lead": [t.lead for t in turned],
    }
    rows = []
    for key, value in values.items():
        row = rank(key, value, np.array(drawn[key]))
        beside = (row.null_mean, row.null_low, row.null_high, row.p)
        told = _MIXED if row.refused else ""
        rows.append(CouplingRow("events", key, value, n, *beside, told, settings))
    return tuple(rows)


def measure_turns(session: Session, phase: Phase, name: str) -> tuple[CouplingRow, ...]:
    """Latencies, silence and overlap in a phase."""
    one, two = (session.stream(name, who, Events).clip(*phase.window) for who in session.partners)
    found = measure_floor(one, two, cuts=session.cuts)
    settings = {"stream": name, "min_pause_s": found.used.min_pause_s}
    answers = [found.latencies(side) for side in (0, 1)]
    medians = [float(np.median(a)) if a.size else float("nan") for a in answers]
    seen, n = found.observed_s, len(found.moments)
    shares = [s / seen if seen > 0 else float("nan") for s in (found.silence_s, found.overlap_s)]
    values = {
        "floor_latency_first_s": (medians[0], answers[0].size),
        "floor_latency_second_s": (medians[1], answers[1].size),
        "floor_silence_prop": (shares[0], n),
        "floor_overlap_prop": (shares[1], n),
    }
    return tuple(
        CouplingRow("floor", key, value, int(size), refused=_say_floor(value), settings=settings)
        for key, (value, size) in values.items()
    )


def _say_floor(value: float) -> str:
    return "There is none in this phase." if np.isnan(value) else _NO_TURNS


def say_cut(cut: float) -> str:
    """Why nothing is measured across a cut."""
    return f"There is a cut at {cut:g} s inside this phase: lags would run across it."
