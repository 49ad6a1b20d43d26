"""Streams: what was observed of one partner. States, Events, Signal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_positive
from reattune.core.errors import SettingError
from reattune.core.intervals import Intervals
from reattune.core.steps import Steps, make_steps
from reattune.core.ticks import detect_tick

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def _tick(given: float | None, times: FloatArray) -> float:
    if given is None:
        return detect_tick(times)
    return check_positive("tick_s", given)


def _frozen(values: object, dtype: type) -> NDArray[np.generic]:
    array: NDArray[np.generic] = np.array(values, dtype=dtype)
    if array.ndim > 1:
        raise SettingError("values", f"an array of shape {array.shape}", "one value after another")
    array = array.reshape(-1)
    array.flags.writeable = False
    return array


@dataclass(frozen=True, eq=False)
class States:
    """Exclusive states of one partner: at any observed moment exactly one label holds.

    Time outside the labelled intervals is *unobserved*: missing is not the absence of behaviour.

    Parameters
    ----------
    partner, name : str
        Whose stream, and which ("affect").
    starts, ends : array_like of float, shape (n,)
        Seconds, half-open, sorted, not overlapping.
    labels : sequence of str, length n
        The state in each interval.
    tick_s : float, optional
        Time base of the coding (a frame, a second, an interval). Found from the times when absent.

    Examples
    --------
    >>> s = States("infant", "affect", [0, 4], [4, 9], ["neutral", "positive"])
    >>> s.categories
    ('neutral', 'positive')
    """

    partner: str
    name: str
    starts: FloatArray
    ends: FloatArray
    codes: IntArray
    categories: tuple[str, ...]
    tick_s: float

    def __init__(
        self,
        partner: str,
        name: str,
        starts: object,
        ends: object,
        labels: Sequence[str],
        tick_s: float | None = None,
    ) -> None:
        first = np.asarray(_frozen(starts, np.float64), dtype=np.float64)
        last = np.asarray(_frozen(ends, np.float64), dtype=np.float64)
        texts = [str(label) for label in labels]
        if not first.size == last.size == len(texts):
            raise SettingError(
                "labels",
                f"{len(texts)} labels for {first.size} starts and {last.size} ends",
                "equally many",
            )
        if not (np.isfinite(first).all() and np.isfinite(last).all()):
            raise SettingError("starts, ends", "nan or infinity", "finite seconds")
        if (last <= first).any():
            at = int(np.argmax(last <= first))
            raise SettingError("ends", float(last[at]), f"an end after its start {first[at]:g}")
        if (first[1:] < last[:-1] - 1e-9).any():
            at = int(np.argmax(first[1:] < last[:-1] - 1e-9)) + 1
            raise SettingError(
                "starts",
                float(first[at]),
                f"sorted states that do not overlap (the one before ends at {last[at - 1]:g})",
            )
        categories = tuple(sorted(set(texts), key=_natural))
        index = {label: i for i, label in enumerate(categories)}
        put = object.__setattr__
        put(self, "partner", partner)
        put(self, "name", name)
        put(self, "starts", first)
        put(self, "ends", last)
        put(self, "codes", _frozen([index[text] for text in texts], np.int64))
        put(self, "categories", categories)
        put(
            self,
            "tick_s",
            _tick(tick_s, np.concatenate([first, last])),
        )

    @property
    def labels(self) -> tuple[str, ...]:
        """The state in each interval, length n."""
        return tuple(self.categories[code] for code in self.codes)

    @property
    def observed(self) -> Intervals:
        """The time in which a state was coded."""
        return Intervals(self.starts, self.ends)

    def __len__(self) -> int:
        return int(self.starts.size)

    def __repr__(self) -> str:
        shares = self.shares()
        told = ", ".join(f"{label} {share:.0%}" for label, share in shares.items())
        return (
            f"States({self.partner} {self.name}: {len(self)} intervals, "
            f"{self.observed.total:g} s observed; {told})"
        )

    def shares(self) -> dict[str, float]:
        """Share of the coded time in each state; sums to 1 (empty without coded time)."""
        lengths = self.ends - self.starts
        total = float(lengths.sum())
        sums = np.bincount(self.codes, lengths, minlength=len(self.categories))
        return {c: float(s) / total for c, s in zip(self.categories, sums, strict=True)}

    def steps(self, window: tuple[float, float], codes: Mapping[str, int] | None = None) -> Steps:
        """Steps over ``window``; labels that are absent from ``codes`` are missing."""
        if codes is None:
            values = self.codes
        else:
            look_up = np.array([codes.get(c, -1) for c in self.categories] or [-1], dtype=np.int64)
            values = look_up[self.codes]
        return make_steps(self.starts, self.ends, values, window)

    def shift(self, seconds: float) -> States:
        """The same stream on a clock moved by ``seconds``."""
        return States(
            self.partner,
            self.name,
            self.starts + seconds,
            self.ends + seconds,
            self.labels,
            self.tick_s,
        )

    def clip(self, start: float, end: float) -> States:
        """The part inside ``[start, end)``."""
        first, last = np.maximum(self.starts, start), np.minimum(self.ends, end)
        keep = last > first
        labels = [label for label, kept in zip(self.labels, keep, strict=True) if kept]
        return States(self.partner, self.name, first[keep], last[keep], labels, self.tick_s)

    def to_frame(self) -> pd.DataFrame:
        """One row per interval: partner, stream, start_s, end_s, label."""
        import pandas as pd

        return pd.DataFrame(
            {
                "partner": self.partner,
                "stream": self.name,
                "start_s": self.starts,
                "end_s": self.ends,
                "label": list(self.labels),
            }
        )


@dataclass(frozen=True, eq=False)
class Events:
    """Bouts or points of one partner that may overlap: voice, gaze bouts, turns with their text.

    Inside ``observed`` the absence of an event means that the behaviour was absent.

    Parameters
    ----------
    partner, name : str
    starts, ends : array_like of float, shape (n,)
        Seconds; sorted by start; a point has end = start.
    labels : sequence of str, optional
        Code or text of each event; empty strings by default.
    observed : Intervals
        When events could have been seen.
    tick_s : float, optional
        Time base of the coding; found from the times when absent.
    """

    partner: str
    name: str
    starts: FloatArray
    ends: FloatArray
    labels: tuple[str, ...]
    observed: Intervals
    tick_s: float

    def __init__(
        self,
        partner: str,
        name: str,
        starts: object,
        ends: object,
        labels: Sequence[str] | None = None,
        *,
        observed: Intervals,
        tick_s: float | None = None,
    ) -> None:
        first = np.asarray(_frozen(starts, np.float64), dtype=np.float64)
        last = np.asarray(_frozen(ends, np.float64), dtype=np.float64)
        texts = tuple(str(t) for t in labels) if labels is not None else ("",) * first.size
        if not first.size == last.size == len(texts):
            raise SettingError(
                "labels",
                f"{len(texts)} labels for {first.size} starts and {last.size} ends",
                "equally many",
            )
        if not (np.isfinite(first).all() and np.isfinite(last).all()):
            raise SettingError("starts, ends", "nan or infinity", "finite seconds")
        if (last < first).any():
            at = int(np.argmax(last < first))
            raise SettingError("ends", float(last[at]), f"an end at or after {first[at]:g}")
        if (first[1:] < first[:-1]).any():
            raise SettingError("starts", "an earlier start after a later one", "sorted starts")
        if not isinstance(observed, Intervals):
            raise SettingError("observed", observed, "Intervals in which events could be seen")
        put = object.__setattr__
        put(self, "partner", partner)
        put(self, "name", name)
        put(self, "starts", first)
        put(self, "ends", last)
        put(self, "labels", texts)
        put(self, "observed", observed)
        times = np.concatenate([first, last, observed.starts, observed.ends])
        put(self, "tick_s", _tick(tick_s, times))

    def __len__(self) -> int:
        return int(self.starts.size)

    def __repr__(self) -> str:
        return (
            f"Events({self.partner} {self.name}: {len(self)} events, "
            f"{self.active().total:g} of {self.observed.total:g} observed s)"
        )

    def active(self) -> Intervals:
        """The observed time in which at least one event is on. Points cover no time."""
        return Intervals(self.starts, self.ends) & self.observed

    def shift(self, seconds: float) -> Events:
        """The same stream on a clock moved by ``seconds``."""
        return Events(
            self.partner,
            self.name,
            self.starts + seconds,
            self.ends + seconds,
            self.labels,
            observed=self.observed.shift(seconds),
            tick_s=self.tick_s,
        )

    def clip(self, start: float, end: float) -> Events:
        """The part inside ``[start, end)``; points at ``end`` are outside."""
        keep = ((self.ends > start) | (self.starts >= start)) & (self.starts < end)
        labels = [label for label, kept in zip(self.labels, keep, strict=True) if kept]
        return Events(
            self.partner,
            self.name,
            np.maximum(self.starts[keep], start),
            np.minimum(self.ends[keep], end),
            labels,
            observed=self.observed.clip(start, end),
            tick_s=self.tick_s,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per event: partner, stream, start_s, end_s, label."""
        import pandas as pd

        return pd.DataFrame(
            {
                "partner": self.partner,
                "stream": self.name,
                "start_s": self.starts,
                "end_s": self.ends,
                "label": list(self.labels),
            }
        )


@dataclass(frozen=True, eq=False)
class Signal:
    """Regular samples of one partner; nan where unobserved.

    Sample i holds in ``[start_s + i / rate_hz, start_s + (i + 1) / rate_hz)``.

    Parameters
    ----------
    partner, name : str
    values : array_like of float, shape (n,)
    rate_hz : float
        Samples per second.
    start_s : float, default 0
    """

    partner: str
    name: str
    values: FloatArray
    rate_hz: float
    start_s: float = 0.0

    def __init__(
        self, partner: str, name: str, values: object, rate_hz: float, start_s: float = 0.0
    ) -> None:
        if not (np.isfinite(rate_hz) and rate_hz > 0):
            raise SettingError("rate_hz", rate_hz, "a finite number of samples per second above 0")
        put = object.__setattr__
        put(self, "partner", partner)
        put(self, "name", name)
        put(self, "values", _frozen(values, np.float64))
        put(self, "rate_hz", float(rate_hz))
        put(self, "start_s", float(start_s))

    def __len__(self) -> int:
        return int(self.values.size)

    def __repr__(self) -> str:
        return (
            f"Signal({self.partner} {self.name}: {len(self)} samples at {self.rate_hz:g} Hz, "
            f"{self.observed.total:g} s observed)"
        )

    @property
    def tick_s(self) -> float:
        """Seconds between samples."""
        return 1.0 / self.rate_hz

    @property
    def observed(self) -> Intervals:
        """The time with a finite value."""
        return self._where(np.isfinite(self.values))

    def _where(self, mask: NDArray[np.bool_]) -> Intervals:
        edge = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
        first, last = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)
        return Intervals(first / self.rate_hz + self.start_s, last / self.rate_hz + self.start_s)

    def above(self, threshold: float) -> Events:
        """Bouts in which the value is at least ``threshold``."""
        with np.errstate(invalid="ignore"):
            on = self._where(self.values >= threshold)
        return Events(
            self.partner,
            self.name,
            on.starts,
            on.ends,
            observed=self.observed,
            tick_s=self.tick_s,
        )

    def shift(self, seconds: float) -> Signal:
        """The same stream on a clock moved by ``seconds``."""
        return Signal(self.partner, self.name, self.values, self.rate_hz, self.start_s + seconds)

    def clip(self, start: float, end: float) -> Signal:
        """The samples that begin inside ``[start, end)``."""
        first = max(0, int(np.ceil((start - self.start_s) * self.rate_hz - 1e-6)))
        last = max(first, int(np.ceil((end - self.start_s) * self.rate_hz - 1e-6)))
        return Signal(
            self.partner,
            self.name,
            self.values[first:last],
            self.rate_hz,
            self.start_s + first / self.rate_hz,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per sample: partner, stream, time_s, value."""
        import pandas as pd

        times = self.start_s + np.arange(self.values.size) / self.rate_hz
        return pd.DataFrame(
            {"partner": self.partner, "stream": self.name, "time_s": times, "value": self.values}
        )


Stream: TypeAlias = States | Events | Signal


def _natural(label: str) -> tuple[int, float, str]:
    """Numbers by value, then words by alphabet."""
    try:
        return (0, float(label), label)
    except ValueError:
        return (1, 0.0, label)
