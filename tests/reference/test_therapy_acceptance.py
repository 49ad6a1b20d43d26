"""Turn-taking exceeds every shift in every therapy couple; mutual looking has no one direction.

Shifts of ten seconds or more are meant, as in the reference: shifted by a single second, two people
who take turns of many seconds still take turns.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reattune.rules import OwnTable, StateMatch
from reattune.surrogates.rotate import rotate_whole

from .sessions import therapy
from .test_core import SPEAKS


def test_turn_taking_exceeds_every_shift(shared: Path) -> None:
    rule = StateMatch("vocalizing", SPEAKS)
    for couple, session in therapy(shared).items():
        test = rotate_whole(
            rule.read(session), rng=np.random.default_rng(1), min_offset_s=10, keep_draws=True
        )
        assert test.exact
        drawn = test.draws["matched_prop"]
        assert drawn.size == 881
        assert test["matched_prop"].observed > drawn.max(), couple


def test_mutual_looking_differs_in_no_one_direction(shared: Path) -> None:
    rule = StateMatch("looking", OwnTable(match=(("2", "2"),)))
    signs = set()
    for session in therapy(shared).values():
        row = rotate_whole(rule.read(session), rng=np.random.default_rng(1))["matched_prop"]
        signs.add(bool(row.observed > row.null_mean))
    assert signs == {True, False}
