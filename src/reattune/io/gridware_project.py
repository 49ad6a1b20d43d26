"""The project file of GridWare: what the variables are, and the list of trajectories."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.io.coded import encoding_notes

MAX_TRAJECTORIES = 10_000
_TAG = re.compile(r"<(/?)(\w+)>")


@dataclass(frozen=True)
class State:
    """A state variable: its name, scale, and values in order (or least and greatest)."""

    name: str
    scale: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One trajectory of the list: id, factors by name, file name, line in the project."""

    id: str
    factors: Mapping[str, str]
    filename: str
    line: int


@dataclass(frozen=True, eq=False)
class Project:
    """What a project file says."""

    states: tuple[State, ...]
    rows: tuple[Row, ...]
    missing: str
    notes: tuple[Note, ...]


def parse_project(text: str, encoding: str, path: Path) -> Project:
    """The project in the text of a .gwf file.

    ``<Config>`` holds a line per variable (``state``, scale, name, values; ``identifier``, scale,
    name, values) and settings such as ``MissingValueSymbol``; ``<Trajectories>`` a header with the
    factors and ``Filename`` and a line per trajectory, all between tabs.

    Raises
    ------
    ReadError
        When there is no list of trajectories with the column Filename.
    """
    config: list[list[str]] = []
    listed: list[tuple[int, list[str]]] = []
    section = ""
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        tag = _TAG.fullmatch(line.strip())
        if tag is not None:
            section = "" if tag.group(1) else tag.group(2).casefold()
        elif line.strip():
            cells = [cell.strip() for cell in line.split("\t")]
            if section == "config":
                config.append(cells)
            elif section == "trajectories":
                listed.append((number, cells))
    rows, notes = _rows(listed, config, path)
    states = tuple(
        State(cells[2], cells[1].casefold(), _values(cells))
        for cells in config
        if len(cells) > 2 and cells[0].casefold() == "state"
    )
    signs = [c[1] for c in config if len(c) > 1 and c[0].casefold() == "missingvaluesymbol"]
    return Project(states, rows, signs[0] if signs else "--", (*notes, *encoding_notes(encoding)))


def _values(cells: list[str]) -> tuple[str, ...]:
    return tuple(cell for cell in cells[3:] if cell)


def _rows(
    listed: list[tuple[int, list[str]]], config: list[list[str]], path: Path
) -> tuple[tuple[Row, ...], list[Note]]:
    if not listed:
        raise ReadError(
            "has no list of trajectories.",
            path=path,
            expected="a section <Trajectories> with a header and a line per trajectory",
        )
    header = listed[0][1]
    at = next((i for i, name in enumerate(header) if name.casefold() == "filename"), None)
    if at is None:
        raise ReadError(
            "has no column Filename in its list of trajectories.",
            path=path,
            where=f"line {listed[0][0]}",
            found=", ".join(repr(name[:40]) for name in header[:12]),
        )
    if len(listed) - 1 > MAX_TRAJECTORIES:
        raise ReadError(
            "lists too many trajectories.",
            path=path,
            found=str(len(listed) - 1),
            expected=f"at most {MAX_TRAJECTORIES}",
        )
    identifiers = {c[2] for c in config if len(c) > 2 and c[0].casefold() == "identifier"}
    identifiers = identifiers or {name for name in header if name.casefold() == "id"}
    rows: list[Row] = []
    short: list[int] = []
    used: Counter[str] = Counter()
    for number, cells in listed[1:]:
        if len(cells) <= at or not cells[at]:
            short.append(number)
            continue
        factors = {
            name: cell
            for name, cell in zip(header, cells, strict=False)
            if name and name != header[at]
        }
        given = "_".join(factors[name] for name in header if name in identifiers & set(factors))
        stem = re.split(r"[\\/]", cells[at])[-1].rpartition(".")[0] or cells[at]
        # Several trajectories of one dyad share its identifier; the file name tells them apart.
        name = given or stem
        used[name] += 1
        rows.append(Row(name, factors, cells[at], number))
    rows = [
        row
        if used[row.id] == 1
        else Row(f"{row.id}_{Path(row.filename).stem}", row.factors, row.filename, row.line)
        for row in rows
    ]
    if not rows:
        raise ReadError("lists no trajectory.", path=path, where=f"line {listed[0][0]}")
    notes = []
    if short:
        notes.append(
            Note(
                "rows_without_file",
                f"{len(short)} line(s) of the list name no trajectory file and were skipped "
                f"(first at line {short[0]}).",
                count=len(short),
                level="warning",
            )
        )
    return tuple(rows), notes
