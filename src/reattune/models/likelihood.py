"""Log likelihood of coded sessions under the mechanistic model, exact, in one pass."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.models.parameters import FOCAL_STATES, RESPONDER_STATES, DyadParameters
from reattune.models.path import FOCAL, RESPONDER, Path, path_of
from reattune.models.record import Record

FloatArray = NDArray[np.float64]
ByteArray = NDArray[np.int8]
PassArrays = tuple[FloatArray, ByteArray, ByteArray, FloatArray, float, ByteArray, ByteArray]

# Arousal nobody sees goes back to what is ordinary at play: this share of the tolerance, which is
# the mean in simulated play at the default parameters.
ORDINARY_OF_TOLERANCE = 0.47
# Share of ordinary play in which the partners are attuned, for the rate of that return.
_MATCHED = 0.31
# Depth at which trust is read off the belief curve.
TRUST_DEPTH = 0.5
DEPTH_CAP = 1.5


@dataclass(frozen=True)
class Slow:
    """What earlier sessions left behind; frozen while a session lasts.

    Attributes
    ----------
    tolerance, trust, stress, depth : float
        W, T, S and delta.
    """

    tolerance: float
    trust: float
    stress: float
    depth: float

    def vector(self, p: FloatArray) -> FloatArray:
        """The numbers one pass needs: see `passes.run`."""
        from reattune.models.arousal import AROUSAL_GAIN, MATCHED_RECOVERY, scale_session

        rest, strain = scale_session(p, self.tolerance, self.stress, self.depth)
        unit = p.copy()
        unit[AROUSAL_GAIN] = 1.0
        _, per_alpha = scale_session(unit, self.tolerance, self.stress, self.depth)
        back = rest + _MATCHED * p[MATCHED_RECOVERY]
        ordinary = ORDINARY_OF_TOLERANCE * self.tolerance
        return np.array([self.tolerance, self.trust, rest, strain, ordinary, back, per_alpha])


def start_slow(parameters: DyadParameters | FloatArray) -> Slow:
    """Tolerance, trust, stress and depth before anything was learned.

    Notes
    -----
    The prior belief that a rupture of depth u is repaired is 1 / (1 + exp((u - W0) / kappa0)); it
    crosses one half at W0, and trust is its value at u = 0.5.
    """
    from reattune.models.arousal import PRIOR_WIDTH, TOLERANCE_PRIOR

    p = as_packed(parameters)
    tolerance = float(p[TOLERANCE_PRIOR])
    trust = 1 / (1 + math.exp((TRUST_DEPTH - tolerance) / p[PRIOR_WIDTH]))
    return Slow(tolerance, trust, 0.0, find_depth(p, trust, tolerance))


def find_depth(p: FloatArray, trust: float, tolerance: float) -> float:
    """Depth of the material: clip(d0 + d1 T W, 0, 1.5)."""
    from reattune.models.arousal import DEPTH_BASE, DEPTH_SLOPE

    depth = float(p[DEPTH_BASE] + p[DEPTH_SLOPE] * trust * tolerance)
    return min(max(depth, 0.0), DEPTH_CAP)


def as_packed(parameters: DyadParameters | FloatArray) -> FloatArray:
    """The vector of `arousal.pack`."""
    from reattune.models.arousal import pack

    return pack(parameters) if isinstance(parameters, DyadParameters) else parameters


def as_paths(sessions: Path | Record | Sequence[Path | Record]) -> tuple[Path, ...]:
    """Paths of one or several sessions of a dyad."""
    many = [sessions] if isinstance(sessions, Path | Record) else list(sessions)
    return tuple(path_of(item) if isinstance(item, Record) else item for item in many)


def evaluate(
    parameters: DyadParameters | FloatArray, paths: Sequence[Path], slow: Sequence[Slow]
) -> tuple[float, FloatArray, int]:
    """Log likelihood, its gradient (see `passes`), and the first session that is impossible, or -1.

    The gradient is taken with tolerance and trust held as they are.
    """
    from reattune.models.passes import N_GRADIENT, run

    p = as_packed(parameters)
    gradient = np.zeros(N_GRADIENT)
    total = 0.0
    for at, (path, before) in enumerate(zip(paths, slow, strict=True)):
        value, _ = run(p, *pass_arrays(path), before.vector(p), gradient)
        if value == -math.inf:
            return value, gradient, at
        total += value
    return total, gradient, -1


def log_likelihood(
    parameters: DyadParameters,
    sessions: Path | Record | Sequence[Path | Record],
    *,
    learning: bool = False,
) -> float:
    """Log likelihood of event-coded sessions of one dyad, in nats.

    Parameters
    ----------
    parameters : DyadParameters
    sessions : Record, Path, or a sequence of them in order of time
        Changes of state with their times, in time units.
    learning : bool, default False
        Let tolerance, trust and stress move from session to session as the model says; otherwise
        every session is taken at the values before learning.

    Returns
    -------
    float
        ``-inf`` when a change was seen that these parameters rule out; `explain_impossible` says
        which.

    Notes
    -----
    Sum over changes of the log hazard of that change, minus the integral of the total hazard of
    leaving the joint state. Arousal between changes is known in closed form; the integral of the
    focal partner's hazard uses three Gauss-Legendre points on pieces of at most 1.5 units and ends
    a piece where arousal passes twice the tolerance, so that it is exact to about 1e-9. While the
    responder is told not to respond only the focal partner is scored; in unobserved time nobody is.
    The likelihood of marked point processes: Daley & Vere-Jones (2003), An Introduction to the
    Theory of Point Processes I, prop. 7.3.III.

    Examples
    --------
    >>> from reattune.models.parameters import DyadParameters
    >>> from reattune.models.record import Record
    >>> quiet = Record([], [], [], [0.0], [0], 2, 2, 0.3, 1.0)
    >>> round(log_likelihood(DyadParameters(), quiet), 3)
    -0.644
    """
    paths = as_paths(sessions)
    return evaluate(parameters, paths, follow_slow(parameters, paths, learning=learning))[0]


def follow_slow(
    parameters: DyadParameters | FloatArray, paths: Sequence[Path], *, learning: bool
) -> tuple[Slow, ...]:
    """What each session starts with, length of ``paths``."""
    if not learning or len(paths) < 2:
        return (start_slow(parameters),) * len(paths)
    from reattune.models.history import follow_history

    return follow_history(as_packed(parameters), paths)


def explain_impossible(parameters: DyadParameters, paths: Sequence[Path]) -> str:
    """Which change was seen that the parameters rule out; empty when there is none."""
    value, _, session = evaluate(parameters, paths, (start_slow(parameters),) * len(paths))
    if session < 0 or math.isfinite(value):
        return ""
    from reattune.models.arousal import pack
    from reattune.models.passes import N_GRADIENT, run

    path, p = paths[session], pack(parameters)
    _, at = run(p, *pass_arrays(path), start_slow(parameters).vector(p), np.zeros(N_GRADIENT))
    who, states = {
        FOCAL: ("focal partner", FOCAL_STATES),
        RESPONDER: ("responder", RESPONDER_STATES),
    }[int(path.kinds[at])]
    state = states[path.states[at]]
    return (
        f"at {path.times[at]:g} time units the {who} turns to {state!r}, but with these parameters "
        "(and the states the codebook keeps) that is never possible"
    )


def set_rates(parameters: DyadParameters, contingent: float, misread: float) -> DyadParameters:
    """A copy with these kappa and nu.

    Only kappa and nu follow from coded data. Looking, reading and readiness are chosen so that they
    give them: one look per time unit, or more where the two ask for more.
    """
    for name, value in (("contingent_per_s", contingent), ("misread_per_s", misread)):
        if not (math.isfinite(value) and value >= 0):
            raise SettingError(name, value, "a finite number of at least 0")
    taken = contingent + 3 * misread
    look = max(1.0, taken)
    reading = contingent / taken if taken > 0 else parameters.reading_prob
    return replace(
        parameters,
        responder_look_per_s=look,
        reading_prob=min(reading, 1.0),
        readiness_prob=min(taken / look, 1.0),
    )


def pass_arrays(path: Path) -> PassArrays:
    """A path as the arguments of a compiled pass."""
    start = (path.start_focal, path.start_responder, path.start_arousal, path.mode)
    return (
        path.times,
        path.kinds,
        path.states,
        np.array(start, dtype=np.float64),
        path.length,
        np.array(path.seen_focal, dtype=np.int8),
        np.array(path.seen_responder, dtype=np.int8),
    )
