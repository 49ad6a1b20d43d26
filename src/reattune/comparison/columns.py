"""Columns to compare by: a category, a number, a phase; between dyads or within them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import isfinite, nan
from pathlib import Path
from typing import Literal

from reattune.comparison.source import Source
from reattune.core.checks import check_option
from reattune.core.errors import ReadError, SettingError, did_you_mean
from reattune.core.notes import Note
from reattune.io.cells import read_cells
from reattune.io.safe import read_bytes, sha256
from reattune.io.sessions_table import as_number

Kind = Literal["category", "number"]
PHASE = "phase"
MAX_LEVELS = 8
# Names under which tables keep the ids that covariates are joined by.
_ID_NAMES = ("dyad", "case", "session", "id", "patient", "client", "participant", "family")
_NAMED = 8


@dataclass(frozen=True, eq=False)
class Column:
    """What is compared by, and what every session has of it.

    Attributes
    ----------
    name : str
    kind : {"category", "number"}
    within : bool
        Whether it changes within dyads: each dyad is then compared with itself.
    levels : tuple of str
        Of a category: the reference first, the others in order. Empty for a number.
    values : mapping of str to str or float
        Session -> level or number; sessions without one are left out. Empty for phases.
    phases : tuple of str
        Where phases are compared: which, in order of time.
    """

    name: str
    kind: Kind
    within: bool
    levels: tuple[str, ...]
    values: Mapping[str, str | float]
    phases: tuple[str, ...] = ()


def choose_column(
    source: Source,
    by: str,
    *,
    kind: str = "auto",
    reference: str | None = None,
    phases: tuple[str, ...] = (),
) -> tuple[Column, list[Note]]:
    """The column to compare by, and what has to be known about it.

    Raises
    ------
    SettingError
        For a column that is not there, is empty, has one value or too many, or changes within
        some dyads only.
    """
    check_option("kind", kind, ("auto", "category", "number"))
    known = list(dict.fromkeys(name for row in source.covariates.values() for name in row))
    if by == PHASE and PHASE not in known:
        return _phase_column(source, phases, reference), []
    if by not in known:
        also = [PHASE] if len(source.parts) > 1 and source.unit == "dyad" else []
        hint = "" if known or also else " Covariates can be joined: --with TABLE."
        columns = [*also, *known]
        raise SettingError("by", by, f"a column of the result.{did_you_mean(by, columns)}{hint}")
    given = {s: source.covariates.get(s, {}).get(by) for s in source.unit_of}
    values = {session: value for session, value in given.items() if _is_there(value)}
    if not values:
        raise SettingError("by", by, "a column with values; every cell of it is empty")
    notes = _missing_note(source, by, given)
    numbers = {s: _number(v) for s, v in values.items()}
    numeric = all(isfinite(number) for number in numbers.values())
    distinct = len(set(numbers.values())) if numeric else 0
    if kind == "number" and not numeric:
        bad = next(v for s, v in values.items() if not isfinite(numbers[s]))
        raise SettingError("kind", kind, f"numbers throughout {by!r}; one cell is {bad!r}")
    if kind == "number" or (kind == "auto" and numeric and distinct > 2):
        if distinct < 2:
            raise SettingError(
                "by", by, f"different numbers; all are {next(iter(values.values()))}"
            )
        within = bool(_changing(source, numbers))
        return Column(by, "number", within, (), numbers), notes
    texts = {session: _text(value) for session, value in values.items()}
    return _category(source, by, texts, reference, numeric), notes


def _category(
    source: Source, by: str, texts: dict[str, str], reference: str | None, numeric: bool
) -> Column:
    levels = sorted(set(texts.values()), key=_natural)
    units = {source.unit_of[s] for s in texts}
    if len(levels) == 1:
        raise SettingError(
            "by", by, f"at least two groups; every {source.unit} with a value has {levels[0]!r}"
        )
    if len(levels) > MAX_LEVELS:
        tail = (
            "is it a number? Then compare with kind = number (--kind number)"
            if numeric
            else f"it tells {source.unit}s apart rather than groups. Is it a name, or numbers "
            "with words among them?"
        )
        raise SettingError(
            "by", by, f"at most {MAX_LEVELS} groups; it has {len(levels)} different values: {tail}"
        )
    changing = _changing(source, texts)
    if changing and 2 * len(changing) < len(units):
        raise SettingError(
            "by",
            by,
            f"one group for each {source.unit}; it changes within {_some(changing)} and in no "
            "other. Correct the table, or leave these out",
        )
    return Column(by, "category", bool(changing), _order(levels, reference), texts)


def _phase_column(source: Source, phases: tuple[str, ...], reference: str | None) -> Column:
    if source.unit == "case":
        raise SettingError("by", PHASE, "a column; courses of ratings have no phases")
    chosen = phases or source.parts
    if len(chosen) < 2:
        raise SettingError("by", PHASE, f"two phases or more; there is {', '.join(chosen)}")
    return Column(PHASE, "category", True, _order(chosen, reference), {}, chosen)


def _order(levels: Iterable[str], reference: str | None) -> tuple[str, ...]:
    names = list(levels)
    if reference is None:
        return tuple(names)
    if reference not in names:
        raise SettingError(
            "reference", reference, "one of the groups." + did_you_mean(reference, names)
        )
    return (reference, *(name for name in names if name != reference))


def _changing(source: Source, values: Mapping[str, object]) -> list[str]:
    """Dyads within which the values differ."""
    seen: dict[str, set[object]] = {}
    for session, value in values.items():
        seen.setdefault(source.unit_of[session], set()).add(value)
    return [unit for unit, own in seen.items() if len(own) > 1]


def _is_there(value: object) -> bool:
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return False
    return bool(str(value).strip())


def _number(value: object) -> float:
    number = as_number(value) if isinstance(value, str) else value
    return float(number) if isinstance(number, int | float) else nan


def _text(value: object) -> str:
    whole = isinstance(value, float) and value == int(value)
    return str(int(value)) if whole else str(value).strip()  # type: ignore[call-overload]


def _natural(text: str) -> tuple[int, float, str]:
    number = _number(text)
    return (0, number, "") if isfinite(number) else (1, 0.0, text)


def _some(names: Iterable[str]) -> str:
    items = list(names)
    more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return ", ".join(items[:_NAMED]) + more


def _missing_note(source: Source, by: str, given: Mapping[str, object]) -> list[Note]:
    lacking = [session for session, value in given.items() if not _is_there(value)]
    if not lacking:
        return []
    what = "session" if source.unit == "dyad" else "case"
    told = (
        f"{len(lacking)} {what}{'s' * (len(lacking) > 1)} without {by}: {_some(lacking)}; left out."
    )
    return [Note("no_covariate", told, count=len(lacking), level="warning")]


# -- joining a table -------------------------------------------------------------------------------


def join_covariates(
    source: Source, table: str | Path, on: str | None = None
) -> tuple[Source, list[Note], dict[str, str]]:
    """The source with the columns of a table of covariates.

    Parameters
    ----------
    source : Source
    table : path-like
        CSV, TSV or .xlsx with a header; one row per dyad, case or session.
    on : str, optional
        Its column of ids; found by its usual names when absent. Ids are looked up among dyads (or
        cases) and among sessions, whichever holds more of them.

    Returns
    -------
    source, notes, input : Source, list of Note, dict
        Ids without a partner on the other side are named in the notes; the input names file and
        hash.

    Raises
    ------
    ReadError
        When an id stands there twice.
    SettingError
        Without a column of ids, or when no id is known.
    """
    path = Path(table)
    data = read_bytes(path)
    cells = read_cells(path, data)
    names = [name.strip() for name in cells.header]
    at = _id_column(names, on)
    rows: dict[str, dict[str, object]] = {}
    lines: dict[str, int] = {}
    for number, row in enumerate(cells.rows):
        key = row[at].strip()
        if not key:
            continue
        if key in rows:
            raise ReadError(
                f"{names[at]} {key!r} stands there twice, also in line {lines[key]}.",
                path=path,
                where=f"line {cells.line(number)}",
                expected="one row for each",
            )
        lines[key] = cells.line(number)
        rows[key] = {n: as_number(row[i]) for i, n in enumerate(names) if n and i != at}
    sessions = source.unit_of
    units = set(sessions.values())
    by_unit = len(units & set(rows)) >= len(set(sessions) & set(rows))
    known = units if by_unit else set(sessions)
    if not known & set(rows):
        raise SettingError(
            "on", names[at], f"ids of {source.unit}s or sessions as in the result, e.g. "
            f"{_some(sorted(known)[:3])}; the table has {_some(list(rows)[:3])}",
        )  # fmt: skip
    joined = {
        session: {
            **source.covariates.get(session, {}),
            **rows.get(unit if by_unit else session, {}),
        }
        for session, unit in sessions.items()
    }
    notes = [*cells.notes]
    for ids, told in (
        (sorted(known - set(rows)), f"without a row in {path.name}"),
        ([key for key in rows if key not in known], f"of {path.name} not in the result"),
    ):
        if ids:
            text = f"{len(ids)} {names[at]} {told}: {_some(ids)}."
            notes.append(Note("not_joined", text, count=len(ids), level="warning"))
    return replace(source, covariates=joined), notes, {"source": path.name, "sha256": sha256(data)}


def _id_column(names: list[str], on: str | None) -> int:
    if on is not None:
        if on not in names:
            raise SettingError("on", on, "a column of the table." + did_you_mean(on, names))
        return names.index(on)
    folded = [name.casefold() for name in names]
    for name in _ID_NAMES:
        if name in folded:
            return folded.index(name)
    told = "the column of ids in the table of covariates (--on COLUMN)."
    raise SettingError("on", None, told + did_you_mean("dyad", names))
