"""Turns to negative affect at equal mismatch load: what a study expects, and what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.growth.affect import Affect
from reattune.growth.load import LoadCounts, count_at_load, pool_load, score_load
from reattune.growth.ratios import pool_ratio
from reattune.measures.cards import Value

FloatArray = NDArray[np.float64]

UP_S = (10.0, 20.0, 40.0)
DOWN_S = (2.5, 5.0, 10.0, 20.0)
MIN_FRAMES_PER_S = 10.0
MIN_CATEGORIES = 4
NOT_SEPARABLE = "not separable from matching"


@dataclass(frozen=True, eq=False)
class LoadModel:
    """The time constants of the study, and its pooled turns by load: what "expected" means.

    Attributes
    ----------
    up_s, down_s : float
        Chosen from the grid, pooled over the whole study.
    pooled : LoadCounts
    fits : dict of (up, down) to float
        sum N_s ln(N_s / E_s) of every pair of the grid.
    separable : bool
        Whether the codes are fine enough to tell turns at equal load from matching.
    reason : str
        Why not.
    """

    up_s: float
    down_s: float
    pooled: LoadCounts
    fits: dict[tuple[float, float], float]
    separable: bool
    reason: str

    @property
    def rates_per_s(self) -> FloatArray:
        """r_s, pooled turns per second at risk; 0 where no time was spent. Shape (16,)."""
        exposure = self.pooled.exposure_s
        return np.divide(
            self.pooled.turns, exposure, out=np.zeros_like(exposure), where=exposure > 0
        )

    @property
    def mark(self) -> str:
        """What stands beside every number made with it; empty where there is nothing to say."""
        return "" if self.separable else f"{NOT_SEPARABLE}: {self.reason}"

    def expect(self, counts: LoadCounts) -> float:
        """Turns expected in that exposure at the pooled rates, sum E_s r_s."""
        return float(counts.exposure_s @ self.rates_per_s)


def is_separable(affects: Sequence[Affect]) -> tuple[bool, str]:
    """Whether turns at equal load can be told from matching in these codes, and why not.

    Needs event times of at least ten frames a second and a rule that tells at least four states
    apart in each partner.
    """
    slowest = max(affect.tick_s for affect in affects)
    fewest = min(affect.n_categories for affect in affects)
    why = []
    if slowest > 1 / MIN_FRAMES_PER_S + 1e-9:
        why.append(f"codes every {slowest:g} s, at least {MIN_FRAMES_PER_S:g} a second are needed")
    if fewest < MIN_CATEGORIES:
        why.append(f"{fewest} states told apart, at least {MIN_CATEGORIES} are needed")
    return (not why, "; ".join(why))


def choose_load(
    affects: Sequence[Affect],
    *,
    up_s: Sequence[float] = UP_S,
    down_s: Sequence[float] = DOWN_S,
    burn_in: bool = False,
) -> LoadModel:
    """The pair (up, down) of the grid that sorts the turns of the whole study best.

    Parameters
    ----------
    affects : sequence of Affect
        Every session of every dyad, group and time. Never of one dyad or group alone: constants
        chosen apart would move with what is to be compared.
    up_s, down_s : sequence of float
        The grid in seconds.
    burn_in : bool, default False

    Notes
    -----
    Maximises sum_s N_s ln(N_s / E_s), the Poisson log-likelihood of the strata's own rates up to a
    constant. Fixed constants are no substitute: with 40 and 40 s, or 20 and 20 s, better matching
    alone was taken for growth in .1 to 1.0 of simulated studies.
    """
    if not affects:
        raise SettingError("affects", 0, "at least one session")
    fits: dict[tuple[float, float], float] = {}
    best: tuple[float, float, LoadCounts] | None = None
    for up in up_s:
        for down in down_s:
            pooled = pool_load([count_at_load(a, up, down, burn_in=burn_in) for a in affects])
            fits[(up, down)] = score_load(pooled)
            if best is None or fits[(up, down)] > fits[best[:2]]:
                best = (up, down, pooled)
    if best is None:
        raise SettingError("up_s, down_s", (), "at least one value each")
    return LoadModel(*best, fits, *is_separable(affects))


def measure_turns(counts: LoadCounts | Sequence[LoadCounts], model: LoadModel) -> Value:
    """``negative_turn_ratio``: turns seen over turns expected at equal load.

    Parameters
    ----------
    counts : LoadCounts or sequence of LoadCounts
        One session, or a dyad's; counted with the model's time constants.
    model : LoadModel

    Returns
    -------
    Value
        nan where less than one turn is expected. Exact Poisson limits over the expectation, from
        five sessions on a jackknife over sessions. 1 is the study's own average, no norm.
    """
    rows = [counts] if isinstance(counts, LoadCounts) else list(counts)
    turns = [float(c.turns.sum()) for c in rows]
    expected = [model.expect(c) for c in rows]
    if sum(expected) < 1:
        return Value(nan, n=sum(turns))
    return pool_ratio(turns, expected)
