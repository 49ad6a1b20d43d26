"""Different rates and starts onto one grid of the session's clock, by a stated rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from typing import Literal, get_args

import numpy as np

from reattune.core.checks import check_option, check_positive
from reattune.core.errors import SettingError
from reattune.core.streams import Signal
from reattune.prepare.signals.steps import (
    FloatArray,
    Prepared,
    SignalStep,
    find_stretches,
    make_note,
    plural,
)

ResampleHow = Literal["auto", "lowpass", "mean", "linear", "nearest"]
Stamp = Literal["centre", "start"]

# The low-pass: a sinc cut at 0.4 of the new rate under a Kaiser window of 12 new samples each side.
CUT = 0.4
REACH = 12
BETA = 8.0
_CHUNK = 4096
_TINY = 1e-6


@dataclass(frozen=True)
class Resample(SignalStep):
    """A signal on the grid ``anchor_s + k / rate_hz``, the same for every signal of a session.

    Parameters
    ----------
    rate_hz : float
        The new rate.
    how : {"auto", "lowpass", "mean", "linear", "nearest"}
        ``"auto"``: ``"lowpass"`` to a lower rate, ``"linear"`` to a higher or equal one.
        ``"lowpass"`` removes what the new rate cannot hold (see Notes). ``"mean"``: mean of the
        time in each new cell, for counts. ``"linear"``: straight between two samples, which folds
        fast movement into slow one when going down (a note warns). ``"nearest"``: the sample
        whose cell holds the moment, for codes and ratings.
    stamp : {"centre", "start"}
        Whether a sample stands for the middle of its cell (energy, means over a frame) or for the
        moment its cell begins (an instantaneous reading).
    anchor_s : float, default 0
        A moment the grid passes through.
    min_share : float, default 0.5
        For ``"mean"``: least observed share of a cell.

    Notes
    -----
    Nothing is filled: a new sample whose moment lies in no observed stretch is missing, and nothing
    is interpolated across a gap or a cut. ``"lowpass"`` is a windowed sinc (Kaiser, beta 8, 12 new
    samples to each side): amplitudes pass up to 0.29 of the new rate, halve at 0.40, and fall
    below 0.001 from half of it on. Near edges its weights are made to sum to 1, so that a
    constant stays that constant.

    Examples
    --------
    >>> fast = Signal("infant", "motion", [1, 1, 1, 5, 5, 5], 30)
    >>> Resample(10, how="mean")(fast).signal.values.tolist()
    [1.0, 5.0]
    """

    rate_hz: float
    how: ResampleHow = "auto"
    stamp: Stamp = "centre"
    anchor_s: float = 0.0
    min_share: float = 0.5

    def __post_init__(self) -> None:
        check_positive("rate_hz", self.rate_hz)
        check_option("how", self.how, get_args(ResampleHow))
        check_option("stamp", self.stamp, get_args(Stamp))
        if not isfinite(self.anchor_s):
            raise SettingError("anchor_s", self.anchor_s, "a finite moment in seconds")
        if not 0 < self.min_share <= 1:
            raise SettingError("min_share", self.min_share, "a share above 0 and at most 1")

    def _prepare(self, signal: Signal, cuts: Sequence[float]) -> Prepared:
        old, new = signal.rate_hz, self.rate_hz
        steps = (signal.start_s - self.anchor_s) * new
        if abs(old / new - 1) * max(len(signal), 1) < _TINY and abs(steps - round(steps)) < _TINY:
            note = make_note("signal_resampled", signal, f"Already on the {new:g} Hz grid.", 0)
            return Prepared(signal, (note,))
        how = self.how
        if how == "auto":
            how = "lowpass" if new < old * (1 - 1e-9) else "linear"
        # Under "start" a sample stands for the start of its cell: the cell moves back by half.
        back = 0.5 if self.stamp == "start" else 0.0
        start, anchor = signal.start_s - back / old, self.anchor_s - back / new
        first = ceil((start - anchor) * new - 0.5 - _TINY)
        last = ceil((start + len(signal) / old - anchor) * new - 0.5 - _TINY)
        # In samples of the old signal, whose sample i covers [i, i + 1).
        cells = ((anchor - start) + np.arange(first, max(first, last) + 1) / new) * old
        values = self._values(signal, cuts, how, cells)
        moved = Signal(signal.partner, signal.name, values, new, self.anchor_s + first / new)
        n, seen = int(np.isfinite(values).sum()), int(np.isfinite(signal.values).sum())
        words = f"{old:g} Hz to {new:g} Hz ({how}): {seen} samples became {n}."
        notes = [make_note("signal_resampled", signal, words, n)]
        if how in ("linear", "nearest") and new < old * (1 - 1e-9):
            words = f"No low-pass on the way down ({how}): faster movement is folded into slow one."
            notes.append(make_note("signal_aliasing", signal, words, n, "warning"))
        return Prepared(moved, tuple(notes))

    def _values(
        self, signal: Signal, cuts: Sequence[float], how: str, cells: FloatArray
    ) -> FloatArray:
        x = signal.values
        if how == "mean":
            return _cell_means(x, cells, self.min_share)
        moments = (cells[:-1] + cells[1:]) / 2
        out = np.full(moments.size, np.nan)
        for first, last in find_stretches(x, signal, cuts):
            low, high = np.searchsorted(moments, [first - _TINY, last - _TINY])
            at = moments[low:high]
            if how == "nearest":
                out[low:high] = x[np.clip(np.floor(at + _TINY).astype(int), first, last - 1)]
            elif how == "linear":
                out[low:high] = np.interp(at, np.arange(first, last) + 0.5, x[first:last])
            else:
                pass_rate = min(self.rate_hz / signal.rate_hz, 1.0)
                out[low:high] = low_pass(x[first:last], at - first - 0.5, pass_rate)
        return out


def low_pass(values: FloatArray, moments: FloatArray, rate: float) -> FloatArray:
    """Values without gaps, low-passed for ``rate`` (new over old, at most 1), at ``moments``.

    Moments are in samples: 0 is the first value.
    """
    reach = REACH / rate
    offsets = np.arange(-ceil(reach), ceil(reach) + 2)
    out = np.empty(moments.size)
    for begin in range(0, moments.size, _CHUNK):
        part = moments[begin : begin + _CHUNK]
        at = np.floor(part).astype(int)[:, None] + offsets
        away = part[:, None] - at
        inside = np.clip(1 - (away / reach) ** 2, 0.0, None)
        weights = np.sinc(2 * CUT * rate * away) * np.i0(BETA * np.sqrt(inside))
        weights[(np.abs(away) > reach) | (at < 0) | (at >= values.size)] = 0.0
        taken = values[np.clip(at, 0, values.size - 1)]
        out[begin : begin + _CHUNK] = (weights * taken).sum(axis=1) / weights.sum(axis=1)
    return out


def _cell_means(values: FloatArray, cells: FloatArray, min_share: float) -> FloatArray:
    """Mean of the observed time in each cell; nan where less than ``min_share`` is observed."""
    seen = np.isfinite(values)
    edges = np.clip(cells, 0.0, values.size)
    lasted = _cell_sums(seen.astype(np.float64), edges)
    summed = _cell_sums(np.where(seen, values, 0.0), edges)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = summed / lasted
    means[lasted < min_share * np.diff(cells) - _TINY] = np.nan
    return np.asarray(means, dtype=np.float64)


def _cell_sums(values: FloatArray, edges: FloatArray) -> FloatArray:
    """Sum of the values over [edge, next edge), samples that are cut counting in part.

    Summed cell by cell: differences of running sums would turn zeros into rounding.
    """
    low, high = edges[:-1], edges[1:]
    padded = np.concatenate([values, [0.0, 0.0]])
    first, last = np.ceil(low).astype(int), np.floor(high).astype(int)
    inner = np.add.reduceat(padded, np.column_stack([first, np.maximum(first, last)]).ravel())[::2]
    inner = np.where(last > first, inner, 0.0)
    before, after = padded[np.floor(low).astype(int)], padded[last]
    apart = before * (first - low) + inner + after * (high - last)
    # Both edges inside one sample.
    return np.asarray(np.where(first > last, before * (high - low), apart), dtype=np.float64)


def tell_grid(signals: Sequence[Signal]) -> str:
    """How the signals' grids differ, in words; empty where they share one."""
    rates = sorted({signal.rate_hz for signal in signals})
    if len(rates) > 1:
        told = ", ".join(f"{rate:g}" for rate in rates)
        return f"{len(rates)} different {plural('rate', len(rates))}: {told} Hz"
    steps = [(s.start_s - signals[0].start_s) * s.rate_hz for s in signals]
    off = max((abs(step - round(step)) for step in steps), default=0.0)
    return f"starts that are {off:.3g} of a sample apart" if off > _TINY else ""
