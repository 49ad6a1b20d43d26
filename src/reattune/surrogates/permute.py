"""Pairing permutation: do partners of one dyad fit each other more than re-paired strangers?"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reattune.core.criteria import Criteria
from reattune.surrogates.chance import ChanceTest
from reattune.surrogates.decide import (
    MANY_MISSING,
    MAX_SHORTENED,
    MIN_DYADS,
    ChanceWarning,
    Information,
    caution,
)
from reattune.surrogates.expected import expected
from reattune.surrogates.pairing import Dyads, PairingTable, pairing_table, sessions_by_dyad
from reattune.surrogates.ranks import BAND, ChanceStatistic, quantile, rank

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

PRIMARY = ("match_kappa", "excess_repairs")
SECONDARY = ("repair_ratio", "repaired_within_3s")
ENUMERATE_UP_TO = 6


def permutations_of(n_dyads: int, n: int, rng: np.random.Generator) -> tuple[IntArray, bool]:
    """Partners for every dyad in every surrogate, and whether these are all but the real ones.

    Up to six dyads all permutations other than the identity, beyond ``n`` drawn ones, in which
    the identity may occur. Shape (rows, n_dyads).
    """
    if n_dyads <= ENUMERATE_UP_TO:
        every = np.array(list(itertools.permutations(range(n_dyads))), dtype=np.int64)
        return every[1:], True
    return np.array([rng.permutation(n_dyads) for _ in range(n)], dtype=np.int64), False


def mean_and_t(table: FloatArray, partners: IntArray) -> tuple[FloatArray, FloatArray]:
    """Mean over dyads, and mean / (sd / sqrt N), of each re-pairing. Shapes (rows,)."""
    return studentise(table[np.arange(table.shape[0]), partners])


def studentise(picked: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean of each row, and mean / (sd / sqrt N).

    Undefined values are left out with their count; fewer than two, or no spread, give nan.
    """
    known = ~np.isnan(picked)
    size = known.sum(axis=1)
    total = np.where(known, picked, 0.0).sum(axis=1)
    mean = np.where(size > 0, total / np.maximum(size, 1), np.nan)
    squares = np.where(known, (picked - mean[:, None]) ** 2, 0.0).sum(axis=1)
    sd = np.sqrt(squares / np.maximum(size - 1, 1))
    usable = (size >= 2) & (sd > 1e-12)
    t = np.where(usable, mean * np.sqrt(size) / np.where(usable, sd, 1.0), np.nan)
    return mean, t


def permute_pairs(
    dyads: Dyads,
    *,
    rng: np.random.Generator,
    n: int = 999,
    criteria: Criteria | None = None,
    table: PairingTable | None = None,
) -> ChanceTest:
    """Whether the partners of a dyad fit each other more than strangers at the same moment do.

    Parameters
    ----------
    dyads : mapping of dyad to Pair or sequence of Pair
        See `pairing_table`. Six dyads or more; dyads are permuted, never sessions.
    rng : numpy.random.Generator
        Not used with six dyads, of which all 720 pairings are looked at.
    n : int, default 999
        Permutations.
    criteria : Criteria, optional
    table : PairingTable, optional
        When it was made already.

    Returns
    -------
    ChanceTest
        ``match_kappa`` and ``excess_repairs`` (primary), ``repair_ratio`` and
        ``repaired_within_3s``. Observed and null values are plain means over dyads; p compares the
        studentised mean, ``mean / (sd / sqrt N)`` (ratio and share less their mean over all
        pairs of strangers), because plain means reject too often when
        partners resemble each other in tempo or mood. Raw shares and hazards are not offered: what
        partners of one dyad have in common in base rates alone makes them "significant".
    """
    made = table or pairing_table(dyads, criteria=criteria)
    sessions = sessions_by_dyad(dyads)
    size = len(made.dyads)
    partners, exact = permutations_of(size, n, rng)
    statistics = tuple(
        _statistic(name, made.values[name], partners) for name in (*PRIMARY, *SECONDARY)
    )
    pairs = [pair for found in sessions.values() for pair in found]
    counted = [expected(pair) for pair in pairs]
    spans = [pair.window[1] - pair.window[0] for pair in pairs]
    seen = Information(
        runs=(sum(p.x.n_runs for p in pairs), sum(p.y.n_runs for p in pairs)),
        expected_repairs=float(np.nansum([c.expected_repairs for c in counted])),
        missing_prop=(
            1 - sum(p.x.observed_s for p in pairs) / sum(spans),
            1 - sum(p.y.observed_s for p in pairs) / sum(spans),
        ),
        n_alignments=float(math.factorial(min(size, 150))),
        blocks=1,
    )
    return ChanceTest(
        method="permute_pairs",
        partners=pairs[0].partners,
        statistics=statistics,
        warnings=_warnings(made, seen),
        information=seen,
        observed_s=sum(c.observed_s for c in counted),
        blocks=1,
        block_s=float(np.mean(spans)),
        n_alignments=seen.n_alignments,
        n_drawn=partners.shape[0],
        exact=exact,
        n_dyads=size,
        n_sessions=len(pairs),
    )


def _statistic(name: str, table: FloatArray, partners: IntArray) -> ChanceStatistic:
    own = np.arange(table.shape[0])[None, :]
    mean, _ = mean_and_t(table, partners)
    own_mean, _ = mean_and_t(table, own)
    # K and excess repairs are 0 by chance. A ratio or a share is not: studentised as it stands,
    # its t would mostly compare spreads, so it is taken from what strangers give.
    strangers = table[~np.eye(table.shape[0], dtype=np.bool_)]
    known = strangers[~np.isnan(strangers)]
    centre = float(known.mean()) if name in SECONDARY and known.size else 0.0
    _, t = mean_and_t(table - centre, partners)
    _, own_t = mean_and_t(table - centre, own)
    refused = ""
    if table.shape[0] < MIN_DYADS:
        refused = "R_PAIRS"
    elif int((~np.isnan(np.diag(table))).sum()) < MIN_DYADS:
        refused = "R_UNDEFINED"
    ranked = rank(name, float(own_t[0]), t, refused=refused)
    known = mean[~np.isnan(mean)]
    return replace(
        ranked,
        observed=float(own_mean[0]),
        null_mean=float(known.mean()) if known.size else float("nan"),
        null_median=quantile(known, 0.5),
        null_low=quantile(known, BAND[0]),
        null_high=quantile(known, BAND[1]),
    )


def _warnings(table: PairingTable, seen: Information) -> tuple[ChanceWarning, ...]:
    found = []
    if table.cut_prop.max() > MAX_SHORTENED + 1e-9:
        found.append(
            caution(
                "W_LENGTHS",
                f"Paired streams differ in length by up to {table.cut_prop.max():.0%}; "
                f"the shortest common span used is {table.used_s.min():g} s.",
            )
        )
    if max(seen.missing_prop) > MANY_MISSING + 1e-9:
        found.append(caution("W_MISSING"))
    return tuple(found)
