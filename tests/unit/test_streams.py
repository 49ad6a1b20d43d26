"""Streams: what was observed of one partner."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.core.intervals import Intervals
from reattune.core.steps import MISSING
from reattune.core.streams import Events, Signal, States

SEEN = Intervals([0], [20])


def affect() -> States:
    return States("child", "affect", [0, 4, 12], [4, 9, 20], ["neutral", "positive", "neutral"])


# -- States ----------------------------------------------------------------------------------------


def test_states_know_their_time_and_shares() -> None:
    states = affect()
    assert states.categories == ("neutral", "positive")
    assert states.labels == ("neutral", "positive", "neutral")
    assert list(states.observed) == [(0, 9), (12, 20)]
    assert states.shares() == {"neutral": 12 / 17, "positive": 5 / 17}
    assert "17 s observed; neutral 71%, positive 29%" in repr(states)


def test_categories_are_sorted_numbers_first_and_by_value() -> None:
    states = States("a", "s", [0, 1, 2, 3, 4], [1, 2, 3, 4, 5], ["b", "10", "9", "-1", "a"])
    assert states.categories == ("-1", "9", "10", "a", "b")


def test_codes_that_are_not_named_are_missing() -> None:
    steps = affect().steps((0.0, 20.0), {"positive": 3})
    assert steps.edges.tolist() == [0, 4, 9, 20]
    assert steps.codes.tolist() == [MISSING, 3, MISSING]


def test_states_clip_and_shift() -> None:
    part = affect().clip(2, 13)
    assert part.starts.tolist() == [2, 4, 12]
    assert part.ends.tolist() == [4, 9, 13]
    moved = affect().shift(-4)
    assert moved.starts.tolist() == [-4, 0, 8]
    assert moved.tick_s == affect().tick_s


def test_states_without_anything() -> None:
    empty = States("child", "affect", [], [], [])
    assert empty.shares() == {}
    assert not empty.observed
    assert empty.steps((0, 5)).codes.tolist() == [MISSING]
    assert len(empty) == 0


def test_states_frame() -> None:
    frame = affect().to_frame()
    assert list(frame.columns) == ["partner", "stream", "start_s", "end_s", "label"]
    assert frame["end_s"].sum() == 33


@pytest.mark.parametrize(
    ("starts", "ends", "labels", "parameter"),
    [
        ([0, 1], [1, 2], ["a"], "labels"),
        ([0, 1], [1], ["a", "b"], "labels"),
        ([0, 1], [2, 3], ["a", "b"], "starts"),
        ([5, 1], [6, 2], ["a", "b"], "starts"),
        ([0, 1], [1, 1], ["a", "b"], "ends"),
        ([np.nan], [1], ["a"], "starts, ends"),
        ([0], [np.inf], ["a"], "starts, ends"),
    ],
)
def test_wrong_states_name_their_parameter(
    starts: list, ends: list, labels: list, parameter: str
) -> None:
    with pytest.raises(SettingError) as caught:
        States("child", "affect", starts, ends, labels)
    assert caught.value.parameter == parameter


def test_overlap_by_noise_of_the_clock_is_no_overlap() -> None:
    states = States("a", "s", [0, 1 - 1e-12], [1, 2], ["x", "y"])
    assert states.steps((0, 2)).codes.tolist() == [0, 1]


def test_streams_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        affect().starts[0] = 1


# -- Events ----------------------------------------------------------------------------------------


def test_events_may_overlap_and_be_points() -> None:
    voice = Events("adult", "voice", [1, 2, 5], [3, 4, 5], ["a", "b", "c"], observed=SEEN)
    assert list(voice.active()) == [(1, 4)]
    assert len(voice) == 3
    assert voice.shift(10).observed == Intervals([10], [30])


def test_events_are_only_on_while_observed() -> None:
    voice = Events("adult", "voice", [1], [8], observed=Intervals([0, 6], [4, 7]))
    assert list(voice.active()) == [(1, 4), (6, 7)]
    assert "4 of 5 observed s" in repr(voice)


def test_events_clip_keeps_points_at_the_start_and_drops_those_at_the_end() -> None:
    voice = Events("adult", "voice", [0, 2, 3, 6], [1, 2, 9, 6], list("abcd"), observed=SEEN)
    part = voice.clip(2, 6)
    assert part.labels == ("b", "c")
    assert part.ends.tolist() == [2, 6]
    assert part.observed.span == (2, 6)
    assert voice.to_frame()["label"].tolist() == list("abcd")


@pytest.mark.parametrize(
    ("starts", "ends", "labels", "parameter"),
    [
        ([0], [1], ["a", "b"], "labels"),
        ([2], [1], None, "ends"),
        ([2, 1], [3, 3], None, "starts"),
        ([np.nan], [1], None, "starts, ends"),
    ],
)
def test_wrong_events_name_their_parameter(
    starts: list, ends: list, labels: list | None, parameter: str
) -> None:
    with pytest.raises(SettingError) as caught:
        Events("adult", "voice", starts, ends, labels, observed=SEEN)
    assert caught.value.parameter == parameter


# -- Signal ----------------------------------------------------------------------------------------


def test_signal_holds_each_sample_for_one_tick() -> None:
    signal = Signal("child", "motion", [0, 2, np.nan, 3], rate_hz=2, start_s=10)
    assert list(signal.observed) == [(10, 11), (11.5, 12)]
    above = signal.above(2)
    assert list(zip(above.starts, above.ends, strict=True)) == [(10.5, 11), (11.5, 12)]
    assert above.observed == signal.observed
    assert above.tick_s == signal.tick_s == 0.5


def test_signal_clip_and_shift() -> None:
    signal = Signal("child", "motion", np.arange(10.0), rate_hz=10)
    assert signal.clip(0.3, 0.6).values.tolist() == [3, 4, 5]
    assert signal.clip(0.3, 0.6).start_s == pytest.approx(0.3)
    assert len(signal.clip(5, 6)) == 0
    assert signal.shift(2).to_frame()["time_s"].tolist()[0] == 2


@pytest.mark.parametrize("rate", [0, -1, np.nan, np.inf])
def test_wrong_rate_is_named(rate: float) -> None:
    with pytest.raises(SettingError) as caught:
        Signal("child", "motion", [1, 2], rate_hz=rate)
    assert caught.value.parameter == "rate_hz"
