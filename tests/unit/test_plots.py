"""Plots draw what the data say, in the one visual language, without global state."""

from __future__ import annotations

import sys

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.path import Path

from reattune.core.criteria import Criteria
from reattune.results import Analysis, StudyAnalysis
from reattune.show import data, style
from reattune.show.plots.latency import plot_latency
from reattune.show.plots.marks import label_time, nice_step
from reattune.show.plots.null import plot_null
from reattune.show.plots.overview import plot_overview
from reattune.show.plots.raster import plot_raster
from reattune.show.plots.timeline import plot_timeline, split_rows

from .made import make_analysis, make_session, make_study, three_phases


@pytest.fixture(scope="module")
def made() -> Analysis:
    return make_analysis(make_session(phases=three_phases()))


@pytest.fixture(scope="module")
def study() -> StudyAnalysis:
    return make_study([make_session(f"x{i}", seed=i, phases=three_phases()) for i in range(6)])


def by_gid(ax: Axes, gid: str) -> list:
    return [artist for artist in ax.get_children() if artist.get_gid() == gid]


def n_shapes(ax: Axes, gid: str) -> int:
    """Separate shapes in the compound path of that name."""
    return sum(int((p.get_path().codes == Path.MOVETO).sum()) for p in by_gid(ax, gid))


def test_the_timeline_draws_every_match_rupture_and_repair(made: Analysis) -> None:
    ax = plot_timeline(made, rows=1)
    frame = data.timeline_data(made)
    assert n_shapes(ax, "match") == int((frame["layer"] == "match").sum())
    ruptures = frame[frame["layer"] == "rupture"]
    names = ("", *made.session.partners, "both")
    for who, name in enumerate(names):
        own = ruptures[ruptures["by"] == name]
        assert n_shapes(ax, f"rupture-{who}") == len(own)
        repaired = ruptures[(ruptures["repaired_by"] == name) & (ruptures["outcome"] == "repaired")]
        marks = by_gid(ax, f"repair-{who}")
        assert sum(len(mark.get_xdata()) for mark in marks) == len(repaired)
        cut = own[own["outcome"] == "censored"]
        arrows = by_gid(ax, f"censored-{who}")
        assert sorted(x for a in arrows for x in a.get_xdata()) == sorted(cut["end"])
    assert (ruptures["outcome"] == "censored").any()
    assert n_shapes(ax, "unobserved") == int((frame["layer"] == "unobserved").sum()) > 0


def test_partners_have_their_colours_and_their_shapes(made: Analysis) -> None:
    ax = plot_timeline(made, rows=1)
    assert style.PARTNERS == ("#0072b2", "#d55e00")
    for who in (1, 2):
        assert to_hex(by_gid(ax, f"state-{who}")[0].get_facecolor()) == style.PARTNERS[who - 1]
        assert to_hex(by_gid(ax, f"rupture-{who}")[0].get_edgecolor()) == style.PARTNERS[who - 1]
        mark = by_gid(ax, f"repair-{who}")[0]
        assert to_hex(mark.get_markerfacecolor()) == style.PARTNERS[who - 1]
    assert [by_gid(ax, f"repair-{who}")[0].get_marker() for who in (1, 2)] == ["^", "v"]
    assert by_gid(ax, "unobserved")[0].get_hatch() == style.HATCH_PATTERN
    assert to_hex(by_gid(ax, "match")[0].get_facecolor()) == style.MATCH


def test_brackets_stand_on_the_side_of_who_opened_and_are_open_at_the_end(made: Analysis) -> None:
    ax = plot_timeline(made, rows=1)
    first = by_gid(ax, "rupture-1")[0].get_path()
    second = by_gid(ax, "rupture-2")[0].get_path()
    # y runs downwards: the first partner is above.
    assert first.vertices[:, 1].max() < second.vertices[:, 1].min()
    assert Path.CLOSEPOLY not in first.codes


def test_long_sessions_run_over_rows_of_equal_length() -> None:
    long = make_analysis(make_session(duration=900, dwell=3), chance=False)
    windows = split_rows(long)
    assert len(windows) > 1
    lengths = {round(b - a, 9) for a, b in windows}
    assert len(lengths) == 1
    assert windows[0][0] == 0
    assert windows[-1][1] >= 900
    ax = plot_timeline(long)
    assert len(ax.figure.axes) == len(windows)
    total = sum(n_shapes(panel, "rupture-1") for panel in ax.figure.axes)
    assert total >= int((long.parts[0].ruptures.by == 1).sum())


def test_unrepaired_ruptures_have_a_mark_of_their_own() -> None:
    made = make_analysis(criteria=Criteria(repair_window_s=2.0), chance=False)
    ax = plot_timeline(made, rows=1)
    drawn = sum(len(m.get_xdata()) for who in range(4) for m in by_gid(ax, f"unrepaired-{who}"))
    assert drawn == int((made.parts[0].ruptures.outcome == 2).sum()) > 0


@pytest.mark.parametrize("plot", [plot_timeline, plot_latency, plot_null])
def test_plots_draw_into_given_axes(plot, made: Analysis) -> None:
    ax = Figure().subplots()
    assert plot(made, ax=ax) is ax
    assert len(ax.figure.axes) == 1
    ax.figure.canvas.draw()


@pytest.mark.parametrize("plot", [plot_overview, plot_raster])
def test_study_plots_draw_into_given_axes(plot, study: StudyAnalysis) -> None:
    ax = Figure().subplots()
    assert plot(study, ax=ax) is ax
    ax.figure.canvas.draw()


def test_the_null_is_always_drawn_and_grey(made: Analysis, study: StudyAnalysis) -> None:
    ax = plot_null(made)
    frame = data.null_data(made)
    drawn = int(frame["place"].notna().sum())
    assert len(by_gid(ax, "null-band")) == len(by_gid(ax, "seen")) == drawn > 5
    assert to_hex(by_gid(ax, "null-band")[0].get_facecolor()[0]) == style.NULL_BAND
    # A row in which all surrogates are equal on one side of the mean has no hill.
    assert 0 < len(by_gid(ax, "null-hill")) <= drawn
    latency = plot_latency(made, phase="play")
    assert len(by_gid(latency, "null")) == 1
    overview = plot_overview(study)
    assert [len(by_gid(panel, "null-band")) for panel in overview.figure.axes] == [1, 1, 1]


def test_the_overview_draws_each_session_once_and_the_pooled_value(study: StudyAnalysis) -> None:
    ax = plot_overview(study)
    panels = ax.figure.axes
    frame = data.overview_data(study)
    for panel, phase in zip(panels, study.phases, strict=True):
        values = frame.loc[frame["phase"] == phase, "value"].tolist()
        assert by_gid(panel, "seen")[0].get_xdata().tolist() == values
        assert by_gid(panel, "pooled")[0].get_xdata()[0] == next(
            pool.measures["matched_prop"].value for pool in study.pooled if pool.phase == phase
        )


def test_the_raster_draws_matched_time_of_all_sessions(study: StudyAnalysis) -> None:
    ax = plot_raster(study)
    frame = data.raster_data(study)
    assert n_shapes(ax, "match") == int((frame["layer"] == "match").sum())
    assert [t.get_text() for t in ax.get_yticklabels()] == [f"x{i}" for i in range(6)]


def test_axes_name_their_units(made: Analysis) -> None:
    assert plot_timeline(made, rows=1).get_xlabel() == "time (s)"
    assert plot_latency(made).get_xlabel() == "seconds since the rupture began"
    ax = Figure().subplots()
    label_time(ax, (0, 900), "second", name=True)
    assert ax.get_xlabel() == "time (min:s)"
    assert ax.get_xticklabels()[1].get_text() == "2:00"
    label_time(ax, (1, 12), "meeting", name=True)
    assert ax.get_xlabel() == "meeting"


def test_ticks_read_well() -> None:
    assert [nice_step(s) for s in (0.4, 3, 11, 61, 3601)] == [1, 5, 15, 120, 7200]
    ax = Figure().subplots()
    label_time(ax, (-30, 30), "second")
    texts = [t.get_text() for t in ax.get_xticklabels()]
    assert "0" in texts
    assert "−0" not in texts


def test_no_global_state_is_made_or_changed(made: Analysis) -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    plot_timeline(made, font_size=14)
    assert dict(matplotlib.rcParams) == before
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or pyplot.get_fignums() == []


def test_names_are_text_and_never_formulas() -> None:
    session = make_session("a$\\frac{1$b", partners=("x_1$", "y^2$"))
    ax = plot_timeline(make_analysis(session, chance=False))
    ax.figure.canvas.draw()
    assert "a$\\frac{1$b" in ax.get_title(loc="left")
