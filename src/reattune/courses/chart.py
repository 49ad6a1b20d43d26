"""ControlChart: the individuals chart of one case, with its four run rules on the low side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Literal

from reattune.core.checks import check_option, check_positive
from reattune.core.errors import SettingError
from reattune.courses.lines import LineChart, find_centre, find_sigma
from reattune.courses.ratings import TOLERANCE, Ratings, observed

Rule = Literal["R1", "R2", "R3", "R4"]
ALL_RULES: tuple[Rule, ...] = ("R1", "R2", "R3", "R4")
# Signals when so many of the last so many ratings lie below so many sigma. R1 takes `limit`.
_RUNS = {"R2": (2, 3, 2.0), "R3": (4, 5, 1.0), "R4": (8, 8, 0.0)}


@dataclass(frozen=True)
class ControlChart(LineChart):
    """A rupture is a low signal on the individuals chart of the case.

    Parameters
    ----------
    rules : tuple of {"R1", "R2", "R3", "R4"}, default ("R1",)
        R1 one rating below ``limit`` sigma, R2 two of three below 2, R3 four of five below 1, R4
        eight in a row below the centre. The signalling rating itself must be below.
    limit : float, default 3
        Sigmas of R1; 1, 1.5 or 2 make the one-line cut-offs some studies use.
    phase : {"retrospective", "prospective"}
        Lines from all ratings of the case, or at each meeting from the earlier ones only. The
        first hide big shifts, because these widen their own limits.
    baseline : int, default 6
        Fewest earlier ratings before a prospective chart judges.
    centre, first_ratings, detrend, repair_sigma, min_drop, strict, min_ratings
        As in `reattune.courses.lines.LineChart`.

    Notes
    -----
    Centre and sigma = mean |x[t] - x[t-1]| / 1.128 of the case (Shewhart chart for individual
    values). Two traps: a see-saw case swells sigma until nothing signals, and a rising course
    signals at its start (such events have ``entered`` False) unless ``detrend`` is set.

    Examples
    --------
    >>> chart = ControlChart()
    >>> (event,) = chart([5.5, 5.6, 5.7, 4.2, 5.6, 5.8, 5.8, 5.7, 5.9, 5.8, 6.0, 5.9])
    >>> event.onset, event.repair
    (4, 6)
    """

    rules: tuple[Rule, ...] = ("R1",)
    limit: float = 3.0
    phase: Literal["retrospective", "prospective"] = "retrospective"
    baseline: int = 6

    def __post_init__(self) -> None:
        super().__post_init__()
        rules = (self.rules,) if isinstance(self.rules, str) else tuple(self.rules)
        object.__setattr__(self, "rules", rules)
        if not rules:
            raise SettingError("rules", rules, "at least one of " + ", ".join(ALL_RULES))
        for rule in rules:
            check_option("rules", rule, ALL_RULES)
        check_positive("limit", self.limit)
        check_option("phase", self.phase, ("retrospective", "prospective"))
        if isinstance(self.baseline, bool) or not isinstance(self.baseline, int):
            raise SettingError("baseline", self.baseline, "a whole number of ratings")
        if self.baseline < 2:
            raise SettingError("baseline", self.baseline, "at least 2")
        if self.detrend and self._frozen():
            raise SettingError("detrend", True, "False for a prospective chart")

    def _frozen(self) -> bool:
        return self.phase == "prospective"

    def _lines(
        self, values: Sequence[float], meetings: Sequence[int]
    ) -> tuple[list[float], list[float]]:
        if not self._frozen():
            return super()._lines(values, meetings)
        centres, sigmas = [nan] * len(values), [nan] * len(values)
        for t in range(self.baseline, len(values)):
            centres[t] = find_centre(values[:t], self.centre, self.first_ratings)
            sigmas[t] = find_sigma(values[:t], meetings[:t], strict=self.strict)
        return centres, sigmas

    def signals(self, ratings: Ratings) -> dict[str, tuple[int, ...]]:
        """Meetings at which each of the chart's rules signals."""
        values, meetings = observed(ratings)
        if len(values) < self.least:
            return dict.fromkeys(self.rules, ())
        centres, sigmas = self._lines(values, meetings)
        return {
            rule: tuple(
                meetings[t]
                for t in range(len(values))
                if self._signals_at(rule, t, values, centres, sigmas)
            )
            for rule in self.rules
        }

    def _mark_signals(
        self, values: Sequence[float], centres: Sequence[float], sigmas: Sequence[float]
    ) -> list[bool]:
        if self.rules == ("R1",):
            # Surrogates ask this for every rating of every draw.
            limit = self.limit
            return [
                sigma > 0 and centre - value > limit * sigma + TOLERANCE
                for value, centre, sigma in zip(values, centres, sigmas, strict=True)
            ]
        return [
            any(self._signals_at(rule, t, values, centres, sigmas) for rule in self.rules)
            for t in range(len(values))
        ]

    def _signals_at(
        self,
        rule: str,
        t: int,
        values: Sequence[float],
        centres: Sequence[float],
        sigmas: Sequence[float],
    ) -> bool:
        least, out_of, width = _RUNS.get(rule, (1, 1, self.limit))
        sigma = sigmas[t]
        # Without any spread there are no limits to cross; "two of three" needs three.
        if not sigma > 0 or t + 1 < out_of:
            return False
        slack = width * sigma + TOLERANCE
        if not centres[t] - values[t] > slack:
            return False
        frozen = self._frozen()
        low = sum(
            (centres[t] if frozen else centres[i]) - values[i] > slack
            for i in range(t - out_of + 1, t + 1)
        )
        return low >= least

    def describe(self) -> str:
        """The criterion in words."""
        words = {
            "R1": f"one rating below {self.limit:g} sigma",
            "R2": "two of three below 2 sigma",
            "R3": "four of five below 1 sigma",
            "R4": "eight in a row below the centre",
        }
        told = " or ".join(words[rule] for rule in self.rules)
        early = ", lines from earlier ratings only" if self._frozen() else ""
        return f"individuals chart: {told}, {self._line_words()}{early}"
