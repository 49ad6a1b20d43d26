"""Measures: numbers with their cards."""

from reattune.measures.cards import CARDS, Card, Value, find_card
from reattune.measures.compute import compute_measures, compute_pooled
from reattune.measures.tally import Tally, make_tally, pool_tallies

__all__ = [
    "CARDS",
    "Card",
    "Tally",
    "Value",
    "compute_measures",
    "compute_pooled",
    "find_card",
    "make_tally",
    "pool_tallies",
]
