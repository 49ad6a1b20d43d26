"""Pauses, gaps and overlaps of two on/off streams of speech, and how fast each partner answers.

For speech without words (voice activity). Transcripts have `reattune.talk`: turns, floor transfers,
talk shares and overlap there go by utterances; what is here goes by time that is silent or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import nan
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from reattune.core.checks import check_not_negative
from reattune.core.intervals import Intervals
from reattune.core.streams import Events
from reattune.coupling.pairs import FloatArray
from reattune.coupling.results import CouplingResult

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("pause", "gap", "overlap_between", "overlap_within")


@dataclass(frozen=True)
class FloorSettings:
    """What counts as a pause.

    Parameters
    ----------
    min_pause_s : float, default 0
        Silences of one partner shorter than this belong to speech (closures of consonants last up
        to about 0.2 s) and are not listed.
    """

    min_pause_s: float = 0.0

    def __post_init__(self) -> None:
        check_not_negative("min_pause_s", self.min_pause_s)


@dataclass(frozen=True)
class FloorMoment:
    """One silence or overlap between two stretches in which one partner speaks alone.

    Attributes
    ----------
    kind : {"pause", "gap", "overlap_between", "overlap_within"}
        Silence with the same partner before and after, or with a change; overlap after which the
        other goes on alone, or the same partner does.
    side : int
        0 or 1: who speaks alone afterwards.
    start_s, end_s : float
        Equal for a change without silence or overlap, which is a gap of 0 s.
    """

    kind: str
    side: int
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Floor(CouplingResult):
    """Who speaks after what.

    Attributes
    ----------
    partners : (str, str)
    moments : tuple of FloorMoment
    n_mixed : int
        Changes through both silence and overlap (both begin at once); in no list.
    n_cut_off : int
        Silences and overlaps that an end of observation or a cut leaves open; in no list.
    observed_s, silence_s, overlap_s : float
        Jointly observed seconds, those in which nobody and those in which both speak.
    used : FloorSettings
    """

    measure: ClassVar[str] = "floor"
    partners: tuple[str, str]
    moments: tuple[FloorMoment, ...]
    n_mixed: int
    n_cut_off: int
    observed_s: float
    silence_s: float
    overlap_s: float
    used: FloorSettings

    def durations(self, kind: str, side: int | None = None) -> FloatArray:
        """Seconds of each moment of a kind, of one partner or both."""
        rows = [m for m in self.moments if m.kind == kind and side in (None, m.side)]
        return np.array([m.end_s - m.start_s for m in rows], dtype=np.float64)

    def latencies(self, side: int | None = None) -> FloatArray:
        """Seconds from the end of the other's speech to the own: gaps above 0, overlaps below."""
        gaps, overlaps = self.durations("gap", side), self.durations("overlap_between", side)
        return np.concatenate([gaps, -overlaps])

    def to_frame(self) -> pd.DataFrame:
        """One row per moment: kind, partner (who speaks afterwards), start_s, end_s, duration_s."""
        import pandas as pd

        rows = [
            (m.kind, self.partners[m.side], m.start_s, m.end_s, m.end_s - m.start_s)
            for m in self.moments
        ]
        columns = ["kind", "partner", "start_s", "end_s", "duration_s"]
        return pd.DataFrame(rows, columns=columns)

    def summary(self) -> str:
        """Numbers and medians, partner by partner."""
        lines = [
            f"{self.observed_s:.4g} s observed by both, {self.silence_s:.4g} s silent, "
            f"{self.overlap_s:.4g} s both speaking."
        ]
        for side, partner in enumerate(self.partners):
            told = [
                f"{self.durations(kind, side).size} {kind.replace('_', ' ')}"
                f" (median {_median(self.durations(kind, side)):.3g} s)"
                for kind in KINDS
            ]
            latency = _median(self.latencies(side))
            lines.append(f"{partner}: {', '.join(told)}; latency, median {latency:.3g} s.")
        return "\n".join(lines)


def measure_floor(
    first: Events,
    second: Events,
    *,
    cuts: Sequence[float] = (),
    settings: FloorSettings | None = None,
) -> Floor:
    """Pauses, gaps and overlaps of two partners' speech, with the latency of answers.

    Parameters
    ----------
    first, second : Events
        When each speaks; labels do not matter, points (no duration) are no speech.
    cuts : sequence of float
        Moments across which nothing is followed.
    settings : FloorSettings, optional

    Returns
    -------
    Floor
        Only time both are observed is used; nothing is followed across a gap in it.

    Notes
    -----
    The classes are those of Heldner & Edlund (2010): what lies between two stretches of one partner
    alone is a pause or a gap when silent, an overlap within or between speakers when both speak. A
    partner who only says "mm" inside the other's speech takes no floor.

    Examples
    --------
    >>> seen = Intervals([0], [10])
    >>> one = Events("infant", "voice", [0, 3], [2, 5], observed=seen)
    >>> two = Events("caregiver", "voice", [4.5, 8], [7, 9], observed=seen)
    >>> [(m.kind, m.side, m.end_s - m.start_s) for m in measure_floor(one, two).moments]
    [('pause', 0, 1.0), ('overlap_between', 1, 0.5), ('pause', 1, 1.0)]
    """
    used = FloorSettings() if settings is None else settings
    seen = first.observed & second.observed
    active = (first.active(), second.active())
    moments: list[FloorMoment] = []
    mixed = open_ends = 0
    for start, end in _split(seen, cuts):
        holder = -1
        between: list[tuple[float, float, int]] = []
        for segment in _segments(active, start, end):
            if segment[2] in (0, 3):
                between.append(segment)
                continue
            side = segment[2] - 1
            if holder < 0:
                open_ends += len(between) > 0
            elif len(between) > 1:
                mixed += 1
            elif between or side != holder:
                low, high, state = between[0] if between else (segment[0], segment[0], 0)
                kind = KINDS[(2 if state == 3 else 0) + ((side != holder) ^ (state == 3))]
                if kind != "pause" or high - low >= used.min_pause_s:
                    moments.append(FloorMoment(kind, side, low, high))
            holder, between = side, []
        open_ends += len(between) > 0
    both = active[0] & active[1] & seen
    silence = seen.total - ((active[0] | active[1]) & seen).total
    return Floor(
        (first.partner, second.partner),
        tuple(moments),
        mixed,
        open_ends,
        seen.total,
        silence,
        both.total,
        used,
    )


def _split(seen: Intervals, cuts: Sequence[float]) -> Iterator[tuple[float, float]]:
    """The observed stretches, ended at cuts."""
    for start, end in seen:
        edges = [start, *sorted(cut for cut in cuts if start < cut < end), end]
        yield from pairwise(edges)


def _segments(
    active: tuple[Intervals, Intervals], start: float, end: float
) -> list[tuple[float, float, int]]:
    """Stretches of one state: 0 nobody, 1 the first, 2 the second, 3 both speak."""
    parts = [speech.clip(start, end) for speech in active]
    edges = np.unique(
        np.concatenate([[start, end], *([p.starts, p.ends] for p in parts)], axis=None)
    )
    middles = (edges[:-1] + edges[1:]) / 2
    states = parts[0].contains(middles) + 2 * parts[1].contains(middles)
    out: list[tuple[float, float, int]] = []
    for low, high, state in zip(
        edges[:-1].tolist(), edges[1:].tolist(), states.tolist(), strict=True
    ):
        if out and out[-1][2] == state:
            out[-1] = (out[-1][0], high, state)
        else:
            out.append((low, high, state))
    return out


def _median(values: FloatArray) -> float:
    return float(np.median(values)) if values.size else nan
