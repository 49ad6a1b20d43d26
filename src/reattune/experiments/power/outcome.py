"""Outcome: what one simulated study comes to, in numbers that can be pooled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from reattune.provenance import make_rng
from reattune.surrogates.decide import Information, cautions, refusal

# Test or value, in a world.
Key = tuple[str, str]


@dataclass(frozen=True)
class Outcome:
    """One study.

    Attributes
    ----------
    p : mapping of (world, test) to float
        nan where the test is not made.
    values : mapping of (world, name) to float
        Numbers that are averaged over studies.
    codes : mapping of str to float
        What limits the study: a code, or a reason in words, with the share of sessions (1 for the
        whole study).
    """

    p: Mapping[Key, float]
    values: Mapping[Key, float] = field(default_factory=dict)
    codes: Mapping[str, float] = field(default_factory=dict)


def name_rng(seed: int, study: int, *words: str) -> np.random.Generator:
    """The generator of one part of one study.

    It depends on neither the design nor the number of studies: two designs meet the same dyads and
    the same chances, so that curves compare like with like.
    """
    return make_rng(seed, "power", f"study {study}", *words)


def count_codes(seen: Iterable[Information]) -> dict[str, float]:
    """Share of sessions in which a test of one session alone would be refused or warned about.

    Slow change common to both partners is left out: there is none in these sessions.
    """
    rows = list(seen)
    found: dict[str, float] = {}
    for one in rows:
        codes = {warning.code for warning in cautions(one, drift=False)}
        refused = refusal("repair_hazard_per_s", one)
        for code in codes | ({refused} if refused else set()):
            found[code] = found.get(code, 0.0) + 1 / len(rows)
    return found
