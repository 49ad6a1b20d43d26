"""Power in words, pictures, report, files and on the command line."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reattune.cli import app
from reattune.core.errors import SettingError
from reattune.experiments.power import Design, PowerCurve, PowerResult, estimate_power, plan_curve
from reattune.experiments.power.estimates import Estimate, Finding
from reattune.experiments.power.questions import EFFECT, NONE, QUESTIONS
from reattune.experiments.power.result import Reach
from reattune.show import power_curve_words as curve_words
from reattune.show import power_data as data
from reattune.show import power_words as words
from reattune.show.plots import power as plots
from reattune.show.power_export import write_power
from reattune.show.report.power import render_power

GRADES = re.compile(r"\b(better|worse|poor|good|bad|fail\w*|deficit|impaired|proves?)\b", re.I)


@pytest.fixture(scope="module")
def groups() -> PowerResult:
    return estimate_power(Design(dyads=6, minutes=1), studies=4)


@pytest.fixture(scope="module")
def curve() -> PowerCurve:
    return plan_curve(Design(dyads=5, minutes=1), "minutes", [0.5, 1, 2], studies=3)


@pytest.fixture(scope="module")
def precision() -> PowerCurve:
    return plan_curve(Design("precision"), "minutes", [0.5, 2], studies=4)


def found(result: PowerResult, hits: int, studies: int) -> PowerResult:
    """The result as if the chosen test had found so much."""
    rows = tuple(
        replace(f, found=hits, studies=studies)
        if (f.test, f.world) == (result.design.measure, EFFECT)
        else f
        for f in result.findings
    )
    return replace(result, findings=rows)


# -- words -----------------------------------------------------------------------------------------


def test_the_answer_names_power_and_what_is_found_without_an_effect(groups: PowerResult) -> None:
    text = groups.summary()
    null = groups.false_positive
    assert null is not None
    assert words.share(groups.power.rate) in text
    assert f"Without any effect {words.share(null.rate)}" in text
    assert "answer cues 1.50 times as often" in text
    assert words.UPPER_BOUND in text
    assert "De Wolff and van IJzendoorn 1997" in text
    assert "Atkinson and others 2000" in text
    assert "What naive analyses would give" in text
    assert not GRADES.search(text), GRADES.search(text)
    assert "nan" not in text


def test_the_verdict_follows_the_limits_and_not_the_value_alone(groups: PowerResult) -> None:
    assert "That is enough" in "".join(words.answer(found(groups, 99, 100)))
    assert "less than the usual 80 %" in "".join(words.answer(found(groups, 30, 100)))
    assert "do not tell it from" in "".join(words.answer(found(groups, 80, 100)))


def test_a_large_effect_is_held_against_the_literature(groups: PowerResult) -> None:
    large = replace(groups, numbers={"r": Estimate(0.5, 0.4, 0.6, 10)})
    small = replace(groups, numbers={"r": Estimate(0.2, 0.1, 0.3, 10)})
    assert "r = .50" in large.summary()
    assert "Plan with a smaller effect" in large.summary()
    assert "do not expect more than these" in small.summary()


@pytest.mark.parametrize("question", list(QUESTIONS))
def test_every_question_is_told(question: str) -> None:
    small = {"growth_load": {"sessions": 3, "dyads": 10}, "growth_challenge": {"dyads": 10}}
    design = Design(question, minutes=0.5, **{"dyads": 7, **small.get(question, {})})  # type: ignore[arg-type]
    text = estimate_power(design, studies=2).summary()
    assert design.asked.title in text
    assert "upper bound" in text
    assert not GRADES.search(text), GRADES.search(text)
    assert "nan" not in text


@pytest.mark.parametrize(
    ("reach", "told"),
    [
        (Reach(0.8, 7.28, 4.84, 11.1, "reached"), "at least 7.3 minutes so that 80 %"),
        (Reach(0.8, 7.28, 4.84, 11.1, "reached"), "between 4.8 minutes and 11 minutes"),
        (Reach(0.8, 1.2, -math.inf, 1.6, "reached"), "from 1.6 minutes to before what was"),
        (Reach(0.8, 1.9, 1.0, math.inf, "reached"), "from 1 minute to beyond what was"),
        (Reach(0.8, math.nan, 1.5, math.inf, "not reached"), "80 % is not reached: at 2 minutes"),
        (Reach(0.8, math.nan, 1.5, math.inf, "not reached"), "might be at 1.5 minutes"),
        (Reach(0.8, math.nan, -math.inf, 0.7, "at once"), "already at 0.5 minutes"),
    ],
)
def test_how_many_minutes_are_needed(curve: PowerCurve, reach: Reach, told: str) -> None:
    assert told in curve_words.how_much(replace(curve, reach=reach))


def test_where_more_minutes_add_nothing_more_dyads_are_named(curve: PowerCurve) -> None:
    none = Reach(0.8, math.nan, math.inf, math.inf, "not reached")
    flat = tuple(found(result, 60, 100) for result in curve.results)
    assert "only more dyads help" in curve_words.how_much(replace(curve, results=flat, reach=none))
    steep = tuple(found(r, n, 100) for r, n in zip(curve.results, (10, 30, 60), strict=True))
    assert "more dyads" not in curve_words.how_much(replace(curve, results=steep, reach=none))


def test_a_curve_tells_every_point(curve: PowerCurve, precision: PowerCurve) -> None:
    text = curve.summary()
    for value, result in zip(curve.values, curve.results, strict=True):
        assert f"{words.show_value('minutes', value)}: {words.share(result.power.rate)}" in text
    assert "Varied: minutes, 0.5, 1 and 2." in text
    assert "of 1 minutes" not in text
    told = precision.summary()
    assert "recordings come close" in told
    assert "without any effect" not in told
    assert not GRADES.search(text + told)


# -- pictures --------------------------------------------------------------------------------------


def drawn(ax: object) -> set[str]:
    return {
        str(artist.get_gid())
        for artist in ax.get_children()  # type: ignore[attr-defined]
        if artist.get_gid()
    }


def test_pictures_draw_their_frames(
    groups: PowerResult, curve: PowerCurve, precision: PowerCurve
) -> None:
    assert {EFFECT, NONE, "null", "limits"} <= drawn(groups.plot())
    assert {"curve", "null-curve", "band", "goal"} <= drawn(curve.plot())
    assert "null-curve" not in drawn(precision.plot())
    assert "interval_factor" in drawn(plots.plot_widths(precision))
    assert {"bias", "null"} <= drawn(plots.plot_bias(groups))
    frame = data.rates_data(groups)
    assert len(frame) == len(groups.findings)
    assert frame["chosen"].sum() == 2
    assert len(data.curve_data(curve)) == 3 * len(frame)
    widths = data.width_data(precision)
    assert set(widths["at"]) == {0.5, 2}
    assert data.width_data(curve).empty


def test_the_place_of_the_goal_is_drawn_only_where_it_is_reached(curve: PowerCurve) -> None:
    reached = replace(curve, reach=Reach(0.8, 1.2, 0.9, math.inf, "reached"))
    assert {"reach", "reach-limits"} <= drawn(reached.plot())
    missed = replace(curve, reach=Reach(0.8, math.nan, math.inf, math.inf, "not reached"))
    assert "reach" not in drawn(missed.plot())


def test_the_bias_is_naive_over_true(groups: PowerResult) -> None:
    frame = data.bias_data(groups).set_index("name")
    row = frame.loc["latency_at_1s"]
    assert row["low"] <= row["times"] <= row["high"]
    assert row["times"] > 1.2


# -- files -----------------------------------------------------------------------------------------


def test_the_report_holds_curves_and_data_and_no_address(curve: PowerCurve, tmp_path: Path) -> None:
    page = render_power(curve)
    assert page == render_power(curve)
    assert not re.search(r"(src|href)=\"(?!#|data:)", page)
    assert "<script" not in page
    assert 'download="curve.csv"' in page
    assert 'download="rates.svg"' in page
    assert "nan" not in re.sub(r"base64,[^\"]*", "", page)
    paths = write_power(curve, tmp_path)
    assert [path.name for path in paths] == ["power.html", "power.csv", "power_settings.json"]
    head, *rows = (tmp_path / "power.csv").read_text("utf-8").splitlines()
    assert head.startswith("vary,at,row,world,name,label,naive,value,low,high,studies")
    assert len(rows) == len(curve.to_frame())
    settings = json.loads((tmp_path / "power_settings.json").read_text("utf-8"))
    assert settings["vary"] == "minutes"
    assert settings["design"]["dyads"] == 5


def test_documents_are_json(groups: PowerResult, curve: PowerCurve, precision: PowerCurve) -> None:
    for result, kind in ((groups, "power"), (curve, "power_curve"), (precision, "power_curve")):
        document = json.loads(json.dumps(result.to_dict(), allow_nan=False))
        assert document["kind"] == kind
        assert document["summary"]
    point = curve.to_dict()["points"]
    assert isinstance(point, list)
    assert [row["at"] for row in point] == [0.5, 1, 2]


def test_a_test_that_is_not_there_is_told(groups: PowerResult) -> None:
    with pytest.raises(KeyError, match="no test 'x'"):
        groups.find("x")
    assert Finding(EFFECT, "x", "x", False, 0, 0).rate.n == 0


# -- command line ----------------------------------------------------------------------------------

RUN = ("power", "--dyads", "5", "--minutes", "1", "--studies", "2")


def test_the_command_prints_and_writes(tmp_path: Path) -> None:
    runner = CliRunner()
    told = runner.invoke(app, [*RUN, "--out", str(tmp_path)])
    assert told.exit_code == 0, told.output
    assert "5 dyads in each group, 1 session of 1 minute, event times" in told.output
    assert (tmp_path / "power.html").is_file()
    one = runner.invoke(app, [*RUN, "--json"])
    assert json.loads(one.stdout)["kind"] == "power"
    varied = runner.invoke(app, [*RUN, "--vary", "minutes", "--values", "0.5,1", "--json"])
    document = json.loads(varied.stdout)
    assert [point["at"] for point in document["points"]] == [0.5, 1]


def test_the_command_takes_a_design_and_options_over_it(tmp_path: Path) -> None:
    path = tmp_path / "design.toml"
    path.write_text('question = "precision"\nminutes = 2\n', "utf-8")
    told = CliRunner().invoke(
        app, ["power", "--design", str(path), "--minutes", "1", "--studies", "2", "--json"]
    )
    design = json.loads(told.stdout)["settings"]["design"]
    assert (design["question"], design["minutes"]) == ("precision", 1)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--question", "group-diference"], "Did you mean 'group_difference'"),
        (["--dyads", "0"], "dyads = 0"),
        (["--values", "2,5"], "--vary"),
        (["--vary", "minutes", "--values", "2,five"], "numbers with commas"),
        (["--vary", "minute"], "Did you mean 'minutes'"),
    ],
)
def test_wrong_options_say_what_is_allowed(options: list[str], told: str) -> None:
    outcome = CliRunner().invoke(app, ["power", *options])
    assert isinstance(outcome.exception, SettingError)
    assert told in str(outcome.exception)
