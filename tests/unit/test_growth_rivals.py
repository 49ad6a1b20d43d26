"""The contest of two accounts: scores against a loop that fits every dyad anew."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.growth import compare_accounts, repair_adds
from reattune.growth.rivals import LAMBDAS
from reattune.growth.scoring import accumulate, baseline_columns

Course = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def draw_courses(
    seed: int, *, dyads: int = 22, sessions: int = 12, repair: float = 0.0, attunement: float = 0.0
) -> list[Course]:
    """Ratings, hits, misses, matched; some ratings and sessions missing."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(dyads):
        chance, match = rng.beta(4, 3), rng.beta(3, 5)
        hits = rng.binomial(20, np.clip(chance + rng.normal(0, 0.1, sessions), 0, 1)).astype(float)
        misses = 20 - hits
        matched = np.clip(match + rng.normal(0, 0.1, sessions), 0, 1)
        z_rep, z_att = hold((hits + 1) / 22, 0.57, 0.2), hold(matched, 0.4, 0.2)
        y = rng.normal(0, 0.5) + repair * z_rep + attunement * z_att
        y = y + rng.normal(0, 0.3, sessions)
        y[rng.random(sessions) < 0.1] = np.nan
        lost = rng.random(sessions) < 0.1
        hits[lost] = misses[lost] = matched[lost] = np.nan
        rows.append((y, hits, misses, matched))
    return rows


def hold(x: np.ndarray, start: float, rate: float) -> np.ndarray:
    held = [start]
    for value in x[:-1]:
        held.append(held[-1] if np.isnan(value) else held[-1] + rate * (value - held[-1]))
    return np.array(held)


def naive_scores(courses: list[Course], account: str) -> list[float]:
    """Leave one dyad out, least squares by numpy, one rate after the other."""
    evidence = []
    for _, hits, misses, matched in courses:
        evidence.append((hits + 1) / (hits + misses + 2) if account == "repair" else matched)
    scores = []
    for out in range(len(courses)):
        train = [i for i in range(len(courses)) if i != out]
        start = float(np.nanmean([evidence[i][0] for i in train]))
        best = None
        for rate in LAMBDAS if account != "baseline" else (None,):
            blocks = []
            for i, (y, *_) in enumerate(courses):
                rows = []
                for n in range(1, y.size):
                    earlier = y[:n][~np.isnan(y[:n])]
                    if np.isnan(y[n]) or earlier.size == 0:
                        continue
                    row = [1.0, earlier.mean(), earlier[-1], np.log(n + 1)]
                    if rate is not None:
                        row.append(hold(evidence[i], start, rate)[n])
                    rows.append([*row, y[n]])
                blocks.append(np.array(rows))
            stack = np.vstack([blocks[i] for i in train])
            x, y = stack[:, :-1], stack[:, -1]
            beta = np.linalg.lstsq(x, y, rcond=None)[0]
            variance = ((y - x @ beta) ** 2).sum() / (len(y) - x.shape[1])
            held = blocks[out]
            residual = held[:, -1] - held[:, :-1] @ beta
            score = float((-0.5 * (np.log(2 * np.pi * variance) + residual**2 / variance)).sum())
            if best is None or variance < best[0]:
                best = (variance, score)
        assert best is not None
        scores.append(best[1])
    return scores


def test_scores_against_a_plain_loop() -> None:
    courses = draw_courses(1, repair=2.0)
    found = compare_accounts(*([row[k] for row in courses] for k in range(4)))
    b, r, a = (np.array(naive_scores(courses, name)) for name in ("baseline", "repair", "match"))
    assert found.repair_over_baseline.per_dyad == pytest.approx(r - b, abs=1e-6)
    assert found.repair_over_attunement.per_dyad == pytest.approx(r - a, abs=1e-6)
    assert found.attunement_over_baseline.per_dyad == pytest.approx(a - b, abs=1e-6)
    gain = found.repair_over_attunement
    assert gain.mean.value == pytest.approx((r - a).mean())
    assert gain.t == pytest.approx((r - a).mean() / ((r - a).std(ddof=1) / np.sqrt(22)))
    assert gain.mean.low < gain.mean.value < gain.mean.high


def test_strong_truths_are_named_and_neither_is_not() -> None:
    repair = draw_courses(2, dyads=60, sessions=30, repair=6.0)
    assert compare_accounts(*([row[k] for row in repair] for k in range(4))).verdict == "repair"
    other = draw_courses(3, dyads=60, sessions=30, attunement=6.0)
    assert compare_accounts(*([row[k] for row in other] for k in range(4))).verdict == "attunement"
    none = draw_courses(4, dyads=60, sessions=30)
    assert compare_accounts(*([r[k] for r in none] for k in range(4))).verdict == "not told apart"


def test_small_studies_are_refused() -> None:
    few = draw_courses(5, dyads=19)
    found = compare_accounts(*([row[k] for row in few] for k in range(4)))
    assert "19 dyads" in found.refused
    assert found.verdict == "not told apart"
    assert np.isnan(found.repair_over_attunement.mean.value)
    short = draw_courses(5, dyads=30, sessions=9)
    assert compare_accounts(*([row[k] for row in short] for k in range(4))).refused


def test_lengths_must_agree() -> None:
    courses = draw_courses(6)
    parts = [[row[k] for row in courses] for k in range(4)]
    parts[3][0] = parts[3][0][:-1]
    with pytest.raises(SettingError, match="as many as ratings"):
        compare_accounts(*parts)
    with pytest.raises(SettingError, match="names"):
        compare_accounts(*([row[k] for row in courses] for k in range(4)), dyads=["a"])


def test_the_accumulator_and_the_baseline_know_only_the_past() -> None:
    x = np.array([0.2, np.nan, 0.8, 0.5])
    constant, factor = accumulate(x, 0.4)
    assert constant + factor * 0.5 == pytest.approx(hold(x, 0.5, 0.4))
    y = np.array([np.nan, 3.0, np.nan, 5.0, 4.0])
    columns, rows = baseline_columns(y, np.arange(1.0, 6.0))
    assert rows.tolist() == [False, False, False, True, True]
    assert columns[3].tolist() == pytest.approx([1, 3, 3, np.log(4)])
    assert columns[4].tolist() == pytest.approx([1, 4, 5, np.log(5)])


def test_repair_adds_needs_to_know_where_outcomes_come_from() -> None:
    rng = np.random.default_rng(7)
    n, meetings = 30, 15
    good = [(rng.random(meetings) < rng.uniform(0, 0.5)).astype(float) for _ in range(n)]
    bad = [(rng.random(meetings) < 0.1).astype(float) for _ in range(n)]
    ratings = [
        4 + 0.8 * np.concatenate([[0], np.cumsum(g)[:-1]]) + rng.normal(0, 0.3, meetings)
        for g in good
    ]
    coded = repair_adds(ratings, good, bad, outcomes_from="coded")
    assert coded.adds
    assert coded.coefficient > 0
    assert coded.caution == ""
    same = repair_adds(ratings, good, bad, outcomes_from="ratings")
    assert ".02 of studies" in same.caution
    noise = [rng.normal(4, 0.3, meetings) for _ in range(n)]
    assert not repair_adds(noise, good, bad, outcomes_from="coded").adds
    # What lowers the rating is not what repair is said to do.
    down = [8 - r for r in ratings]
    assert not repair_adds(down, good, bad, outcomes_from="coded").adds
    many = repair_adds(ratings * 4, good * 4, bad * 4, outcomes_from="coded")
    assert "false alarms" in many.caution
    assert repair_adds(ratings[:5], good[:5], bad[:5], outcomes_from="coded").refused
    with pytest.raises(SettingError):
        repair_adds(ratings, good, bad, outcomes_from="other")  # type: ignore[arg-type]
    with pytest.raises(SettingError):
        repair_adds(ratings, good, [b[1:] for b in bad], outcomes_from="coded")
