"""The sampled posterior; needs the extra ``bayes``."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from reattune.core.errors import MissingExtraError
from reattune.models.coordinates import COORDINATES, FREE, place
from reattune.models.fit import fit_session
from reattune.models.likelihood import evaluate, start_slow
from reattune.models.path import path_of
from reattune.models.priors import Prior
from reattune.models.scan import cut_pieces, make_log_likelihood

from .made_models import STILL_FACE, make_record

HERE = importlib.util.find_spec("numpyro") is not None
needs_numpyro = pytest.mark.skipif(not HERE, reason="the extra 'bayes' is not installed")


def test_pieces_cover_the_session_and_keep_every_change() -> None:
    path = path_of(make_record(200.0, STILL_FACE[:1], 1))
    pieces = cut_pieces(path)
    assert pieces["h"].sum() == pytest.approx(200.0)
    assert pieces["h"].max() <= 1.5
    scored = pieces["kind"] >= 0
    np.testing.assert_array_equal(pieces["to"][scored], path.states[path.kinds <= 1])
    np.testing.assert_allclose(
        np.cumsum(pieces["h"])[scored], path.times[path.kinds <= 1], atol=1e-9
    )
    assert set(pieces["y"][pieces["mode"] == 1]) == {4}


@pytest.mark.skipif(HERE, reason="the extra 'bayes' is installed")
def test_without_the_extra_it_is_named() -> None:
    with pytest.raises(MissingExtraError, match=r"reattune\[bayes\]"):
        make_log_likelihood(Prior().base, FREE, [path_of(make_record(20.0))])


@needs_numpyro
@pytest.mark.parametrize("phases", [(), STILL_FACE])
def test_the_same_likelihood(phases: tuple) -> None:
    import jax.numpy as jnp

    free = tuple(n for n in COORDINATES if n not in ("learning_rate", "tolerance_prior"))
    paths = [path_of(make_record(360.0, phases, seed)) for seed in (1, 2)]
    at = Prior().mean(free) + 0.3 * np.random.default_rng(1).standard_normal((2, len(free)))
    theirs = np.asarray(make_log_likelihood(Prior().base, free, paths)(jnp.array(at)))
    for i, path in enumerate(paths):
        parameters = place(Prior().base, free, at[i])
        ours, _, _ = evaluate(parameters, [path], [start_slow(parameters)])
        assert theirs[i] == pytest.approx(ours, abs=2e-3)


@needs_numpyro
@pytest.mark.slow
def test_the_posterior_is_where_the_fit_says() -> None:
    from reattune.models.bayes import sample_posterior

    record = make_record(180.0, (), 3)
    free = ("contingent_per_s", "misread_per_s", "focal_agenda_per_s")
    drawn = sample_posterior([record], free=free, draws=200, warmup=200, seed=1)
    fit = fit_session(record, free=free)
    assert drawn.divergences == 0
    frame = drawn.to_frame().set_index("parameter")
    for name in free:
        value, low, high = fit.value(name)
        assert frame.value[name] == pytest.approx(value, rel=0.1)
        assert np.log(frame.high[name] / frame.low[name]) == pytest.approx(
            np.log(high / low), rel=0.25
        )
    assert 0 < frame.value["reading_prob"] < 1
