"""Simulated sessions, courses and studies: ordinary data, and the same from the same seed."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.core.session import Session
from reattune.core.study import Study
from reattune.measures import compute_measures, make_tally
from reattune.models import (
    CODEBOOKS,
    DropOut,
    DyadParameters,
    Observation,
    SessionRating,
    SimulatedCourse,
    find_codebook,
    imposed,
    play,
    preset,
    simulate_course,
    simulate_session,
    simulate_study,
    still_face,
    therapy_hour,
)
from reattune.models import kernel as k
from reattune.repair import find_ruptures
from reattune.rules import OwnTable, StateMatch

DYAD = DyadParameters(learning_rate=0.02)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def same(one: SimulatedCourse, other: SimulatedCourse) -> bool:
    pairs = [(one.latents, other.latents), (one.sums, other.sums)]
    if one.events and other.events:
        pairs += [(one.events.times, other.events.times), (one.events.who, other.events.who)]
        pairs += [
            (one.events.state, other.events.state),
            (one.events.offsets, other.events.offsets),
        ]
    return all(np.array_equal(a, b) for a, b in pairs)


# -- the model's own tally and the ordinary measures ------------------------------------------


def measure(session: Session, dyad: DyadParameters, codebook: str, window=None):
    book = find_codebook(codebook)
    table = OwnTable(match=book.match_pairs(dyad.fit_table))
    rule = StateMatch(book.stream, table=table)
    attunement = rule.judge(rule.read(session, window))
    ruptures = find_ruptures(attunement)
    return compute_measures(make_tally(attunement, ruptures, ruptures)), ruptures


@pytest.mark.parametrize(
    ("name", "paradigm", "codebook"),
    [
        ("infant_caregiver", play(300), "plain"),
        ("infant_caregiver", imposed(8, 5.0, 240), "plain"),
        ("patient_therapist", therapy_hour(), "3rs_like"),
    ],
)
def test_ordinary_measures_agree_with_the_model_itself(name, paradigm, codebook) -> None:
    dyad = preset(name)
    book = find_codebook(codebook)
    course = simulate_course(
        dyad, 4, paradigm, rng=rng(3), observation=Observation(book), start_arousal=0.3
    )
    frame = course.to_frame()
    focal, responder = book.partners
    for at, session in enumerate(course.sessions):
        own = frame.loc[at]
        got, ruptures = measure(session, dyad, codebook)
        value = {key: item.value for key, item in got.items()}
        for key in (
            *("observed_s", "matched_prop", "repair_hazard_per_s", "rupture_hazard_per_s"),
            *("repairs_per_min", "ruptures_per_min"),
        ):
            assert value[key] == pytest.approx(own[key], rel=1e-9), key
        assert value["n_ruptures"] == own["n_ruptures"]
        assert value["n_repaired"] == own["n_repaired"]
        assert value["n_not_entered"] == 0
        repaired = ruptures.latency[ruptures.closed]
        assert repaired.mean() == pytest.approx(own["latency_mean_s"], rel=1e-9)
        soon_s = course.soon * dyad.time_unit_s
        assert (repaired <= soon_s).mean() == pytest.approx(own["repaired_soon_prop"])
        assert (ruptures.by == 1).mean() == pytest.approx(own["opened_by_focal_prop"])
        assert value[f"repaired_by_{responder}_prop"] == pytest.approx(
            own["repaired_by_responder_prop"]
        )
        for partner, states in ((focal, book.focal), (responder, book.responder)):
            shares = session.stream(book.stream, partner).shares()
            plain = find_codebook("plain")
            for label, state in zip(states, getattr(plain, _side(partner, focal)), strict=True):
                assert shares.get(label, 0.0) == pytest.approx(own[f"{state}_prop"], abs=1e-9)


def _side(partner: str, focal: str) -> str:
    return "focal" if partner == focal else "responder"


def test_a_session_that_starts_in_a_mismatch_is_measured_as_such() -> None:
    dyad = DyadParameters(start_focal="away")
    course = simulate_course(dyad, 1, play(120), rng=rng(2))
    got, _ = measure(course.session(0), dyad, "plain")
    own = course.to_frame().loc[0]
    assert got["n_not_entered"].value == 1
    assert got["n_ruptures"].value == own["n_ruptures"]
    assert got["repair_hazard_per_s"].value == pytest.approx(own["repair_hazard_per_s"])


@pytest.mark.parametrize("seed", [2, 4])
def test_the_phases_of_a_still_face_agree_too(seed: int) -> None:
    course = simulate_course(DYAD, 1, still_face(60, 60, 60), rng=rng(seed))
    session, own = course.session(0), course.to_frame("phase").set_index("phase")
    assert [phase.imposed for phase in session.phases] == [False, True, False]
    for phase in session.phases:
        got, _ = measure(session, DYAD, "plain", phase.window)
        assert got["matched_prop"].value == pytest.approx(own.loc[phase.label, "matched_prop"])
        assert got["observed_s"].value == pytest.approx(60)
    assert session.stream("affect", "responder").clip(60, 120).labels == ("off",)
    # Nothing fits "off": the clamp opens the only rupture of the phase, or prolongs one.
    x_start, x, y_start, y = course.record(0).steps()
    before = (x[x_start < 60][-1], y[y_start < 60][-1])
    still = own.loc["still_face"]
    assert before[0] == before[1] if seed == 4 else before[0] != before[1]
    assert (still["n_ruptures"], still["n_repaired"]) == (int(before[0] == before[1]), 0)
    assert (
        still["opened_by_clamp_prop"] == 1 if seed == 4 else np.isnan(still["opened_by_clamp_prop"])
    )


@pytest.mark.parametrize("codebook", sorted(CODEBOOKS))
def test_every_codebook_gives_a_session_that_the_rule_reads(codebook: str) -> None:
    seen = Observation(find_codebook(codebook))
    session = simulate_session(DYAD, play(120), rng=rng(), observation=seen)
    got, _ = measure(session, DYAD, codebook)
    assert 0 < got["matched_prop"].value < 1
    assert got["observed_s"].value == pytest.approx(120)


def test_a_codebook_that_merges_responses_shows_what_its_own_fit_table_says() -> None:
    book = find_codebook("icep_like")
    dyad = DyadParameters(fit=book.see_fit())
    course = simulate_course(dyad, 1, play(300), rng=rng(4), observation=Observation(book))
    got, _ = measure(course.session(0), dyad, "icep_like")
    assert got["matched_prop"].value == pytest.approx(course.to_frame().loc[0, "matched_prop"])


# -- seeds ------------------------------------------------------------------------------------


def test_the_same_seed_lives_the_same_and_another_another() -> None:
    one, two = (simulate_course(DYAD, 3, play(60), rng=rng(5)) for _ in range(2))
    assert same(one, two)
    assert not same(one, simulate_course(DYAD, 3, play(60), rng=rng(6)))
    seen = Observation(missing_per_min=3, rating=SessionRating())
    first, again = (simulate_session(DYAD, play(60), rng=rng(5), observation=seen) for _ in (0, 1))
    assert first.meta == again.meta
    for a, b in zip(first.streams, again.streams, strict=True):
        assert np.array_equal(a.starts, b.starts)
        assert a.labels == b.labels


def test_the_first_sessions_do_not_depend_on_how_many_follow() -> None:
    short, long = (simulate_course(DYAD, n, play(60), rng=rng()) for n in (2, 6))
    assert np.array_equal(short.latents, long.latents[:2])
    assert np.array_equal(short.sums, long.sums[:2])


def test_a_course_in_two_parts_carries_its_state_and_session_numbers_on() -> None:
    first = simulate_course(DYAD, 3, play(60), rng=rng())
    second = simulate_course(DYAD, 2, play(60), rng=rng(9), state=first.state)
    assert second.numbers.tolist() == [4, 5]
    assert second.sessions[0].id == "simulated_004"
    assert second.latents[0, 0] == first.state.tolerance
    # With the key of the first part, the second is what one course in one part would have lived.
    whole = simulate_course(DYAD, 5, play(60), rng=rng())
    joined = simulate_course(DYAD, 2, play(60), rng=rng(), state=first.state)
    assert np.array_equal(joined.latents, whole.latents[3:])
    assert np.array_equal(joined.record(1).times, whole.record(4).times)


@pytest.mark.parametrize("workers", [2, 3])
def test_a_study_depends_neither_on_workers_nor_on_other_dyads(workers: int) -> None:
    dyads = [DYAD] * 5
    alone = simulate_study(dyads, 2, play(60), rng=rng())
    shared = simulate_study(dyads, 2, play(60), rng=rng(), workers=workers)
    fewer = simulate_study(dyads[:2], 2, play(60), rng=rng())
    assert all(same(a, b) for a, b in zip(alone, shared, strict=True))
    assert all(same(a, b) for a, b in zip(fewer, alone.courses[:2], strict=True))
    assert not same(alone.courses[0], alone.courses[1])


def test_asking_for_events_changes_nothing_else() -> None:
    with_events, without = (
        simulate_course(DYAD, 3, play(60), rng=rng(), keep_events=keep) for keep in (True, False)
    )
    assert same(with_events, without)
    with pytest.raises(SettingError, match="keep_events"):
        without.record(0)


def test_prescribed_tolerance_and_trust_hold_and_teach_all_the_same() -> None:
    wide = [1.0, 1.5, 2.0]
    course = simulate_course(DYAD, 3, play(60), rng=rng(), tolerance=wide, trust=0.3)
    assert course.latents[:, k.TOLERANCE].tolist() == wide
    assert course.latents[:, k.TRUST].tolist() == [0.3] * 3
    assert np.isnan(course.latents[:, k.CONFIDENT]).all()
    assert course.state.trust != course.before.trust
    # Prescribing what holds anyway changes nothing; one of the two leaves the other to be learned.
    free = simulate_course(DYAD, 3, play(60), rng=rng())
    held = simulate_course(
        *(DYAD, 3, play(60)),
        rng=rng(),
        tolerance=free.latents[:, k.TOLERANCE],
        trust=free.latents[:, k.TRUST],
    )
    assert np.array_equal(free.sums, held.sums)
    assert np.array_equal(free.state.evidence, held.state.evidence)
    half = simulate_course(DYAD, 3, play(60), rng=rng(), tolerance=free.latents[:, k.TOLERANCE])
    assert same(free, half)


def test_a_prescribed_tolerance_is_lived_as_the_same_one_brought() -> None:
    narrow = DyadParameters(learning_rate=0.0, tolerance_prior=0.5)
    wide = DyadParameters(learning_rate=0.0)
    brought = simulate_course(narrow, 2, rng=rng())
    latents = {"tolerance": brought.before.tolerance, "trust": brought.before.trust}
    held = simulate_course(wide, 2, rng=rng(), **latents)
    assert np.array_equal(brought.sums, held.sums)
    assert not np.array_equal(brought.sums, simulate_course(wide, 2, rng=rng()).sums)
    seen = simulate_session(narrow, play(60), rng=rng())
    given = simulate_session(wide, play(60), rng=rng(), **latents)
    assert np.array_equal(seen.streams[0].starts, given.streams[0].starts)


# -- courses and studies as data --------------------------------------------------------------


def test_a_course_tells_what_it_is() -> None:
    course = simulate_course(DYAD, 3, play(60), rng=rng(), dyad="d1", covariates={"group": "a"})
    frame = course.to_frame()
    assert frame["session"].tolist() == [1, 2, 3]
    assert frame["tolerance"].iloc[0] == pytest.approx(1.0)
    assert "3 sessions of 'play'" in repr(course)
    session = course.session(-1)
    assert session.meta["group"] == "a"
    assert session.meta["model_tolerance"] == frame["tolerance"].iloc[-1]
    assert session.meta["model_matched_prop"] == pytest.approx(frame["matched_prop"].iloc[-1])
    assert len(course.records) == len(course.sessions) == 3
    with pytest.raises(SettingError, match="index"):
        course.session(3)
    with pytest.raises(SettingError, match="by"):
        course.to_frame("minute")  # type: ignore[arg-type]


def test_a_study_is_an_ordinary_study() -> None:
    simulated = simulate_study(
        {"a": DYAD, "b": DyadParameters(readiness_prob=0.8)},
        3,
        play(60),
        rng=rng(),
        covariates={"a": {"group": "low"}, "b": {"group": "high"}},
        observation=Observation(rating=SessionRating("wai")),
    )
    study = simulated.study
    assert isinstance(study, Study)
    assert study.ids == ("a_001", "a_002", "a_003", "b_001", "b_002", "b_003")
    sessions, failures = study.load_all()
    assert not failures
    for session in sessions:
        facts = study.covariates[session.id]
        assert facts == {key: value for key, value in session.meta.items() if key != "format"}
    frame = simulated.to_frame()
    assert frame["group"].tolist() == ["low"] * 3 + ["high"] * 3
    assert len(simulated) == 2
    assert not frame["dropped"].any()


def test_dropping_out_ends_a_course_and_changes_nothing_before() -> None:
    stay = simulate_course(DYAD, 40, play(30), rng=rng())
    leave = simulate_course(DYAD, 40, play(30), rng=rng(), drop_out=DropOut(base=-2.0))
    assert leave.dropped
    assert 0 < len(leave) < 40
    assert np.array_equal(leave.latents, stay.latents[: len(leave)])
    assert leave.state.sessions == len(leave)
    assert "then left" in repr(leave)
    surely = simulate_course(DYAD, 40, play(30), rng=rng(), drop_out=DropOut(base=100.0))
    assert (len(surely), surely.dropped) == (1, True)


def test_the_share_that_drops_out_is_the_chance() -> None:
    idle = DyadParameters(learning_rate=0.0)
    chance = DropOut(base=-1.0).chance(0.0, 1 / (1 + np.exp(-0.5)))
    courses = simulate_study(
        [idle] * 1500, 1, play(5), rng=rng(), drop_out=DropOut(base=-1.0), keep_events=False
    )
    share = np.mean([course.dropped for course in courses])
    assert abs(share - chance) < 4 * np.sqrt(chance * (1 - chance) / 1500)


def test_depth_follows_trust_and_tolerance_in_therapy() -> None:
    course = simulate_course(preset("patient_therapist"), 5, therapy_hour(), rng=rng())
    frame = course.to_frame()
    expected = 0.1 + 0.8 * frame["trust"] * frame["tolerance"]
    assert np.allclose(frame["depth"], expected.clip(0, 1.5))
    assert frame["observed_s"].tolist() == [3000] * 5


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"sessions": 0}, "sessions"),
        ({"sessions": 2.5}, "sessions"),
        ({"sessions": True}, "sessions"),
        ({"start_arousal": -1.0}, "start_arousal"),
        ({"start_arousal": 1e9}, "start_arousal"),
        ({"sessions": 1_000_000, "paradigm": play(1e4)}, "keep_events"),
        ({"soon": 0.0}, "soon"),
        ({"tolerance": 0.2}, "tolerance"),
        ({"tolerance": [1.0, 1.0]}, "one for each of 1"),
        ({"trust": 1.2}, "trust"),
        ({"trust": float("nan")}, "trust"),
        ({"trust": "high"}, "trust"),
        (
            {"parameters": DyadParameters(responder_look_per_s=1000), "paradigm": play(1e6)},
            "duration",
        ),
    ],
)
def test_impossible_courses_are_refused(options: dict[str, object], told: str) -> None:
    values = {"parameters": DYAD, "sessions": 1, "paradigm": play(10), "rng": rng(), **options}
    with pytest.raises(SettingError, match=told):
        simulate_course(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"dyads": []}, "dyads"),
        ({"states": {"x": None}}, "states"),
        ({"covariates": {"x": {}}}, "covariates"),
        ({"workers": 0}, "workers"),
    ],
)
def test_impossible_studies_are_refused(options: dict[str, object], told: str) -> None:
    values = {"dyads": [DYAD], "sessions": 1, "paradigm": play(10), "rng": rng(), **options}
    with pytest.raises(SettingError, match=told):
        simulate_study(**values)  # type: ignore[arg-type]


def test_the_room_loads_numba_only_when_something_is_simulated() -> None:
    code = (
        "import sys, reattune.models as m\n"
        "m.preset('infant_caregiver'), m.still_face(), m.Observation(), m.simulate_course\n"
        "heavy = {'numba', 'scipy', 'pandas', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "missing = [n for n in m.__all__ if getattr(m, n, None) is None]\n"
        "assert not missing, missing\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_name_that_is_not_there() -> None:
    import reattune.models

    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = reattune.models.nothing_like_it


def test_swapping_and_shifting_a_simulated_session_leaves_its_measures() -> None:
    session = simulate_session(DYAD, play(120), rng=rng())
    here, _ = measure(session, DYAD, "plain")
    later, _ = measure(session.shift(50.0), DYAD, "plain")
    for key in ("matched_prop", "repair_hazard_per_s", "n_ruptures"):
        assert later[key].value == pytest.approx(here[key].value)
    assert simulate_course(DYAD, 1, play(5), rng=rng()).sums.shape[2] == k.N_SUMS


def test_settings_hold_what_was_prescribed() -> None:
    given = simulate_course(DYAD, 3, play(60), rng=rng(), tolerance=[1.0, 1.1, 1.2], trust=0.5)
    assert given.settings["tolerance"] == [1.0, 1.1, 1.2]
    assert given.settings["trust"] == [0.5, 0.5, 0.5]
    # What ruptures taught is not what the sessions were lived with: no sentence says so.
    assert "olerance W from" not in given.summary()
    learned = simulate_course(DYAD, 3, play(60), rng=rng())
    assert "tolerance" not in learned.settings
    assert "olerance W from" in learned.summary()
