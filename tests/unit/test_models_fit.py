"""Fitting one dyad: what is reported, how sure, and what is said when it cannot be known."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.models.coordinates import COORDINATES, FREE, REPORTED, place, read_coordinate
from reattune.models.fit import fit_session
from reattune.models.fitted import FRAME_COLUMNS
from reattune.models.identifiability import identify
from reattune.models.likelihood import log_likelihood, set_rates
from reattune.models.objective import Objective
from reattune.models.panel import sample_grid
from reattune.models.parameters import DyadParameters
from reattune.models.priors import Prior
from reattune.models.profile import profile_interval
from reattune.models.record import Record
from reattune.models.replay import bootstrap_fit

from .made_models import STILL_FACE, make_record

P = DyadParameters()


@pytest.fixture(scope="module")
def fit():
    return fit_session(make_record(400.0, (), 1), name="a")


def test_the_estimate_is_the_highest_point(fit) -> None:
    goal = Objective(fit.data, fit.free, fit.prior)
    top, slope = goal.penalised(fit.estimate)
    assert np.abs(slope * fit.se).max() < 0.01
    for i in range(len(fit.free)):
        for sign in (-1, 1):
            beside = fit.estimate.copy()
            beside[i] += sign * 0.3 * fit.se[i]
            assert goal.penalised(beside)[0] > top
    assert fit.converged
    assert fit.at_bounds == ()
    assert fit.log_likelihood == pytest.approx(log_likelihood(fit.parameters, make_record(400.0)))


def test_standard_errors_are_those_of_a_plain_second_difference(fit) -> None:
    goal = Objective(fit.data, fit.free, fit.prior)
    d, h = len(fit.free), 2e-3
    curve = np.empty((d, d))
    for i in range(d):
        for j in range(d):
            corners = []
            for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                at = fit.estimate.copy()
                at[i] += a * h
                at[j] += b * h
                corners.append(goal.penalised(at)[0])
            curve[i, j] = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * h * h)
    np.testing.assert_allclose(fit.se, np.sqrt(np.diag(np.linalg.inv(curve))), rtol=1e-3)


def test_reading_follows_from_kappa_and_nu(fit) -> None:
    kappa, nu = fit.value("contingent_per_s")[0], fit.value("misread_per_s")[0]
    value, low, high = fit.value("reading_prob")
    assert value == pytest.approx(kappa / (kappa + 3 * nu))
    assert 0 < low < value < high < 1
    # The error of log kappa - log nu, drawn.
    i, j = fit.free.index("contingent_per_s"), fit.free.index("misread_per_s")
    draws = np.random.default_rng(1).multivariate_normal(fit.estimate, fit.covariance, 20000)
    assert np.std(draws[:, i] - draws[:, j]) == pytest.approx(fit.reading[1], rel=0.03)
    assert fit.parameters.contingent_per_s == pytest.approx(kappa)
    assert fit.parameters.misread_per_s == pytest.approx(nu)


def test_only_what_may_be_told_of_one_dyad_is_told(fit) -> None:
    frame = fit.to_frame()
    assert list(frame.columns) == list(FRAME_COLUMNS)
    told = set(frame.loc[frame.standing == "this dyad", "parameter"])
    assert told <= set(REPORTED)
    assert "contingent_per_s" in told
    assert set(frame.loc[frame.standing == "pooled", "parameter"]) == set(FREE) - set(REPORTED)
    names = set(frame.parameter)
    assert not names & {"responder_look_per_s", "readiness_prob", "learning_rate"}
    text = fit.summary()
    assert "cannot be told apart" in text
    assert "logit_negative" not in text


def test_a_fit_can_be_written_down(fit) -> None:
    document = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
    assert document["schema"] == "reattune.fit/1"
    assert len(document["rows"]) == len(FREE) + 1
    assert DyadParameters(**{**document["parameters"]}) == fit.parameters
    again = fit_session(make_record(400.0, (), 1), name="a")
    assert json.dumps(again.to_dict()) == json.dumps(fit.to_dict())


def test_shorter_sessions_say_less() -> None:
    widths = []
    for length in (40.0, 160.0, 640.0):
        short = fit_session(make_record(length, (), 2))
        widths.append(float(short.se[short.free.index("contingent_per_s")]))
    assert widths[0] > widths[1] > widths[2]


@pytest.mark.parametrize(
    "record",
    [
        Record([], [], [], [0.0], [0], 2, 2, 0.3, 5.0),
        Record([1.0], [0], [1], [0.0], [0], 2, 2, 0.3, 5.0),
    ],
)
def test_next_to_nothing_seen_gives_the_prior_back_with_a_note(record: Record) -> None:
    empty = fit_session(record)
    np.testing.assert_array_equal(empty.estimate, Prior().mean(FREE))
    np.testing.assert_allclose(empty.se, Prior().sd(FREE))
    assert not empty.converged
    assert [note.code for note in empty.notes] == ["too_little_seen"]
    assert "prior" in empty.summary()
    assert set(empty.to_frame().standing) == {"mostly prior", "pooled"}


def test_what_was_seen_but_cannot_happen_is_explained() -> None:
    never_off = Prior(base=DyadParameters(responder_agenda=(0.2, 0.3, 0.3, 0.2, 0.0)))
    record = Record([1.0, 2.0], [1, 0], [4, 3], [0.0], [0], 2, 2, 0.3, 5.0)
    with pytest.raises(SettingError, match=r"turns to 'off'.*never possible.*codebook"):
        fit_session(record, prior=never_off)


def test_an_estimate_at_the_edge_is_said() -> None:
    """A prior without a say and a responder who never moves: the rates run to nothing."""
    wide = Prior(sds=dict.fromkeys(FREE, 50.0))
    record = Record([1.0, 2.0, 3.0], [0, 0, 0], [3, 2, 3], [0.0], [0], 2, 2, 0.3, 60.0)
    edge = fit_session(record, prior=wide)
    assert "contingent_per_s" in edge.at_bounds
    assert any(note.code == "at_bounds" for note in edge.notes)
    assert "edge" in edge.summary()


def test_settings_that_are_not_allowed() -> None:
    record = make_record(30.0, (), 1)
    with pytest.raises(SettingError, match="Did you mean 'contingent_per_s'"):
        fit_session(record, free=("contingent_per_sec",))
    with pytest.raises(SettingError, match="design"):
        fit_session(record, design="frames")
    with pytest.raises(SettingError, match="learning"):
        fit_session(record, learning=True)
    with pytest.raises(SettingError, match="at least one session"):
        fit_session([])
    with pytest.raises(SettingError, match="sds"):
        Prior(sds={"nothing": 1.0})
    with pytest.raises(SettingError, match="grids"):
        fit_session(record, design="interval")


def test_interval_codes_are_fitted_as_such() -> None:
    record = make_record(300.0, (), 3)
    grid = fit_session(sample_grid(record, 1.0))
    assert grid.design == "interval"
    assert grid.step_s == 1.0
    exact = fit_session(record)
    assert grid.converged
    assert np.all(np.abs(grid.estimate - exact.estimate) < 2.5 * grid.se)
    assert np.all(grid.se > 0.9 * exact.se)


def test_a_session_gives_what_its_record_gives() -> None:
    from reattune.models.paradigms import still_face
    from reattune.models.simulate import simulate_course

    course = simulate_course(P, 1, still_face(), rng=np.random.default_rng(5), start_arousal=0.3)
    record, session = course.record(0), course.session(0)
    assert any(phase.imposed for phase in session.phases)
    a, b = fit_session(record), fit_session(session)
    np.testing.assert_allclose(b.estimate, a.estimate, atol=1e-4)
    assert b.challenged_s == pytest.approx(120.0)
    moved = fit_session(session.shift(50.0))
    np.testing.assert_allclose(moved.estimate, b.estimate, atol=1e-4)


def test_rates_are_per_second_whatever_the_time_unit() -> None:
    record = make_record(300.0, (), 6)
    slow = Prior(base=DyadParameters(time_unit_s=10.0))
    one, ten = fit_session(record), fit_session(record, prior=slow)
    for name in ("contingent_per_s", "focal_agenda_per_s"):
        assert ten.value(name)[0] == pytest.approx(one.value(name)[0] / 10)
    assert ten.observed_s == 3000.0
    assert ten.value("reading_prob") == pytest.approx(one.value("reading_prob"))


def test_profile_interval_ends_where_the_likelihood_has_fallen(fit) -> None:
    low, high = profile_interval(fit, "misread_per_s")
    value, wald_low, wald_high = fit.value("misread_per_s")
    assert low < value < high
    assert low == pytest.approx(wald_low, rel=0.15)
    assert high == pytest.approx(wald_high, rel=0.15)
    from scipy.optimize import minimize

    goal = Objective(fit.data, fit.free, fit.prior)
    at = fit.free.index("misread_per_s")

    def beside(part):
        return goal.penalised(np.insert(part, at, math.log(high)))[0]

    best = minimize(beside, np.delete(fit.estimate, at), method="Nelder-Mead", options={
        "maxiter": 6000, "maxfev": 6000, "xatol": 1e-5, "fatol": 1e-6}).fun  # fmt: skip
    assert best - goal.penalised(fit.estimate)[0] == pytest.approx(3.8415 / 2, abs=0.01)
    inner = profile_interval(fit, "misread_per_s", level=0.5)
    assert low < inner[0] < inner[1] < high
    with pytest.raises(SettingError, match="level"):
        profile_interval(fit, "misread_per_s", level=95)


def test_bootstrap_agrees_with_the_curvature() -> None:
    fit = fit_session(make_record(150.0, (), 1))
    drawn = bootstrap_fit(fit, n=40, rng=np.random.default_rng(2))
    frame = drawn.to_frame().set_index("parameter")
    same = bootstrap_fit(fit, n=3, rng=np.random.default_rng(3))
    again = bootstrap_fit(fit, n=3, rng=np.random.default_rng(3))
    np.testing.assert_array_equal(same.estimates, again.estimates)
    # The prior pulls every refit, so these are at most as wide as the curvature says.
    for name in ("focal_agenda_per_s", "contingent_per_s", "misread_per_s"):
        ratio = frame.se[name] / fit.se[fit.free.index(name)]
        assert 0.6 < ratio < 1.25, name
    with pytest.raises(SettingError, match="at least 2"):
        bootstrap_fit(fit, n=1, rng=np.random.default_rng(1))


# -- what a design can tell ----------------------------------------------------------------------


def test_play_alone_does_not_tell_arousal_and_a_challenge_does() -> None:
    free = (*FREE, "arousal_gain_per_s", "slope_scale")
    play = identify(fit_session(make_record(360.0, (), 1), free=free))
    challenge = identify(fit_session(make_record(360.0, STILL_FACE, 1), free=free))
    assert play.verdict("arousal_gain_per_s") == "pooled only"
    assert challenge.verdict("arousal_gain_per_s") != "pooled only"
    told = {
        name: frame.set_index("parameter").told_prop["arousal_gain_per_s"]
        for name, frame in (("play", play.to_frame()), ("challenge", challenge.to_frame()))
    }
    assert told["challenge"] > told["play"]
    assert play.verdict("focal_agenda_per_s") == "told"


def test_some_things_are_never_told_for_one_dyad() -> None:
    report = identify(fit_session(make_record(600.0, STILL_FACE, 1)))
    assert report.verdict("logit_negative") == "pooled only"
    assert report.verdict("learning_rate") == "pooled only"
    assert report.verdict("responder_look_per_s, reading_prob, readiness_prob") == "pooled only"
    frame = report.to_frame().set_index("parameter")
    assert "agenda" in frame.why["misread_per_s"]
    assert "Pooled only" in report.summary()


def test_minutes_needed_shrink_as_minutes_are_seen() -> None:
    short = identify(fit_session(make_record(60.0, (), 3))).to_frame().set_index("parameter")
    long = identify(fit_session(make_record(600.0, (), 3))).to_frame().set_index("parameter")
    for frame, minutes in ((short, 1.0), (long, 10.0)):
        needed, told = frame.minutes_needed["contingent_per_s"], frame.told_prop["contingent_per_s"]
        assert (needed < minutes) == (told > 0.75)
    assert (
        0.3
        < short.minutes_needed["focal_agenda_per_s"] / long.minutes_needed["focal_agenda_per_s"]
        < 3
    )


def test_kappa_and_nu_bought_with_more_looks_are_the_same_dyad() -> None:
    base = set_rates(P, P.contingent_per_s, P.misread_per_s)
    record = make_record(200.0, (), 4)
    assert fit_session(record, prior=Prior(base=base)).estimate == pytest.approx(
        fit_session(record).estimate, abs=1e-6
    )


def test_every_coordinate_can_be_moved() -> None:
    from reattune.models.paradigms import play
    from reattune.models.simulate import simulate_course

    course = simulate_course(P, 3, play(200.0), rng=np.random.default_rng(3))
    everything = fit_session(course.records, free=tuple(COORDINATES), learning=True)
    assert everything.converged
    assert everything.sessions == 3
    assert everything.standing("learning_rate") == "pooled"
    centre = [read_coordinate(P, name) for name in COORDINATES]
    moved = place(P, tuple(COORDINATES), everything.estimate)
    assert moved == everything.parameters
    assert len(centre) == everything.estimate.size


def test_public_names_stay_what_they_are_however_often_they_are_asked_for() -> None:
    """No name of the room is also the name of one of its modules."""
    import inspect

    import reattune.models as models

    for _ in range(2):
        for name in models.__all__:
            assert not inspect.ismodule(getattr(models, name)), name
