"""Signals made from signals: change per second, speed of a landmark, envelope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from reattune.core.checks import check_not_negative, check_option, check_positive
from reattune.core.errors import SettingError
from reattune.core.session import Session
from reattune.core.streams import Signal
from reattune.prepare.signals.filters import average_stretch, local_polynomial
from reattune.prepare.signals.resample import tell_grid
from reattune.prepare.signals.steps import (
    FloatArray,
    Prepared,
    SignalStep,
    drop_infinite,
    find_stretches,
    make_note,
    plural,
    with_values,
)

EnvelopeMethod = Literal["hilbert", "rms"]


@dataclass(frozen=True)
class Derivative(SignalStep):
    """Change per second, with its sign.

    Parameters
    ----------
    window_s : float, default 0
        0: half the difference of both neighbours, one-sided at the ends of a stretch. Above 0: the
        slope of a local parabola over that window (Savitzky & Golay 1964), less noisy.

    Notes
    -----
    Both are exact for a line. A single sample between gaps has no change: it becomes missing.

    Examples
    --------
    >>> Derivative()(Signal("infant", "nose_x", [0, 1, 2, 4], 10)).signal.values.tolist()
    [10.0, 10.0, 15.0, 20.0]
    """

    window_s: float = 0.0

    def __post_init__(self) -> None:
        check_not_negative("window_s", self.window_s)

    def _prepare(self, signal: Signal, cuts: Sequence[float]) -> Prepared:
        values = self.slopes(signal, cuts)
        n, lost = _count(signal.values, values)
        over = f" over {self.window_s:g} s" if self.window_s else ""
        words = f"Change per second{over}; {n} samples, {lost} lost at short stretches."
        note = make_note("signal_derived", signal, words, n)
        return Prepared(with_values(signal, values), (note,))

    def slopes(self, signal: Signal, cuts: Sequence[float] = ()) -> FloatArray:
        """Change per second at each sample. Shape (n,)."""
        if self.window_s > 0:
            return local_polynomial(signal, cuts, self.window_s, 2, derivative=1)
        out = np.full(len(signal), np.nan)
        for first, last in find_stretches(signal.values, signal, cuts):
            if last - first > 1:
                out[first:last] = np.gradient(signal.values[first:last], signal.tick_s)
        return out


@dataclass(frozen=True)
class Envelope(SignalStep):
    """How large the swings of a signal are, sample by sample.

    Parameters
    ----------
    method : {"hilbert", "rms"}
        ``"hilbert"``: size of the analytic signal of each stretch around its mean; made for a
        signal of one band (filter first). ``"rms"``: root of the moving mean of squares around
        the mean.
    window_s : float, default 1
        Of ``"rms"``; also the shortest stretch that has an envelope, for both.

    Notes
    -----
    Within about one period of a stretch's ends the Hilbert envelope is not to be trusted. Stretches
    shorter than ``window_s`` become missing, and a note counts them.
    """

    method: EnvelopeMethod = "hilbert"
    window_s: float = 1.0

    def __post_init__(self) -> None:
        check_option("method", self.method, get_args(EnvelopeMethod))
        check_positive("window_s", self.window_s)

    def _prepare(self, signal: Signal, cuts: Sequence[float]) -> Prepared:
        from scipy.signal import hilbert

        width = max(1.0, self.window_s * signal.rate_hz)
        out = np.full(len(signal), np.nan)
        for first, last in find_stretches(signal.values, signal, cuts):
            part = signal.values[first:last]
            if part.size < max(2.0, width - 1e-9):
                continue
            swing = part - part.mean()
            if self.method == "hilbert":
                out[first:last] = np.abs(hilbert(swing))
            else:
                squares = average_stretch(swing**2, width)
                out[first:last] = np.sqrt(np.maximum(squares, 0.0))
        n, lost = _count(signal.values, out)
        words = f"Envelope ({self.method}); {n} samples, {lost} lost at short stretches."
        return Prepared(with_values(signal, out), (make_note("signal_derived", signal, words, n),))


def find_speed(
    axes: Sequence[Signal],
    name: str = "speed",
    *,
    window_s: float = 0.0,
    cuts: Sequence[float] = (),
) -> Prepared:
    """The speed of a landmark from one to three coordinates, in their unit per second.

    Parameters
    ----------
    axes : sequence of 1 to 3 Signal
        Coordinates of one landmark of one partner, on one grid.
    name : str, default "speed"
        Name of the new signal.
    window_s : float, default 0
        See `Derivative`.
    cuts : sequence of float

    Returns
    -------
    Prepared
        sqrt(dx^2 + dy^2 + dz^2) per second; missing where a coordinate is. Of one coordinate the
        absolute change (its sign is in `Derivative`).

    Raises
    ------
    SettingError
        For other numbers of axes, two partners, or different grids.

    Examples
    --------
    >>> x, y = Signal("infant", "nose_x", [0, 3, 6], 1), Signal("infant", "nose_y", [0, 4, 8], 1)
    >>> find_speed((x, y), "nose_speed").signal.values.tolist()
    [5.0, 5.0, 5.0]
    """
    if not 1 <= len(axes) <= 3:
        raise SettingError("axes", len(axes), "one to three coordinates")
    if len({axis.partner for axis in axes}) > 1:
        raise SettingError("axes", [axis.partner for axis in axes], "coordinates of one partner")
    told = tell_grid(axes)
    if told or len({len(axis) for axis in axes}) > 1 or len({a.start_s for a in axes}) > 1:
        raise SettingError(
            "axes",
            told or "different lengths or starts",
            "one grid; resample the coordinates first",
        )
    clean = [drop_infinite(axis) for axis in axes]
    # A landmark is seen only where all of its coordinates are.
    seen = np.isfinite(np.column_stack([item.signal.values for item in clean])).all(axis=1)
    derive = Derivative(window_s)
    squares = np.zeros(len(axes[0]))
    for item in clean:
        jointly = with_values(item.signal, np.where(seen, item.signal.values, np.nan))
        squares += derive.slopes(jointly, cuts) ** 2
    first = axes[0]
    speed = Signal(first.partner, name, np.sqrt(squares), first.rate_hz, first.start_s)
    n = int(np.isfinite(speed.values).sum())
    from_axes = ", ".join(axis.name for axis in axes)
    words = f"Speed from {len(axes)} {plural('coordinate', len(axes))} ({from_axes}); {n} samples."
    notes = (*(note for item in clean for note in item.notes),)
    return Prepared(speed, (*notes, make_note("signal_derived", speed, words, n)))


def add_speed(
    session: Session, names: Sequence[str], name: str = "speed", *, window_s: float = 0.0
) -> Session:
    """A copy of the session with the speed of a landmark for every partner who has it.

    Parameters
    ----------
    session : Session
    names : sequence of 1 to 3 str
        Names of the coordinates, e.g. ``("nose_x", "nose_y")``.
    name : str, default "speed"
        Of the new signals.
    window_s : float, default 0
        See `Derivative`.
    """
    for partner in session.partners:
        if any(session.has(axis, partner) for axis in names):
            axes = [session.stream(axis, partner, Signal) for axis in names]
            made = find_speed(axes, name, window_s=window_s, cuts=session.cuts)
            session = session.with_streams(made.signal).with_notes(*made.notes)
    return session


def _count(before: FloatArray, after: FloatArray) -> tuple[int, int]:
    n = int(np.isfinite(after).sum())
    return n, int(np.isfinite(before).sum()) - n
