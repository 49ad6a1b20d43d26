"""Charts against loops written from their formulas, and their options."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.courses import ControlChart, Cusum, Ewma
from reattune.courses.chart import ALL_RULES

NAN = float("nan")
LOW = [5.5, 5.6, 5.7, 4.2, 5.6, 5.8, 5.8, 5.7, 5.9, 5.8, 6.0, 5.9]


def noise(seed: int, n: int = 14) -> np.ndarray:  # type: ignore[type-arg]
    return np.round(np.random.default_rng(seed).normal(5, 0.6, n), 1)


def test_run_rules_against_their_wording() -> None:
    hits = dict.fromkeys(ALL_RULES, 0)
    for seed in range(300):
        x = noise(seed, 20)
        if seed % 2:
            x[8:] -= 0.8
        mu, sigma = x.mean(), np.abs(np.diff(x)).mean() / 1.128
        told = ControlChart(rules=ALL_RULES).signals(x)
        z = (x - mu) / sigma
        for rule, (need, of, line) in {
            "R1": (1, 1, -3),
            "R2": (2, 3, -2),
            "R3": (4, 5, -1),
            "R4": (8, 8, 0),
        }.items():
            wanted = tuple(
                t + 1
                for t in range(of - 1, x.size)
                if z[t] < line - 1e-9 and (z[t - of + 1 : t + 1] < line - 1e-9).sum() >= need
            )
            assert told[rule] == wanted
            hits[rule] += len(wanted)
    assert min(hits.values()) > 5


def test_cusum_and_ewma_against_their_formulas() -> None:
    signals = 0
    for seed in range(100):
        x = noise(seed)
        x[6:] -= 0.9
        mu, sigma = x.mean(), np.abs(np.diff(x)).mean() / 1.128
        c, z, sums, means, limits = 0.0, mu, [], [], []
        for t, value in enumerate(x, 1):
            c = max(0.0, c + mu - 0.5 * sigma - value)
            z = 0.2 * value + 0.8 * z
            sums.append(c)
            means.append(z)
            limits.append(mu - 3 * sigma * np.sqrt(0.2 / 1.8 * (1 - 0.8 ** (2 * t))))
        np.testing.assert_allclose(Cusum().statistic(x), sums, atol=1e-9)
        got, low = Ewma().statistic(x)
        np.testing.assert_allclose(got, means, atol=1e-9)
        np.testing.assert_allclose(low, limits, atol=1e-9)
        wanted = [t for t, value in enumerate(sums, 1) if value > 4 * sigma + 1e-9]
        assert list(Cusum().signal_meetings(x)) == wanted
        signals += len(wanted)
    assert signals > 50


def test_a_cusum_rupture_begins_after_the_last_zero() -> None:
    ratings = [6, 6, 6.1, 6, 5.2, 5.1, 5.2, 6, 6.2, 6.1, 6]
    chart = Cusum(limit=3)
    sums = chart.statistic(ratings)
    assert sums[3] == 0 and (sums[4:7] > 0).all()
    assert chart.signal_meetings(ratings)[0] == 6
    (event,) = chart(ratings)
    assert (event.pre, event.onset, event.entered) == (4, 5, True)
    assert event.nadir == 6
    # Meeting 8 is above the centre, but the sum still signals there.
    assert sums[7] > 3 * chart.lines(ratings)[2][0]
    assert event.repair is not None and event.repair > 8


def test_repair_lines_and_cut_offs() -> None:
    (event,) = ControlChart()(LOW)
    assert (event.pre, event.onset, event.nadir, event.repair, event.latency) == (3, 4, 4, 6, 2)
    assert event.drop == pytest.approx(5.625 - 4.2)
    (event,) = ControlChart(repair_sigma=1)(LOW)
    assert event.repair == 5
    assert ControlChart(limit=5)(LOW) == ()
    assert ControlChart(min_drop=1.43)(LOW) == ()
    counts = [len(ControlChart(limit=limit).signal_meetings(LOW)) for limit in (0.05, 1, 3)]
    assert counts == sorted(counts, reverse=True) and counts[0] > counts[-1]


def test_centres() -> None:
    _, mean, _ = ControlChart().lines(LOW)
    _, median, _ = ControlChart(centre="median").lines(LOW)
    _, first, _ = ControlChart(centre="first", first_ratings=2).lines(LOW)
    assert mean[0] == pytest.approx(5.625)
    assert median[0] == pytest.approx(5.75)
    assert first[0] == pytest.approx(5.55)


def test_detrending_takes_the_trend_out() -> None:
    rising = [3 + 0.2 * t + (0.05 if t % 2 else -0.05) for t in range(14)]
    assert ControlChart(rules=ALL_RULES)(rising) != ()
    assert ControlChart(rules=ALL_RULES, detrend=True)(rising) == ()
    dipped = list(rising)
    dipped[7] -= 1.5
    (event,) = ControlChart(detrend=True)(dipped)
    assert (event.onset, event.repair, event.entered) == (8, 9, True)
    assert np.isnan(event.target)
    meetings, centres, _ = ControlChart(detrend=True).lines([NAN, *dipped])
    slope, start = np.polyfit(meetings, dipped, 1)
    np.testing.assert_allclose(centres, start + slope * np.array(meetings))


def test_prospective_lines_use_earlier_ratings_only() -> None:
    chart = ControlChart(phase="prospective", baseline=6)
    _, centres, sigmas = chart.lines(LOW)
    assert np.isnan(centres[:6]).all()
    assert centres[8] == pytest.approx(np.mean(LOW[:8]))
    assert sigmas[8] == pytest.approx(np.abs(np.diff(LOW[:8])).mean() / 1.128)
    late = [5.5, 5.6, 5.5, 5.7, 5.6, 5.5, 5.6, 3.0, 3.1, 5.7, 5.6]
    changed = [*late[:8], 1.0, 1.0, 1.0]
    assert chart.signal_meetings(late)[0] == chart.signal_meetings(changed)[0] == 8
    (event,) = chart(late)
    assert (event.onset, event.repair) == (8, 10)
    # What comes later widens the limits of a retrospective chart until nothing signals.
    swings = [*late[:8], 5.6, 3.0, 5.7, 3.0, 5.6]
    assert chart(swings) != () and ControlChart()(swings) == ()


def test_charts_need_six_ratings_and_some_spread() -> None:
    for chart in (ControlChart(rules=ALL_RULES), Cusum(), Ewma()):
        assert chart([6, 6, 6, 6, 1]) == ()
        assert chart.why_not([6, 6, NAN, 6, 6, 1]) != ""
        assert chart([5.0] * 10) == ()
        assert chart([NAN] * 10) == ()
        assert chart.signal_meetings([5.0] * 3) == ()
    assert ControlChart().signals([5.0]) == {"R1": ()}
    assert Cusum().statistic([5.0]).tolist() == [0.0]


def test_a_first_low_rating_was_not_seen_to_fall() -> None:
    (event,) = ControlChart()([3.0, 5.5, 5.6, 5.5, 5.6, 5.5, 5.6, 5.5, 5.6, 5.5, 5.6, 5.5, 5.6])
    assert (event.pre, event.onset, event.entered, event.repair) == (None, 1, False, 2)


def test_moving_ranges_can_keep_to_adjacent_meetings() -> None:
    ratings = [5, 5.2, NAN, 7, 7.2, 7, 7.2]
    _, _, loose = ControlChart().lines(ratings)
    _, _, strict = ControlChart(strict=True).lines(ratings)
    assert loose[0] == pytest.approx((0.2 + 1.8 + 0.6) / 5 / 1.128)
    assert strict[0] == pytest.approx(0.2 / 1.128)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ControlChart(rules=()),
        lambda: ControlChart(rules=("R5",)),  # type: ignore[arg-type]
        lambda: ControlChart(limit=0),
        lambda: ControlChart(phase="later"),  # type: ignore[arg-type]
        lambda: ControlChart(phase="prospective", detrend=True),
        lambda: ControlChart(baseline=1),
        lambda: ControlChart(centre="mode"),  # type: ignore[arg-type]
        lambda: ControlChart(centre="median", detrend=True),
        lambda: ControlChart(first_ratings=0),
        lambda: ControlChart(min_drop=-1),
        lambda: Cusum(slack=-1),
        lambda: Cusum(limit=0),
        lambda: Ewma(weight=0),
        lambda: Ewma(weight=1.1),
    ],
)
def test_what_is_not_allowed_says_so(make: object) -> None:
    with pytest.raises(SettingError):
        make()  # type: ignore[operator]
