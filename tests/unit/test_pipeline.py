"""The main job on small synthetic sessions: phases, seeds, failures, settings."""

from __future__ import annotations

import json

import numpy as np
import pytest

import reattune as ra
from reattune.core.errors import MissingStreamError, ReadError, SettingError
from reattune.core.study import Entry, Study
from reattune.examples import SEED, generate_dyads
from reattune.phase_analysis import CODED, IMPOSED, ONE_PARTNER, SWITCHED_OFF

RULE = ra.StateMatch("affect", table="same_valence")
PHASES = (
    ra.Phase("play", 0, 120),
    ra.Phase("still_face", 120, 240, imposed=True),
    ra.Phase("reunion", 240, 360),
)


def example_sessions(n_per_group: int = 4) -> list[ra.Session]:
    sessions = []
    for dyad in generate_dyads(rng=np.random.default_rng(SEED), n_per_group=n_per_group):
        streams = []
        for track in dyad.tracks:
            keep = np.array([label != "uncodable" for label in track.labels])
            labels = [label for label in track.labels if label != "uncodable"]
            streams.append(
                ra.States(
                    track.person, "affect", track.starts[keep], track.ends[keep], labels, 0.04
                )
            )
        sessions.append(
            ra.Session(dyad.id, ("infant", "caregiver"), (0, 360), tuple(streams), phases=PHASES)
        )
    return sessions


@pytest.fixture(scope="module")
def sessions() -> list[ra.Session]:
    return example_sessions()


def test_phases_are_analysed_apart_unless_told_otherwise(sessions: list[ra.Session]) -> None:
    apart = ra.analyze(sessions[0], RULE, surrogates=0)
    assert [p.phase.label for p in apart.parts] == ["play", "still_face", "reunion"]
    whole = ra.analyze(sessions[0], RULE, surrogates=0, phases="ignore")
    assert [p.phase.label for p in whole.parts] == ["all"]
    some = ra.analyze(sessions[0], RULE, surrogates=0, phases=["all", "reunion"])
    assert [p.phase.label for p in some.parts] == ["all", "reunion"]
    total = sum(p.measures["observed_s"].value for p in apart.parts)
    assert total == pytest.approx(whole["all"].measures["observed_s"].value, rel=1e-12)
    with pytest.raises(SettingError, match=r"reunoin.*reunion"):
        ra.analyze(sessions[0], RULE, phases=["reunoin"])


def test_first_repair_is_timed_only_after_an_imposed_phase(sessions: list[ra.Session]) -> None:
    analysis = ra.analyze(sessions[0], RULE, surrogates=0)
    assert analysis["play"].first_repair is None
    first = analysis["reunion"].first_repair
    assert first is not None
    matched = analysis["reunion"].attunement.matched
    expected = float(matched.starts[0]) - 240
    assert first.latency_s == pytest.approx(expected, abs=1e-9)
    measured = analysis["reunion"].measures["first_repair_latency_q50_s"]
    assert measured.value == first.latency_s
    assert measured.n == 1
    assert "first_repair_latency_q50_s" not in analysis["play"].measures


def test_why_there_is_no_chance_test_is_said(sessions: list[ra.Session]) -> None:
    analysis = ra.analyze(sessions[0], RULE, surrogates=99)
    assert analysis["still_face"].no_chance == IMPOSED
    assert analysis["play"].chance is not None
    assert ra.analyze(sessions[0], RULE, surrogates=0)["play"].no_chance == SWITCHED_OFF
    alone = ra.Contact("affect", 2.0, partners=("infant",), labels=("positive",))
    assert ra.analyze(sessions[0], alone, surrogates=99)["play"].no_chance == ONE_PARTNER
    coded = ra.Coded("affect", labels=("negative",))
    assert ra.analyze(sessions[0], coded, surrogates=99)["play"].no_chance == CODED


def test_chance_does_not_depend_on_other_sessions_or_their_order(
    sessions: list[ra.Session],
) -> None:
    alone = ra.analyze(sessions[4], RULE, surrogates=99, seed=5)
    study = ra.analyze_study(sessions[::-1], RULE, surrogates=99, seed=5)
    same = next(a for a in study.analyses if a.session.id == sessions[4].id)
    assert same.rows() == alone.rows() or _equal(same.rows(), alone.rows())
    other = ra.analyze(sessions[4], RULE, surrogates=99, seed=6)
    assert not _equal(other.rows(), alone.rows())


def _equal(a: list[tuple[object, ...]], b: list[tuple[object, ...]]) -> bool:
    return repr(a) == repr(b)


def test_a_contingent_rule_is_tested_by_rotation_too(sessions: list[ra.Session]) -> None:
    rule = ra.Contingent(
        "affect",
        "affect",
        3.0,
        cue_by="infant",
        cue_labels=("positive",),
        response_labels=("positive",),
    )
    part = ra.analyze(sessions[0], rule, surrogates=99)["play"]
    assert part.chance is not None
    assert part.chance["matched_prop"].observed == pytest.approx(
        part.measures["matched_prop"].value
    )
    assert 0 < part.chance["matched_prop"].null_mean < 1
    assert part.measures["n_cues"].value > 0


def test_observed_values_of_chance_and_measures_agree(sessions: list[ra.Session]) -> None:
    for session in sessions[:3]:
        for part in ra.analyze(session, RULE, surrogates=19).parts:
            if part.chance is None:
                continue
            for name in part.chance.names:
                value, tested = part.measures[name].value, part.chance[name].observed
                if np.isinf(tested):
                    assert np.isnan(value)
                else:
                    assert tested == pytest.approx(value, rel=1e-9, nan_ok=True), name


def test_one_bad_session_does_not_cost_the_others(sessions: list[ra.Session]) -> None:
    def fail() -> ra.Session:
        raise ReadError("is damaged.", path="bad.eaf")

    lost = ra.Session("nostream", ("infant", "caregiver"), (0, 10), ())
    entries = [Entry(s.id, s.dyad, f"{s.id}.eaf", lambda s=s: s) for s in sessions[:2]]
    entries.insert(1, Entry("bad", "bad", "bad.eaf", fail))
    entries.append(Entry("nostream", "nostream", "x.eaf", lambda: lost))
    result = ra.analyze_study(Study("s", tuple(entries)), RULE, surrogates=0)
    assert [a.session.id for a in result.analyses] == [s.id for s in sessions[:2]]
    assert [f.session for f in result.failures] == ["bad", "nostream"]
    assert "damaged" in result.failures[0].message


def test_pooling_sums_events_and_exposure(sessions: list[ra.Session]) -> None:
    result = ra.analyze_study(sessions, RULE, surrogates=0)
    pool = next(p for p in result.pooled if p.phase == "play")
    parts = [a["play"] for a in result.analyses]
    events = sum(p.measures["n_repair_events"].value for p in parts)
    exposure = sum(p.measures["mismatched_s"].value for p in parts)
    assert pool.measures["repair_hazard_per_s"].value == pytest.approx(events / exposure)
    assert pool.n_dyads == 8
    assert "jackknife" in pool.interval


def test_settings_hold_everything_and_no_clock_time(sessions: list[ra.Session]) -> None:
    criteria = ra.Criteria(min_rupture_s=1)
    first = ra.analyze(sessions[0], RULE, criteria, surrogates=19).settings
    second = ra.analyze(sessions[0], RULE, criteria, surrogates=19).settings
    assert json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
    assert first["criteria"]["min_rupture_s"] == 1
    assert first["rule"] == {"type": "StateMatch", "stream": "affect", "table": "same_valence"}
    assert ra.make_rule(first["rule"]) == RULE


def test_missing_streams_are_named(sessions: list[ra.Session]) -> None:
    with pytest.raises(MissingStreamError, match=r"afect.*affect"):
        ra.analyze(sessions[0], ra.StateMatch("afect"))


def test_a_study_without_a_rule_says_so(sessions: list[ra.Session]) -> None:
    with pytest.raises(SettingError, match="rule"):
        ra.analyze_study(sessions)


@pytest.mark.parametrize(
    ("null", "warning"),
    [
        ("blocks", None),
        ("whole", "W_DRIFT"),
        ("circular_shift", "W_OFFSET"),
        ("run_permutation", "W_MODEL"),
        ("fitted_semi_markov", "W_MODEL"),
        ("stationary_bootstrap", "W_MODEL"),
    ],
)
def test_other_nulls_carry_their_warning(
    sessions: list[ra.Session], null: str, warning: str | None
) -> None:
    part = ra.analyze(sessions[0], RULE, surrogates=99, null=null)["play"]
    assert part.chance is not None
    if warning is None:
        assert not {"W_OFFSET", "W_MODEL"} & set(part.chance.warning_codes)
    else:
        assert warning in part.chance.warning_codes
    with pytest.raises(SettingError, match="null"):
        ra.analyze(sessions[0], RULE, null=null + "x")


def test_surrogate_settings_come_from_the_study_file(sessions: list[ra.Session]) -> None:
    entries = Study.from_sessions(sessions[:2]).entries
    study = Study("s", entries, surrogates={"n": 19, "block_s": 60, "seed": 3, "null": "whole"})
    result = ra.analyze_study(study, RULE)
    assert result.settings["surrogates"] == {
        "n": 19,
        "block_s": 60,
        "seed": 3,
        "null": "whole",
    }
    with pytest.raises(SettingError, match=r"surrogates\.nn"):
        ra.analyze_study(Study("s", entries, surrogates={"nn": 19}), RULE)
