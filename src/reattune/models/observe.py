"""What an observer has of a simulated session: from a record to an ordinary `Session`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.core.session import Session
from reattune.core.streams import Signal, States
from reattune.core.ticks import FINEST_TICK_S
from reattune.models.observation import ArousalSignal, Observation
from reattune.models.paradigms import Paradigm
from reattune.models.parameters import DyadParameters
from reattune.models.record import Record

FloatArray = NDArray[np.float64]
CodeArray = NDArray[np.int64]

MAX_SAMPLES = 20_000_000
_FOCAL_NOISE, _RESPONDER_NOISE, _AROUSAL_NOISE, _RATING_NOISE = range(4)


@dataclass(frozen=True)
class SessionLatents:
    """What the model holds fixed in a session, and how it went.

    Attributes
    ----------
    tolerance, trust, confident_trust, stress, depth : float
        W, T, Tc, S and delta at the start of the session.
    matched_prop : float
        Share of matched time, as it was (not as it is coded).
    """

    tolerance: float
    trust: float
    confident_trust: float
    stress: float
    depth: float
    matched_prop: float

    def to_meta(self) -> dict[str, float]:
        """With names that say that these are the model's, as they stand in a session's ``meta``."""
        return {f"model_{name}": value for name, value in vars(self).items()}


def observe_record(
    record: Record,
    parameters: DyadParameters,
    paradigm: Paradigm,
    latents: SessionLatents,
    observation: Observation | None = None,
    *,
    seed: Sequence[int],
    id: str = "simulated",
    dyad: str = "",
    meta: Mapping[str, object] | None = None,
) -> Session:
    """The session that an observer has after a recorded one.

    Parameters
    ----------
    record : Record
    parameters : DyadParameters
    paradigm : Paradigm
        Of which the phases are named.
    latents : SessionLatents
        They go into ``meta`` under names that begin with ``model_``.
    observation : Observation, optional
    seed : whole numbers
        For coder error, missing time and noise. Each has a generator of its own, so that asking
        for one does not change another.
    id, dyad : str
    meta : mapping, optional
        Further covariates.

    Returns
    -------
    Session
        In seconds, with a coded stream of each partner.
    """
    seen = observation or Observation()
    book, names, unit_s = seen.codebook, seen.names, parameters.time_unit_s
    end_s = record.length * unit_s
    x_start, x, y_start, y = record.steps()
    streams: list[States | Signal] = []
    sides = (
        (names[0], x_start, x, book.focal, _FOCAL_NOISE),
        (names[1], y_start, y, book.responder, _RESPONDER_NOISE),
    )
    for side, (name, starts, codes, labels, noise) in enumerate(sides):
        rng = np.random.default_rng([*seed, noise])
        mistakes = None
        if seen.coder_error is not None:
            rows = (seen.coder_error.focal, seen.coder_error.responder)[side]
            mistakes = np.array(rows)
        edges, coded = _code(starts * unit_s, codes.astype(np.int64), end_s, seen, mistakes, rng)
        missing = _lose(end_s, seen, np.random.default_rng([*seed, noise, 1]))
        streams.append(_make_states(name, book.stream, edges, coded, labels, missing, seen.step_s))
    if seen.arousal is not None:
        rng = np.random.default_rng([*seed, _AROUSAL_NOISE])
        streams.append(_sense(seen.arousal, record, parameters, latents, names[0], rng))
    facts: dict[str, object] = {"format": "simulated", **latents.to_meta(), **(meta or {})}
    if seen.rating is not None:
        rng = np.random.default_rng([*seed, _RATING_NOISE])
        asked = seen.rating
        value = asked.base + asked.trust * latents.trust + asked.match * latents.matched_prop
        facts[asked.name] = float(value + asked.noise_sd * rng.standard_normal())
    return Session(
        id,
        names,
        (0.0, end_s),
        tuple(streams),
        dyad=dyad,
        phases=paradigm.session_phases(),
        meta=facts,
    )


def _code(
    starts: FloatArray,
    codes: CodeArray,
    end_s: float,
    seen: Observation,
    mistakes: FloatArray | None,
    rng: np.random.Generator,
) -> tuple[FloatArray, CodeArray]:
    """Edges and codes of what the coder writes down."""
    edges = np.append(starts, end_s)
    if seen.step_s is not None:
        n = int(np.ceil(end_s / seen.step_s - 1e-9))
        if n > MAX_SAMPLES:
            raise SettingError("step_s", seen.step_s, f"at most {MAX_SAMPLES} intervals a session")
        grid = np.append(np.arange(n) * seen.step_s, end_s)
        if seen.sampling == "point":
            codes = codes[np.searchsorted(starts, grid[:-1], side="right") - 1]
        else:
            codes = _find_longest(edges, codes, grid)
        edges = grid
    if mistakes is not None:
        bounds = np.cumsum(mistakes, axis=1)[:, :-1]
        codes = (rng.random(codes.size)[:, None] >= bounds[codes]).sum(axis=1).astype(np.int64)
    return edges, codes


def _find_longest(edges: FloatArray, codes: CodeArray, grid: FloatArray) -> CodeArray:
    """The code that fills most of each interval of ``grid``; the lowest one of equals."""
    cuts = np.unique(np.concatenate([edges, grid]))
    middles = (cuts[:-1] + cuts[1:]) / 2
    code = codes[np.searchsorted(edges, middles, side="right") - 1]
    interval = np.searchsorted(grid, middles, side="right") - 1
    filled = np.zeros((grid.size - 1, int(codes.max()) + 1))
    np.add.at(filled, (interval, code), np.diff(cuts))
    longest: CodeArray = filled.argmax(axis=1)
    return longest


def _lose(end_s: float, seen: Observation, rng: np.random.Generator) -> FloatArray:
    """Starts and ends of what is out of view, shape (n, 2)."""
    if seen.missing_per_min == 0:
        return np.empty((0, 2))
    expected = seen.missing_per_min * end_s / 60
    if expected > MAX_SAMPLES:
        raise SettingError("missing_per_min", seen.missing_per_min, "fewer bouts")
    starts = np.sort(rng.uniform(0, end_s, rng.poisson(expected)))
    return np.column_stack([starts, starts + rng.exponential(seen.missing_s, starts.size)])


def _make_states(
    partner: str,
    stream: str,
    edges: FloatArray,
    codes: CodeArray,
    labels: tuple[str, ...],
    missing: FloatArray,
    step_s: float | None,
) -> States:
    if missing.size and step_s is None:
        more = np.clip(missing.reshape(-1), edges[0], edges[-1])
        cuts = np.unique(np.concatenate([edges, more]))
        codes = codes[np.searchsorted(edges, (cuts[:-1] + cuts[1:]) / 2, side="right") - 1]
        edges = cuts
    # Labels that stand for several states are one state of the stream.
    first = np.array([labels.index(label) for label in labels])
    codes = first[codes]
    if missing.size:
        middles = (edges[:-1] + edges[1:]) / 2
        begun = np.searchsorted(missing[:, 0], middles, side="right")
        reach = np.append(-np.inf, np.maximum.accumulate(missing[:, 1]))
        codes = np.where(reach[begun] > middles, -1, codes)
    new = np.append(True, codes[1:] != codes[:-1])
    starts, ends = edges[:-1][new], np.append(edges[:-1][new][1:], edges[-1])
    kept = codes[new]
    visible = (kept >= 0) & (ends > starts)
    return States(
        partner,
        stream,
        starts[visible],
        ends[visible],
        [labels[code] for code in kept[visible]],
        tick_s=FINEST_TICK_S if step_s is None else step_s,
    )


def _sense(
    sensor: ArousalSignal,
    record: Record,
    parameters: DyadParameters,
    latents: SessionLatents,
    partner: str,
    rng: np.random.Generator,
) -> Signal:
    from reattune.models.trace import trace_arousal

    unit_s = parameters.time_unit_s
    n = int(np.floor(record.length * unit_s * sensor.rate_hz + 1e-9))
    if n > MAX_SAMPLES:
        raise SettingError("rate_hz", sensor.rate_hz, f"at most {MAX_SAMPLES} samples a session")
    at = (np.arange(n) / sensor.rate_hz - sensor.lag_s) / unit_s
    values = sensor.offset + sensor.gain * trace_arousal(
        record,
        parameters,
        at,
        tolerance=latents.tolerance,
        stress=latents.stress,
        depth=latents.depth,
    )
    if sensor.noise_sd > 0:
        values = values + sensor.noise_sd * _remember(rng.standard_normal(n), sensor.noise_memory)
    return Signal(partner, sensor.name, values, sensor.rate_hz)


def _remember(noise: FloatArray, memory: float) -> FloatArray:
    """AR(1) noise of variance 1 from independent noise of variance 1."""
    if memory == 0:
        return noise
    out = np.empty_like(noise)
    fresh = np.sqrt(1 - memory * memory)
    last = 0.0
    for k, value in enumerate(noise):
        last = value if k == 0 else memory * last + fresh * value
        out[k] = last
    return out
