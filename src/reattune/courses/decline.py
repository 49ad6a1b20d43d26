"""Decline: a fall over one or several meetings, and its return (the multi-session criterion)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reattune.core.checks import check_not_negative, check_option, check_positive
from reattune.core.errors import SettingError
from reattune.courses.criteria import (
    MIN_OWN,
    Criterion,
    check_least,
    check_share,
    check_window,
    ratio,
)
from reattune.courses.drop import Count, Repair, repair_words, window_words
from reattune.courses.events import CourseEvent, Status
from reattune.courses.ratings import TOLERANCE
from reattune.courses.spread import SampleConstants, Spread, check_spread, find_spread, spread_words


@dataclass(frozen=True)
class Decline(Criterion):
    """A rupture is a fall over one or more ratings that adds up to at least ``k`` SDs.

    Parameters
    ----------
    k : float, default 1
        Size of the whole fall in SDs. Run it with 1 and 2 and report both.
    sd : str, default "max_own_pooled"
        Which SD; see `Drop`. The larger of own and pooled SD keeps small wobbles of a very steady
        case, and ordinary swings of a restless one, from counting.
    fixed_sd, min_drop : float
        As in `Drop`.
    repair : {"fraction", "return"}
    rho, tau : float, default .75 and .25
        Share of the fall to be regained, or distance in SDs from the rating before it.
    window : int or None, default None
        Meetings after the first nadir within which the repair must come. Without one, an event
        that is never repaired is open: censored by the end of the ratings.
    gap : int, default 0
        Up to so many ratings in a row above the last low, but below the start of the fall, do not
        end a fall that then goes on.
    count : {"meetings", "ratings"}
        What window, latency and lengths count.
    strict : bool, default False
        A fall does not go on across a meeting without a rating.
    tie : float, default 1e-12
        Ratings at most this far apart are equal. Means of items carry noise of about 1e-16; with 0
        such noise ends a fall that is level in truth.
    min_ratings : int or None
        Fewest ratings of a case; by default 6 for ``sd="own"``, else 2.
    preset : str
        Name of the published criterion this approximates.

    Notes
    -----
    From the start a: if x[a+1] >= x[a], go on with a+1. Else extend b while x[b+1] <= x[b]. The
    nadir is the earliest minimum in a..b, D = x[a] - x[nadir]; below k SD go on from b. Repaired at
    the first s after the nadir with x[s] >= x[nadir] + rho D; a lower rating on the way becomes the
    nadir, with D and target anew. The next scan starts at the repair. An event still open at the
    end ends the scan. With a window that passed, the next scan starts at the last nadir in it.
    Family of Gumz et al. (2012, BMC Med Res Methodol 12:10); the shapes are our own.

    Examples
    --------
    >>> (event,) = Decline(sd="fixed", fixed_sd=1)([5.5, 5.1, 4.6, 4.2, 5.6])
    >>> event.pre, event.nadir, event.fall, event.repair, event.pattern
    (1, 4, 3, 5, 'slow-fall/sudden-rise')
    """

    k: float = 1.0
    sd: Spread = "max_own_pooled"
    fixed_sd: float | None = None
    min_drop: float = 0.0
    repair: Repair = "fraction"
    rho: float = 0.75
    tau: float = 0.25
    window: int | None = None
    gap: int = 0
    count: Count = "meetings"
    strict: bool = False
    tie: float = TOLERANCE
    min_ratings: int | None = None
    preset: str = ""

    def __post_init__(self) -> None:
        check_positive("k", self.k)
        check_spread("Decline", self.sd, self.fixed_sd)
        check_not_negative("min_drop", self.min_drop)
        check_option("repair", self.repair, ("fraction", "return"))
        check_share("rho", self.rho)
        check_not_negative("tau", self.tau)
        check_window(self.window)
        if isinstance(self.gap, bool) or not isinstance(self.gap, int) or self.gap < 0:
            raise SettingError("gap", self.gap, "a whole number of at least 0")
        check_option("count", self.count, ("meetings", "ratings"))
        check_not_negative("tie", self.tie)
        check_least(self.min_ratings)

    @property
    def least(self) -> int:
        """Fewest ratings a case must have."""
        if self.min_ratings is not None:
            return self.min_ratings
        return MIN_OWN if self.sd == "own" else 2

    def find(
        self, values: Sequence[float], meetings: Sequence[int], sample: SampleConstants
    ) -> list[CourseEvent]:
        """Events in the observed ``values`` at ``meetings``."""
        n = len(values)
        events: list[CourseEvent] = []
        if n < self.least:
            return events
        sd = find_spread(values, self.sd, self.fixed_sd, sample)
        theta = max(self.k * sd, self.min_drop) - TOLERANCE
        places: Sequence[int] = meetings if self.count == "meetings" else range(n)
        tie = self.tie
        a = 0
        while a < n - 1:
            start = values[a]
            if values[a + 1] >= start - tie or (self.strict and meetings[a + 1] - meetings[a] != 1):
                a += 1
                continue
            b = self._fall(values, meetings, a)
            if start - values[b] < theta:
                a = b
                continue
            event, a = self._follow(values, meetings, places, (a, b), sd, sample.width)
            events.append(event)
        return events

    def _fall(self, values: Sequence[float], meetings: Sequence[int], a: int) -> int:
        """Last index of the fall that starts at ``a``."""
        n, b = len(values), a + 1
        while True:
            whole = not self.strict or (b + 1 < n and meetings[b + 1] - meetings[b] == 1)
            if b + 1 < n and whole and values[b + 1] <= values[b] + self.tie:
                b += 1
                continue
            if not self.gap:
                return b
            for j in range(b + 1, min(b + self.gap + 2, n)):
                if values[j] <= values[b] + self.tie:
                    break
                if values[j] >= values[a] - self.tie:
                    return b
            else:
                return b
            if self.strict and meetings[j] - meetings[b] != j - b:
                return b
            b = j

    def _follow(
        self,
        values: Sequence[float],
        meetings: Sequence[int],
        places: Sequence[int],
        fall: tuple[int, int],
        sd: float,
        width: float,
    ) -> tuple[CourseEvent, int]:
        """The event that fell from ``fall[0]`` to ``fall[1]``, and where the scan goes on."""
        n, (a, low) = len(values), fall
        start, bottom = values[a], values[low] + self.tie
        # A fall ends at its minimum; ratings may have been there before, side by side or not.
        first = a + 1
        while values[first] > bottom:
            first += 1
        fraction = self.repair == "fraction"
        back = start - self.tau * sd
        target = values[low] + self.rho * (start - values[low]) if fraction else back
        limit = places[n - 1] if self.window is None else places[first] + self.window
        found: int | None = None
        s = low + 1
        while s < n and places[s] <= limit:
            value = values[s]
            if value < values[low] - self.tie:
                low = s
                target = value + self.rho * (start - value) if fraction else back
            elif value >= target - TOLERANCE:
                found = s
                break
            s += 1
        status: Status = "repaired"
        reason, pattern, onwards = "", "open", n
        rise: int | None = None
        latency: int | None = None
        drop = start - values[low]
        if found is None:
            # Nobody saw its end: the bottom lasts to the last rating looked at.
            plateau = places[s - 1] - places[low]
            status, reason = self._undecided(limit, places[n - 1], s - first)
            onwards = n if self.window is None else low
        else:
            plateau = places[low] - places[first]
            rise, latency = places[found] - places[low], places[found] - places[first]
            pattern = name_pattern(first - a, low - first, found - low)
            onwards = found
        event = CourseEvent(
            self,
            meetings[a],
            meetings[a + 1],
            meetings[first],
            meetings[low],
            start,
            drop,
            ratio(drop, sd),
            ratio(drop, width),
            target,
            None if found is None else meetings[found],
            latency,
            status,
            reason,
            places[first] - places[a],
            plateau,
            rise,
            pattern,
        )
        return event, onwards

    def _undecided(self, limit: int, last: int, looked: int) -> tuple[Status, str]:
        """Status and reason of an event without repair, ``looked`` - 1 ratings after its nadir."""
        if self.window is None or limit > last:
            return "censored", "end"
        return ("censored", "missing") if looked == 1 else ("unrepaired", "window")

    def describe(self) -> str:
        """The criterion in words."""
        least = f" and {self.min_drop:g} points" if self.min_drop else ""
        bridged = f", {self.gap} counter-move(s) allowed" if self.gap else ""
        return (
            f"a fall over one or more ratings of at least {self.k:g} x "
            f"{spread_words(self.sd, self.fixed_sd)}{least}{bridged}, repaired when "
            f"{repair_words(self.repair, self.rho, self.tau)}"
            f"{window_words(self.window, self.count)}{self._mark()}"
        )


def name_pattern(fall: int, plateau: int, rise: int) -> str:
    """The shape of a repaired event, from its three lengths in ratings."""
    if plateau > 0:
        return "U"
    if fall == 1:
        return "V" if rise == 1 else "sudden-fall/slow-rise"
    return "slow-fall/sudden-rise" if rise == 1 else "slow-fall/slow-rise"
