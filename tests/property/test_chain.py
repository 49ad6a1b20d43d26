"""Rule -> ruptures -> measures: against the frame-by-frame twin, and the laws it must obey."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.core.attunement import Attunement
from reattune.core.criteria import Criteria
from reattune.core.intervals import Intervals
from reattune.core.session import Session
from reattune.core.streams import Events
from reattune.measures import Tally, Value, compute_measures, make_tally, pool_tallies
from reattune.repair import find_ruptures
from reattune.rules import Contact, OwnTable, Rule, StateMatch

from .. import naive
from .strategies import CODES, PARTNERS, Coded, coded, frame_lists, own_tables, runs_of, transpose

small = partial(settings, deadline=None, derandomize=True)
NAMES = dict(zip(("<first>", "<second>"), PARTNERS, strict=True))
CHANCE = ("expected_", "match_kappa", "repair_ratio", "excess")
EQUAL = OwnTable(tuple((c, c) for c in CODES))


def tally_of(
    session: Session,
    rule: Rule,
    criteria: Criteria | None = None,
    window: tuple[float, float] | None = None,
) -> Tally:
    attunement = rule(session, window)
    ruptures = find_ruptures(attunement, criteria)
    return make_tally(attunement, ruptures, find_ruptures(attunement))


def same(got: float, wanted: float) -> bool:
    return got == pytest.approx(wanted, rel=1e-9, abs=1e-11, nan_ok=True)


def differences(
    one: dict[str, Value], two: dict[str, Value], *, leave_out: tuple[str, ...] = ()
) -> list[tuple[str, Value, Value]]:
    return [
        (name, value, two[name])
        for name, value in one.items()
        if not name.startswith(leave_out or ("-",))
        and not all(same(a, b) for a, b in zip(value, two[name], strict=True))
    ]


# -- the naive twin --------------------------------------------------------------------------------


def to_events(frames: tuple[str | None, ...], tick_s: float) -> tuple[list, list]:
    """Events, and spans that could not be coded: a missing run is laid over the code before it."""
    events, uncodable = [], []
    before = "a"
    for first, last, code in runs_of(frames):
        if code is None:
            uncodable.append((first * tick_s, last * tick_s))
        before = code or before
        events.append((first * tick_s, last * tick_s, before))
    return events, uncodable


def ask_table(table: OwnTable) -> tuple:
    """match, distance and negative of a table, as questions about two codes."""

    def listed(pairs: tuple, a: str, b: str) -> bool:
        return any(first in ("*", a) and second in ("*", b) for first, second in pairs)

    def match(a: str, b: str) -> bool | None:
        return None if listed(table.excluded, a, b) else listed(table.match, a, b)

    def distance(a: str, b: str) -> float:
        order = table.order
        if match(a, b):
            return 0.0
        if len(order) > 1 and a in order and b in order:
            return abs(order.index(a) - order.index(b)) / (len(order) - 1)
        return 1.0

    def negative(a: str, b: str) -> bool:
        return a in table.negative and b in table.negative

    return match, distance, negative


def twin(data: Coded, table: OwnTable, window: tuple[int, int], **options: object) -> naive.Session:
    match, distance, negative = ask_table(table)
    named = {c for pair in (*table.match, *table.excluded) for c in pair}
    shown = {c for c in (*data.first, *data.second) if c is not None}
    codes = sorted(named | shown | set(table.order))
    frames = []
    for who, stream in enumerate((data.first, data.second)):

        def look(own: str, other: str, who: int = who) -> tuple:
            pair = (own, other) if who == 0 else (other, own)
            known = match(*pair) is not None
            return (match(*pair), match(*pair) is False and distance(*pair), negative(*pair), known)

        alike = naive.merge_alike(codes, codes, look)
        events, uncodable = to_events(stream, data.tick_s)
        looked_up = naive.frame_codes(events, uncodable, range(*window), data.tick_s)
        frames.append([None if c is None else alike[c] for c in looked_up])
    knows = len(set(table.negative) & set(codes)) > 0
    return naive.Session(
        *frames,
        match,
        frame_s=data.tick_s,
        start=window[0],
        distance=distance,
        negative=negative if knows else None,
        cuts=data.cuts,
        **options,
    )


@small(max_examples=150)
@given(
    data=coded(),
    table=own_tables(),
    tie=st.integers(0, 2),
    merge_gap=st.sampled_from((0, 0, 2, 4)),
    min_rupture=st.sampled_from((0, 0, 2, 4)),
    repair_window=st.sampled_from((None, None, 3, 6)),
    shares=st.tuples(st.floats(0, 0.4), st.floats(0.6, 1)),
)
def test_the_fast_chain_equals_the_frame_by_frame_twin(
    data: Coded,
    table: OwnTable,
    tie: int,
    merge_gap: int,
    min_rupture: int,
    repair_window: int | None,
    shares: tuple[float, float],
) -> None:
    n, tick = len(data.first), data.tick_s
    window = (int(shares[0] * n), max(int(shares[0] * n) + 1, int(shares[1] * n)))
    slow = twin(
        data,
        table,
        window,
        tie=tie,
        merge_gap=merge_gap,
        min_rupture=min_rupture,
        repair_window=repair_window,
    )
    criteria = Criteria(
        min_rupture * tick, merge_gap * tick, tie * tick, repair_window and repair_window * tick
    )
    attunement = StateMatch("state", table)(data.session(), (window[0] * tick, window[1] * tick))
    fast = find_ruptures(attunement, criteria)
    words = {"": "", "both": "both", **NAMES}
    assert [
        (r.onset, r.end, r.entered, r.outcome, r.reason, r.by, r.repaired_by) for r in fast
    ] == [
        (
            s["onset"],
            s["end"],
            s["entered"],
            s["outcome"],
            s["reason"],
            words[s["by"]],
            words[s["repaired_by"]],
        )
        for s in slow.ruptures
    ]
    assert [r.depth for r in fast] == [s["depth"] for s in slow.ruptures]
    assert np.allclose([r.area for r in fast], [s["area"] for s in slow.ruptures], 1e-9, 1e-12)
    got = compute_measures(make_tally(attunement, fast, find_ruptures(attunement)))
    wanted = slow.measures_with_limits()
    codes_seen_apart = attunement.pair.table.match.shape
    one_sided = min(codes_seen_apart) == 1 < max(codes_seen_apart)
    assert len(got) == len(wanted)
    for name, (value, *limits) in wanted.items():
        # A table that sees no difference between one partner's codes leaves nothing to chance.
        expected = np.nan if one_sided and name.startswith(CHANCE) else value
        full = name.replace("<first>", PARTNERS[0]).replace("<second>", PARTNERS[1])
        assert same(got[full].value, expected), (name, got[full], expected)
        assert got[full][1:3] == pytest.approx(tuple(limits), rel=1e-6, abs=1e-9, nan_ok=True), name


@small(max_examples=60)
@given(
    voice=st.integers(1, 60).flatmap(lambda n: frame_lists(n, ("on", "off", "off"))),
    patience=st.integers(1, 12),
    tick=st.sampled_from((1 / 30, 0.04, 1.0)),
)
def test_contact_equals_its_twin(voice: tuple[str | None, ...], patience: int, tick: float) -> None:
    on = [(a * tick, b * tick) for a, b, code in runs_of(voice) if code == "on"]
    seen = [(a * tick, b * tick) for a, b, code in runs_of(voice) if code is not None]
    stream = Events(
        "adult",
        "voice",
        [a for a, _ in on],
        [b for _, b in on],
        observed=Intervals.from_pairs(seen),
        tick_s=tick,
    )
    session = Session("s", PARTNERS, (0, len(voice) * tick), (stream,))
    attunement = Contact("voice", patience * tick, partners=("adult",))(session)
    codes = naive.contact_codes(voice, patience)
    slow = naive.Session(["any"] * len(codes), codes, lambda a, b: b == "in", frame_s=tick)
    assert attunement.matched.total == pytest.approx(slow.state.count("match") * tick)
    assert attunement.mismatched.total == pytest.approx(slow.state.count("mismatch") * tick)
    fast = find_ruptures(attunement, Criteria(tie_s=0))
    assert np.allclose(
        [(r.onset, r.end) for r in fast] or np.empty((0, 2)),
        [(s["onset"], s["end"]) for s in slow.ruptures] or np.empty((0, 2)),
        rtol=0,
        atol=1e-9,
    )
    assert [(r.entered, r.outcome, r.reason) for r in fast] == [
        (s["entered"], s["outcome"], s["reason"]) for s in slow.ruptures
    ]


# -- laws ------------------------------------------------------------------------------------------


@small(max_examples=60)
@given(data=coded(), table=own_tables())
def test_matched_and_mismatched_make_up_the_observed_time(data: Coded, table: OwnTable) -> None:
    attunement = StateMatch("state", table)(data.session())
    assert not attunement.matched & attunement.mismatched
    assert attunement.observed == attunement.unobserved.complement(*attunement.window)
    tally = tally_of(data.session(), StateMatch("state", table))
    assert same(tally.matched_s + tally.mismatched_s, attunement.observed.total)
    assert tally.observed_s == tally.matched_s + tally.mismatched_s


def swapped(values: dict[str, Value]) -> dict[str, Value]:
    """The names of the two partners exchanged; their values stay."""
    other = {
        name: name.replace(a, b)
        for a, b in (PARTNERS, PARTNERS[::-1])
        for name in values
        if a in name
    }
    return {other.get(name, name): value for name, value in values.items()}


@small(max_examples=60)
@given(data=coded(), table=own_tables())
def test_swapping_the_partners_changes_nothing(data: Coded, table: OwnTable) -> None:
    session, rule = data.session(), StateMatch("state", table)
    turned = StateMatch("state", transpose(table))
    one = find_ruptures(rule(session))
    two = find_ruptures(turned(session.swap()))
    # Names are of persons, not of places: who opened and who repaired stay the same persons.
    assert list(one) == list(two)
    values = compute_measures(tally_of(session, rule))
    assert differences(values, compute_measures(tally_of(session.swap(), turned))) == []
    # And exchanging who showed what exchanges exactly the shares that name a partner.
    mirrored = replace(data, first=data.second, second=data.first).session()
    assert differences(swapped(values), compute_measures(tally_of(mirrored, turned))) == []


@small(max_examples=50)
@given(data=coded())
def test_symmetric_presets_do_not_ask_who_is_first(data: Coded) -> None:
    session = data.session()
    one, two = (find_ruptures(StateMatch("state")(s)) for s in (session, session.swap()))
    assert list(one) == list(two)
    pair = StateMatch("state").read(session)
    again = StateMatch("state").judge(pair.swap())
    assert list(find_ruptures(again)) == list(one)


@small(max_examples=60)
@given(data=coded(), shift=st.sampled_from((-3600.0, 0.017, 12.5, 86400.3)))
def test_shifting_the_clock_changes_no_duration(data: Coded, shift: float) -> None:
    session, rule = data.session(), StateMatch("state")
    moved = session.shift(shift)
    one, two = find_ruptures(rule(session)), find_ruptures(rule(moved))
    assert np.allclose(one.onset + shift, two.onset, rtol=0, atol=1e-9)
    assert np.allclose(one.latency, two.latency, rtol=0, atol=1e-9)
    before, after = (compute_measures(tally_of(s, rule)) for s in (session, moved))
    for name, value in before.items():
        assert all(
            a == pytest.approx(b, rel=1e-7, abs=1e-8, nan_ok=True)
            for a, b in zip(value, after[name], strict=True)
        ), name


@small(max_examples=60)
@given(data=coded(), extra=st.integers(1, 50))
def test_unobserved_time_at_the_end_changes_nothing(data: Coded, extra: int) -> None:
    session, rule = data.session(), StateMatch("state")
    # Nobody codes for a while longer: the same seconds, the same events.
    longer = replace(session, span=(0.0, session.span[1] + extra * data.tick_s))
    values = compute_measures(tally_of(session, rule))
    assert differences(values, compute_measures(tally_of(longer, rule))) == []


def stretch(data: Coded, at: int, extra: int) -> Coded:
    """The same codes with ``extra`` frames of missing time put in."""

    def put(frames: tuple[str | None, ...]) -> tuple[str | None, ...]:
        return (*frames[:at], *(None,) * extra, *frames[at:])

    cuts = tuple(cut + extra * (cut > at) for cut in data.cuts)
    return replace(data, first=put(data.first), second=put(data.second), cuts=cuts)


@small(max_examples=60)
@given(data=coded(cuts=False), at=st.floats(0, 1), extra=st.integers(1, 30))
def test_a_longer_gap_changes_nothing(data: Coded, at: float, extra: int) -> None:
    frame = int(at * (len(data.first) - 1))
    opened = stretch(data, frame, 1)
    rule = StateMatch("state")
    values = compute_measures(tally_of(opened.session(), rule))
    wider = compute_measures(tally_of(stretch(opened, frame, extra).session(), rule))
    assert differences(values, wider) == []


@small(max_examples=60)
@given(data=coded(cuts=False), at=st.floats(0, 1), tie=st.integers(0, 2))
def test_splitting_at_a_gap_and_pooling_changes_no_hazard(data: Coded, at: float, tie: int) -> None:
    frame = int(at * (len(data.first) - 1))
    # Wider than any tie window: a change before the gap is not made together with one after it.
    session = stretch(data, frame, 6).session()
    rule, criteria = StateMatch("state"), Criteria(tie_s=tie * data.tick_s)
    middle = (frame + 3) * data.tick_s
    whole = compute_measures(tally_of(session, rule, criteria))
    parts = pool_tallies(
        [
            tally_of(session, rule, criteria, window)
            for window in ((session.span[0], middle), (middle, session.span[1]))
        ]
    )
    # Expected values use the base rates of each part, so they may differ; nothing else may.
    # Likewise a part without any negative state does not know that there are some.
    assert differences(whole, compute_measures(parts), leave_out=(*CHANCE, "negative")) == []


@small(max_examples=60)
@given(data=coded(), new=st.permutations(("w", "x", "y", "z")))
def test_other_names_for_the_codes_change_nothing(data: Coded, new: list[str]) -> None:
    name = dict(zip(CODES, new, strict=True))
    renamed = replace(
        data,
        first=tuple(c and name[c] for c in data.first),
        second=tuple(c and name[c] for c in data.second),
    )
    rule = StateMatch("state")
    one, two = rule(data.session()), rule(renamed.session())
    assert list(find_ruptures(one)) == list(find_ruptures(two))
    values = (compute_measures(tally_of(s.session(), rule)) for s in (data, renamed))
    assert differences(*values) == []


@small(max_examples=50)
@given(data=coded(ticks=(0.04, 1.0)))
def test_an_own_table_of_equal_pairs_is_same_category(data: Coded) -> None:
    one, two = (
        compute_measures(tally_of(data.session(), StateMatch("state", table)))
        for table in ("same_category", EQUAL)
    )
    assert differences(one, two) == []


@small(max_examples=50)
@given(data=coded())
def test_criteria_of_nothing_are_the_default(data: Coded) -> None:
    attunement = StateMatch("state")(data.session())
    stated = Criteria(min_rupture_s=0, merge_gap_s=0, tie_s=attunement.tie_s)
    assert list(find_ruptures(attunement)) == list(find_ruptures(attunement, stated))


@small(max_examples=60)
@given(
    data=coded(),
    shorter=st.integers(0, 5),
    longer=st.integers(0, 5),
    which=st.sampled_from(("min_rupture_s", "merge_gap_s")),
)
def test_stricter_criteria_never_find_more(
    data: Coded, shorter: int, longer: int, which: str
) -> None:
    attunement = StateMatch("state")(data.session())

    def found(frames: int) -> tuple[int, float]:
        ruptures = find_ruptures(attunement, Criteria(**{which: frames * data.tick_s}))
        total = ruptures.matched_s + ruptures.mismatched_s
        return int(ruptures.entered.sum()), total

    less, total = found(max(shorter, longer))
    more, same_total = found(min(shorter, longer))
    assert less <= more
    assert same(total, same_total)
    assert same(total, attunement.observed.total)


@small(max_examples=60)
@given(data=coded(), table=own_tables())
def test_counts_add_up(data: Coded, table: OwnTable) -> None:
    values = compute_measures(tally_of(data.session(), StateMatch("state", table)))
    outcomes = [values[f"n_{word}"].value for word in ("repaired", "censored", "unrepaired")]
    assert sum(outcomes) == values["n_ruptures"].value
    for name, total in (
        ("opened_by_{}_prop", "n_ruptures"),
        ("repaired_by_{}_prop", "n_repaired"),
        ("repair_events_by_{}", "n_repair_events"),
    ):
        shares = [values[name.format(who)] for who in (*PARTNERS, "both")]
        if values[total].value:
            assert same(sum(s.value for s in shares), 1)
            assert sum(s.n for s in shares) == values[total].value
        else:
            assert all(np.isnan(s.value) and s.n == 0 for s in shares)


@small(max_examples=60)
@given(data=coded(), table=own_tables())
def test_limits_hold_their_value(data: Coded, table: OwnTable) -> None:
    for name, value in compute_measures(
        tally_of(data.session(), StateMatch("state", table))
    ).items():
        if not np.isnan(value.value):
            assert not value.low > value.value + 1e-9, name
            assert not value.high < value.value - 1e-9, name


def test_matched_share_is_repair_over_both_hazards() -> None:
    """P = h / (h + g) in a long session of two hazards, within three standard errors."""
    rng = np.random.default_rng(20)
    h, g, n = 0.3, 0.12, 4000
    lengths = np.empty(2 * n)
    lengths[0::2], lengths[1::2] = rng.exponential(1 / g, n), rng.exponential(1 / h, n)
    edges = np.concatenate([[0.0], np.cumsum(lengths)])
    attunement = make_attunement(edges)
    values = compute_measures(make_tally(attunement, find_ruptures(attunement)))
    p, got_h, got_g = (
        values[k].value for k in ("matched_prop", "repair_hazard_per_s", "rupture_hazard_per_s")
    )
    assert p == pytest.approx(got_h / (got_h + got_g), abs=1e-3)
    # Standard error of P for exponential spells: P (1 - P) sqrt(2 / n).
    assert abs(p - h / (h + g)) < 3 * p * (1 - p) * np.sqrt(2 / n)


def make_attunement(edges: np.ndarray) -> Attunement:
    """Matched and mismatched in turn, beginning matched; every change made by the first."""
    n = edges.size - 1
    state = (np.arange(n) % 2 == 0).astype(np.int64)
    changed = np.zeros((2, n + 1), dtype=bool)
    changed[0, 1:-1] = True
    cut = np.zeros(n + 1, dtype=bool)
    cut[0] = cut[-1] = True
    return Attunement(
        PARTNERS, edges, state, 1.0 - state, np.zeros(n, dtype=bool), changed, cut, 0.0, 0.0
    )
