"""Rotation for rules that are no table of state pairs: any statistics, one call each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from reattune.core.pair import Pair
from reattune.surrogates.alignments import Blocks, plan, rotated_pair
from reattune.surrogates.chance import ChanceTest
from reattune.surrogates.components import Seam
from reattune.surrogates.rotate import assemble
from reattune.surrogates.ticks import to_ticks


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
    rows = [evaluate(rotated_pair(pair, row, edges=made.edges, seam=seam)) for row in made.offsets]
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
        method="rotate_whole" if blocks is None else "rotate_blocks",
    )
