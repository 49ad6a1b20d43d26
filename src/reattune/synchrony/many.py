"""Many pairings at once: all pairs of signals, moved windows, shifted and made signals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reattune.core.errors import SettingError
from reattune.core.streams import Signal
from reattune.synchrony.choose import Kernel
from reattune.synchrony.grid import lay_out
from reattune.synchrony.settings import CrossCorrelation
from reattune.synchrony.statistics import CrossStatistics, prepare
from reattune.synchrony.table import CrossTable
from reattune.synchrony.tracks import Track, check_length, check_values, cut_to_common
from reattune.synchrony.words import PARTNERS

FloatArray = NDArray[np.float64]


def cross_correlate_many(
    signals: Sequence[ArrayLike | Signal],
    settings: CrossCorrelation | None = None,
    *,
    rate_hz: float | None = None,
    pairs: Iterable[tuple[int, int]] | None = None,
    names: Sequence[str] | None = None,
    kernel: Kernel = "auto",
) -> list[CrossTable]:
    """The tables of many pairings of signals; what belongs to one signal is computed once.

    Parameters
    ----------
    signals : sequence of Signal or of array_like
        Signals of different meetings are laid side by side from their first sample, and the longer
        of two is cut.
    settings : CrossCorrelation, optional
    rate_hz : float
        Needed for arrays.
    pairs : iterable of (int, int), optional
        First and second partner of each pairing; every two signals once by default.
    names : sequence of str, optional
        One per signal.
    kernel : {"auto", "fft", "running"}

    Raises
    ------
    SettingError
    """
    prepared = prepare(signals, settings, rate_hz, kernel)
    called = list(names) if names is not None else _names(signals)
    if len(called) != len(prepared.tracks):
        told = f"{len(prepared.tracks)}, one per signal"
        raise SettingError("names", f"{len(called)} names", told)
    return [
        prepared.table(i, j, (called[i], called[j]))
        for i, j in _check_pairs(pairs, len(prepared.tracks))
    ]


def measure_pairings(
    signals: Sequence[ArrayLike | Signal],
    settings: CrossCorrelation | None = None,
    *,
    rate_hz: float | None = None,
    pairs: Iterable[tuple[int, int]] | None = None,
    kernel: Kernel = "auto",
) -> CrossStatistics:
    """The statistics of many pairings, without keeping their tables: pairings with other dyads.

    Parameters are those of `cross_correlate_many`.

    Raises
    ------
    SettingError
    """
    prepared = prepare(signals, settings, rate_hz, kernel)
    chosen = _check_pairs(pairs, len(prepared.tracks))
    tracks = prepared.tracks
    return prepared.measure((tracks[i], tracks[j]) for i, j in chosen)


def correlate_shifted(
    x: ArrayLike,
    y: ArrayLike,
    offsets: ArrayLike,
    settings: CrossCorrelation | None = None,
    *,
    rate_hz: float,
    kernel: Kernel = "auto",
) -> CrossStatistics:
    """The statistics of a pair whose second signal is turned round by each of the offsets.

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        nan = missing; missing samples turn with the signal.
    offsets : array_like of int, shape (m,)
        In samples. The second signal comes that much later; what leaves at the end comes back at
        the start. 0 is the pair itself. Windows across the seam are kept.
    settings : CrossCorrelation, optional
    rate_hz : float
    kernel : {"auto", "fft", "running"}

    Returns
    -------
    CrossStatistics
        One row per offset. It draws and judges nothing: which offsets are allowed and how often is
        the business of the null that calls it.

    Raises
    ------
    SettingError
        Offsets that are not whole samples, and all of `cross_correlate`.

    Examples
    --------
    >>> import numpy as np
    >>> from reattune.synchrony import CrossCorrelation, Windows
    >>> rng = np.random.default_rng(1)
    >>> x, y = rng.normal(size=(2, 1000))
    >>> found = correlate_shifted(x, y, [0, 250, 500], CrossCorrelation(Windows(20, 5, 2)),
    ...                           rate_hz=10)
    >>> found.mean_abs.shape, found.window_mean.shape
    ((3,), (3, 16))
    """
    turns = np.atleast_1d(np.asarray(offsets))
    if turns.ndim != 1 or not np.issubdtype(turns.dtype, np.integer):
        raise SettingError("offsets", offsets, "whole numbers of samples")
    first, second, rate_hz, _ = cut_to_common(x, y, rate_hz)
    turned = (np.roll(second, int(turn)) for turn in turns)
    return _measure_against(first, turned, settings, rate_hz, kernel)


def correlate_moved(
    x: ArrayLike | Signal,
    y: ArrayLike | Signal,
    moves: ArrayLike,
    settings: CrossCorrelation | None = None,
    *,
    rate_hz: float | None = None,
) -> CrossStatistics:
    """The statistics of a pair in which every window of the first meets another of the second.

    Windows move whole, so none of them crosses a seam, and each meets real, unbroken signal.

    Parameters
    ----------
    x, y : Signal, or array_like of float, shape (n,)
        nan = missing.
    moves : array_like of int, shape (m, n_windows)
        In samples. In row i the second signal of window k is taken so many samples later. Zeros
        are the pair itself.
    settings : CrossCorrelation, optional
    rate_hz : float, optional
        Needed for arrays.

    Returns
    -------
    CrossStatistics
        One row per row of ``moves``. It draws and judges nothing.

    Raises
    ------
    SettingError
        Moves that are not whole samples, that are not one per window, or that reach beyond the
        signal; and all of `cross_correlate`.
    """
    settings = settings or CrossCorrelation()
    first, second, rate, _ = cut_to_common(x, y, rate_hz)
    prepared = prepare([first, second], settings, rate, "running")
    grid = lay_out(first.size, rate, settings)
    planned = np.atleast_2d(np.asarray(moves))
    if planned.shape[1:] != grid.starts.shape or not np.issubdtype(planned.dtype, np.integer):
        told = f"whole numbers of samples in rows of {grid.starts.size}, one per window"
        raise SettingError("moves", f"{planned.dtype} of shape {planned.shape}", told)
    planned = planned.astype(np.int64)
    begin = grid.starts + int(grid.second_offsets.min()) + planned
    end = grid.starts + int((grid.second_offsets + grid.lengths).max()) + planned
    if planned.size and (begin.min() < 0 or end.max() > first.size):
        raise SettingError("moves", "a window beyond the signal", "windows that stay inside it")
    one, other = prepared.tracks
    return prepared.measure(((one, other) for _ in planned), planned)


def correlate_surrogates(
    x: ArrayLike,
    surrogates: Iterable[ArrayLike],
    settings: CrossCorrelation | None = None,
    *,
    rate_hz: float,
    kernel: Kernel = "auto",
) -> CrossStatistics:
    """The statistics of one signal paired with many made ones, phase-randomised for example.

    Parameters
    ----------
    x : array_like of float, shape (n,)
    surrogates : iterable of array_like of float, each of shape (n,)
        The second partner's: the rows of a matrix, or a generator that makes one at a time.
    settings : CrossCorrelation, optional
    rate_hz : float
    kernel : {"auto", "fft", "running"}

    Raises
    ------
    SettingError
    """
    first = check_values("x", x)
    made = (check_values("surrogates", row) for row in surrogates)
    return _measure_against(first, made, settings, rate_hz, kernel)


def _measure_against(
    x: FloatArray,
    others: Iterator[FloatArray],
    settings: CrossCorrelation | None,
    rate_hz: float,
    kernel: Kernel,
) -> CrossStatistics:
    prepared = prepare([x], settings, rate_hz, kernel)
    (track,) = prepared.tracks

    def pairs() -> Iterator[tuple[Track, Track]]:
        for other in others:
            check_length("surrogates", other, x)
            yield track, Track.make(other, track.window)

    return prepared.measure(pairs())


def _names(signals: Sequence[ArrayLike | Signal]) -> list[str]:
    if len(signals) == len(PARTNERS) and not any(isinstance(s, Signal) for s in signals):
        return list(PARTNERS)
    return [s.partner if isinstance(s, Signal) else f"signal {i}" for i, s in enumerate(signals, 1)]


def _check_pairs(pairs: Iterable[tuple[int, int]] | None, n: int) -> list[tuple[int, int]]:
    chosen = list(combinations(range(n), 2)) if pairs is None else [(i, j) for i, j in pairs]
    for pair in chosen:
        if not all(0 <= i < n for i in pair):
            raise SettingError("pairs", pair, f"numbers of signals, from 0 to {n - 1}")
    return chosen
