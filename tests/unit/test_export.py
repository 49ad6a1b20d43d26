"""Files of a result: promised columns, safe names and cells, the same bytes, all or nothing."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.core.session import Session
from reattune.core.streams import States
from reattune.rules import StateMatch
from reattune.show import export
from reattune.show.export import make_wide, safe_name, to_csv, write_results

from .made import make_analysis, make_session, make_study, three_phases

MEASURES = "study,session,dyad,phase,measure,value,low,high,n,unit,null_mean,null_low,null_high,p"
RUPTURES = (
    "session,dyad,phase,rupture,onset_s,end_s,latency_s,depth,area,by,outcome,reason,repaired_by,"
    "entered"
)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_promised_files_with_the_promised_columns(tmp_path: Path) -> None:
    study = make_study([make_session(f"x{i}", seed=i, phases=three_phases()) for i in range(6)])
    paths = write_results(study, tmp_path / "out", report=False)
    assert [path.name for path in paths] == [
        "measures.csv",
        "ruptures.csv",
        "pooled.csv",
        "sessions_wide.csv",
        "codebook.csv",
        "settings.json",
    ]
    first = {path.name: path.read_text("utf-8").splitlines()[0] for path in paths}
    assert first["measures.csv"] == MEASURES
    assert first["ruptures.csv"] == RUPTURES
    assert first["codebook.csv"] == "name,measure,phase,label,unit,formula"
    assert first["pooled.csv"].startswith("dyad,phase,n_sessions,n_dyads,measure,value,low,high")
    rows = read(tmp_path / "out" / "measures.csv")
    play = study.analyses[2]["play"]
    row = next(
        r
        for r in rows
        if (r["session"], r["phase"], r["measure"]) == ("x2", "play", "matched_prop")
    )
    assert row["study"] == "made"
    assert float(row["value"]) == pytest.approx(play.measures["matched_prop"].value, rel=1e-11)
    assert float(row["p"]) == play.null("matched_prop")[3]
    assert row["low"] == ""
    settings_ = json.loads((tmp_path / "out" / "settings.json").read_text("utf-8"))
    assert settings_["schema"] == "reattune/1"
    assert settings_["rule"]["type"] == "StateMatch"


def test_ruptures_are_told_row_by_row(tmp_path: Path) -> None:
    made = make_analysis(chance=False)
    write_results(made, tmp_path, report=False)
    rows = read(tmp_path / "ruptures.csv")
    ruptures = list(made.parts[0].ruptures)
    assert len(rows) == len(ruptures)
    for row, rupture in zip(rows, ruptures, strict=True):
        assert float(row["onset_s"]) == pytest.approx(rupture.onset, rel=1e-11)
        assert (row["by"], row["repaired_by"]) == (rupture.by, rupture.repaired_by)
        assert row["entered"] == ("1" if rupture.entered else "0")
    assert {row["entered"] for row in rows} == {"0", "1"}


def test_a_course_counts_meetings(tmp_path: Path) -> None:
    streams = tuple(
        States(who, "s", [1, 4], [4, 9], labels, 1.0)
        for who, labels in (("patient", ["a", "a"]), ("therapist", ["a", "b"]))
    )
    session = Session("c", ("patient", "therapist"), (1, 9), streams, clock="meeting")
    made = make_analysis(session, StateMatch("s"), chance=False)
    write_results(made, tmp_path)
    header = (tmp_path / "ruptures.csv").read_text("utf-8").splitlines()[0]
    assert "onset_meeting,end_meeting,latency_meeting" in header
    assert "_s," not in header
    assert "observed meetings" in (tmp_path / "report.html").read_text("utf-8")


def test_wide_has_one_row_per_session_and_a_codebook_row_per_column(tmp_path: Path) -> None:
    study = make_study([make_session(f"x{i}", seed=i, phases=three_phases()) for i in range(3)])
    write_results(study, tmp_path, report=False)
    wide, book = read(tmp_path / "sessions_wide.csv"), read(tmp_path / "codebook.csv")
    assert [row["session"] for row in wide] == ["x0", "x1", "x2"]
    assert list(wide[0]) == [row["name"] for row in book]
    assert wide[1]["group"] == "a"
    value = study.analyses[1]["reunion"].measures["matched_prop"].value
    assert float(wide[1]["matched_prop_reunion"]) == pytest.approx(value, rel=1e-11)
    line = next(row for row in book if row["name"] == "matched_prop_reunion")
    assert (line["measure"], line["phase"], line["unit"]) == ("matched_prop", "reunion", "share")
    assert line["formula"] == "P = M / V"
    opened = next(row for row in book if row["name"] == "opened_by_infant_prop_play")
    assert opened["label"] == "share of ruptures opened by infant, play"


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(st.text(max_size=90), max_size=8))
def test_names_suit_any_statistics_program(names: list[str]) -> None:
    taken: list[str] = []
    for name in names:
        taken.append(safe_name(name, taken))
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", name) for name in taken)
    assert len({name.casefold() for name in taken}) == len(taken)


def test_phases_and_partners_of_any_name_give_unique_columns() -> None:
    phases = tuple(
        replace(p, label=n) for p, n in zip(three_phases(), ("1", "1!", "ä ü"), strict=True)
    )
    session = make_session(phases=phases, partners=("Kind (w)", "Mutter"))
    wide, book = make_wide(make_analysis(session, chance=False))
    assert len(set(wide.columns)) == len(wide.columns) == len(book)
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", name) for name in wide.columns)


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("-1", "-1"),
        ("+3.5", "+3.5"),
        ("plain - text", "plain - text"),
        (-1.5, "-1.5"),
        (float("nan"), ""),
        (None, ""),
        (float("inf"), "inf"),
        (True, "1"),
        (1 / 3, "0.333333333333"),
        (12, "12"),
    ],
)
def test_cells(cell: object, written: str) -> None:
    text = to_csv(pd.DataFrame({"a": pd.Series([cell], dtype=object), "b": ["x"]}))
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[1][0] == written


def test_columns_that_would_run_as_formulas_are_made_harmless() -> None:
    assert to_csv(pd.DataFrame({"=x": [1]})) == "'=x\n1\n"


def test_equal_results_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_results(make_analysis(), tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_a_crash_leaves_the_old_files(tmp_path: Path, monkeypatch) -> None:
    made = make_analysis(chance=False)
    write_results(made, tmp_path, report=False)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    real, calls = Path.write_text, []

    def fail(self: Path, *args: object, **named: object) -> int:
        calls.append(self.name)
        if len(calls) == 3:
            raise OSError("disk full")
        return real(self, *args, **named)

    monkeypatch.setattr(Path, "write_text", fail)
    other = make_analysis(make_session(seed=5), chance=False)
    with pytest.raises(OSError, match="disk full"):
        write_results(other, tmp_path, report=False)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_session_has_no_pooled_table(tmp_path: Path) -> None:
    names = [path.name for path in write_results(make_analysis(chance=False), tmp_path)]
    assert "pooled.csv" not in names
    assert names[0] == "report.html"
    assert export.clock_of(make_analysis(chance=False)) == "second"
