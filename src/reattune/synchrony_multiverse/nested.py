"""All lags and steps of one window length from one table.

With one window length a table with the densest step and the largest lag holds the cells of every
sparser step and every smaller lag. So a surrogate is correlated once per window length and
smoothing, whatever the number of lags, steps and statistics.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.synchrony import CrossCorrelation, Grid, Windows, lay_out
from reattune.synchrony.choose import check_kernel, compute_cells
from reattune.synchrony.tracks import Track
from reattune.synchrony_multiverse.settings import SettingsGrid

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """One combination of a nest: its rows, its columns and its statistic; lags in samples."""

    number: int
    max_lag: int
    every: int
    statistic: str


@dataclass(frozen=True, eq=False)
class Nest:
    """One window length and smoothing, with everything that can be read from its table.

    Attributes
    ----------
    window_s, smoothing_s : float
    settings : CrossCorrelation
        Densest step, largest lag.
    parts : tuple of Part
        ``number`` is the place among the combinations of the grid.
    """

    window_s: float
    smoothing_s: float
    settings: CrossCorrelation
    parts: tuple[Part, ...]

    def lay_out(self, n_samples: int, rate_hz: float) -> Grid:
        """Windows and lags over so many samples."""
        return lay_out(n_samples, rate_hz, self.settings)


def make_nests(grid: SettingsGrid, rate_hz: float) -> list[Nest]:
    """The nests of a grid of settings at one rate."""
    combinations = grid.combinations()
    steps = [max(1, round(step * rate_hz)) for step in grid.step_s]
    dense = math.gcd(*steps)
    nests = []
    for smoothing in grid.smoothing_s:
        for window in grid.window_s:
            parts = tuple(
                Part(k, round(lag * rate_hz), max(1, round(step * rate_hz)) // dense, statistic)
                for k, (w, lag, step, s, statistic) in enumerate(combinations)
                if w == window and s == smoothing
            )
            windows = Windows(window, dense / rate_hz, max(grid.max_lag_s))
            nests.append(Nest(window, smoothing, CrossCorrelation(windows), parts))
    return nests


def correlate(
    x: Track, y: Track, nest: Nest, grid: Grid, moves: IntArray | None = None
) -> FloatArray:
    """Correlations of all windows and lags of a nest; nan where missing."""
    kernel = check_kernel("auto", grid, shared=True)
    return compute_cells(x, y, grid, nest.settings, kernel, moves).r


def read_parts(r: FloatArray, nest: Nest) -> tuple[FloatArray, IntArray]:
    """The statistic of every part from a table of correlations, and its windows with a value."""
    limit = nest.settings.z_limit
    with np.errstate(divide="ignore"):
        z = np.clip(np.arctanh(r), -limit, limit)
    known = np.isfinite(z)
    z = np.where(known, z, 0.0)
    middle = r.shape[1] // 2
    found = np.full(len(nest.parts), np.nan)
    windows = np.zeros(len(nest.parts), dtype=np.int64)
    sums: dict[int, tuple[FloatArray, FloatArray, IntArray]] = {}
    for k, part in enumerate(nest.parts):
        if part.every not in sums:
            rows = slice(None, None, part.every)
            sums[part.every] = (
                z[rows].sum(axis=0),
                np.abs(z[rows]).sum(axis=0),
                known[rows].sum(axis=0),
            )
        signed, absolute, n = sums[part.every]
        lags = slice(middle - part.max_lag, middle + part.max_lag + 1)
        found[k] = _statistic(part.statistic, signed[lags], absolute[lags], n[lags])
        windows[k] = int(known[:: part.every, lags].any(axis=1).sum())
    return found, windows


def _statistic(name: str, signed: FloatArray, absolute: FloatArray, n: IntArray) -> float:
    middle = n.size // 2
    if name == "lead_difference":
        with np.errstate(invalid="ignore", divide="ignore"):
            means = absolute / n
        sides = means[middle + 1 :], means[:middle]
        first, second = (side[np.isfinite(side)] for side in sides)
        return float(first.mean() - second.mean()) if first.size and second.size else math.nan
    total = absolute if name.endswith("abs_z") else signed
    cells = slice(middle, middle + 1) if name.startswith("lag_zero") else slice(None)
    count = int(n[cells].sum())
    return float(total[cells].sum()) / count if count else math.nan


def make_tracks(values: Sequence[FloatArray], grid: Grid) -> list[Track]:
    """The signals made ready for one window length."""
    return [Track.make(np.ascontiguousarray(v), grid.window) for v in values]


def fit_grids(nests: Sequence[Nest], n_samples: int, rate_hz: float) -> list[Grid | None]:
    """The grid of every nest; None where a window with its lags does not fit."""
    found: list[Grid | None] = []
    for nest in nests:
        windows = nest.settings.windows
        needed = round(windows.window_s * rate_hz) + round(windows.max_lag_s * rate_hz)
        found.append(None if needed > n_samples else nest.lay_out(n_samples, rate_hz))
    return found
