"""The lag-sequential test: strategies rotated against ruptures inside every meeting."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan

import numpy as np
from numpy.typing import NDArray

from reattune.segment_codes.meeting import BoolArray
from reattune.segment_codes.transitions import (
    Streams,
    Transition,
    count_transitions,
    given_and_target,
)
from reattune.surrogates.ranks import rank

FloatArray = NDArray[np.float64]
MIN_RUNS = 3
MIN_EXPECTED = 2.0
MIN_ALIGNMENTS = 40
FEW_EXPECTED = 5.0
ENOUGH_EXPECTED = 40.0
MANY_MISSING = 0.2
ENUMERATE_UP_TO = 20_000

WORDS = {
    "R_SAME": "Both ends lie in the stream of ruptures, which the surrogates leave as it is: "
    "described only.",
    "R_RUNS": "Fewer than three runs of one of the two states: nothing can be compared.",
    "R_EXPECTED": "Fewer than two are expected by chance.",
    "R_SHIFTS": "Fewer than 40 different alignments exist: p could not reach .05.",
    "R_SPREAD": "All surrogates give the same count.",
    "R_NONE": "No surrogates were drawn.",
    "R_UNDEFINED": "There are no surrogates other than the data.",
    "W_ALONG": "Strategies were coded in rupture segments only, so they were rotated along these: "
    "p asks when in the ruptures they came, not whether they came with ruptures.",
    "W_DRIFT": "Not protected against slow change common to ruptures and strategies within the "
    "meetings, such as both growing more frequent towards the end.",
    "W_MISSING": "More than a fifth of the segments were not coded: runs on both sides of a gap "
    "are put together by the rotation.",
    "W_FEW": "With fewer than five expected, only a strong contingency could show.",
}


@dataclass(frozen=True, eq=False)
class SequenceTest:
    """Transitions beside what rotated strategies give.

    Attributes
    ----------
    cells : tuple of Transition
    along : {"all", "ruptures"}
        Segments along which the strategies were rotated in the block ``answer``.
    n_alignments : mapping of block to float
        Different alignments over all meetings together (infinite when beyond a float).
    n_drawn : int
    exact : bool
        Whether every alignment was looked at.
    warnings : tuple of str
        Codes of `WORDS`.
    """

    cells: tuple[Transition, ...]
    along: str
    n_alignments: Mapping[str, float]
    n_drawn: int
    exact: bool
    warnings: tuple[str, ...] = ()

    @property
    def tested(self) -> tuple[Transition, ...]:
        """The cells with a p."""
        return tuple(cell for cell in self.cells if not cell.refused)

    def verdict(self, cell: Transition) -> str:
        """The corrected p with what may be said about it."""
        return verdict(cell.p_max, cell.count, cell.null_mean, cell.refused)


def verdict(p: float, count: float, null_mean: float, refused: str) -> str:
    """The p with what may be said: "does not differ" only where 40 were expected."""
    from reattune.surrogates.wording import ALPHA, format_p

    if refused:
        return f"no p ({WORDS[refused].rstrip('.')})"
    if p <= ALPHA:
        return f"{format_p(p)}, {'more' if count > null_mean else 'fewer'} than chance gives"
    enough = null_mean >= ENOUGH_EXPECTED
    return f"{format_p(p)}: {'does not differ from chance' if enough else 'too little to tell'}"


def test_transitions(
    streams: Sequence[Streams],
    lags: Sequence[int],
    *,
    rng: np.random.Generator,
    n: int = 999,
) -> SequenceTest:
    """Every transition beside what strategies rotated against the ruptures give.

    Inside each meeting the whole bundle of strategies is turned on a circle along the coded
    segments, so that how often, how long and in which order strategies come stays, and the ruptures
    stay where they are. Where all strategies lie in rupture segments (they were coded there only)
    they turn along the rupture segments, since anything else would break what the coding ties. What
    follows a strategy in a rupture segment is always asked by turning along rupture segments: how
    many of them have the strategy must stay, or any tie of strategies to ruptures would count.

    Parameters
    ----------
    streams : sequence of Streams
        One per meeting; each turns apart, all offsets alike, 0 included.
    lags : sequence of int
    rng : numpy.random.Generator
        Not used where all alignments are looked at (up to 20,000).
    n : int, default 999
        Surrogates; 0 = described only.

    Notes
    -----
    ``p = min(1, 2 min(p_up, p_down))`` with ``p_up = (1 + #{s >= count}) / (1 + n)``. Correction
    over the table: the largest ``|count - mean| / sd`` of any tested cell in each surrogate (max
    statistic; Westfall and Young 1993, Resampling-based multiple testing), mean and sd over
    surrogates and observation together.
    """
    cells = count_transitions(streams, lags)
    along = choose_along(streams)
    if not n or not cells:
        told = tuple(replace(c, refused="R_SAME" if c.block == "course" else "R_NONE")
                     for c in cells)  # fmt: skip
        return SequenceTest(told, along, {}, 0, False)
    tested = [at for at, cell in enumerate(cells) if cell.block != "course"]
    # Each block of each meeting turns by itself; cells of the other block get nothing from it.
    tables: list[FloatArray] = []
    n_alignments: dict[str, float] = {}
    for block, where in (("answer", along), ("relief", "ruptures")):
        own = [cells[at] if cells[at].block == block else None for at in tested]
        turned = [rotated_counts(s, own, where) for s in streams]
        n_alignments[block] = math.prod(float(np.unique(t, axis=0).shape[0]) for t in turned)
        tables += turned
    null, exact = _combine(tables, rng=rng, n=n)
    refusals = [_refusal(streams, cell, n_alignments) for cell in cells]
    for column, at in enumerate(tested):
        row = rank(cells[at].name, cells[at].count, null[:, column], refused=refusals[at])
        refused = row.refused
        if not refused and row.null_mean < MIN_EXPECTED:
            refused = "R_EXPECTED"
        if not refused and null[:, column].std() < 1e-12:
            refused = "R_SPREAD"
        refusals[at] = refused
        cells[at] = replace(
            cells[at],
            null_mean=row.null_mean,
            null_low=row.null_low,
            null_high=row.null_high,
            p=nan if refused else row.p,
            refused=refused,
        )
    for at, cell in enumerate(cells):
        if cell.block == "course":
            cells[at] = replace(cell, refused="R_SAME")
    corrected = _correct(cells, tested, null)
    for at, p in corrected.items():
        cells[at] = replace(cells[at], p_max=p)
    return SequenceTest(
        tuple(cells), along, n_alignments, null.shape[0], exact, _warnings(streams, cells, along)
    )


# A name that pytest would take for a test of its own, were it looked for in a test module.
test_transitions.__test__ = False  # type: ignore[attr-defined]


def choose_along(streams: Sequence[Streams]) -> str:
    """``"ruptures"`` where every strategy lies in a rupture segment and not all segments are."""
    shown = calm = outside = 0
    for s in streams:
        on = np.any(list(s.strategies.values()), axis=0) if s.strategies else ~s.known & s.known
        shown += int((on & s.known).sum())
        outside += int((on & s.known & ~s.any_rupture).sum())
        calm += int((s.known & ~s.any_rupture).sum())
    return "ruptures" if shown and calm and not outside else "all"


def places(streams: Streams, along: str) -> NDArray[np.int64]:
    """The segments a stream turns along."""
    here = streams.any_rupture & streams.known if along == "ruptures" else streams.known
    return np.flatnonzero(here)


def turn(stream: BoolArray, at: NDArray[np.int64]) -> BoolArray:
    """The stream at every offset along these segments. Shape (offsets, n), offset 0 first."""
    size = max(1, at.size)
    out = np.zeros((size, stream.size), dtype=np.bool_)
    if at.size:
        own = stream[at]
        shifts = (np.arange(size)[None, :] - np.arange(size)[:, None]) % size
        out[:, at] = own[shifts]
    return out


def rotated_counts(streams: Streams, cells: Sequence[Transition | None], along: str) -> FloatArray:
    """The count of every cell at every offset of one meeting, 0 for None. Shape (offsets, k)."""
    at = places(streams, along)
    turned = {name: turn(stream, at) for name, stream in streams.strategies.items()}
    out = np.zeros((max(1, at.size), len(cells)))
    for column, cell in enumerate(cells):
        size = streams.known.size - (cell.lag if cell else 0)
        if cell is None or size <= 0:
            continue
        before, after = given_and_target(streams, cell.block, cell.given, cell.target)
        pairs = streams.known[:size] & streams.known[cell.lag :]
        if cell.block == "answer":
            fixed = (before[:size] & pairs).astype(np.float64)
            out[:, column] = turned[cell.target][:, cell.lag :] @ fixed
        else:
            fixed = (streams.any_rupture[:size] & after[cell.lag :] & pairs).astype(np.float64)
            out[:, column] = turned[cell.given][:, :size] @ fixed
    return out


def _combine(
    tables: Sequence[FloatArray], *, rng: np.random.Generator, n: int
) -> tuple[FloatArray, bool]:
    """Counts of the surrogates, summed over meetings: all others than the observed, or drawn."""
    sizes = [table.shape[0] for table in tables]
    if math.prod(sizes) <= ENUMERATE_UP_TO:
        index = np.indices(sizes).reshape(len(sizes), -1)[:, 1:]
        exact = True
    else:
        index = np.array([rng.integers(0, size, n) for size in sizes])
        exact = False
    return np.sum([table[own] for table, own in zip(tables, index, strict=True)], axis=0), exact


def _refusal(
    streams: Sequence[Streams], cell: Transition, n_alignments: Mapping[str, float]
) -> str:
    if cell.block == "course":
        return "R_SAME"
    if n_alignments[cell.block] < MIN_ALIGNMENTS:
        return "R_SHIFTS"
    runs = [0, 0]
    for s in streams:
        for side, on in enumerate(given_and_target(s, cell.block, cell.given, cell.target)):
            runs[side] += count_runs(on & s.known)
    return "R_RUNS" if min(runs) < MIN_RUNS else ""


def count_runs(on: BoolArray) -> int:
    """Maximal runs of True."""
    return int(on[0]) + int((on[1:] & ~on[:-1]).sum()) if on.size else 0


def _correct(
    cells: Sequence[Transition], tested: Sequence[int], null: FloatArray
) -> dict[int, float]:
    """The p of every tested cell against the largest deviation in the table."""
    use = [(at, column) for column, at in enumerate(tested) if not cells[at].refused]
    if not use:
        return {}
    columns = [column for _, column in use]
    seen = np.array([cells[at].count for at, _ in use])
    everything = np.vstack([seen, null[:, columns]])
    spread = everything.std(axis=0)
    away = np.abs(everything - everything.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    largest = away.max(axis=1)
    return {at: float((largest >= away[0, i] - 1e-12).mean()) for i, (at, _) in enumerate(use)}


def _warnings(
    streams: Sequence[Streams], cells: Sequence[Transition], along: str
) -> tuple[str, ...]:
    codes = []
    if along == "ruptures":
        codes.append("W_ALONG")
    tested = [cell for cell in cells if not cell.refused]
    if tested:
        codes.append("W_DRIFT")
        if min(cell.null_mean for cell in tested) < FEW_EXPECTED:
            codes.append("W_FEW")
    total = sum(s.known.size for s in streams)
    missing = total - sum(int(s.known.sum()) for s in streams)
    if total and missing / total > MANY_MISSING:
        codes.append("W_MISSING")
    return tuple(codes)
