"""Pauses, gaps and overlaps: frame by frame, under swaps, gaps and cuts, and beside talk."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.core.intervals import Intervals
from reattune.core.streams import Events
from reattune.coupling import FloorSettings, measure_floor
from reattune.talk.turns import find_turns
from tests import naive_coupling as naive

FRAME_S = 0.25


def speech(who: str, bouts: list[tuple[float, float]], seen: Intervals) -> Events:
    return Events(who, "voice", [a for a, _ in bouts], [b for _, b in bouts], observed=seen)


def random_frames(seed: int, n: int = 400) -> tuple[list[bool], list[bool]]:
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(2):
        edges = np.cumsum(rng.integers(1, 12, 200))
        rows.append([bool(np.searchsorted(edges, t, side="right") % 2) for t in range(n)])
    return rows[0], rows[1]


def to_events(who: str, frames: list[bool], seen: Intervals) -> Events:
    edge = np.diff(np.concatenate([[0], np.array(frames, dtype=int), [0]]))
    bouts = zip(
        np.flatnonzero(edge == 1) * FRAME_S, np.flatnonzero(edge == -1) * FRAME_S, strict=True
    )
    return speech(who, list(bouts), seen)


@pytest.mark.parametrize("seed", range(5))
def test_against_frames(seed: int) -> None:
    one, two = random_frames(seed)
    seen = Intervals([0], [len(one) * FRAME_S])
    floor = measure_floor(to_events("a", one, seen), to_events("b", two, seen))
    expected = naive.floor(one, two)
    ours = [
        (m.kind, m.side, round(m.start_s / FRAME_S), round((m.end_s - m.start_s) / FRAME_S))
        for m in floor.moments
    ]
    assert ours == expected
    assert len(expected) > 20
    both, nobody = (
        sum(a and b for a, b in zip(one, two, strict=True)),
        sum(not (a or b) for a, b in zip(one, two, strict=True)),
    )
    assert floor.overlap_s == pytest.approx(both * FRAME_S)
    assert floor.silence_s == pytest.approx(nobody * FRAME_S)


def test_swapping_partners_swaps_sides_and_the_clock_does_nothing() -> None:
    one, two = random_frames(9)
    seen = Intervals([0], [len(one) * FRAME_S])
    a, b = to_events("a", one, seen), to_events("b", two, seen)
    plain, swapped = measure_floor(a, b, cuts=(31.0,)), measure_floor(b, a, cuts=(31.0,))
    moved = measure_floor(a.shift(256), b.shift(256), cuts=(287.0,))
    assert [(m.kind, 1 - m.side, m.start_s) for m in plain.moments] == [
        (m.kind, m.side, m.start_s) for m in swapped.moments
    ]
    assert [(m.kind, m.side, m.start_s + 256) for m in plain.moments] == [
        (m.kind, m.side, m.start_s) for m in moved.moments
    ]
    assert (plain.n_mixed, plain.n_cut_off) == (moved.n_mixed, moved.n_cut_off)


def test_latencies_agree_with_the_floor_transfers_of_talk() -> None:
    # Bouts that do not nest: there both ways of looking see the same answers.
    rng = np.random.default_rng(2)
    starts = np.cumsum(rng.uniform(2.5, 4, 40))
    ends = starts + rng.uniform(1.5, 4.5, 40)
    ends = np.minimum(ends, np.append(starts[2:], [1e6, 1e6]) - 0.1)
    ends = np.maximum.accumulate(ends) + np.arange(40) * 1e-3
    bouts = list(zip(starts.tolist(), ends.tolist(), strict=True))
    seen = Intervals([0], [float(ends[-1])])
    a, b = speech("a", bouts[::2], seen), speech("b", bouts[1::2], seen)
    floor = measure_floor(a, b)
    offsets = [t.offset_s for t in find_turns((a, b)).transfers]
    assert len(offsets) == 39
    np.testing.assert_allclose(np.sort(floor.latencies()), np.sort(offsets), atol=1e-9)
    assert min(offsets) < 0 < max(offsets)
    assert floor.latencies(0).size + floor.latencies(1).size == 39


def test_nothing_is_followed_across_missing_time_or_a_cut() -> None:
    whole = Intervals([0], [20])
    bouts = [(1.0, 4.0)], [(6.0, 9.0)]
    plain = measure_floor(speech("a", bouts[0], whole), speech("b", bouts[1], whole))
    assert plain.durations("gap", 1).tolist() == [2.0]
    holed = Intervals([0, 5.5], [5, 20])
    apart = measure_floor(speech("a", bouts[0], whole), speech("b", bouts[1], holed))
    assert apart.moments == ()
    assert apart.observed_s == pytest.approx(19.5)
    assert apart.n_cut_off == 4
    cut = measure_floor(*(speech(w, x, whole) for w, x in zip("ab", bouts, strict=True)), cuts=(5,))
    assert cut.moments == ()


def test_a_change_without_silence_is_a_gap_of_zero() -> None:
    seen = Intervals([0], [10])
    floor = measure_floor(speech("a", [(0, 5)], seen), speech("b", [(5, 10)], seen))
    assert [(m.kind, m.side, m.start_s, m.end_s) for m in floor.moments] == [("gap", 1, 5, 5)]
    assert floor.latencies().tolist() == [0]


def test_beginning_at_once_is_mixed() -> None:
    seen = Intervals([0], [10])
    floor = measure_floor(speech("a", [(0, 2), (4, 6)], seen), speech("b", [(4, 8)], seen))
    assert (floor.moments, floor.n_mixed) == ((), 1)


def test_short_silences_may_belong_to_speech() -> None:
    seen = Intervals([0], [10])
    a, b = speech("a", [(0, 2), (2.1, 4), (5, 6)], seen), speech("b", [], seen)
    assert measure_floor(a, b).durations("pause").size == 2
    kept = measure_floor(a, b, settings=FloorSettings(0.2)).durations("pause")
    assert kept.tolist() == [1]


def test_identical_streams_and_silence() -> None:
    seen = Intervals([0], [10])
    a = speech("a", [(1, 3), (5, 6)], seen)
    same = measure_floor(a, speech("b", [(1, 3), (5, 6)], seen))
    assert same.moments == ()
    assert (same.overlap_s, same.silence_s) == (3, 7)
    silent = measure_floor(speech("a", [], seen), speech("b", [], seen))
    assert (silent.moments, silent.silence_s, silent.n_cut_off) == ((), 10, 1)
    nobody = measure_floor(speech("a", [], Intervals()), speech("b", [], seen))
    assert nobody.observed_s == 0
    assert nobody.latencies().size == 0
    assert "nan" in nobody.summary()


def test_results_can_be_written_down() -> None:
    seen = Intervals([0], [10])
    floor = measure_floor(speech("a", [(0, 2)], seen), speech("b", [(3, 4)], seen))
    frame = floor.to_frame()
    assert frame.iloc[0].to_dict() == {
        "kind": "gap",
        "partner": "b",
        "start_s": 2.0,
        "end_s": 3.0,
        "duration_s": 1.0,
    }
    assert floor.to_dict()["moments"][0]["kind"] == "gap"
    with pytest.raises(SettingError):
        FloorSettings(-1)
