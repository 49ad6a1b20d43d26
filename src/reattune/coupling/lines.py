"""Straight lines by least squares, with care for columns that cannot be told apart."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from reattune.coupling.pairs import FloatArray

BoolArray = NDArray[np.bool_]

# As R's lm: a column that keeps less than this of its length beside the ones before it is dropped.
_ALIAS = 1e-7


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """A fit by least squares.

    Attributes
    ----------
    coefficients : float array, shape (k,)
        nan where a column cannot be told apart from others.
    errors : float array, shape (k,)
        Standard errors; nan there too, and without degrees of freedom.
    rss : float
        Sum of squared residuals.
    n, rank : int
    """

    coefficients: FloatArray
    errors: FloatArray
    rss: float
    n: int
    rank: int


def fit_least_squares(x: FloatArray, y: FloatArray, *, drop_later: bool = False) -> LeastSquares:
    """The fit of y on the columns of x.

    Parameters
    ----------
    x : float array, shape (n, k)
    y : float array, shape (n,)
        Without missing values.
    drop_later : bool, default False
        Of columns that say the same, keep the first and drop the later ones, as R's ``lm`` does. By
        default none of them gets a coefficient: which one was kept would decide the number.
    """
    n, k = x.shape
    coefficients, errors = np.full(k, nan), np.full(k, nan)
    if n == 0:
        return LeastSquares(coefficients, errors, nan, 0, 0)
    kept = _independent(x)
    part = x[:, kept]
    solved, *_ = np.linalg.lstsq(part, y, rcond=None)
    residuals = y - part @ solved
    rss, rank = float(residuals @ residuals), int(kept.sum())
    shown = kept if drop_later else kept & _alone(x, kept)
    coefficients[shown] = solved[shown[kept]]
    if n > rank > 0:
        scale = np.linalg.norm(part, axis=0)
        inverse = np.linalg.inv((part / scale).T @ (part / scale))
        own = np.sqrt(rss / (n - rank) * np.diag(inverse)) / scale
        errors[shown] = own[shown[kept]]
    return LeastSquares(coefficients, errors, rss, n, rank)


def adjust_r2(rss: float, tss: float, n: int, rank: int, lost: int) -> float:
    """Adjusted share of variance; ``lost`` are the degrees of freedom that went into ``tss``."""
    if not (tss > 0 and n > rank and n > lost):
        return nan
    return 1 - (rss / (n - rank)) / (tss / (n - lost))


def remove_line(values: FloatArray) -> FloatArray:
    """The values minus their own straight line over time; nan stays nan."""
    seen = np.isfinite(values)
    out = np.array(values)
    if not seen.any():
        return out
    time = np.flatnonzero(seen).astype(np.float64)
    centred = time - time.mean()
    level = values[seen] - values[seen].mean()
    spread = float(centred @ centred)
    rest = level - (float(centred @ level) / spread * centred if spread > 0 else 0.0)
    # Of a constant or a line nothing is left but rounding.
    nothing = np.abs(rest).max() <= 1e-12 * np.abs(values[seen]).max()
    out[seen] = 0.0 if nothing else rest
    return out


def _independent(x: FloatArray) -> BoolArray:
    """Columns that are no combination of the ones before them."""
    kept = np.zeros(x.shape[1], dtype=bool)
    basis: list[FloatArray] = []
    for at, column in enumerate(x.T):
        rest, size = column.copy(), float(np.linalg.norm(column))
        for _ in range(2):
            for axis in basis:
                rest = rest - float(axis @ rest) * axis
        length = float(np.linalg.norm(rest))
        if size > 0 and length > _ALIAS * size and len(basis) < x.shape[0]:
            kept[at] = True
            basis.append(rest / length)
    return kept


def _alone(x: FloatArray, kept: BoolArray) -> BoolArray:
    """Columns that take no part in any dropped one."""
    alone = np.ones(x.shape[1], dtype=bool)
    for at in np.flatnonzero(~kept):
        if not np.linalg.norm(x[:, at]) > 0:
            continue
        weights, *_ = np.linalg.lstsq(x[:, kept], x[:, at], rcond=None)
        sizes = np.abs(weights) * np.linalg.norm(x[:, kept], axis=0) / np.linalg.norm(x[:, at])
        alone[np.flatnonzero(kept)[sizes > _ALIAS]] = False
    return alone
