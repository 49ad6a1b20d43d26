"""Chance: what the same two streams give when nothing ties them to each other.

`rotate_blocks` is the test of one session or phase; `permute_pairs` and `combine_rotations` those
of a study. docs/concepts/chance.md says in words what each keeps and what a small p means.
"""

from reattune.surrogates.alignments import block_edges, rotated_pair
from reattune.surrogates.chance import ChanceTest
from reattune.surrogates.combine import combine_rotations
from reattune.surrogates.components import STATISTICS
from reattune.surrogates.decide import ChanceWarning, Information
from reattune.surrogates.expected import Expected, expected
from reattune.surrogates.generic import rotate_generic
from reattune.surrogates.options import (
    compare_redrawn,
    fitted_semi_markov,
    run_permutation,
    stationary_bootstrap,
)
from reattune.surrogates.pairing import PairingTable, pairing_table, place_dyad
from reattune.surrogates.permute import permute_pairs
from reattune.surrogates.ranks import ChanceStatistic, two_sided_p
from reattune.surrogates.rotate import rotate_blocks, rotate_whole
from reattune.surrogates.wording import sentences, study_sentences

__all__ = [
    "STATISTICS",
    "ChanceStatistic",
    "ChanceTest",
    "ChanceWarning",
    "Expected",
    "Information",
    "PairingTable",
    "block_edges",
    "combine_rotations",
    "compare_redrawn",
    "expected",
    "fitted_semi_markov",
    "pairing_table",
    "permute_pairs",
    "place_dyad",
    "rotate_blocks",
    "rotate_generic",
    "rotate_whole",
    "rotated_pair",
    "run_permutation",
    "sentences",
    "stationary_bootstrap",
    "study_sentences",
    "two_sided_p",
]
