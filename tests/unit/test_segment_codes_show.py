"""Words, pictures, report and files of segment codes."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes

from reattune.core.errors import SettingError
from reattune.courses import Course
from reattune.segment_codes import SegmentAnalysis, analyze_segments, analyze_segments_path
from reattune.show import segment_data as data
from reattune.show import segment_words as words
from reattune.show.plots import segments as plots
from reattune.show.report.segments import render_segment_report
from reattune.show.segment_export import write_segments

from .made_segments import made_rows, write_rows
from .test_report import Reader
from .test_segment_codes_ruptures import NAN, meeting

EVIL = "<script>alert('x')</script>"
OPTIONS = {
    "segment_s": 120,
    "sequences": {"first path": ["withdrawal", "any strategy", "no rupture"]},
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(
        tmp_path_factory.mktemp("made") / "made.csv",
        made_rows(dyads=3, meetings=2, segments=24, seed=4),
    )


@pytest.fixture(scope="module")
def sample(path: Path) -> SegmentAnalysis:
    rng = np.random.default_rng(1)
    courses = [
        Course(f"d{at}", range(1, 5), {("patient", "wai"): rng.normal(5, 0.5, 4).round(1)})
        for at in range(1, 4)
    ]
    return analyze_segments_path(path, options=OPTIONS, courses=courses, surrogates=99)


@pytest.fixture(scope="module")
def page(sample: SegmentAnalysis) -> str:
    return render_segment_report(sample)


def quiet() -> SegmentAnalysis:
    return analyze_segments([meeting([1.0] * 6)], surrogates=19)


def gids(ax: Axes) -> list[str]:
    return [str(a.get_gid()) for a in ax.get_children() if a.get_gid()]


# -- result ----------------------------------------------------------------------------------------


def test_the_five_calls(sample: SegmentAnalysis) -> None:
    frame = sample.to_frame()
    assert {"level", "measure", "value", "low", "high", "n"} <= set(frame.columns)
    assert json.dumps(sample.to_dict())
    assert sample.to_dict()["kind"] == "segments"
    assert isinstance(sample.plot(), Axes)
    assert sample.summary() == "\n".join(words.summarize_segments(sample))
    assert sample.settings["surrogates"] == {"n": 99, "seed": 1}
    assert "6 meetings of 3 dyads" in repr(sample)


def test_equal_input_gives_equal_results(sample: SegmentAnalysis, path: Path) -> None:
    again = analyze_segments_path(path, options=OPTIONS, surrogates=99)
    assert again.transitions.cells == sample.transitions.cells
    assert again.sequences == sample.sequences
    for a, b in zip(again.rows, sample.rows, strict=True):
        np.testing.assert_equal(tuple(a), tuple(b))


def test_ruptures_frame_has_a_row_for_each(sample: SegmentAnalysis) -> None:
    frame = sample.ruptures_frame()
    assert len(frame) == len(sample.ruptures)
    assert frame["entered"].sum() == len(sample.entered) == sample.value("n_ruptures").value
    outcomes = frame[frame["entered"]]["outcome"].value_counts()
    assert outcomes["resolved"] == sample.value("n_resolved").value


def test_unknown_names_are_told(sample: SegmentAnalysis) -> None:
    with pytest.raises(SettingError, match="meeting"):
        sample.meeting("nowhere")
    with pytest.raises(SettingError, match="Did you mean"):
        sample.value("n_rupture")


@pytest.mark.parametrize("lags", [(), (1, 1), (-1,), (1.5,)])
def test_lags_are_checked(lags: tuple[int, ...]) -> None:
    with pytest.raises(SettingError, match="lags"):
        analyze_segments([meeting([1, 3, 1])], lags=lags)


def test_meetings_must_be_alike_and_there() -> None:
    with pytest.raises(SettingError, match="at least one"):
        analyze_segments([])
    with pytest.raises(SettingError, match="twice"):
        analyze_segments([meeting([1, 3, 1])] * 2)
    other = meeting([1, 3, 1], name="n", strategies={1: "clarifies"})
    with pytest.raises(SettingError, match="strategies"):
        analyze_segments([meeting([1, 3, 1]), other])


# -- words -----------------------------------------------------------------------------------------


def test_the_null_stands_beside_every_sequence(sample: SegmentAnalysis) -> None:
    said = words.describe_transitions(sample)
    assert said[0].startswith("Chance here")
    assert all("chance gives" in text for text in said[1:] if " times; " in text)
    assert any("more than chance gives" in text for text in said)
    (path,) = words.describe_sequences(sample)
    assert "chance gives" in path and "of these" in path


def test_counts_are_said_to_have_no_null(sample: SegmentAnalysis) -> None:
    assert words.NO_NULL in words.describe_ruptures(sample)


def test_what_was_already_there_is_told_apart() -> None:
    told = words.describe_ruptures(analyze_segments([meeting([3, 1, 1, 3, 1])], surrogates=0))[0]
    assert "1 rupture was seen to begin: 1 resolved." in told
    assert "One more was already there" in told


def test_no_rupture_is_a_result_and_no_verdict() -> None:
    told = quiet().summary()
    assert "No segment is a rupture segment" in told
    assert "does not say that nothing happened" in told
    assert "One coder" in told
    assert "No resolution strategies were coded" in told


def test_nothing_coded_says_so() -> None:
    told = analyze_segments([meeting([NAN, NAN])], surrogates=0).summary()
    assert "No segment says rupture or no rupture" in told


def test_without_surrogates_nothing_is_tested(path: Path) -> None:
    found = analyze_segments_path(path, options=OPTIONS, surrogates=0)
    assert "No surrogates were drawn" in found.summary()
    assert "p =" not in found.summary()


def test_a_narrow_interval_is_called_narrow() -> None:
    told = words.describe_ruptures(analyze_segments([meeting([1, 3, 1, 1, 3, 3, 1])]))[0]
    assert "too narrow" in told


def test_no_word_grades_anybody(sample: SegmentAnalysis, page: str) -> None:
    text = sample.summary() + re.sub(r"<[^>]+>|data:[^\"]+", " ", page)
    for word in ("good", "bad", "poor", "fail", "episode", "should", "healthy"):
        assert not re.search(rf"\b{word}", text, re.IGNORECASE), word
    assert "nan" not in re.findall(r"\bnan\b", text)


# -- pictures --------------------------------------------------------------------------------------


def test_the_heat_map_draws_every_rated_cell_once(sample: SegmentAnalysis) -> None:
    one = sample.meetings[0]
    frame = data.heat_data(sample)
    cells = frame[frame["layer"] == "marker"]
    assert len(cells) == np.isfinite(one.meeting.mean_salience()).sum()
    assert set(frame[frame["layer"] == "missing"]["segment"]) == {
        at + 1 for at in np.flatnonzero(~one.states.known)
    }
    assert (frame["layer"] == "rupture").sum() == len(one.ruptures)


def test_salience_is_colour_and_figure_and_gaps_are_hatched() -> None:
    found = analyze_segments([meeting([1, 3.5, NAN, 1], strategies={1: "clarifies"})])
    ax = plots.plot_segments(found)
    assert [t.get_text() for t in ax.texts] == ["3.5"]
    assert "missing" in gids(ax) and "strategy-1" in gids(ax) and "end-censored" in gids(ax)


def test_many_segments_show_salience_by_height() -> None:
    found = analyze_segments([meeting([1.0, 3, 5] * 15)], surrogates=0)
    ax = plots.plot_segments(found)
    assert not ax.texts
    tops = {
        a.get_gid(): a.get_path().get_extents().height
        for a in ax.patches
        if str(a.get_gid()) in ("cell-patient-4", "cell-patient-8")
    }
    assert 0 < tops["cell-patient-4"] < tops["cell-patient-8"]


def test_all_meetings_are_in_the_overview(sample: SegmentAnalysis) -> None:
    frame = data.meetings_data(sample)
    assert len(frame) == sum(len(one.meeting) for one in sample.meetings)
    ax = plots.plot_meetings(sample)
    assert [t.get_text() for t in ax.get_yticklabels()] == [m.meeting.id for m in sample.meetings]
    assert "quiet" in gids(ax) and "missing" in gids(ax)


def test_the_null_is_always_drawn(sample: SegmentAnalysis) -> None:
    frame = data.transition_data(sample)
    ax = plots.plot_transitions(sample)
    assert gids(ax).count("null-band") == gids(ax).count("seen") == len(frame) > 0
    assert len(frame) <= data.MAX_CELLS


def test_pictures_stand_samples_without_anything() -> None:
    for plot in (plots.plot_segments, plots.plot_meetings, plots.plot_transitions):
        assert isinstance(plot(quiet()), Axes)
    assert isinstance(plots.plot_following(quiet()), Axes)


# -- report and files ------------------------------------------------------------------------------


def test_the_page_is_sound_and_answers_in_order(sample: SegmentAnalysis, page: str) -> None:
    read = Reader(page)
    assert read.open == [] and len(read.ids) == len(set(read.ids))
    assert not {"script", "iframe", "link", "img", "form"} & set(read.tags)
    assert not re.search(r"https?://|//cdn|@import", page)
    places = [page.index(f'id="{name}"') for name in ("seen", "sure", "look", "compare", "how")]
    assert places == sorted(places)
    assert page.count('<details class="session">') == len(sample.meetings)


def test_the_page_of_one_quiet_meeting() -> None:
    text = render_segment_report(quiet())
    assert Reader(text).open == []
    assert "No segment is a rupture segment" in text


def test_names_are_text_and_never_markup() -> None:
    found = analyze_segments([meeting([1, 3, 1], name=EVIL, strategies={1: EVIL})], surrogates=0)
    assert EVIL not in render_segment_report(found)


@pytest.mark.slow
def test_files(sample: SegmentAnalysis, tmp_path: Path) -> None:
    said: list[str] = []
    paths = write_segments(sample, tmp_path, lambda done, total, what: said.append(what))
    names = {p.name for p in paths}
    assert names == {
        *("report.html", "ruptures.csv", "measures.csv", "transitions.csv", "codebook.csv"),
        *("settings.json", "sequences.csv", "agreement.csv", "following.csv"),
    }
    assert said
    book = list(csv.DictReader(io.StringIO((tmp_path / "codebook.csv").read_text("utf-8"))))
    for name in ("ruptures.csv", "transitions.csv"):
        rows = list(csv.reader(io.StringIO((tmp_path / name).read_text("utf-8"))))
        assert rows[0] == [row["name"] for row in book if row["table"] == name]
    assert len(rows) - 1 == len(sample.transitions.cells)
    again = write_segments(sample, tmp_path / "again")
    assert [p.read_bytes() for p in again] == [p.read_bytes() for p in paths]


def test_files_of_a_meeting_without_number(tmp_path: Path) -> None:
    write_segments(quiet(), tmp_path)
    assert (tmp_path / "ruptures.csv").read_text("utf-8").count("\n") == 1
    assert not (tmp_path / "agreement.csv").exists()
