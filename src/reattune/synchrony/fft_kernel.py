"""Covariances of all lags of a window at once by Fourier transform; spectra belong to one signal.

For sparse windows and for many pairings: a signal's spectra are computed once and serve every
partner it is paired with.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reattune.synchrony.grid import Grid, Half
from reattune.synchrony.tracks import Track

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
ComplexArray = NDArray[np.complex128]


def transform_length(window: int, max_lag: int) -> int:
    """Length of a transform in which no lag wraps round."""
    from scipy.fft import next_fast_len

    return int(next_fast_len(window + max_lag, real=True))


def find_spectra(
    track: Track, grid: Grid, offset: int, length: int
) -> tuple[ComplexArray, FloatArray]:
    """Spectra of the stretches of a signal at every window, and their centred sums of squares.

    A stretch runs over ``length`` samples from ``offset`` samples after the window's start. They
    are found for all windows the signal has room for, and kept with it.
    """
    from scipy.fft import rfft

    n = grid.starts.size
    key = (int(grid.starts[0]) + offset, grid.step, length)
    found = track.spectra.get(key)
    if found is None:
        every = np.lib.stride_tricks.sliding_window_view(track.values[key[0] :], length)
        stretches = every[:: grid.step]
        stretches = stretches - stretches.mean(axis=1, keepdims=True)
        squares = np.einsum("ij,ij->i", stretches, stretches)
        spectra = rfft(stretches, transform_length(grid.window, grid.max_lag), axis=1)
        found = track.spectra[key] = (spectra, squares)
    return found[0][:n], found[1][:n]


def find_covariances(
    fixed: Track, moving: Track, grid: Grid, half: Half, rows: IntArray
) -> tuple[FloatArray, int, FloatArray]:
    """Covariances (sums, not means) of some windows at all lags of a run.

    Returns
    -------
    covariances : array of float, shape (n_rows, transform length)
    skip : int
        Column of the run's first lag.
    block_ss : array of float, shape (n_rows,)
        Sum of squares of the moving partner over all a row spans.
    """
    from scipy.fft import irfft

    segment = grid.anchor == "segment"
    back = -grid.max_lag if grid.anchor == "follower" else 0
    span = grid.window if segment else grid.window + grid.max_lag
    head, _ = find_spectra(fixed, grid, half.fixed_offset, grid.window)
    block, squares = find_spectra(moving, grid, back, span)
    if rows.size < head.shape[0]:
        head, block, squares = head[rows], block[rows], squares[rows]
    product = np.conj(head)
    product *= block
    covariances = irfft(product, transform_length(grid.window, grid.max_lag), axis=1)
    return covariances, half.moving_offset - back, squares
