"""A comparison as files and as a document: report, table, settings."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from reattune.comparison import Comparison
from reattune.results import SCHEMA
from reattune.show.comparison_words import describe_part, summarize_comparison
from reattune.show.document import json_safe
from reattune.show.export import to_csv, write_together


def write_comparison(
    comparison: Comparison, out_dir: str | Path, *, report: bool = True
) -> list[Path]:
    """Write ``compare.html``, ``comparison.csv`` and ``comparison_settings.json``.

    Parameters
    ----------
    comparison : Comparison
    out_dir : path-like
        Made when it does not exist; the folder of the result itself may be taken, nothing in it is
        replaced but an earlier comparison.
    report : bool, default True

    Returns
    -------
    list of Path
        Equal comparisons give equal bytes. All files are made first and then take their names.
    """
    texts: dict[str, str] = {}
    if report:
        from reattune.show.report.comparison import render_comparison

        texts["compare.html"] = render_comparison(comparison)
    texts["comparison.csv"] = to_csv(comparison.to_frame())
    settings = {"schema": SCHEMA, **json_safe(comparison.settings)}
    told = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
    texts["comparison_settings.json"] = told
    return write_together(Path(out_dir), texts)


def comparison_to_dict(comparison: Comparison) -> dict[str, object]:
    """A JSON-safe document: column, groups, effects, curves, dyads, notes, settings."""
    column = comparison.column
    return {
        "schema": SCHEMA,
        "kind": "comparison",
        "study": comparison.study,
        "by": column.name,
        "column": {"kind": column.kind, "within": column.within, "levels": list(column.levels)},
        "unit": comparison.unit,
        "clock": comparison.clock,
        "sizes": {
            level: {"units": units, "sessions": sessions}
            for level, (units, sessions) in comparison.sizes.items()
        },
        "step": json_safe(comparison.step),
        "summary": [line for line in summarize_comparison(comparison) if line],
        "parts": [
            {"part": part, "sentences": describe_part(comparison, part)}
            for part in comparison.parts
        ],
        "groups": [json_safe(asdict(row)) for row in comparison.groups],
        "effects": [json_safe(asdict(row)) for row in comparison.effects],
        "overall": [json_safe(asdict(row)) for row in comparison.overall],
        "units": [json_safe(asdict(row)) for row in comparison.units],
        "line": [json_safe(asdict(row)) for row in comparison.line],
        "classes": [json_safe(asdict(row)) for row in comparison.classes],
        "curves": [json_safe(asdict(row)) for row in comparison.curves],
        "notes": [note.to_dict() for note in comparison.notes],
        "settings": json_safe(comparison.settings),
    }
