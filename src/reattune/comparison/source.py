"""Source: counts and exposures of every session (or case) and part, from which groups are compared.

A part is a phase of a session, or what one criterion found in a course of ratings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite, nan
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError, did_you_mean
from reattune.core.notes import Note
from reattune.core.session import is_imposed
from reattune.measures import Tally
from reattune.results import StudyAnalysis

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
UnitWord = Literal["dyad", "case"]


@dataclass(frozen=True, eq=False)
class Record:
    """One session in one part.

    Attributes
    ----------
    unit : str
        The dyad, or the case.
    session : str
        The case again for courses.
    part : str
        Phase, or name of the criterion.
    counts : mapping of str to float
        Events and exposures; sums of them pool. nan where the rule has no such number.
    follow, repaired : arrays, shape (n,)
        How long each rupture that was seen to begin was followed, and whether to its repair.
    label : str
        Class of a case by the criterion; empty for sessions.
    """

    unit: str
    session: str
    part: str
    counts: Mapping[str, float]
    follow: FloatArray
    repaired: BoolArray
    label: str = ""

    @classmethod
    def of(cls, unit: str, *, session: str = "", part: str = "all", **counts: float) -> Record:
        """A record of some counts (see ``SESSION_COUNTS``); the others are not defined."""
        unknown = sorted(set(counts) - set(SESSION_COUNTS))
        if unknown:
            told = "counts of sessions." + did_you_mean(unknown[0], SESSION_COUNTS)
            raise SettingError("counts", unknown[0], told)
        known = {name: float(counts.get(name, nan)) for name in SESSION_COUNTS}
        none = np.zeros(0)
        return cls(unit, session or unit, part, known, none, none.astype(np.bool_))


@dataclass(frozen=True, eq=False)
class Source:
    """What a comparison is computed from.

    Attributes
    ----------
    study : str
    unit : {"dyad", "case"}
        What is compared, and what may be relabelled.
    clock : {"second", "meeting"}
    records : tuple of Record
    covariates : mapping of str to mapping
        Session (or case) -> column -> value.
    imposed : frozenset of str
        Parts in which one partner was asked not to respond: repair is not defined there.
    settings : mapping
        Of the result that is compared.
    """

    study: str
    unit: UnitWord
    clock: Literal["second", "meeting"]
    records: tuple[Record, ...]
    covariates: Mapping[str, Mapping[str, object]]
    imposed: frozenset[str] = frozenset()
    settings: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    @classmethod
    def of(
        cls, records: Iterable[Record], covariates: Mapping[str, Mapping[str, object]]
    ) -> Source:
        """A source of counts of one's own; covariates by session."""
        rows = tuple(records)
        return cls("", "dyad", "second", rows, covariates, name_imposed(rows))

    @property
    def parts(self) -> tuple[str, ...]:
        """Parts in order of first appearance."""
        return tuple(dict.fromkeys(record.part for record in self.records))

    @property
    def unit_of(self) -> dict[str, str]:
        """Session -> dyad (or case)."""
        return {record.session: record.unit for record in self.records}


def from_study(study: StudyAnalysis) -> Source:
    """The counts of an analysed study."""
    records = tuple(
        Record(
            analysis.session.dyad,
            analysis.session.id,
            part.phase.label,
            count_tally(part.tally),
            part.tally.durations,
            part.tally.events,
        )
        for analysis in study.analyses
        for part in analysis.parts
    )
    imposed = {p.phase.label for a in study.analyses for p in a.parts if p.phase.imposed}
    clock = study.analyses[0].session.clock if study.analyses else "second"
    return Source(
        study.name,
        "dyad",
        clock,
        records,
        study.covariates,
        name_imposed(records, imposed),
        study.settings,
    )


def name_imposed(records: Iterable[Record], told: Iterable[object] = ()) -> frozenset[str]:
    """Parts that are imposed: those told, and those whose name says so."""
    parts = {record.part for record in records}
    return frozenset(part for part in parts if part in set(map(str, told)) or is_imposed(part))


def count_tally(tally: Tally) -> dict[str, float]:
    """Events and exposures of a tally; a window in which nothing was observed adds nothing."""
    if not tally.observed_s > 0:
        return dict.fromkeys(SESSION_COUNTS, 0.0)
    return {
        "observed": tally.observed_s,
        "matched": tally.matched_s,
        "expected_matched": tally.expected_matched_s,
        "both_negative": tally.negative_s,
        "repairs": float(tally.n_repairs),
        "expected_repairs": tally.expected_repairs,
        "time_mismatched": tally.run_mismatched_s,
        "ruptures": float(tally.n_onsets),
        "time_matched": tally.run_matched_s,
    }


SESSION_COUNTS = (
    "observed",
    "matched",
    "expected_matched",
    "both_negative",
    "repairs",
    "expected_repairs",
    "time_mismatched",
    "ruptures",
    "time_matched",
)


def add_counts(records: Iterable[Record]) -> dict[str, float]:
    """The sums of all counts.

    A number that is not defined in some of the records is summed over the others only where it
    depends on what was seen there (seconds in which both are negative); elsewhere it makes the sum
    undefined.
    """
    rows = [record.counts for record in records]
    total = {name: float(sum(row[name] for row in rows)) for name in (rows[0] if rows else {})}
    if "both_negative" in total and not isfinite(total["both_negative"]):
        known = [row["both_negative"] for row in rows if isfinite(row["both_negative"])]
        total["both_negative"] = float(sum(known)) if known else nan
    return total
