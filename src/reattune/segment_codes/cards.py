"""How every measure of segment codes is computed, and what it cannot say."""

from __future__ import annotations

from typing import NamedTuple

INDEPENDENT = "Wilson, each counted as independent: too narrow where ruptures last"


class SegmentCard(NamedTuple):
    """How one measure is computed."""

    name: str
    label: str
    unit: str
    formula: str
    interval: str
    source: str
    caveat: str


_JACK = "leaves out one dyad (from five dyads on), else one meeting (from five) at a time"
_SHARE = f"{_JACK}; below that {INDEPENDENT}"
_OURS = "reattune"
CARDS = (
    SegmentCard("segments_coded", "coded segments", "count", "segments that say rupture or none",
                "none", _OURS, ""),
    SegmentCard("segments_missing", "segments not coded", "count",
                "places between first and last segment without a usable code", "none", _OURS, ""),
    SegmentCard("rupture_segment_prop", "share of rupture segments", "share",
                "segments with a marker above the threshold / coded segments", _SHARE,
                "Eubanks, Muran & Safran (2015) for the coding",
                "Depends on segment length: longer segments hold a rupture more often."),
    SegmentCard("<kind>_segment_prop", "share with markers of one kind, or one side", "share",
                "segments with such a marker above the threshold / coded segments", _SHARE, _OURS,
                "Kinds overlap: one segment can have several."),
    SegmentCard("salience_mean", "mean salience of rupture segments", "points",
                "mean over rupture segments of the highest marker's mean over coders", _JACK, _OURS,
                ""),
    SegmentCard("ruptures_per_meeting", "ruptures per meeting", "count",
                "runs of rupture segments seen to begin / meetings", _JACK, _OURS,
                "A rupture that is there in the first coded segment was not seen to begin and is "
                "left out; n_not_entered counts these."),
    SegmentCard("ruptures_per_hour", "ruptures per hour", "1/h",
                "ruptures seen to begin / coded hours",
                "jackknife over dyads or meetings; Garwood (1936) below five", _OURS,
                "Ruptures shorter than a segment cannot be told apart."),
    SegmentCard("n_ruptures", "ruptures", "count", "runs seen to begin", "none", _OURS, ""),
    SegmentCard("resolved_prop", "share resolved", "share", "resolved / (resolved + unresolved)",
                _SHARE, _OURS, "Ruptures that were cut off are in neither; the criterion says "
                "what resolved means."),
    SegmentCard("rupture_length_q50_min", "time by which half of the ruptures are over", "min",
                "smallest t with S(t) <= .5 over ruptures seen to begin",
                "Brookmeyer and Crowley (1982)", "Kaplan and Meier (1958)",
                "In steps of whole segments: a rupture of one segment counts as that long."),
    SegmentCard("strategy_segment_prop", "share of rupture segments with a strategy", "share",
                "rupture segments with a strategy / rupture segments", _SHARE, _OURS, ""),
    SegmentCard("opened_by_<side>_prop", "share opened by a side", "share",
                "ruptures whose first segment has markers of that side alone / ruptures", "Wilson "
                "(1927), or jackknife from five meetings on", _OURS,
                "Whose marker came first in time inside a segment cannot be seen."),
)  # fmt: skip
