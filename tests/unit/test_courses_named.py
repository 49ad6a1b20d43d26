"""Criteria by name: what a study file or a command writes, and what is wrong with it."""

from __future__ import annotations

import pytest

from reattune.core.errors import SettingError
from reattune.courses import (
    CRITERIA,
    PRESETS,
    ControlChart,
    Criterion,
    Decline,
    Drop,
    ReliableChange,
    all_criteria,
    choose_criteria,
    default_criteria,
    gumz_like,
    make_criterion,
    parse_criterion,
    stiles_like,
)
from reattune.rules.courses import COURSE_RULES, make_course_rule


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Decline", Decline()),
        ("Decline:k=2,sd=own", Decline(k=2, sd="own")),
        (" drop : k = 2 , window = none ", Drop(k=2, window=None)),
        ("control_chart:rules=R1+R2,limit=2", ControlChart(rules=("R1", "R2"), limit=2)),
        ("ControlChart:detrend=true", ControlChart(detrend=True)),
        ("ReliableChange:sd=0.9,reliability=0.92", ReliableChange(sd=0.9, reliability=0.92)),
        ("stiles-like:window=4", stiles_like(window=4)),
        ("gumz_like:k=2", gumz_like(k=2)),
    ],
)
def test_a_word_is_a_criterion(text: str, wanted: Criterion) -> None:
    assert parse_criterion(text) == wanted


@pytest.mark.parametrize("criterion", all_criteria(), ids=lambda c: c.label())
def test_what_settings_hold_makes_the_criterion_again(criterion: Criterion) -> None:
    told = {**criterion.to_dict(), "name": "x", "approximation": True, "in_words": "y"}
    again = make_criterion(told)
    assert again == criterion
    assert again.preset == criterion.preset


def test_every_criterion_has_a_name_and_a_rule() -> None:
    kinds = {type(criterion) for criterion in all_criteria()} | {ReliableChange}
    assert kinds == set(CRITERIA.values())
    assert {rule.criterion_type for rule in COURSE_RULES} == kinds
    for criterion in (*all_criteria(), ReliableChange(sd=1, reliability=0.9)):
        rule = make_course_rule(criterion, "wai", "patient")
        assert rule.criterion == criterion
        assert (rule.stream, rule.partner) == ("wai", "patient")
    assert {criterion.preset for criterion in all_criteria()} == {"", *PRESETS}


def test_sets_and_mixtures() -> None:
    chosen = choose_criteria(["default", {"type": "Drop", "k": 3}, Decline(k=3), "stiles_like"])
    assert tuple(chosen[:5]) == default_criteria()
    assert chosen[5:] == [Drop(k=3), Decline(k=3), stiles_like()]
    assert tuple(choose_criteria(["all"])) == all_criteria()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Declin", "Did you mean 'Decline'"),
        ("Drop:kk=1", "a parameter of Drop"),
        ("Drop:k", "parameter=value"),
        ("Drop:k=-1", "above 0"),
        ("stiles_like:k=3", "There is 'window'"),
        ("ControlChart:rules=R9", "R4"),
        ("ReliableChange:sd=1", "also reliability"),
        ("", "the name of a criterion"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    with pytest.raises(SettingError, match=words):
        parse_criterion(text)
