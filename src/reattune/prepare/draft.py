"""A study file drafted from what recordings hold: it usually runs, and says what to check."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping as MappingABC
from collections.abc import Sequence
from dataclasses import replace

from reattune.core.errors import ReadError
from reattune.core.mapping import Mapping, Source
from reattune.core.recording import Recording, Track
from reattune.prepare.guess import guess_codes, guess_mapping, guess_uncodable, list_codes
from reattune.prepare.recode import tidy_code

CHECK = "# CHECK: "
_MAX_CODES = 40
# The stream a rule is drafted for, when there are several.
_FIRST_STREAMS = ("affect", "engagement", "emotion", "valence")


def draft_text(
    recordings: Sequence[Recording],
    files: Sequence[str],
    name: str,
    *,
    partners: tuple[str, str] | None = None,
    options: MappingABC[str, object] | None = None,
) -> str:
    """The text of a study file for these recordings.

    Parameters
    ----------
    recordings : sequence of Recording
        Of one kind; the mapping is guessed from the first one in which two people are found, the
        codes are those of all of them.
    files : sequence of str
        Patterns of the data files as they shall stand in the study file.
    name : str
        Of the study.
    partners : (str, str), optional
    options : mapping, optional
        Options of the table reader that were needed; they go into ``[table]``.
    """
    lines = [
        "# A draft. Lines marked CHECK are guesses that a person must confirm.",
        "",
        "[study]",
        f"name = {_quote(name)}",
        f"files = [{', '.join(_quote(file) for file in files)}]",
        "# Covariates, dyads and phases can come from a table with one row per session:",
        '# sessions = "sessions.csv"',
        "",
    ]
    if options:
        lines += ["[table]", *(f"{_key(k)} = {_value(v)}" for k, v in options.items()), ""]
    try:
        mapping, comments = _guess(recordings, partners)
        mapping = _with_uncodable(mapping, recordings)
    except ReadError as error:
        return "\n".join([*lines, *_blank_form(recordings, str(error))]) + "\n"
    lines += [f"# {_one_line(comment)}" for comment in comments]
    lines += ["", "[partners]", f"{CHECK}their order is that of colours and tables."]
    lines += [f"names = [{', '.join(_quote(p) for p in mapping.partners)}]", ""]
    tables, valence = _code_tables(mapping, recordings)
    for source in mapping.sources:
        lines += _source_lines(source, tables.get((source.partner, source.stream)), recordings)
    lines += _phase_lines(mapping)
    lines += _rule_lines(mapping, tables, valence)
    return "\n".join(lines) + "\n"


def _guess(
    recordings: Sequence[Recording], partners: tuple[str, str] | None
) -> tuple[Mapping, tuple[str, ...]]:
    """The mapping of the first recording that has one; else of the first two of many people."""
    first: ReadError | None = None
    for recording in recordings:
        try:
            return guess_mapping(recording, partners)
        except ReadError as error:
            first = first or error
    for recording in recordings:
        if partners is None and len(recording.people) > 2:
            one, two = recording.people[:2]
            try:
                mapping, comments = guess_mapping(recording, (one, two))
            except ReadError:
                continue
            people = ", ".join(repr(person) for person in recording.people)
            return mapping, (f"CHECK: several people are in it ({people}).", *comments)
    raise first or ReadError("there is nothing to draft from.")


def _with_uncodable(mapping: Mapping, recordings: Sequence[Recording]) -> Mapping:
    """The mapping with the uncodable codes of all recordings, not only of the first."""
    sources = [
        replace(source, uncodable=guess_uncodable(_tracks_of(source, recordings)))
        if source.kind == "states"
        else source
        for source in mapping.sources
    ]
    return replace(mapping, sources=tuple(sources))


def _tracks_of(source: Source, recordings: Sequence[Recording]) -> list[Track]:
    names = {name.strip().casefold() for name in source.tracks}
    person = source.person.strip().casefold()
    return [
        track
        for recording in recordings
        for track in recording.tracks
        if track.name.strip().casefold() in names
        and (not person or track.person.strip().casefold() == person)
    ]


def _code_tables(
    mapping: Mapping, recordings: Sequence[Recording]
) -> tuple[dict[tuple[str, str], dict[str, str]], set[str]]:
    """Code -> state for each source of states, and the streams whose states are valence."""
    codes: dict[tuple[str, str], list[str]] = {}
    for source in mapping.sources:
        if source.kind == "states":
            every = list_codes(_tracks_of(source, recordings))
            left_out = set(source.uncodable)
            kept = [code for code in every if code not in left_out]
            if 0 < len(kept) <= _MAX_CODES:
                codes[source.partner, source.stream] = kept
    tables = {key: {code: code for code in kept} for key, kept in codes.items()}
    valence: set[str] = set()
    one, two = mapping.partners
    for stream in {stream for _, stream in codes}:
        if (one, stream) in codes and (two, stream) in codes:
            first, second = guess_codes(codes[one, stream], codes[two, stream])
            if first and second:
                tables[one, stream], tables[two, stream] = first, second
                valence.add(stream)
    return tables, valence


def _source_lines(
    source: Source, table: MappingABC[str, str] | None, recordings: Sequence[Recording]
) -> list[str]:
    head = f"streams.{_key(source.stream)}.{_key(source.partner)}"
    lines = [f"[{head}]", f"track = {_names(source.tracks)}"]
    if source.person:
        lines.append(f"subject = {_quote(source.person)}")
    if source.kind != "states":
        lines.append(f"kind = {_quote(source.kind)}")
    if source.uncodable:
        lines.append(f"{CHECK}codes that mean the behaviour could not be coded.")
        lines.append(f"uncodable = {_names(source.uncodable)}")
    if source.uncodable_tracks:
        lines.append(f"uncodable_track = {_names(source.uncodable_tracks)}")
    if table:
        counts = _counts(_tracks_of(source, recordings))
        guessed = any(code != state for code, state in table.items())
        if guessed:
            lines.append(f"{CHECK}the sign of each code (-1 negative, 0 neutral, 1 positive).")
        lines.append(f"[{head}.codes]")
        for code, state in table.items():
            seen = f"  # {counts[code]} times" if code in counts else ""
            lines.append(f"{_quote(code)} = {_quote(state)}{seen}")
    return [*lines, ""]


def _counts(tracks: Sequence[Track]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for track in tracks:
        if track.kind != "samples":
            for label, n in track.codes.items():
                counts[tidy_code(label)] = counts.get(tidy_code(label), 0) + n
    return counts


def _phase_lines(mapping: Mapping) -> list[str]:
    if mapping.phases.track:
        return ["[phases]", f"track = {_quote(mapping.phases.track)}", ""]
    return [
        "# [phases.times]                # the same for every session, on the file's clock",
        '# play = ["0:00", "2:00"]',
        '# still_face = ["2:00", "4:00"]',
        '# reunion = ["4:00", "6:00"]',
        "",
    ]


def _rule_lines(
    mapping: Mapping, tables: MappingABC[tuple[str, str], MappingABC[str, str]], valence: set[str]
) -> list[str]:
    """The rule that the streams allow, or what to choose from."""
    one, two = mapping.partners
    kinds = {(s.partner, s.stream): s.kind for s in mapping.sources}
    shared = [s for p, s in kinds if p == one and kinds.get((two, s)) == kinds[p, s]]
    states = sorted(
        (s for s in shared if kinds[one, s] == "states"),
        key=lambda s: (s not in valence, s not in _FIRST_STREAMS),
    )
    if states:
        stream = states[0]
        lines = [f"{CHECK}what counts as a match is the most important choice of all."]
        if stream in valence:
            return [*lines, *_rule("StateMatch", stream, 'table = "same_valence"')]
        first, second = (set(tables.get((p, stream), {}).values()) for p in (one, two))
        if not first & second:
            lines.append(f"{CHECK}the partners share no state; give equal ones one name above.")
        return [*lines, *_rule("StateMatch", stream, 'table = "same_category"')]
    events = [s for s in shared if kinds[one, s] == "events"]
    if events:
        lines = [f"{CHECK}how long contact lasts after the behaviour ended."]
        return [*lines, *_rule("Contact", events[0], "patience_s = 5.0")]
    names = ", ".join(dict.fromkeys(s.stream for s in mapping.sources))
    return [
        f"{CHECK}no rule could be chosen for the streams {names}.",
        "# [rule]",
        '# type = "StateMatch"',
    ]


def _rule(kind: str, stream: str, setting: str) -> list[str]:
    return ["[rule]", f"type = {_quote(kind)}", f"stream = {_quote(stream)}", setting]


def _blank_form(recordings: Sequence[Recording], problem: str) -> list[str]:
    """What to fill in when the two people could not be found."""
    lines = [f"{CHECK}{_one_line(problem)}", "# The tracks found:"]
    seen: dict[tuple[str, str], None] = {}
    for recording in recordings:
        seen |= dict.fromkeys((t.name, t.person) for t in recording.tracks if len(t))
    lines += [
        f"#   {_quote(name)}{f' of {_quote(person)}' if person else ''}"
        for name, person in list(seen)[:60]
    ]
    return [
        *lines,
        "",
        "[partners]",
        'names = ["first", "second"]',
        "",
        "# [streams.affect.first]",
        '# track = "..."',
        "# [streams.affect.second]",
        '# track = "..."',
        "",
        "# [rule]",
        '# type = "StateMatch"',
        '# stream = "affect"',
        '# table = "same_category"',
    ]


# -- TOML ----------------------------------------------------------------------------------------


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else _quote(text)


def _names(names: Sequence[str]) -> str:
    return _quote(names[0]) if len(names) == 1 else f"[{', '.join(map(_quote, names))}]"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, MappingABC):
        return "{ " + ", ".join(f"{_key(str(k))} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(v) for v in value)}]"
    return _quote(str(value))
