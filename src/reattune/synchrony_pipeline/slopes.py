"""Concordance of slopes beside chance: stretches of slopes that meet at other moments."""

from __future__ import annotations

import numpy as np

from reattune.core.errors import SettingError
from reattune.core.streams import Signal
from reattune.surrogates.ranks import ChanceStatistic, rank
from reattune.synchrony import (
    Concordance,
    CrossCorrelation,
    Windows,
    concordance_index,
    correlate_moved,
    cut_to_common,
    find_concordance,
    lay_out,
)
from reattune.synchrony.concordance import find_slopes
from reattune.synchrony_tests import plan_moves

# Fewer correlations, and their index is that of a few moments.
FEWEST = 10


def compare_concordance(
    x: Signal, y: Signal, *, rng: np.random.Generator, n: int, blocks: float | str | None = "auto"
) -> tuple[Concordance | None, ChanceStatistic | None]:
    """The concordance of two signals (None where too short), and its index beside chance.

    Parameters
    ----------
    x, y : Signal
        On one grid.
    rng : numpy.random.Generator
    n : int
        Surrogates; 0 for none.
    blocks : "auto", float or None
        See `reattune.synchrony_tests.plan_moves`.

    Notes
    -----
    The index (Marci et al., 2007) has no zero of chance. Windows of the second partner's slopes
    are moved whole, inside blocks, as windows of the signals are in the test of the record.
    """
    first, second, rate, _ = cut_to_common(x, y)
    start_s = max(x.start_s, y.start_s)
    try:
        found = find_concordance(first, second, rate_hz=rate, start_s=start_s)
    except SettingError:
        return None, None
    known = int(np.isfinite(found.r).sum())
    if n < 1 or known == 0:
        return found, None
    used = found.settings
    length = round(float(str(used["slope_s"])) * rate)
    step = round(float(str(used["step_s"])) * rate)
    share = float(str(used["min_valid_prop"]))
    slopes = [find_slopes(values, length, step, share) for values in (first, second)]
    spacing_s = step / rate
    windows = Windows(float(str(used["window_s"])), spacing_s, 0.0)
    options = CrossCorrelation(windows, fisher_z=False, min_valid_prop=share)
    grid = lay_out(slopes[0].size, 1 / spacing_s, options)
    plan = plan_moves(grid, rng=rng, n=n, blocks=blocks)
    made = correlate_moved(slopes[0], slopes[1], plan.moves, options, rate_hz=1 / spacing_s)
    draws = np.array([concordance_index(row) for row in made.window_mean])
    refused = "R_WINDOWS" if known < FEWEST else ""
    return found, rank("concordance_index", found.index, draws, refused=refused)
