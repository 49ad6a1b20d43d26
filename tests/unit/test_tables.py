"""Match tables: presets, and tables of the user's own."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.core.pair import MATCH, MISMATCH, UNDEFINED, MatchTable
from reattune.rules import OwnTable
from reattune.rules.tables import build_table
from reattune.rules.valence import find_valence

SIGNS = ("negative", "neutral", "positive")


def look(table: str | OwnTable, a: str, b: str, first: tuple = SIGNS, second: tuple = SIGNS):
    """(match, distance, negative) of a pair of labels."""
    made, x, y = build_table(table, first, second)
    at = (x[a], y[b])
    return int(made.match[at]), float(made.distance[at]), bool(made.negative[at])


@pytest.mark.parametrize(
    ("preset", "matching"),
    [
        ("same_category", {"nn", "00", "pp"}),
        ("same_valence", {"nn", "00", "pp"}),
        ("social_positive_only", {"pp"}),
        ("congruent_nonnegative", {"00", "pp"}),
    ],
)
def test_which_pairs_match(preset: str, matching: set[str]) -> None:
    letter = dict(zip(SIGNS, "n0p", strict=True))
    found = {letter[a] + letter[b] for a in SIGNS for b in SIGNS if look(preset, a, b)[0] == MATCH}
    assert found == matching


def test_depth_is_rank_distance_over_its_maximum() -> None:
    assert look("same_valence", "negative", "positive") == (MISMATCH, 1.0, False)
    assert look("same_valence", "neutral", "positive") == (MISMATCH, 0.5, False)
    assert look("same_valence", "negative", "negative") == (MATCH, 0.0, True)
    # Alike, yet no match under this preset: there is no rank distance to give.
    assert look("congruent_nonnegative", "negative", "negative") == (MISMATCH, 1.0, True)
    assert look("same_category", "neutral", "positive")[1] == 1.0


def test_same_valence_reads_numbers_and_words() -> None:
    labels = ("-3", "-1", "0", "2", "Smile", "fuss")
    assert look("same_valence", "2", "Smile", labels, labels)[0] == MATCH
    assert look("same_valence", "-3", "fuss", labels, labels) == (MATCH, 0.0, True)
    _, x, _ = build_table("same_valence", labels, labels)
    assert x["-3"] == x["-1"] == x["fuss"]


def test_watched_object_play_is_congruent() -> None:
    child, adult = ("object_engagement", "negative"), ("social_monitor", "negative")
    watched = look("congruent_nonnegative", "object_engagement", "social_monitor", child, adult)
    assert watched[:2] == (MATCH, 0.0)
    assert look("congruent_nonnegative", "negative", "negative", child, adult)[0] == MISMATCH
    assert look("congruent_nonnegative", "object_engagement", "negative", child, adult)[1] == 1.0


@pytest.mark.parametrize("preset", ["same_valence", "social_positive_only"])
def test_a_state_without_valence_is_named(preset: str) -> None:
    with pytest.raises(SettingError, match=r"'avert'.*same_category") as caught:
        build_table(preset, ("positive", "avert"), SIGNS)
    assert caught.value.parameter == "state"


@pytest.mark.parametrize("label", ["nan", "NaN", "inf", "-inf", "avert", "non_negative", ""])
def test_what_has_no_valence(label: str) -> None:
    assert find_valence(label) is None


@pytest.mark.parametrize(("label", "valence"), [("+2", 1), ("-0.5", -1), ("0", 0), ("Joy ", 1)])
def test_what_has_one(label: str, valence: int) -> None:
    assert find_valence(label) == valence


# -- own tables ------------------------------------------------------------------------------------


def test_own_table_with_wild_cards_and_exclusions() -> None:
    table = OwnTable(match=(("a", "*"), ("b", "b")), excluded=(("a", "c"),), order=("a", "b", "c"))
    letters = ("a", "b", "c")
    assert look(table, "a", "b", letters, letters)[:2] == (MATCH, 0.0)
    assert look(table, "a", "c", letters, letters)[0] == UNDEFINED
    assert look(table, "b", "c", letters, letters)[:2] == (MISMATCH, 0.5)
    assert look(table, "c", "a", letters, letters)[:2] == (MISMATCH, 1.0)


def test_depth_without_rank_is_one() -> None:
    table = OwnTable(match=(("a", "a"),), order=("a", "b"))
    assert look(table, "a", "z", ("a",), ("z",))[1] == 1.0


def test_states_that_the_table_treats_alike_are_one() -> None:
    table = OwnTable(match=(("talk", "listen"),))
    made, x, y = build_table(table, ("talk", "hum", "nod"), ("listen", "sigh"))
    assert x["hum"] == x["nod"] != x["talk"]
    assert y["sigh"] != y["listen"]
    assert made.match.shape == (2, 2)
    # Named after its own labels; what only the other partner shows or is named for is no part.
    assert made.states[0][x["hum"]] == "hum/nod"
    assert made.states[1][y["sigh"]] == "sigh"


def test_negative_states_are_graded_for_both() -> None:
    table = OwnTable(match=(("a", "a"), ("b", "b")), negative=("b",))
    assert look(table, "b", "b", ("a", "b"), ("a", "b"))[2]
    assert not look(table, "a", "b", ("a", "b"), ("a", "b"))[2]


def test_a_table_may_name_states_that_do_not_occur() -> None:
    assert look(OwnTable(match=(("x", "y"),)), "a", "b", ("a",), ("b",))[0] == MISMATCH


@pytest.mark.parametrize("table", ["same_category", "same_valence", OwnTable(match=())])
def test_nothing_coded_at_all_still_has_a_table(table: str | OwnTable) -> None:
    made, x, y = build_table(table, (), ())
    assert x.keys() <= {""}
    assert y.keys() <= {""}
    assert made.match.size > 0


def test_own_table_round_trip_and_lists() -> None:
    table = OwnTable(match=[["a", "b"]], excluded=[("b", "b")], order=["a", "b"], negative=["b"])
    assert OwnTable.from_dict(table.to_dict()) == table
    assert hash(table) == hash(OwnTable((("a", "b"),), (("b", "b"),), ("a", "b"), ("b",)))


@pytest.mark.parametrize(
    ("settings", "parameter"),
    [
        ({"match": [["a"]]}, "table.match"),
        ({"match": ["ab"]}, "table.match"),
        ({"match": "ab"}, "table.match"),
        ({"match": [["a", "b", "c"]]}, "table.match"),
        ({"match": [["a", "a"]], "excluded": [["a"]]}, "table.excluded"),
        ({"match": [["a", "a"]], "order": "ab"}, "table.order"),
        ({"match": [["a", "a"]], "order": ["a", "a"]}, "table.order"),
        ({"match": [["a", "a"]], "negative": "a"}, "table.negative"),
        ({"order": ["a"]}, "table"),
        ({"match": [["a", "a"]], "pairs": []}, "table"),
    ],
)
def test_wrong_tables_name_their_parameter(settings: dict, parameter: str) -> None:
    with pytest.raises(SettingError) as caught:
        OwnTable.from_dict(settings)
    assert caught.value.parameter == parameter
    if "match" in settings and parameter != "table":
        with pytest.raises(SettingError):
            OwnTable(**settings)


def test_unknown_preset() -> None:
    with pytest.raises(SettingError, match="same_valence"):
        build_table("same_valance", ("a",), ("a",))


def test_match_table_checks_its_shape() -> None:
    one = np.ones((1, 1))
    with pytest.raises(SettingError) as caught:
        MatchTable("t", (("a",), ("a", "b")), one.astype(int), one, one.astype(bool))
    assert caught.value.parameter == "match"
    made, _, _ = build_table("same_category", ("a", "b"), ("b",))
    assert made.transpose().transpose().states == made.states
