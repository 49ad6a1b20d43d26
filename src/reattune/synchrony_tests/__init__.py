"""Synchrony beside chance: windows moved apart, signals made anew, partners re-paired."""

from reattune.synchrony_tests.epochs import WindowRow, compare_epochs, lay_epochs
from reattune.synchrony_tests.made import (
    randomize_phases,
    randomize_phases_keeping_values,
    shuffle_segments,
)
from reattune.synchrony_tests.moves import Moves, plan_moves
from reattune.synchrony_tests.pairing import SignalPairings, pair_all, permute_partners
from reattune.synchrony_tests.record import (
    NULLS,
    combine_records,
    compare_profile,
    compare_record,
    measure_statistics,
)
from reattune.synchrony_tests.results import ChanceProfile, SynchronyChance

__all__ = [
    "NULLS",
    "ChanceProfile",
    "Moves",
    "SignalPairings",
    "SynchronyChance",
    "WindowRow",
    "combine_records",
    "compare_epochs",
    "compare_profile",
    "compare_record",
    "lay_epochs",
    "measure_statistics",
    "pair_all",
    "permute_partners",
    "plan_moves",
    "randomize_phases",
    "randomize_phases_keeping_values",
    "shuffle_segments",
]
