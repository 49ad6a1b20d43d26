"""The event likelihood: against a plain loop, its gradient, and what must not change it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.models.coordinates import COORDINATES, FREE, place, place_packed, read_coordinate
from reattune.models.likelihood import (
    Slow,
    evaluate,
    explain_impossible,
    follow_slow,
    log_likelihood,
    set_rates,
    start_slow,
)
from reattune.models.objective import Objective
from reattune.models.parameters import DyadParameters
from reattune.models.path import (
    FOCAL,
    MODE,
    RESPONDER,
    SET_FOCAL,
    SET_RESPONDER,
    UNOBSERVED,
    Path,
    build_path,
    path_of,
)
from reattune.models.priors import Prior
from tests import naive_likelihood as naive

from .made_models import STILL_FACE, as_record, make_changes, make_record

P = DyadParameters()
TRUST = 1 / (1 + math.exp(-0.5))
NAMES = {
    "gI": "focal_agenda_per_s",
    "phi0": "focal_follow_per_s",
    "gC": "responder_agenda_per_s",
    "om": "responder_look_per_s",
    "s": "reading_prob",
    "rho": "readiness_prob",
    "bN": "logit_negative",
    "theta_N": "slope_negative",
    "theta_P": "slope_positive",
    "alpha": "arousal_gain_per_s",
    "woff": "off_gain",
    "b0": "recovery_per_s",
    "etaA": "away_recovery",
}


def widen(changes: dict[str, float]) -> DyadParameters:
    """Parameters under the names of the package."""
    return replace(P, **{NAMES[key]: value for key, value in changes.items()})


@pytest.mark.parametrize("phases", [(), STILL_FACE, ((60.0, 2), (90.0, 0), (150.0, 2), (170.0, 0))])
def test_equal_to_the_plain_loop(phases: tuple) -> None:
    for seed in (1, 2):
        changes = make_changes(300.0, phases, seed)
        ours = log_likelihood(P, as_record(changes, 300.0, phases))
        theirs = naive.log_likelihood(
            naive.DEFAULTS, changes, phases, 300.0, (naive.M, naive.ATTEND, 0.3), T=TRUST
        )
        assert ours == pytest.approx(theirs, rel=1e-8)


@pytest.mark.parametrize(
    "changes",
    [
        {"gI": 1.3, "phi0": 0.4, "gC": 0.02, "om": 2.0, "s": 0.8, "rho": 0.7},
        # Arousal passes twice the tolerance: the corner of the choice is met.
        {"alpha": 0.4, "theta_N": 4.0, "woff": 2.0},
        {"b0": 0.004, "alpha": 0.1, "etaA": 1.0},
    ],
)
def test_equal_to_the_plain_loop_far_from_the_defaults(changes: dict[str, float]) -> None:
    seen = make_changes(240.0, (), 5, **changes)
    theirs = naive.log_likelihood(
        {**naive.DEFAULTS, **changes}, seen, (), 240.0, (naive.M, naive.ATTEND, 0.3), T=TRUST
    )
    assert log_likelihood(widen(changes), as_record(seen, 240.0)) == pytest.approx(theirs, rel=1e-8)


def test_tolerance_trust_and_stress_act_as_in_the_plain_loop() -> None:
    changes = make_changes(200.0, (), 6)
    theirs = naive.log_likelihood(
        naive.DEFAULTS, changes, (), 200.0, (naive.M, naive.ATTEND, 0.3), W=0.6, T=0.4, S=0.3
    )
    path = path_of(as_record(changes, 200.0))
    ours, _, _ = evaluate(P, [path], [Slow(tolerance=0.6, trust=0.4, stress=0.3, depth=1.0)])
    assert ours == pytest.approx(theirs, rel=1e-8)


def test_another_fit_table_changes_arousal_and_following_only() -> None:
    table = ((1, 0, 1, 0, 0), (0, 1, 0, 0, 0), (1, 0, 1, 0, 0), (0, 0, 0, 1, 0))
    changes = make_changes(200.0, (), 7)
    theirs = naive.log_likelihood(
        naive.DEFAULTS, changes, (), 200.0, (naive.M, naive.ATTEND, 0.3), T=TRUST, fit=table
    )
    ours = log_likelihood(replace(P, fit=table), as_record(changes, 200.0))
    assert ours == pytest.approx(theirs, rel=1e-8)
    assert ours != pytest.approx(log_likelihood(P, as_record(changes, 200.0)), abs=1e-3)


@pytest.mark.parametrize("phases", [(), STILL_FACE])
@pytest.mark.parametrize(
    "seen_as", [((0, 1, 2, 3), (0, 1, 2, 3, 4)), ((0, 2, 2, 3), (0, 2, 2, 3, 0))]
)
def test_gradient_is_that_of_differences(phases: tuple, seen_as: tuple) -> None:
    free = tuple(name for name in COORDINATES if name not in ("learning_rate",))
    path = merge(path_of(make_record(360.0, phases, 3)), seen_as)
    goal = Objective((path,), free, Prior())
    rng = np.random.default_rng(4)
    at = Prior().mean(free) + 0.2 * rng.standard_normal(len(free))
    _, gradient = goal.score(at)
    for i in range(len(free)):
        step = np.zeros(len(free))
        step[i] = 1e-5
        slope = (goal.likelihood(at + step) - goal.likelihood(at - step)) / 2e-5
        assert gradient[i] == pytest.approx(slope, abs=2e-4), free[i]


def merge(path: Path, seen_as: tuple[tuple[int, ...], tuple[int, ...]]) -> Path:
    """What is left of a path when states share a code."""
    x, y = seen_as[0][path.start_focal], seen_as[1][path.start_responder]
    moments = []
    for t, kind, state in zip(path.times, path.kinds, path.states, strict=True):
        state = int(state)
        if kind in (FOCAL, SET_FOCAL):
            state = seen_as[0][state]
            if state == x:
                continue
            x = state
        elif kind in (RESPONDER, SET_RESPONDER):
            state = seen_as[1][state]
            if state == y and kind == RESPONDER:
                continue
            y = state
        moments.append((float(t), int(kind), state))
    made = build_path(
        moments,
        start_focal=seen_as[0][path.start_focal],
        start_responder=seen_as[1][path.start_responder],
        start_arousal=path.start_arousal,
        length=path.length,
        mode=path.mode,
    )
    return replace(made, seen_focal=seen_as[0], seen_responder=seen_as[1])


def test_a_split_that_changes_nothing_changes_nothing() -> None:
    path = path_of(make_record(200.0, (), 8))
    whole, slope, _ = evaluate(P, [path], [start_slow(P)])
    for at in (0.0, 33.3, float(path.times[4]), 200.0):
        place_in = int(np.searchsorted(path.times, at))
        split = Path(
            np.insert(path.times, place_in, at),
            np.insert(path.kinds, place_in, MODE),
            np.insert(path.states, place_in, 0),
            path.start_focal,
            path.start_responder,
            path.start_arousal,
            path.length,
        )
        again, again_slope, _ = evaluate(P, [split], [start_slow(P)])
        assert again == pytest.approx(whole, rel=1e-12)
        np.testing.assert_allclose(again_slope, slope, rtol=1e-7, atol=1e-7)


def test_two_sessions_are_the_sum_of_each() -> None:
    one, two = make_record(120.0, (), 1), make_record(90.0, (), 2)
    together = log_likelihood(P, [one, two])
    assert together == pytest.approx(log_likelihood(P, one) + log_likelihood(P, two), rel=1e-12)


def test_nothing_is_scored_while_nobody_looks() -> None:
    start = {"start_focal": 2, "start_responder": 2, "start_arousal": 0.47}

    def look_away(until: float) -> float:
        moments = [(10.0, MODE, UNOBSERVED), (until, MODE, 0), (until, SET_FOCAL, 3)]
        seen = build_path(moments, length=until + 10.0, **start)
        assert seen.observed == 20.0
        return evaluate(P, [seen], [start_slow(P)])[0]

    parts = [
        evaluate(P, [build_path([], length=10.0, **{**start, "start_focal": x})], [start_slow(P)])
        for x in (2, 3)
    ]
    # After two minutes arousal is ordinary again, so that the last stretch stands alone.
    assert look_away(130.0) == pytest.approx(parts[0][0] + parts[1][0], abs=1e-4)
    # After a second it is nearly what it was.
    assert abs(look_away(11.0) - look_away(130.0)) > 0.02


def test_a_clamp_is_no_change_of_the_responder() -> None:
    path = path_of(make_record(360.0, STILL_FACE, 9))
    clamped = (path.times > 120) & (path.times < 240)
    assert (path.kinds == SET_RESPONDER).sum() == 1
    assert not (path.kinds[clamped] == RESPONDER).any()
    assert path.challenged == 120.0


def test_swapping_places_of_equal_states_needs_every_parameter() -> None:
    """Rates are used where they belong: each one alone moves the likelihood of a session."""
    record = make_record(300.0, STILL_FACE[:1], 10)
    base = log_likelihood(P, record)
    for name in (*FREE, "arousal_gain_per_s", "slope_scale", "agenda_off", "tolerance_prior"):
        moved = place(P, (name,), np.array([read_coordinate(P, name) + 0.2]))
        assert abs(log_likelihood(moved, record) - base) > 1e-3, name


def test_what_cannot_happen_is_minus_infinity_and_explained() -> None:
    quiet = set_rates(replace(P, responder_agenda_per_s=0.0), 0.2, 0.0)
    record = as_record([(1.0, 1, naive.OFF)], 5.0)
    assert log_likelihood(quiet, record) == -math.inf
    told = explain_impossible(quiet, [path_of(record)])
    assert "responder turns to 'off'" in told
    assert "never possible" in told
    assert explain_impossible(P, [path_of(record)]) == ""


def test_no_overflow_far_out() -> None:
    record = make_record(120.0, (), 11)
    wild = replace(
        P, logit_negative=-20.0, slope_negative=20.0, logit_positive=20.0, slope_positive=20.0
    )
    with np.errstate(all="raise"):
        assert math.isfinite(log_likelihood(wild, record))


def test_kappa_and_nu_are_all_that_is_kept_of_looking() -> None:
    record = make_record(200.0, (), 12)
    for look in (1.0, 3.0):
        same = replace(
            P,
            responder_look_per_s=look,
            readiness_prob=0.35 / look,
        )
        assert log_likelihood(same, record) == pytest.approx(log_likelihood(P, record), rel=1e-12)
    again = set_rates(P, 1.5, 0.4)
    assert again.contingent_per_s == pytest.approx(1.5)
    assert again.misread_per_s == pytest.approx(0.4)
    with pytest.raises(SettingError, match="misread_per_s"):
        set_rates(P, 0.1, -1.0)


def test_learning_moves_tolerance_as_the_simulator_does() -> None:
    from reattune.models.paradigms import play
    from reattune.models.simulate import simulate_course

    course = simulate_course(P, 6, play(300.0), rng=np.random.default_rng(1))
    paths = [path_of(record) for record in course.records]
    slow = follow_slow(P, paths, learning=True)
    assert slow[5].tolerance > slow[0].tolerance
    for at, before in enumerate(slow):
        lived = course.session_latents(at)
        assert before.tolerance == pytest.approx(lived.tolerance, abs=1e-9)
        assert before.trust == pytest.approx(lived.trust, abs=1e-9)
    fixed = log_likelihood(P, paths)
    assert log_likelihood(P, paths, learning=True) != pytest.approx(fixed, abs=1e-6)
    still = replace(P, learning_rate=0.0)
    assert log_likelihood(still, paths, learning=True) == pytest.approx(fixed, rel=1e-12)


def test_a_path_says_what_is_wrong_with_it() -> None:
    with pytest.raises(SettingError, match="do not decrease"):
        Path([2.0, 1.0], [0, 0], [1, 2], 2, 2, 0.3, 5.0)
    with pytest.raises(SettingError, match="as many kinds"):
        Path([2.0], [0, 0], [1, 2], 2, 2, 0.3, 5.0)
    with pytest.raises(SettingError, match="0 to 5"):
        Path([6.0], [0], [1], 2, 2, 0.3, 5.0)


@pytest.mark.parametrize("name", list(COORDINATES))
def test_coordinates_go_there_and_back(name: str) -> None:
    at = read_coordinate(P, name) + 0.3
    moved = place(P, (name,), np.array([at]))
    back = read_coordinate(moved, name)
    # The scale of the slopes is counted from the parameters it is applied to.
    assert back == pytest.approx(0.0 if name == "slope_scale" else at, abs=1e-12)
    assert math.fsum(moved.responder_agenda) == pytest.approx(1.0)


def test_the_fast_way_to_parameters_is_the_plain_one() -> None:
    from reattune.models.arousal import pack

    rng = np.random.default_rng(1)
    for free in (tuple(COORDINATES), FREE[:4], ("misread_per_s",), ("agenda_off", "slope_scale")):
        at = rng.standard_normal(len(free)) * 0.3
        at += [read_coordinate(P, name) for name in free]
        slow, fast = pack(place(P, free, at)), place_packed(pack(P), free, at)
        looks = [(p[3] * p[5] * p[4], p[3] * p[5] * (1 - p[4])) for p in (slow, fast)]
        np.testing.assert_allclose(looks[1], looks[0], rtol=1e-12)
        slow[3:6] = fast[3:6]
        np.testing.assert_allclose(fast, slow, rtol=1e-12)
