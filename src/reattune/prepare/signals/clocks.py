"""Clocks of two recorders: moving one onto the other, and finding how far they are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from reattune.core.checks import check_positive
from reattune.core.errors import SettingError
from reattune.core.streams import Signal
from reattune.prepare.signals.resample import Resample
from reattune.prepare.signals.steps import FloatArray, Prepared, SignalStep, make_note, varies

_LEAST = 8


@dataclass(frozen=True)
class Clock(SignalStep):
    """A signal moved from its recorder's clock to that of the session.

    Parameters
    ----------
    offset_s : float, default 0
        What is added to the recorder's time 0.
    drift_ppm : float, default 0
        How much longer the session's second lasts on it: session time = offset_s + recorder time x
        (1 + drift_ppm / 1e6). 100 ppm are 0.36 s in an hour.

    Notes
    -----
    No sample changes; rate and start do. Where clocks drift the rates differ slightly afterwards:
    `Resample` puts both onto one grid.

    Examples
    --------
    >>> moved = Clock(offset_s=2.5)(Signal("infant", "heart", [60, 61], 1)).signal
    >>> moved.start_s
    2.5
    """

    offset_s: float = 0.0
    drift_ppm: float = 0.0

    def __post_init__(self) -> None:
        for name in ("offset_s", "drift_ppm"):
            if not isfinite(getattr(self, name)):
                raise SettingError(name, getattr(self, name), "a finite number")
        if abs(self.drift_ppm) >= 1e5:
            raise SettingError("drift_ppm", self.drift_ppm, "below 100,000: a tenth of the time")

    @classmethod
    def from_marks(cls, early: tuple[float, float], late: tuple[float, float]) -> Clock:
        """The clock that two marks tell (two claps), each ``(recorder, session)`` in seconds."""
        own, other = late[0] - early[0], late[1] - early[1]
        if not (isfinite(own) and isfinite(other) and own > 0 and other > 0):
            raise SettingError("late", late, f"finite seconds after the early mark {early}")
        stretch = other / own
        return cls(early[1] - early[0] * stretch, (stretch - 1) * 1e6)

    def _prepare(self, signal: Signal, cuts: Sequence[float]) -> Prepared:
        stretch = 1 + self.drift_ppm / 1e6
        moved = Signal(
            signal.partner,
            signal.name,
            signal.values,
            signal.rate_hz / stretch,
            self.offset_s + signal.start_s * stretch,
        )
        words = f"Clock moved by {self.offset_s:g} s, drift {self.drift_ppm:g} ppm."
        return Prepared(moved, (make_note("signal_clock", signal, words, len(signal)),))


@dataclass(frozen=True)
class Offset:
    """How far two recordings of the same thing are apart.

    Attributes
    ----------
    offset_s : float
        To add to the other clock (`Clock`); nan where it cannot be told.
    correlation : float
        At that offset.
    runner_up : float
        Highest correlation elsewhere, at least ``apart_s`` away; close to ``correlation``: do not
        trust the offset.
    n : int
        Samples the correlation rests on.
    at_edge : bool
        The best offset is the largest looked at: the true one may lie beyond.
    """

    offset_s: float
    correlation: float
    runner_up: float
    n: int
    at_edge: bool


def find_offset(
    reference: Signal,
    other: Signal,
    *,
    max_offset_s: float,
    rate_hz: float | None = None,
    apart_s: float = 1.0,
) -> Offset:
    """The offset at which two recordings of the *same* quantity agree best.

    For two recorders of one thing: the sound of both cameras, one person's movement in two videos.
    Never for the two partners: that would remove the lag between them, which is what one wants to
    measure.

    Parameters
    ----------
    reference, other : Signal
    max_offset_s : float
        Offsets up to so many seconds either way.
    rate_hz : float, optional
        Grid on which they are compared; the lower of both rates by default.
    apart_s : float, default 1
        See `Offset.runner_up`.

    Returns
    -------
    Offset
        Highest positive Pearson correlation over jointly observed samples (at least 8 and at least
        half as many as the best-covered offset has), refined by a parabola through its neighbours.

    Examples
    --------
    >>> import numpy as np
    >>> clap = np.zeros(200)
    >>> clap[[40, 90, 95]] = [1, 3, 2]
    >>> one, two = Signal("a", "sound", clap, 10), Signal("a", "sound", clap, 10, start_s=1.2)
    >>> round(find_offset(one, two, max_offset_s=3).offset_s, 6)
    -1.2
    """
    check_positive("max_offset_s", max_offset_s)
    rate = min(reference.rate_hz, other.rate_hz) if rate_hz is None else rate_hz
    grid = Resample(rate)
    one, two = grid(reference).signal, grid(other).signal
    start = round((one.start_s - two.start_s) * rate)
    most = int(np.floor(max_offset_s * rate + 1e-9))
    rows = [_correlate(one.values, two.values, start - move) for move in range(-most, most + 1)]
    r, n = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    r[n < max(_LEAST, n.max(initial=0) / 2)] = np.nan
    if not np.isfinite(r).any():
        return Offset(float("nan"), float("nan"), float("nan"), 0, False)
    at = int(np.nanargmax(r))
    far = np.abs(np.arange(r.size) - at) >= max(1.0, apart_s * rate)
    others = r[far & np.isfinite(r)]
    refined = float(at)
    if 0 < at < r.size - 1 and np.isfinite(r[at - 1 : at + 2]).all():
        left, mid, right = r[at - 1], r[at], r[at + 1]
        bend = left - 2 * mid + right
        if bend < 0 and mid < 1 - 1e-12:
            refined += float(0.5 * (left - right) / bend)
    return Offset(
        (refined - most) / rate,
        float(r[at]),
        float(others.max()) if others.size else float("nan"),
        int(n[at]),
        at in (0, r.size - 1),
    )


def _correlate(one: FloatArray, two: FloatArray, shift: int) -> tuple[float, int]:
    """Pearson correlation of one[i] with two[i + shift] over what both have, and its n."""
    low, high = max(0, -shift), min(one.size, two.size - shift)
    if high - low < 2:
        return float("nan"), 0
    a, b = one[low:high], two[low + shift : high + shift]
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    if a.size < 2 or not (varies(a) and varies(b)):
        return float("nan"), int(a.size)
    return float(np.corrcoef(a, b)[0, 1]), int(a.size)
