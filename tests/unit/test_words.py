"""Sentences: right figures, the null beside every headline value, nothing undefined printed."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.core.criteria import Criteria
from reattune.core.notes import Note
from reattune.core.session import Phase, Session
from reattune.core.streams import States
from reattune.results import Analysis, Failure
from reattune.rules import Contact, StateMatch
from reattune.show import phrases, sentences
from reattune.show.longest import compare_longest, find_longest
from reattune.show.words import describe_part, summarize_analysis, summarize_study
from reattune.surrogates.chance import ChanceTest
from reattune.surrogates.decide import Information
from reattune.surrogates.ranks import ChanceStatistic

from .made import make_analysis, make_session, make_study, three_phases


def known(
    *, p: float = 0.41, expected: float = 12.0, refused: str = "", partners=("infant", "caregiver")
) -> Analysis:
    """100 s with 14 ruptures of known ends, and a chance test with figures written by hand.

    Infant always "a". Caregiver: 31 s "a" in pieces, otherwise "b"; uncoded in [40, 42).
    """
    infant = States(partners[0], "s", [0], [100], ["a"], 1.0)
    edges, labels, at = [], [], 0.0
    for i in range(10):
        for label, length in (("a", 3.0), ("b", 7.0)):
            edges.append((at, at + length))
            labels.append(label)
            at += length
        del i
    kept = [(a, b, s) for (a, b), s in zip(edges, labels, strict=True)]
    # The mismatch [43, 50) is cut off by missing time [45, 50).
    kept = [(a, 45.0 if a == 43.0 else b, s) for a, b, s in kept]
    starts, ends, states = zip(*kept, strict=True)
    caregiver = States(partners[1], "s", starts, ends, states, 1.0)
    session = Session("d", partners, (0, 100), (infant, caregiver))
    made = make_analysis(session, StateMatch("s"), chance=False)

    def row(name: str, observed: float, mean: float, low: float, high: float) -> ChanceStatistic:
        return ChanceStatistic(
            name, observed, mean, mean, low, high, nan if refused else p, 999, refused
        )

    test = ChanceTest(
        method="rotate_blocks",
        partners=partners,
        statistics=(
            row("matched_prop", 30 / 95, 0.27, 0.19, 0.36),
            row("repair_hazard_per_s", 8 / 65, 0.1, 0.05, 0.15),
            row("repair_latency_q50_s", 7.0, inf, 3.0, inf),
        ),
        warnings=(),
        information=Information((20, 20), expected, (0.0, 0.05), 1e9, 2),
        observed_s=95.0,
        blocks=2,
        block_s=56.0,
        n_alignments=1e9,
        n_drawn=999,
        exact=False,
    )
    return replace(made, parts=(replace(made.parts[0], chance=test),))


def test_matching_names_value_null_band_p_and_blocks() -> None:
    text = sentences.matching_sentence(known().parts[0])
    assert text == (
        "Infant and caregiver were matched for 32 % of 95 observed seconds. When the codes of the "
        "caregiver are rotated against those of the infant inside blocks of 56 s, keeping how long "
        "and how often each shows what, they match 27 % (19 to 36 %), p = .41: too little to tell."
    )


@pytest.mark.parametrize(
    ("p", "expected", "words"),
    [
        (0.41, 39.9, "p = .41: too little to tell"),
        (0.41, 40.0, "p = .41: does not differ from chance"),
        (0.002, 12.0, "p = .002, more than chance gives"),
        (0.0001, 12.0, "p < .001, more than chance gives"),
    ],
)
def test_no_difference_is_said_only_where_one_could_have_been_seen(p, expected, words) -> None:
    assert words in sentences.matching_sentence(known(p=p, expected=expected).parts[0])


def test_a_refused_test_gives_the_reason_and_the_null_but_no_p() -> None:
    text = sentences.matching_sentence(known(refused="R_RUNS").parts[0])
    assert "27 % (19 to 36 %), no p (a partner shows fewer than three runs" in text
    assert "p =" not in text


def test_ruptures_are_counted_by_how_they_ended() -> None:
    text = sentences.ruptures_sentence(known().parts[0])
    assert text == (
        "10 ruptures were seen to begin: 8 were repaired while we watched, 1 was cut off by the "
        "end of the observation and 1 was cut off by missing time."
    )


def test_latency_is_the_median_of_ruptures_with_the_median_of_the_null() -> None:
    text = sentences.latency_sentence(known().parts[0])
    assert text.startswith("Half of the ruptures were repaired within 7.0 s")
    # The null's mean and upper limit are not reached: nothing infinite is printed.
    assert "streams not timed to each other mostly do not get that far either, p = .41" in text
    assert "inf" not in text


def test_hazard_is_per_minute_of_mismatch_with_its_null() -> None:
    text = sentences.hazard_sentence(known().parts[0])
    # 8 repairs in 65 mismatched seconds.
    assert text.startswith("Per minute of mismatch there were 7.4 repairs (95 % interval 3.2 to")
    assert "give 6.0 (3.0 to 9.0), p = .41" in text


def test_who_is_told_beside_who_changes() -> None:
    text = sentences.who_sentence(known().parts[0])
    assert "the infant repaired 0 and the caregiver 8 of 8" in text
    assert "0 % are the infant's and 100 % the caregiver's" in text


def test_criteria_with_a_window_say_unrepaired() -> None:
    made = make_analysis(
        known().session, StateMatch("s"), Criteria(repair_window_s=5), chance=False
    )
    text = sentences.ruptures_sentence(made.parts[0])
    assert "not repaired within 5.0 s" in text


def test_an_imposed_phase_says_so_and_the_next_counts_from_its_onset() -> None:
    made = make_analysis(make_session(phases=three_phases()))
    imposed = [s.text for s in describe_part(made, made["still_face"])]
    assert "asked not to respond" in imposed[0]
    assert not any("Half of the ruptures" in text or "Per minute" in text for text in imposed)
    after = [s.text for s in describe_part(made, made["reunion"])]
    first = made["reunion"].first_repair
    assert first is not None
    assert first.status == "repaired"
    assert f"The first repair came {first.latency_s:.1f} s after the onset of reunion." in after


def test_a_rule_without_chance_says_why() -> None:
    why = "The rule looks at one partner only."
    made = make_analysis(
        make_session(), Contact("affect", 2.0, ("caregiver",), ("positive",)), chance=False,
        no_chance=why,
    )  # fmt: skip
    text = "\n".join(summarize_analysis(made))
    assert why in text
    assert "The rule looks at the caregiver alone" in text
    assert "base rates alone" not in text.lower()


def test_nothing_observed_and_no_rupture_are_told_in_words() -> None:
    streams = (
        States("a", "s", [0], [10], ["x"], 1.0),
        States("b", "s", [10], [20], ["x"], 1.0),
    )
    made = make_analysis(Session("e", ("a", "b"), (0, 20), streams), StateMatch("s"), chance=False)
    assert "Nothing was observed of a and b at once" in made.summary()
    streams = (
        States("a", "s", [0], [20], ["x"], 1.0),
        States("b", "s", [0], [20], ["x"], 1.0),
    )
    made = make_analysis(Session("e", ("a", "b"), (0, 20), streams), StateMatch("s"), chance=False)
    text = made.summary()
    assert "could not be computed (no rupture was seen to begin)" in text
    assert "There was no mismatch, so no rate of repair." in text


def test_warnings_of_the_data_and_rule_and_criteria_are_printed() -> None:
    note = Note("identical", "Both partners' streams are identical.", level="warning")
    made = make_analysis(make_session(notes=(note,)), criteria=Criteria(min_rupture_s=1.0))
    text = made.summary()
    assert "Warning: Both partners' streams are identical." in text
    assert "Rule: affect matches when both have the same sign" in text
    assert "mismatches shorter than 1 s are no rupture" in text


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    duration=st.sampled_from([12.0, 60.0, 240.0]),
    dwell=st.sampled_from([0.5, 5.0, 60.0]),
    chance=st.booleans(),
)
def test_no_sentence_prints_anything_undefined(seed, duration, dwell, chance) -> None:
    session = make_session(seed=seed, duration=duration, dwell=dwell, missing=None)
    made = make_analysis(session, chance=chance, no_chance="" if chance else "Switched off.")
    text = made.summary()
    assert not re.search(r"\b(nan|inf|None)\b|-0\.0|\d\.\d{3,}", text)
    assert "  " not in text
    seen = [s.text for part in made.parts for s in describe_part(made, part) if s.about == "seen"]
    words = (
        "timed to each other",
        "rotated against",
        "no null",
        "no p",
        "Switched off",
        "could not",
    )
    for start in ("Infant and caregiver were matched", "Half of the", "Per minute of mismatch"):
        for told in (t for t in seen if t.startswith(start)):
            assert any(word in told for word in words), told


def test_no_praise_no_blame_and_no_pronoun_anywhere() -> None:
    text = make_study().summary() + make_analysis(make_session(phases=three_phases())).summary()
    for word in ("good", "poor", "fail", "failed", "error", "sensitive", "her", "his", "she", "he"):
        assert not re.search(rf"\b{word}\b", text.lower()), word


# -- the longest rupture -------------------------------------------------------------------------


def test_the_longest_rupture_equals_the_reference(shared: Path) -> None:
    from tests.reference.sessions import still_face

    folder = shared / "reference" / "still_face_contact"
    with (folder / "longest_rupture_even_infants.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["span"] == "all"][:18]
    for row in rows:
        session = still_face(shared, row["visit"])
        rule = Contact("voice", float(row["patience_s"]), ("caregiver",))
        made = make_analysis(session, rule, chance=False, no_chance="one partner", whole=True)
        found = find_longest(made)
        assert found is not None
        assert found.onset == pytest.approx(float(row["onset_s"]), abs=1e-9)
        assert found.covered == pytest.approx(float(row["share_of_still_face_covered"]), rel=1e-9)
        assert found.overlap == pytest.approx(float(row["overlap_over_union"]), rel=1e-9)
        assert found.covers_half_by_chance == pytest.approx(
            float(row["chance_covers_half"]), abs=2e-4
        )
        assert found.repaired_by == row["ended_by"]


def test_chance_cover_equals_a_walk_over_all_places() -> None:
    made = make_analysis(make_session(seed=3, duration=200))
    ruptures, phase = made.parts[0].ruptures, Phase("still", 60, 110, imposed=True)
    entered = [r for r in ruptures if r.entered]
    longest = max(entered, key=lambda r: r.latency)
    phase = replace(phase, end=60 + 1.2 * longest.latency)
    found = compare_longest("d", ruptures, phase, (0.0, 200.0))
    assert found is not None
    onsets = np.linspace(0, 200 - longest.latency, 200_001)
    cover = np.minimum(onsets + longest.latency, phase.end) - np.maximum(onsets, phase.start)
    share = float((cover >= phase.duration / 2 - 1e-9).mean())
    assert 0 < share < 1
    assert found.covers_half_by_chance == pytest.approx(share, abs=1e-4)


def test_no_longest_rupture_where_phases_are_apart() -> None:
    assert find_longest(make_analysis(make_session(phases=three_phases()))) is None
    assert find_longest(make_analysis(make_session(phases=three_phases()), whole=True)) is not None


# -- a study -------------------------------------------------------------------------------------


def test_a_study_tells_sessions_interval_both_nulls_and_failures() -> None:
    study = make_study(failures=(Failure("d9", "d9.eaf", "tier 'x' is missing."),))
    text = study.summary()
    assert text.startswith("Study made: 8 sessions of 8 dyads.")
    assert "base rates alone would give" in text
    assert "Intervals of pooled figures: jackknife" in text
    assert "re-paired strangers" in text
    assert "rotated streams" in text
    assert "1 session could not be analysed" in text
    assert "d9: tier 'x' is missing." in text
    assert "nan" not in text


def test_a_study_without_pairing_says_why() -> None:
    text = make_study(pairing=False).summary()
    assert "Re-pairing strangers needs six dyads or more." in text
    assert "rotation in blocks" in text


def test_a_study_taken_whole_tells_the_longest_ruptures_with_their_null() -> None:
    sessions = [make_session(f"x{i}", seed=i, phases=three_phases()) for i in range(4)]
    text = "\n".join(summarize_study(make_study(sessions, whole=True)))
    assert "The phases play, still face and reunion were taken together." in text
    assert re.search(r"In \d of 4 sessions the longest rupture covers at least half of still", text)
    assert re.search(r"placed anywhere would do so in \d", text)


# -- numbers -------------------------------------------------------------------------------------


def test_numbers_are_printed_as_they_are_read() -> None:
    assert phrases.percent(nan) == "not defined"
    assert phrases.percent(0.9999) == "over 99 %"
    assert phrases.percent(0.0) == "0 %"
    assert phrases.number(-0.001) == "0.0"
    assert phrases.number(inf) == "beyond what was observed"
    assert phrases.length(0.01) == "under 0.1 s"
    assert phrases.length(3, "meeting") == "3.0 meetings"
    assert phrases.moment(125.4) == "2:05"
    assert phrases.moment(4, "meeting") == "meeting 4"
    assert phrases.interval(2.9, nan) == " (95 % interval from 2.9 on)"
    assert phrases.interval(nan, 3.0) == " (95 % interval up to 3.0)"
    assert phrases.interval(nan, nan) == ""
    assert phrases.p_value(nan) == "no p"
    assert phrases.listed(["a", "b", "c"]) == "a, b and c"
    assert phrases.count(1, "rupture") == "1 rupture"
