"""The options of `analyze` that are about observer codes of segments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PANEL = "Observer codes"

SegmentS = Annotated[
    float | None,
    typer.Option(
        "--segment-s",
        help="Seconds a coded segment lasts, where the table has no times.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
SegmentMin = Annotated[
    float | None,
    typer.Option(
        "--segment-min", help="The same in minutes.", show_default=False, rich_help_panel=PANEL
    ),
]
Ratings = Annotated[
    Path | None,
    typer.Option(
        "--ratings",
        help="A table of ratings of the same meetings: what followed ruptures.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]


def segment_options(
    segment_s: float | None, segment_min: float | None, ratings: Path | None
) -> dict[str, object]:
    """What was given, by name; empty where nothing was."""
    given = {"segment_s": segment_s, "segment_min": segment_min, "ratings": ratings}
    return {key: value for key, value in given.items() if value is not None}
