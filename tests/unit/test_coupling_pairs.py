"""From a session to two arrays: grids, states, cuts, windows; and what every result answers."""

from __future__ import annotations

import json

import numpy as np
import pytest

from reattune.core.errors import MissingStreamError, SettingError
from reattune.core.intervals import Intervals
from reattune.core.session import Session
from reattune.core.streams import Events, Signal, States
from reattune.coupling import (
    Band,
    PhaseBand,
    Symbols,
    find_best_lag,
    find_onsets,
    fit_inertia,
    fit_oscillator,
    measure_coherence,
    measure_event_synchrony,
    measure_information,
    measure_phase_synchrony,
    measure_recurrence,
    measure_recurrence_windows,
    measure_symbolic_entropy,
    pair_samples,
    profile_recurrence,
)

PARTNERS = ("infant", "caregiver")


def session_of(*streams: object, cuts: tuple[float, ...] = ()) -> Session:
    return Session("d", PARTNERS, (0, 10), streams, cuts=cuts)


def test_signals_are_laid_together_over_shared_time() -> None:
    one = Signal("infant", "motion", np.arange(20.0), 2)
    two = Signal("caregiver", "motion", [np.inf, *range(9)], 2, start_s=3)
    pair = pair_samples(session_of(one, two), "motion")
    assert (pair.start_s, pair.rate_hz, pair.partners) == (3, 2, PARTNERS)
    assert pair.first.tolist() == list(range(6, 16))
    assert np.isnan(pair.second[0])
    assert pair.second[1:].tolist() == list(range(9))
    swapped = pair_samples(session_of(one, two).swap(), "motion")
    np.testing.assert_array_equal(swapped.first, pair.second)
    moved = pair_samples(session_of(one, two).shift(7), "motion")
    np.testing.assert_array_equal(moved.first, pair.first)
    assert moved.start_s == 10
    part = pair_samples(session_of(one, two), "motion", window=(4, 5))
    assert part.first.tolist() == [8, 9]
    apart = Signal("caregiver", "motion", [1, 2], 2, start_s=50)
    assert pair_samples(session_of(one, apart), "motion", window=(0, 60)).first.size == 0


def test_states_become_codes_and_missing_time_nan() -> None:
    one = States("infant", "affect", [0, 3], [2, 10], ["calm", "glad"], tick_s=1)
    two = States("caregiver", "affect", [0], [10], ["glad"], tick_s=0.5)
    pair = pair_samples(session_of(one, two), "affect")
    assert (pair.rate_hz, pair.categories) == (1, ("calm", "glad"))
    np.testing.assert_array_equal(pair.first, [0, 0, np.nan, *[1] * 7])
    assert pair.second.tolist() == [1] * 10
    fine = pair_samples(session_of(one, two), "affect", rate_hz=10, window=(1, 4))
    assert (fine.first.size, int(np.isnan(fine.first).sum())) == (30, 10)
    result = measure_recurrence(pair.first, pair.second)
    assert result.recurrence_prop == pytest.approx(7 * 10 / (9 * 10))


def test_what_cannot_be_paired_says_so() -> None:
    one = Signal("infant", "motion", np.arange(20.0), 2)
    for other, word in (
        (Signal("caregiver", "motion", [1, 2], 3), "Resample"),
        (Signal("caregiver", "motion", [1, 2], 2, 0.1), "Resample"),
        (States("caregiver", "motion", [0], [1], ["a"]), "not Signal and States"),
    ):
        with pytest.raises(SettingError, match=word):
            pair_samples(session_of(one, other), "motion")
    both = session_of(one, Signal("caregiver", "motion", np.arange(20.0), 2), cuts=(5.0,))
    with pytest.raises(SettingError, match="cut inside"):
        pair_samples(both, "motion")
    assert pair_samples(both, "motion", window=(0, 5)).first.size == 10
    with pytest.raises(MissingStreamError):
        pair_samples(both, "affect")
    with pytest.raises(SettingError, match="window"):
        pair_samples(both, "motion", window=(5, 5))
    with pytest.raises(SettingError, match="rate_hz"):
        pair_samples(both, "motion", window=(0, 5), rate_hz=1)


def test_onsets_of_events_and_states() -> None:
    states = States("infant", "affect", [0, 2, 5], [2, 5, 6], ["a", "b", "a"])
    assert find_onsets(states).tolist() == [0, 2, 5]
    assert find_onsets(states, "a").tolist() == [0, 5]
    bouts = Events("infant", "gaze", [1, 1.5], [2, 3], ["x", "y"], observed=Intervals([0], [9]))
    assert find_onsets(bouts, "y").tolist() == [1.5]
    assert find_onsets(bouts, "z").size == 0


RNG = np.random.default_rng(1)
ONE, TWO = RNG.normal(size=(2, 600))
RESULTS = [
    measure_recurrence(ONE, TWO),
    measure_recurrence_windows(ONE, TWO, window=200, step=200),
    profile_recurrence(ONE, TWO, 3),
    measure_coherence(ONE, TWO, 10, Band(0.5, 2, 10)),
    measure_phase_synchrony(ONE, TWO, 10, PhaseBand(0.5, 1)),
    measure_symbolic_entropy(ONE, TWO),
    measure_information(ONE, TWO, Symbols()),
    measure_information([0, 1], [1, 1]),
    measure_event_synchrony([1, 5], [2, 5]),
    fit_inertia(ONE, TWO),
    fit_oscillator(ONE, TWO),
    find_best_lag(ONE, TWO),
]


@pytest.mark.parametrize("result", RESULTS, ids=lambda r: r.measure)
def test_every_result_answers_in_the_same_way(result: object) -> None:
    text = json.dumps(result.to_dict(), allow_nan=False)
    assert json.loads(text)["settings"] == json.loads(json.dumps(result.settings))
    assert result.settings["measure"] == result.measure
    assert len(result.to_frame()) >= 1
    assert str(result) == result.summary() != ""
