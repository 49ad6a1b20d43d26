"""From a table of ratings to courses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reattune.core.errors import SettingError
from reattune.courses import Course, course_from_session
from reattune.courses.build import build_course_session

# Raters that tables call by these names are taken for the two partners without being told.
_PAIRS = (("patient", "therapist"), ("client", "therapist"), ("client", "counsellor"))
_BUILD = ("partners", "scales", "instrument", "scale_range", "reverse")


def read_courses(
    path: str | Path, options: Mapping[str, object] | None = None
) -> tuple[Course, ...]:
    """The courses in a table of ratings, one per case.

    Parameters
    ----------
    path : path-like
    options : mapping, optional
        Words of the reader (``case``, ``meeting``, ``rater``, ``scores``, ``items``, ...: see
        `reattune.io.ratings.read_ratings`) and of the courses: ``partners`` (two names of raters,
        or partner -> rater in the file), ``scales`` (which to keep), ``instrument``,
        ``scale_range`` (lowest, highest), ``reverse`` (scales in which lower is better).

    Raises
    ------
    ReadError
        When it is no table of ratings, or what was asked for is not in it.
    """
    from reattune.io.read import read_recordings

    given = dict(options or {})
    built = {name: given.get(name) for name in _BUILD}
    recordings = read_recordings(
        path,
        format="ratings",
        options={key: v for key, v in given.items() if key not in _BUILD or key == "scale_range"},
    )
    people = {person.strip().casefold() for r in recordings for person in r.people}
    partners, raters = _partners(built["partners"], people)
    more: dict[str, Any] = {"partners": partners, "raters": raters}
    if built["scales"]:
        more["scales"] = built["scales"]
    if built["instrument"]:
        more["instrument"] = built["instrument"]
    if built["scale_range"]:
        more["scale"] = built["scale_range"]
    if built["reverse"]:
        more["reverse"] = built["reverse"]
    return tuple(
        course_from_session(build_course_session(recording, **more)) for recording in recordings
    )


def _partners(given: object, people: set[str]) -> tuple[tuple[str, str], dict[str, str] | None]:
    """Names of the two partners, and who is who in the file where that was said."""
    if isinstance(given, Mapping):
        names = [str(name) for name in given]
        if len(names) != 2:
            raise SettingError("partners", given, "two partners: {patient = ..., therapist = ...}")
        return (names[0], names[1]), {name: str(given[name]) for name in names}
    if isinstance(given, tuple | list):
        if len(given) != 2:
            raise SettingError("partners", given, "two names")
        return (str(given[0]), str(given[1])), None
    known = next((pair for pair in _PAIRS if set(pair) & people >= people - {""}), _PAIRS[0])
    return known, None
