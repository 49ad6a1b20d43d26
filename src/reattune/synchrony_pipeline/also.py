"""Other measures of coupling by name: which there are, and their rows for one phase of a record."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from reattune.core.errors import SettingError, did_you_mean
from reattune.core.notes import Note
from reattune.core.session import Phase, Session
from reattune.coupling import compare_with_rotations
from reattune.coupling.pairs import FloatArray
from reattune.phase_analysis import SWITCHED_OFF
from reattune.provenance import make_rng
from reattune.surrogates.decide import MIN_ALIGNMENTS as FEWEST_TURNS
from reattune.surrogates.ranks import MIN_DEFINED
from reattune.synchrony import cut_to_common
from reattune.synchrony_pipeline import also_signals as signals
from reattune.synchrony_pipeline.also_events import (
    Draws,
    find_events,
    measure_onsets,
    measure_turns,
    say_cut,
)
from reattune.synchrony_pipeline.also_row import ALSO, NAN, NO_EVENTS, CouplingRow, rows_without
from reattune.synchrony_pipeline.also_signals import Compute, Setup, Values
from reattune.synchrony_pipeline.prepare import Pair

# Rotations of one record; more would cost much and say little more.
MOST_TURNS = 199
OF_SIGNALS: dict[str, Callable[[Setup, Any], signals.Measured]] = {
    "recurrence": signals.make_recurrence,
    "coherence": signals.make_coherence,
    "phase": signals.make_phase,
    "entropy": signals.make_entropy,
    "information": signals.make_information,
    "inertia": signals.make_inertia,
    "oscillator": signals.make_oscillator,
}
OF_EVENTS = ("events", "floor")
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Also:
    """One measure that is asked for.

    Attributes
    ----------
    name : str
        A key of ``ALSO``.
    option : str
        After a colon: a radius in SD (recurrence), a band such as ``0.2-0.5`` in Hz (coherence,
        phase), a stream (events, floor). Empty: the default.
    """

    name: str
    option: str = ""

    def __str__(self) -> str:
        return f"{self.name}:{self.option}" if self.option else self.name


def list_also(also: str | Iterable[str]) -> tuple[Also, ...]:
    """What is asked for, each once, in the order of the register.

    Parameters
    ----------
    also : str or iterable of str
        ``"coherence,phase:0.2-0.5"`` or the same one by one.

    Raises
    ------
    SettingError
        For an unknown name (with the nearest one), an option that does not fit, a name given twice.
    """
    words = also.split(",") if isinstance(also, str) else list(also)
    found: dict[str, Also] = {}
    for word in words:
        if not isinstance(word, str):
            raise SettingError("also", word, "names of measures")
        name, _, option = (part.strip() for part in word.partition(":"))
        if not name:
            continue
        if name not in ALSO:
            raise SettingError("also", name, "a measure of coupling." + did_you_mean(name, ALSO))
        asked = Also(name, option)
        if found.get(name, asked) != asked:
            raise SettingError("also", word, f"{name} once")
        read_option(asked)
        found[name] = asked
    return tuple(found[name] for name in ALSO if name in found)


def read_option(asked: Also) -> float | tuple[float, float] | str | None:
    """The radius, band or stream of what is asked for; None where it is left open.

    Raises
    ------
    SettingError
    """
    if not asked.option:
        return None
    if asked.name in OF_EVENTS:
        return asked.option
    try:
        if asked.name == "recurrence":
            radius = float(asked.option)
            if radius > 0 and isfinite(radius):
                return radius
            raise ValueError
        if asked.name in ("coherence", "phase"):
            low, high = (float(part) for part in asked.option.split("-"))
            if 0 < low < high and isfinite(high):
                return low, high
            raise ValueError
    except ValueError:
        told = "a radius in SD" if asked.name == "recurrence" else "a band in Hz"
        example = "recurrence:0.2" if asked.name == "recurrence" else f"{asked.name}:0.2-0.5"
        raise SettingError("also", str(asked), f"{told}, such as {example}") from None
    raise SettingError("also", str(asked), f"{asked.name} without a colon: it takes nothing")


def check_bands(asked: Iterable[Also], rate_hz: float) -> None:
    """Refuse a band that samples so far apart cannot hold."""
    for what in asked:
        band = read_option(what)
        if isinstance(band, tuple) and band[1] >= rate_hz / 2:
            raise SettingError("also", str(what), f"a band below half of {rate_hz:g} Hz")


def describe_asked(asked: Sequence[Also], setup: Setup, surrogates: int) -> dict[str, object]:
    """What the settings of a result say of it, JSON-safe; nothing where nothing was asked for."""
    if not asked:
        return {}
    told: dict[str, object] = {}
    for what in asked:
        if what.name in OF_SIGNALS:
            told[what.name] = dict(OF_SIGNALS[what.name](setup, read_option(what)).settings)
        else:
            told[what.name] = {"stream": what.option}
    return {"also": {"surrogates": min(surrogates, MOST_TURNS), "measures": told}}


def note_streams(session: Session, asked: Iterable[Also]) -> tuple[Note, ...]:
    """Notes on event measures that this session has no stream for."""
    notes = []
    for what in asked:
        if what.name in OF_EVENTS:
            why = find_events(session, what.option)[1]
            if why:
                notes.append(Note(NO_EVENTS, f"{what.name} was not measured. {why}", str(what)))
    return tuple(notes)


def measure_also(
    session: Session,
    phase: Phase,
    pair: Pair,
    asked: Iterable[Also],
    setup: Setup,
    *,
    surrogates: int,
    seed: int,
    why: str = "",
    tell: Tell | None = None,
) -> tuple[CouplingRow, ...]:
    """The rows of everything asked for in one phase.

    Parameters
    ----------
    session : Session
        For its cuts and its events.
    phase : Phase
    pair : (Signal, Signal)
        Prepared, in this phase.
    asked : iterable of Also
    setup : Setup
    surrogates : int
        At most ``MOST_TURNS`` of them are drawn; 0 for none.
    seed : int
    why : str
        Why signals cannot be compared at all; events still can.
    tell : callable, optional
        Told the name of each measure before it starts.
    """

    def make(name: str) -> np.random.Generator:
        return make_rng(seed, session.id, phase.label, "also", name)

    draws = Draws(make, min(surrogates, MOST_TURNS), "" if surrogates else SWITCHED_OFF)
    inside = [cut for cut in session.cuts if phase.start < cut < phase.end]
    why = why or (say_cut(inside[0]) if inside else "")
    rows: list[CouplingRow] = []
    for what in asked:
        if tell:
            tell(what.name)
        if what.name in OF_SIGNALS:
            rows += _measure_signals(what, pair, setup, draws, why)
            continue
        stream, missing = find_events(session, what.option)
        if missing:
            continue
        if what.name == "events":
            rows += measure_onsets(session, phase, stream, draws)
        else:
            rows += measure_turns(session, phase, stream)
    return tuple(rows)


def _measure_signals(
    what: Also, pair: Pair, setup: Setup, draws: Draws, why: str
) -> tuple[CouplingRow, ...]:
    measured = OF_SIGNALS[what.name](setup, read_option(what))
    if why:
        return rows_without(what.name, why, measured.settings)
    try:
        one, two, _, _ = cut_to_common(*pair)
        if measured.detrend:
            one, two = signals.without_lines(one, two)
        values = measured.compute(one, two)
    except SettingError as error:
        return rows_without(what.name, f"No value: {error}", measured.settings)
    short = _say_short(one.size, setup, measured.over_lags)
    turned = _remember(measured.turned or measured.compute)
    rows = []
    for name, (value, n) in values.items():
        refused = measured.no_null.get(name, "") or draws.off or short
        if not isfinite(value):
            long = measured.too_long if one.size > signals.MOST_SAMPLES else {}
            refused = long.get(name, measured.no_value)
        beside, settings = (NAN, NAN, NAN, NAN), dict(measured.settings)
        if not refused:
            # The same generator for every value: all of them see the same turns.
            rng = draws.make(what.name)
            over = setup.reach if measured.over_lags else 1
            beside, told, refused = _compare(turned, name, one, two, rng, draws.n, over)
            settings |= told
        rows.append(CouplingRow(what.name, name, value, n, *beside, refused, settings))
    return tuple(rows)


def _say_short(size: int, setup: Setup, over_lags: bool) -> str:
    """Why a phase is too short to be turned; empty when it is not."""
    least = FEWEST_TURNS * setup.reach if over_lags else max(FEWEST_TURNS, 4 * setup.reach)
    if size >= least:
        return ""
    why = "turns that leave every lag behind" if over_lags else "turns"
    return (
        f"No null: {size / setup.rate_hz:g} s are too short for enough {why}; with lags up to "
        f"{setup.max_lag_s:g} s it takes {least / setup.rate_hz:g} s."
    )


def _compare(
    compute: Compute,
    name: str,
    one: FloatArray,
    two: FloatArray,
    rng: np.random.Generator,
    n: int,
    reach: int,
) -> tuple[tuple[float, float, float, float], dict[str, object], str]:
    """Null and p, how they were made, and why there are none."""

    def measure(a: FloatArray, b: FloatArray) -> float:
        return compute(a, b)[name][0]

    found = compare_with_rotations(measure, one, two, rng=rng, n_surrogates=n, min_shift=reach)
    drawn, defined = found.used.n_surrogates, found.n_defined
    beside = (found.null_mean, found.null_low, found.null_high, found.p)
    told: dict[str, object] = {
        "null": "rotation" if reach == 1 else "rotation, spread evenly",
        "n_surrogates": int(drawn),
    }
    if defined < MIN_DEFINED * drawn:
        why = f"No null: only {defined} of {drawn} surrogates have a value."
        return (NAN, NAN, NAN, NAN), told, why
    return beside, told, ""


def _remember(compute: Compute) -> Compute:
    """The same function, which computes once for equal series."""
    known: dict[bytes, Values] = {}

    def recall(one: FloatArray, two: FloatArray) -> Values:
        key = hashlib.blake2b(np.ascontiguousarray(two).tobytes(), digest_size=16).digest()
        if key not in known:
            known[key] = compute(one, two)
        return known[key]

    return recall
