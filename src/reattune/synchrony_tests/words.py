"""A synchrony beside its null, in sentences."""

from __future__ import annotations

import math

import numpy as np

from reattune.surrogates.ranks import ChanceStatistic
from reattune.surrogates.wording import format_p
from reattune.synchrony_tests.results import SynchronyChance
from reattune.synchrony_tests.warnings import WORDS

ALPHA = 0.05
_NULLS = {
    "rotate": "When the {second}'s signal meets the {first}'s at other moments, each staying as it "
    "is,",
    "phase_randomised": "With a {second}'s signal made anew from its spectrum,",
    "iaaft": "With a {second}'s signal made anew from its values and spectrum,",
    "segment_shuffle": "With segments of the {second}'s signal in random order,",
    "combine_records": "When every {second}'s signal meets the {first}'s at other moments,",
    "permute_pairs": "Strangers laid side by side:",
    "turn_epochs": "With the same epochs placed elsewhere,",
}
_NAMES = {
    "mean_abs_z": "mean absolute z",
    "mean_z": "mean z (with sign)",
    "lag_zero_z": "z at the same moment",
    "inside": "inside the epochs",
    "difference": "inside minus outside",
    "lead_difference": "where the {first} leads minus where the {second} leads",
}


def verdict(row: ChanceStatistic) -> str:
    """The p with what may be said about it."""
    if row.refused:
        return f"no p ({WORDS[row.refused].rstrip('.').lower()})"
    if row.p > ALPHA:
        return f"{format_p(row.p)}: too little to tell from chance"
    return f"{format_p(row.p)}, {'more' if row.observed > row.null_median else 'less'} than chance"


def say(test: SynchronyChance, name: str) -> str:
    """One statistic with its null: ``mean absolute z is 0.21; ... 0.19 (0.18 to 0.20), p = .04``.

    Parameters
    ----------
    test : SynchronyChance
    name : str
        Of the statistic.
    """
    row = test[name]
    first, second = test.partners
    called = _NAMES.get(name, name.replace("_", " ")).format(first=first, second=second)
    if math.isnan(row.observed):
        return f"{called[0].upper()}{called[1:]} is not defined: nothing could be correlated."
    null = _NULLS[test.method].format(first=first, second=second)
    return (
        f"{called[0].upper()}{called[1:]} is {row.observed:.3f}. {null} it is {row.null_mean:.3f} "
        f"({row.null_low:.3f} to {row.null_high:.3f}), {verdict(row)}."
    )


def sentences(test: SynchronyChance) -> list[str]:
    """The test as the sentences a report prints: absolute and signed, who leads, what limits it."""
    chosen = [
        name
        for name in ("mean_abs_z", "mean_z", "lead_difference", "inside", "difference")
        if name in test
    ]
    said = [say(test, name) for name in chosen]
    for name, told in (("window_mean_abs_z", "windows"), ("lag_mean_abs_z", "lags")):
        profile = test.profiles.get(name)
        if profile is None:
            continue
        known = int((~np.isnan(profile.p)).sum())
        found = int((profile.p <= ALPHA).sum())
        if known:
            said.append(
                f"Looking at all {known} {told} at once, {found or 'none'} "
                f"{'leaves' if found == 1 else 'leave'} what chance gives anywhere."
            )
    return said + [warning.message for warning in test.warnings]
