"""Event synchronisation: do events of two partners come close together, and whose are first."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from reattune.core.checks import check_positive
from reattune.core.errors import SettingError
from reattune.core.intervals import Intervals
from reattune.coupling.pairs import FloatArray
from reattune.coupling.results import CouplingResult

_SAME_S = 1e-9


@dataclass(frozen=True)
class EventWindow:
    """How close two events must be.

    Parameters
    ----------
    max_s : float, optional
        Longest distance in seconds. Without it only the local one holds: half of the shortest of
        the four intervals around the two events.
    """

    max_s: float | None = None

    def __post_init__(self) -> None:
        if self.max_s is not None:
            check_positive("max_s", self.max_s)


@dataclass(frozen=True)
class EventSynchrony(CouplingResult):
    """How often events of both partners come together.

    Attributes
    ----------
    strength : float
        Q: 0 never, 1 every event has its partner.
    lead : float
        q: -1 ... 1; **above 0 the first partner's events come first**.
    n_second_after, n_first_after : float
        Close pairs by who comes second; an exact tie is half of each.
    n_first, n_second : int
        Events in observed time.
    used : EventWindow
    """

    measure: ClassVar[str] = "event_synchrony"
    strength: float
    lead: float
    n_second_after: float
    n_first_after: float
    n_first: int
    n_second: int
    used: EventWindow


def measure_event_synchrony(
    first_s: ArrayLike,
    second_s: ArrayLike,
    *,
    observed: Intervals | None = None,
    settings: EventWindow | None = None,
) -> EventSynchrony:
    """Event synchronisation Q and delay asymmetry q of two trains of events.

    Parameters
    ----------
    first_s, second_s : array_like of float
        Moments in seconds, in any order; nan is not allowed.
    observed : Intervals, optional
        When both partners could be seen. Events outside do not count, and stretches are taken
        apart: no event is close to one beyond a gap. All time by default.
    settings : EventWindow, optional

    Returns
    -------
    EventSynchrony
        nan where a partner has no event.

    Notes
    -----
    Quian Quiroga, Kreuz & Grassberger (2002), eq. 1 - 4: c(y|x) counts pairs with 0 < y - x close,
    1/2 for equal moments; Q = (c(y|x) + c(x|y)) / sqrt(m_x m_y), q = (c(y|x) - c(x|y)) /
    sqrt(m_x m_y). Close is *below* half of the shortest neighbouring interval. The paper has "at
    most": on a time grid, where events often lie exactly half an interval away, an event would then
    count twice and Q could pass 1. Two single events have no interval: only
    ``max_s`` can make them close.

    Examples
    --------
    >>> result = measure_event_synchrony([1, 5, 9], [1.2, 5.2, 12])
    >>> round(result.strength, 3), round(result.lead, 3)
    (0.667, 0.667)
    """
    used = EventWindow() if settings is None else settings
    one, two = _moments("first_s", first_s), _moments("second_s", second_s)
    spans = [(-np.inf, np.inf)] if observed is None else list(observed)
    after, before, m_one, m_two = 0.0, 0.0, 0, 0
    for start, end in spans:
        x, y = (t[(t >= start) & (t < end)] for t in (one, two))
        m_one, m_two = m_one + x.size, m_two + y.size
        if x.size and y.size:
            hits = _count_close(x, y, used.max_s)
            after, before = after + hits[0], before + hits[1]
    if not (m_one and m_two):
        return EventSynchrony(nan, nan, after, before, m_one, m_two, used)
    base = sqrt(m_one * m_two)
    return EventSynchrony(
        (after + before) / base, (after - before) / base, after, before, m_one, m_two, used
    )


def rotate_events(times_s: ArrayLike, observed: Intervals, rng: np.random.Generator) -> FloatArray:
    """The moments turned by a random amount inside each observed stretch, for a null.

    Parameters
    ----------
    times_s : array_like of float
    observed : Intervals
        Every stretch is bent into a ring; moments outside are dropped.
    rng : numpy.random.Generator
    """
    times = _moments("times_s", times_s)
    out = []
    for start, end in observed:
        inside = times[(times >= start) & (times < end)]
        turned = (inside - start + rng.uniform(0, end - start)) % (end - start)
        out.append(np.sort(turned) + start)
    return np.concatenate(out) if out else np.zeros(0)


def _moments(name: str, times: ArrayLike) -> FloatArray:
    array = np.asarray(times, dtype=np.float64).reshape(-1)
    if not np.isfinite(array).all():
        raise SettingError(name, "nan or infinity", "finite seconds")
    return np.sort(array)


def _count_close(x: FloatArray, y: FloatArray, most: float | None) -> tuple[float, float]:
    """Close pairs with y second, and with x second; ties are half of each."""
    reach = [_half_gaps(t) for t in (x, y)]
    limit = np.inf if most is None else most
    # Only the nearest events can be closer than half of the gaps around them.
    after = before = 0.0
    for at, moment in enumerate(x.tolist()):
        for k in _neighbours(y, moment):
            away = float(y[k]) - moment
            near = min(float(reach[0][at]), float(reach[1][k]))
            if abs(away) <= _SAME_S:
                after, before = after + 0.5, before + 0.5
            elif min(near, limit) == np.inf:
                continue  # Nothing says what is close.
            elif abs(away) < near - _SAME_S and abs(away) <= limit + _SAME_S:
                after, before = (after + 1, before) if away > 0 else (after, before + 1)
    return after, before


def _neighbours(y: FloatArray, moment: float) -> list[int]:
    """The last event at or before the moment, the first after, and ties."""
    low = int(np.searchsorted(y, moment - _SAME_S, side="left"))
    high = int(np.searchsorted(y, moment + _SAME_S, side="right"))
    return list(range(max(0, low - 1), min(y.size, high + 1)))


def _half_gaps(times: FloatArray) -> FloatArray:
    """Half of the shorter interval to a neighbour; infinite for an event alone."""
    gaps = np.concatenate([[np.inf], np.diff(times), [np.inf]])
    return np.asarray(np.minimum(gaps[:-1], gaps[1:]) / 2, dtype=np.float64)
