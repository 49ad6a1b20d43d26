"""The table of events, the classes of cases, the sample's constants, and the presets."""

from __future__ import annotations

import math
import timeit
from dataclasses import FrozenInstanceError, replace
from statistics import mean, stdev

import numpy as np
import pytest

from reattune.core.errors import DataWarning, SettingError
from reattune.courses import (
    PRESETS,
    ControlChart,
    Decline,
    Drop,
    SampleConstants,
    classify_events,
    events_frame,
    find_events,
    gumz_like,
    sample_constants,
    stiles_like,
    strauss_like,
)
from reattune.courses.events import EVENT_COLUMNS

NAN = float("nan")
ONE = Drop(sd="fixed", fixed_sd=1.0)
TWO_DROPS = [6, 4, 6, 6, 4]


def test_one_row_per_event() -> None:
    declines = Decline(sd="fixed", fixed_sd=1.0)
    events = (*find_events(TWO_DROPS, ONE), *find_events(TWO_DROPS, declines))
    frame = events_frame({"07": events, "08": ()})
    assert tuple(frame.columns) == EVENT_COLUMNS
    assert frame["case"].tolist() == ["07"] * 4
    assert frame["event"].tolist() == [1, 2, 1, 2]
    assert frame["criterion"].tolist() == ["Drop", "Drop", "Decline", "Decline"]
    assert frame["onset_meeting"].tolist() == [2, 5, 2, 5]
    assert frame["repair_meeting"].isna().tolist() == [False, True, False, True]
    assert str(frame["latency_meetings"].dtype) == "Int64"
    assert frame["drop"].tolist() == [2.0] * 4
    assert frame["pattern"].tolist() == ["", "", "V", "open"]
    assert tuple(events_frame([]).columns) == EVENT_COLUMNS
    assert len(events_frame(events)) == 4


def test_events_are_frozen_and_json_safe() -> None:
    (event, _) = find_events(TWO_DROPS, ONE)
    with pytest.raises(FrozenInstanceError):
        event.onset = 3  # type: ignore[misc]
    assert event.to_dict()["drop_prop"] is None
    assert event.to_dict()["parameters"] == "Drop(sd=fixed, fixed_sd=1)"


def test_classes_of_cases() -> None:
    assert classify_events(()) == "none"
    assert classify_events(find_events([6, 4, 6], ONE)) == "repaired"
    assert classify_events(find_events(TWO_DROPS, ONE)) == "censored"
    assert classify_events(find_events([6, 4, 4, 4, 4, 6, 4, 6], ONE)) == "unrepaired"
    started_low = find_events([3.0, *[5.5, 5.6] * 6], ControlChart())
    assert len(started_low) == 1 and classify_events(started_low) == "none"
    with pytest.warns(DataWarning, match="not seen"):
        assert classify_events(find_events(TWO_DROPS, ONE), censored_as="unrepaired") == (
            "unrepaired"
        )
    with pytest.raises(SettingError):
        classify_events((), censored_as="lost")  # type: ignore[arg-type]


def test_constants_follow_their_formulas() -> None:
    cases = [[5, 6, NAN, 7], [4, 5], [6], [NAN], [1, 2, 3, 5]]
    seen = [[x for x in case if x == x] for case in cases]
    constants = sample_constants(cases)
    assert constants.mean_sd == pytest.approx(mean([stdev(seen[0]), stdev(seen[4])]))
    squares = sum((len(c) - 1) * stdev(c) ** 2 for c in seen if len(c) > 1)
    assert constants.pooled_sd == pytest.approx(math.sqrt(squares / (2 + 1 + 3)))
    assert constants.between_sd == pytest.approx(stdev([mean(c) for c in seen if c]))
    assert (constants.cases, constants.ratings) == (4, 10)
    nothing = sample_constants([])
    assert math.isnan(nothing.mean_sd) and math.isnan(nothing.pooled_sd)


def test_presets_say_that_they_are_approximations() -> None:
    assert set(PRESETS) == {"stiles_like", "strauss_like", "gumz_like"}
    for name, make in PRESETS.items():
        criterion = make()
        assert criterion.approximation and criterion.preset == name
        assert "approximation" in criterion.describe()
        assert criterion.to_dict()["preset"] == name
    assert (stiles_like().k, stiles_like().rho, stiles_like().repair) == (2, 0.75, "fraction")
    assert (strauss_like().k, strauss_like().tau, strauss_like().repair) == (1, 0.25, "return")
    assert (gumz_like(2).k, gumz_like().sd) == (2, "max_own_pooled")
    assert not Drop().approximation and "approximation" not in Drop().describe()


def test_labels_name_what_differs_from_the_defaults() -> None:
    assert Drop().label() == "Drop()"
    assert Drop(k=2.0, window=None).label() == "Drop(k=2, window=None)"
    assert replace(ONE, strict=True).label() == "Drop(sd=fixed, fixed_sd=1, strict=True)"


def test_a_criterion_is_callable() -> None:
    sample = SampleConstants(mean_sd=1.0)
    assert Drop()(TWO_DROPS, sample) == find_events(TWO_DROPS, Drop(), sample)
    assert Drop()(np.array(TWO_DROPS), sample) == find_events(TWO_DROPS, Drop(), sample)


def test_finding_is_quick_enough_to_be_repeated_a_thousand_times() -> None:
    """Not a benchmark: a chance test calls it about a million times, so no call may cost a ms."""
    ratings = np.random.default_rng(1).normal(size=15)
    sample = sample_constants([ratings])
    for criterion in (Drop(), Decline()):
        least = min(
            timeit.repeat(
                lambda c=criterion: find_events(ratings, c, sample),  # type: ignore[misc]
                number=100,
                repeat=3,
            )
        )
        assert least / 100 < 1e-3
