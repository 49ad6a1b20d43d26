"""What the picture of talk is drawn from: one tidy frame, a row per segment, lane and partner."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from reattune.talk import TalkDescription, UnusualSegments

if TYPE_CHECKING:
    import pandas as pd

# Feature, words beside the lane, factor. Cues of the word lists come after these.
LANES = (
    ("talk_words_prop", "share of words (%)", 100.0),
    ("turn_words_q50", "words per turn", 1.0),
    ("transfer_offset_q50_s", "start after the other's end (s)", 1.0),
)
AFTER = (
    ("reciprocal_matching", "style like the other's turn before", 1.0),
    ("topic_similarity", "topic of the other's turn kept", 1.0),
)
# Segments to look at first that are marked in the picture.
MARKED = 3


def talk_data(talk: TalkDescription, unusual: UnusualSegments | None = None) -> pd.DataFrame:
    """Segments of one conversation, lane by lane.

    Returns
    -------
    DataFrame
        layer (``value``, ``whole``, ``look``), lane, label, partner, segment, start_s, end_s,
        value, n. ``whole``: the value of the whole conversation. ``look``: segments that differ
        most from the others, where they were asked for (value = score). Undefined values are left
        out.
    """
    import pandas as pd

    cues = talk.settings.get("cue_features")
    named = [
        (str(name), f"{str(name).removesuffix('_sentence_prop').replace('_', ' ')} cues (%)", 100.0)
        for name in (cues if isinstance(cues, list) else [])
    ]
    rows: list[tuple[object, ...]] = []
    for name, label, factor in (*LANES, *named, *AFTER):
        for who in talk.partners:
            for layer, segments in (("whole", [talk.whole]), ("value", list(talk.segments))):
                for segment in segments:
                    found = segment.features.get((name, who))
                    if found is not None and isfinite(found.value):
                        place = (segment.label, segment.start_s, segment.end_s)
                        rows.append(
                            (layer, name, label, who, *place, factor * found.value, found.n)
                        )
    for one in unusual.segments[:MARKED] if unusual is not None else ():
        if isfinite(one.score):
            place = (one.label, one.start_s, one.end_s)
            rows.append(("look", "", "", "", *place, one.score, one.n_features))
    columns = ["layer", "lane", "label", "partner", "segment", "start_s", "end_s", "value", "n"]
    return pd.DataFrame(rows, columns=columns)
