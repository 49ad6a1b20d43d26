"""The path of best lags through a table, with a limit on how fast the lag may change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_positive
from reattune.core.errors import SettingError
from reattune.synchrony.table import CrossTable

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LagPath:
    """One lag per window, changing no faster than allowed; arrays of shape (n_windows,).

    Attributes
    ----------
    lag_s : array of float
        Positive: the first partner leads; nan where the path crosses a missing cell.
    value : array of float
        z (or r) on the path, with its sign.
    time_s : array of float
        Middle of both partners' windows at that lag.
    mean : float
        Mean value on the path. Being the best of very many paths it is large without any coupling:
        it needs the null of best paths beside it.
    n_missing : int
        Windows in which the path has no value.
    speed : float
        The limit used: seconds of lag per second, after rounding down to samples.
    """

    lag_s: FloatArray
    value: FloatArray
    time_s: FloatArray
    mean: float
    n_missing: int
    speed: float


def find_lag_path(table: CrossTable, *, max_speed: float = 0.2, absolute: bool = False) -> LagPath:
    """The lag over time that collects the largest sum of z and changes no faster than allowed.

    The best lag of each window by itself jumps from side to side where nothing is strong. Two
    people's lead changes more slowly.

    Parameters
    ----------
    table : CrossTable
    max_speed : float, default 0.2
        Seconds of lag per second of time.
    absolute : bool, default False
        Collect absolute values, so that movement in opposite directions counts.

    Raises
    ------
    SettingError
        A limit below one sample of lag from window to window.

    Notes
    -----
    Dynamic programming over all paths. A missing cell scores as the smallest value of the table: a
    path crosses it where it must and has no value there; a window without any value scores nothing.
    """
    from reattune.synchrony.loops import trace_path

    check_positive("max_speed", max_speed)
    grid = table.grid
    reach = int(np.floor(max_speed * grid.step + 1e-9))
    if reach < 1:
        raise SettingError(
            "max_speed",
            max_speed,
            f"at least {1 / grid.step:g}: one sample of lag from window to window",
        )
    values = np.abs(table.values) if absolute else table.values
    missing = table.missing
    lowest = float(values[~missing].min()) if not missing.all() else 0.0
    score = np.where(missing, lowest, values)
    score[missing.all(axis=1)] = 0.0
    path = trace_path(np.ascontiguousarray(score), reach)
    rows = np.arange(path.size)
    lost = missing[rows, path]
    found = np.where(lost, np.nan, table.values[rows, path])
    return LagPath(
        lag_s=np.where(lost, np.nan, table.lags_s[path]),
        value=found,
        time_s=np.where(lost, np.nan, grid.cell_centres_s[rows, path]),
        mean=float(found[~lost].mean()) if not lost.all() else float("nan"),
        n_missing=int(lost.sum()),
        speed=reach / grid.step,
    )
