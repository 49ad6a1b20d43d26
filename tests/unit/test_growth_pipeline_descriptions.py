"""What is only described: matching after a repair against before, small and large ruptures."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.core.attunement import Attunement
from reattune.core.errors import SettingError
from reattune.core.session import Session
from reattune.core.streams import States
from reattune.growth import Outcomes, Recovery, compare_onset_sizes, count_recovery
from reattune.repair import find_ruptures
from reattune.rules import StateMatch

RULE = StateMatch("affect", "same_valence")


def attune(infant: str, other: str, step: float = 1.0) -> Attunement:
    """One letter per step: n negative, o neutral, p positive, - not coded."""
    words = {"n": "-1", "o": "0", "p": "1"}
    streams = []
    for who, text in (("infant", infant), ("other", other)):
        rows = [(i * step, (i + 1) * step, words[c]) for i, c in enumerate(text) if c != "-"]
        starts, ends, labels = zip(*rows, strict=True)
        streams.append(States(who, "affect", starts, ends, list(labels), 0.1))
    session = Session("s", ("infant", "other"), (0.0, len(infant) * step), tuple(streams))
    return RULE(session)


def test_recovery_by_hand() -> None:
    # Matched 2 of 3 s before the onset at 5, 3 of 3 s after the repair at 6.
    attunement = attune("ppnppnppppp", "ppppppppppp")
    ruptures = find_ruptures(attunement)
    assert [(r.onset, r.end) for r in ruptures] == [(2.0, 3.0), (5.0, 6.0)]
    found = count_recovery(attunement, ruptures, 3.0)
    # The first rupture has no 3 s before it.
    assert found == Recovery(above=1, level=0, below=0, unseen=1)
    assert count_recovery(attunement, ruptures, 2.0) == Recovery(0, 2, 0, 0)
    assert found.share.value == 1.0


def test_unseen_time_beside_a_rupture_is_no_level() -> None:
    attunement = attune("pppnppp-ppp", "ppppppppppp")
    assert count_recovery(attunement, find_ruptures(attunement), 3.0) == Recovery(0, 1, 0, 0)
    assert count_recovery(attunement, find_ruptures(attunement), 4.0) == Recovery(unseen=1)


def naive_recovery(infant: str, other: str, around: int) -> Recovery:
    """Letter by letter: what is matched before and after every repaired rupture."""
    match = ["-" if "-" in (a, b) else str(int(a == b)) for a, b in zip(infant, other, strict=True)]
    counts = {"above": 0, "level": 0, "below": 0, "unseen": 0}
    i = 1
    while i < len(match):
        if match[i] == "0" and match[i - 1] == "1":
            end = i
            while end < len(match) and match[end] == "0":
                end += 1
            if end < len(match) and match[end] == "1":
                before, after = match[max(0, i - around) : i], match[end : end + around]
                if min(len(before), len(after)) < around or "-" in (*before, *after):
                    counts["unseen"] += 1
                else:
                    gap = after.count("1") - before.count("1")
                    counts["above" if gap > 0 else "below" if gap < 0 else "level"] += 1
            i = end
        i += 1
    return Recovery(**counts)


@pytest.mark.parametrize("seed", range(12))
def test_recovery_against_a_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    texts = ["".join(rng.choice(list("nop-"), 80, p=[0.3, 0.3, 0.36, 0.04])) for _ in range(2)]
    attunement = attune(*texts)
    found = count_recovery(attunement, find_ruptures(attunement), 5.0)
    assert found == naive_recovery(*texts, 5)


def test_streams_without_drift_recover_above_and_below_alike() -> None:
    rng = np.random.default_rng(5)
    total = Recovery()
    for _ in range(40):
        texts = ["".join(rng.choice(list("nop"), 300)) for _ in range(2)]
        attunement = attune(*texts)
        total += count_recovery(attunement, find_ruptures(attunement), 10.0)
    n = total.above + total.below
    assert n > 1000
    assert abs(total.above / n - 0.5) < 3 * (0.25 / n) ** 0.5
    assert total.share.low < 0.5 < total.share.high


def test_sizes_are_those_of_the_onset_not_of_the_peak() -> None:
    # The first rupture begins near (.5) and becomes far (1); the second begins far.
    attunement = attune("ppoonnnppnp", "ppppppppppp")
    ruptures = find_ruptures(attunement)
    assert ruptures.depth.tolist() == [1.0, 1.0]
    small, large = compare_onset_sizes(attunement, ruptures, [0.75], window=3.0)
    assert (small.size_from, small.size_to, large.size_from) == (0.0, 0.75, 0.75)
    assert small.outcomes == Outcomes(0, 1, 0)
    assert large.outcomes == Outcomes(1, 0, 0)


def test_sizes_sum_to_all_ruptures_seen_to_begin() -> None:
    rng = np.random.default_rng(8)
    attunement = attune(*("".join(rng.choice(list("nop"), 200)) for _ in range(2)))
    ruptures = find_ruptures(attunement)
    rows = compare_onset_sizes(attunement, ruptures, [0.5, 1.0], window=4.0)
    total = sum((row.outcomes for row in rows), Outcomes())
    assert total.known + total.undecided == ruptures.entered.sum()
    assert rows[0].outcomes == Outcomes()


@pytest.mark.parametrize("edges", [[], [0.0], [0.5, 0.5], [0.9, 0.3], [1.2]])
def test_sizes_that_make_no_sense_are_refused(edges: list[float]) -> None:
    attunement = attune("pnp", "ppp")
    with pytest.raises(SettingError, match="increasing distances"):
        compare_onset_sizes(attunement, find_ruptures(attunement), edges)
