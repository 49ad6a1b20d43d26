"""Block rotations of one coded 5-min session: 999 surrogates with every statistic.

Run ``python benchmarks/bench_rotations.py``. Budget: 0.5 s of CPU time. Prints the median of nine
runs for the whole test and for the compiled loop alone, and what the first call costs.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from reattune.core.pair import MatchTable, Pair
from reattune.core.steps import Steps
from reattune.surrogates.alignments import plan
from reattune.surrogates.components import count
from reattune.surrogates.rotate import rotate_blocks
from reattune.surrogates.ticks import to_ticks

BUDGET_S = 0.5
SESSION_S, FRAME_S, EVENTS = 300.0, 0.04, 50


def make_stream(rng: np.random.Generator) -> Steps:
    """About 50 runs of three states on 25 frames per second."""
    frames = rng.choice(np.arange(1, int(SESSION_S / FRAME_S)), EVENTS - 1, replace=False)
    edges = np.concatenate([[0], np.sort(frames), [int(SESSION_S / FRAME_S)]]) * FRAME_S
    codes = np.cumsum(rng.integers(1, 3, size=EVENTS)) % 3
    return Steps(np.round(edges, 10), codes.astype(np.int64))


def make_pair(seed: int = 1) -> Pair:
    rng = np.random.default_rng(seed)
    same = np.eye(3, dtype=np.int64)
    states = ("negative", "neutral", "positive")
    table = MatchTable("same", (states, states), same, 1.0 - same, np.zeros((3, 3), np.bool_))
    return Pair(("infant", "caregiver"), make_stream(rng), make_stream(rng), table, (0.04, 0.04))


def median_cpu_s(run: object, repeats: int = 9) -> float:
    found = []
    for _ in range(repeats):
        begin = time.process_time()
        run()  # type: ignore[operator]
        found.append(time.process_time() - begin)
    return statistics.median(found)


def main() -> None:
    pair = make_pair()
    begin = time.perf_counter()
    test = rotate_blocks(pair, rng=np.random.default_rng(1))
    first = time.perf_counter() - begin
    whole = median_cpu_s(lambda: rotate_blocks(pair, rng=np.random.default_rng(1)))
    ticks = to_ticks(pair)
    made = plan(pair, ticks, rng=np.random.default_rng(1), n=999, blocks="auto")
    loop = median_cpu_s(lambda: count(ticks, blocks=made.edges, offsets=made.offsets))
    print(f"{test.n_drawn} surrogates in {test.blocks} blocks, {len(test.names)} statistics")
    print(f"first call (loads the compiled loop)  {1e3 * first:8.1f} ms")
    print(f"rotate_blocks                         {1e3 * whole:8.2f} ms CPU")
    print(f"compiled loop alone                   {1e3 * loop:8.2f} ms CPU")
    print(f"budget {1e3 * BUDGET_S:.0f} ms: {'kept' if whole <= BUDGET_S else 'EXCEEDED'}")


if __name__ == "__main__":
    main()
