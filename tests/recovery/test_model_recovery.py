"""The mechanistic model: simulate with the simulator, fit with the likelihood, find the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from reattune.models.coordinates import COORDINATES, FREE, place, read_coordinate
from reattune.models.fit import fit_session
from reattune.models.likelihood import evaluate, start_slow
from reattune.models.objective import Objective
from reattune.models.panel import record_of, sample_grid
from reattune.models.paradigms import Paradigm, play, still_face
from reattune.models.parameters import DyadParameters
from reattune.models.path import path_of
from reattune.models.pooling import fit_dyads
from reattune.models.priors import Prior
from reattune.models.record import Record
from reattune.models.residuals import PROCESSES, collect, rescale_paths
from reattune.models.simulate import simulate_course

pytestmark = pytest.mark.slow

P = DyadParameters()
PRIOR = Prior()
# What acts within a session, learning apart.
WITHIN = tuple(n for n in COORDINATES if n not in ("tolerance_prior", "learning_rate"))


def live(parameters: DyadParameters, paradigm: Paradigm, rng: np.random.Generator) -> Record:
    """One session at the usual arousal."""
    return simulate_course(
        parameters, 1, paradigm, rng=rng, start_arousal=parameters.start_arousal
    ).record(0)


def draw_dyads(n: int, paradigm: Paradigm, seed: int, free: tuple[str, ...] = FREE):
    """Sessions of dyads drawn from the prior, and the truth, (n, d)."""
    rng = np.random.default_rng(seed)
    truth = PRIOR.mean(free) + PRIOR.sd(free) * rng.standard_normal((n, len(free)))
    return [live(place(P, free, at), paradigm, rng) for at in truth], truth


def correlate(found: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Correlation of estimate and truth, by coordinate."""
    return {name: float(np.corrcoef(found[:, i], truth[:, i])[0, 1]) for i, name in enumerate(FREE)}


def test_scores_at_the_truth_average_to_nothing() -> None:
    """Simulator and likelihood are the same model: 400 still-face sessions, every parameter."""
    rng = np.random.default_rng(1)
    at = np.array([read_coordinate(P, name) for name in WITHIN])
    goals = [Objective((path_of(live(P, still_face(), rng)),), WITHIN, PRIOR) for _ in range(400)]
    scores = np.array([goal.score(at)[1] for goal in goals])
    z = scores.mean(axis=0) / (scores.std(axis=0, ddof=1) / np.sqrt(len(scores)))
    assert dict(zip(WITHIN, np.abs(z) < 3.5, strict=True)) == dict.fromkeys(WITHIN, True), z
    # The second half of the same statement: the scores' variance is the information.
    information = np.mean([np.diag(goal.information(at)) for goal in goals], axis=0)
    ratio = scores.var(axis=0) / information
    assert np.all((ratio > 0.75) & (ratio < 1.33)), ratio


def test_a_clamp_counted_as_a_change_would_be_noticed() -> None:
    rng = np.random.default_rng(2)
    scores = []
    for _ in range(200):
        path = path_of(live(P, still_face(), rng))
        kinds = path.kinds.copy()
        kinds[kinds == 3] = 1  # the clamp as if the responder had turned off
        wrong = type(path)(
            path.times, kinds, path.states, path.start_focal, path.start_responder,
            path.start_arousal, path.length,
        )  # fmt: skip
        scores.append(evaluate(P, [wrong], [start_slow(P)])[1][2])
    z = np.mean(scores) / (np.std(scores, ddof=1) / np.sqrt(len(scores)))
    assert z > 3.5


def test_rescaled_waits_are_exponential() -> None:
    rng = np.random.default_rng(3)
    paths = [path_of(live(P, still_face(), rng)) for _ in range(200)]
    waited = np.zeros(len(PROCESSES))
    found = collect(rescale_paths(P, paths, (start_slow(P),) * 200, waited), waited, {})
    for name, values in found.values.items():
        assert kstest(values, "expon").pvalue > 0.01, name


@pytest.mark.parametrize(
    ("duration_s", "at_least"),
    [
        (600.0, {"contingent_per_s": 0.90, "focal_agenda_per_s": 0.94, "misread_per_s": 0.90}),
        (180.0, {"contingent_per_s": 0.75}),
    ],
)
def test_dyads_are_told_apart(duration_s: float, at_least: dict[str, float]) -> None:
    records, truth = draw_dyads(60, play(duration_s), 4)
    fits = [fit_session(record) for record in records]
    assert all(fit.converged for fit in fits)
    found = np.array([fit.estimate for fit in fits])
    r = correlate(found, truth)
    for name, least in at_least.items():
        assert r[name] > least, r
    # 95 % limits hold the truth about as often as they say: 60 dyads x 8 parameters.
    se = np.array([fit.se for fit in fits])
    covered = np.mean(np.abs(found - truth) < 1.96 * se)
    assert 0.92 < covered < 0.98


def test_a_still_face_tells_arousal_that_play_hides() -> None:
    free = (*FREE, "arousal_gain_per_s", "slope_scale")
    at = free.index("arousal_gain_per_s")
    correlations = []
    for paradigm in (still_face(), play(360.0)):
        records, truth = draw_dyads(60, paradigm, 5, free)
        found = [fit_session(record, free=free).estimate for record in records]
        correlations.append(np.corrcoef(np.array(found)[:, at], truth[:, at])[0, 1])
    assert correlations[0] > 0.65
    assert correlations[0] > correlations[1]


def test_pooling_finds_how_dyads_differ() -> None:
    records, truth = draw_dyads(40, play(300.0), 6)
    wrong = Prior(
        means={name: PRIOR.mean([name])[0] + 0.5 for name in FREE}, sds=dict.fromkeys(FREE, 0.8)
    )
    pooled = fit_dyads(records, prior=wrong)
    assert pooled.converged
    z = (pooled.mean - truth.mean(axis=0)) / pooled.mean_se
    assert np.abs(z).max() < 3.5
    told = [FREE.index(n) for n in ("focal_agenda_per_s", "contingent_per_s", "misread_per_s")]
    assert np.all(np.abs(np.log(pooled.sd[told] / truth.std(axis=0)[told])) < 0.35)


def test_codes_every_second_need_the_panel_likelihood() -> None:
    """Bias of log rates over 24 dyads of 10 minutes, coded every second."""
    records, truth = draw_dyads(24, play(600.0), 7)
    bias = {}
    for name, read in (
        ("panel", lambda record: fit_session(sample_grid(record, 1.0))),
        ("as events", lambda record: fit_session(record_of(sample_grid(record, 1.0)))),
    ):
        found = np.array([read(record).estimate for record in records])
        bias[name] = dict(zip(FREE, (found - truth).mean(axis=0), strict=True))
    for rate in ("focal_agenda_per_s", "contingent_per_s"):
        assert abs(bias["panel"][rate]) < 0.12, bias
    assert bias["as events"]["focal_agenda_per_s"] < -0.15, bias
    assert bias["as events"]["misread_per_s"] < -0.15, bias


def test_codes_every_second_lengthen_ruptures_but_not_the_matched_share() -> None:
    rng = np.random.default_rng(9)
    records = [live(P, play(600.0), rng) for _ in range(60)]
    found = {}
    for step in (0.02, 1.0):
        shares, waits = [], []
        for record in records:
            grid = sample_grid(record, step)
            matched = grid.focal == grid.responder
            shares.append(matched.mean())
            turns = np.flatnonzero(matched[1:] != matched[:-1]) + 1
            begun = turns[~matched[turns]]
            ended = turns[matched[turns]]
            ended = ended[np.searchsorted(ended, begun[0], side="right") :]
            waits += (step * (ended - begun[: ended.size])).tolist()
        found[step] = (float(np.mean(shares)), float(np.mean(waits)))
    assert found[0.02][1] == pytest.approx(3.50, abs=0.12)
    assert found[1.0][1] == pytest.approx(5.4, abs=0.3)
    for share, _ in found.values():
        assert share == pytest.approx(0.31, abs=0.015)


def test_a_change_of_tolerance_is_found_but_not_how_fast_one_dyad_learns() -> None:
    """Ten sessions of 10 minutes each: the change of W, with c moved under its prior."""
    from reattune.models.likelihood import follow_slow

    free = (*FREE, "learning_rate")
    rng = np.random.default_rng(8)
    truth = PRIOR.mean(free) + PRIOR.sd(free) * rng.standard_normal((14, len(free)))
    true_change, found_change, rates = [], [], []
    for at in truth:
        parameters = place(P, free, at)
        course = simulate_course(parameters, 10, play(600.0), rng=rng)
        paths = [path_of(record) for record in course.records]
        fit = fit_session(paths, free=free, learning=True)
        assert fit.converged
        for parameters_at, out in ((parameters, true_change), (fit.parameters, found_change)):
            slow = follow_slow(parameters_at, paths, learning=True)
            out.append(slow[-1].tolerance - slow[0].tolerance)
        rates.append(fit.estimate[-1])
    changes = np.corrcoef(true_change, found_change)[0, 1]
    assert changes > 0.75
    assert fit.standing("learning_rate") == "pooled"
    assert np.corrcoef(rates, truth[:, -1])[0, 1] < changes
