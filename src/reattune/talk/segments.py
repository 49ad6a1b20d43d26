"""Segments: the parts of a meeting that are described one by one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from reattune.core.checks import check_positive
from reattune.core.errors import SettingError
from reattune.core.session import Phase

MAX_SEGMENTS = 10_000
WHOLE = "whole"


@dataclass(frozen=True)
class Piece:
    """A part of a meeting and the turns that begin in it.

    Attributes
    ----------
    label : str
        "whole", a number from "1", or the name of a phase.
    start_s, end_s : float
        Half-open.
    first, last : int
        Its turns are ``turns[first:last]``.
    """

    label: str
    start_s: float
    end_s: float
    first: int
    last: int


def cut_segments(
    starts: Sequence[float],
    span: tuple[float, float],
    *,
    segment_s: float | None = None,
    segment_turns: int | None = None,
    phases: Sequence[Phase] = (),
) -> tuple[Piece, ...]:
    """The segments of a meeting.

    Parameters
    ----------
    starts : sequence of float
        Starts of all turns, sorted.
    span : (float, float)
    segment_s : float, optional
        Seconds per segment, from the start; the last one may be shorter.
    segment_turns : int, optional
        Turns per segment; the last one may have fewer.
    phases : sequence of Phase
        The segments where neither is given.

    Raises
    ------
    SettingError
        When both are given, one is not above 0, or there would be more than 10,000 segments.
    """
    if segment_s is not None and segment_turns is not None:
        raise SettingError("segment_turns", segment_turns, "either segment_s or segment_turns")
    if segment_s is not None:
        return _by_time(starts, span, check_positive("segment_s", segment_s))
    if segment_turns is not None:
        if isinstance(segment_turns, bool) or int(segment_turns) != segment_turns:
            raise SettingError("segment_turns", segment_turns, "a whole number of at least 1")
        return _by_turns(starts, span, int(check_positive("segment_turns", segment_turns)))
    return tuple(
        Piece(p.label, p.start, p.end, bisect_left(starts, p.start), bisect_left(starts, p.end))
        for p in phases
    )


def _by_time(
    starts: Sequence[float], span: tuple[float, float], segment_s: float
) -> tuple[Piece, ...]:
    # A rest of rounding is no segment.
    n = max(1, ceil((span[1] - span[0]) / segment_s - 1e-9))
    _check_number(n, "segment_s", segment_s)
    edges = [span[0] + k * segment_s for k in range(n)] + [span[1]]
    cuts = [0, *(bisect_left(starts, edge) for edge in edges[1:-1]), len(starts)]
    return tuple(Piece(str(k + 1), edges[k], edges[k + 1], cuts[k], cuts[k + 1]) for k in range(n))


def _by_turns(
    starts: Sequence[float], span: tuple[float, float], segment_turns: int
) -> tuple[Piece, ...]:
    cuts = [*range(0, len(starts), segment_turns), len(starts)]
    _check_number(len(cuts) - 1, "segment_turns", segment_turns)
    if not starts:
        return ()
    edges = [span[0], *(starts[cut] for cut in cuts[1:-1]), max(span[1], starts[-1])]
    return tuple(
        Piece(str(k + 1), edges[k], edges[k + 1], cuts[k], cuts[k + 1])
        for k in range(len(cuts) - 1)
    )


def _check_number(n: int, parameter: str, got: object) -> None:
    if n > MAX_SEGMENTS:
        raise SettingError(parameter, got, f"segments of which at most {MAX_SEGMENTS} fit in")
