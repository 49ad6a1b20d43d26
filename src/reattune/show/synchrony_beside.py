"""A value of synchrony with its null beside it, as every sentence has it."""

from __future__ import annotations

from math import isnan

from reattune.show.phrases import number
from reattune.surrogates.ranks import ChanceStatistic
from reattune.synchrony import CrossCorrelation
from reattune.synchrony_tests import SynchronyChance
from reattune.synchrony_tests.words import verdict

NULLS = {
    "rotate": "when the {second}'s signal meets the {first}'s at other moments, each staying as it "
    "is, it is",
    "phase_randomised": "with a {second}'s signal made anew from its spectrum it is",
    "iaaft": "with a {second}'s signal made anew from its values and spectrum it is",
    "segment_shuffle": "with segments of the {second}'s signal in random order it is",
}


def name_kind(options: CrossCorrelation) -> str:
    """``z`` or ``r``: what is averaged."""
    return "z" if options.fisher_z else "r"


def beside(
    chance: SynchronyChance | None, name: str, partners: tuple[str, str], *, short: bool = False
) -> str:
    """``; when the therapist's signal ..., it is 0.133 (0.118 to 0.149), p = .08: ...``.

    ``short`` where the null was named in the sentence before.
    """
    if chance is None or name not in chance:
        return "; what chance gives was not drawn."
    first, second = partners
    told = NULLS.get(chance.method, "chance gives").format(first=first, second=second)
    if short:
        told = "that null gives"
    return beside_row(chance[name], told)


def beside_row(row: ChanceStatistic | None, told: str) -> str:
    """The same for one statistic and the words of its null."""
    if row is None:
        return "; what chance gives was not drawn."
    if row.refused and isnan(row.null_mean):
        return f"; {verdict(row)}."
    return (
        f"; {told} {number(row.null_mean, 3)} ({number(row.null_low, 3)} to "
        f"{number(row.null_high, 3)}), {verdict(row)}."
    )
