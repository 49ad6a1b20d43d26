"""CourseEvent: one drop in a course of ratings and what became of it; and the table of them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reattune.core.checks import check_option
from reattune.core.errors import DataWarning

if TYPE_CHECKING:
    import pandas as pd

    from reattune.courses.criteria import Criterion

Status = Literal["repaired", "unrepaired", "censored"]
CaseClass = Literal["none", "repaired", "unrepaired", "censored"]
EVENT_COLUMNS = (
    "case",
    "criterion",
    "parameters",
    "event",
    "pre_meeting",
    "onset_meeting",
    "first_nadir_meeting",
    "nadir_meeting",
    "level",
    "drop",
    "drop_sd",
    "drop_prop",
    "repair_meeting",
    "latency_meetings",
    "status",
    "reason",
    "fall_meetings",
    "plateau_meetings",
    "rise_meetings",
    "pattern",
    "entered",
)


@dataclass(frozen=True, slots=True)
class CourseEvent:
    """One rupture found in a course of ratings, by one criterion.

    All meetings are meeting numbers; a meeting nobody rated is never one of them.

    Attributes
    ----------
    criterion : Criterion
        What found it, with every parameter.
    pre : int or None
        Last rated meeting before the drop; None where the first rating is already low.
    onset : int
        First lower meeting (charts: the first signal).
    first_nadir, nadir : int
        Lowest meeting of the first fall, and of the whole event. Equal unless the ratings went
        lower later.
    level : float
        What the drop is measured from: the rating at ``pre``; for charts the centre at the nadir;
        for change points the mean of the segment before.
    drop : float
        ``level`` minus the rating at the nadir (change points: minus the mean of the lowest
        segment), in points of the scale.
    drop_sd : float
        ``drop`` over the standard deviation the criterion uses (charts: sigma); nan where that is
        0 or the criterion uses none.
    drop_prop : float
        ``drop`` over the width of the scale, 0 to 1; nan where the scale's ends are not known.
    target : float
        The rating that counts as repair; nan where it moves with a trend.
    repair : int or None
        Meeting of the repair.
    latency : int or None
        Meetings from the first nadir to the repair (charts and change points: from the onset).
    status : {"repaired", "unrepaired", "censored"}
    reason : str
        Why it is not repaired: ``"window"`` (it passed without a repair), ``"end"`` (the ratings
        end before it was decided), ``"missing"`` (nobody rated inside the window).
    fall, plateau, rise : int or None
        Meetings from ``pre`` to the first nadir, from there to the last nadir (open events: to the
        last rating), and from there to the repair. None under single-step criteria.
    pattern : str
        Shape, for the decline criterion: ``"V"``, ``"U"``, ``"slow-fall/sudden-rise"``,
        ``"sudden-fall/slow-rise"``, ``"slow-fall/slow-rise"``, ``"open"``. Its steps are ratings.
    entered : bool
        Whether its beginning was seen. False for a signal at the first rating.
    """

    criterion: Criterion
    pre: int | None
    onset: int
    first_nadir: int
    nadir: int
    level: float
    drop: float
    drop_sd: float
    drop_prop: float
    target: float
    repair: int | None
    latency: int | None
    status: Status
    reason: str = ""
    fall: int | None = None
    plateau: int | None = None
    rise: int | None = None
    pattern: str = ""
    entered: bool = True

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe copy, keyed as the columns of `events_frame` (without case and number)."""
        return {
            "criterion": type(self.criterion).__name__,
            "parameters": self.criterion.label(),
            "pre_meeting": self.pre,
            "onset_meeting": self.onset,
            "first_nadir_meeting": self.first_nadir,
            "nadir_meeting": self.nadir,
            "level": _number(self.level),
            "drop": _number(self.drop),
            "drop_sd": _number(self.drop_sd),
            "drop_prop": _number(self.drop_prop),
            "repair_meeting": self.repair,
            "latency_meetings": self.latency,
            "status": self.status,
            "reason": self.reason,
            "fall_meetings": self.fall,
            "plateau_meetings": self.plateau,
            "rise_meetings": self.rise,
            "pattern": self.pattern,
            "entered": self.entered,
        }


def _number(value: float) -> float | None:
    return value if value == value else None


def events_frame(
    events: Iterable[CourseEvent] | Mapping[str, Iterable[CourseEvent]],
) -> pd.DataFrame:
    """One row per event, columns ``EVENT_COLUMNS``; numbers that are undefined are missing.

    Parameters
    ----------
    events : iterable of CourseEvent, or mapping of case to them
        Events are numbered from 1 within case and criterion.
    """
    import pandas as pd

    cases = events if isinstance(events, Mapping) else {"": events}
    rows: list[dict[str, object]] = []
    for case, found in cases.items():
        counts: dict[str, int] = {}
        for event in found:
            told = event.to_dict()
            key = str(told["parameters"])
            counts[key] = counts.get(key, 0) + 1
            rows.append({"case": case, "event": counts[key], **told})
    frame = pd.DataFrame(rows, columns=list(EVENT_COLUMNS))
    for name in EVENT_COLUMNS:
        if name.endswith(("_meeting", "_meetings")) or name == "event":
            frame[name] = frame[name].astype("Int64")
        elif name in ("level", "drop", "drop_sd", "drop_prop"):
            frame[name] = frame[name].astype("float64")
    return frame


def classify_events(
    events: Iterable[CourseEvent], *, censored_as: CaseClass = "censored"
) -> CaseClass:
    """The class of a case: none, repaired (all), unrepaired (at least one), or censored.

    Parameters
    ----------
    events : iterable of CourseEvent
        Of one case under one criterion. Events that were not seen to begin do not count.
    censored_as : {"censored", "none", "repaired", "unrepaired"}
        Three-class studies have no class for cases whose only undecided events were cut off by the
        end of the ratings. Any other choice than ``"censored"`` claims something nobody saw.

    Warns
    -----
    DataWarning
        When a case is counted as something else than censored.
    """
    check_option("censored_as", censored_as, ("censored", "none", "repaired", "unrepaired"))
    statuses = {event.status for event in events if event.entered}
    if not statuses:
        return "none"
    if "unrepaired" in statuses:
        return "unrepaired"
    if "censored" not in statuses:
        return "repaired"
    if censored_as != "censored":
        warnings.warn(
            f"A case whose ratings end before a drop was decided is counted as {censored_as!r}: "
            "that was not seen.",
            DataWarning,
            stacklevel=2,
        )
    return censored_as
