"""Real mother-infant dyads, from the INTERACT export to every measure and rupture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reattune.datasets.infant_affect import MAPPING
from reattune.io.read import read_recordings
from reattune.measures import compute_measures, make_tally
from reattune.prepare.build import build_session
from reattune.repair import find_ruptures
from reattune.rules import StateMatch

from .compare import check, check_measures, rows_by

RULE = StateMatch("affect", "same_valence")
# Holes up to so many seconds are closed; the name is that of the reference table.
GAP_RULES = {"close_upto_0.1s": 0.1, "close_upto_1.5_frames": 0.06, "none": 0.0}


@pytest.mark.parametrize("gap_rule", GAP_RULES)
@pytest.mark.parametrize("dyad", ["3367", "3414"])
def test_measures_and_ruptures(shared: Path, dyad: str, gap_rule: str) -> None:
    path = shared / "infant_affect_xu2020" / "interact" / f"mangold_{dyad}goodman.csv"
    mapping = replace(MAPPING, max_gap_frames=1e9, max_gap_s=GAP_RULES[gap_rule])
    session = build_session(read_recordings(path), mapping, session_id=dyad)
    attunement = RULE(session)
    ruptures = find_ruptures(attunement)
    folder = shared / "reference" / "infant_affect"
    rows = rows_by(folder / "measures.csv", "dyad", "gap_rule")[dyad, gap_rule]
    assert check_measures(compute_measures(make_tally(attunement, ruptures)), rows) == 40
    wanted = rows_by(folder / "ruptures.csv", "dyad", "gap_rule")[dyad, gap_rule]
    assert len(ruptures) == len(wanted)
    for got, row in zip(ruptures, wanted, strict=True):
        check("onset", got.onset, row["onset_s"])
        check("end", got.end, row["end_s"])
        check("latency", got.latency, row["latency_s"])
        check("depth", got.depth, row["depth"])
        check("area", got.area, row["area_s"])
        assert got.entered == (row["entered"] == "1")
        assert (got.outcome, got.reason) == (row["outcome"], row["reason"])
        assert (got.by, got.repaired_by) == (row["by"], row["repaired_by"])


def test_the_default_gap_rule_is_the_designs(shared: Path) -> None:
    for dyad in ("3367", "3414"):
        path = shared / "infant_affect_xu2020" / "interact" / f"mangold_{dyad}goodman.csv"
        session = build_session(read_recordings(path), MAPPING, session_id=dyad)
        attunement = RULE(session)
        tally = make_tally(attunement, find_ruptures(attunement))
        rows = rows_by(shared / "reference/infant_affect/measures.csv", "dyad", "gap_rule")
        check_measures(compute_measures(tally), rows[dyad, "close_upto_0.1s"])


def test_the_whole_chain_on_all_three_dyads_names_its_traps(shared: Path) -> None:
    codes = {}
    for path in sorted((shared / "infant_affect_xu2020" / "interact").glob("*.csv")):
        session = build_session(read_recordings(path), MAPPING, session_id=path.stem)
        codes[path.stem] = {note.code for note in session.notes}
    assert all("gaps_closed" in found for found in codes.values()), codes
    assert "rows_without_code" in codes["mangold_3414goodman"]
