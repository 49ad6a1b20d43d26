"""Which kernel computes a table, and the computing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_option
from reattune.core.errors import SettingError
from reattune.synchrony.grid import Grid, Half, split_lags
from reattune.synchrony.settings import CrossCorrelation
from reattune.synchrony.tracks import Track

if TYPE_CHECKING:
    from reattune.synchrony.exact import Cells

IntArray = NDArray[np.int64]

Kernel = Literal["auto", "fft", "running"]

# Relative cost of one product in the running sums and of one sample in a transform, per doubling.
_RUNNING_COST, _FFT_COST = 1.0, 7.0


def choose_kernel(grid: Grid, *, shared: bool = False) -> Literal["fft", "running"]:
    """The cheaper kernel for a grid.

    Running sums cost about twice the length of the signal for every lag, whatever the overlap of
    windows; Fourier transforms cost the same for every window, and little more for more lags. They
    win where lags are many and windows few. ``shared`` says that the spectra of one signal at least
    are there already. Both are measured costs; the results are the same.
    """
    if grid.anchor == "centre":
        return "running"
    if grid.anchor == "segment":
        return "fft"
    n_windows, n_lags = grid.shape
    group = grid.window // grid.step + 1
    sums = n_windows / group * ((group - 1) * grid.step + grid.window) * n_lags
    length = grid.window + grid.max_lag
    transforms = (4 if shared else 6) * n_windows * length * np.log2(length)
    return "fft" if _FFT_COST * transforms < _RUNNING_COST * sums else "running"


def check_kernel(kernel: Kernel, grid: Grid, *, shared: bool = False) -> Literal["fft", "running"]:
    """The kernel that was asked for, or the cheaper one for ``"auto"``.

    Raises
    ------
    SettingError
        An unknown kernel, or ``"fft"`` where both windows move.
    """
    check_option("kernel", kernel, get_args(Kernel))
    if kernel == "auto":
        return choose_kernel(grid, shared=shared)
    if kernel == "fft" and grid.anchor == "centre":
        raise SettingError("kernel", kernel, "'running' or 'auto' with anchor='centre'")
    return kernel


def compute_cells(
    x: Track,
    y: Track,
    grid: Grid,
    settings: CrossCorrelation,
    kernel: Literal["fft", "running"],
    moves: IntArray | None = None,
) -> Cells:
    """r, counts and states of all cells of two tracks.

    The FFT kernel does the windows that were observed completely; windows with missing samples
    always take running sums, in which a missing sample costs nothing but its own pairs. So do
    windows of which the second partner's is moved, by ``moves`` samples each.
    """
    from reattune.synchrony.exact import Cells, mark_alike

    cells = Cells(
        np.full(grid.shape, np.nan),
        np.zeros(grid.shape, dtype=np.int32),
        np.zeros(grid.shape, dtype=np.uint8),
    )
    y_starts = grid.starts if moves is None else grid.starts + moves
    if kernel == "running" or moves is not None:
        _run_sums(x, y, grid, np.arange(grid.starts.size), y_starts, cells)
    else:
        whole, broken = _split_rows(x, y, grid)
        for half in split_lags(grid.max_lag, grid.anchor) if whole.size else ():
            fixed, moving = (x, y) if half.fixed == 0 else (y, x)
            _run_fft(fixed, moving, grid, half, whole, cells)
        if broken.size:
            _run_sums(x, y, grid, broken, y_starts, cells)
    if settings.fewest_differing:
        offsets = (grid.first_offsets, grid.second_offsets, grid.lengths)
        fewest = settings.fewest_differing
        mark_alike(x.raw, y.raw, grid.starts, y_starts, *offsets, fewest, cells.r, cells.state)
    return cells


def _split_rows(x: Track, y: Track, grid: Grid) -> tuple[IntArray, IntArray]:
    """Windows that were observed completely at every lag, and the others."""
    every = np.arange(grid.starts.size)
    if x.unseen is None and y.unseen is None:
        return every, every[:0]
    lost = np.zeros(every.size, dtype=np.int64)
    for track, offsets in ((x, grid.first_offsets), (y, grid.second_offsets)):
        if track.unseen is not None:
            begin = grid.starts + int(offsets.min())
            end = grid.starts + int((offsets + grid.lengths).max())
            lost += track.unseen[end] - track.unseen[begin]
    return every[lost == 0], every[lost > 0]


def _run_fft(
    fixed: Track, moving: Track, grid: Grid, half: Half, rows: IntArray, cells: Cells
) -> None:
    from reattune.synchrony.fft_kernel import find_covariances
    from reattune.synchrony.running_kernel import finish_products, finish_segments

    cov, skip, squares = find_covariances(fixed, moving, grid, half, rows)
    f, m = fixed.samples, moving.samples
    if grid.anchor == "segment":
        finish_segments(cov, skip, f, m, half, rows, grid.starts, grid.lengths, cells)
    else:
        finish_products(cov, skip, squares, f, m, half, rows, grid.starts, grid.window, cells)


def _run_sums(
    x: Track, y: Track, grid: Grid, rows: IntArray, y_starts: IntArray, cells: Cells
) -> None:
    from reattune.synchrony.running_kernel import correlate_half, correlate_segments

    window, fewest = grid.window, grid.min_pairs
    first, second = (x.samples, grid.starts), (y.samples, y_starts)
    if grid.anchor == "segment":
        lag = grid.max_lag
        correlate_segments(
            x.samples, y.samples, rows, grid.starts, y_starts, window, lag, fewest, cells
        )
        return
    for half in split_lags(grid.max_lag, grid.anchor):
        (f, f_starts), (m, m_starts) = (first, second) if half.fixed == 0 else (second, first)
        correlate_half(f, m, half, rows, f_starts, m_starts, window, fewest, cells)
