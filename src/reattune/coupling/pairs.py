"""Two partners' samples side by side: checked arrays, and how a session gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reattune.core.checks import check_positive
from reattune.core.errors import SettingError
from reattune.core.session import Session
from reattune.core.steps import MISSING
from reattune.core.streams import Events, Signal, States

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

_TINY = 1e-6


@dataclass(frozen=True, eq=False)
class PairedSamples:
    """Samples of two partners on one grid, as the measures of this room take them.

    Attributes
    ----------
    first, second : float array, shape (n,)
        nan = missing. Codes of states are numbers; see ``categories``.
    rate_hz, start_s : float
        Sample i holds in ``[start_s + i / rate_hz, start_s + (i + 1) / rate_hz)``.
    partners : (str, str)
    categories : tuple of str
        State of each code; empty for signals.
    """

    first: FloatArray
    second: FloatArray
    rate_hz: float
    start_s: float
    partners: tuple[str, str]
    categories: tuple[str, ...] = ()


def pair_samples(
    session: Session,
    name: str,
    *,
    rate_hz: float | None = None,
    window: tuple[float, float] | None = None,
) -> PairedSamples:
    """Both partners' samples of one stream over the time both span.

    Parameters
    ----------
    session : Session
    name : str
        Of two signals on one grid, or of two streams of states.
    rate_hz : float, optional
        For states: samples per second, each taken at the middle of its time; by default one per
        tick of the coarser coding.
    window : (float, float), optional
        Seconds; for example ``phase.window``. The whole session by default.

    Raises
    ------
    SettingError
        When the grids differ (resample first), the kinds differ, or the session has a cut inside
        the window: lags would run across it; measure the parts apart.
    MissingStreamError
        When a partner has no such stream.

    Examples
    --------
    >>> a = States("infant", "gaze", [0, 2], [2, 4], ["toy", "face"])
    >>> b = States("caregiver", "gaze", [0, 3], [1, 4], ["face", "toy"])
    >>> session = Session("d1", ("infant", "caregiver"), (0, 4), (a, b))
    >>> pair = pair_samples(session, "gaze", rate_hz=1)
    >>> pair.categories, pair.first.tolist(), pair.second.tolist()
    (('face', 'toy'), [1.0, 1.0, 0.0, 0.0], [0.0, nan, nan, 1.0])
    """
    streams = [session.stream(name, partner) for partner in session.partners]
    low, high = session.span if window is None else window
    if not low < high:
        raise SettingError("window", window, "an end after its start")
    inside = [cut for cut in session.cuts if low < cut < high]
    if inside:
        raise SettingError(
            "window",
            (low, high),
            f"no cut inside (there is one at {inside[0]:g} s); measure the parts apart",
        )
    if all(isinstance(stream, Signal) for stream in streams):
        if rate_hz is not None:
            raise SettingError("rate_hz", rate_hz, "None for signals; resample them first")
        signals = [session.stream(name, p, Signal).clip(low, high) for p in session.partners]
        return _pair_signals(signals[0], signals[1])
    if all(isinstance(stream, States) for stream in streams):
        states = [session.stream(name, p, States) for p in session.partners]
        return _pair_states(states[0], states[1], rate_hz, (low, high))
    kinds = " and ".join(type(stream).__name__ for stream in streams)
    raise SettingError("name", name, f"two signals or two streams of states, not {kinds}")


def _pair_signals(one: Signal, two: Signal) -> PairedSamples:
    if abs(one.rate_hz / two.rate_hz - 1) > 1e-9:
        raise SettingError(
            "signals", (one.rate_hz, two.rate_hz), "one rate; use reattune.prepare.signals.Resample"
        )
    steps = (two.start_s - one.start_s) * one.rate_hz
    move = round(steps)
    if abs(steps - move) > _TINY * 1e3:
        raise SettingError(
            "signals",
            f"starts {steps:g} samples apart",
            "one grid; use reattune.prepare.signals.Resample",
        )
    first = max(0, move)
    last = max(first, min(len(one), len(two) + move))
    values = [
        np.asarray(one.values)[first:last],
        np.asarray(two.values)[first - move : last - move],
    ]
    # Infinite is not a measurement: `Signal.observed` does not count it either.
    finite = [np.where(np.isfinite(part), part, np.nan) for part in values]
    start = one.start_s + first / one.rate_hz
    return PairedSamples(finite[0], finite[1], one.rate_hz, start, (one.partner, two.partner))


def _pair_states(
    one: States, two: States, rate_hz: float | None, window: tuple[float, float]
) -> PairedSamples:
    rate = (
        1 / max(one.tick_s, two.tick_s) if rate_hz is None else check_positive("rate_hz", rate_hz)
    )
    categories = tuple(sorted({*one.categories, *two.categories}))
    number = {label: i for i, label in enumerate(categories)}
    n = ceil((window[1] - window[0]) * rate - 0.5 - _TINY)
    middles = np.asarray(window[0] + (np.arange(max(n, 0)) + 0.5) / rate, dtype=np.float64)
    columns = []
    for stream in (one, two):
        codes = stream.steps(window, number).at(middles)
        columns.append(np.where(codes == MISSING, np.nan, codes.astype(np.float64)))
    partners = (one.partner, two.partner)
    return PairedSamples(columns[0], columns[1], rate, window[0], partners, categories)


def find_onsets(stream: States | Events, label: str | None = None) -> FloatArray:
    """Onsets in seconds of the events (of one label), sorted.

    Parameters
    ----------
    stream : States or Events
    label : str, optional
        Only events of this label; all by default.
    """
    keep = [label is None or text == label for text in stream.labels]
    return np.asarray(stream.starts[np.array(keep, dtype=bool)], dtype=np.float64)


# -- arrays ------------------------------------------------------------------------------------


def check_samples(name: str, values: ArrayLike) -> FloatArray:
    """One series as a float array of shape (n,); nan = missing.

    Raises
    ------
    SettingError
        For another shape, for text, and for infinite values.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SettingError(name, type(values).__name__, "numbers, nan where missing") from error
    if array.ndim != 1:
        raise SettingError(name, f"an array of shape {array.shape}", "one value after another")
    if np.isinf(array).any():
        raise SettingError(name, "infinite values", "finite numbers, nan where missing")
    return array


def check_pair(first: ArrayLike, second: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Both series, of one length.

    Raises
    ------
    SettingError
        As `check_samples`, and when the lengths differ.
    """
    one, two = check_samples("first", first), check_samples("second", second)
    if one.size != two.size:
        raise SettingError(
            "second", f"{two.size} samples", f"{one.size}, as many as the first, on the same grid"
        )
    return one, two


def check_count(name: str, value: int, least: int = 1) -> int:
    """A whole number of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise SettingError(name, value, f"a whole number of at least {least}")
    return int(value)


def varies(values: FloatArray) -> bool:
    """Whether finite values differ by more than the rounding of their size."""
    if values.size == 0:
        return False
    return bool(np.ptp(values) > 1e-12 * np.abs(values).max())


def find_stretches(seen: Sequence[bool] | BoolArray) -> list[tuple[int, int]]:
    """Runs of True as ``(first, one past the last)``."""
    edge = np.diff(np.concatenate([[0], np.asarray(seen, dtype=np.int8), [0]]))
    return list(
        zip(np.flatnonzero(edge == 1).tolist(), np.flatnonzero(edge == -1).tolist(), strict=True)
    )
