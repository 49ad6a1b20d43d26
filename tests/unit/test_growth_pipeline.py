"""Growth over sessions through the pipeline: from sessions to slopes, challenges and accounts."""

from __future__ import annotations

from dataclasses import astuple, replace
from math import isnan
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from reattune.core.errors import SettingError
from reattune.core.session import Session
from reattune.core.streams import States
from reattune.core.study import Study
from reattune.datasets.infant_affect import load_infant_affect
from reattune.growth import (
    Outcomes,
    compare_ends,
    count_affect,
    count_outcomes,
    expect_from_shifted,
    read_affect,
)
from reattune.growth_pipeline import GrowthAnalysis, analyze_growth, make_growth_settings
from reattune.growth_pipeline.columns import as_time, find_groups, find_times, natural
from reattune.growth_pipeline.reading import join_affects
from reattune.pipeline import analyze_study
from reattune.repair import find_ruptures
from reattune.results import StudyAnalysis
from reattune.rules import StateMatch
from reattune.surrogates.alignments import plan, rotated_pair
from reattune.surrogates.ticks import to_ticks

from .made_growth import NEGATIVE, RULE, make_visit, make_visits


def analyse(
    sessions: list[Session], growth: dict[str, object] | None = None, n: int = 9, **options: object
) -> StudyAnalysis:
    study = replace(Study.from_sessions(sessions, "made"), growth=growth)
    return analyze_study(study, RULE, surrogates=n, **options)  # type: ignore[arg-type]


def grown(study: StudyAnalysis) -> GrowthAnalysis:
    assert isinstance(study.growth, GrowthAnalysis)
    return study.growth


@pytest.fixture(scope="module")
def study() -> StudyAnalysis:
    """Twelve dyads, six sessions each, a challenge in every session; strain falls by 70 %."""
    return analyse(make_visits(), {**NEGATIVE, "contact": ["positive"], "sizes": [1.0]})


@pytest.fixture(scope="module")
def growth(study: StudyAnalysis) -> GrowthAnalysis:
    return grown(study)


# -- what is seen -----------------------------------------------------------------------------


def test_falling_strain_is_seen_in_challenge_and_at_equal_load(growth: GrowthAnalysis) -> None:
    assert growth.growth is not None and growth.challenge is not None
    assert growth.growth.turns.ratio_high < 1
    assert growth.growth.match.ratio_low < 1 < growth.growth.match.ratio_high
    change = growth.challenge.comparison.change
    assert change.dyads == 12 and change.high < 0


def test_every_session_and_dyad_is_there_in_order(growth: GrowthAnalysis) -> None:
    assert [d.dyad for d in growth.dyads] == [f"d{i}" for i in range(1, 13)]
    for dyad in growth.dyads:
        assert [s.time for s in dyad.sessions] == [1, 2, 3, 4, 5, 6]
        assert [s.third for s in dyad.sessions] == ["early"] * 2 + ["middle"] * 2 + ["late"] * 2
        assert sum((s.outcomes for s in dyad.sessions), Outcomes()) == dyad.expectancy.total


def test_only_time_before_the_challenge_is_ordinary(study: StudyAnalysis) -> None:
    growth = grown(study)
    seen = {s.session: s.counts.window_s for s in growth.sessions}
    assert set(seen.values()) == {90.0}
    visits = growth.challenge.visits if growth.challenge else ()
    assert {(v.duration_s, v.play_before_s) for _, _, _, v in visits} == {(45.0, 90.0)}


def test_ends_are_the_outer_thirds_of_the_visits(growth: GrowthAnalysis) -> None:
    assert growth.challenge is not None
    ends = {time: end for _, time, end, _ in growth.challenge.visits}
    assert ends == {1: "before", 2: "before", 3: "", 4: "", 5: "after", 6: "after"}
    first = growth.dyads[0]
    assert first.reliable is not None
    assert (first.reliable.n_before, first.reliable.n_after) == (2, 2)


def test_pooled_numbers_are_sums_of_the_sessions(growth: GrowthAnalysis) -> None:
    turns = np.sum([s.load_counts.turns for s in growth.sessions], axis=0)
    assert turns.tolist() == growth.load.pooled.turns.tolist()
    total = sum((s.outcomes for s in growth.sessions), Outcomes())
    assert growth.pooled.value == pytest.approx((1 + total.hits) / (2 + total.known))
    for b in growth.load_bins:
        own = [s.load_counts for s in growth.sessions if s.third == b.third]
        assert b.exposure_s <= sum(float(c.exposure_s.sum()) for c in own)
    early = [b for b in growth.load_bins if b.third == "early"]
    assert sum(b.turns for b in early) == sum(
        float(s.load_counts.turns.sum()) for s in growth.sessions if s.third == "early"
    )


def test_every_choice_of_load_has_a_slope_and_the_chosen_one_is_the_growth(
    growth: GrowthAnalysis,
) -> None:
    assert growth.growth is not None
    assert len(growth.load_grid) == 12
    chosen = growth.load_grid[growth.load.up_s, growth.load.down_s]
    assert chosen.slope == pytest.approx(growth.growth.turns.slope, rel=1e-12)
    assert max(growth.load.fits, key=growth.load.fits.__getitem__) == (
        growth.load.up_s,
        growth.load.down_s,
    )


def test_descriptions_count_everything_once(growth: GrowthAnalysis) -> None:
    found = growth.described
    recovery, total = found.recovery, growth.pooled_outcomes
    counted = recovery.above + recovery.level + recovery.below + recovery.unseen
    repaired = sum(row.repairs for row in found.depth)
    assert total.hits <= counted <= repaired
    assert sum((o for _, _, o in found.sizes), Outcomes()) == total
    assert found.levels["ratings"] == 72


def test_one_dyad_has_no_slope_below_ten_sessions_and_says_why(growth: GrowthAnalysis) -> None:
    assert all("10 are needed" in dyad.slope.refused for dyad in growth.dyads)
    assert all(isnan(dyad.slope.ratio) for dyad in growth.dyads)


# -- two groups, a rating ---------------------------------------------------------------------


@pytest.mark.slow
def test_two_groups_and_a_rating() -> None:
    sessions = make_visits(24, 10, groups=True, rating=True, play_s=60.0)
    growth = grown(analyse(sessions, {**NEGATIVE, "rating": "alliance"}))
    assert growth.group_name == "group" and growth.challenge is not None
    comparison = growth.challenge.comparison
    assert comparison.groups == ("help", "control")
    assert comparison.difference is not None and comparison.difference.high < 0
    pair = growth.groups["negative turns at equal load"]
    assert pair.groups == ("control", "help")
    assert pair.difference.slope < 0
    assert growth.rivals is not None and not growth.rivals.refused
    assert growth.rivals.verdict == "not told apart"
    assert len(growth.rivals.dyads) == 24


def test_small_groups_are_not_compared_and_all_dyads_are(growth: GrowthAnalysis) -> None:
    sessions = make_visits(12, 3, groups=True, play_s=45.0)
    found = grown(analyse(sessions, dict(NEGATIVE), n=0))
    assert found.challenge is not None
    assert "6 and 6 dyads" in found.challenge.comparison.refused
    assert found.challenge.together is not None
    assert found.challenge.together.change.dyads == 12


def test_two_visits_have_companions_at_both_ends() -> None:
    found = grown(analyse(make_visits(12, 2, play_s=45.0), dict(NEGATIVE), n=0))
    assert found.challenge is not None and found.growth is not None
    assert found.growth.match.refused
    for companion in (found.challenge.match, found.challenge.repair):
        assert companion is not None and companion.dyads == 12
        assert hasattr(companion, "difference")


def test_few_dyads_with_a_rating_are_refused() -> None:
    found = grown(analyse(make_visits(3, 3, rating=True), {**NEGATIVE, "rating": "alliance"}, n=0))
    assert found.rivals is not None and "at least 20" in found.rivals.refused


# -- the three public dyads -------------------------------------------------------------------


def test_the_public_dyads_give_the_printed_table(shared: Path) -> None:
    public = load_infant_affect(shared / "infant_affect_xu2020")
    result = analyze_study(
        replace(public, growth={"focal": "infant"}), phases="ignore", surrogates=99
    )
    growth = grown(result)
    table = {
        "3367": ((2, 3, 2), 0.43, 0.15, 6, 47.0, 0.78, 6, 179),
        "3414": ((2, 2, 0), 0.50, 0.19, 4, 28.0, 0.90, 5, 241),
        "3532": ((14, 4, 1), 0.75, 0.58, 1, 114.4, 0.05, 2, 6),
    }
    assert growth.negative == ("-1",)
    assert growth.growth is None and "seen once" in growth.no_growth
    assert "3 states" in growth.load.mark
    for dyad in growth.dyads:
        outcomes, value, low, turns, open_s, share, ends, negative_s = table[dyad.dyad]
        total, counts = dyad.expectancy.total, dyad.sessions[0].counts
        assert (total.hits, total.misses, total.undecided) == outcomes
        assert round(dyad.expectancy.plain.value, 2) == value
        assert round(dyad.expectancy.plain.low, 2) == low
        assert (counts.turns, counts.ends) == (turns, ends)
        assert round(counts.open_s, 1) == open_s
        assert round(dyad.affect["negative_mismatch_prop"].value, 2) == share
        assert round(counts.negative_s) == negative_s
    assert round(growth.dyad("3532").expectancy.plain.high, 2) == 0.89
    # Above what the study expects in the two distressed infants, below in the third.
    above = {d.dyad: d.turn_ratio.value > 1 for d in growth.dyads}
    assert above == {"3367": True, "3414": True, "3532": False}
    # Repairs at chance: the record lies inside what its shifted streams give.
    third = growth.dyad("3532")
    assert third.chance is not None
    assert third.chance.low < third.expectancy.plain.value < third.chance.high


# -- nothing depends on order or on anything but the seed -------------------------------------


def test_order_in_the_file_changes_nothing() -> None:
    sessions = make_visits(4, 3, challenge=True, play_s=45.0)
    mixed = [sessions[i] for i in np.random.default_rng(3).permutation(len(sessions))]
    one, two = (grown(analyse(list(rows), dict(NEGATIVE), n=9)) for rows in (sessions, mixed))
    assert one.to_frame().equals(two.to_frame())
    assert one.expectancy_frame().equals(two.expectancy_frame())


def test_the_clock_and_missing_time_change_no_count() -> None:
    sessions = make_visits(2, 3, challenge=False, play_s=45.0)
    later = [session.shift(1000.0) for session in sessions]
    longer = [replace(session, span=(-20.0, session.span[1] + 30.0)) for session in sessions]
    first = grown(analyse(sessions, dict(NEGATIVE), n=0))
    for other in (later, longer):
        found = grown(analyse(other, dict(NEGATIVE), n=0))
        for a, b in zip(first.sessions, found.sessions, strict=True):
            assert a.outcomes == b.outcomes
            assert a.counts.turns == b.counts.turns
            assert a.counts.open_s == pytest.approx(b.counts.open_s, abs=1e-6)
            assert np.array_equal(a.load_counts.turns, b.load_counts.turns)


def test_the_focal_partner_may_stand_second() -> None:
    sessions = make_visits(2, 3, challenge=False, play_s=45.0)
    first = grown(analyse(sessions, dict(NEGATIVE), n=0))
    turned = replace(RULE, table=replace(RULE.table, match=[(b, a) for a, b in RULE.table.match]))
    study = replace(
        Study.from_sessions([session.swap() for session in sessions]),
        growth={**NEGATIVE, "focal": "infant"},
    )
    second = grown(analyze_study(study, turned, surrogates=0))
    assert second.focal == "infant" and second.other == "caregiver"
    for a, b in zip(first.sessions, second.sessions, strict=True):
        assert (a.counts, a.outcomes) == (b.counts, b.outcomes)


# -- by itself, or not -------------------------------------------------------------------------


def valence_study(dyads: int, sessions: int, **options: object) -> StudyAnalysis:
    rows = make_visits(dyads, sessions, **options)  # type: ignore[arg-type]
    return analyze_study(
        Study.from_sessions(rows), StateMatch("affect", "same_category"), surrogates=0
    )


def test_it_comes_by_itself_with_three_sessions_or_two_challenges() -> None:
    assert grown(valence_study(2, 3, challenge=False, play_s=45.0)).negative == ("negative",)
    assert grown(valence_study(2, 2, play_s=45.0)).challenge is not None


def test_without_enough_it_is_silent_and_says_what_it_would_need() -> None:
    study = valence_study(2, 2, challenge=False, play_s=45.0)
    assert study.growth is None
    (note,) = [note for note in study.notes if note.code == "growth_not_computed"]
    assert "3 sessions of a dyad, or 2 with a challenge" in note.message


def test_dyads_seen_once_need_no_note() -> None:
    study = valence_study(3, 1, play_s=45.0)
    assert study.growth is None and study.notes == ()


def test_without_negative_states_a_note_says_so() -> None:
    study = analyse(make_visits(2, 3, play_s=45.0), None, n=0)
    assert study.growth is None
    assert any("marks as negative" in note.message for note in study.notes)


def test_it_can_be_switched_off() -> None:
    study = analyse(make_visits(2, 3, play_s=45.0), {"compute": False}, n=0)
    assert study.growth is None and study.notes == ()


def test_one_session_each_is_described_when_asked_for() -> None:
    growth = grown(analyse(make_visits(3, 1, play_s=45.0), dict(NEGATIVE), n=0))
    assert growth.growth is None and growth.challenge is None
    assert "seen once" in growth.no_growth and "no dyad was seen twice" in growth.no_challenge
    assert len(growth.dyads) == 3 and growth.pooled_outcomes.known > 0


def test_sessions_taken_as_a_whole_compare_no_challenge() -> None:
    growth = grown(analyse(make_visits(2, 3, play_s=45.0), dict(NEGATIVE), n=0, phases="ignore"))
    assert growth.challenge is None and "as a whole" in growth.no_challenge


def test_unequal_challenges_are_left_out_and_named() -> None:
    sessions = make_visits(11, 2, play_s=45.0)
    sessions[0] = make_visit("d1", 1, play_s=60.0)
    sessions[1] = make_visit("d2", 1, play_s=45.0, still_s=30.0)
    growth = grown(analyse(sessions, dict(NEGATIVE), n=0))
    assert growth.challenge is not None
    left = dict(growth.challenge.comparison.left_out)
    assert "play before the challenge" in left["d1"] and "the challenge lasted" in left["d2"]
    assert "9 dyads" in growth.challenge.comparison.refused


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"focal": "mother"}, "growth.focal.*'infant' and 'caregiver'"),
        ({"negative": ["crying"]}, "crying"),
        ({}, "negative"),
        ({"negative": ["negative"], "rating": "allianc"}, "Did you mean 'alliance'"),
        ({"negative": ["negative"], "time": "weeks"}, "growth.time.*session_number"),
        ({"negative": ["negative"], "group": "grp"}, "growth.group"),
        ({"negative": ["negative"], "challenge": "stil_face"}, "Did you mean 'still_face'"),
        ({"negative": ["negative"], "phases": ["plya"]}, "Did you mean 'play'"),
        ({"negative": ["negative"], "contact": ["hug"]}, "hug"),
        ({"negative": ["negative"], "forgetting": 0}, "growth.forgetting"),
        ({"negative": ["negative"], "sizes": [0.5, 0.2]}, "increasing"),
        ({"negative": ["negative"], "comparison": "control"}, "a `group` beside it"),
        ({"negatve": ["negative"]}, "Did you mean 'negative'"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_work(
    settings: dict[str, object], words: str
) -> None:
    told = []
    study = Study.from_sessions(make_visits(2, 2, play_s=45.0, rating=True))
    with pytest.raises(SettingError, match=words):
        analyze_study(
            replace(study, growth=settings), RULE, on_progress=lambda *now: told.append(now[2])
        )
    assert not any("analysing" in what for what in told)


def test_it_can_be_asked_of_an_analysed_study(study: StudyAnalysis) -> None:
    growth = analyze_growth(study, {**NEGATIVE, "window_s": 5, "forgetting": 1.0})
    first = growth.dyads[0].expectancy
    assert (first.window, first.forgetting) == (5.0, 1.0)
    assert first.value.value == pytest.approx(first.plain.value)
    with pytest.raises(SettingError, match="no session"):
        analyze_growth(replace(study, analyses=()))


def test_a_change_at_both_ends_is_a_paired_t() -> None:
    rng = np.random.default_rng(6)
    before, after = rng.normal(0.4, 0.1, 14), rng.normal(0.5, 0.1, 14)
    after[3] = np.nan
    found = compare_ends(before.tolist(), after.tolist())
    kept = np.isfinite(after)
    expected = stats.ttest_rel(after[kept], before[kept])
    limits = expected.confidence_interval()
    assert found.dyads == 13
    assert (found.t, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert (found.low, found.high) == pytest.approx((limits.low, limits.high))
    few = compare_ends(before[:9].tolist(), after[:9].tolist())
    assert few.dyads == 8 and isnan(few.difference)
    with pytest.raises(SettingError, match="one number for each"):
        compare_ends([1.0], [])


# -- small parts ------------------------------------------------------------------------------


def test_times_are_found_by_name_when_they_run_on() -> None:
    rows = [("a1", "a"), ("a2", "a"), ("b1", "b")]
    known = {"a1": {"age": 3, "visit": "2"}, "a2": {"age": 3, "visit": 5}, "b1": {"age": 9}}
    known["b1"]["visit"] = 1.5
    times, notes = find_times(rows, known)
    assert (times.name, dict(times.values)) == ("visit", {"a1": 2, "a2": 5, "b1": 1.5})
    assert notes == []
    # An age that stays the same within every dyad does not run on; nothing else is there.
    times, _ = find_times(rows, {k: {"age": v["age"]} for k, v in known.items()})
    assert times.name == "" and list(times.values.values()) == [1, 2, 1]
    times, notes = find_times(rows, {"a1": {"wave": 1}, "a2": {"wave": "late"}}, "wave")
    assert dict(times.values) == {"a1": 1} and "a2, b1" in notes[0].message


def test_dates_are_times() -> None:
    assert as_time("2024-03-02") - as_time("2024-02-28") == 3
    assert isnan(as_time("soon")) and isnan(as_time(True)) and isnan(as_time(None))


def test_groups_are_two_and_a_dyad_is_in_one() -> None:
    rows = [("a1", "a"), ("a2", "a"), ("b1", "b")]
    known = {"a1": {"arm": "x"}, "a2": {"arm": "x"}, "b1": {"arm": "tau"}}
    groups, _ = find_groups(rows, known)
    assert groups.names == ("x", "tau") and groups.member == {"a": "x", "b": "tau"}
    known["a2"] = {"arm": "tau"}
    assert find_groups(rows, known)[0].names == ()
    with pytest.raises(SettingError, match="one group"):
        find_groups(rows, known, "arm")
    one, notes = find_groups(rows, {key: {"arm": "x"} for key in known}, "arm")
    assert one.names == () and "names x; two" in notes[0].message


def test_names_sort_as_people_count() -> None:
    assert sorted(["d10", "d2", "D1"], key=natural) == ["D1", "d2", "d10"]


def test_windows_of_a_session_are_joined_with_nothing_followed_across(
    study: StudyAnalysis,
) -> None:
    session = study.analyses[0].session
    parts = [
        read_affect(RULE(session, window), "infant", ["negative"])
        for window in ((40.0, 60.0), (0.0, 20.0), (20.0, 40.0))
    ]
    whole = count_affect(join_affects(parts[1:]))
    apart = [count_affect(part) for part in parts[1:]]
    for one, other in zip(astuple(whole), astuple(apart[0] + apart[1]), strict=True):
        assert one == pytest.approx(other, rel=1e-12)
    gapped = join_affects([parts[0], parts[1]])
    counts = count_affect(gapped)
    assert counts.window_s == 60.0
    assert counts.coded_s == pytest.approx(40.0)
    assert (np.diff(gapped.edges) > 0).all() and gapped.cut.size == gapped.edges.size


def test_settings_are_checked_and_written_as_the_study_file_has_them() -> None:
    settings = make_growth_settings({"negative": "cry", "sizes": [0.5], "window_s": 5})
    assert settings.negative == ("cry",) and settings.to_dict()["sizes"] == [0.5]
    assert make_growth_settings(settings.to_dict()) == settings


def test_seams_do_not_pass_for_quick_repairs() -> None:
    """Streams on a 2 s grid that do not listen to each other: .868 are repaired within 10 s."""
    rule = StateMatch("affect", "same_valence")
    rng = np.random.default_rng(11)
    edges, words = np.arange(0, 241, 2.0), ["-1", "0", "1"]
    draws: list[tuple[list[np.ndarray], list[np.ndarray]]] = [([], []) for _ in range(9)]
    plain = Outcomes()
    for _ in range(25):
        streams = tuple(
            States(who, "affect", edges[:-1], edges[1:], list(rng.choice(words, 120)), 2.0)
            for who in ("a", "b")
        )
        pair = rule.read(Session("x", ("a", "b"), (0.0, 240.0), streams))
        made = plan(pair, to_ticks(pair), rng=rng, n=9, blocks="auto", enumerate_up_to=0)
        for (lasted, ended), row in zip(draws, made.offsets[:9], strict=True):
            found = find_ruptures(rule.judge(rotated_pair(pair, row, edges=made.edges)))
            lasted.append(found.latency[found.entered])
            ended.append(found.closed[found.entered])
            plain += count_outcomes(found)
    pooled = [(np.concatenate(lasted), np.concatenate(ended)) for lasted, ended in draws]
    value = expect_from_shifted(pooled, 1e6, 10.0)
    assert value.value == pytest.approx(1 - (2 / 3) ** 5, abs=0.015)
    # Counting hits and misses of cut-off streams is what this is there to avoid.
    assert plain.hits / plain.known > 1 - (2 / 3) ** 5 + 0.02
