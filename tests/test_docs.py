"""Documented or it fails: pages made from the code are up to date, and nothing public is unsaid."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
import sys
from pathlib import Path

import pytest

import reattune

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
sys.path.insert(0, str(ROOT / "scripts"))

MODULES = sorted(m.name for m in pkgutil.walk_packages(reattune.__path__, "reattune."))


@pytest.mark.parametrize("page", ["measures/index.md", "command-line.md"])
def test_generated_pages_are_up_to_date(page: str) -> None:
    import generate_docs

    assert (DOCS / page).read_text(encoding="utf-8") == generate_docs.PAGES[page](), (
        "run: make docs-pages"
    )


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in DOCS.rglob("*.md"):
        assert page.relative_to(DOCS).as_posix() in navigation, page


@pytest.mark.parametrize("name", sorted(set(reattune.__all__) - {"__version__", "CARDS"}))
def test_every_public_name_says_what_it_is(name: str) -> None:
    thing = getattr(reattune, name)
    text = inspect.getdoc(thing) or ""
    assert len(text) > 20, name
    if inspect.isfunction(thing):
        parameters = [p for p in inspect.signature(thing).parameters if p != "self"]
        for parameter in parameters:
            assert re.search(rf"\b{parameter}\b", text), f"{name}: {parameter} is not documented"


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings_run(module: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(module), verbose=False)
    assert failed == 0


@pytest.mark.parametrize("module", MODULES)
def test_every_module_and_public_thing_has_a_docstring(module: str) -> None:
    loaded = importlib.import_module(module)
    assert (loaded.__doc__ or "").strip(" .\n"), module
    for name, thing in vars(loaded).items():
        if name.startswith("_") or getattr(thing, "__module__", "") != module:
            continue
        if inspect.isfunction(thing) or inspect.isclass(thing):
            assert inspect.getdoc(thing), f"{module}.{name}"
