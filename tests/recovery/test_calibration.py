"""Does a rotation reject a true null as often as it says, and do wrong nulls fail?"""

from __future__ import annotations

import numpy as np
import pytest

from reattune.surrogates import combine_rotations, rotate_blocks
from reattune.surrogates.components import count_pair
from reattune.surrogates.measured import MODEL_RATES, OFFSET_RATES
from reattune.surrogates.options import (
    fitted_semi_markov,
    run_permutation,
    stationary_bootstrap,
)
from reattune.surrogates.ranks import rank

from .generators import draw_contact, draw_independent, draw_seconds
from .rates import (
    BLOCKS,
    EXCESS,
    HAZARD,
    MEDIAN,
    MIN_OFFSET,
    PER_MINUTE,
    RATIO,
    SEAM_AS_CHANGE,
    WHOLE,
    WITHIN,
    K,
    P,
    rejection_rates,
)

SEED = 20240601
ALL_WAYS = {
    "blocks": BLOCKS,
    "whole": WHOLE,
    "seam": SEAM_AS_CHANGE,
    "offset": MIN_OFFSET,
}
# Rows 2, 4, 5, 8, 9 of the table: D, T, cell, P blocks, hazard blocks.
ROWS = [
    (7, 60, "plain", 0.050, 0.050),
    (7, 300, "plain", 0.062, 0.049),
    (25, 60, "plain", 0.040, 0.037),
    (2, 300, "drift", 0.057, 0.058),
    (7, 300, "drift", 0.050, 0.051),
]


def measure(
    dwell_s: float, total_s: float, cell: str, *, sessions: int, surrogates: int
) -> dict[str, dict[str, float]]:
    return rejection_rates(
        lambda rng: draw_independent(rng, dwell_s, total_s, cell),
        ALL_WAYS,
        sessions=sessions,
        surrogates=surrogates,
        seed=[SEED, int(dwell_s), int(total_s), len(cell)],
    )


def test_calibration_in_short() -> None:
    """Rows 2 and 8 with 300 sessions: blocks hold their level; drift and offsets break the rest."""
    short = measure(7, 60, "plain", sessions=300, surrogates=99)
    for name in (P, K, HAZARD, RATIO, EXCESS):
        assert 0.01 <= short["blocks"][name] <= 0.10, name
    assert short["offset"][P] >= 0.12
    assert short["offset"][HAZARD] >= 0.12
    drifting = measure(2, 300, "drift", sessions=300, surrogates=99)
    for name in (P, K, HAZARD, RATIO, EXCESS):
        assert 0.01 <= drifting["blocks"][name] <= 0.10, name
    assert drifting["whole"][P] >= 0.12
    assert drifting["whole"][HAZARD] >= 0.12


@pytest.mark.slow
@pytest.mark.parametrize(("dwell_s", "total_s", "cell", "p_blocks", "h_blocks"), ROWS)
def test_calibration(
    dwell_s: float, total_s: float, cell: str, p_blocks: float, h_blocks: float
) -> None:
    """2000 sessions: within .02 to .08, and within 3 sqrt(2) standard errors of the table."""
    rates = measure(dwell_s, total_s, cell, sessions=2000, surrogates=199)
    for name in (P, K, HAZARD, RATIO, EXCESS):
        assert 0.02 <= rates["blocks"][name] <= 0.08, name
    assert rates["blocks"][P] == pytest.approx(p_blocks, abs=0.03)
    assert rates["blocks"][HAZARD] == pytest.approx(h_blocks, abs=0.03)
    # These may miss and do not invent.
    for name in (MEDIAN, WITHIN, PER_MINUTE):
        assert rates["blocks"][name] <= 0.06, name
    if (dwell_s, total_s) == (7, 60):
        assert rates["offset"][P] >= 0.18
        assert rates["offset"][HAZARD] >= 0.18
    if dwell_s == 25:
        assert rates["seam"][HAZARD] >= 0.08
    if (dwell_s, cell) == (2, "drift"):
        assert rates["whole"][P] >= 0.15
        assert rates["whole"][HAZARD] >= 0.15


@pytest.mark.slow
@pytest.mark.parametrize("row", OFFSET_RATES, ids=lambda row: f"{row.dwell_s}-{row.session_s}")
def test_rates_told_beside_a_minimum_offset_are_what_it_does(row: object) -> None:
    rates = rejection_rates(
        lambda rng: draw_independent(rng, row.dwell_s, row.session_s),  # type: ignore[attr-defined]
        {"offset": (None, "join", 10.0)},
        sessions=600,
        surrogates=199,
        seed=[SEED, 3],
    )
    # Three standard errors of the difference between 1000 and 600 sessions.
    assert rates["offset"][P] == pytest.approx(row.matching, abs=0.06)  # type: ignore[attr-defined]
    assert rates["offset"][HAZARD] == pytest.approx(row.repair, abs=0.06)  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.parametrize(("dwell_s", "patience_s"), [(2, 3.0), (7, 5.0)])
def test_contact_is_calibrated(dwell_s: float, patience_s: float) -> None:
    """Contact derived from bouts, rotated as derived states."""
    rates = rejection_rates(
        lambda rng: draw_contact(rng, dwell_s, 300, patience_s),
        {"blocks": BLOCKS},
        sessions=1000,
        surrogates=199,
        seed=[SEED, 11],
    )
    for name in (P, K, HAZARD, RATIO, EXCESS):
        assert 0.02 <= rates["blocks"][name] <= 0.08, name


@pytest.mark.slow
def test_codes_per_second_are_calibrated() -> None:
    rates = rejection_rates(
        lambda rng: draw_seconds(rng, 7, 300),
        {"blocks": BLOCKS, "whole": WHOLE},
        sessions=1000,
        surrogates=199,
        seed=[SEED, 12],
    )
    for way in ("blocks", "whole"):
        for name in (P, K, HAZARD, RATIO, EXCESS):
            assert 0.02 <= rates[way][name] <= 0.08, (way, name)


@pytest.mark.slow
def test_short_runs_coded_per_second_lose_repairs_to_the_cuts() -> None:
    """Half an hour of 2.5 s runs: 6 % of all seconds are cuts, and repairs fall on them.

    The bare hazard then finds "more repair than chance" in independent partners; matching and the
    repair ratio hold, and the test refuses the rest.
    """
    rates = rejection_rates(
        lambda rng: draw_seconds(rng, 2, 1800),
        {"blocks": BLOCKS},
        sessions=300,
        surrogates=199,
        seed=[SEED, 13],
    )
    for name in (P, K, RATIO):
        assert 0.02 <= rates["blocks"][name] <= 0.085, name
    assert rates["blocks"][HAZARD] >= 0.2
    assert rates["blocks"][PER_MINUTE] >= 0.3
    for rng in np.random.default_rng(SEED).spawn(5):
        test = rotate_blocks(draw_seconds(rng, 2, 1800), rng=rng, n=199)
        for name in (HAZARD, PER_MINUTE, EXCESS, MEDIAN):
            assert test[name].refused == "R_GRID", name
        assert not test[P].refused
        assert not test[RATIO].refused


@pytest.mark.slow
def test_combined_rotations_hold_their_level_and_drift_needs_blocks() -> None:
    """Ten sessions together; under drift at least eight blocks each (here about ten)."""
    for cell, dwell_s in (("plain", 7), ("drift", 2)):
        rejected = []
        for rng in np.random.default_rng([SEED, 14, len(cell)]).spawn(200):
            pairs = [draw_independent(rng, dwell_s, 300, cell) for _ in range(10)]
            test = combine_rotations(pairs, rng=rng, n=99)
            rejected.append([row.p <= 0.05 for row in test.statistics])
        rates = np.mean(rejected, axis=0)
        assert (rates <= 0.10).all(), (cell, rates)
    whole = [
        combine_rotations(
            [draw_independent(rng, 2, 300, "drift") for _ in range(10)],
            rng=rng,
            n=99,
            blocks=None,
        )[P].p
        for rng in np.random.default_rng([SEED, 15]).spawn(100)
    ]
    assert np.mean(np.array(whole) <= 0.05) >= 0.5


MAKERS = {
    "run_permutation": run_permutation,
    "fitted_semi_markov": fitted_semi_markov,
    "stationary_bootstrap": stationary_bootstrap,
}


@pytest.mark.slow
@pytest.mark.parametrize("how", MAKERS)
def test_rates_told_beside_redrawn_streams_are_what_they_do(how: str) -> None:
    row = next(r for r in MODEL_RATES[how] if r.session_s == 300 and not r.drift)
    rejected = []
    for rng in np.random.default_rng([SEED, 16]).spawn(300):
        pair = draw_independent(rng, row.dwell_s, row.session_s)
        now = count_pair(pair).statistics()
        null = [count_pair(MAKERS[how](pair, rng=child)).statistics() for child in rng.spawn(99)]
        rejected.append(
            [
                rank(name, float(now[name][0]), np.array([s[name][0] for s in null])).p <= 0.05
                for name in (P, HAZARD)
            ]
        )
    matching, repair = np.mean(rejected, axis=0)
    assert matching == pytest.approx(row.matching, abs=0.05)
    assert repair == pytest.approx(row.repair, abs=0.07)
