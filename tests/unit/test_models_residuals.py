"""Residuals and redrawn sessions: does the model tick as its own data do?"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import kstest

from reattune.core.errors import SettingError
from reattune.models.fit import fit_session
from reattune.models.likelihood import log_likelihood, start_slow
from reattune.models.panel import sample_grid
from reattune.models.parameters import DyadParameters
from reattune.models.path import FOCAL, MODE, SET_FOCAL, UNOBSERVED, build_path, path_of
from reattune.models.replay import replay_path
from reattune.models.residuals import (
    PROCESSES,
    collect,
    compare_with_exponential,
    find_residuals,
    rescale_paths,
)
from tests import naive_likelihood as naive

from .made_models import STILL_FACE, as_record, make_changes, make_record

P = DyadParameters()
TRUST = start_slow(P).trust


def rescale(parameters: DyadParameters, paths):
    """Residuals at given parameters, nothing fitted."""
    waited = np.zeros(len(PROCESSES))
    slow = (start_slow(parameters),) * len(paths)
    return collect(rescale_paths(parameters, paths, slow, waited), waited, {})


def naive_waits(changes, phases, length):
    """Waiting times of both partners, each hazard integrated by quadrature."""
    x, y, a, mode, now = naive.M, naive.ATTEND, 0.3, 0, 0.0
    waited, out = [0.0, 0.0], ([], [])
    moments = sorted([(t, 0, w, s) for t, w, s in changes] + [(t, -1, -1, m) for t, m in phases])
    for t, _, who, state in moments:
        u, b = naive.drive(naive.DEFAULTS, x, y, x == y, 1.0, 0.0)

        def leave(r, x=x, y=y, a=a, u=u, b=b):
            at = naive.arousal_after(a, u, b, r)
            return sum(
                naive.focal_hazard(naive.DEFAULTS, x, k, y, at, 1.0, TRUST, naive.IDENTITY)
                for k in range(4)
                if k != x
            )

        waited[0] += quad(leave, 0, t - now, epsabs=1e-12)[0]
        if mode == 0:
            waited[1] += (t - now) * sum(
                naive.responder_hazard(naive.DEFAULTS, x, k) for k in range(5) if k != y
            )
        a, now = naive.arousal_after(a, u, b, t - now), t
        if who == -1:
            mode, y = state, naive.OFF if state else y
            continue
        out[who].append(waited[who])
        waited[who] = 0.0
        x, y = (state, y) if who == 0 else (x, state)
    return out


def test_equal_to_quadrature() -> None:
    changes = make_changes(300.0, STILL_FACE[:1], 1)
    ours = rescale(P, [path_of(as_record(changes, 300.0, STILL_FACE[:1]))])
    focal, responder = naive_waits(changes, STILL_FACE[:1], 300.0)
    np.testing.assert_allclose(ours.values["focal"], focal, rtol=1e-7)
    np.testing.assert_allclose(ours.values["responder"], responder, rtol=1e-9)


def test_true_parameters_give_exponential_waits() -> None:
    paths = [path_of(make_record(300.0, STILL_FACE[:1], seed)) for seed in range(1, 41)]
    found = rescale(P, paths)
    frame = found.to_frame().set_index("process")
    assert frame.n["focal"] > 3000
    assert (frame.p > 0.01).all()
    assert frame.ratio.between(0.9, 1.1).all()


def test_wrong_parameters_are_noticed() -> None:
    paths = [path_of(make_record(300.0, (), seed)) for seed in range(1, 9)]
    wrong = replace(P, focal_agenda_per_s=0.6, responder_agenda=(0.2, 0.2, 0.2, 0.2, 0.2))
    frame = rescale(wrong, paths).to_frame().set_index("process")
    assert frame.p["focal"] < 1e-4
    assert frame.ratio["focal"] < 0.9
    assert abs(frame.ratio["responder to soothe"] - 1) > 0.08


def test_expected_changes_add_up() -> None:
    path = path_of(make_record(200.0, (), 3))
    found = rescale(P, [path])
    for who in ("focal", "responder"):
        parts = [found.expected[name] for name in PROCESSES if name.startswith(f"{who} to ")]
        assert math.fsum(parts) == pytest.approx(found.expected[who], rel=1e-9)
        counts = [found.values[name].size for name in PROCESSES if name.startswith(f"{who} to ")]
        assert sum(counts) == found.values[who].size


def test_waiting_goes_on_into_the_next_session() -> None:
    moments = [(5.0, FOCAL, 3)]
    start = {"start_focal": 2, "start_responder": 2, "start_arousal": 0.3}
    one = build_path([], length=10.0, **start)
    two = build_path(moments, length=5.0, **start)
    alone = rescale(P, [two]).values["focal"]
    together = rescale(P, [one, two]).values["focal"]
    assert together.size == 1
    assert together[0] > alone[0] + 1.0


def test_of_a_fit() -> None:
    fits = [fit_session(make_record(200.0, (), seed), name=str(seed)) for seed in (1, 2)]
    found = find_residuals(fits)
    frame = found.to_frame()
    assert list(frame.process) == list(PROCESSES)
    assert frame.p[0] > 0.05
    curve = found.curve_frame("responder")
    assert curve.seen.is_monotonic_increasing
    assert ((curve.low <= curve.model) & (curve.model <= curve.high)).all()
    assert "fitted to the same changes" in found.summary()
    with pytest.raises(SettingError, match="process"):
        found.curve_frame("nobody")
    with pytest.raises(SettingError, match="events"):
        find_residuals(fit_session(sample_grid(make_record(100.0, (), 1), 1.0)))
    assert all(map(math.isnan, compare_with_exponential(np.ones(3))))


# -- redrawn sessions ----------------------------------------------------------------------------


def test_redrawn_sessions_are_sessions_of_the_model() -> None:
    """Their scores at the truth average to nothing, and their waits are exponential."""
    from reattune.models.likelihood import evaluate

    like = path_of(make_record(300.0, STILL_FACE[:1], 1))
    rng = np.random.default_rng(1)
    slow = start_slow(P)
    drawn = [replay_path(P, like, slow, rng=rng) for _ in range(120)]
    scores = np.array([evaluate(P, [path], [slow])[1] for path in drawn])
    z = scores.mean(axis=0) / (scores.std(axis=0, ddof=1) / np.sqrt(len(drawn)))
    assert np.abs(z).max() < 3.5
    found = rescale(P, drawn)
    assert kstest(found.values["focal"], "expon").pvalue > 0.01
    assert kstest(found.values["responder"], "expon").pvalue > 0.01


def test_redrawn_sessions_keep_the_design() -> None:
    start = {"start_focal": 2, "start_responder": 2, "start_arousal": 0.3}
    moments = [(50.0, MODE, UNOBSERVED), (70.0, MODE, 0), (70.0, SET_FOCAL, 1)]
    like = replace(
        build_path(moments, length=200.0, **start),
        seen_focal=(0, 2, 2, 3),
        seen_responder=(0, 2, 2, 3, 0),
    )
    drawn = replay_path(P, like, start_slow(P), rng=np.random.default_rng(2))
    assert drawn.observed == like.observed == 180.0
    assert set(drawn.states[drawn.kinds == 0]) <= {0, 2, 3}
    assert set(drawn.states[drawn.kinds == 1]) <= {0, 2, 3}
    scored = drawn.times[(drawn.kinds == 0) | (drawn.kinds == 1)]
    assert not ((scored > 50) & (scored < 70)).any()
    assert math.isfinite(log_likelihood(P, drawn))
