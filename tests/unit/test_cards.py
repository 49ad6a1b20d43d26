"""Cards: every measure says what it is."""

from __future__ import annotations

from itertools import product

import pytest

from reattune.core.attunement import Attunement
from reattune.measures import CARDS, compute_measures, find_card, make_tally
from reattune.measures.cards import PARTNER, Card
from reattune.repair import find_ruptures

from .test_rules import contingent
from .test_runs_criteria import make

# The names that stay, whatever else is added.
PROMISED = """
    matched_prop expected_prop match_kappa negative_match_prop
    expected_repair_hazard_per_s repair_ratio excess_repairs
    match_duration_s mismatch_duration_q50_s repair_hazard_per_s rupture_hazard_per_s
    repairs_per_min ruptures_per_min seconds_per_repair
    repair_latency_q25_s repair_latency_q50_s repair_latency_q75_s
    repaired_within_1s repaired_within_3s repaired_within_5s repaired_within_10s
    n_ruptures n_repaired n_censored n_unrepaired n_not_entered
    opened_by_<partner>_prop repaired_by_<partner>_prop opened_by_both_prop repaired_by_both_prop
    depth_q50 legacy_latency_mean_s observed_s
""".split()
UNITS = {"s", "share", "count", "1/s", "1/min", "1"}
ENDINGS = {"_per_s": "1/s", "_per_min": "1/min", "_s": "s", "_prop": "share"}


@pytest.mark.parametrize("name", PROMISED)
def test_every_promised_measure_has_a_card(name: str) -> None:
    assert CARDS[name].name == name


@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.name)
def test_a_card_is_filled_in(card: Card) -> None:
    for text in (card.label, card.formula, card.source, card.interval):
        assert text.strip(), card.name
    assert card.unit in UNITS
    assert card.per_partner == (PARTNER in card.name)
    if card.per_partner:
        assert PARTNER in card.label
    # Numbers on the log scale are rates and ratios, never shares or counts.
    assert not (card.log_scale and card.unit in ("share", "count"))
    assert card.smooth or not card.log_scale


@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.name)
def test_the_name_ends_with_the_unit(card: Card) -> None:
    ending = next((e for e in ENDINGS if card.name.endswith(e)), None)
    if ending is not None:
        assert card.unit == ENDINGS[ending]


@pytest.mark.parametrize(
    "partner", ["child", "foster_mother", "mother_2", "both_parents", "by", "prop", "Zoë K."]
)
def test_a_card_is_found_whatever_the_partners_are_called(partner: str) -> None:
    partners = ("mother", partner)
    for general, who in product((c for c in CARDS.values() if c.per_partner), partners):
        assert find_card(general.name.replace(PARTNER, who), partners) is general


def test_what_has_no_card() -> None:
    assert find_card("matched_prop") is CARDS["matched_prop"]
    assert find_card("opened_by_<partner>_prop") is CARDS["opened_by_<partner>_prop"]
    assert find_card("matched") is None
    assert find_card("opened_by_child_prop") is None
    assert find_card("opened_by_child_prop", ("mother", "father")) is None
    assert find_card("opened_by_mother_2_prop", ("mother", "father")) is None


def names(attunement: Attunement) -> list[str]:
    return list(compute_measures(make_tally(attunement, find_ruptures(attunement))))


def test_every_measure_has_a_card_and_every_card_a_measure() -> None:
    for attunement in (make("mmuum"), contingent([(2, 3)], [(10, 11)])[0]):
        found = {}
        for name in names(attunement):
            found[name] = find_card(name, attunement.partners)
        # Only a rule's own counts have none: their unit is "count".
        without = {name for name, card in found.items() if card is None}
        assert len(without) == len(attunement.extras)
        assert all(name.startswith("n_cues") for name in without)
        there = {"", *attunement.extras}
        wanted = {c.name for c in CARDS.values() if c.only_with in there}
        assert {card.name for card in found.values() if card} == wanted


def test_counts_of_a_rule_are_measures() -> None:
    attunement, _ = contingent([(2, 3), (8, 9)], [(3, 4)])
    got = compute_measures(make_tally(attunement, find_ruptures(attunement)))
    assert got["n_cues"].value == 2
    assert got["n_cues_picked_up"].value == 1
    assert got["cues_picked_up_prop"].value == 0.5
    assert got["cues_picked_up_prop"].n == 2
