"""Pictures draw their frames, reports say what was computed, and nothing claims more."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes

from reattune.core.streams import States
from reattune.experiments.fit_result import StudyFit
from reattune.experiments.fitting import fit_study
from reattune.experiments.latents import follow_belief, trace_session
from reattune.experiments.predictive import make_match_rule
from reattune.experiments.simulating import plan_simulation, run_simulation
from reattune.models.course import SimulatedStudy
from reattune.models.fit_comparison import compare_fits
from reattune.pipeline import analyze
from reattune.show import model_data as data
from reattune.show.model_export import write_fits
from reattune.show.model_words import describe_residuals, show_parameter
from reattune.show.plots.model_arousal import plot_arousal
from reattune.show.plots.model_belief import plot_belief
from reattune.show.plots.model_course import plot_course
from reattune.show.plots.model_forest import plot_fit
from reattune.show.plots.model_groups import plot_fit_comparison
from reattune.show.plots.model_predictive import plot_predictive
from reattune.show.plots.model_recovery import plot_recovery
from reattune.show.plots.model_residuals import plot_residuals
from reattune.show.plots.model_shrinkage import plot_pooled, plot_study_fit
from reattune.show.report.model import render_fit_report


@pytest.fixture(scope="module")
def lived() -> SimulatedStudy:
    return run_simulation(
        plan_simulation(dyads=5, sessions=2, minutes=1.5, spread=0.5, missing_per_min=3.0)
    )


@pytest.fixture(scope="module")
def fitted(lived: SimulatedStudy) -> StudyFit:
    return fit_study(lived.study, simulations=40)


@pytest.fixture(scope="module")
def alone(lived: SimulatedStudy) -> StudyFit:
    return fit_study(lived.courses[0].sessions, simulations=40, learning=True)


@pytest.fixture(scope="module")
def page(fitted: StudyFit) -> str:
    return render_fit_report(fitted)


def gids(ax: Axes) -> Counter[str]:
    """How often each mark is drawn, over all axes of the figure."""
    found: Counter[str] = Counter()
    for panel in ax.figure.axes:
        found.update(str(a.get_gid()) for a in panel.get_children() if a.get_gid())
    return found


# -- pictures ----------------------------------------------------------------------------------


def test_the_forest_draws_every_parameter_beside_its_prior(alone: StudyFit) -> None:
    one = alone.dyads[0]
    frame = data.forest_data(one.fit, alone.codebook.partners)
    marks = gids(plot_fit(one.fit, partners=alone.codebook.partners, truth=one.truth))
    assert marks["value"] == marks["limits"] == len(frame)
    assert marks["prior"] == 2 * len(frame)
    assert marks["true"] == len(frame)
    row = frame.set_index("parameter").loc["contingent_per_s"]
    # exp(log kappa +- 1.96 x 0.5), per second.
    assert row["prior_low"] == pytest.approx(0.1225 * np.exp(-1.96 * 0.5), rel=1e-3)
    assert row["prior_high"] == pytest.approx(0.1225 * np.exp(1.96 * 0.5), rel=1e-3)
    assert row["label"] == "caregiver moves to the fitting response, kappa"
    assert (frame["prior_low"] < frame["prior_value"]).all()
    assert (frame["prior_value"] < frame["prior_high"]).all()


def test_dyads_are_drawn_with_what_the_others_moved(fitted: StudyFit) -> None:
    assert fitted.pooled is not None
    frame = data.pooled_data(fitted)
    assert len(frame) == 5 * 5
    marks = gids(plot_study_fit(fitted))
    assert marks["value"] == marks["own"] == marks["true"] == len(frame)
    bare = data.pooled_data(fitted.pooled)
    assert bare["own_value"].isna().all()
    np.testing.assert_allclose(bare["value"], frame["value"])
    assert gids(plot_pooled(fitted.pooled))["own"] == 0
    # Together, the dyads lie nearer to each other than each by itself.
    kappa = frame[frame["parameter"] == "contingent_per_s"]
    assert np.log(kappa["value"]).std() < np.log(kappa["own_value"]).std()


def test_waiting_times_stand_beside_a_true_models(alone: StudyFit) -> None:
    residuals = alone.dyads[0].residuals
    assert residuals is not None
    frame = data.residual_data(residuals)
    assert len(frame) == residuals.values["focal"].size + residuals.values["responder"].size
    own = frame[frame["process"] == "focal"]
    n = len(own)
    # Quantiles of Exp(1), by hand.
    np.testing.assert_allclose(own["expected"], -np.log(1 - (np.arange(n) + 0.5) / n))
    inside = own["low"].le(own["expected"]) & (own["high"].isna() | own["high"].ge(own["expected"]))
    assert inside.all()
    marks = gids(plot_residuals(residuals))
    assert marks["seen-1"] == marks["seen-2"] == 1
    assert marks["null-band"] == 2


def test_the_predictive_picture_rings_what_lies_far_out(fitted: StudyFit) -> None:
    assert fitted.predictive is not None
    frame = data.predictive_data(fitted.predictive)
    drawn = frame[frame["place"].notna()]
    marks = gids(plot_predictive(fitted.predictive))
    assert marks["seen"] == marks["null"] == len(drawn)
    assert marks["far"] == int((drawn["far_prop"] < 0.05).sum())
    far = drawn[drawn["far_prop"] < 0.04]
    assert (far["place"].abs() >= 1 - 1e-9).all()


def test_arousal_is_marked_as_not_measured(alone: StudyFit) -> None:
    one, book = alone.dyads[0], alone.codebook
    session = one.sessions[0]
    trace = trace_session(one.fit, session, book)
    analysis = analyze(session, make_match_rule(book, one.fit.parameters), surrogates=0)
    ax = plot_arousal(trace, analysis, codebook=book)
    assert "model, not measured" in {text.get_text() for text in ax.texts}
    marks = gids(ax)
    assert marks["arousal"] == 1
    assert marks["tolerance"] == 1
    frame = data.arousal_data(trace, analysis, book)
    curve = frame[frame["layer"] == "arousal"]
    np.testing.assert_array_equal(curve["value"], trace.arousal)
    lanes = frame[frame["layer"] == "lane"]
    assert set(lanes.loc[lanes["who"] == "infant", "label"]) <= set(book.focal)
    # A table of one's own joins what it treats alike; the picture tells the partner's codes apart.
    for who in book.partners:
        shown = set(lanes.loc[lanes["who"] == who, "label"])
        assert shown == set(session.stream("affect", who, States).categories)
    drifting = frame[frame["layer"] == "drifting"]
    assert len(drifting) == len(trace.unseen) > 0


def test_belief_and_courses_are_drawn_session_by_session(lived: SimulatedStudy) -> None:
    course = lived.courses[0]
    belief = follow_belief(course)
    frame = data.belief_data(belief)
    assert len(frame) == 3 * 31
    marks = gids(plot_belief(belief))
    assert (marks["belief"], marks["null"], marks["tolerance"]) == (2, 1, 3)
    assert gids(plot_course(lived))["dyad"] == 4 * 5
    assert gids(plot_course(course))["dyad"] == 4
    assert gids(course.plot())["null"] == 3
    both = data.course_data(lived)
    assert both["tolerance"].iloc[0] == pytest.approx(lived.courses[0].latents[0, 0])


def test_recovery_draws_true_against_fitted(fitted: StudyFit) -> None:
    frame = data.recovery_data(fitted)
    assert len(frame) == 5 * 9
    assert gids(plot_recovery(fitted))["value"] == len(frame)
    row = frame.iloc[0]
    assert row["inside"] == (row["low"] <= row["true"] <= row["high"])
    held = frame[frame["parameter"] == "focal_agenda_per_s"]
    assert np.corrcoef(np.log(held["true"]), np.log(held["value"]))[0, 1] > 0.9


def test_groups_stand_beside_groups_dealt_at_random() -> None:
    study = run_simulation(plan_simulation(dyads=8, minutes=2.0))
    fits = [one.own for one in fit_study(study.study, simulations=0, pooled=False).dyads]
    found = compare_fits(
        fits[:4], fits[4:], groups=("a", "b"), n_permutations=99, rng=np.random.default_rng(1)
    )
    marks = gids(plot_fit_comparison(found))
    assert marks["ratio"] == marks["null-band"] == len(found.to_frame())


def test_the_five_calls_answer(lived: SimulatedStudy, fitted: StudyFit, alone: StudyFit) -> None:
    pieces = (lived, lived.courses[0], fitted, alone, alone.dyads[0].fit, fitted.pooled,
              fitted.predictive)  # fmt: skip
    for piece in pieces:
        assert piece is not None
        assert len(piece.to_frame())
        assert len(piece.summary()) > 40
        assert isinstance(piece.plot(), Axes)
        assert len(piece.settings)
        text = json.dumps(piece.to_dict(), allow_nan=False)
        assert "schema" in json.loads(text)


# -- words and reports -------------------------------------------------------------------------


def test_sentences_have_the_numbers_of_the_fit(alone: StudyFit) -> None:
    told = alone.summary()
    fit = alone.dyads[0].fit
    value, low, high = fit.value("contingent_per_s")
    assert f"{value:.3f} per s ({low:.3f} to {high:.3f}); dyads in general 0.122 per s" in told
    assert "answering without looking 25 %" in told
    assert "cannot be told apart from codes" in told
    assert "no challenge such as a still-face" in told
    assert "These dyads were simulated" in told
    for word in ("significant", "error", "failure", "good ", "bad ", "sensitive"):
        assert word not in told.lower()
    assert show_parameter(float("nan"), "reading_prob") == "not defined"
    assert show_parameter(0.0042, "contingent_per_s") == "0.0042 per s"


def test_changes_that_come_too_often_are_named(alone: StudyFit) -> None:
    residuals = alone.dyads[0].residuals
    assert residuals is not None
    assert "The model misses" not in " ".join(describe_residuals(residuals))
    odd = type(residuals)(
        {**residuals.values, "responder to play": np.full(60, 0.1)},
        {**residuals.expected, "responder to play": 6.0},
        {},
    )
    assert "the caregiver turns to play 60 times (expected 6)" in " ".join(
        describe_residuals(odd, ("infant", "caregiver"))
    )


@pytest.mark.slow
def test_the_report_is_one_page_that_says_what_nobody_measured(page: str) -> None:
    assert not re.search(r"https?://", re.sub(r'xmlns(:\w+)?="[^"]*"', "", page))
    assert "<script" not in page
    for text in (
        "5 dyads were fitted together",
        "Nobody measured them",
        "Model, not measured",
        "share of simulations",
        "Dyad by dyad",
        "Fitted beside true",
        "Which code is which state",
        "No value here is a norm or a target",
    ):
        assert text in page, text
    assert page.count('<details class="session">') == 5
    assert "nan" not in re.sub(r"<svg.*?</svg>|data:[^\"]*", "", page, flags=re.DOTALL).split()


@pytest.mark.slow
def test_equal_fits_give_equal_bytes(
    lived: SimulatedStudy, fitted: StudyFit, page: str, tmp_path: Path
) -> None:
    again = fit_study(lived.study, simulations=40)
    paths = write_fits(again, tmp_path)
    assert {path.name for path in paths} == {
        "fit.html", "fit.csv", "predictive.csv", "residuals.csv", "recovery.csv", "settings.json",
    }  # fmt: skip
    assert (tmp_path / "fit.html").read_text(encoding="utf-8") == page
    rows = list(csv.DictReader(io.StringIO((tmp_path / "fit.csv").read_text(encoding="utf-8"))))
    frame = fitted.to_frame()
    assert [row["parameter"] for row in rows] == frame["parameter"].tolist()
    np.testing.assert_allclose([float(row["value"]) for row in rows], frame["value"])


def test_a_fit_of_one_dyad_shows_its_belief_growing(alone: StudyFit) -> None:
    page = render_fit_report(alone)
    assert "Model of dyad dyad001" in page
    assert "Model, not measured" in page
    assert not re.search(r"https?://|<script", re.sub(r'xmlns(:\w+)?="[^"]*"', "", page))
    assert "Belief in repair over sessions" in page
    assert "Dyad by dyad" not in page
