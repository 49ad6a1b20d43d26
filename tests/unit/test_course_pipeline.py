"""Rating tables from file to result: series, criteria, chance, files."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from reattune.core.errors import ReadError, SettingError
from reattune.course_pipeline import (
    CourseAnalysis,
    analyze_courses,
    analyze_ratings,
    default_criteria,
    read_courses,
)
from reattune.course_tests.tally import SAMPLE_STATISTICS
from reattune.courses import Course, Drop, stiles_like, strauss_like
from reattune.show import course_export
from reattune.show.course_export import write_courses

from .made_courses import V, made_courses, write_table


@pytest.fixture(scope="module")
def sample() -> CourseAnalysis:
    return analyze_courses(made_courses(8), surrogates=39, name="made")


def test_a_planted_v_is_found_dated_and_repaired() -> None:
    analysis = analyze_courses([Course("a", range(1, 11), {("patient", "wai"): V})], surrogates=0)
    for name in ("decline of 1 SD", "drop of 1 SD", "drop of 2 SD"):
        (event,) = analysis.result(name).events["a"]
        assert (event.onset, event.nadir, event.repair, event.status) == (5, 5, 6, "repaired")
    assert analysis.result("drop of 2 SD").classes() == {"a": "repaired"}


def test_every_statistic_stands_beside_both_nulls(sample: CourseAnalysis) -> None:
    frame = sample.to_frame()
    whole = frame[frame["level"] == "sample"]
    assert set(whole["null"]) == {"trend_ar1", "permutation"}
    count = len(default_criteria()) * 2
    assert whole.groupby("statistic").size().to_dict() == dict.fromkeys(SAMPLE_STATISTICS, count)
    for result in sample.results:
        row = whole[(whole["criterion"] == result.name) & (whole["statistic"] == "ruptures")]
        assert set(row["observed"]) == {float(len(result.entered))}


def test_cases_sum_to_the_sample(sample: CourseAnalysis) -> None:
    frame = sample.to_frame()
    own = frame[(frame["null"] == "trend_ar1") & (frame["statistic"] == "ruptures")]
    for _, rows in own.groupby("criterion"):
        cases, whole = rows[rows["level"] == "case"], rows[rows["level"] == "sample"]
        assert cases["observed"].sum() == whole["observed"].iloc[0]


def test_equal_input_gives_equal_documents_and_the_seed_counts() -> None:
    courses = made_courses(4)
    one, two, other = (analyze_courses(courses, surrogates=29, seed=s) for s in (3, 3, 4))
    assert json.dumps(one.to_dict()) == json.dumps(two.to_dict())
    assert one.to_frame()["null_mean"].tolist() != other.to_frame()["null_mean"].tolist()


def test_progress_is_told_from_start_to_end() -> None:
    told: list[tuple[int, int, str]] = []
    analyze_courses(made_courses(2), surrogates=5, on_progress=lambda *given: told.append(given))
    n = len(default_criteria())
    assert [done for done, _, _ in told] == list(range(n + 1))
    assert {total for _, total, _ in told} == {n}


def test_presets_are_called_approximations_everywhere() -> None:
    analysis = analyze_courses(made_courses(3), [stiles_like(), strauss_like()], surrogates=9)
    names = [result.name for result in analysis.results]
    assert names == ["stiles_like (approximation)", "strauss_like (approximation)"]
    assert "approximation" in analysis.summary()
    written = analysis.settings["criteria"]
    assert isinstance(written, list)
    assert [row["approximation"] for row in written] == [True, True]


def test_two_criteria_of_one_name_are_told_apart() -> None:
    analysis = analyze_courses(
        made_courses(2), [Drop(), Drop(window=5), Drop(window=5)], surrogates=0
    )
    names = [result.name for result in analysis.results]
    assert len(set(names)) == 3
    assert "window=5" in names[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"courses": []}, "at least one course"),
        ({"criteria": []}, "at least one criterion"),
        ({"scale": "srs"}, "There is 'wai'"),
        ({"rater": "nurse"}, "There is 'patient'"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        analyze_courses(**{"courses": made_courses(2), "surrogates": 0, **arguments})  # type: ignore[arg-type]


def test_several_scales_need_a_choice() -> None:
    series = {("patient", "wai"): V, ("patient", "srs"): V}
    courses = [Course("a", range(1, 11), series)]
    with pytest.raises(SettingError, match="--items"):
        analyze_courses(courses, surrogates=0)
    assert analyze_courses(courses, scale="srs", surrogates=0).scale == "srs"


def test_cases_without_the_series_are_left_out_and_named() -> None:
    other = Course("no", range(1, 11), {("therapist", "wai"): V})
    analysis = analyze_courses([*made_courses(2), other], surrogates=0)
    assert "no" not in analysis.cases
    assert any("no ratings" in note.message and "no" in note.message for note in analysis.notes)


def test_missing_and_ceiling_are_shares_of_what_was_asked() -> None:
    values = [7.0, 7.0, np.nan, 6.0, 5.0]
    course = Course("a", range(1, 6), {("patient", "wai"): values}, (1, 7))
    analysis = analyze_courses([course], surrogates=0)
    assert analysis.missing_prop == pytest.approx(1 / 5)
    assert analysis.ceiling_prop == pytest.approx(2 / 4)


# -- files -------------------------------------------------------------------------------------


def test_a_table_becomes_courses_with_both_raters(tmp_path: Path) -> None:
    path = write_table(tmp_path / "ratings.csv", made_courses(3))
    courses = read_courses(path)
    assert [course.case for course in courses] == ["c0", "c1", "c2"]
    assert list(courses[0].ratings) == [("patient", "wai"), ("therapist", "wai")]
    np.testing.assert_allclose(
        courses[0].series("wai", "patient"), made_courses(1)[0].series("wai", "patient")
    )


def test_clients_are_partners_without_being_told(tmp_path: Path) -> None:
    text = write_table(tmp_path / "a.csv", made_courses(1)).read_text("utf-8")
    path = tmp_path / "b.csv"
    path.write_text(text.replace("patient", "client"), "utf-8")
    assert list(read_courses(path)[0].ratings) == [("client", "wai"), ("therapist", "wai")]


def test_who_is_who_can_be_said(tmp_path: Path) -> None:
    text = write_table(tmp_path / "a.csv", made_courses(1)).read_text("utf-8")
    path = tmp_path / "b.csv"
    path.write_text(text.replace("patient", "p").replace("therapist", "t"), "utf-8")
    with pytest.raises(ReadError, match="no ratings by a partner"):
        read_courses(path)
    courses = read_courses(path, {"partners": {"patient": "p", "therapist": "t"}})
    assert list(courses[0].ratings) == [("patient", "wai"), ("therapist", "wai")]


def test_the_scale_comes_from_an_instrument_or_a_range(tmp_path: Path) -> None:
    path = write_table(tmp_path / "ratings.csv", made_courses(1))
    assert read_courses(path, {"scale_range": [1, 7]})[0].scale == (1.0, 7.0)
    assert read_courses(path, {"instrument": "WAI-S"})[0].scale == (1.0, 7.0)


def test_another_kind_of_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("start,end,code\n0,1,play\n1,2,still\n", "utf-8")
    with pytest.raises(ReadError):
        analyze_ratings(path, surrogates=0)


def test_all_files_are_written_and_can_be_read_back(tmp_path: Path) -> None:
    path = write_table(tmp_path / "ratings.csv", made_courses(4))
    analysis = analyze_ratings(path, surrogates=19)
    written = write_courses(analysis, tmp_path / "out", report=False)
    assert [file.name for file in written] == [
        *("events.csv", "courses_wide.csv", "codebook.csv"),
        *("measures.csv", "agreement.csv", "recognition.csv", "settings.json"),
    ]
    tables = {
        file.name: list(csv.DictReader(io.StringIO(file.read_text("utf-8"))))
        for file in written
        if file.suffix == ".csv"
    }
    assert len(tables["events.csv"]) == len(analysis.events_frame())
    wide = tables["courses_wide.csv"]
    assert [row["case"] for row in wide] == list(analysis.cases)
    assert {row["name"] for row in tables["codebook.csv"]} == set(wide[0])
    settings = json.loads((tmp_path / "out" / "settings.json").read_text("utf-8"))
    assert settings["inputs"][0]["source"] == "ratings.csv"
    assert len(settings["inputs"][0]["sha256"]) == 64
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == sorted(
        file.name for file in written
    )


def test_names_that_look_like_formulas_are_made_harmless(tmp_path: Path) -> None:
    course = made_courses(1)[0]
    evil = Course("=cmd()", course.meetings, course.ratings)
    write_courses(analyze_courses([evil], surrogates=0), tmp_path, report=False)
    for name in ("events.csv", "courses_wide.csv", "measures.csv"):
        cells = [cell for row in csv.reader((tmp_path / name).open()) for cell in row]
        assert "'=cmd()" in cells
        assert "=cmd()" not in cells


def test_a_failed_write_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "events.csv").write_text("old", "utf-8")

    def broken(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(course_export, "make_courses_wide", broken)
    with pytest.raises(OSError, match="disk full"):
        write_courses(analyze_courses(made_courses(2), surrogates=0), tmp_path, report=False)
    assert [(f.name, f.read_text("utf-8")) for f in tmp_path.iterdir()] == [("events.csv", "old")]


def test_the_57_real_cases_give_the_reference_figures(shared: Path) -> None:
    """Missing meetings and item means of the data's own README."""
    items = [f"{a}{i}" for a in ("task", "goal", "bond") for i in (1, 2, 3)]
    analysis = analyze_ratings(
        shared / "wai_sessions_flueckiger" / "wai_bai_long.csv",
        options={"items": {"wai": items}, "min_items": 7},
        criteria=[Drop(k=1.0)],
        surrogates=0,
    )
    assert len(analysis.cases) == 57
    assert analysis.missing_prop == pytest.approx(0.173, abs=0.0005)
    spreads = [np.nanstd(course.only(), ddof=1) for course in analysis.judged]
    assert np.median(spreads) == pytest.approx(0.329, abs=0.0005)
