"""What every criterion for ruptures in ratings shares: its base, small checks, `find_events`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from math import nan

from reattune.core.checks import check_positive
from reattune.core.errors import SettingError
from reattune.courses.events import CourseEvent
from reattune.courses.ratings import Ratings, observed
from reattune.courses.spread import NO_SAMPLE, SampleConstants

# Below this many ratings a case's own SD or chart says little.
MIN_OWN = 6


class Criterion:
    """A frozen set of parameters that finds the ruptures in one series of ratings.

    Higher ratings are better; turn other scales round first (`reverse_ratings`). Subclasses are
    frozen dataclasses and say how to find events in observed ratings.
    """

    # Shown with every result of a preset whose paper could not be read to the last detail.
    preset: str = ""
    min_ratings: int | None = None

    def find(
        self, values: Sequence[float], meetings: Sequence[int], sample: SampleConstants
    ) -> list[CourseEvent]:
        """Events in the observed ``values`` at ``meetings``; use `find_events` instead."""
        raise NotImplementedError

    def describe(self) -> str:
        """The criterion in words; printed with every result."""
        raise NotImplementedError

    def __call__(
        self,
        ratings: Ratings,
        constants: SampleConstants | None = None,
        *,
        meetings: Sequence[int] | None = None,
    ) -> tuple[CourseEvent, ...]:
        """The events in ``ratings``: `find_events` with this criterion."""
        return find_events(ratings, self, constants, meetings=meetings)

    @property
    def approximation(self) -> bool:
        """Whether it carries the name of a paper whose exact criterion is not known here."""
        return bool(self.preset)

    @property
    def least(self) -> int:
        """Fewest ratings a case must have."""
        return 2 if self.min_ratings is None else self.min_ratings

    def why_not(self, ratings: Ratings) -> str:
        """Why the criterion does not apply to a case, in words; empty when it does."""
        count = len(observed(ratings)[0])
        return "" if count >= self.least else f"{count} ratings, at least {self.least} are needed"

    def parameters(self) -> dict[str, object]:
        """Every parameter by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, object]:
        """Type and parameters, JSON-safe."""
        plain = {k: list(v) if isinstance(v, tuple) else v for k, v in self.parameters().items()}
        return {"type": type(self).__name__, **plain}

    def label(self) -> str:
        """Type and the parameters that differ from the defaults, in one short text."""
        told = []
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if value != field.default:
                told.append(
                    f"{field.name}={value:g}" if type(value) is float else f"{field.name}={value}"
                )
        return f"{type(self).__name__}({', '.join(told)})"

    def _mark(self) -> str:
        return (
            f" ({self.preset}: an approximation, the exact criterion is not known here)"
            if (self.preset)
            else ""
        )


def find_events(
    ratings: Ratings,
    criterion: Criterion,
    constants: SampleConstants | None = None,
    *,
    meetings: Sequence[int] | None = None,
) -> tuple[CourseEvent, ...]:
    """The ruptures a criterion finds in one series of ratings, in order of onset.

    Parameters
    ----------
    ratings : array_like of float, shape (n,), or Course with one series
        One value per meeting, nan = missing; higher is better.
    criterion : Criterion
    constants : SampleConstants, optional
        Needed by criteria that use an SD of the sample.
    meetings : sequence of int, shape (n,), optional
        Meeting numbers, increasing; by default 1 to n (those of the course).

    Returns
    -------
    tuple of CourseEvent
        Empty also where the criterion does not apply (``criterion.why_not`` says so).

    Raises
    ------
    SettingError
        For infinite ratings, meetings out of order, or a missing sample constant.
    """
    values, numbers = observed(ratings, meetings)
    return tuple(criterion.find(values, numbers, constants or NO_SAMPLE))


def check_least(least: int | None) -> None:
    """Raise unless it is None or a whole number of at least 2."""
    if least is not None and (isinstance(least, bool) or not isinstance(least, int) or least < 2):
        raise SettingError("min_ratings", least, "a whole number of at least 2, or None")


def check_window(window: int | None) -> None:
    """Raise unless it is None or a whole number of at least 1."""
    if window is not None and (
        isinstance(window, bool) or not isinstance(window, int) or window < 1
    ):
        raise SettingError("window", window, "a whole number of meetings of at least 1, or None")


def check_share(parameter: str, value: float) -> None:
    """Raise unless it is above 0 and at most 1."""
    check_positive(parameter, value)
    if value > 1:
        raise SettingError(parameter, value, "a share above 0 and at most 1")


def ratio(value: float, unit: float) -> float:
    """``value / unit``; nan where the unit is 0 or not known."""
    return value / unit if unit > 0 else nan


__all__ = [
    "MIN_OWN",
    "Criterion",
    "check_least",
    "check_share",
    "check_window",
    "find_events",
    "observed",
    "ratio",
]
