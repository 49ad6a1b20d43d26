"""SegmentCriteria: when a segment counts as a rupture, and when a rupture counts as resolved."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from reattune.core.checks import check_not_negative, check_option, check_positive
from reattune.core.criteria import Criteria
from reattune.core.errors import SettingError

ResolvedBy = Literal["quiet", "strategy", "extent"]
RESOLVED_BY: tuple[ResolvedBy, ...] = ("quiet", "strategy", "extent")


@dataclass(frozen=True)
class SegmentCriteria:
    """Thresholds and choices; every one is printed with the result.

    Parameters
    ----------
    threshold : float, default 1
        A marker counts in a segment when its mean salience over coders exceeds this.
    quiet : int, default 1
        A rupture is over after so many coded segments in a row without one; fewer between two
        rupture segments join them.
    resolved_by : {"quiet", "strategy", "extent"}, default "quiet"
        What makes a rupture that is over a *resolved* one. "quiet": nothing more. "strategy": at
        least one resolution strategy was coded in it or in the ``after`` segments following it.
        "extent": the extent resolved, rated per segment, reached ``least_extent`` there.
    after : int, default 1
        Segments after a rupture that still belong to its resolution.
    least_extent : float, default 3
    within : int, optional
        A rupture that lasts longer than so many segments is unresolved, whatever came later. None:
        there is no such window, and a rupture still running at the end is cut off (censored).
    strategy_share : float, default 0.5
        Share of coders who must have seen a strategy for it to count.

    Notes
    -----
    That a segment is a rupture segment when the mean over coders exceeds 1 follows uses of the
    Rupture Resolution Rating System (Eubanks, Muran & Safran 2015; 2022). Runs of segments,
    ``quiet`` and ``resolved_by`` are ours: the system itself rates resolution for the meeting.
    """

    threshold: float = 1.0
    quiet: int = 1
    resolved_by: ResolvedBy = "quiet"
    after: int = 1
    least_extent: float = 3.0
    within: int | None = None
    strategy_share: float = 0.5

    def __post_init__(self) -> None:
        check_not_negative("threshold", self.threshold)
        check_option("resolved_by", self.resolved_by, RESOLVED_BY)
        check_positive("least_extent", self.least_extent)
        for name, least in (("quiet", 1), ("after", 0), ("within", 1)):
            value = getattr(self, name)
            if value is None and name == "within":
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise SettingError(name, value, f"a whole number of at least {least}")
        if not 0 < check_positive("strategy_share", self.strategy_share) <= 1:
            raise SettingError("strategy_share", self.strategy_share, "above 0, at most 1")

    def for_runs(self, length_s: float) -> Criteria:
        """The same as criteria for runs in seconds, for segments of that length."""
        gap = (self.quiet - 0.5) * length_s if self.quiet > 1 else 0.0
        window = None if self.within is None else (self.within + 0.5) * length_s
        return Criteria(merge_gap_s=gap, repair_window_s=window)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe copy."""
        return asdict(self)

    def describe(self) -> str:
        """The criteria in plain sentences."""
        over = "one coded segment" if self.quiet == 1 else f"{self.quiet} coded segments in a row"
        follow = "segment" if self.after == 1 else f"{self.after} segments"
        told = {
            "quiet": "It is resolved when it is over",
            "strategy": "It is resolved when it is over and a resolution strategy was coded in it "
            f"or in the {follow} after it",
            "extent": "It is resolved when it is over and the extent resolved, in it or in the "
            f"{follow} after it, reached {self.least_extent:g}",
        }[self.resolved_by]
        window = (
            f"; one that lasts longer than {self.within} segments is unresolved"
            if self.within is not None
            else ""
        )
        return (
            "A segment counts as a rupture segment when the mean salience of any marker over the "
            f"coders exceeds {self.threshold:g}. A rupture is a run of such segments; it is over "
            f"after {over} without one. {told}{window}. A rupture that still runs when the meeting "
            "or the coding ends is cut off, neither resolved nor unresolved"
        )
