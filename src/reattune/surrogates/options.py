"""Surrogates that break up or redraw one partner's runs: for comparison with other software.

None of them keeps what rotation keeps (every run, in its order); `compare_redrawn` therefore
carries the warning ``W_MODEL`` with the false-positive rate measured for each.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_option
from reattune.core.criteria import Criteria
from reattune.core.pair import Pair
from reattune.core.steps import MISSING
from reattune.surrogates.alignments import RUNS_PER_BLOCK, mean_run_s, to_steps
from reattune.surrogates.chance import ChanceTest
from reattune.surrogates.components import STATISTICS, count, count_pair
from reattune.surrogates.decide import cautions, information, refusal
from reattune.surrogates.measured import model_warning
from reattune.surrogates.ranks import MIN_DEFINED, rank
from reattune.surrogates.ticks import TickPair, TickRuns, tidy_runs, to_ticks

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
How = Literal["run_permutation", "fitted_semi_markov", "stationary_bootstrap"]


def run_permutation(pair: Pair, *, rng: np.random.Generator) -> Pair:
    """The pair with the second partner's runs in random order, missing stretches among them.

    Equal neighbours join, so runs become longer and fewer than they were.
    """
    ticks = to_ticks(pair)
    order = rng.permutation(ticks.y.codes.size)
    lengths = np.diff(ticks.y.edges)[order]
    edges = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return _with(pair, ticks, tidy_runs(edges, ticks.y.codes[order]))


def fitted_semi_markov(pair: Pair, *, rng: np.random.Generator) -> Pair:
    """The pair with the second partner's stream redrawn from its own transitions and durations.

    States follow each other as often as they did, each lasting as long as one of its own runs
    (drawn with replacement); missing time stays where it was.
    """
    ticks = to_ticks(pair)
    codes, lengths = ticks.y.codes, np.diff(ticks.y.edges)
    states = np.unique(codes[codes != MISSING])
    if states.size < 2:
        return _with(pair, ticks, ticks.y)
    seen = {int(s): lengths[codes == s] for s in states}
    share = np.array([float(seen[int(s)].sum()) for s in states])
    follow = (codes[:-1] != MISSING) & (codes[1:] != MISSING)
    odds = []
    for k, s in enumerate(states):
        after = codes[1:][follow & (codes[:-1] == s)]
        weight = np.array([float((after == other).sum()) for other in states])
        if weight.sum() == 0:
            weight = share.copy()
            weight[k] = 0.0
        odds.append((np.cumsum(weight) / weight.sum()).tolist())
    drawn, edges = _walk(
        rng,
        (np.cumsum(share) / share.sum()).tolist(),
        odds,
        [seen[int(s)].tolist() for s in states],
        ticks.n_ticks,
    )
    made = TickRuns(np.array(edges, dtype=np.int64), states[drawn])
    return _with(pair, ticks, _masked(made, ticks.y))


def _walk(
    rng: np.random.Generator,
    share: list[float],
    odds: list[list[float]],
    lengths: list[list[int]],
    n_ticks: int,
) -> tuple[list[int], list[int]]:
    """States (by place) and run edges up to ``n_ticks``; ``share`` and ``odds`` are cumulated."""

    def uniforms() -> Iterator[float]:
        while True:
            yield from rng.random(256).tolist()

    chance = uniforms()
    last = len(share) - 1
    state = min(bisect(share, next(chance)), last)
    # The first run is met part way through.
    length = max(1, round(lengths[state][int(next(chance) * len(lengths[state]))] * next(chance)))
    drawn, edges = [state], [0, length]
    while edges[-1] < n_ticks:
        state = min(bisect(odds[state], next(chance)), last)
        drawn.append(state)
        edges.append(edges[-1] + lengths[state][int(next(chance) * len(lengths[state]))])
    edges[-1] = n_ticks
    return drawn, edges


def stationary_bootstrap(
    pair: Pair, *, rng: np.random.Generator, mean_block_s: float | None = None
) -> Pair:
    """The pair with the second stream pieced together from random stretches of itself.

    Stretches begin anywhere on the circle of the phase and last geometrically distributed times
    of mean ``mean_block_s`` (default: eight mean runs); missing time travels along (Politis and
    Romano 1994, Journal of the American Statistical Association 89:1303).
    """
    ticks = to_ticks(pair)
    mean_s = mean_block_s or max(RUNS_PER_BLOCK * mean_run_s(pair.y), ticks.step * ticks.unit_s)
    stop = min(1.0, ticks.step * ticks.unit_s / mean_s)
    edges, codes = [np.zeros(1, dtype=np.int64)], []
    at, y, n_ticks = 0, ticks.y, ticks.n_ticks
    while at < n_ticks:
        begin = int(rng.integers(ticks.n_steps)) * ticks.step
        length = min(int(rng.geometric(stop)) * ticks.step, n_ticks - at)
        while length > 0:
            part = min(length, n_ticks - begin)
            inner = y.edges[(y.edges > begin) & (y.edges < begin + part)]
            old = np.concatenate([[begin], inner]).astype(np.int64)
            codes.append(y.codes[np.searchsorted(y.edges, old, side="right") - 1])
            edges.append(np.append(inner, begin + part) - begin + at)
            at, length, begin = at + part, length - part, 0
    made = tidy_runs(np.concatenate(edges), np.concatenate(codes))
    return _with(pair, ticks, made)


def _masked(made: TickRuns, original: TickRuns) -> TickRuns:
    """``made`` with the missing time of ``original``."""
    edges = np.union1d(made.edges, original.edges)
    codes = made.codes[np.searchsorted(made.edges, edges[:-1], side="right") - 1]
    old = original.codes[np.searchsorted(original.edges, edges[:-1], side="right") - 1]
    return tidy_runs(edges, np.where(old == MISSING, MISSING, codes))


def _with(pair: Pair, ticks: TickPair, y: TickRuns) -> Pair:
    start = pair.window[0]
    return replace(
        pair, x=to_steps(ticks.x, ticks.unit_s, start), y=to_steps(y, ticks.unit_s, start)
    )


_MAKERS: dict[str, Callable[..., Pair]] = {
    "run_permutation": run_permutation,
    "fitted_semi_markov": fitted_semi_markov,
    "stationary_bootstrap": stationary_bootstrap,
}


def compare_redrawn(
    pair: Pair,
    how: How,
    *,
    rng: np.random.Generator,
    n: int = 999,
    criteria: Criteria | None = None,
) -> ChanceTest:
    """Every statistic beside surrogates whose second stream is broken up or redrawn.

    Carries ``W_MODEL`` with the measured false-positive rate; `rotate_blocks` is the test we
    recommend.
    """
    check_option("how", how, tuple(_MAKERS))
    make = _MAKERS[how]
    rows = math.ceil(n / MIN_DEFINED - 1e-9)
    now = count(to_ticks(pair), criteria=criteria)
    found: dict[str, list[float]] = {name: [] for name in STATISTICS}
    # One child generator per surrogate: the result does not depend on order or workers.
    for child in rng.spawn(rows):
        values = count_pair(make(pair, rng=child), criteria=criteria).statistics()
        for name in STATISTICS:
            found[name].append(float(values[name][0]))
    seen = information(pair, expected_repairs=float(now.expected_repairs[0]))
    start, end = pair.window
    return ChanceTest(
        method=how,
        partners=pair.partners,
        statistics=tuple(
            rank(name, float(value[0]), np.array(found[name]), n=n, refused=refusal(name, seen))
            for name, value in now.statistics().items()
        ),
        warnings=(*cautions(seen), model_warning(how)),
        information=seen,
        observed_s=float(now.observed_s[0]),
        blocks=1,
        block_s=end - start,
        n_alignments=float("inf"),
        n_drawn=rows,
        exact=False,
    )
