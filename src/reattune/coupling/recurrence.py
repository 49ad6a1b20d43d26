"""Cross-recurrence: when one partner is where the other was, and for how long both stay so."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import isfinite, nan
from typing import TYPE_CHECKING, ClassVar, get_args

import numpy as np
from numpy.typing import ArrayLike

from reattune.core.errors import SettingError
from reattune.coupling.embedding import Metric, Points, Recurrence, embed_pair, find_distance_scale
from reattune.coupling.pairs import FloatArray, IntArray, check_count, check_pair
from reattune.coupling.results import CouplingResult

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RecurrenceMeasures(CouplingResult):
    """What a cross-recurrence plot holds. Lengths are in samples; nan where nothing counts.

    Attributes
    ----------
    recurrence_prop : float
        Recurrent cells over cells (RR / 100).
    determinism_prop : float
        Share of recurrent cells in diagonal lines (DET / 100).
    n_lines, longest_line, mean_line : int, int, float
        Diagonal lines of at least ``min_diagonal`` (NRLINE, maxL, L).
    entropy, relative_entropy : float
        -sum p ln p of the line lengths (ENTR), and that over ln(number of different lengths)
        (rENTR); the latter is nan where all lines have one length.
    laminarity_prop, trapping_time, longest_vertical : float, float, int
        Share of recurrent cells in, mean and greatest length of, lines along the second partner's
        time: the second *stays* where the first was at one moment (LAM / 100, TT).
    laminarity_first_prop, trapping_time_first, longest_vertical_first
        The same along the first partner's time.
    n_recurrent, n_cells : int
        Counts; ``n_cells`` is the denominator of the rate.
    n_first, n_second : int
        Observed (embedded) moments.
    used : Recurrence
    """

    measure: ClassVar[str] = "cross_recurrence"
    recurrence_prop: float
    determinism_prop: float
    n_lines: int
    longest_line: int
    mean_line: float
    entropy: float
    relative_entropy: float
    laminarity_prop: float
    trapping_time: float
    longest_vertical: int
    laminarity_first_prop: float
    trapping_time_first: float
    longest_vertical_first: int
    n_recurrent: int
    n_cells: int
    n_first: int
    n_second: int
    used: Recurrence

    def crqa(self) -> dict[str, float]:
        """The numbers under the names, and in the per cent, of the R package crqa.

        As there, L is 0 and max_vertlength nan where there is no line.
        """
        return {
            "RR": 100 * self.recurrence_prop,
            "DET": 100 * self.determinism_prop,
            "NRLINE": self.n_lines,
            "maxL": self.longest_line,
            "L": self.mean_line if self.n_lines else 0.0,
            "ENTR": self.entropy,
            "rENTR": self.relative_entropy,
            "LAM": 100 * self.laminarity_prop,
            "TT": self.trapping_time,
            "max_vertlength": self.longest_vertical or nan,
        }


def measure_recurrence(
    first: ArrayLike, second: ArrayLike, settings: Recurrence | None = None
) -> RecurrenceMeasures:
    """The measures of the cross-recurrence plot of two series.

    Parameters
    ----------
    first, second : array_like of float, shape (n,) and (m,), or (n, d) and (m, d)
        Codes of states (``radius=0``) or signals; d coordinates each. nan = missing: a moment with
        a missing coordinate is in no cell, and a line ends there. Lengths may differ.
    settings : Recurrence, optional

    Returns
    -------
    RecurrenceMeasures

    Raises
    ------
    SettingError
        For infinite values, different numbers of coordinates, or a series without spread that is to
        be normalised.

    Notes
    -----
    Measures as in Marwan, Romano, Thiel & Kurths (2007) and Coco & Dale (2014); numbers agree with
    the R package crqa 2.1.0. Its sides: ``"upper"`` is ``"second_leads"`` here. We differ in
    missing samples, in both directions of vertical lines, and in the denominator, where "valid"
    is the default. No matrix is stored.

    Examples
    --------
    >>> result = measure_recurrence([1, 2, 3, 1, 2], [9, 1, 2, 3, 9])
    >>> result.n_lines, result.longest_line, round(result.recurrence_prop, 3)
    (2, 3, 0.2)
    """
    used = Recurrence() if settings is None else settings
    points = embed_pair(first, second, used)
    return measure_points(points, used)


def measure_points(points: Points, used: Recurrence) -> RecurrenceMeasures:
    """The measures of embedded moments."""
    # numba loads here and not with the package.
    from reattune.coupling.cells import scan_cells

    n, m = points.first.shape[0], points.second.shape[0]
    lowest = 1 if used.side == "first_leads" else -n
    highest = -1 if used.side == "second_leads" else m
    cells, recurrent, lines, along_second, along_first = scan_cells(
        *points,
        used.radius,
        find_distance_scale(points, used),
        get_args(Metric).index(used.metric),
        lowest,
        highest,
        used.theiler,
    )
    seen = int(points.seen_first.sum()), int(points.seen_second.sum())
    base = cells if used.denominator == "valid" else seen[0] * seen[1]
    diagonal = _count_lines(lines, used.min_diagonal)
    vertical = _count_lines(along_second, used.min_vertical)
    other = _count_lines(along_first, used.min_vertical)
    lengths = lines[used.min_diagonal :]
    entropy, relative = _entropy(lengths[lengths > 0])
    return RecurrenceMeasures(
        recurrent / base if base else nan,
        diagonal[0] / recurrent if recurrent else nan,
        diagonal[1],
        diagonal[2],
        diagonal[0] / diagonal[1] if diagonal[1] else nan,
        entropy,
        relative,
        vertical[0] / recurrent if recurrent else nan,
        vertical[0] / vertical[1] if vertical[1] else nan,
        vertical[2],
        other[0] / recurrent if recurrent else nan,
        other[0] / other[1] if other[1] else nan,
        other[2],
        int(recurrent),
        int(base),
        *seen,
        used,
    )


@dataclass(frozen=True, eq=False)
class RecurrenceWindows(CouplingResult):
    """Recurrence measures window by window.

    Attributes
    ----------
    starts : int array, shape (w,)
        First sample of each window.
    windows : tuple of RecurrenceMeasures
    window, step : int
        Samples.
    used : Recurrence
    """

    measure: ClassVar[str] = "cross_recurrence_windows"
    starts: IntArray
    windows: tuple[RecurrenceMeasures, ...]
    window: int
    step: int
    used: Recurrence

    def to_frame(self) -> pd.DataFrame:
        """One row per window: start, and the measures."""
        import pandas as pd

        rows = [w.to_frame().iloc[0].to_dict() for w in self.windows]
        frame = pd.DataFrame(rows)
        frame.insert(0, "start", self.starts)
        return frame

    def summary(self) -> str:
        """How many windows, and the range of their recurrence rates."""
        rates = [w.recurrence_prop for w in self.windows if isfinite(w.recurrence_prop)]
        told = f"rates {min(rates):.3g} to {max(rates):.3g}" if rates else "no rate is defined"
        return f"{self.measure}: {len(self.windows)} windows of {self.window} samples, {told}"


def measure_recurrence_windows(
    first: ArrayLike,
    second: ArrayLike,
    *,
    window: int,
    step: int,
    settings: Recurrence | None = None,
) -> RecurrenceWindows:
    """Recurrence measures in windows of both series.

    Parameters
    ----------
    first, second : array_like of float, shape (n,) or (n, d)
        Of one length.
    window, step : int
        Samples; a last window that is not full is left out.
    settings : Recurrence, optional
        Normalising and rescaling happen inside each window.
    """
    check_count("window", window, 2)
    check_count("step", step)
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.shape[:1] != two.shape[:1]:
        raise SettingError("second", two.shape, f"as many samples as the first: {one.shape[:1]}")
    used = Recurrence() if settings is None else settings
    starts = np.arange(0, one.shape[0] - window + 1, step)
    found = tuple(
        measure_recurrence(one[at : at + window], two[at : at + window], used) for at in starts
    )
    return RecurrenceWindows(starts, found, window, step, used)


def measure_block_entropy(first: ArrayLike, second: ArrayLike) -> float:
    """Entropy of the areas of the rectangles in a categorical cross-recurrence plot.

    Parameters
    ----------
    first, second : array_like of float, shape (n,)
        Codes; nan = missing, which ends a block.

    Returns
    -------
    float
        -sum p ln p over the different areas; nan where no codes are shared. A run of a code of
        the first and a run of it of the second make a rectangle of their lengths (Leonardi 2018).
    """
    one, two = check_pair(first, second)
    areas: list[int] = []
    runs = [_code_runs(one), _code_runs(two)]
    for code in set(runs[0]) & set(runs[1]):
        areas.extend(np.outer(runs[0][code], runs[1][code]).ravel().tolist())
    if not areas:
        return nan
    return _entropy(np.unique(areas, return_counts=True)[1])[0]


def _count_lines(lengths: IntArray, least: int) -> tuple[int, int, int]:
    """Cells in lines of at least that length, number of lines, greatest length."""
    counted = lengths[least:]
    sizes = np.arange(least, lengths.size)
    longest = int(sizes[counted > 0][-1]) if counted.any() else 0
    return int((counted * sizes).sum()), int(counted.sum()), longest


def _entropy(counts: IntArray) -> tuple[float, float]:
    if counts.size == 0:
        return nan, nan
    p = counts / counts.sum()
    entropy = float(-(p * np.log(p)).sum()) + 0.0
    return entropy, entropy / float(np.log(p.size)) if p.size > 1 else nan


def _code_runs(codes: FloatArray) -> dict[float, list[int]]:
    """Lengths of the runs of each code; nan belongs to none."""
    out: dict[float, list[int]] = {}
    changes = np.flatnonzero(codes[1:] != codes[:-1]) + 1
    for start, end in pairwise([0, *changes.tolist(), codes.size]):
        if start == end:
            continue
        if not np.isnan(codes[start]):
            out.setdefault(float(codes[start]), []).append(end - start)
    return out
