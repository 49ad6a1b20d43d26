"""ReliableChange: a drop larger than the rating's own unreliability would make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from reattune.core.checks import check_not_negative, check_option, check_positive
from reattune.core.errors import SettingError
from reattune.courses.criteria import Criterion, check_least, check_share, check_window
from reattune.courses.drop import Count, Repair, repair_words, scan_steps, window_words
from reattune.courses.events import CourseEvent
from reattune.courses.ratings import TOLERANCE, Ratings, observed
from reattune.courses.spread import SampleConstants


@dataclass(frozen=True)
class ReliableChange(Criterion):
    """A rupture is a drop that a rating of this reliability would rarely show by itself.

    Parameters
    ----------
    sd : float
        SD of the scale, from your norm or your sample: never assumed.
    reliability : float
        Reliability of the rating, 0 up to but not including 1: never assumed.
    critical : float, default 1.96
        Size of the index; 1.645 and 1.28 are the usual softer ones.
    repair, rho, tau, window, count, strict, min_drop, min_ratings
        As in `reattune.courses.Drop`.

    Notes
    -----
    RC[t] = (x[t] - x[t-1]) / (SD sqrt(2) sqrt(1 - r)) <= -1.96 (after Jacobson and Truax 1991). The
    index knows nothing of trend or autocorrelation: of pure-noise cases with 16 ratings 32 % have
    one. How a reliable drop is repaired is our choice: as in `Drop`.
    """

    sd: float
    reliability: float
    critical: float = 1.96
    min_drop: float = 0.0
    repair: Repair = "fraction"
    rho: float = 0.75
    tau: float = 0.25
    window: int | None = 3
    count: Count = "meetings"
    strict: bool = False
    min_ratings: int | None = None

    def __post_init__(self) -> None:
        check_positive("sd", self.sd)
        check_not_negative("reliability", self.reliability)
        if self.reliability >= 1:
            raise SettingError("reliability", self.reliability, "a number from 0 to below 1")
        check_positive("critical", self.critical)
        check_not_negative("min_drop", self.min_drop)
        check_option("repair", self.repair, ("fraction", "return"))
        check_share("rho", self.rho)
        check_not_negative("tau", self.tau)
        check_window(self.window)
        check_option("count", self.count, ("meetings", "ratings"))
        check_least(self.min_ratings)

    @property
    def error_sd(self) -> float:
        """Standard error of a difference of two ratings: SD sqrt(2) sqrt(1 - r)."""
        return self.sd * sqrt(2) * sqrt(1 - self.reliability)

    def indices(self, ratings: Ratings) -> list[tuple[int, float]]:
        """Meeting and reliable-change index of every drop that reaches the critical value."""
        values, meetings = observed(ratings)
        unit = self.error_sd
        found = [
            (meetings[t], (values[t] - values[t - 1]) / unit)
            for t in range(1, len(values))
            if not self.strict or meetings[t] - meetings[t - 1] == 1
        ]
        return [(at, index) for at, index in found if index <= -self.critical + TOLERANCE]

    def find(
        self, values: Sequence[float], meetings: Sequence[int], sample: SampleConstants
    ) -> list[CourseEvent]:
        """Events in the observed ``values`` at ``meetings``."""
        if len(values) < self.least:
            return []
        return scan_steps(
            self,
            values,
            meetings,
            theta=max(self.critical * self.error_sd, self.min_drop),
            sd=self.sd,
            width=sample.width,
            rho=self.rho,
            slack=None if self.repair == "fraction" else self.tau * self.sd,
            window=self.window,
            by_meeting=self.count == "meetings",
            strict=self.strict,
        )

    def describe(self) -> str:
        """The criterion in words."""
        return (
            f"a drop with a reliable-change index of {-self.critical:g} or less (SD {self.sd:g}, "
            f"reliability {self.reliability:g}), repaired when "
            f"{repair_words(self.repair, self.rho, self.tau)}"
            f"{window_words(self.window, self.count)}"
        )
