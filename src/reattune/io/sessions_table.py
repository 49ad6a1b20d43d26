"""The sessions table of a study: one row per session, with its file and covariates."""

from __future__ import annotations

from pathlib import Path

from reattune.core.errors import ReadError
from reattune.io.cells import plain_stem, read_cells
from reattune.io.columns import MISSING
from reattune.io.safe import read_bytes
from reattune.io.studyfile import SessionRow

# Known columns by name, lower case; earlier names win. All other columns are covariates.
ID_NAMES = ("id", "session", "session_id", "visit", "visit_id", "observation_id")
DYAD_NAMES = ("dyad", "dyad_id", "family", "couple", "pair")
FILE_NAMES = ("file", "files", "filename", "file_name", "path")
OTHER = ("observation", "start_s", "end_s")


def read_sessions_table(path: str | Path) -> tuple[SessionRow, ...]:
    """The rows of a sessions table (CSV, TSV or .xlsx).

    Known columns are ``id`` (or session, visit), ``dyad``, ``file`` (several names with ";"
    between them), ``observation``, ``start_s`` and ``end_s``. Every other column is a covariate;
    cells that are numbers become numbers.

    Raises
    ------
    ReadError
        Without a column for ids or files, for an id that occurs twice, or a time that is none.
    """
    path = Path(path)
    cells = read_cells(path, read_bytes(path))
    names = [name.strip() for name in cells.header]
    at = {name.casefold(): i for i, name in reversed(list(enumerate(names)))}
    of_id, of_dyad, of_file = (_find(at, known) for known in (ID_NAMES, DYAD_NAMES, FILE_NAMES))
    if of_id is None and of_file is None:
        raise ReadError(
            "has neither a column for ids nor one for files.",
            path=path,
            found=", ".join(repr(name) for name in names),
            expected="a column id (or session, visit), or file",
        )
    known = {of_id, of_dyad, of_file, *(at[name] for name in OTHER if name in at)}
    rows: list[SessionRow] = []
    seen: dict[str, str] = {}
    for number, row in enumerate(cells.rows):
        where = f"{path.name} line {cells.line(number)}"
        if not any(cell.strip() for cell in row):
            continue
        texts = {name: row[i].strip() for name, i in at.items()}
        files = tuple(f.strip() for f in _cell(row, of_file).split(";") if f.strip())
        session = _cell(row, of_id) or texts.get("observation", "")
        session = session or (plain_stem(Path(files[0])) if files else "")
        if not session:
            raise ReadError("has neither an id nor a file.", path=path, where=where)
        if session in seen:
            raise ReadError(
                f"session {session!r} stands there twice, also in {seen[session]}.",
                path=path,
                where=where,
            )
        seen[session] = where
        covariates = {
            names[i]: as_number(row[i]) for i in range(len(names)) if names[i] and i not in known
        }
        rows.append(
            SessionRow(
                session,
                _cell(row, of_dyad),
                files,
                texts.get("observation", ""),
                (
                    _seconds(texts.get("start_s", ""), path, where),
                    _seconds(texts.get("end_s", ""), path, where),
                ),
                {},
                covariates,
                where,
            )
        )
    return tuple(rows)


def as_number(cell: str) -> object:
    """The cell as an int or a float where it is one, None where it is empty, else its text."""
    text = cell.strip()
    if text in MISSING:
        return None
    for kind in (int, float):
        try:
            # float() also reads "1_000" and "infinity", which are names here.
            return kind(text) if text.isascii() and text[-1].isdigit() and "_" not in text else text
        except ValueError:
            continue
    return text


def _find(at: dict[str, int], names: tuple[str, ...]) -> int | None:
    return next((at[name] for name in names if name in at), None)


def _cell(row: tuple[str, ...], index: int | None) -> str:
    return "" if index is None else row[index].strip()


def _seconds(text: str, path: Path, where: str) -> float | None:
    value = as_number(text)
    if value is None:
        return None
    if not isinstance(value, int | float):
        raise ReadError(
            "start_s or end_s is no number of seconds.", path=path, where=where, found=repr(text)
        )
    return float(value)
