"""Results of segment codes as files and as a document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from reattune.core.study import Progress
from reattune.results import SCHEMA
from reattune.segment_codes import SegmentAnalysis
from reattune.segment_codes.cards import CARDS
from reattune.segment_codes.result import RUPTURE_COLUMNS
from reattune.segment_codes.rotation import WORDS
from reattune.show.document import json_safe
from reattune.show.export import to_csv, write_together
from reattune.show.segment_words import summarize_segments

if TYPE_CHECKING:
    import pandas as pd

_RUPTURES = {
    "meeting": "name of the meeting",
    "dyad": "dyad",
    "number": "which meeting of the dyad; empty = not said",
    "rupture": "number of the rupture within the meeting",
    "onset_s": "start of its first segment, seconds from the start of the meeting",
    "end_s": "end of its last segment",
    "onset_segment": "place of its first segment, from 1, uncoded segments counted",
    "length_segments": "segments it lasts, or was watched",
    "latency_min": "minutes it lasts, or was watched",
    "kind": "withdrawal, confrontation, rupture, other; both = several kinds",
    "side": "whose markers are in it",
    "opened_by": "whose marker began it; empty = its beginning was not seen",
    "peak_salience": "highest mean salience over coders",
    "mean_salience": "mean over its segments of the highest marker",
    "strategies": "resolution strategies in it and in the segments after it that count",
    "first_strategy_segments": "segments from onset to the first strategy; empty = none",
    "extent_resolved": "highest extent resolved rated there; empty = not rated",
    "outcome": "resolved, unresolved, or censored (cut off)",
    "reason": "why it is not resolved",
    "over": "1 = followed by coded segments without a rupture",
    "entered": "1 = its beginning was seen; 0 = in no count of ruptures",
}
_TRANSITIONS = {
    "block": "answer: rupture then strategy; relief: strategy in a rupture segment, then no "
    "rupture; course: kind then no rupture, described only",
    "given": "state before",
    "target": "state after",
    "lag": "segments between them",
    "count": "pairs of coded segments with both",
    "expected": "from the margins of the table",
    "n_given": "pairs with the state before",
    "n_target": "pairs with the state after",
    "n": "all pairs of coded segments",
    "residual": "adjusted residual; a description",
    "null_mean": "mean count of rotated strategies",
    "null_low": "2.5 % of them",
    "null_high": "97.5 % of them",
    "p": "two-sided, of this cell alone",
    "p_max": "corrected over the table (max statistic)",
    "refused": "code of the reason why there is no p",
}
_MEASURES = {
    "level": "meeting, dyad or all",
    "dyad": "dyad; empty = all",
    "meeting": "meeting; empty = several",
    "measure": "name of the measure",
    "value": "its value; empty = not defined",
    "low": "lower 95 % limit",
    "high": "upper 95 % limit",
    "n": "segments, ruptures or meetings behind it",
    "unit": "unit",
    "interval": "how the limits were made",
}


def write_segments(
    result: SegmentAnalysis, out: str | Path, on_progress: Progress | None = None
) -> list[Path]:
    """Write a result's files into a folder and return their paths.

    ``report.html``, ``ruptures.csv`` (one row per rupture), ``measures.csv`` (every measure of
    every meeting, dyad and of all), ``transitions.csv``, ``codebook.csv``, ``settings.json``; where
    there is such a thing ``sequences.csv``, ``agreement.csv`` and ``following.csv``. All are made
    first and then take their names; equal results give equal bytes.

    Parameters
    ----------
    result : SegmentAnalysis
    out : path-like
        Made when it does not exist.
    on_progress : callable(done, total, what), optional
        Told while the report's pictures are drawn.
    """
    from reattune.show.report.segments import render_segment_report

    texts = {"report.html": render_segment_report(result, on_progress)}
    ruptures = result.ruptures_frame()
    ruptures["number"] = ruptures["number"].astype(object).where(ruptures["number"].notna(), None)
    texts["ruptures.csv"] = to_csv(ruptures)
    measures = result.to_frame()
    measures.insert(0, "study", result.name)
    texts["measures.csv"] = to_csv(measures)
    texts["transitions.csv"] = to_csv(result.transitions_frame())
    for name, frame in (
        ("sequences.csv", result.sequences_frame()),
        ("agreement.csv", result.agreement_frame()),
        ("following.csv", result.following_frame()),
    ):
        if len(frame):
            texts[name] = to_csv(frame)
    texts["codebook.csv"] = to_csv(codebook_frame(result))
    settings = {"schema": SCHEMA, **json_safe(dict(result.settings))}
    texts["settings.json"] = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
    return write_together(Path(out), texts)


def codebook_frame(result: SegmentAnalysis) -> pd.DataFrame:
    """Table, name, label: every column of the files, every measure, every code of a refusal."""
    import pandas as pd

    rows = [("ruptures.csv", name, _RUPTURES[name]) for name in RUPTURE_COLUMNS]
    rows += [("measures.csv", name, label) for name, label in _MEASURES.items()]
    rows += [("measure", card.name, f"{card.label}: {card.formula}") for card in CARDS]
    rows += [("transitions.csv", name, label) for name, label in _TRANSITIONS.items()]
    rows += [("refused", code, text) for code, text in WORDS.items() if code.startswith("R_")]
    if result.following is not None:
        from reattune.segment_codes.following import WORDS as MORE

        known = {code for code in WORDS if code.startswith("R_")}
        rows += [("refused", code, text) for code, text in MORE.items() if code not in known]
    return pd.DataFrame(rows, columns=["table", "name", "label"])


def segments_to_dict(result: SegmentAnalysis) -> dict[str, object]:
    """A JSON-safe document: summary, measures, ruptures, transitions, agreement, settings."""

    def records(frame: pd.DataFrame) -> object:
        return json_safe(frame.astype(object).where(frame.notna(), None).to_dict("records"))

    return {
        "schema": SCHEMA,
        "kind": "segments",
        "study": result.name,
        "summary": [line for line in summarize_segments(result) if line],
        "measures": records(result.to_frame()),
        "ruptures": records(result.ruptures_frame()),
        "transitions": records(result.transitions_frame()),
        "sequences": records(result.sequences_frame()),
        "agreement": records(result.agreement_frame()),
        "following": records(result.following_frame()),
        "notes": [note.to_dict() for note in result.all_notes()],
        "settings": json_safe(dict(result.settings)),
    }
