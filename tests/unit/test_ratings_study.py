"""Study files for ratings: what they say is done, what is wrong is named with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reattune.core.errors import ReadError, SettingError
from reattune.course_pipeline import add_covariates, analyze_ratings
from reattune.courses import Decline, Drop
from reattune.io.ratings_studyfile import is_ratings_study, read_cases_table, read_ratings_study
from reattune.io.ratings_studymodel import RatingsSection
from reattune.io.studyfile import read_study_file
from reattune.reading import describe, draft_study

from .made_courses import made_courses, write_table

WHOLE = """
[study]
name = "made"
cases = "cases.csv"

[ratings]
file = "ratings.csv"
scale = "wai"
judge = "therapist"
range = [1, 7]

[[criteria]]
type = "Decline"
k = 2.0

[[criteria]]
type = "Drop"
k = 1.5

[surrogates]
n = 9
seed = 4
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_table(tmp_path / "ratings.csv", made_courses(4))
    (tmp_path / "cases.csv").write_text("case,outcome,group\nc0,3.5,a\nc1,4,b\nc9,1,a\n", "utf-8")
    return tmp_path


def put(folder: Path, text: str) -> Path:
    path = folder / "study.toml"
    path.write_text(text, "utf-8")
    return path


def test_what_the_file_says_is_done(folder: Path) -> None:
    analysis = analyze_ratings(put(folder, WHOLE))
    assert analysis.name == "made"
    assert (analysis.rater, analysis.scale) == ("therapist", "wai")
    assert analysis.criteria == (Decline(k=2.0), Drop(k=1.5))
    assert {test.n for r in analysis.results for test in r.chance.values()} == {9}
    assert {test.seed for r in analysis.results for test in r.chance.values()} == {4}
    assert analysis.courses[0].scale == (1, 7)
    assert dict(analysis.course("c0").meta)["outcome"] == 3.5
    assert {note.code for note in analysis.notes} >= {
        "cases_without_covariates",
        "cases_without_ratings",
    }
    assert "outcome" in analysis.courses[0].meta


def test_a_call_goes_before_the_file_and_a_folder_stands_for_its_file(folder: Path) -> None:
    put(folder, WHOLE)
    analysis = analyze_ratings(
        folder,
        rater="patient",
        criteria=["stiles_like"],
        surrogates=0,
        options={"scale_range": [0, 9]},
    )
    assert analysis.rater == "patient"
    assert [r.criterion.preset for r in analysis.results] == ["stiles_like"]
    assert analysis.courses[0].scale == (0, 9)


def test_several_tables_are_one_sample(folder: Path) -> None:
    courses = made_courses(4)
    write_table(folder / "one.csv", courses[:2])
    write_table(folder / "two.csv", courses[2:])
    one = analyze_ratings(put(folder, '[ratings]\nfile = ["one.csv", "two.csv"]'), surrogates=0)
    two = analyze_ratings(put(folder, '[ratings]\nfile = "ratings.csv"'), surrogates=0)
    assert one.cases == two.cases
    assert one.events_frame().equals(two.events_frame())
    with pytest.raises(ReadError, match=r"line 2.*'c0' is in one.csv and in ratings"):
        analyze_ratings(put(folder, '[ratings]\nfile = ["one.csv", "ratings.csv"]'), surrogates=0)


TABLE = '[ratings]\nfile = "ratings.csv"\n'


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (TABLE + 'scael = "wai"', 3, "Did you mean 'scale'"),
        ('[ratings]\nfile = "rating.csv"', 2, "no file 'rating.csv'"),
        ('[ratings]\nfile = "https://x.org/r.csv"', 2, "an address"),
        ('[ratings]\nscale = "wai"', 1, "file: is missing"),
        (TABLE + "range = [7, 1]", 1, "lowest possible rating first"),
        (TABLE + "range = 7", 3, "range"),
        (TABLE + 'reversed = ["wai"]', 1, "reversed items need range"),
        (TABLE + 'partners = ["patient"]', 3, "two names"),
        (TABLE + "raters = { patient = 3.5 }", 3, "a column for each rater"),
        (TABLE + "min_items = 0", 3, "at least 1"),
        (TABLE + 'instrument = "WAI-X"', 3, "Did you mean 'WAI-S'"),
        (TABLE + 'scale = "way"', 3, "Did you mean 'wai'"),
        (TABLE + 'judge = "patent"', 3, "Did you mean 'patient'"),
        (TABLE + '[[criteria]]\ntype = "Drop"\n[[criteria]]\ntype = "Dorp"', 6, "mean 'Drop'"),
        (TABLE + '[[criteria]]\ntype = "Drop"\nkk = 2', 5, "a parameter of Drop"),
        (TABLE + '[[criteria]]\ntype = "Drop"\nk = -1', 5, "above 0"),
        (TABLE + '[[criteria]]\ntype = "ReliableChange"', 4, "sd and reliability"),
        ('criteria = ["Drop:k=2", "Foo"]\n' + TABLE, 1, "the name of a criterion"),
        (TABLE + "[surrogates]\nn = -5", 4, "greater than or equal to 0"),
        (TABLE + '[study]\ncases = "x.csv"', 4, "no file 'x.csv'"),
        (TABLE + '[partners]\nnames = ["a", "b"]', 3, "no key 'partners'"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    folder: Path, text: str, line: int, words: str
) -> None:
    with pytest.raises(ReadError, match=rf"study.toml, line {line}: .*{words}"):
        analyze_ratings(put(folder, text), surrogates=0)


def test_a_file_that_is_no_toml_or_for_sessions(folder: Path) -> None:
    with pytest.raises(ReadError, match="not valid TOML"):
        read_ratings_study(put(folder, "[ratings\n"))
    assert not is_ratings_study(put(folder, "[ratings\n"))
    assert not is_ratings_study(put(folder, "[partners]\n"))
    assert not is_ratings_study(folder / "nothing.toml")
    with pytest.raises(ReadError, match="not coded sessions"):
        read_study_file(put(folder, TABLE))


def test_a_table_of_cases(folder: Path) -> None:
    assert read_cases_table(folder / "cases.csv")["c0"] == {"outcome": 3.5, "group": "a"}
    (folder / "twice.csv").write_text("patient,x\nc0,1\nc0,2\n", "utf-8")
    with pytest.raises(ReadError, match="line 3: case 'c0' stands there twice"):
        read_cases_table(folder / "twice.csv")
    (folder / "none.csv").write_text("what,x\nc0,1\n", "utf-8")
    with pytest.raises(ReadError, match="no column of cases"):
        read_cases_table(folder / "none.csv")
    with pytest.raises(ReadError, match="no case of the ratings"):
        add_covariates(made_courses(2), {"other": {"x": 1}}, "cases.csv")


COLUMNS = "case,session,wai_p,wai_t\n" + "".join(
    f"a,{m},{5 + m % 3},{4 + m % 2}\n" for m in range(1, 9)
)
ITEMS = "patient,occasion,task1,task2,bond1,bond2,bai\n" + "".join(
    f"{case},{m},{m % 4},{m % 3},{m % 2},1.5,{m}\n" for case in "ab" for m in range(1, 9)
)
OTHER_NAMES = "case,session,rater,wai\n" + "".join(
    f"a,{m},{who},{5 + m % 3}\n" for m in range(1, 9) for who in ("P", "T")
)
WIDE = "case,rater,s1,s2,s3,s4\na,patient,5,4,5,6\nb,patient,5,3,5,6\n"


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (COLUMNS, r'raters = \{ patient = "wai_p", therapist = "wai_t" \}'),
        (ITEMS, r'task = \["task1", "task2"\]'),
        (OTHER_NAMES, r'partners = \{ patient = "P", therapist = "T" \}'),
        (WIDE, 'scale = "rating"'),
    ],
)
def test_a_draft_runs_unchanged(tmp_path: Path, table: str, says: str) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text(table, "utf-8")
    text = draft_study(path, relative_to=tmp_path)
    assert re.search(says, text)
    analysis = analyze_ratings(put(tmp_path, text), surrogates=0)
    assert len(analysis.results) == 5
    assert analysis.cases
    told = describe(put(tmp_path, text)).summary()
    assert "study" in told and "Decline" in told


def test_info_counts_meetings_and_shows_no_remark(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    rows = [f"a,{m},{5 + m % 3},{'a secret' if m == 2 else ''},22" for m in (1, 2, 4)]
    path.write_text("\n".join(["case,session,wai,events,age", *rows]), "utf-8")
    told = describe(path).summary()
    assert "1 case, 4 meetings (numbers 1 to 4)" in told
    assert "remarks on 1 meetings (not shown)" in told and "secret" not in told
    assert "of each case: age" in told
    assert " s," not in told


def test_settings_that_do_not_exist_are_refused(folder: Path) -> None:
    with pytest.raises(SettingError, match="Did you mean 'items'"):
        analyze_ratings(folder / "ratings.csv", options={"item": {}}, surrogates=0)


PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorials-courses.md"


def test_the_tutorial_names_every_key_and_its_study_file_is_one(folder: Path) -> None:
    text = PAGE.read_text("utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    study = read_ratings_study(put(folder, block))
    assert (study.scale, study.judge, study.surrogates, study.seed) == ("bond", "patient", 999, 1)
    assert [dict(c)["type"] for c in study.criteria if not isinstance(c, str)] == [
        "Decline",
        "stiles_like",
    ]
    table = text[text.index("| key of `[ratings]`") :]
    assert [key for key in RatingsSection.model_fields if f"`{key}`" not in table] == []
