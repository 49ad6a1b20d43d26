"""Runs of one dyadic state, and the criteria on them."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.core.attunement import Attunement
from reattune.core.criteria import Criteria
from reattune.core.errors import SettingError
from reattune.repair.runs import apply_criteria, find_runs

STATES = {"m": 1, "u": 0, "-": -1}


def make(text: str, *, tick: float = 1.0, cuts: tuple[int, ...] = ()) -> Attunement:
    """One letter per tick: m matched, u mismatched, - undefined; the first partner changes."""
    state = np.array([STATES[letter] for letter in text])
    n = state.size
    changed = np.zeros((2, n + 1), dtype=bool)
    changed[0, 1:-1] = state[1:] != state[:-1]
    cut = np.zeros(n + 1, dtype=bool)
    cut[[0, n, *cuts]] = True
    return Attunement(
        ("child", "adult"),
        np.arange(n + 1) * tick,
        state,
        np.where(state < 0, np.nan, 1.0 - state),
        np.zeros(n, dtype=bool),
        changed,
        cut,
        tick,
        0.0,
    )


def runs(text: str, criteria: Criteria, **options: object) -> str:
    """The runs after the criteria, written again with one letter per tick and | at cuts."""
    attunement = make(text, **options)
    made = apply_criteria(find_runs(attunement), attunement, criteria)
    assert made.first[0] == 0
    assert made.last[-1] == len(text)
    assert (made.first[1:] == made.last[:-1]).all()
    letter = {value: key for key, value in STATES.items()}
    return " ".join(
        letter[int(s)] * int(b - a)
        for s, a, b in zip(made.state, made.first, made.last, strict=True)
    )


def test_runs_are_maximal_and_broken_at_cuts() -> None:
    assert runs("mmuu-um", Criteria()) == "mm uu - u m"
    assert runs("mmuuum", Criteria(), cuts=(3,)) == "mm u uu m"
    assert runs("u", Criteria()) == "u"


def test_short_matches_between_mismatches_do_not_interrupt_one() -> None:
    assert runs("mmummuumm", Criteria(merge_gap_s=3)) == "mm uuuuu mm"
    assert runs("mmummuumm", Criteria(merge_gap_s=2)) == "mm u mm uu mm"


def test_short_mismatches_between_matches_are_no_rupture() -> None:
    assert runs("mmummuumm", Criteria(min_rupture_s=2)) == "mmmmm uu mm"
    assert runs("mmummuumm", Criteria(min_rupture_s=3)) == "mmmmmmmmm"


def test_gaps_are_joined_before_short_ruptures_are_dropped() -> None:
    criteria = Criteria(min_rupture_s=3, merge_gap_s=2)
    assert runs("mmumumm", criteria) == "mm uuu mm"
    assert runs("mmumm", criteria) == "mmmmm"


@pytest.mark.parametrize(
    ("text", "cuts"),
    [("umm-m", ()), ("mm-um", ()), ("mmu-m", ()), ("mmum", (3,)), ("mmum", (2,))],
)
def test_runs_of_unknown_length_are_left_alone(text: str, cuts: tuple[int, ...]) -> None:
    strict = Criteria(min_rupture_s=9, merge_gap_s=9)
    assert runs(text, strict, cuts=cuts) == runs(text, Criteria(), cuts=cuts)


def test_lengths_are_compared_without_noise_of_the_clock() -> None:
    # 3 * 0.1 is a little more than 0.3, 0.7 - 0.4 a little less; both are three frames.
    for text in ("mmmmuuumm", "muuumm"):
        criteria = Criteria(min_rupture_s=3 * 0.1)
        assert runs(text, criteria, tick=0.1) == runs(text, Criteria(), tick=0.1)


# -- the criteria themselves -----------------------------------------------------------------------


def test_criteria_say_what_they_do() -> None:
    assert Criteria().drops_nothing
    assert Criteria().describe() == "Every mismatch counts as a rupture, whatever its length."
    told = Criteria(min_rupture_s=1, merge_gap_s=0.5, repair_window_s=30).describe()
    assert "matches shorter than 0.5 s" in told
    assert "mismatches shorter than 1 s are no rupture" in told
    assert "not repaired within 30 s counts as unrepaired" in told
    assert Criteria(**Criteria(tie_s=1).to_dict()) == Criteria(tie_s=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("min_rupture_s", -1),
        ("min_rupture_s", np.nan),
        ("merge_gap_s", -0.1),
        ("merge_gap_s", np.inf),
        ("tie_s", -1),
        ("repair_window_s", 0),
        ("repair_window_s", np.nan),
    ],
)
def test_wrong_criteria_name_their_parameter(name: str, value: float) -> None:
    with pytest.raises(SettingError) as caught:
        Criteria(**{name: value})
    assert caught.value.parameter == name
