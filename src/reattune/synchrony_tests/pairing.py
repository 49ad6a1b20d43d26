"""Many dyads: do partners go together more than strangers who are laid side by side?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.core.streams import Signal
from reattune.surrogates.decide import MAX_SHORTENED, MIN_DYADS, ChanceWarning
from reattune.surrogates.permute import mean_and_t, permutations_of, studentise
from reattune.surrogates.ranks import BAND, ChanceStatistic, quantile, rank
from reattune.synchrony import CrossCorrelation, cut_to_common, measure_pairings
from reattune.synchrony_tests.record import measure_statistics
from reattune.synchrony_tests.results import SynchronyChance
from reattune.synchrony_tests.warnings import caution

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Record = tuple[Signal, Signal]
Dyads = Mapping[str, Record | Sequence[Record]]

# Statistics that stay the same when the two partners of a pair are exchanged.
SYMMETRIC = ("mean_z", "mean_abs_z", "lag_zero_z", "lag_zero_abs_z")


@dataclass(frozen=True, eq=False)
class SignalPairings:
    """Every signal of a study beside every other one.

    Attributes
    ----------
    dyads : tuple of str
        N of them.
    values : mapping of str to array of float, shape (2 N, 2 N)
        Row i with column j: signal i as first, signal j as second partner. Signals 0 .. N - 1 are
        the first partners, N .. 2 N - 1 the second ones. Means over sessions; nan where undefined,
        and on the diagonal.
    cut_prop : float
        Largest share cut from the longer of two paired signals.
    n_records : int
    """

    dyads: tuple[str, ...]
    values: Mapping[str, FloatArray]
    cut_prop: float
    n_records: int


def pair_all(
    dyads: Dyads, settings: CrossCorrelation | None = None, *, roles: bool = True
) -> SignalPairings:
    """Every statistic for the signals of all dyads paired with each other.

    Parameters
    ----------
    dyads : mapping of dyad to (Signal, Signal) or a sequence of them
        One pair per session, in order. Session s of one dyad meets session s of another, from
        their first samples on, up to the shorter; sessions are averaged.
    settings : CrossCorrelation, optional
    roles : bool, default True
        Only first with second partners. Otherwise also first with first and second with second.

    Raises
    ------
    SettingError
        Fewer than two dyads, or signals of different rates.
    """
    sessions = {
        name: [value] if isinstance(value, tuple) else list(value) for name, value in dyads.items()
    }
    if len(sessions) < 2 or not all(sessions.values()):
        raise SettingError("dyads", len(sessions), "at least two dyads with a record each")
    size, rounds = len(sessions), max(len(found) for found in sessions.values())
    totals: dict[str, FloatArray] = {}
    counts: dict[str, IntArray] = {}
    cut = 0.0
    for s in range(rounds):
        at = [i for i, found in enumerate(sessions.values()) if len(found) > s]
        records = [found[s] for found in sessions.values() if len(found) > s]
        held, rate = _common(records)
        lengths = [len(a) for a, _ in held]
        cut = max(cut, 1 - min(lengths) / max(lengths))
        signals = [a for a, _ in held] + [b for _, b in held]
        place = at + [size + i for i in at]
        m = len(at)
        pairs = [
            (i, j) for i in range(2 * m) for j in range(2 * m) if (i < m <= j if roles else i != j)
        ]
        found = measure_pairings(signals, settings, rate_hz=rate, pairs=pairs)
        rows = [place[i] for i, _ in pairs]
        columns = [place[j] for _, j in pairs]
        for name, value in measure_statistics(found).items():
            known = np.isfinite(value)
            total = totals.setdefault(name, np.zeros((2 * size, 2 * size)))
            count = counts.setdefault(name, np.zeros((2 * size, 2 * size), dtype=np.int64))
            total[rows, columns] += np.where(known, value, 0.0)
            count[rows, columns] += known
    values = {
        name: np.where(counts[name] > 0, total / np.maximum(counts[name], 1), np.nan)
        for name, total in totals.items()
    }
    n_records = sum(len(found) for found in sessions.values())
    return SignalPairings(tuple(sessions), values, cut, n_records)


def _common(records: Sequence[Record]) -> tuple[list[tuple[FloatArray, FloatArray]], float]:
    held, rates = [], set()
    for x, y in records:
        first, second, rate, _ = cut_to_common(x, y, None, None)
        held.append((first, second))
        rates.add(round(rate, 9))
    if len(rates) > 1:
        told = ", ".join(f"{rate:g}" for rate in sorted(rates))
        raise SettingError("rate_hz", told, "one rate for all signals; resample them first")
    return held, rates.pop()


def permute_partners(
    dyads: Dyads,
    settings: CrossCorrelation | None = None,
    *,
    rng: np.random.Generator,
    n: int = 999,
    roles: bool = True,
    pairings: SignalPairings | None = None,
) -> SynchronyChance:
    """Whether partners go together more than strangers laid side by side do.

    Parameters
    ----------
    dyads : mapping
        See `pair_all`. Six dyads or more; dyads are permuted, never sessions.
    settings : CrossCorrelation, optional
    rng : numpy.random.Generator
        Not used with six dyads and roles, of which all 720 pairings are looked at.
    n : int, default 999
        Pairings drawn.
    roles : bool, default True
        First partners meet second partners. Otherwise everybody may meet everybody, for partners
        without roles; only statistics that do not ask who leads are tested then.
    pairings : SignalPairings, optional
        When made already, with the same ``roles``.

    Returns
    -------
    SynchronyChance
        Observed and null values are means over dyads. p compares the studentised mean,
        ``(mean - c) / (sd / sqrt N)``, c being the mean over all pairs of strangers, because plain
        means reject too often where dyads differ in how lively they are. Absolute values grow with
        how alike two signals are in smoothness, coupled or not: where partners resemble each other
        in that more than strangers do, they exceed strangers for that reason alone (``W_ALIKE``).
    """
    table = pairings or pair_all(dyads, settings, roles=roles)
    size = len(table.dyads)
    own = np.concatenate([np.arange(size, 2 * size), np.arange(size)])[None, :]
    if roles:
        partners, exact = permutations_of(size, n, rng)
        own, partners = own[:, :size], partners + size
        names = tuple(table.values)
    else:
        partners, exact = _match_anybody(2 * size, n, rng), False
        names = SYMMETRIC
    statistics, draws = [], {}
    for name in names:
        row, drawn = _statistic(name, table.values[name], own, partners, size, roles)
        statistics.append(row)
        draws[name] = drawn
    first = next(iter(dyads.values()))
    named = (first if isinstance(first, tuple) else first[0])[0:2]
    warnings: tuple[ChanceWarning, ...] = (caution("W_ALIKE"),)
    if table.cut_prop > MAX_SHORTENED + 1e-9:
        warnings = (*warnings, caution("W_LENGTHS"))
    return SynchronyChance(
        method="permute_pairs",
        partners=(named[0].partner, named[1].partner),
        statistics=tuple(statistics),
        warnings=warnings,
        n_drawn=partners.shape[0],
        exact=exact,
        n_records=table.n_records,
        n_dyads=size,
        draws=draws,
    )


def _match_anybody(size: int, n: int, rng: np.random.Generator) -> IntArray:
    """Random ways to put everybody in pairs; column i holds the partner of i. Shape (n, size)."""
    found = np.empty((n, size), dtype=np.int64)
    for row in found:
        order = rng.permutation(size)
        row[order[::2]], row[order[1::2]] = order[1::2], order[::2]
    return found


def _statistic(
    name: str, table: FloatArray, own: IntArray, partners: IntArray, size: int, roles: bool
) -> tuple[ChanceStatistic, FloatArray]:
    held = table[:size] if roles else (table + table.T) / 2
    strangers = held.copy()
    strangers[np.arange(own.shape[1]), own[0]] = np.nan
    known = strangers[np.isfinite(strangers)]
    centre = float(known.mean()) if known.size else 0.0
    mean, t = _mean_and_t(held - centre, partners, roles)
    own_mean, own_t = _mean_and_t(held - centre, own, roles)
    defined = np.isfinite(held[np.arange(own.shape[1]), own[0]]).sum() // (1 if roles else 2)
    refused = "R_PAIRS" if size < MIN_DYADS else "R_UNDEFINED" if defined < MIN_DYADS else ""
    ranked = rank(name, float(own_t[0]), t, refused=refused)
    drawn = mean[np.isfinite(mean)] + centre
    row = replace(
        ranked,
        observed=float(own_mean[0]) + centre,
        null_mean=float(drawn.mean()) if drawn.size else float("nan"),
        null_median=quantile(drawn, 0.5),
        null_low=quantile(drawn, BAND[0]),
        null_high=quantile(drawn, BAND[1]),
    )
    return row, mean + centre


def _mean_and_t(
    table: FloatArray, partners: IntArray, roles: bool
) -> tuple[FloatArray, FloatArray]:
    """Mean over pairs and its studentised form; without roles every pair stands in twice."""
    if roles:
        return mean_and_t(table, partners)
    picked = table[np.arange(table.shape[0]), partners]
    # Each pair once: the member with the smaller number stands for it.
    once = np.where(np.arange(table.shape[0])[None, :] < partners, picked, np.nan)
    return studentise(once)
