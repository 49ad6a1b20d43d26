"""Observer codes of segments from the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reattune.cli import app
from reattune.commands import analyze_path
from reattune.core.errors import ReattuneError, SettingError
from reattune.segment_codes import SegmentAnalysis

from .made_segments import made_rows, write_rows


@pytest.fixture
def coded(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "coded.csv", made_rows(dyads=3, meetings=3))


@pytest.fixture
def rated(tmp_path: Path) -> Path:
    path = tmp_path / "rated.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["case", "session", "wai"])
        writer.writerows((f"d{d}", m, 4 + (d * m) % 3) for d in (1, 2, 3) for m in range(1, 6))
    return path


def run(*words: object) -> tuple[int, str, str]:
    """Exit code, what is printed, and the error it ends with."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(done.exception, ReattuneError):
        return (2 if isinstance(done.exception, SettingError) else 1), "", str(done.exception)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, ""


def test_observer_codes_are_recognised_and_analysed(coded: Path) -> None:
    code, text, _ = run("analyze", coded, "--segment-s", "300", "--surrogates", "19", "--json")
    assert code == 0
    document = json.loads(text)
    assert document["settings"]["surrogates"] == {"n": 19, "seed": 1}
    result = analyze_path(str(coded), segments={"segment_s": 300.0}, surrogates=0, seed=2)
    assert isinstance(result, SegmentAnalysis)
    assert len(result.meetings) == 9


def test_minutes_are_seconds(coded: Path) -> None:
    results = [
        analyze_path(str(coded), segments=words, surrogates=0)
        for words in ({"segment_s": 300.0}, {"segment_min": 5.0})
    ]
    frames = [result.ruptures_frame() for result in results]  # type: ignore[union-attr]
    assert frames[0].equals(frames[1])
    assert len(frames[0])


def test_ratings_of_the_same_meetings_are_joined(coded: Path, rated: Path) -> None:
    result = analyze_path(
        str(coded), segments={"segment_s": 300.0, "ratings": rated}, surrogates=19
    )
    assert isinstance(result, SegmentAnalysis)
    assert result.following is not None
    code, _, _ = run(
        "analyze", coded, "--segment-min", "5", "--ratings", rated, "--surrogates", "9"
    )
    assert code == 0


@pytest.mark.slow
def test_the_report_is_written(coded: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, _, _ = run("analyze", coded, "--segment-s", "300", "--surrogates", "9", "--out", out)
    assert code == 0
    assert {path.name for path in out.iterdir()} >= {"report.html", "ruptures.csv", "measures.csv"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "--segment-min"),
        (("--segment-s", "300", "--segment-min", "5"), "one of them"),
        (("--segment-s", "0"), "segment_s"),
        (("--segment-s", "300", "--table", "same_valence"), "--table"),
        (("--segment-s", "300", "--null", "whole"), "--null"),
    ],
)
def test_what_does_not_fit_is_told(coded: Path, words: tuple[str, ...], told: str) -> None:
    code, _, error = run("analyze", coded, *words)
    assert code in (1, 2)
    assert told in error


def test_options_of_observer_codes_need_a_table(tmp_path: Path) -> None:
    code, _, error = run("analyze", tmp_path, "--segment-s", "300")
    assert code == 2
    assert "observer codes" in error
