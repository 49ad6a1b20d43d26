"""The study file for ratings: a study.toml with a table [ratings], checked key by key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reattune.core.errors import ReadError
from reattune.io.cells import read_cells
from reattune.io.ratings_rows import CASE
from reattune.io.safe import decode, read_bytes
from reattune.io.sessions_table import as_number
from reattune.io.studyfile import find_line, first_error

_MAX_BYTES = 4 * 1024 * 1024
# Keys that are no options of the reader under their own name.
_OWN = ("file", "range", "scale", "judge")


@dataclass(frozen=True, eq=False)
class RatingsStudy:
    """What a study file says about a table of ratings.

    Attributes
    ----------
    path : Path
        Of the study file.
    text : str
        As written, to find lines in.
    name : str
    files : tuple of Path
        The tables of ratings.
    options : mapping
        Words of `reattune.read_courses`.
    scale, judge : str
        Which score to judge, and whose; may be empty.
    criteria : tuple of str or mapping
        As written; empty for the default ones.
    surrogates, seed : int or None
    cases : mapping of case to covariates
        From the table of cases.
    """

    path: Path
    text: str
    name: str
    files: tuple[Path, ...]
    options: Mapping[str, object]
    scale: str
    judge: str
    criteria: tuple[str | Mapping[str, object], ...]
    surrogates: int | None
    seed: int | None
    cases: Mapping[str, Mapping[str, object]]

    def error(self, message: str, *location: str | int) -> ReadError:
        """An error that names the line of a key."""
        return ReadError(message, path=self.path, where=find_line(self.text, location))


def is_ratings_study(path: str | Path) -> bool:
    """Whether a file is a study file with a table ``[ratings]`` (and can be read at all)."""
    path = Path(path)
    if path.suffix.lower() != ".toml" or not path.is_file():
        return False
    try:
        text, _ = decode(read_bytes(path, _MAX_BYTES), path)
        return "ratings" in tomllib.loads(text)
    except (ReadError, tomllib.TOMLDecodeError, RecursionError):
        return False


def read_ratings_study(path: str | Path) -> RatingsStudy:
    """The content of a study file for ratings, checked.

    Raises
    ------
    ReadError
        For anything that is not allowed, with the line of the key, what was found and what is
        allowed; for a file that is not there.
    """
    path = Path(path)
    text, _ = decode(read_bytes(path, _MAX_BYTES), path)
    text = text.replace("\r\n", "\n")
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ReadError(f"is not valid TOML ({error}).", path=path) from error
    from pydantic import ValidationError

    from reattune.io.ratings_studymodel import RatingsStudyModel, allowed_ratings_keys

    try:
        model = RatingsStudyModel.model_validate(content)
    except ValidationError as error:
        raise first_error(error, text, path, allowed_ratings_keys) from error
    given = model.ratings.model_dump(exclude_defaults=True)
    options: dict[str, Any] = {key: value for key, value in given.items() if key not in _OWN}
    if model.ratings.range is not None:
        options["scale_range"] = list(model.ratings.range)
    places = [_find(path, text, name, ("ratings", "file")) for name in model.ratings.file]
    table = model.study.sessions or model.study.cases
    key = "sessions" if model.study.sessions else "cases"
    return RatingsStudy(
        path=path,
        text=text,
        name=model.study.name or path.resolve().parent.name,
        files=tuple(places),
        options=options,
        scale=model.ratings.scale,
        judge=model.ratings.judge,
        criteria=tuple(model.criteria),
        surrogates=model.surrogates.n,
        seed=model.surrogates.seed,
        cases=read_cases_table(_find(path, text, table, ("study", key))) if table else {},
    )


def _find(path: Path, text: str, name: str, location: tuple[str, ...]) -> Path:
    """The file of that name beside the study file."""
    where = find_line(text, location)
    if "://" in name:
        raise ReadError("names an address; files only.", path=path, where=where, found=repr(name))
    place = path.parent / name
    if not place.is_file():
        raise ReadError(f"there is no file {name!r} beside it.", path=path, where=where)
    return place


def read_cases_table(path: str | Path) -> dict[str, dict[str, object]]:
    """Case -> covariates, from a table with one row per case.

    The column of cases is called as in a table of ratings (case, patient, client, dyad, id, ...);
    every other column is a covariate, cells that are numbers become numbers.

    Raises
    ------
    ReadError
        Without a column of cases, or for a case that stands there twice.
    """
    path = Path(path)
    cells = read_cells(path, read_bytes(path))
    names = [name.strip() for name in cells.header]
    plain = {name.casefold(): at for at, name in reversed(list(enumerate(names)))}
    of_case = next((plain[name] for name in CASE if name in plain), None)
    if of_case is None:
        raise ReadError(
            "has no column of cases.",
            path=path,
            found=", ".join(repr(name) for name in names),
            expected="a column case, patient, client, dyad or id",
        )
    found: dict[str, dict[str, object]] = {}
    for number, row in enumerate(cells.rows):
        case = row[of_case].strip()
        if not case:
            continue
        if case in found:
            where = f"line {cells.line(number)}"
            raise ReadError(f"case {case!r} stands there twice.", path=path, where=where)
        found[case] = {
            name: as_number(row[at])
            for at, name in enumerate(names)
            if at != of_case and name and as_number(row[at]) is not None
        }
    return found
