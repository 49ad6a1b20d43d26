"""Every record by itself: its windows moved, or its second signal made anew."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from reattune.synchrony import Grid
from reattune.synchrony_multiverse.draws import count_blocks, make_signals, plan_common
from reattune.synchrony_multiverse.nested import (
    Nest,
    correlate,
    fit_grids,
    make_tracks,
    read_parts,
)
from reattune.synchrony_multiverse.outcomes import TOO_LONG, Judged, judge
from reattune.synchrony_multiverse.records import Smoothed
from reattune.synchrony_multiverse.result import Specification
from reattune.synchrony_multiverse.settings import SettingsGrid
from reattune.synchrony_tests.record import MIN_ALIGNMENTS, MIN_WINDOWS
from reattune.synchrony_tests.warnings import WORDS

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class _Values:
    """Every combination in every record, and in every surrogate of it."""

    def __init__(self, combinations: int, records: int, surrogates: int) -> None:
        self.own = np.full((combinations, records), np.nan)
        self.windows = np.zeros((combinations, records), dtype=np.int64)
        self.draws = np.full((combinations, records, surrogates), np.nan)
        self.few = np.zeros(records, dtype=np.bool_)


def redraw(
    null: str,
    made: Sequence[Smoothed],
    nests: Sequence[Nest],
    grid: SettingsGrid,
    *,
    surrogates: int,
    seed: int,
    blocks: float | str | None,
    tell: Callable[[str], None],
) -> tuple[list[Judged], list[str]]:
    """Every combination beside surrogates of the records, and what limits the reading.

    A combination's value is the mean over the records that have at least ten windows for it, and
    surrogate b of it the mean over surrogates b of the same records.
    """
    values = _Values(len(grid.combinations()), len(made), surrogates)
    whole = 0
    # One child generator per record: what one draws does not depend on the others' lengths.
    generators = np.random.default_rng([seed, *null.encode()]).spawn(len(made))
    for at, (one, rng) in enumerate(zip(made, generators, strict=True)):
        tell(f"{null}: record {at + 1} of {len(made)}")
        grids = fit_grids(nests, one.n_samples, one.rate_hz)
        lengths = {g.window: g for g in grids if g is not None}
        if not lengths:
            continue
        plans: dict[int, IntArray] = {}
        anew: list[FloatArray] = []
        if null == "rotate":
            n_blocks = count_blocks(list(lengths.values()), blocks)
            whole += n_blocks == 1
            moves, ways = plan_common(list(lengths.values()), n_blocks, rng=rng, n=surrogates)
            plans = dict(zip(lengths, moves, strict=True))
            values.few[at] = ways < MIN_ALIGNMENTS
        else:
            anew = make_signals(one.values(0.0)[1], null, surrogates, rng)
        for nest, own in zip(nests, grids, strict=True):
            if own is not None:
                _fill(values, at, one, nest, own, plans.get(own.window), anew)
    notes = []
    if whole:
        notes.append(
            f"{whole} of {len(made)} records were rotated as a whole, because the longest windows "
            "need it: slow change common to both partners is then not separated from timing."
        )
    if null != "rotate":
        notes.append(WORDS[f"W_{null.upper()}"])
    return _over_records(null, values, grid), notes


def _fill(
    values: _Values,
    at: int,
    one: Smoothed,
    nest: Nest,
    grid: Grid,
    moves: IntArray | None,
    anew: Sequence[FloatArray],
) -> None:
    """Own values and those of all surrogates of one record in one nest."""
    places = [part.number for part in nest.parts]
    x, y = make_tracks(one.values(nest.smoothing_s), grid)
    own, windows = read_parts(correlate(x, y, nest, grid), nest)
    values.own[places, at], values.windows[places, at] = own, windows
    for b in range(values.draws.shape[2]):
        if moves is not None:
            r = correlate(x, y, nest, grid, moves[b])
        else:
            (other,) = make_tracks([one.smooth_values(anew[b], nest.smoothing_s)], grid)
            r = correlate(x, other, nest, grid)
        values.draws[places, at, b] = read_parts(r, nest)[0]


def _over_records(null: str, values: _Values, grid: SettingsGrid) -> list[Judged]:
    rows = []
    for k, combination in enumerate(grid.combinations()):
        enough = (values.windows[k] >= MIN_WINDOWS) & np.isfinite(values.own[k]) & ~values.few
        draws = np.full(values.draws.shape[2], np.nan)
        observed, refused = math.nan, ""
        if enough.any():
            draws = _mean(values.draws[k][enough])
            observed = float(values.own[k][enough].mean())
        elif values.few.any():
            refused = "R_SHIFTS"
        else:
            refused = "R_WINDOWS" if values.windows[k].any() else TOO_LONG
        row = judge(
            Specification(*combination, null),
            observed,
            draws,
            n_windows=int(values.windows[k][enough].sum()),
            n_records=int(enough.sum()),
            refused=refused,
        )
        rows.append(row)
    return rows


def _mean(values: FloatArray) -> FloatArray:
    """Mean over records of every surrogate, over those in which it is defined."""
    known = np.isfinite(values)
    n = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.asarray(np.where(n > 0, total / np.maximum(n, 1), np.nan))
