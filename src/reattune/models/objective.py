"""Objective: log posterior of one dyad's sessions in the coordinates a fit moves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reattune.models.coordinates import COORDINATES, chain, place_packed
from reattune.models.likelihood import as_packed, evaluate, follow_slow, start_slow
from reattune.models.panel import Grid, evaluate_grids
from reattune.models.path import Path
from reattune.models.priors import Prior

FloatArray = NDArray[np.float64]

# Steps of central differences: of the value, and of the gradient.
_STEP, _STEP_OF_GRADIENT = 1e-4, 1e-3


@dataclass(frozen=True, eq=False)
class Objective:
    """What a fit maximises.

    Attributes
    ----------
    data : tuple of Path, or of Grid
        Sessions of one dyad in order of time.
    free : tuple of str
        d coordinates.
    prior : Prior
    learning : bool
    """

    data: tuple[Path, ...] | tuple[Grid, ...]
    free: tuple[str, ...]
    prior: Prior
    learning: bool = False

    @cached_property
    def _base(self) -> FloatArray:
        return as_packed(self.prior.base)

    @cached_property
    def _centre(self) -> tuple[FloatArray, FloatArray]:
        return self.prior.mean(self.free), self.prior.sd(self.free)

    @property
    def by_grid(self) -> bool:
        """Whether the codes are interval codes."""
        return bool(self.data) and isinstance(self.data[0], Grid)

    @property
    def bounds(self) -> list[tuple[float, float]]:
        """Lower and upper bound of each coordinate."""
        return [(COORDINATES[name].low, COORDINATES[name].high) for name in self.free]

    def likelihood(self, vector: FloatArray) -> float:
        """Log likelihood at ``vector``, shape (d,)."""
        p = place_packed(self._base, self.free, vector)
        if self.by_grid:
            grids = [item for item in self.data if isinstance(item, Grid)]
            return evaluate_grids(p, grids, (start_slow(p),) * len(grids))
        paths = [item for item in self.data if isinstance(item, Path)]
        return evaluate(p, paths, follow_slow(p, paths, learning=self.learning))[0]

    def score(self, vector: FloatArray) -> tuple[float, FloatArray]:
        """Log likelihood and its gradient: in closed form where there is one."""
        if self.by_grid:
            return self.likelihood(vector), self._differences(vector, range(len(self.free)))
        p = place_packed(self._base, self.free, vector)
        paths = [item for item in self.data if isinstance(item, Path)]
        slow = follow_slow(p, paths, learning=self.learning)
        value, natural, _ = evaluate(p, paths, slow)
        gradient = chain(p, self.free, vector, natural)
        open_ones = np.flatnonzero(np.isnan(gradient)).tolist()
        if self.learning and len(paths) > 1 and "arousal_gain_per_s" in self.free:
            # What was learned depends on it too.
            open_ones.append(self.free.index("arousal_gain_per_s"))
        if open_ones and math.isfinite(value):
            gradient[open_ones] = self._differences(vector, open_ones)[open_ones]
        return value, gradient

    def _differences(self, vector: FloatArray, places: Sequence[int]) -> FloatArray:
        out = np.zeros(len(self.free))
        for i in places:
            step = np.zeros(len(self.free))
            step[i] = _STEP
            # A point at its bound is left by the half that stays inside.
            low, high = self.bounds[i]
            up = vector + step * (vector[i] + _STEP <= high)
            down = vector - step * (vector[i] - _STEP >= low)
            out[i] = (self.likelihood(up) - self.likelihood(down)) / (up[i] - down[i])
        return out

    def penalised(self, vector: FloatArray) -> tuple[float, FloatArray]:
        """Minus log posterior (without its constant) and its gradient."""
        value, gradient = self.score(vector)
        if not math.isfinite(value):
            return 1e12, np.zeros_like(vector)
        mean, sd = self._centre
        away = (vector - mean) / sd
        slope = away / sd
        return 0.5 * float(away @ away) - value, slope - gradient

    def information(self, vector: FloatArray) -> FloatArray:
        """Minus the second derivatives of the log likelihood, shape (d, d)."""
        d = len(self.free)
        out = np.empty((d, d))
        for i in range(d):
            step = np.zeros(d)
            step[i] = _STEP_OF_GRADIENT
            low, high = self.bounds[i]
            up = vector + step * (vector[i] + _STEP_OF_GRADIENT <= high)
            down = vector - step * (vector[i] - _STEP_OF_GRADIENT >= low)
            out[i] = -(self.score(up)[1] - self.score(down)[1]) / (up[i] - down[i])
        return (out + out.T) / 2
