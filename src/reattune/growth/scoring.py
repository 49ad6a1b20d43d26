"""Leave-one-dyad-out scores of accumulators: what the accounts of a rating are compared by."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def baseline_columns(ratings: FloatArray, number: FloatArray) -> tuple[FloatArray, BoolArray]:
    """1, mean of own earlier ratings, previous observed rating, ln n; and which rows count.

    Parameters
    ----------
    ratings : float array, shape (J,)
        One dyad's, nan where missing.
    number : float array, shape (J,)
        Session numbers from 1.
    """
    rated = np.isfinite(ratings)
    filled = np.where(rated, ratings, 0.0)
    count = np.concatenate([[0.0], np.cumsum(rated)[:-1]])
    total = np.concatenate([[0.0], np.cumsum(filled)[:-1]])
    latest = np.maximum.accumulate(np.where(rated, np.arange(ratings.size), -1))
    previous = np.concatenate([[-1], latest[:-1]]).astype(np.int64)
    columns = np.column_stack(
        [
            np.ones(ratings.size),
            total / np.maximum(count, 1.0),
            np.where(previous >= 0, filled[previous], 0.0),
            np.log(number),
        ]
    )
    return columns, rated & (count > 0)


def accumulate(x: FloatArray, rate: float) -> tuple[FloatArray, FloatArray]:
    """What is held before each session, as a constant and a factor of the starting value.

    Parameters
    ----------
    x : float array, shape (J,)
        Evidence of each session; nan (missing) leaves the state as it was.
    rate : float
        lambda in z_{n+1} = z_n + lambda (x_n - z_n).

    Returns
    -------
    constant, factor : float array, shape (J,)
        z_n = constant_n + factor_n z_1.
    """
    constant, factor = np.empty(x.size), np.empty(x.size)
    c, f = 0.0, 1.0
    for n, value in enumerate(x.tolist()):
        constant[n], factor[n] = c, f
        if value == value:
            c, f = c + rate * (value - c), f * (1 - rate)
    return constant, factor


class Design:
    """Cross-products of each dyad's rows, from which every leave-one-dyad-out fit is made.

    Parameters
    ----------
    fixed : sequence of float arrays, each (rows of the dyad, k)
        Columns that do not depend on the training dyads.
    held : sequence of (constant, factor) pairs of arrays, one for each dyad and column
        Columns constant + factor z_1, where z_1 is the training dyads' mean start.
    starts : float array, shape (columns, G)
        Each dyad's start, whose mean over the training dyads is z_1.
    y : sequence of float arrays
    """

    def __init__(
        self,
        fixed: Sequence[FloatArray],
        held: Sequence[Sequence[tuple[FloatArray, FloatArray]]],
        starts: FloatArray,
        y: Sequence[FloatArray],
    ) -> None:
        self.k = fixed[0].shape[1]
        self.n_held = starts.shape[0]
        rows = [
            np.column_stack([f, *[part for pair in h for part in pair], target])
            for f, h, target in zip(fixed, held, y, strict=True)
        ]
        self.cross = np.array([row.T @ row for row in rows])
        self.counts = np.array([row.shape[0] for row in rows], dtype=np.float64)
        self.starts = starts

    @property
    def columns(self) -> int:
        """Coefficients of a fit."""
        return int(self.k + self.n_held)

    def leave_one_out(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Training residual variance, log score of the left-out dyad, last coefficient; (G,)."""
        train = self.cross.sum(axis=0) - self.cross
        n_train = self.counts.sum() - self.counts
        mean_start = _mean_of_others(self.starts)
        a_train, b_train, yy_train = self._reduce(train, mean_start)
        a_out, b_out, yy_out = self._reduce(self.cross, mean_start)
        beta = _solve(a_train, b_train)
        rss_train = yy_train - np.einsum("gi,gi->g", beta, b_train)
        rss_out = (
            yy_out
            - 2 * np.einsum("gi,gi->g", beta, b_out)
            + np.einsum("gi,gij,gj->g", beta, a_out, beta)
        )
        variance = np.maximum(rss_train, 1e-12) / (n_train - self.columns)
        score = -0.5 * (
            self.counts * np.log(2 * pi * variance) + np.maximum(rss_out, 0.0) / variance
        )
        return variance, score, beta[:, -1]

    def _reduce(
        self, cross: FloatArray, start: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Normal equations of each dyad once the starting values are put in."""
        dyads, p = cross.shape[0], self.columns
        turn = np.zeros((dyads, cross.shape[1], p + 1))
        turn[:, np.arange(self.k), np.arange(self.k)] = 1.0
        for h in range(self.n_held):
            turn[:, self.k + 2 * h, self.k + h] = 1.0
            turn[:, self.k + 2 * h + 1, self.k + h] = start[h]
        turn[:, -1, -1] = 1.0
        full = np.einsum("gia,gij,gjb->gab", turn, cross, turn, optimize=True)
        return full[:, :p, :p], full[:, :p, p], full[:, p, p]


def _mean_of_others(starts: FloatArray) -> FloatArray:
    """Mean over all other dyads with a known start. Shape as ``starts``."""
    known = np.isfinite(starts)
    filled = np.where(known, starts, 0.0)
    n = known.sum(axis=1, keepdims=True) - known
    total = filled.sum(axis=1, keepdims=True) - filled
    return np.asarray(np.divide(total, n, out=np.zeros_like(filled), where=n > 0))


def _solve(a: FloatArray, b: FloatArray) -> FloatArray:
    """Least squares from scaled normal equations; a column that says nothing gets 0."""
    scale = np.sqrt(np.maximum(np.einsum("gii->gi", a), 1e-300))
    scaled = a / scale[:, :, None] / scale[:, None, :]
    inverse = np.linalg.pinv(scaled, rcond=1e-12, hermitian=True)
    return np.asarray(np.einsum("gij,gj->gi", inverse, b / scale) / scale)


def choose_best(designs: Sequence[Design]) -> tuple[FloatArray, NDArray[np.int64], FloatArray]:
    """Score, chosen design and last coefficient of each dyad, chosen on its training dyads."""
    parts = [design.leave_one_out() for design in designs]
    variance, score, last = (np.array([part[i] for part in parts]) for i in range(3))
    best = np.argmin(variance, axis=0)
    at = np.arange(best.size)
    return score[best, at], best.astype(np.int64), last[best, at]
