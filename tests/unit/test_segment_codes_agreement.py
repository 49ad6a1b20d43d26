"""Agreement of coders: published values, a slow twin, and what limits stand on."""

from __future__ import annotations

from dataclasses import replace
from math import isnan, nan
from pathlib import Path

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.segment_codes import (
    AgreementRow,
    CodedMeeting,
    compare_coders,
    compute_icc,
    krippendorff_alpha,
    read_coded_meetings,
)
from tests import naive_segments as naive

from .made_segments import made_rows, write_rows

# Four observers, twelve units (Krippendorff 2011, Computing Krippendorff's alpha-reliability).
PUBLISHED = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3],
        [nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan],
    ]
)
# Six targets, four judges (Shrout and Fleiss 1979, table 2).
JUDGES = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
).T.astype(float)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[CodedMeeting, ...]:
    path = write_rows(tmp_path_factory.mktemp("made") / "made.csv", made_rows(segments=16))
    return read_coded_meetings(path, {"segment_s": 60})


def test_alpha_of_the_published_example() -> None:
    assert krippendorff_alpha(PUBLISHED, "nominal") == pytest.approx(0.743, abs=5e-4)
    assert krippendorff_alpha(PUBLISHED, "ordinal") == pytest.approx(0.815, abs=5e-4)


def test_icc_of_the_published_example() -> None:
    found = compute_icc(JUDGES)
    assert (found.n, found.k) == (6, 4)
    assert found.single == pytest.approx(0.29, abs=0.005)
    assert found.average == pytest.approx(0.62, abs=0.005)


@pytest.mark.parametrize("seed", range(5))
def test_against_the_slow_twin(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ratings = rng.integers(1, 6, (3, 30)).astype(float)
    ratings[1] = np.clip(ratings[0] + rng.integers(-1, 2, 30), 1, 5)
    whole = naive.icc(ratings.T.tolist())
    assert compute_icc(ratings)[:2] == pytest.approx(whole)
    ratings[rng.random((3, 30)) < 0.2] = nan
    units = [[v for v in column if not isnan(v)] for column in ratings.T.tolist()]
    assert krippendorff_alpha(ratings) == pytest.approx(naive.alpha(units, ordinal=True))
    assert krippendorff_alpha(ratings, "nominal") == pytest.approx(naive.alpha(units, False))


def test_alpha_does_not_care_who_is_called_first() -> None:
    assert krippendorff_alpha(PUBLISHED[::-1]) == pytest.approx(krippendorff_alpha(PUBLISHED))
    more = np.hstack([PUBLISHED, np.full((4, 3), nan)])
    assert krippendorff_alpha(more) == pytest.approx(krippendorff_alpha(PUBLISHED))


def test_without_variation_nothing_is_defined() -> None:
    assert isnan(krippendorff_alpha(np.ones((2, 10))))
    assert isnan(compute_icc(np.ones((2, 10))).single)
    assert isnan(compute_icc(np.ones((1, 10))).single)
    assert isnan(krippendorff_alpha(np.full((2, 4), nan)))
    with pytest.raises(SettingError, match="level"):
        krippendorff_alpha(PUBLISHED, "interval")  # type: ignore[arg-type]


def row(rows: tuple[AgreementRow, ...], item: str, statistic: str) -> AgreementRow:
    (found,) = [r for r in rows if (r.item, r.statistic) == (item, statistic)]
    return found


def test_every_code_has_its_rows(made: tuple[CodedMeeting, ...]) -> None:
    rows = compare_coders(made, rng=np.random.default_rng(1), n=199)
    salience = np.concatenate([m.salience[:, :, 0] for m in made], axis=1)
    item = made[0].markers[0].name
    found = row(rows, item, "alpha_ordinal")
    assert found.value == pytest.approx(krippendorff_alpha(salience))
    assert found.low < found.value < found.high
    assert found.n == np.isfinite(salience).all(axis=0).sum()
    shares = [(r[np.isfinite(r)] > 1).mean() for r in salience]
    assert (found.prevalence_low, found.prevalence_high) == (min(shares), max(shares))
    assert row(rows, item, "icc_2_k").value == pytest.approx(compute_icc(salience).average)
    overall = np.stack([m.overall["extent_resolved"] for m in made], axis=1)
    assert row(rows, "extent resolved", "icc_2_k").value == pytest.approx(
        compute_icc(overall).average
    )
    assert {r.about for r in rows} == {"salience", "kind", "frequency", "strategy", "overall"}


def test_frequencies_are_counted_where_all_coded(made: tuple[CodedMeeting, ...]) -> None:
    rows = compare_coders(made, rng=np.random.default_rng(1), n=0)
    columns = [m.kind == "withdrawal" for m in made[0].markers]
    counts = []
    for m in made:
        both = np.isfinite(m.salience[:, :, 0]).all(axis=0)
        counts.append((m.salience[:, both][:, :, columns] > 1).any(axis=2).sum(axis=1))
    expected = compute_icc(np.array(counts, dtype=float).T)
    found = row(rows, "withdrawal", "icc_2_k")
    assert (found.value, found.n) == (pytest.approx(expected.average), len(made))
    assert isnan(found.low)


def test_one_coder_and_few_meetings(made: tuple[CodedMeeting, ...], tmp_path: Path) -> None:
    path = write_rows(tmp_path / "one.csv", made_rows(coders=("a",)))
    alone = read_coded_meetings(path, {"segment_s": 60})
    assert compare_coders(alone, rng=np.random.default_rng(1)) == ()
    few = compare_coders(made[:3], rng=np.random.default_rng(1), n=50)
    assert all(isnan(r.low) for r in few)


def test_coders_who_never_meet_have_no_agreement(made: tuple[CodedMeeting, ...]) -> None:
    first, second = made[:2]
    apart = (
        replace(first, coders=("a",), salience=first.salience[:1], shown=first.shown[:1],
                extent=first.extent[:1], overall={}),
        replace(second, coders=("b",), salience=second.salience[:1], shown=second.shown[:1],
                extent=second.extent[:1], overall={}),
    )  # fmt: skip
    rows = compare_coders(apart, rng=np.random.default_rng(1), n=9)
    assert rows
    assert all(isnan(r.value) and r.n == 0 for r in rows)
