"""Likelihood of interval codes: states seen on a grid, the changes between them not.

Taking the grid's steps for the moments of change biases every rate (two changes within a step are
seen as one or none). Here the chance of the next seen pair of states is computed over all that may
have happened in between.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_positive
from reattune.core.errors import SettingError
from reattune.core.notes import Note
from reattune.models.likelihood import Slow
from reattune.models.parameters import DyadParameters
from reattune.models.path import (
    ALL_FOCAL,
    ALL_RESPONDER,
    FOCAL,
    MODE,
    SET_FOCAL,
    UNOBSERVED,
    Path,
)
from reattune.models.record import FREE

if TYPE_CHECKING:
    from reattune.models.record import Record

FloatArray = NDArray[np.float64]
ByteArray = NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Grid:
    """Both partners' states at moments of equal distance.

    Attributes
    ----------
    focal, responder : int8 array, shape (n,)
        States; -1 where either partner was not seen.
    modes : int8 array, shape (n,)
        0 free, 1 or 2 the responder was told not to respond (and is "off").
    step : float
        Time units between two moments.
    start_arousal : float
        At the first moment.
    seen_focal, seen_responder : tuple of int
        As in `Path`.
    notes : tuple of Note
    """

    focal: ByteArray
    responder: ByteArray
    modes: ByteArray
    step: float
    start_arousal: float
    seen_focal: tuple[int, ...] = ALL_FOCAL
    seen_responder: tuple[int, ...] = ALL_RESPONDER
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        check_positive("step", self.step)
        for name in ("focal", "responder", "modes"):
            values = np.array(getattr(self, name), dtype=np.int8)
            values.flags.writeable = False
            object.__setattr__(self, name, values)
        if not self.focal.size == self.responder.size == self.modes.size:
            raise SettingError("focal", self.focal.size, "as many responder states and modes")

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Steps with both ends seen and no change of mode inside, shape (n - 1,)."""
        both = (self.focal >= 0) & (self.responder >= 0)
        return np.asarray(both[1:] & both[:-1] & (self.modes[1:] == self.modes[:-1]))

    @property
    def observed(self) -> float:
        """Time units in steps whose two ends were seen."""
        return float(self.seen.sum()) * self.step

    @property
    def challenged(self) -> float:
        """Those of them in which the responder was told not to respond."""
        return float((self.seen & (self.modes[:-1] != FREE)).sum()) * self.step

    def count(self, who: int) -> int:
        """Steps over which the focal partner's (0) or the responder's (1) state differs."""
        states = self.focal if who == FOCAL else self.responder
        moved = states[1:] != states[:-1]
        if who != FOCAL:
            moved &= self.modes[:-1] == FREE
        return int((moved & self.seen).sum())

    def with_notes(self, *notes: Note) -> Grid:
        """A copy with further notes."""
        return replace(self, notes=(*self.notes, *notes))


def sample_grid(session: Path | Record, step: float, *, last: bool = True) -> Grid:
    """What a coder sees who notes both states once every ``step`` time units, from time 0 on.

    ``last``: whether a moment at the very end is noted too.
    """
    from reattune.models.likelihood import as_paths

    (path,) = as_paths(session)
    check_positive("step", step)
    n = math.floor(path.length / step + 1e-9) + 1
    if not last and (n - 1) * step > path.length - 1e-9:
        n -= 1
    moments = np.arange(n) * step
    # What happens at a moment of the grid is seen from that moment on.
    upto = np.searchsorted(path.times, moments + 1e-9 * step, side="right")
    columns = []
    for kinds, first in (
        ((FOCAL, SET_FOCAL), path.start_focal),
        ((FOCAL + 1, SET_FOCAL + 1), path.start_responder),
        ((MODE,), path.mode),
    ):
        chosen = np.flatnonzero(np.isin(path.kinds, kinds))
        values = np.concatenate([[first], path.states[chosen]])
        columns.append(values[np.searchsorted(chosen, upto, side="left")])
    x, y, modes = columns
    hidden = modes == UNOBSERVED
    return Grid(
        np.where(hidden, -1, x),
        np.where(hidden, -1, y),
        modes,
        step,
        path.start_arousal,
        path.seen_focal,
        path.seen_responder,
        path.notes,
    )


def record_of(grid: Grid) -> Path:
    """The grid's steps taken for the moments of change: what `sample_grid` warns of.

    A change is put at the moment at which the new state is first seen. For comparison with
    `panel_log_likelihood`; biased for codes that are coarse beside the rates.
    """
    from reattune.models.path import MODE, RESPONDER, SET_RESPONDER, build_path

    moments: list[tuple[float, int, int]] = []
    hidden = (grid.focal < 0) | (grid.responder < 0)
    mode = np.where(hidden, UNOBSERVED, grid.modes)
    x, y, now = int(max(grid.focal[0], 0)), int(max(grid.responder[0], 0)), int(mode[0])
    first = (x, y, now)
    for i in range(1, grid.focal.size):
        t = i * grid.step
        if mode[i] != now:
            fresh = now == UNOBSERVED
            now = int(mode[i])
            moments.append((t, MODE, now))
            if now == UNOBSERVED:
                continue
            if fresh:
                moments.append((t, SET_FOCAL, int(grid.focal[i])))
                x = int(grid.focal[i])
            if fresh or now != FREE:
                moments.append((t, SET_RESPONDER, int(grid.responder[i])))
                y = int(grid.responder[i])
        if now == UNOBSERVED:
            continue
        if grid.focal[i] != x:
            x = int(grid.focal[i])
            moments.append((t, FOCAL, x))
        if grid.responder[i] != y:
            y = int(grid.responder[i])
            moments.append((t, RESPONDER if now == FREE else SET_RESPONDER, y))
    return replace(
        build_path(
            moments,
            start_focal=first[0],
            start_responder=first[1],
            start_arousal=grid.start_arousal,
            length=(grid.focal.size - 1) * grid.step,
            mode=first[2],
        ),
        seen_focal=grid.seen_focal,
        seen_responder=grid.seen_responder,
    )


def evaluate_grids(
    parameters: DyadParameters | FloatArray, grids: Sequence[Grid], slow: Sequence[Slow]
) -> float:
    """Sum of the log likelihoods of several grids."""
    from reattune.models.likelihood import as_packed
    from reattune.models.steps import run_grid

    p = as_packed(parameters)
    total = 0.0
    for grid, before in zip(grids, slow, strict=True):
        total += run_grid(
            p,
            grid.focal,
            grid.responder,
            grid.modes,
            grid.step,
            grid.start_arousal,
            np.array(grid.seen_focal, dtype=np.int8),
            np.array(grid.seen_responder, dtype=np.int8),
            before.vector(p),
        )
    return total


def panel_log_likelihood(parameters: DyadParameters, grids: Grid | Sequence[Grid]) -> float:
    """Log likelihood of interval-coded sessions, in nats.

    Parameters
    ----------
    parameters : DyadParameters
    grids : Grid or sequence of Grid

    Notes
    -----
    The pair of states is a Markov chain on 4 x 5 states whose generator depends on arousal; over
    one step arousal is held at its value half-way, reached from the state at the start of the step.
    The chance of the next seen pair is a row of exp(Q dt), by uniformisation (Jensen 1953; Stewart
    1994, Introduction to the Numerical Solution of Markov Chains, ch. 8), summed until less than
    1e-13 is left. Panel likelihoods of Markov chains: Kalbfleisch & Lawless (1985), JASA 80:863.
    Steps with an unseen end, or in which an instruction begins or ends, are left out.
    """
    from reattune.models.likelihood import start_slow

    many = [grids] if isinstance(grids, Grid) else list(grids)
    return evaluate_grids(parameters, many, (start_slow(parameters),) * len(many))
