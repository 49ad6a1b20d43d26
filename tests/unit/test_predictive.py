"""The predictive check: shares of simulations as far out, the same design, truth and misfit."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.core.session import Session
from reattune.core.streams import States
from reattune.experiments.latents import follow_belief, trace_path, trace_session, trace_simulated
from reattune.experiments.predictive import check_predictions, draw_parameters
from reattune.experiments.predictive_result import find_far, find_quantiles, pool_predictive
from reattune.experiments.seen_again import find_origin, show_path
from reattune.models.codebooks import find_codebook
from reattune.models.coordinates import read_coordinate
from reattune.models.course import SimulatedCourse
from reattune.models.fit import fit_session
from reattune.models.fitted import Fit
from reattune.models.likelihood import Slow, start_slow
from reattune.models.observation import Observation
from reattune.models.paradigms import Paradigm, imposed, play, still_face
from reattune.models.parameters import DyadParameters
from reattune.models.path import path_of
from reattune.models.presets import preset
from reattune.models.reading import read_path
from reattune.models.simulate import simulate_course, simulate_session

DYAD = DyadParameters()
STEADY = ("matched_prop", "repair_hazard_per_s", "ruptures_per_min", "focal_away_prop")


def simulate(
    seed: int, paradigm: Paradigm | None = None, observation: Observation | None = None
) -> Session:
    return simulate_session(
        DYAD, paradigm or play(120), rng=np.random.default_rng(seed), observation=observation
    )


def know_truth(session: Session) -> Fit:
    """A fit that is the truth: what is left is whether a redrawn session is a simulated one."""
    fit = fit_session(session)
    return replace(
        fit,
        parameters=DYAD,
        estimate=np.array([read_coordinate(DYAD, name) for name in fit.free]),
    )


def make_stiff(n: int = 40) -> Session:
    """A focal partner who changes every 3 s to the tick, and a responder who follows 1 s later."""
    starts = np.arange(n) * 3.0
    x = [("monitor", "positive")[i % 2] for i in range(n)]
    y = [("attend", "play")[i % 2] for i in range(n)]
    focal = States("focal", "affect", starts, starts + 3.0, x, 1e-6)
    late = np.append(0.0, starts[1:] + 1.0)
    ends = np.append(late[1:], n * 3.0)
    return Session(
        "stiff",
        ("focal", "responder"),
        (0.0, n * 3.0),
        (focal, States("responder", "affect", late, ends, y, 1e-6)),
    )


# -- the share of simulations as far out -------------------------------------------------------


def naive_far(seen: float, draws: list[float]) -> float:
    """Twice the smaller tail, what was seen counted as one of the draws."""
    everything = [*draws, seen]
    low = sum(1 for value in everything if value <= seen) / len(everything)
    high = sum(1 for value in everything if value >= seen) / len(everything)
    return min(1.0, 2 * min(low, high))


@pytest.mark.parametrize("seed", range(5))
def test_far_is_twice_the_smaller_tail(seed: int) -> None:
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, 8, 30).astype(float)
    for seen in (-1.0, 0.0, 3.0, 3.5, 7.0, math.inf):
        assert find_far(seen, draws) == pytest.approx(naive_far(seen, draws.tolist()))


def test_what_is_undefined_has_no_share_and_infinite_draws_do_not_mix() -> None:
    assert math.isnan(find_far(math.nan, np.ones(3)))
    assert math.isnan(find_far(1.0, np.empty(0)))
    assert find_far(math.inf, np.array([1.0, 2.0, math.inf])) == 1.0
    assert find_quantiles(np.array([1.0, 2.0, math.inf])) == (1.0, 2.0, math.inf)
    assert all(math.isnan(value) for value in find_quantiles(np.empty(0)))


# -- the same design ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paradigm", "observation"),
    [
        (play(120), Observation()),
        (still_face(60, 60, 60), Observation(missing_per_min=2.0)),
        (still_face(60, 60, 60), Observation(find_codebook("icep_like"), step_s=0.5)),
        (imposed(3, 10.0, 120.0), Observation(missing_per_min=1.0)),
    ],
)
def test_a_path_shown_as_a_session_reads_as_the_same_path(
    paradigm: Paradigm, observation: Observation
) -> None:
    session = simulate(3, paradigm, observation)
    book = observation.codebook
    path = read_path(session, book)
    again = show_path(path, session, book)
    other = read_path(again, book)
    np.testing.assert_allclose(other.times, path.times, atol=1e-9)
    np.testing.assert_array_equal(other.kinds, path.kinds)
    np.testing.assert_array_equal(other.states, path.states)
    assert other.length == pytest.approx(path.length)
    assert find_origin(again, book) == pytest.approx(find_origin(session, book))


def test_simulations_have_the_missing_time_and_the_step_of_the_session() -> None:
    seen = Observation(step_s=0.5, missing_per_min=3.0)
    session = simulate(4, still_face(40, 40, 40), seen)
    fit = fit_session(session)
    found = check_predictions(fit, [session], n=4, rng=np.random.default_rng(1))
    observed, *drawn = found.parts
    for phase in ("play", "reunion"):
        for part in drawn:
            # Where a stretch was missing is on the grid already: the same seconds, to the tick.
            assert part[phase].tally.observed_s == pytest.approx(observed[phase].tally.observed_s)
            lengths = part[phase].tally.durations
            np.testing.assert_allclose(lengths, np.round(lengths / 0.5) * 0.5, atol=1e-6)


def test_nothing_is_said_of_matching_where_the_responder_was_told_what_to_do() -> None:
    session = simulate(5, still_face(40, 40, 40))
    found = check_predictions(fit_session(session), [session], n=3, rng=np.random.default_rng(1))
    measures = {name for phase, name, _ in found.keys if phase == "still_face"}
    assert measures == {f"focal_{s}_prop" for s in ("negative", "away", "monitor", "positive")}
    assert ("reunion", "matched_prop", "share") in found.keys


def test_phases_that_differ_by_a_number_are_taken_together() -> None:
    session = simulate(6, imposed(3, 10.0, 120.0))
    found = check_predictions(fit_session(session), [session], n=3, rng=np.random.default_rng(1))
    assert {phase for phase, _, _ in found.keys} == {"free", "imposed"}
    assert found.parts[0]["free"].tally.observed_s == pytest.approx(90.0)


def test_the_same_seed_gives_the_same_draws_however_many_follow() -> None:
    session = simulate(7)
    fit = fit_session(session)
    short, long, other = (
        check_predictions(fit, [session], n=n, rng=np.random.default_rng(seed))
        for n, seed in ((5, 1), (9, 1), (5, 2))
    )
    np.testing.assert_array_equal(long.draws[:5], short.draws)
    assert not np.array_equal(other.draws, short.draws)
    frame = short.to_frame()
    assert (frame["low"].dropna() <= frame["high"].dropna()).all()
    assert frame["n"].eq(5).all()


def test_dyads_are_pooled_simulation_by_simulation() -> None:
    sessions = [simulate(8), simulate(9)]
    alone = [
        check_predictions(fit_session(s), [s], n=4, rng=np.random.default_rng(1)) for s in sessions
    ]
    both = pool_predictive(alone)
    at = [key[1] for key in both.keys].index("focal_away_prop")
    for row, parts in zip(both.draws, zip(*(a.draws for a in alone), strict=True), strict=True):
        # Equal lengths: the share of both is the mean of the shares.
        assert row[at] == pytest.approx(np.mean([part[at] for part in parts]))
    with pytest.raises(SettingError, match="equally many"):
        pool_predictive([alone[0], replace(alone[1], parts=alone[1].parts[:-1])])


def test_parameters_are_drawn_around_the_estimate_or_held() -> None:
    session = simulate(10, play(600))
    fit = fit_session(session)
    rng = np.random.default_rng(1)
    drawn = np.log([draw_parameters(fit, rng=rng).focal_agenda_per_s for _ in range(400)])
    at = fit.free.index("focal_agenda_per_s")
    assert drawn.mean() == pytest.approx(fit.estimate[at], abs=4 * fit.se[at] / 20)
    assert drawn.std() == pytest.approx(fit.se[at], rel=0.15)
    vague = replace(fit, covariance=fit.covariance * 100)
    held, free = (
        check_predictions(
            vague, [session], n=12, uncertainty=flag, rng=np.random.default_rng(2)
        ).column("all", "ruptures_per_min")
        for flag in (False, True)
    )
    assert np.std(free) > 2 * np.std(held)


def test_wrong_numbers_are_refused() -> None:
    session = simulate(1)
    fit = fit_session(session)
    for n in (0, 1.5, True):
        with pytest.raises(SettingError, match="whole number"):
            check_predictions(fit, [session], n=n, rng=np.random.default_rng(1))  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="the 1 of the fit"):
        check_predictions(fit, [session, session], rng=np.random.default_rng(1))
    found = check_predictions(fit, [session], n=2, rng=np.random.default_rng(1))
    with pytest.raises(SettingError, match="that were compared"):
        found.column("play", "matched_prop")


# -- truth and misfit --------------------------------------------------------------------------


@pytest.mark.slow
def test_under_the_truth_what_was_seen_is_nowhere_in_particular() -> None:
    """Redrawn sessions are sessions of the simulator: ranks of seen ones are uniform."""
    below: dict[str, list[float]] = {name: [] for name in STEADY}
    for seed in range(60):
        session = simulate(seed)
        found = check_predictions(
            know_truth(session), [session], n=19, uncertainty=False, rng=np.random.default_rng(seed)
        )
        for name, shares in below.items():
            draws = found.column("all", name)
            seen = found.seen[[key[1] for key in found.keys].index(name)]
            shares.append(float((draws < seen).mean() + (draws == seen).mean() / 2))
    for name, shares in below.items():
        # The mean of 60 uniform ranks has a standard error of .037.
        assert abs(np.mean(shares) - 0.5) < 4 * 0.037, name
        assert 0.2 < np.std(shares) < 0.38, name


def test_a_partner_like_clockwork_is_found_out() -> None:
    session = make_stiff()
    found = check_predictions(fit_session(session), [session], n=60, rng=np.random.default_rng(3))
    far = found.to_frame().set_index("measure")["far_prop"]
    # Every rupture lasts one second: none of the quick repairs that exponential waits have.
    assert far["repair_latency_q25_s"] < 0.05
    # And it is always the same one who opens them.
    assert far["opened_by_focal_prop"] < 0.05
    told = found.summary()
    assert "further out than 95 in 100 simulations" in told
    assert "a quarter repaired within (s): seen 1.00" in told


def test_too_few_simulations_say_nothing() -> None:
    session = make_stiff(10)
    found = check_predictions(fit_session(session), [session], n=10, rng=np.random.default_rng(3))
    assert "too few to say" in found.summary()


# -- what nobody saw ---------------------------------------------------------------------------


def step_arousal(
    course: SimulatedCourse, index: int, h: float = 0.002
) -> list[tuple[float, float]]:
    """Arousal by small steps of da/dt = u - b a, from the record alone."""
    p, record = course.parameters, course.record(index)
    tolerance, _, _, stress, depth = course.latents[index]
    changes = sorted(zip(record.times, record.who, record.state, strict=True))
    phases = list(zip(record.phase_start, record.phase_mode, strict=True))
    x, y, a, t = record.start_focal, record.start_responder, record.start_arousal, 0.0
    out = []
    while t < record.length:
        while phases and phases[0][0] <= t:
            y = 4 if phases.pop(0)[1] else y
        while changes and changes[0][0] <= t:
            _, who, state = changes.pop(0)
            x, y = (state, y) if who == 0 else (x, state)
        out.append((t, a))
        rest = p.recovery_per_s * tolerance**p.tolerance_exponent
        if x == y:
            rise = 0.0
            fall = rest + p.matched_recovery_per_s * (p.negative_recovery if x == 0 else 1.0)
        else:
            rise = p.arousal_gain_per_s * depth * (1 + p.stress_gain * stress)
            rise *= p.off_gain if y == 4 else 1.0
            fall = rest * (1 + p.away_recovery if x == 1 else 1.0)
        a += h * (rise - fall * a)
        t += h
    return out


@pytest.mark.parametrize("paradigm", [play(60), still_face(20, 20, 20)])
def test_arousal_is_the_equation_stepped_through(paradigm: Paradigm) -> None:
    course = simulate_course(DYAD, 3, paradigm, rng=np.random.default_rng(2))
    stepped = np.array(step_arousal(course, 2))
    found = trace_simulated(course, 2)
    again = np.interp(found.time_s, stepped[:, 0], stepped[:, 1])
    np.testing.assert_allclose(found.arousal, again, atol=2e-3)
    row = course.latents[2]
    times, arousal = trace_path(
        path_of(course.record(2)), DYAD, Slow(row[0], row[1], row[3], row[4])
    )
    np.testing.assert_allclose(np.interp(found.time_s, times, arousal), found.arousal, atol=2e-3)


def test_where_nobody_looks_arousal_goes_back_to_what_is_ordinary() -> None:
    x = States("focal", "affect", [0, 60], [10, 70], ["away", "away"], 0.04)
    y = States("responder", "affect", [0, 60], [10, 70], ["off", "off"], 0.04)
    session = Session("s", ("focal", "responder"), (0.0, 70.0), (x, y))
    trace = trace_session(fit_session(session), session)
    assert trace.unseen == ((10.0, 60.0),)
    slow = start_slow(DYAD)
    late = trace.arousal[np.searchsorted(trace.time_s, 59.9)]
    assert late == pytest.approx(0.47 * slow.tolerance, abs=0.01)
    before = trace.arousal[trace.time_s <= 10]
    assert (np.diff(before) > 0).all()


@pytest.mark.parametrize("name", ["infant_caregiver", "patient_therapist"])
def test_the_belief_followed_ends_where_the_course_ended(name: str) -> None:
    course = simulate_course(preset(name), 8, rng=np.random.default_rng(4))
    found = follow_belief(course)
    np.testing.assert_allclose(found.evidence[-1], course.state.evidence, rtol=1e-12)
    np.testing.assert_allclose(found.evidence[0], course.before.evidence)
    assert found.sessions.tolist() == list(range(9))
    longer = simulate_course(preset(name), 3, rng=np.random.default_rng(4), state=course.state)
    assert follow_belief(longer).sessions.tolist() == [8, 9, 10, 11]


def test_nothing_moves_in_a_fit_without_learning() -> None:
    course = simulate_course(DYAD, 3, play(120), rng=np.random.default_rng(4))
    with pytest.raises(SettingError, match="a fit with learning"):
        follow_belief(fit_session(course.sessions))
    fit = fit_session(course.sessions, learning=True)
    assert follow_belief(fit).belief.shape == (4, 31)
    trace = trace_session(fit, course.session(2), number=2)
    assert trace.tolerance != 1.0
