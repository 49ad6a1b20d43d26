"""Does the simulator give the published figures of the model? Full size; the long ones are slow.

Expected values and tolerances are those of the model's specification: about three Monte-Carlo
errors at the stated number of dyads.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from reattune.experiments.claims.cells import live_blocks
from reattune.experiments.claims.designs import (
    NEAR,
    ORDINARY,
    change_speed,
    make_caregiver,
    make_intense,
)
from reattune.measures import compute_measures, make_tally
from reattune.models import (
    DyadParameters,
    Observation,
    Paradigm,
    find_codebook,
    imposed,
    play,
    simulate_course,
    simulate_study,
    still_face,
)
from reattune.repair import find_ruptures
from reattune.rules import OwnTable, StateMatch

STATES = ("negative", "away", "monitor", "positive")


@cache
def play_sessions() -> pd.DataFrame:
    """500 dyads, 3 minutes each, one row per session."""
    rng = np.random.default_rng(20240501)
    study = simulate_study(
        [ORDINARY] * 500, 1, play(180), rng=rng, start_arousal=0.3, keep_events=False
    )
    return study.to_frame()


def test_1_an_ordinary_dyad_at_play() -> None:
    mean = play_sessions().mean(numeric_only=True)
    assert mean["matched_prop"] == pytest.approx(0.314, abs=0.01)
    assert mean["latency_mean_s"] == pytest.approx(3.48, abs=0.12)
    assert mean["repaired_soon_prop"] == pytest.approx(0.766, abs=0.012)
    assert mean["ruptures_per_min"] == pytest.approx(12.06, abs=0.25)
    assert mean["repaired_by_responder_prop"] == pytest.approx(0.546, abs=0.015)
    for state, share in zip(STATES, (0.039, 0.380, 0.332, 0.249), strict=True):
        assert mean[f"{state}_prop"] == pytest.approx(share, abs=0.012), state
    # Further figures of the same dyads, to two digits.
    assert mean["changes_per_min"] == pytest.approx(42, abs=1)
    assert mean["depth_mean"] == pytest.approx(0.51, abs=0.015)


def test_1_match_bout_and_latency_obey_their_identity() -> None:
    """m = B / (B + L), with the mean matched bout B from the share and the number of ruptures."""
    frame = play_sessions()
    observed, ruptures = frame["observed_s"].sum(), frame["n_ruptures"].sum()
    matched = (frame["matched_prop"] * frame["observed_s"]).sum()
    latency = (frame["latency_mean_s"] * frame["n_repaired"]).sum() / frame["n_repaired"].sum()
    bout = matched / ruptures
    assert matched / observed == pytest.approx(bout / (bout + latency), rel=0.02)


def test_2_a_still_face() -> None:
    study = simulate_study(
        [ORDINARY] * 2000,
        1,
        still_face(),
        rng=np.random.default_rng(20240502),
        start_arousal=0.3,
        keep_events=False,
    )
    means = [
        study.courses[0].describe_sums(sum(course.sums[0, group] for course in study))
        for group in range(3)
    ]
    for name, expected, tolerance in (
        ("negative_prop", (0.038, 0.216, 0.066), 0.008),
        ("positive_prop", (0.248, 0.060, 0.216), 0.008),
        ("away_prop", (0.379, 0.491, 0.407), 0.008),
        ("arousal_mean", (0.47, 1.27, 0.60), 0.02),
        ("matched_prop", (0.315, 0.0, 0.302), 0.008),
    ):
        assert [m[name] for m in means] == pytest.approx(expected, abs=tolerance), name


def test_3_without_learning_the_prior_stays() -> None:
    course = simulate_course(
        replace(ORDINARY, learning_rate=0.0), 30, rng=np.random.default_rng(1), keep_events=False
    )
    assert course.latents[:, 0] == pytest.approx(np.full(30, 1.0))
    assert course.latents[:, 1] == pytest.approx(np.full(30, 0.62), abs=0.005)
    assert course.latents[:, 2] == pytest.approx(np.full(30, 0.16), abs=0.01)


# -- learning over 150 sessions ---------------------------------------------------------------


def learn(
    dyad: DyadParameters, paradigm: Paradigm | None = None, *, seed: int, dyads: int = 12
) -> dict[str, float]:
    """Means of the last 30 of 150 ten-minute sessions."""
    study = simulate_study(
        [dyad] * dyads, 150, paradigm, rng=np.random.default_rng(seed), keep_events=False
    )
    frame = study.to_frame()
    return frame[frame["session"] > 120].mean(numeric_only=True).to_dict()


@pytest.mark.slow
def test_4_tolerance_and_trust_are_largest_in_the_middle() -> None:
    knob = np.linspace(0, 1, 21)
    cells = pd.DataFrame([learn(make_caregiver(q), seed=400 + at) for at, q in enumerate(knob)])
    widest = cells.loc[cells["tolerance"].idxmax()]
    assert 1.18 <= widest["tolerance"] <= 1.28
    assert 0.37 <= widest["matched_prop"] <= 0.52
    surest = cells.loc[cells["confident_trust"].idxmax()]
    assert 0.38 <= surest["confident_trust"] <= 0.48
    assert 0.43 <= surest["matched_prop"] <= 0.60
    always = cells.iloc[-1]
    assert 0.99 <= always["tolerance"] <= 1.03
    assert always["confident_trust"] < 0.20


@pytest.mark.slow
def test_5_at_the_same_match_the_speed_of_repair_decides() -> None:
    for factor, tolerance in ((2.0, 1.34), (1.0, 1.25), (0.7, 1.07)):
        cell = learn(change_speed(ORDINARY, factor), seed=500)
        assert cell["matched_prop"] == pytest.approx(0.31, abs=0.02)
        assert cell["tolerance"] == pytest.approx(tolerance, abs=0.05)
    assert learn(change_speed(ORDINARY, 0.35), seed=500)["tolerance"] < 0.45


@pytest.mark.slow
def test_6_many_short_absences_widen_and_long_ones_narrow() -> None:
    none = learn(NEAR, seed=600)["tolerance"]
    short = learn(NEAR, imposed(60, 2.0), seed=600)["tolerance"]
    long = learn(NEAR, imposed(6, 20.0), seed=600)["tolerance"]
    single = learn(NEAR, imposed(1, 120.0), seed=600)["tolerance"]
    assert short - none > 0.08
    assert long < 0.75
    assert single < none


def live_ramp(gains: np.ndarray, seed: int) -> float:
    """Tolerance after blocks of ten sessions with 20 absences of 3 s, ever so intense."""
    blocks = [make_intense(float(gain) / ORDINARY.off_gain) for gain in gains]
    rng = np.random.default_rng(seed)
    return live_blocks(blocks, 10, imposed(20, 3.0), rng=rng)[0].tolerance


@pytest.mark.slow
@pytest.mark.parametrize("steps", ["even", "by factors"])
def test_7_a_ramp_of_intensity_widens_where_the_same_at_once_collapses(steps: str) -> None:
    ramp = np.linspace(3, 24, 16) if steps == "even" else np.geomspace(3, 24, 16)
    graded = [live_ramp(ramp, seed) for seed in range(700, 712)]
    at_once = [live_ramp(np.full(16, 24.0), seed) for seed in range(700, 712)]
    assert np.mean(graded) > 1.8
    assert min(graded) >= 0.5
    assert max(at_once) < 0.5


# -- coding on a grid -------------------------------------------------------------------------


def measure_coded(step_s: float | None, dyads: int, seed: int) -> dict[str, float]:
    """Means over 10-minute sessions of what the ordinary measures say about their codes."""
    rng = np.random.default_rng(seed)
    rule = StateMatch("affect", table=OwnTable(match=find_codebook("plain").match_pairs()))
    rows = []
    study = simulate_study([ORDINARY] * dyads, 1, play(600), rng=rng, start_arousal=0.3)
    for course in study:
        session = course.session(0, Observation(step_s=step_s))
        attunement = rule.judge(rule.read(session))
        ruptures = find_ruptures(attunement)
        value = compute_measures(make_tally(attunement, ruptures, ruptures))
        seen = ruptures.entered & ruptures.closed
        rows.append(
            {
                "match": value["matched_prop"].value,
                "latency": float(ruptures.latency[seen].mean()),
                "ruptures": value["ruptures_per_min"].value,
            }
        )
    return pd.DataFrame(rows).mean().to_dict()


def test_10_a_grid_of_a_second_makes_repair_look_slow() -> None:
    dyads = 100
    exact = measure_coded(None, dyads, seed=1000)
    fine = measure_coded(0.2, dyads, seed=1000)
    coarse = measure_coded(1.0, dyads, seed=1000)
    assert exact["latency"] == pytest.approx(3.50, abs=0.2)
    assert exact["ruptures"] == pytest.approx(11.9, abs=0.4)
    assert fine["latency"] == pytest.approx(3.83, abs=0.2)
    assert fine["ruptures"] == pytest.approx(10.8, abs=0.4)
    assert coarse["latency"] == pytest.approx(5.4, abs=0.3)
    assert coarse["ruptures"] == pytest.approx(7.7, abs=0.3)
    for cell in (exact, fine, coarse):
        assert cell["match"] == pytest.approx(0.31, abs=0.015)
