"""Described talk as files: features by segment, a row per conversation, document, report."""

from __future__ import annotations

import json
from pathlib import Path

from reattune.core.study import Progress
from reattune.show.document import json_safe
from reattune.show.export import to_csv, write_together
from reattune.talk import Talks


def write_talks(
    talks: Talks,
    out_dir: str | Path,
    *,
    by: str | None = None,
    report: bool = True,
    on_progress: Progress | None = None,
) -> list[Path]:
    """Write the description of talk into a folder and return the paths.

    ``talk.html`` (the report), ``talk.csv`` (a row per conversation, segment, partner and feature),
    ``talk_wide.csv`` (a row per conversation), with ``by`` ``talk_compared.csv``, ``talk.json`` and
    ``settings.json``. No file holds a word that was said.

    Parameters
    ----------
    talks : Talks
    out_dir : path-like
        Made when it does not exist.
    by : str, optional
        A covariate with two values: the groups to compare.
    report : bool, default True
    on_progress : callable(done, total, what), optional
    """
    texts: dict[str, str] = {}
    if report:
        from reattune.show.report.talk import render_talk_report

        texts["talk.html"] = render_talk_report(talks, by, on_progress)
    texts["talk.csv"] = to_csv(talks.to_frame())
    texts["talk_wide.csv"] = to_csv(talks.wide_frame())
    if by is not None:
        texts["talk_compared.csv"] = to_csv(talks.compare(by))
    document = json_safe(talks.to_dict())
    texts["talk.json"] = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    settings = json_safe(talks.settings)
    texts["settings.json"] = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
    return write_together(Path(out_dir), texts)
