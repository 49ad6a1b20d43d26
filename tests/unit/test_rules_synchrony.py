"""Rule Synchrony: windows above chance, when they are, how deep, who led, and chance again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import reattune as ra
from reattune.core.attunement import Attunement
from reattune.core.errors import MissingStreamError, SettingError
from reattune.core.pair import Pair
from reattune.core.session import Phase, Session
from reattune.core.streams import Signal
from reattune.repair import find_ruptures
from reattune.rules import Synchrony, make_rule
from reattune.rules.synchrony import WindowPair

from .made_signals import PARTNERS, RATE_HZ, made_motion, made_pair, made_session

RULE = Synchrony("motion", window_s=10, step_s=1, max_lag_s=2, surrogates=49)


def in_and_out(seed: int = 3, lag: int = 5) -> Session:
    """Coupled, the first leading, in the first and in the last third only."""
    rng = np.random.default_rng(seed)
    one, two = made_motion(rng, 3000), made_motion(rng, 3000)
    for start, end in ((0, 1000), (2000, 3000)):
        two[start + lag : end] = one[start : end - lag] + 0.2 * two[start + lag : end]
    return made_session("d1", (one, two))


def naive_values(x: np.ndarray, y: np.ndarray, window: int, step: int, lag: int) -> list[float]:
    """Mean absolute z of every window over all lags, both windows moving half the lag."""
    found = []
    start = lag // 2
    n = (x.size - window - lag) // step + 1
    for k in range(n):
        total = []
        for shift in range(-lag, lag + 1):
            first = start + k * step - shift // 2
            second = first + shift
            r = np.corrcoef(x[first : first + window], y[second : second + window])[0, 1]
            total.append(abs(np.arctanh(r)))
        found.append(float(np.mean(total)))
    return found


# -- states --------------------------------------------------------------------------------------


def test_the_windows_are_those_of_a_loop_anybody_can_read() -> None:
    values = made_pair(1, n=600)
    pair = RULE.read(made_session("d1", values))
    assert isinstance(pair, WindowPair)
    expected = naive_values(*values, window=100, step=10, lag=20)
    assert np.allclose(pair.value, expected)
    attunement = RULE.judge(pair)
    above = np.array(expected) > pair.threshold
    assert attunement.matched.total == pytest.approx(above.sum())
    assert attunement.mismatched.total == pytest.approx((~above).sum())


def test_attuned_where_signals_were_coupled_and_one_long_rupture_between() -> None:
    attunement = replace(RULE, statistic="best")(in_and_out())
    matched = attunement.matched
    early, middle, late = (matched.clip(a, b).total for a, b in ((0, 95), (105, 195), (205, 300)))
    # Of the 89 s with a window: nearly all, of the 90 s between hardly any.
    assert min(early, late) > 0.9 * 89
    assert middle < 0.1 * 90
    ruptures = find_ruptures(attunement, ra.Criteria(merge_gap_s=10, min_rupture_s=20))
    (found,) = [rupture for rupture in ruptures if rupture.entered]
    # Half a window is how exact a window can be.
    assert abs(found.onset - 100) <= RULE.uncertain_s
    assert abs(found.end - 200) <= RULE.uncertain_s
    assert found.outcome == "repaired"
    assert 0.3 < found.depth <= 1


def test_time_without_a_window_is_unobserved() -> None:
    session = in_and_out()
    attunement = RULE(session)
    start, end = attunement.observed.starts[0], attunement.observed.ends[-1]
    # Half a window, half the largest lag, less half a step.
    assert start == pytest.approx(5 + 1 - 0.5, abs=0.1)
    assert 300 - end == pytest.approx(5 + 1 - 0.5, abs=0.6)
    one, two = (session.stream("motion", p, Signal).values.copy() for p in PARTNERS)
    two[1200:1500] = np.nan
    gap = RULE(made_session("d1", (one, two)))
    assert gap.unobserved.clip(122, 148).total == pytest.approx(26)
    assert np.isnan(gap.distance[gap.state < 0]).all()
    assert not gap.changed[:, 1:-1][:, (gap.state[:-1] < 0) | (gap.state[1:] < 0)].any()


def test_depth_is_0_at_the_threshold_and_1_at_the_lowest_value_of_chance() -> None:
    pair = RULE.read(in_and_out())
    assert isinstance(pair, WindowPair)
    room = pair.threshold - pair.lowest
    made = np.resize([pair.threshold, pair.lowest, pair.lowest - 1, pair.threshold - room / 4,
                      pair.threshold + 1], pair.value.size)  # fmt: skip
    distance = RULE.judge(replace(pair, value=made)).distance
    known = distance[np.isfinite(distance)]
    assert known[:5] == pytest.approx([0, 1, 1, 0.25, 0])


def test_a_given_threshold_and_higher_quantiles() -> None:
    session = in_and_out()
    high = Synchrony("motion", 10, 1, 2, threshold=50.0, surrogates=19)(session)
    assert high.matched.total == 0
    low = Synchrony("motion", 10, 1, 2, threshold=-1.0, surrogates=19)(session)
    assert low.mismatched.total == 0
    shares = [replace(RULE, quantile=q)(session).matched.total for q in (0.5, 0.9, 0.95, 0.99)]
    assert shares == sorted(shares, reverse=True)


def test_unrelated_signals_are_attuned_as_often_as_the_quantile_says() -> None:
    shares = []
    for seed in range(12):
        attunement = RULE(made_session("d1", made_pair(100 + seed)))
        shares.append(attunement.matched.total / attunement.observed.total)
    assert np.mean(shares) == pytest.approx(0.05, abs=0.03)


def test_mirrored_movement_counts_by_size_and_not_with_sign() -> None:
    rng = np.random.default_rng(5)
    one = made_motion(rng, 2000)
    session = made_session("d1", (one, -one + 0.3 * made_motion(rng, 2000)))
    share = {
        statistic: (a := replace(RULE, statistic=statistic)(session)).matched.total
        / a.observed.total
        for statistic in ("mean_abs", "signed", "best")
    }
    assert share["best"] > 0.9
    assert share["mean_abs"] > 0.4
    assert share["signed"] < 0.2


# -- who -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lag", "who"), [(8, "patient"), (0, "both")])
def test_who_leads_at_the_edge_opened_and_repaired(lag: int, who: str) -> None:
    ruptures = find_ruptures(
        RULE(in_and_out(seed=4, lag=lag)), ra.Criteria(merge_gap_s=20, min_rupture_s=20)
    )
    (one,) = [rupture for rupture in ruptures if rupture.entered]
    assert one.repaired_by == who


def test_exchanging_the_partners_exchanges_who_and_nothing_else() -> None:
    session = in_and_out(seed=4, lag=8)
    streams = [session.stream("motion", p, Signal) for p in PARTNERS]
    swapped = Session("d1", PARTNERS[::-1], session.span, (streams[1], streams[0]))
    rule = replace(RULE, threshold=0.3)
    there, back = rule(session), rule(swapped)
    assert np.array_equal(there.state, back.state)
    assert np.allclose(there.edges, back.edges)
    assert there.changed.sum() > 2
    assert np.array_equal(there.changed, back.changed[::-1])


def test_without_lags_nobody_is_said_to_have_led() -> None:
    attunement = replace(RULE, max_lag_s=0)(in_and_out(lag=0))
    assert not attunement.changed.any()
    assert set(find_ruptures(attunement).by) == {0}


# -- clocks, phases, cuts ------------------------------------------------------------------------


def test_a_shifted_clock_shifts_everything() -> None:
    session = in_and_out()
    before, after = RULE(session), RULE(session.shift(50))
    assert np.allclose(before.edges + 50, after.edges)
    assert np.array_equal(before.state, after.state)


def test_phases_have_their_own_windows_and_short_ones_none() -> None:
    phases = (Phase("play", 0, 150), Phase("still", 150, 155), Phase("reunion", 155, 300))
    session = made_session("d1", made_pair(6), phases=phases)
    result = ra.analyze(session, RULE, surrogates=0)
    assert result["still"].attunement.observed.total == 0
    assert np.isnan(result["still"].measures["matched_prop"].value)
    assert result["play"].attunement.window == (0, 150)
    assert result["play"].attunement.observed.ends[-1] < 150


def test_no_window_reaches_across_a_cut() -> None:
    session = replace(made_session("d1", made_pair(6)), cuts=(150.0,))
    unobserved = RULE(session).unobserved.clip(100, 200)
    assert unobserved.total == pytest.approx(12, abs=1.1)
    assert unobserved.starts[0] < 150 < unobserved.ends[-1]


def test_the_same_seed_gives_the_same_and_another_nearly() -> None:
    session = in_and_out()
    one, two = RULE(session), RULE(session)
    assert np.array_equal(one.state, two.state)
    assert np.array_equal(one.distance, two.distance, equal_nan=True)
    pairs = [replace(RULE, seed=seed).read(session) for seed in (1, 2)]
    assert pairs[0].threshold != pairs[1].threshold  # type: ignore[attr-defined]
    assert pairs[0].threshold == pytest.approx(pairs[1].threshold, rel=0.1)  # type: ignore[attr-defined]


# -- chance --------------------------------------------------------------------------------------


def test_chance_reruns_the_rule_on_windows_moved_apart() -> None:
    result = ra.analyze(made_session("d1", made_pair(7)), RULE, surrogates=99)
    chance = result["all"].chance
    assert chance is not None
    assert chance.method == "move_windows"
    assert chance["matched_prop"].null_mean == pytest.approx(0.05, abs=0.02)
    assert chance["matched_prop"].p > 0.05
    assert chance["repair_hazard_per_s"].p > 0.05
    coupled = ra.analyze(in_and_out(), RULE, surrogates=99)["all"].chance
    assert coupled is not None
    assert coupled["matched_prop"].p <= 0.02


@pytest.mark.slow
def test_the_test_keeps_its_error_rate_and_finds_what_is_there() -> None:
    rejected: dict[tuple[float, str], list[bool]] = {}
    for seed in range(80):
        for coupling in (0.0, 0.4):
            values = made_pair(500 + seed, n=4000, carry=0.9, coupling=coupling)
            session = made_session("d1", values)
            chance = ra.analyze(session, RULE, surrogates=99, seed=seed)["all"].chance
            assert chance is not None
            for name in ("matched_prop", "repair_hazard_per_s", "rupture_hazard_per_s"):
                if not chance[name].refused:
                    rejected.setdefault((coupling, name), []).append(chance[name].p <= 0.05)
    rates = {key: float(np.mean(found)) for key, found in rejected.items()}
    # .05 with a Monte-Carlo standard error of .024.
    assert max(rate for (coupling, _), rate in rates.items() if not coupling) <= 0.1
    assert rates[0.4, "matched_prop"] >= 0.8


def test_seams_of_surrogates_are_cuts() -> None:
    session = made_session("d1", made_pair(8, n=6000))
    pair = RULE.read(session)
    assert isinstance(pair, WindowPair)
    seen: list[Attunement] = []

    def evaluate(one: Pair) -> dict[str, float]:
        seen.append(RULE.judge(one))
        return {"matched_prop": 0.0, "n_repairs": 3.0}

    chance = RULE.compare(pair, evaluate, rng=np.random.default_rng(1), n=5)
    assert chance is not None
    assert chance.blocks == 5
    assert not seen[0].cut[1:-1].any()
    for made in seen[1:]:
        assert made.cut[1:-1].sum() >= chance.blocks - 1
        assert not made.changed[:, made.cut].any()


def test_the_rule_in_words_says_what_it_is_not() -> None:
    result = ra.analyze(made_session("d1", made_pair(9)), RULE, surrogates=0)
    text = result.summary()
    assert "Synchrony is not attunement" in text
    assert "uncertain by 5 s" in text
    assert "5 % of the time does by construction" in text


def test_a_study_says_why_it_has_no_test_over_sessions() -> None:
    sessions = [made_session(f"d{i}", made_pair(20 + i, n=800)) for i in range(2)]
    result = ra.analyze_study(sessions, replace(RULE, surrogates=19), surrogates=19)
    assert result.chance[0].pairing is None
    assert "moment by moment" in result.chance[0].no_pairing


# -- settings and bad input ----------------------------------------------------------------------


def test_the_rule_is_made_from_a_study_file_and_back() -> None:
    rule = make_rule({"type": "Synchrony", "stream": "motion", "window_s": 12, "quantile": 0.9})
    assert rule == Synchrony("motion", window_s=12, quantile=0.9)
    settings = rule.to_dict()
    assert make_rule(settings) == rule


@pytest.mark.parametrize(
    "words",
    [{"window_s": 0}, {"step_s": -1}, {"max_lag_s": -1}, {"statistic": "median"}, {"quantile": 1},
     {"quantile": 0}, {"surrogates": 5}, {"surrogates": 20.5}, {"block_s": 0}, {"seed": -1},
     {"threshold": float("nan")}, {"together_s": -1}],
)  # fmt: skip
def test_settings_that_are_not_allowed(words: dict[str, object]) -> None:
    with pytest.raises(SettingError):
        Synchrony("motion", **words)  # type: ignore[arg-type]


def test_constant_missing_and_short_signals_are_unobserved() -> None:
    one, _ = made_pair(1, n=600)
    for values in (
        (one, np.ones(600)),
        (one, np.full(600, np.nan)),
        (one[:30], one[30:60]),
    ):
        attunement = RULE(made_session("d1", values))
        assert attunement.observed.total == 0
        assert attunement.window[1] > 0
        assert len(find_ruptures(attunement)) == 0


def test_one_persons_signal_under_both_names_is_refused() -> None:
    one, _ = made_pair(1, n=600)
    for other in (one, -one, 2 * one + 1):
        with pytest.raises(SettingError, match="same signal"):
            RULE(made_session("d1", (one, other)))


def test_what_is_missing_or_differs_in_rate_is_told() -> None:
    one, two = made_pair(1, n=600)
    session = made_session("d1", (one, two))
    with pytest.raises(MissingStreamError, match="Did you mean 'motion'"):
        replace(RULE, stream="moton")(session)
    mixed = (Signal(PARTNERS[0], "motion", one, RATE_HZ), Signal(PARTNERS[1], "motion", two, 5))
    with pytest.raises(SettingError, match="rate"):
        RULE(Session("d1", PARTNERS, (0, 60), mixed))
