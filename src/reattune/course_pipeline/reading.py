"""From a table of ratings to courses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reattune.core.errors import SettingError, did_you_mean
from reattune.courses import Course, Instrument, course_from_session, find_instrument
from reattune.courses.build import build_course_session

# Raters that tables call by these names are taken for the two partners without being told.
_PAIRS = (("patient", "therapist"), ("client", "therapist"), ("client", "counsellor"))
_BUILD = ("partners", "scales", "instrument", "scale_range", "reverse")
# Words of `read_courses`, all of them: of the reader and of the courses.
OPTIONS = (
    *("case", "meeting", "date", "rater", "date_order", "sheet", "delimiter", "decimal"),
    *("scores", "items", "min_items", "reversed", "raters", "person", "wide", "remarks", "marks"),
    *_BUILD,
)


def read_courses(
    path: str | Path, options: Mapping[str, object] | None = None
) -> tuple[Course, ...]:
    """The courses in a table of ratings, one per case.

    Parameters
    ----------
    path : path-like
    options : mapping, optional
        Words of the reader (``case``, ``meeting``, ``rater``, ``scores``, ``items``, ``remarks``,
        ...: see `reattune.io.ratings.read_ratings`) and of the courses: ``partners`` (two names of
        raters, or partner -> rater in the file), ``scales`` (which to keep), ``instrument``,
        ``scale_range`` (lowest, highest), ``reverse`` (scales in which lower is better). With an
        instrument, columns named as its items (``wai_1`` ... ``wai_12``) are scored as it says.
        ``raters = {"patient": "wai_p", "therapist": "wai_t"}``: a column for each rater; what the
        names share is the name of the scale.

    Raises
    ------
    ReadError
        When it is no table of ratings, or what was asked for is not in it.
    SettingError
        For a word that is none of these, or an instrument that is not known.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp(), "ratings.csv")
    >>> rows = ["case,session,wai", "07,1,5.5", "07,2,4.0", "07,4,5.6"]
    >>> _ = path.write_text(chr(10).join(rows), "utf-8")
    >>> read_courses(path)
    (Course('07': 4 meetings from 1 to 4; patient wai 3 of 4 rated),)
    """
    from reattune.io.read import read_recordings

    given = _spell_out({k: v for k, v in dict(options or {}).items() if v is not None})
    built = {name: given.get(name) for name in _BUILD}
    form = _find_form(built["instrument"])
    reader = {k: v for k, v in given.items() if k not in _BUILD or k == "scale_range"}
    if form is not None:
        reader["form"] = _describe_form(form)
    recordings = read_recordings(path, format="ratings", options=reader)
    people = {person.strip().casefold() for r in recordings for person in r.people}
    partners, raters = _partners(built["partners"], people)
    columns = given.get("raters")
    if built["partners"] is None and isinstance(columns, Mapping) and len(columns) == 2:
        partners, raters = _partners(list(columns), people)
    more: dict[str, Any] = {"partners": partners, "raters": raters, "instrument": form}
    for word in ("scales", "reverse"):
        if built[word]:
            more[word] = built[word]
    if built["scale_range"]:
        more["scale"] = built["scale_range"]
    elif form is not None and ("items" in given or _was_scored(recordings)):
        # Scales made here are means of items, also where the form itself adds them up.
        more["scale"] = (form.low, form.high)
    return tuple(
        course_from_session(build_course_session(recording, **more)) for recording in recordings
    )


def _find_form(given: object) -> Instrument | None:
    if given is None or isinstance(given, Instrument):
        return given
    return find_instrument(str(given))


def _describe_form(form: Instrument) -> dict[str, object]:
    """What the reader needs to score columns of items."""
    return {
        "name": form.name,
        "items": form.items,
        "range": (form.low, form.high),
        "subscales": {name: list(items) for name, items in form.subscales.items()},
        "reversed": list(form.reversed_items),
    }


def _was_scored(recordings: Any) -> bool:
    return any(note.code == "form_scored" for one in recordings for note in one.notes)


def _spell_out(given: dict[str, object]) -> dict[str, object]:
    """The options with one column per rater written as the reader wants it."""
    for word in given:
        if word not in OPTIONS:
            raise SettingError(
                word, given[word], "a word of rating tables." + did_you_mean(word, OPTIONS)
            )
    raters = given.get("raters")
    if not isinstance(raters, Mapping) or not all(isinstance(v, str) for v in raters.values()):
        return given
    columns = {str(who): str(name) for who, name in raters.items()}
    name = _shared_part(list(columns.values()))
    given["raters"] = {who: {column: name} for who, column in columns.items()}
    if "items" not in given:
        given.setdefault("scores", list(columns.values()))
    return given


def _shared_part(names: list[str]) -> str:
    """What column names begin with, else end with, without the marks that join words."""
    first, others = names[0], [name.casefold() for name in names]
    heads = [first[:end] for end in range(len(first), 1, -1)]
    for head in heads:
        if all(name.startswith(head.casefold()) for name in others):
            return head.strip(" _.-") or "rating"
    for tail in (first[start:] for start in range(1, len(first) - 1)):
        if all(name.endswith(tail.casefold()) for name in others):
            return tail.strip(" _.-") or "rating"
    return "rating"


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
