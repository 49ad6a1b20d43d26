"""Sequences of ruptures and strategies: counts, residuals, and the test against rotation."""

from __future__ import annotations

import csv
from math import isnan
from pathlib import Path

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.segment_codes import NamedSequence, find_coded_ruptures, read_coded_meetings
from reattune.segment_codes import rotation as rotate
from reattune.segment_codes import sequences as named
from reattune.segment_codes.states import SegmentStates
from reattune.segment_codes.transitions import (
    ANY_RUPTURE,
    Streams,
    adjusted_residual,
    count_transitions,
)
from tests import naive_segments as naive

from .made_segments import STRATEGIES, made_rows, made_streams, write_rows


def cell(test: rotate.SequenceTest, given: str, target: str, lag: int) -> object:
    (found,) = [c for c in test.cells if (c.given, c.target, c.lag) == (given, target, lag)]
    return found


@pytest.mark.parametrize("seed", range(4))
def test_counts_against_pairs_one_by_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    streams = made_streams(rng, meetings=3, segments=25, missing=0.15)
    for found in count_transitions(streams, (0, 1, 3)):
        if found.block == "relief":
            continue
        sums = np.zeros(4, dtype=int)
        for s in streams:
            calm = s.known & ~s.any_rupture
            target = calm if found.block == "course" else s.strategies[found.target]
            sums += naive.count_pairs(s.ruptures[found.given], target, s.known, found.lag)
        assert (found.count, found.n_given, found.n_target, found.n) == tuple(sums)


def test_after_a_strategy_only_rupture_segments_count() -> None:
    rng = np.random.default_rng(1)
    streams = made_streams(rng, meetings=3, segments=25)
    for found in count_transitions(streams, (1,)):
        if found.block != "relief":
            continue
        f = r = c = n = 0
        for s in streams:
            for at in range(24):
                if s.any_rupture[at]:
                    n += 1
                    here, calm = s.strategies[found.given][at], not s.any_rupture[at + 1]
                    f, r, c = f + (here and calm), r + here, c + calm
        assert (found.count, found.n_given, found.n_target, found.n) == (f, r, c, n)


def test_residual_of_a_known_table(shared: Path) -> None:
    """64 couples, ten-second codes: the first sequence at t, the second at t + 1, pooled."""
    path = shared / "formats" / "couples" / "CouplesCope.csv"
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    streams = []
    for row in rows:
        a = np.array([float(row[f"IKCB{at:02d}"]) == 1 for at in range(1, 49)])
        b = np.array([float(row[f"DCCB{at:02d}"]) == 1 for at in range(1, 49)])
        streams.append(Streams(np.ones(48, dtype=np.bool_), {"ik": a}, {"dc": b}))
    (found,) = [c for c in count_transitions(streams, (1,)) if c.block == "answer"]
    assert (found.count, found.n) == (1508, 3008)
    assert found.residual == pytest.approx(29.551, abs=5e-4)


def test_a_residual_without_variation_is_not_defined() -> None:
    assert isnan(adjusted_residual(0, 0, 5, 10))
    assert isnan(adjusted_residual(5, 5, 10, 10))


@pytest.mark.parametrize("seed", range(3))
def test_p_is_that_of_every_rotation(seed: int) -> None:
    rng = np.random.default_rng([5, seed])
    streams = made_streams(rng, meetings=1, segments=60, missing=0.1)
    test = rotate.test_transitions(streams, (1, 2), rng=rng, n=99)
    assert test.exact
    tested = [c for c in test.tested if c.block == "answer"]
    assert tested
    for c in tested:
        s = streams[0]
        counts = naive.rotation_counts(
            [(s.ruptures[c.given], s.strategies[c.target], s.known)], c.lag
        )
        assert counts[0] == c.count
        # The relief block turns along as well, so that each alignment stands several times.
        assert c.p == pytest.approx(naive.two_sided(c.count, counts), abs=1e-9)


def test_rotation_keeps_every_strategy_as_often_as_it_was() -> None:
    rng = np.random.default_rng(2)
    (s,) = made_streams(rng, meetings=1, segments=40, missing=0.2)
    at = rotate.places(s, "all")
    turned = rotate.turn(s.strategies[STRATEGIES[0]], at)
    assert turned.shape == (at.size, 40)
    assert (turned[0] == s.strategies[STRATEGIES[0]]).all()
    assert (turned.sum(axis=1) == s.strategies[STRATEGIES[0]].sum()).all()
    assert not turned[:, ~s.known].any()


def test_strategies_coded_in_ruptures_only_turn_along_them() -> None:
    rng = np.random.default_rng(3)
    streams = made_streams(rng, tied=True)
    test = rotate.test_transitions(streams, (1,), rng=rng, n=99)
    assert test.along == "ruptures"
    assert "W_ALONG" in test.warnings
    turned = rotate.turn(
        streams[0].strategies[STRATEGIES[0]], rotate.places(streams[0], "ruptures")
    )
    assert not turned[:, ~streams[0].any_rupture].any()


def test_a_strategy_that_goes_with_ruptures_is_not_taken_for_relief() -> None:
    """Strategies mostly in rupture segments, at random moments of them: no relief is planted."""
    hits = 0
    for seed in range(25):
        rng = np.random.default_rng([8, seed])
        streams = []
        for s in made_streams(rng, meetings=8, segments=30):
            on = (s.any_rupture & (rng.random(30) < 0.5)) | (rng.random(30) < 0.03)
            streams.append(Streams(s.known, s.ruptures, {"clarifies": on & s.known}))
        test = rotate.test_transitions(streams, (1,), rng=rng, n=99)
        assert test.along == "all"
        hits += cell(test, "clarifies", "no rupture", 1).p <= 0.05  # type: ignore[attr-defined]
    assert hits <= 5


def test_a_planted_contingency_is_found_and_the_others_are_not() -> None:
    found = 0
    for seed in range(10):
        rng = np.random.default_rng([9, seed])
        streams = made_streams(rng, planted=0.6)
        test = rotate.test_transitions(streams, (1, 2), rng=rng, n=199)
        found += cell(test, "withdrawal", STRATEGIES[0], 1).p_max <= 0.05  # type: ignore[attr-defined]
        other = cell(test, "confrontation", STRATEGIES[2], 1)
        assert other.refused or other.p_max > 0.05  # type: ignore[attr-defined]
    assert found >= 9


def test_ruptures_of_one_kind_to_no_rupture_have_no_p() -> None:
    rng = np.random.default_rng(4)
    test = rotate.test_transitions(made_streams(rng), (1,), rng=rng, n=49)
    course = [c for c in test.cells if c.block == "course"]
    assert course and all(c.refused == "R_SAME" and isnan(c.p) for c in course)


def test_too_little_is_refused_with_the_reason() -> None:
    rng = np.random.default_rng(5)
    few = rotate.test_transitions(made_streams(rng, meetings=1, segments=8), (1,), rng=rng, n=49)
    assert not few.tested
    assert {c.refused for c in few.cells if c.block == "answer"} == {"R_SHIFTS"}
    assert "40 different alignments" in few.verdict(few.cells[0])
    rare = made_streams(rng, meetings=6, segments=30)
    on = np.zeros(30, dtype=np.bool_)
    on[3] = True
    nothing = np.zeros(30, dtype=np.bool_)
    streams = [Streams(s.known, s.ruptures, {"x": on if at == 0 else nothing})
               for at, s in enumerate(rare)]  # fmt: skip
    test = rotate.test_transitions(streams, (1,), rng=rng, n=49)
    assert {c.refused for c in test.cells if c.block == "answer"} <= {"R_RUNS", "R_SHIFTS"}


def test_without_surrogates_everything_is_described() -> None:
    rng = np.random.default_rng(6)
    test = rotate.test_transitions(made_streams(rng), (1,), rng=rng, n=0)
    assert not test.tested and test.n_drawn == 0
    assert any(c.count for c in test.cells)


def test_no_strategies_no_test() -> None:
    known = np.ones(20, dtype=np.bool_)
    on = np.arange(20) % 5 == 0
    streams = [Streams(known, {"withdrawal": on}, {})]
    test = rotate.test_transitions(streams, (1,), rng=np.random.default_rng(1), n=49)
    assert [c.block for c in test.cells] == ["course"]


def test_the_corrected_p_is_never_below_what_one_sequence_needs() -> None:
    rng = np.random.default_rng(7)
    test = rotate.test_transitions(made_streams(rng, planted=0.5), (1, 2), rng=rng, n=199)
    p = np.array([(c.p, c.p_max) for c in test.tested])
    assert (p[:, 1] >= 1 / 200 - 1e-12).all() and (p[:, 1] <= 1).all()
    # Two-sided p of one cell is about twice its share in one tail; the correction is over 28.
    assert (p[:, 1] >= p[:, 0] / 2 - 1e-9).all()


def test_same_seed_same_result_and_meetings_in_any_order_count_alike() -> None:
    streams = made_streams(np.random.default_rng(8))
    one, two = (
        rotate.test_transitions(streams, (1,), rng=np.random.default_rng(1), n=99).cells
        for _ in range(2)
    )
    assert one == two
    back = count_transitions(streams[::-1], (1,))
    assert back == count_transitions(streams, (1,))


# -- named sequences ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> list[SegmentStates]:
    path = write_rows(tmp_path_factory.mktemp("made") / "made.csv", made_rows(segments=24))
    return [find_coded_ruptures(m).states for m in read_coded_meetings(path, {"segment_s": 120})]


@pytest.mark.parametrize("within", [1, 2, 4])
def test_a_sequence_is_counted_once_per_run(states: list[SegmentStates], within: int) -> None:
    names = ("withdrawal", "any strategy", "no rupture")
    found = named.test_sequence(
        states, NamedSequence("path", names, within), rng=np.random.default_rng(1), n=0
    )
    for depth in (1, 2, 3):
        expected = sum(
            naive.count_sequence([named.find_state(m, n) for n in names[:depth]], within)
            for m in states
        )
        assert found.reached[depth - 1] == expected
    assert found.refused == "R_NONE"


def test_a_planted_path_is_above_chance(states: list[SegmentStates]) -> None:
    path = NamedSequence("answered", ("withdrawal", "any strategy"), 1)
    found = named.test_sequence(states, path, rng=np.random.default_rng(1), n=199)
    assert found.count > found.null_high
    assert "more than chance gives" in found.verdict()


def test_sequences_come_as_data(states: list[SegmentStates]) -> None:
    made = named.make_sequences(
        {"a": ["withdrawal", "clarifies"], "b": {"states": ["confrontation", "x"], "within": 3}}
    )
    assert made[0] == NamedSequence("a", ("withdrawal", "clarifies"))
    assert made[1].within == 3
    with pytest.raises(SettingError, match=r"a state of the table.*Did you mean"):
        named.find_state(states[0], "clarfies")
    for wrong in ({"a": "withdrawal"}, {"a": ["withdrawal"]}, 3):
        with pytest.raises(SettingError):
            named.make_sequences(wrong)


def test_a_window_longer_than_the_meeting_is_no_error() -> None:
    on = np.array([[True, False, True]])
    assert named._follow([on, on], 9).tolist() == [1]


# -- calibration -------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "plan",
    [{}, {"tied": True}, {"missing": 0.15}, {"meetings": 2, "segments": 40},
     {"meetings": 20, "segments": 10}],
)  # fmt: skip
def test_false_positives_are_as_many_as_meant(plan: dict[str, object]) -> None:
    """Codes in runs, unrelated: at .05 the table is rejected in .02 to .08 of 300 samples."""
    rejected = tables = 0
    for seed in range(300):
        rng = np.random.default_rng([11, seed])
        test = rotate.test_transitions(made_streams(rng, **plan), (1, 2), rng=rng, n=199)  # type: ignore[arg-type]
        if test.tested:
            tables += 1
            rejected += min(c.p_max for c in test.tested) <= 0.05
    assert tables > 280
    assert 0.02 <= rejected / tables <= 0.08


def test_any_rupture_is_its_own_row() -> None:
    (s,) = made_streams(np.random.default_rng(1), meetings=1)
    assert ANY_RUPTURE in s.ruptures
