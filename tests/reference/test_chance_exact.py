"""Exact chance on real sessions: full enumerations, against values made by another program."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reattune.core.pair import MatchTable, Pair
from reattune.core.steps import Steps
from reattune.rules import StateMatch
from reattune.surrogates import ChanceTest, expected, rotate_blocks, rotate_whole
from reattune.surrogates.alignments import plan
from reattune.surrogates.components import count
from reattune.surrogates.ranks import two_sided_p
from reattune.surrogates.ticks import to_ticks

from .sessions import couples

FloatArray = NDArray[np.float64]

FRAME_CS = 4
VALENCE = {"W": 0, "N": 1, "A": 2, "-1": 0, "0": 1, "1": 2, "2": 2}
TABLES = {
    "both_looking": [[0, 0], [0, 1]],
    "same_looking": [[1, 0], [0, 1]],
    "one_speaks": [[0, 1, 0], [1, 0, 1], [0, 1, 0]],
}
# Session: alignments, P mean, P p, hazard mean, hazard p (methods page on chance, section 7).
WHOLE = {
    "3367": (8010, 0.09559245874, 0.5855181024, 0.03525097396, 0.7602996255),
    "3414": (7575, 0.1214670584, 0.3205280528, 0.01674883797, 0.3339933993),
    "1": (900, 0.8325237919, 0.2555555556, 0.4945600419, 0.22),
    "2": (900, 0.7025818811, 0.5377777778, 0.2930543915, 0.8555555556),
    "3": (900, 0.6186923742, 0.01111111111, 0.3129485178, 0.3666666667),
    "4": (900, 0.8060993697, 0.06666666667, 0.3521373465, 0.7666666667),
    "5": (900, 0.7669805957, 0.02222222222, 0.3734316621, 0.6755555556),
}


def make_table(rows: list[list[int]]) -> MatchTable:
    match = np.array(rows, dtype=np.int64)
    states = tuple(str(k) for k in range(len(rows)))
    return MatchTable(
        "test", (states, states), match, 1.0 - match, np.zeros(match.shape, dtype=np.bool_)
    )


def from_codes(codes: Iterable[int], tick_s: float) -> Steps:
    values = np.array(list(codes), dtype=np.int64)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(values)) + 1])
    return Steps(np.round(np.append(starts, values.size) * tick_s, 10), values[starts])


def infant_pair(shared: Path, dyad: str, close_cs: int) -> Pair:
    """One INTERACT export on its frames: holes up to ``close_cs`` closed, uncodable cut out."""
    file = shared / "infant_affect_xu2020" / "interact" / f"mangold_{dyad}goodman.csv"
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))

    def centiseconds(text: str) -> int:
        return round(float(text) * 100)

    whole = next(row for row in rows if row["Level"] == "1")
    start, end = centiseconds(whole["Onset_Time"]), centiseconds(whole["Offset_Time"])
    sides = []
    for column in ("Infant", "Maternal"):
        events: list[list[int]] = []
        for row in rows:
            code, problem = row[f"{column} Affect"], row[f"{column} Problem Data"]
            if row["Level"] == "3" and (code or problem):
                state = VALENCE[code] if code else -1
                events.append(
                    [centiseconds(row["Onset_Time"]), centiseconds(row["Offset_Time"]), state]
                )
        events.sort()
        for now, then in pairwise(events):
            if 0 < then[0] - now[1] <= close_cs:
                now[1] = then[0]
        frames = [-1] * ((end - start) // FRAME_CS)
        for uncodable in (False, True):
            for onset, offset, state in events:
                if (state < 0) == uncodable:
                    for k in range((onset - start) // FRAME_CS, (offset - start) // FRAME_CS):
                        frames[k] = state
        sides.append(from_codes(frames, 0.04))
    same = make_table(np.eye(3, dtype=int).tolist())
    return Pair(("infant", "mother"), sides[0], sides[1], same, (0.04, 0.04))


def couple_pair(shared: Path, couple: str, rule: str) -> Pair:
    file = shared / "therapy_nonverbal_mhmm" / "nonverbal.csv"
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["id"] == couple]
    what = "vocalizing" if rule == "one_speaks" else "looking"
    sides = [from_codes((int(row[f"{who}_{what}"]) - 1 for row in rows), 1.0) for who in "pt"]
    table = make_table(TABLES[rule])
    return Pair(("patient", "therapist"), sides[0], sides[1], table, (1.0, 1.0))


def session(shared: Path, name: str) -> Pair:
    if len(name) > 1:
        return infant_pair(shared, name, 10)
    return couple_pair(shared, name, "same_looking")


def generator() -> np.random.Generator:
    return np.random.default_rng(20240511)


@pytest.mark.parametrize("name", WHOLE)
def test_whole_rotation_enumerated(shared: Path, name: str) -> None:
    alignments, p_mean, p_p, h_mean, h_p = WHOLE[name]
    test = rotate_whole(session(shared, name), rng=generator())
    assert test.exact
    assert test.n_alignments == alignments
    assert test.n_drawn == alignments - 1
    assert test["matched_prop"].null_mean == pytest.approx(p_mean, rel=1e-9)
    assert test["matched_prop"].p == pytest.approx(p_p, rel=1e-9)
    assert test["repair_hazard_per_s"].null_mean == pytest.approx(h_mean, rel=1e-9)
    assert test["repair_hazard_per_s"].p == pytest.approx(h_p, rel=1e-9)


def shift_rows(shared: Path, folder: str) -> list[dict[str, str]]:
    file = shared / "reference" / folder / "shift_null.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def compare_with_row(pair: Pair, row: dict[str, str], test: ChanceTest) -> None:
    found, draws = test[row["measure"]], test.draws[row["measure"]]
    assert found.n_defined == int(row["exact_n"])
    assert found.observed == pytest.approx(float(row["observed"]), rel=1e-9)
    assert found.null_mean == pytest.approx(float(row["exact_mean"]), rel=1e-9)
    assert np.std(draws) == pytest.approx(float(row["exact_sd"]), rel=1e-9)
    assert found.null_low == pytest.approx(float(row["exact_low"]), rel=1e-9)
    assert found.null_high == pytest.approx(float(row["exact_high"]), rel=1e-9)
    # Where the product refuses a p (too little to compare), its rank is compared all the same.
    p = two_sided_p(found.observed, draws) if found.refused else found.p
    assert p == pytest.approx(float(row["exact_p"]), rel=1e-9)
    # The same null from 999 draws, within the error of two draws of that size.
    ticks = to_ticks(pair)
    drawn = plan(
        pair, ticks, rng=generator(), n=999, blocks=None, min_offset_s=10, enumerate_up_to=0
    )
    values = count(ticks, offsets=drawn.offsets[:999], seam="join").statistics()[row["measure"]]
    error = 5 * 2**0.5
    assert values.mean() == pytest.approx(
        float(row["mc_mean"]), abs=error * float(row["mc_mean_se"])
    )
    for share, side in ((0.025, "mc_low"), (0.975, "mc_high")):
        wanted = float(row[side])
        limit = error * float(row[f"{side}_se"]) + step_at(draws, wanted)
        assert np.quantile(values, share) == pytest.approx(wanted, abs=limit)


def step_at(draws: FloatArray, value: float) -> float:
    """The step from a value to the next one that the statistic can take, either way."""
    known = np.unique(np.round(draws, 12))
    at = int(np.abs(known - value).argmin())
    steps = np.diff(known[max(0, at - 1) : at + 2])
    return float(steps.max()) if steps.size else 0.0


def test_minimum_offset_and_joined_seam_as_other_programs_do_infants(shared: Path) -> None:
    rows = shift_rows(shared, "infant_affect")
    assert len(rows) == 8
    for row in rows:
        close_cs = {"close_upto_0.1s": 10, "close_upto_1.5_frames": 6}[row["gap_rule"]]
        pair = infant_pair(shared, row["dyad"], close_cs)
        test = rotate_whole(pair, rng=generator(), min_offset_s=10, seam="join", keep_draws=True)
        assert "W_OFFSET" in test.warning_codes
        compare_with_row(pair, row, test)


def test_minimum_offset_and_joined_seam_as_other_programs_do_couples(shared: Path) -> None:
    rows = shift_rows(shared, "therapy_nonverbal")
    assert len(rows) == 30
    for row in rows:
        pair = couple_pair(shared, row["couple"], row["rule"])
        test = rotate_whole(pair, rng=generator(), min_offset_s=10, seam="join", keep_draws=True)
        compare_with_row(pair, row, test)


@pytest.mark.parametrize("dyad", ["3367", "3414"])
def test_observed_values_of_real_dyads(shared: Path, dyad: str) -> None:
    """The kernel's own Kaplan-Meier, hazards and chance against the second implementation."""
    pair = infant_pair(shared, dyad, 10)
    test = rotate_blocks(pair, rng=generator(), n=20)
    file = shared / "reference" / "infant_affect" / "measures.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        rows = [
            row
            for row in csv.DictReader(stream)
            if row["dyad"] == dyad and row["gap_rule"] == "close_upto_0.1s"
        ]
    values = {row["measure"]: row["value"] for row in rows}
    compared = 0
    for name in test.names:
        if name in values:
            want = float(values[name]) if values[name] else float("inf")
            assert test[name].observed == pytest.approx(want, rel=1e-9), name
            compared += 1
    assert compared == 12
    assert expected(pair).expected_prop == pytest.approx(float(values["expected_prop"]), rel=1e-9)
    assert test.observed_s == pytest.approx(float(values["observed_s"]), rel=1e-9)


def test_off_grid_offsets_would_invent_repairs(shared: Path) -> None:
    """Why offsets are whole ticks: between them every shared change becomes two."""
    pair = couple_pair(shared, "1", "same_looking")
    fine = Pair(pair.partners, pair.x, pair.y, pair.table, (0.5, 0.5))
    on_grid = rotate_whole(pair, rng=generator())["repair_hazard_per_s"]
    off_grid = rotate_whole(fine, rng=generator())["repair_hazard_per_s"]
    assert on_grid.p == pytest.approx(0.22, rel=1e-9)
    assert off_grid.null_mean > on_grid.null_mean * 1.02


def test_interval_codes_of_couples_as_other_programs_do(shared: Path) -> None:
    """48 intervals of ten seconds: every shift of an interval or more, the seam as a change."""
    sessions = couples(shared)
    file = shared / "reference" / "couples_cope" / "joint_state_shift_null.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 64
    for row in rows:
        pair = StateMatch("state").read(sessions[int(row["couple"])])
        test = rotate_whole(pair, rng=generator(), min_offset_s=10, seam="join", keep_draws=True)
        compare_with_row(pair, row, test)
