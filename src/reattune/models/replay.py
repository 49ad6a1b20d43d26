"""New sessions of the same design from fitted hazards: same phases, same holes, same codes.

For intervals by simulation. The simulator lives the model state by state; this one draws from the
hazards as the coding shows them, so that merged codes and unobserved time come out as in the data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.models.arousal import (
    FOCAL_AGENDA,
    FOCAL_FOLLOW,
    Z_MAX,
    find_drive,
    pack,
    step_arousal,
)
from reattune.models.fit import fit_data
from reattune.models.fitted import Fit
from reattune.models.likelihood import Slow, start_slow
from reattune.models.panel import Grid, sample_grid
from reattune.models.parameters import OFF, DyadParameters
from reattune.models.passes import answer, choose, find_followed
from reattune.models.path import (
    FOCAL,
    MODE,
    RESPONDER,
    SET_FOCAL,
    SET_RESPONDER,
    UNOBSERVED,
    Path,
    build_path,
)
from reattune.models.record import FREE

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]
ByteArray = NDArray[np.int8]


@njit(cache=True, nogil=True)
def live_piece(
    p: FloatArray,
    state: FloatArray,
    length: float,
    free: bool,
    seen_focal: ByteArray,
    seen_responder: ByteArray,
    session: FloatArray,
    uniforms: FloatArray,
    times: FloatArray,
    who: ByteArray,
    states: ByteArray,
) -> int:
    """Draw the changes of one piece of one mode; ``state`` is (x, y, a), carried on in place.

    Thinning (Lewis & Shedler 1979): candidates come at a rate that no hazard exceeds. ``uniforms``,
    (2, m), are used up; the number of changes is returned, or -1 when they did not last.
    """
    x, y, a = int(state[0]), int(state[1]), state[2]
    tolerance, trust, rest, strain = session[0], session[1], session[2], session[3]
    hazards, looks, own = np.empty((4, 5)), np.empty((4, 5)), np.empty(5)
    answer(p, seen_responder, hazards, own, looks)
    most = 0.0
    for i in range(4):
        most = max(most, hazards[i].sum())
    most += p[FOCAL_AGENDA] + p[FOCAL_FOLLOW] * trust
    chances, shown = np.empty(4), np.empty(4)
    now, n, used = 0.0, 0, 0
    while True:
        if used >= uniforms.shape[1]:
            return -1
        wait = -np.log(1.0 - uniforms[0, used]) / most
        u, b = find_drive(p, x, y, rest, strain)
        if now + wait >= length:
            state[0], state[1], state[2] = x, y, step_arousal(a, u, b, length - now)
            return n
        now += wait
        a = step_arousal(a, u, b, wait)
        pick = uniforms[1, used] * most
        used += 1
        choose(p, min(a / tolerance, Z_MAX), seen_focal, chances, shown)
        joined = find_followed(p, x, y, seen_focal)
        found = False
        for k in range(4):
            rate = p[FOCAL_AGENDA] * shown[k] if k != x else 0.0
            if k == joined:
                rate += p[FOCAL_FOLLOW] * trust
            pick -= rate
            if pick < 0.0:
                x = k
                times[n], who[n], states[n] = now, 0, k
                found = True
                break
        if not found and free:
            for k in range(5):
                if k != y:
                    pick -= hazards[x, k]
                    if pick < 0.0:
                        y = k
                        times[n], who[n], states[n] = now, 1, k
                        found = True
                        break
        if found:
            n += 1


def replay_path(
    parameters: DyadParameters, path: Path, slow: Slow, *, rng: np.random.Generator
) -> Path:
    """A new path with the modes, holes and merged codes of ``path``, drawn from the model.

    What nobody scored is drawn too: after a hole the states are as the model went on through it.
    """
    p = pack(parameters)
    vector = slow.vector(p)
    edges, modes = path.spans()
    seen = (
        np.array(path.seen_focal, dtype=np.int8),
        np.array(path.seen_responder, dtype=np.int8),
    )
    state = np.array([path.start_focal, path.start_responder, path.start_arousal])
    moments: list[tuple[float, int, int]] = []
    before = path.mode
    for at, (start, end, mode) in enumerate(zip(edges, edges[1:], modes, strict=False)):
        mode = int(mode)
        if at:
            moments.append((float(start), MODE, mode))
        clamped = mode not in (FREE, UNOBSERVED)
        if clamped and state[1] != OFF:
            state[1] = OFF
            moments.append((float(start), SET_RESPONDER, OFF))
        if before == UNOBSERVED and mode != UNOBSERVED and at:
            moments.append((float(start), SET_FOCAL, int(state[0])))
            moments.append((float(start), SET_RESPONDER, int(state[1])))
        if not clamped and seen[1][int(state[1])] != state[1]:
            # No longer off by instruction: coded from here as the response it shares a code with.
            state[1] = seen[1][int(state[1])]
            moments.append((float(start), SET_RESPONDER, int(state[1])))
        before = mode
        for t, who, to in _draw(p, state, float(end - start), not clamped, seen, vector, rng):
            if mode != UNOBSERVED:
                moments.append((float(start) + t, FOCAL if who == 0 else RESPONDER, to))
    made = build_path(
        moments,
        start_focal=path.start_focal,
        start_responder=path.start_responder,
        start_arousal=path.start_arousal,
        length=path.length,
        mode=path.mode,
    )
    return replace(made, seen_focal=path.seen_focal, seen_responder=path.seen_responder)


def _draw(
    p: FloatArray,
    state: FloatArray,
    length: float,
    free: bool,
    seen: tuple[ByteArray, ByteArray],
    vector: FloatArray,
    rng: np.random.Generator,
) -> list[tuple[float, int, int]]:
    if length <= 0:
        return []
    size = int(64 + 4 * length * (p[:4].sum() + 1.0))
    while True:
        trial = state.copy()
        times, who, states = np.empty(size), np.empty(size, np.int8), np.empty(size, np.int8)
        uniforms = rng.random((2, size))
        n = live_piece(p, trial, length, free, *seen, vector, uniforms, times, who, states)
        if n >= 0:
            state[:] = trial
            return [(float(times[i]), int(who[i]), int(states[i])) for i in range(n)]
        size *= 2


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Refits of sessions drawn from a fit.

    Attributes
    ----------
    fit : Fit
    estimates : float array, shape (n, d)
        On the moved scale; only refits that converged.
    failed : int
        Refits that did not converge and are left out.
    """

    fit: Fit
    estimates: FloatArray
    failed: int

    def to_frame(self) -> pd.DataFrame:
        """One row per coordinate: estimate, bias, se, low, high, all on the moved scale.

        ``low`` and ``high`` are the basic 95 % interval (twice the estimate minus the quantiles).
        """
        import pandas as pd

        low, high = np.quantile(self.estimates, [0.025, 0.975], axis=0)
        centre = self.fit.estimate
        return pd.DataFrame(
            {
                "parameter": list(self.fit.free),
                "estimate": centre,
                "bias": self.estimates.mean(axis=0) - centre,
                "se": self.estimates.std(axis=0, ddof=1),
                "low": 2 * centre - high,
                "high": 2 * centre - low,
            }
        )


def bootstrap_fit(fit: Fit, *, n: int = 200, rng: np.random.Generator) -> Bootstrap:
    """Refits of ``n`` new data sets drawn from the fitted model, under the same prior.

    Because the prior pulls every refit, ``bias`` shows shrinkage as well.

    Raises
    ------
    SettingError
        With learning between sessions (not offered), or for fewer than 2 draws.
    """
    if fit.learning:
        raise SettingError("learning", True, "a fit without learning")
    if n < 2:
        raise SettingError("n", n, "at least 2")
    slow = start_slow(fit.parameters)
    rows = []
    for child in rng.spawn(n):
        made = tuple(_redraw(fit.parameters, item, slow, child) for item in fit.data)
        again = fit_data(made, fit.free, fit.prior, start=fit.estimate)  # type: ignore[arg-type]
        if again.converged:
            rows.append(again.estimate)
    if len(rows) < 2:
        raise SettingError("fit", fit.id, "a fit whose redrawn sessions can be fitted again")
    return Bootstrap(fit, np.array(rows), n - len(rows))


def _redraw(
    parameters: DyadParameters, item: Path | Grid, slow: Slow, rng: np.random.Generator
) -> Path | Grid:
    if isinstance(item, Path):
        return replay_path(parameters, item, slow, rng=rng)
    from reattune.models.panel import record_of

    made = replay_path(parameters, record_of(item), slow, rng=rng)
    return sample_grid(made, item.step)
