"""Partners re-paired: every combination meets the same strangers in the same order."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reattune.surrogates.decide import MIN_DYADS
from reattune.surrogates.permute import mean_and_t, permutations_of
from reattune.surrogates.ranks import BAND, quantile
from reattune.synchrony import Grid
from reattune.synchrony_multiverse.nested import (
    Nest,
    correlate,
    fit_grids,
    make_tracks,
    read_parts,
)
from reattune.synchrony_multiverse.outcomes import TOO_LONG, Judged, judge
from reattune.synchrony_multiverse.records import Record, Smoothed
from reattune.synchrony_multiverse.result import Specification
from reattune.synchrony_multiverse.settings import SettingsGrid
from reattune.synchrony_tests.record import MIN_WINDOWS

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class _Sums:
    """Sums over sessions for every first with every second partner, of one nest."""

    def __init__(self, parts: int, dyads: int) -> None:
        self.total = np.zeros((parts, dyads, dyads))
        self.count = np.zeros((parts, dyads, dyads), dtype=np.int64)
        self.windows = np.zeros(parts, dtype=np.int64)
        self.records = 0

    def means(self) -> FloatArray:
        """Means over sessions; nan where there are none."""
        return np.asarray(np.where(self.count > 0, self.total / np.maximum(self.count, 1), np.nan))


def repair_partners(
    records: Sequence[Record],
    made: Sequence[Smoothed],
    nests: Sequence[Nest],
    grid: SettingsGrid,
    *,
    surrogates: int,
    seed: int,
    tell: Callable[[str], None],
) -> list[Judged]:
    """Every combination beside the same re-pairings of the same dyads.

    Session s of one dyad meets session s of another; sessions are averaged and dyads are permuted,
    as in `reattune.synchrony_tests.permute_partners`.
    """
    sessions: dict[str, list[Smoothed]] = {}
    for record, one in zip(records, made, strict=True):
        sessions.setdefault(record.dyad, []).append(one)
    size, rounds = len(sessions), max(len(own) for own in sessions.values())
    rng = np.random.default_rng([seed, *b"pairing"])
    partners, _ = permutations_of(size, surrogates, rng)
    combinations = grid.combinations()
    rows: dict[int, Judged] = {}
    for nest in nests:
        sums = _Sums(len(nest.parts), size)
        for s in range(rounds):
            tell(f"pairing: windows of {nest.window_s:g} s, smoothed by {nest.smoothing_s:g} s")
            at = [i for i, own in enumerate(sessions.values()) if len(own) > s]
            _cross([own[s] for own in sessions.values() if len(own) > s], at, nest, sums)
        means = sums.means()
        for k, part in enumerate(nest.parts):
            rows[part.number] = _judge_pairs(
                Specification(*combinations[part.number], "pairing"),
                means[k],
                partners,
                int(sums.windows[k]),
                sums.records,
            )
    return [rows[k] for k in range(len(combinations))]


def _cross(own: Sequence[Smoothed], at: Sequence[int], nest: Nest, sums: _Sums) -> None:
    """Add every first partner beside every second one."""
    grids: dict[int, Grid | None] = {}
    tracks = []
    for one in own:
        if one.n_samples not in grids:
            grids[one.n_samples] = fit_grids([nest], one.n_samples, one.rate_hz)[0]
        fitting = grids[one.n_samples]
        pair = one.values(nest.smoothing_s)
        tracks.append(None if fitting is None else make_tracks(pair, fitting))
    for i, first in enumerate(tracks):
        for j, second in enumerate(tracks):
            if first is None or second is None:
                continue
            x, y = first[0], second[1]
            shared = grids[min(len(x), len(y))]
            if shared is None:
                continue
            found, windows = read_parts(correlate(x, y, nest, shared), nest)
            usable = np.isfinite(found) & (windows >= MIN_WINDOWS)
            sums.total[usable, at[i], at[j]] += found[usable]
            sums.count[usable, at[i], at[j]] += 1
            if i == j:
                sums.windows += np.where(usable, windows, 0)
                sums.records += 1


def _judge_pairs(
    specification: Specification,
    values: FloatArray,
    partners: IntArray,
    n_windows: int,
    n_records: int,
) -> Judged:
    """The mean over dyads; its studentised form, less what strangers give, is ranked."""
    size = values.shape[0]
    own = np.arange(size)[None, :]
    strangers = values[~np.eye(size, dtype=np.bool_)]
    known = strangers[np.isfinite(strangers)]
    centre = float(known.mean()) if known.size else 0.0
    mean, t = mean_and_t(values - centre, partners)
    own_mean, own_t = mean_and_t(values - centre, own)
    refused = ""
    if int(np.isfinite(np.diag(values)).sum()) < MIN_DYADS:
        refused = "R_WINDOWS" if n_records else TOO_LONG
    judged = judge(
        specification,
        float(own_t[0]),
        t,
        n_windows=n_windows,
        n_records=n_records,
        refused=refused,
    )
    seen = mean[np.isfinite(mean)] + centre
    outcome = replace(
        judged.outcome,
        observed=float(own_mean[0]) + centre,
        null_mean=float(seen.mean()) if seen.size else math.nan,
        null_sd=float(seen.std()) if seen.size else math.nan,
        null_low=quantile(seen, BAND[0]),
        null_high=quantile(seen, BAND[1]),
    )
    return judged._replace(outcome=outcome)
