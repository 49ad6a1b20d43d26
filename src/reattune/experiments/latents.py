"""What the model says of states nobody saw: arousal within a session, belief over sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.core.session import Session
from reattune.experiments.seen_again import find_origin
from reattune.models.codebooks import Codebook
from reattune.models.course import SimulatedCourse
from reattune.models.fitted import Fit
from reattune.models.likelihood import Slow, follow_slow
from reattune.models.parameters import DyadParameters
from reattune.models.path import (
    FOCAL,
    MODE,
    RESPONDER,
    SET_FOCAL,
    SET_RESPONDER,
    UNOBSERVED,
    Path,
    path_of,
)
from reattune.models.reading import read_path

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ArousalTrace:
    """Arousal over a session as the model has it; nobody measured it.

    Attributes
    ----------
    time_s, arousal : float arrays, shape (n,)
        Seconds on the session's clock.
    tolerance : float
        W, held through the session.
    unseen : tuple of (float, float)
        Seconds in which the model drifts back to what is ordinary because nobody looked.
    """

    time_s: FloatArray
    arousal: FloatArray
    tolerance: float
    unseen: tuple[tuple[float, float], ...]


def trace_session(
    fit: Fit,
    session: Session,
    codebook: Codebook | None = None,
    *,
    number: int = 0,
    points: int = 400,
) -> ArousalTrace:
    """Arousal that fitted parameters give for an observed session.

    Parameters
    ----------
    fit : Fit
    session : Session
        One of those it was fitted to.
    codebook : Codebook, optional
    number : int, default 0
        Which of the fit's sessions it is, from 0; for a fit with learning.
    points : int, default 400
    """
    at = fit.parameters
    path = read_path(session, codebook, at)
    if fit.learning:
        paths = [item for item in fit.data if isinstance(item, Path)]
        slow = follow_slow(at, paths, learning=True)[number]
    else:
        slow = follow_slow(at, [path], learning=False)[0]
    times, arousal = trace_path(path, at, slow, points)
    origin, unit_s = find_origin(session, codebook), at.time_unit_s
    edges, modes = path.spans()
    unseen = tuple(
        (float(a * unit_s + origin), float(b * unit_s + origin))
        for a, b, mode in zip(edges[:-1], edges[1:], modes, strict=True)
        if mode == UNOBSERVED and b > a
    )
    return ArousalTrace(times * unit_s + origin, arousal, slow.tolerance, unseen)


def trace_simulated(course: SimulatedCourse, index: int, *, points: int = 400) -> ArousalTrace:
    """Arousal as it was in a simulated session."""
    from reattune.models.trace import trace_arousal

    record, latents = course.record(index), course.session_latents(index)
    at = np.linspace(0.0, record.length, points)
    arousal = trace_arousal(
        record,
        course.parameters,
        at,
        tolerance=latents.tolerance,
        stress=latents.stress,
        depth=latents.depth,
    )
    return ArousalTrace(at * course.parameters.time_unit_s, arousal, latents.tolerance, ())


def trace_path(
    path: Path, parameters: DyadParameters, slow: Slow, points: int = 400
) -> tuple[FloatArray, FloatArray]:
    """Moments in time units, evenly spread and at every change, and arousal there.

    Exact between changes; through unobserved time arousal goes back to what is ordinary at play,
    as the likelihood takes it.
    """
    from reattune.models.arousal import pack

    p = pack(parameters)
    vector = slow.vector(p)
    at = np.unique(np.concatenate([np.linspace(0.0, path.length, points), path.times]))
    out = np.empty(at.size)
    x, y, mode, a = path.start_focal, path.start_responder, path.mode, path.start_arousal
    now, k = 0.0, 0
    for i, t in enumerate(at.tolist()):
        while k < path.times.size and path.times[k] <= t:
            a = _advance(a, float(path.times[k]) - now, mode, x, y, p, vector)
            now = float(path.times[k])
            kind, to = int(path.kinds[k]), int(path.states[k])
            if kind in (FOCAL, SET_FOCAL):
                x = to
            elif kind in (RESPONDER, SET_RESPONDER):
                y = to
            elif kind == MODE:
                mode = to
            k += 1
        out[i] = _advance(a, t - now, mode, x, y, p, vector)
    return at, out


def _advance(
    a: float, h: float, mode: int, x: int, y: int, p: FloatArray, vector: FloatArray
) -> float:
    from reattune.models.arousal import find_drive, step_arousal

    if h <= 0:
        return a
    if mode == UNOBSERVED:
        ordinary, back = vector[4], vector[5]
        return float(ordinary + (a - ordinary) * np.exp(-back * h))
    u, b = find_drive(p, x, y, vector[2], vector[3])
    return float(step_arousal(a, u, b, h))


@dataclass(frozen=True, eq=False)
class BeliefCourse:
    """The belief that a rupture so deep gets repaired, before the first session and after each.

    Attributes
    ----------
    sessions : int array, shape (n,)
        0 before the first one.
    depths : float array, shape (31,)
    belief : float array, shape (n, 31)
    evidence : float array, shape (n, 2, 31)
    """

    sessions: NDArray[np.int64]
    depths: FloatArray
    belief: FloatArray
    evidence: FloatArray


def follow_belief(source: SimulatedCourse | Fit) -> BeliefCourse:
    """The belief curve over the sessions of a simulated course, or of a fit with learning.

    Raises
    ------
    SettingError
        For a fit without learning, in which nothing moves; for a course without its events.
    """
    from reattune.models.arousal import pack
    from reattune.models.learning import find_prior

    slows: Sequence[Slow]
    if isinstance(source, Fit):
        if not source.learning:
            raise SettingError("learning", False, "a fit with learning, of several sessions")
        parameters = source.parameters
        paths = [item for item in source.data if isinstance(item, Path)]
        slows = follow_slow(parameters, paths, learning=True)
        belief, stress, first = find_prior(pack(parameters)), 0.0, 0
    else:
        parameters = source.parameters
        paths = [path_of(record) for record in source.records]
        slows = [Slow(*map(float, (row[0], row[1], row[3], row[4]))) for row in source.latents]
        belief, stress = source.before.evidence.copy(), source.before.stress
        first = source.before.sessions
    evidence = _live(parameters, paths, slows, belief, stress)
    share = evidence[:, 0] / evidence.sum(axis=1)
    depths = np.arange(evidence.shape[2]) / 10
    return BeliefCourse(first + np.arange(len(paths) + 1), depths, share, evidence)


def _live(
    parameters: DyadParameters,
    paths: Sequence[Path],
    slows: Sequence[Slow],
    belief: FloatArray,
    stress: float,
) -> FloatArray:
    from reattune.models.arousal import pack
    from reattune.models.history import live_through
    from reattune.models.learning import end_session, find_prior

    p = pack(parameters)
    prior = find_prior(p)
    kept = [belief.copy()]
    for path, slow in zip(paths, slows, strict=True):
        gain = np.zeros_like(belief)
        start = (path.start_focal, path.start_responder, path.start_arousal, path.mode)
        over = live_through(
            p,
            path.times,
            path.kinds,
            path.states,
            np.array(start, dtype=np.float64),
            path.length,
            slow.vector(p),
            gain,
        )
        stress = end_session(p, prior, belief, gain, stress, over)
        kept.append(belief.copy())
    return np.array(kept)
