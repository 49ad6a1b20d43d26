"""Matching and repair above chance: partners re-paired, and rotated in blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, isnan, nan

import numpy as np
from numpy.typing import NDArray

from reattune.core.pair import Pair
from reattune.experiments.power.design import Design
from reattune.experiments.power.dyads import (
    MOOD,
    couple,
    draw_dyads,
    find_arousal,
    find_window,
    live,
    share_mood,
)
from reattune.experiments.power.outcome import Outcome, count_codes, name_rng
from reattune.experiments.power.questions import EFFECT, NONE
from reattune.experiments.power.questions import MOOD as MOOD_WORLD
from reattune.experiments.power.see import make_rule, read_pairs
from reattune.models import DyadParameters
from reattune.surrogates import (
    ChanceTest,
    PairingTable,
    combine_rotations,
    pairing_table,
    two_sided_p,
)
from reattune.surrogates.decide import MIN_DYADS, information
from reattune.surrogates.permute import mean_and_t, permutations_of
from reattune.surrogates.ranks import MIN_DEFINED

FloatArray = NDArray[np.float64]

SURROGATES = 199
# A tail holds about so many surrogates at alpha.
_TAIL = 5
PAIRED = ("match_kappa", "excess_repairs")
ROTATED = ("matched_prop", "repair_hazard_per_s")


def count_surrogates(design: Design) -> int:
    """How many surrogates every test draws: enough for its alpha."""
    return max(SURROGATES, ceil(2 * _TAIL / design.alpha) - 1)


def run_chance(design: Design, seed: int, study: int) -> Outcome:
    """One study: both tests with coupling and without, and the naive one."""
    n = design.size("dyads")
    drawn = draw_dyads(design, n, name_rng(seed, study, "dyads"))
    arousal = find_arousal(design.preset, design.amount("minutes"))
    alone = [couple(dyad, 0.0, arousal) for dyad in drawn]
    moods = MOOD * name_rng(seed, study, "moods").standard_normal(n)
    worlds = {
        EFFECT: [couple(dyad, design.amount("effect"), arousal) for dyad in drawn],
        NONE: alone,
        MOOD_WORLD: [share_mood(*both) for both in zip(alone, moods.tolist(), strict=True)],
    }
    surrogates = count_surrogates(design)
    p: dict[tuple[str, str], float] = {}
    values: dict[tuple[str, str], float] = {}
    codes: dict[str, float] = {}
    for world, dyads in worlds.items():
        pairs = _see(design, dyads, name_rng(seed, study, "live"))
        table = pairing_table(pairs)
        partners, _ = permutations_of(n, surrogates, name_rng(seed, study, "partners"))
        for name in PAIRED:
            p[world, name] = find_pairing_p(table, name, partners)
            values[world, name] = _mean(np.diag(table.values[name]))
        p[world, "raw_matched"] = find_pairing_p(table, "matched_prop", partners, plain=True)
        if world == MOOD_WORLD:
            continue
        flat = [pair for sessions in pairs.values() for pair in sessions]
        turned = combine_rotations(
            flat, rng=name_rng(seed, study, "turn"), n=surrogates, beside_pairing=True
        )
        p |= {(world, name): turned[name].p for name in ROTATED}
        if world == EFFECT:
            codes = _limits(table, turned, flat)
    return Outcome(p, values, codes)


def _see(
    design: Design, dyads: Sequence[DyadParameters], rng: np.random.Generator
) -> Mapping[str, list[Pair]]:
    rule, window = make_rule(design.codebook), find_window(design, design.measured)
    ways = [design.observation()]
    return {
        f"{i:05d}": [read_pairs(course, ways, rule, window)[0] for course in sessions]
        for i, sessions in enumerate(live(design, dyads, design.size("sessions"), rng))
    }


def find_pairing_p(
    table: PairingTable, name: str, partners: NDArray[np.int64], *, plain: bool = False
) -> float:
    """The p of the studentised mean as in `permute_pairs`; of the plain one as in the field."""
    values = table.values[name]
    if int((~np.isnan(np.diag(values))).sum()) < MIN_DYADS:
        return nan
    which = 0 if plain else 1
    seen = float(mean_and_t(values, np.arange(values.shape[0])[None, :])[which][0])
    null = mean_and_t(values, partners)[which]
    known = null[~np.isnan(null)]
    if isnan(seen) or known.size < MIN_DEFINED * null.size:
        return nan
    return two_sided_p(seen, known)


def _limits(table: PairingTable, turned: ChanceTest, pairs: Sequence[Pair]) -> dict[str, float]:
    found = count_codes(information(pair) for pair in pairs)
    whole = set(turned.warning_codes) | {row.refused for row in turned.statistics if row.refused}
    if len(table.dyads) < MIN_DYADS:
        whole.add("R_PAIRS")
    return found | {f"study {code}": 1.0 for code in whole}


def _mean(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else nan
