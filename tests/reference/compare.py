"""Comparing measures with the tables of the independent second implementation."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

Row = dict[str, str]


def rows_by(path: Path, *keys: str) -> dict[tuple[str, ...], list[Row]]:
    """Rows of a reference file, grouped by some of its columns."""
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    with path.open() as file:
        for row in csv.DictReader(file):
            groups[tuple(row[key] for key in keys)].append(row)
    return groups


def number(text: str) -> float:
    return float(text) if text else float("nan")


def check(name: str, got: float, wanted: str, *, tolerance: float = 1e-9) -> None:
    """Equal to the reference: undefined where it is undefined, else within the tolerance."""
    expected = number(wanted)
    if np.isnan(expected):
        assert np.isnan(got), f"{name}: got {got}, expected undefined"
    else:
        assert got == pytest.approx(expected, rel=tolerance, abs=1e-11), name


def check_measures(
    values: Mapping[str, tuple[float, float, float, float]],
    rows: list[Row],
    rename: Mapping[str, str] | None = None,
) -> int:
    """Every row of a measures table; returns how many were compared."""
    for row in rows:
        name = row["measure"]
        for old, new in (rename or {}).items():
            name = name.replace(old, new)
        value = values[name]
        check(name, value[0], row["value"])
        check(f"{name} low", value[1], row["low"], tolerance=1e-6)
        check(f"{name} high", value[2], row["high"], tolerance=1e-6)
        if row["n"]:
            assert value[3] == float(row["n"]), f"{name} n"
    return len(rows)
