"""Ruptures and repairs of small sessions, checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.core.attunement import Attunement
from reattune.core.criteria import Criteria
from reattune.core.session import Session
from reattune.core.streams import States
from reattune.repair import FirstRepair, find_first_repair, find_ruptures
from reattune.rules import OwnTable, StateMatch

from .test_runs_criteria import make

RANKED = StateMatch("affect", "same_valence")


def attune(child: str, adult: str, *, tick_s: float = 1.0, cuts=(), rule=RANKED) -> Attunement:
    """One letter per tick: n, 0, p; a dash is missing."""
    streams = []
    for partner, text in (("child", child), ("adult", adult)):
        rows = [(i, letter) for i, letter in enumerate(text) if letter != "-"]
        words = {"n": "negative", "0": "neutral", "p": "positive"}
        streams.append(
            States(
                partner,
                "affect",
                [i * tick_s for i, _ in rows],
                [(i + 1) * tick_s for i, _ in rows],
                [words[letter] for _, letter in rows],
                tick_s,
            )
        )
    end = len(child) * tick_s
    return rule(Session("s", ("child", "adult"), (0, end), tuple(streams), cuts=cuts))


def test_one_rupture_from_onset_to_repair() -> None:
    [rupture] = find_ruptures(attune("ppnn00p", "ppppppp"))
    assert (rupture.onset, rupture.end, rupture.latency) == (2, 6, 4)
    # Depth is the peak (negative against positive), area the integral: 2 x 1 + 2 x 0.5.
    assert (rupture.depth, rupture.area) == (1, 3)
    assert (rupture.by, rupture.repaired_by) == ("child", "child")
    assert (rupture.outcome, rupture.reason, rupture.entered) == ("repaired", "", True)


def test_who_is_whose_own_change_it_was() -> None:
    ruptures = find_ruptures(attune("pp00pppp", "pppp0ppp"))
    # Both change at 4 s: the child comes back as the adult leaves, which repairs nothing.
    assert [(r.onset, r.end, r.by, r.repaired_by) for r in ruptures] == [(2, 5, "child", "adult")]
    [both] = find_ruptures(attune("pp0pp", "ppnpp"))
    assert (both.by, both.repaired_by, both.depth) == ("both", "both", 0.5)


def test_a_tie_window_makes_near_changes_one() -> None:
    # The child leaves at 2, the adult moves at 3; the adult returns at 6, the child at 5.
    attunement = attune("pp000ppp", "pppnnnpp")
    assert [(r.by, r.repaired_by) for r in find_ruptures(attunement)] == [("child", "adult")]
    tied = find_ruptures(attunement, Criteria(tie_s=1))
    assert [(r.by, r.repaired_by) for r in tied] == [("both", "both")]
    assert [r.by for r in find_ruptures(attunement, Criteria(tie_s=0.9))] == ["child"]


@pytest.mark.parametrize(("tick_s", "by"), [(0.04, "both"), (0.1, "both"), (0.2, "child")])
def test_frames_are_tied_by_default_and_intervals_are_not(tick_s: float, by: str) -> None:
    rupture = find_ruptures(attune("pp000pp", "pppn0pp", tick_s=tick_s))[0]
    assert rupture.by == by


def test_the_end_says_why_it_is_not_repaired() -> None:
    assert [(r.outcome, r.reason) for r in find_ruptures(attune("pp00", "pppp"))] == [
        ("censored", "end")
    ]
    assert [(r.outcome, r.reason) for r in find_ruptures(attune("pp0-p", "ppppp"))] == [
        ("censored", "missing")
    ]
    cut = find_ruptures(attune("pp00p", "ppppp", cuts=(3.0,)))
    assert [(r.end, r.outcome, r.reason, r.entered) for r in cut] == [
        (3, "censored", "cut", True),
        (4, "repaired", "", False),
    ]
    excluded = StateMatch("affect", OwnTable((("positive",) * 2,), (("negative", "*"),)))
    assert [r.reason for r in find_ruptures(attune("pp0np", "ppppp", rule=excluded))] == ["missing"]


def test_one_that_was_already_running_is_kept_but_not_entered() -> None:
    for child, adult in (("00pp", "pppp"), ("pp-0p", "ppppp")):
        ruptures = find_ruptures(attune(child, adult))
        [rupture] = ruptures
        assert (rupture.entered, rupture.by, rupture.repaired_by) == (False, "", "child")
        assert "0 seen to begin" in repr(ruptures)
        assert "1 already running" in repr(ruptures)


def test_a_repair_window_says_unrepaired() -> None:
    attunement = attune("pp000pp00", "ppppppppp")
    found = find_ruptures(attunement, Criteria(repair_window_s=2))
    assert [(r.latency, r.outcome, r.reason) for r in found] == [
        (3, "unrepaired", "window"),
        (2, "censored", "end"),
    ]
    # It was seen to be repaired later, and still counts in the hazard.
    assert found.closed.tolist() == [True, False]


def test_a_repair_exactly_at_the_window_is_in_time() -> None:
    # Ten frames from 0.2 s on: a little more than a second by noise of the arithmetic.
    assert 12 * 0.1 - 2 * 0.1 > 1
    text = "pp" + "0" * 10 + "p"
    [rupture] = find_ruptures(attune(text, "p" * 13, tick_s=0.1), Criteria(repair_window_s=1))
    assert rupture.outcome == "repaired"


def test_depth_of_a_merged_rupture_spans_it() -> None:
    [rupture] = find_ruptures(attune("p0pnp", "ppppp"), Criteria(merge_gap_s=2))
    assert (rupture.onset, rupture.end, rupture.depth, rupture.area) == (1, 4, 1, 1.5)


def test_neighbouring_ruptures_across_a_cut_keep_their_own_depth() -> None:
    ruptures = find_ruptures(attune("pn00p", "ppppp", cuts=(2.0,)))
    assert ruptures.depth.tolist() == [1, 0.5]
    assert ruptures.area.tolist() == [1, 1]


def test_nothing_observed_has_no_rupture() -> None:
    ruptures = find_ruptures(attune("---", "ppp"))
    assert (len(ruptures), ruptures.matched_s, ruptures.mismatched_s) == (0, 0, 0)
    assert ruptures.to_frame().empty
    assert list(ruptures) == []


def test_the_table_of_ruptures() -> None:
    frame = find_ruptures(attune("pp0p-00p", "pppppppp")).to_frame()
    assert list(frame.columns) == [
        "rupture", "onset_s", "end_s", "latency_s", "depth", "area", "by", "outcome", "reason",
        "repaired_by", "entered",
    ]  # fmt: skip
    assert frame["rupture"].tolist() == [1, 2]
    assert frame["by"].tolist() == ["child", ""]
    assert frame["entered"].tolist() == [True, False]


# -- the first repair after an imposed phase -------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cuts", "latency", "status"),
    [
        ("mmu", (), 0, "matched_at_onset"),
        ("uum", (), 2, "repaired"),
        ("uuu", (), 3, "censored"),
        # A match may have come and gone in the missing time.
        ("u-m", (), 1, "censored"),
        ("uu--", (), 2, "censored"),
        ("uum", (1,), 1, "censored"),
        ("uum", (2,), 2, "censored"),
        ("-um", (), 0, "censored"),
        ("---", (), 0, "censored"),
    ],
)
def test_first_repair(text: str, cuts: tuple[int, ...], latency: float, status: str) -> None:
    assert find_first_repair(make(text, cuts=cuts)) == FirstRepair(latency, status)


def test_first_repair_counts_from_the_window() -> None:
    session_wide = attune("pp000ppp", "pppppppp")
    later = Attunement(**{**vars(session_wide), "edges": session_wide.edges + 100})
    assert find_first_repair(later) == FirstRepair(0.0, "matched_at_onset")
    assert np.isclose(find_first_repair(make("uum", tick=0.1)).latency_s, 0.2)
