"""Growth for people: frames, pictures, sentences, report, files, and the study file's way there."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reattune.commands import analyze_path, write_any
from reattune.core.errors import ReadError, SettingError
from reattune.core.session import Session
from reattune.core.streams import States
from reattune.core.study import Study
from reattune.growth_pipeline import GrowthAnalysis
from reattune.io.studyfile import read_study_file
from reattune.pipeline import analyze_study
from reattune.results import StudyAnalysis
from reattune.show import growth_data as data
from reattune.show.document import study_to_dict
from reattune.show.export import write_results
from reattune.show.growth_words import describe_growth, dyad_sentences
from reattune.show.plots.growth_challenge import plot_growth_challenge
from reattune.show.plots.growth_course import plot_growth_course
from reattune.show.plots.growth_load import plot_growth_load
from reattune.show.plots.growth_rivals import plot_growth_rivals
from reattune.show.plots.growth_sensitivity import plot_growth_sensitivity
from reattune.show.plots.growth_slopes import plot_growth_slopes
from reattune.show.report.build import render_report
from reattune.show.report.growth import growth_tables

from .made_growth import NEGATIVE, RULE, make_visits

FORBIDDEN = re.compile(
    r"trust (increased|grew|rose|score)|tolerance (score|increased|grew)|resilien|reliably improved"
    r"|\bepisode|\bfailure|\berror",
    re.IGNORECASE,
)


def analyse(sessions: list[Session], growth: dict[str, object], n: int = 9) -> StudyAnalysis:
    study = replace(Study.from_sessions(sessions, "made"), growth=growth)
    return analyze_study(study, RULE, surrogates=n)


@pytest.fixture(scope="module")
def study() -> StudyAnalysis:
    settings = {**NEGATIVE, "rating": "alliance", "contact": ["positive"], "sizes": [0.5]}
    return analyse(make_visits(12, 6, rating=True, play_s=60.0), settings)


@pytest.fixture(scope="module")
def growth(study: StudyAnalysis) -> GrowthAnalysis:
    assert isinstance(study.growth, GrowthAnalysis)
    return study.growth


# -- frames -----------------------------------------------------------------------------------


def test_the_tidy_table_holds_every_level_with_its_null(growth: GrowthAnalysis) -> None:
    frame = growth.to_frame()
    assert set(frame["level"]) == {"study", "dyad", "session"}
    record = frame[(frame["measure"] == "repair_expectancy") & (frame["level"] == "dyad")]
    assert len(record) == 12
    assert (record["null_low"] <= record["null_mean"]).all()
    assert (record["null_mean"] <= record["null_high"]).all()
    crude = frame[frame["measure"] == "ratio_negative_turns_in_mismatch_crude"].iloc[0]
    assert "no evidence of growth" in crude["remark"]
    assert not frame["measure"].str.contains("tolerance|trust|score").any()


def test_the_expectancy_table_agrees_with_its_definition(growth: GrowthAnalysis) -> None:
    frame = growth.expectancy_frame()
    assert len(frame) == 72
    for _, rows in frame.groupby("dyad"):
        a = b = 1.0
        for row in rows.to_dict("records"):
            a, b = 1 + 0.95 * (a - 1), 1 + 0.95 * (b - 1)
            assert row["expectancy_before"] == pytest.approx(a / (a + b))
            a, b = a + row["hits"], b + row["misses"]
            assert row["expectancy_after"] == pytest.approx(a / (a + b))
            assert row["low"] < row["expectancy_after"] < row["high"]


def test_a_dyads_lanes_share_one_time(growth: GrowthAnalysis) -> None:
    frame = data.course_data(growth, "d3")
    times = [list(rows["time"]) for _, rows in frame.groupby("lane")]
    assert times == [[1, 2, 3, 4, 5, 6]] * 3
    with pytest.raises(KeyError, match="no dyad 'nobody'"):
        data.course_data(growth, "nobody")


def test_negative_affect_never_stands_alone_in_the_forest(growth: GrowthAnalysis) -> None:
    frame = data.slopes_data(growth)
    assert {"matched time", "repair hazard"} <= set(frame["name"])
    crude = frame[frame["evidence"] == 0]
    assert list(crude["label"]) == ["turns to negative, crude: no evidence"]


def test_one_choice_is_marked_of_each_kind(growth: GrowthAnalysis) -> None:
    frame = data.sensitivity_data(growth)
    assert frame.groupby("what")["chosen"].sum().to_dict() == {
        "expectancy": 1,
        "record": 1,
        "slope": 1,
    }
    assert len(frame) == 9 + 3 + 12


# -- pictures ---------------------------------------------------------------------------------


def drawn(ax: object, gid: str) -> int:
    figure = ax.figure  # type: ignore[attr-defined]
    return sum(item.get_gid() == gid for item in figure.findobj())


def test_pictures_draw_their_frames(growth: GrowthAnalysis) -> None:
    course = plot_growth_course(growth, "d3")
    assert len(course.figure.axes) == 3
    assert drawn(course, "band") == drawn(course, "match") == 1
    challenge = plot_growth_challenge(growth)
    assert drawn(challenge, "dyad-line") == 12 and drawn(challenge, "change") == 1
    slopes = plot_growth_slopes(growth)
    kept = data.slopes_data(growth)
    assert drawn(slopes, "slope") + drawn(slopes, "crude") + drawn(slopes, "refused") == len(kept)
    assert drawn(slopes, "crude") == 1
    assert drawn(plot_growth_sensitivity(growth), "chosen-slope") == 1
    load = plot_growth_load(growth)
    assert drawn(load, "early") == drawn(load, "late") == 2
    low, high = load.get_ylim()
    assert low == 0 < high


def test_pictures_take_an_axes(growth: GrowthAnalysis) -> None:
    from matplotlib.figure import Figure

    for plot in (
        plot_growth_load,
        plot_growth_challenge,
        plot_growth_slopes,
        plot_growth_rivals,
        plot_growth_sensitivity,
    ):
        ax = Figure().subplots()
        assert plot(growth, ax=ax) is ax
        assert len(ax.figure.axes) == 1
    ax = Figure().subplots()
    assert plot_growth_course(growth, "d1", ax=ax) is ax
    assert growth.plot().figure.axes


@pytest.mark.slow
def test_the_rivals_have_a_dot_for_each_dyad() -> None:
    found = analyse(
        make_visits(20, 10, rating=True, challenge=False, play_s=30.0),
        {**NEGATIVE, "rating": "alliance"},
        n=0,
    ).growth
    assert isinstance(found, GrowthAnalysis)
    frame = data.rivals_data(found)
    assert (frame["layer"] == "dyad").sum() == 20 and (frame["layer"] == "mean").sum() == 3
    ax = plot_growth_rivals(found)
    dots = next(line for line in ax.lines if line.get_gid() == "dyad")
    assert len(dots.get_xdata()) == 20
    assert "such studies would have said so" in ax.get_title(loc="left")


# -- sentences --------------------------------------------------------------------------------


def test_no_growth_sentence_without_matching_and_repair(growth: GrowthAnalysis) -> None:
    for text in describe_growth(growth).growth:
        if "negative affect" in text or "negative share" in text:
            assert re.search(r"matching", text, re.IGNORECASE), text
            assert re.search(r"repair", text, re.IGNORECASE), text


def test_words_that_are_never_said(growth: GrowthAnalysis) -> None:
    said = [*describe_growth(growth).lines]
    said += [text for dyad in growth.dyads for text in dyad_sentences(growth, dyad)]
    said.append(growth.summary())
    for text in said:
        assert not FORBIDDEN.search(text), text


def test_the_null_stands_beside_the_record(growth: GrowthAnalysis) -> None:
    (record,) = [text for text in describe_growth(growth).record if "All dyads together" in text]
    assert "shifted streams of the same sessions give" in record
    first = dyad_sentences(growth, growth.dyads[0])[0]
    assert "Shifted streams of the same dyad give" in first
    assert "not what the infant expects" in first


def test_two_visits_say_what_matching_and_repair_did_between_them() -> None:
    found = analyse(make_visits(12, 2, play_s=45.0), dict(NEGATIVE), n=0).growth
    assert isinstance(found, GrowthAnalysis)
    (text,) = [t for t in describe_growth(found).growth if t.startswith("Still face")]
    assert re.search(r"(No change of matching|Matching (rose|fell))", text), text
    assert "repairs per minute of mismatch" in text


def test_without_a_null_it_is_said() -> None:
    found = analyse(make_visits(2, 3, play_s=45.0), dict(NEGATIVE), n=0).growth
    assert isinstance(found, GrowthAnalysis)
    said = " ".join(describe_growth(found).lines)
    assert "no comparison with chance was made" in said and "switched off" in said


def test_coarse_codes_make_no_statement_about_growth() -> None:
    """Three states of affect every second: matching and repair are told, negative affect is not."""
    sessions = []
    rng, words = np.random.default_rng(4), ["-1", "0", "1"]
    for dyad in range(10):
        for number in (1, 2, 3):
            edges = np.arange(0, 121, 1.0)
            streams = tuple(
                States(
                    who,
                    "affect",
                    edges[:-1],
                    edges[1:],
                    list(rng.choice(words, 120)),
                    1.0,
                )
                for who in ("infant", "caregiver")
            )
            sessions.append(
                Session(
                    f"{dyad}-{number}", ("infant", "caregiver"), (0.0, 120.0), streams,
                    dyad=str(dyad), meta={"session_number": number},
                )
            )  # fmt: skip
    found = analyze_study(
        Study.from_sessions(sessions), replace(RULE, table="same_valence"), surrogates=0
    ).growth
    assert isinstance(found, GrowthAnalysis)
    (text,) = [t for t in describe_growth(found).growth if "Whether matching" in t]
    assert text.startswith("No statement about growth is made from turns to negative affect")
    assert "tolerance" not in text
    assert found.load_grid == {} and "slope" not in set(data.sensitivity_data(found)["what"])


# -- report, document, files ------------------------------------------------------------------


@pytest.fixture(scope="module")
def small() -> StudyAnalysis:
    return analyse(make_visits(2, 3, play_s=45.0), dict(NEGATIVE))


def test_the_report_has_the_section_between_compare_and_details(small: StudyAnalysis) -> None:
    page = render_report(small)
    places = [page.index(f'<section id="{name}">') for name in ("compare", "growth", "details")]
    assert places == sorted(places)
    assert '<a href="#growth">Growth</a>' in page
    section = page[places[1] : places[2]]
    assert section.count('<details class="session">') == 2
    assert section.count("<figure>") == 2 + 3
    assert not FORBIDDEN.search(re.sub(r"<[^>]*>", " ", re.sub(r'"data:[^"]*"', "", section)))
    assert not re.search(r"https?://", section)


def test_a_report_without_growth_has_no_section(small: StudyAnalysis) -> None:
    page = render_report(replace(small, growth=None))
    assert 'id="growth"' not in page and "#growth" not in page


def test_tables_stand_beside_the_pictures(growth: GrowthAnalysis) -> None:
    tables = growth_tables(growth)
    captions = [table.caption for table in tables]
    assert captions == [
        "Every dyad",
        "Repair expectancy under other choices",
        "What studies of which size find",
    ]
    dyads, sensitivity, _ = tables
    assert len(dyads.rows) == 12 and len(sensitivity.rows) == 13
    assert sensitivity.rows[-1][0] == "shifted streams, all dyads"
    for table in tables:
        assert all(len(row) == len(table.headings) for row in table.rows)


def test_the_document_is_json_and_the_same_each_time(
    study: StudyAnalysis, growth: GrowthAnalysis
) -> None:
    text = json.dumps(growth.to_dict(), allow_nan=False)
    assert text == json.dumps(growth.to_dict(), allow_nan=False)
    whole = study_to_dict(study)
    assert json.dumps(whole["growth"]) == text
    assert "growth" not in study_to_dict(replace(study, growth=None))
    document = json.loads(text)
    assert document["settings"]["growth"]["negative"] == ["negative"]
    assert len(document["dyads"]) == 12


def test_five_calls(growth: GrowthAnalysis) -> None:
    assert len(growth.to_frame()) and growth.summary().startswith("Growth over sessions")
    assert growth.settings["growth"] and repr(growth).startswith("GrowthAnalysis(72 sessions")


# -- the whole way, from a study file -----------------------------------------------------------

STUDY = """\
sessions = "sessions.csv"

[partners]
names = ["infant", "caregiver"]

[streams.affect.infant]
tier = "infant"
fps = 25

[streams.affect.caregiver]
tier = "caregiver"
fps = 25

[phases]
times = { play = [0, 45], still_face = [45, 90] }

[rule]
type = "StateMatch"
stream = "affect"

[rule.table]
match = [["negative", "soothe"], ["away", "wait"], ["monitor", "attend"], ["positive", "play"]]

[surrogates]
n = 9

[growth]
negative = "negative"
time = "number"
"""


def write_study(folder: Path, sessions: list[Session], text: str = STUDY) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    rows = io.StringIO()
    table = csv.writer(rows, lineterminator="\n")
    table.writerow(("id", "dyad", "file", "number"))
    for session in sessions:
        table.writerow(
            (session.id, session.dyad, f"{session.id}.csv", session.meta["session_number"])
        )
        own = io.StringIO()
        lines = csv.writer(own, lineterminator="\n")
        lines.writerow(("start_s", "end_s", "tier", "code"))
        for stream in session.streams:
            for bout in zip(stream.starts, stream.ends, stream.labels, strict=True):
                lines.writerow((f"{bout[0]:.2f}", f"{bout[1]:.2f}", stream.partner, bout[2]))
        (folder / f"{session.id}.csv").write_text(own.getvalue(), "utf-8")
    (folder / "sessions.csv").write_text(rows.getvalue(), "utf-8")
    path = folder / "study.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(("dyads", "number"), [(2, 3), pytest.param(12, 6, marks=pytest.mark.slow)])
def test_a_study_file_comes_out_as_report_and_tables(
    tmp_path: Path, dyads: int, number: int
) -> None:
    sessions = make_visits(dyads, number, play_s=45.0)
    path = write_study(tmp_path / "in", sessions)
    result = analyze_path(str(path))
    written = {file.name: file for file in write_any(result, tmp_path / "one")}
    assert {"growth.csv", "expectancy.csv", "report.html", "settings.json"} <= set(written)
    assert 'id="growth"' in written["report.html"].read_text("utf-8")
    assert "Growth over sessions" in result.summary()
    settings = json.loads(written["settings.json"].read_text("utf-8"))
    assert settings["growth"]["time"] == "number" and settings["growth"]["focal"] == "infant"
    # The order of sessions in the file changes no growth, and the same seed gives the same bytes.
    half = len(sessions) // 2
    write_study(tmp_path / "in", [*sessions[half:], *sessions[:half]])
    again = analyze_path(str(path))
    assert isinstance(again, StudyAnalysis)
    for file in write_results(again, tmp_path / "two", report=False):
        if file.name in ("growth.csv", "expectancy.csv"):
            assert file.read_bytes() == written[file.name].read_bytes()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('focl = "infant"', r"line 30.*no key 'focl'.*Did you mean 'focal'"),
        ("forgetting = 1.5", r"growth.forgetting"),
        ("sizes = [0.5, 0.2]", r"sizes must increase"),
        ('comparison = "control"', r"comparison names one group"),
        ('weight = "quick"', r"'plain' or 'latency'"),
    ],
)
def test_a_mistake_in_the_study_file_is_named(tmp_path: Path, line: str, words: str) -> None:
    path = tmp_path / "study.toml"
    path.write_text(f"{STUDY}{line}\n", "utf-8")
    with pytest.raises(ReadError, match=words):
        read_study_file(path)


def test_what_the_study_file_asks_for_must_be_there(tmp_path: Path) -> None:
    sessions = make_visits(2, 2, play_s=45.0)
    path = write_study(tmp_path, sessions, f'{STUDY}rating = "alliance"\n')
    with pytest.raises(SettingError, match=r"growth\.rating.*number"):
        analyze_path(str(path))


def test_results_without_growth_have_no_growth_files(tmp_path: Path, study: StudyAnalysis) -> None:
    names = {p.name for p in write_results(replace(study, growth=None), tmp_path, report=False)}
    assert not {"growth.csv", "expectancy.csv"} & names
