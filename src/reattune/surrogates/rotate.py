"""Rotation: one partner's stream turned on a circle, inside blocks or over the whole phase."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_not_negative, check_option, check_positive
from reattune.core.criteria import Criteria
from reattune.core.errors import SettingError
from reattune.core.pair import Pair
from reattune.core.steps import DECIMALS, Steps
from reattune.surrogates.chance import ChanceTest
from reattune.surrogates.components import STATISTICS, Seam, count
from reattune.surrogates.decide import cautions, information, refusal
from reattune.surrogates.offsets import offset_warning
from reattune.surrogates.ranks import MIN_DEFINED, rank
from reattune.surrogates.ticks import TickPair, TickRuns, tidy_runs, to_ticks

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Blocks = Literal["auto"] | float | None

MIN_BLOCK_S = 30.0
RUNS_PER_BLOCK = 8
ENUMERATE_UP_TO = 20_000


@dataclass(frozen=True, eq=False)
class Plan:
    """Every alignment a rotation test will look at, fixed before any is evaluated.

    Attributes
    ----------
    edges : int array, shape (m + 1,)
        Block edges in ticks.
    offsets : int array, shape (n, m)
        In ticks.
    exact : bool
        The rows are all alignments other than the observed one.
    n_alignments : float
    """

    edges: IntArray
    offsets: IntArray
    exact: bool
    n_alignments: float


def mean_run_s(steps: Steps) -> float:
    """Observed seconds per run of one state; 0 when nothing was observed."""
    return steps.observed_s / steps.n_runs if steps.n_runs else 0.0


def block_edges(pair: Pair, blocks: Blocks = "auto") -> FloatArray:
    """The edges in seconds of the blocks inside which the second stream rotates.

    Parameters
    ----------
    pair : Pair
    blocks : "auto", float or None
        ``"auto"``: equal blocks of at least ``max(30 s, 8 m)``, m the mean run length of the
        partner with the longer runs. A number: blocks of at least so many seconds. None: one block.

    Returns
    -------
    float array, shape (n_blocks + 1,)
        On the coarser partner's time base.
    """
    ticks = to_ticks(pair)
    start, end = pair.window
    edges = np.round(start + _block_ticks(pair, ticks, blocks) * ticks.unit_s, DECIMALS)
    return np.asarray(np.minimum(edges, end))


def _block_ticks(pair: Pair, ticks: TickPair, blocks: Blocks) -> IntArray:
    start, end = pair.window
    if blocks is None:
        n_blocks = 1
    else:
        if isinstance(blocks, str):
            check_option("blocks", blocks, ("auto",))
            longer = max(mean_run_s(pair.x), mean_run_s(pair.y))
            width = max(MIN_BLOCK_S, RUNS_PER_BLOCK * longer)
        else:
            width = check_positive("blocks", blocks)
        n_blocks = max(1, math.floor((end - start) / width + 1e-9))
    n_blocks = min(n_blocks, ticks.n_steps)
    steps = np.rint(np.arange(n_blocks + 1) * (ticks.n_steps / n_blocks)).astype(np.int64)
    return steps * ticks.step


def plan(
    pair: Pair,
    ticks: TickPair,
    *,
    rng: np.random.Generator,
    n: int,
    blocks: Blocks,
    min_offset_s: float = 0.0,
    enumerate_up_to: int = ENUMERATE_UP_TO,
) -> Plan:
    """All alignments to look at, drawn up front so that no result depends on order or workers.

    One block of at most ``enumerate_up_to`` steps is enumerated. Otherwise ``n / 0.9`` rows of
    offsets are drawn, uniform over all steps of each block (0 included), so that ``n`` remain
    where up to a tenth is undefined.
    """
    if n < 1:
        raise SettingError("n", n, "at least 1 surrogate")
    edges = _block_ticks(pair, ticks, blocks)
    sizes = np.diff(edges) // ticks.step
    least = math.ceil(check_not_negative("min_offset_s", min_offset_s) / ticks.unit_s - 1e-6)
    least = -(-least // ticks.step)
    choices = sizes - 2 * least + 1 if least else sizes
    if (choices < 1).any():
        raise SettingError("min_offset_s", min_offset_s, "less than half of the shortest block")
    whole = sizes.size == 1
    n_alignments = float(np.exp(min(700.0, float(np.log(choices.astype(np.float64)).sum()))))
    n_alignments = float("inf") if n_alignments > 1e300 else float(round(n_alignments))
    if whole and sizes[0] <= enumerate_up_to:
        first, last = (least, sizes[0] - least + 1) if least else (1, sizes[0])
        offsets = np.arange(first, last, dtype=np.int64)[:, None]
        return Plan(edges, offsets * ticks.step, True, n_alignments)
    rows = math.ceil(n / MIN_DEFINED - 1e-9)
    offsets = rng.integers(least, least + choices, size=(rows, sizes.size), dtype=np.int64)
    return Plan(edges, offsets * ticks.step, False, n_alignments)


def rotate_blocks(
    pair: Pair,
    *,
    rng: np.random.Generator,
    n: int = 999,
    blocks: Blocks = "auto",
    criteria: Criteria | None = None,
    seam: Seam = "cut",
    min_offset_s: float = 0.0,
    keep_draws: bool = False,
) -> ChanceTest:
    """Every statistic beside what rotating the second stream inside blocks gives.

    Each partner keeps how long and how often it shows what, in its own order, and all slow change
    beyond a block; only the timing to the other partner goes.

    Parameters
    ----------
    pair : Pair
        One phase of one session. The first partner stays, the second one moves, its missing time
        with it.
    rng : numpy.random.Generator
        Not used when all alignments are enumerated.
    n : int, default 999
        Surrogates.
    blocks : "auto", float or None, default "auto"
        See `block_edges`. Where two blocks do not fit, the phase rotates as a whole, with the
        warning ``W_DRIFT``; up to 20,000 steps of the time base every alignment is looked at.
    criteria : Criteria, optional
        Apply to counts, exposures of hazards and latencies; match shares use the raw states.
    seam : {"cut", "join"}, default "cut"
        "cut": where a rotated block's end meets its start, and at inner block edges, runs end as
        censored, begin as not entered, and no change counts. "join" treats the seam as an ordinary
        moment (for comparison with other software; it finds too few or too many repairs).
    min_offset_s : float, default 0
        For comparison with other software only; carries ``W_OFFSET``.
    keep_draws : bool, default False
        Keep all surrogate values in ``draws``.

    Returns
    -------
    ChanceTest

    Notes
    -----
    ``p = min(1, 2 min(p_up, p_down))`` with ``p_up = (1 + #{s >= observed}) / (1 + n)``. The seam as
    a cut is ours: joining it makes up changes nobody showed. See docs/concepts/chance.md for
    measured false-positive rates.
    """
    check_option("seam", seam, ("cut", "join"))
    ticks = to_ticks(pair)
    made = plan(pair, ticks, rng=rng, n=n, blocks=blocks, min_offset_s=min_offset_s)
    now = count(ticks, criteria=criteria)
    then = count(ticks, blocks=made.edges, offsets=made.offsets, seam=seam, criteria=criteria)
    null = then.statistics()
    return assemble(
        pair,
        made,
        {name: float(values[0]) for name, values in now.statistics().items()},
        null,
        n=n,
        observed_s=float(now.observed_s[0]),
        expected_repairs=float(now.expected_repairs[0]),
        seam=seam,
        min_offset_s=min_offset_s,
        draws=null if keep_draws else {},
    )


def assemble(
    pair: Pair,
    made: Plan,
    observed: Mapping[str, float],
    null: Mapping[str, FloatArray],
    *,
    n: int,
    observed_s: float,
    expected_repairs: float,
    seam: str,
    min_offset_s: float,
    draws: Mapping[str, FloatArray],
) -> ChanceTest:
    """The test from the observed and the surrogate values."""
    start, end = pair.window
    m = made.edges.size - 1
    seen = information(
        pair, n_alignments=made.n_alignments, blocks=m, expected_repairs=expected_repairs
    )
    warnings = cautions(seen)
    if min_offset_s > 0:
        runs = (mean_run_s(pair.x) + mean_run_s(pair.y)) / 2
        warnings += (offset_warning(runs, end - start),)
    return ChanceTest(
        method="rotate_whole" if m == 1 else "rotate_blocks",
        partners=pair.partners,
        statistics=tuple(
            rank(
                name,
                value,
                null[name],
                n=None if made.exact else n,
                refused=refusal(name, seen),
            )
            for name, value in observed.items()
        ),
        warnings=warnings,
        information=seen,
        observed_s=observed_s,
        blocks=m,
        block_s=(end - start) / m,
        n_alignments=made.n_alignments,
        n_drawn=made.offsets.shape[0],
        exact=made.exact,
        seam=seam,
        min_offset_s=float(min_offset_s),
        draws=draws,
    )


def rotate_whole(
    pair: Pair,
    *,
    rng: np.random.Generator,
    n: int = 999,
    criteria: Criteria | None = None,
    seam: Seam = "cut",
    min_offset_s: float = 0.0,
    keep_draws: bool = False,
) -> ChanceTest:
    """Every statistic beside what rotating the second stream over the whole phase gives.

    Takes slow change common to both partners for timing (``W_DRIFT``); `rotate_blocks` does not.
    Parameters as there.
    """
    return rotate_blocks(
        pair,
        rng=rng,
        n=n,
        blocks=None,
        criteria=criteria,
        seam=seam,
        min_offset_s=min_offset_s,
        keep_draws=keep_draws,
    )


def rotated_pair(
    pair: Pair,
    offsets: IntArray | list[int],
    *,
    edges: IntArray | None = None,
    seam: Seam = "cut",
) -> Pair:
    """The pair with its second stream rotated inside blocks, as an ordinary pair with cuts.

    Parameters
    ----------
    pair : Pair
    offsets : int array, shape (m,)
        How far each block moves, in ticks (the finer time base).
    edges : int array, shape (m + 1,), optional
        Block edges in ticks. Default: one block.
    seam : {"cut", "join"}

    Returns
    -------
    Pair
        On whole ticks, with a cut at every inner block edge, every seam, every cut of ``pair`` and
        where those of the second stream came to lie.
    """
    ticks = to_ticks(pair)
    blocks = np.array([0, ticks.n_ticks]) if edges is None else np.asarray(edges)
    moves = np.asarray(offsets, dtype=np.int64).reshape(-1)
    starts, codes, cuts = [], [], [*ticks.cuts.tolist(), *blocks[1:-1].tolist()]
    y = ticks.y
    for begin, end, move in zip(blocks[:-1], blocks[1:], moves, strict=True):
        length = end - begin
        shift = move % length
        inside = y.edges[(y.edges > begin) & (y.edges < end)]
        old = np.concatenate([[begin], inside, [end - shift] if shift else []]).astype(np.int64)
        code = y.codes[np.searchsorted(y.edges, old, side="right") - 1]
        new = begin + (old - begin + shift) % length
        order = np.argsort(new, kind="stable")
        starts.append(new[order])
        codes.append(code[order])
        own = ticks.cuts[(ticks.cuts >= begin) & (ticks.cuts < end)]
        cuts += (begin + (own - begin + shift) % length).tolist()
        if shift and seam == "cut":
            cuts.append(int(begin + shift))
    moved = tidy_runs(np.append(np.concatenate(starts), ticks.n_ticks), np.concatenate(codes))
    start = pair.window[0]
    kept = sorted({int(c) for c in cuts if 0 < c < ticks.n_ticks})
    return replace(
        pair,
        x=_to_steps(ticks.x, ticks.unit_s, start),
        y=_to_steps(moved, ticks.unit_s, start),
        cuts=tuple(round(start + c * ticks.unit_s, DECIMALS) for c in kept),
    )


def _to_steps(runs: TickRuns, unit_s: float, start: float) -> Steps:
    return Steps(np.round(start + runs.edges * unit_s, DECIMALS), runs.codes)


def rotate_generic(
    pair: Pair,
    evaluate: Callable[[Pair], Mapping[str, float]],
    *,
    rng: np.random.Generator,
    n: int = 999,
    blocks: Blocks = "auto",
    seam: Seam = "cut",
    min_offset_s: float = 0.0,
    enumerate_up_to: int = 2_000,
    keep_draws: bool = False,
) -> ChanceTest:
    """Any statistics beside their rotation null, for rules that are no table of state pairs.

    Parameters
    ----------
    pair : Pair
        The two streams that the rule looks at.
    evaluate : callable
        ``evaluate(pair) -> {name: value}``, nan where undefined. When it gives ``"n_repairs"``,
        their mean over the surrogates is the number of repairs expected by chance (there is no
        closed form); otherwise repair counts as too rare to test.
    enumerate_up_to : int, default 2000
        Steps up to which one block is enumerated; each alignment costs one call.
    rng, n, blocks, seam, min_offset_s, keep_draws
        As in `rotate_blocks`.
    """
    ticks = to_ticks(pair)
    made = plan(
        pair,
        ticks,
        rng=rng,
        n=n,
        blocks=blocks,
        min_offset_s=min_offset_s,
        enumerate_up_to=enumerate_up_to,
    )
    observed = {name: float(value) for name, value in evaluate(pair).items()}
    rows = [
        evaluate(rotated_pair(pair, row, edges=made.edges, seam=seam)) for row in made.offsets
    ]
    null = {name: np.array([float(row[name]) for row in rows]) for name in observed}
    repairs = null.get("n_repairs", np.array([np.nan]))
    known = repairs[~np.isnan(repairs)]
    return assemble(
        pair,
        made,
        observed,
        null,
        n=n,
        observed_s=float((pair.x.observed() & pair.y.observed()).total),
        expected_repairs=float(known.mean()) if known.size else float("nan"),
        seam=seam,
        min_offset_s=min_offset_s,
        draws=null if keep_draws else {},
    )
