"""Which covariates say when a session was, which group a dyad is in, and what was rated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite, nan

from reattune.core.errors import SettingError, did_you_mean
from reattune.core.notes import Note

Covariates = Mapping[str, Mapping[str, object]]
# (session, dyad), in the order of the study.
Rows = Sequence[tuple[str, str]]

TIMES = (
    *("session_number", "session_no", "session_nr", "session", "meeting", "visit_number", "visit"),
    *("time", "day", "days", "week", "weeks", "month", "months", "age", "date"),
)
TIME_STARTS = ("age_", "days_", "weeks_", "months_")
GROUPS = ("group", "condition", "arm")
COMPARISONS = ("control", "controls", "comparison", "waitlist", "waiting list", "tau")


@dataclass(frozen=True)
class Times:
    """When each session was.

    Attributes
    ----------
    values : mapping of session to float
        Sessions without a time are not in it.
    name : str
        The covariate; empty where the order of a dyad's sessions stands in.
    """

    values: Mapping[str, float]
    name: str


def natural(name: str) -> tuple[tuple[int, str, int], ...]:
    """A key that sorts ``d2`` before ``d10``."""
    parts = re.split(r"(\d+)", name)
    return tuple(
        (1, "", int(part)) if part.isdecimal() else (0, part.casefold(), 0) for part in parts
    )


def as_time(value: object) -> float:
    """A number, or a date as days; nan for anything else.

    Examples
    --------
    >>> as_time("3"), as_time("2024-03-02") - as_time("2024-02-28")
    (3.0, 3.0)
    """
    if isinstance(value, datetime):
        return value.toordinal() + (value.hour * 60 + value.minute) / 1440
    if isinstance(value, date):
        return float(value.toordinal())
    number = as_number(value)
    if isfinite(number) or not isinstance(value, str):
        return number
    try:
        return as_time(datetime.fromisoformat(value.strip()))
    except ValueError:
        return nan


def as_number(value: object) -> float:
    """The value as a finite number; nan for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return nan
    try:
        number = float(value)
    except ValueError:
        return nan
    return number if isfinite(number) else nan


def check_column(parameter: str, name: str, covariates: Covariates) -> None:
    """Raise a `SettingError` unless some session has that covariate."""
    known = list(dict.fromkeys(key for row in covariates.values() for key in row))
    if name not in known:
        told = ", ".join(map(repr, known)) or "none at all"
        raise SettingError(
            f"growth.{parameter}",
            name,
            f"a column of the sessions; there is {told}." + did_you_mean(name, known),
        )


def find_times(rows: Rows, covariates: Covariates, asked: str = "") -> tuple[Times, list[Note]]:
    """When every session was: the covariate asked for, a usual one, or the order within the dyad.

    Parameters
    ----------
    rows : sequence of (session, dyad)
        In the order of the study.
    covariates : mapping of session to mapping
    asked : str
        A covariate; sessions without a number or date in it are left out, with a note.
    """
    if asked:
        check_column("time", asked, covariates)
        found = _read(rows, covariates, asked)
        lost = [session for session, _ in rows if session not in found]
        if not found:
            raise SettingError("growth.time", asked, "a column of numbers or dates")
        return Times(found, asked), _note_lost(lost, asked)
    for name in _candidates(covariates):
        found = _read(rows, covariates, name)
        if len(found) == len(rows) and _runs_on(rows, found):
            return Times(found, name), []
    order: dict[str, int] = {}
    values = {}
    for session, dyad in rows:
        order[dyad] = order.get(dyad, 0) + 1
        values[session] = float(order[dyad])
    return Times(values, ""), []


def _candidates(covariates: Covariates) -> list[str]:
    known = dict.fromkeys(key for row in covariates.values() for key in row)
    rank = {name: at for at, name in enumerate(TIMES)}
    usual = [key for key in known if key.casefold() in rank]
    usual.sort(key=lambda key: rank[key.casefold()])
    return usual + sorted(key for key in known if key.casefold().startswith(TIME_STARTS))


def _read(rows: Rows, covariates: Covariates, name: str) -> dict[str, float]:
    times = {session: as_time(covariates.get(session, {}).get(name)) for session, _ in rows}
    return {session: time for session, time in times.items() if isfinite(time)}


def _runs_on(rows: Rows, times: Mapping[str, float]) -> bool:
    """Whether the times differ within some dyad."""
    seen: dict[str, set[float]] = {}
    for session, dyad in rows:
        seen.setdefault(dyad, set()).add(times[session])
    return any(len(values) > 1 for values in seen.values())


def _note_lost(lost: Sequence[str], name: str) -> list[Note]:
    if not lost:
        return []
    return [
        Note(
            "growth_without_time",
            f"Growth leaves out {few(lost)}: no number or date under {name!r}.",
            count=len(lost),
            level="warning",
        )
    ]


def few(names: Iterable[str]) -> str:
    """The first names, and how many more."""
    known = list(names)
    more = f" and {len(known) - 6} more" if len(known) > 6 else ""
    return ", ".join(known[:6]) + more


@dataclass(frozen=True)
class Groups:
    """Which group each dyad is in.

    Attributes
    ----------
    member : mapping of dyad to str
        Dyads in no group are not in it. Empty where groups are not compared.
    names : tuple of str
        The group that is compared, then the one it is compared with.
    column : str
    """

    member: Mapping[str, str]
    names: tuple[str, ...] = ()
    column: str = ""


def find_groups(
    rows: Rows, covariates: Covariates, asked: str = "", comparison: str = ""
) -> tuple[Groups, list[Note]]:
    """The two groups of dyads; none, with a note where it was asked, unless there are two.

    Raises
    ------
    SettingError
        For a covariate or a group asked for that is not there, or a dyad in two groups.
    """
    if asked:
        check_column("group", asked, covariates)
    columns = [asked] if asked else [name for name in GROUPS if _has(covariates, name)][:1]
    for name in columns:
        member: dict[str, str] = {}
        for session, dyad in rows:
            value = covariates.get(session, {}).get(name)
            text = "" if value is None or value != value else str(value).strip()
            if text and member.setdefault(dyad, text) != text:
                if not asked:
                    return Groups({}), []
                raise SettingError("growth.group", dyad, f"each dyad in one group of {name!r}")
        levels = sorted(set(member.values()), key=natural)
        if comparison and comparison not in levels:
            told = f"one of the groups {', '.join(levels)}." + did_you_mean(comparison, levels)
            raise SettingError("growth.comparison", comparison, told)
        if len(levels) == 2:
            other = comparison or _usual(levels)
            ordered = (next(level for level in levels if level != other), other)
            return Groups(member, ordered, name), []
        if asked:
            told = f"{name!r} names {', '.join(levels) or 'none'}; two are compared."
            return Groups({}), [Note("growth_groups", f"Groups are not compared: {told}")]
    return Groups({}), []


def _has(covariates: Covariates, name: str) -> bool:
    return any(name in row for row in covariates.values())


def _usual(levels: Sequence[str]) -> str:
    named = [level for level in levels if level.casefold() in COMPARISONS]
    return named[0] if named else levels[-1]
