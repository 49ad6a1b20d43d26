"""Many records: partners re-paired between dyads, and every record's own null combined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reattune.core.errors import SettingError
from reattune.core.notes import Note
from reattune.phase_analysis import SWITCHED_OFF
from reattune.provenance import make_rng
from reattune.surrogates.decide import MIN_DYADS
from reattune.synchrony import CrossCorrelation
from reattune.synchrony_pipeline.prepare import Pair
from reattune.synchrony_pipeline.result import SignalPart, SignalRecord, StudySynchrony
from reattune.synchrony_tests import combine_records, pair_all, permute_partners


@dataclass(frozen=True)
class Conditions:
    """Which records belong to which value of a column.

    Attributes
    ----------
    column : str
        Empty: all records belong together.
    of : mapping of session id to value
        Sessions without a value are in no condition.
    """

    column: str
    of: Mapping[str, str]


def find_conditions(
    column: str | None, covariates: Mapping[str, Mapping[str, object]]
) -> tuple[Conditions, Note | None]:
    """The condition of every session, and a note on those that have none.

    Raises
    ------
    SettingError
        When no session has the column.
    """
    if not column:
        return Conditions("", dict.fromkeys(covariates, "")), None
    known = list(dict.fromkeys(key for row in covariates.values() for key in row))
    if column not in known:
        told = "a covariate of the sessions, one of " + (", ".join(known) or "none at all")
        raise SettingError("by_condition", column, told)
    of = {
        session: _as_text(row[column])
        for session, row in covariates.items()
        if row.get(column) not in (None, "")
    }
    lost = [session for session in covariates if session not in of]
    note = None
    if lost:
        words = f"{', '.join(lost[:8])}: no {column}, so in no test over records."
        note = Note("no_condition", words, column, len(lost), "warning")
    return Conditions(column, of), note


def _as_text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _by_value(condition: str) -> tuple[int, float, str]:
    """Numbers by value, then words by alphabet."""
    try:
        return (0, float(condition), condition)
    except ValueError:
        return (1, 0.0, condition)


def compare_records(
    records: Sequence[SignalRecord],
    options: CrossCorrelation,
    conditions: Conditions,
    *,
    n: int,
    seed: int,
    roles: bool,
) -> tuple[StudySynchrony, ...]:
    """Both tests over records, for every phase and condition."""
    found = []
    for label in dict.fromkeys(part.phase.label for r in records for part in r.parts):
        for condition in sorted(set(conditions.of.values()), key=_by_value):
            rows = [
                (record, part)
                for record in records
                for part in record.parts
                if part.phase.label == label
                and part.table is not None
                and conditions.of.get(record.id) == condition
            ]
            found.append(_compare(label, condition, rows, options, n, seed, roles))
    return tuple(found)


def _compare(
    label: str,
    condition: str,
    rows: list[tuple[SignalRecord, SignalPart]],
    options: CrossCorrelation,
    n: int,
    seed: int,
    roles: bool,
) -> StudySynchrony:
    dyads: dict[str, list[Pair]] = {}
    for record, part in rows:
        dyads.setdefault(record.session.dyad, []).append(part.signals)
    facts = (label, condition, len(rows), len(dyads))
    if n < 1:
        return StudySynchrony(*facts, no_pairing=SWITCHED_OFF, no_combined=SWITCHED_OFF)
    combined, no_combined = None, ""
    tests = [part.chance for _, part in rows if part.chance is not None]
    try:
        combined = combine_records(tests)
    except SettingError:
        no_combined = "No record has enough windows to be tested."
    if len(dyads) < 2:
        why = f"{len(dyads)} dyad{'' if len(dyads) == 1 else 's'}: nobody to be paired with."
        return StudySynchrony(*facts, None, combined, why, no_combined)
    pairings = pair_all(dyads, options, roles=roles)
    if len(dyads) < MIN_DYADS:
        why = f"Fewer than {MIN_DYADS} dyads: re-pairing them cannot give a small p."
        return StudySynchrony(*facts, None, combined, why, no_combined, pairings)
    pairing = permute_partners(
        dyads,
        options,
        rng=make_rng(seed, label, condition, "pairs"),
        n=n,
        roles=roles,
        pairings=pairings,
    )
    return StudySynchrony(*facts, pairing, combined, "", no_combined, pairings)
