"""When there is no p, and what to say beside one: by code, with the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.pair import Pair
from reattune.surrogates.components import MATCHING
from reattune.surrogates.expected import expected

MIN_RUNS = 3
MIN_EXPECTED = 2.0
MIN_ALIGNMENTS = 40
MIN_DYADS = 6
FEW_RUNS = 8
FEW_EXPECTED = 5.0
ENOUGH_EXPECTED = 40.0
MANY_MISSING = 0.2
MIN_BLOCKS_IN_STUDY = 8
MAX_SHORTENED = 0.2
# A null shifted by .3 of its spread rejects about .06 where .05 is meant.
MAX_SHIFT = 0.3

WORDS = {
    "R_RUNS": "A partner shows fewer than three runs of one state: nothing can be compared.",
    "R_EXPECTED": "Fewer than two repairs are expected by chance: repair cannot be compared.",
    "R_SHIFTS": "Fewer than 40 different alignments exist: p could not reach .05.",
    "R_UNDEFINED": "Undefined in the data or in more than a tenth of the surrogates.",
    "R_GRID": "Block edges fall on so many moments of a coarse time base that the surrogates lose "
    "repairs; read the repair ratio, which takes that into account.",
    "R_PAIRS": "Fewer than six dyads: re-pairing them cannot give a small p.",
    "W_FEW": "A session with so few changes could hardly show a difference "
    "(about one time in ten even where coupling is strong).",
    "W_MODERATE": "Only strong coupling could show in a session of this size.",
    "W_DRIFT": "Not protected against slow change common to both partners.",
    "W_MISSING": "More than a fifth of a partner's time is missing: beyond what was calibrated.",
    "W_LENGTHS": "Paired streams were cut by more than a fifth to a common length.",
    "W_OFFSET": "A minimum offset makes false positives",
    "W_MODEL": "These surrogates break up or redraw one partner's runs",
}


@dataclass(frozen=True)
class ChanceWarning:
    """One thing to say beside a p.

    Attributes
    ----------
    code : str
        ``"W_FEW"``, ...; the table is in docs/concepts/chance.md.
    message : str
        In plain words.
    """

    code: str
    message: str

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Information:
    """How much the data can say about chance.

    Attributes
    ----------
    runs : (int, int)
        Maximal runs of one state of each partner.
    expected_repairs : float
        By chance; see `expected`.
    missing_prop : (float, float)
        Share of the window each partner is unobserved.
    n_alignments : float
        Different alignments the rotation can make (infinite when beyond a float).
    blocks : int
    """

    runs: tuple[int, int]
    expected_repairs: float
    missing_prop: tuple[float, float]
    n_alignments: float
    blocks: int


def information(
    pair: Pair,
    *,
    n_alignments: float = float("inf"),
    blocks: int = 1,
    expected_repairs: float | None = None,
) -> Information:
    """What the refusals and warnings look at, counted in the data."""
    start, end = pair.window
    repairs = expected(pair).expected_repairs if expected_repairs is None else expected_repairs
    return Information(
        runs=(pair.x.n_runs, pair.y.n_runs),
        expected_repairs=repairs,
        missing_prop=(
            1 - pair.x.observed_s / (end - start),
            1 - pair.y.observed_s / (end - start),
        ),
        n_alignments=n_alignments,
        blocks=blocks,
    )


def refusal(statistic: str, seen: Information, *, lossy: bool = False) -> str:
    """The code of the reason why there is no p for that statistic; empty when there may be one.

    ``lossy``: the surrogates lose repairs to their own cuts (`loses_repairs`).
    """
    if min(seen.runs) < MIN_RUNS:
        return "R_RUNS"
    if seen.n_alignments < MIN_ALIGNMENTS:
        return "R_SHIFTS"
    # "not at least" also holds for nan, when nothing was observed.
    if statistic not in MATCHING and not seen.expected_repairs >= MIN_EXPECTED:
        return "R_EXPECTED"
    if lossy and statistic not in (*MATCHING, "repair_ratio"):
        return "R_GRID"
    return ""


def lost_prop(pairs: Sequence[Pair], n_cuts: float) -> float:
    """Share of the partners' changes that fall on one of ``n_cuts`` cuts of the surrogates.

    A change can only lie on the time base of its coding, and on a coarse one the cuts take a good
    part of all moments: 6 % with codes per second and blocks of 30 s.
    """
    total_s = sum(pair.window[1] - pair.window[0] for pair in pairs)
    lost = changes = 0.0
    for pair in pairs:
        for steps, tick_s in zip((pair.x, pair.y), pair.ticks_s, strict=True):
            lost += steps.n_runs * n_cuts * tick_s / total_s
            changes += steps.n_runs
    return min(1.0, lost / changes) if changes else 0.0


def loses_repairs(lost: float, hazards: NDArray[np.float64]) -> bool:
    """Whether a loss of that share of repairs moves their null by more than .3 of its spread."""
    known = hazards[np.isfinite(hazards)]
    if known.size < 2:
        return False
    return bool(lost * known.mean() > MAX_SHIFT * known.std())


def is_enough(expected_repairs: float) -> bool:
    """Whether a difference could have been seen, so that its absence says something."""
    return expected_repairs >= ENOUGH_EXPECTED


def caution(code: str, message: str = "") -> ChanceWarning:
    """The warning of that code, in its standing words or in ``message``."""
    return ChanceWarning(code, message or WORDS[code])


def cautions(
    seen: Information, *, in_study: bool = False, drift: bool = True
) -> tuple[ChanceWarning, ...]:
    """The warnings that hold for a rotation test.

    Parameters
    ----------
    seen : Information
    in_study : bool
        Sessions are combined: fewer than eight blocks per session then leave slow change in.
    drift : bool
        Whether to speak about slow change at all (not beside a pairing test).
    """
    codes = []
    if min(seen.runs) < FEW_RUNS or not seen.expected_repairs >= FEW_EXPECTED:
        codes.append("W_FEW")
    elif not is_enough(seen.expected_repairs):
        codes.append("W_MODERATE")
    if drift and seen.blocks < (MIN_BLOCKS_IN_STUDY if in_study else 2):
        codes.append("W_DRIFT")
    if max(seen.missing_prop) > MANY_MISSING + 1e-9:
        codes.append("W_MISSING")
    return tuple(caution(code) for code in codes)
