"""Why there is no p for a synchrony, and what to say beside one: by code, with the words."""

from __future__ import annotations

from reattune.surrogates.decide import ChanceWarning

WORDS = {
    "R_WINDOWS": "Fewer than ten windows with a value: nothing can be compared.",
    "R_SHIFTS": "Fewer than 40 different alignments exist: p could not reach .05.",
    "R_UNDEFINED": "Undefined in the data or in more than a tenth of the surrogates.",
    "R_PAIRS": "Fewer than six dyads: re-pairing them cannot give a small p.",
    "R_RESTS": "More than a tenth of a signal is one and the same value (rests): signals made anew "
    "lose the rests, and half of all unrelated pairs or more would seem to go together.",
    "W_WINDOWS": "Fewer than 20 windows: only strong coupling could show.",
    "W_DRIFT": "The record is rotated as a whole, which does not separate slow change common to "
    "both partners from timing.",
    "W_MISSING": "More than a fifth of a signal is missing: beyond what was calibrated.",
    "W_LENGTHS": "Paired signals were cut by more than a fifth to a common length.",
    "W_ALIKE": "Partners who are alike in how smoothly they move have larger absolute values than "
    "strangers without any coupling: read those beside the same records at other moments.",
    "W_PHASE_RANDOMISED": "The second signal was made anew with normally distributed values: "
    "bursts and rests of the real one are lost.",
    "W_IAAFT": "The second signal was made anew: its values are kept, the shape of its bursts is "
    "not.",
    "W_SEGMENT_SHUFFLE": "Segments were put in random order, which breaks slow change and makes "
    "false positives; for comparison with other software only.",
}


def caution(code: str, message: str = "") -> ChanceWarning:
    """The warning of that code, in its standing words or in ``message``."""
    return ChanceWarning(code, message or WORDS[code])
