"""From a pair and its rotations to the statistics that are tested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reattune.core.criteria import Criteria
from reattune.core.pair import Pair
from reattune.surrogates.ticks import TickPair, TickRuns, to_ticks

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Seam = Literal["cut", "join"]

MATCHING = ("matched_prop", "match_kappa")
REPAIRING = (
    "repair_hazard_per_s",
    "rupture_hazard_per_s",
    "repair_ratio",
    "excess_repairs",
    "repairs_per_min",
    "repair_latency_q25_s",
    "repair_latency_q50_s",
    "repair_latency_q75_s",
    "repaired_within_1s",
    "repaired_within_3s",
    "repaired_within_5s",
    "repaired_within_10s",
)
STATISTICS = MATCHING + REPAIRING


@dataclass(frozen=True, eq=False)
class Components:
    """What was counted in each of n alignments; all arrays have shape (n,).

    Attributes
    ----------
    observed_s, matched_s, mismatched_s : float array
        V, and M and U after the criteria.
    repairs, ruptures : float array
        Mismatch -> match and match -> mismatch transitions, after the criteria.
    expected_prop, expected_repairs : float array
        E and e from the marginals of that alignment.
    latencies : float array, shape (n, 7)
        Kaplan-Meier quartiles in seconds, then shares repaired within 1, 3, 5 and 10 s.
    raw_matched_s : float array
        M before the criteria.
    """

    observed_s: FloatArray
    matched_s: FloatArray
    mismatched_s: FloatArray
    repairs: FloatArray
    ruptures: FloatArray
    expected_prop: FloatArray
    expected_repairs: FloatArray
    latencies: FloatArray
    raw_matched_s: FloatArray

    @property
    def expected_hazard_per_s(self) -> FloatArray:
        """h_E = e / (V (1 - E)); nan where nothing is expected to mismatch."""
        return _ratio(self.expected_repairs, self.observed_s * (1 - self.expected_prop))

    def statistics(self) -> dict[str, FloatArray]:
        """Every name of `STATISTICS` with its value in each alignment; nan where undefined."""
        matched = _ratio(self.raw_matched_s, self.observed_s)
        hazard = _ratio(self.repairs, self.mismatched_s)
        chance = self.expected_hazard_per_s
        found = {
            "matched_prop": matched,
            "match_kappa": _ratio(matched - self.expected_prop, 1 - self.expected_prop),
            "repair_hazard_per_s": hazard,
            "rupture_hazard_per_s": _ratio(self.ruptures, self.matched_s),
            "repair_ratio": _ratio(hazard, chance),
            "excess_repairs": self.repairs - chance * self.mismatched_s,
            "repairs_per_min": 60 * _ratio(self.repairs, self.observed_s),
        }
        found.update(zip(STATISTICS[7:], self.latencies.T, strict=True))
        return found


def _ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """``top / bottom``; nan where ``bottom`` is not above 0."""
    good = bottom > 1e-15
    return np.where(good, top / np.where(good, bottom, 1.0), np.nan)


def count(
    ticks: TickPair,
    *,
    blocks: IntArray | None = None,
    offsets: IntArray | None = None,
    seam: Seam = "cut",
    criteria: Criteria | None = None,
) -> Components:
    """What every alignment of the two streams amounts to.

    Parameters
    ----------
    ticks : TickPair
    blocks : int array, shape (m + 1,), optional
        Block edges in ticks, first 0 and last ``ticks.n_ticks``. Default: one block.
    offsets : int array, shape (n, m), optional
        How far the second stream moves inside each block, in ticks. Default: one row of zeros.
    seam : {"cut", "join"}
        Whether the place where a rotated block's end meets its start ends a run.
    criteria : Criteria, optional
        Default: every mismatch counts.
    """
    # numba loads here and not with the package.
    from reattune.surrogates import kernel

    edges = np.array([0, ticks.n_ticks], dtype=np.int64) if blocks is None else blocks
    moves = np.zeros((1, edges.size - 1), dtype=np.int64) if offsets is None else offsets
    rules = criteria or Criteria()
    x_start, x_code, x_break = _split(ticks.x, edges[1:-1], ticks.cuts, edges_cut=True)
    y_start, y_code, y_break = _split(ticks.y, edges[1:-1], ticks.cuts, edges_cut=False)
    raw: FloatArray = kernel.evaluate_rotations(
        x_start,
        x_code,
        x_break,
        y_start,
        y_code,
        y_break,
        np.searchsorted(y_start, edges).astype(np.int64),
        ticks.match,
        edges,
        np.ascontiguousarray(moves, dtype=np.int64),
        seam == "cut",
        ticks.unit_s,
        rules.min_rupture_s,
        rules.merge_gap_s,
    )
    return Components(
        observed_s=raw[:, kernel.OBSERVED],
        matched_s=raw[:, kernel.MATCHED],
        mismatched_s=raw[:, kernel.MISMATCHED],
        repairs=raw[:, kernel.REPAIRS],
        ruptures=raw[:, kernel.RUPTURES],
        expected_prop=raw[:, kernel.EXPECTED],
        expected_repairs=raw[:, kernel.EXPECTED_REPAIRS],
        latencies=raw[:, kernel.LATENCIES : kernel.LATENCIES + 7],
        raw_matched_s=raw[:, kernel.MATCHED_RAW],
    )


def count_pair(pair: Pair, *, criteria: Criteria | None = None) -> Components:
    """What the pair as it stands amounts to (n = 1)."""
    return count(to_ticks(pair), criteria=criteria)


def _split(
    runs: TickRuns, edges: IntArray, cuts: IntArray, *, edges_cut: bool
) -> tuple[IntArray, IntArray, BoolArray]:
    """Starts, codes and breaks of the runs, divided at block edges and cuts."""
    if edges.size == 0 and cuts.size == 0:
        starts = runs.edges[:-1]
        return starts, runs.codes, np.zeros(starts.size, dtype=np.bool_)
    starts = np.unique(np.concatenate([runs.edges[:-1], edges, cuts]))
    codes = runs.codes[np.searchsorted(runs.edges, starts, side="right") - 1]
    breaks = np.isin(starts, cuts)
    if edges_cut:
        breaks |= np.isin(starts, edges)
    return starts, codes, breaks
