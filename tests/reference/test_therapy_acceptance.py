"""Turn-taking exceeds every rotation in every therapy couple; mutual looking has no one direction."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reattune.rules import OwnTable, StateMatch
from reattune.surrogates.rotate import rotate_whole

from .sessions import therapy
from .test_core import SPEAKS


def test_turn_taking_exceeds_every_rotation(shared: Path) -> None:
    rule = StateMatch("vocalizing", SPEAKS)
    for couple, session in therapy(shared).items():
        test = rotate_whole(rule.read(session), rng=np.random.default_rng(1), keep_draws=True)
        assert test.exact
        drawn = test.draws["matched_prop"]
        assert drawn.size == 899
        assert test["matched_prop"].observed > drawn.max(), couple


def test_mutual_looking_differs_in_no_one_direction(shared: Path) -> None:
    rule = StateMatch("looking", OwnTable(match=(("2", "2"),)))
    signs = set()
    for session in therapy(shared).values():
        row = rotate_whole(rule.read(session), rng=np.random.default_rng(1))["matched_prop"]
        signs.add(bool(row.observed > row.null_mean))
    assert signs == {True, False}
