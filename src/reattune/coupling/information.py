"""Mutual information: how much one partner's state or class tells about the other's."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from reattune.coupling.entropy import Symbols, count_pairs, find_entropy
from reattune.coupling.pairs import IntArray, check_pair
from reattune.coupling.results import CouplingResult


@dataclass(frozen=True)
class MutualInformation(CouplingResult):
    """Shared information in nats, and what independent samples would seem to share.

    Attributes
    ----------
    information : float
        H1 + H2 - H12, plug-in; at least 0.
    expected_independent : float
        Its mean for independent partners with *independent samples*: (rows - 1)(columns - 1) /
        (2 n). Samples of signals depend on their neighbours, so the true one is larger: compare
        with chance (`reattune.coupling.chance`).
    share : float
        Information over the smaller of both own entropies: 0 ... 1.
    n, n_missing : int
    used : Symbols or None
        None for codes taken as they are.
    """

    measure: ClassVar[str] = "mutual_information"
    information: float
    expected_independent: float
    share: float
    n: int
    n_missing: int
    used: Symbols | None


def measure_information(
    first: ArrayLike, second: ArrayLike, settings: Symbols | None = None
) -> MutualInformation:
    """The mutual information of two partners' codes, or of classes of their signals.

    Parameters
    ----------
    first, second : array_like of float, shape (n,)
        nan = missing: such samples are left out, and counted.
    settings : Symbols, optional
        Classes for signals. None: every different value is a code of its own, for states.

    Returns
    -------
    MutualInformation
        nan without joint samples, or where a partner never changes.

    Notes
    -----
    sum p(a, b) ln(p(a, b) / (p(a) p(b))) (Shannon 1948); its bias after Miller (1955). For signals
    this is the information of equally filled classes, which is well defined for every n; estimates
    for continuous values need choices we do not make for the user.

    Examples
    --------
    >>> round(measure_information([0, 0, 1, 1], [5, 5, 7, 7]).information, 4)
    0.6931
    """
    if settings is None:
        table, n, missing = _count_codes(first, second)
    else:
        table, n, missing = count_pairs(first, second, settings)
    if table is None:
        return MutualInformation(nan, nan, nan, n, missing, settings)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    own = find_entropy(rows), find_entropy(columns)
    if min(own) == 0:
        return MutualInformation(nan, nan, nan, n, missing, settings)
    information = max(0.0, own[0] + own[1] - find_entropy(table))
    freedom = (np.count_nonzero(rows) - 1) * (np.count_nonzero(columns) - 1)
    return MutualInformation(
        information, freedom / (2 * n), information / min(own), n, missing, settings
    )


def _count_codes(first: ArrayLike, second: ArrayLike) -> tuple[IntArray | None, int, int]:
    one, two = check_pair(first, second)
    both = np.isfinite(one) & np.isfinite(two)
    n = int(both.sum())
    if n == 0:
        return None, 0, int(one.size)
    rows, row = np.unique(one[both], return_inverse=True)
    columns, column = np.unique(two[both], return_inverse=True)
    flat = np.bincount(row * columns.size + column, minlength=rows.size * columns.size)
    return flat.reshape(rows.size, columns.size).astype(np.int64), n, one.size - n
