"""Grid: where every window and lag lies, in samples and in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_positive
from reattune.core.errors import SettingError
from reattune.synchrony.settings import Anchor, CrossCorrelation

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FEWEST_PAIRS = 3


@dataclass(frozen=True, eq=False)
class Grid:
    """Windows by lags.

    At lag ``l`` (samples; positive: the first partner leads) window ``k`` compares samples
    ``starts[k] + first_offsets[l] + t`` of the first partner with samples
    ``starts[k] + second_offsets[l] + t`` of the second, ``t`` running over ``lengths[l]`` samples.

    Attributes
    ----------
    n_samples : int
    rate_hz, start_s : float
    window, step, max_lag : int
        In samples.
    anchor : str
    starts : array of int, shape (n_windows,)
    min_pairs : array of int, shape (n_lags,)
        Fewest observed pairs a cell needs.
    """

    n_samples: int
    rate_hz: float
    start_s: float
    window: int
    step: int
    max_lag: int
    anchor: Anchor
    starts: IntArray
    min_pairs: IntArray

    @property
    def shape(self) -> tuple[int, int]:
        """Windows, lags."""
        return int(self.starts.size), 2 * self.max_lag + 1

    @property
    def window_s(self) -> float:
        """Length of a window after rounding to samples."""
        return self.window / self.rate_hz

    @property
    def step_s(self) -> float:
        """Step between windows after rounding to samples."""
        return self.step / self.rate_hz

    @cached_property
    def lags(self) -> IntArray:
        """Lags in samples, from minus to plus the largest."""
        return np.arange(-self.max_lag, self.max_lag + 1)

    @cached_property
    def lags_s(self) -> FloatArray:
        """Lags in seconds; positive: the first partner leads."""
        return np.asarray(self.lags / self.rate_hz, dtype=np.float64)

    @cached_property
    def first_offsets(self) -> IntArray:
        """Start of the first partner's window less ``starts``, for every lag."""
        if self.anchor == "follower":
            return -np.maximum(self.lags, 0)
        if self.anchor == "centre":
            return -(self.lags // 2)
        return np.maximum(-self.lags, 0)

    @cached_property
    def second_offsets(self) -> IntArray:
        """Start of the second partner's window less ``starts``, for every lag."""
        return self.first_offsets + self.lags

    @cached_property
    def lengths(self) -> IntArray:
        """Sample pairs of a cell, for every lag."""
        lost = np.abs(self.lags) if self.anchor == "segment" else 0 * self.lags
        return self.window - lost

    @cached_property
    def starts_s(self) -> FloatArray:
        """When the first sample that a window uses at any lag begins."""
        first = int(min(self.first_offsets.min(), self.second_offsets.min()))
        return self._seconds(self.starts + first)

    @cached_property
    def ends_s(self) -> FloatArray:
        """When the last sample that a window uses at any lag ends."""
        ends = np.maximum(self.first_offsets, self.second_offsets) + self.lengths
        return self._seconds(self.starts + int(ends.max()))

    @cached_property
    def cell_centres_s(self) -> FloatArray:
        """Middle of both partners' windows in every cell, shape (n_windows, n_lags)."""
        middles = (self.first_offsets + self.second_offsets + self.lengths) / 2
        return self._seconds(self.starts[:, None] + middles[None, :])

    @cached_property
    def centres_s(self) -> FloatArray:
        """Middle of a window over both partners and all lags: the time to date it by."""
        middles = (self.first_offsets + self.second_offsets + self.lengths) / 2
        return self._seconds(self.starts + middles.mean())

    def _seconds(self, samples: IntArray | FloatArray) -> FloatArray:
        return np.asarray(self.start_s + samples / self.rate_hz, dtype=np.float64)


def lay_out(
    n_samples: int, rate_hz: float, settings: CrossCorrelation, *, start_s: float = 0.0
) -> Grid:
    """The grid of windows and lags for a signal of that many samples.

    Parameters
    ----------
    n_samples : int
    rate_hz : float
        Samples per second.
    settings : CrossCorrelation
    start_s : float, default 0
        When the first sample begins.

    Raises
    ------
    SettingError
        A window of fewer than three samples, a step of less than half a sample, or a signal
        shorter than one window with its largest lag.

    Examples
    --------
    >>> from reattune.synchrony import use_preset, Windows
    >>> lay_out(15000, 25.0, use_preset("rmea", Windows(30, 10, 5))).shape
    (57, 251)
    """
    rate = check_positive("rate_hz", rate_hz)
    asked = settings.windows
    window, step, lag = (
        round(seconds * rate) for seconds in (asked.window_s, asked.step_s, asked.max_lag_s)
    )
    if window < FEWEST_PAIRS:
        raise SettingError(
            "window_s", asked.window_s, f"at least {FEWEST_PAIRS} samples at {rate:g} Hz"
        )
    if step < 1:
        raise SettingError("step_s", asked.step_s, f"at least one sample at {rate:g} Hz")
    if settings.anchor == "segment" and window - lag < FEWEST_PAIRS:
        raise SettingError("max_lag_s", asked.max_lag_s, "less than the segment by three samples")
    needed = window if settings.anchor == "segment" else window + lag
    n_windows = (n_samples - needed) // step + 1 - settings.drop_last
    if n_samples < needed or n_windows < 1:
        needed += step * settings.drop_last
        raise SettingError(
            "windows",
            asked,
            f"a window and lag of together at most {n_samples / rate:g} s, the length of the "
            f"signal; these need {needed / rate:g} s",
        )
    first = {"follower": lag, "centre": lag // 2}.get(settings.anchor, 0)
    lengths = np.full(2 * lag + 1, window)
    if settings.anchor == "segment":
        lengths = lengths - np.abs(np.arange(-lag, lag + 1))
    fewest = np.ceil(lengths * settings.min_valid_prop - 1e-9).astype(np.int64)
    return Grid(
        n_samples=n_samples,
        rate_hz=rate,
        start_s=float(start_s),
        window=window,
        step=step,
        max_lag=lag,
        anchor=settings.anchor,
        starts=first + step * np.arange(n_windows),
        min_pairs=np.maximum(fewest, FEWEST_PAIRS),
    )


class Half(NamedTuple):
    """One run of lags with the same partner held in place, as the kernels go through it.

    Step ``j`` compares the fixed partner's window at ``start + fixed_offset - moves * j`` with the
    other's at ``start + moving_offset + j`` and fills column ``column + column_step * j``.
    """

    fixed: int
    n: int
    fixed_offset: int
    moves: int
    moving_offset: int
    column: int
    column_step: int


def split_lags(max_lag: int, anchor: Anchor) -> tuple[Half, ...]:
    """The lags as two runs, each of which a kernel does in one go."""
    lag = max_lag
    if anchor == "follower":
        halves = (Half(1, lag + 1, 0, 0, -lag, 2 * lag, -1), Half(0, lag, 0, 0, -lag, 0, 1))
    elif anchor == "centre":
        even, odd = lag // 2, (lag + 1) // 2
        # Lag 2m: the first partner m earlier, the second m later. Lag 2m + 1: the second m + 1.
        halves = (
            Half(0, 2 * even + 1, even, 1, -even, lag - 2 * even, 2),
            Half(0, 2 * odd, odd, 1, 1 - odd, lag + 1 - 2 * odd, 2),
        )
    else:
        halves = (Half(0, lag + 1, 0, 0, 0, lag, 1), Half(1, lag, 0, 0, 1, lag - 1, -1))
    return tuple(half for half in halves if half.n > 0)
