"""What the pictures of segment codes are drawn from: one tidy frame per picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reattune.segment_codes import SegmentAnalysis
from reattune.segment_codes.kinds import NONE

if TYPE_CHECKING:
    import pandas as pd

# More rows than this make a picture nobody reads; the table has them all.
MAX_CELLS = 26
HEAT_COLUMNS = (
    *("meeting", "layer", "row", "side", "kind", "segment", "name", "start_min", "end_min"),
    *("value", "counts", "label"),
)


def heat_data(analysis: SegmentAnalysis, meeting: str | None = None) -> pd.DataFrame:
    """One meeting: markers, strategies and ruptures over its segments.

    Returns
    -------
    DataFrame
        meeting, layer, row, side, kind, segment (from 1), name (as in the table), start_min,
        end_min, value, counts, label. Layers: ``marker`` (value = mean salience over coders, counts
        = 1 above the threshold), ``strategy`` (value = share of coders who saw it, counts = 1 where
        enough did), ``missing`` (segments not coded) and ``rupture`` (segment = its first, value =
        its last, counts = 1 where its beginning was seen, label = outcome).
    """
    import pandas as pd

    one = analysis.meeting(meeting)
    coded, states = one.meeting, one.states
    salience, shown = coded.mean_salience(), coded.mean_shown()
    rows: list[tuple[object, ...]] = []

    def add(layer: str, row: str, at: int, value: float, counts: bool, *words: str) -> None:
        side, kind, label = words
        start, end = float(coded.starts[at]) / 60, float(coded.ends[at]) / 60
        rows.append(
            (coded.id, layer, row, side, kind, at + 1, coded.names[at], start, end, value,
             int(counts), label)
        )  # fmt: skip

    for m, marker in enumerate(coded.markers):
        for at in range(len(coded)):
            value = float(salience[at, m])
            if value == value:
                above = bool(states.above[at, m])
                add("marker", marker.name, at, value, above, marker.side, marker.kind, "")
    for s, strategy in enumerate(coded.strategies):
        for at in range(len(coded)):
            if shown[at, s] > 0:
                on = bool(states.strategies[at, s])
                add("strategy", strategy, at, float(shown[at, s]), on, "", "", "")
    for at in np.flatnonzero(~states.known).tolist():
        add("missing", "", at, float("nan"), False, "", "", "")
    for r in one.ruptures:
        label = r.outcome
        add("rupture", str(r.rupture), r.first, r.last + 1, r.entered, r.opened_by, r.kind, label)
    return pd.DataFrame(rows, columns=list(HEAT_COLUMNS))


def lane_names(
    analysis: SegmentAnalysis, meeting: str | None = None
) -> tuple[list[str], list[str]]:
    """Markers, by side, and strategies: the rows of the picture of a meeting."""
    coded = analysis.meeting(meeting).meeting
    markers = sorted(coded.markers, key=lambda m: (m.kind == NONE, coded.sides.index(m.side)))
    return [marker.name for marker in markers], list(coded.strategies)


def meetings_data(analysis: SegmentAnalysis) -> pd.DataFrame:
    """All meetings over their segments: meeting, dyad, segment, state, salience, strategy, outcome.

    ``state``: empty (no rupture), a kind, ``both``, or ``missing``; ``strategy`` is 1 where one was
    coded; ``outcome`` stands at the last segment of a rupture.
    """
    import pandas as pd

    rows = []
    for one in analysis.meetings:
        ends = {r.last: r.outcome for r in one.ruptures}
        words, tried = one.states.words(), np.asarray(one.states.strategies.any(axis=1))
        for at, word in enumerate(words):
            salience = float(one.states.salience[at])
            rows.append(
                (one.meeting.id, one.meeting.dyad, at + 1, word, salience, int(tried[at]),
                 ends.get(at, ""))
            )  # fmt: skip
    columns = ["meeting", "dyad", "segment", "state", "salience", "strategy", "outcome"]
    return pd.DataFrame(rows, columns=columns)


def transition_data(analysis: SegmentAnalysis) -> pd.DataFrame:
    """The transitions with a null: rows of `SegmentAnalysis.transitions_frame`, with ``name``.

    Where there are very many, those with the smallest corrected p, in the order of the table.
    """
    frame = analysis.transitions_frame()
    frame.insert(0, "name", [cell.name for cell in analysis.transitions.cells])
    tested = frame[frame["refused"] == ""]
    if len(tested) > MAX_CELLS:
        tested = tested.sort_values("p_max", kind="stable").head(MAX_CELLS).sort_index()
    return tested.reset_index(drop=True)


def following_data(analysis: SegmentAnalysis) -> pd.DataFrame:
    """Differences between classes of meetings in what follows: rows of ``following_frame``."""
    frame = analysis.following_frame()
    frame.insert(0, "name", [f"{a} − {b}" for a, b in zip(frame["first"], frame["second"],
                                                          strict=True)])  # fmt: skip
    return frame
