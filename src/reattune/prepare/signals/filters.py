"""Filters that keep a signal where it is: moving average, Savitzky-Golay, Butterworth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np

from reattune.core.checks import check_positive
from reattune.core.errors import SettingError
from reattune.core.notes import Note
from reattune.core.streams import Signal
from reattune.prepare.signals.compat import smooth_like_rmea
from reattune.prepare.signals.steps import (
    Compat,
    FloatArray,
    Prepared,
    SignalStep,
    check_compat,
    find_stretches,
    make_note,
    plural,
    with_values,
)


@dataclass(frozen=True)
class MovingAverage(SignalStep):
    """A centred moving average that has no bias at edges and gaps.

    Parameters
    ----------
    window_s : float, default 0.5
        Width in seconds; at least one sample. It need not be a whole number of samples: the two
        outermost ones then count in part, so that the window stays centred.
    compat : {None, "rmea"}
        ``"rmea"`` repeats ``MEAsmooth`` of that package with its faults, for parity only.

    Notes
    -----
    Near an edge or a gap the window narrows on both sides alike, down to the sample itself: a
    constant stays that constant and a line stays that line everywhere. The price is that the first
    and last samples of a stretch are smoothed less. Missing samples stay missing.

    Examples
    --------
    >>> smoothed = MovingAverage(0.3)(Signal("infant", "motion", [1, 2, 6, float("nan"), 5], 10))
    >>> smoothed.signal.values.tolist()
    [1.0, 3.0, 6.0, nan, 5.0]
    """

    window_s: float = 0.5
    compat: Compat = None

    def __post_init__(self) -> None:
        check_positive("window_s", self.window_s)
        check_compat(self.compat)

    def _prepare(self, signal: Signal, cuts: Sequence[float]) -> Prepared:
        width = self.window_s * signal.rate_hz
        if width < 1 - 1e-9:
            raise SettingError(
                "window_s", self.window_s, f"at least one sample ({signal.tick_s:g} s)"
            )
        if self.compat == "rmea":
            values = smooth_like_rmea(signal.values, width)
            how = "as rMEA does, with its bias at edges and gaps"
        else:
            values = _each_stretch(signal, cuts, lambda part: average_stretch(part, width))
            how = "centred; narrower near edges and gaps"
        n = int(np.isfinite(signal.values).sum())
        words = f"Moving average of {self.window_s:g} s ({width:g} samples), {how}; {n} samples."
        note = make_note("signal_filtered", signal, words, n)
        return Prepared(with_values(signal, values), (note,))


@dataclass(frozen=True)
class SavitzkyGolay(SignalStep):
    """A local polynomial fitted by least squares: keeps the height of short movements better.

    Parameters
    ----------
    window_s : float, default 0.5
        Width in seconds, rounded to the nearest odd number of samples.
    order : int, default 2
        Of the polynomial; below the number of samples of the window.

    Notes
    -----
    Savitzky & Golay (1964). The first and last half window of a stretch come from the polynomial of
    its outermost window. A stretch shorter than the window has no such polynomial: its samples
    become missing, and a note counts them.
    """

    window_s: float = 0.5
    order: int = 2

    def __post_init__(self) -> None:
        check_positive("window_s", self.window_s)
        if isinstance(self.order, bool) or not isinstance(self.order, int) or self.order < 0:
            raise SettingError("order", self.order, "a whole number of at least 0")

    def _prepare(self, signal: Signal, cuts: Sequence[float]) -> Prepared:
        values = local_polynomial(signal, cuts, self.window_s, self.order)
        width = odd_width(self.window_s, signal.rate_hz)
        words = f"Savitzky-Golay of order {self.order} over {width} samples"
        return Prepared(with_values(signal, values), _told(signal, values, words, width))


@dataclass(frozen=True)
class Butterworth(SignalStep):
    """A Butterworth filter run forwards and backwards, so that it delays nothing.

    Parameters
    ----------
    low_hz, high_hz : float, optional
        The band that passes. Only ``high_hz``: low-pass; only ``low_hz``: high-pass.
    order : int, default 4
        Of one of the two runs. At a cut-off half of the amplitude passes (-6 dB), since each run
        takes 3 dB.

    Notes
    -----
    Butterworth (1930). Each stretch is extended at its ends by odd reflection, by one period of
    the lowest cut-off. A stretch needs to be longer than that; shorter ones become missing, and a
    note counts them.
    """

    low_hz: float | None = None
    high_hz: float | None = None
    order: int = 4

    def __post_init__(self) -> None:
        if self.low_hz is None and self.high_hz is None:
            raise SettingError("low_hz, high_hz", None, "at least one of them")
        for name in ("low_hz", "high_hz"):
            if getattr(self, name) is not None:
                check_positive(name, getattr(self, name))
        if self.low_hz is not None and self.high_hz is not None and self.low_hz >= self.high_hz:
            raise SettingError("low_hz", self.low_hz, f"below high_hz = {self.high_hz:g}")
        if isinstance(self.order, bool) or not isinstance(self.order, int) or self.order < 1:
            raise SettingError("order", self.order, "a whole number of at least 1")

    def _prepare(self, signal: Signal, cuts: Sequence[float]) -> Prepared:
        from scipy.signal import butter, sosfiltfilt

        edges = [edge for edge in (self.low_hz, self.high_hz) if edge is not None]
        if edges[-1] >= signal.rate_hz / 2:
            raise SettingError(
                "high_hz" if self.high_hz is not None else "low_hz",
                edges[-1],
                f"below half of the signal's rate ({signal.rate_hz / 2:g} Hz)",
            )
        kind = "band" if len(edges) == 2 else "low" if self.low_hz is None else "high"
        sections = butter(
            self.order,
            edges if len(edges) == 2 else edges[0],
            kind,
            fs=signal.rate_hz,
            output="sos",
        )
        pad = max(3 * (2 * len(sections) + 1), ceil(signal.rate_hz / edges[0]))
        least = pad + 1
        values = _each_stretch(
            signal, cuts, lambda part: sosfiltfilt(sections, part, padlen=pad), least
        )
        band = " to ".join(f"{edge:g}" for edge in edges)
        words = f"Butterworth {kind}-pass at {band} Hz, order {self.order}, run both ways"
        return Prepared(with_values(signal, values), _told(signal, values, words, least))


def average_stretch(values: FloatArray, width: float) -> FloatArray:
    """Centred mean over ``width`` samples of values without gaps; narrower towards the ends."""
    n = values.size
    place = np.arange(n)
    reach = np.minimum((width - 1) / 2, np.minimum(place, n - 1 - place))
    reach = np.maximum(reach, 0.0)
    full = np.floor(reach + 1e-9).astype(int)
    part = np.maximum(reach - full, 0.0)
    # Centred first: sums of large numbers lose digits.
    level = float(values.mean())
    centred = values - level
    sums = np.concatenate([[0.0], np.cumsum(centred)])
    total = sums[place + full + 1] - sums[place - full]
    beyond = np.flatnonzero(part > 0)
    ends = centred[beyond - full[beyond] - 1] + centred[beyond + full[beyond] + 1]
    total[beyond] += part[beyond] * ends
    smoothed: FloatArray = level + total / (1 + 2 * (full + part))
    # Where nothing changes in the window the mean is the value, to the last digit: zeros stay 0.
    changes = np.concatenate([[0], np.cumsum(values[1:] != values[:-1])])
    outer = full + (part > 0)
    still = changes[place + outer] == changes[place - outer]
    smoothed[still] = values[still]
    return smoothed


def odd_width(window_s: float, rate_hz: float) -> int:
    """The odd number of samples nearest to the window."""
    return 2 * floor((window_s * rate_hz - 1) / 2 + 0.5) + 1


def local_polynomial(
    signal: Signal, cuts: Sequence[float], window_s: float, order: int, derivative: int = 0
) -> FloatArray:
    """Savitzky-Golay values (or a derivative of them, per second) of each stretch."""
    from scipy.signal import savgol_filter

    width = odd_width(window_s, signal.rate_hz)
    if width <= order:
        raise SettingError(
            "window_s", window_s, f"more than {order} samples ({order / signal.rate_hz:g} s)"
        )
    return _each_stretch(
        signal,
        cuts,
        lambda part: savgol_filter(part, width, order, deriv=derivative, delta=signal.tick_s),
        width,
    )


def _each_stretch(
    signal: Signal,
    cuts: Sequence[float],
    change: Callable[[FloatArray], FloatArray],
    least: int = 1,
) -> FloatArray:
    """The change applied to each stretch of at least ``least`` samples; nan elsewhere."""
    out = np.full(len(signal), np.nan)
    for first, last in find_stretches(signal.values, signal, cuts):
        if last - first >= least:
            out[first:last] = change(signal.values[first:last])
    return out


def _told(signal: Signal, values: FloatArray, words: str, least: int) -> tuple[Note, ...]:
    """What a filter did, and how many samples it lost."""
    n = int(np.isfinite(values).sum())
    lost = int(np.isfinite(signal.values).sum()) - n
    notes = (make_note("signal_filtered", signal, f"{words}; {n} samples.", n),)
    if not lost:
        return notes
    short = make_note(
        "signal_too_short",
        signal,
        f"{lost} {plural('sample', lost)} in stretches of fewer than {least} samples "
        "set to missing: too short for this filter.",
        lost,
        "warning",
    )
    return (*notes, short)
