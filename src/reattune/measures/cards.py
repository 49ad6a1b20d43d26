"""Cards: every measure's name, unit, formula, source and caveat, and the function that computes it.

Units: ``s`` seconds, ``share`` of 1, ``count``, ``1/s``, ``1/min``, ``1`` for plain numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from reattune.measures.facts import Facts

PARTNER = "<partner>"


class Value(NamedTuple):
    """A measure's value with its 95 % limits (nan where there are none) and the count behind it."""

    value: float
    low: float = float("nan")
    high: float = float("nan")
    n: float = float("nan")


@dataclass(frozen=True)
class Card:
    """What a measure is.

    Attributes
    ----------
    name : str
        As in the tables; ``<partner>`` stands for each partner's name.
    label : str
        What to call it in a sentence or on an axis.
    unit : str
    formula : str
    interval : str
        How the limits are made, or why there are none.
    source : str
        Where the definition comes from, and how ours differs.
    caveat : str
        What it cannot say.
    compute : callable(Facts, side) -> Value
        ``side`` is 0 or 1 for a ``<partner>`` measure, else 0.
    smooth : bool
        Whether a delete-one-session jackknife is valid for it (not for quantiles).
    log_scale : bool
        Whether that jackknife works on the logarithm.
    only_with : str
        What a tally must have beyond the ordinary, or else the measure is left out.
    """

    name: str
    label: str
    unit: str
    formula: str
    interval: str
    source: str
    caveat: str
    compute: Callable[[Facts, int], Value]
    smooth: bool = False
    log_scale: bool = False
    only_with: str = ""

    @property
    def per_partner(self) -> bool:
        """Whether there is one value for each partner."""
        return PARTNER in self.name


CARDS: dict[str, Card] = {}


def measure(
    name: str,
    *,
    label: str,
    unit: str,
    formula: str,
    interval: str = "none",
    source: str = "defined here",
    caveat: str = "",
    smooth: bool = False,
    log_scale: bool = False,
    only_with: str = "",
) -> Callable[[Callable[[Facts, int], Value]], Callable[[Facts, int], Value]]:
    """Register the decorated function as the measure of that name."""

    def register(function: Callable[[Facts, int], Value]) -> Callable[[Facts, int], Value]:
        CARDS[name] = Card(
            name,
            label,
            unit,
            formula,
            interval,
            source,
            caveat,
            function,
            smooth,
            log_scale,
            only_with,
        )
        return function

    return register


def find_card(name: str, partners: Iterable[str] = ()) -> Card | None:
    """The card of a measure, also for a name with a partner put in."""
    if name in CARDS:
        return CARDS[name]
    for partner in partners:
        for card in CARDS.values():
            if card.per_partner and card.name.replace(PARTNER, partner) == name:
                return card
    return None
