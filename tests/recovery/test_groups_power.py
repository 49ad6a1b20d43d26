"""Studies: strangers re-paired under shared traits; and what coupling of known strength shows."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.surrogates import combine_rotations, pairing_table, permute_pairs
from reattune.surrogates.permute import mean_and_t, permutations_of
from reattune.surrogates.ranks import two_sided_p

from .generators import draw_coupled, draw_study
from .rates import BLOCKS, EXCESS, HAZARD, MEDIAN, K, P, rejection_rates

SEED = 20240602


def group_rates(
    n_dyads: int, *, replicates: int, trait: bool = False, drift: bool = False
) -> dict[str, float]:
    """Share of replicates rejected by plain and by studentised means."""
    rejected: dict[str, list[bool]] = {}
    own = np.arange(n_dyads)[None, :]
    for rng in np.random.default_rng([SEED, n_dyads, trait, drift]).spawn(replicates):
        table = pairing_table(draw_study(rng, n_dyads, trait=trait, drift=drift))
        partners, _ = permutations_of(n_dyads, 199, rng)
        for name in (P, K, EXCESS):
            values = table.values[name]
            for kind, null, seen in zip(
                ("mean", "t"), mean_and_t(values, partners), mean_and_t(values, own), strict=True
            ):
                p = two_sided_p(float(seen[0]), null[~np.isnan(null)])
                rejected.setdefault(f"{kind} {name}", []).append(p <= 0.05)
    return {name: float(np.mean(rows)) for name, rows in rejected.items()}


def test_a_trait_in_common_in_short() -> None:
    """Partners alike in base rates: plain P finds "fit" among strangers, studentised K does not."""
    rates = group_rates(10, replicates=100, trait=True)
    assert rates[f"t {K}"] <= 0.12
    assert rates[f"t {EXCESS}"] <= 0.12
    assert rates[f"mean {P}"] >= 0.18


@pytest.mark.slow
def test_a_trait_in_common() -> None:
    rates = group_rates(20, replicates=500, trait=True)
    assert 0.02 <= rates[f"t {K}"] <= 0.08
    assert 0.02 <= rates[f"t {EXCESS}"] <= 0.08
    assert rates[f"mean {P}"] >= 0.4


@pytest.mark.slow
def test_six_dyads_without_anything_in_common() -> None:
    rates = group_rates(6, replicates=400)
    assert 0.02 <= rates[f"t {K}"] <= 0.09
    assert 0.02 <= rates[f"t {EXCESS}"] <= 0.09


# follow, repair, D, T, and the power for P, hazard and Kaplan-Meier median of the table.
POWER = [
    (0.5, 0.0, 7, 300, 0.445, 0.450, 0.492),
    (0.5, 0.0, 2, 600, 0.752, 0.810, 0.605),
    (0.0, 0.6, 7, 600, 0.688, 0.792, 0.343),
    (0.0, 0.6, 2, 120, 0.535, 0.647, 0.262),
    (0.0, 1.2, 7, 300, 0.845, 0.887, 0.412),
]


@pytest.mark.slow
@pytest.mark.parametrize(("follow", "repair", "dwell_s", "total_s", "p", "h", "q50"), POWER)
def test_power(
    follow: float, repair: float, dwell_s: float, total_s: float, p: float, h: float, q50: float
) -> None:
    rates = rejection_rates(
        lambda rng: draw_coupled(rng, dwell_s, total_s, follow=follow, repair=repair),
        {"blocks": BLOCKS},
        sessions=600,
        surrogates=199,
        seed=[SEED, int(10 * repair), int(dwell_s)],
    )["blocks"]
    assert rates[P] == pytest.approx(p, abs=0.11)
    assert rates[HAZARD] == pytest.approx(h, abs=0.11)
    assert rates[MEDIAN] == pytest.approx(q50, abs=0.11)
    if repair:
        assert rates[HAZARD] >= rates[P] - 0.03


@pytest.mark.slow
def test_a_study_of_twenty_coupled_dyads_is_found() -> None:
    """120 s, D = 7 s, twenty dyads that follow with q = .3: pairing .6 - .7, combined .75 - .84."""
    found = []
    for rng in np.random.default_rng([SEED, 4]).spawn(100):
        study = {f"{k:02d}": draw_coupled(rng, 7, 120, follow=0.3) for k in range(20)}
        pairing = permute_pairs(study, rng=rng, n=199)
        turned = combine_rotations(list(study.values()), rng=rng, n=199)
        found.append(
            [pairing[K].p, pairing[EXCESS].p, turned[P].p, turned[HAZARD].p],
        )
    k, excess, matched, hazard = np.mean(np.array(found) <= 0.05, axis=0)
    assert k >= 0.45
    assert excess >= 0.5
    assert matched >= 0.6
    assert hazard >= 0.6
