"""A comparison in words, pictures, report and on the command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from reattune.comparison import Comparison, compare
from reattune.results import StudyAnalysis
from reattune.show import comparison_data as data
from reattune.show.comparison_export import write_comparison
from reattune.show.comparison_words import describe_measure, show_effect
from reattune.show.export import write_results
from reattune.show.plots import comparison as plots
from reattune.show.report.comparison import build_comparison_report, render_comparison
from reattune.show.style import PARTNERS

from .made import SETTINGS, make_analysis, make_session, three_phases
from .test_comparison import RATE, hand_made, study

GRADES = re.compile(r"\b(better|worse|poor|good|fail\w*|error|normal|deficit|impaired)\b", re.I)


@pytest.fixture(scope="module")
def made() -> StudyAnalysis:
    sessions = [
        make_session(f"s{i}", seed=i, duration=120, dwell=4, phases=three_phases(120))
        for i in range(8)
    ]
    covariates = {f"s{i}": {"group": "ab"[i % 2], "age": 20 + i} for i in range(8)}
    analyses = tuple(make_analysis(s, chance=False) for s in sessions)
    settings = {**SETTINGS, "rule_in_words": "affect matches <by sign>"}
    return StudyAnalysis("made", analyses, (), (), (), covariates, settings)


@pytest.fixture(scope="module")
def groups(made: StudyAnalysis) -> Comparison:
    return compare(made, "group", permutations=199)


@pytest.fixture(scope="module")
def number(made: StudyAnalysis) -> Comparison:
    return compare(made, "age", measures=["match_kappa", RATE], permutations=199)


# -- words -----------------------------------------------------------------------------------------


def test_a_difference_that_is_not_told_is_too_little_to_tell(groups: Comparison) -> None:
    text = groups.summary()
    quiet = [e for e in groups.effects if e.p > 0.05]
    assert quiet
    assert text.count("too little to tell") == len(quiet)
    assert text.count("four of five such studies would have seen") == len(quiet)
    assert not re.search(r"no (significant )?difference|do(es)? not differ", text)


def test_words_grade_nobody_and_name_the_limits(groups: Comparison, number: Comparison) -> None:
    for comparison in (groups, number):
        text = comparison.summary()
        assert not GRADES.search(text)
        assert not GRADES.search(re.sub(r"<[^>]+>|margin[^;]*;", " ", _visible(comparison)))
        assert "says nothing about any one dyad" in text
        assert "can be the reason for a difference" in text


def _visible(comparison: Comparison) -> str:
    page = render_comparison(comparison)
    return re.sub(r"<(style|svg|pre)\b.*?</\1>|data:[^\"]*", " ", page, flags=re.S)


def test_base_rates_stand_beside_what_mixes_with_them(groups: Comparison) -> None:
    told = describe_measure(groups, "play", "matched_prop")
    own = {
        g.level: g.value for g in groups.groups if (g.part, g.measure) == ("play", "expected_prop")
    }
    assert (
        f"Base rates alone give {100 * own['a']:.0f} % in a and {100 * own['b']:.0f} % in b."
        in told
    )
    assert "Base rates" not in describe_measure(groups, "play", "match_kappa")


def test_one_planned_test_needs_no_adjusting_and_many_do() -> None:
    source = study((9, 9), seed=3, cv=0.1)
    faster = {s: {"group": "x" if int(s[1:3]) < 9 else "y"} for s in source.covariates}
    for record in source.records:
        if int(record.unit[1:]) >= 9:
            record.counts["repairs"] *= 4  # type: ignore[index]
    source = type(source).of(source.records, faster)
    one = compare(source, "group", measures=[RATE])
    assert "p < .001: more than exchanging the labels gives" in one.summary()
    assert "adjusted" not in one.summary()
    two = compare(source, "group", measures=[RATE, "matched_prop"])
    assert "adjusted for 2 tests: more than exchanging the labels gives" in two.summary()


def test_names_of_groups_keep_their_letters() -> None:
    text = compare(hand_made(dict(zip("abcdef", "yyyBBB", strict=True))), "group").summary()
    assert "y / B" in text and "Y / B" not in text


def test_differences_of_shares_are_points_with_a_sign() -> None:
    assert show_effect(0.084, False, "share") == "+8 points"
    assert show_effect(-0.084, False, "share") == "−8 points"
    assert show_effect(0.001, False, "share") == "0 points"
    assert show_effect(0.5, True, "share") == "0.50"


# -- pictures --------------------------------------------------------------------------------------


def test_the_forest_draws_every_comparison_with_its_null(groups: Comparison) -> None:
    frame = data.forest_data(groups)
    assert len(frame) == len([e for e in groups.effects if e.value == e.value])
    figure = groups.plot().figure
    assert len(figure.axes) == 2
    drawn = [
        line.get_xdata() for ax in figure.axes for line in ax.lines if line.get_gid() == "seen"
    ]
    assert sum(len(x) for x in drawn) == len(frame)
    assert all(any(line.get_gid() == "null" for line in ax.lines) for ax in figure.axes)


def test_every_dyad_is_a_mark_and_groups_have_no_partners_colour(
    groups: Comparison, number: Comparison
) -> None:
    from matplotlib.colors import to_hex

    for comparison in (groups, number):
        frame = data.dots_data(comparison)
        own = frame[(frame["measure"] == RATE) & (frame["part"] == "play")]
        ax = plots.plot_dots(comparison, RATE, part="play")
        seen = [line for line in ax.lines if line.get_gid() == "seen"]
        assert sum(len(line.get_ydata()) for line in seen) == (own["layer"] == "unit").sum() == 8
        figures = [ax.figure, plots.plot_curves(comparison).figure, comparison.plot().figure]
        for figure in figures:
            for drawn in figure.axes:
                colours = {to_hex(line.get_color()) for line in drawn.lines}
                assert colours.isdisjoint(PARTNERS)
    assert len({line.get_marker() for line in plots.plot_dots(groups, RATE).lines}) == 3


def test_curves_rise_from_nothing_and_end_where_the_groups_do(groups: Comparison) -> None:
    frame = data.curves_data(groups)
    for (part, level), own in frame[frame["layer"] == "curve"].groupby(["part", "level"]):
        assert own["time"].iloc[0] == 0 and own["share"].iloc[0] == 0
        assert own["share"].is_monotonic_increasing
        (value,) = [
            g.value for g in groups.groups
            if (g.part, g.level, g.measure) == (part, level, "repair_latency_q50_s")
        ]  # fmt: skip
        assert own[own["share"] >= 0.5]["time"].iloc[0] == pytest.approx(value)


# -- report and files ------------------------------------------------------------------------------


def test_the_report_is_one_file_and_escapes_what_it_is_given(
    groups: Comparison, tmp_path: Path
) -> None:
    path = build_comparison_report(groups, tmp_path / "compare.html")
    page = path.read_text("utf-8")
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", page)
    assert "&lt;by sign&gt;" in page and "<by sign>" not in page
    for words in ("Every comparison", "Every dyad", "How long until repair", "could be seen"):
        assert words in page
    assert "nan" not in re.sub(r"<(style|svg|pre)\b.*?</\1>", "", page, flags=re.S).split()
    assert page == render_comparison(groups)


@pytest.mark.parametrize("by", ["visit", "group"])
def test_other_kinds_of_column_have_a_report_too(by: str) -> None:
    found = compare(study((6, 6), sessions=3), by, permutations=99)
    page = render_comparison(found)
    assert "within dyads" in page if by == "visit" else "two / one" in page
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_files_hold_the_frame_and_what_it_takes_to_repeat_it(
    groups: Comparison, tmp_path: Path
) -> None:
    paths = write_comparison(groups, tmp_path, report=False)
    assert [p.name for p in paths] == ["comparison.csv", "comparison_settings.json"]
    first = paths[0].read_text("utf-8").splitlines()
    assert first[0] == (
        "study,by,part,measure,row,level,reference,units,sessions,events,value,low,high,scale,p,"
        "p_holm,p_model,seen_below,seen_above,remark"
    )
    assert len(first) == len(groups.to_frame()) + 1
    settings = json.loads(paths[1].read_text("utf-8"))
    assert (settings["by"], settings["seed"], settings["permutations"]) == ("group", 1, 199)
    assert settings["result"]["rule"]["type"] == "StateMatch"


# -- command line ----------------------------------------------------------------------------------


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reattune.cli", *words], capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_the_command_writes_prints_and_refuses(made: StudyAnalysis, tmp_path: Path) -> None:
    write_results(made, tmp_path / "result", report=False)
    few = ("--measures", "match_kappa,repair_ratio", "--permutations", "199")
    done = run(
        "compare", str(tmp_path / "result"), "--by", "group", *few, "--phases", "play", "--json",
        "--out", str(tmp_path / "out"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["schema"], document["kind"]) == ("reattune/1", "comparison")
    assert [e["measure"] for e in document["effects"]] == ["match_kappa", "repair_ratio"]
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "compare.html", "comparison.csv", "comparison_settings.json",
    }  # fmt: skip
    wrong = run("compare", str(tmp_path / "result"), "--by", "gruop")
    assert wrong.returncode == 2
    assert "Did you mean 'group'?" in wrong.stderr
    (tmp_path / "result" / "measures.csv").write_text("study\n", "utf-8")
    damaged = run("compare", str(tmp_path / "result"), "--by", "group")
    assert damaged.returncode == 1
    assert damaged.stderr.startswith("reattune: measures.csv")
