"""One combination beside its surrogates, and those of one statistic together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reattune.surrogates.ranks import rank
from reattune.synchrony_multiverse.joint import ALPHA, join
from reattune.synchrony_multiverse.result import JointTest, Outcome, Specification
from reattune.synchrony_multiverse.settings import SettingsGrid
from reattune.synchrony_tests.warnings import WORDS

FloatArray = NDArray[np.float64]

TOO_LONG = "R_LENGTH"
REASONS = {**WORDS, TOO_LONG: "Longer, with its lags, than any record."}


class Judged(NamedTuple):
    """An outcome with what its p ranks: the value, and that of every surrogate."""

    outcome: Outcome
    ranked: float
    draws: FloatArray


def judge(
    specification: Specification,
    observed: float,
    draws: FloatArray,
    *,
    n_windows: int,
    n_records: int,
    refused: str = "",
) -> Judged:
    """A combination beside its surrogates."""
    row = rank(specification.statistic, observed, draws, refused=refused)
    known = draws[np.isfinite(draws)]
    spread = float(known.std()) if known.size > 1 else math.nan

    def scaled(value: float) -> float:
        return (value - row.null_mean) / spread if spread > 0 else math.nan

    outcome = Outcome(
        specification,
        observed=observed,
        null_mean=row.null_mean,
        null_sd=spread,
        null_low=row.null_low,
        null_high=row.null_high,
        effect=math.nan if row.refused else scaled(observed),
        effect_low=scaled(row.null_low),
        effect_high=scaled(row.null_high),
        p=row.p,
        n_windows=n_windows,
        n_records=n_records,
        refused=row.refused,
    )
    return Judged(outcome, observed, draws)


def join_outcomes(rows: Sequence[Judged], grid: SettingsGrid, null: str) -> list[JointTest]:
    """The joint tests of one null, by statistic; none where fewer than two have a p."""
    found = []
    for statistic in grid.statistic:
        own = [row for row in rows if row.outcome.specification.statistic == statistic]
        used = [row for row in own if not row.outcome.refused]
        if len(used) < 2:
            continue
        effects = np.array([row.outcome.effect for row in used])
        test = join(np.array([row.ranked for row in used]), np.array([row.draws for row in used]))
        middle = float(np.median(effects))
        small = sum(row.outcome.p <= ALPHA for row in used)
        found.append(
            JointTest(
                statistic=statistic,
                null=null,
                n_combinations=len(used),
                n_refused=len(own) - len(used),
                median_effect=middle,
                median_low=test.median_low,
                median_high=test.median_high,
                p_median=test.p_median,
                effect_least=float(effects.min()),
                effect_most=float(effects.max()),
                same_sign_prop=float((np.sign(effects) == np.sign(middle)).mean()),
                n_significant=small,
                significant_prop=small / len(used),
                null_significant=test.null_significant,
                null_significant_high=test.null_significant_high,
                p_significant=test.p_significant,
            )
        )
    return found
