"""Comparing what was written: the same numbers as in memory, joined tables, damaged files."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reattune.comparison import Comparison, compare
from reattune.comparison.read import read_sessions
from reattune.comparison.source import from_study
from reattune.core.criteria import Criteria
from reattune.core.errors import ReadError, SettingError
from reattune.course_pipeline import CourseAnalysis, analyze_courses, read_courses
from reattune.courses import Drop
from reattune.results import StudyAnalysis
from reattune.show.course_export import write_courses
from reattune.show.export import write_results

from .made import SETTINGS, make_analysis, make_session, three_phases
from .made_courses import made_courses

NAMES = ("value", "low", "high", "p", "p_holm", "p_model", "seen_below", "seen_above")


def make(criteria: Criteria | None = None) -> StudyAnalysis:
    """Nine dyads, two of them seen twice, three phases, two groups."""
    sessions = [
        make_session(f"s{i}", seed=i, duration=150, dwell=4, dyad=f"d{i % 9}",
                     phases=three_phases(150))
        for i in range(11)
    ]  # fmt: skip
    covariates = {
        s.id: {"group": "a" if int(s.dyad[1]) % 2 else "b", "age_weeks": 20 + 2 * int(s.dyad[1])}
        for s in sessions
    }
    analyses = tuple(make_analysis(s, criteria=criteria, chance=False) for s in sessions)
    settings = {**SETTINGS, "rule_in_words": "affect matches"}
    return StudyAnalysis("made", analyses, (), (), (), covariates, settings)


@pytest.fixture(scope="module")
def study() -> StudyAnalysis:
    return make()


@pytest.fixture(scope="module")
def written(study: StudyAnalysis, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("result")
    write_results(study, folder, report=False)
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy that may be damaged."""
    yield Path(shutil.copytree(written, tmp_path / "result"))


def assert_same(one: Comparison, other: Comparison) -> None:
    a, b = one.to_frame(), other.to_frame()
    assert len(a) == len(b) > 0
    texts = ["part", "measure", "row", "level", "reference", "units", "remark"]
    assert a[texts].equals(b[texts])
    for name in NAMES:
        left, right = (frame[name].to_numpy(dtype=np.float64) for frame in (a, b))
        np.testing.assert_allclose(left, right, rtol=1e-8, atol=1e-9, err_msg=name)
    assert [n.message for n in one.notes] == [n.message for n in other.notes]


@pytest.mark.parametrize("by", ["group", "age_weeks", "phase"])
def test_a_written_study_compares_as_the_one_in_memory(
    study: StudyAnalysis, written: Path, by: str
) -> None:
    place = written / "measures.csv" if by == "group" else written
    assert_same(compare(study, by, permutations=199), compare(place, by, permutations=199))


def test_exposures_come_back_also_without_events_and_under_criteria(tmp_path: Path) -> None:
    """A hazard of 0 still says by its upper limit how long was watched."""
    study = make(Criteria(min_rupture_s=12.0, merge_gap_s=1.0))
    write_results(study, tmp_path, report=False)
    ours, back = from_study(study), read_sessions(tmp_path)
    assert any(r.counts["repairs"] == 0 < r.counts["time_mismatched"] for r in ours.records)
    assert any(r.counts["ruptures"] == 0 < r.counts["time_matched"] for r in ours.records)
    for one, other in zip(ours.records, back.records, strict=True):
        assert (one.unit, one.session, one.part) == (other.unit, other.session, other.part)
        for name, value in one.counts.items():
            assert other.counts[name] == pytest.approx(value, rel=1e-9, abs=1e-9), name
        np.testing.assert_allclose(one.follow, other.follow, rtol=1e-11)
        assert (one.repaired == other.repaired).all()


def test_phases_in_which_one_partner_does_not_respond_have_no_repair(
    study: StudyAnalysis, written: Path
) -> None:
    found = compare(study, "group", permutations=99)
    assert {e.measure for e in found.effects if e.part == "still_face"} == {"matched_prop"}
    assert {c.part for c in found.curves} == {"play", "reunion"}
    assert any(n.code == "imposed" for n in found.notes)
    # The name alone says so for still-face; any other one is named in the settings.
    settings = json.loads((written / "settings.json").read_text("utf-8"))
    assert settings["imposed"] == ["still_face"]


def test_an_imposed_phase_of_another_name_is_known_from_the_settings(folder: Path) -> None:
    path = folder / "settings.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "imposed": ["play"]}), "utf-8")
    assert read_sessions(folder).imposed == {"play", "still_face"}


def test_only_some_phases_and_the_reference_among_them(written: Path) -> None:
    few = ["match_kappa", "repair_ratio"]
    found = compare(written, "phase", phases=["play", "reunion"], reference="reunion", measures=few)
    assert {(e.level, e.reference) for e in found.effects} == {("play", "reunion")}
    assert found.effect("match_kappa").units == 9
    assert compare(written, "group", phases=["play"], measures=few).parts == ("play",)
    with pytest.raises(SettingError, match="Did you mean 'play'"):
        compare(written, "group", phases=["plya"])


# -- joined tables ---------------------------------------------------------------------------------


def test_covariates_are_joined_by_dyad_and_by_session(written: Path, tmp_path: Path) -> None:
    by_dyad = tmp_path / "dyads.csv"
    by_dyad.write_text("dyad;site\n" + "".join(f"d{i};{'ns'[i % 2]}\n" for i in range(9)), "utf-8")
    few = ["match_kappa", "repair_ratio"]
    found = compare(written, "site", covariates=by_dyad, measures=few, permutations=99)
    assert dict(found.sizes) == {"n": (5, 6), "s": (4, 5)}
    assert found.settings["covariates"] == {
        "source": "dyads.csv", "sha256": found.settings["covariates"]["sha256"],  # type: ignore[index]
    }  # fmt: skip
    by_session = tmp_path / "visits.csv"
    rows = "".join(f"s{i},{'ns'[i % 9 % 2]}\n" for i in range(11))
    by_session.write_text("visit,site\n" + rows, "utf-8")
    other = compare(
        written, "site", covariates=by_session, on="visit", measures=few, permutations=99
    )
    assert other.effects == found.effects


def test_ids_without_a_partner_are_named(written: Path, tmp_path: Path) -> None:
    table = tmp_path / "sites.csv"
    rows = "".join(f"d{i},{'ns'[i % 2]}\n" for i in [*range(8), 77])
    table.write_text("dyad,site\n" + rows, "utf-8")
    found = compare(written, "site", covariates=table, measures=["match_kappa"], permutations=99)
    told = [n.message for n in found.notes if n.code == "not_joined"]
    assert told == [
        "1 dyad without a row in sites.csv: d8.",
        "1 dyad of sites.csv not in the result: d77.",
    ]


@pytest.mark.parametrize(
    ("text", "on", "error", "sentence"),
    [
        (
            "dyad,site\nd0,n\nd1,s\nd0,s\n",
            None,
            ReadError,
            "'d0' stands there twice, also in line 2",
        ),
        ("who,site\nd0,n\nd1,s\n", None, SettingError, "the column of ids"),
        ("dyad,site\nd0,n\nd1,s\n", "dyda", SettingError, "Did you mean 'dyad'?"),
        ("dyad,site\nx0,n\nx1,s\n", None, SettingError, "e.g. d0, d1, d2; the table has x0, x1"),
    ],
)
def test_a_table_that_cannot_be_joined_says_why(
    written: Path, tmp_path: Path, text: str, on: str | None, error: type[Exception], sentence: str
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(text, "utf-8")
    with pytest.raises(error) as caught:
        compare(written, "site", covariates=table, on=on)
    assert sentence in str(caught.value)


# -- damaged results -------------------------------------------------------------------------------


def test_a_folder_that_is_no_result_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"holds no result: there is no measures\.csv"):
        compare(tmp_path, "group")
    with pytest.raises(ReadError, match="does not exist"):
        compare(tmp_path / "nothing", "group")
    (tmp_path / "a.csv").write_text("x\n1\n", "utf-8")
    with pytest.raises(ReadError, match="is not a result that can be compared"):
        compare(tmp_path / "a.csv", "group")
    (tmp_path / "measures.csv").write_text("measure,value\nx,1\n", "utf-8")
    with pytest.raises(ReadError, match=r"measures.csv, line 1: has no column 'study'"):
        compare(tmp_path, "group")


@pytest.mark.parametrize(
    "name", ["ruptures.csv", "sessions_wide.csv", "codebook.csv", "settings.json"]
)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ReadError, match=f"holds no {name}"):
        compare(folder, "group")


def test_a_table_cut_off_in_the_middle_names_file_and_line(folder: Path) -> None:
    path = folder / "measures.csv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    for text, sentence in (
        ("".join(lines[:100]) + lines[100][:20], "measures.csv, line 101: .* not as many cells"),
        ("".join(lines[:100]) + lines[100].rstrip("\n"), "line 101: was cut off"),
        ("".join(lines[:101]), r"line 101: .* session 's0', phase 'reunion' has no"),
        (
            "".join(line for line in lines if ",s10," not in line),
            r"measures.csv, line \d+: .* session 's10' is not in it",
        ),
    ):
        path.write_text(text, "utf-8")
        with pytest.raises(ReadError, match=sentence) as caught:
            compare(folder, "group")
        assert caught.value.path == path


def test_words_where_numbers_belong_name_the_line(folder: Path) -> None:
    path = folder / "ruptures.csv"
    rows = list(csv.reader(path.open(encoding="utf-8")))
    entered = next(i for i, row in enumerate(rows) if i and row[-1] == "1")
    rows[entered][rows[0].index("latency_s")] = "long"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)
    with pytest.raises(ReadError, match=f"ruptures.csv, line {entered + 1}: column 'latency_s'"):
        compare(folder, "group")
    (folder / "settings.json").write_text("{", "utf-8")
    with pytest.raises(ReadError):
        compare(folder, "group")


# -- courses of ratings ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def courses() -> CourseAnalysis:
    made = [
        replace(
            course, meta={"arm": "early" if i % 2 else "late", "age": 30 + i, "source": "x.csv"}
        )
        for i, course in enumerate(made_courses(14, 14))
    ]
    return analyze_courses(made, [Drop(k=1.0), Drop(k=2.0)], surrogates=39, name="made")


@pytest.mark.parametrize("by", ["arm", "age"])
def test_written_courses_compare_as_those_in_memory(
    courses: CourseAnalysis, tmp_path: Path, by: str
) -> None:
    write_courses(courses, tmp_path, report=False)
    ours = compare(courses, by, permutations=199)
    assert_same(ours, compare(tmp_path, by, permutations=199))
    assert ours.parts == ("drop of 1 SD", "drop of 2 SD")
    assert ours.unit == "case"


def test_groups_of_cases_add_up_to_the_sample_with_their_chance(courses: CourseAnalysis) -> None:
    found = compare(courses, "arm", criteria=["drop of 1 SD"], permutations=199)
    groups = {(g.measure, g.level): g for g in found.groups}
    result = courses.result("drop of 1 SD")
    events = [groups["ruptures_per_rating", level].events for level in ("early", "late")]
    assert sum(events) == len(result.entered)
    expected = [groups["expected_ruptures_per_rating", v].events for v in ("early", "late")]
    assert sum(expected) == pytest.approx(result.chance["trend_ar1"]["ruptures"].null_mean)
    shares = [c for c in found.classes if c.level == "early"]
    assert sum(c.n for c in shares) == shares[0].units == 7
    told = [result.classes()[f"c{i}"] for i in range(1, 14, 2)]
    assert {c.label: c.n for c in shares} == {c.label: told.count(c.label) for c in shares}
    assert any(o.measure == "class" and o.p_holm >= o.p for o in found.overall)
    assert "Chance gives" in found.summary()


def test_courses_have_no_phases_and_know_their_criteria(courses: CourseAnalysis) -> None:
    with pytest.raises(SettingError, match="courses of ratings have no phases"):
        compare(courses, "phase")
    with pytest.raises(SettingError, match="phases are of coded sessions"):
        compare(courses, "arm", phases=["play"])
    with pytest.raises(SettingError, match="Did you mean 'drop of 1 SD'"):
        compare(courses, "arm", criteria=["drop of 1SD"])


def test_courses_without_surrogates_are_compared_without_chance(tmp_path: Path) -> None:
    made = [
        replace(course, meta={"arm": "early" if i % 2 else "late"})
        for i, course in enumerate(made_courses(12))
    ]
    analysis = analyze_courses(made, [Drop()], surrogates=0)
    found = compare(analysis, "arm", permutations=99)
    assert "rupture_ratio" not in found.measures
    assert "Chance gives" not in found.summary()
    write_courses(analysis, tmp_path, report=False)
    assert_same(found, compare(tmp_path, "arm", permutations=99))


def test_a_course_table_cut_off_names_the_case(courses: CourseAnalysis, tmp_path: Path) -> None:
    write_courses(courses, tmp_path, report=False)
    path = tmp_path / "measures.csv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:60]), "utf-8")
    with pytest.raises(ReadError, match=r"measures.csv, line 60: .* case 'c\d+' is not in it"):
        compare(tmp_path, "arm")


def test_real_alliance_by_first_anxiety(shared: Path, tmp_path: Path) -> None:
    """57 courses of therapy: the groups hold every rupture of the sample, once."""
    table = shared / "wai_sessions_flueckiger" / "wai_bai_long.csv"
    items = [f"{name}{i}" for name in ("task", "goal", "bond") for i in (1, 2, 3)]
    judged = read_courses(table, {"items": {"wai": items}})
    analysis = analyze_courses(judged, [Drop(k=1.0)], scale="wai", surrogates=0, name="wai")
    with table.open(encoding="utf-8") as stream:
        whole = [row for row in csv.DictReader(stream) if all(row[f"bai{i}"] for i in (1, 2, 3))]
    first = {row["patient"]: row for row in reversed(whole)}
    own = tmp_path / "bai.csv"
    with own.open("w", encoding="utf-8") as stream:
        stream.write("patient,bai\n")
        for patient, row in first.items():
            stream.write(f"{patient},{sum(float(row[f'bai{i}']) for i in (1, 2, 3)) / 3}\n")
    found = compare(analysis, "bai", covariates=own, on="patient", permutations=199)
    effect = found.effect("ruptures_per_rating")
    assert (effect.units, effect.level) == (57, "per SD")
    assert effect.value == pytest.approx(0.755, abs=0.005)
    assert effect.p > 0.05
    assert "too little to tell" in found.summary()
