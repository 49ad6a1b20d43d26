"""Synchrony as files and as a document: measures, windows, lags, tests, dyadic rows, report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.core.streams import Signal
from reattune.core.study import Progress
from reattune.results import SCHEMA, WHOLE
from reattune.show.document import json_safe
from reattune.show.export import safe_name, split_column, to_csv, write_together
from reattune.show.phrases import phase_name
from reattune.show.synchrony_words import summarize_synchrony
from reattune.synchrony import average_windows
from reattune.synchrony_pipeline.frames import MEASURES, measure_part, unit_of
from reattune.synchrony_pipeline.result import SignalPart, SignalRecord, SynchronyAnalysis

if TYPE_CHECKING:
    import pandas as pd

DYADIC_COLUMNS = (
    *("study", "session", "dyad", "phase", "window", "time_s", "person", "role"),
    *("actor", "partner", "actor_within", "partner_within", "actor_mean", "partner_mean"),
    *("actor_before", "partner_before", "dyad_mean", "half_difference"),
    *("mean_z", "mean_abs_z", "lag_zero_z", "leads_z", "follows_z"),
)


def write_signals(
    result: SynchronyAnalysis,
    out_dir: str | Path,
    on_progress: Progress | None = None,
    *,
    report: bool = True,
) -> list[Path]:
    """Write a result's files into a folder and return their paths.

    ``report.html``; ``measures.csv`` (tidy: every measure of every record beside its null);
    ``windows.csv`` and ``lags.csv`` (one row per window, and per lag); ``chance.csv`` (tests over
    records and epochs, where there are any); ``artefacts.csv`` (suspicious stretches, where there
    are any); ``dyadic_long.csv`` (one row per person and window that does not overlap the last, for
    actor-partner models); ``sessions_wide.csv`` with ``codebook.csv``; ``settings.json``. All are
    made first and then take their names; equal results give equal bytes.

    Parameters
    ----------
    result : SynchronyAnalysis
    out_dir : path-like
        Made when it does not exist.
    on_progress : callable(done, total, what), optional
        Told while the report's pictures are drawn.
    report : bool, default True
    """
    texts: dict[str, str] = {}
    if report:
        from reattune.show.report.synchrony import render_synchrony_report

        texts["report.html"] = render_synchrony_report(result, on_progress)
    texts["measures.csv"] = to_csv(result.to_frame())
    texts["windows.csv"] = to_csv(result.windows_frame())
    texts["lags.csv"] = to_csv(result.lags_frame())
    for name, frame in (("chance", result.chance_frame()), ("artefacts", result.artefacts_frame())):
        if len(frame):
            texts[f"{name}.csv"] = to_csv(frame)
    texts["dyadic_long.csv"] = to_csv(dyadic_frame(result))
    wide, codebook = make_signals_wide(result)
    texts["sessions_wide.csv"] = to_csv(wide)
    texts["codebook.csv"] = to_csv(codebook)
    settings = {"schema": SCHEMA, **json_safe(dict(result.settings))}
    texts["settings.json"] = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
    return write_together(Path(out_dir), texts)


def make_signals_wide(result: SynchronyAnalysis) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per session with names any statistics program takes, and their codebook.

    Returns
    -------
    wide : DataFrame
        session, dyad, covariates, then every measure of every phase.
    codebook : DataFrame
        name, measure, phase, label, unit: one row per column of ``wide``.
    """
    import pandas as pd

    wide = result.wide_frame()
    names: dict[str, str] = {}
    rows = []
    for column in wide.columns:
        measure, phase = split_column(str(column), result.phases)
        plain = measure if phase in ("", WHOLE) else f"{measure}_{phase}"
        names[column] = safe_name(plain, names.values())
        known = phase and measure in MEASURES
        label = MEASURES[measure][1] if known else measure.replace("_", " ")
        if phase and phase != WHOLE:
            label = f"{label}, {phase_name(phase)}"
        told = unit_of(measure, result) if known else ""
        rows.append((names[column], measure if phase else "", phase, label, told))
    codebook = pd.DataFrame(rows, columns=["name", "measure", "phase", "label", "unit"])
    return wide.rename(columns=names), codebook


# -- rows for models of two people -----------------------------------------------------------------


def dyadic_frame(result: SynchronyAnalysis) -> pd.DataFrame:
    """One row per person and window, as models of actor and partner take them.

    Windows are chosen so that they do not overlap. ``actor`` is the mean of the person's prepared
    signal in the window (nan where less of it was observed than a correlation needs), ``partner``
    the other's; ``_mean`` their means over the chosen windows of
    the record and ``_within`` the distance from these; ``_before`` the window before (nan for the
    first). ``dyad_mean`` and ``half_difference`` (actor less ``dyad_mean``) serve dyadic-score
    models. ``leads_z`` is the mean over lags at which this person leads, ``follows_z`` at which the
    other does.

    Returns
    -------
    DataFrame
        Columns as in ``DYADIC_COLUMNS``; ``role`` is 1 for the first partner, 2 for the second.
    """
    import pandas as pd

    rows: list[tuple[object, ...]] = []
    for record in result.records:
        for part in record.parts:
            rows += _dyadic_rows(result, record, part)
    return pd.DataFrame(rows, columns=list(DYADIC_COLUMNS))


def _dyadic_rows(
    result: SynchronyAnalysis, record: SignalRecord, part: SignalPart
) -> list[tuple[object, ...]]:
    if part.table is None:
        return []
    grid = part.table.grid
    chosen = np.arange(0, grid.starts.size, max(1, -(-grid.window // grid.step)))
    signed = part.windows or average_windows(part.table)
    absolute = part.windows_abs or average_windows(part.table, absolute=True)
    half, fewest = grid.window_s / 2, part.table.options.min_valid_prop * grid.window
    edges = np.column_stack([grid.centres_s - half, grid.centres_s + half])
    levels = [
        np.array([_level(signal.clip(*edge), fewest) for edge in edges[chosen]])
        for signal in part.signals
    ]
    means = [float(np.nanmean(v)) if np.isfinite(v).any() else float("nan") for v in levels]
    leads = (signed.first_leads, signed.second_leads)
    rows: list[tuple[object, ...]] = []
    for at, k in enumerate(chosen.tolist()):
        for role in (0, 1):
            own, other = levels[role], levels[1 - role]
            middle = (own[at] + other[at]) / 2
            rows.append(
                (
                    *(result.name, record.id, record.session.dyad, part.phase.label, at + 1),
                    *(signed.time_s[k], record.partners[role], role + 1, own[at], other[at]),
                    *(own[at] - means[role], other[at] - means[1 - role]),
                    *(means[role], means[1 - role]),
                    *((own[at - 1], other[at - 1]) if at else (np.nan, np.nan)),
                    *(middle, own[at] - middle),
                    *(signed.all_lags[k], absolute.all_lags[k], signed.lag_zero[k]),
                    *(leads[role][k], leads[1 - role][k]),
                )
            )
    return rows


def _level(signal: Signal, fewest: float) -> float:
    values = signal.values  # noqa: PD011
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size and known.size >= fewest else float("nan")


# -- the document ----------------------------------------------------------------------------------


def synchrony_to_dict(result: SynchronyAnalysis) -> dict[str, object]:
    """A JSON-safe document: records with measures beside chance, tests over records, settings."""
    return {
        "schema": SCHEMA,
        "kind": "synchrony",
        "study": result.name,
        "stream": result.stream,
        "summary": [line for line in summarize_synchrony(result) if line],
        "records": [_record(result, record) for record in result.records],
        "over_records": [
            {
                "phase": row.phase,
                "condition": row.condition,
                "n_records": row.n_records,
                "n_dyads": row.n_dyads,
                "pairing": None if row.pairing is None else json_safe(row.pairing.to_dict()),
                "combined": None if row.combined is None else json_safe(row.combined.to_dict()),
                "no_pairing": row.no_pairing,
                "no_combined": row.no_combined,
            }
            for row in result.study
        ],
        "epochs": [
            {
                "name": epoch.name,
                "phase": epoch.phase,
                "kind": epoch.kind,
                "n_epochs": epoch.n_epochs,
                "n_records": epoch.n_records,
                "chance": None if epoch.chance is None else json_safe(epoch.chance.to_dict()),
                "no_chance": epoch.no_chance,
            }
            for epoch in result.epochs
        ],
        "covariates": json_safe({k: dict(v) for k, v in result.covariates.items()}),
        "failures": [
            {"session": f.session, "file": f.file, "message": f.message} for f in result.failures
        ],
        "notes": [note.to_dict() for note in result.all_notes()],
        "settings": json_safe(dict(result.settings)),
    }


def _record(result: SynchronyAnalysis, record: SignalRecord) -> dict[str, object]:
    return {
        "session": record.id,
        "dyad": record.session.dyad,
        "partners": list(record.partners),
        "identical": record.identical,
        "artefacts": json_safe(record.artefacts.to_dict()),
        "phases": [_phase(result, part) for part in record.parts],
    }


def _phase(result: SynchronyAnalysis, part: SignalPart) -> dict[str, object]:
    measures: dict[str, Any] = {}
    for name, (value, n) in measure_part(part).items():
        null = dict(zip(("null_mean", "null_low", "null_high", "p"), part.null(name), strict=True))
        measures[name] = json_safe({"value": value, "n": n, "unit": unit_of(name, result), **null})
    return {
        "phase": part.phase.label,
        "start_s": float(part.phase.start),
        "end_s": float(part.phase.end),
        "no_table": part.no_table,
        "measures": measures,
        "missing": {} if part.table is None else part.table.count_missing(),
        "lead": part.say_lead(),
        "chance": None if part.chance is None else json_safe(part.chance.to_dict()),
        "no_chance": part.no_chance,
        **({"also": [row.to_dict() for row in part.also]} if part.also else {}),
        "windows": _windows(part),
    }


def _windows(part: SignalPart) -> Sequence[dict[str, object]]:
    if part.table is None or part.windows is None or part.windows_abs is None:
        return []
    columns = (part.windows.time_s, part.windows.all_lags, part.windows_abs.all_lags)
    return [
        {"time_s": float(t), "mean_z": json_safe(float(z)), "mean_abs_z": json_safe(float(a))}
        for t, z, a in zip(*columns, strict=True)
    ]
