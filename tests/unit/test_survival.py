"""Kaplan-Meier on textbook and edge cases."""

from __future__ import annotations

from math import exp, inf, log, sqrt

import numpy as np
import pytest

from reattune.measures.survival import Survival, Z, fit_survival

from ..naive import kaplan_meier

# Remission times of Freireich et al. 1963 (6-MP arm), the standard worked example.
WEEKS = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
RELAPSED = [True] * 9 + [False] * 12


def fit(rows: list[tuple[float, bool]]) -> Survival:
    return fit_survival(np.array([t for t, _ in rows], dtype=float), np.array([e for _, e in rows]))


def test_the_worked_example() -> None:
    curve = fit(list(zip(WEEKS, RELAPSED, strict=True)))
    assert curve.times == [6, 7, 10, 13, 16, 22, 23]
    published = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert np.round(curve.share, 4).tolist() == published
    errors = [s * sqrt(g) for s, g in zip(curve.share, curve.spread, strict=True)]
    assert np.round(errors, 4).tolist() == [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    # Median 23 weeks; 95 % limits 13 and not reached (R: survfit, conf.type = "log-log").
    value, low, high = curve.quantile(0.5)
    assert (value, low) == (23, 13)
    assert np.isnan(high)
    assert (curve.n, curve.longest) == (21, 35)


def test_it_is_the_textbook_loop() -> None:
    rng = np.random.default_rng(5)
    for _ in range(30):
        times = rng.integers(1, 12, 25)
        seen = rng.random(25) < 0.6
        rows = [(int(t), bool(e)) for t, e in zip(times, seen, strict=True)]
        curve, slow = fit(rows), kaplan_meier(rows)
        assert curve.times == [t for t, _, _ in slow]
        assert curve.share == pytest.approx([s for _, s, _ in slow], rel=1e-12, abs=1e-15)
        assert curve.spread == pytest.approx([g for _, _, g in slow], rel=1e-12)


def test_repairs_come_before_censorings_of_the_same_time() -> None:
    curve = fit([(2, False), (2, True), (3, True)])
    assert curve.share == [pytest.approx(2 / 3), 0]
    assert curve.spread[-1] == inf


def test_times_that_differ_by_noise_are_one() -> None:
    curve = fit([(0.3, True), (0.1 * 3, True), (0.5, False)])
    assert len(curve.times) == 1
    assert curve.share == [pytest.approx(1 / 3)]


def test_quantiles_take_the_first_time_at_or_below() -> None:
    curve = fit([(1, True), (2, True), (3, True), (4, True)])
    assert [curve.quantile(q)[0] for q in (0.25, 0.26, 0.5, 0.75, 1)] == [1, 2, 2, 3, 4]


def test_band_is_log_log() -> None:
    curve = fit([(1, True), (2, True), (3, False), (4, False)])
    s, variance = 0.75, 1 / (4 * 3)
    theta = Z * sqrt(variance) / log(s)
    low, high = curve.band(0)
    assert (low, high) == (pytest.approx(s ** exp(-theta)), pytest.approx(s ** exp(theta)))
    assert low < s < high


def test_share_repaired_within_a_time() -> None:
    curve = fit([(1, True), (3, True), (5, False)])
    assert curve.repaired_by(1)[0] == pytest.approx(1 / 3)
    assert curve.repaired_by(2.999)[0] == pytest.approx(1 / 3)
    assert curve.repaired_by(5)[0] == pytest.approx(2 / 3)
    assert np.isnan(curve.repaired_by(5.1)).all()
    value, low, high = curve.repaired_by(0.5)
    assert value == 0
    assert np.isnan([low, high]).all()
    low, high = curve.repaired_by(1)[1:]
    assert 0 < low < 1 / 3 < high < 1
    # When all are repaired it stays 1, however long one waits.
    assert fit([(1, True)]).repaired_by(50)[0] == 1


def test_nothing_and_only_censored() -> None:
    empty = fit([])
    assert empty.n == 0
    assert np.isnan([*empty.quantile(0.5), *empty.repaired_by(1), empty.longest]).all()
    censored = fit([(2, False), (4, False)])
    assert np.isnan(censored.quantile(0.25)).all()
    assert censored.repaired_by(3)[0] == 0
    assert np.isnan(censored.repaired_by(5)[0])
