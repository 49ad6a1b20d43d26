"""What the sentences say, what stands beside what, and which words never occur."""

from __future__ import annotations

import re
from dataclasses import replace
from math import log, nan
from pathlib import Path

import numpy as np
import pytest

import reattune.growth
from reattune.core.errors import SettingError
from reattune.core.session import Session
from reattune.growth import (
    ChallengeVisit,
    GrowthSession,
    Outcomes,
    RepairAdds,
    RivalContest,
    SlopeFit,
    compare_challenges,
    expect_by_chance,
    follow_dyad,
    follow_expectancy,
    judge_change,
    measure_growth,
    read_affect,
    scale_time,
)
from reattune.growth.course import CRUDE, Growth
from reattune.growth.rivals import make_gain
from reattune.growth.words import (
    say_challenge,
    say_companion,
    say_dyad,
    say_expectancy,
    say_growth,
    say_repair_adds,
    say_repeats,
    say_rivals,
    share,
)
from reattune.measures import make_tally
from reattune.repair import find_ruptures
from reattune.rules import StateMatch

from .test_growth_affect import stream

STATES = ("negative", "away", "monitor", "positive")


def draw_session(
    rng: np.random.Generator, dyad: str, time: float, states: tuple[str, ...] = STATES
) -> GrowthSession:
    streams = []
    for partner in ("infant", "other"):
        at, bouts = 0.0, []
        while at < 200:
            end = min(200.0, at + round(rng.exponential(4), 1) + 0.1)
            bouts.append((at, end, str(rng.choice(states))))
            at = end
        streams.append(stream(partner, bouts))
    session = Session(f"{dyad}{time}", ("infant", "other"), (0, 200), tuple(streams), dyad=dyad)
    attunement = StateMatch("affect")(session)
    tally = make_tally(attunement, find_ruptures(attunement))
    return GrowthSession(dyad, time, read_affect(attunement, "infant", ["negative"]), tally)


@pytest.fixture(scope="module")
def growth() -> Growth:
    rng = np.random.default_rng(1)
    return measure_growth([draw_session(rng, f"d{i}", j) for i in range(12) for j in range(4)])


def ratio(value: float, low: float, high: float) -> SlopeFit:
    return SlopeFit(log(value), 0.1, 0.01, log(low), log(high), 40, 0, 900.0)


NO_CHANGE = ratio(1.01, 0.97, 1.05)
FELL = ratio(0.79, 0.70, 0.90)
ROSE = ratio(1.3, 1.2, 1.4)


# -- the whole study ---------------------------------------------------------------------------


def test_growth_of_a_study_holds_together(growth: Growth) -> None:
    assert (growth.dyads, growth.sessions) == (12, 48)
    assert growth.load.separable
    assert next(iter(growth.forest)) == "negative turns at equal load"
    for fit in growth.forest.values():
        assert not fit.refused
        assert fit.ratio_low < fit.ratio < fit.ratio_high
    assert growth.turns_crude.mark == CRUDE
    assert 0 < growth.start.matched_prop < 1
    assert growth.start.mean_load_s > 0
    assert growth.start.sessions == growth.end.sessions == 12
    total = sum(c.turns for c in growth.load_counts)
    assert float(total.sum()) == growth.turns.events
    with pytest.raises(SettingError):
        measure_growth([])


def test_coarse_codes_make_no_statement() -> None:
    rng = np.random.default_rng(2)
    rows = [draw_session(rng, f"d{i}", j, STATES[:3]) for i in range(12) for j in range(4)]
    growth = measure_growth(rows)
    assert growth.turns.refused.startswith("not separable from matching")
    assert not growth.turns_beside_mismatch.refused
    said = say_growth(growth)
    assert said.startswith("No statement about growth")
    assert "atching" in said
    assert "repair hazard" in said
    forced = measure_growth(rows, force=True)
    assert forced.turns.mark.startswith("not separable")
    assert "not separable from matching" in say_growth(forced)
    # Even a clear fall is then no growth.
    fell = replace(forced, turns=replace(FELL, mark=forced.turns.mark))
    assert "tolerance" not in say_growth(fell)


def test_the_model_sentence(growth: Growth) -> None:
    said = say_growth(replace(growth, turns=FELL, match=NO_CHANGE, repair=ROSE))
    assert said.startswith(
        "At equal mismatch load, turns to negative affect fell to 0.79 of the start (0.70 to 0.90; "
        "40 dyads, 48 sessions)."
    )
    assert "Matching did not change: 1.01 (0.97 to 1.05)." in said
    assert "The repair hazard rose too: 1.30 (1.20 to 1.40)." in said
    assert said.endswith(
        "This is what growing tolerance would look like; age alone could look the same."
    )


@pytest.mark.parametrize("turns", [FELL, NO_CHANGE, ROSE, SlopeFit(*[nan] * 5, 0, 0, 0, "too few")])
@pytest.mark.parametrize("match", [FELL, NO_CHANGE, ROSE, ratio(1.0, 0.5, 2.0)])
def test_negative_affect_never_stands_without_matching_and_repair(
    growth: Growth, turns: SlopeFit, match: SlopeFit
) -> None:
    said = say_growth(replace(growth, turns=turns, match=match, repair=match))
    for fit_word in (say_companion(match, "matching"), say_companion(match, "the repair hazard")):
        start = fit_word.split(" rose")[0].split(":")[0]
        assert start in said
    assert "mean load" in said
    assert ("growing tolerance" in said) == (turns is FELL)


def test_companions_in_words() -> None:
    assert say_companion(ROSE, "matching", also=True).startswith("Matching rose too")
    assert say_companion(ROSE, "matching").startswith("Matching rose:")
    assert say_companion(FELL, "matching").startswith("Matching fell")
    assert say_companion(NO_CHANGE, "matching").startswith("Matching did not change")
    wide = say_companion(ratio(1.0, 0.6, 1.7), "matching")
    assert wide.startswith("Whether matching changed is too little known")
    none = say_companion(SlopeFit(*[nan] * 5, 0, 0, 0, "too few"), "matching")
    assert "cannot be said: too few" in none


# -- single sentences --------------------------------------------------------------------------


def test_expectancy_in_words() -> None:
    course = follow_expectancy([Outcomes(14, 4, 1)])
    said = say_expectancy(course, "infant", chance=expect_by_chance([[Outcomes(12, 6)]]))
    assert said == (
        "14 of 18 ruptures with a known outcome were repaired within 10 s; 1 was cut off before "
        "that. Someone who had lived only these would expect repair with .75 (.58 to .89). "
        "Shifted streams of the same dyad give .65 (.65 to .65). This describes what happened, "
        "not what the infant expects."
    )
    assert "No comparison with chance" in say_expectancy(course, "infant")
    few = follow_expectancy([Outcomes(1, 1)])
    assert "Fewer than five" in say_expectancy(few, "infant")
    patient = follow_expectancy([Outcomes(1, 1)], clock="meeting")
    assert "not given for this course" in say_expectancy(patient, "patient")
    assert "nothing can be said" in say_expectancy(follow_expectancy([Outcomes()]), "infant")
    assert share(0.75) == ".75"
    assert share(1.0) == "1.00"
    assert share(nan) == "not defined"


def visits(change: float, group: str = "") -> list[ChallengeVisit]:
    rng = np.random.default_rng(3)
    return [
        ChallengeVisit(
            f"{group}{i}", end, 0.4 + change * end + rng.normal(0, 0.05), 120, 120, group
        )
        for i in range(15)
        for end in (False, True)
    ]


def test_challenge_in_words() -> None:
    said = say_challenge(compare_challenges(visits(-0.2)), NO_CHANGE, ROSE)
    assert "in 15 dyads" in said
    assert "Matching did not change" in said
    assert "growing tolerance" in said
    assert "age alone" in said
    assert "used to the procedure" in said
    both = visits(-0.2, "therapy") + visits(0.0, "waiting")
    compared = say_challenge(compare_challenges(both, control="waiting"), None, None)
    assert "In waiting it changed by" in compared
    assert "no play was coded" in compared
    assert "too little to tell" in say_challenge(compare_challenges(visits(0.0)), None, None)
    assert "More of the challenge" in say_challenge(compare_challenges(visits(0.2)), None, None)
    assert "not compared" in say_challenge(compare_challenges(visits(0.2)[:6]), None, None)


def test_one_dyad_has_a_band_and_no_verdict() -> None:
    rng = np.random.default_rng(4)
    t = scale_time(np.arange(12))
    slope = follow_dyad(rng.poisson(6, 12), np.full(12, 60.0), t)
    said = say_dyad(slope, slope, slope)
    assert "could have shown" in said
    assert "matched time" in said
    assert not re.search(r"improv|grew|grown|better|worse|significant", said)
    assert "No slope" in say_dyad(follow_dyad([1] * 3, [1] * 3, t[:3]), slope, slope)
    repeats = say_repeats(judge_change([0.4] * 3, [0.2] * 3, 0.094))
    assert repeats.startswith("The negative share of the challenge changed by −0.20")
    assert "more than the 0.15" in repeats
    assert "not more than" in say_repeats(judge_change([0.4], [0.35], 0.094))


def contest(mean: float, verdict: str = "not told apart") -> RivalContest:
    spread = np.tile([-0.4, 0.4], 20)
    gain = make_gain(spread + mean)
    return RivalContest(verdict, gain, gain, gain, tuple(range(40)), 20.0, (0.1, 0.1))  # type: ignore[arg-type]


def test_rivals_in_words() -> None:
    said = say_rivals(contest(0.1))
    assert said.startswith(
        "The two accounts are not told apart: repair predicts the next rating better by 0.1 nats "
        "per dyad"
    )
    assert "told them apart in about one of five cases, had repair been the truth" in said
    assert "worse by 0.1" in say_rivals(contest(-0.1))
    assert "Lived repair predicts" in say_rivals(contest(1.0, "repair"))
    assert "Plain attunement predicts" in say_rivals(contest(-1.0, "attunement"))
    refused = replace(contest(0.0), refused="too few dyads")
    assert say_rivals(refused) == "The two accounts are not compared: too few dyads."
    gain = make_gain(np.array([0.1, 0.2, 0.4]))
    assert "was not found" in say_repair_adds(RepairAdds(False, gain, 0.1, "few"))
    assert "Caution: few." in say_repair_adds(RepairAdds(True, gain, 0.1, "few"))
    assert "not asked" in say_repair_adds(RepairAdds(False, gain, 0.1, "", "too few"))


# -- words that never occur --------------------------------------------------------------------

ROOM = Path(reattune.growth.__file__).parent
NEVER = re.compile(r"tolerance[\s_-]+score|trust[\s_-]+increased|resilien|reliably improved", re.I)
MEASURE = re.compile(r"[\"`]([a-z]+(?:_[a-z0-9]+)+)[\"`]")


def test_words_that_are_never_said() -> None:
    texts = {path.name: path.read_text("utf-8") for path in ROOM.glob("*.py")}
    assert len(texts) > 9
    for name, text in texts.items():
        joined = re.sub(r'"\s*\n\s*f?"', "", text)
        assert not NEVER.search(joined), name
        for found in MEASURE.findall(joined):
            assert "tolerance" not in found, (name, found)
            assert "trust" not in found, (name, found)


def test_no_public_name_calls_itself_tolerance_or_trust() -> None:
    for name in reattune.growth.__all__:
        assert not re.search("tolerance|trust", name, re.I)
