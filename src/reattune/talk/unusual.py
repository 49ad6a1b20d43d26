"""Segments to look at first: those that differ most from the same dyad's other segments.

Never a rupture detector. Somebody is always first, in the calmest meeting too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from reattune.core.errors import SettingError, did_you_mean
from reattune.talk.features import Measured
from reattune.talk.summary import TalkDescription, TalkSegment

if TYPE_CHECKING:
    import pandas as pd

CAVEAT = (
    "An order for looking, not a finding: segments that differ from this dyad's other segments in "
    "how words were used. One is always first. Ruptures are not detected by this, and a segment "
    "far down the list may hold one."
)
# Makes the median absolute deviation comparable with a standard deviation.
_SCALE = 1.4826
# One extreme feature should not decide the order alone.
_CAP = 6.0
# Fewer other segments say little about what is usual.
_MIN_OTHERS = 5
# Counts and seconds follow the length of a segment; the last one is often shorter.
_NOT_COMPARED = frozenset({"n_empty_turns", "n_inside", "talk_s", "n_transfers"})


@dataclass(frozen=True)
class UnusualSegment:
    """One segment in the list.

    Attributes
    ----------
    label : str
    start_s, end_s : float
    score : float
        Mean over the compared features of |change|, each at most 6; nan when nothing could be
        compared.
    n_features : int
        Features compared.
    changes : tuple of (feature, partner, change)
        The three largest, in robust standard deviations from the other segments' median.
    """

    label: str
    start_s: float
    end_s: float
    score: float
    n_features: int
    changes: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True)
class UnusualSegments:
    """Segments in the order in which to look at them. No rupture is detected.

    Attributes
    ----------
    session : str
    segments : tuple of UnusualSegment
        All of them, largest score first; those without a score last.
    """

    session: str
    segments: tuple[UnusualSegment, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row per segment, in order: segment, start_s, end_s, score, n_features, changes."""
        import pandas as pd

        rows = [
            (s.label, s.start_s, s.end_s, s.score, s.n_features, _told(s)) for s in self.segments
        ]
        names = ["segment", "start_s", "end_s", "score", "n_features", "changes"]
        return pd.DataFrame(rows, columns=names)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe copy; nan is None."""
        rows = [
            {
                "segment": s.label,
                "start_s": s.start_s,
                "end_s": s.end_s,
                "score": s.score if isfinite(s.score) else None,
                "n_features": s.n_features,
                "changes": [
                    {"feature": name, "partner": who, "change": change}
                    for name, who, change in s.changes
                ],
            }
            for s in self.segments
        ]
        return {"session": self.session, "segments": rows, "caveat": CAVEAT}

    def summary(self, n: int = 3) -> str:
        """The first ``n`` segments, what differs in them, and what this is not."""
        lines = ["Unusual segments to look at first:"]
        scored = [s for s in self.segments if isfinite(s.score)]
        lines += [
            f"  {s.label} ({s.start_s:g} - {s.end_s:g} s), score {s.score:.2f}: {_told(s)}"
            for s in scored[:n]
        ]
        if not scored:
            lines.append(f"  too few segments to compare (needs {_MIN_OTHERS + 1}).")
        return "\n".join([*lines, CAVEAT])

    def __repr__(self) -> str:
        return self.summary()


def rank_unusual(
    description: TalkDescription, features: Sequence[str] | None = None, *, min_n: int = 5
) -> UnusualSegments:
    """The segments, those first that differ most from the same dyad's other segments.

    Opt-in, for people who will look at the recording. It finds no ruptures.

    Parameters
    ----------
    description : TalkDescription
        With at least 6 segments; with fewer, no segment has a score.
    features : sequence of str, optional
        Names of features to compare; by default all but counts that follow a segment's length.
    min_n : int, default 5
        Values that rest on fewer turns, words or pairs are not compared.

    Returns
    -------
    UnusualSegments

    Raises
    ------
    SettingError
        When a feature is not in the description.

    Notes
    -----
    ``change = (x - median of the others) / (1.4826 x MAD of the others)``. A feature of which the
    others' MAD is 0 is not compared, and neither is a rest of less than half a segment at the end.
    The score is the mean of ``min(|change|, 6)``. Features are correlated, so it has no
    distribution to be tested against.
    """
    known = dict.fromkeys(name for name, _ in description.whole.features)
    for name in features or ():
        if name not in known:
            raise SettingError("features", name, "features described." + did_you_mean(name, known))
    wanted = set(features) if features is not None else set(known) - _NOT_COMPARED
    keys = [key for key in description.whole.features if key[0] in wanted]
    rests = [_is_rest(each, description.settings) for each in description.segments]
    found = [
        _compare(at, description.segments, [] if rests[at] else keys, min_n)
        for at in range(len(description.segments))
    ]
    found.sort(key=lambda s: (not isfinite(s.score), -s.score if isfinite(s.score) else 0.0))
    return UnusualSegments(description.session, tuple(found))


def _is_rest(segment: TalkSegment, settings: Mapping[str, object]) -> bool:
    """Whether it is what was left at the end: less than half of a segment."""
    turns, seconds = settings.get("segment_turns"), settings.get("segment_s")
    if isinstance(turns, int):
        said = [v.value for (name, _), v in segment.features.items() if name == "n_turns"]
        return sum(said) < turns / 2
    if isinstance(seconds, int | float):
        return segment.end_s - segment.start_s < seconds / 2
    return False


def _usable(
    features: Mapping[tuple[str, str], Measured], key: tuple[str, str], min_n: int
) -> float:
    value, n, unit = features[key]
    return value if unit == "count" or n >= min_n else nan


def _compare(
    at: int, segments: Sequence[TalkSegment], keys: Sequence[tuple[str, str]], min_n: int
) -> UnusualSegment:
    """One segment against the others."""
    changes: list[tuple[str, str, float]] = []
    for key in keys:
        values = [_usable(each.features, key, min_n) for each in segments]
        others = [v for i, v in enumerate(values) if i != at and isfinite(v)]
        if not isfinite(values[at]) or len(others) < _MIN_OTHERS:
            continue
        middle = median(others)
        spread = _SCALE * median(abs(v - middle) for v in others)
        if spread > 1e-12:
            changes.append((*key, (values[at] - middle) / spread))
    changes.sort(key=lambda change: -abs(change[2]))
    sizes = [min(abs(change), _CAP) for _, _, change in changes]
    score = float(np.mean(sizes)) if sizes else nan
    here = segments[at]
    return UnusualSegment(
        here.label, here.start_s, here.end_s, score, len(changes), tuple(changes[:3])
    )


def _told(segment: UnusualSegment) -> str:
    return ", ".join(
        f"{name}{f' of {who}' if who else ''} {change:+.1f}"
        for name, who, change in segment.changes
    )
