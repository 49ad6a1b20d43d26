"""What became of ruptures in shifted streams: the null beside repair expectancy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.criteria import Criteria
from reattune.growth.descriptions import Recovery, count_recovery
from reattune.growth.expectancy import SENSITIVITY_WINDOWS, expect_from_shifted
from reattune.growth.outcomes import Weight
from reattune.growth_pipeline.reading import OrdinaryTime
from reattune.measures import Value
from reattune.phase_analysis import Surrogates, why_no_chance
from reattune.provenance import make_rng
from reattune.repair import find_ruptures
from reattune.rules import Rule
from reattune.surrogates.alignments import Blocks, plan, rotated_pair
from reattune.surrogates.ticks import to_ticks

FloatArray = NDArray[np.float64]

# The limits of a share need no more; the session's own chance test has its own, larger number.
MOST_DRAWS = 99


@dataclass(frozen=True, eq=False)
class ShiftedOutcomes:
    """What one session's shifted streams gave, one entry for each surrogate.

    Attributes
    ----------
    durations : tuple of float arrays
        Of the ruptures that were seen to begin.
    events : tuple of bool arrays
        Whether each was seen to end in a match.
    recovery : tuple of Recovery
    """

    durations: tuple[FloatArray, ...]
    events: tuple[NDArray[np.bool_], ...]
    recovery: tuple[Recovery, ...]


def choose_windows(window_s: float) -> tuple[float, ...]:
    """The windows of the sensitivity table, the chosen one among them."""
    return tuple(sorted({*SENSITIVITY_WINDOWS["second"], float(window_s)}))


def why_no_shift(row: OrdinaryTime, rule: Rule, surrogates: Surrogates) -> str:
    """Why a session's streams cannot be shifted, in words; empty when they can."""
    for attunement in row.attunements:
        if attunement.pair is not None:
            why = why_no_chance(rule, attunement.pair, surrogates, imposed=False)
            if why:
                return why
    return ""


def shift_session(
    row: OrdinaryTime, rule: Rule, criteria: Criteria, surrogates: Surrogates, around_s: float
) -> ShiftedOutcomes:
    """The ruptures of one session when its second stream turns inside blocks.

    Parameters
    ----------
    row : OrdinaryTime
        Each of its parts turns by itself, as in the chance test of the session.
    rule, criteria
        As the session was analysed.
    surrogates : Surrogates
        At most 99 of them are drawn, from a generator that depends on the seed and the session's
        name alone.
    around_s : float
        As in `count_recovery`.
    """
    n = min(surrogates.n, MOST_DRAWS)
    durations: list[list[FloatArray]] = [[] for _ in range(n)]
    events: list[list[NDArray[np.bool_]]] = [[] for _ in range(n)]
    recovery = [Recovery()] * n
    blocks: Blocks = "auto" if surrogates.block_s is None else surrogates.block_s
    for part, attunement in zip(row.parts, row.attunements, strict=True):
        pair = attunement.pair
        if pair is None:
            continue
        rng = make_rng(surrogates.seed, "growth", row.session, part.phase.label)
        made = plan(pair, to_ticks(pair), rng=rng, n=n, blocks=blocks, enumerate_up_to=0)
        for at, offsets in enumerate(made.offsets[:n]):
            shifted = rule.judge(rotated_pair(pair, np.asarray(offsets), edges=made.edges))
            ruptures = find_ruptures(shifted, criteria)
            durations[at].append(ruptures.latency[ruptures.entered])
            events[at].append(ruptures.closed[ruptures.entered])
            recovery[at] += count_recovery(shifted, ruptures, around_s)
    return ShiftedOutcomes(
        tuple(np.concatenate(rows) for rows in durations),
        tuple(np.concatenate(rows) for rows in events),
        tuple(recovery),
    )


def pool_chance(
    sessions: Sequence[ShiftedOutcomes], known: float, window: float, weight: Weight
) -> Value:
    """The plain record that shifted streams of several sessions give.

    Parameters
    ----------
    sessions : sequence of ShiftedOutcomes
    known : float
        Known outcomes of the record itself.
    window, weight
        As in `count_outcomes`.
    """
    draws = zip(
        zip(*(s.durations for s in sessions), strict=True),
        zip(*(s.events for s in sessions), strict=True),
        strict=True,
    )
    pooled = [(np.concatenate(lasted), np.concatenate(ended)) for lasted, ended in draws]
    return expect_from_shifted(pooled, known, window, weight=weight)


def pool_recovery(sessions: Sequence[ShiftedOutcomes]) -> Value:
    """Share of repairs above the old level in shifted streams: mean, middle 95 %, draws."""
    shares = [
        total.share.value
        for draw in zip(*(s.recovery for s in sessions), strict=True)
        if (total := sum(draw, Recovery())).above + total.below > 0
    ]
    if not shares:
        return Value(float("nan"), n=0)
    low, high = np.quantile(shares, [0.025, 0.975])
    return Value(float(np.mean(shares)), float(low), float(high), len(shares))
