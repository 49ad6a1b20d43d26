"""All measures of a tally, and of pooled tallies with intervals that fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import exp, isfinite, log, nan, sqrt

import numpy as np

from reattune.measures.cards import CARDS, PARTNER, Card, Value, find_card
from reattune.measures.facts import Facts, make_facts
from reattune.measures.tally import Tally, pool_tallies

# Importing the rooms fills the register of cards, in the order in which tables show them.
# isort: split
from reattune.measures import matching  # noqa: F401

# isort: split
from reattune.measures import reparation  # noqa: F401

# isort: split
from reattune.measures import latency  # noqa: F401

# isort: split
from reattune.measures import who  # noqa: F401

# isort: split

MIN_SESSIONS = 5


def compute_measures(tally: Tally) -> dict[str, Value]:
    """Every measure of a tally by name, in the order of the cards.

    Returns
    -------
    dict of str to Value
        ``(value, low, high, n)``; nan where undefined or without limits.
    """
    values = _compute(tally)
    for name, count in tally.extras.items():
        values[f"n_{name}" if name.startswith("cues") else f"n_cues_{name}"] = Value(float(count))
    return values


def _compute(tally: Tally, *, smooth: bool = False) -> dict[str, Value]:
    facts = make_facts(tally)
    there = (*tally.extras, *(("first_waits",) if tally.first_waits.size else ()))
    plan = _plan(tally.partners, there, smooth, len(CARDS))
    return {name: compute(facts, side) for name, compute, side in plan}


@lru_cache(maxsize=64)
def _plan(
    partners: tuple[str, str], there: tuple[str, ...], smooth: bool, n_cards: int
) -> tuple[tuple[str, Callable[[Facts, int], Value], int], ...]:
    """Name, function and side of every measure to compute; the same for all sessions of a study.

    ``n_cards`` is there so that a card registered later makes a new plan.
    """
    found = []
    for card in CARDS.values():
        if (card.only_with and card.only_with not in there) or (smooth and not card.smooth):
            continue
        if card.per_partner:
            for side, partner in enumerate(partners):
                found.append((card.name.replace(PARTNER, partner), card.compute, side))
        else:
            found.append((card.name, card.compute, 0))
    return tuple(found)


def compute_pooled(
    tallies: Sequence[Tally], unit: str = "sessions"
) -> tuple[dict[str, Value], str]:
    """Measures of several sessions pooled, and the name of their intervals.

    Parameters
    ----------
    tallies : sequence of Tally
        One for each unit that the jackknife may leave out.
    unit : str, default "sessions"
        What one tally stands for: sessions of a dyad, or dyads of a study.

    Returns
    -------
    dict of str to Value
        Values from summed events and exposure.
    str
        ``"jackknife over sessions"`` from five sessions on; below that the intervals of a single
        recording (``"as for one recording"``), which are too narrow for statements about a dyad.

    Notes
    -----
    The jackknife leaves out one session at a time; hazards, rates and ratios on the log scale,
    shares on their own and cut at 0 and 1; t quantile with J - 1 degrees of freedom. Where leaving
    one out changes nothing (no event at all), the limits of a single recording stand. Quantiles
    keep their Kaplan-Meier interval: a jackknife is not valid for them (Efron 1982, The jackknife,
    the bootstrap and other resampling plans, section 3.4).
    """
    values = compute_measures(pool_tallies(tallies))
    if len(tallies) < MIN_SESSIONS:
        return values, "as for one recording"
    left_out = [
        _compute(pool_tallies([*tallies[:i], *tallies[i + 1 :]]), smooth=True)
        for i in range(len(tallies))
    ]
    pooled = {}
    for name, value in values.items():
        card = find_card(name, tallies[0].partners)
        if card is not None and card.smooth:
            value = _jackknife(card, value, [v[name].value for v in left_out])
        pooled[name] = value
    return pooled, f"jackknife over {unit}"


def _jackknife(card: Card, value: Value, left_out: Sequence[float]) -> Value:
    """The value with limits from the spread of the values with one tally left out."""
    from scipy.special import stdtrit

    points = np.array(left_out, dtype=np.float64)
    count = points.size
    if not isfinite(value.value) or (card.log_scale and value.value == 0):
        # Without any event there is nothing to vary: the exact bound stands.
        return value
    if not np.isfinite(points).all() or (card.log_scale and (points <= 0).any()):
        return Value(value.value, nan, nan, value.n)
    if (points == value.value).all():
        return value
    if card.unit == "count":
        # A total over all sessions shrinks when one is left out; brought back to J of them.
        points = points * count / (count - 1)
    if card.log_scale:
        points = np.log(points)
    centre = log(value.value) if card.log_scale else value.value
    spread = sqrt((count - 1) / count * float(((points - points.mean()) ** 2).sum()))
    half = float(stdtrit(count - 1, 0.975)) * spread
    low, high = centre - half, centre + half
    if card.log_scale:
        low, high = exp(low), exp(high)
    elif card.unit == "share":
        low, high = max(0.0, low), min(1.0, high)
    return Value(value.value, low, high, value.n)
