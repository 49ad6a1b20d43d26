"""Rotations and their statistics against a tick-by-tick twin that imports nothing it checks."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.core.criteria import Criteria
from reattune.core.pair import MatchTable, Pair
from reattune.core.steps import Steps
from reattune.surrogates import STATISTICS, expected, rotated_pair
from reattune.surrogates.components import count, count_pair
from reattune.surrogates.ticks import to_ticks

NAN, INF = float("nan"), float("inf")
SMALL = settings(max_examples=100, deadline=None, derandomize=True)


# -- the twin: lists of codes, one per tick ---------------------------------------------------


def naive_rotate(
    codes: list[int], edges: list[int], offsets: list[int], cuts: set[int], seam_cuts: bool
) -> tuple[list[int], set[int]]:
    """The stream turned inside blocks, and every cut that then holds."""
    moved = list(codes)
    new_cuts = set(cuts) | set(edges[1:-1])
    for begin, end, offset in zip(edges, edges[1:], offsets, strict=False):
        length = end - begin
        for t in range(begin, end):
            moved[begin + (t - begin + offset) % length] = codes[t]
        for c in cuts:
            if begin <= c < end:
                new_cuts.add(begin + (c - begin + offset) % length)
        if seam_cuts and offset % length:
            new_cuts.add(begin + offset % length)
    return moved, new_cuts - {0}


def naive_statistics(
    x: list[int],
    y: list[int],
    match: list[list[int]],
    cuts: set[int],
    unit_s: float,
    min_rupture_s: float = 0.0,
    merge_gap_s: float = 0.0,
) -> dict[str, float]:
    n = len(x)
    state = [match[a][b] if a >= 0 and b >= 0 else -1 for a, b in zip(x, y, strict=True)]
    seen = [t for t in range(n) if state[t] >= 0]
    out = dict.fromkeys(STATISTICS, NAN)
    if not seen:
        return out | {"excess_repairs": NAN, "expected_prop": NAN, "expected_repairs": NAN}
    v = len(seen) * unit_s
    p = {a: sum(x[t] == a for t in seen) / len(seen) for a in range(len(match))}
    q = {b: sum(y[t] == b for t in seen) / len(seen) for b in range(len(match[0]))}
    pairs = [(a, b) for a in p for b in q if match[a][b] >= 0]
    weight = sum(p[a] * q[b] for a, b in pairs)
    e_share = sum(p[a] * q[b] for a, b in pairs if match[a][b] == 1) / weight
    e_repairs = 0.0
    for t in range(1, n):
        if t in cuts or state[t] < 0 or state[t - 1] < 0:
            continue
        a0, a1, b0, b1 = x[t - 1], x[t], y[t - 1], y[t]
        if a0 != a1:
            both = [b for b in q if match[a0][b] >= 0 and match[a1][b] >= 0]
            gain = sum(q[b] for b in both if match[a0][b] == 0 and match[a1][b] == 1)
            if sum(q[b] for b in both) > 0:
                e_repairs += gain / sum(q[b] for b in both)
        if b0 != b1:
            both = [a for a in p if match[a][b0] >= 0 and match[a][b1] >= 0]
            gain = sum(p[a] for a in both if match[a][b0] == 0 and match[a][b1] == 1)
            if sum(p[a] for a in both) > 0:
                e_repairs += gain / sum(p[a] for a in both)
    # Stretches without missing time and cuts, each a list of [state, ticks].
    stretches: list[list[list[int]]] = []
    for t in range(n):
        if state[t] < 0:
            continue
        if not stretches or t in cuts or t == 0 or state[t - 1] < 0:
            stretches.append([])
        if stretches[-1] and stretches[-1][-1][0] == state[t]:
            stretches[-1][-1][1] += 1
        else:
            stretches[-1].append([state[t], 1])
    stretches = [naive_fill(s, 1, merge_gap_s, unit_s) for s in stretches]
    stretches = [naive_fill(s, 0, min_rupture_s, unit_s) for s in stretches]
    m = sum(ticks for s in stretches for value, ticks in s if value == 1) * unit_s
    u = sum(ticks for s in stretches for value, ticks in s if value == 0) * unit_s
    repairs = sum(value == 1 for s in stretches for value, _ in s[1:])
    ruptures = sum(value == 0 for s in stretches for value, _ in s[1:])
    entered = [
        (ticks * unit_s, k + 1 < len(s))
        for s in stretches
        for k, (value, ticks) in enumerate(s)
        if value == 0 and k > 0
    ]
    share = sum(state[t] == 1 for t in seen) / len(seen)
    at_risk = v * (1 - e_share)
    chance = e_repairs / at_risk if at_risk > 1e-15 else NAN
    hazard = repairs / u if u else NAN
    out["matched_prop"] = share
    out["match_kappa"] = (share - e_share) / (1 - e_share) if 1 - e_share > 1e-15 else NAN
    out["repair_hazard_per_s"] = hazard
    out["rupture_hazard_per_s"] = ruptures / m if m else NAN
    out["repair_ratio"] = hazard / chance if chance > 1e-15 else NAN
    out["excess_repairs"] = repairs - chance * u
    out["repairs_per_min"] = 60 * repairs / v
    for name, level in (("q25", 0.75), ("q50", 0.5), ("q75", 0.25)):
        out[f"repair_latency_{name}_s"] = naive_quantile(entered, level)
    for horizon in (1, 3, 5, 10):
        out[f"repaired_within_{horizon}s"] = naive_within(entered, horizon)
    return out | {"expected_prop": e_share, "expected_repairs": e_repairs}


def naive_fill(runs: list[list[int]], which: int, below_s: float, unit_s: float) -> list[list[int]]:
    made: list[list[int]] = []
    for k, (value, ticks) in enumerate(runs):
        inner = 0 < k < len(runs) - 1
        short = inner and value == which and ticks * unit_s < below_s - 1e-9
        new = 1 - value if short else value
        if made and made[-1][0] == new:
            made[-1][1] += ticks
        else:
            made.append([new, ticks])
    return made


def naive_survival(entered: list[tuple[float, bool]], time: float) -> float:
    s = 1.0
    for t in sorted({d for d, repaired in entered if repaired and d <= time + 1e-9}):
        at_risk = sum(d >= t - 1e-9 for d, _ in entered)
        events = sum(repaired and abs(d - t) < 1e-9 for d, repaired in entered)
        s = 0.0 if events == at_risk else s * (1 - events / at_risk)
    return s


def naive_quantile(entered: list[tuple[float, bool]], level: float) -> float:
    if not entered:
        return NAN
    times = sorted(d for d, _ in entered)
    return next((t for t in times if naive_survival(entered, t) <= level + 1e-12), INF)


def naive_within(entered: list[tuple[float, bool]], horizon: float) -> float:
    if not entered:
        return NAN
    s = naive_survival(entered, horizon)
    last = max(d for d, _ in entered)
    beyond = horizon > last + 1e-9
    return NAN if beyond and s > 0 else 1 - s


# -- cases -------------------------------------------------------------------------------------


@st.composite
def cases(draw: st.DrawFn) -> dict[str, object]:
    kx, ky = draw(st.integers(2, 4)), draw(st.integers(2, 3))
    n = draw(st.integers(2, 45))
    unit_s = draw(st.sampled_from([0.04, 1 / 30, 0.5, 1.0, 2.0]))

    def stream(k: int) -> list[int]:
        runs = draw(
            st.lists(st.tuples(st.integers(-1, k - 1), st.integers(1, 6)), min_size=1, max_size=15)
        )
        codes = [code for code, ticks in runs for _ in range(ticks)]
        return (codes * n)[:n]

    n_blocks = draw(st.integers(1, min(3, n)))
    inner = draw(
        st.lists(st.integers(1, n - 1), min_size=n_blocks - 1, max_size=n_blocks - 1, unique=True)
    )
    edges = [0, *sorted(inner), n]
    return {
        "x": stream(kx),
        "y": stream(ky),
        "match": draw(
            st.lists(
                st.lists(st.sampled_from([0, 0, 1, 1, -1]), min_size=ky, max_size=ky),
                min_size=kx,
                max_size=kx,
            )
        ),
        "unit_s": unit_s,
        "edges": edges,
        "offsets": [draw(st.integers(0, b - a - 1)) for a, b in pairwise(edges)],
        "cuts": set(draw(st.lists(st.integers(1, n - 1), max_size=2))),
        "seam": draw(st.sampled_from(["cut", "join"])),
        "min_rupture_s": draw(st.sampled_from([0.0, 0.0, 2.0])) * unit_s,
        "merge_gap_s": draw(st.sampled_from([0.0, 0.0, 3.0])) * unit_s,
        "start_s": draw(st.sampled_from([0.0, 3.0, 17.36])),
    }


def steps_from(codes: list[int], unit_s: float, start_s: float) -> Steps:
    values = np.array(codes)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(values)) + 1])
    edges = np.append(starts, values.size)
    return Steps(np.round(start_s + edges * unit_s, 10), values[starts])


def pair_from(case: dict) -> Pair:
    match = np.array(case["match"], dtype=np.int64)
    states = tuple(tuple(str(i) for i in range(k)) for k in match.shape)
    table = MatchTable(
        "drawn", (states[0], states[1]), match, np.zeros(match.shape), np.zeros(match.shape, bool)
    )
    x, y = (steps_from(case[side], case["unit_s"], case["start_s"]) for side in "xy")
    cuts = tuple(round(case["start_s"] + c * case["unit_s"], 10) for c in sorted(case["cuts"]))
    return Pair(("a", "b"), x, y, table, (case["unit_s"], case["unit_s"]), cuts)


def assert_same(found: dict[str, float], wanted: dict[str, float]) -> None:
    for name in STATISTICS:
        got, want = found[name], wanted[name]
        if math.isnan(want):
            assert math.isnan(got), name
        elif math.isinf(want):
            assert got == want, name
        else:
            assert got == pytest.approx(want, rel=1e-9, abs=1e-9), name


# -- laws --------------------------------------------------------------------------------------


@SMALL
@given(cases())
def test_kernel_equals_twin(case: dict) -> None:
    pair = pair_from(case)
    criteria = Criteria(min_rupture_s=case["min_rupture_s"], merge_gap_s=case["merge_gap_s"])
    moved, cuts = naive_rotate(
        case["y"], case["edges"], case["offsets"], case["cuts"], case["seam"] == "cut"
    )
    wanted = naive_statistics(
        case["x"],
        moved,
        case["match"],
        cuts,
        case["unit_s"],
        case["min_rupture_s"],
        case["merge_gap_s"],
    )
    counted = count(
        to_ticks(pair),
        blocks=np.array(case["edges"]),
        offsets=np.array([case["offsets"]]),
        seam=case["seam"],
        criteria=criteria,
    )
    assert_same({k: float(v[0]) for k, v in counted.statistics().items()}, wanted)
    if not math.isnan(wanted["expected_prop"]):
        assert counted.expected_prop[0] == pytest.approx(wanted["expected_prop"], rel=1e-9)
        assert counted.expected_repairs[0] == pytest.approx(wanted["expected_repairs"], rel=1e-9)


@SMALL
@given(cases())
def test_rotated_pair_is_what_the_kernel_counts(case: dict) -> None:
    """An ordinary pair with cuts, evaluated as data, gives the surrogate's values."""
    pair = pair_from(case)
    edges, offsets = np.array(case["edges"]), np.array(case["offsets"])
    turned = rotated_pair(pair, offsets, edges=edges, seam=case["seam"])
    moved, cuts = naive_rotate(
        case["y"], case["edges"], case["offsets"], case["cuts"], case["seam"] == "cut"
    )
    unit_s, start_s = case["unit_s"], case["start_s"]
    assert turned.cuts == tuple(round(start_s + c * unit_s, 10) for c in sorted(cuts))
    middles = start_s + (np.arange(len(moved)) + 0.5) * unit_s
    assert turned.y.at(middles).tolist() == moved
    assert turned.x.at(middles).tolist() == case["x"]
    inside = count(
        to_ticks(pair), blocks=edges, offsets=offsets[None, :], seam=case["seam"]
    ).statistics()
    outside = count_pair(turned).statistics()
    for name in STATISTICS:
        np.testing.assert_allclose(outside[name], inside[name], rtol=1e-12, atol=1e-12)


@SMALL
@given(cases())
def test_analytic_chance_agrees_with_kernel_and_twin(case: dict) -> None:
    pair = pair_from(case)
    wanted = naive_statistics(case["x"], case["y"], case["match"], case["cuts"], case["unit_s"])
    found = expected(pair)
    if math.isnan(wanted["expected_prop"]):
        assert math.isnan(found.expected_prop)
        return
    assert found.expected_prop == pytest.approx(wanted["expected_prop"], rel=1e-9)
    assert found.expected_repairs == pytest.approx(wanted["expected_repairs"], rel=1e-9)
    counted = count_pair(pair)
    np.testing.assert_allclose(
        found.expected_repair_hazard_per_s, counted.expected_hazard_per_s[0], rtol=1e-9
    )


@SMALL
@given(cases())
def test_rotation_keeps_each_partners_own_time(case: dict) -> None:
    pair = pair_from(case)
    turned = rotated_pair(pair, case["offsets"], edges=np.array(case["edges"]))
    for side in ("x", "y"):
        before, after = getattr(pair, side), getattr(turned, side)
        for code in range(-1, 4):
            assert after.durations[after.codes == code].sum() == pytest.approx(
                before.durations[before.codes == code].sum(), abs=1e-6
            )


@SMALL
@given(cases())
def test_rotating_by_nothing_in_one_block_changes_nothing(case: dict) -> None:
    pair = pair_from(case)
    here = count_pair(pair).statistics()
    there = count(to_ticks(pair), offsets=np.zeros((2, 1), dtype=np.int64)).statistics()
    for name in STATISTICS:
        np.testing.assert_array_equal(there[name], np.repeat(here[name], 2))
