"""Drop: a fall from one rating to the next, and its return within a window (the V criterion)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reattune.core.checks import check_not_negative, check_option, check_positive
from reattune.courses.criteria import (
    MIN_OWN,
    Criterion,
    check_least,
    check_share,
    check_window,
    ratio,
)
from reattune.courses.events import CourseEvent, Status
from reattune.courses.ratings import TOLERANCE
from reattune.courses.spread import SampleConstants, Spread, check_spread, find_spread, spread_words

Repair = Literal["fraction", "return"]
Count = Literal["meetings", "ratings"]


@dataclass(frozen=True)
class Drop(Criterion):
    """A rupture is a drop of at least ``k`` SDs from one rating to the next.

    Parameters
    ----------
    k : float, default 1
        Size of the drop in SDs.
    sd : str, default "mean"
        Which SD: ``"own"``, ``"mean"`` (of the cases' own), ``"pooled"``, ``"between"``,
        ``"max_own_pooled"``, ``"max_own_between"`` or ``"fixed"``.
    fixed_sd : float, optional
        The SD for ``sd="fixed"``.
    min_drop : float, default 0
        Smallest drop in points of the scale, whatever the SD.
    repair : {"fraction", "return"}
        Repaired when the share ``rho`` of the drop is regained, or when the rating is back within
        ``tau`` SDs of the one before the drop.
    rho, tau : float, default .75 and .25
    window : int or None, default 3
        Meetings after the drop within which the repair must come; None = no limit.
    count : {"meetings", "ratings"}
        What window and latency count: meetings, or ratings given.
    strict : bool, default False
        Only drops between adjacent meetings count; otherwise "before" is the last rating given.
    min_ratings : int or None
        Fewest ratings of a case; by default 6 for ``sd="own"``, else 2.
    preset : str
        Name of the published criterion this approximates.

    Notes
    -----
    Scan t = 2..n; a drop x[t-1] - x[t] >= k SD opens an event at t. Repaired at the first s in
    t+1..t+W with x[s] >= x[t] + rho (x[t-1] - x[t]); the scan goes on after s. Otherwise censored
    when the ratings end before t + W or nobody rated in the window, else unrepaired; the scan goes
    on after t. Family of Stiles et al. (2004) and Strauss et al. (2006), whose exact criteria are
    not known here. Alone it proves nothing: of pure-noise cases with 16 ratings 92 % have a
    repaired 1-SD drop.

    Examples
    --------
    >>> (event,) = Drop(sd="fixed", fixed_sd=1)([5.5, 5.6, 4.2, 5.5, 5.7])
    >>> event.onset, round(event.drop, 2), event.status, event.latency
    (3, 1.4, 'repaired', 1)
    """

    k: float = 1.0
    sd: Spread = "mean"
    fixed_sd: float | None = None
    min_drop: float = 0.0
    repair: Repair = "fraction"
    rho: float = 0.75
    tau: float = 0.25
    window: int | None = 3
    count: Count = "meetings"
    strict: bool = False
    min_ratings: int | None = None
    preset: str = ""

    def __post_init__(self) -> None:
        check_positive("k", self.k)
        check_spread("Drop", self.sd, self.fixed_sd)
        check_not_negative("min_drop", self.min_drop)
        check_option("repair", self.repair, ("fraction", "return"))
        check_share("rho", self.rho)
        check_not_negative("tau", self.tau)
        check_window(self.window)
        check_option("count", self.count, ("meetings", "ratings"))
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
        if len(values) < self.least:
            return []
        sd = find_spread(values, self.sd, self.fixed_sd, sample)
        slack = None if self.repair == "fraction" else self.tau * sd
        return scan_steps(
            self,
            values,
            meetings,
            theta=max(self.k * sd, self.min_drop),
            sd=sd,
            width=sample.width,
            rho=self.rho,
            slack=slack,
            window=self.window,
            by_meeting=self.count == "meetings",
            strict=self.strict,
        )

    def describe(self) -> str:
        """The criterion in words."""
        least = f" and {self.min_drop:g} points" if self.min_drop else ""
        return (
            f"a drop of at least {self.k:g} x {spread_words(self.sd, self.fixed_sd)}{least} from "
            f"one rating to the next, repaired when {repair_words(self.repair, self.rho, self.tau)}"
            f"{window_words(self.window, self.count)}{self._mark()}"
        )


def scan_steps(
    criterion: Criterion,
    values: Sequence[float],
    meetings: Sequence[int],
    *,
    theta: float,
    sd: float,
    width: float,
    rho: float,
    slack: float | None,
    window: int | None,
    by_meeting: bool,
    strict: bool,
) -> list[CourseEvent]:
    """Single-step drops of at least ``theta`` and what became of them.

    Parameters
    ----------
    theta, sd, width : float
        Smallest drop, SD that drops are told in, width of the scale (nan = not known).
    rho, slack : float, float or None
        Repaired at the share ``rho`` of the drop or, with ``slack``, at the old level minus that.
    """
    events: list[CourseEvent] = []
    n = len(values)
    floor = max(theta - TOLERANCE, TOLERANCE)
    t = 1
    while t < n:
        before, low = values[t - 1], values[t]
        drop = before - low
        if drop < floor or (strict and meetings[t] - meetings[t - 1] != 1):
            t += 1
            continue
        target = low + rho * drop if slack is None else before - slack
        found, status, reason = _follow(values, meetings, t, target, window, by_meeting)
        events.append(
            CourseEvent(
                criterion,
                meetings[t - 1],
                meetings[t],
                meetings[t],
                meetings[t],
                before,
                drop,
                ratio(drop, sd),
                ratio(drop, width),
                target,
                None if found is None else meetings[found],
                None
                if found is None
                else (meetings[found] - meetings[t] if by_meeting else found - t),
                status,
                reason,
            )
        )
        t = t + 1 if found is None else found + 1
    return events


def _follow(
    values: Sequence[float],
    meetings: Sequence[int],
    t: int,
    target: float,
    window: int | None,
    by_meeting: bool,
) -> tuple[int | None, Status, str]:
    """Index of the repair, status and reason of a drop at ``t``."""
    n = len(values)
    least = target - TOLERANCE
    if window is None:
        for s in range(t + 1, n):
            if values[s] >= least:
                return s, "repaired", ""
        return None, "censored", "end"
    places: Sequence[int] = meetings if by_meeting else range(n)
    limit = places[t] + window
    s = t + 1
    while s < n and places[s] <= limit:
        if values[s] >= least:
            return s, "repaired", ""
        s += 1
    if limit > places[n - 1]:
        return None, "censored", "end"
    if s == t + 1:
        return None, "censored", "missing"
    return None, "unrepaired", "window"


def repair_words(repair: Repair, rho: float, tau: float) -> str:
    """What counts as repair, in words."""
    if repair == "fraction":
        return f"{rho:.0%} of it is regained"
    return f"the rating is back within {tau:g} SD of the one before"


def window_words(window: int | None, count: Count) -> str:
    """The window, in words."""
    return "" if window is None else f" within {window} {count}"
