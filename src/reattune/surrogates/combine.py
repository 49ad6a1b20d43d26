"""Rotations of several sessions taken together."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_option
from reattune.core.criteria import Criteria
from reattune.core.errors import SettingError
from reattune.core.pair import Pair
from reattune.surrogates.alignments import Blocks, n_cuts, plan
from reattune.surrogates.chance import ChanceTest
from reattune.surrogates.components import Components, Seam, count
from reattune.surrogates.decide import Information, cautions, loses_repairs, lost_prop, refusal
from reattune.surrogates.ranks import rank
from reattune.surrogates.ticks import to_ticks

FloatArray = NDArray[np.float64]

COMBINED = ("matched_prop", "repair_hazard_per_s", "repair_ratio")


def combine_rotations(
    pairs: Sequence[Pair],
    *,
    rng: np.random.Generator,
    n: int = 999,
    blocks: Blocks = "auto",
    criteria: Criteria | None = None,
    seam: Seam = "cut",
    beside_pairing: bool = False,
) -> ChanceTest:
    """Matching and repair over several sessions beside what rotating each inside blocks gives.

    Parameters
    ----------
    pairs : sequence of Pair
        One per session (or phase); each rotates apart, all independently.
    rng : numpy.random.Generator
    n : int, default 999
        Surrogates.
    blocks, criteria, seam
        As in `rotate_blocks`.
    beside_pairing : bool, default False
        A pairing permutation is reported beside it, so fewer than eight blocks per session need no
        ``W_DRIFT``.

    Returns
    -------
    ChanceTest
        ``matched_prop``: mean over sessions. ``repair_hazard_per_s``: all repairs over all
        mismatched seconds. ``repair_ratio``: all repairs over all expected ones (h_E U summed).
    """
    if not pairs:
        raise SettingError("pairs", 0, "at least one session")
    check_option("seam", seam, ("cut", "join"))
    now, then, plans = [], [], []
    # One child generator per session: its offsets do not depend on the other sessions.
    for pair, child in zip(pairs, rng.spawn(len(pairs)), strict=True):
        ticks = to_ticks(pair)
        made = plan(pair, ticks, rng=child, n=n, blocks=blocks, enumerate_up_to=0)
        now.append(count(ticks, criteria=criteria))
        then.append(
            count(ticks, blocks=made.edges, offsets=made.offsets, seam=seam, criteria=criteria)
        )
        plans.append(made)
    observed, null = _pool(now), _pool(then)
    spans = np.array([pair.window[1] - pair.window[0] for pair in pairs])
    sizes = np.array([made.edges.size - 1 for made in plans])
    seen = Information(
        runs=(sum(p.x.n_runs for p in pairs), sum(p.y.n_runs for p in pairs)),
        expected_repairs=float(np.nansum([c.expected_repairs[0] for c in now])),
        missing_prop=(
            1 - sum(p.x.observed_s for p in pairs) / float(spans.sum()),
            1 - sum(p.y.observed_s for p in pairs) / float(spans.sum()),
        ),
        n_alignments=math.prod(made.n_alignments for made in plans),
        blocks=int(sizes.min()),
    )
    cuts = sum(n_cuts(int(size), seam) for size in sizes)
    lossy = loses_repairs(lost_prop(pairs, cuts), null["repair_hazard_per_s"])
    return ChanceTest(
        method="combine_rotations",
        partners=pairs[0].partners,
        statistics=tuple(
            rank(
                name,
                float(observed[name][0]),
                null[name],
                n=n,
                refused=refusal(name, seen, lossy=lossy),
            )
            for name in COMBINED
        ),
        warnings=cautions(seen, in_study=True, drift=not beside_pairing),
        information=seen,
        observed_s=float(sum(c.observed_s[0] for c in now)),
        blocks=int(sizes.min()),
        block_s=float(spans.sum() / sizes.sum()),
        n_alignments=seen.n_alignments,
        n_drawn=then[0].observed_s.size,
        exact=False,
        seam=seam,
        n_sessions=len(pairs),
    )


def _pool(sessions: Sequence[Components]) -> dict[str, FloatArray]:
    """The combined statistics of each surrogate; sessions in which nothing is seen add nothing."""
    shares = np.array([c.statistics()["matched_prop"] for c in sessions])
    known = ~np.isnan(shares)
    size = known.sum(axis=0)
    repairs = np.sum([c.repairs for c in sessions], axis=0)
    mismatched = np.sum([c.mismatched_s for c in sessions], axis=0)
    chance = np.sum(
        [np.nan_to_num(c.expected_hazard_per_s) * c.mismatched_s for c in sessions], axis=0
    )
    mean = np.where(known, shares, 0.0).sum(axis=0) / np.maximum(size, 1)
    return {
        "matched_prop": np.where(size > 0, mean, np.nan),
        "repair_hazard_per_s": np.where(
            mismatched > 0, repairs / np.where(mismatched > 0, mismatched, 1.0), np.nan
        ),
        "repair_ratio": np.where(chance > 0, repairs / np.where(chance > 0, chance, 1.0), np.nan),
    }
