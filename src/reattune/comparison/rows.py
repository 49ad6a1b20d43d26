"""Rows: what is pooled before anything is compared: a dyad, a dyad's side, or a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan

import numpy as np
from numpy.typing import NDArray

from reattune.comparison.columns import Column
from reattune.comparison.latency import Followed, cumulative_hazard, gather
from reattune.comparison.measures import Measure
from reattune.comparison.source import Record, Source, add_counts

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Row:
    """Pooled counts.

    Attributes
    ----------
    unit, level : str
        ``level`` is empty for a number.
    z : float
        The number; nan for a category.
    counts : mapping of str to float
    follow, repaired : arrays
    sessions : int
    label : str
    """

    unit: str
    level: str
    z: float
    counts: Mapping[str, float]
    follow: FloatArray
    repaired: BoolArray
    sessions: int
    label: str = ""


def pool_rows(source: Source, column: Column, part: str) -> list[Row]:
    """The rows of one part, by dyad and then level or time, whatever the order of the sessions."""
    found: dict[tuple[str, str], list[Record]] = {}
    each_session = column.kind == "number" and column.within
    for record in source.records:
        if column.phases:
            if record.part in column.phases:
                found.setdefault((record.unit, record.part), []).append(record)
        elif record.part == part and record.session in column.values:
            value = column.values[record.session]
            key = record.session if each_session else "" if column.kind == "number" else str(value)
            found.setdefault((record.unit, key), []).append(record)
    rows = []
    for (unit, key), held in sorted(found.items()):
        # Sums are taken in one order, so that the order of the table changes no digit.
        records = sorted(held, key=lambda record: (record.session, record.part))
        number = column.values[records[0].session] if column.kind == "number" else nan
        rows.append(
            Row(
                unit,
                key if column.kind == "category" else "",
                float(number),
                add_counts(records),
                np.concatenate([record.follow for record in records]),
                np.concatenate([record.repaired for record in records]),
                len({record.session for record in records}),
                records[0].label,
            )
        )
    return rows


@dataclass(frozen=True, eq=False)
class Numbers:
    """Events over exposure of the rows in which a measure is defined.

    Attributes
    ----------
    rows : tuple of Row
    y, x : float arrays, shape (n,)
        Values and ones for means; for latencies repairs, and the repairs that the speed of all
        would have given.
    """

    rows: tuple[Row, ...]
    y: FloatArray
    x: FloatArray

    def keep(self, chosen: Sequence[bool] | BoolArray) -> Numbers:
        """Only some of the rows."""
        at = np.flatnonzero(np.asarray(chosen))
        return Numbers(tuple(self.rows[i] for i in at.tolist()), self.y[at], self.x[at])

    @property
    def levels(self) -> list[str]:
        """Level of every row."""
        return [row.level for row in self.rows]

    @property
    def z(self) -> FloatArray:
        """Number of every row."""
        return np.array([row.z for row in self.rows], dtype=np.float64)


def take_numbers(rows: Sequence[Row], measure: Measure) -> Numbers:
    """The numbers of a measure; rows in which it is not defined are left out."""
    if measure.form == "latency":
        followed = [row for row in rows if row.follow.size]
        hazard = cumulative_hazard(*_joined(followed))
        edges = np.cumsum([0, *(row.follow.size for row in followed)])
        pairs = [
            (float(row.repaired.sum()), float(hazard[a:b].sum()))
            for row, a, b in zip(followed, edges[:-1], edges[1:], strict=True)
        ]
    elif measure.value is not None:
        followed, pairs = list(rows), [(measure.value(row.counts), 1.0) for row in rows]
    else:
        followed = list(rows)
        pairs = [(row.counts[measure.above], row.counts[measure.below]) for row in rows]
    # What happened without exposure (a rupture where chance gives none) still counts in a sum.
    kept = [i for i, (y, x) in enumerate(pairs) if isfinite(y) and isfinite(x) and (x > 0 or y > 0)]
    return Numbers(
        tuple(followed[i] for i in kept),
        np.array([pairs[i][0] for i in kept], dtype=np.float64),
        np.array([pairs[i][1] for i in kept], dtype=np.float64),
    )


def _joined(rows: Sequence[Row]) -> tuple[FloatArray, BoolArray]:
    return (
        np.concatenate([*(row.follow for row in rows), np.empty(0)]),
        np.concatenate([*(row.repaired for row in rows), np.empty(0, dtype=np.bool_)]),
    )


def follow_rows(rows: Sequence[Row], z: FloatArray) -> Followed:
    """Every rupture of the rows with its dyad (numbered by name) and the row's covariate."""
    gathered = gather([row.follow for row in rows], [row.repaired for row in rows], z)
    names = {name: i for i, name in enumerate(dict.fromkeys(row.unit for row in rows))}
    of_row = np.array([names[row.unit] for row in rows], dtype=np.int64)
    unit = of_row[gathered.unit] if len(rows) else gathered.unit
    return Followed(gathered.time, gathered.repaired, unit, gathered.z)
