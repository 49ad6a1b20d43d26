"""The report: self-contained, escaped, equal bytes for equal results, in the promised order."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from reattune.core.notes import Note
from reattune.results import Analysis, Failure
from reattune.show.report import build, tables
from reattune.show.report.build import build_report, render_report

from .made import make_analysis, make_session, make_study, three_phases

EVIL = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def made() -> Analysis:
    return make_analysis(make_session(phases=three_phases()))


@pytest.fixture(scope="module")
def page(made: Analysis) -> str:
    return render_report(made)


@pytest.fixture(scope="module")
def study_page() -> str:
    sessions = [make_session(f"x{i}", seed=i, phases=three_phases()) for i in range(6)]
    return render_report(make_study(sessions, failures=(Failure("x9", "x9.csv", "is empty."),)))


class Reader(HTMLParser):
    """Tags that never close, ids, headings and attributes of a page."""

    VOID = frozenset("meta br hr img input link path rect use circle line polygon stop".split())

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value)
            if name in ("href", "src"):
                self.links.append((tag, value))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag) -> None:
        if tag in self.VOID:
            return
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", ["page", "study_page"])
def test_the_page_is_whole_and_holds_everything_it_needs(name, request) -> None:
    text = request.getfixturevalue(name)
    assert not re.search(r"https?://|//cdn|@import|url\(['\"]?(?!#)", text)
    read = Reader(text)
    assert read.open == []
    assert not {"script", "iframe", "object", "embed", "link", "img", "form"} & set(read.tags)
    assert len(read.ids) == len(set(read.ids))
    assert not {a for a in read.attributes if a.startswith("on")}
    for tag, target in read.links:
        assert target.startswith(("data:", "#")), (tag, target[:40])
        if target.startswith("#"):
            assert target[1:] in read.ids
    assert "default-src 'none'" in text
    assert '<html lang="en">' in text


def test_the_sections_stand_in_the_promised_order(page: str) -> None:
    found = re.findall(r"<h2>(.*?)</h2>", page)
    assert found == [
        "What was seen",
        "How sure",
        "Look at it",
        "Compare",
        "Details",
        "How it was computed",
    ]


def test_every_figure_has_words_its_data_and_its_drawing(page: str, made: Analysis) -> None:
    figures = re.findall(r"<figure>.*?</figure>", page, flags=re.DOTALL)
    assert len(figures) == 3
    for figure in figures:
        assert re.search(r'role="img" aria-label="[^"]{20,}"', figure)
        assert "<figcaption>" in figure
        svg, table = re.findall(r'href="data:[^;]*(?:;charset=utf-8)?;base64,([^"]*)"', figure)
        drawing = base64.b64decode(svg).decode()
        assert drawing.startswith("<?xml")
        assert 'xmlns="http://www.w3.org/2000/svg"' in drawing
        assert base64.b64decode(table).decode().count("\n") > 3
    assert "#0072b2" not in "".join(figures)
    assert "var(--partner-1)" in figures[1]


def test_the_page_has_sentences_nulls_and_cards(page: str, made: Analysis) -> None:
    assert "too little to tell" in page
    assert "chance gives" in page
    assert "K = (P - E) / (1 - E)" in page
    assert "changes of state" in page
    assert not re.search(r"\bnan\b", re.sub(r'href="[^"]*"', "", page))
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_equal_results_give_equal_pages(made: Analysis, page: str) -> None:
    again = make_analysis(make_session(phases=three_phases()))
    assert render_report(again) == page


def test_everything_from_the_data_is_escaped() -> None:
    note = Note("x", f"odd code {EVIL}", where=EVIL, level="warning")
    session = make_session(EVIL, dyad=EVIL, partners=(EVIL, "b&\"'"), notes=(note,))
    text = render_report(make_analysis(session, chance=False, no_chance=f"because {EVIL}"))
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert Reader(text).open == []
    study = make_study(
        [make_session(f"{EVIL}{i}", seed=i, duration=60) for i in range(2)],
        name=EVIL,
        pairing=False,
        failures=(Failure(EVIL, EVIL, EVIL),),
    )
    text = render_report(study)
    assert "<script" not in text
    assert Reader(text).open == []


def test_a_study_tells_failures_and_folds_sessions(study_page: str) -> None:
    assert "1 session could not be analysed" in study_page
    assert "x9: is empty." in study_page
    assert study_page.count('<details class="session">') == 6
    assert "By group" in study_page
    assert "age_weeks" not in study_page


def test_large_studies_stay_small(monkeypatch) -> None:
    monkeypatch.setattr(build, "MAX_SESSION_CHARACTERS", 10)
    text = render_report(make_study(pairing=False))
    assert text.count('<details class="session">') == 1
    assert "7 further sessions left out of this page" in text


def test_a_session_takes_little_room(page: str) -> None:
    # 48 visits must stay below 6 MB.
    assert len(page) < 350_000


def test_the_file_is_written_whole_or_not_at_all(tmp_path: Path, made: Analysis, page: str) -> None:
    target = tmp_path / "deep" / "report.html"
    assert build_report(made, target) == target
    assert target.read_text("utf-8") == page
    assert [p.name for p in target.parent.iterdir()] == ["report.html"]


def test_an_empty_study_still_has_a_report() -> None:
    from reattune.results import StudyAnalysis

    failures = (Failure("a", "a.csv", "cannot be read."),)
    text = render_report(StudyAnalysis("none", (), failures, (), (), {}, {}))
    assert "Nothing could be analysed." in text
    assert "a: cannot be read." in text


def test_tables_show_nulls_and_open_sides(made: Analysis) -> None:
    table = tables.measures_table(made, made["play"])
    row = next(row for row in table.rows if row[-1] == "matched_prop")
    assert row[3].endswith("%")
    assert row[5].startswith(".")
    assert tables.show_range(2.0, float("nan"), "s") == "from 2.0"
    assert tables.show_value(float("inf"), "s") == "not reached"
    assert tables.show_value(float("nan"), "s") == "–"
