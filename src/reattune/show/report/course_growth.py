"""The section on growth in the report of rated courses: the record of repair, and its limits."""

from __future__ import annotations

from typing import Any

from reattune.course_pipeline import CourseAnalysis
from reattune.growth_pipeline import describe_course_growth
from reattune.show.growth_course_words import say_course_growth

BASIS = (
    "By the first criterion. Ratings alone cannot tell whether repairs built anything: ruptures "
    "and repairs are read off the same numbers that would have to grow."
)


def course_growth_section(analysis: CourseAnalysis) -> dict[str, Any] | None:
    """The sentences of the section; None for a single case, or where no rupture was found."""
    first = analysis.result()
    if len(analysis.judged) < 2 or not first.entered:
        return None
    drawn = analysis.settings["surrogates"]
    surrogates, seed = (drawn["trend_ar1"], drawn["seed"]) if isinstance(drawn, dict) else (0, 1)
    found = describe_course_growth(
        analysis.judged,
        first.events,
        first.criterion,
        constants=analysis.constants,
        phi=analysis.phi,
        surrogates=surrogates,
        seed=seed,
    )
    return {
        "basis": [BASIS],
        "blocks": [("The record of repair", say_course_growth(found))],
        "figures": [],
        "tables": [],
        "dyads": [],
        "not_drawn": "",
    }
