"""Dyads fitted together, and groups of dyads compared."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.models.coordinates import FREE, place
from reattune.models.fit import fit_session
from reattune.models.fit_comparison import compare_fits
from reattune.models.likelihood import start_slow
from reattune.models.path import build_path
from reattune.models.pooling import fit_dyads, group_dyads
from reattune.models.population import estimate_population, step_population, sum_up, weigh
from reattune.models.priors import Prior
from reattune.models.replay import replay_path

from .made_models import make_record

PRIOR = Prior()
AT = FREE.index("contingent_per_s")


def draw_dyads(n: int, length: float, seed: int, shift: float = 0.0):
    """Paths of ``n`` dyads drawn from the prior, kappa shifted on the log scale; the truth."""
    rng = np.random.default_rng(seed)
    like = build_path([], start_focal=2, start_responder=2, start_arousal=0.3, length=length)
    paths, truth = [], []
    for _ in range(n):
        at = PRIOR.mean(FREE) + PRIOR.sd(FREE) * rng.standard_normal(len(FREE))
        at[AT] += shift
        parameters = place(PRIOR.base, FREE, at)
        paths.append(replay_path(parameters, like, start_slow(parameters), rng=rng))
        truth.append(at)
    return paths, np.array(truth)


@pytest.fixture(scope="module")
def pooled():
    paths, truth = draw_dyads(14, 240.0, 1)
    return fit_dyads(paths), truth


def test_centre_and_spread_are_found(pooled) -> None:
    fit, truth = pooled
    assert fit.converged
    z = (fit.mean - truth.mean(axis=0)) / fit.mean_se
    assert np.abs(z).max() < 3
    spread = truth.std(axis=0, ddof=1)
    told = [FREE.index(name) for name in ("focal_agenda_per_s", "contingent_per_s")]
    assert np.all(np.abs(np.log(fit.sd[told] / spread[told])) < 0.4)


def test_pooling_draws_dyads_toward_each_other(pooled) -> None:
    fit, truth = pooled
    paths = [dyad.data for dyad in fit.fits]
    wide = Prior(sds=dict.fromkeys(FREE, 3.0))
    alone = np.array([fit_session(list(data), prior=wide).estimate for data in paths])
    together = np.array([dyad.estimate for dyad in fit.fits])
    assert together[:, AT].std() < alone[:, AT].std()
    errors = [np.sqrt(np.mean((e - truth) ** 2, axis=0)) for e in (together, alone)]
    assert errors[0].sum() < errors[1].sum()


def test_every_dyad_ends_under_the_distribution_of_all(pooled) -> None:
    fit, _ = pooled
    for dyad in fit.fits:
        np.testing.assert_array_equal(dyad.prior.mean(FREE), fit.mean)
        np.testing.assert_array_equal(dyad.prior.sd(FREE), fit.sd)
    estimates = np.array([dyad.estimate for dyad in fit.fits])
    covariances = np.array([dyad.covariance for dyad in fit.fits])
    again = step_population(
        estimates, covariances, fit.mean, fit.sd, (PRIOR.mean(FREE), PRIOR.sd(FREE))
    )
    assert np.abs((again[0] - fit.mean) / fit.sd).max() < 0.02
    assert np.abs(np.log(again[1] / fit.sd)).max() < 0.02
    # Balanced: the centre is the mean of the dyads but for the leash.
    assert np.abs(estimates.mean(axis=0) - fit.mean).max() < 0.05


def test_a_pooled_fit_is_told_and_written(pooled) -> None:
    fit, _ = pooled
    frame = fit.to_frame()
    assert (frame.low < frame.centre).all()
    assert (frame.dyads_low < frame.low).all()
    assert fit["3"] is fit.fits[2]
    with pytest.raises(SettingError, match="dyad"):
        fit["33"]
    assert set(fit.dyads_frame().dyad) == {dyad.id for dyad in fit.fits}
    assert "14 dyads" in fit.summary()
    document = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
    assert len(document["fits"]) == 14


def test_with_few_dyads_the_prior_is_kept() -> None:
    few = fit_dyads([make_record(60.0, (), seed) for seed in (1, 2, 3)])
    assert [note.code for note in few.notes] == ["prior_kept"]
    np.testing.assert_array_equal(few.sd, PRIOR.sd(FREE))
    assert np.isnan(few.mean_se).all()


def test_sessions_are_put_together_by_dyad() -> None:
    grouped, names = group_dyads([make_record(30.0), make_record(30.0)], ["x", "x"])
    assert names == ["x"]
    assert len(grouped[0]) == 2
    with pytest.raises(SettingError, match="one per dyad"):
        group_dyads([make_record(30.0)], ["x", "y"])
    with pytest.raises(SettingError, match="at least one dyad"):
        group_dyads([])


def test_weights_are_those_of_the_textbook() -> None:
    rng = np.random.default_rng(3)
    curvatures = np.array([a @ a.T + np.eye(3) for a in rng.standard_normal((5, 3, 3))])
    centres = rng.standard_normal((5, 3))
    pulls = np.einsum("nij,nj->ni", curvatures, centres)
    sd = np.array([0.3, 0.5, 1.0])
    weights, weighted = weigh(curvatures, pulls, sd)
    for i in range(5):
        plain = np.linalg.inv(np.linalg.inv(curvatures[i]) + np.diag(sd**2))
        np.testing.assert_allclose(weights[i], plain, atol=1e-10)
        np.testing.assert_allclose(weighted[i], plain @ centres[i], atol=1e-10)


def test_a_dyad_that_tells_nothing_takes_no_part() -> None:
    rng = np.random.default_rng(4)
    centres = 0.5 * rng.standard_normal((30, 1)) + 2.0
    curvatures = np.full((30, 1, 1), 20.0)
    start = np.array([0.5])
    alone = estimate_population(curvatures, 20 * centres, start, hold_sd=True)
    with_empty = estimate_population(
        np.concatenate([curvatures, np.zeros((5, 1, 1))]),
        np.concatenate([20 * centres, np.zeros((5, 1))]),
        start,
        hold_sd=True,
    )
    np.testing.assert_allclose(with_empty.effects, alone.effects, rtol=1e-6)
    # One parameter, known errors: the plain random-effects mean.
    assert alone.effects[0, 0] == pytest.approx(centres.mean(), abs=1e-6)
    assert alone.covariance[0, 0] == pytest.approx((1 / 20 + 0.25) / 30, rel=1e-6)


def test_the_prior_is_taken_out_again() -> None:
    """Summed up, a dyad says the same under a narrow prior as under a wide one."""
    record = make_record(900.0, (), 5)
    free = ("focal_agenda_per_s", "contingent_per_s", "misread_per_s")
    tops = []
    for sd in (0.3, 2.0):
        fit = fit_session(record, free=free, prior=Prior(sds=dict.fromkeys(free, sd)))
        curvature, pull = sum_up([fit])
        tops.append(np.linalg.solve(curvature[0], pull[0]))
    np.testing.assert_allclose(tops[0], tops[1], atol=0.03)


# -- groups --------------------------------------------------------------------------------------


def test_a_difference_in_one_rate_is_found_there_and_only_there() -> None:
    sides = [draw_dyads(12, 240.0, 6)[0], draw_dyads(12, 240.0, 7, shift=1.0)[0]]
    fits = [[fit_session(path) for path in side] for side in sides]
    found = compare_fits(*fits, groups=("low", "high"), rng=np.random.default_rng(1))
    frame = found.to_frame().set_index("parameter")
    row = frame.loc["contingent_per_s"]
    assert row.low < math.e < row.high
    assert row.p < 0.01
    assert row.null_low < 1 < row.null_high
    assert frame.p["focal_agenda_per_s"] > 0.01
    assert frame.p["reading_prob"] < 0.05
    turned = compare_fits(*fits[::-1], groups=("high", "low"), rng=np.random.default_rng(1))
    back = turned.to_frame().set_index("parameter")
    np.testing.assert_allclose(back.ratio, 1 / frame.ratio, rtol=1e-3)
    assert "dealt at random" in found.summary()
    json.dumps(found.to_dict(), allow_nan=False)
    same = compare_fits(*fits, groups=("low", "high"), rng=np.random.default_rng(1))
    assert same.rows == found.rows


def test_groups_that_cannot_be_compared_are_refused() -> None:
    fits = [fit_session(make_record(60.0, (), seed)) for seed in range(1, 5)]
    rng = np.random.default_rng(1)
    with pytest.raises(SettingError, match="at least 4"):
        compare_fits(fits[:3], fits, rng=rng)
    other = [fit_session(make_record(60.0, (), 1), free=("contingent_per_s",))] * 4
    with pytest.raises(SettingError, match="same free"):
        compare_fits(fits, other, rng=rng)
    with pytest.raises(SettingError, match="n_permutations"):
        compare_fits(fits, fits, n_permutations=0, rng=rng)
