"""Pairing permutation: do partners of one dyad fit each other more than re-paired strangers?"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reattune.core.criteria import Criteria
from reattune.core.errors import SettingError
from reattune.core.pair import Pair
from reattune.surrogates.chance import ChanceTest
from reattune.surrogates.components import count
from reattune.surrogates.decide import (
    MANY_MISSING,
    MAX_SHORTENED,
    MIN_DYADS,
    ChanceWarning,
    Information,
    caution,
)
from reattune.surrogates.expected import expected
from reattune.surrogates.ranks import ChanceStatistic, quantile, rank, two_sided_p
from reattune.surrogates.ticks import TickPair, TickRuns, common_unit, to_runs

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Dyads = Mapping[str, Pair | Sequence[Pair]]

PRIMARY = ("match_kappa", "excess_repairs")
SECONDARY = ("repair_ratio", "repaired_within_3s")
ENUMERATE_UP_TO = 6


@dataclass(frozen=True, eq=False)
class PairingTable:
    """Every first partner beside every second partner.

    Attributes
    ----------
    dyads : tuple of str
        N of them; row i is the first partner of dyad i, column j the second of dyad j.
    values : mapping of name to float array, shape (N, N)
        Mean over sessions; nan where undefined.
    used_s : float array, shape (N, N)
        Shortest common span used, in seconds.
    cut_prop : float array, shape (N, N)
        Largest share cut from the longer of two paired streams.
    """

    dyads: tuple[str, ...]
    values: Mapping[str, FloatArray]
    used_s: FloatArray
    cut_prop: FloatArray


@dataclass(frozen=True, eq=False)
class _Session:
    x: TickRuns
    y: TickRuns
    cuts: IntArray
    n_ticks: int


def _sessions(dyads: Dyads) -> dict[str, list[Pair]]:
    """Sessions by dyad, checked for one common rule."""
    found = {
        name: [value] if isinstance(value, Pair) else list(value) for name, value in dyads.items()
    }
    if len(found) < 2:
        raise SettingError("dyads", len(found), "at least two dyads to pair anew")
    first: Pair | None = None
    for name, pairs in found.items():
        if not pairs:
            raise SettingError("dyads", f"{name!r} without a session", "one session or more each")
        for pair in pairs:
            first = first or pair
            same = pair.table.states == first.table.states
            if not (same and np.array_equal(pair.table.match, first.table.match)):
                raise SettingError("dyads", f"{name!r} with another table", "one rule for all")
    return found


def _clip(runs: TickRuns, n_ticks: int) -> TickRuns:
    if runs.edges[-1] == n_ticks:
        return runs
    kept = int(np.searchsorted(runs.edges, n_ticks))
    return TickRuns(np.append(runs.edges[:kept], n_ticks), runs.codes[:kept])


def pairing_table(dyads: Dyads, *, criteria: Criteria | None = None) -> PairingTable:
    """Every statistic for each first partner with each second partner of the study.

    Parameters
    ----------
    dyads : mapping of dyad to Pair or sequence of Pair
        One phase; one pair per session, in the order of the sessions. All under one rule.
    criteria : Criteria, optional

    Returns
    -------
    PairingTable
        Clocks run from the onset of the phase; streams that are paired are cut to their common
        span. Session s of one dyad meets session s of the other, up to the smaller number, and
        sessions are averaged.
    """
    sessions = _sessions(dyads)
    unit_s, _ = common_unit(t for pairs in sessions.values() for p in pairs for t in p.ticks_s)
    prepared = [[_prepare(pair, unit_s) for pair in pairs] for pairs in sessions.values()]
    match = np.ascontiguousarray(next(iter(sessions.values()))[0].table.match, dtype=np.int64)
    n = len(prepared)
    values: dict[str, FloatArray] = {}
    used, cut = np.empty((n, n)), np.zeros((n, n))
    for i, j in itertools.product(range(n), range(n)):
        rows: list[dict[str, FloatArray]] = []
        spans = []
        for one, other in zip(prepared[i], prepared[j], strict=False):
            common = min(one.n_ticks, other.n_ticks)
            longer = max(one.n_ticks, other.n_ticks)
            cut[i, j] = max(cut[i, j], 1 - common / longer)
            spans.append(common * unit_s)
            cuts = one.cuts if i == j else np.union1d(one.cuts, other.cuts)
            both = TickPair(
                x=_clip(one.x, common),
                y=_clip(other.y, common),
                cuts=cuts[cuts < common],
                unit_s=unit_s,
                step=1,
                n_steps=common,
                match=match,
            )
            rows.append(count(both, criteria=criteria).statistics())
        used[i, j] = min(spans)
        for name in rows[0]:
            values.setdefault(name, np.empty((n, n)))[i, j] = _mean(
                np.array([row[name][0] for row in rows])
            )
    return PairingTable(tuple(sessions), values, used, cut)


def _prepare(pair: Pair, unit_s: float) -> _Session:
    start, end = pair.window
    n_ticks = max(1, round((end - start) / unit_s))
    cuts = np.rint((np.array(pair.cuts, dtype=np.float64) - start) / unit_s).astype(np.int64)
    return _Session(
        to_runs(pair.x, unit_s, n_ticks),
        to_runs(pair.y, unit_s, n_ticks),
        np.unique(cuts[(cuts > 0) & (cuts < n_ticks)]),
        n_ticks,
    )


def _mean(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


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
    """Mean over dyads, and mean / (sd / sqrt N), of each re-pairing. Shapes (rows,).

    Undefined pairs are left out with their count; fewer than two, or no spread, give nan.
    """
    picked = table[np.arange(table.shape[0]), partners]
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
        studentised mean, ``mean / (sd / sqrt N)``, because plain means reject too often when
        partners resemble each other in tempo or mood. Raw shares and hazards are not offered: what
        partners of one dyad have in common in base rates alone makes them "significant".
    """
    made = table or pairing_table(dyads, criteria=criteria)
    sessions = _sessions(dyads)
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
    mean, t = mean_and_t(table, partners)
    own_mean, own_t = mean_and_t(table, np.arange(table.shape[0])[None, :])
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
        null_low=quantile(known, 0.025),
        null_high=quantile(known, 0.975),
    )


def _warnings(table: PairingTable, seen: Information) -> tuple[ChanceWarning, ...]:
    found = []
    if table.cut_prop.max() > MAX_SHORTENED + 1e-9:
        found.append(
            caution(
                "W_LENGTHS",
                f"Paired streams differ in length by up to {table.cut_prop.max():.0%}; the shortest "
                f"common span used is {table.used_s.min():g} s.",
            )
        )
    if max(seen.missing_prop) > MANY_MISSING + 1e-9:
        found.append(caution("W_MISSING"))
    return tuple(found)


def place_dyad(table: PairingTable, dyad: str, statistic: str = "match_kappa") -> ChanceStatistic:
    """One dyad among the 2 (N - 1) pairings of its own partners with strangers.

    Conservative (.02 to .05 at nominal .05); p can reach .05 from 21 dyads on. Only for
    ``match_kappa`` and ``repair_ratio``.
    """
    if statistic not in ("match_kappa", "repair_ratio"):
        raise SettingError("statistic", statistic, "'match_kappa' or 'repair_ratio'")
    if dyad not in table.dyads:
        raise SettingError("dyad", dyad, "one of " + ", ".join(map(repr, table.dyads)))
    i = table.dyads.index(dyad)
    values = table.values[statistic]
    strangers = np.concatenate([np.delete(values[i], i), np.delete(values[:, i], i)])
    return rank(statistic, float(values[i, i]), strangers)


__all__ = [
    "PRIMARY",
    "SECONDARY",
    "Dyads",
    "PairingTable",
    "mean_and_t",
    "pairing_table",
    "permutations_of",
    "permute_pairs",
    "place_dyad",
    "two_sided_p",
]
