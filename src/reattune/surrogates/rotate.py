"""Rotation: one partner's stream turned on a circle, inside blocks or over the whole phase."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_option
from reattune.core.criteria import Criteria
from reattune.core.pair import Pair
from reattune.surrogates.alignments import Blocks, Plan, mean_run_s, n_cuts, plan
from reattune.surrogates.chance import ChanceTest
from reattune.surrogates.components import Seam, count
from reattune.surrogates.decide import cautions, information, loses_repairs, lost_prop, refusal
from reattune.surrogates.measured import offset_warning
from reattune.surrogates.ranks import rank
from reattune.surrogates.ticks import to_ticks

FloatArray = NDArray[np.float64]


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
    ``p = min(1, 2 min(p_up, p_down))`` with ``p_up = (1 + #{s >= observed}) / (1 + n)``. The seam
    as a cut is ours: joining it makes up changes nobody showed. See docs/concepts/chance.md for
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
        method="rotate_whole" if blocks is None else "rotate_blocks",
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
    method: str,
) -> ChanceTest:
    """The test from the observed and the surrogate values."""
    start, end = pair.window
    m = made.edges.size - 1
    seen = information(
        pair, n_alignments=made.n_alignments, blocks=m, expected_repairs=expected_repairs
    )
    lost = lost_prop([pair], n_cuts(m, seam))
    lossy = "repair_hazard_per_s" in null and loses_repairs(lost, null["repair_hazard_per_s"])
    warnings = cautions(seen)
    if min_offset_s > 0:
        runs = (mean_run_s(pair.x) + mean_run_s(pair.y)) / 2
        warnings += (offset_warning(runs, end - start),)
    return ChanceTest(
        method=method,
        partners=pair.partners,
        statistics=tuple(
            rank(
                name,
                value,
                null[name],
                n=None if made.exact else n,
                refused=refusal(name, seen, lossy=lossy),
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
