"""All measures of a tally, and of pooled tallies with intervals that fit."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, isfinite, log, nan, sqrt

import numpy as np

from reattune.measures import latency, matching, reparation, who
from reattune.measures.cards import CARDS, PARTNER, Card, Value
from reattune.measures.facts import make_facts
from reattune.measures.tally import Tally, pool_tallies

# Importing the rooms above fills the register of cards.
ROOMS = (matching, reparation, latency, who)
MIN_SESSIONS = 5


def compute_measures(tally: Tally) -> dict[str, Value]:
    """Every measure of a tally by name, in the order of the cards.

    Returns
    -------
    dict of str to Value
        ``(value, low, high, n)``; nan where undefined or without limits.
    """
    facts = make_facts(tally)
    values: dict[str, Value] = {}
    for card in CARDS.values():
        if card.only_with and card.only_with not in tally.extras:
            continue
        if card.per_partner:
            for side, partner in enumerate(tally.partners):
                values[card.name.replace(PARTNER, partner)] = card.compute(facts, side)
        else:
            values[card.name] = card.compute(facts, 0)
    for name, count in tally.extras.items():
        values[f"n_{name}" if name.startswith("cues") else f"n_cues_{name}"] = Value(float(count))
    return values


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
    shares on their own; t quantile with J - 1 degrees of freedom. Quantiles keep their
    Kaplan-Meier interval: a jackknife is not valid for them (Efron 1982, The jackknife, the
    bootstrap and other resampling plans, section 3.4).
    """
    values = compute_measures(pool_tallies(tallies))
    if len(tallies) < MIN_SESSIONS:
        return values, "as for one recording"
    left_out = [
        compute_measures(pool_tallies([*tallies[:i], *tallies[i + 1 :]]))
        for i in range(len(tallies))
    ]
    pooled = {}
    for name, value in values.items():
        card = _card_of(name, tallies[0].partners)
        if card is not None and card.smooth:
            low, high = _jackknife(value.value, [v[name].value for v in left_out], card.log_scale)
            # No event in any session: the jackknife has nothing to vary, the exact bound stands.
            keep = value.value == 0 and card.log_scale
            value = value if keep else Value(value.value, low, high, value.n)
        pooled[name] = value
    return pooled, f"jackknife over {unit}"


def _card_of(name: str, partners: tuple[str, str]) -> Card | None:
    for partner in partners:
        for general in (
            name.replace(f"_by_{partner}", f"_by_{PARTNER}"),
            name.replace(f"_share_{partner}", f"_share_{PARTNER}"),
        ):
            if general in CARDS:
                return CARDS[general]
    return CARDS.get(name)


def _jackknife(value: float, left_out: Sequence[float], log_scale: bool) -> tuple[float, float]:
    from scipy.special import stdtrit

    points = np.array(left_out, dtype=np.float64)
    if not isfinite(value) or not np.isfinite(points).all():
        return (nan, nan)
    if log_scale:
        if value <= 0 or (points <= 0).any():
            return (nan, nan)
        points, centre = np.log(points), log(value)
    else:
        centre = value
    count = points.size
    spread = sqrt((count - 1) / count * float(((points - points.mean()) ** 2).sum()))
    half = float(stdtrit(count - 1, 0.975)) * spread
    low, high = centre - half, centre + half
    return (exp(low), exp(high)) if log_scale else (low, high)
