"""Symbolic entropy: how many different joint patterns of low, middle and high two partners show."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, nan
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from reattune.coupling.pairs import (
    FloatArray,
    IntArray,
    check_count,
    check_pair,
    check_samples,
    varies,
)
from reattune.coupling.results import CouplingResult


@dataclass(frozen=True)
class Symbols:
    """How samples become symbols.

    Parameters
    ----------
    bins : int, default 3
        Equally filled classes: 3 are terciles (low, middle, high).
    """

    bins: int = 3

    def __post_init__(self) -> None:
        check_count("bins", self.bins, 2)


@dataclass(frozen=True)
class SymbolicEntropy(CouplingResult):
    """Entropy of joint symbols, with the limits it can lie between. Natural logarithms.

    Attributes
    ----------
    entropy : float
        -sum p ln p over joint patterns; low where one partner's class tells the other's.
    lowest, highest : float
        Greater of both own entropies (one tells the other fully), and their sum (unrelated).
    entropy_first, entropy_second : float
        Each partner's own.
    n : int
        Samples with both observed; n_missing : the others.
    used : Symbols
    """

    measure: ClassVar[str] = "symbolic_entropy"
    entropy: float
    lowest: float
    highest: float
    entropy_first: float
    entropy_second: float
    n: int
    n_missing: int
    used: Symbols


def measure_symbolic_entropy(
    first: ArrayLike, second: ArrayLike, settings: Symbols | None = None
) -> SymbolicEntropy:
    """The entropy of two signals' joint classes (terciles by default).

    Parameters
    ----------
    first, second : array_like of float, shape (n,)
        nan = missing: such samples have no symbol and are left out, and counted.
    settings : Symbols, optional

    Returns
    -------
    SymbolicEntropy
        nan where fewer samples than classes are observed, or a signal is constant: it has no
        terciles.

    Notes
    -----
    After the symbolic entropy used for the coordination of teams; programs that count a missing
    sample as a pattern give ln 3 for it. Two signals with clean terciles give ln 3 = 1.099 when
    one tells the other fully and ln 9 = 2.197 when they are unrelated and n is large. From n
    samples unrelated signals give about (patterns - 1) / (2 n) less, more where samples depend on
    their neighbours: compare with chance (`reattune.coupling.chance`).

    Examples
    --------
    >>> round(measure_symbolic_entropy(range(9), range(9)).entropy, 4)
    1.0986
    """
    used = Symbols() if settings is None else settings
    table, n, missing = count_pairs(first, second, used)
    if table is None:
        return SymbolicEntropy(nan, nan, nan, nan, nan, n, missing, used)
    joint, own = find_entropy(table), find_entropy(table.sum(axis=1))
    other = find_entropy(table.sum(axis=0))
    return SymbolicEntropy(joint, max(own, other), own + other, own, other, n, missing, used)


def make_symbols(values: ArrayLike, bins: int = 3) -> FloatArray:
    """The class of each sample, 0 ... bins - 1; nan stays nan.

    Parameters
    ----------
    values : array_like of float, shape (n,)
    bins : int, default 3

    Notes
    -----
    Cut points are the quantiles of the observed samples; a value equal to a cut point belongs below
    it. Tied values share a class, so zero-inflated signals fill the classes unequally, and some
    may stay empty. A constant signal has no classes: all nan.
    """
    x = check_samples("values", values)
    check_count("bins", bins, 2)
    seen = x[np.isfinite(x)]
    if seen.size < bins or not varies(seen):
        return np.full(x.size, nan)
    cuts = np.quantile(seen, np.arange(1, bins) / bins)
    classes = np.searchsorted(cuts, x, side="left").astype(np.float64)
    return np.where(np.isfinite(x), classes, nan)


def count_pairs(
    first: ArrayLike, second: ArrayLike, used: Symbols
) -> tuple[IntArray | None, int, int]:
    """Joint classes as a table of counts (None without classes), samples used, samples left out."""
    one, two = check_pair(first, second)
    both = np.isfinite(one) & np.isfinite(two)
    n = int(both.sum())
    symbols = [make_symbols(x[both], used.bins) for x in (one, two)]
    if n == 0 or np.isnan(symbols[0]).any() or np.isnan(symbols[1]).any():
        return None, n, one.size - n
    index = (symbols[0] * used.bins + symbols[1]).astype(np.int64)
    table = np.bincount(index, minlength=used.bins**2).reshape(used.bins, used.bins)
    return table.astype(np.int64), n, one.size - n


def find_entropy(counts: IntArray) -> float:
    """-sum p ln p of counts."""
    kept = counts[counts > 0]
    total = int(kept.sum())
    return float(sum(-(c / total) * log(c / total) for c in kept.tolist())) + 0.0
