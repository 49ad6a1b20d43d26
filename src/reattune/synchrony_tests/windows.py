"""One value per window, of a record or of its surrogates, and what chance gives for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_option
from reattune.surrogates.ranks import quantile
from reattune.synchrony import CrossCorrelation, Grid, correlate_moved, lay_out
from reattune.synchrony.choose import compute_cells
from reattune.synchrony.tracks import Track
from reattune.synchrony_tests.moves import plan_moves

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
WindowStatistic = Literal["mean_abs", "signed", "best"]
WINDOW_STATISTICS: tuple[WindowStatistic, ...] = get_args(WindowStatistic)


@dataclass(frozen=True, eq=False)
class WindowNull:
    """What windows give that are moved apart.

    Attributes
    ----------
    values : array of float, shape (n, n_windows)
        nan where a window has no value.
    moves : array of int, shape (n, n_windows)
        In samples; neighbouring windows with different moves have a seam between them.
    blocks : int
    block_s : float
    n_alignments : float
    """

    values: FloatArray
    moves: IntArray
    blocks: int
    block_s: float
    n_alignments: float

    def quantile(self, share: float) -> float:
        """That quantile of all values of all surrogates; nan without any."""
        return quantile(self.values[np.isfinite(self.values)], share)

    @property
    def lowest(self) -> float:
        """The smallest value of all surrogates; nan without any."""
        known = self.values[np.isfinite(self.values)]
        return float(known.min()) if known.size else float("nan")


def measure_windows(
    first: FloatArray,
    second: FloatArray,
    settings: CrossCorrelation,
    *,
    rate_hz: float,
    statistic: WindowStatistic = "mean_abs",
    moves: IntArray | None = None,
) -> FloatArray:
    """The value of every window, one row per row of ``moves``; one row without moves.

    Parameters
    ----------
    first, second : array of float, shape (n_samples,)
        nan = missing.
    settings : CrossCorrelation
    rate_hz : float
    statistic : {"mean_abs", "signed", "best"}
        Mean absolute value over the lags, mean with sign, or the largest absolute value. Of z, or
        of r where the settings say so.
    moves : array of int, shape (n, n_windows), optional
        In samples; see `reattune.synchrony.correlate_moved`.

    Returns
    -------
    array of float, shape (n, n_windows)
    """
    check_option("statistic", statistic, WINDOW_STATISTICS)
    grid = lay_out(first.size, rate_hz, settings)
    rows = np.zeros((1, grid.starts.size), dtype=np.int64) if moves is None else moves
    if statistic != "best":
        found = correlate_moved(first, second, rows, settings, rate_hz=rate_hz)
        return found.window_mean if statistic == "signed" else found.window_mean_abs
    return _largest(first, second, grid, settings, rows)


def _largest(
    first: FloatArray, second: FloatArray, grid: Grid, settings: CrossCorrelation, moves: IntArray
) -> FloatArray:
    tracks = Track.make(first, grid.window), Track.make(second, grid.window)
    out = np.full(moves.shape, np.nan)
    for row, moved in zip(out, moves, strict=True):
        size = np.abs(compute_cells(*tracks, grid, settings, "running", moved).r)
        some = np.isfinite(size).any(axis=1)
        row[some] = np.nanmax(size[some], axis=1)
    if not settings.fisher_z:
        return out
    with np.errstate(divide="ignore"):
        return np.asarray(np.minimum(np.arctanh(out), settings.z_limit))


def move_windows(
    first: FloatArray,
    second: FloatArray,
    settings: CrossCorrelation,
    *,
    rate_hz: float,
    rng: np.random.Generator,
    n: int = 999,
    blocks: float | str | None = "auto",
    statistic: WindowStatistic = "mean_abs",
) -> WindowNull:
    """The windows of a record, each meeting another stretch of the second signal.

    Parameters
    ----------
    first, second, settings, rate_hz, statistic
        As in `measure_windows`.
    rng : numpy.random.Generator
    n : int, default 999
    blocks : "auto", float or None
        See `plan_moves`.
    """
    plan = plan_moves(lay_out(first.size, rate_hz, settings), rng=rng, n=n, blocks=blocks)
    values = measure_windows(
        first, second, settings, rate_hz=rate_hz, statistic=statistic, moves=plan.moves
    )
    block_s = float(np.diff(plan.edges).mean()) / rate_hz
    return WindowNull(values, plan.moves, plan.n_blocks, block_s, plan.n_alignments)
