"""Scores in a rating table: columns as they are, or scale means of items."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from reattune.core.errors import ReadError, did_you_mean
from reattune.core.notes import Note
from reattune.io.columns import Column, FloatArray, Table

# With nine items, seven must be there.
SHARE_PRESENT = 0.75
_ITEM = re.compile(r"(.*?)[ _.\-]*(\d{1,2})", re.ASCII)


@dataclass(frozen=True, eq=False)
class Scores:
    """Named scores, one value per row of the table (nan = missing), and how they were made."""

    values: Mapping[str, FloatArray]
    used: frozenset[Column]
    notes: tuple[Note, ...]


def read_scores(table: Table, columns: Sequence[Column]) -> Scores:
    """Scores of every row, by the options ``items``, ``scores``, ``reversed``, ``scale_range``.

    Parameters
    ----------
    columns : sequence of Column
        Those that can be scores: neither case, meeting, date nor rater.

    Notes
    -----
    Without ``items`` and ``scores``, the option ``form`` (name, items, range, subscales, reversed:
    all by item number) scores columns named as its items, where they are there.

    Raises
    ------
    ReadError
        When an option names a column that is not there, or does not fit.
    """
    items, given = table.options.get("items"), table.options.get("scores")
    notes: list[Note] = []
    low_high = _range(table)
    turned = _names(table, columns, "reversed", table.options.get("reversed"))
    if items is None and given is None and "form" in table.options:
        items, worded, found = _score_form(table, columns)
        turned += [column for column in worded if column not in turned]
        notes += found
        low_high = low_high or (form_range(table) if items else None)
    if turned and low_high is None:
        raise table.read_error(
            "cannot reverse items without knowing their scale.",
            "the option scale_range = [lowest, highest]",
        )
    cache: dict[Column, FloatArray] = {}

    def numbers(column: Column) -> FloatArray:
        if column not in cache:
            cache[column] = _numbers(table, column, low_high, notes)
            if column in turned and low_high is not None:
                cache[column] = low_high[0] + low_high[1] - cache[column]
        return cache[column]

    values: dict[str, FloatArray] = {}
    if items is not None:
        if not isinstance(items, Mapping) or not items:
            raise table.read_error(
                f"items = {items!r} is not allowed.", 'a table such as {alliance = ["task*"]}'
            )
        for scale, names in items.items():
            own = _names(table, columns, f"items.{scale}", names)
            values[str(scale)], note = _mean(table, str(scale), [numbers(c) for c in own])
            notes.append(note)
    if given is not None:
        chosen = _names(table, columns, "scores", given)
    else:
        chosen = [] if items is not None else [c for c in columns if is_numeric(table, c)]
    for column in chosen:
        values[column.name] = numbers(column)
    if not values:
        raise table.read_error("has no column with scores.", "numbers, or the option scores")
    unused = [column.name for column in turned if column not in cache]
    if unused:
        raise table.read_error(f"has reversed items in no scale: {', '.join(unused)}.")
    if turned and low_high is not None:
        names = ", ".join(column.name for column in turned)
        told = f"Reversed as {low_high[0]:g} + {low_high[1]:g} minus the value: {names}."
        notes.append(Note("items_reversed", told, count=len(turned)))
    return Scores(values, frozenset(cache), tuple(notes))


def form_columns(table: Table, columns: Sequence[Column]) -> list[str]:
    """Names of columns that may be items of the option ``form``; none without it."""
    if "form" not in table.options:
        return []
    return [c.name.strip() for c in columns if _ITEM.fullmatch(c.name.strip())]


def _score_form(
    table: Table, columns: Sequence[Column]
) -> tuple[dict[str, list[str]] | None, list[Column], list[Note]]:
    """Scales, reversed items and a note from the item numbers of a form; None without its items.

    Items are columns with one beginning and the numbers 1 to n: ``wai_1`` ... ``wai_12``. Two such
    sets cannot be told apart, and then nothing is scored.
    """
    form = table.options["form"]
    if not isinstance(form, Mapping):
        raise table.read_error(f"form = {form!r} is not allowed.", "a table with items = 12, ...")
    count = int(str(form["items"]))
    sets: dict[str, dict[int, Column]] = {}
    for column in columns:
        match = _ITEM.fullmatch(column.name.strip())
        if match and is_numeric(table, column):
            sets.setdefault(match[1].casefold(), {})[int(match[2])] = column
    whole = [(start, own) for start, own in sets.items() if set(range(1, count + 1)) <= set(own)]
    if len(whole) != 1:
        return None, [], []
    start, own = whole[0]
    title = str(form.get("name", "form"))
    parts = {str(name): list(numbers) for name, numbers in dict(form.get("subscales", {})).items()}
    total = start.strip(" _.-") or title.casefold()
    scales = {total: list(range(1, count + 1)), **{k: v for k, v in parts.items() if k != total}}
    items = {name: [own[number].name for number in numbers] for name, numbers in scales.items()}
    worded = [own[number] for number in form.get("reversed", ())]
    told = (
        f"{own[1].name} to {own[count].name} were scored as the items of {title}, in that order: "
        f"{', '.join(scales)}."
    )
    return items, worded, [Note("form_scored", told, count=count)]


def form_range(table: Table) -> tuple[float, float] | None:
    """Lowest and highest answer to an item, as the option ``form`` says."""
    form = table.options.get("form")
    given = form.get("range") if isinstance(form, Mapping) else None
    return None if given is None else (float(given[0]), float(given[1]))


def is_numeric(table: Table, column: Column) -> bool:
    """Whether more cells are numbers than are something else."""
    values, odd = table.numbers(column)
    return int(np.isfinite(values).sum()) > int(odd.sum())


def _numbers(
    table: Table, column: Column, low_high: tuple[float, float] | None, notes: list[Note]
) -> FloatArray:
    """Values of a column; what is no number is missing, and told."""
    values, odd = table.numbers(column)
    odd |= np.isinf(values)
    values[odd] = np.nan
    where = f"column {column.name!r}"
    if odd.any():
        line = table.cells.line(int(np.argmax(odd)))
        cell = table.cells.rows[int(np.argmax(odd))][column.index].strip()[:40]
        count = int(odd.sum())
        told = f"{count} cell(s) are no numbers and were taken as missing (line {line}: {cell!r})."
        notes.append(Note("cells_not_numeric", told, where, count, "warning"))
    if low_high is not None:
        with np.errstate(invalid="ignore"):
            outside = (values < low_high[0]) | (values > low_high[1])
        if outside.any():
            line = table.cells.line(int(np.argmax(outside)))
            count = int(outside.sum())
            told = (
                f"{count} value(s) lie outside {low_high[0]:g} to {low_high[1]:g} and were kept "
                f"(first at line {line})."
            )
            notes.append(Note("values_outside_range", told, where, count, "warning"))
    return values


def _mean(table: Table, scale: str, items: Sequence[FloatArray]) -> tuple[FloatArray, Note]:
    """Mean of the items present, where enough of them are; nan elsewhere."""
    least = _least(table, scale, len(items))
    block = np.stack(items)
    present = (~np.isnan(block)).sum(axis=0)
    enough = present >= least
    sums = np.where(np.isnan(block), 0.0, block).sum(axis=0)
    means = np.full(present.size, np.nan)
    means[enough] = sums[enough] / present[enough]
    partly = int((enough & (present < len(items))).sum())
    few = int((~enough & (present > 0)).sum())
    told = (
        f"{scale!r} is the mean of the items present, of {len(items)}, where at least {least} are; "
        f"{partly} row(s) are means of fewer than all, {few} row(s) have too few and are missing."
    )
    return means, Note("scale_of_items", told, f"scale {scale!r}", partly + few)


def _least(table: Table, scale: str, count: int) -> int:
    given = table.options.get("min_items")
    if isinstance(given, Mapping):
        given = given.get(scale)
    if given is None:
        return max(1, math.ceil(SHARE_PRESENT * count))
    if not isinstance(given, int) or isinstance(given, bool) or not 1 <= given <= count:
        raise ReadError(
            f"min_items = {given!r} is not allowed for {scale!r}.",
            path=table.path,
            expected=f"a whole number from 1 to {count}",
        )
    return given


def _range(table: Table) -> tuple[float, float] | None:
    given = table.options.get("scale_range")
    if given is None:
        return None
    if isinstance(given, list | tuple) and len(given) == 2:
        try:
            low, high = float(given[0]), float(given[1])
        except (TypeError, ValueError):
            low = high = math.nan
        if math.isfinite(low) and math.isfinite(high) and low < high:
            return low, high
    raise ReadError(
        f"scale_range = {given!r} is not allowed.", path=table.path, expected="[lowest, highest]"
    )


def _names(table: Table, columns: Sequence[Column], option: str, given: object) -> list[Column]:
    """Columns by name; ``*`` stands for anything."""
    if given is None:
        return []
    patterns = [str(name) for name in (given if isinstance(given, list | tuple) else [given])]
    found: list[Column] = []
    for pattern in patterns:
        folded = pattern.strip().casefold()
        hits = [c for c in columns if fnmatchcase(c.name.strip().casefold(), folded)]
        if not hits:
            known = did_you_mean(pattern, [column.name for column in columns])
            raise ReadError(f"has no column {pattern!r} (option {option}).{known}", path=table.path)
        found += [column for column in hits if column not in found]
    if not found:
        raise ReadError(f"the option {option} names no column.", path=table.path)
    return found
