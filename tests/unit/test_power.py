"""Power: designs, dyads, what is counted, the tests, curves; each beside what it stands for."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reattune.comparison import Record, Source, compare
from reattune.comparison.source import count_tally
from reattune.core.errors import ReadError, SettingError
from reattune.experiments.power import (
    QUESTIONS,
    Design,
    chance,
    estimate_power,
    groups,
    load,
    plan_curve,
    read_design,
)
from reattune.experiments.power.curve import cross, find_reach, pool_neighbours, suggest_values
from reattune.experiments.power.design import change_design
from reattune.experiments.power.dyads import (
    answer_more,
    couple,
    draw_dyads,
    find_window,
    grow,
    live,
    share_mood,
)
from reattune.experiments.power.estimates import average
from reattune.experiments.power.outcome import name_rng
from reattune.experiments.power.questions import EFFECT, NONE
from reattune.experiments.power.run import RUNNERS
from reattune.experiments.power.see import make_rule, read_lived, read_pairs, see_pair
from reattune.growth import GrowthSession, count_at_load, measure_growth, read_affect
from reattune.measures import make_tally
from reattune.models import new_state, preset
from reattune.repair import find_ruptures
from reattune.rules.join import join
from reattune.surrogates import pairing_table, permute_pairs
from reattune.surrogates.permute import permutations_of

SMALL = {
    "group_difference": Design(dyads=6, minutes=1),
    "above_chance": Design("above_chance", dyads=7, minutes=1),
    "growth_challenge": Design("growth_challenge", dyads=10, minutes=0.5),
    "growth_load": Design("growth_load", dyads=10, sessions=3, minutes=1),
    "precision": Design("precision", minutes=1),
}


def draw(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


# -- designs ---------------------------------------------------------------------------------------


def test_a_design_knows_the_usual_sizes_of_its_question() -> None:
    assert set(QUESTIONS) == set(SMALL) == set(RUNNERS)
    for name in QUESTIONS:
        design = Design(name.replace("_", "-"))
        assert design.question == name
        assert design.dyads == QUESTIONS[name].dyads
        assert design.measure == QUESTIONS[name].tests[0].name
        assert not design.no_effect
        assert Design.from_dict(design.to_dict()) == design
    assert Design(preset="patient-therapist").minutes == 50
    assert Design(paradigm="still-face").minutes == 2
    assert Design("growth-challenge").paradigm == "still_face"
    assert Design(effect=1).no_effect
    assert Design("above_chance", effect=0).no_effect


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"question": "group_diference"}, "Did you mean 'group_difference'"),
        ({"question": 3}, "a question"),
        ({"dyads": 0}, "dyads = 0"),
        ({"dyads": 2.5}, "a whole number"),
        ({"dyads": True}, "a whole number"),
        ({"sessions": 0}, "sessions = 0"),
        ({"minutes": 0}, "minutes = 0"),
        ({"minutes": float("nan")}, "minutes = nan"),
        ({"minutes": 1e9}, "0.25 to 600"),
        ({"effect": -1}, "effect = -1"),
        ({"effect": 1000}, "answer cues"),
        ({"question": "growth_challenge", "effect": 4}, "tolerance at the end"),
        ({"step_s": 600}, "step_s"),
        ({"step_s": 50, "minutes": 0.5}, "less than a phase"),
        ({"accuracy": 0}, "accuracy"),
        ({"accuracy": 1.1}, "0.2 to 1"),
        ({"alpha": 0.9}, "alpha"),
        ({"spread": -0.1}, "spread"),
        ({"preset": "infant_carer"}, "Did you mean 'infant_caregiver'"),
        ({"codebook": "icep"}, "Did you mean 'icep_like'"),
        ({"paradigm": "still"}, "Did you mean 'still_face'"),
        ({"question": "growth_load", "paradigm": "still_face"}, "'play' for 'growth_load'"),
        ({"question": "growth_load", "sessions": 1}, "growth needs a course"),
        ({"measure": "latency_t"}, "a test of this question"),
        ({"measure": "kappa"}, "Did you mean 'match_kappa'"),
    ],
)
def test_a_wrong_setting_says_what_is_allowed(settings: dict[str, object], told: str) -> None:
    with pytest.raises(SettingError, match=told):
        Design.from_dict(settings)


def test_a_design_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "design.toml"
    path.write_text('question = "above-chance"\ndyads = 30\nspread = 0.3\n', "utf-8")
    assert read_design(path) == Design("above_chance", dyads=30, spread=0.3)
    assert read_design(path, dyads=8).dyads == 8
    path.write_text("dyad = 3\n", "utf-8")
    with pytest.raises(SettingError, match="Did you mean 'dyads'"):
        read_design(path)
    path.write_text("dyads = \n", "utf-8")
    with pytest.raises(ReadError, match="TOML"):
        read_design(path)
    with pytest.raises(ReadError, match="cannot be read"):
        read_design(tmp_path / "none.toml")


# -- dyads -----------------------------------------------------------------------------------------


def test_more_dyads_are_the_same_ones_and_more() -> None:
    design = Design()
    few, many = (draw_dyads(design, n, draw()) for n in (3, 8))
    assert many[:3] == few
    assert len(set(many)) == 8
    alike = draw_dyads(replace(design, spread=0), 3, draw())
    assert len(set(alike)) == 1
    usual = preset("infant_caregiver")
    assert alike[0].contingent_per_s == pytest.approx(usual.contingent_per_s)
    assert alike[0].learning_rate == 0


def test_the_spread_is_that_of_the_logs() -> None:
    dyads = draw_dyads(Design(spread=0.5), 1000, draw())
    logs = np.log([dyad.contingent_per_s for dyad in dyads])
    usual = math.log(preset("infant_caregiver").contingent_per_s)
    assert logs.std() == pytest.approx(0.5, abs=0.04)
    assert logs.mean() == pytest.approx(usual, abs=0.05)


def test_answering_more_changes_nothing_but_the_contingent_rate() -> None:
    dyad = draw_dyads(Design(), 1, draw())[0]
    more = answer_more(dyad, 2.0)
    assert more.contingent_per_s == pytest.approx(2 * dyad.contingent_per_s)
    assert more.misread_per_s == pytest.approx(dyad.misread_per_s)
    assert more.focal_agenda_per_s == dyad.focal_agenda_per_s


@pytest.mark.parametrize("ratio", [0.7, 1.0, 4 / 3, 2.0])
def test_growing_moves_tolerance_and_not_trust(ratio: float) -> None:
    dyad = preset("infant_caregiver")
    before, after = new_state(dyad), new_state(grow(dyad, ratio))
    assert after.tolerance == pytest.approx(ratio * before.tolerance, rel=0.01)
    assert after.trust == pytest.approx(before.trust)


def test_an_uncoupled_dyad_takes_no_notice_and_a_coupled_one_is_the_preset() -> None:
    dyad = preset("infant_caregiver")
    alone = couple(dyad, 0.0, 0.5)
    assert alone.contingent_per_s == pytest.approx(alone.misread_per_s)
    assert alone.focal_follow_per_s == 0
    assert alone.slope_negative == alone.slope_away == alone.slope_positive == 0
    # What the focal partner chooses then is what it chose at that arousal.
    assert alone.logit_negative == pytest.approx(dyad.logit_negative - 0.5 * dyad.slope_negative)
    assert alone.logit_positive == pytest.approx(dyad.logit_positive - 0.5 * dyad.slope_positive)
    whole = couple(dyad, 1.0, 0.5)
    assert whole.contingent_per_s == pytest.approx(dyad.contingent_per_s)
    assert whole.misread_per_s == pytest.approx(dyad.misread_per_s)
    assert whole.logit_negative == dyad.logit_negative
    assert whole.slope_positive == dyad.slope_positive


def test_partners_with_no_notice_of_each_other_match_as_chance_gives() -> None:
    design = Design("above_chance", dyads=40, minutes=5, spread=0.0, session_spread=0.0)
    dyads = [couple(dyad, 0.0, 0.47) for dyad in draw_dyads(design, 40, draw())]
    rule, window = make_rule("plain"), find_window(design, "play")
    kappas = []
    for (course,) in live(design, dyads, 1, draw(2)):
        tally = see_pair(read_pairs(course, [design.observation()], rule, window)[0]).tally
        chance_s = tally.expected_matched_s
        kappas.append((tally.matched_s - chance_s) / (tally.observed_s - chance_s))
    mean = average(kappas)
    assert mean.low < 0 < mean.high
    assert mean.high - mean.low < 0.04


def test_a_mood_turns_blind_looks_into_an_agenda_of_the_same_pace() -> None:
    alone = couple(preset("infant_caregiver"), 0.0, 0.47)
    plain = share_mood(alone, 0.0)
    moves = np.array(alone.responder_agenda) * alone.responder_agenda_per_s
    moves[:4] += alone.misread_per_s
    assert np.array(plain.responder_agenda) * plain.responder_agenda_per_s == pytest.approx(moves)
    happy = share_mood(alone, 0.7)
    assert happy.responder_agenda[3] > plain.responder_agenda[3]
    assert happy.logit_positive > plain.logit_positive
    assert happy.contingent_per_s == happy.misread_per_s == 0


# -- what is counted -------------------------------------------------------------------------------


@pytest.mark.parametrize("codebook", ["plain", "icep_like", "3rs_like", "valence"])
@pytest.mark.parametrize("step_s", [0.0, 1.0])
def test_the_short_way_counts_as_the_ordinary_chain(codebook: str, step_s: float) -> None:
    design = Design(codebook=codebook, step_s=step_s, minutes=3)
    rule, window = make_rule(codebook), find_window(design, "play")
    seen = design.observation()
    for (course,) in live(design, draw_dyads(design, 2, draw()), 1, draw(3)):
        short = see_pair(read_pairs(course, [seen], rule, window)[0])
        session = course.session(0, seen)
        attunement = rule.match(session, window)
        usual = make_tally(attunement, find_ruptures(attunement))
        for name in ("observed_s", "matched_s", "run_mismatched_s", "expected_matched_s"):
            assert getattr(short.tally, name) == pytest.approx(getattr(usual, name)), name
        assert short.tally.expected_repairs == pytest.approx(usual.expected_repairs)
        assert short.tally.n_repairs == usual.n_repairs
        assert short.tally.durations == pytest.approx(usual.durations)
        assert short.pair.ticks_s == rule.match.read(session, window).ticks_s


def test_errors_and_missing_time_go_through_an_ordinary_session() -> None:
    design = Design(codebook="icep_like", accuracy=0.8, missing_per_min=3, minutes=3)
    rule, window = make_rule("icep_like"), find_window(design, "play")
    seen = design.observation()
    ((course,),) = live(design, draw_dyads(design, 1, draw()), 1, draw(3))
    pair = read_pairs(course, [seen], rule, window)[0]
    attunement = rule.match(course.session(0, seen), window)
    usual = make_tally(attunement, find_ruptures(attunement))
    tally = see_pair(pair).tally
    assert tally.observed_s == pytest.approx(usual.observed_s)
    assert tally.observed_s < 175
    assert tally.n_repairs == usual.n_repairs


def test_what_was_lived_is_what_exact_coding_sees() -> None:
    design = Design(minutes=10)
    rule, window = make_rule("plain"), find_window(design, "play")
    ((course,),) = live(design, draw_dyads(design, 1, draw()), 1, draw(3))
    tally = see_pair(read_pairs(course, [design.observation()], rule, window)[0]).tally
    lived = read_lived(course, "play")
    assert lived.observed_s == pytest.approx(600)
    assert lived.matched_s == pytest.approx(tally.matched_s)
    assert lived.repairs == tally.n_repairs
    assert lived.latency_s == pytest.approx(1 / (tally.n_repairs / tally.mismatched_s))


def test_the_groups_are_compared_as_compare_does() -> None:
    design = SMALL["group_difference"]
    rule, window = make_rule("plain"), find_window(design, "play")
    sides = []
    for side in ("one", "other"):
        dyads = draw_dyads(design, 6, name_rng(1, 0, side))
        sides.append(
            [
                [see_pair(read_pairs(c, [design.observation()], rule, window)[0]) for c in row]
                for row in live(design, dyads, 2, draw(4))
            ]
        )
    found, why = groups.compare(sides[0], sides[1], seed=7)
    records, member = [], {}
    for level, side in zip(groups.LEVELS, sides, strict=True):
        for at, row in enumerate(side):
            for number, seen in enumerate(row):
                name = f"{level}{at:05d} {number}"
                counts = count_tally(seen.tally)
                counts.pop("both_negative")
                records.append(Record.of(f"{level}{at:05d}", session=name, **counts))
                member[name] = {"group": level}
    usual = compare(
        Source.of(records, member), "group", measures=list(found), seed=7,
        permutations=groups.PERMUTATIONS,
    )  # fmt: skip
    assert why == ()
    for name, p in found.items():
        assert p == usual.effect(name).p, name


def test_partners_are_re_paired_as_permute_pairs_does() -> None:
    design = SMALL["above_chance"]
    rule, window = make_rule("plain"), find_window(design, "play")
    courses = live(design, draw_dyads(design, 8, draw()), 1, draw(5))
    pairs = {
        str(i): [read_pairs(c, [design.observation()], rule, window)[0] for c in row]
        for i, row in enumerate(courses)
    }
    table = pairing_table(pairs)
    partners, _ = permutations_of(8, 99, draw(6))
    usual = permute_pairs(pairs, rng=draw(6), n=99, table=table)
    for name in chance.PAIRED:
        assert chance.find_pairing_p(table, name, partners) == usual[name].p


def test_load_is_counted_as_growth_counts_it_and_slopes_are_its_slopes() -> None:
    design = Design(
        "growth_load", dyads=12, sessions=3, minutes=2, missing_per_min=2, accuracy=0.95
    )
    rule, window = make_rule("plain"), find_window(design, "play")
    affects, rows = [], []
    for dyad, row in enumerate(live(design, draw_dyads(design, 12, draw()), 3, draw(8))):
        for time, course in enumerate(row):
            pair = read_pairs(course, [design.observation()], rule, window)[0]
            attunement = join(pair)
            affects.append(read_affect(attunement, "focal", ["negative"]))
            tally = make_tally(attunement, find_ruptures(attunement))
            rows.append(GrowthSession(str(dyad), time, affects[-1], tally))
    table = load.tabulate_load(affects)
    for at in (0, 5, 11):
        for session in (0, 20):
            usual = count_at_load(affects[session], *load.GRID[at])
            assert table.turns[at, session] == pytest.approx(usual.turns)
            assert table.exposure_s[at, session] == pytest.approx(usual.exposure_s)
    found, refused = load._test(design, affects)
    growth = measure_growth(rows)
    assert refused == ([growth.turns.refused] if growth.turns.refused else [])
    assert found["turns_at_equal_load"].slope == pytest.approx(growth.turns.slope, nan_ok=True)
    assert found["turns_crude"].slope == pytest.approx(growth.turns_crude.slope)
    beside = growth.turns_beside_mismatch.slope
    assert found["turns_beside_mismatch"].slope == pytest.approx(beside)


# -- studies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", list(SMALL))
def test_every_question_runs_and_says_what_it_found(question: str) -> None:
    design = SMALL[question]
    result = estimate_power(design, studies=3)
    worlds = [(f.world, f.test) for f in result.findings]
    assert (EFFECT, design.measure) in worlds
    assert result.power.studies == 3
    assert {f.test for f in result.findings} == {test.name for test in design.asked.tests}
    assert {bias.name for bias in result.biases} == {q.name for q in design.asked.quantities}
    assert (result.false_positive is None) == (question == "precision")
    frame = result.to_frame()
    assert set(frame["row"]) >= {"rate"}
    assert frame[frame["row"] == "rate"]["value"].between(0, 1).all()
    assert "workers" not in str(result.settings)
    again = estimate_power(design, studies=3)
    assert again.to_dict() == result.to_dict()


def test_the_result_depends_neither_on_workers_nor_on_how_many_studies_follow() -> None:
    design = replace(SMALL["growth_challenge"], dyads=10)
    one = estimate_power(design, studies=7, seed=3)
    two = estimate_power(design, studies=7, seed=3, workers=2)
    assert one.to_dict() == two.to_dict()
    runner = RUNNERS[design.question]
    assert runner(design, 3, 2).p == runner(design, 3, 2).p
    assert runner(design, 3, 2).p != runner(design, 4, 2).p


def test_no_effect_is_the_same_study_as_without_one() -> None:
    result = estimate_power(replace(SMALL["group_difference"], effect=1), studies=4)
    null = result.false_positive
    assert null is not None
    assert result.power.found == null.found
    assert "an effect of 1 is none" in result.summary()


def test_a_larger_effect_is_found_more_often() -> None:
    design = Design(dyads=8, minutes=2, spread=0.2)
    found = [estimate_power(replace(design, effect=e), studies=8).power.found for e in (1.2, 4)]
    assert found[0] < found[1]
    assert found[1] >= 6


def test_too_few_dyads_are_refused_with_the_reason() -> None:
    two = estimate_power(replace(SMALL["group_difference"], dyads=2), studies=3)
    assert two.power.found == 0
    assert two.power.refused == 3
    assert any("at least 3 are needed" in limit.words for limit in two.limits)
    assert "the test could not be made" in two.summary()
    four = estimate_power(replace(SMALL["above_chance"], dyads=4), studies=2)
    assert four.power.refused == 2
    assert any(limit.code == "R_PAIRS" and limit.whole for limit in four.limits)
    nine = estimate_power(replace(SMALL["growth_challenge"], dyads=9), studies=2)
    assert nine.power.refused == 2
    assert any("at least 10" in limit.words for limit in nine.limits)


def test_turns_at_equal_load_are_refused_for_coarse_codes() -> None:
    design = replace(SMALL["growth_load"], step_s=1.0)
    result = estimate_power(design, studies=2)
    assert result.power.refused == 2
    assert any("not separable from matching" in limit.words for limit in result.limits)
    assert result.find("turns_at_equal_load", NONE).refused == 2


@pytest.mark.parametrize("name", ["studies", "seed", "workers"])
@pytest.mark.parametrize("value", [-1, 1.5, True, 10**30])
def test_numbers_of_a_run_are_checked(name: str, value: object) -> None:
    with pytest.raises(SettingError, match=name):
        estimate_power(SMALL["precision"], **{name: value})  # type: ignore[arg-type]


def test_a_plan_that_no_machine_should_be_asked_for_is_refused() -> None:
    with pytest.raises(SettingError, match="a smaller plan"):
        estimate_power(Design(dyads=10_000, sessions=1000, minutes=600), studies=1000)


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    estimate_power(
        SMALL["precision"],
        studies=7,
        on_progress=lambda done, total, what: told.append((done, total)),
    )
    assert told[-1] == (7, 7)
    assert told == sorted(told)


# -- curves ----------------------------------------------------------------------------------------


def naive_pool(rates: list[float], weights: list[float]) -> list[float]:
    """At every place the largest, over beginnings, of the smallest mean up to any end."""
    n = len(rates)

    def mean(i: int, j: int) -> float:
        total = sum(weights[i : j + 1])
        return sum(r * w for r, w in zip(rates[i : j + 1], weights[i : j + 1], strict=True)) / total

    return [max(min(mean(i, j) for j in range(k, n)) for i in range(k + 1)) for k in range(n)]


def test_neighbours_that_fall_are_pooled() -> None:
    rng = draw(9)
    for _ in range(20):
        rates, weights = rng.random(6), rng.integers(1, 50, 6).astype(float)
        pooled = pool_neighbours(rates, weights)
        assert pooled == pytest.approx(naive_pool(rates.tolist(), weights.tolist()))
        assert (np.diff(pooled) >= 0).all()


def test_the_crossing_is_interpolated_on_the_logit() -> None:
    x = np.array([0.0, 1.0, 2.0])
    assert cross(x, np.array([0.1, 0.5, 0.9]), 0.5) == pytest.approx(1.0)
    assert cross(x, np.array([0.2, 0.5, 0.5]), 0.2) == -math.inf
    assert cross(x, np.array([0.2, 0.5, 0.6]), 0.8) == math.inf
    at = cross(x, np.array([0.1, 0.3, 0.9]), 0.8)
    share = (math.log(4) - math.log(3 / 7)) / (math.log(9) - math.log(3 / 7))
    assert at == pytest.approx(1 + share)


def test_a_reach_holds_its_truth_in_about_as_many_cases_as_it_says() -> None:
    x = np.log([5.0, 10.0, 20.0, 40.0])
    truth = 1 / (1 + np.exp(-1.5 * (x - math.log(12))))
    goal_at = math.log(12) + math.log(4) / 1.5
    held, rng = [], draw(10)
    for _ in range(30):
        found = [(int(rng.binomial(100, p)), 100) for p in truth]
        low, _, high, status = find_reach(x, found, 0.8, rng=rng)
        held.append(low <= goal_at <= high)
        assert status in ("reached", "not reached")
    assert np.mean(held) >= 0.8


def test_a_curve_says_from_where_on() -> None:
    design = Design("growth_challenge", dyads=10, minutes=0.5, effect=1.6, spread=0.2)
    told: list[tuple[int, int]] = []
    curve = plan_curve(
        design, "dyads", [10, 12, 20], studies=6,
        on_progress=lambda done, total, what: told.append((done, total)),
    )  # fmt: skip
    assert curve.values == (10, 12, 20)
    assert told[-1] == (18, 18)
    assert curve.results[2].power.found >= curve.results[0].power.found - 3
    assert curve.reach.low <= curve.reach.high
    if curve.reach.status == "reached":
        assert 10 <= curve.reach.value <= 20
    alone = estimate_power(change_design(design, "dyads", 12), studies=6)
    assert alone.power == curve.results[1].power
    frame = curve.to_frame()
    assert set(frame["at"]) == {10, 12, 20}
    assert curve.settings["vary"] == "dyads"


def test_a_step_is_best_where_it_is_small_and_an_effect_where_it_is_far_from_none() -> None:
    fine = Design("precision", minutes=2)
    curve = plan_curve(fine, "step", [0, 5], studies=8)
    assert curve.falling
    assert curve.results[0].power.found >= curve.results[1].power.found
    less = plan_curve(Design(dyads=6, minutes=1, spread=0.1), "effect", [0.1, 0.9], studies=6)
    assert less.falling
    assert less.results[0].power.found > less.results[1].power.found
    if less.reach.status == "reached":
        assert 0.1 <= less.reach.value <= 0.9


@pytest.mark.parametrize(
    ("vary", "values", "told"),
    [
        ("minute", None, "Did you mean 'minutes'"),
        ("minutes", [5], "two different numbers"),
        ("minutes", [5, float("nan")], "two different numbers"),
        ("minutes", ["a", "b"], "numbers"),
        ("dyads", [5.5, 6], "a whole number"),
        ("effect", [0.5, 2], "one side"),
        ("minutes", [0.01, 2], "minutes"),
    ],
)
def test_a_wrong_curve_says_what_is_allowed(
    vary: str, values: list[float] | None, told: str
) -> None:
    with pytest.raises(SettingError, match=told):
        plan_curve(Design(), vary, values, studies=2)


@pytest.mark.parametrize("question", list(QUESTIONS))
@pytest.mark.parametrize("vary", ["minutes", "dyads", "sessions", "effect", "step"])
def test_suggested_values_make_designs(question: str, vary: str) -> None:
    design = Design(question)
    for value in suggest_values(design, vary):
        change_design(design, vary, value)
