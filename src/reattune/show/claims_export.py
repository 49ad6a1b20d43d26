"""The claims as files and as a document."""

from __future__ import annotations

import json
from pathlib import Path

from reattune.core.study import Progress
from reattune.experiments.claims import ABLATIONS, CLAIMS, ClaimsResult
from reattune.results import SCHEMA
from reattune.show.claims_words import CAUTIONS, describe_claim
from reattune.show.document import json_safe
from reattune.show.export import to_csv, write_together


def write_claims(
    result: ClaimsResult,
    out_dir: str | Path,
    *,
    report: bool = True,
    on_progress: Progress | None = None,
) -> list[Path]:
    """Write the claims into a folder and return the paths.

    ``claims.html`` (the page), ``claims.csv`` (every number), ``claims_statements.csv`` (every
    statement under every assumption taken away) and ``settings.json``.

    Parameters
    ----------
    result : ClaimsResult
    out_dir : path-like
        Made when it does not exist.
    report : bool, default True
    on_progress : callable(done, total, what), optional
        Told while the pictures are drawn.
    """
    texts: dict[str, str] = {}
    if report:
        from reattune.show.report.claims import render_claims_report

        texts["claims.html"] = render_claims_report(result, on_progress)
    texts["claims.csv"] = to_csv(result.to_frame())
    texts["claims_statements.csv"] = to_csv(result.findings_frame())
    settings = {"schema": SCHEMA, **json_safe(result.settings)}
    texts["settings.json"] = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
    return write_together(Path(out_dir), texts)


def claims_to_dict(result: ClaimsResult) -> dict[str, object]:
    """Claims with statements, sentences and evidence, every number, settings; JSON-safe."""
    statements = result.findings_frame()
    return {
        "schema": SCHEMA,
        "kind": "claims",
        "cautions": list(CAUTIONS),
        "ablations": [
            {
                "name": item.name,
                "assumption": item.assumption,
                "without": item.without,
                "changes": dict(item.changes),
            }
            for item in ABLATIONS
            if item.name in result.ablations
        ],
        "claims": [
            {
                "claim": number,
                "title": CLAIMS[number].title,
                "theory": CLAIMS[number].theory,
                "sentences": describe_claim(result, number),
                "statements": json_safe(
                    statements[statements["claim"] == number].to_dict("records")
                ),
                "carried_by": {
                    item.name: list(result.carried_by(number, item.name))
                    for item in CLAIMS[number].statements
                },
                "evidence": [
                    {
                        "side": item.side,
                        "source": item.source,
                        "n": item.n,
                        "sample": item.sample,
                        "small": item.small,
                        "null": item.null,
                        "found": item.found,
                    }
                    for item in CLAIMS[number].evidence
                ],
            }
            for number in result.claims
        ],
        "numbers": [
            json_safe(
                {
                    "claim": row.claim,
                    "part": row.part,
                    "ablation": row.ablation,
                    "cell": row.cell,
                    "x": row.x,
                    "session": row.session or None,
                    "outcome": row.outcome,
                    **row.estimate._asdict(),
                }
            )
            for row in result.numbers
        ],
        "settings": json_safe(result.settings),
    }
