"""Lines of a chart: centre and sigma of one case, and events from the signals on a chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_not_negative, check_option
from reattune.core.errors import SettingError
from reattune.courses.criteria import MIN_OWN, Criterion, check_least, ratio
from reattune.courses.events import CourseEvent
from reattune.courses.ratings import TOLERANCE, Ratings, observed
from reattune.courses.spread import SampleConstants

# Mean range of two independent normal values is 1.128 SDs.
D2 = 1.128
Centre = Literal["mean", "median", "first"]


@dataclass(frozen=True)
class LineChart(Criterion):
    """A criterion that compares a case with lines of its own: base of the three charts.

    Parameters
    ----------
    centre : {"mean", "median", "first"}
        The centre line: of all ratings of the case, or the mean of its first ones.
    first_ratings : int, default 3
        How many, for ``centre="first"``.
    detrend : bool, default False
        Lines around the case's own straight trend. Without it a rising, healthy course signals.
    repair_sigma : float, default 0
        Repaired at the first later rating at or above the centre minus so many sigma at which the
        chart does not signal.
    min_drop : float, default 0
        A signal must lie so many points of the scale below the centre.
    strict : bool, default False
        Moving ranges between adjacent meetings only.
    min_ratings : int or None
        Fewest ratings of a case; 6 by default.
    """

    centre: Centre = "mean"
    first_ratings: int = 3
    detrend: bool = False
    repair_sigma: float = 0.0
    min_drop: float = 0.0
    strict: bool = False
    min_ratings: int | None = None

    def __post_init__(self) -> None:
        check_option("centre", self.centre, ("mean", "median", "first"))
        if isinstance(self.first_ratings, bool) or not isinstance(self.first_ratings, int):
            raise SettingError("first_ratings", self.first_ratings, "a whole number of ratings")
        if self.first_ratings < 1:
            raise SettingError("first_ratings", self.first_ratings, "at least 1")
        if self.detrend and self.centre != "mean":
            raise SettingError("centre", self.centre, '"mean" when the trend is taken out')
        check_not_negative("repair_sigma", self.repair_sigma)
        check_not_negative("min_drop", self.min_drop)
        check_least(self.min_ratings)

    @property
    def least(self) -> int:
        """Fewest ratings a case must have."""
        return MIN_OWN if self.min_ratings is None else self.min_ratings

    def lines(self, ratings: Ratings) -> tuple[list[int], list[float], list[float]]:
        """Meetings rated, and centre and sigma of the chart at each (nan where it has none)."""
        values, meetings = observed(ratings)
        if len(values) < self.least:
            return meetings, [nan] * len(values), [nan] * len(values)
        return meetings, *self._lines(values, meetings)

    def _lines(
        self, values: Sequence[float], meetings: Sequence[int]
    ) -> tuple[list[float], list[float]]:
        centres = (
            fit_line(values, meetings)
            if self.detrend
            else [find_centre(values, self.centre, self.first_ratings)] * len(values)
        )
        rest = [value - centre for value, centre in zip(values, centres, strict=True)]
        sigma = find_sigma(rest, meetings, strict=self.strict)
        return centres, [sigma] * len(values)

    def _mark_signals(
        self,
        values: Sequence[float],
        centres: Sequence[float],
        sigmas: Sequence[float],
    ) -> list[bool]:
        """Whether the chart signals at each rating, before ``min_drop``."""
        raise NotImplementedError

    def signal_meetings(self, ratings: Ratings) -> tuple[int, ...]:
        """Meetings at which the chart signals; none where the criterion does not apply."""
        values, meetings = observed(ratings)
        if len(values) < self.least:
            return ()
        on = self._signals(values, *self._lines(values, meetings))
        return tuple(meeting for meeting, hit in zip(meetings, on, strict=True) if hit)

    def _signals(
        self, values: Sequence[float], centres: Sequence[float], sigmas: Sequence[float]
    ) -> list[bool]:
        on = self._mark_signals(values, centres, sigmas)
        if not self.min_drop:
            return on
        least = self.min_drop - TOLERANCE
        return [hit and c - v >= least for hit, v, c in zip(on, values, centres, strict=True)]

    def _onset(
        self, values: Sequence[float], centres: Sequence[float], sigmas: Sequence[float]
    ) -> Callable[[int], int]:
        """From the index of a signal to that of its event's onset: the signal itself."""
        return lambda at: at

    # Whether the lines at a signal hold until its repair (they were drawn from earlier ratings).
    def _frozen(self) -> bool:
        return False

    def find(
        self, values: Sequence[float], meetings: Sequence[int], sample: SampleConstants
    ) -> list[CourseEvent]:
        """Events in the observed ``values`` at ``meetings``."""
        n = len(values)
        events: list[CourseEvent] = []
        if n < self.least:
            return events
        centres, sigmas = self._lines(values, meetings)
        on = self._signals(values, centres, sigmas)
        if True not in on:
            return events
        onset_of = self._onset(values, centres, sigmas)
        frozen = self._frozen()
        free = 0
        while True:
            try:
                at = on.index(True, free)
            except ValueError:
                return events
            first = max(onset_of(at), free)
            s = at + 1
            while s < n:
                line = at if frozen else s
                if (
                    values[s] >= centres[line] - self.repair_sigma * sigmas[line] - TOLERANCE
                    and not on[s]
                ):
                    break
                s += 1
            levels = [centres[at]] * n if frozen else centres
            nadir = min(range(first, s), key=lambda i: values[i] - levels[i])
            drop = levels[nadir] - values[nadir]
            seen = s < n
            events.append(
                CourseEvent(
                    self,
                    meetings[first - 1] if first else None,
                    meetings[first],
                    meetings[nadir],
                    meetings[nadir],
                    levels[nadir],
                    drop,
                    ratio(drop, sigmas[at]),
                    ratio(drop, sample.width),
                    nan if self.detrend else centres[at] - self.repair_sigma * sigmas[at],
                    meetings[s] if seen else None,
                    meetings[s] - meetings[first] if seen else None,
                    "repaired" if seen else "censored",
                    "" if seen else "end",
                    entered=first > 0,
                )
            )
            # The next event begins after the repair: its own rating is at the centre.
            free = s + 1
            if free >= n:
                return events

    def _line_words(self) -> str:
        centre = {
            "mean": "its own mean",
            "median": "its own median",
            "first": f"the mean of its first {self.first_ratings} ratings",
        }[self.centre]
        if self.detrend:
            centre = "its own straight trend"
        least = f" and at least {self.min_drop:g} points" if self.min_drop else ""
        back = f" minus {self.repair_sigma:g} sigma" if self.repair_sigma else ""
        return f"below {centre}{least}, repaired at the next rating at or above it{back}"


def find_centre(values: Sequence[float], centre: Centre, first_ratings: int = 3) -> float:
    """Mean, median or mean of the first ratings."""
    if centre == "median":
        return float(np.median(values))
    chosen = values[:first_ratings] if centre == "first" else values
    return sum(chosen) / len(chosen)


def find_sigma(values: Sequence[float], meetings: Sequence[int], *, strict: bool = False) -> float:
    """Mean absolute difference of successive ratings over 1.128; nan below two ratings."""
    ranges = [
        abs(values[i] - values[i - 1])
        for i in range(1, len(values))
        if not strict or meetings[i] - meetings[i - 1] == 1
    ]
    return sum(ranges) / len(ranges) / D2 if ranges else nan


def fit_line(values: Sequence[float], meetings: Sequence[int]) -> list[float]:
    """The least-squares line over meeting numbers, at each meeting."""
    x: NDArray[np.float64] = np.asarray(meetings, dtype=np.float64)
    y: NDArray[np.float64] = np.asarray(values, dtype=np.float64)
    x = x - x.mean()
    square = float(x @ x)
    slope = float(x @ y) / square if square > 0 else 0.0
    fitted: list[float] = (y.mean() + slope * x).tolist()
    return fitted
