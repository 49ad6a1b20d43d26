"""From a table of segment codes to a result, in one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np

from reattune.core.errors import ReadError, SettingError
from reattune.core.notes import Note
from reattune.core.study import Progress
from reattune.courses import Course
from reattune.io.safe import read_bytes, sha256
from reattune.segment_codes.coders import compare_coders
from reattune.segment_codes.criteria import SegmentCriteria
from reattune.segment_codes.following import follow_meetings
from reattune.segment_codes.grid import read_coded_meetings
from reattune.segment_codes.measures import compute_rows
from reattune.segment_codes.meeting import CodedMeeting
from reattune.segment_codes.result import SegmentAnalysis
from reattune.segment_codes.rotation import test_transitions
from reattune.segment_codes.ruptures import compare_criteria, find_coded_ruptures
from reattune.segment_codes.sequences import NamedSequence, make_sequences, test_sequence
from reattune.segment_codes.transitions import make_streams

LAGS = (1, 2)
_OWN = ("lags", "sequences", "series")


def is_segments(path: str | Path) -> bool:
    """Whether a path is a table of segment codes."""
    from reattune.io.read import sniff

    if not Path(path).is_file():
        return False
    try:
        return sniff(path).name == "segments"
    except ReadError:
        return False


def analyze_segments_path(
    path: str | Path,
    *,
    options: Mapping[str, object] | None = None,
    courses: Iterable[Course] | None = None,
    surrogates: int = 999,
    seed: int = 1,
    on_progress: Progress | None = None,
) -> SegmentAnalysis:
    """The analysis of a table of segment codes: read, then `analyze_segments`.

    Parameters
    ----------
    path : path-like
    options : mapping, optional
        Words of the reader (`read_coded_meetings`), of `SegmentCriteria` (``threshold``,
        ``resolved_by``, ...), and ``lags``, ``sequences``, ``series`` of `analyze_segments`.
    courses, surrogates, seed, on_progress
        As in `analyze_segments`.

    Raises
    ------
    ReadError
        When it cannot be read as such a table.
    SettingError
        For a criterion that is not allowed.
    """
    path = Path(path)
    given = dict(options or {})
    names = [field.name for field in fields(SegmentCriteria)]
    criteria = SegmentCriteria(**{k: given[k] for k in names if k in given})  # type: ignore[arg-type]
    own = {key: given[key] for key in _OWN if key in given}
    rest = {key: value for key, value in given.items() if key not in (*names, *_OWN)}
    return analyze_segments(
        read_coded_meetings(path, rest),
        criteria,
        courses=courses,
        surrogates=surrogates,
        seed=seed,
        name=path.name.split(".")[0],
        source={"source": path.name, "sha256": sha256(read_bytes(path))},
        on_progress=on_progress,
        **own,  # type: ignore[arg-type]
    )


def analyze_segments(
    meetings: Iterable[CodedMeeting],
    criteria: SegmentCriteria | None = None,
    *,
    lags: Sequence[int] = LAGS,
    sequences: Mapping[str, object] | Sequence[NamedSequence] | None = None,
    courses: Iterable[Course] | None = None,
    series: tuple[str, str] | None = None,
    surrogates: int = 999,
    seed: int = 1,
    name: str = "",
    source: Mapping[str, str] | None = None,
    on_progress: Progress | None = None,
) -> SegmentAnalysis:
    """Ruptures within coded meetings, what follows them, agreement, and the meeting after.

    Parameters
    ----------
    meetings : iterable of CodedMeeting
    criteria : SegmentCriteria, optional
    lags : sequence of int, default (1, 2)
        Segments between a rupture and a strategy, and between a strategy and no rupture.
    sequences : mapping of name to states, or sequence of NamedSequence, optional
    courses : iterable of Course, optional
        Ratings of every meeting of the same dyads.
    series : (rater, scale), optional
        Which of these ratings.
    surrogates : int, default 999
        0 = everything is described, nothing tested, and every result says so.
    seed : int, default 1
    name : str
    source : mapping, optional
        ``source`` and ``sha256`` of the file, for the settings.
    on_progress : callable(done, total, what), optional

    Returns
    -------
    SegmentAnalysis

    Raises
    ------
    SettingError
        Without meetings, for meetings of different markers, or lags that are no whole numbers.
    """
    coded = tuple(meetings)
    rule = criteria or SegmentCriteria()
    _check(coded, lags, surrogates)
    steps = ("ruptures", "sequences beside chance", "agreement", "the meeting after")

    def tell(at: int) -> None:
        if on_progress:
            on_progress(at, len(steps), steps[at] if at < len(steps) else "done")

    tell(0)
    # One child for each part, so that none depends on what else was asked.
    turns, named, coders, after = np.random.default_rng(seed).spawn(4)
    found = tuple(find_coded_ruptures(meeting, rule) for meeting in coded)
    tell(1)
    streams = [make_streams(one.states) for one in found]
    transitions = test_transitions(streams, tuple(lags), rng=turns, n=surrogates)
    asked = make_sequences(sequences)
    counts = tuple(
        test_sequence(
            [one.states for one in found], each, along=transitions.along, rng=child, n=surrogates
        )
        for each, child in zip(asked, named.spawn(len(asked)), strict=True)
    )
    tell(2)
    agreement = compare_coders(coded, rule, rng=coders, n=surrogates)
    tell(3)
    known = tuple(courses or ())
    following = (
        follow_meetings(found, known, series=series, rng=after, n=surrogates) if known else None
    )
    tell(4)
    return SegmentAnalysis(
        name=name,
        meetings=found,
        criteria=rule,
        rows=tuple(compute_rows(found)),
        transitions=transitions,
        sequences=counts,
        agreement=agreement,
        following=following,
        compared=tuple(compare_criteria(coded, rule)),
        settings=_settings(rule, lags, asked, known, surrogates, seed, source),
        notes=tuple(_notes(found, surrogates)),
    )


def _check(coded: Sequence[CodedMeeting], lags: Sequence[int], surrogates: int) -> None:
    if not coded:
        raise SettingError("meetings", "none", "at least one coded meeting")
    for meeting in coded:
        for what in ("sides", "markers", "strategies", "scale"):
            if getattr(meeting, what) != getattr(coded[0], what):
                raise SettingError(
                    f"{what} of meeting {meeting.id!r}", getattr(meeting, what),
                    f"those of the other meetings, {getattr(coded[0], what)}",
                )  # fmt: skip
    ids = [meeting.id for meeting in coded]
    for name in ids:
        if ids.count(name) > 1:
            raise SettingError("meetings", f"{name} twice", "each meeting once")
    whole = [isinstance(lag, int) and not isinstance(lag, bool) and lag >= 0 for lag in lags]
    if not lags or not all(whole) or len(set(lags)) < len(lags):
        raise SettingError("lags", lags, "different whole numbers of segments, such as (1, 2)")
    if isinstance(surrogates, bool) or not isinstance(surrogates, int) or surrogates < 0:
        raise SettingError("surrogates", surrogates, "a whole number of at least 0")


def _notes(found: Sequence[object], surrogates: int) -> list[Note]:
    notes = []
    if not surrogates:
        told = "no surrogates were drawn: counts stand without what chance gives."
        notes.append(Note("no_chance", told, level="warning"))
    return notes


def _settings(
    rule: SegmentCriteria,
    lags: Sequence[int],
    sequences: Sequence[NamedSequence],
    courses: Sequence[Course],
    surrogates: int,
    seed: int,
    source: Mapping[str, str] | None,
) -> dict[str, object]:
    """Everything needed to compute the same again; JSON-safe."""
    from importlib.metadata import version

    ratings = dict.fromkeys(
        (str(c.meta.get("source", "")), str(c.meta.get("sha256", ""))) for c in courses
    )
    inputs = [dict(source)] if source else []
    inputs += [{"source": name, "sha256": digest} for name, digest in ratings]
    return {
        "criteria": {**rule.to_dict(), "in_words": rule.describe()},
        "lags": list(lags),
        "sequences": [
            {"name": s.name, "states": list(s.states), "within": s.within} for s in sequences
        ],
        "surrogates": {"n": surrogates, "seed": seed},
        "versions": {name: version(name) for name in ("reattune", "numpy", "scipy")},
        "inputs": inputs,
    }
