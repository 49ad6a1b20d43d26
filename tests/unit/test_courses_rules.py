"""Criteria as rules on the clock of meetings: the whole chain, and the study file."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from reattune.core.criteria import Criteria
from reattune.core.errors import MissingStreamError, SettingError
from reattune.core.session import Phase, Session
from reattune.core.streams import Signal
from reattune.courses import SampleConstants, find_events
from reattune.pipeline import analyze
from reattune.repair import find_ruptures
from reattune.rules import RULES, make_rule
from reattune.rules.courses import (
    COURSE_RULES,
    ControlChart,
    CourseRule,
    Decline,
    Drop,
    ReliableChange,
)

NAN = float("nan")
ONE = Drop(stream="wai", sd="fixed", fixed_sd=1.0)
SAMPLE = SampleConstants(mean_sd=0.8, pooled_sd=0.8, between_sd=0.5)


def course(ratings: list[float], *, first: int = 1, **more: object) -> Session:
    return Session(
        "07",
        ("patient", "therapist"),
        (float(first), float(first + len(ratings))),
        (Signal("patient", "wai", ratings, 1.0, first),),
        clock="meeting",
        **more,  # type: ignore[arg-type]
    )


def ruptures(
    rule: CourseRule, ratings: list[float], criteria: Criteria | None = None
) -> list[tuple[float, float, str, str, bool]]:
    found = find_ruptures(rule(course(ratings)), criteria or rule.criteria)
    return [(r.onset, r.end, r.outcome, r.reason, r.entered) for r in found]


@pytest.mark.parametrize(
    ("ratings", "wanted"),
    [
        ([5, 4, 5, 5], [(2, 3, "repaired", "", True)]),
        ([5, 4, 4, 4, 5], [(2, 5, "repaired", "", True)]),
        ([5, 4, 4, 4, 4, 5, 5], [(2, 6, "unrepaired", "window", True)]),
        ([5, 4, 4, 4, 4], [(2, 6, "unrepaired", "window", True)]),
        ([5, 4, 4, 4], [(2, 5, "censored", "end", True)]),
        ([5, 4], [(2, 3, "censored", "end", True)]),
        ([5, 4, 4, NAN], [(2, 4, "censored", "missing", True)]),
        ([5, NAN, 4, 5], [(3, 4, "repaired", "", True)]),
        ([5, 4, NAN, 5], [(2, 4, "repaired", "", True)]),
        ([5, 4, NAN, NAN, NAN, 5, 5], [(2, 3, "censored", "missing", True)]),
        ([5, 4, 5, 4, 5], [(2, 3, "repaired", "", True), (4, 5, "repaired", "", True)]),
        ([5, 5, 5], []),
    ],
)
def test_ruptures_run_from_onset_to_repair(ratings: list[float], wanted: list[object]) -> None:
    assert ruptures(ONE, ratings) == wanted


def test_every_repaired_or_censored_event_is_a_rupture() -> None:
    """Events that do not overlap come back as ruptures, with latency and status."""
    rng = np.random.default_rng(7)
    compared = 0
    for trial in range(400):
        ratings = np.round(rng.normal(5, 1, 14), 1)
        ratings[rng.random(14) < 0.1 * (trial % 3)] = NAN
        for rule in (replace(ONE, sample=SAMPLE), Decline(stream="wai", sample=SAMPLE)):
            events = find_events(ratings, rule.criterion, SAMPLE)
            # Whatever is not repaired may overlap with what follows: see the next test.
            if any(event.reason == "missing" for event in events) or any(
                event.status != "repaired" for event in events[:-1]
            ):
                continue
            found = find_ruptures(rule(course(ratings.tolist())), rule.criteria)
            told = [(r.onset, r.outcome) for r in found]
            assert told == [(event.onset, event.status) for event in events]
            ends = [r.end for r in found if r.outcome == "repaired"]
            assert ends == [event.repair for event in events if event.repair]
            compared += len(events)
    assert compared > 500


def test_unrepaired_events_keep_their_status_and_end_late() -> None:
    rng = np.random.default_rng(8)
    seen = 0
    for _ in range(300):
        ratings = np.round(rng.normal(5, 1, 12), 1).tolist()
        events = find_events(ratings, ONE.criterion)
        found = find_ruptures(ONE(course(ratings)), ONE.criteria)
        assert len(found) <= len(events)
        assert {r.onset for r in found} <= {float(event.onset) for event in events}
        unrepaired = [event.onset for event in events if event.status == "unrepaired"]
        for rupture in found:
            if rupture.onset in unrepaired:
                assert rupture.outcome == "unrepaired"
                seen += 1
    assert seen > 50


def test_holes_may_cut() -> None:
    cut = replace(ONE, holes="cut")
    assert ruptures(cut, [5, 4, NAN, 5]) == [(2, 3, "censored", "missing", True)]
    assert ruptures(cut, [5, NAN, 4, 5]) == [(3, 4, "repaired", "", False)]
    assert "cut" in cut.describe()


def test_time_before_the_first_and_after_the_last_rating_is_unobserved() -> None:
    attunement = ONE(course([NAN, 5, 4, 5, NAN]))
    assert attunement.observed.total == 3
    assert attunement.unobserved.total == 2


def test_depth_is_a_share_of_the_scale() -> None:
    (rupture,) = find_ruptures(ONE(course([5, 2, 4, 5], meta={"scale": (1, 7)})))
    assert rupture.depth == pytest.approx(3 / 6)
    assert rupture.area == pytest.approx(3 / 6 + 1 / 6)
    (rupture,) = find_ruptures(ONE(course([5, 2, 4, 5])))
    assert rupture.depth == pytest.approx(1.0)


def test_nobody_opens_or_repairs_a_rating() -> None:
    (rupture,) = find_ruptures(ONE(course([5, 4, 5])))
    assert (rupture.by, rupture.repaired_by) == ("", "")


def test_a_signal_at_the_first_rating_was_running_already() -> None:
    low_start = [3.0, *[5.5, 5.6] * 6]
    (found,) = ruptures(ControlChart(stream="wai"), low_start)
    assert found == (1, 2, "repaired", "", False)


def test_a_case_the_rule_does_not_apply_to_is_unobserved() -> None:
    attunement = ControlChart(stream="wai")(course([5, 1, 5]))
    assert attunement.observed.total == 0
    assert ControlChart(stream="wai")(course([NAN] * 9)).observed.total == 0


def test_the_second_partner_and_later_meetings_count_as_well() -> None:
    session = Session(
        "07",
        ("patient", "therapist"),
        (4.0, 8.0),
        (Signal("therapist", "wai", [5, 4, 5, 5], 1.0, 4.0),),
        clock="meeting",
    )
    rule = replace(ONE, partner="therapist")
    (rupture,) = find_ruptures(rule(session))
    assert (rupture.onset, rupture.end) == (5, 6)
    with pytest.raises(MissingStreamError):
        ONE(session)
    with pytest.raises(MissingStreamError):
        replace(ONE, partner="nurse")(session)


def test_phases_are_courses_of_their_own() -> None:
    phases = (Phase("early", 1, 4), Phase("late", 4, 7))
    session = course([5, 5, 5, 4, 5, 5], phases=phases)
    early, late = (ONE(session, phase.window) for phase in phases)
    assert len(find_ruptures(early)) == len(find_ruptures(late)) == 0
    assert len(find_ruptures(ONE(session))) == 1
    assert late.window == (4, 7)
    assert len(ONE.events(session, (3, 7))) == 1


def test_constants_come_from_the_sample() -> None:
    sessions = [course([5, 4, 5, 6]), course([5, 5.5, 5, 5.2], meta={"scale": (1, 7)})]
    rule = Drop(stream="wai")
    with pytest.raises(SettingError, match="constants of the sample"):
        rule(sessions[0])
    known = rule.on_sample(sessions)
    assert known.sample is not None and known.sample.cases == 2
    assert known.sample.scale == (1, 7)
    assert len(find_ruptures(known(sessions[0]))) == 1
    assert make_rule(known.to_dict()) == known


def test_the_whole_chain_runs() -> None:
    analysis = analyze(course([5, 4, 5, 5, 3, 5, 6, 6]), ONE, ONE.criteria)
    (part,) = analysis.parts
    assert part.measures["n_repaired"].value == 2
    assert part.measures["repair_latency_q50_s"].value == 1
    assert part.chance is None and "one partner" in part.no_chance
    assert "2 ruptures" in analysis.summary()
    frame = part.ruptures.to_frame()
    assert frame["onset_s"].tolist() == [2, 5]


@pytest.mark.parametrize("rule", COURSE_RULES, ids=lambda rule: rule.__name__)
def test_study_files_can_name_every_rule(rule: type[CourseRule]) -> None:
    assert RULES[rule.__name__] is rule
    needed = {"sd": 0.9, "reliability": 0.9} if rule is ReliableChange else {}
    made = make_rule({"type": rule.__name__, "stream": "wai", "partner": "patient", **needed})
    assert isinstance(made, CourseRule)
    assert made.describe().startswith("wai of patient: ")
    told = json.loads(json.dumps(made.to_dict()))
    assert make_rule(told) == made
    assert isinstance(hash(made), int)
    ratings = [5.5, 5.6, 5.7, 5.6, 2.0, 2.1, 5.8, 5.7, 5.9, 5.8]
    found = find_ruptures(replace(made, sample=SAMPLE)(course(ratings)))
    events = find_events(ratings, made.criterion, SAMPLE)
    assert [r.onset for r in found] == [e.onset for e in events]
    assert [r.end for r in found if r.outcome == "repaired"] == [
        e.repair for e in events if e.repair
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {"type": "Drop"},
        {"type": "Drop", "stream": ""},
        {"type": "Drop", "stream": "wai", "k": -1},
        {"type": "Drop", "stream": "wai", "kk": 1},
        {"type": "Drop", "stream": "wai", "holes": "fill"},
        {"type": "Drop", "stream": "wai", "count": "ratings"},
        {"type": "Drop", "stream": "wai", "sample": {"sd": 1}},
        {"type": "Decline", "stream": "wai", "window": 3},
        {"type": "ReliableChange", "stream": "wai"},
    ],
)
def test_what_is_not_allowed_says_so(settings: dict[str, object]) -> None:
    with pytest.raises(SettingError):
        make_rule(settings)


def test_sessions_in_seconds_are_refused() -> None:
    session = replace(course([5, 4, 5]), clock="second")
    with pytest.raises(SettingError, match="meeting"):
        ONE(session)
