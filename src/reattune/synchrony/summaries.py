"""Summaries of a table: signed and absolute side by side, by leader, by window and by lag."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.synchrony.table import CrossTable

FloatArray = NDArray[np.float64]
NAN = float("nan")
# Values that differ by less are equal.
_TIE = 1e-12


@dataclass(frozen=True)
class LeadAverages:
    """Means over the cells of a table by who leads.

    Attributes
    ----------
    all_lags : float
        The grand mean.
    first_leads, second_leads : float
        Positive lags; negative lags.
    lag_zero : float
    first_leads_or_zero, second_leads_or_zero : float
        The same with lag zero.
    """

    all_lags: float
    first_leads: float
    second_leads: float
    lag_zero: float
    first_leads_or_zero: float
    second_leads_or_zero: float


@dataclass(frozen=True)
class CrossSummary:
    """A table in numbers.

    Attributes
    ----------
    signed, absolute : LeadAverages
        Of z (or r) as it is, and of its absolute value. The absolute mean is above 0 without any
        coupling, the more so the shorter the windows; the signed mean hides what goes in opposite
        directions. Neither says anything without its null.
    sd, low, high : float
        Standard deviation (n - 1), smallest and largest value of all cells.
    n_cells : int
        Cells with a value.
    missing : dict
        Cells without one, by reason.
    missing_prop : float
    n_windows, n_windows_missing : int
        All windows; those without any value.
    both_zero_prop : float
        Share of observed sample pairs in which both signals are exactly 0.
    """

    signed: LeadAverages
    absolute: LeadAverages
    sd: float
    low: float
    high: float
    n_cells: int
    missing: dict[str, int]
    missing_prop: float
    n_windows: int
    n_windows_missing: int
    both_zero_prop: float

    def to_dict(self) -> dict[str, object]:
        """A plain copy."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class WindowAverages:
    """The means of `LeadAverages` for every window, each an array of shape (n_windows,).

    Attributes
    ----------
    time_s : array of float
        Middle of the window over both partners and all lags.
    all_lags, first_leads, second_leads, lag_zero, first_leads_or_zero, second_leads_or_zero
        nan where no cell has a value.
    n_cells : array of int
        Cells with a value.
    """

    time_s: FloatArray
    all_lags: FloatArray
    first_leads: FloatArray
    second_leads: FloatArray
    lag_zero: FloatArray
    first_leads_or_zero: FloatArray
    second_leads_or_zero: FloatArray
    n_cells: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class BestLags:
    """The lag with the largest value in every window; each an array of shape (n_windows,).

    Attributes
    ----------
    lag_s : array of float
        Positive: the first partner leads; nan where the window has no value.
    value : array of float
        z (or r) there, with its sign.
    time_s : array of float
        Middle of both partners' windows at that lag.
    at_edge : array of bool
        The largest value lies at the largest lag: the true one may lie beyond.
    """

    lag_s: FloatArray
    value: FloatArray
    time_s: FloatArray
    at_edge: NDArray[np.bool_]


def mean_of(values: FloatArray, axis: int | None = None) -> FloatArray:
    """Mean of the values there are; nan where there are none."""
    seen = np.isfinite(values)
    n = seen.sum(axis=axis)
    total = np.where(seen, values, 0.0).sum(axis=axis)
    return np.asarray(np.where(n > 0, total / np.maximum(n, 1), NAN), dtype=np.float64)


def _by_leader(table: CrossTable, absolute: bool) -> dict[str, FloatArray]:
    values = np.abs(table.values) if absolute else table.values
    zero = table.grid.max_lag
    return {
        "all_lags": values,
        "first_leads": values[:, zero + 1 :],
        "second_leads": values[:, :zero],
        "lag_zero": values[:, zero : zero + 1],
        "first_leads_or_zero": values[:, zero:],
        "second_leads_or_zero": values[:, : zero + 1],
    }


def summarize(table: CrossTable) -> CrossSummary:
    """The table in numbers: means by leader, signed and absolute, and what is missing."""
    averages = [
        LeadAverages(**{name: float(mean_of(v)) for name, v in _by_leader(table, absolute).items()})
        for absolute in (False, True)
    ]
    there = table.values[~table.missing]
    n = int(there.size)
    return CrossSummary(
        signed=averages[0],
        absolute=averages[1],
        sd=float(there.std(ddof=1)) if n > 1 else NAN,
        low=float(there.min()) if n else NAN,
        high=float(there.max()) if n else NAN,
        n_cells=n,
        missing=table.count_missing(),
        missing_prop=float(table.missing.mean()),
        n_windows=table.grid.shape[0],
        n_windows_missing=int(table.missing.all(axis=1).sum()),
        both_zero_prop=table.both_zero_prop,
    )


def average_windows(table: CrossTable, *, absolute: bool = False) -> WindowAverages:
    """Means over the lags of every window, by who leads."""
    means = {name: mean_of(v, axis=1) for name, v in _by_leader(table, absolute).items()}
    return WindowAverages(time_s=table.centres_s, n_cells=(~table.missing).sum(axis=1), **means)


def average_lags(table: CrossTable, *, absolute: bool = False) -> FloatArray:
    """Mean over the windows at every lag, shape (n_lags,); nan where no window has a value."""
    return mean_of(np.abs(table.values) if absolute else table.values, axis=0)


def find_best_lags(table: CrossTable, *, absolute: bool = False) -> BestLags:
    """The lag with the largest value in every window.

    With ``absolute`` the largest absolute value, so that movement in opposite directions counts.
    Where several lags are equal but for rounding (a window with a single burst) it is the first of
    them, as in rMEA: the one furthest on the side where the second partner leads.
    """
    values = np.abs(table.values) if absolute else table.values
    empty = table.missing.all(axis=1)
    there = np.where(table.missing, -np.inf, values)
    best = np.argmax(there >= there.max(axis=1, keepdims=True) - _TIE, axis=1)
    rows = np.arange(best.size)
    last = values.shape[1] - 1
    return BestLags(
        lag_s=np.where(empty, NAN, table.lags_s[best]),
        value=np.where(empty, NAN, table.values[rows, best]),
        time_s=np.where(empty, NAN, table.grid.cell_centres_s[rows, best]),
        at_edge=~empty & ((best == 0) | (best == last)) & (last > 0),
    )


def describe(table: CrossTable, summary: CrossSummary) -> list[str]:
    """The summary in sentences."""
    grid, kind = table.grid, "z" if table.options.fisher_z else "r"
    first, second = table.partners
    lines = [
        f"{first} and {second}: {summary.n_windows} windows of {grid.window_s:g} s, "
        f"{grid.step_s:g} s apart; lags up to {table.lags_s[-1]:g} s either way."
    ]
    if not summary.n_cells:
        return [*lines, "No correlation could be computed." + _say_missing(summary)]
    signed, absolute = summary.signed, summary.absolute
    lines.append(
        f"Mean {kind} {signed.all_lags:.3f}; mean absolute {kind} {absolute.all_lags:.3f}, which "
        "is above 0 without any coupling. Compare both with their null before reading them."
    )
    if grid.max_lag:
        lines.append(
            f"Mean {kind} where the {first} leads {signed.first_leads:.3f} (absolute "
            f"{absolute.first_leads:.3f}), where the {second} leads {signed.second_leads:.3f} "
            f"({absolute.second_leads:.3f}), at the same time {signed.lag_zero:.3f} "
            f"({absolute.lag_zero:.3f})."
        )
    if missing := _say_missing(summary).strip():
        lines.append(missing)
    if summary.both_zero_prop >= 0.5:
        lines.append(
            f"Both signals are 0 in {summary.both_zero_prop:.0%} of the observed samples: "
            "correlations rest on the bursts between."
        )
    return lines


def _say_missing(summary: CrossSummary) -> str:
    told = [f"{n} {reason}" for reason, n in summary.missing.items() if n]
    if not told:
        return ""
    return f" {summary.missing_prop:.1%} of the cells are missing ({', '.join(told)})."
