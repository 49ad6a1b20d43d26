"""The claims rerun on the model: estimates, verdicts, designs, and a small run of everything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from math import isnan, nan

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.experiments.claims import (
    ABLATIONS,
    CLAIMS,
    ClaimsResult,
    Estimate,
    Finding,
    run_claims,
)
from reattune.experiments.claims.ablations import WHOLE
from reattune.experiments.claims.cells import live_blocks
from reattune.experiments.claims.claim import Statement
from reattune.experiments.claims.designs import (
    ORDINARY,
    SPELLS,
    change_speed,
    draw_dyads,
    make_caregiver,
    make_therapist,
)
from reattune.experiments.claims.estimates import (
    estimate_best,
    estimate_difference,
    estimate_mean,
    estimate_share,
    regress,
)
from reattune.experiments.claims.plan import Plan
from reattune.experiments.claims.result import NUMBER_COLUMNS
from reattune.models import imposed

from .made_claims import run_small


@pytest.fixture(scope="module")
def small() -> ClaimsResult:
    return run_small()


# -- estimates ------------------------------------------------------------------------------------


def test_a_mean_has_t_limits_and_leaves_out_what_is_undefined() -> None:
    from scipy import stats

    known = np.array([1.0, 2.5, 2.0, 4.0])
    got = estimate_mean(np.append(known, nan))
    low, high = stats.t.interval(0.95, 3, known.mean(), stats.sem(known))
    assert got == pytest.approx((known.mean(), low, high, 4))


def test_one_dyad_gives_no_limits_and_none_gives_nothing() -> None:
    one = estimate_mean(np.array([2.0]))
    assert one.value == 2.0
    assert isnan(one.low)
    none = estimate_mean(np.array([nan]))
    assert isnan(none.value)
    assert none.n == 0


def test_limits_stay_within_what_can_be() -> None:
    got = estimate_mean(np.array([0.0, 1.0, 0.2]), 0.0, 1.0)
    assert (got.low, got.high) == (0.0, 1.0)


def test_a_share_has_the_limits_of_wilson_also_where_nobody_did() -> None:
    from scipy import stats

    for hits, n in ((0, 40), (3, 10), (7, 7)):
        limits = stats.binomtest(hits, n).proportion_ci(method="wilson")
        got = estimate_share(np.repeat([1.0, 0.0], [hits, n - hits]))
        assert got == pytest.approx((hits / n, limits.low, limits.high, n), abs=1e-9)


def test_a_difference_has_the_limits_of_welch() -> None:
    from scipy import stats

    a, b = np.array([1.0, 2.0, 4.0, 3.0, 2.0]), np.array([0.0, 5.0, 1.0])
    limits = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    got = estimate_difference(a, b)
    assert got == pytest.approx((a.mean() - b.mean(), limits.low, limits.high, 8))


def test_a_paired_difference_is_that_of_each_dyad() -> None:
    a, b = np.array([1.0, 2.0, 3.0]), np.array([0.5, 1.5, 2.5])
    assert estimate_difference(a, b, paired=True) == pytest.approx((0.5, 0.5, 0.5, 3))


def test_the_best_of_many_equal_cells_is_not_better_than_one_of_them() -> None:
    """Chosen and measured with the same dyads, the best of 50 would be."""
    rng = np.random.default_rng(1)
    sizes, naive = [], []
    for _ in range(60):
        cells = list(rng.normal(size=(50, 20)))
        best, size = estimate_best(cells, cells[0])
        sizes.append(size.value)
        naive.append(max(cell.mean() for cell in cells) - cells[0].mean())
        assert 0 <= best < 50
    assert abs(np.mean(sizes)) < 0.15
    assert np.mean(naive) > 0.3


def test_the_regression_is_that_of_least_squares() -> None:
    rng = np.random.default_rng(2)
    match, repair = rng.normal(size=(2, 80))
    repair += 0.5 * match
    outcome = repair - 0.3 * match + rng.normal(size=80)
    got = regress(match, repair, outcome, rng=rng)

    def z(x: np.ndarray) -> np.ndarray:
        return (x - x.mean()) / x.std()

    betas = np.linalg.lstsq(np.column_stack([z(match), z(repair)]), z(outcome), rcond=None)[0]
    assert got["beta_match"].value == pytest.approx(betas[0])
    assert got["beta_repair"].value == pytest.approx(betas[1])
    assert got["r_match"].value == pytest.approx(np.corrcoef(match, outcome)[0, 1])
    assert got["advantage"].value == pytest.approx(betas[1] - abs(betas[0]))
    for estimate in got.values():
        assert estimate.low < estimate.value < estimate.high


def test_a_regression_on_too_few_dyads_is_undefined() -> None:
    few = np.array([1.0, 2.0, nan, 4.0, 5.0])
    got = regress(few, few, few, rng=np.random.default_rng(1))
    assert isnan(got["r_match"].value)
    assert got["r_match"].n == 4


# -- verdicts -------------------------------------------------------------------------------------

SAYS = Statement("left side", "It is so.", "a less b", 0.05)


def make_finding(low: float, high: float, ablation: str = "") -> Finding:
    value = (low + high) / 2
    return Finding(1, SAYS, ablation, Estimate(value, low, high, 10), kept=nan)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.06, 0.2, "holds"),
        (0.05, 0.2, "open"),
        (0.04, 0.2, "open"),
        (-0.2, 0.2, "open"),
        (0.01, 0.04, "gone"),
        (-0.2, 0.04, "gone"),
        (-0.2, -0.06, "reversed"),
        (0.0, 0.0, "gone"),
        (nan, nan, "open"),
    ],
)
def test_the_verdict_is_computed_from_the_limits(low: float, high: float, verdict: str) -> None:
    assert make_finding(low, high).verdict == verdict


def test_what_carries_a_statement_is_computed_from_the_verdicts() -> None:
    findings = (
        make_finding(0.1, 0.2),
        make_finding(0.0, 0.01, "no_overwhelm"),
        make_finding(-0.3, -0.2, "no_latency_discount"),
        make_finding(0.3, 0.4, "no_forgetting"),
        make_finding(0.0, 0.4, "no_saturation"),
    )
    result = ClaimsResult((), findings)
    assert result.carried_by(1, "left side") == ("no_overwhelm", "no_latency_discount")
    fallen = ClaimsResult((), (make_finding(0.0, 0.01), *findings[1:]))
    assert fallen.carried_by(1, "left side") == ()


# -- designs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("ablation", ABLATIONS, ids=lambda item: item.name)
def test_an_ablation_changes_its_field_and_no_other(ablation: object) -> None:
    changed = asdict(ablation.change(ORDINARY))  # type: ignore[attr-defined]
    other = {name for name, value in asdict(ORDINARY).items() if changed[name] != value}
    assert other == set(ablation.changes)  # type: ignore[attr-defined]
    assert len(other) == 1


def test_the_knob_moves_everything_one_way() -> None:
    knob = [make_caregiver(q) for q in (0.0, 0.3, 0.7, 1.0)]
    for name, sign in (
        ("reading_prob", 1),
        ("readiness_prob", 1),
        ("responder_look_per_s", 1),
        ("responder_agenda_per_s", -1),
    ):
        values = [sign * getattr(dyad, name) for dyad in knob]
        assert values == sorted(values)
        assert len(set(values)) == 4
    assert knob[-1].reading_prob == 1.0


def test_speed_scales_all_rates_and_no_chance() -> None:
    fast = change_speed(ORDINARY, 2.0)
    assert fast.focal_agenda_per_s == 2 * ORDINARY.focal_agenda_per_s
    assert fast.contingent_per_s == pytest.approx(2 * ORDINARY.contingent_per_s)
    assert replace(fast, **{n: getattr(ORDINARY, n) for n in (
        "focal_agenda_per_s", "focal_follow_per_s", "responder_agenda_per_s",
        "responder_look_per_s")}) == ORDINARY  # fmt: skip


def test_loads_have_one_total() -> None:
    assert {spells * spell_s for spells, spell_s in SPELLS} == {120.0}


def test_more_random_dyads_begin_with_the_same_ones() -> None:
    few, many = (draw_dyads(n, np.random.default_rng(3)) for n in (4, 9))
    assert many[:4] == few
    assert len({dyad.reading_prob for dyad in many}) == 9


def test_unpaced_material_is_at_full_depth() -> None:
    paced, unpaced = make_therapist("average"), make_therapist("average", paced=False)
    assert (unpaced.depth_base, unpaced.depth_slope) == (1.0, 0.0)
    assert replace(unpaced, depth_base=paced.depth_base, depth_slope=paced.depth_slope) == paced


def test_blocks_go_on_from_each_other() -> None:
    state, tolerance = live_blocks(
        [ORDINARY, make_caregiver(0.5)], 3, imposed(2, 3.0, 60.0), rng=np.random.default_rng(1)
    )
    assert tolerance.shape == (6,)
    assert tolerance[0] == pytest.approx(1.0)
    assert state.sessions == 6
    with pytest.raises(SettingError, match="one block or more"):
        live_blocks([], 3, imposed(2, 3.0, 60.0), rng=np.random.default_rng(1))


def test_a_plan_at_full_size_has_the_windows_of_the_design() -> None:
    plan = Plan()
    assert (plan.cell_dyads, plan.map_dyads) == (40, 8)
    assert (plan.last, plan.first, plan.late, plan.block) == (30, 10, 20, 10)
    assert (plan.therapy_sessions, plan.leaving_sessions) == (60, 40)


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=lambda claim: str(claim.number))
def test_every_ablation_has_the_cells_its_statements_need(claim: object) -> None:
    for variant in (WHOLE, ABLATIONS[0]):
        for quick in (False, True):
            cells = claim.build(Plan(dyads=20, sessions=15, quick=quick), variant)  # type: ignore[attr-defined]
            names = [(cell.part, cell.name) for cell in cells]
            assert len(set(names)) == len(names)


# -- a run ----------------------------------------------------------------------------------------


def test_a_run_judges_every_statement_under_every_ablation(small: ClaimsResult) -> None:
    names = ("", *(item.name for item in ABLATIONS))
    asked = {(n, s.name, a) for n, claim in CLAIMS.items() for s in claim.statements for a in names}
    got = [(f.claim, f.statement.name, f.ablation) for f in small.findings]
    assert set(got) == asked
    assert len(got) == len(asked)
    assert small.claims == (1, 2, 3, 4, 5)
    assert set(small.ablations) == set(names[1:])


def test_every_number_has_limits_and_a_count(small: ClaimsResult) -> None:
    frame = small.to_frame()
    assert list(frame.columns) == list(NUMBER_COLUMNS)
    assert not frame.duplicated(["claim", "part", "ablation", "cell", "session", "outcome"]).any()
    known = frame[frame["value"].notna()]
    assert (known["low"] <= known["value"] + 1e-12).all()
    assert (known["value"] <= known["high"] + 1e-12).all()
    assert (known["n"] >= 2).all()
    shares = known[known["outcome"].str.endswith("_prop")]
    for column in ("value", "low", "high"):
        assert shares[column].between(0, 1).all()
    tolerance = known.loc[known["outcome"] == "tolerance", "value"]
    assert tolerance.between(0.35 - 1e-12, 3 + 1e-12).all()


def test_courses_begin_where_a_dyad_begins(small: ClaimsResult) -> None:
    frame = small.to_frame()
    first = frame[(frame["part"] == "ramp") & (frame["session"] == 1)]
    assert first["value"].to_numpy() == pytest.approx(
        np.full(2, small.settings["start"]["tolerance"])
    )  # type: ignore[index]


def test_findings_keep_a_share_of_what_holds(small: ClaimsResult) -> None:
    for finding in small.findings:
        whole = small.find(finding.claim, finding.statement.name)
        if finding.ablation and whole.verdict == "holds":
            share = finding.estimate.value / whole.estimate.value
            assert finding.kept == pytest.approx(share)
        else:
            assert isnan(finding.kept)


def test_what_is_not_there_is_named(small: ClaimsResult) -> None:
    with pytest.raises(KeyError, match="no finding 'x' of claim 1"):
        small.find(1, "x")
    with pytest.raises(KeyError, match="no number 'tolerance' of 'map'"):
        small.value(2, "map", "x", "tolerance")


def same(first: Iterable[object], second: Iterable[object]) -> bool:
    return repr(list(first)) == repr(list(second))


def test_a_claim_alone_with_other_threads_gives_the_same_numbers(small: ClaimsResult) -> None:
    told: list[tuple[int, int]] = []
    alone = run_claims(
        quick=True,
        dyads=20,
        sessions=15,
        claims=[4],
        workers=3,
        on_progress=lambda done, total, what: told.append((done, total)),
    )
    assert same(alone.numbers, (n for n in small.numbers if n.claim == 4))
    assert same(alone.findings, (f for f in small.findings if f.claim == 4))
    assert told[-1][0] == told[-1][1] == len(told)


def test_another_seed_gives_other_numbers(small: ClaimsResult) -> None:
    other = run_claims(quick=True, dyads=20, sessions=15, claims=[4], seed=2, ablations=False)
    key = (4, "small repairs", "40", "tolerance")
    assert other.value(*key) != small.value(*key)
    assert other.ablations == ()


def test_growth_rests_on_generalisation_and_trust_does_not() -> None:
    """The computed verdicts of one claim whose answer a small run can give."""
    found = run_claims(quick=True, dyads=20, sessions=50, claims=[4], workers=2)
    assert found.find(4, "small repairs widen").verdict == "holds"
    assert "little_generalisation" in found.carried_by(4, "small repairs widen")
    assert found.carried_by(4, "small repairs assure") == ()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"claims": [6]}, "claims = 6 is not allowed; expected some of 1, 2, 3, 4, 5"),
        ({"claims": [True]}, "claims = True"),
        ({"claims": []}, "one claim or more"),
        ({"dyads": 3}, "dyads = 3 is not allowed; expected a whole number from 20"),
        ({"dyads": 40.0}, "dyads = 40.0"),
        ({"sessions": 5}, "sessions = 5"),
        ({"seed": -1}, "seed = -1"),
        ({"workers": 0}, "workers = 0"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(SettingError) as caught:
        run_claims(**settings)  # type: ignore[arg-type]
    assert sentence in str(caught.value)
