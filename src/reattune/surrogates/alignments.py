"""Alignments: where the blocks lie, which offsets are looked at, and a pair turned by them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_not_negative, check_option, check_positive
from reattune.core.errors import SettingError
from reattune.core.pair import Pair
from reattune.core.steps import Steps
from reattune.surrogates.components import Seam
from reattune.surrogates.ranks import MIN_DEFINED
from reattune.surrogates.ticks import TickPair, TickRuns, tidy_runs, to_ticks

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
# Decimals of a second in edges made of whole ticks: the noise of start + ticks x unit goes, so that
# durations that are equal in ticks stay equal in seconds.
_DECIMALS = 10
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
    edges = np.round(start + _block_ticks(pair, ticks, blocks) * ticks.unit_s, _DECIMALS)
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
    return np.asarray(steps * ticks.step)


def n_cuts(n_blocks: int, seam: str) -> int:
    """Cuts that a surrogate has and the data have not: inner block edges and seams."""
    return n_blocks - 1 + (n_blocks if seam == "cut" else 0)


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
        x=to_steps(ticks.x, ticks.unit_s, start),
        y=to_steps(moved, ticks.unit_s, start),
        cuts=tuple(round(start + c * ticks.unit_s, _DECIMALS) for c in kept),
    )


def to_steps(runs: TickRuns, unit_s: float, start: float) -> Steps:
    """The stream in seconds again, its window beginning at ``start``."""
    return Steps(np.round(start + runs.edges * unit_s, _DECIMALS), runs.codes)
