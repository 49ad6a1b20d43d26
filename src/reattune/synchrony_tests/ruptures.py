"""Ruptures by a rule on windows beside those of the same windows moved apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from reattune.core.pair import Pair
from reattune.core.steps import MISSING
from reattune.surrogates.chance import ChanceTest
from reattune.surrogates.decide import cautions, information, refusal
from reattune.surrogates.ranks import rank
from reattune.synchrony_tests.windows import WindowNull

RuptureChance: TypeAlias = ChanceTest


def compare_pairs(
    pair: Pair,
    made: Sequence[Pair],
    null: WindowNull,
    evaluate: Callable[[Pair], Mapping[str, float]],
) -> RuptureChance:
    """The statistics of a pair beside those of its surrogates.

    Parameters
    ----------
    pair : Pair
        What the rule sees of the record.
    made : sequence of Pair
        What it sees of every surrogate; seams in them are cuts.
    null : WindowNull
        Where the surrogates come from.
    evaluate : callable
        ``evaluate(pair) -> {name: value}``, nan where undefined; with ``"n_repairs"``.
    """
    observed = {name: float(value) for name, value in evaluate(pair).items()}
    rows = [evaluate(one) for one in made]
    draws = {name: np.array([float(row[name]) for row in rows]) for name in observed}
    repairs = draws.get("n_repairs", np.array([np.nan]))
    known = repairs[~np.isnan(repairs)]
    expected = float(known.mean()) if known.size else float("nan")
    seen = information(
        pair, n_alignments=null.n_alignments, blocks=null.blocks, expected_repairs=expected
    )
    # Before the first and after the last window nothing is missing: no window can be there.
    coded = np.flatnonzero(pair.x.codes != MISSING)
    inner = pair.x.edges[coded[-1] + 1] - pair.x.edges[coded[0]] if coded.size else np.nan
    lost = 1 - pair.x.observed_s / float(inner)
    seen = replace(seen, missing_prop=(lost, lost))
    return ChanceTest(
        method="move_windows",
        partners=pair.partners,
        statistics=tuple(
            rank(name, value, draws[name], refused=refusal(name, seen))
            for name, value in observed.items()
        ),
        warnings=cautions(seen),
        information=seen,
        observed_s=float(pair.x.observed().total),
        blocks=null.blocks,
        block_s=null.block_s,
        n_alignments=null.n_alignments,
        n_drawn=len(made),
        exact=False,
        draws=draws,
    )
