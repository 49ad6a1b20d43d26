"""Parameters, presets, paradigms and records of the mechanistic model: values and refusals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reattune.core.errors import ReadError, SettingError
from reattune.models import (
    PRESETS,
    DyadParameters,
    DyadState,
    Record,
    imposed,
    new_state,
    play,
    preset,
    read_parameters,
    still_face,
    therapy_hour,
    write_parameters,
)
from reattune.models.arousal import (
    AGENDA,
    DEPTH_SLOPE,
    FIT,
    FORGETTING,
    LEARNING_RATE,
    N_PACKED,
    OFF_GAIN,
    PACKED,
    pack,
)
from reattune.models.dropout import DropOut
from reattune.models.paradigms import Paradigm, PlannedPhase
from reattune.models.parameters import RANGES


def test_the_defaults_are_those_of_the_ordinary_dyad() -> None:
    dyad = DyadParameters()
    assert dyad.contingent_per_s == pytest.approx(0.1225)
    assert dyad.misread_per_s == pytest.approx(0.0758, abs=5e-5)
    assert dyad.fit_table == ((1, 0, 0, 0, 0), (0, 1, 0, 0, 0), (0, 0, 1, 0, 0), (0, 0, 0, 1, 0))


def test_tolerance_and_trust_at_the_prior() -> None:
    state = new_state(DyadParameters())
    assert state.tolerance == pytest.approx(1.0)
    assert state.trust == pytest.approx(1 / (1 + np.exp(-0.5)))
    assert state.confident_trust == pytest.approx(0.16, abs=0.01)
    assert state.belief[10] == pytest.approx(0.5)


@pytest.mark.parametrize("name", sorted(RANGES))
def test_a_value_out_of_range_names_the_field(name: str) -> None:
    low, high = RANGES[name]
    for value in (low - 1, high * 1.01 + 1e-6, float("nan"), float("inf"), "1", True, None):
        with pytest.raises(SettingError, match=f"^{name} = "):
            replace(DyadParameters(), **{name: value})
    for value in (low, high):
        assert getattr(replace(DyadParameters(), **{name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("responder_agenda", (0.5, 0.5)),
        ("responder_agenda", (0.1, 0.2, 0.3, 0.25, 0.2)),
        ("responder_agenda", (-0.1, 0.4, 0.3, 0.25, 0.15)),
        ("responder_agenda", "abcde"),
        ("start_focal", "soothe"),
        ("start_responder", "monitor"),
        ("fit", ((1, 0), (0, 1))),
        ("fit", ((2, 0, 0, 0, 0),) * 4),
        ("fit", 3),
    ],
)
def test_other_values_that_are_not_of_the_model_name_the_field(name: str, value: object) -> None:
    with pytest.raises(SettingError, match=f"^{name} = "):
        replace(DyadParameters(), **{name: value})


def test_the_vector_for_kernels_has_every_number_at_its_named_place() -> None:
    dyad = DyadParameters(off_gain=3.0, depth_slope=0.7, learning_rate=0.01, forgetting=0.2)
    vector = pack(dyad)
    assert vector.shape == (N_PACKED,)
    assert vector[[OFF_GAIN, DEPTH_SLOPE, LEARNING_RATE, FORGETTING]].tolist() == [
        *(3.0, 0.7, 0.01, 0.2)
    ]
    assert len(PACKED) == AGENDA
    for place, name in enumerate(PACKED):
        assert vector[place] == getattr(dyad, name)
    assert tuple(vector[AGENDA:FIT]) == dyad.responder_agenda
    assert vector[FIT:].reshape(4, 5).tolist() == [list(row) for row in dyad.fit_table]


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_parameters_come_back_from_their_file(tmp_path: Path, name: str) -> None:
    fit = ((1, 0, 1, 0, 0), (0, 1, 0, 0, 0), (0, 0, 1, 0, 0), (0, 0, 0, 1, 0))
    dyad = preset(name, learning_rate=1e-7, start_focal="away", fit=fit)
    write_parameters(dyad, tmp_path / "dyad.toml")
    assert read_parameters(tmp_path / "dyad.toml") == dyad
    assert [path.name for path in tmp_path.iterdir()] == ["dyad.toml"]


def test_a_file_may_start_from_a_preset(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text('preset = "patient_therapist"\nreadiness_prob = 0.5\n', "utf-8")
    assert read_parameters(path) == preset("patient_therapist", readiness_prob=0.5)


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("readines_prob = 0.5", SettingError, "Did you mean 'readiness_prob'"),
        ('preset = "infant_carer"', SettingError, "Did you mean 'infant_caregiver'"),
        ("preset = 3", SettingError, "a preset"),
        ("preset = [3]", SettingError, "a preset"),
        ("reading_prob = 2", SettingError, "reading_prob = 2"),
        ('reading_prob = "high"', SettingError, "reading_prob"),
        ("reading_prob = [", ReadError, "a.toml"),
    ],
)
def test_a_file_with_a_mistake_says_which(
    tmp_path: Path, text: str, error: type[Exception], told: str
) -> None:
    (tmp_path / "a.toml").write_text(text, "utf-8")
    with pytest.raises(error, match=told):
        read_parameters(tmp_path / "a.toml")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no_file"):
        read_parameters(tmp_path / "no_file.toml")


def test_the_therapy_preset_counts_in_turns() -> None:
    dyad = preset("patient_therapist")
    assert therapy_hour().duration_s / dyad.time_unit_s == 300
    assert (dyad.learning_rate, dyad.forgetting) == (0.006, 0.02)
    assert (dyad.depth_base, dyad.depth_slope) == (0.1, 0.8)


# -- paradigms --------------------------------------------------------------------------------


def test_still_face_has_three_phases_and_one_is_imposed() -> None:
    phases = still_face(60, 90, 30).session_phases()
    assert [(p.label, p.start, p.end, p.imposed) for p in phases] == [
        ("play", 0, 60, False),
        ("still_face", 60, 150, True),
        ("reunion", 150, 180, False),
    ]


def test_play_is_a_session_without_phases() -> None:
    assert play(60).session_phases() == ()
    assert imposed(0, 5.0) == play(600)


def test_imposed_spells_lie_in_the_middle_of_equal_shares() -> None:
    plan = imposed(3, 4.0, 60.0)
    assert plan.duration_s == pytest.approx(60)
    assert plan.groups == ("free", "imposed")
    spells = [(p.start, p.end) for p in plan.session_phases() if p.imposed]
    assert np.allclose(spells, [(8, 12), (28, 32), (48, 52)])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: imposed(10, 60.0, 600.0), "spell_s"),
        (lambda: imposed(-1, 1.0), "spells"),
        (lambda: imposed(True, 1.0), "spells"),
        (lambda: imposed(2, 0.0), "spell_s"),
        (lambda: play(0), "duration_s"),
        (lambda: PlannedPhase("a", 3.0, "still"), "mode"),
        (lambda: PlannedPhase("", 3.0), "label"),
        (lambda: Paradigm("a", ()), "phases"),
        (lambda: Paradigm("a", (PlannedPhase("b", 1.0), PlannedPhase("b", 1.0))), "phases"),
        (lambda: DropOut(base=1e9), "base"),
        (lambda: DropOut(trust="x"), "trust"),
        (lambda: DyadState(np.ones((2, 30))), "evidence"),
        (lambda: DyadState(np.zeros((2, 31))), "evidence"),
        (lambda: DyadState(np.ones((2, 31)), stress=-1.0), "stress"),
        (lambda: DyadState(np.ones((2, 31)), sessions=-1), "sessions"),
    ],
)
def test_what_makes_no_sense_is_refused(make: object, told: str) -> None:
    with pytest.raises(SettingError, match=told):
        make()  # type: ignore[operator]


# -- records ----------------------------------------------------------------------------------


def make_record(**changes: object) -> Record:
    values: dict[str, object] = {
        "times": [1.0, 2.0, 7.0, 12.0],
        "who": [0, 1, 0, 1],
        "state": [3, 3, 1, 1],
        "phase_start": [0.0, 5.0, 10.0],
        "phase_mode": [0, 1, 0],
        "start_focal": 2,
        "start_responder": 2,
        "start_arousal": 0.3,
        "length": 20.0,
    }
    return Record(**{**values, **changes})  # type: ignore[arg-type]


def test_steps_of_a_record_hold_the_clamp() -> None:
    x_start, x, y_start, y = make_record().steps()
    assert x_start.tolist() == [0, 1, 7]
    assert x.tolist() == [2, 3, 1]
    assert y_start.tolist() == [0, 2, 5, 12]
    assert y.tolist() == [2, 3, 4, 1]


def test_a_clamp_at_the_start_replaces_the_first_response() -> None:
    record = make_record(
        times=[], who=[], state=[], phase_start=[0.0, 5.0], phase_mode=[2, 0], length=9.0
    )
    _, _, y_start, y = record.steps()
    assert (y_start.tolist(), y.tolist()) == ([0], [4])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"times": [1.0, 2.0, 7.0]}, "times, who, state"),
        ({"times": [2.0, 1.0, 7.0, 12.0]}, "times"),
        ({"times": [1.0, 2.0, 7.0, 21.0]}, "times"),
        ({"who": [0, 1, 0, 2]}, "who"),
        ({"who": [0, 1, 1, 1]}, "who"),
        ({"state": [4, 3, 1, 1]}, "state"),
        ({"state": [3, 5, 1, 1]}, "state"),
        ({"start_focal": 4}, "start_focal"),
        ({"start_responder": -1}, "start_responder"),
        ({"start_arousal": -0.1}, "start_arousal"),
        ({"phase_start": [0.0, 5.0]}, "phase_start"),
        ({"phase_start": [1.0, 5.0, 10.0]}, "phase_start"),
        ({"phase_start": [0.0, 5.0, 20.0]}, "phase_start"),
        ({"phase_mode": [0, 3, 0]}, "phase_mode"),
        ({"length": float("inf")}, "length"),
    ],
)
def test_a_record_that_cannot_be_is_refused(changes: dict[str, object], told: str) -> None:
    with pytest.raises(SettingError, match=told):
        make_record(**changes)
