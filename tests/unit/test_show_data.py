"""Figure data: each frame says what the result says."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.measures.survival import fit_survival
from reattune.results import Analysis
from reattune.rules import StateMatch
from reattune.show import data
from reattune.show.document import analysis_to_dict, json_safe, study_to_dict

from .made import make_analysis, make_session, make_study, three_phases


@pytest.fixture(scope="module")
def made() -> Analysis:
    return make_analysis(make_session(phases=three_phases()))


def test_the_timeline_holds_all_time_of_each_partner(made: Analysis) -> None:
    frame = data.timeline_data(made)
    for who in made.session.partners:
        own = frame[(frame["who"] == who) & frame["layer"].isin(["state", "unseen"])]
        assert (own["end"] - own["start"]).sum() == pytest.approx(240.0)
        assert set(own.loc[own["layer"] == "state", "label"]) <= {
            "negative",
            "neutral",
            "positive",
        }


def test_the_timeline_holds_match_and_unobserved_time_and_every_rupture(made: Analysis) -> None:
    frame = data.timeline_data(made)
    length = (frame["end"] - frame["start"]).groupby(frame["layer"]).sum()
    matched = sum(part.attunement.matched.total for part in made.parts)
    assert length["match"] == pytest.approx(matched)
    missing = sum(part.attunement.unobserved.total for part in made.parts)
    assert length["unobserved"] == pytest.approx(missing)
    ruptures = frame[frame["layer"] == "rupture"]
    assert len(ruptures) == sum(len(part.ruptures) for part in made.parts)
    told = sorted(zip(ruptures["start"], ruptures["by"], ruptures["repaired_by"], strict=True))
    real = sorted((r.onset, r.by, r.repaired_by) for part in made.parts for r in part.ruptures)
    assert told == real


def test_states_keep_their_names_where_the_table_does_not_number_them() -> None:
    frame = data.timeline_data(make_analysis(rule=StateMatch("affect"), chance=False))
    assert set(frame.loc[frame["layer"] == "lane", "label"]) == {"negative", "neutral", "positive"}


def test_latency_is_one_minus_survival_with_its_band(made: Analysis) -> None:
    frame = data.latency_data(made)
    part = made["play"]
    curve = fit_survival(part.tally.durations, part.tally.events)
    rows = frame[(frame["phase"] == "play") & (frame["layer"] == "curve")]
    assert rows["time"].tolist() == [0.0, *curve.times, curve.longest]
    assert rows["share"].tolist()[1:-1] == pytest.approx([1 - s for s in curve.share])
    inner = rows.iloc[1:-1].dropna()
    assert (inner["low"] <= inner["share"]).all()
    assert (inner["high"] >= inner["share"]).all()
    censored = frame[(frame["phase"] == "play") & (frame["layer"] == "censored")]
    assert len(censored) == int((~part.tally.events).sum())
    null = frame[(frame["phase"] == "play") & (frame["layer"] == "null")]
    assert null["time"].tolist() == [1.0, 3.0, 5.0, 10.0]
    assert null["share"].iloc[1] == part.null("repaired_within_3s")[0]


def test_the_null_frame_places_the_band_at_one(made: Analysis) -> None:
    frame = data.null_data(made)
    assert (frame[frame["phase"] == "still_face"]["measure"]).tolist() == [
        "matched_prop",
        "match_kappa",
    ]
    for row in frame.to_dict("records"):
        mean, low, high, p = made[row["phase"]].null(row["measure"])
        assert (row["null_mean"], row["p"]) == (mean, p)
        edge = high if row["place"] >= 0 else low
        assert row["place"] == pytest.approx((row["value"] - mean) / abs(edge - mean))


def test_without_chance_the_null_frame_is_empty_and_keeps_its_columns() -> None:
    frame = data.null_data(make_analysis(chance=False))
    assert frame.empty
    assert "null_mean" in frame.columns
    assert data.null_draws(make_analysis(chance=False).parts[0], "matched_prop").size == 0


def test_the_overview_has_a_row_per_session_and_phase() -> None:
    study = make_study([make_session(f"x{i}", seed=i, phases=three_phases()) for i in range(3)])
    frame = data.overview_data(study)
    assert len(frame) == 9
    row = frame[(frame["session"] == "x1") & (frame["phase"] == "play")].iloc[0]
    assert row["value"] == study.analyses[1]["play"].measures["matched_prop"].value
    assert row["expected"] == study.analyses[1]["play"].measures["expected_prop"].value


def test_the_raster_is_aligned_on_the_imposed_phase() -> None:
    sessions = [make_session(f"x{i}", seed=i, phases=three_phases()) for i in range(2)]
    study = make_study(sessions)
    frame = data.raster_data(study)
    assert data.aligned_on(study) == "still_face"
    phases = frame[(frame["layer"] == "phase") & (frame["label"] == "still_face")]
    assert phases["start"].tolist() == [0.0, 0.0]
    matched = frame[(frame["session"] == "x0") & (frame["layer"] == "match")]
    total = sum(part.attunement.matched.total for part in study.analyses[0].parts)
    assert (matched["end"] - matched["start"]).sum() == pytest.approx(total)
    assert data.aligned_on(make_study()) == ""


# -- the same as documents -----------------------------------------------------------------------


def test_documents_are_plain_json_with_a_schema(made: Analysis) -> None:
    import json

    document = analysis_to_dict(made)
    assert document["schema"] == "reattune/1"
    text = json.dumps(document, allow_nan=False)
    assert json.loads(text) == document
    phases = document["phases"]
    assert [phase["phase"] for phase in phases] == ["play", "still_face", "reunion"]
    play = phases[0]
    assert play["measures"]["matched_prop"]["value"] == (
        made["play"].measures["matched_prop"].value
    )
    assert play["measures"]["matched_prop"]["low"] is None
    assert play["measures"]["matched_prop"]["p"] == made["play"].null("matched_prop")[3]
    assert len(play["ruptures"]) == len(made["play"].ruptures)
    assert phases[2]["first_repair"]["status"] == made["reunion"].first_repair.status


def test_a_study_document_holds_sessions_pooled_chance_and_failures() -> None:
    import json

    document = study_to_dict(make_study())
    json.dumps(document, allow_nan=False)
    assert len(document["sessions"]) == 8
    assert document["chance"][0]["pairing"]["method"] == "permute_pairs"
    assert document["pooled"][0]["n_sessions"] == 8
    assert document["failures"] == []


def test_json_safe_keeps_what_json_knows() -> None:
    from pathlib import PurePosixPath

    value = {
        "a": float("nan"),
        "b": np.float64("inf"),
        "c": np.int64(3),
        "d": np.bool_(True),
        "e": PurePosixPath("x/y"),
        "f": {"z", "y"},
        1: np.array([1.0, -np.inf]),
    }
    assert json_safe(value) == {
        "a": None,
        "b": "inf",
        "c": 3,
        "d": True,
        "e": "x/y",
        "f": ["y", "z"],
        "1": [1.0, "-inf"],
    }
