"""BIDS physiology: a table without a header, whose columns and rate stand in a JSON beside it."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.io.columns import LARGEST_TIME_S, FloatArray, number_option, parse_numbers
from reattune.io.frame_table import make_samples
from reattune.io.register import Format, register_reader
from reattune.io.safe import decode, read_bytes, sha256

MAX_CELLS = 25_000_000
_MAX_SIDECAR = 1024 * 1024
_ENDINGS = (".tsv.gz", ".tsv")
_SUBJECT = re.compile(r"(?:^|_)(sub-[A-Za-z0-9]+)(?=[_.]|$)", re.ASCII)


@dataclass(frozen=True)
class Sidecar:
    """What the JSON file beside the table says (parts of it may be given as options)."""

    rate_hz: float
    start_s: float
    columns: tuple[str, ...]
    units: Mapping[str, str]
    sha256: str


def read_physio(path: Path, options: Mapping[str, object]) -> tuple[Recording, ...]:
    """The one recording of a BIDS physiology table: a track of samples per column.

    Parameters
    ----------
    path : Path
        ``..._physio.tsv.gz`` (or ``.tsv``), with ``..._physio.json`` beside it.
    options : mapping
        ``person`` (else the ``sub-...`` of the file's name); ``rate_hz``, ``start_s`` and
        ``columns`` replace what the JSON file says, or stand for it where there is none.

    Raises
    ------
    ReadError
        When rate or columns are unknown, or the table does not fit them.
    """
    path = Path(path)
    data = read_bytes(path)
    text, _ = decode(data, path)
    side = _read_sidecar(path, options)
    values, notes = _read_values(path, text, side.columns)
    match = _SUBJECT.search(path.name)
    person = str(options.get("person") or (match[1] if match else ""))
    infinite = int(np.isinf(values).sum())
    values[np.isinf(values)] = np.nan
    missing = int(np.isnan(values).sum())
    if missing:
        words = f"{missing} value(s) are missing" + (
            f", {infinite} of them written as infinite." if infinite else "."
        )
        notes.append(Note("values_missing", words, count=missing))
    tracks = tuple(
        make_samples(
            name,
            values[:, i].copy(),
            side.rate_hz,
            person=person,
            start_s=side.start_s,
            meta={"unit": side.units[name]} if name in side.units else {},
        )
        for i, name in enumerate(side.columns)
    )
    size = values.shape[0]
    return (
        Recording(
            id=_stem(path),
            format="physio",
            path=path,
            tracks=tracks,
            span=(side.start_s, side.start_s + size / side.rate_hz),
            meta={"sha256": sha256(data), "sidecar_sha256": side.sha256},
            notes=(Note("rows_read", f"{size} row(s) were read.", count=size), *notes),
        ),
    )


def _stem(path: Path) -> str:
    for ending in _ENDINGS:
        if path.name.casefold().endswith(ending):
            return path.name[: -len(ending)] or path.name
    return path.stem


def _sidecar_path(path: Path) -> Path:
    return path.with_name(f"{_stem(path)}.json")


# -- the JSON file -------------------------------------------------------------------------


def _read_sidecar(path: Path, options: Mapping[str, object]) -> Sidecar:
    beside = _sidecar_path(path)
    content: Mapping[str, object] = {}
    digest = ""
    if beside.is_file():
        data = read_bytes(beside, _MAX_SIDECAR)
        digest = sha256(data)
        content = _parse(beside, data)
    elif "rate_hz" not in options or "columns" not in options:
        raise ReadError(
            "has no JSON file beside it, which would say its rate and columns.",
            path=path,
            expected=f"{beside.name}, or the options rate_hz and columns",
        )
    rate = number_option(path, options, "rate_hz")
    if rate is None:
        rate = _number(beside, content, "SamplingFrequency")
        if not 1e-6 <= rate <= 1e9:
            raise ReadError(
                "states no possible rate.",
                path=beside,
                where="SamplingFrequency",
                found=f"{rate:g}",
                expected="samples per second, above 0",
            )
    start = options.get("start_s", content.get("StartTime", 0))
    start_s = _number(beside, {"StartTime": start}, "StartTime")
    if abs(start_s) > LARGEST_TIME_S:
        raise ReadError(
            "starts too far away.", path=beside, where="StartTime", found=f"{start_s:g}"
        )
    columns = options.get("columns", content.get("Columns"))
    if (
        not isinstance(columns, list | tuple)
        or not columns
        or not all(isinstance(name, str) and name.strip() for name in columns)
    ):
        raise ReadError(
            "does not name its columns.",
            path=beside,
            where="Columns",
            found=repr(columns)[:80],
            expected='a list of names such as ["cardiac", "respiratory"]',
        )
    names = tuple(name.strip() for name in columns)
    if len(set(names)) < len(names):
        raise ReadError(
            "names a column twice.", path=beside, where="Columns", found=", ".join(names)[:200]
        )
    units = {
        name: str(about["Units"])
        for name in names
        if isinstance(about := content.get(name), dict) and isinstance(about.get("Units"), str)
    }
    return Sidecar(rate, start_s, names, units, digest)


def _parse(path: Path, data: bytes) -> Mapping[str, object]:
    text, _ = decode(data, path)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReadError(f"is not sound JSON ({str(error)[:120]}).", path=path) from error
    if not isinstance(content, dict):
        raise ReadError("is not a JSON object.", path=path)
    return content


def _number(path: Path, content: Mapping[str, object], key: str) -> float:
    given = content.get(key)
    value = math.nan
    if isinstance(given, int | float) and not isinstance(given, bool):
        try:
            value = float(given)
        except OverflowError:
            value = math.inf
    if not math.isfinite(value):
        raise ReadError(
            "states no number.", path=path, where=key, found=repr(given)[:80], expected="a number"
        )
    return value


# -- the table -----------------------------------------------------------------------------


def _read_values(path: Path, text: str, columns: tuple[str, ...]) -> tuple[FloatArray, list[Note]]:
    """Numbers of shape (rows, columns), nan = missing, and what was odd."""
    lines = text.splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    notes = []
    first = 1
    if lines and tuple(cell.strip() for cell in lines[0].split("\t")) == columns:
        lines, first = lines[1:], 2
        notes.append(
            Note(
                "header_unexpected",
                "The first line repeats the names of the columns and was skipped; BIDS tables "
                "have no header.",
                where="line 1",
                level="warning",
            )
        )
    if not lines:
        raise ReadError("has no rows.", path=path)
    width = len(columns)
    if width * len(lines) > MAX_CELLS:
        raise ReadError("has too many cells.", path=path, expected=f"at most {MAX_CELLS}")
    if "_" not in text and all(lines):
        try:
            body = io.StringIO("\n".join(lines))
            fast = np.loadtxt(body, delimiter="\t", comments=None, ndmin=2)
            if fast.shape == (len(lines), width):
                return np.asarray(fast, dtype=np.float64), notes
        except ValueError:
            pass
    return _careful(path, lines, first, columns), notes


def _careful(path: Path, lines: list[str], first: int, columns: tuple[str, ...]) -> FloatArray:
    width = len(columns)
    flat: list[str] = []
    for at, line in enumerate(lines):
        cells = line.split("\t")
        if len(cells) != width:
            raise ReadError(
                "does not fit the columns its JSON file names.",
                path=path,
                where=f"line {first + at}",
                found=f"{len(cells)} cells",
                expected=f"{width}: {', '.join(columns)[:200]}",
            )
        flat.extend("" if cell.strip() == "n/a" else cell for cell in cells)
    values, odd = parse_numbers(flat)
    if odd.any():
        at = int(np.argmax(odd))
        raise ReadError(
            "holds a cell that is no number.",
            path=path,
            where=f"line {first + at // width}, column {columns[at % width]!r}",
            found=repr(flat[at][:40]),
            expected="a number or n/a",
        )
    return values.reshape(-1, width)


def _sniff(path: Path, head: bytes) -> bool:
    name = path.name.casefold()
    if not name.endswith(_ENDINGS):
        return False
    if name.endswith(tuple(f"_physio{ending}" for ending in _ENDINGS)):
        return True
    try:
        beside = _sidecar_path(path)
        if not beside.is_file() or beside.stat().st_size > _MAX_SIDECAR:
            return False
        content = json.loads(beside.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and {"SamplingFrequency", "Columns"} <= set(content)


register_reader(
    Format(
        name="physio",
        title="BIDS physiology (tsv.gz with a JSON file beside it)",
        suffixes=(".tsv.gz", ".tsv"),
        sniff=_sniff,
        read=read_physio,
    )
)
