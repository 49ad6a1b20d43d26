"""Ruptures of coded meetings: runs, kinds, outcomes under a criterion, measures with intervals."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.segment_codes import (
    CodedMeeting,
    Marker,
    MeetingAnalysis,
    SegmentCriteria,
    find_coded_ruptures,
)
from reattune.segment_codes.measures import compute_rows
from reattune.segment_codes.ruptures import compare_criteria
from tests import naive_segments as naive

NAN = float("nan")
MARKERS = (
    Marker("patient", "withdrawal", "withdrawal"),
    Marker("patient", "confrontation", "confrontation"),
    Marker("therapist", "withdrawal", "withdrawal"),
)


def meeting(
    withdrawal: list[float],
    confrontation: list[float] | None = None,
    therapist: list[float] | None = None,
    *,
    strategies: dict[int, str] | None = None,
    extent: list[float] | None = None,
    name: str = "m",
    dyad: str = "d",
    start: float = 0.0,
) -> CodedMeeting:
    """One coder; nan = not coded; segments of one minute."""
    n = len(withdrawal)
    gone = np.isnan(withdrawal)
    calm = np.where(gone, NAN, 1.0)
    salience = np.stack(
        [withdrawal, calm if confrontation is None else confrontation,
         calm if therapist is None else therapist], axis=1,
    )[None]  # fmt: skip
    skills = tuple(dict.fromkeys((strategies or {}).values()))
    shown = np.where(gone[None, :, None], NAN, np.zeros((1, n, len(skills))))
    for at, skill in (strategies or {}).items():
        shown[0, at, skills.index(skill)] = 1.0
    starts = start + 60.0 * np.arange(n)
    return CodedMeeting(
        id=name,
        dyad=dyad,
        number=1,
        sides=("patient", "therapist"),
        starts=starts,
        ends=starts + 60.0,
        names=tuple(str(at + 1) for at in range(n)),
        coders=("a",),
        markers=MARKERS,
        salience=salience,
        strategies=skills,
        shown=shown,
        extent=np.array([extent]) if extent else np.empty(0),
    )


def ends(found: MeetingAnalysis) -> list[tuple[int, int, str, bool]]:
    return [(r.first, r.last, r.outcome, r.entered) for r in found.ruptures]


def test_runs_of_rupture_segments() -> None:
    found = find_coded_ruptures(meeting([1, 2, 4, 1, 1, 3]))
    first, last = found.ruptures
    assert (first.first, first.last, first.onset_s, first.end_s) == (1, 2, 60, 180)
    assert (first.kind, first.side, first.opened_by) == ("withdrawal", "patient", "patient")
    assert (first.peak, first.mean, first.segments, first.latency_min) == (4, 3, 2, 2)
    assert (first.outcome, last.outcome) == ("resolved", "censored")
    assert last.reason == "the meeting's coding ended"


def test_kind_and_side_of_a_mixed_rupture() -> None:
    found = find_coded_ruptures(meeting([1, 1, 3, 1, 1], [1, 2, 1, 1, 1], [1, 1, 1, 2, 1]))
    (rupture,) = found.ruptures
    assert (rupture.first, rupture.last) == (1, 3)
    assert (rupture.kind, rupture.side, rupture.opened_by) == ("both", "both", "patient")


def test_a_rupture_beside_a_missing_segment_is_cut_off_or_not_entered() -> None:
    found = find_coded_ruptures(meeting([2, 1, 3, NAN, 3, 1, 1]))
    assert ends(found) == [
        (0, 0, "resolved", False),
        (2, 2, "censored", True),
        (4, 4, "resolved", False),
    ]
    assert found.ruptures[1].reason == "a segment was not coded"
    assert len(found.entered) == 1


def test_the_threshold_is_exceeded_not_reached() -> None:
    assert not find_coded_ruptures(meeting([1, 1.0, 1])).ruptures
    assert len(find_coded_ruptures(meeting([1, 1.25, 1])).ruptures) == 1
    assert not find_coded_ruptures(meeting([1, 1.25, 1]), SegmentCriteria(threshold=1.25)).ruptures


@pytest.mark.parametrize("seed", range(6))
def test_runs_against_a_count_by_hand(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.choice([1.0, 1.0, 1.0, 3.0, 4.0, NAN], 40)
    values[0] = 1.0
    found = find_coded_ruptures(meeting(values.tolist()))
    words = ["missing" if isnan(v) else "rupture" if v > 1 else "none" for v in values.tolist()]
    how = {"over": "resolved", "end": "censored", "missing": "censored"}
    expected = [
        (first, last, how[end], seen) for first, last, seen, end in naive.runs_of_ruptures(words)
    ]
    assert ends(found) == expected
    tally = found.tally
    assert tally is not None
    assert tally.mismatched_s == 60 * words.count("rupture")
    assert tally.observed_s == 60 * (40 - words.count("missing"))
    assert tally.n_onsets == sum(seen for *_, seen in expected)


def test_two_quiet_segments_may_be_asked_for() -> None:
    values = [1, 3, 1, 3, 1, 1, 3, 1]
    assert len(find_coded_ruptures(meeting(values)).ruptures) == 3
    found = find_coded_ruptures(meeting(values), SegmentCriteria(quiet=2))
    assert ends(found) == [(1, 3, "resolved", True), (6, 6, "censored", True)]
    assert found.ruptures[1].reason == "the meeting's coding ended"
    assert found.tally is not None
    assert found.tally.events.tolist() == [True, False]


def test_resolved_by_a_strategy() -> None:
    coded = meeting([1, 3, 1, 1, 3, 1, 1, 3, 1], strategies={2: "clarifies", 8: "clarifies"})
    rule = SegmentCriteria(resolved_by="strategy")
    found = find_coded_ruptures(coded, rule)
    assert [r.outcome for r in found.ruptures] == ["resolved", "unresolved", "resolved"]
    assert found.ruptures[1].reason == "no strategy was coded"
    assert found.ruptures[0].strategies == ("clarifies",)
    assert found.ruptures[0].first_strategy == 1
    inside = find_coded_ruptures(coded, replace(rule, after=0))
    assert [r.outcome for r in inside.ruptures] == ["unresolved"] * 3


def test_resolved_by_the_extent_that_was_rated() -> None:
    coded = meeting([1, 3, 1, 1, 3, 1, 3, 1], extent=[NAN, 2, 4, NAN, 2, 1, NAN, NAN])
    rule = SegmentCriteria(resolved_by="extent", least_extent=3)
    found = find_coded_ruptures(coded, rule).ruptures
    assert [r.outcome for r in found] == ["resolved", "unresolved", "censored"]
    assert found[2].reason == "the extent resolved was not rated"


def test_a_window_makes_long_ruptures_unresolved() -> None:
    found = find_coded_ruptures(meeting([1, 3, 3, 3, 1, 3, 1]), SegmentCriteria(within=2)).ruptures
    assert [(r.outcome, r.reason) for r in found] == [
        ("unresolved", "it outlasted the window"),
        ("resolved", ""),
    ]


def test_a_partly_coded_segment_is_missing_unless_it_shows_a_rupture() -> None:
    whole = meeting([1, 1, 1, 1], [1, NAN, 3, 1])
    part = find_coded_ruptures(replace(whole, salience=whole.salience.copy())).states
    assert part.known.tolist() == [True, False, True, True]
    assert part.words() == ["", "missing", "confrontation", ""]


def test_swapping_the_sides_swaps_who_and_nothing_else() -> None:
    one = meeting([1, 3, 1, 1, 1, 1], None, [1, 1, 1, 4, 4, 1])
    other = replace(one, sides=("therapist", "patient"))
    a, b = find_coded_ruptures(one).ruptures, find_coded_ruptures(other).ruptures
    assert a == b
    assert [r.opened_by for r in a] == ["patient", "therapist"]


def test_shifting_the_clock_changes_no_length() -> None:
    values = [1, 3, 3, 1, NAN, 1, 2, 1]
    a = find_coded_ruptures(meeting(values)).ruptures
    b = find_coded_ruptures(meeting(values, start=600.0)).ruptures
    assert [replace(r, onset_s=r.onset_s - 600, end_s=r.end_s - 600) for r in b] == list(a)


def test_uncoded_segments_at_the_end_change_no_share() -> None:
    a = compute_rows([find_coded_ruptures(meeting([1, 3, 1, 2, 1]))])
    b = compute_rows([find_coded_ruptures(meeting([1, 3, 1, 2, 1, NAN, NAN]))])
    for x, y in zip(a, b, strict=True):
        if x.measure != "segments_missing" and x.measure != "segments_coded":
            np.testing.assert_equal(tuple(x), tuple(y))


def test_measures_with_intervals_and_n() -> None:
    found = [
        find_coded_ruptures(meeting([1, 3, 1, 1, 1, 1, 3, 3, 1, 1], name=f"m{at}", dyad=f"d{at}"))
        for at in range(5)
    ]
    found.append(find_coded_ruptures(meeting([1] * 10, name="m5", dyad="d5")))
    rows = {row.measure: row for row in compute_rows(found) if row.level == "all"}
    share = rows["rupture_segment_prop"]
    assert (share.value, share.n) == (15 / 60, 60)
    assert share.low < share.value < share.high
    assert share.interval == "jackknife over dyads"
    assert rows["n_ruptures"].value == 10
    assert rows["ruptures_per_meeting"].value == pytest.approx(10 / 6)
    assert rows["ruptures_per_hour"].value == pytest.approx(10)
    assert rows["rupture_length_q50_segments"].value == 1
    assert rows["opened_by_patient_prop"].value == 1
    single = {r.measure: r for r in compute_rows(found) if r.meeting == "m0"}
    assert "too narrow" in single["rupture_segment_prop"].interval
    assert isnan(single["salience_mean"].low)


def test_no_rupture_at_all_and_one_segment_are_results() -> None:
    for values in ([1.0] * 6, [1.0], [3.0]):
        found = find_coded_ruptures(meeting(values))
        rows = {row.measure: row for row in compute_rows([found]) if row.level == "all"}
        assert rows["n_ruptures"].value == 0
        assert isnan(rows["resolved_prop"].value)
        assert rows["rupture_segment_prop"].value == (values == [3.0])


def test_a_meeting_nobody_coded_has_undefined_shares() -> None:
    found = find_coded_ruptures(meeting([NAN, NAN]))
    rows = {row.measure: row for row in compute_rows([found]) if row.level == "all"}
    assert (rows["segments_coded"].value, rows["segments_missing"].value) == (0, 2)
    assert isnan(rows["rupture_segment_prop"].value)


def test_every_criterion_beside_the_others() -> None:
    coded = meeting([1, 3, 1, 1, 3, 1], strategies={1: "clarifies"})
    assert compare_criteria((coded,), SegmentCriteria()) == [
        ("quiet", 2, 2, 0, 0),
        ("strategy", 2, 1, 1, 0),
    ]


@pytest.mark.parametrize(
    "wrong",
    [{"quiet": 0}, {"within": 0}, {"after": -1}, {"resolved_by": "luck"}, {"strategy_share": 1.5},
     {"threshold": -1}, {"quiet": True}],
)  # fmt: skip
def test_criteria_are_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingError, match=next(iter(wrong))):
        SegmentCriteria(**wrong)  # type: ignore[arg-type]


def test_criteria_say_what_they_are() -> None:
    told = SegmentCriteria(resolved_by="strategy", within=4, quiet=2).describe()
    assert "exceeds 1" in told and "2 coded segments in a row" in told
    assert "strategy was coded" in told and "longer than 4 segments" in told
