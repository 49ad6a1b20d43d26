"""A table of ratings before anybody has said what it means: what is in it, and a study file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import floor
from typing import NamedTuple

import numpy as np

from reattune.core.notes import Note
from reattune.core.recording import Recording
from reattune.prepare.draft import CHECK, _key, _quote, _value

_ITEM = re.compile(r"(.*?)[ _.\-]*\d{1,2}", re.ASCII)
_ENDING = re.compile(r"[ _.\-](p|pat|patient|c|cl|client|t|th|ther|therapist)$", re.IGNORECASE)
_SHOWN = 30
# Raters called so need no explanation.
_KNOWN = ({"patient", "therapist"}, {"client", "therapist"}, {"client", "counsellor"}, {""})


class Score(NamedTuple):
    """One score of one rater over all cases."""

    name: str
    rater: str
    rated: int
    meetings: int
    low: float
    high: float
    mean: float


def is_course(recordings: Sequence[Recording]) -> bool:
    """Whether these recordings count meetings instead of seconds."""
    return bool(recordings) and all(one.meta.get("clock") == "meeting" for one in recordings)


def list_scores(recordings: Sequence[Recording]) -> list[Score]:
    """Every score and rater, in the order of the table."""
    values: dict[tuple[str, str], list[float]] = {}
    for one in recordings:
        for track in one.tracks:
            if track.values is not None:
                values.setdefault((track.name, track.person), []).extend(track.values.tolist())
    found = []
    for (name, rater), given in values.items():
        seen = np.array([value for value in given if value == value])
        ends = (float(seen.min()), float(seen.max()), float(seen.mean())) if seen.size else ()
        nothing = (float("nan"),) * 3
        found.append(Score(name, rater, seen.size, len(given), *(ends or nothing)))
    return found


def describe_courses(recordings: Sequence[Recording]) -> list[str]:
    """What a table of ratings holds, line by line."""
    spans = [one.extent() for one in recordings]
    sizes = [int(end - start) for start, end in spans]
    cases = f"{len(recordings)} case{'s' if len(recordings) > 1 else ''}"
    least, most = min(sizes), max(sizes)
    span = f"{least} to {most}" if least < most else f"{most}"
    first, last = min(start for start, _ in spans), max(end for _, end in spans) - 1
    lines = [
        f"a table of ratings: {cases}, {span} meetings{' each' * (len(sizes) > 1)} "
        f"(numbers {first:g} to {last:g})"
    ]
    raters = [person for person in dict.fromkeys(p for r in recordings for p in r.people) if person]
    lines.append(f"  raters: {', '.join(raters) if raters else 'not named'}")
    scores = list_scores(recordings)
    for score in scores[:_SHOWN]:
        whose = f" by {score.rater}" if score.rater else ""
        told = f"  {score.name}{whose}: {score.rated} ratings"
        if score.rated:
            told += f" from {score.low:.3g} to {score.high:.3g}, mean {score.mean:.3g}"
        missing = score.meetings - score.rated
        if missing:
            told += f"; {missing} of {score.meetings} meetings without one"
        lines.append(told)
    if len(scores) > _SHOWN:
        lines.append(f"  ... and {len(scores) - _SHOWN} more scores")
    covariates = list(dict.fromkeys(name for one in recordings for name in _covariates(one)))
    if covariates:
        lines.append(f"  of each case: {', '.join(covariates)}")
    remarks = sum(len(_mapping(one.meta.get("remarks"))) for one in recordings)
    if remarks:
        lines.append(f"  remarks on {remarks} meetings (not shown)")
    return [*lines, *gather_notes(recordings)]


def gather_notes(recordings: Sequence[Recording]) -> list[str]:
    """What reading found, each kind once with the number of cases."""
    found: dict[str, list[Note]] = {}
    for one in recordings:
        for note in one.notes:
            found.setdefault(note.code, []).append(note)
    lines = []
    for code, notes in found.items():
        if code == "rows_read" or (code == "meetings_missing" and len(notes) > 1):
            continue
        texts = list(dict.fromkeys(str(note) for note in notes))
        more = f" (and {len(texts) - 1} more cases)" if len(texts) > 1 else ""
        lines.append(f"  {'warning: ' * (notes[0].level == 'warning')}{texts[0]}{more}")
    return lines


def draft_courses(
    recordings: Sequence[Recording],
    files: Sequence[str],
    name: str,
    options: Mapping[str, object] | None = None,
) -> str:
    """The text of a study file for a table of ratings; it runs unchanged.

    Parameters
    ----------
    recordings : sequence of Recording
        As the reader of rating tables makes them.
    files : sequence of str
        As they shall stand in the study file.
    name : str
    options : mapping, optional
        Options of the reader that the table needed.
    """
    scores = list_scores(recordings)
    raters = list(dict.fromkeys(score.rater for score in scores))
    first = raters[0] if raters else ""
    own = [score for score in scores if score.rater == first]
    pair = guess_rater_columns([score.name for score in own]) if raters == [""] else {}
    rated: list[str] = []
    if pair:
        told = ", ".join(f"{role} = {_quote(column)}" for role, column in pair.items())
        rated = [f"{CHECK}these columns look like one for each rater.", f"raters = {{ {told} }}"]
        first, raters = next(iter(pair)), list(pair)
        shared = _ENDING.sub("", pair[first]).strip(" _.-")
        own = [score._replace(name=shared) for score in own if score.name in pair.values()]
    items = {} if pair else guess_items([score.name for score in own])
    used = {column for columns in items.values() for column in columns}
    single = list(dict.fromkeys(score.name for score in own if score.name not in used))
    judged = next(iter(items), "") or (single[0] if single else "")
    lines = [
        "# A draft. Lines marked CHECK are guesses that a person must confirm.",
        "",
        "[study]",
        f"name = {_quote(name)}",
        "# Outcome, group and other covariates can come from a table with one row per case:",
        '# cases = "cases.csv"',
        "",
        "[ratings]",
        f"file = {_value(files[0] if len(files) == 1 else list(files))}",
        *(f"{_key(str(key))} = {_value(value)}" for key, value in (options or {}).items()),
        *(rated or _partner_lines(raters)),
    ]
    if items:
        lines.append(f"{CHECK}these look like items; a scale is the mean of its items.")
        lines.append("# reversed = [...] names items worded the other way round (needs range).")
        if single:
            lines.append(f"scores = {_value(single)}")
    if len(items) + len(single) > 1:
        others = ", ".join([*items, *single])
        lines.append(f"{CHECK}which score is judged, one of {others}.")
    lines.append(f"scale = {_quote(judged)}")
    if first:
        lines.append(f"judge = {_quote(_role(first, raters))}")
    lines += _range_lines(own, judged, items)
    lines.append("# reverse = [...] names scores in which lower is better.")
    if items:
        lines += ["", "[ratings.items]"]
        lines += [f"{_key(scale)} = {_value(columns)}" for scale, columns in items.items()]
    lines += [
        "",
        f"{CHECK}what counts as a rupture is the most important choice of all. The first one is",
        "# the one that pictures shade. Presets: stiles_like, strauss_like, gumz_like.",
    ]
    for kind, setting in (
        *(("Decline", "k = 1.0"), ("Decline", "k = 2.0"), ("Drop", "k = 1.0")),
        *(("Drop", "k = 2.0"), ("ControlChart", "limit = 3.0")),
    ):
        lines += ["[[criteria]]", f'type = "{kind}"', setting, ""]
    return "\n".join([*lines, "[surrogates]", "n = 999", "seed = 1"]) + "\n"


def guess_items(names: Sequence[str]) -> dict[str, list[str]]:
    """Columns that share a beginning and end in a number, by that beginning: items of a scale."""
    sets: dict[str, list[str]] = {}
    for name in names:
        match = _ITEM.fullmatch(name.strip())
        if match and match[1].strip(" _.-"):
            sets.setdefault(match[1].strip(" _.-"), []).append(name)
    return {start: columns for start, columns in sets.items() if len(columns) > 1}


def guess_rater_columns(names: Sequence[str]) -> dict[str, str]:
    """Two columns that differ in a last word for patient or therapist, by that role."""
    sets: dict[str, dict[str, str]] = {}
    for name in names:
        match = _ENDING.search(name.strip())
        if match:
            role = "therapist" if match[1].casefold()[0] == "t" else "patient"
            sets.setdefault(name.strip()[: match.start()], {})[role] = name
    whole = [pair for start, pair in sets.items() if start and len(pair) == 2]
    return {role: whole[0][role] for role in _ROLES} if len(whole) == 1 else {}


def _partner_lines(raters: Sequence[str]) -> list[str]:
    named = [rater for rater in raters if rater]
    if not named or any({r.casefold() for r in raters} <= known for known in _KNOWN):
        return [] if not named else [f"# rated by: {', '.join(named)}"]
    pairs = ", ".join(
        f"{role} = {_quote(rater)}" for role, rater in zip(_ROLES, [*named, "?"], strict=False)
    )
    more = f" Left out: {', '.join(named[2:])}." if len(named) > 2 else ""
    return [f"{CHECK}who is who among the raters.{more}", f"partners = {{ {pairs} }}"]


_ROLES = ("patient", "therapist")


def _role(rater: str, raters: Sequence[str]) -> str:
    """The name a rater has in the study file."""
    if any({name.casefold() for name in raters} <= known for known in _KNOWN):
        return rater.strip().casefold()
    return _ROLES[[name for name in raters if name].index(rater)]


def _range_lines(
    scores: Sequence[Score], judged: str, items: Mapping[str, Sequence[str]]
) -> list[str]:
    columns = items.get(judged, [judged])
    seen = [score for score in scores if score.name in columns and score.rated]
    if not seen:
        return []
    low, high = min(score.low for score in seen), max(score.high for score in seen)
    told = f"{CHECK}the ends of the scale (seen: {low:.3g} to {high:.3g}), or its form."
    return [told, f"# range = [{floor(low)}, {-floor(-high)}]", '# instrument = "WAI-SR"']


def _covariates(recording: Recording) -> list[str]:
    return [str(name) for name in _mapping(recording.meta.get("covariates"))]


def _mapping(given: object) -> Mapping[object, object]:
    return given if isinstance(given, Mapping) else {}
