"""Moments of a series as points, and what makes two of them recurrent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from reattune.core.checks import check_not_negative, check_option
from reattune.core.errors import SettingError
from reattune.coupling.pairs import BoolArray, FloatArray, check_count, varies

Normalize = Literal["none", "unit", "z"]
Rescale = Literal["none", "mean", "max"]
Metric = Literal["euclidean", "manhattan", "maximum"]
PlotSide = Literal["both", "first_leads", "second_leads"]
Denominator = Literal["valid", "full"]


@dataclass(frozen=True)
class Recurrence:
    """When two moments count as recurrent, and what counts as a line.

    Parameters
    ----------
    radius : float, default 0
        Greatest distance that is recurrent; 0 for codes of states: equal or not.
    delay, embed : int, default 1
        A moment is the point (x[t], x[t + delay], ..., ``embed`` of them).
    normalize : {"none", "unit", "z"}
        Of each series (and coordinate) before: to 0 ... 1, or (x - mean) / SD with n - 1.
    rescale : {"none", "mean", "max"}
        Distances over their mean or greatest one.
    metric : {"euclidean", "manhattan", "maximum"}
    min_diagonal, min_vertical : int, default 2
        Shortest line that counts.
    theiler : int, default 0
        Cells at fewer lags than this from the main diagonal are left out (1: the diagonal itself,
        needed when a series is compared with itself).
    side : {"both", "first_leads", "second_leads"}
        Only cells in which the second comes later (the first leads), or earlier.
    denominator : {"valid", "full"}
        Recurrence rate over the cells that could count, or over all observed cells.
    """

    radius: float = 0.0
    delay: int = 1
    embed: int = 1
    normalize: Normalize = "none"
    rescale: Rescale = "none"
    metric: Metric = "euclidean"
    min_diagonal: int = 2
    min_vertical: int = 2
    theiler: int = 0
    side: PlotSide = "both"
    denominator: Denominator = "valid"

    def __post_init__(self) -> None:
        check_not_negative("radius", self.radius)
        for name, least in (("delay", 1), ("embed", 1), ("theiler", 0)):
            check_count(name, getattr(self, name), least)
        for name in ("min_diagonal", "min_vertical"):
            check_count(name, getattr(self, name), 2)
        check_option("normalize", self.normalize, get_args(Normalize))
        check_option("rescale", self.rescale, get_args(Rescale))
        check_option("metric", self.metric, get_args(Metric))
        check_option("side", self.side, get_args(PlotSide))
        check_option("denominator", self.denominator, get_args(Denominator))


class Points(NamedTuple):
    """Embedded moments of both partners, and which of them are observed."""

    first: FloatArray
    second: FloatArray
    seen_first: BoolArray
    seen_second: BoolArray


def embed_pair(first: ArrayLike, second: ArrayLike, used: Recurrence) -> Points:
    """Normalised and embedded moments of both series."""
    sides = [_as_columns("first", first), _as_columns("second", second)]
    if sides[0].shape[1] != sides[1].shape[1]:
        raise SettingError(
            "second", f"{sides[1].shape[1]} coordinates", f"{sides[0].shape[1]}, as the first has"
        )
    embedded = []
    for name, columns in zip(("first", "second"), sides, strict=True):
        x = _normalize(name, columns, used.normalize)
        n = max(0, x.shape[0] - used.delay * (used.embed - 1))
        parts = [x[k * used.delay : k * used.delay + n] for k in range(used.embed)]
        embedded.append(np.ascontiguousarray(np.hstack(parts)))
    one, two = (np.asarray(np.isfinite(points).all(axis=1)) for points in embedded)
    return Points(embedded[0], embedded[1], one, two)


def find_distance_scale(points: Points, used: Recurrence) -> float:
    """What distances are divided by: 1, their mean, or the greatest; 1 where all are 0."""
    if used.rescale == "none":
        return 1.0
    from reattune.coupling.cells import scan_distances

    mean, most, _ = scan_distances(*points, get_args(Metric).index(used.metric))
    scale = mean if used.rescale == "mean" else most
    return scale if scale > 0 else 1.0


def _as_columns(name: str, values: ArrayLike) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise SettingError(name, f"an array of shape {array.shape}", "shape (n,) or (n, d)")
    if np.isinf(array).any():
        raise SettingError(name, "infinite values", "finite numbers, nan where missing")
    return array


def _normalize(name: str, x: FloatArray, how: Normalize) -> FloatArray:
    if how == "none" or x.size == 0:
        return x
    columns = []
    for column in x.T:
        seen = column[np.isfinite(column)]
        if seen.size and not varies(seen):
            raise SettingError(name, "a constant series", f"one that varies (normalize={how!r})")
        if not seen.size:
            columns.append(column)
        elif how == "unit":
            columns.append((column - seen.min()) / np.ptp(seen))
        else:
            columns.append((column - seen.mean()) / seen.std(ddof=1))
    return np.column_stack(columns)
