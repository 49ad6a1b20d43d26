"""The study file: study.toml, checked key by key."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reattune.core.errors import ReadError, did_you_mean
from reattune.core.mapping import Mapping, PhaseSource, Source
from reattune.io.safe import decode, read_bytes

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from reattune.io.studymodel import SourceSection, StudyModel

Location = tuple[str | int, ...]
AllowedKeys = Callable[[Location], tuple[str, ...]]
_MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, eq=False)
class SessionRow:
    """One ``[[session]]`` of the study file, or one row of its sessions table.

    Attributes
    ----------
    id, dyad : str
    files : tuple of str
        As written, relative to the study file; empty when a pattern finds them.
    observation : str
        Which observation of a file that holds several.
    window : (float or None, float or None)
        ``start_s`` and ``end_s`` on the file's clock.
    phase_times : mapping of str to (object, object)
        Start and end as written.
    covariates : mapping
        Every other column.
    where : str
        "line 12" of the study file or the sessions table.
    """

    id: str
    dyad: str
    files: tuple[str, ...]
    observation: str
    window: tuple[float | None, float | None]
    phase_times: MappingABC[str, tuple[object, object]]
    covariates: MappingABC[str, object]
    where: str = ""


@dataclass(frozen=True, eq=False)
class StudyFile:
    """What a study file says.

    Attributes
    ----------
    path : Path
    name : str
    mapping : Mapping
        Phases in it lack the fixed times, which stand in ``phase_times`` as written.
    phase_times : mapping of str to (object, object)
    time_format : str
        How times of phases are written.
    ignore_phases : bool
    rows : tuple of SessionRow
    sessions : str
        Name of the sessions table; may be empty.
    files : tuple of str
        Patterns of data files; may be empty.
    format : str
        Format of all data files when it cannot be recognised.
    table, rule, criteria, surrogates : mapping
        As written.
    growth, synchrony : mapping or None
        As written; None without the section.
    """

    path: Path
    name: str
    mapping: Mapping
    phase_times: MappingABC[str, tuple[object, object]]
    time_format: str
    ignore_phases: bool
    rows: tuple[SessionRow, ...]
    sessions: str
    files: tuple[str, ...]
    format: str
    table: MappingABC[str, object]
    rule: MappingABC[str, object]
    criteria: MappingABC[str, object]
    surrogates: MappingABC[str, object]
    growth: MappingABC[str, object] | None = None
    synchrony: MappingABC[str, object] | None = None


def read_study_file(path: str | Path) -> StudyFile:
    """The content of a study file, checked.

    Raises
    ------
    ReadError
        For anything that is not allowed, with the line of the key, what was found and what is
        allowed.
    """
    path = Path(path)
    text, _ = decode(read_bytes(path, _MAX_BYTES), path)
    text = text.replace("\r\n", "\n")
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ReadError(f"is not valid TOML ({error}).", path=path) from error
    if "ratings" in content and "streams" not in content:
        raise ReadError(
            "describes ratings of meetings, not coded sessions.",
            path=path,
            expected="reattune analyze, or reattune.analyze_ratings, for it",
        )
    from pydantic import ValidationError

    from reattune.io.studymodel import StudyModel

    try:
        model = StudyModel.model_validate(content)
    except ValidationError as error:
        raise first_error(error, text, path) from error
    return _convert(model, text, path)


# -- from the checked model to our own nouns --------------------------------------------------


def _convert(model: StudyModel, text: str, path: Path) -> StudyFile:
    partners = model.partners.pair
    sources = []
    for stream, sections in model.streams.items():
        for partner, section in sections.items():
            if partner not in partners:
                raise ReadError(
                    f"{partner!r} is not one of the partners.{did_you_mean(partner, partners)}",
                    path=path,
                    where=find_line(text, ("streams", stream, partner)),
                )
            sources.append(_source(stream, partner, section))
    phases = model.phases
    study = model.study
    return StudyFile(
        path=path,
        name=study.name or path.resolve().parent.name,
        mapping=Mapping(
            partners,
            tuple(sources),
            PhaseSource(
                track=phases.track,
                labels=phases.labels,
                columns=phases.columns,
                imposed=tuple(phases.imposed),
            ),
            model.gaps.max_frames,
            model.gaps.max_s,
        ),
        phase_times=phases.times,
        time_format=phases.time_format,
        ignore_phases=phases.ignore,
        rows=tuple(
            SessionRow(
                row.id,
                row.dyad,
                tuple(row.file),
                row.observation,
                (row.start_s, row.end_s),
                row.phases,
                row.model_extra or {},
                find_line(text, ("session", number)),
            )
            for number, row in enumerate(model.session)
        ),
        sessions=model.sessions or study.sessions,
        files=tuple(model.files or study.files),
        format=model.format or study.format,
        table=model.table,
        rule=model.rule,
        criteria=model.criteria,
        surrogates=model.surrogates,
        growth=None if model.growth is None else model.growth.model_dump(exclude_unset=True),
        synchrony=(
            None if model.synchrony is None else model.synchrony.model_dump(exclude_unset=True)
        ),
    )


def _source(stream: str, partner: str, section: SourceSection) -> Source:
    return Source(
        partner,
        stream,
        tuple(section.track),
        section.subject,
        section.kind,
        section.codes,
        tuple(section.uncodable),
        tuple(section.uncodable_track),
        section.threshold,
        section.fps,
        section.file,
        section.offset_s,
    )


# -- saying what is wrong, and where ------------------------------------------------------------


def first_error(
    error: ValidationError, text: str, path: Path, allowed: AllowedKeys | None = None
) -> ReadError:
    """The first problem as a sentence with its line; the number of the others."""
    # A key misspelt is missing under its right name as well; the misspelling says more.
    problems = sorted(
        error.errors(include_url=False), key=lambda problem: problem["type"] != "extra_forbidden"
    )
    first = problems[0]
    location = tuple(first["loc"])
    name = ".".join(str(part) for part in location if not isinstance(part, int))
    message, expected = _explain(first, location, allowed)
    found = first["input"]
    # A whole table as "found" says nothing that the line does not say.
    plain = not isinstance(found, dict | list) and first["type"] not in (
        "missing",
        "extra_forbidden",
    )
    shown = _shown(found) if plain else ""
    rest = f" ({len(problems) - 1} more to correct.)" if len(problems) > 1 else ""
    return ReadError(
        f"{name or 'the file'}: {message}{rest}",
        path=path,
        where=find_line(text, location),
        found=shown,
        expected=expected,
    )


def _shown(found: object) -> str:
    text = repr(found)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _explain(
    problem: ErrorDetails, location: Location, allowed: AllowedKeys | None
) -> tuple[str, str]:
    from reattune.io.studymodel import allowed_keys

    known = allowed or allowed_keys
    kind = problem["type"]
    if kind == "extra_forbidden":
        asked = str(location[-1])
        return f"there is no key {asked!r} here." + did_you_mean(asked, known(location)), ""
    if kind == "missing":
        return "is missing.", ""
    context = problem.get("ctx", {})
    if kind == "literal_error":
        return "is not allowed.", str(context.get("expected", ""))
    if kind == "value_error":
        return str(context.get("error", problem["msg"])), ""
    message = problem["msg"].removeprefix("Input should be ")
    return "is not allowed.", message[0].lower() + message[1:]


def find_line(text: str, location: Location) -> str:
    """The words "line N" for the key at ``location`` in TOML text, or the table around it.

    Numbers in the location count the tables of an array (``("session", 1, "file")``) or the
    elements of a list, which have no line of their own.
    """
    best, best_depth = 0, -1
    table: tuple[str | int, ...] = ()
    counts: dict[tuple[str | int, ...], int] = {}
    in_text = ""
    for number, line in enumerate(text.split("\n"), start=1):
        plain = line.strip()
        if in_text:
            in_text = "" if in_text in plain else in_text
            continue
        if plain.startswith("[["):
            name = _split_key(plain[2:].split("]]")[0])
            counts[name] = counts.get(name, -1) + 1
            table = (*name, counts[name])
            keys: tuple[str | int, ...] = table
        elif plain.startswith("[") and "]" in plain:
            table = keys = _split_key(plain[1:].rsplit("]", 1)[0])
        elif "=" in plain and not plain.startswith("#"):
            key, value = plain.split("=", 1)
            keys = (*table, *_split_key(key))
            for quotes in ('"""', "'''"):
                if value.count(quotes) == 1:
                    in_text = quotes
        else:
            continue
        # A key matches as far as it agrees with the location, and must not contradict it.
        if keys == location[: len(keys)] and len(keys) > best_depth:
            best, best_depth = number, len(keys)
    return f"line {best}" if best else ""


def _split_key(key: str) -> tuple[str, ...]:
    """``a."b c".d`` as its parts."""
    parts: list[str] = []
    current, quote = "", ""
    for sign in key.strip():
        if quote:
            quote = "" if sign == quote else quote
            current += "" if not quote else sign
        elif sign in "\"'":
            quote = sign
        elif sign == ".":
            parts.append(current.strip())
            current = ""
        else:
            current += sign
    return (*parts, current.strip())
