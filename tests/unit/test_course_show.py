"""Pictures, words and report of courses: what is drawn, said and in which order."""

from __future__ import annotations

import re

import numpy as np
import pytest
from matplotlib.axes import Axes

from reattune.course_pipeline import CourseAnalysis, analyze_courses
from reattune.courses import Course, Drop, stiles_like
from reattune.show import course_data as data
from reattune.show import course_words as words
from reattune.show.plots import cases as sample_plots
from reattune.show.plots.course import plot_course
from reattune.show.report.courses import render_course_report
from reattune.show.report.figures import to_svg

from .made_courses import V, made_courses
from .test_report import Reader

EVIL = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def sample() -> CourseAnalysis:
    return analyze_courses(made_courses(6), surrogates=39, name="made")


@pytest.fixture(scope="module")
def page(sample: CourseAnalysis) -> str:
    return render_course_report(sample)


@pytest.fixture(scope="module")
def one() -> CourseAnalysis:
    gap = [*V[:8], np.nan, 5.1]
    series = {("patient", "wai"): gap, ("therapist", "wai"): V}
    remarks = {"remarks": {5: "holiday announced"}}
    return analyze_courses([Course("a", range(1, 11), series, (1, 7), remarks)], surrogates=19)


def drawn(ax: Axes, name: str) -> list[object]:
    """Artists of that gid in any lane of the figure."""
    return [a for lane in ax.figure.axes for a in lane.get_children() if a.get_gid() == name]


def test_a_missing_meeting_breaks_the_line_and_is_hatched(one: CourseAnalysis) -> None:
    ax = plot_course(one, "a")
    runs = [list(line.get_xdata()) for line in drawn(ax, "rating-1")]  # type: ignore[attr-defined]
    assert runs == [[1, 2, 3, 4, 5, 6, 7, 8], [10]]
    assert len(drawn(ax, "missing")) == 1
    assert len(drawn(ax, "rating-2")) == 1


def test_onset_lowest_repair_and_bands_are_drawn(one: CourseAnalysis) -> None:
    ax = plot_course(one, "a", criterion="drop of 2 SD")
    (lowest,), (repair,) = drawn(ax, "nadir"), drawn(ax, "repair")
    assert list(lowest.get_xdata()) == [5]  # type: ignore[attr-defined]
    assert list(repair.get_xdata()) == [6]  # type: ignore[attr-defined]
    assert all(drawn(ax, f"sigma-{times}") for times in (1, 2, 3))
    assert drawn(ax, "cusum") and drawn(ax, "tick")
    texts = [text.get_text() for lane in ax.figure.axes for text in lane.texts]
    assert "back after 1" in texts
    assert "holiday announced" in texts


def test_the_second_rater_keeps_the_second_colour() -> None:
    series = {("patient", "wai"): V, ("therapist", "wai"): V}
    course = Course("a", range(1, 11), series)
    ax = plot_course(analyze_courses([course], rater="therapist", surrogates=0), "a")
    (judged,) = drawn(ax, "rating-1")
    assert judged.get_color() == "#d55e00"  # type: ignore[attr-defined]


def test_onsets_are_differences_from_the_rating_before(one: CourseAnalysis) -> None:
    frame = data.onset_data(one, "drop of 2 SD")
    seen = frame[frame["layer"] == "seen"].set_index("offset")["value"]
    expected = {o: V[4 + o] - V[3] for o in range(-4, 6) if 0 <= 4 + o < 10 and 4 + o != 8}
    assert seen.to_dict() == pytest.approx(expected)


def test_latency_curve_against_a_count_by_hand() -> None:
    values = [[5, 3, 5, 5, 5, 5, 5, 5], [5, 3, 3.1, 5, 5, 5, 5, 5], [5, 5, 5, 5, 5, 5, 5, 3]]
    courses = [Course(f"{i}", range(1, 9), {("patient", "wai"): v}) for i, v in enumerate(values)]
    criterion = Drop(sd="fixed", fixed_sd=1.5, k=1)
    frame = data.latency_data(analyze_courses(courses, [criterion], surrogates=0))
    curve = frame[frame["layer"] == "curve"]
    # Cut off at 0, so two are left: one back after 1 meeting, one after 2.
    assert curve[["meetings", "share"]].to_numpy().tolist()[:3] == [[0, 0], [1, 0.5], [2, 1]]
    assert frame[frame["layer"] == "censored"]["meetings"].tolist() == [0]


def test_classes_add_up_to_all_cases(sample: CourseAnalysis) -> None:
    frame = data.class_data(sample)
    assert frame.groupby("criterion")["n"].sum().eq(6).all()
    np.testing.assert_allclose(frame.groupby("criterion")["null_share"].sum(), 1.0)


def test_the_heat_map_holds_each_rating_once(sample: CourseAnalysis) -> None:
    frame = data.heat_data(sample)
    assert len(frame) == sample.constants.ratings
    assert not frame.duplicated(["case", "meeting"]).any()
    first = [e for own in sample.results[0].events.values() for e in own if e.entered]
    assert frame["onset"].sum() == len(first)


def test_both_nulls_are_drawn_grey(sample: CourseAnalysis) -> None:
    ax = sample_plots.plot_course_chance(sample)
    assert drawn(ax, "null-band") and drawn(ax, "order")
    for plot in (sample_plots.plot_onsets, sample_plots.plot_course_latency):
        assert drawn(plot(sample), "null-band")


@pytest.mark.parametrize(
    "plot",
    [
        sample_plots.plot_course_chance,
        sample_plots.plot_case_classes,
        sample_plots.plot_course_latency,
        sample_plots.plot_onsets,
        sample_plots.plot_heat,
    ],
)
def test_pictures_stand_quiet_samples_without_chance(plot: object) -> None:
    flat = Course("a", range(1, 9), {("patient", "wai"): [5.0] * 8})
    assert isinstance(plot(analyze_courses([flat], surrogates=0)), Axes)  # type: ignore[operator]


# -- words -----------------------------------------------------------------------------------------


def test_the_first_sentence_names_counts_and_both_nulls(sample: CourseAnalysis) -> None:
    first = words.describe_result(sample.results[0])[0]
    test = sample.results[0].test
    assert test is not None and test.beside is not None
    assert first.startswith(f"{len(sample.results[0].entered)} rupture")
    assert "Chance gives" in first and "Shuffled ratings give" in first


def test_without_surrogates_every_criterion_says_so() -> None:
    analysis = analyze_courses(made_courses(2), surrogates=0)
    for result in analysis.results:
        assert "was not drawn" in words.describe_result(result)[0]
    assert "No surrogates were drawn" in words.what_chance_is(analysis)[0]


def test_no_difference_is_claimed_only_where_one_could_have_been_seen(
    sample: CourseAnalysis,
) -> None:
    for result in sample.results:
        text = words.describe_result(result)[0]
        assert result.test is not None
        if "does not differ" in text:
            assert result.test["ruptures"].null_mean >= 40
        if result.test["ruptures"].p > 0.05:
            assert "too little to tell" in text or "does not differ" in text


# -- report ----------------------------------------------------------------------------------------


def test_the_report_answers_in_the_promised_order(page: str) -> None:
    sections = re.findall(r'<section id="(\w+)"', page)
    assert sections == ["seen", "sure", "look", "compare", "growth", "details", "how"]


def test_the_report_is_whole_and_needs_nothing_from_elsewhere(page: str) -> None:
    reader = Reader(page)
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    assert "script" not in reader.tags
    outside = [to for _, to in reader.links if not to.startswith(("#", "data:"))]
    assert outside == []
    assert not re.search(r"\bnan\b", re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL))


def test_every_figure_can_be_downloaded_with_its_data(page: str) -> None:
    assert page.count("picture (SVG)") == page.count("data (CSV)") == page.count("<figure>")
    assert page.count("<figure>") == 5 + 6


def test_equal_results_give_equal_pages(sample: CourseAnalysis, page: str) -> None:
    again = analyze_courses(made_courses(6), surrogates=39, name="made")
    assert render_course_report(again) == page


def test_names_are_escaped() -> None:
    course = Course(EVIL, range(1, 11), {("patient", "wai"): V})
    assert EVIL not in render_course_report(analyze_courses([course], surrogates=9, name=EVIL))


def test_approximations_are_labelled_in_the_report() -> None:
    page = render_course_report(analyze_courses(made_courses(2), [stiles_like()], surrogates=9))
    assert "stiles_like (approximation)" in page
    assert "do not report it as that criterion" in page


def test_one_case_has_its_picture_in_the_open(one: CourseAnalysis) -> None:
    page = render_course_report(one)
    assert "<h1>Case a</h1>" in page
    assert "Case by case" not in page
    assert "Drops in the patient" in page


def test_a_figure_drawn_on_again_is_the_same_as_a_new_one(sample: CourseAnalysis) -> None:
    used = plot_course(sample, "c0", legend=False, title="").figure
    for case in ("c1", "c2"):
        again = plot_course(sample, case, legend=False, title="", again=used)  # type: ignore[arg-type]
        fresh = plot_course(sample, case, legend=False, title="")
        assert again.figure is used
        assert to_svg(used) == to_svg(fresh.figure)  # type: ignore[arg-type]
    # With a legend, or with other lanes, a new one is made.
    assert plot_course(sample, "c1", again=used).figure is not used  # type: ignore[arg-type]


def test_remarks_have_a_lane_and_shapes_a_table(one: CourseAnalysis) -> None:
    texts = [text.get_text() for lane in plot_course(one, "a").figure.axes for text in lane.texts]
    assert {"remarks", "holiday announced"} <= set(texts)
    page = render_course_report(one)
    assert "Shapes of the ruptures" in page and "next rating after a drop" in page
