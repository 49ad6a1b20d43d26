"""How often a test rejects, over many simulated sessions; without the refusals.

The tests refuse where little can be seen; here the bare p is wanted, because a right null holds
with few runs too.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reattune.core.pair import Pair
from reattune.surrogates.alignments import Blocks, plan
from reattune.surrogates.components import Seam, count
from reattune.surrogates.ranks import rank
from reattune.surrogates.ticks import to_ticks

ALPHA = 0.05
P, K = "matched_prop", "match_kappa"
HAZARD, RATIO, EXCESS = "repair_hazard_per_s", "repair_ratio", "excess_repairs"
MEDIAN, WITHIN = "repair_latency_q50_s", "repaired_within_3s"
PER_MINUTE = "repairs_per_min"
NAMES = (P, K, HAZARD, RATIO, EXCESS, MEDIAN, WITHIN, PER_MINUTE)

# Blocks, seam, minimum offset.
Way = tuple[Blocks, Seam, float]
BLOCKS: Way = ("auto", "cut", 0.0)
WHOLE: Way = (None, "cut", 0.0)
SEAM_AS_CHANGE: Way = (None, "join", 0.0)
MIN_OFFSET: Way = (None, "cut", 10.0)


def bare_p(pair: Pair, way: Way, rng: np.random.Generator, n: int) -> list[float]:
    """The p of each of NAMES."""
    blocks, seam, min_offset_s = way
    ticks = to_ticks(pair)
    made = plan(pair, ticks, rng=rng, n=n, blocks=blocks, min_offset_s=min_offset_s)
    now = count(ticks).statistics()
    null = count(ticks, blocks=made.edges, offsets=made.offsets, seam=seam).statistics()
    size = None if made.exact else n
    return [rank(name, float(now[name][0]), null[name], n=size).p for name in NAMES]


def rejection_rates(
    draw: Callable[[np.random.Generator], Pair],
    ways: dict[str, Way],
    *,
    sessions: int,
    surrogates: int,
    seed: list[int],
) -> dict[str, dict[str, float]]:
    """Share of sessions with p of at most .05, by way and statistic."""
    found: dict[str, list[list[float]]] = {name: [] for name in ways}
    for rng in np.random.default_rng(seed).spawn(sessions):
        pair = draw(rng)
        for name, way in ways.items():
            found[name].append(bare_p(pair, way, rng, surrogates))
    return {
        name: dict(zip(NAMES, np.mean(np.array(rows) <= ALPHA, axis=0).tolist(), strict=True))
        for name, rows in found.items()
    }
