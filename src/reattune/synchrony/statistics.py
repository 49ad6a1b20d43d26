"""CrossStatistics: the same few numbers of many tables, and what the pairings of tracks share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reattune.core.errors import SettingError
from reattune.core.streams import Signal
from reattune.synchrony.choose import Kernel, check_kernel, compute_cells
from reattune.synchrony.grid import Grid, lay_out
from reattune.synchrony.settings import CrossCorrelation
from reattune.synchrony.table import CrossTable, make_table
from reattune.synchrony.tracks import Track, check_values

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CrossStatistics:
    """The same statistics of many tables; row i belongs to pairing or surrogate i.

    Attributes
    ----------
    mean, mean_abs : array of float, shape (n,)
        Over all cells of a table, of z (or r) and of its absolute value.
    high, low, high_abs : array of float, shape (n,)
        Largest, smallest and largest absolute value of all cells.
    n_cells : array of int, shape (n,)
        Cells with a value.
    window_mean, window_mean_abs : array of float, shape (n, n_windows)
        Over the lags of every window; nan where it has no value, and beyond the end of a pairing
        that is shorter than the longest.
    lag_mean, lag_mean_abs : array of float, shape (n, n_lags)
        Over the windows at every lag.
    grid : Grid
        Of the longest pairing.
    options : CrossCorrelation
    """

    mean: FloatArray
    mean_abs: FloatArray
    high: FloatArray
    low: FloatArray
    high_abs: FloatArray
    n_cells: IntArray
    window_mean: FloatArray
    window_mean_abs: FloatArray
    lag_mean: FloatArray
    lag_mean_abs: FloatArray
    grid: Grid
    options: CrossCorrelation

    def __len__(self) -> int:
        return int(self.mean.size)


@dataclass(frozen=True, eq=False)
class Prepared:
    """Tracks with the settings they share."""

    tracks: list[Track]
    settings: CrossCorrelation
    rate_hz: float
    kernel: Kernel

    def _grid(self, x: Track, y: Track) -> tuple[Grid, Literal["fft", "running"]]:
        grid = lay_out(min(len(x), len(y)), self.rate_hz, self.settings)
        return grid, check_kernel(self.kernel, grid, shared=True)

    def table(self, i: int, j: int, partners: tuple[str, str]) -> CrossTable:
        """The table of two of the tracks."""
        x, y = self.tracks[i], self.tracks[j]
        grid, kernel = self._grid(x, y)
        cells = compute_cells(x, y, grid, self.settings, kernel)
        return make_table(cells, x, y, grid, self.settings, partners, kernel)

    def measure(
        self, pairs: Iterable[tuple[Track, Track]], moves: IntArray | None = None
    ) -> CrossStatistics:
        """The statistics of pairs of tracks, one after the other; each may have its moves."""
        from reattune.synchrony.loops import reduce_cells

        options = self.settings
        longest = lay_out(max(len(t) for t in self.tracks), self.rate_hz, options)
        n_windows, n_lags = longest.shape
        # Five statistics, then mean and mean absolute value of every window and of every lag.
        edges = np.cumsum([0, 5, n_windows, n_windows, n_lags, n_lags])
        rows: list[FloatArray] = []
        n_cells: list[int] = []
        grids: dict[int, tuple[Grid, Literal["fft", "running"]]] = {}
        for i, (x, y) in enumerate(pairs):
            size = min(len(x), len(y))
            if size not in grids:
                grids[size] = self._grid(x, y)
            grid, kernel = grids[size]
            moved = None if moves is None else moves[i]
            r = compute_cells(x, y, grid, options, kernel, moved).r
            row = np.full(edges[-1], np.nan)
            parts = [row[a:b] for a, b in pairwise(edges)]
            n_cells.append(reduce_cells(r, options.fisher_z, options.z_limit, *parts))
            rows.append(row)
        table = np.array(rows).reshape(len(rows), edges[-1])
        whole, windows, windows_abs, lags, lags_abs = (table[:, a:b] for a, b in pairwise(edges))
        return CrossStatistics(
            mean=whole[:, 0],
            mean_abs=whole[:, 1],
            high=whole[:, 2],
            low=whole[:, 3],
            high_abs=whole[:, 4],
            n_cells=np.array(n_cells, dtype=np.int64),
            window_mean=windows,
            window_mean_abs=windows_abs,
            lag_mean=lags,
            lag_mean_abs=lags_abs,
            grid=longest,
            options=options,
        )


def prepare(
    signals: Sequence[ArrayLike | Signal],
    settings: CrossCorrelation | None,
    rate_hz: float | None,
    kernel: Kernel,
) -> Prepared:
    """The checked tracks of all signals.

    Raises
    ------
    SettingError
        No signal, rates that differ or are not known, and all of `lay_out`.
    """
    settings = settings or CrossCorrelation()
    if len(signals) == 0:
        raise SettingError("signals", "none", "at least one signal")
    rates = {signal.rate_hz for signal in signals if isinstance(signal, Signal)}
    rates |= {rate_hz} if rate_hz is not None else set()
    if len(rates) != 1:
        got = ", ".join(f"{rate:g}" for rate in sorted(rates)) or "none"
        raise SettingError("rate_hz", got, "one rate for all signals")
    rate = rates.pop()
    arrays = [check_values("signals", s.values if isinstance(s, Signal) else s) for s in signals]
    grids = [lay_out(array.size, rate, settings) for array in arrays]
    tracks = [Track.make(a, g.window) for a, g in zip(arrays, grids, strict=True)]
    return Prepared(tracks, settings, rate, kernel)
