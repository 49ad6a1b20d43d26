"""Reading back what ``reattune analyze --out`` wrote: the counts behind its measures."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import log, nan
from pathlib import Path

import numpy as np

from reattune.comparison.source import SESSION_COUNTS, Record, Source, name_imposed
from reattune.core.errors import ReadError
from reattune.io.safe import decode, read_bytes
from reattune.io.sessions_table import as_number

_WRITTEN = "a folder written by `reattune analyze ... --out`"
# A measures.csv that lacks one of these was not written whole.
_NEEDED = (
    "observed_s",
    "matched_s",
    "expected_prop",
    "negative_match_prop",
    "repair_hazard_per_s",
    "excess_repairs",
    "rupture_hazard_per_s",
    "n_repair_events",
)
_ESCAPED = ("'=", "'+", "'-", "'@", "'\t", "'\r")


@dataclass(frozen=True, eq=False)
class Written:
    """A table as reattune wrote it: cells by column name, and the line of every row."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    lines: tuple[int, ...]

    def __iter__(self) -> Iterator[tuple[int, dict[str, str]]]:
        return zip(self.lines, self.rows, strict=True)

    def number(self, line: int, row: Mapping[str, str], column: str) -> float:
        """The cell as a number; nan where it is empty.

        Raises
        ------
        ReadError
            When something else stands there.
        """
        text = row[column]
        if not text:
            return nan
        try:
            return float(text)
        except ValueError:
            raise ReadError(
                f"column {column!r} holds no number.",
                path=self.path,
                where=f"line {line}",
                found=repr(text[:40]),
            ) from None


def find_folder(path: str | Path) -> Path:
    """The folder of a result, from its path or that of a table in it.

    Raises
    ------
    ReadError
        When it is neither.
    """
    place = Path(path)
    if not place.exists():
        raise ReadError("does not exist.", path=place, expected=_WRITTEN)
    folder = place if place.is_dir() else place.parent
    if place.is_file() and place.name != "measures.csv":
        raise ReadError(
            "is not a result that can be compared.",
            path=place,
            expected=f"{_WRITTEN}, or the measures.csv in it",
        )
    if not (folder / "measures.csv").is_file():
        raise ReadError("holds no result: there is no measures.csv.", path=place, expected=_WRITTEN)
    return folder


def read_table(folder: Path, name: str, needed: tuple[str, ...]) -> Written:
    """A table of a result, every row as long as the header.

    Raises
    ------
    ReadError
        With file and line where a row is too short or too long, or the file was cut off.
    """
    path = folder / name
    if not path.is_file():
        raise ReadError(f"holds no {name}.", path=folder, expected=_WRITTEN)
    text = decode(read_bytes(path), path)[0]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: tuple[str, ...] = ()
    rows, lines = [], []
    try:
        for cells in reader:
            if not columns:
                columns = tuple(cells)
                continue
            if len(cells) != len(columns):
                raise ReadError(
                    "is damaged or was cut off: a row has not as many cells as the header.",
                    path=path,
                    where=f"line {reader.line_num}",
                    found=str(len(cells)),
                    expected=str(len(columns)),
                )
            rows.append(dict(zip(columns, map(_plain, cells), strict=True)))
            lines.append(reader.line_num)
    except csv.Error as error:
        raise ReadError(
            f"is damaged or was cut off ({error}).", path=path, where=f"line {reader.line_num}"
        ) from error
    if not text.endswith("\n"):
        raise ReadError(
            "was cut off: its last line has no end.", path=path, where=f"line {reader.line_num}"
        )
    absent = [column for column in needed if column not in columns]
    if absent:
        raise ReadError(
            f"has no column {absent[0]!r}.", path=path, where="line 1", expected=_WRITTEN
        )
    return Written(path, columns, tuple(rows), tuple(lines))


def _plain(cell: str) -> str:
    """The text that was exported: without the mark that keeps spreadsheets from running it."""
    return cell[1:] if cell.startswith(_ESCAPED) else cell


def read_settings(folder: Path) -> dict[str, object]:
    """The settings of a result."""
    path = folder / "settings.json"
    if not path.is_file():
        raise ReadError("holds no settings.json.", path=folder, expected=_WRITTEN)
    try:
        found = json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise ReadError("is no readable JSON.", path=path, expected=_WRITTEN) from error
    if not isinstance(found, dict):
        raise ReadError("holds no settings.", path=path, expected=_WRITTEN)
    return {key: value for key, value in found.items() if key != "schema"}


def read_sessions(folder: Path) -> Source:
    """The counts of a study of coded sessions.

    Raises
    ------
    ReadError
        With file and line for a table that is damaged, cut off, or not what analyze writes.

    Notes
    -----
    Everything stands in ``measures.csv``: a hazard is its count ``n`` over the exposure, so the
    exposure is ``n`` / value, and without any event -ln(.05) / the upper limit.
    """
    head = ("study", "session", "dyad", "phase", "measure", "value", "high", "n")
    measures = read_table(folder, "measures.csv", head)
    found: dict[tuple[str, str, str], dict[str, tuple[float, float, float]]] = {}
    last: dict[tuple[str, str, str], int] = {}
    study = ""
    for line, row in measures:
        key = (row["dyad"], row["session"], row["phase"])
        found.setdefault(key, {})[row["measure"]] = (
            measures.number(line, row, "value"),
            measures.number(line, row, "high"),
            measures.number(line, row, "n"),
        )
        last[key], study = line, row["study"]
    if not found:
        raise ReadError("holds no session.", path=measures.path, expected=_WRITTEN)
    for key, values in found.items():
        absent = [name for name in _NEEDED if name not in values]
        if absent:
            raise ReadError(
                f"is damaged or was cut off: session {key[1]!r}, phase {key[2]!r} has no "
                f"{absent[0]}.",
                path=measures.path,
                where=f"line {last[key]}",
            )
    clock, follows = _read_ruptures(folder)
    records = []
    for (dyad, session, phase), values in found.items():
        seen = follows.get((session, phase), [])
        records.append(
            Record(
                dyad,
                session,
                phase,
                _count(values),
                np.array([time for time, _ in seen], dtype=np.float64),
                np.array([hit for _, hit in seen], dtype=np.bool_),
            )
        )
    covariates = _read_covariates(folder, {session for _, session, _ in found}, max(last.values()))
    settings = read_settings(folder)
    told = settings.get("imposed", [])
    imposed = name_imposed(records, told if isinstance(told, list) else [])
    return Source(
        study, "dyad", "meeting" if clock == "meeting" else "second", tuple(records), covariates,
        imposed, settings,
    )  # fmt: skip


def _count(values: Mapping[str, tuple[float, float, float]]) -> dict[str, float]:
    observed = values["observed_s"][0]
    if not observed > 0:
        return dict.fromkeys(SESSION_COUNTS, 0.0)
    repairs = values["n_repair_events"][0]
    return {
        "observed": observed,
        "matched": values["matched_s"][0],
        "expected_matched": values["expected_prop"][0] * observed,
        "both_negative": values["negative_match_prop"][0] * observed,
        "repairs": repairs,
        "expected_repairs": repairs - values["excess_repairs"][0],
        "time_mismatched": _exposure(*values["repair_hazard_per_s"]),
        "ruptures": values["rupture_hazard_per_s"][2],
        "time_matched": _exposure(*values["rupture_hazard_per_s"]),
    }


def _exposure(value: float, high: float, n: float) -> float:
    """The time behind a hazard; 0 where the hazard is not defined."""
    if value > 0:
        return n / value
    return -log(0.05) / high if high > 0 else 0.0


def _read_ruptures(folder: Path) -> tuple[str, dict[tuple[str, str], list[tuple[float, bool]]]]:
    head = ("session", "phase", "outcome", "repaired_by", "entered")
    table = read_table(folder, "ruptures.csv", head)
    clock = "meeting" if "latency_meeting" in table.columns else "second"
    column = f"latency_{'meeting' if clock == 'meeting' else 's'}"
    if column not in table.columns:
        raise ReadError(f"has no column {column!r}.", path=table.path, expected=_WRITTEN)
    found: dict[tuple[str, str], list[tuple[float, bool]]] = {}
    for line, row in table:
        if row["entered"] == "1":
            # A repair after the criteria's window still says how long the rupture lasted.
            late = row["outcome"] == "unrepaired" and row["repaired_by"] != ""
            found.setdefault((row["session"], row["phase"]), []).append(
                (table.number(line, row, column), row["outcome"] == "repaired" or late)
            )
    return clock, found


def _read_covariates(folder: Path, seen: set[str], line: int) -> dict[str, dict[str, object]]:
    """Covariates by session, named as in sessions_wide.csv; every session must be in measures."""
    wide = read_table(folder, "sessions_wide.csv", ("session",))
    lacking = [row["session"] for _, row in wide if row["session"] not in seen]
    if lacking:
        raise ReadError(
            f"is damaged or was cut off: session {lacking[0]!r} is not in it.",
            path=folder / "measures.csv",
            where=f"line {line}",
        )
    names = [
        row["name"]
        for _, row in read_table(folder, "codebook.csv", ("name", "measure", "phase"))
        if not row["measure"] and row["name"] not in ("session", "dyad")
    ]
    return {
        row["session"]: {name: as_number(row[name]) for name in names if name in row}
        for _, row in wide
    }
