"""Does growth of a known tolerance show, and does nothing show where only matching improves?

Worlds are made by `growth_generator`. The limits are those of the specification: rates of studies
that report a fall, and correlations with about three Monte-Carlo errors around simulated ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from reattune.core.attunement import Attunement
from reattune.core.pair import MatchTable, Pair
from reattune.core.ruptures import Ruptures
from reattune.core.steps import make_steps
from reattune.growth import (
    Affect,
    ChallengeVisit,
    GrowthSession,
    compare_accounts,
    compare_challenges,
    count_affect,
    count_at_load,
    count_outcomes,
    fit_slope,
    follow_expectancy,
    measure_challenge,
    measure_growth,
    read_affect,
    repair_adds,
    scale_time,
)
from reattune.growth.turns import choose_load
from reattune.measures import compute_measures, make_tally, pool_tallies
from reattune.measures.tally import Tally
from reattune.repair import find_ruptures
from reattune.rules.join import join

from .growth_generator import (
    FIRST,
    FRAME_S,
    SECOND,
    Dyad,
    Simulated,
    draw_dyad,
    live_course,
    simulate,
)

SEED = 20250301
FloatArray = NDArray[np.float64]

_FITS = np.eye(4, 5, dtype=np.int64)
FINE = MatchTable("fit", (FIRST, SECOND), _FITS, 1.0 - _FITS, np.zeros((4, 5), dtype=np.bool_))
# Negative, neutral, positive: what a coarse valence code leaves of the same streams.
_SIGN = np.eye(3, dtype=np.int64)
_BOTH = np.zeros((3, 3), dtype=np.bool_)
_BOTH[0, 0] = True
COARSE = MatchTable("sign", (("-", "0", "+"),) * 2, _SIGN, 1.0 - _SIGN, _BOTH)
_COARSE_FIRST, _COARSE_SECOND = np.array([0, 1, 1, 2]), np.array([0, 1, 1, 2, 1])


def attune(
    session: Simulated, table: MatchTable = FINE, window: tuple[float, float] | None = None
) -> Attunement:
    """The session (or a part of it) as the rule sees it."""
    span = window or (float(session.edges[0]), float(session.edges[-1]))
    x, y = session.first, session.second
    if table is COARSE:
        x, y = _COARSE_FIRST[x], _COARSE_SECOND[y]
    left, right = session.edges[:-1], session.edges[1:]
    tick_s = 1.0 if (session.edges % 1 == 0).all() else FRAME_S
    pair = Pair(
        ("infant", "caregiver"),
        make_steps(left, right, x, span),
        make_steps(left, right, y, span),
        table,
        (tick_s, tick_s),
    )
    return join(pair, rule="fit")


def by_second(session: Simulated) -> Simulated:
    """The same session as it looks when the state at each full second is coded."""
    grid = np.arange(round(session.edges[-1]) + 1, dtype=np.float64)
    at = np.searchsorted(session.edges, grid[:-1] + 1e-9, side="right") - 1
    return replace(session, edges=grid, first=session.first[at], second=session.second[at])


def see(session: Simulated, table: MatchTable = FINE) -> tuple[Affect, Ruptures, Tally]:
    attunement = attune(session, table)
    ruptures = find_ruptures(attunement)
    affect = read_affect(attunement, "infant", [table.states[0][0]])
    return affect, ruptures, make_tally(attunement, ruptures)


def challenge(dyad: Dyad, rng: np.random.Generator) -> float:
    """Negative share of a two-minute challenge after two minutes of play."""
    session = simulate(dyad, 120.0, rng, still_s=120.0)
    seen = attune(session, window=(120.0, 240.0))
    return measure_challenge(read_affect(seen, "infant", ["negative"]))[
        "challenge_negative_prop"
    ].value


# -- worlds: what changes from the first session to the last -----------------------------------

POOL, SESSIONS, STUDIES = 300, 10, 200
GREW = 1.34


def grow(dyad: Dyad, t: float) -> Dyad:
    """Tolerance up by a third."""
    return replace(dyad, tolerance=1.0 + (GREW - 1.0) * t)


def stay(dyad: Dyad, t: float) -> Dyad:
    return dyad


def match_better(dyad: Dyad, t: float) -> Dyad:
    """The other partner reads better and responds more readily; tolerance stays."""
    return replace(
        dyad,
        read=dyad.read + (0.9 - dyad.read) * 0.5 * t,
        ready=dyad.ready * (0.9 / dyad.ready) ** (0.5 * t),
    )


WORLDS: dict[str, Callable[[Dyad, float], Dyad]] = {
    "grow": grow,
    "stay": stay,
    "match_better": match_better,
}


@cache
def challenges(world: str) -> FloatArray:
    """Before and after of each dyad of the pool."""
    move = WORLDS[world]
    rows = []
    for rng in np.random.default_rng([SEED, 1]).spawn(POOL):
        dyad = draw_world_dyad(rng)
        rows.append((challenge(move(dyad, 0.0), rng), challenge(move(dyad, 1.0), rng)))
    return np.array(rows)


def draw_world_dyad(rng: np.random.Generator) -> Dyad:
    return replace(draw_dyad(rng), tolerance=1.0)


@cache
def sessions(world: str, table_name: str = "fine") -> list[list[tuple[Affect, Tally]]]:
    move = WORLDS[world]
    table = COARSE if table_name == "coarse" else FINE
    pool = []
    for rng in np.random.default_rng([SEED, 2]).spawn(POOL):
        dyad = draw_world_dyad(rng)
        lived = [simulate(move(dyad, j / (SESSIONS - 1)), 300.0, rng) for j in range(SESSIONS)]
        if table_name == "seconds":
            lived = [by_second(session) for session in lived]
        seen = [see(session, table) for session in lived]
        pool.append([(affect, tally) for affect, _, tally in seen])
    return pool


# -- the wide cohort: which measure follows what --------------------------------------------------

COHORT, COURSE = 150, 40


@cache
def cohort(learns: bool) -> dict[str, FloatArray]:
    """Each measure of the first ten and of the last ten sessions; shape (2, dyads)."""
    columns: dict[str, list[tuple[float, float]]] = {}
    load: list[list[tuple[FloatArray, FloatArray]]] = []
    for rng in np.random.default_rng([SEED, 3, learns]).spawn(COHORT):
        dyad = draw_dyad(rng)
        course = live_course(dyad, COURSE, 600.0, rng, learns=learns)
        seen = [see(session) for session in course]
        expectancy = follow_expectancy([count_outcomes(r) for _, r, _ in seen]).after
        ends = (slice(0, 10), slice(COURSE - 10, COURSE))
        both: dict[str, list[float]] = {"repair_expectancy": [expectancy[9], expectancy[-1]]}
        strata = []
        for end, at in zip(ends, (0, COURSE - 1), strict=True):
            part = seen[end]
            row = describe(part)
            row["tolerance"] = float(np.mean([s.tolerance for s in course[end]]))
            row["trust"] = float(np.mean([s.trust for s in course[end]]))
            lived = replace(dyad, tolerance=course[at].tolerance, trust=course[at].trust)
            row["challenge"] = float(np.mean([challenge(lived, rng) for _ in range(3)]))
            for name, value in row.items():
                both.setdefault(name, []).append(value)
            counted = [count_at_load(affect, 20.0, 20.0) for affect, _, _ in part]
            strata.append((sum(c.turns for c in counted), sum(c.exposure_s for c in counted)))
        load.append(strata)
        for name, values in both.items():
            columns.setdefault(name, []).append((values[0], values[1]))
    table = {name: np.array(values).T for name, values in columns.items()}
    turns = np.array([[n for n, _ in row] for row in load])
    exposure = np.array([[e for _, e in row] for row in load])
    rates = turns.sum(axis=(0, 1)) / exposure.sum(axis=(0, 1))
    table["log turn ratio"] = np.log((turns.sum(axis=2) + 0.5) / (exposure @ rates + 0.5)).T
    return table


def describe(part: Sequence[tuple[Affect, Ruptures, Tally]]) -> dict[str, float]:
    """The measures of some sessions pooled, with two of those that are not offered."""
    tally = pool_tallies([t for _, _, t in part])
    measures = compute_measures(tally)
    counts = [count_affect(affect) for affect, _, _ in part]
    areas = np.concatenate([r.area[r.entered & r.closed] for _, r, _ in part])
    return {
        "repaired_within_5s": measures["repaired_within_5s"].value,
        "log repair hazard": float(np.log(measures["repair_hazard_per_s"].value)),
        "matched_prop": measures["matched_prop"].value,
        "negative_mismatch_prop": sum(c.negative_mismatched_s for c in counts)
        / sum(c.mismatched_s for c in counts),
        "area repaired": float(np.quantile(areas, 0.9)),
        "longest negative run": max(longest_repaired_negative(a, r) for a, r, _ in part),
    }


def longest_repaired_negative(affect: Affect, ruptures: Ruptures) -> float:
    """Longest stretch of negative affect that reaches up to a repair."""
    longest = 0.0
    left, right = affect.edges[:-1], affect.edges[1:]
    for onset, end in zip(
        ruptures.onset[ruptures.closed], ruptures.end[ruptures.closed], strict=True
    ):
        inside = (left >= onset - 1e-9) & (right <= end + 1e-9)
        run = 0.0
        for length, bad in zip(affect.lengths[inside], affect.negative[inside], strict=True):
            run = run + float(length) if bad else 0.0
            longest = max(longest, run)
    return longest


def correlate(table: dict[str, FloatArray], name: str, with_what: str, change: bool) -> float:
    one, other = table[name], table[with_what]
    if change:
        return float(np.corrcoef(one[1] - one[0], other[1] - other[0])[0, 1])
    return float(np.corrcoef(one[1], other[1])[0, 1])


@cache
def fine_counts(world: str) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Turns and exposure by load (dyads, sessions, 16), crude turns and exposure."""
    return count_pool(sessions(world))


def count_pool(
    pool: list[list[tuple[Affect, Tally]]],
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    model = choose_load([affect for row in pool for affect, _ in row])
    load = [[count_at_load(a, model.up_s, model.down_s) for a, _ in row] for row in pool]
    crude = [[count_affect(a) for a, _ in row] for row in pool]
    return (
        np.array([[c.turns for c in row] for row in load]),
        np.array([[c.exposure_s for c in row] for row in load]),
        np.array([[float(c.turns) for c in row] for row in crude]),
        np.array([[c.open_s for c in row] for row in crude]),
    )


def rate_of_falls(events: FloatArray, exposure: FloatArray, dyads: int) -> float:
    """Share of studies, drawn from the pool, whose interval lies below no change."""
    rng = np.random.default_rng([SEED, 4, dyads])
    times = np.tile(scale_time(np.arange(SESSIONS)), dyads)
    names = np.repeat(np.arange(dyads), SESSIONS).tolist()
    fell = 0
    for _ in range(STUDIES):
        at = rng.choice(POOL, dyads, replace=False)
        strata = events[at].reshape(dyads * SESSIONS, -1)
        fit = fit_slope(strata, exposure[at].reshape(strata.shape), times, names)
        fell += fit.high < 0
    return fell / STUDIES


def rate_of_challenge_falls(world: str, dyads: int = 20) -> float:
    table = challenges(world)
    rng = np.random.default_rng([SEED, 5])
    fell = 0
    for _ in range(STUDIES):
        visits = [
            ChallengeVisit(str(i), bool(end), float(table[i, end]), 120.0, 120.0)
            for i in rng.choice(POOL, dyads, replace=False)
            for end in (0, 1)
        ]
        fell += compare_challenges(visits).change.high < 0
    return fell / STUDIES


@pytest.mark.slow
def test_a_challenge_finds_growth_and_not_better_matching() -> None:
    assert rate_of_challenge_falls("grow") > 0.9
    assert rate_of_challenge_falls("stay") < 0.07
    assert rate_of_challenge_falls("match_better") < 0.08
    change = np.diff(challenges("grow"), axis=1)
    assert change.mean() == pytest.approx(-0.13, abs=0.03)
    assert change.std() == pytest.approx(0.145, abs=0.03)


@pytest.mark.slow
def test_turns_at_equal_load_find_growth_and_not_better_matching() -> None:
    rates = {world: rate_of_falls(*fine_counts(world)[:2], 40) for world in WORLDS}
    assert rates["grow"] > 0.75
    assert rates["stay"] < 0.07
    assert rates["match_better"] < 0.12


@pytest.mark.slow
def test_crude_turns_are_fooled_by_better_matching() -> None:
    """The trap is real: the same studies, without the load."""
    assert rate_of_falls(*fine_counts("match_better")[2:], 40) > 0.9
    assert rate_of_falls(*fine_counts("stay")[2:], 40) < 0.07


@pytest.mark.slow
def test_coarse_codes_are_fooled_even_at_equal_load_and_are_refused() -> None:
    pool = sessions("match_better", "coarse")
    turns, exposure, _, _ = count_pool(pool)
    assert rate_of_falls(turns, exposure, 40) > 0.35
    assert not choose_load([affect for affect, _ in pool[0]]).separable
    rows = [
        GrowthSession(str(i), j, affect, tally)
        for i, row in enumerate(pool[:20])
        for j, (affect, tally) in enumerate(row)
    ]
    growth = measure_growth(rows)
    assert "not separable from matching" in growth.turns.refused
    assert np.isnan(growth.turns.slope)
    forced = measure_growth(rows, force=True).turns
    assert np.isfinite(forced.slope)
    assert "not separable from matching" in forced.mark


@pytest.mark.slow
def test_codes_every_second_are_refused() -> None:
    pool = sessions("match_better", "seconds")[:20]
    model = choose_load([affect for row in pool for affect, _ in row])
    assert not model.separable
    assert "codes every 1 s" in model.mark


@pytest.mark.slow
@pytest.mark.parametrize("world", list(WORLDS))
def test_companions_tell_whose_matching_changed(world: str) -> None:
    pool = sessions(world)[:60]
    rows = [
        GrowthSession(str(i), j, affect, tally)
        for i, row in enumerate(pool)
        for j, (affect, tally) in enumerate(row)
    ]
    growth = measure_growth(rows)
    assert growth.dyads == 60
    if world == "match_better":
        assert growth.match.ratio_low > 1.1
        assert growth.repair.ratio_low > 1.1
        assert growth.end.matched_prop > growth.start.matched_prop + 0.05
        assert growth.end.mean_load_s < growth.start.mean_load_s
    else:
        assert 0.9 < growth.match.ratio < 1.1
        assert abs(growth.end.matched_prop - growth.start.matched_prop) < 0.03
    assert (growth.turns.ratio_high < 1) == (world == "grow")


@pytest.mark.slow
def test_material_that_deepens_with_tolerance_hides_growth_from_load_but_not_from_a_challenge() -> (
    None
):
    """Load sees how long, not how deep."""
    move = WORLDS["grow"]
    rows, ends = [], []
    for i, rng in enumerate(np.random.default_rng([SEED, 6]).spawn(60)):
        dyad = draw_world_dyad(rng)
        for j in range(SESSIONS):
            now = move(dyad, j / (SESSIONS - 1))
            # The strain grows with what is tolerated.
            paced = replace(now, strain=now.strain * now.tolerance**1.5)
            affect, _, tally = see(simulate(paced, 300.0, rng))
            rows.append(GrowthSession(str(i), j, affect, tally))
        ends.append([challenge(move(dyad, t), rng) for t in (0.0, 1.0)])
    growth = measure_growth(rows)
    assert growth.turns.ratio > 0.85
    visits = [
        ChallengeVisit(str(i), bool(end), value, 120.0, 120.0)
        for i, both in enumerate(ends)
        for end, value in enumerate(both)
    ]
    assert compare_challenges(visits).change.high < 0


# r with W, with change of W, with T, with match; each with its tolerance.
RECOVERY = {
    "repair_expectancy": ((0.87, 0.06), (0.48, 0.2), (0.97, 0.03), (0.61, 0.12)),
    "repaired_within_5s": ((0.78, 0.1), (0.47, 0.2), (0.93, 0.04), (0.69, 0.12)),
    "log repair hazard": ((0.72, 0.12), (0.50, 0.2), (0.91, 0.05), (0.73, 0.12)),
    "matched_prop": ((0.29, 0.2), (0.29, 0.22), (0.55, 0.18), (1.0, 1e-9)),
    "negative_mismatch_prop": ((-0.80, 0.1), (-0.83, 0.1), (-0.82, 0.1), (-0.42, 0.2)),
    "log turn ratio": ((-0.63, 0.15), (-0.81, 0.1), (-0.59, 0.16), (-0.23, 0.24)),
    "challenge": ((-0.81, 0.1), (-0.83, 0.12), (-0.80, 0.1), (-0.34, 0.2)),
    # Not offered: tolerance has the wrong sign in them.
    "area repaired": ((-0.83, 0.1), (-0.65, 0.18), (-0.94, 0.04), (-0.64, 0.14)),
    "longest negative run": ((-0.79, 0.1), (-0.45, 0.2), (-0.85, 0.08), (-0.50, 0.2)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(RECOVERY))
def test_what_each_measure_follows_when_repair_builds_both(name: str) -> None:
    table = cohort(True)
    asked = (("tolerance", False), ("tolerance", True), ("trust", False), ("matched_prop", False))
    for (what, change), (value, margin) in zip(asked, RECOVERY[name], strict=True):
        assert correlate(table, name, what, change) == pytest.approx(value, abs=margin), what


@pytest.mark.slow
def test_what_each_measure_follows_when_tolerance_and_trust_only_drift() -> None:
    """The more important table: the repair record must not follow a drift, tolerance must."""
    table = cohort(False)
    trust = correlate(table, "repair_expectancy", "trust", False)
    assert trust == pytest.approx(0.10, abs=0.24)
    change = correlate(table, "repair_expectancy", "trust", True)
    assert change == pytest.approx(0.19, abs=0.24)
    assert abs(correlate(table, "repair_expectancy", "tolerance", True)) < 0.24
    # The size of the drift is ours, so only the weaker end of the printed ranges binds.
    assert correlate(table, "log turn ratio", "tolerance", True) < -0.66 + 0.15
    assert correlate(table, "challenge", "tolerance", True) < -0.77 + 0.12


# -- rival accounts ----------------------------------------------------------------------------

CONTESTS = 80


@cache
def coded_courses() -> list[tuple[FloatArray, FloatArray, FloatArray, FloatArray]]:
    """Hits and misses at 5 s, matched proportion and true trust of each session."""
    rows = []
    for rng in np.random.default_rng([SEED, 7]).spawn(COHORT):
        course = live_course(draw_dyad(rng), 20, 300.0, rng)
        seen = [see(session) for session in course]
        outcomes = [count_outcomes(r, 5.0) for _, r, _ in seen]
        rows.append(
            (
                np.array([o.hits for o in outcomes]),
                np.array([o.misses for o in outcomes]),
                np.array([t.matched_s / t.observed_s for _, _, t in seen]),
                np.array([s.trust for s in course]),
            )
        )
    return rows


def hold(x: FloatArray, start: float, rate: float = 0.1) -> FloatArray:
    """The accumulator, written again: what is held before each session."""
    held = [start]
    for value in x[:-1]:
        held.append(held[-1] + rate * (value - held[-1]))
    return np.array(held)


@cache
def verdicts(truth: str, dyads: int = 60, effect: float = 0.3) -> dict[str, float]:
    """Shares of the verdicts over studies in which that account is true."""
    courses = coded_courses()
    rep = [(h + 1) / (h + m + 2) for h, m, _, _ in courses]
    att = [matched for _, _, matched, _ in courses]
    z = {
        "repair": [hold(x, float(np.mean([r[0] for r in rep]))) for x in rep],
        "attunement": [hold(x, float(np.mean([a[0] for a in att]))) for x in att],
        "trust": [trust for _, _, _, trust in courses],
        "neither": [np.zeros(20) for _ in courses],
    }[truth]
    spread = float(np.std(np.concatenate(z))) or 1.0
    weight = (effect / (1 - effect)) ** 0.5 / spread if truth != "neither" else 0.0
    found = {"repair": 0.0, "attunement": 0.0, "not told apart": 0.0}
    for rng in np.random.default_rng([SEED, 8, len(truth)]).spawn(CONTESTS):
        at = rng.choice(len(courses), dyads, replace=False)
        ratings = []
        for i in at:
            noise = np.empty(20)
            noise[0] = rng.normal()
            for n in range(1, 20):
                noise[n] = 0.3 * noise[n - 1] + (1 - 0.09) ** 0.5 * rng.normal()
            ratings.append(rng.normal() + weight * z[i] + noise)
        contest = compare_accounts(ratings, *([courses[i][k] for i in at] for k in range(3)))
        found[contest.verdict] += 1 / CONTESTS
    return found


@pytest.mark.slow
def test_the_contest_hardly_ever_names_the_wrong_account() -> None:
    assert verdicts("neither")["repair"] + verdicts("neither")["attunement"] < 0.04
    assert verdicts("attunement")["repair"] < 0.04
    assert verdicts("repair")["attunement"] < 0.04
    assert verdicts("trust")["attunement"] < 0.04


@pytest.mark.slow
def test_the_contest_can_name_either_account() -> None:
    # The table has .62 and .66 where the accumulators correlate .62; here they do so .52 only,
    # and are told apart more easily. What binds: strong effects are found, weak ones are not.
    for truth in ("repair", "attunement", "trust"):
        right = "repair" if truth == "trust" else truth
        assert verdicts(truth)[right] > 0.5
        assert verdicts(truth, effect=0.1)[right] < 0.35


def draw_alliance(
    rng: np.random.Generator, patients: int, meetings: int, effect: float
) -> tuple[list[FloatArray], list[FloatArray], list[FloatArray]]:
    """Ratings with noise of SD .33, moved by each separately coded repair."""
    ratings, good, bad = [], [], []
    for _ in range(patients):
        chance = rng.beta(3, 2)
        ruptured = rng.random(meetings) < 0.25
        repaired = ruptured & (rng.random(meetings) < chance)
        before = np.concatenate([[0], np.cumsum(repaired)[:-1]])
        level = rng.normal(4, 0.5) + 0.02 * np.arange(meetings)
        ratings.append(level + effect * before + rng.normal(0, 0.33, meetings))
        good.append(repaired.astype(float))
        bad.append((ruptured & ~repaired).astype(float))
    return ratings, good, bad


@pytest.mark.slow
def test_repair_adds_when_coded_repairs_move_the_rating_and_not_otherwise() -> None:
    rates = {}
    for effect in (0.0, 0.3):
        rngs = np.random.default_rng([SEED, 9]).spawn(CONTESTS)
        adds = [
            repair_adds(*draw_alliance(rng, 57, 15, effect), outcomes_from="coded").adds
            for rng in rngs
        ]
        rates[effect] = float(np.mean(adds))
    assert rates[0.0] < 0.07
    assert rates[0.3] > 0.7


NEEDS_MODEL = {
    "paced therapy, power .18 at 60 x 10 against 1.0 unpaced": (
        "needs the therapy preset of the full model: depth of the material set by trust times "
        "tolerance, turns of ten seconds, drop-out"
    ),
    "three valence codes with 5 % miscoding": (
        "needs the coder model (a misclassification matrix between streams) of the full model"
    ),
    "alliance ratings whose ruptures come from the ratings themselves": (
        "needs the rules for courses of ratings together with simulated ratings of the full model"
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", list(NEEDS_MODEL))
def test_cases_of_the_full_model(case: str) -> None:
    pytest.skip(NEEDS_MODEL[case])
