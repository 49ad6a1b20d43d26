"""Ratings and talk from the command line: options, what they refuse, what is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reattune.cli import app
from reattune.cli.rating_options import rating_options, split_pairs
from reattune.core.errors import ReattuneError, SettingError

from .made_courses import made_courses, write_table

ROWS = [
    (f"{case},{m},{5 + (m * 7) % 3},{5 + (m * 5) % 3},{6 - (m * 7) % 3}", m)
    for case in ("a", "b")
    for m in range(1, 10)
]
ITEMS = "Fall,Sitzung,x1,x2,x3\n" + "\n".join(row for row, _ in ROWS)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write_table(tmp_path / "ratings.csv", made_courses(3))


def run(*words: object) -> str:
    """What the command prints; an error it ends with is raised."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return str(done.stdout)


def document(*words: object) -> dict[str, object]:
    found: dict[str, object] = json.loads(run(*words, "--json"))
    return found


def test_options_choose_what_is_judged_and_how(table: Path) -> None:
    found = document(
        "analyze", table, "--rater", "therapist", "--criterion", "Decline:k=2",
        "--criterion", "stiles_like", "--range", "1,7", "--surrogates", "9", "--seed", "3",
    )  # fmt: skip
    settings = found["settings"]
    assert settings["series"] == {"rater": "therapist", "scale": "wai"}  # type: ignore[index]
    criteria = found["criteria"]
    assert [c["name"] for c in criteria] == [  # type: ignore[union-attr]
        "decline of 2 SD",
        "stiles_like (approximation)",
    ]
    assert found["sample"]["ceiling_prop"] is not None  # type: ignore[index]


def test_items_and_columns_with_other_names(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text(ITEMS, "utf-8")
    found = document(
        "analyze", path, "--columns", "case=Fall,meeting=Sitzung", "--items", "y=x1,x2,x3",
        "--reversed-items", "x3", "--range", "1,7", "--min-items", "3", "--surrogates", "0",
        "--partners", "client,counsellor",
    )  # fmt: skip
    assert found["settings"]["series"] == {"rater": "client", "scale": "y"}  # type: ignore[index]


def test_a_table_of_cases_reaches_the_row_per_case(table: Path, tmp_path: Path) -> None:
    (tmp_path / "cases.csv").write_text("case,outcome\nc0,3\nc1,4\nc2,5\n", "utf-8")
    out = tmp_path / "out"
    run("analyze", table, "--cases", tmp_path / "cases.csv", "--surrogates", "0", "--out", out)
    head, *rows = (out / "courses_wide.csv").read_text("utf-8").splitlines()
    assert "outcome" in head.split(",")
    at = head.split(",").index("outcome")
    assert [row.split(",")[at] for row in rows] == ["3", "4", "5"]
    assert (out / "recognition.csv").is_file()


def test_a_draft_and_its_study_file(table: Path, tmp_path: Path) -> None:
    draft = tmp_path / "drafted.toml"
    run("info", table, "--draft", draft)
    assert document("analyze", draft, "--surrogates", "0")["kind"] == "courses"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--rule", "Decline"), "ratings take --criterion"),
        (("--phases", "apart"), "--phases"),
        (("--min-rupture-s", "3"), "--min-rupture-s"),
        (("--criterion", "Drpo"), "Did you mean 'Drop'"),
        (("--rater", "patent"), "Did you mean 'patient'"),
        (("--items", "bond"), "a scale and its items"),
        (("--range", "7"), "lowest and highest"),
        (("--columns", "who=x"), "one of case, meeting"),
        (("--columns", "case"), "pairs with commas"),
        (("--instrument", "wai_x"), "a form that is known"),
        (("--partners", "patient=P"), "two partners"),
    ],
)
def test_what_does_not_fit_is_said(table: Path, words: tuple[str, ...], told: str) -> None:
    with pytest.raises(ReattuneError, match=told):
        run("analyze", table, "--surrogates", "0", *words)


def test_options_of_ratings_need_ratings(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text("[partners]\n", "utf-8")
    with pytest.raises(SettingError, match="table of ratings"):
        run("analyze", tmp_path, "--criterion", "Drop")
    with pytest.raises(ReattuneError, match="does not exist"):
        run("analyze", tmp_path / "no.csv", "--criterion", "Drop")


def test_no_option_is_no_word() -> None:
    assert rating_options() == {}
    assert split_pairs("--x", "a=1, b = 2") == {"a": "1", "b": "2"}
    with pytest.raises(SettingError):
        split_pairs("--x", "a=1,a=2")


def test_help_groups_the_options() -> None:
    text = run("analyze", "--help")
    for panel in ("Coded sessions", "Ratings of meetings", "Chance", "Output"):
        assert panel in text


TALK = "session,speaker,start,text,kind\n" + "\n".join(
    f"s{n},{who},{2 * at + n},{text},{'one' if n % 2 else 'two'}"
    for n in range(1, 5)
    for at, (who, text) in enumerate(
        [
            ("ada", "How was the garden? What grew there?"),
            ("ben", "I watered the roses and the beans."),
            ("ada", "So you watered them." if n % 2 else "You should rest more."),
            ("ben", "No. I do not rest."),
        ]
        * 6
    )
)


def test_talk_of_every_conversation_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "talk.csv"
    path.write_text(TALK, "utf-8")
    out = tmp_path / "out"
    text = run("talk", path, "--partners", "ada,ben", "--by", "kind", "--unusual", "--out", out)
    assert text.startswith("4 conversations")
    assert "By kind: 'one' against 'two'" in text and "demonstrations" in text
    assert sorted(file.name for file in out.iterdir()) == [
        *("settings.json", "talk.csv", "talk.html", "talk.json", "talk_compared.csv"),
        "talk_wide.csv",
    ]
    for file in out.iterdir():
        content = file.read_text("utf-8")
        assert "roses" not in content and "garden" not in content, file.name
    one = document("talk", path, "--partners", "ada,ben", "--observation", "s1")
    assert (one["schema"], one["session"]) == ("reattune.talk/1", "s1")
    several = document("talk", path, "--partners", "ada,ben")
    assert len(several["talks"]) == 4  # type: ignore[arg-type]


def test_a_folder_of_ratings_is_told_to_write_a_study_file(table: Path) -> None:
    with pytest.raises(ReattuneError, match="holds tables of ratings"):
        run("analyze", table.parent)
    draft = table.parent / "study.toml"
    run("info", table.parent, "--draft", draft)
    assert document("analyze", table.parent, "--surrogates", "0")["kind"] == "courses"
