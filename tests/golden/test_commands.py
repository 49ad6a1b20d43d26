"""The commands as a user types them: transcripts, exit codes, files written."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Golden = Callable[[str, str], None]


def run(*words: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, with a fixed terminal."""
    environment = {**os.environ, "COLUMNS": "88", "NO_COLOR": "1", "TERM": "dumb", **variables}
    return subprocess.run(
        [sys.executable, "-m", "reattune.cli", *words],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("demo")
    return folder, run("demo", cwd=folder)


def test_demo_says_what_it_saw_and_names_the_report(
    demo: tuple[Path, subprocess.CompletedProcess[str]], golden: Golden
) -> None:
    folder, done = demo
    assert done.returncode == 0, done.stderr
    golden("demo.txt", done.stdout)
    report = (folder / "demo" / "report.html").read_text(encoding="utf-8")
    assert "synthetic" in report
    assert "http://" not in re.sub(r"http://www\.w3\.org/\S+", "", report)
    assert "https://" not in report


def test_demo_writes_the_tables_that_are_promised(
    demo: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder = demo[0] / "demo"
    with (folder / "measures.csv").open(encoding="utf-8") as file:
        header = next(csv.reader(file))
    assert ",".join(header) == (
        "study,session,dyad,phase,measure,value,low,high,n,unit,null_mean,null_low,null_high,p"
    )
    with (folder / "ruptures.csv").open(encoding="utf-8") as file:
        header = next(csv.reader(file))
    assert ",".join(header) == (
        "session,dyad,phase,rupture,onset_s,end_s,latency_s,depth,area,by,outcome,reason,"
        "repaired_by,entered"
    )
    for name in ("sessions_wide.csv", "codebook.csv", "settings.json"):
        assert (folder / name).stat().st_size > 0
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    assert settings["rule"]["type"] == "StateMatch"


@pytest.mark.slow
def test_the_same_call_gives_the_same_bytes(
    demo: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    study = demo[0] / "demo" / "example-study" / "study.toml"
    again = run("analyze", str(study), "--out", "again", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    for name in ("report.html", "measures.csv", "ruptures.csv", "settings.json"):
        assert (tmp_path / "again" / name).read_bytes() == (demo[0] / "demo" / name).read_bytes(), (
            name
        )


def test_info_on_the_example(
    demo: tuple[Path, subprocess.CompletedProcess[str]], golden: Golden
) -> None:
    folder = demo[0] / "demo" / "example-study"
    done = run("info", "dyad01.eaf", "dyad02.csv", cwd=folder)
    assert done.returncode == 0, done.stderr
    golden("info.txt", done.stdout)


@pytest.mark.slow
def test_the_draft_runs_unchanged(
    demo: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path, golden: Golden
) -> None:
    example = demo[0] / "demo" / "example-study"
    for name in ("dyad02.csv", "dyad04.csv"):
        (tmp_path / name).write_bytes((example / name).read_bytes())
    drafted = run("info", ".", "--draft", "study.toml", cwd=tmp_path)
    assert drafted.returncode == 0, drafted.stderr
    golden("draft.toml", (tmp_path / "study.toml").read_text(encoding="utf-8"))
    done = run("analyze", "study.toml", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["schema"].startswith("reattune/")
    again = run("info", ".", "--draft", "study.toml", cwd=tmp_path)
    assert again.returncode == 2
    assert "does not exist yet" in again.stderr


def test_one_file_is_analysed_without_a_study_file(
    demo: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder = demo[0] / "demo" / "example-study"
    done = run("analyze", "dyad01.eaf", "--surrogates", "99", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "infant and caregiver were matched" in done.stdout.lower()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\x00\x01\x02\x03" * 50, ""),
        (b'<?xml version="1.0"?><ANNOTATION_DOCUMENT>', "not well-formed"),
    ],
)
def test_broken_files_get_one_line_and_exit_code_1(
    content: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / "broken.eaf").write_bytes(content)
    for command in ("info", "analyze"):
        done = run(command, "broken.eaf", cwd=tmp_path)
        assert done.returncode == 1
        assert "broken.eaf" in done.stderr
        assert said in done.stderr
        assert "Traceback" not in done.stderr


def test_one_broken_file_in_a_folder_does_not_cost_the_others(
    demo: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    example = demo[0] / "demo" / "example-study"
    for name in ("dyad01.eaf", "dyad03.eaf"):
        (tmp_path / name).write_bytes((example / name).read_bytes())
    (tmp_path / "dyad05.eaf").write_bytes((example / "dyad05.eaf").read_bytes()[:4000])
    done = run("analyze", ".", "--surrogates", "0", "--out", "out", cwd=tmp_path)
    assert done.returncode == 1
    assert "dyad05" in done.stderr
    with (tmp_path / "out" / "measures.csv").open(encoding="utf-8") as file:
        sessions = {row["session"] for row in csv.DictReader(file)}
    assert sessions == {"dyad01", "dyad03"}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["analyze", "missing.eaf"], 1, "does not exist"),
        (["analyze", "dataset:nothing"], 2, "ffsf_klein2020"),
        (["measures", "matched_propp"], 2, "matched_prop"),
        (["measures", "matched_prop"], 0, ""),
        (["datasets"], 0, ""),
        (["nonsense"], 2, "No such command"),
    ],
)
def test_exit_codes(words: list[str], code: int, said: str, tmp_path: Path) -> None:
    done = run(*words, cwd=tmp_path, REATTUNE_DATA=str(tmp_path))
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_cards_print(golden: Golden, tmp_path: Path) -> None:
    done = run("measures", "repaired_by_caregiver_prop", cwd=tmp_path)
    golden("card.txt", done.stdout)


def test_json_of_every_listing_is_json(tmp_path: Path) -> None:
    for words in (["datasets", "--json"], ["measures", "--json"]):
        document = json.loads(run(*words, cwd=tmp_path, REATTUNE_DATA=str(tmp_path)).stdout)
        assert document["schema"] == "reattune/1"


@pytest.mark.slow
def test_results_go_back_to_the_program_they_came_from(
    demo: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    example = demo[0] / "demo" / "example-study"
    words = ("--surrogates", "0", "--out", "out", "--export", "eaf,boris,tidy,apim,textgrid,vtt")
    (tmp_path / "dyad01.eaf").write_bytes((example / "dyad01.eaf").read_bytes())
    done = run("analyze", "dyad01.eaf", *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    written = re.findall(r"Wrote (\S+)", done.stderr)
    copies = [name for name in written if name.endswith(".eaf")]
    assert len(copies) == 1
    text = (tmp_path / copies[0]).read_text(encoding="utf-8")
    for tier in ("infant_affect", "MATCH", "RUPTURE", "REPAIR"):
        assert f'TIER_ID="{tier}"' in text
    assert all((tmp_path / name).stat().st_size > 0 for name in written)


def test_export_is_checked_before_any_work(tmp_path: Path) -> None:
    done = run("analyze", "missing.eaf", "--export", "elann", "--out", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert "eaf" in done.stderr
    done = run("analyze", "missing.eaf", "--export", "eaf", cwd=tmp_path)
    assert done.returncode == 2
    assert "--out" in done.stderr


@pytest.mark.slow
def test_convert_there_and_back(
    demo: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    example = demo[0] / "demo" / "example-study" / "dyad01.eaf"
    source = example
    for name in ("a.TextGrid", "b.csv", "c.eaf"):
        done = run("convert", str(source), name, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        source = tmp_path / name
    first, last = (
        run("info", str(path), "--json", cwd=tmp_path).stdout for path in (example, "c.eaf")
    )
    codes = [
        [track["codes"] for track in json.loads(text)["files"][0]["recordings"][0]["tracks"]]
        for text in (first, last)
    ]
    assert codes[0] == codes[1]
    done = run("convert", str(example), str(example), cwd=tmp_path)
    assert done.returncode != 0


@pytest.mark.slow
def test_talk_is_described_without_a_word_of_it(tmp_path: Path) -> None:
    cues = [
        f"00:{i:02d}:00.000 --> 00:{i:02d}:30.000\n<v {who}>what is my secret number {i}?\n"
        for i, who in enumerate(["patient", "therapist"] * 10)
    ]
    (tmp_path / "talk.vtt").write_text("WEBVTT\n\n" + "\n".join(cues), encoding="utf-8")
    for words in ([], ["--json"], ["--unusual", "--segment-s", "120"]):
        done = run("talk", "talk.vtt", "--partners", "patient,therapist", *words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "secret" not in done.stdout + done.stderr
        assert "patient" in done.stdout


@pytest.mark.slow
def test_a_table_of_ratings_becomes_a_report(tmp_path: Path) -> None:
    rows = ["case,session,rater,wai"]
    for case in range(1, 9):
        for session in range(1, 13):
            low = 2.0 if session == 4 + case % 3 else 0.0
            rows.append(f"{case},{session},patient,{5 + 0.1 * ((session * case) % 5) - low:.1f}")
    (tmp_path / "ratings.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    done = run("analyze", "ratings.csv", "--out", "out", "--surrogates", "99", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "8" in done.stdout and "rupture" in done.stdout
    assert "https://" not in report
    refused = run("analyze", "ratings.csv", "--out", "out", "--export", "eaf", cwd=tmp_path)
    assert refused.returncode == 2


def test_info_takes_the_rate_that_a_file_does_not_say(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text('"pat" "th"\n' + "".join(f"{i % 7} {i % 5}\n" for i in range(250)), "utf-8")
    asked = run("info", str(path), cwd=tmp_path)
    assert asked.returncode == 1
    assert "--rate" in asked.stderr
    told = run("info", str(path), "--rate", "25", cwd=tmp_path)
    assert "250 samples, 10 s coded" in told.stdout
