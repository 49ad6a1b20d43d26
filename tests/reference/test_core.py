"""Rule -> ruptures -> measures against an independent second implementation on real recordings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reattune.core.criteria import Criteria
from reattune.core.session import Session
from reattune.measures import compute_measures, make_tally, pool_tallies
from reattune.measures.facts import make_facts
from reattune.repair import find_ruptures
from reattune.rules import Contact, Contingent, OwnTable, StateMatch

from .compare import check, check_measures, rows_by
from .sessions import couples, still_face, therapy

SPEAKS = OwnTable(match=(("2", "1"), ("2", "3"), ("1", "2"), ("3", "2")))
THERAPY_RULES = {
    "both_looking": StateMatch("looking", OwnTable(match=(("2", "2"),))),
    "same_looking": StateMatch("looking", "same_category"),
    "one_speaks": StateMatch("vocalizing", SPEAKS),
}


def measure_session(
    session: Session,
    rule: Callable[..., object],
    criteria: Criteria | None = None,
    window: tuple[float, float] | None = None,
) -> dict[str, tuple[float, float, float, float]]:
    attunement = rule(session, window)
    return compute_measures(make_tally(attunement, find_ruptures(attunement, criteria)))


def test_therapy_measures(shared: Path) -> None:
    sessions = therapy(shared)
    table = rows_by(shared / "reference/therapy_nonverbal/measures.csv", "couple", "rule", "tie_s")
    compared = 0
    for (couple, rule, tie), rows in table.items():
        values = measure_session(
            sessions[int(couple)], THERAPY_RULES[rule], Criteria(tie_s=float(tie))
        )
        compared += check_measures(values, rows)
    assert compared == 720


def test_therapy_ruptures(shared: Path) -> None:
    sessions = therapy(shared)
    table = rows_by(shared / "reference/therapy_nonverbal/ruptures.csv", "couple", "rule")
    assert len(table) == 15
    for (couple, rule), rows in table.items():
        ruptures = list(find_ruptures(THERAPY_RULES[rule](sessions[int(couple)])))
        assert len(ruptures) == len(rows)
        for got, row in zip(ruptures, rows, strict=True):
            assert (got.onset, got.end) == (float(row["onset_s"]), float(row["end_s"]))
            assert got.entered == (row["entered"] == "1")
            assert (got.outcome, got.reason) == (row["outcome"], row["reason"])
            assert (got.by, got.repaired_by) == (row["by"], row["repaired_by"])


def test_couples_measures(shared: Path) -> None:
    sessions = couples(shared)
    table = rows_by(shared / "reference/couples_cope/joint_state_measures.csv", "couple")
    assert len(table) == 32
    rename = {
        f"{a}_by_{b}": f"{a}_by_{b}_prop" for a in ("opened", "repaired") for b in ("IKCB", "DCCB")
    }
    for (couple,), rows in table.items():
        check_measures(measure_session(sessions[int(couple)], StateMatch("state")), rows, rename)


@pytest.mark.parametrize("window", [1, 2, 3])
def test_couples_contingent(shared: Path, window: int) -> None:
    sessions = couples(shared)
    folder = shared / "reference/couples_cope"
    rule = Contingent(
        "state", "state", window * 10.0, cue_by="IKCB", cue_labels=("1",), response_labels=("1",)
    )
    tallies = []
    wanted = rows_by(folder / "contingent_ruptures.csv", "couple", "window_intervals")
    for (couple, width), rows in rows_by(
        folder / "contingent.csv", "couple", "window_intervals"
    ).items():
        if width != str(window):
            continue
        attunement = rule(sessions[int(couple)])
        ruptures = find_ruptures(attunement)
        tally = make_tally(attunement, ruptures)
        tallies.append(tally)
        values = compute_measures(tally)
        for row in rows:
            item = row["item"]
            if item in attunement.extras:
                assert attunement.extras[item] == int(row["value"]), (couple, item)
            elif item == "repair_hazard_low":
                check(item, values["repair_hazard_per_s"].low, row["value"], tolerance=1e-6)
            elif item == "repair_hazard_high":
                check(item, values["repair_hazard_per_s"].high, row["value"], tolerance=1e-6)
            else:
                check(item, values[item].value, row["value"])
        listed = wanted.get((couple, width), [])
        assert [(r.onset, r.end, r.entered, r.outcome) for r in ruptures] == [
            (float(r["onset_s"]), float(r["end_s"]), r["entered"] == "1", r["outcome"])
            for r in listed
        ]
    assert len(tallies) == 32
    pooled = pool_tallies(tallies)
    values = compute_measures(pooled)
    survival = make_facts(pooled).survival
    names = {f"km_q{q}_s": survival.quantile(q / 100)[0] for q in (25, 50, 75)}
    for row in rows_by(folder / "contingent_pooled_first32.csv", "window_intervals")[
        (str(window),)
    ]:
        item = row["item"]
        got = pooled.extras.get(item)
        if got is None:
            got = names[item] if item in names else values[item].value
        check(item, got, row["value"])


STILL_FACE = "reference/still_face_contact"


@pytest.mark.slow
def test_still_face_measures(shared: Path) -> None:
    table = rows_by(
        shared / STILL_FACE / "measures_even_infants.csv", "visit", "patience_s", "phase"
    )
    sessions: dict[str, Session] = {}
    compared = 0
    for (visit, patience, phase), rows in table.items():
        session = sessions.setdefault(visit, still_face(shared, visit))
        spans = {p.label: p.window for p in session.phases}
        spans["all"] = session.span
        spans["start_play_to_end_play"] = (spans["play"][0], spans["reunion"][1])
        rule = Contact("voice", float(patience), partners=("caregiver",))
        compared += check_measures(measure_session(session, rule, window=spans[phase]), rows)
    assert compared == 9570
