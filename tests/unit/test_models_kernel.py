"""The compiled simulator beside a loop in plain Python, path by path; and at its limits."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from reattune.models import (
    DyadParameters,
    Paradigm,
    PlannedPhase,
    SimulatedCourse,
    imposed,
    play,
    preset,
    simulate_course,
    still_face,
)
from reattune.models import kernel as k
from reattune.models.arousal import (
    advance_arousal,
    find_excess,
    find_targets,
    integrate_arousal,
    pack,
    step_arousal,
)
from reattune.models.learning import add_evidence, judge_repair
from tests import naive_dyad as naive

SYMBOLS = {
    **{"gI": "focal_agenda_per_s", "phi0": "focal_follow_per_s", "gC": "responder_agenda_per_s"},
    **{"om": "responder_look_per_s", "s": "reading_prob", "rho": "readiness_prob"},
    **{"bN": "logit_negative", "bA": "logit_away", "bP": "logit_positive"},
    **{"thN": "slope_negative", "thA": "slope_away", "thP": "slope_positive"},
    **{"alpha": "arousal_gain_per_s", "woff": "off_gain", "b0": "recovery_per_s"},
    **{"b1": "matched_recovery_per_s", "b1N": "negative_recovery", "etaA": "away_recovery"},
    **{"nuS": "tolerance_exponent", "psi": "stress_gain", "c": "learning_rate"},
    **{"sig": "generalisation", "n0": "prior_weight", "kap0": "prior_width"},
    **{"W0": "tolerance_prior", "Lst": "late_s", "zc": "overwhelm", "selfc": "self_repair_credit"},
    **{"d0": "evidence_saturation", "eps": "forgetting", "NS": "stress_sessions"},
    **{"depth0": "depth_base", "depth1": "depth_slope"},
}


def symbols(dyad: DyadParameters) -> dict[str, float]:
    return {symbol: getattr(dyad, name) for symbol, name in SYMBOLS.items()}


def live(
    dyad: DyadParameters, sessions: int, paradigm: Paradigm, *, seed: int = 1, **options: object
) -> SimulatedCourse:
    rng = np.random.default_rng(seed)
    return simulate_course(dyad, sessions, paradigm, rng=rng, **options)  # type: ignore[arg-type]


def test_the_twin_knows_the_same_defaults() -> None:
    assert symbols(DyadParameters()) == naive.DEFAULTS
    assert DyadParameters().responder_agenda == naive.AGENDA


CASES = {
    "play": (DyadParameters(learning_rate=0.05), 4, play(120)),
    "still_face": (DyadParameters(learning_rate=0.05), 3, still_face(40, 60, 50)),
    "imposed": (DyadParameters(arousal_gain_per_s=0.2), 3, imposed(6, 7.0, 120)),
    "therapy": (
        preset("patient_therapist", learning_rate=0.1, arousal_gain_per_s=0.15),
        4,
        play(2000),
    ),
    "strained": (
        DyadParameters(
            **{"readiness_prob": 0.06, "arousal_gain_per_s": 0.3, "learning_rate": 0.3},
            **{"stress_sessions": 2.0, "stress_gain": 2.0, "recovery_per_s": 0.02},
        ),
        5,
        play(150),
    ),
    "never recovers": (DyadParameters(recovery_per_s=0.0, matched_recovery_per_s=0.0), 2, play(60)),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_fed_the_same_numbers_kernel_and_loop_live_the_same(case: str) -> None:
    dyad, sessions, paradigm = CASES[case]
    course = live(dyad, sessions, paradigm, start_arousal=0.2)
    unit_s = dyad.time_unit_s
    phases = list(zip(paradigm.starts_s / unit_s, paradigm.modes.tolist(), strict=True))
    lived, after = naive.live_course(
        *(symbols(dyad), sessions, course.key, paradigm.duration_s / unit_s),
        **{"phases": phases, "a": 0.2},
    )
    n_lessons = 0
    for at, session in enumerate(lived):
        record, tally = course.record(at), session["tally"]
        who = ["focal" if code == 0 else "responder" for code in record.who]
        assert who == [event[1] for event in session["events"]]
        assert record.state.tolist() == [event[2] for event in session["events"]]
        assert np.allclose(record.times, [event[0] for event in session["events"]], atol=1e-9)
        assert np.allclose(course.latents[at], session["latents"], rtol=1e-9, atol=1e-12)
        sums = course.sums[at].sum(axis=0)
        assert sums[k.MATCHED] == pytest.approx(tally["matched"], abs=1e-8)
        assert sums[k.AROUSAL] == pytest.approx(tally["arousal"], rel=1e-9)
        assert sums[k.OVER] == pytest.approx(tally["over"], rel=1e-8, abs=1e-10)
        assert sums[k.ABOVE] == pytest.approx(tally["above"], rel=1e-8, abs=1e-9)
        assert np.allclose(sums[k.FOCAL_TIME : k.FOCAL_TIME + 4], tally["focal"], atol=1e-8)
        ended = [lesson for lesson in session["lessons"] if lesson["by"]]
        n_lessons += len(ended)
        assert sums[k.REPAIRED] == len(ended)
        assert sums[k.LATENCY] == pytest.approx(sum(lesson["latency"] for lesson in ended))
        assert sums[k.SOON] == sum(lesson["latency"] <= 5 for lesson in ended)
        assert sums[k.REPAIRED_BY_RESPONDER] == sum(x["by"] == "responder" for x in ended)
    state = course.state
    got = (state.tolerance, state.trust, state.confident_trust, state.stress)
    assert np.allclose(got, after, rtol=1e-9, atol=1e-12)
    assert n_lessons > 5


def test_with_numbers_of_its_own_the_loop_gives_the_same_distribution() -> None:
    """300 sessions each; z of the difference of means below 4 for five figures of a session."""
    q, n = naive.DEFAULTS, 300
    draw = random.Random(7).random
    twin = []
    trust = 1 / (1 + np.exp(-0.5))
    for _ in range(n):
        events, lessons, tally = naive.live_session(q, 1.0, trust, 0.0, 1.0, draw, 60.0, a=0.3)
        ended = [lesson["latency"] for lesson in lessons if lesson["by"]]
        focal = tally["focal"]
        twin.append([tally["matched"], focal[0], focal[1], len(events), len(ended)])
    fast = []
    for seed in range(n):
        course = live(DyadParameters(), 1, play(60), seed=seed, start_arousal=0.3)
        sums = course.sums[0, 0]
        changes = sums[k.FOCAL_CHANGES] + sums[k.RESPONDER_CHANGES]
        fast.append(
            [
                *(sums[k.MATCHED], sums[k.FOCAL_TIME], sums[k.FOCAL_TIME + 1], changes),
                sums[k.REPAIRED],
            ]
        )
    a, b = np.array(twin), np.array(fast)
    z = (a.mean(axis=0) - b.mean(axis=0)) / np.sqrt((a.var(axis=0) + b.var(axis=0)) / n)
    assert np.abs(z).max() < 4


# -- numbers ----------------------------------------------------------------------------------


def test_random_numbers_are_uniform_and_streams_do_not_go_together() -> None:
    def numbers(session: int, n: int = 20_000) -> np.ndarray:
        counter = np.array([k.key_session(np.uint64(99), session)], dtype=np.uint64)
        return np.array([k.draw(counter) for _ in range(n)])

    one, other = numbers(0), numbers(1)
    assert 0 <= one.min() < one.max() < 1
    counts = np.bincount((one * 50).astype(int), minlength=50)
    assert ((counts - 400) ** 2 / 400).sum() < 100  # chi-square with 49 degrees: p < 1e-4 above
    for pair in ((one, other), (one[1:], one[:-1])):
        assert abs(np.corrcoef(*pair)[0, 1]) < 4 / np.sqrt(one.size)


def test_the_first_number_of_a_session_depends_on_key_and_session() -> None:
    keys = {int(k.key_session(np.uint64(a), b)) for a in range(30) for b in range(30)}
    assert len(keys) == 900
    assert int(k.key_session(np.uint64(5), 3)) == naive.session_key(5, 3)


# -- arousal ----------------------------------------------------------------------------------


@pytest.mark.parametrize("b", [0.0, 1e-9, 3e-5, 0.045, 0.3, 40.0])
@pytest.mark.parametrize("u", [0.0, 0.06, 5.0])
@pytest.mark.parametrize("h", [1e-6, 0.4, 30.0])
def test_arousal_and_its_integral_solve_the_equation(u: float, b: float, h: float) -> None:
    a = 0.7
    middle, end = step_arousal(a, u, b, h / 2), step_arousal(a, u, b, h)
    assert step_arousal(middle, u, b, h / 2) == pytest.approx(end, rel=1e-12)
    both = integrate_arousal(a, u, b, h / 2) + integrate_arousal(middle, u, b, h / 2)
    assert both == pytest.approx(integrate_arousal(a, u, b, h), rel=1e-9)
    # da/dt = u - b a, integrated over h.
    assert end - a == pytest.approx(u * h - b * integrate_arousal(a, u, b, h), abs=1e-9 * (1 + h))
    assert advance_arousal(a, u, b, h) == (end, integrate_arousal(a, u, b, h))


@pytest.mark.parametrize(
    ("a", "u", "b", "h", "bound"),
    [
        (0.2, 0.06, 0.045, 60.0, 1.0),
        (1.3, 0.0, 0.2, 5.0, 1.0),
        (1.3, 0.01, 0.2, 9.0, 1.0),
        (0.2, 0.05, 0.0, 40.0, 1.0),
        (0.2, 0.05, 1e-12, 40.0, 1.0),
        (2.0, 0.06, 0.045, 3.0, 1.0),
        (0.2, 0.06, 0.045, 3.0, 1.0),
        (1.0, 0.06, 0.045, 3.0, 1.0),
    ],
)
def test_time_over_a_bound_is_that_of_a_fine_sum(
    a: float, u: float, b: float, h: float, bound: float
) -> None:
    times = (np.arange(200_000) + 0.5) * h / 200_000
    values = np.array([step_arousal(a, u, b, t) for t in times[::10]])
    late = step_arousal(a, u, b, h)
    above, over = find_excess(a, late, u, b, h, bound)
    assert above == pytest.approx((values > bound).mean() * h, abs=1e-3 * h)
    assert over == pytest.approx(np.maximum(values - bound, 0).mean() * h, abs=1e-4 * h)


def test_an_endless_mismatch_goes_where_the_rates_say() -> None:
    """It tends to alpha / b0 = 1.33 and passes the first tolerance after 31 s (22 s when off)."""
    assert step_arousal(0.0, 0.06, 0.045, 1e4) == pytest.approx(4 / 3)
    assert step_arousal(0.0, 0.06, 0.045, 31.0) == pytest.approx(1.0, abs=0.01)
    assert step_arousal(0.0, 0.072, 0.045, 22.0) == pytest.approx(1.0, abs=0.01)


def test_chances_of_a_choice_are_those_of_the_twin() -> None:
    p, out = pack(DyadParameters()), np.empty(4)
    for a in (0.0, 0.3, 0.9, 1.7, 2.0, 50.0):
        find_targets(p, a, 0.8, out)
        assert out.tolist() == pytest.approx(naive.targets(naive.DEFAULTS, a, 0.8))
        assert out.sum() == pytest.approx(1)


# -- learning ---------------------------------------------------------------------------------


def test_what_one_rupture_teaches() -> None:
    p = pack(DyadParameters())
    assert judge_repair(p, 0.0, 0.0) == 1
    assert judge_repair(p, 10.0, 0.0) == judge_repair(p, 0.0, 2.0) == 0.5
    gains = []
    for repaired, by_responder in ((True, True), (True, False), (False, False)):
        gain = np.zeros((2, 31))
        add_evidence(p, gain, 3.0, 0.4, 0.8, 2.0, 1.0, repaired, by_responder)
        gains.append(gain)
    by_responder, by_focal, open_ended = gains
    weight = 0.0015 * 2.0 / (1 + 2.0 / 10)
    assert by_responder.sum(axis=0)[4:9] == pytest.approx([weight] * 5)  # 0.4 to 0.8 in full
    assert by_responder[0, 4] == pytest.approx(weight * judge_repair(p, 3.0, 0.8))
    assert by_responder.sum(axis=0)[12] == pytest.approx(weight * np.exp(-0.5))  # one sigma off
    assert by_focal == pytest.approx(0.4 * by_responder)
    assert (open_ended[0] == 0).all()
    assert open_ended[1] == pytest.approx(by_responder.sum(axis=0))


def test_nothing_is_learned_at_rate_0_and_forgetting_all_goes_back_to_the_prior() -> None:
    still = live(DyadParameters(learning_rate=0.0), 5, play(60))
    assert np.allclose(still.latents[:, 0], 1.0)
    assert np.allclose(still.latents[:, 1], 0.6224593)
    lost = live(DyadParameters(forgetting=1.0), 5, play(60))
    assert np.allclose(lost.latents[:, :3], lost.latents[0, :3])
    kept = live(DyadParameters(forgetting=0.0), 5, play(60))
    assert kept.state.evidence.sum() > lost.state.evidence.sum()


def test_a_rupture_open_at_the_end_counts_only_when_it_is_late() -> None:
    """Nothing moves but the clamp: the last 8 or 12 seconds are one rupture without repair."""
    idle = DyadParameters(
        **{"focal_agenda_per_s": 0.0, "focal_follow_per_s": 0.0},
        **{"responder_agenda_per_s": 0.0, "responder_look_per_s": 0.0},
    )
    for last_s, counts in ((8.0, False), (12.0, True)):
        phases = (PlannedPhase("a", 20.0), PlannedPhase("b", last_s, "imposed"))
        course = live(idle, 1, Paradigm("end", phases))
        assert course.sums[0].sum(axis=0)[[k.RUPTURES, k.OPENED_BY_CLAMP, k.REPAIRED]].tolist() == [
            *(1, 1, 0)
        ]
        learned = course.state.evidence - course.before.evidence
        assert (learned[1].max() > 0) == counts
        assert np.allclose(learned[0], 0)


# -- limits -----------------------------------------------------------------------------------

EXTREMES = {
    "all rates 0": {
        **{"focal_agenda_per_s": 0.0, "focal_follow_per_s": 0.0},
        **{"responder_agenda_per_s": 0.0, "responder_look_per_s": 0.0},
    },
    "only looks": {"focal_agenda_per_s": 0.0, "responder_agenda_per_s": 0.0},
    "huge rates": {"focal_agenda_per_s": 900.0, "responder_look_per_s": 1000.0},
    "huge arousal": {"arousal_gain_per_s": 100.0, "off_gain": 1000.0, "stress_gain": 100.0},
    "no recovery": {"recovery_per_s": 0.0, "matched_recovery_per_s": 0.0},
    "instant recovery": {"recovery_per_s": 100.0, "matched_recovery_per_s": 100.0},
    "steep choice": {"slope_negative": 20.0, "slope_positive": 20.0, "logit_negative": 20.0},
    "learns at once": {"learning_rate": 10.0, "evidence_saturation": 1e9, "generalisation": 10.0},
    "narrow belief": {"generalisation": 1e-3, "prior_width": 0.02, "prior_weight": 1e-3},
    "nothing is late": {"late_s": 1e9, "overwhelm": 1e9},
    "all is late": {"late_s": 1e-2, "overwhelm": 1e-2, "learning_rate": 1.0},
    "floor": {"tolerance_prior": 0.35, "readiness_prob": 0.0, "learning_rate": 1.0},
    "cap": {"tolerance_prior": 3.0, "readiness_prob": 1.0, "reading_prob": 1.0},
}


@pytest.mark.parametrize("case", sorted(EXTREMES))
def test_extreme_parameters_give_finite_numbers_within_their_bounds(case: str) -> None:
    dyad = replace(DyadParameters(), **EXTREMES[case])
    course = live(dyad, 8, still_face(10, 12, 10))
    assert np.isfinite(course.latents).all()
    assert np.isfinite(course.sums).all()
    assert (course.sums >= -1e-9).all()
    assert ((course.latents[:, 0] >= 0.35) & (course.latents[:, 0] <= 3)).all()
    assert ((course.latents[:, 1] >= 0) & (course.latents[:, 1] <= 1)).all()
    observed = course.sums[:, :, k.OBSERVED]
    assert np.allclose(observed, [10, 12, 10])
    for first, size in ((k.FOCAL_TIME, 4), (k.RESPONDER_TIME, 5)):
        assert np.allclose(course.sums[:, :, first : first + size].sum(axis=2), observed)
    assert course.state.stress <= 1000
    assert len(course.record(7)) == course.sums[7, :, [k.FOCAL_CHANGES, k.RESPONDER_CHANGES]].sum()


def test_floor_and_cap_of_tolerance_are_reached_and_held() -> None:
    failing = DyadParameters(readiness_prob=0.0, learning_rate=1.0, responder_agenda_per_s=0.01)
    assert live(failing, 4, play(120)).state.tolerance == 0.35
    held = DyadParameters(
        **{"learning_rate": 10.0, "overwhelm": 1e9, "late_s": 1e9, "generalisation": 10.0},
        **{"forgetting": 0.0},
    )
    assert live(held, 4, play(120)).state.tolerance == 3.0


def test_a_session_without_rates_is_one_long_match() -> None:
    course = live(replace(DyadParameters(), **EXTREMES["all rates 0"]), 1, play(30))
    assert len(course.record(0)) == 0
    assert course.to_frame().loc[0, "matched_prop"] == 1
    assert np.isnan(course.to_frame().loc[0, "latency_mean_s"])


def test_a_fit_table_of_ones_has_no_rupture_and_one_of_zeros_no_match() -> None:
    every, none = ((1,) * 5,) * 4, ((0,) * 5,) * 4
    assert (
        live(DyadParameters(fit=every), 1, still_face(20, 20, 20)).sums[..., k.RUPTURES].sum() == 0
    )
    assert live(DyadParameters(fit=none), 1, play(60)).sums[..., k.MATCHED].sum() == 0


def test_a_response_that_fits_two_states_is_a_match_with_both() -> None:
    """A scheme in which attending cannot be told from soothing."""
    merged = ((1, 0, 1, 0, 0), (0, 1, 0, 0, 0), (1, 0, 1, 0, 0), (0, 0, 0, 1, 0))
    plain, wide = (
        live(DyadParameters(fit=fit), 1, play(600)).to_frame().loc[0] for fit in (None, merged)
    )
    assert wide["matched_prop"] > plain["matched_prop"] + 0.05
