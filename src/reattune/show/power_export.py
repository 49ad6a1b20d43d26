"""Power as files and as a document: report, table, settings."""

from __future__ import annotations

import json
from pathlib import Path

from reattune.experiments.power import PowerCurve, PowerResult
from reattune.results import SCHEMA
from reattune.show.document import json_safe
from reattune.show.export import to_csv, write_together
from reattune.show.power_curve_words import summarize_curve
from reattune.show.power_words import summarize_power

Result = PowerResult | PowerCurve


def write_power(result: Result, out_dir: str | Path, *, report: bool = True) -> list[Path]:
    """Write ``power.html``, ``power.csv`` and ``power_settings.json``; equal results, equal bytes.

    Parameters
    ----------
    result : PowerResult or PowerCurve
    out_dir : path-like
        Made when it does not exist.
    report : bool, default True

    Returns
    -------
    list of Path
    """
    texts: dict[str, str] = {}
    if report:
        from reattune.show.report.power import render_power

        texts["power.html"] = render_power(result)
    texts["power.csv"] = to_csv(result.to_frame())
    settings = {"schema": SCHEMA, **json_safe(result.settings)}
    texts["power_settings.json"] = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
    return write_together(Path(out_dir), texts)


def power_to_dict(result: PowerResult) -> dict[str, object]:
    """A JSON-safe document: sentences, rates, biases, limits, numbers, settings."""
    return {
        "schema": SCHEMA,
        "kind": "power",
        "summary": [line for line in summarize_power(result) if line],
        **_point(result),
        "settings": json_safe(result.settings),
    }


def curve_to_dict(curve: PowerCurve) -> dict[str, object]:
    """A JSON-safe document: sentences, how much is needed, every point, settings."""
    reach = curve.reach
    return {
        "schema": SCHEMA,
        "kind": "power_curve",
        "summary": [line for line in summarize_curve(curve) if line],
        "vary": curve.vary,
        "reach": json_safe(
            {
                "goal": reach.goal,
                "status": reach.status,
                "value": reach.value,
                "low": reach.low,
                "high": reach.high,
            }
        ),
        "points": [
            {"at": value, **_point(result)}
            for value, result in zip(curve.values, curve.results, strict=True)
        ],
        "settings": json_safe(curve.settings),
    }


def _point(result: PowerResult) -> dict[str, object]:
    return {
        "studies": result.studies,
        "measure": result.design.measure,
        "rates": [
            json_safe(
                {
                    "world": f.world,
                    "test": f.test,
                    "label": f.label,
                    "naive": f.naive,
                    "found": f.found,
                    "refused": f.refused,
                    **f.rate._asdict(),
                }
            )
            for f in result.findings
        ],
        "biases": [
            json_safe(
                {
                    "name": b.name,
                    "label": b.label,
                    "unit": b.unit,
                    "world": b.world,
                    "naive": b.naive._asdict(),
                    "truth": b.truth._asdict(),
                    "bias": b.bias._asdict(),
                }
            )
            for b in result.biases
        ],
        "numbers": {
            name: json_safe(estimate._asdict()) for name, estimate in result.numbers.items()
        },
        "limits": [
            json_safe(
                {
                    "code": one.code,
                    "words": one.words,
                    "share": one.share,
                    "of": "studies" if one.whole else "sessions",
                }
            )
            for one in result.limits
        ],
    }
