"""What the page on courses says is what the code does."""

from __future__ import annotations

import contextlib
import io
import re
import tomllib
from pathlib import Path

import pytest

from reattune.courses import (
    ChangePoint,
    ControlChart,
    Criterion,
    Cusum,
    Decline,
    Drop,
    Ewma,
    PersonCentred,
    ReliableChange,
    SampleConstants,
    find_events,
)
from reattune.courses.chart import ALL_RULES
from reattune.rules import make_rule

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "concepts" / "courses.md").read_text("utf-8")
SAMPLE = SampleConstants(mean_sd=0.50, pooled_sd=0.55, scale=(1, 7))
RATINGS = [5.4, 5.6, 5.5, 4.1, 5.3, 5.7, 5.6, 5.2, 4.8, 4.4, 4.3, 5.6, 5.8, 5.7]
RISING = [3.0, 3.4, 3.3, 3.9, 4.2, 4.1, 4.6, 4.9, 5.0, 5.4, 5.3, 5.8]
NAMES: dict[str, Criterion] = {
    "Drop()": Drop(),
    "Drop(k=2)": Drop(k=2),
    "Decline()": Decline(),
    "Decline(k=2)": Decline(k=2),
    "ControlChart()": ControlChart(),
    "ControlChart(limit=1.5)": ControlChart(limit=1.5),
    "Cusum()": Cusum(),
    "Ewma()": Ewma(),
    "ChangePoint()": ChangePoint(),
    "ReliableChange(sd=0.9, reliability=0.92)": ReliableChange(sd=0.9, reliability=0.92),
    "PersonCentred()": PersonCentred(),
}


def test_the_example_prints_what_the_page_says() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, "courses.md", "exec"), {})
    lines = said.getvalue().splitlines()
    assert len(lines) == 2
    for line in lines:
        assert f"`{line}`" in PAGE


@pytest.mark.parametrize("name", NAMES)
def test_the_table_of_criteria(name: str) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith("| `") and f"`{name}`" in line]
    told = row.split("|")[2].strip()
    events = find_events(RATINGS, NAMES[name], SAMPLE)
    assert ", ".join(f"{e.onset}: {e.repair}" for e in events) == told.replace("none", "")


def test_the_rising_course() -> None:
    assert ", ".join(map(str, RISING)) in PAGE
    charts = (ControlChart(rules=ALL_RULES), Cusum(), Ewma())
    for chart in charts:
        assert chart.signal_meetings(RISING)[0] == 1
        assert not chart(RISING)[0].entered
    for chart in (ControlChart(rules=ALL_RULES, detrend=True), Cusum(detrend=True)):
        assert chart.signal_meetings(RISING) == ()
    assert Ewma(detrend=True).signal_meetings(RISING) == ()


def test_the_study_file_is_right() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    rule = make_rule(tomllib.loads(text)["rule"])
    assert "2 x the case's own SD" in rule.describe()
