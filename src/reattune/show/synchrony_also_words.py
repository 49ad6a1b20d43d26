"""Other measures of coupling in sentences: value, null, and what it cannot say."""

from __future__ import annotations

from collections import Counter
from math import isfinite, isnan
from typing import NamedTuple

import numpy as np

from reattune.show.phrases import count, number, p_value, start_upper
from reattune.show.synchrony_data import ALPHA
from reattune.synchrony_pipeline.also_row import NO_EVENTS, CouplingRow
from reattune.synchrony_pipeline.result import SynchronyAnalysis


class Told(NamedTuple):
    """What a sentence names: the value, what it is (with its settings), source, and limits."""

    value: str
    what: str
    source: str
    cannot: str


TOLD = {
    "recurrence": Told(
        "recurrence_peak",
        "Recurrence within {radius_sd:g} SD, highest share of near moments at one lag",
        "Dale, Warlaumont & Richardson 2011",
        "It depends on the radius and on how each signal is spread, and cannot tell being near "
        "from changing together.",
    ),
    "coherence": Told(
        "coherence",
        "Coherence, {low_hz:g} to {high_hz:g} Hz",
        "Welch 1967; Carter, Knapp & Nuttall 1973",
        "It holds at any delay and either sign, so it cannot say who follows, or that the two move "
        "the same way.",
    ),
    "phase": Told(
        "phase_locking",
        "Phase locking, {low_hz:g} to {high_hz:g} Hz",
        "Lachaux et al. 1999",
        "It leaves out how large movements are, and cannot say that there is a rhythm: the filter "
        "makes one of any signal.",
    ),
    "entropy": Told(
        "joint_entropy",
        "Joint entropy of terciles, lower where one tells the other",
        "Shannon 1948",
        "It looks at the same moment only, and cannot say in which direction the two go together.",
    ),
    "information": Told(
        "mutual_information",
        "Mutual information of terciles",
        "Shannon 1948; Miller 1955",
        "It looks at the same moment only, and cannot say in which direction the two go together.",
    ),
    "inertia": Told(
        "inertia_r2",
        "Inertia and coordination over {lag_s:g} s, adjusted R2 of both lines",
        "Butler & Barnard 2019",
        "It looks back by one lag only, and a weight of the other is no influence: what moves both "
        "gives one, too.",
    ),
    "oscillator": Told(
        "oscillator_r2",
        "Coupled oscillators, adjusted R2",
        "Boker & Nesselroade 2002",
        "It is high for signals without any rhythm; neither it nor a period shows that anything "
        "swings.",
    ),
    "events": Told(
        "event_synchrony",
        "Event synchronisation Q of onsets of {stream}",
        "Quian Quiroga, Kreuz & Grassberger 2002",
        "Close is meant relative to the pauses between onsets; it cannot say that one onset "
        "answered the other.",
    ),
    "floor": Told(
        "floor_latency_second_s",
        "Median latency of the second partner's answers, {stream}",
        "Heldner & Edlund 2010",
        "It goes by who is on and who is off, and cannot say what was said or meant.",
    ),
}
NULL = "turned against each other in time"
SLOW = (
    "Turning keeps each partner's signal and breaks its timing to the other; it cannot tell "
    "coupling from slow change that both share. Every measure is a further look at the same data, "
    "and no p here is corrected for the others."
)


def describe_also(analysis: SynchronyAnalysis) -> list[str]:
    """One sentence for every other measure that was asked for; nothing where none was."""
    rows = [row for record in analysis.records for part in record.parts for row in part.also]
    said = list(describe_each(analysis).values())
    if any(isfinite(row.p) for row in rows):
        said.append(SLOW)
    lost = Counter(
        note.message
        for record in analysis.records
        for note in record.notes
        if note.code == NO_EVENTS
    )
    said += [f"{start_upper(text)} ({count(n, 'record')})" for text, n in lost.items()]
    return ["Other measures of coupling:", *said, ""] if said else []


def describe_each(analysis: SynchronyAnalysis) -> dict[str, str]:
    """The sentence of every measure that has rows, in the order of the register."""
    rows = [row for record in analysis.records for part in record.parts for row in part.also]
    asked = [of for of in TOLD if any(row.of == of for row in rows)]
    return {of: _describe([r for r in rows if r.measure == TOLD[of].value], of) for of in asked}


def _describe(rows: list[CouplingRow], of: str) -> str:
    told = TOLD[of]
    seen = [row for row in rows if isfinite(row.value)]
    tested = [row for row in seen if isfinite(row.p)]
    if not seen:
        body = f"no value. {_why(rows)}"
    elif len(rows) == 1:
        body = _one(rows[0])
    else:
        body = _many(rows, seen, tested)
    return f"{told.what.format(**rows[0].settings)}: {body} {told.cannot}"


def _one(row: CouplingRow) -> str:
    value = show_value(row.value, row.unit)
    if isnan(row.p):
        return f"{value}. {row.refused}"
    null, low, high = (show_value(v, row.unit) for v in row.null[:3])
    return f"{value}; {NULL} {null} ({low} to {high}), {p_value(row.p)}."


def _many(rows: list[CouplingRow], seen: list[CouplingRow], tested: list[CouplingRow]) -> str:
    unit = rows[0].unit
    middle = show_value(float(np.median([row.value for row in seen])), unit)
    text = f"median {middle}, {len(seen)} of {len(rows)} records and phases have a value"
    if not tested:
        return f"{text}. {_why(rows)}"
    null = show_value(float(np.median([row.null_mean for row in tested])), unit)
    low = sum(row.p <= ALPHA for row in tested)
    return (
        f"{text}; {NULL}, median {null}. p is at most {ALPHA:g} in {low} of {len(tested)}, where "
        f"chance alone gives about {number(ALPHA * len(tested), 1)}."
    )


def _why(rows: list[CouplingRow]) -> str:
    return next((row.refused for row in rows if row.refused), "")


def show_value(value: float, unit: str) -> str:
    """A value as its unit is read."""
    if unit == "nat":
        return f"{number(value, 4)} nat"
    return f"{number(value, 2)} s" if unit == "s" else number(value, 3)
