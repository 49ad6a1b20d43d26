"""The frame that every report shares: its looks, what made it, and the template."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from reattune.core.notes import Note
from reattune.show.document import json_safe
from reattune.show.style import css_variables

if TYPE_CHECKING:
    from jinja2 import Template

# Pictures of single sessions are drawn until the page holds this much.
MAX_SESSION_CHARACTERS = 5_000_000


def render_page(
    page: Mapping[str, Any], settings: Mapping[str, object], glossary: Mapping[str, str]
) -> str:
    """The page as HTML text; equal results give equal text.

    Parameters
    ----------
    page : mapping
        What this report has of its own, by the names of the template.
    settings : mapping
        All it takes to compute the same again; printed at the end.
    glossary : mapping of word to explanation
    """
    versions = settings.get("versions")
    made_by = versions.get("reattune", "") if isinstance(versions, dict) else version("reattune")
    frame = {
        "light": css_variables(),
        "dark": css_variables(dark=True),
        "style": _read("report.css"),
        "glossary": list(glossary.items()),
        "settings": json.dumps(json_safe(dict(settings)), indent=2, ensure_ascii=False),
        "version": str(made_by),
    }
    return _template().render({**frame, **page})


def list_notes(found: Sequence[tuple[str, Note]]) -> list[tuple[str, str, str]]:
    """Level, text and where, equal texts of several sessions told once; warnings first."""
    where: dict[tuple[str, str], list[str]] = {}
    for session, note in found:
        where.setdefault((note.level, str(note)), []).append(session)
    rows = []
    for (level, text), sessions in where.items():
        named = [session for session in sessions if session]
        shown = ", ".join(named[:6]) + (f" and {len(named) - 6} more" if len(named) > 6 else "")
        rows.append((level, text, shown))
    return sorted(rows, key=lambda row: row[0] != "warning")


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["tidy"] = _tidy
    return environment.from_string(_read("report.html.jinja"))


def _tidy(text: str) -> str:
    """The text for reading: figures stay with their units at a line's end, nan is put in words."""
    text = re.sub(r"\bnan\b", "not defined", text)
    return re.sub(r"(?<=\d) (?=%|s\b)|(?<=\bp) (?=[=<])|(?<=[=<]) (?=\.?\d)", "\u00a0", text)


def _read(name: str) -> str:
    return (files(__package__) / name).read_text("utf-8")
