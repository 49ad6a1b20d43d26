"""Pairings: every first partner of a study beside every second one."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.criteria import Criteria
from reattune.core.errors import SettingError
from reattune.core.pair import Pair
from reattune.surrogates.components import STATISTICS, count
from reattune.surrogates.ranks import ChanceStatistic, rank
from reattune.surrogates.ticks import TickPair, TickRuns, common_unit, to_runs

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Dyads = Mapping[str, Pair | Sequence[Pair]]


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


def sessions_by_dyad(dyads: Dyads) -> dict[str, list[Pair]]:
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
    sessions = sessions_by_dyad(dyads)
    unit_s, _ = common_unit(t for pairs in sessions.values() for p in pairs for t in p.ticks_s)
    prepared = [[_prepare(pair, unit_s) for pair in pairs] for pairs in sessions.values()]
    match = np.ascontiguousarray(next(iter(sessions.values()))[0].table.match, dtype=np.int64)
    n = len(prepared)
    stacked = np.empty((n, n, len(STATISTICS)))
    used, cut = np.empty((n, n)), np.zeros((n, n))
    for i, j in itertools.product(range(n), range(n)):
        rows: list[list[float]] = []
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
            found = count(both, criteria=criteria).statistics()
            rows.append([float(value[0]) for value in found.values()])
        used[i, j] = min(spans)
        stacked[i, j] = _mean(np.array(rows))
    values = {name: stacked[:, :, k] for k, name in enumerate(STATISTICS)}
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


def _mean(rows: FloatArray) -> FloatArray:
    """Mean of each column over its defined values; nan without any."""
    known = ~np.isnan(rows)
    size = known.sum(axis=0)
    # inf (a quartile not reached) stays inf.
    total = np.where(known, rows, 0.0).sum(axis=0)
    return np.where(size > 0, total / np.maximum(size, 1), np.nan)


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
